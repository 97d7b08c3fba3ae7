"""Layers that differ between training and inference."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.library.layer import Fit, Layer, Misfit, Operand, Options
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule


def _channels(options: Options, operands: Sequence[Operand]) -> Fit:
    x = operands[0]
    if x.shape[:1] != ("B",) or not 2 <= len(x.shape) <= 4:
        raise Misfit(f"reads {x}", "batchnorm takes the batch and 1 to 3 axes behind it")
    return Fit(x.shape, {"c": int(x.shape[1])})


MODES: dict[str, Layer] = {
    # Ioffe and Szegedy (2015).  N is how many values a channel has; the variance that is kept is the unbiased one.
    # Of one value it is 0, and so is what comes out before the bias; PyTorch raises ValueError there.
    "batchnorm": Layer(
        """
        m[c] = mean[b, ...](x[b, c, ...]) if training else running_mean[c]
        u[b, c, ...] = x[b, c, ...] - m[c]
        v[c] = mean[b, ...](u[b, c, ...]**2) if training else running_var[c]
        r[c] = 1 / sqrt(v[c] + eps)
        n[b, c, ...] = u[b, c, ...] * r[c]
        y[b, c, ...] = n[b, c, ...] {affine: * w[c] + a[c]}
        N = sum[b, ...](0 * x[b, 0, ...] + 1)
        running_mean_next[c] = (1 - momentum) * running_mean[c] + momentum * m[c]
        running_var_next[c] = (1 - momentum) * running_var[c] + momentum * v[c] * N / max(N - 1, 1)
        """,
        options=(
            Option("eps", "number", 1e-5, "added to the variance", minimum=0.0, symbol="eps"),
            Option("momentum", "number", 0.1, "share of the batch in the running statistics", minimum=0.0, maximum=1.0),
            Option("affine", "boolean", True, "whether the result is scaled by a weight and shifted by a bias"),
        ),
        parameters=(
            ParameterRule("w", "weight", "ones", (), axes="c", when="affine", symbol="gamma"),
            ParameterRule("a", "bias", "zeros", (), axes="c", when="affine", symbol="beta"),
        ),
        states=(
            ParameterRule("running_mean", "running_mean", "zeros", (), symbol="mu"),
            ParameterRule("running_var", "running_var", "ones", (), symbol="nu"),
        ),
        fit=_channels,
        meaning="each channel normalised over the batch and what follows it; running statistics outside of training",
    ),
    "dropout": Layer(
        "y[...] = where(random(...) >= p, x[...], 0) / (1 - p) if training else x[...]",
        options=(Option("p", "number", 0.5, "share that is set to 0", minimum=0.0, maximum=1.0, open=True),),
        symbol="d",
        activated=False,
        meaning="while training, random elements set to 0 and the others scaled up; otherwise its input",
    ),
}
