import sympy
from lowering_systems import b, i, j, o, perceptron, system, tensor, trained, two_layers

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index
from bpgen.lower.classify import classify
from bpgen.lower.lower import lower
from bpgen.lower.scalars import convert


def program(schedule, name):
    return next(p for p in schedule.programs if p.name == name)


def kernels(schedule, name):
    table = {kernel.name: kernel for kernel in schedule.kernels}
    return [table[call.kernel] for call in program(schedule, name).calls]


def written(kernel):
    return [formal.name for formal in kernel.formals if formal.written]


def contraction(rhs, result, *given):
    made = system((result, rhs), given=given)
    return classify(convert(made.equations[0], made.tensors)).contraction


def test_matrix_product_in_general_position():
    h = Index("h", 2)
    left, right = tensor("q", b, h, i), tensor("k", b, h, i)
    q, k = tensor("q", b, h, i, o), tensor("k", b, h, o, j)
    found = contraction(Reduction("sum", q[b, h, i, o] * k[b, h, o, j], o), tensor("s", b, h, i, j), q, k)
    assert found.batch == ("b", "h") and {found.m, found.n} == {("i",), ("j",)} and len(found.k) == 1
    elementwise = contraction(left[b, h, i] * right[b, h, i], tensor("s", b, h, i), left, right)
    assert elementwise is None


def test_factors_and_bias_stand_around_a_product():
    x, w, c = tensor("x", b, i), tensor("w", o, i), tensor("c", o)
    rhs = 2 * Reduction("sum", x[b, i] * w[o, i], i) / 3 + c[o]
    assert contraction(rhs, tensor("z", b, o), x, w, c) is not None


def test_what_is_no_product():
    x, w = tensor("x", b, i), tensor("w", o, i)
    z = tensor("z", b, o)
    assert contraction(Reduction("sum", (x[b, i] - w[o, i]) ** 2, i), z, x, w) is None
    assert contraction(Reduction("max", x[b, i] * w[o, i], i), z, x, w) is None
    square = tensor("a", b, i)
    assert contraction(Reduction("sum", square[b, i] ** 2, i), tensor("n", b), square) is None


def test_a_value_that_one_kernel_needs_is_never_stored():
    schedule = lower(two_layers(("h",)))
    (only,) = kernels(schedule, "forward")
    assert only.kind == "contraction" and written(only) == ["h"]
    assert [s.target for s in only.statements if s.local] == ["z"]


def test_a_value_that_is_asked_for_is_stored():
    (only,) = kernels(lower(two_layers(("z", "q"))), "forward")
    assert written(only) == ["z", "q"]


def test_dead_code_leaves():
    (only,) = kernels(lower(two_layers(("z",))), "forward")
    assert [number for number, _ in only.equations] == [1]


def test_backward_keeps_what_it_reads():
    schedule = lower(trained(perceptron((3, 4, 2))))
    (first, _) = kernels(schedule, "forward")
    assert written(first) == ["fc1"]  # z is not stored; relu's derivative is read from its result
    step = kernels(schedule, "step")
    assert not any("z" in written(kernel) for kernel in step)


def test_rows_of_a_softmax_are_one_kernel():
    z = tensor("z", b, i, role="input")
    m, e, s, p = tensor("m", b), tensor("e", b, i), tensor("s", b, positive=True), tensor("p", b, i)
    made = system(
        (m, Reduction("max", z[b, i], i)),
        (e, sympy.exp(z[b, i] - m[b])),
        (s, Reduction("sum", e[b, i], i)),
        (p, e[b, i] / s[b]),
        given=(z,), outputs=("p",),
    )  # fmt: skip
    (only,) = kernels(lower(made), "forward")
    assert [loop.name for loop in only.loops] == ["b"]
    assert {s.target for s in only.statements if s.local} >= {"m", "s"}
    assert len([s for s in only.statements if s.target == "scale"]) == 1  # 1/s, once a row


def test_a_gather_within_the_row_reads_what_is_stored():
    z = tensor("z", b, i, role="input")
    label = tensor("label", b, role="input", dtype="int32", classes=3)
    y, loss = tensor("y", b, i), tensor("picked", b)
    made = system((y, z[b, i] ** 2), (loss, y[b, label[b]]), given=(z, label), outputs=("picked",))
    (only,) = kernels(lower(made), "forward")
    assert "y" in written(only)  # read elsewhere than where it is written: it needs its array


def test_transposed_reading_is_a_kernel_of_its_own():
    x = tensor("x", i, j, role="input")
    y, z = tensor("y", i, j), tensor("z", i, j)
    made = system((y, x[i, j] + 1), (z, y[j, i]), given=(x,), outputs=("z",))
    assert len(kernels(lower(made), "forward")) == 2


def test_invariants_leave_the_loops_and_repetitions_are_kept():
    x = tensor("x", b, i, role="input")
    y, z = tensor("y", b, i), tensor("z", b, i)
    made = system(
        (y, sympy.exp(-x[b, i] ** 2) + equal(x[b, i], 0)), (z, sympy.exp(-x[b, i] ** 2) * y[b, i]), given=(x,),
        outputs=("y", "z"),
    )  # fmt: skip
    (only,) = kernels(lower(made), "forward")
    assert [s.target for s in only.statements if s.local] == ["shared"]


def test_three_factors_are_taken_apart_into_a_product():
    n = Index("k", 20)
    p, q = Index("i", 20), Index("j", 20)
    x, w = tensor("x", b, p, role="input"), tensor("w", n, p, q, role="parameter")
    y = tensor("y", b, n)
    rhs = Reduction("sum", x[b, p] * w[n, p, q] * x[b, q], p, q)
    made = system((y, rhs), given=(x, w), outputs=("y",))
    assert [k.kind for k in kernels(lower(made), "forward")].count("contraction") >= 1
