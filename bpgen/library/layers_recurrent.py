"""Recurrent layers: a state that is read at the time before (or, backwards, the time after).

Parameters, their layouts and the order of the gates are PyTorch's: weight_ih_l0 [gates * H, I], weight_hh_l0
[gates * H, H], bias_ih_l0, bias_hh_l0; _l1 for the second layer, _reverse for what runs backwards.

With `carry`, `step` leaves the last states for the next batch, whose first states they are, row for row, with no
gradient through them: truncated back-propagation through time (Williams and Peng, 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bpgen.library.layer import Fit, Layer, Misfit, Operand, Options, extents
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

# What a cell does at time t, in one layer and direction N.  u is the input's part, computed for all times before;
# PAST is t - 1, or t + 1 backwards.
RNN = """
hN[b, t, j] = {nonlinearity=relu: relu | tanh}(uN[b, t, j] + sum[k](hN[b, PAST, k] * RN[j, k]) RECURRENT[j])
"""
# Gates r, z, n; Cho et al. (2014), with the reset behind the product, as cuDNN and PyTorch have it.
GRU = """
vN[b, t, m] = sum[k](hN[b, PAST, k] * RN[m, k]) RECURRENT[m]
rN[b, t, j] = sigmoid(uN[b, t, 0*H + j] + vN[b, t, 0*H + j])
zN[b, t, j] = sigmoid(uN[b, t, 1*H + j] + vN[b, t, 1*H + j])
nN[b, t, j] = tanh(uN[b, t, 2*H + j] + rN[b, t, j] * vN[b, t, 2*H + j])
hN[b, t, j] = (1 - zN[b, t, j]) * nN[b, t, j] + zN[b, t, j] * hN[b, PAST, j]
"""
# Gates i, f, g, o; Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).
LSTM = """
vN[b, t, m] = uN[b, t, m] + sum[k](hN[b, PAST, k] * RN[m, k]) RECURRENT[m]
iN[b, t, j] = sigmoid(vN[b, t, 0*H + j])
fN[b, t, j] = sigmoid(vN[b, t, 1*H + j])
gN[b, t, j] = tanh(vN[b, t, 2*H + j])
oN[b, t, j] = sigmoid(vN[b, t, 3*H + j])
cN[b, t, j] = fN[b, t, j] * cN[b, PAST, j] + iN[b, t, j] * gN[b, t, j]
qN[b, t, j] = tanh(cN[b, t, j])
hN[b, t, j] = oN[b, t, j] * qN[b, t, j]
"""
KEPT = "kept"
INPUT = "uN[b, t, m] = SUMS INPUT[m]"


def _directions(options: Options) -> list[tuple[int, int]]:
    """(layer, 1 for backwards) of every cell, in PyTorch's order."""
    return [(n, d) for n in range(options["layers"]) for d in range(2 if options["bidirectional"] else 1)]


def _suffix(layer: int, backwards: int) -> str:
    return f"_l{layer}_reverse" if backwards else f"_l{layer}"


def _letter(layer: int, backwards: int, options: Options) -> str:
    """What the names of a cell's tensors end in: nothing where there is one cell."""
    if len(_directions(options)) == 1:
        return ""
    return f"{layer}{'b' if backwards else ''}"


def _text(cell: str, states: Sequence[str]) -> Callable[[Options, Sequence[Operand]], str]:
    def text(options: Options, operands: Sequence[Operand]) -> str:
        lines: list[str] = []
        for place, (layer, backwards) in enumerate(_directions(options)):
            name, past = _letter(layer, backwards, options), "t + 1" if backwards else "t - 1"
            if options["carry"]:
                lines += [f"{state}{name}[b, -1, j] = {state}{KEPT}{name}[b, j]" for state in states]
            lines += _starts(name, "T" if backwards else "-1", place, states, operands[1:])
            lines.append(_cell(cell, options, layer, name).replace("PAST", past))
            if options["carry"]:
                lines += [f"{state}{KEPT}{name}_next[b, j] = {state}{name}[b, T - 1, j]" for state in states]
        return "\n".join([*lines, _result(options)])

    return text


def _cell(cell: str, options: Options, layer: int, name: str) -> str:
    """The equations of one layer and direction; it reads x, or both directions of the layer below."""
    below = [_letter(n, d, options) for n, d in _directions(options) if n == layer - 1]
    halves = [f"sum[k](h{state}[b, t, k] * W{name}[m, {n}*H + k])" for n, state in enumerate(below)]
    sums = " + ".join(halves) or f"sum[d](x[b, t, d] * W{name}[m, d])"
    text = (INPUT.replace("SUMS", sums) + cell).replace("INPUT", f"+ a{name}" if options["bias"] else "INPUT")
    text = text.replace("RECURRENT", f"+ e{name}" if options["bias"] is True else "RECURRENT")
    for absent in ("INPUT[m]", "RECURRENT[m]", "RECURRENT[j]"):
        text = text.replace(absent, "")
    return text.replace("N[", f"{name}[")


def _starts(name: str, time: str, place: int, states: Sequence[str], given: Sequence[Operand]) -> list[str]:
    """The boundary lines, where initial states are read: [B, H], or [B, layers * directions, H]."""
    lines = []
    for n, (state, operand) in enumerate(zip(states, given, strict=False)):
        at = "b, j" if len(operand.shape) == 2 else f"b, {place}, j"
        lines.append(f"{state}{name}[b, {time}, j] = x{n + 2}[{at}]")
    return lines


