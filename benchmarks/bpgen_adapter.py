"""bpgen beside its peers: the adapter for a peers' harness with the workloads W1 ... W11b.

Each batch of the workload's ring is bound once, so that a step is one call into C.  Dense weights come as
(in, out) and are turned into PyTorch's [out, in] when the network is built.
"""

from __future__ import annotations

import os

import numpy as np
import workloads

import bpgen

LABEL = "bpgen"
TARGET = os.environ.get("BPGEN_BENCH_TARGET", "c")


def supports(name):
    return workloads.get(name).kind == "mlp"


def versions():
    return {"bpgen": bpgen.__version__}


def describe(work):
    """The workload as a description."""
    last = len(work.sizes) - 2
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": units, **({"activation": work.act} if n < last else {})}
        for n, units in enumerate(work.sizes[1:])
    ]
    if work.out == "sigmoid":
        layers[-1]["activation"] = "sigmoid"
    target = (
        {"shape": ["B"], "dtype": "int32", "classes": work.sizes[-1]}
        if work.loss == "ce"
        else {"shape": ["B", work.sizes[-1]]}
    )
    kinds = {"ce": "cross_entropy", "mse": "mse", "bce": "bce"}
    rule = {"type": work.opt["kind"], "lr": work.opt["lr"]}
    if work.opt["kind"] == "adam":
        rule |= {"betas": [work.opt["b1"], work.opt["b2"]], "eps": work.opt["eps"]}
    return {
        "bpgen": 1,
        "name": work.name.lower(),
        "inputs": {"x": {"shape": ["B", work.sizes[0]]}, "target": target},
        "layers": layers,
        "loss": {"type": kinds[work.loss], "target": "target"},
        "optimizer": rule,
    }


class Net:
    def __init__(self, name, threads):
        self.work = workloads.get(name)
        self.net = bpgen.build(describe(self.work), target=TARGET, dtype="float32", batch=self.work.batch)
        self.initial = {}
        for key, value in self.work.params.items():
            layer = f"fc{key[1:]}"
            self.initial[layer + (".weight" if key[0] == "W" else ".bias")] = (
                np.ascontiguousarray(value.T) if key[0] == "W" else value
            )
        self.batches = [
            (np.ascontiguousarray(x), np.ascontiguousarray(y, np.int32 if y.dtype == np.int64 else y.dtype))
            for x, y in self.work.batches
        ]
        self.bound = [self.net.bind(x=x, target=y) for x, y in self.batches]
        self.reset()

    def reset(self):
        self.net.load_state_dict(self.initial)
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


def build(name, threads):
    return Net(name, threads)
