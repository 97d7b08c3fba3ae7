"""Index expressions: an integer combination of indices, of their quotients and remainders by positive integers,
or an access to an integer tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Integer

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.diagnose import listing, nearest
from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.errors import EquationError
from bpgen.algebra.index import Index
from bpgen.algebra.syntax_tree import Name, Negate, Node, Number, Power, Product, Subscript, Sum
from bpgen.algebra.system import Tensor

if TYPE_CHECKING:
    from bpgen.algebra.build import Builder

DIGITS = {"//": quotient, "%": remainder}


def build_index(node: Node, axis: Index, where: tuple[str, int], bindings: Bindings, builder: Builder) -> Expr:
    """One index of an access.

    axis: the tensor's; where: the tensor's name and the number of the axis, for messages.  Raises
    EquationError for what is neither quasi-affine in bound indices nor an element of an integer tensor.
    """
    if isinstance(node, Subscript) or (isinstance(node, Name) and _is_scalar(node, bindings, builder)):
        return _indirect(node, axis, where, bindings, builder)
    index = sympy.expand(_affine(node, bindings, builder))
    if index.is_Integer and (index < 0 or (axis.extent.is_Integer and index >= axis.extent)):
        message = f"index {index} lies outside axis {where[1] + 1} of `{where[0]}`, which has extent {axis.extent}"
        raise builder.error("index-range", message, node, "elements are counted from 0; there are no negative ones")
    return index


def _is_scalar(node: Name, bindings: Bindings, builder: Builder) -> bool:
    return node.name not in bindings.indices and node.name in builder.tensors


def _indirect(
    node: Subscript | Name, axis: Index, where: tuple[str, int], bindings: Bindings, builder: Builder
) -> Expr:
    tensor = builder.tensors.get(node.name)
    if tensor is not None and tensor.dtype != "int32":
        message = f"`{node.name}` is a tensor of reals and cannot be an index"
        raise builder.error("real-index", message, node, "only a tensor of dtype int32 can", name=node.name)
    if tensor is not None:
        _require_range(node, tensor, axis, where, builder)
    return builder.value(node, bindings)


def _require_range(
    node: Subscript | Name, tensor: Tensor, axis: Index, where: tuple[str, int], builder: Builder
) -> None:
    """Refuse an index that may lie outside the axis: generated code reads memory there without asking."""
    place = f"axis {where[1] + 1} of `{where[0]}`"
    if not axis.extent.is_Integer:  # the batch: only a row of the batch itself, such as an arg-max over it, is in it
        if tensor.role == "input" or tensor.classes is not None:
            message = f"`{node.name}` is an index into the batch, {place}, whose extent each call sets"
            raise builder.error(
                "unknown-range", message, node, "index another axis, or compute the index over the batch"
            )
    elif tensor.classes is None:
        message = f"`{node.name}` is an index into {place}, but how far it counts is not known"
        raise builder.error("unknown-range", message, node, f"declare it with classes = {axis.extent}")
    elif tensor.classes > axis.extent:
        message = f"`{node.name}` has {tensor.classes} classes, but {place} has extent {axis.extent}"
        raise builder.error("index-range", message, node, "the two must agree")


def _affine(node: Node, bindings: Bindings, builder: Builder) -> Expr:
    match node:
        case Number():
            if node.value.denominator != 1:
                raise _not_affine(node, builder)
            return Integer(node.value.numerator)
        case Name():
            return _whole_name(node, bindings, builder)
        case Negate():
            return -_affine(node.operand, bindings, builder)
        case Sum():
            signed = ((mark, _affine(term, bindings, builder)) for mark, term in node.terms)
            return sympy.Add(*(-term if mark == "-" else term for mark, term in signed))
        case Product():
            return _product(node, bindings, builder)
        case Power():
            base, exponent = _affine(node.base, bindings, builder), _affine(node.exponent, bindings, builder)
            if base.is_Integer and exponent.is_Integer and 0 <= exponent <= 64:
                return base**exponent
    raise _not_affine(node, builder)


def _product(node: Product, bindings: Bindings, builder: Builder) -> Expr:
    result: Expr = Integer(1)
    for operator, factor in node.factors:
        right = _affine(factor, bindings, builder)
        if operator == "*" and (result.is_Integer or right.is_Integer):
            result = result * right
            continue
        if operator in DIGITS and not result.is_Integer and right.is_Integer and right > 0:
            result = DIGITS[operator](result, right)
            continue
        if not (result.is_Integer and right.is_Integer and right != 0):
            raise _not_affine(node, builder)
        if operator == "/" and int(result) % int(right):
            message = f"{result} / {right} is no integer"
            raise builder.error("not-affine", message, node, "write // to round down")
        result = Integer(int(result) % int(right) if operator == "%" else int(result) // int(right))
    return result


def _whole_name(node: Name, bindings: Bindings, builder: Builder) -> Expr:
    name = node.name
    if name in bindings.indices:
        return bindings.indices[name]
    if name in builder.extents:
        raise builder.unbound(node)
    number = builder.scope.number(name)
    if number is not None and number.is_Integer:
        return number
    if number is not None:
        message = f"`{name}` is not a known integer and cannot stand in an index"
        raise builder.error("not-affine", message, node, "use indices, integers and sizes")
    if name in builder.tensors:
        raise _not_affine(node, builder)
    known = {*bindings.indices, *builder.scope.sizes}
    message = f"index `{name}` is not bound here{nearest(name, known)}"
    help = f"put it on the left-hand side, or sum over it: sum[{name}](...)"
    if known:
        help += f"; bound or known here: {listing(known)}"
    raise builder.error("unbound-index", message, node, help)


def _not_affine(node: Node, builder: Builder) -> EquationError:
    message = "an index is an integer combination of indices, or one element of an integer tensor"
    return builder.error("not-affine", message, node, "such as i, S*p + r - P, t - 1, j // 6, j % 6 or label[b]")
