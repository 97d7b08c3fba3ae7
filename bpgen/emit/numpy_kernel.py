"""A kernel becomes a NumPy function: expression trees become ufunc calls that write into given arrays.

Every operation has a destination: the statement's target where nothing still to be read is overwritten,
else a scratch array.  So a step allocates nothing, and reads as one would write it by hand:

    x.dot(weight.T, out=z)
    z += bias
    maximum(z, ZERO, out=h)

The loops around statements are NumPy's own: statement after statement, each over all of its loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.emit.marks import marked
from bpgen.emit.numpy_fixed import fix_loops, without_empty, without_signs
from bpgen.emit.numpy_functions import by_own_name
from bpgen.emit.numpy_gathers import add_offset, gather_into
from bpgen.emit.numpy_headings import WIDTH, Headings
from bpgen.emit.numpy_inline import inline_locals
from bpgen.emit.numpy_numbers import keep_number
from bpgen.emit.numpy_operations import write_operation
from bpgen.emit.numpy_ramps import Ramp
from bpgen.emit.numpy_reductions import reduce_into, reduce_to_number
from bpgen.emit.numpy_scatters import accumulate, before_turns, loops_to_turn, put
from bpgen.emit.numpy_scratch import Scratch
from bpgen.emit.numpy_strides import row_major
from bpgen.emit.numpy_views import Operand, align, assign, has_indirection
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import BATCH, Affine, IndexValue, Load, Local, Loop, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign, Kernel

MOST_ROW_AXES = 2
"""What memory there is grows with the batch, and with its square."""


class KernelWriter(Writer):
    """Writes statement after statement."""

    def write(self, statement: Assign) -> None:
        """Append the lines that compute a statement."""
        loops = (*self.kernel.loops, *statement.loops)
        if any(loop.extent == 0 for loop in loops):
            return
        statement = replace(statement, value=without_empty(statement.value))
        self.loops = {loop.name: loop for loop in (*self.kernel.positions, *loops)}
        self.loops |= {loop.name: loop for n in walk(statement.value) if isinstance(n, Reduce) for loop in n.loops}
        self.order = tuple(loop.name for loop in loops)
        if statement.local:
            self._write_local(statement, self.order)
        elif statement.accumulate:
            accumulate(self, statement, loops)
        elif has_indirection(statement.indices):
            put(self, statement)
        else:
            self._write_array(statement, loops)
        self.release(*self.held)
        self.held.clear()

    def _write_array(self, statement: Assign, loops: tuple[Loop, ...]) -> None:
        used = {name for index in statement.indices if isinstance(index, Affine) for name, _ in index.terms}
        missing = [loop for loop in loops if loop.name not in used]
        fixed = {loop.name: loop.start for loop in missing if loop.extent == 1}
        value = fix_loops(statement.value, fixed)
        # A target that lacks a loop keeps what the loop's last round wrote.
        turns = [loop for loop in missing if loop.name not in fixed]
        turns += loops_to_turn(self, statement, loops)
        turns += [loop for loop in self._rows_to_turn(replace(statement, value=value), loops) if loop not in turns]
        value, held = before_turns(self, value, turns)
        with self.python_loops(turns):
            destination = self.load(Load(statement.dtype, statement.target, statement.indices))
            self.order = destination.axes
            if not destination.axes:
                self.lines.append(assign(destination.text, self.scalar(value).text))
            else:
                self.evaluate(value, destination)
        self.release(*held)

    def _write_local(self, statement: Assign, order: tuple[str, ...]) -> None:
        self.order = order
        axes = self.axes(statement.value)
        name = self.names.fresh(statement.target)
        if not axes:
            self.locals[statement.target] = keep_number(self, statement.value, name)
            return
        if isinstance(statement.value, Load) and self.is_view(statement.value) and self._stays(statement.value):
            self.locals[statement.target] = self.load(statement.value)
            return
        self.pool.take(self.shape(axes), statement.dtype, name)
        strides = row_major(self.shape(axes))
        kept = Operand(name, axes, statement.dtype, f"local {name}", strides, whole=True)
        self.locals[statement.target] = kept
        with self.python_loops(self._rows_to_turn(statement, [self.loops[axis] for axis in axes])):
            destination = self.local(statement.target)
            if destination.axes:
                self.evaluate(statement.value, destination)
            else:
                self.lines.append(assign(destination.text, self.scalar(statement.value).text))

    def _rows_to_turn(self, statement: Assign, loops: Sequence[Loop]) -> list[Loop]:
        """The loops over the batch that run one round at a time: no array of a reduction has it on three axes."""
        for node in walk(statement.value) if statement.contraction is None else ():
            over = set(self.free(node.body)) if isinstance(node, Reduce) else set()
            rows = [name for name in over if self.loops[name].extent == BATCH]
            if len(rows) > MOST_ROW_AXES:
                own = [loop for loop in loops if loop.name in rows]
                return own[: len(rows) - MOST_ROW_AXES]
        return []

    def _stays(self, load: Load) -> bool:
        """Whether the kernel leaves what is loaded as it is, so that a view will do."""
        overlapping = {load.buffer} | self.overlaps.get(load.buffer, frozenset())
        return not any(statement.target in overlapping for statement in self.kernel.statements if not statement.local)

    def evaluate(self, node: Scalar, destination: Operand) -> None:
        axes = self.axes(node)
        if not axes or self.is_view(node):
            self.copy(node, destination)
        elif isinstance(node, Operation):
            write_operation(self, node, destination)
        elif axes != destination.axes or self.reads(node, destination.storage):
            # A reduction or a gather needs an array of its own shape, which it does not read.
            computed = self.operand(node)
            self.lines.append(assign(destination.text, align(computed, destination.axes)))
            self.release(computed)
        elif isinstance(node, Reduce):
            reduce_into(self, node, destination)
        elif isinstance(node, Load):
            gather_into(self, node, destination)
        elif isinstance(node, IndexValue):
            add_offset(self, node, destination)
        else:
            raise self.error(f"no NumPy form of {type(node).__name__}")

    def reduce_to_number(self, node: Reduce) -> str:
        return reduce_to_number(self, node)


@dataclass(frozen=True)
class WrittenKernel:
    """A kernel as text: its arguments are the formals, then scratch, ramps, positions, and the batch size if used.

    body: lines, marked with their equations (bpgen.emit.marks), which also stand above them
    helpers, named_numbers, functions: names of functions and numbers of the module, and of NumPy's functions, it uses
    used_up: formals that it only reads, and leaves nothing of use in
    """

    kernel: Kernel
    formals: tuple[str, ...]
    scratch: tuple[Scratch, ...]
    ramps: tuple[Ramp, ...]
    uses_batch: bool
    positions: tuple[str, ...]
    body: tuple[str, ...]
    helpers: frozenset[str]
    named_numbers: frozenset[str]
    functions: frozenset[str]
    used_up: frozenset[str]

    @property
    def arguments(self) -> tuple[str, ...]:
        extra = (*(array.name for array in self.scratch), *(ramp.name for ramp in self.ramps))
        return (*self.formals, *extra, *self.positions, *(("batch",) if self.uses_batch else ()))


def write_kernel(
    kernel: Kernel, overlaps: Mapping[str, frozenset[str]], spent: frozenset[str] = frozenset()
) -> WrittenKernel:
    """The NumPy function of a kernel.  Raises LoweringError, naming the kernel, for what has no such form."""
    writer = KernelWriter(kernel, overlaps, spent)
    body: list[str] = []
    functions: set[str] = set()
    headings = Headings(kernel)
    views: dict[str, tuple[int, ...]] = {}  # what locals compute that are no lines of their own
    statements = [replace(s, value=without_signs(s.value)) for s in inline_locals(kernel, overlaps)]
    for place, statement in enumerate(statements):
        read = {part.name for part in walk(statement.value) if isinstance(part, Local)}
        numbers = tuple(sorted({*statement.numbers, *(n for name in read for n in views.get(name, ()))}))
        writer.lines, writer.rest = [], statements[place:]
        writer.write(statement)
        if not writer.lines:
            views[statement.target] = numbers
            continue
        later = {number for other in statements[place + 1 :] for number in other.numbers}
        body += headings.above(numbers, later)
        lines = [by_own_name(line, functions) for line in writer.lines]
        body += marked((part for line in lines for part in _folded(line)), numbers)
    return WrittenKernel(
        kernel,
        tuple(writer.arguments.values()),
        tuple(writer.pool.arrays),
        tuple(writer.ramps),
        writer.uses_batch,
        tuple(writer.positions.values()),
        tuple(body),
        frozenset(writer.helpers),
        frozenset(writer.named_numbers),
        frozenset(functions),
        frozenset(writer.used_up),
    )


def _folded(line: str) -> list[str]:
    """A line that is too long as several, broken between arguments, with the rest below the first."""
    opening = line.find("(") + 1
    if len(line) <= WIDTH or line.lstrip().startswith("#") or not opening:
        return [line]
    pieces = line[opening:].split(", ")
    lines, current = [], line[:opening] + pieces[0]
    for piece in pieces[1:]:
        if len(current) + len(piece) + 3 > WIDTH:
            lines.append(f"{current},")
            current = " " * opening + piece
        else:
            current += f", {piece}"
    return [*lines, current]
