"""The network digits_student in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 64] float32
    label [B] int32, 0 ... 9
    teacher [B, 10] float32
Parameters
    fc1.weight [12, 64]
    fc1.bias [12]
    fc2.weight [10, 12]
    fc2.bias [10]
Settings
    lr = 0.005
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999
    steps = 2700.0
    min_lr = 0.0

Use
    from digits_student import Network

    net = Network()
    net.parameter_views["fc1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label, teacher)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, copyto, cos, equal, exp, greater, log, logical_not, maximum, minimum, multiply, reciprocal, sqrt,
    square, subtract, take,
)

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)
TWO = np.array(2.0, real)
HALF = np.array(0.5, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("fc1.weight", 0, (12, 64), "F"),
    ("fc1.bias", 768, (12,)),
    ("fc2.weight", 784, (10, 12)),
    ("fc2.bias", 912, (10,)),
)
STATES = (
    ("fc1.weight.m", 0, (12, 64), "F"),
    ("fc1.bias.m", 768, (12,)),
    ("fc2.weight.m", 784, (10, 12)),
    ("fc2.bias.m", 912, (10,)),
    ("fc1.weight.v", 928, (12, 64), "F"),
    ("fc1.bias.v", 1696, (12,)),
    ("fc2.weight.v", 1712, (10, 12)),
    ("fc2.bias.v", 1840, (10,)),
)
FIXED = (
    ("fc1_weight", "parameters", real, 0, 0, (12, 64), "F"),
    ("fc1_bias", "parameters", real, 0, 768, (12,)),
    ("fc2_weight", "parameters", real, 0, 784, (10, 12)),
    ("fc2_bias", "parameters", real, 0, 912, (10,)),
    ("fc1_weight_m", "states", real, 0, 0, (12, 64), "F"),
    ("fc1_bias_m", "states", real, 0, 768, (12,)),
    ("fc2_weight_m", "states", real, 0, 784, (10, 12)),
    ("fc2_bias_m", "states", real, 0, 912, (10,)),
    ("fc1_weight_v", "states", real, 0, 928, (12, 64), "F"),
    ("fc1_bias_v", "states", real, 0, 1696, (12,)),
    ("fc2_weight_v", "states", real, 0, 1712, (10, 12)),
    ("fc2_bias_v", "states", real, 0, 1840, (10,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("steps", "settings", np.float64, 0, 4, ()),
    ("min_lr", "settings", np.float64, 0, 5, ()),
    ("d_fc1_weight", "gradients", real, 0, 0, (12, 64), "F"),
    ("d_fc1_bias", "gradients", real, 0, 768, (12,)),
    ("d_fc2_weight", "gradients", real, 0, 784, (10, 12)),
    ("d_fc2_bias", "gradients", real, 0, 912, (10,)),
    ("gradients", "gradients", real, 0, 0, (922,)),
    ("m", "states", real, 0, 0, (922,)),
    ("v", "states", real, 0, 928, (922,)),
    ("parameters", "parameters", real, 0, 0, (922,)),
)
WORKSPACE = {
    "forward": (
        ("fc1", "workspace", real, 1, 0, (B, 12)),
        ("fc2", "workspace", real, 1, 16, (B, 10)),
    ),
    "loss": (
        ("fc1", "workspace", real, 1, 16, (B, 12)),
        ("fc2", "workspace", real, 1, 0, (B, 10)),
        ("loss_m3", "workspace", real, 1, 49, (B,)),
        ("loss_e3", "workspace", real, 1, 16, (B, 10)),
        ("loss_S3", "workspace", real, 1, 48, (B,)),
        ("loss_m", "workspace", real, 1, 51, (B,)),
        ("loss_e", "workspace", real, 1, 16, (B, 10)),
        ("loss_S", "workspace", real, 1, 50, (B,)),
        ("loss_e2", "workspace", real, 1, 32, (B, 10)),
        ("loss_s", "workspace", real, 1, 52, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("fc1", "workspace", real, 1, 0, (B, 12)),
        ("fc2", "workspace", real, 1, 32, (B, 10)),
        ("loss_m", "workspace", real, 1, 65, (B,)),
        ("loss_e", "workspace", real, 1, 48, (B, 10)),
        ("loss_S", "workspace", real, 1, 64, (B,)),
        ("loss_e2", "workspace", real, 1, 16, (B, 10)),
        ("loss_s", "workspace", real, 1, 80, (B,)),
        ("loss_m3", "workspace", real, 1, 82, (B,)),
        ("loss_e3", "workspace", real, 1, 64, (B, 10)),
        ("loss_S3", "workspace", real, 1, 81, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("fc1", "workspace", real, 1, 64, (B, 12)),
        ("fc2", "workspace", real, 1, 16, (B, 10)),
        ("loss_m", "workspace", real, 1, 49, (B,)),
        ("loss_e", "workspace", real, 1, 32, (B, 10)),
        ("loss_S", "workspace", real, 1, 48, (B,)),
        ("loss_e2", "workspace", real, 1, 0, (B, 10)),
        ("loss_s", "workspace", real, 1, 96, (B,)),
        ("d_teacher", "workspace", real, 1, 80, (B, 10)),
        ("loss_m3", "workspace", real, 1, 98, (B,)),
        ("loss_e3", "workspace", real, 1, 48, (B, 10)),
        ("loss_S3", "workspace", real, 1, 97, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 0, (B, 64)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("fc1", "workspace", real, 1, 0, (B, 12)),
        ("fc2", "workspace", real, 1, 32, (B, 10)),
        ("loss_m", "workspace", real, 1, 65, (B,)),
        ("loss_e", "workspace", real, 1, 48, (B, 10)),
        ("loss_S", "workspace", real, 1, 64, (B,)),
        ("loss_e2", "workspace", real, 1, 16, (B, 10)),
        ("loss_s", "workspace", real, 1, 80, (B,)),
        ("loss_m3", "workspace", real, 1, 82, (B,)),
        ("loss_e3", "workspace", real, 1, 64, (B, 10)),
        ("loss_S3", "workspace", real, 1, 81, (B,)),
        ("loss", "workspace", real, 0, 4, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (10, B)),
    ("scratch_2", "reals", real, 1, 0, (B, 10)),
    ("scratch_3", "reals", real, 1, 10, (10, B)),
    ("scale", "reals", real, 1, 20, (B,)),
    ("m2", "reals", real, 1, 0, (B,)),
    ("scratch_4", "reals", real, 1, 1, (B, 10)),
    ("scratch_5", "reals", real, 1, 11, (10, B)),
    ("scale_2", "reals", real, 1, 21, (B,)),
    ("scale2", "reals", real, 1, 22, (B,)),
    ("scratch_6", "reals", real, 1, 23, (B, 10)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_7", "reals", real, 1, 1, (B,)),
    ("scale2_2", "reals", real, 1, 23, (B,)),
    ("scratch_8", "reals", real, 1, 24, (B, 10)),
    ("scale3", "reals", real, 1, 34, (B,)),
    ("scale_3", "reals", real, 1, 10, (B,)),
    ("scratch_9", "reals", real, 1, 11, (B, 10)),
    ("scratch_10", "reals", real, 1, 21, (B, 10)),
    ("mask", "masks", np.bool_, 1, 0, (B, 12)),
    ("scale3_2", "reals", real, 1, 35, (B,)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_11", "reals", real, 0, 1, (922,)),
    ("number_2", "reals", real, 0, 923, ()),
    ("scratch_12", "reals", real, 0, 924, (922,)),
    ("number_3", "reals", real, 0, 1846, ()),
)
RESULTS = {
    "forward": (
        ("fc2", 1, 16, (B, 10)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 0, (B, 64)),
        ("teacher", 1, 80, (B, 10)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 112, 0),
    "indices": (0, 1, 0),
    "masks": (0, 12, 0),
    "reals": (1847, 36, 0),
}


def linear_relu_12_64(fc1, x, weight, bias):
    """fc1: linear, relu.

    Writes fc1 [B, 12]; reads x [B, 64], weight [12, 64], bias [12].
    """
    # (1) fc1.z[b, o] = sum[i](x[b, i] * fc1.weight[o, i]) + fc1.bias[o]
    # (2) fc1[b, o] = max(0, fc1.z[b, o])
    x.dot(weight.T, out=fc1)
    fc1 += bias
    maximum(fc1, ZERO, out=fc1)


def linear_10_12(fc2, fc1, weight, bias):
    """fc2: linear.

    Writes fc2 [B, 10]; reads fc1 [B, 12], weight [10, 12], bias [10].
    """
    # (3) fc2[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
    fc1.dot(weight.T, out=fc2)
    fc2 += bias


def distillation_10(m3, e3, S3, fc2, scratch, ones):
    """loss: distillation.

    Writes m3 [B], e3 [B, 10], S3 [B]; reads fc2 [B, 10].
    """
    # (13) loss.m3[b] = max[i](fc2[b, i])
    scratch[...] = fc2.T
    maximum.reduce(scratch, axis=0, out=m3)
    # (14) loss.e3[b, j] = exp(fc2[b, j] - loss.m3[b])
    subtract(fc2, m3[:, None], out=e3)
    exp(e3, out=e3)
    # (15) loss.S3[b] = sum[i](loss.e3[b, i])
    e3.dot(ones, out=S3)


def distillation_10_v2(m, e, S, teacher, scratch, scratch_2, scale, ones):
    """loss: distillation.

    Writes m [B], e [B, 10], S [B]; reads teacher [B, 10].
    """
    # (4) loss.m[b] = max[i](teacher[b, i] / 2)
    multiply(HALF, teacher, out=scratch)
    scratch_2[...] = scratch.T
    maximum.reduce(scratch_2, axis=0, out=m)
    # (5) loss.e[b, j] = exp(teacher[b, j] / 2 - loss.m[b])
    multiply(HALF, teacher, out=e)
    e -= m[:, None]
    exp(e, out=e)
    # (6) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)
    # (7) loss.q[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    e *= scale[:, None]


def distillation_10_v3(e2, s, fc2, teacher, m, S, e, m2, scratch, scratch_2, scale, scale2, scratch_3, ones,
                       ones_2):
    """loss: distillation.

    Writes e2 [B, 10], s [B]; reads fc2 [B, 10], teacher [B, 10], m [B], S [B], e [B, 10].
    """
    # (8) loss.m2[b] = max[i](fc2[b, i] / 2)
    multiply(HALF, fc2, out=scratch)
    scratch_2[...] = scratch.T
    maximum.reduce(scratch_2, axis=0, out=m2)
    # (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
    multiply(HALF, fc2, out=e2)
    e2 -= m2[:, None]
    exp(e2, out=e2)
    # (12)
    # (10) loss.S2[b] = sum[i](loss.e2[b, i])
    e2.dot(ones, out=scale)
    log(scale, out=scale)
    # (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b])
    #     - loss.m[b] - fc2[b, i] / 2))
    log(S, out=scale2)
    multiply(HALF, teacher, out=scratch)
    scratch -= m[:, None]
    multiply(HALF, fc2, out=scratch_3)
    subtract(m2[:, None], scratch_3, out=scratch_3)
    scratch += scratch_3
    scratch += scale[:, None]
    scratch -= scale2[:, None]
    scratch *= e
    scratch.dot(ones_2, out=s)


def distillation(loss, m3, fc2, label, S3, s, scratch, index, scratch_2, positions, ones, batch):
    """loss: distillation.

    Writes loss; reads m3 [B], fc2 [B, 10], label [B], S3 [B], s [B].
    """
    # (17) loss = sum[b](log(loss.S3[b]) / 2 + loss.m3[b] / 2 + 2 * loss.s[b] - fc2[b, label[b]] / 2) / B
    add(positions, label, out=index)
    take(fc2, index, out=scratch, mode="clip")
    subtract(m3, scratch, out=scratch)
    scratch *= HALF
    log(S3, out=scratch_2)
    scratch_2 *= HALF
    scratch += scratch_2
    multiply(TWO, s, out=scratch_2)
    scratch += scratch_2
    loss[...] = scratch.dot(ones) / batch


def distillation_10_v4(e2, s, fc2, teacher, m, S, e, m2, scratch, scratch_2, S2, scale, scale2, scratch_3,
                       scale3, ones, ones_2):
    """loss: distillation.

    Writes e2 [B, 10], s [B]; reads fc2 [B, 10], teacher [B, 10], m [B], S [B], e [B, 10].
    """
    # (8) loss.m2[b] = max[i](fc2[b, i] / 2)
    multiply(HALF, fc2, out=scratch)
    scratch_2[...] = scratch.T
    maximum.reduce(scratch_2, axis=0, out=m2)
    # (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
    multiply(HALF, fc2, out=e2)
    e2 -= m2[:, None]
    exp(e2, out=e2)
    # (10) loss.S2[b] = sum[i](loss.e2[b, i])
    e2.dot(ones, out=S2)
    # (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b])
    #     - loss.m[b] - fc2[b, i] / 2))
    log(S2, out=scale)
    log(S, out=scale2)
    multiply(HALF, teacher, out=scratch)
    scratch -= m[:, None]
    multiply(HALF, fc2, out=scratch_3)
    subtract(m2[:, None], scratch_3, out=scratch_3)
    scratch += scratch_3
    scratch += scale[:, None]
    scratch -= scale2[:, None]
    scratch *= e
    scratch.dot(ones_2, out=s)
    # (11) loss.p[b, j] = loss.e2[b, j] / loss.S2[b]
    reciprocal(S2, out=scale3)
    e2 *= scale3[:, None]


def distillation_d_fc2_10(m3, e3, S3, e2, fc2, e, label, scratch, scale, scratch_2, scratch_3, ones, factor, j,
                          factor_2):
    """loss: distillation; fc2: gradient of linear.

    Writes m3 [B], e3 [B, 10], S3 [B], e2 [B, 10]; reads fc2 [B, 10], e [B, 10], label [B].
    """
    # (13) loss.m3[b] = max[i](fc2[b, i])
    scratch[...] = fc2.T
    maximum.reduce(scratch, axis=0, out=m3)
    # (14) loss.e3[b, j] = exp(fc2[b, j] - loss.m3[b])
    subtract(fc2, m3[:, None], out=e3)
    exp(e3, out=e3)
    # (15) loss.S3[b] = sum[i](loss.e3[b, i])
    e3.dot(ones, out=S3)
    # (16) loss.h[b, j] = loss.e3[b, j] / loss.S3[b]
    reciprocal(S3, out=scale)
    # (16)
    # (18) d.fc2[b, o] = (loss.h[b, o] - (o == label[b])) / (2 * B) + (loss.p[b, o] - loss.q[b, o]) / B
    subtract(e2, e, out=scratch_2)
    scratch_2 *= factor
    multiply(scale[:, None], e3, out=e2)
    equal(j, label[:, None], out=scratch_3)
    e2 -= scratch_3
    e2 *= factor_2
    e2 += scratch_2


def d_weight_10_12(d_weight, e2, fc1):
    """fc2: gradient of linear.

    Writes d_weight [10, 12]; reads e2 [B, 10], fc1 [B, 12].
    """
    # (21) d.fc2.weight[o, i] = sum[b](d.fc2[b, o] * fc1[b, i])
    e2.T.dot(fc1, out=d_weight)


def d_bias_10(d_bias, e2, ones):
    """fc2: gradient of linear.

    Writes d_bias [10]; reads e2 [B, 10].
    """
    # (22) d.fc2.bias[o] = sum[b](d.fc2[b, o])
    ones.dot(e2, out=d_bias)


def d_z_12_10(fc1, e2, weight, mask):
    """fc1: gradient of linear.

    Writes fc1 [B, 12]; reads e2 [B, 10], weight [10, 12].
    """
    # (23) d.fc1.z[b, o] = sum[i](d.fc2[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
    greater(fc1, ZERO, out=mask)
    e2.dot(weight, out=fc1)
    logical_not(mask, out=mask)
    copyto(fc1, ZERO, where=mask)


def d_weight_12_64(d_weight, fc1, x):
    """fc1: gradient of linear.

    Writes d_weight [12, 64]; reads fc1 [B, 12], x [B, 64].
    """
    # (24) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * x[b, i])
    x.T.dot(fc1, out=d_weight.T)


def d_bias_12(d_bias, fc1, ones):
    """fc1: gradient of linear.

    Writes d_bias [12]; reads fc1 [B, 12].
    """
    # (25) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
    ones.dot(fc1, out=d_bias)


def distillation_r_d_teacher_10(e2, s, d_teacher, fc2, teacher, m, S, e, m2, scratch, scratch_2, S2, scale,
                                scale2, scratch_3, r, scale3, ones, ones_2, factor):
    """loss: distillation, gradient of distillation.

    Writes e2 [B, 10], s [B], d_teacher [B, 10]; reads fc2 [B, 10], teacher [B, 10], m [B], S [B], e [B, 10].
    """
    # (8) loss.m2[b] = max[i](fc2[b, i] / 2)
    multiply(HALF, fc2, out=scratch)
    scratch_2[...] = scratch.T
    maximum.reduce(scratch_2, axis=0, out=m2)
    # (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
    multiply(HALF, fc2, out=e2)
    e2 -= m2[:, None]
    exp(e2, out=e2)
    # (10) loss.S2[b] = sum[i](loss.e2[b, i])
    e2.dot(ones, out=S2)
    # (12) (19) (20)
    log(S2, out=scale)
    log(S, out=scale2)
    # (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b])
    #     - loss.m[b] - fc2[b, i] / 2))
    multiply(HALF, teacher, out=scratch)
    scratch -= m[:, None]
    multiply(HALF, fc2, out=scratch_3)
    subtract(m2[:, None], scratch_3, out=scratch_3)
    scratch += scratch_3
    scratch += scale[:, None]
    scratch -= scale2[:, None]
    scratch *= e
    scratch.dot(ones_2, out=s)
    # (19) loss.r[b] = sum[i](loss.q[b, i] * (log(loss.S[b]) + loss.m[b] + fc2[b, i] / 2 - log(loss.S2[b]) -
    #     loss.m2[b] - teacher[b, i] / 2))
    multiply(HALF, fc2, out=scratch_3)
    scratch_3 -= m2[:, None]
    multiply(HALF, teacher, out=scratch)
    subtract(m[:, None], scratch, out=scratch)
    scratch_3 += scratch
    scratch_3 += scale2[:, None]
    scratch_3 -= scale[:, None]
    scratch_3 *= e
    scratch_3.dot(ones_2, out=r)
    # (11) loss.p[b, j] = loss.e2[b, j] / loss.S2[b]
    reciprocal(S2, out=scale3)
    e2 *= scale3[:, None]
    # (20) d.teacher[b, i] = loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + loss.r[b] + teacher[b, i] / 2 -
    #     log(loss.S[b]) - loss.m[b] - fc2[b, i] / 2) / B
    multiply(HALF, teacher, out=d_teacher)
    d_teacher -= m[:, None]
    multiply(HALF, fc2, out=scratch)
    subtract(m2[:, None], scratch, out=scratch)
    d_teacher += scratch
    d_teacher += r[:, None]
    d_teacher += scale[:, None]
    d_teacher -= scale2[:, None]
    d_teacher *= factor
    d_teacher *= e


def d_x_64_12(d_x, fc1, weight):
    """fc1: gradient of linear.

    Writes d_x [B, 64]; reads fc1 [B, 12], weight [12, 64].
    """
    # (26) d.x[b, i] = sum[j](d.fc1.z[b, j] * fc1.weight[j, i])
    fc1.dot(weight, out=d_x)


def cosine_schedule_adam_rate_next_step(rate, scale, t, steps, lr, min_lr, beta1, beta2):
    """optimizer: cosine schedule, adam rate, next step.

    Writes rate, scale, t; reads steps, lr, min_lr, beta1, beta2.
    """
    # (27) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
    # (28) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = (0.5 * (cos(3.141592653589793 * minimum(float(t),
                 float(steps)) / float(steps)) + 1.0) * (float(lr) - float(min_lr)) + float(min_lr)) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (29) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (30) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_922(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
             number_3):
    """fc1.weight to fc2.bias: adam.

    Writes m [922], v [922], parameters [922]; reads beta1, beta2, rate, scale, eps; uses up gradients [922].
    For (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) too.
    """
    # (31) fc1.weight.m.next[o, i] = (1 - beta1) * d.fc1.weight[o, i] + beta1 * fc1.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (32) fc1.weight.v.next[o, i] = (1 - beta2) * d.fc1.weight[o, i]**2 + beta2 * fc1.weight.v[o, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (33) fc1.weight.next[o, i] = fc1.weight[o, i] - optimizer.rate * fc1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(fc1.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(922, real) if parameters is None else parameters,
            "gradients": np.zeros(922, real) if gradients is None else gradients,
            "states": np.zeros(1850, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.005, 1e-08, 0.9, 0.999, 2700.0, 0.0], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 112 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["masks"] = np.zeros(12 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(1847 + 36 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_relu_12_64(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_12(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        return 0.0

    def loss(self, x, label, teacher):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        label = as_input(label, "label", np.int32, (batch,))
        teacher = as_input(teacher, "teacher", real, (batch, 10))
        return self._run("loss", batch, x, label, teacher)

    @staticmethod
    def _loss(a, batch, x, label, teacher):
        linear_relu_12_64(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_12(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        distillation_10(a.loss_m3, a.loss_e3, a.loss_S3, a.fc2, a.scratch, a.ones)  # (13) (14) (15)
        # (4) (5) (6) (7)
        distillation_10_v2(a.loss_m, a.loss_e, a.loss_S, teacher, a.scratch_2, a.scratch_3, a.scale, a.ones)
        distillation_10_v3(a.loss_e2, a.loss_s, a.fc2, teacher, a.loss_m, a.loss_S, a.loss_e, a.m2, a.scratch_4,
                           a.scratch_5, a.scale_2, a.scale2, a.scratch_6, a.ones, a.ones)  # (8) (9) (10) (12)
        distillation(a.loss, a.loss_m3, a.fc2, label, a.loss_S3, a.loss_s, a.m2, a.index, a.scratch_7,
                     a.positions, a.ones_2, batch)  # (17)
        return float(a.loss)

    def gradients(self, x, label, teacher):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        label = as_input(label, "label", np.int32, (batch,))
        teacher = as_input(teacher, "teacher", real, (batch, 10))
        return self._run("gradients", batch, x, label, teacher)

    @staticmethod
    def _gradients(a, batch, x, label, teacher):
        linear_relu_12_64(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_12(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        # (4) (5) (6) (7)
        distillation_10_v2(a.loss_m, a.loss_e, a.loss_S, teacher, a.scratch_2, a.scratch_3, a.scale, a.ones)
        # (8) (9) (10) (11) (12)
        distillation_10_v4(a.loss_e2, a.loss_s, a.fc2, teacher, a.loss_m, a.loss_S, a.loss_e, a.m2, a.scratch_4,
                           a.scratch_5, a.scale_2, a.scale2, a.scale2_2, a.scratch_8, a.scale3, a.ones, a.ones)
        # (13) (14) (15) (16) (18)
        distillation_d_fc2_10(a.loss_m3, a.loss_e3, a.loss_S3, a.loss_e2, a.fc2, a.loss_e, label, a.scratch,
                              a.scale_3, a.scratch_9, a.scratch_10, a.ones, a.factor, a.j, a.factor_2)
        distillation(a.loss, a.loss_m3, a.fc2, label, a.loss_S3, a.loss_s, a.m2, a.index, a.scratch_7,
                     a.positions, a.ones_2, batch)  # (17)
        d_weight_10_12(a.d_fc2_weight, a.loss_e2, a.fc1)  # (21)
        d_bias_10(a.d_fc2_bias, a.loss_e2, a.ones_2)  # (22)
        d_z_12_10(a.fc1, a.loss_e2, a.fc2_weight, a.mask)  # (23)
        d_weight_12_64(a.d_fc1_weight, a.fc1, x)  # (24)
        d_bias_12(a.d_fc1_bias, a.fc1, a.ones_2)  # (25)
        return float(a.loss)

    def input_gradients(self, x, label, teacher):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        label = as_input(label, "label", np.int32, (batch,))
        teacher = as_input(teacher, "teacher", real, (batch, 10))
        return self._run("input_gradients", batch, x, label, teacher)

    @staticmethod
    def _input_gradients(a, batch, x, label, teacher):
        linear_relu_12_64(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_12(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        # (4) (5) (6) (7)
        distillation_10_v2(a.loss_m, a.loss_e, a.loss_S, teacher, a.scratch_2, a.scratch_3, a.scale, a.ones)
        # (8) (9) (10) (11) (12) (19) (20)
        distillation_r_d_teacher_10(a.loss_e2, a.loss_s, a.d_teacher, a.fc2, teacher, a.loss_m, a.loss_S,
                                    a.loss_e, a.m2, a.scratch_4, a.scratch_5, a.scale_2, a.scale2, a.scale2_2,
                                    a.scratch_8, a.scale3, a.scale3_2, a.ones, a.ones, a.factor)
        # (13) (14) (15) (16) (18)
        distillation_d_fc2_10(a.loss_m3, a.loss_e3, a.loss_S3, a.loss_e2, a.fc2, a.loss_e, label, a.scratch,
                              a.scale_3, a.scratch_9, a.scratch_10, a.ones, a.factor, a.j, a.factor_2)
        distillation(a.loss, a.loss_m3, a.fc2, label, a.loss_S3, a.loss_s, a.m2, a.index, a.scratch_7,
                     a.positions, a.ones_2, batch)  # (17)
        d_weight_10_12(a.d_fc2_weight, a.loss_e2, a.fc1)  # (21)
        d_bias_10(a.d_fc2_bias, a.loss_e2, a.ones_2)  # (22)
        d_z_12_10(a.fc1, a.loss_e2, a.fc2_weight, a.mask)  # (23)
        d_weight_12_64(a.d_fc1_weight, a.fc1, x)  # (24)
        d_bias_12(a.d_fc1_bias, a.fc1, a.ones_2)  # (25)
        d_x_64_12(a.d_x, a.fc1, a.fc1_weight)  # (26)
        return float(a.loss)

    def step(self, x, label, teacher):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        label = as_input(label, "label", np.int32, (batch,))
        teacher = as_input(teacher, "teacher", real, (batch, 10))
        return self._run("step", batch, x, label, teacher)

    @staticmethod
    def _step(a, batch, x, label, teacher):
        cosine_schedule_adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.steps, a.lr, a.min_lr,
                                            a.beta1, a.beta2)  # (27) (28) (29) (30)
        linear_relu_12_64(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_12(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        # (4) (5) (6) (7)
        distillation_10_v2(a.loss_m, a.loss_e, a.loss_S, teacher, a.scratch_2, a.scratch_3, a.scale, a.ones)
        # (8) (9) (10) (11) (12)
        distillation_10_v4(a.loss_e2, a.loss_s, a.fc2, teacher, a.loss_m, a.loss_S, a.loss_e, a.m2, a.scratch_4,
                           a.scratch_5, a.scale_2, a.scale2, a.scale2_2, a.scratch_8, a.scale3, a.ones, a.ones)
        # (13) (14) (15) (16) (18)
        distillation_d_fc2_10(a.loss_m3, a.loss_e3, a.loss_S3, a.loss_e2, a.fc2, a.loss_e, label, a.scratch,
                              a.scale_3, a.scratch_9, a.scratch_10, a.ones, a.factor, a.j, a.factor_2)
        distillation(a.loss, a.loss_m3, a.fc2, label, a.loss_S3, a.loss_s, a.m2, a.index, a.scratch_7,
                     a.positions, a.ones_2, batch)  # (17)
        d_weight_10_12(a.d_fc2_weight, a.loss_e2, a.fc1)  # (21)
        d_bias_10(a.d_fc2_bias, a.loss_e2, a.ones_2)  # (22)
        d_z_12_10(a.fc1, a.loss_e2, a.fc2_weight, a.mask)  # (23)
        d_weight_12_64(a.d_fc1_weight, a.fc1, x)  # (24)
        d_bias_12(a.d_fc1_bias, a.fc1, a.ones_2)  # (25)
        # (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42)
        adam_922(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                 a.eps, a.number, a.scratch_11, a.number_2, a.scratch_12, a.number_3)
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
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["j"] = np.arange(10, dtype=np.int32)
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
