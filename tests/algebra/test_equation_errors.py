"""Everything that can be wrong in equation text: which error, and the line and column it points at."""

from __future__ import annotations

import pytest

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.syntax import parse
from bpgen.algebra.system import Origin, Tensor

X = Tensor("x", (Index("b", BATCH), Index("i", 5)), role="input")
LABEL = Tensor("label", (Index("b", BATCH),), dtype="int32", role="input", classes=4)
RATE = Tensor("rate", (), role="setting")
SCOPE = Scope(
    tensors={"x": X, "label": LABEL, "rate": RATE},
    sizes={"k": 3, "D": 7},
    constants={},
    parameters={"W": None, "E": None},
)

# text, code, line, column, what the message or the help must say
SYNTAX = [
    ("", "empty-equation", 1, 1, "no equation"),
    ("# only a comment\n", "empty-equation", 1, 1, "no equation"),
    ("y[b, i] = x[b, i] +", "unexpected-token", 1, 20, "ends after `+`"),
    ("y[b, i] = (x[b, i]", "unexpected-token", 1, 19, "`(` in line 1, column 11"),
    ("y[b, i = x[b, i]", "unexpected-token", 1, 8, "`[` in line 1, column 2"),
    ("y[b, i] = 2 x[b, i]", "unexpected-token", 1, 13, "written with *"),
    ("y[b, i] = x[b, i]\n  + 1", "unexpected-token", 2, 3, "parentheses"),
    ("y[b, i] == x[b, i]", "unexpected-token", 1, 9, "unexpected `==`"),
    ("y = x = 2", "unexpected-token", 1, 7, "=="),
    ("y[b, i] = x[b, :]", "unexpected-character", 1, 16, "slices"),
    ("y[b, i] = x[b, i] ^ 2", "unexpected-character", 1, 19, "**"),
    ("y[b, i] = x[b, i] @ x[b, i]", "unexpected-character", 1, 19, "sum[k]"),
    ("y = if", "unexpected-token", 1, 5, "word of the language"),
    ("and = 2", "unexpected-token", 1, 1, "word of the language"),
    ("3 = y", "unexpected-token", 1, 1, "unexpected `3`"),
    ("y = x)", "unexpected-token", 1, 6, "unexpected `)`"),
    ("y = 1e999", "number-range", 1, 5, "float64"),
    ("y = elu(alpha=1, 2)", "argument-order", 1, 18, "named arguments last"),
    ("y = " + "(" * 200 + "1" + ")" * 200, "too-deep", 1, 64, "line of its own"),
    ("y = " + "-" * 5000 + "1", "too-deep", 1, 64, "line of its own"),
]

