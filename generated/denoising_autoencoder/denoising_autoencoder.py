"""The network denoising_autoencoder in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 64] float32
Parameters
    encoder.weight [128, 64]
    encoder.bias [128]
    code.weight [32, 128]
    code.bias [32]
    decoder.weight [128, 32]
    decoder.bias [128]
    clean.weight [64, 128]
    clean.bias [64]
Settings
    seed = 0.0
    lr = 0.002
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from denoising_autoencoder import Network

    net = Network()
    net.parameter_views["encoder.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    cos, exp, greater, log1p, maximum, multiply, negative, reciprocal, sqrt, square, subtract, vdot,
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
    ("encoder.weight", 0, (128, 64), "F"),
    ("encoder.bias", 8192, (128,)),
    ("code.weight", 8320, (32, 128)),
    ("code.bias", 12416, (32,)),
    ("decoder.weight", 12448, (128, 32)),
    ("decoder.bias", 16544, (128,)),
    ("clean.weight", 16672, (64, 128)),
    ("clean.bias", 24864, (64,)),
)
STATES = (
    ("encoder.weight.m", 0, (128, 64), "F"),
    ("encoder.bias.m", 8192, (128,)),
    ("code.weight.m", 8320, (32, 128)),
    ("code.bias.m", 12416, (32,)),
    ("decoder.weight.m", 12448, (128, 32)),
    ("decoder.bias.m", 16544, (128,)),
    ("clean.weight.m", 16672, (64, 128)),
    ("clean.bias.m", 24864, (64,)),
    ("encoder.weight.v", 24928, (128, 64), "F"),
    ("encoder.bias.v", 33120, (128,)),
    ("code.weight.v", 33248, (32, 128)),
    ("code.bias.v", 37344, (32,)),
    ("decoder.weight.v", 37376, (128, 32)),
    ("decoder.bias.v", 41472, (128,)),
    ("clean.weight.v", 41600, (64, 128)),
    ("clean.bias.v", 49792, (64,)),
)
FIXED = (
    ("encoder_weight", "parameters", real, 0, 0, (128, 64), "F"),
    ("encoder_bias", "parameters", real, 0, 8192, (128,)),
    ("code_weight", "parameters", real, 0, 8320, (32, 128)),
    ("code_bias", "parameters", real, 0, 12416, (32,)),
    ("decoder_weight", "parameters", real, 0, 12448, (128, 32)),
    ("decoder_bias", "parameters", real, 0, 16544, (128,)),
    ("clean_weight", "parameters", real, 0, 16672, (64, 128)),
    ("clean_bias", "parameters", real, 0, 24864, (64,)),
    ("encoder_weight_m", "states", real, 0, 0, (128, 64), "F"),
    ("encoder_bias_m", "states", real, 0, 8192, (128,)),
    ("code_weight_m", "states", real, 0, 8320, (32, 128)),
    ("code_bias_m", "states", real, 0, 12416, (32,)),
    ("decoder_weight_m", "states", real, 0, 12448, (128, 32)),
    ("decoder_bias_m", "states", real, 0, 16544, (128,)),
    ("clean_weight_m", "states", real, 0, 16672, (64, 128)),
    ("clean_bias_m", "states", real, 0, 24864, (64,)),
    ("encoder_weight_v", "states", real, 0, 24928, (128, 64), "F"),
    ("encoder_bias_v", "states", real, 0, 33120, (128,)),
    ("code_weight_v", "states", real, 0, 33248, (32, 128)),
    ("code_bias_v", "states", real, 0, 37344, (32,)),
    ("decoder_weight_v", "states", real, 0, 37376, (128, 32)),
    ("decoder_bias_v", "states", real, 0, 41472, (128,)),
    ("clean_weight_v", "states", real, 0, 41600, (64, 128)),
    ("clean_bias_v", "states", real, 0, 49792, (64,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("seed", "settings", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 1, ()),
    ("eps", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("d_encoder_weight", "gradients", real, 0, 0, (128, 64), "F"),
    ("d_encoder_bias", "gradients", real, 0, 8192, (128,)),
    ("d_code_weight", "gradients", real, 0, 8320, (32, 128)),
    ("d_code_bias", "gradients", real, 0, 12416, (32,)),
    ("d_decoder_weight", "gradients", real, 0, 12448, (128, 32)),
    ("d_decoder_bias", "gradients", real, 0, 16544, (128,)),
    ("d_clean_weight", "gradients", real, 0, 16672, (64, 128)),
    ("d_clean_bias", "gradients", real, 0, 24864, (64,)),
    ("gradients", "gradients", real, 0, 0, (24928,)),
    ("m", "states", real, 0, 0, (24928,)),
    ("v", "states", real, 0, 24928, (24928,)),
    ("parameters", "parameters", real, 0, 0, (24928,)),
)
WORKSPACE = {
    "forward": (
        ("noisy", "workspace", real, 1, 128, (B, 64)),
        ("encoder", "workspace", real, 1, 0, (B, 128)),
        ("code", "workspace", real, 1, 128, (B, 32)),
        ("decoder", "workspace", real, 1, 0, (B, 128)),
        ("clean", "workspace", real, 1, 128, (B, 64)),
    ),
    "loss": (
        ("noisy", "workspace", real, 1, 128, (B, 64)),
        ("encoder", "workspace", real, 1, 0, (B, 128)),
        ("code", "workspace", real, 1, 128, (B, 32)),
        ("decoder", "workspace", real, 1, 0, (B, 128)),
        ("clean", "workspace", real, 1, 128, (B, 64)),
        ("clean_t", "workspace", real, 1, 192, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("noisy", "workspace", real, 1, 256, (B, 64)),
        ("encoder", "workspace", real, 1, 0, (B, 128)),
        ("code", "workspace", real, 1, 512, (B, 32)),
        ("decoder", "workspace", real, 1, 128, (B, 128)),
        ("clean", "workspace", real, 1, 384, (B, 64)),
        ("clean_t", "workspace", real, 1, 448, (B, 64)),
        ("d_clean_z", "workspace", real, 1, 320, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("noisy", "workspace", real, 1, 256, (B, 64)),
        ("encoder", "workspace", real, 1, 0, (B, 128)),
        ("code", "workspace", real, 1, 512, (B, 32)),
        ("decoder", "workspace", real, 1, 128, (B, 128)),
        ("clean", "workspace", real, 1, 320, (B, 64)),
        ("clean_t", "workspace", real, 1, 448, (B, 64)),
        ("d_clean_z", "workspace", real, 1, 384, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 128, (B, 64)),
    ),
    "step": (
        ("noisy", "workspace", real, 1, 256, (B, 64)),
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("encoder", "workspace", real, 1, 0, (B, 128)),
        ("code", "workspace", real, 1, 512, (B, 32)),
        ("decoder", "workspace", real, 1, 128, (B, 128)),
        ("clean", "workspace", real, 1, 384, (B, 64)),
        ("clean_t", "workspace", real, 1, 448, (B, 64)),
        ("d_clean_z", "workspace", real, 1, 320, (B, 64)),
        ("loss", "workspace", real, 0, 4, ()),
    ),
}
SCRATCH = (
    ("integer", "integers", np.int32, 1, 0, (B, 64)),
    ("integer_2", "integers", np.int32, 1, 64, (B, 64)),
    ("scratch", "reals", real, 1, 0, (B, 64)),
    ("scratch_2", "reals", real, 1, 64, (B, 64)),
    ("mask", "masks", np.bool_, 1, 0, (B, 128)),
    ("mask_2", "masks", np.bool_, 1, 0, (B, 32)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_3", "reals", real, 0, 1, (24928,)),
    ("number_2", "reals", real, 0, 24929, ()),
    ("scratch_4", "reals", real, 0, 24930, (24928,)),
    ("number_3", "reals", real, 0, 49858, ()),
)
RESULTS = {
    "forward": (
        ("clean", 1, 128, (B, 64)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 128, (B, 64)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 544, 0),
    "integers": (0, 128, 0),
    "masks": (0, 128, 0),
    "reals": (49859, 128, 0),
}


def keep(array, mask):
    """Leave in `array` what the mask chooses, and 0 elsewhere, whatever stands there: infinity times 0 is none."""
    words = array.view(bits_of_real)
    words *= mask


def mix(word):
    """A permutation of the 32-bit words: Chris Wellons' lowbias32, https://github.com/skeeto/hash-prospector."""
    word = (word ^ word >> 16) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ word >> 15) * 0x846CA68B & 0xFFFFFFFF
    return word ^ word >> 16


