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

from types import SimpleNamespace

import numpy as np

real = np.float32
B = "B"  # in a shape: the batch size

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
    ("scratch_2", "reals", real, 1, 0, (B,)),
    ("index", "indices", np.intp, 1, 0, (B,)),
    ("scratch_3", "reals", real, 1, 1, (B,)),
    ("scale", "reals", real, 1, 12, (B,)),
    ("scratch_4", "reals", real, 1, 13, (B, 3)),
    ("scratch_5", "reals", real, 1, 0, (3, 4, B)),
    ("scratch_6", "reals", real, 1, 16, (B, 4, 3)),
    ("scratch_7", "reals", real, 0, 0, (12,)),
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
    "reals": (12, 28, 0),
}


def equation_3_4(nearest, x, centre, scratch):
    """nearest: equation.

    Writes nearest [B, 3]; reads x [B, 4], centre [3, 4].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    np.subtract(x[:, None], centre, out=scratch)
    np.square(scratch, out=scratch)
    np.add.reduce(scratch, axis=2, out=nearest)
    np.negative(nearest, out=nearest)


def equation_cross_entropy_3_4(nearest, m, e, S, x, centre, scratch):
    """nearest: equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B]; reads x [B, 4], centre [3, 4].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    np.subtract(x[:, None], centre, out=scratch)
    np.square(scratch, out=scratch)
    np.add.reduce(scratch, axis=2, out=nearest)
    np.negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    np.maximum.reduce(nearest, axis=1, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    np.subtract(nearest, m[:, None], out=e)
    np.exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    np.add.reduce(e, axis=1, out=S)


def cross_entropy(loss, m, nearest, label, S, scratch, index, scratch_2, positions, batch):
    """loss: cross_entropy.

    Writes loss; reads m [B], nearest [B, 3], label [B], S [B].
    """
    # (6) loss = sum[b](log(loss.S[b]) + loss.m[b] - nearest[b, label[b]]) / B
    np.add(positions, label, out=index)
    np.take(nearest, index, out=scratch, mode="clip")
    np.subtract(m, scratch, out=scratch)
    np.log(S, out=scratch_2)
    scratch += scratch_2
    loss[...] = np.add.reduce(scratch) / batch


def equation_cross_entropy_d_nearest_3_4(nearest, m, e, S, d_nearest, x, centre, label, scratch, scale,
                                         scratch_2, k, batch):
    """nearest: equation, gradient of equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B], d_nearest [B, 3]; reads x [B, 4], centre [3, 4], label [B].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    np.subtract(x[:, None], centre, out=scratch)
    np.square(scratch, out=scratch)
    np.add.reduce(scratch, axis=2, out=nearest)
    np.negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    np.maximum.reduce(nearest, axis=1, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    np.subtract(nearest, m[:, None], out=e)
    np.exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    np.add.reduce(e, axis=1, out=S)
    # (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    np.reciprocal(S, out=scale)
    # (5)
    # (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
    np.multiply(scale[:, None], e, out=d_nearest)
    np.equal(k, label[:, None], out=scratch_2)
    d_nearest -= scratch_2
    d_nearest *= float(1.0 / batch)


def d_centre_3_4(d_centre, x, centre, d_nearest, scratch):
    """nearest: gradient of equation.

    Writes d_centre [3, 4]; reads x [B, 4], centre [3, 4], d_nearest [B, 3].
    """
    # (8) d.nearest.centre[k, i] = 2 * sum[b](d.nearest[b, k] * (x[b, i] - nearest.centre[k, i]))
    np.subtract(x.T, centre[:, :, None], out=scratch)
    scratch *= d_nearest.T[:, None]
    np.add.reduce(scratch, axis=2, out=d_centre)
    d_centre *= 2.0


def equation_cross_entropy_d_nearest_d_x_3_4(nearest, m, e, S, d_nearest, d_x, x, centre, label, scratch, scale,
                                             scratch_2, scratch_3, k, batch):
    """nearest: equation, gradient of equation; loss: cross_entropy.

    Writes nearest [B, 3], m [B], e [B, 3], S [B], d_nearest [B, 3], d_x [B, 4]; reads x [B, 4], centre [3, 4],
    label [B].
    """
    # (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
    np.subtract(x[:, None], centre, out=scratch)
    np.square(scratch, out=scratch)
    np.add.reduce(scratch, axis=2, out=nearest)
    np.negative(nearest, out=nearest)
    # (2) loss.m[b] = max[i](nearest[b, i])
    np.maximum.reduce(nearest, axis=1, out=m)
    # (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
    np.subtract(nearest, m[:, None], out=e)
    np.exp(e, out=e)
    # (4) loss.S[b] = sum[i](loss.e[b, i])
    np.add.reduce(e, axis=1, out=S)
    # (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
    np.reciprocal(S, out=scale)
    # (5)
    # (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
    np.multiply(scale[:, None], e, out=d_nearest)
    np.equal(k, label[:, None], out=scratch_2)
    d_nearest -= scratch_2
    d_nearest *= float(1.0 / batch)
    # (9) d.x[b, i] = 2 * sum[j](d.nearest[b, j] * (nearest.centre[j, i] - x[b, i]))
    np.subtract(centre.T, x[:, :, None], out=scratch_3)
    scratch_3 *= d_nearest[:, None]
    np.add.reduce(scratch_3, axis=2, out=d_x)
    d_x *= 2.0


def next_step(t):
    """optimizer: next step.

    Writes t.
    """
    # (10) t.next = 1 + t
    t[...] = t[()] + 1.0


def sgd_12(v, parameters, momentum, gradients, lr, scratch):
    """nearest: sgd (one side of the product).

    Writes v [12], parameters [12]; reads momentum, gradients [12], lr.
    """
    # (11) (12)
    momentum_real = float(momentum)
    # (11) nearest.centre.v.next[k, i] = momentum * nearest.centre.v[k, i] + d.nearest.centre[k, i]
    v *= momentum_real
    v += gradients
    # (12) nearest.centre.u[k, i] = momentum * nearest.centre.v.next[k, i] + d.nearest.centre[k, i]
    # (13) nearest.centre.next[k, i] = nearest.centre[k, i] - lr * nearest.centre.u[k, i]
    np.multiply(momentum_real, v, out=scratch)
    scratch += gradients
    scratch *= float(lr)
    parameters -= scratch


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
        self.reserve(1)
        self.parameter_views = self._views("parameters", PARAMETERS)
        self.gradient_views = self._views("gradients", PARAMETERS)
        self.state_views = self._views("states", STATES)

    def reserve(self, capacity):
        """Allocate the workspace for batches of up to `capacity` rows; what was in it is lost."""
        self.capacity = capacity
        self.workspace = self.blocks["workspace"] = np.zeros(16 + 32 * capacity, real)
        self.blocks["indices"] = np.zeros(1 * capacity, np.intp)
        self.blocks["reals"] = np.zeros(12 + 28 * capacity, real)
        self._bound = {}
        self._batch = 0

    @np.errstate(all="ignore")
    def forward(self, x):
        """Compute the outputs."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        a = self._arrays("forward", batch)
        equation_3_4(a.nearest, x, a.nearest_centre, a.scratch)  # (1)
        return 0.0

    @np.errstate(all="ignore")
    def loss(self, x, label):
        """Compute the loss; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        a = self._arrays("loss", batch)
        # (1) (2) (3) (4)
        equation_cross_entropy_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, x, a.nearest_centre, a.scratch)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                      a.positions, batch)  # (6)
        return float(a.loss)

    @np.errstate(all="ignore")
    def gradients(self, x, label):
        """Compute the loss, and its gradients by all parameters into `gradients`; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        a = self._arrays("gradients", batch)
        equation_cross_entropy_d_nearest_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, x,
                                             a.nearest_centre, label, a.scratch, a.scale, a.scratch_4, a.k,
                                             batch)  # (1) (2) (3) (4) (5) (7)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                      a.positions, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_5)  # (8)
        return float(a.loss)

    @np.errstate(all="ignore")
    def input_gradients(self, x, label):
        """Compute the loss, its gradients by all parameters, and those by the inputs; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        a = self._arrays("input_gradients", batch)
        equation_cross_entropy_d_nearest_d_x_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, a.d_x, x,
                                                 a.nearest_centre, label, a.scratch, a.scale, a.scratch_4,
                                                 a.scratch_6, a.k, batch)  # (1) (2) (3) (4) (5) (7) (9)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                      a.positions, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_5)  # (8)
        return float(a.loss)

    @np.errstate(all="ignore")
    def step(self, x, label):
        """One training step: loss, gradients, and the update of parameters and states in place; returns the loss."""
        batch = np.shape(x)[0]
        x = as_input(x, "x", real, (batch, 4))
        label = as_input(label, "label", np.int32, (batch,))
        a = self._arrays("step", batch)
        next_step(a.t)  # (10)
        equation_cross_entropy_d_nearest_3_4(a.nearest, a.loss_m, a.loss_e, a.loss_S, a.d_nearest, x,
                                             a.nearest_centre, label, a.scratch, a.scale, a.scratch_4, a.k,
                                             batch)  # (1) (2) (3) (4) (5) (7)
        cross_entropy(a.loss, a.loss_m, a.nearest, label, a.loss_S, a.scratch_2, a.index, a.scratch_3,
                      a.positions, batch)  # (6)
        d_centre_3_4(a.d_nearest_centre, x, a.nearest_centre, a.d_nearest, a.scratch_5)  # (8)
        sgd_12(a.v, a.parameters, a.momentum, a.gradients, a.lr, a.scratch_7)  # (11) (12) (13)
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
            arrays.positions = 3 * np.arange(batch, dtype=np.intp)
            arrays.k = np.arange(3, dtype=np.int32)
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
