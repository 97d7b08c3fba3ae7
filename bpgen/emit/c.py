"""A schedule becomes C11: one function for each kernel, one for each program, and a header.

The file stands alone (the C library and <math.h>), holds no state and allocates nothing; the caller's struct
brings all memory.  Compile with FLAGS: fused multiply-adds are what makes its products fast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bpgen.algebra.errors import InternalError
from bpgen.emit.c_code import Code, For, Multiply, MultiplyAlong, When
from bpgen.emit.c_expressions import (
    EXPONENTIAL,
    HELPER_NAMES,
    HELPERS,
    SINGLE,
    Expressions,
    is_chosen,
    new_names,
    stride_text,
)
from bpgen.emit.c_nests import nest
from bpgen.emit.c_products import find_product, tiled
from bpgen.emit.c_rolled import keep_rolled
from bpgen.emit.environment import render
from bpgen.emit.names import Names, c_identifier
from bpgen.emit.source import Source
from bpgen.lower.interface import Interface
from bpgen.lower.scalar import BatchSize, Operation, Reduce, walk
from bpgen.lower.schedule import Buffer, Call, Formal, Kernel, Program, Repeat, Schedule

LINE = 116
FLAGS = ("-std=c11", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a C function: its declaration, and the shape for the comment beside it."""

    declaration: str
    shape: str


@dataclass(frozen=True)
class Function:
    """A kernel as the template sees it.  callers: numbers of equations that later calls compute with it."""

    name: str
    title: str
    equations: tuple[str, ...]
    callers: str
    parameters: tuple[Parameter, ...]
    width: int
    code: tuple[Code, ...]


@dataclass(frozen=True)
class Statement:
    """A call in a program, or the head or end of a loop: its lines, and the numbers of its equations."""

    text: str
    numbers: str = ""
    margin: str = "    "


@dataclass(frozen=True)
class EntryPoint:
    """A program as the template sees it.  arena: declarations of pointers into the workspace."""

    name: str
    arena: tuple[str, ...]
    calls: tuple[Statement, ...]
    loss: str
    uses: tuple[str, ...]


def emit_c(schedule: Schedule, interface: Interface) -> Source:
    """The files NAME.c and NAME.h, and the declarations for cffi.

    Raises InternalError where the schedule holds what no C form exists for, naming the missing pass.
    """
    prefix = c_identifier(interface.name)
    file_names = new_names()
    for name in ("forward", "loss", "gradients", "input_gradients", "step", "network"):
        file_names.fresh(f"{prefix}_{name}")
    callers = _callers(schedule)
    field_names = new_names()
    fields = {item.name: field_names.fresh(f"in_{item.name}") for item in interface.inputs}
    names = {kernel.name: file_names.fresh(kernel.name) for kernel in schedule.kernels}
    functions = [_function(k, names[k.name], interface.dtype, callers.get(k.name, ())) for k in schedule.kernels]
    used = _used(schedule)
    places = [_place(b, file_names) for b in schedule.buffers if b.name in used and b.storage in PLACES]
    constants = dict(places)
    entries = [_entry(schedule, program, names, constants, fields) for program in schedule.programs]
    values = {
        "name": interface.name,
        "prefix": prefix,
        "real": "float" if interface.dtype == "float32" else "double",
        "inputs": [(fields[i.name], i.dtype, _shape(i.shape)) for i in interface.inputs],
        "carried": bool(interface.carried),
        "programs": [program.name for program in schedule.programs],
    }
    source = render(
        "c/network.c.j2", functions=functions, entries=entries, places=_by_block(schedule, constants),
        helpers=_helpers(schedule, interface.dtype), flags=" ".join(FLAGS),
        tiles=_have(functions, Multiply), walks=_have(functions, MultiplyAlong), sizes=schedule.workspace, **values,
    )  # fmt: skip
    header = render("c/network.h.j2", **values)
    cdef = render("c/declarations.h.j2", **values)
    return Source(interface.name, "c", interface.dtype, {f"{prefix}.c": source, f"{prefix}.h": header}, interface, cdef)


MARGIN = "    "
PLACES = ("parameter", "gradient", "state", "carried", "counter", "setting")
BLOCKS = {"parameter": "parameters", "gradient": "gradients", "state": "states", "carried": "carried",
          "counter": "counters", "setting": "settings"}  # fmt: skip


def _used(schedule: Schedule) -> set[str]:
    bases = {buffer.name: buffer.view_of for buffer in schedule.buffers if buffer.view_of}
    calls = (call for program in schedule.programs for call in program.flat_calls)
    return {bases.get(name, name) for call in calls for name in call.arguments}


