"""Classes of bpgen.algebra.records are what the standard library would have made of them."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import FrozenInstanceError, asdict, field, fields, replace

import pytest

from bpgen.algebra.records import dataclass as ours


def classes(dataclass):
    """The same classes, made by either."""

    @dataclass(frozen=True)
    class Point:
        """Frozen, with a default and a field that is neither compared nor printed."""

        x: int
        y: int = 2
        note: str = field(default="", compare=False, repr=False)

    @dataclass(frozen=True)
    class Far(Point):
        """Inherits fields."""

        z: int = 3

    @dataclass
    class Heap:
        """Mutable, with what is made for each instance."""

        name: str
        items: list[int] = field(default_factory=list)
        size: int = field(init=False)
        seen: dict[str, int] = field(init=False, default_factory=dict)

        def __post_init__(self) -> None:
            self.size = len(self.items)

    @dataclass(frozen=True)
    class Empty:
        """No fields."""

    @dataclass
    class Named:
        """Its own way to be printed."""

        name: str

        def __repr__(self) -> str:
            return self.name

    return Point, Far, Heap, Empty, Named


BOTH = pytest.mark.parametrize("made", [classes(ours), classes(dataclasses.dataclass)], ids=["ours", "standard"])


@BOTH
def test_fields_are_given_by_place_and_by_name(made):
    point, far, heap, empty, _ = made
    assert vars(point(1)) == vars(point(x=1, y=2)) == vars(point(1, 2, "")) == {"x": 1, "y": 2, "note": ""}
    assert vars(far(1, z=4)) == {"x": 1, "y": 2, "note": "", "z": 4}
    assert vars(heap("h", [5])) == {"name": "h", "items": [5], "size": 1, "seen": {}}
    assert vars(empty()) == {}


@BOTH
def test_instances_share_nothing_that_is_made(made):
    heap = made[2]
    heap("a").items.append(1)
    heap("a").seen["b"] = 1
    assert heap("b").items == [] and heap("b").seen == {}


@BOTH
@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((1, 2, "", 3), {}), ((1,), {"x": 1}), ((1,), {"w": 1}), ((), {"y": 1})]
)
def test_refuses_other_fields(made, given, named):
    with pytest.raises(TypeError):
        made[0](*given, **named)


@BOTH
def test_fields_made_by_the_class_are_not_given(made):
    with pytest.raises(TypeError):
        made[2]("h", size=3)


@BOTH
def test_equality_is_of_compared_fields_and_of_one_class(made):
    point, far, heap, empty, _ = made
    assert point(1, note="a") == point(1, note="b") != point(2)
    assert hash(point(1, note="a")) == hash(point(1, note="b"))
    assert far(1) != point(1) and point(1) != (1, 2) and empty() == empty() and hash(empty()) == hash(empty())
    assert heap("a") == heap("a") != heap("b")
    with pytest.raises(TypeError):
        hash(heap("a"))


@BOTH
def test_a_field_that_is_no_number_equals_itself(made):
    nan = float("nan")
    assert made[4](nan) == made[4](nan) != made[4](float("nan"))


@BOTH
def test_frozen_ones_do_not_change(made):
    point = made[0](1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        point.other = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    heap = made[2]("h")
    heap.name = "i"
    assert heap.name == "i"


@BOTH
def test_the_standard_library_knows_them(made):
    point, far, heap, _, named = made
    assert [one.name for one in fields(far)] == ["x", "y", "note", "z"]
    assert replace(point(1), y=5) == point(1, 5) and asdict(heap("h", [1]))["items"] == [1]
    assert copy.copy(point(1)) == copy.deepcopy(point(1)) == point(1)
    assert repr(far(1)).endswith("Far(x=1, y=2, z=3)") and repr(named("n")) == "n"
    match far(1):
        case far(1, 2, _, z):
            assert z == 3
        case _:
            pytest.fail("no match by place")


@pytest.mark.parametrize("other", [field(default=1, kw_only=True), field(default=1, hash=False)])
def test_what_these_records_do_not_know_is_refused(other):
    with pytest.raises(TypeError, match="Other: kw_only or hash of b"):

        @ours
        class Other:
            a: int
            b: int = other
