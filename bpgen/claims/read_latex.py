r"""LaTeX -> tokens of matrix notation: \frac{\partial L}{\partial W^{(2)}} = \frac{1}{m} \delta^{(2)\top} h^{(1)}.

What only says how a formula looks (\left, \mathbf, \, and so on) is left out; a script tells by what stands in it
whether it is the number of a layer, index letters, a transpose or a power.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lark import Token

from bpgen.algebra.errors import Position
from bpgen.claims.latex_cursor import Cursor, opens, symbol_key
from bpgen.claims.latex_pieces import Piece, latex_pieces
from bpgen.claims.latex_scripts import Scripts, index_letters
from bpgen.claims.latex_words import ACCENTS, COMPARED, FORMS, OPERATORS, SIGNS, STYLES
from bpgen.claims.names import Names
from bpgen.claims.tokens import is_called, is_generic_function, is_known_function, scripted, token


def latex_tokens(names: Names) -> Iterator[Token]:
    """Tokens of the matrix grammar.  Raises EquationError at what they have no word for."""
    return _Scanner(latex_pieces(names.source), names).tokens()


class _Scanner(Cursor):
    def __init__(self, pieces: list[Piece], names: Names) -> None:
        super().__init__(pieces, names.source)
        self.names = names
        self.depth = 0

    def inner(self, pieces: list[Piece]) -> _Scanner:
        return _Scanner(pieces, self.names)

    # --- tokens

    def tokens(self) -> Iterator[Token]:
        while (piece := self.peek()) is not None:
            self.depth += opens(piece)
            yield from self.command(self.take()) if piece.command else self.sign(self.take())

    def command(self, piece: Piece) -> Iterator[Token]:
        name, place = piece.text, piece.place
        if name in ("frac", "dfrac", "tfrac"):
            yield from self.fraction(place)
        elif name == "sqrt":
            yield token("CALL", scripted("sqrt"), place)
            yield from self.parenthesised(self.group(), place)
        elif name == "sum":
            yield self.index_sum(place)
        elif name == "nabla":
            yield self.nabla(place)
        elif name == "partial":
            yield from self.inline_derivative(place)
        elif name in ("begin", "end"):
            self.group()
        elif name == "lvert":
            yield token("CALL", scripted("abs"), place)
            yield token("LPAR", "(", place)
        elif name == "rvert":
            yield token("RPAR", ")", place)
            yield from self.scripts_of_group()
        elif name in OPERATORS:
            yield token(OPERATORS[name], COMPARED.get(name, name), place)
        elif name in ("top", "intercal", "prime"):
            yield token("TRANSPOSE", "'", place)
        elif name in STYLES or name in ACCENTS or name.isalpha():
            self.at -= 1
            yield from self.symbol()
        else:
            raise self.error(f"`\\{name}` has no meaning here", place, "claims take the common forms of formulas")

    def sign(self, piece: Piece) -> Iterator[Token]:
        text, place = piece.text, piece.place
        if text == "\n":
            if self.depth == 0 and self.is_new_line():
                yield token("SEPARATOR", "\n", place)
        elif text.isalpha():
            self.at -= 1
            yield from self.symbol()
        elif text[0].isdigit() or text[0] == ".":
            yield token("NUMBER", text, place)
            yield from self.scripts_of_group()
        elif text in (")", "]"):
            yield token("RPAR", text, place)
            yield from self.scripts_of_group()
        elif text == "{":
            self.at -= 1
            yield from self.parenthesised(self.group(), place)
            yield from self.scripts_of_group()
        elif text == "'":
            yield token("TRANSPOSE", "'", place)
        elif text in SIGNS:
            yield token(SIGNS[text], text, place)
        else:
            raise self.error(f"`{text}` is not expected here", place, "claims take the common forms of formulas")

    def is_new_line(self) -> bool:
        """Whether a line that begins here is an equation of its own: it has an =, and no operator at its beginning."""
        rest = []
        for piece in self.pieces[self.at :]:
            if piece.text == "\n":
                break
            rest.append(piece)
        signs = [piece.text for piece in rest if not piece.command]
        return "=" in signs and signs[0] not in "=+-*/" and not (rest[0].command and rest[0].text in OPERATORS)

    def parenthesised(self, pieces: list[Piece], place: Position) -> Iterator[Token]:
        yield token("LPAR", "(", place)
        yield from self.inner(pieces).tokens()
        yield token("RPAR", ")", place)

    def fraction(self, place: Position) -> Iterator[Token]:
        top, bottom = self.group(), self.group()
        of, by = self.differential(top), self.differential(bottom)
        if of is not None and by is not None:
            yield token("DERIVATIVE", f"{of}/{by}", place)
            return
        yield token("LPAR", "(", place)
        yield from self.parenthesised(top, place)
        yield token("SLASH", "/", place)
        yield from self.parenthesised(bottom, place)
        yield token("RPAR", ")", place)

    def differential(self, pieces: list[Piece]) -> str | None:
        r"""The symbol behind \partial or d."""
        scanner = self.inner(pieces)
        first = scanner.peek()
        if first is None or first.text not in ("partial", "d", "mathrm"):
            return None
        if first.text == "mathrm":
            scanner.take()
            if [piece.text for piece in scanner.group()] != ["d"]:
                return None
        else:
            scanner.take()
        if scanner.peek() is None:
            return None
        found = list(scanner.tokens())
        return str(found[0]) if len(found) == 1 and found[0].type == "NAME" else None

    def inline_derivative(self, place: Position) -> Iterator[Token]:
        r"""\partial L / \partial W"""
        of = self.named(self.symbol(), place)
        slash, second = self.take(), self.take()
        if slash.text != "/" or second.text not in ("partial", "d"):
            raise self.error("a derivative is written \\frac{\\partial L}{\\partial W}", place)
        yield token("DERIVATIVE", f"{of}/{self.named(self.symbol(), place)}", place)

    def nabla(self, place: Position) -> Token:
        r"""\nabla_W L"""
        below = self.take()
        if below.text != "_":
            raise self.error("\\nabla needs what it differentiates by", place, "write \\nabla_{W} L")
        by = self.named(self.inner(self.group()).tokens(), place)
        return token("DERIVATIVE", f"{self.named(self.symbol(), place)}/{by}", place)

    def named(self, tokens: Iterator[Token], place: Position) -> str:
        """The value of the one token that these are, which is a name."""
        found = list(tokens)
        if [part.type for part in found] != ["NAME"]:
            raise self.error(
                "a derivative is of one symbol by another", place, "write \\frac{\\partial L}{\\partial W}"
            )
        return str(found[0])

    def index_sum(self, place: Position) -> Token:
        r"""\sum_{b}, \sum_{b=1}^{m}, \sum_{i,j}"""
        letters: list[str] = []
        upper = ""
        while (piece := self.peek()) is not None and not piece.command and piece.text in "_^":
            self.take()
            group = self.group()
            inside = [part.text for part in group]
            if piece.text == "_":
                head = group[: inside.index("=")] if "=" in inside else group
                letters = index_letters([part for part in head if part.text != ","]) or []
            else:
                upper = "".join(inside)
        if not letters:
            raise self.error("a sum needs the letters it runs over", place, "such as \\sum_{b} or \\sum_{i=1}^{n}")
        return token("INDEXSUM", f"{','.join(letters)}|{upper}", place)

    def symbol(self) -> Iterator[Token]:
        """A letter or a word with its scripts, as a name, a call, ones or several of them."""
        start = self.at
        begin = self.take()
        name = self.base(begin)
        if name == "d" and self.is_symbol(self.peek()):  # dW
            name += self.base(self.take())
        place = begin.place
        if name == "1" and begin.command and self.is_condition():
            return  # a comparison in brackets is 1 where it holds
        if name == "1":
            yield token("ONES", "1", place)
            yield from self.scripts_of_group()
            return
        after = self.peek()
        if after is not None and after.text.isdigit() and self._touches(after) and len(name) <= 2:  # dW2
            name += self.take().text
        written = self.pieces[start : self.at]
        scripts = self.scripts()
        last = self.pieces[self.at - 1].place
        if last.line == place.line:
            place = replace(place, length=last.column + last.length - place.column)
        if name == "e" and scripts.power:
            yield token("CALL", scripted("exp"), place)
            yield from self.parenthesised(list(scripts.power), place)
            return
        layered = name + scripts.ending
        after = self.peek()
        opening = after is not None and not after.command and after.text in ("(", "[")
        function = is_known_function(name) or is_generic_function(name)
        if (function and (opening or scripts.primes)) or (is_called(name) and opening):
            if not opening:
                raise self.error(f"`{name}'` is applied to nothing", place, f"write {name}'(...)")
            yield token("CALL", scripted(layered, primes=scripts.primes), place)
            yield from self.parenthesised(self.enclosed(), place)
            yield from self.after(scripts, place)
            yield from self.scripts_of_group()
            return
        layered = self.names.printed(symbol_key(written, scripts), bool(scripts.indices), layered, place)
        yield token("NAME", scripted(layered, "", scripts.indices), place)
        for _ in range(scripts.primes):
            yield token("TRANSPOSE", "'", place)
        yield from self.after(scripts, place)

    def is_condition(self) -> bool:
        """Whether a comparison in brackets comes next."""
        depth, compared = 0, False
        for piece in self.pieces[self.at :]:
            depth += opens(piece)
            if depth <= 0:
                break
            kind = OPERATORS.get(piece.text) if piece.command else SIGNS.get(piece.text)
            compared |= kind == "COMPARISON" and depth == 1
        return compared

    def _touches(self, piece: Piece) -> bool:
        before = self.pieces[self.at - 1].place
        return before.line == piece.place.line and before.column + before.length == piece.place.column

    @staticmethod
    def is_symbol(piece: Piece | None) -> bool:
        if piece is None or not piece.command:
            return piece is not None and piece.text.isalpha()
        return piece.text.isalpha() and piece.text not in (*OPERATORS, *FORMS)

    def scripts_of_group(self) -> Iterator[Token]:
        """Scripts of a parenthesis or a number: a transpose, or a power."""
        before = self.pieces[self.at - 1].place
        yield from self.after(self.scripts(), before)

    def after(self, scripts: Scripts, place: Position) -> Iterator[Token]:
        if scripts.transposed:
            yield token("TRANSPOSE", "'", place)
        if scripts.power:
            yield token("CARET", "^", place)
            yield from self.parenthesised(list(scripts.power), place)
