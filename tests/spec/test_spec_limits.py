"""Descriptions at the edge of what can be said: facts, sizes, names and graphs that cannot be."""

from __future__ import annotations

import pytest
from marked_descriptions import HEAD, MSE, ONE_LAYER, PLAIN, require_error

CASES = {
    "fact with axes of a number": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [ «{ kind = 'mask', axes = 1 }» ] }\n" + ONE_LAYER,
        "wrong-type",
        "must be a list, not 1",
    ),
    "symmetric over axes that differ": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [ «'symmetric'» ] }\n" + ONE_LAYER,
        "wrong-value",
        "two axes of one extent",
    ),
    "symmetric over one axis": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [ «{ kind = 'symmetric', axis = 1 }» ] }\n" + ONE_LAYER,
        "wrong-value",
        "two axes of one extent",
    ),
    "fact on an axis twice": (
        HEAD + "[inputs]\nx = { shape = ['B', 6], facts = [ «{ kind = 'one_hot', axes = [1, 1] }» ] }\n" + ONE_LAYER,
        "wrong-value",
        "[1, 1]",
    ),
    "a uniform range the wrong way round": (
        HEAD + PLAIN + ONE_LAYER + "init = «{ type = 'uniform', low = 2, high = 1 }»\n" + MSE,
        "wrong-value",
        '"low"',
    ),
    "a uniform range beyond floats": (
        HEAD + PLAIN + ONE_LAYER + "init = «{ type = 'uniform', low = -1e308, high = 1e308 }»\n" + MSE,
        "wrong-value",
        '"high"',
    ),
    "an integer input of unknown range as an index": (
        HEAD + "[inputs]\nt = { shape = ['B'], dtype = 'int32' }\n[[layers]]\nname = 'e'\ntype = 'equation'\n"
        "equation = 'y[b, k] = E[«t[b]», k]'\nparameters = { E = { shape = [5, 3] } }\n",
        "unknown-range",
        "classes = 5",
    ),
    "an integer input as an index into the batch": (
        HEAD + "[inputs]\nx = { shape = ['B', 2] }\nt = { shape = ['B'], dtype = 'int32', classes = 2 }\n[[layers]]\n"
        "name = 'e'\ntype = 'equation'\ninputs = ['x', 't']\nequation = 'y[b, k] = x[«t[b]», k]'\n",
        "unknown-range",
        "whose extent each call sets",
    ),
    "a row of the batch as an index into something else": (
        HEAD + "[inputs]\nx = { shape = ['B', 2] }\n[[layers]]\nname = 'e'\ntype = 'equation'\n"
        'equation = """a[k] = argmax[b](x[b, k])\ny[k] = E[«a[k]»]"""\nparameters = { E = { shape = [5] } }\n',
        "unknown-range",
        "how far it counts is not known",
    ),
    "units beyond an array": (
        HEAD + PLAIN + "[[layers]]\nname = 'fc1'\ntype = 'linear'\nunits = «99999999999»\n" + MSE,
        "wrong-value",
        "at most 2147483647",
    ),
    "more weights than can be counted": (
        HEAD + "[inputs]\nx = { shape = ['B', 70000] }\n«[[layers]]»\nname = 'fc1'\ntype = 'linear'\nunits = 70000\n",
        "wrong-value",
        "4900000000 elements",
    ),
    "a rate beyond floats": (
        HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\ntype = 'sgd'\nlr = «1" + 400 * "0" + "»\n",
        "wrong-value",
        "a number of at least 0",
    ),
    "a name with a line break": (
        HEAD + PLAIN + "[[layers]]\nname = «\"a\\nb\"»\ntype = 'relu'\n",
        "name",
        'layer "a\\nb" is not',
    ),
    "parameter called like the input": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = sum[i](x[k, i] * x[b, i])'\n"
        "sizes = { k = 2 }\nparameters = { «x» = {} }\n" + MSE,
        "duplicate-name",
        'already that of "x", which it reads',
    ),
    "parameter called like the result": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = sum[i](y[k, i] * x[b, i])'\n"
        "sizes = { k = 2 }\nparameters = { «y» = {} }\n" + MSE,
        "duplicate-name",
        "already that of the result",
    ),
    "parameter called like a size": (
        HEAD + PLAIN + "[[layers]]\nname = 'e'\ntype = 'equation'\nequation = 'y[b, k] = sum[i](k[k, i] * x[b, i])'\n"
        "sizes = { k = 2 }\nparameters = { «k» = {} }\n" + MSE,
        "duplicate-name",
        'already that of the size "k"',
    ),
    "a cycle below a loss": (
        HEAD + PLAIN + "[[layers]]\nname = 'a'\ntype = 'linear'\nunits = 2\ninput = «'b'»\n"
        "[[layers]]\nname = 'b'\ntype = 'relu'\n" + MSE,
        "cycle",
        "a -> b -> a",
    ),
    "a layer without a name before another": (
        HEAD + PLAIN + "«[[layers]]»\ntype = 'relu'\n[[layers]]\nname = 'b'\ntype = 'relu'\n" + MSE,
        "missing-key",
        '"name"',
    ),
    "neither layers nor a loss": ("«b»pgen = 1\n", "missing-key", "nothing to compute"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_description_is_pointed_at(case: str) -> None:
    require_error(*CASES[case])
