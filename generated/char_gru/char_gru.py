"""The network char_gru in NumPy: its loss, its gradients and its training step.

Inputs
    text [B, 64] int32, 0 ... 95
    next [B, 64] int32, 0 ... 95
Parameters
    embedding.weight [96, 32]
    gru.weight_ih_l0 [384, 32]
    gru.weight_hh_l0 [384, 128]
    gru.bias_ih_l0 [384]
    gru.bias_hh_l0 [384]
    head.weight [96, 128]
    head.bias [96]
Settings
    lr = 0.003
    eps = 1e-08
    clip_norm = 1.0
    beta1 = 0.9
    beta2 = 0.999

Use
    from char_gru import Network

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
    add, equal, exp, log, matmul, maximum, minimum, multiply, negative, reciprocal, sqrt, square, subtract,
    take, tanh, vdot,
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
    ("gru.weight_ih_l0", 3072, (384, 32)),
    ("gru.weight_hh_l0", 15360, (384, 128)),
    ("gru.bias_ih_l0", 64512, (384,)),
    ("gru.bias_hh_l0", 64896, (384,)),
    ("head.weight", 65280, (96, 128)),
    ("head.bias", 77568, (96,)),
)
STATES = (
    ("embedding.weight.m", 0, (96, 32)),
    ("gru.weight_ih_l0.m", 3072, (384, 32)),
    ("gru.weight_hh_l0.m", 15360, (384, 128)),
    ("gru.bias_ih_l0.m", 64512, (384,)),
    ("gru.bias_hh_l0.m", 64896, (384,)),
    ("head.weight.m", 65280, (96, 128)),
    ("head.bias.m", 77568, (96,)),
    ("embedding.weight.v", 77664, (96, 32)),
    ("gru.weight_ih_l0.v", 80736, (384, 32)),
    ("gru.weight_hh_l0.v", 93024, (384, 128)),
    ("gru.bias_ih_l0.v", 142176, (384,)),
    ("gru.bias_hh_l0.v", 142560, (384,)),
    ("head.weight.v", 142944, (96, 128)),
    ("head.bias.v", 155232, (96,)),
)
FIXED = (
    ("embedding_weight", "parameters", real, 0, 0, (96, 32)),
    ("gru_weight_ih_l0", "parameters", real, 0, 3072, (384, 32)),
    ("gru_weight_hh_l0", "parameters", real, 0, 15360, (384, 128)),
    ("gru_bias_ih_l0", "parameters", real, 0, 64512, (384,)),
    ("gru_bias_hh_l0", "parameters", real, 0, 64896, (384,)),
    ("head_weight", "parameters", real, 0, 65280, (96, 128)),
    ("head_bias", "parameters", real, 0, 77568, (96,)),
    ("embedding_weight_m", "states", real, 0, 0, (96, 32)),
    ("gru_weight_ih_l0_m", "states", real, 0, 3072, (384, 32)),
    ("gru_weight_hh_l0_m", "states", real, 0, 15360, (384, 128)),
    ("gru_bias_ih_l0_m", "states", real, 0, 64512, (384,)),
    ("gru_bias_hh_l0_m", "states", real, 0, 64896, (384,)),
    ("head_weight_m", "states", real, 0, 65280, (96, 128)),
    ("head_bias_m", "states", real, 0, 77568, (96,)),
    ("embedding_weight_v", "states", real, 0, 77664, (96, 32)),
    ("gru_weight_ih_l0_v", "states", real, 0, 80736, (384, 32)),
    ("gru_weight_hh_l0_v", "states", real, 0, 93024, (384, 128)),
    ("gru_bias_ih_l0_v", "states", real, 0, 142176, (384,)),
    ("gru_bias_hh_l0_v", "states", real, 0, 142560, (384,)),
    ("head_weight_v", "states", real, 0, 142944, (96, 128)),
    ("head_bias_v", "states", real, 0, 155232, (96,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("clip_norm", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("d_embedding_weight", "gradients", real, 0, 0, (96, 32)),
    ("d_gru_weight_ih_l0", "gradients", real, 0, 3072, (384, 32)),
    ("d_gru_weight_hh_l0", "gradients", real, 0, 15360, (384, 128)),
    ("d_gru_bias_ih_l0", "gradients", real, 0, 64512, (384,)),
    ("d_gru_bias_hh_l0", "gradients", real, 0, 64896, (384,)),
    ("d_head_weight", "gradients", real, 0, 65280, (96, 128)),
    ("d_head_bias", "gradients", real, 0, 77568, (96,)),
    ("gradients", "gradients", real, 0, 0, (77664,)),
    ("m", "states", real, 0, 0, (77664,)),
    ("v", "states", real, 0, 77664, (77664,)),
    ("parameters", "parameters", real, 0, 0, (77664,)),
)
WORKSPACE = {
    "forward": (
        ("embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru_u", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_v_now", "workspace", real, 1, 32768, (B, 384)),
        ("gru_h", "workspace", real, 1, 24576, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("gru", "workspace", real, 1, 24576, (B, 64, 128)),
    ),
    "loss": (
        ("embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru_u", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_v_now", "workspace", real, 1, 32768, (B, 384)),
        ("gru_h", "workspace", real, 1, 24576, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 12352, (B, 64)),
        ("loss_e", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 12288, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
        ("gru", "workspace", real, 1, 24576, (B, 64, 128)),
    ),
    "gradients": (
        ("embedding", "workspace", real, 1, 122880, (B, 64, 32)),
        ("gru_u", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_v", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_r", "workspace", real, 1, 65536, (B, 64, 128)),
        ("gru_z", "workspace", real, 1, 73728, (B, 64, 128)),
        ("gru_n", "workspace", real, 1, 57344, (B, 64, 128)),
        ("gru_h", "workspace", real, 1, 49152, (B, 64, 128)),
        ("head", "workspace", real, 1, 30720, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 43072, (B, 64)),
        ("loss_e", "workspace", real, 1, 36864, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 43008, (B, 64)),
        ("d_head", "workspace", real, 1, 24576, (B, 64, 96)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_gru", "workspace", real, 1, 81920, (B, 64, 128)),
        ("d_gru_h", "workspace", real, 1, 114688, (B, 64, 128)),
        ("d_gru_n", "workspace", real, 1, 90112, (B, 64, 128)),
        ("d_gru_z", "workspace", real, 1, 106496, (B, 64, 128)),
        ("d_gru_r", "workspace", real, 1, 98304, (B, 64, 128)),
        ("d_gru_v", "workspace", real, 1, 24576, (B, 64, 384)),
        ("d_gru_u", "workspace", real, 1, 0, (B, 64, 384)),
        ("d_embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru", "workspace", real, 1, 49152, (B, 64, 128)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("embedding", "workspace", real, 1, 122880, (B, 64, 32)),
        ("gru_u", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_v", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_r", "workspace", real, 1, 65536, (B, 64, 128)),
        ("gru_z", "workspace", real, 1, 73728, (B, 64, 128)),
        ("gru_n", "workspace", real, 1, 57344, (B, 64, 128)),
        ("gru_h", "workspace", real, 1, 49152, (B, 64, 128)),
        ("head", "workspace", real, 1, 30720, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 43072, (B, 64)),
        ("loss_e", "workspace", real, 1, 36864, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 43008, (B, 64)),
        ("d_head", "workspace", real, 1, 24576, (B, 64, 96)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_gru", "workspace", real, 1, 81920, (B, 64, 128)),
        ("d_gru_h", "workspace", real, 1, 114688, (B, 64, 128)),
        ("d_gru_n", "workspace", real, 1, 90112, (B, 64, 128)),
        ("d_gru_z", "workspace", real, 1, 106496, (B, 64, 128)),
        ("d_gru_r", "workspace", real, 1, 98304, (B, 64, 128)),
        ("d_gru_v", "workspace", real, 1, 24576, (B, 64, 384)),
        ("d_gru_u", "workspace", real, 1, 0, (B, 64, 384)),
        ("d_embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("embedding_weight_g_square", "workspace", real, 0, 7, ()),
        ("gru_weight_ih_l0_g_square", "workspace", real, 0, 8, ()),
        ("gru_weight_hh_l0_g_square", "workspace", real, 0, 9, ()),
        ("gru_bias_ih_l0_g_square", "workspace", real, 0, 10, ()),
        ("gru_bias_hh_l0_g_square", "workspace", real, 0, 11, ()),
        ("head_weight_g_square", "workspace", real, 0, 12, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 4, ()),
        ("gru", "workspace", real, 1, 49152, (B, 64, 128)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 64)),
    ("r", "reals", real, 1, 0, (B, 128)),
    ("z", "reals", real, 1, 128, (B, 128)),
    ("n", "reals", real, 1, 256, (B, 128)),
    ("scratch", "reals", real, 1, 384, (B, 128)),
    ("scratch_2", "reals", real, 1, 0, (B, 64)),
    ("scratch_3", "reals", real, 1, 64, (B, 64)),
    ("scratch_4", "reals", real, 1, 64, (B, 64, 96)),
    ("scratch_5", "reals", real, 1, 0, (B, 63, 384)),
    ("scratch_6", "reals", real, 1, 24192, (B, 63, 128)),
    ("scratch_7", "reals", real, 1, 0, (32, B, 64)),
    ("index_2", "indices", np.intp, 1, 0, (32, B, 64)),
    ("index_3", "indices", np.intp, 1, 2048, (B, 64)),
    ("shrunk", "reals", real, 0, 0, (77664,)),
    ("number", "reals", real, 0, 77664, ()),
    ("scratch_8", "reals", real, 0, 77665, (77664,)),
    ("number_2", "reals", real, 0, 155329, ()),
    ("scratch_9", "reals", real, 0, 155330, (77664,)),
    ("number_3", "reals", real, 0, 232994, ()),
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
    "workspace": (16, 124928, 0),
    "indices": (0, 2112, 0),
    "reals": (232995, 32256, 0),
}


def embedding_64_32(embedding, weight, text, index):
    """embedding: embedding.

    Writes embedding [B, 64, 32]; reads weight [96, 32], text [B, 64].
    """
    # (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
    index[...] = text
    take(weight, index, axis=0, out=embedding, mode="clip")


def gru_64_384_32(u, embedding, weight_ih_l0, bias_ih_l0):
    """gru: gru.

    Writes u [B, 64, 384]; reads embedding [B, 64, 32], weight_ih_l0 [384, 32], bias_ih_l0 [384].
    """
    # (2) gru.u[b, t, m] = sum[i](embedding[b, t, i] * gru.weight_ih_l0[m, i]) + gru.bias_ih_l0[m]
    embedding.reshape(-1, 32).dot(weight_ih_l0.T, out=u.reshape(-1, 384))
    u += bias_ih_l0


def gru_384(v_now, h, bias_hh_l0, u, r, z, n, t):
    """gru: gru (one side of the product).

    Writes v_now [B, 384], h [B, 64, 128]; reads bias_hh_l0 [384], u [B, 64, 384].
    """
    # (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
    v_now[...] = bias_hh_l0
    # (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
    add(u[:, t, :128], v_now[:, :128], out=r)
    negative(r, out=r)
    exp(r, out=r)
    r += ONE
    reciprocal(r, out=r)
    # (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
    add(u[:, t, 128:256], v_now[:, 128:256], out=z)
    negative(z, out=z)
    exp(z, out=z)
    z += ONE
    reciprocal(z, out=z)
    # (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
    multiply(r, v_now[:, 256:384], out=n)
    n += u[:, t, 256:384]
    tanh(n, out=n)
    # (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
    subtract(ONE, z, out=h[:, t])
    h[:, t] *= n


def gru_384_128(v_now, h, weight_hh_l0, bias_hh_l0, t):
    """gru: gru (one side of the product).

    Writes v_now [B, 384]; reads h [B, 64, 128], weight_hh_l0 [384, 128], bias_hh_l0 [384].
    """
    # (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
    h[:, t - 1].dot(weight_hh_l0.T, out=v_now)
    v_now += bias_hh_l0


def gru_128(h, u, v_now, r, z, n, scratch, t):
    """gru: gru.

    Writes h [B, 64, 128]; reads u [B, 64, 384], v_now [B, 384].
    """
    # (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
    add(u[:, t, :128], v_now[:, :128], out=r)
    negative(r, out=r)
    exp(r, out=r)
    r += ONE
    reciprocal(r, out=r)
    # (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
    add(u[:, t, 128:256], v_now[:, 128:256], out=z)
    negative(z, out=z)
    exp(z, out=z)
    z += ONE
    reciprocal(z, out=z)
    # (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
    multiply(r, v_now[:, 256:384], out=n)
    n += u[:, t, 256:384]
    tanh(n, out=n)
    # (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
    multiply(h[:, t - 1], z, out=h[:, t])
    subtract(ONE, z, out=scratch)
    scratch *= n
    h[:, t] += scratch


def linear_64_96_128(head, gru, weight, bias):
    """head: linear.

    Writes head [B, 64, 96]; reads gru [B, 64, 128], weight [96, 128], bias [96].
    """
    # (9) head[b, t, o] = sum[i](gru[b, t, i] * head.weight[o, i]) + head.bias[o]
    gru.reshape(-1, 128).dot(weight.T, out=head.reshape(-1, 96))
    head += bias


def cross_entropy_64_96(m, e, S, head, ones):
    """loss: cross_entropy.

    Writes m [B, 64], e [B, 64, 96], S [B, 64]; reads head [B, 64, 96].
    """
    # (10) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))


def cross_entropy_64(loss, m, head, next, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 64], head [B, 64, 96], next [B, 64], S [B, 64].
    """
    # (14) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
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
    # (30) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    d_weight[...] = 0.0


