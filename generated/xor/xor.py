"""The network xor in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 2] float32
    y [B, 1] float32
Parameters
    hidden.weight [4, 2]
    hidden.bias [4]
    output.weight [1, 4]
    output.bias [1]
Settings
    lr = 0.05
    eps = 1e-08
    beta1 = 0.9
    beta2 = 0.999

Use
    from xor import Network

    net = Network()
    net.parameter_views["hidden.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, y)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import exp, logaddexp, multiply, negative, reciprocal, sqrt, square, subtract, vdot

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)
ONE = np.array(1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("hidden.weight", 0, (4, 2), "F"),
    ("hidden.bias", 16, (4,)),
    ("output.weight", 32, (1, 4)),
    ("output.bias", 48, (1,)),
)
STATES = (
    ("hidden.weight.m", 0, (4, 2), "F"),
    ("hidden.bias.m", 16, (4,)),
    ("output.weight.m", 32, (1, 4)),
    ("output.bias.m", 48, (1,)),
    ("hidden.weight.v", 64, (4, 2), "F"),
    ("hidden.bias.v", 80, (4,)),
    ("output.weight.v", 96, (1, 4)),
    ("output.bias.v", 112, (1,)),
)
FIXED = (
    ("hidden_weight", "parameters", real, 0, 0, (4, 2), "F"),
    ("hidden_bias", "parameters", real, 0, 16, (4,)),
    ("output_weight", "parameters", real, 0, 32, (1, 4)),
    ("output_bias", "parameters", real, 0, 48, (1,)),
    ("hidden_weight_m", "states", real, 0, 0, (4, 2), "F"),
    ("hidden_bias_m", "states", real, 0, 16, (4,)),
    ("output_weight_m", "states", real, 0, 32, (1, 4)),
    ("output_bias_m", "states", real, 0, 48, (1,)),
    ("hidden_weight_v", "states", real, 0, 64, (4, 2), "F"),
    ("hidden_bias_v", "states", real, 0, 80, (4,)),
    ("output_weight_v", "states", real, 0, 96, (1, 4)),
    ("output_bias_v", "states", real, 0, 112, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("eps", "settings", np.float64, 0, 1, ()),
    ("beta1", "settings", np.float64, 0, 2, ()),
    ("beta2", "settings", np.float64, 0, 3, ()),
    ("d_hidden_weight", "gradients", real, 0, 0, (4, 2), "F"),
    ("d_hidden_bias", "gradients", real, 0, 16, (4,)),
    ("d_output_weight", "gradients", real, 0, 32, (1, 4)),
    ("d_output_bias", "gradients", real, 0, 48, (1,)),
    ("gradients", "gradients", real, 0, 0, (49,)),
    ("m", "states", real, 0, 0, (49,)),
    ("v", "states", real, 0, 64, (49,)),
    ("parameters", "parameters", real, 0, 0, (49,)),
)
WORKSPACE = {
    "forward": (
        ("hidden", "workspace", real, 1, 0, (B, 4)),
        ("output", "workspace", real, 1, 4, (B, 1)),
    ),
    "loss": (
        ("hidden", "workspace", real, 1, 0, (B, 4)),
        ("output_z", "workspace", real, 1, 4, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("hidden", "workspace", real, 1, 0, (B, 4)),
        ("hidden_t", "workspace", real, 1, 4, (B, 4)),
        ("output_z", "workspace", real, 1, 9, (B, 1)),
        ("d_output_z", "workspace", real, 1, 8, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("hidden", "workspace", real, 1, 0, (B, 4)),
        ("hidden_t", "workspace", real, 1, 4, (B, 4)),
        ("output_z", "workspace", real, 1, 10, (B, 1)),
        ("d_y", "workspace", real, 1, 8, (B, 1)),
        ("d_output_z", "workspace", real, 1, 9, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 4, (B, 2)),
    ),
    "step": (
        ("optimizer_rate", "workspace", np.float64, 0, 0, ()),
        ("optimizer_scale", "workspace", np.float64, 0, 2, ()),
        ("hidden", "workspace", real, 1, 0, (B, 4)),
        ("hidden_t", "workspace", real, 1, 4, (B, 4)),
        ("output_z", "workspace", real, 1, 9, (B, 1)),
        ("d_output_z", "workspace", real, 1, 8, (B, 1)),
        ("loss", "workspace", real, 0, 4, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1)),
    ("scratch_2", "reals", real, 1, 1, (B, 1)),
    ("z", "reals", real, 1, 0, (B, 4)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_3", "reals", real, 0, 1, (49,)),
    ("number_2", "reals", real, 0, 50, ()),
    ("scratch_4", "reals", real, 0, 51, (49,)),
    ("number_3", "reals", real, 0, 100, ()),
)
RESULTS = {
    "forward": (
        ("output", 1, 4, (B, 1)),
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
    "reals": (101, 4, 0),
}


def linear_sigmoid_4_2(hidden, x, weight, bias):
    """hidden: linear, sigmoid.

    Writes hidden [B, 4]; reads x [B, 2], weight [4, 2], bias [4].
    """
    # (1) hidden.z[b, o] = sum[i](x[b, i] * hidden.weight[o, i]) + hidden.bias[o]
    # (2) hidden[b, o] = sigmoid(hidden.z[b, o])
    x.dot(weight.T, out=hidden)
    hidden += bias
    negative(hidden, out=hidden)
    exp(hidden, out=hidden)
    hidden += ONE
    reciprocal(hidden, out=hidden)


def linear_sigmoid_1_4(output, hidden, weight, bias):
    """output: linear, sigmoid.

    Writes output [B, 1]; reads hidden [B, 4], weight [1, 4], bias [1].
    """
    # (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
    # (5) output[b, o] = sigmoid(output.z[b, o])
    hidden.dot(weight.T, out=output)
    output += bias
    negative(output, out=output)
    exp(output, out=output)
    output += ONE
    reciprocal(output, out=output)


def linear_1_4(z, hidden, weight, bias):
    """output: linear.

    Writes z [B, 1]; reads hidden [B, 4], weight [1, 4], bias [1].
    """
    # (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
    hidden.dot(weight.T, out=z)
    z += bias


def bce_1(loss, y, z, scratch, scratch_2, ones, batch):
    """loss: bce.

    Writes loss; reads y [B, 1], z [B, 1].
    """
    # (7) loss = sum[b, i]((1 - y[b, i]) * softplus(output.z[b, i]) + y[b, i] * softplus(-output.z[b, i])) / B
    subtract(ONE, y, out=scratch)
    logaddexp(ZERO, z, out=scratch_2)
    scratch *= scratch_2
    negative(z, out=scratch_2)
    logaddexp(ZERO, scratch_2, out=scratch_2)
    scratch_2 *= y
    scratch += scratch_2
    loss[...] = vdot(scratch, ones) / batch


def linear_sigmoid_4_2_v2(hidden, t, x, weight, bias, z):
    """hidden: linear, sigmoid.

    Writes hidden [B, 4], t [B, 4]; reads x [B, 2], weight [4, 2], bias [4].
    """
    # (1) hidden.z[b, o] = sum[i](x[b, i] * hidden.weight[o, i]) + hidden.bias[o]
    x.dot(weight.T, out=z)
    z += bias
    # (2) hidden[b, o] = sigmoid(hidden.z[b, o])
    negative(z, out=hidden)
    exp(hidden, out=hidden)
    hidden += ONE
    reciprocal(hidden, out=hidden)
    # (3) hidden.t[b, o] = sigmoid(-hidden.z[b, o])
    exp(z, out=t)
    t += ONE
    reciprocal(t, out=t)


def linear_sigmoid_d_z_1_4(z, d_z, hidden, weight, bias, y, scratch, factor):
    """output: linear, sigmoid, gradient of linear.

    Writes z [B, 1], d_z [B, 1]; reads hidden [B, 4], weight [1, 4], bias [1], y [B, 1].
    """
    # (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
    hidden.dot(weight.T, out=z)
    z += bias
    # (5) output[b, o] = sigmoid(output.z[b, o])
    # (6) output.t[b, o] = sigmoid(-output.z[b, o])
    # (9) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - output.t[b, o] * y[b, o]) / B
    subtract(ONE, y, out=d_z)
    negative(z, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_z *= scratch
    exp(z, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= y
    d_z -= scratch
    d_z *= factor


def d_weight_1_4(d_weight, d_z, hidden):
    """output: gradient of linear.

    Writes d_weight [1, 4]; reads d_z [B, 1], hidden [B, 4].
    """
    # (10) d.output.weight[o, i] = sum[b](d.output.z[b, o] * hidden[b, i])
    d_z.T.dot(hidden, out=d_weight)


def d_z_4_1(hidden, d_z, weight, t, scratch):
    """hidden: gradient of linear.

    Writes hidden [B, 4]; reads d_z [B, 1], weight [1, 4], t [B, 4].
    """
    # (12) d.hidden.z[b, o] = hidden[b, o] * hidden.t[b, o] * sum[i](d.output.z[b, i] * output.weight[i, o])
    d_z.dot(weight, out=scratch)
    hidden *= scratch
    hidden *= t


def d_bias_1(d_bias, d_z, ones):
    """output: gradient of linear.

    Writes d_bias [1]; reads d_z [B, 1].
    """
    # (11) d.output.bias[o] = sum[b](d.output.z[b, o])
    ones.dot(d_z, out=d_bias)


def d_weight_4_2(d_weight, hidden, x):
    """hidden: gradient of linear.

    Writes d_weight [4, 2]; reads hidden [B, 4], x [B, 2].
    """
    # (13) d.hidden.weight[o, i] = sum[b](d.hidden.z[b, o] * x[b, i])
    x.T.dot(hidden, out=d_weight.T)


def d_bias_4(d_bias, hidden, ones):
    """hidden: gradient of linear.

    Writes d_bias [4]; reads hidden [B, 4].
    """
    # (14) d.hidden.bias[o] = sum[b](d.hidden.z[b, o])
    ones.dot(hidden, out=d_bias)


def linear_sigmoid_d_y_d_z_1_4(z, d_y, d_z, hidden, weight, bias, y, scratch, factor):
    """output: linear, sigmoid, gradient of linear; loss: gradient of bce.

    Writes z [B, 1], d_y [B, 1], d_z [B, 1]; reads hidden [B, 4], weight [1, 4], bias [1], y [B, 1].
    """
    # (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
    hidden.dot(weight.T, out=z)
    z += bias
    # (9)
    # (8) d.y[b, i] = (softplus(-output.z[b, i]) - softplus(output.z[b, i])) / B
    negative(z, out=d_y)
    logaddexp(ZERO, d_y, out=d_y)
    logaddexp(ZERO, z, out=scratch)
    d_y -= scratch
    d_y *= factor
    # (8)
    # (5) output[b, o] = sigmoid(output.z[b, o])
    # (6) output.t[b, o] = sigmoid(-output.z[b, o])
    # (9) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - output.t[b, o] * y[b, o]) / B
    subtract(ONE, y, out=d_z)
    negative(z, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_z *= scratch
    exp(z, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= y
    d_z -= scratch
    d_z *= factor


def d_x_2_4(d_x, hidden, weight):
    """hidden: gradient of linear.

    Writes d_x [B, 2]; reads hidden [B, 4], weight [4, 2].
    """
    # (15) d.x[b, i] = sum[j](d.hidden.z[b, j] * hidden.weight[j, i])
    hidden.dot(weight, out=d_x)


def adam_rate_next_step(rate, scale, t, lr, beta1, beta2):
    """optimizer: adam rate, next step.

    Writes rate, scale, t; reads lr, beta1, beta2.
    """
    # (16) optimizer.rate = lr / (1 - beta1**(1 + t))
    rate[...] = float(lr) / (1.0 - beta1[()] ** (float(t) + 1.0))
    # (17) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
    scale[...] = 1.0 / sqrt(1.0 - beta2[()] ** (float(t) + 1.0))
    # (18) t.next = 1 + t
    t[...] = float(t) + 1.0


def adam_49(m, v, parameters, beta1, gradients, beta2, rate, scale, eps, number, scratch, number_2, scratch_2,
            number_3):
    """hidden.weight to output.bias: adam.

    Writes m [49], v [49], parameters [49]; reads beta1, beta2, rate, scale, eps; uses up gradients [49].
    For (19) (20) (21) (22) (23) (24) (25) (26) (27) (28) (29) (30) too.
    """
    # (19) hidden.weight.m.next[o, i] = (1 - beta1) * d.hidden.weight[o, i] + beta1 * hidden.weight.m[o, i]
    number[...] = float(beta1)
    m *= number
    number_2[...] = 1.0 - float(beta1)
    multiply(number_2, gradients, out=scratch)
    m += scratch
    # (20) hidden.weight.v.next[o, i] = (1 - beta2) * d.hidden.weight[o, i]**2 + beta2 * hidden.weight.v[o, i]
    number[...] = float(beta2)
    v *= number
    square(gradients, out=gradients)
    number_2[...] = 1.0 - float(beta2)
    gradients *= number_2
    v += gradients
    # (21) hidden.weight.next[o, i] = hidden.weight[o, i] - optimizer.rate * hidden.weight.m.next[o, i] /
    #     (optimizer.scale * sqrt(hidden.weight.v.next[o, i]) + eps)
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
            "parameters": np.zeros(49, real) if parameters is None else parameters,
            "gradients": np.zeros(49, real) if gradients is None else gradients,
            "states": np.zeros(113, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.05, 1e-08, 0.9, 0.999], np.float64) if settings is None else settings,
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
        self.blocks["reals"] = np.zeros(101 + 4 * capacity, real)
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
        linear_sigmoid_4_2(a.hidden, x, a.hidden_weight, a.hidden_bias)  # (1) (2)
        linear_sigmoid_1_4(a.output, a.hidden, a.output_weight, a.output_bias)  # (4) (5)
        return 0.0

    def loss(self, x, y):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("loss", batch, x, y)

    @staticmethod
    def _loss(a, batch, x, y):
        linear_sigmoid_4_2(a.hidden, x, a.hidden_weight, a.hidden_bias)  # (1) (2)
        linear_1_4(a.output_z, a.hidden, a.output_weight, a.output_bias)  # (4)
        bce_1(a.loss, y, a.output_z, a.scratch, a.scratch_2, a.ones, batch)  # (7)
        return float(a.loss)

    def gradients(self, x, y):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("gradients", batch, x, y)

    @staticmethod
    def _gradients(a, batch, x, y):
        linear_sigmoid_4_2_v2(a.hidden, a.hidden_t, x, a.hidden_weight, a.hidden_bias, a.z)  # (1) (2) (3)
        linear_sigmoid_d_z_1_4(a.output_z, a.d_output_z, a.hidden, a.output_weight, a.output_bias, y, a.scratch,
                               a.factor)  # (4) (5) (6) (9)
        bce_1(a.loss, y, a.output_z, a.scratch, a.scratch_2, a.ones, batch)  # (7)
        d_weight_1_4(a.d_output_weight, a.d_output_z, a.hidden)  # (10)
        d_z_4_1(a.hidden, a.d_output_z, a.output_weight, a.hidden_t, a.z)  # (12)
        d_bias_1(a.d_output_bias, a.d_output_z, a.ones_2)  # (11)
        d_weight_4_2(a.d_hidden_weight, a.hidden, x)  # (13)
        d_bias_4(a.d_hidden_bias, a.hidden, a.ones_2)  # (14)
        return float(a.loss)

    def input_gradients(self, x, y):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("input_gradients", batch, x, y)

    @staticmethod
    def _input_gradients(a, batch, x, y):
        linear_sigmoid_4_2_v2(a.hidden, a.hidden_t, x, a.hidden_weight, a.hidden_bias, a.z)  # (1) (2) (3)
        linear_sigmoid_d_y_d_z_1_4(a.output_z, a.d_y, a.d_output_z, a.hidden, a.output_weight, a.output_bias, y,
                                   a.scratch, a.factor)  # (4) (5) (6) (8) (9)
        bce_1(a.loss, y, a.output_z, a.scratch, a.scratch_2, a.ones, batch)  # (7)
        d_weight_1_4(a.d_output_weight, a.d_output_z, a.hidden)  # (10)
        d_z_4_1(a.hidden, a.d_output_z, a.output_weight, a.hidden_t, a.z)  # (12)
        d_bias_1(a.d_output_bias, a.d_output_z, a.ones_2)  # (11)
        d_weight_4_2(a.d_hidden_weight, a.hidden, x)  # (13)
        d_bias_4(a.d_hidden_bias, a.hidden, a.ones_2)  # (14)
        d_x_2_4(a.d_x, a.hidden, a.hidden_weight)  # (15)
        return float(a.loss)

    def step(self, x, y):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 2))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("step", batch, x, y)

    @staticmethod
    def _step(a, batch, x, y):
        adam_rate_next_step(a.optimizer_rate, a.optimizer_scale, a.t, a.lr, a.beta1, a.beta2)  # (16) (17) (18)
        linear_sigmoid_4_2_v2(a.hidden, a.hidden_t, x, a.hidden_weight, a.hidden_bias, a.z)  # (1) (2) (3)
        linear_sigmoid_d_z_1_4(a.output_z, a.d_output_z, a.hidden, a.output_weight, a.output_bias, y, a.scratch,
                               a.factor)  # (4) (5) (6) (9)
        bce_1(a.loss, y, a.output_z, a.scratch, a.scratch_2, a.ones, batch)  # (7)
        d_weight_1_4(a.d_output_weight, a.d_output_z, a.hidden)  # (10)
        d_z_4_1(a.hidden, a.d_output_z, a.output_weight, a.hidden_t, a.z)  # (12)
        d_bias_1(a.d_output_bias, a.d_output_z, a.ones_2)  # (11)
        d_weight_4_2(a.d_hidden_weight, a.hidden, x)  # (13)
        d_bias_4(a.d_hidden_bias, a.hidden, a.ones_2)  # (14)
        # (19) (20) (21) (22) (23) (24) (25) (26) (27) (28) (29) (30)
        adam_49(a.m, a.v, a.parameters, a.beta1, a.gradients, a.beta2, a.optimizer_rate, a.optimizer_scale,
                a.eps, a.number, a.scratch_3, a.number_2, a.scratch_4, a.number_3)
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
        arrays["ones"] = np.ones((batch, 1), real)
        arrays["factor"] = np.array(1.0 / batch, real)
        arrays["ones_2"] = np.ones(batch, real)
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
