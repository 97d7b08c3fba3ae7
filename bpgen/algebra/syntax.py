"""The parser of the equation language: text -> syntax tree with positions.

Python's expression syntax with brackets for reductions, read by an LALR parser of our own.  A line is
an equation; inside brackets and parentheses lines go on; `;` also separates; `#` begins a comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path

import lark.lark
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bpgen.algebra.compiled import identity, load_compiled, store_compiled
from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.syntax_tree import (
    Call,
    Compare,
    Conditional,
    Dots,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    ParsedEquation,
    Power,
    Product,
    Reduce,
    Subscript,
    Sum,
)  # fmt: skip

KEYWORDS = ("and", "else", "if", "not", "or")

GRAMMAR = r"""
start: (equation (_SEPARATOR equation)*)?
equation: left "=" expression
left: NAME ("[" items? "]")?
?expression: disjunction
           | disjunction "if" disjunction                   -> guarded
           | disjunction "if" disjunction "else" expression -> choice
?disjunction: conjunction ("or" conjunction)*
?conjunction: inversion ("and" inversion)*
?inversion: "not" inversion -> negation
          | comparison
?comparison: sum (COMPARISON sum)*
?sum: product ((PLUS | MINUS) product)*
?product: unary ((STAR | FLOOR | SLASH | PERCENT) unary)*
?unary: MINUS unary -> minus
      | PLUS unary  -> plus
      | power
?power: atom "**" unary
      | atom
?atom: NUMBER                              -> number
     | NAME                                -> name
     | NAME "[" items? "]"                 -> subscript
     | NAME "[" items? "]" "(" arguments? ")" -> reduce
     | NAME "(" arguments? ")"             -> call
     | "(" expression ")"                  -> group
