"""Networks of convolutions, pooling, heads and embeddings as NumPy: every program against the brute-force evaluator."""

from __future__ import annotations

import pytest
from test_numpy_module import SGD, check_programs, description, layer, pipeline


def equation(name, text, sizes, parameters=(), **more):
    """A layer of one equation; parameters: their names."""
    given = {"parameters": {p: {"init": "xavier_uniform"} for p in parameters}} if parameters else {}
    return {"name": name, "type": "equation", "equation": text, "sizes": sizes} | given | more


def image(channels, height, width):
    return {"x": {"shape": ["B", channels, height, width]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 3}}


def tokens(length, words):
    token = {"shape": ["B", length], "dtype": "int32", "classes": words}
    return {"token": token, "label": {"shape": ["B"], "dtype": "int32", "classes": 3}}


SCORES = {"type": "cross_entropy", "target": "label"}
TO_SCORES = equation("out", "y[b, o] = sum[c, p, q](x[b, c, p, q] * W[o, c, p, q])", {"o": 3}, ("W",))


def convolution(units, places, window, *, step=1, padding=0, dilation=1):
    """The layer's equation, with as many places as the sizes say."""
    h, w = (f"{step}*{place} + {dilation}*{tap} - {padding}" for place, tap in (("p", "m"), ("q", "n")))
    text = f"y[b, k, p, q] = sum[c, m, n](x[b, c, {h}, {w}] * K[k, c, m, n])"
    return equation(
        "conv", text, {"k": units, "p": places[0], "q": places[1], "m": window, "n": window}, ("K",), activation="tanh"
    )


def pooling(kind, places, window, *, step, padding=0):
    h, w = (f"{step}*{place} + {tap} - {padding}" for place, tap in (("p", "i"), ("q", "j")))
    return equation(
        "pool",
        f"y[b, c, p, q] = {kind}[i, j](x[b, c, {h}, {w}])",
        {"p": places[0], "q": places[1], "i": window, "j": window},
    )


NETWORKS = {
    "convolution, pooling": description(
        image(1, 6, 5), [convolution(2, (4, 3), 3), pooling("max", (2, 1), 2, step=2), TO_SCORES], SCORES, SGD
    ),
    "steps, padding": description(
        image(2, 5, 5), [convolution(2, (3, 3), 3, step=2, padding=1), TO_SCORES], SCORES, SGD
    ),
    "dilation": description(image(1, 6, 5), [convolution(2, (2, 1), 3, dilation=2), TO_SCORES], SCORES, SGD),
    "one pixel": description(image(1, 1, 1), [convolution(1, (1, 1), 1), TO_SCORES], SCORES, SGD),
    "windows that overlap": description(
        image(2, 5, 4), [pooling("max", (3, 2), 3, step=2, padding=1), TO_SCORES], SCORES, SGD
    ),
    "sums of windows": description(
        image(2, 5, 4), [pooling("sum", (3, 2), 3, step=2, padding=1), TO_SCORES], SCORES, SGD
    ),
    "flattened": description(
        image(2, 2, 3),
        [equation("flat", "y[b, j] = x[b, j // 6, j // 3 % 2, j % 3]", {"j": 12}), layer("fc", 3)], SCORES, SGD,
    ),
    "heads": description(
        tokens(3, 4),
        [
            equation("words", "y[b, t, e] = E[token[b, t], e]", {"e": 4, "v": 4}, ()) | {
                "parameters": {"E": {"init": "xavier_uniform", "shape": [4, 4]}}
            },
            equation(
                "mixed",
                "s[b, h, i, j] = sum[e](x[b, i, 2*h + e] * x[b, j, 2*h + e])\n"
                "y[b, i, h, e] = sum[j](s[b, h, i, j] * x[b, j, 2*h + e])",
                {"h": 2, "e": 2},
            ),
            equation("out", "y[b, o] = sum[t, h, e](x[b, t, h, e] * W[o, t, h, e])", {"o": 3}, ("W",)),
        ],
        SCORES, SGD,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(NETWORKS))
def test_programs(name):
    system, _, source = pipeline(NETWORKS[name], "float64")
    check_programs(system, source, "float64")
