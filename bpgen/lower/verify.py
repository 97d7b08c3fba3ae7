"""What a schedule may contain: run always, for it costs little."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.algebra.errors import InternalError
from bpgen.lower.place import lifetimes, room
from bpgen.lower.rewrite import loads
from bpgen.lower.rows import can_be_by_rows
from bpgen.lower.scalar import OPERATIONS, Affine, Load, Local, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import STORAGES, Assign, Buffer, Call, Kernel, Program, Schedule
from bpgen.lower.verify_ranges import verify_ranges


def verify_schedule(schedule: Schedule) -> None:
    """Hold the invariants of a schedule.  Raises InternalError naming program or kernel, and the invariant."""
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    if len(buffers) < len(schedule.buffers) or len(kernels) < len(schedule.kernels):
        raise InternalError("a schedule has two buffers or two kernels of one name")
    for buffer in schedule.buffers:
        if buffer.storage not in STORAGES or buffer.degree > (1 if buffer.storage == "carried" else 2):
            raise InternalError(f"buffer {buffer.name}: storage {buffer.storage}, shape {buffer.shape}")
        if buffer.view_of and not _is_view(buffer, buffers.get(buffer.view_of)):
            raise InternalError(f"buffer {buffer.name} cannot be a view of {buffer.view_of}")
        if not all(_is_part(buffers.get(part), buffer) for part in buffer.over):
            raise InternalError(f"buffer {buffer.name} does not run over {', '.join(buffer.over)}")
    for kernel in schedule.kernels:
        _verify_kernel(kernel)
        verify_ranges(kernel)
    for program in schedule.programs:
        _verify_calls(program, buffers, kernels)
        _verify_by_rows(program, buffers, kernels)
        _verify_placements(program, buffers)


def _is_view(buffer: Buffer, base: Buffer | None) -> bool:
    if base is None or base.view_of:
        return False
    return all(getattr(buffer, what) == getattr(base, what) for what in ("degree", "size", "dtype", "storage"))


def _is_part(part: Buffer | None, whole: Buffer) -> bool:
    if part is None or (part.storage, part.dtype) != (whole.storage, whole.dtype):
        return False
    return whole.offset <= part.offset and part.offset + part.size <= whole.offset + whole.size


def _verify_kernel(kernel: Kernel) -> None:
    formals = {formal.name: formal for formal in kernel.formals}
    local: set[str] = set()
    for statement in kernel.statements:
        around = (*kernel.positions, *kernel.loops, *statement.loops)
        inside = {loop.name for loop in around}
        if len(inside) != len(around):
            raise _broken(kernel, f"computes {statement.target} inside two loops of one name")
        _verify_value(kernel, statement.value, formals.keys() | set(), local, inside)
        if statement.local:
            local.add(statement.target)
        elif statement.target not in formals or not formals[statement.target].written:
            raise _broken(kernel, f"writes {statement.target}, which is no written formal")
        elif len(statement.indices) != len(formals[statement.target].shape):
            raise _broken(kernel, f"writes {statement.target} with {len(statement.indices)} indices")
        for load in loads(statement.value):
            if load.buffer in formals and len(load.indices) != len(formals[load.buffer].shape):
                raise _broken(kernel, f"reads {load.buffer} with {len(load.indices)} indices")
        _verify_single_reduction(kernel, statement)


def _verify_value(kernel: Kernel, value: Scalar, formals: set[str], local: set[str], inside: set[str]) -> None:
    for node in walk(value):
        match node:
            case Load(buffer=buffer, indices=indices):
                if buffer not in formals:
                    raise _broken(kernel, f"reads {buffer}, which is no formal")
                used = {name for index in indices if isinstance(index, Affine) for name, _ in index.terms}
                bound = {loop.name for part in walk(value) if isinstance(part, Reduce) for loop in part.loops}
                if used - inside - bound:
                    raise _broken(
                        kernel, f"reads {buffer} at {', '.join(sorted(used - inside - bound))}, bound by no loop"
                    )
            case Local(name=name) if name not in local:
                raise _broken(kernel, f"uses local {name} before it is set")
            case Operation(op=op, arguments=arguments) if OPERATIONS.get(op) != len(arguments):
                raise _broken(kernel, f"has {op} of {len(arguments)} arguments")
            case _:
                pass


def _verify_single_reduction(kernel: Kernel, statement: Assign) -> None:
    if sum(isinstance(node, Reduce) for node in walk(statement.value)) > 1:
        raise _broken(
            kernel, f"has two reductions in the value of {statement.target}; pass split_reductions is missing"
        )


def _broken(kernel: Kernel, what: str) -> InternalError:
    return InternalError(f"kernel {kernel.name} {what}")


def _verify_calls(program: Program, buffers: Mapping[str, Buffer], kernels: Mapping[str, Kernel]) -> None:
    placed = {placement.buffer for placement in program.placements}
    defined = {name for name, buffer in buffers.items() if buffer.storage not in ("workspace", "gradient")}
    for call in program.flat_calls:
        kernel = kernels.get(call.kernel)
        if kernel is None or len(kernel.formals) != len(call.arguments):
            raise InternalError(f"program {program.name} calls {call.kernel} with {len(call.arguments)} arguments")
        if len(set(call.arguments)) < len(call.arguments):
            raise InternalError(f"program {program.name} calls {call.kernel} with one buffer twice: {call.arguments}")
        written = {name for formal, name in zip(kernel.formals, call.arguments, strict=True) if formal.written}
        for formal, name in zip(kernel.formals, call.arguments, strict=True):
            buffer = buffers[name]
            if (buffer.shape, buffer.dtype) != (formal.shape, formal.dtype):
                raise InternalError(f"program {program.name}: {name} does not fit {call.kernel}'s {formal.name}")
            base = buffer.view_of or name
            if buffer.view_of and (formal.written or base in written):
                raise InternalError(f"program {program.name}: {call.kernel} writes what {name} is a view of")
            if buffer.storage == "workspace" and base not in placed:
                raise InternalError(f"program {program.name}: {name} has no place in the arena")
            if not formal.written and not defined.issuperset(buffer.over or (base,)):
                raise InternalError(f"program {program.name}: {call.kernel} reads {name} before it is defined")
        defined |= written
    missing = [name for name in program.results if (buffers[name].view_of or name) not in defined]
    if missing:
        raise InternalError(f"program {program.name} leaves {', '.join(missing)} undefined")


def _verify_by_rows(program: Program, buffers: Mapping[str, Buffer], kernels: Mapping[str, Kernel]) -> None:
    for together in program.by_rows:
        for item in program.calls[together.first : together.end]:
            if not isinstance(item, Call) or not can_be_by_rows(kernels[item.kernel]):
                raise InternalError(f"program {program.name} makes a call by rows that knows more than one")
        others = program.calls[: together.first] + program.calls[together.end :]
        flat = (call for item in others for call in ((item,) if isinstance(item, Call) else item.calls))
        used = {buffers[name].view_of or name for name in (*program.results, *(n for c in flat for n in c.arguments))}
        if used & set(together.local):
            raise InternalError(f"program {program.name} uses what has but a few rows elsewhere")


def _verify_placements(program: Program, buffers: Mapping[str, Buffer]) -> None:
    """No two buffers overlap while both live; all lie inside the arena."""
    lives = lifetimes(program.calls, buffers, program.results, program.by_rows)
    events: list[tuple[int, int, str]] = []
    place = {placement.buffer: placement.offset for placement in program.placements}
    for name, (first, last) in lives.items():
        events += [(first, 1, name), (last + 1, 0, name)]
        if place[name] + room(buffers[name]) > program.workspace[buffers[name].degree]:
            raise InternalError(f"program {program.name}: {name} ends outside the arena")
    alive: set[str] = set()
    for _, starts, name in sorted(events):
        if not starts:
            alive.discard(name)
            continue
        begin, end, degree = place[name], place[name] + room(buffers[name]), buffers[name].degree
        for other in alive:
            if buffers[other].degree == degree and begin < place[other] + room(buffers[other]) and place[other] < end:
                raise InternalError(f"program {program.name}: {name} and {other} overlap in the arena")
        alive.add(name)
