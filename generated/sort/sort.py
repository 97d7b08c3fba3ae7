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

from types import SimpleNamespace

import numpy as np
from numpy.lib.stride_tricks import as_strided

real = np.float32
B = "B"  # in a shape: the batch size

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
    ("read.weight.v", 640, (10, 64)),
    ("encoder.weight_ih_l0.m", 1280, (96, 64)),
    ("encoder.weight_ih_l0.v", 7424, (96, 64)),
    ("encoder.weight_hh_l0.m", 13568, (96, 32)),
    ("encoder.weight_hh_l0.v", 16640, (96, 32)),
    ("encoder.bias_ih_l0.m", 19712, (96,)),
    ("encoder.bias_ih_l0.v", 19808, (96,)),
    ("encoder.bias_hh_l0.m", 19904, (96,)),
    ("encoder.bias_hh_l0.v", 20000, (96,)),
    ("encoder.weight_ih_l0_reverse.m", 20096, (96, 64)),
    ("encoder.weight_ih_l0_reverse.v", 26240, (96, 64)),
    ("encoder.weight_hh_l0_reverse.m", 32384, (96, 32)),
    ("encoder.weight_hh_l0_reverse.v", 35456, (96, 32)),
    ("encoder.bias_ih_l0_reverse.m", 38528, (96,)),
    ("encoder.bias_ih_l0_reverse.v", 38624, (96,)),
    ("encoder.bias_hh_l0_reverse.m", 38720, (96,)),
    ("encoder.bias_hh_l0_reverse.v", 38816, (96,)),
    ("written.weight.m", 38912, (11, 64)),
    ("written.weight.v", 39616, (11, 64)),
    ("decoder.weight_ih_l0.m", 40320, (192, 64)),
    ("decoder.weight_ih_l0.v", 52608, (192, 64)),
    ("decoder.weight_hh_l0.m", 64896, (192, 64)),
    ("decoder.weight_hh_l0.v", 77184, (192, 64)),
    ("decoder.bias_ih_l0.m", 89472, (192,)),
    ("decoder.bias_ih_l0.v", 89664, (192,)),
    ("decoder.bias_hh_l0.m", 89856, (192,)),
    ("decoder.bias_hh_l0.v", 90048, (192,)),
    ("attention.in_proj_weight.m", 90240, (192, 64)),
    ("attention.in_proj_weight.v", 102528, (192, 64)),
    ("attention.in_proj_bias.m", 114816, (192,)),
    ("attention.in_proj_bias.v", 115008, (192,)),
    ("attention.out_proj.weight.m", 115200, (64, 64)),
    ("attention.out_proj.weight.v", 119296, (64, 64)),
    ("attention.out_proj.bias.m", 123392, (64,)),
    ("attention.out_proj.bias.v", 123456, (64,)),
    ("mixed.weight.m", 123520, (64, 128)),
    ("mixed.weight.v", 131712, (64, 128)),
    ("mixed.bias.m", 139904, (64,)),
    ("mixed.bias.v", 139968, (64,)),
    ("head.weight.m", 140032, (10, 64)),
    ("head.weight.v", 140672, (10, 64)),
    ("head.bias.m", 141312, (10,)),
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
    ("read_weight_v", "states", real, 0, 640, (10, 64)),
    ("encoder_weight_ih_l0_m", "states", real, 0, 1280, (96, 64)),
    ("encoder_weight_ih_l0_v", "states", real, 0, 7424, (96, 64)),
    ("encoder_weight_hh_l0_m", "states", real, 0, 13568, (96, 32)),
    ("encoder_weight_hh_l0_v", "states", real, 0, 16640, (96, 32)),
    ("encoder_bias_ih_l0_m", "states", real, 0, 19712, (96,)),
    ("encoder_bias_ih_l0_v", "states", real, 0, 19808, (96,)),
    ("encoder_bias_hh_l0_m", "states", real, 0, 19904, (96,)),
    ("encoder_bias_hh_l0_v", "states", real, 0, 20000, (96,)),
    ("encoder_weight_ih_l0_reverse_m", "states", real, 0, 20096, (96, 64)),
    ("encoder_weight_ih_l0_reverse_v", "states", real, 0, 26240, (96, 64)),
    ("encoder_weight_hh_l0_reverse_m", "states", real, 0, 32384, (96, 32)),
    ("encoder_weight_hh_l0_reverse_v", "states", real, 0, 35456, (96, 32)),
    ("encoder_bias_ih_l0_reverse_m", "states", real, 0, 38528, (96,)),
    ("encoder_bias_ih_l0_reverse_v", "states", real, 0, 38624, (96,)),
    ("encoder_bias_hh_l0_reverse_m", "states", real, 0, 38720, (96,)),
    ("encoder_bias_hh_l0_reverse_v", "states", real, 0, 38816, (96,)),
    ("written_weight_m", "states", real, 0, 38912, (11, 64)),
    ("written_weight_v", "states", real, 0, 39616, (11, 64)),
    ("decoder_weight_ih_l0_m", "states", real, 0, 40320, (192, 64)),
    ("decoder_weight_ih_l0_v", "states", real, 0, 52608, (192, 64)),
    ("decoder_weight_hh_l0_m", "states", real, 0, 64896, (192, 64)),
    ("decoder_weight_hh_l0_v", "states", real, 0, 77184, (192, 64)),
    ("decoder_bias_ih_l0_m", "states", real, 0, 89472, (192,)),
    ("decoder_bias_ih_l0_v", "states", real, 0, 89664, (192,)),
    ("decoder_bias_hh_l0_m", "states", real, 0, 89856, (192,)),
    ("decoder_bias_hh_l0_v", "states", real, 0, 90048, (192,)),
    ("attention_in_proj_weight_m", "states", real, 0, 90240, (192, 64)),
    ("attention_in_proj_weight_v", "states", real, 0, 102528, (192, 64)),
    ("attention_in_proj_bias_m", "states", real, 0, 114816, (192,)),
    ("attention_in_proj_bias_v", "states", real, 0, 115008, (192,)),
    ("attention_out_proj_weight_m", "states", real, 0, 115200, (64, 64)),
    ("attention_out_proj_weight_v", "states", real, 0, 119296, (64, 64)),
    ("attention_out_proj_bias_m", "states", real, 0, 123392, (64,)),
    ("attention_out_proj_bias_v", "states", real, 0, 123456, (64,)),
    ("mixed_weight_m", "states", real, 0, 123520, (64, 128)),
    ("mixed_weight_v", "states", real, 0, 131712, (64, 128)),
    ("mixed_bias_m", "states", real, 0, 139904, (64,)),
    ("mixed_bias_v", "states", real, 0, 139968, (64,)),
    ("head_weight_m", "states", real, 0, 140032, (10, 64)),
    ("head_weight_v", "states", real, 0, 140672, (10, 64)),
    ("head_bias_m", "states", real, 0, 141312, (10,)),
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
)
WORKSPACE = {
    "forward": (
        ("read", "workspace", real, 1, 1536, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 768, (B, 8, 96)),
        ("encoder_h0", "workspace", real, 1, 2048, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 2304, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 768, (B, 8, 96)),
        ("encoder_h0b", "workspace", real, 1, 1536, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 1792, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 3072, (B, 8, 64)),
        ("written", "workspace", real, 1, 1536, (B, 8, 64)),
        ("decoder_u0", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_v0", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_h0", "workspace", real, 1, 3584, (B, 8, 64)),
        ("decoder_n0", "workspace", real, 1, 4096, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 1088, (B, 1, 8, 8)),
        ("attention_e2", "workspace", real, 1, 0, (B, 1, 8, 8)),
        ("attention_p", "workspace", real, 1, 1024, (B, 1, 8, 8)),
        ("attention_u", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_v", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention", "workspace", real, 1, 1024, (B, 8, 64)),
        ("both", "workspace", real, 1, 0, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 1024, (B, 8, 64)),
        ("head", "workspace", real, 1, 0, (B, 8, 10)),
        ("decoder", "workspace", real, 1, 3584, (B, 8, 64)),
    ),
    "loss": (
        ("read", "workspace", real, 1, 1536, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 768, (B, 8, 96)),
        ("encoder_h0", "workspace", real, 1, 2048, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 2304, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 768, (B, 8, 96)),
        ("encoder_h0b", "workspace", real, 1, 1536, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 1792, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 3072, (B, 8, 64)),
        ("written", "workspace", real, 1, 1536, (B, 8, 64)),
        ("decoder_u0", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_v0", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_h0", "workspace", real, 1, 3584, (B, 8, 64)),
        ("decoder_n0", "workspace", real, 1, 4096, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 0, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 512, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 1088, (B, 1, 8, 8)),
        ("attention_e2", "workspace", real, 1, 0, (B, 1, 8, 8)),
        ("attention_p", "workspace", real, 1, 1024, (B, 1, 8, 8)),
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
        ("decoder", "workspace", real, 1, 3584, (B, 8, 64)),
    ),
    "gradients": (
        ("read", "workspace", real, 1, 7680, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 6912, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 4608, (B, 8, 96)),
        ("encoder_r0", "workspace", real, 1, 15104, (B, 8, 32)),
        ("encoder_z0", "workspace", real, 1, 15616, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 15360, (B, 8, 32)),
        ("encoder_h0", "workspace", real, 1, 14848, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 6144, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 5376, (B, 8, 96)),
        ("encoder_r0b", "workspace", real, 1, 14080, (B, 8, 32)),
        ("encoder_z0b", "workspace", real, 1, 14592, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 14336, (B, 8, 32)),
        ("encoder_h0b", "workspace", real, 1, 13824, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 4096, (B, 8, 64)),
        ("written", "workspace", real, 1, 8192, (B, 8, 64)),
        ("decoder_u0", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_v0", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_r0", "workspace", real, 1, 9216, (B, 8, 64)),
        ("decoder_z0", "workspace", real, 1, 10240, (B, 8, 64)),
        ("decoder_n0", "workspace", real, 1, 9728, (B, 8, 64)),
        ("decoder_h0", "workspace", real, 1, 8704, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 10752, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 11264, (B, 8, 64)),
        ("attention_u", "workspace", real, 1, 11776, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 13616, (B, 1, 8, 8)),
        ("attention_e2", "workspace", real, 1, 13680, (B, 1, 8, 8)),
        ("attention_p", "workspace", real, 1, 13552, (B, 1, 8, 8)),
        ("attention_v", "workspace", real, 1, 12288, (B, 8, 64)),
        ("attention", "workspace", real, 1, 12800, (B, 8, 64)),
        ("both", "workspace", real, 1, 3072, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 12800, (B, 8, 64)),
        ("head", "workspace", real, 1, 13392, (B, 8, 10)),
        ("loss_m", "workspace", real, 1, 13624, (B, 8)),
        ("loss_e", "workspace", real, 1, 13472, (B, 8, 10)),
        ("loss_S", "workspace", real, 1, 13616, (B, 8)),
        ("d_head", "workspace", real, 1, 13312, (B, 8, 10)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_both", "workspace", real, 1, 3072, (B, 8, 128)),
        ("d_attention_v", "workspace", real, 1, 12288, (B, 8, 64)),
        ("attention_r", "workspace", real, 1, 13680, (B, 8, 8)),
        ("d_attention_s", "workspace", real, 1, 13616, (B, 1, 8, 8)),
        ("d_attention_u", "workspace", real, 1, 11776, (B, 8, 64)),
        ("d_attention_q", "workspace", real, 1, 12288, (B, 8, 64)),
        ("d_decoder", "workspace", real, 1, 11264, (B, 8, 64)),
        ("d_attention_k", "workspace", real, 1, 3072, (B, 8, 64)),
        ("encoder_r", "workspace", real, 1, 3584, (B, 64, 8)),
        ("d_encoder", "workspace", real, 1, 10752, (B, 8, 64)),
        ("d_decoder_h0", "workspace", real, 1, 13312, (B, 8, 64)),
        ("d_decoder_n0", "workspace", real, 1, 11776, (B, 8, 64)),
        ("d_decoder_z0", "workspace", real, 1, 12800, (B, 8, 64)),
        ("d_decoder_r0", "workspace", real, 1, 12288, (B, 8, 64)),
        ("d_decoder_v0", "workspace", real, 1, 3072, (B, 8, 192)),
        ("d_written", "workspace", real, 1, 8192, (B, 8, 64)),
        ("d_encoder_h0", "workspace", real, 1, 8960, (B, 8, 32)),
        ("d_encoder_n0", "workspace", real, 1, 8192, (B, 8, 32)),
        ("d_encoder_z0", "workspace", real, 1, 8704, (B, 8, 32)),
        ("d_encoder_r0", "workspace", real, 1, 8448, (B, 8, 32)),
        ("d_encoder_v0", "workspace", real, 1, 0, (B, 8, 96)),
        ("d_encoder_h0b", "workspace", real, 1, 8192, (B, 8, 32)),
        ("d_encoder_n0b", "workspace", real, 1, 6912, (B, 8, 32)),
        ("d_encoder_z0b", "workspace", real, 1, 7424, (B, 8, 32)),
        ("d_encoder_r0b", "workspace", real, 1, 7168, (B, 8, 32)),
        ("d_encoder_v0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("read_r", "workspace", real, 1, 0, (B, 64, 8)),
        ("d_read", "workspace", real, 1, 512, (B, 8, 64)),
        ("decoder", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_attention_p", "workspace", real, 1, 13680, (B, 1, 8, 8)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("read", "workspace", real, 1, 7680, (B, 8, 64)),
        ("encoder_u0", "workspace", real, 1, 6912, (B, 8, 96)),
        ("encoder_v0", "workspace", real, 1, 4608, (B, 8, 96)),
        ("encoder_r0", "workspace", real, 1, 15104, (B, 8, 32)),
        ("encoder_z0", "workspace", real, 1, 15616, (B, 8, 32)),
        ("encoder_n0", "workspace", real, 1, 15360, (B, 8, 32)),
        ("encoder_h0", "workspace", real, 1, 14848, (B, 8, 32)),
        ("encoder_u0b", "workspace", real, 1, 6144, (B, 8, 96)),
        ("encoder_v0b", "workspace", real, 1, 5376, (B, 8, 96)),
        ("encoder_r0b", "workspace", real, 1, 14080, (B, 8, 32)),
        ("encoder_z0b", "workspace", real, 1, 14592, (B, 8, 32)),
        ("encoder_n0b", "workspace", real, 1, 14336, (B, 8, 32)),
        ("encoder_h0b", "workspace", real, 1, 13824, (B, 8, 32)),
        ("encoder", "workspace", real, 1, 4096, (B, 8, 64)),
        ("written", "workspace", real, 1, 8192, (B, 8, 64)),
        ("decoder_u0", "workspace", real, 1, 1536, (B, 8, 192)),
        ("decoder_v0", "workspace", real, 1, 0, (B, 8, 192)),
        ("decoder_r0", "workspace", real, 1, 9216, (B, 8, 64)),
        ("decoder_z0", "workspace", real, 1, 10240, (B, 8, 64)),
        ("decoder_n0", "workspace", real, 1, 9728, (B, 8, 64)),
        ("decoder_h0", "workspace", real, 1, 8704, (B, 8, 64)),
        ("attention_q", "workspace", real, 1, 10752, (B, 8, 64)),
        ("attention_k", "workspace", real, 1, 11264, (B, 8, 64)),
        ("attention_u", "workspace", real, 1, 11776, (B, 8, 64)),
        ("attention_s", "workspace", real, 1, 13616, (B, 1, 8, 8)),
        ("attention_e2", "workspace", real, 1, 13680, (B, 1, 8, 8)),
        ("attention_p", "workspace", real, 1, 13552, (B, 1, 8, 8)),
        ("attention_v", "workspace", real, 1, 12288, (B, 8, 64)),
        ("attention", "workspace", real, 1, 12800, (B, 8, 64)),
        ("both", "workspace", real, 1, 3072, (B, 8, 128)),
        ("mixed", "workspace", real, 1, 12800, (B, 8, 64)),
        ("head", "workspace", real, 1, 13392, (B, 8, 10)),
        ("loss_m", "workspace", real, 1, 13624, (B, 8)),
        ("loss_e", "workspace", real, 1, 13472, (B, 8, 10)),
        ("loss_S", "workspace", real, 1, 13616, (B, 8)),
        ("d_head", "workspace", real, 1, 13312, (B, 8, 10)),
        ("loss", "workspace", real, 0, 6, ()),
        ("d_both", "workspace", real, 1, 3072, (B, 8, 128)),
        ("d_attention_v", "workspace", real, 1, 12288, (B, 8, 64)),
        ("attention_r", "workspace", real, 1, 13680, (B, 8, 8)),
        ("d_attention_s", "workspace", real, 1, 13616, (B, 1, 8, 8)),
        ("d_attention_u", "workspace", real, 1, 11776, (B, 8, 64)),
        ("d_attention_q", "workspace", real, 1, 12288, (B, 8, 64)),
        ("d_decoder", "workspace", real, 1, 11264, (B, 8, 64)),
        ("d_attention_k", "workspace", real, 1, 3072, (B, 8, 64)),
        ("encoder_r", "workspace", real, 1, 3584, (B, 64, 8)),
        ("d_encoder", "workspace", real, 1, 10752, (B, 8, 64)),
        ("d_decoder_h0", "workspace", real, 1, 13312, (B, 8, 64)),
        ("d_decoder_n0", "workspace", real, 1, 11776, (B, 8, 64)),
        ("d_decoder_z0", "workspace", real, 1, 12800, (B, 8, 64)),
        ("d_decoder_r0", "workspace", real, 1, 12288, (B, 8, 64)),
        ("d_decoder_v0", "workspace", real, 1, 3072, (B, 8, 192)),
        ("d_written", "workspace", real, 1, 8192, (B, 8, 64)),
        ("d_encoder_h0", "workspace", real, 1, 8960, (B, 8, 32)),
        ("d_encoder_n0", "workspace", real, 1, 8192, (B, 8, 32)),
        ("d_encoder_z0", "workspace", real, 1, 8704, (B, 8, 32)),
        ("d_encoder_r0", "workspace", real, 1, 8448, (B, 8, 32)),
        ("d_encoder_v0", "workspace", real, 1, 0, (B, 8, 96)),
        ("d_encoder_h0b", "workspace", real, 1, 8192, (B, 8, 32)),
        ("d_encoder_n0b", "workspace", real, 1, 6912, (B, 8, 32)),
        ("d_encoder_z0b", "workspace", real, 1, 7424, (B, 8, 32)),
        ("d_encoder_r0b", "workspace", real, 1, 7168, (B, 8, 32)),
        ("d_encoder_v0b", "workspace", real, 1, 0, (B, 8, 96)),
        ("read_r", "workspace", real, 1, 0, (B, 64, 8)),
        ("d_read", "workspace", real, 1, 512, (B, 8, 64)),
        ("read_weight_g_square", "workspace", real, 0, 7, ()),
        ("encoder_weight_ih_l0_g_square", "workspace", real, 0, 8, ()),
        ("encoder_weight_hh_l0_g_square", "workspace", real, 0, 9, ()),
        ("encoder_bias_ih_l0_g_square", "workspace", real, 0, 10, ()),
        ("encoder_bias_hh_l0_g_square", "workspace", real, 0, 11, ()),
        ("encoder_weight_ih_l0_reverse_g_square", "workspace", real, 0, 12, ()),
        ("encoder_weight_hh_l0_reverse_g_square", "workspace", real, 0, 13, ()),
        ("encoder_bias_ih_l0_reverse_g_square", "workspace", real, 0, 14, ()),
        ("encoder_bias_hh_l0_reverse_g_square", "workspace", real, 0, 15, ()),
        ("written_weight_g_square", "workspace", real, 0, 16, ()),
        ("decoder_weight_ih_l0_g_square", "workspace", real, 0, 17, ()),
        ("decoder_weight_hh_l0_g_square", "workspace", real, 0, 18, ()),
        ("decoder_bias_ih_l0_g_square", "workspace", real, 0, 19, ()),
        ("decoder_bias_hh_l0_g_square", "workspace", real, 0, 20, ()),
        ("attention_in_proj_weight_g_square", "workspace", real, 0, 21, ()),
        ("attention_in_proj_bias_g_square", "workspace", real, 0, 22, ()),
        ("attention_out_proj_weight_g_square", "workspace", real, 0, 23, ()),
        ("attention_out_proj_bias_g_square", "workspace", real, 0, 24, ()),
        ("mixed_weight_g_square", "workspace", real, 0, 25, ()),
        ("mixed_bias_g_square", "workspace", real, 0, 26, ()),
        ("head_weight_g_square", "workspace", real, 0, 27, ()),
        ("optimizer_shrink", "workspace", np.float64, 0, 4, ()),
        ("decoder", "workspace", real, 1, 8704, (B, 8, 64)),
        ("d_attention_p", "workspace", real, 1, 13680, (B, 1, 8, 8)),
    ),
}
SCRATCH = (
    ("index", "indices", np.intp, 1, 0, (B, 8)),
    ("r0", "reals", real, 1, 0, (B, 32)),
    ("z0", "reals", real, 1, 32, (B, 32)),
    ("n0", "reals", real, 1, 64, (B, 32)),
    ("r0_2", "reals", real, 1, 0, (B, 64)),
    ("z0_2", "reals", real, 1, 64, (B, 64)),
    ("n0_2", "reals", real, 1, 128, (B, 64)),
    ("m", "reals", real, 1, 0, (B, 1, 8)),
    ("scale", "reals", real, 1, 8, (B, 1, 8)),
    ("scratch", "reals", real, 1, 0, (B, 8)),
    ("scratch_2", "reals", real, 1, 8, (B, 8)),
    ("scratch_3", "reals", real, 1, 8, (B, 8, 10)),
    ("scratch_4", "reals", real, 1, 0, (B, 8, 64)),
    ("scratch_5", "reals", real, 1, 0, (64, B, 8)),
    ("scratch_6", "reals", real, 1, 0, (B, 7, 192)),
    ("scratch_7", "reals", real, 1, 1344, (B, 7, 64)),
    ("index_2", "indices", np.intp, 1, 0, (64, B, 8)),
    ("index_3", "indices", np.intp, 1, 512, (B, 8)),
    ("scratch_8", "reals", real, 1, 0, (B, 8, 32)),
    ("scratch_9", "reals", real, 1, 0, (B, 7, 96)),
    ("scratch_10", "reals", real, 1, 672, (B, 7, 32)),
    ("shrunk", "reals", real, 0, 0, (192, 64)),
    ("scratch_11", "reals", real, 0, 12288, (192, 64)),
    ("scratch_12", "reals", real, 0, 24576, (192, 64)),
    ("shrunk_2", "reals", real, 0, 0, (64, 128)),
    ("scratch_13", "reals", real, 0, 8192, (64, 128)),
    ("scratch_14", "reals", real, 0, 16384, (64, 128)),
    ("shrunk_3", "reals", real, 0, 0, (96, 64)),
    ("scratch_15", "reals", real, 0, 6144, (96, 64)),
    ("scratch_16", "reals", real, 0, 12288, (96, 64)),
    ("shrunk_4", "reals", real, 0, 0, (64, 64)),
    ("scratch_17", "reals", real, 0, 4096, (64, 64)),
    ("scratch_18", "reals", real, 0, 8192, (64, 64)),
    ("shrunk_5", "reals", real, 0, 0, (96, 32)),
    ("scratch_19", "reals", real, 0, 3072, (96, 32)),
    ("scratch_20", "reals", real, 0, 6144, (96, 32)),
    ("shrunk_6", "reals", real, 0, 0, (11, 64)),
    ("scratch_21", "reals", real, 0, 704, (11, 64)),
    ("scratch_22", "reals", real, 0, 1408, (11, 64)),
    ("shrunk_7", "reals", real, 0, 0, (10, 64)),
    ("scratch_23", "reals", real, 0, 640, (10, 64)),
    ("scratch_24", "reals", real, 0, 1280, (10, 64)),
    ("shrunk_8", "reals", real, 0, 0, (192,)),
    ("scratch_25", "reals", real, 0, 192, (192,)),
    ("scratch_26", "reals", real, 0, 384, (192,)),
    ("shrunk_9", "reals", real, 0, 0, (96,)),
    ("scratch_27", "reals", real, 0, 96, (96,)),
    ("scratch_28", "reals", real, 0, 192, (96,)),
    ("shrunk_10", "reals", real, 0, 0, (64,)),
    ("scratch_29", "reals", real, 0, 64, (64,)),
    ("scratch_30", "reals", real, 0, 128, (64,)),
    ("shrunk_11", "reals", real, 0, 0, (10,)),
    ("scratch_31", "reals", real, 0, 10, (10,)),
    ("scratch_32", "reals", real, 0, 20, (10,)),
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
    "workspace": (32, 15872, 0),
    "indices": (0, 520, 0),
    "reals": (36864, 1792, 0),
}


def embedding_8_64(read, weight, source, index):
    """read: embedding.

    Writes read [B, 8, 64]; reads weight [10, 64], source [B, 8].
    """
    # (1) read[b, i, d] = read.weight[source[b, i], d]
    np.copyto(index, source)
    np.take(weight, index, axis=0, out=read, mode="clip")


def gru_8_96_64(u0, read, weight_ih_l0, bias_ih_l0):
    """encoder: gru.

    Writes u0 [B, 8, 96]; reads read [B, 8, 64], weight_ih_l0 [96, 64], bias_ih_l0 [96].
    For (8) too.
    """
    # (2) encoder.u0[b, t, g] = sum[i](read[b, t, i] * encoder.weight_ih_l0[g, i]) + encoder.bias_ih_l0[g]
    np.matmul(read.reshape(-1, 64), weight_ih_l0.T, out=u0.reshape(-1, 96))
    u0 += bias_ih_l0


def gru_96(v0, h0, bias_hh_l0, u0, r0, z0, n0, t):
    """encoder: gru.

    Writes v0 [B, 8, 96], h0 [B, 8, 32]; reads bias_hh_l0 [96], u0 [B, 8, 96].
    """
    # (3) encoder.v0[b, t, g] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[g, i]) +
    #     encoder.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    np.add(u0[:, t, :32], v0[:, t, :32], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    np.multiply(r0, v0[:, t, 64:96], out=n0)
    n0 += u0[:, t, 64:96]
    np.tanh(n0, out=n0)
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    np.subtract(1.0, z0, out=h0[:, t])
    h0[:, t] *= n0


def gru_96_32(v0, h0, weight_hh_l0, bias_hh_l0, t):
    """encoder: gru.

    Writes v0 [B, 8, 96]; reads h0 [B, 8, 32], weight_hh_l0 [96, 32], bias_hh_l0 [96].
    """
    # (3) encoder.v0[b, t, g] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[g, i]) +
    #     encoder.bias_hh_l0[g]
    np.matmul(h0[:, t - 1], weight_hh_l0.T, out=v0[:, t])
    v0[:, t] += bias_hh_l0


def gru_32(n0, u0, v0, r0, t):
    """encoder: gru.

    Writes n0 [B, 8, 32]; reads u0 [B, 8, 96], v0 [B, 8, 96].
    """
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    np.add(u0[:, t, :32], v0[:, t, :32], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    np.multiply(r0, v0[:, t, 64:96], out=n0[:, t])
    n0[:, t] += u0[:, t, 64:96]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_32_v2(h0, u0, v0, n0, z0, scratch, t):
    """encoder: gru.

    Writes h0 [B, 8, 32]; reads u0 [B, 8, 96], v0 [B, 8, 96], n0 [B, 8, 32].
    """
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0, out=h0[:, t])
    np.subtract(1.0, z0, out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def gru_96_v2(v0b, h0b, bias_hh_l0_reverse, u0b, r0b, z0b, n0b, t):
    """encoder: gru.

    Writes v0b [B, 8, 96], h0b [B, 8, 32]; reads bias_hh_l0_reverse [96], u0b [B, 8, 96].
    """
    # (9) encoder.v0b[b, t, g] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[g, i]) +
    #     encoder.bias_hh_l0_reverse[g]
    np.copyto(v0b[:, t], bias_hh_l0_reverse)
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=r0b)
    np.negative(r0b, out=r0b)
    np.exp(r0b, out=r0b)
    r0b += 1.0
    np.reciprocal(r0b, out=r0b)
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b)
    np.negative(z0b, out=z0b)
    np.exp(z0b, out=z0b)
    z0b += 1.0
    np.reciprocal(z0b, out=z0b)
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    np.multiply(r0b, v0b[:, t, 64:96], out=n0b)
    n0b += u0b[:, t, 64:96]
    np.tanh(n0b, out=n0b)
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    np.subtract(1.0, z0b, out=h0b[:, t])
    h0b[:, t] *= n0b


def gru_96_32_v2(v0b, h0b, weight_hh_l0_reverse, bias_hh_l0_reverse, t):
    """encoder: gru.

    Writes v0b [B, 8, 96]; reads h0b [B, 8, 32], weight_hh_l0_reverse [96, 32], bias_hh_l0_reverse [96].
    """
    # (9) encoder.v0b[b, t, g] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[g, i]) +
    #     encoder.bias_hh_l0_reverse[g]
    np.matmul(h0b[:, t + 1], weight_hh_l0_reverse.T, out=v0b[:, t])
    v0b[:, t] += bias_hh_l0_reverse


def gru_32_v3(n0b, u0b, v0b, r0b, t):
    """encoder: gru.

    Writes n0b [B, 8, 32]; reads u0b [B, 8, 96], v0b [B, 8, 96].
    """
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=r0b)
    np.negative(r0b, out=r0b)
    np.exp(r0b, out=r0b)
    r0b += 1.0
    np.reciprocal(r0b, out=r0b)
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    np.multiply(r0b, v0b[:, t, 64:96], out=n0b[:, t])
    n0b[:, t] += u0b[:, t, 64:96]
    np.tanh(n0b[:, t], out=n0b[:, t])


def gru_32_v4(h0b, u0b, v0b, n0b, z0b, scratch, t):
    """encoder: gru.

    Writes h0b [B, 8, 32]; reads u0b [B, 8, 96], v0b [B, 8, 96], n0b [B, 8, 32].
    """
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b)
    np.negative(z0b, out=z0b)
    np.exp(z0b, out=z0b)
    z0b += 1.0
    np.reciprocal(z0b, out=z0b)
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    np.multiply(h0b[:, t + 1], z0b, out=h0b[:, t])
    np.subtract(1.0, z0b, out=scratch)
    scratch *= n0b[:, t]
    h0b[:, t] += scratch


