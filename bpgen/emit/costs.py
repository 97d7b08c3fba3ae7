"""The words of a derivation's table of costs, the same for every target that prints it."""

from __future__ import annotations

from bpgen.derive.account import Costs, PassCost

HEADINGS = ("", "operations", "bytes read", "bytes written")
COUNTED = (
    "$B$ is the number of rows.  An operation is an addition, a multiplication, a division, a comparison or a call "
    "of a function; a sum of $n$ terms counts $n$ additions, and no term that lies outside of its tensor "
    "or is 0 for where it stands.  Every equation reads each element that it needs once and writes each of its own "
    "once, 4 bytes an element (float32)."
)
NOTHING_AGAIN = "The backward pass computes nothing again that takes a function, a root or a sum."


def passes(costs: Costs) -> tuple[tuple[str, PassCost], ...]:
    """(name, cost) of every pass that there is."""
    named = (
        ("forward pass and loss", costs.forward),
        ("chain rule, as it stands", costs.chain),
        ("gradients, simplified", costs.backward),
        ("the same, 1 - s left to rounding", costs.rounded if _is_dearer(costs) else PassCost(())),
        ("update", costs.update),
    )
    return tuple((name, cost) for name, cost in named if cost.equations)


def _is_dearer(costs: Costs) -> bool:
    """Whether the digits of 1 - s take operations or traffic, which the chain rule does without."""
    return (costs.backward.operations, costs.backward.traffic) != (costs.rounded.operations, costs.rounded.traffic)
