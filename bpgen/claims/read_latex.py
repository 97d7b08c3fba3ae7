r"""LaTeX -> tokens of matrix notation: \frac{\partial L}{\partial W^{(2)}} = \frac{1}{m} \delta^{(2)\top} h^{(1)}.

What only says how a formula looks (\left, \mathbf, \, and so on) is left out; a script tells by what stands in it
whether it is the number of a layer, index letters, a transpose or a power.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lark import Token

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.claims.latex_pieces import Piece, latex_pieces
from bpgen.claims.latex_scripts import Scripts, above, below
from bpgen.claims.tokens import is_generic_function, is_known_function, scripted, token

_STYLES = {
    "mathbf", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "boldsymbol", "bm", "text", "textbf", "textrm", "vec",
    "operatorname", "pmb", "textit",
}  # fmt: skip
_ACCENTS = {"hat": "hat", "widehat": "hat", "tilde": "tilde", "bar": "bar", "overline": "bar"}
_OPERATORS = {
    "odot": "STAR", "circ": "STAR", "ast": "STAR", "cdot": "AT", "times": "AT", "leq": "COMPARISON", "le": "COMPARISON",
    "geq": "COMPARISON", "ge": "COMPARISON", "lt": "COMPARISON", "gt": "COMPARISON", "lbrace": "LPAR", "rbrace": "RPAR",
    "{": "LPAR", "}": "RPAR", "coloneqq": "EQUAL", "triangleq": "EQUAL",
}  # fmt: skip
_COMPARED = {"leq": "<=", "le": "<=", "geq": ">=", "ge": ">=", "lt": "<", "gt": ">"}
_SIGNS = {
    "+": "PLUS", "-": "MINUS", "*": "STAR", "/": "SLASH", "=": "EQUAL", "(": "LPAR", ")": "RPAR", "[": "LPAR",
    "]": "RPAR", ",": "COMMA", "<": "COMPARISON", ">": "COMPARISON",
}  # fmt: skip
_WORDS = {"varepsilon": "eps", "epsilon": "eps", "Delta": "delta", "ell": "l", "varphi": "phi"}
_FORMS = ("frac", "dfrac", "tfrac", "sqrt", "sum", "nabla", "partial", "begin", "end", "top", "intercal", "prime")


def latex_tokens(source: SourceText) -> Iterator[Token]:
    """Tokens of the matrix grammar.  Raises EquationError at what they have no word for."""
    return _Scanner(latex_pieces(source), source).tokens()


class _Scanner:
    def __init__(self, pieces: list[Piece], source: SourceText) -> None:
        self.pieces, self.source = pieces, source
        self.at = 0

    # --- moving along

    def peek(self, ahead: int = 0) -> Piece | None:
        return self.pieces[self.at + ahead] if self.at + ahead < len(self.pieces) else None

    def take(self) -> Piece:
        piece = self.peek()
        if piece is None:
            last = self.pieces[-1].place if self.pieces else self.source.place(1, 1)
            raise self.error("the formula ends here", last, "something is missing behind it")
        self.at += 1
        return piece

    def error(self, message: str, place: Position, help: str = "") -> EquationError:
        return self.source.error("latex", message, place, help)

    def group(self) -> list[Piece]:
        """What stands in braces, or the one piece that comes next."""
        first = self.take()
        if first.command or first.text != "{":
            if first.command and first.text in (*_STYLES, *_ACCENTS):
                return [first, *self.group()]
            return [first]
        depth, inside = 1, []
        while depth:
            piece = self.take()
            if not piece.command:
                depth += {"{": 1, "}": -1}.get(piece.text, 0)
            inside.append(piece)
        return inside[:-1]

    def inner(self, pieces: list[Piece]) -> _Scanner:
        return _Scanner(pieces, self.source)

    # --- tokens

    def tokens(self) -> Iterator[Token]:
        while (piece := self.peek()) is not None:
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
        elif name in _OPERATORS:
            yield token(_OPERATORS[name], _COMPARED.get(name, name), place)
        elif name in ("top", "intercal", "prime"):
            yield token("TRANSPOSE", "'", place)
        elif name in _STYLES or name in _ACCENTS or name.isalpha():
            self.at -= 1
            yield from self.symbol()
        else:
            raise self.error(f"`\\{name}` has no meaning here", place, "claims take the common forms of formulas")

    def sign(self, piece: Piece) -> Iterator[Token]:
        text, place = piece.text, piece.place
        if text == "\n":
            if self.is_new_line():
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
        elif text in _SIGNS:
            yield token(_SIGNS[text], text, place)
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
        return "=" in signs and signs[0] not in "=+-*/" and not (rest[0].command and rest[0].text in _OPERATORS)

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
            inside = [part.text for part in self.group()]
            if piece.text == "_":
                head = inside[: inside.index("=")] if "=" in inside else inside
                letters = [text for text in head if text.isalpha() and len(text) == 1]
            else:
                upper = "".join(inside)
        if not letters:
            raise self.error("a sum needs the letters it runs over", place, "such as \\sum_{b} or \\sum_{i=1}^{n}")
        return token("INDEXSUM", f"{','.join(letters)}|{upper}", place)

    def symbol(self) -> Iterator[Token]:
        """A letter or a word with its scripts, as a name, a call, ones or several of them."""
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
        scripts = self.scripts()
        last = self.pieces[self.at - 1].place
        if last.line == place.line:
            place = replace(place, length=last.column + last.length - place.column)
        if name == "e" and scripts.power:
            yield token("CALL", scripted("exp"), place)
            yield from self.parenthesised(list(scripts.power), place)
            return
        function = is_known_function(name) or is_generic_function(name)
        after = self.peek()
        opens = after is not None and not after.command and after.text in ("(", "[")
        layered = name + scripts.layer
        if function and (opens or scripts.primes):
            if not opens:
                raise self.error(f"`{name}'` is applied to nothing", place, f"write {name}'(...)")
            yield token("CALL", scripted(layered, primes=scripts.primes), place)
        else:
            yield token("NAME", scripted(layered, "", scripts.indices), place)
            for _ in range(scripts.primes):
                yield token("TRANSPOSE", "'", place)
        yield from self.after(scripts, place)

    def is_condition(self) -> bool:
        """Whether a comparison in brackets comes next."""
        depth, compared = 0, False
        for piece in self.pieces[self.at :]:
            opens = _SIGNS.get(piece.text) if not piece.command else _OPERATORS.get(piece.text)
            depth += {"LPAR": 1, "RPAR": -1}.get(str(opens), 0)
            if depth <= 0:
                break
            compared |= opens == "COMPARISON" and depth == 1
        return compared

    def _touches(self, piece: Piece) -> bool:
        before = self.pieces[self.at - 1].place
        return before.line == piece.place.line and before.column + before.length == piece.place.column

    @staticmethod
    def is_symbol(piece: Piece | None) -> bool:
        if piece is None or not piece.command:
            return piece is not None and piece.text.isalpha()
        other = (
            *_OPERATORS,
            "frac",
            "dfrac",
            "tfrac",
            "sqrt",
            "sum",
            "nabla",
            "partial",
            "begin",
            "end",
            "top",
            "prime",
        )
        return piece.text.isalpha() and piece.text not in other

    def base(self, piece: Piece) -> str:
        r"""The name of a symbol without its scripts: W, delta, yhat, softmax."""
        if not piece.command:
            return piece.text
        if piece.text in _STYLES:
            return "".join(self.spelled(self.group()))
        if piece.text in _ACCENTS:
            return "".join(self.spelled(self.group())) + _ACCENTS[piece.text]
        return _WORDS.get(piece.text, piece.text)

    def spelled(self, pieces: list[Piece]) -> Iterator[str]:
        scanner = self.inner(pieces)
        while scanner.peek() is not None:
            piece = scanner.take()
            yield scanner.base(piece) if piece.command else piece.text

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

    def scripts(self) -> Scripts:
        found = Scripts()
        while (piece := self.peek()) is not None and not piece.command and piece.text in ("_", "^", "'"):
            self.take()
            if piece.text == "'":
                found = replace(found, primes=found.primes + 1)
            elif piece.text == "_":
                read = below(found, self.group())
                if read is None:
                    message = "what stands below is neither the number of a layer nor letters of indices"
                    raise self.error(message, piece.place)
                found = read
            else:
                found = above(found, self.group())
        return found
