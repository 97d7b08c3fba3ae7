"""Random expressions of the equation language: accesses of every kind, guards, branches, nested reductions."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SMOOTH = ["tanh({})", "sigmoid({})", "softplus({})", "silu({})", "gelu({})", "exp({}/4)", "({})**2", "sin({})",
          "cos({})", "log(1 + ({})**2)", "sqrt(1 + ({})**2)", "1/(2 + ({})**2)", "mish({})", "-({})", "erf({})",
          "atan({})", "log1p(({})**2)", "expm1({}/5)", "({})**3", "gelu_tanh({})", "1/(3 + sin({}))"]  # fmt: skip
KINKED = ["relu({})", "abs({})", "leaky_relu({})", "elu({})", "hardtanh({})", "clip({}, -1/2, 1/2)", "softsign({})",
          "selu({})", "sign({})", "({} > 0)"]  # fmt: skip
BINARY = ["{} + {}", "{} - {}", "({})*({})", "({})*({})", "({})/(2 + ({})**2)", "max({}, {})", "min({}, {})",
          "({})*sigmoid({})"]  # fmt: skip
CHOICES = ["where({0} > 0, {0}, {1})", "where({0} > 1/4, log(max({0}, 1/8)), {1})", "where({0} > {1}, {0}, 2*{1})",
           "where({0} > 0.1, sqrt({0}), {1})", "where({0} > 0.2 or {1} < 0, {0}, 1)", "where({1} > 0.3, {0}/{1}, 0)",
           "where(not {0} <= {1}, {0}*{1}, {1})", "where({0} > 0.3, log({0}), {1})"]  # fmt: skip
OPERATIONS = ["sum", "sum", "sum", "sum", "mean", "mean", "max", "min", "prod", "logsumexp", "argmax"]
BOUND = "rsuv"


@dataclass(frozen=True)
class Known:
    """A tensor that equations may read.

    shape: extents, "B" for the batch; classes: of an integer one; ignored: a value that is none of them; facts: kinds
    and axes
    """

    name: str
    shape: tuple[int | str, ...]
    role: str = "forward"
    classes: int | str | None = None
    moving: bool = False
    ignored: int | None = None
    facts: tuple[tuple[str, tuple[int, ...]], ...] = ()


@dataclass
class Expressions:
    """Writes expressions over what is known.  scope: the letters that are bound where an expression stands.

    extents: of all letters but b, which runs over the batch; radix: of the digits that indices are read in
    """

    choose: random.Random
    batched: bool = False
    radix: int = 2
    extents: dict[str, int] = field(default_factory=dict)
    known: list[Known] = field(default_factory=list)

    def expression(self, depth: int, scope: list[str]) -> str:
        choose = self.choose
        if depth <= 0:
            return self.leaf(scope)
        kind = choose.random()
        if kind < 0.22:
            return choose.choice(SMOOTH).format(self.expression(depth - 1, scope))
        if kind < 0.3:
            return choose.choice(KINKED).format(self.expression(depth - 1, scope))
        if kind < 0.52:
            both = self.expression(depth - 1, scope), self.expression(depth - 1, scope)
            return f"({choose.choice(BINARY).format(*both)})"
        if kind < 0.6:
            return choose.choice(CHOICES).format(self.expression(depth - 1, scope), self.expression(0, scope))
        if kind < 0.65 and scope:
            chosen, other = self.expression(depth - 1, scope), self.expression(0, scope)
            return f"where({self.condition(scope)}, {chosen}, {other})"
        inner = [letter for letter in scope if letter != "b"]
        if kind < 0.7 and inner:
            over = choose.sample(inner, choose.choice([1, 1, min(2, len(inner))]))
            return (
                f"{choose.choice(['softmax', 'log_softmax'])}[{', '.join(over)}]({self.expression(depth - 1, scope)})"
            )
        return self.reduction(depth, scope)

    def reduction(self, depth: int, scope: list[str]) -> str:
        choose = self.choose
        free = [letter for letter in BOUND if letter not in scope]
        if self.batched and "b" not in scope and choose.random() < 0.3:
            free = ["b", *free]
            over = ["b", *choose.sample(free[1:], choose.choice([0, 0, 1]) if len(free) > 1 else 0)]
        elif not free:
            return self.leaf(scope)
        else:
            over = choose.sample(free, min(len(free), choose.choice([1, 1, 2])))
        inner = [*scope, *over]
        operation = choose.choice(OPERATIONS)
        if operation == "argmax" and "b" in over:
            operation = "sum"
        body = self.expression(depth - 1, inner)
        if operation in ("sum", "mean") and choose.random() < 0.6:
            body = f"{body}*{self.leaf(inner)}"
        if choose.random() < 0.15:
            otherwise = {"max": " else -inf", "min": " else inf", "prod": " else 1", "argmax": " else -inf"}
            body = f"{body} if {self.condition(inner)}{otherwise.get(operation, '')}"
            if operation == "logsumexp":
                return f"clip(logsumexp[{', '.join(over)}]({body}), -9, 9)"
        text = f"{operation}[{', '.join(over)}]({body})"
        return f"max(min({text}, 9), -9)" if operation in ("max", "min") else text  # nothing inside is infinite

    def leaf(self, scope: list[str]) -> str:
        choose = self.choose
        kind = choose.random()
        readable = [item for item in self.known if "B" not in item.shape or "b" in scope]
        real = [item for item in readable if item.classes is None]
        if kind < 0.06:
            return choose.choice(["2", "0.5", "1/3", "3", "pi", *(["B"] if self.batched else [])])
        letters = [letter for letter in scope if letter != "b"]
        if kind < 0.1 and letters:
            return f"({self.place(letters)} + 1)/4"
        if not real:
            return "0.7"
        recent = real[-2:] if choose.random() < 0.4 else real
        return self.access(choose.choice(readable if kind < 0.14 else recent), scope)

    def access(self, item: Known, scope: list[str], depth: int = 0) -> str:
        return element(item.name, [self.index(extent, scope, depth) for extent in item.shape])

    def index(self, extent: int | str, scope: list[str], depth: int) -> str:
        choose = self.choose
        if extent == "B":
            return choose.choice(["b - 1", "b + 1"]) if choose.random() < 0.03 else "b"
        letters = [letter for letter in scope if letter != "b"]
        fitting = [letter for letter in letters if self.extents[letter] == extent]
        if fitting and choose.random() < 0.7:
            return choose.choice(fitting)
        pointers = [
            item for item in self.known
            if isinstance(item.classes, int) and item.classes <= int(extent) and ("B" not in item.shape or "b" in scope)
            and item.ignored is None
        ]  # fmt: skip
        if pointers and depth < 1 and choose.random() < 0.6:
            return self.access(choose.choice(pointers), scope, depth + 1)
        if not letters or choose.random() < 0.1:
            return str(choose.randint(0, int(extent) - 1))
        return self.place(letters)

    def place(self, letters: list[str]) -> str:
        """An index expression: strides, offsets, dilations, digits, digits of sums."""
        choose = self.choose
        plain = choose.choice(letters)
        if choose.random() < 0.2:
            whole = f"{self.radix}*{plain}{choose.choice(['', f' + {choose.choice(letters)}'])}"
            return choose.choice([f"{plain}//{self.radix}", f"{plain}%{self.radix}", whole])
        used = choose.sample(letters, min(len(letters), choose.choice([1, 1, 2])))
        terms = [choose.choice(["{}", "{}", "{}", "2*{}", "3*{}", "-{}"]).format(letter) for letter in used]
        offset = choose.choice([0, 0, 0, 1, -1, -1, 2, -2, 3])
        affine = " + ".join(terms) + f" {'-' if offset < 0 else '+'} {abs(offset)}"
        number, other = choose.choice([2, 3]), choose.choice([2, 3])
        if choose.random() > 0.04:
            return affine
        return choose.choice(
            [f"({affine})//{number}", f"({affine})%{number}", f"({affine})//{number}%{other}",
             f"{number}*(({affine})//{number}) + {used[0]}"]
        )  # fmt: skip

    def condition(self, scope: list[str]) -> str:
        choose = self.choose
        letters = [letter for letter in scope if letter != "b"]
        if not letters:
            return f"{self.leaf(scope)} > 0"
        left, right = self.place(letters), self.place(letters)
        low = choose.choice(letters)
        return choose.choice([f"{left} <= {right}", f"0 <= {left} < 3", f"not {left} == {right} or {right} > 1",
                              f"{low} > 0", f"{low} == {right}", f"{left} != {right}"])  # fmt: skip


def element(name: str, indices: list[str]) -> str:
    return f"{name}[{', '.join(indices)}]" if indices else name
