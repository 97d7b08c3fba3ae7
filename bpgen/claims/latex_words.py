"""What the words and signs of LaTeX mean in a claim."""

from __future__ import annotations

STYLES = {
    "mathbf", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "boldsymbol", "bm", "text", "textbf", "textrm", "vec",
    "operatorname", "pmb", "textit",
}  # fmt: skip
ACCENTS = {
    "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
    "check": "check", "dot": "dot", "ddot": "ddot", "breve": "breve",
}  # fmt: skip
OPERATORS = {
    "odot": "STAR", "circ": "STAR", "ast": "STAR", "oslash": "DIVIDE", "cdot": "AT", "times": "AT",
    "leq": "COMPARISON", "le": "COMPARISON", "geq": "COMPARISON", "ge": "COMPARISON", "lt": "COMPARISON",
    "gt": "COMPARISON", "ne": "COMPARISON", "neq": "COMPARISON", "lbrace": "LPAR", "rbrace": "RPAR", "{": "LPAR",
    "}": "RPAR", "coloneqq": "EQUAL", "triangleq": "EQUAL",
}  # fmt: skip
COMPARED = {
    "leq": "<=", "le": "<=", "geq": ">=", "ge": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
}  # fmt: skip
SIGNS = {
    "+": "PLUS", "-": "MINUS", "*": "STAR", "/": "SLASH", "=": "EQUAL", "(": "LPAR", ")": "RPAR", "[": "LPAR",
    "]": "RPAR", ",": "COMMA", "<": "COMPARISON", ">": "COMPARISON",
}  # fmt: skip
NAMED = {"varepsilon": "eps", "epsilon": "eps", "Delta": "delta", "ell": "l", "varphi": "phi"}
FORMS = (
    "frac", "dfrac", "tfrac", "sqrt", "sum", "nabla", "partial", "begin", "end", "top", "intercal", "prime", "lvert",
    "rvert",
)  # fmt: skip
