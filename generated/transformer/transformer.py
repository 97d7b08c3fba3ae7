"""The network transformer in NumPy: its loss, its gradients and its training step.

Inputs
    text [B, 64] int32, 0 ... 95
    next [B, 64] int32, 0 ... 95
Parameters
    token.weight [96, 64]
    place.weight [64, 64]
    body.0.norm1.weight [64]
    body.0.norm1.bias [64]
    body.0.attention.in_proj_weight [192, 64]
    body.0.attention.in_proj_bias [192]
    body.0.attention.out_proj.weight [64, 64]
    body.0.attention.out_proj.bias [64]
    body.0.norm2.weight [64]
    body.0.norm2.bias [64]
    body.0.wide.weight [256, 64]
    body.0.wide.bias [256]
    body.0.narrow.weight [64, 256]
    body.0.narrow.bias [64]
    body.1.norm1.weight [64]
    body.1.norm1.bias [64]
    body.1.attention.in_proj_weight [192, 64]
    body.1.attention.in_proj_bias [192]
    body.1.attention.out_proj.weight [64, 64]
    body.1.attention.out_proj.bias [64]
    body.1.norm2.weight [64]
    body.1.norm2.bias [64]
    body.1.wide.weight [256, 64]
    body.1.wide.bias [256]
    body.1.narrow.weight [64, 256]
    body.1.narrow.bias [64]
    norm.weight [64]
    norm.bias [64]
    head.weight [96, 64]
    head.bias [96]
Settings
    lr = 0.002
    eps = 1e-08
    weight_decay = 0.01
    beta1 = 0.9
    beta2 = 0.999
    steps = 2400.0
    warmup = 100.0
    min_lr = 0.0

Use
    from transformer import Network

    net = Network()
    net.parameter_views["token.weight"][...] = ...  # and the other parameters
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
    add, copyto, cos, einsum, equal, exp, log, logical_not, matmul, maximum, minimum, multiply, negative,
    reciprocal, sqrt, square, subtract, take,
)
from numpy.lib.stride_tricks import as_strided

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)
HALF = np.array(0.5, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("token.weight", 0, (96, 64)),
    ("place.weight", 6144, (64, 64)),
    ("body.0.norm1.weight", 10240, (64,)),
    ("body.0.norm1.bias", 10304, (64,)),
    ("body.0.attention.in_proj_weight", 10368, (192, 64)),
    ("body.0.attention.in_proj_bias", 22656, (192,)),
    ("body.0.attention.out_proj.weight", 22848, (64, 64)),
    ("body.0.attention.out_proj.bias", 26944, (64,)),
    ("body.0.norm2.weight", 27008, (64,)),
    ("body.0.norm2.bias", 27072, (64,)),
    ("body.0.wide.weight", 27136, (256, 64)),
    ("body.0.wide.bias", 43520, (256,)),
    ("body.0.narrow.weight", 43776, (64, 256)),
    ("body.0.narrow.bias", 60160, (64,)),
    ("body.1.norm1.weight", 60224, (64,)),
    ("body.1.norm1.bias", 60288, (64,)),
    ("body.1.attention.in_proj_weight", 60352, (192, 64)),
    ("body.1.attention.in_proj_bias", 72640, (192,)),
    ("body.1.attention.out_proj.weight", 72832, (64, 64)),
    ("body.1.attention.out_proj.bias", 76928, (64,)),
    ("body.1.norm2.weight", 76992, (64,)),
    ("body.1.norm2.bias", 77056, (64,)),
    ("body.1.wide.weight", 77120, (256, 64)),
    ("body.1.wide.bias", 93504, (256,)),
    ("body.1.narrow.weight", 93760, (64, 256)),
    ("body.1.narrow.bias", 110144, (64,)),
    ("norm.weight", 110208, (64,)),
    ("norm.bias", 110272, (64,)),
    ("head.weight", 110336, (96, 64)),
    ("head.bias", 116480, (96,)),
)
STATES = (
    ("token.weight.m", 0, (96, 64)),
    ("place.weight.m", 6144, (64, 64)),
    ("body.0.norm1.weight.m", 10240, (64,)),
    ("body.0.norm1.bias.m", 10304, (64,)),
    ("body.0.attention.in_proj_weight.m", 10368, (192, 64)),
    ("body.0.attention.in_proj_bias.m", 22656, (192,)),
    ("body.0.attention.out_proj.weight.m", 22848, (64, 64)),
    ("body.0.attention.out_proj.bias.m", 26944, (64,)),
    ("body.0.norm2.weight.m", 27008, (64,)),
    ("body.0.norm2.bias.m", 27072, (64,)),
    ("body.0.wide.weight.m", 27136, (256, 64)),
    ("body.0.wide.bias.m", 43520, (256,)),
    ("body.0.narrow.weight.m", 43776, (64, 256)),
    ("body.0.narrow.bias.m", 60160, (64,)),
    ("body.1.norm1.weight.m", 60224, (64,)),
    ("body.1.norm1.bias.m", 60288, (64,)),
    ("body.1.attention.in_proj_weight.m", 60352, (192, 64)),
    ("body.1.attention.in_proj_bias.m", 72640, (192,)),
    ("body.1.attention.out_proj.weight.m", 72832, (64, 64)),
    ("body.1.attention.out_proj.bias.m", 76928, (64,)),
    ("body.1.norm2.weight.m", 76992, (64,)),
    ("body.1.norm2.bias.m", 77056, (64,)),
    ("body.1.wide.weight.m", 77120, (256, 64)),
    ("body.1.wide.bias.m", 93504, (256,)),
    ("body.1.narrow.weight.m", 93760, (64, 256)),
    ("body.1.narrow.bias.m", 110144, (64,)),
    ("norm.weight.m", 110208, (64,)),
    ("norm.bias.m", 110272, (64,)),
    ("head.weight.m", 110336, (96, 64)),
    ("head.bias.m", 116480, (96,)),
    ("token.weight.v", 116576, (96, 64)),
    ("place.weight.v", 122720, (64, 64)),
    ("body.0.norm1.weight.v", 126816, (64,)),
    ("body.0.norm1.bias.v", 126880, (64,)),
    ("body.0.attention.in_proj_weight.v", 126944, (192, 64)),
    ("body.0.attention.in_proj_bias.v", 139232, (192,)),
    ("body.0.attention.out_proj.weight.v", 139424, (64, 64)),
    ("body.0.attention.out_proj.bias.v", 143520, (64,)),
    ("body.0.norm2.weight.v", 143584, (64,)),
    ("body.0.norm2.bias.v", 143648, (64,)),
    ("body.0.wide.weight.v", 143712, (256, 64)),
    ("body.0.wide.bias.v", 160096, (256,)),
    ("body.0.narrow.weight.v", 160352, (64, 256)),
    ("body.0.narrow.bias.v", 176736, (64,)),
    ("body.1.norm1.weight.v", 176800, (64,)),
    ("body.1.norm1.bias.v", 176864, (64,)),
    ("body.1.attention.in_proj_weight.v", 176928, (192, 64)),
    ("body.1.attention.in_proj_bias.v", 189216, (192,)),
    ("body.1.attention.out_proj.weight.v", 189408, (64, 64)),
    ("body.1.attention.out_proj.bias.v", 193504, (64,)),
    ("body.1.norm2.weight.v", 193568, (64,)),
    ("body.1.norm2.bias.v", 193632, (64,)),
    ("body.1.wide.weight.v", 193696, (256, 64)),
    ("body.1.wide.bias.v", 210080, (256,)),
    ("body.1.narrow.weight.v", 210336, (64, 256)),
    ("body.1.narrow.bias.v", 226720, (64,)),
    ("norm.weight.v", 226784, (64,)),
    ("norm.bias.v", 226848, (64,)),
    ("head.weight.v", 226912, (96, 64)),
    ("head.bias.v", 233056, (96,)),
)
FIXED = (
    ("token_weight", "parameters", real, 0, 0, (96, 64)),
    ("place_weight", "parameters", real, 0, 6144, (64, 64)),
    ("body_0_norm1_weight", "parameters", real, 0, 10240, (64,)),
    ("body_0_norm1_bias", "parameters", real, 0, 10304, (64,)),
    ("body_0_attention_in_proj_weight", "parameters", real, 0, 10368, (192, 64)),
    ("body_0_attention_in_proj_bias", "parameters", real, 0, 22656, (192,)),
    ("body_0_attention_out_proj_weight", "parameters", real, 0, 22848, (64, 64)),
    ("body_0_attention_out_proj_bias", "parameters", real, 0, 26944, (64,)),
    ("body_0_norm2_weight", "parameters", real, 0, 27008, (64,)),
    ("body_0_norm2_bias", "parameters", real, 0, 27072, (64,)),
    ("body_0_wide_weight", "parameters", real, 0, 27136, (256, 64)),
    ("body_0_wide_bias", "parameters", real, 0, 43520, (256,)),
    ("body_0_narrow_weight", "parameters", real, 0, 43776, (64, 256)),
    ("body_0_narrow_bias", "parameters", real, 0, 60160, (64,)),
    ("body_1_norm1_weight", "parameters", real, 0, 60224, (64,)),
    ("body_1_norm1_bias", "parameters", real, 0, 60288, (64,)),
    ("body_1_attention_in_proj_weight", "parameters", real, 0, 60352, (192, 64)),
    ("body_1_attention_in_proj_bias", "parameters", real, 0, 72640, (192,)),
    ("body_1_attention_out_proj_weight", "parameters", real, 0, 72832, (64, 64)),
    ("body_1_attention_out_proj_bias", "parameters", real, 0, 76928, (64,)),
    ("body_1_norm2_weight", "parameters", real, 0, 76992, (64,)),
    ("body_1_norm2_bias", "parameters", real, 0, 77056, (64,)),
    ("body_1_wide_weight", "parameters", real, 0, 77120, (256, 64)),
    ("body_1_wide_bias", "parameters", real, 0, 93504, (256,)),
    ("body_1_narrow_weight", "parameters", real, 0, 93760, (64, 256)),
    ("body_1_narrow_bias", "parameters", real, 0, 110144, (64,)),
    ("norm_weight", "parameters", real, 0, 110208, (64,)),
    ("norm_bias", "parameters", real, 0, 110272, (64,)),
    ("head_weight", "parameters", real, 0, 110336, (96, 64)),
    ("head_bias", "parameters", real, 0, 116480, (96,)),
    ("token_weight_m", "states", real, 0, 0, (96, 64)),
    ("place_weight_m", "states", real, 0, 6144, (64, 64)),
    ("body_0_norm1_weight_m", "states", real, 0, 10240, (64,)),
    ("body_0_norm1_bias_m", "states", real, 0, 10304, (64,)),
    ("body_0_attention_in_proj_weight_m", "states", real, 0, 10368, (192, 64)),
    ("body_0_attention_in_proj_bias_m", "states", real, 0, 22656, (192,)),
    ("body_0_attention_out_proj_weight_m", "states", real, 0, 22848, (64, 64)),
    ("body_0_attention_out_proj_bias_m", "states", real, 0, 26944, (64,)),
    ("body_0_norm2_weight_m", "states", real, 0, 27008, (64,)),
    ("body_0_norm2_bias_m", "states", real, 0, 27072, (64,)),
    ("body_0_wide_weight_m", "states", real, 0, 27136, (256, 64)),
    ("body_0_wide_bias_m", "states", real, 0, 43520, (256,)),
    ("body_0_narrow_weight_m", "states", real, 0, 43776, (64, 256)),
    ("body_0_narrow_bias_m", "states", real, 0, 60160, (64,)),
    ("body_1_norm1_weight_m", "states", real, 0, 60224, (64,)),
    ("body_1_norm1_bias_m", "states", real, 0, 60288, (64,)),
    ("body_1_attention_in_proj_weight_m", "states", real, 0, 60352, (192, 64)),
    ("body_1_attention_in_proj_bias_m", "states", real, 0, 72640, (192,)),
    ("body_1_attention_out_proj_weight_m", "states", real, 0, 72832, (64, 64)),
    ("body_1_attention_out_proj_bias_m", "states", real, 0, 76928, (64,)),
    ("body_1_norm2_weight_m", "states", real, 0, 76992, (64,)),
    ("body_1_norm2_bias_m", "states", real, 0, 77056, (64,)),
    ("body_1_wide_weight_m", "states", real, 0, 77120, (256, 64)),
    ("body_1_wide_bias_m", "states", real, 0, 93504, (256,)),
    ("body_1_narrow_weight_m", "states", real, 0, 93760, (64, 256)),
    ("body_1_narrow_bias_m", "states", real, 0, 110144, (64,)),
    ("norm_weight_m", "states", real, 0, 110208, (64,)),
    ("norm_bias_m", "states", real, 0, 110272, (64,)),
    ("head_weight_m", "states", real, 0, 110336, (96, 64)),
    ("head_bias_m", "states", real, 0, 116480, (96,)),
    ("token_weight_v", "states", real, 0, 116576, (96, 64)),
    ("place_weight_v", "states", real, 0, 122720, (64, 64)),
    ("body_0_norm1_weight_v", "states", real, 0, 126816, (64,)),
    ("body_0_norm1_bias_v", "states", real, 0, 126880, (64,)),
    ("body_0_attention_in_proj_weight_v", "states", real, 0, 126944, (192, 64)),
    ("body_0_attention_in_proj_bias_v", "states", real, 0, 139232, (192,)),
    ("body_0_attention_out_proj_weight_v", "states", real, 0, 139424, (64, 64)),
    ("body_0_attention_out_proj_bias_v", "states", real, 0, 143520, (64,)),
    ("body_0_norm2_weight_v", "states", real, 0, 143584, (64,)),
    ("body_0_norm2_bias_v", "states", real, 0, 143648, (64,)),
    ("body_0_wide_weight_v", "states", real, 0, 143712, (256, 64)),
    ("body_0_wide_bias_v", "states", real, 0, 160096, (256,)),
    ("body_0_narrow_weight_v", "states", real, 0, 160352, (64, 256)),
    ("body_0_narrow_bias_v", "states", real, 0, 176736, (64,)),
    ("body_1_norm1_weight_v", "states", real, 0, 176800, (64,)),
    ("body_1_norm1_bias_v", "states", real, 0, 176864, (64,)),
    ("body_1_attention_in_proj_weight_v", "states", real, 0, 176928, (192, 64)),
    ("body_1_attention_in_proj_bias_v", "states", real, 0, 189216, (192,)),
    ("body_1_attention_out_proj_weight_v", "states", real, 0, 189408, (64, 64)),
    ("body_1_attention_out_proj_bias_v", "states", real, 0, 193504, (64,)),
    ("body_1_norm2_weight_v", "states", real, 0, 193568, (64,)),
    ("body_1_norm2_bias_v", "states", real, 0, 193632, (64,)),
    ("body_1_wide_weight_v", "states", real, 0, 193696, (256, 64)),
    ("body_1_wide_bias_v", "states", real, 0, 210080, (256,)),
    ("body_1_narrow_weight_v", "states", real, 0, 210336, (64, 256)),
    ("body_1_narrow_bias_v", "states", real, 0, 226720, (64,)),
    ("norm_weight_v", "states", real, 0, 226784, (64,)),
    ("norm_bias_v", "states", real, 0, 226848, (64,)),
    ("head_weight_v", "states", real, 0, 226912, (96, 64)),
    ("head_bias_v", "states", real, 0, 233056, (96,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("weight_decay", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("steps", "settings", np.float64, 0, 5, ()),
    ("warmup", "settings", np.float64, 0, 6, ()),
    ("min_lr", "settings", np.float64, 0, 7, ()),
    ("d_token_weight", "gradients", real, 0, 0, (96, 64)),
    ("d_place_weight", "gradients", real, 0, 6144, (64, 64)),
    ("d_body_0_norm1_weight", "gradients", real, 0, 10240, (64,)),
    ("d_body_0_norm1_bias", "gradients", real, 0, 10304, (64,)),
    ("d_body_0_attention_in_proj_weight", "gradients", real, 0, 10368, (192, 64)),
    ("d_body_0_attention_in_proj_bias", "gradients", real, 0, 22656, (192,)),
    ("d_body_0_attention_out_proj_weight", "gradients", real, 0, 22848, (64, 64)),
    ("d_body_0_attention_out_proj_bias", "gradients", real, 0, 26944, (64,)),
    ("d_body_0_norm2_weight", "gradients", real, 0, 27008, (64,)),
    ("d_body_0_norm2_bias", "gradients", real, 0, 27072, (64,)),
    ("d_body_0_wide_weight", "gradients", real, 0, 27136, (256, 64)),
    ("d_body_0_wide_bias", "gradients", real, 0, 43520, (256,)),
    ("d_body_0_narrow_weight", "gradients", real, 0, 43776, (64, 256)),
    ("d_body_0_narrow_bias", "gradients", real, 0, 60160, (64,)),
    ("d_body_1_norm1_weight", "gradients", real, 0, 60224, (64,)),
    ("d_body_1_norm1_bias", "gradients", real, 0, 60288, (64,)),
    ("d_body_1_attention_in_proj_weight", "gradients", real, 0, 60352, (192, 64)),
    ("d_body_1_attention_in_proj_bias", "gradients", real, 0, 72640, (192,)),
    ("d_body_1_attention_out_proj_weight", "gradients", real, 0, 72832, (64, 64)),
    ("d_body_1_attention_out_proj_bias", "gradients", real, 0, 76928, (64,)),
    ("d_body_1_norm2_weight", "gradients", real, 0, 76992, (64,)),
    ("d_body_1_norm2_bias", "gradients", real, 0, 77056, (64,)),
    ("d_body_1_wide_weight", "gradients", real, 0, 77120, (256, 64)),
    ("d_body_1_wide_bias", "gradients", real, 0, 93504, (256,)),
    ("d_body_1_narrow_weight", "gradients", real, 0, 93760, (64, 256)),
    ("d_body_1_narrow_bias", "gradients", real, 0, 110144, (64,)),
    ("d_norm_weight", "gradients", real, 0, 110208, (64,)),
    ("d_norm_bias", "gradients", real, 0, 110272, (64,)),
    ("d_head_weight", "gradients", real, 0, 110336, (96, 64)),
    ("d_head_bias", "gradients", real, 0, 116480, (96,)),
    ("gradients", "gradients", real, 0, 0, (116576,)),
    ("m", "states", real, 0, 0, (116576,)),
    ("v", "states", real, 0, 116576, (116576,)),
    ("parameters", "parameters", real, 0, 0, (116576,)),
)
WORKSPACE = {
    "forward": (
        ("place", "workspace", real, 1, 28672, (B, 64, 64)),
        ("body_0_norm1", "workspace", real, 1, 0, (B, 64, 64)),
        ("body_0_attention_u", "workspace", real, 1, 16384, (B, 64, 192)),
        ("body_0_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_0_attention_v", "workspace", real, 1, 32768, (B, 64, 64)),
        ("body_0_sum1", "workspace", real, 1, 16384, (B, 64, 64)),
        ("body_0_norm2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("body_0_wide", "workspace", real, 1, 0, (B, 64, 256)),
        ("body_0_sum2", "workspace", real, 1, 28672, (B, 64, 64)),
        ("body_1_norm1", "workspace", real, 1, 0, (B, 64, 64)),
        ("body_1_attention_u", "workspace", real, 1, 16384, (B, 64, 192)),
        ("body_1_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_1_attention_v", "workspace", real, 1, 32768, (B, 64, 64)),
        ("body_1_sum1", "workspace", real, 1, 16384, (B, 64, 64)),
        ("body_1_norm2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("body_1_wide", "workspace", real, 1, 0, (B, 64, 256)),
        ("body_1_sum2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("norm", "workspace", real, 1, 6144, (B, 64, 64)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
    ),
    "loss": (
        ("place", "workspace", real, 1, 28672, (B, 64, 64)),
        ("body_0_norm1", "workspace", real, 1, 0, (B, 64, 64)),
        ("body_0_attention_u", "workspace", real, 1, 16384, (B, 64, 192)),
        ("body_0_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_0_attention_v", "workspace", real, 1, 32768, (B, 64, 64)),
        ("body_0_sum1", "workspace", real, 1, 16384, (B, 64, 64)),
        ("body_0_norm2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("body_0_wide", "workspace", real, 1, 0, (B, 64, 256)),
        ("body_0_sum2", "workspace", real, 1, 28672, (B, 64, 64)),
        ("body_1_norm1", "workspace", real, 1, 0, (B, 64, 64)),
        ("body_1_attention_u", "workspace", real, 1, 16384, (B, 64, 192)),
        ("body_1_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_1_attention_v", "workspace", real, 1, 32768, (B, 64, 64)),
        ("body_1_sum1", "workspace", real, 1, 16384, (B, 64, 64)),
        ("body_1_norm2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("body_1_wide", "workspace", real, 1, 0, (B, 64, 256)),
        ("body_1_sum2", "workspace", real, 1, 20480, (B, 64, 64)),
        ("norm", "workspace", real, 1, 6144, (B, 64, 64)),
        ("head", "workspace", real, 1, 0, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 12352, (B, 64)),
        ("loss_e", "workspace", real, 1, 6144, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 12288, (B, 64)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("place", "workspace", real, 1, 143360, (B, 64, 64)),
        ("body_0_norm1_r", "workspace", real, 1, 223232, (B, 64)),
        ("body_0_norm1_n", "workspace", real, 1, 174080, (B, 64, 64)),
        ("body_0_norm1", "workspace", real, 1, 178176, (B, 64, 64)),
        ("body_0_attention_u", "workspace", real, 1, 131072, (B, 64, 192)),
        ("body_0_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_0_attention_v", "workspace", real, 1, 182272, (B, 64, 64)),
        ("body_0_sum1", "workspace", real, 1, 147456, (B, 64, 64)),
        ("body_0_norm2_r", "workspace", real, 1, 223296, (B, 64)),
        ("body_0_norm2_n", "workspace", real, 1, 186368, (B, 64, 64)),
        ("body_0_norm2", "workspace", real, 1, 190464, (B, 64, 64)),
        ("body_0_wide_z", "workspace", real, 1, 16384, (B, 64, 256)),
        ("body_0_wide_r", "workspace", real, 1, 49152, (B, 64, 256)),
        ("body_0_wide", "workspace", real, 1, 32768, (B, 64, 256)),
        ("body_0_sum2", "workspace", real, 1, 155648, (B, 64, 64)),
        ("body_1_norm1_r", "workspace", real, 1, 223360, (B, 64)),
        ("body_1_norm1_n", "workspace", real, 1, 194560, (B, 64, 64)),
        ("body_1_norm1", "workspace", real, 1, 198656, (B, 64, 64)),
        ("body_1_attention_u", "workspace", real, 1, 143360, (B, 64, 192)),
        ("body_1_attention_s", "workspace", real, 1, 65536, (B, 4, 64, 64)),
        ("body_1_attention_v", "workspace", real, 1, 202752, (B, 64, 64)),
        ("body_1_sum1", "workspace", real, 1, 159744, (B, 64, 64)),
        ("body_1_norm2_r", "workspace", real, 1, 223424, (B, 64)),
        ("body_1_norm2_n", "workspace", real, 1, 206848, (B, 64, 64)),
        ("body_1_norm2", "workspace", real, 1, 210944, (B, 64, 64)),
        ("body_1_wide_z", "workspace", real, 1, 81920, (B, 64, 256)),
        ("body_1_wide_r", "workspace", real, 1, 114688, (B, 64, 256)),
        ("body_1_wide", "workspace", real, 1, 98304, (B, 64, 256)),
        ("body_1_sum2", "workspace", real, 1, 215040, (B, 64, 64)),
        ("norm_r", "workspace", real, 1, 223488, (B, 64)),
        ("norm", "workspace", real, 1, 219136, (B, 64, 64)),
        ("head", "workspace", real, 1, 161792, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 223616, (B, 64)),
        ("loss_e", "workspace", real, 1, 167936, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 223552, (B, 64)),
        ("d_head", "workspace", real, 1, 155648, (B, 64, 96)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_norm", "workspace", real, 1, 165888, (B, 64, 64)),
        ("d_norm_n", "workspace", real, 1, 161792, (B, 64, 64)),
        ("body_1_sum2_r", "workspace", real, 1, 219136, (B, 64)),
        ("d_body_1_norm2", "workspace", real, 1, 165888, (B, 64, 64)),
        ("d_body_1_norm2_n", "workspace", real, 1, 155648, (B, 64, 64)),
        ("body_1_sum1_r", "workspace", real, 1, 159744, (B, 64)),
        ("d_body_1_attention_v", "workspace", real, 1, 159744, (B, 64, 64)),
        ("d_body_1_attention_p", "workspace", real, 1, 81920, (B, 4, 64, 64)),
        ("d_body_1_attention_u", "workspace", real, 1, 98304, (B, 64, 192)),
        ("d_body_1_norm1", "workspace", real, 1, 143360, (B, 64, 64)),
        ("d_body_1_norm1_n", "workspace", real, 1, 147456, (B, 64, 64)),
        ("body_0_sum2_r", "workspace", real, 1, 143360, (B, 64)),
        ("d_body_0_norm2", "workspace", real, 1, 151552, (B, 64, 64)),
        ("d_body_0_norm2_n", "workspace", real, 1, 143360, (B, 64, 64)),
        ("body_0_sum1_r", "workspace", real, 1, 151552, (B, 64)),
        ("d_body_0_attention_v", "workspace", real, 1, 147456, (B, 64, 64)),
        ("d_body_0_attention_p", "workspace", real, 1, 16384, (B, 4, 64, 64)),
        ("d_body_0_attention_u", "workspace", real, 1, 32768, (B, 64, 192)),
        ("d_body_0_norm1", "workspace", real, 1, 151552, (B, 64, 64)),
        ("d_body_0_norm1_n", "workspace", real, 1, 147456, (B, 64, 64)),
        ("place_r", "workspace", real, 1, 151552, (B, 64)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 2, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 4, ()),
        ("optimizer_keep", "workspace", np.float64, 0, 0, ()),
        ("place", "workspace", real, 1, 143360, (B, 64, 64)),
        ("body_0_norm1_r", "workspace", real, 1, 223232, (B, 64)),
        ("body_0_norm1_n", "workspace", real, 1, 174080, (B, 64, 64)),
        ("body_0_norm1", "workspace", real, 1, 178176, (B, 64, 64)),
        ("body_0_attention_u", "workspace", real, 1, 131072, (B, 64, 192)),
        ("body_0_attention_s", "workspace", real, 1, 0, (B, 4, 64, 64)),
        ("body_0_attention_v", "workspace", real, 1, 182272, (B, 64, 64)),
        ("body_0_sum1", "workspace", real, 1, 147456, (B, 64, 64)),
        ("body_0_norm2_r", "workspace", real, 1, 223296, (B, 64)),
        ("body_0_norm2_n", "workspace", real, 1, 186368, (B, 64, 64)),
        ("body_0_norm2", "workspace", real, 1, 190464, (B, 64, 64)),
        ("body_0_wide_z", "workspace", real, 1, 16384, (B, 64, 256)),
        ("body_0_wide_r", "workspace", real, 1, 49152, (B, 64, 256)),
        ("body_0_wide", "workspace", real, 1, 32768, (B, 64, 256)),
        ("body_0_sum2", "workspace", real, 1, 155648, (B, 64, 64)),
        ("body_1_norm1_r", "workspace", real, 1, 223360, (B, 64)),
        ("body_1_norm1_n", "workspace", real, 1, 194560, (B, 64, 64)),
        ("body_1_norm1", "workspace", real, 1, 198656, (B, 64, 64)),
        ("body_1_attention_u", "workspace", real, 1, 143360, (B, 64, 192)),
        ("body_1_attention_s", "workspace", real, 1, 65536, (B, 4, 64, 64)),
        ("body_1_attention_v", "workspace", real, 1, 202752, (B, 64, 64)),
        ("body_1_sum1", "workspace", real, 1, 159744, (B, 64, 64)),
        ("body_1_norm2_r", "workspace", real, 1, 223424, (B, 64)),
        ("body_1_norm2_n", "workspace", real, 1, 206848, (B, 64, 64)),
        ("body_1_norm2", "workspace", real, 1, 210944, (B, 64, 64)),
        ("body_1_wide_z", "workspace", real, 1, 81920, (B, 64, 256)),
        ("body_1_wide_r", "workspace", real, 1, 114688, (B, 64, 256)),
        ("body_1_wide", "workspace", real, 1, 98304, (B, 64, 256)),
        ("body_1_sum2", "workspace", real, 1, 215040, (B, 64, 64)),
        ("norm_r", "workspace", real, 1, 223488, (B, 64)),
        ("norm", "workspace", real, 1, 219136, (B, 64, 64)),
        ("head", "workspace", real, 1, 161792, (B, 64, 96)),
        ("loss_m", "workspace", real, 1, 223616, (B, 64)),
        ("loss_e", "workspace", real, 1, 167936, (B, 64, 96)),
        ("loss_S", "workspace", real, 1, 223552, (B, 64)),
        ("d_head", "workspace", real, 1, 155648, (B, 64, 96)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_norm", "workspace", real, 1, 165888, (B, 64, 64)),
        ("d_norm_n", "workspace", real, 1, 161792, (B, 64, 64)),
        ("body_1_sum2_r", "workspace", real, 1, 219136, (B, 64)),
        ("d_body_1_norm2", "workspace", real, 1, 165888, (B, 64, 64)),
        ("d_body_1_norm2_n", "workspace", real, 1, 155648, (B, 64, 64)),
        ("body_1_sum1_r", "workspace", real, 1, 159744, (B, 64)),
        ("d_body_1_attention_v", "workspace", real, 1, 159744, (B, 64, 64)),
        ("d_body_1_attention_p", "workspace", real, 1, 81920, (B, 4, 64, 64)),
        ("d_body_1_attention_u", "workspace", real, 1, 98304, (B, 64, 192)),
        ("d_body_1_norm1", "workspace", real, 1, 143360, (B, 64, 64)),
        ("d_body_1_norm1_n", "workspace", real, 1, 147456, (B, 64, 64)),
        ("body_0_sum2_r", "workspace", real, 1, 143360, (B, 64)),
        ("d_body_0_norm2", "workspace", real, 1, 151552, (B, 64, 64)),
        ("d_body_0_norm2_n", "workspace", real, 1, 143360, (B, 64, 64)),
        ("body_0_sum1_r", "workspace", real, 1, 151552, (B, 64)),
        ("d_body_0_attention_v", "workspace", real, 1, 147456, (B, 64, 64)),
        ("d_body_0_attention_p", "workspace", real, 1, 16384, (B, 4, 64, 64)),
        ("d_body_0_attention_u", "workspace", real, 1, 32768, (B, 64, 192)),
        ("d_body_0_norm1", "workspace", real, 1, 151552, (B, 64, 64)),
        ("d_body_0_norm1_n", "workspace", real, 1, 147456, (B, 64, 64)),
        ("place_r", "workspace", real, 1, 151552, (B, 64)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 64)),
    ("m_2", "reals", real, 1, 0, (B, 64)),
    ("r", "reals", real, 1, 64, (B, 64)),
    ("scratch", "reals", real, 1, 128, (B, 64, 64)),
    ("mask", "masks", np.bool_, 0, 0, (64, 64)),
    ("m_3", "reals", real, 1, 0, (B, 4, 64)),
    ("scale", "reals", real, 1, 256, (B, 4, 64)),
    ("z", "reals", real, 1, 0, (B, 64, 256)),
    ("scratch_2", "reals", real, 0, 0, (4, 4096)),
    ("scratch_3", "reals", real, 1, 64, (B, 64, 64)),
    ("scratch_4", "reals", real, 1, 64, (B, 64, 96)),
    ("scratch_5", "reals", real, 1, 0, (64, B, 64)),
    ("index_2", "indices", np.intp, 1, 0, (64, B, 64)),
    ("index_3", "indices", np.intp, 1, 4096, (B, 64)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_6", "reals", real, 0, 1, (116576,)),
    ("number_2", "reals", real, 0, 116577, ()),
    ("scratch_7", "reals", real, 0, 116578, (116576,)),
    ("number_3", "reals", real, 0, 233154, ()),
    ("number_4", "reals", real, 0, 233155, ()),
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
    "workspace": (16, 223680, 0),
    "indices": (0, 4160, 0),
    "masks": (4096, 0, 0),
    "reals": (233156, 16384, 0),
}


# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969), 631-637:
# erf(x) = x P(x^2) / Q(x^2) where |x| <= 0.46875, else 1 - exp(-x^2) R(|x|) / S(|x|); highest power first.
ERF_P = (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
         3.20937758913846947e3)
ERF_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
ERF_R = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
         2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
         1.23033935479799725e3)
ERF_S = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
         3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3)


def polynomial(coefficients, x, out):
    """Horner's rule, in place."""
    out[...] = coefficients[0]
    for coefficient in coefficients[1:]:
        out *= x
        out += coefficient


