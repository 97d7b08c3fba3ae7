"""A network whose C and NumPy code are written by hand: what `run` does can be judged without the other stages.

Softmax regression with momentum: z = x W^T + c, loss = mean(-log softmax(z)[label]), v = 0.9 v + g,
w = w - lr v.  The arena holds z [B, K] at degree 1 and dx [B, I] behind it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bpgen.emit.source import Source
from bpgen.lower.interface import Block, Entry, Initial, Input, Interface, Result
from bpgen.run import compile as compiling
from bpgen.run import toolchain

CDEF = """
typedef REAL real;
typedef struct {
    int batch; int capacity; int threads;
    real *parameters, *gradients, *states, *workspace;
    double *counters; const double *settings;
    const real *in_x; const int32_t *in_label;
} toy_network;
double toy_forward(const toy_network *net);
double toy_loss(const toy_network *net);
double toy_gradients(const toy_network *net);
double toy_input_gradients(const toy_network *net);
double toy_step(const toy_network *net);
int toy_steps(const toy_network *net, int first, int batches, int count, double *losses);
"""

CODE = """
#include <math.h>
#include "toy.h"
#define I INPUTS
#define K CLASSES

double toy_forward(const toy_network *net) {
    for (int b = 0; b < net->batch; b++)
        for (int k = 0; k < K; k++) {
            real sum = net->parameters[K * I + k];
            for (int i = 0; i < I; i++) sum += net->in_x[b * I + i] * net->parameters[k * I + i];
            net->workspace[b * K + k] = sum;
        }
    return 0;
}

double toy_loss(const toy_network *net) {
    toy_forward(net);
    double loss = 0;
    for (int b = 0; b < net->batch; b++) {
        const real *z = net->workspace + b * K;
        double sum = 0;
        for (int k = 0; k < K; k++) sum += exp(z[k]);
        loss += log(sum) - z[net->in_label[b]];
    }
    return loss / net->batch;
}

double toy_input_gradients(const toy_network *net) {
    double loss = toy_loss(net);
    real *dx = net->workspace + K * net->capacity;
    for (int j = 0; j < K * I + K; j++) net->gradients[j] = 0;
    for (int b = 0; b < net->batch; b++) {
        const real *z = net->workspace + b * K;
        double sum = 0;
        for (int i = 0; i < I; i++) dx[b * I + i] = 0;
        for (int k = 0; k < K; k++) sum += exp(z[k]);
        for (int k = 0; k < K; k++) {
            real delta = (real) ((exp(z[k]) / sum - (k == net->in_label[b])) / net->batch);
            net->gradients[K * I + k] += delta;
            for (int i = 0; i < I; i++) {
                net->gradients[k * I + i] += delta * net->in_x[b * I + i];
                dx[b * I + i] += delta * net->parameters[k * I + i];
            }
        }
    }
    return loss;
}

double toy_gradients(const toy_network *net) { return toy_input_gradients(net); }

double toy_step(const toy_network *net) {
    double loss = toy_gradients(net);
    for (int j = 0; j < K * I + K; j++) {
        net->states[j] = (real) 0.9 * net->states[j] + net->gradients[j];
        net->parameters[j] -= (real) net->settings[0] * net->states[j];
    }
    net->counters[0] += 1;
    return loss;
}

int toy_steps(const toy_network *net, int first, int batches, int count, double *losses) {
    toy_network now = *net;
    for (int n = 0; n < count; n++) {
        now.in_x = net->in_x + (first + n) % batches * net->batch * I;
        now.in_label = net->in_label + (first + n) % batches * net->batch;
        losses[n] = toy_step(&now);
        if (!isfinite(losses[n])) return n + 1;
    }
    return count;
}
"""

PYTHON = """
import numpy as np

