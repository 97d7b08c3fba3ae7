"""Dataclasses whose methods are not compiled class by class.

`dataclasses.dataclass` writes the methods of each class as text, and has Python compile it: for the two hundred classes
behind a network, a tenth of the time from its description to its first step.  Here they are closures over the names of
fields.  For `fields`, `replace`, `asdict`, `match`, and for those who check types, such a class is what the standard
library would have made of it.  Fields are given by place or by name, and all that are compared are hashed: `kw_only`
and `hash` are refused, and there is no `InitVar`.

Only calls take longer, up to twice as long: the scalars of kernels (bpgen.lower.scalar), of which there are most by
far, are the standard library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

Method = Callable[..., Any]

_set = object.__setattr__  # which sets what the class's own refuses to


def _record(cls: type | None = None, *, frozen: bool = False) -> Any:
    """As `dataclasses.dataclass`, of whose options there is `frozen` alone."""
    if cls is None:
        return lambda cls: _record(cls, frozen=frozen)
    written = vars(cls).copy()
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(made)
    if other := [field.name for field in fields if field.kw_only or field.hash is not None]:
        raise TypeError(f"{made.__name__}: kw_only or hash of {', '.join(other)}, which these records do not know")
    methods = {"__init__": _initializer(made, fields), "__repr__": _printer(fields), **_comparers(fields, frozen)}
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
    for name, method in methods.items():
        if name not in written:
            setattr(made, name, method)
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _record


def _initializer(cls: Any, fields: Sequence[Field[Any]]) -> Method:
    names = [field.name for field in fields if field.init]
    usual = {field.name: field.default for field in fields if field.default is not MISSING}
    makers = {field.name: field.default_factory for field in fields if field.default_factory is not MISSING}
    own = {field.name: makers[field.name] for field in fields if field.name in makers and not field.init}
    begin = getattr(cls, "__post_init__", None)

    def complete(values: list[Any], named: dict[str, Any]) -> list[Any]:
        """The values of all fields, of which these are given by place."""
        given = len(values)
        for name in names[given:]:
            if name in named:
                values.append(named.pop(name))
            elif name in usual:
                values.append(usual[name])
            elif name in makers:
                values.append(makers[name]())
        if named or len(values) != len(names):
            wrong = ", ".join(named) or f"{given} by place and too few by name"
            raise TypeError(f"{cls.__qualname__}() takes {', '.join(names)}: not {wrong}")
        return values

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        values = given if len(given) == len(names) and not named else complete([*given], named)
        any(map(_set, repeat(self), names, values))  # each gives None: to the end
        for name, make in own.items():
            _set(self, name, make())
        if begin is not None:
            begin(self)

    return __init__


def _printer(fields: Sequence[Field[Any]]) -> Method:
    names = [field.name for field in fields if field.repr]

    def __repr__(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _comparers(fields: Sequence[Field[Any]], frozen: bool) -> dict[str, Method | None]:
    """Equality by all fields that are compared, among instances of one class; and what follows from it for hashing."""
    names = [field.name for field in fields if field.compare]
    if len(names) == 1:
        names *= 2  # for a tuple: what is no number is equal to itself there
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")
