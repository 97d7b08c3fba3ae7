"""From a description (a TOML or JSON file or text, or a dict) to a checked Model."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from bpgen.algebra.errors import Diagnostic, EquationError, Position, SpecError
from bpgen.library.losses import LOSSES
from bpgen.spec.blocks import read_graph
from bpgen.spec.checker import Checker, Section, shown
from bpgen.spec.graph import check_inputs_used
from bpgen.spec.inputs import read_inputs, read_sizes
from bpgen.spec.json_places import json_places
from bpgen.spec.model import Model
from bpgen.spec.names import wrong_name
from bpgen.spec.objectives import read_losses
from bpgen.spec.places import Places
from bpgen.spec.shapes import check_equations, check_shapes
from bpgen.spec.toml_places import toml_places
from bpgen.spec.training import read_optimizer, read_train, schedule_path

VERSION = 1
TOP_KEYS = ("bpgen", "name", "sizes", "inputs", "layers", "blocks", "loss", "losses", "optimizer", "train")

_TOO_DEEP = ("lists or tables are nested too deep", "a description needs few levels")

Known = Callable[[Mapping[str, Any]], bool]


def read(source: str | FilePath | Mapping[str, Any], known: Known | None = None) -> Model:
    """The model of a description file (.toml or .json) or of a dict with the same keys.

    known: says whether a description (as a dict) was found right before; its equations are then not
    elaborated again, which spares the import of SymPy.
    Raises SpecError with every diagnostic of the description, sorted by line.
    """
    if isinstance(source, Mapping):
        try:
            data = _plain(source)
        except RecursionError as error:
            raise SpecError(Diagnostic("syntax", *_TOO_DEEP)) from error
        return _model(data, Places(""), None, known)
    path = FilePath(source)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(Diagnostic("file", f"{path} is not text in UTF-8", f"byte {error.start} is wrong")) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "it cannot be read"
        raise SpecError(Diagnostic("file", f"{path}: {reason}", "give the path of a description")) from error
    return reads(text, "json" if path.suffix == ".json" else "toml", str(source), known)


def reads(text: str, format: str = "toml", file: str | None = None, known: Known | None = None) -> Model:
    """The model of a description's text; format: "toml" or "json"; file: its name in messages.  Raises SpecError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # a mark that editors of Windows begin a file with
    try:
        data, places = _from_json(text, file) if format == "json" else _from_toml(text, file)
    except RecursionError as error:
        raise SpecError(Diagnostic("syntax", *_TOO_DEEP, Position(1, 1, 1, file))) from error
    return _model(data, places, file, known)


def _from_toml(text: str, file: str | None) -> tuple[dict[str, Any], Places]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        lines = text.split("\n")
        line, column = (int(found[1]), int(found[2])) if found else (len(lines), len(lines[-1]) + 1)
        message = re.sub(r" \(at .*\)$", "", message)
        raise _syntax_error("TOML", message, Position(line, column, 1, file), text) from error
    return data, toml_places(text, file)


def _from_json(text: str, file: str | None) -> tuple[dict[str, Any], Places]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _syntax_error("JSON", error.msg, Position(error.lineno, error.colno, 1, file), text) from error
    places = json_places(text, file)
    if places.repeated:
        wrong = (
            (f'the key "{name}" is given twice', places.position(at.start, at.end)) for name, at in places.repeated
        )
        help = "every key of a table is given once"
        raise SpecError(*(places.diagnostic("duplicate-name", message, help, place) for message, place in wrong))
    if not isinstance(data, dict):
        help = 'write { "bpgen": 1, ... }'
        raise SpecError(places.diagnostic("wrong-type", f"a description is a table, not {shown(data)}", help,
                                          places.at((), key=False)))  # fmt: skip
    return data, places


def _syntax_error(language: str, message: str, position: Position, text: str) -> SpecError:
    line = Places(text).line(position.line)
    twice = any(word in message for word in ("overwrite", "twice", "Duplicate"))
    help = "every key of a table is given once" if twice else f"the text is not valid {language}"
    return SpecError(Diagnostic("syntax", message[:1].lower() + message[1:], help, position, line))


