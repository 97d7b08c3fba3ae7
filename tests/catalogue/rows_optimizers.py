"""Optimisers: options as a description has them, and what makes PyTorch's from a list of parameters and lr."""

from __future__ import annotations

from functools import partial

from catalogue_runner import torch

SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW


MOMENTUM = """
m_next[...] = beta * m[...] + g[...]
y[...] = w[...] - lr * m_next[...]
"""


class NAdam(torch.optim.NAdam):
    """PyTorch keeps the product of the momenta in its default precision."""

    def step(self):
        torch.set_default_dtype(torch.float64)
        try:
            super().step()
        finally:
            torch.set_default_dtype(torch.float32)


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. (2023), which PyTorch does not have."""

    def __init__(self, parameters, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                sign = torch.sign(beta1 * m + (1 - beta1) * w.grad)
                w.sub_(lr * (sign + group["weight_decay"] * w))
                self.state[w]["m"] = beta2 * m + (1 - beta2) * w.grad


def row(kind, maker, **options):
    """Options that PyTorch calls by the same names."""
    return kind, options, partial(maker, **options)


OPTIMIZERS = [
    row("sgd", SGD, lr=0.2),
    row("sgd", SGD, lr=0.1, momentum=0.9),
    row("sgd", SGD, lr=0.1, weight_decay=0.1),
    row("sgd", SGD, lr=0.1, momentum=0.8, weight_decay=0.05),
    row("sgd", SGD, lr=0.1, momentum=0.9, nesterov=True),
    row("sgd", SGD, lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.05),
    row("adam", ADAM),
    row("adam", ADAM, lr=0.02, betas=[0.7, 0.95], eps=1e-4, weight_decay=0.1),
    row("adamw", ADAMW),
    row("adamw", ADAMW, lr=0.02, betas=[0.8, 0.9], eps=1e-3, weight_decay=0.3),
    row("adamw", ADAMW, lr=0.02, weight_decay=0.0),
    row("adagrad", torch.optim.Adagrad),
    row("adagrad", torch.optim.Adagrad, lr=0.1, lr_decay=0.2, weight_decay=0.1, eps=1e-3),
    row("adagrad", torch.optim.Adagrad, lr=0.1, initial_accumulator_value=0.3),
    row("rmsprop", torch.optim.RMSprop),
    row("rmsprop", torch.optim.RMSprop, lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.1),
    row("rmsprop", torch.optim.RMSprop, lr=0.02, momentum=0.7),
    row("rmsprop", torch.optim.RMSprop, lr=0.02, alpha=0.8, momentum=0.7, weight_decay=0.1, centered=True),
    row("adadelta", torch.optim.Adadelta),
    row("adadelta", torch.optim.Adadelta, lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1),
    row("nadam", NAdam),
    row("nadam", NAdam, lr=0.02, betas=[0.8, 0.95], eps=1e-4, weight_decay=0.1, momentum_decay=0.2),
    row("lion", Lion),
    row("lion", Lion, lr=0.01, betas=[0.8, 0.95], weight_decay=0.3),
    ("equation", {"lr": 0.05, "equation": MOMENTUM, "states": ["m"], "settings": {"beta": 0.8}},
     partial(SGD, momentum=0.8)),
]  # fmt: skip

GRADIENTS = [
    {"clip_norm": 0.2},
    {"clip_norm": 50.0},
    {"clip_value": 0.05},
    {"accumulate": 4},
    {"accumulate": 3, "clip_value": 0.1, "clip_norm": 0.1},
]