def mix_words(words, others):
    """The same for every element, in place."""
    np.right_shift(words, 16, out=others)
    words ^= others
    words *= np.uint32(0x7FEB352D)
    np.right_shift(words, 15, out=others)
    words ^= others
    words *= np.uint32(0x846CA68B)
    np.right_shift(words, 16, out=others)
    words ^= others


def random_keys(seed, step, stream):
    """What all random numbers of one step of one stream share."""
    key = mix(int(seed) & 0xFFFFFFFF ^ 0x9E3779B9)
    key = mix(key ^ int(step) & 0xFFFFFFFF)
    key = mix(key ^ int(stream) & 0xFFFFFFFF)
    return key, mix(key + 0x9E3779B9 & 0xFFFFFFFF)


def uniform_number(seed, step, stream, position):
    """The random number at a position, in [0, 1): 24 bits of a hash of the four, so the same in any precision."""
    first, second = random_keys(seed, step, stream)
    return (mix(mix(int(position) ^ first) + second & 0xFFFFFFFF) >> 8) * 2.0**-24


def uniform_numbers(seed, step, stream, positions, out, words, others):
    """The same for an array of positions; words and others are arrays of 32 bits to work in."""
    first, second = random_keys(seed, step, stream)
    words, others = words.view(np.uint32), others.view(np.uint32)
    np.bitwise_xor(positions.view(np.uint32), np.uint32(first), out=words)
    mix_words(words, others)
    words += np.uint32(second)
    mix_words(words, others)
    words >>= 8
    np.copyto(out, words, casting="unsafe")
    out *= 2.0**-24


