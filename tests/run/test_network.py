"""Calls, views, checks of arrays: what a caller sees of a network."""

from __future__ import annotations

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest

from bpgen.algebra.errors import ArrayError
from bpgen.lower.interface import Input
from bpgen.run.arrays import InputCheck, check_fact
from bpgen.run.backend_numpy import quietly
from bpgen.run.network import open_network
from bpgen.run.steps import MOMENT, Pace

TARGETS = ("c", "numpy")


def data(rows: int, inputs: int = 3, classes: int = 4, dtype: str = "float64", seed: int = 0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, inputs)).astype(dtype), generator.integers(0, classes, rows, dtype=np.int32)


@pytest.fixture(params=TARGETS)
def net(request, toy):
    return open_network(toy(target=request.param))


def reference_loss(net, x, label):
    z = x @ net.parameters["fc.weight"].T + net.parameters["fc.bias"]
    return float(np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(x)), label]))


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_forward_and_loss(net, rows):
    x, label = data(rows)
    expected = x @ net.parameters["fc.weight"].T + net.parameters["fc.bias"]
    np.testing.assert_allclose(net.forward(x=x), expected, rtol=1e-12)
    assert net.loss(x=x, label=label) == pytest.approx(reference_loss(net, x, label), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 5])
def test_gradients_by_parameters_and_inputs(net, rows):
    x, label = data(rows)
    loss, found = net.gradients(x=x, label=label, wrt=["x", "fc.bias"])
    assert set(found) == {"x", "fc.bias"}
    step = 1e-6
    for position in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[position] += step
        down[position] -= step
        slope = (net.loss(x=up, label=label) - net.loss(x=down, label=label)) / (2 * step)
        assert found["x"][position] == pytest.approx(slope, abs=1e-8)
    everything = net.gradients(x=x, label=label)[1]
    assert list(everything) == list(net.parameters)
    np.testing.assert_array_equal(everything["fc.bias"], found["fc.bias"])
    assert loss == net.loss(x=x, label=label)


def test_results_are_fresh_arrays(net):
    x, label = data(3)
    first = net.forward(x=x)
    copy = first.copy()
    net.forward(x=2 * x)
    np.testing.assert_array_equal(first, copy)
    gradient = net.gradients(x=x, label=label)[1]["fc.weight"]
    copy = gradient.copy()
    net.gradients(x=2 * x, label=label)
    np.testing.assert_array_equal(gradient, copy)


def test_parameters_are_views(net):
    x, _ = data(2)
    weight = net.parameters["fc.weight"]
    weight[:] = 0
    net.parameters["fc.bias"] = np.arange(4.0)
    np.testing.assert_array_equal(net.forward(x=x), [np.arange(4.0)] * 2)
    assert net.parameters["fc.weight"] is weight


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("fc.bias", np.zeros(5), r"fc\.bias: expected shape \[4\], got \[5\]"),
        ("fc.bias", np.array(["a"] * 4), "expected dtype float64"),
        ("fc.bias", [0.0] * 4, "expected an array, got list"),
        ("fc.bia", np.zeros(4), r"no parameter 'fc\.bia'; there are: fc\.weight, fc\.bias"),
    ],
)
def test_assigning_a_parameter_that_does_not_fit(net, name, value, message):
    with pytest.raises(ArrayError, match=message):
        net.parameters[name] = value


def test_float64_values_that_float32_cannot_hold(toy):
    net = open_network(toy(dtype="float32", target="numpy"))
    net.parameters["fc.bias"] = np.array([0.5, 1, 2, 3])
    with pytest.raises(ArrayError, match=r"astype\(np\.float32\)"):
        net.parameters["fc.bias"] = np.array([0.1, 1, 2, 3])


def test_init_is_deterministic_and_within_bounds(net):
    net.init(seed=3)
    first = net.state_dict()
    net.init(seed=4)
    assert not np.array_equal(net.parameters["fc.weight"], first["fc.weight"])
    net.init(seed=3)
    for name, array in first.items():
        np.testing.assert_array_equal(net.parameters[name], array)
        assert np.abs(array).max() <= 3**-0.5


