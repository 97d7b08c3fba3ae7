"""Make right-hand sides flat: what a flat equation cannot hold becomes a tensor of its own.

A flat right-hand side is c * reduction + d.  Everything that is not, such as tanh(sum[i](...) + c[o]),
is split at its largest parts that are.  So is a reduction that is the same for all values of an index:
x[b, i] - sum[j](x[b, j]) would compute its sum anew for every i.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, free_indices, is_affine
from bpgen.algebra.index import Index
from bpgen.algebra.system import Equation, Origin, Tensor


def is_flat(expression: Expr) -> bool:
    """At most one reduction, with a body without reductions, in which the expression is affine."""
    found = expression.atoms(Reduction)
    return not found or (len(found) == 1 and is_affine(expression, next(iter(found))))


def is_exponential_sum(expression: Expr) -> bool:
    return isinstance(expression, Reduction) and expression.op == "sum" and isinstance(expression.body, sympy.exp)


class Splitter:
    """Collects the equations of a text, temporaries before the equation that reads them."""

    def __init__(self, prefix: str, layer: str, role: str, taken: Iterable[str]) -> None:
        self.equations: list[Equation] = []
        self.origin = Origin()
        self._prefix, self._layer, self.role = prefix, layer, role
        self._taken = set(taken)
        self._made: dict[Expr, Access] = {}
        # Tensors of the recurrence that is being defined: what does not depend on them is kept out of its steps.
        self.carried: set[str] = set()

    def define(self, tensor: Tensor, rhs: Expr) -> None:
        self.equations.append(Equation(tensor, tensor.axes, rhs, self.role, self.origin))

    def temporary(self, expression: Expr, letter: str, order: tuple[Index, ...]) -> Expr:
        """An access to a new tensor with this value; equal values share one.

        order: every index in scope, left-hand ones first; the tensor's axes are those that occur.
        """
        if isinstance(expression, Access):
            return expression
        if expression in self._made:
            return self._made[expression]
        rhs = self.settle(expression, order, free_indices(expression))
        symbol = self._fresh_name(letter)
        axes = tuple(index for index in dict.fromkeys(order) if index in rhs.free_symbols)
        name = f"{self._prefix}.{symbol}" if self._prefix else symbol
        tensor = result_tensor(name, axes, rhs, role=self.role, symbol=symbol, layer=self._layer)
        self.define(tensor, rhs)
        if self._is_carried(rhs):
            self.carried.add(name)
        self._made[expression] = tensor.element
        return tensor.element

    def settle(self, expression: Expr, order: tuple[Index, ...], axes: Iterable[Index]) -> Expr:
        """The expression as a flat right-hand side of a tensor with these axes."""
        expression = self._without_steady(expression, order)
        while not (is_flat(expression) and _varies_with(expression, axes)):
            expression = self._split(expression, _next_part(expression), order)
        return expression

    def clear(self, expression: Expr, order: tuple[Index, ...]) -> Expr:
        """The expression without any reduction."""
        while expression.has(Reduction):
            expression = self._split(expression, next(_flat_parts(expression)), order)
        return expression

    def _without_steady(self, expression: Expr, order: tuple[Index, ...]) -> Expr:
        """The expression with tensors for sums that no step of the recurrence changes: sum[i](x[b, t, i] * W[j, i])."""
        if not expression.has(Reduction) or isinstance(expression, Reduction) or not self._is_carried(expression):
            return expression
        steady = [part for part in expression.args if part.has(Reduction) and not self._is_carried(part)]
        rest = [part for part in expression.args if part not in steady]
        if isinstance(expression, sympy.Add) and steady:  # with all that is added to it: a bias
            steady += [part for part in rest if part.has(Access) and not self._is_carried(part)]
            rest = [part for part in rest if part not in steady]
        if isinstance(expression, sympy.Add | sympy.Mul) and steady:
            taken = self.temporary(expression.func(*steady), "u", order)
            return expression.func(taken, *(self._without_steady(part, order) for part in rest))
        return expression.func(*(self._without_steady(part, order) for part in expression.args))

    def _is_carried(self, expression: Expr) -> bool:
        return bool(self.carried) and any(access.tensor in self.carried for access in expression.atoms(Access))

    def _split(self, expression: Expr, part: Expr, order: tuple[Index, ...]) -> Expr:
        """The expression with a tensor in place of a part, whose sign stays outside."""
        sign = -1 if isinstance(part, sympy.Mul) and part.could_extract_minus_sign() else 1
        return expression.xreplace({part: sign * self.temporary(sign * part, _letter(part, expression), order)})

    def name_of_derivative(self, name: str) -> str:
        """A name for a tensor that a derivative needs: an adjoint, d.x, keeps the name of what it is the adjoint of."""
        fresh = self._fresh_name(name if name.startswith("d.") else name.rpartition(".")[2])
        return f"{self._prefix}.{fresh}" if self._prefix else fresh

    def _fresh_name(self, letter: str) -> str:
        number, name = 1, letter
        while name in self._taken:
            number += 1
            name = f"{letter}{number}"
        self._taken.add(name)
        return name


def result_tensor(name: str, axes: tuple[Index, ...], rhs: Expr, **fields: Any) -> Tensor:
    """The tensor that an equation defines, with what its right-hand side says about its values."""
    whole = isinstance(rhs, Reduction) and rhs.op == "argmax"
    if whole:
        extent = sympy.Mul(*(index.extent for index in rhs.bound))
        return Tensor(name, axes, dtype="int32", classes=int(extent) if extent.is_Integer else None, **fields)
    return Tensor(name, axes, positive=_is_positive(rhs), **fields)


def _is_positive(expression: Expr) -> bool:
    """Whether all values are known to be positive."""
    return not _takes_any_sign(expression) and bool(expression.is_positive)


def _takes_any_sign(expression: Expr) -> bool:
    """Whether it is linear in a tensor of any sign that is read once, so that SymPy, which searches long, would not
    find it positive: a * x + b."""
    linear: list[str] = []
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, Access):
            symbol = node.args[0]
            linear += [node.tensor] if symbol.is_nonnegative is None and not symbol.is_integer else []
        elif isinstance(node, sympy.Add | sympy.Mul):
            pending += node.args
        elif isinstance(node, Reduction) and node.op == "sum":
            pending.append(node.body)
    read = Counter(node.tensor for node in sympy.preorder_traversal(expression) if isinstance(node, Access))
    return any(read[name] == 1 for name in linear)


def _varies_with(expression: Expr, axes: Iterable[Index]) -> bool:
    """Whether the reductions of an expression have all these indices."""
    return all(reduction.free_symbols.issuperset(axes) for reduction in expression.atoms(Reduction))


def _flat_parts(expression: Expr) -> Iterator[Expr]:
    """The largest parts that hold a reduction, are flat, and have no index that the reduction lacks."""
    if not expression.has(Reduction):
        return
    if is_flat(expression) and _varies_with(expression, free_indices(expression)):
        yield expression
        return
    for argument in expression.args:
        yield from _flat_parts(argument)


def _next_part(expression: Expr) -> Expr:
    """The part to split off next: one inside a nonlinearity if there is any, so that a sum may stay."""
    parts = list(_flat_parts(expression))
    mark = sympy.Dummy(real=True)
    for part in parts:
        if not is_affine(expression.xreplace({part: mark}), mark):
            return part
    return parts[0]


def _letter(part: Expr, expression: Expr) -> str:
    """z for what a function is applied to, S for a sum of exponentials, else t."""
    if is_exponential_sum(part):
        return "S"
    calls = expression.atoms(sympy.Function)
    return "z" if any(part in call.args for call in calls) else "t"
