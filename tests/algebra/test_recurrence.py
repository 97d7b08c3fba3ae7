"""Recurrences: how text becomes components, what stands outside of them, and their values step by step."""

from __future__ import annotations

import numpy as np
import pytest

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.errors import InternalError
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.recurrence import arrange, circles, components
from bpgen.algebra.system import Equation, Origin, System, Tensor, verify


def tensor(name: str, axes: str = "", role: str = "input") -> Tensor:
    indices = tuple(
        Index(letter, int(extent) if extent else BATCH)
        for letter, _, extent in (part.partition(":") for part in axes.split())
    )
    return Tensor(name, indices, role=role)


def elaborated(text: str, *tensors: Tensor, **fields) -> System:
    scope = Scope(tensors={t.name: t for t in tensors}, prefix="n", names={"y": "y"}, **fields)
    done = elaborate(text, scope, role="forward", origin=Origin("n"))
    known = {t.name: t for t in (*tensors, *done.parameters.values())}
    system = System("test", known | {e.tensor.name: e.tensor for e in done.equations}, done.equations)
    verify(system)
    return system


X = tensor("x", "b t:4 i:3")
H0 = tensor("h0", "b j:2")
RNN = "h[b, t, j] = tanh(sum[i](x[b, t, i] * W[j, i]) + c[j] + sum[k](h[b, t-1, k] * U[j, k]))\ny[b, t, j] = h[b, t, j]"
PARAMETERS = {"sizes": {"j": 2}, "parameters": {"W": None, "U": None, "c": None}}


def test_what_no_step_changes_stands_outside():
    system = elaborated(RNN, X, **PARAMETERS)
    assert [str(e) for e in system.equations] == [
        "n.u[b, t, j] = sum[i](x[b, t, i] * n.W[j, i]) + n.c[j]",
        "n.z[b, t, j] = sum[i](n.h[b, t - 1, i] * n.U[j, i]) + n.u[b, t, j]",
        "n.h[b, t, j] = tanh(n.z[b, t, j])",
        "y[b, t, j] = n.h[b, t, j]",
    ]
    (component,) = components(system.equations)
    assert component.names == ("n.z", "n.h")
    assert (component.axes, component.extent, component.backwards, component.lag) == ((1, 1), 4, False, 1)


def test_boundary_in_a_contraction_gets_a_name():
    system = elaborated("h[b, -1, j] = h0[b, j]\n" + RNN, X, H0, **PARAMETERS)
    assert [str(e) for e in system.equations][1:3] == [
        "n.h_before[b, t, j] = n.h[b, t - 1, j] if t >= 1 else h0[b, j]",
        "n.z[b, t, j] = sum[i](n.h_before[b, t, i] * n.U[j, i]) + n.u[b, t, j]",
    ]
    assert components(system.equations)[0].names == ("n.h_before", "n.z", "n.h")


def test_boundary_beside_a_product_stays_in_place():
    system = elaborated("y[b, t, i] = y[b, t-1, i] / 2 + x[b, t, i]\ny[b, -1, k] = 3", X)
    assert [str(e) for e in system.equations] == ["y[b, t, i] = where(t >= 1, y[b, t - 1, i], 3) / 2 + x[b, t, i]"]


LINES = [
    ("y[b, t] = y[b, t-1] + x[b, t]", lambda x: np.cumsum(x, 1), False),
    ("y[b, t] = y[b, t+1] + x[b, t]", lambda x: np.cumsum(x[:, ::-1], 1)[:, ::-1], True),
    ("y[b, t] = y[b, t-1] * x[b, t]\ny[b, -1] = 1", lambda x: np.cumprod(x, 1), False),
    ("y[b, t] = y[b, t+1] * x[b, t]\ny[b, T] = 1", lambda x: np.cumprod(x[:, ::-1], 1)[:, ::-1], True),
    ("y[b, t] = y[b, t+1] * x[b, t]\ny[b, 5] = 1", lambda x: np.cumprod(x[:, ::-1], 1)[:, ::-1], True),
    ("y[b, t] = max(y[b, t-1], x[b, t])\ny[b, -1] = -inf", lambda x: np.maximum.accumulate(x, 1), False),
]


