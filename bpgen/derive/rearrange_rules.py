"""Rules of school algebra, each as the first move of a path between two rational expressions that are equal.

    factor                  c a + c b = c (a + b)
    cancel                  (a - b) / (b - a) = -1
    multiply_out            c (a + b) = c a + c b
    over_one_denominator    a / c + b / d = (a d + b c) / (c d)

Each rule takes both expressions and finds the rest of the path by `between`; it gives None where it does not apply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import sympy
from sympy import Expr

from bpgen.derive.moves import Between, Move, Path, Said, describe, listed, turned

# Not more terms than this come of multiplying out.
EXPANSION_LIMIT = 200
# SymPy's algebra of fractions takes its time: not of more operations than this.
LARGEST_FRACTION = 300


def atoms_of(expression: Expr) -> Iterator[Expr]:
    """What algebra does not open."""
    if isinstance(expression, sympy.Add | sympy.Mul) or (
        isinstance(expression, sympy.Pow) and expression.exp.is_Integer
    ):
        for argument in expression.args:
            yield from atoms_of(argument)
    elif not expression.is_number:
        yield expression


def factors_of(product: Expr) -> list[Expr]:
    """The factors, a power in as many as it has."""
    found: list[Expr] = []
    for factor in sympy.Mul.make_args(product):
        base, exponent = factor.as_base_exp()
        if exponent.is_Integer and not base.is_number:
            found += [base if exponent > 0 else 1 / base] * abs(int(exponent))
        else:
            found.append(factor)
    return found


# --- factors


def factor(before: Expr, after: Expr, between: Between) -> Path | None:
    """Factors of one side that all terms of the other have."""
    if isinstance(before, sympy.Add):
        path = _take_out(before, after, between)
        if path is not None:
            return path
    if isinstance(after, sympy.Add):
        path = _take_out(after, before, between)
        if path is not None:
            return turned(after, path)
    return None


def _take_out(total: Expr, other: Expr, between: Between) -> Path | None:
    """The path from a sum to an expression that has a factor of all its terms."""
    terms = [Counter(factors_of(term)) for term in total.args]
    shared = Counter(factors_of(other))
    for term in terms:
        shared &= term
    numbers = [factor for factor in factors_of(other) if factor.is_number]
    taken = [factor for factor in shared.elements() if not factor.is_number]
    signed = bool(numbers) and (numbers[0].is_negative or bool(taken) or len(factors_of(other)) > 2)
    factor = sympy.Mul(*taken, *(numbers if signed else []))
    if factor == 1 or (not taken and len(factors_of(other)) < 3):
        return None
    inner = sympy.Add(*(term / factor for term in total.args))
    if _terms(inner) > EXPANSION_LIMIT:
        return None
    following = factor * inner
    rest = between(following, other)
    if rest is None or following == total:
        return None
    named = describe(factor)
    move = Move(
        following,
        Said("factor out", f"{named} is a factor of every term" if named else "what every term has as a factor"),
        Said("multiply out", f"{named} goes to every term" if named else "the factor goes to every term"),
    )
    return (move, *rest)


def cancel(before: Expr, after: Expr, between: Between) -> Path | None:
    """Factors above and below a line of fraction that differ in their sign at most."""
    for one, other, back in ((before, after, False), (after, before, True)):
        factors = factors_of(one)
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if not isinstance(base, sympy.Add) or exponent != 1:
                continue
            below = 1 / sympy.Add(*(-term for term in base.args))
            if below in factors:
                rest = list(factors)
                rest.remove(factor)
                rest.remove(below)
                following = -sympy.Mul(*rest)
                path = between(following, other)
                if path is None:
                    return None
                said = describe(base)
                move = Move(
                    following,
                    Said(
                        "cancel",
                        f"{said} stands above and, with the other sign, below" if said else "a factor above and below",
                    ),
                    Said("extend", f"the fraction by {said}" if said else "the fraction by a factor"),
                )
                found = (move, *path)
                return turned(one, found) if back else found
    return None


# --- sums of products


def multiply_out(before: Expr, after: Expr, between: Between) -> Path | None:
    """One product of sums multiplied out, on the side that has one; first on the side that is a product."""
    sides = [(before, after, False), (after, before, True)]
    sides.sort(key=lambda side: not isinstance(side[0], sympy.Mul))
    for one, other, back in sides:
        for place, term in enumerate(sympy.Add.make_args(one)):
            expanded = _expanded_once(term)
            if expanded is None:
                continue
            others = [*sympy.Add.make_args(one)]
            del others[place]
            following = sympy.Add(*others, expanded)
            path = between(following, other) if following != one else None
            if path is None:
                return None
            found = (_distribution(term, following), *path)
            return turned(one, found) if back else found
    return None


def _distribution(term: Expr, following: Expr) -> Move:
    """What is said of a product that is multiplied out, and of the way back."""
    factors = sympy.Mul.make_args(term)
    sums = [factor for factor in factors if factor.as_base_exp()[0].is_Add and factor.as_base_exp()[1].is_positive]
    below = sympy.Mul(*(1 / factor for factor in factors if factor.as_base_exp()[1].is_negative))
    if below != 1 and all(sympy.fraction(part)[1] == 1 for total in sums for part in total.args):
        over = describe(below)
        back = Said("combine fractions", f"over {over}" if over else "over one denominator")
        return Move(following, Said("split the fraction", "term by term"), back)
    said = listed(sums)
    return Move(
        following,
        Said("multiply out", said or "the product of sums"),
        Said("factor out", f"{said} is what the terms share" if said else "what the terms share"),
    )


def _expanded_once(term: Expr) -> Expr | None:
    """A product with its sums multiplied out; None where it has none, or too many terms would come of it."""
    if not isinstance(term, sympy.Mul | sympy.Pow) or _terms(term) > EXPANSION_LIMIT or _terms(term) == 1:
        return None
    expanded: Expr = sympy.expand(term, deep=False)
    return None if expanded == term else expanded


def _terms(expression: Expr) -> int:
    """How many terms multiplying out gives, on the outer level."""
    if isinstance(expression, sympy.Add):
        return len(expression.args)
    count = 1
    for factor in sympy.Mul.make_args(expression):
        base, exponent = factor.as_base_exp()
        if isinstance(base, sympy.Add) and exponent.is_Integer and exponent > 0:
            count *= len(base.args) ** int(exponent)
    return count


# --- fractions


def over_one_denominator(before: Expr, after: Expr, between: Between) -> Path | None:
    """Both sides as one fraction in lowest terms."""
    one, other = _single_fraction(before), _single_fraction(after)
    if one is None or other is None:
        return None
    start, end = one[-1].after if one else before, other[-1].after if other else after
    if not one and not other:
        return None
    middle = between(start, end)
    return None if middle is None else (*one, *middle, *turned(after, other))


def _single_fraction(expression: Expr) -> Path | None:
    """The path to a fraction without fractions in it, reduced; None where it has no denominators that matter."""
    if _terms(expression) > EXPANSION_LIMIT or sympy.count_ops(expression) > LARGEST_FRACTION:
        return None
    path: Path = ()
    place = expression
    together = _on_stands(sympy.together, place)
    if together != place:
        below = describe(sympy.fraction(together)[1])
        path += (
            Move(
                together,
                Said("combine fractions", f"over {below}" if below else "over one denominator"),
                Said("split the fraction", "term by term"),
            ),
        )
        place = together
    reduced = _on_stands(_in_lowest_terms, place)
    if reduced != place:
        path += (
            Move(reduced, Said("cancel", "what stands above and below"), Said("extend", "the fraction by a factor")),
        )
    return path


def _in_lowest_terms(fraction: Expr) -> Expr:
    above, below = sympy.fraction(sympy.cancel(fraction))
    return above / sympy.factor(below)


def _on_stands(rewrite: Callable[[Expr], Expr], expression: Expr) -> Expr:
    """A rewrite of SymPy's with symbols in place of the atoms."""
    atoms = sorted(set(atoms_of(expression)), key=sympy.default_sort_key)
    stands = {atom: sympy.Symbol(f"r{place:03}", real=True) for place, atom in enumerate(atoms)}
    result: Expr = rewrite(expression.xreplace(stands)).xreplace({stand: atom for atom, stand in stands.items()})
    return result


RULES = (factor, cancel, multiply_out, over_one_denominator)
