"""Statements at random, with affine accesses of every kind: the generated code against the interpreter."""

from __future__ import annotations

import random

import pytest
from numpy_schedules import assign, buffer, compare, condition, kernel, load, number, op, schedule, total

from bpgen.lower.scalar import Affine, Loop

LETTERS = "bpqrk"


def random_loops(chance):
    extents = {"p": (1, 2, 3, 5), "q": (1, 2, 4), "r": (1, 2, 3), "k": (1, 2, 4)}
    made = {name: Loop(name, chance.choice(sizes), chance.choice([0, 0, 1])) for name, sizes in extents.items()}
    return {"b": Loop("b", "B")} | made


def random_access(chance, loops, letters):
    """(shape, indices): one or two loops in each index, with any steps, all inside."""
    shape, indices, rest = [], [], list(letters)
    while rest:
        name = rest.pop(0)
        if name == "b":
            shape.append("B")
            indices.append("b")
            continue
        terms = [(name, chance.choice([1, 1, 2, -1]))]
        if rest and rest[0] != "b" and chance.random() < 0.5:
            terms.append((rest.pop(0), chance.choice([1, 1, 2, 3, -2])))
        ends = [sorted((c * loops[n].start, c * (loops[n].start + loops[n].extent - 1))) for n, c in terms]
        low, high = sum(end[0] for end in ends), sum(end[1] for end in ends)
        offset = chance.choice([0, 0, 1])
        shape.append(high - low + 1 + offset + chance.choice([0, 0, 1]))
        indices.append(Affine(tuple(terms), offset - low))
    return tuple(shape), tuple(indices)


def random_body(chance, left, right):
    chosen = op("select", condition("greater", left, number(0)), right, number(0))
    product = op("multiply", left, right)
    return chance.choice(
        [product, product, op("add", left, right), left, op("multiply", op("tanh", left), right), chosen]
    )


def random_statement(chance):
    loops = random_loops(chance)
    accesses = {name: random_access(chance, loops, chance.sample(LETTERS, chance.randint(1, 4))) for name in "ac"}
    left, right = (load(name, *indices) for name, (_, indices) in accesses.items())
    kept = chance.sample(LETTERS, chance.randint(1, 4))
    bound = [loops[name] for name in LETTERS if name not in kept]
    kind = chance.choice(["sum", "sum", "sum", "max", "prod", "argmax"])
    body = random_body(chance, left, right)
    value = total(bound, body, kind)
    if kind != "argmax" and chance.random() < 0.3:
        value = op("add", op("multiply", value, number(0.5)), number(1))
    accumulate = kind != "argmax" and chance.random() < 0.4
    plain = tuple("B" if name == "b" else loops[name].start + loops[name].extent for name in kept), tuple(kept)
    shape, indices = random_access(chance, loops, kept) if accumulate else plain
    dtype = "int32" if kind == "argmax" else "real"
    buffers = [buffer("t", shape, dtype=dtype), *(buffer(name, found[0]) for name, found in accesses.items())]
    body = [assign("t", indices, value, [loops[name] for name in kept], dtype=dtype, accumulate=accumulate)]
    made = kernel("k", [], body, {item.name: item for item in buffers})
    return schedule([*buffers, buffer("x", ("B",), "input")], [made])


@pytest.mark.parametrize("seed", range(120))
def test_any_statement(seed):
    compare(random_statement(random.Random(seed)), batches=(1, 3))
