"""The workloads of the peers' table as descriptions, and their parameters under PyTorch's names and layouts."""

from __future__ import annotations

import numpy as np

RULES = {"momentum": "sgd"}
LOSSES = {"ce": "cross_entropy", "mse": "mse", "bce": "bce"}
# Parameters of the workloads under the names of the layers below; what is not listed follows a pattern.
NAMES = {
    "lenet": {"c1w": "conv1.weight", "c1b": "conv1.bias", "c2w": "conv2.weight", "c2b": "conv2.bias"},
    "bncnn": {
        key + n: f"{layer}{n}.{part}"
        for n in "01"
        for key, layer, part in (("g", "norm", "weight"), ("be", "norm", "bias"))
    }
    | {f"c{n}{part[0]}": f"conv{n}.{part}" for n in "01" for part in ("weight", "bias")},
    "lstm": {
        "emb": "token.weight", "wx": "lstm.weight_ih_l0", "wh": "lstm.weight_hh_l0", "bg": "lstm.bias_ih_l0",
    },
    "transformer": {"emb": "token.weight", "pos": "place.weight", "lnfg": "norm.weight", "lnfb": "norm.bias",
                    "head": "head.weight"},
}  # fmt: skip
PARTS = {
    "ln1g": "norm1.weight", "ln1b": "norm1.bias", "wqkv": "attention.in_proj_weight", "bqkv": "attention.in_proj_bias",
    "wo": "attention.out_proj.weight", "bo": "attention.out_proj.bias", "ln2g": "norm2.weight",
    "ln2b": "norm2.bias", "w1": "wide.weight", "b1": "wide.bias", "w2": "narrow.weight", "b2": "narrow.bias",
}  # fmt: skip
AS_THEY_ARE = ("emb", "pos")  # tables, not dense weights


def describe(work):
    """The workload as a description."""
    return {
        "bpgen": 1,
        "name": work.name.lower(),
        **{"mlp": _mlp, "lenet": _lenet, "bncnn": _bncnn, "lstm": _lstm, "transformer": _transformer}[work.kind](work),
        "loss": {"type": LOSSES[work.loss], "target": "target"},
        "optimizer": _optimizer(work.opt),
    }


def parameters(work):
    """Its initial parameters: name of the description -> array."""
    found = {}
    for key, value in work.params.items():
        turned = value.ndim == 2 and key not in AS_THEY_ARE
        found[_name(work.kind, key)] = np.ascontiguousarray(value.T) if turned else value
    return found


def _name(kind, key):
    known = NAMES.get(kind, {})
    if key in known:
        return known[key]
    if key[0] == "l" and "_" in key:
        block, part = key[1:].split("_")
        return f"body.{block}.{PARTS[part]}"
    return f"fc{key[1:]}" + (".weight" if key[0] == "W" else ".bias")


def _optimizer(rule):
    kind = rule["kind"]
    found = {"type": RULES.get(kind, kind), "lr": rule["lr"]}
    if kind in ("adam", "adamw"):
        found |= {"betas": [rule["b1"], rule["b2"]], "eps": rule["eps"]}
    if kind == "adamw":
        found["weight_decay"] = rule["wd"]
    if kind == "momentum":
        found["momentum"] = rule["mu"]
    return found


def _labels(classes, *axes):
    return {"shape": ["B", *axes], "dtype": "int32", "classes": classes}


def _mlp(work):
    last = len(work.sizes) - 2
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": units, **({"activation": work.act} if n < last else {})}
        for n, units in enumerate(work.sizes[1:])
    ]
    if work.out == "sigmoid":
        layers[-1]["activation"] = "sigmoid"
    target = _labels(work.sizes[-1]) if work.loss == "ce" else {"shape": ["B", work.sizes[-1]]}
    return {"inputs": {"x": {"shape": ["B", work.sizes[0]]}, "target": target}, "layers": layers}


def _lenet(work):
    def convolution(name, channels, padding):
        return {"name": name, "type": "conv2d", "channels": channels, "kernel": 5, "padding": padding,
                "activation": "relu"}  # fmt: skip

    layers = [
        convolution("conv1", 6, 2),
        {"name": "pool1", "type": "maxpool2d", "kernel": 2},
        convolution("conv2", 16, 0),
        {"name": "pool2", "type": "maxpool2d", "kernel": 2},
        {"name": "flat", "type": "flatten"},
        {"name": "fc0", "type": "linear", "units": 120, "activation": "relu"},
        {"name": "fc1", "type": "linear", "units": 84, "activation": "relu"},
        {"name": "fc2", "type": "linear", "units": 10},
    ]
    return {"inputs": {"x": {"shape": ["B", 1, 28, 28]}, "target": _labels(10)}, "layers": layers}


def _bncnn(work):
    layers = []
    for n, channels in enumerate((32, 64)):
        layers += [
            {"name": f"conv{n}", "type": "conv2d", "channels": channels, "kernel": 3, "padding": 1},
            {"name": f"norm{n}", "type": "batchnorm", "activation": "relu"},
            {"name": f"pool{n}", "type": "maxpool2d", "kernel": 2},
        ]
    layers += [{"name": "flat", "type": "flatten"}, {"name": "fc0", "type": "linear", "units": 10}]
    return {"inputs": {"x": {"shape": ["B", 3, 32, 32]}, "target": _labels(10)}, "layers": layers}


def _lstm(work):
    sizes = work.dims
    layers = [
        {"name": "token", "type": "embedding", "input": "x", "units": sizes["E"]},
        {"name": "lstm", "type": "lstm", "units": sizes["H"], "bias": "single"},
        {"name": "fc0", "type": "linear", "units": sizes["V"]},
    ]
    text = _labels(sizes["V"], sizes["T"])
    return {"inputs": {"x": text, "target": text}, "layers": layers}


def _transformer(work):
    sizes = work.dims
    layers = [
        {"name": "token", "type": "embedding", "input": "x", "units": sizes["D"]},
        {"name": "place", "type": "positional_embedding"},
        {"name": "body", "type": "block", "block": "decoder", "repeat": sizes["L"]},
        {"name": "norm", "type": "layernorm"},
        {"name": "head", "type": "linear", "units": sizes["V"], "bias": False},
    ]
    block = [
        {"name": "norm1", "type": "layernorm"},
        {"name": "attention", "type": "attention", "heads": sizes["NH"], "causal": True},
        {"name": "sum1", "type": "add", "inputs": ["input", "attention"]},
        {"name": "norm2", "type": "layernorm"},
        {
            "name": "wide",
            "type": "linear",
            "units": 4 * sizes["D"],
            "activation": {"type": "gelu", "approximate": "tanh"},
        },
        {"name": "narrow", "type": "linear", "units": sizes["D"]},
        {"name": "sum2", "type": "add", "inputs": ["sum1", "narrow"]},
    ]
    text = _labels(sizes["V"], sizes["T"])
    return {"inputs": {"x": text, "target": text}, "layers": layers, "blocks": {"decoder": {"layers": block}}}