MEANING = [
    ("y[b, i] = z[b, i]", "unknown-tensor", 1, 11, "there is no tensor `z`"),
    ("y[b, i] = labels[b]", "unknown-tensor", 1, 11, "did you mean `label`"),
    ("y[b, i] = x[b, i] * rte", "unknown-name", 1, 21, "did you mean `rate`"),
    ("y[b, i] = sigmod(x[b, i])", "unknown-function", 1, 11, "did you mean `sigmoid`"),
    ("y[b] = summ[i](x[b, i])", "unknown-reduction", 1, 8, "did you mean `sum`"),
    ("y[b] = sum(x[b, 0])", "missing-indices", 1, 8, "sum[i](...)"),
    ("y[b, i] = exp[i](x[b, i])", "unexpected-indices", 1, 11, "exp(...)"),
    ("y[b, i] = x(b, i)", "not-a-function", 1, 11, "x[...]"),
    ("y[b, i] = D[b, i]", "not-a-tensor", 1, 11, "number"),
    ("y[b, i] = exp(x[b, i], 2)", "argument-count", 1, 11, "1 argument"),
    ("y[b, i] = where(x[b, i] > 0, 1)", "argument-count", 1, 11, "3 arguments"),
    ("y[b, i] = max(x[b, i])", "argument-count", 1, 11, "max[i](...)"),
    ("y[b, i] = elu(x[b, i], beta=1)", "argument-count", 1, 11, "elu(z, alpha=1)"),
    ("y[b, i] = relu()", "argument-count", 1, 11, "relu(z)"),
    ("y[b] = sum[i](x[b, i], 2)", "argument-count", 1, 8, "1 argument"),
    ("y[b] = x[b, i]", "unbound-index", 1, 13, "sum[i](...)"),
    ("y[b, i] = x[c, i] ", "unbound-index", 1, 13, "`c` is not bound"),
    ("y[b] = softmax[i](x[b, i])", "unbound-index", 1, 16, "`i` is not bound"),
    ("y[b] = sum[i](x[b, i]) * i", "unbound-index", 1, 26, "`i` is not bound"),
    ("y[b, i] = x[b]", "wrong-axes", 1, 11, "has 2 axes, but is used with 1"),
    ("y[b, i] = x[b, i, 0]", "wrong-axes", 1, 11, "[B, 5]"),
    ("y[b, i] = x", "wrong-axes", 1, 11, "x[b, i]"),
    ("y[b, i] = rate[b] * x[b, i]", "wrong-axes", 1, 11, "no axes"),
    ("z[b] = x[b, 0]\ny[b, i] = z[b, i]", "wrong-axes", 2, 11, "defined as `z[b]`"),
    ("y[b, k] = sum[i](W[k, i] * x[b, i]) + W[k]", "wrong-axes", 1, 39, "used as `W[k, i]` before"),
    ("y[b, k] = x[b, k]", "index-extent", 1, 16, "over 3 (sizes) and over 5 (axis 2 of `x`)"),
    ("y[b] = sum[i](x[b, i] * x[i, b])", "index-extent", 1, 27, "over 5 (axis 2 of `x`) and over B (axis 1 of `x`)"),
    ("y[b, o] = x[b, 0]", "unknown-extent", 1, 6, "sizes = { o = 10 }"),
    ("y[b] = sum[j](x[b, 0])", "unknown-extent", 1, 12, "`j` is not known"),
    ("y[b] = sum[i](x[b, i] * W[i, 2*i])", "unknown-extent", 1, 30, "axis 2 of `W`"),
    ("y[b, i] = x[b, i] * W[b, i]", "batch-parameter", 1, 23, "parameter `W`"),
    ("z[b] = x[b, 0]\nz[b] = x[b, 1]\ny = 1", "assigned-twice", 2, 1, "`z` is assigned twice"),
    ("x[b, i] = 2 * x[b, i]", "assigned-twice", 1, 1, "already an input"),
    ("D = 2", "assigned-twice", 1, 1, "number"),
    ("B = 2\ny = 1", "reserved-name", 1, 1, "cannot be defined"),
    ("yy[b, i] = x[b, i]", "no-result", 1, 1, "did you mean `y`"),
    ("y[b, i] = z[b, i]\nz[b, i] = x[b, i]", "read-before-defined", 1, 11, "earlier line"),
    ("y[b, i] = y[b, i] + x[b, i]", "read-before-defined", 1, 11, "reads itself at the same `i`"),
    ("y[b, i] = y[b, i-1] + y[b, i+1] + x[b, i]", "read-before-defined", 1, 23, "reads ahead along `i`"),
    ("y[b, i] = y[b-1, i] + x[b, i]", "read-before-defined", 1, 11, "runs along `b`, the batch"),
    ("y[b, i] = y[b, 2*i] + x[b, i]", "read-before-defined", 1, 11, "reads itself at the same `b`"),
    ("y[i] = y[2*i] + x[0, i]", "read-before-defined", 1, 8, "not a constant number of steps"),
    ("y[b, i] = y[b, i-1] + y[b-1, i] + x[b, i]", "read-before-defined", 1, 23, "reads itself at the same `i`"),
    ("z[b, i] = y[b, i] + x[b, i]\ny[b, i] = z[b, i-1] + z[b, i]", "read-before-defined", 1, 11, "on an earlier line"),
    ("z[b, i] = y[b, i-1] + x[b, i]\ny[b, i] = x[b, i]", "read-before-defined", 1, 11, "on an earlier line"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[b, 0] = 1", "boundary", 2, 6, "no step reads `y` at 0"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[b, -2] = 1", "boundary", 2, 6, "no step reads `y` at -2"),
    ("y[b, i] = y[b, i+1] + x[b, i]\ny[b, -1] = 1", "boundary", 2, 6, "first boundary stands at 5"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[-1, i] = 1", "boundary", 2, 3, "runs along `i`"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[-1, -1] = 1", "left-hand-index", 2, 3, "a boundary has one integer"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[b, 1/2] = 1", "left-hand-index", 2, 6, "a boundary has one integer"),
    ("y[b, -1] = 1; y[b, i] = y[b, i-1] + x[b, i]; y[b, -1] = 2", "assigned-twice", 1, 46, "twice at -1"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[-1] = 1", "wrong-axes", 2, 1, "has 2 axes, its boundary 1"),
    ("y[b, i] = y[b-1, i] + x[b, i]\ny[7, i] = 1", "boundary", 2, 1, "extent of `b` is not known"),
    ("y[b, i] = 2 * x[b, i]\ny[b, -1] = 1", "no-recurrence", 2, 1, "does not read itself"),
    ("y[b, i] = y[b, i-1] + x[b, i]\ny[b, i] = x[b, i]", "assigned-twice", 2, 1, "defined before"),
    ("y[b] = sum[i](x[b, i] * sum[i](x[b, i]))", "shadowed-index", 1, 29, "already bound"),
    ("y[b, i] = sum[b](x[b, i])", "shadowed-index", 1, 15, "another letter"),
    ("y[b] = sum[i, i](x[b, i])", "repeated-index", 1, 15, "twice"),
    ("y[b, b] = x[b, 0]", "repeated-index", 1, 6, "name of its own"),
    ("y[b, 0] = x[b, 0]", "left-hand-index", 1, 6, "name for each axis"),
    ("y[b, x] = x[b, x]", "shadowed-name", 1, 6, "a tensor here"),
    ("y[b, rate] = x[b, rate]", "shadowed-name", 1, 6, "a tensor here"),
    ("y[B, i] = x[B, i]", "shadowed-name", 1, 3, "constant of the language"),
    ("y[b] = sum[2](x[b, 2])", "index-name", 1, 12, "names of indices"),
    ("y[b, i] = x[b, i*i]", "not-affine", 1, 16, "integer combination"),
    ("y[b, i] = x[b, i/2]", "not-affine", 1, 16, "integer combination"),
    ("y[b, i] = x[b, 1/2]", "not-affine", 1, 16, "round down"),
    ("y[b, i] = x[b, 0.5]", "not-affine", 1, 16, "integer combination"),
    ("y[b, i] = x[b, exp(i)]", "not-affine", 1, 16, "integer combination"),
    ("y[b, i] = x[b, label[b] + 1]", "not-affine", 1, 16, "integer tensor"),
    ("y[b, i] = x[b, x[b, i]]", "real-index", 1, 16, "int32"),
    ("y[b] = x[b, 5]", "index-range", 1, 13, "extent 5"),
    ("y[b] = x[b, -1]", "index-range", 1, 13, "counted from 0"),
    ("z[b, k] = x[b, 0] * k\ny[b] = z[b, label[b]]", "index-range", 2, 13, "4 classes"),
    ("y[b, i] = x[b, i] / 0", "division-by-zero", 1, 21, "division by zero"),
    ("y[b, i] = x[b, i] * log(-1)", "not-real", 1, 11, "not a real number"),
    ("y[b, i] = 9**9**9 * x[b, i]", "number-range", 1, 11, "float64"),
    ("y[b, i] = x[b, i] // 2", "whole-division", 1, 11, "write /"),
    ("y[b, i] = d(x[b, i]**2, x[b, i])", "not-supported", 1, 11, "stands only in equations"),
    ("y[..., i] = 2 * i", "ellipsis", 1, 3, "which axes"),
    ("y[..., ...] = x[..., ...]", "ellipsis", 1, 15, "twice"),
]


def diagnose(text: str, position: Position | None = None, role: str = "forward"):
    with pytest.raises(EquationError) as caught:
        elaborate(text, SCOPE, role=role, origin=Origin(), position=position)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(("text", "code", "line", "column", "says"), SYNTAX + MEANING)
def test_error_points_at_its_place(text, code, line, column, says):
    found = diagnose(text)
    assert (found.code, found.position.line, found.position.column) == (code, line, column), str(found)
    assert says in str(found)


@pytest.mark.parametrize(("text", "code", "line", "column", "says"), SYNTAX + MEANING)
def test_place_in_a_file(text, code, line, column, says):
    found = diagnose(text, Position(20, 13, file="net.toml"))
    assert found.position.file == "net.toml"
    assert found.position.line == 19 + line
    assert found.position.column == (column + 12 if line == 1 else column)


def test_printed_error_has_a_caret_under_the_place():
    text = "y[b, k] = sum[i](W[k, i] *\n                 x[b, i, k])"
    assert str(diagnose(text, Position(4, 13, file="net.toml"))).splitlines() == [
        "net.toml:5:18: error[wrong-axes]: `x` has 2 axes, but is used with 3",
        "    5 |                  x[b, i, k])",
        "      |                  ^^^^^^^^^^",
        "   help: `x` has shape [B, 5]",
    ]


def test_loss_must_be_a_number():
    found = diagnose("L[b] = x[b, 0]", role="loss")
    assert (found.code, found.position.column) == ("loss-axes", 1)
    assert "mean[b](...)" in found.help


def test_parsing_is_exact_about_numbers():
    numbers = [equation.value.value for equation in parse("a = 1e-5; b = .25; c = 2.50; d = 12")]
    assert [(n.numerator, n.denominator) for n in numbers] == [(1, 100000), (1, 4), (5, 2), (12, 1)]
