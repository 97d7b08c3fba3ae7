"""Optimisers: options as a description has them, and what makes PyTorch's from a list of parameters and lr."""

from __future__ import annotations

from functools import partial

from catalogue_runner import torch

SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW


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
]
