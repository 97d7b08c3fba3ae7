"""Right gradients of random networks, rewritten: always accepted.  Changed so that values change: never.

Whether values change is for the brute-force evaluator to say, which shares nothing with what judges claims.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from networks import network, proof

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.printing import print_expression
from bpgen.algebra.system import GIVEN, Equation
from bpgen.claims.prove import normal_form, written_out
from bpgen.claims.theory import Theory

ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus", "silu", None)
LOSSES = (None, {"type": "mse", "target": "y"}, {"type": "bce_with_logits", "target": "y"})
# Each example is a seed, and seeds do not shrink.
SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


def random_claim(choose):
    """A dense network of one to three layers, and the derived equation of one of its derivatives.

    Sizes may be 1 and may be equal.
    """
    sizes = [choose.randint(1, 4) for _ in range(choose.randint(2, 4))]
    units = [(size, choose.choice(ACTIVATIONS)) for size in sizes[1:]]
    derived = proof(network(*units, inputs=sizes[0], loss=choose.choice(LOSSES)))
    theory = Theory(derived.derivation)
    return derived, theory, choose.choice(theory.derivation.simplified)


def values(theory, equation, expression, seed=0, batch=3):
    """An expression over the equation's indices, and the derivative itself, by brute force."""
    generator = np.random.default_rng(seed)
    given = {
        t.name: generator.uniform(0.2, 1.5, [batch if n == "B" else n for n in t.shape])
        for t in theory.system.tensors.values()
        if t.role in GIVEN
    }
    known = given | evaluate(theory.equations, given, batch)
    claimed = evaluate([Equation(equation.tensor, equation.indices, expression)], known, batch)
    return claimed[equation.tensor.name], known[equation.tensor.name]


def changed(theory, equation, expression):
    """Whether the expression has other values than the derivative; one that is 0 or undefined says nothing."""
    for seed in range(2):
        claimed, derived = values(theory, equation, expression, seed)
        if not np.isfinite(claimed).all() or np.abs(claimed - derived).max() > 1e-6 * (1 + np.abs(derived).max()):
            return True
    return False


def as_text(equation, expression, choose):
    """The claim in the equation language, with index letters of its own and everything in any order."""
    letters = choose.sample("bcdefghklmnop", len(equation.indices))
    table = {index: Index(letter, index.extent) for letter, index in zip(letters, equation.indices, strict=True)}
    expression = expression.xreplace(table)
    names = pretty_indices(expression, [*letters, equation.tensor.name]) | {
        index: index.name for index in table.values()
    }
    left = f"{equation.tensor.name}[{', '.join(letters)}]" if letters else equation.tensor.name
    return f"{left} = {shuffled(expression, names, choose)}"


def shuffled(part, names, choose):
    if isinstance(part, sympy.Add | sympy.Mul):
        inside = [f"({shuffled(argument, names, choose)})" for argument in part.args]
        choose.shuffle(inside)
        return (" + " if isinstance(part, sympy.Add) else " * ").join(inside)
    if isinstance(part, Reduction) and part.op == "sum":
        bound = [names[index] for index in part.bound]
        choose.shuffle(bound)
        return f"sum[{', '.join(bound)}]({shuffled(part.body, names, choose)})"
    return print_expression(part, names)


# --- right ones


def expanded(expression, theory, choose):
    return normal_form(expression) or expression


def unfolded(expression, theory, choose):
    """Tensors written out as what they are: adjoints, activations, pre-activations."""
    names = sorted({access.tensor for access in expression.atoms(Access)} & set(theory.defining))
    return written_out(expression, set(choose.sample(names, min(len(names), 2))), theory)


def scaled(expression, theory, choose):
    return sympy.Mul(2, expression, sympy.Rational(1, 2) * BATCH, 1 / BATCH, evaluate=False)


def added(expression, theory, choose):
    other = choose.choice(sorted(expression.atoms(Access), key=str) or [sympy.Integer(3)])
    bound = any(symbol.name.startswith("_") for symbol in other.free_symbols if isinstance(symbol, Index))
    return expression if bound else sympy.Add(expression + other, -other, evaluate=False)


