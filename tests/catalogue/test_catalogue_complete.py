"""Every entry of the catalogue, and every option of each, has a row."""

from __future__ import annotations

import catalogue_rows as table
import pytest

from bpgen.library.activations import ACTIVATIONS
from bpgen.library.gradients import COMMON_OPTIONS
from bpgen.library.initializers import INITIALIZERS
from bpgen.library.layers import LAYERS
from bpgen.library.losses import LOSSES
from bpgen.library.optimizers import OPTIMIZERS
from bpgen.library.schedules import SCHEDULES

GIVEN = {
    "activations": [(r.type, r.options) for r in [*table.ACTIVATIONS, *table.LAYERS] if r.type in ACTIVATIONS],
    "layers": [(row.type, row.options) for row in table.LAYERS if row.type not in ACTIVATIONS],
    "losses": [(row.type, row.options) for row in table.LOSSES],
    "optimizers": [(kind, options) for kind, options, _ in table.OPTIMIZERS],
    "schedules": [(kind, options) for kind, options, _ in table.SCHEDULES],
    "initializers": [(kind, options) for kind, options, _ in table.INITIALIZERS],
}
ENTRIES = {
    "activations": {kind: entry.options for kind, entry in ACTIVATIONS.items()},
    "layers": {kind: entry.options for kind, entry in LAYERS.items()},
    "losses": {kind: entry.options for kind, entry in LOSSES.items()},
    "optimizers": {kind: entry.options for kind, entry in OPTIMIZERS.items()},
    "schedules": {kind: entry.options for kind, entry in SCHEDULES.items()},
    "initializers": INITIALIZERS,
}
# Sizes are tested with the equations themselves, what is carried from step to step in test_truncated_torch.
ELSEWHERE = {("equation", "sizes"), ("rnn", "carry"), ("gru", "carry"), ("lstm", "carry")}


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_has_a_row(kind):
    assert {name for name, _ in GIVEN[kind]} == set(ENTRIES[kind])


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_option_has_a_row(kind):
    needed = {(name, option.name) for name, options in ENTRIES[kind].items() for option in options}
    given = {(name, option) for name, options in GIVEN[kind] for option in options}
    assert sorted(needed - given - ELSEWHERE) == []


def test_every_option_of_all_optimizers_has_a_row():
    assert {name for options in table.GRADIENTS for name in options} == {option.name for option in COMMON_OPTIONS}


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_choice_has_a_row(kind):
    """Both values of a boolean, every value of a choice; the default is that of a row without the option."""
    given = {
        (name, option.name, options.get(option.name, option.default))
        for name, options in GIVEN[kind]
        for option in ENTRIES[kind][name]
        if option.kind in ("boolean", "choice")
    }
    needed = {
        (name, option.name, value)
        for name, options in ENTRIES[kind].items()
        for option in options
        for value in {"boolean": (True, False), "choice": option.choices}.get(option.kind, ())
        if (name, option.name) not in ELSEWHERE
    }
    assert sorted(needed - given, key=str) == []
