"""Programs become C functions: pointers into the arena, and a call for each kernel; equal rounds of calls a loop."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from bpgen.algebra.errors import InternalError
from bpgen.algebra.records import dataclass
from bpgen.emit.c_barriers import FREE, Barriers, Sync
from bpgen.emit.c_expressions import new_names
from bpgen.emit.c_places import Offsets, Place
from bpgen.emit.c_rounds import Stretch, find_rounds
from bpgen.emit.c_rows import is_strided, rows_at_a_time
from bpgen.emit.c_statements import MARGIN, Statement, few_rows, opening, shares_of_rows, step_head, wrapped
from bpgen.emit.c_threads import Plan
from bpgen.emit.names import Names
from bpgen.emit.numbers import Numbers, numbers_text, round_text
from bpgen.lower.scalar import BatchSize, Reduce, walk
from bpgen.lower.schedule import Buffer, ByRows, Call, Kernel, Program, Repeat, Schedule

PLACES = ("parameter", "gradient", "state", "carried", "counter", "setting")
BLOCKS = {"parameter": "parameters", "gradient": "gradients", "state": "states", "carried": "carried",
          "counter": "counters", "setting": "settings"}  # fmt: skip
REGIONS = ("fixed", "linear_part", "square_part")
POWERS = ("", " * capacity", " * capacity * capacity")
TYPES = {"real": "real", "float64": "double", "int32": "int32_t"}

Item = Call | Repeat


@dataclass(frozen=True)
class Heading:
    """What stands above a call: numbers of equations, as text; computes: all of them; and how threads come to it.

    by_rows: it is made for the rows that a loop around it is at
    """

    numbers: str
    computes: Numbers
    sync: Sync
    by_rows: bool = False


@dataclass(frozen=True)
class EntryPoint:
    """A program as the template sees it.

    arena: declarations of pointers into the workspace; share: the function that every thread runs, from `batch` rows on
    """

    name: str
    arena: tuple[str, ...]
    calls: tuple[Statement, ...]
    loss: str
    uses: tuple[str, ...]
    share: str = ""
    batch: int = 1


@dataclass(frozen=True)
class Written:
    """An item of a program with what is needed to write it.  key: equal where the same text serves for both."""

    item: Item
    places: tuple[Place, ...]
    syncs: tuple[Sync, ...]
    key: Hashable


@dataclass(frozen=True)
class Few:
    """Items that are all made for at most so many rows, then for the next."""

    rows: int
    items: tuple[Written, ...]

    @property
    def key(self) -> Hashable:
        return self.rows, tuple(one.key for one in self.items)


@dataclass(frozen=True)
class Around:
    """What stands around calls: names taken, the margin; divided: threads share rows; by_rows: a loop is at some."""

    local: Names
    margin: str
    divided: bool
    by_rows: bool = False

    def inside(self, by_rows: bool) -> Around:
        return replace(self, margin=self.margin + MARGIN, by_rows=by_rows)


@dataclass
class Programs:
    """Writes entry points.  names: of kernels; constants: of tensors' offsets in the flat blocks; fields: of inputs.

    mentioned: the tensors whose offsets some program has named so far
    """

    schedule: Schedule
    names: Mapping[str, str]
    constants: Mapping[str, str]
    fields: Mapping[str, str]
    plan: Plan
    mentioned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.buffers = {buffer.name: buffer for buffer in self.schedule.buffers}
        self.kernels = {kernel.name: kernel for kernel in self.schedule.kernels}
        self.batched = {kernel.name for kernel in self.schedule.kernels if needs_batch(kernel)}
        self.barriers = Barriers(self.schedule, self.plan.shares, self.plan.rows)

    def entry(self, program: Program, share: str = "") -> EntryPoint:
        """share: the name of the function that all threads run, where the plan divides the program among them."""
        local = new_names()
        for name in (*self.constants.values(), *self.names.values()):
            local.fresh(name)
        placed = {placement.buffer: local.fresh(placement.buffer) for placement in program.placements}
        offsets = {placement.buffer: placement.offset for placement in program.placements}
        arguments = [[self._place(name, placed, offsets) for name in _arguments(item)] for item in program.calls]
        for together in program.by_rows:
            for number in range(together.first, together.end):
                arguments[number] = [self._at_row(place, together) for place in arguments[number]]
        syncs = self.barriers.of(program) if share else [(FREE,) * len(_calls(item)) for item in program.calls]
        keys = [
            (_signature(item), sync, tuple(place.kind for place in places))
            for item, places, sync in zip(program.calls, arguments, syncs, strict=True)
        ]
        written = [
            Written(item, tuple(places), sync, key)
            for item, places, sync, key in zip(program.calls, arguments, syncs, keys, strict=True)
        ]
        earlier, self.mentioned = self.mentioned, set()
        statements = self._items(_grouped(written, program.by_rows), Around(local, MARGIN, bool(share)))
        held = program.buffer_of(self.schedule.loss)
        loss = "" if held is None else f"net->workspace[{offsets[held]}]" if share else f"*{placed[held]}"
        words = set(re.findall(r"\w+", " ".join([loss, *(statement.text for statement in statements)])))
        named = self.mentioned | ({held} if held is not None and not share else set())
        self.mentioned |= earlier
        arena = [
            f"{TYPES[self.buffers[name].dtype]} *const {variable} = "
            + self._workspace(self.buffers[name], offsets[name], variable).at(str(offsets[name]))
            + ";"
            for name, variable in placed.items()
            if name in named  # a table may have a column called like it
        ]
        words |= set(re.findall(r"\w+", " ".join(arena)))
        words |= {"threads"} if "shares" in words else set()
        uses = [word for word in ("batch", "threads", "shares", "capacity", *REGIONS) if word in words]
        least = self.plan.batches.get(program.name, 1)
        return EntryPoint(program.name, tuple(arena), tuple(statements), loss, tuple(uses), share, least)

    def _items(self, written: Sequence[Written | Few], around: Around) -> list[Statement]:
        """What follows each other, equal rounds as loops."""
        statements: list[Statement] = []
        for stretch in find_rounds([one.key for one in written]):
            one = written[stretch.first]
            if stretch.rounds > 1:
                statements += self._rounds(stretch, written[stretch.first : stretch.end], around)
            elif isinstance(one, Few):
                within = self._items(one.items, around.inside(by_rows=True))
                statements += few_rows(one.rows, around.divided, around.margin, within)
            else:
                own = zip(_numbers(one.item), one.syncs, strict=True)
                headings = [Heading(numbers_text(numbers), numbers, sync, around.by_rows) for numbers, sync in own]
                texts = [self._named(place) for place in one.places]
                statements += self._item(one.item, texts, headings, around.local, around.margin)
        return statements

    def _place(self, name: str, placed: Mapping[str, str], offsets: Mapping[str, int]) -> Place:
        buffer = self.buffers[self.buffers[name].view_of or name]
        if buffer.storage == "workspace":
            return self._workspace(buffer, offsets[buffer.name], placed[buffer.name])
        if buffer.storage == "input":
            text = f"net->{self.fields[buffer.name]}"
            return Place(text, "", "", 0, text, buffer.name)
        power = POWERS[1] if buffer.storage == "carried" else ""
        base = f"net->{BLOCKS[buffer.storage]}"
        return Place(base, power, "", buffer.offset, f"{base} + {self.constants[buffer.name]}{power}", buffer.name)

    def _workspace(self, buffer: Buffer, offset: int, variable: str) -> Place:
        if buffer.degree > 2:
            raise InternalError(f"{buffer.name} has the batch on {buffer.degree} axes; pass lower.place is missing")
        cast = "" if buffer.dtype == "real" else f"({TYPES[buffer.dtype]} *)"
        return Place(REGIONS[buffer.degree], POWERS[buffer.degree], cast, offset, variable, buffer.name)

    def _at_row(self, place: Place, together: ByRows) -> Place:
        buffer = self.buffers[place.buffer]
        if not buffer.degree or buffer.name in together.local:
            return place
        return replace(place, row=f" + row * {buffer.size}" if buffer.size != 1 else " + row")

    def _named(self, place: Place) -> str:
        """The place by its name, which has to be declared then."""
        self.mentioned.add(place.buffer)
        return place.text + place.row

    def _item(
        self, item: Item, texts: Sequence[str], headings: Sequence[Heading], local: Names, margin: str
    ) -> list[Statement]:
        """A call, or a recurrence's loop, with the texts of all arguments in it.  headings: of each call."""
        given = iter(texts)

        def calls(positions: Mapping[str, str], margin: str) -> list[Statement]:
            found = []
            for call, heading in zip(_calls(item), headings, strict=True):
                if heading.sync.barrier and not heading.sync.by_rows:
                    found.append(Statement("#pragma omp barrier"))
                found.append(self._call(call, given, positions, heading, margin))
            return found

        if isinstance(item, Call):
            return calls({}, margin)
        loop = item.loop
        if loop.extent == 1:
            return calls({loop.name: str(loop.start)}, margin)
        variable = local[loop.name]
        if headings[0].sync.by_rows:
            most = rows_at_a_time(item, self.kernels)
            around = margin + (2 if most else 1) * MARGIN
            inside = calls({loop.name: variable}, around + MARGIN)
            steps = [opening(around + step_head(item, variable), inside), *inside, Statement(around + "}")]
            return shares_of_rows(headings[0].sync.barrier, margin, most, steps)
        inside = calls({loop.name: variable}, margin + MARGIN)
        return [opening(margin + step_head(item, variable), inside), *inside, Statement(margin + "}")]

    def _call(
        self, call: Call, texts: Iterator[str], positions: Mapping[str, str], heading: Heading, margin: str
    ) -> Statement:
        arguments = [next(texts) for _ in call.arguments]
        if heading.sync.by_rows:
            sizes = [self.plan.rows[call.kernel].get(formal.name) for formal in self.kernels[call.kernel].formals]
            arguments = [
                text if size is None else f"{text} + row{f' * {size}' if size != 1 else ''}"
                for text, size in zip(arguments, sizes, strict=True)
            ]
        arguments += [positions[name] for name in call.positions]
        if call.kernel in self.batched:
            arguments.append("rows" if heading.by_rows or heading.sync.by_rows else "batch")
        if call.kernel in self.plan.rows and is_strided(self.kernels[call.kernel]):
            arguments.append("batch")
        text = wrapped(f"{margin}{self.names[call.kernel]}(", arguments, ");")
        text = f"#pragma omp master\n{text}" if heading.sync.alone else text
        return Statement(text, heading.numbers, margin, heading.computes)

    def _rounds(self, stretch: Stretch, written: Sequence[Written | Few], around: Around) -> list[Statement]:
        """A loop over rounds."""
        offsets = Offsets(around.local.fresh("n"), around.local.fresh("at"))
        inside = around.inside(around.by_rows)
        body: list[Statement] = []
        for position in range(stretch.period):
            alike = written[position :: stretch.period]
            few = [one for one in alike if isinstance(one, Few)]
            if few:
                of_rows = [[*same] for same in zip(*(one.items for one in few), strict=True)]
                within = [one for same in of_rows for one in self._round(same, offsets, inside.inside(by_rows=True))]
                body += few_rows(few[0].rows, inside.divided, inside.margin, within)
            else:
                body += self._round([one for one in alike if isinstance(one, Written)], offsets, inside)
        variable = offsets.variable
        head = f"{around.margin}for (int {variable} = 0; {variable} < {stretch.rounds}; {variable}++) {{"
        return [*offsets.statements(around.margin), opening(head, body), *body, Statement(around.margin + "}")]

    def _round(self, same: Sequence[Written], offsets: Offsets, around: Around) -> list[Statement]:
        """An item of each round."""
        texts = [offsets.text(places, self._named) for places in zip(*(one.places for one in same), strict=True)]
        by_call = zip(*(_numbers(one.item) for one in same), strict=True)
        headings = [
            Heading(round_text(rounds, offsets.variable), tuple(n for own in rounds for n in own), sync, around.by_rows)
            for rounds, sync in zip(by_call, same[0].syncs, strict=True)
        ]
        return self._item(same[0].item, texts, headings, around.local, around.margin)


