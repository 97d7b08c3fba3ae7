"""The network lenet in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 1, 28, 28] float32
    label [B] int32, 0 ... 9
Parameters
    conv1.weight [6, 1, 5, 5]
    conv1.bias [6]
    conv2.weight [16, 6, 5, 5]
    conv2.bias [16]
    fc1.weight [120, 400]
    fc1.bias [120]
    fc2.weight [84, 120]
    fc2.bias [84]
    fc3.weight [10, 84]
    fc3.bias [10]
Settings
    lr = 0.002
    eps = 1e-08
    weight_decay = 0.05
    beta1 = 0.9
    beta2 = 0.999
    steps = 2500.0
    min_lr = 0.0

Use
    from lenet import Network

    net = Network()
    net.parameter_views["conv1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, copyto, cos, equal, exp, greater, log, logical_and, matmul, maximum, minimum, multiply, reciprocal,
    sqrt, square, subtract, take,
)
from numpy.lib.stride_tricks import as_strided

real = np.float32
B = "B"  # in a shape: the batch size
bits_of_real = np.int32
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("conv1.weight", 0, (6, 1, 5, 5)),
    ("conv1.bias", 160, (6,)),
    ("conv2.weight", 176, (16, 6, 5, 5)),
    ("conv2.bias", 2576, (16,)),
    ("fc1.weight", 2592, (120, 400)),
    ("fc1.bias", 50592, (120,)),
    ("fc2.weight", 50720, (84, 120)),
    ("fc2.bias", 60800, (84,)),
    ("fc3.weight", 60896, (10, 84)),
    ("fc3.bias", 61744, (10,)),
)
STATES = (
    ("conv1.weight.m", 0, (6, 1, 5, 5)),
    ("conv1.bias.m", 160, (6,)),
    ("conv2.weight.m", 176, (16, 6, 5, 5)),
    ("conv2.bias.m", 2576, (16,)),
    ("fc1.weight.m", 2592, (120, 400)),
    ("fc1.bias.m", 50592, (120,)),
    ("fc2.weight.m", 50720, (84, 120)),
    ("fc2.bias.m", 60800, (84,)),
    ("fc3.weight.m", 60896, (10, 84)),
    ("fc3.bias.m", 61744, (10,)),
    ("conv1.weight.v", 61760, (6, 1, 5, 5)),
    ("conv1.bias.v", 61920, (6,)),
    ("conv2.weight.v", 61936, (16, 6, 5, 5)),
    ("conv2.bias.v", 64336, (16,)),
    ("fc1.weight.v", 64352, (120, 400)),
    ("fc1.bias.v", 112352, (120,)),
    ("fc2.weight.v", 112480, (84, 120)),
    ("fc2.bias.v", 122560, (84,)),
    ("fc3.weight.v", 122656, (10, 84)),
    ("fc3.bias.v", 123504, (10,)),
)
FIXED = (
    ("conv1_weight", "parameters", real, 0, 0, (6, 1, 5, 5)),
    ("conv1_bias", "parameters", real, 0, 160, (6,)),
    ("conv2_weight", "parameters", real, 0, 176, (16, 6, 5, 5)),
    ("conv2_bias", "parameters", real, 0, 2576, (16,)),
    ("fc1_weight", "parameters", real, 0, 2592, (120, 400)),
    ("fc1_bias", "parameters", real, 0, 50592, (120,)),
    ("fc2_weight", "parameters", real, 0, 50720, (84, 120)),
    ("fc2_bias", "parameters", real, 0, 60800, (84,)),
    ("fc3_weight", "parameters", real, 0, 60896, (10, 84)),
    ("fc3_bias", "parameters", real, 0, 61744, (10,)),
    ("conv1_weight_m", "states", real, 0, 0, (6, 1, 5, 5)),
    ("conv1_bias_m", "states", real, 0, 160, (6,)),
    ("conv2_weight_m", "states", real, 0, 176, (16, 6, 5, 5)),
    ("conv2_bias_m", "states", real, 0, 2576, (16,)),
    ("fc1_weight_m", "states", real, 0, 2592, (120, 400)),
    ("fc1_bias_m", "states", real, 0, 50592, (120,)),
    ("fc2_weight_m", "states", real, 0, 50720, (84, 120)),
    ("fc2_bias_m", "states", real, 0, 60800, (84,)),
    ("fc3_weight_m", "states", real, 0, 60896, (10, 84)),
    ("fc3_bias_m", "states", real, 0, 61744, (10,)),
    ("conv1_weight_v", "states", real, 0, 61760, (6, 1, 5, 5)),
    ("conv1_bias_v", "states", real, 0, 61920, (6,)),
    ("conv2_weight_v", "states", real, 0, 61936, (16, 6, 5, 5)),
    ("conv2_bias_v", "states", real, 0, 64336, (16,)),
    ("fc1_weight_v", "states", real, 0, 64352, (120, 400)),
    ("fc1_bias_v", "states", real, 0, 112352, (120,)),
    ("fc2_weight_v", "states", real, 0, 112480, (84, 120)),
    ("fc2_bias_v", "states", real, 0, 122560, (84,)),
    ("fc3_weight_v", "states", real, 0, 122656, (10, 84)),
    ("fc3_bias_v", "states", real, 0, 123504, (10,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("weight_decay", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("steps", "settings", np.float64, 0, 5, ()),
    ("min_lr", "settings", np.float64, 0, 6, ()),
    ("d_conv1_weight", "gradients", real, 0, 0, (6, 1, 5, 5)),
    ("d_conv1_bias", "gradients", real, 0, 160, (6,)),
    ("d_conv2_weight", "gradients", real, 0, 176, (16, 6, 5, 5)),
    ("d_conv2_bias", "gradients", real, 0, 2576, (16,)),
    ("d_fc1_weight", "gradients", real, 0, 2592, (120, 400)),
    ("d_fc1_bias", "gradients", real, 0, 50592, (120,)),
    ("d_fc2_weight", "gradients", real, 0, 50720, (84, 120)),
    ("d_fc2_bias", "gradients", real, 0, 60800, (84,)),
    ("d_fc3_weight", "gradients", real, 0, 60896, (10, 84)),
    ("d_fc3_bias", "gradients", real, 0, 61744, (10,)),
    ("gradients", "gradients", real, 0, 0, (61754,)),
    ("m", "states", real, 0, 0, (61754,)),
    ("v", "states", real, 0, 61760, (61754,)),
    ("parameters", "parameters", real, 0, 0, (61754,)),
)
WORKSPACE = {
    "forward": (
        ("x_padded", "workspace", real, 1, 4704, (B, 1, 32, 32)),
        ("conv1", "workspace", real, 1, 0, (B, 6, 28, 28)),
        ("pool1", "workspace", real, 1, 4704, (B, 6, 14, 14)),
        ("conv2", "workspace", real, 1, 0, (B, 16, 10, 10)),
        ("pool2", "workspace", real, 1, 1600, (B, 16, 5, 5)),
        ("fc1", "workspace", real, 1, 0, (B, 120)),
        ("fc2", "workspace", real, 1, 128, (B, 84)),
        ("fc3", "workspace", real, 1, 0, (B, 10)),
        ("flat", "workspace", real, 1, 1600, (B, 400)),
    ),
    "loss": (
        ("x_padded", "workspace", real, 1, 4704, (B, 1, 32, 32)),
        ("conv1", "workspace", real, 1, 0, (B, 6, 28, 28)),
        ("pool1", "workspace", real, 1, 4704, (B, 6, 14, 14)),
        ("conv2", "workspace", real, 1, 0, (B, 16, 10, 10)),
        ("pool2", "workspace", real, 1, 1600, (B, 16, 5, 5)),
        ("fc1", "workspace", real, 1, 0, (B, 120)),
        ("fc2", "workspace", real, 1, 128, (B, 84)),
        ("fc3", "workspace", real, 1, 0, (B, 10)),
        ("loss_m", "workspace", real, 1, 33, (B,)),
        ("loss_e", "workspace", real, 1, 16, (B, 10)),
        ("loss_S", "workspace", real, 1, 32, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
        ("flat", "workspace", real, 1, 1600, (B, 400)),
    ),
    "gradients": (
        ("x_padded", "workspace", real, 1, 15040, (B, 1, 32, 32)),
        ("conv1", "workspace", real, 1, 5184, (B, 6, 28, 28)),
        ("pool1", "workspace", real, 1, 11488, (B, 6, 14, 14)),
        ("conv2", "workspace", real, 1, 9888, (B, 16, 10, 10)),
        ("pool1_k", "workspace", np.int32, 1, 12672, (B, 6, 14, 14)),
        ("pool2", "workspace", real, 1, 13856, (B, 16, 5, 5)),
        ("fc1", "workspace", real, 1, 14656, (B, 120)),
        ("fc2", "workspace", real, 1, 14784, (B, 84)),
        ("pool2_k", "workspace", np.int32, 1, 14256, (B, 16, 5, 5)),
        ("fc3", "workspace", real, 1, 14896, (B, 10)),
        ("loss_m", "workspace", real, 1, 14929, (B,)),
        ("loss_e", "workspace", real, 1, 14912, (B, 10)),
        ("loss_S", "workspace", real, 1, 14928, (B,)),
        ("d_fc3", "workspace", real, 1, 14880, (B, 10)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_flat", "workspace", real, 1, 13856, (B, 400)),
        ("d_conv2_z_padded", "workspace", real, 1, 0, (B, 16, 18, 18)),
        ("d_pool1", "workspace", real, 1, 13856, (B, 6, 14, 14)),
        ("flat", "workspace", real, 1, 13856, (B, 400)),
    ),
    "input_gradients": (
        ("x_padded", "workspace", real, 1, 16000, (B, 1, 32, 32)),
        ("conv1", "workspace", real, 1, 6144, (B, 6, 28, 28)),
        ("pool1", "workspace", real, 1, 12448, (B, 6, 14, 14)),
        ("conv2", "workspace", real, 1, 10848, (B, 16, 10, 10)),
        ("pool1_k", "workspace", np.int32, 1, 13632, (B, 6, 14, 14)),
        ("pool2", "workspace", real, 1, 14816, (B, 16, 5, 5)),
        ("fc1", "workspace", real, 1, 15616, (B, 120)),
        ("fc2", "workspace", real, 1, 15744, (B, 84)),
        ("pool2_k", "workspace", np.int32, 1, 15216, (B, 16, 5, 5)),
        ("fc3", "workspace", real, 1, 15856, (B, 10)),
        ("loss_m", "workspace", real, 1, 15889, (B,)),
        ("loss_e", "workspace", real, 1, 15872, (B, 10)),
        ("loss_S", "workspace", real, 1, 15888, (B,)),
        ("d_fc3", "workspace", real, 1, 15840, (B, 10)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_flat", "workspace", real, 1, 14816, (B, 400)),
        ("d_conv2_z_padded", "workspace", real, 1, 0, (B, 16, 18, 18)),
        ("d_pool1", "workspace", real, 1, 14816, (B, 6, 14, 14)),
        ("d_conv1_z_padded", "workspace", real, 1, 0, (B, 6, 32, 32)),
        ("d_x", "workspace", real, 1, 10848, (B, 1, 28, 28)),
        ("flat", "workspace", real, 1, 14816, (B, 400)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 2, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 4, ()),
        ("optimizer_keep", "workspace", np.float64, 0, 0, ()),
        ("x_padded", "workspace", real, 1, 15040, (B, 1, 32, 32)),
        ("conv1", "workspace", real, 1, 5184, (B, 6, 28, 28)),
        ("pool1", "workspace", real, 1, 11488, (B, 6, 14, 14)),
        ("conv2", "workspace", real, 1, 9888, (B, 16, 10, 10)),
        ("pool1_k", "workspace", np.int32, 1, 12672, (B, 6, 14, 14)),
        ("pool2", "workspace", real, 1, 13856, (B, 16, 5, 5)),
        ("fc1", "workspace", real, 1, 14656, (B, 120)),
        ("fc2", "workspace", real, 1, 14784, (B, 84)),
        ("pool2_k", "workspace", np.int32, 1, 14256, (B, 16, 5, 5)),
        ("fc3", "workspace", real, 1, 14896, (B, 10)),
        ("loss_m", "workspace", real, 1, 14929, (B,)),
        ("loss_e", "workspace", real, 1, 14912, (B, 10)),
        ("loss_S", "workspace", real, 1, 14928, (B,)),
        ("d_fc3", "workspace", real, 1, 14880, (B, 10)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_flat", "workspace", real, 1, 13856, (B, 400)),
        ("d_conv2_z_padded", "workspace", real, 1, 0, (B, 16, 18, 18)),
        ("d_pool1", "workspace", real, 1, 13856, (B, 6, 14, 14)),
        ("flat", "workspace", real, 1, 13856, (B, 400)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1, 5, 5, 28, 28)),
    ("scratch_2", "reals", real, 1, 0, (B, 6, 5, 5, 10, 10)),
    ("scratch_3", "reals", real, 1, 0, (10, B)),
    ("scratch_4", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_5", "reals", real, 1, 1, (B,)),
    ("scratch_6", "reals", real, 1, 0, (B, 6, 14, 14)),
    ("mask", "masks", np.bool_, 1, 0, (B, 6, 14, 14)),
    ("scratch_7", "reals", real, 1, 0, (B, 16, 5, 5)),
    ("mask_2", "masks", np.bool_, 1, 0, (B, 16, 5, 5)),
    ("scale", "reals", real, 1, 10, (B,)),
    ("scratch_8", "reals", real, 1, 11, (B, 10)),
    ("mask_3", "masks", np.bool_, 1, 0, (B, 84)),
    ("mask_4", "masks", np.bool_, 1, 0, (B, 120)),
    ("mask_5", "masks", np.bool_, 1, 0, (B, 16, 5, 2, 5, 2)),
    ("mask_6", "masks", np.bool_, 1, 1600, (B, 16, 5, 2, 5, 2)),
    ("scratch_9", "reals", real, 0, 0, (6, 16, 5, 5)),
    ("scratch_10", "reals", real, 1, 0, (B, 16, 5, 5, 14, 14)),
    ("scale_2", "integers", np.int32, 0, 0, (2,)),
    ("mask_7", "masks", np.bool_, 1, 0, (B, 6, 14, 2, 14, 2)),
    ("integer", "integers", np.int32, 0, 2, (2, 2)),
    ("mask_8", "masks", np.bool_, 1, 4704, (B, 6, 14, 2, 14, 2)),
    ("scratch_11", "reals", real, 1, 0, (16, B, 10, 10)),
    ("scratch_12", "reals", real, 1, 1600, (6, 5, 5, B, 10, 10)),
    ("scratch_13", "reals", real, 1, 0, (6, B, 28, 28)),
    ("scratch_14", "reals", real, 1, 4704, (1, 5, 5, B, 28, 28)),
    ("scratch_15", "reals", real, 1, 0, (6, 5, 5, B, 28, 28)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_16", "reals", real, 0, 1, (61754,)),
    ("number_2", "reals", real, 0, 61755, ()),
    ("scratch_17", "reals", real, 0, 61756, (61754,)),
    ("number_3", "reals", real, 0, 123510, ()),
    ("number_4", "reals", real, 0, 123511, ()),
)
RESULTS = {
    "forward": (
        ("fc3", 1, 0, (B, 10)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 10848, (B, 1, 28, 28)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 17024, 0),
    "indices": (0, 1, 0),
    "integers": (6, 0, 0),
    "masks": (0, 9408, 0),
    "reals": (123512, 117600, 0),
}


def keep(array, mask):
    """Leave in `array` what the mask chooses, and 0 elsewhere, whatever stands there: infinity times 0 is none."""
    words = array.view(bits_of_real)
    words *= mask


def conv2d_1_2_32(padded, x):
    """conv1: conv2d (one side of the product).

    Writes padded [B, 1, 32, 32]; reads x [B, 1, 28, 28].
    """
    # (1) conv1.z[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 2, q + l - 2] * conv1.weight[k, i, j, l]) +
    #     conv1.bias[k]
    padded[:, :, :2] = 0.0
    padded[:, :, 2:30, :2] = 0.0
    padded[:, :, 2:30, 2:30] = x
    padded[:, :, 2:30, 30:32] = 0.0
    padded[:, :, 30:32] = 0.0


def conv2d_relu_6_28_28_1_5_5(conv1, padded, weight, bias, scratch):
    """conv1: conv2d, relu.

    Writes conv1 [B, 6, 28, 28]; reads padded [B, 1, 32, 32], weight [6, 1, 5, 5], bias [6].
    """
    # (1) conv1.z[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 2, q + l - 2] * conv1.weight[k, i, j, l]) +
    #     conv1.bias[k]
    # (2) conv1[b, k, p, q] = max(0, conv1.z[b, k, p, q])
    padded_windows = as_strided(padded, (padded.shape[0], 1, 28, 5, 28, 5), (padded.strides[0],
                                padded.strides[1], padded.strides[2], padded.strides[2], padded.strides[3],
                                padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 1, 3, 5, 2, 4)
    matmul(weight.reshape(6, 25), scratch.reshape(-1, 25, 784), out=conv1.reshape(-1, 6, 784))
    conv1 += bias[:, None, None]
    maximum(conv1, ZERO, out=conv1)


def maxpool2d_6_14_14_2_2(pool1, conv1):
    """pool1: maxpool2d.

    Writes pool1 [B, 6, 14, 14]; reads conv1 [B, 6, 28, 28].
    """
    # (3) pool1[b, k, p, q] = max[i, j](conv1[b, k, 2*p + i, 2*q + j])
    pool1[...] = -np.inf
    for i in range(2):
        for j in range(2):
            maximum(pool1, conv1[:, :, i:i + 27:2, j:j + 27:2], out=pool1)


def conv2d_relu_16_10_10_6_5_5(conv2, pool1, weight, bias, scratch):
    """conv2: conv2d, relu.

    Writes conv2 [B, 16, 10, 10]; reads pool1 [B, 6, 14, 14], weight [16, 6, 5, 5], bias [16].
    """
    # (5) conv2.z[b, k, p, q] = sum[i, j, l](pool1[b, i, p + j, q + l] * conv2.weight[k, i, j, l]) +
    #     conv2.bias[k]
    # (6) conv2[b, k, p, q] = max(0, conv2.z[b, k, p, q])
    pool1_windows = as_strided(pool1, (pool1.shape[0], 6, 5, 10, 5, 10), (pool1.strides[0], pool1.strides[1],
                               pool1.strides[2], pool1.strides[2], pool1.strides[3], pool1.strides[3]))
    scratch[...] = pool1_windows.transpose(0, 1, 2, 4, 3, 5)
    matmul(weight.reshape(16, 150), scratch.reshape(-1, 150, 100), out=conv2.reshape(-1, 16, 100))
    conv2 += bias[:, None, None]
    maximum(conv2, ZERO, out=conv2)


def maxpool2d_16_5_5_2_2(pool2, conv2):
    """pool2: maxpool2d.

    Writes pool2 [B, 16, 5, 5]; reads conv2 [B, 16, 10, 10].
    """
    # (7) pool2[b, k, p, q] = max[i, j](conv2[b, k, 2*p + i, 2*q + j])
    pool2[...] = -np.inf
    for i in range(2):
        for j in range(2):
            maximum(pool2, conv2[:, :, i:i + 9:2, j:j + 9:2], out=pool2)


def linear_relu_120_400(fc1, flat, weight, bias):
    """fc1: linear, relu.

    Writes fc1 [B, 120]; reads flat [B, 400], weight [120, 400], bias [120].
    """
    # (10) fc1.z[b, o] = sum[i](flat[b, i] * fc1.weight[o, i]) + fc1.bias[o]
    # (11) fc1[b, o] = max(0, fc1.z[b, o])
    flat.dot(weight.T, out=fc1)
    fc1 += bias
    maximum(fc1, ZERO, out=fc1)


def linear_relu_84_120(fc2, fc1, weight, bias):
    """fc2: linear, relu.

    Writes fc2 [B, 84]; reads fc1 [B, 120], weight [84, 120], bias [84].
    """
    # (12) fc2.z[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
    # (13) fc2[b, o] = max(0, fc2.z[b, o])
    fc1.dot(weight.T, out=fc2)
    fc2 += bias
    maximum(fc2, ZERO, out=fc2)


def linear_10_84(fc3, fc2, weight, bias):
    """fc3: linear.

    Writes fc3 [B, 10]; reads fc2 [B, 84], weight [10, 84], bias [10].
    """
    # (14) fc3[b, o] = sum[i](fc2[b, i] * fc3.weight[o, i]) + fc3.bias[o]
    fc2.dot(weight.T, out=fc3)
    fc3 += bias


def cross_entropy_10(m, e, S, fc3, scratch, ones):
    """loss: cross_entropy.

    Writes m [B], e [B, 10], S [B]; reads fc3 [B, 10].
    """
    # (15) loss.m[b] = max[i](fc3[b, i])
    scratch[...] = fc3.T
    maximum.reduce(scratch, axis=0, out=m)
    # (16) loss.e[b, j] = exp(fc3[b, j] - loss.m[b])
    subtract(fc3, m[:, None], out=e)
    exp(e, out=e)
    # (17) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)


def cross_entropy(loss, m, fc3, label, S, scratch, index, scratch_2, positions, ones, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B], fc3 [B, 10], label [B], S [B].
    """
    # (19) loss = sum[b](log(loss.S[b]) + loss.m[b] - fc3[b, label[b]]) / B
    add(positions, label, out=index)
    take(fc3, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = scratch.dot(ones) / batch


def maxpool2d_6_14_14_2_2_v2(pool1_k, conv1, scratch, mask):
    """pool1: maxpool2d.

    Writes pool1_k [B, 6, 14, 14]; reads conv1 [B, 6, 28, 28].
    """
    # (4) pool1.k[b, k, p, q] = argmax[i, j](conv1[b, k, 2*p + i, 2*q + j])
    scratch[...] = -np.inf
    for i in range(2):
        for j in range(2):
            maximum(scratch, conv1[:, :, i:i + 27:2, j:j + 27:2], out=scratch)
    pool1_k[...] = 0
    for i_2 in reversed(range(2)):
        for j_2 in reversed(range(2)):
            equal(conv1[:, :, i_2:i_2 + 27:2, j_2:j_2 + 27:2], scratch, out=mask)
            copyto(pool1_k, 2 * i_2 + j_2, where=mask)


def maxpool2d_16_5_5_2_2_v2(pool2_k, conv2, scratch, mask):
    """pool2: maxpool2d.

    Writes pool2_k [B, 16, 5, 5]; reads conv2 [B, 16, 10, 10].
    """
    # (8) pool2.k[b, k, p, q] = argmax[i, j](conv2[b, k, 2*p + i, 2*q + j])
    scratch[...] = -np.inf
    for i in range(2):
        for j in range(2):
            maximum(scratch, conv2[:, :, i:i + 9:2, j:j + 9:2], out=scratch)
    pool2_k[...] = 0
    for i_2 in reversed(range(2)):
        for j_2 in reversed(range(2)):
            equal(conv2[:, :, i_2:i_2 + 9:2, j_2:j_2 + 9:2], scratch, out=mask)
            copyto(pool2_k, 2 * i_2 + j_2, where=mask)


def cross_entropy_d_fc3_10(m, e, S, d_fc3, fc3, label, scratch, scale, scratch_2, ones, j, factor):
    """loss: cross_entropy; fc3: gradient of linear.

    Writes m [B], e [B, 10], S [B], d_fc3 [B, 10]; reads fc3 [B, 10], label [B].
    """
    # (15) loss.m[b] = max[i](fc3[b, i])
    scratch[...] = fc3.T
    maximum.reduce(scratch, axis=0, out=m)
    # (16) loss.e[b, j] = exp(fc3[b, j] - loss.m[b])
    subtract(fc3, m[:, None], out=e)
    exp(e, out=e)
    # (17) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)
    # (18) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    # (18)
    # (20) d.fc3[b, o] = (loss.p[b, o] - (o == label[b])) / B
    multiply(scale[:, None], e, out=d_fc3)
    equal(j, label[:, None], out=scratch_2)
    d_fc3 -= scratch_2
    d_fc3 *= factor


def d_weight_10_84(d_weight, d_fc3, fc2):
    """fc3: gradient of linear.

    Writes d_weight [10, 84]; reads d_fc3 [B, 10], fc2 [B, 84].
    """
    # (21) d.fc3.weight[o, i] = sum[b](d.fc3[b, o] * fc2[b, i])
    d_fc3.T.dot(fc2, out=d_weight)


def d_bias_10(d_bias, d_fc3, ones):
    """fc3: gradient of linear.

    Writes d_bias [10]; reads d_fc3 [B, 10].
    """
    # (22) d.fc3.bias[o] = sum[b](d.fc3[b, o])
    ones.dot(d_fc3, out=d_bias)


def d_z_84_10(fc2, d_fc3, weight, mask):
    """fc2: gradient of linear.

    Writes fc2 [B, 84]; reads d_fc3 [B, 10], weight [10, 84].
    """
    # (23) d.fc2.z[b, o] = sum[i](d.fc3[b, i] * fc3.weight[i, o]) * (fc2[b, o] > 0)
    greater(fc2, ZERO, out=mask)
    d_fc3.dot(weight, out=fc2)
    keep(fc2, mask)


def d_weight_84_120(d_weight, fc2, fc1):
    """fc2: gradient of linear.

    Writes d_weight [84, 120]; reads fc2 [B, 84], fc1 [B, 120].
    """
    # (24) d.fc2.weight[o, i] = sum[b](d.fc2.z[b, o] * fc1[b, i])
    fc2.T.dot(fc1, out=d_weight)


def d_bias_84(d_bias, fc2, ones):
    """fc2: gradient of linear.

    Writes d_bias [84]; reads fc2 [B, 84].
    """
    # (25) d.fc2.bias[o] = sum[b](d.fc2.z[b, o])
    ones.dot(fc2, out=d_bias)


def d_z_120_84(fc1, fc2, weight, mask):
    """fc1: gradient of linear.

    Writes fc1 [B, 120]; reads fc2 [B, 84], weight [84, 120].
    """
    # (26) d.fc1.z[b, o] = sum[i](d.fc2.z[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
    greater(fc1, ZERO, out=mask)
    fc2.dot(weight, out=fc1)
    keep(fc1, mask)


def d_weight_120_400(d_weight, fc1, flat):
    """fc1: gradient of linear.

    Writes d_weight [120, 400]; reads fc1 [B, 120], flat [B, 400].
    """
    # (27) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * flat[b, i])
    fc1.T.dot(flat, out=d_weight)


def d_bias_120(d_bias, fc1, ones):
    """fc1: gradient of linear.

    Writes d_bias [120]; reads fc1 [B, 120].
    """
    # (28) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
    ones.dot(fc1, out=d_bias)


def d_flat_400_120(d_flat, fc1, weight):
    """flat: gradient of flatten.

    Writes d_flat [B, 400]; reads fc1 [B, 120], weight [120, 400].
    """
    # (29) d.flat[b, n] = sum[i](d.fc1.z[b, i] * fc1.weight[i, n])
    fc1.dot(weight, out=d_flat)


def d_z_d_pool1_16_5_2_5_2(conv2, d_padded, pool2_k, d_flat, mask, mask_2, positions):
    """conv2: gradient of conv2d; pool1: gradient of maxpool2d (one side of the product).

    Writes conv2 [B, 16, 10, 10], d_padded [B, 16, 18, 18]; reads pool2_k [B, 16, 5, 5], d_flat [B, 400].
    """
    # (30) d.conv2.z[b, k, p, q] = d.flat[b, 25*k + 5*(p // 2) + q // 2] * (2*(p % 2) + q % 2 == pool2.k[b, k, p
    #     // 2, q // 2]) * (conv2[b, k, p, q] > 0)
    conv2_windows = as_strided(conv2, (conv2.shape[0], 16, 5, 2, 5, 2), (conv2.strides[0], conv2.strides[1],
                               2 * conv2.strides[2], conv2.strides[2], 2 * conv2.strides[3], conv2.strides[3]))
    equal(positions[:, None], pool2_k[:, :, :, None, :, None], out=mask)
    greater(conv2_windows, ZERO, out=mask_2)
    logical_and(mask, mask_2, out=mask)
    d_flat_windows = as_strided(d_flat, (d_flat.shape[0], 5, 16, 5), (d_flat.strides[0], 5 * d_flat.strides[1],
                                25 * d_flat.strides[1], d_flat.strides[1]))
    conv2_windows[...] = d_flat_windows.transpose(0, 2, 1, 3)[:, :, :, None, :, None]
    keep(conv2_windows, mask)
    # (33) d.pool1[b, k, p, q] = sum[i, j, l](d.conv2.z[b, i, j, l] * conv2.weight[i, k, p - j, q - l])
    d_padded[:, :, :4] = 0.0
    d_padded[:, :, 4:14, :4] = 0.0
    d_padded[:, :, 4:14, 4:14] = conv2
    d_padded[:, :, 4:14, 14:18] = 0.0
    d_padded[:, :, 14:18] = 0.0


def d_pool1_6_14_14_16_5_5(d_pool1, d_padded, weight, scratch, scratch_2):
    """pool1: gradient of maxpool2d.

    Writes d_pool1 [B, 6, 14, 14]; reads d_padded [B, 16, 18, 18], weight [16, 6, 5, 5].
    """
    # (33) d.pool1[b, k, p, q] = sum[i, j, l](d.conv2.z[b, i, j, l] * conv2.weight[i, k, p - j, q - l])
    d_padded_windows = as_strided(d_padded[:, :, 4:, 4:], (d_padded.shape[0], 16, 5, 14, 5, 14),
                                  (d_padded.strides[0], d_padded.strides[1], -1 * d_padded.strides[2],
                                  d_padded.strides[2], -1 * d_padded.strides[3], d_padded.strides[3]))
    scratch[...] = weight.transpose(1, 0, 2, 3)
    scratch_2[...] = d_padded_windows.transpose(0, 1, 2, 4, 3, 5)
    matmul(scratch.reshape(6, 400), scratch_2.reshape(-1, 400, 196), out=d_pool1.reshape(-1, 6, 196))


def d_z_6_14_2_14_2(conv1, pool1_k, d_pool1, scale, mask, integer, mask_2, positions, q0):
    """conv1: gradient of conv2d.

    Writes conv1 [B, 6, 28, 28]; reads pool1_k [B, 6, 14, 14], d_pool1 [B, 6, 14, 14].
    """
    # (34) d.conv1.z[b, k, p, q] = d.pool1[b, k, p // 2, q // 2] * (2*(p % 2) + q % 2 == pool1.k[b, k, p // 2, q
    #     // 2]) * (conv1[b, k, p, q] > 0)
    scale[...] = positions
    conv1_windows = as_strided(conv1, (conv1.shape[0], 6, 14, 2, 14, 2), (conv1.strides[0], conv1.strides[1],
                               2 * conv1.strides[2], conv1.strides[2], 2 * conv1.strides[3], conv1.strides[3]))
    add(scale[:, None], q0, out=integer)
    equal(integer[:, None], pool1_k[:, :, :, None, :, None], out=mask)
    greater(conv1_windows, ZERO, out=mask_2)
    logical_and(mask, mask_2, out=mask)
    conv1_windows[...] = d_pool1[:, :, :, None, :, None]
    keep(conv1_windows, mask)


def d_weight_16_6_5_5_10_10(d_weight, conv2, pool1, scratch, scratch_2):
    """conv2: gradient of conv2d.

    Writes d_weight [16, 6, 5, 5]; reads conv2 [B, 16, 10, 10], pool1 [B, 6, 14, 14].
    """
    # (31) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2.z[b, k, i, j] * pool1[b, c, r + i, s + j])
    pool1_windows = as_strided(pool1, (pool1.shape[0], 6, 10, 5, 10, 5), (pool1.strides[0], pool1.strides[1],
                               pool1.strides[2], pool1.strides[2], pool1.strides[3], pool1.strides[3]))
    scratch[...] = conv2.transpose(1, 0, 2, 3)
    scratch_2[...] = pool1_windows.transpose(1, 3, 5, 0, 2, 4)
    scratch.reshape(16, -1).dot(scratch_2.reshape(150, -1).T, out=d_weight.reshape(16, 150))


def d_bias_16_10_10(d_bias, conv2):
    """conv2: gradient of conv2d.

    Writes d_bias [16]; reads conv2 [B, 16, 10, 10].
    """
    # (32) d.conv2.bias[k] = sum[b, i, j](d.conv2.z[b, k, i, j])
    add.reduce(conv2, axis=(0, 2, 3), out=d_bias)


def d_weight_6_1_5_5_28_28(d_weight, conv1, padded, scratch, scratch_2):
    """conv1: gradient of conv2d.

    Writes d_weight [6, 1, 5, 5]; reads conv1 [B, 6, 28, 28], padded [B, 1, 32, 32].
    """
    # (35) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1.z[b, k, i, j] * x[b, c, r + i - 2, s + j - 2])
    padded_windows = as_strided(padded, (padded.shape[0], 1, 28, 5, 28, 5), (padded.strides[0],
                                padded.strides[1], padded.strides[2], padded.strides[2], padded.strides[3],
                                padded.strides[3]))
    scratch[...] = conv1.transpose(1, 0, 2, 3)
    scratch_2[...] = padded_windows.transpose(1, 3, 5, 0, 2, 4)
    scratch.reshape(6, -1).dot(scratch_2.reshape(25, -1).T, out=d_weight.reshape(6, 25))


def d_bias_6_28_28(d_bias, conv1):
    """conv1: gradient of conv2d.

    Writes d_bias [6]; reads conv1 [B, 6, 28, 28].
    """
    # (36) d.conv1.bias[k] = sum[b, i, j](d.conv1.z[b, k, i, j])
    add.reduce(conv1, axis=(0, 2, 3), out=d_bias)


def d_z_d_x_6_14_2_14_2(conv1, d_padded, pool1_k, d_pool1, mask, mask_2, positions):
    """conv1: gradient of conv2d (one side of the product).

    Writes conv1 [B, 6, 28, 28], d_padded [B, 6, 32, 32]; reads pool1_k [B, 6, 14, 14], d_pool1 [B, 6, 14, 14].
    """
    # (34) d.conv1.z[b, k, p, q] = d.pool1[b, k, p // 2, q // 2] * (2*(p % 2) + q % 2 == pool1.k[b, k, p // 2, q
    #     // 2]) * (conv1[b, k, p, q] > 0)
    conv1_windows = as_strided(conv1, (conv1.shape[0], 6, 14, 2, 14, 2), (conv1.strides[0], conv1.strides[1],
                               2 * conv1.strides[2], conv1.strides[2], 2 * conv1.strides[3], conv1.strides[3]))
    equal(positions[:, None], pool1_k[:, :, :, None, :, None], out=mask)
    greater(conv1_windows, ZERO, out=mask_2)
    logical_and(mask, mask_2, out=mask)
    conv1_windows[...] = d_pool1[:, :, :, None, :, None]
    keep(conv1_windows, mask)
    # (37) d.x[b, c, p, q] = sum[i, j, k](d.conv1.z[b, i, j, k] * conv1.weight[i, c, p + 2 - j, q + 2 - k])
    d_padded[:, :, :2] = 0.0
    d_padded[:, :, 2:30, :2] = 0.0
    d_padded[:, :, 2:30, 2:30] = conv1
    d_padded[:, :, 2:30, 30:32] = 0.0
    d_padded[:, :, 30:32] = 0.0


def d_x_1_28_28_6_5_5(d_x, d_padded, weight, scratch):
    """conv1: gradient of conv2d.

    Writes d_x [B, 1, 28, 28]; reads d_padded [B, 6, 32, 32], weight [6, 1, 5, 5].
    """
    # (37) d.x[b, c, p, q] = sum[i, j, k](d.conv1.z[b, i, j, k] * conv1.weight[i, c, p + 2 - j, q + 2 - k])
    d_padded_windows = as_strided(d_padded[:, :, 4:, 4:], (d_padded.shape[0], 6, 5, 28, 5, 28),
                                  (d_padded.strides[0], d_padded.strides[1], -1 * d_padded.strides[2],
                                  d_padded.strides[2], -1 * d_padded.strides[3], d_padded.strides[3]))
    scratch[...] = d_padded_windows.transpose(1, 2, 4, 0, 3, 5)
    matmul(weight.transpose(1, 0, 2, 3).reshape(1, 150), scratch.reshape(150, -1), out=d_x.transpose(1, 0, 2,
           3).reshape(1, -1))


def cosine_schedule_adamw_rate_next_step(rate, scale, keep, t, steps, lr, min_lr, beta1, beta2, weight_decay):
    """optimizer: cosine schedule, adamw rate, next step.

    Writes rate, scale, keep, t; reads steps, lr, min_lr, beta1, beta2, weight_decay.
    """
    # (38) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
    eta = float(0.5 * (cos(3.141592653589793 * minimum(float(t),
                float(steps)) / float(steps)) + 1.0) * (float(lr) - float(min_lr)) + float(min_lr))
    # (39) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = eta / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (40) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (41) optimizer.keep = 1 - optimizer.eta * weight_decay
    keep[...] = 1.0 - eta * float(weight_decay)
    # (42) t.next = 1 + t
    t[...] = float(t) + 1.0


def adamw_61754(m, v, parameters, beta1, gradients, beta2, keep, rate, scale, eps, number, scratch, number_2,
                scratch_2, number_3, number_4):
    """conv1.weight to fc3.bias: adamw.

    Writes m [61754], v [61754], parameters [61754]; reads beta1, beta2, keep, rate, scale, eps; uses up
    gradients [61754].
    For (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63)
    (64) (65) (66) (67) (68) (69) (70) (71) (72) too.
    """
    # (43) conv1.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv1.weight[k, c, r, s] + beta1 *
    #     conv1.weight.m[k, c, r, s]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (44) conv1.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv1.weight[k, c, r, s]**2 + beta2 *
    #     conv1.weight.v[k, c, r, s]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (45) conv1.weight.next[k, c, r, s] = optimizer.keep * conv1.weight[k, c, r, s] - optimizer.rate *
    #     conv1.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv1.weight.v.next[k, c, r, s]) + eps)
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
            "parameters": np.zeros(61754, real) if parameters is None else parameters,
            "gradients": np.zeros(61754, real) if gradients is None else gradients,
            "states": np.zeros(123514, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.002, 1e-08, 0.05, 0.9, 0.999, 2500.0, 0.0], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 17024 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["integers"] = np.zeros(6, np.int32)
        self.blocks["masks"] = np.zeros(9408 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(123512 + 117600 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 28, 28))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        conv2d_1_2_32(a.x_padded, x)  # (1)
        conv2d_relu_6_28_28_1_5_5(a.conv1, a.x_padded, a.conv1_weight, a.conv1_bias, a.scratch)  # (1) (2)
        maxpool2d_6_14_14_2_2(a.pool1, a.conv1)  # (3)
        conv2d_relu_16_10_10_6_5_5(a.conv2, a.pool1, a.conv2_weight, a.conv2_bias, a.scratch_2)  # (5) (6)
        maxpool2d_16_5_5_2_2(a.pool2, a.conv2)  # (7)
        linear_relu_120_400(a.fc1, a.flat, a.fc1_weight, a.fc1_bias)  # (10) (11)
        linear_relu_84_120(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (12) (13)
        linear_10_84(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (14)
        return 0.0

    def loss(self, x, label):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 28, 28))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("loss", batch, x, label)

    @staticmethod
    def _loss(a, batch, x, label):
        conv2d_1_2_32(a.x_padded, x)  # (1)
        conv2d_relu_6_28_28_1_5_5(a.conv1, a.x_padded, a.conv1_weight, a.conv1_bias, a.scratch)  # (1) (2)
        maxpool2d_6_14_14_2_2(a.pool1, a.conv1)  # (3)
        conv2d_relu_16_10_10_6_5_5(a.conv2, a.pool1, a.conv2_weight, a.conv2_bias, a.scratch_2)  # (5) (6)
        maxpool2d_16_5_5_2_2(a.pool2, a.conv2)  # (7)
        linear_relu_120_400(a.fc1, a.flat, a.fc1_weight, a.fc1_bias)  # (10) (11)
        linear_relu_84_120(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (12) (13)
        linear_10_84(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (14)
        cross_entropy_10(a.loss_m, a.loss_e, a.loss_S, a.fc3, a.scratch_3, a.ones)  # (15) (16) (17)
        cross_entropy(a.loss, a.loss_m, a.fc3, label, a.loss_S, a.scratch_4, a.index, a.scratch_5, a.positions,
                      a.ones_2, batch)  # (19)
        return float(a.loss)

    def gradients(self, x, label):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 28, 28))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("gradients", batch, x, label)

    @staticmethod
    def _gradients(a, batch, x, label):
        conv2d_1_2_32(a.x_padded, x)  # (1)
        conv2d_relu_6_28_28_1_5_5(a.conv1, a.x_padded, a.conv1_weight, a.conv1_bias, a.scratch)  # (1) (2)
        maxpool2d_6_14_14_2_2(a.pool1, a.conv1)  # (3)
        conv2d_relu_16_10_10_6_5_5(a.conv2, a.pool1, a.conv2_weight, a.conv2_bias, a.scratch_2)  # (5) (6)
        maxpool2d_6_14_14_2_2_v2(a.pool1_k, a.conv1, a.scratch_6, a.mask)  # (4)
        maxpool2d_16_5_5_2_2(a.pool2, a.conv2)  # (7)
        linear_relu_120_400(a.fc1, a.flat, a.fc1_weight, a.fc1_bias)  # (10) (11)
        linear_relu_84_120(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (12) (13)
        maxpool2d_16_5_5_2_2_v2(a.pool2_k, a.conv2, a.scratch_7, a.mask_2)  # (8)
        linear_10_84(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (14)
        cross_entropy_d_fc3_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc3, a.fc3, label, a.scratch_3, a.scale,
                               a.scratch_8, a.ones, a.j, a.factor)  # (15) (16) (17) (18) (20)
        cross_entropy(a.loss, a.loss_m, a.fc3, label, a.loss_S, a.scratch_4, a.index, a.scratch_5, a.positions,
                      a.ones_2, batch)  # (19)
        d_weight_10_84(a.d_fc3_weight, a.d_fc3, a.fc2)  # (21)
        d_bias_10(a.d_fc3_bias, a.d_fc3, a.ones_2)  # (22)
        d_z_84_10(a.fc2, a.d_fc3, a.fc3_weight, a.mask_3)  # (23)
        d_weight_84_120(a.d_fc2_weight, a.fc2, a.fc1)  # (24)
        d_bias_84(a.d_fc2_bias, a.fc2, a.ones_2)  # (25)
        d_z_120_84(a.fc1, a.fc2, a.fc2_weight, a.mask_4)  # (26)
        d_weight_120_400(a.d_fc1_weight, a.fc1, a.flat)  # (27)
        d_bias_120(a.d_fc1_bias, a.fc1, a.ones_2)  # (28)
        d_flat_400_120(a.d_flat, a.fc1, a.fc1_weight)  # (29)
        d_z_d_pool1_16_5_2_5_2(a.conv2, a.d_conv2_z_padded, a.pool2_k, a.d_flat, a.mask_5, a.mask_6,
                               a.positions_2)  # (30) (33)
        d_pool1_6_14_14_16_5_5(a.d_pool1, a.d_conv2_z_padded, a.conv2_weight, a.scratch_9, a.scratch_10)  # (33)
        d_z_6_14_2_14_2(a.conv1, a.pool1_k, a.d_pool1, a.scale_2, a.mask_7, a.integer, a.mask_8, a.positions_3,
                        a.q0)  # (34)
        d_weight_16_6_5_5_10_10(a.d_conv2_weight, a.conv2, a.pool1, a.scratch_11, a.scratch_12)  # (31)
        d_bias_16_10_10(a.d_conv2_bias, a.conv2)  # (32)
        d_weight_6_1_5_5_28_28(a.d_conv1_weight, a.conv1, a.x_padded, a.scratch_13, a.scratch_14)  # (35)
        d_bias_6_28_28(a.d_conv1_bias, a.conv1)  # (36)
        return float(a.loss)

    def input_gradients(self, x, label):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 28, 28))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("input_gradients", batch, x, label)

    @staticmethod
    def _input_gradients(a, batch, x, label):
        conv2d_1_2_32(a.x_padded, x)  # (1)
        conv2d_relu_6_28_28_1_5_5(a.conv1, a.x_padded, a.conv1_weight, a.conv1_bias, a.scratch)  # (1) (2)
        maxpool2d_6_14_14_2_2(a.pool1, a.conv1)  # (3)
        conv2d_relu_16_10_10_6_5_5(a.conv2, a.pool1, a.conv2_weight, a.conv2_bias, a.scratch_2)  # (5) (6)
        maxpool2d_6_14_14_2_2_v2(a.pool1_k, a.conv1, a.scratch_6, a.mask)  # (4)
        maxpool2d_16_5_5_2_2(a.pool2, a.conv2)  # (7)
        linear_relu_120_400(a.fc1, a.flat, a.fc1_weight, a.fc1_bias)  # (10) (11)
        linear_relu_84_120(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (12) (13)
        maxpool2d_16_5_5_2_2_v2(a.pool2_k, a.conv2, a.scratch_7, a.mask_2)  # (8)
        linear_10_84(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (14)
        cross_entropy_d_fc3_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc3, a.fc3, label, a.scratch_3, a.scale,
                               a.scratch_8, a.ones, a.j, a.factor)  # (15) (16) (17) (18) (20)
        cross_entropy(a.loss, a.loss_m, a.fc3, label, a.loss_S, a.scratch_4, a.index, a.scratch_5, a.positions,
                      a.ones_2, batch)  # (19)
        d_weight_10_84(a.d_fc3_weight, a.d_fc3, a.fc2)  # (21)
        d_bias_10(a.d_fc3_bias, a.d_fc3, a.ones_2)  # (22)
        d_z_84_10(a.fc2, a.d_fc3, a.fc3_weight, a.mask_3)  # (23)
        d_weight_84_120(a.d_fc2_weight, a.fc2, a.fc1)  # (24)
        d_bias_84(a.d_fc2_bias, a.fc2, a.ones_2)  # (25)
        d_z_120_84(a.fc1, a.fc2, a.fc2_weight, a.mask_4)  # (26)
        d_weight_120_400(a.d_fc1_weight, a.fc1, a.flat)  # (27)
        d_bias_120(a.d_fc1_bias, a.fc1, a.ones_2)  # (28)
        d_flat_400_120(a.d_flat, a.fc1, a.fc1_weight)  # (29)
        d_z_d_pool1_16_5_2_5_2(a.conv2, a.d_conv2_z_padded, a.pool2_k, a.d_flat, a.mask_5, a.mask_6,
                               a.positions_2)  # (30) (33)
        d_pool1_6_14_14_16_5_5(a.d_pool1, a.d_conv2_z_padded, a.conv2_weight, a.scratch_9, a.scratch_10)  # (33)
        d_weight_16_6_5_5_10_10(a.d_conv2_weight, a.conv2, a.pool1, a.scratch_11, a.scratch_12)  # (31)
        d_bias_16_10_10(a.d_conv2_bias, a.conv2)  # (32)
        # (34) (37)
        d_z_d_x_6_14_2_14_2(a.conv1, a.d_conv1_z_padded, a.pool1_k, a.d_pool1, a.mask_7, a.mask_8, a.positions_2)
        d_x_1_28_28_6_5_5(a.d_x, a.d_conv1_z_padded, a.conv1_weight, a.scratch_15)  # (37)
        d_weight_6_1_5_5_28_28(a.d_conv1_weight, a.conv1, a.x_padded, a.scratch_13, a.scratch_14)  # (35)
        d_bias_6_28_28(a.d_conv1_bias, a.conv1)  # (36)
        return float(a.loss)

    def step(self, x, label):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 28, 28))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("step", batch, x, label)

    @staticmethod
    def _step(a, batch, x, label):
        # (38) (39) (40) (41) (42)
        cosine_schedule_adamw_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.optimizer_keep, a.t,
                                             a.steps, a.lr, a.min_lr, a.beta1, a.beta2, a.weight_decay)
        conv2d_1_2_32(a.x_padded, x)  # (1)
        conv2d_relu_6_28_28_1_5_5(a.conv1, a.x_padded, a.conv1_weight, a.conv1_bias, a.scratch)  # (1) (2)
        maxpool2d_6_14_14_2_2(a.pool1, a.conv1)  # (3)
        conv2d_relu_16_10_10_6_5_5(a.conv2, a.pool1, a.conv2_weight, a.conv2_bias, a.scratch_2)  # (5) (6)
        maxpool2d_6_14_14_2_2_v2(a.pool1_k, a.conv1, a.scratch_6, a.mask)  # (4)
        maxpool2d_16_5_5_2_2(a.pool2, a.conv2)  # (7)
        linear_relu_120_400(a.fc1, a.flat, a.fc1_weight, a.fc1_bias)  # (10) (11)
        linear_relu_84_120(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (12) (13)
        maxpool2d_16_5_5_2_2_v2(a.pool2_k, a.conv2, a.scratch_7, a.mask_2)  # (8)
        linear_10_84(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (14)
        cross_entropy_d_fc3_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc3, a.fc3, label, a.scratch_3, a.scale,
                               a.scratch_8, a.ones, a.j, a.factor)  # (15) (16) (17) (18) (20)
        cross_entropy(a.loss, a.loss_m, a.fc3, label, a.loss_S, a.scratch_4, a.index, a.scratch_5, a.positions,
                      a.ones_2, batch)  # (19)
        d_weight_10_84(a.d_fc3_weight, a.d_fc3, a.fc2)  # (21)
        d_bias_10(a.d_fc3_bias, a.d_fc3, a.ones_2)  # (22)
        d_z_84_10(a.fc2, a.d_fc3, a.fc3_weight, a.mask_3)  # (23)
        d_weight_84_120(a.d_fc2_weight, a.fc2, a.fc1)  # (24)
        d_bias_84(a.d_fc2_bias, a.fc2, a.ones_2)  # (25)
        d_z_120_84(a.fc1, a.fc2, a.fc2_weight, a.mask_4)  # (26)
        d_weight_120_400(a.d_fc1_weight, a.fc1, a.flat)  # (27)
        d_bias_120(a.d_fc1_bias, a.fc1, a.ones_2)  # (28)
        d_flat_400_120(a.d_flat, a.fc1, a.fc1_weight)  # (29)
        d_z_d_pool1_16_5_2_5_2(a.conv2, a.d_conv2_z_padded, a.pool2_k, a.d_flat, a.mask_5, a.mask_6,
                               a.positions_2)  # (30) (33)
        d_pool1_6_14_14_16_5_5(a.d_pool1, a.d_conv2_z_padded, a.conv2_weight, a.scratch_9, a.scratch_10)  # (33)
        d_z_6_14_2_14_2(a.conv1, a.pool1_k, a.d_pool1, a.scale_2, a.mask_7, a.integer, a.mask_8, a.positions_3,
                        a.q0)  # (34)
        d_weight_16_6_5_5_10_10(a.d_conv2_weight, a.conv2, a.pool1, a.scratch_11, a.scratch_12)  # (31)
        d_bias_16_10_10(a.d_conv2_bias, a.conv2)  # (32)
        d_weight_6_1_5_5_28_28(a.d_conv1_weight, a.conv1, a.x_padded, a.scratch_13, a.scratch_14)  # (35)
        d_bias_6_28_28(a.d_conv1_bias, a.conv1)  # (36)
        # (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68) (69) (70) (71) (72)
        adamw_61754(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_keep, a.optimizer_rate,
                    a.optimizer_scale, a.eps, a.number, a.scratch_16, a.number_2, a.scratch_17, a.number_3,
                    a.number_4)
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
        arrays["ones"] = np.ones(10, real)
        arrays["positions"] = 10 * np.arange(batch, dtype=np.intp)
        arrays["ones_2"] = np.ones(batch, real)
        arrays["j"] = np.arange(10, dtype=np.int32)
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["positions_2"] = np.add(np.multiply(2, np.arange(2, dtype=np.int32)[:, None]), np.arange(2, dtype=np.int32))
        arrays["positions_3"] = np.multiply(2, np.arange(2, dtype=np.int32))
        arrays["q0"] = np.arange(2, dtype=np.int32)
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