@pytest.mark.parametrize(("text", "expected", "backwards"), LINES)
def test_scan(text, expected, backwards):
    system = elaborated(text, tensor("x", "b t:5"), sizes={"T": 5})
    x = np.random.default_rng(0).normal(size=(3, 5))
    np.testing.assert_allclose(evaluate(system, {"x": x}, 3)["y"], expected(x), rtol=1e-12)
    (component,) = components(system.equations)
    assert component.backwards is backwards


def test_lag_two_with_both_boundaries():
    text = "y[b, t] = y[b, t-1] + y[b, t-2]\ny[b, -1] = x[b, 0]\ny[b, -2] = x[b, 1]"
    system = elaborated(text, tensor("x", "b i:2"), sizes={"t": 6})
    found = evaluate(system, {"x": np.array([[1.0, 0.0], [2.0, 5.0]])}, 2)["y"]
    assert found.tolist() == [[1, 2, 3, 5, 8, 13], [7, 9, 16, 25, 41, 66]]
    assert components(system.equations)[0].lag == 2


def test_lag_two_with_one_boundary_reads_zero_beyond_it():
    text = "y[b, t] = y[b, t-1] + y[b, t-2]\ny[b, -1] = 1"
    system = elaborated(text, sizes={"t": 5, "b": 1})
    assert evaluate(system, {}, 1)["y"].tolist() == [[1, 2, 3, 5, 8]]


def test_mutual_recursion_and_what_stands_between():
    text = """
        g[b, t] = sigmoid(x[b, t] + h[b, t-1])
        s[b, t] = x[b, t]**2
        c[b, t] = g[b, t] * c[b, t-1] + s[b, t]
        q[b, t] = 2 * g[b, t]
        h[b, t] = tanh(c[b, t])
        y[b, t] = h[b, t] + q[b, t]
    """
    system = elaborated(text, tensor("x", "b t:4"))
    assert [e.tensor.name for e in system.equations] == ["n.s", "n.g", "n.c", "n.h", "n.q", "y"]
    x = np.random.default_rng(0).normal(size=(2, 4))
    c, h = np.zeros(2), np.zeros(2)
    for t, now in enumerate(x.T):
        g = 1 / (1 + np.exp(-(now + h)))
        c = g * c + now**2
        h = np.tanh(c)
        np.testing.assert_allclose(evaluate(system, {"x": x}, 2)["y"][:, t], h + 2 * g, rtol=1e-12)


def test_boundary_by_an_expression_over_its_own_letters():
    text = "y[b, -1, k] = 2 * sum[i](h0[b, i] * A[k, i])\ny[b, t, j] = sum[k](y[b, t-1, k] * A[j, k])"
    system = elaborated(text, H0, sizes={"t": 3}, parameters={"A": None})
    h0, a = np.array([[1.0, 2.0]]), np.array([[0.5, -1.0], [2.0, 3.0]])
    states = [2 * h0 @ a.T]
    for _ in range(3):
        states.append(states[-1] @ a.T)
    np.testing.assert_allclose(evaluate(system, {"h0": h0, "n.A": a}, 1)["y"], np.stack(states[1:], 1), rtol=1e-12)


def test_ellipsis():
    text = "y[..., -1, j] = h0[..., j]\ny[..., t, j] = x[..., t, 0] + sum[k](y[..., t-1, k] * U[j, k])"
    system = elaborated(text, X, H0, parameters={"U": None})
    assert str(system.equations[0]) == "n.y_before[b, t, j] = y[b, t - 1, j] if t >= 1 else h0[b, j]"


def test_verify_refuses_reads_that_are_no_step():
    system = elaborated(RNN, X, **PARAMETERS)
    first, z, h, last = system.equations
    for order in ((first, h, z, last), (first, z, last, h)):
        with pytest.raises(InternalError):
            verify(System("wrong", system.tensors, order))


def test_arrange_is_deterministic_and_stable():
    system = elaborated(RNN, X, **PARAMETERS)
    first, z, h, last = system.equations
    other = Equation(Tensor("other", ()), (), first.rhs * 0)
    assert arrange((first, z, other, h, last)) == (first, z, h, other, last)


def test_circles_of_a_long_chain_take_no_recursion():
    chain = {str(n): (str(n + 1), str(n - 1)) for n in range(20_000)}
    assert circles(chain) == (tuple(chain),)
    assert circles({"a": ("b",), "b": ("b", "x")}) == (("b",),)
