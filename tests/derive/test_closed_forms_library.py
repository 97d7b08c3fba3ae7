"""The closed forms of the library's own layers: the gates of the recurrent ones, 30 and 31 of the list, and norms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from closed_forms import check_found

from bpgen.derive.account import account
from bpgen.derive.derivation import Derivation
from bpgen.derive.derive import derive
from bpgen.spec.read import read
from bpgen.spec.system import build_system

STEPS, FEATURES, UNITS = 4, 3, 2

# What mse hands to the states.
ABOVE = "(net[b, t, j] - y[b, t, j]) / (4 * B)"

# adjoint -> what is printed, and what books have.  A gate j is row j + n * UNITS of what its sum is part of.
FORMS = {
    "rnn": {
        "d.net.z[b, t, j]": ("d.net.h[b, t, j] * (1 - net.h[b, t, j]**2)",) * 2,
        "d.net.h[b, t, j]": (
            f"sum[i](d.net.z[b, t + 1, i] * net.weight_hh_l0[i, j]) + {ABOVE}",
        ) * 2,
        "d.net.weight_hh_l0[m, k]": ("sum[b, i](d.net.z[b, i, m] * net.h[b, i - 1, k])",) * 2,
        "d.net.weight_ih_l0[m, d]": ("sum[b, i](d.net.z[b, i, m] * x[b, i, d])",) * 2,
    },
    "gru": {
        "d.net.n[b, t, j]": ("d.net.h[b, t, j] * (1 - net.z[b, t, j])",) * 2,
        "d.net.z[b, t, j]": ("d.net.h[b, t, j] * (net.h[b, t - 1, j] - net.n[b, t, j])",) * 2,
        "d.net.r[b, t, j]": ("d.net.n[b, t, j] * net.v[b, t, j + 4] * (1 - net.n[b, t, j]**2)",) * 2,
        "d.net.v[b, t, m]": (
            "d.net.n[b, t, m - 4] * net.r[b, t, m - 4] * (1 - net.n[b, t, m - 4]**2)"
            " + d.net.r[b, t, m + 0] * net.r[b, t, m + 0] * (1 - net.r[b, t, m + 0])"
            " + d.net.z[b, t, m - 2] * net.z[b, t, m - 2] * (1 - net.z[b, t, m - 2])",
        ) * 2,
        "d.net.u[b, t, m]": (
            "d.net.n[b, t, m - 4] * (1 - net.n[b, t, m - 4]**2)"
            " + d.net.r[b, t, m + 0] * net.r[b, t, m + 0] * (1 - net.r[b, t, m + 0])"
            " + d.net.z[b, t, m - 2] * net.z[b, t, m - 2] * (1 - net.z[b, t, m - 2])",
        ) * 2,
        "d.net.h[b, t, j]": (
            f"sum[i](d.net.v[b, t + 1, i] * net.weight_hh_l0[i, j]) + {ABOVE}"
            " + d.net.h[b, t + 1, j] * net.z[b, t + 1, j]",
        ) * 2,
        "d.net.weight_hh_l0[m, k]": ("sum[b, i](d.net.v[b, i, m] * net.h[b, i - 1, k])",) * 2,
        "d.net.weight_ih_l0[m, d]": ("sum[b, i](d.net.u[b, i, m] * x[b, i, d])",) * 2,
    },
    "lstm": {
        "d.net.o[b, t, j]": ("d.net.h[b, t, j] * net.q[b, t, j]",) * 2,
        "d.net.i[b, t, j]": ("d.net.c[b, t, j] * net.g[b, t, j]",) * 2,
        "d.net.f[b, t, j]": ("d.net.c[b, t, j] * net.c[b, t - 1, j]",) * 2,
        "d.net.g[b, t, j]": ("d.net.c[b, t, j] * net.i[b, t, j]",) * 2,
        "d.net.q[b, t, j]": ("d.net.h[b, t, j] * net.o[b, t, j]",) * 2,
        "d.net.c[b, t, j]": (
            "d.net.q[b, t, j] * (1 - net.q[b, t, j]**2) + d.net.c[b, t + 1, j] * net.f[b, t + 1, j]",
        ) * 2,
        "d.net.v[b, t, m]": (
            "d.net.g[b, t, m - 4] * (1 - net.g[b, t, m - 4]**2)"
            " + d.net.f[b, t, m - 2] * net.f[b, t, m - 2] * (1 - net.f[b, t, m - 2])"
            " + d.net.i[b, t, m + 0] * net.i[b, t, m + 0] * (1 - net.i[b, t, m + 0])"
            " + d.net.o[b, t, m - 6] * net.o[b, t, m - 6] * (1 - net.o[b, t, m - 6])",
        ) * 2,
        "d.net.h[b, t, j]": (f"sum[i](d.net.v[b, t + 1, i] * net.weight_hh_l0[i, j]) + {ABOVE}",) * 2,
        "d.net.weight_hh_l0[m, k]": ("sum[b, i](d.net.v[b, i, m] * net.h[b, i - 1, k])",) * 2,
        "d.net.weight_ih_l0[m, d]": ("sum[b, i](d.net.v[b, i, m] * x[b, i, d])",) * 2,
    },
}  # fmt: skip


def of_layers(*layers: dict[str, object], shape: Sequence[object]) -> Derivation:
    """What is derived of layers that read x, under the mean squared error."""
    x = {"shape": [*shape, FEATURES], "dtype": "float32"}
    y = {"shape": [*shape, UNITS], "dtype": "float32"}
    description = {
        "bpgen": 1, "name": "one", "layers": list(layers), "inputs": {"x": x, "y": y},
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip
    return derive(build_system(read(description)))


@cache
def derived(layer: str) -> Derivation:
    cell = {"name": "net", "type": layer, "units": UNITS} | ({"nonlinearity": "tanh"} if layer == "rnn" else {})
    return of_layers(cell, shape=("B", STEPS))


@pytest.mark.parametrize(("layer", "left"), [(layer, left) for layer, forms in FORMS.items() for left in forms])
def test_adjoint(layer: str, left: str) -> None:
    derivation = derived(layer)
    printed, listed = FORMS[layer][left]
    found = next(e for e in derivation.simplified if e.tensor.name == left.partition("[")[0])
    check_found(derivation, found, f"{left} = {printed}", listed)


@pytest.mark.parametrize("layer", FORMS)
def test_nothing_of_the_gates_is_computed_again(layer: str) -> None:
    assert not account(derived(layer)).recomputed


# 17 and 18: what the squared error hands down is read, not written out in each sum.
NORMS = {
    "batchnorm": (
        "norm.r[o] * norm.weight[o] * (B * d.norm[b, o] - norm.n[b, o] * sum[i](d.norm[i, o] * norm.n[i, o])"
        " - sum[i](d.norm[i, o])) / B"
    ),
    "layernorm": (
        "norm.r[b] * (d.norm.n[b, o] - norm.n[b, o] * sum[i](d.norm.n[b, i] * norm.n[b, i]) / 2"
        " - sum[i](d.norm.n[b, i]) / 2)"
    ),
}


@pytest.mark.parametrize("kind", NORMS)
def test_norm_behind_a_linear_layer(kind: str) -> None:
    linear = {"name": "fc", "type": "linear", "units": UNITS}
    derivation = of_layers(linear, {"name": "norm", "type": kind}, shape=("B",))
    found = next(e for e in derivation.simplified if e.tensor.name == "d.fc")
    check_found(derivation, found, f"d.fc[b, o] = {NORMS[kind]}", NORMS[kind])
