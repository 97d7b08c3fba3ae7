"""Tokens of matrix notation -> the tree of a claim, by one grammar for what is typed and for LaTeX.

What stands side by side is a matrix product and binds tighter than an elementwise one: delta W * f'(z) is
(delta W) * f'(z).  A quotient takes the next factor alone: 1/m delta' x is (1/m) delta' x.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.syntax import DEEPEST
from bpgen.claims.build_tree import TreeBuilder
from bpgen.claims.tokens import place_of
from bpgen.claims.tree import Line

GRAMMAR = r"""
start: (line (SEPARATOR line)*)?
line: comparison EQUAL comparison
?comparison: sum | sum COMPARISON sum
sum: MINUS? product ((PLUS | MINUS) product)*
product: chain ((STAR | DIVIDE) factor)*
?factor: MINUS chain -> minus
       | chain
chain: postfix (postfix | AT postfix | SLASH postfix | SLASH MINUS postfix)* indexsum?
     | indexsum
indexsum: INDEXSUM product
postfix: atom (TRANSPOSE | power | method)*
power: CARET exponent
exponent: MINUS? atom
method: METHOD LPAR arguments? RPAR
atom: NUMBER | NAME | ONES | DERIVATIVE | call | group
call: CALL LPAR arguments? RPAR
group: LPAR comparison RPAR
     | LPAR sum EQUAL sum RPAR -> equal
arguments: argument (COMMA argument)*
argument: comparison | NAME EQUAL comparison
%declare SEPARATOR EQUAL COMPARISON MINUS PLUS STAR AT SLASH INDEXSUM TRANSPOSE CARET METHOD LPAR RPAR NUMBER NAME ONES
%declare DERIVATIVE CALL COMMA DIVIDE
"""


class _Ready(Lexer):  # type: ignore[misc]
    """The tokens are there already."""

    def __init__(self, configuration: Any) -> None:
        """Nothing to be configured."""

    def lex(self, tokens: Any) -> Iterator[Token]:
        return iter(tokens)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_Ready, maybe_placeholders=False)


def parse_matrix(tokens: Iterable[Token], source: SourceText) -> tuple[Line, ...]:
    """Lines of a claim.  Raises EquationError with line, column and caret at what does not belong there."""
    ready = list(_between_lines(tokens))
    try:
        tree = _parser().parse(ready)
    except UnexpectedToken as error:
        raise _unexpected(error, ready, source) from None
    _check_depth(tree, ready, source)
    lines = [child for child in tree.children if isinstance(child, Tree)]
    if not lines:
        raise source.error("empty-claim", "there is no claim here", source.place(1, 1), "write dW = ...")
    builder = TreeBuilder(source)
    begins = [builder.place(line) for line in lines]
    return tuple(
        builder.line(line, _written(source, begin, end))
        for line, begin, end in zip(lines, begins, [*begins[1:], None], strict=True)
    )


def _written(source: SourceText, begin: Position, end: Position | None) -> str:
    """The text from one place to another, or to its end, without what separates lines."""
    lines = source.text.splitlines()[begin.line - 1 : end.line if end else None]
    if end is not None:
        lines[-1] = lines[-1][: end.column - 1]
    lines[0] = lines[0][begin.column - 1 :]
    return re.sub(r"(;|\\\\|\\end\{[a-z]*\*?\})\s*$", "", " ".join(line.strip() for line in lines).strip()).strip()


def _between_lines(tokens: Iterable[Token]) -> Iterator[Token]:
    """All but one of the separators between two lines left out, and those before and behind all of them."""
    waiting: Token | None = None
    begun = False
    for found in tokens:
        if found.type == "SEPARATOR":
            waiting = found if begun else None
            continue
        if waiting is not None:
            yield waiting
        waiting, begun = None, True
        yield found


def _check_depth(tree: Tree[Token], tokens: list[Token], source: SourceText) -> None:
    waiting = [(tree, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > 6 * DEEPEST:  # a parenthesis is six rules deep
            message = f"this is nested more than {DEEPEST} deep"
            raise source.error("too-deep", message, place_of(tokens[0], source), "define a part of it on its own line")
        waiting += [(child, depth + 1) for child in part.children if isinstance(child, Tree)]


def _unexpected(error: UnexpectedToken, tokens: list[Token], source: SourceText) -> EquationError:
    found = error.token
    ended = found.type in ("$END", "SEPARATOR")
    last = tokens[-1] if found.type == "$END" and tokens else found
    place = place_of(last, source)
    if found.type == "$END" and tokens:
        place = Position(place.line, place.column + place.length, 1, place.file)
    expected = set(error.expected)
    if "EQUAL" in expected and ended:
        help = "a claim is an equation: dW = ..."
    elif "RPAR" in expected and ended:
        help = "a parenthesis is not closed"
    elif "NAME" in expected:
        help = "expected a tensor, a number, a function or ("
    else:
        help = "expected an operator or the end of the claim"
    what = "the claim ends here" if ended else f"unexpected `{_shown(found)}`"
    return source.error("unexpected-token", what, place, help)


def _shown(found: Token) -> str:
    return str(found).split("|", 1)[0] if found.type in ("NAME", "CALL", "DERIVATIVE") else str(found)
