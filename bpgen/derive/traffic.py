"""Memory traffic of equations: what each must at least read and write, were all others computed elsewhere.

An element that an equation uses more than once is read once; an element of what is looked up by data (a row of an
embedding) is read for every look-up.
"""

from __future__ import annotations

from bpgen.algebra.expressions import Access, accesses, free_indices
from bpgen.algebra.index import Index, extent_of
from bpgen.algebra.polynomial import Polynomial, product
from bpgen.algebra.system import Equation

ELEMENT_BYTES = 4
"""Of a real in single precision, and of a label."""


def bytes_read(equation: Equation) -> Polynomial:
    """Of each tensor, the elements that some access meets, but never more than it has."""
    by_tensor: dict[str, list[Access]] = {}
    for access in accesses(equation.rhs):
        by_tensor.setdefault(access.tensor, []).append(access)
    total = Polynomial()
    for found in by_tensor.values():
        met = sum(
            (_elements(access) for access in {_places(access): access for access in found}.values()), Polynomial()
        )
        whole = product(extent_of(Index("", extent)) for extent in found[0].args[0].extents)
        looked_up = any(isinstance(index, Access) for access in found for index in access.indices)
        total += met if looked_up else _smaller(met, whole)
    return total * Polynomial((ELEMENT_BYTES,))


def bytes_written(equation: Equation) -> Polynomial:
    return size(equation) * Polynomial((ELEMENT_BYTES,))


def size(equation: Equation) -> Polynomial:
    """Elements of the tensor that an equation defines."""
    return product(equation.tensor.shape)


def _elements(access: Access) -> Polynomial:
    """How many elements it meets, at most: one for each value of the indices in it."""
    return product(extent_of(index) for index in free_indices(access))


def _places(access: Access) -> tuple[object, ...]:
    """Which elements it meets: those of x[b, i] and of x[b, j] are the same."""
    return tuple(("every", index.extent) if isinstance(index, Index) else index for index in access.indices)


def _smaller(met: Polynomial, whole: Polynomial) -> Polynomial:
    """Both counts are of the same power of B, for the tensor has its axes of batch size, and no others, from there."""
    return min(met, whole, key=lambda count: (count.degree, *reversed(count.coefficients)))
