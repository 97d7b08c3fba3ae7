"""generated/ is what the compiler makes of examples/ today, whatever the hash seed.

It was written under one seed (tools/regenerate.py), and is made again here under another.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_generated_is_current(tmp_path):
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools/regenerate.py"), "--check"],
        env={**os.environ, "PYTHONHASHSEED": "1234", "BPGEN_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
