"""generated/ is what the compiler makes of examples/ today, whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("seed", ["0", "1234"])
def test_generated_is_current(seed, tmp_path):
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools/regenerate.py"), "--check"],
        env={**os.environ, "PYTHONHASHSEED": seed, "BPGEN_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
