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

from types import SimpleNamespace

import numpy as np

real = np.float32
B = "B"  # in a shape: the batch size

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
    ("embedding.weight.v", 3072, (96, 32)),
    ("gru.weight_ih_l0.m", 6144, (384, 32)),
    ("gru.weight_ih_l0.v", 18432, (384, 32)),
    ("gru.weight_hh_l0.m", 30720, (384, 128)),
    ("gru.weight_hh_l0.v", 79872, (384, 128)),
    ("gru.bias_ih_l0.m", 129024, (384,)),
    ("gru.bias_ih_l0.v", 129408, (384,)),
    ("gru.bias_hh_l0.m", 129792, (384,)),
    ("gru.bias_hh_l0.v", 130176, (384,)),
    ("head.weight.m", 130560, (96, 128)),
    ("head.weight.v", 142848, (96, 128)),
    ("head.bias.m", 155136, (96,)),
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
    ("embedding_weight_v", "states", real, 0, 3072, (96, 32)),
    ("gru_weight_ih_l0_m", "states", real, 0, 6144, (384, 32)),
    ("gru_weight_ih_l0_v", "states", real, 0, 18432, (384, 32)),
    ("gru_weight_hh_l0_m", "states", real, 0, 30720, (384, 128)),
    ("gru_weight_hh_l0_v", "states", real, 0, 79872, (384, 128)),
    ("gru_bias_ih_l0_m", "states", real, 0, 129024, (384,)),
    ("gru_bias_ih_l0_v", "states", real, 0, 129408, (384,)),
    ("gru_bias_hh_l0_m", "states", real, 0, 129792, (384,)),
    ("gru_bias_hh_l0_v", "states", real, 0, 130176, (384,)),
    ("head_weight_m", "states", real, 0, 130560, (96, 128)),
    ("head_weight_v", "states", real, 0, 142848, (96, 128)),
    ("head_bias_m", "states", real, 0, 155136, (96,)),
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
)
WORKSPACE = {
    "forward": (
        ("embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru_u0", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_v0", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_h0", "workspace", real, 1, 49152, (B, 64, 128)),
        ("gru_n0", "workspace", real, 1, 57344, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("gru", "workspace", real, 1, 49152, (B, 64, 128)),
    ),
    "loss": (
        ("embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru_u0", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_v0", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_h0", "workspace", real, 1, 49152, (B, 64, 128)),
        ("gru_n0", "workspace", real, 1, 57344, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 12352, (B, 64)),
        ("loss_e", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 12288, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
        ("gru", "workspace", real, 1, 49152, (B, 64, 128)),
    ),
    "gradients": (
        ("embedding", "workspace", real, 1, 147456, (B, 64, 32)),
        ("gru_u0", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_v0", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_r0", "workspace", real, 1, 81920, (B, 64, 128)),
        ("gru_z0", "workspace", real, 1, 98304, (B, 64, 128)),
        ("gru_n0", "workspace", real, 1, 90112, (B, 64, 128)),
        ("gru_h0", "workspace", real, 1, 73728, (B, 64, 128)),
        ("head", "workspace", real, 1, 55296, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 67648, (B, 64)),
        ("loss_e", "workspace", real, 1, 61440, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 67584, (B, 64)),
        ("d_head", "workspace", real, 1, 49152, (B, 64, 96)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_gru", "workspace", real, 1, 106496, (B, 64, 128)),
        ("d_gru_h0", "workspace", real, 1, 139264, (B, 64, 128)),
        ("d_gru_n0", "workspace", real, 1, 114688, (B, 64, 128)),
        ("d_gru_z0", "workspace", real, 1, 131072, (B, 64, 128)),
        ("d_gru_r0", "workspace", real, 1, 122880, (B, 64, 128)),
        ("d_gru_v0", "workspace", real, 1, 49152, (B, 64, 384)),
        ("d_embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("gru", "workspace", real, 1, 73728, (B, 64, 128)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("embedding", "workspace", real, 1, 147456, (B, 64, 32)),
        ("gru_u0", "workspace", real, 1, 24576, (B, 64, 384)),
        ("gru_v0", "workspace", real, 1, 0, (B, 64, 384)),
        ("gru_r0", "workspace", real, 1, 81920, (B, 64, 128)),
        ("gru_z0", "workspace", real, 1, 98304, (B, 64, 128)),
        ("gru_n0", "workspace", real, 1, 90112, (B, 64, 128)),
        ("gru_h0", "workspace", real, 1, 73728, (B, 64, 128)),
        ("head", "workspace", real, 1, 55296, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 67648, (B, 64)),
        ("loss_e", "workspace", real, 1, 61440, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 67584, (B, 64)),
        ("d_head", "workspace", real, 1, 49152, (B, 64, 96)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_gru", "workspace", real, 1, 106496, (B, 64, 128)),
        ("d_gru_h0", "workspace", real, 1, 139264, (B, 64, 128)),
        ("d_gru_n0", "workspace", real, 1, 114688, (B, 64, 128)),
        ("d_gru_z0", "workspace", real, 1, 131072, (B, 64, 128)),
        ("d_gru_r0", "workspace", real, 1, 122880, (B, 64, 128)),
        ("d_gru_v0", "workspace", real, 1, 49152, (B, 64, 384)),
        ("d_embedding", "workspace", real, 1, 24576, (B, 64, 32)),
        ("embedding_weight_g_square", "workspace", real, 0, 7, ()),
        ("gru_weight_ih_l0_g_square", "workspace", real, 0, 8, ()),
        ("gru_weight_hh_l0_g_square", "workspace", real, 0, 9, ()),
        ("gru_bias_ih_l0_g_square", "workspace", real, 0, 10, ()),
        ("gru_bias_hh_l0_g_square", "workspace", real, 0, 11, ()),
        ("head_weight_g_square", "workspace", real, 0, 12, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 4, ()),
        ("gru", "workspace", real, 1, 73728, (B, 64, 128)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 64)),
    ("r0", "reals", real, 1, 0, (B, 128)),
    ("z0", "reals", real, 1, 128, (B, 128)),
    ("n0", "reals", real, 1, 256, (B, 128)),
    ("scratch", "reals", real, 1, 0, (B, 64)),
    ("scratch_2", "reals", real, 1, 64, (B, 64)),
    ("scratch_3", "reals", real, 1, 64, (B, 64, 96)),
    ("scratch_4", "reals", real, 1, 0, (B, 64, 128)),
    ("scratch_5", "reals", real, 1, 0, (B, 63, 384)),
    ("scratch_6", "reals", real, 1, 24192, (B, 63, 128)),
    ("scratch_7", "reals", real, 1, 0, (32, B, 64)),
    ("index_2", "indices", np.intp, 1, 0, (32, B, 64)),
    ("index_3", "indices", np.intp, 1, 2048, (B, 64)),
    ("shrunk", "reals", real, 0, 0, (384, 128)),
    ("scratch_8", "reals", real, 0, 49152, (384, 128)),
    ("scratch_9", "reals", real, 0, 98304, (384, 128)),
    ("shrunk_2", "reals", real, 0, 0, (384, 32)),
    ("scratch_10", "reals", real, 0, 12288, (384, 32)),
    ("scratch_11", "reals", real, 0, 24576, (384, 32)),
    ("shrunk_3", "reals", real, 0, 0, (96, 128)),
    ("scratch_12", "reals", real, 0, 12288, (96, 128)),
    ("scratch_13", "reals", real, 0, 24576, (96, 128)),
    ("shrunk_4", "reals", real, 0, 0, (96, 32)),
    ("scratch_14", "reals", real, 0, 3072, (96, 32)),
    ("scratch_15", "reals", real, 0, 6144, (96, 32)),
    ("shrunk_5", "reals", real, 0, 0, (384,)),
    ("scratch_16", "reals", real, 0, 384, (384,)),
    ("scratch_17", "reals", real, 0, 768, (384,)),
    ("shrunk_6", "reals", real, 0, 0, (96,)),
    ("scratch_18", "reals", real, 0, 96, (96,)),
    ("scratch_19", "reals", real, 0, 192, (96,)),
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
    "workspace": (16, 149504, 0),
    "indices": (0, 2112, 0),
    "reals": (147456, 32256, 0),
}


def embedding_64_32(embedding, weight, text, index):
    """embedding: embedding.

    Writes embedding [B, 64, 32]; reads weight [96, 32], text [B, 64].
    """
    # (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
    np.copyto(index, text)
    np.take(weight, index, axis=0, out=embedding, mode="clip")


def gru_64_384_32(u0, embedding, weight_ih_l0, bias_ih_l0):
    """gru: gru.

    Writes u0 [B, 64, 384]; reads embedding [B, 64, 32], weight_ih_l0 [384, 32], bias_ih_l0 [384].
    """
    # (2) gru.u0[b, t, g] = sum[i](embedding[b, t, i] * gru.weight_ih_l0[g, i]) + gru.bias_ih_l0[g]
    np.matmul(embedding.reshape(-1, 32), weight_ih_l0.T, out=u0.reshape(-1, 384))
    u0 += bias_ih_l0


def gru_384(v0, h0, bias_hh_l0, u0, r0, z0, n0, t):
    """gru: gru.

    Writes v0 [B, 64, 384], h0 [B, 64, 128]; reads bias_hh_l0 [384], u0 [B, 64, 384].
    """
    # (3) gru.v0[b, t, g] = sum[i](gru.h0[b, t - 1, i] * gru.weight_hh_l0[g, i]) + gru.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (4) gru.r0[b, t, j] = sigmoid(gru.u0[b, t, j + 0] + gru.v0[b, t, j + 0])
    np.add(u0[:, t, :128], v0[:, t, :128], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (5) gru.z0[b, t, j] = sigmoid(gru.u0[b, t, j + 128] + gru.v0[b, t, j + 128])
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (6) gru.n0[b, t, j] = tanh(gru.r0[b, t, j] * gru.v0[b, t, j + 256] + gru.u0[b, t, j + 256])
    np.multiply(r0, v0[:, t, 256:384], out=n0)
    n0 += u0[:, t, 256:384]
    np.tanh(n0, out=n0)
    # (7) gru.h0[b, t, j] = gru.n0[b, t, j] * (1 - gru.z0[b, t, j]) + gru.h0[b, t - 1, j] * gru.z0[b, t, j]
    np.subtract(1.0, z0, out=h0[:, t])
    h0[:, t] *= n0


def gru_384_128(v0, h0, weight_hh_l0, bias_hh_l0, t):
    """gru: gru.

    Writes v0 [B, 64, 384]; reads h0 [B, 64, 128], weight_hh_l0 [384, 128], bias_hh_l0 [384].
    """
    # (3) gru.v0[b, t, g] = sum[i](gru.h0[b, t - 1, i] * gru.weight_hh_l0[g, i]) + gru.bias_hh_l0[g]
    np.matmul(h0[:, t - 1], weight_hh_l0.T, out=v0[:, t])
    v0[:, t] += bias_hh_l0


def gru_128(n0, u0, v0, r0, t):
    """gru: gru.

    Writes n0 [B, 64, 128]; reads u0 [B, 64, 384], v0 [B, 64, 384].
    """
    # (4) gru.r0[b, t, j] = sigmoid(gru.u0[b, t, j + 0] + gru.v0[b, t, j + 0])
    np.add(u0[:, t, :128], v0[:, t, :128], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (6) gru.n0[b, t, j] = tanh(gru.r0[b, t, j] * gru.v0[b, t, j + 256] + gru.u0[b, t, j + 256])
    np.multiply(r0, v0[:, t, 256:384], out=n0[:, t])
    n0[:, t] += u0[:, t, 256:384]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_128_v2(h0, u0, v0, n0, z0, scratch, t):
    """gru: gru.

    Writes h0 [B, 64, 128]; reads u0 [B, 64, 384], v0 [B, 64, 384], n0 [B, 64, 128].
    """
    # (5) gru.z0[b, t, j] = sigmoid(gru.u0[b, t, j + 128] + gru.v0[b, t, j + 128])
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (7) gru.h0[b, t, j] = gru.n0[b, t, j] * (1 - gru.z0[b, t, j]) + gru.h0[b, t - 1, j] * gru.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0, out=h0[:, t])
    np.subtract(1.0, z0, out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def linear_64_96_128(head, gru, weight, bias):
    """head: linear.

    Writes head [B, 64, 96]; reads gru [B, 64, 128], weight [96, 128], bias [96].
    """
    # (9) head[b, t, o] = sum[i](gru[b, t, i] * head.weight[o, i]) + head.bias[o]
    np.matmul(gru.reshape(-1, 128), weight.T, out=head.reshape(-1, 96))
    head += bias


def cross_entropy_64_96(m, e, S, head):
    """loss: cross_entropy.

    Writes m [B, 64], e [B, 64, 96], S [B, 64]; reads head [B, 64, 96].
    """
    # (10) loss.m[b, t] = max[i](head[b, t, i])
    np.max(head, axis=2, out=m)
    # (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
    np.sum(e, axis=2, out=S)


def cross_entropy_64(loss, m, head, next, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 64], head [B, 64, 96], next [B, 64], S [B, 64].
    """
    # (14) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
    np.add(positions, next, out=index)
    np.take(head, index, out=scratch, mode="clip")
    np.subtract(m, scratch, out=scratch)
    np.log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = np.sum(scratch) / (64.0 * batch)


def d_weight_96_32(d_weight):
    """embedding: gradient of embedding (one side of the product).

    Writes d_weight [96, 32].
    """
    # (30) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    d_weight[...] = 0.0


def gru_384_v2(v0, r0, z0, n0, h0, bias_hh_l0, u0, t):
    """gru: gru.

    Writes v0 [B, 64, 384], r0 [B, 64, 128], z0 [B, 64, 128], n0 [B, 64, 128], h0 [B, 64, 128]; reads bias_hh_l0
    [384], u0 [B, 64, 384].
    """
    # (3) gru.v0[b, t, g] = sum[i](gru.h0[b, t - 1, i] * gru.weight_hh_l0[g, i]) + gru.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (4) gru.r0[b, t, j] = sigmoid(gru.u0[b, t, j + 0] + gru.v0[b, t, j + 0])
    np.add(u0[:, t, :128], v0[:, t, :128], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (5) gru.z0[b, t, j] = sigmoid(gru.u0[b, t, j + 128] + gru.v0[b, t, j + 128])
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (6) gru.n0[b, t, j] = tanh(gru.r0[b, t, j] * gru.v0[b, t, j + 256] + gru.u0[b, t, j + 256])
    np.multiply(r0[:, t], v0[:, t, 256:384], out=n0[:, t])
    n0[:, t] += u0[:, t, 256:384]
    np.tanh(n0[:, t], out=n0[:, t])
    # (7) gru.h0[b, t, j] = gru.n0[b, t, j] * (1 - gru.z0[b, t, j]) + gru.h0[b, t - 1, j] * gru.z0[b, t, j]
    np.subtract(1.0, z0[:, t], out=h0[:, t])
    h0[:, t] *= n0[:, t]


def gru_128_v3(r0, n0, u0, v0, t):
    """gru: gru.

    Writes r0 [B, 64, 128], n0 [B, 64, 128]; reads u0 [B, 64, 384], v0 [B, 64, 384].
    """
    # (4) gru.r0[b, t, j] = sigmoid(gru.u0[b, t, j + 0] + gru.v0[b, t, j + 0])
    np.add(u0[:, t, :128], v0[:, t, :128], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (6) gru.n0[b, t, j] = tanh(gru.r0[b, t, j] * gru.v0[b, t, j + 256] + gru.u0[b, t, j + 256])
    np.multiply(r0[:, t], v0[:, t, 256:384], out=n0[:, t])
    n0[:, t] += u0[:, t, 256:384]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_128_v4(z0, h0, u0, v0, n0, scratch, t):
    """gru: gru.

    Writes z0 [B, 64, 128], h0 [B, 64, 128]; reads u0 [B, 64, 384], v0 [B, 64, 384], n0 [B, 64, 128].
    """
    # (5) gru.z0[b, t, j] = sigmoid(gru.u0[b, t, j + 128] + gru.v0[b, t, j + 128])
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (7) gru.h0[b, t, j] = gru.n0[b, t, j] * (1 - gru.z0[b, t, j]) + gru.h0[b, t - 1, j] * gru.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0[:, t], out=h0[:, t])
    np.subtract(1.0, z0[:, t], out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def cross_entropy_d_head_64_96(m, e, S, d_head, head, next, scale, scratch, j, batch):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 64], e [B, 64, 96], S [B, 64], d_head [B, 64, 96]; reads head [B, 64, 96], next [B, 64].
    """
    # (10) loss.m[b, t] = max[i](head[b, t, i])
    np.max(head, axis=2, out=m)
    # (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
    np.sum(e, axis=2, out=S)
    # (13) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
    np.reciprocal(S, out=scale)
    # (13)
    # (15) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
    np.multiply(scale[:, :, None], e, out=d_head)
    np.equal(j, next[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= float(np.divide(1.0, 64.0 * batch))


def d_weight_96_128_64(d_weight, d_head, gru):
    """head: gradient of linear.

    Writes d_weight [96, 128]; reads d_head [B, 64, 96], gru [B, 64, 128].
    """
    # (16) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * gru[b, j, i])
    np.matmul(d_head.reshape(-1, 96).T, gru.reshape(-1, 128), out=d_weight)


def d_bias_96_64(d_bias, d_head):
    """head: gradient of linear.

    Writes d_bias [96]; reads d_head [B, 64, 96].
    """
    # (17) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    np.sum(d_head, axis=(0, 1), out=d_bias)


def d_gru_64_128_96(d_gru, d_head, weight):
    """gru: gradient of gru.

    Writes d_gru [B, 64, 128]; reads d_head [B, 64, 96], weight [96, 128].
    """
    # (18) d.gru[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
    np.matmul(d_head.reshape(-1, 96), weight, out=d_gru.reshape(-1, 128))


def d_h0_d_n0_d_z0_d_r0_128(d_h0, d_n0, d_z0, d_r0, d_v0, d_gru, z0, h0, n0, v0, u0, r0, shared, shared2, t):
    """gru: gradient of gru.

    Writes d_h0 [B, 64, 128], d_n0 [B, 64, 128], d_z0 [B, 64, 128], d_r0 [B, 64, 128], d_v0 [B, 64, 384]; reads
    d_gru [B, 64, 128], z0 [B, 64, 128], h0 [B, 64, 128], n0 [B, 64, 128], v0 [B, 64, 384], u0 [B, 64, 384], r0
    [B, 64, 128].
    """
    # (19) d.gru.h0[b, t, j] = sum[i](d.gru.v0[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h0[b, t + 1, j] *
    #     gru.z0[b, t + 1, j] + d.gru[b, t, j]
    np.copyto(d_h0[:, t], d_gru[:, t])
    # (20) d.gru.n0[b, t, j] = d.gru.h0[b, t, j] * (1 - gru.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (21) d.gru.z0[b, t, j] = d.gru.h0[b, t, j] * (gru.h0[b, t - 1, j] - gru.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (22) d.gru.r0[b, t, j] = d.gru.n0[b, t, j] * gru.v0[b, t, j + 256] * (1 - gru.n0[b, t, j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 256:384]
    # (23) d.gru.v0[b, t, g] = sigmoid(gru.u0[b, t, g] + gru.v0[b, t, g]) * (d.gru.r0[b, t, g + 0] + d.gru.z0[b,
    #     t, g - 128] - (d.gru.r0[b, t, g + 0] + d.gru.z0[b, t, g - 128]) * sigmoid(gru.u0[b, t, g] + gru.v0[b,
    #     t, g])) + d.gru.n0[b, t, g - 256] * gru.r0[b, t, g - 256] * (1 - tanh(gru.r0[b, t, g - 256] *
    #     gru.v0[b, t, g] + gru.u0[b, t, g])**2)
    np.add(u0[:, t, :128], v0[:, t, :128], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_r0[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_z0[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.multiply(r0[:, t], v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] += u0[:, t, 256:384]
    np.tanh(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_n0[:, t]
    d_v0[:, t, 256:384] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_128_384(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_gru, h0, n0, v0, scratch, t):
    """gru: gradient of gru.

    Writes d_h0 [B, 64, 128], d_n0 [B, 64, 128], d_z0 [B, 64, 128], d_r0 [B, 64, 128]; reads d_v0 [B, 64, 384],
    weight_hh_l0 [384, 128], z0 [B, 64, 128], d_gru [B, 64, 128], h0 [B, 64, 128], n0 [B, 64, 128], v0 [B, 64,
    384].
    """
    # (19) d.gru.h0[b, t, j] = sum[i](d.gru.v0[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h0[b, t + 1, j] *
    #     gru.z0[b, t + 1, j] + d.gru[b, t, j]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_gru[:, t]
    # (20) d.gru.n0[b, t, j] = d.gru.h0[b, t, j] * (1 - gru.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (21) d.gru.z0[b, t, j] = d.gru.h0[b, t, j] * (gru.h0[b, t - 1, j] - gru.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (22) d.gru.r0[b, t, j] = d.gru.n0[b, t, j] * gru.v0[b, t, j + 256] * (1 - gru.n0[b, t, j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 256:384]


def d_v0_128(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """gru: gradient of gru.

    Writes d_v0 [B, 64, 384]; reads d_r0 [B, 64, 128], u0 [B, 64, 384], v0 [B, 64, 384], d_z0 [B, 64, 128], r0
    [B, 64, 128], d_n0 [B, 64, 128].
    """
    # (23) d.gru.v0[b, t, g] = sigmoid(gru.u0[b, t, g] + gru.v0[b, t, g]) * (d.gru.r0[b, t, g + 0] + d.gru.z0[b,
    #     t, g - 128] - (d.gru.r0[b, t, g + 0] + d.gru.z0[b, t, g - 128]) * sigmoid(gru.u0[b, t, g] + gru.v0[b,
    #     t, g])) + d.gru.n0[b, t, g - 256] * gru.r0[b, t, g - 256] * (1 - tanh(gru.r0[b, t, g - 256] *
    #     gru.v0[b, t, g] + gru.u0[b, t, g])**2)
    np.add(u0[:, t, :128], v0[:, t, :128], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_r0[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_z0[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.multiply(r0[:, t], v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] += u0[:, t, 256:384]
    np.tanh(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_n0[:, t]
    d_v0[:, t, 256:384] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_128_384_v2(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_gru, n0, v0, scratch, t):
    """gru: gradient of gru.

    Writes d_h0 [B, 64, 128], d_n0 [B, 64, 128], d_z0 [B, 64, 128], d_r0 [B, 64, 128]; reads d_v0 [B, 64, 384],
    weight_hh_l0 [384, 128], z0 [B, 64, 128], d_gru [B, 64, 128], n0 [B, 64, 128], v0 [B, 64, 384].
    """
    # (19) d.gru.h0[b, t, j] = sum[i](d.gru.v0[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h0[b, t + 1, j] *
    #     gru.z0[b, t + 1, j] + d.gru[b, t, j]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_gru[:, t]
    # (20) d.gru.n0[b, t, j] = d.gru.h0[b, t, j] * (1 - gru.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (21) d.gru.z0[b, t, j] = d.gru.h0[b, t, j] * (gru.h0[b, t - 1, j] - gru.n0[b, t, j])
    np.multiply(n0[:, t], -1, out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (22) d.gru.r0[b, t, j] = d.gru.n0[b, t, j] * gru.v0[b, t, j + 256] * (1 - gru.n0[b, t, j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 256:384]


def d_v0_128_v2(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """gru: gradient of gru.

    Writes d_v0 [B, 64, 384]; reads d_r0 [B, 64, 128], u0 [B, 64, 384], v0 [B, 64, 384], d_z0 [B, 64, 128], r0
    [B, 64, 128], d_n0 [B, 64, 128].
    """
    # (23) d.gru.v0[b, t, g] = sigmoid(gru.u0[b, t, g] + gru.v0[b, t, g]) * (d.gru.r0[b, t, g + 0] + d.gru.z0[b,
    #     t, g - 128] - (d.gru.r0[b, t, g + 0] + d.gru.z0[b, t, g - 128]) * sigmoid(gru.u0[b, t, g] + gru.v0[b,
    #     t, g])) + d.gru.n0[b, t, g - 256] * gru.r0[b, t, g - 256] * (1 - tanh(gru.r0[b, t, g - 256] *
    #     gru.v0[b, t, g] + gru.u0[b, t, g])**2)
    np.add(u0[:, t, :128], v0[:, t, :128], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_r0[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.add(u0[:, t, 128:256], v0[:, t, 128:256], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_z0[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.multiply(r0[:, t], v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] += u0[:, t, 256:384]
    np.tanh(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_n0[:, t]
    d_v0[:, t, 256:384] *= r0[:, t]


def d_u0_64_128(v0, d_r0, u0, d_z0, r0, d_n0, scratch):
    """gru: gradient of gru.

    Writes v0 [B, 64, 384]; reads d_r0 [B, 64, 128], u0 [B, 64, 384], d_z0 [B, 64, 128], r0 [B, 64, 128], d_n0
    [B, 64, 128].
    """
    # (26) d.gru.u0[b, t, g] = d.gru.n0[b, t, g - 256] * (1 - tanh(gru.r0[b, t, g - 256] * gru.v0[b, t, g] +
    #     gru.u0[b, t, g])**2) + sigmoid(gru.u0[b, t, g] + gru.v0[b, t, g]) * (d.gru.r0[b, t, g + 0] +
    #     d.gru.z0[b, t, g - 128] - (d.gru.r0[b, t, g + 0] + d.gru.z0[b, t, g - 128]) * sigmoid(gru.u0[b, t, g]
    #     + gru.v0[b, t, g]))
    np.add(u0[:, :, :128], v0[:, :, :128], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, :128] += u0[:, :, :128]
    np.multiply(v0[:, :, :128], -1, out=v0[:, :, :128])
    np.exp(v0[:, :, :128], out=v0[:, :, :128])
    v0[:, :, :128] += 1.0
    np.reciprocal(v0[:, :, :128], out=v0[:, :, :128])
    v0[:, :, :128] *= d_r0
    np.subtract(d_r0, v0[:, :, :128], out=v0[:, :, :128])
    v0[:, :, :128] *= scratch
    np.add(u0[:, :, 128:256], v0[:, :, 128:256], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, 128:256] += u0[:, :, 128:256]
    np.multiply(v0[:, :, 128:256], -1, out=v0[:, :, 128:256])
    np.exp(v0[:, :, 128:256], out=v0[:, :, 128:256])
    v0[:, :, 128:256] += 1.0
    np.reciprocal(v0[:, :, 128:256], out=v0[:, :, 128:256])
    v0[:, :, 128:256] *= d_z0
    np.subtract(d_z0, v0[:, :, 128:256], out=v0[:, :, 128:256])
    v0[:, :, 128:256] *= scratch
    v0[:, :, 256:384] *= r0
    v0[:, :, 256:384] += u0[:, :, 256:384]
    np.tanh(v0[:, :, 256:384], out=v0[:, :, 256:384])
    np.square(v0[:, :, 256:384], out=v0[:, :, 256:384])
    np.subtract(1.0, v0[:, :, 256:384], out=v0[:, :, 256:384])
    v0[:, :, 256:384] *= d_n0


def d_weight_hh_l0_384_128_63(d_weight_hh_l0, d_v0, h0, scratch, scratch_2):
    """gru: gradient of gru.

    Writes d_weight_hh_l0 [384, 128]; reads d_v0 [B, 64, 384], h0 [B, 64, 128].
    """
    # (24) d.gru.weight_hh_l0[g, k] = sum[b, i](d.gru.v0[b, i, g] * gru.h0[b, i - 1, k])
    np.copyto(scratch, d_v0[:, 1:64])
    np.copyto(scratch_2, h0[:, :63])
    np.matmul(scratch.reshape(-1, 384).T, scratch_2.reshape(-1, 128), out=d_weight_hh_l0)


def d_bias_hh_l0_384_64(d_bias_hh_l0, d_v0):
    """gru: gradient of gru.

    Writes d_bias_hh_l0 [384]; reads d_v0 [B, 64, 384].
    For (28) too.
    """
    # (25) d.gru.bias_hh_l0[g] = sum[b, i](d.gru.v0[b, i, g])
    np.sum(d_v0, axis=(0, 1), out=d_bias_hh_l0)


def d_weight_ih_l0_384_32_64(d_weight_ih_l0, v0, embedding):
    """gru: gradient of gru.

    Writes d_weight_ih_l0 [384, 32]; reads v0 [B, 64, 384], embedding [B, 64, 32].
    """
    # (27) d.gru.weight_ih_l0[g, i] = sum[b, j](d.gru.u0[b, j, g] * embedding[b, j, i])
    np.matmul(v0.reshape(-1, 384).T, embedding.reshape(-1, 32), out=d_weight_ih_l0)


def d_embedding_64_32_384(d_embedding, v0, weight_ih_l0):
    """embedding: gradient of embedding.

    Writes d_embedding [B, 64, 32]; reads v0 [B, 64, 384], weight_ih_l0 [384, 32].
    """
    # (29) d.embedding[b, i, d] = sum[j](d.gru.u0[b, i, j] * gru.weight_ih_l0[j, d])
    np.matmul(v0.reshape(-1, 384), weight_ih_l0, out=d_embedding.reshape(-1, 32))


def d_weight_32_64(d_weight, d_embedding, text, scratch, index, index_2, d):
    """embedding: gradient of embedding.

    Writes d_weight [96, 32]; reads d_embedding [B, 64, 32], text [B, 64].
    """
    # (30) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    np.copyto(scratch, d_embedding.transpose(2, 0, 1))
    np.multiply(text, 32, out=index_2)
    np.add(d[:, None, None], index_2, out=index)
    np.add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (31) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = lr / (1.0 - beta1 ** (t + 1.0))
    # (32) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / np.sqrt(1.0 - beta2 ** (t + 1.0))
    # (33) t.next = 1 + t
    t[...] = t + 1.0


def clip_norm_96_32(square, d_weight):
    """embedding: clip_norm.

    Writes square; reads d_weight [96, 32].
    """
    # (34) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_384_32(square, d_weight_ih_l0):
    """gru: clip_norm.

    Writes square; reads d_weight_ih_l0 [384, 32].
    """
    # (35) gru.weight_ih_l0.g.square = sum[i, j](d.gru.weight_ih_l0[i, j]**2)
    square[...] = np.vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_384_128(square, d_weight_hh_l0):
    """gru: clip_norm.

    Writes square; reads d_weight_hh_l0 [384, 128].
    """
    # (36) gru.weight_hh_l0.g.square = sum[i, j](d.gru.weight_hh_l0[i, j]**2)
    square[...] = np.vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_384(square, d_bias_ih_l0):
    """gru: clip_norm.

    Writes square; reads d_bias_ih_l0 [384].
    For (38) too.
    """
    # (37) gru.bias_ih_l0.g.square = sum[i](d.gru.bias_ih_l0[i]**2)
    square[...] = np.vdot(d_bias_ih_l0, d_bias_ih_l0)


def clip_norm_96_128(square, d_weight):
    """head: clip_norm.

    Writes square; reads d_weight [96, 128].
    """
    # (39) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_96(shrink, d_bias, square, gru_bias_hh_l0_g_square, gru_bias_ih_l0_g_square,
                 gru_weight_hh_l0_g_square, gru_weight_ih_l0_g_square, head_weight_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [96], square, gru_bias_hh_l0_g_square, gru_bias_ih_l0_g_square,
    gru_weight_hh_l0_g_square, gru_weight_ih_l0_g_square, head_weight_g_square, clip_norm.
    """
    # (40) head.bias.g.square = sum[i](d.head.bias[i]**2)
    # (41) optimizer.norm = sqrt(embedding.weight.g.square + gru.bias_hh_l0.g.square + gru.bias_ih_l0.g.square +
    #     gru.weight_hh_l0.g.square + gru.weight_ih_l0.g.square + head.bias.g.square + head.weight.g.square)
    # (42) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
    shrink[...] = np.minimum(1.0,
                             clip_norm / (np.sqrt(square + gru_bias_hh_l0_g_square + gru_bias_ih_l0_g_square + gru_weight_hh_l0_g_square + gru_weight_ih_l0_g_square + np.vdot(d_bias,
                             d_bias) + head_weight_g_square) + 1e-06))


def clip_norm_adam_384_128(m, v, weight_hh_l0, shrink, d_weight_hh_l0, beta1, beta2, rate, scale, eps, shrunk,
                           scratch, scratch_2):
    """gru: clip_norm, adam.

    Writes m [384, 128], v [384, 128], weight_hh_l0 [384, 128]; reads shrink, d_weight_hh_l0 [384, 128], beta1,
    beta2, rate, scale, eps.
    """
    # (45) gru.weight_hh_l0.g.shrunk[i, k] = optimizer.shrink * d.gru.weight_hh_l0[i, k]
    np.multiply(float(shrink), d_weight_hh_l0, out=shrunk)
    # (56) gru.weight_hh_l0.m.next[i, k] = (1 - beta1) * gru.weight_hh_l0.g.shrunk[i, k] + beta1 *
    #     gru.weight_hh_l0.m[i, k]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (57) gru.weight_hh_l0.v.next[i, k] = (1 - beta2) * gru.weight_hh_l0.g.shrunk[i, k]**2 + beta2 *
    #     gru.weight_hh_l0.v[i, k]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (58) gru.weight_hh_l0.next[i, k] = gru.weight_hh_l0[i, k] - optimizer.rate * gru.weight_hh_l0.m.next[i, k]
    #     / (optimizer.scale * sqrt(gru.weight_hh_l0.v.next[i, k]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_hh_l0 -= scratch


def clip_norm_adam_384_32(m, v, weight_ih_l0, shrink, d_weight_ih_l0, beta1, beta2, rate, scale, eps, shrunk,
                          scratch, scratch_2):
    """gru: clip_norm, adam.

    Writes m [384, 32], v [384, 32], weight_ih_l0 [384, 32]; reads shrink, d_weight_ih_l0 [384, 32], beta1,
    beta2, rate, scale, eps.
    """
    # (44) gru.weight_ih_l0.g.shrunk[i, j] = optimizer.shrink * d.gru.weight_ih_l0[i, j]
    np.multiply(float(shrink), d_weight_ih_l0, out=shrunk)
    # (53) gru.weight_ih_l0.m.next[i, j] = (1 - beta1) * gru.weight_ih_l0.g.shrunk[i, j] + beta1 *
    #     gru.weight_ih_l0.m[i, j]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (54) gru.weight_ih_l0.v.next[i, j] = (1 - beta2) * gru.weight_ih_l0.g.shrunk[i, j]**2 + beta2 *
    #     gru.weight_ih_l0.v[i, j]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (55) gru.weight_ih_l0.next[i, j] = gru.weight_ih_l0[i, j] - optimizer.rate * gru.weight_ih_l0.m.next[i, j]
    #     / (optimizer.scale * sqrt(gru.weight_ih_l0.v.next[i, j]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_ih_l0 -= scratch


def clip_norm_adam_96_128(m, v, weight, shrink, d_weight, beta1, beta2, rate, scale, eps, shrunk, scratch,
                          scratch_2):
    """head: clip_norm, adam.

    Writes m [96, 128], v [96, 128], weight [96, 128]; reads shrink, d_weight [96, 128], beta1, beta2, rate,
    scale, eps.
    """
    # (48) head.weight.g.shrunk[o, i] = optimizer.shrink * d.head.weight[o, i]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (65) head.weight.m.next[o, i] = (1 - beta1) * head.weight.g.shrunk[o, i] + beta1 * head.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (66) head.weight.v.next[o, i] = (1 - beta2) * head.weight.g.shrunk[o, i]**2 + beta2 * head.weight.v[o, i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (67) head.weight.next[o, i] = head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_96_32(m, embedding_weight_v, weight, shrink, d_weight, beta1, beta2, rate, scale, eps,
                         shrunk, scratch, scratch_2):
    """embedding: clip_norm, adam.

    Writes m [96, 32], embedding_weight_v [96, 32], weight [96, 32]; reads shrink, d_weight [96, 32], beta1,
    beta2, rate, scale, eps.
    """
    # (43) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (50) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 *
    #     embedding.weight.m[i, d]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (51) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 *
    #     embedding.weight.v[i, d]
    embedding_weight_v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    embedding_weight_v += scratch
    # (52) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d]
    #     / (optimizer.scale * sqrt(embedding.weight.v.next[i, d]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(embedding_weight_v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_384(m, v, bias_ih_l0, shrink, d_bias_ih_l0, beta1, beta2, rate, scale, eps, shrunk, scratch,
                       scratch_2):
    """gru: clip_norm, adam.

    Writes m [384], v [384], bias_ih_l0 [384]; reads shrink, d_bias_ih_l0 [384], beta1, beta2, rate, scale, eps.
    For (47) (62) (63) (64) too.
    """
    # (46) gru.bias_ih_l0.g.shrunk[i] = optimizer.shrink * d.gru.bias_ih_l0[i]
    np.multiply(float(shrink), d_bias_ih_l0, out=shrunk)
    # (59) gru.bias_ih_l0.m.next[i] = (1 - beta1) * gru.bias_ih_l0.g.shrunk[i] + beta1 * gru.bias_ih_l0.m[i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (60) gru.bias_ih_l0.v.next[i] = (1 - beta2) * gru.bias_ih_l0.g.shrunk[i]**2 + beta2 * gru.bias_ih_l0.v[i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (61) gru.bias_ih_l0.next[i] = gru.bias_ih_l0[i] - optimizer.rate * gru.bias_ih_l0.m.next[i] /
    #     (optimizer.scale * sqrt(gru.bias_ih_l0.v.next[i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias_ih_l0 -= scratch


def clip_norm_adam_96(m, v, bias, shrink, d_bias, beta1, beta2, rate, scale, eps, shrunk, scratch, scratch_2):
    """head: clip_norm, adam.

    Writes m [96], v [96], bias [96]; reads shrink, d_bias [96], beta1, beta2, rate, scale, eps.
    """
    # (49) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
    np.multiply(float(shrink), d_bias, out=shrunk)
    # (68) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (69) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (70) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale *
    #     sqrt(head.bias.v.next[o]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


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
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost."""
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 149504 * capacity, real)
        self.blocks["indices"] = np.zeros(2112 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(147456 + 32256 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, text):
        """Compute the outputs."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        a = self._arrays("forward", batch)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u0, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        gru_384(a.gru_v0, a.gru_h0, a.gru_bias_hh_l0, a.gru_u0, a.r0, a.z0, a.n0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 64):
            gru_384_128(a.gru_v0, a.gru_h0, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128(a.gru_n0, a.gru_u0, a.gru_v0, a.r0, t)  # (4) (6)
            gru_128_v2(a.gru_h0, a.gru_u0, a.gru_v0, a.gru_n0, a.r0, a.z0, t)  # (5) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, text, next):
        """Compute the loss; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("loss", batch)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u0, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        gru_384(a.gru_v0, a.gru_h0, a.gru_bias_hh_l0, a.gru_u0, a.r0, a.z0, a.n0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 64):
            gru_384_128(a.gru_v0, a.gru_h0, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128(a.gru_n0, a.gru_u0, a.gru_v0, a.r0, t)  # (4) (6)
            gru_128_v2(a.gru_h0, a.gru_u0, a.gru_v0, a.gru_n0, a.r0, a.z0, t)  # (5) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_64_96(a.loss_m, a.loss_e, a.loss_S, a.head)  # (10) (11) (12)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (14)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, text, next):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("gradients", batch)
        d_weight_96_32(a.d_embedding_weight)  # (30)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u0, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_384_v2(a.gru_v0, a.gru_r0, a.gru_z0, a.gru_n0, a.gru_h0, a.gru_bias_hh_l0, a.gru_u0, 0)
        for t in range(1, 64):
            gru_384_128(a.gru_v0, a.gru_h0, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128_v3(a.gru_r0, a.gru_n0, a.gru_u0, a.gru_v0, t)  # (4) (6)
            gru_128_v4(a.gru_z0, a.gru_h0, a.gru_u0, a.gru_v0, a.gru_n0, a.r0, t)  # (5) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch, a.scratch_3,
                                   a.j, batch)  # (10) (11) (12) (13) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (14)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.gru)  # (16)
        d_bias_96_64(a.d_head_bias, a.d_head)  # (17)
        d_gru_64_128_96(a.d_gru, a.d_head, a.head_weight)  # (18)
        # (19) (20) (21) (22) (23)
        d_h0_d_n0_d_z0_d_r0_128(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0, a.d_gru, a.gru_z0,
                                a.gru_h0, a.gru_n0, a.gru_v0, a.gru_u0, a.gru_r0, a.r0, a.z0, 63)
        for t in range(62, 0, -1):
            d_h0_d_n0_d_z0_d_r0_128_384(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0,
                                        a.gru_weight_hh_l0, a.gru_z0, a.d_gru, a.gru_h0, a.gru_n0, a.gru_v0,
                                        a.r0, t)  # (19) (20) (21) (22)
            # (23)
            d_v0_128(a.d_gru_v0, a.d_gru_r0, a.gru_u0, a.gru_v0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.r0, a.z0, t)
        # (19) (20) (21) (22)
        d_h0_d_n0_d_z0_d_r0_128_384_v2(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0,
                                       a.gru_weight_hh_l0, a.gru_z0, a.d_gru, a.gru_n0, a.gru_v0, a.r0, 0)
        # (23)
        d_v0_128_v2(a.d_gru_v0, a.d_gru_r0, a.gru_u0, a.gru_v0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.r0, a.z0, 0)
        d_u0_64_128(a.gru_v0, a.d_gru_r0, a.gru_u0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.scratch_4)  # (26)
        d_weight_hh_l0_384_128_63(a.d_gru_weight_hh_l0, a.d_gru_v0, a.gru_h0, a.scratch_5, a.scratch_6)  # (24)
        d_bias_hh_l0_384_64(a.d_gru_bias_hh_l0, a.d_gru_v0)  # (25)
        d_weight_ih_l0_384_32_64(a.d_gru_weight_ih_l0, a.gru_v0, a.embedding)  # (27)
        d_bias_hh_l0_384_64(a.d_gru_bias_ih_l0, a.gru_v0)  # (28)
        d_embedding_64_32_384(a.d_embedding, a.gru_v0, a.gru_weight_ih_l0)  # (29)
        # (30)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_7, a.index_2, a.index_3, a.d)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, text, next):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("step", batch)
        d_weight_96_32(a.d_embedding_weight)  # (30)
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (31) (32) (33)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        gru_64_384_32(a.gru_u0, a.embedding, a.gru_weight_ih_l0, a.gru_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_384_v2(a.gru_v0, a.gru_r0, a.gru_z0, a.gru_n0, a.gru_h0, a.gru_bias_hh_l0, a.gru_u0, 0)
        for t in range(1, 64):
            gru_384_128(a.gru_v0, a.gru_h0, a.gru_weight_hh_l0, a.gru_bias_hh_l0, t)  # (3)
            gru_128_v3(a.gru_r0, a.gru_n0, a.gru_u0, a.gru_v0, t)  # (4) (6)
            gru_128_v4(a.gru_z0, a.gru_h0, a.gru_u0, a.gru_v0, a.gru_n0, a.r0, t)  # (5) (7)
        linear_64_96_128(a.head, a.gru, a.head_weight, a.head_bias)  # (9)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch, a.scratch_3,
                                   a.j, batch)  # (10) (11) (12) (13) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (14)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.gru)  # (16)
        d_bias_96_64(a.d_head_bias, a.d_head)  # (17)
        d_gru_64_128_96(a.d_gru, a.d_head, a.head_weight)  # (18)
        # (19) (20) (21) (22) (23)
        d_h0_d_n0_d_z0_d_r0_128(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0, a.d_gru, a.gru_z0,
                                a.gru_h0, a.gru_n0, a.gru_v0, a.gru_u0, a.gru_r0, a.r0, a.z0, 63)
        for t in range(62, 0, -1):
            d_h0_d_n0_d_z0_d_r0_128_384(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0,
                                        a.gru_weight_hh_l0, a.gru_z0, a.d_gru, a.gru_h0, a.gru_n0, a.gru_v0,
                                        a.r0, t)  # (19) (20) (21) (22)
            # (23)
            d_v0_128(a.d_gru_v0, a.d_gru_r0, a.gru_u0, a.gru_v0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.r0, a.z0, t)
        # (19) (20) (21) (22)
        d_h0_d_n0_d_z0_d_r0_128_384_v2(a.d_gru_h0, a.d_gru_n0, a.d_gru_z0, a.d_gru_r0, a.d_gru_v0,
                                       a.gru_weight_hh_l0, a.gru_z0, a.d_gru, a.gru_n0, a.gru_v0, a.r0, 0)
        # (23)
        d_v0_128_v2(a.d_gru_v0, a.d_gru_r0, a.gru_u0, a.gru_v0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.r0, a.z0, 0)
        d_u0_64_128(a.gru_v0, a.d_gru_r0, a.gru_u0, a.d_gru_z0, a.gru_r0, a.d_gru_n0, a.scratch_4)  # (26)
        d_weight_hh_l0_384_128_63(a.d_gru_weight_hh_l0, a.d_gru_v0, a.gru_h0, a.scratch_5, a.scratch_6)  # (24)
        d_bias_hh_l0_384_64(a.d_gru_bias_hh_l0, a.d_gru_v0)  # (25)
        d_weight_ih_l0_384_32_64(a.d_gru_weight_ih_l0, a.gru_v0, a.embedding)  # (27)
        d_bias_hh_l0_384_64(a.d_gru_bias_ih_l0, a.gru_v0)  # (28)
        d_embedding_64_32_384(a.d_embedding, a.gru_v0, a.gru_weight_ih_l0)  # (29)
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
        # (45) (56) (57) (58)
        clip_norm_adam_384_128(a.gru_weight_hh_l0_m, a.gru_weight_hh_l0_v, a.gru_weight_hh_l0,
                               a.optimizer_shrink, a.d_gru_weight_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                               a.optimizer_scale, a.eps, a.shrunk, a.scratch_8, a.scratch_9)
        # (44) (53) (54) (55)
        clip_norm_adam_384_32(a.gru_weight_ih_l0_m, a.gru_weight_ih_l0_v, a.gru_weight_ih_l0,
                              a.optimizer_shrink, a.d_gru_weight_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                              a.optimizer_scale, a.eps, a.shrunk_2, a.scratch_10, a.scratch_11)
        clip_norm_adam_96_128(a.head_weight_m, a.head_weight_v, a.head_weight, a.optimizer_shrink,
                              a.d_head_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                              a.shrunk_3, a.scratch_12, a.scratch_13)  # (48) (65) (66) (67)
        clip_norm_adam_96_32(a.embedding_weight_m, a.embedding_weight_v, a.embedding_weight, a.optimizer_shrink,
                             a.d_embedding_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                             a.shrunk_4, a.scratch_14, a.scratch_15)  # (43) (50) (51) (52)
        clip_norm_adam_384(a.gru_bias_ih_l0_m, a.gru_bias_ih_l0_v, a.gru_bias_ih_l0, a.optimizer_shrink,
                           a.d_gru_bias_ih_l0, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                           a.shrunk_5, a.scratch_16, a.scratch_17)  # (46) (59) (60) (61)
        clip_norm_adam_384(a.gru_bias_hh_l0_m, a.gru_bias_hh_l0_v, a.gru_bias_hh_l0, a.optimizer_shrink,
                           a.d_gru_bias_hh_l0, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                           a.shrunk_5, a.scratch_16, a.scratch_17)  # (47) (62) (63) (64)
        clip_norm_adam_96(a.head_bias_m, a.head_bias_v, a.head_bias, a.optimizer_shrink, a.d_head_bias, a.beta1,
                          a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_6, a.scratch_18,
                          a.scratch_19)  # (49) (68) (69) (70)
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
            arrays.positions = 6144 * np.arange(batch, dtype=np.intp)[:, None] + 96 * np.arange(64, dtype=np.intp)
            arrays.j = np.arange(96, dtype=np.int32)
            arrays.d = np.arange(32, dtype=np.intp)
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