def _result(options: Options) -> str:
    """Both directions side by side; with `last`, each where it has read everything."""
    top = [_letter(n, d, options) for n, d in _directions(options) if n == options["layers"] - 1]
    places = [("T - 1", "0")[n] if options["last"] else "t" for n in range(len(top))]
    axes = "b" if options["last"] else "b, t"
    terms = [f"h{name}[b, {at}, o - {n}*H]" for n, (name, at) in enumerate(zip(top, places, strict=True))]
    if len(top) == 1:
        return f"y[{axes}, j] = h{top[0]}[b, {places[0]}, j]"
    return f"y[{axes}, o] = {' + '.join(terms)}"


def _fit(gates: int, kind: str) -> Callable[[Options, Sequence[Operand]], Fit]:
    def fit(options: Options, operands: Sequence[Operand]) -> Fit:
        x, *states = operands
        if len(x.shape) != 3 or x.shape[0] != "B":
            raise Misfit(f'reads {x}, which should be ["B", time, features]', f"{kind} reads a sequence a row")
        time, features = extents(x, 2, "time, features")
        units, cells = options["units"], _directions(options)
        _check_carry(kind, options, states)
        for state in states:
            wanted = [("B", len(cells), units), *([("B", units)] if len(cells) == 1 else [])]
            if state.shape not in wanted:
                shown = f'["B", {units}]' if len(cells) == 1 else f'["B", {len(cells)}, {units}]'
                message = f"begins with {state}, which should be {shown}"
                raise Misfit(message, "one state a row for every layer and direction")
        wide = units * (2 if options["bidirectional"] else 1)
        sizes = {"d": features, "j": units, "k": units, "t": time, "m": gates * units}
        sizes |= {"o": wide} if len(cells) > 1 else {}
        result = ("B", wide) if options["last"] else ("B", time, wide)
        return Fit(result, sizes | {"H": units, "T": time, "wide": wide})

    return fit


def _check_carry(kind: str, options: Options, states: Sequence[Operand]) -> None:
    if options["carry"] and options["bidirectional"]:
        message = "carries its states, and runs backwards too: backwards nothing goes on from the batch before"
        raise Misfit(message, "take bidirectional or carry away", option="carry", code="wrong-value")
    if options["carry"] and states:
        message = f"carries its states, and reads {states[0]} to begin with"
        raise Misfit(message, f"{kind} begins with what it reads, or with what it carries", option="carry")


def _kept(states: str) -> Callable[[Options], tuple[ParameterRule, ...]]:
    def kept(options: Options) -> tuple[ParameterRule, ...]:
        names = {"h": "hidden", "c": "cell"}
        return tuple(
            ParameterRule(
                f"{state}{KEPT}{_letter(*cell, options)}", f"{names[state]}{_suffix(*cell)}", "zeros", (), symbol=state
            )
            for cell in _directions(options)
            for state in states
            if options["carry"]
        )

    return kept


def _rules(gates: str) -> Callable[[Options], tuple[ParameterRule, ...]]:
    def rules(options: Options) -> tuple[ParameterRule, ...]:
        found: list[ParameterRule] = []
        bound = options["units"] ** -0.5
        uniform = (("low", -bound), ("high", bound))
        for layer, backwards in _directions(options):
            name, suffix = _letter(layer, backwards, options), _suffix(layer, backwards)
            below = "wide" if layer else "d"
            parts = [("W", "weight_ih", f"{gates} {below}"), ("R", "weight_hh", f"{gates} k")]
            parts += [("a", "bias_ih", gates)] if options["bias"] else []
            parts += [("e", "bias_hh", gates)] if options["bias"] is True else []
            symbols = {"W": "W", "R": "U", "a": "b", "e": "c"}
            found += [
                ParameterRule(f"{letter}{name}", f"{full}{suffix}", "uniform", uniform, axes=axes,
                              symbol=symbols[letter])
                for letter, full, axes in parts
            ]  # fmt: skip
        return tuple(found)

    return rules


_OPTIONS = (
    Option("units", "size", meaning="extent H of the state"),
    Option("layers", "integer", 1, "layers above each other", minimum=1),
    Option("bidirectional", "boolean", False, "whether each layer also runs backwards through time"),
    Option("bias", "choice", True, "PyTorch's two biases, one, or none", choices=(True, "single", False)),
    Option("last", "boolean", False, "whether only the last state comes out, [B, H]"),
    Option("carry", "boolean", False, "whether each step goes on from the states of the step before, row for row"),
)

RECURRENT: dict[str, Layer] = {
    # Elman (1990).
    "rnn": Layer(
        _text(RNN, "h"),
        options=(
            *_OPTIONS,
            Option("nonlinearity", "choice", "tanh", "what the state goes through", choices=("tanh", "relu")),
        ),
        parameters=_rules("m"),
        states=_kept("h"),
        fit=_fit(1, "rnn"),
        inputs=(1, 2),
        symbol="h",
        meaning="a recurrent layer; a second input is the initial state",
    ),
    "gru": Layer(
        _text(GRU, "h"),
        options=_OPTIONS,
        parameters=_rules("m"),
        states=_kept("h"),
        fit=_fit(3, "gru"),
        inputs=(1, 2),
        symbol="h",
        meaning="a gated recurrent layer; a second input is the initial state",
    ),
    "lstm": Layer(
        _text(LSTM, "hc"),
        options=_OPTIONS,
        parameters=_rules("m"),
        states=_kept("hc"),
        fit=_fit(4, "lstm"),
        inputs=(1, 3),
        symbol="h",
        meaning="long short-term memory; further inputs are the initial states h and c",
    ),
}  # fmt: skip
