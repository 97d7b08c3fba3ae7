"""Extents of indices and shapes of parameters, from the tensors they meet.

Within a text an index has one extent, so names are enough: every plain access `W[o, i]` says that `o`
runs over W's first axis.  These are unified until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr

from bpgen.algebra.diagnose import SourceText, listing, nearest
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.scope import RESERVED, Scope, exact
from bpgen.algebra.syntax_tree import Name, Node, ParsedEquation, Reduce, Subscript, walk
from bpgen.algebra.system import Tensor


@dataclass(frozen=True)
class Inferred:
    """extents: by index name; parameters: tensors of all parameters used, by name in the text."""

    extents: Mapping[str, Expr]
    parameters: Mapping[str, Tensor]


@dataclass
class _Knowledge:
    """What is known so far: extents by index name or by (parameter, axis), each with where it comes from."""

    extents: dict[Any, tuple[Expr, str]] = field(default_factory=dict)


def infer(equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText) -> Inferred:
    """Extents and shapes.  Raises EquationError for names and axes that do not fit."""
    local = {equation.name: equation.indices for equation in equations}
    indices = _index_places(equations, scope, source)
    counts: dict[str, int] = {}
    found = [node for equation in equations for node in walk(equation.value) if isinstance(node, Subscript)]
    for node in found:
        _check_axes(node, scope, local, counts, source)
    known = _Knowledge()
    for name in indices:
        if name in scope.sizes:
            known.extents[name] = (exact(scope.sizes[name]), "sizes")
    for equation in equations:
        existing = scope.tensors.get(equation.name)
        for item, axis in zip(equation.indices, existing.axes if existing else (), strict=False):
            if isinstance(item, Name):
                _agree(known, item.name, (axis.extent, _axis_text(equation.name, 0)), item, source)
    while any([_unify(node, indices, scope, local, known, source) for node in found]):
        pass
    parameters = {
        name: tensor or _shape(name, found, known, scope, source)
        for name, tensor in scope.parameters.items()
        if any(node.name == name for node in found) or _is_scalar_parameter(name, equations)
    }
    return Inferred({name: known.extents[name][0] for name in indices if name in known.extents}, parameters)


def _is_scalar_parameter(name: str, equations: tuple[ParsedEquation, ...]) -> bool:
    return any(isinstance(node, Name) and node.name == name for e in equations for node in walk(e.value))


def _index_places(equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText) -> dict[str, Position]:
    """Every name used as an index -> where it is bound first.  Checks left-hand sides and shadowing."""
    places: dict[str, Position] = {}
    for equation in equations:
        seen: set[str] = set()
        for item in equation.indices:
            if not isinstance(item, Name):
                message = f"on the left-hand side of `{equation.name}` stands something that is no index name"
                raise source.error("left-hand-index", message, item.position, "write y[b, i] = ... with a name an axis")
            if item.name in seen:
                message = f"index `{item.name}` occurs twice on the left-hand side of `{equation.name}`"
                raise source.error("repeated-index", message, item.position, "give every axis a name of its own")
            seen.add(item.name)
            places.setdefault(item.name, item.position)
        for node in walk(equation.value):
            for item in node.indices if isinstance(node, Reduce) else ():
                if isinstance(item, Name):
                    places.setdefault(item.name, item.position)
    subscripted = {node.name for e in equations for node in walk(e.value) if isinstance(node, Subscript)}
    for name, place in places.items():
        _check_shadowing(name, place, scope, subscripted | {e.name for e in equations}, source)
    return places


def _check_shadowing(name: str, place: Position, scope: Scope, used: set[str], source: SourceText) -> None:
    tensor = scope.known(name)
    what = ""
    if name in RESERVED:
        what = "a word of the language" if name not in ("B", "pi", "inf") else "a constant of the language"
    elif name in scope.constants:
        what = "a constant here"
    elif name in used or (tensor is not None and not tensor.axes):
        what = "a tensor here"
    if what:
        message = f"`{name}` cannot be an index: it is {what}"
        raise source.error("shadowed-name", message, place, "choose another letter for the index")


def _check_axes(
    node: Subscript, scope: Scope, local: Mapping[str, tuple[Node, ...]], counts: dict[str, int], source: SourceText
) -> None:
    tensor = scope.known(node.name)
    if tensor is not None:
        expected, declared = len(tensor.axes), f"`{node.name}` has shape {shape_text(tensor)}"
    elif node.name in local:
        expected = len(local[node.name])
        declared = f"`{node.name}` is defined as {_element_text(node.name, local[node.name])}"
    elif node.name in scope.parameters:
        expected = counts.setdefault(node.name, len(node.indices))
        declared = f"`{node.name}` was used with {expected} before"
    elif scope.number(node.name) is not None:
        message = f"`{node.name}` is a number, not a tensor"
        raise source.error("not-a-tensor", message, node.position, "write it without brackets")
    else:
        raise unknown_tensor(node.name, node.position, scope, local, source)
    if expected != len(node.indices):
        message = f"`{node.name}` has {_plural(expected)}, but is used with {len(node.indices)}"
        raise source.error("wrong-axes", message, node.position, declared)


def unknown_tensor(
    name: str, place: Position, scope: Scope, local: Mapping[str, object], source: SourceText
) -> EquationError:
    candidates = {*scope.written_names, *local}
    message = f"there is no tensor `{name}`{nearest(name, candidates)}"
    known = {*scope.tensors, *scope.parameters, *local}
    help = (
        f"known here: {listing(known)}; parameters are declared with the equation" if known else "nothing is known here"
    )
    return source.error("unknown-tensor", message, Position(place.line, place.column, len(name), place.file), help)


def _unify(
    node: Subscript, indices: Mapping[str, Position], scope: Scope, local: Mapping[str, tuple[Node, ...]],
    known: _Knowledge, source: SourceText,
) -> bool:  # fmt: skip
    """Learn from one access; whether anything was new."""
    news = False
    tensor = scope.known(node.name)
    for axis, item in enumerate(node.indices):
        where = _axis_text(node.name, axis)
        if tensor is not None:
            extent: tuple[Expr, str] | None = (tensor.axes[axis].extent, where)
            key: Any = None
        elif node.name in local:
            left = local[node.name][axis]
            key = left.name if isinstance(left, Name) else None
            extent = known.extents.get(key)
        else:
            key, extent = (node.name, axis), known.extents.get((node.name, axis))
        if isinstance(item, Name) and item.name in indices:
            if extent is not None:
                news |= _agree(known, item.name, (extent[0], where), item, source)
            elif key is not None and item.name in known.extents:
                known.extents[key] = (known.extents[item.name][0], where)
                news = True
        elif isinstance(item, Subscript) and extent is None and isinstance(key, tuple):
            pointer = scope.known(item.name)
            if pointer is not None and pointer.classes is not None:
                known.extents[key] = (exact(pointer.classes), where)
                news = True
    return news


def _agree(known: _Knowledge, name: str, found: tuple[Expr, str], item: Node, source: SourceText) -> bool:
    """Note an extent of an index; one that differs from what is known is an error that names both."""
    before = known.extents.get(name)
    if before is None:
        known.extents[name] = found
        return True
    if before[0] != found[0]:
        message = f"index `{name}` runs over {before[0]} ({before[1]}) and over {found[0]} ({found[1]})"
        raise source.error("index-extent", message, item.position, "one name has one extent; use another name here")
    return False


def _shape(name: str, found: list[Subscript], known: _Knowledge, scope: Scope, source: SourceText) -> Tensor:
    """A parameter's tensor; its axes are called as the indices of its first use."""
    uses = [node for node in found if node.name == name]
    axes: list[Index] = []
    for axis, item in enumerate(uses[0].indices if uses else ()):
        extent = known.extents.get((name, axis))
        if extent is None:
            message = f"the extent of {_axis_text(name, axis)} does not follow from its use"
            help = "give the index's extent in `sizes`, or the parameter its `shape`"
            raise source.error("unknown-extent", message, item.position, help)
        if extent[0] == BATCH:
            message = f"parameter `{name}` would have the batch as an axis"
            raise source.error(
                "batch-parameter", message, item.position, "a parameter is the same for all of the batch"
            )
        wanted = item.name if isinstance(item, Name) else ""
        taken = {index.name for index in axes}
        letter = wanted if wanted and wanted not in taken else fresh_letter(taken)
        axes.append(Index(letter, extent[0]))
    symbol = scope.symbols.get(name, name)
    return Tensor(scope.system_name(name), tuple(axes), role="parameter", symbol=symbol, layer=scope.layer)


def shape_text(tensor: Tensor) -> str:
    return f"[{', '.join(map(str, tensor.shape))}]"


def _element_text(name: str, indices: tuple[Node, ...]) -> str:
    letters = ", ".join(item.name for item in indices if isinstance(item, Name))
    return f"`{name}[{letters}]`" if letters else f"the number `{name}`"


def _axis_text(name: str, axis: int) -> str:
    return f"axis {axis + 1} of `{name}`"


def _plural(count: int) -> str:
    return "no axes" if count == 0 else f"{count} {'axis' if count == 1 else 'axes'}"
