"""The network sort in NumPy: its loss, its gradients and its training step.

Inputs
    source [B, 8] int32, 0 ... 9
    shifted [B, 8] int32, 0 ... 10
    target [B, 8] int32, 0 ... 9
Parameters
    read.weight [10, 64]
    encoder.weight_ih_l0 [96, 64]
    encoder.weight_hh_l0 [96, 32]
    encoder.bias_ih_l0 [96]
    encoder.bias_hh_l0 [96]
    encoder.weight_ih_l0_reverse [96, 64]
    encoder.weight_hh_l0_reverse [96, 32]
    encoder.bias_ih_l0_reverse [96]
    encoder.bias_hh_l0_reverse [96]
    written.weight [11, 64]
    decoder.weight_ih_l0 [192, 64]
    decoder.weight_hh_l0 [192, 64]
    decoder.bias_ih_l0 [192]
    decoder.bias_hh_l0 [192]
    attention.in_proj_weight [192, 64]
    attention.in_proj_bias [192]
    attention.out_proj.weight [64, 64]
    attention.out_proj.bias [64]
    mixed.weight [64, 128]
    mixed.bias [64]
    head.weight [10, 64]
    head.bias [10]
Settings
    lr = 0.003
    eps = 1e-08
    clip_norm = 1.0
    beta1 = 0.9
    beta2 = 0.999
    steps = 6000.0
    min_lr = 0.0

Use
    from sort import Network

    net = Network()
    net.parameter_views["read.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(source, shifted, target)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, cos, einsum, equal, exp, log, matmul, maximum, minimum, multiply, negative, reciprocal, sqrt, square,
    subtract, take, tanh, vdot,
)
from numpy.lib.stride_tricks import as_strided

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ONE = np.array(1.0, real)
MINUS_ONE = np.array(-1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("read.weight", 0, (10, 64)),
    ("encoder.weight_ih_l0", 640, (96, 64)),
    ("encoder.weight_hh_l0", 6784, (96, 32)),
    ("encoder.bias_ih_l0", 9856, (96,)),
    ("encoder.bias_hh_l0", 9952, (96,)),
    ("encoder.weight_ih_l0_reverse", 10048, (96, 64)),
    ("encoder.weight_hh_l0_reverse", 16192, (96, 32)),
    ("encoder.bias_ih_l0_reverse", 19264, (96,)),
    ("encoder.bias_hh_l0_reverse", 19360, (96,)),
    ("written.weight", 19456, (11, 64)),
    ("decoder.weight_ih_l0", 20160, (192, 64)),
    ("decoder.weight_hh_l0", 32448, (192, 64)),
    ("decoder.bias_ih_l0", 44736, (192,)),
    ("decoder.bias_hh_l0", 44928, (192,)),
    ("attention.in_proj_weight", 45120, (192, 64)),
    ("attention.in_proj_bias", 57408, (192,)),
    ("attention.out_proj.weight", 57600, (64, 64)),
    ("attention.out_proj.bias", 61696, (64,)),
    ("mixed.weight", 61760, (64, 128)),
    ("mixed.bias", 69952, (64,)),
    ("head.weight", 70016, (10, 64)),
    ("head.bias", 70656, (10,)),
)
STATES = (
    ("read.weight.m", 0, (10, 64)),
    ("encoder.weight_ih_l0.m", 640, (96, 64)),
    ("encoder.weight_hh_l0.m", 6784, (96, 32)),
    ("encoder.bias_ih_l0.m", 9856, (96,)),
    ("encoder.bias_hh_l0.m", 9952, (96,)),
    ("encoder.weight_ih_l0_reverse.m", 10048, (96, 64)),
    ("encoder.weight_hh_l0_reverse.m", 16192, (96, 32)),
    ("encoder.bias_ih_l0_reverse.m", 19264, (96,)),
    ("encoder.bias_hh_l0_reverse.m", 19360, (96,)),
    ("written.weight.m", 19456, (11, 64)),
    ("decoder.weight_ih_l0.m", 20160, (192, 64)),
    ("decoder.weight_hh_l0.m", 32448, (192, 64)),
    ("decoder.bias_ih_l0.m", 44736, (192,)),
    ("decoder.bias_hh_l0.m", 44928, (192,)),
    ("attention.in_proj_weight.m", 45120, (192, 64)),
    ("attention.in_proj_bias.m", 57408, (192,)),
    ("attention.out_proj.weight.m", 57600, (64, 64)),
    ("attention.out_proj.bias.m", 61696, (64,)),
    ("mixed.weight.m", 61760, (64, 128)),
    ("mixed.bias.m", 69952, (64,)),
    ("head.weight.m", 70016, (10, 64)),
    ("head.bias.m", 70656, (10,)),
    ("read.weight.v", 70672, (10, 64)),
    ("encoder.weight_ih_l0.v", 71312, (96, 64)),
    ("encoder.weight_hh_l0.v", 77456, (96, 32)),
    ("encoder.bias_ih_l0.v", 80528, (96,)),
    ("encoder.bias_hh_l0.v", 80624, (96,)),
    ("encoder.weight_ih_l0_reverse.v", 80720, (96, 64)),
    ("encoder.weight_hh_l0_reverse.v", 86864, (96, 32)),
    ("encoder.bias_ih_l0_reverse.v", 89936, (96,)),
    ("encoder.bias_hh_l0_reverse.v", 90032, (96,)),
    ("written.weight.v", 90128, (11, 64)),
    ("decoder.weight_ih_l0.v", 90832, (192, 64)),
    ("decoder.weight_hh_l0.v", 103120, (192, 64)),
    ("decoder.bias_ih_l0.v", 115408, (192,)),
    ("decoder.bias_hh_l0.v", 115600, (192,)),
    ("attention.in_proj_weight.v", 115792, (192, 64)),
    ("attention.in_proj_bias.v", 128080, (192,)),
    ("attention.out_proj.weight.v", 128272, (64, 64)),
    ("attention.out_proj.bias.v", 132368, (64,)),
    ("mixed.weight.v", 132432, (64, 128)),
    ("mixed.bias.v", 140624, (64,)),
    ("head.weight.v", 140688, (10, 64)),
    ("head.bias.v", 141328, (10,)),
)
FIXED = (
    ("read_weight", "parameters", real, 0, 0, (10, 64)),
    ("encoder_weight_ih_l0", "parameters", real, 0, 640, (96, 64)),
    ("encoder_weight_hh_l0", "parameters", real, 0, 6784, (96, 32)),
    ("encoder_bias_ih_l0", "parameters", real, 0, 9856, (96,)),
    ("encoder_bias_hh_l0", "parameters", real, 0, 9952, (96,)),
    ("encoder_weight_ih_l0_reverse", "parameters", real, 0, 10048, (96, 64)),
    ("encoder_weight_hh_l0_reverse", "parameters", real, 0, 16192, (96, 32)),
    ("encoder_bias_ih_l0_reverse", "parameters", real, 0, 19264, (96,)),
    ("encoder_bias_hh_l0_reverse", "parameters", real, 0, 19360, (96,)),
    ("written_weight", "parameters", real, 0, 19456, (11, 64)),
    ("decoder_weight_ih_l0", "parameters", real, 0, 20160, (192, 64)),
    ("decoder_weight_hh_l0", "parameters", real, 0, 32448, (192, 64)),
    ("decoder_bias_ih_l0", "parameters", real, 0, 44736, (192,)),
    ("decoder_bias_hh_l0", "parameters", real, 0, 44928, (192,)),
    ("attention_in_proj_weight", "parameters", real, 0, 45120, (192, 64)),
    ("attention_in_proj_bias", "parameters", real, 0, 57408, (192,)),
    ("attention_out_proj_weight", "parameters", real, 0, 57600, (64, 64)),
    ("attention_out_proj_bias", "parameters", real, 0, 61696, (64,)),
    ("mixed_weight", "parameters", real, 0, 61760, (64, 128)),
    ("mixed_bias", "parameters", real, 0, 69952, (64,)),
    ("head_weight", "parameters", real, 0, 70016, (10, 64)),
    ("head_bias", "parameters", real, 0, 70656, (10,)),
    ("read_weight_m", "states", real, 0, 0, (10, 64)),
    ("encoder_weight_ih_l0_m", "states", real, 0, 640, (96, 64)),
    ("encoder_weight_hh_l0_m", "states", real, 0, 6784, (96, 32)),
    ("encoder_bias_ih_l0_m", "states", real, 0, 9856, (96,)),
    ("encoder_bias_hh_l0_m", "states", real, 0, 9952, (96,)),
    ("encoder_weight_ih_l0_reverse_m", "states", real, 0, 10048, (96, 64)),
    ("encoder_weight_hh_l0_reverse_m", "states", real, 0, 16192, (96, 32)),
    ("encoder_bias_ih_l0_reverse_m", "states", real, 0, 19264, (96,)),
    ("encoder_bias_hh_l0_reverse_m", "states", real, 0, 19360, (96,)),
    ("written_weight_m", "states", real, 0, 19456, (11, 64)),
    ("decoder_weight_ih_l0_m", "states", real, 0, 20160, (192, 64)),
    ("decoder_weight_hh_l0_m", "states", real, 0, 32448, (192, 64)),
    ("decoder_bias_ih_l0_m", "states", real, 0, 44736, (192,)),
    ("decoder_bias_hh_l0_m", "states", real, 0, 44928, (192,)),
    ("attention_in_proj_weight_m", "states", real, 0, 45120, (192, 64)),
    ("attention_in_proj_bias_m", "states", real, 0, 57408, (192,)),
    ("attention_out_proj_weight_m", "states", real, 0, 57600, (64, 64)),
    ("attention_out_proj_bias_m", "states", real, 0, 61696, (64,)),
    ("mixed_weight_m", "states", real, 0, 61760, (64, 128)),
    ("mixed_bias_m", "states", real, 0, 69952, (64,)),
    ("head_weight_m", "states", real, 0, 70016, (10, 64)),
    ("head_bias_m", "states", real, 0, 70656, (10,)),
    ("read_weight_v", "states", real, 0, 70672, (10, 64)),
    ("encoder_weight_ih_l0_v", "states", real, 0, 71312, (96, 64)),
    ("encoder_weight_hh_l0_v", "states", real, 0, 77456, (96, 32)),
    ("encoder_bias_ih_l0_v", "states", real, 0, 80528, (96,)),
    ("encoder_bias_hh_l0_v", "states", real, 0, 80624, (96,)),
    ("encoder_weight_ih_l0_reverse_v", "states", real, 0, 80720, (96, 64)),
    ("encoder_weight_hh_l0_reverse_v", "states", real, 0, 86864, (96, 32)),
    ("encoder_bias_ih_l0_reverse_v", "states", real, 0, 89936, (96,)),
    ("encoder_bias_hh_l0_reverse_v", "states", real, 0, 90032, (96,)),
    ("written_weight_v", "states", real, 0, 90128, (11, 64)),
    ("decoder_weight_ih_l0_v", "states", real, 0, 90832, (192, 64)),
    ("decoder_weight_hh_l0_v", "states", real, 0, 103120, (192, 64)),
    ("decoder_bias_ih_l0_v", "states", real, 0, 115408, (192,)),
    ("decoder_bias_hh_l0_v", "states", real, 0, 115600, (192,)),
    ("attention_in_proj_weight_v", "states", real, 0, 115792, (192, 64)),
    ("attention_in_proj_bias_v", "states", real, 0, 128080, (192,)),
    ("attention_out_proj_weight_v", "states", real, 0, 128272, (64, 64)),
    ("attention_out_proj_bias_v", "states", real, 0, 132368, (64,)),
    ("mixed_weight_v", "states", real, 0, 132432, (64, 128)),
    ("mixed_bias_v", "states", real, 0, 140624, (64,)),
    ("head_weight_v", "states", real, 0, 140688, (10, 64)),
    ("head_bias_v", "states", real, 0, 141328, (10,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("clip_norm", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("steps", "settings", np.float64, 0, 5, ()),
    ("min_lr", "settings", np.float64, 0, 6, ()),
    ("d_read_weight", "gradients", real, 0, 0, (10, 64)),
    ("d_encoder_weight_ih_l0", "gradients", real, 0, 640, (96, 64)),
    ("d_encoder_weight_hh_l0", "gradients", real, 0, 6784, (96, 32)),
    ("d_encoder_bias_ih_l0", "gradients", real, 0, 9856, (96,)),
    ("d_encoder_bias_hh_l0", "gradients", real, 0, 9952, (96,)),
    ("d_encoder_weight_ih_l0_reverse", "gradients", real, 0, 10048, (96, 64)),
    ("d_encoder_weight_hh_l0_reverse", "gradients", real, 0, 16192, (96, 32)),
    ("d_encoder_bias_ih_l0_reverse", "gradients", real, 0, 19264, (96,)),
    ("d_encoder_bias_hh_l0_reverse", "gradients", real, 0, 19360, (96,)),
    ("d_written_weight", "gradients", real, 0, 19456, (11, 64)),
    ("d_decoder_weight_ih_l0", "gradients", real, 0, 20160, (192, 64)),
    ("d_decoder_weight_hh_l0", "gradients", real, 0, 32448, (192, 64)),
    ("d_decoder_bias_ih_l0", "gradients", real, 0, 44736, (192,)),
    ("d_decoder_bias_hh_l0", "gradients", real, 0, 44928, (192,)),
    ("d_attention_in_proj_weight", "gradients", real, 0, 45120, (192, 64)),
    ("d_attention_in_proj_bias", "gradients", real, 0, 57408, (192,)),
    ("d_attention_out_proj_weight", "gradients", real, 0, 57600, (64, 64)),
    ("d_attention_out_proj_bias", "gradients", real, 0, 61696, (64,)),
    ("d_mixed_weight", "gradients", real, 0, 61760, (64, 128)),
    ("d_mixed_bias", "gradients", real, 0, 69952, (64,)),
    ("d_head_weight", "gradients", real, 0, 70016, (10, 64)),
    ("d_head_bias", "gradients", real, 0, 70656, (10,)),
    ("gradients", "gradients", real, 0, 0, (70666,)),
    ("m", "states", real, 0, 0, (70666,)),
    ("v", "states", real, 0, 70672, (70666,)),
    ("parameters", "parameters", real, 0, 0, (70666,)),
)
WORKSPACE = {
    "forward": (
        ("read", "workspace", real, 1, 768, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0_now", "workspace", real, 1, 1536, (B, 96)),
        ("encoder_h0", "workspace", real, 1, 1280, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b_now", "workspace", real, 1, 1024, (B, 96)),
        ("encoder_h0b", "workspace", real, 1, 768, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 1536, (B, 8, 64)),
        ("written", "workspace", real, 1, 2048, (B, 8, 64)),
        ("decoder_u", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_v_now", "workspace", real, 1, 2560, (B, 192)),
        ("decoder_h", "workspace", real, 1, 2048, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 1024, (B, 1, 8, 8)),
        ("attention_u", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_v", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention", "workspace", real, 1, 1024, (B, 8, 64)),
        ("both", "workspace", real, 1, 0, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 1024, (B, 8, 64)),
        ("head", "workspace", real, 1, 0, (B, 8, 10)),
        ("decoder", "workspace", real, 1, 2048, (B, 8, 64)),
    ),
    "loss": (
        ("read", "workspace", real, 1, 768, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0_now", "workspace", real, 1, 1536, (B, 96)),
        ("encoder_h0", "workspace", real, 1, 1280, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b_now", "workspace", real, 1, 1024, (B, 96)),
        ("encoder_h0b", "workspace", real, 1, 768, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 1536, (B, 8, 64)),
        ("written", "workspace", real, 1, 2048, (B, 8, 64)),
        ("decoder_u", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_v_now", "workspace", real, 1, 2560, (B, 192)),
        ("decoder_h", "workspace", real, 1, 2048, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 1024, (B, 1, 8, 8)),
        ("attention_u", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_v", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention", "workspace", real, 1, 1024, (B, 8, 64)),
        ("both", "workspace", real, 1, 0, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 1024, (B, 8, 64)),
        ("head", "workspace", real, 1, 0, (B, 8, 10)),
        ("loss_m", "workspace", real, 1, 168, (B, 8)),
        ("loss_e", "workspace", real, 1, 80, (B, 8, 10)),
        ("loss_S", "workspace", real, 1, 160, (B, 8)),
        ("loss", "workspace", real, 0, 0, ()),
        ("decoder", "workspace", real, 1, 2048, (B, 8, 64)),
    ),
    "gradients": (
        ("read", "workspace", real, 1, 4608, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 3840, (B, 8, 96)),
        ("encoder_r0", "workspace", real, 1, 12288, (B, 8, 32)),
        ("encoder_z0", "workspace", real, 1, 12544, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 12032, (B, 8, 32)),
        ("encoder_h0", "workspace", real, 1, 11776, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 3072, (B, 8, 96)),
        ("encoder_r0b", "workspace", real, 1, 11264, (B, 8, 32)),
        ("encoder_z0b", "workspace", real, 1, 11520, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 11008, (B, 8, 32)),
        ("encoder_h0b", "workspace", real, 1, 10752, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 7680, (B, 8, 64)),
        ("written", "workspace", real, 1, 5120, (B, 8, 64)),
        ("decoder_u", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_v", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_r", "workspace", real, 1, 6656, (B, 8, 64)),
        ("decoder_z", "workspace", real, 1, 7168, (B, 8, 64)),
        ("decoder_n", "workspace", real, 1, 6144, (B, 8, 64)),
        ("decoder_h", "workspace", real, 1, 5632, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 2560, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 8192, (B, 8, 64)),
        ("attention_u", "workspace", real, 1, 8704, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 10480, (B, 1, 8, 8)),
        ("attention_v", "workspace", real, 1, 9216, (B, 8, 64)),
        ("attention", "workspace", real, 1, 9728, (B, 8, 64)),
        ("both", "workspace", real, 1, 1536, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 9728, (B, 8, 64)),
        ("head", "workspace", real, 1, 10320, (B, 8, 10)),
        ("loss_m", "workspace", real, 1, 10552, (B, 8)),
        ("loss_e", "workspace", real, 1, 10400, (B, 8, 10)),
        ("loss_S", "workspace", real, 1, 10544, (B, 8)),
        ("d_head", "workspace", real, 1, 10240, (B, 8, 10)),
        ("loss", "workspace", real, 0, 384, ()),
        ("d_both", "workspace", real, 1, 1536, (B, 8, 128)),
        ("d_attention_v", "workspace", real, 1, 9216, (B, 8, 64)),
        ("attention_r", "workspace", real, 1, 10608, (B, 8, 8)),
        ("d_attention_s", "workspace", real, 1, 10544, (B, 1, 8, 8)),
        ("d_attention_u", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_attention_q", "workspace", real, 1, 9216, (B, 8, 64)),
        ("d_decoder", "workspace", real, 1, 8192, (B, 8, 64)),
        ("d_attention_k", "workspace", real, 1, 1536, (B, 8, 64)),
        ("attention_r5", "workspace", real, 0, 0, (192,)),
        ("encoder_r", "workspace", real, 1, 2048, (B, 64, 8)),
        ("d_encoder", "workspace", real, 1, 7680, (B, 8, 64)),
        ("attention_r6", "workspace", real, 0, 192, (192,)),
        ("d_decoder_h", "workspace", real, 1, 10240, (B, 8, 64)),
        ("d_decoder_n", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_decoder_z", "workspace", real, 1, 9728, (B, 8, 64)),
        ("d_decoder_r", "workspace", real, 1, 9216, (B, 8, 64)),
        ("d_decoder_v", "workspace", real, 1, 1536, (B, 8, 192)),
        ("d_decoder_u", "workspace", real, 1, 0, (B, 8, 192)),
        ("d_written", "workspace", real, 1, 1536, (B, 8, 64)),
        ("d_encoder_h0", "workspace", real, 1, 0, (B, 8, 32)),
        ("d_encoder_n0", "workspace", real, 1, 1536, (B, 8, 32)),
        ("d_encoder_z0", "workspace", real, 1, 2048, (B, 8, 32)),
        ("d_encoder_r0", "workspace", real, 1, 1792, (B, 8, 32)),
        ("d_encoder_v0", "workspace", real, 1, 768, (B, 8, 96)),
        ("d_encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("d_encoder_h0b", "workspace", real, 1, 768, (B, 8, 32)),
        ("d_encoder_n0b", "workspace", real, 1, 2304, (B, 8, 32)),
        ("d_encoder_z0b", "workspace", real, 1, 2816, (B, 8, 32)),
        ("d_encoder_r0b", "workspace", real, 1, 2560, (B, 8, 32)),
        ("d_encoder_v0b", "workspace", real, 1, 1536, (B, 8, 96)),
        ("d_encoder_u0b", "workspace", real, 1, 768, (B, 8, 96)),
        ("read_r", "workspace", real, 1, 1536, (B, 64, 8)),
        ("d_read", "workspace", real, 1, 768, (B, 8, 64)),
        ("decoder", "workspace", real, 1, 5632, (B, 8, 64)),
        ("d_attention_p", "workspace", real, 1, 10608, (B, 1, 8, 8)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 384, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 386, ()),
        ("read", "workspace", real, 1, 4608, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 3840, (B, 8, 96)),
        ("encoder_r0", "workspace", real, 1, 12288, (B, 8, 32)),
        ("encoder_z0", "workspace", real, 1, 12544, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 12032, (B, 8, 32)),
        ("encoder_h0", "workspace", real, 1, 11776, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 3072, (B, 8, 96)),
        ("encoder_r0b", "workspace", real, 1, 11264, (B, 8, 32)),
        ("encoder_z0b", "workspace", real, 1, 11520, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 11008, (B, 8, 32)),
        ("encoder_h0b", "workspace", real, 1, 10752, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 7680, (B, 8, 64)),
        ("written", "workspace", real, 1, 5120, (B, 8, 64)),
        ("decoder_u", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_v", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_r", "workspace", real, 1, 6656, (B, 8, 64)),
        ("decoder_z", "workspace", real, 1, 7168, (B, 8, 64)),
        ("decoder_n", "workspace", real, 1, 6144, (B, 8, 64)),
        ("decoder_h", "workspace", real, 1, 5632, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 2560, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 8192, (B, 8, 64)),
        ("attention_u", "workspace", real, 1, 8704, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 10480, (B, 1, 8, 8)),
        ("attention_v", "workspace", real, 1, 9216, (B, 8, 64)),
        ("attention", "workspace", real, 1, 9728, (B, 8, 64)),
        ("both", "workspace", real, 1, 1536, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 9728, (B, 8, 64)),
        ("head", "workspace", real, 1, 10320, (B, 8, 10)),
        ("loss_m", "workspace", real, 1, 10552, (B, 8)),
        ("loss_e", "workspace", real, 1, 10400, (B, 8, 10)),
        ("loss_S", "workspace", real, 1, 10544, (B, 8)),
        ("d_head", "workspace", real, 1, 10240, (B, 8, 10)),
        ("loss", "workspace", real, 0, 388, ()),
        ("d_both", "workspace", real, 1, 1536, (B, 8, 128)),
        ("d_attention_v", "workspace", real, 1, 9216, (B, 8, 64)),
        ("attention_r", "workspace", real, 1, 10608, (B, 8, 8)),
        ("d_attention_s", "workspace", real, 1, 10544, (B, 1, 8, 8)),
        ("d_attention_u", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_attention_q", "workspace", real, 1, 9216, (B, 8, 64)),
        ("d_decoder", "workspace", real, 1, 8192, (B, 8, 64)),
        ("d_attention_k", "workspace", real, 1, 1536, (B, 8, 64)),
        ("attention_r5", "workspace", real, 0, 0, (192,)),
        ("encoder_r", "workspace", real, 1, 2048, (B, 64, 8)),
        ("d_encoder", "workspace", real, 1, 7680, (B, 8, 64)),
        ("attention_r6", "workspace", real, 0, 192, (192,)),
        ("d_decoder_h", "workspace", real, 1, 10240, (B, 8, 64)),
        ("d_decoder_n", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_decoder_z", "workspace", real, 1, 9728, (B, 8, 64)),
        ("d_decoder_r", "workspace", real, 1, 9216, (B, 8, 64)),
        ("d_decoder_v", "workspace", real, 1, 1536, (B, 8, 192)),
        ("d_decoder_u", "workspace", real, 1, 0, (B, 8, 192)),
        ("d_written", "workspace", real, 1, 1536, (B, 8, 64)),
        ("d_encoder_h0", "workspace", real, 1, 0, (B, 8, 32)),
        ("d_encoder_n0", "workspace", real, 1, 1536, (B, 8, 32)),
        ("d_encoder_z0", "workspace", real, 1, 2048, (B, 8, 32)),
        ("d_encoder_r0", "workspace", real, 1, 1792, (B, 8, 32)),
        ("d_encoder_v0", "workspace", real, 1, 768, (B, 8, 96)),
        ("d_encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("d_encoder_h0b", "workspace", real, 1, 768, (B, 8, 32)),
        ("d_encoder_n0b", "workspace", real, 1, 2304, (B, 8, 32)),
        ("d_encoder_z0b", "workspace", real, 1, 2816, (B, 8, 32)),
        ("d_encoder_r0b", "workspace", real, 1, 2560, (B, 8, 32)),
        ("d_encoder_v0b", "workspace", real, 1, 1536, (B, 8, 96)),
        ("d_encoder_u0b", "workspace", real, 1, 768, (B, 8, 96)),
        ("read_r", "workspace", real, 1, 1536, (B, 64, 8)),
        ("d_read", "workspace", real, 1, 768, (B, 8, 64)),
        ("read_weight_g_square", "workspace", real, 0, 2, ()),
        ("encoder_weight_ih_l0_g_square", "workspace", real, 0, 3, ()),
        ("encoder_weight_hh_l0_g_square", "workspace", real, 0, 4, ()),
        ("encoder_bias_ih_l0_g_square", "workspace", real, 0, 5, ()),
        ("encoder_bias_hh_l0_g_square", "workspace", real, 0, 6, ()),
        ("encoder_weight_ih_l0_reverse_g_square", "workspace", real, 0, 7, ()),
        ("encoder_weight_hh_l0_reverse_g_square", "workspace", real, 0, 8, ()),
        ("encoder_bias_ih_l0_reverse_g_square", "workspace", real, 0, 9, ()),
        ("encoder_bias_hh_l0_reverse_g_square", "workspace", real, 0, 10, ()),
        ("written_weight_g_square", "workspace", real, 0, 11, ()),
        ("decoder_weight_ih_l0_g_square", "workspace", real, 0, 12, ()),
        ("decoder_weight_hh_l0_g_square", "workspace", real, 0, 13, ()),
        ("decoder_bias_ih_l0_g_square", "workspace", real, 0, 14, ()),
        ("decoder_bias_hh_l0_g_square", "workspace", real, 0, 15, ()),
        ("attention_in_proj_weight_g_square", "workspace", real, 0, 16, ()),
        ("attention_in_proj_bias_g_square", "workspace", real, 0, 17, ()),
        ("attention_out_proj_weight_g_square", "workspace", real, 0, 18, ()),
        ("attention_out_proj_bias_g_square", "workspace", real, 0, 19, ()),
        ("mixed_weight_g_square", "workspace", real, 0, 20, ()),
        ("mixed_bias_g_square", "workspace", real, 0, 21, ()),
        ("head_weight_g_square", "workspace", real, 0, 22, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 0, ()),
        ("decoder", "workspace", real, 1, 5632, (B, 8, 64)),
        ("d_attention_p", "workspace", real, 1, 10608, (B, 1, 8, 8)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 8)),
    ("r0", "reals", real, 1, 0, (B, 32)),
    ("z0", "reals", real, 1, 32, (B, 32)),
    ("n0", "reals", real, 1, 64, (B, 32)),
    ("scratch", "reals", real, 1, 96, (B, 32)),
    ("r", "reals", real, 1, 0, (B, 64)),
    ("z", "reals", real, 1, 64, (B, 64)),
    ("n", "reals", real, 1, 128, (B, 64)),
    ("scratch_2", "reals", real, 1, 192, (B, 64)),
    ("m_2", "reals", real, 1, 0, (B, 1, 8)),
    ("scratch_3", "reals", real, 1, 8, (8, B, 1, 8)),
    ("scale", "reals", real, 1, 72, (B, 1, 8)),
    ("scratch_4", "reals", real, 1, 0, (10, B, 8)),
    ("scratch_5", "reals", real, 1, 0, (B, 8)),
    ("scratch_6", "reals", real, 1, 8, (B, 8)),
    ("scale_2", "reals", real, 1, 80, (B, 8)),
    ("scratch_7", "reals", real, 1, 88, (B, 8, 10)),
    ("scratch_8", "reals", real, 1, 0, (B, 8, 64)),
    ("scratch_9", "reals", real, 1, 0, (64, B, 8)),
    ("scratch_10", "reals", real, 1, 0, (B, 7, 192)),
    ("scratch_11", "reals", real, 1, 1344, (B, 7, 64)),
    ("index_2", "indices", np.intp, 1, 0, (64, B, 8)),
    ("index_3", "indices", np.intp, 1, 512, (B, 8)),
    ("scratch_12", "reals", real, 1, 0, (B, 7, 96)),
    ("scratch_13", "reals", real, 1, 672, (B, 7, 32)),
    ("shrunk", "reals", real, 0, 0, (70666,)),
    ("number", "reals", real, 0, 70666, ()),
    ("scratch_14", "reals", real, 0, 70667, (70666,)),
    ("number_2", "reals", real, 0, 141333, ()),
    ("scratch_15", "reals", real, 0, 141334, (70666,)),
    ("number_3", "reals", real, 0, 212000, ()),
)
RESULTS = {
    "forward": (
        ("head", 1, 0, (B, 8, 10)),
    ),
    "loss": (),
    "gradients": (),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (400, 12800, 0),
    "indices": (0, 520, 0),
    "reals": (212001, 1792, 0),
}


def embedding_8_64(read, weight, source, index):
    """read: embedding.

    Writes read [B, 8, 64]; reads weight [10, 64], source [B, 8].
    """
    # (1) read[b, i, d] = read.weight[source[b, i], d]
    index[...] = source
    take(weight, index, axis=0, out=read, mode="clip")


def gru_8_96_64(u0, read, weight_ih_l0, bias_ih_l0):
    """encoder: gru.

    Writes u0 [B, 8, 96]; reads read [B, 8, 64], weight_ih_l0 [96, 64], bias_ih_l0 [96].
    For (8) too.
    """
    # (2) encoder.u0[b, t, m] = sum[i](read[b, t, i] * encoder.weight_ih_l0[m, i]) + encoder.bias_ih_l0[m]
    read.reshape(-1, 64).dot(weight_ih_l0.T, out=u0.reshape(-1, 96))
    u0 += bias_ih_l0


def gru_96(v0_now, h0, bias_hh_l0, u0, r0, z0, n0, t):
    """encoder: gru (one side of the product).

    Writes v0_now [B, 96], h0 [B, 8, 32]; reads bias_hh_l0 [96], u0 [B, 8, 96].
    """
    # (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) +
    #     encoder.bias_hh_l0[m]
    v0_now[...] = bias_hh_l0
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    add(u0[:, t, :32], v0_now[:, :32], out=r0)
    negative(r0, out=r0)
    exp(r0, out=r0)
    r0 += ONE
    reciprocal(r0, out=r0)
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    add(u0[:, t, 32:64], v0_now[:, 32:64], out=z0)
    negative(z0, out=z0)
    exp(z0, out=z0)
    z0 += ONE
    reciprocal(z0, out=z0)
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    multiply(r0, v0_now[:, 64:96], out=n0)
    n0 += u0[:, t, 64:96]
    tanh(n0, out=n0)
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    subtract(ONE, z0, out=h0[:, t])
    h0[:, t] *= n0


def gru_96_32(v0_now, h0, weight_hh_l0, bias_hh_l0, t):
    """encoder: gru (one side of the product).

    Writes v0_now [B, 96]; reads h0 [B, 8, 32], weight_hh_l0 [96, 32], bias_hh_l0 [96].
    """
    # (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) +
    #     encoder.bias_hh_l0[m]
    h0[:, t - 1].dot(weight_hh_l0.T, out=v0_now)
    v0_now += bias_hh_l0


def gru_32(h0, u0, v0_now, r0, z0, n0, scratch, t):
    """encoder: gru.

    Writes h0 [B, 8, 32]; reads u0 [B, 8, 96], v0_now [B, 96].
    """
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    add(u0[:, t, :32], v0_now[:, :32], out=r0)
    negative(r0, out=r0)
    exp(r0, out=r0)
    r0 += ONE
    reciprocal(r0, out=r0)
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    add(u0[:, t, 32:64], v0_now[:, 32:64], out=z0)
    negative(z0, out=z0)
    exp(z0, out=z0)
    z0 += ONE
    reciprocal(z0, out=z0)
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    multiply(r0, v0_now[:, 64:96], out=n0)
    n0 += u0[:, t, 64:96]
    tanh(n0, out=n0)
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    multiply(h0[:, t - 1], z0, out=h0[:, t])
    subtract(ONE, z0, out=scratch)
    scratch *= n0
    h0[:, t] += scratch


def gru_96_v2(v0b_now, h0b, bias_hh_l0_reverse, u0b, r0b, z0b, n0b, t):
    """encoder: gru (one side of the product).

    Writes v0b_now [B, 96], h0b [B, 8, 32]; reads bias_hh_l0_reverse [96], u0b [B, 8, 96].
    """
    # (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) +
    #     encoder.bias_hh_l0_reverse[m]
    v0b_now[...] = bias_hh_l0_reverse
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    add(u0b[:, t, :32], v0b_now[:, :32], out=r0b)
    negative(r0b, out=r0b)
    exp(r0b, out=r0b)
    r0b += ONE
    reciprocal(r0b, out=r0b)
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    add(u0b[:, t, 32:64], v0b_now[:, 32:64], out=z0b)
    negative(z0b, out=z0b)
    exp(z0b, out=z0b)
    z0b += ONE
    reciprocal(z0b, out=z0b)
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    multiply(r0b, v0b_now[:, 64:96], out=n0b)
    n0b += u0b[:, t, 64:96]
    tanh(n0b, out=n0b)
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    subtract(ONE, z0b, out=h0b[:, t])
    h0b[:, t] *= n0b


def gru_96_32_v2(v0b_now, h0b, weight_hh_l0_reverse, bias_hh_l0_reverse, t):
    """encoder: gru (one side of the product).

    Writes v0b_now [B, 96]; reads h0b [B, 8, 32], weight_hh_l0_reverse [96, 32], bias_hh_l0_reverse [96].
    """
    # (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) +
    #     encoder.bias_hh_l0_reverse[m]
    h0b[:, t + 1].dot(weight_hh_l0_reverse.T, out=v0b_now)
    v0b_now += bias_hh_l0_reverse


def gru_32_v2(h0b, u0b, v0b_now, r0b, z0b, n0b, scratch, t):
    """encoder: gru.

    Writes h0b [B, 8, 32]; reads u0b [B, 8, 96], v0b_now [B, 96].
    """
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    add(u0b[:, t, :32], v0b_now[:, :32], out=r0b)
    negative(r0b, out=r0b)
    exp(r0b, out=r0b)
    r0b += ONE
    reciprocal(r0b, out=r0b)
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    add(u0b[:, t, 32:64], v0b_now[:, 32:64], out=z0b)
    negative(z0b, out=z0b)
    exp(z0b, out=z0b)
    z0b += ONE
    reciprocal(z0b, out=z0b)
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    multiply(r0b, v0b_now[:, 64:96], out=n0b)
    n0b += u0b[:, t, 64:96]
    tanh(n0b, out=n0b)
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    multiply(h0b[:, t + 1], z0b, out=h0b[:, t])
    subtract(ONE, z0b, out=scratch)
    scratch *= n0b
    h0b[:, t] += scratch


def gru_8_32(encoder, h0, h0b):
    """encoder: gru.

    Writes encoder [B, 8, 64]; reads h0 [B, 8, 32], h0b [B, 8, 32].
    """
    # (14) encoder[b, t, o] = encoder.h0[b, t, o + 0] + encoder.h0b[b, t, o - 32]
    encoder[:, :, :32] = h0
    encoder[:, :, 32:64] = h0b


def embedding_8_64_v2(written, weight, shifted, index):
    """written: embedding.

    Writes written [B, 8, 64]; reads weight [11, 64], shifted [B, 8].
    """
    # (15) written[b, i, d] = written.weight[shifted[b, i], d]
    index[...] = shifted
    take(weight, index, axis=0, out=written, mode="clip")


def gru_8_192_64(u, written, weight_ih_l0, bias_ih_l0):
    """decoder: gru.

    Writes u [B, 8, 192]; reads written [B, 8, 64], weight_ih_l0 [192, 64], bias_ih_l0 [192].
    """
    # (16) decoder.u[b, t, m] = sum[i](written[b, t, i] * decoder.weight_ih_l0[m, i]) + decoder.bias_ih_l0[m]
    written.reshape(-1, 64).dot(weight_ih_l0.T, out=u.reshape(-1, 192))
    u += bias_ih_l0


def gru_192(v_now, h, bias_hh_l0, u, r, z, n, t):
    """decoder: gru (one side of the product).

    Writes v_now [B, 192], h [B, 8, 64]; reads bias_hh_l0 [192], u [B, 8, 192].
    """
    # (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) +
    #     decoder.bias_hh_l0[m]
    v_now[...] = bias_hh_l0
    # (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
    add(u[:, t, :64], v_now[:, :64], out=r)
    negative(r, out=r)
    exp(r, out=r)
    r += ONE
    reciprocal(r, out=r)
    # (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
    add(u[:, t, 64:128], v_now[:, 64:128], out=z)
    negative(z, out=z)
    exp(z, out=z)
    z += ONE
    reciprocal(z, out=z)
    # (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
    multiply(r, v_now[:, 128:192], out=n)
    n += u[:, t, 128:192]
    tanh(n, out=n)
    # (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] *
    #     decoder.z[b, t, j]
    subtract(ONE, z, out=h[:, t])
    h[:, t] *= n


def gru_192_64(v_now, h, weight_hh_l0, bias_hh_l0, t):
    """decoder: gru (one side of the product).

    Writes v_now [B, 192]; reads h [B, 8, 64], weight_hh_l0 [192, 64], bias_hh_l0 [192].
    """
    # (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) +
    #     decoder.bias_hh_l0[m]
    h[:, t - 1].dot(weight_hh_l0.T, out=v_now)
    v_now += bias_hh_l0


def gru_64(h, u, v_now, r, z, n, scratch, t):
    """decoder: gru.

    Writes h [B, 8, 64]; reads u [B, 8, 192], v_now [B, 192].
    """
    # (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
    add(u[:, t, :64], v_now[:, :64], out=r)
    negative(r, out=r)
    exp(r, out=r)
    r += ONE
    reciprocal(r, out=r)
    # (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
    add(u[:, t, 64:128], v_now[:, 64:128], out=z)
    negative(z, out=z)
    exp(z, out=z)
    z += ONE
    reciprocal(z, out=z)
    # (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
    multiply(r, v_now[:, 128:192], out=n)
    n += u[:, t, 128:192]
    tanh(n, out=n)
    # (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] *
    #     decoder.z[b, t, j]
    multiply(h[:, t - 1], z, out=h[:, t])
    subtract(ONE, z, out=scratch)
    scratch *= n
    h[:, t] += scratch


def attention_8_64_64(q, decoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes q [B, 8, 64]; reads decoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (23) attention.q[b, i, f] = sum[j](decoder[b, i, j] * attention.in_proj_weight[f + 0, j]) +
    #     attention.in_proj_bias[f + 0]
    decoder.reshape(-1, 64).dot(in_proj_weight[:64].T, out=q.reshape(-1, 64))
    q += in_proj_bias[:64]


def attention_8_64_64_v2(k, encoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes k [B, 8, 64]; reads encoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (24) attention.k[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 64, i]) +
    #     attention.in_proj_bias[f + 64]
    encoder.reshape(-1, 64).dot(in_proj_weight[64:128].T, out=k.reshape(-1, 64))
    k += in_proj_bias[64:128]


def attention_1_8_8_64(s, q, attention_k):
    """attention: attention.

    Writes s [B, 1, 8, 8]; reads q [B, 8, 64], attention_k [B, 8, 64].
    """
    # (26) attention.s[b, h, i, j] = sum[k](attention.k[b, j, 64*h + k] * attention.q[b, i, 64*h + k]) / 8
    q_windows = as_strided(q, (q.shape[0], 8, 1, 64), (q.strides[0], q.strides[1], 64 * q.strides[2],
                           q.strides[2]))
    attention_k_windows = as_strided(attention_k, (attention_k.shape[0], 8, 1, 64), (attention_k.strides[0],
                                     attention_k.strides[1], 64 * attention_k.strides[2],
                                     attention_k.strides[2]))
    matmul(q_windows.transpose(0, 2, 1, 3), attention_k_windows.transpose(0, 2, 3, 1), out=s)
    s *= 0.125


def attention_1_8_8(s, m, scratch, scale, ones):
    """attention: attention.

    Writes s [B, 1, 8, 8].
    """
    # (27) attention.m[b, h, i] = max[j](attention.s[b, h, i, j])
    scratch[...] = s.transpose(3, 0, 1, 2)
    maximum.reduce(scratch, axis=0, out=m)
    # (28) attention.e2[b, h, i, j] = exp(attention.s[b, h, i, j] - attention.m[b, h, i])
    s -= m[:, :, :, None]
    exp(s, out=s)
    # (30)
    # (29) attention.S[b, h, i] = sum[j](attention.e2[b, h, i, j])
    s.reshape(-1, 8).dot(ones, out=scale.reshape(-1))
    reciprocal(scale, out=scale)
    # (30) attention.p[b, h, i, j] = attention.e2[b, h, i, j] / attention.S[b, h, i]
    s *= scale[:, :, :, None]


def attention_8_64_64_v3(u, encoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes u [B, 8, 64]; reads encoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (25) attention.u[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 128, i]) +
    #     attention.in_proj_bias[f + 128]
    encoder.reshape(-1, 64).dot(in_proj_weight[128:192].T, out=u.reshape(-1, 64))
    u += in_proj_bias[128:192]


def attention_8_64_8(v, s, u):
    """attention: attention.

    Writes v [B, 8, 64]; reads s [B, 1, 8, 8], u [B, 8, 64].
    """
    # (31) attention.v[b, i, d] = sum[j](attention.u[b, j, d] * attention.p[b, 0, i, j])
    matmul(s[:, 0], u, out=v)


def attention_8_64_64_v4(attention, v, weight, bias):
    """attention: attention.

    Writes attention [B, 8, 64]; reads v [B, 8, 64], weight [64, 64], bias [64].
    """
    # (32) attention[b, i, m] = sum[j](attention.v[b, i, j] * attention.out_proj.weight[m, j]) +
    #     attention.out_proj.bias[m]
    v.reshape(-1, 64).dot(weight.T, out=attention.reshape(-1, 64))
    attention += bias


def concat_8_64(both, decoder, attention):
    """both: concat.

    Writes both [B, 8, 128]; reads decoder [B, 8, 64], attention [B, 8, 64].
    """
    # (33) both[i0, i1, j] = attention[i0, i1, j - 64] + decoder[i0, i1, j + 0]
    both[:, :, :64] = decoder
    both[:, :, 64:128] = attention


def linear_tanh_8_64_128(mixed, both, weight, bias):
    """mixed: linear, tanh.

    Writes mixed [B, 8, 64]; reads both [B, 8, 128], weight [64, 128], bias [64].
    """
    # (34) mixed.z[i0, i1, o] = sum[i](both[i0, i1, i] * mixed.weight[o, i]) + mixed.bias[o]
    # (35) mixed[i0, i1, o] = tanh(mixed.z[i0, i1, o])
    both.reshape(-1, 128).dot(weight.T, out=mixed.reshape(-1, 64))
    mixed += bias
    tanh(mixed, out=mixed)


def linear_8_10_64(head, mixed, weight, bias):
    """head: linear.

    Writes head [B, 8, 10]; reads mixed [B, 8, 64], weight [10, 64], bias [10].
    """
    # (36) head[i0, i1, o] = sum[i](mixed[i0, i1, i] * head.weight[o, i]) + head.bias[o]
    mixed.reshape(-1, 64).dot(weight.T, out=head.reshape(-1, 10))
    head += bias


def cross_entropy_8_10(m, e, S, head, scratch, ones):
    """loss: cross_entropy.

    Writes m [B, 8], e [B, 8, 10], S [B, 8]; reads head [B, 8, 10].
    """
    # (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
    scratch[...] = head.transpose(2, 0, 1)
    maximum.reduce(scratch, axis=0, out=m)
    # (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
    e.reshape(-1, 10).dot(ones, out=S.reshape(-1))


def cross_entropy_8(loss, m, head, target, S, scratch, index, scratch_2, positions, ones, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 8], head [B, 8, 10], target [B, 8], S [B, 8].
    """
    # (41) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, target[b, i]]) / (8 * B)
    add(positions, target, out=index)
    take(head, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = vdot(scratch, ones) / (8.0 * batch)


def d_weight_11_64(d_weight):
    """written: gradient of embedding (one side of the product).

    Writes d_weight [11, 64].
    """
    # (79) d.written.weight[v, d] = sum[b, i](d.written[b, i, d] * (v == shifted[b, i]))
    d_weight[...] = 0.0


def d_weight_10_64(d_weight):
    """read: gradient of embedding (one side of the product).

    Writes d_weight [10, 64].
    """
    # (102) d.read.weight[v, d] = sum[b, i](d.read[b, i, d] * (v == source[b, i]))
    d_weight[...] = 0.0


def gru_96_v3(v0, r0, z0, n0, h0, bias_hh_l0, u0, t):
    """encoder: gru.

    Writes v0 [B, 8, 96], r0 [B, 8, 32], z0 [B, 8, 32], n0 [B, 8, 32], h0 [B, 8, 32]; reads bias_hh_l0 [96], u0
    [B, 8, 96].
    """
    # (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) +
    #     encoder.bias_hh_l0[m]
    v0[:, t] = bias_hh_l0
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    add(u0[:, t, :32], v0[:, t, :32], out=r0[:, t])
    multiply(r0[:, t], MINUS_ONE, out=r0[:, t])
    exp(r0[:, t], out=r0[:, t])
    r0[:, t] += ONE
    reciprocal(r0[:, t], out=r0[:, t])
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0[:, t])
    multiply(z0[:, t], MINUS_ONE, out=z0[:, t])
    exp(z0[:, t], out=z0[:, t])
    z0[:, t] += ONE
    reciprocal(z0[:, t], out=z0[:, t])
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    multiply(r0[:, t], v0[:, t, 64:96], out=n0[:, t])
    n0[:, t] += u0[:, t, 64:96]
    tanh(n0[:, t], out=n0[:, t])
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    subtract(ONE, z0[:, t], out=h0[:, t])
    h0[:, t] *= n0[:, t]


