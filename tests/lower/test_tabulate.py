"""Products of what rows select from a table, made for each class instead."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_systems import trained

import bpgen
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.system import GIVEN, verify
from bpgen.lower.programs import plans
from bpgen.lower.tabulate import tabulate

PLACES, WORDS, UNITS = 7, 5, 3


def network(*layers, words=WORDS, places=PLACES, ignored=None, optimizer="adam"):
    """Labels for each place, from words."""
    label = {"shape": ["B", places], "dtype": "int32", "classes": words}
    target = label | ({} if ignored is None else {"ignore": ignored})
    return {
        "bpgen": 1, "name": "words", "inputs": {"x": label, "target": target},
        "layers": [{"name": "token", "type": "embedding", "input": "x", "units": UNITS}, *layers],
        "loss": {"type": "cross_entropy", "target": "target"}, "optimizer": {"type": optimizer, "lr": 0.01},
    }  # fmt: skip


def linear(name, units=WORDS, **more):
    return {"name": name, "type": "linear", "units": units, **more}


def written(name, equation, sizes, *parameters):
    """A layer of equations, all of whose parameters are drawn."""
    drawn = {parameter: {"init": "normal"} for parameter in parameters}
    return {"name": name, "type": "equation", "equation": equation, "sizes": sizes, "parameters": drawn}


TIED = written(
    "tied", "e[b, i, d] = E[x[b, i], d]\ny[b, i, v] = sum[d](e[b, i, d] * E[v, d])", {"v": WORDS, "d": UNITS}, "E"
)
NETWORKS = {
    "linear": network(linear("head")),
    "two": network(linear("wide", 4), linear("head")),
    "relu": network(linear("wide", 4, activation="relu"), linear("head")),
    "rnn": network({"name": "body", "type": "rnn", "units": 4}, linear("head")),
    "gru": network({"name": "body", "type": "gru", "units": 4}, linear("head"), optimizer="sgd"),
    "lstm": network({"name": "body", "type": "lstm", "units": 4}, linear("head")),
    "two recurrences": network(
        {"name": "body", "type": "lstm", "units": 4}, {"name": "again", "type": "gru", "units": 4}, linear("head")
    ),
    "normalised": network({"name": "norm", "type": "layernorm"}, linear("head")),
    "dropped": network({"name": "drop", "type": "dropout", "p": 0.4}, linear("head")),
    "equal sizes": network(linear("wide", UNITS), linear("head", UNITS), words=UNITS, places=UNITS),
    "one word": network(linear("wide", 2), linear("head", 1), words=1, places=3),
    "as many columns as places": network(
        written("wide", "y[b, i, m, n] = sum[d](x[b, i, d] * W[m, n, d])", {"m": 2, "n": PLACES, "d": UNITS}, "W"),
        written("head", "y[b, i, v] = sum[m, n](x[b, i, m, n] * W[v, m, n])", {"v": WORDS}, "W"),
    ),
    "convolved": network(
        written("conv", "y[b, i, m] = sum[s, d](x[b, i + s - 1, d] * W[m, s, d])", {"i": PLACES, "m": 4, "s": 3}, "W"),
        linear("head"),
    ),
    "tied": network() | {"layers": [TIED | {"inputs": ["x"]}]},
    "read twice": network(
        linear("wide", 4), {"name": "both", "type": "concat", "inputs": ["wide", "token"]}, linear("head")
    ),
}  # fmt: skip


def needed(system):
    return {name for plan in plans(system) for name in plan.needed}


def values_of(system, batch, seed=0):
    """Random values of all that no equation defines."""
    random = np.random.default_rng(seed)
    settings = dict(system.settings)
    found = {}
    for tensor in system.tensors.values():
        shape = tuple(batch if extent == "B" else extent for extent in tensor.shape)
        if tensor.role not in GIVEN:
            continue
        if tensor.classes is not None:
            found[tensor.name] = random.integers(0, tensor.classes, shape)
        elif tensor.role == "setting":
            found[tensor.name] = settings[tensor.name]
        else:
            found[tensor.name] = (
                np.abs(random.normal(size=shape)) if tensor.role == "state" else random.normal(size=shape)
            )
    return found


def exchanged(name):
    system = trained(NETWORKS[name])
    return system, tabulate(system, needed(system)).system


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_brute_force_evaluator_finds_the_same(name, batch):
    system, changed = exchanged(name)
    verify(changed)
    values = values_of(system, batch)
    before, after = evaluate(system, values, batch), evaluate(changed, values, batch)
    assert needed(system) <= after.keys() | values.keys()
    for tensor in before.keys() & after.keys():
        np.testing.assert_allclose(after[tensor], before[tensor], rtol=1e-9, atol=1e-12, err_msg=tensor)


def test_no_product_over_rows_is_left_of_a_layer_above_an_embedding():
    _, changed = exchanged("lstm")
    text = {name: str(equation) for name, equation in changed.defining.items()}
    assert "token" not in text and "d.token" not in text and "body.u" not in text
    assert text["body.u@table"].startswith("body.u@table[v, m] = sum[i](")
    assert "body.u@table[x[b, t], m]" in text["body.v"]
    assert text["d.body.v@x"] == "d.body.v@x[v, m] = sum[b, i](d.body.v[b, i, m] * (v == x[b, i]))"
    assert text["d.body.weight_ih_l0"].endswith("= sum[i](d.body.v@x[i, m] * token.weight[i, d])")
    assert text["d.token.weight"].endswith("= sum[i](body.weight_ih_l0[i, d] * d.body.v@x[v, i])")
    assert text["d.body.bias_hh_l0"].endswith("= sum[i](d.body.v@x[i, m])")


def test_layers_one_after_another_are_one_table_after_another():
    _, changed = exchanged("two")
    assert str(changed.defining["head@table"]).endswith("sum[i](head.weight[o, i] * wide@table[v, i]) + head.bias[o]")
    assert "wide" not in changed.defining and "d.token" not in changed.defining


def test_few_rows_are_not_worth_a_table():
    many = trained(network(linear("head", 60), words=60, places=PLACES))
    assert tabulate(many, needed(many)).system is many


def test_what_has_no_classes_stays_as_it_is():
    description = {
        "bpgen": 1, "name": "plain", "inputs": {"x": {"shape": ["B", 3]}, "t": {"shape": ["B", 2]}},
        "layers": [linear("head", 2)], "loss": {"type": "mse", "target": "t"},
    }  # fmt: skip
    system = trained(description)
    assert tabulate(system, needed(system)).system is system


def test_a_row_that_drops_elements_of_its_own_has_no_table_in_training():
    _, changed = exchanged("dropped")
    assert "head@table" not in changed.tensors and "head.inference@table" in changed.tensors


@pytest.mark.parametrize(
    ("equation", "loss"),
    [
        ("s[b, d] = sum[i](E[label[b, i], d])\ny[b, m] = sum[d](s[b, d] * W[m, d])", "sum[b, m](y[b, m]**2)"),
        ("y[b, m] = sum[i](E[label[b, i], m])", "sum[b, i, m](y[b, m]**2 * w[label[b, i]])"),
        ("y[b, i] = sum[d](E[label[b, i], d]**2)", "sum[b, i]((1 + i) * w[label[b, i]])"),
    ],
    ids=["pooled", "weighted", "weighted by place"],
)
def test_fewer_products_than_rows_stay_as_they_are(equation, loss):
    inputs = {"label": {"shape": ["B", PLACES], "dtype": "int32", "classes": 2}}
    inputs |= {"w": {"shape": [2]}} if "w[" in loss else {}
    layer = written("y", equation, {"m": 4, "d": 3}, *(name for name in "EW" if f"{name}[" in equation))
    system = trained({
        "bpgen": 1, "name": "rows", "inputs": inputs, "layers": [layer | {"inputs": ["label"]}],
        "loss": {"type": "equation", "equation": f"L = {loss}"},
    })  # fmt: skip
    assert not [name for name in tabulate(system, needed(system)).system.tensors if "@label" in name]


@pytest.mark.parametrize(("batch", "threads"), [(1, 1), (3, 2), (19, 1), (19, 3)])
@pytest.mark.parametrize("name", NETWORKS)
def test_training_agrees_with_numpy_which_has_no_tables(name, batch, threads):
    random = np.random.default_rng(batch)
    words, places = NETWORKS[name]["inputs"]["x"]["classes"], NETWORKS[name]["inputs"]["x"]["shape"][1]
    data = {key: random.integers(0, words, (batch, places), np.int32) for key in ("x", "target")}
    found = {}
    for target in ("numpy", "c"):
        options = {"threads": threads} if target == "c" else {}
        try:
            net = bpgen.build(NETWORKS[name], target=target, dtype="float64", batch=batch, **options)
        except bpgen.CompileError as failure:
            pytest.skip(str(failure))
        net.init(seed=1)
        losses = [float(net.step(**data)) for _ in range(3)]
        found[target] = (losses, net.gradients(**data)[1], net.forward(x=data["x"]))
    np.testing.assert_allclose(found["c"][0], found["numpy"][0], rtol=1e-10)
    np.testing.assert_allclose(found["c"][2], found["numpy"][2], rtol=1e-8, atol=1e-12)
    for key, value in found["numpy"][1].items():
        np.testing.assert_allclose(found["c"][1][key], value, rtol=1e-7, atol=1e-12, err_msg=key)
