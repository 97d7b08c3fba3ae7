"""All peers of one workload at one thread count: started one after another, then measured in turn, round by round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
PROBE = str(HERE / "adapters" / "gemm_probe.py")
PROBE_FLOPS = 2.0 * 1024**3
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "BPGEN_NUM_THREADS")


def environment(threads, scratch):
    """Variables for one process: its threads, and caches of its own, so that every process compiles cold."""
    folder = tempfile.mkdtemp(dir=scratch)
    caches = {
        "TORCHINDUCTOR_CACHE_DIR": "inductor",
        "TRITON_CACHE_DIR": "triton",
        "NUMBA_CACHE_DIR": "numba",
        "CACHEDB": "tinygrad.db",
        "BPGEN_CACHE_DIR": "bpgen",
    }
    return {
        **os.environ,
        **dict.fromkeys((*POOLS, "CPU_COUNT", "NUM_CPU_THREADS"), str(threads)),
        **{name: os.path.join(folder, place) for name, place in caches.items()},
        "PYTENSOR_FLAGS": "base_compiledir=" + os.path.join(folder, "pytensor"),
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def pinned(threads):
    """The command prefix that keeps a process with one thread on one core, before its runtimes count cores."""
    return ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if threads == 1 else []


class Worker:
    """A process of worker.py."""

    def __init__(self, path, row, scratch, log):
        workload, threads = row
        command = [*pinned(threads), sys.executable, str(HERE / "worker.py"), path, workload, str(threads)]
        self.process = subprocess.Popen(
            [*command, repr(time.monotonic())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(threads, scratch),
            cwd=scratch,
        )

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"ok": False, "error": "the process died, see --log"}

    def ask(self, **command):
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"error": "the process died, see --log"}
        return self.read()

    def close(self):
        try:
            self.process.communicate('{"cmd": "quit"}\n', timeout=15)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def measure_group(row, paths, plan, scratch, log):
    """The cells of one workload at one thread count, and the sgemm rate (GFLOP/s) of the same rounds."""
    workload, threads = row
    cells, running = [], []
    for path in (*paths, PROBE):
        worker = Worker(path, row, scratch, log)
        cell = {"workload": workload, "peer": Path(path).stem, "threads": threads, **worker.read(), "rounds": []}
        cells.append(cell)
        if cell["ok"]:
            running.append((worker, cell))
        else:
            print(f"  {workload} {cell['peer']} t{threads} FAILED: {cell['error']}", flush=True)
            worker.close()
    for _ in range(plan["rounds"]):
        for worker, cell in running:
            if "error" not in cell:
                measure_once(worker, cell, plan)
    for worker, cell in running:
        worker.close()
        summarise(cell)
        print(describe(cell), flush=True)
    probe = cells.pop()
    return cells, PROBE_FLOPS / probe["step_us"] / 1e3 if "step_us" in probe else None


def measure_once(worker, cell, plan):
    command = {"cmd": "measure", **{key: plan[key] for key in ("samples", "forward_samples", "block_s", "warm_s")}}
    if cell["peer"] == Path(PROBE).stem:
        command |= {"samples": 10, "forward_samples": 1, "warm_s": 0.05}
    found = worker.ask(**command)
    if "step" not in found:
        cell["error"] = found["error"]
        return
    cell["rounds"].append({
        kind: {"median": median(found[kind]["s"]), "min": min(found[kind]["s"]), "turns": found[kind]["turns"]}
        for kind in ("step", "forward")
    })  # fmt: skip
    cell["rss_mib"] = max(cell["rss_mib"], found["rss_mib"])


def summarise(cell):
    """Medians of the rounds' medians in microseconds, and their spread, (largest - smallest) / median."""
    for kind in ("step", "forward") if cell["rounds"] else ():
        medians = [one[kind]["median"] for one in cell["rounds"]]
        cell[kind + "_us"] = median(medians) * 1e6
        cell[kind + "_spread"] = (max(medians) - min(medians)) / median(medians)
        cell[kind + "_min_us"] = min(one[kind]["min"] for one in cell["rounds"]) * 1e6


def describe(cell):
    if "step_us" not in cell:
        return f"  {cell['workload']} {cell['peer']} t{cell['threads']} FAILED: {cell.get('error', 'no round')}"
    return (
        f"  {cell['workload']:5s} {cell['peer']:14s} t{cell['threads']}  step {cell['step_us']:10.2f} us (spread "
        f"{100 * cell['step_spread']:4.1f}%)  forward {cell['forward_us']:9.2f} us  cold {cell['cold_s']:6.2f} s  "
        f"rss {cell['rss_mib']:5.0f} MiB  loss 5 {cell['losses'][-1]:.7g}"
    )


def check_agreement(cells):
    """Mark the cells whose losses or outputs differ from the median of all; the worst difference by workload.

    Losses of steps 1 to 5 may differ by 1e-4 of their value, the mean magnitude of the output by 1e-3.
    """
    worst = {}
    for workload in sorted({cell["workload"] for cell in cells}):
        alike = [cell for cell in cells if cell["workload"] == workload and "losses" in cell]
        losses = [median(cell["losses"][step] for cell in alike) for step in range(5)] if alike else []
        for cell in alike:
            magnitude = median(other["forward_magnitude"] for other in alike)
            by_loss = max(abs(a - b) / abs(b) for a, b in zip(cell["losses"], losses, strict=True))
            by_output = abs(cell["forward_magnitude"] - magnitude) / abs(magnitude)
            cell["disagrees"] = by_loss > 1e-4 or by_output > 1e-3
            worst[workload] = max(worst.get(workload, 0.0), by_loss, by_output)
    return worst