def gru_96_32_v3(v0, h0, weight_hh_l0, bias_hh_l0, t):
    """encoder: gru.

    Writes v0 [B, 8, 96]; reads h0 [B, 8, 32], weight_hh_l0 [96, 32], bias_hh_l0 [96].
    """
    # (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) +
    #     encoder.bias_hh_l0[m]
    matmul(h0[:, t - 1], weight_hh_l0.T, out=v0[:, t])
    v0[:, t] += bias_hh_l0


def gru_32_v3(r0, z0, n0, h0, u0, v0, scratch, t):
    """encoder: gru.

    Writes r0 [B, 8, 32], z0 [B, 8, 32], n0 [B, 8, 32], h0 [B, 8, 32]; reads u0 [B, 8, 96], v0 [B, 8, 96].
    """
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    add(u0[:, t, :32], v0[:, t, :32], out=r0[:, t])
    multiply(r0[:, t], MINUS_ONE, out=r0[:, t])
    exp(r0[:, t], out=r0[:, t])
    r0[:, t] += ONE
    reciprocal(r0[:, t], out=r0[:, t])
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0[:, t])
    multiply(z0[:, t], MINUS_ONE, out=z0[:, t])
    exp(z0[:, t], out=z0[:, t])
    z0[:, t] += ONE
    reciprocal(z0[:, t], out=z0[:, t])
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    multiply(r0[:, t], v0[:, t, 64:96], out=n0[:, t])
    n0[:, t] += u0[:, t, 64:96]
    tanh(n0[:, t], out=n0[:, t])
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    multiply(h0[:, t - 1], z0[:, t], out=h0[:, t])
    subtract(ONE, z0[:, t], out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def gru_96_v4(v0b, r0b, z0b, n0b, h0b, bias_hh_l0_reverse, u0b, t):
    """encoder: gru.

    Writes v0b [B, 8, 96], r0b [B, 8, 32], z0b [B, 8, 32], n0b [B, 8, 32], h0b [B, 8, 32]; reads
    bias_hh_l0_reverse [96], u0b [B, 8, 96].
    """
    # (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) +
    #     encoder.bias_hh_l0_reverse[m]
    v0b[:, t] = bias_hh_l0_reverse
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    add(u0b[:, t, :32], v0b[:, t, :32], out=r0b[:, t])
    multiply(r0b[:, t], MINUS_ONE, out=r0b[:, t])
    exp(r0b[:, t], out=r0b[:, t])
    r0b[:, t] += ONE
    reciprocal(r0b[:, t], out=r0b[:, t])
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b[:, t])
    multiply(z0b[:, t], MINUS_ONE, out=z0b[:, t])
    exp(z0b[:, t], out=z0b[:, t])
    z0b[:, t] += ONE
    reciprocal(z0b[:, t], out=z0b[:, t])
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    multiply(r0b[:, t], v0b[:, t, 64:96], out=n0b[:, t])
    n0b[:, t] += u0b[:, t, 64:96]
    tanh(n0b[:, t], out=n0b[:, t])
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    subtract(ONE, z0b[:, t], out=h0b[:, t])
    h0b[:, t] *= n0b[:, t]


