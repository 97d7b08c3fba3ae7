"""Finds the symbols of tensors in MathML, and links each to the equation that defines its tensor.

Formulas are looked at as they are printed: a symbol is its letter (with its accent), the superscript of its layer
and its mark; what stands after the mark are indices, and a superscript of its own may be a power.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from xml.etree.ElementTree import Element

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


class Links:
    """names: tensor -> its symbol as a whole, in LaTeX; targets: tensor -> the id of the equation that defines it."""

    def __init__(self, names: Mapping[str, str], targets: Mapping[str, str], loss: str | None) -> None:
        self.targets = targets
        self.quotients = {name for name, text in names.items() if text.startswith((r"\partial", r"\nabla"))}
        self.symbols = {name: _symbol_of(text) for name, text in names.items() if name not in self.quotients}
        self.loss = self.symbols[loss] if loss in self.symbols else Symbol(_parts(mathml("L")))

    def add(self, formula: Element, readable: Collection[str], own: str) -> None:
        """Give each symbol of a tensor that the equation reads (readable), but its own, a link."""
        wanted = [name for name in sorted(readable) if name in self.targets and name != own]
        plain = {name: self.symbols[name] for name in wanted if name in self.symbols}
        bases = {name: name.removeprefix(ADJOINT) for name in wanted if name in self.quotients}
        quotients = {name: self.symbols[base] for name, base in bases.items() if base in self.symbols}
        self._walk(formula, plain, quotients)

    def _walk(
        self, element: Element, plain: Mapping[str, Symbol], quotients: Mapping[str, Symbol], script: bool = False
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

    def _quotient(self, element: Element, quotients: Mapping[str, Symbol]) -> str | None:
        """dL/dT: a fraction of the loss and a tensor, each behind its sign."""
        above, below = element
        if len(above) != 2 or len(below) != 2 or not _parts(above[0]) == _parts(below[0]) == _partial():
            return None
        loss = _shown(above[1])
        return _best(quotients, _shown(below[1])) if loss is not None and self.loss.fits(loss) else None


def _best(symbols: Mapping[str, Symbol], shown: Symbol | None) -> str | None:
    """The tensor whose symbol is shown; of several that fit, the one that says most."""
    if shown is None:
        return None
    fitting = [name for name, symbol in symbols.items() if symbol.fits(shown)]
    return max(fitting, key=lambda name: (len(symbols[name].above), len(symbols[name].below), name), default=None)


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
