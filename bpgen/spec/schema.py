"""The JSON Schema of a description, made from the same tables that its checks read."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bpgen.library.activations import ACTIVATIONS
from bpgen.library.gradients import COMMON_OPTIONS
from bpgen.library.initializers import INITIALIZERS
from bpgen.library.layers import BLOCK, LAYER_TYPES, LAYERS, layer_options
from bpgen.library.losses import LOSSES
from bpgen.library.optimizers import OPTIMIZERS
from bpgen.library.options import Option
from bpgen.library.schedules import SCHEDULES
from bpgen.spec.inputs import DTYPES, FACTS
from bpgen.spec.read import VERSION
from bpgen.spec.training import TRAIN_OPTIONS

Schema = dict[str, Any]

_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_EXTENT: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
_SIZES: Schema = {"type": "object", "additionalProperties": _EXTENT}
_LAYERS: Schema = {"type": "array", "items": {"$ref": "#/$defs/layer"}}


def schema() -> Schema:
    """A JSON Schema (draft 2020-12) that every right description satisfies."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bpgen network description",
        "type": "object",
        "required": ["bpgen"],
        "additionalProperties": False,
        "properties": {
            "bpgen": {"const": VERSION, "description": "version of this format"},
            "name": _NAME,
            "sizes": _SIZES,
            "inputs": {"type": "object", "additionalProperties": _input()},
            "layers": _LAYERS,
            "blocks": {"type": "object", "additionalProperties": _table({"layers": _LAYERS}, ["layers"])},
            "loss": _choice(_losses(), ("type",)),
            "losses": {"type": "array", "items": _choice(_losses(), ("type",))},
            "optimizer": _choice(_optimizers(), ("type",)),
            "train": _table(_properties(TRAIN_OPTIONS)),
        },
        "$defs": {
            "layer": _choice(_layers(), ("name", "type")),
            "activation": _named({name: entry.options for name, entry in ACTIVATIONS.items()}),
            "initializer": _named(INITIALIZERS),
            "schedule": {"anyOf": [{"type": "string"}, _tables({n: s.options for n, s in SCHEDULES.items()})]},
        },
    }


def schema_text() -> str:
    """The schema as bpgen/spec/schema.json holds it; `python -m bpgen.spec.schema` writes it to standard output."""
    return json.dumps(schema(), indent=1) + "\n"


def _input() -> Schema:
    fact = {"enum": list(FACTS)}
    axes = {"axis": {"type": "integer"}, "axes": {"type": "array", "items": {"type": "integer"}}}
    item = {"anyOf": [fact, _table({"kind": fact, **axes}, ["kind"])]}
    properties = {
        "shape": {"type": "array", "items": _EXTENT, "description": '"B" is the batch axis'},
        "dtype": {"enum": list(DTYPES)},
        "classes": {**_EXTENT, "description": "values are 0 ... classes - 1"},
        "facts": {"type": "array", "items": item},
    }
    return _table(properties, ["shape"])


def _layers() -> dict[str, Schema]:
    reads: Schema = {"name": _NAME, "input": _NAME, "inputs": {"type": "array", "items": _NAME}}
    meanings = {name: entry.meaning for name, entry in LAYERS.items()}
    meanings |= {name: entry.meaning for name, entry in ACTIVATIONS.items()}
    meanings[BLOCK] = "the layers of a block, repeated"
    return {kind: _typed(kind, layer_options(kind), reads, meanings[kind], ["name"]) for kind in LAYER_TYPES}


def _losses() -> dict[str, Schema]:
    shared: Schema = {"name": _NAME, "weight": {"type": "number"}}
    judged: Schema = {**shared, "input": _NAME, "target": _NAME}
    return {
        kind: _typed(kind, loss.options, shared, loss.meaning)
        if kind == "equation" or loss.penalty
        else _typed(
            kind, loss.options, judged | dict.fromkeys(loss.reads, _NAME), loss.meaning, ["target", *loss.reads]
        )
        for kind, loss in LOSSES.items()
    }