class Network:
    def __init__(self, parameters, gradients, states, counters, settings):
        self.p, self.g, self.v, self.c, self.s = parameters, gradients, states, counters, settings
        n = CLASSES * INPUTS
        self.W, self.b = parameters[:n].reshape(CLASSES, INPUTS), parameters[n:n + CLASSES]
        self.dW, self.db = gradients[:n].reshape(CLASSES, INPUTS), gradients[n:n + CLASSES]

    def reserve(self, capacity):
        self.capacity = capacity
        self.workspace = np.zeros((CLASSES + INPUTS) * capacity, self.p.dtype)

    def bind(self, program, batch):
        return getattr(self, program)

    def forward(self, x):
        z = self.workspace[:len(x) * CLASSES].reshape(-1, CLASSES)
        np.matmul(x, self.W.T, out=z)
        z += self.b
        self.z = z
        return 0.0

    def loss(self, x, label):
        self.forward(x)
        rows = np.arange(len(x))
        return float((np.log(np.exp(self.z).sum(1)) - self.z[rows, label]).mean())

    def input_gradients(self, x, label):
        loss = self.loss(x, label)
        delta = np.exp(self.z) / np.exp(self.z).sum(1, keepdims=True)
        delta[np.arange(len(x)), label] -= 1
        delta /= len(x)
        self.dW[...], self.db[...] = delta.T @ x, delta.sum(0)
        start = CLASSES * self.capacity
        self.workspace[start:start + x.size].reshape(x.shape)[...] = delta @ self.W
        return loss

    gradients = input_gradients

    def step(self, x, label):
        loss = self.gradients(x, label)
        self.v *= self.v.dtype.type(0.9)
        self.v += self.g
        self.p -= self.p.dtype.type(self.s[0]) * self.v
        self.c[0] += 1
        return loss
"""


def toy_interface(inputs: int, classes: int, dtype: str, name: str = "toy") -> Interface:
    size = inputs * classes
    logits, slope = Result("fc", ("B", classes), 1, 0), Result("x", ("B", inputs), 1, classes)
    both = ("x", "label")
    blocks = (Block("fc.weight", (classes, inputs), 0), Block("fc.bias", (classes,), size))
    return Interface(
        name=name, dtype=dtype,
        inputs=(Input("x", ("B", inputs), "real"), Input("label", ("B",), "int32", classes)),
        parameters=blocks,
        initial=(Initial("fc.weight", "kaiming_uniform", (("a", 5**0.5),), inputs, classes),
                 Initial("fc.bias", "uniform", (("low", -(inputs**-0.5)), ("high", inputs**-0.5)), inputs, classes)),
        states=tuple(Block(f"{block.name}.v", block.shape, block.offset) for block in blocks),
        counters=(("optimizer.t", 0.0),), settings=(("optimizer.lr", 0.1),),
        entries=(Entry("forward", ("x",), (logits,), False), Entry("loss", both, (), True),
                 Entry("gradients", both, (), True), Entry("input_gradients", both, (slope,), True),
                 Entry("step", both, (), True)),
        workspace=(0, classes + inputs, 0),
    )  # fmt: skip


def toy_source(inputs: int = 3, classes: int = 4, dtype: str = "float64", target: str = "c") -> Source:
    interface = toy_interface(inputs, classes, dtype)

    def fill(text: str) -> str:
        real = "float" if dtype == "float32" else "double"
        return text.replace("INPUTS", str(inputs)).replace("CLASSES", str(classes)).replace("REAL", real)

    if target == "numpy":
        return Source("toy", "numpy", dtype, {"toy.py": fill(PYTHON)}, interface)
    header = "#include <stdint.h>\n" + fill(CDEF)
    return Source("toy", "c", dtype, {"toy.c": fill(CODE), "toy.h": header}, interface, fill(CDEF))


@pytest.fixture
def toy():
    return toy_source


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a process that has loaded and probed nothing yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(folder))
    monkeypatch.setattr(compiling, "_loaded", {})
    toolchain._probed.cache_clear()
    yield folder
    toolchain._probed.cache_clear()
