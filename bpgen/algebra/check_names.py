"""Names of equation text: what may be an index, which tensors there are, how many axes they have."""

from __future__ import annotations

from collections.abc import Collection

from bpgen.algebra.diagnose import SourceText, listing, nearest
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.scope import CONSTANTS, RESERVED, Scope
from bpgen.algebra.syntax_tree import Name, Node, ParsedEquation, Reduce, Subscript, walk
from bpgen.algebra.system import Tensor


def check_index_names(equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText) -> dict[str, Position]:
    """Every name used as an index -> where it is bound first.

    Raises EquationError for left-hand sides that are no names or repeat one, and for an index that would
    hide a tensor, a constant or a word of the language.
    """
    places: dict[str, Position] = {}
    for equation in equations:
        for name, place in _left_names(equation, source).items():
            places.setdefault(name, place)
        for node in walk(equation.value):
            for item in node.indices if isinstance(node, Reduce) else ():
                if isinstance(item, Name):
                    places.setdefault(item.name, item.position)
    used = {node.name for e in equations for node in walk(e.value) if isinstance(node, Subscript)}
    for name, place in places.items():
        hidden = _hidden(name, scope, used | {equation.name for equation in equations})
        if hidden:
            message = f"`{name}` cannot be an index: it is {hidden}"
            raise source.error("shadowed-name", message, place, "choose another letter for the index")
    return places


def _left_names(equation: ParsedEquation, source: SourceText) -> dict[str, Position]:
    places: dict[str, Position] = {}
    for item in equation.indices:
        if not isinstance(item, Name):
            message = f"the left-hand side of `{equation.name}` has something that is no name of an index"
            raise source.error("left-hand-index", message, item.position, "write y[b, i] = ..., a name for each axis")
        if item.name in places:
            message = f"index `{item.name}` occurs twice on the left-hand side of `{equation.name}`"
            raise source.error("repeated-index", message, item.position, "give every axis a name of its own")
        places[item.name] = item.position
    return places


def _hidden(name: str, scope: Scope, used: Collection[str]) -> str:
    """What an index of this name would hide, in words."""
    tensor = scope.known(name)
    if name in CONSTANTS:
        return "a constant of the language"
    if name in RESERVED:
        return "a word of the language"
    if name in scope.constants:
        return "a constant here"
    return "a tensor here" if name in used or (tensor is not None and not tensor.axes) else ""


def check_subscripts(equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText) -> None:
    """Every access names a tensor and has as many indices as it has axes.  Raises EquationError."""
    local = {equation.name: equation for equation in equations}
    first: dict[str, Subscript] = {}
    for equation in equations:
        for node in walk(equation.value):
            if not isinstance(node, Subscript):
                continue
            expected, declared = _declared(node, scope, local, first, source)
            if expected != len(node.indices):
                message = f"`{node.name}` has {_plural(expected)}, but is used with {len(node.indices)}"
                raise source.error("wrong-axes", message, node.position, declared)


def _declared(
    node: Subscript, scope: Scope, local: dict[str, ParsedEquation], first: dict[str, Subscript], source: SourceText
) -> tuple[int, str]:
    """How many axes a tensor has, and the sentence that says where that comes from."""
    tensor = scope.known(node.name)
    if tensor is not None:
        return len(tensor.axes), f"`{node.name}` has shape {shape_text(tensor)}"
    if node.name in local:
        equation = local[node.name]
        return len(equation.indices), f"it is defined as {element_text(node.name, equation)}"
    if node.name in scope.parameters:
        use = first.setdefault(node.name, node)
        return len(use.indices), f"it is used as {element_text(node.name, use)} before"
    if scope.number(node.name) is not None:
        message = f"`{node.name}` is a number, not a tensor"
        raise source.error("not-a-tensor", message, node.position, "write it without brackets")
    raise unknown_tensor(node.name, node.position, scope, local, source)


def unknown_tensor(
    name: str, place: Position, scope: Scope, local: Collection[str], source: SourceText
) -> EquationError:
    """The error for a name with brackets that nothing declares."""
    message = f"there is no tensor `{name}`{nearest(name, {*scope.written_names, *local})}"
    known = {*scope.tensors, *scope.parameters, *local}
    help = f"tensors here: {listing(known)}; parameters are declared with the equation"
    return source.error("unknown-tensor", message, Position(place.line, place.column, len(name), place.file), help)


def shape_text(tensor: Tensor) -> str:
    return f"[{', '.join(map(str, tensor.shape))}]"


def element_text(name: str, written: ParsedEquation | Subscript | None) -> str:
    """A tensor with the indices it was written with."""
    indices: tuple[Node, ...] = written.indices if written else ()
    letters = ", ".join(item.name if isinstance(item, Name) else "." for item in indices)
    return f"`{name}[{letters}]`" if letters else f"the number `{name}`"


def _plural(count: int) -> str:
    return "no axes" if count == 0 else f"{count} {'axis' if count == 1 else 'axes'}"
