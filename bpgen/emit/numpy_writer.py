"""What writing a kernel keeps track of: names, loops, locals, scratch arrays, and the lines so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from fractions import Fraction

from bpgen.algebra.errors import LoweringError
from bpgen.algebra.records import dataclass
from bpgen.emit.names import Names, python_identifier
from bpgen.emit.numpy_aliases import spent_operand
from bpgen.emit.numpy_functions import FUNCTIONS
from bpgen.emit.numpy_numbers import NAMED, local_number, number_beside_arrays, number_in_array, uncast
from bpgen.emit.numpy_ramps import ONE, Ramp, is_prepared, unnamed
from bpgen.emit.numpy_scalars import ATOM, CHOICE, SUM, ScalarText, scalar_text
from bpgen.emit.numpy_scratch import ScratchPool
from bpgen.emit.numpy_strides import row_major
from bpgen.emit.numpy_views import Operand, Variables, align, assign, has_indirection, is_inside, subscript, view
from bpgen.lower.scalar import (
    PREDICATES,
    Affine,
    BatchSize,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Local,
    Loop,
    Operation,
    Reduce,
    Scalar,
    children,
    walk,
)
from bpgen.lower.schedule import Assign, Formal, Kernel

RESERVED = (
    "np",
    "math",
    "as_strided",
    "batch",
    "real",
    "erf",
    "sigmoid",
    "blocks",
    "Network",
    *NAMED.values(),
    *FUNCTIONS,
)


@dataclass
class Writer(ABC):
    """The state of writing one kernel: its names, its lines so far, the scratch arrays it asked for.

    overlaps: formals that may share memory in some call, each with the others it may share with
    spent: formals that may be overwritten once they are read; used_up: those that are; rest: statements from this on
    loops: of the statement; order: those of them that are axes, in this order
    python: those that are loops of Python's own, each with the name of its variable, and the kernel's positions
    windows: views by strides that have a name already, by their text; held: what the statement still reads
    """

    kernel: Kernel
    overlaps: Mapping[str, frozenset[str]]
    spent: frozenset[str] = frozenset()
    used_up: set[str] = field(default_factory=set)
    rest: Sequence[Assign] = ()
    lines: list[str] = field(default_factory=list)
    ramps: list[Ramp] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    named_numbers: set[str] = field(default_factory=set)
    loops: dict[str, Loop] = field(default_factory=dict)
    locals: dict[str, Operand] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    python: dict[str, str] = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)
    uses_batch: bool = False
    held: list[Operand] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Names(python_identifier, RESERVED)
        self.formals: dict[str, Formal] = {formal.name: formal for formal in self.kernel.formals}
        self.arguments = {formal.name: self.names[formal.name] for formal in self.kernel.formals}
        self.positions = {loop.name: self.names[loop.name] for loop in self.kernel.positions}
        self.python |= self.positions
        self.pool = ScratchPool(self.names)

    @contextmanager
    def python_loops(self, loops: Sequence[Loop], backwards: bool = False) -> Iterator[None]:
        """What is written inside runs once for each value of these loops, which are no axes there."""
        outer = (len(self.lines), self.order, dict(self.python), dict(self.windows))
        bound = {loop.name for loop in loops}
        self.order = tuple(name for name in self.order if name not in bound)
        heads: list[str] = []
        for loop in loops:
            self.uses_batch |= isinstance(loop.extent, str)
            end = "batch" if isinstance(loop.extent, str) else str(loop.start + loop.extent)
            self.python[loop.name] = self.names.fresh(loop.name)
            limits = f"{loop.start}, {end}" if loop.start else end
            values = f"reversed(range({limits}))" if backwards else f"range({limits})"
            heads.append(f"{'    ' * len(heads)}for {self.python[loop.name]} in {values}:")
        yield
        begin, self.order, self.python, self.windows = outer
        inside = ["    " * len(heads) + line for line in self.lines[begin:]]
        self.lines[begin:] = [*heads, *inside]

    @property
    def variables(self) -> Variables:
        return Variables(self.loops, self.python)

    # ---- what nodes are ----

    def error(self, what: str) -> LoweringError:
        return LoweringError(f"kernel {self.kernel.name} ({self.kernel.title}): {what}")

    def axes(self, node: Scalar) -> tuple[str, ...]:
        """The loops that the value depends on, in the order of the statement."""
        found = set(self.free(node))
        return tuple(name for name in self.order if name in found)

    def free(self, node: Scalar) -> Iterator[str]:
        """The variables that the value depends on."""
        if isinstance(node, Reduce):
            bound = {loop.name for loop in node.loops}
            yield from (name for name in self.free(node.body) if name not in bound)
            return
        if isinstance(node, Load):
            yield from (name for index in node.indices if isinstance(index, Affine) for name, _ in index.terms)
        elif isinstance(node, IndexValue):
            yield from (name for name, _ in node.index.terms)
        elif isinstance(node, Local):
            yield from self.locals[node.name].axes
        for child in children(node):
            yield from self.free(child)

    def is_view(self, node: Scalar) -> bool:
        """Whether it is an array that is simply there."""
        if isinstance(node, Load):
            return not has_indirection(node.indices) and self.is_inside(node)
        if isinstance(node, IndexValue):
            return not any(name in self.python for name, _ in node.index.terms)
        return isinstance(node, Local) or self.is_prepared(node)

    def is_inside(self, load: Load) -> bool:
        """Whether it never leaves its array; what does is read under a condition that keeps it inside."""
        return is_inside(self.formals[load.buffer].shape, load.indices, self.loops)

    def is_prepared(self, node: Scalar) -> bool:
        """Whether a condition, or a position computed from loop variables, is an array made when arrays are bound."""
        made = isinstance(node, Operation) and (
            node.dtype == "int32" or (node.op in PREDICATES and node.dtype == "bool")
        )
        return made and is_prepared(node) and not any(name in self.python for name in self.free(node))

    def reads(self, node: Scalar, storage: str) -> bool:
        """Whether the value reads memory of the formal or local `storage`."""
        if not storage:
            return False
        overlapping = self.overlaps.get(storage, frozenset())
        for part in walk(node):
            name = {Load: "buffer", Local: "name"}.get(type(part))
            if name is None:
                continue
            read = part.buffer if isinstance(part, Load) else self.locals[part.name].storage  # type: ignore[attr-defined]
            if read == storage or read in overlapping:
                return True
        return False

    def shape(self, axes: tuple[str, ...]) -> tuple[int | str, ...]:
        return tuple(self.loops[name].extent for name in axes)

    # ---- operands ----

    def load(self, node: Load) -> Operand:
        """The view that a load is, or an assignment's target; one by strides gets a name of its own."""
        formal = self.formals[node.buffer]
        base = Operand(self.arguments[formal.name], (), formal.dtype, storage=formal.name)
        if formal.by_columns:  # its transpose lies by rows
            transpose = replace(base, text=f"{base.text}.T")
            return view(transpose, formal.shape[::-1], node.indices[::-1], self.variables)
        found = view(base, formal.shape, node.indices, self.variables)
        if not found.text.startswith("as_strided("):
            return found
        self.helpers.add("as_strided")
        if found.text not in self.windows:
            self.windows[found.text] = self.names.fresh(f"{formal.name}_windows")
            self.lines.append(f"{self.windows[found.text]} = {found.text}")
        return replace(found, text=self.windows[found.text])

    def local(self, name: str) -> Operand:
        """A local's array, at the present values of Python's loops."""
        found = self.locals[name]
        if not any(axis in self.python for axis in found.axes):
            return found
        parts = [self._own_place(axis) if axis in self.python else ":" for axis in found.axes]
        left = [n for n, axis in enumerate(found.axes) if axis not in self.python]
        axes, strides = tuple(found.axes[n] for n in left), tuple(found.strides[n] for n in left)
        return replace(found, text=found.text + subscript(parts), axes=axes, strides=strides, whole=False)

    def _own_place(self, axis: str) -> str:
        """Where an array that begins with the first round of a loop of Python's holds what belongs to this round."""
        start = self.loops[axis].start
        return f"{self.python[axis]} - {start}" if start else self.python[axis]

    def ramp(self, node: Scalar) -> Operand:
        """A value made of loop variables, as an array prepared outside."""
        free = set(self.free(node))
        return self._prepared(node, tuple(name for name in self.order if name in free))

    def ones(self, axes: tuple[str, ...]) -> Operand:
        """An array of ones, prepared outside."""
        return self._prepared(ONE, axes)

    def _prepared(self, node: Scalar, axes: tuple[str, ...]) -> Operand:
        loops = tuple(self.loops[name] for name in axes)
        known = Ramp("", loops, node)
        found = next((ramp for ramp in self.ramps if unnamed(ramp) == known), None)
        if found is None:
            found = replace(known, name=self.names.fresh(known.kind))
            self.ramps.append(found)
        return Operand(found.name, axes, node.dtype, strides=row_major(self.shape(axes)))

    def operand(self, node: Scalar) -> Operand:
        """The value as an array: a view of what is there, or computed into scratch."""
        if isinstance(node, Load) and self.is_view(node):
            return self.load(node)
        if isinstance(node, Local):
            return self.local(node.name)
        if self.is_view(node):
            return self.ramp(node)
        destination = spent_operand(self, node) or self.scratch(self.axes(node), storage_dtype(node))
        self.evaluate(node, destination)
        return destination

    def scratch(self, axes: tuple[str, ...], dtype: str) -> Operand:
        shape = self.shape(axes)
        return Operand(self.pool.take(shape, dtype), axes, dtype, "", row_major(shape), whole=True, scratch=True)

    def release(self, *operands: Operand) -> None:
        for operand in operands:
            if operand.scratch:
                self.pool.give_back(operand.text)

    def hold(self, *operands: Operand) -> None:
        """Release them after the statement: its last line may still read them."""
        self.held += operands

    def number(self, node: Scalar, binds: int = CHOICE) -> str:
        """The text of a value without axes, so that it leaves the dtype of the arrays it meets alone.

        binds: how tightly what it is to stand beside does
        """
        node = uncast(node)
        found = self.scalar(node)
        return f"float({found.text})" if found.numpy and node.dtype in ("real", "float64") else found.within(binds)

    def named(self, value: Fraction) -> str:
        """A number that the module has as an array without axes."""
        self.named_numbers.add(NAMED[value])
        return NAMED[value]

    def scalar(self, node: Scalar) -> ScalarText:
        self.uses_batch |= any(isinstance(part, BatchSize) for part in walk(node))
        if any(isinstance(part, Operation) and part.op == "erf" for part in walk(node)):
            self.helpers.add("math")
        if any(isinstance(part, Operation) and part.op == "uniform" for part in walk(node)):
            self.helpers.add("uniform")
        return scalar_text(node, self._scalar_leaf)

    def _scalar_leaf(self, node: Load | Local | Reduce | IndexValue, numpy: bool) -> ScalarText:
        match node:
            case IndexValue(index=index):
                text = self.variables.number(index)
                return ScalarText(text, ATOM if text.isalnum() else SUM)
            case Reduce():
                return ScalarText(self.reduce_to_number(node), numpy=True)
            case Local(name=name):
                operand = self.local(name)
                kept = self.locals[name].axes
                return ScalarText(operand.text, numpy=True) if kept else local_number(operand, numpy)
            case Load(buffer=buffer, indices=indices):
                parts = [self._scalar_index(index) for index in indices]
                name = self.arguments[buffer]
                if not parts:
                    return number_in_array(name, numpy or node.dtype not in ("real", "float64"))
                return ScalarText(f"{name}[{', '.join(parts)}]", numpy=True)

    def _scalar_index(self, index: IndexExpression) -> str:
        if isinstance(index, Indirect):
            return self._scalar_leaf(index.load, numpy=False).text
        return self.variables.number(index)

    def text(self, node: Scalar, operand: Operand | None, order: tuple[str, ...]) -> str:
        """An operation's argument as text; numbers have no operand."""
        return number_beside_arrays(self, node) if operand is None else align(operand, order)

    def copy(self, node: Scalar, destination: Operand) -> None:
        text = align(self.operand(node), destination.axes) if self.axes(node) else self.number(node)
        if text != destination.text:
            self.lines.append(assign(destination.text, text))

    # ---- what the writer of a whole kernel adds ----

    @abstractmethod
    def evaluate(self, node: Scalar, destination: Operand) -> None:
        """Append the lines that leave the value in the destination."""

    @abstractmethod
    def reduce_to_number(self, node: Reduce) -> str:
        """The text of a reduction over everything its body depends on."""


def storage_dtype(node: Scalar) -> str:
    """The dtype of the array that holds a value: conditions that serve as conditions are masks."""
    if isinstance(node, Operation) and node.op in PREDICATES and node.dtype == "bool":
        return "bool"
    return node.dtype
