"""Systems for the tests, written as text: a line of mathematics each."""

from __future__ import annotations

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Fact, Origin, System, Tensor


def axes(text: str) -> tuple[Index, ...]:
    """ "b j:3" -> (b over the batch, j over 3)"""
    return tuple(
        Index(part.partition(":")[0], int(part.partition(":")[2]) if ":" in part else BATCH) for part in text.split()
    )


def given(name: str, text: str = "", *, role: str = "input", classes=None, ignored=None, facts=()) -> Tensor:
    dtype = "int32" if classes else "real"
    return Tensor(name, axes(text), dtype, role, tuple(facts), classes=classes, ignored=ignored, symbol=name)


def sums_to_one(axis: int) -> tuple[Fact, ...]:
    return (Fact("sums_to_one", (axis,)),)


def network(text: str, *tensors: Tensor, sizes: dict[str, int] | None = None, differentiate=None) -> System:
    """The system of a text whose last line defines L."""
    scope = Scope(
        tensors={t.name: t for t in tensors}, sizes=sizes or {}, constants={}, parameters={}, names={"L": "loss"},
        prefix="net", layer="net", symbols={}, differentiate=differentiate,
    )  # fmt: skip
    elaborated = elaborate(text, scope, role="loss", origin=Origin("net"))
    equations = tuple(elaborated.equations)
    defined = {t.name: t for t in tensors} | {e.tensor.name: e.tensor for e in equations}
    return System("net", defined, equations, outputs=(), loss="loss")
