import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpgen.lower.place import lifetimes, place, room
from bpgen.lower.schedule import Buffer, Call

SHAPES = st.lists(st.one_of(st.just("B"), st.integers(1, 40)), max_size=3).filter(lambda s: s.count("B") <= 2)
DTYPES = st.sampled_from(["real", "int32", "float64"])


@st.composite
def programs(draw):
    """Calls that write new buffers and read some that earlier calls wrote."""
    buffers, calls = {}, []
    for number in range(draw(st.integers(1, 12))):
        written = []
        for _ in range(draw(st.integers(1, 3))):
            name = f"t{len(buffers)}"
            buffers[name] = Buffer(name, tuple(draw(SHAPES)), draw(DTYPES), "workspace")
            written.append(name)
        earlier = sorted(set(buffers) - set(written))
        read = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        calls.append(Call(f"kernel{number}", (*written, *read), ()))
    return calls, buffers, draw(st.sets(st.sampled_from(sorted(buffers)), max_size=3))


@settings(max_examples=150, deadline=None)
@given(programs())
def test_live_buffers_never_overlap_and_lie_inside_the_arena(program):
    calls, buffers, results = program
    placements, sizes = place(calls, buffers, results)
    offsets = {p.buffer: p.offset for p in placements}
    lives = lifetimes(calls, buffers, results)
    assert offsets.keys() == lives.keys()
    for name, (first, last) in lives.items():
        begin, end, degree = offsets[name], offsets[name] + room(buffers[name]), buffers[name].degree
        assert begin >= 0 and end <= sizes[degree]
        if buffers[name].dtype == "float64":
            assert begin % 2 == 0  # a double in an array of floats
        for other, (start, stop) in lives.items():
            if other != name and buffers[other].degree == degree and first <= stop and start <= last:
                assert end <= offsets[other] or offsets[other] + room(buffers[other]) <= begin


@pytest.mark.parametrize("length", [4, 40])
def test_a_chain_needs_two_places_however_long(length):
    names = [f"t{n}" for n in range(length)]
    buffers = {name: Buffer(name, ("B", 64), "real", "workspace") for name in names}
    calls = [Call("k", (new, old), ()) for old, new in itertools.pairwise(names)]
    _, sizes = place([Call("k", (names[0],), ()), *calls], buffers, [names[-1]])
    assert sizes == (0, 128, 0)
