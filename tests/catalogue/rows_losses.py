"""Losses, by labels, distributions and one-hot rows where they take them."""

from __future__ import annotations

from functools import partial

from catalogue_networks import LABELS
from catalogue_runner import F, Row, torch


def cross_entropy(z, y, smoothing=0.0, **options):
    """With the classes on the last axis."""
    labelled = y.dtype == torch.int64
    y = y if labelled else y.movedim(-1, 1)
    return F.cross_entropy(z.movedim(-1, 1), y, label_smoothing=smoothing, **options)


def nll(a, y, **options):
    return F.nll_loss(a.movedim(-1, 1), y, **options)


def multi_margin(a, y, margin=1.0):
    return F.multi_margin_loss(a.flatten(0, -2), y.flatten(), margin=margin)


def distillation(a, y, teacher, temperature=2.0, alpha=0.5):
    """Every position is a row."""
    soft = F.kl_div(
        torch.log_softmax(a / temperature, -1).flatten(0, -2),
        torch.softmax(teacher / temperature, -1).flatten(0, -2),
        reduction="batchmean",
    )
    return alpha * temperature**2 * soft + (1 - alpha) * cross_entropy(a, y)


def weights(values):
    return [value for name, value in values.items() if name.endswith(".weight")]


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
    Row("cross_entropy", partial(cross_entropy, ignore_index=-100), {"ignore_index": -100}, LABELS),
    Row(
        "cross_entropy", partial(cross_entropy, smoothing=0.2, ignore_index=-1), SMOOTHED | {"ignore_index": -1}, LABELS
    ),
    # Penalties speak of the layers of the rows before them; the first of these is z0.
    Row("l1", lambda values: sum(w.abs().sum() for w in weights(values))),
    Row("l2", lambda values: sum((w**2).sum() for w in weights(values))),
    Row("l1", lambda values: values["z0.bias"].abs().sum(), {"parameters": ["z0.bias"]}),
    Row(
        "l2",
        lambda values: (values["z0.weight"] ** 2).sum() + (values["z0.bias"] ** 2).sum(),
        {"parameters": ["z0.bias", "z0.weight"]},
    ),
    Row("nll", nll, target=LABELS),
    Row("nll", nll, {"ignore_index": -100}, LABELS),
    Row("kl_div", F.kl_div),
    Row("kl_div", partial(F.kl_div, reduction="batchmean"), {"reduction": "batchmean"}, DISTRIBUTION),
    Row("hinge", lambda a, y: (1 - y * a).clamp(min=0).mean()),
    Row("hinge", lambda a, y: (0.3 - y * a).clamp(min=0).mean(), {"margin": 0.3}),
    Row("hinge", multi_margin, target=LABELS),
    Row("hinge", partial(multi_margin, margin=0.4), {"margin": 0.4}, LABELS),
    Row("distillation", distillation, target=LABELS),
    Row("distillation", partial(distillation, temperature=4.0, alpha=0.8), {"temperature": 4.0, "alpha": 0.8}, LABELS),
    Row("distillation", distillation, target=DISTRIBUTION),
    Row("distillation", partial(distillation, alpha=1.0), {"alpha": 1.0}, LABELS),
    Row(
        "equation",
        lambda a, y: (torch.sigmoid(a) * y).mean(),
        {"equation": "L = mean[...](sigmoid(A[...]) * Y[...])"},
    ),
]
