"""The network squared_distance in NumPy: its loss, its gradients and its training step.

Inputs
    x [B, 4] float32
    label [B] int32, 0 ... 2
Parameters
    nearest.centre [3, 4]
Settings
    lr = 0.05
    momentum = 0.9

Use
    from squared_distance import Network

    net = Network()
    net.parameter_views["nearest.centre"][...] = ...  # and the other parameters
    net.reserve(32)  # the largest batch to come
    loss = net.step(x, label)

Every array lies in a flat block that is allocated once; a step writes into these blocks and allocates nothing.
The numbers in parentheses are those of the equations in the network's derivation.
"""

from collections import deque
from functools import partial
from weakref import WeakValueDictionary

import numpy as np
from numpy import add, equal, exp, log, maximum, multiply, negative, reciprocal, square, subtract, take

real = np.float32
B = "B"  # in a shape: the batch size
# Numbers as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.
TWO = np.array(2.0, real)

# Where each array lies: (name, block, dtype, degree, offset, shape).  An array of degree n has n axes of batch
# size; it begins at offset * capacity**n in its block's region of degree n.
PARAMETERS = (
    ("nearest.centre", 0, (3, 4)),
)
STATES = (
    ("nearest.centre.v", 0, (3, 4)),
)
FIXED = (
    ("nearest_centre", "parameters", real, 0, 0, (3, 4)),
    ("nearest_centre_v", "states", real, 0, 0, (3, 4)),
    ("t", "counters", np.float64, 0, 0, ()),
    ("lr", "settings", np.float64, 0, 0, ()),
    ("momentum", "settings", np.float64, 0, 1, ()),
    ("d_nearest_centre", "gradients", real, 0, 0, (3, 4)),
    ("v", "states", real, 0, 0, (12,)),
    ("gradients", "gradients", real, 0, 0, (12,)),
    ("parameters", "parameters", real, 0, 0, (12,)),
)
WORKSPACE = {
    "forward": (
        ("nearest", "workspace", real, 1, 0, (B, 3)),
    ),
    "loss": (
        ("nearest", "workspace", real, 1, 0, (B, 3)),
        ("loss_m", "workspace", real, 1, 9, (B,)),
        ("loss_e", "workspace", real, 1, 4, (B, 3)),
        ("loss_S", "workspace", real, 1, 8, (B,)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "gradients": (
        ("nearest", "workspace", real, 1, 4, (B, 3)),
        ("loss_m", "workspace", real, 1, 13, (B,)),
        ("loss_e", "workspace", real, 1, 8, (B, 3)),
        ("loss_S", "workspace", real, 1, 12, (B,)),
        ("d_nearest", "workspace", real, 1, 0, (B, 3)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "input_gradients": (
        ("nearest", "workspace", real, 1, 8, (B, 3)),
        ("loss_m", "workspace", real, 1, 17, (B,)),
        ("loss_e", "workspace", real, 1, 12, (B, 3)),
        ("loss_S", "workspace", real, 1, 16, (B,)),
        ("d_nearest", "workspace", real, 1, 4, (B, 3)),
        ("d_x", "workspace", real, 1, 0, (B, 4)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
    "step": (
        ("nearest", "workspace", real, 1, 4, (B, 3)),
        ("loss_m", "workspace", real, 1, 13, (B,)),
        ("loss_e", "workspace", real, 1, 8, (B, 3)),
        ("loss_S", "workspace", real, 1, 12, (B,)),
        ("d_nearest", "workspace", real, 1, 0, (B, 3)),
        ("loss", "workspace", real, 0, 0, ()),
    ),
}
SCRATCH = (
    ("scratch", "reals", real, 1, 0, (B, 3, 4)),
    ("scratch_2", "reals", real, 1, 12, (3, B)),
    ("scratch_3", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_4", "reals", real, 1, 1, (B,)),
    ("scale", "reals", real, 1, 15, (B,)),
    ("scratch_5", "reals", real, 1, 16, (B, 3)),
    ("scratch_6", "reals", real, 1, 0, (3, 4, B)),
    ("scratch_7", "reals", real, 1, 19, (B, 4, 3)),
    ("momentum_real", "reals", real, 0, 0, ()),
    ("scratch_8", "reals", real, 0, 1, (12,)),
    ("number", "reals", real, 0, 13, ()),
)
RESULTS = {
    "forward": (
        ("nearest", 1, 0, (B, 3)),
    ),
    "loss": (),
    "gradients": (),
    "input_gradients": (
        ("x", 1, 0, (B, 4)),
    ),
    "step": (),
}
# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.
REGIONS = {
    "workspace": (16, 32, 0),
    "indices": (0, 1, 0),
    "reals": (14, 31, 0),
}


def equation_3_4(nearest, x, centre, scratch, ones):
    """nearest: equation.

    Writes nearest [B, 3]; reads x [B, 4], centre [3, 4].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    subtract(x[:, None], centre, out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 4).dot(ones, out=nearest.reshape(-1))
    negative(nearest, out=nearest)


def equation_cross_entropy_3_4(nearest, m, e, S, x, centre, scratch, scratch_2, ones, ones_2):
    """nearest: equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B]; reads x [B, 4], centre [3, 4].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    subtract(x[:, None], centre, out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 4).dot(ones, out=nearest.reshape(-1))
    negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    scratch_2[...] = nearest.T
    maximum.reduce(scratch_2, axis=0, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    subtract(nearest, m[:, None], out=e)
    exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones_2, out=S)


def cross_entropy(loss, m, nearest, label, S, scratch, index, scratch_2, positions, ones, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B], nearest [B, 3], label [B], S [B].
    """
    # (6) loss = sum[b](log(loss.S[b]) + loss.m[b] - nearest[b, label[b]]) / B
    add(positions, label, out=index)
    take(nearest, index, out=scratch, mode="clip")
    subtract(m, scratch, out=scratch)
    log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = scratch.dot(ones) / batch


def equation_cross_entropy_d_nearest_3_4(nearest, m, e, S, d_nearest, x, centre, label, scratch, scratch_2,
                                         scale, scratch_3, ones, ones_2, k, factor):
    """nearest: equation, gradient of equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B], d_nearest [B, 3]; reads x [B, 4], centre [3, 4], label [B].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    subtract(x[:, None], centre, out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 4).dot(ones, out=nearest.reshape(-1))
    negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    scratch_2[...] = nearest.T
    maximum.reduce(scratch_2, axis=0, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    subtract(nearest, m[:, None], out=e)
    exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones_2, out=S)
    # (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    # (5)
    # (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
    multiply(scale[:, None], e, out=d_nearest)
    equal(k, label[:, None], out=scratch_3)
    d_nearest -= scratch_3
    d_nearest *= factor


def d_centre_3_4(d_centre, x, centre, d_nearest, scratch, ones):
    """nearest: gradient of equation.

    Writes d_centre [3, 4]; reads x [B, 4], centre [3, 4], d_nearest [B, 3].
    """
    # (8) d.nearest.centre[k, i] = 2 * sum[b](d.nearest[b, k] * (x[b, i] - nearest.centre[k, i]))
    subtract(x.T, centre[:, :, None], out=scratch)
    scratch *= d_nearest.T[:, None]
    scratch.reshape(12, -1).dot(ones, out=d_centre.reshape(12))
    d_centre *= TWO


def equation_cross_entropy_d_nearest_d_x_3_4(nearest, m, e, S, d_nearest, d_x, x, centre, label, scratch,
                                             scratch_2, scale, scratch_3, scratch_4, ones, ones_2, k, factor,
                                             ones_3):
    """nearest: equation, gradient of equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B], d_nearest [B, 3], d_x [B, 4]; reads x [B, 4], centre [3, 4],
    label [B].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    subtract(x[:, None], centre, out=scratch)
    square(scratch, out=scratch)
    scratch.reshape(-1, 4).dot(ones, out=nearest.reshape(-1))
    negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    scratch_2[...] = nearest.T
    maximum.reduce(scratch_2, axis=0, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    subtract(nearest, m[:, None], out=e)
    exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    e.dot(ones_2, out=S)
    # (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    reciprocal(S, out=scale)
    # (5)
    # (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
    multiply(scale[:, None], e, out=d_nearest)
    equal(k, label[:, None], out=scratch_3)
    d_nearest -= scratch_3
    d_nearest *= factor
    # (9) d.x[b, i] = 2 * sum[j](d.nearest[b, j] * (nearest.centre[j, i] - x[b, i]))
    subtract(centre.T, x[:, :, None], out=scratch_4)
    scratch_4 *= d_nearest[:, None]
    scratch_4.reshape(-1, 3).dot(ones_3, out=d_x.reshape(-1))
    d_x *= TWO


def next_step(t):
    """optimizer: next step.

    Writes t.
    """
    # (10) t.next = 1 + t
    t[...] = float(t) + 1.0


def sgd_12(v, parameters, momentum, gradients, lr, momentum_real, scratch, number):
    """nearest: sgd (one side of the product).

    Writes v [12], parameters [12]; reads momentum, lr; uses up gradients [12].
    """
    # (11) (12)
    momentum_real[...] = float(momentum)
    # (11) nearest.centre.v.next[k, i] = momentum * nearest.centre.v[k, i] + d.nearest.centre[k, i]
    v *= momentum_real
    v += gradients
    # (12) nearest.centre.u[k, i] = momentum * nearest.centre.v.next[k, i] + d.nearest.centre[k, i]
    # (13) nearest.centre.next[k, i] = nearest.centre[k, i] - lr * nearest.centre.u[k, i]
    multiply(momentum_real, v, out=scratch)
    gradients += scratch
    number[...] = float(lr)
    gradients *= number
    parameters -= gradients


class Network:
    """The network: its flat blocks, its programs, and the views that these work on.

    parameters, gradients and states are flat arrays of `real`, counters and settings flat arrays of float64; each
    is allocated where none is given, and is worked on in place.  `blocks` holds them by name; `parameter_views`,
    `gradient_views` and `state_views` hold the tensors in them by name.
    """

    def __init__(self, parameters=None, gradients=None, states=None, counters=None, settings=None):
        self.blocks = {
            "parameters": np.zeros(12, real) if parameters is None else parameters,
            "gradients": np.zeros(12, real) if gradients is None else gradients,
            "states": np.zeros(12, real) if states is None else states,
            "counters": np.array([0.0], np.float64) if counters is None else counters,
            "settings": np.array([0.05, 0.9], np.float64) if settings is None else settings,
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
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 32 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(14 + 31 * capacity, real)
        for (program, batch), arrays in list(self._bound.items()):
            if batch <= capacity:
                arrays.set(self._placed(program, batch))
            else:
                del self._bound[program, batch]

    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        return self._run("forward", batch, x)

    @staticmethod
    def _forward(a, batch, x):
        equation_3_4(a.nearest, x, a.nearest_centre, a.scratch, a.ones)  # (1)
        return 0.0

    def loss(self, x, label):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("loss", batch, x, label)

    @staticmethod
    def _loss(a, batch, x, label):
        equation_cross_entropy_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, x, a.nearest_centre, a.scratch,
                                   a.scratch_2, a.ones, a.ones_2)  # (1) (2) (3) (4)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_3, a.index, a.scratch_4,
                      a.positions, a.ones_3, batch)  # (6)
        return float(a.loss)

    def gradients(self, x, label):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("gradients", batch, x, label)

    @staticmethod
    def _gradients(a, batch, x, label):
        # (1) (2) (3) (4) (5) (7)
        equation_cross_entropy_d_nearest_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, x,
                                             a.nearest_centre, label, a.scratch, a.scratch_2, a.scale,
                                             a.scratch_5, a.ones, a.ones_2, a.k, a.factor)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_3, a.index, a.scratch_4,
                      a.positions, a.ones_3, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_6, a.ones_3)  # (8)
        return float(a.loss)

    def input_gradients(self, x, label):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("input_gradients", batch, x, label)

    @staticmethod
    def _input_gradients(a, batch, x, label):
        equation_cross_entropy_d_nearest_d_x_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, a.d_x, x,
                                                 a.nearest_centre, label, a.scratch, a.scratch_2, a.scale,
                                                 a.scratch_5, a.scratch_7, a.ones, a.ones_2, a.k, a.factor,
                                                 a.ones_2)  # (1) (2) (3) (4) (5) (7) (9)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_3, a.index, a.scratch_4,
                      a.positions, a.ones_3, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_6, a.ones_3)  # (8)
        return float(a.loss)

    def step(self, x, label):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        return self._run("step", batch, x, label)

    @staticmethod
    def _step(a, batch, x, label):
        next_step(a.t)  # (10)
        # (1) (2) (3) (4) (5) (7)
        equation_cross_entropy_d_nearest_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, x,
                                             a.nearest_centre, label, a.scratch, a.scratch_2, a.scale,
                                             a.scratch_5, a.ones, a.ones_2, a.k, a.factor)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_3, a.index, a.scratch_4,
                      a.positions, a.ones_3, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_6, a.ones_3)  # (8)
        # (11) (12) (13)
        sgd_12(a.v, a.parameters, a.momentum, a.gradients, a.lr, a.momentum_real, a.scratch_8, a.number)
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
        arrays["ones"] = np.ones(4, real)
        arrays["ones_2"] = np.ones(3, real)
        arrays["positions"] = 3 * np.arange(batch, dtype=np.intp)
        arrays["ones_3"] = np.ones(batch, real)
        arrays["k"] = np.arange(3, dtype=np.int32)
        arrays["factor"] = np.array(1.0 / batch, real)
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
