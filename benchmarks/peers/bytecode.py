"""What Python and bpgen keep of their files, put there before anything is measured that would write it."""

from __future__ import annotations

import compileall
import importlib.util
import os
import sys


def keep_bytecode():
    """As it is after an installation, and a first network: of bpgen's modules, its grammar and its templates."""
    package = importlib.util.find_spec("bpgen")
    if package is None:  # the peers alone are measured
        return
    compileall.compile_dir(os.path.dirname(package.origin), quiet=1)
    sys.dont_write_bytecode = False
    from bpgen.algebra.syntax import parse
    from bpgen.emit.environment import keep_templates

    parse("y = 1")
    keep_templates()
