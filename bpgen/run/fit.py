"""The training loop.  Python gathers rows, and many steps are one call; their losses and times are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from bpgen.algebra.errors import BpgenError, DataError
from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Interface
from bpgen.run.arrays import Array, random_generator
from bpgen.run.backend import Ring
from bpgen.run.data import HELD_OUT, Dataset, load_dataset, roles
from bpgen.run.history import Epoch, History
from bpgen.run.metrics import hits
from bpgen.run.steps import Pace

if TYPE_CHECKING:
    from bpgen.run.network import Network

ROOM = 4_000_000  # bytes of rows that are gathered at a time, where more than one batch fits
EVALUATION_ROWS = 256  # rows a call when the held-out data are looked at
DEFAULTS = {"epochs": 10, "batch_size": 64, "shuffle": True, "patience": 0, "seed": 0, "validation": HELD_OUT}

Callback = Callable[["Network", Epoch], None]


def fit(
    network: Network,
    data: Dataset | Mapping[str, Any] | str | Path,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    validation: Mapping[str, Any] | float | None = None,
    shuffle: bool | None = None,
    seed: int | None = None,
    patience: int | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
) -> History:
    """Train for some epochs, and return what happened.

    data: arrays by input name; a Dataset, or the name or file of one, brings its own validation
    validation: arrays by input name, or the share of a named data set or file that is held out
    epochs, batch_size, shuffle, patience: the description's [train] unless given; the last batch of an epoch
        may be smaller
    seed: begin the random order of the rows anew; without it the order goes on where it stood, so that a
        restored network continues as if it had never stopped
        A network that carries states from step to step takes the rows for one sequence, row n + 1 going on from
        row n: it is cut into batch_size lanes, each batch has the next row of every lane, rows that fill no batch at
        the end are left out, nothing is shuffled, and every epoch begins with states of 0 (so does what follows fit)
    patience: stop after so many epochs without a lower validation loss (training loss, without validation);
        0 never does
    callbacks: called after each epoch with the network and the epoch's record
    Raises ArrayError for arrays that do not fit, BpgenError where the loss becomes infinite or NaN.
    """
    defaults = {**DEFAULTS, **(network.description.train or {})}
    shuffle = _shuffles(network, defaults["shuffle"], shuffle)
    patience = _whole("patience", defaults["patience"] if patience is None else patience, 0)
    epochs = _whole("epochs", defaults["epochs"] if epochs is None else epochs, 0)
    batch_size = _whole("batch_size", defaults["batch_size"] if batch_size is None else batch_size, 1)
    if isinstance(validation, int | float):
        if not isinstance(data, str | Path):
            raise DataError(
                "validation: a share is for a named data set or a file; with arrays, give arrays by input name"
            )
        defaults["validation"], validation = float(validation), None
    if isinstance(data, str | Path):
        data = load_dataset(data, network.interface, int(defaults["seed"]), float(defaults["validation"]))
    if isinstance(data, Dataset):
        validation = data.held_out if validation is None else validation
        data = data.train
    if not isinstance(data, Mapping):
        raise DataError(f"expected arrays by input name, or the name of a data set, got {type(data).__name__}")
    if seed is not None:
        network.random = random_generator(seed)
    batches = Batches(network, data, batch_size)
    history = History(network.name, batch_size)
    best, waited = math.inf, 0
    with _bar(progress, epochs) as advance:
        for number in range(1, epochs + 1):
            order = network.random.permutation(batches.rows) if shuffle else batches.order
            epoch = _run_epoch(network, batches.run(order), history, number, validation)
            history.epochs.append(epoch)
            advance(epoch)
            for callback in callbacks:
                callback(network, epoch)
            judged = epoch.loss if epoch.validation_loss is None else epoch.validation_loss
            best, waited = (judged, 0) if judged < best else (best, waited + 1)
            if patience and waited >= patience:
                history.stopped_early = True
                break
    network.reset_state()  # what comes next does not follow the data
    return history


def _shuffles(network: Network, usual: Any, wanted: bool | None) -> bool:
    if not network.interface.carried:
        return bool(usual) if wanted is None else wanted
    if wanted:
        raise DataError(f"shuffle: {network.name} carries states from batch to batch, so the order of rows stays")
    return False


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DataError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)


@dataclass(frozen=True)
class Steps:
    """Steps made in one call: their losses, the rows of each, and the seconds of all."""

    losses: list[float]
    batch: int
    seconds: float


class Batches:
    """The rows of the data, gathered into arrays of many batches, on which steps are then made in one call.

    order: of the rows, where they are not shuffled
    """

    def __init__(self, network: Network, data: Mapping[str, Any], batch_size: int) -> None:
        _require_batch_first(network.interface, data)
        entry, self._arrays, self.rows = network.check_arrays("step", data)
        if network.interface.step_rows is None:
            raise DataError("fit goes through the rows of the data: the batch may not be a second axis of an input")
        self.size = min(batch_size, self.rows)
        network.reserve(self.size)
        if entry.carries:
            self.rows -= self.rows % self.size
        self.order = lanes(self.rows, self.size) if entry.carries else np.arange(self.rows)
        self._network, self._entry, self._pace = network, entry, Pace()
        a_batch = sum(array[: self.size].nbytes for array in self._arrays)
        self._most = max(1, ROOM // max(1, a_batch))  # batches that are gathered at a time
        self._room = [np.empty((0, *array.shape[1:]), array.dtype) for array in self._arrays]

    def run(self, order: Array) -> Iterator[Steps]:
        """A step for each batch of the rows in this order, many at a time."""
        whole = self.rows // self.size
        done = 0
        while done < whole:
            count = min(self._pace.count, self._most, whole - done)
            steps = self._steps(order[done * self.size : (done + count) * self.size], self.size, count)
            self._pace.took(len(steps.losses), steps.seconds)
            done += count
            yield steps
        if self.rows % self.size:
            yield self._steps(order[whole * self.size :], self.rows % self.size, 1)

    def _steps(self, chosen: Array, batch: int, count: int) -> Steps:
        """Steps on the chosen rows, until a loss is not finite."""
        if len(self._room) and len(self._room[0]) < len(chosen):
            self._room = [np.empty((len(chosen), *array.shape[1:]), array.dtype) for array in self._arrays]
        rows = [room[: len(chosen)] for room in self._room]
        for array, room in zip(self._arrays, rows, strict=True):
            np.take(array, chosen, axis=0, out=room, mode="clip")
        self._network.carried.admit(self._entry, batch)
        losses = np.empty(count)
        begin = perf_counter()
        made = self._network.backend.steps(rows, batch, Ring(0, count), losses)
        return Steps(losses[:made].tolist(), batch, perf_counter() - begin)


def lanes(rows: int, count: int) -> Array:
    """Consecutive rows as lanes beside each other: 6 rows in 2 lanes are 0, 3 / 1, 4 / 2, 5."""
    return np.arange(rows).reshape(count, rows // count).T.reshape(-1)


def _require_batch_first(interface: Interface, data: Mapping[str, Any]) -> None:
    features, targets = roles(interface)
    for item in (*features, *targets):
        if item.name in data and item.shape[:1] != ("B",):
            raise DataError(f"fit goes through the rows of the data: {item.name} needs the batch as its first axis")


def _run_epoch(
    network: Network, calls: Iterable[Steps], history: History, number: int, validation: Mapping[str, Any] | None
) -> Epoch:
    begin = perf_counter()
    total, rows = 0.0, 0
    network.reset_state()  # the beginning of the data follows nothing
    for steps in calls:
        history.losses += steps.losses
        history.times += [steps.seconds / len(steps.losses)] * len(steps.losses)
        last = steps.losses[-1]
        if not math.isfinite(last):
            raise BpgenError(
                f"the loss of {network.name} became {last} at step {len(history.losses)} (epoch {number}): "
                f"the learning rate may be too high{_rate(network)}"
            )
        for loss in steps.losses:
            total += loss * steps.batch
            rows += steps.batch
    seconds = perf_counter() - begin
    held_loss, accuracy = evaluate(network, validation) if validation else (None, None)
    return Epoch(number, total / rows, held_loss, accuracy, seconds)


def _rate(network: Network) -> str:
    return f' (net.settings["lr"] is {network.settings["lr"]:g})' if "lr" in network.settings else ""


def evaluate(network: Network, data: Mapping[str, Any]) -> tuple[float, float | None]:
    """The mean loss over the rows of the data, and the accuracy where the network classifies.

    States that are carried from step to step are 0 for each of them, and go on afterwards as if nothing had been.
    """
    with network.carried.aside():
        return _evaluate(network, data)


def _evaluate(network: Network, data: Mapping[str, Any]) -> tuple[float, float | None]:
    metric = network.description.metric
    _require_batch_first(network.interface, data)
    entry, checked, rows = network.check_arrays("loss", data)
    arrays = dict(zip(entry.inputs, checked, strict=True))
    total, right, count = 0.0, 0, 0
    size = min(EVALUATION_ROWS, network.limit or EVALUATION_ROWS)
    for start in range(0, rows, size):
        part = {name: array[start : start + size] for name, array in arrays.items()}
        stop = min(start + size, rows)
        total += network.loss(part) * (stop - start)
        if metric is not None:
            output = network.forward(part)
            outputs = output if isinstance(output, dict) else {metric.output: output}
            found, asked = hits(metric, outputs, part)
            right, count = right + found, count + asked
    return total / rows, right / count if count else None


@contextmanager
def _bar(show: bool, epochs: int) -> Iterator[Callable[[Epoch], None]]:
    if not show or not epochs:
        yield lambda epoch: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("loss ...", total=epochs)
        yield lambda epoch: bar.update(task, advance=1, description=str(epoch))