def gru_96_32_v4(v0b, h0b, weight_hh_l0_reverse, bias_hh_l0_reverse, t):
    """encoder: gru.

    Writes v0b [B, 8, 96]; reads h0b [B, 8, 32], weight_hh_l0_reverse [96, 32], bias_hh_l0_reverse [96].
    """
    # (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) +
    #     encoder.bias_hh_l0_reverse[m]
    matmul(h0b[:, t + 1], weight_hh_l0_reverse.T, out=v0b[:, t])
    v0b[:, t] += bias_hh_l0_reverse


def gru_32_v4(r0b, z0b, n0b, h0b, u0b, v0b, scratch, t):
    """encoder: gru.

    Writes r0b [B, 8, 32], z0b [B, 8, 32], n0b [B, 8, 32], h0b [B, 8, 32]; reads u0b [B, 8, 96], v0b [B, 8, 96].
    """
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    add(u0b[:, t, :32], v0b[:, t, :32], out=r0b[:, t])
    multiply(r0b[:, t], MINUS_ONE, out=r0b[:, t])
    exp(r0b[:, t], out=r0b[:, t])
    r0b[:, t] += ONE
    reciprocal(r0b[:, t], out=r0b[:, t])
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b[:, t])
    multiply(z0b[:, t], MINUS_ONE, out=z0b[:, t])
    exp(z0b[:, t], out=z0b[:, t])
    z0b[:, t] += ONE
    reciprocal(z0b[:, t], out=z0b[:, t])
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    multiply(r0b[:, t], v0b[:, t, 64:96], out=n0b[:, t])
    n0b[:, t] += u0b[:, t, 64:96]
    tanh(n0b[:, t], out=n0b[:, t])
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    multiply(h0b[:, t + 1], z0b[:, t], out=h0b[:, t])
    subtract(ONE, z0b[:, t], out=scratch)
    scratch *= n0b[:, t]
    h0b[:, t] += scratch


