"""Matrix notation as it is typed -> tokens: dW2 = delta2^T h1, dz2 = (dz3 W3) * f2'(z2), db = sum(delta, axis=0)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lark import Token

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError
from bpgen.claims.tokens import GREEK, scripted, token

# A name may have parts (fc1.weight), but .T and .sum( are no parts of one.
_NAME = r"[^\W\dᵀ][^\Wᵀ]*(?:\.(?!T\b|sum\(|mean\(|dot\()[^\Wᵀ]+)*"
_RULES = (
    ("SPACE", r"[ \t\f\r]+|#[^\n]*"),
    ("SEPARATOR", r"[\n;]"),
    ("DERIVATIVE", rf"[d∂](?P<of>{_NAME})[ ]*/[ ]*[d∂](?P<by>{_NAME})"),
    (
        "INDEXSUM",
        r"(?:sum|Σ|∑)_(?:\{(?P<braced>[^}\n]*)\}|(?P<letters>\w+))(?:\^(?:\{(?P<upper>[^}\n]*)\}|(?P<end>\w+)))?",
    ),
    ("NUMBER", r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"),
    ("NAME", rf"(?:np\.|torch\.)?(?P<name>{_NAME})(?P<primes>['′]*)(?P<call>\(?)"),
    ("TRANSPOSE", r"\^\s*(?:T\b|⊤|ᵀ|\{T\}|\{⊤\})|\.T\b|['′]|⊤|ᵀ"),
    ("METHOD", r"\.(?P<method>sum|mean|dot)(?=\()"),
    ("SQUARE", r"²"),
    ("CARET", r"\*\*|\^"),
    ("STAR", r"\.\*|\*|⊙|∘"),
    ("AT", r"@|·|×"),
    ("SLASH", r"\./|/"),
    ("PLUS", r"\+"),
    ("MINUS", r"[-−]"),
    ("COMPARISON", r"<=|>=|==|<|>"),
    ("EQUAL", r"="),
    ("LPAR", r"\("),
    ("RPAR", r"\)"),
    ("COMMA", r","),
)
_TOKENS = re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in _RULES))

_HELP = {
    "[": "brackets are the equation language's: there every tensor has them, also on the left of ="
    " (dW[o, i] = sum[b](...))",
    "{": "braces are for LaTeX; here ( and ) group",
    "|": "write abs(...)",
}


def plain_tokens(source: SourceText) -> Iterator[Token]:
    """Tokens of the matrix grammar.  Raises EquationError at a character that is none."""
    text, start, depth = source.text, 0, 0
    line, begin = 1, 0
    while start < len(text):
        found = _TOKENS.match(text, start)
        if found is None:
            character = text[start]
            place = source.place(line, start - begin + 1)
            message = f"`{character}` is not part of matrix notation"
            raise source.error("unexpected-character", message, place, _HELP.get(character, ""))
        kind = str(found.lastgroup if found.lastgroup in dict(_RULES) else _kind(found))
        end = found.end()
        if kind == "SEPARATOR":
            if depth == 0 or found[0] == ";":
                yield token(kind, found[0], source.place(line, start - begin + 1))
            if found[0] == "\n":
                line, begin = line + 1, end
        elif kind != "SPACE":
            opened = kind == "NAME" and found["call"] == "("
            end -= int(opened)
            depth += {"LPAR": 1, "RPAR": -1}.get(kind, 0)
            yield from _emit(kind, found, source, (line, start - begin + 1, end - start))
        start = end


def _kind(found: re.Match[str]) -> str:
    """The rule that matched: the groups within it are no rules."""
    return next(kind for kind, _ in _RULES if found[kind] is not None)


def _emit(kind: str, found: re.Match[str], source: SourceText, at: tuple[int, int, int]) -> Iterator[Token]:
    place = source.place(*at)
    if kind == "NAME":
        name, primes = _spelled(found["name"]), len(found["primes"])
        if found["call"]:
            yield token("CALL", scripted(*_indexed(name), primes), place)
            return
        yield token("NAME", scripted(*_indexed(name)), place)
        for _ in range(primes):
            yield token("TRANSPOSE", "'", place)
    elif kind == "DERIVATIVE":
        of, by = (scripted(*_indexed(_spelled(found[part]))) for part in ("of", "by"))
        yield token(kind, f"{of}/{by}", place)
    elif kind == "INDEXSUM":
        written = found["letters"] or found["braced"].partition("=")[0]
        letters = [letter for letter in re.split(r"[,\s]+", written) if letter]
        if not letters or not all(letter.isalpha() for letter in letters):
            raise _no_index(source, at)
        upper = (found["upper"] or found["end"] or "").strip()
        yield token(kind, f"{','.join(''.join(letters))}|{upper}", place)
    elif kind == "SQUARE":
        yield token("CARET", "^", place)
        yield token("NUMBER", "2", place)
    elif kind == "METHOD":
        yield token(kind, found["method"], place)
    else:
        yield token(kind, found[0], place)


def _no_index(source: SourceText, at: tuple[int, int, int]) -> EquationError:
    return source.error(
        "index-name", "a sum runs over letters of indices", source.place(*at), "such as sum_b or sum_{i}"
    )


def _spelled(name: str) -> str:
    """A name in ASCII: Greek letters as words, digits below the line as digits, y with a hat as yhat."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join("hat" if character == "\N{COMBINING CIRCUMFLEX ACCENT}" else GREEK.get(character, character)
                   for character in decomposed)  # fmt: skip


def _indexed(name: str) -> tuple[str, str, str]:
    """x_bi -> x with the letters b, i; fc_1 stays what it is, and so does label_smoothing.

    A tail of up to four single letters is read as indices; whether the whole is a name is asked first, by those who
    know names.
    """
    base, _, tail = name.rpartition("_")
    if base and 0 < len(tail) <= 4 and tail.isalpha() and tail.islower():
        return base, "", ",".join(tail)
    return name, "", ""
