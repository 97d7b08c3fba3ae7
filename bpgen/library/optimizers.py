"""Optimisers.  w is a parameter, g its gradient, y its next value; eta the schedule's rate, t the completed steps.

The formulas are PyTorch's (torch.optim), bias correction included.  An option that is 0 takes its term and
its state out of the text.  What stands under `once` is scalar, float64, and shared by all parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

from bpgen.library.options import Option


@dataclass(frozen=True)
class Optimizer:
    """once: scalar equations of a step; each: the equations of one parameter, the last one defining y.

    states: (letter, the option without which it is absent); the next value of a state m is m_next
    unpacked: list option -> the names of its numbers
    """

    once: str
    each: str
    options: tuple[Option, ...]
    states: tuple[tuple[str, str | None], ...] = ()
    unpacked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    meaning: str = ""


def _lr(default: float) -> Option:
    return Option("lr", "number", default, "learning rate", minimum=0.0)


def _weight_decay(default: float, meaning: str) -> Option:
    return Option("weight_decay", "number", default, meaning, minimum=0.0)


_ADAM = (
    Option("betas", "numbers", (0.9, 0.999), "decay of the two moments", minimum=0.0, maximum=1.0, open=True, length=2),
    Option("eps", "number", 1e-8, "added to the root of the second moment", minimum=0.0),
)

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        once="",
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        {momentum: v_next[...] = momentum * v[...] + {weight_decay: r[...] | g[...]}}
        {nesterov: u[...] = {weight_decay: r[...] | g[...]} + momentum * v_next[...]}
        y[...] = w[...] - eta * {nesterov: u[...] | {momentum: v_next[...] | {weight_decay: r[...] | g[...]}}}
        """,
        options=(
            _lr(0.01),
            Option("momentum", "number", 0.0, "share of the last step that is kept", minimum=0.0),
            Option("nesterov", "boolean", False, "look ahead along the momentum"),
            _weight_decay(0.0, "weight_decay * w is added to the gradient"),
        ),
        states=(("v", "momentum"),),
        meaning="gradient descent",
    ),
    # Kingma and Ba, Adam (2015), in PyTorch's order of operations: eps is added after the bias correction.
    "adam": Optimizer(
        once="""
        rate = eta / (1 - beta1**(t + 1))
        scale = 1 / sqrt(1 - beta2**(t + 1))
        """,
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        m_next[...] = beta1 * m[...] + (1 - beta1) * {weight_decay: r[...] | g[...]}
        v_next[...] = beta2 * v[...] + (1 - beta2) * {weight_decay: r[...] | g[...]}**2
        y[...] = w[...] - rate * m_next[...] / (scale * sqrt(v_next[...]) + eps)
        """,
        options=(_lr(1e-3), *_ADAM, _weight_decay(0.0, "weight_decay * w is added to the gradient")),
        states=(("m", None), ("v", None)),
        unpacked=(("betas", ("beta1", "beta2")),),
        meaning="first and second moment, bias-corrected",
    ),
    # Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).
    "adamw": Optimizer(
        once="""
        rate = eta / (1 - beta1**(t + 1))
        scale = 1 / sqrt(1 - beta2**(t + 1))
        {weight_decay: keep = 1 - eta * weight_decay}
        """,
        each="""
        m_next[...] = beta1 * m[...] + (1 - beta1) * g[...]
        v_next[...] = beta2 * v[...] + (1 - beta2) * g[...]**2
        y[...] = {weight_decay: keep *} w[...] - rate * m_next[...] / (scale * sqrt(v_next[...]) + eps)
        """,
        options=(_lr(1e-3), *_ADAM, _weight_decay(1e-2, "share of w that a step of rate 1 takes away")),
        states=(("m", None), ("v", None)),
        unpacked=(("betas", ("beta1", "beta2")),),
        meaning="adam with decoupled weight decay",
    ),
}

PLANNED_OPTIMIZERS = ("adagrad", "rmsprop", "adadelta", "nadam", "lion", "equation")