def test_state_dict_takes_torch_tensors(net):
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(3, 4).double()
    net.load_state_dict({f"fc.{name}": tensor for name, tensor in layer.state_dict().items()})
    x, _ = data(2)
    np.testing.assert_allclose(net.forward(x=x), layer(torch.from_numpy(x)).detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(net.forward(x=torch.from_numpy(x)), net.forward(x=x))


def test_state_dict_names_what_is_missing_and_what_is_not_expected(net):
    before = net.state_dict()
    with pytest.raises(ArrayError, match=r"missing: fc\.bias; unexpected: fc\.b"):
        net.load_state_dict({"fc.weight": np.zeros((4, 3)), "fc.b": np.zeros(4)})
    with pytest.raises(ArrayError, match="expected shape"):
        net.load_state_dict({"fc.weight": np.zeros((4, 3)), "fc.bias": np.zeros(3)})
    np.testing.assert_array_equal(net.parameters["fc.weight"], before["fc.weight"])


def test_both_targets_train_alike(toy):
    c, numpy = (open_network(toy(target=target)) for target in TARGETS)
    x, label = data(6)
    losses = [[net.step(x=x, label=label) for _ in range(30)] for net in (c, numpy)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-12)
    assert losses[0][-1] < losses[0][0]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int64, np.uint64])
def test_labels_of_any_integer_dtype(net, dtype):
    x, label = data(5)
    assert net.loss(x=x, label=label.astype(dtype)) == net.loss(x=x, label=label)


WRONG = [
    ({"x": np.zeros((2, 3))}, "missing: label"),
    ({"x": np.zeros((2, 3)), "label": np.zeros(2, int), "z": 1}, r"no input z \(inputs of toy: x, label\)"),
    ({"x": np.zeros((2, 3)), "label": np.array([0, 4])}, r"label: expected values 0 \.\.\. 3, got 4 at position \[1\]"),
    ({"x": np.zeros((2, 3)), "label": np.array([-1, 9])}, r"got -1 at position \[0\]"),
    ({"x": np.zeros((2, 3)), "label": np.array([0, 2**40])}, "got 1099511627776 at"),
    ({"x": np.zeros((2, 3)), "label": np.array([0.0, 1.0])}, "label: expected integers, got float64"),
    ({"x": np.zeros((2, 4)), "label": np.zeros(2, int)}, r"x: expected 3 at axis 1 of \[B, 3\], got 4"),
    ({"x": np.zeros(3), "label": np.zeros(1, int)}, r"x: expected 2 axes \[B, 3\], got 1 axes \[3\]"),
    ({"x": np.zeros((2, 3)), "label": np.zeros(3, int)}, "label: expected 2 rows like the other inputs, got 3"),
    ({"x": np.zeros((0, 3)), "label": np.zeros(0, int)}, "at least one row"),
    ({"x": [[0, 0, 0]], "label": np.zeros(1, int)}, "x: expected an array, got list"),
    ({"x": np.array([[0, np.nan, 0], [np.inf, 0, 0]]), "label": np.zeros(2, int)}, r"got nan at position \[0, 1\]"),
    ({"x": np.array([[0, 1, 0], [-np.inf, 0, 0]]), "label": np.zeros(2, int)}, r"got -inf at position \[1, 0\]"),
    ({"x": np.array([["a", "b", "c"]]), "label": np.zeros(1, int)}, "expected dtype float64"),
    ({"x": np.zeros((2, 3), complex), "label": np.zeros(2, int)}, "expected dtype float64, got complex128"),
    ({"x": np.zeros((2, 3), np.int64), "label": np.zeros(2, int)}, "expected dtype float64, got int64"),
]  # fmt: skip


