"""JAX with the training loop itself compiled: k steps per call (lax.fori_loop over the ring of batches).

Not the same contract as step(): Python sees only the last loss of the k steps.  It is the floor of what a
whole-program compiler among the peers reaches when Python does not have to see every step.  Forward is one
call per forward, as in jax_jit (in a loop XLA would hoist what does not change)."""

import _jax_models as M
import jax
import jax.numpy as jnp
import jax_jit
import workloads
from jax import lax

versions = jax_jit.versions


def supports(name):
    return name in ("W1", "W2", "W3", "W11a", "W11b")


class Net:
    def __init__(self, name, threads):
        w = self.w = workloads.get(name)
        self.P0, self.B0, data = M.convert(w)
        self.X = jnp.stack([x for x, _ in data])
        self.Y = jnp.stack([y for _, y in data])
        self.xs = [jax.device_put(x) for x, _ in data]
        step, fwd = M.make_step(w)
        n = len(data)

        def many(st, i0, k, X, Y):
            def body(j, c):
                st, _ = c
                b = (i0 + j) % n
                return step(st, lax.dynamic_index_in_dim(X, b, 0, False), lax.dynamic_index_in_dim(Y, b, 0, False))

            return lax.fori_loop(0, k, body, (st, jnp.float32(0)))

        self._many = jax.jit(many, donate_argnums=(0,))

        self._fwd = jax.jit(fwd)
        self.reset()

    def reset(self):
        self.st = M.init_state(self.w, self.P0, self.B0)
        self.i = 0
        self.last = None

    def steps(self, k):
        self.st, self.last = self._many(self.st, self.i, k, self.X, self.Y)
        self.i += k
        return self.last

    def step(self):
        return self.steps(1)

    def forward(self):
        self.last = self._fwd(self.st[0], self.st[2], self.xs[self.i % len(self.xs)])
        return self.last

    def sync(self):
        if self.last is not None:
            self.last.block_until_ready()
        jax.block_until_ready(self.st)


def build(name, threads):
    return Net(name, threads)
