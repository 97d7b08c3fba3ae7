"""Operations on arrays: which argument is computed in the destination itself, and which ufunc does the rest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bpgen.algebra.records import dataclass
from bpgen.emit.numpy_matmul import elements
from bpgen.emit.numpy_scratch import BLOCK_SHAPE
from bpgen.emit.numpy_views import Operand, align, assign
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import PREDICATES, Constant, Operation, Scalar, children

UFUNCS = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide", "power": "power",
    "maximum": "maximum", "minimum": "minimum", "negative": "negative", "square": "square",
    "reciprocal": "reciprocal", "sqrt": "sqrt", "exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1",
    "abs": "absolute", "sign": "sign", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "atan": "arctan", "greater": "greater", "greater_equal": "greater_equal", "equal": "equal",
    "and": "logical_and", "or": "logical_or", "not": "logical_not",
}  # fmt: skip
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
MANY = 1024
"""Elements, for a batch of a usual size, from which on masks are worked with as bits."""
COMMUTATIVE = ("add", "multiply", "maximum", "minimum")


@dataclass
class Argument:
    """An argument of an operation; operand is None until it is computed, and for numbers."""

    node: Scalar
    operand: Operand | None = None


def write_operation(writer: Writer, node: Operation, destination: Operand) -> None:
    """Append the lines that leave an operation's value in the destination."""
    if node.op == "select" and not _is_bracket(node):
        _write_select(writer, node, destination)
        return
    if node.op == "select":
        _write_bracket(writer, node.arguments[0], destination)
        return
    if node.op == "cast":
        _write_cast(writer, node, destination)
        return
    if node.op == "uniform":
        _write_uniform(writer, node, destination)
        return
    arguments = _compute_arguments(writer, node, destination)
    texts = [writer.text(argument.node, argument.operand, destination.axes) for argument in arguments]
    if node.op == "erf":
        _write_erf(writer, texts[0], destination)
    else:
        writer.lines.extend(_call(writer, node.op, texts, destination))
    writer.release(*(argument.operand for argument in arguments if argument.operand not in (None, destination)))


def _compute_arguments(writer: Writer, node: Operation, destination: Operand) -> list[Argument]:
    """Bring every argument into an array: one of them, the heir, into the destination itself.

    An heir has the destination's axes and dtype, and no other argument still reads what it overwrites: views
    are read by the operation itself, so they rule an heir out; computed ones are computed before it.
    """
    arguments = [Argument(argument) for argument in node.arguments]
    compound = [a for a in arguments if writer.axes(a.node) and not writer.is_view(a.node)]
    for argument in arguments:
        if writer.axes(argument.node) and argument not in compound:
            argument.operand = writer.operand(argument.node)
    views = [a.node for a in arguments if a.operand is not None]
    overwritable = not any(writer.reads(view, destination.storage) for view in views)
    fitting = [a for a in compound if overwritable and _fits(writer, a.node, destination)]
    heir = min(fitting, key=lambda a: _preference(writer, a, compound, destination), default=None)
    others = [a for a in compound if a is not heir]
    early = [a for a in others if heir is not None and writer.reads(a.node, destination.storage)]
    for argument in early:
        argument.operand = writer.operand(argument.node)
    if heir is not None:
        writer.evaluate(heir.node, destination)
        heir.operand = destination
    for argument in others:
        if argument.operand is None:
            argument.operand = writer.operand(argument.node)
    return arguments


def _fits(writer: Writer, node: Scalar, destination: Operand) -> bool:
    return writer.axes(node) == destination.axes and node.dtype == destination.dtype


def _preference(writer: Writer, heir: Argument, compound: list[Argument], destination: Operand) -> tuple[int, bool]:
    """What computing this argument in the destination costs: scratch arrays alive at a time.

    Among equals, one that updates what stands in the destination comes first (`v *= momentum`), then the first.
    """
    others = [1 + _need(writer, other.node) for other in compound if other is not heir]
    return max([_need(writer, heir.node), *others]), not writer.reads(heir.node, destination.storage)


