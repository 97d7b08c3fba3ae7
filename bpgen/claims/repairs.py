"""Everything that may be put right in a formula, one thing at a time: what makes it right was the slip.

Each rule below is general: it changes any expression in every place where it applies, and knows of no example.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, accesses, fresh_index, rename, sum_over
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.printing import print_expression
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor
from bpgen.claims.names import Names
from bpgen.claims.repairs_summands import missing_summands, undifferentiated
from bpgen.claims.spots import Spot, spots
from bpgen.claims.theory import Activation, Theory
from bpgen.derive.differentiate import ADJOINT


@dataclass(frozen=True)
class Repair:
    """slip: its name; what: a sentence; target = expression: the claim without it."""

    slip: str
    what: str
    target: Tensor
    expression: Expr


def repairs(expression: Expr, target: Tensor, names: Names) -> Iterator[Repair]:
    """Claims that differ in one thing from this one, the most usual slips first."""
    found = _Repairs(expression, target, names)
    yield from found.transposed()
    yield from found.activation_derivative()
    yield from (found.repair(*slip) for slip in undifferentiated(expression, names))
    yield from found.wrong_variable()
    yield from found.chain_reversed()
    yield from found.term_signs()
    yield from found.relettered()
    yield from (found.repair(*slip) for slip in missing_summands(expression, target, names))
    yield from found.displaced()
    yield from found.sums_missing()
    yield from found.wrong_tensor()
    yield from found.superfluous()
    yield from found.factor_missing()


class _Repairs:
    def __init__(self, expression: Expr, target: Tensor, names: Names) -> None:
        self.expression, self.target, self.names = expression, target, names
        self.theory: Theory = names.theory
        self.spots = list(spots(expression, target.axes))

    def repair(self, slip: str, what: str, expression: Expr) -> Repair:
        return Repair(slip, what, self.target, expression)

    def shown(self, tensor: Tensor) -> str:
        return f"`{self.names.shown(tensor)}`"

    def transposed(self) -> Iterator[Repair]:
        """The whole turned round, or one tensor in it."""
        axes = self.target.axes
        for order in permutations(axes):
            if order != axes and all(a.extent == b.extent for a, b in zip(order, axes, strict=True)):
                turned = rename(self.expression, dict(zip(axes, order, strict=True)))
                yield self.repair("transpose", "the result is transposed", turned)
        for spot in self.spots:
            part = spot.part
            if not isinstance(part, Access):
                continue
            for order in permutations(part.indices):
                turned = Access(part.args[0], *order)
                if order != part.indices and _fits(turned):
                    what = f"{self.shown(self.theory.tensors[part.tensor])} is transposed"
                    yield self.repair("transpose", what, spot.replaced(turned))

    def activation_derivative(self) -> Iterator[Repair]:
        for spot, activation in product(self._products(), self.theory.activations.values()):
            for indices in _choices(activation.argument, spot.scope):
                factor = activation.at(activation.argument[indices], 1)
                what = f"the derivative of the activation is missing: {self._derivative(activation)}"
                yield self.repair("activation derivative", what, spot.replaced(spot.part * factor))

    def _derivative(self, activation: Activation) -> str:
        layer = activation.result.layer
        alone = sum(other.result.layer == layer for other in self.theory.activations.values()) == 1
        if layer in self.theory.layer_numbers and alone:
            return f"`f{self.theory.layer_numbers[layer]}'({self.names.shown(activation.argument)})`"
        return self._text(activation.at(activation.argument.element, 1))

    def wrong_variable(self) -> Iterator[Repair]:
        """A function, or its derivative, of what an activation gives in place of what it is applied to."""
        for name, activation in self.theory.activations.items():
            for inside, outside in ((name, activation.argument.name), (activation.argument.name, name)):
                table = {}
                for function in _functions(self.expression):
                    read = [access for access in function.atoms(Access) if access.tensor == inside]
                    other = self.theory.tensors[outside]
                    table[function] = rename(function, {access: Access(other.atom, *access.indices) for access in read})
                right, wrong = (self.shown(self.theory.tensors[item]) for item in (outside, inside))
                what = f"the derivative is taken at the wrong variable: of {wrong} where it is of {right}"
                if any(before != after for before, after in table.items()):
                    yield self.repair("wrong variable", what, self.expression.xreplace(table))

    def chain_reversed(self) -> Iterator[Repair]:
        """dL/dy = dL/dz f'(z), where it is dL/dz = dL/dy f'(z)."""
        for access in accesses(self.expression):
            other = self.theory.tensors[access.tensor]
            if not access.tensor.startswith(ADJOINT) or access.indices != self.target.axes:
                continue
            turned = self.expression.xreplace({access: self.target.element})
            back = rename(turned, dict(zip(self.target.axes, other.axes, strict=True)))
            if [a.extent for a in other.axes] == [a.extent for a in self.target.axes]:
                what = f"the chain rule is reversed: {self.shown(other)} is what follows from {self.shown(self.target)}"
                yield Repair("chain rule reversed", what, other, back)

    def term_signs(self) -> Iterator[Repair]:
        for spot in self.spots:
            for term in spot.part.args if isinstance(spot.part, sympy.Add) else ():
                yield self.repair("sign", "the sign of one term is wrong", spot.replaced(spot.part - 2 * term))

    def displaced(self) -> Iterator[Repair]:
        """A tensor read one place beside the right one: h[t] where it is h[t - 1]."""
        read = [spot for spot in self.spots if isinstance(spot.part, Access)]
        for spot in sorted(read, key=lambda spot: spot.part.tensor.startswith(ADJOINT)):
            part = spot.part
            names = pretty_indices(part, tensors=self.theory.tensors)
            for axis, step in product(range(len(part.indices)), (-1, 1)):
                if isinstance(part.indices[axis], Access) or part.args[0].extents[axis] == BATCH:
                    continue
                places = [index + step if n == axis else index for n, index in enumerate(part.indices)]
                moved = Access(part.args[0], *places)
                before, after = (print_expression(access, names) for access in (part, moved))
                yield self.repair("place", f"`{before}` is read where it is `{after}`", spot.replaced(moved))

    def relettered(self) -> Iterator[Repair]:
        """Another index in one place of a tensor: d[b, i] where it is d[b, j]."""
        for spot in self.spots:
            if not isinstance(spot.part, Access):
                continue
            rest = spot.replaced(sympy.Integer(1))
            for place, index in product(range(len(spot.part.indices)), spot.scope):
                places = [index if n == place else old for n, old in enumerate(spot.part.indices)]
                other = Access(spot.part.args[0], *places)
                if other == spot.part or not _fits(other) or not rest.has(spot.part.indices[place]):
                    continue
                names = pretty_indices(spot.part + other, tensors=self.theory.tensors)
                before, after = (print_expression(access, names) for access in (spot.part, other))
                yield self.repair("transpose", f"`{before}` is read where it is `{after}`", spot.replaced(other))

    def sums_missing(self) -> Iterator[Repair]:
        """f(j) g(j, j) where it is sum over i of f(i) g(i, j)."""
        for spot in self._products():
            found = sorted(spot.part.atoms(Access), key=sympy.default_sort_key)
            for index in spot.scope:
                uses = [(access, n) for access in found for n, place in enumerate(access.indices) if place == index]
                for count in range(1, min(len(uses), 5)):
                    for chosen in combinations(uses, count):
                        over = "the batch" if index.extent == BATCH else "an index"
                        what = f"a sum over {over} is missing"
                        yield self.repair("sum", what, spot.replaced(_summed_apart(spot.part, chosen, index)))

    def wrong_tensor(self) -> Iterator[Repair]:
        """Another tensor in the place of one, with indices that are there; in one place, or wherever it is read."""
        for access in accesses(self.expression):
            for other in self._others(access.tensor):
                if [a.extent for a in other.axes] == list(access.args[0].extents):
                    table = {
                        a: Access(other.atom, *a.indices)
                        for a in self.expression.atoms(Access)
                        if a.tensor == access.tensor
                    }
                    yield self._misplaced(access.tensor, other, self.expression.xreplace(table))
        for spot in self.spots:
            if not isinstance(spot.part, Access):
                continue
            for other in self._others(spot.part.tensor):
                for indices in _choices(other, spot.scope):
                    yield self._misplaced(spot.part.tensor, other, spot.replaced(Access(other.atom, *indices)))

    def _misplaced(self, wrong: str, right: Tensor, expression: Expr) -> Repair:
        shown = self.shown(self.theory.tensors[wrong])
        return self.repair("wrong tensor", f"{shown} stands where {self.shown(right)} belongs", expression)

    def _others(self, name: str) -> list[Tensor]:
        """Tensors that may have been meant: near ones first, derivatives last; not the claimed one itself."""
        layer = self.theory.layer_numbers.get(self.target.layer, 0)
        every = [
            t for t in self.theory.tensors.values() if t.name not in (name, self.target.name) and t.dtype != "int32"
        ]
        return sorted(
            every, key=lambda t: (t.role == "backward", abs(self.theory.layer_numbers.get(t.layer, 0) - layer))
        )

    def superfluous(self) -> Iterator[Repair]:
        """A factor or a term too much."""
        for spot in self.spots:
            part = spot.part
            if isinstance(part, sympy.Mul):
                for factor in part.args:
                    if not factor.is_number:
                        yield self.repair(
                            "factor", f"the factor {self._text(factor)} is too much", spot.replaced(part / factor)
                        )
            elif isinstance(part, sympy.Pow) and part.args[1].is_Integer and part.args[1] > 1:
                what = f"the factor {self._text(part.args[0])} stands once too often"
                yield self.repair("factor", what, spot.replaced(part / part.args[0]))
            elif isinstance(part, sympy.Add):
                for term in part.args:
                    yield self.repair("term", f"the term {self._text(term)} is too much", spot.replaced(part - term))

    def factor_missing(self) -> Iterator[Repair]:
        """An element of a tensor, or what it lacks to 1, as in s (1 - s)."""
        for spot, tensor in product(self._products(), self._others("")):
            for indices in _choices(tensor, spot.scope):
                element, shown = tensor[indices], self.names.shown(tensor)
                slip = "activation derivative" if tensor.name in self.theory.activations else "factor"
                rest = spot.replaced(spot.part * (1 - element))
                yield self.repair(slip, f"the factor `1 - {shown}` is missing", rest)
                yield self.repair("factor", f"the factor `{shown}` is missing", spot.replaced(spot.part * element))

    def _text(self, part: Expr) -> str:
        return f"`{print_expression(part, tensors=self.theory.tensors)}`"

    def _products(self) -> list[Spot]:
        return [spot for spot in self.spots if spot.product and not isinstance(spot.part, sympy.Add)]


def _fits(access: Access) -> bool:
    pairs = zip(access.indices, access.args[0].extents, strict=True)
    return all(isinstance(index, Index) and index.extent == extent for index, extent in pairs)


def _choices(tensor: Tensor, scope: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """Indices of a scope for the axes of a tensor, all different."""
    fitting = [[index for index in scope if index.extent == axis.extent] for axis in tensor.axes]
    return (choice for choice in product(*fitting) if len(set(choice)) == len(choice))


def _functions(expression: Expr) -> list[Expr]:
    """The largest parts that are functions or brackets of tensors, other than sums and products."""
    if isinstance(expression, sympy.Function):
        return [expression]
    found = [part for argument in expression.args for part in _functions(argument)]
    return list(dict.fromkeys(found))


def _summed_apart(part: Expr, uses: tuple[tuple[Access, int], ...], index: Index) -> Expr:
    """The part with a new index in some of the places of another, and summed over it."""
    new = fresh_index(index.extent)
    places: dict[Access, list[int]] = {}
    for access, place in uses:
        places.setdefault(access, []).append(place)
    table = {
        access: Access(access.args[0], *(new if n in chosen else old for n, old in enumerate(access.indices)))
        for access, chosen in places.items()
    }
    return sum_over(part.xreplace(table), [new])
