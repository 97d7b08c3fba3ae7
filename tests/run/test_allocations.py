"""One step is one call into C that allocates nothing: malloc and its kin are counted while steps run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
static long allocations;
long allocation_count(void) { return allocations; }
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
void *malloc(size_t size) { __atomic_add_fetch(&allocations, 1, 5); return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { __atomic_add_fetch(&allocations, 1, 5); return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { __atomic_add_fetch(&allocations, 1, 5); return __libc_realloc(old, size); }
"""

PROGRAM = r"""
import ctypes, sys
import numpy as np
import bpgen
count = ctypes.CDLL(None).allocation_count
count.restype = ctypes.c_long
net = bpgen.build(sys.argv[1], target="c", batch=8)
arrays = {}
for item in net.interface.inputs:
    shape = tuple(8 if extent == "B" else extent for extent in item.shape)
    arrays[item.name] = (np.zeros(shape, np.int32) if item.classes else np.full(shape, 0.5, np.float32))
bound = net.bind(**arrays)
bound.step()
step = bound.step
before = count()
for _ in range(1000):
    step()
during = count() - before
np.ones(100000)  # the counter counts
print(during, count() > before + during)
"""


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs LD_PRELOAD and a C compiler")
@pytest.mark.parametrize("example", ["mlp_2331", "mnist_mlp", "two_heads"])
def test_a_step_allocates_nothing(example, tmp_path):
    library = tmp_path / "count.so"
    (tmp_path / "count.c").write_text(COUNTER)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, tmp_path / "count.c"], check=True)
    path = Path(__file__).parent.parent.parent / "examples" / f"{example}.toml"
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    during, counts = result.stdout.split()
    assert counts == "True"
    assert int(during) == 0