@pytest.mark.parametrize(("arrays", "message"), WRONG)
@pytest.mark.parametrize("call", ["loss", "step", "gradients", "bind"])
def test_arrays_that_do_not_fit(net, arrays, message, call):
    if call == "bind" and "missing" in message:
        pytest.skip("bind holds what it is given")
    before = net.state_dict()
    with pytest.raises(ArrayError, match=message):
        getattr(net, call)(**arrays)
    np.testing.assert_array_equal(net.parameters["fc.weight"], before["fc.weight"])


def test_float64_into_float32_is_refused(toy):
    net = open_network(toy(dtype="float32", target="numpy"))
    x, label = data(2)
    with pytest.raises(ArrayError, match=r"x: expected dtype float32, got float64.*x\.astype\(np\.float32\)"):
        net.step(x=x, label=label)


def test_conversions_without_loss(net):
    x, label = data(4, dtype="float32")
    wide = net.loss(x=x.astype(np.float64), label=label)
    assert net.loss(x=x, label=label) == wide
    assert net.loss(x=np.asfortranarray(x), label=label) == wide
    assert net.loss(x=np.repeat(x, 2, axis=1)[:, ::2], label=np.repeat(label, 3)[::3]) == wide
    assert net.loss(x=x.astype(">f8"), label=label.astype(">i8")) == wide
    raw = np.zeros(x.size * 8 + 1, np.uint8)
    shifted = raw[1:].view(np.float64).reshape(x.shape)
    shifted[...] = x
    assert net.loss(x=shifted, label=label) == wide


def test_huge_finite_numbers_are_finite(toy):
    check = InputCheck(Input("x", ("B", 2), "real"), "float32")
    check.check(np.full((3, 2), 1e30, np.float32), 0)  # its squares overflow
    with pytest.raises(ArrayError):
        check.check(np.full((3, 2), np.inf, np.float32), 0)


@pytest.mark.parametrize("size", [1, 3])
def test_shapes_with_equal_sizes_and_no_batch(size):
    check = InputCheck(Input("a", (size, size), "real"), "float64")
    assert check.check(np.zeros((size, size)), 0)[1] == 0
    with pytest.raises(ArrayError, match=f"expected {size} at axis 1"):
        check.check(np.zeros((size, size + 1)), 0)


def test_facts():
    rows = np.array([[0.25, 0.75], [0.5, 0.5]])
    check_fact("y", rows, "sums_to_one", (1,))
    check_fact("y", np.eye(2), "one_hot", (1,))
    check_fact("y", np.eye(3), "symmetric", (0, 1))
    wrong = [
        (rows + 0.1, "sums_to_one", (1,), r"sum is 1\.2 at position \[0\]"),
        (rows, "one_hot", (1,), r"is 0\.25 at position \[0, 0\]"),
        (rows, "mask", (), "0 or 1"),
        (rows - 0.25, "positive", (), r"is 0\.0 at position \[0, 0\]"),
        (rows, "symmetric", (0, 1), r"position \[0, 1\]"),
    ]
    for array, kind, axes, message in wrong:
        with pytest.raises(ArrayError, match=message):
            check_fact("y", array, kind, axes)


def test_facts_are_checked_at_a_call(toy):
    source = toy(target="numpy")
    x, label = source.interface.inputs
    declared = replace(x, facts=(("sums_to_one", (1,)),))
    net = open_network(replace(source, interface=replace(source.interface, inputs=(declared, label))))
    net.forward(x=np.full((2, 3), 1 / 3))
    with pytest.raises(ArrayError, match="sum to one"):
        net.forward(x=np.ones((2, 3)))


def test_cannot_differentiate_by(net):
    x, label = data(2)
    with pytest.raises(ArrayError, match="'label': it is an integer input"):
        net.gradients(x=x, label=label, wrt=["label"])
    with pytest.raises(ArrayError, match="'q': it is neither"):
        net.gradients(x=x, label=label, wrt=["q"])


def test_entries_that_are_not_there(toy):
    source = toy(target="numpy")
    bare = replace(source.interface, entries=source.interface.entries[:1])
    net = open_network(replace(source, interface=bare))
    x, label = data(2)
    for call, message in (("step", "has no optimizer"), ("loss", "has no loss"), ("gradients", "no gradients")):
        with pytest.raises(ArrayError, match=message):
            getattr(net, call)(x=x, label=label)
    with pytest.raises(ArrayError, match="has no optimizer"):
        net.bind(x=x, label=label).step()


