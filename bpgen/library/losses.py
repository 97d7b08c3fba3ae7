"""Losses.  a is what the network gives, y the target; every one is a mean, as PyTorch's reduction="mean".

The class axis of cross_entropy is the last one: [B, V] with labels [B], [B, T, V] with labels [B, T].
"""

from __future__ import annotations

from dataclasses import field

from bpgen.algebra.records import dataclass
from bpgen.library.options import Option


@dataclass(frozen=True)
class Loss:
    """text: its equations for a real target of the output's shape; labels: the text for integer labels.

    Either may be "" where there is no such target; a penalty has none, and its text is of one parameter w.
    reads: keys that name further inputs of the output's shape.
    symbols: letters of the text's names in formulas.
    """

    text: str
    labels: str = ""
    penalty: bool = False
    reads: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    symbols: dict[str, str] = field(default_factory=dict)
    meaning: str = ""


_SMOOTHING = Option(
    "label_smoothing", "number", 0.0, "share of the target spread over all classes", minimum=0.0, maximum=1.0
)

_IGNORED = Option("ignore_index", "integer", None, "the label of positions that do not count")
_PENALIZED = Option("parameters", "parameter names", (), "what it speaks of; by default, all with two or more axes")

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
    # The logarithms are exact, and stabilised with the sigmoid they follow: its gradient is (s - y) / B.  PyTorch
    # bounds log by -100 and divides by no less than 1e-12, two rules of which neither is the other's derivative, so
    # that no equation says both.  Probabilities of exactly 0 or 1 from elsewhere make L infinite, or NaN, here.
    "bce": Loss(
        "L = -mean[...](y[...] * log(a[...]) + (1 - y[...]) * log(1 - a[...]))",
        meaning="binary cross-entropy of probabilities inside 0 ... 1, or of a sigmoid, however far out",
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
        # Labels that are ignored need not be classes: they are compared, never used as an index.
        labels="""
        p[..., j] = softmax[j](a[..., j])
        {ignore_index: k[...] = (y[...] != ignore_index) + 0}
        {ignore_index: n = sum[...](k[...])}
        L = -{ignore_index: sum[...](sum[j](k[...] * {label_smoothing:
            ((1 - label_smoothing) * (j == y[...]) + label_smoothing / K) | (j == y[...])} * log(p[..., j]))) / n
            | mean[...]({label_smoothing: (1 - label_smoothing) * log(p[..., y[...]])
            + label_smoothing / K * sum[j](log(p[..., j])) | log(p[..., y[...]])})}
        """,
        options=(_SMOOTHING, _IGNORED),
        meaning="of logits, by labels or by a distribution over the last axis",
    ),
    "nll": Loss(
        "",
        labels="""
        {ignore_index: k[...] = (y[...] != ignore_index) + 0}
        L = -{ignore_index: sum[...](k[...] * sum[j]((j == y[...]) * a[..., j])) / sum[...](k[...])
            | mean[...](a[..., y[...]])}
        """,
        options=(_IGNORED,),
        meaning="of log-probabilities over the last axis, by labels",
    ),
    "kl_div": Loss(
        """
        l[...] = log(where(y[...] > 0, y[...], 1))
        r[...] = y[...] * (l[...] - a[...])
        L = {reduction=mean: mean[...](r[...]) | sum[...](r[...]) / B}
        """,
        options=(
            Option(
                "reduction",
                "choice",
                "mean",
                "over all elements, or over the rows of the batch",
                choices=("mean", "batchmean"),
            ),
        ),
        meaning="divergence of a target distribution from log-probabilities; batchmean is the mathematical one",
    ),
    # For labels, torch.nn.MultiMarginLoss (p = 1).
    "hinge": Loss(
        "L = mean[...](max(0, margin - y[...] * a[...]))",
        labels="""
        L = mean[...](sum[j]((j != y[...]) * max(0, margin - a[..., y[...]] + a[..., j])) / K)
        """,
        options=(Option("margin", "number", 1.0, "from which on an answer costs nothing", minimum=0.0),),
        meaning="of targets -1 and 1, or of labels, where every class should stay the margin below the right one",
    ),
    # Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network (2015): temperature**2 keeps the
    # gradients of both parts of one size.
    "distillation": Loss(
        """
        q[..., j] = softmax[j](teacher[..., j] / temperature)
        p[..., j] = softmax[j](a[..., j] / temperature)
        s[...] = sum[j](q[..., j] * (log(q[..., j]) - log(p[..., j])))
        h[..., j] = log_softmax[j](a[..., j])
        c[...] = -sum[j](y[..., j] * h[..., j])
        L = mean[...](alpha * temperature**2 * s[...]) + mean[...]((1 - alpha) * c[...])
        """,
        labels="""
        q[..., j] = softmax[j](teacher[..., j] / temperature)
        p[..., j] = softmax[j](a[..., j] / temperature)
        s[...] = sum[j](q[..., j] * (log(q[..., j]) - log(p[..., j])))
        h[..., j] = softmax[j](a[..., j])
        L = mean[...](alpha * temperature**2 * s[...] - (1 - alpha) * log(h[..., y[...]]))
        """,
        reads=("teacher",),
        options=(
            Option("temperature", "number", 2.0, "what logits are divided by", minimum=0.0, open=True),
            Option("alpha", "number", 0.5, "share of the teacher; the rest is cross_entropy", minimum=0.0, maximum=1.0),
        ),
        meaning="of a teacher's logits and of the target",
    ),
    "l1": Loss("L = sum[...](abs(w[...]))", penalty=True, options=(_PENALIZED,), meaning="sum of absolute values"),
    "l2": Loss("L = sum[...](w[...]**2)", penalty=True, options=(_PENALIZED,), meaning="sum of squares"),
    "equation": Loss(
        "",
        options=(
            Option("equation", "equation", meaning="the loss; the last line defines L"),
            Option("sizes", "sizes", None, "extents of the indices that nothing else fixes"),
        ),
        meaning="an equation of your own over inputs, layers and parameters",
    ),
}
