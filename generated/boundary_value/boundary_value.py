"""The network boundary_value in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 1] float32
Parameters
    hidden1.weight [16, 1]
    hidden1.bias [16]
    hidden2.weight [16, 16]
    hidden2.bias [16]
    free.weight [1, 16]
    free.bias [1]
Settings
    lr = 0.005
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from boundary_value import Network

    net = Network()
    net.parameter_views["hidden1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import add, cos, multiply, negative, sin, sqrt, square, subtract, tanh

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)
TWO = np.array(2.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("hidden1.weight", 0, (16, 1)),
    ("hidden1.bias", 16, (16,)),
    ("hidden2.weight", 32, (16, 16), "F"),
    ("hidden2.bias", 288, (16,)),
    ("free.weight", 304, (1, 16)),
    ("free.bias", 320, (1,)),
)
STATES = (
    ("hidden1.weight.m", 0, (16, 1)),
    ("hidden1.bias.m", 16, (16,)),
    ("hidden2.weight.m", 32, (16, 16), "F"),
    ("hidden2.bias.m", 288, (16,)),
    ("free.weight.m", 304, (1, 16)),
    ("free.bias.m", 320, (1,)),
    ("hidden1.weight.v", 336, (16, 1)),
    ("hidden1.bias.v", 352, (16,)),
    ("hidden2.weight.v", 368, (16, 16), "F"),
    ("hidden2.bias.v", 624, (16,)),
    ("free.weight.v", 640, (1, 16)),
    ("free.bias.v", 656, (1,)),
)
FIXED = (
    ("hidden1_weight", "parameters", real, 0, 0, (16, 1)),
    ("hidden1_bias", "parameters", real, 0, 16, (16,)),
    ("hidden2_weight", "parameters", real, 0, 32, (16, 16), "F"),
    ("hidden2_bias", "parameters", real, 0, 288, (16,)),
    ("free_weight", "parameters", real, 0, 304, (1, 16)),
    ("free_bias", "parameters", real, 0, 320, (1,)),
    ("hidden1_weight_m", "states", real, 0, 0, (16, 1)),
    ("hidden1_bias_m", "states", real, 0, 16, (16,)),
    ("hidden2_weight_m", "states", real, 0, 32, (16, 16), "F"),
    ("hidden2_bias_m", "states", real, 0, 288, (16,)),
    ("free_weight_m", "states", real, 0, 304, (1, 16)),
    ("free_bias_m", "states", real, 0, 320, (1,)),
    ("hidden1_weight_v", "states", real, 0, 336, (16, 1)),
    ("hidden1_bias_v", "states", real, 0, 352, (16,)),
    ("hidden2_weight_v", "states", real, 0, 368, (16, 16), "F"),
    ("hidden2_bias_v", "states", real, 0, 624, (16,)),
    ("free_weight_v", "states", real, 0, 640, (1, 16)),
    ("free_bias_v", "states", real, 0, 656, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_hidden1_weight", "gradients", real, 0, 0, (16, 1)),
    ("d_hidden1_bias", "gradients", real, 0, 16, (16,)),
    ("d_hidden2_weight", "gradients", real, 0, 32, (16, 16), "F"),
    ("d_hidden2_bias", "gradients", real, 0, 288, (16,)),
    ("d_free_weight", "gradients", real, 0, 304, (1, 16)),
    ("d_free_bias", "gradients", real, 0, 320, (1,)),
    ("gradients", "gradients", real, 0, 0, (321,)),
    ("m", "states", real, 0, 0, (321,)),
    ("v", "states", real, 0, 336, (321,)),
    ("parameters", "parameters", real, 0, 0, (321,)),
)
WORKSPACE = {
    "forward": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("hidden2", "workspace", real, 1, 16, (B, 16)),
        ("free", "workspace", real, 1, 0, (B, 1)),
        ("u", "workspace", real, 1, 1, (B,)),
    ),
    "loss": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 16, (B, 16)),
        ("free", "workspace", real, 1, 80, (B, 1)),
        ("loss_d_free", "workspace", real, 1, 81, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 64, (B, 16)),
        ("loss_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 32, (B, 16)),
        ("loss_r2", "workspace", real, 1, 48, (16, B)),
        ("loss_r3", "workspace", real, 1, 16, (B,)),
        ("loss_d_x2", "workspace", real, 1, 17, (B, 1)),
        ("loss_left", "workspace", real, 1, 0, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 64, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r6_part", "workspace", real, 1, 112, (B, 16)),
        ("free", "workspace", real, 1, 176, (B, 1)),
        ("loss_d_free", "workspace", real, 1, 208, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 144, (B, 16)),
        ("free_r2", "workspace", real, 1, 96, (B, 16)),
        ("loss_r", "workspace", real, 1, 64, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 160, (B, 16)),
        ("loss_r2", "workspace", real, 1, 80, (16, B)),
        ("loss_r3", "workspace", real, 1, 128, (B,)),
        ("loss_d_x2", "workspace", real, 1, 177, (B, 1)),
        ("loss_left", "workspace", real, 1, 211, (B,)),
        ("d_loss_left", "workspace", real, 1, 209, (B,)),
        ("d_loss_r3", "workspace", real, 1, 176, (B,)),
        ("d_free", "workspace", real, 1, 210, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 128, (B, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1072, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 128, (B, 16)),
        ("d_loss_r", "workspace", real, 1, 192, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 160, (B, 16)),
        ("hidden2_r6_part2", "workspace", real, 1, 176, (B, 16)),
        ("hidden2_r6", "workspace", real, 0, 256, (16, 16)),
        ("hidden2_r4", "workspace", real, 0, 512, (16, 16)),
        ("d_loss_r2", "workspace", real, 1, 112, (16, B)),
        ("free_r4", "workspace", real, 0, 768, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 176, (B, 16)),
        ("d_hidden2_weight_part", "workspace", real, 1, 144, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 112, (B, 16)),
        ("free_r3", "workspace", real, 0, 784, (16,)),
        ("free_r5", "workspace", real, 0, 800, (16,)),
        ("hidden2_r2", "workspace", real, 0, 768, (16,)),
        ("hidden1_r6", "workspace", real, 0, 1056, (16,)),
        ("hidden2_r3", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 16, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 0, (16,)),
    ),
    "input_gradients": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 32, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 64, (B, 16)),
        ("hidden2", "workspace", real, 1, 32, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 112, (B, 16)),
        ("hidden2_r6_part", "workspace", real, 1, 128, (B, 16)),
        ("free", "workspace", real, 1, 209, (B, 1)),
        ("loss_d_free", "workspace", real, 1, 210, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 144, (B, 16)),
        ("free_r2", "workspace", real, 1, 96, (B, 16)),
        ("loss_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 160, (B, 16)),
        ("loss_r2", "workspace", real, 1, 80, (16, B)),
        ("loss_r3", "workspace", real, 1, 208, (B,)),
        ("loss_d_x2", "workspace", real, 1, 176, (B, 1)),
        ("loss_left", "workspace", real, 1, 209, (B,)),
        ("d_loss_left", "workspace", real, 1, 211, (B,)),
        ("d_loss_r3", "workspace", real, 1, 212, (B,)),
        ("d_free", "workspace", real, 1, 213, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 112, (B, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1072, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 112, (B, 16)),
        ("d_loss_r", "workspace", real, 1, 192, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 160, (B, 16)),
        ("hidden2_r6_part2", "workspace", real, 1, 176, (B, 16)),
        ("hidden1_r7", "workspace", real, 1, 212, (B,)),
        ("hidden2_r6", "workspace", real, 0, 256, (16, 16)),
        ("hidden2_r4", "workspace", real, 0, 512, (16, 16)),
        ("d_loss_r2", "workspace", real, 1, 176, (16, B)),
        ("free_r4", "workspace", real, 0, 768, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 176, (B, 16)),
        ("d_hidden2_weight_part", "workspace", real, 1, 144, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 128, (B, 16)),
        ("free_r", "workspace", real, 1, 192, (B,)),
        ("hidden1_r9", "workspace", real, 1, 214, (B,)),
        ("free_r3", "workspace", real, 0, 784, (16,)),
        ("free_r5", "workspace", real, 0, 800, (16,)),
        ("hidden2_r2", "workspace", real, 0, 768, (16,)),
        ("d_hidden2_z", "workspace", real, 1, 192, (B, 16)),
        ("hidden1_r8", "workspace", real, 1, 210, (B,)),
        ("hidden1_r6", "workspace", real, 0, 1056, (16,)),
        ("hidden2_r3", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 64, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 0, (16,)),
        ("d_x", "workspace", real, 1, 211, (B, 1)),
        ("d_loss_d_free", "workspace", real, 1, 192, (B, 1)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 1072, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 1074, ()),
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 64, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r6_part", "workspace", real, 1, 112, (B, 16)),
        ("free", "workspace", real, 1, 176, (B, 1)),
        ("loss_d_free", "workspace", real, 1, 208, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 144, (B, 16)),
        ("free_r2", "workspace", real, 1, 96, (B, 16)),
        ("loss_r", "workspace", real, 1, 64, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 160, (B, 16)),
        ("loss_r2", "workspace", real, 1, 80, (16, B)),
        ("loss_r3", "workspace", real, 1, 128, (B,)),
        ("loss_d_x2", "workspace", real, 1, 177, (B, 1)),
        ("loss_left", "workspace", real, 1, 211, (B,)),
        ("d_loss_left", "workspace", real, 1, 209, (B,)),
        ("d_loss_r3", "workspace", real, 1, 176, (B,)),
        ("d_free", "workspace", real, 1, 210, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 128, (B, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1076, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 128, (B, 16)),
        ("d_loss_r", "workspace", real, 1, 192, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 160, (B, 16)),
        ("hidden2_r6_part2", "workspace", real, 1, 176, (B, 16)),
        ("hidden2_r6", "workspace", real, 0, 256, (16, 16)),
        ("hidden2_r4", "workspace", real, 0, 512, (16, 16)),
        ("d_loss_r2", "workspace", real, 1, 112, (16, B)),
        ("free_r4", "workspace", real, 0, 768, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 176, (B, 16)),
        ("d_hidden2_weight_part", "workspace", real, 1, 144, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 112, (B, 16)),
        ("free_r3", "workspace", real, 0, 784, (16,)),
        ("free_r5", "workspace", real, 0, 800, (16,)),
        ("hidden2_r2", "workspace", real, 0, 768, (16,)),
        ("hidden1_r6", "workspace", real, 0, 1056, (16,)),
        ("hidden2_r3", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 16, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 0, (16,)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B,)),
    ("scratch_2", "reals", real, 1, 1, (B, 16)),
    ("scratch_3", "reals", real, 1, 0, (B, 16)),
    ("scale3", "reals", real, 1, 1, (B,)),
    ("scratch_4", "reals", real, 1, 2, (B,)),
    ("scratch_5", "reals", real, 1, 0, (16, B)),
    ("scratch_6", "reals", real, 1, 17, (B,)),
    ("scratch_7", "reals", real, 0, 0, (16,)),
    ("scratch_8", "reals", real, 1, 0, (16, 16, B)),
    ("scratch_9", "reals", real, 1, 256, (16, B)),
    ("scratch_10", "reals", real, 1, 16, (B,)),
    ("scratch_11", "reals", real, 1, 16, (16, B)),
    ("scratch_12", "reals", real, 1, 32, (B,)),
    ("scratch_13", "reals", real, 1, 0, (16, B, 16)),
    ("scratch_14", "reals", real, 1, 272, (B,)),
    ("scratch_15", "reals", real, 1, 273, (B, 16)),
    ("scratch_16", "reals", real, 1, 18, (B, 16)),
    ("scratch_17", "reals", real, 0, 0, (16, 16)),
    ("scratch_18", "reals", real, 0, 256, (16,)),
    ("scale2", "reals", real, 0, 16, (16,)),
    ("scratch_19", "reals", real, 1, 2, (B, 16)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_20", "reals", real, 0, 1, (321,)),
    ("number_2", "reals", real, 0, 322, ()),
    ("scratch_21", "reals", real, 0, 323, (321,)),
    ("number_3", "reals", real, 0, 644, ()),
)
RESULTS = {
    "forward": (
        ("u", 1, 1, (B,)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 211, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (1088, 224, 0),
    "reals": (645, 289, 0),
}


def linear_tanh_16_1(hidden1, x, weight, bias):
    """hidden1: linear, tanh.

    Writes hidden1 [B, 16]; reads x [B, 1], weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    x.dot(weight.T, out=hidden1)
    hidden1 += bias
    tanh(hidden1, out=hidden1)


