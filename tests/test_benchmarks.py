"""The peers' harness runs, and the losses of our workloads are those of the same networks written by hand."""

import json
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent.parent / "benchmarks" / "peers"


def test_losses_agree_with_networks_written_by_hand(tmp_path):
    """Ours, and NumPy with gradients written by hand: the harness ends with 1 where five losses differ by 1e-4."""
    command = [sys.executable, str(PEERS / "run.py"), "--workloads", "W1,W2,W11a", "--peers", "numpy_hand,bpgen_numpy"]
    short = [
        "--threads",
        "1",
        "--rounds",
        "1",
        "--samples",
        "1",
        "--block-ms",
        "1",
        "--out",
        str(tmp_path / "out.json"),
    ]
    done = subprocess.run([*command, *short], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "out.json").read_text())
    assert [cell["peer"] for cell in results["cells"]] == 3 * ["numpy_hand", "bpgen_numpy"]
    assert all(len(cell["losses"]) == 5 and not cell["disagrees"] for cell in results["cells"])
    assert "| W11a | 1 |" in done.stdout


def test_who_differs_or_loops_is_never_the_best_peer(monkeypatch):
    monkeypatch.syspath_prepend(str(PEERS))
    from report import Table
    from rounds import check_agreement

    def cell(peer, microseconds, losses=(1.0,) * 5, loop=False):
        found = {"workload": "W1", "threads": 1, "peer": peer, "step_us": microseconds, "loop": loop}
        return {**found, "losses": losses, "forward_magnitude": 1.0}

    wrong = (1.0, 1.0, 1.0, 1.0, 1.001)
    cells = [cell("slow", 9.0), cell("right", 5.0), cell("wrong", 1.0, wrong), cell("loop", 1.0, loop=True)]
    worst = check_agreement([*cells, cell("ours", 2.0)])
    assert [one["disagrees"] for one in cells] == [False, False, True, False]
    assert abs(worst["W1"] - 1e-3) < 1e-9
    assert Table({"cells": cells, "candidates": ["ours"]}).best(("W1", 1), "step") == "right"
