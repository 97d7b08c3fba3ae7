"""random(i, j, ...): a number for each value of the indices, fresh in each step."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Integer

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.functions import uniform
from bpgen.algebra.index import Index
from bpgen.algebra.syntax_tree import Call

if TYPE_CHECKING:
    from bpgen.algebra.build import Builder


def build_random(node: Call, bindings: Bindings, builder: Builder) -> Expr:
    """random(i, j, ...) -> uniform(seed, step, stream, position).

    The stream follows from the layer and from how many random(...) its text has before this one, the position is
    the row-major one of the indices.  uniform(...) itself is what is printed, and read back.  Raises EquationError.
    """
    if node.keywords:
        raise builder.error("argument-count", f"`{node.name}` takes no named arguments", node)
    values = [builder.value(argument, bindings) for argument in node.arguments]
    if node.name == "uniform":
        if len(values) != 4:
            message = f"`uniform` takes 4 arguments, but is given {len(values)}"
            raise builder.error("argument-count", message, node, "seed, step, stream and position; or write random(i)")
        return uniform(*values[:3], sympy.expand(values[3]))
    if builder.scope.random is None:
        raise builder.error("not-here", "`random` is for the equations of layers and losses", node, name="random")
    position: Expr = Integer(0)
    for argument, index in zip(node.arguments, values, strict=True):
        if not isinstance(index, Index):
            help = "such as random(b, i): a number for each b and i"
            raise builder.error("index-name", "`random` runs over names of indices", argument, help)
        position = position * index.extent + index
    builder.streams += 1
    stream = zlib.crc32(f"{builder.scope.prefix}#{builder.streams}".encode())
    seed, step = builder.scope.random
    return uniform(seed[()], step[()], Integer(stream), sympy.expand(position))
