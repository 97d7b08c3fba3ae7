"""d(expression, x[b, i]): a derivative inside an equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.errors import DerivativeError
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import Index
from bpgen.algebra.syntax_tree import Call, Name, Subscript
from bpgen.algebra.system import REAL

if TYPE_CHECKING:
    from bpgen.algebra.build import Builder


def build_derivative(node: Call, bindings: Bindings, builder: Builder) -> Expr:
    """The derivative, whose equations join those of the text.

    What is differentiated becomes a tensor of its own where it is none.  Raises EquationError for a second
    argument that is no element of a real tensor at plain indices, and where texts have no derivatives.
    """
    if builder.splitter is None or builder.scope.differentiate is None:
        raise builder.error("not-supported", "d(...) stands only in equations of layers and losses", node)
    if len(node.arguments) != 2 or node.keywords:
        given = len(node.arguments) + len(node.keywords)
        message = f"`d` takes 2 arguments, what is differentiated and by what, but is given {given}"
        raise builder.error("argument-count", message, node, "such as d(u[b, 0], x[b, i])")
    if builder.carried is not None and builder.carried.group(builder.carried.reader):
        message = "d(...) cannot stand within a recurrence, whose equations it would have to know already"
        raise builder.error("not-supported", message, node, "take the derivative on a later line")
    expression, by = node.arguments
    if isinstance(by, Name | Subscript) and by.name not in builder.tensors:
        builder.value(by, bindings)  # names what is wrong with it
    variable = builder.value(by, bindings) if isinstance(by, Name | Subscript) else None
    if not isinstance(variable, Access) or not _is_plain(variable):
        message = "a derivative is taken by one element of a tensor, at plain indices or numbers"
        raise builder.error("derivative-variable", message, by, "such as d(u[b, 0], x[b, i])")
    if builder.tensors[by.name].dtype != REAL:  # type: ignore[union-attr]
        message = f"`{by.name}` holds integers; only a tensor of reals can be varied"  # type: ignore[union-attr]
        raise builder.error("derivative-variable", message, by)
    element = builder.value(expression, bindings)
    if not isinstance(element, Access) or not _is_plain(element):
        element = builder.splitter.temporary(element, "u", bindings.order)
    if not isinstance(element, Access):  # a number
        return element * 0
    try:
        value, equations = builder.scope.differentiate(
            builder.tensors.values(), tuple(builder.splitter.equations), element, variable,
            name=builder.splitter.name_of_derivative, role=builder.splitter.role,
        )  # fmt: skip
    except DerivativeError as refused:
        help = "differentiate by another tensor, such as one that a recurrence reads"
        raise builder.error("derivative-variable", str(refused), by, help) from refused
    builder.splitter.equations += equations
    return value


def _is_plain(access: Access) -> bool:
    return all(isinstance(index, Index) or index.is_Integer for index in access.indices)
