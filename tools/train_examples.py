"""Train the larger examples and keep a record of each: `python tools/train_examples.py [NAME ...]`.

A record, examples/records/NAME.json, says what was run (command, seed, epochs, versions), how the loss went, and the
figure that the example is judged by.  Records are made once, by hand; the tests train a shortened form of each.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import bpgen
from bpgen.run.data import Dataset, load_dataset
from bpgen.run.fit import evaluate
from bpgen.run.named_data import START
from bpgen.run.network import Network

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
TEACHER_EPOCHS = 40
Figures = dict[str, float]


def open_example(name: str, target: str = "c") -> tuple[Network, Dataset]:
    """The network of an example, begun with SEED, and its data."""
    model = bpgen.load(ROOT / "examples" / f"{name}.toml")
    network = bpgen.build(model, target=target)
    network.init(SEED)
    train = model.train
    return network, load_dataset(train["data"], network.interface, SEED, float(train["validation"]))


def train(name: str, epochs: int | None = None, target: str = "c") -> dict[str, Any]:
    """Train an example and say how it went.  epochs: the description's unless given."""
    network, data = open_example(name, target)
    begin = perf_counter()
    history = network.fit(
        data.train, epochs=epochs, seed=SEED, progress=False, validation=data.held_out if data.holds_out else None
    )
    seconds = perf_counter() - begin
    return {
        "example": name,
        "command": f"python tools/train_examples.py {name}",
        "seed": SEED,
        "target": target,
        "epochs": len(history.epochs),
        "batch_size": history.batch_size,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seconds": round(seconds, 1),
        "curve": [_row(epoch) for epoch in _thinned(history.epochs)],
        "figures": {key: float(f"{value:.6g}") for key, value in FIGURES[name](network, data).items()},
    }


def _row(epoch: Any) -> dict[str, float]:
    kept = {"epoch": epoch.number, "loss": epoch.loss, "held_out_loss": epoch.validation_loss}
    return {key: float(f"{value:.6g}") for key, value in kept.items() if value is not None}


def _thinned(epochs: list[Any]) -> list[Any]:
    step = max(1, len(epochs) // 40)
    return [epoch for n, epoch in enumerate(epochs) if n % step == 0 or n == len(epochs) - 1]


def accuracy(network: Network, data: Dataset) -> Figures:
    loss, hits = evaluate(network, data.held_out)
    assert hits is not None
    return {"held_out_accuracy": hits, "held_out_loss": loss}


def bits_per_character(network: Network, data: Dataset) -> Figures:
    """Of the held-out text, beside the entropy of single characters (counted in all of the text)."""
    loss, _ = evaluate(network, data.held_out)
    characters = np.concatenate([part["text"].ravel() for part in (data.train, data.held_out)])
    share = np.bincount(characters) / len(characters)
    share = share[share > 0]
    return {"bits_per_character": loss / math.log(2), "unigram_entropy": float(-(share * np.log2(share)).sum())}


def exact_strings(network: Network, data: Dataset) -> Figures:
    """The share of unseen strings written without a mistake, each digit read back before the next is written."""
    return {"exact": float((write(network, data.held_out["source"]) == data.held_out["target"]).all(axis=1).mean())}


def write(network: Network, source: np.ndarray) -> np.ndarray:
    """What a sequence-to-sequence network makes of strings, digit by digit."""
    shifted = np.full_like(source, START)
    written = np.zeros_like(source)
    for place in range(source.shape[1]):
        written[:, place] = network.forward(source=source, shifted=shifted)[:, place].argmax(axis=1)
        if place + 1 < source.shape[1]:
            shifted[:, place + 1] = written[:, place]
    return written


def denoised(network: Network, data: Dataset) -> Figures:
    clean = network.forward(x=data.held_out["x"])
    return {"mean_square_left": float(((clean - data.held_out["x"]) ** 2).mean()), "mean_square_of_the_noise": 0.09}


def both_heads(network: Network, data: Dataset) -> Figures:
    heads = network.forward(features=data.held_out["features"])
    which = heads["which"].argmax(axis=1) == data.held_out["target"]
    odd = (heads["parity"] > 0) == (data.held_out["odd"] > 0.5)
    return {"digit_accuracy": float(which.mean()), "parity_accuracy": float(odd.mean())}


def error_of_solution(network: Network, data: Dataset) -> Figures:
    x = np.linspace(0, 1, 1001)[:, None].astype(network.dtype)
    difference = network.forward(x=x).ravel() - np.sin(np.pi * x).ravel()
    return {"largest_error": float(np.abs(difference).max())}


FIGURES: Mapping[str, Callable[[Network, Dataset], Figures]] = {
    "lenet": accuracy,
    "batchnorm_cnn": accuracy,
    "char_lstm": bits_per_character,
    "char_gru": bits_per_character,
    "transformer": bits_per_character,
    "reverse": exact_strings,
    "sort": exact_strings,
    "denoising_autoencoder": denoised,
    "multitask_digits": both_heads,
    "boundary_value": error_of_solution,
}


def distil(seeds: range = range(5), epochs: int | None = None) -> dict[str, Any]:
    """A small network taught by labels alone, and by a large one beside them: accuracy on held-out digits."""
    teacher, images = open_example("batchnorm_cnn")
    teacher.fit(images.train, seed=SEED, progress=False, epochs=TEACHER_EPOCHS if epochs is None else epochs)
    _, data = open_example("digits_small")
    assert np.array_equal(data.train["label"], images.train["label"]), "both see the same rows in the same order"
    lessons = {**data.train, "teacher": np.ascontiguousarray(teacher.forward(x=images.train["x"]))}
    alone, taught = [], []
    for seed in seeds:
        for name, rows, found in (("digits_small", data.train, alone), ("digits_student", lessons, taught)):
            network = bpgen.build(ROOT / "examples" / f"{name}.toml", target="c")
            network.init(seed)
            network.fit(rows, seed=seed, progress=False, epochs=epochs)
            right = network.forward(x=data.held_out["x"]).argmax(axis=1) == data.held_out["label"]
            found.append(float(right.mean()))
    judged = teacher.forward(x=images.held_out["x"]).argmax(axis=1) == images.held_out["label"]
    return {
        "example": "distillation",
        "command": "python tools/train_examples.py distillation",
        "seeds": list(seeds),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "figures": {
            "teacher_accuracy": round(float(judged.mean()), 4),
            "small_alone": [round(value, 4) for value in alone],
            "small_taught": [round(value, 4) for value in taught],
            "small_alone_mean": round(float(np.mean(alone)), 4),
            "small_taught_mean": round(float(np.mean(taught)), 4),
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join([*FIGURES, 'distillation'])}; all without any")
    for name in parser.parse_args().names or [*FIGURES, "distillation"]:
        record = distil() if name == "distillation" else train(name)
        path = ROOT / "examples" / "records" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        print(name, record["figures"], f"{record.get('seconds', '')} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
