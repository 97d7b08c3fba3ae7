"""Normalisation of each sample: by the mean and variance of its last axes, or of groups of its channels."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.library.layer import Fit, Layer, Misfit, Operand, Options, extents
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

AFFINE = Option("affine", "boolean", True, "whether the result is scaled by a weight and shifted by a bias")
LETTERS = ("j", "k", "l", "m")


def _last(options: Options) -> str:
    """Letters of the axes that are normalised."""
    return " ".join(LETTERS[: options["axes"]])


def _fit(options: Options, operands: Sequence[Operand]) -> Fit:
    count = options["axes"]
    found = extents(operands[0], count, ", ".join(["..."] * count) if count > 1 else "features")
    return Fit(operands[0].shape, dict(zip(LETTERS, found, strict=False)))


def _named(text: str, options: Options) -> str:
    """The text with the letters of the last axes for J."""
    return text.replace("J", ", ".join(LETTERS[: options["axes"]]))


LAYER_NORM = """
m[...] = mean[J](x[..., J])
v[...] = mean[J]((x[..., J] - m[...])**2)
y[..., J] = (x[..., J] - m[...]) / sqrt(v[...] + eps) {affine: * w[J] {bias: + a[J]}}
"""
RMS_NORM = """
v[...] = mean[J](x[..., J]**2)
y[..., J] = x[..., J] / sqrt(v[...] + eps) {affine: * w[J]}
"""
# The channels are the first axis behind the batch; those of group g are G*g ... G*g + G - 1.
GROUP_NORM = """
m[b, g] = mean[e, I](x[b, G*g + e, I])
v[b, g] = mean[e, I]((x[b, G*g + e, I] - m[b, g])**2)
y[b, c, I] = (x[b, c, I] - m[b, c // G]) / sqrt(v[b, c // G] + eps) {affine: * w[c] + a[c]}
"""


def _group_fit(options: Options, operands: Sequence[Operand]) -> Fit:
    x, groups = operands[0], options["groups"]
    if len(x.shape) < 2 or x.shape[0] != "B":
        raise Misfit(f'reads {x}, which should be ["B", channels, ...]', "give it channels behind the batch")
    channels = int(x.shape[1])
    if channels % groups:
        message = f"reads {x}, whose {channels} channels are no multiple of its {groups} groups"
        raise Misfit(message, "let groups divide the channels", option="groups")
    return Fit(x.shape, {"c": channels, "g": groups, "e": channels // groups, "G": channels // groups})


def _group_text(options: Options, operands: Sequence[Operand]) -> str:
    letters = ", ".join(f"i{n}" for n in range(len(operands[0].shape) - 2))
    return GROUP_NORM.replace(", I", f", {letters}" if letters else "")


def _scale(options: Options) -> ParameterRule:
    return ParameterRule("w", "weight", "ones", (), axes=_last(options), when="affine", symbol="gamma")


def _layer_rules(options: Options) -> tuple[ParameterRule, ...]:
    shift = ParameterRule("a", "bias", "zeros", (), axes=_last(options), when="bias", symbol="beta")
    return (_scale(options), shift) if options["affine"] else ()


_EPS = Option("eps", "number", 1e-5, "added to the variance", minimum=0.0, symbol="eps")
_AXES = Option("axes", "integer", 1, "how many of the last axes are normalised as one", minimum=1, maximum=4)

NORMS: dict[str, Layer] = {
    # Ba, Kiros and Hinton, Layer Normalization (2016).
    "layernorm": Layer(
        lambda options, operands: _named(LAYER_NORM, options),
        options=(_EPS, AFFINE, Option("bias", "boolean", True, "whether a bias is added"), _AXES),
        parameters=_layer_rules,
        fit=_fit,
        meaning="the last axis with mean 0 and variance 1",
    ),
    # Zhang and Sennrich, Root Mean Square Layer Normalization (2019); eps is PyTorch's, the spacing of float32 at 1.
    "rmsnorm": Layer(
        lambda options, operands: _named(RMS_NORM, options),
        options=(
            Option("eps", "number", 1.1920928955078125e-07, "added to the mean square", minimum=0.0, symbol="eps"),
            Option("affine", "boolean", True, "whether the result is scaled by a weight"),
            _AXES,
        ),
        parameters=lambda options: (_scale(options),),
        fit=_fit,
        meaning="the last axis with mean square 1",
    ),
    # Wu and He, Group Normalization (2018).
    "groupnorm": Layer(
        _group_text,
        options=(Option("groups", "integer", meaning="parts of the channels that share mean and variance", minimum=1),
                 _EPS, AFFINE),
        parameters=(
            ParameterRule("w", "weight", "ones", (), axes="c", when="affine", symbol="gamma"),
            ParameterRule("a", "bias", "zeros", (), axes="c", when="affine", symbol="beta"),
        ),
        fit=_group_fit,
        meaning="groups of channels, with all that follows them, with mean 0 and variance 1",
    ),
}  # fmt: skip
