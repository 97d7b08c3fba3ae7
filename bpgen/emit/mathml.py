"""LaTeX of our own making as MathML, by the package math-core."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from bpgen.algebra.errors import BpgenError, InternalError
from bpgen.emit.latex_symbols import unescape

# The few constructs that math-core spells otherwise.
_SPELLINGS = (
    (r"\left\{\begin{array}{@{}l@{\quad}l@{}}", r"\begin{cases}"),
    (r"\end{array}\right.", r"\end{cases}"),
    (r"\\[1ex]", r"\\"),
)
_WORDS = re.compile(r"\\(?:text|mathrm)\{((?:\\.|[^{}\\]|\{(?:\\.|[^{}\\])*\})*)\}")
_SCRIPTS = ("msup", "msub", "msubsup")
_CLOSING = {")": "(", "]": "["}
_FIRST = 0xE000  # of the private characters that stand for words while formulas are converted


def mathml(latex: str, display: bool = True) -> Element:
    """The <math> element of a formula.  display: in the style of displayed equations.

    Raises BpgenError where math-core is not installed.
    """
    words: list[str] = []
    element = fromstring(_convert(_WORDS.sub(lambda found: _kept(found, words), _respelt(latex)), display))
    for part in element.iter():
        part.text = part.text and "".join(_spoken(character, words) for character in part.text)
    _raise_brackets(element)
    element.attrib.pop("display", None)
    if display:
        element.set("displaystyle", "true")
    return element


def _respelt(latex: str) -> str:
    for ours, theirs in _SPELLINGS:
        latex = latex.replace(ours, theirs)
    return latex


def _kept(found: re.Match[str], words: list[str]) -> str:
    """Words go round the conversion, letter by letter: no character of theirs means anything to it."""
    if found[0].startswith(r"\mathrm") and found[1].isascii() and found[1].isalnum():
        return found[0]
    words.append(unescape(found[1]).replace(" ", "\N{NO-BREAK SPACE}"))
    return rf"\text{{{chr(_FIRST + len(words) - 1)}}}"


def _spoken(character: str, words: list[str]) -> str:
    place = ord(character) - _FIRST
    return words[place] if 0 <= place < len(words) else character


def _raise_brackets(row: Element) -> None:
    """( x )^2 -> ( x ) as a whole ^2: browsers make no bracket large that is the base of an exponent."""
    for child in row:
        _raise_brackets(child)
    place = 0
    while place < len(row):
        script = row[place]
        start = _opening(row, place) if script.tag in _SCRIPTS and _bracket(script[0]) in _CLOSING else None
        if start is not None:
            base = Element("mrow")
            base.extend([*row[start:place], script[0]])
            script[0] = base
            del row[start:place]
            place = start
        place += 1


def _opening(row: Element, place: int) -> int | None:
    """Where the bracket opens that ends at a place of a row; None where it opens in another row."""
    depth = 0
    for start in range(place, -1, -1):
        found = _bracket(row[start][0] if row[start].tag in _SCRIPTS else row[start])
        depth += (found in _CLOSING) - (found in _CLOSING.values())
        if depth == 0:
            return start
    return None


def _bracket(element: Element) -> str:
    return element.text or "" if element.tag == "mo" else ""


def _convert(latex: str, display: bool) -> str:
    converter, refusal = _converter()
    try:
        found: str = converter.convert_with_local_state(latex, displaystyle=display)
    except refusal as failure:
        raise InternalError(f"math-core has no MathML for {latex}: {failure}") from failure
    return found.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")


@cache
def _converter() -> tuple[Any, type[Exception]]:
    try:
        from math_core import LatexError, LatexToMathML
    except ImportError as failure:
        raise BpgenError(
            "HTML needs the package math-core, which writes the formulas; install it with: pip install 'bpgen[html]'"
        ) from failure
    return LatexToMathML(fancy_error=False), LatexError