def linear_tanh_16_16(hidden2, hidden1, weight, bias):
    """hidden2: linear, tanh.

    Writes hidden2 [B, 16]; reads hidden1 [B, 16], weight [16, 16], bias [16].
    """
    # (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
    # (4) hidden2[b, o] = tanh(hidden2.z[b, o])
    hidden1.dot(weight.T, out=hidden2)
    hidden2 += bias
    tanh(hidden2, out=hidden2)


def linear_1_16(free, hidden2, weight, bias):
    """free: linear.

    Writes free [B, 1]; reads hidden2 [B, 16], weight [1, 16], bias [1].
    """
    # (5) free[b, o] = sum[i](hidden2[b, i] * free.weight[o, i]) + free.bias[o]
    hidden2.dot(weight.T, out=free)
    free += bias


def equation(u, x, free):
    """u: equation.

    Writes u [B]; reads x [B, 1], free [B, 1].
    """
    # (6) u[b] = free[b, 0] * x[b, 0] * (1 - x[b, 0])
    subtract(ONE, x[:, 0], out=u)
    u *= free[:, 0]
    u *= x[:, 0]


def linear_tanh_16_1_v2(hidden1, part, x, weight, bias):
    """hidden1: linear, tanh; hidden2: linear (one side of the product).

    Writes hidden1 [B, 16], part [B, 16]; reads x [B, 1], weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    x.dot(weight.T, out=hidden1)
    hidden1 += bias
    tanh(hidden1, out=hidden1)
    # (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] *
    #     (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) +
    #     loss.d.free[b, 0])
    square(hidden1, out=part)
    subtract(ONE, part, out=part)
    part *= weight[:, 0]


def linear_tanh_16_16_v2(hidden2, part, hidden1, weight, bias, free_weight):
    """hidden2: linear, tanh; hidden1: linear (one side of the product).

    Writes hidden2 [B, 16], part [B, 16]; reads hidden1 [B, 16], weight [16, 16], bias [16], free_weight [1,
    16].
    """
    # (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
    # (4) hidden2[b, o] = tanh(hidden2.z[b, o])
    hidden1.dot(weight.T, out=hidden2)
    hidden2 += bias
    tanh(hidden2, out=hidden2)
    # (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o,
    #     0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) +
    #     loss.r[b, o])
    square(hidden2, out=part)
    subtract(ONE, part, out=part)
    part *= free_weight[0]


def linear_1(free, x, scratch):
    """free: linear.

    Writes free [B, 1]; reads x [B, 1].
    """
    # (7) loss.d.free[b, o] = 1 - 2 * x[b, 0]
    multiply(TWO, x[:, 0], out=scratch)
    subtract(ONE, scratch[:, None], out=free)


def linear_16_16(z, hidden2, x, part, weight, free, free_weight, scratch, scratch_2):
    """hidden2: linear.

    Writes z [B, 16]; reads hidden2 [B, 16], x [B, 1], part [B, 16], weight [16, 16], free [B, 1], free_weight
    [1, 16].
    """
    # (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] *
    #     (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) +
    #     loss.d.free[b, 0])
    part.dot(weight.T, out=z)
    subtract(x[:, 0], ONE, out=scratch)
    scratch *= TWO
    scratch *= x[:, 0]
    z *= scratch[:, None]
    z *= hidden2
    z += free[:, 0][:, None]
    square(hidden2, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    z *= scratch_2
    z *= free_weight[0]


def linear_16_16_v2(r, z, weight):
    """hidden1: linear.

    Writes r [B, 16]; reads z [B, 16], weight [16, 16].
    For (43) too.
    """
    # (9) loss.r[b, o] = sum[i](loss.d.hidden2.z[b, i] * hidden2.weight[i, o])
    z.dot(weight, out=r)


def linear_16_16_v3(z2, hidden1, x, part, weight, hidden1_weight, r, scratch, scratch_2):
    """hidden1: linear.

    Writes z2 [B, 16]; reads hidden1 [B, 16], x [B, 1], part [B, 16], weight [16, 16], hidden1_weight [16, 1], r
    [B, 16].
    """
    # (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o,
    #     0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) +
    #     loss.r[b, o])
    part.dot(weight, out=z2)
    subtract(x[:, 0], ONE, out=scratch)
    scratch *= TWO
    scratch *= x[:, 0]
    z2 *= scratch[:, None]
    z2 *= hidden1
    z2 *= hidden1_weight[:, 0]
    z2 += r
    square(hidden1, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    z2 *= scratch_2


def linear_16_16_v4(r2, weight, part):
    """hidden1: linear.

    Writes r2 [16, B]; reads weight [16, 16], part [B, 16].
    """
    # (11) loss.r2[i, b] = sum[j](free.weight[0, j] * hidden2.weight[j, i] * (1 - hidden2[b, j]**2))
    weight.T.dot(part.T, out=r2)


def linear_16(r3, hidden1, r2, weight, scratch, ones):
    """hidden1: linear.

    Writes r3 [B]; reads hidden1 [B, 16], r2 [16, B], weight [16, 1].
    """
    # (12) loss.r3[b] = sum[i](loss.r2[i, b] * hidden1.weight[i, 0] * (1 - hidden1[b, i]**2))
    square(hidden1, out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= r2.T
    scratch *= weight[:, 0]
    scratch.dot(ones, out=r3)


def linear_1_16_v2(x2, z2, weight, x, r3, free, scratch):
    """hidden1: linear.

    Writes x2 [B, 1]; reads z2 [B, 16], weight [16, 1], x [B, 1], r3 [B], free [B, 1].
    """
    # (13) loss.d.x2[b, i] = sum[j](loss.d.hidden1.z2[b, j] * hidden1.weight[j, i]) + loss.r3[b] * (1 - 2 * x[b,
    #     0]) - 2 * free[b, 0]
    z2.dot(weight, out=x2)
    multiply(TWO, x[:, 0], out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= r3
    x2 += scratch[:, None]
    multiply(TWO, free[:, 0], out=scratch)
    x2 -= scratch[:, None]


def equation_v2(left, x, x2):
    """loss: equation.

    Writes left [B]; reads x [B, 1], x2 [B, 1].
    """
    # (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
    multiply(3.141592653589793, x[:, 0], out=left)
    sin(left, out=left)
    left *= 9.869604401089358
    left += x2[:, 0]


def equation_v3(loss, left, batch):
    """loss: equation.

    Writes loss; reads left [B].
    """
    # (15) loss = sum[b](loss.left[b]**2) / B
    loss[...] = left.dot(left) / batch


def linear_tanh_r_r5_16_1(hidden1, part, hidden2_r_part, hidden2_r5_part, x, weight, bias, shared):
    """hidden1: linear, tanh; hidden2: linear, gradient of tanh, gradient of linear (one side of the product).

    Writes hidden1 [B, 16], part [B, 16], hidden2_r_part [B, 16], hidden2_r5_part [B, 16]; reads x [B, 1],
    weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    x.dot(weight.T, out=hidden1)
    hidden1 += bias
    tanh(hidden1, out=hidden1)
    # (8) (39)
    square(hidden1, out=shared)
    subtract(ONE, shared, out=shared)
    # (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] *
    #     (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) +
    #     loss.d.free[b, 0])
    multiply(shared, weight[:, 0], out=part)
    # (33) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
    square(hidden1, out=hidden2_r_part)
    hidden2_r_part -= ONE
    hidden2_r_part *= weight[:, 0]
    # (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 *
    #     x[b, 0]))
    hidden2_r5_part[...] = shared


