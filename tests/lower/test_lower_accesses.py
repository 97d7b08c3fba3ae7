"""What affine and bracketed accesses become: padded copies, cases by residue, scatters; and nothing outside."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from lowering_systems import b, system, tensor

from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal, greater, greater_equal, where
from bpgen.algebra.index import Index
from bpgen.lower.buffers import lay_out
from bpgen.lower.lower import lower
from bpgen.lower.prepare import Preparation
from bpgen.lower.rewrite import loads, reduction
from bpgen.lower.scalar import Affine, Constant, IndexValue, Indirect, Load, Operation, walk
from bpgen.lower.simplify import is_zero
from bpgen.lower.verify_ranges import verify_ranges

C, H, K = 3, 16, 4
c, k = Index("c", C), Index("k", K)


def prepared(rhs, axes, *given):
    """The statements of one equation y[axes] = rhs, and the buffers that they use."""
    made = system((tensor("y", *axes), rhs), given=given, outputs=("y",))
    preparation = Preparation(dict(made.tensors), lay_out(made))
    statements = preparation.statements(made.equations[0], preparation.converted(made.equations[0]))
    return statements, preparation.buffers


def conditions(statement):
    """Conditions on more than one loop variable."""
    found = (n for n in walk(statement.value) if isinstance(n, Operation) and n.dtype == "bool")
    return [n for n in found if len({t for p in walk(n) if isinstance(p, IndexValue) for t, _ in p.index.terms}) > 1]


def convolution(extent, kernel, stride, padding):
    size = (extent + 2 * padding - kernel) // stride + 1
    p, r = Index("p", size), Index("r", kernel)
    x = tensor("x", b, c, Index("h", extent), role="input")
    w = tensor("W", k, c, Index("r", kernel), role="parameter")
    return Reduction("sum", x[b, c, stride * p + r - padding] * w[k, c, r], c, r), (b, k, p), x, w


@pytest.mark.parametrize(("stride", "padding", "first", "last"), [(1, 1, -1, 16), (2, 1, -1, 15), (3, 2, -2, 15)])
def test_a_convolution_reads_a_padded_copy(stride, padding, first, last):
    (copy, product), buffers = prepared(*convolution(H, 3, stride, padding))
    assert copy.target == "x.padded" and buffers["x.padded"].shape == ("B", C, last - first + 1)
    assert product.contraction is not None and not conditions(product)
    assert set(product.contraction.k) == {"c", "r"}


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_without_padding_there_is_no_copy(stride):
    (product,), _ = prepared(*convolution(H, 3, stride, 0))
    assert product.contraction is not None and {load.buffer for load in loads(product.value)} == {"x", "W"}


@pytest.mark.parametrize(("op", "border"), [("max", -inf), ("sum", 0), ("prod", 1)])
def test_the_border_is_the_identity(op, border):
    p, r = Index("p", 8), Index("r", 3)
    x = tensor("x", b, Index("h", H), role="input")
    place = 2 * p + r - 1
    inside = greater_equal(place, 0) * greater(H, place)
    body = x[b, place] if op == "sum" else where(inside, x[b, place], -inf if op == "max" else 1)
    (copy, window), _ = prepared(Reduction(op, body, r), (b, p), x)
    assert not conditions(window)
    assert {n.value for n in walk(copy.value) if isinstance(n, Constant) and n.dtype == "real"} == {border}


def adjoint(extent, kernel, stride, padding):
    """The adjoint of a convolution by its input, as derived."""
    size = (extent + 2 * padding - kernel) // stride + 1
    h, p = Index("h", extent), Index("p", size)
    dy = tensor("dy", b, k, Index("p", size), role="input")
    w = tensor("W", k, c, Index("r", kernel), role="parameter")
    return Reduction("sum", dy[b, k, p] * w[k, c, h + padding - stride * p], k, p), (b, c, h), dy, w


@pytest.mark.parametrize(("stride", "kernel", "cases"), [(1, 3, 1), (2, 3, 2), (3, 3, 3), (3, 2, 3), (4, 4, 2)])
def test_an_adjoint_has_one_case_for_each_kind_of_residue(stride, kernel, cases):
    """With the padding 1, residues that read equally many terms at one distance are one case."""
    statements, buffers = prepared(*adjoint(H, kernel, stride, 1))
    writing = [s for s in statements if buffers[s.target].name == "y"]
    assert len(writing) == cases and len(statements) - cases <= 1
    for statement in writing:
        found = reduction(statement.value)
        assert not conditions(statement)
        if found is not None:
            assert statement.contraction is not None
            assert all(loop.extent <= -(-kernel // stride) for loop in found.loops if loop.name != "k")
    assert sorted(place for s in writing for place in _places(s, 2)) == list(range(H))


def _places(statement, axis):
    found = [0]
    for loop in statement.loops:
        coefficient = dict(statement.indices[axis].terms).get(loop.name, 0)
        if coefficient:
            found = [place + coefficient * n for place in found for n in range(loop.extent)]
    return [place + statement.indices[axis].constant for place in found]


def test_what_would_not_be_narrower_is_left():
    """The gradient of the kernel sums over all positions, wherever it is computed."""
    p, r = Index("p", 8), Index("r", 3)
    x = tensor("x", b, c, Index("h", H), role="input")
    dy = tensor("dy", b, k, Index("p", 8), role="input")
    rhs = Reduction("sum", dy[b, k, p] * x[b, c, 2 * p + r - 1], b, p)
    statements, _ = prepared(rhs, (k, c, r), x, dy)
    assert [s.target for s in statements] == ["x.padded", "y"] and statements[1].contraction.k == ("b", "p")


def test_an_embedding_is_added_up_where_it_was_read():
    v, t, d = Index("v", 7), Index("t", 5), Index("d", 4)
    token = tensor("token", b, t, role="input", dtype="int32", classes=7)
    g = tensor("g", b, t, d, role="input")
    (zero, add), buffers = prepared(Reduction("sum", g[b, t, d] * equal(v, token[b, t]), b, t), (v, d), token, g)
    assert buffers[zero.target].name == "y" and zero.value == Constant("real", 0) and add.follows == zero.target
    assert add.accumulate and isinstance(add.indices[0], Indirect) and [lo.name for lo in add.loops] == ["d", "b", "t"]
    assert isinstance(add.value, Load)


def test_a_scatter_outside_of_its_target_is_made_in_a_wider_one():
    h, p, r = Index("h", 11), Index("p", 5), Index("r", 3)
    dy = tensor("dy", b, k, p, role="input")
    w = tensor("W", k, c, r, role="parameter")
    rhs = Reduction("sum", dy[b, k, p] * w[k, c, r] * equal(h, 2 * p + 3 * r - 2), k, p, r)
    (part, zero, add, crop), buffers = prepared(rhs, (b, c, h), dy, w)
    assert part.contraction is not None and part.contraction.k == ("k",)
    assert buffers[zero.target].shape == buffers[add.target].shape == ("B", C, 15)  # -2 ... 12
    assert add.accumulate and isinstance(add.indices[2], Affine) and add.indices[2].constant == 0
    assert isinstance(crop.value, Load) and crop.value.indices[2].constant == 2


@pytest.mark.parametrize("where_", ["load", "store"])
def test_an_access_outside_stops_the_compiler(where_):
    (kernel,) = lower(_shifted()).kernels
    verify_ranges(kernel)
    (statement,) = kernel.statements
    if where_ == "load":
        load = replace(
            statement.value, indices=(statement.value.indices[0], Affine(statement.value.indices[1].terms, 3))
        )
        broken = replace(statement, value=load)
    else:
        broken = replace(statement, indices=(statement.indices[0], Affine(statement.indices[1].terms, -1)))
    with pytest.raises(InternalError, match=r"may leave axis 2 of \w+, which has extent"):
        verify_ranges(replace(kernel, statements=(broken,)))


def _shifted():
    i = Index("i", 5)
    x = tensor("x", b, Index("h", 7), role="input")
    return system((tensor("y", b, i), x[b, i + 2]), given=(x,), outputs=("y",))


@pytest.mark.parametrize("width", [2, 16, 5])
def test_sums_of_another_range_are_statements_of_their_own(width):
    """u is read in two parts; the adjoint of either is a matrix product over just its own."""
    f, j = Index("f", 2 * width), Index("j", 40)
    dv = tensor("dv", b, j, Index("d", width), role="input")
    w = tensor("W", k, j, Index("d", width), role="parameter")
    statements, buffers = prepared(Reduction("sum", dv[b, j, f - width] * w[k, j, f - width], j), (b, k, f), dv, w)
    assert len(statements) == 2 and {buffers[s.target].name for s in statements} == {"y"}
    (zeros, product) = sorted(statements, key=lambda s: s.contraction is not None)
    assert product.contraction is not None and {load.buffer for load in loads(product.value)} == {"dv", "W"}
    assert is_zero(zeros.value) and _places(zeros, 2) == list(range(width))
    assert _places(product, 2) == list(range(width, 2 * width))
