"""Networks that the claims of the tests speak of; no two sizes of one are equal, unless that is the point."""

from __future__ import annotations

from typing import Any

import bpgen


def network(
    *units: tuple[int, str | None], inputs: int = 3, target: int | None = None, loss: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Dense layers, by units and activation, and by default the mean squared error with 1/(2m)."""
    squares = {"type": "equation", "equation": f"L = sum[b, i]((y[b, i] - fc{len(units)}[b, i])**2) / (2 * B)"}
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": count} | ({"activation": name} if name else {})
        for n, (count, name) in enumerate(units, start=1)
    ]
    given = {"x": {"shape": ["B", inputs]}, "y": {"shape": ["B", target or units[-1][0]]}}
    return {"bpgen": 1, "name": "claimed", "inputs": given, "layers": layers, "loss": loss or squares}


MLP = network((4, "tanh"), (5, "sigmoid"), (2, "sigmoid"))
SQUARE = network((3, "tanh"), (3, "sigmoid"), (3, None))
LOGISTIC = network((1, "sigmoid"), loss={"type": "bce", "target": "y"})
CLASSES = {
    **network((4, "relu"), (2, None), loss={"type": "cross_entropy", "target": "label"}),
    "inputs": {"x": {"shape": ["B", 3]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 2}},
}
SOFT = {
    "bpgen": 1,
    "name": "soft",
    "sizes": {"T": 3},
    "inputs": {"z": {"shape": ["B", 4]}, "q": {"shape": ["B", 4], "facts": ["sums_to_one"]}},
    "loss": {
        "type": "equation",
        "equation": "p[b, j] = softmax[j](z[b, j] / T)\nL = -sum[b, j](q[b, j] * log(p[b, j]))",
    },
}

_proofs: dict[str, Any] = {}


def proof(description: dict[str, Any]) -> Any:
    """Derived once a run."""
    key = repr(description)
    if key not in _proofs:
        _proofs[key] = bpgen.derive(description)
    return _proofs[key]
