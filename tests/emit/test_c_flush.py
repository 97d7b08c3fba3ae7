"""Moments that decay become 0, and nothing but updates is computed in another mode of the floating-point unit."""

import platform

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted, trained
from test_c_values import network

from bpgen.emit.c_flush import LEAST

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

TINY = np.float32(1e-40)  # subnormal in single precision
X86 = platform.machine() in ("x86_64", "AMD64")


def decayed(tmp_path, units, optimizer, flags=(), threads=1):
    """A network after a step without gradients, whose moments were TINY before."""
    source = emitted(trained(network([16, units, 1], activation="relu", optimizer=optimizer)))
    running = Running(source, tmp_path, compiled(source, tmp_path, *flags), threads)
    running.parameters[:] = 0.5
    running.states[:] = TINY
    x = np.zeros((5, 16), np.float32)
    _, results = running.call("forward", {"x": x, "target": np.zeros((5, 1), np.float32)}, 5, 5)
    running.call("step", {"x": x, "target": next(iter(results.values()))}, 5, 5)
    return source, running.views("states")


@pytest.mark.skipif(not X86, reason="other processors compute with subnormal numbers as they are")
@pytest.mark.parametrize("optimizer", [{"type": "adam", "lr": 0.01}, {"type": "sgd", "lr": 0.1, "momentum": 0.9}])
@pytest.mark.parametrize("threads", [1, 2])
def test_many_moments_decay_to_0(optimizer, threads, tmp_path):
    _, states = decayed(tmp_path, LEAST // 16, optimizer, threads=threads)
    moments = [view for view in states.values() if view.size == LEAST]
    assert moments and not any(view.any() for view in moments)
    assert np.float32(1e-38) * np.float32(0.5) > 0, "the mode is as it was"


@pytest.mark.parametrize(("units", "flags"), [(LEAST // 16 - 1, ()), (LEAST // 16, ("-DPLAIN_C",))])
def test_few_moments_and_plain_c_keep_subnormal_numbers(units, flags, tmp_path):
    source, states = decayed(tmp_path, units, {"type": "adam", "lr": 0.01}, flags)
    assert ("flush_subnormal" in source.files["net.c"]) is (units == LEAST // 16)
    assert all((view > 0).all() for view in states.values()), "below the smallest normal number"


def test_only_updates_flush(tmp_path):
    """Neither the forward pass nor a gradient: a product of subnormal numbers is what it is."""
    source, _ = decayed(tmp_path, LEAST // 16, {"type": "adam", "lr": 0.01})
    functions = source.files["net.c"].split("\n}\n")
    flushing = [text for text in functions if "= flush_subnormal();" in text]
    assert flushing and all("real *restrict m," in text and "restore_mode(before);" in text for text in flushing)
