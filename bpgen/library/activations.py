"""Activations.  x is what comes in, y what goes out; `...` stands for all axes, or those before j's.

Names, defaults and kinks are PyTorch's: the derivative of relu at 0 is 0, that of hardtanh at its ends 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from bpgen.algebra.records import dataclass
from bpgen.library.layer import Fit, Misfit, Operand, Options, shape_text
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule


@dataclass(frozen=True)
class Activation:
    """text: its equations, J in them the indices with j on the chosen axis; symbol: its result's letter in formulas.

    halves: the chosen axis comes out halved; `H` is then this half
    """

    text: str
    options: tuple[Option, ...] = ()
    parameters: tuple[ParameterRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    symbol: str = "a"
    halves: bool = False
    meaning: str = ""

    @property
    def along(self) -> bool:
        """Whether it works along one axis."""
        return any(option.name == "axis" for option in self.options)

    def fit(self, options: Options, operands: Sequence[Operand]) -> Fit:
        """Raises Misfit where the chosen axis is none, the batch, or to be halved and odd."""
        x = operands[0]
        if not self.along:
            return Fit(x.shape)
        axis = chosen_axis(options, x)
        extent = int(x.shape[axis])
        if not self.halves:
            return Fit(x.shape)
        if extent % 2:
            which = "the last axis" if axis == len(x.shape) - 1 else f"axis {axis}"
            raise Misfit(f"halves {which} of {shape_text(x.shape)}, which is odd", f"make {which} even")
        return Fit((*x.shape[:axis], extent // 2, *x.shape[axis + 1 :]), {"j": extent // 2, "H": extent // 2})

    def written(self, options: Options, operands: Sequence[Operand]) -> str:
        if not self.along:
            return self.text
        before = chosen_axis(options, operands[0])
        behind = "".join(f", i{n}" for n in range(before + 1, len(operands[0].shape)))
        return (
            self.text.replace("J", f"..., j{behind}")
            .replace("K", f"..., j + 0{behind}")
            .replace("G", f"..., j + H{behind}")
        )


def chosen_axis(options: Options, operand: Operand) -> int:
    """The option `axis` counted from 0."""
    axis, rank = int(options["axis"]), len(operand.shape)
    counted = axis + rank if axis < 0 else axis
    if 0 <= counted < rank and operand.shape[counted] != "B":
        return counted
    if axis == -1:
        message = f"works along the last axis, and {shape_text(operand.shape)} has only the batch"
        raise Misfit(message, "give it an axis of its own")
    message = f"works along axis {axis}, and {shape_text(operand.shape)} has no such axis beside the batch"
    raise Misfit(message, "axes are counted from 0, which is the batch; -1 is the last", option="axis")


AXIS = Option("axis", "integer", -1, "the axis it works along; 0 is the batch, -1 the last")


# Klambauer et al., Self-Normalizing Neural Networks (2017), to the digits PyTorch keeps.
SELU_ALPHA = "1.6732632423543772848170429916717"
SELU_SCALE = "1.0507009873554804934193349852946"

ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("y[...] = max(0, x[...])"),
    "leaky_relu": Activation(
        "y[...] = where(x[...] > 0, x[...], negative_slope * x[...])",
        options=(Option("negative_slope", "number", 0.01, "slope below 0"),),
    ),
    "prelu": Activation(
        "y[...] = where(x[...] > 0, x[...], w[0] * x[...])",
        options=(Option("init", "number", 0.25, "initial slope below 0"),),
        parameters=(ParameterRule("w", "weight", "constant", shape=(1,), override="init"),),
    ),
    "elu": Activation(
        "y[...] = where(x[...] > 0, x[...], alpha * (exp(x[...]) - 1))",
        options=(Option("alpha", "number", 1.0, "minus the value far below 0"),),
    ),
    "selu": Activation(
        "y[...] = scale * where(x[...] > 0, x[...], alpha * (exp(x[...]) - 1))",
        constants={"scale": SELU_SCALE, "alpha": SELU_ALPHA},
    ),
    "gelu": Activation(
        """{approximate=tanh: y[...] = x[...] / 2 * (1 + tanh(sqrt(2 / pi) * (x[...] + 0.044715 * x[...]**3)))
                | y[...] = x[...] / 2 * (1 + erf(x[...] / sqrt(2)))}""",
        options=(Option("approximate", "choice", "none", "exact, or by tanh", choices=("none", "tanh")),),
    ),
    "silu": Activation("y[...] = x[...] * sigmoid(x[...])"),
    "sigmoid": Activation("y[...] = sigmoid(x[...])", symbol="s"),
    "tanh": Activation("y[...] = tanh(x[...])", symbol="h"),
    "softplus": Activation("y[...] = softplus(x[...])"),
    "softsign": Activation("y[...] = x[...] / (1 + abs(x[...]))"),
    # Written so that at either end the constant takes the gradient, as PyTorch does.
    "hardtanh": Activation(
        "y[...] = max(min_val, min(max_val, x[...]))",
        options=(
            Option("min_val", "number", -1.0, "least value"),
            Option("max_val", "number", 1.0, "greatest value"),
        ),
    ),
    "mish": Activation("y[...] = x[...] * tanh(softplus(x[...]))"),
    # j runs over half of x's axis, which j + 0 allows and a plain j does not.
    "glu": Activation(
        "y[J] = x[K] * sigmoid(x[G])",
        options=(AXIS,),
        halves=True,
        meaning="an axis is split into values and gates",
    ),
    "softmax": Activation("y[J] = softmax[j](x[J])", options=(AXIS,), symbol="p", meaning="over one axis"),
    "log_softmax": Activation("y[J] = log_softmax[j](x[J])", options=(AXIS,), symbol="l", meaning="over one axis"),
}
