"""Cost against equal blocks: seconds for each stage, bytes and functions of C, for causal transformers.

python benchmarks/blocks.py [1 2 6 12]

The block is that of examples/transformer.toml.  Each network is built from an empty cache.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from itertools import pairwise
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "transformer.toml"


def describe(blocks):
    description = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for layer in description["layers"]:
        if layer["type"] == "block":
            layer["repeat"] = blocks
    return description


def measure(blocks):
    """One network, in a process of its own: a line of the table."""
    import bpgen
    from bpgen import api

    model = bpgen.load(describe(blocks))
    times = [time.perf_counter()]
    bpgen.derive(model)
    times.append(time.perf_counter())
    api.lower(model)
    times.append(time.perf_counter())
    text = bpgen.generate(model, target="c").files["transformer.c"]
    bpgen.generate(model, target="numpy")
    times.append(time.perf_counter())
    bpgen.build(model, target="c")
    times.append(time.perf_counter())
    derive, lower, emit, compiled = (after - before for before, after in pairwise(times))
    used = os.times()
    processor = used.user + used.system + used.children_user + used.children_system  # with imports and the compiler
    print(f"| {blocks} | {derive:.1f} | {lower:.2f} | {emit:.2f} | {compiled:.1f} | {times[-1] - times[0]:.1f} "
          f"| {processor:.1f} | {len(text):,} | {text.count('static void ')} |")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blocks", nargs="*", type=int, default=[1, 2, 6, 12])
    parser.add_argument("--one", action="store_true", help="measure here, and print no heading")
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.blocks[0])
        return
    print("| blocks | derive, s | lower, s | emit, s | compile and try, s | total, s | processor, s ", end="")
    print("| C, bytes | functions |\n" + "| --- " * 9 + "|", flush=True)
    for blocks in arguments.blocks:
        with tempfile.TemporaryDirectory() as cache:
            environment = os.environ | {"BPGEN_CACHE_DIR": cache}
            subprocess.run([sys.executable, __file__, "--one", str(blocks)], env=environment, check=True)


if __name__ == "__main__":
    main()
