"""What happened in training: a loss and a time for every step, a record for every epoch."""

from __future__ import annotations

import json
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Epoch:
    """loss: mean over the epoch's rows, each at its own step; validation after the epoch; seconds of its steps."""

    number: int
    loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float

    def __str__(self) -> str:
        parts = [f"loss {self.loss:.4f}"]
        if self.validation_loss is not None:
            parts.append(f"held out {self.validation_loss:.4f}")
        if self.validation_accuracy is not None:
            parts.append(f"accuracy {self.validation_accuracy:.2%}")
        return ", ".join(parts)


@dataclass
class History:
    """losses, times: of every step, times in seconds, for those of one call their mean; epochs: in order."""

    name: str
    batch_size: int
    losses: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    stopped_early: bool = False

    @property
    def step_seconds(self) -> float:
        """The median time of a step; 0 where there was none."""
        ordered = sorted(self.times)
        return ordered[len(ordered) // 2] if ordered else 0.0

    def to_json(self) -> str:
        content: dict[str, Any] = {
            "name": self.name,
            "batch_size": self.batch_size,
            "stopped_early": self.stopped_early,
            "step_seconds": self.step_seconds,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "losses": self.losses,
        }
        return json.dumps(content, indent=1)

    def plot(self, path: str | Path | None = None) -> Any:
        """Losses over the epochs, as a matplotlib figure; saved where a path is given."""
        try:
            from matplotlib.figure import Figure
        except ImportError as failure:
            raise BpgenError("History.plot needs matplotlib: pip install 'bpgen[plot]'") from failure
        figure = Figure(figsize=(7, 4))
        axes = figure.add_subplot()
        numbers = [epoch.number for epoch in self.epochs]
        axes.plot(numbers, [epoch.loss for epoch in self.epochs], label="training loss")
        held_out = [epoch.validation_loss for epoch in self.epochs if epoch.validation_loss is not None]
        if held_out:
            axes.plot(numbers, held_out, label="held-out loss")
        axes.set(xlabel="epoch", ylabel="loss", title=self.name)
        axes.legend()
        if path is not None:
            figure.savefig(path)
        return figure
