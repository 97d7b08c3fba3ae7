"""Optimisers.  w is a parameter, g its gradient, y its next value; eta the schedule's rate, t the completed steps.

The formulas are PyTorch's (torch.optim), bias correction included.  An option that is 0 takes its term and
its state out of the text.  What stands under `once` is scalar, float64, and shared by all parameters.
"""

from __future__ import annotations

from bpgen.algebra.records import dataclass
from bpgen.library.options import Option


@dataclass(frozen=True)
class Optimizer:
    """once: scalar equations of a step; each: the equations of one parameter, the last one defining y.

    states: (letter, the option without which it is absent); the next value of a state m is m_next
    counters: states of the scalar equations; all states begin at 0
    unpacked: list option -> the names of its numbers
    """

    once: str
    each: str
    options: tuple[Option, ...]
    states: tuple[tuple[str, str | None], ...] = ()
    unpacked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    counters: tuple[str, ...] = ()
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
    # Duchi, Hazan and Singer, Adaptive Subgradient Methods (2011).
    "adagrad": Optimizer(
        once="rate = eta / (1 + t * lr_decay)",
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        {initial_accumulator_value: s[...] = where(t < 1, initial_accumulator_value, v[...])}
        v_next[...] = {initial_accumulator_value: s[...] | v[...]} + {weight_decay: r[...] | g[...]}**2
        y[...] = w[...] - rate * {weight_decay: r[...] | g[...]} / (sqrt(v_next[...]) + eps)
        """,
        options=(
            _lr(0.01),
            Option("lr_decay", "number", 0.0, "lr is divided by 1 + t * lr_decay", minimum=0.0),
            _weight_decay(0.0, "weight_decay * w is added to the gradient"),
            Option("initial_accumulator_value", "number", 0.0, "the sum of squares begins with it", minimum=0.0),
            Option("eps", "number", 1e-10, "added to the root of the sum of squares", minimum=0.0),
        ),
        states=(("v", None),),
        meaning="divided by the root of the sum of squares",
    ),
    # Hinton, Lecture 6e (2012); centered: Graves, Generating Sequences (2013).
    "rmsprop": Optimizer(
        once="",
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        v_next[...] = alpha * v[...] + (1 - alpha) * {weight_decay: r[...] | g[...]}**2
        {centered: a_next[...] = alpha * a[...] + (1 - alpha) * {weight_decay: r[...] | g[...]}}
        d[...] = sqrt({centered: max(v_next[...] - a_next[...]**2, 0) | v_next[...]}) + eps
        u[...] = {weight_decay: r[...] | g[...]} / d[...]
        {momentum: b_next[...] = momentum * b[...] + u[...]}
        y[...] = w[...] - eta * {momentum: b_next[...] | u[...]}
        """,
        options=(
            _lr(0.01),
            Option("alpha", "number", 0.99, "decay of the mean square", minimum=0.0, maximum=1.0),
            Option("eps", "number", 1e-8, "added to the root of the mean square", minimum=0.0),
            _weight_decay(0.0, "weight_decay * w is added to the gradient"),
            Option("momentum", "number", 0.0, "share of the last step that is kept", minimum=0.0),
            Option("centered", "boolean", False, "divide by the deviation from the mean gradient"),
        ),
        states=(("v", None), ("a", "centered"), ("b", "momentum")),
        meaning="divided by the root of the mean square",
    ),
    # Zeiler, ADADELTA (2012).
    "adadelta": Optimizer(
        once="",
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        v_next[...] = rho * v[...] + (1 - rho) * {weight_decay: r[...] | g[...]}**2
        u[...] = sqrt(a[...] + eps) / sqrt(v_next[...] + eps) * {weight_decay: r[...] | g[...]}
        a_next[...] = rho * a[...] + (1 - rho) * u[...]**2
        y[...] = w[...] - eta * u[...]
        """,
        options=(
            _lr(1.0),
            Option("rho", "number", 0.9, "decay of the mean squares", minimum=0.0, maximum=1.0),
            Option("eps", "number", 1e-6, "added to the mean squares", minimum=0.0),
            _weight_decay(0.0, "weight_decay * w is added to the gradient"),
        ),
        states=(("v", None), ("a", None)),
        meaning="steps in the unit of the parameters, without a rate of their own",
    ),
    # Dozat, Incorporating Nesterov Momentum into Adam (2016).  past is 1 minus the product of all momenta so far.
    "nadam": Optimizer(
        once="""
        now = beta1 * (1 - 0.96**((t + 1) * momentum_decay) / 2)
        ahead = beta1 * (1 - 0.96**((t + 2) * momentum_decay) / 2)
        past_next = 1 - (1 - past) * now
        rate = eta * (1 - now) / past_next
        look = eta * ahead / (1 - (1 - past_next) * ahead)
        scale = 1 / sqrt(1 - beta2**(t + 1))
        """,
        each="""
        {weight_decay: r[...] = g[...] + weight_decay * w[...]}
        m_next[...] = beta1 * m[...] + (1 - beta1) * {weight_decay: r[...] | g[...]}
        v_next[...] = beta2 * v[...] + (1 - beta2) * {weight_decay: r[...] | g[...]}**2
        u[...] = rate * {weight_decay: r[...] | g[...]} + look * m_next[...]
        y[...] = w[...] - u[...] / (scale * sqrt(v_next[...]) + eps)
        """,
        options=(
            _lr(2e-3),
            *_ADAM,
            _weight_decay(0.0, "weight_decay * w is added to the gradient"),
            Option("momentum_decay", "number", 4e-3, "how fast the momentum grows to beta1", minimum=0.0),
        ),
        states=(("m", None), ("v", None)),
        unpacked=(("betas", ("beta1", "beta2")),),
        counters=("past",),
        meaning="adam that looks ahead along its momentum",
    ),
    # Chen et al., Symbolic Discovery of Optimization Algorithms (2023).
    "lion": Optimizer(
        once="{weight_decay: keep = 1 - eta * weight_decay}",
        each="""
        y[...] = {weight_decay: keep *} w[...] - eta * sign(beta1 * m[...] + (1 - beta1) * g[...])
        m_next[...] = beta2 * m[...] + (1 - beta2) * g[...]
        """,
        options=(
            _lr(1e-4),
            Option("betas", "numbers", (0.9, 0.99), "shares of the momentum in the step, and in the next momentum",
                   minimum=0.0, maximum=1.0, open=True, length=2),
            _weight_decay(0.0, "share of w that a step of rate 1 takes away"),
        ),
        states=(("m", None),),
        unpacked=(("betas", ("beta1", "beta2")),),
        meaning="the sign of a momentum",
    ),
    "equation": Optimizer(
        once="",
        each="",
        options=(
            Option("equation", "equation", meaning="equations of one parameter w with gradient g; the last defines y"),
            _lr(0.01),
            Option("states", "names", (), "what is kept for each parameter, from 0 on: m is followed by m_next"),
            Option("settings", "numbers by name", None, "numbers that the equations speak of"),
        ),
        meaning="equations of your own, in w, g, lr (of this step), t (completed updates), states and settings",
    ),
}  # fmt: skip
