"""PyTensor: one compiled function per step, parameters and moments as shared variables, updates inside."""

import os

import numpy as np
import pytensor
import pytensor.tensor as pt
import workloads

MODE = os.environ.get("PEERS_PYTENSOR_MODE", "NUMBA")  # C linker: no BLAS headers in the wheel's environment


def supports(name):
    return workloads.get(name).kind == "mlp"


def threads_ok(name, threads):  # the numba compile takes long: 2 threads only where a GEMM can use them
    return threads == 1 or name in ("W3", "W4")


def versions():
    import numba

    return {"pytensor": pytensor.__version__, "numba": numba.__version__}


class Net:
    def __init__(self, name, threads):
        pytensor.config.floatX = "float32"
        w = self.w = workloads.get(name)
        f = np.float32
        P = self.P = {k: pytensor.shared(v.copy(), name=k) for k, v in w.params.items()}
        self.state = []
        x = pt.fmatrix("x")
        y = pt.lvector("y") if w.loss == "ce" else pt.fmatrix("y")
        act = {"relu": lambda z: pt.maximum(z, f(0)), "tanh": pt.tanh, "sigmoid": pt.sigmoid}[w.act]
        h = x
        n = len(w.sizes) - 1
        for layer in range(n):
            h = pt.dot(h, P[f"W{layer}"]) + P[f"b{layer}"]
            if layer < n - 1:
                h = act(h)
        out = pt.sigmoid(h) if w.out == "sigmoid" else h
        if w.loss == "mse":
            loss = pt.mean((out - y) ** 2)
        elif w.loss == "bce":
            loss = pt.mean(pt.softplus(h) - h * y)
        else:
            lp = pt.special.log_softmax(h, axis=-1)
            loss = -pt.mean(lp[pt.arange(w.batch), y])
        ps = list(P.values())
        gs = pt.grad(loss, ps)
        o = w.opt
        up = {}
        if o["kind"] == "sgd":
            for p, g in zip(ps, gs, strict=False):
                up[p] = p - f(o["lr"]) * g
        else:
            t = pytensor.shared(f(0), name="t")
            self.state.append(t)
            t1 = t + f(1)
            c1 = -pt.expm1(t1 * f(np.log(o["b1"])))
            c2 = pt.sqrt(-pt.expm1(t1 * f(np.log(o["b2"]))))
            up[t] = t1
            for p, g in zip(ps, gs, strict=False):
                m = pytensor.shared(np.zeros_like(p.get_value()))
                v = pytensor.shared(np.zeros_like(p.get_value()))
                self.state += [m, v]
                m1 = f(o["b1"]) * m + f(1 - o["b1"]) * g
                v1 = f(o["b2"]) * v + f(1 - o["b2"]) * g * g
                up[m], up[v] = m1, v1
                up[p] = p - (f(o["lr"]) / c1) * m1 / (pt.sqrt(v1) / c2 + f(o["eps"]))
        up = {k: v.astype("float32") for k, v in up.items()}
        self._f = pytensor.function([x, y], loss, updates=up, mode=MODE, trust_input=True)
        self._g = None
        self._gx, self._go = x, out
        self.data = w.batches
        self.i = 0

    def reset(self):
        for k, v in self.w.params.items():
            self.P[k].set_value(v.copy())
        for s in self.state:
            s.set_value(np.zeros_like(s.get_value()))
        self.i = 0

    def step(self):
        x, y = self.data[self.i % len(self.data)]
        self.i += 1
        return self._f(x, y)

    def forward(self):
        if self._g is None:
            self._g = pytensor.function([self._gx], self._go, mode=MODE, trust_input=True)
        return self._g(self.data[self.i % len(self.data)][0])

    def sync(self):
        pass


def build(name, threads):
    return Net(name, threads)