def erf(x, out, blocks):
    """The error function of each element, to the last place or two; blocks [4, n] is where it works."""
    np.copyto(out, x)
    flat = out.reshape(-1)
    for start in range(0, flat.size, blocks.shape[1]):
        x = flat[start : start + blocks.shape[1]]
        near, size, upper, lower = blocks[:, : x.size]
        np.square(x, out=size)
        np.minimum(size, 1.0, out=size)
        polynomial(ERF_P, size, out=upper)
        polynomial(ERF_Q, size, out=lower)
        np.divide(upper, lower, out=near)
        near *= x
        np.abs(x, out=size)
        np.minimum(size, 6.0, out=size)  # erf(6) is 1 in float64
        polynomial(ERF_R, size, out=upper)
        polynomial(ERF_S, size, out=lower)
        upper /= lower
        np.square(size, out=lower)
        np.negative(lower, out=lower)
        np.exp(lower, out=lower)
        upper *= lower
        np.subtract(1.0, upper, out=upper)
        np.copysign(upper, x, out=upper)
        np.copyto(upper, near, where=size <= 0.46875)
        np.copyto(x, upper)


def embedding_positional_embedding_layernorm_64_64(place, norm1, weight, text, place_weight,
                                                   body_0_norm1_weight, bias, index, m, r, scratch, ones):
    """token: embedding; place: positional_embedding; body.0.norm1: layernorm.

    Writes place [B, 64, 64], norm1 [B, 64, 64]; reads weight [96, 64], text [B, 64], place_weight [64, 64],
    body_0_norm1_weight [64], bias [64].
    """
    # (1) token[b, i, d] = token.weight[text[b, i], d]
    # (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
    index[...] = text
    take(weight, index, axis=0, out=place, mode="clip")
    place += place_weight
    # (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
    place.reshape(-1, 64).dot(ones, out=m.reshape(-1))
    m *= 0.015625
    # (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
    # (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + layernorm.eps)
    subtract(place, m[:, :, None], out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 64).dot(ones, out=r.reshape(-1))
    r *= 0.015625
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
    # (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
    subtract(place, m[:, :, None], out=norm1)
    norm1 *= r[:, :, None]
    norm1 *= body_0_norm1_weight
    norm1 += bias


