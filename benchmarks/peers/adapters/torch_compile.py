"""torch.compile (inductor) of the WHOLE step: forward, backward and optimiser in one graph.

The gradient is taken with torch.func inside the compiled function and the update is written as in-place
operations, so there is one Python call into compiled code per step.  W7 differs: inductor unrolls a traced LSTM
into 64 steps (minutes to compile, and the result is slower than the native LSTM), so by default forward and
backward run eagerly with the native LSTM and only the update is compiled; PEERS_LSTM_UNROLL=1 compiles it all."""

import math
import os

import _torch_models as M
import torch
import workloads


def supports(name):
    return True


def versions():
    return {"torch": torch.__version__}


def functional_update(o, P, S, G, t):
    for k, p in P.items():
        g = G[k]
        if o["kind"] == "sgd":
            p.sub_(g, alpha=o["lr"])
        elif o["kind"] == "momentum":
            m = S["m"][k]
            m.mul_(o["mu"]).add_(g)
            p.sub_(m, alpha=o["lr"])
        else:
            m, v = S["m"][k], S["v"][k]
            m.mul_(o["b1"]).add_(g, alpha=1 - o["b1"])
            v.mul_(o["b2"]).addcmul_(g, g, value=1 - o["b2"])
            c1 = -torch.expm1(t * math.log(o["b1"]))  # 1 - b1**t without float32 cancellation
            c2 = torch.sqrt(-torch.expm1(t * math.log(o["b2"])))
            if o["kind"] == "adamw":
                p.mul_(1 - o["lr"] * o["wd"])
            p.sub_((o["lr"] / c1) * m / (v.sqrt() / c2 + o["eps"]))


class Net:
    def __init__(self, name, threads):
        torch.set_num_threads(threads)
        torch._dynamo.config.cache_size_limit = 64
        w = self.w = workloads.get(name)
        self.P0 = M.convert(w)
        self.P = {k: v.clone() for k, v in self.P0.items()}
        self.Bf = {k: torch.from_numpy(v.copy()) for k, v in w.buffers.items()}
        self.data = M.data(w)
        kind = w.opt["kind"]
        self.S = {}
        if kind != "sgd":
            self.S["m"] = {k: torch.zeros_like(v) for k, v in self.P.items()}
        if kind in ("adam", "adamw"):
            self.S["v"] = {k: torch.zeros_like(v) for k, v in self.P.items()}
        self.t = torch.zeros((), dtype=torch.float32)
        self.split = w.kind == "lstm" and not os.environ.get("PEERS_LSTM_UNROLL")
        logits = M.make(w, unroll=not self.split)
        loss = M.make_loss(w, logits)
        o = w.opt
        P, S, Bf, t = self.P, self.S, self.Bf, self.t

        if self.split:  # native LSTM: autograd eager around a compiled optimiser
            for p in P.values():
                p.requires_grad_()
            closs = loss

            def upd(P, S, t, G):
                t.add_(1)
                functional_update(o, P, S, G, t)

            cupd = torch.compile(upd, dynamic=False, fullgraph=True)

            def step(x, y):
                value = closs(P, Bf, x, y)
                gs = torch.autograd.grad(value, list(P.values()))
                with torch.no_grad():
                    cupd(P, S, t, dict(zip(P, gs, strict=False)))
                return value.detach()

            self._step = step
        else:

            def step(P, S, Bf, t, x, y):
                G, value = torch.func.grad_and_value(loss)(P, Bf, x, y)
                t.add_(1)
                functional_update(o, P, S, G, t)
                return value

            cstep = torch.compile(step, fullgraph=True, dynamic=False)
            self._step = lambda x, y: cstep(P, S, Bf, t, x, y)

        def fwd(P, Bf, x):
            z = logits(P, Bf, x, False)
            return torch.sigmoid(z) if w.out == "sigmoid" else z

        self._fwd = fwd if self.split else torch.compile(fwd, dynamic=False)
        self.i = 0

    def reset(self):
        with torch.no_grad():
            for k, v in self.P0.items():
                self.P[k].copy_(v)
            for k, v in self.w.buffers.items():
                self.Bf[k].copy_(torch.from_numpy(v))
            for d in self.S.values():
                for v in d.values():
                    v.zero_()
            self.t.zero_()
        self.i = 0

    def step(self):
        x, y = self.data[self.i % len(self.data)]
        self.i += 1
        return self._step(x, y)

    @torch.no_grad()
    def forward(self):
        return self._fwd(self.P, self.Bf, self.data[self.i % len(self.data)][0])

    def sync(self):
        pass


def build(name, threads):
    return Net(name, threads)
