"""Identifiers: legal in their language, and never two names with one."""

from __future__ import annotations

import keyword

import jinja2
import pytest

from bpgen.emit.environment import environment, render, template_folder
from bpgen.emit.names import C_RESERVED, Names, c_identifier, python_identifier

ODD = [
    "fc1.weight",
    "2layer",
    "",
    "_hidden",
    "größe",
    "a b",
    "a-b",
    "d.x",
    "x\n#include",
    "__init__",
    "lambda",
    "double",
]


@pytest.mark.parametrize("name", ODD)
def test_identifiers_are_legal(name):
    for identifier, reserved in ((c_identifier, C_RESERVED), (python_identifier, frozenset(keyword.kwlist))):
        made = identifier(name)
        assert made.isascii()
        assert made.isidentifier()
        assert not made.startswith("_")
        assert made not in reserved


def test_plain_names_stay_readable():
    assert c_identifier("fc1.weight") == "fc1_weight"
    assert python_identifier("d.fc1.z") == "d_fc1_z"
    assert c_identifier("double") == "double_"
    assert [c_identifier(name) for name in ("INT32_MAX", "UINT8_C", "FP_NAN", "M_PI")] == [
        "INT32_MAX_", "UINT8_C_", "FP_NAN_", "M_PI_",
    ]  # fmt: skip
    assert c_identifier("HUGE") == "HUGE" and c_identifier("POINT_MAX") == "POINT_MAX"
    assert python_identifier("lambda") == "lambda_"


@pytest.mark.parametrize("identifier", [c_identifier, python_identifier])
def test_names_never_meet(identifier):
    names = Names(identifier, reserved=("taken",))
    wanted = ["a.b", "a_b", "a b", "a_b_2", "taken", "int", "int_", "class", "class_"]
    given = [names[name] for name in wanted]
    assert len(set(given)) == len(wanted)
    assert "taken" not in given
    assert [names[name] for name in wanted] == given
    assert names.fresh("a.b") not in given


def test_an_undefined_name_in_a_template_is_an_error():
    assert environment() is environment()
    assert (template_folder() / "numpy" / "module.py.j2").is_file()
    with pytest.raises(jinja2.UndefinedError):
        render("text/derivation.txt.j2")