def _grouped(written: Sequence[Written], by_rows: Sequence[ByRows]) -> list[Written | Few]:
    """Items as they follow each other, those for a few rows together."""
    found: list[Written | Few] = []
    done = 0
    for few in by_rows:
        found += [*written[done : few.first], Few(few.rows, tuple(written[few.first : few.end]))]
        done = few.end
    return [*found, *written[done:]]


def needs_batch(kernel: Kernel) -> bool:
    """Whether the kernel has to know the number of rows."""
    loops = [*kernel.loops]
    for statement in kernel.statements:
        loops += statement.loops
        for node in walk(statement.value):
            if isinstance(node, BatchSize):
                return True
            loops += node.loops if isinstance(node, Reduce) else ()
    return is_strided(kernel) or any(loop.extent == "B" for loop in loops)


def _calls(item: Item) -> tuple[Call, ...]:
    return (item,) if isinstance(item, Call) else item.calls


def _arguments(item: Item) -> list[str]:
    return [name for call in _calls(item) for name in call.arguments]


def _numbers(item: Item) -> list[tuple[int, ...]]:
    return [call.numbers for call in _calls(item)]


def _signature(item: Item) -> tuple[object, ...]:
    """What has to be the same for items to be written once, beside their arguments."""
    around = () if isinstance(item, Call) else (item.loop, item.backwards)
    return (*around, *((call.kernel, call.positions) for call in _calls(item)))
