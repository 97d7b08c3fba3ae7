"""The fixed workload table: NumPy-only description of every workload.

`get(name)` returns a Workload: initial parameters, a ring of batches, the optimiser and its
constants, and the analytic flop counts.  Every adapter starts from exactly these arrays, so
after the same number of steps every adapter must show the same loss.

Meaning of one STEP (every adapter does exactly this, in float32):
    x, y = batches[i % len(batches)]; i += 1
    loss = loss_fn(params, x, y)          # mean over everything it is summed over
    grads = d loss / d params             # all parameters are trained
    params, state = optimiser(params, grads, state)
    -> loss of this step (before the update)
Meaning of FORWARD: x of the next batch of the ring -> network output (logits; for out='sigmoid' the
sigmoid), inference mode (batch norm uses the running statistics), no gradient bookkeeping.

Conventions: dense weights are (in, out), y = x @ W + b.  Conv weights are OIHW, images NCHW,
flattened in C,H,W order (an adapter may use another layout inside; it converts at build).
LSTM gate order i,f,g,o; one bias; zero initial state.  GELU is the tanh form.  Layer norm eps 1e-5.
Batch norm: momentum 0.1, eps 1e-5, biased variance to normalise, unbiased into the running variance.
"""

import itertools

import numpy as np

F32 = np.float32


class Workload:
    def __init__(self, **kw):
        self.__dict__.update(kw)

    @property
    def n_params(self):
        return sum(int(p.size) for p in self.params.values())


ADAM = {"kind": "adam", "lr": 1e-3, "b1": 0.9, "b2": 0.999, "eps": 1e-8}


def _uni(rng, shape, fan_in):
    k = 1.0 / np.sqrt(fan_in)
    return rng.uniform(-k, k, size=shape).astype(F32)


def _mlp(name, title, sizes, act, out, loss, opt, batch, ring, data, seed, gain=1.0, bias=None):
    rng = np.random.RandomState(seed)
    params = {}
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        params[f"W{i}"] = _uni(rng, (a, b), a) * F32(gain)
        params[f"b{i}"] = _uni(rng, (b,), a) if bias is None else np.full((b,), bias, F32)
    batches = [data(rng, k) for k in range(ring)]
    macs = [batch * a * b for a, b in itertools.pairwise(sizes)]
    fwd = 2 * sum(macs)
    step = fwd + 2 * sum(macs) + 2 * sum(macs[1:])  # no gradient w.r.t. the data
    return Workload(
        name=name,
        title=title,
        kind="mlp",
        sizes=list(sizes),
        act=act,
        out=out,
        loss=loss,
        opt=dict(opt),
        batch=batch,
        params=params,
        buffers={},
        batches=batches,
        flops_forward=fwd,
        flops_step=step,
    )


def w1():
    def data(rng, k):
        x = rng.uniform(-1, 1, (10, 2)).astype(F32)
        y = (x[:, :1] * x[:, 1:] + 0.5 * x[:, :1] + 0.3 * rng.randn(10, 1)).astype(F32)
        return x, y

    return _mlp(
        "W1", "seed-mlp 2-3-3-1 ReLU MSE Adam b10", [2, 3, 3, 1], "relu", "none", "mse", ADAM, 10, 8, data, 3, bias=0.3
    )


def w2():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], F32)
    y = np.array([[0], [1], [1], [0]], F32)
    return _mlp(
        "W2",
        "xor-mlp 2-4-1 sigmoid BCE SGD b4",
        [2, 4, 1],
        "sigmoid",
        "sigmoid",
        "bce",
        {"kind": "sgd", "lr": 0.5},
        4,
        1,
        lambda rng, k: (x, y),
        5,
        gain=2.0,
    )


def _teacher(classes, dim, batch, noise=0.2, seed=77):
    t = np.random.RandomState(seed).randn(dim, classes).astype(F32)

    def data(rng, k):
        x = rng.uniform(0, 1, (batch, dim)).astype(F32)
        y = np.argmax((x - 0.5) @ t, 1).astype(np.int64)
        flip = rng.uniform(size=batch) < noise
        y[flip] = rng.randint(0, classes, int(flip.sum()))
        return x, y

    return data


def w3():
    return _mlp(
        "W3",
        "mnist-mlp 784-128-10 ReLU CE SGD b64",
        [784, 128, 10],
        "relu",
        "none",
        "ce",
        {"kind": "sgd", "lr": 0.01},
        64,
        8,
        _teacher(10, 784, 64),
        11,
    )


