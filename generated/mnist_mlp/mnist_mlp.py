"""The network mnist_mlp in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 784] float32
    label [B] int32, 0 ... 9
Parameters
    fc1.weight [128, 784]
    fc1.bias [128]
    fc2.weight [10, 128]
    fc2.bias [10]
Settings
    lr = 0.1
    momentum = 0.9

Use
    from mnist_mlp import Network

    net = Network()
    net.parameter_views["fc1.weight"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import add, equal, exp, greater, log, maximum, multiply, reciprocal, subtract, take

real = np.float32
B = "B"  # in a shape: the batch size
bits_of_real = np.int32
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
ZERO = np.array(0.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.  "F": it lies column by column.
PARAMETERS = (
    ("fc1.weight", 0, (128, 784), "F"),
    ("fc1.bias", 100352, (128,)),
    ("fc2.weight", 100480, (10, 128)),
    ("fc2.bias", 101760, (10,)),
)
STATES = (
    ("fc1.weight.v", 0, (128, 784), "F"),
    ("fc1.bias.v", 100352, (128,)),
    ("fc2.weight.v", 100480, (10, 128)),
    ("fc2.bias.v", 101760, (10,)),
)
FIXED = (
    ("fc1_weight", "parameters", real, 0, 0, (128, 784), "F"),
    ("fc1_bias", "parameters", real, 0, 100352, (128,)),
    ("fc2_weight", "parameters", real, 0, 100480, (10, 128)),
    ("fc2_bias", "parameters", real, 0, 101760, (10,)),
    ("fc1_weight_v", "states", real, 0, 0, (128, 784), "F"),
    ("fc1_bias_v", "states", real, 0, 100352, (128,)),
    ("fc2_weight_v", "states", real, 0, 100480, (10, 128)),
    ("fc2_bias_v", "states", real, 0, 101760, (10,)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("momentum", "settings", np.float64, 0, 1, ()),
    ("d_fc1_weight", "gradients", real, 0, 0, (128, 784), "F"),
    ("d_fc1_bias", "gradients", real, 0, 100352, (128,)),
    ("d_fc2_weight", "gradients", real, 0, 100480, (10, 128)),
    ("d_fc2_bias", "gradients", real, 0, 101760, (10,)),
    ("v", "states", real, 0, 0, (101770,)),
    ("gradients", "gradients", real, 0, 0, (101770,)),
    ("parameters", "parameters", real, 0, 0, (101770,)),
)
WORKSPACE = {
    "forward": (
        ("fc1", "workspace", real, 1, 0, (B, 128)),
        ("fc2", "workspace", real, 1, 128, (B, 10)),
    ),
    "loss": (
        ("fc1", "workspace", real, 1, 0, (B, 128)),
        ("fc2", "workspace", real, 1, 128, (B, 10)),
        ("loss_m", "workspace", real, 1, 17, (B,)),
        ("loss_e", "workspace", real, 1, 0, (B, 10)),
        ("loss_S", "workspace", real, 1, 16, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("fc1", "workspace", real, 1, 0, (B, 128)),
        ("fc2", "workspace", real, 1, 144, (B, 10)),
        ("loss_m", "workspace", real, 1, 177, (B,)),
        ("loss_e", "workspace", real, 1, 160, (B, 10)),
        ("loss_S", "workspace", real, 1, 176, (B,)),
        ("d_fc2", "workspace", real, 1, 128, (B, 10)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("fc1", "workspace", real, 1, 784, (B, 128)),
        ("fc2", "workspace", real, 1, 16, (B, 10)),
        ("loss_m", "workspace", real, 1, 49, (B,)),
        ("loss_e", "workspace", real, 1, 32, (B, 10)),
        ("loss_S", "workspace", real, 1, 48, (B,)),
        ("d_fc2", "workspace", real, 1, 0, (B, 10)),
        ("loss", "workspace", real, 0, 0, ()),
        ("d_x", "workspace", real, 1, 0, (B, 784)),
    ),
    "step": (
        ("fc1", "workspace", real, 1, 0, (B, 128)),
        ("fc2", "workspace", real, 1, 144, (B, 10)),
        ("loss_m", "workspace", real, 1, 177, (B,)),
        ("loss_e", "workspace", real, 1, 160, (B, 10)),
        ("loss_S", "workspace", real, 1, 176, (B,)),
        ("d_fc2", "workspace", real, 1, 128, (B, 10)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (10, B)),
    ("scratch_2", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_3", "reals", real, 1, 1, (B,)),
    ("scale", "reals", real, 1, 10, (B,)),
    ("scratch_4", "reals", real, 1, 11, (B, 10)),
    ("mask", "masks", np.bool_, 1, 0, (B, 128)),
    ("number", "reals", real, 0, 0, ()),
    ("scratch_5", "reals", real, 0, 1, (101770,)),
)
RESULTS = {
    "forward": (
        ("fc2", 1, 128, (B, 10)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 0, (B, 784)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 912, 0),
    "indices": (0, 1, 0),
    "masks": (0, 128, 0),
    "reals": (101771, 21, 0),
}


def keep(array, mask):
    """Leave in `array` what the mask chooses, and 0 elsewhere, whatever stands there: infinity times 0 is none."""
    words = array.view(bits_of_real)
    words *= mask


def linear_relu_128_784(fc1, x, weight, bias):
    """fc1: linear, relu.

    Writes fc1 [B, 128]; reads x [B, 784], weight [128, 784], bias [128].
    """
    # (1) fc1.z[b, o] = sum[i](x[b, i] * fc1.weight[o, i]) + fc1.bias[o]
    # (2) fc1[b, o] = max(0, fc1.z[b, o])
    x.dot(weight.T, out=fc1)
    fc1 += bias
    maximum(fc1, ZERO, out=fc1)


def linear_10_128(fc2, fc1, weight, bias):
    """fc2: linear.

    Writes fc2 [B, 10]; reads fc1 [B, 128], weight [10, 128], bias [10].
    """
    # (3) fc2[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
    fc1.dot(weight.T, out=fc2)
    fc2 += bias


def cross_entropy_10(m, e, S, fc2, scratch, ones):
    """loss: cross_entropy.

    Writes m [B], e [B, 10], S [B]; reads fc2 [B, 10].
    """
    # (4) loss.m[b] = max[i](fc2[b, i])
    scratch[...] = fc2.T
    maximum.reduce(scratch, axis=0, out=m)
    # (5) loss.e[b, j] = exp(fc2[b, j] - loss.m[b])
    subtract(fc2, m[:, None], out=e)
    exp(e, out=e)
    # (6) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)


def cross_entropy(loss, m, fc2, label, S, scratch, index, scratch_2, positions, ones, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B], fc2 [B, 10], label [B], S [B].
    """
    # (8) loss = sum[b](log(loss.S[b]) + loss.m[b] - fc2[b, label[b]]) / B
    add(positions, label, out=index)
    take(fc2, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = scratch.dot(ones) / batch


def cross_entropy_d_fc2_10(m, e, S, d_fc2, fc2, label, scratch, scale, scratch_2, ones, j, factor):
    """loss: cross_entropy; fc2: gradient of linear.

    Writes m [B], e [B, 10], S [B], d_fc2 [B, 10]; reads fc2 [B, 10], label [B].
    """
    # (4) loss.m[b] = max[i](fc2[b, i])
    scratch[...] = fc2.T
    maximum.reduce(scratch, axis=0, out=m)
    # (5) loss.e[b, j] = exp(fc2[b, j] - loss.m[b])
    subtract(fc2, m[:, None], out=e)
    exp(e, out=e)
    # (6) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones, out=S)
    # (7) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    # (7)
    # (9) d.fc2[b, o] = (loss.p[b, o] - (o == label[b])) / B
    multiply(scale[:, None], e, out=d_fc2)
    equal(j, label[:, None], out=scratch_2)
    d_fc2 -= scratch_2
    d_fc2 *= factor


def d_weight_10_128(d_weight, d_fc2, fc1):
    """fc2: gradient of linear.

    Writes d_weight [10, 128]; reads d_fc2 [B, 10], fc1 [B, 128].
    """
    # (10) d.fc2.weight[o, i] = sum[b](d.fc2[b, o] * fc1[b, i])
    d_fc2.T.dot(fc1, out=d_weight)


def d_bias_10(d_bias, d_fc2, ones):
    """fc2: gradient of linear.

    Writes d_bias [10]; reads d_fc2 [B, 10].
    """
    # (11) d.fc2.bias[o] = sum[b](d.fc2[b, o])
    ones.dot(d_fc2, out=d_bias)


def d_z_128_10(fc1, d_fc2, weight, mask):
    """fc1: gradient of linear.

    Writes fc1 [B, 128]; reads d_fc2 [B, 10], weight [10, 128].
    """
    # (12) d.fc1.z[b, o] = sum[i](d.fc2[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
    greater(fc1, ZERO, out=mask)
    d_fc2.dot(weight, out=fc1)
    keep(fc1, mask)


def d_weight_128_784(d_weight, fc1, x):
    """fc1: gradient of linear.

    Writes d_weight [128, 784]; reads fc1 [B, 128], x [B, 784].
    """
    # (13) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * x[b, i])
    x.T.dot(fc1, out=d_weight.T)


def d_bias_128(d_bias, fc1, ones):
    """fc1: gradient of linear.

    Writes d_bias [128]; reads fc1 [B, 128].
    """
    # (14) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
    ones.dot(fc1, out=d_bias)


def d_x_784_128(d_x, fc1, weight):
    """fc1: gradient of linear.

    Writes d_x [B, 784]; reads fc1 [B, 128], weight [128, 784].
    """
    # (15) d.x[b, i] = sum[j](d.fc1.z[b, j] * fc1.weight[j, i])
    fc1.dot(weight, out=d_x)


def next_step(t):
    """optimizer: next step.

    Writes t.
    """
    # (16) t.next = 1 + t
    t[...] = float(t) + 1.0


def sgd_101770(v, parameters, momentum, gradients, lr, number, scratch):
    """fc1.weight to fc2.bias: sgd.

    Writes v [101770], parameters [101770]; reads momentum, gradients [101770], lr.
    For (17) (18) (19) (20) (21) (22) (23) (24) too.
    """
    # (17) fc1.weight.v.next[o, i] = momentum * fc1.weight.v[o, i] + d.fc1.weight[o, i]
    number[...] = float(momentum)
    v *= number
    v += gradients
    # (18) fc1.weight.next[o, i] = fc1.weight[o, i] - lr * fc1.weight.v.next[o, i]
    number[...] = float(lr)
    multiply(number, v, out=scratch)
    parameters -= scratch


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(101770, real) if parameters is None else parameters,
            "gradients": np.zeros(101770, real) if gradients is None else gradients,
            "states": np.zeros(101770, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.1, 0.9], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 912 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["masks"] = np.zeros(128 * capacity, np.bool_)
        self.blocks["reals"] = np.zeros(101771 + 21 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        linear_relu_128_784(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_128(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        return 0.0

    def loss(self, x, label):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("loss", batch, x, label)

    @staticmethod
    def _loss(a, batch, x, label):
        linear_relu_128_784(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_128(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        cross_entropy_10(a.loss_m, a.loss_e, a.loss_S, a.fc2, a.scratch, a.ones)  # (4) (5) (6)
        cross_entropy(a.loss, a.loss_m, a.fc2, label, a.loss_S, a.scratch_2, a.index, a.scratch_3, a.positions,
                      a.ones_2, batch)  # (8)
        return float(a.loss)

    def gradients(self, x, label):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("gradients", batch, x, label)

    @staticmethod
    def _gradients(a, batch, x, label):
        linear_relu_128_784(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_128(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        cross_entropy_d_fc2_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc2, a.fc2, label, a.scratch, a.scale,
                               a.scratch_4, a.ones, a.j, a.factor)  # (4) (5) (6) (7) (9)
        cross_entropy(a.loss, a.loss_m, a.fc2, label, a.loss_S, a.scratch_2, a.index, a.scratch_3, a.positions,
                      a.ones_2, batch)  # (8)
        d_weight_10_128(a.d_fc2_weight, a.d_fc2, a.fc1)  # (10)
        d_bias_10(a.d_fc2_bias, a.d_fc2, a.ones_2)  # (11)
        d_z_128_10(a.fc1, a.d_fc2, a.fc2_weight, a.mask)  # (12)
        d_weight_128_784(a.d_fc1_weight, a.fc1, x)  # (13)
        d_bias_128(a.d_fc1_bias, a.fc1, a.ones_2)  # (14)
        return float(a.loss)

    def input_gradients(self, x, label):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("input_gradients", batch, x, label)

    @staticmethod
    def _input_gradients(a, batch, x, label):
        linear_relu_128_784(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_128(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        cross_entropy_d_fc2_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc2, a.fc2, label, a.scratch, a.scale,
                               a.scratch_4, a.ones, a.j, a.factor)  # (4) (5) (6) (7) (9)
        cross_entropy(a.loss, a.loss_m, a.fc2, label, a.loss_S, a.scratch_2, a.index, a.scratch_3, a.positions,
                      a.ones_2, batch)  # (8)
        d_weight_10_128(a.d_fc2_weight, a.d_fc2, a.fc1)  # (10)
        d_bias_10(a.d_fc2_bias, a.d_fc2, a.ones_2)  # (11)
        d_z_128_10(a.fc1, a.d_fc2, a.fc2_weight, a.mask)  # (12)
        d_weight_128_784(a.d_fc1_weight, a.fc1, x)  # (13)
        d_bias_128(a.d_fc1_bias, a.fc1, a.ones_2)  # (14)
        d_x_784_128(a.d_x, a.fc1, a.fc1_weight)  # (15)
        return float(a.loss)

    def step(self, x, label):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 784))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("step", batch, x, label)

    @staticmethod
    def _step(a, batch, x, label):
        next_step(a.t)  # (16)
        linear_relu_128_784(a.fc1, x, a.fc1_weight, a.fc1_bias)  # (1) (2)
        linear_10_128(a.fc2, a.fc1, a.fc2_weight, a.fc2_bias)  # (3)
        cross_entropy_d_fc2_10(a.loss_m, a.loss_e, a.loss_S, a.d_fc2, a.fc2, label, a.scratch, a.scale,
                               a.scratch_4, a.ones, a.j, a.factor)  # (4) (5) (6) (7) (9)
        cross_entropy(a.loss, a.loss_m, a.fc2, label, a.loss_S, a.scratch_2, a.index, a.scratch_3, a.positions,
                      a.ones_2, batch)  # (8)
        d_weight_10_128(a.d_fc2_weight, a.d_fc2, a.fc1)  # (10)
        d_bias_10(a.d_fc2_bias, a.d_fc2, a.ones_2)  # (11)
        d_z_128_10(a.fc1, a.d_fc2, a.fc2_weight, a.mask)  # (12)
        d_weight_128_784(a.d_fc1_weight, a.fc1, x)  # (13)
        d_bias_128(a.d_fc1_bias, a.fc1, a.ones_2)  # (14)
        # (17) (18) (19) (20) (21) (22) (23) (24)
        sgd_101770(a.v, a.parameters, a.momentum, a.gradients, a.lr, a.number, a.scratch_5)
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
        arrays["ones"] = np.ones(10, real)
        arrays["positions"] = 10 * np.arange(batch, dtype=np.intp)
        arrays["ones_2"] = np.ones(batch, real)
        arrays["j"] = np.arange(10, dtype=np.int32)
        arrays["factor"] = np.array(1.0 / batch, real)
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
