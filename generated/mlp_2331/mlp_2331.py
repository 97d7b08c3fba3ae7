"""The network mlp_2331 in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 2] float32
    y [B, 1] float32
Parameters
    fc1.weight [3, 2]
    fc1.bias [3]
    fc2.weight [3, 3]
    fc2.bias [3]
    fc3.weight [1, 3]
    fc3.bias [1]
Settings
    lr = 0.001
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from mlp_2331 import Network

    net = Network()
    net.parameter_views["fc1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, y)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import copyto, greater, logical_not, maximum, multiply, sqrt, square, subtract, vdot

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("fc1.weight", 0, (3, 2), "F"),
    ("fc1.bias", 16, (3,)),
    ("fc2.weight", 32, (3, 3)),
    ("fc2.bias", 48, (3,)),
    ("fc3.weight", 64, (1, 3)),
    ("fc3.bias", 80, (1,)),
)
STATES = (
    ("fc1.weight.m", 0, (3, 2), "F"),
    ("fc1.bias.m", 16, (3,)),
    ("fc2.weight.m", 32, (3, 3)),
    ("fc2.bias.m", 48, (3,)),
    ("fc3.weight.m", 64, (1, 3)),
    ("fc3.bias.m", 80, (1,)),
    ("fc1.weight.v", 96, (3, 2), "F"),
    ("fc1.bias.v", 112, (3,)),
    ("fc2.weight.v", 128, (3, 3)),
    ("fc2.bias.v", 144, (3,)),
    ("fc3.weight.v", 160, (1, 3)),
    ("fc3.bias.v", 176, (1,)),
)
FIXED = (
    ("fc1_weight", "parameters", real, 0, 0, (3, 2), "F"),
    ("fc1_bias", "parameters", real, 0, 16, (3,)),
    ("fc2_weight", "parameters", real, 0, 32, (3, 3)),
    ("fc2_bias", "parameters", real, 0, 48, (3,)),
    ("fc3_weight", "parameters", real, 0, 64, (1, 3)),
    ("fc3_bias", "parameters", real, 0, 80, (1,)),
    ("fc1_weight_m", "states", real, 0, 0, (3, 2), "F"),
    ("fc1_bias_m", "states", real, 0, 16, (3,)),
    ("fc2_weight_m", "states", real, 0, 32, (3, 3)),
    ("fc2_bias_m", "states", real, 0, 48, (3,)),
    ("fc3_weight_m", "states", real, 0, 64, (1, 3)),
    ("fc3_bias_m", "states", real, 0, 80, (1,)),
    ("fc1_weight_v", "states", real, 0, 96, (3, 2), "F"),
    ("fc1_bias_v", "states", real, 0, 112, (3,)),
    ("fc2_weight_v", "states", real, 0, 128, (3, 3)),
    ("fc2_bias_v", "states", real, 0, 144, (3,)),
    ("fc3_weight_v", "states", real, 0, 160, (1, 3)),
    ("fc3_bias_v", "states", real, 0, 176, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_fc1_weight", "gradients", real, 0, 0, (3, 2), "F"),
    ("d_fc1_bias", "gradients", real, 0, 16, (3,)),
    ("d_fc2_weight", "gradients", real, 0, 32, (3, 3)),
    ("d_fc2_bias", "gradients", real, 0, 48, (3,)),
    ("d_fc3_weight", "gradients", real, 0, 64, (1, 3)),
    ("d_fc3_bias", "gradients", real, 0, 80, (1,)),
    ("gradients", "gradients", real, 0, 0, (81,)),
    ("m", "states", real, 0, 0, (81,)),
    ("v", "states", real, 0, 96, (81,)),
    ("parameters", "parameters", real, 0, 0, (81,)),
)
WORKSPACE = {
    "forward": (
        ("fc1", "workspace", real, 1, 0, (B, 3)),
        ("fc2", "workspace", real, 1, 4, (B, 3)),
        ("fc3", "workspace", real, 1, 0, (B, 1)),
    ),
    "loss": (
        ("fc1", "workspace", real, 1, 0, (B, 3)),
        ("fc2", "workspace", real, 1, 4, (B, 3)),
        ("fc3", "workspace", real, 1, 0, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("fc1", "workspace", real, 1, 0, (B, 3)),
        ("fc2", "workspace", real, 1, 4, (B, 3)),
        ("fc3", "workspace", real, 1, 9, (B, 1)),
        ("d_fc3", "workspace", real, 1, 8, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("fc1", "workspace", real, 1, 0, (B, 3)),
        ("fc2", "workspace", real, 1, 4, (B, 3)),
        ("fc3", "workspace", real, 1, 10, (B, 1)),
        ("d_y", "workspace", real, 1, 8, (B, 1)),
        ("d_fc3", "workspace", real, 1, 9, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 4, (B, 2)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("fc1", "workspace", real, 1, 0, (B, 3)),
        ("fc2", "workspace", real, 1, 4, (B, 3)),
        ("fc3", "workspace", real, 1, 9, (B, 1)),
        ("d_fc3", "workspace", real, 1, 8, (B, 1)),
        ("loss", "workspace", real, 0, 4, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1)),
    ("mask", "masks", np.bool_, 1, 0, (B, 3)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_2", "reals", real, 0, 1, (81,)),
    ("number_2", "reals", real, 0, 82, ()),
    ("scratch_3", "reals", real, 0, 83, (81,)),
    ("number_3", "reals", real, 0, 164, ()),
)
RESULTS = {
    "forward": (
        ("fc3", 1, 0, (B, 1)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 4, (B, 2)),
        ("y", 1, 8, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 16, 0),
    "masks": (0, 3, 0),
    "reals": (165, 1, 0),
}


def linear_relu_3_2(fc1, x, weight, bias):
    """fc1: linear, relu.

    Writes fc1 [B, 3]; reads x [B, 2], weight [3, 2], bias [3].
    """
    # (1) fc1.z[b, o] = sum[i](x[b, i] * fc1.weight[o, i]) + fc1.bias[o]
    # (2) fc1[b, o] = max(0, fc1.z[b, o])
    x.dot(weight.T, out=fc1)
    fc1 += bias
    maximum(fc1, ZERO, out=fc1)


def linear_relu_3_3(fc2, fc1, weight, bias):
    """fc2: linear, relu.

    Writes fc2 [B, 3]; reads fc1 [B, 3], weight [3, 3], bias [3].
    """
    # (3) fc2.z[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
    # (4) fc2[b, o] = max(0, fc2.z[b, o])
    fc1.dot(weight.T, out=fc2)
    fc2 += bias
    maximum(fc2, ZERO, out=fc2)


def linear_1_3(fc3, fc2, weight, bias):
    """fc3: linear.

    Writes fc3 [B, 1]; reads fc2 [B, 3], weight [1, 3], bias [1].
    """
    # (5) fc3[b, o] = sum[i](fc2[b, i] * fc3.weight[o, i]) + fc3.bias[o]
    fc2.dot(weight.T, out=fc3)
    fc3 += bias


def mse_1(loss, fc3, y, scratch, batch):
    """loss: mse.

    Writes loss; reads fc3 [B, 1], y [B, 1].
    """
    # (6) loss = sum[b, i]((fc3[b, i] - y[b, i])**2) / B
    subtract(fc3, y, out=scratch)
    loss[...] = vdot(scratch, scratch) / batch


def linear_d_fc3_1_3(fc3, d_fc3, fc2, weight, bias, y, factor):
    """fc3: linear, gradient of linear.

    Writes fc3 [B, 1], d_fc3 [B, 1]; reads fc2 [B, 3], weight [1, 3], bias [1], y [B, 1].
    """
    # (5) fc3[b, o] = sum[i](fc2[b, i] * fc3.weight[o, i]) + fc3.bias[o]
    fc2.dot(weight.T, out=fc3)
    fc3 += bias
    # (8) d.fc3[b, o] = 2 * (fc3[b, o] - y[b, o]) / B
    subtract(fc3, y, out=d_fc3)
    d_fc3 *= factor


def d_weight_1_3(d_weight, d_fc3, fc2):
    """fc3: gradient of linear.

    Writes d_weight [1, 3]; reads d_fc3 [B, 1], fc2 [B, 3].
    """
    # (9) d.fc3.weight[o, i] = sum[b](d.fc3[b, o] * fc2[b, i])
    d_fc3.T.dot(fc2, out=d_weight)


def d_bias_1(d_bias, d_fc3, ones):
    """fc3: gradient of linear.

    Writes d_bias [1]; reads d_fc3 [B, 1].
    """
    # (10) d.fc3.bias[o] = sum[b](d.fc3[b, o])
    ones.dot(d_fc3, out=d_bias)


def d_z_3_1(fc2, d_fc3, weight, mask):
    """fc2: gradient of linear.

    Writes fc2 [B, 3]; reads d_fc3 [B, 1], weight [1, 3].
    """
    # (11) d.fc2.z[b, o] = sum[i](d.fc3[b, i] * fc3.weight[i, o]) * (fc2[b, o] > 0)
    greater(fc2, ZERO, out=mask)
    d_fc3.dot(weight, out=fc2)
    logical_not(mask, out=mask)
    copyto(fc2, ZERO, where=mask)


def d_weight_3_3(d_weight, fc2, fc1):
    """fc2: gradient of linear.

    Writes d_weight [3, 3]; reads fc2 [B, 3], fc1 [B, 3].
    """
    # (12) d.fc2.weight[o, i] = sum[b](d.fc2.z[b, o] * fc1[b, i])
    fc2.T.dot(fc1, out=d_weight)


def d_bias_3(d_bias, fc2, ones):
    """fc2: gradient of linear.

    Writes d_bias [3]; reads fc2 [B, 3].
    For (16) too.
    """
    # (13) d.fc2.bias[o] = sum[b](d.fc2.z[b, o])
    ones.dot(fc2, out=d_bias)


def d_z_3_3(fc1, fc2, weight, mask):
    """fc1: gradient of linear.

    Writes fc1 [B, 3]; reads fc2 [B, 3], weight [3, 3].
    """
    # (14) d.fc1.z[b, o] = sum[i](d.fc2.z[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
    greater(fc1, ZERO, out=mask)
    fc2.dot(weight, out=fc1)
    logical_not(mask, out=mask)
    copyto(fc1, ZERO, where=mask)


def d_weight_3_2(d_weight, fc1, x):
    """fc1: gradient of linear.

    Writes d_weight [3, 2]; reads fc1 [B, 3], x [B, 2].
    """
    # (15) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * x[b, i])
    x.T.dot(fc1, out=d_weight.T)


def linear_d_y_d_fc3_1_3(fc3, d_y, d_fc3, fc2, weight, bias, y, factor):
    """fc3: linear, gradient of linear; loss: gradient of mse.

    Writes fc3 [B, 1], d_y [B, 1], d_fc3 [B, 1]; reads fc2 [B, 3], weight [1, 3], bias [1], y [B, 1].
    """
    # (5) fc3[b, o] = sum[i](fc2[b, i] * fc3.weight[o, i]) + fc3.bias[o]
    fc2.dot(weight.T, out=fc3)
    fc3 += bias
    # (8)
    # (7) d.y[b, i] = 2 * (y[b, i] - fc3[b, i]) / B
    subtract(y, fc3, out=d_y)
    d_y *= factor
    subtract(fc3, y, out=d_fc3)
    d_fc3 *= factor


def d_x_2_3(d_x, fc1, weight):
    """fc1: gradient of linear.

    Writes d_x [B, 2]; reads fc1 [B, 3], weight [3, 2].
    """
    # (17) d.x[b, i] = sum[j](d.fc1.z[b, j] * fc1.weight[j, i])
    fc1.dot(weight, out=d_x)


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (18) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (19) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (20) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_81(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
            number_3):
    """fc1.weight to fc3.bias: adam.

    Writes m [81], v [81], parameters [81]; reads beta1, beta2, rate, scale, eps; uses up gradients [81].
    For (21) (22) (23) (24) (25) (26) (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38) too.
    """
    # (21) fc1.weight.m.next[o, i] = (1 - beta1) * d.fc1.weight[o, i] + beta1 * fc1.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (22) fc1.weight.v.next[o, i] = (1 - beta2) * d.fc1.weight[o, i]**2 + beta2 * fc1.weight.v[o, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (23) fc1.weight.next[o, i] = fc1.weight[o, i] - optimizer.rate * fc1.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(fc1.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(81, real) if parameters is None else parameters,
            "gradients": np.zeros(81, real) if gradients is None else gradients,
            "states": np.zeros(177, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.001, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 16 * capacity, real)
        self.blocks["masks"] = np.zeros(3 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(165 + 1 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_relu_3_2(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_relu_3_3(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3) (4)
        linear_1_3(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (5)
        return 0.0

    def loss(self, x, y):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("loss", batch, x, y)

    @staticmethod
    def _loss(a, batch, x, y):
        linear_relu_3_2(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_relu_3_3(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3) (4)
        linear_1_3(a.fc3, a.fc2, a.fc3_weight, a.fc3_bias)  # (5)
        mse_1(a.loss, a.fc3, y, a.scratch, batch)  # (6)
        return float(a.loss)

    def gradients(self, x, y):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("gradients", batch, x, y)

    @staticmethod
    def _gradients(a, batch, x, y):
        linear_relu_3_2(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_relu_3_3(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3) (4)
        linear_d_fc3_1_3(a.fc3, a.d_fc3, a.fc2, a.fc3_weight, a.fc3_bias, y, a.factor)  # (5) (8)
        mse_1(a.loss, a.fc3, y, a.scratch, batch)  # (6)
        d_weight_1_3(a.d_fc3_weight, a.d_fc3, a.fc2)  # (9)
        d_bias_1(a.d_fc3_bias, a.d_fc3, a.ones)  # (10)
        d_z_3_1(a.fc2, a.d_fc3, a.fc3_weight, a.mask)  # (11)
        d_weight_3_3(a.d_fc2_weight, a.fc2, a.fc1)  # (12)
        d_bias_3(a.d_fc2_bias, a.fc2, a.ones)  # (13)
        d_z_3_3(a.fc1, a.fc2, a.fc2_weight, a.mask)  # (14)
        d_weight_3_2(a.d_fc1_weight, a.fc1, x)  # (15)
        d_bias_3(a.d_fc1_bias, a.fc1, a.ones)  # (16)
        return float(a.loss)

    def input_gradients(self, x, y):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("input_gradients", batch, x, y)

    @staticmethod
    def _input_gradients(a, batch, x, y):
        linear_relu_3_2(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_relu_3_3(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3) (4)
        linear_d_y_d_fc3_1_3(a.fc3, a.d_y, a.d_fc3, a.fc2, a.fc3_weight, a.fc3_bias, y, a.factor)  # (5) (7) (8)
        mse_1(a.loss, a.fc3, y, a.scratch, batch)  # (6)
        d_weight_1_3(a.d_fc3_weight, a.d_fc3, a.fc2)  # (9)
        d_bias_1(a.d_fc3_bias, a.d_fc3, a.ones)  # (10)
        d_z_3_1(a.fc2, a.d_fc3, a.fc3_weight, a.mask)  # (11)
        d_weight_3_3(a.d_fc2_weight, a.fc2, a.fc1)  # (12)
        d_bias_3(a.d_fc2_bias, a.fc2, a.ones)  # (13)
        d_z_3_3(a.fc1, a.fc2, a.fc2_weight, a.mask)  # (14)
        d_weight_3_2(a.d_fc1_weight, a.fc1, x)  # (15)
        d_bias_3(a.d_fc1_bias, a.fc1, a.ones)  # (16)
        d_x_2_3(a.d_x, a.fc1, a.fc1_weight)  # (17)
        return float(a.loss)

    def step(self, x, y):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("step", batch, x, y)

    @staticmethod
    def _step(a, batch, x, y):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (18) (19) (20)
        linear_relu_3_2(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_relu_3_3(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3) (4)
        linear_d_fc3_1_3(a.fc3, a.d_fc3, a.fc2, a.fc3_weight, a.fc3_bias, y, a.factor)  # (5) (8)
        mse_1(a.loss, a.fc3, y, a.scratch, batch)  # (6)
        d_weight_1_3(a.d_fc3_weight, a.d_fc3, a.fc2)  # (9)
        d_bias_1(a.d_fc3_bias, a.d_fc3, a.ones)  # (10)
        d_z_3_1(a.fc2, a.d_fc3, a.fc3_weight, a.mask)  # (11)
        d_weight_3_3(a.d_fc2_weight, a.fc2, a.fc1)  # (12)
        d_bias_3(a.d_fc2_bias, a.fc2, a.ones)  # (13)
        d_z_3_3(a.fc1, a.fc2, a.fc2_weight, a.mask)  # (14)
        d_weight_3_2(a.d_fc1_weight, a.fc1, x)  # (15)
        d_bias_3(a.d_fc1_bias, a.fc1, a.ones)  # (16)
        # (21) (22) (23) (24) (25) (26) (27) (28) (29) (30) (31) (32) (33) (34) (35) (36) (37) (38)
        adam_81(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                a.eps, a.number, a.scratch_2, a.number_2, a.scratch_3, a.number_3)
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
        arrays["factor"] = np.array(2.0 / batch, real)
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
