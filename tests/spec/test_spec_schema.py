"""The JSON Schema is current, and speaks of what the checks accept."""

from __future__ import annotations

import json
from pathlib import Path

import bpgen.spec
from bpgen.library.layers import LAYER_TYPES
from bpgen.spec.schema import schema, schema_text


def test_the_schema_file_is_current() -> None:
    file = Path(bpgen.spec.__file__).with_name("schema.json")
    assert file.read_text() == schema_text(), "run: python -m bpgen.spec.schema > bpgen/spec/schema.json"


def test_every_layer_type_has_its_table() -> None:
    layers = schema()["$defs"]["layer"]
    assert layers["properties"]["type"]["enum"] == list(LAYER_TYPES)
    tables = {entry["if"]["properties"]["type"]["const"]: entry["then"] for entry in layers["allOf"]}
    assert set(tables["linear"]["properties"]) == {
        "type", "name", "input", "inputs", "units", "bias", "init", "bias_init", "activation",
    }  # fmt: skip
    assert tables["linear"]["required"] == ["type", "name", "units"]
    assert tables["gelu"]["properties"]["approximate"]["enum"] == ["none", "tanh"]


def test_references_resolve() -> None:
    text = json.dumps(schema())
    for name in ("activation", "initializer", "schedule"):
        assert f'"#/$defs/{name}"' in text
        assert name in schema()["$defs"]