def gru_384_v2(v, r, z, n, h, bias_hh_l0, u, t):
    """gru: gru.

    Writes v [B, 64, 384], r [B, 64, 128], z [B, 64, 128], n [B, 64, 128], h [B, 64, 128]; reads bias_hh_l0
    [384], u [B, 64, 384].
    """
    # (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
    v[:, t] = bias_hh_l0
    # (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
    add(u[:, t, :128], v[:, t, :128], out=r[:, t])
    multiply(r[:, t], MINUS_ONE, out=r[:, t])
    exp(r[:, t], out=r[:, t])
    r[:, t] += ONE
    reciprocal(r[:, t], out=r[:, t])
    # (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
    add(u[:, t, 128:256], v[:, t, 128:256], out=z[:, t])
    multiply(z[:, t], MINUS_ONE, out=z[:, t])
    exp(z[:, t], out=z[:, t])
    z[:, t] += ONE
    reciprocal(z[:, t], out=z[:, t])
    # (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
    multiply(r[:, t], v[:, t, 256:384], out=n[:, t])
    n[:, t] += u[:, t, 256:384]
    tanh(n[:, t], out=n[:, t])
    # (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
    subtract(ONE, z[:, t], out=h[:, t])
    h[:, t] *= n[:, t]


def gru_384_128_v2(v, h, weight_hh_l0, bias_hh_l0, t):
    """gru: gru.

    Writes v [B, 64, 384]; reads h [B, 64, 128], weight_hh_l0 [384, 128], bias_hh_l0 [384].
    """
    # (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
    matmul(h[:, t - 1], weight_hh_l0.T, out=v[:, t])
    v[:, t] += bias_hh_l0


