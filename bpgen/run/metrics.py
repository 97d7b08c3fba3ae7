"""What counts as a hit: the accuracy of a classifier."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bpgen.algebra.records import dataclass
from bpgen.run.arrays import Array
from bpgen.spec.model import Model


@dataclass(frozen=True)
class Metric:
    """kind: "labels" (largest output against an integer class), "distribution" (against the largest of a
    distribution), or "threshold" (output on the same side of `threshold` as a target of 0 or 1 is of 1/2)

    ignored: the label of positions that do not count
    output: name of the result of `forward`; target: name of the input
    """

    kind: str
    output: str
    target: str
    threshold: float = 0.0
    ignored: int | None = None


def find_metric(model: Model) -> Metric | None:
    """How to count hits, for the first loss that classifies an output of the network."""
    inputs = {item.name: item for item in model.inputs}
    for loss in model.losses:
        if loss.input not in model.outputs or loss.target not in inputs:
            continue
        match loss.type:
            case "cross_entropy" | "nll" | "distillation":
                kind = "labels" if inputs[loss.target].dtype == "int32" else "distribution"
                return Metric(kind, loss.input, loss.target, ignored=loss.options.get("ignore_index"))
            case "hinge" if inputs[loss.target].dtype == "int32":
                return Metric("labels", loss.input, loss.target)
            case "bce":
                return Metric("threshold", loss.input, loss.target, 0.5)
            case "bce_with_logits":
                return Metric("threshold", loss.input, loss.target, 0.0)
    return None


def hits(metric: Metric, outputs: Mapping[str, Array], inputs: Mapping[str, Array]) -> tuple[int, int]:
    """How many predictions were right, and how many there were."""
    output, target = outputs[metric.output], inputs[metric.target]
    match metric.kind:
        case "labels":
            right = output.argmax(axis=-1) == target
        case "distribution":
            right = output.argmax(axis=-1) == target.argmax(axis=-1)
        case _:
            right = (output > metric.threshold) == (target > 0.5)
    if metric.ignored is not None:
        right = right[target != metric.ignored]
    return int(np.count_nonzero(right)), int(right.size)