def attention_64_192_64(u, norm1, in_proj_weight, in_proj_bias):
    """body.0.attention: attention.

    Writes u [B, 64, 192]; reads norm1 [B, 64, 64], in_proj_weight [192, 64], in_proj_bias [192].
    For (32) too.
    """
    # (8) body.0.attention.u[b, i, f] = sum[j](body.0.norm1[b, i, j] * body.0.attention.in_proj_weight[f, j]) +
    #     body.0.attention.in_proj_bias[f]
    norm1.reshape(-1, 64).dot(in_proj_weight.T, out=u.reshape(-1, 192))
    u += in_proj_bias


def attention_4_64_64_16(s, u, mask, inside):
    """body.0.attention: attention.

    Writes s [B, 4, 64, 64]; reads u [B, 64, 192].
    For (33) too.
    """
    # (9) body.0.attention.s[b, h, i, j] = sum[k](body.0.attention.u[b, i, 16*h + k] * body.0.attention.u[b, j,
    #     16*h + k + 64]) / 4 if i >= j else -inf
    u_windows = as_strided(u, (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1], 16 * u.strides[2],
                           u.strides[2]))
    u_windows_2 = as_strided(u[:, :, 64:], (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1],
                             16 * u.strides[2], u.strides[2]))
    matmul(u_windows.transpose(0, 2, 1, 3), u_windows_2.transpose(0, 2, 3, 1), out=s)
    s *= 0.25
    logical_not(inside, out=mask)
    copyto(s, -np.inf, where=mask)


def attention_4_64_64(s, m, scale, ones):
    """body.0.attention: attention.

    Writes s [B, 4, 64, 64].
    For (34) (35) (36) (37) too.
    """
    # (10) body.0.attention.m[b, h, i] = max[j](body.0.attention.s[b, h, i, j])
    maximum.reduce(s, axis=3, out=m)
    # (11) body.0.attention.e2[b, h, i, j] = exp(body.0.attention.s[b, h, i, j] - body.0.attention.m[b, h, i])
    s -= m[:, :, :, None]
    exp(s, out=s)
    # (13)
    # (12) body.0.attention.S[b, h, i] = sum[j](body.0.attention.e2[b, h, i, j])
    s.reshape(-1, 64).dot(ones, out=scale.reshape(-1))
    reciprocal(scale, out=scale)
    # (13) body.0.attention.p[b, h, i, j] = body.0.attention.e2[b, h, i, j] / body.0.attention.S[b, h, i]
    s *= scale[:, :, :, None]


def attention_64_4_16_64(v, s, u):
    """body.0.attention: attention.

    Writes v [B, 64, 64]; reads s [B, 4, 64, 64], u [B, 64, 192].
    For (38) too.
    """
    # (14) body.0.attention.v[b, i, d] = sum[j](body.0.attention.u[b, j, d + 128] * body.0.attention.p[b, d //
    #     16, i, j])
    v_windows = as_strided(v, (v.shape[0], 64, 4, 16), (v.strides[0], v.strides[1], 16 * v.strides[2],
                           v.strides[2]))
    u_windows = as_strided(u[:, :, 128:], (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1],
                           16 * u.strides[2], u.strides[2]))
    matmul(s, u_windows.transpose(0, 2, 1, 3), out=v_windows.transpose(0, 2, 1, 3))


def attention_add_64_64_64(sum1, v, weight, bias, place):
    """body.0.attention: attention; body.0.sum1: add.

    Writes sum1 [B, 64, 64]; reads v [B, 64, 64], weight [64, 64], bias [64], place [B, 64, 64].
    """
    # (15) body.0.attention[b, i, m] = sum[j](body.0.attention.v[b, i, j] * body.0.attention.out_proj.weight[m,
    #     j]) + body.0.attention.out_proj.bias[m]
    # (16) body.0.sum1[b, t, d] = body.0.attention[b, t, d] + place[b, t, d]
    v.reshape(-1, 64).dot(weight.T, out=sum1.reshape(-1, 64))
    sum1 += bias
    sum1 += place


