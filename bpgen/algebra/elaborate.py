"""Equation text -> flat equations over tensors of the system."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sympy import Expr

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.boundary import Boundary, separate
from bpgen.algebra.build import Builder
from bpgen.algebra.carry import Carried
from bpgen.algebra.diagnose import SourceText, nearest
from bpgen.algebra.errors import Position
from bpgen.algebra.expand import expand
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import Index
from bpgen.algebra.infer import Inferred, infer
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.scope import RESERVED, RESULTS, Elaborated, Scope
from bpgen.algebra.split import Splitter, result_tensor
from bpgen.algebra.syntax import parse
from bpgen.algebra.syntax_tree import Name, ParsedEquation
from bpgen.algebra.system import Equation, Origin, Tensor

__all__ = ["Elaborated", "Scope", "elaborate", "read_equation"]


def elaborate(text: str, scope: Scope, *, role: str, origin: Origin, position: Position | None = None) -> Elaborated:
    """Flat equations of a text, in an order in which each reads only what stands before it.

    position: where the text begins in its file (see `SourceText`).  Raises EquationError, which points at
    file, line and column, for anything that does not parse, bind or fit.
    """
    source, parsed, boundaries, inferred = _read(text, scope, position)
    locals_ = [equation.name for equation in parsed]
    given: dict[str, Tensor] = {**scope.tensors, **inferred.parameters}
    tensors = dict(given)
    splitter = Splitter(scope.prefix, scope.layer, role, [*locals_, *scope.written_names])
    left = {equation.name: _left_indices(equation, inferred) for equation in parsed}
    carried = Carried.of(parsed, boundaries, left, source, splitter)
    builder = Builder(
        source, scope, tensors, inferred.extents, defined=frozenset(locals_), splitter=splitter, carried=carried
    )
    defined: dict[str, Tensor] = {}
    for equation in parsed:
        _check_name(equation, given | defined, scope, source)
        splitter.origin = replace(origin, position=equation.position) if position else origin
        axes, group = left[equation.name], carried.group(equation.name)
        for name in group:  # declared before it is read: of its values nothing is known but that they are real
            letter, full = scope.symbols.get(name, name), scope.system_name(name)
            tensors.setdefault(name, Tensor(full, left[name], role=role, symbol=letter, layer=scope.layer))
        splitter.carried = carried.inside.setdefault(group, {scope.system_name(name) for name in group})
        _read_boundaries(carried, group, builder, inferred)
        carried.reader = equation.name
        rhs = splitter.settle(builder.right_hand_side(equation.value, Bindings.of(axes)), axes, axes)
        tensor = tensors[equation.name] if group else _own_tensor(equation.name, axes, rhs, role, scope)
        splitter.define(tensor, rhs)
        tensors[equation.name] = defined[equation.name] = tensor
    _raise_problems(inferred)
    carried.check()
    result = _result(parsed, defined, role, source)
    return Elaborated(arrange(splitter.equations), inferred.parameters, result, defined)


def _own_tensor(name: str, axes: tuple[Index, ...], rhs: Expr, role: str, scope: Scope) -> Tensor:
    symbol = scope.symbols.get(name, name)
    return result_tensor(scope.system_name(name), axes, rhs, role=role, symbol=symbol, layer=scope.layer)


def _read_boundaries(carried: Carried, group: tuple[str, ...], builder: Builder, inferred: Inferred) -> None:
    """Build the boundary lines of a recurrence, before its first equation."""
    for boundary in carried.boundaries:
        borders = carried.borders.setdefault(boundary.tensor, {})
        if boundary.tensor in group and boundary.place not in borders:
            axes = _left_indices(boundary.equation, inferred)
            carried.reader = ""
            value = builder.right_hand_side(boundary.equation.value, Bindings.of(axes))
            if not (value.is_number or isinstance(value, Access)):
                value = carried.splitter.temporary(value, f"{boundary.tensor}0", axes)
            borders[boundary.place] = axes, value


def read_equation(text: str, scope: Scope, *, role: str = "forward", position: Position | None = None) -> Equation:
    """One equation as it is written: reductions stay nested, nothing is split.

    The left-hand side may be a tensor of the scope; else it is a new one.  What `print_equation` prints is
    read back as the same equation.  Raises EquationError.
    """
    source, parsed, boundaries, inferred = _read(text, scope, position)
    for other in (*parsed[1:], *(boundary.equation for boundary in boundaries)):
        raise source.error("one-equation", "only one equation is expected here", other.position, "remove the others")
    (equation,) = parsed
    tensors: dict[str, Tensor] = {**scope.tensors, **inferred.parameters}
    builder = Builder(source, scope, tensors, inferred.extents)
    axes = _left_indices(equation, inferred)
    rhs = builder.right_hand_side(equation.value, Bindings.of(axes))
    _raise_problems(inferred)
    existing = scope.tensors.get(equation.name)
    if existing is not None and len(existing.axes) != len(axes):
        message = f"`{equation.name}` has {len(existing.axes)} axes, but is defined with {len(axes)}"
        raise source.error("wrong-axes", message, equation.position, "give every axis an index")
    tensor = existing or _own_tensor(equation.name, axes, rhs, role, scope)
    return Equation(tensor, axes, rhs, tensor.role if existing else role)


@lru_cache(maxsize=256)
def _parsed(text: str, position: Position | None) -> tuple[ParsedEquation, ...]:
    # A network of a hundred equal layers reads one text a hundred times.
    return parse(text, position)


def _read(
    text: str, scope: Scope, position: Position | None
) -> tuple[SourceText, tuple[ParsedEquation, ...], tuple[Boundary, ...], Inferred]:
    source = SourceText(text, position)
    parsed, boundaries = separate(expand(_parsed(text, position), scope, source), scope, source)
    written = tuple(boundary.access for boundary in boundaries)
    every = (*parsed, *(boundary.equation for boundary in boundaries))
    return source, parsed, boundaries, infer(every, scope, source, written)


def _check_name(equation: ParsedEquation, tensors: dict[str, Tensor], scope: Scope, source: SourceText) -> None:
    name = equation.name
    if name in RESERVED:
        message = f"`{name}` has a meaning of its own and cannot be defined"
        raise source.error("reserved-name", message, equation.position, "choose another name")
    if name in tensors:
        what = {"input": "an input", "parameter": "a parameter"}.get(tensors[name].role, "defined before")
        message = f"`{name}` is assigned twice: it is already {what}"
        raise source.error("assigned-twice", message, equation.position, "give every value a name of its own")
    if name in scope.parameters:
        message = f"`{name}` is a parameter and cannot be defined by an equation"
        raise source.error("assigned-twice", message, equation.position, "give every value a name of its own")
    if scope.number(name) is not None:
        message = f"`{name}` is a number here and cannot be defined by an equation"
        raise source.error("assigned-twice", message, equation.position, "choose another name")


def _left_indices(equation: ParsedEquation, inferred: Inferred) -> tuple[Index, ...]:
    names = (item.name for item in equation.indices if isinstance(item, Name))
    return tuple(Index(name, inferred.extents[name]) for name in names)


def _raise_problems(inferred: Inferred) -> None:
    for problem in inferred.problems:
        raise problem


def _result(parsed: tuple[ParsedEquation, ...], defined: dict[str, Tensor], role: str, source: SourceText) -> Tensor:
    named = [equation for equation in parsed if equation.name in RESULTS]
    last = (named or parsed)[-1]
    if role != "update" and not named:
        wanted = "L" if role == "loss" else "y"
        message = f"no equation defines the result `{wanted}`{nearest(last.name, [wanted])}"
        raise source.error("no-result", message, last.position, f"call the result `{wanted}`; other names are local")
    result = defined[last.name]
    if role == "loss" and result.axes:
        shown = ", ".join(index.name for index in result.axes)
        message = f"a loss is one number, but `{last.name}` has axes [{shown}]"
        raise source.error("loss-axes", message, last.position, f"take the mean: {last.name} = mean[{shown}](...)")
    return result
