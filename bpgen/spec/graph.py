"""The graph of layers: an order of reading, cycles, outputs, and inputs that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bpgen.spec.checker import Checker
from bpgen.spec.model import InputSpec, LayerSpec, LossSpec
from bpgen.spec.places import Path


def order_layers(layers: Sequence[LayerSpec], paths: Mapping[str, Path], checker: Checker) -> tuple[LayerSpec, ...]:
    """The layers so that each reads only what stands before it; the description's order where that is one.

    A cycle is reported with its path, and the layers on it are left out.
    """
    by_name = {layer.name: layer for layer in layers}
    ordered: dict[str, LayerSpec] = {}
    failed: set[str] = set()
    for layer in layers:
        trail = [] if layer.name in ordered or layer.name in failed else [layer.name]
        while trail:
            reads = by_name[trail[-1]].inputs
            waiting = [name for name in reads if name in by_name and name not in ordered and name not in failed]
            if not waiting:
                done = trail.pop()
                ordered[done] = by_name[done]
            elif waiting[0] in trail:
                _report_cycle(trail[trail.index(waiting[0]) :], paths, checker)
                failed.update(trail)
                trail = []
            else:
                trail.append(waiting[0])
    return tuple(ordered.values())


def _report_cycle(cycle: list[str], paths: Mapping[str, Path], checker: Checker) -> None:
    # cycle[n] reads cycle[n + 1]: values flow the other way.  Begin with the layer that stands first.
    first = min(range(len(cycle)), key=lambda n: int(paths[cycle[n]][-1]))
    cycle = cycle[first:] + cycle[:first]
    flow = " -> ".join([cycle[0], *reversed(cycle)])
    table = paths[cycle[0]]
    help = "a network is a directed acyclic graph: let one of them read something else"
    place = next(((*table, key) for key in ("input", "inputs") if (*table, key) in checker.places.values), table)
    checker.report("cycle", f"layers form a cycle: {flow}", place, help=help)


def outputs_of(layers: Sequence[LayerSpec]) -> tuple[str, ...]:
    """Layers that no layer reads, in the order of the description."""
    read = {name for layer in layers for name in layer.inputs}
    return tuple(layer.name for layer in layers if layer.name not in read)


def check_inputs_used(
    inputs: Sequence[InputSpec], layers: Sequence[LayerSpec], losses: Sequence[LossSpec], checker: Checker
) -> None:
    """Report inputs that no layer and no loss reads."""
    read = {name for layer in layers for name in layer.inputs}
    for loss in losses:
        read |= {name for name in (loss.input, loss.target) if name}
        read |= {name for _, name in loss.reads}
        read |= set(re.findall(r"[A-Za-z_]\w*", str(loss.options.get("equation") or "")))
    for item in inputs:
        if item.name not in read:
            help = "let a layer or the loss read it, or take it away"
            checker.report(
                "unused-input", f'nothing reads the input "{item.name}"', ("inputs", item.name), help, key=True
            )