def test_memory_grows_with_demand_and_not_beyond_batch(net, toy):
    for rows in (1, 9, 3, 20):
        x, label = data(rows)
        assert net.loss(x=x, label=label) == pytest.approx(reference_loss(net, x, label), rel=1e-12)
    fixed = open_network(toy(target=net.target), batch=4)
    fixed.forward(x=np.zeros((4, 3)))
    with pytest.raises(ArrayError, match=r"at most 4 rows \(built with batch=4\), got 5"):
        fixed.forward(x=np.zeros((5, 3)))


def test_settings(net):
    assert net.settings["lr"] == net.settings["optimizer.lr"] == 0.1
    x, label = data(3)
    before = net.state_dict()
    net.settings["lr"] = 0
    net.step(x=x, label=label)
    np.testing.assert_array_equal(net.parameters["fc.weight"], before["fc.weight"])
    with pytest.raises(ArrayError, match="no setting 'lrr'; there are: lr"):
        net.settings["lrr"] = 1
    with pytest.raises(ArrayError, match="finite"):
        net.settings["lr"] = float("nan")
    assert dict(net.settings) == {"lr": 0.0}


def test_bound_follows_its_arrays_and_the_network(net):
    x, label = data(4)
    bound = net.bind(x=x, label=label)
    assert bound.loss() == net.loss(x=x, label=label)
    x[:] = 0
    assert bound.loss() == net.loss(x=x, label=label)
    net.forward(x=np.zeros((50, 3)))  # the arena moves
    np.testing.assert_array_equal(bound.forward(), net.forward(x=x))
    loss, slopes = bound.input_gradients()
    expected_loss, expected = net.gradients(x=x, label=label, wrt=["x"])
    assert loss == expected_loss
    np.testing.assert_array_equal(slopes["x"], expected["x"])
    loss, slopes = bound.gradients()
    np.testing.assert_array_equal(slopes["fc.bias"], net.gradients(x=x, label=label)[1]["fc.bias"])
    twin = net.state_dict()
    first = bound.step()
    net.load_state_dict(twin)
    net.reset_optimizer()
    assert net.step(x=x, label=label) == first


def test_calls_overflow_in_silence_and_leave_numpy_its_settings(net):
    x, label = np.full((2, 3), 1e200), np.zeros(2, np.int32)
    net.parameters["fc.weight"] = np.full((4, 3), 1e200)
    before = np.geterr()
    with np.errstate(all="raise"):
        bound = net.bind(x=x, label=label)
        for step in (bound.step, lambda: net.step(x=x, label=label), lambda: net.steps({"x": x, "label": label}, 1)[0]):
            assert not np.isfinite(step())
        assert set(np.geterr().values()) == {"raise"}
    assert np.geterr() == before


def test_bound_keeps_its_arrays_alive(net):
    bound = net.bind(x=np.ones((3, 3)), label=np.zeros(3, np.int32))
    expected = bound.loss()
    step, loss = bound.step, bound.loss
    del bound
    gc.collect()
    rubbish = [np.full((3, 3), 7.0) for _ in range(50)]
    assert loss() == expected == step()
    assert rubbish


def test_bind_refuses_what_it_would_have_to_copy(net):
    x, label = data(4)
    for arrays, message in (
        ({"x": x.astype(np.float32), "label": label}, "must have dtype float64"),
        ({"x": np.asfortranarray(x), "label": label}, "must be contiguous"),
        ({"x": x, "label": label.astype(np.int64)}, "must have dtype int32"),
    ):
        with pytest.raises(ArrayError, match=message):
            net.bind(**arrays)


def test_bound_to_some_inputs(net):
    x, _label = data(2)
    bound = net.bind(x=x)
    np.testing.assert_array_equal(bound.forward(), net.forward(x=x))
    with pytest.raises(ArrayError, match="label was not bound"):
        bound.step()


