"""What a user holds of a derivation: its equations, the steps that led to them, and how they print."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from bpgen.algebra.errors import BpgenError
from bpgen.run.undisturbed import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bpgen.algebra.system import Equation
    from bpgen.claims.verdict import Verdict
    from bpgen.derive.account import Costs
    from bpgen.derive.derivation import Derivation, Step
    from bpgen.emit.source import Source

ADJOINT = "d."
NOTATIONS = ("index", "matrix")


class Proof:
    """A network's gradient, derived.

    derivation: the record all of this is read from (bpgen.derive.derivation.Derivation)
    numbers: sizes and options by name, which claims may speak of; smaller: derivations of the same network with
        smaller sizes, for examples that fit on a page; wider: with 2 in place of sizes of 1, which hide slips
    sources: gives what is generated from the same network, for the page to show beside the equations
    """

    def __init__(
        self,
        derivation: Derivation,
        numbers: Mapping[str, float] | None = None,
        smaller: Callable[[], Iterator[Derivation]] | None = None,
        wider: Callable[[], Derivation | None] = lambda: None,
        sources: Callable[[], Sequence[Source]] = tuple,
    ) -> None:
        self.derivation = derivation
        self._numbers, self._smaller, self._sources = numbers or {}, smaller, sources
        self._wide = cache(wider)

    @property
    def name(self) -> str:
        return self.derivation.system.name

    @property
    def equations(self) -> tuple[Equation, ...]:
        """Every equation in reading order: number, role (forward, loss, backward, update), lhs, rhs."""
        return self.derivation.system.equations

    def gradient(self, name: str) -> Equation:
        """The simplified equation of the loss's derivative by a parameter, an input or a tensor between."""
        for equation in self.derivation.simplified:
            if equation.tensor.name == ADJOINT + name:
                return equation
        known = [equation.tensor.name.removeprefix(ADJOINT) for equation in self.derivation.simplified]
        raise BpgenError(f"no gradient by {name!r}; there are those by {', '.join(known)}")

    @cached_property
    def cost(self) -> Costs:
        """Operations and memory traffic of the raw chain rule, the simplified backward pass and the forward pass, as
        polynomials in B (`proof.cost.backward.operations.at(32)`); tensors that are saved, or computed again."""
        from bpgen.derive.account import account

        return account(self.derivation)

    @one_thread()
    def steps(self, name: str) -> tuple[Step, ...]:
        """The lines from the chain rule to `gradient(name)`, each one move in one place, with its rule and its reason.

        Where a line writes out the adjoint of another tensor, the steps of that one lead there.  Each line is checked
        numerically when it is asked for, with batches of several sizes; RewriteError where it fails.
        """
        self.gradient(name)
        return self.derivation.details.get(name, ())

    @one_thread()
    def latex(self, notation: str = "index", steps: bool = False, full: bool = False) -> str:
        """A document for pdflatex.  notation: "index" or "matrix"; steps: with every rewrite.

        full: with every layer written out; else layers that are alike are described once.
        """
        from bpgen.emit.latex import latex

        _check(notation)
        return latex(self.derivation, notation=notation, steps=steps, full=full)

    @one_thread()
    def text(self, steps: bool = False, full: bool = False) -> str:
        """The same in plain text, in the equation language.  steps, full: as for latex."""
        from bpgen.emit.text import text

        return text(self.derivation, steps=steps, full=full)

    @one_thread()
    def html(self, notation: str = "index", steps: bool = False, full: bool = False) -> str:
        """A page for a browser, in one file: the equations, and beside them the NumPy and the C that compute them.

        notation, steps, full: as for latex.  Raises BpgenError where the package math-core is not installed.
        """
        from bpgen.emit.html import html

        _check(notation)
        return html(self.derivation, self._sources(), notation, steps, full)

    def check_claim(self, claim: str) -> Verdict:
        """Whether a formula derived by hand is right, and if not, where and by how much.

        claim: "dW[o, i] = sum[b](delta[b, o] * x[b, i])", "dW = delta^T x", or the same in LaTeX; lines above the last
        may define names.  Raises EquationError, with line, column and caret, where it cannot be read.
        """
        from bpgen.algebra.scope import exact
        from bpgen.claims.check import check_claim, with_doubt
        from bpgen.claims.theory import Theory, theory_of
        from bpgen.emit.latex_document import write_symbols

        numbers = {name: exact(value) for name, value in self._numbers.items()}

        def theory(derivation: Derivation) -> Theory:
            return theory_of(derivation, numbers, lambda: write_symbols(derivation))

        smaller = self._smaller
        networks = None if smaller is None else lambda: map(theory, smaller())
        own = theory(self.derivation)
        verdict = check_claim(claim, own, networks)
        if not verdict:
            return verdict
        return with_doubt(verdict, claim, own, lambda: None if (wide := self._wide()) is None else theory(wide))

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        gradients = ", ".join(name for name, _ in self.derivation.system.gradients)
        return f"<Proof of {self.name}: {len(self.equations)} equations; gradients by {gradients}>"

    def _repr_latex_(self) -> str:
        """In a notebook that shows LaTeX: the simplified derivatives, with their numbers."""
        from bpgen.emit.latex import notebook

        return notebook(self.derivation)

    def _repr_html_(self) -> str:
        """In a notebook: the equations, or the text where math-core is not installed."""
        from html import escape

        from bpgen.emit.html import notebook

        try:
            return notebook(self.derivation)
        except BpgenError:
            return f"<pre>{escape(self.text())}</pre>"


def _check(notation: str) -> None:
    if notation not in NOTATIONS:
        raise BpgenError(f"notation: expected one of {', '.join(NOTATIONS)}, got {notation!r}")
