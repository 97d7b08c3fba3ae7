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

from types import SimpleNamespace

import numpy as np

real = np.float32
B = "B"  # in a shape: the batch size

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
    ("embedding.weight.v", 3072, (96, 32)),
    ("lstm.weight_ih_l0.m", 6144, (512, 32)),
    ("lstm.weight_ih_l0.v", 22528, (512, 32)),
    ("lstm.weight_hh_l0.m", 38912, (512, 128)),
    ("lstm.weight_hh_l0.v", 104448, (512, 128)),
    ("lstm.bias_ih_l0.m", 169984, (512,)),
    ("lstm.bias_ih_l0.v", 170496, (512,)),
    ("lstm.bias_hh_l0.m", 171008, (512,)),
    ("lstm.bias_hh_l0.v", 171520, (512,)),
    ("head.weight.m", 172032, (96, 128)),
    ("head.weight.v", 184320, (96, 128)),
    ("head.bias.m", 196608, (96,)),
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
    ("embedding_weight_v", "states", real, 0, 3072, (96, 32)),
    ("lstm_weight_ih_l0_m", "states", real, 0, 6144, (512, 32)),
    ("lstm_weight_ih_l0_v", "states", real, 0, 22528, (512, 32)),
    ("lstm_weight_hh_l0_m", "states", real, 0, 38912, (512, 128)),
    ("lstm_weight_hh_l0_v", "states", real, 0, 104448, (512, 128)),
    ("lstm_bias_ih_l0_m", "states", real, 0, 169984, (512,)),
    ("lstm_bias_ih_l0_v", "states", real, 0, 170496, (512,)),
    ("lstm_bias_hh_l0_m", "states", real, 0, 171008, (512,)),
    ("lstm_bias_hh_l0_v", "states", real, 0, 171520, (512,)),
    ("head_weight_m", "states", real, 0, 172032, (96, 128)),
    ("head_weight_v", "states", real, 0, 184320, (96, 128)),
    ("head_bias_m", "states", real, 0, 196608, (96,)),
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
)
WORKSPACE = {
    "forward": (
        ("embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("lstm_u0", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("lstm_c0", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_h0", "workspace", real, 1, 65536, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_s", "workspace", real, 1, 98304, (B, 64, 128)),
        ("lstm_h2", "workspace", real, 1, 90112, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("lstm", "workspace", real, 1, 65536, (B, 64, 128)),
    ),
    "loss": (
        ("embedding", "workspace", real, 1, 32768, (B, 64, 32)),
        ("lstm_u0", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_v0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("lstm_c0", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_h0", "workspace", real, 1, 65536, (B, 64, 128)),
        ("lstm_h", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_s", "workspace", real, 1, 98304, (B, 64, 128)),
        ("lstm_h2", "workspace", real, 1, 90112, (B, 64, 128)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 12352, (B, 64)),
        ("loss_e", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 12288, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
        ("lstm", "workspace", real, 1, 65536, (B, 64, 128)),
    ),
    "gradients": (
        ("embedding", "workspace", real, 1, 172032, (B, 64, 32)),
        ("lstm_u0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("lstm_v0", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_h", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_s", "workspace", real, 1, 90112, (B, 64, 128)),
        ("lstm_s2", "workspace", real, 1, 98304, (B, 64, 128)),
        ("lstm_c0", "workspace", real, 1, 114688, (B, 64, 128)),
        ("lstm_s3", "workspace", real, 1, 106496, (B, 64, 128)),
        ("lstm_h2", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_h0", "workspace", real, 1, 65536, (B, 64, 128)),
        ("head", "workspace", real, 1, 38912, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 51264, (B, 64)),
        ("loss_e", "workspace", real, 1, 45056, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 51200, (B, 64)),
        ("d_head", "workspace", real, 1, 32768, (B, 64, 96)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_lstm", "workspace", real, 1, 122880, (B, 64, 128)),
        ("d_lstm_s3", "workspace", real, 1, 163840, (B, 64, 128)),
        ("d_lstm_c0", "workspace", real, 1, 131072, (B, 64, 128)),
        ("d_lstm_s2", "workspace", real, 1, 155648, (B, 64, 128)),
        ("d_lstm_s", "workspace", real, 1, 147456, (B, 64, 128)),
        ("d_lstm_h", "workspace", real, 1, 139264, (B, 64, 128)),
        ("d_lstm_v0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("d_embedding", "workspace", real, 1, 0, (B, 64, 32)),
        ("lstm", "workspace", real, 1, 65536, (B, 64, 128)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("embedding", "workspace", real, 1, 172032, (B, 64, 32)),
        ("lstm_u0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("lstm_v0", "workspace", real, 1, 0, (B, 64, 512)),
        ("lstm_h", "workspace", real, 1, 73728, (B, 64, 128)),
        ("lstm_s", "workspace", real, 1, 90112, (B, 64, 128)),
        ("lstm_s2", "workspace", real, 1, 98304, (B, 64, 128)),
        ("lstm_c0", "workspace", real, 1, 114688, (B, 64, 128)),
        ("lstm_s3", "workspace", real, 1, 106496, (B, 64, 128)),
        ("lstm_h2", "workspace", real, 1, 81920, (B, 64, 128)),
        ("lstm_h0", "workspace", real, 1, 65536, (B, 64, 128)),
        ("head", "workspace", real, 1, 38912, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 51264, (B, 64)),
        ("loss_e", "workspace", real, 1, 45056, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 51200, (B, 64)),
        ("d_head", "workspace", real, 1, 32768, (B, 64, 96)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_lstm", "workspace", real, 1, 122880, (B, 64, 128)),
        ("d_lstm_s3", "workspace", real, 1, 163840, (B, 64, 128)),
        ("d_lstm_c0", "workspace", real, 1, 131072, (B, 64, 128)),
        ("d_lstm_s2", "workspace", real, 1, 155648, (B, 64, 128)),
        ("d_lstm_s", "workspace", real, 1, 147456, (B, 64, 128)),
        ("d_lstm_h", "workspace", real, 1, 139264, (B, 64, 128)),
        ("d_lstm_v0", "workspace", real, 1, 32768, (B, 64, 512)),
        ("d_embedding", "workspace", real, 1, 0, (B, 64, 32)),
        ("embedding_weight_g_square", "workspace", real, 0, 7, ()),
        ("lstm_weight_ih_l0_g_square", "workspace", real, 0, 8, ()),
        ("lstm_weight_hh_l0_g_square", "workspace", real, 0, 9, ()),
        ("lstm_bias_ih_l0_g_square", "workspace", real, 0, 10, ()),
        ("lstm_bias_hh_l0_g_square", "workspace", real, 0, 11, ()),
        ("head_weight_g_square", "workspace", real, 0, 12, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 4, ()),
        ("lstm", "workspace", real, 1, 65536, (B, 64, 128)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 64)),
    ("h", "reals", real, 1, 0, (B, 128)),
    ("s2", "reals", real, 1, 128, (B, 128)),
    ("s3", "reals", real, 1, 256, (B, 128)),
    ("h2", "reals", real, 1, 384, (B, 128)),
    ("scratch", "reals", real, 1, 0, (B, 64)),
    ("scratch_2", "reals", real, 1, 64, (B, 64)),
    ("scratch_3", "reals", real, 1, 64, (B, 64, 96)),
    ("scratch_4", "reals", real, 1, 0, (B, 63, 512)),
    ("scratch_5", "reals", real, 1, 32256, (B, 63, 128)),
    ("scratch_6", "reals", real, 1, 0, (32, B, 64)),
    ("index_2", "indices", np.intp, 1, 0, (32, B, 64)),
    ("index_3", "indices", np.intp, 1, 2048, (B, 64)),
    ("shrunk", "reals", real, 0, 0, (512, 128)),
    ("scratch_7", "reals", real, 0, 65536, (512, 128)),
    ("scratch_8", "reals", real, 0, 131072, (512, 128)),
    ("shrunk_2", "reals", real, 0, 0, (512, 32)),
    ("scratch_9", "reals", real, 0, 16384, (512, 32)),
    ("scratch_10", "reals", real, 0, 32768, (512, 32)),
    ("shrunk_3", "reals", real, 0, 0, (96, 128)),
    ("scratch_11", "reals", real, 0, 12288, (96, 128)),
    ("scratch_12", "reals", real, 0, 24576, (96, 128)),
    ("shrunk_4", "reals", real, 0, 0, (96, 32)),
    ("scratch_13", "reals", real, 0, 3072, (96, 32)),
    ("scratch_14", "reals", real, 0, 6144, (96, 32)),
    ("shrunk_5", "reals", real, 0, 0, (512,)),
    ("scratch_15", "reals", real, 0, 512, (512,)),
    ("scratch_16", "reals", real, 0, 1024, (512,)),
    ("shrunk_6", "reals", real, 0, 0, (96,)),
    ("scratch_17", "reals", real, 0, 96, (96,)),
    ("scratch_18", "reals", real, 0, 192, (96,)),
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
    "workspace": (16, 174080, 0),
    "indices": (0, 2112, 0),
    "reals": (196608, 40320, 0),
}


def embedding_64_32(embedding, weight, text, index):
    """embedding: embedding.

    Writes embedding [B, 64, 32]; reads weight [96, 32], text [B, 64].
    """
    # (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
    np.copyto(index, text)
    np.take(weight, index, axis=0, out=embedding, mode="clip")


def lstm_64_512_32(u0, embedding, weight_ih_l0, bias_ih_l0):
    """lstm: lstm.

    Writes u0 [B, 64, 512]; reads embedding [B, 64, 32], weight_ih_l0 [512, 32], bias_ih_l0 [512].
    """
    # (2) lstm.u0[b, t, g] = sum[i](embedding[b, t, i] * lstm.weight_ih_l0[g, i]) + lstm.bias_ih_l0[g]
    np.matmul(embedding.reshape(-1, 32), weight_ih_l0.T, out=u0.reshape(-1, 512))
    u0 += bias_ih_l0


def lstm_512(v0, c0, h0, bias_hh_l0, u0, h, s2, s3, h2, t):
    """lstm: lstm.

    Writes v0 [B, 64, 512], c0 [B, 64, 128], h0 [B, 64, 128]; reads bias_hh_l0 [512], u0 [B, 64, 512].
    """
    # (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] +
    #     lstm.u0[b, t, g]
    np.add(bias_hh_l0, u0[:, t], out=v0[:, t])
    # (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
    np.tanh(v0[:, t, 256:384], out=h)
    # (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
    np.negative(v0[:, t, :128], out=s2)
    np.exp(s2, out=s2)
    s2 += 1.0
    np.reciprocal(s2, out=s2)
    # (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
    np.multiply(h, s2, out=c0[:, t])
    # (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
    np.negative(v0[:, t, 384:512], out=s3)
    np.exp(s3, out=s3)
    s3 += 1.0
    np.reciprocal(s3, out=s3)
    # (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
    np.tanh(c0[:, t], out=h2)
    # (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
    np.multiply(h2, s3, out=h0[:, t])


def lstm_512_128(v0, h0, weight_hh_l0, bias_hh_l0, u0, t):
    """lstm: lstm.

    Writes v0 [B, 64, 512]; reads h0 [B, 64, 128], weight_hh_l0 [512, 128], bias_hh_l0 [512], u0 [B, 64, 512].
    """
    # (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] +
    #     lstm.u0[b, t, g]
    np.matmul(h0[:, t - 1], weight_hh_l0.T, out=v0[:, t])
    v0[:, t] += bias_hh_l0
    v0[:, t] += u0[:, t]


def lstm_128(h, v0, t):
    """lstm: lstm.

    Writes h [B, 64, 128]; reads v0 [B, 64, 512].
    """
    # (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
    np.tanh(v0[:, t, 256:384], out=h[:, t])


def lstm_128_v2(s, v0, t):
    """lstm: lstm.

    Writes s [B, 64, 128]; reads v0 [B, 64, 512].
    """
    # (5) lstm.s[b, t, j] = sigmoid(lstm.v0[b, t, j + 128])
    np.multiply(v0[:, t, 128:256], -1, out=s[:, t])
    np.exp(s[:, t], out=s[:, t])
    s[:, t] += 1.0
    np.reciprocal(s[:, t], out=s[:, t])


def lstm_128_v3(c0, h2, v0, s, h, s2, scratch, t):
    """lstm: lstm.

    Writes c0 [B, 64, 128], h2 [B, 64, 128]; reads v0 [B, 64, 512], s [B, 64, 128], h [B, 64, 128].
    """
    # (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
    np.negative(v0[:, t, :128], out=s2)
    np.exp(s2, out=s2)
    s2 += 1.0
    np.reciprocal(s2, out=s2)
    # (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
    np.multiply(c0[:, t - 1], s[:, t], out=c0[:, t])
    np.multiply(h[:, t], s2, out=scratch)
    c0[:, t] += scratch
    # (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
    np.tanh(c0[:, t], out=h2[:, t])


def lstm_128_v4(h0, v0, h2, s3, t):
    """lstm: lstm.

    Writes h0 [B, 64, 128]; reads v0 [B, 64, 512], h2 [B, 64, 128].
    """
    # (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
    np.negative(v0[:, t, 384:512], out=s3)
    np.exp(s3, out=s3)
    s3 += 1.0
    np.reciprocal(s3, out=s3)
    # (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
    np.multiply(h2[:, t], s3, out=h0[:, t])


def linear_64_96_128(head, lstm, weight, bias):
    """head: linear.

    Writes head [B, 64, 96]; reads lstm [B, 64, 128], weight [96, 128], bias [96].
    """
    # (12) head[b, t, o] = sum[i](lstm[b, t, i] * head.weight[o, i]) + head.bias[o]
    np.matmul(lstm.reshape(-1, 128), weight.T, out=head.reshape(-1, 96))
    head += bias


def cross_entropy_64_96(m, e, S, head):
    """loss: cross_entropy.

    Writes m [B, 64], e [B, 64, 96], S [B, 64]; reads head [B, 64, 96].
    """
    # (13) loss.m[b, t] = max[i](head[b, t, i])
    np.max(head, axis=2, out=m)
    # (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
    np.sum(e, axis=2, out=S)


def cross_entropy_64(loss, m, head, next, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 64], head [B, 64, 96], next [B, 64], S [B, 64].
    """
    # (17) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
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
    # (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    d_weight[...] = 0.0


def lstm_512_v2(v0, h, s, s2, c0, s3, h2, h0, bias_hh_l0, u0, t):
    """lstm: lstm.

    Writes v0 [B, 64, 512], h [B, 64, 128], s [B, 64, 128], s2 [B, 64, 128], c0 [B, 64, 128], s3 [B, 64, 128],
    h2 [B, 64, 128], h0 [B, 64, 128]; reads bias_hh_l0 [512], u0 [B, 64, 512].
    """
    # (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] +
    #     lstm.u0[b, t, g]
    np.add(bias_hh_l0, u0[:, t], out=v0[:, t])
    # (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
    np.tanh(v0[:, t, 256:384], out=h[:, t])
    # (5) lstm.s[b, t, j] = sigmoid(lstm.v0[b, t, j + 128])
    np.multiply(v0[:, t, 128:256], -1, out=s[:, t])
    np.exp(s[:, t], out=s[:, t])
    s[:, t] += 1.0
    np.reciprocal(s[:, t], out=s[:, t])
    # (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
    np.multiply(v0[:, t, :128], -1, out=s2[:, t])
    np.exp(s2[:, t], out=s2[:, t])
    s2[:, t] += 1.0
    np.reciprocal(s2[:, t], out=s2[:, t])
    # (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
    np.multiply(h[:, t], s2[:, t], out=c0[:, t])
    # (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
    np.multiply(v0[:, t, 384:512], -1, out=s3[:, t])
    np.exp(s3[:, t], out=s3[:, t])
    s3[:, t] += 1.0
    np.reciprocal(s3[:, t], out=s3[:, t])
    # (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
    np.tanh(c0[:, t], out=h2[:, t])
    # (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
    np.multiply(h2[:, t], s3[:, t], out=h0[:, t])


def lstm_128_v5(s2, c0, h2, v0, s, h, scratch, t):
    """lstm: lstm.

    Writes s2 [B, 64, 128], c0 [B, 64, 128], h2 [B, 64, 128]; reads v0 [B, 64, 512], s [B, 64, 128], h [B, 64,
    128].
    """
    # (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
    np.multiply(v0[:, t, :128], -1, out=s2[:, t])
    np.exp(s2[:, t], out=s2[:, t])
    s2[:, t] += 1.0
    np.reciprocal(s2[:, t], out=s2[:, t])
    # (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
    np.multiply(c0[:, t - 1], s[:, t], out=c0[:, t])
    np.multiply(h[:, t], s2[:, t], out=scratch)
    c0[:, t] += scratch
    # (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
    np.tanh(c0[:, t], out=h2[:, t])


def lstm_128_v6(s3, h0, v0, h2, t):
    """lstm: lstm.

    Writes s3 [B, 64, 128], h0 [B, 64, 128]; reads v0 [B, 64, 512], h2 [B, 64, 128].
    """
    # (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
    np.multiply(v0[:, t, 384:512], -1, out=s3[:, t])
    np.exp(s3[:, t], out=s3[:, t])
    s3[:, t] += 1.0
    np.reciprocal(s3[:, t], out=s3[:, t])
    # (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
    np.multiply(h2[:, t], s3[:, t], out=h0[:, t])


def cross_entropy_d_head_64_96(m, e, S, d_head, head, next, scale, scratch, j, batch):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 64], e [B, 64, 96], S [B, 64], d_head [B, 64, 96]; reads head [B, 64, 96], next [B, 64].
    """
    # (13) loss.m[b, t] = max[i](head[b, t, i])
    np.max(head, axis=2, out=m)
    # (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
    np.sum(e, axis=2, out=S)
    # (16) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
    np.reciprocal(S, out=scale)
    # (16)
    # (18) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
    np.multiply(scale[:, :, None], e, out=d_head)
    np.equal(j, next[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= float(np.divide(1.0, 64.0 * batch))


def d_weight_96_128_64(d_weight, d_head, lstm):
    """head: gradient of linear.

    Writes d_weight [96, 128]; reads d_head [B, 64, 96], lstm [B, 64, 128].
    """
    # (19) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * lstm[b, j, i])
    np.matmul(d_head.reshape(-1, 96).T, lstm.reshape(-1, 128), out=d_weight)


def d_bias_96_64(d_bias, d_head):
    """head: gradient of linear.

    Writes d_bias [96]; reads d_head [B, 64, 96].
    """
    # (20) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    np.sum(d_head, axis=(0, 1), out=d_bias)


def d_lstm_64_128_96(d_lstm, d_head, weight):
    """lstm: gradient of lstm.

    Writes d_lstm [B, 64, 128]; reads d_head [B, 64, 96], weight [96, 128].
    """
    # (21) d.lstm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
    np.matmul(d_head.reshape(-1, 96), weight, out=d_lstm.reshape(-1, 128))


def d_h0_d_h2_d_s3_d_c0_128(d_s3, d_c0, d_s2, d_s, d_h, d_v0, d_lstm, s3, h2, h, c0, s2, v0, d_h2, shared,
                            shared2, shared3, t):
    """lstm: gradient of lstm.

    Writes d_s3 [B, 64, 128], d_c0 [B, 64, 128], d_s2 [B, 64, 128], d_s [B, 64, 128], d_h [B, 64, 128], d_v0 [B,
    64, 512]; reads d_lstm [B, 64, 128], s3 [B, 64, 128], h2 [B, 64, 128], h [B, 64, 128], c0 [B, 64, 128], s2
    [B, 64, 128], v0 [B, 64, 512].
    """
    # (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    # (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
    np.multiply(d_lstm[:, t], s3[:, t], out=d_h2)
    # (22)
    # (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
    np.multiply(d_lstm[:, t], h2[:, t], out=d_s3[:, t])
    # (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] *
    #     lstm.s[b, t + 1, j]
    np.square(h2[:, t], out=d_c0[:, t])
    np.subtract(1.0, d_c0[:, t], out=d_c0[:, t])
    d_c0[:, t] *= d_h2
    # (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
    np.multiply(d_c0[:, t], h[:, t], out=d_s2[:, t])
    # (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
    np.multiply(d_c0[:, t], c0[:, t - 1], out=d_s[:, t])
    # (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
    np.multiply(d_c0[:, t], s2[:, t], out=d_h[:, t])
    # (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b,
    #     t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b,
    #     t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
    np.negative(v0[:, t, :128], out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_s2[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_s2[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.negative(v0[:, t, 128:256], out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_s[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_s[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.tanh(v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_h[:, t]
    np.negative(v0[:, t, 384:512], out=shared3)
    np.exp(shared3, out=shared3)
    shared3 += 1.0
    np.reciprocal(shared3, out=shared3)
    np.multiply(d_s3[:, t], shared3, out=d_v0[:, t, 384:512])
    np.subtract(d_s3[:, t], d_v0[:, t, 384:512], out=d_v0[:, t, 384:512])
    d_v0[:, t, 384:512] *= shared3


def d_h0_d_h2_d_s3_d_c0_128_512(d_s3, d_c0, d_s2, d_s, d_h, d_v0, weight_hh_l0, d_lstm, s3, h2, s, h, c0, s2,
                                d_h0, d_h2, scratch, t):
    """lstm: gradient of lstm.

    Writes d_s3 [B, 64, 128], d_c0 [B, 64, 128], d_s2 [B, 64, 128], d_s [B, 64, 128], d_h [B, 64, 128]; reads
    d_v0 [B, 64, 512], weight_hh_l0 [512, 128], d_lstm [B, 64, 128], s3 [B, 64, 128], h2 [B, 64, 128], s [B, 64,
    128], h [B, 64, 128], c0 [B, 64, 128], s2 [B, 64, 128].
    """
    # (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=d_h0)
    d_h0 += d_lstm[:, t]
    # (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
    np.multiply(d_h0, s3[:, t], out=d_h2)
    # (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
    np.multiply(d_h0, h2[:, t], out=d_s3[:, t])
    # (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] *
    #     lstm.s[b, t + 1, j]
    np.multiply(d_c0[:, t + 1], s[:, t + 1], out=d_c0[:, t])
    np.square(h2[:, t], out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= d_h2
    d_c0[:, t] += scratch
    # (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
    np.multiply(d_c0[:, t], h[:, t], out=d_s2[:, t])
    # (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
    np.multiply(d_c0[:, t], c0[:, t - 1], out=d_s[:, t])
    # (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
    np.multiply(d_c0[:, t], s2[:, t], out=d_h[:, t])


def d_v0_128(d_v0, d_s2, v0, d_s, d_h, d_s3, shared, shared2, shared3, t):
    """lstm: gradient of lstm.

    Writes d_v0 [B, 64, 512]; reads d_s2 [B, 64, 128], v0 [B, 64, 512], d_s [B, 64, 128], d_h [B, 64, 128], d_s3
    [B, 64, 128].
    """
    # (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b,
    #     t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b,
    #     t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
    np.negative(v0[:, t, :128], out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_s2[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_s2[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.negative(v0[:, t, 128:256], out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_s[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_s[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.tanh(v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_h[:, t]
    np.negative(v0[:, t, 384:512], out=shared3)
    np.exp(shared3, out=shared3)
    shared3 += 1.0
    np.reciprocal(shared3, out=shared3)
    np.multiply(d_s3[:, t], shared3, out=d_v0[:, t, 384:512])
    np.subtract(d_s3[:, t], d_v0[:, t, 384:512], out=d_v0[:, t, 384:512])
    d_v0[:, t, 384:512] *= shared3


def d_h0_d_h2_d_s3_d_c0_128_512_v2(d_s3, d_c0, d_s2, d_h, d_v0, weight_hh_l0, d_lstm, s3, h2, s, h, s2, d_h0,
                                   d_h2, scratch, t):
    """lstm: gradient of lstm.

    Writes d_s3 [B, 64, 128], d_c0 [B, 64, 128], d_s2 [B, 64, 128], d_h [B, 64, 128]; reads d_v0 [B, 64, 512],
    weight_hh_l0 [512, 128], d_lstm [B, 64, 128], s3 [B, 64, 128], h2 [B, 64, 128], s [B, 64, 128], h [B, 64,
    128], s2 [B, 64, 128].
    """
    # (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=d_h0)
    d_h0 += d_lstm[:, t]
    # (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
    np.multiply(d_h0, s3[:, t], out=d_h2)
    # (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
    np.multiply(d_h0, h2[:, t], out=d_s3[:, t])
    # (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] *
    #     lstm.s[b, t + 1, j]
    np.multiply(d_c0[:, t + 1], s[:, t + 1], out=d_c0[:, t])
    np.square(h2[:, t], out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    scratch *= d_h2
    d_c0[:, t] += scratch
    # (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
    np.multiply(d_c0[:, t], h[:, t], out=d_s2[:, t])
    # (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
    np.multiply(d_c0[:, t], s2[:, t], out=d_h[:, t])


def d_s_d_v0_128(d_s, d_v0, d_s2, v0, d_h, d_s3, shared, shared2, shared3, t):
    """lstm: gradient of lstm.

    Writes d_s [B, 64, 128], d_v0 [B, 64, 512]; reads d_s2 [B, 64, 128], v0 [B, 64, 512], d_h [B, 64, 128], d_s3
    [B, 64, 128].
    """
    # (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
    np.copyto(d_s[:, t], 0.0)
    # (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b,
    #     t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b,
    #     t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
    np.negative(v0[:, t, :128], out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_s2[:, t], shared, out=d_v0[:, t, :128])
    np.subtract(d_s2[:, t], d_v0[:, t, :128], out=d_v0[:, t, :128])
    d_v0[:, t, :128] *= shared
    np.negative(v0[:, t, 128:256], out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_s[:, t], shared2, out=d_v0[:, t, 128:256])
    np.subtract(d_s[:, t], d_v0[:, t, 128:256], out=d_v0[:, t, 128:256])
    d_v0[:, t, 128:256] *= shared2
    np.tanh(v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.square(d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    np.subtract(1.0, d_v0[:, t, 256:384], out=d_v0[:, t, 256:384])
    d_v0[:, t, 256:384] *= d_h[:, t]
    np.negative(v0[:, t, 384:512], out=shared3)
    np.exp(shared3, out=shared3)
    shared3 += 1.0
    np.reciprocal(shared3, out=shared3)
    np.multiply(d_s3[:, t], shared3, out=d_v0[:, t, 384:512])
    np.subtract(d_s3[:, t], d_v0[:, t, 384:512], out=d_v0[:, t, 384:512])
    d_v0[:, t, 384:512] *= shared3


def d_weight_hh_l0_512_128_63(d_weight_hh_l0, d_v0, h0, scratch, scratch_2):
    """lstm: gradient of lstm.

    Writes d_weight_hh_l0 [512, 128]; reads d_v0 [B, 64, 512], h0 [B, 64, 128].
    """
    # (30) d.lstm.weight_hh_l0[g, k] = sum[b, i](d.lstm.v0[b, i, g] * lstm.h0[b, i - 1, k])
    np.copyto(scratch, d_v0[:, 1:64])
    np.copyto(scratch_2, h0[:, :63])
    np.matmul(scratch.reshape(-1, 512).T, scratch_2.reshape(-1, 128), out=d_weight_hh_l0)


def d_weight_ih_l0_512_32_64(d_weight_ih_l0, d_v0, embedding):
    """lstm: gradient of lstm.

    Writes d_weight_ih_l0 [512, 32]; reads d_v0 [B, 64, 512], embedding [B, 64, 32].
    """
    # (32) d.lstm.weight_ih_l0[g, i] = sum[b, j](d.lstm.v0[b, j, g] * embedding[b, j, i])
    np.matmul(d_v0.reshape(-1, 512).T, embedding.reshape(-1, 32), out=d_weight_ih_l0)


def d_bias_hh_l0_d_bias_ih_l0_512_64(d_bias_hh_l0, d_bias_ih_l0, d_v0):
    """lstm: gradient of lstm.

    Writes d_bias_hh_l0 [512], d_bias_ih_l0 [512]; reads d_v0 [B, 64, 512].
    """
    # (31) d.lstm.bias_hh_l0[g] = sum[b, i](d.lstm.v0[b, i, g])
    np.sum(d_v0, axis=(0, 1), out=d_bias_hh_l0)
    # (33) d.lstm.bias_ih_l0[g] = d.lstm.bias_hh_l0[g]
    np.copyto(d_bias_ih_l0, d_bias_hh_l0)


def d_embedding_64_32_512(d_embedding, d_v0, weight_ih_l0):
    """embedding: gradient of embedding.

    Writes d_embedding [B, 64, 32]; reads d_v0 [B, 64, 512], weight_ih_l0 [512, 32].
    """
    # (34) d.embedding[b, i, d] = sum[j](d.lstm.v0[b, i, j] * lstm.weight_ih_l0[j, d])
    np.matmul(d_v0.reshape(-1, 512), weight_ih_l0, out=d_embedding.reshape(-1, 32))


def d_weight_32_64(d_weight, d_embedding, text, scratch, index, index_2, d):
    """embedding: gradient of embedding.

    Writes d_weight [96, 32]; reads d_embedding [B, 64, 32], text [B, 64].
    """
    # (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
    np.copyto(scratch, d_embedding.transpose(2, 0, 1))
    np.multiply(text, 32, out=index_2)
    np.add(d[:, None, None], index_2, out=index)
    np.add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (36) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = lr / (1.0 - beta1 ** (t + 1.0))
    # (37) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / np.sqrt(1.0 - beta2 ** (t + 1.0))
    # (38) t.next = 1 + t
    t[...] = t + 1.0


def clip_norm_96_32(square, d_weight):
    """embedding: clip_norm.

    Writes square; reads d_weight [96, 32].
    """
    # (39) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_512_32(square, d_weight_ih_l0):
    """lstm: clip_norm.

    Writes square; reads d_weight_ih_l0 [512, 32].
    """
    # (40) lstm.weight_ih_l0.g.square = sum[i, j](d.lstm.weight_ih_l0[i, j]**2)
    square[...] = np.vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_512_128(square, d_weight_hh_l0):
    """lstm: clip_norm.

    Writes square; reads d_weight_hh_l0 [512, 128].
    """
    # (41) lstm.weight_hh_l0.g.square = sum[i, j](d.lstm.weight_hh_l0[i, j]**2)
    square[...] = np.vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_512(square, d_bias_ih_l0):
    """lstm: clip_norm.

    Writes square; reads d_bias_ih_l0 [512].
    For (43) too.
    """
    # (42) lstm.bias_ih_l0.g.square = sum[i](d.lstm.bias_ih_l0[i]**2)
    square[...] = np.vdot(d_bias_ih_l0, d_bias_ih_l0)


def clip_norm_96_128(square, d_weight):
    """head: clip_norm.

    Writes square; reads d_weight [96, 128].
    """
    # (44) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_96(shrink, d_bias, square, head_weight_g_square, lstm_bias_hh_l0_g_square,
                 lstm_bias_ih_l0_g_square, lstm_weight_hh_l0_g_square, lstm_weight_ih_l0_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [96], square, head_weight_g_square, lstm_bias_hh_l0_g_square,
    lstm_bias_ih_l0_g_square, lstm_weight_hh_l0_g_square, lstm_weight_ih_l0_g_square, clip_norm.
    """
    # (45) head.bias.g.square = sum[i](d.head.bias[i]**2)
    # (46) optimizer.norm = sqrt(embedding.weight.g.square + head.bias.g.square + head.weight.g.square +
    #     lstm.bias_hh_l0.g.square + lstm.bias_ih_l0.g.square + lstm.weight_hh_l0.g.square +
    #     lstm.weight_ih_l0.g.square)
    # (47) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
    shrink[...] = np.minimum(1.0, clip_norm / (np.sqrt(square + np.vdot(d_bias,
                             d_bias) + head_weight_g_square + lstm_bias_hh_l0_g_square + lstm_bias_ih_l0_g_square + lstm_weight_hh_l0_g_square + lstm_weight_ih_l0_g_square) + 1e-06))


def clip_norm_adam_512_128(m, v, weight_hh_l0, shrink, d_weight_hh_l0, beta1, beta2, rate, scale, eps, shrunk,
                           scratch, scratch_2):
    """lstm: clip_norm, adam.

    Writes m [512, 128], v [512, 128], weight_hh_l0 [512, 128]; reads shrink, d_weight_hh_l0 [512, 128], beta1,
    beta2, rate, scale, eps.
    """
    # (50) lstm.weight_hh_l0.g.shrunk[i, k] = optimizer.shrink * d.lstm.weight_hh_l0[i, k]
    np.multiply(float(shrink), d_weight_hh_l0, out=shrunk)
    # (61) lstm.weight_hh_l0.m.next[i, k] = (1 - beta1) * lstm.weight_hh_l0.g.shrunk[i, k] + beta1 *
    #     lstm.weight_hh_l0.m[i, k]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (62) lstm.weight_hh_l0.v.next[i, k] = (1 - beta2) * lstm.weight_hh_l0.g.shrunk[i, k]**2 + beta2 *
    #     lstm.weight_hh_l0.v[i, k]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (63) lstm.weight_hh_l0.next[i, k] = lstm.weight_hh_l0[i, k] - optimizer.rate * lstm.weight_hh_l0.m.next[i,
    #     k] / (optimizer.scale * sqrt(lstm.weight_hh_l0.v.next[i, k]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_hh_l0 -= scratch


def clip_norm_adam_512_32(m, v, weight_ih_l0, shrink, d_weight_ih_l0, beta1, beta2, rate, scale, eps, shrunk,
                          scratch, scratch_2):
    """lstm: clip_norm, adam.

    Writes m [512, 32], v [512, 32], weight_ih_l0 [512, 32]; reads shrink, d_weight_ih_l0 [512, 32], beta1,
    beta2, rate, scale, eps.
    """
    # (49) lstm.weight_ih_l0.g.shrunk[i, j] = optimizer.shrink * d.lstm.weight_ih_l0[i, j]
    np.multiply(float(shrink), d_weight_ih_l0, out=shrunk)
    # (58) lstm.weight_ih_l0.m.next[i, j] = (1 - beta1) * lstm.weight_ih_l0.g.shrunk[i, j] + beta1 *
    #     lstm.weight_ih_l0.m[i, j]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (59) lstm.weight_ih_l0.v.next[i, j] = (1 - beta2) * lstm.weight_ih_l0.g.shrunk[i, j]**2 + beta2 *
    #     lstm.weight_ih_l0.v[i, j]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (60) lstm.weight_ih_l0.next[i, j] = lstm.weight_ih_l0[i, j] - optimizer.rate * lstm.weight_ih_l0.m.next[i,
    #     j] / (optimizer.scale * sqrt(lstm.weight_ih_l0.v.next[i, j]) + eps)
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
    # (53) head.weight.g.shrunk[o, i] = optimizer.shrink * d.head.weight[o, i]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (70) head.weight.m.next[o, i] = (1 - beta1) * head.weight.g.shrunk[o, i] + beta1 * head.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (71) head.weight.v.next[o, i] = (1 - beta2) * head.weight.g.shrunk[o, i]**2 + beta2 * head.weight.v[o, i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (72) head.weight.next[o, i] = head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] /
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
    # (48) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (55) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 *
    #     embedding.weight.m[i, d]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (56) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 *
    #     embedding.weight.v[i, d]
    embedding_weight_v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    embedding_weight_v += scratch
    # (57) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d]
    #     / (optimizer.scale * sqrt(embedding.weight.v.next[i, d]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(embedding_weight_v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_512(m, v, bias_ih_l0, shrink, d_bias_ih_l0, beta1, beta2, rate, scale, eps, shrunk, scratch,
                       scratch_2):
    """lstm: clip_norm, adam.

    Writes m [512], v [512], bias_ih_l0 [512]; reads shrink, d_bias_ih_l0 [512], beta1, beta2, rate, scale, eps.
    For (52) (67) (68) (69) too.
    """
    # (51) lstm.bias_ih_l0.g.shrunk[i] = optimizer.shrink * d.lstm.bias_ih_l0[i]
    np.multiply(float(shrink), d_bias_ih_l0, out=shrunk)
    # (64) lstm.bias_ih_l0.m.next[i] = (1 - beta1) * lstm.bias_ih_l0.g.shrunk[i] + beta1 * lstm.bias_ih_l0.m[i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (65) lstm.bias_ih_l0.v.next[i] = (1 - beta2) * lstm.bias_ih_l0.g.shrunk[i]**2 + beta2 *
    #     lstm.bias_ih_l0.v[i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (66) lstm.bias_ih_l0.next[i] = lstm.bias_ih_l0[i] - optimizer.rate * lstm.bias_ih_l0.m.next[i] /
    #     (optimizer.scale * sqrt(lstm.bias_ih_l0.v.next[i]) + eps)
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
    # (54) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
    np.multiply(float(shrink), d_bias, out=shrunk)
    # (73) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (74) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (75) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale *
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
            "parameters": np.zeros(98400, real) if parameters is None else parameters,
            "gradients": np.zeros(98400, real) if gradients is None else gradients,
            "states": np.zeros(196800, real) if states is None else states,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 174080 * capacity, real)
        self.blocks["indices"] = np.zeros(2112 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(196608 + 40320 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, text):
        """Compute the outputs."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        a = self._arrays("forward", batch)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u0, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        # (3) (4) (6) (7) (8) (9) (10)
        lstm_512(a.lstm_v0, a.lstm_c0, a.lstm_h0, a.lstm_bias_hh_l0, a.lstm_u0, a.h, a.s2, a.s3, a.h2, 0)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v0, a.lstm_h0, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u0, t)  # (3)
            lstm_128(a.lstm_h, a.lstm_v0, t)  # (4)
            lstm_128_v2(a.lstm_s, a.lstm_v0, t)  # (5)
            lstm_128_v3(a.lstm_c0, a.lstm_h2, a.lstm_v0, a.lstm_s, a.lstm_h, a.h, a.s2, t)  # (6) (7) (9)
            lstm_128_v4(a.lstm_h0, a.lstm_v0, a.lstm_h2, a.h, t)  # (8) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, text, next):
        """Compute the loss; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("loss", batch)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u0, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        # (3) (4) (6) (7) (8) (9) (10)
        lstm_512(a.lstm_v0, a.lstm_c0, a.lstm_h0, a.lstm_bias_hh_l0, a.lstm_u0, a.h, a.s2, a.s3, a.h2, 0)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v0, a.lstm_h0, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u0, t)  # (3)
            lstm_128(a.lstm_h, a.lstm_v0, t)  # (4)
            lstm_128_v2(a.lstm_s, a.lstm_v0, t)  # (5)
            lstm_128_v3(a.lstm_c0, a.lstm_h2, a.lstm_v0, a.lstm_s, a.lstm_h, a.h, a.s2, t)  # (6) (7) (9)
            lstm_128_v4(a.lstm_h0, a.lstm_v0, a.lstm_h2, a.h, t)  # (8) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_64_96(a.loss_m, a.loss_e, a.loss_S, a.head)  # (13) (14) (15)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (17)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, text, next):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("gradients", batch)
        d_weight_96_32(a.d_embedding_weight)  # (35)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u0, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        lstm_512_v2(a.lstm_v0, a.lstm_h, a.lstm_s, a.lstm_s2, a.lstm_c0, a.lstm_s3, a.lstm_h2, a.lstm_h0,
                    a.lstm_bias_hh_l0, a.lstm_u0, 0)  # (3) (4) (5) (6) (7) (8) (9) (10)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v0, a.lstm_h0, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u0, t)  # (3)
            lstm_128(a.lstm_h, a.lstm_v0, t)  # (4)
            lstm_128_v2(a.lstm_s, a.lstm_v0, t)  # (5)
            lstm_128_v5(a.lstm_s2, a.lstm_c0, a.lstm_h2, a.lstm_v0, a.lstm_s, a.lstm_h, a.h, t)  # (6) (7) (9)
            lstm_128_v6(a.lstm_s3, a.lstm_h0, a.lstm_v0, a.lstm_h2, t)  # (8) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch, a.scratch_3,
                                   a.j, batch)  # (13) (14) (15) (16) (18)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (17)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.lstm)  # (19)
        d_bias_96_64(a.d_head_bias, a.d_head)  # (20)
        d_lstm_64_128_96(a.d_lstm, a.d_head, a.head_weight)  # (21)
        d_h0_d_h2_d_s3_d_c0_128(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_s, a.d_lstm_h, a.d_lstm_v0,
                                a.d_lstm, a.lstm_s3, a.lstm_h2, a.lstm_h, a.lstm_c0, a.lstm_s2, a.lstm_v0, a.h,
                                a.s2, a.s3, a.h2, 63)  # (22) (23) (24) (25) (26) (27) (28) (29)
        for t in range(62, 0, -1):
            # (22) (23) (24) (25) (26) (27) (28)
            d_h0_d_h2_d_s3_d_c0_128_512(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_s, a.d_lstm_h,
                                        a.d_lstm_v0, a.lstm_weight_hh_l0, a.d_lstm, a.lstm_s3, a.lstm_h2,
                                        a.lstm_s, a.lstm_h, a.lstm_c0, a.lstm_s2, a.h, a.s2, a.s3, t)
            d_v0_128(a.d_lstm_v0, a.d_lstm_s2, a.lstm_v0, a.d_lstm_s, a.d_lstm_h, a.d_lstm_s3, a.h, a.s2, a.s3,
                     t)  # (29)
        d_h0_d_h2_d_s3_d_c0_128_512_v2(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_h, a.d_lstm_v0,
                                       a.lstm_weight_hh_l0, a.d_lstm, a.lstm_s3, a.lstm_h2, a.lstm_s, a.lstm_h,
                                       a.lstm_s2, a.h, a.s2, a.s3, 0)  # (22) (23) (24) (25) (26) (28)
        d_s_d_v0_128(a.d_lstm_s, a.d_lstm_v0, a.d_lstm_s2, a.lstm_v0, a.d_lstm_h, a.d_lstm_s3, a.h, a.s2, a.s3,
                     0)  # (27) (29)
        # (30)
        d_weight_hh_l0_512_128_63(a.d_lstm_weight_hh_l0, a.d_lstm_v0, a.lstm_h0, a.scratch_4, a.scratch_5)
        d_weight_ih_l0_512_32_64(a.d_lstm_weight_ih_l0, a.d_lstm_v0, a.embedding)  # (32)
        d_bias_hh_l0_d_bias_ih_l0_512_64(a.d_lstm_bias_hh_l0, a.d_lstm_bias_ih_l0, a.d_lstm_v0)  # (31) (33)
        d_embedding_64_32_512(a.d_embedding, a.d_lstm_v0, a.lstm_weight_ih_l0)  # (34)
        # (35)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_6, a.index_2, a.index_3, a.d)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, text, next):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        a = self._arrays("step", batch)
        d_weight_96_32(a.d_embedding_weight)  # (35)
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (36) (37) (38)
        embedding_64_32(a.embedding, a.embedding_weight, text, a.index)  # (1)
        lstm_64_512_32(a.lstm_u0, a.embedding, a.lstm_weight_ih_l0, a.lstm_bias_ih_l0)  # (2)
        lstm_512_v2(a.lstm_v0, a.lstm_h, a.lstm_s, a.lstm_s2, a.lstm_c0, a.lstm_s3, a.lstm_h2, a.lstm_h0,
                    a.lstm_bias_hh_l0, a.lstm_u0, 0)  # (3) (4) (5) (6) (7) (8) (9) (10)
        for t in range(1, 64):
            lstm_512_128(a.lstm_v0, a.lstm_h0, a.lstm_weight_hh_l0, a.lstm_bias_hh_l0, a.lstm_u0, t)  # (3)
            lstm_128(a.lstm_h, a.lstm_v0, t)  # (4)
            lstm_128_v2(a.lstm_s, a.lstm_v0, t)  # (5)
            lstm_128_v5(a.lstm_s2, a.lstm_c0, a.lstm_h2, a.lstm_v0, a.lstm_s, a.lstm_h, a.h, t)  # (6) (7) (9)
            lstm_128_v6(a.lstm_s3, a.lstm_h0, a.lstm_v0, a.lstm_h2, t)  # (8) (10)
        linear_64_96_128(a.head, a.lstm, a.head_weight, a.head_bias)  # (12)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.scratch, a.scratch_3,
                                   a.j, batch)  # (13) (14) (15) (16) (18)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.scratch, a.index, a.scratch_2, a.positions,
                         batch)  # (17)
        d_weight_96_128_64(a.d_head_weight, a.d_head, a.lstm)  # (19)
        d_bias_96_64(a.d_head_bias, a.d_head)  # (20)
        d_lstm_64_128_96(a.d_lstm, a.d_head, a.head_weight)  # (21)
        d_h0_d_h2_d_s3_d_c0_128(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_s, a.d_lstm_h, a.d_lstm_v0,
                                a.d_lstm, a.lstm_s3, a.lstm_h2, a.lstm_h, a.lstm_c0, a.lstm_s2, a.lstm_v0, a.h,
                                a.s2, a.s3, a.h2, 63)  # (22) (23) (24) (25) (26) (27) (28) (29)
        for t in range(62, 0, -1):
            # (22) (23) (24) (25) (26) (27) (28)
            d_h0_d_h2_d_s3_d_c0_128_512(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_s, a.d_lstm_h,
                                        a.d_lstm_v0, a.lstm_weight_hh_l0, a.d_lstm, a.lstm_s3, a.lstm_h2,
                                        a.lstm_s, a.lstm_h, a.lstm_c0, a.lstm_s2, a.h, a.s2, a.s3, t)
            d_v0_128(a.d_lstm_v0, a.d_lstm_s2, a.lstm_v0, a.d_lstm_s, a.d_lstm_h, a.d_lstm_s3, a.h, a.s2, a.s3,
                     t)  # (29)
        d_h0_d_h2_d_s3_d_c0_128_512_v2(a.d_lstm_s3, a.d_lstm_c0, a.d_lstm_s2, a.d_lstm_h, a.d_lstm_v0,
                                       a.lstm_weight_hh_l0, a.d_lstm, a.lstm_s3, a.lstm_h2, a.lstm_s, a.lstm_h,
                                       a.lstm_s2, a.h, a.s2, a.s3, 0)  # (22) (23) (24) (25) (26) (28)
        d_s_d_v0_128(a.d_lstm_s, a.d_lstm_v0, a.d_lstm_s2, a.lstm_v0, a.d_lstm_h, a.d_lstm_s3, a.h, a.s2, a.s3,
                     0)  # (27) (29)
        # (30)
        d_weight_hh_l0_512_128_63(a.d_lstm_weight_hh_l0, a.d_lstm_v0, a.lstm_h0, a.scratch_4, a.scratch_5)
        d_weight_ih_l0_512_32_64(a.d_lstm_weight_ih_l0, a.d_lstm_v0, a.embedding)  # (32)
        d_bias_hh_l0_d_bias_ih_l0_512_64(a.d_lstm_bias_hh_l0, a.d_lstm_bias_ih_l0, a.d_lstm_v0)  # (31) (33)
        d_embedding_64_32_512(a.d_embedding, a.d_lstm_v0, a.lstm_weight_ih_l0)  # (34)
        # (35)
        d_weight_32_64(a.d_embedding_weight, a.d_embedding, text, a.scratch_6, a.index_2, a.index_3, a.d)
        clip_norm_96_32(a.embedding_weight_g_square, a.d_embedding_weight)  # (39)
        clip_norm_512_32(a.lstm_weight_ih_l0_g_square, a.d_lstm_weight_ih_l0)  # (40)
        clip_norm_512_128(a.lstm_weight_hh_l0_g_square, a.d_lstm_weight_hh_l0)  # (41)
        clip_norm_512(a.lstm_bias_ih_l0_g_square, a.d_lstm_bias_ih_l0)  # (42)
        clip_norm_512(a.lstm_bias_hh_l0_g_square, a.d_lstm_bias_hh_l0)  # (43)
        clip_norm_96_128(a.head_weight_g_square, a.d_head_weight)  # (44)
        clip_norm_96(a.optimizer_shrink, a.d_head_bias, a.embedding_weight_g_square, a.head_weight_g_square,
                     a.lstm_bias_hh_l0_g_square, a.lstm_bias_ih_l0_g_square, a.lstm_weight_hh_l0_g_square,
                     a.lstm_weight_ih_l0_g_square, a.clip_norm)  # (45) (46) (47)
        # (50) (61) (62) (63)
        clip_norm_adam_512_128(a.lstm_weight_hh_l0_m, a.lstm_weight_hh_l0_v, a.lstm_weight_hh_l0,
                               a.optimizer_shrink, a.d_lstm_weight_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                               a.optimizer_scale, a.eps, a.shrunk, a.scratch_7, a.scratch_8)
        # (49) (58) (59) (60)
        clip_norm_adam_512_32(a.lstm_weight_ih_l0_m, a.lstm_weight_ih_l0_v, a.lstm_weight_ih_l0,
                              a.optimizer_shrink, a.d_lstm_weight_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                              a.optimizer_scale, a.eps, a.shrunk_2, a.scratch_9, a.scratch_10)
        clip_norm_adam_96_128(a.head_weight_m, a.head_weight_v, a.head_weight, a.optimizer_shrink,
                              a.d_head_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                              a.shrunk_3, a.scratch_11, a.scratch_12)  # (53) (70) (71) (72)
        clip_norm_adam_96_32(a.embedding_weight_m, a.embedding_weight_v, a.embedding_weight, a.optimizer_shrink,
                             a.d_embedding_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                             a.shrunk_4, a.scratch_13, a.scratch_14)  # (48) (55) (56) (57)
        clip_norm_adam_512(a.lstm_bias_ih_l0_m, a.lstm_bias_ih_l0_v, a.lstm_bias_ih_l0, a.optimizer_shrink,
                           a.d_lstm_bias_ih_l0, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                           a.shrunk_5, a.scratch_15, a.scratch_16)  # (51) (64) (65) (66)
        clip_norm_adam_512(a.lstm_bias_hh_l0_m, a.lstm_bias_hh_l0_v, a.lstm_bias_hh_l0, a.optimizer_shrink,
                           a.d_lstm_bias_hh_l0, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                           a.shrunk_5, a.scratch_15, a.scratch_16)  # (52) (67) (68) (69)
        clip_norm_adam_96(a.head_bias_m, a.head_bias_v, a.head_bias, a.optimizer_shrink, a.d_head_bias, a.beta1,
                          a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_6, a.scratch_17,
                          a.scratch_18)  # (54) (73) (74) (75)
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
