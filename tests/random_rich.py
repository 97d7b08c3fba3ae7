"""Random systems of a second kind: with declared facts, labels that are ignored or counted, stop, derivatives inside
expressions, and the forms that losses, norms and attention have.

A seed gives another system here than it does in random_systems, whose systems stay as they are.
"""

from __future__ import annotations

import random

from random_expressions import BOUND, Known, element
from random_systems import Case, Writer

FUNCTIONS = ["sinh({}/3)", "cosh({}/3)", "tan({}/5)", "(1 + ({})**2)**(3/2)", "(2 + ({})**2)**(-1/3)", "2**({}/3)",
             "min({}, 1/2, 1 - {})", "log(2 + sin({}))", "abs({})**3", "exp(-({})**2)", "log(sigmoid({}))",
             "log(1 + exp({}))", "1/(1 + exp(-({})))", "where(-1 < {0} < 1/2, {0}**2, {0})", "relu({})**2",
             "log1p(exp(-abs({})))", "sqrt(({})**2 + 0.01)", "({0})/sqrt(1 + ({0})**2)", "-log(1 - tanh({})**2 + 0.01)",
             "exp(log(1 + ({})**2)/2)", "sigmoid({0})*(1 - sigmoid({0}))", "max({}, 0.1)**(-1/2)"]  # fmt: skip
# {a}, {c}: expressions over what is summed as well; {r}: the index that is summed over
FORMS = [
    "-sum[{r}]({p}*log_softmax[{r}]({a}))",
    "sum[{r}](softmax[{r}]({a})*{c})",
    "sum[{r}](softmax[{r}]({a} if {g} else -inf)*{c})",
    "sum[{r}]({a}**2) - mean[{r}]({a})**2*{l}",
    "({l} - mean[{r}]({c}))/sqrt(max(mean[{r}]({c}**2) - mean[{r}]({c})**2, 0) + 0.1)",
    "{l}/sqrt(mean[{r}]({c}**2) + 0.1)",
    "sum[{r}]({c}*{p})/sqrt(sum[{r}]({c}**2)*sum[{r}]({p}**2) + 0.1)",
    "mean[{r}](softplus({c}) - {c}*{p})",
    "mean[{r}](where(abs({c}) <= 1, {c}**2/2, abs({c}) - 1/2))",
    "-mean[{r}]({p}*log(sigmoid({c})) + (1 - {p})*log(1 - sigmoid({c})))",
    "mean[{r}](max(0, 1 - {c}*{p}))",
    "log(sum[{r}](exp({c})))",
    "log(sum[{r}](exp({a}))) - log(sum[{r}](exp({c})))",
    "max(min(max[{r}]({c}), 9), -9)*{l} - max(min(min[{r}]({a}), 9), -9)",
    "sum[{r}]({p})*sum[{r}]({c})",
    "prod[{r}](1 + {c}/3)",
    "sum[{r}](({r} == {n})*{c})",
    "sum[{r}]({c} if {r} != {n})/(1 + {l}**2)",
]


def rich_case(seed: int) -> Case:
    return RichWriter(random.Random(f"rich {seed}")).case(seed)


class RichWriter(Writer):
    """Writes systems of the second kind."""

    def give(self) -> None:
        super().give()
        choose = self.choose
        if choose.random() < 0.7:
            kind = choose.choice(["positive", "mask", "sums_to_one", "one_hot", "symmetric"])
            square = choose.choice([*self.extents.values()])
            shape = (square, square) if kind == "symmetric" else self.shape(choose.choice([1, 1, 2]), batch=0.7)
            places = [place for place, extent in enumerate(shape) if extent != "B"]
            axes = {"positive": (), "mask": (), "symmetric": (0, 1)}.get(kind, (places[-1],))
            self.known.append(Known("fact", shape, "input", facts=((kind, axes),)))
        if choose.random() < 0.5:
            classes = choose.choice([2, 3, 3, 4])
            ignored = choose.choice([-1, -100, 0, classes])
            self.known.append(
                Known("y", self.shape(choose.choice([0, 1]), batch=0.8), "input", classes, ignored=ignored)
            )

    def expression(self, depth: int, scope: list[str]) -> str:
        choose = self.choose
        if depth <= 0 or choose.random() < 0.45:
            return super().expression(depth, scope)
        kind = choose.random()
        if kind < 0.35:
            return choose.choice(FUNCTIONS).format(*[self.expression(depth - 1, scope)] * 2)
        if kind < 0.45:
            return f"stop({self.leaf(scope)})*{self.expression(depth - 1, scope)}"
        if kind < 0.55:
            return self.counted(depth, scope)
        if kind < 0.63:
            return self.slope(scope)
        return self.form(depth, scope)

    def form(self, depth: int, scope: list[str]) -> str:
        """What losses, norms and attention are made of, over one index."""
        choose = self.choose
        free = [letter for letter in BOUND if letter not in scope]
        if not free:
            return self.leaf(scope)
        over = choose.choice(free)
        letters = [letter for letter in scope if letter != "b"]
        form = choose.choice(FORMS)
        if letters and choose.random() < 0.1:
            over, form = choose.choice(letters), "-log(softmax[{r}]({a}) + 0.1)*{l}"  # its index stays
        inner = [*scope, over] if over not in scope else scope
        guard = f"{choose.choice(letters)} >= {over}" if letters and choose.random() < 0.7 else f"{over} < 2"
        text = form.format(
            r=over, a=self.leaf(inner), c=self.expression(choose.choice([0, 0, depth - 1]), inner), l=self.leaf(scope),
            p=self.leaf(inner), g=guard, n=self.label(scope) or self.place(inner),
        )  # fmt: skip
        return f"({text})"

    def label(self, scope: list[str]) -> str | None:
        """An integer that is read, to be compared with."""
        known = [item for item in self.known if item.classes is not None and ("B" not in item.shape or "b" in scope)]
        return self.access(self.choose.choice(known), scope) if known else None

    def counted(self, depth: int, scope: list[str]) -> str:
        """An expression where a label is a number, or not the one that is ignored."""
        label, value = self.label(scope), self.expression(depth - 1, scope)
        if label is None:
            return value
        ignored = [item.ignored for item in self.known if item.ignored is not None]
        number = self.choose.choice([*ignored, *ignored, 0, 1])
        return self.choose.choice(
            [f"({label} != {number})*{value}", f"where({label} == {number}, 1/2, {value})", f"({value} if {label} > 0)",
             f"({label} == {number})*{value}/(1 + {label})**2"]
        )  # fmt: skip

    def slope(self, scope: list[str]) -> str:
        """A derivative of an expression of layers by an element of what they may read."""
        choose = self.choose
        layers = [
            item for item in self.known
            if item.role == "forward" and item.classes is None and ("B" not in item.shape or "b" in scope)
        ]  # fmt: skip
        by = [
            item for item in self.known
            if item.classes is None and not item.moving and not item.facts and item.name != "q"
            and ("B" not in item.shape or "b" in scope)
        ]  # fmt: skip
        if not layers or not by:
            return self.leaf(scope)
        texts = []
        for item in (choose.choice(layers), choose.choice(by)):
            at = []
            for extent in item.shape:
                fitting = ["b"] if extent == "B" else [x for x in scope if x != "b" and self.extents[x] == extent]
                at.append(choose.choice(fitting) if fitting else str(choose.randint(0, int(extent) - 1)))
            texts.append(element(item.name, at))
        of = choose.choice([texts[0], f"{texts[0]}*{self.leaf(scope)}", f"sin({texts[0]})"])
        return f"d({of}, {texts[1]})"