def equation_64(noisy, seed, t, x, integer, integer_2, scratch, positions):
    """noisy: equation.

    Writes noisy [B, 64]; reads seed, t, x [B, 64].
    """
    # (1) noisy[b, i] = 0.3 * sqrt(2) * sqrt(-log1p(-uniform(seed, t, 3870845827, 64 * b + i))) * cos(2 * pi *
    #     uniform(seed, t, 2142321209, 64 * b + i)) + x[b, i]
    uniform_numbers(float(seed), float(t), 3870845827.0, positions, out=noisy, words=integer, others=integer_2)
    negative(noisy, out=noisy)
    log1p(noisy, out=noisy)
    negative(noisy, out=noisy)
    sqrt(noisy, out=noisy)
    noisy *= 0.4242640687119285
    uniform_numbers(float(seed), float(t), 2142321209.0, positions, out=scratch, words=integer,
                    others=integer_2)
    scratch *= 6.283185307179586
    cos(scratch, out=scratch)
    noisy *= scratch
    noisy += x


def linear_relu_128_64(encoder, noisy, weight, bias):
    """encoder: linear, relu.

    Writes encoder [B, 128]; reads noisy [B, 64], weight [128, 64], bias [128].
    """
    # (2) encoder.z[b, o] = sum[i](noisy[b, i] * encoder.weight[o, i]) + encoder.bias[o]
    # (3) encoder[b, o] = max(0, encoder.z[b, o])
    noisy.dot(weight.T, out=encoder)
    encoder += bias
    maximum(encoder, ZERO, out=encoder)


def linear_relu_32_128(code, encoder, weight, bias):
    """code: linear, relu.

    Writes code [B, 32]; reads encoder [B, 128], weight [32, 128], bias [32].
    """
    # (4) code.z[b, o] = sum[i](encoder[b, i] * code.weight[o, i]) + code.bias[o]
    # (5) code[b, o] = max(0, code.z[b, o])
    encoder.dot(weight.T, out=code)
    code += bias
    maximum(code, ZERO, out=code)


