"""What derivations cost: counts against those made by hand, and never more than the raw chain rule."""

from __future__ import annotations

from pathlib import Path

import pytest

import bpgen
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal, greater_equal, maximum, sigmoid, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.operations import operations
from bpgen.algebra.polynomial import Polynomial, product
from bpgen.algebra.system import Equation, Tensor
from bpgen.derive.traffic import bytes_read, bytes_written

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
b, i, o, j = Index("b", BATCH), Index("i", 5), Index("o", 3), Index("j", 4)


def given(name, *axes, **details):
    return Tensor(name, axes, role="input", **details)


def counted(tensor, rhs):
    return str(operations(Equation(tensor, tensor.axes, rhs)))


# ---- by hand ----


def test_a_dense_layer():
    """3 sums of 5 products and a bias for each row; what is read: x, W and c once, what is written: z."""
    x, w, c, z = given("x", b, i), given("W", o, i), given("c", o), Tensor("z", (b, o))
    equation = Equation(z, (b, o), Reduction("sum", x[b, i] * w[o, i], i) + c[o])
    assert operations(equation) == Polynomial((0, 3 * (2 * 5 + 1)))
    assert bytes_read(equation) == Polynomial((4 * (15 + 3), 4 * 5))
    assert bytes_written(equation) == Polynomial((0, 4 * 3))


def test_the_gradient_of_a_dense_layer():
    x, d, w = given("x", b, i), given("d", b, o), Tensor("d.W", (o, i))
    assert counted(w, Reduction("sum", d[b, o] * x[b, i], b)) == "30*B"


SOFTMAX = {
    "bpgen": 1,
    "name": "softmax",
    "inputs": {"x": {"shape": ["B", 5]}, "y": {"shape": ["B"], "dtype": "int32", "classes": 3}},
    "layers": [{"name": "z", "type": "linear", "units": 3}],
    "loss": {"type": "cross_entropy", "target": "y"},
}


def test_a_dense_layer_with_softmax_and_cross_entropy():
    proof = bpgen.derive(SOFTMAX)
    found = {
        cost.tensor: str(cost.operations) for cost in (*proof.cost.forward.equations, *proof.cost.backward.equations)
    }
    assert found["z"] == "33*B"
    assert found["loss.m"] == "3*B"  # the largest of 3
    assert found["loss.e"] == "6*B"  # a difference and exp, of 3
    assert found["loss.S"] == "3*B"
    assert found["loss.p"] == "3*B"
    assert found["d.z"] == "9*B"  # p - [o = y], over B: a comparison, a difference, a quotient
    assert found["d.z.weight"] == "30*B"
    assert found["d.z.bias"] == "3*B"
    assert found["d.x"] == "30*B"
    assert proof.cost.backward.operations == Polynomial((0, 9 + 30 + 3 + 30))
    assert [(saved.tensor.name, str(saved.bytes)) for saved in proof.cost.saved] == [("loss.p", "12*B")]
    assert proof.cost.recomputed == ()


def test_differences_quotients_and_powers():
    x, y, z = given("x", i), given("y", i), Tensor("z", (i,))
    assert counted(z, x[i]) == "0"
    assert counted(z, x[i] - y[i]) == "5"
    assert counted(z, -x[i]) == "5"
    assert counted(z, (x[i] - y[i]) / BATCH) == "10"
    assert counted(z, 1 / x[i]) == "5"
    assert counted(z, 2 * x[i] * y[i] / 3) == "10"
    assert counted(z, x[i] ** 2) == "5"
    assert counted(z, x[i] ** 5) == "15"
    assert counted(z, maximum(0, x[i])) == "5"


def test_a_sum_that_lacks_an_index_is_computed_once():
    x, z = given("x", b, i), Tensor("z", (b, i))
    mean = Reduction("sum", x[b, j], j)
    assert counted(z, x[b, i] - mean) == f"{5 + 4}*B"


def test_terms_outside_of_a_tensor_are_not_counted():
    """The 4 x 5 pairs of a position and a tap: what a strided convolution's gradient by its input adds up."""
    p, h, r = Index("p", 5), Index("h", 8), Index("r", 4)
    d, kernel = given("d", b, p), given("K", r)
    assert counted(Tensor("d.x", (b, h)), Reduction("sum", d[b, p] * kernel[h - p], p)) == "40*B"


def test_a_causal_sum_has_half_the_terms():
    t, s = Index("t", 4), Index("s", 4)
    a, z = given("a", t, s), Tensor("z", (t,))
    assert counted(z, Reduction("sum", a[t, s] * greater_equal(t, s), s)) == "10"
    assert counted(z, Reduction("sum", where(greater_equal(t, s), a[t, s], 0), s)) == "10"


