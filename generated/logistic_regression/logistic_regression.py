"""The network logistic_regression in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 30] float32
    y [B, 1] float32
Parameters
    logit.weight [1, 30]
    logit.bias [1]
Settings
    lr = 0.1
    weight_decay = 0.0001

Use
    from logistic_regression import Network

    net = Network()
    net.parameter_views["logit.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, y)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import exp, logaddexp, multiply, negative, reciprocal, subtract, vdot

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)
ONE = np.array(1.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("logit.weight", 0, (1, 30), "F"),
    ("logit.bias", 32, (1,)),
)
STATES = ()
FIXED = (
    ("logit_weight", "parameters", real, 0, 0, (1, 30), "F"),
    ("logit_bias", "parameters", real, 0, 32, (1,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("weight_decay", "settings", np.float64, 0, 1, ()),
    ("d_logit_weight", "gradients", real, 0, 0, (1, 30), "F"),
    ("d_logit_bias", "gradients", real, 0, 32, (1,)),
    ("parameters", "parameters", real, 0, 0, (33,)),
    ("gradients", "gradients", real, 0, 0, (33,)),
)
WORKSPACE = {
    "forward": (
        ("logit", "workspace", real, 1, 0, (B, 1)),
    ),
    "loss": (
        ("logit", "workspace", real, 1, 0, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("logit", "workspace", real, 1, 1, (B, 1)),
        ("d_logit", "workspace", real, 1, 0, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("logit", "workspace", real, 1, 0, (B, 1)),
        ("d_y", "workspace", real, 1, 32, (B, 1)),
        ("d_logit", "workspace", real, 1, 33, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 0, (B, 30)),
    ),
    "step": (
        ("logit", "workspace", real, 1, 1, (B, 1)),
        ("d_logit", "workspace", real, 1, 0, (B, 1)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 1)),
    ("scratch_2", "reals", real, 1, 1, (B, 1)),
    ("scratch_3", "reals", real, 0, 0, (33,)),
    ("number", "reals", real, 0, 33, ()),
    ("number_2", "reals", real, 0, 34, ()),
)
RESULTS = {
    "forward": (
        ("logit", 1, 0, (B, 1)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 0, (B, 30)),
        ("y", 1, 32, (B, 1)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 48, 0),
    "reals": (35, 2, 0),
}


def linear_1_30(logit, x, weight, bias):
    """logit: linear.

    Writes logit [B, 1]; reads x [B, 30], weight [1, 30], bias [1].
    """
    # (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
    x.dot(weight.T, out=logit)
    logit += bias


def bce_with_logits_1(loss, y, logit, scratch, scratch_2, ones, batch):
    """loss: bce_with_logits.

    Writes loss; reads y [B, 1], logit [B, 1].
    """
    # (2) loss = sum[b, i]((1 - y[b, i]) * softplus(logit[b, i]) + y[b, i] * softplus(-logit[b, i])) / B
    subtract(ONE, y, out=scratch)
    logaddexp(ZERO, logit, out=scratch_2)
    scratch *= scratch_2
    negative(logit, out=scratch_2)
    logaddexp(ZERO, scratch_2, out=scratch_2)
    scratch_2 *= y
    scratch += scratch_2
    loss[...] = vdot(scratch, ones) / batch


def linear_d_logit_1_30(logit, d_logit, x, weight, bias, y, scratch, factor):
    """logit: linear, gradient of linear.

    Writes logit [B, 1], d_logit [B, 1]; reads x [B, 30], weight [1, 30], bias [1], y [B, 1].
    """
    # (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
    x.dot(weight.T, out=logit)
    logit += bias
    # (4) d.logit[b, o] = ((1 - y[b, o]) * sigmoid(logit[b, o]) - y[b, o] * sigmoid(-logit[b, o])) / B
    subtract(ONE, y, out=d_logit)
    negative(logit, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_logit *= scratch
    exp(logit, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= y
    d_logit -= scratch
    d_logit *= factor


def d_weight_1_30(d_weight, d_logit, x):
    """logit: gradient of linear.

    Writes d_weight [1, 30]; reads d_logit [B, 1], x [B, 30].
    """
    # (5) d.logit.weight[o, i] = sum[b](d.logit[b, o] * x[b, i])
    x.T.dot(d_logit, out=d_weight.T)


def d_bias_1(d_bias, d_logit, ones):
    """logit: gradient of linear.

    Writes d_bias [1]; reads d_logit [B, 1].
    """
    # (6) d.logit.bias[o] = sum[b](d.logit[b, o])
    ones.dot(d_logit, out=d_bias)


def linear_d_y_d_logit_1_30(logit, d_y, d_logit, x, weight, bias, y, scratch, factor):
    """logit: linear, gradient of linear; loss: gradient of bce_with_logits.

    Writes logit [B, 1], d_y [B, 1], d_logit [B, 1]; reads x [B, 30], weight [1, 30], bias [1], y [B, 1].
    """
    # (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
    x.dot(weight.T, out=logit)
    logit += bias
    # (4)
    # (3) d.y[b, i] = -logit[b, i] / B
    multiply(factor, logit, out=d_y)
    negative(d_y, out=d_y)
    subtract(ONE, y, out=d_logit)
    negative(logit, out=scratch)
    exp(scratch, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    d_logit *= scratch
    exp(logit, out=scratch)
    scratch += ONE
    reciprocal(scratch, out=scratch)
    scratch *= y
    d_logit -= scratch
    d_logit *= factor


def d_x_30_1(d_x, d_logit, weight):
    """logit: gradient of linear.

    Writes d_x [B, 30]; reads d_logit [B, 1], weight [1, 30].
    """
    # (7) d.x[b, i] = sum[j](d.logit[b, j] * logit.weight[j, i])
    d_logit.dot(weight, out=d_x)


def next_step(t):
    """optimizer: next step.

    Writes t.
    """
    # (8) t.next = 1 + t
    t[...] = float(t) + 1.0


def sgd_33(parameters, weight_decay, gradients, lr, scratch, number, number_2):
    """logit.weight to logit.bias: sgd.

    Writes parameters [33]; reads weight_decay, lr; uses up gradients [33].
    For (9) (10) (11) (12) too.
    """
    # (9) logit.weight.r[o, i] = weight_decay * logit.weight[o, i] + d.logit.weight[o, i]
    # (10) logit.weight.next[o, i] = logit.weight[o, i] - lr * logit.weight.r[o, i]
    number[...] = float(weight_decay)
    multiply(number, parameters, out=scratch)
    gradients += scratch
    number_2[...] = float(lr)
    gradients *= number_2
    parameters -= gradients


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(33, real) if parameters is None else parameters,
            "gradients": np.zeros(33, real) if gradients is None else gradients,
            "states": np.zeros(0, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.1, 0.0001], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 48 * capacity, real)
        self.blocks["reals"] = np.zeros(35 + 2 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 30))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_1_30(a.logit, x, a.logit_weight, a.logit_bias)  # (1)
        return 0.0

    def loss(self, x, y):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 30))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("loss", batch, x, y)

    @staticmethod
    def _loss(a, batch, x, y):
        linear_1_30(a.logit, x, a.logit_weight, a.logit_bias)  # (1)
        bce_with_logits_1(a.loss, y, a.logit, a.scratch, a.scratch_2, a.ones, batch)  # (2)
        return float(a.loss)

    def gradients(self, x, y):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 30))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("gradients", batch, x, y)

    @staticmethod
    def _gradients(a, batch, x, y):
        # (1) (4)
        linear_d_logit_1_30(a.logit, a.d_logit, x, a.logit_weight, a.logit_bias, y, a.scratch, a.factor)
        bce_with_logits_1(a.loss, y, a.logit, a.scratch, a.scratch_2, a.ones, batch)  # (2)
        d_weight_1_30(a.d_logit_weight, a.d_logit, x)  # (5)
        d_bias_1(a.d_logit_bias, a.d_logit, a.ones_2)  # (6)
        return float(a.loss)

    def input_gradients(self, x, y):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 30))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("input_gradients", batch, x, y)

    @staticmethod
    def _input_gradients(a, batch, x, y):
        linear_d_y_d_logit_1_30(a.logit, a.d_y, a.d_logit, x, a.logit_weight, a.logit_bias, y, a.scratch,
                                a.factor)  # (1) (3) (4)
        bce_with_logits_1(a.loss, y, a.logit, a.scratch, a.scratch_2, a.ones, batch)  # (2)
        d_weight_1_30(a.d_logit_weight, a.d_logit, x)  # (5)
        d_bias_1(a.d_logit_bias, a.d_logit, a.ones_2)  # (6)
        d_x_30_1(a.d_x, a.d_logit, a.logit_weight)  # (7)
        return float(a.loss)

    def step(self, x, y):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 30))
        y = as_input(y, "y", real, (batch, 1))
        return self._run("step", batch, x, y)

    @staticmethod
    def _step(a, batch, x, y):
        next_step(a.t)  # (8)
        # (1) (4)
        linear_d_logit_1_30(a.logit, a.d_logit, x, a.logit_weight, a.logit_bias, y, a.scratch, a.factor)
        bce_with_logits_1(a.loss, y, a.logit, a.scratch, a.scratch_2, a.ones, batch)  # (2)
        d_weight_1_30(a.d_logit_weight, a.d_logit, x)  # (5)
        d_bias_1(a.d_logit_bias, a.d_logit, a.ones_2)  # (6)
        # (9) (10) (11) (12)
        sgd_33(a.parameters, a.weight_decay, a.gradients, a.lr, a.scratch_3, a.number, a.number_2)
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
