"""Of forms of one cost, the one that does least at every element; counted by hand."""

from __future__ import annotations

import pytest
from derive_networks import given, network

from bpgen.algebra.expressions import free_indices
from bpgen.derive.derive import derive
from bpgen.derive.innermost import innermost

READS = [given("r", "b"), given("S", "b"), given("g", "b j:4"), given("n", "b j:4"), given("z", "b j:4")]

COUNTED = {
    "r[b] * (g[b, j] - n[b, j] * S[b] / 4)": 3,
    "r[b] * (4 * g[b, j] - n[b, j] * S[b]) / 4": 4,
    "g[b, j] * (1 - n[b, j])": 2,
    "g[b, j] - g[b, j] * n[b, j]": 2,
    "-g[b, j]": 0,
    "g[b, j] - 1": 1,
    "r[b] * S[b] + g[b, j]": 1,
    "r[b] * S[b] + tanh(g[b, j])": 2,
    "g[b, j]**2 / S[b]": 2,
    "g[b, j] / (n[b, j] * (1 - n[b, j]))": 3,
    "g[b, j] / (n[b, j] - n[b, j]**2)": 3,
}


@pytest.mark.parametrize("text", COUNTED)
def test_operations_for_every_element(text):
    system = network(f"u[b, j] = {text}\nL = sum[b, j](u[b, j]*z[b, j])", *READS)
    rhs = system.defining["net.u"].rhs
    assert innermost(rhs, set(free_indices(rhs))) == COUNTED[text]


NORM = (
    "m[b] = mean[j](g[b, j])\nv[b] = mean[j]((g[b, j] - m[b])**2)\nu[b, j] = (g[b, j] - m[b])/sqrt(v[b] + 0.001)\n"
    "y[b, j] = u[b, j]*n[b, j]\n"
)


@pytest.mark.parametrize("beside", ["", " + sum[b, j](g[b, j]*z[b, j])"])
def test_a_norm_has_one_form_whatever_is_added_to_it(beside):
    derivation = derive(network(NORM + f"L = sum[b, j](y[b, j]**2){beside}", *READS[2:]))
    found = next(e for e in derivation.simplified if e.tensor.name == "d.g")
    form = (
        "net.r[b] * (d.net.u[b, j] - net.u[b, j] * sum[i](d.net.u[b, i] * net.u[b, i]) / 4 - sum[i](d.net.u[b, i]) / 4)"
    )
    assert str(found) == f"d.g[b, j] = {form}" + (" + z[b, j]" if beside else "")
