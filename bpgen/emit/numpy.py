"""The NumPy target: a schedule becomes one module that needs NumPy alone."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.environment import render
from bpgen.emit.marks import marked, read_marks
from bpgen.emit.names import Names, python_identifier
from bpgen.emit.numbers import callers_of
from bpgen.emit.numpy_aliases import overlaps_of, spent_of
from bpgen.emit.numpy_functions import FUNCTIONS, import_lines
from bpgen.emit.numpy_kernel import WrittenKernel, write_kernel
from bpgen.emit.numpy_layout import Layout, base_of, lay_out, quoted, shape_literal, shape_text
from bpgen.emit.numpy_numbers import NAMED, named_numbers
from bpgen.emit.source import Source
from bpgen.lower.interface import Entry, Input, Interface
from bpgen.lower.schedule import Call, Program, Repeat, Schedule

WIDTH = 112

# What the module defines or imports beside its kernels.
MODULE_NAMES = (
    "np", "math", "as_strided", "real", "B", "float", "Network", "Arrays", "WeakValueDictionary", "deque", "partial",
    "as_input", "erf", "polynomial", "keep", "bits_of_real", "mix", "mix_words", "random_keys", "uniform_number",
    "uniform_numbers", "ERF_P", "ERF_Q", "ERF_R", "ERF_S", "PARAMETERS", "STATES", "FIXED", "WORKSPACE", "SCRATCH",
    "RESULTS", "REGIONS", *NAMED.values(),
)  # fmt: skip

PROGRAMS = {
    "forward": "Compute the outputs",
    "loss": "Compute the loss",
    "gradients": "Compute the loss, and its gradients by all parameters into `gradients`",
    "input_gradients": "Compute the loss, its gradients by all parameters, and those by the inputs",
    "step": "One training step: loss, gradients, and the update of parameters and states in place",
}


def emit_numpy(schedule: Schedule, interface: Interface) -> Source:
    """The module `<name>.py` with its class Network, for the dtype of the interface.

    Raises LoweringError, naming the kernel, for a kernel that has no NumPy form.
    """
    overlaps, spent, callers = overlaps_of(schedule), spent_of(schedule), callers_of(schedule)
    kernels = {k.name: write_kernel(k, overlaps[k.name], spent[k.name]) for k in schedule.kernels}
    taken = Names(python_identifier, (*MODULE_NAMES, *FUNCTIONS))
    functions = {name: taken[name] for name in kernels}
    parts = Parts(schedule, interface, kernels, functions, lay_out(schedule, interface, kernels))
    layout = parts.layout
    module = python_identifier(schedule.name)
    text = render(
        "numpy/module.py.j2",
        title=_one_line(f"The network {schedule.name} in NumPy: its loss, its gradients and its training step."),
        inputs=[_described(item, interface.dtype) for item in interface.inputs],
        parameters=[_one_line(f"{block.name} {shape_text(block.shape)}") for block in interface.parameters],
        settings=[_one_line(f"{name} = {default!r}") for name, default in interface.settings],
        usage=_usage(module, interface),
        dtype=interface.dtype,
        helpers=sorted({helper for kernel in kernels.values() for helper in kernel.helpers}),
        imports=import_lines({name for kernel in kernels.values() for name in kernel.functions}),
        numbers=named_numbers({number for kernel in kernels.values() for number in kernel.named_numbers}),
        kernels=[_function(kernel, functions, callers[name]) for name, kernel in kernels.items()],
        programs=[_program(program, parts) for program in schedule.programs],
        tables=layout.tables,
        ordered='  "F": it lies column by column.' if any(buffer.by_columns for buffer in schedule.buffers) else "",
        sizes={"parameters": interface.parameter_size, "states": interface.state_size},
        counters=[value for _, value in interface.counters],
        defaults=[default for _, default in interface.settings],
        carried=interface.carried_size,
        workspace=layout.workspace,
        scratch_blocks=layout.scratch_blocks,
        ramps=layout.ramps,
    )
    text, trace = read_marks(text)
    file = f"{module}.py"
    return Source(schedule.name, "numpy", interface.dtype, {file: text}, interface, spans={file: trace})


@dataclass(frozen=True)
class Function:
    """A kernel's function as the template prints it."""

    head: str
    doc: tuple[str, ...]
    body: tuple[str, ...]


