"""The network char_lstm in NumPy: its loss, its gradients and its training step.

Inputs
    text [B, 64] int32, 0 ... 95
    next [B, 64] int32, 0 ... 95
Parameters
    embedding.weight [96, 32]
    lstm.weight_ih_l0 [512, 32]
    lstm.weight_hh_l0 [512, 128]
    lstm.bias_ih_l0 [512]
    lstm.bias_hh_l0 [512]
    head.weight [96, 128]
    head.bias [96]
Settings
    lr = 0.003
    eps = 1e-08
    clip_norm = 1.0
    beta1 = 0.9
    beta2 = 0.999

Use
    from char_lstm import Network

    net = Network()
    net.parameter_views["embedding.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(text, next)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, equal, exp, log, maximum, minimum, multiply, negative, reciprocal, sqrt, square, subtract, take, tanh,
    vdot,
)

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)
MINUS_ONE = np.array(-1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("embedding.weight", 0, (96, 32)),
    ("lstm.weight_ih_l0", 3072, (512, 32)),
    ("lstm.weight_hh_l0", 19456, (512, 128)),
    ("lstm.bias_ih_l0", 84992, (512,)),
    ("lstm.bias_hh_l0", 85504, (512,)),
    ("head.weight", 86016, (96, 128)),
    ("head.bias", 98304, (96,)),
)
STATES = (
    ("embedding.weight.m", 0, (96, 32)),
    ("lstm.weight_ih_l0.m", 3072, (512, 32)),
    ("lstm.weight_hh_l0.m", 19456, (512, 128)),
    ("lstm.bias_ih_l0.m", 84992, (512,)),
    ("lstm.bias_hh_l0.m", 85504, (512,)),
    ("head.weight.m", 86016, (96, 128)),
    ("head.bias.m", 98304, (96,)),
    ("embedding.weight.v", 98400, (96, 32)),
    ("lstm.weight_ih_l0.v", 101472, (512, 32)),
    ("lstm.weight_hh_l0.v", 117856, (512, 128)),
    ("lstm.bias_ih_l0.v", 183392, (512,)),
    ("lstm.bias_hh_l0.v", 183904, (512,)),
    ("head.weight.v", 184416, (96, 128)),
    ("head.bias.v", 196704, (96,)),
)
FIXED = (
    ("embedding_weight", "parameters", real, 0, 0, (96, 32)),
    ("lstm_weight_ih_l0", "parameters", real, 0, 3072, (512, 32)),
    ("lstm_weight_hh_l0", "parameters", real, 0, 19456, (512, 128)),
    ("lstm_bias_ih_l0", "parameters", real, 0, 84992, (512,)),
    ("lstm_bias_hh_l0", "parameters", real, 0, 85504, (512,)),
    ("head_weight", "parameters", real, 0, 86016, (96, 128)),
    ("head_bias", "parameters", real, 0, 98304, (96,)),
    ("embedding_weight_m", "states", real, 0, 0, (96, 32)),
    ("lstm_weight_ih_l0_m", "states", real, 0, 3072, (512, 32)),
    ("lstm_weight_hh_l0_m", "states", real, 0, 19456, (512, 128)),
    ("lstm_bias_ih_l0_m", "states", real, 0, 84992, (512,)),
    ("lstm_bias_hh_l0_m", "states", real, 0, 85504, (512,)),
    ("head_weight_m", "states", real, 0, 86016, (96, 128)),
    ("head_bias_m", "states", real, 0, 98304, (96,)),
    ("embedding_weight_v", "states", real, 0, 98400, (96, 32)),
    ("lstm_weight_ih_l0_v", "states", real, 0, 101472, (512, 32)),
    ("lstm_weight_hh_l0_v", "states", real, 0, 117856, (512, 128)),
    ("lstm_bias_ih_l0_v", "states", real, 0, 183392, (512,)),
    ("lstm_bias_hh_l0_v", "states", real, 0, 183904, (512,)),
    ("head_weight_v", "states", real, 0, 184416, (96, 128)),
    ("head_bias_v", "states", real, 0, 196704, (96,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("clip_norm", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("d_embedding_weight", "gradients", real, 0, 0, (96, 32)),
    ("d_lstm_weight_ih_l0", "gradients", real, 0, 3072, (512, 32)),
    ("d_lstm_weight_hh_l0", "gradients", real, 0, 19456, (512, 128)),
    ("d_lstm_bias_ih_l0", "gradients", real, 0, 84992, (512,)),
    ("d_lstm_bias_hh_l0", "gradients", real, 0, 85504, (512,)),
    ("d_head_weight", "gradients", real, 0, 86016, (96, 128)),
    ("d_head_bias", "gradients", real, 0, 98304, (96,)),
    ("gradients", "gradients", real, 0, 0, (98400,)),
    ("m", "states", real, 0, 0, (98400,)),
    ("v", "states", real, 0, 98400, (98400,)),
    ("parameters", "parameters", real, 0, 0, (98400,)),
)
WORKSPACE = {
    "forward": (
        ("embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("lstm_u", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v_now", "workspace", real, 1, 49152, (B, 512)),
        ("lstm_c", "workspace", real, 1, 40960, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 32768, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("lstm", "workspace", real, 1, 32768, (B, 64, 128)),
    ),
    "loss": (
        ("embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("lstm_u", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v_now", "workspace", real, 1, 49152, (B, 512)),
        ("lstm_c", "workspace", real, 1, 40960, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 32768, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 12352, (B, 64)),
        ("loss_e", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 12288, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
        ("lstm", "workspace", real, 1, 32768, (B, 64, 128)),
    ),
    "gradients": (
        ("embedding", "workspace", real, 1, 106496, (B, 64, 32)),
        ("lstm_u", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v_now", "workspace", real, 1, 90112, (B, 512)),
        ("lstm_i", "workspace", real, 1, 57344, (B, 64, 128)),
        ("lstm_f", "workspace", real, 1, 40960, (B, 64, 128)),
        ("lstm_g", "workspace", real, 1, 49152, (B, 64, 128)),
        ("lstm_o", "workspace", real, 1, 65536, (B, 64, 128)),
        ("lstm_c", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_q", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 32768, (B, 64, 128)),
        ("head", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 18496, (B, 64)),
        ("loss_e", "workspace", real, 1, 12288, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 18432, (B, 64)),
        ("d_head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_lstm", "workspace", real, 1, 90112, (B, 64, 128)),
        ("d_lstm_c", "workspace", real, 1, 98304, (B, 64, 128)),
        ("d_lstm_o_now", "workspace", real, 1, 108928, (B, 128)),
        ("d_lstm_g_now", "workspace", real, 1, 108672, (B, 128)),
        ("d_lstm_f_now", "workspace", real, 1, 108544, (B, 128)),
        ("d_lstm_i_now", "workspace", real, 1, 108800, (B, 128)),
        ("d_lstm_v", "workspace", real, 1, 0, (B, 64, 512)),
        ("d_embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("lstm", "workspace", real, 1, 32768, (B, 64, 128)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("embedding", "workspace", real, 1, 106496, (B, 64, 32)),
        ("lstm_u", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v_now", "workspace", real, 1, 90112, (B, 512)),
        ("lstm_i", "workspace", real, 1, 57344, (B, 64, 128)),
        ("lstm_f", "workspace", real, 1, 40960, (B, 64, 128)),
        ("lstm_g", "workspace", real, 1, 49152, (B, 64, 128)),
        ("lstm_o", "workspace", real, 1, 65536, (B, 64, 128)),
        ("lstm_c", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_q", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 32768, (B, 64, 128)),
        ("head", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 18496, (B, 64)),
        ("loss_e", "workspace", real, 1, 12288, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 18432, (B, 64)),
        ("d_head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_lstm", "workspace", real, 1, 90112, (B, 64, 128)),
        ("d_lstm_c", "workspace", real, 1, 98304, (B, 64, 128)),
        ("d_lstm_o_now", "workspace", real, 1, 108928, (B, 128)),
        ("d_lstm_g_now", "workspace", real, 1, 108672, (B, 128)),
        ("d_lstm_f_now", "workspace", real, 1, 108544, (B, 128)),
        ("d_lstm_i_now", "workspace", real, 1, 108800, (B, 128)),
        ("d_lstm_v", "workspace", real, 1, 0, (B, 64, 512)),
        ("d_embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("embedding_weight_g_square", "workspace", real, 0, 7, ()),
        ("lstm_weight_ih_l0_g_square", "workspace", real, 0, 8, ()),
        ("lstm_weight_hh_l0_g_square", "workspace", real, 0, 9, ()),
        ("lstm_bias_ih_l0_g_square", "workspace", real, 0, 10, ()),
        ("lstm_bias_hh_l0_g_square", "workspace", real, 0, 11, ()),
        ("head_weight_g_square", "workspace", real, 0, 12, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 4, ()),
        ("lstm", "workspace", real, 1, 32768, (B, 64, 128)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 64)),
    ("scratch", "reals", real, 1, 0, (B, 128)),
    ("q", "reals", real, 1, 128, (B, 128)),
    ("q_2", "reals", real, 1, 256, (B, 128)),
    ("scratch_2", "reals", real, 1, 0, (B, 64)),
    ("scratch_3", "reals", real, 1, 64, (B, 64)),
    ("scratch_4", "reals", real, 1, 64, (B, 64, 96)),
    ("scratch_5", "reals", real, 1, 0, (B, 63, 512)),
    ("scratch_6", "reals", real, 1, 32256, (B, 63, 128)),
    ("scratch_7", "reals", real, 1, 0, (32, B, 64)),
    ("index_2", "indices", np.intp, 1, 0, (32, B, 64)),
    ("index_3", "indices", np.intp, 1, 2048, (B, 64)),
    ("shrunk", "reals", real, 0, 0, (98400,)),
    ("number", "reals", real, 0, 98400, ()),
    ("scratch_8", "reals", real, 0, 98401, (98400,)),
    ("number_2", "reals", real, 0, 196801, ()),
    ("scratch_9", "reals", real, 0, 196802, (98400,)),
    ("number_3", "reals", real, 0, 295202, ()),
)
RESULTS = {
    "forward": (
        ("head", 1, 0, (B, 64, 96)),
    ),
    "loss": (),
    "gradients": (),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 109056, 0),
    "indices": (0, 2112, 0),
    "reals": (295203, 40320, 0),
}


def embedding_64_32(embedding, weight, text, index):
    """embedding: embedding.

    Writes embedding [B, 64, 32]; reads weight [96, 32], text [B, 64].
    """
    # (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
    index[...] = text
    take(weight, index, axis=0, out=embedding, mode="clip")


def lstm_64_512_32(u, embedding, weight_ih_l0, bias_ih_l0):
    """lstm: lstm.

    Writes u [B, 64, 512]; reads embedding [B, 64, 32], weight_ih_l0 [512, 32], bias_ih_l0 [512].
    """
    # (2) lstm.u[b, t, m] = sum[i](embedding[b, t, i] * lstm.weight_ih_l0[m, i]) + lstm.bias_ih_l0[m]
    embedding.reshape(-1, 32).dot(weight_ih_l0.T, out=u.reshape(-1, 512))
    u += bias_ih_l0


def lstm_512(v_now, c, h, bias_hh_l0, u, scratch, q, t):
    """lstm: lstm (one side of the product).

    Writes v_now [B, 512], c [B, 64, 128], h [B, 64, 128]; reads bias_hh_l0 [512], u [B, 64, 512].
    """
    # (3) lstm.v[b, t, m] = sum[i](lstm.h[b, t - 1, i] * lstm.weight_hh_l0[m, i]) + lstm.bias_hh_l0[m] +
    #     lstm.u[b, t, m]
    add(bias_hh_l0, u[:, t], out=v_now)
    # (4) lstm.i[b, t, j] = sigmoid(lstm.v[b, t, j + 0])
    # (6) lstm.g[b, t, j] = tanh(lstm.v[b, t, j + 256])
    # (8) lstm.c[b, t, j] = lstm.c[b, t - 1, j] * lstm.f[b, t, j] + lstm.g[b, t, j] * lstm.i[b, t, j]
    tanh(v_now[:, 256:384], out=c[:, t])
    negative(v_now[:, :128], out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    c[:, t] *= scratch
    # (9) lstm.q[b, t, j] = tanh(lstm.c[b, t, j])
    tanh(c[:, t], out=q)
    # (7) lstm.o[b, t, j] = sigmoid(lstm.v[b, t, j + 384])
    # (10) lstm.h[b, t, j] = lstm.o[b, t, j] * lstm.q[b, t, j]
    multiply(v_now[:, 384:512], MINUS_ONE, out=h[:, t])
    exp(h[:, t], out=h[:, t])
    h[:, t] += ONE
    reciprocal(h[:, t], out=h[:, t])
    h[:, t] *= q


def lstm_512_128(v_now, h, weight_hh_l0, bias_hh_l0, u, t):
    """lstm: lstm (one side of the product).

    Writes v_now [B, 512]; reads h [B, 64, 128], weight_hh_l0 [512, 128], bias_hh_l0 [512], u [B, 64, 512].
    """
    # (3) lstm.v[b, t, m] = sum[i](lstm.h[b, t - 1, i] * lstm.weight_hh_l0[m, i]) + lstm.bias_hh_l0[m] +
    #     lstm.u[b, t, m]
    h[:, t - 1].dot(weight_hh_l0.T, out=v_now)
    v_now += bias_hh_l0
    v_now += u[:, t]


def lstm_128(c, h, v_now, scratch, scratch_2, q, t):
    """lstm: lstm.

    Writes c [B, 64, 128], h [B, 64, 128]; reads v_now [B, 512].
    """
    # (4) lstm.i[b, t, j] = sigmoid(lstm.v[b, t, j + 0])
    # (5) lstm.f[b, t, j] = sigmoid(lstm.v[b, t, j + 128])
    # (6) lstm.g[b, t, j] = tanh(lstm.v[b, t, j + 256])
    # (8) lstm.c[b, t, j] = lstm.c[b, t - 1, j] * lstm.f[b, t, j] + lstm.g[b, t, j] * lstm.i[b, t, j]
    negative(v_now[:, 128:256], out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= c[:, t - 1]
    tanh(v_now[:, 256:384], out=c[:, t])
    negative(v_now[:, :128], out=scratch_2)
    exp(scratch_2, out=scratch_2)
    scratch_2 += ONE
    reciprocal(scratch_2, out=scratch_2)
    c[:, t] *= scratch_2
    c[:, t] += scratch
    # (9) lstm.q[b, t, j] = tanh(lstm.c[b, t, j])
    tanh(c[:, t], out=q)
    # (7) lstm.o[b, t, j] = sigmoid(lstm.v[b, t, j + 384])
    # (10) lstm.h[b, t, j] = lstm.o[b, t, j] * lstm.q[b, t, j]
    multiply(v_now[:, 384:512], MINUS_ONE, out=h[:, t])
    exp(h[:, t], out=h[:, t])
    h[:, t] += ONE
    reciprocal(h[:, t], out=h[:, t])
    h[:, t] *= q


def linear_64_96_128(head, lstm, weight, bias):
    """head: linear.

    Writes head [B, 64, 96]; reads lstm [B, 64, 128], weight [96, 128], bias [96].
    """
    # (12) head[b, t, o] = sum[i](lstm[b, t, i] * head.weight[o, i]) + head.bias[o]
    lstm.reshape(-1, 128).dot(weight.T, out=head.reshape(-1, 96))
    head += bias


def cross_entropy_64_96(m, e, S, head, ones):
    """loss: cross_entropy.

    Writes m [B, 64], e [B, 64, 96], S [B, 64]; reads head [B, 64, 96].
    """
    # (13) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))


def cross_entropy_64(loss, m, head, next, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 64], head [B, 64, 96], next [B, 64], S [B, 64].
    """
    # (17) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
    add(positions, next, out=index)
    take(head, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = add.reduce(scratch, axis=None) / (64.0 * batch)


def d_weight_96_32(d_weight):
    """embedding: gradient of embedding (one side of the product).

    Writes d_weight [96, 32].
    """
    # (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    d_weight[...] = 0.0


def lstm_512_v2(v_now, i, f, g, o, c, q, h, bias_hh_l0, u, t):
    """lstm: lstm (one side of the product).

    Writes v_now [B, 512], i [B, 64, 128], f [B, 64, 128], g [B, 64, 128], o [B, 64, 128], c [B, 64, 128], q [B,
    64, 128], h [B, 64, 128]; reads bias_hh_l0 [512], u [B, 64, 512].
    """
    # (3) lstm.v[b, t, m] = sum[i](lstm.h[b, t - 1, i] * lstm.weight_hh_l0[m, i]) + lstm.bias_hh_l0[m] +
    #     lstm.u[b, t, m]
    add(bias_hh_l0, u[:, t], out=v_now)
    # (4) lstm.i[b, t, j] = sigmoid(lstm.v[b, t, j + 0])
    multiply(v_now[:, :128], MINUS_ONE, out=i[:, t])
    exp(i[:, t], out=i[:, t])
    i[:, t] += ONE
    reciprocal(i[:, t], out=i[:, t])
    # (5) lstm.f[b, t, j] = sigmoid(lstm.v[b, t, j + 128])
    multiply(v_now[:, 128:256], MINUS_ONE, out=f[:, t])
    exp(f[:, t], out=f[:, t])
    f[:, t] += ONE
    reciprocal(f[:, t], out=f[:, t])
    # (6) lstm.g[b, t, j] = tanh(lstm.v[b, t, j + 256])
    tanh(v_now[:, 256:384], out=g[:, t])
    # (7) lstm.o[b, t, j] = sigmoid(lstm.v[b, t, j + 384])
    multiply(v_now[:, 384:512], MINUS_ONE, out=o[:, t])
    exp(o[:, t], out=o[:, t])
    o[:, t] += ONE
    reciprocal(o[:, t], out=o[:, t])
    # (8) lstm.c[b, t, j] = lstm.c[b, t - 1, j] * lstm.f[b, t, j] + lstm.g[b, t, j] * lstm.i[b, t, j]
    multiply(g[:, t], i[:, t], out=c[:, t])
    # (9) lstm.q[b, t, j] = tanh(lstm.c[b, t, j])
    tanh(c[:, t], out=q[:, t])
    # (10) lstm.h[b, t, j] = lstm.o[b, t, j] * lstm.q[b, t, j]
    multiply(o[:, t], q[:, t], out=h[:, t])


def lstm_128_v2(i, f, g, o, c, q, h, v_now, scratch, t):
    """lstm: lstm.

    Writes i [B, 64, 128], f [B, 64, 128], g [B, 64, 128], o [B, 64, 128], c [B, 64, 128], q [B, 64, 128], h [B,
    64, 128]; reads v_now [B, 512].
    """
    # (4) lstm.i[b, t, j] = sigmoid(lstm.v[b, t, j + 0])
    multiply(v_now[:, :128], MINUS_ONE, out=i[:, t])
    exp(i[:, t], out=i[:, t])
    i[:, t] += ONE
    reciprocal(i[:, t], out=i[:, t])
    # (5) lstm.f[b, t, j] = sigmoid(lstm.v[b, t, j + 128])
    multiply(v_now[:, 128:256], MINUS_ONE, out=f[:, t])
    exp(f[:, t], out=f[:, t])
    f[:, t] += ONE
    reciprocal(f[:, t], out=f[:, t])
    # (6) lstm.g[b, t, j] = tanh(lstm.v[b, t, j + 256])
    tanh(v_now[:, 256:384], out=g[:, t])
    # (7) lstm.o[b, t, j] = sigmoid(lstm.v[b, t, j + 384])
    multiply(v_now[:, 384:512], MINUS_ONE, out=o[:, t])
    exp(o[:, t], out=o[:, t])
    o[:, t] += ONE
    reciprocal(o[:, t], out=o[:, t])
    # (8) lstm.c[b, t, j] = lstm.c[b, t - 1, j] * lstm.f[b, t, j] + lstm.g[b, t, j] * lstm.i[b, t, j]
    multiply(c[:, t - 1], f[:, t], out=c[:, t])
    multiply(g[:, t], i[:, t], out=scratch)
    c[:, t] += scratch
    # (9) lstm.q[b, t, j] = tanh(lstm.c[b, t, j])
    tanh(c[:, t], out=q[:, t])
    # (10) lstm.h[b, t, j] = lstm.o[b, t, j] * lstm.q[b, t, j]
    multiply(o[:, t], q[:, t], out=h[:, t])


def cross_entropy_d_head_64_96(m, e, S, d_head, head, next, scale, scratch, ones, j, factor):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 64], e [B, 64, 96], S [B, 64], d_head [B, 64, 96]; reads head [B, 64, 96], next [B, 64].
    """
    # (13) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))
    # (16) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
    reciprocal(S, out=scale)
    # (16)
    # (18) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
    multiply(scale[:, :, None], e, out=d_head)
    equal(j, next[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= factor


def d_weight_96_128_64(d_weight, d_head, lstm):
    """head: gradient of linear.

    Writes d_weight [96, 128]; reads d_head [B, 64, 96], lstm [B, 64, 128].
    """
    # (19) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * lstm[b, j, i])
    d_head.reshape(-1, 96).T.dot(lstm.reshape(-1, 128), out=d_weight)


def d_bias_96_64(d_bias, d_head, ones):
    """head: gradient of linear.

    Writes d_bias [96]; reads d_head [B, 64, 96].
    """
    # (20) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    ones.reshape(-1).dot(d_head.reshape(-1, 96), out=d_bias)


def d_lstm_64_128_96(d_lstm, d_head, weight):
    """lstm: gradient of lstm.

    Writes d_lstm [B, 64, 128]; reads d_head [B, 64, 96], weight [96, 128].
    """
    # (21) d.lstm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
    d_head.reshape(-1, 96).dot(weight, out=d_lstm.reshape(-1, 128))


def d_h_d_q_d_c_d_o_128(d_c, d_o_now, d_g_now, d_f_now, d_i_now, d_v, d_lstm, o, q, i, c, g, f, d_q, t):
    """lstm: gradient of lstm (one side of the product).

    Writes d_c [B, 64, 128], d_o_now [B, 128], d_g_now [B, 128], d_f_now [B, 128], d_i_now [B, 128], d_v [B, 64,
    512]; reads d_lstm [B, 64, 128], o [B, 64, 128], q [B, 64, 128], i [B, 64, 128], c [B, 64, 128], g [B, 64,
    128], f [B, 64, 128].
    """
    # (22) d.lstm.h[b, t, j] = sum[i](d.lstm.v[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    # (23) d.lstm.q[b, t, j] = d.lstm.h[b, t, j] * lstm.o[b, t, j]
    multiply(d_lstm[:, t], o[:, t], out=d_q)
    # (24) d.lstm.c[b, t, j] = d.lstm.q[b, t, j] * (1 - lstm.q[b, t, j]**2) + d.lstm.c[b, t + 1, j] * lstm.f[b,
    #     t + 1, j]
    square(q[:, t], out=d_c[:, t])
    subtract(ONE, d_c[:, t], out=d_c[:, t])
    d_c[:, t] *= d_q
    # (22)
    # (25) d.lstm.o[b, t, j] = d.lstm.h[b, t, j] * lstm.q[b, t, j]
    multiply(d_lstm[:, t], q[:, t], out=d_o_now)
    # (26) d.lstm.g[b, t, j] = d.lstm.c[b, t, j] * lstm.i[b, t, j]
    multiply(d_c[:, t], i[:, t], out=d_g_now)
    # (27) d.lstm.f[b, t, j] = d.lstm.c[b, t, j] * lstm.c[b, t - 1, j]
    multiply(d_c[:, t], c[:, t - 1], out=d_f_now)
    # (28) d.lstm.i[b, t, j] = d.lstm.c[b, t, j] * lstm.g[b, t, j]
    multiply(d_c[:, t], g[:, t], out=d_i_now)
    # (29) d.lstm.v[b, t, m] = d.lstm.g[b, t, m - 256] * (1 - lstm.g[b, t, m - 256]**2) + d.lstm.f[b, t, m -
    #     128] * lstm.f[b, t, m - 128] * (1 - lstm.f[b, t, m - 128]) + d.lstm.i[b, t, m + 0] * lstm.i[b, t, m +
    #     0] * (1 - lstm.i[b, t, m + 0]) + d.lstm.o[b, t, m - 384] * lstm.o[b, t, m - 384] * (1 - lstm.o[b, t, m
    #     - 384])
    subtract(ONE, i[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_i_now
    d_v[:, t, :128] *= i[:, t]
    subtract(ONE, f[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_f_now
    d_v[:, t, 128:256] *= f[:, t]
    square(g[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_g_now
    subtract(ONE, o[:, t], out=d_v[:, t, 384:512])
    d_v[:, t, 384:512] *= d_o_now
    d_v[:, t, 384:512] *= o[:, t]


def d_h_d_q_d_c_d_o_128_512(d_c, d_o_now, d_g_now, d_f_now, d_i_now, d_v, weight_hh_l0, d_lstm, o, q, f, i, c,
                            g, d_h, d_q, scratch, t):
    """lstm: gradient of lstm (one side of the product).

    Writes d_c [B, 64, 128], d_o_now [B, 128], d_g_now [B, 128], d_f_now [B, 128], d_i_now [B, 128]; reads d_v
    [B, 64, 512], weight_hh_l0 [512, 128], d_lstm [B, 64, 128], o [B, 64, 128], q [B, 64, 128], f [B, 64, 128],
    i [B, 64, 128], c [B, 64, 128], g [B, 64, 128].
    """
    # (22) d.lstm.h[b, t, j] = sum[i](d.lstm.v[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    d_v[:, t + 1].dot(weight_hh_l0, out=d_h)
    d_h += d_lstm[:, t]
    # (23) d.lstm.q[b, t, j] = d.lstm.h[b, t, j] * lstm.o[b, t, j]
    multiply(d_h, o[:, t], out=d_q)
    # (24) d.lstm.c[b, t, j] = d.lstm.q[b, t, j] * (1 - lstm.q[b, t, j]**2) + d.lstm.c[b, t + 1, j] * lstm.f[b,
    #     t + 1, j]
    multiply(d_c[:, t + 1], f[:, t + 1], out=d_c[:, t])
    square(q[:, t], out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_q
    d_c[:, t] += scratch
    # (25) d.lstm.o[b, t, j] = d.lstm.h[b, t, j] * lstm.q[b, t, j]
    multiply(d_h, q[:, t], out=d_o_now)
    # (26) d.lstm.g[b, t, j] = d.lstm.c[b, t, j] * lstm.i[b, t, j]
    multiply(d_c[:, t], i[:, t], out=d_g_now)
    # (27) d.lstm.f[b, t, j] = d.lstm.c[b, t, j] * lstm.c[b, t - 1, j]
    multiply(d_c[:, t], c[:, t - 1], out=d_f_now)
    # (28) d.lstm.i[b, t, j] = d.lstm.c[b, t, j] * lstm.g[b, t, j]
    multiply(d_c[:, t], g[:, t], out=d_i_now)


def d_v_128(d_v, i, d_i_now, f, d_f_now, g, d_g_now, o, d_o_now, t):
    """lstm: gradient of lstm.

    Writes d_v [B, 64, 512]; reads i [B, 64, 128], d_i_now [B, 128], f [B, 64, 128], d_f_now [B, 128], g [B, 64,
    128], d_g_now [B, 128], o [B, 64, 128], d_o_now [B, 128].
    """
    # (29) d.lstm.v[b, t, m] = d.lstm.g[b, t, m - 256] * (1 - lstm.g[b, t, m - 256]**2) + d.lstm.f[b, t, m -
    #     128] * lstm.f[b, t, m - 128] * (1 - lstm.f[b, t, m - 128]) + d.lstm.i[b, t, m + 0] * lstm.i[b, t, m +
    #     0] * (1 - lstm.i[b, t, m + 0]) + d.lstm.o[b, t, m - 384] * lstm.o[b, t, m - 384] * (1 - lstm.o[b, t, m
    #     - 384])
    subtract(ONE, i[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_i_now
    d_v[:, t, :128] *= i[:, t]
    subtract(ONE, f[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_f_now
    d_v[:, t, 128:256] *= f[:, t]
    square(g[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_g_now
    subtract(ONE, o[:, t], out=d_v[:, t, 384:512])
    d_v[:, t, 384:512] *= d_o_now
    d_v[:, t, 384:512] *= o[:, t]


def d_h_d_q_d_c_d_o_128_512_v2(d_c, d_o_now, d_g_now, d_i_now, d_v, weight_hh_l0, d_lstm, o, q, f, i, g, d_h,
                               d_q, scratch, t):
    """lstm: gradient of lstm (one side of the product).

    Writes d_c [B, 64, 128], d_o_now [B, 128], d_g_now [B, 128], d_i_now [B, 128]; reads d_v [B, 64, 512],
    weight_hh_l0 [512, 128], d_lstm [B, 64, 128], o [B, 64, 128], q [B, 64, 128], f [B, 64, 128], i [B, 64,
    128], g [B, 64, 128].
    """
    # (22) d.lstm.h[b, t, j] = sum[i](d.lstm.v[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    d_v[:, t + 1].dot(weight_hh_l0, out=d_h)
    d_h += d_lstm[:, t]
    # (23) d.lstm.q[b, t, j] = d.lstm.h[b, t, j] * lstm.o[b, t, j]
    multiply(d_h, o[:, t], out=d_q)
    # (24) d.lstm.c[b, t, j] = d.lstm.q[b, t, j] * (1 - lstm.q[b, t, j]**2) + d.lstm.c[b, t + 1, j] * lstm.f[b,
    #     t + 1, j]
    multiply(d_c[:, t + 1], f[:, t + 1], out=d_c[:, t])
    square(q[:, t], out=scratch)
    subtract(ONE, scratch, out=scratch)
    scratch *= d_q
    d_c[:, t] += scratch
    # (25) d.lstm.o[b, t, j] = d.lstm.h[b, t, j] * lstm.q[b, t, j]
    multiply(d_h, q[:, t], out=d_o_now)
    # (26) d.lstm.g[b, t, j] = d.lstm.c[b, t, j] * lstm.i[b, t, j]
    multiply(d_c[:, t], i[:, t], out=d_g_now)
    # (28) d.lstm.i[b, t, j] = d.lstm.c[b, t, j] * lstm.g[b, t, j]
    multiply(d_c[:, t], g[:, t], out=d_i_now)


def d_f_d_v_128(d_f_now, d_v, i, d_i_now, f, g, d_g_now, o, d_o_now, t):
    """lstm: gradient of lstm (one side of the product).

    Writes d_f_now [B, 128], d_v [B, 64, 512]; reads i [B, 64, 128], d_i_now [B, 128], f [B, 64, 128], g [B, 64,
    128], d_g_now [B, 128], o [B, 64, 128], d_o_now [B, 128].
    """
    # (27) d.lstm.f[b, t, j] = d.lstm.c[b, t, j] * lstm.c[b, t - 1, j]
    d_f_now[...] = 0.0
    # (29) d.lstm.v[b, t, m] = d.lstm.g[b, t, m - 256] * (1 - lstm.g[b, t, m - 256]**2) + d.lstm.f[b, t, m -
    #     128] * lstm.f[b, t, m - 128] * (1 - lstm.f[b, t, m - 128]) + d.lstm.i[b, t, m + 0] * lstm.i[b, t, m +
    #     0] * (1 - lstm.i[b, t, m + 0]) + d.lstm.o[b, t, m - 384] * lstm.o[b, t, m - 384] * (1 - lstm.o[b, t, m
    #     - 384])
    subtract(ONE, i[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_i_now
    d_v[:, t, :128] *= i[:, t]
    subtract(ONE, f[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_f_now
    d_v[:, t, 128:256] *= f[:, t]
    square(g[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_g_now
    subtract(ONE, o[:, t], out=d_v[:, t, 384:512])
    d_v[:, t, 384:512] *= d_o_now
    d_v[:, t, 384:512] *= o[:, t]


def d_weight_hh_l0_512_128_63(d_weight_hh_l0, d_v, h, scratch, scratch_2):
    """lstm: gradient of lstm.

    Writes d_weight_hh_l0 [512, 128]; reads d_v [B, 64, 512], h [B, 64, 128].
    """
    # (30) d.lstm.weight_hh_l0[m, k] = sum[b, i](d.lstm.v[b, i, m] * lstm.h[b, i - 1, k])
    scratch[...] = d_v[:, 1:64]
    scratch_2[...] = h[:, :63]
    scratch.reshape(-1, 512).T.dot(scratch_2.reshape(-1, 128), out=d_weight_hh_l0)


def d_weight_ih_l0_512_32_64(d_weight_ih_l0, d_v, embedding):
    """lstm: gradient of lstm.

    Writes d_weight_ih_l0 [512, 32]; reads d_v [B, 64, 512], embedding [B, 64, 32].
    """
    # (32) d.lstm.weight_ih_l0[m, d] = sum[b, i](d.lstm.v[b, i, m] * embedding[b, i, d])
    d_v.reshape(-1, 512).T.dot(embedding.reshape(-1, 32), out=d_weight_ih_l0)


def d_bias_hh_l0_d_bias_ih_l0_512_64(d_bias_hh_l0, d_bias_ih_l0, d_v, ones):
    """lstm: gradient of lstm.

    Writes d_bias_hh_l0 [512], d_bias_ih_l0 [512]; reads d_v [B, 64, 512].
    """
    # (31) d.lstm.bias_hh_l0[m] = sum[b, i](d.lstm.v[b, i, m])
    ones.reshape(-1).dot(d_v.reshape(-1, 512), out=d_bias_hh_l0)
    # (33) d.lstm.bias_ih_l0[m] = d.lstm.bias_hh_l0[m]
    d_bias_ih_l0[...] = d_bias_hh_l0


def d_embedding_64_32_512(d_embedding, d_v, weight_ih_l0):
    """embedding: gradient of embedding.

    Writes d_embedding [B, 64, 32]; reads d_v [B, 64, 512], weight_ih_l0 [512, 32].
    """
    # (34) d.embedding[b, i, d] = sum[j](d.lstm.v[b, i, j] * lstm.weight_ih_l0[j, d])
    d_v.reshape(-1, 512).dot(weight_ih_l0, out=d_embedding.reshape(-1, 32))


def d_weight_32_64(d_weight, d_embedding, text, scratch, index, index_2, d):
    """embedding: gradient of embedding.

    Writes d_weight [96, 32]; reads d_embedding [B, 64, 32], text [B, 64].
    """
    # (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    scratch[...] = d_embedding.transpose(2, 0, 1)
    multiply(text, 32, out=index_2)
    add(d[:, None, None], index_2, out=index)
    add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (36) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (37) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (38) t.next = 1 + t
    t[...] = float(t) + 1.0


def clip_norm_96_32(square_2, d_weight):
    """embedding: clip_norm.

    Writes square_2; reads d_weight [96, 32].
    """
    # (39) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_512_32(square_2, d_weight_ih_l0):
    """lstm: clip_norm.

    Writes square_2; reads d_weight_ih_l0 [512, 32].
    """
    # (40) lstm.weight_ih_l0.g.square = sum[i, j](d.lstm.weight_ih_l0[i, j]**2)
    square_2[...] = vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_512_128(square_2, d_weight_hh_l0):
    """lstm: clip_norm.

    Writes square_2; reads d_weight_hh_l0 [512, 128].
    """
    # (41) lstm.weight_hh_l0.g.square = sum[i, j](d.lstm.weight_hh_l0[i, j]**2)
    square_2[...] = vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_512(square_2, d_bias_ih_l0):
    """lstm: clip_norm.

    Writes square_2; reads d_bias_ih_l0 [512].
    For (43) too.
    """
    # (42) lstm.bias_ih_l0.g.square = sum[i](d.lstm.bias_ih_l0[i]**2)
    square_2[...] = d_bias_ih_l0.dot(d_bias_ih_l0)


def clip_norm_96_128(square_2, d_weight):
    """head: clip_norm.

    Writes square_2; reads d_weight [96, 128].
    """
    # (44) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_96(shrink, d_bias, square_2, head_weight_g_square, lstm_bias_hh_l0_g_square,
                 lstm_bias_ih_l0_g_square, lstm_weight_hh_l0_g_square, lstm_weight_ih_l0_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [96], square_2, head_weight_g_square, lstm_bias_hh_l0_g_square,
    lstm_bias_ih_l0_g_square, lstm_weight_hh_l0_g_square, lstm_weight_ih_l0_g_square, clip_norm.
    """
    # (45) head.bias.g.square = sum[i](d.head.bias[i]**2)
    # (46) optimizer.norm = sqrt(embedding.weight.g.square + head.bias.g.square + head.weight.g.square +
    #     lstm.bias_hh_l0.g.square + lstm.bias_ih_l0.g.square + lstm.weight_hh_l0.g.square +
    #     lstm.weight_ih_l0.g.square)
    # (47) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
    shrink[...] = minimum(1.0,
                          float(clip_norm) / (sqrt(float(square_2) + d_bias.dot(d_bias) + float(head_weight_g_square) + float(lstm_bias_hh_l0_g_square) + float(lstm_bias_ih_l0_g_square) + float(lstm_weight_hh_l0_g_square) + float(lstm_weight_ih_l0_g_square)) + 1e-06))


