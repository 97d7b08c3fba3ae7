"""Equation text -> flat equations over tensors of the system."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.build import Builder
from bpgen.algebra.diagnose import SourceText, nearest
from bpgen.algebra.errors import Position
from bpgen.algebra.expand import expand
from bpgen.algebra.index import Index
from bpgen.algebra.infer import Inferred, infer
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
    source, parsed, inferred = _read(text, scope, position)
    locals_ = [equation.name for equation in parsed]
    tensors: dict[str, Tensor] = {**scope.tensors, **inferred.parameters}
    splitter = Splitter(scope.prefix, scope.layer, role, [*locals_, *scope.written_names])
    builder = Builder(source, scope, tensors, inferred.extents, defined=frozenset(locals_), splitter=splitter)
    defined: dict[str, Tensor] = {}
    for equation in parsed:
        _check_name(equation, tensors, scope, source)
        splitter.origin = replace(origin, position=equation.position) if position else origin
        axes = _left_indices(equation, inferred)
        rhs = splitter.settle(builder.right_hand_side(equation.value, Bindings.of(axes)), axes, axes)
        symbol = scope.symbols.get(equation.name, equation.name)
        tensor = result_tensor(
            scope.system_name(equation.name), axes, rhs, role=role, symbol=symbol, layer=scope.layer
        )  # fmt: skip
        splitter.define(tensor, rhs)
        tensors[equation.name] = defined[equation.name] = tensor
    _raise_problems(inferred)
    result = _result(parsed, defined, role, source)
    return Elaborated(tuple(splitter.equations), inferred.parameters, result, defined)


def read_equation(text: str, scope: Scope, *, role: str = "forward", position: Position | None = None) -> Equation:
    """One equation as it is written: reductions stay nested, nothing is split.

    The left-hand side may be a tensor of the scope; else it is a new one.  What `print_equation` prints is
    read back as the same equation.  Raises EquationError.
    """
    source, parsed, inferred = _read(text, scope, position)
    if len(parsed) > 1:
        raise source.error(
            "one-equation", "only one equation is expected here", parsed[1].position, "remove the others"
        )
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
    tensor = existing or result_tensor(
        scope.system_name(equation.name), axes, rhs, role=role, symbol=equation.name, layer=scope.layer
    )  # fmt: skip
    return Equation(tensor, axes, rhs, tensor.role if existing else role)


@lru_cache(maxsize=256)
def _parsed(text: str, position: Position | None) -> tuple[ParsedEquation, ...]:
    # A network of a hundred equal layers reads one text a hundred times.
    return parse(text, position)


def _read(
    text: str, scope: Scope, position: Position | None
) -> tuple[SourceText, tuple[ParsedEquation, ...], Inferred]:
    source = SourceText(text, position)
    parsed = expand(_parsed(text, position), scope, source)
    return source, parsed, infer(parsed, scope, source)


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
