"""The workloads' networks in torch, shared by the eager and the compiled adapter."""

import torch
import torch.nn.functional as F


def convert(w):
    """(in, out) dense weights -> torch's (out, in).  Returns {name: tensor}."""
    out = {}
    for k, p in w.params.items():
        t = torch.from_numpy(p.copy())
        if p.ndim == 2 and k not in ("emb", "pos"):
            t = t.t().contiguous()
        out[k] = t
    return out


def data(w):
    return [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in w.batches]


def lstm_unrolled(P, x, T, H):
    e = F.embedding(x, P["emb"])  # B,T,E
    gx = F.linear(e, P["wx"], P["bg"])
    B = x.shape[0]
    h = e.new_zeros(B, H)
    c = e.new_zeros(B, H)
    hs = []
    for t in range(T):
        i, f, g, o = (gx[:, t] + F.linear(h, P["wh"])).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
    return F.linear(torch.stack(hs, 1), P["W0"], P["b0"])


def lstm_native(P, x, H, zero_bias):
    e = F.embedding(x, P["emb"])
    z = e.new_zeros(1, x.shape[0], H)
    y, _, _ = torch._VF.lstm(e, (z, z), [P["wx"], P["wh"], P["bg"], zero_bias], True, 1, 0.0, True, False, True)
    return F.linear(y, P["W0"], P["b0"])


def make(w, unroll=False):
    """-> logits(P, Bf, x, train) ; Bf = dict of buffers"""
    if w.kind == "mlp":
        n = len(w.sizes) - 1
        act = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[w.act]

        def logits(P, Bf, x, train):
            h = x
            for layer in range(n):
                h = F.linear(h, P[f"W{layer}"], P[f"b{layer}"])
                if layer < n - 1:
                    h = act(h)
            return h
    elif w.kind == "lenet":

        def logits(P, Bf, x, train):
            h = F.max_pool2d(torch.relu(F.conv2d(x, P["c1w"], P["c1b"], padding=2)), 2)
            h = F.max_pool2d(torch.relu(F.conv2d(h, P["c2w"], P["c2b"])), 2)
            h = h.flatten(1)
            h = torch.relu(F.linear(h, P["W0"], P["b0"]))
            h = torch.relu(F.linear(h, P["W1"], P["b1"]))
            return F.linear(h, P["W2"], P["b2"])
    elif w.kind == "bncnn":

        def logits(P, Bf, x, train):
            h = x
            for i in "01":
                h = F.conv2d(h, P[f"c{i}w"], P[f"c{i}b"], padding=1)
                h = F.batch_norm(h, Bf["rm" + i], Bf["rv" + i], P["g" + i], P["be" + i], train, 0.1, 1e-5)
                h = F.max_pool2d(torch.relu(h), 2)
            return F.linear(h.flatten(1), P["W0"], P["b0"])
    elif w.kind == "lstm":
        T, H = w.dims["T"], w.dims["H"]
        zb = torch.zeros(4 * H)

        def logits(P, Bf, x, train):
            return lstm_unrolled(P, x, T, H) if unroll else lstm_native(P, x, H, zb)
    elif w.kind == "transformer":
        d = w.dims
        B, T, D, NH, L = d["B"], d["T"], d["D"], d["NH"], d["L"]

        def logits(P, Bf, x, train):
            h = F.embedding(x, P["emb"]) + P["pos"]
            for i in range(L):
                q = f"l{i}_"
                z = F.layer_norm(h, (D,), P[q + "ln1g"], P[q + "ln1b"], 1e-5)
                qq, kk, vv = F.linear(z, P[q + "wqkv"], P[q + "bqkv"]).split(D, 2)
                qq, kk, vv = (u.view(B, T, NH, D // NH).transpose(1, 2) for u in (qq, kk, vv))
                a = F.scaled_dot_product_attention(qq, kk, vv, is_causal=True)
                h = h + F.linear(a.transpose(1, 2).reshape(B, T, D), P[q + "wo"], P[q + "bo"])
                z = F.layer_norm(h, (D,), P[q + "ln2g"], P[q + "ln2b"], 1e-5)
                z = F.gelu(F.linear(z, P[q + "w1"], P[q + "b1"]), approximate="tanh")
                h = h + F.linear(z, P[q + "w2"], P[q + "b2"])
            h = F.layer_norm(h, (D,), P["lnfg"], P["lnfb"], 1e-5)
            return F.linear(h, P["head"])
    else:
        raise NotImplementedError(w.kind)
    return logits


def make_loss(w, logits):
    def loss(P, Bf, x, y):
        z = logits(P, Bf, x, True)
        if w.loss == "mse":
            return F.mse_loss(torch.sigmoid(z) if w.out == "sigmoid" else z, y)
        if w.loss == "bce":
            return F.binary_cross_entropy_with_logits(z, y)
        return F.cross_entropy(z.reshape(-1, z.shape[-1]), y.reshape(-1))

    return loss
