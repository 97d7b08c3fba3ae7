"""The network multitask_digits in NumPy: its loss, its gradients and its training step.

Inputs
    features [B, 64] float32
    target [B] int32, 0 ... 9
    odd [B, 1] float32
Parameters
    trunk1.weight [64, 64]
    trunk1.bias [64]
    trunk2.weight [64, 64]
    trunk2.bias [64]
    which.weight [10, 64]
    which.bias [10]
    parity.weight [1, 64]
    parity.bias [1]
Settings
    lr = 0.002
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from multitask_digits import Network

    net = Network()
    net.parameter_views["trunk1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(features, target, odd)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, equal, exp, greater, log, logaddexp, maximum, multiply, negative, reciprocal, sqrt, square, subtract,
    take, vdot,
)

real = np.float32
B = "B"  # in a shape: the batch size
bits_of_real = np.int32
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)
ONE = np.array(1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("trunk1.weight", 0, (64, 64), "F"),
    ("trunk1.bias", 4096, (64,)),
    ("trunk2.weight", 4160, (64, 64), "F"),
    ("trunk2.bias", 8256, (64,)),
    ("which.weight", 8320, (10, 64)),
    ("which.bias", 8960, (10,)),
    ("parity.weight", 8976, (1, 64)),
    ("parity.bias", 9040, (1,)),
)
STATES = (
    ("trunk1.weight.m", 0, (64, 64), "F"),
    ("trunk1.bias.m", 4096, (64,)),
    ("trunk2.weight.m", 4160, (64, 64), "F"),
    ("trunk2.bias.m", 8256, (64,)),
    ("which.weight.m", 8320, (10, 64)),
    ("which.bias.m", 8960, (10,)),
    ("parity.weight.m", 8976, (1, 64)),
    ("parity.bias.m", 9040, (1,)),
    ("trunk1.weight.v", 9056, (64, 64), "F"),
    ("trunk1.bias.v", 13152, (64,)),
    ("trunk2.weight.v", 13216, (64, 64), "F"),
    ("trunk2.bias.v", 17312, (64,)),
    ("which.weight.v", 17376, (10, 64)),
    ("which.bias.v", 18016, (10,)),
    ("parity.weight.v", 18032, (1, 64)),
    ("parity.bias.v", 18096, (1,)),
)
FIXED = (
    ("trunk1_weight", "parameters", real, 0, 0, (64, 64), "F"),
    ("trunk1_bias", "parameters", real, 0, 4096, (64,)),
    ("trunk2_weight", "parameters", real, 0, 4160, (64, 64), "F"),
    ("trunk2_bias", "parameters", real, 0, 8256, (64,)),
    ("which_weight", "parameters", real, 0, 8320, (10, 64)),
    ("which_bias", "parameters", real, 0, 8960, (10,)),
    ("parity_weight", "parameters", real, 0, 8976, (1, 64)),
    ("parity_bias", "parameters", real, 0, 9040, (1,)),
    ("trunk1_weight_m", "states", real, 0, 0, (64, 64), "F"),
    ("trunk1_bias_m", "states", real, 0, 4096, (64,)),
    ("trunk2_weight_m", "states", real, 0, 4160, (64, 64), "F"),
    ("trunk2_bias_m", "states", real, 0, 8256, (64,)),
    ("which_weight_m", "states", real, 0, 8320, (10, 64)),
    ("which_bias_m", "states", real, 0, 8960, (10,)),
    ("parity_weight_m", "states", real, 0, 8976, (1, 64)),
    ("parity_bias_m", "states", real, 0, 9040, (1,)),
    ("trunk1_weight_v", "states", real, 0, 9056, (64, 64), "F"),
    ("trunk1_bias_v", "states", real, 0, 13152, (64,)),
    ("trunk2_weight_v", "states", real, 0, 13216, (64, 64), "F"),
    ("trunk2_bias_v", "states", real, 0, 17312, (64,)),
    ("which_weight_v", "states", real, 0, 17376, (10, 64)),
    ("which_bias_v", "states", real, 0, 18016, (10,)),
    ("parity_weight_v", "states", real, 0, 18032, (1, 64)),
    ("parity_bias_v", "states", real, 0, 18096, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_trunk1_weight", "gradients", real, 0, 0, (64, 64), "F"),
    ("d_trunk1_bias", "gradients", real, 0, 4096, (64,)),
    ("d_trunk2_weight", "gradients", real, 0, 4160, (64, 64), "F"),
    ("d_trunk2_bias", "gradients", real, 0, 8256, (64,)),
    ("d_which_weight", "gradients", real, 0, 8320, (10, 64)),
    ("d_which_bias", "gradients", real, 0, 8960, (10,)),
    ("d_parity_weight", "gradients", real, 0, 8976, (1, 64)),
    ("d_parity_bias", "gradients", real, 0, 9040, (1,)),
    ("gradients", "gradients", real, 0, 0, (9041,)),
    ("m", "states", real, 0, 0, (9041,)),
    ("v", "states", real, 0, 9056, (9041,)),
    ("parameters", "parameters", real, 0, 0, (9041,)),
)
WORKSPACE = {
    "forward": (
        ("trunk1", "workspace", real, 1, 64, (B, 64)),
        ("trunk2", "workspace", real, 1, 0, (B, 64)),
        ("which", "workspace", real, 1, 64, (B, 10)),
        ("parity", "workspace", real, 1, 80, (B, 1)),
    ),
    "loss": (
        ("trunk1", "workspace", real, 1, 64, (B, 64)),
        ("trunk2", "workspace", real, 1, 0, (B, 64)),
        ("which", "workspace", real, 1, 64, (B, 10)),
        ("parity", "workspace", real, 1, 80, (B, 1)),
        ("loss_digit_m", "workspace", real, 1, 17, (B,)),
        ("loss_digit_e", "workspace", real, 1, 0, (B, 10)),
        ("loss_digit_S", "workspace", real, 1, 16, (B,)),
        ("loss_digit", "workspace", real, 0, 0, ()),
        ("loss", "workspace", real, 0, 1, ()),
    ),
    "gradients": (
        ("trunk1", "workspace", real, 1, 0, (B, 64)),
        ("trunk2", "workspace", real, 1, 64, (B, 64)),
        ("which", "workspace", real, 1, 128, (B, 10)),
        ("loss_digit_m", "workspace", real, 1, 161, (B,)),
        ("loss_digit_e", "workspace", real, 1, 144, (B, 10)),
        ("loss_digit_S", "workspace", real, 1, 160, (B,)),
        ("d_which", "workspace", real, 1, 192, (B, 10)),
        ("loss_digit", "workspace", real, 0, 1, ()),
        ("parity", "workspace", real, 1, 128, (B, 1)),
        ("d_parity", "workspace", real, 1, 208, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("trunk2_r", "workspace", real, 1, 128, (B, 64)),
    ),
    "input_gradients": (
        ("trunk1", "workspace", real, 1, 0, (B, 64)),
        ("trunk2", "workspace", real, 1, 64, (B, 64)),
        ("which", "workspace", real, 1, 128, (B, 10)),
        ("loss_digit_m", "workspace", real, 1, 161, (B,)),
        ("loss_digit_e", "workspace", real, 1, 144, (B, 10)),
        ("loss_digit_S", "workspace", real, 1, 160, (B,)),
        ("d_which", "workspace", real, 1, 192, (B, 10)),
        ("loss_digit", "workspace", real, 0, 1, ()),
        ("parity", "workspace", real, 1, 128, (B, 1)),
        ("d_odd", "workspace", real, 1, 208, (B, 1)),
        ("d_parity", "workspace", real, 1, 209, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("trunk2_r", "workspace", real, 1, 128, (B, 64)),
        ("d_features", "workspace", real, 1, 64, (B, 64)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("trunk1", "workspace", real, 1, 0, (B, 64)),
        ("trunk2", "workspace", real, 1, 64, (B, 64)),
        ("which", "workspace", real, 1, 128, (B, 10)),
        ("loss_digit_m", "workspace", real, 1, 161, (B,)),
        ("loss_digit_e", "workspace", real, 1, 144, (B, 10)),
        ("loss_digit_S", "workspace", real, 1, 160, (B,)),
        ("d_which", "workspace", real, 1, 192, (B, 10)),
        ("loss_digit", "workspace", real, 0, 5, ()),
        ("parity", "workspace", real, 1, 128, (B, 1)),
        ("d_parity", "workspace", real, 1, 208, (B, 1)),
        ("loss", "workspace", real, 0, 4, ()),
        ("trunk2_r", "workspace", real, 1, 128, (B, 64)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (10, B)),
    ("scratch_2", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_3", "reals", real, 1, 1, (B,)),
    ("scratch_4", "reals", real, 1, 0, (B, 1)),
    ("scratch_5", "reals", real, 1, 1, (B, 1)),
    ("scale", "reals", real, 1, 10, (B,)),
    ("scratch_6", "reals", real, 1, 11, (B, 10)),
    ("mask", "masks", np.bool_, 1, 0, (B, 64)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_7", "reals", real, 0, 1, (9041,)),
    ("number_2", "reals", real, 0, 9042, ()),
    ("scratch_8", "reals", real, 0, 9043, (9041,)),
    ("number_3", "reals", real, 0, 18084, ()),
)
RESULTS = {
    "forward": (
        ("which", 1, 64, (B, 10)),
        ("parity", 1, 80, (B, 1)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("features", 1, 64, (B, 64)),
        ("odd", 1, 208, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 224, 0),
    "indices": (0, 1, 0),
    "masks": (0, 64, 0),
    "reals": (18085, 21, 0),
}


def keep(array, mask):
    """Leave in `array` what the mask chooses, and 0 elsewhere, whatever stands there: infinity times 0 is none."""
    words = array.view(bits_of_real)
    words *= mask


def linear_relu_64_64(trunk1, features, weight, bias):
    """trunk1: linear, relu.

    Writes trunk1 [B, 64]; reads features [B, 64], weight [64, 64], bias [64].
    For (3) (4) too.
    """
    # (1) trunk1.z[b, o] = sum[i](features[b, i] * trunk1.weight[o, i]) + trunk1.bias[o]
    # (2) trunk1[b, o] = max(0, trunk1.z[b, o])
    features.dot(weight.T, out=trunk1)
    trunk1 += bias
    maximum(trunk1, ZERO, out=trunk1)


def linear_10_64(which, trunk2, weight, bias):
    """which: linear.

    Writes which [B, 10]; reads trunk2 [B, 64], weight [10, 64], bias [10].
    """
    # (5) which[b, o] = sum[i](trunk2[b, i] * which.weight[o, i]) + which.bias[o]
    trunk2.dot(weight.T, out=which)
    which += bias


def linear_1_64(parity, trunk2, weight, bias):
    """parity: linear.

    Writes parity [B, 1]; reads trunk2 [B, 64], weight [1, 64], bias [1].
    """
    # (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
    trunk2.dot(weight.T, out=parity)
    parity += bias


def cross_entropy_10(m, e, S, which, scratch, ones):
    """loss.digit: cross_entropy.

    Writes m [B], e [B, 10], S [B]; reads which [B, 10].
    """
    # (7) loss.digit.m[b] = max[i](which[b, i])
    scratch[...] = which.T
    maximum.reduce(scratch, axis=0, out=m)
    # (8) loss.digit.e[b, j] = exp(which[b, j] - loss.digit.m[b])
    subtract(which, m[:, None], out=e)
    exp(e, out=e)
    # (9) loss.digit.S[b] = sum[i](loss.digit.e[b, i])
    e.dot(ones, out=S)


def cross_entropy(digit, m, which, target, S, scratch, index, scratch_2, positions, ones, batch):
    """loss.digit: cross_entropy.

    Writes digit; reads m [B], which [B, 10], target [B], S [B].
    """
    # (11) loss.digit = sum[b](log(loss.digit.S[b]) + loss.digit.m[b] - which[b, target[b]]) / B
    add(positions, target, out=index)
    take(which, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    digit[...] = scratch.dot(ones) / batch


def bce_with_logits_sum_1(loss, odd, parity, digit, scratch, scratch_2, ones, batch):
    """loss.odd: bce_with_logits; loss: sum.

    Writes loss; reads odd [B, 1], parity [B, 1], digit.
    """
    # (12) loss.odd = sum[b, i]((1 - odd[b, i]) * softplus(parity[b, i]) + odd[b, i] * softplus(-parity[b, i]))
    #     / B
    # (13) loss = loss.digit + loss.odd / 2
    subtract(ONE, odd, out=scratch)
    logaddexp(ZERO, parity, out=scratch_2)
    scratch *= scratch_2
    negative(parity, out=scratch_2)
    logaddexp(ZERO, scratch_2, out=scratch_2)
    scratch_2 *= odd
    scratch += scratch_2
    loss[...] = 0.5 * (vdot(scratch, ones) / batch) + float(digit)


def cross_entropy_d_which_10(m, e, S, d_which, which, target, scratch, scale, scratch_2, ones, j, factor):
    """loss.digit: cross_entropy; which: gradient of linear.

    Writes m [B], e [B, 10], S [B], d_which [B, 10]; reads which [B, 10], target [B].
    """
    # (7) loss.digit.m[b] = max[i](which[b, i])
    scratch[...] = which.T
    maximum.reduce(scratch, axis=0, out=m)
    # (8) loss.digit.e[b, j] = exp(which[b, j] - loss.digit.m[b])
    subtract(which, m[:, None], out=e)
    exp(e, out=e)
    # (9) loss.digit.S[b] = sum[i](loss.digit.e[b, i])
    e.dot(ones, out=S)
    # (10) loss.digit.p[b, j] = loss.digit.e[b, j] / loss.digit.S[b]
    reciprocal(S, out=scale)
    # (10)
    # (16) d.which[b, o] = (loss.digit.p[b, o] - (o == target[b])) / B
    multiply(scale[:, None], e, out=d_which)
    equal(j, target[:, None], out=scratch_2)
    d_which -= scratch_2
    d_which *= factor


def d_weight_10_64(d_weight, d_which, trunk2):
    """which: gradient of linear.

    Writes d_weight [10, 64]; reads d_which [B, 10], trunk2 [B, 64].
    """
    # (19) d.which.weight[o, i] = sum[b](d.which[b, o] * trunk2[b, i])
    d_which.T.dot(trunk2, out=d_weight)


def d_bias_10(d_bias, d_which, ones):
    """which: gradient of linear.

    Writes d_bias [10]; reads d_which [B, 10].
    """
    # (20) d.which.bias[o] = sum[b](d.which[b, o])
    ones.dot(d_which, out=d_bias)


def linear_d_parity_1_64(parity, d_parity, trunk2, weight, bias, odd, scratch, factor):
    """parity: linear, gradient of linear.

    Writes parity [B, 1], d_parity [B, 1]; reads trunk2 [B, 64], weight [1, 64], bias [1], odd [B, 1].
    """
    # (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
    trunk2.dot(weight.T, out=parity)
    parity += bias
    # (15) d.parity[b, o] = ((1 - odd[b, o]) * sigmoid(parity[b, o]) - odd[b, o] * sigmoid(-parity[b, o])) / (2
    #     * B)
    subtract(ONE, odd, out=d_parity)
    negative(parity, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_parity *= scratch
    exp(parity, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= odd
    d_parity -= scratch
    d_parity *= factor


def d_weight_1_64(d_weight, d_parity, trunk2):
    """parity: gradient of linear.

    Writes d_weight [1, 64]; reads d_parity [B, 1], trunk2 [B, 64].
    """
    # (17) d.parity.weight[o, i] = sum[b](d.parity[b, o] * trunk2[b, i])
    d_parity.T.dot(trunk2, out=d_weight)


def d_bias_1(d_bias, d_parity, ones):
    """parity: gradient of linear.

    Writes d_bias [1]; reads d_parity [B, 1].
    """
    # (18) d.parity.bias[o] = sum[b](d.parity[b, o])
    ones.dot(d_parity, out=d_bias)


def r_64_10(r, d_which, weight):
    """trunk2: gradient of linear.

    Writes r [B, 64]; reads d_which [B, 10], weight [10, 64].
    """
    # (21) trunk2.r[b, o] = sum[i](d.which[b, i] * which.weight[i, o])
    d_which.dot(weight, out=r)


def d_z_64_1(trunk2, d_parity, weight, r, mask):
    """trunk2: gradient of linear.

    Writes trunk2 [B, 64]; reads d_parity [B, 1], weight [1, 64], r [B, 64].
    """
    # (22) d.trunk2.z[b, o] = (sum[i](d.parity[b, i] * parity.weight[i, o]) + trunk2.r[b, o]) * (trunk2[b, o] >
    #     0)
    greater(trunk2, ZERO, out=mask)
    d_parity.dot(weight, out=trunk2)
    trunk2 += r
    keep(trunk2, mask)


def d_weight_64_64(d_weight, trunk2, trunk1):
    """trunk2: gradient of linear.

    Writes d_weight [64, 64]; reads trunk2 [B, 64], trunk1 [B, 64].
    For (26) too.
    """
    # (23) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
    trunk1.T.dot(trunk2, out=d_weight.T)


def d_bias_64(d_bias, trunk2, ones):
    """trunk2: gradient of linear.

    Writes d_bias [64]; reads trunk2 [B, 64].
    For (27) too.
    """
    # (24) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
    ones.dot(trunk2, out=d_bias)


def d_z_64_64(trunk1, trunk2, weight, mask):
    """trunk1: gradient of linear.

    Writes trunk1 [B, 64]; reads trunk2 [B, 64], weight [64, 64].
    """
    # (25) d.trunk1.z[b, o] = sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) * (trunk1[b, o] > 0)
    greater(trunk1, ZERO, out=mask)
    trunk2.dot(weight, out=trunk1)
    keep(trunk1, mask)


def linear_d_odd_d_parity_1_64(parity, d_odd, d_parity, trunk2, weight, bias, odd, scratch, factor):
    """parity: linear, gradient of linear; loss.odd: gradient of bce_with_logits.

    Writes parity [B, 1], d_odd [B, 1], d_parity [B, 1]; reads trunk2 [B, 64], weight [1, 64], bias [1], odd [B,
    1].
    """
    # (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
    trunk2.dot(weight.T, out=parity)
    parity += bias
    # (15)
    # (14) d.odd[b, i] = -parity[b, i] / (2 * B)
    multiply(factor, parity, out=d_odd)
    negative(d_odd, out=d_odd)
    subtract(ONE, odd, out=d_parity)
    negative(parity, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_parity *= scratch
    exp(parity, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= odd
    d_parity -= scratch
    d_parity *= factor


def d_features_64_64(d_features, trunk1, weight):
    """trunk1: gradient of linear.

    Writes d_features [B, 64]; reads trunk1 [B, 64], weight [64, 64].
    """
    # (28) d.features[b, i] = sum[j](d.trunk1.z[b, j] * trunk1.weight[j, i])
    trunk1.dot(weight, out=d_features)


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (29) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (30) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (31) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_9041(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
              number_3):
    """trunk1.weight to parity.bias: adam.

    Writes m [9041], v [9041], parameters [9041]; reads beta1, beta2, rate, scale, eps; uses up gradients
    [9041].
    For (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50) (51) (52)
    (53) (54) (55) too.
    """
    # (32) trunk1.weight.m.next[o, i] = (1 - beta1) * d.trunk1.weight[o, i] + beta1 * trunk1.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (33) trunk1.weight.v.next[o, i] = (1 - beta2) * d.trunk1.weight[o, i]**2 + beta2 * trunk1.weight.v[o, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (34) trunk1.weight.next[o, i] = trunk1.weight[o, i] - optimizer.rate * trunk1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(trunk1.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(9041, real) if parameters is None else parameters,
            "gradients": np.zeros(9041, real) if gradients is None else gradients,
            "states": np.zeros(18097, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.002, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 224 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["masks"] = np.zeros(64 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(18085 + 21 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, features):
        """Compute the outputs."""
        batch = np.shape(features)[0]
        features = as_input(features, "features", real, (batch, 64))
        return self._run("forward", batch, features)

    @staticmethod
    def _forward(a, batch, features):
        linear_relu_64_64(a.trunk1, features, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_relu_64_64(a.trunk2, a.trunk1, a.trunk2_weight, a.trunk2_bias)  # (3) (4)
        linear_10_64(a.which, a.trunk2, a.which_weight, a.which_bias)  # (5)
        linear_1_64(a.parity, a.trunk2, a.parity_weight, a.parity_bias)  # (6)
        return 0.0

    def loss(self, features, target, odd):
        """Compute the loss; returns the loss."""
        batch = np.shape(features)[0]
        features = as_input(features, "features", real, (batch, 64))
        target = as_input(target, "target", np.int32, (batch,))
        odd = as_input(odd, "odd", real, (batch, 1))
        return self._run("loss", batch, features, target, odd)

    @staticmethod
    def _loss(a, batch, features, target, odd):
        linear_relu_64_64(a.trunk1, features, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_relu_64_64(a.trunk2, a.trunk1, a.trunk2_weight, a.trunk2_bias)  # (3) (4)
        linear_10_64(a.which, a.trunk2, a.which_weight, a.which_bias)  # (5)
        linear_1_64(a.parity, a.trunk2, a.parity_weight, a.parity_bias)  # (6)
        # (7) (8) (9)
        cross_entropy_10(a.loss_digit_m, a.loss_digit_e, a.loss_digit_S, a.which, a.scratch, a.ones)
        cross_entropy(a.loss_digit, a.loss_digit_m, a.which, target, a.loss_digit_S, a.scratch_2, a.index,
                      a.scratch_3, a.positions, a.ones_2, batch)  # (11)
        # (12) (13)
        bce_with_logits_sum_1(a.loss, odd, a.parity, a.loss_digit, a.scratch_4, a.scratch_5, a.ones_3, batch)
        return float(a.loss)

    def gradients(self, features, target, odd):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(features)[0]
        features = as_input(features, "features", real, (batch, 64))
        target = as_input(target, "target", np.int32, (batch,))
        odd = as_input(odd, "odd", real, (batch, 1))
        return self._run("gradients", batch, features, target, odd)

    @staticmethod
    def _gradients(a, batch, features, target, odd):
        linear_relu_64_64(a.trunk1, features, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_relu_64_64(a.trunk2, a.trunk1, a.trunk2_weight, a.trunk2_bias)  # (3) (4)
        linear_10_64(a.which, a.trunk2, a.which_weight, a.which_bias)  # (5)
        # (7) (8) (9) (10) (16)
        cross_entropy_d_which_10(a.loss_digit_m, a.loss_digit_e, a.loss_digit_S, a.d_which, a.which, target,
                                 a.scratch, a.scale, a.scratch_6, a.ones, a.j, a.factor)
        cross_entropy(a.loss_digit, a.loss_digit_m, a.which, target, a.loss_digit_S, a.scratch_2, a.index,
                      a.scratch_3, a.positions, a.ones_2, batch)  # (11)
        d_weight_10_64(a.d_which_weight, a.d_which, a.trunk2)  # (19)
        d_bias_10(a.d_which_bias, a.d_which, a.ones_2)  # (20)
        linear_d_parity_1_64(a.parity, a.d_parity, a.trunk2, a.parity_weight, a.parity_bias, odd, a.scratch_4,
                             a.factor_2)  # (6) (15)
        # (12) (13)
        bce_with_logits_sum_1(a.loss, odd, a.parity, a.loss_digit, a.scratch_4, a.scratch_5, a.ones_3, batch)
        d_weight_1_64(a.d_parity_weight, a.d_parity, a.trunk2)  # (17)
        d_bias_1(a.d_parity_bias, a.d_parity, a.ones_2)  # (18)
        r_64_10(a.trunk2_r, a.d_which, a.which_weight)  # (21)
        d_z_64_1(a.trunk2, a.d_parity, a.parity_weight, a.trunk2_r, a.mask)  # (22)
        d_weight_64_64(a.d_trunk2_weight, a.trunk2, a.trunk1)  # (23)
        d_bias_64(a.d_trunk2_bias, a.trunk2, a.ones_2)  # (24)
        d_z_64_64(a.trunk1, a.trunk2, a.trunk2_weight, a.mask)  # (25)
        d_weight_64_64(a.d_trunk1_weight, a.trunk1, features)  # (26)
        d_bias_64(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (27)
        return float(a.loss)

    def input_gradients(self, features, target, odd):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(features)[0]
        features = as_input(features, "features", real, (batch, 64))
        target = as_input(target, "target", np.int32, (batch,))
        odd = as_input(odd, "odd", real, (batch, 1))
        return self._run("input_gradients", batch, features, target, odd)

    @staticmethod
    def _input_gradients(a, batch, features, target, odd):
        linear_relu_64_64(a.trunk1, features, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_relu_64_64(a.trunk2, a.trunk1, a.trunk2_weight, a.trunk2_bias)  # (3) (4)
        linear_10_64(a.which, a.trunk2, a.which_weight, a.which_bias)  # (5)
        # (7) (8) (9) (10) (16)
        cross_entropy_d_which_10(a.loss_digit_m, a.loss_digit_e, a.loss_digit_S, a.d_which, a.which, target,
                                 a.scratch, a.scale, a.scratch_6, a.ones, a.j, a.factor)
        cross_entropy(a.loss_digit, a.loss_digit_m, a.which, target, a.loss_digit_S, a.scratch_2, a.index,
                      a.scratch_3, a.positions, a.ones_2, batch)  # (11)
        d_weight_10_64(a.d_which_weight, a.d_which, a.trunk2)  # (19)
        d_bias_10(a.d_which_bias, a.d_which, a.ones_2)  # (20)
        linear_d_odd_d_parity_1_64(a.parity, a.d_odd, a.d_parity, a.trunk2, a.parity_weight, a.parity_bias, odd,
                                   a.scratch_4, a.factor_2)  # (6) (14) (15)
        # (12) (13)
        bce_with_logits_sum_1(a.loss, odd, a.parity, a.loss_digit, a.scratch_4, a.scratch_5, a.ones_3, batch)
        d_weight_1_64(a.d_parity_weight, a.d_parity, a.trunk2)  # (17)
        d_bias_1(a.d_parity_bias, a.d_parity, a.ones_2)  # (18)
        r_64_10(a.trunk2_r, a.d_which, a.which_weight)  # (21)
        d_z_64_1(a.trunk2, a.d_parity, a.parity_weight, a.trunk2_r, a.mask)  # (22)
        d_weight_64_64(a.d_trunk2_weight, a.trunk2, a.trunk1)  # (23)
        d_bias_64(a.d_trunk2_bias, a.trunk2, a.ones_2)  # (24)
        d_z_64_64(a.trunk1, a.trunk2, a.trunk2_weight, a.mask)  # (25)
        d_weight_64_64(a.d_trunk1_weight, a.trunk1, features)  # (26)
        d_bias_64(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (27)
        d_features_64_64(a.d_features, a.trunk1, a.trunk1_weight)  # (28)
        return float(a.loss)

    def step(self, features, target, odd):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(features)[0]
        features = as_input(features, "features", real, (batch, 64))
        target = as_input(target, "target", np.int32, (batch,))
        odd = as_input(odd, "odd", real, (batch, 1))
        return self._run("step", batch, features, target, odd)

    @staticmethod
    def _step(a, batch, features, target, odd):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (29) (30) (31)
        linear_relu_64_64(a.trunk1, features, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_relu_64_64(a.trunk2, a.trunk1, a.trunk2_weight, a.trunk2_bias)  # (3) (4)
        linear_10_64(a.which, a.trunk2, a.which_weight, a.which_bias)  # (5)
        # (7) (8) (9) (10) (16)
        cross_entropy_d_which_10(a.loss_digit_m, a.loss_digit_e, a.loss_digit_S, a.d_which, a.which, target,
                                 a.scratch, a.scale, a.scratch_6, a.ones, a.j, a.factor)
        cross_entropy(a.loss_digit, a.loss_digit_m, a.which, target, a.loss_digit_S, a.scratch_2, a.index,
                      a.scratch_3, a.positions, a.ones_2, batch)  # (11)
        d_weight_10_64(a.d_which_weight, a.d_which, a.trunk2)  # (19)
        d_bias_10(a.d_which_bias, a.d_which, a.ones_2)  # (20)
        linear_d_parity_1_64(a.parity, a.d_parity, a.trunk2, a.parity_weight, a.parity_bias, odd, a.scratch_4,
                             a.factor_2)  # (6) (15)
        # (12) (13)
        bce_with_logits_sum_1(a.loss, odd, a.parity, a.loss_digit, a.scratch_4, a.scratch_5, a.ones_3, batch)
        d_weight_1_64(a.d_parity_weight, a.d_parity, a.trunk2)  # (17)
        d_bias_1(a.d_parity_bias, a.d_parity, a.ones_2)  # (18)
        r_64_10(a.trunk2_r, a.d_which, a.which_weight)  # (21)
        d_z_64_1(a.trunk2, a.d_parity, a.parity_weight, a.trunk2_r, a.mask)  # (22)
        d_weight_64_64(a.d_trunk2_weight, a.trunk2, a.trunk1)  # (23)
        d_bias_64(a.d_trunk2_bias, a.trunk2, a.ones_2)  # (24)
        d_z_64_64(a.trunk1, a.trunk2, a.trunk2_weight, a.mask)  # (25)
        d_weight_64_64(a.d_trunk1_weight, a.trunk1, features)  # (26)
        d_bias_64(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (27)
        # (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55)
        adam_9041(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                  a.eps, a.number, a.scratch_7, a.number_2, a.scratch_8, a.number_3)
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
        arrays["ones_3"] = np.ones((batch, 1), real)
        arrays["j"] = np.arange(10, dtype=np.int32)
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["factor_2"] = np.array(np.divide(1.0, 2.0 * batch), real)
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
