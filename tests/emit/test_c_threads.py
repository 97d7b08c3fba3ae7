"""Loops divided among threads: the same bits for any number of them, and no two threads at the same element."""

import ctypes
import re
import subprocess
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted, trained
from test_c_accesses import layer

from bpgen.emit import c_threads
from bpgen.emit.c_barriers import Barriers
from bpgen.emit.c_rows import find_rows
from bpgen.emit.c_threads import Share
from bpgen.emit.c_tiles import Axis, tile_sizes
from bpgen.lower import rows as lower_rows
from bpgen.lower.independent import divide, independent
from bpgen.lower.lower import lower
from bpgen.lower.scalar import BATCH, Affine, Constant, Indirect, Loop, Reduce, walk
from bpgen.lower.schedule import Assign, Call, Formal, Kernel

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

LABEL = {"dtype": "int32", "classes": 5}
ADAM = {"type": "adam", "lr": 0.01}


def classifier(name, inputs, layers, *axes):
    return {
        "bpgen": 1, "name": name, "inputs": {**inputs, "label": {"shape": ["B", *axes], **LABEL}}, "layers": layers,
        "loss": {"type": "cross_entropy", "target": "label"}, "optimizer": ADAM,
    }  # fmt: skip


def dense(inner, units):
    layers = [
        {"name": "fc1", "type": "linear", "units": units, "activation": "relu"},
        {"name": "fc2", "type": "linear", "units": units, "activation": "tanh"},
        {"name": "out", "type": "linear", "units": 5},
    ]
    return classifier("dense", {"x": {"shape": ["B", inner]}}, layers)


def images(side, channels):
    layers = [
        {"name": "conv", "type": "conv2d", "channels": channels, "kernel": 3, "padding": 1},
        {"name": "norm", "type": "batchnorm", "activation": "relu"},
        {"name": "pool", "type": "maxpool2d", "kernel": 2},
        {"name": "flat", "type": "flatten"},
        {"name": "out", "type": "linear", "units": 5},
    ]
    return classifier("images", {"x": {"shape": ["B", 2, side, side]}}, layers)


def letters(steps, units, middle):
    layers = [
        {"name": "token", "type": "embedding", "input": "x", "units": units},
        {"name": "middle", "type": middle, **({"heads": 2, "causal": True} if middle == "attention" else {})},
        {"name": "norm", "type": "layernorm"},
        {"name": "out", "type": "linear", "units": 5},
    ]
    if middle != "attention":
        layers[1]["units"] = units
    return classifier(middle, {"x": {"shape": ["B", steps], **LABEL}}, layers, steps)


NETWORKS = {
    "dense": (dense(3, 4), dense(37, 150)),
    "images": (images(4, 2), images(12, 17)),
    "lstm": (letters(4, 2, "lstm"), letters(9, 24, "lstm")),
    "rnn": (letters(3, 2, "rnn"), letters(5, 63, "rnn")),
    "gru": (letters(3, 2, "gru"), letters(7, 33, "gru")),
    "attention": (letters(3, 4, "attention"), letters(10, 36, "attention")),
}


def values(interface, batch, rng):
    return {
        item.name: rng.integers(0, item.classes, [batch if e == "B" else e for e in item.shape])
        if item.dtype == "int32"
        else rng.normal(size=[batch if e == "B" else e for e in item.shape])
        for item in interface.inputs
    }


