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

from types import SimpleNamespace

import numpy as np

real = np.float32
B = "B"  # in a shape: the batch size

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("hidden1.weight", 0, (16, 1)),
    ("hidden1.bias", 16, (16,)),
    ("hidden2.weight", 32, (16, 16)),
    ("hidden2.bias", 288, (16,)),
    ("free.weight", 304, (1, 16)),
    ("free.bias", 320, (1,)),
)
STATES = (
    ("hidden1.weight.m", 0, (16, 1)),
    ("hidden1.weight.v", 16, (16, 1)),
    ("hidden1.bias.m", 32, (16,)),
    ("hidden1.bias.v", 48, (16,)),
    ("hidden2.weight.m", 64, (16, 16)),
    ("hidden2.weight.v", 320, (16, 16)),
    ("hidden2.bias.m", 576, (16,)),
    ("hidden2.bias.v", 592, (16,)),
    ("free.weight.m", 608, (1, 16)),
    ("free.weight.v", 624, (1, 16)),
    ("free.bias.m", 640, (1,)),
    ("free.bias.v", 656, (1,)),
)
FIXED = (
    ("hidden1_weight", "parameters", real, 0, 0, (16, 1)),
    ("hidden1_bias", "parameters", real, 0, 16, (16,)),
    ("hidden2_weight", "parameters", real, 0, 32, (16, 16)),
    ("hidden2_bias", "parameters", real, 0, 288, (16,)),
    ("free_weight", "parameters", real, 0, 304, (1, 16)),
    ("free_bias", "parameters", real, 0, 320, (1,)),
    ("hidden1_weight_m", "states", real, 0, 0, (16, 1)),
    ("hidden1_weight_v", "states", real, 0, 16, (16, 1)),
    ("hidden1_bias_m", "states", real, 0, 32, (16,)),
    ("hidden1_bias_v", "states", real, 0, 48, (16,)),
    ("hidden2_weight_m", "states", real, 0, 64, (16, 16)),
    ("hidden2_weight_v", "states", real, 0, 320, (16, 16)),
    ("hidden2_bias_m", "states", real, 0, 576, (16,)),
    ("hidden2_bias_v", "states", real, 0, 592, (16,)),
    ("free_weight_m", "states", real, 0, 608, (1, 16)),
    ("free_weight_v", "states", real, 0, 624, (1, 16)),
    ("free_bias_m", "states", real, 0, 640, (1,)),
    ("free_bias_v", "states", real, 0, 656, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_hidden1_weight", "gradients", real, 0, 0, (16, 1)),
    ("d_hidden1_bias", "gradients", real, 0, 16, (16,)),
    ("d_hidden2_weight", "gradients", real, 0, 32, (16, 16)),
    ("d_hidden2_bias", "gradients", real, 0, 288, (16,)),
    ("d_free_weight", "gradients", real, 0, 304, (1, 16)),
    ("d_free_bias", "gradients", real, 0, 320, (1,)),
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
        ("loss_d_loss_d_x", "workspace", real, 1, 81, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 64, (B, 16)),
        ("loss_d_hidden1_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 32, (B, 16)),
        ("loss_d_hidden1_r2", "workspace", real, 1, 48, (16, B)),
        ("loss_d_hidden1_r3", "workspace", real, 1, 16, (B,)),
        ("loss_d_x2", "workspace", real, 1, 17, (B, 1)),
        ("loss_left", "workspace", real, 1, 0, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 96, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 16, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 128, (B, 16)),
        ("free", "workspace", real, 1, 160, (B, 1)),
        ("loss_d_loss_d_x", "workspace", real, 1, 176, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("free_r", "workspace", real, 1, 80, (B, 16)),
        ("loss_d_hidden1_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 144, (B, 16)),
        ("loss_d_hidden1_r2", "workspace", real, 1, 64, (16, B)),
        ("loss_d_hidden1_r3", "workspace", real, 1, 161, (B,)),
        ("loss_d_x2", "workspace", real, 1, 162, (B, 1)),
        ("loss_left", "workspace", real, 1, 177, (B,)),
        ("d_loss_d_hidden1_r3", "workspace", real, 1, 160, (B,)),
        ("d_loss_d_x2", "workspace", real, 1, 161, (B, 1)),
        ("d_free", "workspace", real, 1, 178, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1072, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 96, (B, 16)),
        ("d_loss_d_hidden1_r", "workspace", real, 1, 160, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r4", "workspace", real, 0, 256, (16, 16)),
        ("d_loss_d_hidden1_r2", "workspace", real, 1, 112, (16, B)),
        ("free_r3", "workspace", real, 0, 512, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 144, (B, 16)),
        ("free_r2", "workspace", real, 0, 528, (16,)),
        ("free_r4", "workspace", real, 0, 544, (16,)),
        ("hidden2_r2", "workspace", real, 0, 512, (16,)),
        ("hidden2_r3", "workspace", real, 0, 512, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 80, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 1056, (16,)),
        ("hidden2_r6", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r6", "workspace", real, 0, 0, (16,)),
    ),
    "input_gradients": (
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 96, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 16, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 128, (B, 16)),
        ("free", "workspace", real, 1, 160, (B, 1)),
        ("loss_d_loss_d_x", "workspace", real, 1, 176, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("free_r", "workspace", real, 1, 80, (B, 16)),
        ("loss_d_hidden1_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 144, (B, 16)),
        ("loss_d_hidden1_r2", "workspace", real, 1, 64, (16, B)),
        ("loss_d_hidden1_r3", "workspace", real, 1, 177, (B,)),
        ("loss_d_x2", "workspace", real, 1, 161, (B, 1)),
        ("loss_left", "workspace", real, 1, 178, (B,)),
        ("d_loss_d_hidden1_r3", "workspace", real, 1, 179, (B,)),
        ("d_loss_d_x2", "workspace", real, 1, 160, (B, 1)),
        ("d_free", "workspace", real, 1, 180, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1072, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 96, (B, 16)),
        ("d_loss_d_hidden1_r", "workspace", real, 1, 160, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 144, (B, 16)),
        ("hidden1_r8", "workspace", real, 1, 179, (B,)),
        ("hidden2_r4", "workspace", real, 0, 256, (16, 16)),
        ("d_loss_d_hidden1_r2", "workspace", real, 1, 112, (16, B)),
        ("free_r3", "workspace", real, 0, 512, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 128, (B, 16)),
        ("free_r2", "workspace", real, 0, 528, (16,)),
        ("free_r4", "workspace", real, 0, 544, (16,)),
        ("hidden2_r2", "workspace", real, 0, 512, (16,)),
        ("d_hidden2_z", "workspace", real, 1, 160, (B, 16)),
        ("hidden1_r7", "workspace", real, 1, 144, (B,)),
        ("hidden2_r3", "workspace", real, 0, 512, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 32, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 1056, (16,)),
        ("d_x", "workspace", real, 1, 128, (B, 1)),
        ("hidden2_r6", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r6", "workspace", real, 0, 0, (16,)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 1136, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 1138, ()),
        ("hidden1", "workspace", real, 1, 0, (B, 16)),
        ("loss_d_hidden2_z_part", "workspace", real, 1, 48, (B, 16)),
        ("hidden2_r_part", "workspace", real, 1, 16, (B, 16)),
        ("hidden2_r5_part", "workspace", real, 1, 96, (B, 16)),
        ("hidden2_r", "workspace", real, 1, 32, (B, 16)),
        ("hidden2", "workspace", real, 1, 16, (B, 16)),
        ("loss_d_hidden1_z2_part", "workspace", real, 1, 128, (B, 16)),
        ("free", "workspace", real, 1, 160, (B, 1)),
        ("loss_d_loss_d_x", "workspace", real, 1, 176, (B, 1)),
        ("loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("free_r", "workspace", real, 1, 80, (B, 16)),
        ("loss_d_hidden1_r", "workspace", real, 1, 48, (B, 16)),
        ("loss_d_hidden1_z2", "workspace", real, 1, 144, (B, 16)),
        ("loss_d_hidden1_r2", "workspace", real, 1, 64, (16, B)),
        ("loss_d_hidden1_r3", "workspace", real, 1, 161, (B,)),
        ("loss_d_x2", "workspace", real, 1, 162, (B, 1)),
        ("loss_left", "workspace", real, 1, 178, (B,)),
        ("d_loss_d_hidden1_r3", "workspace", real, 1, 160, (B,)),
        ("d_loss_d_x2", "workspace", real, 1, 161, (B, 1)),
        ("d_free", "workspace", real, 1, 177, (B, 1)),
        ("hidden2_r5_part2", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r5", "workspace", real, 0, 0, (16, 16)),
        ("hidden1_r3", "workspace", real, 0, 1024, (1, 16)),
        ("hidden1_r4", "workspace", real, 0, 1040, (16,)),
        ("loss", "workspace", real, 0, 1140, ()),
        ("hidden1_r", "workspace", real, 0, 256, (16,)),
        ("d_loss_d_hidden1_z2", "workspace", real, 1, 96, (B, 16)),
        ("d_loss_d_hidden1_r", "workspace", real, 1, 160, (B, 16)),
        ("d_hidden2_part", "workspace", real, 1, 128, (B, 16)),
        ("hidden2_r4", "workspace", real, 0, 256, (16, 16)),
        ("d_loss_d_hidden1_r2", "workspace", real, 1, 112, (16, B)),
        ("free_r3", "workspace", real, 0, 1056, (16,)),
        ("d_loss_d_hidden2_z", "workspace", real, 1, 112, (B, 16)),
        ("d_hidden1_z_part", "workspace", real, 1, 144, (B, 16)),
        ("free_r2", "workspace", real, 0, 1072, (16,)),
        ("free_r4", "workspace", real, 0, 1088, (16,)),
        ("hidden2_r2", "workspace", real, 0, 512, (16,)),
        ("hidden2_r3", "workspace", real, 0, 512, (16, 16)),
        ("hidden1_r2", "workspace", real, 1, 80, (B, 16)),
        ("hidden1_r5", "workspace", real, 0, 1104, (16,)),
        ("hidden2_r6", "workspace", real, 0, 768, (16, 16)),
        ("hidden1_r6", "workspace", real, 0, 1120, (16,)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B,)),
    ("scratch_2", "reals", real, 1, 1, (B, 16)),
    ("scratch_3", "reals", real, 1, 0, (B, 16)),
    ("scratch_4", "reals", real, 1, 1, (B,)),
    ("scratch_5", "reals", real, 1, 2, (B,)),
    ("scratch_6", "reals", real, 1, 0, (16, B)),
    ("scratch_7", "reals", real, 0, 0, (16,)),
    ("scratch_8", "reals", real, 1, 0, (16, 16, B)),
    ("scratch_9", "reals", real, 1, 256, (16, B)),
    ("scratch_10", "reals", real, 1, 16, (16, B)),
    ("scratch_11", "reals", real, 1, 32, (B,)),
    ("scratch_12", "reals", real, 1, 0, (16, B, 16)),
    ("scratch_13", "reals", real, 1, 272, (B,)),
    ("scratch_14", "reals", real, 1, 273, (B, 16)),
    ("scratch_15", "reals", real, 1, 17, (B,)),
    ("scratch_16", "reals", real, 1, 18, (B, 16)),
    ("scratch_17", "reals", real, 1, 34, (B, 16)),
    ("scratch_18", "reals", real, 1, 2, (B, 16)),
    ("scratch_19", "reals", real, 1, 18, (B,)),
    ("scratch_20", "reals", real, 1, 19, (B, 16)),
    ("scratch_21", "reals", real, 1, 16, (B,)),
    ("scratch_22", "reals", real, 1, 272, (16, B)),
    ("scratch_23", "reals", real, 1, 288, (B,)),
    ("scratch_24", "reals", real, 0, 0, (16, 16)),
    ("scratch_25", "reals", real, 0, 256, (16,)),
    ("scale2", "reals", real, 0, 16, (16,)),
    ("scratch_26", "reals", real, 1, 17, (B, 16)),
    ("d_bias", "reals", real, 0, 0, (1,)),
    ("scratch_27", "reals", real, 0, 1, (1,)),
    ("scratch_28", "reals", real, 0, 2, (1,)),
    ("scratch_29", "reals", real, 0, 32, (16,)),
    ("scratch_30", "reals", real, 0, 256, (16, 16)),
    ("scratch_31", "reals", real, 0, 512, (16,)),
    ("scratch_32", "reals", real, 0, 528, (16, 16)),
    ("d_weight", "reals", real, 0, 0, (1, 16)),
    ("scratch_33", "reals", real, 0, 32, (1, 16)),
    ("scratch_34", "reals", real, 0, 48, (1, 16)),
    ("d_weight_2", "reals", real, 0, 32, (16, 1)),
    ("scratch_35", "reals", real, 0, 48, (16, 1)),
    ("scratch_36", "reals", real, 0, 64, (16, 1)),
)
RESULTS = {
    "forward": (
        ("u", 1, 1, (B,)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 128, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (1152, 192, 0),
    "reals": (784, 289, 0),
}


def linear_tanh_16_1(hidden1, x, weight, bias):
    """hidden1: linear, tanh.

    Writes hidden1 [B, 16]; reads x [B, 1], weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    np.matmul(x, weight.T, out=hidden1)
    hidden1 += bias
    np.tanh(hidden1, out=hidden1)


def linear_tanh_16_16(hidden2, hidden1, weight, bias):
    """hidden2: linear, tanh.

    Writes hidden2 [B, 16]; reads hidden1 [B, 16], weight [16, 16], bias [16].
    """
    # (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
    # (4) hidden2[b, o] = tanh(hidden2.z[b, o])
    np.matmul(hidden1, weight.T, out=hidden2)
    hidden2 += bias
    np.tanh(hidden2, out=hidden2)


def linear_1_16(free, hidden2, weight, bias):
    """free: linear.

    Writes free [B, 1]; reads hidden2 [B, 16], weight [1, 16], bias [1].
    """
    # (5) free[b, o] = sum[i](hidden2[b, i] * free.weight[o, i]) + free.bias[o]
    np.matmul(hidden2, weight.T, out=free)
    free += bias


def equation(u, x, free):
    """u: equation.

    Writes u [B]; reads x [B, 1], free [B, 1].
    """
    # (6) u[b] = free[b, 0] * x[b, 0] * (1 - x[b, 0])
    np.subtract(1.0, x[:, 0], out=u)
    u *= free[:, 0]
    u *= x[:, 0]


def linear_tanh_16_1_v2(hidden1, part, x, weight, bias):
    """hidden1: linear, tanh; hidden2: linear (one side of the product).

    Writes hidden1 [B, 16], part [B, 16]; reads x [B, 1], weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    np.matmul(x, weight.T, out=hidden1)
    hidden1 += bias
    np.tanh(hidden1, out=hidden1)
    # (8) loss.d.hidden2.z[b, o] = loss.d.loss.d.x[b, 0] * free.weight[0, o] * (1 - hidden2[b, o]**2) * (1 + 2 *
    #     x[b, 0] * (hidden2[b, o] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) - 1))
    np.square(hidden1, out=part)
    np.subtract(1.0, part, out=part)
    part *= weight[:, 0]


def linear_tanh_16_16_v2(hidden2, part, hidden1, weight, bias, free_weight):
    """hidden2: linear, tanh; hidden1: linear (one side of the product).

    Writes hidden2 [B, 16], part [B, 16]; reads hidden1 [B, 16], weight [16, 16], bias [16], free_weight [1,
    16].
    """
    # (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
    # (4) hidden2[b, o] = tanh(hidden2.z[b, o])
    np.matmul(hidden1, weight.T, out=hidden2)
    hidden2 += bias
    np.tanh(hidden2, out=hidden2)
    # (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * loss.d.loss.d.x[b, 0] * x[b,
    #     0] * hidden1.weight[o, 0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 -
    #     hidden2[b, i]**2)) + loss.d.hidden1.r[b, o])
    np.square(hidden2, out=part)
    np.subtract(1.0, part, out=part)
    part *= free_weight[0]


def linear_1(x):
    """hidden1: linear.

    Writes x [B, 1].
    """
    # (7) loss.d.loss.d.x[b, i] = 1
    x[...] = 1.0


def linear_16_16(z, x, hidden2, x_2, part, weight, free_weight, scratch, scratch_2):
    """hidden2: linear.

    Writes z [B, 16]; reads x [B, 1], hidden2 [B, 16], x_2 [B, 1], part [B, 16], weight [16, 16], free_weight
    [1, 16].
    """
    # (8) loss.d.hidden2.z[b, o] = loss.d.loss.d.x[b, 0] * free.weight[0, o] * (1 - hidden2[b, o]**2) * (1 + 2 *
    #     x[b, 0] * (hidden2[b, o] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) - 1))
    np.matmul(part, weight.T, out=z)
    np.subtract(x_2[:, 0], 1.0, out=scratch)
    z *= scratch[:, None]
    z *= hidden2
    z -= 1.0
    np.multiply(2.0, x_2[:, 0], out=scratch)
    z *= scratch[:, None]
    z += 1.0
    np.square(hidden2, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    scratch_2 *= x[:, 0][:, None]
    z *= scratch_2
    z *= free_weight[0]


def linear_16_16_v2(r, z, weight):
    """hidden1: linear.

    Writes r [B, 16]; reads z [B, 16], weight [16, 16].
    """
    # (9) loss.d.hidden1.r[b, o] = sum[i](loss.d.hidden2.z[b, i] * hidden2.weight[i, o])
    np.matmul(z, weight, out=r)


def linear_16_16_v3(z2, hidden1, x, loss_d_loss_d_x, part, weight, hidden1_weight, r, scratch, scratch_2):
    """hidden1: linear.

    Writes z2 [B, 16]; reads hidden1 [B, 16], x [B, 1], loss_d_loss_d_x [B, 1], part [B, 16], weight [16, 16],
    hidden1_weight [16, 1], r [B, 16].
    """
    # (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * loss.d.loss.d.x[b, 0] * x[b,
    #     0] * hidden1.weight[o, 0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 -
    #     hidden2[b, i]**2)) + loss.d.hidden1.r[b, o])
    np.matmul(part, weight, out=z2)
    np.subtract(x[:, 0], 1.0, out=scratch)
    scratch *= 2.0
    scratch *= loss_d_loss_d_x[:, 0]
    scratch *= x[:, 0]
    z2 *= scratch[:, None]
    z2 *= hidden1
    z2 *= hidden1_weight[:, 0]
    z2 += r
    np.square(hidden1, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    z2 *= scratch_2


def linear_16_16_v4(r2, weight, part):
    """hidden1: linear.

    Writes r2 [16, B]; reads weight [16, 16], part [B, 16].
    """
    # (11) loss.d.hidden1.r2[i, b] = sum[j](free.weight[0, j] * hidden2.weight[j, i] * (1 - hidden2[b, j]**2))
    np.matmul(weight.T, part.T, out=r2)


def linear_16(r3, hidden1, r2, weight, scratch):
    """hidden1: linear.

    Writes r3 [B]; reads hidden1 [B, 16], r2 [16, B], weight [16, 1].
    """
    # (12) loss.d.hidden1.r3[b] = sum[i](loss.d.hidden1.r2[i, b] * hidden1.weight[i, 0] * (1 - hidden1[b,
    #     i]**2))
    np.square(hidden1, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= r2.T
    scratch *= weight[:, 0]
    np.sum(scratch, axis=1, out=r3)


def linear_1_16_v2(x2, z2, weight, x, r3, free, loss_d_loss_d_x, scratch, scratch_2):
    """hidden1: linear.

    Writes x2 [B, 1]; reads z2 [B, 16], weight [16, 1], x [B, 1], r3 [B], free [B, 1], loss_d_loss_d_x [B, 1].
    """
    # (13) loss.d.x2[b, i] = sum[j](loss.d.hidden1.z2[b, j] * hidden1.weight[j, i]) + loss.d.loss.d.x[b, 0] *
    #     (loss.d.hidden1.r3[b] * (1 - 2 * x[b, 0]) - 2 * free[b, 0])
    np.matmul(z2, weight, out=x2)
    np.multiply(2.0, x[:, 0], out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= r3
    np.multiply(2.0, free[:, 0], out=scratch_2)
    scratch -= scratch_2
    scratch *= loss_d_loss_d_x[:, 0]
    x2 += scratch[:, None]


def equation_v2(left, x, x2):
    """loss: equation.

    Writes left [B]; reads x [B, 1], x2 [B, 1].
    """
    # (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
    np.multiply(3.141592653589793, x[:, 0], out=left)
    np.sin(left, out=left)
    left *= 9.869604401089358
    left += x2[:, 0]


def equation_v3(loss, left, batch):
    """loss: equation.

    Writes loss; reads left [B].
    """
    # (15) loss = sum[b](loss.left[b]**2) / B
    loss[...] = np.vdot(left, left) / batch


def linear_tanh_r_r5_16_1(hidden1, part, hidden2_r_part, hidden2_r5_part, x, weight, bias, shared):
    """hidden1: linear, tanh; hidden2: linear, gradient of tanh, gradient of linear (one side of the product).

    Writes hidden1 [B, 16], part [B, 16], hidden2_r_part [B, 16], hidden2_r5_part [B, 16]; reads x [B, 1],
    weight [16, 1], bias [16].
    """
    # (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
    # (2) hidden1[b, o] = tanh(hidden1.z[b, o])
    np.matmul(x, weight.T, out=hidden1)
    hidden1 += bias
    np.tanh(hidden1, out=hidden1)
    # (8) loss.d.hidden2.z[b, o] = loss.d.loss.d.x[b, 0] * free.weight[0, o] * (1 - hidden2[b, o]**2) * (1 + 2 *
    #     x[b, 0] * (hidden2[b, o] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 -
    #     hidden1[b, i]**2)) - 1))
    np.square(hidden1, out=shared)
    np.subtract(1.0, shared, out=shared)
    np.multiply(shared, weight[:, 0], out=part)
    # (30) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
    np.square(hidden1, out=hidden2_r_part)
    hidden2_r_part -= 1.0
    hidden2_r_part *= weight[:, 0]
    # (36) hidden2.r5[i, o] = sum[b](loss.left[b] * loss.d.loss.d.x[b, 0] * (1 - hidden1[b, i]**2) * (1 -
    #     hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
    np.copyto(hidden2_r5_part, shared)


def r_16_16(r, part, weight):
    """hidden2: gradient of tanh.

    Writes r [B, 16]; reads part [B, 16], weight [16, 16].
    """
    # (30) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
    np.matmul(part, weight.T, out=r)


def equation_d_x2_d_r3_d_free_1(left, d_r3, d_x2, d_free, part2, x, x2, loss_d_loss_d_x, hidden2, scale2,
                                scale3, scratch, batch):
    """loss: equation; hidden1: gradient of linear; free: gradient of linear; hidden2: gradient of linear (one side of the product).

    Writes left [B], d_r3 [B], d_x2 [B, 1], d_free [B, 1], part2 [B, 16]; reads x [B, 1], x2 [B, 1],
    loss_d_loss_d_x [B, 1], hidden2 [B, 16].
    """
    # (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
    np.multiply(3.141592653589793, x[:, 0], out=left)
    np.sin(left, out=left)
    left *= 9.869604401089358
    left += x2[:, 0]
    # (19) d.loss.d.hidden1.r3[b] = 2 * loss.left[b] * loss.d.loss.d.x[b, 0] * (1 - 2 * x[b, 0]) / B
    np.multiply(2.0, x[:, 0], out=d_r3)
    np.subtract(1.0, d_r3, out=d_r3)
    d_r3 *= float(2.0 / batch)
    d_r3 *= left
    d_r3 *= loss_d_loss_d_x[:, 0]
    # (16) d.loss.d.x2[b, i] = 2 * loss.left[b] / B
    np.multiply(float(2.0 / batch), left, out=scale2)
    # (23) d.free[b, o] = -4 * loss.left[b] * loss.d.loss.d.x[b, 0] / B
    np.multiply(float(4.0 / batch), left, out=scale3)
    # (16)
    np.copyto(d_x2, scale2[:, None])
    # (23)
    np.multiply(scale3, loss_d_loss_d_x[:, 0], out=scratch)
    np.negative(scratch[:, None], out=d_free)
    # (36) hidden2.r5[i, o] = sum[b](loss.left[b] * loss.d.loss.d.x[b, 0] * (1 - hidden1[b, i]**2) * (1 -
    #     hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
    np.square(hidden2, out=part2)
    np.subtract(1.0, part2, out=part2)
    np.multiply(2.0, x[:, 0], out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    part2 *= scratch[:, None]
    part2 *= left[:, None]
    part2 *= loss_d_loss_d_x[:, 0][:, None]


def r5_16_16(r5, part, part2):
    """hidden2: gradient of linear.

    Writes r5 [16, 16]; reads part [B, 16], part2 [B, 16].
    """
    # (36) hidden2.r5[i, o] = sum[b](loss.left[b] * loss.d.loss.d.x[b, 0] * (1 - hidden1[b, i]**2) * (1 -
    #     hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
    np.matmul(part.T, part2, out=r5)


def r3_1_16(r3, d_x2, z2):
    """hidden1: gradient of linear.

    Writes r3 [1, 16]; reads d_x2 [B, 1], z2 [B, 16].
    """
    # (42) hidden1.r3[i, o] = sum[b](d.loss.d.x2[b, i] * loss.d.hidden1.z2[b, o])
    np.matmul(d_x2.T, z2, out=r3)


def r4_16(r4, hidden1, d_r3, r2, scratch):
    """hidden1: gradient of linear.

    Writes r4 [16]; reads hidden1 [B, 16], d_r3 [B], r2 [16, B].
    """
    # (43) hidden1.r4[o] = sum[b](d.loss.d.hidden1.r3[b] * loss.d.hidden1.r2[o, b] * (1 - hidden1[b, o]**2))
    np.square(hidden1.T, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= d_r3
    scratch *= r2
    np.sum(scratch, axis=1, out=r4)


def d_bias_1(d_bias, d_free):
    """free: gradient of linear.

    Writes d_bias [1]; reads d_free [B, 1].
    """
    # (29) d.free.bias[o] = sum[b](d.free[b, o])
    np.sum(d_free, axis=0, out=d_bias)


def r_16_1(r, weight):
    """hidden1: gradient of linear.

    Writes r [16]; reads weight [16, 1].
    """
    # (17) hidden1.r[o] = sum[i](hidden1.weight[o, i])
    np.sum(weight, axis=1, out=r)


def d_z2_d_r_d_hidden2_16(d_z2, d_r, d_part, left, r, hidden1, weight, scale, batch):
    """hidden1: gradient of linear; hidden2: gradient of tanh (one side of the product).

    Writes d_z2 [B, 16], d_r [B, 16], d_part [B, 16]; reads left [B], r [16], hidden1 [B, 16], weight [16, 1].
    """
    # (18) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
    np.multiply(float(2.0 / batch), left, out=scale)
    np.multiply(scale[:, None], r, out=d_z2)
    # (21) d.loss.d.hidden1.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
    np.square(hidden1, out=d_r)
    np.subtract(1.0, d_r, out=d_r)
    d_r *= d_z2
    # (32) d.hidden2[b, o] = 2 * loss.d.loss.d.x[b, 0] * (free.weight[0, o] * (B * (x[b, 0] * (2 * hidden2[b, o]
    #     * (x[b, 0] - 1) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] *
    #     hidden2.weight[o, i] * (hidden1[b, i]**2 - 1)) + d.loss.d.hidden2.z[b, o] * (free.r[b, o] * (3 *
    #     hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1) + 2 * hidden2[b, o])) - d.loss.d.hidden2.z[b, o] *
    #     hidden2[b, o]) + 2 * loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0])) - 2 *
    #     loss.left[b] * hidden2.r2[o]) / B
    np.square(hidden1, out=d_part)
    d_part -= 1.0
    d_part *= d_z2
    d_part *= hidden1
    d_part *= weight[:, 0]


def d_r2_16(d_r2, weight, hidden1, x, left, loss_d_loss_d_x, scratch, scratch_2, batch):
    """hidden1: gradient of linear.

    Writes d_r2 [16, B]; reads weight [16, 1], hidden1 [B, 16], x [B, 1], left [B], loss_d_loss_d_x [B, 1].
    """
    # (20) d.loss.d.hidden1.r2[i, b] = 2 * loss.left[b] * loss.d.loss.d.x[b, 0] * hidden1.weight[i, 0] * (1 -
    #     hidden1[b, i]**2) * (1 - 2 * x[b, 0]) / B
    np.square(hidden1.T, out=d_r2)
    np.subtract(1.0, d_r2, out=d_r2)
    np.multiply(float(2.0 / batch), weight[:, 0], out=scratch)
    d_r2 *= scratch[:, None]
    np.multiply(2.0, x[:, 0], out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    d_r2 *= scratch_2
    d_r2 *= left
    d_r2 *= loss_d_loss_d_x[:, 0]


def r3_16_16(r3, weight, hidden2, d_r2, scratch, scratch_2):
    """free: gradient of linear.

    Writes r3 [16]; reads weight [16, 16], hidden2 [B, 16], d_r2 [16, B].
    """
    # (26) free.r3[i] = sum[b, j](d.loss.d.hidden1.r2[j, b] * hidden2.weight[i, j] * (1 - hidden2[b, i]**2))
    np.square(hidden2.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.multiply(weight[:, :, None], scratch_2[:, None], out=scratch)
    scratch *= d_r2
    np.sum(scratch, axis=(1, 2), out=r3)


def d_z_16_16(d_z, d_part, d_r, weight, hidden2, free_weight):
    """hidden2: gradient of linear; hidden1: gradient of linear (one side of the product).

    Writes d_z [B, 16], d_part [B, 16]; reads d_r [B, 16], weight [16, 16], hidden2 [B, 16], free_weight [1,
    16].
    """
    # (22) d.loss.d.hidden2.z[b, o] = sum[i](d.loss.d.hidden1.r[b, i] * hidden2.weight[o, i])
    np.matmul(d_r, weight.T, out=d_z)
    # (41) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * loss.d.loss.d.x[b, 0] * hidden1.weight[o, 0] *
    #     (x[b, 0] * (hidden1[b, o] * (2 * (x[b, 0] - 1) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] *
    #     free.weight[0, i] * hidden2.weight[i, o] * (hidden2[b, i]**2 - 1)) + loss.d.hidden1.r2[o, b] * (4 *
    #     loss.left[b] / B + 3 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * (1 - x[b, 0]))) +
    #     d.loss.d.hidden1.z2[b, o] * loss.d.hidden1.r2[o, b] * (x[b, 0] - 1)) - 2 * loss.left[b] * hidden1[b,
    #     o] * loss.d.hidden1.r2[o, b] / B) + hidden1.r2[b, o] - 2 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] *
    #     loss.d.hidden1.r[b, o])
    np.square(hidden2, out=d_part)
    d_part -= 1.0
    d_part *= d_z
    d_part *= hidden2
    d_part *= free_weight[0]


def r2_16(r2, hidden2, x, r, d_z, loss_d_loss_d_x, scratch, scratch_2, scratch_3):
    """free: gradient of linear.

    Writes r2 [16]; reads hidden2 [B, 16], x [B, 1], r [B, 16], d_z [B, 16], loss_d_loss_d_x [B, 1].
    """
    # (25) free.r2[i] = sum[b](d.loss.d.hidden2.z[b, i] * loss.d.loss.d.x[b, 0] * (1 - hidden2[b, i]**2) * (1 +
    #     2 * x[b, 0] * (free.r[b, i] * hidden2[b, i] * (x[b, 0] - 1) - 1)))
    np.square(hidden2.T, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.subtract(x[:, 0], 1.0, out=scratch_3)
    np.multiply(scratch_3, r.T, out=scratch_2)
    scratch_2 *= hidden2.T
    scratch_2 -= 1.0
    scratch_2 *= 2.0
    scratch_2 *= x[:, 0]
    scratch_2 += 1.0
    scratch *= scratch_2
    scratch *= d_z.T
    scratch *= loss_d_loss_d_x[:, 0]
    np.sum(scratch, axis=1, out=r2)


def r4_16_16(r4, hidden2, x, loss_d_loss_d_x, hidden1, d_z2, weight, hidden2_weight, scratch, scratch_2,
             scratch_3, scratch_4):
    """free: gradient of linear.

    Writes r4 [16]; reads hidden2 [B, 16], x [B, 1], loss_d_loss_d_x [B, 1], hidden1 [B, 16], d_z2 [B, 16],
    weight [16, 1], hidden2_weight [16, 16].
    """
    # (27) free.r4[i] = sum[b, j](d.loss.d.hidden1.z2[b, j] * hidden1[b, j] * loss.d.loss.d.x[b, 0] * x[b, 0] *
    #     hidden1.weight[j, 0] * hidden2.weight[i, j] * (1 - hidden1[b, j]**2) * (1 - hidden2[b, i]**2) * (x[b,
    #     0] - 1))
    np.square(hidden2.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.subtract(x[:, 0], 1.0, out=scratch_3)
    scratch_2 *= scratch_3
    scratch_2 *= loss_d_loss_d_x[:, 0]
    scratch_2 *= x[:, 0]
    np.square(hidden1, out=scratch_4)
    np.subtract(1.0, scratch_4, out=scratch_4)
    np.multiply(scratch_2[:, :, None], scratch_4, out=scratch)
    scratch *= d_z2
    scratch *= hidden1
    scratch *= weight[:, 0]
    scratch *= hidden2_weight[:, None]
    np.sum(scratch, axis=(1, 2), out=r4)


def d_weight_1_16(d_weight, d_free, hidden2, r4, r2, r3, scratch):
    """free: gradient of linear.

    Writes d_weight [1, 16]; reads d_free [B, 1], hidden2 [B, 16], r4 [16], r2 [16], r3 [16].
    """
    # (28) d.free.weight[o, i] = sum[b](d.free[b, o] * hidden2[b, i]) + free.r2[i] + free.r3[i] + 2 * free.r4[i]
    np.matmul(d_free.T, hidden2, out=d_weight)
    np.multiply(2.0, r4, out=scratch)
    d_weight += scratch
    d_weight += r2
    d_weight += r3


def r2_16_1(r2, weight):
    """hidden2: gradient of tanh.

    Writes r2 [16]; reads weight [1, 16].
    """
    # (31) hidden2.r2[o] = sum[i](free.weight[i, o])
    np.sum(weight, axis=0, out=r2)


def d_hidden2_d_z_16_16(r, x, x_2, d_part, weight, hidden2, free_r, d_z, left, free_weight, r2, scale2, scratch,
                        scratch_2, scratch_3, scratch_4, batch):
    """hidden2: gradient of tanh, gradient of linear.

    Writes r [B, 16]; reads x [B, 1], x_2 [B, 1], d_part [B, 16], weight [16, 16], hidden2 [B, 16], free_r [B,
    16], d_z [B, 16], left [B], free_weight [1, 16], r2 [16].
    """
    # (32) d.hidden2[b, o] = 2 * loss.d.loss.d.x[b, 0] * (free.weight[0, o] * (B * (x[b, 0] * (2 * hidden2[b, o]
    #     * (x[b, 0] - 1) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] *
    #     hidden2.weight[o, i] * (hidden1[b, i]**2 - 1)) + d.loss.d.hidden2.z[b, o] * (free.r[b, o] * (3 *
    #     hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1) + 2 * hidden2[b, o])) - d.loss.d.hidden2.z[b, o] *
    #     hidden2[b, o]) + 2 * loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0])) - 2 *
    #     loss.left[b] * hidden2.r2[o]) / B
    np.multiply(2.0, left, out=scale2)
    # (33) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
    np.multiply(2.0, x_2[:, 0], out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    scratch_2 *= 2.0
    scratch_2 *= left
    np.multiply(scratch_2[:, None], r, out=scratch)
    scratch *= hidden2
    np.matmul(d_part, weight.T, out=r)
    np.subtract(x_2[:, 0], 1.0, out=scratch_2)
    scratch_2 *= 2.0
    r *= scratch_2[:, None]
    r *= hidden2
    np.square(hidden2, out=scratch_3)
    np.subtract(1.0, x_2[:, 0], out=scratch_2)
    scratch_2 *= 3.0
    scratch_3 *= scratch_2[:, None]
    scratch_3 += x_2[:, 0][:, None]
    scratch_3 -= 1.0
    scratch_3 *= free_r
    np.multiply(2.0, hidden2, out=scratch_4)
    scratch_3 += scratch_4
    scratch_3 *= d_z
    r += scratch_3
    r *= x_2[:, 0][:, None]
    np.multiply(d_z, hidden2, out=scratch_4)
    r -= scratch_4
    r *= batch
    r += scratch
    r *= free_weight[0]
    np.multiply(scale2[:, None], r2, out=scratch_3)
    r -= scratch_3
    np.multiply(float(2.0 / batch), x[:, 0], out=scratch_2)
    r *= scratch_2[:, None]
    np.square(hidden2, out=scratch_4)
    np.subtract(1.0, scratch_4, out=scratch_4)
    r *= scratch_4


def d_bias_16(d_bias, r):
    """hidden2: gradient of linear.

    Writes d_bias [16]; reads r [B, 16].
    """
    # (39) d.hidden2.bias[o] = sum[b](d.hidden2.z[b, o])
    np.sum(r, axis=0, out=d_bias)


def d_z_16_16_v2(r2, hidden1, x, x_2, d_part, weight, left, d_z2, loss_d_hidden1_r2, hidden1_weight, r, scale,
                 scale2, scratch, scratch_2, scratch_3, batch):
    """hidden1: gradient of linear.

    Writes r2 [B, 16]; reads hidden1 [B, 16], x [B, 1], x_2 [B, 1], d_part [B, 16], weight [16, 16], left [B],
    d_z2 [B, 16], loss_d_hidden1_r2 [16, B], hidden1_weight [16, 1], r [B, 16].
    """
    # (41) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * loss.d.loss.d.x[b, 0] * hidden1.weight[o, 0] *
    #     (x[b, 0] * (hidden1[b, o] * (2 * (x[b, 0] - 1) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] *
    #     free.weight[0, i] * hidden2.weight[i, o] * (hidden2[b, i]**2 - 1)) + loss.d.hidden1.r2[o, b] * (4 *
    #     loss.left[b] / B + 3 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * (1 - x[b, 0]))) +
    #     d.loss.d.hidden1.z2[b, o] * loss.d.hidden1.r2[o, b] * (x[b, 0] - 1)) - 2 * loss.left[b] * hidden1[b,
    #     o] * loss.d.hidden1.r2[o, b] / B) + hidden1.r2[b, o] - 2 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] *
    #     loss.d.hidden1.r[b, o])
    np.multiply(float(4.0 / batch), left, out=scale)
    np.multiply(float(2.0 / batch), left, out=scale2)
    np.matmul(d_part, weight, out=scratch)
    np.subtract(x_2[:, 0], 1.0, out=scratch_2)
    scratch_2 *= 2.0
    scratch *= scratch_2[:, None]
    np.subtract(1.0, x_2[:, 0], out=scratch_2)
    scratch_2 *= 3.0
    np.multiply(scratch_2[:, None], d_z2, out=scratch_3)
    scratch_3 *= hidden1
    scratch_3 += scale[:, None]
    scratch_3 *= loss_d_hidden1_r2.T
    scratch += scratch_3
    scratch *= hidden1
    np.subtract(x_2[:, 0], 1.0, out=scratch_2)
    np.multiply(scratch_2[:, None], d_z2, out=scratch_3)
    scratch_3 *= loss_d_hidden1_r2.T
    scratch += scratch_3
    scratch *= x_2[:, 0][:, None]
    np.multiply(scale2[:, None], hidden1, out=scratch_3)
    scratch_3 *= loss_d_hidden1_r2.T
    scratch -= scratch_3
    np.multiply(2.0, x[:, 0], out=scratch_2)
    scratch *= scratch_2[:, None]
    scratch *= hidden1_weight[:, 0]
    r2 += scratch
    np.multiply(2.0, d_z2, out=scratch_3)
    scratch_3 *= hidden1
    scratch_3 *= r
    r2 -= scratch_3
    np.square(hidden1, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    r2 *= scratch


def r5_16(r5, hidden1, x, d_z2, r2, loss_d_loss_d_x, scratch, scratch_2):
    """hidden1: gradient of linear.

    Writes r5 [16]; reads hidden1 [B, 16], x [B, 1], d_z2 [B, 16], r2 [16, B], loss_d_loss_d_x [B, 1].
    """
    # (44) hidden1.r5[o] = sum[b](d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.d.hidden1.r2[o, b] *
    #     loss.d.loss.d.x[b, 0] * x[b, 0] * (1 - hidden1[b, o]**2) * (x[b, 0] - 1))
    np.square(hidden1.T, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.subtract(x[:, 0], 1.0, out=scratch_2)
    scratch *= scratch_2
    scratch *= d_z2.T
    scratch *= hidden1.T
    scratch *= r2
    scratch *= loss_d_loss_d_x[:, 0]
    scratch *= x[:, 0]
    np.sum(scratch, axis=1, out=r5)


def r6_16_16(r6, hidden1, hidden2, x, d_z, loss_d_loss_d_x, scratch, scratch_2, scratch_3, scratch_4):
    """hidden2: gradient of linear.

    Writes r6 [16, 16]; reads hidden1 [B, 16], hidden2 [B, 16], x [B, 1], d_z [B, 16], loss_d_loss_d_x [B, 1].
    """
    # (37) hidden2.r6[i, o] = sum[b](d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.loss.d.x[b, 0] * x[b, 0]
    #     * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1))
    np.square(hidden1.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.square(hidden2.T, out=scratch_3)
    np.subtract(1.0, scratch_3, out=scratch_3)
    np.multiply(scratch_2[:, None], scratch_3, out=scratch)
    np.subtract(x[:, 0], 1.0, out=scratch_4)
    scratch *= scratch_4
    scratch *= d_z.T
    scratch *= hidden2.T
    scratch *= loss_d_loss_d_x[:, 0]
    scratch *= x[:, 0]
    np.sum(scratch, axis=2, out=r6)


def d_weight_16_16(d_weight, weight, hidden1, hidden2, x, d_z2, loss_d_loss_d_x, r5, r6, hidden1_weight, r3, r4,
                   scratch, scratch_2, scratch_3, scratch_4, scratch_5, scratch_6, batch):
    """hidden2: gradient of linear.

    Writes d_weight [16, 16]; reads weight [1, 16], hidden1 [B, 16], hidden2 [B, 16], x [B, 1], d_z2 [B, 16],
    loss_d_loss_d_x [B, 1], r5 [16, 16], r6 [16, 16], hidden1_weight [16, 1], r3 [16, 16], r4 [16, 16].
    """
    # (38) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] *
    #     (sum[b](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * loss.d.loss.d.x[b, 0] * x[b, 0] * (1 - hidden1[b,
    #     i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) + hidden2.r5[i, o] / B + hidden2.r6[i, o]) +
    #     hidden2.r3[i, o] + hidden2.r4[i, o]
    np.square(hidden1.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.square(hidden2.T, out=scratch_3)
    np.subtract(1.0, scratch_3, out=scratch_3)
    np.multiply(scratch_2, scratch_3[:, None], out=scratch)
    np.subtract(x[:, 0], 1.0, out=scratch_4)
    scratch *= scratch_4
    scratch *= d_z2.T
    scratch *= hidden1.T
    scratch *= loss_d_loss_d_x[:, 0]
    scratch *= x[:, 0]
    np.sum(scratch, axis=2, out=d_weight)
    np.multiply(float(1.0 / batch), r5.T, out=scratch_5)
    d_weight += scratch_5
    d_weight += r6.T
    np.multiply(2.0, weight[0], out=scratch_6)
    d_weight *= scratch_6[:, None]
    d_weight *= hidden1_weight[:, 0]
    d_weight += r3.T
    d_weight += r4.T


def r6_16_16_v2(r6, hidden1, x, loss_d_loss_d_x, hidden2, d_z, weight, hidden2_weight, scratch, scratch_2,
                scratch_3, scratch_4):
    """hidden1: gradient of linear.

    Writes r6 [16]; reads hidden1 [B, 16], x [B, 1], loss_d_loss_d_x [B, 1], hidden2 [B, 16], d_z [B, 16],
    weight [1, 16], hidden2_weight [16, 16].
    """
    # (45) hidden1.r6[o] = sum[b, i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * loss.d.loss.d.x[b, 0] * x[b, 0]
    #     * free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden1[b, o]**2) * (1 - hidden2[b, i]**2) * (x[b,
    #     0] - 1))
    np.square(hidden1.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.subtract(x[:, 0], 1.0, out=scratch_3)
    scratch_2 *= scratch_3
    scratch_2 *= loss_d_loss_d_x[:, 0]
    scratch_2 *= x[:, 0]
    np.square(hidden2, out=scratch_4)
    np.subtract(1.0, scratch_4, out=scratch_4)
    np.multiply(scratch_2[:, :, None], scratch_4, out=scratch)
    scratch *= d_z
    scratch *= hidden2
    scratch *= weight[0]
    scratch *= hidden2_weight.T[:, None]
    np.sum(scratch, axis=(1, 2), out=r6)


def d_weight_16_1(d_weight, r2, x, r5, r6, r4, r3, scale, scale2):
    """hidden1: gradient of linear.

    Writes d_weight [16, 1]; reads r2 [B, 16], x [B, 1], r5 [16], r6 [16], r4 [16], r3 [1, 16].
    """
    # (46) d.hidden1.weight[o, i] = sum[b](d.hidden1.z[b, o] * x[b, i]) + hidden1.r4[o] + 2 * hidden1.r5[o] + 2
    #     * hidden1.r6[o] + hidden1.r3[i, o]
    np.multiply(2.0, r5, out=scale)
    np.multiply(2.0, r6, out=scale2)
    np.matmul(r2.T, x, out=d_weight)
    d_weight += scale[:, None]
    d_weight += scale2[:, None]
    d_weight += r4[:, None]
    d_weight += r3.T


def d_z2_d_r_d_hidden2_r8_16(d_z2, d_r, d_part, r8, left, r, hidden1, weight, r2, scale, scratch, batch):
    """hidden1: gradient of linear; hidden2: gradient of tanh (one side of the product).

    Writes d_z2 [B, 16], d_r [B, 16], d_part [B, 16], r8 [B]; reads left [B], r [16], hidden1 [B, 16], weight
    [16, 1], r2 [16, B].
    """
    # (18) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
    np.multiply(float(2.0 / batch), left, out=scale)
    np.multiply(scale[:, None], r, out=d_z2)
    # (21) d.loss.d.hidden1.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
    np.square(hidden1, out=d_r)
    np.subtract(1.0, d_r, out=d_r)
    d_r *= d_z2
    # (32) d.hidden2[b, o] = 2 * loss.d.loss.d.x[b, 0] * (free.weight[0, o] * (B * (x[b, 0] * (2 * hidden2[b, o]
    #     * (x[b, 0] - 1) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] *
    #     hidden2.weight[o, i] * (hidden1[b, i]**2 - 1)) + d.loss.d.hidden2.z[b, o] * (free.r[b, o] * (3 *
    #     hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1) + 2 * hidden2[b, o])) - d.loss.d.hidden2.z[b, o] *
    #     hidden2[b, o]) + 2 * loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0])) - 2 *
    #     loss.left[b] * hidden2.r2[o]) / B
    np.square(hidden1, out=d_part)
    d_part -= 1.0
    d_part *= d_z2
    d_part *= hidden1
    d_part *= weight[:, 0]
    # (49) hidden1.r8[b] = sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * loss.d.hidden1.r2[i, b] *
    #     hidden1.weight[i, 0] * (1 - hidden1[b, i]**2))
    np.square(hidden1, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= d_z2
    scratch *= hidden1
    scratch *= r2.T
    scratch *= weight[:, 0]
    np.sum(scratch, axis=1, out=r8)


def d_hidden2_d_z_16_16_v2(d_z, x, x_2, d_part, weight, hidden2, r, d_loss_d_hidden2_z, left, hidden2_r,
                           free_weight, r2, scale2, scratch, scratch_2, scratch_3, batch):
    """hidden2: gradient of tanh, gradient of linear.

    Writes d_z [B, 16]; reads x [B, 1], x_2 [B, 1], d_part [B, 16], weight [16, 16], hidden2 [B, 16], r [B, 16],
    d_loss_d_hidden2_z [B, 16], left [B], hidden2_r [B, 16], free_weight [1, 16], r2 [16].
    """
    # (32) d.hidden2[b, o] = 2 * loss.d.loss.d.x[b, 0] * (free.weight[0, o] * (B * (x[b, 0] * (2 * hidden2[b, o]
    #     * (x[b, 0] - 1) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] *
    #     hidden2.weight[o, i] * (hidden1[b, i]**2 - 1)) + d.loss.d.hidden2.z[b, o] * (free.r[b, o] * (3 *
    #     hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1) + 2 * hidden2[b, o])) - d.loss.d.hidden2.z[b, o] *
    #     hidden2[b, o]) + 2 * loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0])) - 2 *
    #     loss.left[b] * hidden2.r2[o]) / B
    np.multiply(2.0, left, out=scale2)
    # (33) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
    np.matmul(d_part, weight.T, out=d_z)
    np.subtract(x_2[:, 0], 1.0, out=scratch)
    scratch *= 2.0
    d_z *= scratch[:, None]
    d_z *= hidden2
    np.square(hidden2, out=scratch_2)
    np.subtract(1.0, x_2[:, 0], out=scratch)
    scratch *= 3.0
    scratch_2 *= scratch[:, None]
    scratch_2 += x_2[:, 0][:, None]
    scratch_2 -= 1.0
    scratch_2 *= r
    np.multiply(2.0, hidden2, out=scratch_3)
    scratch_2 += scratch_3
    scratch_2 *= d_loss_d_hidden2_z
    d_z += scratch_2
    d_z *= x_2[:, 0][:, None]
    np.multiply(d_loss_d_hidden2_z, hidden2, out=scratch_3)
    d_z -= scratch_3
    d_z *= batch
    np.multiply(2.0, x_2[:, 0], out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= 2.0
    scratch *= left
    np.multiply(scratch[:, None], hidden2_r, out=scratch_2)
    scratch_2 *= hidden2
    d_z += scratch_2
    d_z *= free_weight[0]
    np.multiply(scale2[:, None], r2, out=scratch_3)
    d_z -= scratch_3
    np.multiply(float(2.0 / batch), x[:, 0], out=scratch)
    d_z *= scratch[:, None]
    np.square(hidden2, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    d_z *= scratch_2


def r7_16(r7, hidden2, x, r, d_z, weight, scratch, scratch_2, scratch_3):
    """hidden1: gradient of linear.

    Writes r7 [B]; reads hidden2 [B, 16], x [B, 1], r [B, 16], d_z [B, 16], weight [1, 16].
    """
    # (48) hidden1.r7[b] = sum[i](d.loss.d.hidden2.z[b, i] * free.weight[0, i] * (1 - hidden2[b, i]**2) *
    #     (free.r[b, i] * hidden2[b, i] * (x[b, 0] - 1) + free.r[b, i] * hidden2[b, i] * x[b, 0] - 1))
    np.subtract(x[:, 0], 1.0, out=scratch_2)
    np.multiply(scratch_2[:, None], r, out=scratch)
    scratch *= hidden2
    np.multiply(x[:, 0][:, None], r, out=scratch_3)
    scratch_3 *= hidden2
    scratch += scratch_3
    scratch -= 1.0
    np.square(hidden2, out=scratch_3)
    np.subtract(1.0, scratch_3, out=scratch_3)
    scratch *= scratch_3
    scratch *= d_z
    scratch *= weight[0]
    np.sum(scratch, axis=1, out=r7)


def d_x_1_16(d_x, r2, weight, x, r8, r7, r3, left, loss_d_loss_d_x, scale, scratch, batch):
    """hidden1: gradient of linear.

    Writes d_x [B, 1]; reads r2 [B, 16], weight [16, 1], x [B, 1], r8 [B], r7 [B], r3 [B], left [B],
    loss_d_loss_d_x [B, 1].
    """
    # (50) d.x[b, i] = sum[j](d.hidden1.z[b, j] * hidden1.weight[j, i]) + 2 * loss.d.loss.d.x[b, 0] *
    #     (hidden1.r8[b] * (2 * x[b, 0] - 1) + hidden1.r7[b] - 2 * loss.d.hidden1.r3[b] * loss.left[b] / B) + 2
    #     * pi**3 * loss.left[b] * cos(pi * x[b, 0]) / B
    np.multiply(float(2.0 / batch), r3, out=scale)
    scale *= left
    np.matmul(r2, weight, out=d_x)
    np.multiply(2.0, x[:, 0], out=scratch)
    scratch -= 1.0
    scratch *= r8
    scratch += r7
    scratch -= scale
    scratch *= 2.0
    scratch *= loss_d_loss_d_x[:, 0]
    d_x += scratch[:, None]
    np.multiply(3.141592653589793, x[:, 0], out=scratch)
    np.cos(scratch, out=scratch)
    scratch *= float(2.0 * 31.00627668029982 / batch)
    scratch *= left
    d_x += scratch[:, None]


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (51) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = lr / (1.0 - beta1 ** (t + 1.0))
    # (52) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / np.sqrt(1.0 - beta2 ** (t + 1.0))
    # (53) t.next = 1 + t
    t[...] = t + 1.0


def d_bias_adam_1(m, v, bias, d_free, beta1, beta2, rate, scale, eps, d_bias, scratch, scratch_2):
    """free: gradient of linear, adam.

    Writes m [1], v [1], bias [1]; reads d_free [B, 1], beta1, beta2, rate, scale, eps.
    """
    # (29) d.free.bias[o] = sum[b](d.free[b, o])
    np.sum(d_free, axis=0, out=d_bias)
    # (69) free.bias.m.next[o] = (1 - beta1) * d.free.bias[o] + beta1 * free.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_bias, out=scratch)
    m += scratch
    # (70) free.bias.v.next[o] = (1 - beta2) * d.free.bias[o]**2 + beta2 * free.bias.v[o]
    v *= float(beta2)
    np.square(d_bias, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (71) free.bias.next[o] = free.bias[o] - optimizer.rate * free.bias.m.next[o] / (optimizer.scale *
    #     sqrt(free.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def d_bias_adam_16(m, v, bias, r, beta1, beta2, rate, scale, eps, d_bias, scratch, scratch_2):
    """hidden2: gradient of linear, adam.

    Writes m [16], v [16], bias [16]; reads r [B, 16], beta1, beta2, rate, scale, eps.
    """
    # (39) d.hidden2.bias[o] = sum[b](d.hidden2.z[b, o])
    np.sum(r, axis=0, out=d_bias)
    # (63) hidden2.bias.m.next[o] = (1 - beta1) * d.hidden2.bias[o] + beta1 * hidden2.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_bias, out=scratch)
    m += scratch
    # (64) hidden2.bias.v.next[o] = (1 - beta2) * d.hidden2.bias[o]**2 + beta2 * hidden2.bias.v[o]
    v *= float(beta2)
    np.square(d_bias, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (65) hidden2.bias.next[o] = hidden2.bias[o] - optimizer.rate * hidden2.bias.m.next[o] / (optimizer.scale *
    #     sqrt(hidden2.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def d_weight_adam_16_16(m, v, weight, free_weight, hidden1, hidden2, x, d_z2, loss_d_loss_d_x, r5, r6,
                        hidden1_weight, r3, r4, beta1, beta2, rate, scale, eps, d_weight, scratch, scratch_2,
                        scratch_3, scratch_4, scratch_5, scratch_6, scratch_7, batch):
    """hidden2: gradient of linear, adam.

    Writes m [16, 16], v [16, 16], weight [16, 16]; reads free_weight [1, 16], hidden1 [B, 16], hidden2 [B, 16],
    x [B, 1], d_z2 [B, 16], loss_d_loss_d_x [B, 1], r5 [16, 16], r6 [16, 16], hidden1_weight [16, 1], r3 [16,
    16], r4 [16, 16], beta1, beta2, rate, scale, eps.
    """
    # (38) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] *
    #     (sum[b](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * loss.d.loss.d.x[b, 0] * x[b, 0] * (1 - hidden1[b,
    #     i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) + hidden2.r5[i, o] / B + hidden2.r6[i, o]) +
    #     hidden2.r3[i, o] + hidden2.r4[i, o]
    np.square(hidden1.T, out=scratch_2)
    np.subtract(1.0, scratch_2, out=scratch_2)
    np.square(hidden2.T, out=scratch_3)
    np.subtract(1.0, scratch_3, out=scratch_3)
    np.multiply(scratch_2, scratch_3[:, None], out=scratch)
    np.subtract(x[:, 0], 1.0, out=scratch_4)
    scratch *= scratch_4
    scratch *= d_z2.T
    scratch *= hidden1.T
    scratch *= loss_d_loss_d_x[:, 0]
    scratch *= x[:, 0]
    np.sum(scratch, axis=2, out=d_weight)
    np.multiply(float(1.0 / batch), r5.T, out=scratch_5)
    d_weight += scratch_5
    d_weight += r6.T
    np.multiply(2.0, free_weight[0], out=scratch_6)
    d_weight *= scratch_6[:, None]
    d_weight *= hidden1_weight[:, 0]
    d_weight += r3.T
    d_weight += r4.T
    # (60) hidden2.weight.m.next[o, i] = (1 - beta1) * d.hidden2.weight[o, i] + beta1 * hidden2.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch_5)
    m += scratch_5
    # (61) hidden2.weight.v.next[o, i] = (1 - beta2) * d.hidden2.weight[o, i]**2 + beta2 * hidden2.weight.v[o,
    #     i]
    v *= float(beta2)
    np.square(d_weight, out=scratch_5)
    scratch_5 *= float(1.0 - beta2)
    v += scratch_5
    # (62) hidden2.weight.next[o, i] = hidden2.weight[o, i] - optimizer.rate * hidden2.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(hidden2.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch_5)
    np.sqrt(v, out=scratch_7)
    scratch_7 *= float(scale)
    scratch_7 += float(eps)
    scratch_5 /= scratch_7
    weight -= scratch_5


def d_weight_adam_1_16(m, v, weight, d_free, hidden2, r4, r2, r3, beta1, beta2, rate, scale, eps, d_weight,
                       scratch, scratch_2, scratch_3):
    """free: gradient of linear, adam.

    Writes m [1, 16], v [1, 16], weight [1, 16]; reads d_free [B, 1], hidden2 [B, 16], r4 [16], r2 [16], r3
    [16], beta1, beta2, rate, scale, eps.
    """
    # (28) d.free.weight[o, i] = sum[b](d.free[b, o] * hidden2[b, i]) + free.r2[i] + free.r3[i] + 2 * free.r4[i]
    np.matmul(d_free.T, hidden2, out=d_weight)
    np.multiply(2.0, r4, out=scratch)
    d_weight += scratch
    d_weight += r2
    d_weight += r3
    # (66) free.weight.m.next[o, i] = (1 - beta1) * d.free.weight[o, i] + beta1 * free.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch_2)
    m += scratch_2
    # (67) free.weight.v.next[o, i] = (1 - beta2) * d.free.weight[o, i]**2 + beta2 * free.weight.v[o, i]
    v *= float(beta2)
    np.square(d_weight, out=scratch_2)
    scratch_2 *= float(1.0 - beta2)
    v += scratch_2
    # (68) free.weight.next[o, i] = free.weight[o, i] - optimizer.rate * free.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(free.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch_2)
    np.sqrt(v, out=scratch_3)
    scratch_3 *= float(scale)
    scratch_3 += float(eps)
    scratch_2 /= scratch_3
    weight -= scratch_2


def d_weight_adam_16_1(m, v, weight, r2, x, r5, r6, r4, r3, beta1, beta2, rate, scale, eps, scale2, scale3,
                       d_weight, scratch, scratch_2):
    """hidden1: gradient of linear, adam.

    Writes m [16, 1], v [16, 1], weight [16, 1]; reads r2 [B, 16], x [B, 1], r5 [16], r6 [16], r4 [16], r3 [1,
    16], beta1, beta2, rate, scale, eps.
    """
    # (46) d.hidden1.weight[o, i] = sum[b](d.hidden1.z[b, o] * x[b, i]) + hidden1.r4[o] + 2 * hidden1.r5[o] + 2
    #     * hidden1.r6[o] + hidden1.r3[i, o]
    np.multiply(2.0, r5, out=scale2)
    np.multiply(2.0, r6, out=scale3)
    np.matmul(r2.T, x, out=d_weight)
    d_weight += scale2[:, None]
    d_weight += scale3[:, None]
    d_weight += r4[:, None]
    d_weight += r3.T
    # (54) hidden1.weight.m.next[o, i] = (1 - beta1) * d.hidden1.weight[o, i] + beta1 * hidden1.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch)
    m += scratch
    # (55) hidden1.weight.v.next[o, i] = (1 - beta2) * d.hidden1.weight[o, i]**2 + beta2 * hidden1.weight.v[o,
    #     i]
    v *= float(beta2)
    np.square(d_weight, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (56) hidden1.weight.next[o, i] = hidden1.weight[o, i] - optimizer.rate * hidden1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(hidden1.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


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
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost."""
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(1152 + 192 * capacity, real)
        self.blocks["reals"] = np.zeros(784 + 289 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        a = self._arrays("forward", batch)
        linear_tanh_16_1(a.hidden1, x, a.hidden1_weight, a.hidden1_bias)  # (1) (2)
        linear_tanh_16_16(a.hidden2, a.hidden1, a.hidden2_weight, a.hidden2_bias)  # (3) (4)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        equation(a.u, x, a.free)  # (6)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, x):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        a = self._arrays("loss", batch)
        # (1) (2) (8)
        linear_tanh_16_1_v2(a.hidden1, a.loss_d_hidden2_z_part, x, a.hidden1_weight, a.hidden1_bias)
        linear_tanh_16_16_v2(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden1, a.hidden2_weight, a.hidden2_bias,
                             a.free_weight)  # (3) (4) (10)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_loss_d_x)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.loss_d_loss_d_x, a.hidden2, x, a.loss_d_hidden2_z_part,
                     a.hidden2_weight, a.free_weight, a.scratch, a.scratch_2)  # (8)
        linear_16_16_v2(a.loss_d_hidden1_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_loss_d_x, a.loss_d_hidden1_z2_part,
                        a.hidden2_weight, a.hidden1_weight, a.loss_d_hidden1_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_d_hidden1_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_d_hidden1_r3, a.hidden1, a.loss_d_hidden1_r2, a.hidden1_weight, a.scratch_3)  # (12)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_d_hidden1_r3, a.free,
                       a.loss_d_loss_d_x, a.scratch, a.scratch_4)  # (13)
        equation_v2(a.loss_left, x, a.loss_d_x2)  # (14)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, x):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        a = self._arrays("gradients", batch)
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (30) (36)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (30)
        linear_tanh_16_16_v2(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden1, a.hidden2_weight, a.hidden2_bias,
                             a.free_weight)  # (3) (4) (10)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_loss_d_x)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.loss_d_loss_d_x, a.hidden2, x, a.loss_d_hidden2_z_part,
                     a.hidden2_weight, a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (24)
        linear_16_16_v2(a.loss_d_hidden1_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_loss_d_x, a.loss_d_hidden1_z2_part,
                        a.hidden2_weight, a.hidden1_weight, a.loss_d_hidden1_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_d_hidden1_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_d_hidden1_r3, a.hidden1, a.loss_d_hidden1_r2, a.hidden1_weight, a.scratch_3)  # (12)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_d_hidden1_r3, a.free,
                       a.loss_d_loss_d_x, a.scratch, a.scratch_4)  # (13)
        equation_d_x2_d_r3_d_free_1(a.loss_left, a.d_loss_d_hidden1_r3, a.d_loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.loss_d_x2, a.loss_d_loss_d_x, a.hidden2, a.scratch,
                                    a.scratch_4, a.scratch_5, batch)  # (14) (16) (19) (23) (36)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (36)
        r3_1_16(a.hidden1_r3, a.d_loss_d_x2, a.loss_d_hidden1_z2)  # (42)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_d_hidden1_r3, a.loss_d_hidden1_r2, a.scratch_6)  # (43)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        d_bias_1(a.d_free_bias, a.d_free)  # (29)
        r_16_1(a.hidden1_r, a.hidden1_weight)  # (17)
        d_z2_d_r_d_hidden2_16(a.d_loss_d_hidden1_z2, a.d_loss_d_hidden1_r, a.d_hidden2_part, a.loss_left,
                              a.hidden1_r, a.hidden1, a.hidden1_weight, a.scratch, batch)  # (18) (21) (32)
        r5_16_16(a.hidden2_r4, a.d_loss_d_hidden1_r, a.loss_d_hidden2_z)  # (35)
        d_r2_16(a.d_loss_d_hidden1_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.loss_d_loss_d_x,
                a.scratch_7, a.scratch, batch)  # (20)
        # (26)
        r3_16_16(a.free_r3, a.hidden2_weight, a.hidden2, a.d_loss_d_hidden1_r2, a.scratch_8, a.scratch_9)
        d_z_16_16(a.d_loss_d_hidden2_z, a.d_hidden1_z_part, a.d_loss_d_hidden1_r, a.hidden2_weight, a.hidden2,
                  a.free_weight)  # (22) (41)
        r2_16(a.free_r2, a.hidden2, x, a.free_r, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_6,
              a.scratch_10, a.scratch_11)  # (25)
        r4_16_16(a.free_r4, a.hidden2, x, a.loss_d_loss_d_x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                 a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)  # (27)
        # (28)
        d_weight_1_16(a.d_free_weight, a.d_free, a.hidden2, a.free_r4, a.free_r2, a.free_r3, a.scratch_7)
        r2_16_1(a.hidden2_r2, a.free_weight)  # (31)
        d_hidden2_d_z_16_16(a.hidden2_r, a.loss_d_loss_d_x, x, a.d_hidden2_part, a.hidden2_weight, a.hidden2,
                            a.free_r, a.d_loss_d_hidden2_z, a.loss_left, a.free_weight, a.hidden2_r2, a.scratch,
                            a.scratch_2, a.scratch_15, a.scratch_16, a.scratch_17, batch)  # (32) (33)
        d_bias_16(a.d_hidden2_bias, a.hidden2_r)  # (39)
        r5_16_16(a.hidden2_r3, a.hidden1, a.hidden2_r)  # (34)
        linear_16_16_v2(a.hidden1_r2, a.hidden2_r, a.hidden2_weight)  # (40)
        # (41)
        d_z_16_16_v2(a.hidden1_r2, a.hidden1, a.loss_d_loss_d_x, x, a.d_hidden1_z_part, a.hidden2_weight,
                     a.loss_left, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.hidden1_weight,
                     a.loss_d_hidden1_r, a.scratch, a.scratch_4, a.scratch_18, a.scratch_19, a.scratch_20, batch)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.loss_d_loss_d_x,
              a.scratch_6, a.scratch_21)  # (44)
        d_bias_16(a.d_hidden1_bias, a.hidden1_r2)  # (47)
        r6_16_16(a.hidden2_r6, a.hidden1, a.hidden2, x, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_8,
                 a.scratch_9, a.scratch_22, a.scratch_23)  # (37)
        d_weight_16_16(a.d_hidden2_weight, a.free_weight, a.hidden1, a.hidden2, x, a.d_loss_d_hidden1_z2,
                       a.loss_d_loss_d_x, a.hidden2_r5, a.hidden2_r6, a.hidden1_weight, a.hidden2_r3,
                       a.hidden2_r4, a.scratch_8, a.scratch_9, a.scratch_22, a.scratch_23, a.scratch_24,
                       a.scratch_25, batch)  # (38)
        # (45)
        r6_16_16_v2(a.hidden1_r6, a.hidden1, x, a.loss_d_loss_d_x, a.hidden2, a.d_loss_d_hidden2_z,
                    a.free_weight, a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)
        d_weight_16_1(a.d_hidden1_weight, a.hidden1_r2, x, a.hidden1_r5, a.hidden1_r6, a.hidden1_r4,
                      a.hidden1_r3, a.scratch_7, a.scale2)  # (46)
        return float(a.loss)

    @np.errstate(all="ignore")
    def input_gradients(self, x):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        a = self._arrays("input_gradients", batch)
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (30) (36)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (30)
        linear_tanh_16_16_v2(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden1, a.hidden2_weight, a.hidden2_bias,
                             a.free_weight)  # (3) (4) (10)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_loss_d_x)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.loss_d_loss_d_x, a.hidden2, x, a.loss_d_hidden2_z_part,
                     a.hidden2_weight, a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (24)
        linear_16_16_v2(a.loss_d_hidden1_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_loss_d_x, a.loss_d_hidden1_z2_part,
                        a.hidden2_weight, a.hidden1_weight, a.loss_d_hidden1_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_d_hidden1_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_d_hidden1_r3, a.hidden1, a.loss_d_hidden1_r2, a.hidden1_weight, a.scratch_3)  # (12)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_d_hidden1_r3, a.free,
                       a.loss_d_loss_d_x, a.scratch, a.scratch_4)  # (13)
        equation_d_x2_d_r3_d_free_1(a.loss_left, a.d_loss_d_hidden1_r3, a.d_loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.loss_d_x2, a.loss_d_loss_d_x, a.hidden2, a.scratch,
                                    a.scratch_4, a.scratch_5, batch)  # (14) (16) (19) (23) (36)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (36)
        r3_1_16(a.hidden1_r3, a.d_loss_d_x2, a.loss_d_hidden1_z2)  # (42)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_d_hidden1_r3, a.loss_d_hidden1_r2, a.scratch_6)  # (43)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        d_bias_1(a.d_free_bias, a.d_free)  # (29)
        r_16_1(a.hidden1_r, a.hidden1_weight)  # (17)
        d_z2_d_r_d_hidden2_r8_16(a.d_loss_d_hidden1_z2, a.d_loss_d_hidden1_r, a.d_hidden2_part, a.hidden1_r8,
                                 a.loss_left, a.hidden1_r, a.hidden1, a.hidden1_weight, a.loss_d_hidden1_r2,
                                 a.scratch, a.scratch_2, batch)  # (18) (21) (32) (49)
        r5_16_16(a.hidden2_r4, a.d_loss_d_hidden1_r, a.loss_d_hidden2_z)  # (35)
        d_r2_16(a.d_loss_d_hidden1_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.loss_d_loss_d_x,
                a.scratch_7, a.scratch, batch)  # (20)
        # (26)
        r3_16_16(a.free_r3, a.hidden2_weight, a.hidden2, a.d_loss_d_hidden1_r2, a.scratch_8, a.scratch_9)
        d_z_16_16(a.d_loss_d_hidden2_z, a.d_hidden1_z_part, a.d_loss_d_hidden1_r, a.hidden2_weight, a.hidden2,
                  a.free_weight)  # (22) (41)
        r2_16(a.free_r2, a.hidden2, x, a.free_r, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_6,
              a.scratch_10, a.scratch_11)  # (25)
        r4_16_16(a.free_r4, a.hidden2, x, a.loss_d_loss_d_x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                 a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)  # (27)
        # (28)
        d_weight_1_16(a.d_free_weight, a.d_free, a.hidden2, a.free_r4, a.free_r2, a.free_r3, a.scratch_7)
        r2_16_1(a.hidden2_r2, a.free_weight)  # (31)
        d_hidden2_d_z_16_16_v2(a.d_hidden2_z, a.loss_d_loss_d_x, x, a.d_hidden2_part, a.hidden2_weight,
                               a.hidden2, a.free_r, a.d_loss_d_hidden2_z, a.loss_left, a.hidden2_r,
                               a.free_weight, a.hidden2_r2, a.scratch, a.scratch_4, a.scratch_18, a.scratch_16,
                               batch)  # (32) (33)
        r7_16(a.hidden1_r7, a.hidden2, x, a.free_r, a.d_loss_d_hidden2_z, a.free_weight, a.scratch_3,
              a.scratch_21, a.scratch_26)  # (48)
        d_bias_16(a.d_hidden2_bias, a.d_hidden2_z)  # (39)
        r5_16_16(a.hidden2_r3, a.hidden1, a.d_hidden2_z)  # (34)
        linear_16_16_v2(a.hidden1_r2, a.d_hidden2_z, a.hidden2_weight)  # (40)
        # (41)
        d_z_16_16_v2(a.hidden1_r2, a.hidden1, a.loss_d_loss_d_x, x, a.d_hidden1_z_part, a.hidden2_weight,
                     a.loss_left, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.hidden1_weight,
                     a.loss_d_hidden1_r, a.scratch, a.scratch_4, a.scratch_18, a.scratch_19, a.scratch_20, batch)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.loss_d_loss_d_x,
              a.scratch_6, a.scratch_21)  # (44)
        d_x_1_16(a.d_x, a.hidden1_r2, a.hidden1_weight, x, a.hidden1_r8, a.hidden1_r7, a.loss_d_hidden1_r3,
                 a.loss_left, a.loss_d_loss_d_x, a.scratch, a.scratch_4, batch)  # (50)
        d_bias_16(a.d_hidden1_bias, a.hidden1_r2)  # (47)
        r6_16_16(a.hidden2_r6, a.hidden1, a.hidden2, x, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_8,
                 a.scratch_9, a.scratch_22, a.scratch_23)  # (37)
        d_weight_16_16(a.d_hidden2_weight, a.free_weight, a.hidden1, a.hidden2, x, a.d_loss_d_hidden1_z2,
                       a.loss_d_loss_d_x, a.hidden2_r5, a.hidden2_r6, a.hidden1_weight, a.hidden2_r3,
                       a.hidden2_r4, a.scratch_8, a.scratch_9, a.scratch_22, a.scratch_23, a.scratch_24,
                       a.scratch_25, batch)  # (38)
        # (45)
        r6_16_16_v2(a.hidden1_r6, a.hidden1, x, a.loss_d_loss_d_x, a.hidden2, a.d_loss_d_hidden2_z,
                    a.free_weight, a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)
        d_weight_16_1(a.d_hidden1_weight, a.hidden1_r2, x, a.hidden1_r5, a.hidden1_r6, a.hidden1_r4,
                      a.hidden1_r3, a.scratch_7, a.scale2)  # (46)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, x):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1))
        a = self._arrays("step", batch)
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (51) (52) (53)
        linear_tanh_r_r5_16_1(a.hidden1, a.loss_d_hidden2_z_part, a.hidden2_r_part, a.hidden2_r5_part, x,
                              a.hidden1_weight, a.hidden1_bias, a.scratch_3)  # (1) (2) (8) (30) (36)
        r_16_16(a.hidden2_r, a.hidden2_r_part, a.hidden2_weight)  # (30)
        linear_tanh_16_16_v2(a.hidden2, a.loss_d_hidden1_z2_part, a.hidden1, a.hidden2_weight, a.hidden2_bias,
                             a.free_weight)  # (3) (4) (10)
        linear_1_16(a.free, a.hidden2, a.free_weight, a.free_bias)  # (5)
        linear_1(a.loss_d_loss_d_x)  # (7)
        linear_16_16(a.loss_d_hidden2_z, a.loss_d_loss_d_x, a.hidden2, x, a.loss_d_hidden2_z_part,
                     a.hidden2_weight, a.free_weight, a.scratch, a.scratch_2)  # (8)
        r_16_16(a.free_r, a.loss_d_hidden2_z_part, a.hidden2_weight)  # (24)
        linear_16_16_v2(a.loss_d_hidden1_r, a.loss_d_hidden2_z, a.hidden2_weight)  # (9)
        linear_16_16_v3(a.loss_d_hidden1_z2, a.hidden1, x, a.loss_d_loss_d_x, a.loss_d_hidden1_z2_part,
                        a.hidden2_weight, a.hidden1_weight, a.loss_d_hidden1_r, a.scratch, a.scratch_2)  # (10)
        linear_16_16_v4(a.loss_d_hidden1_r2, a.hidden2_weight, a.loss_d_hidden1_z2_part)  # (11)
        linear_16(a.loss_d_hidden1_r3, a.hidden1, a.loss_d_hidden1_r2, a.hidden1_weight, a.scratch_3)  # (12)
        linear_1_16_v2(a.loss_d_x2, a.loss_d_hidden1_z2, a.hidden1_weight, x, a.loss_d_hidden1_r3, a.free,
                       a.loss_d_loss_d_x, a.scratch, a.scratch_4)  # (13)
        equation_d_x2_d_r3_d_free_1(a.loss_left, a.d_loss_d_hidden1_r3, a.d_loss_d_x2, a.d_free,
                                    a.hidden2_r5_part2, x, a.loss_d_x2, a.loss_d_loss_d_x, a.hidden2, a.scratch,
                                    a.scratch_4, a.scratch_5, batch)  # (14) (16) (19) (23) (36)
        r5_16_16(a.hidden2_r5, a.hidden2_r5_part, a.hidden2_r5_part2)  # (36)
        r3_1_16(a.hidden1_r3, a.d_loss_d_x2, a.loss_d_hidden1_z2)  # (42)
        r4_16(a.hidden1_r4, a.hidden1, a.d_loss_d_hidden1_r3, a.loss_d_hidden1_r2, a.scratch_6)  # (43)
        d_bias_adam_1(a.free_bias_m, a.free_bias_v, a.free_bias, a.d_free, a.beta1, a.beta2, a.optimizer_rate,
                      a.optimizer_scale, a.eps, a.d_bias, a.scratch_27, a.scratch_28)  # (29) (69) (70) (71)
        equation_v3(a.loss, a.loss_left, batch)  # (15)
        r_16_1(a.hidden1_r, a.hidden1_weight)  # (17)
        d_z2_d_r_d_hidden2_16(a.d_loss_d_hidden1_z2, a.d_loss_d_hidden1_r, a.d_hidden2_part, a.loss_left,
                              a.hidden1_r, a.hidden1, a.hidden1_weight, a.scratch, batch)  # (18) (21) (32)
        r5_16_16(a.hidden2_r4, a.d_loss_d_hidden1_r, a.loss_d_hidden2_z)  # (35)
        d_r2_16(a.d_loss_d_hidden1_r2, a.hidden1_weight, a.hidden1, x, a.loss_left, a.loss_d_loss_d_x,
                a.scratch_7, a.scratch, batch)  # (20)
        # (26)
        r3_16_16(a.free_r3, a.hidden2_weight, a.hidden2, a.d_loss_d_hidden1_r2, a.scratch_8, a.scratch_9)
        d_z_16_16(a.d_loss_d_hidden2_z, a.d_hidden1_z_part, a.d_loss_d_hidden1_r, a.hidden2_weight, a.hidden2,
                  a.free_weight)  # (22) (41)
        r2_16(a.free_r2, a.hidden2, x, a.free_r, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_6,
              a.scratch_10, a.scratch_11)  # (25)
        r4_16_16(a.free_r4, a.hidden2, x, a.loss_d_loss_d_x, a.hidden1, a.d_loss_d_hidden1_z2, a.hidden1_weight,
                 a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)  # (27)
        r2_16_1(a.hidden2_r2, a.free_weight)  # (31)
        d_hidden2_d_z_16_16(a.hidden2_r, a.loss_d_loss_d_x, x, a.d_hidden2_part, a.hidden2_weight, a.hidden2,
                            a.free_r, a.d_loss_d_hidden2_z, a.loss_left, a.free_weight, a.hidden2_r2, a.scratch,
                            a.scratch_2, a.scratch_15, a.scratch_16, a.scratch_17, batch)  # (32) (33)
        # (39) (63) (64) (65)
        d_bias_adam_16(a.hidden2_bias_m, a.hidden2_bias_v, a.hidden2_bias, a.hidden2_r, a.beta1, a.beta2,
                       a.optimizer_rate, a.optimizer_scale, a.eps, a.scratch_7, a.scale2, a.scratch_29)
        r5_16_16(a.hidden2_r3, a.hidden1, a.hidden2_r)  # (34)
        linear_16_16_v2(a.hidden1_r2, a.hidden2_r, a.hidden2_weight)  # (40)
        # (41)
        d_z_16_16_v2(a.hidden1_r2, a.hidden1, a.loss_d_loss_d_x, x, a.d_hidden1_z_part, a.hidden2_weight,
                     a.loss_left, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.hidden1_weight,
                     a.loss_d_hidden1_r, a.scratch, a.scratch_4, a.scratch_18, a.scratch_19, a.scratch_20, batch)
        r5_16(a.hidden1_r5, a.hidden1, x, a.d_loss_d_hidden1_z2, a.loss_d_hidden1_r2, a.loss_d_loss_d_x,
              a.scratch_6, a.scratch_21)  # (44)
        # (47) (57) (58) (59)
        d_bias_adam_16(a.hidden1_bias_m, a.hidden1_bias_v, a.hidden1_bias, a.hidden1_r2, a.beta1, a.beta2,
                       a.optimizer_rate, a.optimizer_scale, a.eps, a.scratch_7, a.scale2, a.scratch_29)
        r6_16_16(a.hidden2_r6, a.hidden1, a.hidden2, x, a.d_loss_d_hidden2_z, a.loss_d_loss_d_x, a.scratch_8,
                 a.scratch_9, a.scratch_22, a.scratch_23)  # (37)
        # (45)
        r6_16_16_v2(a.hidden1_r6, a.hidden1, x, a.loss_d_loss_d_x, a.hidden2, a.d_loss_d_hidden2_z,
                    a.free_weight, a.hidden2_weight, a.scratch_12, a.scratch_9, a.scratch_13, a.scratch_14)
        # (38) (60) (61) (62)
        d_weight_adam_16_16(a.hidden2_weight_m, a.hidden2_weight_v, a.hidden2_weight, a.free_weight, a.hidden1,
                            a.hidden2, x, a.d_loss_d_hidden1_z2, a.loss_d_loss_d_x, a.hidden2_r5, a.hidden2_r6,
                            a.hidden1_weight, a.hidden2_r3, a.hidden2_r4, a.beta1, a.beta2, a.optimizer_rate,
                            a.optimizer_scale, a.eps, a.scratch_24, a.scratch_8, a.scratch_9, a.scratch_22,
                            a.scratch_23, a.scratch_30, a.scratch_31, a.scratch_32, batch)
        d_weight_adam_1_16(a.free_weight_m, a.free_weight_v, a.free_weight, a.d_free, a.hidden2, a.free_r4,
                           a.free_r2, a.free_r3, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                           a.d_weight, a.scale2, a.scratch_33, a.scratch_34)  # (28) (66) (67) (68)
        d_weight_adam_16_1(a.hidden1_weight_m, a.hidden1_weight_v, a.hidden1_weight, a.hidden1_r2, x,
                           a.hidden1_r5, a.hidden1_r6, a.hidden1_r4, a.hidden1_r3, a.beta1, a.beta2,
                           a.optimizer_rate, a.optimizer_scale, a.eps, a.scratch_7, a.scale2, a.d_weight_2,
                           a.scratch_35, a.scratch_36)  # (46) (54) (55) (56)
        return float(a.loss)

    def results(self, program):
        """What the last call of a program left in the workspace: views by name."""
        return {
            name: self._place("workspace", real, degree, offset, shape, self._batch)
            for name, degree, offset, shape in RESULTS[program]
        }

    def _arrays(self, program, batch):
        """The arrays of a program for a batch of this many rows: views of the flat blocks, made once and kept."""
        self._batch = batch
        arrays = self._bound.get((program, batch))
        if arrays is None:
            if not 1 <= batch <= self.capacity:
                raise ValueError(f"a batch of {batch} rows, but the workspace is for {self.capacity}: reserve more")
            rows = (*FIXED, *WORKSPACE[program], *SCRATCH)
            arrays = SimpleNamespace(**{name: self._place(*where, batch) for name, *where in rows})
            self._bound[program, batch] = arrays
        return arrays

    def _place(self, block, dtype, degree, offset, shape, batch):
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
        return {name: self._place(block, real, 0, offset, shape, 0) for name, offset, shape in table}


def as_input(value, name, dtype, shape):
    """The array of an input: contiguous, of its dtype and shape; no copy where it is so already."""
    array = np.asarray(value, dtype, order="C")
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    return array
