"""The time of a training step against batch, width, depth and sequence length, and what an operation costs there.

python benchmarks/scaling.py [--threads 1] [batch] [width] [depth] [length] [steps]

Without names, all tables: batch, width and depth of perceptrons, length of a transformer, steps of an LSTM.  `moving`
is what part of the time a plain copy of this machine would take to move as much as the kernels read and write, from
arrays that take as much memory: where that is large, the time tells little about the arithmetic.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

import bpgen
from bpgen.api import lower
from bpgen.lower.schedule import Repeat, degree_of, size_of
from bpgen.operations import program_operations
from bpgen.run.samples import random_inputs

EXAMPLES = Path(__file__).parent.parent / "examples"


def perceptron(sizes, optimizer="sgd"):
    units = list(enumerate(sizes[1:]))
    layers = [{"name": f"fc{n}", "type": "linear", "units": size, "activation": "relu"} for n, size in units]
    del layers[-1]["activation"]
    return {
        "bpgen": 1,
        "name": f"mlp_{len(units)}_{sizes[1]}",
        "inputs": {"x": {"shape": ["B", sizes[0]]}, "y": {"shape": ["B", sizes[-1]]}},
        "layers": layers,
        "loss": {"type": "mse", "target": "y"},
        "optimizer": {"type": optimizer},
    }


def example(name, length):
    found = tomllib.loads((EXAMPLES / f"{name}.toml").read_text())
    found["sizes"]["T"] = length
    return found


# What grows -> (its values, the description and the batch at a value)
TABLES = {
    "batch": ([4**n for n in range(7)], lambda n: (perceptron([256, 256, 256, 16]), n)),
    "width": ([2**n for n in range(4, 13)], lambda n: (perceptron([n, n, n, n]), 64)),
    "depth": ([2**n for n in range(7)], lambda n: (perceptron([128] * (n + 1)), 64)),
    "length": ([2**n for n in range(4, 12)], lambda n: (example("transformer", n), max(1, 2048 // n))),
    "steps": ([2**n for n in range(4, 12)], lambda n: (example("char_lstm", n), 16)),
}


def median_step(bound, seconds, clock):
    """Seconds of a step: the median of blocks of at least 5 ms, over about so many seconds."""
    bound.step()
    start = clock()
    bound.step()
    turns = max(1, int(0.005 / max(clock() - start, 1e-7)))
    samples, end = [], perf_counter() + seconds
    while perf_counter() < end or len(samples) < 3:
        start = clock()
        for _ in range(turns):
            bound.step()
        samples.append((clock() - start) / turns)
    return float(np.median(samples))


def moving(schedule, step, batch, clock):
    """Seconds in which a plain copy moves as much as the kernels' arrays are, on its way through as much memory.

    What is written counts twice, for it or its lines are read.  None for repeated calls, which use parts of arrays.
    """
    if any(isinstance(item, Repeat) for item in step.calls):
        return None
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    moved, arrays = 0, {}
    for call in step.flat_calls:
        for name, formal in zip(call.arguments, kernels[call.kernel].formals, strict=True):
            arrays[name] = size_of(formal.shape) * batch ** degree_of(formal.shape)
            moved += arrays[name] * (1 + formal.written)
    source = np.ones(max(sum(arrays.values()), 2048) // 2, np.float32)
    target = np.ones_like(source)
    turns, best = max(1, 2**22 // source.nbytes), np.inf
    for _ in range(20):
        start = clock()
        for _ in range(turns):
            np.copyto(target, source)
        best = min(best, (clock() - start) / turns)
    return moved * best / (2 * source.size)


def measured(value, case, threads, seconds):
    """(value, rows, seconds of a step, operations, seconds for moving its arrays)"""
    description, batch = case(value)
    net = bpgen.build(description, target="c", threads=threads, batch=batch)
    schedule, interface = lower(description)
    step = next(program for program in schedule.programs if program.name == "step")
    bound = net.bind(random_inputs(interface, batch, np.random.default_rng(0)))
    # Of one thread, the processor's time: other work on the machine does not count.
    clock = process_time if threads == 1 else perf_counter
    taken = median_step(bound, seconds, clock)
    return value, batch, taken, program_operations(schedule, step, batch), moving(schedule, step, batch, clock)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="table", help=f"of {', '.join(TABLES)}; all, if none is named")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.tables if name not in TABLES]:
        parser.error(f"no table {unknown[0]!r}; there are {', '.join(TABLES)}")
    for name in arguments.tables or TABLES:
        values, case = TABLES[name]
        rows = [measured(value, case, arguments.threads, arguments.seconds) for value in values]
        best = min(seconds / operations for _, _, seconds, operations, _ in rows)
        head = f"{name} | rows | step, us | operations | ps an operation | of the best | moving"
        print(f"\n| {head} |\n" + "| --- " * 7 + "|")
        for value, batch, seconds, operations, moved in rows:
            cost = seconds / operations
            figures = f"{seconds * 1e6:,.1f} | {operations:,} | {cost * 1e12:.1f} | {cost / best:.2f}"
            share = "" if moved is None else f"{moved / seconds:.0%}"
            print(f"| {value} | {batch} | {figures} | {share} |", flush=True)


if __name__ == "__main__":
    main()
