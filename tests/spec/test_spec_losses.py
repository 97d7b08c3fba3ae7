"""Losses: penalties, teachers, labels that are ignored; each error where it stands."""

from __future__ import annotations

import numpy as np
import pytest
from marked_descriptions import HEAD, INPUTS, MSE, ONE_LAYER, PLAIN, require_error

import bpgen
from bpgen.algebra.errors import ArrayError

NETWORK = HEAD + PLAIN + ONE_LAYER
FIRST = "[[losses]]\ntype = 'mse'\ntarget = 'y'\n[[losses]]\n"
LABELLED = HEAD + INPUTS.replace('y = { shape = ["B", 2] }\n', "") + ONE_LAYER + "[loss]\ntarget = 'label'\n"

CASES = {
    "a parameter that is not there": (
        NETWORK + FIRST + "type = 'l2'\nparameters = ['fc1.bias', «'fc1.wieght'»]\n",
        "unknown-parameter", 'did you mean "fc1.weight"?',
    ),
    "a penalty with a target": (NETWORK + FIRST + "type = 'l1'\n«target» = 'y'\n", "unknown-key", "parameters"),
    "no teacher": (NETWORK + "«[loss]»\ntype = 'distillation'\ntarget = 'y'\n", "missing-key", '"teacher"'),
    "a teacher of another shape": (
        NETWORK + "[loss]\ntype = 'distillation'\ntarget = 'y'\nteacher = «'x'»\n", "shape", 'the teacher "x" ["B", 6]',
    ),
    "an unknown teacher": (
        NETWORK + "[loss]\ntype = 'distillation'\ntarget = 'y'\nteacher = «'yy'»\n", "unknown-input", "the teacher",
    ),
    "no labels": (NETWORK + "[loss]\ntype = 'nll'\ntarget = «'y'»\n", "dtype", "needs labels"),
    "nothing to ignore": (
        NETWORK + "[loss]\ntype = 'cross_entropy'\ntarget = 'y'\nignore_index = «0»\n", "wrong-value", "no label",
    ),
    "half a label": (LABELLED + "type = 'nll'\nignore_index = «0.5»\n", "wrong-type", "an integer"),
    "an unknown reduction": (
        NETWORK + "[loss]\ntype = 'kl_div'\ntarget = 'y'\nreduction = «'batch'»\n", "wrong-value", "batchmean",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_wrong_loss_is_pointed_at(case: str) -> None:
    require_error(*CASES[case])


@pytest.mark.parametrize("kind", ["cross_entropy", "nll"])
@pytest.mark.parametrize("ignored", [-100, 0])
def test_labels_that_do_not_count(kind: str, ignored: int) -> None:
    """The mean over the others; a label that is ignored need not be a class, any other must be."""
    torch = pytest.importorskip("torch")
    net = bpgen.build(
        bpgen.loads(LABELLED + f"type = '{kind}'\nignore_index = {ignored}\n"), target="numpy", dtype="float64"
    )
    x, label = np.random.default_rng(0).normal(size=(5, 6)), np.array([1, ignored, 0, ignored, 1], np.int32)
    weight = torch.tensor(np.array(net.parameters["fc1.weight"]), requires_grad=True)
    z = torch.nn.functional.linear(torch.tensor(x), weight, torch.tensor(np.array(net.parameters["fc1.bias"])))
    judge = {"cross_entropy": torch.nn.functional.cross_entropy, "nll": torch.nn.functional.nll_loss}[kind]
    expected = judge(z, torch.tensor(label, dtype=torch.int64), ignore_index=ignored)
    expected.backward()
    loss, gradients = net.gradients(x=x, label=label)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(gradients["fc1.weight"], weight.grad.numpy(), rtol=1e-10, atol=1e-14)
    with pytest.raises(ArrayError, match="expected values 0"):
        net.loss(x=x, label=np.array([1, 2, 0, 0, 1], np.int32))
    with pytest.raises(ArrayError, match="expected values 0"):
        net.loss(x=x, label=np.array([1, -7, 0, 0, 1], np.int32))


def test_a_penalty_needs_something_to_speak_of() -> None:
    text = HEAD + PLAIN.replace("6", "2") + "[[layers]]\nname = 'a'\ntype = 'relu'\n" + FIRST + "type = 'l2'\n"
    with pytest.raises(bpgen.SpecError, match="speaks of no parameter"):
        bpgen.loads(text)
    assert bpgen.loads(NETWORK + MSE).losses[0].reads == ()
