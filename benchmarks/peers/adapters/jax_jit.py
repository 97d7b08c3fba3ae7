"""JAX: the whole step (loss, gradient, optimiser) in one jit with donated state."""

import _jax_models as M
import jax
import workloads


def supports(name):
    return True


def versions():
    import jaxlib

    return {"jax": jax.__version__, "jaxlib": jaxlib.__version__}


class Net:
    def __init__(self, name, threads):
        w = self.w = workloads.get(name)
        self.P0, self.B0, data = M.convert(w)
        self.data = [(jax.device_put(x), jax.device_put(y)) for x, y in data]
        step, fwd = M.make_step(w)
        self._step = jax.jit(step, donate_argnums=(0,))
        self._fwd = jax.jit(fwd)
        self.reset()

    def reset(self):
        self.st = M.init_state(self.w, self.P0, self.B0)
        self.i = 0
        self.last = None

    def step(self):
        x, y = self.data[self.i % len(self.data)]
        self.i += 1
        self.st, self.last = self._step(self.st, x, y)
        return self.last

    def forward(self):
        self.last = self._fwd(self.st[0], self.st[2], self.data[self.i % len(self.data)][0])
        return self.last

    def sync(self):
        if self.last is not None:
            self.last.block_until_ready()
        jax.block_until_ready(self.st)


def build(name, threads):
    return Net(name, threads)
