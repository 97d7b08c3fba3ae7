"""Equal forms of a rational expression over atoms, and the choice of the cheapest.

Accesses, reductions and functions are atoms here: what is left is a rational expression, which
SymPy's polynomial algebra rewrites well.  Results are kept by structure, so that equal layers are
simplified once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import sympy
from sympy import Expr, Symbol

from bpgen.algebra.expressions import Access, free_indices
from bpgen.algebra.functions import Bracket
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.signs import settle_signs
from bpgen.derive.cost import cost
from bpgen.derive.factor import factor
from bpgen.derive.innermost import innermost

# Above this many terms a full expansion costs more than it can find.
EXPANSION_LIMIT = 60


def as_rational(expression: Expr) -> Expr:
    """The cheapest rational form over what is not rational in it."""
    parted = _parted(expression)
    nodes = sorted(_atoms(expression, parted), key=sympy.default_sort_key)
    axes = free_indices(sympy.Tuple(*nodes))
    stands: dict[Expr, Expr] = {node: _stand(position, node, axes) for position, node in enumerate(nodes)}
    back = {stand: node for node, stand in stands.items()}
    for node, (atom, whole) in parted.items():
        if atom in stands:  # not within what is an atom itself
            stands[node] = stands[atom] * node.base.xreplace(stands) ** whole
    result: Expr = _cheapest_rational(expression.xreplace(stands)).xreplace(back)
    return result


def _parted(expression: Expr) -> dict[Expr, tuple[Expr, Expr]]:
    """t**(q - 1) -> t**q and -1, v**(3/2) -> v**(1/2) and 1 where v**(1/2) occurs: powers as one and whole others."""
    parted: dict[Expr, tuple[Expr, Expr]] = {}
    roots: dict[tuple[Expr, Expr], list[Expr]] = {}
    powers = sorted(expression.atoms(sympy.Pow), key=sympy.default_sort_key) if expression.has(sympy.Pow) else []
    for node in powers:
        number, rest = node.exp.as_coeff_Add()
        if rest != 0 and number != 0 and number.is_Integer:
            parted[node] = (node.base**rest, number)
        elif rest == 0 and number.is_Rational and not number.is_Integer:
            roots.setdefault((node.base, number - sympy.floor(number)), []).append(node)
    for alike in roots.values():
        least = min(alike, key=lambda node: (abs(node.exp), node.exp))
        parted |= {node: (least, node.exp - least.exp) for node in alike if node != least}
    return parted


def _atoms(expression: Expr, parted: Mapping[Expr, tuple[Expr, Expr]]) -> Iterator[Expr]:
    seen: set[Expr] = set()
    pending = [expression]
    while pending:
        node = pending.pop()
        if node in parted:
            pending += [node.base, parted[node][0]]
        elif isinstance(node, sympy.Add | sympy.Mul) or (isinstance(node, sympy.Pow) and node.args[1].is_Integer):
            pending.extend(node.args)
        elif not node.is_number and node not in seen:
            seen.add(node)
            yield node


def _stand(position: int, node: Expr, axes: Sequence[Index]) -> Symbol:
    """A symbol for an atom; its name tells on which of the axes the atom depends."""
    name = "".join([f"{position:03}", *(f".{n}" for n, axis in enumerate(axes) if axis in node.free_symbols)])
    if isinstance(node, Bracket):
        return Symbol(f"c{name}", integer=True, nonnegative=True)
    if node.is_positive:
        return Symbol(f"p{name}", positive=True)
    return Symbol(f"r{name}", real=True)


@lru_cache(maxsize=4096)
def _cheapest_rational(expression: Expr) -> Expr:
    best, lowest = expression, None
    whole = set(free_indices(_accessed(expression)))
    for candidate in _candidates(expression):
        signed = settle_signs(_idempotent(candidate))
        accessed = _accessed(signed)
        price = (cost(accessed), innermost(accessed, whole), digits_of(signed))
        if lowest is None or price < lowest:
            best, lowest = signed, price
    return best


def _candidates(expression: Expr) -> Iterator[Expr]:
    yield sympy.factor_terms(expression)
    yield expression
    if not expression.has(sympy.Add) or terms_of(expression) > EXPANSION_LIMIT:
        return
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if denominator.is_number or denominator.is_Symbol:
        flat = expanded = sympy.expand(expression)
    else:
        flat = sympy.cancel(expression)
        yield sympy.factor_terms(flat)
        expanded = sympy.expand(flat)
    yield flat
    yield collect_greedily(sympy.Add.make_args(expanded))
    yield factor(flat)
    yield sympy.factor_terms(collect_greedily(sympy.Add.make_args(sympy.expand(numerator)))) / denominator


def collect_greedily(terms: tuple[Expr, ...]) -> Expr:
    """A sum of products, with the factor that most terms share drawn out, again and again."""
    if len(terms) < 2:
        return sympy.Add(*terms)
    counts: dict[Expr, int] = {}
    for term in terms:
        for base in _drawn_from(term):
            counts[base] = counts.get(base, 0) + 1
    shared = [base for base, count in counts.items() if count > 1]
    if not shared:
        return sympy.Add(*terms)
    base = min(shared, key=lambda item: (-counts[item], sympy.default_sort_key(item)))
    with_base: list[Expr] = []
    without: list[Expr] = []
    for term in terms:
        has = base in _drawn_from(term)
        (with_base if has else without).append(term / base if has else term)
    inner = collect_greedily(tuple(with_base))
    if not without:
        return base * inner
    return base * inner + collect_greedily(tuple(without))


def _drawn_from(term: Expr) -> set[Expr]:
    """What a product can be divided by without a fraction: x**2/y -> x"""
    powers = (factor.as_base_exp() for factor in sympy.Mul.make_args(term))
    return {base for base, exponent in powers if not base.is_number and exponent.is_number and exponent >= 1}


def terms_of(expression: Expr) -> int:
    """How many terms a full expansion would have, roughly."""
    if isinstance(expression, sympy.Add):
        return sum(terms_of(argument) for argument in expression.args)
    if isinstance(expression, sympy.Mul):
        return math.prod(terms_of(argument) for argument in expression.args)
    if isinstance(expression, sympy.Pow) and expression.args[1].is_Integer:
        return int(terms_of(expression.args[0]) ** min(abs(int(expression.args[1])), 6))
    return 1


def _idempotent(expression: Expr) -> Expr:
    """[c]**n -> [c]"""
    powers = {
        node: node.args[0]
        for node in expression.atoms(sympy.Pow)
        if node.args[0].is_Symbol and node.args[0].name.startswith("c") and node.args[1].is_positive
    }
    result: Expr = expression.xreplace(powers)
    return result


def _accessed(expression: Expr) -> Expr:
    """Accesses in place of stands: sizes (plain symbols that are no stands) are free, stands are not."""
    stands = {
        symbol: Access(
            Symbol(symbol.name, **({"positive": True} if symbol.is_positive else {"real": True})),
            *(Index(axis, BATCH) for axis in symbol.name.split(".")[1:]),
        )
        for symbol in expression.free_symbols
        if not isinstance(symbol, Index) and symbol.name != "B"
    }
    result: Expr = expression.xreplace(stands)
    return result


def digits_of(expression: Expr) -> int:
    """How long the long numbers of an expression are: of forms of one cost, 1 + 0.134145*z is read sooner than
    (200000 + 26829*z)/200000."""
    numbers = (node for node in sympy.preorder_traversal(expression) if node.is_Rational)
    return sum(len(digits) for number in numbers for digits in (str(number.p), str(number.q)) if len(digits) > 2)
