"""Numbers with a name: eps of a normalisation stays eps, exactly, until code is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr, NumberSymbol, Rational

from bpgen.algebra.system import Equation


class NamedNumber(NumberSymbol):  # type: ignore[misc]
    """A positive number that formulas call by a name, as they do pi; two are equal when name and value are.

    symbol: its letter in formulas; owner: the layer that it belongs to, or the type of layers that all have it alike
    """

    is_real = True
    is_positive = True
    __slots__ = ("owner", "symbol", "value")
    owner: str
    symbol: str
    value: Rational

    def __new__(cls, owner: str, symbol: str, value: Rational) -> NamedNumber:
        number: NamedNumber = sympy.AtomicExpr.__new__(cls)
        number.owner, number.symbol, number.value = owner, symbol, value
        return number

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.owner, self.symbol, self.value

    @property
    def name(self) -> str:
        return f"{self.owner}.{self.symbol}"

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.name, str(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedNumber) and self._hashable_content() == other._hashable_content()

    def __hash__(self) -> int:
        return hash(self._hashable_content())

    def _as_mpf_val(self, precision: int) -> Any:
        return self.value._as_mpf_val(precision)

    def __float__(self) -> float:
        return float(self.value)

    def approximation_interval(self, number_cls: Any) -> tuple[Expr, Expr]:
        return self.value, self.value

    def _sympystr(self, printer: Any) -> str:
        return self.name


def with_values(expression: Expr) -> Expr:
    """The expression with the values of its named numbers."""
    named = {number: number.value for number in expression.atoms(NamedNumber)}
    return expression.xreplace(named) if named else expression


def valued(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """The equations with the values of their named numbers."""
    return tuple(replace(equation, rhs=with_values(equation.rhs)) for equation in equations)


def named_numbers(equations: Iterable[Equation]) -> tuple[NamedNumber, ...]:
    """Those that the equations speak of, by name."""
    found: set[NamedNumber] = set().union(*(equation.rhs.atoms(NamedNumber) for equation in equations))
    return tuple(sorted(found, key=lambda number: (number.name, number.value)))