def w4():
    return _mlp(
        "W4",
        "wide-mlp 784-1024-1024-10 ReLU CE Adam b256",
        [784, 1024, 1024, 10],
        "relu",
        "none",
        "ce",
        ADAM,
        256,
        4,
        _teacher(10, 784, 256),
        12,
    )


def w5():
    def data(rng, k):
        z = rng.uniform(0, 1, (128, 16)).astype(F32)
        m = np.random.RandomState(78).uniform(0, 1, (16, 784)).astype(F32)
        x = (z @ m / 8 + 0.1 * rng.uniform(0, 1, (128, 784))).astype(F32)
        x = np.clip(x, 0, 1)
        return x, x

    return _mlp(
        "W5",
        "autoencoder 784-256-64-256-784 ReLU sigmoid MSE Adam b128",
        [784, 256, 64, 256, 784],
        "relu",
        "sigmoid",
        "mse",
        ADAM,
        128,
        4,
        data,
        13,
    )


def _w11(name, batch):
    def data(rng, k):
        t = np.random.RandomState(79).randn(17, 6).astype(F32) / 4
        x = rng.randn(batch, 17).astype(F32)
        y = (np.tanh(x @ t) + 0.3 * rng.randn(batch, 6)).astype(F32)
        return x, y

    return _mlp(
        name,
        f"rl-mlp 17-64-64-6 tanh MSE Adam b{batch}",
        [17, 64, 64, 6],
        "tanh",
        "none",
        "mse",
        dict(ADAM, lr=3e-4),
        batch,
        16,
        data,
        14,
    )


def w6():
    rng = np.random.RandomState(21)
    b = 64
    p = {}
    p["c1w"] = _uni(rng, (6, 1, 5, 5), 25)
    p["c1b"] = _uni(rng, (6,), 25)
    p["c2w"] = _uni(rng, (16, 6, 5, 5), 150)
    p["c2b"] = _uni(rng, (16,), 150)
    for i, (a, o) in enumerate([(400, 120), (120, 84), (84, 10)]):
        p[f"W{i}"] = _uni(rng, (a, o), a)
        p[f"b{i}"] = _uni(rng, (o,), a)
    teach = _teacher(10, 784, b)
    batches = []
    for k in range(8):
        x, y = teach(rng, k)
        batches.append((x.reshape(b, 1, 28, 28), y))
    c1 = b * 28 * 28 * 6 * 25
    c2 = b * 10 * 10 * 16 * 150
    d = b * (400 * 120 + 120 * 84 + 84 * 10)
    return Workload(
        name="W6",
        title="lenet-cnn 28x28 CE SGD+momentum b64",
        kind="lenet",
        loss="ce",
        out="none",
        opt={"kind": "momentum", "lr": 0.01, "mu": 0.9},
        batch=b,
        params=p,
        buffers={},
        batches=batches,
        flops_forward=2 * (c1 + c2 + d),
        flops_step=2 * (2 * c1 + 3 * c2 + 3 * d),
    )


def _tokens(rng, batch, length, vocab=65):
    pr = 1.0 / np.arange(2, vocab + 2)
    pr /= pr.sum()
    t = rng.choice(vocab, size=(batch, length + 1), p=pr).astype(np.int64)
    return np.ascontiguousarray(t[:, :-1]), np.ascontiguousarray(t[:, 1:])


def w7():
    rng = np.random.RandomState(31)
    B, T, V, E, H = 16, 64, 65, 64, 128
    p = {
        "emb": (0.5 * rng.randn(V, E)).astype(F32),
        "wx": _uni(rng, (E, 4 * H), H),
        "wh": _uni(rng, (H, 4 * H), H),
        "bg": _uni(rng, (4 * H,), H),
        "W0": _uni(rng, (H, V), H),
        "b0": _uni(rng, (V,), H),
    }
    batches = [_tokens(rng, B, T) for _ in range(4)]
    m = B * T * (E * 4 * H + H * 4 * H + H * V)
    return Workload(
        name="W7",
        title="lstm-char V65 E64 H128 T64 CE Adam b16",
        kind="lstm",
        loss="ce",
        out="none",
        dims={"B": B, "T": T, "V": V, "E": E, "H": H},
        opt=dict(ADAM),
        batch=B,
        params=p,
        buffers={},
        batches=batches,
        flops_forward=2 * m,
        flops_step=6 * m,
    )