def gru_192_v2(v, r, z, n, h, bias_hh_l0, u, t):
    """decoder: gru.

    Writes v [B, 8, 192], r [B, 8, 64], z [B, 8, 64], n [B, 8, 64], h [B, 8, 64]; reads bias_hh_l0 [192], u [B,
    8, 192].
    """
    # (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) +
    #     decoder.bias_hh_l0[m]
    v[:, t] = bias_hh_l0
    # (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
    add(u[:, t, :64], v[:, t, :64], out=r[:, t])
    multiply(r[:, t], MINUS_ONE, out=r[:, t])
    exp(r[:, t], out=r[:, t])
    r[:, t] += ONE
    reciprocal(r[:, t], out=r[:, t])
    # (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
    add(u[:, t, 64:128], v[:, t, 64:128], out=z[:, t])
    multiply(z[:, t], MINUS_ONE, out=z[:, t])
    exp(z[:, t], out=z[:, t])
    z[:, t] += ONE
    reciprocal(z[:, t], out=z[:, t])
    # (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
    multiply(r[:, t], v[:, t, 128:192], out=n[:, t])
    n[:, t] += u[:, t, 128:192]
    tanh(n[:, t], out=n[:, t])
    # (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] *
    #     decoder.z[b, t, j]
    subtract(ONE, z[:, t], out=h[:, t])
    h[:, t] *= n[:, t]


def gru_192_64_v2(v, h, weight_hh_l0, bias_hh_l0, t):
    """decoder: gru.

    Writes v [B, 8, 192]; reads h [B, 8, 64], weight_hh_l0 [192, 64], bias_hh_l0 [192].
    """
    # (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) +
    #     decoder.bias_hh_l0[m]
    matmul(h[:, t - 1], weight_hh_l0.T, out=v[:, t])
    v[:, t] += bias_hh_l0


def gru_64_v2(r, z, n, h, u, v, scratch, t):
    """decoder: gru.

    Writes r [B, 8, 64], z [B, 8, 64], n [B, 8, 64], h [B, 8, 64]; reads u [B, 8, 192], v [B, 8, 192].
    """
    # (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
    add(u[:, t, :64], v[:, t, :64], out=r[:, t])
    multiply(r[:, t], MINUS_ONE, out=r[:, t])
    exp(r[:, t], out=r[:, t])
    r[:, t] += ONE
    reciprocal(r[:, t], out=r[:, t])
    # (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
    add(u[:, t, 64:128], v[:, t, 64:128], out=z[:, t])
    multiply(z[:, t], MINUS_ONE, out=z[:, t])
    exp(z[:, t], out=z[:, t])
    z[:, t] += ONE
    reciprocal(z[:, t], out=z[:, t])
    # (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
    multiply(r[:, t], v[:, t, 128:192], out=n[:, t])
    n[:, t] += u[:, t, 128:192]
    tanh(n[:, t], out=n[:, t])
    # (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] *
    #     decoder.z[b, t, j]
    multiply(h[:, t - 1], z[:, t], out=h[:, t])
    subtract(ONE, z[:, t], out=scratch)
    scratch *= n[:, t]
    h[:, t] += scratch


def cross_entropy_d_head_8_10(m, e, S, d_head, head, target, scratch, scale, scratch_2, ones, j, factor):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 8], e [B, 8, 10], S [B, 8], d_head [B, 8, 10]; reads head [B, 8, 10], target [B, 8].
    """
    # (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
    scratch[...] = head.transpose(2, 0, 1)
    maximum.reduce(scratch, axis=0, out=m)
    # (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
    subtract(head, m[:, :, None], out=e)
    exp(e, out=e)
    # (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
    e.reshape(-1, 10).dot(ones, out=S.reshape(-1))
    # (40) loss.p[i0, i1, j] = loss.e[i0, i1, j] / loss.S[i0, i1]
    reciprocal(S, out=scale)
    # (40)
    # (42) d.head[i0, i1, o] = (loss.p[i0, i1, o] - (o == target[i0, i1])) / (8 * B)
    multiply(scale[:, :, None], e, out=d_head)
    equal(j, target[:, :, None], out=scratch_2)
    d_head -= scratch_2
    d_head *= factor


def d_weight_10_64_8(d_weight, d_head, mixed):
    """head: gradient of linear.

    Writes d_weight [10, 64]; reads d_head [B, 8, 10], mixed [B, 8, 64].
    """
    # (43) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * mixed[b, j, i])
    d_head.reshape(-1, 10).T.dot(mixed.reshape(-1, 64), out=d_weight)


def d_bias_10_8(d_bias, d_head, ones):
    """head: gradient of linear.

    Writes d_bias [10]; reads d_head [B, 8, 10].
    """
    # (44) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    ones.reshape(-1).dot(d_head.reshape(-1, 10), out=d_bias)


def d_z_8_64_10(mixed, d_head, weight, scratch):
    """mixed: gradient of linear.

    Writes mixed [B, 8, 64]; reads d_head [B, 8, 10], weight [10, 64].
    """
    # (45) d.mixed.z[i0, i1, o] = (1 - mixed[i0, i1, o]**2) * sum[i](d.head[i0, i1, i] * head.weight[i, o])
    square(mixed, out=mixed)
    subtract(ONE, mixed, out=mixed)
    d_head.reshape(-1, 10).dot(weight, out=scratch.reshape(-1, 64))
    mixed *= scratch


def d_weight_64_128_8(d_weight, mixed, both):
    """mixed: gradient of linear.

    Writes d_weight [64, 128]; reads mixed [B, 8, 64], both [B, 8, 128].
    """
    # (46) d.mixed.weight[o, i] = sum[b, j](both[b, j, i] * d.mixed.z[b, j, o])
    mixed.reshape(-1, 64).T.dot(both.reshape(-1, 128), out=d_weight)


def d_bias_64_8(d_bias, mixed, ones):
    """mixed: gradient of linear.

    Writes d_bias [64]; reads mixed [B, 8, 64].
    """
    # (47) d.mixed.bias[o] = sum[b, i](d.mixed.z[b, i, o])
    ones.reshape(-1).dot(mixed.reshape(-1, 64), out=d_bias)


def d_both_8_128_64(d_both, mixed, weight):
    """both: gradient of concat.

    Writes d_both [B, 8, 128]; reads mixed [B, 8, 64], weight [64, 128].
    """
    # (48) d.both[i0, i1, j] = sum[i](d.mixed.z[i0, i1, i] * mixed.weight[i, j])
    mixed.reshape(-1, 64).dot(weight, out=d_both.reshape(-1, 128))


def d_weight_64_64_8(d_weight, d_both, v):
    """attention: gradient of attention.

    Writes d_weight [64, 64]; reads d_both [B, 8, 128], v [B, 8, 64].
    """
    # (49) d.attention.out_proj.weight[m, d] = sum[b, i](attention.v[b, i, d] * d.both[b, i, m + 64])
    d_both[:, :, 64:128].reshape(-1, 64).T.dot(v.reshape(-1, 64), out=d_weight)


def d_bias_64_8_v2(d_bias, d_both, ones):
    """attention: gradient of attention.

    Writes d_bias [64]; reads d_both [B, 8, 128].
    """
    # (50) d.attention.out_proj.bias[m] = sum[b, i](d.both[b, i, m + 64])
    ones.reshape(-1).dot(d_both[:, :, 64:128].reshape(-1, 64), out=d_bias)


def d_v_8_64_64(d_v, d_both, weight):
    """attention: gradient of attention.

    Writes d_v [B, 8, 64]; reads d_both [B, 8, 128], weight [64, 64].
    """
    # (51) d.attention.v[b, i, d] = sum[j](d.both[b, i, j + 64] * attention.out_proj.weight[j, d])
    d_both[:, :, 64:128].reshape(-1, 64).dot(weight, out=d_v.reshape(-1, 64))


def r_8_8_64(r, d_v, u):
    """attention: gradient of attention.

    Writes r [B, 8, 8]; reads d_v [B, 8, 64], u [B, 8, 64].
    """
    # (53) attention.r[b, i, j] = sum[k](attention.u[b, j, k] * d.attention.v[b, i, k])
    matmul(d_v, u.transpose(0, 2, 1), out=r)


def r2_d_s_1_8_8(d_s, d_p, s, r2):
    """attention: gradient of attention.

    Writes d_s [B, 1, 8, 8]; reads d_p [B, 1, 8, 8], s [B, 1, 8, 8].
    """
    # (55) attention.r2[b, h, i] = sum[j](attention.p[b, h, i, j] * d.attention.p[b, h, i, j])
    einsum("bhij,bhij->bhi", d_p, s, out=r2)
    # (56) d.attention.s[b, h, i, j] = attention.p[b, h, i, j] * (d.attention.p[b, h, i, j] - attention.r2[b, h,
    #     i])
    subtract(d_p, r2[:, :, :, None], out=d_s)
    d_s *= s


def d_u_8_64_8(d_u, s, d_v):
    """attention: gradient of attention.

    Writes d_u [B, 8, 64]; reads s [B, 1, 8, 8], d_v [B, 8, 64].
    """
    # (52) d.attention.u[b, j, f] = sum[i](d.attention.v[b, i, f] * attention.p[b, 0, i, j])
    matmul(s[:, 0].transpose(0, 2, 1), d_v, out=d_u)


def d_q_8_64_8(d_q, d_s, k):
    """attention: gradient of attention.

    Writes d_q [B, 8, 64]; reads d_s [B, 1, 8, 8], k [B, 8, 64].
    """
    # (57) d.attention.q[b, i, f] = sum[j](attention.k[b, j, f] * d.attention.s[b, 0, i, j]) / 8
    matmul(d_s[:, 0], k, out=d_q)
    d_q *= 0.125


def d_decoder_8_64_64(d_decoder, d_q, in_proj_weight, d_both):
    """decoder: gradient of gru.

    Writes d_decoder [B, 8, 64]; reads d_q [B, 8, 64], in_proj_weight [192, 64], d_both [B, 8, 128].
    """
    # (67) d.decoder[b, t, j] = sum[i](d.attention.q[b, t, i] * attention.in_proj_weight[i + 0, j]) + d.both[b,
    #     t, j + 0]
    d_q.reshape(-1, 64).dot(in_proj_weight[:64], out=d_decoder.reshape(-1, 64))
    d_decoder += d_both[:, :, :64]


def d_k_8_64_8(d_k, d_s, q):
    """attention: gradient of attention.

    Writes d_k [B, 8, 64]; reads d_s [B, 1, 8, 8], q [B, 8, 64].
    """
    # (58) d.attention.k[b, j, f] = sum[i](attention.q[b, i, f] * d.attention.s[b, 0, i, j]) / 8
    matmul(d_s[:, 0].transpose(0, 2, 1), q, out=d_k)
    d_k *= 0.125


def r3_r4_d_in_proj_weight_64_64_8(d_in_proj_weight, d_q, decoder):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_weight [192, 64]; reads d_q [B, 8, 64], decoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    matmul(d_q.reshape(-1, 64).T, decoder.reshape(-1, 64), out=d_in_proj_weight[:64])


def r5_64_8(r5, d_q):
    """attention: gradient of attention (one side of the product).

    Writes r5 [192]; reads d_q [B, 8, 64].
    """
    # (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
    add.reduce(d_q, axis=(0, 1), out=r5[:64])


def r3_r4_d_in_proj_weight_64_64_8_v2(d_in_proj_weight, d_k, encoder):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_weight [192, 64]; reads d_k [B, 8, 64], encoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    matmul(d_k.reshape(-1, 64).T, encoder.reshape(-1, 64), out=d_in_proj_weight[64:128])


def r3_r4_d_in_proj_weight_64_64_8_v3(d_in_proj_weight, d_u, encoder):
    """attention: gradient of attention.

    Writes d_in_proj_weight [192, 64]; reads d_u [B, 8, 64], encoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    matmul(d_u.reshape(-1, 64).T, encoder.reshape(-1, 64), out=d_in_proj_weight[128:192])


def r5_128(r5):
    """attention: gradient of attention.

    Writes r5 [192].
    """
    # (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
    r5[64:192] = 0.0


