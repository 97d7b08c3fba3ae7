"""The time of a training step against batch, width, depth and sequence length, and what an operation costs there.

python benchmarks/scaling.py [--threads 1] [batch width depth length]
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

import bpgen
from bpgen.api import lower
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


def transformer(length):
    found = tomllib.loads((EXAMPLES / "transformer.toml").read_text())
    found["sizes"]["T"] = length
    return found


# What grows -> (its values, the description and the batch at a value)
TABLES = {
    "batch": ([4**n for n in range(7)], lambda n: (perceptron([256, 256, 256, 16]), n)),
    "width": ([2**n for n in range(4, 13)], lambda n: (perceptron([n, n, n, n]), 64)),
    "depth": ([2**n for n in range(7)], lambda n: (perceptron([128] * (n + 1)), 64)),
    "length": ([2**n for n in range(4, 12)], lambda n: (transformer(n), max(1, 2048 // n))),
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row")
    arguments = parser.parse_args()
    for name in arguments.tables:
        values, case = TABLES[name]
        rows = []
        for value in values:
            description, batch = case(value)
            net = bpgen.build(description, target="c", threads=arguments.threads, batch=batch)
            schedule, interface = lower(description)
            step = next(program for program in schedule.programs if program.name == "step")
            bound = net.bind(random_inputs(interface, batch, np.random.default_rng(0)))
            # Of one thread, the processor's time: other work on the machine does not count.
            seconds = median_step(bound, arguments.seconds, process_time if arguments.threads == 1 else perf_counter)
            rows.append((value, batch, seconds, program_operations(schedule, step, batch)))
        best = min(seconds / operations for *_, seconds, operations in rows)
        print(f"\n| {name} | rows | step, us | operations | ps an operation | of the best |\n" + "| --- " * 6 + "|")
        for value, batch, seconds, operations in rows:
            cost = seconds / operations
            figures = f"{seconds * 1e6:,.1f} | {operations:,} | {cost * 1e12:.1f} | {cost / best:.2f}"
            print(f"| {value} | {batch} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