def test_a_condition_that_no_grid_answers_leaves_all_terms():
    """Of indices, but no sum of them and of their digits; and of indices with more values than are tried."""
    t, s = Index("t", 4), Index("s", 4)
    a, z = given("a", t, s), Tensor("z", (t,))
    assert counted(z, Reduction("sum", a[t, s] * greater_equal(t, s**2), s)) == "16"
    long = (Index("t", 2000), Index("s", 2000))
    wide = given("a", *long)
    assert counted(Tensor("z", long[:1]), Reduction("sum", wide[long] * greater_equal(*long), long[1])) == "4000000"


def test_what_labels_point_to_is_added_not_compared():
    """An embedding's gradient: each of B rows adds its 5 elements to a row of 4."""
    d, token = given("d", b, i), given("token", b, dtype="int32")
    found = Tensor("d.E", (j, i))
    assert counted(found, Reduction("sum", d[b, i] * equal(j, token[b]), b)) == "5*B"


def test_a_lookup_reads_what_it_meets():
    table, token = given("E", j, i), given("token", b, dtype="int32")
    equation = Equation(Tensor("x", (b, i)), (b, i), table[token[b], i])
    assert bytes_read(equation) == Polynomial((0, 4 * (5 + 1)))


def test_elements_that_are_met_twice_are_read_once():
    x = given("x", b, i)
    equation = Equation(Tensor("z", (b, i)), (b, i), x[b, i] - Reduction("sum", x[b, j.renamed("k")], j.renamed("k")))
    assert bytes_read(equation) == Polynomial((0, 4 * 5))


# ---- laws ----


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_simplification_costs_no_operation_and_no_byte(path):
    proof = bpgen.derive(bpgen.load(path))
    cost = proof.cost
    # 1 - s with all of its digits, where the tail of a sigmoid would lose them, is work that the chain rule leaves out.
    precise = any("to keep its digits" in note for note in proof.derivation.notes)
    for batch in (1, 2, 7, 64, 4096):
        assert cost.rounded.operations.at(batch) <= cost.chain.operations.at(batch)
        assert cost.rounded.traffic.at(batch) <= cost.chain.traffic.at(batch)
    assert precise or cost.rounded == cost.backward
    assert sum(found.bytes.at(3) for found in cost.saved) == cost.saved_bytes.at(3) > 0


def test_known_terms_make_one():
    x, z = given("x", i), Tensor("z", (i,))
    assert counted(z, x[i] + i / 4 + i**2 + 1) == "5"
    assert counted(z, -x[i] - i) == "5"


def test_a_sigmoid_and_its_complement_are_computed_beside_each_other():
    proof = bpgen.derive(next(path for path in EXAMPLES if path.stem == "xor"))
    backward = {e.tensor.name: e for e in proof.equations if e.role == "backward"}
    assert not any(equation.rhs.has(sigmoid) for equation in backward.values())
    assert {"hidden", "hidden.t"} <= set(backward["d.hidden.z"].reads)
    assert proof.cost.rounded != proof.cost.backward


def test_a_root_that_both_passes_take_is_saved():
    proof = bpgen.derive(bpgen.load(next(path for path in EXAMPLES if path.stem == "transformer")))
    assert not any("norm.v" in str(found.expression) for found in proof.cost.recomputed)
    assert any(found.tensor.name == "norm.r" for found in proof.cost.saved)


def test_a_random_number_that_both_passes_draw_is_recomputed():
    proof = bpgen.derive(bpgen.load(next(path for path in EXAMPLES if path.stem == "batchnorm_cnn")))
    numbers = {equation.number: equation for equation in proof.equations}
    (found,) = proof.cost.recomputed
    assert numbers[found.number].role == "forward"
    assert {numbers[number].role for number in found.again} == {"backward"}
    assert found.expression in set(numbers[found.number].rhs.atoms(type(found.expression)))


# ---- polynomials ----


def test_polynomials_add_multiply_and_print():
    one, several = Polynomial.of("B"), product((2, "B", "B")) + Polynomial((7,))
    assert str(one * several + one) == "2*B**3 + 8*B"
    assert (one * several).at(3) == 3 * (2 * 9 + 7)
    assert several.degree == 2 and Polynomial().degree == -1
    assert str(Polynomial()) == "0" and one * Polynomial() == Polynomial()
    assert several + Polynomial((0, 0, -2)) == Polynomial((7,))


def test_terms_of_a_softmax_that_are_masked_are_not_counted():
    """With the condition in its sums, or without, where the softmax is 0 by its definition."""
    layer = {"name": "a", "type": "attention", "causal": True}
    model = {"bpgen": 1, "name": "n", "inputs": {"x": {"shape": ["B", 4, 2]}, "t": {"shape": ["B", 4, 2]}},
             "layers": [layer], "loss": {"type": "mse", "target": "t"}}  # fmt: skip
    causal, full = (bpgen.derive(bpgen.load(model | {"layers": [layer | {"causal": c}]})).cost for c in (True, False))
    for masked, whole in ((causal.chain, full.chain), (causal.backward, full.backward)):
        assert masked.operations.at(2) < whole.operations.at(2)
    assert causal.backward.operations.at(2) <= causal.chain.operations.at(2)
