"""Adjoints in reverse order: the chain rule, then its simplification, each rewrite recorded and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, accesses, replace_accesses, without_outside
from bpgen.algebra.functions import equal
from bpgen.algebra.guards import guarded_reductions
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.derive.adjoint_order import derivation_order
from bpgen.derive.axes import axes_alike
from bpgen.derive.brackets import take_out_brackets
from bpgen.derive.branches import fold_branches
from bpgen.derive.check import check_rewrite
from bpgen.derive.contract import carried_to
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.derivation import Step
from bpgen.derive.differentiate import Places, active_tensors, adjoint_of, chain_rule, places
from bpgen.derive.empty_rows import guard_empty_rows, without_guard
from bpgen.derive.facts import FactRules
from bpgen.derive.forms import cheapest, strip_where
from bpgen.derive.guard_undefined import guard_undefined
from bpgen.derive.held import without_held
from bpgen.derive.join_sums import join_sums
from bpgen.derive.measured import Measured
from bpgen.derive.name_ratios import find_ratio
from bpgen.derive.positive import without_positive
from bpgen.derive.read_back import ReadBack
from bpgen.derive.sample import compute
from bpgen.derive.sums import SumRules
from bpgen.derive.values import Values
from bpgen.derive.write_out import is_written_out, may_cancel
from bpgen.derive.zero_ranges import without_zero_ranges

PASSES = 4


@dataclass
class Adjoints:
    """The state of one derivation.

    upstream: tensor's name -> dL/d(tensor) at its own axes, as readers' terms are multiplied by it; seeded with 1
        for the loss, or with brackets over `extra`, the indices of the element that is differentiated
    maxima: the places of maxima that have a name; recurring: adjoints that read each other along time
    raw, final: adjoint's name -> its equation by the chain rule, and simplified; steps: by the tensor's name
    known: what was known when a tensor's adjoint was simplified; sources: the adjoints that the chain rule passed on
    """

    system: System
    values: Values
    definitions: Definitions
    consumers: Mapping[str, tuple[Equation, ...]]
    active: frozenset[str]
    upstream: dict[str, Expr]
    extra: tuple[Index, ...] = ()
    maxima: Places = field(default_factory=dict)
    recurring: set[str] = field(default_factory=set)
    raw: dict[str, Equation] = field(default_factory=dict)
    final: dict[str, Equation] = field(default_factory=dict)
    steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    named: list[Equation] = field(default_factory=list)
    known: dict[str, Definitions] = field(default_factory=dict)
    sources: dict[str, Mapping[str, Expr]] = field(default_factory=dict)
    read_back: ReadBack = field(default_factory=ReadBack)
    at_work: str = ""

    @staticmethod
    def of(
        system: System, values: Values, *, active: frozenset[str] | None = None,
        seeds: Mapping[str, Expr] | None = None, extra: tuple[Index, ...] = (),
    ) -> Adjoints:  # fmt: skip
        consumers: dict[str, tuple[Equation, ...]] = {}
        for equation in system.equations:
            for name in equation.reads:
                consumers[name] = (*consumers.get(name, ()), equation)
        definitions = Definitions.of(system.equations, dict(system.tensors))
        definitions.measured = Measured(values.of)
        reached = active_tensors(system) if active is None else active
        start = dict(seeds) if seeds else {str(system.loss): Integer(1)}
        return Adjoints(system, values, definitions, consumers, reached, start, extra, places(system))

    def derive_all(self) -> None:
        """Every adjoint on a path from the loss to a parameter or a real input."""
        for names in derivation_order(self.system, self.consumers, self.active):
            tensors = [self.system.tensors[name] for name in names]
            if self._recurs(names):
                self._derive_together(tensors)
            elif names[0] not in self.upstream:
                self.derive_one(tensors[0])

    def _recurs(self, names: tuple[str, ...]) -> bool:
        defining = self.system.defining.get(names[0])
        return len(names) > 1 or (defining is not None and names[0] in defining.reads)

    def derive_one(self, tensor: Tensor, *, written_out: bool = False) -> None:
        """The adjoint of a tensor, those of its readers being known.  written_out: with these in its terms."""
        terms = self._terms(tensor)
        raw = self._raw(tensor, terms)
        record = self._cite_positive(tensor, raw)
        shared = frozenset(raw.reads) & self.final.keys() - self.recurring if written_out else frozenset()
        kept = self.simplify(self._substitute(raw, terms, record, shared), record)
        kept, record = self._cancelled(raw, terms, kept, record)
        if tensor.role in ("parameter", "input"):
            kept = self.step(record, kept, *without_zero_ranges(kept, self.definitions, self.values))
        final = self._without_brackets(tensor, kept)
        self._keep(tensor, final, record)
        self.values.add(final, later=tensor.role in ("parameter", "input"))

    def _derive_together(self, tensors: list[Tensor]) -> None:
        """The adjoints of a recurrence: they read each other the other way round in time.

        Their values are computed together, from the chain rule, and against them each is simplified.
        """
        seeds = {tensor.name: self.upstream.get(tensor.name, Integer(0)) for tensor in tensors}
        terms, left = self._terms_together(tensors, seeds)
        raw = [self._raw(tensor, terms[tensor.name], left) for tensor in tensors]
        self.definitions.tensors.update({equation.tensor.name: equation.tensor for equation in raw})
        compute(arrange(raw), self.values)  # some may depend on each other without being in the circle
        self.recurring.update(equation.tensor.name for equation in raw)
        for tensor, equation in zip(tensors, raw, strict=True):
            record = self._cite_positive(tensor, equation)
            self.at_work = tensor.name
            substituted = self._substitute(equation, terms[tensor.name], record)
            self._keep(tensor, self.simplify(substituted, record), record)

    def _terms_together(
        self, tensors: list[Tensor], seeds: Mapping[str, Expr]
    ) -> tuple[dict[str, list[Expr]], tuple[Index, ...]]:
        """The terms of a recurrence's adjoints, without the brackets that all of them have, and the indices left.

        A bracket is assumed of every member, and kept where with it the chain rule gives it to every member again:
        step by step the adjoints follow from the ones of before, so that what holds of these holds of all.
        """
        assumed = {index: axes for index in self.extra if (axes := axes_alike(index, tensors))}
        while True:
            left = tuple(index for index in self.extra if index not in assumed)
            for tensor in tensors:
                brackets = sympy.Mul(*(equal(axes[tensor.name], index) for index, axes in assumed.items()))
                adjoint = self._adjoint(tensor, left)
                self.upstream[tensor.name] = brackets * adjoint.element
                self.definitions.tensors[adjoint.name] = adjoint  # its sums are looked at before it has an equation
            terms = {tensor.name: [seeds[tensor.name], *self._terms(tensor)] for tensor in tensors}
            if not assumed:
                return terms, left
            refuted: set[Index] = set()
            for name, found in terms.items():
                total = SumRules(self.definitions).apply(sympy.Add(*found))
                axes_here = [axes[name] for axes in assumed.values()]
                taken, rest, _ = take_out_brackets(total, axes_here, tuple(assumed))
                known = sympy.Mul.make_args(taken)
                refuted |= {i for i, axes in assumed.items() if total != 0 and equal(axes[name], i) not in known}
                terms[name] = list(sympy.Add.make_args(rest))
            if not refuted:
                return terms, left
            assumed = {index: axes for index, axes in assumed.items() if index not in refuted}

    def _terms(self, tensor: Tensor) -> list[Expr]:
        upstream = {
            equation.tensor.name: self._atom(equation)
            for equation in self.consumers.get(tensor.name, ())
            if equation.tensor.name in self.active
        }
        self.at_work = tensor.name
        self.sources[tensor.name] = upstream
        return chain_rule(self.consumers, tensor, upstream, self.maxima)

    def _cite_positive(self, tensor: Tensor, raw: Equation) -> list[Step]:
        """The step from the chain rule to what it is where some tensors are declared positive."""

        def rule(consumers: tuple[Equation, ...]) -> list[Expr]:
            table = {tensor.name: tuple(equation for equation in consumers if equation.tensor.name in self.active)}
            upstream = {equation.tensor.name: self._atom(equation) for equation in table[tensor.name]}
            return chain_rule(table, tensor, upstream, self.maxima)

        found = without_positive(self.consumers.get(tensor.name, ()), self.system.tensors, rule)
        if found is None:
            return []
        before = self._with(raw, without_outside(found[0]))
        return [Step(before, "fact", found[1], raw)]

    def _raw(self, tensor: Tensor, terms: list[Expr], extra: tuple[Index, ...] | None = None) -> Equation:
        adjoint = self._adjoint(tensor, self.extra if extra is None else extra)
        raw = Equation(adjoint, adjoint.axes, without_outside(sympy.Add(*terms)), "backward", self._origin(tensor))
        self.raw[adjoint.name] = raw
        return raw

    def _keep(self, tensor: Tensor, final: Equation, record: list[Step]) -> None:
        self.final[final.tensor.name] = final
        self.steps[tensor.name] = tuple(record)
        self.known[tensor.name] = self.definitions.copy()
        self.definitions.tensors[final.tensor.name] = final.tensor
        if final.tensor.name not in final.reads:
            self.definitions.adjoints[final.tensor.name] = without_guard(final, tensor, self.definitions)
            self.read_back.learn(final)

    def _adjoint(self, tensor: Tensor, extra: tuple[Index, ...]) -> Tensor:
        adjoint = adjoint_of(tensor)
        rows = tuple(index for index in extra if index.extent == BATCH)  # the batch outermost, as everywhere
        others = tuple(index for index in extra if index.extent != BATCH)
        return replace(adjoint, axes=rows + adjoint.axes + others)

    def _without_brackets(self, tensor: Tensor, equation: Equation) -> Equation:
        """The adjoint without the brackets [axis = k] that all of it has: then it needs no axis k."""
        brackets, rest, left = take_out_brackets(equation.rhs, tensor.axes, self.extra)
        adjoint = self._adjoint(tensor, left)
        self.upstream[tensor.name] = brackets * adjoint.element
        return Equation(adjoint, adjoint.axes, rest, equation.role, equation.origin)

    def _origin(self, tensor: Tensor) -> Origin:
        defining = self.system.defining.get(tensor.name)
        if defining is not None:
            return defining.origin
        return self.consumers[tensor.name][0].origin

    def _atom(self, equation: Equation) -> Expr:
        """dL/dY at Y's own indices."""
        upstream = self.upstream[equation.tensor.name]
        return upstream.xreplace(dict(zip(equation.tensor.axes, equation.indices, strict=True)))

    def _cancelled(
        self, raw: Equation, terms: list[Expr], kept: Equation, record: list[Step]
    ) -> tuple[Equation, list[Step]]:
        """With the adjoints that others read too written out, where that costs less than they do themselves.

        d.p (1 - p) p costs more than its product written out, in which the divisors of d.p cancel.
        """
        read = {access.tensor for access in kept.rhs.atoms(Access)} - self.recurring
        shared = frozenset(name for name in read & self.final.keys() if may_cancel(self.final[name].rhs))
        if not shared or kept.rhs.has(Reduction):
            return kept, record
        trial = record[:1] if record and record[0].rule == "fact" else []
        found = self.simplify(self._substitute(raw, terms, trial, shared), trial)
        if cost(found.rhs) < min(cost(self.final[name].rhs) for name in shared):
            return found, trial
        return kept, record

    def _substitute(
        self, raw: Equation, terms: list[Expr], record: list[Step], shared: frozenset[str] = frozenset()
    ) -> Equation:
        """Write out the adjoints that the chain rule passes on without a new sum; and those of `shared`."""
        written = list(terms)
        chosen: list[list[Access]] = [[] for _ in terms]
        equation = raw
        for name in dict.fromkeys(access.tensor for term in terms for access in accesses(term)):
            for place, term in enumerate(terms):
                for access in accesses(term):
                    if access.tensor == name and (name in shared or is_written_out(self, access, term)):
                        chosen[place].append(access)
                written[place] = replace_accesses(term, chosen[place], self.expression)
            equation = self.step(record, equation, sympy.Add(*written), "substitute", f"`{name}` written out")
        return equation

    def expression(self, access: Access) -> Expr:
        """What the adjoint of an access is, at its indices."""
        equation = self.final[access.tensor]
        return carried_to(equation.rhs, dict(zip(equation.indices, access.indices, strict=True)))

    def simplify(self, equation: Equation, record: list[Step]) -> Equation:
        """The equation after all passes, each recorded."""
        for _ in range(PASSES):
            before = equation.rhs
            equation = self._use_facts(record, self._name_ratio(equation))
            equation = self.fold(record, equation)
            held, used = fold_branches(equation.rhs, self.definitions)
            reason = ", ".join(f"`{name}`" for name in used) + " made the same choice, and holds that branch"
            equation = self.step(record, equation, held, "fold", reason)
            rules = SumRules(self.definitions)
            summed = rules.apply(equation.rhs)
            reasons = "; ".join(dict.fromkeys(rules.reasons)) or "what does not depend on the index leaves the sum"
            equation = self.step(record, equation, summed, "sum", reasons)
            equation = self._divide(record, equation)
            collected = strip_where(cheapest(join_sums(equation.rhs)))
            equation = self.step(record, equation, collected, "collect", "rearranged to the fewest operations")
            if equation.rhs == before:
                break
        read, names = self.read_back.apply(equation.rhs, lambda rhs: cheapest(SumRules(self.definitions).apply(rhs)))
        reason = ", ".join(f"`{name}`" for name in names) + " already computed by the backward pass"
        equation = self.step(record, equation, read, "read", reason)
        return self.guard(record, equation)

    def fold(self, record: list[Step], equation: Equation) -> Equation:
        """The equation with all it can read from the forward pass."""
        folded, used = self.definitions.fold(equation.rhs)
        reason = ", ".join(f"`{name}`" for name in used) + " already computed by the forward pass"
        return self.step(record, equation, folded, "fold", reason)

    def guard(self, record: list[Step], equation: Equation) -> Equation:
        """The equation with what is undefined behind its conditions."""
        tensor = self.system.tensors[self.at_work]
        apart = guard_empty_rows(equation.rhs, tensor, self.definitions)
        reason = f"`{tensor.name}` is -inf elsewhere, and nothing changes it in rows that have no other element"
        equation = self.step(record, equation, apart, "guard", reason)
        guarded = guard_undefined(equation.rhs, self.definitions)
        equation = self.step(record, equation, guarded, "guard", "it is undefined where the condition does not hold")
        inside = guarded_reductions(equation.rhs)
        return self.step(record, equation, inside, "guard", "a term outside takes no part in a product")

    def _use_facts(self, record: list[Step], equation: Equation) -> Equation:
        facts = FactRules(self.definitions)
        used = facts.apply(equation.rhs)
        equation = self.step(record, equation, used, "fact", "; ".join(dict.fromkeys(facts.reasons)))
        settled, names = without_held(equation.rhs, self.definitions, self.at_work)
        reason = ", ".join(f"`{name}`" for name in names) + " is 0 where the condition does not hold"
        return self.step(record, equation, settled, "collect", reason)

    def _divide(self, record: list[Step], equation: Equation) -> Equation:
        """u written as n / r, where n = u * r is a tensor, if r then leaves a sum and cancels."""
        if not equation.rhs.has(Reduction):
            return equation
        divided, used = self.definitions.products.divide(equation.rhs)
        if not used:
            return equation
        divided = cheapest(SumRules(self.definitions).apply(divided))
        if cost(divided) >= cost(cheapest(equation.rhs)):
            return equation
        reason = ", ".join(f"`{name}`" for name in used) + " taken as a quotient of what the forward pass computed"
        return self.step(record, equation, divided, "divide", reason)

    def _name_ratio(self, equation: Equation) -> Equation:
        while True:
            ratio = find_ratio(equation.rhs, self.definitions, lambda name: name in self.definitions.tensors)
            if ratio is None:
                return equation
            self.named.append(ratio)
            self.definitions.tensors[ratio.tensor.name] = ratio.tensor
            self.definitions.add(ratio)
            self.values.add(ratio)

    def step(self, record: list[Step], equation: Equation, after: Expr, rule: str, reason: str) -> Equation:
        """The equation with another right-hand side, checked and recorded, where it is another."""
        after = without_outside(after)
        if after == equation.rhs:
            return equation
        check_rewrite(equation, equation.rhs, after, rule, self.values)
        result = self._with(equation, after)
        record.append(Step(equation, rule, reason, result))
        return result

    @staticmethod
    def _with(equation: Equation, rhs: Expr) -> Equation:
        return Equation(equation.tensor, equation.indices, rhs, equation.role, equation.origin)
