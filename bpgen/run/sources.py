"""What was generated from a description, kept: a second run of a network starts from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bpgen.emit.source import Source
from bpgen.lower.interface import Interface
from bpgen.run.cache import digest, generator_hash, load_record, store_record


class Sources:
    """The cache's records of one description.

    Their key holds the description as it was written (the order of its inputs counts), bpgen's own files,
    and the version of SymPy, whose simplifications shape the equations.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._base = [json.dumps(description), generator_hash(), _sympy_version()]

    def _key(self, kind: str, wanted: Any) -> str:
        return digest([*self._base, kind, wanted])

    def load(self, options: Mapping[str, Any]) -> Source | None:
        record = load_record("sources", self._key("source", dict(options)))
        if record is None:
            return None
        interface = Interface.from_json(record["interface"])
        return Source(
            record["name"], record["target"], record["dtype"], record["files"], interface, record["cdef"],
            tuple(record["flags"]), record["spans"],
        )  # fmt: skip

    def store(self, options: Mapping[str, Any], source: Source) -> None:
        record = {
            "name": source.name, "target": source.target, "dtype": source.dtype, "files": dict(source.files),
            "interface": source.interface.to_json(), "cdef": source.cdef,
            "flags": source.flags, "spans": dict(source.spans),
        }  # fmt: skip
        store_record("sources", self._key("source", dict(options)), record)

    def load_text(self, wanted: Any) -> str | None:
        """The derivation, printed as wanted."""
        record = load_record("sources", self._key("text", wanted))
        return None if record is None else str(record["text"])

    def store_text(self, wanted: Any, text: str) -> None:
        store_record("sources", self._key("text", wanted), {"text": text})

    def was_checked(self) -> bool:
        """Whether the description's equations were found right before, by the same bpgen."""
        return load_record("sources", self._key("checked", True)) is not None

    def remember_checked(self) -> None:
        store_record("sources", self._key("checked", True), {"right": True})


@cache
def _sympy_version() -> str:
    """What its file of the version says: importing importlib.metadata to ask takes an eighth of a warm start."""
    found = find_spec("sympy")  # which does not import it
    if found is None or found.origin is None:
        return ""
    return Path(found.origin).with_name("release.py").read_text("utf-8")
