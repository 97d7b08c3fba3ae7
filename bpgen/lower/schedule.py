"""The schedule: buffers, kernels and the programs that call them.  Frozen, target-independent, JSON-able."""

from __future__ import annotations

from functools import cached_property
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.lower.scalar import IndexExpression, Indirect, Load, Loop, Scalar, walk

STORAGES = ("input", "parameter", "gradient", "state", "carried", "counter", "setting", "workspace")


def degree_of(shape: tuple[int | str, ...]) -> int:
    """How many axes are the batch: the arena's regions grow as capacity ** degree."""
    return shape.count("B")


def size_of(shape: tuple[int | str, ...]) -> int:
    """Elements, for a batch of one."""
    return prod(extent for extent in shape if isinstance(extent, int))


Border = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class Buffer:
    """Where a tensor lives.

    shape: ints and "B"; storage: which block it is in
        "input": an array the caller hands in          "parameter", "gradient", "state": flat blocks of reals
        "carried": states with a row for each row of the batch, kept for the next batch; offsets count for one row
        "counter", "setting": flat blocks of float64, scalars only; counters are states such as the step number
        "workspace": the arena; each program places its own (Program.placements)
    offset: in elements from the start of its block, for the flat blocks
    view_of: the buffer whose memory this is, in another shape (row-major, as many elements); no kernel writes a
        view, and no call has both
    over: the buffers of one flat block that this one runs over, with what lies between them
    by_columns: whether it is a matrix that lies column by column
    spare: how many numbers at the end of each row hold nothing (bpgen.lower.spread); the shape has them
    border: of each axis, the index from which on and the one up to which elements may be other than 0, or None;
        () where nothing is known
    """

    name: str
    shape: tuple[int | str, ...]
    dtype: str
    storage: str
    offset: int = 0
    view_of: str = ""
    over: tuple[str, ...] = ()
    by_columns: bool = False
    spare: int = 0
    border: Border = ()

    @property
    def degree(self) -> int:
        return degree_of(self.shape)

    @property
    def size(self) -> int:
        return size_of(self.shape)


@dataclass(frozen=True)
class Contraction:
    """A sum over k of a product of two loads: a matrix product in general position.

    Groups of loop names: batch occurs in both loads and the target, m in left and target, n in right and
    target, k in both loads and summed.
    """

    batch: tuple[str, ...]
    m: tuple[str, ...]
    n: tuple[str, ...]
    k: tuple[str, ...]
    left: Load
    right: Load


@dataclass(frozen=True)
class Assign:
    """target[indices] = value for all values of the kernel's loops and the statement's own loops.

    target: a formal parameter, or with local=True a local variable (no indices).  A local's value may depend on
        the kernel's loops and on its own; one with own loops serves only the statements next after it that have
        the same own loops (these run as one loop nest, and read what the nest writes at the same element only)
    loops: the statement's own, inside the kernel's
    value: has at most one Reduce
    contraction: set where that Reduce is one
    numbers: the equations it computes, in a kernel those of all of its calls; a value that was hoisted or shared
        carries those of its users
    accumulate: target[indices] += value; then several values of the loops may meet in one element (a scatter), and
        an earlier statement has filled the target
    follows: what has written to the target's memory before.  In a kernel that is the target itself; until then, each
        statement has a target of its own name, and those that share a buffer form a chain
    """

    target: str
    indices: tuple[IndexExpression, ...]
    loops: tuple[Loop, ...]
    value: Scalar
    dtype: str
    local: bool = False
    contraction: Contraction | None = None
    numbers: tuple[int, ...] = ()
    accumulate: bool = False
    follows: str = ""

    @cached_property
    def loads(self) -> tuple[Load, ...]:
        """Every element that it reads: in its value, for its indices, and what it goes on writing."""
        indices = (index.load for index in self.indices if isinstance(index, Indirect))
        found = [node for part in (self.value, *indices) for node in walk(part) if isinstance(node, Load)]
        return (*found, *([Load(self.dtype, self.follows, self.indices)] if self.follows else ()))


@dataclass(frozen=True)
class Formal:
    """A kernel's parameter: an array (or a scalar, shape ()) read or written.

    Two formals of a call are never the same buffer: what is updated in place is one formal, read and written.
    slices: the axis along which each turn of the kernel's loop needs no slice but its own, and nothing else needs any:
        turns that run one after another may use the same slice (bpgen.lower.slices)
    by_columns: whether it is given matrices that lie column by column
    spare: how many numbers at the end of each row hold nothing
    border: that of the arrays it is given, if it only reads them
    """

    name: str
    shape: tuple[int | str, ...]
    dtype: str
    written: bool
    slices: int | None = None
    by_columns: bool = False
    spare: int = 0
    border: Border = ()


