"""What writing a kernel keeps track of: names, loops, locals, scratch arrays, and the lines so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bpgen.algebra.errors import LoweringError
from bpgen.emit.names import Names, python_identifier
from bpgen.emit.numpy_scalars import ScalarText, scalar_text
from bpgen.emit.numpy_scratch import ScratchPool
from bpgen.emit.numpy_views import Operand, align, has_indirection, view
from bpgen.lower.scalar import (
    PREDICATES,
    Affine,
    BatchSize,
    Constant,
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
from bpgen.lower.schedule import Formal, Kernel

RESERVED = ("np", "math", "as_strided", "batch", "real", "erf", "sigmoid", "blocks", "Network")


@dataclass(frozen=True)
class Ramp:
    """An array of index values, made once for each batch size: constant + sum of coefficient * loop variable."""

    name: str
    dtype: str
    constant: int
    terms: tuple[tuple[Loop, int], ...]


@dataclass
class Writer(ABC):
    """The state of writing one kernel: its names, its lines so far, the scratch arrays it asked for.

    overlaps: formals that may share memory in some call, each with the others it may share with
    """

    kernel: Kernel
    overlaps: Mapping[str, frozenset[str]]
    lines: list[str] = field(default_factory=list)
    ramps: list[Ramp] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    loops: dict[str, Loop] = field(default_factory=dict)
    locals: dict[str, Operand] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    uses_batch: bool = False

    def __post_init__(self) -> None:
        self.names = Names(python_identifier, RESERVED)
        self.formals: dict[str, Formal] = {formal.name: formal for formal in self.kernel.formals}
        self.arguments = {formal.name: self.names[formal.name] for formal in self.kernel.formals}
        self.pool = ScratchPool(self.names)

    # ---- what nodes are ----

    def error(self, what: str) -> LoweringError:
        return LoweringError(f"kernel {self.kernel.name} ({self.kernel.title}): {what}")

    def axes(self, node: Scalar) -> tuple[str, ...]:
        """The loops that the value depends on, in the order of the statement."""
        found = set(self._free(node))
        return tuple(name for name in self.order if name in found)

    def _free(self, node: Scalar) -> Iterator[str]:
        match node:
            case Reduce(loops=loops, body=body):
                bound = {loop.name for loop in loops}
                yield from (name for name in self._free(body) if name not in bound)
                return
            case Load(indices=indices):
                yield from (name for index in indices if isinstance(index, Affine) for name, _ in index.terms)
            case IndexValue(index=index):
                yield from (name for name, _ in index.terms)
            case Local(name=name):
                yield from self.locals[name].axes
        for child in children(node):
            yield from self._free(child)

    def is_view(self, node: Scalar) -> bool:
        """Whether it is an array that is simply there."""
        if isinstance(node, Load):
            return not has_indirection(node.indices)
        return isinstance(node, Local | IndexValue)

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
        formal = self.formals[node.buffer]
        base = Operand(self.arguments[formal.name], (), formal.dtype, storage=formal.name)
        try:
            found = view(base, formal.shape, node.indices, self.loops)
        except LoweringError as error:
            raise self.error(str(error)) from None
        if "as_strided" in found.text:
            self.helpers.add("as_strided")
        return found

    def ramp(self, node: IndexValue | Ramp) -> Operand:
        """Index values as an array, prepared outside."""
        if isinstance(node, IndexValue):
            terms = tuple((self.loops[name], c) for name, c in node.index.terms)
            node = Ramp("", node.dtype, node.index.constant, terms)
        for known in self.ramps:
            if replace(known, name="") == replace(node, name=""):
                break
        else:
            plain = len(node.terms) == 1 and node.terms[0][1] == 1
            known = replace(node, name=self.names.fresh(node.terms[0][0].name if plain else "positions"))
            self.ramps.append(known)
        return Operand(known.name, tuple(loop.name for loop, _ in known.terms), known.dtype)

    def operand(self, node: Scalar) -> Operand:
        """The value as an array: a view of what is there, or computed into scratch."""
        if isinstance(node, Load) and self.is_view(node):
            return self.load(node)
        if isinstance(node, Local):
            return self.locals[node.name]
        if isinstance(node, IndexValue):
            return self.ramp(node)
        destination = self.scratch(self.axes(node), _storage_dtype(node))
        self.evaluate(node, destination)
        return destination

    def scratch(self, axes: tuple[str, ...], dtype: str) -> Operand:
        return Operand(self.pool.take(self.shape(axes), dtype), axes, dtype, whole=True, scratch=True)

    def release(self, *operands: Operand) -> None:
        for operand in operands:
            if operand.scratch:
                self.pool.give_back(operand.text)

    def number(self, node: Scalar) -> str:
        """The text of a value without axes, so that it leaves the dtype of the arrays it meets alone."""
        while isinstance(node, Operation) and node.op == "cast" and node.dtype in ("real", "float64"):
            node = node.arguments[0]
        found = self.scalar(node)
        if isinstance(node, Constant | BatchSize) or (isinstance(node, Local) and not self.locals[node.name].axes):
            return found.text
        if found.text.startswith("float(") or node.dtype in ("bool", "int32"):
            return found.text
        return f"float({found.text})"

    def scalar(self, node: Scalar) -> ScalarText:
        self.uses_batch |= any(isinstance(part, BatchSize) for part in walk(node))
        if any(isinstance(part, Operation) and part.op == "erf" for part in walk(node)):
            self.helpers.add("math")
        return scalar_text(node, self._scalar_leaf)

    def _scalar_leaf(self, node: Load | Local | Reduce) -> ScalarText:
        match node:
            case Reduce():
                return ScalarText(self.reduce_to_number(node), numpy=True)
            case Local(name=name):
                return ScalarText(self.locals[name].text)
            case Load(buffer=buffer, indices=indices):
                parts = [self._scalar_index(index) for index in indices]
                name = self.arguments[buffer]
                return ScalarText(f"{name}[{', '.join(parts)}]" if parts else name, numpy=True)

    def _scalar_index(self, index: IndexExpression) -> str:
        if isinstance(index, Indirect):
            return self._scalar_leaf(index.load).text
        return str(index.constant)

    def text(self, node: Scalar, operand: Operand | None, order: tuple[str, ...]) -> str:
        """An operation's argument as text; numbers have no operand."""
        return self.number(node) if operand is None else align(operand, order)

    def copy(self, node: Scalar, destination: Operand) -> None:
        operand = self.operand(node) if self.axes(node) else None
        text = self.text(node, operand, destination.axes)
        if operand is None and destination.text.isidentifier():
            self.lines.append(f"{destination.text}[...] = {text}")
        elif text != destination.text:
            self.lines.append(f"np.copyto({destination.text}, {text})")

    # ---- what the writer of a whole kernel adds ----

    @abstractmethod
    def evaluate(self, node: Scalar, destination: Operand) -> None:
        """Append the lines that leave the value in the destination."""

    @abstractmethod
    def reduce_to_number(self, node: Reduce) -> str:
        """The text of a reduction over everything its body depends on."""


def _storage_dtype(node: Scalar) -> str:
    """The dtype of the array that holds a value: conditions that serve as conditions are masks."""
    if isinstance(node, Operation) and node.op in PREDICATES and node.dtype == "bool":
        return "bool"
    return node.dtype
