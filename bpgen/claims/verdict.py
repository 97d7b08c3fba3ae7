"""What is answered to a claim."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bpgen.algebra.records import dataclass
from bpgen.claims.counterexample import CounterExample

PROVED, NUMERICAL, DIFFERENT = "proved", "equal at random points", "different"


@dataclass(frozen=True)
class Verdict:
    """Whether a claim is right, and if not, where and by how much.  It is true where the claim is.

    status: "proved" (by normal form), "equal at random points" (numerically, no proof was found) or "different"
    claim: the line judged, as written; meaning: as an equation of the equation language, "" where it fits none
    derived: the derived equation
    slip: of the usual slips the one it is: "sign", "factor", "transpose", "activation derivative", "batch sum", "sum",
        "wrong tensor", "wrong variable", "chain rule reversed", "place", "product", "term", "shape", or ""
    diagnosis: what is wrong, in words; of what is right, at which kink it is not, and what an extent of 1 hides
    repaired: the claim put right, in the equation language
    claimed_term, derived_term: the first term that differs, on either side ("" for no term)
    counterexample: small numbers for which the two sides differ; None where there are none to show
    notes: how names were understood
    """

    status: str
    claim: str
    meaning: str
    derived: str
    slip: str = ""
    diagnosis: str = ""
    repaired: str = ""
    claimed_term: str = ""
    derived_term: str = ""
    counterexample: CounterExample | None = None
    notes: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return self.status != DIFFERENT

    def __bool__(self) -> bool:
        return self.right

    def as_json(self) -> dict[str, Any]:
        return {"right": self.right} | asdict(self)

    def __str__(self) -> str:
        if self.status == PROVED:
            lines = [
                f"right: {self.claim}",
                "",
                "proved: the difference from the derived equation vanishes by normal form",
            ]
        elif self.status == NUMERICAL:
            lines = [f"right, as far as numbers tell: {self.claim}", "",
                     "equal to the derived equation at random points; no proof by normal form was found"]  # fmt: skip
        else:
            kind = f" ({self.slip})" if self.slip else ""
            lines = [f"WRONG{kind}: {self.claim}", "", self.diagnosis]
        lines += ["", self.diagnosis] if self.right and self.diagnosis else []
        lines += ["", *(f"    {title:9}{text}" for title, text in self._equations() if text)]
        if self.claimed_term or self.derived_term:
            lines += ["", "the first term that differs", f"    claimed  {self.claimed_term or 'no such term'}",
                      f"    derived  {self.derived_term or 'no such term'}"]  # fmt: skip
        lines += self._example()
        if self.notes:
            lines += ["", f"read as: {'; '.join(self.notes)}"]
        return "\n".join(lines)

    def _equations(self) -> tuple[tuple[str, str], ...]:
        repaired = "" if self.repaired == self.derived else self.repaired
        return ("claimed", self.meaning), ("derived", self.derived), ("repaired", repaired)

    def _example(self) -> list[str]:
        found = self.counterexample
        if found is None:
            return []
        place = f"[{', '.join(map(str, found.at))}]" if found.at else ""
        name = self.derived.partition(" = ")[0].partition("[")[0]
        return ["", "a case to check by hand", *(f"    {line}" for line in str(found).splitlines()),
                f"    {name}{place} is {found.derived}; claimed: {found.claimed}"]  # fmt: skip
