"""Finds the symbols of tensors in MathML, and links each to the equation that defines its tensor.

Formulas are looked at as they are printed: a symbol is its letter (with its accent), the superscript of its layer
and its mark; what stands after the mark are indices, and a superscript of its own may be a power.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from xml.etree.ElementTree import Element

from bpgen.algebra.records import dataclass
from bpgen.emit.latex_marks import relative_layer
from bpgen.emit.latex_symbols import ADJOINT
from bpgen.emit.mathml import mathml

Key = tuple[str, ...]
_SCRIPTED = {"msub": (True, False), "msup": (False, True), "msubsup": (True, True)}
_ROWS = ("mrow", "math")


@dataclass(frozen=True)
class Symbol:
    """What a symbol looks like: each part as the elements it consists of."""

    letter: Key
    below: Key = ()
    above: Key = ()

    def fits(self, shown: Symbol) -> bool:
        """Whether this tensor's symbol, perhaps with indices, transposed or to a power, is what is shown."""
        if self.letter != shown.letter or not _begins(shown.below, self.below):
            return False
        return _begins(shown.above, self.above) if self.above else True


def _begins(whole: Key, start: Key) -> bool:
    return whole[: len(start)] == start


@dataclass(frozen=True)
class Reading:
    """The tensors that an equation reads, and its own; layer: the value of l where it is stated for several."""

    tensors: Collection[str]
    own: str
    layer: int | None = None


class Links:
    """names: tensor -> its symbol as a whole, in LaTeX; targets: tensor -> the id of the equation that defines it."""

    def __init__(self, names: Mapping[str, str], targets: Mapping[str, str], loss: str | None) -> None:
        self.targets = targets
        self.quotients = {name for name, text in names.items() if text.startswith((r"\partial", r"\nabla"))}
        self.names = {name: text for name, text in names.items() if name not in self.quotients}
        self.loss = self._symbol(loss) if loss in self.names else Symbol(_parts(mathml("L")))

    def add(self, formula: Element, readings: Sequence[Reading]) -> None:
        """Give each symbol of a tensor that one of the equations reads, but its own, a link.

        Several equations in one: what they read has the number of its layer relative to theirs, or, where all read it,
        its own.
        """
        plain: dict[Symbol, str] = {}
        quotients: dict[Symbol, str] = {}
        for reading in readings:
            for name in sorted(reading.tensors):
                base, found = (name.removeprefix(ADJOINT), quotients) if name in self.quotients else (name, plain)
                if name not in self.targets or name == reading.own or base not in self.names:
                    continue
                found.setdefault(self._symbol(base, reading.layer), name)
                if all(name in other.tensors for other in readings):
                    found.setdefault(self._symbol(base), name)
        self._walk(formula, plain, quotients)

    def _symbol(self, name: str, layer: int | None = None) -> Symbol:
        return _symbol_of(self.names[name] if layer is None else relative(self.names[name], layer))

    def _walk(
        self, element: Element, plain: Mapping[Symbol, str], quotients: Mapping[Symbol, str], script: bool = False
    ) -> None:
        """script: inside a script, where a bare letter is an index and no tensor."""
        found = None if script and element.tag not in _SCRIPTED else _best(plain, _shown(element))
        if found is None and element.tag == "mfrac":
            found = self._quotient(element, quotients)
        if found is None and element.tag == "msub" and _parts(element[0]) == _nabla():
            found = _best(quotients, _shown(_only(element[1])))
        if found is not None:
            element.set("href", f"#{self.targets[found]}")
            return
        for place, child in enumerate(element):
            self._walk(child, plain, quotients, script or (element.tag in _SCRIPTED and place > 0))

    def _quotient(self, element: Element, quotients: Mapping[Symbol, str]) -> str | None:
        """dL/dT: a fraction of the loss and a tensor, each behind its sign."""
        above, below = element
        if len(above) != 2 or len(below) != 2 or not _parts(above[0]) == _parts(below[0]) == _partial():
            return None
        loss = _shown(above[1])
        return _best(quotients, _shown(below[1])) if loss is not None and self.loss.fits(loss) else None


def _best(symbols: Mapping[Symbol, str], shown: Symbol | None) -> str | None:
    """The tensor whose symbol is shown; of several that fit, the one that says most."""
    if shown is None:
        return None
    fitting = [(len(symbol.above), len(symbol.below), name) for symbol, name in symbols.items() if symbol.fits(shown)]
    return max(fitting)[-1] if fitting else None


def _shown(element: Element) -> Symbol | None:
    """What an element shows, if it can be a tensor's symbol: a letter, alone or with scripts."""
    if element.tag in _SCRIPTED:
        below, above = _SCRIPTED[element.tag]
        scripts = [_parts(script) for script in element[1:]]
        return Symbol(_parts(element[0]), scripts[0] if below else (), scripts[-1] if above else ())
    return Symbol(_parts(element)) if _only(element).tag in ("mi", "mover", "mtext") else None


def _only(element: Element) -> Element:
    """What a row holds, if that is one element."""
    children = _children(element)
    return _only(children[0]) if element.tag in _ROWS and len(children) == 1 else element


def _children(element: Element) -> list[Element]:
    return [child for child in element if child.tag != "mspace"]


def relative(latex: str, layer: int) -> str:
    """h^{(3)} -> h^{(l-1)} where l is 4."""
    return re.sub(r"\^\{\((\d+)\)", lambda found: f"^{{({relative_layer(int(found[1]) - layer)})", latex)


@cache
def _symbol_of(latex: str) -> Symbol:
    return _shown(_only(mathml(latex))) or Symbol((latex,))


def _parts(element: Element) -> Key:
    """The elements of a row, or the one that stands for itself, as text; how they are set does not count."""
    element = _only(element)
    return tuple(map(_spelt, _children(element))) if element.tag in _ROWS else (_spelt(element),)


def _spelt(element: Element) -> str:
    return f"<{element.tag}>{element.text or ''}{''.join(map(_spelt, _children(element)))}"


@cache
def _nabla() -> Key:
    return _parts(mathml(r"\nabla"))


@cache
def _partial() -> Key:
    return _parts(mathml(r"\partial"))
