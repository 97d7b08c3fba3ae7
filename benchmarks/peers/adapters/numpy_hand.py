"""Hand-written expert NumPy for the MLPs: every buffer preallocated, every operation in place."""

import numpy as np
import workloads


def supports(name):
    return workloads.get(name).kind == "mlp"


def versions():
    return {"numpy": np.__version__}


class Net:
    def __init__(self, name, threads):
        w = self.w = workloads.get(name)
        self.n = len(w.sizes) - 1
        # one flat vector for all parameters, gradients and moments: the optimiser is a few long vector operations
        total = w.n_params
        self.flat = np.empty(total, np.float32)
        self.gflat = np.zeros(total, np.float32)
        self.m = np.zeros(total, np.float32)
        self.v = np.zeros(total, np.float32)
        self.t1 = np.empty(total, np.float32)
        self.t2 = np.empty(total, np.float32)
        self.W, self.b, self.gW, self.gb = [], [], [], []
        o = 0
        for k, p in w.params.items():
            (self.W if k[0] == "W" else self.b).append(self.flat[o : o + p.size].reshape(p.shape))
            (self.gW if k[0] == "W" else self.gb).append(self.gflat[o : o + p.size].reshape(p.shape))
            o += p.size
        B = w.batch
        self.a = [None] + [np.empty((B, s), np.float32) for s in w.sizes[1:]]
        self.d = [None] + [np.empty((B, s), np.float32) for s in w.sizes[1:]]
        self.tmp = [None] + [np.empty((B, s), np.float32) for s in w.sizes[1:]]
        self.mask = [None] + [np.empty((B, s), bool) for s in w.sizes[1:]]
        self.col = np.empty((B, 1), np.float32)
        self.rows = np.arange(B)
        self.WT = [x.T for x in self.W]
        self.data = w.batches
        self.dataT = [x.T for x, _ in self.data]
        self.aT = [None] + [x.T for x in self.a[1:]]
        self.ones = np.ones(B, np.float32)
        self.reset()

    def reset(self):
        np.concatenate([p.ravel() for p in self.w.params.values()], out=self.flat)
        self.m.fill(0)
        self.v.fill(0)
        self.i = 0
        self.b1t = self.b2t = 1.0

    def _fwd(self, x):
        h = x
        n = self.n
        act = self.w.act
        for layer in range(n):
            z = self.a[layer + 1]
            np.dot(h, self.W[layer], out=z)
            z += self.b[layer]
            if layer < n - 1:
                if act == "relu":
                    np.maximum(z, 0, out=z)
                elif act == "tanh":
                    np.tanh(z, out=z)
                else:
                    self._sigmoid(z)
            h = z
        return h

    @staticmethod
    def _sigmoid(z):
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1
        np.reciprocal(z, out=z)

    def forward(self):
        x, _ = self.data[self.i % len(self.data)]
        z = self._fwd(x)
        if self.w.out == "sigmoid":
            self._sigmoid(z)
        return z

    def step(self):
        w = self.w
        k = self.i % len(self.data)
        self.i += 1
        x, y = self.data[k]
        n = self.n
        z = self._fwd(x)
        d, tmp = self.d[n], self.tmp[n]
        if w.loss == "mse":
            if w.out == "sigmoid":
                self._sigmoid(z)
            np.subtract(z, y, out=d)
            r = d.ravel()
            loss = np.dot(r, r) / d.size
            d *= 2.0 / d.size
            if w.out == "sigmoid":
                d *= z
                np.subtract(1, z, out=tmp)
                d *= tmp
        elif w.loss == "bce":  # on the logit: max(z,0) - z*y + log(1+exp(-|z|))
            np.abs(z, out=tmp)
            np.negative(tmp, out=tmp)
            np.exp(tmp, out=tmp)
            np.log1p(tmp, out=tmp)
            np.multiply(z, y, out=d)
            tmp -= d
            np.maximum(z, 0, out=d)
            tmp += d
            loss = tmp.sum() / d.size
            np.copyto(d, z)
            self._sigmoid(d)
            d -= y
            d *= 1.0 / d.size
        else:
            col = self.col
            np.max(z, axis=1, keepdims=True, out=col)
            z -= col
            np.exp(z, out=d)
            np.sum(d, axis=1, keepdims=True, out=col)
            B = w.batch
            loss = (np.log(col).sum() - z[self.rows, y].sum()) / B
            d /= col
            d[self.rows, y] -= 1
            d *= 1.0 / B
        act = w.act
        for layer in range(n - 1, -1, -1):
            np.dot(self.dataT[k] if layer == 0 else self.aT[layer], d, out=self.gW[layer])
            np.dot(self.ones, d, out=self.gb[layer])
            if layer:
                a, e = self.a[layer], self.d[layer]
                np.dot(d, self.WT[layer], out=e)
                if act == "relu":
                    np.greater(a, 0, out=self.mask[layer])
                    e *= self.mask[layer]
                elif act == "tanh":
                    t = self.tmp[layer]
                    np.multiply(a, a, out=t)
                    np.subtract(1, t, out=t)
                    e *= t
                else:
                    t = self.tmp[layer]
                    np.subtract(1, a, out=t)
                    e *= t
                    e *= a
                d = e
        o = w.opt
        g, t1 = self.gflat, self.t1
        if o["kind"] == "sgd":
            g *= o["lr"]
            self.flat -= g
        else:
            self.b1t *= o["b1"]
            self.b2t *= o["b2"]
            m, v, t2 = self.m, self.v, self.t2
            m *= o["b1"]
            np.multiply(g, 1 - o["b1"], out=t1)
            m += t1
            v *= o["b2"]
            np.multiply(g, g, out=t1)
            t1 *= 1 - o["b2"]
            v += t1
            np.sqrt(v, out=t1)
            t1 *= 1.0 / (1 - self.b2t) ** 0.5
            t1 += o["eps"]
            np.divide(m, t1, out=t2)
            t2 *= o["lr"] / (1 - self.b1t)
            self.flat -= t2
        return loss

    def sync(self):
        pass


def build(name, threads):
    return Net(name, threads)
