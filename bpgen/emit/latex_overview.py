"""The opening of a printed derivation: what the network is, its layers, and the conventions of its formulas."""

from __future__ import annotations

import math

import sympy
from sympy import Expr

from bpgen.algebra import functions
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.derive.derivation import Derivation
from bpgen.emit.document import LayerRow
from bpgen.emit.latex_constants import constants
from bpgen.emit.latex_rows import Writer
from bpgen.emit.prose import Math, Prose, Reference, Title, enumerated, joined, phrase

# A layer's equation wider than this (em) is only referred to in the table of layers.
SHORT_WIDTH = 14.0
NOTHING = "\N{EN DASH}"


def layer_table(derivation: Derivation, writer: Writer) -> tuple[LayerRow, ...]:
    forward = [e for e in derivation.forward.equations if e.role == "forward"]
    rows = []
    for name, number in writer.symbols.numbers.items():
        own = [e for e in forward if (e.origin.layer or e.tensor.layer) == name]
        kinds = list(dict.fromkeys(e.origin.type for e in own if e.origin.type))
        parameters = [t for t in derivation.system.with_role("parameter") if t.layer == name]
        shapes: tuple[Prose, ...] = tuple((Math(_shape(t, writer)),) for t in parameters) or ((NOTHING,),)
        formulas = tuple(_short(equation, writer) for equation in own[:2])
        if len(own) > 2 or not all(formulas):
            formulas = (_numbers(own, derivation.system),)
        rows.append(LayerRow(number, name, tuple(kinds), formulas, shapes))
    return tuple(rows)


def _short(equation: Equation, writer: Writer) -> Prose:
    left, right = writer.sides(equation)
    flat = right.text.count(r"\frac") <= 1 and r"\begin" not in right.text
    return (Math(f"{left} = {right.text}"),) if right.width <= SHORT_WIDTH and flat else ()


def _numbers(equations: list[Equation], system: System) -> Prose:
    numbers = [system.defining[e.tensor.name].number for e in equations if e.tensor.name in system.defining]
    if len(numbers) == 1:
        return ("equation ", Reference(f"eq:{numbers[0]}"))
    if not numbers:
        return (NOTHING,)
    return ("equations ", Reference(f"eq:{min(numbers)}"), " to ", Reference(f"eq:{max(numbers)}"))


def _shape(tensor: Tensor, writer: Writer) -> str:
    name = writer.name(tensor.name)
    return rf"{name} \in {_space(tensor)}"


def _space(tensor: Tensor) -> str:
    extents = r" \times ".join(str(extent) for extent in tensor.shape)
    if tensor.dtype == "int32":
        last = tensor.classes or "n"
        return rf"\{{1, \dots, {last}\}}" + (f"^{{{extents}}}" if extents else "")
    return r"\mathbb{R}" + (f"^{{{extents}}}" if extents else "")


def overview(derivation: Derivation, writer: Writer) -> tuple[Prose, ...]:
    """What the network is, in two or three sentences."""
    system = derivation.system
    layers = len(writer.symbols.numbers)
    count = sum(math.prod(e for e in t.shape if isinstance(e, int)) for t in system.with_role("parameter"))
    inputs: list[Prose] = [(Math(_shape(tensor, writer)),) for tensor in system.with_role("input")]
    sentences: list[Prose] = []
    if layers:
        plural = "s" if layers > 1 else ""
        sentences.append(("The network ", Title(system.name), f" has {layers} layer{plural} and ", *_count(count), "."))
    else:
        sentences.append(("The system ", Title(system.name), " consists of equations over its inputs."))
    if inputs:
        sentences.append(("It reads ", *enumerated(inputs), "."))
    outputs: list[Prose] = [(Math(writer.name(name)),) for name in system.outputs if name in system.tensors]
    returned: Prose = ("returns ", *enumerated(outputs), " and ") if outputs else ()
    if system.loss is not None:
        sentences.append(("It ", *returned, "is judged by the loss ", Math(writer.symbols.loss_letter), "."))
    return tuple(sentences)


def _count(count: int) -> Prose:
    return (Math(f"{count:,}".replace(",", r"\,")), " parameter" if count == 1 else " parameters")