@needs_compiler
@pytest.mark.parametrize("case", NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(case, tmp_path, monkeypatch):
    """One thread is held against the evaluator elsewhere; here all that can be divided is."""
    for name in ("FORK", "BARRIER", "EXCHANGE", "LEAST"):
        monkeypatch.setattr(c_threads, name, 0.0)
    source = emitted(trained(NETWORKS[case][1]))
    assert source.files[f"{source.interface.name}.c"].count("#pragma omp for") > 5
    library = compiled(source, tmp_path)
    for batch in (1, 6, 50):
        found = []
        for threads in (1, 2, 3, 8):
            running = Running(source, tmp_path, library, threads)
            rng = np.random.default_rng(batch)
            running.parameters[:] = rng.normal(size=running.parameters.shape) / 4
            running.states[:] = 0.5
            inputs = values(source.interface, batch, rng)
            left = [running.call(entry.name, inputs, batch, batch + 1) for entry in source.interface.entries]
            assert np.isfinite(left[0][0])
            arrays = [array for _, results in left for array in results.values()]
            found.append([*(loss for loss, _ in left), *arrays, running.gradients, running.parameters, running.states])
        for other in found[1:]:
            for one, two in zip(found[0], other, strict=True):
                np.testing.assert_array_equal(one, two)


def test_small_networks_stay_plain_and_large_ones_say_from_when_on():
    small = emitted(trained(dense(2, 3))).files["dense.c"]
    assert "#pragma omp" not in small and "fopenmp" not in small
    large = emitted(trained(dense(300, 200))).files["dense.c"]
    assert "-fopenmp" in large and "#pragma omp parallel num_threads(net->threads)" in large
    assert re.search(r"if \(net->threads > 1( && net->batch >= \d+)?\) {\n#pragma omp parallel", large)
    plain = re.findall(r"static void (\w+)\(\n", large)
    divided = re.findall(r"static void (\w+)\((?:(?!\n}).)*?#pragma omp for", large, flags=re.DOTALL)
    assert set(divided) < set(plain), "what is too small stays plain"


def test_rows_that_tiles_hand_from_core_to_core_raise_the_batch_from_which_threads_pay(monkeypatch):
    def least(system):
        found = re.findall(r"net->batch >= (\d+)", emitted(system).files["dense.c"])
        return max(map(int, found))

    system = trained(dense(40, 64))
    held = least(system)
    monkeypatch.setattr(c_threads, "EXCHANGE", 0.0)
    assert least(system) < held <= c_threads.LARGEST_BATCH


# The judge: every element that every turn touches, at batch 2 or 3, between one meeting of the threads and the next.


def touches(kernel, env, shapes, rng):
    """(formal, place of an element, written?, values of the kernel's loops) of a call, element by element."""

    def ranges(loops):
        return [
            range(loop.start, loop.start + (shapes[BATCH] if loop.extent == BATCH else loop.extent)) for loop in loops
        ]

    def place(formal, indices, at):
        flat = 0
        for index, extent in zip(indices, shapes[formal], strict=True):
            inside = (
                rng.integers(extent)
                if isinstance(index, Indirect)
                else index.constant + sum(c * at[name] for name, c in index.terms)
            )
            if not 0 <= inside < extent:
                return None  # behind a condition
            flat = flat * extent + int(inside)
        return flat

    for statement in kernel.statements:
        sums = [node.loops for node in walk(statement.value) if isinstance(node, Reduce)]
        loops = (*kernel.loops, *statement.loops, *(sums[0] if sums else ()))
        for point in product(*ranges(loops)):
            at = env | {loop.name: value for loop, value in zip(loops, point, strict=True)}
            turn = tuple(at[loop.name] for loop in kernel.loops)
            pairs = [(load.buffer, load.indices, False) for load in statement.loads]
            if not statement.local:
                pairs.append((statement.target, statement.indices, True))
            for formal, indices, written in pairs:
                found = place(formal, indices, at)
                if found is not None:
                    yield formal, found, written, turn


def races(schedule, program, shares, syncs, batch):
    """How many elements some thread writes and another one touches, before they have met."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    offsets = {placement.buffer: placement.offset for placement in program.placements}
    rng, found = np.random.default_rng(0), 0
    seen = {}

    def meet():
        nonlocal found
        found += sum(len(users) > 1 and any(written for _, written in users) and len({t for t, _ in users}) > 1
                     for users in seen.values())  # fmt: skip
        seen.clear()

    def run(call, sync, env, rows=batch, moved=lambda buffer: 0):
        """rows: for which it is made; moved: how far into a buffer that begins."""
        if sync.barrier and not sync.by_rows:
            meet()
        kernel = kernels[call.kernel]
        shapes = {f.name: [rows if e == BATCH else e for e in f.shape] for f in kernel.formals} | {BATCH: rows}
        share = shares.get(call.kernel)
        names = (
            [] if share is None else [loop.name for loop in (share.division.loops if share.division else kernel.loops)]
        )
        places = [n for n, loop in enumerate(kernel.loops) if loop.name in names]
        extents = [shapes[BATCH] if kernel.loops[n].extent == BATCH else kernel.loops[n].extent for n in places]
        given = dict(zip((f.name for f in kernel.formals), call.arguments, strict=True))
        for formal, flat, written, turn in touches(kernel, env, shapes, rng):
            if sync.by_rows:
                thread = (
                    next(v for v, loop in zip(turn, kernel.loops, strict=True) if loop.extent == BATCH) * 2 // batch
                )
            elif share is None:
                thread = 0
            elif share.division is None:
                thread = hash(turn) % 2  # tiles: any element may be anybody's
            else:
                number = 0
                for n, extent in zip(places, extents, strict=True):
                    number = number * extent + turn[n] - kernel.loops[n].start
                thread = number * 2 // prod(extents)
            buffer = buffers[buffers[given[formal]].view_of or given[formal]]
            begin = offsets.get(buffer.name, buffer.offset) * batch**buffer.degree + moved(buffer)
            storage = f"workspace {buffer.degree}" if buffer.storage == "workspace" else buffer.storage
            wide = 2 if buffer.dtype == "float64" and buffer.storage == "workspace" else 1
            seen.setdefault((storage, begin + flat * wide), set()).add((thread, written))

    for number, (item, own) in enumerate(zip(program.calls, syncs, strict=True)):
        few = next((few for few in program.by_rows if few.first <= number < few.end), None)
        if few is not None:
            for row in range(0, batch if number == few.first else 0, few.rows):

                def moved(buffer, row=row, few=few):
                    return row * buffer.size if buffer.degree and buffer.name not in few.local else 0

                for call, sync in zip(program.calls[few.first : few.end], syncs[few.first : few.end], strict=True):
                    run(call, sync[0], {}, min(few.rows, batch - row), moved)
            continue
        if isinstance(item, Call):
            run(item, own[0], {})
            continue
        if own[0].by_rows and own[0].barrier:
            meet()
        steps = range(item.loop.start, item.loop.start + item.loop.extent)
        for step in reversed(steps) if item.backwards else steps:
            for call, sync in zip(item.calls, own, strict=True):
                positions = (loop.name for loop in kernels[call.kernel].positions)
                run(call, sync, dict.fromkeys(positions, step))
    meet()
    return found


def made_by_rows(monkeypatch):
    """Have all calls that can be made row by row made so."""
    for name, value in {"IN_CACHE": 1, "READ_BY_ALL": np.inf, "USED_HERE": 0.0}.items():
        monkeypatch.setattr(lower_rows, name, value)


@pytest.mark.parametrize("few", [False, True], ids=["all rows", "few rows"])
@pytest.mark.parametrize("tiles", [False, True], ids=["rows", "tiles"])
@pytest.mark.parametrize("case", NETWORKS)
def test_no_thread_touches_what_another_one_writes(case, tiles, few, monkeypatch):
    if few:
        made_by_rows(monkeypatch)
    schedule = lower(trained(NETWORKS[case][0]), by_time=tiles, by_rows=few)
    local = [name for program in schedule.programs for together in program.by_rows for name in together.local]
    assert bool(local) == few or case in ("lstm", "gru", "rnn"), "what is used by calls that follow each other"
    few_rows = [replace(p, by_rows=tuple(replace(f, rows=2) for f in p.by_rows)) for p in schedule.programs]
    schedule, batch = replace(schedule, programs=tuple(few_rows)), 3 if few else 2  # two rows, then one
    shares = {}
    for kernel in schedule.kernels:
        free = independent(kernel)
        if kernel.loops and kernel.loops[0] in free:
            outer = [loop for loop, _ in zip(kernel.loops, range(1 + len(kernel.loops) // 2), strict=False)]
            outer = tuple(outer if all(loop in free for loop in outer) else outer[:1])
            tiled = tiles and set(free) == set(kernel.loops) and any(s.contraction for s in kernel.statements)
            shares[kernel.name] = Share(0, len(outer), None if tiled else divide(kernel, outer))
    rows = find_rows(schedule)
    assert bool(rows) == (case in ("rnn", "lstm", "gru")), "recurrences are run through by rows"
    shares = {name: share for name, share in shares.items() if name not in rows}
    barriers, removed = Barriers(schedule, shares, rows), 0
    for program in schedule.programs:
        syncs = barriers.of(program)
        assert races(schedule, program, shares, syncs, batch) == 0
        bare = [tuple(replace(sync, barrier=False) for sync in own) for own in syncs]
        removed += races(schedule, program, shares, bare, batch)
    assert removed > 0, "the judge sees what barriers are for"


def test_rows_that_meet_in_one_element_are_not_divided():
    schedule = lower(trained(letters(4, 6, "lstm")))
    scatters = [k for k in schedule.kernels if any(s.accumulate for s in k.statements)]
    assert scatters, "the gradient of an embedding adds up rows"
    for kernel in scatters:
        (statement,) = [s for s in kernel.statements if s.accumulate]
        gathered = {name for index in statement.indices if isinstance(index, Indirect)
                    for name, _ in index.load.indices[0].terms}  # fmt: skip
        assert gathered and not gathered & {loop.name for loop in independent(kernel)}


def digits(extents, coefficients, batch):
    """A kernel that writes at one sum of its loops' variables, and whether no two values of each ever meet."""
    loops = tuple(Loop(f"n{k}", extent) for k, extent in enumerate(extents))
    index = Affine(tuple((loop.name, c) for loop, c in zip(loops, coefficients, strict=True) if c))
    formal = Formal("y", (10_000,), "real", True)
    kernel = Kernel(
        "k", "elementwise", "", (formal,), loops, (Assign("y", (index,), (), Constant("real", 1.0), "real"),), ()
    )
    turns = list(product(*(range(batch if extent == BATCH else extent) for extent in extents)))
    apart = set()
    for n, loop in enumerate(loops):
        users = {}
        for turn in turns:
            users.setdefault(sum(c * v for c, v in zip(coefficients, turn, strict=True)), set()).add(turn[n])
        if all(len(values) == 1 for values in users.values()):
            apart.add(loop.name)
    return {loop.name for loop in independent(kernel)}, apart


def test_digits_of_an_index_are_told_apart():
    """Never where two turns meet; always for the numbers that panels and their columns make."""
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(300):
        count = int(rng.integers(1, 4))
        extents = [BATCH if rng.random() < 0.2 else int(rng.integers(2, 5)) for _ in range(count)]
        claimed, apart = digits(extents, [int(rng.integers(0, 13)) for _ in range(count)], batch=5)
        assert claimed <= apart
        found += len(claimed)
    assert found > 50
    assert digits([4, 32], [32, 1], 2)[0] == {"n0", "n1"}
    assert digits([BATCH, 3, 2], [6, 2, 1], 2)[0] == {"n0", "n1", "n2"}
    assert digits([BATCH, 2], [1, 5], 9)[0] == set()  # a batch of six rows meets the next five


@needs_compiler
def test_parts_of_an_extent_are_even(tmp_path):
    text = emitted(trained(dense(300, 200))).files["dense.c"]
    function = re.search(r"INLINE (int even\(.*?\n}\n)", text, flags=re.DOTALL)[1]
    (tmp_path / "even.c").write_text(function)
    command = [compiler(), "-shared", "-fPIC", "even.c", "-o", "even.so"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    even = ctypes.CDLL(str(tmp_path / "even.so")).even
    for most, unit in ((96, 12), (24, 12), (12, 12), (48, 6), (512, 32), (128, 32), (32, 4)):
        for extent in (0, *range(1, 700, 3)):
            size = even(extent, most, unit)
            assert unit <= size <= most and size % unit == 0, "as much as a tile has room for"
            parts = [min(size, extent - first) for first in range(0, extent, size)]
            assert len(parts) <= -(-extent // most)
            if parts:
                assert size - extent / -(-extent // most) < unit, "no part is more than a unit above the mean"


@pytest.mark.parametrize(
    ("rows", "columns", "across"), [(128, 784, True), (64, 64, True), (64, 10, False), (12, 600, True)]
)
def test_what_has_few_tiles_is_cut_for_threads(rows, columns, across):
    axes = [Axis((Loop("n", extent),)) for extent in (rows, columns, BATCH)]
    high, wide, code = tile_sizes(Axis(()), *axes, across)
    assert code and max(high.turns, 1) * max(wide.turns, 1) >= 2
    outside = Axis((Loop("m", 16),))
    plain = [Axis((Loop("n", extent),)) for extent in (30, 10, 7)]
    assert tile_sizes(outside, *plain, False)[2] == ()  # there are 16 as it is


def test_loops_that_are_divided_as_one_have_no_line_between_them(monkeypatch):
    for name in ("FORK", "BARRIER", "LEAST"):
        monkeypatch.setattr(c_threads, name, 0.0)
    equation = "v[i, j] = tanh(K[i, j + i]) if j + i < 40 else K[i, 0]\ny[b, i] = sum[j](v[i, j]*x[b, j])"
    description = layer(equation, [40], [5], i=5, j=40)
    description["layers"][0]["parameters"]["K"]["shape"] = [5, 40]
    files = emitted(trained(description)).files
    text = next(text for name, text in files.items() if name.endswith(".c"))
    assert "#pragma omp for" in text and "#pragma GCC unroll 1" in text
    assert not re.search(r"collapse\(\d\)\n[^\n]*for [^\n]*\n#pragma GCC", text)
