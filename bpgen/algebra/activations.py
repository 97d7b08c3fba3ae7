"""Activations that are small equations: name -> (arguments with defaults, definition in the language).

`bpgen.algebra.functions` has those that SymPy or we know as functions: tanh, sigmoid, softplus, ...
Kinks follow PyTorch: relu'(0) = 0, hardtanh' is 0 at both ends, elu and leaky_relu take z > 0.
"""

from __future__ import annotations

DEFINITIONS: dict[str, tuple[tuple[tuple[str, str | None], ...], str]] = {
    "relu": ((("z", None),), "max(0, z)"),
    "leaky_relu": ((("z", None), ("slope", "0.01")), "where(z > 0, z, slope * z)"),
    "prelu": ((("z", None), ("slope", None)), "where(z > 0, z, slope * z)"),
    "elu": ((("z", None), ("alpha", "1")), "where(z > 0, z, alpha * expm1(z))"),
    "selu": (
        (("z", None),),
        "1.0507009873554804934193349852946 * where(z > 0, z, 1.6732632423543772848170429916717 * expm1(z))",
    ),
    "gelu": ((("z", None),), "z * (1 + erf(z / sqrt(2))) / 2"),
    "gelu_tanh": ((("z", None),), "z * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z**3))) / 2"),
    "silu": ((("z", None),), "z * sigmoid(z)"),
    "softsign": ((("z", None),), "z / (1 + abs(z))"),
    "hardtanh": ((("z", None), ("low", "-1"), ("high", "1")), "min(high, max(low, z))"),
    "mish": ((("z", None),), "z * tanh(softplus(z))"),
    "clip": ((("x", None), ("low", None), ("high", None)), "min(max(x, low), high)"),
}
"""clip passes the gradient at both ends; hardtanh at neither."""