def conventions(derivation: Derivation, writer: Writer) -> tuple[Prose, ...]:
    """Only what the formulas of this derivation need."""
    symbols = writer.symbols
    letter = symbols.loss_letter
    nodes = _nodes(derivation)
    layer = "The superscript $(l)$ is the number of the layer."
    said = [
        r"The batch holds $B$ samples, indexed by $b = 1, \dots, B$; a sample is a row. Indices count from~1.",
        rf"$\partial {letter} / \partial T$, the adjoint of a tensor $T$, has the shape of $T$; "
        rf"the adjoint of a pre-activation $z^{{(l)}}$ is written $\delta^{{(l)}}$. {layer}",
    ]
    if writer.notation == "matrix":
        said[1] = (
            rf"$\nabla_{{T}} {letter}$, the adjoint of a tensor $T$, has the shape of $T$; "
            rf"the adjoint of pre-activations $Z^{{(l)}}$ is written $\Delta^{{(l)}}$. {layer}"
        )
        said.append(
            r"Tensors with two axes are matrices, written as capitals: $Z$ has the elements $z_{bo}$. "
            r"Tensors with one axis are columns. $\mathbf{1}$ is the column of ones, $A \odot C$ and $A \oslash C$ "
            r"are the elementwise product and quotient; functions, roots and sums with a number are taken "
            r"element by element."
        )
    if any(isinstance(node, functions.Bracket) for node in nodes):
        said.append(r"$[\,\cdot\,]$ is an Iverson bracket: 1 where the condition holds, and 0 elsewhere.")
    if any(isinstance(node, Access) and node.args[0].is_integer for node in nodes):
        text = r"A class label such as $\ell_b$ counts the classes from~1; the program counts them from~0."
        one_hot = r" $\operatorname{onehot}(\ell)$ is the matrix with rows $[\ell_b = j]$."
        said.append(text + (one_hot if writer.notation == "matrix" else ""))
    if any(isinstance(node, functions.sigmoid) for node in nodes):
        said.append(r"$\sigma(u) = 1 / (1 + \exp(-u))$ is the logistic function.")
    if any(isinstance(node, functions.softplus) for node in nodes):
        said.append(r"$\operatorname{softplus}(u) = \log(1 + \exp(u))$.")
    if writer.notation == "matrix" and any(isinstance(node, Reduction) and node.op == "max" for node in nodes):
        said.append(r"$\operatorname{rowmax}(Z)$ is the column of the greatest element of each row.")
    if any(isinstance(node, functions.uniform) for node in nodes):
        said.append(
            r"$\operatorname{random}_k(b, i)$ is a random number of $[0, 1)$ for each value of its indices, "
            r"fresh in each step; $k$ is the number of its stream."
        )
    if any(isinstance(node, functions.stop) for node in nodes):
        said.append(r"$\operatorname{stop}(u)$ is $u$, taken as constant by the derivative.")
    return (*map(phrase, said), *constants(nodes, writer.symbols))


def _nodes(derivation: Derivation) -> list[Expr]:
    equations = [*derivation.forward.equations, *derivation.chain, *derivation.simplified, *derivation.system.equations]
    found: set[Expr] = set()
    for equation in equations:
        found.update(sympy.preorder_traversal(equation.rhs))
    return sorted(found, key=sympy.default_sort_key)


_FACTS = {
    "sums_to_one": "sums to one over",
    "one_hot": "is one-hot over",
    "mask": "is 0 or 1",
    "positive": "is positive",
    "symmetric": "is symmetric in",
}


def facts(system: System, writer: Writer) -> tuple[Prose, ...]:
    """What is known of tensors, as sentences."""
    said: list[Prose] = []
    for tensor in system.tensors.values():
        for fact in tensor.facts:
            axes: list[Prose] = [(str(axis % len(tensor.axes) + 1),) for axis in fact.axes] if tensor.axes else []
            over = axes and fact.kind in ("sums_to_one", "one_hot", "symmetric")
            where = joined(((" axis ",), enumerated(axes))) if over else ()
            kind = f" {_FACTS.get(fact.kind, fact.kind)}"
            said.append((Math(writer.name(tensor.name)), kind, *where, f" ({fact.reason})."))
    return tuple(dict.fromkeys(said))
