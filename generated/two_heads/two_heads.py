"""The network two_heads in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 12] float32
    label [B] int32, 0 ... 3
    measure [B, 1] float32
Parameters
    trunk1.weight [16, 12]
    trunk1.bias [16]
    trunk2.weight [16, 16]
    trunk2.bias [16]
    class_head.weight [4, 16]
    class_head.bias [4]
    measure_head.weight [1, 16]
    measure_head.bias [1]
Settings
    lr = 0.003
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from two_heads import Network

    net = Network()
    net.parameter_views["trunk1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label, measure)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, equal, exp, log, maximum, multiply, negative, reciprocal, sqrt, square, subtract, take, tanh, vdot,
)

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("trunk1.weight", 0, (16, 12), "F"),
    ("trunk1.bias", 192, (16,)),
    ("trunk2.weight", 208, (16, 16)),
    ("trunk2.bias", 464, (16,)),
    ("class_head.weight", 480, (4, 16)),
    ("class_head.bias", 544, (4,)),
    ("measure_head.weight", 560, (1, 16)),
    ("measure_head.bias", 576, (1,)),
)
STATES = (
    ("trunk1.weight.m", 0, (16, 12), "F"),
    ("trunk1.bias.m", 192, (16,)),
    ("trunk2.weight.m", 208, (16, 16)),
    ("trunk2.bias.m", 464, (16,)),
    ("class_head.weight.m", 480, (4, 16)),
    ("class_head.bias.m", 544, (4,)),
    ("measure_head.weight.m", 560, (1, 16)),
    ("measure_head.bias.m", 576, (1,)),
    ("trunk1.weight.v", 592, (16, 12), "F"),
    ("trunk1.bias.v", 784, (16,)),
    ("trunk2.weight.v", 800, (16, 16)),
    ("trunk2.bias.v", 1056, (16,)),
    ("class_head.weight.v", 1072, (4, 16)),
    ("class_head.bias.v", 1136, (4,)),
    ("measure_head.weight.v", 1152, (1, 16)),
    ("measure_head.bias.v", 1168, (1,)),
)
FIXED = (
    ("trunk1_weight", "parameters", real, 0, 0, (16, 12), "F"),
    ("trunk1_bias", "parameters", real, 0, 192, (16,)),
    ("trunk2_weight", "parameters", real, 0, 208, (16, 16)),
    ("trunk2_bias", "parameters", real, 0, 464, (16,)),
    ("class_head_weight", "parameters", real, 0, 480, (4, 16)),
    ("class_head_bias", "parameters", real, 0, 544, (4,)),
    ("measure_head_weight", "parameters", real, 0, 560, (1, 16)),
    ("measure_head_bias", "parameters", real, 0, 576, (1,)),
    ("trunk1_weight_m", "states", real, 0, 0, (16, 12), "F"),
    ("trunk1_bias_m", "states", real, 0, 192, (16,)),
    ("trunk2_weight_m", "states", real, 0, 208, (16, 16)),
    ("trunk2_bias_m", "states", real, 0, 464, (16,)),
    ("class_head_weight_m", "states", real, 0, 480, (4, 16)),
    ("class_head_bias_m", "states", real, 0, 544, (4,)),
    ("measure_head_weight_m", "states", real, 0, 560, (1, 16)),
    ("measure_head_bias_m", "states", real, 0, 576, (1,)),
    ("trunk1_weight_v", "states", real, 0, 592, (16, 12), "F"),
    ("trunk1_bias_v", "states", real, 0, 784, (16,)),
    ("trunk2_weight_v", "states", real, 0, 800, (16, 16)),
    ("trunk2_bias_v", "states", real, 0, 1056, (16,)),
    ("class_head_weight_v", "states", real, 0, 1072, (4, 16)),
    ("class_head_bias_v", "states", real, 0, 1136, (4,)),
    ("measure_head_weight_v", "states", real, 0, 1152, (1, 16)),
    ("measure_head_bias_v", "states", real, 0, 1168, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_trunk1_weight", "gradients", real, 0, 0, (16, 12), "F"),
    ("d_trunk1_bias", "gradients", real, 0, 192, (16,)),
    ("d_trunk2_weight", "gradients", real, 0, 208, (16, 16)),
    ("d_trunk2_bias", "gradients", real, 0, 464, (16,)),
    ("d_class_head_weight", "gradients", real, 0, 480, (4, 16)),
    ("d_class_head_bias", "gradients", real, 0, 544, (4,)),
    ("d_measure_head_weight", "gradients", real, 0, 560, (1, 16)),
    ("d_measure_head_bias", "gradients", real, 0, 576, (1,)),
    ("gradients", "gradients", real, 0, 0, (577,)),
    ("m", "states", real, 0, 0, (577,)),
    ("v", "states", real, 0, 592, (577,)),
    ("parameters", "parameters", real, 0, 0, (577,)),
)
WORKSPACE = {
    "forward": (
        ("trunk1", "workspace", real, 1, 16, (B, 16)),
        ("skip", "workspace", real, 1, 0, (B, 16)),
        ("class_head", "workspace", real, 1, 16, (B, 4)),
        ("measure_head", "workspace", real, 1, 20, (B, 1)),
    ),
    "loss": (
        ("trunk1", "workspace", real, 1, 16, (B, 16)),
        ("skip", "workspace", real, 1, 0, (B, 16)),
        ("class_head", "workspace", real, 1, 16, (B, 4)),
        ("measure_head", "workspace", real, 1, 20, (B, 1)),
        ("loss_classes_m", "workspace", real, 1, 5, (B,)),
        ("loss_classes_e", "workspace", real, 1, 0, (B, 4)),
        ("loss_classes_S", "workspace", real, 1, 4, (B,)),
        ("loss_classes", "workspace", real, 0, 0, ()),
        ("loss", "workspace", real, 0, 1, ()),
    ),
    "gradients": (
        ("trunk1", "workspace", real, 1, 0, (B, 16)),
        ("trunk2_z", "workspace", real, 1, 32, (B, 16)),
        ("trunk2_s", "workspace", real, 1, 16, (B, 16)),
        ("skip", "workspace", real, 1, 48, (B, 16)),
        ("class_head", "workspace", real, 1, 68, (B, 4)),
        ("loss_classes_m", "workspace", real, 1, 77, (B,)),
        ("loss_classes_e", "workspace", real, 1, 72, (B, 4)),
        ("loss_classes_S", "workspace", real, 1, 76, (B,)),
        ("d_class_head", "workspace", real, 1, 64, (B, 4)),
        ("loss_classes", "workspace", real, 0, 1, ()),
        ("measure_head", "workspace", real, 1, 69, (B, 1)),
        ("d_measure_head", "workspace", real, 1, 68, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("skip_r", "workspace", real, 1, 48, (B, 16)),
    ),
    "input_gradients": (
        ("trunk1", "workspace", real, 1, 0, (B, 16)),
        ("trunk2_z", "workspace", real, 1, 32, (B, 16)),
        ("trunk2_s", "workspace", real, 1, 16, (B, 16)),
        ("skip", "workspace", real, 1, 48, (B, 16)),
        ("class_head", "workspace", real, 1, 68, (B, 4)),
        ("loss_classes_m", "workspace", real, 1, 77, (B,)),
        ("loss_classes_e", "workspace", real, 1, 72, (B, 4)),
        ("loss_classes_S", "workspace", real, 1, 76, (B,)),
        ("d_class_head", "workspace", real, 1, 64, (B, 4)),
        ("loss_classes", "workspace", real, 0, 1, ()),
        ("measure_head", "workspace", real, 1, 70, (B, 1)),
        ("d_measure", "workspace", real, 1, 68, (B, 1)),
        ("d_measure_head", "workspace", real, 1, 69, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("skip_r", "workspace", real, 1, 48, (B, 16)),
        ("d_x", "workspace", real, 1, 16, (B, 12)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("trunk1", "workspace", real, 1, 0, (B, 16)),
        ("trunk2_z", "workspace", real, 1, 32, (B, 16)),
        ("trunk2_s", "workspace", real, 1, 16, (B, 16)),
        ("skip", "workspace", real, 1, 48, (B, 16)),
        ("class_head", "workspace", real, 1, 68, (B, 4)),
        ("loss_classes_m", "workspace", real, 1, 77, (B,)),
        ("loss_classes_e", "workspace", real, 1, 72, (B, 4)),
        ("loss_classes_S", "workspace", real, 1, 76, (B,)),
        ("d_class_head", "workspace", real, 1, 64, (B, 4)),
        ("loss_classes", "workspace", real, 0, 5, ()),
        ("measure_head", "workspace", real, 1, 69, (B, 1)),
        ("d_measure_head", "workspace", real, 1, 68, (B, 1)),
        ("loss", "workspace", real, 0, 4, ()),
        ("skip_r", "workspace", real, 1, 48, (B, 16)),
    ),
}
SCRATCH = (
    ("z", "reals", real, 1, 0, (B, 16)),
    ("scratch", "reals", real, 1, 0, (4, B)),
    ("scratch_2", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_3", "reals", real, 1, 1, (B,)),
    ("scratch_4", "reals", real, 1, 0, (B, 1)),
    ("scale", "reals", real, 1, 4, (B,)),
    ("scratch_5", "reals", real, 1, 5, (B, 4)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_6", "reals", real, 0, 1, (577,)),
    ("number_2", "reals", real, 0, 578, ()),
    ("scratch_7", "reals", real, 0, 579, (577,)),
    ("number_3", "reals", real, 0, 1156, ()),
)
RESULTS = {
    "forward": (
        ("class_head", 1, 16, (B, 4)),
        ("measure_head", 1, 20, (B, 1)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 16, (B, 12)),
        ("measure", 1, 68, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 80, 0),
    "indices": (0, 1, 0),
    "reals": (1157, 16, 0),
}


def linear_tanh_16_12(trunk1, x, weight, bias):
    """trunk1: linear, tanh.

    Writes trunk1 [B, 16]; reads x [B, 12], weight [16, 12], bias [16].
    """
    # (1) trunk1.z[b, o] = sum[i](x[b, i] * trunk1.weight[o, i]) + trunk1.bias[o]
    # (2) trunk1[b, o] = tanh(trunk1.z[b, o])
    x.dot(weight.T, out=trunk1)
    trunk1 += bias
    tanh(trunk1, out=trunk1)


def linear_silu_add_16_16(skip, trunk1, weight, bias, z):
    """trunk2: linear, silu; skip: add.

    Writes skip [B, 16]; reads trunk1 [B, 16], weight [16, 16], bias [16].
    """
    # (3) trunk2.z[b, o] = sum[i](trunk1[b, i] * trunk2.weight[o, i]) + trunk2.bias[o]
    trunk1.dot(weight.T, out=z)
    z += bias
    # (4) trunk2.s[b, o] = sigmoid(trunk2.z[b, o])
    # (5) trunk2[b, o] = trunk2.s[b, o] * trunk2.z[b, o]
    # (6) skip[b, o] = trunk1[b, o] + trunk2[b, o]
    negative(z, out=skip)
    exp(skip, out=skip)
    skip += ONE
    reciprocal(skip, out=skip)
    skip *= z
    skip += trunk1


def linear_4_16(class_head, skip, weight, bias):
    """class_head: linear.

    Writes class_head [B, 4]; reads skip [B, 16], weight [4, 16], bias [4].
    """
    # (7) class_head[b, o] = sum[i](skip[b, i] * class_head.weight[o, i]) + class_head.bias[o]
    skip.dot(weight.T, out=class_head)
    class_head += bias


def linear_1_16(measure_head, skip, weight, bias):
    """measure_head: linear.

    Writes measure_head [B, 1]; reads skip [B, 16], weight [1, 16], bias [1].
    """
    # (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
    skip.dot(weight.T, out=measure_head)
    measure_head += bias


def cross_entropy_4(m, e, S, class_head, scratch, ones):
    """loss.classes: cross_entropy.

    Writes m [B], e [B, 4], S [B]; reads class_head [B, 4].
    """
    # (9) loss.classes.m[b] = max[i](class_head[b, i])
    scratch[...] = class_head.T
    maximum.reduce(scratch, axis=0, out=m)
    # (10) loss.classes.e[b, j] = exp(class_head[b, j] - loss.classes.m[b])
    subtract(class_head, m[:, None], out=e)
    exp(e, out=e)
    # (11) loss.classes.S[b] = sum[i](loss.classes.e[b, i])
    e.dot(ones, out=S)


def cross_entropy(classes, m, class_head, label, S, scratch, index, scratch_2, positions, ones, batch):
    """loss.classes: cross_entropy.

    Writes classes; reads m [B], class_head [B, 4], label [B], S [B].
    """
    # (13) loss.classes = sum[b](log(loss.classes.S[b]) + loss.classes.m[b] - class_head[b, label[b]]) / B
    add(positions, label, out=index)
    take(class_head, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    classes[...] = scratch.dot(ones) / batch


def mse_sum_1(loss, measure_head, measure, classes, scratch, batch):
    """loss.measures: mse; loss: sum.

    Writes loss; reads measure_head [B, 1], measure [B, 1], classes.
    """
    # (14) loss.measures = sum[b, i]((measure_head[b, i] - measure[b, i])**2) / B
    # (15) loss = loss.classes + loss.measures / 4
    subtract(measure_head, measure, out=scratch)
    loss[...] = 0.25 * (vdot(scratch, scratch) / batch) + float(classes)


def linear_silu_add_16_16_v2(z, s, skip, trunk1, weight, bias):
    """trunk2: linear, silu; skip: add.

    Writes z [B, 16], s [B, 16], skip [B, 16]; reads trunk1 [B, 16], weight [16, 16], bias [16].
    """
    # (3) trunk2.z[b, o] = sum[i](trunk1[b, i] * trunk2.weight[o, i]) + trunk2.bias[o]
    trunk1.dot(weight.T, out=z)
    z += bias
    # (4) trunk2.s[b, o] = sigmoid(trunk2.z[b, o])
    negative(z, out=s)
    exp(s, out=s)
    s += ONE
    reciprocal(s, out=s)
    # (5) trunk2[b, o] = trunk2.s[b, o] * trunk2.z[b, o]
    # (6) skip[b, o] = trunk1[b, o] + trunk2[b, o]
    multiply(s, z, out=skip)
    skip += trunk1


def cross_entropy_d_class_head_4(m, e, S, d_class_head, class_head, label, scratch, scale, scratch_2, ones, j,
                                 factor):
    """loss.classes: cross_entropy; class_head: gradient of linear.

    Writes m [B], e [B, 4], S [B], d_class_head [B, 4]; reads class_head [B, 4], label [B].
    """
    # (9) loss.classes.m[b] = max[i](class_head[b, i])
    scratch[...] = class_head.T
    maximum.reduce(scratch, axis=0, out=m)
    # (10) loss.classes.e[b, j] = exp(class_head[b, j] - loss.classes.m[b])
    subtract(class_head, m[:, None], out=e)
    exp(e, out=e)
    # (11) loss.classes.S[b] = sum[i](loss.classes.e[b, i])
    e.dot(ones, out=S)
    # (12) loss.classes.p[b, j] = loss.classes.e[b, j] / loss.classes.S[b]
    reciprocal(S, out=scale)
    # (12)
    # (18) d.class_head[b, o] = (loss.classes.p[b, o] - (o == label[b])) / B
    multiply(scale[:, None], e, out=d_class_head)
    equal(j, label[:, None], out=scratch_2)
    d_class_head -= scratch_2
    d_class_head *= factor


def d_weight_4_16(d_weight, d_class_head, skip):
    """class_head: gradient of linear.

    Writes d_weight [4, 16]; reads d_class_head [B, 4], skip [B, 16].
    """
    # (21) d.class_head.weight[o, i] = sum[b](d.class_head[b, o] * skip[b, i])
    d_class_head.T.dot(skip, out=d_weight)


def d_bias_4(d_bias, d_class_head, ones):
    """class_head: gradient of linear.

    Writes d_bias [4]; reads d_class_head [B, 4].
    """
    # (22) d.class_head.bias[o] = sum[b](d.class_head[b, o])
    ones.dot(d_class_head, out=d_bias)


def linear_d_measure_head_1_16(measure_head, d_measure_head, skip, weight, bias, measure, factor):
    """measure_head: linear, gradient of linear.

    Writes measure_head [B, 1], d_measure_head [B, 1]; reads skip [B, 16], weight [1, 16], bias [1], measure [B,
    1].
    """
    # (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
    skip.dot(weight.T, out=measure_head)
    measure_head += bias
    # (17) d.measure_head[b, o] = (measure_head[b, o] - measure[b, o]) / (2 * B)
    subtract(measure_head, measure, out=d_measure_head)
    d_measure_head *= factor


def d_weight_1_16(d_weight, d_measure_head, skip):
    """measure_head: gradient of linear.

    Writes d_weight [1, 16]; reads d_measure_head [B, 1], skip [B, 16].
    """
    # (19) d.measure_head.weight[o, i] = sum[b](d.measure_head[b, o] * skip[b, i])
    d_measure_head.T.dot(skip, out=d_weight)


def d_bias_1(d_bias, d_measure_head, ones):
    """measure_head: gradient of linear.

    Writes d_bias [1]; reads d_measure_head [B, 1].
    """
    # (20) d.measure_head.bias[o] = sum[b](d.measure_head[b, o])
    ones.dot(d_measure_head, out=d_bias)


def r_16_1(r, d_measure_head, weight):
    """skip: gradient of add.

    Writes r [B, 16]; reads d_measure_head [B, 1], weight [1, 16].
    """
    # (23) skip.r[b, o] = sum[i](d.measure_head[b, i] * measure_head.weight[i, o])
    d_measure_head.dot(weight, out=r)


def d_skip_d_z_16_4(r, s, d_class_head, weight, z, scratch):
    """skip: gradient of add; trunk2: gradient of linear.

    Writes r [B, 16], s [B, 16]; reads d_class_head [B, 4], weight [4, 16], z [B, 16].
    """
    # (24) d.skip[b, o] = sum[i](d.class_head[b, i] * class_head.weight[i, o]) + skip.r[b, o]
    d_class_head.dot(weight, out=scratch)
    r += scratch
    # (25) d.trunk2.z[b, o] = d.skip[b, o] * trunk2.s[b, o] * (1 + trunk2.z[b, o] * (1 - trunk2.s[b, o]))
    subtract(ONE, s, out=scratch)
    scratch *= z
    scratch += ONE
    scratch *= r
    s *= scratch


def d_weight_16_16(d_weight, s, trunk1):
    """trunk2: gradient of linear.

    Writes d_weight [16, 16]; reads s [B, 16], trunk1 [B, 16].
    """
    # (26) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
    s.T.dot(trunk1, out=d_weight)


def d_z_16_16(trunk1, s, weight, r, scratch):
    """trunk1: gradient of linear.

    Writes trunk1 [B, 16]; reads s [B, 16], weight [16, 16], r [B, 16].
    """
    # (28) d.trunk1.z[b, o] = (1 - trunk1[b, o]**2) * (sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) +
    #     d.skip[b, o])
    square(trunk1, out=trunk1)
    subtract(ONE, trunk1, out=trunk1)
    s.dot(weight, out=scratch)
    scratch += r
    trunk1 *= scratch


def d_bias_16(d_bias, s, ones):
    """trunk2: gradient of linear.

    Writes d_bias [16]; reads s [B, 16].
    For (30) too.
    """
    # (27) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
    ones.dot(s, out=d_bias)


def d_weight_16_12(d_weight, trunk1, x):
    """trunk1: gradient of linear.

    Writes d_weight [16, 12]; reads trunk1 [B, 16], x [B, 12].
    """
    # (29) d.trunk1.weight[o, i] = sum[b](d.trunk1.z[b, o] * x[b, i])
    x.T.dot(trunk1, out=d_weight.T)


def linear_d_measure_d_measure_head_1_16(measure_head, d_measure, d_measure_head, skip, weight, bias, measure,
                                         factor):
    """measure_head: linear, gradient of linear; loss.measures: gradient of mse.

    Writes measure_head [B, 1], d_measure [B, 1], d_measure_head [B, 1]; reads skip [B, 16], weight [1, 16],
    bias [1], measure [B, 1].
    """
    # (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
    skip.dot(weight.T, out=measure_head)
    measure_head += bias
    # (17)
    # (16) d.measure[b, i] = (measure[b, i] - measure_head[b, i]) / (2 * B)
    subtract(measure, measure_head, out=d_measure)
    d_measure *= factor
    subtract(measure_head, measure, out=d_measure_head)
    d_measure_head *= factor


def d_x_12_16(d_x, trunk1, weight):
    """trunk1: gradient of linear.

    Writes d_x [B, 12]; reads trunk1 [B, 16], weight [16, 12].
    """
    # (31) d.x[b, i] = sum[j](d.trunk1.z[b, j] * trunk1.weight[j, i])
    trunk1.dot(weight, out=d_x)


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (32) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (33) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (34) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_577(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
             number_3):
    """trunk1.weight to measure_head.bias: adam.

    Writes m [577], v [577], parameters [577]; reads beta1, beta2, rate, scale, eps; uses up gradients [577].
    For (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55)
    (56) (57) (58) too.
    """
    # (35) trunk1.weight.m.next[o, i] = (1 - beta1) * d.trunk1.weight[o, i] + beta1 * trunk1.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (36) trunk1.weight.v.next[o, i] = (1 - beta2) * d.trunk1.weight[o, i]**2 + beta2 * trunk1.weight.v[o, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (37) trunk1.weight.next[o, i] = trunk1.weight[o, i] - optimizer.rate * trunk1.weight.m.next[o, i] /
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
            "parameters": np.zeros(577, real) if parameters is None else parameters,
            "gradients": np.zeros(577, real) if gradients is None else gradients,
            "states": np.zeros(1169, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.003, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 80 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(1157 + 16 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 12))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_tanh_16_12(a.trunk1, x, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_silu_add_16_16(a.skip, a.trunk1, a.trunk2_weight, a.trunk2_bias, a.z)  # (3) (4) (5) (6)
        linear_4_16(a.class_head, a.skip, a.class_head_weight, a.class_head_bias)  # (7)
        linear_1_16(a.measure_head, a.skip, a.measure_head_weight, a.measure_head_bias)  # (8)
        return 0.0

    def loss(self, x, label, measure):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 12))
        label = as_input(label, "label", np.int32, (batch,))
        measure = as_input(measure, "measure", real, (batch, 1))
        return self._run("loss", batch, x, label, measure)

    @staticmethod
    def _loss(a, batch, x, label, measure):
        linear_tanh_16_12(a.trunk1, x, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        linear_silu_add_16_16(a.skip, a.trunk1, a.trunk2_weight, a.trunk2_bias, a.z)  # (3) (4) (5) (6)
        linear_4_16(a.class_head, a.skip, a.class_head_weight, a.class_head_bias)  # (7)
        linear_1_16(a.measure_head, a.skip, a.measure_head_weight, a.measure_head_bias)  # (8)
        # (9) (10) (11)
        cross_entropy_4(a.loss_classes_m, a.loss_classes_e, a.loss_classes_S, a.class_head, a.scratch, a.ones)
        cross_entropy(a.loss_classes, a.loss_classes_m, a.class_head, label, a.loss_classes_S, a.scratch_2,
                      a.index, a.scratch_3, a.positions, a.ones_2, batch)  # (13)
        mse_sum_1(a.loss, a.measure_head, measure, a.loss_classes, a.scratch_4, batch)  # (14) (15)
        return float(a.loss)

    def gradients(self, x, label, measure):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 12))
        label = as_input(label, "label", np.int32, (batch,))
        measure = as_input(measure, "measure", real, (batch, 1))
        return self._run("gradients", batch, x, label, measure)

    @staticmethod
    def _gradients(a, batch, x, label, measure):
        linear_tanh_16_12(a.trunk1, x, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        # (3) (4) (5) (6)
        linear_silu_add_16_16_v2(a.trunk2_z, a.trunk2_s, a.skip, a.trunk1, a.trunk2_weight, a.trunk2_bias)
        linear_4_16(a.class_head, a.skip, a.class_head_weight, a.class_head_bias)  # (7)
        # (9) (10) (11) (12) (18)
        cross_entropy_d_class_head_4(a.loss_classes_m, a.loss_classes_e, a.loss_classes_S, a.d_class_head,
                                     a.class_head, label, a.scratch, a.scale, a.scratch_5, a.ones, a.j, a.factor)
        cross_entropy(a.loss_classes, a.loss_classes_m, a.class_head, label, a.loss_classes_S, a.scratch_2,
                      a.index, a.scratch_3, a.positions, a.ones_2, batch)  # (13)
        d_weight_4_16(a.d_class_head_weight, a.d_class_head, a.skip)  # (21)
        d_bias_4(a.d_class_head_bias, a.d_class_head, a.ones_2)  # (22)
        linear_d_measure_head_1_16(a.measure_head, a.d_measure_head, a.skip, a.measure_head_weight,
                                   a.measure_head_bias, measure, a.factor_2)  # (8) (17)
        d_weight_1_16(a.d_measure_head_weight, a.d_measure_head, a.skip)  # (19)
        mse_sum_1(a.loss, a.measure_head, measure, a.loss_classes, a.scratch_4, batch)  # (14) (15)
        d_bias_1(a.d_measure_head_bias, a.d_measure_head, a.ones_2)  # (20)
        r_16_1(a.skip_r, a.d_measure_head, a.measure_head_weight)  # (23)
        d_skip_d_z_16_4(a.skip_r, a.trunk2_s, a.d_class_head, a.class_head_weight, a.trunk2_z, a.z)  # (24) (25)
        d_weight_16_16(a.d_trunk2_weight, a.trunk2_s, a.trunk1)  # (26)
        d_z_16_16(a.trunk1, a.trunk2_s, a.trunk2_weight, a.skip_r, a.z)  # (28)
        d_bias_16(a.d_trunk2_bias, a.trunk2_s, a.ones_2)  # (27)
        d_weight_16_12(a.d_trunk1_weight, a.trunk1, x)  # (29)
        d_bias_16(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (30)
        return float(a.loss)

    def input_gradients(self, x, label, measure):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 12))
        label = as_input(label, "label", np.int32, (batch,))
        measure = as_input(measure, "measure", real, (batch, 1))
        return self._run("input_gradients", batch, x, label, measure)

    @staticmethod
    def _input_gradients(a, batch, x, label, measure):
        linear_tanh_16_12(a.trunk1, x, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        # (3) (4) (5) (6)
        linear_silu_add_16_16_v2(a.trunk2_z, a.trunk2_s, a.skip, a.trunk1, a.trunk2_weight, a.trunk2_bias)
        linear_4_16(a.class_head, a.skip, a.class_head_weight, a.class_head_bias)  # (7)
        # (9) (10) (11) (12) (18)
        cross_entropy_d_class_head_4(a.loss_classes_m, a.loss_classes_e, a.loss_classes_S, a.d_class_head,
                                     a.class_head, label, a.scratch, a.scale, a.scratch_5, a.ones, a.j, a.factor)
        cross_entropy(a.loss_classes, a.loss_classes_m, a.class_head, label, a.loss_classes_S, a.scratch_2,
                      a.index, a.scratch_3, a.positions, a.ones_2, batch)  # (13)
        d_weight_4_16(a.d_class_head_weight, a.d_class_head, a.skip)  # (21)
        d_bias_4(a.d_class_head_bias, a.d_class_head, a.ones_2)  # (22)
        # (8) (16) (17)
        linear_d_measure_d_measure_head_1_16(a.measure_head, a.d_measure, a.d_measure_head, a.skip,
                                             a.measure_head_weight, a.measure_head_bias, measure, a.factor_2)
        d_weight_1_16(a.d_measure_head_weight, a.d_measure_head, a.skip)  # (19)
        mse_sum_1(a.loss, a.measure_head, measure, a.loss_classes, a.scratch_4, batch)  # (14) (15)
        d_bias_1(a.d_measure_head_bias, a.d_measure_head, a.ones_2)  # (20)
        r_16_1(a.skip_r, a.d_measure_head, a.measure_head_weight)  # (23)
        d_skip_d_z_16_4(a.skip_r, a.trunk2_s, a.d_class_head, a.class_head_weight, a.trunk2_z, a.z)  # (24) (25)
        d_weight_16_16(a.d_trunk2_weight, a.trunk2_s, a.trunk1)  # (26)
        d_z_16_16(a.trunk1, a.trunk2_s, a.trunk2_weight, a.skip_r, a.z)  # (28)
        d_bias_16(a.d_trunk2_bias, a.trunk2_s, a.ones_2)  # (27)
        d_weight_16_12(a.d_trunk1_weight, a.trunk1, x)  # (29)
        d_bias_16(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (30)
        d_x_12_16(a.d_x, a.trunk1, a.trunk1_weight)  # (31)
        return float(a.loss)

    def step(self, x, label, measure):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 12))
        label = as_input(label, "label", np.int32, (batch,))
        measure = as_input(measure, "measure", real, (batch, 1))
        return self._run("step", batch, x, label, measure)

    @staticmethod
    def _step(a, batch, x, label, measure):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (32) (33) (34)
        linear_tanh_16_12(a.trunk1, x, a.trunk1_weight, a.trunk1_bias)  # (1) (2)
        # (3) (4) (5) (6)
        linear_silu_add_16_16_v2(a.trunk2_z, a.trunk2_s, a.skip, a.trunk1, a.trunk2_weight, a.trunk2_bias)
        linear_4_16(a.class_head, a.skip, a.class_head_weight, a.class_head_bias)  # (7)
        # (9) (10) (11) (12) (18)
        cross_entropy_d_class_head_4(a.loss_classes_m, a.loss_classes_e, a.loss_classes_S, a.d_class_head,
                                     a.class_head, label, a.scratch, a.scale, a.scratch_5, a.ones, a.j, a.factor)
        cross_entropy(a.loss_classes, a.loss_classes_m, a.class_head, label, a.loss_classes_S, a.scratch_2,
                      a.index, a.scratch_3, a.positions, a.ones_2, batch)  # (13)
        d_weight_4_16(a.d_class_head_weight, a.d_class_head, a.skip)  # (21)
        d_bias_4(a.d_class_head_bias, a.d_class_head, a.ones_2)  # (22)
        linear_d_measure_head_1_16(a.measure_head, a.d_measure_head, a.skip, a.measure_head_weight,
                                   a.measure_head_bias, measure, a.factor_2)  # (8) (17)
        d_weight_1_16(a.d_measure_head_weight, a.d_measure_head, a.skip)  # (19)
        mse_sum_1(a.loss, a.measure_head, measure, a.loss_classes, a.scratch_4, batch)  # (14) (15)
        d_bias_1(a.d_measure_head_bias, a.d_measure_head, a.ones_2)  # (20)
        r_16_1(a.skip_r, a.d_measure_head, a.measure_head_weight)  # (23)
        d_skip_d_z_16_4(a.skip_r, a.trunk2_s, a.d_class_head, a.class_head_weight, a.trunk2_z, a.z)  # (24) (25)
        d_weight_16_16(a.d_trunk2_weight, a.trunk2_s, a.trunk1)  # (26)
        d_z_16_16(a.trunk1, a.trunk2_s, a.trunk2_weight, a.skip_r, a.z)  # (28)
        d_bias_16(a.d_trunk2_bias, a.trunk2_s, a.ones_2)  # (27)
        d_weight_16_12(a.d_trunk1_weight, a.trunk1, x)  # (29)
        d_bias_16(a.d_trunk1_bias, a.trunk1, a.ones_2)  # (30)
        # (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58)
        adam_577(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                 a.eps, a.number, a.scratch_6, a.number_2, a.scratch_7, a.number_3)
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
        arrays["ones"] = np.ones(4, real)
        arrays["positions"] = 4 * np.arange(batch, dtype=np.intp)
        arrays["ones_2"] = np.ones(batch, real)
        arrays["j"] = np.arange(4, dtype=np.int32)
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