def _optimizers() -> dict[str, Schema]:
    schedule: Schema = {"schedule": {"$ref": "#/$defs/schedule"}}
    return {
        kind: _typed(kind, (*entry.options, *COMMON_OPTIONS), schedule, entry.meaning)
        for kind, entry in OPTIMIZERS.items()
    }


def _choice(kinds: Mapping[str, Schema], required: Sequence[str]) -> Schema:
    """One table for each type.  `if` and `then` rather than `anyOf`: editors then name the key that is wrong."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {"type": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"required": ["type"], "properties": {"type": {"const": kind}}}, "then": table}
            for kind, table in kinds.items()
        ],
    }


def _typed(kind: str, options: Sequence[Option], shared: Schema, meaning: str, required: Sequence[str] = ()) -> Schema:
    needed = [*required, *(option.name for option in options if option.required)]
    table = _table({"type": {"const": kind}, **shared, **_properties(options)}, ["type", *needed])
    return {**table, "description": meaning} if meaning else table


def _named(kinds: Mapping[str, Sequence[Option]]) -> Schema:
    """A name alone, or a table with a type."""
    return {"anyOf": [{"enum": list(kinds)}, _tables(kinds)]}


def _tables(kinds: Mapping[str, Sequence[Option]]) -> Schema:
    return _choice({kind: _typed(kind, options, {}, "") for kind, options in kinds.items()}, ("type",))


def _properties(options: Sequence[Option]) -> Schema:
    return {option.name: _option(option) for option in options}


def _option(option: Option) -> Schema:
    value = _value(option)
    if option.meaning:
        value = {**value, "description": option.meaning}
    if not option.required and option.default is not None:
        value = {**value, "default": list(option.default) if isinstance(option.default, tuple) else option.default}
    return value


def _value(option: Option) -> Schema:
    match option.kind:
        case "size":
            return dict(_EXTENT)
        case "integer" | "number":
            return {"type": option.kind, **_bounds(option)}
        case "numbers":
            items = {"type": "number", **_bounds(option)}
            return {"type": "array", "items": items, "minItems": option.length, "maxItems": option.length}
        case "integers":
            item = {"type": "integer", **_bounds(option)}
            several = {"type": "array", "items": item, "minItems": option.length, "maxItems": option.length}
            words: list[Schema] = [{"enum": list(option.choices)}] if option.choices else []
            return {"anyOf": [item, several, *words]}
        case "shape":
            return {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}
        case "boolean":
            return {"type": "boolean"}
        case "choice":
            return {"enum": list(option.choices)}
        case "activation" | "initializer":
            return {"$ref": f"#/$defs/{option.kind}"}
        case "sizes":
            return dict(_SIZES)
        case "parameter names":
            return {"type": "array", "items": {"type": "string"}}
        case "names":
            return {"type": "array", "items": dict(_NAME)}
        case "numbers by name":
            return {"type": "object", "additionalProperties": {"type": "number"}}
        case "parameters" | "states":
            shape = {"type": "array", "items": _EXTENT}
            rule = _table({"init": {"$ref": "#/$defs/initializer"}, "shape": shape})
            return {"type": "object", "additionalProperties": rule}
    return {"type": "string"}


def _bounds(option: Option) -> Schema:
    bounds: Schema = {}
    if option.minimum is not None:
        open_below = option.open and option.maximum is None
        bounds["exclusiveMinimum" if open_below else "minimum"] = option.minimum
    if option.maximum is not None:
        bounds["exclusiveMaximum" if option.open else "maximum"] = option.maximum
    return bounds


def _table(properties: Schema, required: Sequence[str] = ()) -> Schema:
    table: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**table, "required": list(required)} if required else table


if __name__ == "__main__":
    sys.stdout.write(schema_text())
