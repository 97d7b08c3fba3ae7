"""The workloads' networks in JAX (NHWC convolutions, lax.scan LSTM), shared by the jit and the fori adapter."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def convert(w):
    P = {k: v.copy() for k, v in w.params.items()}
    data = [(x, y.astype(np.int32) if y.dtype == np.int64 else y) for x, y in w.batches]
    if w.kind in ("lenet", "bncnn"):
        for k, kernel in P.items():
            if kernel.ndim == 4:
                P[k] = np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))  # OIHW -> HWIO
        c, h = (16, 5) if w.kind == "lenet" else (64, 8)
        P["W0"] = np.ascontiguousarray(P["W0"].reshape(c, h, h, -1).transpose(1, 2, 0, 3).reshape(c * h * h, -1))
        data = [(np.ascontiguousarray(x.transpose(0, 2, 3, 1)), y) for x, y in data]
    if w.kind in ("lstm", "transformer"):
        data = [(x.astype(np.int32), y) for x, y in data]
    return P, {k: v.copy() for k, v in w.buffers.items()}, data


def conv(x, k, b, pad):
    return lax.conv_general_dilated(x, k, (1, 1), pad, dimension_numbers=("NHWC", "HWIO", "NHWC")) + b


def pool(x):  # 2x2 max by reshape: on CPU its gradient is far faster than reduce_window's
    b, h, w, c = x.shape
    return x.reshape(b, h // 2, 2, w // 2, 2, c).max((2, 4))


def dense(x, w):  # (B,T,K) @ (K,N) as one 2-D product: its weight gradient is faster on CPU
    return (x.reshape(-1, x.shape[-1]) @ w).reshape((*x.shape[:-1], w.shape[1]))


def ln(x, g, b):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * g + b


def make(w):
    """-> logits(P, Bf, x, train) -> (z, new_Bf)"""
    if w.kind == "mlp":
        n = len(w.sizes) - 1
        act = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}[w.act]

        def logits(P, Bf, x, train):
            h = x
            for layer in range(n):
                h = h @ P[f"W{layer}"] + P[f"b{layer}"]
                if layer < n - 1:
                    h = act(h)
            return h, Bf
    elif w.kind == "lenet":

        def logits(P, Bf, x, train):
            h = pool(jax.nn.relu(conv(x, P["c1w"], P["c1b"], "SAME")))
            h = pool(jax.nn.relu(conv(h, P["c2w"], P["c2b"], "VALID")))
            h = h.reshape(h.shape[0], -1)
            h = jax.nn.relu(h @ P["W0"] + P["b0"])
            h = jax.nn.relu(h @ P["W1"] + P["b1"])
            return h @ P["W2"] + P["b2"], Bf
    elif w.kind == "bncnn":

        def logits(P, Bf, x, train):
            h, new = x, dict(Bf)
            for i in "01":
                h = conv(h, P[f"c{i}w"], P[f"c{i}b"], "SAME")
                if train:
                    m = h.mean((0, 1, 2))
                    v = ((h - m) ** 2).mean((0, 1, 2))
                    n = h.size // h.shape[-1]
                    new["rm" + i] = 0.9 * Bf["rm" + i] + 0.1 * lax.stop_gradient(m)
                    new["rv" + i] = 0.9 * Bf["rv" + i] + 0.1 * lax.stop_gradient(v) * (n / (n - 1))
                else:
                    m, v = Bf["rm" + i], Bf["rv" + i]
                h = (h - m) * (lax.rsqrt(v + 1e-5) * P["g" + i]) + P["be" + i]
                h = pool(jax.nn.relu(h))
            return h.reshape(h.shape[0], -1) @ P["W0"] + P["b0"], new
    elif w.kind == "lstm":
        H = w.dims["H"]

        def logits(P, Bf, x, train):
            e = P["emb"][x]
            gx = (dense(e, P["wx"]) + P["bg"]).transpose(1, 0, 2)
            z = jnp.zeros((x.shape[0], H), jnp.float32)

            def cell(hc, g0):
                h, c = hc
                i, f, g, o = jnp.split(g0 + h @ P["wh"], 4, 1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
                return (h, c), h

            _, hs = lax.scan(cell, (z, z), gx)
            return dense(hs.transpose(1, 0, 2), P["W0"]) + P["b0"], Bf
    elif w.kind == "transformer":
        d = w.dims
        B, T, D, NH, L = d["B"], d["T"], d["D"], d["NH"], d["L"]
        mask = np.tril(np.ones((T, T), bool))

        def logits(P, Bf, x, train):
            h = P["emb"][x] + P["pos"]
            for i in range(L):
                q = f"l{i}_"
                z = ln(h, P[q + "ln1g"], P[q + "ln1b"])
                qkv = (dense(z, P[q + "wqkv"]) + P[q + "bqkv"]).reshape(B, T, 3, NH, D // NH).transpose(2, 0, 3, 1, 4)
                s = qkv[0] @ qkv[1].swapaxes(-1, -2) * np.float32((D // NH) ** -0.5)
                s = jax.nn.softmax(jnp.where(mask, s, -1e30), -1)
                a = (s @ qkv[2]).transpose(0, 2, 1, 3).reshape(B, T, D)
                h = h + dense(a, P[q + "wo"]) + P[q + "bo"]
                z = ln(h, P[q + "ln2g"], P[q + "ln2b"])
                z = jax.nn.gelu(dense(z, P[q + "w1"]) + P[q + "b1"], approximate=True)
                h = h + dense(z, P[q + "w2"]) + P[q + "b2"]
            return dense(ln(h, P["lnfg"], P["lnfb"]), P["head"]), Bf
    else:
        raise NotImplementedError(w.kind)
    return logits


def make_step(w):
    logits = make(w)
    o = w.opt

    def loss(P, Bf, x, y):
        z, new = logits(P, Bf, x, True)
        if w.loss == "mse":
            if w.out == "sigmoid":
                z = jax.nn.sigmoid(z)
            return ((z - y) ** 2).mean(), new
        if w.loss == "bce":
            return (jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean(), new
        lp = jax.nn.log_softmax(z, -1)
        return -jnp.take_along_axis(lp, y[..., None], -1).mean(), new

    def step(st, x, y):
        P, S, Bf, t = st
        (value, Bf), G = jax.value_and_grad(loss, has_aux=True)(P, Bf, x, y)
        t = t + 1
        k = o["kind"]
        tm = jax.tree_util.tree_map
        if k == "sgd":
            P = tm(lambda p, g: p - o["lr"] * g, P, G)
        elif k == "momentum":
            S = {"m": tm(lambda m, g: o["mu"] * m + g, S["m"], G)}
            P = tm(lambda p, m: p - o["lr"] * m, P, S["m"])
        else:
            c1 = -jnp.expm1(t * np.float32(np.log(o["b1"])))  # 1 - b1**t without float32 cancellation
            c2 = jnp.sqrt(-jnp.expm1(t * np.float32(np.log(o["b2"]))))
            S = {
                "m": tm(lambda m, g: o["b1"] * m + (1 - o["b1"]) * g, S["m"], G),
                "v": tm(lambda v, g: o["b2"] * v + (1 - o["b2"]) * g * g, S["v"], G),
            }
            wd = 1 - o["lr"] * o["wd"] if k == "adamw" else 1.0
            P = tm(lambda p, m, v: p * wd - (o["lr"] / c1) * m / (jnp.sqrt(v) / c2 + o["eps"]), P, S["m"], S["v"])
        return (P, S, Bf, t), value

    def fwd(P, Bf, x):
        z, _ = logits(P, Bf, x, False)
        return jax.nn.sigmoid(z) if w.out == "sigmoid" else z

    return step, fwd


def init_state(w, P0, B0):
    P = {k: jnp.array(v) for k, v in P0.items()}
    Bf = {k: jnp.array(v) for k, v in B0.items()}
    S = {}
    if w.opt["kind"] != "sgd":
        S["m"] = {k: jnp.zeros_like(v) for k, v in P.items()}
    if w.opt["kind"] in ("adam", "adamw"):
        S["v"] = {k: jnp.zeros_like(v) for k, v in P.items()}
    return P, S, Bf, jnp.zeros((), jnp.float32)
