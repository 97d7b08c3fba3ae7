"""bpgen: from a network description to its derivation and to fast code.  See `bpgen.api` for the pipeline."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# Names load on first use: importing bpgen must not import SymPy.
_HOME = {
    "load": "bpgen.api", "loads": "bpgen.api", "derive": "bpgen.api", "generate": "bpgen.api", "build": "bpgen.api",
    "tune": "bpgen.tuning",
    "BpgenError": "bpgen.algebra.errors", "SpecError": "bpgen.algebra.errors",
    "EquationError": "bpgen.algebra.errors", "CompileError": "bpgen.algebra.errors",
    "ArrayError": "bpgen.algebra.errors", "CheckpointError": "bpgen.algebra.errors",
    "DataError": "bpgen.algebra.errors",
}  # fmt: skip

__all__ = ["__version__", *_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'bpgen' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


class _Package(ModuleType):
    """`bpgen.derive` is the function, though a stage of the pipeline lives in a folder of that name.

    Importing the folder sets the attribute of its name on this package; a property keeps it from doing so.
    `from bpgen.derive.derive import ...` finds the folder as ever.
    """

    @property
    def derive(self) -> Any:
        return __getattr__("derive")

    @derive.setter
    def derive(self, module: ModuleType) -> None:
        """The folder stays in sys.modules."""


sys.modules[__name__].__class__ = _Package
