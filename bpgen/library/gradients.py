"""What is done with gradients before an optimiser sees them: gathered over steps, and kept within bounds.

The order is that of these rules: a mean over `accumulate` steps, each value within clip_value, and all of them
together within clip_norm, as torch.nn.utils.clip_grad_value_ and clip_grad_norm_ do it.  g is the gradient so far.
"""

from __future__ import annotations

from bpgen.algebra.records import dataclass
from bpgen.library.options import Option

COMMON_OPTIONS = (
    Option("clip_norm", "number", 0.0, "bound of the norm of all gradients together; 0: none", minimum=0.0),
    Option("clip_value", "number", 0.0, "bound of every value of a gradient; 0: none", minimum=0.0),
    Option("accumulate", "integer", 1, "steps whose gradients are averaged for one update", minimum=1),
)
COMMON_DEFAULTS = {option.name: option.default for option in COMMON_OPTIONS}


@dataclass(frozen=True)
class Treatment:
    """text: y, the next gradient, of g and of states; result: what y is called behind the parameter's name.

    each, shared: where all gradients enter one number, the equation of a scalar y for each, and the scalar equations
    of their {sum}, which the text may then speak of
    """

    option: str
    text: str
    result: str
    states: tuple[str, ...] = ()
    each: str = ""
    shared: str = ""


TREATMENTS = (
    Treatment(
        "accumulate",
        """
        g_sum_next[...] = where(last > 0, 0, g_sum[...] + g[...])
        y[...] = (g_sum[...] + g[...]) / accumulate
        """,
        "g.mean",
        states=("g_sum",),
    ),
    Treatment("clip_value", "y[...] = clip(g[...], -clip_value, clip_value)", "g.bounded"),
    Treatment(
        "clip_norm",
        "y[...] = shrink * g[...]",
        "g.shrunk",
        each="y = sum[...](g[...]**2)",
        shared="norm = sqrt({sum}); shrink = min(1, clip_norm / (norm + 1e-6))",
    ),
)

# n counts the steps since the last update; last is 1 in the step that makes one.
GATHERED = "last = where(n + 1 >= accumulate, 1, 0); n_next = where(n + 1 >= accumulate, 0, n + 1)"
# What is only updated in the last step stays as it is in the others.
GATE = "{name}_kept{index} = where(last > 0, {name}_next{index}, {name}{index})"
GATE_OF_RESULT = "y_kept[...] = where(last > 0, y[...], w[...])"
