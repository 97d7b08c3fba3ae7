"""Kernels as plain loop nests, written so that compilers vectorise them without reordering sums on their own."""

from __future__ import annotations

from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_code import Code, For, Let, Store, When, computing
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_reductions import bound_of, reduce, stride_along, wrap
from bpgen.emit.c_turned import NARROWEST, turn
from bpgen.lower.group import runs
from bpgen.lower.rewrite import loads, reduction, variables
from bpgen.lower.scalar import BATCH, Loop, Reduce
from bpgen.lower.schedule import Assign, Kernel

LARGEST_ARRAY = 1024  # sums that a kernel keeps beside each other
CHUNK = 64  # of sums over the batch: a few vector registers, and shares for threads


def nest(kernel: Kernel, expressions: Expressions) -> list[Code]:
    """The whole kernel as loops."""
    copies = turn(kernel, expressions)
    main = _sums_in_columns(kernel, expressions)
    if main is not None:
        return [*copies, *_in_columns(kernel, expressions, *main)]
    depth = len(kernel.loops)
    levels = levels_of(kernel)
    code = run_code(expressions, [s for s in kernel.statements if levels[s.target] == depth])
    if expressions.slice:
        own = Store(expressions.slice, expressions.names[kernel.loops[0].name])
        code.insert(0, When(f"{expressions.slice} < 0", (own,)))
        note = "which all turns of a thread use, one after another"
        copies.append(Let("int", expressions.slice, "-1", constant=False, note=note))
    return [*copies, *around(kernel, expressions, depth, code)]


def around(kernel: Kernel, expressions: Expressions, depth: int, code: list[Code]) -> list[Code]:
    """Code inside the outer `depth` loops, with the values that belong between these."""
    for level in range(depth - 1, -1, -1):
        code = wrap(expressions, kernel.loops[level : level + 1], code)
        code[:0] = lets_at(kernel, expressions, level)
    return code


def lets_at(kernel: Kernel, expressions: Expressions, level: int) -> list[Code]:
    """The values that leave all loops but the outer `level` ones."""
    levels = levels_of(kernel)
    return [assign(expressions, s) for s in kernel.statements if levels[s.target] == level]


def levels_of(kernel: Kernel) -> dict[str, int]:
    """How many shared loops stand around each statement: a value without reductions moves out as far as it can."""
    position = {loop.name: number for number, loop in enumerate(kernel.loops)}
    depends: dict[str, frozenset[str]] = {}
    found: dict[str, int] = {}
    for statement in kernel.statements:
        needs = variables(statement.value, depends)
        moves = statement.local and not statement.loops and reduction(statement.value) is None
        if statement.local:
            depends[statement.target] = needs if moves else needs | position.keys()
        level = 1 + max((position[name] for name in needs if name in position), default=-1)
        found[statement.target] = level if moves else len(kernel.loops)
    return found


def run_code(expressions: Expressions, statements: list[Assign]) -> list[Code]:
    """Statements at one element of the shared loops; those with the same loops of their own share these."""
    code: list[Code] = []
    for run in runs(statements):
        outside = dict(expressions.results)  # what a nest sums is known in that nest only
        inside = [line for statement in run for line in _statement(expressions, statement)]
        code += wrap(expressions, run[0].loops, inside)
        expressions.results = outside
    return code


def _statement(expressions: Expressions, statement: Assign) -> list[Code]:
    """Its reduction first, then its value."""
    found = reduction(statement.value)
    code: list[Code] = []
    if found is not None and found not in expressions.results:
        if statement.local and statement.value == found:  # the variable it is summed in is the local itself
            return computing(reduce(expressions, found, expressions.names[statement.target]), statement.numbers)
        code = reduce(expressions, found)
    return [*computing(code, statement.numbers), assign(expressions, statement)]


def assign(expressions: Expressions, statement: Assign) -> Code:
    value = expressions.scalar(statement.value)
    if statement.local:
        name = expressions.names[statement.target]
        return Let(expressions.type(statement.dtype), name, value, numbers=statement.numbers)
    operator = "+=" if statement.accumulate else "="
    return Store(expressions.element(statement.target, statement.indices), value, operator, numbers=statement.numbers)