def _function(written: WrittenKernel, functions: Mapping[str, str], callers: str) -> Function:
    kernel = written.kernel
    done: dict[str, list[str]] = {"writes": [], "reads": [], "uses up": []}
    for formal, name in zip(kernel.formals, written.formals, strict=True):
        what = "writes" if formal.written else "uses up" if formal.name in written.used_up else "reads"
        done[what].append(f"{name} {shape_text(formal.shape)}".rstrip())
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in done.items() if names)
    doc = [_one_line(f"{kernel.title}."), *_filled(f"{told[:1].upper()}{told[1:]}.")]
    if callers:
        doc += _filled(f"For {callers}{' too' if kernel.equations else ''}.")
    head = "\n".join(_call(f"def {functions[kernel.name]}(", written.arguments, "):", 0))
    return Function(head, tuple(doc), written.body)


@dataclass(frozen=True)
class Method:
    """A program as the template prints it: the method that checks its inputs, and the one that works on them."""

    name: str
    inputs: tuple[str, ...]
    doc: str
    checks: tuple[str, ...]
    body: tuple[str, ...]
    returns: str


@dataclass(frozen=True)
class Parts:
    """What programs are written from; functions: kernel -> its function's name."""

    schedule: Schedule
    interface: Interface
    kernels: Mapping[str, WrittenKernel]
    functions: Mapping[str, str]
    layout: Layout


def _program(program: Program, parts: Parts) -> Method:
    interface, functions = parts.interface, parts.functions
    entry = interface.entry(program.name) or Entry(program.name, (), (), False)
    names = Names(python_identifier, ("self", "a", "batch", *MODULE_NAMES, *functions.values()))
    inputs = {item.name: item for item in interface.inputs}
    arguments = {name: names[name] for name in entry.inputs}
    sized = [(text, inputs[name].shape.index("B")) for name, text in arguments.items() if "B" in inputs[name].shape]
    checks = [f"batch = {f'np.shape({sized[0][0]})[{sized[0][1]}]' if sized else '1'}"]
    for name, text in arguments.items():
        shape = shape_literal(tuple("batch" if extent == "B" else extent for extent in inputs[name].shape))
        checks.append(f"{text} = as_input({text}, {quoted(name)}, {_dtype(inputs[name])}, {shape})")
    lines: list[str] = []
    arguments |= _views_of_inputs(program, parts, arguments, names, lines)
    variables: dict[str, str] = {}
    for item in program.calls:
        if isinstance(item, Call):
            lines.extend(_call_lines(item, arguments, {}, parts))
        elif item.loop.extent == 1:
            for call in item.calls:
                lines.extend(_call_lines(call, arguments, {item.loop.name: str(item.loop.start)}, parts))
        else:
            if item.loop.name not in variables:
                variables[item.loop.name] = names.fresh(item.loop.name)
            variable = variables[item.loop.name]
            lines += marked([f"for {variable} in {_steps(item)}:"], {n for call in item.calls for n in call.numbers})
            for call in item.calls:
                steps = _call_lines(call, arguments, {item.loop.name: variable}, parts, 12)
                lines.extend("    " + line for line in steps)
    held = program.buffer_of(parts.schedule.loss) or parts.schedule.loss
    returns = f"float(a.{parts.layout.names[held]})" if entry.returns_loss else "0.0"
    doc = PROGRAMS.get(program.name, f"Run {program.name}") + ("; returns the loss." if entry.returns_loss else ".")
    given = tuple(arguments[name] for name in entry.inputs)
    return Method(program.name, given, doc, tuple(checks), tuple(lines), returns)


