"""Random systems of equations as text: the same seed gives the same system.

Accesses of every kind (plain, strides, dilations, offsets, digits, diagonals, indirect with duplicates, beyond the
ends), guards, branches, reductions within reductions, softmax and its kin, recurrences either way at lags 1 and 2,
derivatives; layers that read each other; sizes of 1 and equal sizes; with a batch and without one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from random_expressions import BOUND, Expressions, Known, element

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Fact, Origin, System, Tensor
from bpgen.derive.partial import partial_derivative

LEFT, TIME = "ijk", "t"


@dataclass(frozen=True)
class Case:
    """A system of a seed, as it is written.  tensors: its inputs and parameters; batch: rows to try it with."""

    seed: int
    text: str
    tensors: tuple[Tensor, ...]
    sizes: dict[str, int]
    outputs: tuple[str, ...]
    batch: int

    def system(self) -> System:
        """Elaborated.  Raises EquationError where what came out by chance is refused."""
        scope = Scope(
            tensors={t.name: t for t in self.tensors}, sizes=self.sizes, names={"L": "loss"}, prefix="net", layer="net",
            differentiate=partial_derivative,
        )  # fmt: skip
        equations = tuple(elaborate(self.text, scope, role="loss", origin=Origin("net")).equations)
        tensors = {t.name: t for t in self.tensors} | {e.tensor.name: e.tensor for e in equations}
        outputs = tuple(name for name in (f"net.{output}" for output in self.outputs) if name in tensors)
        return System(f"case{self.seed}", tensors, equations, outputs=outputs, loss="loss")

    def values(self) -> dict[str, np.ndarray]:
        """Of inputs and parameters; integers come twice where there is room."""
        generator = np.random.default_rng(self.seed)
        found: dict[str, np.ndarray] = {}
        for tensor in self.tensors:
            shape = tuple(self.batch if extent == "B" else int(extent) for extent in tensor.shape)
            if tensor.dtype == "int32":
                found[tensor.name] = np.asarray(generator.integers(0, tensor.classes, shape), np.int32)
                if tensor.ignored is not None:
                    found[tensor.name].flat[self.seed % 2 :: 2] = tensor.ignored
            else:
                found[tensor.name] = np.asarray(generator.uniform(-1.5, 1.5, shape))
            for fact in tensor.facts:
                found[tensor.name] = satisfying(fact, found[tensor.name])
        return found

    def __str__(self) -> str:
        given = [f"{t.name} {t.role} {list(t.shape)} {t.classes or ''}" for t in self.tensors]
        return f"seed {self.seed}, batch {self.batch}, sizes {self.sizes}\n" + "\n".join([*given, self.text])


def satisfying(fact: Fact, drawn: np.ndarray) -> np.ndarray:
    """The values changed so that what is declared of them holds."""
    match fact.kind:
        case "positive":
            return np.abs(drawn) + 0.1
        case "mask":
            return np.asarray(drawn > 0, float)
        case "sums_to_one":
            return np.exp(drawn) / np.exp(drawn).sum(axis=fact.axes, keepdims=True)
        case "one_hot":
            return np.asarray(drawn == drawn.max(axis=fact.axes, keepdims=True), float)
    return (drawn + drawn.swapaxes(*fact.axes)) / 2


@dataclass
class Writer(Expressions):
    lines: list[str] = field(default_factory=list)

    def case(self, seed: int) -> Case:
        choose = self.choose
        self.radix = choose.choice([2, 2, 3])
        self.batched = choose.random() < 0.6
        few = choose.choice([[1, 2, 3], [2], [1, 2], [3], [2, 3, 4], [1, 5], [2, 3]])
        self.extents = {letter: choose.choice(few) for letter in LEFT + BOUND}
        self.extents[TIME] = choose.choice([1, 2, 3, 4])
        self.give()
        given = list(self.known)
        for number in range(choose.choice([1, 1, 1, 1, 1, 2, 2, 3])):
            kind = choose.random()
            if kind < 0.2:
                self.recurrence(f"h{number}", f"c{number}")
            elif kind < 0.27 and number:
                self.derivative(f"g{number}")
            else:
                self.layer(f"y{number}")
        self.loss()
        layers = [item for item in self.known if item.role == "forward"]
        return Case(
            seed, "\n".join(self.lines), tuple(map(_tensor, given)), dict(self.extents),
            tuple(item.name for item in layers if choose.random() < 0.3), choose.choice([1, 2, 3, 3]),
        )  # fmt: skip

    def give(self) -> None:
        """Inputs and parameters: most axes fit a letter."""
        choose = self.choose
        for number in range(choose.choice([1, 1, 2, 3])):
            self.known.append(Known(f"x{number}", self.shape(choose.choice([0, 1, 1, 2, 2, 3]), batch=0.8), "input"))
        for number in range(choose.choice([0, 1, 1, 2])):
            self.known.append(Known(f"w{number}", self.shape(choose.choice([0, 1, 2, 2, 3]), batch=0), "parameter"))
        if choose.random() < 0.35:
            classes = choose.choice([1, 2, 3, 3, 4])
            self.known.append(Known("label", self.shape(choose.choice([0, 1, 1]), batch=0.8), "input", classes))
        if self.batched:
            self.known.append(Known("q", ("B",), "input"))

    def shape(self, rank: int, batch: float) -> tuple[int | str, ...]:
        choose = self.choose
        fitting = list(self.extents.values())
        extents: list[int | str] = [
            choose.choice(fitting) if choose.random() < 0.8 else choose.randint(1, 5) for _ in range(rank)
        ]
        if self.batched and choose.random() < batch:
            extents.insert(choose.choice([0, 0, 0, rank]), "B")
        return tuple(extents)

    def extent(self, letter: str) -> int | str:
        return "B" if letter == "b" else self.extents[letter]

    # --- equations

    def left(self, *needed: str) -> list[str]:
        letters = self.choose.sample(LEFT, self.choose.choice([0, 1, 1, 2, 2]))
        if self.batched and self.choose.random() < 0.7:
            letters.insert(self.choose.choice([0, 0, 0, len(letters)]), "b")
        for letter in needed:
            letters.insert(self.choose.randint(0, len(letters)), letter)
        return letters

    def define(self, name: str, letters: list[str], right: str, *, moving: bool = False, classes=None) -> None:
        self.lines.append(f"{element(name, letters)} = {right}")
        self.known.append(Known(name, tuple(map(self.extent, letters)), classes=classes, moving=moving))

    def layer(self, name: str) -> None:
        letters = self.left(*([TIME] if self.choose.random() < 0.15 else []))
        bound = [letter for letter in BOUND if letter not in letters]
        if self.choose.random() < 0.08 and bound:
            over = self.choose.sample(bound, self.choose.choice([1, 1, 2]))
            body = self.expression(1, letters + over)
            classes = int(np.prod([self.extents[letter] for letter in over]))
            self.define(name, letters, f"argmax[{', '.join(over)}]({body})", classes=classes)
            return
        right = self.expression(self.choose.choice([1, 1, 1, 2, 2, 3]), letters)
        if self.choose.random() < 0.1 and letters:
            right = f"{right} if {self.condition(letters)}"
        self.define(name, letters, right)

    def recurrence(self, name: str, partner: str) -> None:
        choose = self.choose
        letters = self.left(TIME)
        step, both = choose.choice([1, 1, -1, -1, 2, -2]), choose.random() < 0.35
        names = [name, partner] if both else [name]
        others = [letter for letter in letters if letter != TIME]
        length = self.extents[TIME]
        for member in names:
            for lag in range(1, abs(step) + 1):
                if choose.random() < 0.6:
                    place = str(-lag) if step > 0 else str(length + lag - 1)
                    at = [place if letter == TIME else letter for letter in letters]
                    self.lines.append(f"{element(member, at)} = {self.expression(choose.choice([0, 0, 1]), others)}")
        right = []
        for number, member in enumerate(names):
            parts = [self.past(choose.choice(names), letters, step)]
            if choose.random() < 0.3:
                parts.append(self.past(member, letters, step // abs(step)))
            if number and choose.random() < 0.6:
                parts.append(element(name, letters))
            elif number:
                parts.append(self.past(name, letters, step))
            new = self.expression(choose.choice([0, 1, 1, 2]), letters)
            form = choose.choice(["tanh({} + {})", "sigmoid({1})*({0}) + {1}", "{} + {}", "({})*tanh({})/2",
                                  "max({}, {})", "where(t > 0, {0}, {1})", "softplus({} - {})"])  # fmt: skip
            right.append(form.format(" + ".join(parts), new))
        for member, text in zip(names, right, strict=True):
            self.lines.append(f"{element(member, letters)} = {text}")
        for member in names:
            self.known.append(Known(member, tuple(map(self.extent, letters)), moving=True))

    def past(self, name: str, letters: list[str], step: int) -> str:
        """A tensor of the recurrence at an earlier step: as it is, moved aside, or summed over."""
        choose = self.choose
        at = [f"t {'-' if step > 0 else '+'} {abs(step)}" if letter == TIME else letter for letter in letters]
        others = [n for n, letter in enumerate(letters) if letter not in (TIME, "b")]
        if others and choose.random() < 0.4:
            n = choose.choice(others)
            over = [letter for letter in BOUND if self.extents[letter] == self.extents[letters[n]]]
            if over and choose.random() < 0.8:
                bound = choose.choice(over)
                at[n] = bound
                return f"sum[{bound}]({element(name, at)}*{self.expression(0, [*letters, bound])})/2"
            at[n] = choose.choice(
                [f"{letters[n]} - 1", f"{letters[n]} + 1", "0", f"{self.extents[letters[n]] - 1} - {letters[n]}"]
            )
        return choose.choice(["{}", "{}/2", "{}*{}/2"]).format(element(name, at), self.expression(0, letters))

    def derivative(self, name: str) -> None:
        """d(u, x) of a layer by what it may read."""
        choose = self.choose
        layers = [item for item in self.known if item.role == "forward" and item.classes is None]
        by = [item for item in self.known if item.classes is None and not item.moving and item.name != "q"]
        if not layers or not by:
            return self.layer(name)
        taken: list[str] = []
        texts = []
        for item in (choose.choice(layers), choose.choice(by)):
            at = []
            for extent in item.shape:
                free = [x for x in (LEFT + BOUND if extent != "B" else "b") if self.extent(x) == extent]
                if extent != "B" and (not free or choose.random() < 0.2):
                    at.append(str(choose.randint(0, int(extent) - 1)))
                else:
                    at.append(choose.choice(free))
            texts.append(element(item.name, at))
            taken += [letter for letter in at if letter.isalpha() and letter not in taken]
        right = f"d({texts[0]}, {texts[1]})"
        if choose.random() < 0.3:
            right = f"d({texts[0]}*{self.expression(0, taken)}, {texts[1]})"
        self.define(
            name, taken, choose.choice(["{}", "{}**2", "sin({})", "{}*{}"]).format(right, self.expression(0, taken))
        )
        return None

    def loss(self) -> None:
        terms = []
        layers = [item for item in self.known if item.role == "forward"]
        read = "\n".join(self.lines)
        unread = [item for item in layers if f"{item.name}[" not in read.split(f"{item.name}[", 2)[-1]]
        for item in {item.name: item for item in [layers[-1], *unread]}.values():
            pool = {extent: [x for x in LEFT + BOUND + TIME if self.extent(x) == extent] for extent in item.shape}
            letters: list[str] = []
            for extent in item.shape:
                free = [x for x in ("b" if extent == "B" else pool[extent]) if x not in letters]
                letters.append(free[0] if free else "0")
            over = [letter for letter in letters if letter.isalpha()]
            weight = " + ".join(f"{n + 1}*{letter}" for n, letter in enumerate(over) if letter != "b") or "1"
            body = f"{element(item.name, letters)}*(1 + {weight})/4"
            body = self.choose.choice(["{}", "({})**2", "sin({})", "{}*q[b]" if "b" in over else "{}"]).format(body)
            mean = self.choose.choice(["sum", "mean"])
            terms.append(f"{mean}[{', '.join(over)}]({body})" if over else body)
        if self.batched:
            terms.append("sum[b](q[b])/B")
        if self.choose.random() < 0.3:
            terms.append(self.expression(1, []))
        self.lines.append(f"L = {' + '.join(terms)}")


def _tensor(item: Known) -> Tensor:
    axes = tuple(
        Index("b" if extent == "B" else "efgh"[n], BATCH if extent == "B" else extent)
        for n, extent in enumerate(item.shape)
    )
    dtype = "real" if item.classes is None else "int32"
    facts = tuple(Fact(kind, places) for kind, places in item.facts)
    return Tensor(
        item.name, axes, dtype, item.role, facts, classes=item.classes, symbol=item.name, ignored=item.ignored
    )


def random_case(seed: int) -> Case:
    return Writer(random.Random(seed)).case(seed)
