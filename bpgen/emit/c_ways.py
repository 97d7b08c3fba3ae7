"""Every contraction of a schedule in all ways that it can be written in, as C to be measured: `bpgen tune`.

A contraction's signature says what it is, whatever network it is in: the extents of its loops, and how these walk
through both operands.  What was measured of one holds for all that have the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.c import Function, level_of, prepare, used_parts, write_body, write_function
from bpgen.emit.c_choose import Choice, find_ways
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_flags import FLAGS
from bpgen.emit.c_helpers import find_helpers
from bpgen.emit.c_programs import needs_batch
from bpgen.emit.c_rows import find_alike, find_rows, is_by_rows, rows_at_a_time
from bpgen.emit.c_steps import Steps
from bpgen.emit.environment import render
from bpgen.emit.marks import read_marks
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import BATCH, Load
from bpgen.lower.schedule import Call, Contraction, Formal, Kernel, Repeat, Schedule


@dataclass(frozen=True)
class Measured:
    """A contraction to be measured.

    rows: of a call, of `batch` in all; numbers: of the equations; ways: the names, the model's first
    functions: of each way the C function that makes calls of it
    rows_apart: whether its arrays have those of the whole batch, some of which it is called for
    integers: what the kernel takes behind its arrays
    """

    kernel: str
    signature: str
    numbers: tuple[int, ...]
    rows: int
    rows_apart: bool
    formals: tuple[Formal, ...]
    integers: tuple[int, ...]
    ways: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Ways:
    """The files of all ways of some contractions, what cffi needs of them, and the flags to compile with."""

    contractions: tuple[Measured, ...]
    files: Mapping[str, str]
    cdef: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class _Choices:
    """A kernel with a contraction, what that is, and the ways that it has; rows: of most of its calls."""

    kernel: Kernel
    signature: str
    ways: tuple[Choice, ...]
    rows: int


def find_signatures(schedule: Schedule, dtype: str, batch: int) -> dict[str, str]:
    """Of every kernel with a contraction that could be written in another way, what that contraction is."""
    return {found.kernel.name: found.signature for found in _choices(schedule, dtype, batch)}


def _choices(schedule: Schedule, dtype: str, batch: int) -> Iterator[_Choices]:
    by_rows = find_rows(schedule)
    alike, rows = find_alike(schedule, by_rows), rows_of_calls(schedule, batch, by_rows)
    for kernel in schedule.kernels:
        if any(statement.contraction is not None for statement in kernel.statements):
            prepared, same = prepare(kernel, dtype), kernel.name in alike
            ways = tuple(find_ways(prepared.kernel, prepared.expressions, alike=same))
            if len(ways) > 1:
                number = rows[kernel.name]
                signature = _signature(prepared.kernel, prepared.expressions, dtype, number, alike=same)
                yield _Choices(kernel, signature, ways, number)


def emit_ways(schedule: Schedule, dtype: str, batch: int) -> Ways:
    """The contractions of a schedule, but for gradients by inputs; of those with the same signature the first."""
    by_rows = find_rows(schedule)
    alike = find_alike(schedule, by_rows)
    wanted = {call.kernel for p in schedule.programs if p.name != "input_gradients" for call in p.flat_calls}
    measured: dict[str, Measured] = {}
    functions: list[Function] = []
    for found in _choices(schedule, dtype, batch):
        kernel, number = found.kernel, len(measured)
        if found.signature in measured or kernel.name not in wanted:
            continue
        different: dict[object, tuple[Choice, Function]] = {}
        for way in found.ways:
            body = write_body(kernel, dtype, by_rows, alike, way.name)
            function = write_function(body, f"contraction_{number}_{len(different)}", "", None)
            different.setdefault(function.code, (way, function))
        if len(different) == 1:
            continue
        ways = list(different.values())
        functions += [function for _, function in ways]
        integers = [loop.start + int(loop.extent) // 2 for loop in kernel.positions]
        integers += [found.rows] if needs_batch(kernel) else []
        apart = body.expressions.all_rows != "batch"
        integers += [batch] if apart else []
        measured[found.signature] = Measured(
            kernel.name, found.signature, tuple(number for number, _ in kernel.equations), found.rows, apart,
            kernel.formals, tuple(integers), tuple(way.name for way, _ in ways),
            tuple(f"turns_of_{f.name}" for _, f in ways),
        )  # fmt: skip
    flags = (level_of(functions), *FLAGS)
    return _written(schedule, tuple(measured.values()), functions, dtype, flags)


def rows_of_calls(schedule: Schedule, batch: int, by_rows: Container[str]) -> dict[str, int]:
    """The rows of most calls of each kernel, of a batch of so many: some are called for a few rows at a time.

    by_rows: as `find_rows` finds them
    """
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    found: dict[str, int] = {}
    for program in schedule.programs:
        few = {n: stretch.rows for stretch in program.by_rows for n in range(stretch.first, stretch.end)}
        for number, item in enumerate(program.calls):
            most = few.get(number, 0)
            if isinstance(item, Repeat) and is_by_rows(item, by_rows):
                most = rows_at_a_time(item, kernels)
            for call in (item,) if isinstance(item, Call) else item.calls:
                rows = min(batch, most or batch)
                found[call.kernel] = max(found.get(call.kernel, rows), rows)
    return found


def _signature(kernel: Kernel, expressions: Expressions, dtype: str, rows: int, *, alike: bool) -> str:
    """ "float32: m64 784 0, n128 0 1, k784 1 128": of each loop its axis, extent, and steps through both operands.

    Then between which indices of which axis an operand is not known to be 0.
    """
    statement = next(s for s in kernel.statements if s.contraction is not None)
    found, contraction = reduction(statement.value), statement.contraction
    assert found is not None and contraction is not None
    steps = Steps(expressions)

    def step(load: Load, loop: str) -> int:
        coefficient, power = steps.of(load, loop)
        return coefficient * int(rows**power)

    parts = [
        f"{axis}{rows if loop.extent == BATCH else loop.extent} "
        f"{step(contraction.left, loop.name)} {step(contraction.right, loop.name)}"
        for loop in (*kernel.loops, *found.loops)
        for axis in [_axis(contraction, loop.name)]
    ]
    for side, load in (("left", contraction.left), ("right", contraction.right)):
        border = enumerate(expressions.formals[load.buffer].border)
        parts += [f"{side} {axis} inside {ends[0]} {ends[1]}" for axis, ends in border if ends is not None]
    return f"{dtype}{', rows alike' if alike else ''}: {', '.join(parts)}"


def _axis(contraction: Contraction, loop: str) -> str:
    axes = {"b": contraction.batch, "m": contraction.m, "n": contraction.n, "k": contraction.k}
    return next((axis for axis, loops in axes.items() if loop in loops), "o")


def _written(
    schedule: Schedule, contractions: tuple[Measured, ...], functions: Sequence[Function], dtype: str,
    flags: tuple[str, ...],
) -> Ways:  # fmt: skip
    real = "float" if dtype == "float32" else "double"
    calls = list(_calls(contractions, functions))
    cdef = "".join(f"void turns_of_{name}(int turns, void *const *arrays, const int *numbers);\n" for name, _ in calls)
    marked = render(
        "c/ways.c.j2", functions=functions, real=real, visibility="",
        **used_parts(functions), **find_helpers(schedule, dtype),
    )  # fmt: skip
    files = {
        "ways.h": render("c/ways.h.j2", functions=functions, real=real),
        "ways.c": read_marks(marked)[0],
        "turns.c": render("c/turns.c.j2", calls=calls),
    }
    return Ways(contractions, files, cdef, flags)


def _calls(contractions: Sequence[Measured], functions: Sequence[Function]) -> Iterator[tuple[str, str]]:
    """The name of each function, and the arguments of a call."""
    left = iter(functions)
    for contraction in contractions:
        arguments = [f"arrays[{n}]" for n in range(len(contraction.formals))]
        arguments += [f"numbers[{n}]" for n in range(len(contraction.integers))]
        for _ in contraction.ways:
            yield next(left).name, ", ".join(arguments)
