"""What a loop does not change leaves it; what is computed twice is kept in a local variable."""

from __future__ import annotations

from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.lower.group import Group, runs
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import loads, reduction, transform, variables
from bpgen.lower.scalar import Affine, Constant, Load, Local, Loop, Operation, Reduce, Scalar, children, walk
from bpgen.lower.schedule import Assign

EXPENSIVE = ("power", "exp", "log", "log1p", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "erf",
             "sigmoid", "softplus", "divide", "reciprocal", "sqrt")  # fmt: skip


def hoist(group: Group) -> tuple[Assign, ...]:
    """The group's statements with invariant and repeated subexpressions in locals of their own."""
    positions = frozenset(loop.name for loop in group.positions)
    return _Hoisting(group.shared, group.statements, positions).run()


@dataclass
class _Hoisting:
    shared: tuple[Loop, ...]
    statements: tuple[Assign, ...]
    positions: frozenset[str]
    depends: dict[str, frozenset[str]] = field(default_factory=dict)
    known: dict[Scalar, Local] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    added: list[Assign] = field(default_factory=list)
    updated: frozenset[str] = frozenset()
    changing: frozenset[str] = frozenset()

    def run(self) -> tuple[Assign, ...]:
        self.taken = {statement.target for statement in self.statements} | {loop.name for loop in self.shared}
        self.taken |= self.positions
        for statement in self.statements:
            self.taken |= {load.buffer for load in loads(statement.value)}
            found = reduction(statement.value)
            self.taken |= {loop.name for loop in (*statement.loops, *(found.loops if found else ()))}
        self.updated = _updated(self.statements)
        self.changing = _changing(self.statements)
        result: list[Assign] = []
        for nest in runs(self.statements):
            result += self.nest(nest)
        return _numbered(result)

    def nest(self, nest: list[Assign]) -> list[Assign]:
        """The statements of one loop nest, with the locals they need before them."""
        loops = nest[0].loops
        outer: list[Assign] = []
        inner: list[Assign] = []
        for statement in nest:
            self.added = []
            value = self.without_invariants(statement, statement.value, root=True)
            (outer if loops else inner).extend(self.added)
            if statement.local:
                self.depends[statement.target] = variables(value, self.depends)
                # Wherever it is used, that is inside its loops; and what sums stays where it is.
                around = loops if reduction(value) is None else (*self.shared, *loops)
                self.depends[statement.target] |= {loop.name for loop in around}
            inner.append(replace(statement, value=value))
        return outer + self.without_repetitions(inner, loops)

    def without_invariants(self, statement: Assign, value: Scalar, root: bool = False) -> Scalar:
        """Replace what does not depend on the innermost loop around it."""
        names = {loop.name for loop in self.shared}
        innermost = {loop.name for loop in self.shared[-1:]} if not statement.loops else set()

        def change(node: Scalar, inside: bool) -> Scalar:
            if (
                isinstance(node, Operation)
                and node.dtype != "bool"
                and not (root and node is value and statement.local)
            ):
                found = variables(node, self.depends) - self.positions
                outside = names if inside else names - innermost
                if found <= outside and (self.shared or statement.loops or inside) and self.is_safe(node, self.updated):
                    return self.local(node)
            return descend(node, inside)

        def descend(node: Scalar, inside: bool) -> Scalar:
            if isinstance(node, Operation):
                return replace(node, arguments=tuple(change(argument, inside) for argument in node.arguments))
            if isinstance(node, Reduce):
                return replace(node, body=change(node.body, True))
            return node

        return change(value, bool(statement.loops))

    def is_safe(self, node: Scalar, overwritten: frozenset[str]) -> bool:
        """Whether it may be computed elsewhere: no element that a condition guards, none that is overwritten."""
        read = list(loads(node))
        plain = (isinstance(index, Affine) and index.variable for load in read for index in load.indices)
        reduces = any(isinstance(part, Reduce) for part in walk(node))
        return all(plain) and not reduces and overwritten.isdisjoint(load.buffer for load in read)

    def count(self, node: Scalar, counts: dict[Scalar, int]) -> None:
        """Count the operations worth keeping; what stands in a repeated one is counted once."""
        if isinstance(node, Reduce):
            return
        if (
            isinstance(node, Operation)
            and node.dtype != "bool"
            and _cost(node) >= 2
            and self.is_safe(node, self.changing)
        ):
            counts[node] = counts.get(node, 0) + 1
            if counts[node] > 1:
                return
        if not isinstance(node, Load):
            for child in children(node):
                self.count(child, counts)

    def local(self, node: Scalar, loops: tuple[Loop, ...] = (), liked: str = "") -> Local:
        known = self.known.get(node)
        if known is None:
            name = free_name([liked or _name(node)], self.taken)
            self.taken.add(name)
            known = self.known[node] = Local(node.dtype, name)
            self.depends[name] = variables(node, self.depends)
            self.added.append(Assign(name, (), loops, node, node.dtype, True))
        return known

    def without_repetitions(self, nest: list[Assign], loops: tuple[Loop, ...]) -> list[Assign]:
        """Replace what the statements of one nest compute more than once."""
        counts: dict[Scalar, int] = {}
        for statement in nest:
            self.count(statement.value, counts)
        repeated = {node for node, number in counts.items() if number > 1}
        if not repeated:
            return nest
        result: list[Assign] = []
        kept = dict(self.known)
        later = {statement.target for statement in nest if statement.local}
        self.known = {node: local for node, local in kept.items() if local.name not in later}
        for statement in nest:
            self.added = []
            value = statement.value
            first = statement.local and value in repeated and value not in self.known
            if first:  # the local that it is kept in anyway serves the others too
                self.known[value] = Local(statement.dtype, statement.target)
                assert isinstance(value, Operation)
                arguments = tuple(self.with_locals(a, repeated, loops) for a in value.arguments)
                changed: Scalar = replace(value, arguments=arguments)
            else:
                changed = self.with_locals(value, repeated, loops)
            result += self.added
            result.append(replace(statement, value=changed))
        if loops:
            self.known = kept  # a local with loops serves its own nest only
        else:
            self.known = kept | self.known
        return result

    def with_locals(self, value: Scalar, repeated: set[Scalar], loops: tuple[Loop, ...]) -> Scalar:
        def change(node: Scalar) -> Scalar | None:
            if isinstance(node, Reduce):
                return node
            if node not in repeated:
                return None
            if node not in self.known:
                arguments = tuple(self.with_locals(a, repeated, loops) for a in children(node))
                assert isinstance(node, Operation)
                inner = replace(node, arguments=arguments)
                self.known[node] = self.local(inner, loops, "shared")
            return self.known[node]

        return transform(value, change)