items: item ("," item)*
?item: expression | "..." -> dots
arguments: argument ("," argument)*
?argument: expression | NAME "=" expression -> keyword | "..." -> dots
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
FLOOR: "//"
PERCENT: "%"
COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
NAME: /[^\W\d]\w*(\.\w+)*/
_SEPARATOR: /\r?\n|;/
%ignore /[ \t\f]+/
%ignore /#[^\n]*/
"""

DEEPEST = 60  # parts within parts; more is no equation, and would exhaust the stack
LARGEST_EXPONENT = 300  # of a decimal literal; float64 ends at 1e308


def parse(text: str, position: Position | None = None) -> tuple[ParsedEquation, ...]:
    """Equations of a text.

    position: where the text begins in its file, see `SourceText`.  Raises EquationError with file, line
    and column at the first thing that is not of the language.
    """
    source = SourceText(text, position)
    parser = _parser().parse_interactive()
    opened: list[Token] = []
    last: Token | None = None
    try:
        for token in _layout(_parser().lex(text), opened):
            parser.feed_token(token)
            last = token
        tree = parser.feed_eof(last)
    except UnexpectedCharacters as error:
        raise _unexpected_character(error, source) from None
    except UnexpectedToken as error:
        raise _unexpected_token(error, last, opened, source) from None
    _check_depth(tree, source)
    equations = tuple(_equation(child, source) for child in tree.children)
    if not equations:
        raise source.error("empty-equation", "there is no equation here", source.place(1, 1), "write y[...] = ...")
    return equations


@cache
def _parser() -> Lark:
    file, key = Path(__file__).with_name("syntax_grammar.lark"), GRAMMAR + identity(lark.lark)
    kept = load_compiled(file, key)
    if kept is not None:
        return Lark.load(BytesIO(kept))
    made = Lark(GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)
    written = BytesIO()
    made.save(written)
    store_compiled(file, key, written.getvalue())
    return made


def _layout(tokens: Iterator[Token], opened: list[Token]) -> Iterator[Token]:
    """Drop the ends of lines inside brackets, and all but one between equations."""
    waiting: Token | None = None
    begun = False
    for token in tokens:
        if token.type == "_SEPARATOR":
            if not opened or token.value == ";":
                waiting = token
            continue
        if waiting is not None and begun:
            yield waiting
        waiting, begun = None, True
        if token.value in ("(", "["):
            opened.append(token)
        elif token.value in (")", "]") and opened:
            opened.pop()
        yield token


def _check_depth(tree: Tree[Token], source: SourceText) -> None:
    waiting = [(tree, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            message = f"this is nested more than {DEEPEST} deep"
            raise source.error("too-deep", message, _span(part, source), "define a part of it on a line of its own")
        waiting += [(child, depth + 1) for child in part.children if isinstance(child, Tree)]


def _place(token: Token, source: SourceText) -> Position:
    return source.place(token.line or 1, token.column or 1, len(str(token)))


def _unexpected_character(error: UnexpectedCharacters, source: SourceText) -> EquationError:
    character = source.text[error.pos_in_stream]
    helps = {
        ":": "slices are not part of the language: name every axis by an index",
        "^": "a power is written **",
        "@": "a matrix product is written with its sum: sum[k](a[i, k] * b[k, j])",
        "{": "only ( ) and [ ] are brackets",
        "'": "write primes as part of the name, such as h1",
        ".": "a number needs a digit and `...` has three dots",
    }
    place = source.place(error.line, error.column)
    message = f"`{character}` is not part of the equation language"
    return source.error("unexpected-character", message, place, helps.get(character, ""))


def _unexpected_token(
    error: UnexpectedToken, last: Token | None, opened: list[Token], source: SourceText
) -> EquationError:
    token = error.token
    after = f" after `{last}`" if last is not None and last.type != "_SEPARATOR" else ""
    ended = token.type in ("$END", "_SEPARATOR")
    if ended and last is not None:
        place = source.place(last.end_line or 1, last.end_column or 1)
    elif ended:
        place = source.place(1, 1)
    else:
        place = _place(token, source)
    what = "the equation ends" if ended else f"unexpected `{token}`"
    return source.error("unexpected-token", what + after, place, _advice(token, last, opened, set(error.expected)))


def _advice(token: Token, last: Token | None, opened: list[Token], accepted: set[str]) -> str:
    unclosed = [bracket for bracket in opened if bracket is not token]
    if token.value in KEYWORDS or (last is not None and last.value in KEYWORDS):
        word = token.value if token.value in KEYWORDS else str(last)
        return f"`{word}` is a word of the language: value if condition else value, a and b, not a"
    if token.type == "EQUAL" and not unclosed:
        return "one `=` an equation; equality is compared by =="
    if unclosed and token.type in ("$END", "EQUAL", "_SEPARATOR"):
        bracket = unclosed[-1]
        return f"`{bracket}` in line {bracket.line}, column {bracket.column} of the equation is not closed"
    if token.type in ("NAME", "NUMBER", "LPAR") and "STAR" in accepted:
        return "an operator is missing; a product is written with *"
    if last is not None and last.type == "_SEPARATOR":
        return "an equation begins with the name it defines; put an expression in parentheses to go on in the next line"
    if "EQUAL" in accepted and "NAME" not in accepted:
        return "expected = and an expression"
    return "expected an expression" if "NAME" in accepted else "expected an operator or the end of the equation"


def _equation(tree: Tree[Token], source: SourceText) -> ParsedEquation:
    left, value = tree.children
    assert isinstance(left, Tree)
    name, *items = left.children
    indices = _items(items, source)
    return ParsedEquation(str(name), indices, _node(value, source), _span(left, source))


def _span(tree: Tree[Token], source: SourceText) -> Position:
    """The place of a node: its whole length, or up to the end of its first line."""
    meta = tree.meta
    first = source.text.splitlines()[meta.line - 1]
    end = meta.end_column if meta.end_line == meta.line else len(first) + 1
    return source.place(meta.line, meta.column, end - meta.column)


def _items(found: list[Tree[Token] | Token], source: SourceText) -> tuple[Node, ...]:
    """Children of an optional list of items or arguments."""
    return tuple(_node(child, source) for tree in found for child in tree.children if isinstance(tree, Tree))


def _node(tree: Tree[Token] | Token, source: SourceText) -> Node:
    assert isinstance(tree, Tree)
    parts, place = tree.children, _span(tree, source)
    match str(tree.data):
        case "number":
            return Number(_exact(str(parts[0]), place, source), place)
        case "name":
            return Name(str(parts[0]), place)
        case "dots":
            return Dots(place)
        case "subscript":
            return Subscript(str(parts[0]), _items(parts[1:], source), place)
        case "reduce":
            return _reduction(tree, source)
        case "call":
            return _call(tree, source)
        case "group" | "plus":
            return _node(parts[-1], source)
        case "minus":
            return Negate(_node(parts[-1], source), place)
        case "power":
            return Power(_node(parts[0], source), _node(parts[1], source), place)
        case "sum":
            return Sum(_pairs(parts, "+", source), place)
        case "product":
            return Product(_pairs(parts, "*", source), place)
        case "comparison":
            first, *rest = _pairs(parts, "", source)
            return Compare(first[1], tuple(rest), place)
        case "disjunction" | "conjunction" | "negation" as kind:
            word = {"disjunction": "or", "conjunction": "and", "negation": "not"}[kind]
            return Logic(word, tuple(_node(part, source) for part in parts), place)
        case _:  # guarded, choice
            value, condition, *otherwise = (_node(part, source) for part in parts)
            return Conditional(value, condition, otherwise[0] if otherwise else None, place)


def _pairs(parts: list[Tree[Token] | Token], first: str, source: SourceText) -> tuple[tuple[str, Node], ...]:
    operators = [first, *(str(part) for part in parts[1::2])]
    return tuple((operator, _node(part, source)) for operator, part in zip(operators, parts[0::2], strict=True))


def _reduction(tree: Tree[Token], source: SourceText) -> Reduce:
    name, *rest = tree.children
    lists = {str(part.data): part for part in rest if isinstance(part, Tree)}
    indices = _items([lists["items"]], source) if "items" in lists else ()
    arguments = _items([lists["arguments"]], source) if "arguments" in lists else ()
    return Reduce(str(name), indices, arguments, _span(tree, source))


def _call(tree: Tree[Token], source: SourceText) -> Call:
    name, *rest = tree.children
    positional: list[Node] = []
    keywords: list[tuple[str, Node]] = []
    for argument in rest[0].children if rest and isinstance(rest[0], Tree) else ():
        if isinstance(argument, Tree) and argument.data == "keyword":
            keywords.append((str(argument.children[0]), _node(argument.children[1], source)))
        elif isinstance(argument, Tree) and argument.data == "dots" and name != "random":
            message = "`...` stands in brackets, and in random(...)"
            raise source.error("unexpected-ellipsis", message, _span(argument, source), "write the argument out")
        elif keywords:
            assert isinstance(argument, Tree)
            message = "an argument without a name after one with a name"
            raise source.error("argument-order", message, _span(argument, source), "put the named arguments last")
        else:
            positional.append(_node(argument, source))
    return Call(str(name), tuple(positional), tuple(keywords), _span(tree, source))


def _exact(text: str, place: Position, source: SourceText) -> Fraction:
    _, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
        raise source.error("number-range", f"{text} is beyond the numbers of float64", place, "use a smaller exponent")
    return Fraction(text)