def clip_norm_adam_98400(m, v, parameters, shrink, gradients, beta1, beta2, rate, scale, eps, shrunk, number,
                         scratch, number_2, scratch_2, number_3):
    """embedding.weight to head.bias: clip_norm, adam.

    Writes m [98400], v [98400], parameters [98400]; reads shrink, gradients [98400], beta1, beta2, rate, scale,
    eps.
    For (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68)
    (69) (70) (71) (72) (73) (74) (75) too.
    """
    # (48) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
    number[...] = float(shrink)
    multiply(number, gradients, out=shrunk)
    # (55) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 *
    #     embedding.weight.m[i, d]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, shrunk, out=scratch)
    m += scratch
    # (56) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 *
    #     embedding.weight.v[i, d]
    number[...] = float(beta2)
    v *= number
    square(shrunk, out=scratch)
    number_2[...] = 1.0 - float(beta2)
    scratch *= number_2
    v += scratch
    # (57) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d]
    #     / (optimizer.scale * sqrt(embedding.weight.v.next[i, d]) + eps)
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
            "parameters": np.zeros(98400, real) if parameters is None else parameters,
            "gradients": np.zeros(98400, real) if gradients is None else gradients,
            "states": np.zeros(196800, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.003, 1e-08, 1.0, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 109056 * capacity, real)
        self.blocks["indices"] = np.zeros(2112 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(295203 + 40320 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, text):
        """Compute the outputs."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        return self._run("forward", batch, text)

    @staticmethod
    def _forward(a, batch, text):
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        # (3) (4) (6) (7) (8) (9) (10)
        lstm_512(a.lstm_v_now, a.lstm_c, a.lstm_h, a.lstm_bias_hh_l0, a.lstm_u, a.scratch, a.q, 0)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v_now, a.lstm_h, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u, t)  # (3)
            lstm_128(a.lstm_c, a.lstm_h, a.lstm_v_now, a.scratch, a.q, a.q_2, t)  # (4) (5) (6) (7) (8) (9) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        return 0.0

    def loss(self, text, next):
        """Compute the loss; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("loss", batch, text, next)

    @staticmethod
    def _loss(a, batch, text, next):
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        # (3) (4) (6) (7) (8) (9) (10)
        lstm_512(a.lstm_v_now, a.lstm_c, a.lstm_h, a.lstm_bias_hh_l0, a.lstm_u, a.scratch, a.q, 0)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v_now, a.lstm_h, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u, t)  # (3)
            lstm_128(a.lstm_c, a.lstm_h, a.lstm_v_now, a.scratch, a.q, a.q_2, t)  # (4) (5) (6) (7) (8) (9) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_64_96(a.loss_m, a.loss_e, a.loss_S, a.head, a.ones)  # (13) (14) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (17)
        return float(a.loss)

    def gradients(self, text, next):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("gradients", batch, text, next)

    @staticmethod
    def _gradients(a, batch, text, next):
        d_weight_96_32(a.d_embedding_weight)  # (35)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        lstm_512_v2(a.lstm_v_now, a.lstm_i, a.lstm_f, a.lstm_g, a.lstm_o, a.lstm_c, a.lstm_q, a.lstm_h,
                    a.lstm_bias_hh_l0, a.lstm_u, 0)  # (3) (4) (5) (6) (7) (8) (9) (10)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v_now, a.lstm_h, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u, t)  # (3)
            lstm_128_v2(a.lstm_i, a.lstm_f, a.lstm_g, a.lstm_o, a.lstm_c, a.lstm_q, a.lstm_h, a.lstm_v_now,
                        a.scratch, t)  # (4) (5) (6) (7) (8) (9) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch_2,
                                   a.scratch_4, a.ones, a.j, a.factor)  # (13) (14) (15) (16) (18)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (17)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.lstm)  # (19)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_2)  # (20)
        d_lstm_64_128_96(a.d_lstm, a.d_head, a.head_weight)  # (21)
        d_h_d_q_d_c_d_o_128(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_f_now, a.d_lstm_i_now,
                            a.d_lstm_v, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_i, a.lstm_c, a.lstm_g, a.lstm_f,
                            a.scratch, 63)  # (22) (23) (24) (25) (26) (27) (28) (29)
        for t in range(62, 0, -1):
            # (22) (23) (24) (25) (26) (27) (28)
            d_h_d_q_d_c_d_o_128_512(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_f_now, a.d_lstm_i_now,
                                    a.d_lstm_v, a.lstm_weight_hh_l0, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_f,
                                    a.lstm_i, a.lstm_c, a.lstm_g, a.scratch, a.q, a.q_2, t)
            d_v_128(a.d_lstm_v, a.lstm_i, a.d_lstm_i_now, a.lstm_f, a.d_lstm_f_now, a.lstm_g, a.d_lstm_g_now,
                    a.lstm_o, a.d_lstm_o_now, t)  # (29)
        d_h_d_q_d_c_d_o_128_512_v2(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_i_now, a.d_lstm_v,
                                   a.lstm_weight_hh_l0, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_f, a.lstm_i,
                                   a.lstm_g, a.scratch, a.q, a.q_2, 0)  # (22) (23) (24) (25) (26) (28)
        d_f_d_v_128(a.d_lstm_f_now, a.d_lstm_v, a.lstm_i, a.d_lstm_i_now, a.lstm_f, a.lstm_g, a.d_lstm_g_now,
                    a.lstm_o, a.d_lstm_o_now, 0)  # (27) (29)
        d_weight_hh_l0_512_128_63(a.d_lstm_weight_hh_l0, a.d_lstm_v, a.lstm_h, a.scratch_5, a.scratch_6)  # (30)
        d_weight_ih_l0_512_32_64(a.d_lstm_weight_ih_l0, a.d_lstm_v, a.embedding)  # (32)
        # (31) (33)
        d_bias_hh_l0_d_bias_ih_l0_512_64(a.d_lstm_bias_hh_l0, a.d_lstm_bias_ih_l0, a.d_lstm_v, a.ones_2)
        d_embedding_64_32_512(a.d_embedding, a.d_lstm_v, a.lstm_weight_ih_l0)  # (34)
        # (35)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_7, a.index_2, a.index_3, a.d)
        return float(a.loss)

    def step(self, text, next):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("step", batch, text, next)

    @staticmethod
    def _step(a, batch, text, next):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (36) (37) (38)
        d_weight_96_32(a.d_embedding_weight)  # (35)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        lstm_512_v2(a.lstm_v_now, a.lstm_i, a.lstm_f, a.lstm_g, a.lstm_o, a.lstm_c, a.lstm_q, a.lstm_h,
                    a.lstm_bias_hh_l0, a.lstm_u, 0)  # (3) (4) (5) (6) (7) (8) (9) (10)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v_now, a.lstm_h, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u, t)  # (3)
            lstm_128_v2(a.lstm_i, a.lstm_f, a.lstm_g, a.lstm_o, a.lstm_c, a.lstm_q, a.lstm_h, a.lstm_v_now,
                        a.scratch, t)  # (4) (5) (6) (7) (8) (9) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch_2,
                                   a.scratch_4, a.ones, a.j, a.factor)  # (13) (14) (15) (16) (18)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (17)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.lstm)  # (19)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_2)  # (20)
        d_lstm_64_128_96(a.d_lstm, a.d_head, a.head_weight)  # (21)
        d_h_d_q_d_c_d_o_128(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_f_now, a.d_lstm_i_now,
                            a.d_lstm_v, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_i, a.lstm_c, a.lstm_g, a.lstm_f,
                            a.scratch, 63)  # (22) (23) (24) (25) (26) (27) (28) (29)
        for t in range(62, 0, -1):
            # (22) (23) (24) (25) (26) (27) (28)
            d_h_d_q_d_c_d_o_128_512(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_f_now, a.d_lstm_i_now,
                                    a.d_lstm_v, a.lstm_weight_hh_l0, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_f,
                                    a.lstm_i, a.lstm_c, a.lstm_g, a.scratch, a.q, a.q_2, t)
            d_v_128(a.d_lstm_v, a.lstm_i, a.d_lstm_i_now, a.lstm_f, a.d_lstm_f_now, a.lstm_g, a.d_lstm_g_now,
                    a.lstm_o, a.d_lstm_o_now, t)  # (29)
        d_h_d_q_d_c_d_o_128_512_v2(a.d_lstm_c, a.d_lstm_o_now, a.d_lstm_g_now, a.d_lstm_i_now, a.d_lstm_v,
                                   a.lstm_weight_hh_l0, a.d_lstm, a.lstm_o, a.lstm_q, a.lstm_f, a.lstm_i,
                                   a.lstm_g, a.scratch, a.q, a.q_2, 0)  # (22) (23) (24) (25) (26) (28)
        d_f_d_v_128(a.d_lstm_f_now, a.d_lstm_v, a.lstm_i, a.d_lstm_i_now, a.lstm_f, a.lstm_g, a.d_lstm_g_now,
                    a.lstm_o, a.d_lstm_o_now, 0)  # (27) (29)
        d_weight_hh_l0_512_128_63(a.d_lstm_weight_hh_l0, a.d_lstm_v, a.lstm_h, a.scratch_5, a.scratch_6)  # (30)
        d_weight_ih_l0_512_32_64(a.d_lstm_weight_ih_l0, a.d_lstm_v, a.embedding)  # (32)
        # (31) (33)
        d_bias_hh_l0_d_bias_ih_l0_512_64(a.d_lstm_bias_hh_l0, a.d_lstm_bias_ih_l0, a.d_lstm_v, a.ones_2)
        d_embedding_64_32_512(a.d_embedding, a.d_lstm_v, a.lstm_weight_ih_l0)  # (34)
        # (35)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_7, a.index_2, a.index_3, a.d)
        clip_norm_96_32(a.embedding_weight_g_square, a.d_embedding_weight)  # (39)
        clip_norm_512_32(a.lstm_weight_ih_l0_g_square, a.d_lstm_weight_ih_l0)  # (40)
        clip_norm_512_128(a.lstm_weight_hh_l0_g_square, a.d_lstm_weight_hh_l0)  # (41)
        clip_norm_512(a.lstm_bias_ih_l0_g_square, a.d_lstm_bias_ih_l0)  # (42)
        clip_norm_512(a.lstm_bias_hh_l0_g_square, a.d_lstm_bias_hh_l0)  # (43)
        clip_norm_96_128(a.head_weight_g_square, a.d_head_weight)  # (44)
        clip_norm_96(a.optimizer_shrink, a.d_head_bias, a.embedding_weight_g_square, a.head_weight_g_square,
                     a.lstm_bias_hh_l0_g_square, a.lstm_bias_ih_l0_g_square, a.lstm_weight_hh_l0_g_square,
                     a.lstm_weight_ih_l0_g_square, a.clip_norm)  # (45) (46) (47)
        # (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68) (69) (70) (71) (72) (73) (74) (75)
        clip_norm_adam_98400(a.m, a.v, a.parameters, a.optimizer_shrink, a.gradients, a.beta1, a.beta2,
                             a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk, a.number, a.scratch_8,
                             a.number_2, a.scratch_9, a.number_3)
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
        arrays["ones"] = np.ones(96, real)
        arrays["positions"] = 6144 * np.arange(batch, dtype=np.intp)[:, None] + 96 * np.arange(64, dtype=np.intp)
        arrays["j"] = np.arange(96, dtype=np.int32)
        arrays["factor"] = np.array(np.divide(1.0, 64.0 * batch), real)
        arrays["ones_2"] = np.ones((batch, 64), real)
        arrays["d"] = np.arange(32, dtype=np.intp)
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
