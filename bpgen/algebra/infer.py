"""Extents of indices and shapes of parameters, from the tensors they meet.

Within a text an index has one extent, so names are enough: every plain access `W[o, i]` says that `o`
runs over W's first axis.  These are unified until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

from bpgen.algebra.check_names import check_index_names, check_subscripts, element_text
from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import Scope, exact
from bpgen.algebra.syntax_tree import Name, Node, ParsedEquation, Subscript, walk
from bpgen.algebra.system import Tensor


@dataclass(frozen=True)
class Inferred:
    """extents: by index name; parameters: tensors of all parameters used, by name in the text.

    problems: what does not follow.  There UNKNOWN stands in, so that an error that explains it, such as an
    index that is not bound, can be found first.
    """

    extents: Mapping[str, Expr]
    parameters: Mapping[str, Tensor]
    problems: tuple[EquationError, ...]


@dataclass(frozen=True)
class _Extent:
    """An extent, and what fixes it: "axis 1 of `x`"."""

    value: Expr
    why: str


UNKNOWN = Symbol("unknown", integer=True, positive=True)

# Something with an extent: an index by its name, or an axis of a parameter.
_Unknown = str | tuple[str, int]


def infer(
    equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText, written: tuple[Subscript, ...] = ()
) -> Inferred:
    """Extents and shapes.  Raises EquationError for names and axes that do not fit.

    written: left-hand sides of boundary lines, which are accesses to tensors that other lines define.
    """
    places = check_index_names(equations, scope, source)
    check_subscripts(equations, scope, source)
    inference = _Inference(equations, scope, source, frozenset(places))
    inference.accesses += written
    inference.run()
    used = {node.name for e in equations for node in walk(e.value) if isinstance(node, Subscript | Name)}
    extents = {name: inference.extent(name, place) for name, place in places.items()}
    parameters = {name: tensor or inference.shape(name) for name, tensor in scope.parameters.items() if name in used}
    return Inferred(extents, parameters, tuple(inference.problems))


class _Inference:
    def __init__(
        self, equations: tuple[ParsedEquation, ...], scope: Scope, source: SourceText, indices: frozenset[str]
    ) -> None:
        self.scope, self.source, self.indices = scope, source, indices
        self.local = {equation.name: equation.indices for equation in equations}
        self.accesses = [node for e in equations for node in walk(e.value) if isinstance(node, Subscript)]
        # A left-hand side is an access too: where its tensor exists already, it fixes extents.
        self.accesses += [Subscript(e.name, e.indices, e.position) for e in equations if e.name in scope.tensors]
        self.extents: dict[_Unknown, _Extent] = {
            name: _Extent(exact(size), "sizes") for name, size in scope.sizes.items() if name in indices
        }
        self.problems: list[EquationError] = []

    def run(self) -> None:
        learning = True
        while learning:
            learning = False
            for access in self.accesses:
                for axis, item in enumerate(access.indices):
                    learning |= self._learn(access.name, axis, item)

    def _learn(self, name: str, axis: int, item: Node) -> bool:
        """What one index of one access tells; whether that was new."""
        unknown, extent = self._axis(name, axis)
        why = f"axis {axis + 1} of `{name}`"
        if isinstance(item, Name) and item.name in self.indices:
            if extent is not None:
                return self._agree(item, _Extent(extent, why))
            if unknown is not None and item.name in self.extents:
                self.extents[unknown] = _Extent(self.extents[item.name].value, why)
                return True
        elif isinstance(item, Subscript) and extent is None and isinstance(unknown, tuple):
            pointer = self.scope.known(item.name)
            if pointer is not None and pointer.classes is not None:
                self.extents[unknown] = _Extent(exact(pointer.classes), f"classes of `{item.name}`")
                return True
        return False

    def _axis(self, name: str, axis: int) -> tuple[_Unknown | None, Expr | None]:
        """An axis as an unknown, if it is one, and its extent, if that is known already."""
        tensor = self.scope.known(name)
        if tensor is not None:
            return None, tensor.axes[axis].extent if axis < len(tensor.axes) else None
        unknown: _Unknown = (name, axis)
        if name in self.local:
            left = self.local[name][axis]
            assert isinstance(left, Name)  # check_index_names has refused everything else
            unknown = left.name
        found = self.extents.get(unknown)
        return unknown, found.value if found else None

    def _agree(self, item: Name, found: _Extent) -> bool:
        """Note an extent of an index; one that differs from what is known is an error that names both."""
        known = self.extents.setdefault(item.name, found)
        if known.value != found.value:
            message = f"index `{item.name}` runs over {known.value} ({known.why}) and over {found.value} ({found.why})"
            help = "in one text a name has one extent; use another name here"
            raise self.source.error("index-extent", message, item.position, help)
        return known is found

    def extent(self, name: str, place: Position) -> Expr:
        """The extent of an index, or UNKNOWN and a problem."""
        if name in self.extents:
            return self.extents[name].value
        message = f"the extent of index `{name}` is not known"
        help = f"no tensor fixes it: give it in `sizes`, as sizes = {{ {name} = 10 }}"
        self.problems.append(self.source.error("unknown-extent", message, place, help))
        return UNKNOWN

    def _batch_error(self, name: str, use: Subscript | None, item: Node) -> EquationError:
        state = name in self.scope.states
        axis, what = ("an axis", "parameter") if not state else ("an axis other than the first", "state")
        message = f"{what} `{name}` would have the batch as {axis}: {element_text(name, use)}"
        help = "a state keeps its rows: write the index of the batch first" if state else "it serves every row alike"
        return self.source.error("batch-parameter", message, item.position, help)

    def shape(self, name: str) -> Tensor:
        """A parameter's tensor; its axes are called as the indices of its first use."""
        use = next((access for access in self.accesses if access.name == name), None)
        axes: list[Index] = []
        for axis, item in enumerate(use.indices if use else ()):
            extent = self.extents.get((name, axis))
            if extent is None:
                message = f"the extent of axis {axis + 1} of `{name}` does not follow from its use"
                help = f"give the extent of its index in `sizes`, or `{name}` a `shape`"
                self.problems.append(self.source.error("unknown-extent", message, item.position, help))
                extent = _Extent(UNKNOWN, "")
            if extent.value == BATCH and (axis or name not in self.scope.states):
                raise self._batch_error(name, use, item)
            taken = {index.name for index in axes}
            wish = item.name if isinstance(item, Name) else ""
            axes.append(Index(wish if wish and wish not in taken else fresh_letter(taken), extent.value))
        symbol = self.scope.symbols.get(name, name)
        system_name = self.scope.system_name(name)
        role = "state" if name in self.scope.states else "parameter"
        return Tensor(system_name, tuple(axes), role=role, symbol=symbol, layer=self.scope.layer)
