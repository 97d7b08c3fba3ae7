"""What is kept of grammars and templates: read by the next process, and used for the same text and maker alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import jinja2
import lark
import pytest

from bpgen.algebra import syntax
from bpgen.algebra.compiled import load_compiled, store_compiled
from bpgen.algebra.errors import EquationError
from bpgen.emit import environment as environments
from bpgen.emit.environment import environment, keep_templates

FILE = Path("folder/grammar.lark")
CONTENT = bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def kept(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_what_is_kept_is_found_under_its_key_alone(own_folder):
    assert load_compiled(FILE, "key") is None
    store_compiled(FILE, "key", CONTENT)
    assert load_compiled(FILE, "key") == CONTENT
    assert load_compiled(FILE, "another key") is None
    store_compiled(FILE, "another key", b"")
    assert load_compiled(FILE, "another key") == b"" and load_compiled(FILE, "key") is None
    (path,) = kept(own_folder)
    assert path.suffix == ".pyc"  # which nothing that looks at our files takes for one of them


@pytest.mark.parametrize("length", [0, 10, 64, 65, 66, 1000])
def test_what_is_not_whole_is_not_used(own_folder, length):
    store_compiled(FILE, "key", CONTENT)
    (path,) = kept(own_folder)
    path.write_bytes(path.read_bytes()[:length])
    assert load_compiled(FILE, "key") is None


def test_nothing_is_kept_where_python_keeps_no_bytecode(own_folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    store_compiled(FILE, "key", CONTENT)
    assert not kept(own_folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    store_compiled(FILE, "key", CONTENT)
    assert load_compiled(FILE, "key") is None and not kept(own_folder)


def test_where_nothing_can_be_written_nothing_is_kept(own_folder, monkeypatch):
    (own_folder / "file").write_text("")
    monkeypatch.setattr(sys, "pycache_prefix", str(own_folder / "file"))
    store_compiled(FILE, "key", CONTENT)
    assert load_compiled(FILE, "key") is None


def test_a_grammar_that_was_kept_reads_the_same(monkeypatch):
    text = "y[b, o] = sum[i](x[b, i]*W[o, i]) + c[o] if o > 0 else 0\nL = mean[b, o](y[b, o]**2)"
    monkeypatch.setattr(syntax, "_parser", syntax._parser.__wrapped__)
    made = syntax.parse(text)
    monkeypatch.delattr(lark.Lark, "__init__")
    assert syntax.parse(text) == made
    with pytest.raises(EquationError, match="1:8"):
        syntax.parse("y = 2 +* 3")


def test_templates_that_were_kept_render_the_same(own_folder, monkeypatch):
    def rendered():
        return environment.__wrapped__().get_template("numpy/erf.py.j2").render(real="float")

    made = rendered()
    assert len(kept(own_folder)) == 1
    keep_templates()
    assert {"kernels.c", "module.py"} <= {
        path.name.removesuffix(f".{sys.implementation.cache_tag}.pyc") for path in kept(own_folder)
    }
    other = environment.__wrapped__().overlay(trim_blocks=False)
    with monkeypatch.context() as within:
        within.setattr(jinja2.Environment, "_generate", lambda *given, **named: pytest.fail("compiled again"))
        assert rendered() == made
        with pytest.raises(pytest.fail.Exception):  # its spaces are others
            other.get_template("numpy/erf.py.j2")


def test_what_is_kept_beside_templates_is_none(tmp_path, monkeypatch):
    """Where Python has no folder of its own for bytecode, they share theirs with it."""
    folder = tmp_path / "templates"
    shutil.copytree(environments.template_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(environments, "template_folder", lambda: folder)
    environment.cache_clear()
    try:
        keep_templates()
        assert list(folder.rglob("__pycache__/*.pyc"))
        environment.cache_clear()
        keep_templates()
    finally:
        environment.cache_clear()
