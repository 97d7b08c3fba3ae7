"""Training or inference: what a layer's text is built for."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sympy
from sympy import Expr

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor

WORD = "training"


@dataclass(frozen=True)
class Mode:
    """training: what the name `training` stands for; random: the seed and the step of random(...)."""

    training: bool = True
    random: tuple[Tensor, Tensor] | None = None

    @property
    def constants(self) -> Mapping[str, Expr]:
        return {WORD: sympy.Integer(int(self.training))}


TRAINING = Mode()


def speaks_of_training(text: str) -> bool:
    """Whether a text may come to different equations in the two modes."""
    return re.search(rf"\b{WORD}\b", text) is not None
