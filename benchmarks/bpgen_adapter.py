"""bpgen beside its peers: the adapter for a peers' harness with the workloads W1 ... W11b.

Each batch of the workload's ring is bound once, so that a step is one call into C.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import workloads

import bpgen

sys.path.append(str(Path(__file__).parent))
from workload_models import describe, parameters

LABEL = "bpgen"
TARGET = os.environ.get("BPGEN_BENCH_TARGET", "c")


def supports(name):
    return True


def versions():
    return {"bpgen": bpgen.__version__}


class Net:
    def __init__(self, name, threads):
        self.work = workloads.get(name)
        self.net = bpgen.build(describe(self.work), target=TARGET, dtype="float32", batch=self.work.batch)
        self.initial = parameters(self.work)
        self.states = {
            name: value.copy() for name, value in self.net.state_dict().items()
        }  # running means and the like
        self.batches = [tuple(_contiguous(array) for array in batch) for batch in self.work.batches]
        self.bound = [self.net.bind(x=x, target=y) for x, y in self.batches]
        self.reset()

    def reset(self):
        self.net.load_state_dict(self.states | self.initial)
        self.net.reset_optimizer()
        self.place = 0

    def step(self):
        bound = self.bound[self.place % len(self.bound)]
        self.place += 1
        return bound.step()

    def forward(self):
        return self.bound[self.place % len(self.bound)].forward()

    def sync(self):
        pass


def _contiguous(array):
    return np.ascontiguousarray(array, np.int32 if array.dtype == np.int64 else array.dtype)


def build(name, threads):
    return Net(name, threads)
