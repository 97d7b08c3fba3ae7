"""Losses.  a is what the network gives, y the target; every one is a mean, as PyTorch's reduction="mean".

The class axis of cross_entropy is the last one: [B, V] with labels [B], [B, T, V] with labels [B, T].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bpgen.library.options import Option


@dataclass(frozen=True)
class Loss:
    """text: its equations for a real target of the output's shape; labels: the text for integer labels.

    symbols: letters of the text's names in formulas.
    """

    text: str
    labels: str = ""
    options: tuple[Option, ...] = ()
    symbols: dict[str, str] = field(default_factory=dict)
    meaning: str = ""


_SMOOTHING = Option(
    "label_smoothing", "number", 0.0, "share of the target spread over all classes", minimum=0.0, maximum=1.0
)

LOSSES: dict[str, Loss] = {
    "mse": Loss("L = mean[...]((a[...] - y[...])**2)", meaning="mean squared error"),
    "mae": Loss("L = mean[...](abs(a[...] - y[...]))", meaning="mean absolute error"),
    "huber": Loss(
        """
        r[...] = a[...] - y[...]
        L = mean[...](where(abs(r[...]) < delta, r[...]**2 / 2, delta * (abs(r[...]) - delta / 2)))
        """,
        options=(Option("delta", "number", 1.0, "where the square becomes linear", minimum=0.0, open=True),),
        meaning="squared near 0, linear far from it",
    ),
    # PyTorch bounds log from below by -100; here the logarithms are exact, and stabilised with the sigmoid they follow.
    "bce": Loss(
        "L = -mean[...](y[...] * log(a[...]) + (1 - y[...]) * log(1 - a[...]))",
        meaning="binary cross-entropy of probabilities",
    ),
    "bce_with_logits": Loss(
        "L = mean[...](softplus(a[...]) - y[...] * a[...])", meaning="binary cross-entropy of logits"
    ),
    "cross_entropy": Loss(
        """
        p[..., j] = softmax[j](a[..., j])
        L = -mean[...](sum[j]({label_smoothing: ((1 - label_smoothing) * y[..., j] + label_smoothing / K)
            | y[..., j]} * log(p[..., j])))
        """,
        labels="""
        p[..., j] = softmax[j](a[..., j])
        L = -mean[...]({label_smoothing: (1 - label_smoothing) * log(p[..., y[...]])
            + label_smoothing / K * sum[j](log(p[..., j])) | log(p[..., y[...]])})
        """,
        options=(_SMOOTHING,),
        meaning="of logits, by labels or by a distribution over the last axis",
    ),
    "equation": Loss(
        "",
        options=(
            Option("equation", "equation", meaning="the loss; the last line defines L"),
            Option("sizes", "sizes", None, "extents of the indices that nothing else fixes"),
        ),
        meaning="an equation of your own over inputs, layers and parameters",
    ),
}

PLANNED_LOSSES = ("nll", "kl_div", "hinge", "distillation")
