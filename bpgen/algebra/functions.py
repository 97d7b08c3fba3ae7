"""The scalar functions of the language that SymPy lacks, or differentiates as we must not.

Conditions are Iverson brackets: functions with the value 0 or 1 whose derivative is 0.  Kinks follow
PyTorch: the first of two equal arguments of `maximum` takes the gradient, so that the derivative of
max(0, z) at 0 is 0 and clip(x, a, b) = min(max(x, a), b) passes it at both ends.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy
from sympy import Expr, Function, Integer, Symbol

from bpgen.algebra.digits import index_range, join_digits, remainder
from bpgen.algebra.signs import is_undecided, settle_signs, split_positive

ONE, ZERO = Integer(1), Integer(0)


class RealFunction(Function):  # type: ignore[misc]
    """A real function of real arguments."""

    is_real = True
    is_commutative = True


class Bracket(RealFunction):
    """An Iverson bracket: 1 where its condition holds, else 0."""

    nargs = 2
    is_integer = True
    is_nonnegative = True

    @classmethod
    def holds(cls, difference: Expr) -> bool | None:
        """Whether the condition holds for left - right, where that can be decided."""
        raise NotImplementedError

    @classmethod
    def eval(cls, left: Expr, right: Expr) -> Expr | None:
        difference = left - right
        if difference.has(remainder):
            difference = join_digits(difference)
        decided = None if is_undecided(difference) else cls.holds(difference)
        if decided is None:
            decided = cls.holds_between(*index_range(difference))
        if decided is not None:
            return ONE if decided else ZERO
        if right == 0 or left == 0:  # [a x > 0] -> [x > 0] for a > 0
            positive, rest = split_positive(difference)
            if positive != 1:
                return cls(rest, ZERO) if right == 0 else cls(ZERO, -rest)
        return None

    @classmethod
    def holds_between(cls, low: int | None, high: int | None) -> bool | None:
        """The same for a difference that is known by its range alone."""
        raise NotImplementedError

    def _eval_power(self, exponent: Expr) -> Expr | None:
        if exponent.is_negative:  # [c]**-n -> 1/[c]
            return None if exponent == -1 else 1 / self
        return self if exponent.is_positive else None  # [c]**n -> [c]

    def fdiff(self, argindex: int = 1) -> Expr:
        return ZERO


class greater(Bracket):
    """[left > right]"""

    @classmethod
    def holds(cls, difference: Expr) -> bool | None:
        decided: bool | None = difference.is_extended_positive
        return decided

    @classmethod
    def holds_between(cls, low: int | None, high: int | None) -> bool | None:
        if low is not None and low > 0:
            return True
        return False if high is not None and high <= 0 else None


class greater_equal(Bracket):
    """[left >= right]"""

    @classmethod
    def holds(cls, difference: Expr) -> bool | None:
        decided: bool | None = difference.is_extended_nonnegative
        return decided

    @classmethod
    def holds_between(cls, low: int | None, high: int | None) -> bool | None:
        if low is not None and low >= 0:
            return True
        return False if high is not None and high < 0 else None


class equal(Bracket):
    """[left = right]"""

    @classmethod
    def holds(cls, difference: Expr) -> bool | None:
        decided: bool | None = difference.is_zero
        return decided

    @classmethod
    def holds_between(cls, low: int | None, high: int | None) -> bool | None:
        if low == high == 0:
            return True
        return False if (low is not None and low > 0) or (high is not None and high < 0) else None


def less(left: Expr, right: Expr) -> Expr:
    return greater(right, left)


def less_equal(left: Expr, right: Expr) -> Expr:
    return greater_equal(right, left)


def not_equal(left: Expr, right: Expr) -> Expr:
    return ONE - equal(left, right)


def _is_bracket(condition: Expr) -> bool:
    """Whether a condition is 0 or 1, as it is written."""
    return all(isinstance(factor, Bracket) for factor in sympy.Mul.make_args(condition))


class where(RealFunction):
    """where(condition, a, b): a where the condition (a bracket, 0 or 1) holds, else b.

    Only the chosen branch counts: the other may be infinite or undefined.
    """

    nargs = 3

    @classmethod
    def eval(cls, condition: Expr, chosen: Expr, otherwise: Expr) -> Expr | None:
        if condition == ONE or chosen == otherwise:
            return chosen
        if condition == ZERO:
            return otherwise
        if otherwise == ZERO and chosen.is_number and chosen.is_finite and _is_bracket(condition):
            return chosen * condition  # where(c, 1/4, 0) -> [c] / 4
        return None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        condition, chosen, otherwise = self.args
        return where(condition, chosen.diff(symbol), otherwise.diff(symbol))


class maximum(RealFunction):
    """max(a, b); where they are equal, the first takes the gradient."""

    nargs = 2

    @classmethod
    def eval(cls, first: Expr, second: Expr) -> Expr | None:
        if first == second or (first - second).is_extended_nonnegative:
            return first
        if (second - first).is_extended_nonnegative:
            return second
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        first, second = self.args
        return greater_equal(first, second) if argindex == 1 else greater(second, first)


class minimum(RealFunction):
    """min(a, b); where they are equal, the first takes the gradient."""

    nargs = 2

    @classmethod
    def eval(cls, first: Expr, second: Expr) -> Expr | None:
        if first == second or (second - first).is_extended_nonnegative:
            return first
        if (first - second).is_extended_nonnegative:
            return second
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        first, second = self.args
        return less_equal(first, second) if argindex == 1 else less(second, first)


class sign(RealFunction):
    """-1, 0 or 1; its derivative is 0 everywhere (no DiracDelta)."""

    nargs = 1

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        if argument.is_number:
            return sympy.sign(argument)
        positive, rest = split_positive(argument)
        return None if positive == 1 else cls(rest)

    def fdiff(self, argindex: int = 1) -> Expr:
        return ZERO


class absolute(RealFunction):
    """|x|; its derivative is sign(x), 0 at 0."""

    nargs = 1
    is_nonnegative = True

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        if argument.is_nonnegative:
            return argument
        if argument.is_number:
            return sympy.Abs(argument)
        positive, rest = split_positive(argument)
        return None if positive == 1 else positive * cls(rest)

    def fdiff(self, argindex: int = 1) -> Expr:
        return sign(self.args[0])


class stop(RealFunction):
    """stop(x): the value x, through which no gradient passes."""

    nargs = 1

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        return argument if argument.is_number else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return ZERO


class uniform(RealFunction):
    """uniform(seed, step, stream, position): a random number in [0, 1), always the same for the same arguments.

    `bpgen.algebra.random` says which.  It jumps from position to position, and its derivative is 0.
    """

    nargs = 4
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return ZERO


class Defined(RealFunction):
    """A function with a definition: SymPy differentiates the definition, not us."""

    nargs = 1

    @classmethod
    def definition(cls, argument: Expr) -> Expr:
        raise NotImplementedError

    def fdiff(self, argindex: int = 1) -> Expr:
        return _derivative_of_definition(type(self).__name__).xreplace({_ARGUMENT: self.args[0]})

    def _eval_evalf(self, prec: int) -> Expr | None:
        argument = self.args[0]
        return self.definition(argument)._evalf(prec) if argument.is_number else None


class sigmoid(Defined):
    """1 / (1 + exp(-x))"""

    is_positive = True

    @classmethod
    def definition(cls, argument: Expr) -> Expr:
        return 1 / (1 + sympy.exp(-argument))


class softplus(Defined):
    """log(1 + exp(x))"""

    is_positive = True

    @classmethod
    def definition(cls, argument: Expr) -> Expr:
        return sympy.log(1 + sympy.exp(argument))


class log1p(Defined):
    """log(1 + x), exact near 0"""

    @classmethod
    def definition(cls, argument: Expr) -> Expr:
        return sympy.log(1 + argument)


class expm1(Defined):
    """exp(x) - 1, exact near 0"""

    @classmethod
    def definition(cls, argument: Expr) -> Expr:
        return sympy.exp(argument) - 1


_ARGUMENT = Symbol("u", real=True)


@cache
def _derivative_of_definition(name: str) -> Expr:
    definition = FUNCTIONS[name].definition(_ARGUMENT)
    return logistic_form(definition.diff(_ARGUMENT), _ARGUMENT)


def logistic_form(expression: Expr, argument: Expr) -> Expr:
    """Write exp(u) and exp(-u) by s = sigmoid(u) where that removes the exponentials' sum.

    exp(u) = s / (1 - s) turns every rational function of exp(u) into one of s; it is kept where
    it has fewer operations, so exp(u) on its own stays what it is.
    """
    exponential = sympy.exp(argument)
    divisors = [power.base for power in expression.atoms(sympy.Pow) if power.exp.is_negative]
    if not any(divisor.has(exponential, 1 / exponential) for divisor in divisors):
        return expression
    atom = Symbol("s_logistic", positive=True)
    ratio = expression.replace(lambda part: part == 1 / exponential, lambda part: (1 - atom) / atom).xreplace(
        {exponential: atom / (1 - atom)}
    )
    if not ratio.has(atom):
        return expression
    candidate = settle_signs(sympy.factor(sympy.cancel(ratio)))
    if sympy.count_ops(candidate) < sympy.count_ops(expression):
        result: Expr = candidate.xreplace({atom: sigmoid(argument)})
        return result
    return expression


FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp, "log": sympy.log, "log1p": log1p, "expm1": expm1, "sqrt": sympy.sqrt,
    "abs": absolute, "sign": sign, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "atan": sympy.atan,
    "erf": sympy.erf, "sigmoid": sigmoid, "softplus": softplus, "stop": stop,
}  # fmt: skip
"""One-argument functions by their name in the language."""
