"""Measure bpgen beside its peers on the fixed workloads, and print the tables.  README.md here tells how it is done.

python benchmarks/peers/run.py --quick
python benchmarks/peers/run.py --workloads W3,W4 --peers torch_eager,jax_jit,numpy_hand,bpgen_c --threads 1
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import workloads
from bytecode import keep_bytecode
from report import report
from rounds import check_agreement, environment, measure_group

HERE = Path(__file__).resolve().parent
OURS = ("bpgen_c", "bpgen_loop", "bpgen_numpy")
PEERS = ("torch_eager", "torch_compile", "jax_jit", "jax_fori", "numpy_hand", "pytensor_fn")
QUICK = ("torch_eager", "jax_jit", "numpy_hand", "bpgen_c")


@click.command(help=__doc__.split("\n")[0])
@click.option("--quick", is_flag=True, help="Few peers and short rounds: minutes instead of half an hour.")
@click.option("--workloads", "chosen", default=",".join(workloads.NAMES), show_default=True)
@click.option("--peers", default="", help="Names in adapters/, or paths; of ours: " + ", ".join(OURS))
@click.option("--threads", default="1,2", show_default=True)
@click.option("--rounds", type=int, help="[default: 3; 2 with --quick]")
@click.option("--samples", type=int, help="Blocks a round. [default: 20; 10 with --quick]")
@click.option("--block-ms", default=20.0, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False), help="Also keep all figures, as JSON.")
@click.option("--log", type=click.Path(dir_okay=False), help="Also keep what the processes printed.")
def main(quick, chosen, peers, threads, rounds, samples, block_ms, out, log):
    names, counts = chosen.split(","), [int(count) for count in threads.split(",")]
    paths = [_path(peer) for peer in (peers.split(",") if peers else QUICK if quick else (*PEERS, *OURS))]
    plan = {
        "rounds": rounds or (2 if quick else 3),
        "samples": samples or (10 if quick else 20),
        "forward_samples": 5 if quick else 10,
        "block_s": block_ms / 1e3,
        "warm_s": 0.1,
    }
    keep_bytecode()  # as that of the peers is there: see "cold"
    start, cells, sgemm = time.time(), [], {}
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as scratch:
        able = {path: _supported(path, names, counts, scratch) for path in paths}
        with open(log or os.path.join(scratch, "log"), "w") as printed:
            for name in names:
                for count in counts:
                    group = [path for path in paths if [name, count] in able[path]]
                    found, rate = measure_group((name, count), group, plan, scratch, printed)
                    cells += found
                    if rate:
                        sgemm[f"{name} {count}"] = rate
    worst = check_agreement(cells)
    results = {
        "about": {
            "when": time.strftime("%Y-%m-%d"),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "versions": {"python": platform.python_version(), **_versions(cells)},
            "rounds": plan["rounds"],
            "samples": plan["samples"],
            "block_ms": block_ms,
            "seconds": time.time() - start,
        },
        "candidates": [Path(path).stem for path in paths if Path(path).stem in OURS],
        "cells": cells,
        "sgemm": sgemm,
        "work": {name: _work(name) for name in names},
        "worst_difference": worst,
    }
    if out:
        Path(out).write_text(json.dumps(results, indent=1))
    print(report(results))
    sys.exit(1 if any(cell.get("disagrees") for cell in cells) else 0)


def _path(peer):
    return str(Path(peer).resolve()) if peer.endswith(".py") else str(HERE / "adapters" / f"{peer}.py")


def _supported(path, names, counts, scratch):
    """What an adapter can do, asked in a process of its own: its imports are no part of this one."""
    code = (
        "import json, sys; from worker import load_adapter; names, counts = json.loads(sys.argv[2]);"
        "adapter = load_adapter(sys.argv[1]); fits = getattr(adapter, 'threads_ok', lambda name, count: True);"
        "print(json.dumps([[n, c] for n in names if adapter.supports(n) for c in counts if fits(n, c)]))"
    )
    command = [sys.executable, "-c", code, path, json.dumps([names, counts])]
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    variables = {**environment(1, scratch), "PYTHONPATH": paths}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{Path(path).stem} is left out: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return []
    return json.loads(done.stdout.splitlines()[-1])


def _work(name):
    work = workloads.get(name)
    return {"title": work.title, "parameters": work.n_params, "step": work.flops_step, "forward": work.flops_forward}


def _versions(cells):
    return {name: version for cell in cells for name, version in cell.get("versions", {}).items()}


def _processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
