"""`bpgen train`: from a description and a data set to a trained network, with everything written down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bpgen.algebra.errors import CheckpointError, DataError
from bpgen.algebra.records import dataclass
from bpgen.api import build, load, render_derivation
from bpgen.files import write_text
from bpgen.run.data import NAMES, load_dataset
from bpgen.run.fit import evaluate
from bpgen.run.history import History
from bpgen.run.network import Network


@dataclass(frozen=True)
class Trained:
    """loss, accuracy: on the held-out rows (on all rows where nothing is held out: holds_out says which)."""

    network: Network
    history: History
    data: str
    holds_out: bool
    loss: float
    accuracy: float | None
    folder: Path
    code: tuple[Path, ...]

    def lines(self) -> list[str]:
        """What a person wants to know."""
        history, where = self.history, "held-out" if self.holds_out else "all rows'"
        last = f"{history.epochs[-1].loss:.4f}" if history.epochs else "-"
        accuracy = "" if self.accuracy is None else f", {where} accuracy {self.accuracy:.2%}"
        early = " (stopped early)" if history.stopped_early else ""
        return [
            f"{self.network.name} on {self.data}: {len(history.epochs)} epochs{early}, {len(history.losses)} steps of "
            f"{history.batch_size}, {self.network.target}, {self.network.dtype}",
            f"loss {last}, {where} loss {self.loss:.4f}{accuracy}",
            f"step time {history.step_seconds * 1e6:.1f} us (median)",
            f"generated code: {', '.join(map(str, self.code))}",
            f"derivation: {self.folder / 'derivation.tex'}, {self.folder / 'derivation.txt'}",
            f"history and checkpoint: {self.folder / 'history.json'}, {self.folder / 'run.safetensors'}",
        ]

    def as_json(self) -> dict[str, Any]:
        history = self.history
        return {
            "name": self.network.name, "target": self.network.target, "dtype": self.network.dtype, "data": self.data,
            "epochs": len(history.epochs), "steps": len(history.losses), "holds_out": self.holds_out,
            "training_loss": history.epochs[-1].loss if history.epochs else None, "loss": self.loss,
            "accuracy": self.accuracy, "step_seconds": history.step_seconds, "folder": str(self.folder),
            "code": [str(path) for path in self.code],
        }  # fmt: skip


def train_file(
    file: Path, *, data: str | None, target: str | None, dtype: str, epochs: int | None, batch_size: int | None,
    seed: int | None, patience: int | None, resume: Path | None, output: Path, tuned: bool, progress: bool,
) -> Trained:  # fmt: skip
    """Options that are None are the description's [train].  Code and derivation are written before training begins.

    A run that is resumed goes on with the rows that it held out: their seed and share are in its checkpoint.
    Raises DataError where another seed, or another share of the same data, is asked for.
    """
    model = load(file)
    source = data or str(model.train.get("data", ""))
    if not source:
        raise DataError(f"{file} names no data; add --data with {', '.join(NAMES)}, or a .npz or .csv file")
    network = build(model, target, dtype, tuned=tuned)
    run: dict[str, Any] = {"data": source, "seed": seed, "validation": float(model.train["validation"])}
    if resume is not None:
        run = _resumed(resume, network.restore(resume), run)
    if run["seed"] is None:
        run["seed"] = int(model.train["seed"])
    dataset = load_dataset(source, network.interface, run["seed"], run["validation"])
    if resume is None:
        network.init(run["seed"])
    network.check_arrays("step", dataset.train)  # before anything is written
    network.check_arrays("loss", dataset.held_out)
    folder = output / model.name
    code = tuple(folder / name for name in sorted(network.source.files))
    for path in code:
        write_text(path, network.source.files[path.name])
    write_text(folder / "derivation.txt", render_derivation(model, "text"))
    write_text(folder / "derivation.tex", render_derivation(model, "latex"))
    history = network.fit(
        dataset.train, epochs=epochs, batch_size=batch_size, patience=patience, progress=progress,
        validation=dataset.held_out if dataset.holds_out else None,
    )  # fmt: skip
    loss, accuracy = evaluate(network, dataset.held_out)
    write_text(folder / "history.json", history.to_json())
    network.save(folder / "run.safetensors", run)
    return Trained(network, history, dataset.name, dataset.holds_out, loss, accuracy, folder, code)


def _resumed(path: Path, before: Mapping[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """What a run goes on with: the same rows of the same data stay held out, other data may be parted otherwise."""
    if before.get("data") != run["data"]:
        return run
    for key in ("seed", "validation"):
        known, wanted = before.get(key), run[key]
        if isinstance(known, bool) or not isinstance(known, int | float):
            raise CheckpointError(f"{path}: damaged: its run says {known!r} for its {key}")
        if wanted not in (None, known):
            raise DataError(
                f"{path}: its run held out rows of {run['data']} with {key} {known}, not {wanted}; otherwise rows that "
                f"it has trained on would be held out: keep {key} {known}, or begin anew"
            )
    return {**run, "seed": before["seed"]}