def layernorm_64_64(norm2, sum1, weight, bias, m, r, scratch, ones):
    """body.0.norm2: layernorm.

    Writes norm2 [B, 64, 64]; reads sum1 [B, 64, 64], weight [64], bias [64].
    For (27) (28) (29) (30) (31), (41) (42) (43) (44) (45), (51) (52) (53) (54) (55) too.
    """
    # (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
    sum1.reshape(-1, 64).dot(ones, out=m.reshape(-1))
    m *= 0.015625
    # (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
    # (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + layernorm.eps)
    subtract(sum1, m[:, :, None], out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 64).dot(ones, out=r.reshape(-1))
    r *= 0.015625
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
    # (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
    subtract(sum1, m[:, :, None], out=norm2)
    norm2 *= r[:, :, None]
    norm2 *= weight
    norm2 += bias


def linear_gelu_64_256_64(wide, norm2, weight, bias, z, scratch):
    """body.0.wide: linear, gelu.

    Writes wide [B, 64, 256]; reads norm2 [B, 64, 64], weight [256, 64], bias [256].
    For (46) (47) (48) too.
    """
    # (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) +
    #     body.0.wide.bias[o]
    norm2.reshape(-1, 64).dot(weight.T, out=z.reshape(-1, 256))
    z += bias
    # (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
    # (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
    multiply(0.7071067811865476, z, out=wide)
    erf(wide, out=wide, blocks=scratch)
    wide += ONE
    wide *= HALF
    wide *= z


def linear_add_64_64_256(sum2, wide, weight, bias, sum1):
    """body.0.narrow: linear; body.0.sum2: add.

    Writes sum2 [B, 64, 64]; reads wide [B, 64, 256], weight [64, 256], bias [64], sum1 [B, 64, 64].
    For (49) (50) too.
    """
    # (25) body.0.narrow[b, t, o] = sum[i](body.0.wide[b, t, i] * body.0.narrow.weight[o, i]) +
    #     body.0.narrow.bias[o]
    # (26) body.0.sum2[b, t, d] = body.0.narrow[b, t, d] + body.0.sum1[b, t, d]
    wide.reshape(-1, 256).dot(weight.T, out=sum2.reshape(-1, 64))
    sum2 += bias
    sum2 += sum1


def attention_add_64_64_64_v2(sum1, v, weight, bias, sum2):
    """body.1.attention: attention; body.1.sum1: add.

    Writes sum1 [B, 64, 64]; reads v [B, 64, 64], weight [64, 64], bias [64], sum2 [B, 64, 64].
    """
    # (39) body.1.attention[b, i, m] = sum[j](body.1.attention.v[b, i, j] * body.1.attention.out_proj.weight[m,
    #     j]) + body.1.attention.out_proj.bias[m]
    # (40) body.1.sum1[b, t, d] = body.0.sum2[b, t, d] + body.1.attention[b, t, d]
    v.reshape(-1, 64).dot(weight.T, out=sum1.reshape(-1, 64))
    sum1 += bias
    sum1 += sum2


def linear_64_96_64(head, norm, weight, bias):
    """head: linear.

    Writes head [B, 64, 96]; reads norm [B, 64, 64], weight [96, 64], bias [96].
    """
    # (56) head[b, t, o] = sum[i](norm[b, t, i] * head.weight[o, i]) + head.bias[o]
    norm.reshape(-1, 64).dot(weight.T, out=head.reshape(-1, 96))
    head += bias


def cross_entropy_64_96(m, e, S, head, ones):
    """loss: cross_entropy.

    Writes m [B, 64], e [B, 64, 96], S [B, 64]; reads head [B, 64, 96].
    """
    # (57) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))


def cross_entropy_64(loss, m, head, next, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 64], head [B, 64, 96], next [B, 64], S [B, 64].
    """
    # (61) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
    add(positions, next, out=index)
    take(head, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = add.reduce(scratch, axis=None) / (64.0 * batch)


def d_weight_96_64(d_weight):
    """token: gradient of embedding (one side of the product).

    Writes d_weight [96, 64].
    """
    # (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
    d_weight[...] = 0.0


def embedding_positional_embedding_layernorm_64_64_v2(place, r, n, norm1, weight, text, place_weight,
                                                      body_0_norm1_weight, bias, index, m, scratch, ones):
    """token: embedding; place: positional_embedding; body.0.norm1: layernorm.

    Writes place [B, 64, 64], r [B, 64], n [B, 64, 64], norm1 [B, 64, 64]; reads weight [96, 64], text [B, 64],
    place_weight [64, 64], body_0_norm1_weight [64], bias [64].
    """
    # (1) token[b, i, d] = token.weight[text[b, i], d]
    # (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
    index[...] = text
    take(weight, index, axis=0, out=place, mode="clip")
    place += place_weight
    # (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
    place.reshape(-1, 64).dot(ones, out=m.reshape(-1))
    m *= 0.015625
    # (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
    # (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + layernorm.eps)
    subtract(place, m[:, :, None], out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 64).dot(ones, out=r.reshape(-1))
    r *= 0.015625
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
    subtract(place, m[:, :, None], out=n)
    n *= r[:, :, None]
    # (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
    multiply(n, body_0_norm1_weight, out=norm1)
    norm1 += bias


def layernorm_64_64_v2(r, n, norm2, sum1, weight, bias, m, scratch, ones):
    """body.0.norm2: layernorm.

    Writes r [B, 64], n [B, 64, 64], norm2 [B, 64, 64]; reads sum1 [B, 64, 64], weight [64], bias [64].
    For (27) (28) (29) (30) (31), (41) (42) (43) (44) (45) too.
    """
    # (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
    sum1.reshape(-1, 64).dot(ones, out=m.reshape(-1))
    m *= 0.015625
    # (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
    # (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + layernorm.eps)
    subtract(sum1, m[:, :, None], out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 64).dot(ones, out=r.reshape(-1))
    r *= 0.015625
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
    subtract(sum1, m[:, :, None], out=n)
    n *= r[:, :, None]
    # (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
    multiply(n, weight, out=norm2)
    norm2 += bias


def linear_gelu_64_256_64_v2(z, r, wide, norm2, weight, bias, scratch):
    """body.0.wide: linear, gelu.

    Writes z [B, 64, 256], r [B, 64, 256], wide [B, 64, 256]; reads norm2 [B, 64, 64], weight [256, 64], bias
    [256].
    For (46) (47) (48) too.
    """
    # (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) +
    #     body.0.wide.bias[o]
    norm2.reshape(-1, 64).dot(weight.T, out=z.reshape(-1, 256))
    z += bias
    # (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
    multiply(0.7071067811865476, z, out=r)
    erf(r, out=r, blocks=scratch)
    # (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
    add(r, ONE, out=wide)
    wide *= HALF
    wide *= z


def layernorm_64_64_v3(r, sum2, norm, weight, bias, m, scratch, ones):
    """norm: layernorm.

    Writes r [B, 64], sum2 [B, 64, 64], norm [B, 64, 64]; reads weight [64], bias [64].
    """
    # (51) norm.m[b, t] = sum[i](body.1.sum2[b, t, i]) / 64
    sum2.reshape(-1, 64).dot(ones, out=m.reshape(-1))
    m *= 0.015625
    # (52) norm.v[b, t] = sum[i]((body.1.sum2[b, t, i] - norm.m[b, t])**2) / 64
    # (53) norm.r[b, t] = 1 / sqrt(norm.v[b, t] + layernorm.eps)
    subtract(sum2, m[:, :, None], out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 64).dot(ones, out=r.reshape(-1))
    r *= 0.015625
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (54) norm.n[b, t, j] = norm.r[b, t] * (body.1.sum2[b, t, j] - norm.m[b, t])
    sum2 -= m[:, :, None]
    sum2 *= r[:, :, None]
    # (55) norm[b, t, j] = norm.n[b, t, j] * norm.weight[j] + norm.bias[j]
    multiply(sum2, weight, out=norm)
    norm += bias


def cross_entropy_d_head_64_96(m, e, S, d_head, head, next, scale, scratch, ones, j, factor):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 64], e [B, 64, 96], S [B, 64], d_head [B, 64, 96]; reads head [B, 64, 96], next [B, 64].
    """
    # (57) loss.m[b, t] = max[i](head[b, t, i])
    maximum.reduce(head, axis=2, out=m)
    # (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
    e.reshape(-1, 96).dot(ones, out=S.reshape(-1))
    # (60) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
    reciprocal(S, out=scale)
    # (60)
    # (62) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
    multiply(scale[:, :, None], e, out=d_head)
    equal(j, next[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= factor


def d_weight_96_64_64(d_weight, d_head, norm):
    """head: gradient of linear.

    Writes d_weight [96, 64]; reads d_head [B, 64, 96], norm [B, 64, 64].
    """
    # (63) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
    d_head.reshape(-1, 96).T.dot(norm.reshape(-1, 64), out=d_weight)


def d_bias_96_64(d_bias, d_head, ones):
    """head: gradient of linear.

    Writes d_bias [96]; reads d_head [B, 64, 96].
    """
    # (64) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    ones.reshape(-1).dot(d_head.reshape(-1, 96), out=d_bias)


def d_norm_d_n_64_64_96(d_norm, d_n, d_head, weight, norm_weight):
    """norm: gradient of layernorm.

    Writes d_norm [B, 64, 64], d_n [B, 64, 64]; reads d_head [B, 64, 96], weight [96, 64], norm_weight [64].
    """
    # (65) d.norm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
    d_head.reshape(-1, 96).dot(weight, out=d_norm.reshape(-1, 64))
    # (68) d.norm.n[b, t, j] = d.norm[b, t, j] * norm.weight[j]
    multiply(d_norm, norm_weight, out=d_n)


def d_weight_64_64(d_weight, d_norm, sum2):
    """norm: gradient of layernorm.

    Writes d_weight [64]; reads d_norm [B, 64, 64], sum2 [B, 64, 64].
    For (79), (97), (110), (128) too.
    """
    # (66) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * norm.n[b, i, j])
    einsum("btj,btj->j", d_norm, sum2, out=d_weight)


def d_bias_64_64(d_bias, d_norm, ones):
    """norm: gradient of layernorm.

    Writes d_bias [64]; reads d_norm [B, 64, 64].
    For (73), (80), (86), (98), (104), (111), (117), (129) too.
    """
    # (67) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
    ones.reshape(-1).dot(d_norm.reshape(-1, 64), out=d_bias)


def r_64_64(r, d_n, sum2):
    """body.1.sum2: gradient of add.

    Writes r [B, 64]; reads d_n [B, 64, 64], sum2 [B, 64, 64].
    For (82), (100), (113), (131) too.
    """
    # (69) body.1.sum2.r[b, t] = sum[i](d.norm.n[b, t, i] * norm.n[b, t, i])
    einsum("btj,btj->bt", d_n, sum2, out=r)


def r2_d_sum2_64_64(d_n, r, body_1_sum2_r, sum2, scale, scale2, scratch, ones):
    """body.1.sum2: gradient of add.

    Writes d_n [B, 64, 64]; reads r [B, 64], body_1_sum2_r [B, 64], sum2 [B, 64, 64].
    """
    # (71)
    # (70) body.1.sum2.r2[b, t] = sum[i](d.norm.n[b, t, i])
    d_n.reshape(-1, 64).dot(ones, out=scale.reshape(-1))
    scale *= 0.015625
    # (71) d.body.1.sum2[b, t, d] = norm.r[b, t] * (d.norm.n[b, t, d] - body.1.sum2.r[b, t] * norm.n[b, t, d] /
    #     64 - body.1.sum2.r2[b, t] / 64)
    multiply(0.015625, body_1_sum2_r, out=scale2)
    d_n -= scale[:, :, None]
    multiply(scale2[:, :, None], sum2, out=scratch)
    d_n -= scratch
    d_n *= r[:, :, None]


def d_wide_d_z_64_256_64(z, d_n, weight, r, scratch):
    """body.1.wide: gradient of gelu, gradient of linear.

    Writes z [B, 64, 256]; reads d_n [B, 64, 64], weight [64, 256], r [B, 64, 256].
    For (105) (106) too.
    """
    # (74) d.body.1.wide[b, t, o] = sum[i](d.body.1.sum2[b, t, i] * body.1.narrow.weight[i, o])
    # (75) d.body.1.wide.z[b, t, o] = d.body.1.wide[b, t, o] * (1 + sqrt(2 / pi) * body.1.wide.z[b, t, o] *
    #     exp(-body.1.wide.z[b, t, o]**2 / 2) + body.1.wide.r[b, t, o]) / 2
    square(z, out=scratch)
    scratch *= HALF
    negative(scratch, out=scratch)
    exp(scratch, out=scratch)
    scratch *= 0.7978845608028654
    z *= scratch
    z += r
    z += ONE
    z *= HALF
    d_n.reshape(-1, 64).dot(weight, out=scratch.reshape(-1, 256))
    z *= scratch


def d_weight_64_256_64(d_weight, d_n, wide):
    """body.1.narrow: gradient of linear.

    Writes d_weight [64, 256]; reads d_n [B, 64, 64], wide [B, 64, 256].
    For (103) too.
    """
    # (72) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
    d_n.reshape(-1, 64).T.dot(wide.reshape(-1, 256), out=d_weight)


def d_weight_256_64_64(d_weight, z, norm2):
    """body.1.wide: gradient of linear.

    Writes d_weight [256, 64]; reads z [B, 64, 256], norm2 [B, 64, 64].
    For (107) too.
    """
    # (76) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
    z.reshape(-1, 256).T.dot(norm2.reshape(-1, 64), out=d_weight)


def d_bias_256_64(d_bias, z, ones):
    """body.1.wide: gradient of linear.

    Writes d_bias [256]; reads z [B, 64, 256].
    For (108) too.
    """
    # (77) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
    ones.reshape(-1).dot(z.reshape(-1, 256), out=d_bias)


def d_norm2_d_n_64_64_256(d_norm2, d_n, z, weight, body_1_norm2_weight):
    """body.1.norm2: gradient of layernorm.

    Writes d_norm2 [B, 64, 64], d_n [B, 64, 64]; reads z [B, 64, 256], weight [256, 64], body_1_norm2_weight
    [64].
    For (109) (112) too.
    """
    # (78) d.body.1.norm2[b, t, j] = sum[i](d.body.1.wide.z[b, t, i] * body.1.wide.weight[i, j])
    z.reshape(-1, 256).dot(weight, out=d_norm2.reshape(-1, 64))
    # (81) d.body.1.norm2.n[b, t, j] = d.body.1.norm2[b, t, j] * body.1.norm2.weight[j]
    multiply(d_norm2, body_1_norm2_weight, out=d_n)


def r2_d_sum1_64_64(d_n, r, body_1_sum1_r, n, d_norm_n, scale, scale2, scratch, ones):
    """body.1.sum1: gradient of add.

    Writes d_n [B, 64, 64]; reads r [B, 64], body_1_sum1_r [B, 64], n [B, 64, 64], d_norm_n [B, 64, 64].
    For (101) (102), (114) (115), (132) (133) too.
    """
    # (84)
    # (83) body.1.sum1.r2[b, t] = sum[i](d.body.1.norm2.n[b, t, i])
    d_n.reshape(-1, 64).dot(ones, out=scale.reshape(-1))
    scale *= 0.015625
    # (84) d.body.1.sum1[b, t, d] = body.1.norm2.r[b, t] * (d.body.1.norm2.n[b, t, d] - body.1.sum1.r[b, t] *
    #     body.1.norm2.n[b, t, d] / 64 - body.1.sum1.r2[b, t] / 64) + d.body.1.sum2[b, t, d]
    multiply(0.015625, body_1_sum1_r, out=scale2)
    d_n -= scale[:, :, None]
    multiply(scale2[:, :, None], n, out=scratch)
    d_n -= scratch
    d_n *= r[:, :, None]
    d_n += d_norm_n


def d_weight_64_64_64(d_weight, d_n, v):
    """body.1.attention: gradient of attention.

    Writes d_weight [64, 64]; reads d_n [B, 64, 64], v [B, 64, 64].
    For (116) too.
    """
    # (85) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b,
    #     i, m])
    d_n.reshape(-1, 64).T.dot(v.reshape(-1, 64), out=d_weight)


def d_v_64_64_64(d_v, d_n, weight):
    """body.1.attention: gradient of attention.

    Writes d_v [B, 64, 64]; reads d_n [B, 64, 64], weight [64, 64].
    For (118) too.
    """
    # (87) d.body.1.attention.v[b, i, d] = sum[j](d.body.1.sum1[b, i, j] * body.1.attention.out_proj.weight[j,
    #     d])
    d_n.reshape(-1, 64).dot(weight, out=d_v.reshape(-1, 64))


def d_p_4_64_64_16(d_p, d_v, u):
    """body.1.attention: gradient of attention.

    Writes d_p [B, 4, 64, 64]; reads d_v [B, 64, 64], u [B, 64, 192].
    For (119) too.
    """
    # (88) d.body.1.attention.p[b, h, i, j] = sum[k](body.1.attention.u[b, j, 16*h + k + 128] *
    #     d.body.1.attention.v[b, i, 16*h + k])
    d_v_windows = as_strided(d_v, (d_v.shape[0], 64, 4, 16), (d_v.strides[0], d_v.strides[1],
                             16 * d_v.strides[2], d_v.strides[2]))
    u_windows = as_strided(u[:, :, 128:], (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1],
                           16 * u.strides[2], u.strides[2]))
    matmul(d_v_windows.transpose(0, 2, 1, 3), u_windows.transpose(0, 2, 3, 1), out=d_p)


def r_d_s_4_64_64(d_p, s, r):
    """body.1.attention: gradient of attention.

    Writes d_p [B, 4, 64, 64]; reads s [B, 4, 64, 64].
    For (120) (121) too.
    """
    # (89) body.1.attention.r[b, h, i] = sum[j](body.1.attention.p[b, h, i, j] * d.body.1.attention.p[b, h, i,
    #     j])
    einsum("bhij,bhij->bhi", d_p, s, out=r)
    # (90) d.body.1.attention.s[b, h, i, j] = body.1.attention.p[b, h, i, j] * (d.body.1.attention.p[b, h, i, j]
    #     - body.1.attention.r[b, h, i])
    d_p -= r[:, :, :, None]
    d_p *= s


def r2_r3_d_u_64_4_16_64(d_u, d_p, u):
    """body.1.attention: gradient of attention (one side of the product).

    Writes d_u [B, 64, 192]; reads d_p [B, 4, 64, 64], u [B, 64, 192].
    For (122) (123) (124) too.
    """
    # (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f //
    #     16, i, j])
    # (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f
    #     - 128) // 16, j, i])
    # (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f
    #     - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
    d_u_windows = as_strided(d_u, (d_u.shape[0], 64, 4, 16), (d_u.strides[0], d_u.strides[1],
                             16 * d_u.strides[2], d_u.strides[2]))
    u_windows = as_strided(u[:, :, 64:], (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1],
                           16 * u.strides[2], u.strides[2]))
    matmul(d_p, u_windows.transpose(0, 2, 1, 3), out=d_u_windows.transpose(0, 2, 1, 3))
    d_u_windows *= 0.25


