"""Named numbers in formulas, and the sentence that gives their values."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr

from bpgen.algebra.named_number import NamedNumber
from bpgen.emit.latex_marks import mark_layer
from bpgen.emit.latex_symbols import Symbols, escape, letter_of
from bpgen.emit.latex_terms import number
from bpgen.emit.prose import Math, Prose, enumerated


def constant(named: NamedNumber, symbols: Symbols) -> str:
    r"""\varepsilon_{\text{layernorm}}, or \varepsilon^{(2)} of layer 2."""
    letter, _ = letter_of(named.symbol)
    if named.owner not in symbols.numbers:
        return rf"{letter}_{{\text{{{escape(named.owner)}}}}}"
    layer = f"({symbols.numbers[named.owner]})"
    return f"{letter}^{{{mark_layer(layer) if symbols.marked else layer}}}"


def constants(nodes: Iterable[Expr], symbols: Symbols) -> tuple[Prose, ...]:
    """What the named numbers among the nodes are, those of the same value together."""
    letters: dict[Expr, list[str]] = {}
    for node in nodes:
        if isinstance(node, NamedNumber):
            letters.setdefault(node.value, []).append(constant(node, symbols))
    values = [Math(" = ".join([*names, number(value).text])) for value, names in letters.items()]
    return (("Here ", *enumerated([(value,) for value in values]), "."),) if values else ()
