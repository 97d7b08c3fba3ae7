"""The options of building a network: one record feeds the Python interface, the command line and the cache key."""

from __future__ import annotations

from dataclasses import field, fields
from difflib import get_close_matches
from typing import Any

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.records import dataclass

TARGETS = ("c", "numpy")
PLANNED_TARGETS = ("c-standalone",)
DTYPES = ("float32", "float64")


def _option(default: Any, meaning: str, *, in_key: bool, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"meaning": meaning, "in_key": in_key, "choices": choices})


@dataclass(frozen=True)
class Options:
    """How a network is built.  `in_key` in a field's metadata: whether it changes the generated code."""

    target: str | None = _option(
        None, "what to generate and run; by default C, or NumPy where there is no C compiler", in_key=True,
        choices=TARGETS,
    )  # fmt: skip
    dtype: str = _option("float32", "precision of parameters, inputs and arithmetic", in_key=True, choices=DTYPES)
    threads: int | None = _option(
        None, "threads that share a call's work where it pays; by default BPGEN_NUM_THREADS, OMP_NUM_THREADS or all "
        "cores", in_key=False,
    )  # fmt: skip
    batch: int | None = _option(None, "most rows of a call; by default memory grows with demand", in_key=False)

    tuned: bool = _option(
        False, "write contractions in C as `bpgen tune` has measured them on this machine, at the rows of a batch",
        in_key=False,
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Raises BpgenError naming the option, what it takes and what came."""
        for item in fields(self):
            value, choices = getattr(self, item.name), item.metadata["choices"]
            if choices and value is not None and value not in choices:
                raise BpgenError(_wrong_choice(item.name, value, choices))
        if self.threads is not None and (type(self.threads) is not int or self.threads < 1):
            raise BpgenError(f"threads: expected a positive whole number, got {self.threads!r}")
        if self.target == "numpy" and self.threads not in (None, 1):
            raise BpgenError("threads: NumPy divides its own products alone; OPENBLAS_NUM_THREADS says among how many")
        if self.target == "numpy" and self.tuned:
            raise BpgenError("tuned: what is measured is C; the NumPy target has one way for each contraction")
        if self.batch is not None and (not isinstance(self.batch, int) or self.batch < 1):
            raise BpgenError(f"batch: expected a positive whole number of rows, got {self.batch!r}")

    def key(self) -> dict[str, Any]:
        """What of the options the generated code depends on."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.metadata["in_key"]}


def _wrong_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if value in PLANNED_TARGETS:
        return f"{name}: {value!r} is not in this version; there are {', '.join(choices)}"
    near = get_close_matches(str(value), choices, 1)
    suggestion = f"; did you mean {near[0]!r}?" if near else ""
    return f"{name}: expected one of {', '.join(choices)}, got {value!r}{suggestion}"


def meaning(name: str) -> str:
    """An option's meaning, as the command line shows it."""
    found = next(item for item in fields(Options) if item.name == name)
    text: str = found.metadata["meaning"]
    return text