def linear_relu_128_32(decoder, code, weight, bias):
    """decoder: linear, relu.

    Writes decoder [B, 128]; reads code [B, 32], weight [128, 32], bias [128].
    """
    # (6) decoder.z[b, o] = sum[i](code[b, i] * decoder.weight[o, i]) + decoder.bias[o]
    # (7) decoder[b, o] = max(0, decoder.z[b, o])
    code.dot(weight.T, out=decoder)
    decoder += bias
    maximum(decoder, ZERO, out=decoder)


def linear_sigmoid_64_128(clean, decoder, weight, bias):
    """clean: linear, sigmoid.

    Writes clean [B, 64]; reads decoder [B, 128], weight [64, 128], bias [64].
    """
    # (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
    # (9) clean[b, o] = sigmoid(clean.z[b, o])
    decoder.dot(weight.T, out=clean)
    clean += bias
    negative(clean, out=clean)
    exp(clean, out=clean)
    clean += ONE
    reciprocal(clean, out=clean)


def linear_sigmoid_64_128_v2(clean, t, decoder, weight, bias, z):
    """clean: linear, sigmoid.

    Writes clean [B, 64], t [B, 64]; reads decoder [B, 128], weight [64, 128], bias [64].
    """
    # (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
    decoder.dot(weight.T, out=z)
    z += bias
    # (9) clean[b, o] = sigmoid(clean.z[b, o])
    negative(z, out=clean)
    exp(clean, out=clean)
    clean += ONE
    reciprocal(clean, out=clean)
    # (10) clean.t[b, o] = sigmoid(-clean.z[b, o])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)


def mse_64(loss, x, clean, t, scratch, scratch_2, batch):
    """loss: mse.

    Writes loss; reads x [B, 64], clean [B, 64], t [B, 64].
    """
    # (11) loss = sum[b, i]((clean[b, i] * (1 - x[b, i]) - clean.t[b, i] * x[b, i])**2) / (64 * B)
    subtract(ONE, x, out=scratch)
    scratch *= clean
    multiply(t, x, out=scratch_2)
    scratch -= scratch_2
    loss[...] = vdot(scratch, scratch) / (64.0 * batch)


def linear_sigmoid_d_z_64_128(clean, t, d_z, decoder, weight, bias, x, z, scratch, factor):
    """clean: linear, sigmoid, gradient of linear.

    Writes clean [B, 64], t [B, 64], d_z [B, 64]; reads decoder [B, 128], weight [64, 128], bias [64], x [B,
    64].
    """
    # (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
    decoder.dot(weight.T, out=z)
    z += bias
    # (9) clean[b, o] = sigmoid(clean.z[b, o])
    negative(z, out=clean)
    exp(clean, out=clean)
    clean += ONE
    reciprocal(clean, out=clean)
    # (10) clean.t[b, o] = sigmoid(-clean.z[b, o])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)
    # (12) d.clean.z[b, o] = clean[b, o] * clean.t[b, o] * (clean[b, o] * (1 - x[b, o]) - clean.t[b, o] * x[b,
    #     o]) / (32 * B)
    subtract(ONE, x, out=d_z)
    d_z *= clean
    multiply(t, x, out=scratch)
    d_z -= scratch
    d_z *= factor
    d_z *= clean
    d_z *= t


def d_weight_64_128(d_weight, d_z, decoder):
    """clean: gradient of linear.

    Writes d_weight [64, 128]; reads d_z [B, 64], decoder [B, 128].
    """
    # (13) d.clean.weight[o, i] = sum[b](d.clean.z[b, o] * decoder[b, i])
    d_z.T.dot(decoder, out=d_weight)


def d_bias_64(d_bias, d_z, ones):
    """clean: gradient of linear.

    Writes d_bias [64]; reads d_z [B, 64].
    """
    # (14) d.clean.bias[o] = sum[b](d.clean.z[b, o])
    ones.dot(d_z, out=d_bias)


def d_z_128_64(decoder, d_z, weight, mask):
    """decoder: gradient of linear.

    Writes decoder [B, 128]; reads d_z [B, 64], weight [64, 128].
    """
    # (15) d.decoder.z[b, o] = sum[i](d.clean.z[b, i] * clean.weight[i, o]) * (decoder[b, o] > 0)
    greater(decoder, ZERO, out=mask)
    d_z.dot(weight, out=decoder)
    keep(decoder, mask)


