"""The network batchnorm_cnn in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 1, 8, 8] float32
    label [B] int32, 0 ... 9
Parameters
    conv1.weight [16, 1, 3, 3]
    norm1.weight [16]
    norm1.bias [16]
    conv2.weight [32, 16, 3, 3]
    norm2.weight [32]
    norm2.bias [32]
    conv3.weight [32, 32, 3, 3]
    norm3.weight [32]
    norm3.bias [32]
    head.weight [10, 32]
    head.bias [10]
Settings
    seed = 0.0
    lr = 0.003
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from batchnorm_cnn import Network

    net = Network()
    net.parameter_views["conv1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import (
    add, einsum, equal, exp, greater, greater_equal, log, logical_and, matmul, maximum, multiply, reciprocal,
    sqrt, square, subtract, take,
)
from numpy.lib.stride_tricks import as_strided

real = np.float32
B = "B"  # in a shape: the batch size
bits_of_real = np.int32
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("conv1.weight", 0, (16, 1, 3, 3)),
    ("norm1.weight", 144, (16,)),
    ("norm1.bias", 160, (16,)),
    ("conv2.weight", 176, (32, 16, 3, 3)),
    ("norm2.weight", 4784, (32,)),
    ("norm2.bias", 4816, (32,)),
    ("conv3.weight", 4848, (32, 32, 3, 3)),
    ("norm3.weight", 14064, (32,)),
    ("norm3.bias", 14096, (32,)),
    ("head.weight", 14128, (10, 32)),
    ("head.bias", 14448, (10,)),
)
STATES = (
    ("norm1.running_mean", 0, (16,)),
    ("norm1.running_var", 16, (16,)),
    ("norm2.running_mean", 32, (32,)),
    ("norm2.running_var", 64, (32,)),
    ("norm3.running_mean", 96, (32,)),
    ("norm3.running_var", 128, (32,)),
    ("conv1.weight.m", 160, (16, 1, 3, 3)),
    ("norm1.weight.m", 304, (16,)),
    ("norm1.bias.m", 320, (16,)),
    ("conv2.weight.m", 336, (32, 16, 3, 3)),
    ("norm2.weight.m", 4944, (32,)),
    ("norm2.bias.m", 4976, (32,)),
    ("conv3.weight.m", 5008, (32, 32, 3, 3)),
    ("norm3.weight.m", 14224, (32,)),
    ("norm3.bias.m", 14256, (32,)),
    ("head.weight.m", 14288, (10, 32)),
    ("head.bias.m", 14608, (10,)),
    ("conv1.weight.v", 14624, (16, 1, 3, 3)),
    ("norm1.weight.v", 14768, (16,)),
    ("norm1.bias.v", 14784, (16,)),
    ("conv2.weight.v", 14800, (32, 16, 3, 3)),
    ("norm2.weight.v", 19408, (32,)),
    ("norm2.bias.v", 19440, (32,)),
    ("conv3.weight.v", 19472, (32, 32, 3, 3)),
    ("norm3.weight.v", 28688, (32,)),
    ("norm3.bias.v", 28720, (32,)),
    ("head.weight.v", 28752, (10, 32)),
    ("head.bias.v", 29072, (10,)),
)
FIXED = (
    ("conv1_weight", "parameters", real, 0, 0, (16, 1, 3, 3)),
    ("norm1_weight", "parameters", real, 0, 144, (16,)),
    ("norm1_bias", "parameters", real, 0, 160, (16,)),
    ("conv2_weight", "parameters", real, 0, 176, (32, 16, 3, 3)),
    ("norm2_weight", "parameters", real, 0, 4784, (32,)),
    ("norm2_bias", "parameters", real, 0, 4816, (32,)),
    ("conv3_weight", "parameters", real, 0, 4848, (32, 32, 3, 3)),
    ("norm3_weight", "parameters", real, 0, 14064, (32,)),
    ("norm3_bias", "parameters", real, 0, 14096, (32,)),
    ("head_weight", "parameters", real, 0, 14128, (10, 32)),
    ("head_bias", "parameters", real, 0, 14448, (10,)),
    ("norm1_running_mean", "states", real, 0, 0, (16,)),
    ("norm1_running_var", "states", real, 0, 16, (16,)),
    ("norm2_running_mean", "states", real, 0, 32, (32,)),
    ("norm2_running_var", "states", real, 0, 64, (32,)),
    ("norm3_running_mean", "states", real, 0, 96, (32,)),
    ("norm3_running_var", "states", real, 0, 128, (32,)),
    ("conv1_weight_m", "states", real, 0, 160, (16, 1, 3, 3)),
    ("norm1_weight_m", "states", real, 0, 304, (16,)),
    ("norm1_bias_m", "states", real, 0, 320, (16,)),
    ("conv2_weight_m", "states", real, 0, 336, (32, 16, 3, 3)),
    ("norm2_weight_m", "states", real, 0, 4944, (32,)),
    ("norm2_bias_m", "states", real, 0, 4976, (32,)),
    ("conv3_weight_m", "states", real, 0, 5008, (32, 32, 3, 3)),
    ("norm3_weight_m", "states", real, 0, 14224, (32,)),
    ("norm3_bias_m", "states", real, 0, 14256, (32,)),
    ("head_weight_m", "states", real, 0, 14288, (10, 32)),
    ("head_bias_m", "states", real, 0, 14608, (10,)),
    ("conv1_weight_v", "states", real, 0, 14624, (16, 1, 3, 3)),
    ("norm1_weight_v", "states", real, 0, 14768, (16,)),
    ("norm1_bias_v", "states", real, 0, 14784, (16,)),
    ("conv2_weight_v", "states", real, 0, 14800, (32, 16, 3, 3)),
    ("norm2_weight_v", "states", real, 0, 19408, (32,)),
    ("norm2_bias_v", "states", real, 0, 19440, (32,)),
    ("conv3_weight_v", "states", real, 0, 19472, (32, 32, 3, 3)),
    ("norm3_weight_v", "states", real, 0, 28688, (32,)),
    ("norm3_bias_v", "states", real, 0, 28720, (32,)),
    ("head_weight_v", "states", real, 0, 28752, (10, 32)),
    ("head_bias_v", "states", real, 0, 29072, (10,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("seed", "settings", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 1, ()),
    ("eps", "settings", np.float64, 0, 2, ()),
    ("beta1", "settings", np.float64, 0, 3, ()),
    ("beta2", "settings", np.float64, 0, 4, ()),
    ("d_conv1_weight", "gradients", real, 0, 0, (16, 1, 3, 3)),
    ("d_norm1_weight", "gradients", real, 0, 144, (16,)),
    ("d_norm1_bias", "gradients", real, 0, 160, (16,)),
    ("d_conv2_weight", "gradients", real, 0, 176, (32, 16, 3, 3)),
    ("d_norm2_weight", "gradients", real, 0, 4784, (32,)),
    ("d_norm2_bias", "gradients", real, 0, 4816, (32,)),
    ("d_conv3_weight", "gradients", real, 0, 4848, (32, 32, 3, 3)),
    ("d_norm3_weight", "gradients", real, 0, 14064, (32,)),
    ("d_norm3_bias", "gradients", real, 0, 14096, (32,)),
    ("d_head_weight", "gradients", real, 0, 14128, (10, 32)),
    ("d_head_bias", "gradients", real, 0, 14448, (10,)),
    ("gradients", "gradients", real, 0, 0, (14458,)),
    ("m", "states", real, 0, 160, (14458,)),
    ("v", "states", real, 0, 14624, (14458,)),
    ("parameters", "parameters", real, 0, 0, (14458,)),
)
WORKSPACE = {
    "forward": (
        ("x_padded", "workspace", real, 1, 0, (B, 1, 10, 10)),
        ("norm1_u_inference", "workspace", real, 1, 1296, (B, 16, 8, 8)),
        ("norm1_r_inference", "workspace", real, 0, 0, (16,)),
        ("norm1_inference", "workspace", real, 1, 2320, (B, 16, 8, 8)),
        ("norm1_inference_padded", "workspace", real, 1, 0, (B, 16, 9, 9)),
        ("norm2_u_inference", "workspace", real, 1, 1296, (B, 32, 4, 4)),
        ("norm2_r_inference", "workspace", real, 0, 0, (32,)),
        ("norm2_inference", "workspace", real, 1, 1808, (B, 32, 4, 4)),
        ("norm2_inference_padded", "workspace", real, 1, 0, (B, 32, 6, 6)),
        ("norm3_u_inference", "workspace", real, 1, 1152, (B, 32, 4, 4)),
        ("norm3_r_inference", "workspace", real, 0, 0, (32,)),
        ("norm3_inference", "workspace", real, 1, 0, (B, 32, 4, 4)),
        ("pool_inference", "workspace", real, 1, 512, (B, 32)),
        ("head_inference", "workspace", real, 1, 0, (B, 10)),
    ),
    "loss": (
        ("x_padded", "workspace", real, 1, 0, (B, 1, 10, 10)),
        ("norm1_u_inference", "workspace", real, 1, 1296, (B, 16, 8, 8)),
        ("norm1_r_inference", "workspace", real, 0, 0, (16,)),
        ("norm1_inference", "workspace", real, 1, 2320, (B, 16, 8, 8)),
        ("norm1_inference_padded", "workspace", real, 1, 0, (B, 16, 9, 9)),
        ("norm2_u_inference", "workspace", real, 1, 1296, (B, 32, 4, 4)),
        ("norm2_r_inference", "workspace", real, 0, 0, (32,)),
        ("norm2_inference", "workspace", real, 1, 1808, (B, 32, 4, 4)),
        ("norm2_inference_padded", "workspace", real, 1, 0, (B, 32, 6, 6)),
        ("norm3_u_inference", "workspace", real, 1, 1152, (B, 32, 4, 4)),
        ("norm3_r_inference", "workspace", real, 0, 0, (32,)),
        ("norm3_inference", "workspace", real, 1, 0, (B, 32, 4, 4)),
        ("pool_inference", "workspace", real, 1, 512, (B, 32)),
        ("head_inference", "workspace", real, 1, 0, (B, 10)),
        ("loss_m2", "workspace", real, 1, 33, (B,)),
        ("loss_e_inference", "workspace", real, 1, 16, (B, 10)),
        ("loss_S_inference", "workspace", real, 1, 32, (B,)),
        ("loss_inference", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("x_padded", "workspace", real, 1, 7056, (B, 1, 10, 10)),
        ("conv1", "workspace", real, 1, 0, (B, 16, 8, 8)),
        ("norm1_m", "workspace", real, 0, 0, (16,)),
        ("norm1_u", "workspace", real, 1, 1296, (B, 16, 8, 8)),
        ("norm1_r", "workspace", real, 0, 50208, (16,)),
        ("norm1_n", "workspace", real, 1, 2448, (B, 16, 8, 8)),
        ("norm1", "workspace", real, 1, 3472, (B, 16, 8, 8)),
        ("norm1_padded", "workspace", real, 1, 0, (B, 16, 9, 9)),
        ("conv2", "workspace", real, 1, 1296, (B, 32, 4, 4)),
        ("norm2_m", "workspace", real, 0, 0, (32,)),
        ("norm2_u", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("norm2_r", "workspace", real, 0, 50176, (32,)),
        ("norm2_n", "workspace", real, 1, 5008, (B, 32, 4, 4)),
        ("norm2", "workspace", real, 1, 4496, (B, 32, 4, 4)),
        ("norm2_padded", "workspace", real, 1, 1296, (B, 32, 6, 6)),
        ("conv3", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("norm3_m", "workspace", real, 0, 0, (32,)),
        ("norm3_u", "workspace", real, 1, 6544, (B, 32, 4, 4)),
        ("norm3_r", "workspace", real, 0, 0, (32,)),
        ("norm3_n", "workspace", real, 1, 6032, (B, 32, 4, 4)),
        ("norm3", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("drop", "workspace", real, 1, 7168, (B, 32)),
        ("head", "workspace", real, 1, 6544, (B, 10)),
        ("loss_m", "workspace", real, 1, 6593, (B,)),
        ("loss_e", "workspace", real, 1, 6560, (B, 10)),
        ("loss_S", "workspace", real, 1, 6592, (B,)),
        ("d_head", "workspace", real, 1, 6576, (B, 10)),
        ("loss", "workspace", real, 0, 50224, ()),
        ("norm3_r2", "workspace", real, 1, 6544, (B, 32)),
        ("conv3_weight_padded", "workspace", real, 0, 0, (32, 32, 7, 7)),
        ("d_conv2_padded", "workspace", real, 1, 1296, (B, 32, 5, 5)),
        ("d_norm1_z", "workspace", real, 1, 0, (B, 16, 8, 8)),
    ),
    "input_gradients": (
        ("x_padded", "workspace", real, 1, 7056, (B, 1, 10, 10)),
        ("conv1", "workspace", real, 1, 0, (B, 16, 8, 8)),
        ("norm1_m", "workspace", real, 0, 0, (16,)),
        ("norm1_u", "workspace", real, 1, 1296, (B, 16, 8, 8)),
        ("norm1_r", "workspace", real, 0, 50208, (16,)),
        ("norm1_n", "workspace", real, 1, 2448, (B, 16, 8, 8)),
        ("norm1", "workspace", real, 1, 3472, (B, 16, 8, 8)),
        ("norm1_padded", "workspace", real, 1, 0, (B, 16, 9, 9)),
        ("conv2", "workspace", real, 1, 1296, (B, 32, 4, 4)),
        ("norm2_m", "workspace", real, 0, 0, (32,)),
        ("norm2_u", "workspace", real, 1, 5008, (B, 32, 4, 4)),
        ("norm2_r", "workspace", real, 0, 50176, (32,)),
        ("norm2_n", "workspace", real, 1, 4496, (B, 32, 4, 4)),
        ("norm2", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("norm2_padded", "workspace", real, 1, 1296, (B, 32, 6, 6)),
        ("conv3", "workspace", real, 1, 5008, (B, 32, 4, 4)),
        ("norm3_m", "workspace", real, 0, 0, (32,)),
        ("norm3_u", "workspace", real, 1, 6544, (B, 32, 4, 4)),
        ("norm3_r", "workspace", real, 0, 0, (32,)),
        ("norm3_n", "workspace", real, 1, 6032, (B, 32, 4, 4)),
        ("norm3", "workspace", real, 1, 5008, (B, 32, 4, 4)),
        ("drop", "workspace", real, 1, 7168, (B, 32)),
        ("head", "workspace", real, 1, 6544, (B, 10)),
        ("loss_m", "workspace", real, 1, 6593, (B,)),
        ("loss_e", "workspace", real, 1, 6560, (B, 10)),
        ("loss_S", "workspace", real, 1, 6592, (B,)),
        ("d_head", "workspace", real, 1, 6576, (B, 10)),
        ("loss", "workspace", real, 0, 50224, ()),
        ("norm3_r2", "workspace", real, 1, 6544, (B, 32)),
        ("conv3_weight_padded", "workspace", real, 0, 0, (32, 32, 7, 7)),
        ("d_conv2_padded", "workspace", real, 1, 1296, (B, 32, 5, 5)),
        ("d_norm1_z", "workspace", real, 1, 4496, (B, 16, 8, 8)),
        ("d_conv1_padded", "workspace", real, 1, 0, (B, 16, 10, 10)),
        ("d_x", "workspace", real, 1, 1600, (B, 1, 8, 8)),
    ),
    "step": (
        ("x_padded", "workspace", real, 1, 7056, (B, 1, 10, 10)),
        ("conv1", "workspace", real, 1, 0, (B, 16, 8, 8)),
        ("norm1_m", "workspace", real, 0, 0, (16,)),
        ("norm1_u", "workspace", real, 1, 1296, (B, 16, 8, 8)),
        ("conv3_weight_padded", "workspace", real, 0, 0, (32, 32, 7, 7)),
        ("norm1_N", "workspace", real, 0, 50209, ()),
        ("norm2_N", "workspace", real, 0, 50208, ()),
        ("norm3_N", "workspace", real, 0, 50262, ()),
        ("optimizer_rate", "workspace", np.float64, 0, 50256, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 50258, ()),
        ("t_next", "workspace", np.float64, 0, 50260, ()),
        ("norm1_r", "workspace", real, 0, 50240, (16,)),
        ("norm1_n", "workspace", real, 1, 2448, (B, 16, 8, 8)),
        ("norm1", "workspace", real, 1, 3472, (B, 16, 8, 8)),
        ("norm1_padded", "workspace", real, 1, 0, (B, 16, 9, 9)),
        ("conv2", "workspace", real, 1, 1296, (B, 32, 4, 4)),
        ("norm2_m", "workspace", real, 0, 50176, (32,)),
        ("norm2_u", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("norm2_r", "workspace", real, 0, 50176, (32,)),
        ("norm2_n", "workspace", real, 1, 5008, (B, 32, 4, 4)),
        ("norm2", "workspace", real, 1, 4496, (B, 32, 4, 4)),
        ("norm2_padded", "workspace", real, 1, 1296, (B, 32, 6, 6)),
        ("conv3", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("norm3_m", "workspace", real, 0, 50208, (32,)),
        ("norm3_u", "workspace", real, 1, 6544, (B, 32, 4, 4)),
        ("norm3_r", "workspace", real, 0, 50208, (32,)),
        ("norm3_n", "workspace", real, 1, 6032, (B, 32, 4, 4)),
        ("norm3", "workspace", real, 1, 5520, (B, 32, 4, 4)),
        ("drop", "workspace", real, 1, 7168, (B, 32)),
        ("head", "workspace", real, 1, 6544, (B, 10)),
        ("loss_m", "workspace", real, 1, 6593, (B,)),
        ("loss_e", "workspace", real, 1, 6560, (B, 10)),
        ("loss_S", "workspace", real, 1, 6592, (B,)),
        ("d_head", "workspace", real, 1, 6576, (B, 10)),
        ("loss", "workspace", real, 0, 50262, ()),
        ("norm3_r2", "workspace", real, 1, 6544, (B, 32)),
        ("d_conv2_padded", "workspace", real, 1, 1296, (B, 32, 5, 5)),
        ("d_norm1_z", "workspace", real, 1, 0, (B, 16, 8, 8)),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1, 3, 3, 8, 8)),
    ("scratch_2", "reals", real, 1, 0, (B, 4, 4, 16, 3, 3)),
    ("scratch_3", "reals", real, 1, 2304, (32, B, 4, 4)),
    ("scratch_4", "reals", real, 1, 0, (32, 3, 3, B, 4, 4)),
    ("scratch_5", "reals", real, 1, 4608, (32, B, 4, 4)),
    ("scratch_6", "reals", real, 1, 0, (10, B)),
    ("scratch_7", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_8", "reals", real, 1, 1, (B,)),
    ("mask", "masks", np.bool_, 1, 0, (B, 32)),
    ("scratch_9", "reals", real, 1, 0, (B, 32)),
    ("integer", "integers", np.int32, 1, 0, (B, 32)),
    ("integer_2", "integers", np.int32, 1, 32, (B, 32)),
    ("scale", "reals", real, 1, 10, (B,)),
    ("scratch_10", "reals", real, 1, 11, (B, 10)),
    ("scale2", "reals", real, 1, 32, (B, 32)),
    ("mask_2", "masks", np.bool_, 1, 0, (B, 32, 4, 4)),
    ("mask_3", "masks", np.bool_, 1, 512, (B, 32)),
    ("scale_2", "reals", real, 0, 0, (32,)),
    ("scratch_11", "reals", real, 1, 0, (B, 32, 4, 4)),
    ("scratch_12", "reals", real, 1, 0, (32, B, 4, 4)),
    ("scratch_13", "reals", real, 1, 512, (32, 3, 3, B, 4, 4)),
    ("scratch_14", "reals", real, 0, 0, (32, 4, 4, 32, 4, 4)),
    ("scratch_15", "reals", real, 1, 512, (B, 4, 4, 16, 3, 3)),
    ("scratch_16", "reals", real, 0, 0, (16, 32)),
    ("scratch_17", "reals", real, 1, 0, (B, 16, 4, 4)),
    ("mask_4", "masks", np.bool_, 1, 0, (B, 16, 4, 4)),
    ("scratch_18", "reals", real, 0, 0, (16, 32, 2)),
    ("scratch_19", "reals", real, 1, 0, (32, 2, B, 4, 4)),
    ("scratch_20", "reals", real, 1, 1024, (16, B, 4, 4)),
    ("scratch_21", "reals", real, 0, 0, (16, 32, 2, 2)),
    ("scratch_22", "reals", real, 1, 0, (32, 2, 2, B, 4, 4)),
    ("scratch_23", "reals", real, 1, 2048, (16, B, 4, 4)),
    ("scale_3", "reals", real, 0, 0, (16,)),
    ("scratch_24", "reals", real, 1, 0, (B, 16, 8, 8)),
    ("scratch_25", "reals", real, 1, 0, (16, B, 8, 8)),
    ("scratch_26", "reals", real, 1, 1024, (1, 3, 3, B, 8, 8)),
    ("scratch_27", "reals", real, 1, 0, (16, 3, 3, B, 8, 8)),
    ("scratch_28", "reals", real, 0, 16, (16,)),
    ("number", "reals", real, 0, 32, ()),
    ("scratch_29", "reals", real, 0, 32, (32,)),
    ("number_2", "reals", real, 0, 64, ()),
    ("number_3", "reals", real, 0, 0, ()),
    ("scratch_30", "reals", real, 0, 1, (14458,)),
    ("number_4", "reals", real, 0, 14459, ()),
    ("scratch_31", "reals", real, 0, 14460, (14458,)),
    ("number_5", "reals", real, 0, 28918, ()),
)
RESULTS = {
    "forward": (
        ("head", 1, 0, (B, 10)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 1600, (B, 1, 8, 8)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (50272, 7200, 0),
    "indices": (0, 1, 0),
    "integers": (0, 64, 0),
    "masks": (0, 544, 0),
    "reals": (262144, 9216, 0),
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


def conv2d_1_1_10(padded, x):
    """conv1: conv2d (one side of the product).

    Writes padded [B, 1, 10, 10]; reads x [B, 1, 8, 8].
    """
    # (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
    padded[:, :, :1] = 0.0
    padded[:, :, 1:9, :1] = 0.0
    padded[:, :, 1:9, 1:9] = x
    padded[:, :, 1:9, 9:10] = 0.0
    padded[:, :, 9:10] = 0.0


def conv2d_batchnorm_16_8_8_1_3_3(u, padded, weight, running_mean, scratch):
    """conv1: conv2d; norm1: batchnorm.

    Writes u [B, 16, 8, 8]; reads padded [B, 1, 10, 10], weight [16, 1, 3, 3], running_mean [16].
    """
    # (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
    # (36) norm1.u.inference[b, c, p, q] = conv1[b, c, p, q] - norm1.running_mean[c]
    padded_windows = as_strided(padded, (padded.shape[0], 1, 8, 3, 8, 3), (padded.strides[0], padded.strides[1],
                                padded.strides[2], padded.strides[2], padded.strides[3], padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 1, 3, 5, 2, 4)
    matmul(weight.reshape(16, 9), scratch.reshape(-1, 9, 64), out=u.reshape(-1, 16, 64))
    u -= running_mean[:, None, None]


def batchnorm_16(r, running_var):
    """norm1: batchnorm.

    Writes r [16]; reads running_var [16].
    """
    # (37) norm1.r.inference[c] = 1 / sqrt(norm1.running_var[c] + batchnorm.eps)
    add(running_var, 1e-05, out=r)
    sqrt(r, out=r)
    reciprocal(r, out=r)


def batchnorm_relu_conv2d_16_8_8(norm1, padded, r, u, weight, bias):
    """norm1: batchnorm, relu; conv2: conv2d (one side of the product).

    Writes norm1 [B, 16, 8, 8], padded [B, 16, 9, 9]; reads r [16], u [B, 16, 8, 8], weight [16], bias [16].
    """
    # (38) norm1.n.inference[b, c, p, q] = norm1.u.inference[b, c, p, q] * norm1.r.inference[c]
    # (39) norm1.z.inference[b, c, p, q] = norm1.n.inference[b, c, p, q] * norm1.weight[c] + norm1.bias[c]
    # (40) norm1.inference[b, c, p, q] = max(0, norm1.z.inference[b, c, p, q])
    multiply(r[:, None, None], u, out=norm1)
    norm1 *= weight[:, None, None]
    norm1 += bias[:, None, None]
    maximum(norm1, ZERO, out=norm1)
    # (41) conv2.inference[b, k, p, q] = sum[i, j, l](norm1.inference[b, i, 2*p + j - 1, 2*q + l - 1] *
    #     conv2.weight[k, i, j, l])
    padded[:, :, :1] = 0.0
    padded[:, :, 1:9, :1] = 0.0
    padded[:, :, 1:9, 1:9] = norm1


def conv2d_batchnorm_32_4_4_16_3_3(u, padded, weight, running_mean, scratch, scratch_2):
    """conv2: conv2d; norm2: batchnorm.

    Writes u [B, 32, 4, 4]; reads padded [B, 16, 9, 9], weight [32, 16, 3, 3], running_mean [32].
    """
    # (41) conv2.inference[b, k, p, q] = sum[i, j, l](norm1.inference[b, i, 2*p + j - 1, 2*q + l - 1] *
    #     conv2.weight[k, i, j, l])
    # (42) norm2.u.inference[b, c, p, q] = conv2.inference[b, c, p, q] - norm2.running_mean[c]
    padded_windows = as_strided(padded, (padded.shape[0], 16, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], 2 * padded.strides[2], padded.strides[2],
                                2 * padded.strides[3], padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 2, 4, 1, 3, 5)
    weight.reshape(32, 144).dot(scratch.reshape(-1, 144).T, out=scratch_2.reshape(32, -1))
    u[...] = scratch_2.transpose(1, 0, 2, 3)
    u -= running_mean[:, None, None]


def batchnorm_32(r, running_var):
    """norm2: batchnorm.

    Writes r [32]; reads running_var [32].
    For (49) too.
    """
    # (43) norm2.r.inference[c] = 1 / sqrt(norm2.running_var[c] + batchnorm.eps)
    add(running_var, 1e-05, out=r)
    sqrt(r, out=r)
    reciprocal(r, out=r)


def batchnorm_relu_conv2d_32_4_4(norm2, padded, norm2_r_inference, u, weight, bias):
    """norm2: batchnorm, relu; conv3: conv2d (one side of the product).

    Writes norm2 [B, 32, 4, 4], padded [B, 32, 6, 6]; reads norm2_r_inference [32], u [B, 32, 4, 4], weight
    [32], bias [32].
    """
    # (44) norm2.n.inference[b, c, p, q] = norm2.u.inference[b, c, p, q] * norm2.r.inference[c]
    # (45) norm2.z.inference[b, c, p, q] = norm2.n.inference[b, c, p, q] * norm2.weight[c] + norm2.bias[c]
    # (46) norm2.inference[b, c, p, q] = max(0, norm2.z.inference[b, c, p, q])
    multiply(norm2_r_inference[:, None, None], u, out=norm2)
    norm2 *= weight[:, None, None]
    norm2 += bias[:, None, None]
    maximum(norm2, ZERO, out=norm2)
    # (47) conv3.inference[b, k, p, q] = sum[i, j, l](norm2.inference[b, i, p + j - 1, q + l - 1] *
    #     conv3.weight[k, i, j, l])
    padded[:, :, :1] = 0.0
    padded[:, :, 1:5, :1] = 0.0
    padded[:, :, 1:5, 1:5] = norm2
    padded[:, :, 1:5, 5:6] = 0.0
    padded[:, :, 5:6] = 0.0


def conv2d_batchnorm_32_4_4_32_3_3(u, padded, weight, running_mean, scratch, scratch_2):
    """conv3: conv2d; norm3: batchnorm.

    Writes u [B, 32, 4, 4]; reads padded [B, 32, 6, 6], weight [32, 32, 3, 3], running_mean [32].
    """
    # (47) conv3.inference[b, k, p, q] = sum[i, j, l](norm2.inference[b, i, p + j - 1, q + l - 1] *
    #     conv3.weight[k, i, j, l])
    # (48) norm3.u.inference[b, c, p, q] = conv3.inference[b, c, p, q] - norm3.running_mean[c]
    padded_windows = as_strided(padded, (padded.shape[0], 32, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], padded.strides[2], padded.strides[2], padded.strides[3],
                                padded.strides[3]))
    scratch[...] = padded_windows.transpose(1, 3, 5, 0, 2, 4)
    weight.reshape(32, 288).dot(scratch.reshape(288, -1), out=scratch_2.reshape(32, -1))
    u[...] = scratch_2.transpose(1, 0, 2, 3)
    u -= running_mean[:, None, None]


def batchnorm_relu_global_avgpool2d_32_4_4(norm3, pool, r, u, weight, bias, ones):
    """norm3: batchnorm, relu; pool: global_avgpool2d.

    Writes norm3 [B, 32, 4, 4], pool [B, 32]; reads r [32], u [B, 32, 4, 4], weight [32], bias [32].
    """
    # (50) norm3.n.inference[b, c, p, q] = norm3.u.inference[b, c, p, q] * norm3.r.inference[c]
    # (51) norm3.z.inference[b, c, p, q] = norm3.n.inference[b, c, p, q] * norm3.weight[c] + norm3.bias[c]
    # (52) norm3.inference[b, c, p, q] = max(0, norm3.z.inference[b, c, p, q])
    multiply(r[:, None, None], u, out=norm3)
    norm3 *= weight[:, None, None]
    norm3 += bias[:, None, None]
    maximum(norm3, ZERO, out=norm3)
    # (53) pool.inference[b, c] = sum[i, j](norm3.inference[b, c, i, j]) / 16
    norm3.reshape(-1, 16).dot(ones.reshape(16), out=pool.reshape(-1))
    pool *= 0.0625


def linear_10_32(head, pool, weight, bias):
    """head: linear.

    Writes head [B, 10]; reads pool [B, 32], weight [10, 32], bias [10].
    For (30) too.
    """
    # (54) head.inference[b, o] = sum[i](pool.inference[b, i] * head.weight[o, i]) + head.bias[o]
    pool.dot(weight.T, out=head)
    head += bias


def cross_entropy_10(m2, e, S, head, scratch, ones):
    """loss: cross_entropy.

    Writes m2 [B], e [B, 10], S [B]; reads head [B, 10].
    """
    # (55) loss.m2[b] = max[i](head.inference[b, i])
    scratch[...] = head.T
    maximum.reduce(scratch, axis=0, out=m2)
    # (56) loss.e.inference[b, j] = exp(head.inference[b, j] - loss.m2[b])
    subtract(head, m2[:, None], out=e)
    exp(e, out=e)
    # (57) loss.S.inference[b] = sum[i](loss.e.inference[b, i])
    e.dot(ones, out=S)


def loss(loss, m2, head, label, S, scratch, index, scratch_2, positions, ones, batch):
    """loss: cross_entropy.

    Writes loss; reads m2 [B], head [B, 10], label [B], S [B].
    For (35) too.
    """
    # (58) loss.inference = sum[b](log(loss.S.inference[b]) + loss.m2[b] - head.inference[b, label[b]]) / B
    add(positions, label, out=index)
    take(head, index, out=scratch, mode="clip")
    subtract(m2, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = scratch.dot(ones) / batch


def conv2d_16_8_8_1_3_3(conv1, padded, weight, scratch):
    """conv1: conv2d.

    Writes conv1 [B, 16, 8, 8]; reads padded [B, 1, 10, 10], weight [16, 1, 3, 3].
    """
    # (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
    padded_windows = as_strided(padded, (padded.shape[0], 1, 8, 3, 8, 3), (padded.strides[0], padded.strides[1],
                                padded.strides[2], padded.strides[2], padded.strides[3], padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 1, 3, 5, 2, 4)
    matmul(weight.reshape(16, 9), scratch.reshape(-1, 9, 64), out=conv1.reshape(-1, 16, 64))


def batchnorm_16_8_8(m, conv1, factor):
    """norm1: batchnorm.

    Writes m [16]; reads conv1 [B, 16, 8, 8].
    """
    # (2) norm1.m[c] = sum[b, i, j](conv1[b, c, i, j]) / (64 * B)
    add.reduce(conv1, axis=(0, 2, 3), out=m)
    m *= factor


def batchnorm_16_8_8_v2(u, conv1, m):
    """norm1: batchnorm.

    Writes u [B, 16, 8, 8]; reads conv1 [B, 16, 8, 8], m [16].
    """
    # (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
    subtract(conv1, m[:, None, None], out=u)


def batchnorm_16_8_8_v3(r, u, factor):
    """norm1: batchnorm.

    Writes r [16]; reads u [B, 16, 8, 8].
    """
    # (4) norm1.v[c] = sum[b, i, j](norm1.u[b, c, i, j]**2) / (64 * B)
    # (5) norm1.r[c] = 1 / sqrt(norm1.v[c] + batchnorm.eps)
    einsum("bcpq,bcpq->c", u, u, out=r)
    r *= factor
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)


def batchnorm_relu_conv2d_16_8_8_v2(n, norm1, padded, r, u, weight, bias):
    """norm1: batchnorm, relu; conv2: conv2d (one side of the product).

    Writes n [B, 16, 8, 8], norm1 [B, 16, 8, 8], padded [B, 16, 9, 9]; reads r [16], u [B, 16, 8, 8], weight
    [16], bias [16].
    """
    # (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
    multiply(r[:, None, None], u, out=n)
    # (7) norm1.z[b, c, p, q] = norm1.n[b, c, p, q] * norm1.weight[c] + norm1.bias[c]
    # (9) norm1[b, c, p, q] = max(0, norm1.z[b, c, p, q])
    multiply(weight[:, None, None], n, out=norm1)
    norm1 += bias[:, None, None]
    maximum(norm1, ZERO, out=norm1)
    # (10) conv2[b, k, p, q] = sum[i, j, l](norm1[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
    padded[:, :, :1] = 0.0
    padded[:, :, 1:9, :1] = 0.0
    padded[:, :, 1:9, 1:9] = norm1


def conv2d_32_4_4_16_3_3(conv2, padded, weight, scratch, scratch_2):
    """conv2: conv2d.

    Writes conv2 [B, 32, 4, 4]; reads padded [B, 16, 9, 9], weight [32, 16, 3, 3].
    """
    # (10) conv2[b, k, p, q] = sum[i, j, l](norm1[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
    padded_windows = as_strided(padded, (padded.shape[0], 16, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], 2 * padded.strides[2], padded.strides[2],
                                2 * padded.strides[3], padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 2, 4, 1, 3, 5)
    weight.reshape(32, 144).dot(scratch.reshape(-1, 144).T, out=scratch_2.reshape(32, -1))
    conv2[...] = scratch_2.transpose(1, 0, 2, 3)


def batchnorm_32_4_4(m, conv2, factor):
    """norm2: batchnorm.

    Writes m [32]; reads conv2 [B, 32, 4, 4].
    For (20) too.
    """
    # (11) norm2.m[c] = sum[b, i, j](conv2[b, c, i, j]) / (16 * B)
    add.reduce(conv2, axis=(0, 2, 3), out=m)
    m *= factor


def batchnorm_32_4_4_v2(u, conv2, m):
    """norm2: batchnorm.

    Writes u [B, 32, 4, 4]; reads conv2 [B, 32, 4, 4], m [32].
    For (21) too.
    """
    # (12) norm2.u[b, c, p, q] = conv2[b, c, p, q] - norm2.m[c]
    subtract(conv2, m[:, None, None], out=u)


def batchnorm_32_4_4_v3(r, u, factor):
    """norm2: batchnorm.

    Writes r [32]; reads u [B, 32, 4, 4].
    For (22) (23) too.
    """
    # (13) norm2.v[c] = sum[b, i, j](norm2.u[b, c, i, j]**2) / (16 * B)
    # (14) norm2.r[c] = 1 / sqrt(norm2.v[c] + batchnorm.eps)
    einsum("bcpq,bcpq->c", u, u, out=r)
    r *= factor
    r += 1e-05
    sqrt(r, out=r)
    reciprocal(r, out=r)


def batchnorm_relu_conv2d_32_4_4_v2(n, norm2, padded, norm2_r, u, weight, bias):
    """norm2: batchnorm, relu; conv3: conv2d (one side of the product).

    Writes n [B, 32, 4, 4], norm2 [B, 32, 4, 4], padded [B, 32, 6, 6]; reads norm2_r [32], u [B, 32, 4, 4],
    weight [32], bias [32].
    """
    # (15) norm2.n[b, c, p, q] = norm2.u[b, c, p, q] * norm2.r[c]
    multiply(norm2_r[:, None, None], u, out=n)
    # (16) norm2.z[b, c, p, q] = norm2.n[b, c, p, q] * norm2.weight[c] + norm2.bias[c]
    # (18) norm2[b, c, p, q] = max(0, norm2.z[b, c, p, q])
    multiply(weight[:, None, None], n, out=norm2)
    norm2 += bias[:, None, None]
    maximum(norm2, ZERO, out=norm2)
    # (19) conv3[b, k, p, q] = sum[i, j, l](norm2[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
    padded[:, :, :1] = 0.0
    padded[:, :, 1:5, :1] = 0.0
    padded[:, :, 1:5, 1:5] = norm2
    padded[:, :, 1:5, 5:6] = 0.0
    padded[:, :, 5:6] = 0.0


def conv2d_32_4_4_32_3_3(conv3, padded, weight, scratch, scratch_2):
    """conv3: conv2d.

    Writes conv3 [B, 32, 4, 4]; reads padded [B, 32, 6, 6], weight [32, 32, 3, 3].
    """
    # (19) conv3[b, k, p, q] = sum[i, j, l](norm2[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
    padded_windows = as_strided(padded, (padded.shape[0], 32, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], padded.strides[2], padded.strides[2], padded.strides[3],
                                padded.strides[3]))
    scratch[...] = padded_windows.transpose(1, 3, 5, 0, 2, 4)
    weight.reshape(32, 288).dot(scratch.reshape(288, -1), out=scratch_2.reshape(32, -1))
    conv3[...] = scratch_2.transpose(1, 0, 2, 3)


def batchnorm_relu_global_avgpool2d_dropout_32_4_4(n, norm3, drop, r, u, weight, bias, seed, t, mask, scratch,
                                                   integer, integer_2, ones, positions):
    """norm3: batchnorm, relu; pool: global_avgpool2d; drop: dropout.

    Writes n [B, 32, 4, 4], norm3 [B, 32, 4, 4], drop [B, 32]; reads r [32], u [B, 32, 4, 4], weight [32], bias
    [32], seed, t.
    """
    # (24) norm3.n[b, c, p, q] = norm3.u[b, c, p, q] * norm3.r[c]
    multiply(r[:, None, None], u, out=n)
    # (25) norm3.z[b, c, p, q] = norm3.n[b, c, p, q] * norm3.weight[c] + norm3.bias[c]
    # (27) norm3[b, c, p, q] = max(0, norm3.z[b, c, p, q])
    multiply(weight[:, None, None], n, out=norm3)
    norm3 += bias[:, None, None]
    maximum(norm3, ZERO, out=norm3)
    # (28) pool[b, c] = sum[i, j](norm3[b, c, i, j]) / 16
    # (29) drop[b, c] = 10 * where(uniform(seed, t, 2037819166, 32 * b + c) >= 0.1, pool[b, c], 0) / 9
    norm3.reshape(-1, 16).dot(ones.reshape(16), out=drop.reshape(-1))
    drop *= 0.0625
    uniform_numbers(float(seed), float(t), 2037819166.0, positions, out=scratch, words=integer,
                    others=integer_2)
    greater_equal(scratch, 0.1, out=mask)
    keep(drop, mask)
    drop *= 1.1111111111111112


def cross_entropy_d_head_10(m, e, S, d_head, head, label, scratch, scale, scratch_2, ones, j, factor):
    """loss: cross_entropy; head: gradient of linear.

    Writes m [B], e [B, 10], S [B], d_head [B, 10]; reads head [B, 10], label [B].
    """
    # (31) loss.m[b] = max[i](head[b, i])
    scratch[...] = head.T
    maximum.reduce(scratch, axis=0, out=m)
    # (32) loss.e[b, j] = exp(head[b, j] - loss.m[b])
    subtract(head, m[:, None], out=e)
    exp(e, out=e)
    # (33) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)
    # (34) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    # (34)
    # (59) d.head[b, o] = (loss.p[b, o] - (o == label[b])) / B
    multiply(scale[:, None], e, out=d_head)
    equal(j, label[:, None], out=scratch_2)
    d_head -= scratch_2
    d_head *= factor


def d_weight_10_32(d_weight, d_head, drop):
    """head: gradient of linear.

    Writes d_weight [10, 32]; reads d_head [B, 10], drop [B, 32].
    """
    # (60) d.head.weight[o, i] = sum[b](d.head[b, o] * drop[b, i])
    d_head.T.dot(drop, out=d_weight)


def d_bias_10(d_bias, d_head, ones):
    """head: gradient of linear.

    Writes d_bias [10]; reads d_head [B, 10].
    """
    # (61) d.head.bias[o] = sum[b](d.head[b, o])
    ones.dot(d_head, out=d_bias)


def r2_32_10(r2, d_head, weight):
    """norm3: gradient of batchnorm.

    Writes r2 [B, 32]; reads d_head [B, 10], weight [10, 32].
    """
    # (62) norm3.r2[b, c] = sum[i](d.head[b, i] * head.weight[i, c])
    d_head.dot(weight, out=r2)


def d_z_32_4_4(norm3, seed, t, r2, scale, integer, integer_2, scale2, mask, mask_2, positions):
    """norm3: gradient of batchnorm.

    Writes norm3 [B, 32, 4, 4]; reads seed, t, r2 [B, 32].
    """
    # (63) d.norm3.z[b, c, p, q] = 5 * norm3.r2[b, c] * (norm3[b, c, p, q] > 0) * (uniform(seed, t, 2037819166,
    #     32 * b + c) >= 0.1) / 72
    uniform_numbers(float(seed), float(t), 2037819166.0, positions, out=scale, words=integer, others=integer_2)
    multiply(0.06944444444444445, r2, out=scale2)
    greater(norm3, ZERO, out=mask)
    greater_equal(scale, 0.1, out=mask_2)
    logical_and(mask, mask_2[:, :, None, None], out=mask)
    norm3[...] = scale2[:, :, None, None]
    keep(norm3, mask)


def d_weight_32_4_4(d_weight, norm3, n):
    """norm3: gradient of batchnorm.

    Writes d_weight [32]; reads norm3 [B, 32, 4, 4], n [B, 32, 4, 4].
    For (69) too.
    """
    # (64) d.norm3.weight[c] = sum[b, i, j](d.norm3.z[b, c, i, j] * norm3.n[b, c, i, j])
    einsum("bcpq,bcpq->c", norm3, n, out=d_weight)


def d_bias_32_4_4(d_bias, norm3):
    """norm3: gradient of batchnorm.

    Writes d_bias [32]; reads norm3 [B, 32, 4, 4].
    For (70) too.
    """
    # (65) d.norm3.bias[c] = sum[b, i, j](d.norm3.z[b, c, i, j])
    add.reduce(norm3, axis=(0, 2, 3), out=d_bias)


def d_conv3_32_4_4(norm3, r, weight, d_bias, d_weight, n, scale, scratch, factor, factor_2):
    """conv3: gradient of conv2d.

    Writes norm3 [B, 32, 4, 4]; reads r [32], weight [32], d_bias [32], d_weight [32], n [B, 32, 4, 4].
    """
    # (66) d.conv3[b, k, p, q] = norm3.r[k] * norm3.weight[k] * (16 * B * d.norm3.z[b, k, p, q] - norm3.n[b, k,
    #     p, q] * d.norm3.weight[k] - d.norm3.bias[k]) / (16 * B)
    multiply(factor, r, out=scale)
    scale *= weight
    norm3 *= factor_2
    norm3 -= d_bias[:, None, None]
    multiply(d_weight[:, None, None], n, out=scratch)
    norm3 -= scratch
    norm3 *= scale[:, None, None]


def d_weight_32_32_3_3_4_4(d_weight, norm3, padded, scratch, scratch_2):
    """conv3: gradient of conv2d.

    Writes d_weight [32, 32, 3, 3]; reads norm3 [B, 32, 4, 4], padded [B, 32, 6, 6].
    """
    # (67) d.conv3.weight[k, c, r, s] = sum[b, i, j](d.conv3[b, k, i, j] * norm2[b, c, r + i - 1, s + j - 1])
    padded_windows = as_strided(padded, (padded.shape[0], 32, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], padded.strides[2], padded.strides[2], padded.strides[3],
                                padded.strides[3]))
    scratch[...] = norm3.transpose(1, 0, 2, 3)
    scratch_2[...] = padded_windows.transpose(1, 3, 5, 0, 2, 4)
    scratch.reshape(32, -1).dot(scratch_2.reshape(288, -1).T, out=d_weight.reshape(32, 288))


def d_z_32_32_2_7(padded, weight):
    """norm2: gradient of batchnorm (one side of the product).

    Writes padded [32, 32, 7, 7]; reads weight [32, 32, 3, 3].
    """
    # (68) d.norm2.z[b, c, p, q] = sum[i, j, k](d.conv3[b, i, j, k] * conv3.weight[i, c, p + 1 - j, q + 1 - k])
    #     * (norm2[b, c, p, q] > 0)
    padded[:, :, :2] = 0.0
    padded[:, :, 2:5, :2] = 0.0
    padded[:, :, 2:5, 2:5] = weight
    padded[:, :, 2:5, 5:7] = 0.0
    padded[:, :, 5:7] = 0.0


def d_z_32_4_4_32_4_4(norm2, norm3, padded, mask, scratch):
    """norm2: gradient of batchnorm.

    Writes norm2 [B, 32, 4, 4]; reads norm3 [B, 32, 4, 4], padded [32, 32, 7, 7].
    """
    # (68) d.norm2.z[b, c, p, q] = sum[i, j, k](d.conv3[b, i, j, k] * conv3.weight[i, c, p + 1 - j, q + 1 - k])
    #     * (norm2[b, c, p, q] > 0)
    greater(norm2, ZERO, out=mask)
    padded_windows = as_strided(padded[:, :, 3:, 3:], (32, 32, 4, 4, 4, 4), (padded.strides[0],
                                padded.strides[1], -1 * padded.strides[2], padded.strides[2],
                                -1 * padded.strides[3], padded.strides[3]))
    scratch[...] = padded_windows.transpose(0, 2, 4, 1, 3, 5)
    norm3.reshape(-1, 512).dot(scratch.reshape(512, 512), out=norm2.reshape(-1, 512))
    keep(norm2, mask)


def d_conv2_d_z_32_4_4(norm2, d_padded, r, weight, d_bias, d_weight, n, scale, scratch, factor, factor_2):
    """conv2: gradient of conv2d; norm1: gradient of batchnorm (one side of the product).

    Writes norm2 [B, 32, 4, 4], d_padded [B, 32, 5, 5]; reads r [32], weight [32], d_bias [32], d_weight [32], n
    [B, 32, 4, 4].
    """
    # (71) d.conv2[b, k, p, q] = norm2.r[k] * norm2.weight[k] * (16 * B * d.norm2.z[b, k, p, q] - norm2.n[b, k,
    #     p, q] * d.norm2.weight[k] - d.norm2.bias[k]) / (16 * B)
    multiply(factor, r, out=scale)
    scale *= weight
    norm2 *= factor_2
    norm2 -= d_bias[:, None, None]
    multiply(d_weight[:, None, None], n, out=scratch)
    norm2 -= scratch
    norm2 *= scale[:, None, None]
    # (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 -
    #     2*k]) * (norm1[b, c, p, q] > 0)
    d_padded[:, :, :4, :4] = norm2
    d_padded[:, :, :4, 4:5] = 0.0
    d_padded[:, :, 4:5] = 0.0


def d_weight_32_16_3_3_4_4(d_weight, norm2, padded, scratch, scratch_2):
    """conv2: gradient of conv2d.

    Writes d_weight [32, 16, 3, 3]; reads norm2 [B, 32, 4, 4], padded [B, 16, 9, 9].
    """
    # (72) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2[b, k, i, j] * norm1[b, c, 2*i + r - 1, 2*j + s -
    #     1])
    padded_windows = as_strided(padded, (padded.shape[0], 16, 4, 3, 4, 3), (padded.strides[0],
                                padded.strides[1], 2 * padded.strides[2], padded.strides[2],
                                2 * padded.strides[3], padded.strides[3]))
    scratch[...] = norm2.transpose(1, 0, 2, 3)
    scratch_2[...] = padded_windows.transpose(0, 2, 4, 1, 3, 5)
    scratch.reshape(32, -1).dot(scratch_2.reshape(-1, 144), out=d_weight.reshape(32, 144))


def d_z_16_4_4_32(d_z, norm1, norm2, weight, scratch, scratch_2, mask):
    """norm1: gradient of batchnorm (one side of the product).

    Writes d_z [B, 16, 8, 8]; reads norm1 [B, 16, 8, 8], norm2 [B, 32, 4, 4], weight [32, 16, 3, 3].
    """
    # (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 -
    #     2*k]) * (norm1[b, c, p, q] > 0)
    scratch[...] = weight[:, :, 1, 1].T
    matmul(scratch, norm2.reshape(-1, 32, 16), out=scratch_2.reshape(-1, 16, 16))
    d_z[:, :, :7:2, :7:2] = scratch_2
    greater(norm1[:, :, :7:2, :7:2], ZERO, out=mask)
    keep(d_z[:, :, :7:2, :7:2], mask)


def d_z_16_4_4_32_2(d_z, norm1, d_padded, weight, scratch, scratch_2, scratch_3, mask):
    """norm1: gradient of batchnorm (one side of the product).

    Writes d_z [B, 16, 8, 8]; reads norm1 [B, 16, 8, 8], d_padded [B, 32, 5, 5], weight [32, 16, 3, 3].
    """
    # (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 -
    #     2*k]) * (norm1[b, c, p, q] > 0)
    d_padded_windows = as_strided(d_padded[:, :, 1:], (d_padded.shape[0], 32, 2, 4, 4), (d_padded.strides[0],
                                  d_padded.strides[1], -1 * d_padded.strides[2], d_padded.strides[2],
                                  d_padded.strides[3]))
    scratch[...] = weight[:, :, :3:2, 1].transpose(1, 0, 2)
    scratch_2[...] = d_padded_windows.transpose(1, 2, 0, 3, 4)
    scratch.reshape(16, 64).dot(scratch_2.reshape(64, -1), out=scratch_3.reshape(16, -1))
    d_z[:, :, 1:8:2, :7:2] = scratch_3.transpose(1, 0, 2, 3)
    greater(norm1[:, :, 1:8:2, :7:2], ZERO, out=mask)
    keep(d_z[:, :, 1:8:2, :7:2], mask)


def d_z_16_4_4_32_2_v2(d_z, norm1, d_padded, weight, scratch, scratch_2, scratch_3, mask):
    """norm1: gradient of batchnorm (one side of the product).

    Writes d_z [B, 16, 8, 8]; reads norm1 [B, 16, 8, 8], d_padded [B, 32, 5, 5], weight [32, 16, 3, 3].
    """
    # (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 -
    #     2*k]) * (norm1[b, c, p, q] > 0)
    d_padded_windows = as_strided(d_padded[:, :, :, 1:], (d_padded.shape[0], 32, 4, 2, 4), (d_padded.strides[0],
                                  d_padded.strides[1], d_padded.strides[2], -1 * d_padded.strides[3],
                                  d_padded.strides[3]))
    scratch[...] = weight[:, :, 1, :3:2].transpose(1, 0, 2)
    scratch_2[...] = d_padded_windows.transpose(1, 3, 0, 2, 4)
    scratch.reshape(16, 64).dot(scratch_2.reshape(64, -1), out=scratch_3.reshape(16, -1))
    d_z[:, :, :7:2, 1:8:2] = scratch_3.transpose(1, 0, 2, 3)
    greater(norm1[:, :, :7:2, 1:8:2], ZERO, out=mask)
    keep(d_z[:, :, :7:2, 1:8:2], mask)


def d_z_16_4_4_32_2_2(d_z, norm1, d_padded, weight, scratch, scratch_2, scratch_3, mask):
    """norm1: gradient of batchnorm.

    Writes d_z [B, 16, 8, 8]; reads norm1 [B, 16, 8, 8], d_padded [B, 32, 5, 5], weight [32, 16, 3, 3].
    """
    # (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 -
    #     2*k]) * (norm1[b, c, p, q] > 0)
    d_padded_windows = as_strided(d_padded[:, :, 1:, 1:], (d_padded.shape[0], 32, 2, 4, 2, 4),
                                  (d_padded.strides[0], d_padded.strides[1], -1 * d_padded.strides[2],
                                  d_padded.strides[2], -1 * d_padded.strides[3], d_padded.strides[3]))
    scratch[...] = weight[:, :, :3:2, :3:2].transpose(1, 0, 2, 3)
    scratch_2[...] = d_padded_windows.transpose(1, 2, 4, 0, 3, 5)
    scratch.reshape(16, 128).dot(scratch_2.reshape(128, -1), out=scratch_3.reshape(16, -1))
    d_z[:, :, 1:8:2, 1:8:2] = scratch_3.transpose(1, 0, 2, 3)
    greater(norm1[:, :, 1:8:2, 1:8:2], ZERO, out=mask)
    keep(d_z[:, :, 1:8:2, 1:8:2], mask)


def d_weight_16_8_8(d_weight, d_z, n):
    """norm1: gradient of batchnorm.

    Writes d_weight [16]; reads d_z [B, 16, 8, 8], n [B, 16, 8, 8].
    """
    # (74) d.norm1.weight[c] = sum[b, i, j](d.norm1.z[b, c, i, j] * norm1.n[b, c, i, j])
    einsum("bcpq,bcpq->c", d_z, n, out=d_weight)


def d_bias_16_8_8(d_bias, d_z):
    """norm1: gradient of batchnorm.

    Writes d_bias [16]; reads d_z [B, 16, 8, 8].
    """
    # (75) d.norm1.bias[c] = sum[b, i, j](d.norm1.z[b, c, i, j])
    add.reduce(d_z, axis=(0, 2, 3), out=d_bias)


def d_conv1_16_8_8(n, r, weight, d_z, d_bias, d_weight, scale, scratch, factor, factor_2):
    """conv1: gradient of conv2d.

    Writes n [B, 16, 8, 8]; reads r [16], weight [16], d_z [B, 16, 8, 8], d_bias [16], d_weight [16].
    """
    # (76) d.conv1[b, k, p, q] = norm1.r[k] * norm1.weight[k] * (64 * B * d.norm1.z[b, k, p, q] - norm1.n[b, k,
    #     p, q] * d.norm1.weight[k] - d.norm1.bias[k]) / (64 * B)
    multiply(factor, r, out=scale)
    scale *= weight
    n *= d_weight[:, None, None]
    multiply(factor_2, d_z, out=scratch)
    scratch -= d_bias[:, None, None]
    subtract(scratch, n, out=n)
    n *= scale[:, None, None]


def d_weight_16_1_3_3_8_8(d_weight, n, padded, scratch, scratch_2):
    """conv1: gradient of conv2d.

    Writes d_weight [16, 1, 3, 3]; reads n [B, 16, 8, 8], padded [B, 1, 10, 10].
    """
    # (77) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1[b, k, i, j] * x[b, c, r + i - 1, s + j - 1])
    padded_windows = as_strided(padded, (padded.shape[0], 1, 8, 3, 8, 3), (padded.strides[0], padded.strides[1],
                                padded.strides[2], padded.strides[2], padded.strides[3], padded.strides[3]))
    scratch[...] = n.transpose(1, 0, 2, 3)
    scratch_2[...] = padded_windows.transpose(1, 3, 5, 0, 2, 4)
    scratch.reshape(16, -1).dot(scratch_2.reshape(9, -1).T, out=d_weight.reshape(16, 9))


def d_conv1_d_x_16_8_8(n, d_padded, r, weight, d_z, d_bias, d_weight, scale, scratch, factor, factor_2):
    """conv1: gradient of conv2d (one side of the product).

    Writes n [B, 16, 8, 8], d_padded [B, 16, 10, 10]; reads r [16], weight [16], d_z [B, 16, 8, 8], d_bias [16],
    d_weight [16].
    """
    # (76) d.conv1[b, k, p, q] = norm1.r[k] * norm1.weight[k] * (64 * B * d.norm1.z[b, k, p, q] - norm1.n[b, k,
    #     p, q] * d.norm1.weight[k] - d.norm1.bias[k]) / (64 * B)
    multiply(factor, r, out=scale)
    scale *= weight
    n *= d_weight[:, None, None]
    multiply(factor_2, d_z, out=scratch)
    scratch -= d_bias[:, None, None]
    subtract(scratch, n, out=n)
    n *= scale[:, None, None]
    # (78) d.x[b, c, p, q] = sum[i, j, k](d.conv1[b, i, j, k] * conv1.weight[i, c, p + 1 - j, q + 1 - k])
    d_padded[:, :, :1] = 0.0
    d_padded[:, :, 1:9, :1] = 0.0
    d_padded[:, :, 1:9, 1:9] = n
    d_padded[:, :, 1:9, 9:10] = 0.0
    d_padded[:, :, 9:10] = 0.0


def d_x_1_8_8_16_3_3(d_x, d_padded, weight, scratch):
    """conv1: gradient of conv2d.

    Writes d_x [B, 1, 8, 8]; reads d_padded [B, 16, 10, 10], weight [16, 1, 3, 3].
    """
    # (78) d.x[b, c, p, q] = sum[i, j, k](d.conv1[b, i, j, k] * conv1.weight[i, c, p + 1 - j, q + 1 - k])
    d_padded_windows = as_strided(d_padded[:, :, 2:, 2:], (d_padded.shape[0], 16, 3, 8, 3, 8),
                                  (d_padded.strides[0], d_padded.strides[1], -1 * d_padded.strides[2],
                                  d_padded.strides[2], -1 * d_padded.strides[3], d_padded.strides[3]))
    scratch[...] = d_padded_windows.transpose(1, 2, 4, 0, 3, 5)
    matmul(weight.transpose(1, 0, 2, 3).reshape(1, 144), scratch.reshape(144, -1), out=d_x.transpose(1, 0, 2,
           3).reshape(1, -1))


def batchnorm_16_8_8_v4(m, running_mean, conv1, scratch, factor):
    """norm1: batchnorm.

    Writes m [16], running_mean [16]; reads conv1 [B, 16, 8, 8].
    """
    # (2) norm1.m[c] = sum[b, i, j](conv1[b, c, i, j]) / (64 * B)
    add.reduce(conv1, axis=(0, 2, 3), out=m)
    m *= factor
    # (79) norm1.running_mean.next[c] = norm1.m[c] / 10 + 0.9 * norm1.running_mean[c]
    running_mean *= 0.9
    multiply(0.1, m, out=scratch)
    running_mean += scratch


def N_adam_rate_next_step(N, norm2_N, norm3_N, rate, scale, t_next, lr, beta1, t, beta2, batch):
    """norm1: batchnorm; norm2: batchnorm; norm3: batchnorm; optimizer: adam rate, next step.

    Writes N, norm2_N, norm3_N, rate, scale, t_next; reads lr, beta1, t, beta2.
    """
    # (8) norm1.N = 64 * B
    N[...] = 64.0 * batch
    # (17) norm2.N = 16 * B
    norm2_N[...] = 16.0 * batch
    # (26) norm3.N = 16 * B
    norm3_N[...] = 16.0 * batch
    # (85) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (86) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (87) t.next = 1 + t
    t_next[...] = float(t) + 1.0


def batchnorm_16_8_8_v5(r, running_var, u, N, v, scratch, number, factor):
    """norm1: batchnorm.

    Writes r [16], running_var [16]; reads u [B, 16, 8, 8], N.
    """
    # (4) norm1.v[c] = sum[b, i, j](norm1.u[b, c, i, j]**2) / (64 * B)
    einsum("bcpq,bcpq->c", u, u, out=v)
    v *= factor
    # (5) norm1.r[c] = 1 / sqrt(norm1.v[c] + batchnorm.eps)
    add(v, 1e-05, out=r)
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (80) norm1.running_var.next[c] = norm1.N * norm1.v[c] / (10 * max(norm1.N - 1, 1)) + 0.9 *
    #     norm1.running_var[c]
    running_var *= 0.9
    number[...] = float(float(N) / (10.0 * maximum(float(N) - 1.0, 1.0)))
    multiply(number, v, out=scratch)
    running_var += scratch


def batchnorm_32_4_4_v4(m, running_mean, conv2, scratch, factor):
    """norm2: batchnorm.

    Writes m [32], running_mean [32]; reads conv2 [B, 32, 4, 4].
    For (20) (83) too.
    """
    # (11) norm2.m[c] = sum[b, i, j](conv2[b, c, i, j]) / (16 * B)
    add.reduce(conv2, axis=(0, 2, 3), out=m)
    m *= factor
    # (81) norm2.running_mean.next[c] = norm2.m[c] / 10 + 0.9 * norm2.running_mean[c]
    running_mean *= 0.9
    multiply(0.1, m, out=scratch)
    running_mean += scratch


def batchnorm_32_4_4_v5(r, running_var, u, N, v, scratch, number, factor):
    """norm2: batchnorm.

    Writes r [32], running_var [32]; reads u [B, 32, 4, 4], N.
    For (22) (23) (84) too.
    """
    # (13) norm2.v[c] = sum[b, i, j](norm2.u[b, c, i, j]**2) / (16 * B)
    einsum("bcpq,bcpq->c", u, u, out=v)
    v *= factor
    # (14) norm2.r[c] = 1 / sqrt(norm2.v[c] + batchnorm.eps)
    add(v, 1e-05, out=r)
    sqrt(r, out=r)
    reciprocal(r, out=r)
    # (82) norm2.running_var.next[c] = norm2.N * norm2.v[c] / (10 * max(norm2.N - 1, 1)) + 0.9 *
    #     norm2.running_var[c]
    running_var *= 0.9
    number[...] = float(float(N) / (10.0 * maximum(float(N) - 1.0, 1.0)))
    multiply(number, v, out=scratch)
    running_var += scratch


def copy(t, t_next):
    """copy.

    Writes t; reads t_next.
    For (87).
    """
    # (87)
    t[...] = float(t_next)


def adam_14458(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2,
               scratch_2, number_3):
    """conv1.weight to head.bias: adam.

    Writes m [14458], v [14458], parameters [14458]; reads beta1, beta2, rate, scale, eps; uses up gradients
    [14458].
    For (88) (89) (90) (91) (92) (93) (94) (95) (96) (97) (98) (99) (100) (101) (102) (103) (104) (105) (106)
    (107) (108) (109) (110) (111) (112) (113) (114) (115) (116) (117) (118) (119) (120) too.
    """
    # (88) conv1.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv1.weight[k, c, r, s] + beta1 *
    #     conv1.weight.m[k, c, r, s]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (89) conv1.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv1.weight[k, c, r, s]**2 + beta2 *
    #     conv1.weight.v[k, c, r, s]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (90) conv1.weight.next[k, c, r, s] = conv1.weight[k, c, r, s] - optimizer.rate * conv1.weight.m.next[k, c,
    #     r, s] / (optimizer.scale * sqrt(conv1.weight.v.next[k, c, r, s]) + eps)
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
            "parameters": np.zeros(14458, real) if parameters is None else parameters,
            "gradients": np.zeros(14458, real) if gradients is None else gradients,
            "states": np.zeros(29082, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.0, 0.003, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(50272 + 7200 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["integers"] = np.zeros(64 * capacity, np.int32)
        self.blocks["masks"] = np.zeros(544 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(262144 + 9216 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 8, 8))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        conv2d_1_1_10(a.x_padded, x)  # (1)
        conv2d_batchnorm_16_8_8_1_3_3(a.norm1_u_inference, a.x_padded, a.conv1_weight, a.norm1_running_mean,
                                      a.scratch)  # (1) (36)
        batchnorm_16(a.norm1_r_inference, a.norm1_running_var)  # (37)
        batchnorm_relu_conv2d_16_8_8(a.norm1_inference, a.norm1_inference_padded, a.norm1_r_inference,
                                     a.norm1_u_inference, a.norm1_weight, a.norm1_bias)  # (38) (39) (40) (41)
        conv2d_batchnorm_32_4_4_16_3_3(a.norm2_u_inference, a.norm1_inference_padded, a.conv2_weight,
                                       a.norm2_running_mean, a.scratch_2, a.scratch_3)  # (41) (42)
        batchnorm_32(a.norm2_r_inference, a.norm2_running_var)  # (43)
        batchnorm_relu_conv2d_32_4_4(a.norm2_inference, a.norm2_inference_padded, a.norm2_r_inference,
                                     a.norm2_u_inference, a.norm2_weight, a.norm2_bias)  # (44) (45) (46) (47)
        conv2d_batchnorm_32_4_4_32_3_3(a.norm3_u_inference, a.norm2_inference_padded, a.conv3_weight,
                                       a.norm3_running_mean, a.scratch_4, a.scratch_5)  # (47) (48)
        batchnorm_32(a.norm3_r_inference, a.norm3_running_var)  # (49)
        # (50) (51) (52) (53)
        batchnorm_relu_global_avgpool2d_32_4_4(a.norm3_inference, a.pool_inference, a.norm3_r_inference,
                                               a.norm3_u_inference, a.norm3_weight, a.norm3_bias, a.ones)
        linear_10_32(a.head_inference, a.pool_inference, a.head_weight, a.head_bias)  # (54)
        return 0.0

    def loss(self, x, label):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 8, 8))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("loss", batch, x, label)

    @staticmethod
    def _loss(a, batch, x, label):
        conv2d_1_1_10(a.x_padded, x)  # (1)
        conv2d_batchnorm_16_8_8_1_3_3(a.norm1_u_inference, a.x_padded, a.conv1_weight, a.norm1_running_mean,
                                      a.scratch)  # (1) (36)
        batchnorm_16(a.norm1_r_inference, a.norm1_running_var)  # (37)
        batchnorm_relu_conv2d_16_8_8(a.norm1_inference, a.norm1_inference_padded, a.norm1_r_inference,
                                     a.norm1_u_inference, a.norm1_weight, a.norm1_bias)  # (38) (39) (40) (41)
        conv2d_batchnorm_32_4_4_16_3_3(a.norm2_u_inference, a.norm1_inference_padded, a.conv2_weight,
                                       a.norm2_running_mean, a.scratch_2, a.scratch_3)  # (41) (42)
        batchnorm_32(a.norm2_r_inference, a.norm2_running_var)  # (43)
        batchnorm_relu_conv2d_32_4_4(a.norm2_inference, a.norm2_inference_padded, a.norm2_r_inference,
                                     a.norm2_u_inference, a.norm2_weight, a.norm2_bias)  # (44) (45) (46) (47)
        conv2d_batchnorm_32_4_4_32_3_3(a.norm3_u_inference, a.norm2_inference_padded, a.conv3_weight,
                                       a.norm3_running_mean, a.scratch_4, a.scratch_5)  # (47) (48)
        batchnorm_32(a.norm3_r_inference, a.norm3_running_var)  # (49)
        # (50) (51) (52) (53)
        batchnorm_relu_global_avgpool2d_32_4_4(a.norm3_inference, a.pool_inference, a.norm3_r_inference,
                                               a.norm3_u_inference, a.norm3_weight, a.norm3_bias, a.ones)
        linear_10_32(a.head_inference, a.pool_inference, a.head_weight, a.head_bias)  # (54)
        cross_entropy_10(a.loss_m2, a.loss_e_inference, a.loss_S_inference, a.head_inference, a.scratch_6,
                         a.ones_2)  # (55) (56) (57)
        loss(a.loss_inference, a.loss_m2, a.head_inference, label, a.loss_S_inference, a.scratch_7, a.index,
             a.scratch_8, a.positions, a.ones_3, batch)  # (58)
        return float(a.loss_inference)

    def gradients(self, x, label):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 8, 8))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("gradients", batch, x, label)

    @staticmethod
    def _gradients(a, batch, x, label):
        conv2d_1_1_10(a.x_padded, x)  # (1)
        conv2d_16_8_8_1_3_3(a.conv1, a.x_padded, a.conv1_weight, a.scratch)  # (1)
        batchnorm_16_8_8(a.norm1_m, a.conv1, a.factor)  # (2)
        batchnorm_16_8_8_v2(a.norm1_u, a.conv1, a.norm1_m)  # (3)
        batchnorm_16_8_8_v3(a.norm1_r, a.norm1_u, a.factor)  # (4) (5)
        batchnorm_relu_conv2d_16_8_8_v2(a.norm1_n, a.norm1, a.norm1_padded, a.norm1_r, a.norm1_u,
                                        a.norm1_weight, a.norm1_bias)  # (6) (7) (9) (10)
        conv2d_32_4_4_16_3_3(a.conv2, a.norm1_padded, a.conv2_weight, a.scratch_2, a.scratch_3)  # (10)
        batchnorm_32_4_4(a.norm2_m, a.conv2, a.factor_2)  # (11)
        batchnorm_32_4_4_v2(a.norm2_u, a.conv2, a.norm2_m)  # (12)
        batchnorm_32_4_4_v3(a.norm2_r, a.norm2_u, a.factor_2)  # (13) (14)
        batchnorm_relu_conv2d_32_4_4_v2(a.norm2_n, a.norm2, a.norm2_padded, a.norm2_r, a.norm2_u,
                                        a.norm2_weight, a.norm2_bias)  # (15) (16) (18) (19)
        conv2d_32_4_4_32_3_3(a.conv3, a.norm2_padded, a.conv3_weight, a.scratch_4, a.scratch_5)  # (19)
        batchnorm_32_4_4(a.norm3_m, a.conv3, a.factor_2)  # (20)
        batchnorm_32_4_4_v2(a.norm3_u, a.conv3, a.norm3_m)  # (21)
        batchnorm_32_4_4_v3(a.norm3_r, a.norm3_u, a.factor_2)  # (22) (23)
        batchnorm_relu_global_avgpool2d_dropout_32_4_4(a.norm3_n, a.norm3, a.drop, a.norm3_r, a.norm3_u,
                                                       a.norm3_weight, a.norm3_bias, a.seed, a.t, a.mask,
                                                       a.scratch_9, a.integer, a.integer_2, a.ones,
                                                       a.positions_2)  # (24) (25) (27) (28) (29)
        linear_10_32(a.head, a.drop, a.head_weight, a.head_bias)  # (30)
        cross_entropy_d_head_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, label, a.scratch_6, a.scale,
                                a.scratch_10, a.ones_2, a.j, a.factor_3)  # (31) (32) (33) (34) (59)
        d_weight_10_32(a.d_head_weight, a.d_head, a.drop)  # (60)
        loss(a.loss, a.loss_m, a.head, label, a.loss_S, a.scratch_7, a.index, a.scratch_8, a.positions,
             a.ones_3, batch)  # (35)
        d_bias_10(a.d_head_bias, a.d_head, a.ones_3)  # (61)
        r2_32_10(a.norm3_r2, a.d_head, a.head_weight)  # (62)
        d_z_32_4_4(a.norm3, a.seed, a.t, a.norm3_r2, a.scratch_9, a.integer, a.integer_2, a.scale2, a.mask_2,
                   a.mask_3, a.positions_2)  # (63)
        d_weight_32_4_4(a.d_norm3_weight, a.norm3, a.norm3_n)  # (64)
        d_bias_32_4_4(a.d_norm3_bias, a.norm3)  # (65)
        d_conv3_32_4_4(a.norm3, a.norm3_r, a.norm3_weight, a.d_norm3_bias, a.d_norm3_weight, a.norm3_n,
                       a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)  # (66)
        d_weight_32_32_3_3_4_4(a.d_conv3_weight, a.norm3, a.norm2_padded, a.scratch_12, a.scratch_13)  # (67)
        d_z_32_32_2_7(a.conv3_weight_padded, a.conv3_weight)  # (68)
        d_z_32_4_4_32_4_4(a.norm2, a.norm3, a.conv3_weight_padded, a.mask_2, a.scratch_14)  # (68)
        d_weight_32_4_4(a.d_norm2_weight, a.norm2, a.norm2_n)  # (69)
        d_bias_32_4_4(a.d_norm2_bias, a.norm2)  # (70)
        # (71) (73)
        d_conv2_d_z_32_4_4(a.norm2, a.d_conv2_padded, a.norm2_r, a.norm2_weight, a.d_norm2_bias,
                           a.d_norm2_weight, a.norm2_n, a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)
        d_weight_32_16_3_3_4_4(a.d_conv2_weight, a.norm2, a.norm1_padded, a.scratch_12, a.scratch_15)  # (72)
        # (73)
        d_z_16_4_4_32(a.d_norm1_z, a.norm1, a.norm2, a.conv2_weight, a.scratch_16, a.scratch_17, a.mask_4)
        d_z_16_4_4_32_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                        a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_v2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                           a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_21, a.scratch_22,
                          a.scratch_23, a.mask_4)  # (73)
        d_weight_16_8_8(a.d_norm1_weight, a.d_norm1_z, a.norm1_n)  # (74)
        d_bias_16_8_8(a.d_norm1_bias, a.d_norm1_z)  # (75)
        d_conv1_16_8_8(a.norm1_n, a.norm1_r, a.norm1_weight, a.d_norm1_z, a.d_norm1_bias, a.d_norm1_weight,
                       a.scale_3, a.scratch_24, a.factor, a.factor_2_3)  # (76)
        d_weight_16_1_3_3_8_8(a.d_conv1_weight, a.norm1_n, a.x_padded, a.scratch_25, a.scratch_26)  # (77)
        return float(a.loss)

    def input_gradients(self, x, label):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 8, 8))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("input_gradients", batch, x, label)

    @staticmethod
    def _input_gradients(a, batch, x, label):
        conv2d_1_1_10(a.x_padded, x)  # (1)
        conv2d_16_8_8_1_3_3(a.conv1, a.x_padded, a.conv1_weight, a.scratch)  # (1)
        batchnorm_16_8_8(a.norm1_m, a.conv1, a.factor)  # (2)
        batchnorm_16_8_8_v2(a.norm1_u, a.conv1, a.norm1_m)  # (3)
        batchnorm_16_8_8_v3(a.norm1_r, a.norm1_u, a.factor)  # (4) (5)
        batchnorm_relu_conv2d_16_8_8_v2(a.norm1_n, a.norm1, a.norm1_padded, a.norm1_r, a.norm1_u,
                                        a.norm1_weight, a.norm1_bias)  # (6) (7) (9) (10)
        conv2d_32_4_4_16_3_3(a.conv2, a.norm1_padded, a.conv2_weight, a.scratch_2, a.scratch_3)  # (10)
        batchnorm_32_4_4(a.norm2_m, a.conv2, a.factor_2)  # (11)
        batchnorm_32_4_4_v2(a.norm2_u, a.conv2, a.norm2_m)  # (12)
        batchnorm_32_4_4_v3(a.norm2_r, a.norm2_u, a.factor_2)  # (13) (14)
        batchnorm_relu_conv2d_32_4_4_v2(a.norm2_n, a.norm2, a.norm2_padded, a.norm2_r, a.norm2_u,
                                        a.norm2_weight, a.norm2_bias)  # (15) (16) (18) (19)
        conv2d_32_4_4_32_3_3(a.conv3, a.norm2_padded, a.conv3_weight, a.scratch_4, a.scratch_5)  # (19)
        batchnorm_32_4_4(a.norm3_m, a.conv3, a.factor_2)  # (20)
        batchnorm_32_4_4_v2(a.norm3_u, a.conv3, a.norm3_m)  # (21)
        batchnorm_32_4_4_v3(a.norm3_r, a.norm3_u, a.factor_2)  # (22) (23)
        batchnorm_relu_global_avgpool2d_dropout_32_4_4(a.norm3_n, a.norm3, a.drop, a.norm3_r, a.norm3_u,
                                                       a.norm3_weight, a.norm3_bias, a.seed, a.t, a.mask,
                                                       a.scratch_9, a.integer, a.integer_2, a.ones,
                                                       a.positions_2)  # (24) (25) (27) (28) (29)
        linear_10_32(a.head, a.drop, a.head_weight, a.head_bias)  # (30)
        cross_entropy_d_head_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, label, a.scratch_6, a.scale,
                                a.scratch_10, a.ones_2, a.j, a.factor_3)  # (31) (32) (33) (34) (59)
        d_weight_10_32(a.d_head_weight, a.d_head, a.drop)  # (60)
        loss(a.loss, a.loss_m, a.head, label, a.loss_S, a.scratch_7, a.index, a.scratch_8, a.positions,
             a.ones_3, batch)  # (35)
        d_bias_10(a.d_head_bias, a.d_head, a.ones_3)  # (61)
        r2_32_10(a.norm3_r2, a.d_head, a.head_weight)  # (62)
        d_z_32_4_4(a.norm3, a.seed, a.t, a.norm3_r2, a.scratch_9, a.integer, a.integer_2, a.scale2, a.mask_2,
                   a.mask_3, a.positions_2)  # (63)
        d_weight_32_4_4(a.d_norm3_weight, a.norm3, a.norm3_n)  # (64)
        d_bias_32_4_4(a.d_norm3_bias, a.norm3)  # (65)
        d_conv3_32_4_4(a.norm3, a.norm3_r, a.norm3_weight, a.d_norm3_bias, a.d_norm3_weight, a.norm3_n,
                       a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)  # (66)
        d_weight_32_32_3_3_4_4(a.d_conv3_weight, a.norm3, a.norm2_padded, a.scratch_12, a.scratch_13)  # (67)
        d_z_32_32_2_7(a.conv3_weight_padded, a.conv3_weight)  # (68)
        d_z_32_4_4_32_4_4(a.norm2, a.norm3, a.conv3_weight_padded, a.mask_2, a.scratch_14)  # (68)
        d_weight_32_4_4(a.d_norm2_weight, a.norm2, a.norm2_n)  # (69)
        d_bias_32_4_4(a.d_norm2_bias, a.norm2)  # (70)
        # (71) (73)
        d_conv2_d_z_32_4_4(a.norm2, a.d_conv2_padded, a.norm2_r, a.norm2_weight, a.d_norm2_bias,
                           a.d_norm2_weight, a.norm2_n, a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)
        d_weight_32_16_3_3_4_4(a.d_conv2_weight, a.norm2, a.norm1_padded, a.scratch_12, a.scratch_15)  # (72)
        # (73)
        d_z_16_4_4_32(a.d_norm1_z, a.norm1, a.norm2, a.conv2_weight, a.scratch_16, a.scratch_17, a.mask_4)
        d_z_16_4_4_32_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                        a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_v2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                           a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_21, a.scratch_22,
                          a.scratch_23, a.mask_4)  # (73)
        d_weight_16_8_8(a.d_norm1_weight, a.d_norm1_z, a.norm1_n)  # (74)
        d_bias_16_8_8(a.d_norm1_bias, a.d_norm1_z)  # (75)
        d_conv1_d_x_16_8_8(a.norm1_n, a.d_conv1_padded, a.norm1_r, a.norm1_weight, a.d_norm1_z, a.d_norm1_bias,
                           a.d_norm1_weight, a.scale_3, a.scratch_24, a.factor, a.factor_2_3)  # (76) (78)
        d_x_1_8_8_16_3_3(a.d_x, a.d_conv1_padded, a.conv1_weight, a.scratch_27)  # (78)
        d_weight_16_1_3_3_8_8(a.d_conv1_weight, a.norm1_n, a.x_padded, a.scratch_25, a.scratch_26)  # (77)
        return float(a.loss)

    def step(self, x, label):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 1, 8, 8))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("step", batch, x, label)

    @staticmethod
    def _step(a, batch, x, label):
        conv2d_1_1_10(a.x_padded, x)  # (1)
        conv2d_16_8_8_1_3_3(a.conv1, a.x_padded, a.conv1_weight, a.scratch)  # (1)
        batchnorm_16_8_8_v4(a.norm1_m, a.norm1_running_mean, a.conv1, a.scale_3, a.factor)  # (2) (79)
        batchnorm_16_8_8_v2(a.norm1_u, a.conv1, a.norm1_m)  # (3)
        d_z_32_32_2_7(a.conv3_weight_padded, a.conv3_weight)  # (68)
        N_adam_rate_next_step(a.norm1_N, a.norm2_N, a.norm3_N, a.optimizer_rate, a.optimizer_scale, a.t_next,
                              a.lr, a.beta1, a.t, a.beta2, batch)  # (8) (17) (26) (85) (86) (87)
        batchnorm_16_8_8_v5(a.norm1_r, a.norm1_running_var, a.norm1_u, a.norm1_N, a.scale_3, a.scratch_28,
                            a.number, a.factor)  # (4) (5) (80)
        batchnorm_relu_conv2d_16_8_8_v2(a.norm1_n, a.norm1, a.norm1_padded, a.norm1_r, a.norm1_u,
                                        a.norm1_weight, a.norm1_bias)  # (6) (7) (9) (10)
        conv2d_32_4_4_16_3_3(a.conv2, a.norm1_padded, a.conv2_weight, a.scratch_2, a.scratch_3)  # (10)
        batchnorm_32_4_4_v4(a.norm2_m, a.norm2_running_mean, a.conv2, a.scale_2, a.factor_2)  # (11) (81)
        batchnorm_32_4_4_v2(a.norm2_u, a.conv2, a.norm2_m)  # (12)
        batchnorm_32_4_4_v5(a.norm2_r, a.norm2_running_var, a.norm2_u, a.norm2_N, a.scale_2, a.scratch_29,
                            a.number_2, a.factor_2)  # (13) (14) (82)
        batchnorm_relu_conv2d_32_4_4_v2(a.norm2_n, a.norm2, a.norm2_padded, a.norm2_r, a.norm2_u,
                                        a.norm2_weight, a.norm2_bias)  # (15) (16) (18) (19)
        conv2d_32_4_4_32_3_3(a.conv3, a.norm2_padded, a.conv3_weight, a.scratch_4, a.scratch_5)  # (19)
        batchnorm_32_4_4_v4(a.norm3_m, a.norm3_running_mean, a.conv3, a.scale_2, a.factor_2)  # (20) (83)
        batchnorm_32_4_4_v2(a.norm3_u, a.conv3, a.norm3_m)  # (21)
        batchnorm_32_4_4_v5(a.norm3_r, a.norm3_running_var, a.norm3_u, a.norm3_N, a.scale_2, a.scratch_29,
                            a.number_2, a.factor_2)  # (22) (23) (84)
        batchnorm_relu_global_avgpool2d_dropout_32_4_4(a.norm3_n, a.norm3, a.drop, a.norm3_r, a.norm3_u,
                                                       a.norm3_weight, a.norm3_bias, a.seed, a.t, a.mask,
                                                       a.scratch_9, a.integer, a.integer_2, a.ones,
                                                       a.positions_2)  # (24) (25) (27) (28) (29)
        linear_10_32(a.head, a.drop, a.head_weight, a.head_bias)  # (30)
        cross_entropy_d_head_10(a.loss_m, a.loss_e, a.loss_S, a.d_head, a.head, label, a.scratch_6, a.scale,
                                a.scratch_10, a.ones_2, a.j, a.factor_3)  # (31) (32) (33) (34) (59)
        d_weight_10_32(a.d_head_weight, a.d_head, a.drop)  # (60)
        loss(a.loss, a.loss_m, a.head, label, a.loss_S, a.scratch_7, a.index, a.scratch_8, a.positions,
             a.ones_3, batch)  # (35)
        d_bias_10(a.d_head_bias, a.d_head, a.ones_3)  # (61)
        r2_32_10(a.norm3_r2, a.d_head, a.head_weight)  # (62)
        d_z_32_4_4(a.norm3, a.seed, a.t, a.norm3_r2, a.scratch_9, a.integer, a.integer_2, a.scale2, a.mask_2,
                   a.mask_3, a.positions_2)  # (63)
        d_weight_32_4_4(a.d_norm3_weight, a.norm3, a.norm3_n)  # (64)
        d_bias_32_4_4(a.d_norm3_bias, a.norm3)  # (65)
        d_conv3_32_4_4(a.norm3, a.norm3_r, a.norm3_weight, a.d_norm3_bias, a.d_norm3_weight, a.norm3_n,
                       a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)  # (66)
        d_z_32_4_4_32_4_4(a.norm2, a.norm3, a.conv3_weight_padded, a.mask_2, a.scratch_14)  # (68)
        d_weight_32_32_3_3_4_4(a.d_conv3_weight, a.norm3, a.norm2_padded, a.scratch_12, a.scratch_13)  # (67)
        d_weight_32_4_4(a.d_norm2_weight, a.norm2, a.norm2_n)  # (69)
        d_bias_32_4_4(a.d_norm2_bias, a.norm2)  # (70)
        # (71) (73)
        d_conv2_d_z_32_4_4(a.norm2, a.d_conv2_padded, a.norm2_r, a.norm2_weight, a.d_norm2_bias,
                           a.d_norm2_weight, a.norm2_n, a.scale_2, a.scratch_11, a.factor_2, a.factor_2_2)
        d_weight_32_16_3_3_4_4(a.d_conv2_weight, a.norm2, a.norm1_padded, a.scratch_12, a.scratch_15)  # (72)
        # (73)
        d_z_16_4_4_32(a.d_norm1_z, a.norm1, a.norm2, a.conv2_weight, a.scratch_16, a.scratch_17, a.mask_4)
        d_z_16_4_4_32_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                        a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_v2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_18, a.scratch_19,
                           a.scratch_20, a.mask_4)  # (73)
        d_z_16_4_4_32_2_2(a.d_norm1_z, a.norm1, a.d_conv2_padded, a.conv2_weight, a.scratch_21, a.scratch_22,
                          a.scratch_23, a.mask_4)  # (73)
        d_weight_16_8_8(a.d_norm1_weight, a.d_norm1_z, a.norm1_n)  # (74)
        d_bias_16_8_8(a.d_norm1_bias, a.d_norm1_z)  # (75)
        d_conv1_16_8_8(a.norm1_n, a.norm1_r, a.norm1_weight, a.d_norm1_z, a.d_norm1_bias, a.d_norm1_weight,
                       a.scale_3, a.scratch_24, a.factor, a.factor_2_3)  # (76)
        d_weight_16_1_3_3_8_8(a.d_conv1_weight, a.norm1_n, a.x_padded, a.scratch_25, a.scratch_26)  # (77)
        copy(a.t, a.t_next)  # (87)
        # (88) (89) (90) (91) (92) (93) (94) (95) (96) (97) (98) (99) (100) (101) (102) (103) (104) (105) (106) (107) (108) (109) (110) (111) (112) (113) (114) (115) (116) (117) (118) (119) (120)
        adam_14458(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                   a.eps, a.number_3, a.scratch_30, a.number_4, a.scratch_31, a.number_5)
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
        arrays["ones"] = np.ones((4, 4), real)
        arrays["ones_2"] = np.ones(10, real)
        arrays["positions"] = 10 * np.arange(batch, dtype=np.intp)
        arrays["ones_3"] = np.ones(batch, real)
        arrays["factor"] = np.array(np.divide(1.0, 64.0 * batch), real)
        arrays["factor_2"] = np.array(np.divide(1.0, 16.0 * batch), real)
        arrays["positions_2"] = 32 * np.arange(batch, dtype=np.int32)[:, None] + np.arange(32, dtype=np.int32)
        arrays["j"] = np.arange(10, dtype=np.int32)
        arrays["factor_3"] = np.array(1.0 / batch, real)
        arrays["factor_2_2"] = np.array(16.0 * batch, real)
        arrays["factor_2_3"] = np.array(64.0 * batch, real)
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
