"""The larger examples: each is trained in a shortened form; the long runs are in examples/records."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from train_examples import FIGURES, distil, train  # noqa: E402

RECORDS = ROOT / "examples" / "records"

# example -> (epochs of the short form, figure, what it must reach, and whether that is a ceiling)
SHORT = {
    "lenet": (3, "held_out_accuracy", 0.90, False),
    "batchnorm_cnn": (6, "held_out_accuracy", 0.90, False),
    "char_lstm": (1, "bits_per_character", 3.6, True),
    "char_gru": (1, "bits_per_character", 3.4, True),
    "transformer": (1, "bits_per_character", 4.0, True),
    "reverse": (2, "exact", 0.5, False),
    "sort": (2, "exact", 0.8, False),
    "denoising_autoencoder": (15, "mean_square_left", 0.04, True),
    "multitask_digits": (10, "digit_accuracy", 0.93, False),
    "boundary_value": (800, "largest_error", 0.02, True),
}  # fmt: skip

# example -> what its record must show
LONG = {
    "lenet": ("held_out_accuracy", 0.96, False),
    "batchnorm_cnn": ("held_out_accuracy", 0.97, False),
    "char_lstm": ("bits_per_character", 2.5, True),
    "char_gru": ("bits_per_character", 2.5, True),
    "transformer": ("bits_per_character", 2.7, True),
    "reverse": ("exact", 0.99, False),
    "sort": ("exact", 0.99, False),
    "denoising_autoencoder": ("mean_square_left", 0.03, True),
    "multitask_digits": ("digit_accuracy", 0.96, False),
    "boundary_value": ("largest_error", 1e-3, True),
}  # fmt: skip


def reached(value: float, wanted: float, is_ceiling: bool) -> bool:
    return value <= wanted if is_ceiling else value >= wanted


def test_every_example_with_a_figure_has_both_forms() -> None:
    assert set(SHORT) == set(LONG) == set(FIGURES)


@pytest.mark.parametrize("name", sorted(SHORT))
def test_short_training(name: str) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("mlxtend")
    epochs, figure, wanted, is_ceiling = SHORT[name]
    record = train(name, epochs)
    assert reached(record["figures"][figure], wanted, is_ceiling), record["figures"]


@pytest.mark.parametrize("name", sorted(LONG))
def test_the_record_shows_what_is_asked(name: str) -> None:
    record = json.loads((RECORDS / f"{name}.json").read_text("utf-8"))
    figure, wanted, is_ceiling = LONG[name]
    assert reached(record["figures"][figure], wanted, is_ceiling), record["figures"]
    assert record["command"] == f"python tools/train_examples.py {name}"
    assert record["curve"][0]["loss"] > record["curve"][-1]["loss"]
    if figure == "bits_per_character":
        assert record["figures"][figure] < 0.7 * record["figures"]["unigram_entropy"]


def test_a_small_network_learns_more_from_a_large_one() -> None:
    figures = json.loads((RECORDS / "distillation.json").read_text("utf-8"))["figures"]
    assert len(figures["small_alone"]) == len(figures["small_taught"]) == 5
    assert figures["small_taught_mean"] > figures["small_alone_mean"]


def test_distillation_runs_in_a_short_form() -> None:
    pytest.importorskip("sklearn")
    figures = distil(range(1), epochs=8)["figures"]
    assert figures["small_taught"][0] > 0.8