def d_weight_128_32(d_weight, decoder, code):
    """decoder: gradient of linear.

    Writes d_weight [128, 32]; reads decoder [B, 128], code [B, 32].
    """
    # (16) d.decoder.weight[o, i] = sum[b](code[b, i] * d.decoder.z[b, o])
    decoder.T.dot(code, out=d_weight)


def d_bias_128(d_bias, decoder, ones):
    """decoder: gradient of linear.

    Writes d_bias [128]; reads decoder [B, 128].
    For (23) too.
    """
    # (17) d.decoder.bias[o] = sum[b](d.decoder.z[b, o])
    ones.dot(decoder, out=d_bias)


def d_z_32_128(code, decoder, weight, mask):
    """code: gradient of linear.

    Writes code [B, 32]; reads decoder [B, 128], weight [128, 32].
    """
    # (18) d.code.z[b, o] = sum[i](d.decoder.z[b, i] * decoder.weight[i, o]) * (code[b, o] > 0)
    greater(code, ZERO, out=mask)
    decoder.dot(weight, out=code)
    keep(code, mask)


def d_weight_32_128(d_weight, code, encoder):
    """code: gradient of linear.

    Writes d_weight [32, 128]; reads code [B, 32], encoder [B, 128].
    """
    # (19) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder[b, i])
    code.T.dot(encoder, out=d_weight)


def d_bias_32(d_bias, code, ones):
    """code: gradient of linear.

    Writes d_bias [32]; reads code [B, 32].
    """
    # (20) d.code.bias[o] = sum[b](d.code.z[b, o])
    ones.dot(code, out=d_bias)


def d_z_128_32(encoder, code, weight, mask):
    """encoder: gradient of linear.

    Writes encoder [B, 128]; reads code [B, 32], weight [32, 128].
    """
    # (21) d.encoder.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder[b, o] > 0)
    greater(encoder, ZERO, out=mask)
    code.dot(weight, out=encoder)
    keep(encoder, mask)


def d_weight_128_64(d_weight, encoder, noisy):
    """encoder: gradient of linear.

    Writes d_weight [128, 64]; reads encoder [B, 128], noisy [B, 64].
    """
    # (22) d.encoder.weight[o, i] = sum[b](d.encoder.z[b, o] * noisy[b, i])
    noisy.T.dot(encoder, out=d_weight.T)


