"""Text of a derivation as prose: tensors in backquotes become symbols, expressions of them formulas.

"`p` is `e` / `s`, which cancels" -> $p$ of (7) is $e / S$, which cancels
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bpgen.emit.prose import Inline, Math, Prose

_TERM = r"(?:`[^`]+`|\d+(?:\.\d+)?(?:e-?\d+)?|\bB\b|\bpi\b|[a-z][a-z0-9_]*\(|\*\*|[-+*/()])"
_PIECE = re.compile(rf"{_TERM}(?:\s*{_TERM}|,\s*(?={_TERM}))*")
_FUNCTIONS = {name: rf"\{name}" for name in ("exp", "log", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh")}
_FUNCTIONS |= {"sigmoid": r"\sigma", "atan": r"\arctan"}


def write_quoted(text: str, symbol: Callable[[str], str | None], named: Callable[[str], Prose]) -> Prose:
    """symbol: of a tensor in formulas, None for a name that is none; named: how a sentence speaks of it."""
    found: list[Inline] = []
    place = 0
    for match in _PIECE.finditer(text):
        said = _piece(match[0], symbol, named)
        if said is not None:
            found += [text[place : match.start()]] if match.start() > place else []
            found += said
            place = match.end()
    return (*found, text[place:]) if place < len(text) else tuple(found)


def _piece(text: str, symbol: Callable[[str], str | None], named: Callable[[str], Prose]) -> Prose | None:
    """A formula, or names with what stands between them; None for neither."""
    names = re.findall(r"`([^`]+)`", text)
    if not names:
        return None
    bare = re.sub(r"`[^`]+`", "`", text)
    powers = all(re.match(r"\s*\d", rest) for rest in bare.split("**")[1:])
    whole = powers and bare.count("(") == bare.count(")") and bare[0] not in "*/)" and bare[-1] not in "*/-+("
    if whole and re.search(r"[-+*/(]", bare) and all(symbol(name) is not None for name in names):
        return (Math(_formula(text, symbol)),)
    found: list[Inline] = []
    for n, piece in enumerate(text.split("`")):
        found += named(piece) if n % 2 else (piece,) if piece else ()
    return tuple(found)


def _formula(text: str, symbol: Callable[[str], str | None]) -> str:
    """In one line, as sentences have them."""
    names = re.findall(r"`([^`]+)`", text)
    shown = re.sub(r"`[^`]+`", "`", text)
    shown = re.sub(r"\s*\*\*\s*(\d+)", r"^{\1}", shown)
    shown = re.sub(r"\s*\*\s*", r"\\,", shown)
    shown = re.sub(r"\bpi\b", r"\\pi", shown)
    while "sqrt(" in shown:
        shown = _without_brackets(shown, shown.index("sqrt("))
    shown = re.sub(r"(?<!\\)\b([a-z][a-z0-9_]*)\(", lambda found: _function(found[1]) + "(", shown)
    symbols = iter(symbol(name) or name for name in names)
    return re.sub(r"`(\^)?", lambda found: _operand(next(symbols), power=found[1] is not None), shown)


def _operand(symbol: str, power: bool) -> str:
    """In brackets where it is a quotient, or a power of it would have two superscripts."""
    bracketed = "/" in symbol or (power and "^" in symbol)
    return (f"({symbol})" if bracketed else symbol) + ("^" if power else "")


def _without_brackets(text: str, start: int) -> str:
    """sqrt(...) -> \\sqrt{...}"""
    opening = text.index("(", start)
    depth = 1
    for place in range(opening + 1, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            break
    return rf"{text[:start]}\sqrt{{{text[opening + 1 : place]}}}{text[place + 1 :]}"


def _function(name: str) -> str:
    return _FUNCTIONS.get(name) or rf"\operatorname{{{name}}}"