@FEW
@given(SEEDS)
def test_rewritten_right_gradients_are_accepted(seed):
    choose = random.Random(seed)
    derived, theory, equation = random_claim(choose)
    expression = equation.rhs
    for rewrite in choose.choices([expanded, unfolded, scaled, added], k=choose.randint(0, 3)):
        expression = rewrite(expression, theory, choose)
    assume(sympy.count_ops(expression) < 400)
    text = as_text(equation, expression, choose)
    assert derived.check_claim(text), text


# --- wrong ones


def mutations(expression, claimed, theory, choose):
    """One change somewhere: of a sign, a factor, a tensor, an index, a sum."""
    nodes = sorted(sympy.preorder_traversal(expression), key=str)
    products = [node for node in nodes if isinstance(node, sympy.Mul)]
    accesses = [node for node in nodes if isinstance(node, Access)]
    kind = choose.choice(["sign", "factor", "drop", "tensor", "indices", "sum", "term"])
    if kind == "sign":
        return -expression
    if kind == "factor":
        return expression * choose.choice([2, sympy.Rational(1, 2), BATCH, 1 / BATCH, -3])
    if kind == "drop" and products:
        node = choose.choice(products)
        return expression.xreplace({node: node / choose.choice(list(node.args))})
    if kind == "tensor" and accesses:
        node = choose.choice(accesses)
        extents = [str(extent) for extent in node.args[0].extents]
        alike = [
            t for t in theory.tensors.values() if [str(axis.extent) for axis in t.axes] == extents and t.dtype == "real"
        ]
        others = [tensor for tensor in alike if tensor.name != claimed] or [theory.tensors[node.tensor]]
        other = choose.choice(sorted(others, key=lambda t: t.name))
        return expression.xreplace({node: Access(other.atom, *node.indices)})
    if kind == "indices" and accesses:
        node = choose.choice(accesses)
        pairs = [(a, b) for a in node.indices for b in node.indices if a != b and a.extent == b.extent]
        if pairs:
            first, second = choose.choice(pairs)
            return expression.xreplace({node: node.xreplace({first: second, second: first})})
    if kind == "sum":
        for node in nodes:
            if isinstance(node, Reduction) and len(node.bound) == 1:
                return expression.xreplace({node: node / node.bound[0].extent})
    if kind == "term":
        sums = [node for node in nodes if isinstance(node, sympy.Add)]
        if sums:
            node = choose.choice(sums)
            term = choose.choice(list(node.args))
            return expression.xreplace({node: choose.choice([node - term, node - 2 * term])})
    return expression + 1


@FEW
@given(SEEDS)
def test_changed_gradients_are_refused(seed):
    choose = random.Random(seed)
    derived, theory, equation = random_claim(choose)
    expression = mutations(equation.rhs, equation.tensor.name, theory, choose)
    assume(not expression.has(sympy.nan, sympy.zoo))
    assume(changed(theory, equation, expression))
    text = as_text(equation, expression, choose)
    verdict = derived.check_claim(text)
    assert not verdict, (text, str(verdict))
    assert verdict.diagnosis and verdict.derived


@pytest.mark.parametrize("transpose", ["'", "^T", ".T", "^⊤", "ᵀ"])
@pytest.mark.parametrize("times", [" ", " @ ", "·"])
@pytest.mark.parametrize("circle", ["*", ".*", "⊙"])
def test_every_way_to_type_it(transpose, times, circle):
    derived = proof(network((4, "tanh"), (5, "sigmoid"), (2, "sigmoid")))
    lines = [
        f"delta3 = (yhat - y)/m {circle} f3'(z3)",
        f"delta2 = (delta3{times}W3) {circle} f2'(z2)",
        f"delta1 = f1'(z1) {circle} (delta2{times}W2)",
        f"dW3 = delta3{transpose}{times}h2",
        f"dW2 = (h1{transpose}{times}delta2){transpose}",
        f"db1 = (1/2) (sum(delta1, axis=0) + delta1.sum(0)) {circle} 1",
        f"dx = delta1{times}W1",
        f"dL/dW1 = delta1{transpose}{times}x",
    ]
    for line in lines:
        assert derived.check_claim(line).status == "proved", line
    assert derived.check_claim("\n".join(lines)).status == "proved"
