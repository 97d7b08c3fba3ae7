"""All rows: whatever stands in the rows_*.py beside this file, under the name of its table.

ACTIVATIONS, LOSSES   lists of Row
LAYERS                a list of LayerRow
OPTIMIZERS            a list of (type, options, what makes PyTorch's from a list of parameters and lr)
GRADIENTS             a list of options that all optimisers take
SCHEDULES             a list of (type, options, the rate as a multiple of lr = 0.05 by the step)
INITIALIZERS          a list of (type, options, function of torch.nn.init on a tensor)
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

MODULES = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("rows_*.py"))]


def rows(table: str) -> list[Any]:
    return [row for module in MODULES for row in getattr(module, table, ())]


ACTIVATIONS = rows("ACTIVATIONS")
LAYERS = rows("LAYERS")
LOSSES = rows("LOSSES")
OPTIMIZERS = rows("OPTIMIZERS")
GRADIENTS = rows("GRADIENTS")
SCHEDULES = rows("SCHEDULES")
INITIALIZERS = rows("INITIALIZERS")
