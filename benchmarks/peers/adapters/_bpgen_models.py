"""bpgen beside its peers: each batch of a workload's ring is bound once, so that a step is one call."""

from __future__ import annotations

import numpy as np
import workloads
from _bpgen_descriptions import describe, parameters

import bpgen


def versions():
    return {"bpgen": bpgen.__version__}


class Net:
    def __init__(self, name, threads, target):
        self.work = workloads.get(name)
        self.net = bpgen.build(
            describe(self.work),
            target=target,
            dtype="float32",
            batch=self.work.batch,
            threads=threads if target == "c" else None,
        )
        self.initial = parameters(self.work)
        # running means and the like, which the workload does not give
        self.states = {name: value.copy() for name, value in self.net.state_dict().items()}
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


class Loop(Net):
    """The ring of batches as rows that follow each other: k steps are one call."""

    def __init__(self, name, threads, target):
        super().__init__(name, threads, target)
        self.data = {key: np.concatenate(arrays) for key, *arrays in zip(("x", "target"), *self.batches, strict=True)}

    def steps(self, k):
        losses = self.net.steps(self.data, k, batch_size=self.work.batch, first=self.place % len(self.batches))
        self.place += k
        return losses[-1]

    def step(self):
        return self.steps(1)


def _contiguous(array):
    return np.ascontiguousarray(array, np.int32 if array.dtype == np.int64 else array.dtype)