def _place(buffer: Buffer, names: Names) -> tuple[str, str]:
    """The name of the constant that says where a tensor begins in its block."""
    return buffer.name, names.fresh(buffer.name)


def _by_block(schedule: Schedule, constants: dict[str, str]) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """For each block, its tensors: (constant, offset, shape)."""
    found = []
    for storage in PLACES:
        tensors = [(constants[b.name], b.offset, _shape(b.shape)) for b in schedule.buffers
                   if b.storage == storage and b.name in constants]  # fmt: skip
        if tensors:
            found.append((BLOCKS[storage], tensors))
    return found


def _shape(shape: tuple[int | str, ...]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def _callers(schedule: Schedule) -> dict[str, tuple[tuple[int, ...], ...]]:
    """The equations that each kernel computes, call by call, each once."""
    found: dict[str, dict[tuple[int, ...], None]] = {}
    for program in schedule.programs:
        for call in program.flat_calls:
            found.setdefault(call.kernel, {})[call.numbers] = None
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


def _function(kernel: Kernel, name: str, dtype: str, callers: tuple[tuple[int, ...], ...]) -> Function:
    names = new_names()
    formals = {formal.name: formal for formal in kernel.formals}
    loops = [loop.name for loop in (*kernel.positions, *kernel.loops)]
    known = [*formals, *loops, *(statement.target for statement in kernel.statements)]
    for described in known:
        names[described]  # the description's names first, so that it is our own that step aside
    expressions = Expressions(dtype, formals, names)
    product = find_product(kernel, expressions)
    code = nest(kernel, expressions) if product is None else tiled(kernel, product, expressions)
    own = tuple(number for number, _ in kernel.equations)
    others = [numbers for numbers in callers if numbers != own]
    parameters = [_parameter(formal, names) for formal in kernel.formals]
    parameters += [Parameter(f"int {names[loop.name]}", "") for loop in kernel.positions]
    if needs_batch(kernel):
        parameters.append(Parameter("int batch", ""))
    width = max(len(parameter.declaration) for parameter in parameters) + 1
    return Function(
        width=width,
        name=name,
        title=comment(kernel.title),
        equations=tuple(f"({number}) {comment(text)}" for number, text in kernel.equations),
        callers=", ".join(_numbers(numbers) for numbers in others),
        parameters=tuple(parameters),
        code=tuple(keep_rolled(code)),
    )


def comment(text: str) -> str:
    """Text that may stand in a comment: it cannot end it, nor begin another."""
    return text.replace("*/", "* /").replace("/*", "/ *").replace("\n", " ").replace("\\", "/")


def _numbers(numbers: tuple[int, ...]) -> str:
    return " ".join(f"({number})" for number in numbers)


def _parameter(formal: Formal, names: Names) -> Parameter:
    kind = {"real": "real", "float64": "double", "int32": "int32_t"}[formal.dtype]
    constant = "" if formal.written else "const "
    return Parameter(f"{constant}{kind} *restrict {names[formal.name]}", _shape(formal.shape) if formal.shape else "")


def needs_batch(kernel: Kernel) -> bool:
    """Whether the kernel has to know the number of rows."""
    loops = [*kernel.loops]
    for statement in kernel.statements:
        loops += statement.loops
        for node in walk(statement.value):
            if isinstance(node, BatchSize):
                return True
            loops += node.loops if isinstance(node, Reduce) else ()
    strided = any("B" in formal.shape[1:] for formal in kernel.formals)
    return strided or any(loop.extent == "B" for loop in loops)


def _have(functions: Sequence[Function], kind: type) -> bool:
    """Whether some kernel has code of this kind."""

    def within(code: Sequence[Code]) -> bool:
        return any(isinstance(line, kind) or (isinstance(line, For | When) and within(line.body)) for line in code)

    return any(within(function.code) for function in functions)


def _helpers(schedule: Schedule, dtype: str) -> list[tuple[str, str, str, str]]:
    """The inline functions that the kernels use: (operation, C name, C type, suffix of the math library)."""
    single = dtype == "float32"
    found: set[tuple[str, str]] = set()
    for kernel in schedule.kernels:
        for statement in kernel.statements:
            for node in walk(statement.value):
                if isinstance(node, Operation) and node.op in HELPERS and (node.op != "select" or is_chosen(node)):
                    found.add((node.op, node.dtype))
                elif isinstance(node, Reduce) and node.op == "max":
                    found.add(("maximum", node.dtype))
                if isinstance(node, Operation) and single and node.dtype == "real" and node.op in EXPONENTIAL:
                    found |= {(op, "real") for op in SINGLE if op in ("exp", node.op)}
    if not single:  # there both are one type
        found = {(op, "real") for op, _ in found}
    helpers = []
    for op, kind in sorted(found):  # exp before what is made of it
        plain = SINGLE[op] if op in SINGLE else HELPER_NAMES.get(op, op) + ("_d" if kind == "float64" else "")
        helpers.append((op, plain, "double" if kind == "float64" else "real", "f" if single and kind == "real" else ""))
    return helpers


def _entry(
    schedule: Schedule, program: Program, names: dict[str, str], constants: dict[str, str], fields: dict[str, str]
) -> EntryPoint:
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    local = new_names()
    for constant in constants.values():
        local.fresh(constant)
    for name in names.values():
        local.fresh(name)
    placed = {placement.buffer: local.fresh(placement.buffer) for placement in program.placements}
    arena = [_pointer(buffers[p.buffer], p.offset, placed[p.buffer]) for p in program.placements]

    def argument(name: str) -> str:
        buffer = buffers[buffers[name].view_of or name]
        if buffer.storage == "workspace":
            return placed[buffer.name]
        if buffer.storage == "input":
            return f"net->{fields[buffer.name]}"
        times = " * capacity" if buffer.storage == "carried" else ""
        return f"net->{BLOCKS[buffer.storage]} + {constants[buffer.name]}{times}"

    def called(call: Call, positions: Mapping[str, str], margin: str) -> Statement:
        arguments = [argument(name) for name in call.arguments] + [positions[name] for name in call.positions]
        if needs_batch(kernels[call.kernel]):
            arguments.append("batch")
        text = _wrapped(f"{margin}{names[call.kernel]}(", arguments)
        return Statement(text, _numbers(call.numbers), margin)

    calls: list[Statement] = []
    for item in program.calls:
        if isinstance(item, Call):
            calls.append(called(item, {}, MARGIN))
        elif item.loop.extent == 1:
            calls += [called(call, {item.loop.name: str(item.loop.start)}, MARGIN) for call in item.calls]
        else:
            variable = local[item.loop.name]
            inside = [called(call, {item.loop.name: variable}, 2 * MARGIN) for call in item.calls]
            calls += [Statement(MARGIN + _head(item, variable)), *inside, Statement(MARGIN + "}")]
    text = " ".join([*arena, *(call.text for call in calls)])
    uses = [word for word in ("batch", "capacity", "fixed", "linear_part", "square_part") if _mentions(text, word)]
    held = program.buffer_of(schedule.loss)
    loss = f"*{placed[held]}" if held is not None else ""
    return EntryPoint(program.name, tuple(arena), tuple(calls), loss, tuple(uses))


def _head(repeat: Repeat, variable: str) -> str:
    """The head of the loop over a recurrence's steps."""
    first, end = repeat.loop.start, repeat.loop.start + int(repeat.loop.extent)
    if repeat.backwards:
        return f"for (int {variable} = {end - 1}; {variable} >= {first}; {variable}--) {{"
    return f"for (int {variable} = {first}; {variable} < {end}; {variable}++) {{"


def _wrapped(head: str, arguments: list[str]) -> str:
    """A call, in lines of at most LINE characters, the later ones below its first argument."""
    lines, line = [], head
    for number, argument in enumerate(arguments):
        piece = argument + (");" if number == len(arguments) - 1 else ", ")
        if number and len(line) + len(piece) > LINE:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += piece
    return "\n".join([*lines, line])


def _mentions(text: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None


def _pointer(buffer: Buffer, offset: int, name: str) -> str:
    """The declaration of a buffer's pointer into the region of its degree."""
    kind = {"real": "real", "float64": "double", "int32": "int32_t"}[buffer.dtype]
    if buffer.degree > 2:
        raise InternalError(f"{buffer.name} has the batch on {buffer.degree} axes; pass lower.place is missing")
    base = ("fixed", "linear_part", "square_part")[buffer.degree]
    power = ("", " * capacity", " * capacity * capacity")[buffer.degree]
    place = f"{base} + {stride_text((offset, 0))}{power}" if offset else base
    cast = "" if kind == "real" else f"({kind} *)"
    return f"{kind} *const {name} = {f'{cast}({place})' if cast else place};"