def r2_r3_d_u_64_4_16_64_v2(d_u, d_p, u):
    """body.1.attention: gradient of attention (one side of the product).

    Writes d_u [B, 64, 192]; reads d_p [B, 4, 64, 64], u [B, 64, 192].
    For (122) (123) (124) too.
    """
    # (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f //
    #     16, i, j])
    # (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f
    #     - 128) // 16, j, i])
    # (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f
    #     - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
    d_u_windows = as_strided(d_u[:, :, 64:], (d_u.shape[0], 64, 4, 16), (d_u.strides[0], d_u.strides[1],
                             16 * d_u.strides[2], d_u.strides[2]))
    u_windows = as_strided(u, (u.shape[0], 64, 4, 16), (u.strides[0], u.strides[1], 16 * u.strides[2],
                           u.strides[2]))
    matmul(d_p.transpose(0, 1, 3, 2), u_windows.transpose(0, 2, 1, 3), out=d_u_windows.transpose(0, 2, 1, 3))
    d_u_windows *= 0.25


def r2_r3_d_u_64_4_16_64_v3(d_u, s, d_v):
    """body.1.attention: gradient of attention.

    Writes d_u [B, 64, 192]; reads s [B, 4, 64, 64], d_v [B, 64, 64].
    For (122) (123) (124) too.
    """
    # (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f //
    #     16, i, j])
    # (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f
    #     - 128) // 16, j, i])
    # (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f
    #     - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
    d_u_windows = as_strided(d_u[:, :, 128:], (d_u.shape[0], 64, 4, 16), (d_u.strides[0], d_u.strides[1],
                             16 * d_u.strides[2], d_u.strides[2]))
    d_v_windows = as_strided(d_v, (d_v.shape[0], 64, 4, 16), (d_v.strides[0], d_v.strides[1],
                             16 * d_v.strides[2], d_v.strides[2]))
    matmul(s.transpose(0, 1, 3, 2), d_v_windows.transpose(0, 2, 1, 3), out=d_u_windows.transpose(0, 2, 1, 3))


def d_in_proj_weight_192_64_64(d_in_proj_weight, d_u, norm1):
    """body.1.attention: gradient of attention.

    Writes d_in_proj_weight [192, 64]; reads d_u [B, 64, 192], norm1 [B, 64, 64].
    For (125) too.
    """
    # (94) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b,
    #     i, w])
    d_u.reshape(-1, 192).T.dot(norm1.reshape(-1, 64), out=d_in_proj_weight)


def d_in_proj_bias_64_64(d_in_proj_bias, d_u):
    """body.1.attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192]; reads d_u [B, 64, 192].
    For (126) too.
    """
    # (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
    add.reduce(d_u[:, :, :64], axis=(0, 1), out=d_in_proj_bias[:64])


def d_in_proj_bias_64(d_in_proj_bias):
    """body.1.attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192].
    For (126) too.
    """
    # (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
    d_in_proj_bias[64:128] = 0.0


def d_in_proj_bias_64_64_v2(d_in_proj_bias, d_u):
    """body.1.attention: gradient of attention.

    Writes d_in_proj_bias [192]; reads d_u [B, 64, 192].
    For (126) too.
    """
    # (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
    add.reduce(d_u[:, :, 128:192], axis=(0, 1), out=d_in_proj_bias[128:192])


def d_norm1_d_n_64_64_192(d_norm1, d_n, d_u, in_proj_weight, weight):
    """body.1.norm1: gradient of layernorm.

    Writes d_norm1 [B, 64, 64], d_n [B, 64, 64]; reads d_u [B, 64, 192], in_proj_weight [192, 64], weight [64].
    For (127) (130) too.
    """
    # (96) d.body.1.norm1[b, t, j] = sum[i](d.body.1.attention.u[b, t, i] * body.1.attention.in_proj_weight[i,
    #     j])
    d_u.reshape(-1, 192).dot(in_proj_weight, out=d_norm1.reshape(-1, 64))
    # (99) d.body.1.norm1.n[b, t, j] = d.body.1.norm1[b, t, j] * body.1.norm1.weight[j]
    multiply(d_norm1, weight, out=d_n)


def d_weight_64_64_v2(d_weight, d_n, ones):
    """place: gradient of positional_embedding.

    Writes d_weight [64, 64]; reads d_n [B, 64, 64].
    """
    # (134) d.place.weight[t, d] = sum[b](d.place[b, t, d])
    ones.dot(d_n.reshape(-1, 4096), out=d_weight.reshape(4096))


def d_weight_64_64_v3(d_weight, d_n, text, scratch, index, index_2, d):
    """token: gradient of embedding.

    Writes d_weight [96, 64]; reads d_n [B, 64, 64], text [B, 64].
    """
    # (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
    scratch[...] = d_n.transpose(2, 0, 1)
    multiply(text, 64, out=index_2)
    add(d[:, None, None], index_2, out=index)
    add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def warmup_cosine_schedule_adamw_rate_next_step(rate, scale, keep, t, warmup, lr, steps, min_lr, beta1, beta2,
                                                weight_decay):
    """optimizer: warmup_cosine schedule, adamw rate, next step.

    Writes rate, scale, keep, t; reads warmup, lr, steps, min_lr, beta1, beta2, weight_decay.
    """
    # (136) optimizer.eta = (1 + t) * lr / warmup if warmup > t else (1 + cos(pi * min(max(t - warmup, 0), steps
    #     - warmup) / (steps - warmup))) * (lr - min_lr) / 2 + min_lr
    eta = float((t[()] + 1.0) * float(lr) / float(warmup) if float(warmup) > float(t) else 0.5 * (cos(3.141592653589793 * minimum(maximum(float(t) - float(warmup),
                0.0),
                float(steps) - float(warmup)) / (float(steps) - float(warmup))) + 1.0) * (float(lr) - float(min_lr)) + float(min_lr))
    # (137) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = eta / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (138) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (139) optimizer.keep = 1 - optimizer.eta * weight_decay
    keep[...] = 1.0 - eta * float(weight_decay)
    # (140) t.next = 1 + t
    t[...] = float(t) + 1.0


