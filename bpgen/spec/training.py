"""[optimizer] and [train]: how the loss is brought down."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from bpgen.library.gradients import COMMON_OPTIONS
from bpgen.library.optimizers import OPTIMIZERS
from bpgen.library.options import Option
from bpgen.library.schedules import SCHEDULES
from bpgen.spec.checker import Checker, Section, Table, shown
from bpgen.spec.model import OptimizerSpec
from bpgen.spec.places import Path

TRAIN_OPTIONS = (
    Option("data", "text", "", "name of a data set, or a file"),
    Option("batch_size", "integer", 64, "rows of a step", minimum=1),
    Option("epochs", "integer", 10, "times through the data", minimum=1),
    Option("validation", "number", 0.2, "share of the data that is held out", minimum=0.0, maximum=1.0, open=True),
    Option("shuffle", "boolean", True, "whether rows are drawn in a new order in every epoch"),
    Option("seed", "integer", 0, "of the initial parameters, the split and the order", minimum=0),
    Option("patience", "integer", 0, "epochs without a better validation loss before it stops; 0: never", minimum=0),
)


# What the equations of an optimiser may speak of, and what is kept for each parameter under such names.
LETTERS = {
    "w": "the parameter", "g": "its gradient", "y": "its next value", "t": "the number of updates", "lr": "the rate",
    "eta": "the rate", "next": "next values", "updated": "next values", "g_sum": "the sum of gradients",
    "clip_norm": "an option", "clip_value": "an option", "accumulate": "an option",
}  # fmt: skip


def read_optimizer(data: Table, checker: Checker) -> OptimizerSpec | None:
    """The optimiser with its numbers by name (betas as beta1, beta2), and its schedule."""
    if "optimizer" not in data:
        return None
    path: Path = ("optimizer",)
    table = checker.table(data["optimizer"], path, '"optimizer"')
    if table is None:
        return None
    section = Section(table, path, "the optimizer")
    kind = checker.type(section, list(OPTIMIZERS), (), "optimizer")
    if kind is None:
        return None
    wrong = len(checker.diagnostics)
    entry = OPTIMIZERS[kind]
    options = checker.options(section, (*entry.options, *COMMON_OPTIONS), kind, besides=("type", "schedule"))
    schedule, schedule_options = _schedule(table.get("schedule", "constant"), (*path, "schedule"), checker)
    if len(checker.diagnostics) > wrong:
        return None
    for name, parts in entry.unpacked:
        options |= dict(zip(parts, options.pop(name), strict=True))
    if kind == "equation":
        if not _check_letters(options, schedule_options, path, checker):
            return None
        options |= options.pop("settings")
    if schedule_options.get("warmup", 0) >= schedule_options.get("steps", math.inf):
        help = "steps counts those of the warm-up too"
        checker.report(
            "wrong-value", "the warm-up is as long as the whole schedule", (*path, "schedule", "warmup"), help
        )
    if options.get("nesterov") and not options["momentum"]:
        help = "add momentum = 0.9, or take nesterov away"
        checker.report("wrong-value", "nesterov needs momentum", (*path, "nesterov"), help)
    return OptimizerSpec(kind, options, schedule, schedule_options, checker.places.at(path, key=True))


def _check_letters(options: Mapping[str, Any], schedule: Mapping[str, Any], path: Path, checker: Checker) -> bool:
    """Whether states and settings of an equation have names of their own among all that it can speak of."""
    before = len(checker.diagnostics)
    taken = {name: f"that of {what}" for name, what in LETTERS.items()} | dict.fromkeys(
        schedule, "an option of the schedule"
    )
    places: list[tuple[str, Path]] = [(name, ("states", n)) for n, name in enumerate(options["states"])]
    places += [(name, ("settings", name)) for name in options["settings"]]
    for name, place in places:
        if name in taken:
            message = f'the name "{name}" is already {taken[name]}'
            key = place[0] == "settings"
            checker.report("duplicate-name", message, (*path, *place), help="every name is given once", key=key)
        taken[name] = f"that of one of the {place[0]}"
    return len(checker.diagnostics) == before


def _schedule(value: Any, path: Path, checker: Checker) -> tuple[str, Mapping[str, Any]]:
    """A type's name, a table with a type, or an expression in t and lr."""
    if isinstance(value, str):
        if value not in SCHEDULES and not re.fullmatch(r"[A-Za-z_]\w*", value):
            return "equation", {"equation": value}
        if value not in SCHEDULES:
            what = f'the schedule "{value}" is unknown'
            checker.unknown("unknown-type", what, value, SCHEDULES, path)
            return "constant", {}
        value = {"type": value}
    table = checker.table(value, path, "the schedule") if isinstance(value, Mapping) else None
    if table is None:
        text = f"the schedule must be a name, an expression in t, or a table with a type, not {shown(value)}"
        checker.report("wrong-type", text, path)
        return "constant", {}
    section = Section(table, path, "the schedule")
    kind = checker.type(section, list(SCHEDULES), (), "schedule")
    if kind is None:
        return "constant", {}
    return kind, checker.options(section, SCHEDULES[kind].options, kind, besides=("type",))


def schedule_path(data: Table) -> Path:
    """Where the expression of a schedule stands."""
    path: Path = ("optimizer", "schedule")
    return (*path, "equation") if isinstance(data["optimizer"]["schedule"], Mapping) else path


def read_train(data: Table, checker: Checker) -> dict[str, Any]:
    """The keys of [train], with defaults."""
    table = checker.table(data.get("train", {}), ("train",), '"train"') or {}
    return checker.options(Section(table, ("train",), "train"), TRAIN_OPTIONS, "train")
