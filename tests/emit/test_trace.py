"""From every line of generated code that computes something to its equation, and from every equation to a line."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
from random_systems import random_case

import bpgen
from bpgen.api import lower
from bpgen.derive.derive import derive
from bpgen.emit.c import emit_c
from bpgen.emit.marks import marked, read_marks
from bpgen.emit.numpy import emit_numpy
from bpgen.lower.lower import describe
from bpgen.lower.lower import lower as lower_system

EXAMPLES = {path.stem: path for path in sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))}


def numpy_lines(text):
    """Every line of a statement in a kernel or of a kernel's call, by parsing the module."""
    tree = ast.parse(text)
    network = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    expressions = [
        node for node in ast.walk(network) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    calls = [node for node in expressions if isinstance(node.value.func, ast.Name)]
    called = {node.value.func.id for node in calls}
    kernels = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in called]
    inside = [statement for kernel in kernels for statement in kernel.body[1:]]  # the first is the docstring
    lines = {line for node in (*inside, *calls) for line in range(node.lineno, node.end_lineno + 1)}
    return {line for line in lines if not text.split("\n")[line - 1].lstrip().startswith("#")}


def c_lines(text):
    """Every line in a kernel's body, or of a kernel's call, that is more than a brace or a comment."""
    found = set()
    place = coming = ""
    kernels = set(re.findall(r"^static void (\w+)\($", text, re.MULTILINE))
    in_call = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(("static void ", "double ")):
            is_program = line.startswith(("double ", "static void share_of_"))
            coming = "kernel" if line.endswith("(") else "program" if is_program else ""
        elif line == "{":
            place = coming
        elif line == "}":
            place = coming = ""
        elif place == "kernel" and line.strip() != "}" and not line.startswith("#pragma"):
            found.add(number)
        elif place == "program":
            begins = re.match(r" +(\w+)\(", line)
            in_call = in_call or (begins is not None and begins[1] in kernels)
            if in_call:
                found.add(number)
            in_call = in_call and not line.endswith(";")
    return found


READERS = {"numpy": (".py", numpy_lines), "c": (".c", c_lines)}


def needed(system):
    """The numbers of the equations that outputs, loss, gradients and updates are computed from."""
    waiting = [*system.outputs, system.loss, *(value for _, value in system.updates)]
    waiting += [adjoint for _, adjoint in system.gradients] + [place for _, place in system.inference]
    found = set()
    while waiting:
        equation = system.defining.get(waiting.pop())
        if equation is not None and equation.number not in found:
            found.add(equation.number)
            waiting += equation.reads
    return found


def heads(text):
    """(number, equation) of every equation that a comment gives in full, in one line."""
    joined = re.sub(r"\n +#     ", " ", text)
    return re.findall(r"^ +(?:# )?\((\d+)\) (.*=.*)$", joined, re.MULTILINE)


def traced(source, texts):
    """The numbers in a trace, whose every span is right; texts: of the equations, by number."""
    suffix, reader = READERS[source.target]
    ((file, spans),) = source.trace.items()
    assert file.endswith(suffix)
    lines = [line for span in spans for line in range(span.first, span.last + 1)]
    assert lines == sorted(set(lines)), "spans are in order and apart"
    computing = reader(source.files[file])
    text = source.files[file].split("\n")
    around = {n for n, line in enumerate(text, 1) if line.lstrip().startswith(("for ", "#pragma omp"))}
    assert computing <= set(lines)
    assert set(lines) <= computing | around
    for number, text in heads(source.files[file]):
        assert " ".join(text.split()) == " ".join(texts[int(number)].split())
    assert all(span.numbers for span in spans)
    found = {number for span in spans for number in span.numbers}
    assert found <= texts.keys()
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_line_has_equations_and_every_equation_a_line(name):
    model = bpgen.load(EXAMPLES[name])
    system = bpgen.derive(model).derivation.system
    texts = {equation.number: str(equation) for equation in system.equations}
    schedule, _ = lower(model)
    views = {system.defining[b.name].number for b in schedule.buffers if b.view_of and b.name in system.defining}
    for target in READERS:
        assert needed(system) - views <= traced(bpgen.generate(model, target), texts)


@pytest.mark.parametrize("seed", [1, 4, 7, 12, 46, 91])
def test_every_line_of_a_random_system_has_equations(seed):
    """Gathers, scatters, tables of digits, guards and recurrences, as they come."""
    system = derive(random_case(seed).system()).system
    texts = {equation.number: str(equation) for equation in system.equations}
    schedule = lower_system(system)
    interface = describe(system, schedule, "float32")
    computed = [traced(emit(schedule, interface), texts) for emit in (emit_numpy, emit_c)]
    assert computed[0] == computed[1]


