"""What is wrong with states, with `training`, and with the inputs of normalisation, and where that stands."""

from __future__ import annotations

import pytest
from marked_descriptions import HEAD, MSE, PLAIN, require_error

LAYER = "[[layers]]\nname = 'e'\ntype = 'equation'\n"
SUBTRACT = "equation = '''\ny[b, i] = x[b, i] - seen[i]\n"
LINEAR = "[[layers]]\nname = 'fc'\ntype = 'linear'\nunits = 2\n"

ERRORS = {
    "no next value": (
        SUBTRACT + "'''\nstates = { «seen» = { init = 'zeros' } }\n", "no-next-value", "add a line seen_next[i] = ...",
    ),
    "next value of another shape": (
        SUBTRACT + "seen_next = mean[b, i](x[b, i])\n'''\nstates = { «seen» = {} }\n", "shape", "has shape [6]",
    ),
    "not in the equation": (
        "equation = 'y[b, i] = x[b, i]'\nstates = { «seen» = {} }\n", "unused-state", 'the state "seen"',
    ),
    "a parameter too": (
        SUBTRACT + "'''\nparameters = { seen = {} }\nstates = { «seen» = {} }\n", "duplicate-name", "the parameter",
    ),
    "no such initialiser": (
        SUBTRACT + "seen_next[i] = seen[i]\n'''\nstates = { seen = { init = «'zeroes'» } }\n",
        "unknown-type", "zeros",
    ),
    "no such key": (
        SUBTRACT + "seen_next[i] = seen[i]\n'''\nstates = { seen = { «begin» = 0 } }\n", "unknown-key", "begin",
    ),
    "no table": (SUBTRACT + "'''\nstates = «3»\n", "wrong-type", '"states"'),
    "the batch as an axis": (
        "equation = '''\ny[b, i] = x[b, i] - seen[i, «b»]\nseen_next[i, b] = seen[i, b]\n'''\nstates = { seen = {} }\n",
        "batch-parameter", "an axis other than the first: `seen[i, b]`",
    ),
    "rows that do not begin with 0": (
        "equation = '''\ny[b, i] = x[b, i] - seen[b, i]\nseen_next[b, i] = x[b, i]\n'''\n"
        "states = { seen = { init = «'ones'» } }\n",
        "wrong-value", "begins with 0",
    ),
    "wrong outside of training alone": (
        "equation = '''\ny[b, i] = x[b, i] if training else x[b, i] / «0»\n'''\n", "division-by-zero", "division",
    ),
    "training is no index": ("equation = 'y[b, «training»] = x[b, training]'\n", "shadowed-name", "constant"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    text, code, message = ERRORS[name]
    require_error(HEAD + PLAIN + LAYER + text + LINEAR + MSE, code, message)


@pytest.mark.parametrize("shape", ["['B']", "[3, 6]", "['B', 2, 2, 2, 2]"])
def test_batchnorm_needs_the_batch_and_one_to_three_axes(shape):
    inputs = f"[inputs]\nx = {{ shape = {shape} }}\n"
    layer = "[[layers]]\nname = 'bn'\ntype = 'batchnorm'\ninput = «'x'»\n"
    require_error(HEAD + inputs + layer, "shape", "takes the batch and 1 to 3 axes behind it")


@pytest.mark.parametrize("p", ["1.0", "-0.1", "2"])
def test_dropout_keeps_something(p):
    layer = f"[[layers]]\nname = 'drop'\ntype = 'dropout'\np = «{p}»\n"
    require_error(HEAD + "[inputs]\nx = { shape = ['B', 6] }\n" + layer, "wrong-value", "below 1")
