"""What is a matrix equation, what it looks like as one, and what falls back to indices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sympy
from sympy import Expr, Integer

import bpgen
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal, greater, maximum, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.emit.latex_document import INDICES, build_document
from bpgen.emit.latex_matrix import matrix_form
from bpgen.emit.latex_rows import Row, Writer
from bpgen.emit.latex_symbols import Symbols

EXAMPLES = Path(__file__).parents[2] / "examples"

b, i, o, j, k = Index("b", BATCH), Index("i", 3), Index("o", 4), Index("j", 4), Index("k", 4)
x = Tensor("x", (b, i), role="input", symbol="x")
y = Tensor("y", (b, o), role="input", symbol="y")
label = Tensor("label", (b,), dtype="int32", role="input", symbol="label", classes=4)
W1 = Tensor("fc1.weight", (o, i), role="parameter", symbol="W", layer="fc1")
b1 = Tensor("fc1.bias", (o,), role="parameter", symbol="b", layer="fc1")
W2 = Tensor("fc2.weight", (k, o), role="parameter", symbol="W", layer="fc2")
z1 = Tensor("fc1.z", (b, o), symbol="z", layer="fc1")
h1 = Tensor("fc1", (b, o), symbol="h", layer="fc1")
z2 = Tensor("fc2.z", (b, k), symbol="z", layer="fc2")
e = Tensor("e", (b, o), symbol="e")
s = Tensor("s", (b,), symbol="S", positive=True)
g = Tensor("g", (o,), symbol="g")
K = Tensor("K", (k, i, o), role="parameter", symbol="K")
loss = Tensor("loss", (), role="loss", symbol="L")
d1 = Tensor("d.fc1.z", (b, o), role="backward", symbol="z", layer="fc1")
d2 = Tensor("d.fc2.z", (b, k), role="backward", symbol="z", layer="fc2")
dh = Tensor("d.fc1", (b, o), role="backward", symbol="h", layer="fc1")
dW1 = Tensor("d.fc1.weight", (o, i), role="backward", symbol="W", layer="fc1")
db1 = Tensor("d.fc1.bias", (o,), role="backward", symbol="b", layer="fc1")
eta = Tensor("optimizer.lr", (), role="setting", symbol="eta")

TENSORS = [x, y, label, W1, b1, W2, z1, h1, z2, e, s, g, K, loss, d1, d2, dh, dW1, db1, eta]
ORDER = tuple(Equation(tensor, tensor.axes, Integer(0), "forward", Origin(tensor.layer)) for tensor in (z1, z2))
SYMBOLS = Symbols(System("net", {tensor.name: tensor for tensor in TENSORS}, ORDER, loss="loss"))
Sum = Reduction

CASES: list[tuple[Tensor, Expr, str]] = [
    (z1, Sum("sum", x[b, i] * W1[o, i], i) + b1[o], r"Z^{(1)} = X\,W^{(1)\top} + \mathbf{1} b^{(1)\top}"),
    (dW1, Sum("sum", d1[b, o] * x[b, i], b), r"\nabla_{W^{(1)}} L = \Delta^{(1)\top}\,X"),
    (db1, Sum("sum", d1[b, o], b), r"\nabla_{b^{(1)}} L = \Delta^{(1)\top}\,\mathbf{1}"),
    (
        d1,
        (1 - h1[b, o] ** 2) * Sum("sum", d2[b, k] * W2[k, o], k),
        r"\Delta^{(1)} = (1 - H^{(1)} \odot H^{(1)}) \odot (\Delta^{(2)}\,W^{(2)})",
    ),
    (d1, dh[b, o] * greater(z1[b, o], Integer(0)), r"\Delta^{(1)} = (\nabla_{H^{(1)}} L) \odot [Z^{(1)} > 0]"),
    (h1, maximum(Integer(0), z1[b, o]), r"H^{(1)} = \max(0, Z^{(1)})"),
    (h1, sympy.tanh(z1[b, o]), r"H^{(1)} = \tanh(Z^{(1)})"),
    (e, sympy.exp(z1[b, o] - s[b]), r"E = \exp(Z^{(1)} - s\mathbf{1}^{\top})"),
    (s, Sum("sum", e[b, o], o), r"s = E\,\mathbf{1}"),
    (s, Sum("max", e[b, o], o), r"s = \operatorname{rowmax}(E)"),
    (h1, e[b, o] / s[b], r"H^{(1)} = \operatorname{diag}(s)^{-1}\,E"),
    (h1, e[b, o] * g[o], r"H^{(1)} = E\,\operatorname{diag}(g)"),
    (h1, s[b] * g[o], r"H^{(1)} = s\,g^{\top}"),
    (h1, e[b, o] / (h1[b, o] + 1), r"H^{(1)} = E \oslash (1 + H^{(1)})"),
    (d1, (h1[b, o] - y[b, o]) / BATCH, r"\Delta^{(1)} = \frac{1}{B}\,(H^{(1)} - Y)"),
    (
        d1,
        (h1[b, o] - equal(label[b], o)) / BATCH,
        r"\Delta^{(1)} = \frac{1}{B}\,(H^{(1)} - \operatorname{onehot}(\ell))",
    ),
    (s, sympy.log(h1[b, label[b]]), r"s = \log((H^{(1)} \odot \operatorname{onehot}(\ell))\mathbf{1})"),
    (
        loss,
        -Sum("sum", y[b, o] * sympy.log(h1[b, o]), b, o) / BATCH,
        r"L = -\frac{1}{B}\,\mathbf{1}^{\top}\,(Y \odot \log(H^{(1)}))\,\mathbf{1}",
    ),
    (loss, Sum("sum", g[o] * b1[o], o), r"L = g^{\top}\,b^{(1)}"),
    (loss, Sum("sum", s[b], b), r"L = \mathbf{1}^{\top}\,s"),
    (loss, Sum("sum", s[b] * e[b, o] * g[o], b, o), r"L = s^{\top}\,E\,g"),
    (
        dW1,
        Sum("sum", d1[b, o] * s[b] * x[b, i], b),
        r"\nabla_{W^{(1)}} L = \Delta^{(1)\top}\,\operatorname{diag}(s)\,X",
    ),
    (W1, W1[o, i] - eta.element * dW1[o, i], r"W^{(1)} = W^{(1)} - \eta\,\nabla_{W^{(1)}} L"),
    (b1, b1[o] + 1, r"b^{(1)} = 1 + b^{(1)}"),
    (z1, Sum("sum", x[b, i] * W1[o, i] * h1[b, o], i), r"Z^{(1)} = H^{(1)} \odot (X\,W^{(1)\top})"),
    (z1, Sum("sum", e[b, k] * W2[k, o], k) / s[b], r"Z^{(1)} = \operatorname{diag}(s)^{-1}\,(E\,W^{(2)})"),
    (z1, sympy.log(s[b]), r"Z^{(1)} = \log(s)\mathbf{1}^{\top}"),
    (z1, eta.element, r"Z^{(1)} = \eta\,\mathbf{1}\mathbf{1}^{\top}"),
    (K, W1[o, i] * W2[k, o], r"K_{k} = W^{(1)\top}\,\operatorname{diag}(w^{(2)}_{k})"),
    (
        dW1,
        Sum("sum", d1[b, o] * (x[b, i] - W1[o, i]), b),
        r"\nabla_{W^{(1)}} L = \sum_{b=1}^{B} \operatorname{diag}(\delta^{(1)}_{b})"
        r"\,(\mathbf{1} x^{\top}_{b} - W^{(1)})",
    ),
]


@pytest.mark.parametrize(("tensor", "rhs", "expected"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_matrix_equation(tensor: Tensor, rhs: Expr, expected: str) -> None:
    left, right = Writer(SYMBOLS, "matrix").sides(Equation(tensor, tensor.axes, rhs))
    assert f"{left} = {right.text}" == expected


UNFIT: list[tuple[Tensor, Expr]] = [
    (h1, where(greater(z1[b, o], Integer(0)), z1[b, o], h1[b, o])),  # cases
    (g, W2[o, o]),  # a diagonal
    (h1, greater(o, Integer(1)) * e[b, o]),  # the value of an index
    (s, Sum("prod", e[b, o], o)),  # no sum
]  # fmt: skip


@pytest.mark.parametrize(("tensor", "rhs"), UNFIT, ids=[str(n) for n in range(len(UNFIT))])
def test_what_is_no_matrix_equation_keeps_its_indices(tensor: Tensor, rhs: Expr) -> None:
    equation = Equation(tensor, tensor.axes, rhs)
    assert matrix_form(equation, SYMBOLS) is None
    assert Writer(SYMBOLS, "matrix").sides(equation) == Writer(SYMBOLS, "index").sides(equation)


@pytest.mark.parametrize("extent", [1, 4])
def test_equal_extents_do_not_confuse_the_axes(extent: int) -> None:
    """With W square, x W and x W^T differ by the places of the indices alone."""
    p, q = Index("p", extent), Index("q", extent)
    square = Tensor("square", (p, q), role="parameter", symbol="A")
    rows, out = Tensor("rows", (b, q), symbol="r"), Tensor("out", (b, p), symbol="u")
    symbols = Symbols(System("net", {tensor.name: tensor for tensor in (square, rows, out)}))
    forward = Equation(out, (b, p), Sum("sum", rows[b, q] * square[p, q], q))
    backward = Equation(rows, (b, q), Sum("sum", out[b, p] * square[p, q], p))
    assert Writer(symbols, "matrix").sides(forward)[1].text == r"R\,A^{\top}"
    assert Writer(symbols, "matrix").sides(backward)[1].text == r"U\,A"


def test_a_capital_that_is_taken_gives_way_to_boldface() -> None:
    lower, upper = Tensor("w", (b, i), symbol="w"), Tensor("W", (o,), symbol="W")
    upper2 = Tensor("W2", (b, o), symbol="W")
    symbols = Symbols(System("net", {tensor.name: tensor for tensor in (upper2, lower, upper)}))
    assert len({symbols.matrix(name) for name in ("w", "W", "W2")}) == 3


# --- matrices for each value of further indices


def printed(name: str, notation: str = "matrix") -> dict[str, str]:
    """Number -> equation, without the numbers of layers."""
    document = build_document(bpgen.derive(EXAMPLES / f"{name}.toml").derivation, notation, steps=False, full=True)
    blocks = (*document.forward, *document.gradients, *document.computed_backward)
    rows = [row for block in blocks for row in block.rows]
    return {
        row.equation.tensor.name: re.sub(r"\^\{\(\d+\)(\\top)?\}", lambda m: "^T" if m[1] else "", left_and_right(row))
        for row in rows
        if row.equation is not None
    }


def left_and_right(row: Row) -> str:
    return row.left + " = " + row.sides[-1][1].text.replace(r"\,", " ")


def test_attention_is_a_product_of_matrices_for_each_sample_and_head() -> None:
    found = printed("transformer")
    attention = "body.0.attention"
    queries, keys = "U_{b}[:, 16h-15:16h]", "(U_{b}[:, 16h+49:16h+64])^{\\top}"
    scores = found[f"{attention}.s"]
    assert scores.startswith("S_{bh} = ")
    assert scores.index(queries) < scores.index(keys) < scores.index(r"-\infty")
    assert r"\text{if } i \ge j" in scores
    assert found[f"{attention}.v"] == "V_{b}[:, 16h-15:16h] = P_{bh} U_{b}[:, 16h+113:16h+128]"
    assert found[f"d.{attention}.p"] == (
        r"\nabla_{P_{bh}} L = (\nabla_{V_{b}[:, 16h-15:16h]} L) (U_{b}[:, 16h+113:16h+128])^{\top}"
    )
    assert found["d.head.weight"].endswith(r"= \sum_{b=1}^{B} \Delta^T_{b} Z_{b}")


def test_a_recurrence_has_matrices_for_each_step() -> None:
    found = printed("char_lstm")
    assert re.search(r"^H_\{t\} = ", found["lstm.h"])
    assert any("H_{t-1} U^T" in equation for equation in found.values())
    assert found["d.lstm.weight_hh_l0"].endswith("H_{t-1}")
    assert r"\sum_{t=1}^{64}" in found["d.lstm.weight_hh_l0"]


def test_a_form_for_each_output() -> None:
    found = printed("bilinear")
    assert found["pair"] == r"y_{bk} = x^{\top}_{b} W_{k} x_{b} + c_{k}"
    assert found["d.pair.W"] == r"\nabla_{W_{k}} L = X^{\top} \operatorname{diag}(\nabla_{y_{k}} L) X"


@pytest.mark.parametrize(("name", "said"), [("xor", False), ("lenet", True)])
def test_what_falls_back_to_indices_is_said_once(name: str, said: bool) -> None:
    derivation = bpgen.derive(EXAMPLES / f"{name}.toml").derivation
    conventions = [
        "".join(getattr(item, "text", str(item)) for item in sentence)
        for sentence in build_document(derivation, "matrix", steps=False, full=False).conventions
    ]
    assert conventions.count(INDICES) == said
