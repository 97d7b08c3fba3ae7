"""Optimisers: equations of the user's own, bounds and gathered gradients; each error where it stands."""

from __future__ import annotations

import pytest
from marked_descriptions import HEAD, MSE, ONE_LAYER, PLAIN, require_error

from bpgen.spec.read import reads

NETWORK = HEAD + PLAIN + ONE_LAYER + MSE + "[optimizer]\n"
OWN = NETWORK + "type = 'equation'\n"

CASES = {
    "no equation": (HEAD + PLAIN + ONE_LAYER + MSE + "«[optimizer]»\ntype = 'equation'\n", "missing-key", "equation"),
    "unknown name": (OWN + "equation = 'y[...] = w[...] - lr * «gg»[...]'\n", None, "gg"),
    "unknown name in the second line": (
        OWN + "states = ['m']\n"
        'equation = """\nm_next[...] = m[...] + g[...]\ny[...] = w[...] - «rate» * m[...]"""\n',
        None, "rate",
    ),
    "wrong number of axes": (
        OWN + "equation = 'y[i, j] = «w[i, j]» - lr * g[i, j]'\n", None, "w",
    ),
    "no result": (OWN + "equation = «'u[...] = w[...] - lr * g[...]'»\n", "no-result", "do not define y"),
    "a state that has no next value": (
        OWN + "states = ['m']\nequation = «'y[...] = w[...] - lr * m[...]'»\n", "no-result", "m_next",
    ),
    "the same while gradients are gathered": (
        OWN + "states = ['m']\naccumulate = 2\nequation = «'y[...] = w[...] - lr * m[...]'»\n", None, "m_next",
    ),
    "a state called like the gradient": (
        OWN + "states = [«'g'»]\nequation = 'y[...] = w[...]'\n", "duplicate-name", "its gradient",
    ),
    "a setting called like a state": (
        OWN + "states = ['m']\nsettings = { «m» = 1 }\nequation = 'y[...] = w[...]; m_next[...] = m[...]'\n",
        "duplicate-name", "one of the states",
    ),
    "a setting that is a text": (
        OWN + "settings = { k = «'1'» }\nequation = 'y[...] = w[...]'\n", "wrong-type", '"k"',
    ),
    "states of a text": (OWN + "states = «'m'»\nequation = 'y[...] = w[...]'\n", "wrong-type", "a list of names"),
    "a state of a keyword": (OWN + "states = [«'int'»]\nequation = 'y[...] = w[...]'\n", "name", "keyword of C"),
    "no steps to gather": (NETWORK + "type = 'sgd'\naccumulate = «0»\n", "wrong-value", "at least 1"),
    "half a step to gather": (NETWORK + "type = 'sgd'\naccumulate = «1.5»\n", "wrong-type", "an integer"),
    "a bound below 0": (NETWORK + "type = 'sgd'\nclip_norm = «-1.0»\n", "wrong-value", "at least 0"),
    "near a bound": (NETWORK + "type = 'sgd'\n«clip_nrom» = 1.0\n", "unknown-key", 'did you mean "clip_norm"?'),
    "a warm-up that never ends": (
        NETWORK + "type = 'sgd'\nschedule = { type = 'warmup_cosine', warmup = «10», steps = 10 }\n",
        "wrong-value", "as long as the whole schedule",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_wrong_update_is_pointed_at(case: str) -> None:
    require_error(*CASES[case])


def test_an_equation_of_the_users_own() -> None:
    text = "states = ['m']\nsettings = { beta = 0.9 }\n"
    text += "equation = 'm_next[...] = beta * m[...] + g[...]; y[...] = w[...] - m_next[...]'\n"
    optimizer = reads(OWN + text).optimizer
    assert optimizer is not None and optimizer.type == "equation"
    assert optimizer.options["states"] == ("m",) and optimizer.options["beta"] == 0.9