def w8():
    rng = np.random.RandomState(41)
    B, T, V, D, NH, L = 16, 64, 65, 128, 4, 2
    p = {"emb": (0.1 * rng.randn(V, D)).astype(F32), "pos": (0.1 * rng.randn(T, D)).astype(F32)}
    for i in range(L):
        q = f"l{i}_"
        p[q + "ln1g"] = np.ones(D, F32)
        p[q + "ln1b"] = np.zeros(D, F32)
        p[q + "wqkv"] = _uni(rng, (D, 3 * D), D)
        p[q + "bqkv"] = np.zeros(3 * D, F32)
        p[q + "wo"] = _uni(rng, (D, D), D)
        p[q + "bo"] = np.zeros(D, F32)
        p[q + "ln2g"] = np.ones(D, F32)
        p[q + "ln2b"] = np.zeros(D, F32)
        p[q + "w1"] = _uni(rng, (D, 4 * D), D)
        p[q + "b1"] = np.zeros(4 * D, F32)
        p[q + "w2"] = _uni(rng, (4 * D, D), 4 * D)
        p[q + "b2"] = np.zeros(D, F32)
    p["lnfg"] = np.ones(D, F32)
    p["lnfb"] = np.zeros(D, F32)
    p["head"] = _uni(rng, (D, V), D)
    batches = [_tokens(rng, B, T) for _ in range(4)]
    lin = B * T * (L * (3 * D * D + D * D + 8 * D * D) + D * V)
    att = L * B * T * T * D * 2  # full (not causal-halved) QK' and PV
    return Workload(
        name="W8",
        title="transformer 2x128d 4 heads T64 CE AdamW b16",
        kind="transformer",
        loss="ce",
        out="none",
        dims={"B": B, "T": T, "V": V, "D": D, "NH": NH, "L": L},
        opt=dict(ADAM, kind="adamw", wd=0.01),
        batch=B,
        params=p,
        buffers={},
        batches=batches,
        flops_forward=2 * (lin + att),
        flops_step=6 * (lin + att),
    )


def w9():
    rng = np.random.RandomState(51)
    b = 32
    p = {}
    for i, (ci, co) in enumerate([(3, 32), (32, 64)]):
        p[f"c{i}w"] = _uni(rng, (co, ci, 3, 3), ci * 9)
        p[f"c{i}b"] = _uni(rng, (co,), ci * 9)
        p[f"g{i}"] = np.ones(co, F32)
        p[f"be{i}"] = np.zeros(co, F32)
    p["W0"] = _uni(rng, (4096, 10), 4096)
    p["b0"] = _uni(rng, (10,), 4096)
    buf = {"rm0": np.zeros(32, F32), "rv0": np.ones(32, F32), "rm1": np.zeros(64, F32), "rv1": np.ones(64, F32)}
    teach = _teacher(10, 3072, b)
    batches = []
    for k in range(8):
        x, y = teach(rng, k)
        batches.append((x.reshape(b, 3, 32, 32), y))
    c1 = b * 32 * 32 * 32 * 27
    c2 = b * 16 * 16 * 64 * 288
    d = b * 4096 * 10
    return Workload(
        name="W9",
        title="batchnorm-cnn 3x32x32 CE SGD+momentum b32",
        kind="bncnn",
        loss="ce",
        out="none",
        opt={"kind": "momentum", "lr": 0.001, "mu": 0.9},
        batch=b,
        params=p,
        buffers=buf,
        batches=batches,
        flops_forward=2 * (c1 + c2 + d),
        flops_step=2 * (2 * c1 + 3 * c2 + 3 * d),
    )


_MAKERS = {
    "W1": w1,
    "W2": w2,
    "W3": w3,
    "W4": w4,
    "W5": w5,
    "W6": w6,
    "W7": w7,
    "W8": w8,
    "W9": w9,
    "W11a": lambda: _w11("W11a", 1),
    "W11b": lambda: _w11("W11b", 32),
}
NAMES = list(_MAKERS)  # W10 (gemm peak) is not a training step: see gemm_peak.py
MLPS = ["W1", "W2", "W3", "W4", "W5", "W11a", "W11b"]


def get(name):
    return _MAKERS[name]()
