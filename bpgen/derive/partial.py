"""A derivative inside an equation: d(u[b], x[b, i]) as forward equations, by the one rule.

The adjoints of one element of u are wanted for every element at once, so they carry its indices k beside their
own: seeded with [b = k], propagated by the rule.  Where samples do not meet, the bracket comes through every
equation, is taken out of each adjoint, and no adjoint has an axis more than its tensor; where they do meet (an
output among several, a mean over the batch), the axis stays, and the result is still right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.errors import DerivativeError, InternalError
from bpgen.algebra.expressions import Access, rename
from bpgen.algebra.functions import equal
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.recurrence import arrange, components, downstream, upstream
from bpgen.algebra.system import GIVEN, Equation, System, Tensor
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check_partial import check_partial
from bpgen.derive.differentiate import ADJOINT, assumed
from bpgen.derive.sample import sample_values
from bpgen.derive.split_reductions import Splitter


def partial_derivative(
    given: Iterable[Tensor], equations: tuple[Equation, ...], element: Access, variable: Access, *,
    name: Callable[[str], str], role: str,
) -> tuple[Expr, tuple[Equation, ...]]:  # fmt: skip
    """The derivative of one element of a tensor by one element of another, and what defines the tensors in it.

    given: every tensor, at least those that no equation defines; equations: flat, in order
    element, variable: accesses at plain indices and integers; name: a name for a new tensor, from its own here
    role: of the new equations.  Raises DerivativeError for a variable in a recurrence, InternalError where the
    derivative fails its numerical check.
    """
    if element.tensor == variable.tensor:
        pairs = zip(element.indices, variable.indices, strict=True)
        return sympy.Mul(*(equal(a, b) for a, b in pairs)), ()
    system = _system(given, equations)
    if variable.tensor in assumed(system):
        raise DerivativeError(
            f"a derivative uses what is declared of `{variable.tensor}`, which holds no longer near by"
        )
    moving = {name for component in components(system.equations) for name in component.names}
    if variable.tensor in moving:
        raise DerivativeError(f"the elements of `{variable.tensor}` depend on each other through time")
    if element.tensor in moving:
        system, element = _copied(system, element)
    active = _active(system, element.tensor, variable.tensor)
    if variable.tensor not in active or element.tensor not in active:
        return Integer(0), ()
    extra, seed = _seed(system.tensors[element.tensor], element)
    values = sample_values(system)
    adjoints = Adjoints.of(system, values, active=active, seeds={element.tensor: seed}, extra=tuple(extra.values()))
    adjoints.derive_all()
    result = adjoints.upstream[variable.tensor]
    at = dict(zip(system.tensors[variable.tensor].axes, variable.indices, strict=True))
    back: dict[Expr, Expr] = {index: kept for kept, index in extra.items()}
    check_partial(adjoints, element.tensor, variable.tensor)
    made = _flat(adjoints, result)
    taken = tuple(sorted(adjoints.definitions.assumed))
    renamed = _renamed(made, system.tensors[element.tensor], name, role)
    value = rename(result, {**at, **back})
    atoms = {old.atom: new.atom for old, new in renamed.items()}
    return value.xreplace(atoms), tuple(
        replace(e, tensor=renamed[e.tensor], rhs=e.rhs.xreplace(atoms), role=role, number=0, assumed=taken)
        for e in made
    )


def _system(given: Iterable[Tensor], equations: tuple[Equation, ...]) -> System:
    defined = {equation.tensor.name for equation in equations}
    tensors = {tensor.name: tensor for tensor in given if tensor.role in GIVEN or tensor.name in defined}
    return System("partial", tensors | {e.tensor.name: e.tensor for e in equations}, arrange(equations))


def _copied(system: System, element: Access) -> tuple[System, Access]:
    """The system with a copy of the element's tensor: in a recurrence, an element's adjoint is more than its own."""
    tensor = system.tensors[element.tensor]
    copy = replace(tensor, name="~" + tensor.name)
    extended = system.extended([Equation(copy, tensor.axes, tensor.element, copy.role)])
    return extended, Access(copy.atom, *element.indices)


def _active(system: System, element: str, variable: str) -> frozenset[str]:
    """The tensors on a path from the variable to the element, both included; nothing where there is none."""
    return frozenset(downstream(system.equations, [variable]) & upstream(system.equations, [element]))


def _seed(tensor: Tensor, element: Access) -> tuple[dict[Index, Index], Expr]:
    """Indices of the adjoints' own for those of the element, and the adjoint of its tensor: brackets at it."""
    extra: dict[Index, Index] = {}
    seed: Expr = Integer(1)
    for axis, index in zip(tensor.axes, element.indices, strict=True):
        if axis.extent == 1:  # there is one element only
            continue
        if isinstance(index, Index):
            extra.setdefault(index, Index(f"~element{len(extra)}", index.extent))
            seed *= equal(axis, extra[index])
        elif index.is_Integer:
            seed *= equal(axis, index)
        else:
            raise InternalError(f"d({element}, ...): the element's indices are not plain")
    return extra, seed


def _flat(adjoints: Adjoints, result: Expr) -> list[Equation]:
    """The equations of the adjoints that the result needs, each with one reduction at most."""
    needed = upstream(adjoints.final.values(), (access.tensor for access in result.atoms(Access)))
    splitter = Splitter(lambda name: name in adjoints.definitions.tensors)
    ratios = {e.tensor.name: e for e in adjoints.named}
    made: list[Equation] = []
    for name, equation in adjoints.final.items():
        if name in needed:
            for part in splitter.split(equation):
                made += [ratios.pop(read) for read in part.reads if read in ratios]
                made.append(part)
    return [_with_letters(equation) for equation in made]


def _with_letters(equation: Equation) -> Equation:
    """The equation with a letter for every left-hand index that has none."""
    taken = {index.name for index in equation.indices if not index.name.startswith("~")}
    mapping: dict[Expr, Expr] = {}
    for index in equation.indices:
        if index.name.startswith("~"):
            letter = fresh_letter(taken, batch=index.extent == BATCH)
            taken.add(letter)
            mapping[index] = index.renamed(letter)
    if not mapping:
        return equation
    indices = tuple(mapping.get(index, index) for index in equation.indices)
    tensor = replace(equation.tensor, axes=tuple(mapping.get(axis, axis) for axis in equation.tensor.axes))
    return replace(equation, tensor=tensor, indices=indices, rhs=rename(equation.rhs, mapping))


def _renamed(made: list[Equation], element: Tensor, name: Callable[[str], str], role: str) -> Mapping[Tensor, Tensor]:
    """Tensors of the derivative: u_x, as formulas write the derivative of u by x."""
    renamed = {}
    for equation in made:
        old = equation.tensor
        symbol = old.symbol
        if old.name.startswith(ADJOINT):
            first, *more = (element.symbol or "u").split("_")
            symbol = f"{first}_{''.join(more)}{(old.symbol or 'x').replace('_', '')}"
        renamed[old] = replace(old, name=name(old.name), role=role, symbol=symbol)
    return renamed
