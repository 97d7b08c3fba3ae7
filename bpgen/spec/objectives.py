"""[loss] or [[losses]]: what is minimised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bpgen.library.layer import shape_text
from bpgen.library.losses import LOSSES
from bpgen.library.options import Option
from bpgen.spec.checker import Checker, Section, Table
from bpgen.spec.layers import tables_of
from bpgen.spec.model import InputSpec, LossSpec
from bpgen.spec.places import Path

LOSS_KEYS = ("type", "name", "input", "target", "weight")
WEIGHT = Option("weight", "number", 1.0, "factor of this loss in the sum of all")


def read_losses(
    data: Table, inputs: Sequence[InputSpec], layers: Mapping[str, str], outputs: Sequence[str] | None, checker: Checker
) -> tuple[list[LossSpec], dict[str, Path]]:
    """The losses, and where each stands.

    layers: names as they may be written -> names of layers (of a block, the one that gives its result)
    outputs: names of those that nobody reads; None where wrong layers keep that unknown.

    A single loss is called "loss"; of several each is called by its `name`, or else by its type.
    """
    if "loss" in data and "losses" in data:
        help = "write several losses as [[losses]], with a weight each"
        checker.report("wrong-value", 'there are both "loss" and "losses"', ("losses",), help, key=True)
        return [], {}
    tables = tables_of(data, "losses", checker, "a loss")
    if "loss" in data:
        table = checker.table(data["loss"], ("loss",), '"loss"')
        tables = [] if table is None else [(("loss",), table)]
    losses: list[LossSpec] = []
    paths: dict[str, Path] = {}
    for path, table in tables:
        section = Section(table, path, "the loss" if path == ("loss",) else f"loss {int(path[1]) + 1}")
        loss = _read_loss(section, inputs, layers, outputs, checker)
        if loss is None:
            continue
        if loss.name in paths:
            help = 'give each its own: name = "..."'
            checker.report("duplicate-name", f'two losses are called "{loss.name}"', path, help, key=True)
            continue
        losses.append(loss)
        paths[loss.name] = path
    return losses, paths


def _read_loss(
    section: Section,
    inputs: Sequence[InputSpec],
    layers: Mapping[str, str],
    outputs: Sequence[str] | None,
    checker: Checker,
) -> LossSpec | None:
    table, path = section.table, section.path
    kind = checker.type(section, list(LOSSES), (), "loss type")
    if kind is None:
        return None
    wrong = len(checker.diagnostics)
    judges = kind != "equation" and not LOSSES[kind].penalty
    keys = (*LOSS_KEYS, *LOSSES[kind].reads) if judges else ("type", "name", "weight")
    options = checker.options(section, LOSSES[kind].options, kind, besides=keys)
    name = checker.text(section, "name") if "name" in table else kind
    if name is not None and "name" in table:
        checker.name(name, (*path, "name"), "loss")
    weight = checker.value(WEIGHT, table["weight"], (*path, "weight"), section.owner)[0] if "weight" in table else 1.0
    judged = target = None
    reads: list[tuple[str, str | None]] = []
    if judges:
        judged = _judged(section, {**layers, **{item.name: item.name for item in inputs}}, outputs, checker)
        target = _input(section, "target", inputs, checker)
        reads = [(key, _input(section, key, inputs, checker)) for key in LOSSES[kind].reads]
    if len(checker.diagnostics) > wrong or name is None:
        return None
    name = "loss" if path == ("loss",) and "name" not in table else name
    position = checker.places.at((*path, "type"), key=True)
    found = tuple((key, name) for key, name in reads if name is not None)
    return LossSpec(name, kind, judged, target, float(weight), options, position, found)


def _judged(section: Section, known: Mapping[str, str], outputs: Sequence[str] | None, checker: Checker) -> str | None:
    """The layer whose output the loss judges: by default the only one that nothing reads."""
    if "input" in section.table:
        name = checker.text(section, "input")
        if name is not None and name not in known:
            what = f'{section.owner} judges "{name}", which is no layer and no input'
            shown = [name for name in known if "." not in name]
            checker.unknown("unknown-input", what, name, shown, (*section.path, "input"))
        return known.get(name or "", name)
    if outputs is None or len(outputs) == 1:
        return outputs[0] if outputs else None
    what = f"for there are the outputs {', '.join(outputs)}" if outputs else "for there are no layers"
    help = 'say which layer it judges: input = "..."'
    checker.report("missing-key", f'{section.owner} needs "input", {what}', section.path, help)
    return None


def _input(section: Section, key: str, inputs: Sequence[InputSpec], checker: Checker) -> str | None:
    name = checker.text(section, key)
    known = [item.name for item in inputs]
    if name is not None and name not in known:
        what = f'{section.owner} has the {key} "{name}", which is no input'
        checker.unknown("unknown-input", what, name, known, (*section.path, key))
    return name


def check_target(
    loss: LossSpec, path: Path, shape: tuple[int | str, ...], inputs: Mapping[str, InputSpec], checker: Checker
) -> None:
    """Whether the judged output, of this shape, and what it is compared with fit each other."""
    for key, name in loss.reads:
        if (inputs[name].shape, inputs[name].dtype) != (shape, "real"):
            text = (
                f'the {key} "{name}" {shape_text(inputs[name].shape)} does not fit "{loss.input}" {shape_text(shape)}'
            )
            checker.report("shape", text, (*path, key), "it is real, and has the shape of the output")
    target = inputs[loss.target or ""]
    at = (*path, "target")
    judged = f'"{loss.input}" {shape_text(shape)}'
    if target.dtype == "int32":
        if not LOSSES[loss.type].labels:
            help = 'take dtype = "int32" away from the input, or use cross_entropy'
            checker.report("dtype", f'{loss.type} needs real numbers, and "{target.name}" holds integers', at, help)
            return
        _check_labels(loss, path, shape, target, checker)
    elif not LOSSES[loss.type].text:
        help = f'add dtype = "int32" and the number of classes to the input "{target.name}"'
        checker.report("dtype", f'{loss.type} needs labels, and "{target.name}" holds real numbers', at, help)
    elif loss.options.get("ignore_index") is not None:
        help = "take it away, or let the target be labels"
        text = f'"{target.name}" holds distributions, in which there is no label to ignore'
        checker.report("wrong-value", text, (*path, "ignore_index"), help)
    elif shape != target.shape:
        text = f'{loss.type} compares {judged} with "{target.name}" {shape_text(target.shape)}: the shapes differ'
        help = f'"{target.name}" should be {shape_text(shape)}'
        if LOSSES[loss.type].labels:
            help += f', or labels {shape_text(shape[:-1])} with dtype = "int32"'
        checker.report("shape", text, at, help)


def _check_labels(
    loss: LossSpec, path: Path, shape: tuple[int | str, ...], target: InputSpec, checker: Checker
) -> None:
    judged = f'"{loss.input}" {shape_text(shape)}'
    if target.shape != shape[:-1] or not shape:
        text = f'the labels "{target.name}" {shape_text(target.shape)} do not fit {judged}'
        help = f"labels have all axes but the last, that of the classes: {shape_text(shape[:-1])}"
        checker.report("shape", text, (*path, "target"), help)
    elif target.classes is None:
        help = f"add classes = {shape[-1]}"
        checker.report("missing-key", f'the labels "{target.name}" need "classes"', ("inputs", target.name), help)
    elif target.classes != shape[-1]:
        text = f'the labels "{target.name}" have {target.classes} classes, and {judged} has {shape[-1]} outputs'
        checker.report("shape", text, ("inputs", target.name, "classes"), f'let "{loss.input}" or classes be the other')
