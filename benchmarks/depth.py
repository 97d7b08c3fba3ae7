"""Cost against depth: seconds to derive and generate, bytes of C and kernels, for perceptrons of equal layers.

python benchmarks/depth.py [--width 64] [10 50 100]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time


def describe(depth, width):
    layers = [{"name": f"fc{n}", "type": "linear", "units": width, "activation": "relu"} for n in range(depth)]
    return {
        "bpgen": 1,
        "name": f"deep_{depth}",
        "inputs": {"x": {"shape": ["B", width]}, "y": {"shape": ["B", width]}},
        "layers": layers,
        "loss": {"type": "mse", "target": "y"},
        "optimizer": {"type": "adam"},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("depths", nargs="*", type=int, default=[10, 50, 100])
    parser.add_argument("--width", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BPGEN_CACHE_DIR"] = cache
        import bpgen

        bpgen.generate(describe(2, arguments.width), target="c")  # imports are not what is measured
        print("layers  derive s  generate s   C bytes  functions  compile s")
        for depth in arguments.depths:
            description = describe(depth, arguments.width)
            started = time.perf_counter()
            bpgen.derive(description)
            derived = time.perf_counter()
            source = bpgen.generate(description, target="c")
            generated = time.perf_counter()
            bpgen.build(description, target="c")
            built = time.perf_counter()
            text = source.files[f"deep_{depth}.c"]
            functions = text.count("static void ")
            print(
                f"{depth:6}  {derived - started:8.2f}  {generated - derived:10.2f}  {len(text):8}  {functions:9}"
                f"  {built - generated:9.2f}"
            )


if __name__ == "__main__":
    main()
