"""Every way in which a contraction can be written computes the same, also where the model takes another."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from c_runner import compiler, emitted, trained
from test_c_accesses import CONVOLUTION, check, layer
from test_c_lines import SAME, VALID
from test_c_threads import dense, letters
from test_c_values import network

from bpgen.emit.c import prepare
from bpgen.emit.c_choose import choose, find_ways
from bpgen.emit.c_flags import FLAGS
from bpgen.emit.c_rows import find_alike, find_rows
from bpgen.emit.c_ways import emit_ways, find_signatures
from bpgen.lower.scalar import BATCH
from bpgen.lower.target import lower_for_c
from bpgen.run.compile import Unit, compile_unit, exports

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

CASES = {
    "ones": network([1, 1, 1], activation="sigmoid"),
    "odd tails": network([37, 35, 3], "cross_entropy", "relu"),
    "whole vectors": network([16, 32, 1], "bce_with_logits", "softplus"),
    "recurrence": letters(3, 20, "lstm"),
    "attention": letters(5, 12, "attention"),
    "lines of a vector": layer(SAME, [2, 5, 16], [3, 5, 16], k=3, p=5, q=16, r=3, s=3),
    "short lines": layer(VALID, [2, 9, 10], [4, 7, 8], k=4, p=7, q=8, r=3, s=3),
    "strides": layer(CONVOLUTION.replace("+ c[k]", ""), [3, 6, 6], [9, 3, 3], k=9, p=3, q=3, r=3, s=3),
    "one image of one number": layer("y[b, k, p] = sum[c, r](x[b, c, 2*p + r - 1]*K[k, c, r])", [1, 1], [1, 1],
                                     k=1, p=1, r=3),
}  # fmt: skip


def lowered(description):
    return lower_for_c(trained(description))


def filled(formal, rows, rng):
    """An array to call a kernel with: zeros in a border that it has been promised to have, and in integers."""
    shape = [rows if extent == BATCH else extent for extent in formal.shape]
    if formal.dtype == "int32":
        return np.zeros(prod(shape), np.int32)
    array = rng.uniform(0.1, 1, shape)
    for axis, inside in enumerate(formal.border):
        if inside is not None:
            places = np.arange(shape[axis])
            kept = (places >= inside[0]) & (places < inside[1])
            array *= np.expand_dims(kept, [other for other in range(len(shape)) if other != axis])
    return array.ravel()


@needs_compiler
@pytest.mark.parametrize(("case", "batch"), [("odd tails", 1), *((case, 19) for case in CASES)])
def test_all_ways_of_a_contraction_compute_the_same(case, batch, tmp_path, monkeypatch):
    """Plain loops, which every contraction as small as these can be, are what the others are held against."""
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    ways = emit_ways(lowered(CASES[case]), "float64", batch)
    ffi, lib = exports(compile_unit(Unit(ways.files, ways.cdef, FLAGS)))
    rng = np.random.default_rng(2)
    assert ways.contractions
    for one in ways.contractions:
        rows = batch if one.rows_apart else one.rows
        before = [filled(formal, rows, rng) for formal in one.formals]
        found = {}
        for way, function in zip(one.ways, one.functions, strict=True):
            arrays = [array.copy() for array in before]
            pointers = ffi.new("void *[]", [ffi.cast("void *", array.ctypes.data) for array in arrays])
            getattr(lib, function)(1, pointers, ffi.new("int[]", list(one.integers)))
            found[way] = arrays
        assert len(found) > 1 and "loops" in found
        assert any((a != b).any() for a, b in zip(before, found["loops"], strict=True))
        for way, arrays in found.items():
            for formal, array, expected in zip(one.formals, arrays, found["loops"], strict=True):
                np.testing.assert_allclose(array, expected, rtol=1e-11, err_msg=f"{one.kernel}: {way}, {formal.name}")


@needs_compiler
@pytest.mark.parametrize("way", ["dots", "across", "across 1/8 x 1/4", "along", "sums"])
def test_a_network_in_another_way_computes_its_equations(way, tmp_path):
    """The evaluator is the judge: of a network in which every contraction that can be written so is."""
    system = trained(CASES["short lines" if way in ("along", "sums") else "odd tails"])
    schedule = lower_for_c(system)
    wanted = dict.fromkeys((kernel.name for kernel in schedule.kernels), way)
    texts = [emitted(system, "float64", chosen).files["net.c"] for chosen in (wanted, {})]
    assert texts[0] != texts[1]
    check(system, "float64", tmp_path, batches=(1, 3), wanted=wanted)


def kernels(description, dtype="float32"):
    schedule = lowered(description)
    alike = find_alike(schedule, find_rows(schedule))
    for kernel in schedule.kernels:
        if any(statement.contraction is not None for statement in kernel.statements):
            prepared = prepare(kernel, dtype)
            yield prepared.kernel, prepared.expressions, kernel.name in alike


@pytest.mark.parametrize("case", CASES)
def test_the_model_chooses_unless_another_way_is_asked_for(case):
    for kernel, expressions, alike in kernels(CASES[case]):
        ways = find_ways(kernel, expressions, alike=alike)
        assert len({way.name for way in ways}) == len(ways)
        assert choose(kernel, expressions, alike=alike) == ways[0]
        assert choose(kernel, expressions, alike=alike, wanted="by magic") == ways[0]
        for way in ways:
            assert choose(kernel, expressions, alike=alike, wanted=way.name) == way


def test_rows_that_must_come_out_alike_are_never_summed_by_their_number():
    """`multiply` chooses by the rows of a tile."""
    found = [find_ways(*kernel, alike=True) for *kernel, alike in kernels(CASES["recurrence"]) if alike]
    names = {way.way for ways in found for way in ways}
    assert names >= {"copied", "dots"} and "panels" not in names


def test_a_signature_tells_contractions_apart_and_not_networks():
    first, second = lowered(dense(37, 150)), lowered(network([37, 150, 5], "mse", "sigmoid"))
    left, right = (set(find_signatures(schedule, "float32", 64).values()) for schedule in (first, second))
    assert "float32: m64 37 0, n150 0 1, k37 1 150" in left & right  # x W^T of both first layers, W by columns
    assert left - right
    assert not left & set(find_signatures(first, "float64", 64).values())
    assert not left & set(find_signatures(first, "float32", 65).values())
    renamed = replace(first, name="other", kernels=tuple(replace(k, title="other") for k in first.kernels))
    assert set(find_signatures(renamed, "float32", 64).values()) == left


def test_a_signature_tells_of_zeros_around_either_operand():
    """The same loops and steps, with and without a border that some terms need not be summed for."""
    sizes = {"k": 3, "p": 12, "q": 12, "r": 3, "s": 3}
    padded = layer(SAME.removesuffix(" + c[k]"), [2, 12, 12], [3, 12, 12], **sizes)
    plain = layer(VALID.replace("[b, c", "[b, i").replace("[k, c", "[k, i").replace("sum[c", "sum[i"), [2, 14, 14],
                  [3, 12, 12], **sizes)  # fmt: skip
    known = [set(find_signatures(lowered(case), "float32", 64).values()) for case in (padded, plain)]
    assert not known[0] & known[1] and all(known)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([784, 128, 10], {"d_weight_10_128": "panels", "d_z_128_10": "loops"}),
        ([64, 64, 6], {"d_weight_64_64": "panels", "d_z_64_6": "loops"}),
        ([64, 64, 6], {"d_weight_6_64": "loops"}),  # in registers, whatever the number of rows
        ([64, 64, 7], {"d_weight_7_64": "panels"}),
        ([64, 72, 6], {"d_z_72_6": "panels"}),  # loops over 72 would leave a part of a vector empty
        ([64, 512, 12], {"d_weight_512_64": "panels", "d_z_512_12": "panels"}),
    ],
)
def test_the_model_takes_what_was_measured_to_be_faster(sizes, expected):
    """An operand that is read across its rows is copied where many columns read it, and short sums are loops."""
    description = network(sizes, "cross_entropy", "tanh")
    schedule = lowered(description)
    names = [kernel.name for kernel in schedule.kernels if any(s.contraction for s in kernel.statements)]
    ways = [choose(kernel, expressions, alike=alike).way for kernel, expressions, alike in kernels(description)]
    assert expected.items() <= dict(zip(names, ways, strict=True)).items()
