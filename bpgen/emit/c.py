"""A schedule becomes C11: one function for each kernel, one for each program, and a header.

The file stands alone (the C library and <math.h>), holds no state and allocates nothing; the caller's struct
brings all memory.  Compile with the flags in its head: fused multiply-adds are what makes its products fast.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.c_choose import choose
from bpgen.emit.c_code import Code, Collect, For, Let, MultiplyAcross, MultiplyAlong, MultiplyLines, When
from bpgen.emit.c_collapse import collapse
from bpgen.emit.c_expressions import Expressions, new_names
from bpgen.emit.c_flags import FLAGS, LONG_LEVEL, SHORT_LEVEL, THREADS_FLAG
from bpgen.emit.c_helpers import find_helpers
from bpgen.emit.c_lines import lined
from bpgen.emit.c_nests import nest
from bpgen.emit.c_notes import noted
from bpgen.emit.c_places import INT_MAX
from bpgen.emit.c_products import tiled
from bpgen.emit.c_programs import BLOCKS, PLACES, Programs, needs_batch
from bpgen.emit.c_rolled import keep_rolled
from bpgen.emit.c_rows import find_alike, find_rows, is_strided
from bpgen.emit.c_single import without_single_turns
from bpgen.emit.c_spans import spanned
from bpgen.emit.c_strips import in_strips
from bpgen.emit.c_sums import summed
from bpgen.emit.c_threads import Share, find_share, plan, share
from bpgen.emit.environment import render
from bpgen.emit.marks import read_marks
from bpgen.emit.names import Names, c_identifier
from bpgen.emit.numbers import callers_of
from bpgen.emit.source import Source
from bpgen.lower.independent import independent
from bpgen.lower.interface import Interface
from bpgen.lower.rows import Rows
from bpgen.lower.schedule import Buffer, Formal, Kernel, Schedule


@dataclass(frozen=True)
class Parameter:
    """A parameter of a C function: its declaration, and the shape for the comment beside it."""

    declaration: str
    shape: str


@dataclass(frozen=True)
class Function:
    """A kernel as the template sees it.

    instead: equations that it computes in the place of those
    callers: numbers of equations that later calls compute with it
    """

    name: str
    title: str
    equations: tuple[str, ...]
    instead: tuple[str, ...]
    callers: str
    parameters: tuple[Parameter, ...]
    width: int
    code: tuple[Code, ...]


def emit_c(schedule: Schedule, interface: Interface, wanted: Mapping[str, str] | None = None) -> Source:
    """The files NAME.c and NAME.h, and the declarations for cffi.

    wanted: of kernels, the ways to write them that are better than those which would be chosen (bpgen.emit.c_choose)

    Raises InternalError where the schedule holds what no C form exists for, naming the missing pass.
    """
    prefix = c_identifier(interface.name)
    file_names = new_names()
    for name in ("forward", "loss", "gradients", "input_gradients", "step", "steps", "network"):
        file_names.fresh(f"{prefix}_{name}")
    callers = callers_of(schedule)
    field_names = new_names()
    fields = {item.name: field_names.fresh(f"in_{item.name}") for item in interface.inputs}
    names = {kernel.name: file_names.fresh(kernel.name) for kernel in schedule.kernels}
    rows = find_rows(schedule)
    alike = find_alike(schedule, rows)
    chosen = wanted or {}
    bodies = [
        write_body(kernel, interface.dtype, rows, alike, chosen.get(kernel.name, "")) for kernel in schedule.kernels
    ]
    shares = {body.kernel.name: body.share for body in bodies if body.share is not None}
    threads = plan(schedule, shares, rows)
    functions = [
        write_function(body, names[body.kernel.name], callers[body.kernel.name], threads.shares.get(body.kernel.name))
        for body in bodies
    ]
    used = _used(schedule)
    places = [_place(b, file_names) for b in schedule.buffers if b.name in used and b.storage in PLACES]
    constants = dict(places)
    writer = Programs(schedule, names, constants, fields, threads)
    entries = [
        writer.entry(program, file_names.fresh(f"share_of_{program.name}") if program.name in threads.batches else "")
        for program in schedule.programs
    ]
    values = {
        "name": comment(interface.name),
        "prefix": prefix,
        "real": "float" if interface.dtype == "float32" else "double",
        "inputs": [(fields[i.name], i.dtype, _shape(i.shape)) for i in interface.inputs],
        "carried": bool(interface.carried),
        "programs": [program.name for program in schedule.programs],
        "stepped": _stepped(interface, fields),
    }
    flags = (level_of(functions), *FLAGS, *([THREADS_FLAG] if threads.batches else []))
    marked = render(
        "c/network.c.j2", functions=functions, entries=entries, places=_by_block(schedule, constants, writer.mentioned),
        farthest=INT_MAX, **used_parts(functions), **find_helpers(schedule, interface.dtype), flags=" ".join(flags),
        visibility="static ", sizes=schedule.workspace,
        by_columns=any(buffer.by_columns for buffer in schedule.buffers),
        spread=any(buffer.spare for buffer in schedule.buffers), **values,
    )  # fmt: skip
    header = render("c/network.h.j2", **values)
    cdef = render("c/declarations.h.j2", **values)
    text, trace = read_marks(marked)
    files = {f"{prefix}.c": text, f"{prefix}.h": header}
    return Source(interface.name, "c", interface.dtype, files, interface, cdef, flags, {f"{prefix}.c": trace})


def used_parts(functions: Sequence[Function]) -> dict[str, object]:
    """What of templates/c/kernels.c.j2 the functions need."""
    kinds = {line.kind for function in functions for line in _lines(function.code)}
    named = {
        "chosen": "multiply", "dots": "multiply_dots", "across": "multiply_across", "strips": "multiply_strip",
        "copied": "multiply_along", "lined": "multiply_lines", "summed": "multiply_sums", "spanned": "multiply_spans",
        "fetches": "fetch",
    }  # fmt: skip
    return {
        **{part: kind in kinds for part, kind in named.items()},
        "tiles": bool(kinds & {"multiply", "multiply_copied"}),
        "collected": _collected(functions),
        "cold": any(_is_cold(function.code) for function in functions),
    }


def _stepped(interface: Interface, fields: Mapping[str, str]) -> list[tuple[str, str]] | None:
    """The inputs of a step, and what their rows are apart: (field, " * 784")."""
    rows = interface.step_rows
    return None if rows is None else [(fields[name], f" * {size}" if size != 1 else "") for name, size in rows]


def level_of(functions: Sequence[Function]) -> str:
    """LONG_LEVEL for convolutions: it unrolls the short loops over windows that stand beside them."""
    return LONG_LEVEL if _have(functions, MultiplyAlong) or _have(functions, MultiplyLines) else SHORT_LEVEL


def _used(schedule: Schedule) -> set[str]:
    bases = {buffer.name: buffer.view_of for buffer in schedule.buffers if buffer.view_of}
    calls = (call for program in schedule.programs for call in program.flat_calls)
    return {bases.get(name, name) for call in calls for name in call.arguments}


def _place(buffer: Buffer, names: Names) -> tuple[str, str]:
    """The name of the constant that says where a tensor begins in its block."""
    return buffer.name, names.fresh(buffer.name)


def _by_block(
    schedule: Schedule, constants: dict[str, str], mentioned: Container[str]
) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """For each block, its tensors that programs name: (constant, offset, shape)."""
    found = []
    for storage in PLACES:
        tensors = [(constants[b.name], b.offset, _shape(b.shape) + ", by columns" * b.by_columns)
                   for b in schedule.buffers if b.storage == storage and b.name in mentioned]  # fmt: skip
        if tensors:
            found.append((BLOCKS[storage], tensors))
    return found


def _shape(shape: tuple[int | str, ...], spare: int = 0) -> str:
    """[B, 1024 + 16]: the last 16 of each row hold nothing."""
    texts = [*map(str, shape)]
    if spare:
        texts[-1] = f"{int(shape[-1]) - spare} + {spare}"
    return f"[{', '.join(texts)}]"


@dataclass(frozen=True)
class Body:
    """A kernel's code, before it is known which of its loops are divided.  share: those that can be."""

    kernel: Kernel
    expressions: Expressions
    code: list[Code]
    share: Share | None


