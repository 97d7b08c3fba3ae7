"""Activations.  x is what comes in, y what goes out; `...` stands for all axes, or all but the last.

Names, defaults and kinks are PyTorch's: the derivative of relu at 0 is 0, that of hardtanh at its ends 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule


@dataclass(frozen=True)
class Activation:
    """text: its equations; symbol: the letter of its result in formulas; halves: the last axis comes out halved."""

    text: str
    options: tuple[Option, ...] = ()
    parameters: tuple[ParameterRule, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    symbol: str = "a"
    halves: bool = False
    meaning: str = ""


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
    # j runs over half of x's last axis, which j + 0 allows and a plain j does not.
    "glu": Activation(
        "y[..., j] = x[..., j + 0] * sigmoid(x[..., j + H])",
        halves=True,
        meaning="the last axis is split into values and gates",
    ),
    "softmax": Activation("y[..., j] = softmax[j](x[..., j])", symbol="p", meaning="over the last axis"),
    "log_softmax": Activation("y[..., j] = log_softmax[j](x[..., j])", symbol="l", meaning="over the last axis"),
}
