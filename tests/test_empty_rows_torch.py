"""Softmax over rows that a mask leaves empty: gradients as PyTorch has them, where the loss leaves them out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bpgen

ROWS, COLUMNS, WIDTH = 5, 5, 3
i, j = np.indices((ROWS, COLUMNS))
MASKS = {
    "j < i": j < i,
    "j > i": j > i,
    "j == i + 1": j == i + 1,
    "j == i - 2": j == i - 2,
    "i != 2": i != 2,
    "j < i and j > 1": (j < i) & (j > 1),
    "j < 0": j < 0,
    "j <= i": j <= i,
    "j == i or j == 1": (j == i) | (j == 1),
}
SCORES = "sum[d, e](x[b, i, d] * A[d, e] * x[b, j, e])"
LAYERS = {
    "softmax": "a[b, i, j] = softmax[j](s[b, i, j])",
    "log_softmax": "a[b, i, j] = log_softmax[j](s[b, i, j]) if COUNTED else 0",
    "logsumexp": "a[b, i, j] = logsumexp[k](s[b, i, k])",
}


def described(mask: str, layer: str) -> dict:
    """A row's weights are left out where none of its columns counts, and single ones where they are -inf."""
    text = f"""
    s[b, i, j] = {SCORES} if {mask} else -inf
    {LAYERS[layer].replace("COUNTED", mask)}
    y[b, i, d] = sum[j](a[b, i, j] * x[b, j, d]) * 0.3 if sum[j](1 if {mask} else 0) > 0 else 0
    """
    return {
        "bpgen": 1, "name": "rows", "inputs": {"x": {"shape": ["B", ROWS, WIDTH]}},
        "layers": [{"name": "look", "type": "equation", "equation": text, "parameters": {"A": {"init": "normal"}}}],
        "loss": {"type": "equation", "equation": "L = mean[b, i, d]((look[b, i, d] - x[b, i, d])**2)"},
    }  # fmt: skip