def _need(writer: Writer, node: Scalar) -> int:
    """How many scratch arrays a value takes beside its destination."""
    needs = sorted(
        (_need(writer, child) for child in children(node) if writer.axes(child) and not writer.is_view(child)),
        reverse=True,
    )
    return max((need + (n > 0) for n, need in enumerate(needs)), default=0)


def _call(writer: Writer, op: str, texts: list[str], destination: Operand) -> list[str]:
    """The operation's lines: `z += bias` where the destination is an argument, else np.add(..., out=z)."""
    out = destination.text
    if op == "sigmoid":
        one = writer.named(Fraction(1))
        return [_negated(writer, texts[0], destination), f"np.exp({out}, out={out})", f"{_augmented(out)} += {one}",
                f"np.reciprocal({out}, out={out})"]  # fmt: skip
    if op == "negative":
        return [_negated(writer, texts[0], destination)]
    if op == "softplus":
        return [f"np.logaddexp({writer.named(Fraction(0))}, {texts[0]}, out={out})"]
    if op in COMMUTATIVE and len(texts) == 2 and texts[1] == out != texts[0]:
        texts = texts[::-1]
    if op in SIGNS and texts[0] == out and not out.endswith(")") and not out.endswith(".T"):
        return [f"{out} {SIGNS[op]}= {texts[1]}"]
    return [f"np.{UFUNCS[op]}({', '.join(texts)}, out={out})"]


def _negated(writer: Writer, text: str, destination: Operand) -> str:
    """out = -text.  NumPy 2.4's np.negative mixes elements up where it writes into a view that has gaps."""
    out = destination.text
    if destination.whole:
        return f"np.negative({text}, out={out})"
    return f"np.multiply({text}, {writer.named(Fraction(-1))}, out={out})"


def _augmented(out: str) -> str:
    """A destination that `+=` may stand behind: a name or a subscript, no call and no attribute."""
    return f"{out}[...]" if out.endswith((")", ".T")) else out


def _write_erf(writer: Writer, text: str, destination: Operand) -> None:
    """erf works block by block on a flat array, so the destination has to be a whole one."""
    writer.helpers.add("erf")
    target = destination if destination.whole else writer.scratch(destination.axes, destination.dtype)
    blocks = writer.pool.take(BLOCK_SHAPE, destination.dtype)
    writer.lines.append(f"erf({text}, out={target.text}, blocks={blocks})")
    writer.pool.give_back(blocks)
    if target is not destination:
        writer.lines.append(assign(destination.text, target.text))
        writer.release(target)


def _write_uniform(writer: Writer, node: Operation, destination: Operand) -> None:
    """Random numbers: hashed in two arrays of words."""
    writer.helpers.add("uniform")
    *numbers, position = node.arguments
    texts = [writer.number(number) for number in numbers]
    operand = writer.operand(position)
    words = [writer.scratch(destination.axes, "int32") for _ in range(2)]
    place = align(operand, destination.axes)
    arrays = f"out={destination.text}, words={words[0].text}, others={words[1].text}"
    writer.lines.append(f"uniform_numbers({', '.join(texts)}, {place}, {arrays})")
    writer.release(operand, *words)


def _write_cast(writer: Writer, node: Operation, destination: Operand) -> None:
    argument = node.arguments[0]
    if argument.dtype == "bool":
        _write_bracket(writer, argument, destination)
        return
    if writer.axes(argument) == destination.axes and argument.dtype == destination.dtype:
        writer.evaluate(argument, destination)
        return
    operand = writer.operand(argument)
    writer.lines.append(assign(destination.text, align(operand, destination.axes)))
    writer.release(operand)


def _is_bracket(node: Operation) -> bool:
    """select(condition, 1, 0)"""
    values = [argument.value if isinstance(argument, Constant) else None for argument in node.arguments[1:]]
    return values == [1, 0]


def _write_bracket(writer: Writer, condition: Scalar, destination: Operand) -> None:
    """A condition as the number 0 or 1: a comparison writes it as such at once."""
    if writer.is_view(condition):
        writer.copy(condition, destination)
    elif isinstance(condition, Operation) and condition.op in PREDICATES and writer.axes(condition):
        write_operation(writer, condition, destination)
    else:
        writer.copy(condition, destination)


