"""What a tensor holds in part of a range is read from it where a factor is 0 outside of that part, and only there.

Every derivation is compared with finite differences as it is made; here, what is read.
"""

from __future__ import annotations

import pytest
from derive_networks import given, network

from bpgen.derive.derive import derive

HALVES = "v[b, m] = 2*u[b, m]\ni[b, j] = sigmoid(v[b, j + 0])\ng[b, j] = tanh(v[b, j + 3])\n"
READS = [given("u", "b m:6"), given("G", "b j:3"), given("H", "b m:6")]

ADJOINTS = {
    "each half by its own name": (
        HALVES + "L = sum[b, j](i[b, j]*g[b, j]*G[b, j])",
        "G[b, m - 3] * net.i[b, m - 3] * (1 - net.g[b, m - 3]**2)"
        " + G[b, m + 0] * net.g[b, m + 0] * net.i[b, m + 0] * (1 - net.i[b, m + 0])",
    ),
    "and the whole is read too": (
        HALVES + "s[b, m] = sigmoid(v[b, m])\nL = sum[b, j](g[b, j]*G[b, j]) + sum[b, m](s[b, m]*H[b, m])",
        "G[b, m - 3] * (1 - net.g[b, m - 3]**2) + H[b, m] * net.s[b, m] * (1 - net.s[b, m])",
    ),
    "no name for the rest": (
        HALVES + "L = sum[b, j](i[b, j]*g[b, j]*G[b, j]) + sum[b, m](sigmoid(v[b, m])*H[b, m])",
        "H[b, m] * sigmoid(net.v[b, m]) * (1 - sigmoid(net.v[b, m])) + G[b, m - 3] * net.i[b, m - 3]"
        " * (1 - net.g[b, m - 3]**2) + G[b, m + 0] * net.g[b, m + 0] * net.i[b, m + 0] * (1 - net.i[b, m + 0])",
    ),
}


@pytest.mark.parametrize("name", ADJOINTS)
def test_adjoint_of_what_is_cut_in_parts(name):
    text, expected = ADJOINTS[name]
    derivation = derive(network(text, *READS))
    found = next(e for e in derivation.simplified if e.tensor.name == "d.net.v")
    assert str(found) == f"d.net.v[b, m] = {expected}"


def test_what_would_be_undefined_outside_is_not_read():
    """r is 0 beyond its end, where 1/r is not: the root that it holds one over stays as it is."""
    text = "r[b, j] = 1/sqrt(1 + v[b, j + 0]**2)\n"
    loss = "L = sum[b, j](r[b, j]*G[b, j]) + sum[b, j](v[b, j + 0]*sqrt(1 + v[b, j + 0]**2)*H[b, j])"
    tensors = [*READS[:2], given("H", "b j:3")]
    derivation = derive(network("v[b, m] = 2*u[b, m]\n" + text + loss, *tensors))
    found = next(e for e in derivation.simplified if e.tensor.name == "d.net.v")
    assert str(found) == (
        "d.net.v[b, m] = H[b, m + 0] * (net.r[b, m + 0] * net.v[b, m]**2 + sqrt(1 + net.v[b, m]**2)) * (m < 3)"
        " - G[b, m + 0] * net.v[b, m] * net.r[b, m + 0]**3"
    )


def test_a_root_is_not_read_to_divide_by_where_it_lies_outside():
    """y is 0 for m < 2, and so is y / sqrt(1 + v**2); y / y is 1."""
    text = "v[b, m] = 2*u[b, m]\ny[b, j] = sqrt(1 + v[b, j + 2]**2)\nL = sum[b, j](y[b, j]**2*(j + 1)) + sum[j](G[j])"
    derivation = derive(network(text, given("u", "b m:6"), given("G", "j:3")))
    found = next(e for e in derivation.simplified if e.tensor.name == "d.net.v")
    assert str(found) == "d.net.v[b, m] = 2 * net.v[b, m] * net.y[b, m - 2] * (m - 1) / sqrt(1 + net.v[b, m]**2)"
