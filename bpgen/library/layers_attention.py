"""Attention, and what it reads: embeddings of tokens and of places."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.library.layer import Fit, Layer, Misfit, Operand, Options, extents
from bpgen.library.layers_dense import BIAS
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

# Vaswani et al., Attention Is All You Need (2017).  Head h has channels h*E ... h*E + E - 1.
# Weights and biases of query, key and value stand under each other in one, in this order.
SELF = """
u[b, i, f] = sum[d](x[b, i, d] * W[f, d]) {bias: + a[f]}
s[b, h, i, j] = sum[e](u[b, i, 0*D + h*E + e] * u[b, j, 1*D + h*E + e]) / sqrt(E) GUARD
p[b, h, i, j] = softmax[j](s[b, h, i, j])
v[b, i, d] = sum[j](p[b, d // E, i, j] * u[b, j, 2*D + d])
"""
CROSS = """
q[b, i, f] = sum[d](x[b, i, d] * W[0*D + f, d]) {bias: + a[0*D + f]}
k[b, j, f] = sum[d](x2[b, j, d] * W[1*D + f, d]) {bias: + a[1*D + f]}
u[b, j, f] = sum[d](VALUE[b, j, d] * W[2*D + f, d]) {bias: + a[2*D + f]}
s[b, h, i, j] = sum[e](q[b, i, h*E + e] * k[b, j, h*E + e]) / sqrt(E) GUARD
p[b, h, i, j] = softmax[j](s[b, h, i, j])
v[b, i, d] = sum[j](p[b, d // E, i, j] * u[b, j, d])
"""
RESULT = "y[b, i, m] = sum[d](v[b, i, d] * O[m, d]) {bias: + c[m]}"


def _text(options: Options, operands: Sequence[Operand]) -> str:
    reads = len(operands) - bool(options["mask"])
    conditions = ["j <= i"] if options["causal"] else []
    if options["mask"]:
        conditions.append(f"x{reads + 1}[b, j] > 0")
    guard = f"if {' and '.join(conditions)} else -inf" if conditions else ""
    text = (SELF if reads == 1 else CROSS) + RESULT
    return text.replace("GUARD", guard).replace("VALUE", "x3" if reads == 3 else "x2")


def _fit(options: Options, operands: Sequence[Operand]) -> Fit:
    masked, heads = options["mask"], options["heads"]
    reads = operands[:-1] if masked else operands
    if not 1 <= len(reads) <= 3:
        help = 'inputs = ["x"], ["query", "keys and values"] or ["query", "key", "value"], and the mask behind them'
        raise Misfit(f"reads {len(operands)} inputs{' with its mask' if masked else ''}", help, code="wrong-value")
    for item in reads:
        if len(item.shape) != 3 or item.shape[0] != "B":
            raise Misfit(f'reads {item}, which should be ["B", time, features]', "attention reads a sequence a row")
    time, width = extents(reads[0], 2, "time, features")
    keys = extents(reads[-1], 2, "time, features")[0]
    for item in reads[1:]:
        if item.shape != ("B", keys, width):
            message = f'reads {item}, which should be of shape ["B", {keys}, {width}]'
            raise Misfit(message, "queries, keys and values have the same features, keys and values the same times")
    if width % heads:
        message = f"has {heads} heads, which do not divide the {width} features of {reads[0]}"
        raise Misfit(message, "let heads divide the features", option="heads")
    if masked and operands[-1].shape != ("B", keys):
        raise Misfit(
            f'has the mask {operands[-1]}, which should be ["B", {keys}]', "1 where a key counts, 0 where it is padding"
        )
    if options["causal"] and keys != time:
        message = f"is causal, and reads {time} queries and {keys} keys"
        raise Misfit(message, "take causal away", option="causal")
    sizes = {"d": width, "f": (3 if len(reads) == 1 else 1) * width, "D": width, "E": width // heads}
    sizes |= {"h": heads, "e": width // heads, "i": time, "j": keys, "w": 3 * width, "m": width}
    return Fit(("B", time, width), sizes)


def _embedding(options: Options, operands: Sequence[Operand]) -> Fit:
    x = operands[0]
    if x.classes is None:
        raise Misfit(f"reads {x}, and how many classes it has is not known", "add classes to the input")
    return Fit((*x.shape, options["units"]), {"v": x.classes, "d": options["units"]})


def _places(options: Options, operands: Sequence[Operand]) -> Fit:
    time, width = extents(operands[0], 2, "time, features")
    return Fit(operands[0].shape, {"t": time, "d": width, "D": width})


_NORMAL = (("mean", 0.0), ("std", 1.0))

ATTENTION: dict[str, Layer] = {
    "embedding": Layer(
        "y[..., d] = E[x[...], d]",
        options=(
            Option("units", "size", meaning="numbers of a token"),
            Option("init", "initializer", None, "initialiser of the weight"),
        ),
        parameters=(ParameterRule("E", "weight", "normal", _NORMAL, axes="v d", override="init"),),
        fit=_embedding,
        integers=(0,),
        meaning="a row of the weight for each token",
    ),
    "positional_embedding": Layer(
        """
        {kind=learned: y[..., t, d] = x[..., t, d] + P[t, d]
            | y[..., t, d] = x[..., t, d] + where(d % 2 == 0,
                sin(t / 10000**((d - d % 2) / D)), cos(t / 10000**((d - d % 2) / D)))}
        """,
        options=(
            Option("kind", "choice", "learned", "a weight, or waves of growing length",
                   choices=("learned", "sinusoidal")),
            Option("init", "initializer", None, "initialiser of the weight"),
        ),
        parameters=lambda options: (
            (ParameterRule("P", "weight", "normal", _NORMAL, axes="t d", override="init"),)
            if options["kind"] == "learned" else ()
        ),
        fit=_places,
        meaning="what says the place in the sequence, added to its input",
    ),
    "attention": Layer(
        _text,
        options=(
            Option("heads", "integer", 1, "parts of the features that attend on their own", minimum=1),
            Option("causal", "boolean", False, "whether a query sees only keys up to its own time"),
            BIAS,
            Option("mask", "boolean", False, "whether the last input says, by 1, which keys count; 0 is padding"),
        ),
        parameters=(
            ParameterRule("W", "in_proj_weight", "xavier_uniform", (), axes="w d"),
            ParameterRule("a", "in_proj_bias", "zeros", (), axes="w", when="bias", symbol="b"),
            ParameterRule("O", "out_proj.weight", axes="m d"),
            ParameterRule("c", "out_proj.bias", "zeros", (), axes="m", when="bias", symbol="b_O"),
        ),
        fit=_fit,
        inputs=(1, 4),
        meaning="multi-head attention: to itself; to another sequence; or with keys and values given apart",
    ),
}  # fmt: skip
