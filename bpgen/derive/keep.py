"""Keep adjoints as equations of their own where the simplified backward pass would cost more than the chain rule.

Simplification writes adjoints out in their readers, in forms that textbooks print.  Where all of it together takes
more operations than the chain rule's lines, or as many and more traffic, the fewest adjoints get another reading that
make it no dearer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from bpgen.algebra.polynomial import Polynomial
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import upstream
from bpgen.algebra.system import Equation
from bpgen.derive.account import PassCost, cost_of_pass
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.readings import Reading, find_readings, find_written_out
from bpgen.derive.split_reductions import Splitter

if TYPE_CHECKING:
    from bpgen.derive.adjoints import Adjoints

# Costs are polynomials in the batch size; one is no more than another where it is not for any of these.
BATCHES = (1, 2, 64, 4096)

Choice = Mapping[str, Reading]  # of which adjoints another reading is taken


def excess(one: PassCost, other: PassCost) -> tuple[int, int]:
    """The operations, and the bytes, that one pass takes more than the other, over several sizes of the batch.

    Bytes do not count against a pass of fewer operations: a sum that is named is written and read, but taken once.
    """
    more, fewer = _above(one.operations, other.operations), _above(other.operations, one.operations)
    return more, 0 if fewer and not more else _above(one.traffic, other.traffic)


def _above(one: Polynomial, other: Polynomial) -> int:
    return sum(max(0, one.at(batch) - other.at(batch)) for batch in BATCHES)


def keep_cheaper(adjoints: Adjoints, wanted: Iterable[str]) -> None:
    """Take other readings of adjoints where those that are wanted cost more than the chain rule's lines."""
    search = _Search(adjoints, tuple(wanted))
    for name, reading in search.chosen().items():
        adjoints.final[name] = reading.equation
        tensor = name.removeprefix(ADJOINT)
        adjoints.steps[tensor], adjoints.known[tensor] = reading.record, reading.known
        adjoints.named += reading.named


@dataclass
class _Search:
    adjoints: Adjoints
    wanted: tuple[str, ...]
    chain: PassCost = field(init=False)

    def __post_init__(self) -> None:
        needed = upstream(self.adjoints.raw.values(), self.wanted)
        self.chain = self._lines(line for name, line in self.adjoints.raw.items() if name in needed)

    def chosen(self) -> Choice:
        """The choice found: step by step what saves most, then without what is not needed any more.

        Of what saves as much, that which changes the fewest adjoints, and lets them read the fewest others.
        """
        best: Choice = {}
        least = self._excess(best)
        moves = self._moves() if any(least) else []
        while any(least):
            trials = [{**best, **move} for move in moves if not move.items() <= best.items()]
            ranked = [(self._excess(trial), len(trial), self._reads(trial), n) for n, trial in enumerate(trials)]
            if not ranked or min(ranked)[0] >= least:
                break
            least, _, _, place = min(ranked)
            best = trials[place]
        for name in reversed(tuple(best)):
            fewer = {other: reading for other, reading in best.items() if other != name}
            if self._excess(fewer) <= least:
                best = fewer
        return best

    def _moves(self) -> list[Choice]:
        """Each reading of each adjoint; those together that read the same one, for which it is computed once; all."""
        final = self.adjoints.final
        needed = upstream(final.values(), self.wanted)
        single: list[Choice] = []
        together: dict[str, dict[str, Reading]] = {}
        for name in reversed(final):
            if any(excess(self._lines([final[name]]), self._lines([self.adjoints.raw[name]]))):
                for reading in find_readings(self.adjoints, name, self.wanted):
                    single.append({name: reading})
                    for source in reading.equation.reads:
                        if source in final and source not in final[name].reads:
                            together.setdefault(source, {}).setdefault(name, reading)
        every = {name: reading for move in single for name, reading in move.items()}
        return [*single, *self._written_out(needed), *(move for move in together.values() if len(move) > 1), every]

    def _written_out(self, needed: Collection[str]) -> Iterator[Choice]:
        """What is read by one adjoint alone, written out there."""
        final = self.adjoints.final
        for source in final:
            readers = [name for name in final if name in needed and source in final[name].reads]
            if source in needed and source not in self.wanted and len(readers) == 1:
                reading = find_written_out(self.adjoints, readers[0], source)
                if reading is not None:
                    yield {readers[0]: reading}

    def _reads(self, choice: Choice) -> int:
        return sum(name in self.adjoints.final for reading in choice.values() for name in reading.equation.reads)

    def _excess(self, choice: Choice) -> tuple[int, int]:
        equations = {n: choice[n].equation if n in choice else e for n, e in self.adjoints.final.items()}
        needed = upstream(equations.values(), self.wanted)
        splitter = Splitter(lambda _: False)
        parts = (part for name, e in equations.items() if name in needed for part in splitter.split(e))
        return excess(cost_of_pass(parts, self.adjoints.definitions), self.chain)

    def _lines(self, equations: Iterable[Equation]) -> PassCost:
        """What equations cost that share no sums with each other."""
        parts = (part for equation in equations for part in Splitter(lambda _: False).split(equation))
        return cost_of_pass(parts, self.adjoints.definitions)
