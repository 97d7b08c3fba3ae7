"""The pipeline, readable top to bottom.

    stage       function                              takes             gives
    read        bpgen.spec.read.read                  TOML, JSON, dict  Model: checked, every error reported
    build       bpgen.spec.system.build_system        Model             System: forward and loss equations
    derive      bpgen.derive.derive.derive            System            Derivation: its System has the adjoints
    update      bpgen.library.update.append_update    System            System, with the optimiser's equations
    lower       bpgen.lower.lower.lower               System            Schedule: kernels, programs, one arena
    describe    bpgen.lower.describe.describe         System, Schedule  Interface: names, shapes, offsets
    emit        bpgen.emit.c, bpgen.emit.numpy        Schedule, Interface   Source: files of text
    run         bpgen.run.network.open_network        Source            Network: compiled, loaded, callable

`load`, `derive`, `generate` and `build` below are these stages in this order.  What a description generates
is kept in the cache: a second `build` of it reads the kept Source, and neither derives nor compiles, nor
imports SymPy; for that reason the stages are imported where they are called.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bpgen.algebra.errors import BpgenError, CompileError, SpecError
from bpgen.emit.source import Source
from bpgen.options import Options
from bpgen.run.cache import digest
from bpgen.run.sources import Sources
from bpgen.run.undisturbed import collector_paused, one_thread
from bpgen.spec.model import Model

if TYPE_CHECKING:
    from bpgen.algebra.system import System
    from bpgen.derive.derivation import Derivation
    from bpgen.lower.interface import Interface
    from bpgen.lower.schedule import Schedule
    from bpgen.proof import Proof
    from bpgen.run.network import Network

Description = Model | Mapping[str, Any] | str | Path

_RECENT = 4  # derivations held in memory: printing one and generating code from it are often asked together
_derivations: dict[str, Derivation] = {}
_built: dict[str, System] = {}


def load(source: Mapping[str, Any] | str | Path) -> Model:
    """A description (the path of a TOML or JSON file, or a dict) -> Model.

    Raises SpecError with every diagnostic, each with file, line and column where there is a file.
    """
    from bpgen.spec.read import read

    if not isinstance(source, Mapping | str | PathLike):
        raise BpgenError(f"load takes a path or a dict, got {type(source).__name__}")
    if isinstance(source, str) and "\n" in source:
        raise BpgenError("load takes a path or a dict; for the text of a description use bpgen.loads")
    return _checked(lambda known: read(source, known=known))


def loads(text: str, format: str = "toml") -> Model:
    """The text of a description -> Model.  format: "toml" or "json".  Raises SpecError, as `load`."""
    from bpgen.spec.read import reads

    if format not in ("toml", "json"):
        raise BpgenError(f'format: expected "toml" or "json", got {format!r}')
    if not isinstance(text, str):
        raise BpgenError(f"loads takes the text of a description, got {type(text).__name__}")
    return _checked(lambda known: reads(text, format, known=known))


@collector_paused()
def _checked(reader: Any) -> Model:
    """Read, and remember that the description was right, so that its equations need not be checked again."""
    asked: list[bool] = []

    def known(description: Mapping[str, Any]) -> bool:
        asked.append(Sources(description).was_checked())
        return asked[-1]

    model: Model = reader(known)
    if not all(asked):
        Sources(model.description).remember_checked()
    return model


def derive(model: Description) -> Proof:
    """Model -> Proof: every equation of the network, its gradient and its update, with the steps that led there.

    Raises BpgenError where there is no loss to differentiate.
    """
    from bpgen.proof import Proof
    from bpgen.surroundings import named_numbers, smaller_models, wider_model

    read = _model(model)
    return Proof(
        _derivation(read),
        named_numbers(read),
        lambda: map(_derivation, smaller_models(read)),
        lambda: None if (wide := wider_model(read)) is None else _derivation(wide),
        lambda: [generate(read, target) for target in ("numpy", "c")],
    )


def generate(
    model: Description,
    target: str = "numpy",
    dtype: str = "float32",
    *,
    batch: int | None = None,
    tuned: bool = False,
) -> Source:
    """Model -> Source: the generated files, from the cache where the same was generated before.

    tuned: each contraction as `bpgen tune` found it fastest on this machine for so many rows of a batch (by default
    the batch_size of [train]); without it, the files do not depend on the machine
    `source.trace` is its source map: which lines of each file compute which of the equations `derive(model)` numbers.
    """
    options = Options(target=target, dtype=dtype, batch=batch, tuned=tuned)
    read = _model(model)
    return _generate(read, options, measured_ways(read, options))


def measured_ways(model: Model, options: Options) -> dict[str, str]:
    """Of contractions, by what they are, the ways that were measured to be the fastest, where they are asked for."""
    from bpgen.run.measurements import load_ways, network_key

    rows = rows_of(model, options.batch)
    return load_ways(network_key(model.description, options.dtype, rows)) if options.tuned else {}


def _generate(model: Model, options: Options, ways: Mapping[str, str], *, compiled: bool = False) -> Source:
    """ways: of contractions, by what they are: those that are better than the ones that would be chosen

    compiled: whether it is going to be, so that the compiler can begin
    """
    kept = Sources(model.description)
    key = options.key() | ({"ways": digest(ways), "rows": rows_of(model, options.batch)} if ways else {})
    source = kept.load(key)
    if source is None:
        if compiled:
            from bpgen.run.objects import begin_early

            begin_early(model, lambda: _forward(model), options.dtype)
        source = _emit(model, options, ways)
        kept.store(key, source)
    return source


def rows_of(model: Model, batch: int | None = None) -> int:
    """The rows of a step: those asked for, or the batch_size of [train]."""
    return batch or int(model.train.get("batch_size", 1))


def build(
    model: Description,
    target: str | None = None,
    dtype: str = "float32",
    threads: int | None = None,
    batch: int | None = None,
    *,
    tuned: bool = False,
) -> Network:
    """Model -> Network, with parameters drawn (seed 0) and ready to be called.

    target: "c" or "numpy"; without one, C, or NumPy with a notice where there is no C compiler
    threads: how many share a call's work, where that pays; by default BPGEN_NUM_THREADS, OMP_NUM_THREADS or all cores
    batch: the most rows a call may have; without it, memory grows with demand, outside of training steps
    tuned: C as `bpgen tune` found it fastest on this machine, see `generate`
    Raises CompileError where C was asked for and cannot be compiled.
    """
    options = Options(target or choose_target(), dtype, threads, batch, tuned)
    read = _model(model)
    return build_in_ways(read, options, measured_ways(read, options))


def build_in_ways(model: Model, options: Options, ways: Mapping[str, str]) -> Network:
    """ways: of contractions, by what they are (bpgen.emit.c_ways)"""
    from bpgen.run.metrics import find_metric
    from bpgen.run.network import Description as Described
    from bpgen.run.network import open_network

    source = _generate(model, options, ways, compiled=options.target == "c")
    if source.target == "c":
        _try_compiled(source, lambda: generate(model, "numpy", options.dtype))
    described = Described(_fingerprint(model), dict(model.train), find_metric(model))
    return open_network(source, description=described, batch=options.batch, threads=options.threads)


def _try_compiled(source: Source, reference: Callable[[], Source]) -> None:
    """Compile, and hold what is new against NumPy before anybody uses it."""
    from bpgen.run.compile import Unit, is_tried

    if not is_tried(Unit.of(source)):
        from bpgen.run.trial import give_back_memory, try_compiled

        try_compiled(source, reference)
        give_back_memory()  # before the network takes its own


def choose_target() -> str:
    """ "c", or "numpy" with a warning where there is no compiler that works."""
    from bpgen.run.toolchain import find_toolchain

    try:
        find_toolchain()
    except CompileError as failure:
        warnings.warn(f"using the NumPy target, which is slower: {failure}", RuntimeWarning, stacklevel=3)
        return "numpy"
    return "c"


def lower(model: Description, dtype: str = "float32", target: str = "c") -> tuple[Schedule, Interface]:
    """Model -> Schedule and Interface: what a target is emitted from.

    Matrices lie as products read them; bpgen.lower.target says what else the targets like.
    """
    Options(dtype=dtype)  # refuses what is no dtype
    from bpgen.lower.describe import describe
    from bpgen.lower.target import lower_for_c, lower_for_numpy

    system = _system(_model(model))
    schedule = lower_for_c(system) if target == "c" else lower_for_numpy(system)
    return schedule, describe(system, schedule, dtype)


def render_derivation(
    model: Description, format: str, notation: str = "index", steps: bool = False, full: bool = False
) -> str:
    """The derivation as "text", "latex" or "html", from the cache where it was printed before.

    full: with every layer written out, in place of describing those that are alike once
    """
    model = _model(model)
    kept = Sources(model.description)
    wanted = [format, notation, steps, full]
    text = kept.load_text(wanted)
    if text is None:
        proof = derive(model)
        match format:
            case "text":
                text = proof.text(steps, full)
            case "latex":
                text = proof.latex(notation, steps, full)
            case "html":
                text = proof.html(notation, steps, full)
            case _:
                raise BpgenError(f'format: expected "text", "latex" or "html", got {format!r}')
        kept.store_text(wanted, text)
    return text


def _model(model: Description) -> Model:
    return model if isinstance(model, Model) else load(model)


def _derivation(model: Model) -> Derivation:
    key = json.dumps(model.description)
    if key not in _derivations:
        while len(_derivations) >= _RECENT:
            del _derivations[next(iter(_derivations))]
        _derivations[key] = _derive(model)
    return _derivations[key]


@collector_paused()
@one_thread()
def _derive(model: Model) -> Derivation:
    from bpgen.derive.derive import derive as derive_system
    from bpgen.library.update import append_update

    derivation = derive_system(_forward(model))
    chosen = model.optimizer
    if chosen is None:
        return derivation
    system = append_update(derivation.system, chosen.type, chosen.options, chosen.schedule, chosen.schedule_options)
    return replace(derivation, system=system)


def _system(model: Model) -> System:
    """All equations of a model; a model without a loss has its forward ones alone."""
    return _derivation(model).system if model.losses else _forward(model)


@collector_paused()
def _forward(model: Model) -> System:
    """The forward and loss equations, kept for the last model: they are asked for twice."""
    from bpgen.spec.system import build_system

    if (key := json.dumps(model.description)) not in _built:
        _built.clear()
        _built[key] = build_system(model)
    return _built[key]


@collector_paused()
def _emit(model: Model, options: Options, ways: Mapping[str, str]) -> Source:
    schedule, interface = lower(model, options.dtype, str(options.target))
    if options.target == "c":
        from bpgen.emit.c import emit_c

        return emit_c(schedule, interface, _wanted(schedule, options.dtype, rows_of(model, options.batch), ways))
    from bpgen.emit.numpy import emit_numpy

    return emit_numpy(schedule, interface)


def _wanted(schedule: Schedule, dtype: str, rows: int, ways: Mapping[str, str]) -> dict[str, str]:
    """The ways of the schedule's kernels."""
    if not ways:
        return {}
    from bpgen.emit.c_ways import find_signatures

    signatures = find_signatures(schedule, dtype, rows)
    return {kernel: ways[signature] for kernel, signature in signatures.items() if signature in ways}


def _fingerprint(model: Model) -> str:
    """Of what a network computes: the description without how it is trained."""
    return digest({key: value for key, value in model.description.items() if key not in ("optimizer", "train")})


__all__ = ["SpecError", "build", "choose_target", "derive", "generate", "load", "loads", "lower", "render_derivation"]