def _numbered(statements: list[Assign]) -> tuple[Assign, ...]:
    """The statements; locals that were added here have the equations of all that reads them."""
    users: dict[str, set[int]] = {}
    result: list[Assign] = []
    for statement in reversed(statements):
        numbers = statement.numbers or tuple(sorted(users.get(statement.target, ())))
        for node in walk(statement.value):
            if isinstance(node, Local):
                users.setdefault(node.name, set()).update(numbers)
        result.append(replace(statement, numbers=numbers))
    return tuple(reversed(result))


def _updated(statements: tuple[Assign, ...]) -> frozenset[str]:
    """Buffers that are read and then overwritten: the same load has two values."""
    seen: set[str] = set()
    found: set[str] = set()
    for statement in statements:
        seen |= {load.buffer for load in loads(statement.value)}
        if statement.target in seen and not statement.local:
            found.add(statement.target)
    return frozenset(found)


def _changing(statements: tuple[Assign, ...]) -> frozenset[str]:
    """Buffers that are overwritten and then read again: what a turn of the loops reads of them has two values."""
    written: set[str] = set()
    found: set[str] = set()
    for statement in statements:
        found |= {load.buffer for load in loads(statement.value)} & written
        if not statement.local:
            written.add(statement.target)
    return frozenset(found) & _updated(statements)


def _name(node: Scalar) -> str:
    """What an invariant may be called: lr_real, one_minus_beta1, or just scale."""
    inner = node.arguments[0] if isinstance(node, Operation) and node.op == "cast" else node
    if isinstance(inner, Load):
        return f"{inner.buffer}_real"
    if isinstance(inner, Operation) and inner.op == "subtract":
        one, other = inner.arguments
        if isinstance(one, Constant) and one.value == 1 and isinstance(other, Load):
            return f"one_minus_{other.buffer}"
    return "scale"


def _cost(node: Scalar) -> int:
    operations = [part for part in walk(node) if isinstance(part, Operation)]
    return sum(4 if part.op in EXPENSIVE else 1 for part in operations)
