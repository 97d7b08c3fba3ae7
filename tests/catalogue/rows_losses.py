"""Losses, by labels, distributions and one-hot rows where they take them."""

from __future__ import annotations

from functools import partial

from catalogue_networks import LABELS
from catalogue_runner import F, Row, torch


def cross_entropy(z, y, smoothing=0.0):
    """With the classes on the last axis."""
    labelled = y.dtype == torch.int64
    return F.cross_entropy(z.movedim(-1, 1), y if labelled else y.movedim(-1, 1), label_smoothing=smoothing)


DISTRIBUTION = {"facts": ["sums_to_one"]}
ONE_HOT = {"facts": ["one_hot"]}
SMOOTHED = {"label_smoothing": 0.2}

BOUNDS = {"min_val": 0.1, "max_val": 0.9}
INSIDE = Row("hardtanh", partial(F.hardtanh, **BOUNDS), BOUNDS)

LOSSES = [
    Row("mse", F.mse_loss),
    Row("mae", F.l1_loss),
    Row("huber", F.huber_loss),
    Row("huber", partial(F.huber_loss, delta=0.3), {"delta": 0.3}),
    Row("bce", F.binary_cross_entropy, activation=Row("sigmoid", torch.sigmoid)),
    Row("bce", F.binary_cross_entropy, activation=INSIDE),
    Row("bce_with_logits", F.binary_cross_entropy_with_logits),
    Row("cross_entropy", cross_entropy, target=LABELS),
    Row("cross_entropy", cross_entropy),
    Row("cross_entropy", cross_entropy, target=DISTRIBUTION),
    Row("cross_entropy", cross_entropy, target=ONE_HOT),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, LABELS),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, DISTRIBUTION),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, ONE_HOT),
    Row(
        "equation",
        lambda a, y: (torch.sigmoid(a) * y).mean(),
        {"equation": "L = mean[...](sigmoid(A[...]) * Y[...])"},
    ),
]