def adamw_116576(m, v, parameters, beta1, gradients, beta2, keep, rate, scale, eps, number, scratch, number_2,
                 scratch_2, number_3, number_4):
    """token.weight to head.bias: adamw.

    Writes m [116576], v [116576], parameters [116576]; reads beta1, beta2, keep, rate, scale, eps; uses up
    gradients [116576].
    For (141) (142) (143) (144) (145) (146) (147) (148) (149) (150) (151) (152) (153) (154) (155) (156) (157)
    (158) (159) (160) (161) (162) (163) (164) (165) (166) (167) (168) (169) (170) (171) (172) (173) (174) (175)
    (176) (177) (178) (179) (180) (181) (182) (183) (184) (185) (186) (187) (188) (189) (190) (191) (192) (193)
    (194) (195) (196) (197) (198) (199) (200) (201) (202) (203) (204) (205) (206) (207) (208) (209) (210) (211)
    (212) (213) (214) (215) (216) (217) (218) (219) (220) (221) (222) (223) (224) (225) (226) (227) (228) (229)
    (230) too.
    """
    # (141) token.weight.m.next[i, d] = (1 - beta1) * d.token.weight[i, d] + beta1 * token.weight.m[i, d]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (142) token.weight.v.next[i, d] = (1 - beta2) * d.token.weight[i, d]**2 + beta2 * token.weight.v[i, d]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (143) token.weight.next[i, d] = optimizer.keep * token.weight[i, d] - optimizer.rate *
    #     token.weight.m.next[i, d] / (optimizer.scale * sqrt(token.weight.v.next[i, d]) + eps)
    number[...] = float(keep)
    multiply(number, parameters, out=scratch)
    number_2[...] = float(rate)
    multiply(number_2, m, out=parameters)
    sqrt(v, out=scratch_2)
    number_3[...] = float(scale)
    scratch_2 *= number_3
    number_4[...] = float(eps)
    scratch_2 += number_4
    parameters /= scratch_2
    subtract(scratch, parameters, out=parameters)


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(116576, real) if parameters is None else parameters,
            "gradients": np.zeros(116576, real) if gradients is None else gradients,
            "states": np.zeros(233152, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.002, 1e-08, 0.01, 0.9, 0.999, 2400.0, 100.0, 0.0], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 223680 * capacity, real)
        self.blocks["indices"] = np.zeros(4160 * capacity, np.intp)
        self.blocks["masks"] = np.zeros(4096, np.bool_)
        self.blocks["reals"] = np.zeros(233156 + 16384 * capacity, real)
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
        embedding_positional_embedding_layernorm_64_64(a.place, a.body_0_norm1, a.token_weight, text,
                                                       a.place_weight, a.body_0_norm1_weight,
                                                       a.body_0_norm1_bias, a.index, a.m_2, a.r, a.scratch,
                                                       a.ones)  # (1) (2) (3) (4) (5) (6) (7)
        attention_64_192_64(a.body_0_attention_u, a.body_0_norm1, a.body_0_attention_in_proj_weight,
                            a.body_0_attention_in_proj_bias)  # (8)
        attention_4_64_64_16(a.body_0_attention_s, a.body_0_attention_u, a.mask, a.inside)  # (9)
        attention_4_64_64(a.body_0_attention_s, a.m_3, a.scale, a.ones)  # (10) (11) (12) (13)
        attention_64_4_16_64(a.body_0_attention_v, a.body_0_attention_s, a.body_0_attention_u)  # (14)
        attention_add_64_64_64(a.body_0_sum1, a.body_0_attention_v, a.body_0_attention_out_proj_weight,
                               a.body_0_attention_out_proj_bias, a.place)  # (15) (16)
        layernorm_64_64(a.body_0_norm2, a.body_0_sum1, a.body_0_norm2_weight, a.body_0_norm2_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (17) (18) (19) (20) (21)
        linear_gelu_64_256_64(a.body_0_wide, a.body_0_norm2, a.body_0_wide_weight, a.body_0_wide_bias, a.z,
                              a.scratch_2)  # (22) (23) (24)
        linear_add_64_64_256(a.body_0_sum2, a.body_0_wide, a.body_0_narrow_weight, a.body_0_narrow_bias,
                             a.body_0_sum1)  # (25) (26)
        layernorm_64_64(a.body_1_norm1, a.body_0_sum2, a.body_1_norm1_weight, a.body_1_norm1_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (27) (28) (29) (30) (31)
        attention_64_192_64(a.body_1_attention_u, a.body_1_norm1, a.body_1_attention_in_proj_weight,
                            a.body_1_attention_in_proj_bias)  # (32)
        attention_4_64_64_16(a.body_1_attention_s, a.body_1_attention_u, a.mask, a.inside)  # (33)
        attention_4_64_64(a.body_1_attention_s, a.m_3, a.scale, a.ones)  # (34) (35) (36) (37)
        attention_64_4_16_64(a.body_1_attention_v, a.body_1_attention_s, a.body_1_attention_u)  # (38)
        attention_add_64_64_64_v2(a.body_1_sum1, a.body_1_attention_v, a.body_1_attention_out_proj_weight,
                                  a.body_1_attention_out_proj_bias, a.body_0_sum2)  # (39) (40)
        layernorm_64_64(a.body_1_norm2, a.body_1_sum1, a.body_1_norm2_weight, a.body_1_norm2_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (41) (42) (43) (44) (45)
        linear_gelu_64_256_64(a.body_1_wide, a.body_1_norm2, a.body_1_wide_weight, a.body_1_wide_bias, a.z,
                              a.scratch_2)  # (46) (47) (48)
        linear_add_64_64_256(a.body_1_sum2, a.body_1_wide, a.body_1_narrow_weight, a.body_1_narrow_bias,
                             a.body_1_sum1)  # (49) (50)
        # (51) (52) (53) (54) (55)
        layernorm_64_64(a.norm, a.body_1_sum2, a.norm_weight, a.norm_bias, a.m_2, a.r, a.scratch, a.ones)
        linear_64_96_64(a.head, a.norm, a.head_weight, a.head_bias)  # (56)
        return 0.0

    def loss(self, text, next):
        """Compute the loss; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("loss", batch, text, next)

    @staticmethod
    def _loss(a, batch, text, next):
        embedding_positional_embedding_layernorm_64_64(a.place, a.body_0_norm1, a.token_weight, text,
                                                       a.place_weight, a.body_0_norm1_weight,
                                                       a.body_0_norm1_bias, a.index, a.m_2, a.r, a.scratch,
                                                       a.ones)  # (1) (2) (3) (4) (5) (6) (7)
        attention_64_192_64(a.body_0_attention_u, a.body_0_norm1, a.body_0_attention_in_proj_weight,
                            a.body_0_attention_in_proj_bias)  # (8)
        attention_4_64_64_16(a.body_0_attention_s, a.body_0_attention_u, a.mask, a.inside)  # (9)
        attention_4_64_64(a.body_0_attention_s, a.m_3, a.scale, a.ones)  # (10) (11) (12) (13)
        attention_64_4_16_64(a.body_0_attention_v, a.body_0_attention_s, a.body_0_attention_u)  # (14)
        attention_add_64_64_64(a.body_0_sum1, a.body_0_attention_v, a.body_0_attention_out_proj_weight,
                               a.body_0_attention_out_proj_bias, a.place)  # (15) (16)
        layernorm_64_64(a.body_0_norm2, a.body_0_sum1, a.body_0_norm2_weight, a.body_0_norm2_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (17) (18) (19) (20) (21)
        linear_gelu_64_256_64(a.body_0_wide, a.body_0_norm2, a.body_0_wide_weight, a.body_0_wide_bias, a.z,
                              a.scratch_2)  # (22) (23) (24)
        linear_add_64_64_256(a.body_0_sum2, a.body_0_wide, a.body_0_narrow_weight, a.body_0_narrow_bias,
                             a.body_0_sum1)  # (25) (26)
        layernorm_64_64(a.body_1_norm1, a.body_0_sum2, a.body_1_norm1_weight, a.body_1_norm1_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (27) (28) (29) (30) (31)
        attention_64_192_64(a.body_1_attention_u, a.body_1_norm1, a.body_1_attention_in_proj_weight,
                            a.body_1_attention_in_proj_bias)  # (32)
        attention_4_64_64_16(a.body_1_attention_s, a.body_1_attention_u, a.mask, a.inside)  # (33)
        attention_4_64_64(a.body_1_attention_s, a.m_3, a.scale, a.ones)  # (34) (35) (36) (37)
        attention_64_4_16_64(a.body_1_attention_v, a.body_1_attention_s, a.body_1_attention_u)  # (38)
        attention_add_64_64_64_v2(a.body_1_sum1, a.body_1_attention_v, a.body_1_attention_out_proj_weight,
                                  a.body_1_attention_out_proj_bias, a.body_0_sum2)  # (39) (40)
        layernorm_64_64(a.body_1_norm2, a.body_1_sum1, a.body_1_norm2_weight, a.body_1_norm2_bias, a.m_2, a.r,
                        a.scratch, a.ones)  # (41) (42) (43) (44) (45)
        linear_gelu_64_256_64(a.body_1_wide, a.body_1_norm2, a.body_1_wide_weight, a.body_1_wide_bias, a.z,
                              a.scratch_2)  # (46) (47) (48)
        linear_add_64_64_256(a.body_1_sum2, a.body_1_wide, a.body_1_narrow_weight, a.body_1_narrow_bias,
                             a.body_1_sum1)  # (49) (50)
        # (51) (52) (53) (54) (55)
        layernorm_64_64(a.norm, a.body_1_sum2, a.norm_weight, a.norm_bias, a.m_2, a.r, a.scratch, a.ones)
        linear_64_96_64(a.head, a.norm, a.head_weight, a.head_bias)  # (56)
        cross_entropy_64_96(a.loss_m, a.loss_e, a.loss_S, a.head, a.ones_2)  # (57) (58) (59)
        # (61)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.m_2, a.index, a.r, a.positions, batch)
        return float(a.loss)

    def gradients(self, text, next):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("gradients", batch, text, next)

    @staticmethod
    def _gradients(a, batch, text, next):
        d_weight_96_64(a.d_token_weight)  # (135)
        # (1) (2) (3) (4) (5) (6) (7)
        embedding_positional_embedding_layernorm_64_64_v2(a.place, a.body_0_norm1_r, a.body_0_norm1_n,
                                                          a.body_0_norm1, a.token_weight, text, a.place_weight,
                                                          a.body_0_norm1_weight, a.body_0_norm1_bias, a.index,
                                                          a.m_2, a.scratch_3, a.ones)
        attention_64_192_64(a.body_0_attention_u, a.body_0_norm1, a.body_0_attention_in_proj_weight,
                            a.body_0_attention_in_proj_bias)  # (8)
        attention_4_64_64_16(a.body_0_attention_s, a.body_0_attention_u, a.mask, a.inside)  # (9)
        attention_4_64_64(a.body_0_attention_s, a.m_3, a.scale, a.ones)  # (10) (11) (12) (13)
        attention_64_4_16_64(a.body_0_attention_v, a.body_0_attention_s, a.body_0_attention_u)  # (14)
        attention_add_64_64_64(a.body_0_sum1, a.body_0_attention_v, a.body_0_attention_out_proj_weight,
                               a.body_0_attention_out_proj_bias, a.place)  # (15) (16)
        # (17) (18) (19) (20) (21)
        layernorm_64_64_v2(a.body_0_norm2_r, a.body_0_norm2_n, a.body_0_norm2, a.body_0_sum1,
                           a.body_0_norm2_weight, a.body_0_norm2_bias, a.m_2, a.scratch_3, a.ones)
        linear_gelu_64_256_64_v2(a.body_0_wide_z, a.body_0_wide_r, a.body_0_wide, a.body_0_norm2,
                                 a.body_0_wide_weight, a.body_0_wide_bias, a.scratch_2)  # (22) (23) (24)
        linear_add_64_64_256(a.body_0_sum2, a.body_0_wide, a.body_0_narrow_weight, a.body_0_narrow_bias,
                             a.body_0_sum1)  # (25) (26)
        # (27) (28) (29) (30) (31)
        layernorm_64_64_v2(a.body_1_norm1_r, a.body_1_norm1_n, a.body_1_norm1, a.body_0_sum2,
                           a.body_1_norm1_weight, a.body_1_norm1_bias, a.m_2, a.scratch_3, a.ones)
        attention_64_192_64(a.body_1_attention_u, a.body_1_norm1, a.body_1_attention_in_proj_weight,
                            a.body_1_attention_in_proj_bias)  # (32)
        attention_4_64_64_16(a.body_1_attention_s, a.body_1_attention_u, a.mask, a.inside)  # (33)
        attention_4_64_64(a.body_1_attention_s, a.m_3, a.scale, a.ones)  # (34) (35) (36) (37)
        attention_64_4_16_64(a.body_1_attention_v, a.body_1_attention_s, a.body_1_attention_u)  # (38)
        attention_add_64_64_64_v2(a.body_1_sum1, a.body_1_attention_v, a.body_1_attention_out_proj_weight,
                                  a.body_1_attention_out_proj_bias, a.body_0_sum2)  # (39) (40)
        # (41) (42) (43) (44) (45)
        layernorm_64_64_v2(a.body_1_norm2_r, a.body_1_norm2_n, a.body_1_norm2, a.body_1_sum1,
                           a.body_1_norm2_weight, a.body_1_norm2_bias, a.m_2, a.scratch_3, a.ones)
        linear_gelu_64_256_64_v2(a.body_1_wide_z, a.body_1_wide_r, a.body_1_wide, a.body_1_norm2,
                                 a.body_1_wide_weight, a.body_1_wide_bias, a.scratch_2)  # (46) (47) (48)
        linear_add_64_64_256(a.body_1_sum2, a.body_1_wide, a.body_1_narrow_weight, a.body_1_narrow_bias,
                             a.body_1_sum1)  # (49) (50)
        layernorm_64_64_v3(a.norm_r, a.body_1_sum2, a.norm, a.norm_weight, a.norm_bias, a.m_2, a.scratch_3,
                           a.ones)  # (51) (52) (53) (54) (55)
        linear_64_96_64(a.head, a.norm, a.head_weight, a.head_bias)  # (56)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.m_2, a.scratch_4,
                                   a.ones_2, a.j, a.factor)  # (57) (58) (59) (60) (62)
        # (61)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.m_2, a.index, a.r, a.positions, batch)
        d_weight_96_64_64(a.d_head_weight, a.d_head, a.norm)  # (63)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_3)  # (64)
        d_norm_d_n_64_64_96(a.d_norm, a.d_norm_n, a.d_head, a.head_weight, a.norm_weight)  # (65) (68)
        d_weight_64_64(a.d_norm_weight, a.d_norm, a.body_1_sum2)  # (66)
        d_bias_64_64(a.d_norm_bias, a.d_norm, a.ones_3)  # (67)
        r_64_64(a.body_1_sum2_r, a.d_norm_n, a.body_1_sum2)  # (69)
        # (70) (71)
        r2_d_sum2_64_64(a.d_norm_n, a.norm_r, a.body_1_sum2_r, a.body_1_sum2, a.m_2, a.r, a.scratch, a.ones)
        # (74) (75)
        d_wide_d_z_64_256_64(a.body_1_wide_z, a.d_norm_n, a.body_1_narrow_weight, a.body_1_wide_r, a.z)
        d_weight_64_256_64(a.d_body_1_narrow_weight, a.d_norm_n, a.body_1_wide)  # (72)
        d_weight_256_64_64(a.d_body_1_wide_weight, a.body_1_wide_z, a.body_1_norm2)  # (76)
        d_bias_64_64(a.d_body_1_narrow_bias, a.d_norm_n, a.ones_3)  # (73)
        d_bias_256_64(a.d_body_1_wide_bias, a.body_1_wide_z, a.ones_3)  # (77)
        d_norm2_d_n_64_64_256(a.d_body_1_norm2, a.d_body_1_norm2_n, a.body_1_wide_z, a.body_1_wide_weight,
                              a.body_1_norm2_weight)  # (78) (81)
        d_weight_64_64(a.d_body_1_norm2_weight, a.d_body_1_norm2, a.body_1_norm2_n)  # (79)
        d_bias_64_64(a.d_body_1_norm2_bias, a.d_body_1_norm2, a.ones_3)  # (80)
        r_64_64(a.body_1_sum1_r, a.d_body_1_norm2_n, a.body_1_norm2_n)  # (82)
        r2_d_sum1_64_64(a.d_body_1_norm2_n, a.body_1_norm2_r, a.body_1_sum1_r, a.body_1_norm2_n, a.d_norm_n,
                        a.m_2, a.r, a.scratch, a.ones)  # (83) (84)
        # (85)
        d_weight_64_64_64(a.d_body_1_attention_out_proj_weight, a.d_body_1_norm2_n, a.body_1_attention_v)
        d_bias_64_64(a.d_body_1_attention_out_proj_bias, a.d_body_1_norm2_n, a.ones_3)  # (86)
        d_v_64_64_64(a.d_body_1_attention_v, a.d_body_1_norm2_n, a.body_1_attention_out_proj_weight)  # (87)
        d_p_4_64_64_16(a.d_body_1_attention_p, a.d_body_1_attention_v, a.body_1_attention_u)  # (88)
        r_d_s_4_64_64(a.d_body_1_attention_p, a.body_1_attention_s, a.m_3)  # (89) (90)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64(a.d_body_1_attention_u, a.d_body_1_attention_p, a.body_1_attention_u)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64_v2(a.d_body_1_attention_u, a.d_body_1_attention_p, a.body_1_attention_u)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64_v3(a.d_body_1_attention_u, a.body_1_attention_s, a.d_body_1_attention_v)
        # (94)
        d_in_proj_weight_192_64_64(a.d_body_1_attention_in_proj_weight, a.d_body_1_attention_u, a.body_1_norm1)
        d_in_proj_bias_64_64(a.d_body_1_attention_in_proj_bias, a.d_body_1_attention_u)  # (95)
        d_in_proj_bias_64(a.d_body_1_attention_in_proj_bias)  # (95)
        d_in_proj_bias_64_64_v2(a.d_body_1_attention_in_proj_bias, a.d_body_1_attention_u)  # (95)
        d_norm1_d_n_64_64_192(a.d_body_1_norm1, a.d_body_1_norm1_n, a.d_body_1_attention_u,
                              a.body_1_attention_in_proj_weight, a.body_1_norm1_weight)  # (96) (99)
        d_weight_64_64(a.d_body_1_norm1_weight, a.d_body_1_norm1, a.body_1_norm1_n)  # (97)
        d_bias_64_64(a.d_body_1_norm1_bias, a.d_body_1_norm1, a.ones_3)  # (98)
        r_64_64(a.body_0_sum2_r, a.d_body_1_norm1_n, a.body_1_norm1_n)  # (100)
        r2_d_sum1_64_64(a.d_body_1_norm1_n, a.body_1_norm1_r, a.body_0_sum2_r, a.body_1_norm1_n,
                        a.d_body_1_norm2_n, a.m_2, a.r, a.scratch, a.ones)  # (101) (102)
        # (105) (106)
        d_wide_d_z_64_256_64(a.body_0_wide_z, a.d_body_1_norm1_n, a.body_0_narrow_weight, a.body_0_wide_r, a.z)
        d_weight_64_256_64(a.d_body_0_narrow_weight, a.d_body_1_norm1_n, a.body_0_wide)  # (103)
        d_weight_256_64_64(a.d_body_0_wide_weight, a.body_0_wide_z, a.body_0_norm2)  # (107)
        d_bias_64_64(a.d_body_0_narrow_bias, a.d_body_1_norm1_n, a.ones_3)  # (104)
        d_bias_256_64(a.d_body_0_wide_bias, a.body_0_wide_z, a.ones_3)  # (108)
        d_norm2_d_n_64_64_256(a.d_body_0_norm2, a.d_body_0_norm2_n, a.body_0_wide_z, a.body_0_wide_weight,
                              a.body_0_norm2_weight)  # (109) (112)
        d_weight_64_64(a.d_body_0_norm2_weight, a.d_body_0_norm2, a.body_0_norm2_n)  # (110)
        d_bias_64_64(a.d_body_0_norm2_bias, a.d_body_0_norm2, a.ones_3)  # (111)
        r_64_64(a.body_0_sum1_r, a.d_body_0_norm2_n, a.body_0_norm2_n)  # (113)
        r2_d_sum1_64_64(a.d_body_0_norm2_n, a.body_0_norm2_r, a.body_0_sum1_r, a.body_0_norm2_n,
                        a.d_body_1_norm1_n, a.m_2, a.r, a.scratch, a.ones)  # (114) (115)
        # (116)
        d_weight_64_64_64(a.d_body_0_attention_out_proj_weight, a.d_body_0_norm2_n, a.body_0_attention_v)
        d_bias_64_64(a.d_body_0_attention_out_proj_bias, a.d_body_0_norm2_n, a.ones_3)  # (117)
        d_v_64_64_64(a.d_body_0_attention_v, a.d_body_0_norm2_n, a.body_0_attention_out_proj_weight)  # (118)
        d_p_4_64_64_16(a.d_body_0_attention_p, a.d_body_0_attention_v, a.body_0_attention_u)  # (119)
        r_d_s_4_64_64(a.d_body_0_attention_p, a.body_0_attention_s, a.m_3)  # (120) (121)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64(a.d_body_0_attention_u, a.d_body_0_attention_p, a.body_0_attention_u)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64_v2(a.d_body_0_attention_u, a.d_body_0_attention_p, a.body_0_attention_u)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64_v3(a.d_body_0_attention_u, a.body_0_attention_s, a.d_body_0_attention_v)
        # (125)
        d_in_proj_weight_192_64_64(a.d_body_0_attention_in_proj_weight, a.d_body_0_attention_u, a.body_0_norm1)
        d_in_proj_bias_64_64(a.d_body_0_attention_in_proj_bias, a.d_body_0_attention_u)  # (126)
        d_in_proj_bias_64(a.d_body_0_attention_in_proj_bias)  # (126)
        d_in_proj_bias_64_64_v2(a.d_body_0_attention_in_proj_bias, a.d_body_0_attention_u)  # (126)
        d_norm1_d_n_64_64_192(a.d_body_0_norm1, a.d_body_0_norm1_n, a.d_body_0_attention_u,
                              a.body_0_attention_in_proj_weight, a.body_0_norm1_weight)  # (127) (130)
        d_weight_64_64(a.d_body_0_norm1_weight, a.d_body_0_norm1, a.body_0_norm1_n)  # (128)
        d_bias_64_64(a.d_body_0_norm1_bias, a.d_body_0_norm1, a.ones_3)  # (129)
        r_64_64(a.place_r, a.d_body_0_norm1_n, a.body_0_norm1_n)  # (131)
        r2_d_sum1_64_64(a.d_body_0_norm1_n, a.body_0_norm1_r, a.place_r, a.body_0_norm1_n, a.d_body_0_norm2_n,
                        a.m_2, a.r, a.scratch, a.ones)  # (132) (133)
        d_weight_64_64_v2(a.d_place_weight, a.d_body_0_norm1_n, a.ones_4)  # (134)
        # (135)
        d_weight_64_64_v3(a.d_token_weight, a.d_body_0_norm1_n, text, a.scratch_5, a.index_2, a.index_3, a.d)
        return float(a.loss)

    def step(self, text, next):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(text)[0]
        text = as_input(text, "text", np.int32, (batch, 64))
        next = as_input(next, "next", np.int32, (batch, 64))
        return self._run("step", batch, text, next)

    @staticmethod
    def _step(a, batch, text, next):
        warmup_cosine_schedule_adamw_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.optimizer_keep, a.t,
                                                    a.warmup, a.lr, a.steps, a.min_lr, a.beta1, a.beta2,
                                                    a.weight_decay)  # (136) (137) (138) (139) (140)
        d_weight_96_64(a.d_token_weight)  # (135)
        # (1) (2) (3) (4) (5) (6) (7)
        embedding_positional_embedding_layernorm_64_64_v2(a.place, a.body_0_norm1_r, a.body_0_norm1_n,
                                                          a.body_0_norm1, a.token_weight, text, a.place_weight,
                                                          a.body_0_norm1_weight, a.body_0_norm1_bias, a.index,
                                                          a.m_2, a.scratch_3, a.ones)
        attention_64_192_64(a.body_0_attention_u, a.body_0_norm1, a.body_0_attention_in_proj_weight,
                            a.body_0_attention_in_proj_bias)  # (8)
        attention_4_64_64_16(a.body_0_attention_s, a.body_0_attention_u, a.mask, a.inside)  # (9)
        attention_4_64_64(a.body_0_attention_s, a.m_3, a.scale, a.ones)  # (10) (11) (12) (13)
        attention_64_4_16_64(a.body_0_attention_v, a.body_0_attention_s, a.body_0_attention_u)  # (14)
        attention_add_64_64_64(a.body_0_sum1, a.body_0_attention_v, a.body_0_attention_out_proj_weight,
                               a.body_0_attention_out_proj_bias, a.place)  # (15) (16)
        # (17) (18) (19) (20) (21)
        layernorm_64_64_v2(a.body_0_norm2_r, a.body_0_norm2_n, a.body_0_norm2, a.body_0_sum1,
                           a.body_0_norm2_weight, a.body_0_norm2_bias, a.m_2, a.scratch_3, a.ones)
        linear_gelu_64_256_64_v2(a.body_0_wide_z, a.body_0_wide_r, a.body_0_wide, a.body_0_norm2,
                                 a.body_0_wide_weight, a.body_0_wide_bias, a.scratch_2)  # (22) (23) (24)
        linear_add_64_64_256(a.body_0_sum2, a.body_0_wide, a.body_0_narrow_weight, a.body_0_narrow_bias,
                             a.body_0_sum1)  # (25) (26)
        # (27) (28) (29) (30) (31)
        layernorm_64_64_v2(a.body_1_norm1_r, a.body_1_norm1_n, a.body_1_norm1, a.body_0_sum2,
                           a.body_1_norm1_weight, a.body_1_norm1_bias, a.m_2, a.scratch_3, a.ones)
        attention_64_192_64(a.body_1_attention_u, a.body_1_norm1, a.body_1_attention_in_proj_weight,
                            a.body_1_attention_in_proj_bias)  # (32)
        attention_4_64_64_16(a.body_1_attention_s, a.body_1_attention_u, a.mask, a.inside)  # (33)
        attention_4_64_64(a.body_1_attention_s, a.m_3, a.scale, a.ones)  # (34) (35) (36) (37)
        attention_64_4_16_64(a.body_1_attention_v, a.body_1_attention_s, a.body_1_attention_u)  # (38)
        attention_add_64_64_64_v2(a.body_1_sum1, a.body_1_attention_v, a.body_1_attention_out_proj_weight,
                                  a.body_1_attention_out_proj_bias, a.body_0_sum2)  # (39) (40)
        # (41) (42) (43) (44) (45)
        layernorm_64_64_v2(a.body_1_norm2_r, a.body_1_norm2_n, a.body_1_norm2, a.body_1_sum1,
                           a.body_1_norm2_weight, a.body_1_norm2_bias, a.m_2, a.scratch_3, a.ones)
        linear_gelu_64_256_64_v2(a.body_1_wide_z, a.body_1_wide_r, a.body_1_wide, a.body_1_norm2,
                                 a.body_1_wide_weight, a.body_1_wide_bias, a.scratch_2)  # (46) (47) (48)
        linear_add_64_64_256(a.body_1_sum2, a.body_1_wide, a.body_1_narrow_weight, a.body_1_narrow_bias,
                             a.body_1_sum1)  # (49) (50)
        layernorm_64_64_v3(a.norm_r, a.body_1_sum2, a.norm, a.norm_weight, a.norm_bias, a.m_2, a.scratch_3,
                           a.ones)  # (51) (52) (53) (54) (55)
        linear_64_96_64(a.head, a.norm, a.head_weight, a.head_bias)  # (56)
        cross_entropy_d_head_64_96(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, next, a.m_2, a.scratch_4,
                                   a.ones_2, a.j, a.factor)  # (57) (58) (59) (60) (62)
        # (61)
        cross_entropy_64(a.loss, a.loss_m, a.head, next, a.loss_S, a.m_2, a.index, a.r, a.positions, batch)
        d_weight_96_64_64(a.d_head_weight, a.d_head, a.norm)  # (63)
        d_bias_96_64(a.d_head_bias, a.d_head, a.ones_3)  # (64)
        d_norm_d_n_64_64_96(a.d_norm, a.d_norm_n, a.d_head, a.head_weight, a.norm_weight)  # (65) (68)
        d_weight_64_64(a.d_norm_weight, a.d_norm, a.body_1_sum2)  # (66)
        d_bias_64_64(a.d_norm_bias, a.d_norm, a.ones_3)  # (67)
        r_64_64(a.body_1_sum2_r, a.d_norm_n, a.body_1_sum2)  # (69)
        # (70) (71)
        r2_d_sum2_64_64(a.d_norm_n, a.norm_r, a.body_1_sum2_r, a.body_1_sum2, a.m_2, a.r, a.scratch, a.ones)
        # (74) (75)
        d_wide_d_z_64_256_64(a.body_1_wide_z, a.d_norm_n, a.body_1_narrow_weight, a.body_1_wide_r, a.z)
        d_weight_64_256_64(a.d_body_1_narrow_weight, a.d_norm_n, a.body_1_wide)  # (72)
        d_weight_256_64_64(a.d_body_1_wide_weight, a.body_1_wide_z, a.body_1_norm2)  # (76)
        d_bias_64_64(a.d_body_1_narrow_bias, a.d_norm_n, a.ones_3)  # (73)
        d_bias_256_64(a.d_body_1_wide_bias, a.body_1_wide_z, a.ones_3)  # (77)
        d_norm2_d_n_64_64_256(a.d_body_1_norm2, a.d_body_1_norm2_n, a.body_1_wide_z, a.body_1_wide_weight,
                              a.body_1_norm2_weight)  # (78) (81)
        d_weight_64_64(a.d_body_1_norm2_weight, a.d_body_1_norm2, a.body_1_norm2_n)  # (79)
        d_bias_64_64(a.d_body_1_norm2_bias, a.d_body_1_norm2, a.ones_3)  # (80)
        r_64_64(a.body_1_sum1_r, a.d_body_1_norm2_n, a.body_1_norm2_n)  # (82)
        r2_d_sum1_64_64(a.d_body_1_norm2_n, a.body_1_norm2_r, a.body_1_sum1_r, a.body_1_norm2_n, a.d_norm_n,
                        a.m_2, a.r, a.scratch, a.ones)  # (83) (84)
        # (85)
        d_weight_64_64_64(a.d_body_1_attention_out_proj_weight, a.d_body_1_norm2_n, a.body_1_attention_v)
        d_bias_64_64(a.d_body_1_attention_out_proj_bias, a.d_body_1_norm2_n, a.ones_3)  # (86)
        d_v_64_64_64(a.d_body_1_attention_v, a.d_body_1_norm2_n, a.body_1_attention_out_proj_weight)  # (87)
        d_p_4_64_64_16(a.d_body_1_attention_p, a.d_body_1_attention_v, a.body_1_attention_u)  # (88)
        r_d_s_4_64_64(a.d_body_1_attention_p, a.body_1_attention_s, a.m_3)  # (89) (90)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64(a.d_body_1_attention_u, a.d_body_1_attention_p, a.body_1_attention_u)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64_v2(a.d_body_1_attention_u, a.d_body_1_attention_p, a.body_1_attention_u)
        # (91) (92) (93)
        r2_r3_d_u_64_4_16_64_v3(a.d_body_1_attention_u, a.body_1_attention_s, a.d_body_1_attention_v)
        # (94)
        d_in_proj_weight_192_64_64(a.d_body_1_attention_in_proj_weight, a.d_body_1_attention_u, a.body_1_norm1)
        d_in_proj_bias_64_64(a.d_body_1_attention_in_proj_bias, a.d_body_1_attention_u)  # (95)
        d_in_proj_bias_64(a.d_body_1_attention_in_proj_bias)  # (95)
        d_in_proj_bias_64_64_v2(a.d_body_1_attention_in_proj_bias, a.d_body_1_attention_u)  # (95)
        d_norm1_d_n_64_64_192(a.d_body_1_norm1, a.d_body_1_norm1_n, a.d_body_1_attention_u,
                              a.body_1_attention_in_proj_weight, a.body_1_norm1_weight)  # (96) (99)
        d_weight_64_64(a.d_body_1_norm1_weight, a.d_body_1_norm1, a.body_1_norm1_n)  # (97)
        d_bias_64_64(a.d_body_1_norm1_bias, a.d_body_1_norm1, a.ones_3)  # (98)
        r_64_64(a.body_0_sum2_r, a.d_body_1_norm1_n, a.body_1_norm1_n)  # (100)
        r2_d_sum1_64_64(a.d_body_1_norm1_n, a.body_1_norm1_r, a.body_0_sum2_r, a.body_1_norm1_n,
                        a.d_body_1_norm2_n, a.m_2, a.r, a.scratch, a.ones)  # (101) (102)
        # (105) (106)
        d_wide_d_z_64_256_64(a.body_0_wide_z, a.d_body_1_norm1_n, a.body_0_narrow_weight, a.body_0_wide_r, a.z)
        d_weight_64_256_64(a.d_body_0_narrow_weight, a.d_body_1_norm1_n, a.body_0_wide)  # (103)
        d_weight_256_64_64(a.d_body_0_wide_weight, a.body_0_wide_z, a.body_0_norm2)  # (107)
        d_bias_64_64(a.d_body_0_narrow_bias, a.d_body_1_norm1_n, a.ones_3)  # (104)
        d_bias_256_64(a.d_body_0_wide_bias, a.body_0_wide_z, a.ones_3)  # (108)
        d_norm2_d_n_64_64_256(a.d_body_0_norm2, a.d_body_0_norm2_n, a.body_0_wide_z, a.body_0_wide_weight,
                              a.body_0_norm2_weight)  # (109) (112)
        d_weight_64_64(a.d_body_0_norm2_weight, a.d_body_0_norm2, a.body_0_norm2_n)  # (110)
        d_bias_64_64(a.d_body_0_norm2_bias, a.d_body_0_norm2, a.ones_3)  # (111)
        r_64_64(a.body_0_sum1_r, a.d_body_0_norm2_n, a.body_0_norm2_n)  # (113)
        r2_d_sum1_64_64(a.d_body_0_norm2_n, a.body_0_norm2_r, a.body_0_sum1_r, a.body_0_norm2_n,
                        a.d_body_1_norm1_n, a.m_2, a.r, a.scratch, a.ones)  # (114) (115)
        # (116)
        d_weight_64_64_64(a.d_body_0_attention_out_proj_weight, a.d_body_0_norm2_n, a.body_0_attention_v)
        d_bias_64_64(a.d_body_0_attention_out_proj_bias, a.d_body_0_norm2_n, a.ones_3)  # (117)
        d_v_64_64_64(a.d_body_0_attention_v, a.d_body_0_norm2_n, a.body_0_attention_out_proj_weight)  # (118)
        d_p_4_64_64_16(a.d_body_0_attention_p, a.d_body_0_attention_v, a.body_0_attention_u)  # (119)
        r_d_s_4_64_64(a.d_body_0_attention_p, a.body_0_attention_s, a.m_3)  # (120) (121)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64(a.d_body_0_attention_u, a.d_body_0_attention_p, a.body_0_attention_u)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64_v2(a.d_body_0_attention_u, a.d_body_0_attention_p, a.body_0_attention_u)
        # (122) (123) (124)
        r2_r3_d_u_64_4_16_64_v3(a.d_body_0_attention_u, a.body_0_attention_s, a.d_body_0_attention_v)
        # (125)
        d_in_proj_weight_192_64_64(a.d_body_0_attention_in_proj_weight, a.d_body_0_attention_u, a.body_0_norm1)
        d_in_proj_bias_64_64(a.d_body_0_attention_in_proj_bias, a.d_body_0_attention_u)  # (126)
        d_in_proj_bias_64(a.d_body_0_attention_in_proj_bias)  # (126)
        d_in_proj_bias_64_64_v2(a.d_body_0_attention_in_proj_bias, a.d_body_0_attention_u)  # (126)
        d_norm1_d_n_64_64_192(a.d_body_0_norm1, a.d_body_0_norm1_n, a.d_body_0_attention_u,
                              a.body_0_attention_in_proj_weight, a.body_0_norm1_weight)  # (127) (130)
        d_weight_64_64(a.d_body_0_norm1_weight, a.d_body_0_norm1, a.body_0_norm1_n)  # (128)
        d_bias_64_64(a.d_body_0_norm1_bias, a.d_body_0_norm1, a.ones_3)  # (129)
        r_64_64(a.place_r, a.d_body_0_norm1_n, a.body_0_norm1_n)  # (131)
        r2_d_sum1_64_64(a.d_body_0_norm1_n, a.body_0_norm1_r, a.place_r, a.body_0_norm1_n, a.d_body_0_norm2_n,
                        a.m_2, a.r, a.scratch, a.ones)  # (132) (133)
        d_weight_64_64_v2(a.d_place_weight, a.d_body_0_norm1_n, a.ones_4)  # (134)
        # (135)
        d_weight_64_64_v3(a.d_token_weight, a.d_body_0_norm1_n, text, a.scratch_5, a.index_2, a.index_3, a.d)
        # (141) (142) (143) (144) (145) (146) (147) (148) (149) (150) (151) (152) (153) (154) (155) (156) (157) (158) (159) (160) (161) (162) (163) (164) (165) (166) (167) (168) (169) (170) (171) (172) (173) (174) (175) (176) (177) (178) (179) (180) (181) (182) (183) (184) (185) (186) (187) (188) (189) (190) (191) (192) (193) (194) (195) (196) (197) (198) (199) (200) (201) (202) (203) (204) (205) (206) (207) (208) (209) (210) (211) (212) (213) (214) (215) (216) (217) (218) (219) (220) (221) (222) (223) (224) (225) (226) (227) (228) (229) (230)
        adamw_116576(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_keep, a.optimizer_rate,
                     a.optimizer_scale, a.eps, a.number, a.scratch_6, a.number_2, a.scratch_7, a.number_3,
                     a.number_4)
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
        arrays["ones"] = np.ones(64, real)
        arrays["inside"] = np.greater_equal(np.arange(64, dtype=np.int32)[:, None], np.arange(64, dtype=np.int32))
        arrays["ones_2"] = np.ones(96, real)
        arrays["positions"] = 6144 * np.arange(batch, dtype=np.intp)[:, None] + 96 * np.arange(64, dtype=np.intp)
        arrays["j"] = np.arange(96, dtype=np.int32)
        arrays["factor"] = np.array(np.divide(1.0, 64.0 * batch), real)
        arrays["ones_3"] = np.ones((batch, 64), real)
        arrays["ones_4"] = np.ones(batch, real)
        arrays["d"] = np.arange(64, dtype=np.intp)
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
