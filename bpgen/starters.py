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

_CNN = """
[inputs]
x = { shape = ["B", 1, 8, 8] }                         # channels, height, width
label = { shape = ["B"], dtype = "int32", classes = 10 }

[[layers]]
name = "conv1"
type = "conv2d"
channels = 16
kernel = 3
padding = 1
activation = "relu"

[[layers]]
name = "pool1"
type = "maxpool2d"
kernel = 2

[[layers]]
name = "conv2"
type = "conv2d"
channels = 32
kernel = 3
padding = 1
activation = "relu"

[[layers]]
name = "pool2"
type = "global_avgpool2d"

[[layers]]
name = "head"
type = "linear"
units = 10

[loss]
type = "cross_entropy"
target = "label"

[optimizer]
type = "adam"
lr = 0.003

[train]                                                # defaults of `bpgen train`
data = "digits"
batch_size = 32
epochs = 30
"""

_TEXT = """
[inputs]
token = {{ shape = ["B", "T"], dtype = "int32", classes = "V" }}
next = {{ shape = ["B", "T"], dtype = "int32", classes = "V" }}   # each token's successor

{layers}
[loss]
type = "cross_entropy"
target = "next"

[optimizer]
type = "adam"
lr = 0.003

[train]                                                # defaults of `bpgen train`
data = "pydoc"
batch_size = 32
epochs = 3
"""

_LSTM_LAYERS = """[[layers]]
name = "embed"
type = "embedding"
units = 32

[[layers]]
name = "lstm"
type = "lstm"
units = 128

[[layers]]
name = "head"
type = "linear"
units = "V"
"""

_TRANSFORMER_LAYERS = """[[layers]]
name = "embed"
type = "embedding"
units = "D"

[[layers]]
name = "places"
type = "positional_embedding"

[[layers]]
name = "body"
type = "block"                                         # the layers of [blocks.decoder], twice
block = "decoder"
repeat = 2

[[layers]]
name = "norm"
type = "layernorm"

[[layers]]
name = "head"
type = "linear"
units = "V"

[blocks.decoder]
layers = [
  { name = "norm1", type = "layernorm" },
  { name = "attention", type = "attention", heads = 4, causal = true },
  { name = "sum1", type = "add", inputs = ["input", "attention"] },  # "input" is what the block reads
  { name = "norm2", type = "layernorm" },
  { name = "wide", type = "linear", units = "W", activation = "gelu" },
  { name = "narrow", type = "linear", units = "D" },
  { name = "sum2", type = "add", inputs = ["sum1", "narrow"] },
]
"""

_SEQ2SEQ = """
[inputs]
source = { shape = ["B", 8], dtype = "int32", classes = 10 }
shifted = { shape = ["B", 8], dtype = "int32", classes = 11 }  # what the decoder has said so far, behind a start
target = { shape = ["B", 8], dtype = "int32", classes = 10 }

[[layers]]
name = "embed_source"
type = "embedding"
input = "source"
units = 32

[[layers]]
name = "encoder"
type = "gru"
units = 32
bidirectional = true

[[layers]]
name = "embed_target"
type = "embedding"
input = "shifted"
units = 64

[[layers]]
name = "decoder"
type = "gru"
units = 64

[[layers]]
name = "attention"                                     # the decoder asks the encoder
type = "attention"
inputs = ["decoder", "encoder"]
heads = 2

[[layers]]
name = "both"
type = "concat"
inputs = ["decoder", "attention"]

[[layers]]
name = "head"
type = "linear"
units = 10

[loss]
type = "cross_entropy"
target = "target"

[optimizer]
type = "adam"
lr = 0.003

[train]                                                # defaults of `bpgen train`
data = "reverse"
batch_size = 64
epochs = 20
"""

STARTERS = {
    "mlp": ("a classifier with one hidden layer", _CLASSIFIER.format(layers=_MLP_LAYERS, optimizer="adam", rate=0.003)),
    "cnn": ("a convolutional classifier of images", _CNN),
    "lstm": (
        "a model of text, character by character",
        "sizes = { T = 64, V = 96 }\n" + _TEXT.format(layers=_LSTM_LAYERS),
    ),
    "transformer": (
        "a causal transformer over text",
        "sizes = { T = 64, V = 96, D = 64, W = 256 }\n" + _TEXT.format(layers=_TRANSFORMER_LAYERS),
    ),
    "seq2seq": ("an encoder and a decoder with attention", _SEQ2SEQ),
    "autoencoder": ("an encoder and a decoder", _AUTOENCODER),
    "logistic": ("logistic regression", _CLASSIFIER.format(layers=_LOGISTIC_LAYERS, optimizer="adam", rate=0.01)),
}

SCHEMA = "bpgen.schema.json"


def schema_text() -> str:
    """The JSON Schema of a description."""
    return (Path(__file__).resolve().parent / "spec" / "schema.json").read_text(encoding="utf-8")


def starter(kind: str, name: str) -> str:
    """A description's text, with a first line that points editors at the format's JSON Schema, SCHEMA beside it."""
    if kind not in STARTERS:
        near = get_close_matches(kind, STARTERS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ";"
        raise BpgenError(f"no starter {kind!r}{hint} there are {', '.join(STARTERS)}")
    meaning, body = STARTERS[kind]
    return f'#:schema ./{SCHEMA}\n# {meaning[0].upper()}{meaning[1:]}.\nbpgen = 1\nname = "{name}"\n{body}'