def gru_8_32(encoder, h0, h0b):
    """encoder: gru.

    Writes encoder [B, 8, 64]; reads h0 [B, 8, 32], h0b [B, 8, 32].
    """
    # (14) encoder[b, t, o] = encoder.h0[b, t, o + 0] + encoder.h0b[b, t, o - 32]
    np.copyto(encoder[:, :, :32], h0)
    np.copyto(encoder[:, :, 32:64], h0b)


def embedding_8_64_v2(written, weight, shifted, index):
    """written: embedding.

    Writes written [B, 8, 64]; reads weight [11, 64], shifted [B, 8].
    """
    # (15) written[b, i, d] = written.weight[shifted[b, i], d]
    np.copyto(index, shifted)
    np.take(weight, index, axis=0, out=written, mode="clip")


def gru_8_192_64(u0, written, weight_ih_l0, bias_ih_l0):
    """decoder: gru.

    Writes u0 [B, 8, 192]; reads written [B, 8, 64], weight_ih_l0 [192, 64], bias_ih_l0 [192].
    """
    # (16) decoder.u0[b, t, g] = sum[i](written[b, t, i] * decoder.weight_ih_l0[g, i]) + decoder.bias_ih_l0[g]
    np.matmul(written.reshape(-1, 64), weight_ih_l0.T, out=u0.reshape(-1, 192))
    u0 += bias_ih_l0