def gru_128_v2(r, z, n, h, u, v, scratch, t):
    """gru: gru.

    Writes r [B, 64, 128], z [B, 64, 128], n [B, 64, 128], h [B, 64, 128]; reads u [B, 64, 384], v [B, 64, 384].
    """
    # (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
    add(u[:, t, :128], v[:, t, :128], out=r[:, t])
    multiply(r[:, t], MINUS_ONE, out=r[:, t])
    exp(r[:, t], out=r[:, t])
    r[:, t] += ONE
    reciprocal(r[:, t], out=r[:, t])
    # (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
    add(u[:, t, 128:256], v[:, t, 128:256], out=z[:, t])
    multiply(z[:, t], MINUS_ONE, out=z[:, t])
    exp(z[:, t], out=z[:, t])
    z[:, t] += ONE
    reciprocal(z[:, t], out=z[:, t])
    # (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
    multiply(r[:, t], v[:, t, 256:384], out=n[:, t])
    n[:, t] += u[:, t, 256:384]
    tanh(n[:, t], out=n[:, t])
    # (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
    multiply(h[:, t - 1], z[:, t], out=h[:, t])
    subtract(ONE, z[:, t], out=scratch)
    scratch *= n[:, t]
    h[:, t] += scratch


def cross_entropy_d_head_64_96(m, e, S, d_head, head, next, scale, scratch, ones, j, factor):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 64], e [B, 64, 96], S [B, 64], d_head [B, 64, 96]; reads head [B, 64, 96], next [B, 64].
    """
    # (10) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))
    # (13) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
    reciprocal(S, out=scale)
    # (13)
    # (15) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
    multiply(scale[:, :, None], e, out=d_head)
    equal(j, next[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= factor


def d_weight_96_128_64(d_weight, d_head, gru):
    """head: gradient of linear.

    Writes d_weight [96, 128]; reads d_head [B, 64, 96], gru [B, 64, 128].
    """
    # (16) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * gru[b, j, i])
    d_head.reshape(-1, 96).T.dot(gru.reshape(-1, 128), out=d_weight)


def d_bias_96_64(d_bias, d_head, ones):
    """head: gradient of linear.

    Writes d_bias [96]; reads d_head [B, 64, 96].
    """
    # (17) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    ones.reshape(-1).dot(d_head.reshape(-1, 96), out=d_bias)


def d_gru_64_128_96(d_gru, d_head, weight):
    """gru: gradient of gru.

    Writes d_gru [B, 64, 128]; reads d_head [B, 64, 96], weight [96, 128].
    """
    # (18) d.gru[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
    d_head.reshape(-1, 96).dot(weight, out=d_gru.reshape(-1, 128))


def d_h_d_n_d_z_d_r_128(d_h, d_n, d_z, d_r, d_v, d_gru, z, h, n, v, r, t):
    """gru: gradient of gru.

    Writes d_h [B, 64, 128], d_n [B, 64, 128], d_z [B, 64, 128], d_r [B, 64, 128], d_v [B, 64, 384]; reads d_gru
    [B, 64, 128], z [B, 64, 128], h [B, 64, 128], n [B, 64, 128], v [B, 64, 384], r [B, 64, 128].
    """
    # (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] *
    #     gru.z[b, t + 1, j] + d.gru[b, t, j]
    d_h[:, t] = d_gru[:, t]
    # (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
    subtract(h[:, t - 1], n[:, t], out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 256:384]
    # (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) +
    #     d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] *
    #     gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
    subtract(ONE, r[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_r[:, t]
    d_v[:, t, :128] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_z[:, t]
    d_v[:, t, 128:256] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_n[:, t]
    d_v[:, t, 256:384] *= r[:, t]


def d_h_d_n_d_z_d_r_128_384(d_h, d_n, d_z, d_r, d_v, weight_hh_l0, z, d_gru, h, n, v, scratch, t):
    """gru: gradient of gru.

    Writes d_h [B, 64, 128], d_n [B, 64, 128], d_z [B, 64, 128], d_r [B, 64, 128]; reads d_v [B, 64, 384],
    weight_hh_l0 [384, 128], z [B, 64, 128], d_gru [B, 64, 128], h [B, 64, 128], n [B, 64, 128], v [B, 64, 384].
    """
    # (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] *
    #     gru.z[b, t + 1, j] + d.gru[b, t, j]
    multiply(d_h[:, t + 1], z[:, t + 1], out=d_h[:, t])
    d_v[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h[:, t] += scratch
    d_h[:, t] += d_gru[:, t]
    # (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
    subtract(h[:, t - 1], n[:, t], out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 256:384]


def d_v_128(d_v, r, d_r, z, d_z, n, d_n, t):
    """gru: gradient of gru.

    Writes d_v [B, 64, 384]; reads r [B, 64, 128], d_r [B, 64, 128], z [B, 64, 128], d_z [B, 64, 128], n [B, 64,
    128], d_n [B, 64, 128].
    """
    # (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) +
    #     d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] *
    #     gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
    subtract(ONE, r[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_r[:, t]
    d_v[:, t, :128] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_z[:, t]
    d_v[:, t, 128:256] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_n[:, t]
    d_v[:, t, 256:384] *= r[:, t]


def d_h_d_n_d_z_d_r_128_384_v2(d_h, d_n, d_z, d_r, d_v, weight_hh_l0, z, d_gru, n, v, scratch, t):
    """gru: gradient of gru.

    Writes d_h [B, 64, 128], d_n [B, 64, 128], d_z [B, 64, 128], d_r [B, 64, 128]; reads d_v [B, 64, 384],
    weight_hh_l0 [384, 128], z [B, 64, 128], d_gru [B, 64, 128], n [B, 64, 128], v [B, 64, 384].
    """
    # (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] *
    #     gru.z[b, t + 1, j] + d.gru[b, t, j]
    multiply(d_h[:, t + 1], z[:, t + 1], out=d_h[:, t])
    d_v[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h[:, t] += scratch
    d_h[:, t] += d_gru[:, t]
    # (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
    multiply(n[:, t], MINUS_ONE, out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 256:384]


def d_v_128_v2(d_v, r, d_r, z, d_z, n, d_n, t):
    """gru: gradient of gru.

    Writes d_v [B, 64, 384]; reads r [B, 64, 128], d_r [B, 64, 128], z [B, 64, 128], d_z [B, 64, 128], n [B, 64,
    128], d_n [B, 64, 128].
    """
    # (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) +
    #     d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] *
    #     gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
    subtract(ONE, r[:, t], out=d_v[:, t, :128])
    d_v[:, t, :128] *= d_r[:, t]
    d_v[:, t, :128] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 128:256])
    d_v[:, t, 128:256] *= d_z[:, t]
    d_v[:, t, 128:256] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 256:384])
    subtract(ONE, d_v[:, t, 256:384], out=d_v[:, t, 256:384])
    d_v[:, t, 256:384] *= d_n[:, t]
    d_v[:, t, 256:384] *= r[:, t]


def d_u_64_128(d_u, r, d_r, z, d_z, n, d_n):
    """gru: gradient of gru.

    Writes d_u [B, 64, 384]; reads r [B, 64, 128], d_r [B, 64, 128], z [B, 64, 128], d_z [B, 64, 128], n [B, 64,
    128], d_n [B, 64, 128].
    """
    # (26) d.gru.u[b, t, m] = d.gru.n[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) + d.gru.r[b, t, m + 0] *
    #     gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] * gru.z[b, t, m - 128] * (1 -
    #     gru.z[b, t, m - 128])
    subtract(ONE, r, out=d_u[:, :, :128])
    d_u[:, :, :128] *= d_r
    d_u[:, :, :128] *= r
    subtract(ONE, z, out=d_u[:, :, 128:256])
    d_u[:, :, 128:256] *= d_z
    d_u[:, :, 128:256] *= z
    square(n, out=d_u[:, :, 256:384])
    subtract(ONE, d_u[:, :, 256:384], out=d_u[:, :, 256:384])
    d_u[:, :, 256:384] *= d_n


def d_weight_hh_l0_384_128_63(d_weight_hh_l0, d_v, h, scratch, scratch_2):
    """gru: gradient of gru.

    Writes d_weight_hh_l0 [384, 128]; reads d_v [B, 64, 384], h [B, 64, 128].
    """
    # (24) d.gru.weight_hh_l0[m, k] = sum[b, i](d.gru.v[b, i, m] * gru.h[b, i - 1, k])
    scratch[...] = d_v[:, 1:64]
    scratch_2[...] = h[:, :63]
    scratch.reshape(-1, 384).T.dot(scratch_2.reshape(-1, 128), out=d_weight_hh_l0)


def d_bias_hh_l0_384_64(d_bias_hh_l0, d_v, ones):
    """gru: gradient of gru.

    Writes d_bias_hh_l0 [384]; reads d_v [B, 64, 384].
    For (28) too.
    """
    # (25) d.gru.bias_hh_l0[m] = sum[b, i](d.gru.v[b, i, m])
    ones.reshape(-1).dot(d_v.reshape(-1, 384), out=d_bias_hh_l0)


def d_weight_ih_l0_384_32_64(d_weight_ih_l0, d_u, embedding):
    """gru: gradient of gru.

    Writes d_weight_ih_l0 [384, 32]; reads d_u [B, 64, 384], embedding [B, 64, 32].
    """
    # (27) d.gru.weight_ih_l0[m, d] = sum[b, i](d.gru.u[b, i, m] * embedding[b, i, d])
    d_u.reshape(-1, 384).T.dot(embedding.reshape(-1, 32), out=d_weight_ih_l0)


def d_embedding_64_32_384(d_embedding, d_u, weight_ih_l0):
    """embedding: gradient of embedding.

    Writes d_embedding [B, 64, 32]; reads d_u [B, 64, 384], weight_ih_l0 [384, 32].
    """
    # (29) d.embedding[b, i, d] = sum[j](d.gru.u[b, i, j] * gru.weight_ih_l0[j, d])
    d_u.reshape(-1, 384).dot(weight_ih_l0, out=d_embedding.reshape(-1, 32))


def d_weight_32_64(d_weight, d_embedding, text, scratch, index, index_2, d):
    """embedding: gradient of embedding.

    Writes d_weight [96, 32]; reads d_embedding [B, 64, 32], text [B, 64].
    """
    # (30) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    scratch[...] = d_embedding.transpose(2, 0, 1)
    multiply(text, 32, out=index_2)
    add(d[:, None, None], index_2, out=index)
    add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (31) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (32) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (33) t.next = 1 + t
    t[...] = float(t) + 1.0


def clip_norm_96_32(square_2, d_weight):
    """embedding: clip_norm.

    Writes square_2; reads d_weight [96, 32].
    """
    # (34) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_384_32(square_2, d_weight_ih_l0):
    """gru: clip_norm.

    Writes square_2; reads d_weight_ih_l0 [384, 32].
    """
    # (35) gru.weight_ih_l0.g.square = sum[i, j](d.gru.weight_ih_l0[i, j]**2)
    square_2[...] = vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_384_128(square_2, d_weight_hh_l0):
    """gru: clip_norm.

    Writes square_2; reads d_weight_hh_l0 [384, 128].
    """
    # (36) gru.weight_hh_l0.g.square = sum[i, j](d.gru.weight_hh_l0[i, j]**2)
    square_2[...] = vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_384(square_2, d_bias_ih_l0):
    """gru: clip_norm.

    Writes square_2; reads d_bias_ih_l0 [384].
    For (38) too.
    """
    # (37) gru.bias_ih_l0.g.square = sum[i](d.gru.bias_ih_l0[i]**2)
    square_2[...] = d_bias_ih_l0.dot(d_bias_ih_l0)


def clip_norm_96_128(square_2, d_weight):
    """head: clip_norm.

    Writes square_2; reads d_weight [96, 128].
    """
    # (39) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_96(shrink, d_bias, square_2, gru_bias_hh_l0_g_square, gru_bias_ih_l0_g_square,
                 gru_weight_hh_l0_g_square, gru_weight_ih_l0_g_square, head_weight_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [96], square_2, gru_bias_hh_l0_g_square, gru_bias_ih_l0_g_square,
    gru_weight_hh_l0_g_square, gru_weight_ih_l0_g_square, head_weight_g_square, clip_norm.
    """
    # (40) head.bias.g.square = sum[i](d.head.bias[i]**2)
    # (41) optimizer.norm = sqrt(embedding.weight.g.square + gru.bias_hh_l0.g.square + gru.bias_ih_l0.g.square +
    #     gru.weight_hh_l0.g.square + gru.weight_ih_l0.g.square + head.bias.g.square + head.weight.g.square)
    # (42) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
    shrink[...] = minimum(1.0,
                          float(clip_norm) / (sqrt(float(square_2) + float(gru_bias_hh_l0_g_square) + float(gru_bias_ih_l0_g_square) + float(gru_weight_hh_l0_g_square) + float(gru_weight_ih_l0_g_square) + d_bias.dot(d_bias) + float(head_weight_g_square)) + 1e-06))


