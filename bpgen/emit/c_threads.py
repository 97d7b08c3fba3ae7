"""Which loops of a kernel are divided among threads, and from which batch on a program is worth it.

All threads run a program together; the turns of a loop under `omp for` are divided among them, what has no such loop
is left to one.  Only loops whose turns are independent are divided, never a sum: so the result is the same for the same
number of threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_code import Code, For, Let
from bpgen.emit.c_expressions import Expressions
from bpgen.lower.independent import Division, divide
from bpgen.lower.rows import Rows
from bpgen.lower.scalar import BATCH
from bpgen.lower.schedule import Kernel, Program, Schedule, degree_of, size_of
from bpgen.lower.work import Work, work

# What is not known at compile time, as estimates.
TURNS = {"batch": 64, "COLUMNS": 32, "STRIP": 1024, "STRIP_ROWS": 48, "TILE_ROWS": 96, "ROWS": 12, "SUM_ROWS": 6,
         "LINES_ROWS": 24, "LINES_WIDTH / width": 8}  # fmt: skip
BARRIER = 1500.0  # nanoseconds until all threads have met, and have what the others have written
FORK = 2000.0  # and until they have begun, and ended
EXCHANGE = 0.06  # for each element of the rows that tiles touch: many of them lie in another core's cache
LEAST = 500.0  # of a loop worth dividing
LARGEST_BATCH = 512  # a program that needs more than this is left to one thread


@dataclass(frozen=True)
class Share:
    """The loops of a kernel's code that are divided: `loops` of them, below `outside` others.

    division: the loops of the kernel that these are; None where they are tiles
    """

    outside: int
    loops: int
    division: Division | None = None


@dataclass(frozen=True)
class Plan:
    """What is divided.

    shares: by kernel, of those that are divided; batches: by program, of those worth it, from which batch on
    rows: of the kernels of recurrences that each thread runs through with its rows
    """

    shares: Mapping[str, Share]
    batches: Mapping[str, int]
    rows: Mapping[str, Rows]


def find_share(code: Sequence[Code], kernel: Kernel, expressions: Expressions) -> Share | None:
    """The outermost loops whose turns make the most even shares; None where there are not two turns."""
    best, most = None, 0.0
    variables = {expressions.names[loop.name]: loop for loop in kernel.loops}
    for outside, chain in _chains(code):
        for count in range(1, len(chain) + 1):
            turns = prod(map(_turns, chain[:count]))
            if turns > 1 and _evenness(turns) > most:
                loops = tuple(variables[line.variable] for line in chain[:count] if line.variable in variables)
                division = divide(kernel, loops) if len(loops) == count else None
                best, most = Share(outside, count, division), _evenness(turns)
    return best


def _evenness(turns: int) -> float:
    """The part of their time that two, three, four and eight threads are busy, on average; beyond 0.9 all is well."""
    busy = [turns / (threads * -(-turns // threads)) for threads in (2, 3, 4, 8)]
    return min(0.9, sum(busy) / len(busy))


def _chains(code: Sequence[Code], outside: int = 0) -> Iterator[tuple[int, list[For]]]:
    """Loops of independent turns that stand directly inside each other; then those below, where only values stand
    between."""
    loops = [line for line in code if isinstance(line, For) and not line.private]
    if len(loops) != 1 or not loops[0].independent or any(not isinstance(line, For | Let) for line in code):
        return
    chain = loops
    while True:
        body = chain[-1].body
        inner = body[0]
        if len(body) != 1 or not isinstance(inner, For) or not inner.independent or _depends(inner, chain):
            break
        if inner.rolled:  # which has a line of its own between the loops
            break
        chain = [*chain, inner]
    yield outside, chain
    yield from _chains(chain[-1].body, outside + len(chain))


def _depends(inner: For, chain: Sequence[For]) -> bool:
    """Whether the bounds of a loop move with those around it: then they cannot be divided as one."""
    words = set(re.findall(r"\w+", f"{inner.first} {inner.bound}"))
    return any(line.variable in words for line in chain)


def _turns(loop: For) -> int:
    """How many turns a loop has, about; 1 where its text does not tell."""
    if loop.turns:
        return loop.turns
    first, bound, step = _value(loop.first), _value(loop.bound), _value(loop.step)
    return 1 if first is None or bound is None or not step else -(-(bound - first) // step)


def _value(text: str) -> int | None:
    """A product of numbers and known names."""
    factors = [TURNS.get(factor, int(factor) if factor.isdigit() else None) for factor in text.split(" * ")]
    known = [factor for factor in factors if factor is not None]
    return prod(known) if len(known) == len(factors) else None


def plan(schedule: Schedule, shares: Mapping[str, Share], rows: Mapping[str, Rows]) -> Plan:
    """What is worth dividing, of what can be divided, beside recurrences by rows."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    works = {name: work(kernel) for name, kernel in kernels.items()}
    batches: dict[str, int] = {}
    chosen: dict[str, Share] = {}
    for program in schedule.programs:
        apart = {name for name in shares if shares[name].division is None and name not in rows}
        moved = [
            _touched(kernels[call.kernel]) * times for call, times in program.counted_calls if call.kernel in apart
        ]
        exchanged = sum(moved, Work())
        batch = _least_batch(program, {name: works[name] for name in (*shares, *rows)}, exchanged * EXCHANGE)
        if batch is None:
            continue
        batches[program.name] = batch
        usual = max(batch, TURNS["batch"])
        called = dict.fromkeys(call.kernel for call in program.flat_calls)
        wanted = [name for name in called if name in shares and name not in rows]
        chosen |= {name: shares[name] for name in wanted if works[name].at(usual) >= LEAST}
    return Plan(chosen, batches, rows)


def _touched(kernel: Kernel) -> Work:
    """The elements that grow with the batch."""
    grown = (Work((0.0,) * degree_of(f.shape) + (float(size_of(f.shape)),)) for f in kernel.formals if BATCH in f.shape)
    return sum(grown, Work())


def _least_batch(program: Program, works: Mapping[str, Work], exchanged: Work) -> int | None:
    """The least power of two of rows from which on two threads save more than they wait for each other."""
    waits = FORK + BARRIER * sum(times for _, times in program.counted_calls)
    divided = sum((works[call.kernel] * times for call, times in program.counted_calls if call.kernel in works), Work())
    batch = 1
    while divided.at(batch) / 2 < waits + exchanged.at(batch):
        batch *= 2
        if batch > LARGEST_BATCH:
            return None
    return batch


def share(code: Sequence[Code], wanted: Share) -> list[Code]:
    """The code with those loops marked."""
    found: list[Code] = []
    for line in code:
        if not isinstance(line, For) or line.private:
            found.append(line)
        elif wanted.outside == 0:
            found.append(replace(line, shared=wanted.loops))
        else:
            found.append(replace(line, body=tuple(share(line.body, replace(wanted, outside=wanted.outside - 1)))))
    return found