def r_16_16(r, part, weight):
    """hidden2: gradient of tanh.

    Writes r [B, 16]; reads part [B, 16], weight [16, 16].
    For (27) too.
    """
    # (33) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
    part.dot(weight.T, out=r)


def linear_tanh_r6_16_16(hidden2, part, hidden2_r6_part, hidden1, weight, bias, free_weight, shared):
    """hidden2: linear, tanh, gradient of linear; hidden1: linear (one side of the product).

    Writes hidden2 [B, 16], part [B, 16], hidden2_r6_part [B, 16]; reads hidden1 [B, 16], weight [16, 16], bias
    [16], free_weight [1, 16].
    """
    # (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
    # (4) hidden2[b, o] = tanh(hidden2.z[b, o])
    hidden1.dot(weight.T, out=hidden2)
    hidden2 += bias
    tanh(hidden2, out=hidden2)
    # (10) (40)
    square(hidden2, out=shared)
    subtract(ONE, shared, out=shared)
    # (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o,
    #     0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) +
    #     loss.r[b, o])
    multiply(shared, free_weight[0], out=part)
    # (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b,
    #     0] - 1))
    hidden2_r6_part[...] = shared


def equation_d_left_d_x2_d_r3_1(left, d_left, d_r3, x2, d_free, part2, x, hidden2, scale2, scale3, scratch,
                                factor, factor_2):
    """loss: equation, gradient of equation; hidden1: gradient of linear; free: gradient of linear; hidden2: gradient of linear (one side of the product).

    Writes left [B], d_left [B], d_r3 [B], x2 [B, 1], d_free [B, 1], part2 [B, 16]; reads x [B, 1], hidden2 [B,
    16].
    """
    # (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
    multiply(3.141592653589793, x[:, 0], out=left)
    sin(left, out=left)
    left *= 9.869604401089358
    left += x2[:, 0]
    # (20)
    # (16) d.loss.left[b] = 2 * loss.left[b] / B
    multiply(factor, left, out=d_left)
    multiply(TWO, x[:, 0], out=d_r3)
    subtract(ONE, d_r3, out=d_r3)
    d_r3 *= factor
    d_r3 *= left
    # (17) d.loss.d.x2[b, i] = 2 * loss.left[b] / B
    multiply(factor, left, out=scale2)
    # (26) d.free[b, o] = -4 * loss.left[b] / B
    multiply(factor_2, left, out=scale3)
    negative(scale3, out=scale3)
    # (17)
    x2[...] = scale2[:, None]
    # (26)
    d_free[...] = scale3[:, None]
    # (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 *
    #     x[b, 0]))
    square(hidden2, out=part2)
    subtract(ONE, part2, out=part2)
    multiply(TWO, x[:, 0], out=scratch)
    subtract(ONE, scratch, out=scratch)
    part2 *= scratch[:, None]
    part2 *= left[:, None]


def r3_1_16(r3, x2, z2):
    """hidden1: gradient of linear.

    Writes r3 [1, 16]; reads x2 [B, 1], z2 [B, 16].
    """
    # (45) hidden1.r3[i, o] = sum[b](d.loss.d.x2[b, i] * loss.d.hidden1.z2[b, o])
    x2.T.dot(z2, out=r3)


def r5_16_16(r5, part, part2):
    """hidden2: gradient of linear.

    Writes r5 [16, 16]; reads part [B, 16], part2 [B, 16].
    For (37), (38), (40) too.
    """
    # (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 *
    #     x[b, 0]))
    part.T.dot(part2, out=r5)


