"""What is wrong with a claim: the repair that makes it right, found by trying them all."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice

from sympy import Expr, nan, zoo

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import BATCH
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor
from bpgen.claims.columns import column_reading
from bpgen.claims.compare import Ratio, Samples
from bpgen.claims.loosen import loose_readings
from bpgen.claims.names import Names
from bpgen.claims.read import Claim
from bpgen.claims.rename import renamed_readings, reversed_readings
from bpgen.claims.repairs import Repair, repairs
from bpgen.claims.tree import IndexSum, walk
from bpgen.claims.value import Misfit

MOST = 6000  # repairs that are tried
LOOSE = 12  # other readings that repairs are tried on


@dataclass(frozen=True)
class Diagnosis:
    """slip: what kind, "" where it is none of those known; sentence: in words; target = repaired: put right."""

    slip: str
    sentence: str
    target: Tensor
    repaired: Expr | None = None


def diagnose(claim: Claim, samples: Samples) -> Diagnosis:
    """The slip of a claim that is known to be wrong."""
    return _Search(claim, samples).found()


class _Search:
    def __init__(self, claim: Claim, samples: Samples) -> None:
        self.claim, self.samples, self.names = claim, samples, claim.names
        self.target = claim.target
        self.scaled: tuple[Repair, Ratio] | None = None
        self.tried = 0

    def found(self) -> Diagnosis:
        claim = self.claim
        columns = self._of_columns()
        if columns is not None:
            return columns
        if claim.expression is not None:
            return self._near(claim.expression) or self._of(claim.expression) or self._unknown()
        assert claim.misfit is not None
        for reading in reversed_readings(claim):
            ratio = self.samples.ratio(reading.target, reading.expression)
            if ratio is not None and ratio.is_one:
                return Diagnosis(
                    reading.slip, f"{reading.what}: {claim.misfit.message}", reading.target, reading.expression
                )
        readings = self._loose()
        for expression in readings:
            ratio = self.samples.ratio(self.target, expression)
            if ratio is not None:
                slip, sentence = self._misfit(expression)
                more = "" if ratio.is_one else f"; besides, {factor_slip(ratio, self.names)[1]}"
                return Diagnosis(slip, sentence + more, self.target, self._scaled(expression, ratio))
        for reading in renamed_readings(claim):
            ratio = self.samples.ratio(reading.target, reading.expression)
            if ratio is not None and ratio.is_one:
                sentence = f"{reading.what}: {claim.misfit.message}"
                return Diagnosis(reading.slip, sentence, reading.target, reading.expression)
        for expression in readings[:LOOSE]:
            diagnosis = self._repaired(expression)
            if diagnosis is not None:
                return self._with_misfit(diagnosis)
        if self.scaled is not None:
            return self._with_misfit(self._of_scaled())
        return replace(self._unknown(), sentence=claim.misfit.message, slip="shape")

    def _of_columns(self) -> Diagnosis | None:
        """What is right where samples are columns."""
        reading = column_reading(self.claim)
        if reading is None or not self.samples.equal(self.target, reading[0]):
            return None
        expression, text = reading
        sentence = "samples are rows here, and this is right where they are columns"
        reads = f"{sentence}; with rows it reads `{text}`" if text else sentence
        return Diagnosis("transpose", reads, self.target, expression)

    def _near(self, expression: Expr) -> Diagnosis | None:
        """What is nearly right: most often it keeps a division by 0 away."""
        if not self.samples.close(self.target, expression):
            return None
        plain = expression.xreplace(self.samples.unseen(expression))
        if not plain.has(zoo, nan) and self.samples.equal(self.target, plain):
            unseen = self.samples.unseen(expression).items()
            numbers = " and ".join(sorted({f"{float(abs(number - near)):g}" for number, near in unseen}))
            sentence = f"it comes near, but is not equal: without {numbers} it would be"
            return Diagnosis("term", sentence, self.target, plain)
        return Diagnosis("", "it comes near, but is not equal: the values differ by little", self.target)

    def _loose(self) -> list[Expr]:
        if self.claim.line is None:
            return []
        found = loose_readings(self.claim.line.right, self.target, self.names)
        return [self.names.inlined(expression) for expression in found]

    def _with_misfit(self, diagnosis: Diagnosis) -> Diagnosis:
        assert self.claim.misfit is not None
        return replace(diagnosis, sentence=f"{diagnosis.sentence}; besides, {self.claim.misfit.message}")

    def _misfit(self, repaired: Expr) -> tuple[str, str]:
        """The slip where only the shapes are wrong.  repaired: the claim put right."""
        misfit, given = self.claim.misfit, self.claim.given
        assert misfit is not None
        if given is not None and len(given.axes) > len(self.target.axes):
            own = [axis.extent for axis in self.target.axes]
            if BATCH in given.extents and BATCH not in own:
                return (
                    "batch sum",
                    f"the sum over the batch is missing, a row for each sample is left: {misfit.message}",
                )
            return "sum", f"a sum is missing: {misfit.message}"
        if misfit.kind in ("sum missing", "indices"):
            line = self.claim.line
            terms = walk(line.right) if line is not None else ()
            written = sum(len(term.indices) for term in terms if isinstance(term, IndexSum))
            over = [index for part in repaired.atoms(Reduction) for index in part.bound]
            return _of_indices(misfit, any(index.extent == BATCH for index in over), len(over) > written, not written)
        if misfit.kind == "product":
            return "product", f"an elementwise product stands where a matrix product belongs: {misfit.message}"
        return "transpose", f"a transpose is missing or too much: {misfit.message}"

    def _of(self, expression: Expr) -> Diagnosis | None:
        ratio = self.samples.ratio(self.target, expression)
        if ratio is not None and ratio.fraction is not None:
            slip, sentence = factor_slip(ratio, self.names)
            return Diagnosis(slip, sentence, self.target, self._scaled(expression, ratio))
        found = self._repaired(expression)
        return found or (self._of_scaled() if self.scaled is not None else None)

    def _repaired(self, expression: Expr) -> Diagnosis | None:
        """The first repair that makes it right; one that leaves a constant factor is kept for later."""
        for repair in islice(repairs(expression, self.target, self.names), MOST - self.tried):
            self.tried += 1
            if repair.expression == expression and repair.target == self.target:
                continue
            ratio = self.samples.ratio(repair.target, repair.expression)
            if ratio is None or ratio.fraction is None:
                continue
            if ratio.is_one:
                return Diagnosis(repair.slip, repair.what, repair.target, repair.expression)
            if self.scaled is None:
                self.scaled = repair, ratio
        return None

    def _of_scaled(self) -> Diagnosis:
        assert self.scaled is not None
        repair, ratio = self.scaled
        _, sentence = factor_slip(ratio, self.names)
        whole = self._scaled(repair.expression, ratio)
        return Diagnosis(repair.slip, f"{repair.what}; besides, {sentence}", repair.target, whole)

    def _scaled(self, expression: Expr, ratio: Ratio) -> Expr | None:
        fraction = ratio.fraction
        if fraction is None:
            return None
        result: Expr = expression * fraction.denominator / fraction.numerator / BATCH**ratio.rows
        return result

    def _unknown(self) -> Diagnosis:
        return Diagnosis("", "it is none of the usual slips", self.target)


def _of_indices(misfit: Misfit, batch: bool, missing: bool, none: bool) -> tuple[str, str]:
    """The slip of letters that do not fit.  batch: it sums over the batch when put right; missing: a sum is missing;

    none: no sum is written at all
    """
    turned = "the indices of a tensor stand the wrong way round"
    if misfit.kind == "indices" and missing and batch and none:
        return "transpose", f"{turned}, and the sum over the batch is missing: {misfit.message}"
    if misfit.kind == "indices" and not missing:
        return "transpose", f"{turned}: {misfit.message}"
    if not missing:
        return "batch sum" if batch else "sum", f"the sum runs over the wrong index: {misfit.message}"
    if batch and none:
        return "batch sum", f"the sum over the batch is missing: {misfit.message}"
    return "sum", f"a sum is missing: {misfit.message}"


def factor_slip(ratio: Ratio, names: Names) -> tuple[str, str]:
    """The slip of a claim that is a constant times what it should be."""
    factor = ratio.fraction
    if factor is None:
        return "factor", f"it is {ratio.factor:.6g} times the derived one"
    if ratio.rows == 0 and factor == -1:
        return "sign", "the sign is wrong: it is -1 times the derived one"
    sign = " and the sign is wrong" if factor < 0 else ""
    size = abs(factor)
    if size == 1:
        return "factor", f"{_power_of_rows(ratio.rows)}{sign}"
    by_name = _named(size, names) if ratio.rows == 0 else None
    if by_name:
        return "factor", by_name + sign
    rows = {0: "", 1: " * B", -1: " / B"}.get(ratio.rows, f" * B**{ratio.rows}")
    return "factor", f"it is {_fraction(factor)}{rows} times the derived one"


def _power_of_rows(rows: int) -> str:
    if rows > 0:
        return f"the factor 1/B{'' if rows == 1 else f'**{rows}'} is missing (B is the number of rows)"
    return f"the factor 1/B{'' if rows == -1 else f'**{-rows}'} stands once too often (B is the number of rows)"


def _named(size: Fraction, names: Names) -> str | None:
    """The factor by a size or an option that it is a power of."""
    for name, value in sorted(names.theory.numbers.items()):
        if not value.is_Rational or value in (0, 1):
            continue
        number = Fraction(int(value.p), int(value.q))
        for power in (1, 2):
            written = name if power == 1 else f"{name}**{power}"
            if size == number**power:
                return f"the factor 1/{written} is missing ({name} is {_fraction(number)})"
            if size * number**power == 1:
                return f"the factor {written} is missing ({name} is {_fraction(number)})"
    return None


def _fraction(number: Fraction) -> str:
    return str(number)