def _sums_in_columns(kernel: Kernel, expressions: Expressions) -> tuple[Assign, Reduce] | None:
    """The statement, and its sum, whose elements are best summed beside each other.

    That is so where the innermost shared loop, but not the sum's own, walks through memory step by step; and in small
    contractions, whose matrices are turned where need be.
    """
    summing = [(s, found) for s in kernel.statements if (found := reduction(s.value)) is not None]
    if len(summing) != 1 or any(s.loops for s in kernel.statements) or not kernel.loops:
        return None
    statement, found = summing[0]
    last = kernel.loops[-1]
    if found.op != "sum" or found.dtype != "real" or not isinstance(last.extent, int) or last.extent == 1:
        return None
    levels = levels_of(kernel)
    earlier = kernel.statements[: kernel.statements.index(statement)]
    if any(levels[s.target] == len(kernel.loops) for s in earlier):
        return None
    read = list(loads(found.body))
    steps = {stride_along(expressions, load, last.name) for load in read}
    own_steps = {stride_along(expressions, load, found.loops[-1].name) for load in read}
    if statement.contraction is not None and last.extent >= NARROWEST:
        return statement, found
    return (statement, found) if (1, 0) in steps and (1, 0) not in own_steps else None


@dataclass(frozen=True)
class _Columns:
    """The loops whose sums are kept beside each other.

    size: of the array; first: where a chunk of the only loop begins, or ""
    """

    loops: tuple[Loop, ...]
    size: int
    first: str
    last: str

    def place(self, expressions: Expressions) -> str:
        """Where in the array the sum of the element is that the loops are at."""
        if self.first:
            return f"{expressions.names[self.loops[0].name]} - {self.first}"
        text = ""
        for loop in self.loops:
            text = f"({text}) * {loop.extent} + " if " " in text else f"{text} * {loop.extent} + " if text else ""
            text += expressions.names[loop.name]
        return text

    def over(self, expressions: Expressions, body: list[Code]) -> list[Code]:
        if self.first:
            return [For(expressions.names[self.loops[0].name], self.first, self.last, tuple(body))]
        return wrap(expressions, self.loops, body)


def _in_columns(kernel: Kernel, expressions: Expressions, main: Assign, found: Reduce) -> list[Code]:
    names, loops = expressions.names, kernel.loops
    kept = len(loops) - 1
    levels = levels_of(kernel)
    least = max((levels[s.target] for s in kernel.statements[: kernel.statements.index(main)]), default=0)
    while kept > least and isinstance(loops[kept - 1].extent, int) and _volume(loops[kept - 1 :]) <= LARGEST_ARRAY:
        kept -= 1
    name = loops[-1].name
    over_batch = any(loop.extent == BATCH for loop in found.loops)
    size = min(CHUNK if over_batch and len(loops) - kept == 1 else LARGEST_ARRAY, _volume(loops[kept:]))
    chunked = _volume(loops[kept:]) > size
    bounds = (names.fresh(f"{name}_first"), names.fresh(f"{name}_last")) if chunked else ("", "")
    columns = _Columns(loops[kept:], size, *bounds)
    sums = f"{names.fresh('sum')}"
    expressions.results[found] = f"{sums}[{columns.place(expressions)}]"
    collect = Store(expressions.results[found], expressions.scalar(found.body), "+=")
    code: list[Code] = [Let("real", sums, constant=False, size=str(columns.size))]
    code += wrap(expressions, found.loops, columns.over(expressions, [collect]))
    ends = [assign(expressions, s) for s in kernel.statements if levels[s.target] > kept]
    code += columns.over(expressions, ends)
    if chunked:
        end = f"{columns.first} + {columns.size}"
        extent = bound_of(loops[-1])
        code = [Let("int", columns.last, f"{end} < {extent} ? {end} : {extent}"), *code]
        free = name in expressions.independent
        code = [For(columns.first, "0", extent, tuple(code), str(columns.size), independent=free)]
    code = computing(code, main.numbers)
    code[:0] = lets_at(kernel, expressions, kept)
    return around(kernel, expressions, kept, code)


def _volume(loops: tuple[Loop, ...]) -> int:
    return prod(int(loop.extent) for loop in loops)
