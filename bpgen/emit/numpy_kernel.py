"""A kernel becomes a NumPy function: expression trees become ufunc calls that write into given arrays.

Every operation has a destination: the statement's target where nothing still to be read is overwritten,
else a scratch array.  So a step allocates nothing, and reads as one would write it by hand:

    np.matmul(x, weight.T, out=z)
    z += bias
    np.maximum(z, 0.0, out=h)

The loops around statements are NumPy's own: statement after statement, each over all of its loops.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bpgen.emit.numpy_inline import inline_locals
from bpgen.emit.numpy_operations import write_operation
from bpgen.emit.numpy_reductions import gather_into, reduce_into, reduce_to_number
from bpgen.emit.numpy_scratch import Scratch
from bpgen.emit.numpy_views import Operand, align, has_indirection
from bpgen.emit.numpy_writer import Ramp, Writer
from bpgen.lower.scalar import (
    Affine,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Loop,
    Operation,
    Reduce,
    Scalar,
    walk,
)
from bpgen.lower.schedule import Assign, Kernel


class KernelWriter(Writer):
    """Writes statement after statement."""

    def write(self, statement: Assign) -> None:
        """Append the lines that compute a statement."""
        loops = (*self.kernel.loops, *statement.loops)
        self.loops = {loop.name: loop for loop in loops}
        self.loops |= {loop.name: loop for n in walk(statement.value) if isinstance(n, Reduce) for loop in n.loops}
        if statement.local:
            self._write_local(statement, tuple(loop.name for loop in loops))
            return
        if has_indirection(statement.indices):
            raise self.error("a target with an indirect index; the pass that turns scatters into gathers is missing")
        fixed = self._loops_without_axis(loops, statement)
        value = fix_loops(statement.value, fixed)
        destination = self.load(Load(statement.dtype, statement.target, statement.indices))
        self.order = destination.axes
        if not destination.axes:
            number = self.scalar(value).text
            self.lines.append(f"{self._assignable(destination)} = {number}")
        else:
            self.evaluate(value, destination)

    def _assignable(self, destination: Operand) -> str:
        return destination.text + ("" if destination.text.endswith("]") else "[...]")

    def _loops_without_axis(self, loops: tuple[Loop, ...], statement: Assign) -> dict[str, int]:
        used = {name for index in statement.indices if isinstance(index, Affine) for name, _ in index.terms}
        missing = [loop for loop in loops if loop.name not in used]
        for loop in missing:
            if loop.extent != 1:
                raise self.error(f"{statement.target} is written again and again over the loop {loop.name}")
        return {loop.name: loop.start for loop in missing}

    def _write_local(self, statement: Assign, order: tuple[str, ...]) -> None:
        self.order = order
        axes = self.axes(statement.value)
        name = self.names.fresh(statement.target)
        if not axes:
            text = self.number(statement.value)
            self.lines.append(f"{name} = {text}")
            self.locals[statement.target] = Operand(name, (), statement.dtype, storage=f"local {name}")
            return
        if isinstance(statement.value, Load) and self.is_view(statement.value) and self._stays(statement.value):
            self.locals[statement.target] = self.load(statement.value)
            return
        self.pool.take(self.shape(axes), statement.dtype, name)
        kept = Operand(name, axes, statement.dtype, storage=f"local {name}", whole=True)
        self.evaluate(statement.value, kept)
        self.locals[statement.target] = kept

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
            self.lines.append(f"np.copyto({destination.text}, {align(computed, destination.axes)})")
            self.release(computed)
        elif isinstance(node, Reduce):
            reduce_into(self, node, destination)
        elif isinstance(node, Load):
            gather_into(self, node, destination)
        else:
            raise self.error(f"no NumPy form of {type(node).__name__}")

    def reduce_to_number(self, node: Reduce) -> str:
        return reduce_to_number(self, node)


def fix_loops(node: Scalar, fixed: Mapping[str, int]) -> Scalar:
    """The value with loops of extent 1 replaced by the one value their variable has."""
    if not fixed:
        return node

    def fix_index(index: IndexExpression) -> IndexExpression:
        if isinstance(index, Indirect):
            return Indirect(fix_load(index.load))
        kept = tuple(term for term in index.terms if term[0] not in fixed)
        return Affine(kept, index.constant + sum(c * fixed[name] for name, c in index.terms if name in fixed))

    def fix_load(load: Load) -> Load:
        return replace(load, indices=tuple(fix_index(index) for index in load.indices))

    match node:
        case Load():
            return fix_load(node)
        case IndexValue(index=index):
            fixed_index = fix_index(index)
            assert isinstance(fixed_index, Affine)
            return replace(node, index=fixed_index)
        case Operation(arguments=arguments):
            return replace(node, arguments=tuple(fix_loops(argument, fixed) for argument in arguments))
        case Reduce(body=body):
            return replace(node, body=fix_loops(body, fixed))
        case _:
            return node


@dataclass(frozen=True)
class WrittenKernel:
    """A kernel as text: its arguments are the formals, then scratch, then ramps, then the batch size if used.

    body: lines, with the equations above what computes them; helpers: names of helper functions it calls
    """

    kernel: Kernel
    formals: tuple[str, ...]
    scratch: tuple[Scratch, ...]
    ramps: tuple[Ramp, ...]
    uses_batch: bool
    body: tuple[str, ...]
    helpers: frozenset[str]

    @property
    def arguments(self) -> tuple[str, ...]:
        extra = (*(array.name for array in self.scratch), *(ramp.name for ramp in self.ramps))
        return (*self.formals, *extra, *(("batch",) if self.uses_batch else ()))


def write_kernel(kernel: Kernel, overlaps: Mapping[str, frozenset[str]]) -> WrittenKernel:
    """The NumPy function of a kernel.  Raises LoweringError, naming the kernel, for what has no such form."""
    writer = KernelWriter(kernel, overlaps)
    texts = dict(kernel.equations)
    shown: tuple[int, ...] = ()
    for statement in inline_locals(kernel, overlaps):
        if statement.numbers != shown:
            shown = statement.numbers
            writer.lines.extend(_heading(shown, texts))
        writer.write(statement)
    unplaced = _heading(tuple(texts), texts) if texts else []
    return WrittenKernel(
        kernel,
        tuple(writer.arguments.values()),
        tuple(writer.pool.arrays),
        tuple(writer.ramps),
        writer.uses_batch,
        (*unplaced, *writer.lines),
        frozenset(writer.helpers),
    )


def _heading(numbers: tuple[int, ...], texts: dict[int, str]) -> list[str]:
    """The equations above the lines that compute them, each where it is met first; later its number alone."""
    lines = []
    for number in sorted(number for number in numbers if number in texts):
        text = " ".join(f"({number}) {texts.pop(number)}".split())
        printable = "".join(c if c.isprintable() else "?" for c in text)
        lines += textwrap.wrap(printable, 108, initial_indent="# ", subsequent_indent="#     ", break_long_words=False)
    if lines or not numbers:
        return lines
    return ["# " + " ".join(f"({number})" for number in sorted(numbers))]