@pytest.mark.parametrize("name", ["xor", "char_lstm", "transformer"])
@pytest.mark.parametrize("target", READERS)
def test_a_call_is_traced_to_the_numbers_beside_it(name, target):
    """What the comment at a call says, where it says it without runs, is what its span says."""
    source = bpgen.generate(bpgen.load(EXAMPLES[name]), target)
    ((file, spans),) = source.trace.items()
    lines = source.files[file].split("\n")
    by_line = {line: span.numbers for span in spans for line in range(span.first, span.last + 1)}
    seen = 0
    for number, line in enumerate(lines, 1):
        if target == "numpy":
            found = re.fullmatch(r" {8,}(?!#).*\)  # ([() \d]+)", line)
            place = number
        else:
            found = re.fullmatch(r" +/\* ([() \d]+) \*/", line)
            place = number + 1
        if found:
            seen += 1
            assert by_line[place] == tuple(map(int, re.findall(r"\d+", found[1])))
    assert seen > 10


def test_text_and_latex_give_equations_the_same_numbers():
    proof = bpgen.derive(bpgen.load(EXAMPLES["xor"]))
    known = {str(equation.number) for equation in proof.equations}
    assert set(re.findall(r"^ +\((\d+)\)  ", proof.text(full=True), re.MULTILINE)) == known
    # What all parameters have in common is an equation without a number, above a table of their numbers.
    tagged = re.findall(r"\\tag\{(\d+)\}|& \((\d+)\)", proof.latex(full=True))
    assert {one or other for one, other in tagged} == known


def test_equal_layers_share_a_kernel_whose_lines_have_the_equations_of_both():
    source = bpgen.generate(bpgen.load(EXAMPLES["transformer"]), "numpy")
    ((file, spans),) = source.trace.items()
    text = source.files[file].split("\n")
    by_line = {line: span.numbers for span in spans for line in range(span.first, span.last + 1)}
    system = bpgen.derive(bpgen.load(EXAMPLES["transformer"])).derivation.system
    first, second = (system.defining[f"body.{n}.wide.z"].number for n in (0, 1))
    product = next(n for n, line in enumerate(text, 1) if n in by_line and first in by_line[n] and ".dot(" in line)
    assert {first, second} <= set(by_line[product])


def test_fused_equations_are_told_apart_in_c():
    text = bpgen.generate(bpgen.load(EXAMPLES["two_heads"]), "c").files["two_heads.c"]
    assert "const real z = sum[o] + bias[o]; /* (3) */" in text
    assert "const real s = sigmoid(z); /* (4) */" in text


def test_a_table_that_no_equation_defines_belongs_to_the_equation_that_reads_it():
    layer = {
        "name": "twisted", "type": "equation", "input": "x", "sizes": {"i": 12},
        "equation": "y[b, i] = x[b, i // 2, i % 3] + x[b, (i + 1) // 3, 0]",
    }  # fmt: skip
    description = {"bpgen": 1, "name": "tables", "inputs": {"x": {"shape": ["B", 6, 3]}}, "layers": [layer]}
    source = bpgen.generate(description, "c")
    text = source.files["tables.c"].split("\n")
    tables = [number for number, line in enumerate(text, 1) if re.match(r" +table\[", line)]
    assert tables
    assert {span.numbers for span in source.trace["tables.c"] for n in tables if span.first <= n <= span.last} == {(1,)}
    assert "/* digits of indices, for accesses to look up\n   for (1)\n*/" in source.files["tables.c"]


def test_marks_are_taken_out_and_become_spans():
    lines = ["def f():", *marked(["a = 1", "b = 2\nc = 3"], {4, 3}), *marked(["d = 4"], [3]), "", *marked(["e"], [3])]
    text, spans = read_marks("\n".join([*lines, *marked(["no equation"], ())]))
    assert text == "def f():\na = 1\nb = 2\nc = 3\nd = 4\n\ne\nno equation"
    assert spans == "2-4:3 4;5:3;7:3"


def test_a_trace_is_the_same_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    model = bpgen.load(EXAMPLES["xor"])
    made, kept = bpgen.generate(model, "c"), bpgen.generate(model, "c")
    assert made.trace == kept.trace
    assert made.trace
