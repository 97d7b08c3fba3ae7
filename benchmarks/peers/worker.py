"""One peer on one workload in a process of its own: built on start, then measured each time it is asked to.

Speaks JSON, a line each way: says hello with its first losses, answers "measure", ends on "quit".
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
STEPS_BEFORE_RESET = 1000
"""So that a fast peer does not time another part of the training (converged, denormal moments) than a slow one."""


def load_adapter(path):
    sys.path[:0] = [str(HERE), str(HERE / "adapters"), str(Path(path).resolve().parent)]
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def peak_memory_mib():
    """The largest resident size of this process so far (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024.0
    return 0.0


def work(path, name, threads, spawned):
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what peers print goes to stderr

    def say(answer):
        out.write(json.dumps(answer) + "\n")
        out.flush()

    try:
        net, hello = introduce(path, name, threads, spawned)
    except Exception as error:  # a peer that cannot do a workload is a result too
        traceback.print_exc()
        say({"ok": False, "error": f"{type(error).__name__}: {str(error)[:300]}"})
        return
    say(hello)
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "quit":
            break
        say(measure_both(net, command))
    os._exit(0)  # pools of threads need no farewell


def introduce(path, name, threads, spawned):
    import numpy as np

    adapter = load_adapter(path)
    imported = time.monotonic()
    net = adapter.build(name, threads)
    built = time.monotonic()
    losses = [float(net.step())]
    net.sync()
    stepped = time.monotonic()
    losses += [float(net.step()) for _ in range(4)]
    net.sync()
    output = np.asarray(net.forward())
    return net, {
        "ok": True,
        "import_s": imported - spawned,
        "build_s": built - imported,
        "first_step_s": stepped - built,
        "cold_s": stepped - spawned,
        "losses": losses,
        "forward_magnitude": float(np.abs(output).mean()),
        "loop": hasattr(net, "steps"),
        "versions": adapter.versions(),
        "rss_mib": peak_memory_mib(),
    }


def measure_both(net, command):
    answer = {}
    for kind, samples in (("step", command["samples"]), ("forward", command["forward_samples"])):
        turns, seconds = measure(net, kind, samples, command["block_s"], command["warm_s"])
        answer[kind] = {"turns": turns, "s": seconds}
    answer["rss_mib"] = peak_memory_mib()
    return answer


def measure(net, kind, samples, block_s, warm_s):
    """Seconds a turn, `samples` times over blocks of at least `block_s`, and how many turns a block has."""
    one, many = getattr(net, kind), getattr(net, kind + "s", None)

    def timed(turns):
        start = time.perf_counter()
        if many is not None:
            many(turns)
        else:
            for _ in range(turns):
                one()
        net.sync()
        return time.perf_counter() - start

    net.reset()
    timed(1)  # the first call may still compile something
    end = time.perf_counter() + warm_s
    turns, seconds = 1, timed(1)
    while time.perf_counter() < end or seconds < block_s / 4:
        if seconds < block_s / 2:
            turns = max(turns + 1, min(turns * 4, int(turns * block_s / max(seconds, 1e-7)) + 1))
        seconds = timed(turns)
    turns = max(1, int(-(-block_s * 1.15 * turns // seconds)))
    found, since = [], 0
    for _ in range(samples):
        since += turns
        if kind == "step" and since > STEPS_BEFORE_RESET:
            net.reset()
            timed(1)
            since = turns
        found.append(timed(turns) / turns)
    return turns, found


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
