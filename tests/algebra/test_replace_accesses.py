"""Values in place of accesses keep the indices apart that are bound around them and in them."""

from __future__ import annotations

import numpy as np
import pytest

from bpgen.algebra.evaluate import evaluate_expression
from bpgen.algebra.expressions import Reduction, accesses, replace_accesses
from bpgen.algebra.index import Index
from bpgen.algebra.system import Tensor

i, j, k = (Index(name, 3) for name in "ijk")
ROWS, Y = Tensor("rows", (i,)), Tensor("y", (i, j))
VALUES = {"y": np.arange(9.0).reshape(3, 3) ** 2}
KNOWN = {**VALUES, "rows": VALUES["y"].sum(axis=1)}


def row(access):
    """rows[i] = sum[j](y[i, j])"""
    return Reduction("sum", Y[access.indices[0], j], j)


@pytest.mark.parametrize(
    "expression",
    [
        ROWS[1] + 1,
        Reduction("sum", -ROWS[k], k),
        Reduction("sum", ROWS[k] * Y[k, 2 - k], k),
        Reduction("max", ROWS[k] - Reduction("sum", Y[k, j] * ROWS[j], j), k),
        Reduction("sum", Y[i, j] * ROWS[j], i, j),
    ],
    ids=str,
)
def test_a_value_is_that_of_the_tensor_it_stands_for(expression):
    chosen = [access for access in accesses(expression) if access.tensor == "rows"]
    replaced = replace_accesses(expression, chosen, row)
    assert not any(access.tensor == "rows" for access in accesses(replaced))
    expected = evaluate_expression(expression, {}, KNOWN)
    assert evaluate_expression(replaced, {}, VALUES) == expected != 0


def test_others_stay():
    expression = Reduction("sum", ROWS[k] * ROWS[2 - k], k)
    first, *_ = accesses(expression)
    replaced = replace_accesses(expression, [first], row)
    assert sum(access.tensor == "rows" for access in accesses(replaced)) == 1
    assert evaluate_expression(replaced, {}, KNOWN) == evaluate_expression(expression, {}, KNOWN)
