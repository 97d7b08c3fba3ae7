"""Conditions under sums: factors masked once, sums that share a tensor put back together, and what stays apart."""

from __future__ import annotations

from lowering_systems import b, system, tensor
from sympy import Rational
from test_lower_accesses import prepared

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import greater_equal, where
from bpgen.algebra.index import Index
from bpgen.lower.lower import lower
from bpgen.lower.rewrite import loads
from bpgen.lower.scalar import Operation, Reduce

T, W = 24, 20
i, j, f, g = Index("i", T), Index("j", T), Index("f", W), Index("g", 2 * W)


def test_a_mask_leaves_a_matrix_product():
    """The masked factor is computed once, as it lies; the constant leaves the sum."""
    p = tensor("p", b, i, j, role="input")
    u = tensor("u", b, j, f, role="input")
    body = where(greater_equal(i, j), Rational(1, 4), 0) * p[b, i, j] * u[b, j, f]
    (masked, product), buffers = prepared(Reduction("sum", body, j), (b, i, f), p, u)
    assert masked.target == "p.masked" and buffers["p.masked"].shape == ("B", T, T)
    assert isinstance(masked.value, Operation) and masked.value.op == "select"
    assert product.contraction is not None
    assert {load.buffer for load in loads(product.value)} == {"p.masked", "u"}
    assert isinstance(product.value, Operation) and product.value.op == "multiply"


def test_what_a_mask_may_hide_on_both_sides_is_masked_on_both():
    """s may be infinite where it is masked, and 0 * inf is no 0."""
    p = tensor("p", b, i, j, role="input")
    s = tensor("s", i, j, f, role="input")
    body = where(greater_equal(i, j), p[b, i, j] * s[i, j, f], 0)
    statements, _ = prepared(Reduction("sum", body, j), (b, i, f), p, s)
    assert [statement.target for statement in statements] == ["p.masked", "s.masked", "y"]
    assert statements[-1].contraction is not None


def halves(term):
    """d[b, i, g] = a sum for g < W, and r[b, i, g], a sum for g >= W, put into `term`."""
    p = tensor("p", b, i, j, role="input")
    u = tensor("u", b, j, f, role="input")
    first = Reduction("sum", p[b, i, j] * where(greater_equal(W - 1, g), u[b, j, g], 0), j)
    last = Reduction("sum", p[b, j, i] * where(greater_equal(g, W), u[b, j, g - W], 0), j)
    r, d = tensor("r", b, i, g), tensor("d", b, i, g)
    return lower(system((r, last), (d, term(first, r[b, i, g])), given=(p, u), outputs=("d",)))


def test_sums_that_no_element_has_both_of_are_joined():
    schedule = halves(lambda first, r: first + r / 2)
    assert "r" not in {buffer.name for buffer in schedule.buffers}
    assert [kernel.kind for kernel in schedule.kernels] == ["contraction", "contraction"]


def test_a_sum_that_elements_share_is_not_repeated():
    """d[b, i, f] = a[b, i, f] + m[b, i]: m is summed once for each b, i."""
    a, m, d = tensor("a", b, i, f, role="input"), tensor("m", b, i), tensor("d", b, i, f)
    total = Reduction("sum", a[b, i, f], f)
    here = where(greater_equal(f, 4), m[b, i], 0) + a[b, i, f]
    schedule = lower(system((m, total), (d, here), given=(a,), outputs=("d",)))
    found = [s for kernel in schedule.kernels for s in kernel.statements if isinstance(s.value, Reduce)]
    assert found and not any({"f", "j"} & {loop.name for loop in s.loops} for s in found)