def r_64_8_64(r, d_u, in_proj_weight, scratch):
    """encoder: gradient of gru.

    Writes r [B, 64, 8]; reads d_u [B, 8, 64], in_proj_weight [192, 64].
    """
    # (59) encoder.r[b, o, t] = sum[i](d.attention.u[b, t, i] * attention.in_proj_weight[i + 128, o])
    in_proj_weight[128:192].T.dot(d_u.reshape(-1, 64).T, out=scratch.reshape(64, -1))
    r[...] = scratch.transpose(1, 0, 2)


def d_encoder_8_64_64(d_encoder, d_k, in_proj_weight, r):
    """encoder: gradient of gru.

    Writes d_encoder [B, 8, 64]; reads d_k [B, 8, 64], in_proj_weight [192, 64], r [B, 64, 8].
    """
    # (60) d.encoder[b, t, o] = sum[i](d.attention.k[b, t, i] * attention.in_proj_weight[i + 64, o]) +
    #     encoder.r[b, o, t]
    d_k.reshape(-1, 64).dot(in_proj_weight[64:128], out=d_encoder.reshape(-1, 64))
    d_encoder += r.transpose(0, 2, 1)


def r6_128(r6):
    """attention: gradient of attention (one side of the product).

    Writes r6 [192].
    """
    # (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
    r6[:128] = 0.0


def r6_64_8(r6, d_u):
    """attention: gradient of attention.

    Writes r6 [192]; reads d_u [B, 8, 64].
    """
    # (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
    add.reduce(d_u, axis=(0, 1), out=r6[128:192])


def d_in_proj_bias_64(d_in_proj_bias, r5, r6):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192]; reads r5 [192], r6 [192].
    """
    # (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) +
    #     attention.r5[w] + attention.r6[w]
    add(r5[:64], r6[:64], out=d_in_proj_bias[:64])


def d_in_proj_bias_64_v2(d_in_proj_bias):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192].
    """
    # (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) +
    #     attention.r5[w] + attention.r6[w]
    d_in_proj_bias[64:128] = 0.0


def d_in_proj_bias_64_v3(d_in_proj_bias, r5, r6):
    """attention: gradient of attention.

    Writes d_in_proj_bias [192]; reads r5 [192], r6 [192].
    """
    # (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) +
    #     attention.r5[w] + attention.r6[w]
    add(r5[128:192], r6[128:192], out=d_in_proj_bias[128:192])


def d_h_d_n_d_z_d_r_64(d_h, d_n, d_z, d_r, d_v, d_decoder, z, h, n, v, r, t):
    """decoder: gradient of gru.

    Writes d_h [B, 8, 64], d_n [B, 8, 64], d_z [B, 8, 64], d_r [B, 8, 64], d_v [B, 8, 192]; reads d_decoder [B,
    8, 64], z [B, 8, 64], h [B, 8, 64], n [B, 8, 64], v [B, 8, 192], r [B, 8, 64].
    """
    # (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b,
    #     t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
    d_h[:, t] = d_decoder[:, t]
    # (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
    subtract(h[:, t - 1], n[:, t], out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 128:192]
    # (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m
    #     - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) +
    #     d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
    subtract(ONE, r[:, t], out=d_v[:, t, :64])
    d_v[:, t, :64] *= d_r[:, t]
    d_v[:, t, :64] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 64:128])
    d_v[:, t, 64:128] *= d_z[:, t]
    d_v[:, t, 64:128] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 128:192])
    subtract(ONE, d_v[:, t, 128:192], out=d_v[:, t, 128:192])
    d_v[:, t, 128:192] *= d_n[:, t]
    d_v[:, t, 128:192] *= r[:, t]


def d_h_d_n_d_z_d_r_64_192(d_h, d_n, d_z, d_r, d_v, weight_hh_l0, z, d_decoder, h, n, v, scratch, t):
    """decoder: gradient of gru.

    Writes d_h [B, 8, 64], d_n [B, 8, 64], d_z [B, 8, 64], d_r [B, 8, 64]; reads d_v [B, 8, 192], weight_hh_l0
    [192, 64], z [B, 8, 64], d_decoder [B, 8, 64], h [B, 8, 64], n [B, 8, 64], v [B, 8, 192].
    """
    # (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b,
    #     t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
    multiply(d_h[:, t + 1], z[:, t + 1], out=d_h[:, t])
    d_v[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h[:, t] += scratch
    d_h[:, t] += d_decoder[:, t]
    # (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
    subtract(h[:, t - 1], n[:, t], out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 128:192]


def d_v_64(d_v, r, d_r, z, d_z, n, d_n, t):
    """decoder: gradient of gru.

    Writes d_v [B, 8, 192]; reads r [B, 8, 64], d_r [B, 8, 64], z [B, 8, 64], d_z [B, 8, 64], n [B, 8, 64], d_n
    [B, 8, 64].
    """
    # (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m
    #     - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) +
    #     d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
    subtract(ONE, r[:, t], out=d_v[:, t, :64])
    d_v[:, t, :64] *= d_r[:, t]
    d_v[:, t, :64] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 64:128])
    d_v[:, t, 64:128] *= d_z[:, t]
    d_v[:, t, 64:128] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 128:192])
    subtract(ONE, d_v[:, t, 128:192], out=d_v[:, t, 128:192])
    d_v[:, t, 128:192] *= d_n[:, t]
    d_v[:, t, 128:192] *= r[:, t]


