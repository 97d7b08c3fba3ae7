"""eps of a normalisation keeps its name in the derivation, its value is given once, and code carries the number."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy
from check_systems import check_reading

import bpgen
from bpgen.algebra.errors import EquationError
from bpgen.algebra.named_number import NamedNumber, named_numbers, with_values

KINDS = {"layernorm": 1e-5, "batchnorm": 1e-5, "rmsnorm": 1.1920928955078125e-07, "groupnorm": 1e-5}


def model(kind: str, **options):
    options = {"groups": 2, **options} if kind == "groupnorm" else options
    layers = [{"name": "a", "type": "linear", "units": 4}, {"name": "n", "type": kind, **options},
              {"name": "c", "type": "linear", "units": 2}]  # fmt: skip
    return {"bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 3]}, "t": {"shape": ["B", 2]}},
            "layers": layers, "loss": {"type": "mse", "target": "t"}}  # fmt: skip


@cache
def usual(kind):
    """The proof of the model with the default."""
    return bpgen.derive(bpgen.load(model(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_eps_has_its_name_and_its_value_once(kind):
    proof = usual(kind)
    (eps,) = named_numbers(proof.derivation.system.equations)
    assert (eps.name, float(eps.value)) == (f"{kind}.eps", KINDS[kind])
    text, latex = proof.text(), proof.latex()
    assert text.count(f"{kind}.eps = {KINDS[kind]:g}") == 1
    assert f"+ {kind}.eps)" in text and "0.00001" not in text
    assert latex.count(rf"Here $\varepsilon_{{\text{{{kind}}}}} = ") == 1
    assert str(eps.value) not in str(proof.gradient("a.weight"))


def test_0_is_no_name():
    plain = bpgen.derive(bpgen.load(model("layernorm", eps=0.0)))
    assert not named_numbers(plain.derivation.system.equations)


def between(*norms, **further):
    """Layer norms one after the other: (name, options) each."""
    layers = [{"name": name, "type": "layernorm", **options} for name, options in norms]
    return {"bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 3]}, "t": {"shape": ["B", 3]}},
            "layers": layers, "loss": {"type": "mse", "target": "t"}, **further}  # fmt: skip


@pytest.mark.parametrize(
    ("norms", "names"),
    [
        ([("n", {"eps": 0.5})], ["layernorm.eps"]),
        ([("n", {"eps": 0.5}), ("m", {"eps": 0.5})], ["layernorm.eps"]),
        ([("n", {"eps": 0.5}), ("m", {})], ["m.eps", "n.eps"]),
        ([("layernorm", {"eps": 0.5}), ("m", {})], ["layernorm.eps", "m.eps"]),
        ([("layernorm", {}), ("m", {})], ["layernorm.eps", "m.eps"]),
        ([("n", {"eps": 0.0}), ("m", {})], ["m.eps"]),
    ],
)
def test_it_is_called_after_the_type_where_all_layers_have_the_same_and_else_after_the_layer(norms, names):
    proof = bpgen.derive(bpgen.load(between(*norms)))
    numbers = named_numbers(proof.derivation.system.equations)
    assert [number.name for number in numbers] == names
    for number in numbers:
        assert f"{number.name} = {float(number.value):g}" in proof.text()


def test_a_layer_named_as_another_s_type_keeps_its_tensors_apart_from_the_number():
    own = {"name": "layernorm", "type": "equation", "equation": "eps[b] = x[b, 0]**2\ny[b, i] = x[b, i] * eps[b]"}
    net = between(("n", {}))
    proof = bpgen.derive(bpgen.load({**net, "layers": [own, *net["layers"]]}))
    (number,) = named_numbers(proof.derivation.system.equations)
    assert number.name == "n.eps" and "layernorm.eps" in proof.derivation.forward.tensors
    check_reading(proof.derivation.system)


@pytest.mark.parametrize("kind", KINDS)
def test_printed_equations_read_back_as_the_same(kind):
    derivation = usual(kind).derivation
    for system in (derivation.forward, derivation.system):
        assert any(f"{kind}.eps" in str(equation) for equation in system.equations)
        check_reading(system)


def test_layers_that_are_alike_are_described_once_each_with_its_own_number():
    norm = {"name": "n", "type": "layernorm", "eps": 0.001}
    linear = {"name": "a", "type": "linear", "units": 3, "activation": "tanh"}
    net = between(("last", {}), blocks={"part": {"layers": [linear, norm]}})
    net["layers"].insert(0, {"name": "body", "type": "block", "block": "part", "repeat": 4})
    proof = bpgen.derive(bpgen.load(net))
    text, latex = proof.text(), proof.latex()
    assert "body.{l}.n.eps" in text and "body.3.n.eps = 0.001" in text and "last.eps = 1e-05" in text
    same = " = ".join(rf"\varepsilon^{{({layer})}}" for layer in (2, 4, 6, 8))
    assert rf"${same} = 0.001$" in latex and r"$\varepsilon^{(9)} = 10^{-5}$" in latex
    assert r"v^{(l)}_{b} + \varepsilon^{(l)}" in latex


def test_it_is_added_last():
    proof = usual("layernorm")
    assert r"\sqrt{v^{(2)}_{b} + \varepsilon_{\text{layernorm}}}" in proof.latex()
    assert r"\varepsilon_{\text{layernorm}} +" not in proof.latex(steps=True)


@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_code_carries_the_number(eps):
    net = bpgen.build(bpgen.load(model("layernorm", eps=eps)), target="numpy", dtype="float64")
    assert "eps" not in "".join(line.partition("#")[0] for line in "\n".join(net.source.files.values()).splitlines())
    x = np.random.default_rng(0).normal(size=(5, 3))
    p = {name: np.array(value) for name, value in net.parameters.items()}
    z = x @ p["a.weight"].T + p["a.bias"]
    n = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + eps) * p["n.weight"] + p["n.bias"]
    np.testing.assert_allclose(net.forward(x=x), n @ p["c.weight"].T + p["c.bias"], rtol=1e-12)


def test_a_named_number_is_its_value_in_numbers_and_itself_in_formulas():
    small, other = (NamedNumber("n", "eps", sympy.Rational(value)) for value in ("1/100000", "1/2"))
    x = sympy.Symbol("x", real=True)
    assert small != other and small == NamedNumber("n", "eps", sympy.Rational(1, 100000))
    assert (small - small, small > 0, float(small)) == (0, True, 1e-5)
    assert with_values(x + other) == x + sympy.Rational(1, 2)
    assert sympy.diff(x**2 + other * x, x) == 2 * x + other


CLAIM = "d.n.v[b] = -sum[j](d.n[b, j]*n.weight[j]*(a[b, j] - n.m[b]))/(2*(n.v[b] + {})**(3/2))"


@pytest.mark.parametrize("number", ["0.00001", "layernorm.eps", "eps"])
def test_a_claim_may_use_the_number_or_its_name(number):
    proof = usual("layernorm")
    assert proof.check_claim(CLAIM.format(number)).status == "proved"
    assert proof.check_claim(CLAIM.format(f"2*{number}")).status == "different"


def test_a_claim_names_the_number_of_a_layer():
    net = between(("n", {"eps": 0.5}), ("m", {"eps": 0.25}))
    proof = bpgen.derive(bpgen.load(net))
    claim = "n[b, j] = (x[b, j] - n.m[b]) / sqrt(n.v[b] + {}) * n.weight[j] + n.bias[j]"
    assert [proof.check_claim(claim.format(name)).status for name in ("n.eps", "eps1", "m.eps", "eps2")] == [
        "proved", "proved", "different", "different",
    ]  # fmt: skip
    with pytest.raises(EquationError, match="eps"):
        proof.check_claim(claim.format("eps"))


@pytest.mark.parametrize("eps", [r"\varepsilon_{\text{layernorm}}", r"\varepsilon", r"\epsilon_{\mathrm{layernorm}}"])
def test_a_claim_in_latex_names_it_as_printed(eps):
    proof = usual("layernorm")
    claim = (
        r"z^{(2)}_{bj} = \beta^{(2)}_{j} + \frac{\gamma^{(2)}_{j}\,(z^{(1)}_{bj} - m^{(2)}_{b})}"
        r"{\sqrt{v^{(2)}_{b} SIGN EPS}}"
    )
    assert proof.check_claim(claim.replace("SIGN", "+").replace("EPS", eps)).status == "proved"
    assert proof.check_claim(claim.replace("SIGN", "-").replace("EPS", eps)).status == "different"