@dataclass(frozen=True)
class Prepared:
    """A kernel as it is written, with the printer of its expressions."""

    kernel: Kernel
    expressions: Expressions


def prepare(kernel: Kernel, dtype: str, all_rows: str = "batch") -> Prepared:
    """all_rows: what the number of rows of arrays is called, of which the kernel is called for `batch`"""
    names = new_names()
    written = collapse(without_single_turns(kernel))
    formals = {formal.name: formal for formal in written.formals}
    loops = [loop.name for loop in (*written.positions, *written.loops)]
    known = [*formals, *loops, *(statement.target for statement in written.statements)]
    for described in known:
        names[described]  # the description's names first, so that it is our own that step aside
    free = {loop.name for loop in independent(written)}
    return Prepared(written, Expressions(dtype, formals, names, free, all_rows))


def write_body(
    kernel: Kernel, dtype: str, by_rows: Mapping[str, Rows], alike: Container[str], wanted: str = ""
) -> Body:
    prepared = prepare(kernel, dtype, "all_rows" if kernel.name in by_rows and is_strided(kernel) else "batch")
    written, expressions = prepared.kernel, prepared.expressions
    choice = choose(written, expressions, alike=kernel.name in alike, wanted=wanted)
    if choice.product is None:
        code = in_strips(written, expressions) or nest(written, expressions)
    elif choice.lines is not None:
        code = lined(written, choice.lines, expressions)
    elif choice.spans is not None:
        code = spanned(written, choice.spans, expressions)
    elif choice.way == "sums":
        code = summed(written, choice.product, expressions)
    else:
        code = tiled(written, choice.product, expressions)
    code = keep_rolled(code)
    return Body(kernel, expressions, code, find_share(code, written, expressions))


