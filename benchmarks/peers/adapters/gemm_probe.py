"""Not a peer: a 1024^3 sgemm (numpy's BLAS) that peers.py measures in the same rounds as every workload's peers, so
that 'fraction of gemm peak' is right even when the machine's speed drifts during a long run."""

import numpy as np

N = 1024


def supports(name):
    return False


def versions():
    return {}


class Net:
    def __init__(self):
        rng = np.random.RandomState(0)
        self.a = rng.rand(N, N).astype(np.float32)
        self.b = rng.rand(N, N).astype(np.float32)
        self.c = np.empty((N, N), np.float32)

    def step(self):
        np.dot(self.a, self.b, out=self.c)
        return 0.0

    def forward(self):
        return self.c

    def reset(self):
        pass

    sync = reset


def build(name, threads):
    return Net()