@dataclass(frozen=True)
class Kernel:
    """A function: statements run in order inside the loops they share.

    kind: "contraction", "elementwise", "reduction" or "gather", after its main statement
    loops: shared by all statements, outermost first; each statement adds its own inside
    formals: written ones first; a formal that is written may also be read (in-place update)
    title: what it is, in words: "fc1: linear, relu"
    equations: (number, text) of what the first caller computes with it; instead: texts of what it computes in their
        place (bpgen.lower.tabulate)
    positions: variables of the Repeats around its calls, with their ranges: index parameters such as t
    """

    name: str
    kind: str
    title: str
    formals: tuple[Formal, ...]
    loops: tuple[Loop, ...]
    statements: tuple[Assign, ...]
    equations: tuple[tuple[int, str], ...]
    positions: tuple[Loop, ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A kernel applied to buffers, one for each formal; numbers of the equations this call computes.

    positions: for each of the kernel's, the variable of the Repeat that it is given
    """

    kernel: str
    arguments: tuple[str, ...]
    numbers: tuple[int, ...]
    positions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """Calls made once for each value of a loop's variable, in this order: a recurrence's steps.

    backwards: from the last value to the first
    """

    loop: Loop
    calls: tuple[Call, ...]
    backwards: bool = False


@dataclass(frozen=True)
class Placement:
    """A buffer's place in the arena: in the region of its degree, offset * capacity ** degree elements on.

    It takes `elements(buffer)` reals there: a float64 scalar takes two, so that it fits any build.
    """

    buffer: str
    offset: int


def elements(buffer: Buffer) -> int:
    """Reals that a buffer takes in the arena, for a batch of one.  A float64 scalar is a view of two reals."""
    return buffer.size * (2 if buffer.dtype == "float64" else 1)


@dataclass(frozen=True)
class ByRows:
    """Calls first ... end - 1 of a program are all made for some rows of the batch, then for the next (lower.rows).

    local: what is used by these calls alone, in the arena, and so has its first rows for whatever rows they are at
    """

    first: int
    end: int
    rows: int
    local: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """An entry point: "forward", "loss", "gradients", "input_gradients" or "step".

    calls: in order; `flat_calls` has those inside Repeats too
    placements: of the workspace buffers it uses
    results: buffers that hold what it returns: outputs; adjoints by inputs; for loss the scalar
    returned: (the name it is returned under, the result's buffer), where that is not the tensor's own name: for
        forward and loss, which are computed as outside of training
    workspace: elements of the arena per degree, (constant, times capacity, times capacity squared)
    unshared: what the tensors that its equations define in the arena would take, were each of them stored on its own;
        without padded copies, products' operands and other copies, which are the lowering's alone
    by_rows: the calls that are better made for a few rows at a time
    """

    name: str
    calls: tuple[Call | Repeat, ...]
    placements: tuple[Placement, ...]
    results: tuple[str, ...]
    workspace: tuple[int, int, int]
    unshared: tuple[int, int, int]
    returned: tuple[tuple[str, str], ...] = ()
    by_rows: tuple[ByRows, ...] = ()

    def buffer_of(self, name: str) -> str | None:
        """The buffer of a result by the name it is returned under; None where it is none."""
        return dict(self.returned).get(name, name if name in self.results else None)

    @property
    def flat_calls(self) -> tuple[Call, ...]:
        """Every call, in order, those inside Repeats once."""
        return tuple(call for call, _ in self.counted_calls)

    @property
    def counted_calls(self) -> tuple[tuple[Call, int], ...]:
        """Every call, in order, and how often it is made."""
        found: list[tuple[Call, int]] = []
        for item in self.calls:
            times = 1 if isinstance(item, Call) else int(item.loop.extent)
            found += [(call, times) for call in ((item,) if isinstance(item, Call) else item.calls)]
        return tuple(found)


@dataclass(frozen=True)
class Schedule:
    """A network, lowered.  loss: the scalar buffer holding it, "" where there is none."""

    name: str
    buffers: tuple[Buffer, ...]
    kernels: tuple[Kernel, ...]
    programs: tuple[Program, ...]
    loss: str

    def buffer(self, name: str) -> Buffer:
        return next(buffer for buffer in self.buffers if buffer.name == name)

    @property
    def workspace(self) -> tuple[int, int, int]:
        """The arena that serves every program."""
        sizes = [program.workspace for program in self.programs] or [(0, 0, 0)]
        a, b, c = (max(column) for column in zip(*sizes, strict=True))
        return a, b, c