def write_function(body: Body, name: str, callers: str, wanted: Share | None) -> Function:
    kernel, names = body.kernel, body.expressions.names
    code = body.code if wanted is None else share(body.code, wanted)
    own = tuple(number for number, _ in kernel.equations)
    parameters = [_parameter(formal, names) for formal in kernel.formals]
    parameters += [Parameter(f"int {names[loop.name]}", "") for loop in kernel.positions]
    if needs_batch(kernel):
        parameters.append(Parameter("int batch", ""))
    if body.expressions.all_rows != "batch":
        parameters.append(Parameter(f"int {body.expressions.all_rows}", ""))
    width = max(len(parameter.declaration) for parameter in parameters) + 1
    return Function(
        width=width,
        name=name,
        title=comment(kernel.title),
        equations=tuple(f"({number}) {comment(text)}" for number, text in kernel.equations),
        instead=tuple(map(comment, kernel.instead)),
        callers=callers,
        parameters=tuple(parameters),
        code=tuple(noted(code, own)),
    )


def comment(text: str) -> str:
    """Text that may stand in a comment: it cannot end it, nor begin another."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")


def _parameter(formal: Formal, names: Names) -> Parameter:
    kind = {"real": "real", "float64": "double", "int32": "int32_t"}[formal.dtype]
    constant = "" if formal.written else "const "
    shape = _shape(formal.shape, formal.spare) + (", transposed" if formal.by_columns else "") if formal.shape else ""
    return Parameter(f"{constant}{kind} *restrict {names[formal.name]}", shape)


def _is_cold(code: Sequence[Code]) -> bool:
    """Whether products fetch what lies in no cache."""
    return any(
        (isinstance(line, Let) and line.value == "COLD") or (isinstance(line, MultiplyAcross) and line.finishing)
        for line in _lines(code)
    )


def _have(functions: Sequence[Function], kind: type) -> bool:
    """Whether some kernel has code of this kind."""
    return any(isinstance(line, kind) for function in functions for line in _lines(function.code))


def _collected(functions: Sequence[Function]) -> list[str]:
    """What kernels collect partial results with."""
    lines = (line for function in functions for line in _lines(function.code))
    return sorted({line.function for line in lines if isinstance(line, Collect)})


def _lines(code: Sequence[Code]) -> Iterator[Code]:
    for line in code:
        yield line
        if isinstance(line, For | When):
            yield from _lines(line.body)
