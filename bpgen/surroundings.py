"""What a claim is judged with besides the derivation: numbers by name, and smaller networks of the same make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bpgen.algebra.errors import SpecError
from bpgen.spec.model import Model
from bpgen.spec.read import read

SMALL = 2
SIZED = ("inputs", "sizes", "layers", "blocks")
NO_SIZES = ("axis", "axes", "bpgen")
CUSTOMARY = {"temperature": "T"}


def named_numbers(model: Model) -> dict[str, float]:
    """Sizes, and options of layers and losses that are numbers, by name; of those that differ, none."""
    found: dict[str, set[float]] = {}
    options = [*(loss.options for loss in model.losses), *(layer.options for layer in model.layers)]
    for table in (model.sizes, *options):
        for name, value in table.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(name, set()).add(value)
                if name in CUSTOMARY:
                    found.setdefault(CUSTOMARY[name], set()).add(value)
    return {name: value for name, values in found.items() if len(values) == 1 for value in values}


def wider_model(model: Model) -> Model | None:
    """The model with 2 for every 1 that is a size: of an axis, of a layer's units, or by name.  None where none is."""

    def changed(part: Any, size: bool = False) -> Any:
        if isinstance(part, Mapping):
            return {name: changed(value, size or name in ("shape", "units", "sizes")) for name, value in part.items()}
        if isinstance(part, list | tuple):
            return [changed(value, size) for value in part]
        return SMALL if size and part == 1 and not isinstance(part, bool) else part

    description = dict(model.description)
    wide = {key: changed(value, key == "sizes") if key in SIZED else value for key, value in description.items()}
    return None if wide == description else _read(wide)


def smaller_models(model: Model) -> Iterator[Model]:
    """The model with every size that can be made 2: all of them at once, or else one after the other."""
    description = model.description
    sizes = sorted({size for key in SIZED for size in _sizes(description.get(key))}, reverse=True)
    every = _read(_resized(description, dict.fromkeys(sizes, SMALL)))
    if every is not None:
        yield every
        return
    smallest: Model | None = None
    for size in sizes:
        trial = _read(_resized(description, {size: SMALL}))
        if trial is not None:
            smallest, description = trial, trial.description
    if smallest is not None:
        yield smallest


def _sizes(part: Any, key: str = "") -> Iterator[int]:
    """Every number above `SMALL` that may be a size."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from _sizes(value, name)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _sizes(value, key)
    elif isinstance(part, int) and not isinstance(part, bool) and part > SMALL and key not in NO_SIZES:
        yield part


def _resized(description: Mapping[str, Any], sizes: Mapping[int, int]) -> dict[str, Any]:
    def changed(part: Any, key: str = "") -> Any:
        if isinstance(part, Mapping):
            return {name: changed(value, name) for name, value in part.items()}
        if isinstance(part, list | tuple):
            return [changed(value, key) for value in part]
        sized = isinstance(part, int) and not isinstance(part, bool) and key not in NO_SIZES
        return sizes.get(part, part) if sized else part

    copied: dict[str, Any] = json.loads(json.dumps(description))
    return {key: changed(value, key) if key in SIZED else value for key, value in copied.items()}


def _read(description: Mapping[str, Any]) -> Model | None:
    try:
        return read(description)
    except SpecError:
        return None