def _write_select(writer: Writer, node: Operation, destination: Operand) -> None:
    """select(c, a, b): one branch into the destination, then the other one where the condition says so.

    Never a product with the condition: what is not selected may be infinite or undefined.
    """
    condition, chosen, otherwise = node.arguments

    def needs_array(branch: Scalar) -> bool:
        """Whether it has to be computed and kept before the destination is written."""
        return bool(writer.axes(branch)) and (not writer.is_view(branch) or writer.reads(branch, destination.storage))

    if _is_masked(writer, node, destination):
        _write_masked(writer, node, destination)
        return
    inverted = needs_array(chosen) and not needs_array(otherwise)
    first, second = (chosen, otherwise) if inverted else (otherwise, chosen)
    has_mask, early = bool(writer.axes(condition)), writer.reads(condition, destination.storage)
    mask = _mask(writer, condition) if has_mask and early else None
    kept = _kept(writer, second) if needs_array(second) else None
    writer.evaluate(first, destination)
    if has_mask and mask is None:
        mask = _mask(writer, condition)
    operand = kept or (writer.operand(second) if writer.axes(second) else None)
    where = writer.text(condition, mask, destination.axes)
    if inverted:
        where, mask = _inverted(writer, where, mask, destination)
    text = writer.text(second, operand, destination.axes)
    writer.lines.append(f"np.copyto({destination.text}, {text}, where={where})")
    writer.release(*(item for item in (mask, kept) if item is not None))


def _is_masked(writer: Writer, node: Operation, destination: Operand) -> bool:
    """Whether it is select(c, a, 0) over many elements, and c over the same."""
    condition, _, otherwise = node.arguments
    many = elements(destination.axes, {name: loop.extent for name, loop in writer.loops.items()}) >= MANY
    zero = isinstance(otherwise, Constant) and otherwise.value == 0 and destination.dtype == node.dtype == "real"
    return zero and many and writer.axes(condition) == destination.axes


def _write_masked(writer: Writer, node: Operation, destination: Operand) -> None:
    """select(c, a, 0): a in the destination, then its bits, as whole numbers, times 1 or 0.

    np.copyto(..., where=mask) asks at every element; this takes a tenth of the time.
    """
    writer.helpers.add("keep")
    condition, chosen, _ = node.arguments
    mask = _mask(writer, condition) if writer.reads(condition, destination.storage) else None
    writer.evaluate(chosen, destination)
    mask = _mask(writer, condition) if mask is None else mask
    writer.lines.append(f"keep({destination.text}, {align(mask, destination.axes)})")
    writer.release(mask)


def _mask(writer: Writer, condition: Scalar) -> Operand:
    """A condition as an array of booleans."""
    if isinstance(condition, Operation) and condition.op in PREDICATES:
        return writer.operand(replace(condition, dtype="bool"))
    operand = writer.operand(condition)
    if operand.dtype == "bool":
        return operand
    mask = writer.scratch(writer.axes(condition), "bool")
    writer.lines.append(f"np.not_equal({align(operand, mask.axes)}, 0, out={mask.text})")
    writer.release(operand)
    return mask


def _kept(writer: Writer, node: Scalar) -> Operand:
    """The value in an array of its own, for what it reads is overwritten before it is needed."""
    operand = writer.operand(node)
    if operand.scratch:
        return operand
    kept = writer.scratch(writer.axes(node), node.dtype)
    writer.copy(node, kept)
    return kept


def _inverted(writer: Writer, where: str, mask: Operand | None, destination: Operand) -> tuple[str, Operand | None]:
    """The condition's opposite, in the mask itself if nobody else reads it."""
    if mask is None:
        return f"not ({where})", None
    target = mask if mask.scratch else writer.scratch(mask.axes, "bool")
    writer.lines.append(f"np.logical_not({mask.text}, out={target.text})")
    return align(target, destination.axes), target
