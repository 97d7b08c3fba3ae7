"""Recurrent layers and attention, against PyTorch's modules: their state_dict fits by name."""

from __future__ import annotations

from functools import partial

from catalogue_runner import LayerRow, torch

NN = torch.nn
MAKERS = {"rnn": NN.RNN, "gru": NN.GRU, "lstm": NN.LSTM}


def state_of(module, states):
    """Initial states as PyTorch wants them: [layers * directions, B, H]."""
    if not states:
        return ()
    turned = [(state if state.dim() == 3 else state[:, None]).transpose(0, 1).contiguous() for state in states]
    return (tuple(turned) if isinstance(module, NN.LSTM) else turned[0],)


def whole(module, x, *states):
    return module(x, *state_of(module, states))[0]


def final(module, x, *states):
    """The last state of the last layer, both directions beside each other."""
    found = module(x, *state_of(module, states))[1]
    found = found[0] if isinstance(module, NN.LSTM) else found
    directions = 2 if module.bidirectional else 1
    return torch.cat(list(found[-directions:]), -1)


def recurrent(kind, time, features, units, states=(), *, batch=3, **options):
    given = {key: options[key] for key in ("bidirectional", "nonlinearity") if key in options}
    module = partial(
        MAKERS[kind],
        features,
        units,
        options.get("layers", 1),
        batch_first=True,
        bias=options.get("bias", True),
        **given,
    )
    wide = units * (2 if options.get("bidirectional") else 1)
    last = options.get("last")
    return LayerRow(
        kind, {"units": units, **options}, ((time, features), *states), (wide,) if last else (time, wide),
        final if last else whole, module, batch,
    )  # fmt: skip


def single(kind, gates):
    """One bias for two: the other one is 0, and of gru's parts none is inside the reset."""

    def reference(x, **own):
        module = MAKERS[kind](x.shape[-1], 2, batch_first=True).double()
        values = {**own, "bias_hh_l0": torch.zeros(gates * 2, dtype=x.dtype)}
        return stateless(module, values, x)

    return LayerRow(kind, {"units": 2, "bias": "single"}, ((3, 2),), (3, 2), reference)


def stateless(module, values, x):
    return torch.func.functional_call(module, values, (x,))[0]


def variants(kind, count):
    states = lambda *shape: (shape,) * count  # noqa: E731
    return [
        recurrent(kind, 4, 3, 2),
        recurrent(kind, 3, 2, 2, bias=False),
        recurrent(kind, 3, 2, 3, layers=2),
        recurrent(kind, 3, 2, 2, bidirectional=True),
        recurrent(kind, 3, 3, 3, states(3)),
        recurrent(kind, 3, 2, 2, states(4, 2), layers=2, bidirectional=True),
        recurrent(kind, 3, 2, 2, states(2), last=True),
        recurrent(kind, 3, 2, 2, bidirectional=True, last=True),
        recurrent(kind, 1, 1, 1, batch=1),
    ]


def attend(module, *inputs):
    """inputs: query; query and keys with values; query, keys and values."""
    query, key, value = (*inputs, *inputs[-1:] * 2)[:3] if len(inputs) < 3 else inputs
    return module(query, key, value, need_weights=False)[0]


def causal(module, x):
    mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    return module(x, x, x, attn_mask=mask, need_weights=False)[0]


def attention(heads, inputs, reference=attend, *, batch=3, **options):
    width = inputs[0][1]
    module = partial(NN.MultiheadAttention, width, heads, batch_first=True, bias=options.get("bias", True))
    keys = {"heads": heads, **options}
    return LayerRow("attention", keys, inputs, inputs[0], reference, module, batch)


def padded(module, *inputs):
    """The last input is 0 where a key is padding; the first key of each row always counts."""
    *inputs, mask = inputs
    query, key, value = (*inputs, *inputs[-1:] * 2)[:3]
    return module(query, key, value, key_padding_mask=mask == 0, need_weights=False)[0]


LAYERS = [
    *variants("rnn", 1),
    recurrent("rnn", 3, 2, 2, nonlinearity="relu"),
    single("rnn", 1),
    *variants("gru", 1),
    single("gru", 3),
    *variants("lstm", 2),
    single("lstm", 4),
    attention(1, ((3, 4),)),
    attention(2, ((3, 4),)),
    attention(2, ((4, 4),), causal, causal=True),
    attention(2, ((19, 12),), causal, causal=True),
    attention(2, ((3, 4), (2, 4))),
    attention(4, ((2, 4), (3, 4), (3, 4)), bias=False),
    attention(1, ((1, 1),), batch=1),
    attention(2, ((3, 4), ((3,), {"facts": ["mask"]})), padded, mask=True),
    attention(2, ((2, 4), (3, 4), ((3,), {"facts": ["mask"]})), padded, mask=True),
]
