"""The house and its rules: which room may use which, and what no file may contain."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "bpgen"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

# Each room, and the rooms it may import from besides itself.
ROOMS = {
    "algebra": set(),
    "library": {"algebra"},
    "derive": {"algebra"},
    "claims": {"derive", "algebra"},
    "lower": {"algebra"},
    "spec": {"lower", "library", "derive", "algebra"},
    "emit": {"lower", "library", "derive", "algebra"},
    "run": {"emit", "spec", "lower", "derive", "library", "algebra"},
}
# The modules on top of the rooms, in floors: each may import from all rooms and from the floors below it.
FLOORS = (
    {"options", "files", "starters", "operations", "proof", "surroundings"},
    {"api"},
    {"checking", "training", "tuning"},
    {"summary", "console"},
    {"cli"},
    {"__main__"},
)
LONGEST_FILE = 350
# The rooms that speak SymPy; everything that a warm start of a network needs does not.
SYMBOLIC = {"algebra", "library", "derive", "claims", "emit"}
SYMBOLIC_FILES = {
    "bpgen/lower/scalars.py", "bpgen/lower/indices.py", "bpgen/lower/kinds.py", "bpgen/lower/digits.py",
    "bpgen/lower/views.py", "bpgen/lower/tables.py", "bpgen/lower/tabulate.py", "bpgen/lower/number_systems.py",
    "bpgen/lower/classes.py", "bpgen/spec/system.py",
}  # fmt: skip
# Those of many instances, and what makes the others: see bpgen.algebra.records.
COMPILED_CLASSES = {"bpgen/lower/scalar.py"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "sympify", "parse_expr", "__import__", "unpickle"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


class WithoutTypeChecking(ast.NodeTransformer):
    """Drops what is imported for annotations only."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node


def imported(path: Path) -> set[str]:
    """Full names of the modules and names that a file imports, inside functions too."""
    return names_imported(WithoutTypeChecking().visit(tree(path)))


def names_imported(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "bpgen" else ""


def allowed(own: str) -> set[str]:
    """What a room or a module on top may import from."""
    if own in ROOMS:
        return ROOMS[own] | {own}
    below = set(ROOMS)
    for floor in FLOORS:
        if own in floor:
            return below
        below |= floor
    raise AssertionError(f"bpgen/{own} has no place in the house; give it one here")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bpgen/__init__.py"])
def test_imports_run_downwards(name):
    own = Path(name).parts[1].removesuffix(".py")
    used = {room(module) for module in imported(ROOT / name)} - {"", "__version__"}
    assert used <= allowed(own), f"{name} may not import from {sorted(used - allowed(own))}"


def test_package_itself_imports_nothing_of_its_rooms():
    assert not {module for module in imported(PACKAGE / "__init__.py") if module.startswith("bpgen")}


@pytest.mark.parametrize("name", NAMES)
def test_sympy_stays_in_its_rooms(name):
    uses = any(module.split(".")[0] == "sympy" for module in imported(ROOT / name))
    assert not uses or name.split("/")[1] in SYMBOLIC or name in SYMBOLIC_FILES


@pytest.mark.parametrize("module", ["bpgen", "bpgen.spec.model", "bpgen.lower.scalar", "bpgen.lower.schedule",
                                    "bpgen.lower.interface", "bpgen.emit.source"])  # fmt: skip
def test_import_does_not_pay_for_sympy(module):
    program = f"import sys, {module}; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_dataclasses_are_not_compiled_class_by_class(name):
    assert "dataclasses.dataclass" not in imported(ROOT / name) or name in COMPILED_CLASSES


@pytest.mark.parametrize("name", NAMES)
def test_file_is_not_too_long(name):
    lines = len((ROOT / name).read_text().splitlines())
    assert lines <= LONGEST_FILE, f"{name} has {lines} lines: a file that needs a table of contents is two files"


@pytest.mark.parametrize("name", NAMES)
def test_text_is_never_executed(name):
    path = ROOT / name
    modules = {module.split(".")[0] for module in imported(path)}
    assert not modules & FORBIDDEN_MODULES
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            shell = [word for word in node.keywords if word.arg == "shell"]
            assert not shell, f"{name}:{node.lineno} starts a shell"
            if called in FORBIDDEN_CALLS and not is_harmless(node, called):
                raise AssertionError(f"{name}:{node.lineno} calls {called}")


def is_harmless(node: ast.Call, called: str) -> bool:
    """re.compile, and sympify of what is an expression already: its argument is no text and no f-string."""
    function = node.func
    if called == "compile" and isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id == "re"
    parts = [part for argument in node.args for part in ast.walk(argument)]
    return called == "sympify" and not any(isinstance(part, ast.Constant | ast.JoinedStr) for part in parts)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("bpgen/library/")])
def test_no_backward_pass_is_written_by_hand(name):
    nodes = list(ast.walk(tree(ROOT / name)))
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    forbidden = re.compile("backward|gradient|adjoint|vjp|jvp|jacobian|derivative", re.IGNORECASE)
    assert not [word for word in defined if forbidden.search(word)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in texts if re.search(r"^\s*d\.\w+.*=", text, re.MULTILINE)]


def test_every_room_is_there():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert rooms == set(ROOMS)