def _plain(value: Any) -> Any:
    """Mappings as dicts, sequences as lists, NumPy's numbers as Python's, as TOML and JSON would give them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") and hasattr(value, "dtype") else value


def _model(data: dict[str, Any], places: Places, file: str | None, known: Known | None) -> Model:
    checker = Checker(places)
    name = _head(data, checker, file)
    read_sizes(data, checker)
    inputs = read_inputs(data, checker)
    graph = read_graph(data, inputs, checker)
    layers, outputs = graph.layers, graph.outputs
    losses, loss_paths = read_losses(data, inputs, graph.names, outputs if graph.whole else None, checker)
    optimizer = read_optimizer(data, checker)
    train = read_train(data, checker)
    description = {"name": name, **data}
    model = Model(
        name, inputs, layers, tuple(losses), optimizer, train, outputs, checker.sizes, description, graph.blocks, file
    )
    if not checker.diagnostics and not layers and not losses:
        help = "add [[layers]], or a [loss] that speaks of the inputs"
        checker.report(
            "missing-key", "the description has neither layers nor a loss: there is nothing to compute", (), help
        )
    if not checker.diagnostics:
        check_inputs_used(inputs, layers, losses, checker)
    elaborated = "equation" in [layer.type for layer in layers] + [loss.type for loss in losses]
    elaborated = elaborated or any(LOSSES[loss.type].penalty for loss in losses)
    if not elaborated or (known is not None and not checker.diagnostics and known(description)):
        check_shapes(model, graph.paths, loss_paths, checker)
    else:
        check_equations(model, graph.paths, loss_paths, checker)
    _check_optimizer(model, data, checker, known)
    if checker.diagnostics:
        raise SpecError(*checker.diagnostics)
    return model


def _head(data: dict[str, Any], checker: Checker, file: str | None) -> str:
    """The version and the name of the network; by default that of its file."""
    top = Section(data, (), "the description")
    checker.keys(top, TOP_KEYS, "a description")
    if "bpgen" not in data:
        checker.report("missing-key", 'the description needs "bpgen"', (), help=f"begin with bpgen = {VERSION}")
    elif data["bpgen"] != VERSION or isinstance(data["bpgen"], bool):
        text = f'"bpgen" is {shown(data["bpgen"])}, a version of the format that is not known'
        checker.report("version", text, ("bpgen",), help=f"this is version {VERSION}: write bpgen = {VERSION}")
    if "name" in data:
        name = checker.text(top, "name")
        if name is not None:
            checker.name(name, ("name",), "network")
        return name or "network"
    stem = re.sub(r"\W", "_", FilePath(file).stem if file else "network", flags=re.ASCII)
    return stem if wrong_name(stem) is None else f"network_{stem}"


def _check_optimizer(model: Model, data: dict[str, Any], checker: Checker, known: Known | None) -> None:
    """The equations of a schedule and of an optimiser, where they are the user's own."""
    optimizer = model.optimizer
    if optimizer is None or "equation" not in (optimizer.type, optimizer.schedule):
        return
    if known is not None and known(model.description):
        return
    from bpgen.spec.system import check_schedule, check_update

    if optimizer.schedule == "equation":
        expression = str(optimizer.schedule_options["equation"])
        try:
            check_schedule(expression)
        except EquationError as error:
            checker.report_equation(error, schedule_path(data), expression)
    if optimizer.type == "equation":
        path, text = ("optimizer", "equation"), str(optimizer.options["equation"])
        try:
            missing = check_update(optimizer.options)
        except EquationError as error:
            checker.report_equation(error, path, text)
        else:
            for name in missing:
                help = f"write a line {name}[...] = ...: [...] stands for all axes of a parameter"
                checker.report("no-result", f"the equations of the optimizer do not define {name}", path, help)
