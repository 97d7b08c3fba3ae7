"""Each operation of the algebra in index notation, letter by letter."""

from __future__ import annotations

import pytest
import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import (
    absolute,
    equal,
    expm1,
    greater,
    greater_equal,
    log1p,
    maximum,
    not_equal,
    sigmoid,
    sign,
    softplus,
    where,
)
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.emit.latex_expressions import IndexNotation
from bpgen.emit.latex_layout import PRODUCT, SUM, Break, break_lines, held, measure
from bpgen.emit.latex_letters import equation_letters
from bpgen.emit.latex_symbols import Symbols
from bpgen.emit.latex_terms import number

b, i, j, o, t = Index("b", BATCH), Index("i", 5), Index("j", 4), Index("o", 4), Index("t", 6)
x = Tensor("x", (b, i), role="input", symbol="x")
y = Tensor("y", (b, j), role="input", symbol="y")
label = Tensor("label", (b,), dtype="int32", role="input", symbol="label", classes=4)
W = Tensor("fc.weight", (o, i), role="parameter", symbol="W", layer="fc")
z = Tensor("fc.z", (b, o), symbol="z", layer="fc")
a = Tensor("fc", (b, o), symbol="a", layer="fc")
dz = Tensor("d.fc.z", (b, o), role="backward", symbol="z", layer="fc")
dW = Tensor("d.fc.weight", (o, i), role="backward", symbol="W", layer="fc")
h = Tensor("h", (b, t), symbol="h")
E = Tensor("E", (j, i), role="parameter", symbol="E")
eta = Tensor("optimizer.lr", (), role="setting", symbol="eta")
beta = Tensor("optimizer.beta1", (), role="setting", symbol="beta_1")
step = Tensor("optimizer.t", (), role="state", symbol="t")
e1 = Tensor("fc.e1", (b, o), symbol="e1", layer="fc")
loss = Tensor("loss", (), role="loss", symbol="L")

TENSORS = {tensor.name: tensor for tensor in (x, y, label, W, z, a, dz, dW, h, E, eta, beta, step, e1, loss)}
SYSTEM = System("net", TENSORS, (Equation(z, z.axes, W[o, Index("i", 5)] * 1, "forward", Origin("fc")),), loss="loss")
zo, ao = z[b, o], a[b, o]
Z, A = r"z^{(1)}_{bo}", r"a^{(1)}_{bo}"


def printed(expression: Expr) -> str:
    return IndexNotation(Symbols(SYSTEM)).formula(expression).text


