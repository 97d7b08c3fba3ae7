"""What `bpgen tune` has measured on this machine: for each contraction, by its signature, the fastest way to write it.

One record of the cache holds all of them, under a key of the processor, the compiler and bpgen's own files: what was
measured elsewhere, or of other code, says nothing.  Another holds the ways of a network whose step was measured.
Two that tune at the same time may lose a measurement; it costs only the time to measure it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bpgen.run.cache import digest, generator_hash, load_record, store_record
from bpgen.run.toolchain import find_toolchain

SHELF = "measurements"

Ways = Mapping[str, str]
"""The names of ways (bpgen.emit.c_choose) by signature (bpgen.emit.c_ways)."""


def machine_key() -> str:
    """Of this processor, compiler and bpgen.  Raises CompileError where there is no compiler."""
    found = find_toolchain()
    return digest([generator_hash(), found.processor, found.version, found.flags])


def load_measurements() -> dict[str, dict[str, Any]]:
    """By signature: the way, the model's, and the seconds of both; nothing where the record is damaged."""
    record = load_record(SHELF, machine_key())
    return {} if record is None else {name: dict(entry) for name, entry in record.items()}


def load_ways(network: str) -> dict[str, str]:
    """The way of each contraction that was measured; before others those with which a step of the network was.

    network: as `network_key` has it
    """
    own = load_record(SHELF, _key_of(network)) or {}
    return {signature: str(entry["way"]) for signature, entry in load_measurements().items()} | own


def network_key(description: Mapping[str, Any], dtype: str, rows: int) -> str:
    """Of a network and the rows of its steps."""
    return digest([description, dtype, rows])


def _key_of(network: str) -> str:
    return digest([machine_key(), network])


def store_measurements(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep them beside those of other contractions."""
    store_record(SHELF, machine_key(), load_measurements() | {name: dict(entry) for name, entry in found.items()})


def store_ways(network: str, ways: Ways) -> None:
    """Keep the ways in which the steps of a network are fastest, which those of another need not be."""
    store_record(SHELF, _key_of(network), dict(ways))
