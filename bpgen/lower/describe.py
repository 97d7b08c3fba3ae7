"""The interface of the network that a schedule makes: names, shapes, offsets, plain data."""

from __future__ import annotations

from bpgen.algebra.system import System
from bpgen.lower.interface import Block, Carried, Entry, Initial, Input, Interface, Result
from bpgen.lower.schedule import Buffer, Program, Schedule


def describe(system: System, schedule: Schedule, dtype: str) -> Interface:
    """What `run` needs to hold arrays for a schedule.  dtype: "float32" or "float64"."""
    initial = {parameter.name: parameter for parameter in system.parameters}
    inputs = tuple(
        Input(t.name, t.shape, t.dtype, t.classes, tuple((fact.kind, fact.axes) for fact in t.facts), t.ignored)
        for t in system.with_role("input")
    )
    parameters, states = _blocks(schedule, "parameter"), _blocks(schedule, "state")
    return Interface(
        name=system.name,
        dtype=dtype,
        inputs=inputs,
        parameters=parameters,
        initial=tuple(
            Initial(p.name, p.init, p.options, p.fan_in, p.fan_out)
            for p in (initial[block.name] for block in (*parameters, *states) if block.name in initial)
        ),
        states=states,
        counters=tuple((buffer.name, 0.0) for buffer in _stored(schedule, "counter")),
        settings=system.settings,
        entries=tuple(_entry(system, schedule, program, inputs) for program in schedule.programs),
        workspace=schedule.workspace,
        carried=tuple(Carried(b.name, b.shape, b.offset) for b in _stored(schedule, "carried")),
        longest=_longest(schedule),
    )


def _longest(schedule: Schedule) -> tuple[tuple[str, int], ...]:
    found = [("", 0)] * len(schedule.workspace)
    for buffer in schedule.buffers:
        found[buffer.degree] = max(found[buffer.degree], (buffer.name, buffer.size), key=lambda item: item[1])
    return tuple(found)


def _stored(schedule: Schedule, storage: str) -> list[Buffer]:
    found = [
        buffer for buffer in schedule.buffers if buffer.storage == storage and not buffer.view_of and not buffer.over
    ]
    return sorted(found, key=lambda buffer: buffer.offset)


def _blocks(schedule: Schedule, storage: str) -> tuple[Block, ...]:
    return tuple(
        Block(buffer.name, tuple(int(extent) for extent in buffer.shape), buffer.offset, buffer.by_columns)
        for buffer in _stored(schedule, storage)
    )


def _entry(system: System, schedule: Schedule, program: Program, inputs: tuple[Input, ...]) -> Entry:
    place = {placement.buffer: placement.offset for placement in program.placements}
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    read = {buffers[name].view_of or name for call in program.flat_calls for name in call.arguments}
    of_adjoint = {adjoint: name for name, adjoint in system.gradients}
    results = []
    renamed = {place for _, place in program.returned}
    own = ((name.removeprefix("result."), name) for name in program.results if name not in renamed)
    for name, held in (*own, *program.returned):
        if name != schedule.loss:
            buffer = buffers[held]
            at = place[buffer.view_of or held]
            results.append(Result(of_adjoint.get(name, name), buffer.shape, buffer.degree, at, buffer.dtype))
    return Entry(
        name=program.name,
        inputs=tuple(item.name for item in inputs if item.name in read),
        results=tuple(results),
        returns_loss=program.buffer_of(schedule.loss) is not None,
        carries=any(buffers[name].storage == "carried" for name in read),
    )
