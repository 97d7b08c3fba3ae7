"""Threads in a running network: how many, after a fork, and beside threads of Python's own."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import bpgen
from bpgen.algebra.errors import BpgenError, CompileError
from bpgen.run.threads import SPINS, WAITING, available_cores, default_threads
from bpgen.run.toolchain import THREADS_FLAG, find_toolchain


def has_threads():
    try:
        return THREADS_FLAG in find_toolchain().flags
    except CompileError:
        return False


needs_threads = pytest.mark.skipif(not has_threads(), reason="needs a C compiler with OpenMP")

WIDE = {
    "bpgen": 1, "name": "wide", "inputs": {"x": {"shape": ["B", 200]}, "label": {"shape": ["B", 60]}},
    "layers": [
        {"name": "fc1", "type": "linear", "units": 300, "activation": "tanh"},
        {"name": "fc2", "type": "linear", "units": 60},
    ],
    "loss": {"type": "mse", "target": "label"}, "optimizer": {"type": "adam", "lr": 0.01},
}  # fmt: skip
NARROW = WIDE | {"name": "narrow", "inputs": {"x": {"shape": ["B", 2]}, "label": {"shape": ["B", 1]}},
                 "layers": [{"name": "fc", "type": "linear", "units": 1}]}  # fmt: skip


def batch(rows=48):
    rng = np.random.default_rng(3)
    return {"x": rng.normal(size=(rows, 200)).astype("float32"), "label": rng.normal(size=(rows, 60)).astype("float32")}


def trained(net, steps=6):
    """Losses and parameters from the beginning on."""
    net.init(seed=1)
    losses = [net.step(batch()) for _ in range(steps)]
    return losses, net.state_dict()


def same(one, other):
    return one[0] == other[0] and all(np.array_equal(one[1][name], other[1][name]) for name in one[1])


def test_how_many(monkeypatch):
    for name in ("BPGEN_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert 1 <= default_threads() == available_cores() <= (os.cpu_count() or 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")  # of nested regions, the outer one's
    assert default_threads() == 3
    monkeypatch.setenv("BPGEN_NUM_THREADS", "5")
    assert default_threads() == 5
    for wrong in ("many", "0", "-1", "1.5"):
        monkeypatch.setenv("BPGEN_NUM_THREADS", wrong)
        with pytest.raises(BpgenError, match="BPGEN_NUM_THREADS: expected a positive whole number"):
            default_threads()


@needs_threads
def test_what_a_network_has(monkeypatch):
    monkeypatch.setenv("BPGEN_NUM_THREADS", "4")
    assert bpgen.build(WIDE, target="c").threads == 4
    assert bpgen.build(WIDE, target="c", threads=2).threads == 2
    assert bpgen.build(WIDE, target="numpy").threads == 1
    assert bpgen.build(NARROW, target="c", threads=2).threads == 1, "nothing in it is worth dividing"


@needs_threads
def test_any_number_of_threads_trains_alike():
    alone = trained(bpgen.build(WIDE, target="c", threads=1))
    for threads in (2, 3):
        net = bpgen.build(WIDE, target="c", threads=threads)
        assert same(trained(net), alone)
        net.init(seed=1)
        data = {name: np.tile(array, (6, 1)) for name, array in batch().items()}
        assert net.steps(data, 6, batch_size=48).tolist() == alone[0]


@needs_threads
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_trains_on_both_sides():
    """gcc's threads do not live through a fork; a child that waits for them would wait forever."""
    net = bpgen.build(WIDE, target="c", threads=2)
    expected = trained(net)
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # ends a child that hangs
        os._exit(0 if same(trained(net), expected) else 1)
    assert same(trained(net), expected)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@needs_threads
def test_networks_in_threads_of_python():
    """Each Python thread with a network of its own, all at the same time."""
    expected = trained(bpgen.build(WIDE, target="c", threads=1))
    found = {}

    def work(number):
        found[number] = trained(bpgen.build(WIDE, target="c", threads=2), steps=6)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 3 and all(same(one, expected) for one in found.values())


@needs_threads
def test_one_thread_starts_no_other():
    """No thread beside the main one: neither for one thread nor for a network that is too small."""
    text = (
        "import sys; sys.path.insert(0, {folder!r}); import os, bpgen; from test_threads import WIDE, NARROW, batch\n"
        "net = bpgen.build(WIDE, target='c', threads=1); net.step(batch())\n"
        "net = bpgen.build(NARROW, target='c', threads=4); x = batch()['x']\n"
        "net.step(x=x[:, :2].copy(), label=x[:, :1].copy())\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("counts the threads that Linux shows")
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    code = text.format(folder=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1"], done.stderr


@needs_threads
@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, SPINS), ({"GOMP_SPINCOUNT": "77"}, "77"), ({"OMP_WAIT_POLICY": "passive"}, "0")],
    ids=["by itself", "as users say", "as users say in another way"],
)
def test_threads_sleep_soon(given, expected):
    """As the library says itself when it is loaded; the environment is afterwards what it was."""
    text = (
        "import sys; sys.path.insert(0, {folder!r}); import os, bpgen; from test_threads import WIDE, batch\n"
        "before = dict(os.environ); bpgen.build(WIDE, target='c', threads=2).step(batch())\n"
        "print(before == dict(os.environ))"
    )
    plain = {name: value for name, value in os.environ.items() if name not in WAITING}
    code = text.format(folder=os.path.dirname(__file__))
    environment = plain | {"OMP_DISPLAY_ENV": "verbose"} | given
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("knows what gcc's library of threads says")
    assert done.stdout.split() == ["True"] and f"GOMP_SPINCOUNT = '{expected}'" in done.stderr, done.stderr
