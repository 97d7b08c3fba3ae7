"""Products that a tensor holds are found again in adjoints, and what has no tensor in it is not looked for."""

from __future__ import annotations

import pytest
from derive_networks import given, network

from bpgen.derive.derive import derive


def adjoint(text, name, *tensors):
    derivation = derive(network(text, *tensors))
    return str(next(e for e in derivation.simplified if e.tensor.name == name))


def test_a_normalised_row_is_read_again():
    text = "r[b] = 1/sqrt(1 + sum[j](x[b, j]**2))\nn[b, j] = x[b, j]*r[b]\nL = sum[b, j](n[b, j]**3)"
    found = adjoint(text, "d.x", given("x", "b j:4"))
    assert "net.n[b, j]" in found and "net.r[b]" in found and "x[" not in found.partition("=")[2]


@pytest.mark.parametrize("factor", ["(j - i + 1/3)", "(j + 1/3)", "(2*i + j + 1)"])
def test_a_row_times_numbers_of_its_places(factor):
    """The factor beside the one that is never 0 reads no tensor by which it could be found."""
    text = f"s[b] = sigmoid(x[b])\nz[b, j, i] = s[b]*{factor}*(b + 1)\nL = sum[b, j, i](z[b, j, i]*G[j, i])"
    assert adjoint(text, "d.x", given("x", "b"), given("G", "j:2 i:3")).startswith("d.x[b] = ")
    text = f"s = sigmoid(w)\nz[j, i] = s*{factor}\nL = sum[j, i](z[j, i]*G[j, i])"
    assert adjoint(text, "d.w", given("w", ""), given("G", "j:2 i:3")).startswith("d.w = ")