def expected(mask: np.ndarray, layer: str, weights: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    A, given, counted = torch.tensor(weights, requires_grad=True), torch.tensor(x), torch.tensor(mask)
    s = torch.einsum("bid,de,bje->bij", given, A, given).masked_fill(~counted, -torch.inf)
    match layer:
        case "softmax":
            a = s.softmax(2)
        case "log_softmax":
            a = torch.where(counted, s.log_softmax(2), 0.0)
        case _:
            a = s.logsumexp(2, keepdim=True).expand(s.shape)
    a = torch.where(counted.any(1)[:, None], a, 0.0)
    loss = ((0.3 * a @ given - given) ** 2).mean()
    loss.backward()
    return loss.item(), A.grad.numpy()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("mask", MASKS)
def test_rows_without_an_element_change_nothing(mask, layer):
    rng = np.random.default_rng(3)
    x, weights = rng.normal(size=(4, ROWS, WIDTH)), rng.normal(size=(WIDTH, WIDTH))
    loss, gradient = expected(MASKS[mask], layer, weights, x)
    assert np.isfinite(loss) and np.isfinite(gradient).all()
    for target in ("numpy", "c"):
        net = bpgen.build(described(mask, layer), target=target, dtype="float64")
        net.parameters["look.A"][...] = weights
        found, gradients = net.gradients(x=x)
        assert found == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(gradients["look.A"], gradient, rtol=1e-9, atol=1e-12)


LOW, FIRST = torch.tensor(j < i), torch.tensor(i == 0)
WITHIN = {  # the scores have no name of their own
    "a parameter": (
        "p[i, j] = softmax[j](W[i, j] if j < i else -inf)\na[b, i, j] = p[i, j] if i > 0 else 0",
        lambda W, x: torch.where(FIRST, 0.0, W.masked_fill(~LOW, -torch.inf).softmax(1)),
    ),
    "a product": (
        """p[b, i, j] = softmax[j](x[b, i, 0]*x[b, j, 1]*W[0, j] + 1 if j < i else -inf)
        a[b, i, j] = p[b, i, j] if i > 0 else 0""",
        lambda W, x: torch.where(
            FIRST, 0.0, (x[:, :, None, 0] * x[:, None, :, 1] * W[0] + 1).masked_fill(~LOW, -torch.inf).softmax(2)
        ),
    ),
    "a logarithm": (
        """p[b, i, j] = log_softmax[j](x[b, i, 0]*x[b, j, 1]*W[0, j] if j < i else -inf)
        a[b, i, j] = p[b, i, j] if j < i else 0""",
        lambda W, x: torch.where(
            LOW, (x[:, :, None, 0] * x[:, None, :, 1] * W[0]).masked_fill(~LOW, -torch.inf).log_softmax(2), 0.0
        ),
    ),
}


@pytest.mark.parametrize("case", WITHIN)
def test_scores_within_the_softmax(case):
    text, judge = WITHIN[case]
    rng = np.random.default_rng(3)
    x, weights = rng.normal(size=(4, ROWS, WIDTH)), rng.normal(size=(ROWS, COLUMNS))
    W = torch.tensor(weights, requires_grad=True)
    loss = ((judge(W, torch.tensor(x)) @ torch.tensor(x)) ** 2).mean()
    loss.backward()
    description = described("j < i", "softmax")
    description["layers"][0]["equation"] = f"{text}\ny[b, i, d] = sum[j](a[b, i, j] * x[b, j, d])"
    description["layers"][0]["parameters"] = {"W": {"init": "normal", "shape": [ROWS, COLUMNS]}}
    description["loss"]["equation"] = "L = mean[b, i, d](look[b, i, d]**2)"
    for target in ("numpy", "c"):
        net = bpgen.build(description, target=target, dtype="float64")
        net.parameters["look.W"][...] = weights
        found, gradients = net.gradients(x=x)
        assert found == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(gradients["look.W"], W.grad.numpy(), rtol=1e-9, atol=1e-12)


OF_DATA = {  # mask -> the same of m, [4, 5], and whether a row may be without an element
    "m[b, j] > 0 and m[b, i] > 0": (lambda m: (m[:, None] > 0) & (m[:, :, None] > 0), True),
    "m[b, i] > 0": (lambda m: (m[:, :, None] > 0).expand(-1, -1, COLUMNS), True),
    "m[b, i] * m[b, j] > 0 and j <= i": (lambda m: (m[:, :, None] * m[:, None] > 0) & torch.tensor(j <= i), True),
    "m[b, j] > 0 and (j < i or j == 2)": (lambda m: (m[:, None] > 0) & torch.tensor((j < i) | (j == 2)), True),
    "m[b, j] > 0": (lambda m: (m[:, None] > 0).expand(-1, ROWS, -1), True),
    "m[b, j] > 0 or j == i": (lambda m: (m[:, None] > 0) | torch.tensor(j == i), False),
    "j < i - 1 or j > i + 3": (lambda m: torch.tensor((j < i - 1) | (j > i + 3)).expand(4, -1, -1), True),
}


@pytest.mark.parametrize("mask", OF_DATA)
def test_masks_of_data(mask):
    judge, empty = OF_DATA[mask]
    rng = np.random.default_rng(3)
    x, weights = rng.normal(size=(4, ROWS, WIDTH)), rng.normal(size=(WIDTH, WIDTH))
    m = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 0, 0]], float)
    A, given, counted = torch.tensor(weights, requires_grad=True), torch.tensor(x), judge(torch.tensor(m))
    a = torch.einsum("bid,de,bje->bij", given, A, given).masked_fill(~counted, -torch.inf).softmax(2)
    loss = ((0.3 * torch.where(counted.any(2)[:, :, None], a, 0.0) @ given - given) ** 2).mean()
    loss.backward()
    description = described(mask, "softmax")
    description["inputs"]["m"] = {"shape": ["B", COLUMNS], "facts": ["mask"]}
    description["layers"][0]["inputs"] = ["x", "m"]
    if "m[" not in mask:
        del description["inputs"]["m"], description["layers"][0]["inputs"]
    for target in ("numpy", "c"):
        net = bpgen.build(description, target=target, dtype="float64")
        net.parameters["look.A"][...] = weights
        found, gradients = net.gradients({"x": x, "m": m} if "m[" in mask else {"x": x})
        assert found == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(gradients["look.A"], A.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert (" if " in adjoint_of_scores(description)) == empty


def adjoint_of_scores(description: dict) -> str:
    gradients = bpgen.derive(description).text().partition("\nGradients\n")[2]
    return gradients.partition("d.look.s[b, i, j] =")[2].partition("\n\n")[0]


@pytest.mark.parametrize("mask", ["j < i", "i != 2", "j < i and j > 1", "j <= i", "j == i or j == 1"])
def test_a_condition_is_asked_only_where_a_row_is_empty(mask):
    adjoint = adjoint_of_scores(described(mask, "softmax"))
    assert "look.a[b, i, j] * (d.look.a[b, i, j] - sum[k](" in adjoint
    empty = not MASKS[mask].any(1).all()
    assert (" if " in adjoint) == empty