def d_x_64_128(d_x, encoder, weight, x, clean, scratch, factor):
    """noisy: gradient of equation.

    Writes d_x [B, 64]; reads encoder [B, 128], weight [128, 64], x [B, 64], clean [B, 64].
    """
    # (24) d.x[b, i] = sum[j](d.encoder.z[b, j] * encoder.weight[j, i]) + (x[b, i] - clean[b, i]) / (32 * B)
    encoder.dot(weight, out=d_x)
    subtract(x, clean, out=scratch)
    scratch *= factor
    d_x += scratch


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (25) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (26) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (27) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_24928(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2,
               scratch_2, number_3):
    """encoder.weight to clean.bias: adam.

    Writes m [24928], v [24928], parameters [24928]; reads beta1, beta2, rate, scale, eps; uses up gradients
    [24928].
    For (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48)
    (49) (50) (51) too.
    """
    # (28) encoder.weight.m.next[o, i] = (1 - beta1) * d.encoder.weight[o, i] + beta1 * encoder.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (29) encoder.weight.v.next[o, i] = (1 - beta2) * d.encoder.weight[o, i]**2 + beta2 * encoder.weight.v[o,
    #     i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (30) encoder.weight.next[o, i] = encoder.weight[o, i] - optimizer.rate * encoder.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(encoder.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(24928, real) if parameters is None else parameters,
            "gradients": np.zeros(24928, real) if gradients is None else gradients,
            "states": np.zeros(49856, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.0, 0.002, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 544 * capacity, real)
        self.blocks["integers"] = np.zeros(128 * capacity, np.int32)
        self.blocks["masks"] = np.zeros(128 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(49859 + 128 * capacity, real)
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
        equation_64(a.noisy, a.seed, a.t, x, a.integer, a.integer_2, a.scratch, a.positions)  # (1)
        linear_relu_128_64(a.encoder, a.noisy, a.encoder_weight, a.encoder_bias)  # (2) (3)
        linear_relu_32_128(a.code, a.encoder, a.code_weight, a.code_bias)  # (4) (5)
        linear_relu_128_32(a.decoder, a.code, a.decoder_weight, a.decoder_bias)  # (6) (7)
        linear_sigmoid_64_128(a.clean, a.decoder, a.clean_weight, a.clean_bias)  # (8) (9)
        return 0.0

    def loss(self, x):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        return self._run("loss", batch, x)

    @staticmethod
    def _loss(a, batch, x):
        equation_64(a.noisy, a.seed, a.t, x, a.integer, a.integer_2, a.scratch, a.positions)  # (1)
        linear_relu_128_64(a.encoder, a.noisy, a.encoder_weight, a.encoder_bias)  # (2) (3)
        linear_relu_32_128(a.code, a.encoder, a.code_weight, a.code_bias)  # (4) (5)
        linear_relu_128_32(a.decoder, a.code, a.decoder_weight, a.decoder_bias)  # (6) (7)
        # (8) (9) (10)
        linear_sigmoid_64_128_v2(a.clean, a.clean_t, a.decoder, a.clean_weight, a.clean_bias, a.scratch)
        mse_64(a.loss, x, a.clean, a.clean_t, a.scratch, a.scratch_2, batch)  # (11)
        return float(a.loss)

    def gradients(self, x):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        return self._run("gradients", batch, x)

    @staticmethod
    def _gradients(a, batch, x):
        equation_64(a.noisy, a.seed, a.t, x, a.integer, a.integer_2, a.scratch, a.positions)  # (1)
        linear_relu_128_64(a.encoder, a.noisy, a.encoder_weight, a.encoder_bias)  # (2) (3)
        linear_relu_32_128(a.code, a.encoder, a.code_weight, a.code_bias)  # (4) (5)
        linear_relu_128_32(a.decoder, a.code, a.decoder_weight, a.decoder_bias)  # (6) (7)
        linear_sigmoid_d_z_64_128(a.clean, a.clean_t, a.d_clean_z, a.decoder, a.clean_weight, a.clean_bias, x,
                                  a.scratch, a.scratch_2, a.factor)  # (8) (9) (10) (12)
        mse_64(a.loss, x, a.clean, a.clean_t, a.scratch, a.scratch_2, batch)  # (11)
        d_weight_64_128(a.d_clean_weight, a.d_clean_z, a.decoder)  # (13)
        d_bias_64(a.d_clean_bias, a.d_clean_z, a.ones)  # (14)
        d_z_128_64(a.decoder, a.d_clean_z, a.clean_weight, a.mask)  # (15)
        d_weight_128_32(a.d_decoder_weight, a.decoder, a.code)  # (16)
        d_bias_128(a.d_decoder_bias, a.decoder, a.ones)  # (17)
        d_z_32_128(a.code, a.decoder, a.decoder_weight, a.mask_2)  # (18)
        d_weight_32_128(a.d_code_weight, a.code, a.encoder)  # (19)
        d_bias_32(a.d_code_bias, a.code, a.ones)  # (20)
        d_z_128_32(a.encoder, a.code, a.code_weight, a.mask)  # (21)
        d_weight_128_64(a.d_encoder_weight, a.encoder, a.noisy)  # (22)
        d_bias_128(a.d_encoder_bias, a.encoder, a.ones)  # (23)
        return float(a.loss)

    def input_gradients(self, x):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        return self._run("input_gradients", batch, x)

    @staticmethod
    def _input_gradients(a, batch, x):
        equation_64(a.noisy, a.seed, a.t, x, a.integer, a.integer_2, a.scratch, a.positions)  # (1)
        linear_relu_128_64(a.encoder, a.noisy, a.encoder_weight, a.encoder_bias)  # (2) (3)
        linear_relu_32_128(a.code, a.encoder, a.code_weight, a.code_bias)  # (4) (5)
        linear_relu_128_32(a.decoder, a.code, a.decoder_weight, a.decoder_bias)  # (6) (7)
        linear_sigmoid_d_z_64_128(a.clean, a.clean_t, a.d_clean_z, a.decoder, a.clean_weight, a.clean_bias, x,
                                  a.scratch, a.scratch_2, a.factor)  # (8) (9) (10) (12)
        mse_64(a.loss, x, a.clean, a.clean_t, a.scratch, a.scratch_2, batch)  # (11)
        d_weight_64_128(a.d_clean_weight, a.d_clean_z, a.decoder)  # (13)
        d_bias_64(a.d_clean_bias, a.d_clean_z, a.ones)  # (14)
        d_z_128_64(a.decoder, a.d_clean_z, a.clean_weight, a.mask)  # (15)
        d_weight_128_32(a.d_decoder_weight, a.decoder, a.code)  # (16)
        d_bias_128(a.d_decoder_bias, a.decoder, a.ones)  # (17)
        d_z_32_128(a.code, a.decoder, a.decoder_weight, a.mask_2)  # (18)
        d_weight_32_128(a.d_code_weight, a.code, a.encoder)  # (19)
        d_bias_32(a.d_code_bias, a.code, a.ones)  # (20)
        d_z_128_32(a.encoder, a.code, a.code_weight, a.mask)  # (21)
        d_weight_128_64(a.d_encoder_weight, a.encoder, a.noisy)  # (22)
        d_x_64_128(a.d_x, a.encoder, a.encoder_weight, x, a.clean, a.scratch, a.factor)  # (24)
        d_bias_128(a.d_encoder_bias, a.encoder, a.ones)  # (23)
        return float(a.loss)

    def step(self, x):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 64))
        return self._run("step", batch, x)

    @staticmethod
    def _step(a, batch, x):
        equation_64(a.noisy, a.seed, a.t, x, a.integer, a.integer_2, a.scratch, a.positions)  # (1)
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (25) (26) (27)
        linear_relu_128_64(a.encoder, a.noisy, a.encoder_weight, a.encoder_bias)  # (2) (3)
        linear_relu_32_128(a.code, a.encoder, a.code_weight, a.code_bias)  # (4) (5)
        linear_relu_128_32(a.decoder, a.code, a.decoder_weight, a.decoder_bias)  # (6) (7)
        linear_sigmoid_d_z_64_128(a.clean, a.clean_t, a.d_clean_z, a.decoder, a.clean_weight, a.clean_bias, x,
                                  a.scratch, a.scratch_2, a.factor)  # (8) (9) (10) (12)
        mse_64(a.loss, x, a.clean, a.clean_t, a.scratch, a.scratch_2, batch)  # (11)
        d_weight_64_128(a.d_clean_weight, a.d_clean_z, a.decoder)  # (13)
        d_bias_64(a.d_clean_bias, a.d_clean_z, a.ones)  # (14)
        d_z_128_64(a.decoder, a.d_clean_z, a.clean_weight, a.mask)  # (15)
        d_weight_128_32(a.d_decoder_weight, a.decoder, a.code)  # (16)
        d_bias_128(a.d_decoder_bias, a.decoder, a.ones)  # (17)
        d_z_32_128(a.code, a.decoder, a.decoder_weight, a.mask_2)  # (18)
        d_weight_32_128(a.d_code_weight, a.code, a.encoder)  # (19)
        d_bias_32(a.d_code_bias, a.code, a.ones)  # (20)
        d_z_128_32(a.encoder, a.code, a.code_weight, a.mask)  # (21)
        d_weight_128_64(a.d_encoder_weight, a.encoder, a.noisy)  # (22)
        d_bias_128(a.d_encoder_bias, a.encoder, a.ones)  # (23)
        # (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) (39) (40) (41) (42) (43) (44) (45) (46) (47) (48) (49) (50) (51)
        adam_24928(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                   a.eps, a.number, a.scratch_3, a.number_2, a.scratch_4, a.number_3)
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
        arrays["positions"] = 64 * np.arange(batch, dtype=np.int32)[:, None] + np.arange(64, dtype=np.int32)
        arrays["factor"] = np.array(np.divide(1.0, 32.0 * batch), real)
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
