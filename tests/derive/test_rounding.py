"""What cancels in one equation after another: its rounding is allowed for, and a wrong rewrite still refused."""

from __future__ import annotations

import pytest
from derive_networks import given, network
from sympy import Integer, Rational

from bpgen.algebra.errors import RewriteError
from bpgen.algebra.system import System
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check import check_rewrite
from bpgen.derive.derive import derive
from bpgen.derive.rounding import rounded
from bpgen.derive.sample import compute, sample_values
from bpgen.spec.read import reads
from bpgen.spec.system import build_system

# Over two elements a normalisation leaves next to nothing of a gradient but its rounding.
BLOCKS = """
bpgen = 1
name = "deep"
layers = [{{ name = "body", type = "block", block = "one", repeat = {repeat} }}]
[blocks.one]
layers = [{layers}]
[inputs]
x = {{ shape = ["B", 2, 2] }}
t = {{ shape = ["B", 2, 2] }}
[loss]
type = "mse"
target = "t"
"""
CONV = '{ name = "conv", type = "conv1d", channels = 2, kernel = 1 }'
NORM = '{ name = "norm", type = "layernorm" }'
TWO = '{ name = "two", type = "linear", units = 2 }'


def deep(*layers: str, repeat: int = 3) -> System:
    return build_system(reads(BLOCKS.format(layers=", ".join(layers), repeat=repeat)))


@pytest.mark.parametrize("layers", [(CONV, NORM), (TWO, CONV, NORM), (CONV, NORM.replace('"norm"', '"first"'), NORM)])
def test_a_bias_behind_normalisations_over_two_features_is_derived(layers):
    derivation = derive(deep(*layers))
    assert "d.body.0.conv.bias" in {adjoint for _, adjoint in derivation.system.gradients}


def test_a_wrong_rewrite_of_what_has_nearly_cancelled_is_refused():
    """d.conv is 1e-11 of what it is made of: that is more than rounding, and no other value may stand for it."""
    system = deep(CONV, NORM)
    adjoints = Adjoints.of(system, sample_values(system))
    adjoints.derive_all()
    for name in ("d.body.0.conv", "d.body.0.conv.weight", "d.body.1.conv", "d.body.2.norm"):
        equation = adjoints.final[name]
        for wrong in (Integer(0), equation.rhs * Rational(10001, 10000)):
            with pytest.raises(RewriteError):
                check_rewrite(equation, equation.rhs, wrong, "planted", adjoints.values)


def test_a_choice_between_equal_elements_is_no_rounding():
    """y == w holds as long as neither is moved: the sum is then another, however little they are."""
    system = network("y[j] = 2*x[j]\nw[j] = x[j] + x[j]\nL = sum[j]((y[j] == w[j])*x[j])", given("x", "j:3"))
    values = sample_values(system)
    loss = system.defining["loss"]
    assert rounded(lambda moved: moved.at(loss.rhs, {}), loss.reads, values) == 0
    with pytest.raises(RewriteError):
        check_rewrite(loss, loss.rhs, Integer(0), "planted", values)


def test_rounding_is_measured_by_the_terms():
    """x - u is 1e-6 of its terms, and so off by 1e-14 times these; its square has twice that error, times 1e-6."""
    system = network("y[j] = x[j] - u[j]\nL = sum[j](y[j]**2)", given("x", "j:3"), given("u", "j:3"))
    values = sample_values(system)
    values.tensors["u"] = values.tensors["x"] * (1 - 1e-6)
    compute(system.equations, values)
    found = rounded(lambda moved: moved.at(system.tensors["loss"].element, {}), ("loss",), values)
    assert 1e-20 < found < 1e-18
