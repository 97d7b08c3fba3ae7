"""Seconds from the start of the process to the end of the first training step, cold and warm.

    python benchmarks/start.py [examples/digits_mlp.toml ...]

cold: an empty cache, so read, derive, generate and compile; warm: the second process with the same cache.  Python's own
bytecode, and that of templates and the grammar, is there in both, as it is after an installation and a first network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "peers"))
from bytecode import keep_bytecode  # noqa: E402

STEP = """
import sys
import numpy as np
import bpgen
net = bpgen.build(sys.argv[1], target="c")
arrays = {}
for item in net.interface.inputs:
    shape = tuple(32 if extent == "B" else extent for extent in item.shape)
    arrays[item.name] = np.zeros(shape, np.int32) if item.dtype == "int32" else np.full(shape, 0.5, np.float32)
net.step(**arrays)
print("sympy" in sys.modules)
"""


def seconds(path, cache):
    started = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", STEP, str(path)], env={**os.environ, "BPGEN_CACHE_DIR": cache}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return time.perf_counter() - started, result.stdout.strip() == "True"


def main():
    keep_bytecode()
    paths = sys.argv[1:] or sorted((ROOT / "examples").glob("*.toml"))
    print(f"{'network':24}  cold s  warm s  warm imports SymPy")
    for path in paths:
        with tempfile.TemporaryDirectory() as cache:
            cold, _ = seconds(path, cache)
            warm = [seconds(path, cache) for _ in range(3)]
        print(f"{Path(path).stem:24}  {cold:6.2f}  {min(warm)[0]:6.2f}  {'yes' if warm[0][1] else 'no'}")


if __name__ == "__main__":
    main()
