"""Digits that no loop can be split into are looked up in tables of integers.

    y[b, i] = x[b, i // 2] * w[(i + 1) // 3]  ->  table[e] = e // 3;  y[b, i] = x[b, i // 2] * w[table[i + 1]]

So it is with the digits of an index that is read in another number system already, with those of several indices
outside of a sum, and inside a recurrence, whose steps are to remain one loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import index_range, quotient, remainder
from bpgen.algebra.expressions import Access, accesses, free_indices
from bpgen.algebra.functions import where
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, Tensor
from bpgen.lower.names import free_name
from bpgen.lower.schedule import Buffer

Refuse = Callable[[str], Exception]


@dataclass
class Tables:
    """The tables that equations read.  tensors, buffers: grow by them; made: the equations, each after what it reads"""

    tensors: dict[str, Tensor]
    buffers: dict[str, Buffer]
    made: list[Equation] = field(default_factory=list)
    known: dict[Expr, Tensor] = field(default_factory=dict)

    def looked_up(self, expression: Expr, strays: Collection[Expr], refuse: Refuse) -> Expr:
        """The expression with the given quotients and remainders, and the indices that hold them, from tables."""
        if not strays:
            return expression
        table = {access: self._access(access, strays, refuse) for access in accesses(expression) if access.has(*strays)}
        apart = _outside(expression, table)
        table |= {node: self._digit(node, refuse) for node in _sorted(strays) if node in apart}
        found: Expr = expression.xreplace(table)
        return found

    def _access(self, access: Access, strays: Collection[Expr], refuse: Refuse) -> Expr:
        """x[(i + 1) // 3] -> x[table[i + 1]], where the brackets of being inside hold; elsewhere 0."""
        indices = []
        conditions = access.inside()
        if 0 in conditions:  # it never lies inside
            return Integer(0)
        for place in access.indices:
            own = [condition for condition in conditions if condition.has(place)]
            if not place.has(*strays):
                indices.append(place)
            elif isinstance(place, Access):
                inner = self._access(place, strays, refuse)
                if not isinstance(inner, Access | Integer):
                    raise refuse(f"the index {place}, which may lie outside of its tensor")
                indices.append(inner)
            elif place in strays and not own:
                indices.append(self._digit(place, refuse))
            else:  # where the place lies outside, the table says 0
                indices.append(self._values(where(sympy.Mul(*own), place, Integer(0)), refuse))
        read = Access(access.args[0], *indices)
        inside = [condition for condition in conditions if condition.has(*strays)]
        return where(self.looked_up(sympy.Mul(*inside), strays, refuse), read, Integer(0)) if inside else read

    def _digit(self, node: Expr, refuse: Refuse) -> Access:
        """(i + 1) // 3 -> table[i + 1], with a table that begins at the least value of i + 1."""
        value, divisor = node.args
        low, high = index_range(value)
        if low is None or high is None:
            raise refuse(f"{node}, digits of an index that runs over the batch")
        place = value - low
        if value.has(quotient, remainder):
            place = self._values(place, refuse)
        every = Index("e", high - low + 1)
        return self._table(node.func(every + low, divisor), (every,))[place]

    def _values(self, value: Expr, refuse: Refuse) -> Access:
        """The element of a table of an expression's values, over all indices that it has."""
        indices = free_indices(value)
        if not all(index.extent.is_Integer for index in indices):
            raise refuse(f"{value}, digits of an index that runs over the batch")
        own = tuple(Index(f"e{n}", int(index.extent)) for n, index in enumerate(indices))
        return self._table(value.xreplace(dict(zip(indices, own, strict=True))), own)[tuple(indices)]

    def _table(self, value: Expr, axes: tuple[Index, ...]) -> Tensor:
        if value not in self.known:
            name = free_name(["table"], self.buffers)
            # Other integers are known to be no less than 0, and conditions on them settled by that.
            least, most = (0, None) if value.has(where) else index_range(value)
            negative = least is None or least < 0
            classes = None if negative or most is None else most + 1
            tensor = Tensor(name, axes, "int32", "forward", classes=classes, ignored=-1 if negative else None)
            self.known[value] = self.tensors[name] = tensor
            self.buffers[name] = Buffer(name, tensor.shape, "int32", "workspace")
            self.made.append(Equation(tensor, axes, value))
        return self.known[value]


def _outside(expression: Expr, skipped: Collection[Expr]) -> set[Expr]:
    """The parts of an expression but for those of some accesses.

    The expression stays as it is: with other parts a sum would have other names for its indices, and two branches that
    look alike would be one.
    """
    found: set[Expr] = set()
    walk = sympy.preorder_traversal(expression)
    for node in walk:
        found.add(node)
        if node in skipped:
            walk.skip()
    return found


def _sorted(strays: Collection[Expr]) -> list[Expr]:
    return sorted(strays, key=sympy.default_sort_key)
