"""Descriptions to begin with: `bpgen new`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from bpgen.algebra.errors import BpgenError

_CLASSIFIER = """
[inputs]
x = {{ shape = ["B", 64] }}                              # "B" is the batch
label = {{ shape = ["B"], dtype = "int32", classes = 10 }}

{layers}
[loss]
type = "cross_entropy"                                 # softmax and negative log-likelihood
target = "label"

[optimizer]
type = "{optimizer}"
lr = {rate}

[train]                                                # defaults of `bpgen train`
data = "digits"
batch_size = 32
epochs = 30
"""

_MLP_LAYERS = """[[layers]]
name = "fc1"
type = "linear"
units = 128
activation = "relu"

[[layers]]
name = "fc2"                                           # reads the layer before it
type = "linear"
units = 10
"""

_LOGISTIC_LAYERS = """[[layers]]
name = "fc"
type = "linear"
units = 10
"""

_AUTOENCODER = """
[inputs]
x = { shape = ["B", 64] }                              # "B" is the batch

[[layers]]
name = "encoder"
type = "linear"
units = 16
activation = "relu"

[[layers]]
name = "decoder"                                       # reads the layer before it
type = "linear"
units = 64
activation = "sigmoid"

[loss]
type = "mse"
target = "x"                                           # what came in is what should come out

[optimizer]
type = "adam"
lr = 0.003

[train]                                                # defaults of `bpgen train`
data = "digits"
batch_size = 32
epochs = 30
"""

STARTERS = {
    "mlp": ("a classifier with one hidden layer", _CLASSIFIER.format(layers=_MLP_LAYERS, optimizer="adam", rate=0.003)),
    "autoencoder": ("an encoder and a decoder", _AUTOENCODER),
    "logistic": ("logistic regression", _CLASSIFIER.format(layers=_LOGISTIC_LAYERS, optimizer="adam", rate=0.01)),
}
PLANNED_STARTERS = ("cnn", "lstm", "transformer")


def starter(kind: str, name: str) -> str:
    """A description's text, with a first line that points editors at the format's JSON Schema."""
    if kind in PLANNED_STARTERS:
        raise BpgenError(f"{kind}: its layers are not in this version; there are {', '.join(STARTERS)}")
    if kind not in STARTERS:
        near = get_close_matches(kind, STARTERS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ";"
        raise BpgenError(f"no starter {kind!r}{hint} there are {', '.join(STARTERS)}")
    meaning, body = STARTERS[kind]
    schema = (Path(__file__).resolve().parent / "spec" / "schema.json").as_uri()
    return f'#:schema {schema}\n# {meaning[0].upper()}{meaning[1:]}.\nbpgen = 1\nname = "{name}"\n{body}'
