"""Why a rewrite of sums holds: what leaves a sum, what is split, what is known, one move at a time.

`SumRules` takes a sum to its cheapest form at once.  Here the way there is found again in moves: inner sums first,
then linearity, then what is known of the sums that are left, each by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index
from bpgen.derive.definitions import Definitions
from bpgen.derive.forms import cheapest
from bpgen.derive.moves import Move, Path, Said, describe, lifted, listed
from bpgen.derive.rearrange import rearrange
from bpgen.derive.sums import EXPANSION_LIMIT, SumRules, components

# A sum inside of this many others is explained in one move.
DEEPEST = 6
CANCELS = ", which cancels"


class SumMoves:
    """The moves that lead from expressions to what folding and the rules of sums make of them."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions

    def folds(self, before: Expr, after: Expr) -> Path:
        """From an expression to what folding makes of it, one tensor after another."""
        path: list[Move] = []
        place = before
        while place != after:
            move = self._fold_once(place)
            if move is None or move.after == place or len(path) > len(before.args) + 40:
                path.append(Move(after, Said("fold", "computed by the forward pass"), Said("unfold", "by definition")))
                break
            path.append(move)
            place = move.after
        return tuple(path)

    def _fold_once(self, place: Expr) -> Move | None:
        """The largest part that one tensor holds; where there is none, the smallest that several do."""
        several: Move | None = None
        for node in sorted(_parts(place), key=lambda part: (-sympy.count_ops(part), sympy.default_sort_key(part))):
            folded, used = self.definitions.fold(node)
            if not used:
                continue
            reason = "; ".join(self._defined(name) for name in used)
            after = place.xreplace({node: folded})
            if not any(access.tensor in used for access in folded.atoms(Access)):
                reason += CANCELS
            move = Move(after, Said("fold", reason), Said("unfold", reason))
            if len(used) == 1:
                return move
            several = move
        return several

    def _defined(self, name: str) -> str:
        """What a tensor is by its definition, in words."""
        equation = self.definitions.equations.get(name)
        said = describe(equation.rhs) if equation is not None else ""
        return f"`{name}` is {said}" if said else f"the forward pass has computed it as `{name}`"

    def divisions(self, before: Expr) -> Path:
        """u written as n / r, one tensor u after another."""
        mapping: dict[Expr, Expr] = {}
        path: list[Move] = []
        for node, divided in self.definitions.products.quotients_in(before):
            mapping[node] = divided
            said = Said("divide", f"{describe(node)} is {describe(divided) or 'a quotient'}")
            back = Said("multiply", f"{describe(divided) or 'the quotient'} is {describe(node)}")
            path.append(Move(before.xreplace(dict(mapping)), said, back))
        return tuple(path)

    def sums(self, before: Expr, depth: int = 0) -> Path:
        """From an expression to what the rules of sums make of it."""
        path: Path = ()
        place = before
        for reduction in _outermost(before):
            if reduction.op == "sum":
                part = self._sum(reduction, depth)
                path += lifted(part, _for(place, reduction))
                place = path[-1].after if path else before
        return path

    def _sum(self, reduction: Reduction, depth: int) -> Path:
        rules = SumRules(self.definitions)
        target = rules.apply(reduction)
        if target == reduction:
            return ()
        bound, body = open_reduction(reduction)
        within = self.sums(body, depth + 1) if depth < DEEPEST else ()
        inner = within[-1].after if within else body
        folded, _ = self.definitions.fold(inner)
        within += self.folds(inner, folded)
        for form, path in self._forms(folded):
            found = self._total(form, bound, target, depth)
            if found is not None:
                start = lifted((*within, *path), lambda part: Reduction("sum", part, *bound))
                return (*start, *found)
        return (_by_rules(reduction, target, rules),)

    def _forms(self, body: Expr) -> Iterable[tuple[Expr, Path]]:
        """The body as it stands, in its cheapest form, and multiplied out."""
        yield body, ()
        collected = cheapest(body)
        path = rearrange(body, collected)
        if path:
            yield collected, path
        expanded = sympy.expand(body)
        path = rearrange(body, expanded) if len(sympy.Add.make_args(expanded)) <= EXPANSION_LIMIT else None
        if path is not None:
            yield expanded, path

    def _total(self, body: Expr, bound: tuple[Index, ...], target: Expr, depth: int) -> Path | None:
        """From the sum of a body to the target, by linearity and what is known of the sums then left."""
        whole = Reduction("sum", body, *bound)
        terms = sympy.Add.make_args(body)
        path: list[Move] = []
        parts = [sum_over(term, bound) for term in terms]
        if len(parts) > 1:
            split = sympy.Add(*parts)
            path.append(Move(split, Said("split the sum", "term by term"), Said("join the sums", "term by term")))
        for place, term in enumerate(terms):
            for move in self._term(term, bound, depth):
                parts[place] = move.after
                following, said = sympy.Add(*parts), move.said
                fewer = len(following.args) < len(path[-1].after.args if path else ())
                if fewer and not said.reason.endswith(CANCELS):
                    said = replace(said, reason=said.reason + CANCELS)
                path.append(Move(following, said, move.back))
        end = path[-1].after if path else whole
        rest = rearrange(end, target)
        return None if rest is None else tuple(move for move in (*path, *rest))

    def _term(self, term: Expr, bound: tuple[Index, ...], depth: int) -> Path:
        """The sum of a product: what does not depend on the indices leaves it, and separate indices part."""
        factors = sympy.Mul.make_args(term)
        outside = [factor for factor in factors if not factor.free_symbols.intersection(bound)]
        inside = [factor for factor in factors if factor.free_symbols.intersection(bound)]
        coefficient = sympy.Mul(*outside)
        groups = [(sympy.Mul(*parts), indices) for parts, indices in components(inside, bound)]
        left = [sum_over(part, indices) for part, indices in groups]
        path: list[Move] = []
        start = sum_over(term, bound)
        moved = coefficient * sum_over(sympy.Mul(*inside), bound)
        if moved != start:
            said = listed(outside)
            reason = f"{said}, the same for every term" if said else "what is the same for every term"
            path.append(Move(moved, Said("move out of the sum", reason), Said("move into the sum", reason)))
        apart = coefficient * sympy.Mul(*left)
        if len(groups) > 1 and apart != moved:
            path.append(Move(apart, Said("separate the sums", "no factor has both indices"), Said("join the sums", "")))
        for place, part in enumerate(left):
            rest = left[:place], left[place + 1 :]
            for move in self._known(part, whole=start, depth=depth):
                left[place] = move.after
                path.append(Move(coefficient * sympy.Mul(*rest[0], move.after, *rest[1]), move.said, move.back))
        return tuple(path)

    def _known(self, part: Expr, whole: Expr, depth: int) -> Path:
        """What the rules say of one sum that linearity has left."""
        if not isinstance(part, Reduction):
            return ()
        if part != whole and depth < DEEPEST and isinstance(part.body, sympy.Add | sympy.Mul):
            return self._sum(part, depth + 1)
        rules = SumRules(self.definitions)
        known = rules.apply(part)
        if known == part:
            return ()
        return self._by_definition(part, known, depth) or (_by_rules(part, known, rules),)

    def _by_definition(self, part: Reduction, known: Expr, depth: int) -> Path | None:
        """sum[j](p[j]) -> sum[j](e[j]/S) -> sum[j](e[j])/S -> S/S -> 1"""
        bound, body = open_reduction(part)
        base, power = body.as_base_exp()
        definition = self.definitions.unfold(base) if isinstance(base, Access) and depth < DEEPEST else None
        if definition is None or not power.is_Integer:
            return None
        unfolded = definition**power
        first = Reduction("sum", unfolded, *bound)
        if first == part or not isinstance(first, Reduction):
            return None
        start = Move(first, Said("write out", f"`{base.tensor}` by its definition"), Said("fold", f"`{base.tensor}`"))
        for form, path in self._forms(unfolded):
            rest = self._total(form, bound, known, depth + 1)
            if rest is not None:
                return (start, *lifted(path, lambda inner: Reduction("sum", inner, *bound)), *rest)
        return None


def _by_rules(before: Expr, after: Expr, rules: SumRules) -> Move:
    """What the rules make of a sum at once."""
    rule = "contract" if before.count(equal) > after.count(equal) else "sum"
    reason = "; ".join(dict.fromkeys(rules.reasons)) or "what does not depend on the index leaves the sum"
    return Move(after, Said(rule, reason), Said(rule, reason))


def _parts(expression: Expr) -> Iterable[Expr]:
    """What may be held by a tensor, with products for ratios."""
    kinds = (sympy.Function, sympy.Pow, sympy.Mul, Reduction)
    nodes = dict.fromkeys(sympy.preorder_traversal(expression))
    return [node for node in nodes if isinstance(node, kinds) and node.has(Access)]


def _outermost(expression: Expr) -> list[Reduction]:
    found: dict[Reduction, None] = {}
    nodes = sympy.preorder_traversal(expression)
    for node in nodes:
        if isinstance(node, Reduction):
            found[node] = None
            nodes.skip()
    return list(found)


def _for(place: Expr, node: Expr) -> Callable[[Expr], Expr]:
    return lambda part: place.xreplace({node: part})
