"""The scanners find every value where it stands: what they point at, read by itself, is the value."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpgen.algebra.errors import SpecError
from bpgen.spec.json_places import json_places
from bpgen.spec.places import Path as KeyPath
from bpgen.spec.read import reads
from bpgen.spec.toml_places import toml_places

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))

ODD = Path(__file__).with_name("odd.toml").read_text()


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from leaves(item, (*path, n))
    else:
        yield path, value


def check_toml(text: str) -> None:
    places = toml_places(text, None)
    for path, value in leaves(tomllib.loads(text)):
        span = places.values[path]
        assert tomllib.loads(f"v = {text[span.start : span.end]}")["v"] == value, path
        if isinstance(value, str):
            assert len(places.contents[path]) == len(value) + 1, path
        if isinstance(path[-1], str):
            key = places.keys[path]
            assert tomllib.loads(f"{text[key.start : key.end]} = 1") == {path[-1]: 1}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_values_of_the_examples(path: Path) -> None:
    check_toml(path.read_text())


def test_values_of_odd_text() -> None:
    check_toml(ODD)


def test_the_mark_stands_below_what_it_means() -> None:
    """A tab in the line is a tab above the mark, and text before an equation is shown."""
    with pytest.raises(SpecError) as caught:
        reads("bpgen = 1\ninputs = { x = { shape = ['B', 2] } }\n"
              "layers = [{\tname = 'a', type = 'equation',\tequation = 'y[b, i] =\tx[b, q]' }]")  # fmt: skip
    _, line, mark, _ = str(caught.value).split("\n")
    assert line.endswith("equation = 'y[b, i] =\tx[b, q]' }]")
    assert line[mark.index("^")] == "q"
    assert [n for n, c in enumerate(mark) if c == "\t"] == [
        n for n, c in enumerate(line[: mark.index("^")]) if c == "\t"
    ]


def test_each_character_of_a_text_has_its_place() -> None:
    places = toml_places(ODD, None)
    data = tomllib.loads(ODD)
    for key in ("long", "raw", "five"):
        value, content = data["t"][key], places.contents[("t", key)]
        assert "".join(ODD[place] for place in content[:-1]) == value
    escaped = places.contents[("t", 'quoted " key')]
    assert "".join(ODD[place] for place in escaped[:-1]) == "basic \\ text \\"  # an escape stands where it begins


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 0, 2]))
def test_values_of_json(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    places = json_places(text, None)
    for path, leaf in leaves(value):
        span = places.values[path]
        assert json.loads(text[span.start : span.end]) == leaf
        if path and isinstance(path[-1], str):
            key = places.keys[path]
            assert json.loads(text[key.start : key.end]) == path[-1]
        if isinstance(leaf, str):
            assert len(places.contents[path]) == len(leaf) + 1


@given(st.integers(0, 10_000), st.sampled_from(list("[]{}\"'=,#.\n\\aB0 ")), st.booleans())
def test_a_damaged_text_is_refused_with_a_place_or_read(at: int, character: str, replace: bool) -> None:
    text = EXAMPLES[-1].read_text()
    at %= len(text)
    damaged = text[:at] + character + text[at + replace :]
    try:
        reads(damaged, file="net.toml")
    except SpecError as error:
        for item in error.diagnostics:
            assert item.position is not None
            assert item.position.file == "net.toml"
            assert item.source_line == damaged.split("\n")[item.position.line - 1]
            assert 1 <= item.position.column <= len(item.source_line) + 1