def test_steps_are_steps(net):
    x, label = data(10)
    initial = net.state_dict()
    for k, first, batch_size in ((None, 0, 4), (11, 0, 4), (7, 2, 4), (5, 1, 5), (4, 0, 64), (0, 0, 4), (9, 3, 1)):
        net.load_state_dict(initial)
        net.reset_optimizer()
        losses = net.steps({"x": x, "label": label}, k, batch_size=batch_size, first=first)
        left = net.state_dict()
        net.load_state_dict(initial)
        net.reset_optimizer()
        starts = list(range(0, 10, batch_size))
        rows = [starts[(first + n) % len(starts)] for n in range(len(starts) if k is None else k)]
        expected = [net.step(x=x[i : i + batch_size], label=label[i : i + batch_size]) for i in rows]
        np.testing.assert_array_equal(losses, expected)
        for name, value in net.state_dict().items():
            np.testing.assert_array_equal(left[name], value)


def test_steps_go_on_where_the_loss_is_no_number(net):
    x, label = data(6)
    net.parameters["fc.weight"][0, 0] = np.inf
    with np.errstate(all="ignore"):
        losses = net.steps({"x": x, "label": label}, 5, batch_size=2)
    assert len(losses) == 5 and not np.isfinite(losses).any()


def test_steps_say_what_they_expect(net):
    x, label = data(6)
    for options in ({"k": -1}, {"k": 2.5}, {"batch_size": 0}, {"first": -1}, {"k": True}):
        name = next(iter(options))
        with pytest.raises(ArrayError, match=f"steps: {name}: expected a whole number"):
            net.steps({"x": x, "label": label}, **options)
    with pytest.raises(ArrayError, match="missing: label"):
        net.steps({"x": x})


def test_calls_of_many_steps_stay_short():
    pace, counts = Pace(), []
    for _ in range(20):
        counts.append(pace.count)
        pace.took(pace.count, pace.count * 1e-6)
    assert counts[0] == 1 and counts[-1] * 1e-6 == pytest.approx(MOMENT, rel=0.01)
    pace.took(pace.count, 100.0)  # a slow machine all of a sudden
    assert pace.count == pytest.approx(counts[-1] * MOMENT / 100, abs=1)


def test_an_input_may_have_any_name(toy):
    """A mapping in place of keywords: an input may be called wrt, or self."""
    source = toy(target="numpy")
    x, label = source.interface.inputs
    entries = tuple(
        replace(e, inputs=tuple({"x": "wrt"}.get(n, n) for n in e.inputs)) for e in source.interface.entries
    )
    renamed = replace(source.interface, inputs=(replace(x, name="wrt"), label), entries=entries)
    net = open_network(replace(source, interface=renamed))
    arrays, labels = data(2)
    loss, _ = net.gradients({"wrt": arrays, "label": labels}, wrt=["fc.bias"])
    assert loss == pytest.approx(reference_loss(net, arrays, labels))


def test_a_bound_step_allocates_nothing(toy):
    net = open_network(toy(target="c"))
    x, label = data(8)
    step = net.bind(x=x, label=label).step
    step()
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    for _ in range(100):
        step()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    grown = sum(item.size_diff for item in after.compare_to(before, "filename") if "tracemalloc" not in str(item))
    assert grown < 1000  # of 100 steps; an array of this network alone takes more


@pytest.mark.filterwarnings("error")
def test_two_threads_may_run_at_once():
    """Each a function of its own, as networks have; and one may go from thread to thread."""
    runs, meet = (quietly(), quietly()), Barrier(2, timeout=20)

    def divide():
        meet.wait()  # both are inside
        return float(np.float64(1) / np.float64(0))

    with ThreadPoolExecutor(2) as pool:
        for order in (runs, runs[::-1]):
            made = [pool.submit(run, divide) for run in order]
            assert [one.result() for one in made] == [np.inf, np.inf]
    assert runs[0](np.multiply, np.float32(1e30), np.float32(1e30)) == np.inf
