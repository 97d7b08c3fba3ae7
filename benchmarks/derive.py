"""Time to derive and print with every line: `bpgen derive FILE --steps`, each in a process of its own.

python benchmarks/derive.py [examples ...] [--lengths 16 64 256 512] [--blocks 1 2 6 12]

Without examples: the ones in the README's table.  Lengths and blocks are of examples/transformer.toml.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
CHOSEN = ("mnist_mlp", "lenet", "batchnorm_cnn", "char_lstm", "reverse", "boundary_value", "transformer")


def transformer(length=None, blocks=None):
    description = tomllib.loads((EXAMPLES / "transformer.toml").read_text(encoding="utf-8"))
    if length:
        description["sizes"]["T"] = length
    for layer in description["layers"]:
        if layer["type"] == "block" and blocks:
            layer["repeat"] = blocks
    return description


def measure(label, description, folder):
    """One row: seconds without and with the lines, and how many lines there are."""
    file = Path(folder) / "network.json"
    file.write_text(json.dumps(description), encoding="utf-8")
    cells = []
    for option in ([], ["--steps"]):
        before, started = os.times(), time.perf_counter()
        command = [sys.executable, "-m", "bpgen", "derive", str(file), *option]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        cells += [f"{time.perf_counter() - started:.1f}", f"{used:.1f}"]
    print(f"| {label} | {' | '.join(cells)} | {printed.count('  ->  ')} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="*", default=CHOSEN)
    parser.add_argument("--lengths", nargs="*", type=int, default=[16, 512])
    parser.add_argument("--blocks", nargs="*", type=int, default=[1, 6])
    arguments = parser.parse_args()
    print("| network | brief, s | processor, s | every line, s | processor, s | lines |\n" + "| --- " * 6 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.examples:
            measure(name, tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")), folder)
        for length in arguments.lengths:
            measure(f"transformer, T = {length}", transformer(length=length), folder)
        for blocks in arguments.blocks:
            measure(f"transformer, {blocks} block{'s'[: blocks > 1]}", transformer(blocks=blocks), folder)


if __name__ == "__main__":
    main()