CASES: list[tuple[Expr, str]] = [
    (zo, Z),
    (label[b], r"\ell_{b}"),
    (e1[b, o], r"e^{(1)}_{1,bo}"),
    (dz[b, o], r"\delta^{(1)}_{bo}"),
    (dW[o, i], r"\frac{\partial L}{\partial W^{(1)}_{oi}}"),
    (z[b, label[b]], r"z^{(1)}_{b,\ell_{b}}"),
    (E[label[b], i], r"E_{\ell_{b},i}"),
    (h[b, t - 1], r"h_{b,t-1}"),
    (h[b, 2 * t], r"h_{b,2t-1}"),
    (h[b, t + 2 - 2 * o], r"h_{b,t+4-2o}"),
    (h[b, quotient(t, Integer(3))], r"h_{b,\lceil t/3 \rceil}"),
    (h[b, quotient(t + 1, Integer(3))], r"h_{b,\lfloor t/3 \rfloor+1}"),
    (h[b, remainder(t, Integer(3))], r"h_{b,((t-1) \bmod 3)+1}"),
    (h[b, remainder(quotient(t, Integer(2)), Integer(2))], r"h_{b,((\lceil t/2 \rceil-1) \bmod 2)+1}"),
    (t * zo, rf"{Z}\,(t-1)"),
    (
        sympy.Mul(dz[b, o], sympy.Mul(2, zo + ao, evaluate=False), evaluate=False),
        rf"2\,\delta^{{(1)}}_{{bo}}\,({A} + {Z})",
    ),
    (
        sympy.Mul(1 / BATCH, sympy.Mul(2, zo + ao, evaluate=False), evaluate=False),
        rf"\frac{{2\,({A} + {Z})}}{{B}}",
    ),
    (greater(quotient(t, Integer(2)), Integer(0)), r"[\lceil t/2 \rceil > 1]"),
    (Reduction("max", h[b, 2 * j + o], o, j), r"\max_{i,j} h_{b,2j+i-2}"),
    (h[b, Integer(0)], r"h_{b,1}"),
    (eta.element, r"\eta"),
    (beta.element, r"\beta_{1}"),
    (1 - beta.element ** (step.element + 1), r"1 - \beta_{1}^{t + 1}"),
    (zo + ao, rf"{A} + {Z}"),
    (1 - ao**2, rf"1 - ({A})^{{2}}"),
    (x[b, i] ** 2, r"x_{bi}^{2}"),
    (-zo, rf"-{Z}"),
    (zo / BATCH, rf"\frac{{{Z}}}{{B}}"),
    ((ao - zo) / BATCH, rf"\frac{{{A} - {Z}}}{{B}}"),
    (zo * (1 + ao), rf"{Z}\,(1 + {A})"),
    (sympy.sqrt(zo), rf"\sqrt{{{Z}}}"),
    (1 / sympy.sqrt(zo), rf"\frac{{1}}{{\sqrt{{{Z}}}}}"),
    (sympy.sqrt(2) * zo / 2, rf"\frac{{{Z}}}{{\sqrt{{2}}}}"),
    (zo / sympy.sqrt(2 * sympy.pi), rf"\frac{{{Z}}}{{\sqrt{{2\,\pi}}}}"),
    (zo * sympy.sqrt(2 / sympy.pi), rf"\sqrt{{\frac{{2}}{{\pi}}}}\,{Z}"),
    ((1 + ao / BATCH) / 2, rf"\frac{{1}}{{2}} + \frac{{{A}}}{{2\,B}}"),
    (zo * (1 + ao / BATCH) / 2, rf"\frac{{1}}{{2}}\,{Z}\,\Bigl(1 + \frac{{{A}}}{{B}}\Bigr)"),
    (sympy.exp(zo), rf"\exp({Z})"),
    (sympy.log(zo), rf"\log({Z})"),
    (sympy.tanh(zo) ** 2, rf"\tanh^{{2}}({Z})"),
    (sigmoid(zo), rf"\sigma({Z})"),
    (softplus(zo), rf"\operatorname{{softplus}}({Z})"),
    (log1p(zo), rf"\log(1 + {Z})"),
    (expm1(zo), rf"\exp({Z}) - 1"),
    (ao * expm1(zo), rf"{A}\,(\exp({Z}) - 1)"),
    (absolute(zo), rf"\lvert {Z} \rvert"),
    (sign(zo), rf"\operatorname{{sign}}({Z})"),
    (maximum(Integer(0), zo), rf"\max(0, {Z})"),
    (greater(zo, Integer(0)), rf"[{Z} > 0]"),
    (greater(Integer(0), zo), rf"[{Z} < 0]"),
    (1 - greater(zo, ao), rf"[{Z} \le {A}]"),
    (equal(label[b], j), r"[\ell_{b} = j]"),
    (equal(label[b], Integer(0)), r"[\ell_{b} = 1]"),
    (not_equal(label[b], Integer(2)), r"[\ell_{b} \ne 3]"),
    (greater_equal(o, j), r"[o \ge j]"),
    (greater_equal(o - 1, j), r"[o \ge j+1]"),
    (
        where(greater(zo, Integer(0)), zo, ao),
        r"\left\{\begin{array}{@{}l@{\quad}l@{}} \displaystyle "
        + Z
        + r" & \text{if } "
        + Z
        + r" > 0 \\ \displaystyle "
        + A
        + r" & \text{otherwise} \end{array}\right.",
    ),
    (Reduction("sum", x[b, i] * W[o, i], i), r"\sum_{i=1}^{5} x_{bi}\,W^{(1)}_{oi}"),
    (Reduction("sum", dz[b, o] * x[b, i], b), r"\sum_{b=1}^{B} \delta^{(1)}_{bo}\,x_{bi}"),
    (Reduction("sum", y[b, j], b, j), r"\sum_{b=1}^{B} \sum_{j=1}^{4} y_{bj}"),
    (Reduction("sum", y[b, j], b) / (20 * BATCH), r"\frac{1}{20\,B}\,\sum_{b=1}^{B} y_{bj}"),
    (y[b, j] / 20, r"0.05\,y_{bj}"),
    (Reduction("sum", 1 + x[b, i], i), r"\sum_{i=1}^{5} (1 + x_{bi})"),
    (Reduction("sum", -x[b, i], i), r"-\sum_{i=1}^{5} x_{bi}"),
    (Reduction("max", y[b, j], j), r"\max_{j} y_{bj}"),
    (Reduction("prod", y[b, j], j), r"\prod_{j=1}^{4} y_{bj}"),
    (Reduction("argmax", y[b, j], j), r"\operatorname*{arg\,max}_{j} y_{bj}"),
    (equal(o, Reduction("argmax", y[b, j], j)), r"[o = \operatorname*{arg\,max}_{j} y_{bj}]"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_operation(expression: Expr, expected: str) -> None:
    assert printed(expression) == expected


def test_a_sum_that_is_not_last_in_a_product_is_bracketed() -> None:
    first, second = Reduction("sum", x[b, i], i), Reduction("sum", y[b, j], j)
    text = printed(first * second)
    assert text.count(r"\biggl(") == 1
    assert text.index(r"\biggl(") < text.index(r"\sum")


def test_bound_indices_avoid_the_free_ones() -> None:
    other = Tensor("q", (o,), symbol="q")
    equation = Equation(other, (o,), Reduction("sum", z[b, o] * Reduction("sum", z[b, o], o), b))
    letters = equation_letters(equation, Symbols(SYSTEM))
    assert len(set(letters.values())) == len(letters) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Rational(1, 2), r"\frac{1}{2}"),
        (Rational(2, 3), r"\frac{2}{3}"),
        (Rational(1, 10), "0.1"),
        (Rational(44715, 1000000), "0.044715"),
        (Rational(1, 10**8), "10^{-8}"),
        (Rational(3, 10**4), r"3 \cdot 10^{-4}"),
        (Rational(-1, 4), r"-\frac{1}{4}"),
        (Integer(784), "784"),
        (Rational(1, 7 * 19), r"\frac{1}{133}"),
    ],
)
def test_exact_numbers(value: Rational, expected: str) -> None:
    assert number(value).text == expected


