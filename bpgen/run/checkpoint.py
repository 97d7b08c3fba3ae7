"""Checkpoints: one safetensors file with all that training needs to go on bit for bit.

Tensors: parameters and states of layers under their own names (so that other programs can read them), states
of the optimiser as "state:NAME", counters as "counter:NAME", settings as "setting:NAME".  Metadata: the
network's signature, its random state, the version of bpgen, and what the run says of itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bpgen import __version__
from bpgen.algebra.errors import CheckpointError
from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Interface
from bpgen.run.arrays import Array, show_shape
from bpgen.run.cache import digest

FORMAT = "1"


@dataclass(frozen=True)
class Checkpoint:
    """tensors: by name; random: the state of the network's random generator.

    run: what the run goes on with beside the network, such as the data and the seed of its held-out rows
    """

    tensors: Mapping[str, Array]
    random: Mapping[str, Any]
    run: Mapping[str, Any] = field(default_factory=dict)


def signature(interface: Interface, fingerprint: str) -> dict[str, Any]:
    """What must agree for a checkpoint to fit.  fingerprint: of the layers and losses as described."""
    states = {block.name: list(block.shape) for block in interface.states}
    of_layers = {block.name for block in interface.layer_states}
    return {
        "name": interface.name,
        "dtype": interface.dtype,
        "parameters": {block.name: list(block.shape) for block in interface.parameters},
        "layer states": {name: shape for name, shape in states.items() if name in of_layers},
        "optimizer states": {name: shape for name, shape in states.items() if name not in of_layers},
        "carried states": {block.name: list(block.shape[1:]) for block in interface.carried},
        "counters": {name: [] for name, _ in interface.counters},
        "settings": {name: [] for name, _ in interface.settings},
        "description": fingerprint,
    }


def write_checkpoint(path: str | Path, mine: dict[str, Any], checkpoint: Checkpoint) -> None:
    """Write beside the target and rename: no reader, and no crash, meets half a checkpoint."""
    from safetensors.numpy import save

    metadata = {
        "format": FORMAT,
        "bpgen": __version__,
        "signature": json.dumps(mine, sort_keys=True),
        "hash": digest(mine),
        "random": json.dumps(checkpoint.random, sort_keys=True),
        "run": json.dumps(checkpoint.run, sort_keys=True),
    }
    data = save({name: np.asarray(array, order="C") for name, array in checkpoint.tensors.items()}, metadata)
    target = Path(path)
    draft = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        try:
            draft.write_bytes(data)
            os.replace(draft, target)
        finally:  # also after Ctrl-C
            draft.unlink(missing_ok=True)
    except OSError as failure:
        raise CheckpointError(f"{target}: cannot write the checkpoint: {failure.strerror}") from failure


def read_checkpoint(path: str | Path, mine: dict[str, Any]) -> Checkpoint:
    """Raises CheckpointError where the file is missing, damaged, or of another network (saying what differs)."""
    from safetensors import SafetensorError, safe_open

    target = Path(path)
    if not target.is_file():
        raise CheckpointError(f"{target}: {'a folder, no' if target.is_dir() else 'no such'} checkpoint")
    try:
        with safe_open(str(target), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as failure:
        raise CheckpointError(f"{target}: damaged, or no safetensors file: {failure}") from failure
    if "signature" not in metadata:
        raise CheckpointError(
            f"{target}: not a checkpoint of bpgen; for parameters alone: "
            "net.load_state_dict(safetensors.numpy.load_file(path))"
        )
    try:
        theirs = json.loads(metadata["signature"])
        random = json.loads(metadata["random"])
        run = json.loads(metadata.get("run", "{}"))
        whole = digest(theirs) == metadata["hash"] and metadata["format"] == FORMAT
    except (ValueError, KeyError) as failure:
        raise CheckpointError(f"{target}: its metadata are damaged: {failure}") from failure
    if not whole:
        raise CheckpointError(f"{target}: its metadata are damaged, or of another format than {FORMAT}")
    differences = compare(theirs, mine)
    if differences:
        raise CheckpointError(f"{target} is a checkpoint of another network:\n" + "\n".join(differences))
    return Checkpoint(tensors, random, run)


def compare(theirs: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """What differs, a line each; at most ten, then a count."""
    lines = []
    for key in ("name", "dtype"):
        if theirs.get(key) != mine[key]:
            lines.append(f"  {key}: {theirs.get(key)!r} in the checkpoint, {mine[key]!r} in this network")
    for key in ("parameters", "layer states", "optimizer states", "carried states", "counters", "settings"):
        lines += _compare_shapes(key, theirs.get(key, {}), mine[key])
    if not lines and theirs.get("description") != mine["description"]:
        lines.append("  the layers or losses are described otherwise, though all names and shapes agree")
    return lines if len(lines) <= 10 else [*lines[:10], f"  ... and {len(lines) - 10} more"]


def _compare_shapes(key: str, theirs: Mapping[str, list[int]], mine: Mapping[str, list[int]]) -> list[str]:
    lines = []
    for name in [*mine, *(name for name in theirs if name not in mine)]:
        if name not in theirs:
            lines.append(f"  {key}: {name} is missing in the checkpoint")
        elif name not in mine:
            lines.append(f"  {key}: {name} is not in this network")
        elif theirs[name] != mine[name]:
            lines.append(
                f"  {key}: {name} has shape {show_shape(theirs[name])} in the checkpoint, {show_shape(mine[name])} here"
            )
    return lines


def damaged(path: str | Path, name: str) -> CheckpointError:
    return CheckpointError(f"{path}: damaged: tensor {name!r} is missing or has another shape or dtype than it says")
