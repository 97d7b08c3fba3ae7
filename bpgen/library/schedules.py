"""Schedules of the learning rate: eta, the rate of this step, from lr and t, the number of completed steps.

The first step is taken with t = 0.  All of this is float64, whatever the network is built with.
"""

from __future__ import annotations

from bpgen.algebra.records import dataclass
from bpgen.library.options import Option


@dataclass(frozen=True)
class Rate:
    """text: the equations that end in eta; states: names that are kept from step to step, and begin at 0.

    The next value of a state n is defined as n_next.
    """

    text: str
    options: tuple[Option, ...] = ()
    states: tuple[str, ...] = ()
    meaning: str = ""


SCHEDULES: dict[str, Rate] = {
    "constant": Rate("eta = lr", meaning="lr throughout"),
    # k counts the decays, c the steps since the last one: the recurrence of torch.optim.lr_scheduler.StepLR.
    "step": Rate(
        """
        eta = lr * gamma**k
        c_next = where(c + 1 >= step_size, 0, c + 1)
        k_next = where(c + 1 >= step_size, k + 1, k)
        """,
        options=(
            Option("step_size", "integer", meaning="steps between two decays", minimum=1),
            Option("gamma", "number", 0.1, "factor of a decay", minimum=0.0, open=True),
        ),
        states=("c", "k"),
        meaning="lr * gamma every step_size steps",
    ),
    "exponential": Rate(
        "eta = lr * gamma**t",
        options=(Option("gamma", "number", meaning="factor of every step", minimum=0.0, open=True),),
        meaning="lr * gamma at every step",
    ),
    "cosine": Rate(
        "eta = min_lr + (lr - min_lr) * (1 + cos(pi * min(t, steps) / steps)) / 2",
        options=(
            Option("steps", "integer", meaning="steps until min_lr is reached and kept", minimum=1),
            Option("min_lr", "number", 0.0, "the rate at the end", minimum=0.0),
        ),
        meaning="half a cosine from lr to min_lr",
    ),
    "warmup_cosine": Rate(
        """
        eta = where(t < warmup, lr * (t + 1) / warmup,
            min_lr + (lr - min_lr) * (1 + cos(pi * min(max(t - warmup, 0), steps - warmup) / (steps - warmup))) / 2)
        """,
        options=(
            Option("steps", "integer", meaning="steps until min_lr, with those of the warm-up", minimum=1),
            Option("warmup", "integer", meaning="steps over which the rate grows to lr in equal parts", minimum=1),
            Option("min_lr", "number", 0.0, "the rate at the end", minimum=0.0),
        ),
        meaning="a line up to lr, then half a cosine down to min_lr",
    ),
    "equation": Rate(
        "",
        options=(Option("equation", "equation", meaning="the rate as an expression in t and lr"),),
        meaning="an expression in t, the number of completed steps, and lr",
    ),
}
