"""Write `...` out: every ellipsis of an equation stands for the same named indices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.index import BATCH
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.scope import RESERVED, Scope
from bpgen.algebra.syntax_tree import Dots, Name, Node, ParsedEquation, Reduce, Subscript, walk, with_children
from bpgen.algebra.system import Tensor


def expand(equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText) -> tuple[ParsedEquation, ...]:
    """The equations without ellipses.

    In each equation `...` stands for the axes that its first tensor with an ellipsis, read from the left
    of the right-hand side, has beyond the indices written beside it.  They are named as that tensor
    names its axes, where the text has no other use of these letters.  Raises EquationError where no tensor says.
    """
    tensors = {e.name for e in equations} | {n.name for e in equations for n in _nodes(e) if isinstance(n, Subscript)}
    defined: dict[str, tuple[str, ...]] = {}
    letters: dict[tuple[str, str, int], str] = {}
    expanded = []
    for equation in equations:
        written = equation
        if any(isinstance(node, Dots) for node in _nodes(equation)):
            names = _meaning(equation, scope, defined, letters, source, tensors=tensors)
            left = tuple(part for item in equation.indices for part in _spell(item, names))
            (value,) = _spell(equation.value, names)
            written = replace(equation, indices=left, value=value)
        expanded.append(written)
        if all(isinstance(item, Name) for item in written.indices):  # else it is a boundary of a recurrence
            defined.setdefault(written.name, tuple(item.name for item in written.indices if isinstance(item, Name)))
    return tuple(expanded)


def _nodes(equation: ParsedEquation) -> Iterable[Node]:
    for item in (*equation.indices, equation.value):
        yield from walk(item)


def _spell(node: Node, names: tuple[str, ...]) -> tuple[Node, ...]:
    if isinstance(node, Dots):
        return tuple(Name(name, node.position) for name in names)
    return (with_children(node, lambda child: _spell(child, names)),)


def _meaning(
    equation: ParsedEquation,
    scope: Scope,
    defined: dict[str, tuple[str, ...]],
    letters: dict[tuple[str, str, int], str],
    source: SourceText,
    *,
    tensors: set[str],
) -> tuple[str, ...]:
    """The names that `...` stands for in this equation; tensors: names that the text gives to tensors."""
    for node in _nodes(equation):
        if isinstance(node, Subscript | Reduce) and sum(isinstance(item, Dots) for item in node.indices) > 1:
            message = "`...` occurs twice in one pair of brackets"
            raise source.error("ellipsis", message, node.position, "it stands for all leading axes at once")
    used = tensors | {node.name for node in _nodes(equation) if isinstance(node, Name)}
    for node in walk(equation.value):
        if not isinstance(node, Subscript) or not any(isinstance(item, Dots) for item in node.indices):
            continue
        before = [isinstance(item, Dots) for item in node.indices].index(True)
        after = len(node.indices) - before - 1
        tensor = scope.known(node.name)
        if node.name in defined:
            own = defined[node.name][before : len(defined[node.name]) - after]
            return tuple(_free(name, used | set(own[:n]), scope) for n, name in enumerate(own))
        if tensor is not None:
            return _of_tensor(tensor, slice(before, len(tensor.axes) - after), used, letters, scope)
    place = next(node.position for node in _nodes(equation) if isinstance(node, Dots))
    message = "nothing says which axes `...` stands for"
    raise source.error("ellipsis", message, place, "use `...` with a tensor of known shape on the right-hand side")


def _of_tensor(
    tensor: Tensor, part: slice, used: set[str], letters: dict[tuple[str, str, int], str], scope: Scope
) -> tuple[str, ...]:
    chosen: list[str] = []
    for axis in tensor.axes[part]:
        key = (axis.name, str(axis.extent), sum(axis.name == other for other in chosen))
        name = letters.get(key)
        if name is None or name in used or name in chosen:
            others = {letter for other, letter in letters.items() if other[1] != key[1]}
            name = _free(axis.name, used | set(chosen) | others, scope, batch=axis.extent == BATCH)
        letters[key] = name
        chosen.append(name)
    return tuple(chosen)


def _free(name: str, used: set[str], scope: Scope, batch: bool = False) -> str:
    taken = used | set(scope.written_names) | set(RESERVED)
    return name if name.isidentifier() and name not in taken else fresh_letter(taken, batch)