def test_two_tensors_never_share_a_symbol() -> None:
    twins = [Tensor(f"t{n}", (b, i), symbol="h", layer="fc") for n in range(12)]
    system = System("net", {tensor.name: tensor for tensor in twins})
    symbols = Symbols(system)
    assert len({symbols.element(tensor.name, ["b", "i"]) for tensor in twins}) == 12
    assert len({symbols.matrix(tensor.name) for tensor in twins}) == 12


def test_a_parameter_called_delta_is_no_adjoint() -> None:
    delta = Tensor("fc.delta", (b, o), role="parameter", symbol="delta", layer="fc")
    symbols = Symbols(System("net", {t.name: t for t in (z, delta, dz)}, SYSTEM.equations))
    assert symbols.element("fc.delta", ["b", "o"]) != symbols.element("d.fc.z", ["b", "o"])


# --- line breaking


def long_sum(terms: int) -> Expr:
    tensors = [Tensor(f"k{n}", (b, o), symbol=f"k{n}") for n in range(terms)]
    return sympy.Add(*(tensor[b, o] for tensor in tensors))


@pytest.mark.parametrize("terms", [1, 2, 9, 40])
def test_long_sums_are_broken_at_their_terms(terms: int) -> None:
    formula = IndexNotation(Symbols(SYSTEM)).formula(long_sum(terms))
    lines = break_lines(formula, 20.0)
    assert all(measure(line) + (2.0 if n else 0.0) <= 20.0 for n, line in enumerate(lines))
    assert all(line.startswith("{} + ") for line in lines[1:])
    assert "".join(line.removeprefix("{}") for line in lines) == formula.text
    assert (len(lines) > 1) == (formula.width > 20.0)


def test_a_product_of_long_sums_is_broken_between_its_factors_first() -> None:
    formula = IndexNotation(Symbols(SYSTEM)).formula(long_sum(6) * (1 + long_sum(7)))
    lines = break_lines(formula, formula.width * 0.7)
    assert len(lines) == 2
    assert r"\times" in lines[1]


def test_what_cannot_be_broken_stays_whole() -> None:
    formula = IndexNotation(Symbols(SYSTEM)).formula(zo)
    assert break_lines(formula, 0.1) == [Z]


def test_held_brackets_only_what_holds_less() -> None:
    formula = IndexNotation(Symbols(SYSTEM)).formula(zo + 1)
    assert not any(isinstance(part, Break) for part in IndexNotation(Symbols(SYSTEM)).formula(zo).parts)
    assert held(formula, SUM) is formula
    assert held(formula, PRODUCT).text == f"({formula.text})"
