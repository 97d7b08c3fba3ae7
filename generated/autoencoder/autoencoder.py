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

from types import SimpleNamespace

import numpy as np

real = np.float32
B = "B"  # in a shape: the batch size

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("encoder1.weight", 0, (256, 784)),
    ("encoder1.bias", 200704, (256,)),
    ("code.weight", 200960, (64, 256)),
    ("code.bias", 217344, (64,)),
    ("decoder1.weight", 217408, (256, 64)),
    ("decoder1.bias", 233792, (256,)),
    ("decoder2.weight", 234048, (784, 256)),
    ("decoder2.bias", 434752, (784,)),
)
STATES = (
    ("encoder1.weight.m", 0, (256, 784)),
    ("encoder1.weight.v", 200704, (256, 784)),
    ("encoder1.bias.m", 401408, (256,)),
    ("encoder1.bias.v", 401664, (256,)),
    ("code.weight.m", 401920, (64, 256)),
    ("code.weight.v", 418304, (64, 256)),
    ("code.bias.m", 434688, (64,)),
    ("code.bias.v", 434752, (64,)),
    ("decoder1.weight.m", 434816, (256, 64)),
    ("decoder1.weight.v", 451200, (256, 64)),
    ("decoder1.bias.m", 467584, (256,)),
    ("decoder1.bias.v", 467840, (256,)),
    ("decoder2.weight.m", 468096, (784, 256)),
    ("decoder2.weight.v", 668800, (784, 256)),
    ("decoder2.bias.m", 869504, (784,)),
    ("decoder2.bias.v", 870288, (784,)),
)
FIXED = (
    ("encoder1_weight", "parameters", real, 0, 0, (256, 784)),
    ("encoder1_bias", "parameters", real, 0, 200704, (256,)),
    ("code_weight", "parameters", real, 0, 200960, (64, 256)),
    ("code_bias", "parameters", real, 0, 217344, (64,)),
    ("decoder1_weight", "parameters", real, 0, 217408, (256, 64)),
    ("decoder1_bias", "parameters", real, 0, 233792, (256,)),
    ("decoder2_weight", "parameters", real, 0, 234048, (784, 256)),
    ("decoder2_bias", "parameters", real, 0, 434752, (784,)),
    ("encoder1_weight_m", "states", real, 0, 0, (256, 784)),
    ("encoder1_weight_v", "states", real, 0, 200704, (256, 784)),
    ("encoder1_bias_m", "states", real, 0, 401408, (256,)),
    ("encoder1_bias_v", "states", real, 0, 401664, (256,)),
    ("code_weight_m", "states", real, 0, 401920, (64, 256)),
    ("code_weight_v", "states", real, 0, 418304, (64, 256)),
    ("code_bias_m", "states", real, 0, 434688, (64,)),
    ("code_bias_v", "states", real, 0, 434752, (64,)),
    ("decoder1_weight_m", "states", real, 0, 434816, (256, 64)),
    ("decoder1_weight_v", "states", real, 0, 451200, (256, 64)),
    ("decoder1_bias_m", "states", real, 0, 467584, (256,)),
    ("decoder1_bias_v", "states", real, 0, 467840, (256,)),
    ("decoder2_weight_m", "states", real, 0, 468096, (784, 256)),
    ("decoder2_weight_v", "states", real, 0, 668800, (784, 256)),
    ("decoder2_bias_m", "states", real, 0, 869504, (784,)),
    ("decoder2_bias_v", "states", real, 0, 870288, (784,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_encoder1_weight", "gradients", real, 0, 0, (256, 784)),
    ("d_encoder1_bias", "gradients", real, 0, 200704, (256,)),
    ("d_code_weight", "gradients", real, 0, 200960, (64, 256)),
    ("d_code_bias", "gradients", real, 0, 217344, (64,)),
    ("d_decoder1_weight", "gradients", real, 0, 217408, (256, 64)),
    ("d_decoder1_bias", "gradients", real, 0, 233792, (256,)),
    ("d_decoder2_weight", "gradients", real, 0, 234048, (784, 256)),
    ("d_decoder2_bias", "gradients", real, 0, 434752, (784,)),
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
        ("decoder2_z", "workspace", real, 1, 784, (B, 784)),
        ("decoder2", "workspace", real, 1, 0, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("decoder2_z", "workspace", real, 1, 1568, (B, 784)),
        ("decoder2", "workspace", real, 1, 784, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 0, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("decoder2_z", "workspace", real, 1, 1568, (B, 784)),
        ("decoder2", "workspace", real, 1, 0, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 784, (B, 784)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 784, (B, 784)),
    ),
    "step": (
        ("encoder1", "workspace", real, 1, 2352, (B, 256)),
        ("code", "workspace", real, 1, 2864, (B, 64)),
        ("decoder1", "workspace", real, 1, 2608, (B, 256)),
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("decoder2_z", "workspace", real, 1, 1568, (B, 784)),
        ("decoder2", "workspace", real, 1, 784, (B, 784)),
        ("d_decoder2_z", "workspace", real, 1, 0, (B, 784)),
        ("loss", "workspace", real, 0, 4, ()),
        ("d_decoder1_z", "workspace", real, 1, 784, (B, 256)),
        ("d_code_z", "workspace", real, 1, 2608, (B, 64)),
        ("d_encoder1_z", "workspace", real, 1, 0, (B, 256)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 784)),
    ("scratch_2", "reals", real, 1, 784, (B, 784)),
    ("mask", "masks", np.bool_, 1, 0, (B, 256)),
    ("mask_2", "masks", np.bool_, 1, 0, (B, 64)),
    ("d_bias", "reals", real, 0, 0, (784,)),
    ("scratch_3", "reals", real, 0, 784, (784,)),
    ("scratch_4", "reals", real, 0, 1568, (784,)),
    ("d_weight", "reals", real, 0, 0, (784, 256)),
    ("scratch_5", "reals", real, 0, 200704, (784, 256)),
    ("scratch_6", "reals", real, 0, 401408, (784, 256)),
    ("d_bias_2", "reals", real, 0, 0, (256,)),
    ("scratch_7", "reals", real, 0, 256, (256,)),
    ("scratch_8", "reals", real, 0, 512, (256,)),
    ("d_weight_2", "reals", real, 0, 0, (256, 64)),
    ("scratch_9", "reals", real, 0, 16384, (256, 64)),
    ("scratch_10", "reals", real, 0, 32768, (256, 64)),
    ("d_bias_3", "reals", real, 0, 0, (64,)),
    ("scratch_11", "reals", real, 0, 64, (64,)),
    ("scratch_12", "reals", real, 0, 128, (64,)),
    ("d_weight_3", "reals", real, 0, 0, (256, 784)),
    ("scratch_13", "reals", real, 0, 200704, (256, 784)),
    ("scratch_14", "reals", real, 0, 401408, (256, 784)),
    ("d_weight_4", "reals", real, 0, 0, (64, 256)),
    ("scratch_15", "reals", real, 0, 16384, (64, 256)),
    ("scratch_16", "reals", real, 0, 32768, (64, 256)),
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
    "reals": (602112, 1568, 0),
}


def linear_relu_256_784(encoder1, x, weight, bias):
    """encoder1: linear, relu.

    Writes encoder1 [B, 256]; reads x [B, 784], weight [256, 784], bias [256].
    """
    # (1) encoder1.z[b, o] = sum[i](x[b, i] * encoder1.weight[o, i]) + encoder1.bias[o]
    # (2) encoder1[b, o] = max(0, encoder1.z[b, o])
    np.matmul(x, weight.T, out=encoder1)
    encoder1 += bias
    np.maximum(encoder1, 0.0, out=encoder1)


def linear_relu_64_256(code, encoder1, weight, bias):
    """code: linear, relu.

    Writes code [B, 64]; reads encoder1 [B, 256], weight [64, 256], bias [64].
    """
    # (3) code.z[b, o] = sum[i](encoder1[b, i] * code.weight[o, i]) + code.bias[o]
    # (4) code[b, o] = max(0, code.z[b, o])
    np.matmul(encoder1, weight.T, out=code)
    code += bias
    np.maximum(code, 0.0, out=code)


def linear_relu_256_64(decoder1, code, weight, bias):
    """decoder1: linear, relu.

    Writes decoder1 [B, 256]; reads code [B, 64], weight [256, 64], bias [256].
    """
    # (5) decoder1.z[b, o] = sum[i](code[b, i] * decoder1.weight[o, i]) + decoder1.bias[o]
    # (6) decoder1[b, o] = max(0, decoder1.z[b, o])
    np.matmul(code, weight.T, out=decoder1)
    decoder1 += bias
    np.maximum(decoder1, 0.0, out=decoder1)


def linear_sigmoid_784_256(decoder2, decoder1, weight, bias):
    """decoder2: linear, sigmoid.

    Writes decoder2 [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    np.matmul(decoder1, weight.T, out=decoder2)
    decoder2 += bias
    np.negative(decoder2, out=decoder2)
    np.exp(decoder2, out=decoder2)
    decoder2 += 1.0
    np.reciprocal(decoder2, out=decoder2)


def linear_sigmoid_784_256_v2(z, decoder2, decoder1, weight, bias):
    """decoder2: linear, sigmoid.

    Writes z [B, 784], decoder2 [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    np.matmul(decoder1, weight.T, out=z)
    z += bias
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    np.negative(z, out=decoder2)
    np.exp(decoder2, out=decoder2)
    decoder2 += 1.0
    np.reciprocal(decoder2, out=decoder2)


def mse_784(loss, x, decoder2, z, scratch, scratch_2, batch):
    """loss: mse.

    Writes loss; reads x [B, 784], decoder2 [B, 784], z [B, 784].
    """
    # (9) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - x[b, i] * sigmoid(-decoder2.z[b, i]))**2) / (784 *
    #     B)
    np.subtract(1.0, x, out=scratch)
    scratch *= decoder2
    np.exp(z, out=scratch_2)
    scratch_2 += 1.0
    np.reciprocal(scratch_2, out=scratch_2)
    scratch_2 *= x
    scratch -= scratch_2
    np.square(scratch, out=scratch)
    loss[...] = np.sum(scratch) / (784.0 * batch)


def linear_sigmoid_d_z_784_256(z, decoder2, d_z, decoder1, weight, bias, x, shared, scratch, batch):
    """decoder2: linear, sigmoid, gradient of linear.

    Writes z [B, 784], decoder2 [B, 784], d_z [B, 784]; reads decoder1 [B, 256], weight [784, 256], bias [784],
    x [B, 784].
    """
    # (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
    np.matmul(decoder1, weight.T, out=z)
    z += bias
    # (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
    np.negative(z, out=decoder2)
    np.exp(decoder2, out=decoder2)
    decoder2 += 1.0
    np.reciprocal(decoder2, out=decoder2)
    # (10) d.decoder2.z[b, o] = decoder2[b, o] * sigmoid(-decoder2.z[b, o]) * (decoder2[b, o] * (1 - x[b, o]) -
    #     x[b, o] * sigmoid(-decoder2.z[b, o])) / (392 * B)
    np.exp(z, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.subtract(1.0, x, out=d_z)
    d_z *= decoder2
    np.multiply(shared, x, out=scratch)
    d_z -= scratch
    d_z *= float(np.divide(1.0, 392.0 * batch))
    d_z *= shared
    d_z *= decoder2


def d_weight_784_256(d_weight, d_z, decoder1):
    """decoder2: gradient of linear.

    Writes d_weight [784, 256]; reads d_z [B, 784], decoder1 [B, 256].
    """
    # (11) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
    np.matmul(d_z.T, decoder1, out=d_weight)


def d_bias_784(d_bias, d_z):
    """decoder2: gradient of linear.

    Writes d_bias [784]; reads d_z [B, 784].
    """
    # (12) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
    np.sum(d_z, axis=0, out=d_bias)


def d_z_256_784(decoder1, d_z, weight, mask):
    """decoder1: gradient of linear.

    Writes decoder1 [B, 256]; reads d_z [B, 784], weight [784, 256].
    """
    # (13) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
    np.greater(decoder1, 0.0, out=mask)
    np.matmul(d_z, weight, out=decoder1)
    np.logical_not(mask, out=mask)
    np.copyto(decoder1, 0.0, where=mask)


def d_weight_256_64(d_weight, decoder1, code):
    """decoder1: gradient of linear.

    Writes d_weight [256, 64]; reads decoder1 [B, 256], code [B, 64].
    """
    # (14) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
    np.matmul(decoder1.T, code, out=d_weight)


def d_bias_256(d_bias, decoder1):
    """decoder1: gradient of linear.

    Writes d_bias [256]; reads decoder1 [B, 256].
    For (21) too.
    """
    # (15) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
    np.sum(decoder1, axis=0, out=d_bias)


def d_z_64_256(code, decoder1, weight, mask):
    """code: gradient of linear.

    Writes code [B, 64]; reads decoder1 [B, 256], weight [256, 64].
    """
    # (16) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
    np.greater(code, 0.0, out=mask)
    np.matmul(decoder1, weight, out=code)
    np.logical_not(mask, out=mask)
    np.copyto(code, 0.0, where=mask)


def d_weight_64_256(d_weight, code, encoder1):
    """code: gradient of linear.

    Writes d_weight [64, 256]; reads code [B, 64], encoder1 [B, 256].
    """
    # (17) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
    np.matmul(code.T, encoder1, out=d_weight)


def d_bias_64(d_bias, code):
    """code: gradient of linear.

    Writes d_bias [64]; reads code [B, 64].
    """
    # (18) d.code.bias[o] = sum[b](d.code.z[b, o])
    np.sum(code, axis=0, out=d_bias)


def d_z_256_64(encoder1, code, weight, mask):
    """encoder1: gradient of linear.

    Writes encoder1 [B, 256]; reads code [B, 64], weight [64, 256].
    """
    # (19) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
    np.greater(encoder1, 0.0, out=mask)
    np.matmul(code, weight, out=encoder1)
    np.logical_not(mask, out=mask)
    np.copyto(encoder1, 0.0, where=mask)


def d_weight_256_784(d_weight, encoder1, x):
    """encoder1: gradient of linear.

    Writes d_weight [256, 784]; reads encoder1 [B, 256], x [B, 784].
    """
    # (20) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
    np.matmul(encoder1.T, x, out=d_weight)


def d_x_784_256(d_x, encoder1, weight, x, decoder2, scratch, batch):
    """encoder1: gradient of linear.

    Writes d_x [B, 784]; reads encoder1 [B, 256], weight [256, 784], x [B, 784], decoder2 [B, 784].
    """
    # (22) d.x[b, i] = sum[j](d.encoder1.z[b, j] * encoder1.weight[j, i]) + (x[b, i] - decoder2[b, i]) / (392 *
    #     B)
    np.matmul(encoder1, weight, out=d_x)
    np.subtract(x, decoder2, out=scratch)
    scratch *= float(np.divide(1.0, 392.0 * batch))
    d_x += scratch


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (23) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = lr / (1.0 - beta1 ** (t + 1.0))
    # (24) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / np.sqrt(1.0 - beta2 ** (t + 1.0))
    # (25) t.next = 1 + t
    t[...] = t + 1.0


def d_bias_adam_784(m, v, bias, d_z, beta1, beta2, rate, scale, eps, d_bias, scratch, scratch_2):
    """decoder2: gradient of linear, adam.

    Writes m [784], v [784], bias [784]; reads d_z [B, 784], beta1, beta2, rate, scale, eps.
    """
    # (12) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
    np.sum(d_z, axis=0, out=d_bias)
    # (47) decoder2.bias.m.next[o] = (1 - beta1) * d.decoder2.bias[o] + beta1 * decoder2.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_bias, out=scratch)
    m += scratch
    # (48) decoder2.bias.v.next[o] = (1 - beta2) * d.decoder2.bias[o]**2 + beta2 * decoder2.bias.v[o]
    v *= float(beta2)
    np.square(d_bias, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (49) decoder2.bias.next[o] = decoder2.bias[o] - optimizer.rate * decoder2.bias.m.next[o] /
    #     (optimizer.scale * sqrt(decoder2.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def d_z_256_784_v2(d_z, decoder1, d_decoder2_z, weight, mask):
    """decoder1: gradient of linear.

    Writes d_z [B, 256]; reads decoder1 [B, 256], d_decoder2_z [B, 784], weight [784, 256].
    """
    # (13) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
    np.matmul(d_decoder2_z, weight, out=d_z)
    np.greater(decoder1, 0.0, out=mask)
    np.logical_not(mask, out=mask)
    np.copyto(d_z, 0.0, where=mask)


def d_weight_adam_784_256(m, v, weight, d_z, decoder1, beta1, beta2, rate, scale, eps, d_weight, scratch,
                          scratch_2):
    """decoder2: gradient of linear, adam.

    Writes m [784, 256], v [784, 256], weight [784, 256]; reads d_z [B, 784], decoder1 [B, 256], beta1, beta2,
    rate, scale, eps.
    """
    # (11) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
    np.matmul(d_z.T, decoder1, out=d_weight)
    # (44) decoder2.weight.m.next[o, i] = (1 - beta1) * d.decoder2.weight[o, i] + beta1 * decoder2.weight.m[o,
    #     i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch)
    m += scratch
    # (45) decoder2.weight.v.next[o, i] = (1 - beta2) * d.decoder2.weight[o, i]**2 + beta2 *
    #     decoder2.weight.v[o, i]
    v *= float(beta2)
    np.square(d_weight, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (46) decoder2.weight.next[o, i] = decoder2.weight[o, i] - optimizer.rate * decoder2.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(decoder2.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def d_bias_adam_256(m, v, bias, d_z, beta1, beta2, rate, scale, eps, d_bias, scratch, scratch_2):
    """decoder1: gradient of linear, adam.

    Writes m [256], v [256], bias [256]; reads d_z [B, 256], beta1, beta2, rate, scale, eps.
    For (21) (29) (30) (31) too.
    """
    # (15) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
    np.sum(d_z, axis=0, out=d_bias)
    # (41) decoder1.bias.m.next[o] = (1 - beta1) * d.decoder1.bias[o] + beta1 * decoder1.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_bias, out=scratch)
    m += scratch
    # (42) decoder1.bias.v.next[o] = (1 - beta2) * d.decoder1.bias[o]**2 + beta2 * decoder1.bias.v[o]
    v *= float(beta2)
    np.square(d_bias, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (43) decoder1.bias.next[o] = decoder1.bias[o] - optimizer.rate * decoder1.bias.m.next[o] /
    #     (optimizer.scale * sqrt(decoder1.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def d_z_64_256_v2(d_z, code, d_decoder1_z, weight, mask):
    """code: gradient of linear.

    Writes d_z [B, 64]; reads code [B, 64], d_decoder1_z [B, 256], weight [256, 64].
    """
    # (16) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
    np.matmul(d_decoder1_z, weight, out=d_z)
    np.greater(code, 0.0, out=mask)
    np.logical_not(mask, out=mask)
    np.copyto(d_z, 0.0, where=mask)


def d_weight_adam_256_64(m, v, weight, d_z, code, beta1, beta2, rate, scale, eps, d_weight, scratch, scratch_2):
    """decoder1: gradient of linear, adam.

    Writes m [256, 64], v [256, 64], weight [256, 64]; reads d_z [B, 256], code [B, 64], beta1, beta2, rate,
    scale, eps.
    """
    # (14) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
    np.matmul(d_z.T, code, out=d_weight)
    # (38) decoder1.weight.m.next[o, i] = (1 - beta1) * d.decoder1.weight[o, i] + beta1 * decoder1.weight.m[o,
    #     i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch)
    m += scratch
    # (39) decoder1.weight.v.next[o, i] = (1 - beta2) * d.decoder1.weight[o, i]**2 + beta2 *
    #     decoder1.weight.v[o, i]
    v *= float(beta2)
    np.square(d_weight, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (40) decoder1.weight.next[o, i] = decoder1.weight[o, i] - optimizer.rate * decoder1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(decoder1.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def d_bias_adam_64(m, v, bias, d_z, beta1, beta2, rate, scale, eps, d_bias, scratch, scratch_2):
    """code: gradient of linear, adam.

    Writes m [64], v [64], bias [64]; reads d_z [B, 64], beta1, beta2, rate, scale, eps.
    """
    # (18) d.code.bias[o] = sum[b](d.code.z[b, o])
    np.sum(d_z, axis=0, out=d_bias)
    # (35) code.bias.m.next[o] = (1 - beta1) * d.code.bias[o] + beta1 * code.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_bias, out=scratch)
    m += scratch
    # (36) code.bias.v.next[o] = (1 - beta2) * d.code.bias[o]**2 + beta2 * code.bias.v[o]
    v *= float(beta2)
    np.square(d_bias, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (37) code.bias.next[o] = code.bias[o] - optimizer.rate * code.bias.m.next[o] / (optimizer.scale *
    #     sqrt(code.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def d_z_256_64_v2(d_z, encoder1, d_code_z, weight, mask):
    """encoder1: gradient of linear.

    Writes d_z [B, 256]; reads encoder1 [B, 256], d_code_z [B, 64], weight [64, 256].
    """
    # (19) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
    np.matmul(d_code_z, weight, out=d_z)
    np.greater(encoder1, 0.0, out=mask)
    np.logical_not(mask, out=mask)
    np.copyto(d_z, 0.0, where=mask)


def d_weight_adam_256_784(m, v, weight, d_z, x, beta1, beta2, rate, scale, eps, d_weight, scratch, scratch_2):
    """encoder1: gradient of linear, adam.

    Writes m [256, 784], v [256, 784], weight [256, 784]; reads d_z [B, 256], x [B, 784], beta1, beta2, rate,
    scale, eps.
    """
    # (20) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
    np.matmul(d_z.T, x, out=d_weight)
    # (26) encoder1.weight.m.next[o, i] = (1 - beta1) * d.encoder1.weight[o, i] + beta1 * encoder1.weight.m[o,
    #     i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch)
    m += scratch
    # (27) encoder1.weight.v.next[o, i] = (1 - beta2) * d.encoder1.weight[o, i]**2 + beta2 *
    #     encoder1.weight.v[o, i]
    v *= float(beta2)
    np.square(d_weight, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (28) encoder1.weight.next[o, i] = encoder1.weight[o, i] - optimizer.rate * encoder1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(encoder1.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def d_weight_adam_64_256(m, v, weight, d_z, encoder1, beta1, beta2, rate, scale, eps, d_weight, scratch,
                         scratch_2):
    """code: gradient of linear, adam.

    Writes m [64, 256], v [64, 256], weight [64, 256]; reads d_z [B, 64], encoder1 [B, 256], beta1, beta2, rate,
    scale, eps.
    """
    # (17) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
    np.matmul(d_z.T, encoder1, out=d_weight)
    # (32) code.weight.m.next[o, i] = (1 - beta1) * d.code.weight[o, i] + beta1 * code.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), d_weight, out=scratch)
    m += scratch
    # (33) code.weight.v.next[o, i] = (1 - beta2) * d.code.weight[o, i]**2 + beta2 * code.weight.v[o, i]
    v *= float(beta2)
    np.square(d_weight, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (34) code.weight.next[o, i] = code.weight[o, i] - optimizer.rate * code.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(code.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(435536, real) if parameters is None else parameters,
            "gradients": np.zeros(435536, real) if gradients is None else gradients,
            "states": np.zeros(871072, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.001, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
        }
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost."""
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 2928 * capacity, real)
        self.blocks["masks"] = np.zeros(256 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(602112 + 1568 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        a = self._arrays("forward", batch)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_784_256(a.decoder2, a.decoder1, a.decoder2_weight, a.decoder2_bias)  # (7) (8)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, x):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        a = self._arrays("loss", batch)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        # (7) (8)
        linear_sigmoid_784_256_v2(a.decoder2_z, a.decoder2, a.decoder1, a.decoder2_weight, a.decoder2_bias)
        mse_784(a.loss, x, a.decoder2, a.decoder2_z, a.scratch, a.scratch_2, batch)  # (9)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, x):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        a = self._arrays("gradients", batch)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_d_z_784_256(a.decoder2_z, a.decoder2, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.scratch, a.scratch_2, batch)  # (7) (8) (10)
        mse_784(a.loss, x, a.decoder2, a.decoder2_z, a.scratch, a.scratch_2, batch)  # (9)
        d_weight_784_256(a.d_decoder2_weight, a.d_decoder2_z, a.decoder1)  # (11)
        d_bias_784(a.d_decoder2_bias, a.d_decoder2_z)  # (12)
        d_z_256_784(a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (13)
        d_weight_256_64(a.d_decoder1_weight, a.decoder1, a.code)  # (14)
        d_bias_256(a.d_decoder1_bias, a.decoder1)  # (15)
        d_z_64_256(a.code, a.decoder1, a.decoder1_weight, a.mask_2)  # (16)
        d_weight_64_256(a.d_code_weight, a.code, a.encoder1)  # (17)
        d_bias_64(a.d_code_bias, a.code)  # (18)
        d_z_256_64(a.encoder1, a.code, a.code_weight, a.mask)  # (19)
        d_weight_256_784(a.d_encoder1_weight, a.encoder1, x)  # (20)
        d_bias_256(a.d_encoder1_bias, a.encoder1)  # (21)
        return float(a.loss)

    @np.errstate(all="ignore")
    def input_gradients(self, x):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        a = self._arrays("input_gradients", batch)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        linear_sigmoid_d_z_784_256(a.decoder2_z, a.decoder2, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.scratch, a.scratch_2, batch)  # (7) (8) (10)
        mse_784(a.loss, x, a.decoder2, a.decoder2_z, a.scratch, a.scratch_2, batch)  # (9)
        d_weight_784_256(a.d_decoder2_weight, a.d_decoder2_z, a.decoder1)  # (11)
        d_bias_784(a.d_decoder2_bias, a.d_decoder2_z)  # (12)
        d_z_256_784(a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (13)
        d_weight_256_64(a.d_decoder1_weight, a.decoder1, a.code)  # (14)
        d_bias_256(a.d_decoder1_bias, a.decoder1)  # (15)
        d_z_64_256(a.code, a.decoder1, a.decoder1_weight, a.mask_2)  # (16)
        d_weight_64_256(a.d_code_weight, a.code, a.encoder1)  # (17)
        d_bias_64(a.d_code_bias, a.code)  # (18)
        d_z_256_64(a.encoder1, a.code, a.code_weight, a.mask)  # (19)
        d_x_784_256(a.d_x, a.encoder1, a.encoder1_weight, x, a.decoder2, a.scratch, batch)  # (22)
        d_weight_256_784(a.d_encoder1_weight, a.encoder1, x)  # (20)
        d_bias_256(a.d_encoder1_bias, a.encoder1)  # (21)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, x):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        a = self._arrays("step", batch)
        linear_relu_256_784(a.encoder1, x, a.encoder1_weight, a.encoder1_bias)  # (1) (2)
        linear_relu_64_256(a.code, a.encoder1, a.code_weight, a.code_bias)  # (3) (4)
        linear_relu_256_64(a.decoder1, a.code, a.decoder1_weight, a.decoder1_bias)  # (5) (6)
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (23) (24) (25)
        linear_sigmoid_d_z_784_256(a.decoder2_z, a.decoder2, a.d_decoder2_z, a.decoder1, a.decoder2_weight,
                                   a.decoder2_bias, x, a.scratch, a.scratch_2, batch)  # (7) (8) (10)
        mse_784(a.loss, x, a.decoder2, a.decoder2_z, a.scratch, a.scratch_2, batch)  # (9)
        # (12) (47) (48) (49)
        d_bias_adam_784(a.decoder2_bias_m, a.decoder2_bias_v, a.decoder2_bias, a.d_decoder2_z, a.beta1, a.beta2,
                        a.optimizer_rate, a.optimizer_scale, a.eps, a.d_bias, a.scratch_3, a.scratch_4)
        d_z_256_784_v2(a.d_decoder1_z, a.decoder1, a.d_decoder2_z, a.decoder2_weight, a.mask)  # (13)
        d_weight_adam_784_256(a.decoder2_weight_m, a.decoder2_weight_v, a.decoder2_weight, a.d_decoder2_z,
                              a.decoder1, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                              a.d_weight, a.scratch_5, a.scratch_6)  # (11) (44) (45) (46)
        # (15) (41) (42) (43)
        d_bias_adam_256(a.decoder1_bias_m, a.decoder1_bias_v, a.decoder1_bias, a.d_decoder1_z, a.beta1, a.beta2,
                        a.optimizer_rate, a.optimizer_scale, a.eps, a.d_bias_2, a.scratch_7, a.scratch_8)
        d_z_64_256_v2(a.d_code_z, a.code, a.d_decoder1_z, a.decoder1_weight, a.mask_2)  # (16)
        d_weight_adam_256_64(a.decoder1_weight_m, a.decoder1_weight_v, a.decoder1_weight, a.d_decoder1_z,
                             a.code, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.d_weight_2,
                             a.scratch_9, a.scratch_10)  # (14) (38) (39) (40)
        # (18) (35) (36) (37)
        d_bias_adam_64(a.code_bias_m, a.code_bias_v, a.code_bias, a.d_code_z, a.beta1, a.beta2,
                       a.optimizer_rate, a.optimizer_scale, a.eps, a.d_bias_3, a.scratch_11, a.scratch_12)
        d_z_256_64_v2(a.d_encoder1_z, a.encoder1, a.d_code_z, a.code_weight, a.mask)  # (19)
        d_weight_adam_256_784(a.encoder1_weight_m, a.encoder1_weight_v, a.encoder1_weight, a.d_encoder1_z, x,
                              a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.d_weight_3,
                              a.scratch_13, a.scratch_14)  # (20) (26) (27) (28)
        d_weight_adam_64_256(a.code_weight_m, a.code_weight_v, a.code_weight, a.d_code_z, a.encoder1, a.beta1,
                             a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.d_weight_4, a.scratch_15,
                             a.scratch_16)  # (17) (32) (33) (34)
        # (21) (29) (30) (31)
        d_bias_adam_256(a.encoder1_bias_m, a.encoder1_bias_v, a.encoder1_bias, a.d_encoder1_z, a.beta1, a.beta2,
                        a.optimizer_rate, a.optimizer_scale, a.eps, a.d_bias_2, a.scratch_7, a.scratch_8)
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
