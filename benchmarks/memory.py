"""The largest resident size of a process that trains one of the peers' workloads, cold and warm.

    python benchmarks/memory.py [W1 W2 ...]

cold: an empty cache, so everything from the description to the machine code is made in this process; warm: the second
process with the same cache.  Both hold the workload's own data, its ring of batches and its first parameters twice.
wanted: 60 MiB, and three times the parameters, the optimiser's states and the plan: the memory that calls share.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"
NAMES = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W11a", "W11b"]
sys.path.insert(0, str(PEERS))
from bytecode import keep_bytecode  # noqa: E402

TRAIN = """
import json, sys
sys.path[:0] = sys.argv[2:]
from worker import peak_memory_mib
import bpgen_c
trained = bpgen_c.build(sys.argv[1], 1)
for _ in range(3):
    trained.step()
own, rows = trained.net.interface, trained.work.batch
plan = sum(size * rows**degree for degree, size in enumerate(own.workspace))
data = [array for batch in trained.batches for array in batch] + 2 * list(trained.initial.values())
print(json.dumps({
    "own": 4 * (own.parameter_size + own.state_size + plan), "data": sum(array.nbytes for array in data),
    "peak": peak_memory_mib(),
}))
"""


def trained(name, cache):
    command = [sys.executable, "-c", TRAIN, name, str(PEERS), str(PEERS / "adapters")]
    environment = {**os.environ, "BPGEN_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(result.stdout.splitlines()[-1])


def main():
    keep_bytecode()
    print("| | parameters, states, plan | wanted | cold | warm | of it the workload's data |\n" + "| --- " * 6 + "|")
    for name in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as cache:
            cold, warm = trained(name, cache), trained(name, cache)
        own, data = cold["own"] / 2**20, cold["data"] / 2**20
        print(f"| {name} | {own:.1f} | {60 + 3 * own:.0f} | {cold['peak']:.0f} | {warm['peak']:.0f} | {data:.1f} |")


if __name__ == "__main__":
    main()