def clip_norm_adam_77664(m, v, parameters, shrink, gradients, beta1, beta2, rate, scale, eps, shrunk, number,
                         scratch, number_2, scratch_2, number_3):
    """embedding.weight to head.bias: clip_norm, adam.

    Writes m [77664], v [77664], parameters [77664]; reads shrink, gradients [77664], beta1, beta2, rate, scale,
    eps.
    For (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63)
    (64) (65) (66) (67) (68) (69) (70) too.
    """
    # (43) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
    number[...] = float(shrink)
    multiply(number, gradients, out=shrunk)
    # (50) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 *
    #     embedding.weight.m[i, d]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, shrunk, out=scratch)
    m += scratch
    # (51) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 *
    #     embedding.weight.v[i, d]
    number[...] = float(beta2)
    v *= number
    square(shrunk, out=scratch)
    number_2[...] = 1.0 - float(beta2)
    scratch *= number_2
    v += scratch
    # (52) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d]
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
            "parameters": np.zeros(77664, real) if parameters is None else parameters,
            "gradients": np.zeros(77664, real) if gradients is None else gradients,
            "states": np.zeros(155328, real) if states is None else states,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 124928 * capacity, real)
        self.blocks["indices"] = np.zeros(2112 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(232995 + 32256 * capacity, real)
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
        gru_64_384_32(a.gru_u, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        gru_384(a.gru_v_now, a.gru_h, a.gru_bias_hh_l0, a.gru_u, a.r, a.z, a.n, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 64):
            gru_384_128(a.gru_v_now, a.gru_h, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128(a.gru_h, a.gru_u, a.gru_v_now, a.r, a.z, a.n, a.scratch, t)  # (4) (5) (6) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
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
        gru_64_384_32(a.gru_u, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        gru_384(a.gru_v_now, a.gru_h, a.gru_bias_hh_l0, a.gru_u, a.r, a.z, a.n, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 64):
            gru_384_128(a.gru_v_now, a.gru_h, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128(a.gru_h, a.gru_u, a.gru_v_now, a.r, a.z, a.n, a.scratch, t)  # (4) (5) (6) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_64_96(a.loss_m, a.loss_e, a.loss_S, a.head, a.ones)  # (10) (11) (12)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (14)
        return float(a.loss)

    def gradients(self, text, next):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("gradients", batch, text, next)

    @staticmethod
    def _gradients(a, batch, text, next):
        d_weight_96_32(a.d_embedding_weight)  # (30)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_384_v2(a.gru_v, a.gru_r, a.gru_z, a.gru_n, a.gru_h, a.gru_bias_hh_l0, a.gru_u, 0)
        for t in range(1, 64):
            gru_384_128_v2(a.gru_v, a.gru_h, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128_v2(a.gru_r, a.gru_z, a.gru_n, a.gru_h, a.gru_u, a.gru_v, a.r, t)  # (4) (5) (6) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch_2,
                                   a.scratch_4, a.ones, a.j, a.factor)  # (10) (11) (12) (13) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (14)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.gru)  # (16)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_2)  # (17)
        d_gru_64_128_96(a.d_gru, a.d_head, a.head_weight)  # (18)
        d_h_d_n_d_z_d_r_128(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.d_gru, a.gru_z, a.gru_h,
                            a.gru_n, a.gru_v, a.gru_r, 63)  # (19) (20) (21) (22) (23)
        for t in range(62, 0, -1):
            d_h_d_n_d_z_d_r_128_384(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.gru_weight_hh_l0,
                                    a.gru_z, a.d_gru, a.gru_h, a.gru_n, a.gru_v, a.r, t)  # (19) (20) (21) (22)
            d_v_128(a.d_gru_v, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n, t)  # (23)
        d_h_d_n_d_z_d_r_128_384_v2(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.gru_weight_hh_l0,
                                   a.gru_z, a.d_gru, a.gru_n, a.gru_v, a.r, 0)  # (19) (20) (21) (22)
        d_v_128_v2(a.d_gru_v, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n, 0)  # (23)
        d_u_64_128(a.d_gru_u, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n)  # (26)
        d_weight_hh_l0_384_128_63(a.d_gru_weight_hh_l0, a.d_gru_v, a.gru_h, a.scratch_5, a.scratch_6)  # (24)
        d_bias_hh_l0_384_64(a.d_gru_bias_hh_l0, a.d_gru_v, a.ones_2)  # (25)
        d_weight_ih_l0_384_32_64(a.d_gru_weight_ih_l0, a.d_gru_u, a.embedding)  # (27)
        d_bias_hh_l0_384_64(a.d_gru_bias_ih_l0, a.d_gru_u, a.ones_2)  # (28)
        d_embedding_64_32_384(a.d_embedding, a.d_gru_u, a.gru_weight_ih_l0)  # (29)
        # (30)
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
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (31) (32) (33)
        d_weight_96_32(a.d_embedding_weight)  # (30)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_384_v2(a.gru_v, a.gru_r, a.gru_z, a.gru_n, a.gru_h, a.gru_bias_hh_l0, a.gru_u, 0)
        for t in range(1, 64):
            gru_384_128_v2(a.gru_v, a.gru_h, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128_v2(a.gru_r, a.gru_z, a.gru_n, a.gru_h, a.gru_u, a.gru_v, a.r, t)  # (4) (5) (6) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch_2,
                                   a.scratch_4, a.ones, a.j, a.factor)  # (10) (11) (12) (13) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                         a.positions, batch)  # (14)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.gru)  # (16)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_2)  # (17)
        d_gru_64_128_96(a.d_gru, a.d_head, a.head_weight)  # (18)
        d_h_d_n_d_z_d_r_128(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.d_gru, a.gru_z, a.gru_h,
                            a.gru_n, a.gru_v, a.gru_r, 63)  # (19) (20) (21) (22) (23)
        for t in range(62, 0, -1):
            d_h_d_n_d_z_d_r_128_384(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.gru_weight_hh_l0,
                                    a.gru_z, a.d_gru, a.gru_h, a.gru_n, a.gru_v, a.r, t)  # (19) (20) (21) (22)
            d_v_128(a.d_gru_v, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n, t)  # (23)
        d_h_d_n_d_z_d_r_128_384_v2(a.d_gru_h, a.d_gru_n, a.d_gru_z, a.d_gru_r, a.d_gru_v, a.gru_weight_hh_l0,
                                   a.gru_z, a.d_gru, a.gru_n, a.gru_v, a.r, 0)  # (19) (20) (21) (22)
        d_v_128_v2(a.d_gru_v, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n, 0)  # (23)
        d_u_64_128(a.d_gru_u, a.gru_r, a.d_gru_r, a.gru_z, a.d_gru_z, a.gru_n, a.d_gru_n)  # (26)
        d_weight_hh_l0_384_128_63(a.d_gru_weight_hh_l0, a.d_gru_v, a.gru_h, a.scratch_5, a.scratch_6)  # (24)
        d_bias_hh_l0_384_64(a.d_gru_bias_hh_l0, a.d_gru_v, a.ones_2)  # (25)
        d_weight_ih_l0_384_32_64(a.d_gru_weight_ih_l0, a.d_gru_u, a.embedding)  # (27)
        d_bias_hh_l0_384_64(a.d_gru_bias_ih_l0, a.d_gru_u, a.ones_2)  # (28)
        d_embedding_64_32_384(a.d_embedding, a.d_gru_u, a.gru_weight_ih_l0)  # (29)
        # (30)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_7, a.index_2, a.index_3, a.d)
        clip_norm_96_32(a.embedding_weight_g_square, a.d_embedding_weight)  # (34)
        clip_norm_384_32(a.gru_weight_ih_l0_g_square, a.d_gru_weight_ih_l0)  # (35)
        clip_norm_384_128(a.gru_weight_hh_l0_g_square, a.d_gru_weight_hh_l0)  # (36)
        clip_norm_384(a.gru_bias_ih_l0_g_square, a.d_gru_bias_ih_l0)  # (37)
        clip_norm_384(a.gru_bias_hh_l0_g_square, a.d_gru_bias_hh_l0)  # (38)
        clip_norm_96_128(a.head_weight_g_square, a.d_head_weight)  # (39)
        clip_norm_96(a.optimizer_shrink, a.d_head_bias, a.embedding_weight_g_square, a.gru_bias_hh_l0_g_square,
                     a.gru_bias_ih_l0_g_square, a.gru_weight_hh_l0_g_square, a.gru_weight_ih_l0_g_square,
                     a.head_weight_g_square, a.clip_norm)  # (40) (41) (42)
        # (43) (44) (45) (46) (47) (48) (49) (50) (51) (52) (53) (54) (55) (56) (57) (58) (59) (60) (61) (62) (63) (64) (65) (66) (67) (68) (69) (70)
        clip_norm_adam_77664(a.m, a.v, a.parameters, a.optimizer_shrink, a.gradients, a.beta1, a.beta2,
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
