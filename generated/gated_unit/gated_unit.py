"""The network gated_unit in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 5] float32
    y [B, 1] float32
Parameters
    gated.V [8, 5]
    gated.G [8, 5]
    gated.c [8]
    out.weight [1, 8]
    out.bias [1]
Settings
    lr = 0.01
    eps = 1e-08
    weight_decay = 0.01
    beta1 = 0.9
    beta2 = 0.999
    steps = 2000.0
    min_lr = 0.0

Use
    from gated_unit import Network

    net = Network()
    net.parameter_views["gated.V"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, y)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    absolute, copyto, cos, exp, greater, maximum, minimum, multiply, negative, reciprocal, sqrt, square,
    subtract, vdot,
)

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)
HALF = np.array(0.5, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("gated.V", 0, (8, 5), "F"),
    ("gated.G", 48, (8, 5), "F"),
    ("gated.c", 96, (8,)),
    ("out.weight", 112, (1, 8)),
    ("out.bias", 128, (1,)),
)
STATES = (
    ("gated.V.m", 0, (8, 5), "F"),
    ("gated.G.m", 48, (8, 5), "F"),
    ("gated.c.m", 96, (8,)),
    ("out.weight.m", 112, (1, 8)),
    ("out.bias.m", 128, (1,)),
    ("gated.V.v", 144, (8, 5), "F"),
    ("gated.G.v", 192, (8, 5), "F"),
    ("gated.c.v", 240, (8,)),
    ("out.weight.v", 256, (1, 8)),
    ("out.bias.v", 272, (1,)),
)
FIXED = (
    ("gated_V", "parameters", real, 0, 0, (8, 5), "F"),
    ("gated_G", "parameters", real, 0, 48, (8, 5), "F"),
    ("gated_c", "parameters", real, 0, 96, (8,)),
    ("out_weight", "parameters", real, 0, 112, (1, 8)),
    ("out_bias", "parameters", real, 0, 128, (1,)),
    ("gated_V_m", "states", real, 0, 0, (8, 5), "F"),
    ("gated_G_m", "states", real, 0, 48, (8, 5), "F"),
    ("gated_c_m", "states", real, 0, 96, (8,)),
    ("out_weight_m", "states", real, 0, 112, (1, 8)),
    ("out_bias_m", "states", real, 0, 128, (1,)),
    ("gated_V_v", "states", real, 0, 144, (8, 5), "F"),
    ("gated_G_v", "states", real, 0, 192, (8, 5), "F"),
    ("gated_c_v", "states", real, 0, 240, (8,)),
    ("out_weight_v", "states", real, 0, 256, (1, 8)),
    ("out_bias_v", "states", real, 0, 272, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("weight_decay", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("steps", "settings", np.float64, 0, 5, ()),
    ("min_lr", "settings", np.float64, 0, 6, ()),
    ("d_gated_V", "gradients", real, 0, 0, (8, 5), "F"),
    ("d_gated_G", "gradients", real, 0, 48, (8, 5), "F"),
    ("d_gated_c", "gradients", real, 0, 96, (8,)),
    ("d_out_weight", "gradients", real, 0, 112, (1, 8)),
    ("d_out_bias", "gradients", real, 0, 128, (1,)),
    ("gradients", "gradients", real, 0, 0, (129,)),
    ("m", "states", real, 0, 0, (129,)),
    ("v", "states", real, 0, 144, (129,)),
    ("parameters", "parameters", real, 0, 0, (129,)),
)
WORKSPACE = {
    "forward": (
        ("gated_value", "workspace", real, 1, 0, (B, 8)),
        ("gated", "workspace", real, 1, 8, (B, 8)),
        ("out", "workspace", real, 1, 0, (B, 1)),
    ),
    "loss": (
        ("gated_value", "workspace", real, 1, 0, (B, 8)),
        ("gated", "workspace", real, 1, 8, (B, 8)),
        ("loss_r", "workspace", real, 1, 0, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("gated_value", "workspace", real, 1, 8, (B, 8)),
        ("gated_gate", "workspace", real, 1, 0, (B, 8)),
        ("gated_gate_t", "workspace", real, 1, 24, (B, 8)),
        ("gated", "workspace", real, 1, 16, (B, 8)),
        ("loss_r", "workspace", real, 1, 41, (B, 1)),
        ("d_out", "workspace", real, 1, 40, (B, 1)),
        ("d_gated_value", "workspace", real, 1, 32, (B, 8)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("gated_value", "workspace", real, 1, 16, (B, 8)),
        ("gated_gate", "workspace", real, 1, 0, (B, 8)),
        ("gated_gate_t", "workspace", real, 1, 32, (B, 8)),
        ("gated", "workspace", real, 1, 24, (B, 8)),
        ("loss_r", "workspace", real, 1, 42, (B, 1)),
        ("d_y", "workspace", real, 1, 40, (B, 1)),
        ("d_out", "workspace", real, 1, 41, (B, 1)),
        ("d_gated_value", "workspace", real, 1, 8, (B, 8)),
        ("loss", "workspace", real, 0, 0, ()),
        ("gated_r", "workspace", real, 1, 16, (B, 5)),
        ("d_x", "workspace", real, 1, 0, (B, 5)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 2, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 4, ()),
        ("optimizer_keep", "workspace", np.float64, 0, 0, ()),
        ("gated_value", "workspace", real, 1, 8, (B, 8)),
        ("gated_gate", "workspace", real, 1, 0, (B, 8)),
        ("gated_gate_t", "workspace", real, 1, 24, (B, 8)),
        ("gated", "workspace", real, 1, 16, (B, 8)),
        ("loss_r", "workspace", real, 1, 41, (B, 1)),
        ("d_out", "workspace", real, 1, 40, (B, 1)),
        ("d_gated_value", "workspace", real, 1, 32, (B, 8)),
        ("loss", "workspace", real, 0, 6, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1)),
    ("scratch_2", "reals", real, 1, 1, (B, 1)),
    ("mask", "masks", np.bool_, 1, 0, (B, 1)),
    ("scratch_3", "reals", real, 1, 2, (B, 1)),
    ("z", "reals", real, 1, 0, (B, 8)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_4", "reals", real, 0, 1, (129,)),
    ("number_2", "reals", real, 0, 130, ()),
    ("scratch_5", "reals", real, 0, 131, (129,)),
    ("number_3", "reals", real, 0, 260, ()),
    ("number_4", "reals", real, 0, 261, ()),
)
RESULTS = {
    "forward": (
        ("out", 1, 0, (B, 1)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 0, (B, 5)),
        ("y", 1, 40, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 48, 0),
    "masks": (0, 1, 0),
    "reals": (262, 8, 0),
}


def equation_8_5(value, x, V):
    """gated: equation.

    Writes value [B, 8]; reads x [B, 5], V [8, 5].
    """
    # (1) gated.value[b, k] = sum[i](x[b, i] * gated.V[k, i])
    x.dot(V.T, out=value)


def equation_8_5_v2(gated, x, G, c, value):
    """gated: equation.

    Writes gated [B, 8]; reads x [B, 5], G [8, 5], c [8], value [B, 8].
    """
    # (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
    # (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
    # (5) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
    x.dot(G.T, out=gated)
    gated += c
    negative(gated, out=gated)
    exp(gated, out=gated)
    gated += ONE
    reciprocal(gated, out=gated)
    gated *= value


def linear_1_8(out, gated, weight, bias):
    """out: linear.

    Writes out [B, 1]; reads gated [B, 8], weight [1, 8], bias [1].
    """
    # (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
    gated.dot(weight.T, out=out)
    out += bias


def linear_huber_1_8(r, gated, weight, bias, y):
    """out: linear; loss: huber.

    Writes r [B, 1]; reads gated [B, 8], weight [1, 8], bias [1], y [B, 1].
    """
    # (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
    # (7) loss.r[b, o] = out[b, o] - y[b, o]
    gated.dot(weight.T, out=r)
    r += bias
    r -= y


def huber_1(loss, r, scratch, scratch_2, mask, scratch_3, ones, batch):
    """loss: huber.

    Writes loss; reads r [B, 1].
    """
    # (8) loss = sum[b, i](loss.r[b, i]**2 / 2 if abs(loss.r[b, i]) < 1 / 2 else abs(loss.r[b, i]) / 2 - 1 / 8)
    #     / B
    square(r, out=scratch_2)
    scratch_2 *= HALF
    absolute(r, out=scratch)
    scratch *= HALF
    scratch -= 0.125
    absolute(r, out=scratch_3)
    greater(HALF, scratch_3, out=mask)
    copyto(scratch, scratch_2, where=mask)
    loss[...] = vdot(scratch, ones) / batch


def equation_8_5_v3(gate, t, gated, x, G, c, value, z):
    """gated: equation.

    Writes gate [B, 8], t [B, 8], gated [B, 8]; reads x [B, 5], G [8, 5], c [8], value [B, 8].
    """
    # (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
    x.dot(G.T, out=z)
    z += c
    # (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
    negative(z, out=gate)
    exp(gate, out=gate)
    gate += ONE
    reciprocal(gate, out=gate)
    # (4) gated.gate.t[b, k] = sigmoid(-gated.z[b, k])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)
    # (5) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
    multiply(gate, value, out=gated)


def linear_huber_d_out_1_8(r, d_out, gated, weight, bias, y, factor):
    """out: linear, gradient of linear; loss: huber.

    Writes r [B, 1], d_out [B, 1]; reads gated [B, 8], weight [1, 8], bias [1], y [B, 1].
    """
    # (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
    # (7) loss.r[b, o] = out[b, o] - y[b, o]
    gated.dot(weight.T, out=r)
    r += bias
    r -= y
    # (10) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
    maximum(r, -0.5, out=d_out)
    minimum(d_out, HALF, out=d_out)
    d_out *= factor


def d_gated_d_value_d_z_8_1(d_value, gate, d_out, weight, t, value, d_gated):
    """gated: gradient of equation.

    Writes d_value [B, 8], gate [B, 8]; reads d_out [B, 1], weight [1, 8], t [B, 8], value [B, 8].
    """
    # (13) d.gated[b, k] = sum[i](d.out[b, i] * out.weight[i, k])
    d_out.dot(weight, out=d_gated)
    # (14) d.gated.value[b, k] = d.gated[b, k] * gated.gate[b, k]
    multiply(d_gated, gate, out=d_value)
    # (15) d.gated.z[b, k] = d.gated[b, k] * gated.gate[b, k] * gated.gate.t[b, k] * gated.value[b, k]
    gate *= d_gated
    gate *= t
    gate *= value


def d_weight_1_8(d_weight, d_out, gated):
    """out: gradient of linear.

    Writes d_weight [1, 8]; reads d_out [B, 1], gated [B, 8].
    """
    # (11) d.out.weight[o, i] = sum[b](d.out[b, o] * gated[b, i])
    d_out.T.dot(gated, out=d_weight)


def d_V_8_5(d_V, d_value, x):
    """gated: gradient of equation.

    Writes d_V [8, 5]; reads d_value [B, 8], x [B, 5].
    For (16) too.
    """
    # (18) d.gated.V[k, i] = sum[b](d.gated.value[b, k] * x[b, i])
    x.T.dot(d_value, out=d_V.T)


def d_bias_1(d_bias, d_out, ones):
    """out: gradient of linear.

    Writes d_bias [1]; reads d_out [B, 1].
    """
    # (12) d.out.bias[o] = sum[b](d.out[b, o])
    ones.dot(d_out, out=d_bias)


def d_c_8(d_c, gate, ones):
    """gated: gradient of equation.

    Writes d_c [8]; reads gate [B, 8].
    """
    # (17) d.gated.c[k] = sum[b](d.gated.z[b, k])
    ones.dot(gate, out=d_c)


def linear_huber_d_y_d_out_1_8(r, d_y, d_out, gated, weight, bias, y, shared, factor):
    """out: linear, gradient of linear; loss: huber, gradient of huber.

    Writes r [B, 1], d_y [B, 1], d_out [B, 1]; reads gated [B, 8], weight [1, 8], bias [1], y [B, 1].
    """
    # (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
    # (7) loss.r[b, o] = out[b, o] - y[b, o]
    gated.dot(weight.T, out=r)
    r += bias
    r -= y
    # (9) (10)
    maximum(r, -0.5, out=shared)
    minimum(shared, HALF, out=shared)
    shared *= factor
    # (9) d.y[b, i] = -clip(loss.r[b, i], -1 / 2, 1 / 2) / B
    negative(shared, out=d_y)
    # (10) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
    d_out[...] = shared


def r_5_8(r, gate, G):
    """gated: gradient of equation.

    Writes r [B, 5]; reads gate [B, 8], G [8, 5].
    """
    # (19) gated.r[b, i] = sum[j](d.gated.z[b, j] * gated.G[j, i])
    gate.dot(G, out=r)


def d_x_5_8(d_x, d_value, V, r):
    """gated: gradient of equation.

    Writes d_x [B, 5]; reads d_value [B, 8], V [8, 5], r [B, 5].
    """
    # (20) d.x[b, i] = sum[j](d.gated.value[b, j] * gated.V[j, i]) + gated.r[b, i]
    d_value.dot(V, out=d_x)
    d_x += r


def cosine_schedule_adamw_rate_next_step(rate, scale, keep, t, steps, lr, min_lr, beta1, beta2, weight_decay):
    """optimizer: cosine schedule, adamw rate, next step.

    Writes rate, scale, keep, t; reads steps, lr, min_lr, beta1, beta2, weight_decay.
    """
    # (21) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
    eta = float(0.5 * (cos(3.141592653589793 * minimum(float(t),
                float(steps)) / float(steps)) + 1.0) * (float(lr) - float(min_lr)) + float(min_lr))
    # (22) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = eta / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (23) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (24) optimizer.keep = 1 - optimizer.eta * weight_decay
    keep[...] = 1.0 - eta * float(weight_decay)
    # (25) t.next = 1 + t
    t[...] = float(t) + 1.0


def adamw_129(m, v, parameters, beta1, gradients, beta2, keep, rate, scale, eps, number, scratch, number_2,
              scratch_2, number_3, number_4):
    """gated.V to out.bias: adamw.

    Writes m [129], v [129], parameters [129]; reads beta1, beta2, keep, rate, scale, eps; uses up gradients
    [129].
    For (26) (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) too.
    """
    # (26) gated.V.m.next[k, i] = (1 - beta1) * d.gated.V[k, i] + beta1 * gated.V.m[k, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (27) gated.V.v.next[k, i] = (1 - beta2) * d.gated.V[k, i]**2 + beta2 * gated.V.v[k, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (28) gated.V.next[k, i] = optimizer.keep * gated.V[k, i] - optimizer.rate * gated.V.m.next[k, i] /
    #     (optimizer.scale * sqrt(gated.V.v.next[k, i]) + eps)
    number[...] = float(keep)
    multiply(number, parameters, out=scratch)
    number_2[...] = float(rate)
    multiply(number_2, m, out=parameters)
    sqrt(v, out=scratch_2)
    number_3[...] = float(scale)
    scratch_2 *= number_3
    number_4[...] = float(eps)
    scratch_2 += number_4
    parameters /= scratch_2
    subtract(scratch, parameters, out=parameters)


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(129, real) if parameters is None else parameters,
            "gradients": np.zeros(129, real) if gradients is None else gradients,
            "states": np.zeros(273, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.01, 1e-08, 0.01, 0.9, 0.999, 2000.0, 0.0], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 48 * capacity, real)
        self.blocks["masks"] = np.zeros(1 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(262 + 8 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 5))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        equation_8_5(a.gated_value, x, a.gated_V)  # (1)
        equation_8_5_v2(a.gated, x, a.gated_G, a.gated_c, a.gated_value)  # (2) (3) (5)
        linear_1_8(a.out, a.gated, a.out_weight, a.out_bias)  # (6)
        return 0.0

    def loss(self, x, y):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 5))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("loss", batch, x, y)

    @staticmethod
    def _loss(a, batch, x, y):
        equation_8_5(a.gated_value, x, a.gated_V)  # (1)
        equation_8_5_v2(a.gated, x, a.gated_G, a.gated_c, a.gated_value)  # (2) (3) (5)
        linear_huber_1_8(a.loss_r, a.gated, a.out_weight, a.out_bias, y)  # (6) (7)
        huber_1(a.loss, a.loss_r, a.scratch, a.scratch_2, a.mask, a.scratch_3, a.ones, batch)  # (8)
        return float(a.loss)

    def gradients(self, x, y):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 5))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("gradients", batch, x, y)

    @staticmethod
    def _gradients(a, batch, x, y):
        equation_8_5(a.gated_value, x, a.gated_V)  # (1)
        # (2) (3) (4) (5)
        equation_8_5_v3(a.gated_gate, a.gated_gate_t, a.gated, x, a.gated_G, a.gated_c, a.gated_value, a.z)
        # (6) (7) (10)
        linear_huber_d_out_1_8(a.loss_r, a.d_out, a.gated, a.out_weight, a.out_bias, y, a.factor)
        d_gated_d_value_d_z_8_1(a.d_gated_value, a.gated_gate, a.d_out, a.out_weight, a.gated_gate_t,
                                a.gated_value, a.z)  # (13) (14) (15)
        d_weight_1_8(a.d_out_weight, a.d_out, a.gated)  # (11)
        d_V_8_5(a.d_gated_V, a.d_gated_value, x)  # (18)
        huber_1(a.loss, a.loss_r, a.scratch, a.scratch_2, a.mask, a.scratch_3, a.ones, batch)  # (8)
        d_bias_1(a.d_out_bias, a.d_out, a.ones_2)  # (12)
        d_V_8_5(a.d_gated_G, a.gated_gate, x)  # (16)
        d_c_8(a.d_gated_c, a.gated_gate, a.ones_2)  # (17)
        return float(a.loss)

    def input_gradients(self, x, y):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 5))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("input_gradients", batch, x, y)

    @staticmethod
    def _input_gradients(a, batch, x, y):
        equation_8_5(a.gated_value, x, a.gated_V)  # (1)
        # (2) (3) (4) (5)
        equation_8_5_v3(a.gated_gate, a.gated_gate_t, a.gated, x, a.gated_G, a.gated_c, a.gated_value, a.z)
        linear_huber_d_y_d_out_1_8(a.loss_r, a.d_y, a.d_out, a.gated, a.out_weight, a.out_bias, y, a.scratch,
                                   a.factor)  # (6) (7) (9) (10)
        d_gated_d_value_d_z_8_1(a.d_gated_value, a.gated_gate, a.d_out, a.out_weight, a.gated_gate_t,
                                a.gated_value, a.z)  # (13) (14) (15)
        d_weight_1_8(a.d_out_weight, a.d_out, a.gated)  # (11)
        huber_1(a.loss, a.loss_r, a.scratch, a.scratch_2, a.mask, a.scratch_3, a.ones, batch)  # (8)
        d_bias_1(a.d_out_bias, a.d_out, a.ones_2)  # (12)
        d_V_8_5(a.d_gated_G, a.gated_gate, x)  # (16)
        d_c_8(a.d_gated_c, a.gated_gate, a.ones_2)  # (17)
        r_5_8(a.gated_r, a.gated_gate, a.gated_G)  # (19)
        d_x_5_8(a.d_x, a.d_gated_value, a.gated_V, a.gated_r)  # (20)
        d_V_8_5(a.d_gated_V, a.d_gated_value, x)  # (18)
        return float(a.loss)

    def step(self, x, y):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 5))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("step", batch, x, y)

    @staticmethod
    def _step(a, batch, x, y):
        # (21) (22) (23) (24) (25)
        cosine_schedule_adamw_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.optimizer_keep, a.t,
                                             a.steps, a.lr, a.min_lr, a.beta1, a.beta2, a.weight_decay)
        equation_8_5(a.gated_value, x, a.gated_V)  # (1)
        # (2) (3) (4) (5)
        equation_8_5_v3(a.gated_gate, a.gated_gate_t, a.gated, x, a.gated_G, a.gated_c, a.gated_value, a.z)
        # (6) (7) (10)
        linear_huber_d_out_1_8(a.loss_r, a.d_out, a.gated, a.out_weight, a.out_bias, y, a.factor)
        d_gated_d_value_d_z_8_1(a.d_gated_value, a.gated_gate, a.d_out, a.out_weight, a.gated_gate_t,
                                a.gated_value, a.z)  # (13) (14) (15)
        d_weight_1_8(a.d_out_weight, a.d_out, a.gated)  # (11)
        d_V_8_5(a.d_gated_V, a.d_gated_value, x)  # (18)
        huber_1(a.loss, a.loss_r, a.scratch, a.scratch_2, a.mask, a.scratch_3, a.ones, batch)  # (8)
        d_bias_1(a.d_out_bias, a.d_out, a.ones_2)  # (12)
        d_V_8_5(a.d_gated_G, a.gated_gate, x)  # (16)
        d_c_8(a.d_gated_c, a.gated_gate, a.ones_2)  # (17)
        adamw_129(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_keep, a.optimizer_rate,
                  a.optimizer_scale, a.eps, a.number, a.scratch_4, a.number_2, a.scratch_5, a.number_3,
                  a.number_4)  # (26) (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40)
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
        arrays["ones"] = np.ones((batch, 1), real)
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["ones_2"] = np.ones(batch, real)
        return arrays

    def _place(self, batch, block, dtype, degree, offset, shape, order="C"):
        """The view of a block that is an array of this shape."""
        shape = tuple(batch if extent == B else extent for extent in shape)
        regions = REGIONS.get(block, (0, 0, 0))
        start = sum(regions[n] * self.capacity**n for n in range(degree)) + offset * self.capacity**degree
        flat = self.blocks[block]
        count = int(np.prod(shape))
        elements = -(-count * np.dtype(dtype).itemsize // flat.itemsize)
        return flat[start : start + elements].view(dtype)[:count].reshape(shape, order=order)

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
