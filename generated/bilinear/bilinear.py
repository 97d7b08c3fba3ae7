"""The network bilinear in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 6] float32
    y [B, 2] float32
Parameters
    pair.W [4, 6, 6]
    pair.c [4]
    out.weight [2, 4]
    out.bias [2]
Settings
    lr = 0.01
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from bilinear import Network

    net = Network()
    net.parameter_views["pair.W"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, y)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import matmul, multiply, sqrt, square, subtract, vdot

real = np.float32
B = "B"  # in a shape: the batch size

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("pair.W", 0, (4, 6, 6)),
    ("pair.c", 144, (4,)),
    ("out.weight", 160, (2, 4)),
    ("out.bias", 176, (2,)),
)
STATES = (
    ("pair.W.m", 0, (4, 6, 6)),
    ("pair.c.m", 144, (4,)),
    ("out.weight.m", 160, (2, 4)),
    ("out.bias.m", 176, (2,)),
    ("pair.W.v", 192, (4, 6, 6)),
    ("pair.c.v", 336, (4,)),
    ("out.weight.v", 352, (2, 4)),
    ("out.bias.v", 368, (2,)),
)
FIXED = (
    ("pair_W", "parameters", real, 0, 0, (4, 6, 6)),
    ("pair_c", "parameters", real, 0, 144, (4,)),
    ("out_weight", "parameters", real, 0, 160, (2, 4)),
    ("out_bias", "parameters", real, 0, 176, (2,)),
    ("pair_W_m", "states", real, 0, 0, (4, 6, 6)),
    ("pair_c_m", "states", real, 0, 144, (4,)),
    ("out_weight_m", "states", real, 0, 160, (2, 4)),
    ("out_bias_m", "states", real, 0, 176, (2,)),
    ("pair_W_v", "states", real, 0, 192, (4, 6, 6)),
    ("pair_c_v", "states", real, 0, 336, (4,)),
    ("out_weight_v", "states", real, 0, 352, (2, 4)),
    ("out_bias_v", "states", real, 0, 368, (2,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_pair_W", "gradients", real, 0, 0, (4, 6, 6)),
    ("d_pair_c", "gradients", real, 0, 144, (4,)),
    ("d_out_weight", "gradients", real, 0, 160, (2, 4)),
    ("d_out_bias", "gradients", real, 0, 176, (2,)),
    ("gradients", "gradients", real, 0, 0, (178,)),
    ("m", "states", real, 0, 0, (178,)),
    ("v", "states", real, 0, 192, (178,)),
    ("parameters", "parameters", real, 0, 0, (178,)),
)
WORKSPACE = {
    "forward": (
        ("pair_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair", "workspace", real, 1, 32, (B, 4)),
        ("out", "workspace", real, 1, 0, (B, 2)),
    ),
    "loss": (
        ("pair_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair", "workspace", real, 1, 32, (B, 4)),
        ("out", "workspace", real, 1, 0, (B, 2)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("pair_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair", "workspace", real, 1, 32, (B, 4)),
        ("out", "workspace", real, 1, 2, (B, 2)),
        ("d_out", "workspace", real, 1, 0, (B, 2)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_pair", "workspace", real, 1, 32, (B, 4)),
        ("d_pair_W_part", "workspace", real, 1, 0, (B, 4, 6)),
    ),
    "input_gradients": (
        ("pair_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair", "workspace", real, 1, 32, (B, 4)),
        ("out", "workspace", real, 1, 38, (B, 2)),
        ("d_y", "workspace", real, 1, 52, (B, 2)),
        ("d_out", "workspace", real, 1, 36, (B, 2)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_pair", "workspace", real, 1, 48, (B, 4)),
        ("d_pair_W_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair_r_part", "workspace", real, 1, 0, (B, 6, 4)),
        ("pair_r", "workspace", real, 1, 32, (B, 6)),
        ("d_x_part", "workspace", real, 1, 0, (B, 6, 4)),
        ("d_x", "workspace", real, 1, 40, (B, 6)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("pair_part", "workspace", real, 1, 0, (B, 4, 6)),
        ("pair", "workspace", real, 1, 32, (B, 4)),
        ("out", "workspace", real, 1, 2, (B, 2)),
        ("d_out", "workspace", real, 1, 0, (B, 2)),
        ("loss", "workspace", real, 0, 4, ()),
        ("d_pair", "workspace", real, 1, 32, (B, 4)),
        ("d_pair_W_part", "workspace", real, 1, 0, (B, 4, 6)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 2)),
    ("scratch_2", "reals", real, 0, 0, (6, 4, 6)),
    ("scratch_3", "reals", real, 0, 0, (6, 6, 4)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_4", "reals", real, 0, 1, (178,)),
    ("number_2", "reals", real, 0, 179, ()),
    ("scratch_5", "reals", real, 0, 180, (178,)),
    ("number_3", "reals", real, 0, 358, ()),
)
RESULTS = {
    "forward": (
        ("out", 1, 0, (B, 2)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 40, (B, 6)),
        ("y", 1, 52, (B, 2)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 64, 0),
    "reals": (359, 2, 0),
}


def equation_4_6_6(part, x, W):
    """pair: equation (one side of the product).

    Writes part [B, 4, 6]; reads x [B, 6], W [4, 6, 6].
    """
    # (1) pair[b, k] = sum[i, j](x[b, i] * x[b, j] * pair.W[k, i, j]) + pair.c[k]
    x.dot(W.reshape(24, 6).T, out=part.reshape(-1, 24))


def equation_4_6(pair, part, x, c):
    """pair: equation.

    Writes pair [B, 4]; reads part [B, 4, 6], x [B, 6], c [4].
    """
    # (1) pair[b, k] = sum[i, j](x[b, i] * x[b, j] * pair.W[k, i, j]) + pair.c[k]
    matmul(part, x[..., None], out=pair[..., None])
    pair += c


def linear_2_4(out, pair, weight, bias):
    """out: linear.

    Writes out [B, 2]; reads pair [B, 4], weight [2, 4], bias [2].
    """
    # (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
    pair.dot(weight.T, out=out)
    out += bias


def mse_2(loss, out, y, scratch, batch):
    """loss: mse.

    Writes loss; reads out [B, 2], y [B, 2].
    """
    # (3) loss = sum[b, i]((out[b, i] - y[b, i])**2) / (2 * B)
    subtract(out, y, out=scratch)
    loss[...] = vdot(scratch, scratch) / (2.0 * batch)


def linear_d_out_2_4(out, d_out, pair, weight, bias, y, factor):
    """out: linear, gradient of linear.

    Writes out [B, 2], d_out [B, 2]; reads pair [B, 4], weight [2, 4], bias [2], y [B, 2].
    """
    # (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
    pair.dot(weight.T, out=out)
    out += bias
    # (5) d.out[b, o] = (out[b, o] - y[b, o]) / B
    subtract(out, y, out=d_out)
    d_out *= factor


def d_weight_2_4(d_weight, d_out, pair):
    """out: gradient of linear.

    Writes d_weight [2, 4]; reads d_out [B, 2], pair [B, 4].
    """
    # (6) d.out.weight[o, i] = sum[b](d.out[b, o] * pair[b, i])
    d_out.T.dot(pair, out=d_weight)


def d_bias_2(d_bias, d_out, ones):
    """out: gradient of linear.

    Writes d_bias [2]; reads d_out [B, 2].
    """
    # (7) d.out.bias[o] = sum[b](d.out[b, o])
    ones.dot(d_out, out=d_bias)


def d_pair_4_2(d_pair, d_out, weight):
    """pair: gradient of equation.

    Writes d_pair [B, 4]; reads d_out [B, 2], weight [2, 4].
    """
    # (8) d.pair[b, k] = sum[i](d.out[b, i] * out.weight[i, k])
    d_out.dot(weight, out=d_pair)


def d_c_4(d_c, d_pair, ones):
    """pair: gradient of equation.

    Writes d_c [4]; reads d_pair [B, 4].
    """
    # (10) d.pair.c[k] = sum[b](d.pair[b, k])
    ones.dot(d_pair, out=d_c)


def d_W_4_6(d_part, d_pair, x):
    """pair: gradient of equation (one side of the product).

    Writes d_part [B, 4, 6]; reads d_pair [B, 4], x [B, 6].
    """
    # (9) d.pair.W[k, i, j] = sum[b](d.pair[b, k] * x[b, i] * x[b, j])
    multiply(d_pair[:, :, None], x[:, None], out=d_part)


def d_W_4_6_6(d_W, d_part, x):
    """pair: gradient of equation.

    Writes d_W [4, 6, 6]; reads d_part [B, 4, 6], x [B, 6].
    """
    # (9) d.pair.W[k, i, j] = sum[b](d.pair[b, k] * x[b, i] * x[b, j])
    d_part.reshape(-1, 24).T.dot(x, out=d_W.reshape(24, 6))


def linear_d_y_d_out_2_4(out, d_y, d_out, pair, weight, bias, y, factor):
    """out: linear, gradient of linear; loss: gradient of mse.

    Writes out [B, 2], d_y [B, 2], d_out [B, 2]; reads pair [B, 4], weight [2, 4], bias [2], y [B, 2].
    """
    # (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
    pair.dot(weight.T, out=out)
    out += bias
    # (5)
    # (4) d.y[b, i] = (y[b, i] - out[b, i]) / B
    subtract(y, out, out=d_y)
    d_y *= factor
    subtract(out, y, out=d_out)
    d_out *= factor


def r_6_4_6(part, x, W, scratch):
    """pair: gradient of equation (one side of the product).

    Writes part [B, 6, 4]; reads x [B, 6], W [4, 6, 6].
    """
    # (11) pair.r[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, i, k])
    scratch[...] = W.transpose(1, 0, 2)
    x.dot(scratch.reshape(24, 6).T, out=part.reshape(-1, 24))


def r_6_4(r, part, d_pair):
    """pair: gradient of equation.

    Writes r [B, 6]; reads part [B, 6, 4], d_pair [B, 4].
    """
    # (11) pair.r[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, i, k])
    matmul(part, d_pair[..., None], out=r[..., None])


def d_x_6_4_6(d_part, x, W, scratch):
    """pair: gradient of equation (one side of the product).

    Writes d_part [B, 6, 4]; reads x [B, 6], W [4, 6, 6].
    """
    # (12) d.x[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, k, i]) + pair.r[b, i]
    scratch[...] = W.transpose(1, 2, 0)
    x.dot(scratch.reshape(6, 24), out=d_part.reshape(-1, 24))


def d_x_6_4(d_x, d_part, d_pair, r):
    """pair: gradient of equation.

    Writes d_x [B, 6]; reads d_part [B, 6, 4], d_pair [B, 4], r [B, 6].
    """
    # (12) d.x[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, k, i]) + pair.r[b, i]
    matmul(d_part, d_pair[..., None], out=d_x[..., None])
    d_x += r


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (13) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (14) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (15) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_178(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
             number_3):
    """pair.W to out.bias: adam.

    Writes m [178], v [178], parameters [178]; reads beta1, beta2, rate, scale, eps; uses up gradients [178].
    For (16) (17) (18) (19) (20) (21) (22) (23) (24) (25) (26) (27) too.
    """
    # (16) pair.W.m.next[k, i, j] = (1 - beta1) * d.pair.W[k, i, j] + beta1 * pair.W.m[k, i, j]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (17) pair.W.v.next[k, i, j] = (1 - beta2) * d.pair.W[k, i, j]**2 + beta2 * pair.W.v[k, i, j]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (18) pair.W.next[k, i, j] = pair.W[k, i, j] - optimizer.rate * pair.W.m.next[k, i, j] / (optimizer.scale *
    #     sqrt(pair.W.v.next[k, i, j]) + eps)
    number[...] = float(rate)
    multiply(number, m, out=scratch)
    sqrt(v, out=scratch_2)
    number_2[...] = float(scale)
    scratch_2 *= number_2
    number_3[...] = float(eps)
    scratch_2 += number_3
    scratch /= scratch_2
    parameters -= scratch


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(178, real) if parameters is None else parameters,
            "gradients": np.zeros(178, real) if gradients is None else gradients,
            "states": np.zeros(370, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.01, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
        }
        self._bound = WeakValueDictionary()  # (program, batch) -> its arrays, while somebody holds them
        self._recent = deque(maxlen=16)  # the network itself holds these
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost.

        The arrays of programs stay the ones they are, as views of the new blocks.
        """
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 64 * capacity, real)
        self.blocks["reals"] = np.zeros(359 + 2 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 6))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        equation_4_6_6(a.pair_part, x, a.pair_W)  # (1)
        equation_4_6(a.pair, a.pair_part, x, a.pair_c)  # (1)
        linear_2_4(a.out, a.pair, a.out_weight, a.out_bias)  # (2)
        return 0.0

    def loss(self, x, y):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 6))
        y = as_input(y, "y", real, (batch, 2))
        return self._run("loss", batch, x, y)

    @staticmethod
    def _loss(a, batch, x, y):
        equation_4_6_6(a.pair_part, x, a.pair_W)  # (1)
        equation_4_6(a.pair, a.pair_part, x, a.pair_c)  # (1)
        linear_2_4(a.out, a.pair, a.out_weight, a.out_bias)  # (2)
        mse_2(a.loss, a.out, y, a.scratch, batch)  # (3)
        return float(a.loss)

    def gradients(self, x, y):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 6))
        y = as_input(y, "y", real, (batch, 2))
        return self._run("gradients", batch, x, y)

    @staticmethod
    def _gradients(a, batch, x, y):
        equation_4_6_6(a.pair_part, x, a.pair_W)  # (1)
        equation_4_6(a.pair, a.pair_part, x, a.pair_c)  # (1)
        linear_d_out_2_4(a.out, a.d_out, a.pair, a.out_weight, a.out_bias, y, a.factor)  # (2) (5)
        d_weight_2_4(a.d_out_weight, a.d_out, a.pair)  # (6)
        mse_2(a.loss, a.out, y, a.scratch, batch)  # (3)
        d_bias_2(a.d_out_bias, a.d_out, a.ones)  # (7)
        d_pair_4_2(a.d_pair, a.d_out, a.out_weight)  # (8)
        d_c_4(a.d_pair_c, a.d_pair, a.ones)  # (10)
        d_W_4_6(a.d_pair_W_part, a.d_pair, x)  # (9)
        d_W_4_6_6(a.d_pair_W, a.d_pair_W_part, x)  # (9)
        return float(a.loss)

    def input_gradients(self, x, y):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 6))
        y = as_input(y, "y", real, (batch, 2))
        return self._run("input_gradients", batch, x, y)

    @staticmethod
    def _input_gradients(a, batch, x, y):
        equation_4_6_6(a.pair_part, x, a.pair_W)  # (1)
        equation_4_6(a.pair, a.pair_part, x, a.pair_c)  # (1)
        # (2) (4) (5)
        linear_d_y_d_out_2_4(a.out, a.d_y, a.d_out, a.pair, a.out_weight, a.out_bias, y, a.factor)
        d_weight_2_4(a.d_out_weight, a.d_out, a.pair)  # (6)
        mse_2(a.loss, a.out, y, a.scratch, batch)  # (3)
        d_bias_2(a.d_out_bias, a.d_out, a.ones)  # (7)
        d_pair_4_2(a.d_pair, a.d_out, a.out_weight)  # (8)
        d_c_4(a.d_pair_c, a.d_pair, a.ones)  # (10)
        d_W_4_6(a.d_pair_W_part, a.d_pair, x)  # (9)
        d_W_4_6_6(a.d_pair_W, a.d_pair_W_part, x)  # (9)
        r_6_4_6(a.pair_r_part, x, a.pair_W, a.scratch_2)  # (11)
        r_6_4(a.pair_r, a.pair_r_part, a.d_pair)  # (11)
        d_x_6_4_6(a.d_x_part, x, a.pair_W, a.scratch_3)  # (12)
        d_x_6_4(a.d_x, a.d_x_part, a.d_pair, a.pair_r)  # (12)
        return float(a.loss)

    def step(self, x, y):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 6))
        y = as_input(y, "y", real, (batch, 2))
        return self._run("step", batch, x, y)

    @staticmethod
    def _step(a, batch, x, y):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (13) (14) (15)
        equation_4_6_6(a.pair_part, x, a.pair_W)  # (1)
        equation_4_6(a.pair, a.pair_part, x, a.pair_c)  # (1)
        linear_d_out_2_4(a.out, a.d_out, a.pair, a.out_weight, a.out_bias, y, a.factor)  # (2) (5)
        d_weight_2_4(a.d_out_weight, a.d_out, a.pair)  # (6)
        mse_2(a.loss, a.out, y, a.scratch, batch)  # (3)
        d_bias_2(a.d_out_bias, a.d_out, a.ones)  # (7)
        d_pair_4_2(a.d_pair, a.d_out, a.out_weight)  # (8)
        d_c_4(a.d_pair_c, a.d_pair, a.ones)  # (10)
        d_W_4_6(a.d_pair_W_part, a.d_pair, x)  # (9)
        d_W_4_6_6(a.d_pair_W, a.d_pair_W_part, x)  # (9)
        # (16) (17) (18) (19) (20) (21) (22) (23) (24) (25) (26) (27)
        adam_178(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                 a.eps, a.number, a.scratch_4, a.number_2, a.scratch_5, a.number_3)
        return float(a.loss)

    @np.errstate(all="ignore")
    def _run(self, program, batch, *inputs):
        return self.bind(program, batch)(*inputs)

    def bind(self, program, batch):
        """A program for batches of this many rows, as a function of inputs that fit: it checks nothing."""
        return partial(getattr(self, f"_{program}"), self._arrays(program, batch), batch)

    def results(self, program, batch):
        """What a call of a program, with this many rows, left in the workspace: views by name."""
        return {
            name: self._place(batch, "workspace", real, degree, offset, shape)
            for name, degree, offset, shape in RESULTS[program]
        }

    def _arrays(self, program, batch):
        """The arrays of a program for a batch of this many rows: views of the flat blocks, kept for the next call."""
        arrays = self._bound.get((program, batch))
        if arrays is None:
            if not 1 <= batch <= self.capacity:
                raise ValueError(f"a batch of {batch} rows, but the workspace is for {self.capacity}: reserve more")
            arrays = self._bound[program, batch] = Arrays()
            arrays.set(self._placed(program, batch))
            self._recent.append(arrays)
        return arrays

    @np.errstate(all="ignore")
    def _placed(self, program, batch):
        """The arrays of a program by name."""
        arrays = {name: self._place(batch, *where) for name, *where in (*FIXED, *WORKSPACE[program], *SCRATCH)}
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["ones"] = np.ones(batch, real)
        return arrays

    def _place(self, batch, block, dtype, degree, offset, shape):
        """The view of a block that is an array of this shape."""
        shape = tuple(batch if extent == B else extent for extent in shape)
        regions = REGIONS.get(block, (0, 0, 0))
        start = sum(regions[n] * self.capacity**n for n in range(degree)) + offset * self.capacity**degree
        flat = self.blocks[block]
        count = int(np.prod(shape))
        elements = -(-count * np.dtype(dtype).itemsize // flat.itemsize)
        return flat[start : start + elements].view(dtype)[:count].reshape(shape)

    def _views(self, block, table):
        """The tensors of a block, by the names of the description."""
        return {name: self._place(0, block, real, 0, *where) for name, *where in table}


class Arrays:
    """Arrays as attributes: set one by one, they are found three times as fast as those of a SimpleNamespace."""

    def set(self, arrays):
        for name, array in arrays.items():
            setattr(self, name, array)


def as_input(value, name, dtype, shape):
    """The array of an input: contiguous, of its dtype and shape; no copy where it is so already."""
    array = np.asarray(value, dtype, order="C")
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    return array