def _views_of_inputs(
    program: Program, parts: Parts, arguments: Mapping[str, str], names: Names, lines: list[str]
) -> dict[str, str]:
    """Inputs in another shape: the names of those that the program uses; appends the lines that make them."""
    buffers = {buffer.name: buffer for buffer in parts.schedule.buffers}
    made: dict[str, str] = {}
    for name in dict.fromkeys(name for call in program.flat_calls for name in call.arguments):
        base = base_of(buffers[name], buffers)
        if name != base.name and base.name in arguments:
            made[name] = names[name]
            shape = shape_literal(tuple("batch" if extent == "B" else extent for extent in buffers[name].shape))
            lines.append(f"{made[name]} = {arguments[base.name]}.reshape({shape})")
    return made


def _steps(repeat: Repeat) -> str:
    """The range of a recurrence's steps."""
    first, end = repeat.loop.start, repeat.loop.start + int(repeat.loop.extent)
    if repeat.backwards:
        return f"range({end - 1}, {first - 1}, -1)"
    return f"range({first}, {end})" if first else f"range({end})"


def _call_lines(
    call: Call, inputs: Mapping[str, str], positions: Mapping[str, str], parts: Parts, margin: int = 8
) -> list[str]:
    arguments = [inputs.get(buffer) or f"a.{parts.layout.names[buffer]}" for buffer in call.arguments]
    arguments += [f"a.{name}" for name in parts.layout.extras[call.kernel]]
    arguments += [positions[name] for name in call.positions]
    arguments += ["batch"] if parts.kernels[call.kernel].uses_batch else []
    lines = _call(f"{parts.functions[call.kernel]}(", arguments, ")", margin)
    numbers = "".join(f" ({number})" for number in call.numbers)
    if len(lines[-1]) + len(numbers) + margin + 3 > WIDTH:
        return [f"#{numbers}", *marked(lines, call.numbers)]
    return marked([*lines[:-1], lines[-1] + (f"  #{numbers}" if numbers else "")], call.numbers)


def _call(opening: str, arguments: Sequence[str], closing: str, margin: int) -> list[str]:
    """A call or a definition on one line, or on as many as it needs, arguments below the parenthesis."""
    lines, line = [], opening
    for n, argument in enumerate(arguments):
        piece = argument + (", " if n < len(arguments) - 1 else "")
        if len(line) + len(piece.rstrip()) + margin > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = " " * len(opening)
        line += piece
    return [*lines, line + closing]


def _usage(module: str, interface: Interface) -> list[str]:
    name = "step" if interface.entry("step") else (interface.entries[-1].name if interface.entries else "forward")
    entry = interface.entry(name)
    lines = [f"from {module} import Network", "", "net = Network()"]
    if interface.parameters:
        lines.append(
            f"net.parameter_views[{quoted(interface.parameters[0].name)}][...] = ...  # and the other parameters"
        )
    lines.append("net.reserve(32)  # the largest batch to come")
    inputs = Names(python_identifier, ("self",))
    given = [inputs[item] for item in entry.inputs] if entry else []
    lines.append(f"loss = net.{name}({', '.join(given)})")
    return [line.replace("\\", "\\\\") for line in lines]


def _described(item: Input, dtype: str) -> str:
    kind = dtype if item.dtype == "real" else item.dtype
    classes = f", 0 ... {item.classes - 1}" if item.classes else ""
    return _one_line(f"{item.name} {shape_text(item.shape)} {kind}{classes}")


def _dtype(item: Input) -> str:
    return "real" if item.dtype == "real" else f"np.{item.dtype}"


def _filled(text: str) -> list[str]:
    return textwrap.wrap(_one_line(text), WIDTH - 4, break_long_words=False, break_on_hyphens=False)


def _one_line(text: str) -> str:
    """Text for a comment or a docstring: one line of printable characters, nothing that ends a string."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.replace("\\", "\\\\").replace('"""', "'''")