def r4_16(r4, hidden1, d_r3, r2, scratch, ones):
    """hidden1: gradient of linear.

    Writes r4 [16]; reads hidden1 [B, 16], d_r3 [B], r2 [16, B].
    """
    # (46) hidden1.r4[o] = sum[b](d.loss.r3[b] * loss.r2[o, b] * (1 - hidden1[b, o]**2))
    square(hidden1.T, out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_r3
    scratch *= r2
    scratch.dot(ones, out=r4)


def d_bias_1(d_bias, d_free, ones):
    """free: gradient of linear.

    Writes d_bias [1]; reads d_free [B, 1].
    """
    # (32) d.free.bias[o] = sum[b](d.free[b, o])
    ones.dot(d_free, out=d_bias)


def r_16_1(r, weight, ones):
    """hidden1: gradient of linear.

    Writes r [16]; reads weight [16, 1].
    """
    # (18) hidden1.r[o] = sum[i](hidden1.weight[o, i])
    weight.dot(ones, out=r)


def d_z2_d_r_d_hidden2_r6_16(d_z2, d_r, d_part, part2, left, r, hidden1, weight, x, scale, shared, scratch,
                             factor):
    """hidden1: gradient of linear; hidden2: gradient of tanh, gradient of linear (one side of the product).

    Writes d_z2 [B, 16], d_r [B, 16], d_part [B, 16], part2 [B, 16]; reads left [B], r [16], hidden1 [B, 16],
    weight [16, 1], x [B, 1].
    """
    # (19) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
    multiply(factor, left, out=scale)
    multiply(scale[:, None], r, out=d_z2)
    # (22) (35)
    square(hidden1, out=shared)
    subtract(ONE, shared, out=shared)
    shared *= d_z2
    # (22) d.loss.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
    d_r[...] = shared
    # (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) *
    #     sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0])
    #     + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) -
    #     d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
    multiply(shared, hidden1, out=d_part)
    d_part *= weight[:, 0]
    # (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b,
    #     0] - 1))
    subtract(x[:, 0], ONE, out=scratch)
    multiply(scratch[:, None], d_r, out=part2)
    part2 *= hidden1
    part2 *= x[:, 0][:, None]


def d_r2_16(d_r2, weight, hidden1, x, left, scratch, scratch_2, factor):
    """hidden1: gradient of linear.

    Writes d_r2 [16, B]; reads weight [16, 1], hidden1 [B, 16], x [B, 1], left [B].
    """
    # (21) d.loss.r2[i, b] = 2 * loss.left[b] * hidden1.weight[i, 0] * (1 - hidden1[b, i]**2) * (1 - 2 * x[b,
    #     0]) / B
    square(hidden1.T, out=d_r2)
    subtract(ONE, d_r2, out=d_r2)
    multiply(factor, weight[:, 0], out=scratch)
    d_r2 *= scratch[:, None]
    multiply(TWO, x[:, 0], out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    d_r2 *= scratch_2
    d_r2 *= left


def r4_16_16(r4, weight, hidden2, d_r2, scratch, scratch_2, ones):
    """free: gradient of linear.

    Writes r4 [16]; reads weight [16, 16], hidden2 [B, 16], d_r2 [16, B].
    """
    # (29) free.r4[i] = sum[b, j](d.loss.r2[j, b] * hidden2.weight[i, j] * (1 - hidden2[b, i]**2))
    square(hidden2.T, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    multiply(weight[:, :, None], scratch_2[:, None], out=scratch)
    scratch *= d_r2
    scratch.reshape(16, -1).dot(ones.reshape(-1), out=r4)


def d_z_d_weight_16_16(d_z, d_part, d_hidden1_z_part, d_r, weight, hidden2, x, free_weight, shared, scratch):
    """hidden2: gradient of linear; hidden1: gradient of linear (one side of the product).

    Writes d_z [B, 16], d_part [B, 16], d_hidden1_z_part [B, 16]; reads d_r [B, 16], weight [16, 16], hidden2
    [B, 16], x [B, 1], free_weight [1, 16].
    """
    # (23) d.loss.d.hidden2.z[b, o] = sum[i](d.loss.r[b, i] * hidden2.weight[o, i])
    d_r.dot(weight.T, out=d_z)
    # (41) (44)
    square(hidden2, out=shared)
    subtract(ONE, shared, out=shared)
    # (41) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] * (sum[b](d.loss.d.hidden2.z[b,
    #     o] * hidden2[b, o] * x[b, 0] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) +
    #     hidden2.r5[i, o] / B + hidden2.r6[i, o]) + hidden2.r3[i, o] + hidden2.r4[i, o]
    subtract(x[:, 0], ONE, out=scratch)
    multiply(shared, scratch[:, None], out=d_part)
    d_part *= d_z
    d_part *= hidden2
    d_part *= x[:, 0][:, None]
    # (44) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1.weight[o, 0] * (x[b, 0] * (hidden1[b, o] *
    #     (2 * (1 - x[b, 0]) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * free.weight[0, i] *
    #     hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r2[o, b] * (3 * d.loss.d.hidden1.z2[b, o] *
    #     hidden1[b, o] * (1 - x[b, 0]) + 2 * d.loss.left[b])) + d.loss.d.hidden1.z2[b, o] * loss.r2[o, b] *
    #     (x[b, 0] - 1)) - d.loss.left[b] * hidden1[b, o] * loss.r2[o, b]) + hidden1.r2[b, o] - 2 *
    #     d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r[b, o])
    multiply(shared, d_z, out=d_hidden1_z_part)
    d_hidden1_z_part *= hidden2
    d_hidden1_z_part *= free_weight[0]


def r3_16(r3, hidden2, x, r2, free, d_z, scratch, scratch_2, scratch_3, ones):
    """free: gradient of linear.

    Writes r3 [16]; reads hidden2 [B, 16], x [B, 1], r2 [B, 16], free [B, 1], d_z [B, 16].
    """
    # (28) free.r3[i] = sum[b](d.loss.d.hidden2.z[b, i] * (1 - hidden2[b, i]**2) * (2 * free.r2[b, i] *
    #     hidden2[b, i] * x[b, 0] * (x[b, 0] - 1) + loss.d.free[b, 0]))
    square(hidden2.T, out=scratch)
    subtract(ONE, scratch, out=scratch)
    subtract(x[:, 0], ONE, out=scratch_3)
    scratch_3 *= TWO
    multiply(scratch_3, r2.T, out=scratch_2)
    scratch_2 *= hidden2.T
    scratch_2 *= x[:, 0]
    scratch_2 += free[:, 0]
    scratch *= scratch_2
    scratch *= d_z.T
    scratch.dot(ones, out=r3)


def r5_16_16_v2(r5, hidden2, x, hidden1, d_z2, weight, hidden2_weight, scratch, scratch_2, scratch_3, scratch_4,
                ones):
    """free: gradient of linear.

    Writes r5 [16]; reads hidden2 [B, 16], x [B, 1], hidden1 [B, 16], d_z2 [B, 16], weight [16, 1],
    hidden2_weight [16, 16].
    """
    # (30) free.r5[i] = sum[b, j](d.loss.d.hidden1.z2[b, j] * hidden1[b, j] * x[b, 0] * hidden1.weight[j, 0] *
    #     hidden2.weight[i, j] * (1 - hidden1[b, j]**2) * (1 - hidden2[b, i]**2) * (x[b, 0] - 1))
    square(hidden2.T, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    subtract(x[:, 0], ONE, out=scratch_3)
    scratch_2 *= scratch_3
    scratch_2 *= x[:, 0]
    square(hidden1, out=scratch_4)
    subtract(ONE, scratch_4, out=scratch_4)
    multiply(scratch_2[:, :, None], scratch_4, out=scratch)
    scratch *= d_z2
    scratch *= hidden1
    scratch *= weight[:, 0]
    scratch *= hidden2_weight[:, None]
    scratch.reshape(16, -1).dot(ones.reshape(-1), out=r5)


def d_weight_1_16(d_weight, d_free, hidden2, r5, r3, r4, scratch):
    """free: gradient of linear.

    Writes d_weight [1, 16]; reads d_free [B, 1], hidden2 [B, 16], r5 [16], r3 [16], r4 [16].
    """
    # (31) d.free.weight[o, i] = sum[b](d.free[b, o] * hidden2[b, i]) + free.r3[i] + free.r4[i] + 2 * free.r5[i]
    d_free.T.dot(hidden2, out=d_weight)
    multiply(TWO, r5, out=scratch)
    d_weight += scratch
    d_weight += r3
    d_weight += r4


def r2_16_1(r2, weight, ones):
    """hidden2: gradient of tanh.

    Writes r2 [16]; reads weight [1, 16].
    """
    # (34) hidden2.r2[o] = sum[i](free.weight[i, o])
    ones.dot(weight, out=r2)


def d_hidden2_d_z_16_16(r, x, d_part, weight, hidden2, d_z, r2, d_left, free, free_weight, hidden2_r2, scale,
                        scratch, scratch_2, scratch_3):
    """hidden2: gradient of tanh, gradient of linear.

    Writes r [B, 16]; reads x [B, 1], d_part [B, 16], weight [16, 16], hidden2 [B, 16], d_z [B, 16], r2 [B, 16],
    d_left [B], free [B, 1], free_weight [1, 16], hidden2_r2 [16].
    """
    # (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) *
    #     sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0])
    #     + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) -
    #     d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
    multiply(TWO, d_left, out=scale)
    # (35)
    # (36) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
    multiply(TWO, x[:, 0], out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    scratch_2 *= d_left
    multiply(scratch_2[:, None], r, out=scratch)
    scratch *= hidden2
    d_part.dot(weight.T, out=r)
    subtract(ONE, x[:, 0], out=scratch_2)
    scratch_2 *= TWO
    r *= scratch_2[:, None]
    r *= hidden2
    square(hidden2, out=scratch_3)
    subtract(ONE, x[:, 0], out=scratch_2)
    scratch_2 *= 3.0
    scratch_3 *= scratch_2[:, None]
    scratch_3 += x[:, 0][:, None]
    scratch_3 -= ONE
    scratch_3 *= d_z
    scratch_3 *= r2
    r += scratch_3
    r *= x[:, 0][:, None]
    r += scratch
    multiply(free[:, 0][:, None], d_z, out=scratch_3)
    scratch_3 *= hidden2
    r -= scratch_3
    r *= TWO
    r *= free_weight[0]
    multiply(scale[:, None], hidden2_r2, out=scratch)
    r -= scratch
    square(hidden2, out=scratch_3)
    subtract(ONE, scratch_3, out=scratch_3)
    r *= scratch_3


def r6_16_16(r6, hidden1, x, hidden2, d_z, weight, hidden2_weight, scratch, scratch_2, scratch_3, scratch_4,
             ones):
    """hidden1: gradient of linear.

    Writes r6 [16]; reads hidden1 [B, 16], x [B, 1], hidden2 [B, 16], d_z [B, 16], weight [1, 16],
    hidden2_weight [16, 16].
    """
    # (48) hidden1.r6[o] = sum[b, i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * x[b, 0] * free.weight[0, i] *
    #     hidden2.weight[i, o] * (1 - hidden1[b, o]**2) * (1 - hidden2[b, i]**2) * (x[b, 0] - 1))
    square(hidden1.T, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    subtract(x[:, 0], ONE, out=scratch_3)
    scratch_2 *= scratch_3
    scratch_2 *= x[:, 0]
    square(hidden2, out=scratch_4)
    subtract(ONE, scratch_4, out=scratch_4)
    multiply(scratch_2[:, :, None], scratch_4, out=scratch)
    scratch *= d_z
    scratch *= hidden2
    scratch *= weight[0]
    scratch *= hidden2_weight.T[:, None]
    scratch.reshape(16, -1).dot(ones.reshape(-1), out=r6)


def d_bias_16(d_bias, r, ones):
    """hidden2: gradient of linear.

    Writes d_bias [16]; reads r [B, 16].
    For (50) too.
    """
    # (42) d.hidden2.bias[o] = sum[b](d.hidden2.z[b, o])
    ones.dot(r, out=d_bias)


def d_weight_16_16(d_weight, weight, d_part, part, r5, r6, hidden1_weight, r3, r4, scratch, scratch_2, factor):
    """hidden2: gradient of linear.

    Writes d_weight [16, 16]; reads weight [1, 16], d_part [B, 16], part [B, 16], r5 [16, 16], r6 [16, 16],
    hidden1_weight [16, 1], r3 [16, 16], r4 [16, 16].
    """
    # (41) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] * (sum[b](d.loss.d.hidden2.z[b,
    #     o] * hidden2[b, o] * x[b, 0] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) +
    #     hidden2.r5[i, o] / B + hidden2.r6[i, o]) + hidden2.r3[i, o] + hidden2.r4[i, o]
    part.T.dot(d_part, out=d_weight.T)
    multiply(factor, r5, out=scratch)
    add(d_weight.T, scratch, out=d_weight.T)
    add(d_weight.T, r6, out=d_weight.T)
    multiply(TWO, weight[0], out=scratch_2)
    multiply(d_weight.T, scratch_2, out=d_weight.T)
    multiply(d_weight.T, hidden1_weight[:, 0][:, None], out=d_weight.T)
    add(d_weight.T, r3, out=d_weight.T)
    add(d_weight.T, r4, out=d_weight.T)


def d_z_16_16(r2, hidden1, x, d_part, weight, d_left, d_z2, loss_r2, hidden1_weight, r, scale, scratch,
              scratch_2, scratch_3):
    """hidden1: gradient of linear.

    Writes r2 [B, 16]; reads hidden1 [B, 16], x [B, 1], d_part [B, 16], weight [16, 16], d_left [B], d_z2 [B,
    16], loss_r2 [16, B], hidden1_weight [16, 1], r [B, 16].
    """
    # (44) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1.weight[o, 0] * (x[b, 0] * (hidden1[b, o] *
    #     (2 * (1 - x[b, 0]) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * free.weight[0, i] *
    #     hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r2[o, b] * (3 * d.loss.d.hidden1.z2[b, o] *
    #     hidden1[b, o] * (1 - x[b, 0]) + 2 * d.loss.left[b])) + d.loss.d.hidden1.z2[b, o] * loss.r2[o, b] *
    #     (x[b, 0] - 1)) - d.loss.left[b] * hidden1[b, o] * loss.r2[o, b]) + hidden1.r2[b, o] - 2 *
    #     d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r[b, o])
    multiply(TWO, d_left, out=scale)
    d_part.dot(weight, out=scratch)
    subtract(ONE, x[:, 0], out=scratch_2)
    scratch_2 *= TWO
    scratch *= scratch_2[:, None]
    subtract(ONE, x[:, 0], out=scratch_2)
    scratch_2 *= 3.0
    multiply(scratch_2[:, None], d_z2, out=scratch_3)
    scratch_3 *= hidden1
    scratch_3 += scale[:, None]
    scratch_3 *= loss_r2.T
    scratch += scratch_3
    scratch *= hidden1
    subtract(x[:, 0], ONE, out=scratch_2)
    multiply(scratch_2[:, None], d_z2, out=scratch_3)
    scratch_3 *= loss_r2.T
    scratch += scratch_3
    scratch *= x[:, 0][:, None]
    multiply(d_left[:, None], hidden1, out=scratch_3)
    scratch_3 *= loss_r2.T
    scratch -= scratch_3
    scratch *= TWO
    scratch *= hidden1_weight[:, 0]
    r2 += scratch
    multiply(TWO, d_z2, out=scratch_3)
    scratch_3 *= hidden1
    scratch_3 *= r
    r2 -= scratch_3
    square(hidden1, out=scratch)
    subtract(ONE, scratch, out=scratch)
    r2 *= scratch


def r5_16(r5, hidden1, x, d_z2, r2, scratch, scratch_2, ones):
    """hidden1: gradient of linear.

    Writes r5 [16]; reads hidden1 [B, 16], x [B, 1], d_z2 [B, 16], r2 [16, B].
    """
    # (47) hidden1.r5[o] = sum[b](d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r2[o, b] * x[b, 0] * (1 -
    #     hidden1[b, o]**2) * (x[b, 0] - 1))
    square(hidden1.T, out=scratch)
    subtract(ONE, scratch, out=scratch)
    subtract(x[:, 0], ONE, out=scratch_2)
    scratch *= scratch_2
    scratch *= d_z2.T
    scratch *= hidden1.T
    scratch *= r2
    scratch *= x[:, 0]
    scratch.dot(ones, out=r5)


def d_weight_16_1(d_weight, r2, x, r5, r6, r4, r3, scale, scale2):
    """hidden1: gradient of linear.

    Writes d_weight [16, 1]; reads r2 [B, 16], x [B, 1], r5 [16], r6 [16], r4 [16], r3 [1, 16].
    """
    # (49) d.hidden1.weight[o, i] = sum[b](d.hidden1.z[b, o] * x[b, i]) + hidden1.r4[o] + 2 * hidden1.r5[o] + 2
    #     * hidden1.r6[o] + hidden1.r3[i, o]
    multiply(TWO, r5, out=scale)
    multiply(TWO, r6, out=scale2)
    r2.T.dot(x, out=d_weight)
    d_weight += scale[:, None]
    d_weight += scale2[:, None]
    d_weight += r4[:, None]
    d_weight += r3.T


def d_z2_d_r_d_hidden2_r6_16_v2(d_z2, d_r, d_part, part2, r7, left, r, hidden1, weight, x, r2, scale, shared,
                                scratch, scratch_2, factor, ones):
    """hidden1: gradient of linear; hidden2: gradient of tanh, gradient of linear (one side of the product).

    Writes d_z2 [B, 16], d_r [B, 16], d_part [B, 16], part2 [B, 16], r7 [B]; reads left [B], r [16], hidden1 [B,
    16], weight [16, 1], x [B, 1], r2 [16, B].
    """
    # (19) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
    multiply(factor, left, out=scale)
    multiply(scale[:, None], r, out=d_z2)
    # (22) (35)
    square(hidden1, out=shared)
    subtract(ONE, shared, out=shared)
    shared *= d_z2
    # (22) d.loss.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
    d_r[...] = shared
    # (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) *
    #     sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0])
    #     + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) -
    #     d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
    multiply(shared, hidden1, out=d_part)
    d_part *= weight[:, 0]
    # (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b,
    #     0] - 1))
    subtract(x[:, 0], ONE, out=scratch)
    multiply(scratch[:, None], d_r, out=part2)
    part2 *= hidden1
    part2 *= x[:, 0][:, None]
    # (51) hidden1.r7[b] = sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * loss.r2[i, b] * hidden1.weight[i,
    #     0] * (1 - hidden1[b, i]**2))
    square(hidden1, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    scratch_2 *= d_z2
    scratch_2 *= hidden1
    scratch_2 *= r2.T
    scratch_2 *= weight[:, 0]
    scratch_2.dot(ones, out=r7)


def r_16(r, hidden2, d_z, weight, scratch, ones):
    """free: gradient of linear.

    Writes r [B]; reads hidden2 [B, 16], d_z [B, 16], weight [1, 16].
    """
    # (24) free.r[b] = sum[i](d.loss.d.hidden2.z[b, i] * free.weight[0, i] * (1 - hidden2[b, i]**2))
    square(hidden2, out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_z
    scratch *= weight[0]
    scratch.dot(ones, out=r)


def r9_1(r9, d_free, ones):
    """hidden1: gradient of linear.

    Writes r9 [B]; reads d_free [B, 1].
    """
    # (53) hidden1.r9[b] = sum[i](d.loss.d.free[b, i])
    d_free.dot(ones, out=r9)


def d_hidden2_d_z_16_16_v2(d_z, x, d_part, weight, hidden2, d_loss_d_hidden2_z, r2, d_left, r, free,
                           free_weight, hidden2_r2, scale, scratch, scratch_2):
    """hidden2: gradient of tanh, gradient of linear.

    Writes d_z [B, 16]; reads x [B, 1], d_part [B, 16], weight [16, 16], hidden2 [B, 16], d_loss_d_hidden2_z [B,
    16], r2 [B, 16], d_left [B], r [B, 16], free [B, 1], free_weight [1, 16], hidden2_r2 [16].
    """
    # (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) *
    #     sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0])
    #     + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) -
    #     d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
    multiply(TWO, d_left, out=scale)
    # (35)
    # (36) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
    d_part.dot(weight.T, out=d_z)
    subtract(ONE, x[:, 0], out=scratch)
    scratch *= TWO
    d_z *= scratch[:, None]
    d_z *= hidden2
    square(hidden2, out=scratch_2)
    subtract(ONE, x[:, 0], out=scratch)
    scratch *= 3.0
    scratch_2 *= scratch[:, None]
    scratch_2 += x[:, 0][:, None]
    scratch_2 -= ONE
    scratch_2 *= d_loss_d_hidden2_z
    scratch_2 *= r2
    d_z += scratch_2
    d_z *= x[:, 0][:, None]
    multiply(TWO, x[:, 0], out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_left
    multiply(scratch[:, None], r, out=scratch_2)
    scratch_2 *= hidden2
    d_z += scratch_2
    multiply(free[:, 0][:, None], d_loss_d_hidden2_z, out=scratch_2)
    scratch_2 *= hidden2
    d_z -= scratch_2
    d_z *= TWO
    d_z *= free_weight[0]
    multiply(scale[:, None], hidden2_r2, out=scratch_2)
    d_z -= scratch_2
    square(hidden2, out=scratch_2)
    subtract(ONE, scratch_2, out=scratch_2)
    d_z *= scratch_2


def r8_16(r8, hidden2, d_z, r2, weight, scratch, ones):
    """hidden1: gradient of linear.

    Writes r8 [B]; reads hidden2 [B, 16], d_z [B, 16], r2 [B, 16], weight [1, 16].
    """
    # (52) hidden1.r8[b] = sum[i](d.loss.d.hidden2.z[b, i] * free.r2[b, i] * hidden2[b, i] * free.weight[0, i] *
    #     (1 - hidden2[b, i]**2))
    square(hidden2, out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_z
    scratch *= r2
    scratch *= hidden2
    scratch *= weight[0]
    scratch.dot(ones, out=r8)


def d_x_1_16(d_x, r2, weight, x, r7, r8, r3, left, r9, scale2, scale3, scratch, factor):
    """hidden1: gradient of linear.

    Writes d_x [B, 1]; reads r2 [B, 16], weight [16, 1], x [B, 1], r7 [B], r8 [B], r3 [B], left [B], r9 [B].
    """
    # (54) d.x[b, i] = sum[j](d.hidden1.z[b, j] * hidden1.weight[j, i]) + hidden1.r7[b] * (4 * x[b, 0] - 2) +
    #     hidden1.r8[b] * (4 * x[b, 0] - 2) + 2 * loss.left[b] * (pi**3 * cos(pi * x[b, 0]) - 2 * loss.r3[b]) /
    #     B - 2 * hidden1.r9[b]
    multiply(TWO, r3, out=scale2)
    multiply(TWO, r9, out=scale3)
    r2.dot(weight, out=d_x)
    multiply(4.0, x[:, 0], out=scratch)
    scratch -= TWO
    scratch *= r7
    d_x += scratch[:, None]
    multiply(4.0, x[:, 0], out=scratch)
    scratch -= TWO
    scratch *= r8
    d_x += scratch[:, None]
    multiply(3.141592653589793, x[:, 0], out=scratch)
    cos(scratch, out=scratch)
    scratch *= 31.00627668029982
    scratch -= scale2
    scratch *= factor
    scratch *= left
    d_x += scratch[:, None]
    d_x -= scale3[:, None]


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (55) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (56) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (57) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_321(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
             number_3):
    """hidden1.weight to free.bias: adam.

    Writes m [321], v [321], parameters [321]; reads beta1, beta2, rate, scale, eps; uses up gradients [321].
    For (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68) (69) (70) (71) (72) (73) (74) (75) too.
    """
    # (58) hidden1.weight.m.next[o, i] = (1 - beta1) * d.hidden1.weight[o, i] + beta1 * hidden1.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (59) hidden1.weight.v.next[o, i] = (1 - beta2) * d.hidden1.weight[o, i]**2 + beta2 * hidden1.weight.v[o,
    #     i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (60) hidden1.weight.next[o, i] = hidden1.weight[o, i] - optimizer.rate * hidden1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(hidden1.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(321, real) if parameters is None else parameters,
            "gradients": np.zeros(321, real) if gradients is None else gradients,
            "states": np.zeros(657, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.005, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(1088 + 224 * capacity, real)
        self.blocks["reals"] = np.zeros(645 + 289 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_tanh_16_1(a.hidden1, x, a.hidden1_weight, a.hidden1_bias)  # (1) (2)
        linear_tanh_16_16(a.hidden2, a.hidden1, a.hidden2_weight, a.hidden2_bias)  # (3) (4)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        equation(a.u, x, a.free)  # (6)
        return 0.0

    def loss(self, x):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        return self._run("loss", batch, x)

    @staticmethod
    def _loss(a, batch, x):
        # (1) (2) (8)
        linear_tanh_16_1_v2(a.hidden1, a.loss_d_hidden2_z_part, x, a.hidden1_weight, a.hidden1_bias)
        linear_tanh_16_16_v2(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden1, a.hidden2_weight, a.hidden2_bias,
                             a.free_weight)  # (3) (4) (10)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_free, x, a.scratch)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.hidden2, x, a.loss_d_hidden2_z_part, a.hidden2_weight, a.loss_d_free,
                     a.free_weight, a.scratch, a.scratch_2)  # (8)
        linear_16_16_v2(a.loss_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_hidden1_z2_part, a.hidden2_weight,
                        a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_r3, a.hidden1, a.loss_r2, a.hidden1_weight, a.scratch_3, a.ones)  # (12)
        # (13)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_r3, a.free, a.scratch)
        equation_v2(a.loss_left, x, a.loss_d_x2)  # (14)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        return float(a.loss)

    def gradients(self, x):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        return self._run("gradients", batch, x)

    @staticmethod
    def _gradients(a, batch, x):
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (33) (39)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (33)
        linear_tanh_r6_16_16(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden2_r6_part, a.hidden1,
                             a.hidden2_weight, a.hidden2_bias, a.free_weight, a.scratch_3)  # (3) (4) (10) (40)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_free, x, a.scratch)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.hidden2, x, a.loss_d_hidden2_z_part, a.hidden2_weight, a.loss_d_free,
                     a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r2, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (27)
        linear_16_16_v2(a.loss_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_hidden1_z2_part, a.hidden2_weight,
                        a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_r3, a.hidden1, a.loss_r2, a.hidden1_weight, a.scratch_3, a.ones)  # (12)
        # (13)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_r3, a.free, a.scratch)
        equation_d_left_d_x2_d_r3_1(a.loss_left, a.d_loss_left, a.d_loss_r3, a.loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.hidden2, a.scratch, a.scale3, a.scratch_4,
                                    a.factor, a.factor_2)  # (14) (16) (17) (20) (26) (39)
        r3_1_16(a.hidden1_r3, a.loss_d_x2, a.loss_d_hidden1_z2)  # (45)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (39)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_r3, a.loss_r2, a.scratch_5, a.ones_2)  # (46)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        d_bias_1(a.d_free_bias, a.d_free, a.ones_2)  # (32)
        r_16_1(a.hidden1_r, a.hidden1_weight, a.ones_3)  # (18)
        d_z2_d_r_d_hidden2_r6_16(a.d_loss_d_hidden1_z2, a.d_loss_r, a.d_hidden2_part, a.hidden2_r6_part2,
                                 a.loss_left, a.hidden1_r, a.hidden1, a.hidden1_weight, x, a.scratch,
                                 a.scratch_2, a.scratch_6, a.factor)  # (19) (22) (35) (40)
        r5_16_16(a.hidden2_r6, a.hidden2_r6_part2, a.hidden2_r6_part)  # (40)
        r5_16_16(a.hidden2_r4, a.d_loss_r, a.loss_d_hidden2_z)  # (38)
        # (21)
        d_r2_16(a.d_loss_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.scratch_7, a.scratch, a.factor)
        # (29)
        r4_16_16(a.free_r4, a.hidden2_weight, a.hidden2, a.d_loss_r2, a.scratch_8, a.scratch_9, a.ones_4)
        # (23) (41) (44)
        d_z_d_weight_16_16(a.d_loss_d_hidden2_z, a.d_hidden2_weight_part, a.d_hidden1_z_part, a.d_loss_r,
                           a.hidden2_weight, a.hidden2, x, a.free_weight, a.scratch_3, a.scratch_10)
        r3_16(a.free_r3, a.hidden2, x, a.free_r2, a.loss_d_free, a.d_loss_d_hidden2_z, a.scratch_5,
              a.scratch_11, a.scratch_12, a.ones_2)  # (28)
        r5_16_16_v2(a.free_r5, a.hidden2, x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                    a.hidden2_weight, a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (30)
        # (31)
        d_weight_1_16(a.d_free_weight, a.d_free, a.hidden2, a.free_r5, a.free_r3, a.free_r4, a.scratch_7)
        r2_16_1(a.hidden2_r2, a.free_weight, a.ones_3)  # (34)
        d_hidden2_d_z_16_16(a.hidden2_r, x, a.d_hidden2_part, a.hidden2_weight, a.hidden2, a.d_loss_d_hidden2_z,
                            a.free_r2, a.d_loss_left, a.loss_d_free, a.free_weight, a.hidden2_r2, a.scratch,
                            a.scratch_2, a.scratch_6, a.scratch_16)  # (35) (36)
        r6_16_16(a.hidden1_r6, a.hidden1, x, a.hidden2, a.d_loss_d_hidden2_z, a.free_weight, a.hidden2_weight,
                 a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (48)
        d_bias_16(a.d_hidden2_bias, a.hidden2_r, a.ones_2)  # (42)
        r5_16_16(a.hidden2_r3, a.hidden1, a.hidden2_r)  # (37)
        d_weight_16_16(a.d_hidden2_weight, a.free_weight, a.d_hidden2_weight_part, a.hidden2_r5_part,
                       a.hidden2_r5, a.hidden2_r6, a.hidden1_weight, a.hidden2_r3, a.hidden2_r4, a.scratch_17,
                       a.scratch_18, a.factor_3)  # (41)
        linear_16_16_v2(a.hidden1_r2, a.hidden2_r, a.hidden2_weight)  # (43)
        d_z_16_16(a.hidden1_r2, a.hidden1, x, a.d_hidden1_z_part, a.hidden2_weight, a.d_loss_left,
                  a.d_loss_d_hidden1_z2, a.loss_r2, a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2,
                  a.scratch_6, a.scratch_16)  # (44)
        # (47)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_r2, a.scratch_5, a.scratch_10, a.ones_2)
        d_weight_16_1(a.d_hidden1_weight, a.hidden1_r2, x, a.hidden1_r5, a.hidden1_r6, a.hidden1_r4,
                      a.hidden1_r3, a.scratch_7, a.scale2)  # (49)
        d_bias_16(a.d_hidden1_bias, a.hidden1_r2, a.ones_2)  # (50)
        return float(a.loss)

    def input_gradients(self, x):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        return self._run("input_gradients", batch, x)

    @staticmethod
    def _input_gradients(a, batch, x):
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (33) (39)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (33)
        linear_tanh_r6_16_16(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden2_r6_part, a.hidden1,
                             a.hidden2_weight, a.hidden2_bias, a.free_weight, a.scratch_3)  # (3) (4) (10) (40)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_free, x, a.scratch)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.hidden2, x, a.loss_d_hidden2_z_part, a.hidden2_weight, a.loss_d_free,
                     a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r2, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (27)
        linear_16_16_v2(a.loss_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_hidden1_z2_part, a.hidden2_weight,
                        a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_r3, a.hidden1, a.loss_r2, a.hidden1_weight, a.scratch_3, a.ones)  # (12)
        # (13)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_r3, a.free, a.scratch)
        equation_d_left_d_x2_d_r3_1(a.loss_left, a.d_loss_left, a.d_loss_r3, a.loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.hidden2, a.scratch, a.scale3, a.scratch_4,
                                    a.factor, a.factor_2)  # (14) (16) (17) (20) (26) (39)
        r3_1_16(a.hidden1_r3, a.loss_d_x2, a.loss_d_hidden1_z2)  # (45)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (39)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_r3, a.loss_r2, a.scratch_5, a.ones_2)  # (46)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        d_bias_1(a.d_free_bias, a.d_free, a.ones_2)  # (32)
        r_16_1(a.hidden1_r, a.hidden1_weight, a.ones_3)  # (18)
        d_z2_d_r_d_hidden2_r6_16_v2(a.d_loss_d_hidden1_z2, a.d_loss_r, a.d_hidden2_part, a.hidden2_r6_part2,
                                    a.hidden1_r7, a.loss_left, a.hidden1_r, a.hidden1, a.hidden1_weight, x,
                                    a.loss_r2, a.scratch, a.scratch_2, a.scratch_6, a.scratch_16, a.factor,
                                    a.ones)  # (19) (22) (35) (40) (51)
        r5_16_16(a.hidden2_r6, a.hidden2_r6_part2, a.hidden2_r6_part)  # (40)
        r5_16_16(a.hidden2_r4, a.d_loss_r, a.loss_d_hidden2_z)  # (38)
        # (21)
        d_r2_16(a.d_loss_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.scratch_7, a.scratch, a.factor)
        # (29)
        r4_16_16(a.free_r4, a.hidden2_weight, a.hidden2, a.d_loss_r2, a.scratch_8, a.scratch_9, a.ones_4)
        # (23) (41) (44)
        d_z_d_weight_16_16(a.d_loss_d_hidden2_z, a.d_hidden2_weight_part, a.d_hidden1_z_part, a.d_loss_r,
                           a.hidden2_weight, a.hidden2, x, a.free_weight, a.scratch_3, a.scratch_10)
        r_16(a.free_r, a.hidden2, a.d_loss_d_hidden2_z, a.free_weight, a.scratch_3, a.ones)  # (24)
        r9_1(a.hidden1_r9, a.d_loss_d_free, a.ones_3)  # (53)
        r3_16(a.free_r3, a.hidden2, x, a.free_r2, a.loss_d_free, a.d_loss_d_hidden2_z, a.scratch_5,
              a.scratch_11, a.scratch_12, a.ones_2)  # (28)
        r5_16_16_v2(a.free_r5, a.hidden2, x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                    a.hidden2_weight, a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (30)
        # (31)
        d_weight_1_16(a.d_free_weight, a.d_free, a.hidden2, a.free_r5, a.free_r3, a.free_r4, a.scratch_7)
        r2_16_1(a.hidden2_r2, a.free_weight, a.ones_3)  # (34)
        d_hidden2_d_z_16_16_v2(a.d_hidden2_z, x, a.d_hidden2_part, a.hidden2_weight, a.hidden2,
                               a.d_loss_d_hidden2_z, a.free_r2, a.d_loss_left, a.hidden2_r, a.loss_d_free,
                               a.free_weight, a.hidden2_r2, a.scratch, a.scale3, a.scratch_19)  # (35) (36)
        # (52)
        r8_16(a.hidden1_r8, a.hidden2, a.d_loss_d_hidden2_z, a.free_r2, a.free_weight, a.scratch_3, a.ones)
        r6_16_16(a.hidden1_r6, a.hidden1, x, a.hidden2, a.d_loss_d_hidden2_z, a.free_weight, a.hidden2_weight,
                 a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (48)
        d_bias_16(a.d_hidden2_bias, a.d_hidden2_z, a.ones_2)  # (42)
        r5_16_16(a.hidden2_r3, a.hidden1, a.d_hidden2_z)  # (37)
        d_weight_16_16(a.d_hidden2_weight, a.free_weight, a.d_hidden2_weight_part, a.hidden2_r5_part,
                       a.hidden2_r5, a.hidden2_r6, a.hidden1_weight, a.hidden2_r3, a.hidden2_r4, a.scratch_17,
                       a.scratch_18, a.factor_3)  # (41)
        linear_16_16_v2(a.hidden1_r2, a.d_hidden2_z, a.hidden2_weight)  # (43)
        d_z_16_16(a.hidden1_r2, a.hidden1, x, a.d_hidden1_z_part, a.hidden2_weight, a.d_loss_left,
                  a.d_loss_d_hidden1_z2, a.loss_r2, a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2,
                  a.scratch_6, a.scratch_16)  # (44)
        # (47)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_r2, a.scratch_5, a.scratch_10, a.ones_2)
        d_x_1_16(a.d_x, a.hidden1_r2, a.hidden1_weight, x, a.hidden1_r7, a.hidden1_r8, a.loss_r3, a.loss_left,
                 a.hidden1_r9, a.scratch, a.scale3, a.scratch_4, a.factor)  # (54)
        d_weight_16_1(a.d_hidden1_weight, a.hidden1_r2, x, a.hidden1_r5, a.hidden1_r6, a.hidden1_r4,
                      a.hidden1_r3, a.scratch_7, a.scale2)  # (49)
        d_bias_16(a.d_hidden1_bias, a.hidden1_r2, a.ones_2)  # (50)
        return float(a.loss)

    def step(self, x):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        return self._run("step", batch, x)

    @staticmethod
    def _step(a, batch, x):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (55) (56) (57)
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (33) (39)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (33)
        linear_tanh_r6_16_16(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden2_r6_part, a.hidden1,
                             a.hidden2_weight, a.hidden2_bias, a.free_weight, a.scratch_3)  # (3) (4) (10) (40)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_free, x, a.scratch)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.hidden2, x, a.loss_d_hidden2_z_part, a.hidden2_weight, a.loss_d_free,
                     a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r2, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (27)
        linear_16_16_v2(a.loss_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_hidden1_z2_part, a.hidden2_weight,
                        a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_r3, a.hidden1, a.loss_r2, a.hidden1_weight, a.scratch_3, a.ones)  # (12)
        # (13)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_r3, a.free, a.scratch)
        equation_d_left_d_x2_d_r3_1(a.loss_left, a.d_loss_left, a.d_loss_r3, a.loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.hidden2, a.scratch, a.scale3, a.scratch_4,
                                    a.factor, a.factor_2)  # (14) (16) (17) (20) (26) (39)
        r3_1_16(a.hidden1_r3, a.loss_d_x2, a.loss_d_hidden1_z2)  # (45)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (39)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_r3, a.loss_r2, a.scratch_5, a.ones_2)  # (46)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        d_bias_1(a.d_free_bias, a.d_free, a.ones_2)  # (32)
        r_16_1(a.hidden1_r, a.hidden1_weight, a.ones_3)  # (18)
        d_z2_d_r_d_hidden2_r6_16(a.d_loss_d_hidden1_z2, a.d_loss_r, a.d_hidden2_part, a.hidden2_r6_part2,
                                 a.loss_left, a.hidden1_r, a.hidden1, a.hidden1_weight, x, a.scratch,
                                 a.scratch_2, a.scratch_6, a.factor)  # (19) (22) (35) (40)
        r5_16_16(a.hidden2_r6, a.hidden2_r6_part2, a.hidden2_r6_part)  # (40)
        r5_16_16(a.hidden2_r4, a.d_loss_r, a.loss_d_hidden2_z)  # (38)
        # (21)
        d_r2_16(a.d_loss_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.scratch_7, a.scratch, a.factor)
        # (29)
        r4_16_16(a.free_r4, a.hidden2_weight, a.hidden2, a.d_loss_r2, a.scratch_8, a.scratch_9, a.ones_4)
        # (23) (41) (44)
        d_z_d_weight_16_16(a.d_loss_d_hidden2_z, a.d_hidden2_weight_part, a.d_hidden1_z_part, a.d_loss_r,
                           a.hidden2_weight, a.hidden2, x, a.free_weight, a.scratch_3, a.scratch_10)
        r3_16(a.free_r3, a.hidden2, x, a.free_r2, a.loss_d_free, a.d_loss_d_hidden2_z, a.scratch_5,
              a.scratch_11, a.scratch_12, a.ones_2)  # (28)
        r5_16_16_v2(a.free_r5, a.hidden2, x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                    a.hidden2_weight, a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (30)
        # (31)
        d_weight_1_16(a.d_free_weight, a.d_free, a.hidden2, a.free_r5, a.free_r3, a.free_r4, a.scratch_7)
        r2_16_1(a.hidden2_r2, a.free_weight, a.ones_3)  # (34)
        d_hidden2_d_z_16_16(a.hidden2_r, x, a.d_hidden2_part, a.hidden2_weight, a.hidden2, a.d_loss_d_hidden2_z,
                            a.free_r2, a.d_loss_left, a.loss_d_free, a.free_weight, a.hidden2_r2, a.scratch,
                            a.scratch_2, a.scratch_6, a.scratch_16)  # (35) (36)
        r6_16_16(a.hidden1_r6, a.hidden1, x, a.hidden2, a.d_loss_d_hidden2_z, a.free_weight, a.hidden2_weight,
                 a.scratch_13, a.scratch_9, a.scratch_14, a.scratch_15, a.ones_5)  # (48)
        d_bias_16(a.d_hidden2_bias, a.hidden2_r, a.ones_2)  # (42)
        r5_16_16(a.hidden2_r3, a.hidden1, a.hidden2_r)  # (37)
        d_weight_16_16(a.d_hidden2_weight, a.free_weight, a.d_hidden2_weight_part, a.hidden2_r5_part,
                       a.hidden2_r5, a.hidden2_r6, a.hidden1_weight, a.hidden2_r3, a.hidden2_r4, a.scratch_17,
                       a.scratch_18, a.factor_3)  # (41)
        linear_16_16_v2(a.hidden1_r2, a.hidden2_r, a.hidden2_weight)  # (43)
        d_z_16_16(a.hidden1_r2, a.hidden1, x, a.d_hidden1_z_part, a.hidden2_weight, a.d_loss_left,
                  a.d_loss_d_hidden1_z2, a.loss_r2, a.hidden1_weight, a.loss_r, a.scratch, a.scratch_2,
                  a.scratch_6, a.scratch_16)  # (44)
        # (47)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_r2, a.scratch_5, a.scratch_10, a.ones_2)
        d_weight_16_1(a.d_hidden1_weight, a.hidden1_r2, x, a.hidden1_r5, a.hidden1_r6, a.hidden1_r4,
                      a.hidden1_r3, a.scratch_7, a.scale2)  # (49)
        d_bias_16(a.d_hidden1_bias, a.hidden1_r2, a.ones_2)  # (50)
        # (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68) (69) (70) (71) (72) (73) (74) (75)
        adam_321(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                 a.eps, a.number, a.scratch_20, a.number_2, a.scratch_21, a.number_3)
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
        arrays["ones"] = np.ones(16, real)
        arrays["factor"] = np.array(2.0 / batch, real)
        arrays["factor_2"] = np.array(4.0 / batch, real)
        arrays["ones_2"] = np.ones(batch, real)
        arrays["ones_3"] = np.ones(1, real)
        arrays["ones_4"] = np.ones((16, batch), real)
        arrays["ones_5"] = np.ones((batch, 16), real)
        arrays["factor_3"] = np.array(1.0 / batch, real)
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