def gru_192(v0, h0, bias_hh_l0, u0, r0, z0, n0, t):
    """decoder: gru.

    Writes v0 [B, 8, 192], h0 [B, 8, 64]; reads bias_hh_l0 [192], u0 [B, 8, 192].
    """
    # (17) decoder.v0[b, t, g] = sum[i](decoder.h0[b, t - 1, i] * decoder.weight_hh_l0[g, i]) +
    #     decoder.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (18) decoder.r0[b, t, j] = sigmoid(decoder.u0[b, t, j + 0] + decoder.v0[b, t, j + 0])
    np.add(u0[:, t, :64], v0[:, t, :64], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (19) decoder.z0[b, t, j] = sigmoid(decoder.u0[b, t, j + 64] + decoder.v0[b, t, j + 64])
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (20) decoder.n0[b, t, j] = tanh(decoder.r0[b, t, j] * decoder.v0[b, t, j + 128] + decoder.u0[b, t, j +
    #     128])
    np.multiply(r0, v0[:, t, 128:192], out=n0)
    n0 += u0[:, t, 128:192]
    np.tanh(n0, out=n0)
    # (21) decoder.h0[b, t, j] = decoder.n0[b, t, j] * (1 - decoder.z0[b, t, j]) + decoder.h0[b, t - 1, j] *
    #     decoder.z0[b, t, j]
    np.subtract(1.0, z0, out=h0[:, t])
    h0[:, t] *= n0


def gru_192_64(v0, h0, weight_hh_l0, bias_hh_l0, t):
    """decoder: gru.

    Writes v0 [B, 8, 192]; reads h0 [B, 8, 64], weight_hh_l0 [192, 64], bias_hh_l0 [192].
    """
    # (17) decoder.v0[b, t, g] = sum[i](decoder.h0[b, t - 1, i] * decoder.weight_hh_l0[g, i]) +
    #     decoder.bias_hh_l0[g]
    np.matmul(h0[:, t - 1], weight_hh_l0.T, out=v0[:, t])
    v0[:, t] += bias_hh_l0


def gru_64(n0, u0, v0, r0, t):
    """decoder: gru.

    Writes n0 [B, 8, 64]; reads u0 [B, 8, 192], v0 [B, 8, 192].
    """
    # (18) decoder.r0[b, t, j] = sigmoid(decoder.u0[b, t, j + 0] + decoder.v0[b, t, j + 0])
    np.add(u0[:, t, :64], v0[:, t, :64], out=r0)
    np.negative(r0, out=r0)
    np.exp(r0, out=r0)
    r0 += 1.0
    np.reciprocal(r0, out=r0)
    # (20) decoder.n0[b, t, j] = tanh(decoder.r0[b, t, j] * decoder.v0[b, t, j + 128] + decoder.u0[b, t, j +
    #     128])
    np.multiply(r0, v0[:, t, 128:192], out=n0[:, t])
    n0[:, t] += u0[:, t, 128:192]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_64_v2(h0, u0, v0, n0, z0, scratch, t):
    """decoder: gru.

    Writes h0 [B, 8, 64]; reads u0 [B, 8, 192], v0 [B, 8, 192], n0 [B, 8, 64].
    """
    # (19) decoder.z0[b, t, j] = sigmoid(decoder.u0[b, t, j + 64] + decoder.v0[b, t, j + 64])
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=z0)
    np.negative(z0, out=z0)
    np.exp(z0, out=z0)
    z0 += 1.0
    np.reciprocal(z0, out=z0)
    # (21) decoder.h0[b, t, j] = decoder.n0[b, t, j] * (1 - decoder.z0[b, t, j]) + decoder.h0[b, t - 1, j] *
    #     decoder.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0, out=h0[:, t])
    np.subtract(1.0, z0, out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def attention_8_64_64(q, decoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes q [B, 8, 64]; reads decoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (23) attention.q[b, i, f] = sum[j](decoder[b, i, j] * attention.in_proj_weight[f + 0, j]) +
    #     attention.in_proj_bias[f + 0]
    np.matmul(decoder.reshape(-1, 64), in_proj_weight[:64].T, out=q.reshape(-1, 64))
    q += in_proj_bias[:64]


def attention_8_64_64_v2(k, encoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes k [B, 8, 64]; reads encoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (24) attention.k[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 64, i]) +
    #     attention.in_proj_bias[f + 64]
    np.matmul(encoder.reshape(-1, 64), in_proj_weight[64:128].T, out=k.reshape(-1, 64))
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
    np.matmul(q_windows.transpose(0, 2, 1, 3), attention_k_windows.transpose(0, 2, 3, 1), out=s)
    s *= 0.125


def attention_1_8_8(e2, p, s, m, scale):
    """attention: attention.

    Writes e2 [B, 1, 8, 8], p [B, 1, 8, 8]; reads s [B, 1, 8, 8].
    """
    # (27) attention.m[b, h, i] = max[j](attention.s[b, h, i, j])
    np.max(s, axis=3, out=m)
    # (28) attention.e2[b, h, i, j] = exp(attention.s[b, h, i, j] - attention.m[b, h, i])
    np.subtract(s, m[:, :, :, None], out=e2)
    np.exp(e2, out=e2)
    # (30)
    # (29) attention.S[b, h, i] = sum[j](attention.e2[b, h, i, j])
    np.sum(e2, axis=3, out=scale)
    np.reciprocal(scale, out=scale)
    # (30) attention.p[b, h, i, j] = attention.e2[b, h, i, j] / attention.S[b, h, i]
    np.multiply(scale[:, :, :, None], e2, out=p)


def attention_8_64_64_v3(u, encoder, in_proj_weight, in_proj_bias):
    """attention: attention.

    Writes u [B, 8, 64]; reads encoder [B, 8, 64], in_proj_weight [192, 64], in_proj_bias [192].
    """
    # (25) attention.u[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 128, i]) +
    #     attention.in_proj_bias[f + 128]
    np.matmul(encoder.reshape(-1, 64), in_proj_weight[128:192].T, out=u.reshape(-1, 64))
    u += in_proj_bias[128:192]


def attention_8_64_8(v, p, u):
    """attention: attention.

    Writes v [B, 8, 64]; reads p [B, 1, 8, 8], u [B, 8, 64].
    """
    # (31) attention.v[b, i, d] = sum[j](attention.u[b, j, d] * attention.p[b, 0, i, j])
    np.matmul(p[:, 0], u, out=v)


def attention_8_64_64_v4(attention, v, weight, bias):
    """attention: attention.

    Writes attention [B, 8, 64]; reads v [B, 8, 64], weight [64, 64], bias [64].
    """
    # (32) attention[b, i, m] = sum[j](attention.v[b, i, j] * attention.out_proj.weight[m, j]) +
    #     attention.out_proj.bias[m]
    np.matmul(v.reshape(-1, 64), weight.T, out=attention.reshape(-1, 64))
    attention += bias


def concat_8_64(both, decoder, attention):
    """both: concat.

    Writes both [B, 8, 128]; reads decoder [B, 8, 64], attention [B, 8, 64].
    """
    # (33) both[i0, i1, j] = attention[i0, i1, j - 64] + decoder[i0, i1, j + 0]
    np.copyto(both[:, :, :64], decoder)
    np.copyto(both[:, :, 64:128], attention)


def linear_tanh_8_64_128(mixed, both, weight, bias):
    """mixed: linear, tanh.

    Writes mixed [B, 8, 64]; reads both [B, 8, 128], weight [64, 128], bias [64].
    """
    # (34) mixed.z[i0, i1, o] = sum[i](both[i0, i1, i] * mixed.weight[o, i]) + mixed.bias[o]
    # (35) mixed[i0, i1, o] = tanh(mixed.z[i0, i1, o])
    np.matmul(both.reshape(-1, 128), weight.T, out=mixed.reshape(-1, 64))
    mixed += bias
    np.tanh(mixed, out=mixed)


def linear_8_10_64(head, mixed, weight, bias):
    """head: linear.

    Writes head [B, 8, 10]; reads mixed [B, 8, 64], weight [10, 64], bias [10].
    """
    # (36) head[i0, i1, o] = sum[i](mixed[i0, i1, i] * head.weight[o, i]) + head.bias[o]
    np.matmul(mixed.reshape(-1, 64), weight.T, out=head.reshape(-1, 10))
    head += bias


def cross_entropy_8_10(m, e, S, head):
    """loss: cross_entropy.

    Writes m [B, 8], e [B, 8, 10], S [B, 8]; reads head [B, 8, 10].
    """
    # (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
    np.max(head, axis=2, out=m)
    # (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
    np.sum(e, axis=2, out=S)


def cross_entropy_8(loss, m, head, target, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B, 8], head [B, 8, 10], target [B, 8], S [B, 8].
    """
    # (41) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, target[b, i]]) / (8 * B)
    np.add(positions, target, out=index)
    np.take(head, index, out=scratch, mode="clip")
    np.subtract(m, scratch, out=scratch)
    np.log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = np.sum(scratch) / (8.0 * batch)


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
    # (3) encoder.v0[b, t, g] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[g, i]) +
    #     encoder.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    np.add(u0[:, t, :32], v0[:, t, :32], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    np.multiply(r0[:, t], v0[:, t, 64:96], out=n0[:, t])
    n0[:, t] += u0[:, t, 64:96]
    np.tanh(n0[:, t], out=n0[:, t])
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    np.subtract(1.0, z0[:, t], out=h0[:, t])
    h0[:, t] *= n0[:, t]


def gru_32_v5(r0, n0, u0, v0, t):
    """encoder: gru.

    Writes r0 [B, 8, 32], n0 [B, 8, 32]; reads u0 [B, 8, 96], v0 [B, 8, 96].
    """
    # (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
    np.add(u0[:, t, :32], v0[:, t, :32], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
    np.multiply(r0[:, t], v0[:, t, 64:96], out=n0[:, t])
    n0[:, t] += u0[:, t, 64:96]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_32_v6(z0, h0, u0, v0, n0, scratch, t):
    """encoder: gru.

    Writes z0 [B, 8, 32], h0 [B, 8, 32]; reads u0 [B, 8, 96], v0 [B, 8, 96], n0 [B, 8, 32].
    """
    # (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] *
    #     encoder.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0[:, t], out=h0[:, t])
    np.subtract(1.0, z0[:, t], out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def gru_96_v4(v0b, r0b, z0b, n0b, h0b, bias_hh_l0_reverse, u0b, t):
    """encoder: gru.

    Writes v0b [B, 8, 96], r0b [B, 8, 32], z0b [B, 8, 32], n0b [B, 8, 32], h0b [B, 8, 32]; reads
    bias_hh_l0_reverse [96], u0b [B, 8, 96].
    """
    # (9) encoder.v0b[b, t, g] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[g, i]) +
    #     encoder.bias_hh_l0_reverse[g]
    np.copyto(v0b[:, t], bias_hh_l0_reverse)
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=r0b[:, t])
    np.multiply(r0b[:, t], -1, out=r0b[:, t])
    np.exp(r0b[:, t], out=r0b[:, t])
    r0b[:, t] += 1.0
    np.reciprocal(r0b[:, t], out=r0b[:, t])
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b[:, t])
    np.multiply(z0b[:, t], -1, out=z0b[:, t])
    np.exp(z0b[:, t], out=z0b[:, t])
    z0b[:, t] += 1.0
    np.reciprocal(z0b[:, t], out=z0b[:, t])
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    np.multiply(r0b[:, t], v0b[:, t, 64:96], out=n0b[:, t])
    n0b[:, t] += u0b[:, t, 64:96]
    np.tanh(n0b[:, t], out=n0b[:, t])
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    np.subtract(1.0, z0b[:, t], out=h0b[:, t])
    h0b[:, t] *= n0b[:, t]


def gru_32_v7(r0b, n0b, u0b, v0b, t):
    """encoder: gru.

    Writes r0b [B, 8, 32], n0b [B, 8, 32]; reads u0b [B, 8, 96], v0b [B, 8, 96].
    """
    # (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=r0b[:, t])
    np.multiply(r0b[:, t], -1, out=r0b[:, t])
    np.exp(r0b[:, t], out=r0b[:, t])
    r0b[:, t] += 1.0
    np.reciprocal(r0b[:, t], out=r0b[:, t])
    # (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j +
    #     64])
    np.multiply(r0b[:, t], v0b[:, t, 64:96], out=n0b[:, t])
    n0b[:, t] += u0b[:, t, 64:96]
    np.tanh(n0b[:, t], out=n0b[:, t])


def gru_32_v8(z0b, h0b, u0b, v0b, n0b, scratch, t):
    """encoder: gru.

    Writes z0b [B, 8, 32], h0b [B, 8, 32]; reads u0b [B, 8, 96], v0b [B, 8, 96], n0b [B, 8, 32].
    """
    # (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=z0b[:, t])
    np.multiply(z0b[:, t], -1, out=z0b[:, t])
    np.exp(z0b[:, t], out=z0b[:, t])
    z0b[:, t] += 1.0
    np.reciprocal(z0b[:, t], out=z0b[:, t])
    # (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] *
    #     encoder.z0b[b, t, j]
    np.multiply(h0b[:, t + 1], z0b[:, t], out=h0b[:, t])
    np.subtract(1.0, z0b[:, t], out=scratch)
    scratch *= n0b[:, t]
    h0b[:, t] += scratch


def gru_192_v2(v0, r0, z0, n0, h0, bias_hh_l0, u0, t):
    """decoder: gru.

    Writes v0 [B, 8, 192], r0 [B, 8, 64], z0 [B, 8, 64], n0 [B, 8, 64], h0 [B, 8, 64]; reads bias_hh_l0 [192],
    u0 [B, 8, 192].
    """
    # (17) decoder.v0[b, t, g] = sum[i](decoder.h0[b, t - 1, i] * decoder.weight_hh_l0[g, i]) +
    #     decoder.bias_hh_l0[g]
    np.copyto(v0[:, t], bias_hh_l0)
    # (18) decoder.r0[b, t, j] = sigmoid(decoder.u0[b, t, j + 0] + decoder.v0[b, t, j + 0])
    np.add(u0[:, t, :64], v0[:, t, :64], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (19) decoder.z0[b, t, j] = sigmoid(decoder.u0[b, t, j + 64] + decoder.v0[b, t, j + 64])
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (20) decoder.n0[b, t, j] = tanh(decoder.r0[b, t, j] * decoder.v0[b, t, j + 128] + decoder.u0[b, t, j +
    #     128])
    np.multiply(r0[:, t], v0[:, t, 128:192], out=n0[:, t])
    n0[:, t] += u0[:, t, 128:192]
    np.tanh(n0[:, t], out=n0[:, t])
    # (21) decoder.h0[b, t, j] = decoder.n0[b, t, j] * (1 - decoder.z0[b, t, j]) + decoder.h0[b, t - 1, j] *
    #     decoder.z0[b, t, j]
    np.subtract(1.0, z0[:, t], out=h0[:, t])
    h0[:, t] *= n0[:, t]


def gru_64_v3(r0, n0, u0, v0, t):
    """decoder: gru.

    Writes r0 [B, 8, 64], n0 [B, 8, 64]; reads u0 [B, 8, 192], v0 [B, 8, 192].
    """
    # (18) decoder.r0[b, t, j] = sigmoid(decoder.u0[b, t, j + 0] + decoder.v0[b, t, j + 0])
    np.add(u0[:, t, :64], v0[:, t, :64], out=r0[:, t])
    np.multiply(r0[:, t], -1, out=r0[:, t])
    np.exp(r0[:, t], out=r0[:, t])
    r0[:, t] += 1.0
    np.reciprocal(r0[:, t], out=r0[:, t])
    # (20) decoder.n0[b, t, j] = tanh(decoder.r0[b, t, j] * decoder.v0[b, t, j + 128] + decoder.u0[b, t, j +
    #     128])
    np.multiply(r0[:, t], v0[:, t, 128:192], out=n0[:, t])
    n0[:, t] += u0[:, t, 128:192]
    np.tanh(n0[:, t], out=n0[:, t])


def gru_64_v4(z0, h0, u0, v0, n0, scratch, t):
    """decoder: gru.

    Writes z0 [B, 8, 64], h0 [B, 8, 64]; reads u0 [B, 8, 192], v0 [B, 8, 192], n0 [B, 8, 64].
    """
    # (19) decoder.z0[b, t, j] = sigmoid(decoder.u0[b, t, j + 64] + decoder.v0[b, t, j + 64])
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=z0[:, t])
    np.multiply(z0[:, t], -1, out=z0[:, t])
    np.exp(z0[:, t], out=z0[:, t])
    z0[:, t] += 1.0
    np.reciprocal(z0[:, t], out=z0[:, t])
    # (21) decoder.h0[b, t, j] = decoder.n0[b, t, j] * (1 - decoder.z0[b, t, j]) + decoder.h0[b, t - 1, j] *
    #     decoder.z0[b, t, j]
    np.multiply(h0[:, t - 1], z0[:, t], out=h0[:, t])
    np.subtract(1.0, z0[:, t], out=scratch)
    scratch *= n0[:, t]
    h0[:, t] += scratch


def cross_entropy_d_head_8_10(m, e, S, d_head, head, target, scale, scratch, j, batch):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B, 8], e [B, 8, 10], S [B, 8], d_head [B, 8, 10]; reads head [B, 8, 10], target [B, 8].
    """
    # (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
    np.max(head, axis=2, out=m)
    # (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
    np.subtract(head, m[:, :, None], out=e)
    np.exp(e, out=e)
    # (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
    np.sum(e, axis=2, out=S)
    # (40) loss.p[i0, i1, j] = loss.e[i0, i1, j] / loss.S[i0, i1]
    np.reciprocal(S, out=scale)
    # (40)
    # (42) d.head[i0, i1, o] = (loss.p[i0, i1, o] - (o == target[i0, i1])) / (8 * B)
    np.multiply(scale[:, :, None], e, out=d_head)
    np.equal(j, target[:, :, None], out=scratch)
    d_head -= scratch
    d_head *= float(np.divide(1.0, 8.0 * batch))


def d_weight_10_64_8(d_weight, d_head, mixed):
    """head: gradient of linear.

    Writes d_weight [10, 64]; reads d_head [B, 8, 10], mixed [B, 8, 64].
    """
    # (43) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * mixed[b, j, i])
    np.matmul(d_head.reshape(-1, 10).T, mixed.reshape(-1, 64), out=d_weight)


def d_bias_10_8(d_bias, d_head):
    """head: gradient of linear.

    Writes d_bias [10]; reads d_head [B, 8, 10].
    """
    # (44) d.head.bias[o] = sum[b, i](d.head[b, i, o])
    np.sum(d_head, axis=(0, 1), out=d_bias)


def d_z_8_64_10(mixed, d_head, weight, scratch):
    """mixed: gradient of linear.

    Writes mixed [B, 8, 64]; reads d_head [B, 8, 10], weight [10, 64].
    """
    # (45) d.mixed.z[i0, i1, o] = (1 - mixed[i0, i1, o]**2) * sum[i](d.head[i0, i1, i] * head.weight[i, o])
    np.square(mixed, out=mixed)
    np.subtract(1.0, mixed, out=mixed)
    np.matmul(d_head.reshape(-1, 10), weight, out=scratch.reshape(-1, 64))
    mixed *= scratch


def d_weight_64_128_8(d_weight, mixed, both):
    """mixed: gradient of linear.

    Writes d_weight [64, 128]; reads mixed [B, 8, 64], both [B, 8, 128].
    """
    # (46) d.mixed.weight[o, i] = sum[b, j](both[b, j, i] * d.mixed.z[b, j, o])
    np.matmul(mixed.reshape(-1, 64).T, both.reshape(-1, 128), out=d_weight)


def d_bias_64_8(d_bias, mixed):
    """mixed: gradient of linear.

    Writes d_bias [64]; reads mixed [B, 8, 64].
    """
    # (47) d.mixed.bias[o] = sum[b, i](d.mixed.z[b, i, o])
    np.sum(mixed, axis=(0, 1), out=d_bias)


def d_both_8_128_64(d_both, mixed, weight):
    """both: gradient of concat.

    Writes d_both [B, 8, 128]; reads mixed [B, 8, 64], weight [64, 128].
    """
    # (48) d.both[i0, i1, j] = sum[i](d.mixed.z[i0, i1, i] * mixed.weight[i, j])
    np.matmul(mixed.reshape(-1, 64), weight, out=d_both.reshape(-1, 128))


def d_weight_64_64_8(d_weight, d_both, v):
    """attention: gradient of attention.

    Writes d_weight [64, 64]; reads d_both [B, 8, 128], v [B, 8, 64].
    """
    # (49) d.attention.out_proj.weight[m, d] = sum[b, i](attention.v[b, i, d] * d.both[b, i, m + 64])
    np.matmul(d_both[:, :, 64:128].reshape(-1, 64).T, v.reshape(-1, 64), out=d_weight)


def d_bias_64_8_v2(d_bias, d_both):
    """attention: gradient of attention.

    Writes d_bias [64]; reads d_both [B, 8, 128].
    """
    # (50) d.attention.out_proj.bias[m] = sum[b, i](d.both[b, i, m + 64])
    np.sum(d_both[:, :, 64:128], axis=(0, 1), out=d_bias)


def d_v_8_64_64(d_v, d_both, weight):
    """attention: gradient of attention.

    Writes d_v [B, 8, 64]; reads d_both [B, 8, 128], weight [64, 64].
    """
    # (51) d.attention.v[b, i, d] = sum[j](d.both[b, i, j + 64] * attention.out_proj.weight[j, d])
    np.matmul(d_both[:, :, 64:128].reshape(-1, 64), weight, out=d_v.reshape(-1, 64))


def r_8_8_64(r, d_v, u):
    """attention: gradient of attention.

    Writes r [B, 8, 8]; reads d_v [B, 8, 64], u [B, 8, 64].
    """
    # (53) attention.r[b, i, j] = sum[k](attention.u[b, j, k] * d.attention.v[b, i, k])
    np.matmul(d_v, u.transpose(0, 2, 1), out=r)


def r2_d_s_1_8_8(d_s, d_p, p, r2):
    """attention: gradient of attention.

    Writes d_s [B, 1, 8, 8]; reads d_p [B, 1, 8, 8], p [B, 1, 8, 8].
    """
    # (55) attention.r2[b, h, i] = sum[j](attention.p[b, h, i, j] * d.attention.p[b, h, i, j])
    np.einsum("bhij,bhij->bhi", d_p, p, out=r2)
    # (56) d.attention.s[b, h, i, j] = attention.p[b, h, i, j] * (d.attention.p[b, h, i, j] - attention.r2[b, h,
    #     i])
    np.subtract(d_p, r2[:, :, :, None], out=d_s)
    d_s *= p


def d_u_8_64_8(d_u, p, d_v):
    """attention: gradient of attention.

    Writes d_u [B, 8, 64]; reads p [B, 1, 8, 8], d_v [B, 8, 64].
    """
    # (52) d.attention.u[b, j, f] = sum[i](d.attention.v[b, i, f] * attention.p[b, 0, i, j])
    np.matmul(p[:, 0].transpose(0, 2, 1), d_v, out=d_u)


def d_q_8_64_8(d_q, d_s, k):
    """attention: gradient of attention.

    Writes d_q [B, 8, 64]; reads d_s [B, 1, 8, 8], k [B, 8, 64].
    """
    # (57) d.attention.q[b, i, f] = sum[j](attention.k[b, j, f] * d.attention.s[b, 0, i, j]) / 8
    np.matmul(d_s[:, 0], k, out=d_q)
    d_q *= 0.125


def d_decoder_8_64_64(d_decoder, d_q, in_proj_weight, d_both):
    """decoder: gradient of gru.

    Writes d_decoder [B, 8, 64]; reads d_q [B, 8, 64], in_proj_weight [192, 64], d_both [B, 8, 128].
    """
    # (67) d.decoder[b, t, j] = sum[i](d.attention.q[b, t, i] * attention.in_proj_weight[i + 0, j]) + d.both[b,
    #     t, j + 0]
    np.matmul(d_q.reshape(-1, 64), in_proj_weight[:64], out=d_decoder.reshape(-1, 64))
    d_decoder += d_both[:, :, :64]


def d_k_8_64_8(d_k, d_s, q):
    """attention: gradient of attention.

    Writes d_k [B, 8, 64]; reads d_s [B, 1, 8, 8], q [B, 8, 64].
    """
    # (58) d.attention.k[b, j, f] = sum[i](attention.q[b, i, f] * d.attention.s[b, 0, i, j]) / 8
    np.matmul(d_s[:, 0].transpose(0, 2, 1), q, out=d_k)
    d_k *= 0.125


def r3_r4_d_in_proj_weight_64_64_8(d_in_proj_weight, d_q, decoder):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_weight [192, 64]; reads d_q [B, 8, 64], decoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    np.matmul(d_q.reshape(-1, 64).T, decoder.reshape(-1, 64), out=d_in_proj_weight[:64])


def r5_r6_d_in_proj_bias_64_8(d_in_proj_bias, d_q):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192]; reads d_q [B, 8, 64].
    """
    # (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
    # (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
    # (66) d.attention.in_proj_bias[w] = sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] +
    #     attention.r6[w]
    np.sum(d_q, axis=(0, 1), out=d_in_proj_bias[:64])


def r3_r4_d_in_proj_weight_64_64_8_v2(d_in_proj_weight, d_k, encoder):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_weight [192, 64]; reads d_k [B, 8, 64], encoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    np.matmul(d_k.reshape(-1, 64).T, encoder.reshape(-1, 64), out=d_in_proj_weight[64:128])


def r3_r4_d_in_proj_weight_64_64_8_v3(d_in_proj_weight, d_u, encoder):
    """attention: gradient of attention.

    Writes d_in_proj_weight [192, 64]; reads d_u [B, 8, 64], encoder [B, 8, 64].
    """
    # (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
    # (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
    # (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) +
    #     attention.r3[d, w] + attention.r4[d, w]
    np.matmul(d_u.reshape(-1, 64).T, encoder.reshape(-1, 64), out=d_in_proj_weight[128:192])


def r5_r6_d_in_proj_bias_64_8_v2(d_in_proj_bias, d_k):
    """attention: gradient of attention (one side of the product).

    Writes d_in_proj_bias [192]; reads d_k [B, 8, 64].
    """
    # (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
    # (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
    # (66) d.attention.in_proj_bias[w] = sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] +
    #     attention.r6[w]
    np.sum(d_k, axis=(0, 1), out=d_in_proj_bias[64:128])


def r5_r6_d_in_proj_bias_64_8_v3(d_in_proj_bias, d_u):
    """attention: gradient of attention.

    Writes d_in_proj_bias [192]; reads d_u [B, 8, 64].
    """
    # (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
    # (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
    # (66) d.attention.in_proj_bias[w] = sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] +
    #     attention.r6[w]
    np.sum(d_u, axis=(0, 1), out=d_in_proj_bias[128:192])


def r_64_8_64(r, d_u, in_proj_weight, scratch):
    """encoder: gradient of gru.

    Writes r [B, 64, 8]; reads d_u [B, 8, 64], in_proj_weight [192, 64].
    """
    # (59) encoder.r[b, o, t] = sum[i](d.attention.u[b, t, i] * attention.in_proj_weight[i + 128, o])
    np.matmul(in_proj_weight[128:192].T, d_u.reshape(-1, 64).T, out=scratch.reshape(64, -1))
    np.copyto(r, scratch.transpose(1, 0, 2))


def d_encoder_8_64_64(d_encoder, d_k, in_proj_weight, r):
    """encoder: gradient of gru.

    Writes d_encoder [B, 8, 64]; reads d_k [B, 8, 64], in_proj_weight [192, 64], r [B, 64, 8].
    """
    # (60) d.encoder[b, t, o] = sum[i](d.attention.k[b, t, i] * attention.in_proj_weight[i + 64, o]) +
    #     encoder.r[b, o, t]
    np.matmul(d_k.reshape(-1, 64), in_proj_weight[64:128], out=d_encoder.reshape(-1, 64))
    d_encoder += r.transpose(0, 2, 1)


def d_h0_d_n0_d_z0_d_r0_64(d_h0, d_n0, d_z0, d_r0, d_v0, d_decoder, z0, h0, n0, v0, u0, r0, shared, shared2, t):
    """decoder: gradient of gru.

    Writes d_h0 [B, 8, 64], d_n0 [B, 8, 64], d_z0 [B, 8, 64], d_r0 [B, 8, 64], d_v0 [B, 8, 192]; reads d_decoder
    [B, 8, 64], z0 [B, 8, 64], h0 [B, 8, 64], n0 [B, 8, 64], v0 [B, 8, 192], u0 [B, 8, 192], r0 [B, 8, 64].
    """
    # (68) d.decoder.h0[b, t, j] = sum[i](d.decoder.v0[b, t + 1, i] * decoder.weight_hh_l0[i, j]) +
    #     d.decoder.h0[b, t + 1, j] * decoder.z0[b, t + 1, j] + d.decoder[b, t, j]
    np.copyto(d_h0[:, t], d_decoder[:, t])
    # (69) d.decoder.n0[b, t, j] = d.decoder.h0[b, t, j] * (1 - decoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (70) d.decoder.z0[b, t, j] = d.decoder.h0[b, t, j] * (decoder.h0[b, t - 1, j] - decoder.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (71) d.decoder.r0[b, t, j] = d.decoder.n0[b, t, j] * decoder.v0[b, t, j + 128] * (1 - decoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 128:192]
    # (72) d.decoder.v0[b, t, g] = sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g]) * (d.decoder.r0[b, t, g +
    #     0] + d.decoder.z0[b, t, g - 64] - (d.decoder.r0[b, t, g + 0] + d.decoder.z0[b, t, g - 64]) *
    #     sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g])) + d.decoder.n0[b, t, g - 128] * decoder.r0[b, t, g
    #     - 128] * (1 - tanh(decoder.r0[b, t, g - 128] * decoder.v0[b, t, g] + decoder.u0[b, t, g])**2)
    np.add(u0[:, t, :64], v0[:, t, :64], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :64])
    np.subtract(d_r0[:, t], d_v0[:, t, :64], out=d_v0[:, t, :64])
    d_v0[:, t, :64] *= shared
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 64:128])
    np.subtract(d_z0[:, t], d_v0[:, t, 64:128], out=d_v0[:, t, 64:128])
    d_v0[:, t, 64:128] *= shared2
    np.multiply(r0[:, t], v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] += u0[:, t, 128:192]
    np.tanh(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.square(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.subtract(1.0, d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] *= d_n0[:, t]
    d_v0[:, t, 128:192] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_64_192(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_decoder, h0, n0, v0, scratch, t):
    """decoder: gradient of gru.

    Writes d_h0 [B, 8, 64], d_n0 [B, 8, 64], d_z0 [B, 8, 64], d_r0 [B, 8, 64]; reads d_v0 [B, 8, 192],
    weight_hh_l0 [192, 64], z0 [B, 8, 64], d_decoder [B, 8, 64], h0 [B, 8, 64], n0 [B, 8, 64], v0 [B, 8, 192].
    """
    # (68) d.decoder.h0[b, t, j] = sum[i](d.decoder.v0[b, t + 1, i] * decoder.weight_hh_l0[i, j]) +
    #     d.decoder.h0[b, t + 1, j] * decoder.z0[b, t + 1, j] + d.decoder[b, t, j]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_decoder[:, t]
    # (69) d.decoder.n0[b, t, j] = d.decoder.h0[b, t, j] * (1 - decoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (70) d.decoder.z0[b, t, j] = d.decoder.h0[b, t, j] * (decoder.h0[b, t - 1, j] - decoder.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (71) d.decoder.r0[b, t, j] = d.decoder.n0[b, t, j] * decoder.v0[b, t, j + 128] * (1 - decoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 128:192]


def d_v0_64(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """decoder: gradient of gru.

    Writes d_v0 [B, 8, 192]; reads d_r0 [B, 8, 64], u0 [B, 8, 192], v0 [B, 8, 192], d_z0 [B, 8, 64], r0 [B, 8,
    64], d_n0 [B, 8, 64].
    """
    # (72) d.decoder.v0[b, t, g] = sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g]) * (d.decoder.r0[b, t, g +
    #     0] + d.decoder.z0[b, t, g - 64] - (d.decoder.r0[b, t, g + 0] + d.decoder.z0[b, t, g - 64]) *
    #     sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g])) + d.decoder.n0[b, t, g - 128] * decoder.r0[b, t, g
    #     - 128] * (1 - tanh(decoder.r0[b, t, g - 128] * decoder.v0[b, t, g] + decoder.u0[b, t, g])**2)
    np.add(u0[:, t, :64], v0[:, t, :64], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :64])
    np.subtract(d_r0[:, t], d_v0[:, t, :64], out=d_v0[:, t, :64])
    d_v0[:, t, :64] *= shared
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 64:128])
    np.subtract(d_z0[:, t], d_v0[:, t, 64:128], out=d_v0[:, t, 64:128])
    d_v0[:, t, 64:128] *= shared2
    np.multiply(r0[:, t], v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] += u0[:, t, 128:192]
    np.tanh(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.square(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.subtract(1.0, d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] *= d_n0[:, t]
    d_v0[:, t, 128:192] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_64_192_v2(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_decoder, n0, v0, scratch, t):
    """decoder: gradient of gru.

    Writes d_h0 [B, 8, 64], d_n0 [B, 8, 64], d_z0 [B, 8, 64], d_r0 [B, 8, 64]; reads d_v0 [B, 8, 192],
    weight_hh_l0 [192, 64], z0 [B, 8, 64], d_decoder [B, 8, 64], n0 [B, 8, 64], v0 [B, 8, 192].
    """
    # (68) d.decoder.h0[b, t, j] = sum[i](d.decoder.v0[b, t + 1, i] * decoder.weight_hh_l0[i, j]) +
    #     d.decoder.h0[b, t + 1, j] * decoder.z0[b, t + 1, j] + d.decoder[b, t, j]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_decoder[:, t]
    # (69) d.decoder.n0[b, t, j] = d.decoder.h0[b, t, j] * (1 - decoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (70) d.decoder.z0[b, t, j] = d.decoder.h0[b, t, j] * (decoder.h0[b, t - 1, j] - decoder.n0[b, t, j])
    np.multiply(n0[:, t], -1, out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (71) d.decoder.r0[b, t, j] = d.decoder.n0[b, t, j] * decoder.v0[b, t, j + 128] * (1 - decoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 128:192]


def d_v0_64_v2(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """decoder: gradient of gru.

    Writes d_v0 [B, 8, 192]; reads d_r0 [B, 8, 64], u0 [B, 8, 192], v0 [B, 8, 192], d_z0 [B, 8, 64], r0 [B, 8,
    64], d_n0 [B, 8, 64].
    """
    # (72) d.decoder.v0[b, t, g] = sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g]) * (d.decoder.r0[b, t, g +
    #     0] + d.decoder.z0[b, t, g - 64] - (d.decoder.r0[b, t, g + 0] + d.decoder.z0[b, t, g - 64]) *
    #     sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g])) + d.decoder.n0[b, t, g - 128] * decoder.r0[b, t, g
    #     - 128] * (1 - tanh(decoder.r0[b, t, g - 128] * decoder.v0[b, t, g] + decoder.u0[b, t, g])**2)
    np.add(u0[:, t, :64], v0[:, t, :64], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :64])
    np.subtract(d_r0[:, t], d_v0[:, t, :64], out=d_v0[:, t, :64])
    d_v0[:, t, :64] *= shared
    np.add(u0[:, t, 64:128], v0[:, t, 64:128], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 64:128])
    np.subtract(d_z0[:, t], d_v0[:, t, 64:128], out=d_v0[:, t, 64:128])
    d_v0[:, t, 64:128] *= shared2
    np.multiply(r0[:, t], v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] += u0[:, t, 128:192]
    np.tanh(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.square(d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    np.subtract(1.0, d_v0[:, t, 128:192], out=d_v0[:, t, 128:192])
    d_v0[:, t, 128:192] *= d_n0[:, t]
    d_v0[:, t, 128:192] *= r0[:, t]


def d_u0_8_64(v0, d_r0, u0, d_z0, r0, d_n0, scratch):
    """decoder: gradient of gru.

    Writes v0 [B, 8, 192]; reads d_r0 [B, 8, 64], u0 [B, 8, 192], d_z0 [B, 8, 64], r0 [B, 8, 64], d_n0 [B, 8,
    64].
    """
    # (75) d.decoder.u0[b, t, g] = d.decoder.n0[b, t, g - 128] * (1 - tanh(decoder.r0[b, t, g - 128] *
    #     decoder.v0[b, t, g] + decoder.u0[b, t, g])**2) + sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g]) *
    #     (d.decoder.r0[b, t, g + 0] + d.decoder.z0[b, t, g - 64] - (d.decoder.r0[b, t, g + 0] + d.decoder.z0[b,
    #     t, g - 64]) * sigmoid(decoder.u0[b, t, g] + decoder.v0[b, t, g]))
    np.add(u0[:, :, :64], v0[:, :, :64], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, :64] += u0[:, :, :64]
    np.multiply(v0[:, :, :64], -1, out=v0[:, :, :64])
    np.exp(v0[:, :, :64], out=v0[:, :, :64])
    v0[:, :, :64] += 1.0
    np.reciprocal(v0[:, :, :64], out=v0[:, :, :64])
    v0[:, :, :64] *= d_r0
    np.subtract(d_r0, v0[:, :, :64], out=v0[:, :, :64])
    v0[:, :, :64] *= scratch
    np.add(u0[:, :, 64:128], v0[:, :, 64:128], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, 64:128] += u0[:, :, 64:128]
    np.multiply(v0[:, :, 64:128], -1, out=v0[:, :, 64:128])
    np.exp(v0[:, :, 64:128], out=v0[:, :, 64:128])
    v0[:, :, 64:128] += 1.0
    np.reciprocal(v0[:, :, 64:128], out=v0[:, :, 64:128])
    v0[:, :, 64:128] *= d_z0
    np.subtract(d_z0, v0[:, :, 64:128], out=v0[:, :, 64:128])
    v0[:, :, 64:128] *= scratch
    v0[:, :, 128:192] *= r0
    v0[:, :, 128:192] += u0[:, :, 128:192]
    np.tanh(v0[:, :, 128:192], out=v0[:, :, 128:192])
    np.square(v0[:, :, 128:192], out=v0[:, :, 128:192])
    np.subtract(1.0, v0[:, :, 128:192], out=v0[:, :, 128:192])
    v0[:, :, 128:192] *= d_n0


def d_weight_hh_l0_192_64_7(d_weight_hh_l0, d_v0, h0, scratch, scratch_2):
    """decoder: gradient of gru.

    Writes d_weight_hh_l0 [192, 64]; reads d_v0 [B, 8, 192], h0 [B, 8, 64].
    """
    # (73) d.decoder.weight_hh_l0[g, k] = sum[b, i](d.decoder.v0[b, i, g] * decoder.h0[b, i - 1, k])
    np.copyto(scratch, d_v0[:, 1:8])
    np.copyto(scratch_2, h0[:, :7])
    np.matmul(scratch.reshape(-1, 192).T, scratch_2.reshape(-1, 64), out=d_weight_hh_l0)


def d_bias_hh_l0_192_8(d_bias_hh_l0, d_v0):
    """decoder: gradient of gru.

    Writes d_bias_hh_l0 [192]; reads d_v0 [B, 8, 192].
    For (77) too.
    """
    # (74) d.decoder.bias_hh_l0[g] = sum[b, i](d.decoder.v0[b, i, g])
    np.sum(d_v0, axis=(0, 1), out=d_bias_hh_l0)


def d_weight_ih_l0_192_64_8(d_weight_ih_l0, v0, written):
    """decoder: gradient of gru.

    Writes d_weight_ih_l0 [192, 64]; reads v0 [B, 8, 192], written [B, 8, 64].
    """
    # (76) d.decoder.weight_ih_l0[g, i] = sum[b, j](d.decoder.u0[b, j, g] * written[b, j, i])
    np.matmul(v0.reshape(-1, 192).T, written.reshape(-1, 64), out=d_weight_ih_l0)


def d_written_8_64_192(d_written, v0, weight_ih_l0):
    """written: gradient of embedding.

    Writes d_written [B, 8, 64]; reads v0 [B, 8, 192], weight_ih_l0 [192, 64].
    """
    # (78) d.written[b, i, d] = sum[j](d.decoder.u0[b, i, j] * decoder.weight_ih_l0[j, d])
    np.matmul(v0.reshape(-1, 192), weight_ih_l0, out=d_written.reshape(-1, 64))


def d_weight_64_8(d_weight, d_written, shifted, scratch, index, index_2, d):
    """written: gradient of embedding.

    Writes d_weight [11, 64]; reads d_written [B, 8, 64], shifted [B, 8].
    """
    # (79) d.written.weight[v, d] = sum[b, i](d.written[b, i, d] * (v == shifted[b, i]))
    np.copyto(scratch, d_written.transpose(2, 0, 1))
    np.multiply(shifted, 64, out=index_2)
    np.add(d[:, None, None], index_2, out=index)
    np.add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def d_h0_d_n0_d_z0_d_r0_32(d_h0, d_n0, d_z0, d_r0, d_v0, d_encoder, z0, h0, n0, v0, u0, r0, shared, shared2, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32], d_v0 [B, 8, 96]; reads d_encoder
    [B, 8, 64], z0 [B, 8, 32], h0 [B, 8, 32], n0 [B, 8, 32], v0 [B, 8, 96], u0 [B, 8, 96], r0 [B, 8, 32].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    np.copyto(d_h0[:, t], d_encoder[:, t, :32])
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]
    # (84) d.encoder.v0[b, t, g] = sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g]) * (d.encoder.r0[b, t, g +
    #     0] + d.encoder.z0[b, t, g - 32] - (d.encoder.r0[b, t, g + 0] + d.encoder.z0[b, t, g - 32]) *
    #     sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g])) + d.encoder.n0[b, t, g - 64] * encoder.r0[b, t, g
    #     - 64] * (1 - tanh(encoder.r0[b, t, g - 64] * encoder.v0[b, t, g] + encoder.u0[b, t, g])**2)
    np.add(u0[:, t, :32], v0[:, t, :32], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :32])
    np.subtract(d_r0[:, t], d_v0[:, t, :32], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= shared
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 32:64])
    np.subtract(d_z0[:, t], d_v0[:, t, 32:64], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= shared2
    np.multiply(r0[:, t], v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] += u0[:, t, 64:96]
    np.tanh(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.square(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.subtract(1.0, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_32_96(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_encoder, h0, n0, v0, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32]; reads d_v0 [B, 8, 96],
    weight_hh_l0 [96, 32], z0 [B, 8, 32], d_encoder [B, 8, 64], h0 [B, 8, 32], n0 [B, 8, 32], v0 [B, 8, 96].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_encoder[:, t, :32]
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    np.subtract(h0[:, t - 1], n0[:, t], out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]


def d_v0_32(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """encoder: gradient of gru.

    Writes d_v0 [B, 8, 96]; reads d_r0 [B, 8, 32], u0 [B, 8, 96], v0 [B, 8, 96], d_z0 [B, 8, 32], r0 [B, 8, 32],
    d_n0 [B, 8, 32].
    For (89) too.
    """
    # (84) d.encoder.v0[b, t, g] = sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g]) * (d.encoder.r0[b, t, g +
    #     0] + d.encoder.z0[b, t, g - 32] - (d.encoder.r0[b, t, g + 0] + d.encoder.z0[b, t, g - 32]) *
    #     sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g])) + d.encoder.n0[b, t, g - 64] * encoder.r0[b, t, g
    #     - 64] * (1 - tanh(encoder.r0[b, t, g - 64] * encoder.v0[b, t, g] + encoder.u0[b, t, g])**2)
    np.add(u0[:, t, :32], v0[:, t, :32], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :32])
    np.subtract(d_r0[:, t], d_v0[:, t, :32], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= shared
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 32:64])
    np.subtract(d_z0[:, t], d_v0[:, t, 32:64], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= shared2
    np.multiply(r0[:, t], v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] += u0[:, t, 64:96]
    np.tanh(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.square(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.subtract(1.0, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_h0_d_n0_d_z0_d_r0_32_96_v2(d_h0, d_n0, d_z0, d_r0, d_v0, weight_hh_l0, z0, d_encoder, n0, v0, scratch, t):
    """encoder: gradient of gru.

    Writes d_h0 [B, 8, 32], d_n0 [B, 8, 32], d_z0 [B, 8, 32], d_r0 [B, 8, 32]; reads d_v0 [B, 8, 96],
    weight_hh_l0 [96, 32], z0 [B, 8, 32], d_encoder [B, 8, 64], n0 [B, 8, 32], v0 [B, 8, 96].
    """
    # (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) +
    #     d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
    np.multiply(d_h0[:, t + 1], z0[:, t + 1], out=d_h0[:, t])
    np.matmul(d_v0[:, t + 1], weight_hh_l0, out=scratch)
    d_h0[:, t] += scratch
    d_h0[:, t] += d_encoder[:, t, :32]
    # (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
    np.subtract(1.0, z0[:, t], out=d_n0[:, t])
    d_n0[:, t] *= d_h0[:, t]
    # (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
    np.multiply(n0[:, t], -1, out=d_z0[:, t])
    d_z0[:, t] *= d_h0[:, t]
    # (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t,
    #     j]**2)
    np.square(n0[:, t], out=d_r0[:, t])
    np.subtract(1.0, d_r0[:, t], out=d_r0[:, t])
    d_r0[:, t] *= d_n0[:, t]
    d_r0[:, t] *= v0[:, t, 64:96]


def d_v0_32_v2(d_v0, d_r0, u0, v0, d_z0, r0, d_n0, shared, shared2, t):
    """encoder: gradient of gru.

    Writes d_v0 [B, 8, 96]; reads d_r0 [B, 8, 32], u0 [B, 8, 96], v0 [B, 8, 96], d_z0 [B, 8, 32], r0 [B, 8, 32],
    d_n0 [B, 8, 32].
    """
    # (84) d.encoder.v0[b, t, g] = sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g]) * (d.encoder.r0[b, t, g +
    #     0] + d.encoder.z0[b, t, g - 32] - (d.encoder.r0[b, t, g + 0] + d.encoder.z0[b, t, g - 32]) *
    #     sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g])) + d.encoder.n0[b, t, g - 64] * encoder.r0[b, t, g
    #     - 64] * (1 - tanh(encoder.r0[b, t, g - 64] * encoder.v0[b, t, g] + encoder.u0[b, t, g])**2)
    np.add(u0[:, t, :32], v0[:, t, :32], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0[:, t], shared, out=d_v0[:, t, :32])
    np.subtract(d_r0[:, t], d_v0[:, t, :32], out=d_v0[:, t, :32])
    d_v0[:, t, :32] *= shared
    np.add(u0[:, t, 32:64], v0[:, t, 32:64], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0[:, t], shared2, out=d_v0[:, t, 32:64])
    np.subtract(d_z0[:, t], d_v0[:, t, 32:64], out=d_v0[:, t, 32:64])
    d_v0[:, t, 32:64] *= shared2
    np.multiply(r0[:, t], v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] += u0[:, t, 64:96]
    np.tanh(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.square(d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    np.subtract(1.0, d_v0[:, t, 64:96], out=d_v0[:, t, 64:96])
    d_v0[:, t, 64:96] *= d_n0[:, t]
    d_v0[:, t, 64:96] *= r0[:, t]


def d_u0_8_32(v0, d_r0, u0, d_z0, r0, d_n0, scratch):
    """encoder: gradient of gru.

    Writes v0 [B, 8, 96]; reads d_r0 [B, 8, 32], u0 [B, 8, 96], d_z0 [B, 8, 32], r0 [B, 8, 32], d_n0 [B, 8, 32].
    For (92) too.
    """
    # (97) d.encoder.u0[b, t, g] = d.encoder.n0[b, t, g - 64] * (1 - tanh(encoder.r0[b, t, g - 64] *
    #     encoder.v0[b, t, g] + encoder.u0[b, t, g])**2) + sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g]) *
    #     (d.encoder.r0[b, t, g + 0] + d.encoder.z0[b, t, g - 32] - (d.encoder.r0[b, t, g + 0] + d.encoder.z0[b,
    #     t, g - 32]) * sigmoid(encoder.u0[b, t, g] + encoder.v0[b, t, g]))
    np.add(u0[:, :, :32], v0[:, :, :32], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, :32] += u0[:, :, :32]
    np.multiply(v0[:, :, :32], -1, out=v0[:, :, :32])
    np.exp(v0[:, :, :32], out=v0[:, :, :32])
    v0[:, :, :32] += 1.0
    np.reciprocal(v0[:, :, :32], out=v0[:, :, :32])
    v0[:, :, :32] *= d_r0
    np.subtract(d_r0, v0[:, :, :32], out=v0[:, :, :32])
    v0[:, :, :32] *= scratch
    np.add(u0[:, :, 32:64], v0[:, :, 32:64], out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    scratch += 1.0
    np.reciprocal(scratch, out=scratch)
    v0[:, :, 32:64] += u0[:, :, 32:64]
    np.multiply(v0[:, :, 32:64], -1, out=v0[:, :, 32:64])
    np.exp(v0[:, :, 32:64], out=v0[:, :, 32:64])
    v0[:, :, 32:64] += 1.0
    np.reciprocal(v0[:, :, 32:64], out=v0[:, :, 32:64])
    v0[:, :, 32:64] *= d_z0
    np.subtract(d_z0, v0[:, :, 32:64], out=v0[:, :, 32:64])
    v0[:, :, 32:64] *= scratch
    v0[:, :, 64:96] *= r0
    v0[:, :, 64:96] += u0[:, :, 64:96]
    np.tanh(v0[:, :, 64:96], out=v0[:, :, 64:96])
    np.square(v0[:, :, 64:96], out=v0[:, :, 64:96])
    np.subtract(1.0, v0[:, :, 64:96], out=v0[:, :, 64:96])
    v0[:, :, 64:96] *= d_n0


def d_weight_hh_l0_96_32_7(d_weight_hh_l0, d_v0, h0, scratch, scratch_2):
    """encoder: gradient of gru.

    Writes d_weight_hh_l0 [96, 32]; reads d_v0 [B, 8, 96], h0 [B, 8, 32].
    """
    # (95) d.encoder.weight_hh_l0[g, k] = sum[b, i](d.encoder.v0[b, i, g] * encoder.h0[b, i - 1, k])
    np.copyto(scratch, d_v0[:, 1:8])
    np.copyto(scratch_2, h0[:, :7])
    np.matmul(scratch.reshape(-1, 96).T, scratch_2.reshape(-1, 32), out=d_weight_hh_l0)


def d_bias_hh_l0_96_8(d_bias_hh_l0, d_v0):
    """encoder: gradient of gru.

    Writes d_bias_hh_l0 [96]; reads d_v0 [B, 8, 96].
    For (91), (94), (99) too.
    """
    # (96) d.encoder.bias_hh_l0[g] = sum[b, i](d.encoder.v0[b, i, g])
    np.sum(d_v0, axis=(0, 1), out=d_bias_hh_l0)


def d_weight_ih_l0_96_64_8(d_weight_ih_l0, v0, read):
    """encoder: gradient of gru.

    Writes d_weight_ih_l0 [96, 64]; reads v0 [B, 8, 96], read [B, 8, 64].
    For (93) too.
    """
    # (98) d.encoder.weight_ih_l0[g, i] = sum[b, j](d.encoder.u0[b, j, g] * read[b, j, i])
    np.matmul(v0.reshape(-1, 96).T, read.reshape(-1, 64), out=d_weight_ih_l0)


def d_h0b_d_n0b_d_z0b_d_r0b_32(d_h0b, d_n0b, d_z0b, d_r0b, d_v0b, d_encoder, z0b, h0b, n0b, v0b, u0b, r0b,
                               shared, shared2, t):
    """encoder: gradient of gru.

    Writes d_h0b [B, 8, 32], d_n0b [B, 8, 32], d_z0b [B, 8, 32], d_r0b [B, 8, 32], d_v0b [B, 8, 96]; reads
    d_encoder [B, 8, 64], z0b [B, 8, 32], h0b [B, 8, 32], n0b [B, 8, 32], v0b [B, 8, 96], u0b [B, 8, 96], r0b
    [B, 8, 32].
    """
    # (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) +
    #     d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
    np.copyto(d_h0b[:, t], d_encoder[:, t, 32:64])
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    np.subtract(1.0, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    np.subtract(h0b[:, t + 1], n0b[:, t], out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    np.square(n0b[:, t], out=d_r0b[:, t])
    np.subtract(1.0, d_r0b[:, t], out=d_r0b[:, t])
    d_r0b[:, t] *= d_n0b[:, t]
    d_r0b[:, t] *= v0b[:, t, 64:96]
    # (89) d.encoder.v0b[b, t, g] = sigmoid(encoder.u0b[b, t, g] + encoder.v0b[b, t, g]) * (d.encoder.r0b[b, t,
    #     g + 0] + d.encoder.z0b[b, t, g - 32] - (d.encoder.r0b[b, t, g + 0] + d.encoder.z0b[b, t, g - 32]) *
    #     sigmoid(encoder.u0b[b, t, g] + encoder.v0b[b, t, g])) + d.encoder.n0b[b, t, g - 64] * encoder.r0b[b,
    #     t, g - 64] * (1 - tanh(encoder.r0b[b, t, g - 64] * encoder.v0b[b, t, g] + encoder.u0b[b, t, g])**2)
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0b[:, t], shared, out=d_v0b[:, t, :32])
    np.subtract(d_r0b[:, t], d_v0b[:, t, :32], out=d_v0b[:, t, :32])
    d_v0b[:, t, :32] *= shared
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0b[:, t], shared2, out=d_v0b[:, t, 32:64])
    np.subtract(d_z0b[:, t], d_v0b[:, t, 32:64], out=d_v0b[:, t, 32:64])
    d_v0b[:, t, 32:64] *= shared2
    np.multiply(r0b[:, t], v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    d_v0b[:, t, 64:96] += u0b[:, t, 64:96]
    np.tanh(d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    np.square(d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    np.subtract(1.0, d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
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
    np.multiply(d_h0b[:, t - 1], z0b[:, t - 1], out=d_h0b[:, t])
    np.matmul(d_v0b[:, t - 1], weight_hh_l0_reverse, out=scratch)
    d_h0b[:, t] += scratch
    d_h0b[:, t] += d_encoder[:, t, 32:64]
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    np.subtract(1.0, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    np.subtract(h0b[:, t + 1], n0b[:, t], out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    np.square(n0b[:, t], out=d_r0b[:, t])
    np.subtract(1.0, d_r0b[:, t], out=d_r0b[:, t])
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
    np.multiply(d_h0b[:, t - 1], z0b[:, t - 1], out=d_h0b[:, t])
    np.matmul(d_v0b[:, t - 1], weight_hh_l0_reverse, out=scratch)
    d_h0b[:, t] += scratch
    d_h0b[:, t] += d_encoder[:, t, 32:64]
    # (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
    np.subtract(1.0, z0b[:, t], out=d_n0b[:, t])
    d_n0b[:, t] *= d_h0b[:, t]
    # (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
    np.multiply(n0b[:, t], -1, out=d_z0b[:, t])
    d_z0b[:, t] *= d_h0b[:, t]
    # (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t,
    #     j]**2)
    np.square(n0b[:, t], out=d_r0b[:, t])
    np.subtract(1.0, d_r0b[:, t], out=d_r0b[:, t])
    d_r0b[:, t] *= d_n0b[:, t]
    d_r0b[:, t] *= v0b[:, t, 64:96]


def d_v0b_32(d_v0b, d_r0b, u0b, v0b, d_z0b, r0b, d_n0b, shared, shared2, t):
    """encoder: gradient of gru.

    Writes d_v0b [B, 8, 96]; reads d_r0b [B, 8, 32], u0b [B, 8, 96], v0b [B, 8, 96], d_z0b [B, 8, 32], r0b [B,
    8, 32], d_n0b [B, 8, 32].
    """
    # (89) d.encoder.v0b[b, t, g] = sigmoid(encoder.u0b[b, t, g] + encoder.v0b[b, t, g]) * (d.encoder.r0b[b, t,
    #     g + 0] + d.encoder.z0b[b, t, g - 32] - (d.encoder.r0b[b, t, g + 0] + d.encoder.z0b[b, t, g - 32]) *
    #     sigmoid(encoder.u0b[b, t, g] + encoder.v0b[b, t, g])) + d.encoder.n0b[b, t, g - 64] * encoder.r0b[b,
    #     t, g - 64] * (1 - tanh(encoder.r0b[b, t, g - 64] * encoder.v0b[b, t, g] + encoder.u0b[b, t, g])**2)
    np.add(u0b[:, t, :32], v0b[:, t, :32], out=shared)
    np.negative(shared, out=shared)
    np.exp(shared, out=shared)
    shared += 1.0
    np.reciprocal(shared, out=shared)
    np.multiply(d_r0b[:, t], shared, out=d_v0b[:, t, :32])
    np.subtract(d_r0b[:, t], d_v0b[:, t, :32], out=d_v0b[:, t, :32])
    d_v0b[:, t, :32] *= shared
    np.add(u0b[:, t, 32:64], v0b[:, t, 32:64], out=shared2)
    np.negative(shared2, out=shared2)
    np.exp(shared2, out=shared2)
    shared2 += 1.0
    np.reciprocal(shared2, out=shared2)
    np.multiply(d_z0b[:, t], shared2, out=d_v0b[:, t, 32:64])
    np.subtract(d_z0b[:, t], d_v0b[:, t, 32:64], out=d_v0b[:, t, 32:64])
    d_v0b[:, t, 32:64] *= shared2
    np.multiply(r0b[:, t], v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    d_v0b[:, t, 64:96] += u0b[:, t, 64:96]
    np.tanh(d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    np.square(d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    np.subtract(1.0, d_v0b[:, t, 64:96], out=d_v0b[:, t, 64:96])
    d_v0b[:, t, 64:96] *= d_n0b[:, t]
    d_v0b[:, t, 64:96] *= r0b[:, t]


def d_weight_hh_l0_reverse_96_32_7(d_weight_hh_l0_reverse, d_v0b, h0b, scratch, scratch_2):
    """encoder: gradient of gru.

    Writes d_weight_hh_l0_reverse [96, 32]; reads d_v0b [B, 8, 96], h0b [B, 8, 32].
    """
    # (90) d.encoder.weight_hh_l0_reverse[g, k] = sum[b, i](d.encoder.v0b[b, i, g] * encoder.h0b[b, i + 1, k])
    np.copyto(scratch, d_v0b[:, :7])
    np.copyto(scratch_2, h0b[:, 1:8])
    np.matmul(scratch.reshape(-1, 96).T, scratch_2.reshape(-1, 32), out=d_weight_hh_l0_reverse)


def r_64_8_96(r, v0b, weight_ih_l0_reverse, scratch):
    """read: gradient of embedding.

    Writes r [B, 64, 8]; reads v0b [B, 8, 96], weight_ih_l0_reverse [96, 64].
    """
    # (100) read.r[b, d, i] = sum[j](d.encoder.u0b[b, i, j] * encoder.weight_ih_l0_reverse[j, d])
    np.matmul(weight_ih_l0_reverse.T, v0b.reshape(-1, 96).T, out=scratch.reshape(64, -1))
    np.copyto(r, scratch.transpose(1, 0, 2))


def d_read_8_64_96(d_read, v0, weight_ih_l0, r):
    """read: gradient of embedding.

    Writes d_read [B, 8, 64]; reads v0 [B, 8, 96], weight_ih_l0 [96, 64], r [B, 64, 8].
    """
    # (101) d.read[b, i, d] = sum[j](d.encoder.u0[b, i, j] * encoder.weight_ih_l0[j, d]) + read.r[b, d, i]
    np.matmul(v0.reshape(-1, 96), weight_ih_l0, out=d_read.reshape(-1, 64))
    d_read += r.transpose(0, 2, 1)


def d_weight_64_8_v2(d_weight, d_read, source, scratch, index, index_2, d):
    """read: gradient of embedding.

    Writes d_weight [10, 64]; reads d_read [B, 8, 64], source [B, 8].
    """
    # (102) d.read.weight[v, d] = sum[b, i](d.read[b, i, d] * (v == source[b, i]))
    np.copyto(scratch, d_read.transpose(2, 0, 1))
    np.multiply(source, 64, out=index_2)
    np.add(d[:, None, None], index_2, out=index)
    np.add.at(d_weight.reshape(-1), index.reshape(-1), scratch.reshape(-1))


def cosine_schedule_adam_rate_next_step(rate, scale, t, steps, lr, min_lr, beta1, beta2):
    """optimizer: cosine schedule, adam rate, next step.

    Writes rate, scale, t; reads steps, lr, min_lr, beta1, beta2.
    """
    # (103) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
    # (104) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
    rate[...] = (0.5 * (np.cos(3.141592653589793 * np.minimum(t,
                 steps) / steps) + 1.0) * (lr - min_lr) + min_lr) / (1.0 - beta1 ** (t + 1.0))
    # (105) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / np.sqrt(1.0 - beta2 ** (t + 1.0))
    # (106) t.next = 1 + t
    t[...] = t + 1.0


def clip_norm_10_64(square, d_weight):
    """read: clip_norm.

    Writes square; reads d_weight [10, 64].
    For (127) too.
    """
    # (107) read.weight.g.square = sum[i, j](d.read.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_96_64(square, d_weight_ih_l0):
    """encoder: clip_norm.

    Writes square; reads d_weight_ih_l0 [96, 64].
    For (112) too.
    """
    # (108) encoder.weight_ih_l0.g.square = sum[i, j](d.encoder.weight_ih_l0[i, j]**2)
    square[...] = np.vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_96_32(square, d_weight_hh_l0):
    """encoder: clip_norm.

    Writes square; reads d_weight_hh_l0 [96, 32].
    For (113) too.
    """
    # (109) encoder.weight_hh_l0.g.square = sum[i, j](d.encoder.weight_hh_l0[i, j]**2)
    square[...] = np.vdot(d_weight_hh_l0, d_weight_hh_l0)


def clip_norm_96(square, d_bias_ih_l0):
    """encoder: clip_norm.

    Writes square; reads d_bias_ih_l0 [96].
    For (111), (114), (115) too.
    """
    # (110) encoder.bias_ih_l0.g.square = sum[i](d.encoder.bias_ih_l0[i]**2)
    square[...] = np.vdot(d_bias_ih_l0, d_bias_ih_l0)


def clip_norm_11_64(square, d_weight):
    """written: clip_norm.

    Writes square; reads d_weight [11, 64].
    """
    # (116) written.weight.g.square = sum[i, j](d.written.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_192_64(square, d_weight_ih_l0):
    """decoder: clip_norm.

    Writes square; reads d_weight_ih_l0 [192, 64].
    For (118), (121) too.
    """
    # (117) decoder.weight_ih_l0.g.square = sum[i, j](d.decoder.weight_ih_l0[i, j]**2)
    square[...] = np.vdot(d_weight_ih_l0, d_weight_ih_l0)


def clip_norm_192(square, d_bias_ih_l0):
    """decoder: clip_norm.

    Writes square; reads d_bias_ih_l0 [192].
    For (120), (122) too.
    """
    # (119) decoder.bias_ih_l0.g.square = sum[i](d.decoder.bias_ih_l0[i]**2)
    square[...] = np.vdot(d_bias_ih_l0, d_bias_ih_l0)


def clip_norm_64_64(square, d_weight):
    """attention: clip_norm.

    Writes square; reads d_weight [64, 64].
    """
    # (123) attention.out_proj.weight.g.square = sum[i, j](d.attention.out_proj.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_64(square, d_bias):
    """attention: clip_norm.

    Writes square; reads d_bias [64].
    For (126) too.
    """
    # (124) attention.out_proj.bias.g.square = sum[i](d.attention.out_proj.bias[i]**2)
    square[...] = np.vdot(d_bias, d_bias)


def clip_norm_64_128(square, d_weight):
    """mixed: clip_norm.

    Writes square; reads d_weight [64, 128].
    """
    # (125) mixed.weight.g.square = sum[i, j](d.mixed.weight[i, j]**2)
    square[...] = np.vdot(d_weight, d_weight)


def clip_norm_10(shrink, d_bias, square, attention_in_proj_weight_g_square, attention_out_proj_bias_g_square,
                 attention_out_proj_weight_g_square, decoder_bias_hh_l0_g_square, decoder_bias_ih_l0_g_square,
                 decoder_weight_hh_l0_g_square, decoder_weight_ih_l0_g_square, encoder_bias_hh_l0_g_square,
                 encoder_bias_hh_l0_reverse_g_square, encoder_bias_ih_l0_g_square,
                 encoder_bias_ih_l0_reverse_g_square, encoder_weight_hh_l0_g_square,
                 encoder_weight_hh_l0_reverse_g_square, encoder_weight_ih_l0_g_square,
                 encoder_weight_ih_l0_reverse_g_square, head_weight_g_square, mixed_bias_g_square,
                 mixed_weight_g_square, read_weight_g_square, written_weight_g_square, clip_norm):
    """head: clip_norm; optimizer: clip_norm.

    Writes shrink; reads d_bias [10], square, attention_in_proj_weight_g_square,
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
    shrink[...] = np.minimum(1.0,
                             clip_norm / (np.sqrt(square + attention_in_proj_weight_g_square + attention_out_proj_bias_g_square + attention_out_proj_weight_g_square + decoder_bias_hh_l0_g_square + decoder_bias_ih_l0_g_square + decoder_weight_hh_l0_g_square + decoder_weight_ih_l0_g_square + encoder_bias_hh_l0_g_square + encoder_bias_hh_l0_reverse_g_square + encoder_bias_ih_l0_g_square + encoder_bias_ih_l0_reverse_g_square + encoder_weight_hh_l0_g_square + encoder_weight_hh_l0_reverse_g_square + encoder_weight_ih_l0_g_square + encoder_weight_ih_l0_reverse_g_square + np.vdot(d_bias,
                             d_bias) + head_weight_g_square + mixed_bias_g_square + mixed_weight_g_square + read_weight_g_square + written_weight_g_square) + 1e-06))


def clip_norm_adam_192_64(m, v, weight_ih_l0, shrink, d_weight_ih_l0, beta1, beta2, rate, scale, eps, shrunk,
                          scratch, scratch_2):
    """decoder: clip_norm, adam.

    Writes m [192, 64], v [192, 64], weight_ih_l0 [192, 64]; reads shrink, d_weight_ih_l0 [192, 64], beta1,
    beta2, rate, scale, eps.
    For (142) (186) (187) (188), (145) (195) (196) (197) too.
    """
    # (141) decoder.weight_ih_l0.g.shrunk[i, j] = optimizer.shrink * d.decoder.weight_ih_l0[i, j]
    np.multiply(float(shrink), d_weight_ih_l0, out=shrunk)
    # (183) decoder.weight_ih_l0.m.next[i, j] = (1 - beta1) * decoder.weight_ih_l0.g.shrunk[i, j] + beta1 *
    #     decoder.weight_ih_l0.m[i, j]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (184) decoder.weight_ih_l0.v.next[i, j] = (1 - beta2) * decoder.weight_ih_l0.g.shrunk[i, j]**2 + beta2 *
    #     decoder.weight_ih_l0.v[i, j]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (185) decoder.weight_ih_l0.next[i, j] = decoder.weight_ih_l0[i, j] - optimizer.rate *
    #     decoder.weight_ih_l0.m.next[i, j] / (optimizer.scale * sqrt(decoder.weight_ih_l0.v.next[i, j]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_ih_l0 -= scratch


def clip_norm_adam_64_128(m, v, weight, shrink, d_weight, beta1, beta2, rate, scale, eps, shrunk, scratch,
                          scratch_2):
    """mixed: clip_norm, adam.

    Writes m [64, 128], v [64, 128], weight [64, 128]; reads shrink, d_weight [64, 128], beta1, beta2, rate,
    scale, eps.
    """
    # (149) mixed.weight.g.shrunk[o, i] = optimizer.shrink * d.mixed.weight[o, i]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (207) mixed.weight.m.next[o, i] = (1 - beta1) * mixed.weight.g.shrunk[o, i] + beta1 * mixed.weight.m[o, i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (208) mixed.weight.v.next[o, i] = (1 - beta2) * mixed.weight.g.shrunk[o, i]**2 + beta2 * mixed.weight.v[o,
    #     i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (209) mixed.weight.next[o, i] = mixed.weight[o, i] - optimizer.rate * mixed.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(mixed.weight.v.next[o, i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_96_64(m, v, weight_ih_l0, shrink, d_weight_ih_l0, beta1, beta2, rate, scale, eps, shrunk,
                         scratch, scratch_2):
    """encoder: clip_norm, adam.

    Writes m [96, 64], v [96, 64], weight_ih_l0 [96, 64]; reads shrink, d_weight_ih_l0 [96, 64], beta1, beta2,
    rate, scale, eps.
    For (136) (168) (169) (170) too.
    """
    # (132) encoder.weight_ih_l0.g.shrunk[i, j] = optimizer.shrink * d.encoder.weight_ih_l0[i, j]
    np.multiply(float(shrink), d_weight_ih_l0, out=shrunk)
    # (156) encoder.weight_ih_l0.m.next[i, j] = (1 - beta1) * encoder.weight_ih_l0.g.shrunk[i, j] + beta1 *
    #     encoder.weight_ih_l0.m[i, j]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (157) encoder.weight_ih_l0.v.next[i, j] = (1 - beta2) * encoder.weight_ih_l0.g.shrunk[i, j]**2 + beta2 *
    #     encoder.weight_ih_l0.v[i, j]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (158) encoder.weight_ih_l0.next[i, j] = encoder.weight_ih_l0[i, j] - optimizer.rate *
    #     encoder.weight_ih_l0.m.next[i, j] / (optimizer.scale * sqrt(encoder.weight_ih_l0.v.next[i, j]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_ih_l0 -= scratch


def clip_norm_adam_64_64(attention_out_proj_weight_m, v, weight, shrink, d_weight, beta1, beta2, rate, scale,
                         eps, shrunk, scratch, scratch_2):
    """attention: clip_norm, adam.

    Writes attention_out_proj_weight_m [64, 64], v [64, 64], weight [64, 64]; reads shrink, d_weight [64, 64],
    beta1, beta2, rate, scale, eps.
    """
    # (147) attention.out_proj.weight.g.shrunk[m, d] = optimizer.shrink * d.attention.out_proj.weight[m, d]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (201) attention.out_proj.weight.m.next[i, d] = (1 - beta1) * attention.out_proj.weight.g.shrunk[i, d] +
    #     beta1 * attention.out_proj.weight.m[i, d]
    attention_out_proj_weight_m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    attention_out_proj_weight_m += scratch
    # (202) attention.out_proj.weight.v.next[i, d] = (1 - beta2) * attention.out_proj.weight.g.shrunk[i, d]**2 +
    #     beta2 * attention.out_proj.weight.v[i, d]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (203) attention.out_proj.weight.next[i, d] = attention.out_proj.weight[i, d] - optimizer.rate *
    #     attention.out_proj.weight.m.next[i, d] / (optimizer.scale * sqrt(attention.out_proj.weight.v.next[i,
    #     d]) + eps)
    np.multiply(float(rate), attention_out_proj_weight_m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_96_32(m, v, weight_hh_l0, shrink, d_weight_hh_l0, beta1, beta2, rate, scale, eps, shrunk,
                         scratch, scratch_2):
    """encoder: clip_norm, adam.

    Writes m [96, 32], v [96, 32], weight_hh_l0 [96, 32]; reads shrink, d_weight_hh_l0 [96, 32], beta1, beta2,
    rate, scale, eps.
    For (137) (171) (172) (173) too.
    """
    # (133) encoder.weight_hh_l0.g.shrunk[i, k] = optimizer.shrink * d.encoder.weight_hh_l0[i, k]
    np.multiply(float(shrink), d_weight_hh_l0, out=shrunk)
    # (159) encoder.weight_hh_l0.m.next[i, k] = (1 - beta1) * encoder.weight_hh_l0.g.shrunk[i, k] + beta1 *
    #     encoder.weight_hh_l0.m[i, k]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (160) encoder.weight_hh_l0.v.next[i, k] = (1 - beta2) * encoder.weight_hh_l0.g.shrunk[i, k]**2 + beta2 *
    #     encoder.weight_hh_l0.v[i, k]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (161) encoder.weight_hh_l0.next[i, k] = encoder.weight_hh_l0[i, k] - optimizer.rate *
    #     encoder.weight_hh_l0.m.next[i, k] / (optimizer.scale * sqrt(encoder.weight_hh_l0.v.next[i, k]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight_hh_l0 -= scratch


def clip_norm_adam_11_64(m, written_weight_v, weight, shrink, d_weight, beta1, beta2, rate, scale, eps, shrunk,
                         scratch, scratch_2):
    """written: clip_norm, adam.

    Writes m [11, 64], written_weight_v [11, 64], weight [11, 64]; reads shrink, d_weight [11, 64], beta1,
    beta2, rate, scale, eps.
    """
    # (140) written.weight.g.shrunk[v, d] = optimizer.shrink * d.written.weight[v, d]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (180) written.weight.m.next[i, d] = (1 - beta1) * written.weight.g.shrunk[i, d] + beta1 *
    #     written.weight.m[i, d]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (181) written.weight.v.next[i, d] = (1 - beta2) * written.weight.g.shrunk[i, d]**2 + beta2 *
    #     written.weight.v[i, d]
    written_weight_v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    written_weight_v += scratch
    # (182) written.weight.next[i, d] = written.weight[i, d] - optimizer.rate * written.weight.m.next[i, d] /
    #     (optimizer.scale * sqrt(written.weight.v.next[i, d]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(written_weight_v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_10_64(m, read_weight_v, weight, shrink, d_weight, beta1, beta2, rate, scale, eps, shrunk,
                         scratch, scratch_2):
    """read: clip_norm, adam.

    Writes m [10, 64], read_weight_v [10, 64], weight [10, 64]; reads shrink, d_weight [10, 64], beta1, beta2,
    rate, scale, eps.
    For (151) (213) (214) (215) too.
    """
    # (131) read.weight.g.shrunk[v, d] = optimizer.shrink * d.read.weight[v, d]
    np.multiply(float(shrink), d_weight, out=shrunk)
    # (153) read.weight.m.next[i, d] = (1 - beta1) * read.weight.g.shrunk[i, d] + beta1 * read.weight.m[i, d]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (154) read.weight.v.next[i, d] = (1 - beta2) * read.weight.g.shrunk[i, d]**2 + beta2 * read.weight.v[i, d]
    read_weight_v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    read_weight_v += scratch
    # (155) read.weight.next[i, d] = read.weight[i, d] - optimizer.rate * read.weight.m.next[i, d] /
    #     (optimizer.scale * sqrt(read.weight.v.next[i, d]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(read_weight_v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    weight -= scratch


def clip_norm_adam_192(m, v, bias_ih_l0, shrink, d_bias_ih_l0, beta1, beta2, rate, scale, eps, shrunk, scratch,
                       scratch_2):
    """decoder: clip_norm, adam.

    Writes m [192], v [192], bias_ih_l0 [192]; reads shrink, d_bias_ih_l0 [192], beta1, beta2, rate, scale, eps.
    For (144) (192) (193) (194), (146) (198) (199) (200) too.
    """
    # (143) decoder.bias_ih_l0.g.shrunk[i] = optimizer.shrink * d.decoder.bias_ih_l0[i]
    np.multiply(float(shrink), d_bias_ih_l0, out=shrunk)
    # (189) decoder.bias_ih_l0.m.next[i] = (1 - beta1) * decoder.bias_ih_l0.g.shrunk[i] + beta1 *
    #     decoder.bias_ih_l0.m[i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (190) decoder.bias_ih_l0.v.next[i] = (1 - beta2) * decoder.bias_ih_l0.g.shrunk[i]**2 + beta2 *
    #     decoder.bias_ih_l0.v[i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (191) decoder.bias_ih_l0.next[i] = decoder.bias_ih_l0[i] - optimizer.rate * decoder.bias_ih_l0.m.next[i] /
    #     (optimizer.scale * sqrt(decoder.bias_ih_l0.v.next[i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias_ih_l0 -= scratch


def clip_norm_adam_96(m, v, bias_ih_l0, shrink, d_bias_ih_l0, beta1, beta2, rate, scale, eps, shrunk, scratch,
                      scratch_2):
    """encoder: clip_norm, adam.

    Writes m [96], v [96], bias_ih_l0 [96]; reads shrink, d_bias_ih_l0 [96], beta1, beta2, rate, scale, eps.
    For (135) (165) (166) (167), (138) (174) (175) (176), (139) (177) (178) (179) too.
    """
    # (134) encoder.bias_ih_l0.g.shrunk[i] = optimizer.shrink * d.encoder.bias_ih_l0[i]
    np.multiply(float(shrink), d_bias_ih_l0, out=shrunk)
    # (162) encoder.bias_ih_l0.m.next[i] = (1 - beta1) * encoder.bias_ih_l0.g.shrunk[i] + beta1 *
    #     encoder.bias_ih_l0.m[i]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (163) encoder.bias_ih_l0.v.next[i] = (1 - beta2) * encoder.bias_ih_l0.g.shrunk[i]**2 + beta2 *
    #     encoder.bias_ih_l0.v[i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (164) encoder.bias_ih_l0.next[i] = encoder.bias_ih_l0[i] - optimizer.rate * encoder.bias_ih_l0.m.next[i] /
    #     (optimizer.scale * sqrt(encoder.bias_ih_l0.v.next[i]) + eps)
    np.multiply(float(rate), m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias_ih_l0 -= scratch


def clip_norm_adam_64(attention_out_proj_bias_m, v, bias, shrink, d_bias, beta1, beta2, rate, scale, eps,
                      shrunk, scratch, scratch_2):
    """attention: clip_norm, adam.

    Writes attention_out_proj_bias_m [64], v [64], bias [64]; reads shrink, d_bias [64], beta1, beta2, rate,
    scale, eps.
    For (150) (210) (211) (212) too.
    """
    # (148) attention.out_proj.bias.g.shrunk[m] = optimizer.shrink * d.attention.out_proj.bias[m]
    np.multiply(float(shrink), d_bias, out=shrunk)
    # (204) attention.out_proj.bias.m.next[i] = (1 - beta1) * attention.out_proj.bias.g.shrunk[i] + beta1 *
    #     attention.out_proj.bias.m[i]
    attention_out_proj_bias_m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    attention_out_proj_bias_m += scratch
    # (205) attention.out_proj.bias.v.next[i] = (1 - beta2) * attention.out_proj.bias.g.shrunk[i]**2 + beta2 *
    #     attention.out_proj.bias.v[i]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (206) attention.out_proj.bias.next[i] = attention.out_proj.bias[i] - optimizer.rate *
    #     attention.out_proj.bias.m.next[i] / (optimizer.scale * sqrt(attention.out_proj.bias.v.next[i]) + eps)
    np.multiply(float(rate), attention_out_proj_bias_m, out=scratch)
    np.sqrt(v, out=scratch_2)
    scratch_2 *= float(scale)
    scratch_2 += float(eps)
    scratch /= scratch_2
    bias -= scratch


def clip_norm_adam_10(m, v, bias, shrink, d_bias, beta1, beta2, rate, scale, eps, shrunk, scratch, scratch_2):
    """head: clip_norm, adam.

    Writes m [10], v [10], bias [10]; reads shrink, d_bias [10], beta1, beta2, rate, scale, eps.
    """
    # (152) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
    np.multiply(float(shrink), d_bias, out=shrunk)
    # (216) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
    m *= float(beta1)
    np.multiply(float(1.0 - beta1), shrunk, out=scratch)
    m += scratch
    # (217) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
    v *= float(beta2)
    np.square(shrunk, out=scratch)
    scratch *= float(1.0 - beta2)
    v += scratch
    # (218) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale *
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
            "parameters": np.zeros(70666, real) if parameters is None else parameters,
            "gradients": np.zeros(70666, real) if gradients is None else gradients,
            "states": np.zeros(141338, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.003, 1e-08, 1.0, 0.9, 0.999, 6000.0, 0.0], np.float64) if settings is None else settings,
        }
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost."""
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(32 + 15872 * capacity, real)
        self.blocks["indices"] = np.zeros(520 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(36864 + 1792 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, source, shifted):
        """Compute the outputs."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        a = self._arrays("forward", batch)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_96(a.encoder_v0, a.encoder_h0, a.encoder_bias_hh_l0, a.encoder_u0, a.r0, a.z0, a.n0, 0)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32(a.encoder_n0, a.encoder_u0, a.encoder_v0, a.r0, t)  # (4) (6)
            gru_32_v2(a.encoder_h0, a.encoder_u0, a.encoder_v0, a.encoder_n0, a.r0, a.z0, t)  # (5) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        # (9) (10) (11) (12) (13)
        gru_96_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_bias_hh_l0_reverse, a.encoder_u0b, a.r0, a.z0, a.n0, 7)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v3(a.encoder_n0b, a.encoder_u0b, a.encoder_v0b, a.r0, t)  # (10) (12)
            gru_32_v4(a.encoder_h0b, a.encoder_u0b, a.encoder_v0b, a.encoder_n0b, a.r0, a.z0, t)  # (11) (13)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u0, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        # (17) (18) (19) (20) (21)
        gru_192(a.decoder_v0, a.decoder_h0, a.decoder_bias_hh_l0, a.decoder_u0, a.r0_2, a.z0_2, a.n0_2, 0)
        for t in range(1, 8):
            gru_192_64(a.decoder_v0, a.decoder_h0, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            gru_64(a.decoder_n0, a.decoder_u0, a.decoder_v0, a.r0_2, t)  # (18) (20)
            gru_64_v2(a.decoder_h0, a.decoder_u0, a.decoder_v0, a.decoder_n0, a.r0_2, a.z0_2, t)  # (19) (21)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_e2, a.attention_p, a.attention_s, a.m, a.scale)  # (27) (28) (29) (30)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_8_64_8(a.attention_v, a.attention_p, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, source, shifted, target):
        """Compute the loss; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        a = self._arrays("loss", batch)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        # (3) (4) (5) (6) (7)
        gru_96(a.encoder_v0, a.encoder_h0, a.encoder_bias_hh_l0, a.encoder_u0, a.r0, a.z0, a.n0, 0)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32(a.encoder_n0, a.encoder_u0, a.encoder_v0, a.r0, t)  # (4) (6)
            gru_32_v2(a.encoder_h0, a.encoder_u0, a.encoder_v0, a.encoder_n0, a.r0, a.z0, t)  # (5) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        # (9) (10) (11) (12) (13)
        gru_96_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_bias_hh_l0_reverse, a.encoder_u0b, a.r0, a.z0, a.n0, 7)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v3(a.encoder_n0b, a.encoder_u0b, a.encoder_v0b, a.r0, t)  # (10) (12)
            gru_32_v4(a.encoder_h0b, a.encoder_u0b, a.encoder_v0b, a.encoder_n0b, a.r0, a.z0, t)  # (11) (13)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u0, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        # (17) (18) (19) (20) (21)
        gru_192(a.decoder_v0, a.decoder_h0, a.decoder_bias_hh_l0, a.decoder_u0, a.r0_2, a.z0_2, a.n0_2, 0)
        for t in range(1, 8):
            gru_192_64(a.decoder_v0, a.decoder_h0, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            gru_64(a.decoder_n0, a.decoder_u0, a.decoder_v0, a.r0_2, t)  # (18) (20)
            gru_64_v2(a.decoder_h0, a.decoder_u0, a.decoder_v0, a.decoder_n0, a.r0_2, a.z0_2, t)  # (19) (21)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_e2, a.attention_p, a.attention_s, a.m, a.scale)  # (27) (28) (29) (30)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_8_64_8(a.attention_v, a.attention_p, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_8_10(a.loss_m, a.loss_e, a.loss_S, a.head)  # (37) (38) (39)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch, a.index, a.scratch_2,
                        a.positions, batch)  # (41)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, source, shifted, target):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        a = self._arrays("gradients", batch)
        d_weight_11_64(a.d_written_weight)  # (79)
        d_weight_10_64(a.d_read_weight)  # (102)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        gru_96_v3(a.encoder_v0, a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_bias_hh_l0,
                  a.encoder_u0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32_v5(a.encoder_r0, a.encoder_n0, a.encoder_u0, a.encoder_v0, t)  # (4) (6)
            gru_32_v6(a.encoder_z0, a.encoder_h0, a.encoder_u0, a.encoder_v0, a.encoder_n0, a.r0, t)  # (5) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v4(a.encoder_v0b, a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b,
                  a.encoder_bias_hh_l0_reverse, a.encoder_u0b, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v7(a.encoder_r0b, a.encoder_n0b, a.encoder_u0b, a.encoder_v0b, t)  # (10) (12)
            # (11) (13)
            gru_32_v8(a.encoder_z0b, a.encoder_h0b, a.encoder_u0b, a.encoder_v0b, a.encoder_n0b, a.r0, t)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u0, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        gru_192_v2(a.decoder_v0, a.decoder_r0, a.decoder_z0, a.decoder_n0, a.decoder_h0, a.decoder_bias_hh_l0,
                   a.decoder_u0, 0)  # (17) (18) (19) (20) (21)
        for t in range(1, 8):
            gru_192_64(a.decoder_v0, a.decoder_h0, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            gru_64_v3(a.decoder_r0, a.decoder_n0, a.decoder_u0, a.decoder_v0, t)  # (18) (20)
            # (19) (21)
            gru_64_v4(a.decoder_z0, a.decoder_h0, a.decoder_u0, a.decoder_v0, a.decoder_n0, a.r0_2, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_e2, a.attention_p, a.attention_s, a.m, a.scale)  # (27) (28) (29) (30)
        attention_8_64_8(a.attention_v, a.attention_p, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_d_head_8_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, target, a.scratch,
                                  a.scratch_3, a.j, batch)  # (37) (38) (39) (40) (42)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch, a.index, a.scratch_2,
                        a.positions, batch)  # (41)
        d_weight_10_64_8(a.d_head_weight, a.d_head, a.mixed)  # (43)
        d_bias_10_8(a.d_head_bias, a.d_head)  # (44)
        d_z_8_64_10(a.mixed, a.d_head, a.head_weight, a.scratch_4)  # (45)
        d_weight_64_128_8(a.d_mixed_weight, a.mixed, a.both)  # (46)
        d_bias_64_8(a.d_mixed_bias, a.mixed)  # (47)
        d_both_8_128_64(a.d_both, a.mixed, a.mixed_weight)  # (48)
        d_weight_64_64_8(a.d_attention_out_proj_weight, a.d_both, a.attention_v)  # (49)
        d_bias_64_8_v2(a.d_attention_out_proj_bias, a.d_both)  # (50)
        d_v_8_64_64(a.d_attention_v, a.d_both, a.attention_out_proj_weight)  # (51)
        r_8_8_64(a.attention_r, a.d_attention_v, a.attention_u)  # (53)
        r2_d_s_1_8_8(a.d_attention_s, a.d_attention_p, a.attention_p, a.m)  # (55) (56)
        d_u_8_64_8(a.d_attention_u, a.attention_p, a.d_attention_v)  # (52)
        d_q_8_64_8(a.d_attention_q, a.d_attention_s, a.attention_k)  # (57)
        d_decoder_8_64_64(a.d_decoder, a.d_attention_q, a.attention_in_proj_weight, a.d_both)  # (67)
        d_k_8_64_8(a.d_attention_k, a.d_attention_s, a.attention_q)  # (58)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8(a.d_attention_in_proj_weight, a.d_attention_q, a.decoder)
        r5_r6_d_in_proj_bias_64_8(a.d_attention_in_proj_bias, a.d_attention_q)  # (64) (65) (66)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v2(a.d_attention_in_proj_weight, a.d_attention_k, a.encoder)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v3(a.d_attention_in_proj_weight, a.d_attention_u, a.encoder)
        r5_r6_d_in_proj_bias_64_8_v2(a.d_attention_in_proj_bias, a.d_attention_k)  # (64) (65) (66)
        r5_r6_d_in_proj_bias_64_8_v3(a.d_attention_in_proj_bias, a.d_attention_u)  # (64) (65) (66)
        r_64_8_64(a.encoder_r, a.d_attention_u, a.attention_in_proj_weight, a.scratch_5)  # (59)
        d_encoder_8_64_64(a.d_encoder, a.d_attention_k, a.attention_in_proj_weight, a.encoder_r)  # (60)
        d_h0_d_n0_d_z0_d_r0_64(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0, a.d_decoder_v0,
                               a.d_decoder, a.decoder_z0, a.decoder_h0, a.decoder_n0, a.decoder_v0,
                               a.decoder_u0, a.decoder_r0, a.r0_2, a.z0_2, 7)  # (68) (69) (70) (71) (72)
        for t in range(6, 0, -1):
            # (68) (69) (70) (71)
            d_h0_d_n0_d_z0_d_r0_64_192(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0,
                                       a.d_decoder_v0, a.decoder_weight_hh_l0, a.decoder_z0, a.d_decoder,
                                       a.decoder_h0, a.decoder_n0, a.decoder_v0, a.r0_2, t)
            d_v0_64(a.d_decoder_v0, a.d_decoder_r0, a.decoder_u0, a.decoder_v0, a.d_decoder_z0, a.decoder_r0,
                    a.d_decoder_n0, a.r0_2, a.z0_2, t)  # (72)
        d_h0_d_n0_d_z0_d_r0_64_192_v2(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0,
                                      a.d_decoder_v0, a.decoder_weight_hh_l0, a.decoder_z0, a.d_decoder,
                                      a.decoder_n0, a.decoder_v0, a.r0_2, 0)  # (68) (69) (70) (71)
        d_v0_64_v2(a.d_decoder_v0, a.d_decoder_r0, a.decoder_u0, a.decoder_v0, a.d_decoder_z0, a.decoder_r0,
                   a.d_decoder_n0, a.r0_2, a.z0_2, 0)  # (72)
        d_u0_8_64(a.decoder_v0, a.d_decoder_r0, a.decoder_u0, a.d_decoder_z0, a.decoder_r0, a.d_decoder_n0,
                  a.scratch_4)  # (75)
        # (73)
        d_weight_hh_l0_192_64_7(a.d_decoder_weight_hh_l0, a.d_decoder_v0, a.decoder_h0, a.scratch_6, a.scratch_7)
        d_bias_hh_l0_192_8(a.d_decoder_bias_hh_l0, a.d_decoder_v0)  # (74)
        d_weight_ih_l0_192_64_8(a.d_decoder_weight_ih_l0, a.decoder_v0, a.written)  # (76)
        d_bias_hh_l0_192_8(a.d_decoder_bias_ih_l0, a.decoder_v0)  # (77)
        d_written_8_64_192(a.d_written, a.decoder_v0, a.decoder_weight_ih_l0)  # (78)
        d_weight_64_8(a.d_written_weight, a.d_written, shifted, a.scratch_5, a.index_2, a.index_3, a.d)  # (79)
        d_h0_d_n0_d_z0_d_r0_32(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0, a.d_encoder_v0,
                               a.d_encoder, a.encoder_z0, a.encoder_h0, a.encoder_n0, a.encoder_v0,
                               a.encoder_u0, a.encoder_r0, a.r0, a.z0, 7)  # (80) (81) (82) (83) (84)
        for t in range(6, 0, -1):
            d_h0_d_n0_d_z0_d_r0_32_96(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                      a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                      a.encoder_h0, a.encoder_n0, a.encoder_v0, a.r0, t)  # (80) (81) (82) (83)
            d_v0_32(a.d_encoder_v0, a.d_encoder_r0, a.encoder_u0, a.encoder_v0, a.d_encoder_z0, a.encoder_r0,
                    a.d_encoder_n0, a.r0, a.z0, t)  # (84)
        d_h0_d_n0_d_z0_d_r0_32_96_v2(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                     a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                     a.encoder_n0, a.encoder_v0, a.r0, 0)  # (80) (81) (82) (83)
        d_v0_32_v2(a.d_encoder_v0, a.d_encoder_r0, a.encoder_u0, a.encoder_v0, a.d_encoder_z0, a.encoder_r0,
                   a.d_encoder_n0, a.r0, a.z0, 0)  # (84)
        d_u0_8_32(a.encoder_v0, a.d_encoder_r0, a.encoder_u0, a.d_encoder_z0, a.encoder_r0, a.d_encoder_n0,
                  a.scratch_8)  # (97)
        # (95)
        d_weight_hh_l0_96_32_7(a.d_encoder_weight_hh_l0, a.d_encoder_v0, a.encoder_h0, a.scratch_9, a.scratch_10)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0, a.d_encoder_v0)  # (96)
        d_weight_ih_l0_96_64_8(a.d_encoder_weight_ih_l0, a.encoder_v0, a.read)  # (98)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0, a.encoder_v0)  # (99)
        # (85) (86) (87) (88) (89)
        d_h0b_d_n0b_d_z0b_d_r0b_32(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                   a.d_encoder_v0b, a.d_encoder, a.encoder_z0b, a.encoder_h0b, a.encoder_n0b,
                                   a.encoder_v0b, a.encoder_u0b, a.encoder_r0b, a.r0, a.z0, 0)
        for t in range(1, 7):
            # (85) (86) (87) (88)
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                          a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                          a.d_encoder, a.encoder_h0b, a.encoder_n0b, a.encoder_v0b, a.r0, t)
            d_v0_32(a.d_encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.encoder_v0b, a.d_encoder_z0b,
                    a.encoder_r0b, a.d_encoder_n0b, a.r0, a.z0, t)  # (89)
        # (85) (86) (87) (88)
        d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                         a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                         a.d_encoder, a.encoder_n0b, a.encoder_v0b, a.r0, 7)
        d_v0b_32(a.d_encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.encoder_v0b, a.d_encoder_z0b, a.encoder_r0b,
                 a.d_encoder_n0b, a.r0, a.z0, 7)  # (89)
        d_u0_8_32(a.encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.d_encoder_z0b, a.encoder_r0b,
                  a.d_encoder_n0b, a.scratch_8)  # (92)
        d_weight_ih_l0_96_64_8(a.d_encoder_weight_ih_l0_reverse, a.encoder_v0b, a.read)  # (93)
        d_weight_hh_l0_reverse_96_32_7(a.d_encoder_weight_hh_l0_reverse, a.d_encoder_v0b, a.encoder_h0b,
                                       a.scratch_9, a.scratch_10)  # (90)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0_reverse, a.d_encoder_v0b)  # (91)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0_reverse, a.encoder_v0b)  # (94)
        r_64_8_96(a.read_r, a.encoder_v0b, a.encoder_weight_ih_l0_reverse, a.scratch_5)  # (100)
        d_read_8_64_96(a.d_read, a.encoder_v0, a.encoder_weight_ih_l0, a.read_r)  # (101)
        d_weight_64_8_v2(a.d_read_weight, a.d_read, source, a.scratch_5, a.index_2, a.index_3, a.d)  # (102)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, source, shifted, target):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(source)[0]
        source = as_input(source, "source", np.int32, (batch, 8))
        shifted = as_input(shifted, "shifted", np.int32, (batch, 8))
        target = as_input(target, "target", np.int32, (batch, 8))
        a = self._arrays("step", batch)
        d_weight_11_64(a.d_written_weight)  # (79)
        d_weight_10_64(a.d_read_weight)  # (102)
        cosine_schedule_adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.steps, a.lr, a.min_lr,
                                            a.beta1, a.beta2)  # (103) (104) (105) (106)
        embedding_8_64(a.read, a.read_weight, source, a.index)  # (1)
        gru_8_96_64(a.encoder_u0, a.read, a.encoder_weight_ih_l0, a.encoder_bias_ih_l0)  # (2)
        gru_96_v3(a.encoder_v0, a.encoder_r0, a.encoder_z0, a.encoder_n0, a.encoder_h0, a.encoder_bias_hh_l0,
                  a.encoder_u0, 0)  # (3) (4) (5) (6) (7)
        for t in range(1, 8):
            gru_96_32(a.encoder_v0, a.encoder_h0, a.encoder_weight_hh_l0, a.encoder_bias_hh_l0, t)  # (3)
            gru_32_v5(a.encoder_r0, a.encoder_n0, a.encoder_u0, a.encoder_v0, t)  # (4) (6)
            gru_32_v6(a.encoder_z0, a.encoder_h0, a.encoder_u0, a.encoder_v0, a.encoder_n0, a.r0, t)  # (5) (7)
        gru_8_96_64(a.encoder_u0b, a.read, a.encoder_weight_ih_l0_reverse, a.encoder_bias_ih_l0_reverse)  # (8)
        gru_96_v4(a.encoder_v0b, a.encoder_r0b, a.encoder_z0b, a.encoder_n0b, a.encoder_h0b,
                  a.encoder_bias_hh_l0_reverse, a.encoder_u0b, 7)  # (9) (10) (11) (12) (13)
        for t in range(6, -1, -1):
            gru_96_32_v2(a.encoder_v0b, a.encoder_h0b, a.encoder_weight_hh_l0_reverse,
                         a.encoder_bias_hh_l0_reverse, t)  # (9)
            gru_32_v7(a.encoder_r0b, a.encoder_n0b, a.encoder_u0b, a.encoder_v0b, t)  # (10) (12)
            # (11) (13)
            gru_32_v8(a.encoder_z0b, a.encoder_h0b, a.encoder_u0b, a.encoder_v0b, a.encoder_n0b, a.r0, t)
        gru_8_32(a.encoder, a.encoder_h0, a.encoder_h0b)  # (14)
        embedding_8_64_v2(a.written, a.written_weight, shifted, a.index)  # (15)
        gru_8_192_64(a.decoder_u0, a.written, a.decoder_weight_ih_l0, a.decoder_bias_ih_l0)  # (16)
        gru_192_v2(a.decoder_v0, a.decoder_r0, a.decoder_z0, a.decoder_n0, a.decoder_h0, a.decoder_bias_hh_l0,
                   a.decoder_u0, 0)  # (17) (18) (19) (20) (21)
        for t in range(1, 8):
            gru_192_64(a.decoder_v0, a.decoder_h0, a.decoder_weight_hh_l0, a.decoder_bias_hh_l0, t)  # (17)
            gru_64_v3(a.decoder_r0, a.decoder_n0, a.decoder_u0, a.decoder_v0, t)  # (18) (20)
            # (19) (21)
            gru_64_v4(a.decoder_z0, a.decoder_h0, a.decoder_u0, a.decoder_v0, a.decoder_n0, a.r0_2, t)
        # (23)
        attention_8_64_64(a.attention_q, a.decoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (24)
        attention_8_64_64_v2(a.attention_k, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        # (25)
        attention_8_64_64_v3(a.attention_u, a.encoder, a.attention_in_proj_weight, a.attention_in_proj_bias)
        attention_1_8_8_64(a.attention_s, a.attention_q, a.attention_k)  # (26)
        attention_1_8_8(a.attention_e2, a.attention_p, a.attention_s, a.m, a.scale)  # (27) (28) (29) (30)
        attention_8_64_8(a.attention_v, a.attention_p, a.attention_u)  # (31)
        # (32)
        attention_8_64_64_v4(a.attention, a.attention_v, a.attention_out_proj_weight, a.attention_out_proj_bias)
        concat_8_64(a.both, a.decoder, a.attention)  # (33)
        linear_tanh_8_64_128(a.mixed, a.both, a.mixed_weight, a.mixed_bias)  # (34) (35)
        linear_8_10_64(a.head, a.mixed, a.head_weight, a.head_bias)  # (36)
        cross_entropy_d_head_8_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, target, a.scratch,
                                  a.scratch_3, a.j, batch)  # (37) (38) (39) (40) (42)
        cross_entropy_8(a.loss, a.loss_m, a.head, target, a.loss_S, a.scratch, a.index, a.scratch_2,
                        a.positions, batch)  # (41)
        d_weight_10_64_8(a.d_head_weight, a.d_head, a.mixed)  # (43)
        d_bias_10_8(a.d_head_bias, a.d_head)  # (44)
        d_z_8_64_10(a.mixed, a.d_head, a.head_weight, a.scratch_4)  # (45)
        d_weight_64_128_8(a.d_mixed_weight, a.mixed, a.both)  # (46)
        d_bias_64_8(a.d_mixed_bias, a.mixed)  # (47)
        d_both_8_128_64(a.d_both, a.mixed, a.mixed_weight)  # (48)
        d_weight_64_64_8(a.d_attention_out_proj_weight, a.d_both, a.attention_v)  # (49)
        d_bias_64_8_v2(a.d_attention_out_proj_bias, a.d_both)  # (50)
        d_v_8_64_64(a.d_attention_v, a.d_both, a.attention_out_proj_weight)  # (51)
        r_8_8_64(a.attention_r, a.d_attention_v, a.attention_u)  # (53)
        r2_d_s_1_8_8(a.d_attention_s, a.d_attention_p, a.attention_p, a.m)  # (55) (56)
        d_u_8_64_8(a.d_attention_u, a.attention_p, a.d_attention_v)  # (52)
        d_q_8_64_8(a.d_attention_q, a.d_attention_s, a.attention_k)  # (57)
        d_decoder_8_64_64(a.d_decoder, a.d_attention_q, a.attention_in_proj_weight, a.d_both)  # (67)
        d_k_8_64_8(a.d_attention_k, a.d_attention_s, a.attention_q)  # (58)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8(a.d_attention_in_proj_weight, a.d_attention_q, a.decoder)
        r5_r6_d_in_proj_bias_64_8(a.d_attention_in_proj_bias, a.d_attention_q)  # (64) (65) (66)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v2(a.d_attention_in_proj_weight, a.d_attention_k, a.encoder)
        # (61) (62) (63)
        r3_r4_d_in_proj_weight_64_64_8_v3(a.d_attention_in_proj_weight, a.d_attention_u, a.encoder)
        r5_r6_d_in_proj_bias_64_8_v2(a.d_attention_in_proj_bias, a.d_attention_k)  # (64) (65) (66)
        r5_r6_d_in_proj_bias_64_8_v3(a.d_attention_in_proj_bias, a.d_attention_u)  # (64) (65) (66)
        r_64_8_64(a.encoder_r, a.d_attention_u, a.attention_in_proj_weight, a.scratch_5)  # (59)
        d_encoder_8_64_64(a.d_encoder, a.d_attention_k, a.attention_in_proj_weight, a.encoder_r)  # (60)
        d_h0_d_n0_d_z0_d_r0_64(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0, a.d_decoder_v0,
                               a.d_decoder, a.decoder_z0, a.decoder_h0, a.decoder_n0, a.decoder_v0,
                               a.decoder_u0, a.decoder_r0, a.r0_2, a.z0_2, 7)  # (68) (69) (70) (71) (72)
        for t in range(6, 0, -1):
            # (68) (69) (70) (71)
            d_h0_d_n0_d_z0_d_r0_64_192(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0,
                                       a.d_decoder_v0, a.decoder_weight_hh_l0, a.decoder_z0, a.d_decoder,
                                       a.decoder_h0, a.decoder_n0, a.decoder_v0, a.r0_2, t)
            d_v0_64(a.d_decoder_v0, a.d_decoder_r0, a.decoder_u0, a.decoder_v0, a.d_decoder_z0, a.decoder_r0,
                    a.d_decoder_n0, a.r0_2, a.z0_2, t)  # (72)
        d_h0_d_n0_d_z0_d_r0_64_192_v2(a.d_decoder_h0, a.d_decoder_n0, a.d_decoder_z0, a.d_decoder_r0,
                                      a.d_decoder_v0, a.decoder_weight_hh_l0, a.decoder_z0, a.d_decoder,
                                      a.decoder_n0, a.decoder_v0, a.r0_2, 0)  # (68) (69) (70) (71)
        d_v0_64_v2(a.d_decoder_v0, a.d_decoder_r0, a.decoder_u0, a.decoder_v0, a.d_decoder_z0, a.decoder_r0,
                   a.d_decoder_n0, a.r0_2, a.z0_2, 0)  # (72)
        d_u0_8_64(a.decoder_v0, a.d_decoder_r0, a.decoder_u0, a.d_decoder_z0, a.decoder_r0, a.d_decoder_n0,
                  a.scratch_4)  # (75)
        # (73)
        d_weight_hh_l0_192_64_7(a.d_decoder_weight_hh_l0, a.d_decoder_v0, a.decoder_h0, a.scratch_6, a.scratch_7)
        d_bias_hh_l0_192_8(a.d_decoder_bias_hh_l0, a.d_decoder_v0)  # (74)
        d_weight_ih_l0_192_64_8(a.d_decoder_weight_ih_l0, a.decoder_v0, a.written)  # (76)
        d_bias_hh_l0_192_8(a.d_decoder_bias_ih_l0, a.decoder_v0)  # (77)
        d_written_8_64_192(a.d_written, a.decoder_v0, a.decoder_weight_ih_l0)  # (78)
        d_weight_64_8(a.d_written_weight, a.d_written, shifted, a.scratch_5, a.index_2, a.index_3, a.d)  # (79)
        d_h0_d_n0_d_z0_d_r0_32(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0, a.d_encoder_v0,
                               a.d_encoder, a.encoder_z0, a.encoder_h0, a.encoder_n0, a.encoder_v0,
                               a.encoder_u0, a.encoder_r0, a.r0, a.z0, 7)  # (80) (81) (82) (83) (84)
        for t in range(6, 0, -1):
            d_h0_d_n0_d_z0_d_r0_32_96(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                      a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                      a.encoder_h0, a.encoder_n0, a.encoder_v0, a.r0, t)  # (80) (81) (82) (83)
            d_v0_32(a.d_encoder_v0, a.d_encoder_r0, a.encoder_u0, a.encoder_v0, a.d_encoder_z0, a.encoder_r0,
                    a.d_encoder_n0, a.r0, a.z0, t)  # (84)
        d_h0_d_n0_d_z0_d_r0_32_96_v2(a.d_encoder_h0, a.d_encoder_n0, a.d_encoder_z0, a.d_encoder_r0,
                                     a.d_encoder_v0, a.encoder_weight_hh_l0, a.encoder_z0, a.d_encoder,
                                     a.encoder_n0, a.encoder_v0, a.r0, 0)  # (80) (81) (82) (83)
        d_v0_32_v2(a.d_encoder_v0, a.d_encoder_r0, a.encoder_u0, a.encoder_v0, a.d_encoder_z0, a.encoder_r0,
                   a.d_encoder_n0, a.r0, a.z0, 0)  # (84)
        d_u0_8_32(a.encoder_v0, a.d_encoder_r0, a.encoder_u0, a.d_encoder_z0, a.encoder_r0, a.d_encoder_n0,
                  a.scratch_8)  # (97)
        # (95)
        d_weight_hh_l0_96_32_7(a.d_encoder_weight_hh_l0, a.d_encoder_v0, a.encoder_h0, a.scratch_9, a.scratch_10)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0, a.d_encoder_v0)  # (96)
        d_weight_ih_l0_96_64_8(a.d_encoder_weight_ih_l0, a.encoder_v0, a.read)  # (98)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0, a.encoder_v0)  # (99)
        # (85) (86) (87) (88) (89)
        d_h0b_d_n0b_d_z0b_d_r0b_32(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                   a.d_encoder_v0b, a.d_encoder, a.encoder_z0b, a.encoder_h0b, a.encoder_n0b,
                                   a.encoder_v0b, a.encoder_u0b, a.encoder_r0b, a.r0, a.z0, 0)
        for t in range(1, 7):
            # (85) (86) (87) (88)
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                          a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                          a.d_encoder, a.encoder_h0b, a.encoder_n0b, a.encoder_v0b, a.r0, t)
            d_v0_32(a.d_encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.encoder_v0b, a.d_encoder_z0b,
                    a.encoder_r0b, a.d_encoder_n0b, a.r0, a.z0, t)  # (89)
        # (85) (86) (87) (88)
        d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(a.d_encoder_h0b, a.d_encoder_n0b, a.d_encoder_z0b, a.d_encoder_r0b,
                                         a.d_encoder_v0b, a.encoder_weight_hh_l0_reverse, a.encoder_z0b,
                                         a.d_encoder, a.encoder_n0b, a.encoder_v0b, a.r0, 7)
        d_v0b_32(a.d_encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.encoder_v0b, a.d_encoder_z0b, a.encoder_r0b,
                 a.d_encoder_n0b, a.r0, a.z0, 7)  # (89)
        d_u0_8_32(a.encoder_v0b, a.d_encoder_r0b, a.encoder_u0b, a.d_encoder_z0b, a.encoder_r0b,
                  a.d_encoder_n0b, a.scratch_8)  # (92)
        d_weight_ih_l0_96_64_8(a.d_encoder_weight_ih_l0_reverse, a.encoder_v0b, a.read)  # (93)
        d_weight_hh_l0_reverse_96_32_7(a.d_encoder_weight_hh_l0_reverse, a.d_encoder_v0b, a.encoder_h0b,
                                       a.scratch_9, a.scratch_10)  # (90)
        d_bias_hh_l0_96_8(a.d_encoder_bias_hh_l0_reverse, a.d_encoder_v0b)  # (91)
        d_bias_hh_l0_96_8(a.d_encoder_bias_ih_l0_reverse, a.encoder_v0b)  # (94)
        r_64_8_96(a.read_r, a.encoder_v0b, a.encoder_weight_ih_l0_reverse, a.scratch_5)  # (100)
        d_read_8_64_96(a.d_read, a.encoder_v0, a.encoder_weight_ih_l0, a.read_r)  # (101)
        d_weight_64_8_v2(a.d_read_weight, a.d_read, source, a.scratch_5, a.index_2, a.index_3, a.d)  # (102)
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
        # (141) (183) (184) (185)
        clip_norm_adam_192_64(a.decoder_weight_ih_l0_m, a.decoder_weight_ih_l0_v, a.decoder_weight_ih_l0,
                              a.optimizer_shrink, a.d_decoder_weight_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                              a.optimizer_scale, a.eps, a.shrunk, a.scratch_11, a.scratch_12)
        # (142) (186) (187) (188)
        clip_norm_adam_192_64(a.decoder_weight_hh_l0_m, a.decoder_weight_hh_l0_v, a.decoder_weight_hh_l0,
                              a.optimizer_shrink, a.d_decoder_weight_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                              a.optimizer_scale, a.eps, a.shrunk, a.scratch_11, a.scratch_12)
        clip_norm_adam_192_64(a.attention_in_proj_weight_m, a.attention_in_proj_weight_v,
                              a.attention_in_proj_weight, a.optimizer_shrink, a.d_attention_in_proj_weight,
                              a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk,
                              a.scratch_11, a.scratch_12)  # (145) (195) (196) (197)
        clip_norm_adam_64_128(a.mixed_weight_m, a.mixed_weight_v, a.mixed_weight, a.optimizer_shrink,
                              a.d_mixed_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                              a.shrunk_2, a.scratch_13, a.scratch_14)  # (149) (207) (208) (209)
        # (132) (156) (157) (158)
        clip_norm_adam_96_64(a.encoder_weight_ih_l0_m, a.encoder_weight_ih_l0_v, a.encoder_weight_ih_l0,
                             a.optimizer_shrink, a.d_encoder_weight_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                             a.optimizer_scale, a.eps, a.shrunk_3, a.scratch_15, a.scratch_16)
        # (136) (168) (169) (170)
        clip_norm_adam_96_64(a.encoder_weight_ih_l0_reverse_m, a.encoder_weight_ih_l0_reverse_v,
                             a.encoder_weight_ih_l0_reverse, a.optimizer_shrink,
                             a.d_encoder_weight_ih_l0_reverse, a.beta1, a.beta2, a.optimizer_rate,
                             a.optimizer_scale, a.eps, a.shrunk_3, a.scratch_15, a.scratch_16)
        clip_norm_adam_64_64(a.attention_out_proj_weight_m, a.attention_out_proj_weight_v,
                             a.attention_out_proj_weight, a.optimizer_shrink, a.d_attention_out_proj_weight,
                             a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_4,
                             a.scratch_17, a.scratch_18)  # (147) (201) (202) (203)
        # (133) (159) (160) (161)
        clip_norm_adam_96_32(a.encoder_weight_hh_l0_m, a.encoder_weight_hh_l0_v, a.encoder_weight_hh_l0,
                             a.optimizer_shrink, a.d_encoder_weight_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                             a.optimizer_scale, a.eps, a.shrunk_5, a.scratch_19, a.scratch_20)
        # (137) (171) (172) (173)
        clip_norm_adam_96_32(a.encoder_weight_hh_l0_reverse_m, a.encoder_weight_hh_l0_reverse_v,
                             a.encoder_weight_hh_l0_reverse, a.optimizer_shrink,
                             a.d_encoder_weight_hh_l0_reverse, a.beta1, a.beta2, a.optimizer_rate,
                             a.optimizer_scale, a.eps, a.shrunk_5, a.scratch_19, a.scratch_20)
        clip_norm_adam_11_64(a.written_weight_m, a.written_weight_v, a.written_weight, a.optimizer_shrink,
                             a.d_written_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                             a.shrunk_6, a.scratch_21, a.scratch_22)  # (140) (180) (181) (182)
        clip_norm_adam_10_64(a.read_weight_m, a.read_weight_v, a.read_weight, a.optimizer_shrink,
                             a.d_read_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                             a.shrunk_7, a.scratch_23, a.scratch_24)  # (131) (153) (154) (155)
        clip_norm_adam_10_64(a.head_weight_m, a.head_weight_v, a.head_weight, a.optimizer_shrink,
                             a.d_head_weight, a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps,
                             a.shrunk_7, a.scratch_23, a.scratch_24)  # (151) (213) (214) (215)
        # (143) (189) (190) (191)
        clip_norm_adam_192(a.decoder_bias_ih_l0_m, a.decoder_bias_ih_l0_v, a.decoder_bias_ih_l0,
                           a.optimizer_shrink, a.d_decoder_bias_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                           a.optimizer_scale, a.eps, a.shrunk_8, a.scratch_25, a.scratch_26)
        # (144) (192) (193) (194)
        clip_norm_adam_192(a.decoder_bias_hh_l0_m, a.decoder_bias_hh_l0_v, a.decoder_bias_hh_l0,
                           a.optimizer_shrink, a.d_decoder_bias_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                           a.optimizer_scale, a.eps, a.shrunk_8, a.scratch_25, a.scratch_26)
        # (146) (198) (199) (200)
        clip_norm_adam_192(a.attention_in_proj_bias_m, a.attention_in_proj_bias_v, a.attention_in_proj_bias,
                           a.optimizer_shrink, a.d_attention_in_proj_bias, a.beta1, a.beta2, a.optimizer_rate,
                           a.optimizer_scale, a.eps, a.shrunk_8, a.scratch_25, a.scratch_26)
        # (134) (162) (163) (164)
        clip_norm_adam_96(a.encoder_bias_ih_l0_m, a.encoder_bias_ih_l0_v, a.encoder_bias_ih_l0,
                          a.optimizer_shrink, a.d_encoder_bias_ih_l0, a.beta1, a.beta2, a.optimizer_rate,
                          a.optimizer_scale, a.eps, a.shrunk_9, a.scratch_27, a.scratch_28)
        # (135) (165) (166) (167)
        clip_norm_adam_96(a.encoder_bias_hh_l0_m, a.encoder_bias_hh_l0_v, a.encoder_bias_hh_l0,
                          a.optimizer_shrink, a.d_encoder_bias_hh_l0, a.beta1, a.beta2, a.optimizer_rate,
                          a.optimizer_scale, a.eps, a.shrunk_9, a.scratch_27, a.scratch_28)
        clip_norm_adam_96(a.encoder_bias_ih_l0_reverse_m, a.encoder_bias_ih_l0_reverse_v,
                          a.encoder_bias_ih_l0_reverse, a.optimizer_shrink, a.d_encoder_bias_ih_l0_reverse,
                          a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_9,
                          a.scratch_27, a.scratch_28)  # (138) (174) (175) (176)
        clip_norm_adam_96(a.encoder_bias_hh_l0_reverse_m, a.encoder_bias_hh_l0_reverse_v,
                          a.encoder_bias_hh_l0_reverse, a.optimizer_shrink, a.d_encoder_bias_hh_l0_reverse,
                          a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_9,
                          a.scratch_27, a.scratch_28)  # (139) (177) (178) (179)
        # (148) (204) (205) (206)
        clip_norm_adam_64(a.attention_out_proj_bias_m, a.attention_out_proj_bias_v, a.attention_out_proj_bias,
                          a.optimizer_shrink, a.d_attention_out_proj_bias, a.beta1, a.beta2, a.optimizer_rate,
                          a.optimizer_scale, a.eps, a.shrunk_10, a.scratch_29, a.scratch_30)
        clip_norm_adam_64(a.mixed_bias_m, a.mixed_bias_v, a.mixed_bias, a.optimizer_shrink, a.d_mixed_bias,
                          a.beta1, a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_10,
                          a.scratch_29, a.scratch_30)  # (150) (210) (211) (212)
        clip_norm_adam_10(a.head_bias_m, a.head_bias_v, a.head_bias, a.optimizer_shrink, a.d_head_bias, a.beta1,
                          a.beta2, a.optimizer_rate, a.optimizer_scale, a.eps, a.shrunk_11, a.scratch_31,
                          a.scratch_32)  # (152) (216) (217) (218)
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
            arrays.positions = 80 * np.arange(batch, dtype=np.intp)[:, None] + 10 * np.arange(8, dtype=np.intp)
            arrays.j = np.arange(10, dtype=np.int32)
            arrays.d = np.arange(64, dtype=np.intp)
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
