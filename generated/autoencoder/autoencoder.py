"""The network autoencoder in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 784] float32
Parameters
    encoder1.weight [256, 784]
    encoder1.bias [256]
    code.weight [64, 256]
    code.bias [64]
    decoder1.weight [256, 64]
    decoder1.bias [256]
    decoder2.weight [784, 256]
    decoder2.bias [784]
Settings
    lr = 0.001
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from autoencoder import Network

    net = Network()
    net.parameter_views["encoder1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import exp, greater, maximum, multiply, negative, reciprocal, sqrt, square, subtract, vdot

real = np.float32
B = "B"  # in a shape: the batch size
bits_of_real = np.int32
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)
ONE = np.array(1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("encoder1.weight", 0, (256, 784), "F"),
    ("encoder1.bias", 200704, (256,)),
    ("code.weight", 200960, (64, 256)),
    ("code.bias", 217344, (64,)),
    ("decoder1.weight", 217408, (256, 64)),
    ("decoder1.bias", 233792, (256,)),
    ("decoder2.weight", 234048, (784, 256)),
    ("decoder2.bias", 434752, (784,)),
)
STATES = (
    ("encoder1.weight.m", 0, (256, 784), "F"),
    ("encoder1.bias.m", 200704, (256,)),
    ("code.weight.m", 200960, (64, 256)),
    ("code.bias.m", 217344, (64,)),
    ("decoder1.weight.m", 217408, (256, 64)),
    ("decoder1.bias.m", 233792, (256,)),
    ("decoder2.weight.m", 234048, (784, 256)),
    ("decoder2.bias.m", 434752, (784,)),
    ("encoder1.weight.v", 435536, (256, 784), "F"),
    ("encoder1.bias.v", 636240, (256,)),
    ("code.weight.v", 636496, (64, 256)),
    ("code.bias.v", 652880, (64,)),
    ("decoder1.weight.v", 652944, (256, 64)),
    ("decoder1.bias.v", 669328, (256,)),
    ("decoder2.weight.v", 669584, (784, 256)),
    ("decoder2.bias.v", 870288, (784,)),
)
FIXED = (
    ("encoder1_weight", "parameters", real, 0, 0, (256, 784), "F"),
    ("encoder1_bias", "parameters", real, 0, 200704, (256,)),
    ("code_weight", "parameters", real, 0, 200960, (64, 256)),
    ("code_bias", "parameters", real, 0, 217344, (64,)),
    ("decoder1_weight", "parameters", real, 0, 217408, (256, 64)),
    ("decoder1_bias", "parameters", real, 0, 233792, (256,)),
    ("decoder2_weight", "parameters", real, 0, 234048, (784, 256)),
    ("decoder2_bias", "parameters", real, 0, 434752, (784,)),
    ("encoder1_weight_m", "states", real, 0, 0, (256, 784), "F"),
    ("encoder1_bias_m", "states", real, 0, 200704, (256,)),
    ("code_weight_m", "states", real, 0, 200960, (64, 256)),
    ("code_bias_m", "states", real, 0, 217344, (64,)),
    ("decoder1_weight_m", "states", real, 0, 217408, (256, 64)),
    ("decoder1_bias_m", "states", real, 0, 233792, (256,)),
    ("decoder2_weight_m", "states", real, 0, 234048, (784, 256)),
    ("decoder2_bias_m", "states", real, 0, 434752, (784,)),
    ("encoder1_weight_v", "states", real, 0, 435536, (256, 784), "F"),
    ("encoder1_bias_v", "states", real, 0, 636240, (256,)),
    ("code_weight_v", "states", real, 0, 636496, (64, 256)),
    ("code_bias_v", "states", real, 0, 652880, (64,)),
    ("decoder1_weight_v", "states", real, 0, 652944, (256, 64)),
    ("decoder1_bias_v", "states", real, 0, 669328, (256,)),
    ("decoder2_weight_v", "states", real, 0, 669584, (784, 256)),
    ("decoder2_bias_v", "states", real, 0, 870288, (784,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_encoder1_weight", "gradients", real, 0, 0, (256, 784), "F"),
    ("d_encoder1_bias", "gradients", real, 0, 200704, (256,)),
    ("d_code_weight", "gradients", real, 0, 200960, (64, 256)),
    ("d_code_bias", "gradients", real, 0, 217344, (64,)),
    ("d_decoder1_weight", "gradients", real, 0, 217408, (256, 64)),
    ("d_decoder1_bias", "gradients", real, 0, 233792, (256,)),
    ("d_decoder2_weight", "gradients", real, 0, 234048, (784, 256)),
    ("d_decoder2_bias", "gradients", real, 0, 434752, (784,)),
    ("gradients", "gradients", real, 0, 0, (435536,)),
    ("m", "states", real, 0, 0, (435536,)),
    ("v", "states", real, 0, 435536, (435536,)),
    ("parameters", "parameters", real, 0, 0, (435536,)),
)
WORKSPACE = {
    "forward": (
        ("encoder1", "workspace", real, 1, 0, (B, 256)),
        ("code", "workspace", real, 1, 256, (B, 64)),
        ("decoder1", "workspace", real, 1, 784, (B, 256)),
        ("decoder2", "workspace", real, 1, 0, (B, 784)),
    ),
    "loss": (
        ("encoder1", "workspace", real, 1, 0, (B, 256)),
        ("code", "workspace", real, 1, 256, (B, 64)),
        ("decoder1", "workspace", real, 1, 1568, (B, 256)),
        ("decoder2", "workspace", real, 1, 0, (B, 784)),
        ("decoder2_t", "workspace", real, 1, 784, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("decoder2", "workspace", real, 1, 784, (B, 784)),
        ("decoder2_t", "workspace", real, 1, 1568, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 0, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("decoder2", "workspace", real, 1, 0, (B, 784)),
        ("decoder2_t", "workspace", real, 1, 1568, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 784, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 784, (B, 784)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("decoder2", "workspace", real, 1, 784, (B, 784)),
        ("decoder2_t", "workspace", real, 1, 1568, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 0, (B, 784)),
        ("loss", "workspace", real, 0, 4, ()),
    ),
}
SCRATCH = (
    ("z", "reals", real, 1, 0, (B, 784)),
    ("scratch", "reals", real, 1, 784, (B, 784)),
    ("mask", "masks", np.bool_, 1, 0, (B, 256)),
    ("mask_2", "masks", np.bool_, 1, 0, (B, 64)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_2", "reals", real, 0, 1, (65536,)),
    ("number_2", "reals", real, 0, 65537, ()),
    ("scratch_3", "reals", real, 0, 65538, (65536,)),
    ("number_3", "reals", real, 0, 131074, ()),
    ("scratch_4", "reals", real, 0, 1, (42320,)),
    ("number_4", "reals", real, 0, 42321, ()),
    ("scratch_5", "reals", real, 0, 42322, (42320,)),
    ("number_5", "reals", real, 0, 84642, ()),
)
RESULTS = {
    "forward": (
        ("decoder2", 1, 0, (B, 784)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 784, (B, 784)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 2928, 0),
    "masks": (0, 256, 0),
    "reals": (131075, 1568, 0),
}


def keep(array, mask):
    """Leave in `array` what the mask chooses, and 0 elsewhere, whatever stands there: infinity times 0 is none."""
    words = array.view(bits_of_real)
    words *= mask


def linear_relu_256_784(encoder1, x, weight, bias):
    """encoder1: linear, relu.

    Writes encoder1 [B, 256]; reads x [B, 784], weight [256, 784], bias [256].
    """
    # (1) encoder1.z[b, o] = sum[i](x[b, i] * encoder1.weight[o, i]) + encoder1.bias[o]
    # (2) encoder1[b, o] = max(0, encoder1.z[b, o])
    x.dot(weight.T, out=encoder1)
    encoder1 += bias
    maximum(encoder1, ZERO, out=encoder1)


def linear_relu_64_256(code, encoder1, weight, bias):
    """code: linear, relu.

    Writes code [B, 64]; reads encoder1 [B, 256], weight [64, 256], bias [64].
    """
    # (3) code.z[b, o] = sum[i](encoder1[b, i] * code.weight[o, i]) + code.bias[o]
    # (4) code[b, o] = max(0, code.z[b, o])
    encoder1.dot(weight.T, out=code)
    code += bias
    maximum(code, ZERO, out=code)


def linear_relu_256_64(decoder1, code, weight, bias):
    """decoder1: linear, relu.

    Writes decoder1 [B, 256]; reads code [B, 64], weight [256, 64], bias [256].
    """
    # (5) decoder1.z[b, o] = sum[i](code[b, i] * decoder1.weight[o, i]) + decoder1.bias[o]
    # (6) decoder1[b, o] = max(0, decoder1.z[b, o])
    code.dot(weight.T, out=decoder1)
    decoder1 += bias
    maximum(decoder1, ZERO, out=decoder1)


def linear_sigmoid_784_256(decoder2, decoder1, weight, bias):
    """decoder2: linear, sigmoid.

    Writes decoder2 [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    decoder1.dot(weight.T, out=decoder2)
    decoder2 += bias
    negative(decoder2, out=decoder2)
    exp(decoder2, out=decoder2)
    decoder2 += ONE
    reciprocal(decoder2, out=decoder2)


def linear_sigmoid_784_256_v2(decoder2, t, decoder1, weight, bias, z):
    """decoder2: linear, sigmoid.

    Writes decoder2 [B, 784], t [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    decoder1.dot(weight.T, out=z)
    z += bias
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    negative(z, out=decoder2)
    exp(decoder2, out=decoder2)
    decoder2 += ONE
    reciprocal(decoder2, out=decoder2)
    # (9) decoder2.t[b, o] = sigmoid(-decoder2.z[b, o])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)


def mse_784(loss, x, decoder2, t, scratch, scratch_2, batch):
    """loss: mse.

    Writes loss; reads x [B, 784], decoder2 [B, 784], t [B, 784].
    """
    # (10) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - decoder2.t[b, i] * x[b, i])**2) / (784 * B)
    subtract(ONE, x, out=scratch)
    scratch *= decoder2
    multiply(t, x, out=scratch_2)
    scratch -= scratch_2
    loss[...] = vdot(scratch, scratch) / (784.0 * batch)


def linear_sigmoid_d_z_784_256(decoder2, t, d_z, decoder1, weight, bias, x, z, scratch, factor):
    """decoder2: linear, sigmoid, gradient of linear.

    Writes decoder2 [B, 784], t [B, 784], d_z [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784],
    x [B, 784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    decoder1.dot(weight.T, out=z)
    z += bias
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    negative(z, out=decoder2)
    exp(decoder2, out=decoder2)
    decoder2 += ONE
    reciprocal(decoder2, out=decoder2)
    # (9) decoder2.t[b, o] = sigmoid(-decoder2.z[b, o])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)
    # (11) d.decoder2.z[b, o] = decoder2[b, o] * decoder2.t[b, o] * (decoder2[b, o] * (1 - x[b, o]) -
    #     decoder2.t[b, o] * x[b, o]) / (392 * B)
    subtract(ONE, x, out=d_z)
    d_z *= decoder2
    multiply(t, x, out=scratch)
    d_z -= scratch
    d_z *= factor
    d_z *= decoder2
    d_z *= t


def d_weight_784_256(d_weight, d_z, decoder1):
    """decoder2: gradient of linear.

    Writes d_weight [784, 256]; reads d_z [B, 784], decoder1 [B, 256].
    """
    # (12) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
    d_z.T.dot(decoder1, out=d_weight)


def d_bias_784(d_bias, d_z, ones):
    """decoder2: gradient of linear.

    Writes d_bias [784]; reads d_z [B, 784].
    """
    # (13) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
    ones.dot(d_z, out=d_bias)


def d_z_256_784(decoder1, d_z, weight, mask):
    """decoder1: gradient of linear.

    Writes decoder1 [B, 256]; reads d_z [B, 784], weight [784, 256].
    """
    # (14) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
    greater(decoder1, ZERO, out=mask)
    d_z.dot(weight, out=decoder1)
    keep(decoder1, mask)


def d_weight_256_64(d_weight, decoder1, code):
    """decoder1: gradient of linear.

    Writes d_weight [256, 64]; reads decoder1 [B, 256], code [B, 64].
    """
    # (15) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
    decoder1.T.dot(code, out=d_weight)


def d_bias_256(d_bias, decoder1, ones):
    """decoder1: gradient of linear.

    Writes d_bias [256]; reads decoder1 [B, 256].
    For (22) too.
    """
    # (16) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
    ones.dot(decoder1, out=d_bias)


def d_z_64_256(code, decoder1, weight, mask):
    """code: gradient of linear.

    Writes code [B, 64]; reads decoder1 [B, 256], weight [256, 64].
    """
    # (17) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
    greater(code, ZERO, out=mask)
    decoder1.dot(weight, out=code)
    keep(code, mask)


def d_weight_64_256(d_weight, code, encoder1):
    """code: gradient of linear.

    Writes d_weight [64, 256]; reads code [B, 64], encoder1 [B, 256].
    """
    # (18) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
    code.T.dot(encoder1, out=d_weight)


def d_bias_64(d_bias, code, ones):
    """code: gradient of linear.

    Writes d_bias [64]; reads code [B, 64].
    """
    # (19) d.code.bias[o] = sum[b](d.code.z[b, o])
    ones.dot(code, out=d_bias)


def d_z_256_64(encoder1, code, weight, mask):
    """encoder1: gradient of linear.

    Writes encoder1 [B, 256]; reads code [B, 64], weight [64, 256].
    """
    # (20) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
    greater(encoder1, ZERO, out=mask)
    code.dot(weight, out=encoder1)
    keep(encoder1, mask)


def d_weight_256_784(d_weight, encoder1, x):
    """encoder1: gradient of linear.

    Writes d_weight [256, 784]; reads encoder1 [B, 256], x [B, 784].
    """
    # (21) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
    x.T.dot(encoder1, out=d_weight.T)


def d_x_784_256(d_x, encoder1, weight, x, decoder2, scratch, factor):
    """encoder1: gradient of linear.

    Writes d_x [B, 784]; reads encoder1 [B, 256], weight [256, 784], x [B, 784], decoder2 [B, 784].
    """
    # (23) d.x[b, i] = sum[j](d.encoder1.z[b, j] * encoder1.weight[j, i]) + (x[b, i] - decoder2[b, i]) / (392 *
    #     B)
    encoder1.dot(weight, out=d_x)
    subtract(x, decoder2, out=scratch)
    scratch *= factor
    d_x += scratch


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (24) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (25) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (26) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_65536(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2,
               scratch_2, number_3, part):
    """encoder1.weight to decoder2.bias: adam.

    Writes m [435536], v [435536], parameters [435536]; reads beta1, gradients [435536], beta2, rate, scale,
    eps.
    For (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47)
    (48) (49) (50) too.
    """
    # (27) encoder1.weight.m.next[o, i] = (1 - beta1) * d.encoder1.weight[o, i] + beta1 * encoder1.weight.m[o,
    #     i]
    number[...] = float(beta1)
    m[65536 * part:65536 * part + 65536] *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients[65536 * part:65536 * part + 65536], out=scratch)
    m[65536 * part:65536 * part + 65536] += scratch
    # (28) encoder1.weight.v.next[o, i] = (1 - beta2) * d.encoder1.weight[o, i]**2 + beta2 *
    #     encoder1.weight.v[o, i]
    number[...] = float(beta2)
    v[65536 * part:65536 * part + 65536] *= number
    square(gradients[65536 * part:65536 * part + 65536], out=scratch)
    number_2[...] = 1.0 - float(beta2)
    scratch *= number_2
    v[65536 * part:65536 * part + 65536] += scratch
    # (29) encoder1.weight.next[o, i] = encoder1.weight[o, i] - optimizer.rate * encoder1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(encoder1.weight.v.next[o, i]) + eps)
    number[...] = float(rate)
    multiply(number, m[65536 * part:65536 * part + 65536], out=scratch)
    sqrt(v[65536 * part:65536 * part + 65536], out=scratch_2)
    number_2[...] = float(scale)
    scratch_2 *= number_2
    number_3[...] = float(eps)
    scratch_2 += number_3
    scratch /= scratch_2
    parameters[65536 * part:65536 * part + 65536] -= scratch


def adam_42320(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2,
               scratch_2, number_3):
    """encoder1.weight to decoder2.bias: adam.

    Writes m [435536], v [435536], parameters [435536]; reads beta1, gradients [435536], beta2, rate, scale,
    eps.
    For (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47)
    (48) (49) (50) too.
    """
    # (27) encoder1.weight.m.next[o, i] = (1 - beta1) * d.encoder1.weight[o, i] + beta1 * encoder1.weight.m[o,
    #     i]
    number[...] = float(beta1)
    m[393216:435536] *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients[393216:435536], out=scratch)
    m[393216:435536] += scratch
    # (28) encoder1.weight.v.next[o, i] = (1 - beta2) * d.encoder1.weight[o, i]**2 + beta2 *
    #     encoder1.weight.v[o, i]
    number[...] = float(beta2)
    v[393216:435536] *= number
    square(gradients[393216:435536], out=scratch)
    number_2[...] = 1.0 - float(beta2)
    scratch *= number_2
    v[393216:435536] += scratch
    # (29) encoder1.weight.next[o, i] = encoder1.weight[o, i] - optimizer.rate * encoder1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(encoder1.weight.v.next[o, i]) + eps)
    number[...] = float(rate)
    multiply(number, m[393216:435536], out=scratch)
    sqrt(v[393216:435536], out=scratch_2)
    number_2[...] = float(scale)
    scratch_2 *= number_2
    number_3[...] = float(eps)
    scratch_2 += number_3
    scratch /= scratch_2
    parameters[393216:435536] -= scratch


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(435536, real) if parameters is None else parameters,
            "gradients": np.zeros(435536, real) if gradients is None else gradients,
            "states": np.zeros(871072, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.001, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 2928 * capacity, real)
        self.blocks["masks"] = np.zeros(256 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(131075 + 1568 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_784_256(a.decoder2, a.decoder1, a.decoder2_weight, a.decoder2_bias)  # (7) (8)
        return 0.0

    def loss(self, x):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("loss", batch, x)

    @staticmethod
    def _loss(a, batch, x):
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        # (7) (8) (9)
        linear_sigmoid_784_256_v2(a.decoder2, a.decoder2_t, a.decoder1, a.decoder2_weight, a.decoder2_bias, a.z)
        mse_784(a.loss, x, a.decoder2, a.decoder2_t, a.z, a.scratch, batch)  # (10)
        return float(a.loss)

    def gradients(self, x):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("gradients", batch, x)

    @staticmethod
    def _gradients(a, batch, x):
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_d_z_784_256(a.decoder2, a.decoder2_t, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.z, a.scratch, a.factor)  # (7) (8) (9) (11)
        mse_784(a.loss, x, a.decoder2, a.decoder2_t, a.z, a.scratch, batch)  # (10)
        d_weight_784_256(a.d_decoder2_weight, a.d_decoder2_z, a.decoder1)  # (12)
        d_bias_784(a.d_decoder2_bias, a.d_decoder2_z, a.ones)  # (13)
        d_z_256_784(a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (14)
        d_weight_256_64(a.d_decoder1_weight, a.decoder1, a.code)  # (15)
        d_bias_256(a.d_decoder1_bias, a.decoder1, a.ones)  # (16)
        d_z_64_256(a.code, a.decoder1, a.decoder1_weight, a.mask_2)  # (17)
        d_weight_64_256(a.d_code_weight, a.code, a.encoder1)  # (18)
        d_bias_64(a.d_code_bias, a.code, a.ones)  # (19)
        d_z_256_64(a.encoder1, a.code, a.code_weight, a.mask)  # (20)
        d_weight_256_784(a.d_encoder1_weight, a.encoder1, x)  # (21)
        d_bias_256(a.d_encoder1_bias, a.encoder1, a.ones)  # (22)
        return float(a.loss)

    def input_gradients(self, x):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("input_gradients", batch, x)

    @staticmethod
    def _input_gradients(a, batch, x):
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_d_z_784_256(a.decoder2, a.decoder2_t, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.z, a.scratch, a.factor)  # (7) (8) (9) (11)
        mse_784(a.loss, x, a.decoder2, a.decoder2_t, a.z, a.scratch, batch)  # (10)
        d_weight_784_256(a.d_decoder2_weight, a.d_decoder2_z, a.decoder1)  # (12)
        d_bias_784(a.d_decoder2_bias, a.d_decoder2_z, a.ones)  # (13)
        d_z_256_784(a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (14)
        d_weight_256_64(a.d_decoder1_weight, a.decoder1, a.code)  # (15)
        d_bias_256(a.d_decoder1_bias, a.decoder1, a.ones)  # (16)
        d_z_64_256(a.code, a.decoder1, a.decoder1_weight, a.mask_2)  # (17)
        d_weight_64_256(a.d_code_weight, a.code, a.encoder1)  # (18)
        d_bias_64(a.d_code_bias, a.code, a.ones)  # (19)
        d_z_256_64(a.encoder1, a.code, a.code_weight, a.mask)  # (20)
        d_x_784_256(a.d_x, a.encoder1, a.encoder1_weight, x, a.decoder2, a.z, a.factor)  # (23)
        d_weight_256_784(a.d_encoder1_weight, a.encoder1, x)  # (21)
        d_bias_256(a.d_encoder1_bias, a.encoder1, a.ones)  # (22)
        return float(a.loss)

    def step(self, x):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("step", batch, x)

    @staticmethod
    def _step(a, batch, x):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (24) (25) (26)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_d_z_784_256(a.decoder2, a.decoder2_t, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.z, a.scratch, a.factor)  # (7) (8) (9) (11)
        mse_784(a.loss, x, a.decoder2, a.decoder2_t, a.z, a.scratch, batch)  # (10)
        d_weight_784_256(a.d_decoder2_weight, a.d_decoder2_z, a.decoder1)  # (12)
        d_bias_784(a.d_decoder2_bias, a.d_decoder2_z, a.ones)  # (13)
        d_z_256_784(a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (14)
        d_weight_256_64(a.d_decoder1_weight, a.decoder1, a.code)  # (15)
        d_bias_256(a.d_decoder1_bias, a.decoder1, a.ones)  # (16)
        d_z_64_256(a.code, a.decoder1, a.decoder1_weight, a.mask_2)  # (17)
        d_weight_64_256(a.d_code_weight, a.code, a.encoder1)  # (18)
        d_bias_64(a.d_code_bias, a.code, a.ones)  # (19)
        d_z_256_64(a.encoder1, a.code, a.code_weight, a.mask)  # (20)
        d_weight_256_784(a.d_encoder1_weight, a.encoder1, x)  # (21)
        d_bias_256(a.d_encoder1_bias, a.encoder1, a.ones)  # (22)
        for part in range(6):
            # (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50)
            adam_65536(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate,
                       a.optimizer_scale, a.eps, a.number, a.scratch_2, a.number_2, a.scratch_3, a.number_3,
                       part)
        # (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50)
        adam_42320(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                   a.eps, a.number, a.scratch_4, a.number_4, a.scratch_5, a.number_5)
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
        arrays["factor"] = np.array(np.divide(1.0, 392.0 * batch), real)
        arrays["ones"] = np.ones(batch, real)
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
