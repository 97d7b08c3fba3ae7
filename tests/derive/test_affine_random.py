"""Random quasi-affine accesses: gradients against finite differences, values against the brute-force evaluator."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network
from hypothesis import assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from test_rule import compare

from bpgen.algebra.errors import EquationError
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.system import System
from bpgen.derive.derive import derive
from bpgen.derive.sample import sample_values

EXTENTS = {"i": 3, "j": 2, "k": 1, "r": 2, "s": 3}


def agree_with_brute_force(system: System) -> None:
    """Every tensor of the derived system: the vectorised values that rewrites are checked by, and the evaluator's."""
    derived = derive(system).system
    values = sample_values(derived)
    inputs = {t.name: values.tensors[t.name] for t in derived.tensors.values() if t.role in ("input", "parameter")}
    for name, expected in evaluate(derived, inputs, values.batch).items():
        np.testing.assert_allclose(values.tensors[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@st.composite
def place(draw, names: str) -> str:
    """An index expression: strides, offsets, dilations, digits, digits of sums."""
    terms = [
        f"{draw(st.sampled_from([1, 1, 2, 3, -1]))}*{name}"
        for name in draw(st.sets(st.sampled_from(names), min_size=1))
    ]
    affine = " + ".join([*sorted(terms), str(draw(st.integers(-2, 3)))])
    kind = draw(st.sampled_from(["affine", "affine", "plain", "quotient", "remainder", "both", "nested"]))
    number, other = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    return {
        "affine": affine, "plain": f"{draw(st.sampled_from(names))} + 0", "quotient": f"({affine})//{number}",
        "remainder": f"({affine})%{number}", "both": f"({affine})//{number}%{other}",
        "nested": f"{number}*(({affine})//{number}) + {affine}",
    }[kind]  # fmt: skip


@st.composite
def guard(draw) -> str:
    left, right = draw(place("ijr")), draw(place("ijr"))
    return draw(st.sampled_from([f"{left} <= {right}", f"0 <= {left} < 3", f"not {left} == {right} or {right} > 1"]))


@st.composite
def systems(draw) -> System:
    """y[i, j, k] = reduction over r, s of products of accesses; the loss weighs every element."""
    shapes = [draw(st.integers(1, 5)) for _ in range(2)]
    first = f"x[{draw(place('ijrs'))}, {draw(place('ijk'))}]"
    second = f"w[{draw(place('ijrs'))}, {draw(place('irs'))}]"
    again = f"x[{draw(place('ijr'))}, {draw(place('js'))}]"
    body = draw(st.sampled_from([f"{first}*{second}", f"{first}*{again}", f"{first} + {second}*{again}", first]))
    if draw(st.booleans()):
        body = f"where({draw(guard())}, {body}, {draw(st.sampled_from(['0', again]))})"
    op = draw(st.sampled_from(["sum", "sum", "sum", "mean", "max", "min", "prod"]))
    text = f"y[i, j, k] = {op}[r, s]({body})\nL = sum[i, j, k](y[i, j, k]*c[i, j]*(1 + k))"
    if op in ("max", "min"):  # where nothing is inside, the extremum is infinite
        text = text.replace("y[i, j, k]*c", "max(min(y[i, j, k], 9), -9)*c")
    x = given("x", f"h:{shapes[0]} w:{shapes[1]}")
    w = given("w", f"r:{shapes[1]} s:{draw(st.integers(1, 4))}", role="parameter")
    try:
        return network(text, x, w, given("c", f"i:{EXTENTS['i']} j:{EXTENTS['j']}"), sizes=EXTENTS)
    except EquationError as error:  # a remainder can turn out to be a number, and that to lie outside
        assume(error.diagnostics[0].code != "index-range")
        raise


@settings(max_examples=60, deadline=None, derandomize=True)
@drawn(systems())
def test_random_accesses(system):
    compare(system, tolerance=1e-5)
    agree_with_brute_force(system)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize(("kernel", "height"), [(1, 1), (1, 4), (2, 4), (3, 5), (3, 9), (5, 6)])
def test_convolution(stride, dilation, padding, kernel, height):
    """Every setting of a convolution, rows past the last window among them."""
    rows = (height + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if rows < 1:
        pytest.skip("the kernel is longer than the padded image")
    text = f"y[p] = sum[r](x[{stride}*p + {dilation}*r - {padding}]*K[r])\nL = sum[p](y[p]*g[p])"
    x, kernels = given("x", f"h:{height}"), given("K", f"r:{kernel}", role="parameter")
    system = network(text, x, kernels, given("g", f"p:{rows}"))
    derivation = derive(system)
    values = sample_values(system).tensors
    computed = evaluate(derivation.system, {name: values[name] for name in ("x", "K", "g")})
    expected_x, expected_k = np.zeros(height), np.zeros(kernel)
    for p in range(rows):
        for r in range(kernel):
            h = stride * p + dilation * r - padding
            if 0 <= h < height:
                expected_x[h] += values["g"][p] * values["K"][r]
                expected_k[r] += values["g"][p] * values["x"][h]
    np.testing.assert_allclose(computed["d.x"], expected_x, atol=1e-12)
    np.testing.assert_allclose(computed["d.K"], expected_k, atol=1e-12)


@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize(
    ("stride", "window", "padding", "size"), [(1, 2, 0, 3), (2, 2, 0, 5), (2, 3, 1, 5), (3, 2, 1, 6)]
)
def test_ties_in_windows_go_to_the_first(op, stride, window, padding, size):
    """Equal elements everywhere: the adjoint goes to the first of each window, row by row, and none is lost."""
    rows = (size + 2 * padding - window) // stride + 1
    text = (
        f"y[p, q] = {op}[r, s](x[{stride}*p + r - {padding}, {stride}*q + s - {padding}])\n"
        "L = sum[p, q](y[p, q]*g[p, q])"
    )
    system = network(text, given("x", f"h:{size} w:{size}"), given("g", f"p:{rows} q:{rows}"),
                     sizes={"r": window, "s": window})  # fmt: skip
    derived = derive(system).system
    g = np.arange(1.0, rows * rows + 1).reshape(rows, rows)
    found = evaluate(derived, {"x": np.full((size, size), -2.0), "g": g})["d.x"]
    expected = np.zeros((size, size))
    for p in range(rows):
        for q in range(rows):
            expected[max(0, stride * p - padding), max(0, stride * q - padding)] += g[p, q]
    np.testing.assert_array_equal(found, expected)