def d_h_d_n_d_z_d_r_64_192_v2(d_h, d_n, d_z, d_r, d_v, weight_hh_l0, z, d_decoder, n, v, scratch, t):
    """decoder: gradient of gru.

    Writes d_h [B, 8, 64], d_n [B, 8, 64], d_z [B, 8, 64], d_r [B, 8, 64]; reads d_v [B, 8, 192], weight_hh_l0
    [192, 64], z [B, 8, 64], d_decoder [B, 8, 64], n [B, 8, 64], v [B, 8, 192].
    """
    # (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b,
    #     t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
    multiply(d_h[:, t + 1], z[:, t + 1], out=d_h[:, t])
    d_v[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h[:, t] += scratch
    d_h[:, t] += d_decoder[:, t]
    # (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
    subtract(ONE, z[:, t], out=d_n[:, t])
    d_n[:, t] *= d_h[:, t]
    # (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
    multiply(n[:, t], MINUS_ONE, out=d_z[:, t])
    d_z[:, t] *= d_h[:, t]
    # (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
    square(n[:, t], out=d_r[:, t])
    subtract(ONE, d_r[:, t], out=d_r[:, t])
    d_r[:, t] *= d_n[:, t]
    d_r[:, t] *= v[:, t, 128:192]


def d_v_64_v2(d_v, r, d_r, z, d_z, n, d_n, t):
    """decoder: gradient of gru.

    Writes d_v [B, 8, 192]; reads r [B, 8, 64], d_r [B, 8, 64], z [B, 8, 64], d_z [B, 8, 64], n [B, 8, 64], d_n
    [B, 8, 64].
    """
    # (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m
    #     - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) +
    #     d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
    subtract(ONE, r[:, t], out=d_v[:, t, :64])
    d_v[:, t, :64] *= d_r[:, t]
    d_v[:, t, :64] *= r[:, t]
    subtract(ONE, z[:, t], out=d_v[:, t, 64:128])
    d_v[:, t, 64:128] *= d_z[:, t]
    d_v[:, t, 64:128] *= z[:, t]
    square(n[:, t], out=d_v[:, t, 128:192])
    subtract(ONE, d_v[:, t, 128:192], out=d_v[:, t, 128:192])
    d_v[:, t, 128:192] *= d_n[:, t]
    d_v[:, t, 128:192] *= r[:, t]


def d_u_8_64(d_u, r, d_r, z, d_z, n, d_n):
    """decoder: gradient of gru.

    Writes d_u [B, 8, 192]; reads r [B, 8, 64], d_r [B, 8, 64], z [B, 8, 64], d_z [B, 8, 64], n [B, 8, 64], d_n
    [B, 8, 64].
    """
    # (75) d.decoder.u[b, t, m] = d.decoder.n[b, t, m - 128] * (1 - decoder.n[b, t, m - 128]**2) +
    #     d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) + d.decoder.z[b, t, m
    #     - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
    subtract(ONE, r, out=d_u[:, :, :64])
    d_u[:, :, :64] *= d_r
    d_u[:, :, :64] *= r
    subtract(ONE, z, out=d_u[:, :, 64:128])
    d_u[:, :, 64:128] *= d_z
    d_u[:, :, 64:128] *= z
    square(n, out=d_u[:, :, 128:192])
    subtract(ONE, d_u[:, :, 128:192], out=d_u[:, :, 128:192])
    d_u[:, :, 128:192] *= d_n


def d_weight_hh_l0_192_64_7(d_weight_hh_l0, d_v, h, scratch, scratch_2):
    """decoder: gradient of gru.

    Writes d_weight_hh_l0 [192, 64]; reads d_v [B, 8, 192], h [B, 8, 64].
    """
    # (73) d.decoder.weight_hh_l0[m, k] = sum[b, i](d.decoder.v[b, i, m] * decoder.h[b, i - 1, k])
    scratch[...] = d_v[:, 1:8]
    scratch_2[...] = h[:, :7]
    scratch.reshape(-1, 192).T.dot(scratch_2.reshape(-1, 64), out=d_weight_hh_l0)


def d_bias_hh_l0_192_8(d_bias_hh_l0, d_v, ones):
    """decoder: gradient of gru.

    Writes d_bias_hh_l0 [192]; reads d_v [B, 8, 192].
    For (77) too.
    """
    # (74) d.decoder.bias_hh_l0[m] = sum[b, i](d.decoder.v[b, i, m])
    ones.reshape(-1).dot(d_v.reshape(-1, 192), out=d_bias_hh_l0)


def d_weight_ih_l0_192_64_8(d_weight_ih_l0, d_u, written):
    """decoder: gradient of gru.

    Writes d_weight_ih_l0 [192, 64]; reads d_u [B, 8, 192], written [B, 8, 64].
    """
    # (76) d.decoder.weight_ih_l0[m, d] = sum[b, i](d.decoder.u[b, i, m] * written[b, i, d])
    d_u.reshape(-1, 192).T.dot(written.reshape(-1, 64), out=d_weight_ih_l0)


def d_written_8_64_192(d_written, d_u, weight_ih_l0):
    """written: gradient of embedding.

    Writes d_written [B, 8, 64]; reads d_u [B, 8, 192], weight_ih_l0 [192, 64].
    """
    # (78) d.written[b, i, d] = sum[j](d.decoder.u[b, i, j] * decoder.weight_ih_l0[j, d])
    d_u.reshape(-1, 192).dot(weight_ih_l0, out=d_written.reshape(-1, 64))


def d_weight_64_8(d_weight, d_written, shifted, scratch, index, index_2, d):
    """written: gradient of embedding.

    Writes d_weight [11, 64]; reads d_written [B, 8, 64], shifted [B, 8].
    """
    # (79) d.written.weight[v, d] = sum[b, i](d.written[b, i, d] * (v == shifted[b, i]))
    scratch[...] = d_written.transpose(2, 0, 1)
    multiply(shifted, 64, out=index_2)
    add(d[:, None, None], index_2, out=index)
    add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def d_h0_d_n0_d_z0_d_r0_32(d_h0, d_n0, d_z0, d_r0, d_v0, d_encoder, z0, h0, n0, v0, r0, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32], d_v0 [B, 8, 96]; reads d_encoder
    [B, 8, 64], z0 [B, 8, 32], h0 [B, 8, 32], n0 [B, 8, 32], v0 [B, 8, 96], r0 [B, 8, 32].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    d_h0[:, t] = d_encoder[:, t, :32]
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    subtract(ONE, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    square(n0[:, t], out=d_r0[:, t])
    subtract(ONE, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]
    # (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t,
    #     m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) +
    #     d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
    subtract(ONE, r0[:, t], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= d_r0[:, t]
    d_v0[:, t, :32] *= r0[:, t]
    subtract(ONE, z0[:, t], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= d_z0[:, t]
    d_v0[:, t, 32:64] *= z0[:, t]
    square(n0[:, t], out=d_v0[:, t, 64:96])
    subtract(ONE, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_32_96(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_encoder, h0, n0, v0, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32]; reads d_v0 [B, 8, 96],
    weight_hh_l0 [96, 32], z0 [B, 8, 32], d_encoder [B, 8, 64], h0 [B, 8, 32], n0 [B, 8, 32], v0 [B, 8, 96].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    d_v0[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_encoder[:, t, :32]
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    subtract(ONE, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    square(n0[:, t], out=d_r0[:, t])
    subtract(ONE, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]


def d_v0_32(d_v0, r0, d_r0, z0, d_z0, n0, d_n0, t):
    """encoder: gradient of gru.

    Writes d_v0 [B, 8, 96]; reads r0 [B, 8, 32], d_r0 [B, 8, 32], z0 [B, 8, 32], d_z0 [B, 8, 32], n0 [B, 8, 32],
    d_n0 [B, 8, 32].
    For (89) too.
    """
    # (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t,
    #     m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) +
    #     d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
    subtract(ONE, r0[:, t], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= d_r0[:, t]
    d_v0[:, t, :32] *= r0[:, t]
    subtract(ONE, z0[:, t], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= d_z0[:, t]
    d_v0[:, t, 32:64] *= z0[:, t]
    square(n0[:, t], out=d_v0[:, t, 64:96])
    subtract(ONE, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_32_96_v2(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_encoder, n0, v0, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32]; reads d_v0 [B, 8, 96],
    weight_hh_l0 [96, 32], z0 [B, 8, 32], d_encoder [B, 8, 64], n0 [B, 8, 32], v0 [B, 8, 96].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    d_v0[:, t + 1].dot(weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_encoder[:, t, :32]
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    subtract(ONE, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    multiply(n0[:, t], MINUS_ONE, out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    square(n0[:, t], out=d_r0[:, t])
    subtract(ONE, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]


def d_v0_32_v2(d_v0, r0, d_r0, z0, d_z0, n0, d_n0, t):
    """encoder: gradient of gru.

    Writes d_v0 [B, 8, 96]; reads r0 [B, 8, 32], d_r0 [B, 8, 32], z0 [B, 8, 32], d_z0 [B, 8, 32], n0 [B, 8, 32],
    d_n0 [B, 8, 32].
    """
    # (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t,
    #     m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) +
    #     d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
    subtract(ONE, r0[:, t], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= d_r0[:, t]
    d_v0[:, t, :32] *= r0[:, t]
    subtract(ONE, z0[:, t], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= d_z0[:, t]
    d_v0[:, t, 32:64] *= z0[:, t]
    square(n0[:, t], out=d_v0[:, t, 64:96])
    subtract(ONE, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_u0_8_32(d_u0, r0, d_r0, z0, d_z0, n0, d_n0):
    """encoder: gradient of gru.

    Writes d_u0 [B, 8, 96]; reads r0 [B, 8, 32], d_r0 [B, 8, 32], z0 [B, 8, 32], d_z0 [B, 8, 32], n0 [B, 8, 32],
    d_n0 [B, 8, 32].
    For (92) too.
    """
    # (97) d.encoder.u0[b, t, m] = d.encoder.n0[b, t, m - 64] * (1 - encoder.n0[b, t, m - 64]**2) +
    #     d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) + d.encoder.z0[b,
    #     t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
    subtract(ONE, r0, out=d_u0[:, :, :32])
    d_u0[:, :, :32] *= d_r0
    d_u0[:, :, :32] *= r0
    subtract(ONE, z0, out=d_u0[:, :, 32:64])
    d_u0[:, :, 32:64] *= d_z0
    d_u0[:, :, 32:64] *= z0
    square(n0, out=d_u0[:, :, 64:96])
    subtract(ONE, d_u0[:, :, 64:96], out=d_u0[:, :, 64:96])
    d_u0[:, :, 64:96] *= d_n0


def d_weight_hh_l0_96_32_7(d_weight_hh_l0, d_v0, h0, scratch, scratch_2):
    """encoder: gradient of gru.

    Writes d_weight_hh_l0 [96, 32]; reads d_v0 [B, 8, 96], h0 [B, 8, 32].
    """
    # (95) d.encoder.weight_hh_l0[m, k] = sum[b, i](d.encoder.v0[b, i, m] * encoder.h0[b, i - 1, k])
    scratch[...] = d_v0[:, 1:8]
    scratch_2[...] = h0[:, :7]
    scratch.reshape(-1, 96).T.dot(scratch_2.reshape(-1, 32), out=d_weight_hh_l0)


def d_bias_hh_l0_96_8(d_bias_hh_l0, d_v0, ones):
    """encoder: gradient of gru.

    Writes d_bias_hh_l0 [96]; reads d_v0 [B, 8, 96].
    For (91), (94), (99) too.
    """
    # (96) d.encoder.bias_hh_l0[m] = sum[b, i](d.encoder.v0[b, i, m])
    ones.reshape(-1).dot(d_v0.reshape(-1, 96), out=d_bias_hh_l0)


def d_h0b_d_n0b_d_z0b_d_r0b_32(d_h0b, d_n0b, d_z0b, d_r0b, d_v0b, d_encoder, z0b, h0b, n0b, v0b, r0b, t):
    """encoder: gradient of gru.

    Writes d_h0b [B, 8, 32], d_n0b [B, 8, 32], d_z0b [B, 8, 32], d_r0b [B, 8, 32], d_v0b [B, 8, 96]; reads
    d_encoder [B, 8, 64], z0b [B, 8, 32], h0b [B, 8, 32], n0b [B, 8, 32], v0b [B, 8, 96], r0b [B, 8, 32].
    """
    # (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) +
    #     d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
    d_h0b[:, t] = d_encoder[:, t, 32:64]
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    subtract(ONE, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    subtract(h0b[:, t + 1], n0b[:, t], out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    square(n0b[:, t], out=d_r0b[:, t])
    subtract(ONE, d_r0b[:, t], out=d_r0b[:, t])
    d_r0b[:, t] *= d_n0b[:, t]
    d_r0b[:, t] *= v0b[:, t, 64:96]
    # (89) d.encoder.v0b[b, t, m] = d.encoder.n0b[b, t, m - 64] * encoder.r0b[b, t, m - 64] * (1 -
    #     encoder.n0b[b, t, m - 64]**2) + d.encoder.r0b[b, t, m + 0] * encoder.r0b[b, t, m + 0] * (1 -
    #     encoder.r0b[b, t, m + 0]) + d.encoder.z0b[b, t, m - 32] * encoder.z0b[b, t, m - 32] * (1 -
    #     encoder.z0b[b, t, m - 32])
    subtract(ONE, r0b[:, t], out=d_v0b[:, t, :32])
    d_v0b[:, t, :32] *= d_r0b[:, t]
    d_v0b[:, t, :32] *= r0b[:, t]
    subtract(ONE, z0b[:, t], out=d_v0b[:, t, 32:64])
    d_v0b[:, t, 32:64] *= d_z0b[:, t]
    d_v0b[:, t, 32:64] *= z0b[:, t]
    square(n0b[:, t], out=d_v0b[:, t, 64:96])
    subtract(ONE, d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    d_v0b[:, t, 64:96] *= d_n0b[:, t]
    d_v0b[:, t, 64:96] *= r0b[:, t]


def d_h0b_d_n0b_d_z0b_d_r0b_32_96(d_h0b, d_n0b, d_z0b, d_r0b, d_v0b, weight_hh_l0_reverse, z0b, d_encoder, h0b,
                                  n0b, v0b, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0b [B, 8, 32], d_n0b [B, 8, 32], d_z0b [B, 8, 32], d_r0b [B, 8, 32]; reads d_v0b [B, 8, 96],
    weight_hh_l0_reverse [96, 32], z0b [B, 8, 32], d_encoder [B, 8, 64], h0b [B, 8, 32], n0b [B, 8, 32], v0b [B,
    8, 96].
    """
    # (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) +
    #     d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
    multiply(d_h0b[:, t - 1], z0b[:, t - 1], out=d_h0b[:, t])
    d_v0b[:, t - 1].dot(weight_hh_l0_reverse, out=scratch)
    d_h0b[:, t] += scratch
    d_h0b[:, t] += d_encoder[:, t, 32:64]
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    subtract(ONE, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    subtract(h0b[:, t + 1], n0b[:, t], out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    square(n0b[:, t], out=d_r0b[:, t])
    subtract(ONE, d_r0b[:, t], out=d_r0b[:, t])
    d_r0b[:, t] *= d_n0b[:, t]
    d_r0b[:, t] *= v0b[:, t, 64:96]


def d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(d_h0b, d_n0b, d_z0b, d_r0b, d_v0b, weight_hh_l0_reverse, z0b, d_encoder,
                                     n0b, v0b, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0b [B, 8, 32], d_n0b [B, 8, 32], d_z0b [B, 8, 32], d_r0b [B, 8, 32]; reads d_v0b [B, 8, 96],
    weight_hh_l0_reverse [96, 32], z0b [B, 8, 32], d_encoder [B, 8, 64], n0b [B, 8, 32], v0b [B, 8, 96].
    """
    # (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) +
    #     d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
    multiply(d_h0b[:, t - 1], z0b[:, t - 1], out=d_h0b[:, t])
    d_v0b[:, t - 1].dot(weight_hh_l0_reverse, out=scratch)
    d_h0b[:, t] += scratch
    d_h0b[:, t] += d_encoder[:, t, 32:64]
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    subtract(ONE, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    multiply(n0b[:, t], MINUS_ONE, out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    square(n0b[:, t], out=d_r0b[:, t])
    subtract(ONE, d_r0b[:, t], out=d_r0b[:, t])
    d_r0b[:, t] *= d_n0b[:, t]
    d_r0b[:, t] *= v0b[:, t, 64:96]


def d_v0b_32(d_v0b, r0b, d_r0b, z0b, d_z0b, n0b, d_n0b, t):
    """encoder: gradient of gru.

    Writes d_v0b [B, 8, 96]; reads r0b [B, 8, 32], d_r0b [B, 8, 32], z0b [B, 8, 32], d_z0b [B, 8, 32], n0b [B,
    8, 32], d_n0b [B, 8, 32].
    """
    # (89) d.encoder.v0b[b, t, m] = d.encoder.n0b[b, t, m - 64] * encoder.r0b[b, t, m - 64] * (1 -
    #     encoder.n0b[b, t, m - 64]**2) + d.encoder.r0b[b, t, m + 0] * encoder.r0b[b, t, m + 0] * (1 -
    #     encoder.r0b[b, t, m + 0]) + d.encoder.z0b[b, t, m - 32] * encoder.z0b[b, t, m - 32] * (1 -
    #     encoder.z0b[b, t, m - 32])
    subtract(ONE, r0b[:, t], out=d_v0b[:, t, :32])
    d_v0b[:, t, :32] *= d_r0b[:, t]
    d_v0b[:, t, :32] *= r0b[:, t]
    subtract(ONE, z0b[:, t], out=d_v0b[:, t, 32:64])
    d_v0b[:, t, 32:64] *= d_z0b[:, t]
    d_v0b[:, t, 32:64] *= z0b[:, t]
    square(n0b[:, t], out=d_v0b[:, t, 64:96])
    subtract(ONE, d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    d_v0b[:, t, 64:96] *= d_n0b[:, t]
    d_v0b[:, t, 64:96] *= r0b[:, t]


def d_weight_hh_l0_reverse_96_32_7(d_weight_hh_l0_reverse, d_v0b, h0b, scratch, scratch_2):
    """encoder: gradient of gru.

    Writes d_weight_hh_l0_reverse [96, 32]; reads d_v0b [B, 8, 96], h0b [B, 8, 32].
    """
    # (90) d.encoder.weight_hh_l0_reverse[m, k] = sum[b, i](d.encoder.v0b[b, i, m] * encoder.h0b[b, i + 1, k])
    scratch[...] = d_v0b[:, :7]
    scratch_2[...] = h0b[:, 1:8]
    scratch.reshape(-1, 96).T.dot(scratch_2.reshape(-1, 32), out=d_weight_hh_l0_reverse)


def d_weight_ih_l0_reverse_96_64_8(d_weight_ih_l0_reverse, d_u0b, read):
    """encoder: gradient of gru.

    Writes d_weight_ih_l0_reverse [96, 64]; reads d_u0b [B, 8, 96], read [B, 8, 64].
    For (98) too.
    """
    # (93) d.encoder.weight_ih_l0_reverse[m, d] = sum[b, i](d.encoder.u0b[b, i, m] * read[b, i, d])
    d_u0b.reshape(-1, 96).T.dot(read.reshape(-1, 64), out=d_weight_ih_l0_reverse)


def r_64_8_96(r, d_u0b, weight_ih_l0_reverse, scratch):
    """read: gradient of embedding.

    Writes r [B, 64, 8]; reads d_u0b [B, 8, 96], weight_ih_l0_reverse [96, 64].
    """
    # (100) read.r[b, d, i] = sum[j](d.encoder.u0b[b, i, j] * encoder.weight_ih_l0_reverse[j, d])
    weight_ih_l0_reverse.T.dot(d_u0b.reshape(-1, 96).T, out=scratch.reshape(64, -1))
    r[...] = scratch.transpose(1, 0, 2)


def d_read_8_64_96(d_read, d_u0, weight_ih_l0, r):
    """read: gradient of embedding.

    Writes d_read [B, 8, 64]; reads d_u0 [B, 8, 96], weight_ih_l0 [96, 64], r [B, 64, 8].
    """
    # (101) d.read[b, i, d] = sum[j](d.encoder.u0[b, i, j] * encoder.weight_ih_l0[j, d]) + read.r[b, d, i]
    d_u0.reshape(-1, 96).dot(weight_ih_l0, out=d_read.reshape(-1, 64))
    d_read += r.transpose(0, 2, 1)


def d_weight_64_8_v2(d_weight, d_read, source, scratch, index, index_2, d):
    """read: gradient of embedding.

    Writes d_weight [10, 64]; reads d_read [B, 8, 64], source [B, 8].
    """
    # (102) d.read.weight[v, d] = sum[b, i](d.read[b, i, d] * (v == source[b, i]))
    scratch[...] = d_read.transpose(2, 0, 1)
    multiply(source, 64, out=index_2)
    add(d[:, None, None], index_2, out=index)
    add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def cosine_schedule_adam_rate_next_step(rate, scale, t, steps, lr, min_lr, beta1, beta2):
    """optimizer: cosine schedule, adam rate, next step.

    Writes rate, scale, t; reads steps, lr, min_lr, beta1, beta2.
    """
    # (103) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
    # (104) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = (0.5 * (cos(3.141592653589793 * minimum(float(t),
                 float(steps)) / float(steps)) + 1.0) * (float(lr) - float(min_lr)) + float(min_lr)) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (105) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (106) t.next = 1 + t
    t[...] = float(t) + 1.0


def clip_norm_10_64(square_2, d_weight):
    """read: clip_norm.

    Writes square_2; reads d_weight [10, 64].
    For (127) too.
    """
    # (107) read.weight.g.square = sum[i, j](d.read.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_96_64(square_2, d_weight_ih_l0):
    """encoder: clip_norm.

    Writes square_2; reads d_weight_ih_l0 [96, 64].
    For (112) too.
    """
    # (108) encoder.weight_ih_l0.g.square = sum[i, j](d.encoder.weight_ih_l0[i, j]**2)
    square_2[...] = vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_96_32(square_2, d_weight_hh_l0):
    """encoder: clip_norm.

    Writes square_2; reads d_weight_hh_l0 [96, 32].
    For (113) too.
    """
    # (109) encoder.weight_hh_l0.g.square = sum[i, j](d.encoder.weight_hh_l0[i, j]**2)
    square_2[...] = vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_96(square_2, d_bias_ih_l0):
    """encoder: clip_norm.

    Writes square_2; reads d_bias_ih_l0 [96].
    For (111), (114), (115) too.
    """
    # (110) encoder.bias_ih_l0.g.square = sum[i](d.encoder.bias_ih_l0[i]**2)
    square_2[...] = d_bias_ih_l0.dot(d_bias_ih_l0)


def clip_norm_11_64(square_2, d_weight):
    """written: clip_norm.

    Writes square_2; reads d_weight [11, 64].
    """
    # (116) written.weight.g.square = sum[i, j](d.written.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_192_64(square_2, d_weight_ih_l0):
    """decoder: clip_norm.

    Writes square_2; reads d_weight_ih_l0 [192, 64].
    For (118), (121) too.
    """
    # (117) decoder.weight_ih_l0.g.square = sum[i, j](d.decoder.weight_ih_l0[i, j]**2)
    square_2[...] = vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_192(square_2, d_bias_ih_l0):
    """decoder: clip_norm.

    Writes square_2; reads d_bias_ih_l0 [192].
    For (120), (122) too.
    """
    # (119) decoder.bias_ih_l0.g.square = sum[i](d.decoder.bias_ih_l0[i]**2)
    square_2[...] = d_bias_ih_l0.dot(d_bias_ih_l0)


def clip_norm_64_64(square_2, d_weight):
    """attention: clip_norm.

    Writes square_2; reads d_weight [64, 64].
    """
    # (123) attention.out_proj.weight.g.square = sum[i, j](d.attention.out_proj.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_64(square_2, d_bias):
    """attention: clip_norm.

    Writes square_2; reads d_bias [64].
    For (126) too.
    """
    # (124) attention.out_proj.bias.g.square = sum[i](d.attention.out_proj.bias[i]**2)
    square_2[...] = d_bias.dot(d_bias)


def clip_norm_64_128(square_2, d_weight):
    """mixed: clip_norm.

    Writes square_2; reads d_weight [64, 128].
    """
    # (125) mixed.weight.g.square = sum[i, j](d.mixed.weight[i, j]**2)
    square_2[...] = vdot(d_weight, d_weight)


def clip_norm_10(shrink, d_bias, square_2, attention_in_proj_weight_g_square, attention_out_proj_bias_g_square,
                 attention_out_proj_weight_g_square, decoder_bias_hh_l0_g_square, decoder_bias_ih_l0_g_square,
                 decoder_weight_hh_l0_g_square, decoder_weight_ih_l0_g_square, encoder_bias_hh_l0_g_square,
                 encoder_bias_hh_l0_reverse_g_square, encoder_bias_ih_l0_g_square,
                 encoder_bias_ih_l0_reverse_g_square, encoder_weight_hh_l0_g_square,
                 encoder_weight_hh_l0_reverse_g_square, encoder_weight_ih_l0_g_square,
                 encoder_weight_ih_l0_reverse_g_square, head_weight_g_square, mixed_bias_g_square,
                 mixed_weight_g_square, read_weight_g_square, written_weight_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [10], square_2, attention_in_proj_weight_g_square,
    attention_out_proj_bias_g_square, attention_out_proj_weight_g_square, decoder_bias_hh_l0_g_square,
    decoder_bias_ih_l0_g_square, decoder_weight_hh_l0_g_square, decoder_weight_ih_l0_g_square,
    encoder_bias_hh_l0_g_square, encoder_bias_hh_l0_reverse_g_square, encoder_bias_ih_l0_g_square,
    encoder_bias_ih_l0_reverse_g_square, encoder_weight_hh_l0_g_square, encoder_weight_hh_l0_reverse_g_square,
    encoder_weight_ih_l0_g_square, encoder_weight_ih_l0_reverse_g_square, head_weight_g_square,
    mixed_bias_g_square, mixed_weight_g_square, read_weight_g_square, written_weight_g_square, clip_norm.
    """
    # (128) head.bias.g.square = sum[i](d.head.bias[i]**2)
    # (129) optimizer.norm = sqrt(attention.in_proj_bias.g.square + attention.in_proj_weight.g.square +
    #     attention.out_proj.bias.g.square + attention.out_proj.weight.g.square + decoder.bias_hh_l0.g.square +
    #     decoder.bias_ih_l0.g.square + decoder.weight_hh_l0.g.square + decoder.weight_ih_l0.g.square +
    #     encoder.bias_hh_l0.g.square + encoder.bias_hh_l0_reverse.g.square + encoder.bias_ih_l0.g.square +
    #     encoder.bias_ih_l0_reverse.g.square + encoder.weight_hh_l0.g.square +
    #     encoder.weight_hh_l0_reverse.g.square + encoder.weight_ih_l0.g.square +
    #     encoder.weight_ih_l0_reverse.g.square + head.bias.g.square + head.weight.g.square +
    #     mixed.bias.g.square + mixed.weight.g.square + read.weight.g.square + written.weight.g.square)
    # (130) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
    shrink[...] = minimum(1.0,
                          float(clip_norm) / (sqrt(float(square_2) + float(attention_in_proj_weight_g_square) + float(attention_out_proj_bias_g_square) + float(attention_out_proj_weight_g_square) + float(decoder_bias_hh_l0_g_square) + float(decoder_bias_ih_l0_g_square) + float(decoder_weight_hh_l0_g_square) + float(decoder_weight_ih_l0_g_square) + float(encoder_bias_hh_l0_g_square) + float(encoder_bias_hh_l0_reverse_g_square) + float(encoder_bias_ih_l0_g_square) + float(encoder_bias_ih_l0_reverse_g_square) + float(encoder_weight_hh_l0_g_square) + float(encoder_weight_hh_l0_reverse_g_square) + float(encoder_weight_ih_l0_g_square) + float(encoder_weight_ih_l0_reverse_g_square) + d_bias.dot(d_bias) + float(head_weight_g_square) + float(mixed_bias_g_square) + float(mixed_weight_g_square) + float(read_weight_g_square) + float(written_weight_g_square)) + 1e-06))


def clip_norm_adam_70666(m, v, parameters, shrink, gradients, beta1, beta2, rate, scale, eps, shrunk, number,
                         scratch, number_2, scratch_2, number_3):
    """read.weight to head.bias: clip_norm, adam.

    Writes m [70666], v [70666], parameters [70666]; reads shrink, gradients [70666], beta1, beta2, rate, scale,
    eps.
    For (131) (132) (133) (134) (135) (136) (137) (138) (139) (140) (141) (142) (143) (144) (145) (146) (147)
    (148) (149) (150) (151) (152) (153) (154) (155) (156) (157) (158) (159) (160) (161) (162) (163) (164) (165)
    (166) (167) (168) (169) (170) (171) (172) (173) (174) (175) (176) (177) (178) (179) (180) (181) (182) (183)
    (184) (185) (186) (187) (188) (189) (190) (191) (192) (193) (194) (195) (196) (197) (198) (199) (200) (201)
    (202) (203) (204) (205) (206) (207) (208) (209) (210) (211) (212) (213) (214) (215) (216) (217) (218) too.
    """
    # (131) read.weight.g.shrunk[v, d] = optimizer.shrink * d.read.weight[v, d]
    number[...] = float(shrink)
    multiply(number, gradients, out=shrunk)
    # (153) read.weight.m.next[i, d] = (1 - beta1) * read.weight.g.shrunk[i, d] + beta1 * read.weight.m[i, d]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, shrunk, out=scratch)
    m += scratch
    # (154) read.weight.v.next[i, d] = (1 - beta2) * read.weight.g.shrunk[i, d]**2 + beta2 * read.weight.v[i, d]
    number[...] = float(beta2)
    v *= number
    square(shrunk, out=scratch)
    number_2[...] = 1.0 - float(beta2)
    scratch *= number_2
    v += scratch
    # (155) read.weight.next[i, d] = read.weight[i, d] - optimizer.rate * read.weight.m.next[i, d] /
    #     (optimizer.scale * sqrt(read.weight.v.next[i, d]) + eps)
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
            "parameters": np.zeros(70666, real) if parameters is None else parameters,
            "gradients": np.zeros(70666, real) if gradients is None else gradients,
            "states": np.zeros(141338, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.003, 1e-08, 1.0, 0.9, 0.999, 6000.0, 0.0], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(400 + 12800 * capacity, real)
        self.blocks["indices"] = np.zeros(520 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(212001 + 1792 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, source, shifted):
        """Compute the outputs."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        return self._run("forward", batch, source, shifted)

    @staticmethod
    def _forward(a, batch, source, shifted):
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_96(a.encoder_v0_now, a.encoder_h0, a.encoder_bias_hh_l0, a.encoder_u0, a.r0, a.z0, a.n0, 0)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0_now, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            # (4) (5) (6) (7)
            gru_32(a.encoder_h0, a.encoder_u0, a.encoder_v0_now, a.r0, a.z0, a.n0, a.scratch, t)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v2(a.encoder_v0b_now, a.encoder_h0b, a.encoder_bias_hh_l0_reverse, a.encoder_u0b, a.r0, a.z0,
                  a.n0, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b_now, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            # (10) (11) (12) (13)
            gru_32_v2(a.encoder_h0b, a.encoder_u0b, a.encoder_v0b_now, a.r0, a.z0, a.n0, a.scratch, t)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        # (17) (18) (19) (20) (21)
        gru_192(a.decoder_v_now, a.decoder_h, a.decoder_bias_hh_l0, a.decoder_u, a.r, a.z, a.n, 0)
        for t in range(1, 8):
            gru_192_64(a.decoder_v_now, a.decoder_h, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            # (18) (19) (20) (21)
            gru_64(a.decoder_h, a.decoder_u, a.decoder_v_now, a.r, a.z, a.n, a.scratch_2, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_s, a.m_2, a.scratch_3, a.scale, a.ones)  # (27) (28) (29) (30)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_8_64_8(a.attention_v, a.attention_s, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        return 0.0

    def loss(self, source, shifted, target):
        """Compute the loss; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        return self._run("loss", batch, source, shifted, target)

    @staticmethod
    def _loss(a, batch, source, shifted, target):
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_96(a.encoder_v0_now, a.encoder_h0, a.encoder_bias_hh_l0, a.encoder_u0, a.r0, a.z0, a.n0, 0)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0_now, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            # (4) (5) (6) (7)
            gru_32(a.encoder_h0, a.encoder_u0, a.encoder_v0_now, a.r0, a.z0, a.n0, a.scratch, t)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v2(a.encoder_v0b_now, a.encoder_h0b, a.encoder_bias_hh_l0_reverse, a.encoder_u0b, a.r0, a.z0,
                  a.n0, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b_now, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            # (10) (11) (12) (13)
            gru_32_v2(a.encoder_h0b, a.encoder_u0b, a.encoder_v0b_now, a.r0, a.z0, a.n0, a.scratch, t)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        # (17) (18) (19) (20) (21)
        gru_192(a.decoder_v_now, a.decoder_h, a.decoder_bias_hh_l0, a.decoder_u, a.r, a.z, a.n, 0)
        for t in range(1, 8):
            gru_192_64(a.decoder_v_now, a.decoder_h, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            # (18) (19) (20) (21)
            gru_64(a.decoder_h, a.decoder_u, a.decoder_v_now, a.r, a.z, a.n, a.scratch_2, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_s, a.m_2, a.scratch_3, a.scale, a.ones)  # (27) (28) (29) (30)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_8_64_8(a.attention_v, a.attention_s, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_8_10(a.loss_m, a.loss_e, a.loss_S, a.head, a.scratch_4, a.ones_2)  # (37) (38) (39)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch_5, a.index, a.scratch_6,
                        a.positions, a.ones_3, batch)  # (41)
        return float(a.loss)

    def gradients(self, source, shifted, target):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        return self._run("gradients", batch, source, shifted, target)

    @staticmethod
    def _gradients(a, batch, source, shifted, target):
        d_weight_11_64(a.d_written_weight)  # (79)
        d_weight_10_64(a.d_read_weight)  # (102)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        gru_96_v3(a.encoder_v0, a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_bias_hh_l0,
                  a.encoder_u0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 8):
            gru_96_32_v3(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32_v3(a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_u0, a.encoder_v0, a.r0,
                      t)  # (4) (5) (6) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v4(a.encoder_v0b, a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b,
                  a.encoder_bias_hh_l0_reverse, a.encoder_u0b, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v4(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v4(a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b, a.encoder_u0b, a.encoder_v0b,
                      a.r0, t)  # (10) (11) (12) (13)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        gru_192_v2(a.decoder_v, a.decoder_r, a.decoder_z, a.decoder_n, a.decoder_h, a.decoder_bias_hh_l0,
                   a.decoder_u, 0)  # (17) (18) (19) (20) (21)
        for t in range(1, 8):
            gru_192_64_v2(a.decoder_v, a.decoder_h, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            # (18) (19) (20) (21)
            gru_64_v2(a.decoder_r, a.decoder_z, a.decoder_n, a.decoder_h, a.decoder_u, a.decoder_v, a.r, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_s, a.m_2, a.scratch_3, a.scale, a.ones)  # (27) (28) (29) (30)
        attention_8_64_8(a.attention_v, a.attention_s, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_d_head_8_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, target, a.scratch_4,
                                  a.scale_2, a.scratch_7, a.ones_2, a.j, a.factor)  # (37) (38) (39) (40) (42)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch_5, a.index, a.scratch_6,
                        a.positions, a.ones_3, batch)  # (41)
        d_weight_10_64_8(a.d_head_weight, a.d_head, a.mixed)  # (43)
        d_bias_10_8(a.d_head_bias, a.d_head, a.ones_3)  # (44)
        d_z_8_64_10(a.mixed, a.d_head, a.head_weight, a.scratch_8)  # (45)
        d_weight_64_128_8(a.d_mixed_weight, a.mixed, a.both)  # (46)
        d_bias_64_8(a.d_mixed_bias, a.mixed, a.ones_3)  # (47)
        d_both_8_128_64(a.d_both, a.mixed, a.mixed_weight)  # (48)
        d_weight_64_64_8(a.d_attention_out_proj_weight, a.d_both, a.attention_v)  # (49)
        d_bias_64_8_v2(a.d_attention_out_proj_bias, a.d_both, a.ones_3)  # (50)
        d_v_8_64_64(a.d_attention_v, a.d_both, a.attention_out_proj_weight)  # (51)
        r_8_8_64(a.attention_r, a.d_attention_v, a.attention_u)  # (53)
        r2_d_s_1_8_8(a.d_attention_s, a.d_attention_p, a.attention_s, a.m_2)  # (55) (56)
        d_u_8_64_8(a.d_attention_u, a.attention_s, a.d_attention_v)  # (52)
        d_q_8_64_8(a.d_attention_q, a.d_attention_s, a.attention_k)  # (57)
        d_decoder_8_64_64(a.d_decoder, a.d_attention_q, a.attention_in_proj_weight, a.d_both)  # (67)
        d_k_8_64_8(a.d_attention_k, a.d_attention_s, a.attention_q)  # (58)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8(a.d_attention_in_proj_weight, a.d_attention_q, a.decoder)
        r5_64_8(a.attention_r5, a.d_attention_q)  # (64)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v2(a.d_attention_in_proj_weight, a.d_attention_k, a.encoder)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v3(a.d_attention_in_proj_weight, a.d_attention_u, a.encoder)
        r5_128(a.attention_r5)  # (64)
        r_64_8_64(a.encoder_r, a.d_attention_u, a.attention_in_proj_weight, a.scratch_9)  # (59)
        d_encoder_8_64_64(a.d_encoder, a.d_attention_k, a.attention_in_proj_weight, a.encoder_r)  # (60)
        r6_128(a.attention_r6)  # (65)
        r6_64_8(a.attention_r6, a.d_attention_u)  # (65)
        d_in_proj_bias_64(a.d_attention_in_proj_bias, a.attention_r5, a.attention_r6)  # (66)
        d_in_proj_bias_64_v2(a.d_attention_in_proj_bias)  # (66)
        d_in_proj_bias_64_v3(a.d_attention_in_proj_bias, a.attention_r5, a.attention_r6)  # (66)
        # (68) (69) (70) (71) (72)
        d_h_d_n_d_z_d_r_64(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                           a.d_decoder, a.decoder_z, a.decoder_h, a.decoder_n, a.decoder_v, a.decoder_r, 7)
        for t in range(6, 0, -1):
            d_h_d_n_d_z_d_r_64_192(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                                   a.decoder_weight_hh_l0, a.decoder_z, a.d_decoder, a.decoder_h, a.decoder_n,
                                   a.decoder_v, a.r, t)  # (68) (69) (70) (71)
            d_v_64(a.d_decoder_v, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                   a.d_decoder_n, t)  # (72)
        d_h_d_n_d_z_d_r_64_192_v2(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                                  a.decoder_weight_hh_l0, a.decoder_z, a.d_decoder, a.decoder_n, a.decoder_v,
                                  a.r, 0)  # (68) (69) (70) (71)
        d_v_64_v2(a.d_decoder_v, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                  a.d_decoder_n, 0)  # (72)
        d_u_8_64(a.d_decoder_u, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                 a.d_decoder_n)  # (75)
        # (73)
        d_weight_hh_l0_192_64_7(a.d_decoder_weight_hh_l0, a.d_decoder_v, a.decoder_h, a.scratch_10, a.scratch_11)
        d_bias_hh_l0_192_8(a.d_decoder_bias_hh_l0, a.d_decoder_v, a.ones_3)  # (74)
        d_weight_ih_l0_192_64_8(a.d_decoder_weight_ih_l0, a.d_decoder_u, a.written)  # (76)
        d_bias_hh_l0_192_8(a.d_decoder_bias_ih_l0, a.d_decoder_u, a.ones_3)  # (77)
        d_written_8_64_192(a.d_written, a.d_decoder_u, a.decoder_weight_ih_l0)  # (78)
        d_weight_64_8(a.d_written_weight, a.d_written, shifted, a.scratch_9, a.index_2, a.index_3, a.d)  # (79)
        d_h0_d_n0_d_z0_d_r0_32(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0, a.d_encoder_v0,
                               a.d_encoder, a.encoder_z0, a.encoder_h0, a.encoder_n0, a.encoder_v0,
                               a.encoder_r0, 7)  # (80) (81) (82) (83) (84)
        for t in range(6, 0, -1):
            d_h0_d_n0_d_z0_d_r0_32_96(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                      a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                      a.encoder_h0, a.encoder_n0, a.encoder_v0, a.r0, t)  # (80) (81) (82) (83)
            d_v0_32(a.d_encoder_v0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                    a.d_encoder_n0, t)  # (84)
        d_h0_d_n0_d_z0_d_r0_32_96_v2(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                     a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                     a.encoder_n0, a.encoder_v0, a.r0, 0)  # (80) (81) (82) (83)
        d_v0_32_v2(a.d_encoder_v0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                   a.d_encoder_n0, 0)  # (84)
        d_u0_8_32(a.d_encoder_u0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                  a.d_encoder_n0)  # (97)
        d_weight_hh_l0_96_32_7(a.d_encoder_weight_hh_l0, a.d_encoder_v0, a.encoder_h0, a.scratch_12,
                               a.scratch_13)  # (95)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0, a.d_encoder_v0, a.ones_3)  # (96)
        d_h0b_d_n0b_d_z0b_d_r0b_32(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                   a.d_encoder_v0b, a.d_encoder, a.encoder_z0b, a.encoder_h0b, a.encoder_n0b,
                                   a.encoder_v0b, a.encoder_r0b, 0)  # (85) (86) (87) (88) (89)
        for t in range(1, 7):
            # (85) (86) (87) (88)
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                          a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                          a.d_encoder, a.encoder_h0b, a.encoder_n0b, a.encoder_v0b, a.r0, t)
            d_v0_32(a.d_encoder_v0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b,
                    a.encoder_n0b, a.d_encoder_n0b, t)  # (89)
        # (85) (86) (87) (88)
        d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                         a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                         a.d_encoder, a.encoder_n0b, a.encoder_v0b, a.r0, 7)
        d_v0b_32(a.d_encoder_v0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b, a.encoder_n0b,
                 a.d_encoder_n0b, 7)  # (89)
        d_u0_8_32(a.d_encoder_u0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b,
                  a.encoder_n0b, a.d_encoder_n0b)  # (92)
        d_weight_hh_l0_reverse_96_32_7(a.d_encoder_weight_hh_l0_reverse, a.d_encoder_v0b, a.encoder_h0b,
                                       a.scratch_12, a.scratch_13)  # (90)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0_reverse, a.d_encoder_v0b, a.ones_3)  # (91)
        d_weight_ih_l0_reverse_96_64_8(a.d_encoder_weight_ih_l0_reverse, a.d_encoder_u0b, a.read)  # (93)
        d_weight_ih_l0_reverse_96_64_8(a.d_encoder_weight_ih_l0, a.d_encoder_u0, a.read)  # (98)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0_reverse, a.d_encoder_u0b, a.ones_3)  # (94)
        r_64_8_96(a.read_r, a.d_encoder_u0b, a.encoder_weight_ih_l0_reverse, a.scratch_9)  # (100)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0, a.d_encoder_u0, a.ones_3)  # (99)
        d_read_8_64_96(a.d_read, a.d_encoder_u0, a.encoder_weight_ih_l0, a.read_r)  # (101)
        d_weight_64_8_v2(a.d_read_weight, a.d_read, source, a.scratch_9, a.index_2, a.index_3, a.d)  # (102)
        return float(a.loss)

    def step(self, source, shifted, target):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        return self._run("step", batch, source, shifted, target)

    @staticmethod
    def _step(a, batch, source, shifted, target):
        cosine_schedule_adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.steps, a.lr, a.min_lr,
                                            a.beta1, a.beta2)  # (103) (104) (105) (106)
        d_weight_11_64(a.d_written_weight)  # (79)
        d_weight_10_64(a.d_read_weight)  # (102)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        gru_96_v3(a.encoder_v0, a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_bias_hh_l0,
                  a.encoder_u0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 8):
            gru_96_32_v3(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32_v3(a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_u0, a.encoder_v0, a.r0,
                      t)  # (4) (5) (6) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v4(a.encoder_v0b, a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b,
                  a.encoder_bias_hh_l0_reverse, a.encoder_u0b, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v4(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v4(a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b, a.encoder_u0b, a.encoder_v0b,
                      a.r0, t)  # (10) (11) (12) (13)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        gru_192_v2(a.decoder_v, a.decoder_r, a.decoder_z, a.decoder_n, a.decoder_h, a.decoder_bias_hh_l0,
                   a.decoder_u, 0)  # (17) (18) (19) (20) (21)
        for t in range(1, 8):
            gru_192_64_v2(a.decoder_v, a.decoder_h, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            # (18) (19) (20) (21)
            gru_64_v2(a.decoder_r, a.decoder_z, a.decoder_n, a.decoder_h, a.decoder_u, a.decoder_v, a.r, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_s, a.m_2, a.scratch_3, a.scale, a.ones)  # (27) (28) (29) (30)
        attention_8_64_8(a.attention_v, a.attention_s, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_d_head_8_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, target, a.scratch_4,
                                  a.scale_2, a.scratch_7, a.ones_2, a.j, a.factor)  # (37) (38) (39) (40) (42)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch_5, a.index, a.scratch_6,
                        a.positions, a.ones_3, batch)  # (41)
        d_weight_10_64_8(a.d_head_weight, a.d_head, a.mixed)  # (43)
        d_bias_10_8(a.d_head_bias, a.d_head, a.ones_3)  # (44)
        d_z_8_64_10(a.mixed, a.d_head, a.head_weight, a.scratch_8)  # (45)
        d_weight_64_128_8(a.d_mixed_weight, a.mixed, a.both)  # (46)
        d_bias_64_8(a.d_mixed_bias, a.mixed, a.ones_3)  # (47)
        d_both_8_128_64(a.d_both, a.mixed, a.mixed_weight)  # (48)
        d_weight_64_64_8(a.d_attention_out_proj_weight, a.d_both, a.attention_v)  # (49)
        d_bias_64_8_v2(a.d_attention_out_proj_bias, a.d_both, a.ones_3)  # (50)
        d_v_8_64_64(a.d_attention_v, a.d_both, a.attention_out_proj_weight)  # (51)
        r_8_8_64(a.attention_r, a.d_attention_v, a.attention_u)  # (53)
        r2_d_s_1_8_8(a.d_attention_s, a.d_attention_p, a.attention_s, a.m_2)  # (55) (56)
        d_u_8_64_8(a.d_attention_u, a.attention_s, a.d_attention_v)  # (52)
        d_q_8_64_8(a.d_attention_q, a.d_attention_s, a.attention_k)  # (57)
        d_decoder_8_64_64(a.d_decoder, a.d_attention_q, a.attention_in_proj_weight, a.d_both)  # (67)
        d_k_8_64_8(a.d_attention_k, a.d_attention_s, a.attention_q)  # (58)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8(a.d_attention_in_proj_weight, a.d_attention_q, a.decoder)
        r5_64_8(a.attention_r5, a.d_attention_q)  # (64)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v2(a.d_attention_in_proj_weight, a.d_attention_k, a.encoder)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v3(a.d_attention_in_proj_weight, a.d_attention_u, a.encoder)
        r5_128(a.attention_r5)  # (64)
        r_64_8_64(a.encoder_r, a.d_attention_u, a.attention_in_proj_weight, a.scratch_9)  # (59)
        d_encoder_8_64_64(a.d_encoder, a.d_attention_k, a.attention_in_proj_weight, a.encoder_r)  # (60)
        r6_128(a.attention_r6)  # (65)
        r6_64_8(a.attention_r6, a.d_attention_u)  # (65)
        d_in_proj_bias_64(a.d_attention_in_proj_bias, a.attention_r5, a.attention_r6)  # (66)
        d_in_proj_bias_64_v2(a.d_attention_in_proj_bias)  # (66)
        d_in_proj_bias_64_v3(a.d_attention_in_proj_bias, a.attention_r5, a.attention_r6)  # (66)
        # (68) (69) (70) (71) (72)
        d_h_d_n_d_z_d_r_64(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                           a.d_decoder, a.decoder_z, a.decoder_h, a.decoder_n, a.decoder_v, a.decoder_r, 7)
        for t in range(6, 0, -1):
            d_h_d_n_d_z_d_r_64_192(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                                   a.decoder_weight_hh_l0, a.decoder_z, a.d_decoder, a.decoder_h, a.decoder_n,
                                   a.decoder_v, a.r, t)  # (68) (69) (70) (71)
            d_v_64(a.d_decoder_v, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                   a.d_decoder_n, t)  # (72)
        d_h_d_n_d_z_d_r_64_192_v2(a.d_decoder_h, a.d_decoder_n, a.d_decoder_z, a.d_decoder_r, a.d_decoder_v,
                                  a.decoder_weight_hh_l0, a.decoder_z, a.d_decoder, a.decoder_n, a.decoder_v,
                                  a.r, 0)  # (68) (69) (70) (71)
        d_v_64_v2(a.d_decoder_v, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                  a.d_decoder_n, 0)  # (72)
        d_u_8_64(a.d_decoder_u, a.decoder_r, a.d_decoder_r, a.decoder_z, a.d_decoder_z, a.decoder_n,
                 a.d_decoder_n)  # (75)
        # (73)
        d_weight_hh_l0_192_64_7(a.d_decoder_weight_hh_l0, a.d_decoder_v, a.decoder_h, a.scratch_10, a.scratch_11)
        d_bias_hh_l0_192_8(a.d_decoder_bias_hh_l0, a.d_decoder_v, a.ones_3)  # (74)
        d_weight_ih_l0_192_64_8(a.d_decoder_weight_ih_l0, a.d_decoder_u, a.written)  # (76)
        d_bias_hh_l0_192_8(a.d_decoder_bias_ih_l0, a.d_decoder_u, a.ones_3)  # (77)
        d_written_8_64_192(a.d_written, a.d_decoder_u, a.decoder_weight_ih_l0)  # (78)
        d_weight_64_8(a.d_written_weight, a.d_written, shifted, a.scratch_9, a.index_2, a.index_3, a.d)  # (79)
        d_h0_d_n0_d_z0_d_r0_32(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0, a.d_encoder_v0,
                               a.d_encoder, a.encoder_z0, a.encoder_h0, a.encoder_n0, a.encoder_v0,
                               a.encoder_r0, 7)  # (80) (81) (82) (83) (84)
        for t in range(6, 0, -1):
            d_h0_d_n0_d_z0_d_r0_32_96(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                      a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                      a.encoder_h0, a.encoder_n0, a.encoder_v0, a.r0, t)  # (80) (81) (82) (83)
            d_v0_32(a.d_encoder_v0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                    a.d_encoder_n0, t)  # (84)
        d_h0_d_n0_d_z0_d_r0_32_96_v2(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                     a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                     a.encoder_n0, a.encoder_v0, a.r0, 0)  # (80) (81) (82) (83)
        d_v0_32_v2(a.d_encoder_v0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                   a.d_encoder_n0, 0)  # (84)
        d_u0_8_32(a.d_encoder_u0, a.encoder_r0, a.d_encoder_r0, a.encoder_z0, a.d_encoder_z0, a.encoder_n0,
                  a.d_encoder_n0)  # (97)
        d_weight_hh_l0_96_32_7(a.d_encoder_weight_hh_l0, a.d_encoder_v0, a.encoder_h0, a.scratch_12,
                               a.scratch_13)  # (95)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0, a.d_encoder_v0, a.ones_3)  # (96)
        d_h0b_d_n0b_d_z0b_d_r0b_32(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                   a.d_encoder_v0b, a.d_encoder, a.encoder_z0b, a.encoder_h0b, a.encoder_n0b,
                                   a.encoder_v0b, a.encoder_r0b, 0)  # (85) (86) (87) (88) (89)
        for t in range(1, 7):
            # (85) (86) (87) (88)
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                          a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                          a.d_encoder, a.encoder_h0b, a.encoder_n0b, a.encoder_v0b, a.r0, t)
            d_v0_32(a.d_encoder_v0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b,
                    a.encoder_n0b, a.d_encoder_n0b, t)  # (89)
        # (85) (86) (87) (88)
        d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                         a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                         a.d_encoder, a.encoder_n0b, a.encoder_v0b, a.r0, 7)
        d_v0b_32(a.d_encoder_v0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b, a.encoder_n0b,
                 a.d_encoder_n0b, 7)  # (89)
        d_u0_8_32(a.d_encoder_u0b, a.encoder_r0b, a.d_encoder_r0b, a.encoder_z0b, a.d_encoder_z0b,
                  a.encoder_n0b, a.d_encoder_n0b)  # (92)
        d_weight_hh_l0_reverse_96_32_7(a.d_encoder_weight_hh_l0_reverse, a.d_encoder_v0b, a.encoder_h0b,
                                       a.scratch_12, a.scratch_13)  # (90)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0_reverse, a.d_encoder_v0b, a.ones_3)  # (91)
        d_weight_ih_l0_reverse_96_64_8(a.d_encoder_weight_ih_l0_reverse, a.d_encoder_u0b, a.read)  # (93)
        d_weight_ih_l0_reverse_96_64_8(a.d_encoder_weight_ih_l0, a.d_encoder_u0, a.read)  # (98)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0_reverse, a.d_encoder_u0b, a.ones_3)  # (94)
        r_64_8_96(a.read_r, a.d_encoder_u0b, a.encoder_weight_ih_l0_reverse, a.scratch_9)  # (100)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0, a.d_encoder_u0, a.ones_3)  # (99)
        d_read_8_64_96(a.d_read, a.d_encoder_u0, a.encoder_weight_ih_l0, a.read_r)  # (101)
        d_weight_64_8_v2(a.d_read_weight, a.d_read, source, a.scratch_9, a.index_2, a.index_3, a.d)  # (102)
        clip_norm_10_64(a.read_weight_g_square, a.d_read_weight)  # (107)
        clip_norm_96_64(a.encoder_weight_ih_l0_g_square, a.d_encoder_weight_ih_l0)  # (108)
        clip_norm_96_32(a.encoder_weight_hh_l0_g_square, a.d_encoder_weight_hh_l0)  # (109)
        clip_norm_96(a.encoder_bias_ih_l0_g_square, a.d_encoder_bias_ih_l0)  # (110)
        clip_norm_96(a.encoder_bias_hh_l0_g_square, a.d_encoder_bias_hh_l0)  # (111)
        clip_norm_96_64(a.encoder_weight_ih_l0_reverse_g_square, a.d_encoder_weight_ih_l0_reverse)  # (112)
        clip_norm_96_32(a.encoder_weight_hh_l0_reverse_g_square, a.d_encoder_weight_hh_l0_reverse)  # (113)
        clip_norm_96(a.encoder_bias_ih_l0_reverse_g_square, a.d_encoder_bias_ih_l0_reverse)  # (114)
        clip_norm_96(a.encoder_bias_hh_l0_reverse_g_square, a.d_encoder_bias_hh_l0_reverse)  # (115)
        clip_norm_11_64(a.written_weight_g_square, a.d_written_weight)  # (116)
        clip_norm_192_64(a.decoder_weight_ih_l0_g_square, a.d_decoder_weight_ih_l0)  # (117)
        clip_norm_192_64(a.decoder_weight_hh_l0_g_square, a.d_decoder_weight_hh_l0)  # (118)
        clip_norm_192(a.decoder_bias_ih_l0_g_square, a.d_decoder_bias_ih_l0)  # (119)
        clip_norm_192(a.decoder_bias_hh_l0_g_square, a.d_decoder_bias_hh_l0)  # (120)
        clip_norm_192_64(a.attention_in_proj_weight_g_square, a.d_attention_in_proj_weight)  # (121)
        clip_norm_192(a.attention_in_proj_bias_g_square, a.d_attention_in_proj_bias)  # (122)
        clip_norm_64_64(a.attention_out_proj_weight_g_square, a.d_attention_out_proj_weight)  # (123)
        clip_norm_64(a.attention_out_proj_bias_g_square, a.d_attention_out_proj_bias)  # (124)
        clip_norm_64_128(a.mixed_weight_g_square, a.d_mixed_weight)  # (125)
        clip_norm_64(a.mixed_bias_g_square, a.d_mixed_bias)  # (126)
        clip_norm_10_64(a.head_weight_g_square, a.d_head_weight)  # (127)
        # (128) (129) (130)
        clip_norm_10(a.optimizer_shrink, a.d_head_bias, a.attention_in_proj_bias_g_square,
                     a.attention_in_proj_weight_g_square, a.attention_out_proj_bias_g_square,
                     a.attention_out_proj_weight_g_square, a.decoder_bias_hh_l0_g_square,
                     a.decoder_bias_ih_l0_g_square, a.decoder_weight_hh_l0_g_square,
                     a.decoder_weight_ih_l0_g_square, a.encoder_bias_hh_l0_g_square,
                     a.encoder_bias_hh_l0_reverse_g_square, a.encoder_bias_ih_l0_g_square,
                     a.encoder_bias_ih_l0_reverse_g_square, a.encoder_weight_hh_l0_g_square,
                     a.encoder_weight_hh_l0_reverse_g_square, a.encoder_weight_ih_l0_g_square,
                     a.encoder_weight_ih_l0_reverse_g_square, a.head_weight_g_square, a.mixed_bias_g_square,
                     a.mixed_weight_g_square, a.read_weight_g_square, a.written_weight_g_square, a.clip_norm)
        # (131) (132) (133) (134) (135) (136) (137) (138) (139) (140) (141) (142) (143) (144) (145) (146) (147) (148) (149) (150) (151) (152) (153) (154) (155) (156) (157) (158) (159) (160) (161) (162) (163) (164) (165) (166) (167) (168) (169) (170) (171) (172) (173) (174) (175) (176) (177) (178) (179) (180) (181) (182) (183) (184) (185) (186) (187) (188) (189) (190) (191) (192) (193) (194) (195) (196) (197) (198) (199) (200) (201) (202) (203) (204) (205) (206) (207) (208) (209) (210) (211) (212) (213) (214) (215) (216) (217) (218)
        clip_norm_adam_70666(a.m, a.v, a.parameters, a.optimizer_shrink, a.gradients, a.beta1, a.beta2,
                             a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk, a.number, a.scratch_14,
                             a.number_2, a.scratch_15, a.number_3)
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
        arrays["ones"] = np.ones(8, real)
        arrays["ones_2"] = np.ones(10, real)
        arrays["positions"] = 80 * np.arange(batch, dtype=np.intp)[:, None] + 10 * np.arange(8, dtype=np.intp)
        arrays["ones_3"] = np.ones((batch, 8), real)
        arrays["j"] = np.arange(10, dtype=np.int32)
        arrays["factor"] = np.array(np.divide(1.0, 8.0 * batch), real)
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
