"""Tokens of matrix notation, and the words that are functions: what both ways of writing it are read into."""

from __future__ import annotations

from lark import Token

from bpgen.algebra.activations import DEFINITIONS
from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import Position
from bpgen.algebra.functions import FUNCTIONS

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ε": "eps", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "ψ": "psi", "ω": "omega",
}  # fmt: skip

# What people call the activation of a layer, whichever it is; a digit behind says of which layer.
GENERIC = ("f", "g", "sigma", "phi", "varphi", "psi", "act", "activation")
REDUCING = ("sum", "mean", "average")
ALONG_ROWS = ("softmax", "log_softmax", "logsumexp")
# Functions of several arguments, and of whole matrices; elsewhere than before a parenthesis they may be names.
CALLED = (
    "max", "min", "maximum", "minimum", "rowmax", "onehot", "one_hot", "diag", "outer", "ones", "where", "heaviside",
    "step", "dot", "matmul", "transpose",
)  # fmt: skip
SPELLINGS = {"ln": "log", "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "Sigmoid": "sigmoid", "logistic": "sigmoid"}


def is_known_function(name: str) -> bool:
    """Whether a name is a function wherever it stands; `f` and its like are ones only before a parenthesis."""
    name = SPELLINGS.get(name, name)
    return name in FUNCTIONS or name in DEFINITIONS or name in REDUCING or name in ALONG_ROWS


def is_called(name: str) -> bool:
    return name in CALLED


def is_generic_function(name: str) -> bool:
    return name.rstrip("0123456789") in GENERIC


def token(kind: str, value: str, place: Position) -> Token:
    """A token at a place of the text as it was written."""
    return Token(kind, value, line=place.line, column=place.column, end_line=place.line,
                 end_column=place.column + place.length)  # fmt: skip


def place_of(found: Token, source: SourceText) -> Position:
    line, column = found.line or 1, found.column or 1
    return Position(line, column, (found.end_column or column + 1) - column, source.origin.file)


def scripted(name: str, layer: str = "", indices: str = "", primes: int = 0) -> str:
    """The value of a NAME, CALL or DERIVATIVE token: name, number of a layer, index letters, primes."""
    return "|".join((name + layer, indices, str(primes)))


def unscripted(value: str) -> tuple[str, tuple[str, ...], int]:
    name, indices, primes = value.split("|")
    return name, tuple(indices.split(",")) if indices else (), int(primes)
