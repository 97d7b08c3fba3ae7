"""Function calls: functions of one argument, max and min of several, where, and activations by definition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from bpgen.algebra.activations import DEFINITIONS
from bpgen.algebra.bindings import Bindings
from bpgen.algebra.build_derivative import build_derivative
from bpgen.algebra.build_random import build_random
from bpgen.algebra.build_reductions import REDUCTIONS
from bpgen.algebra.diagnose import nearest
from bpgen.algebra.errors import EquationError
from bpgen.algebra.functions import FUNCTIONS, maximum, minimum
from bpgen.algebra.split import is_exponential_sum
from bpgen.algebra.syntax import parse
from bpgen.algebra.syntax_tree import Call, Node

if TYPE_CHECKING:
    from bpgen.algebra.build import Builder

SEVERAL = ("max", "min", "where")
RANDOM = ("random", "uniform")


def build_call(node: Call, bindings: Bindings, builder: Builder) -> Expr:
    """name(arguments).  Raises EquationError for an unknown name or a wrong number of arguments."""
    name = node.name
    if name == "d":
        return build_derivative(node, bindings, builder)
    if name in DEFINITIONS:
        return _defined(node, bindings, builder)
    if name in RANDOM:
        return build_random(node, bindings, builder)
    if name not in FUNCTIONS and name not in SEVERAL:
        raise _no_function(node, builder)
    if node.keywords:
        raise _count(node, "takes no named arguments", builder)
    if name in FUNCTIONS:
        if len(node.arguments) != 1:
            raise _count(node, "takes 1 argument", builder)
        return _function(name, builder.value(node.arguments[0], bindings), bindings, builder)
    if name == "where":
        if len(node.arguments) != 3:
            raise _count(node, "takes 3 arguments: where(condition, value, otherwise)", builder)
        condition, chosen, otherwise = node.arguments
        return builder.choice(condition, chosen, otherwise, bindings)
    if len(node.arguments) < 2:
        raise _count(node, f"takes 2 arguments or more; over an index it is {name}[i](...)", builder)
    first, *others = (builder.argument(argument, bindings) for argument in node.arguments)
    for other in others:
        first = (maximum if name == "max" else minimum)(first, other)
    return first


def _function(name: str, argument: Expr, bindings: Bindings, builder: Builder) -> Expr:
    if name == "log" and is_exponential_sum(argument) and builder.splitter is not None:
        total = builder.splitter.temporary(argument, "S", bindings.order)
        return builder.splitter.temporary(sympy.log(total), "lse", bindings.order)
    value: Expr = FUNCTIONS[name](builder.settled(argument, "z", bindings))
    return value


def _no_function(node: Call, builder: Builder) -> EquationError:
    name = node.name
    if name in REDUCTIONS:
        message = f"`{name}` needs the indices it runs over"
        return builder.error("missing-indices", message, node, f"write {name}[i](...)", name=name)
    if name in builder.tensors or name in builder.defined:
        return builder.error("not-a-function", f"`{name}` is a tensor", node, f"write {name}[...]", name=name)
    known = {*FUNCTIONS, *DEFINITIONS, *SEVERAL, *REDUCTIONS, "d", "random"}
    message = f"unknown function `{name}`{nearest(name, known)}"
    return builder.error("unknown-function", message, node, f"functions are {', '.join(sorted(known))}", name=name)


def _count(node: Call, takes: str, builder: Builder) -> EquationError:
    given = len(node.arguments) + len(node.keywords)
    return builder.error("argument-count", f"`{node.name}` {takes}, but is given {given}", node)


def _defined(node: Call, bindings: Bindings, builder: Builder) -> Expr:
    """A function with a definition in the language: its text with the arguments put in."""
    parameters, text = DEFINITIONS[node.name]
    names = [name for name, _ in parameters]
    given: dict[str, Node] = dict(zip(names, node.arguments, strict=False))
    unknown = [name for name, _ in node.keywords if name not in names or name in given]
    given |= dict(node.keywords)
    missing = [name for name, default in parameters if default is None and name not in given]
    if unknown or missing or len(node.arguments) > len(names):
        shown = ", ".join(name if default is None else f"{name}={default}" for name, default in parameters)
        raise _count(node, f"is {node.name}({shown})", builder)
    given |= {name: _read(default) for name, default in parameters if default is not None and name not in given}
    values = {name: builder.argument(given[name], bindings) for name in names}
    return builder.value(_read(text), Bindings({}, values))


@cache
def _read(text: str) -> Node:
    (equation,) = parse(f"y = {text}")
    return equation.value
