"""What kernels and their variables are called: after the layers and tensors of the description."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bpgen.algebra.system import Equation
from bpgen.lower.group import Group
from bpgen.lower.rewrite import reduction


def short_names(buffers: Sequence[str], locals_: Sequence[str], loops: Sequence[str]) -> list[str]:
    """A name for each buffer and local: the last part of its tensor's, where that is nobody else's.

    fc1.weight -> weight, d.fc1.weight -> d_weight, adjoints and next values keeping their mark.
    """
    taken = set(loops)
    chosen = []
    for name in (*buffers, *locals_):
        parts = name.split(".")
        for candidate in (_short(parts), _plain("_".join(parts))):
            if candidate not in taken:
                break
        number = 2
        unique = candidate
        while unique in taken:
            unique, number = f"{candidate}_{number}", number + 1
        taken.add(unique)
        chosen.append(unique)
    return chosen


def _short(parts: list[str]) -> str:
    adjoint = "d_" if parts[0] == "d" and len(parts) > 1 else ""
    rest = parts[1:] if adjoint else parts
    if len(rest) > 1 and rest[-1] == "inference":
        rest = rest[:-1]
    marked = len(rest) > 1 and rest[-1] == "next"
    last = rest[-2] + "_next" if marked else rest[-1]
    return adjoint + _plain(last)


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name)


def title(group: Group, equations: Sequence[Equation], over: str = "", partly: bool = False) -> str:
    """What a kernel is, in words: "fc1: linear, relu".

    over: what it runs over, where that is more than the equations tell; partly: it computes one factor of what an
    equation sums
    """
    if not equations:
        return "digits of indices, for accesses to look up" if _is_table(group) else "copy"
    words: dict[str, list[str]] = {}
    for equation in equations:
        known = words.setdefault(equation.origin.layer or equation.origin.type, [])
        word = ("gradient of " if equation.role == "backward" else "") + (equation.origin.type or equation.role)
        if word not in known:
            known.append(word)
    if over:
        return f"{over}: {', '.join(dict.fromkeys(kind for kinds in words.values() for kind in kinds))}"
    text = "; ".join(f"{layer}: {', '.join(kinds)}" if layer else ", ".join(kinds) for layer, kinds in words.items())
    return text + (" (one side of the product)" if partly else "")


def kernel_name(group: Group, equations: Sequence[Equation], given: dict[str, int]) -> str:
    """linear_relu_128_784; given: how often each name is in use, updated here."""
    words: list[str] = []
    for equation in equations:
        scalar = not equation.tensor.axes and equation.role not in ("loss", "update")
        by_name = equation.role == "backward" or scalar or not equation.origin.type
        word = _short(equation.tensor.name.split(".")) if by_name else equation.origin.type or equation.tensor.name
        word = _plain(word).strip("_")
        if word and word not in words:
            words.append(word)
    extents = _extents(group)
    name = "_".join([*(words[:4] or ["digits" if _is_table(group) else "copy"]), *map(str, extents)])
    chosen = name
    while chosen in given:
        given[name] += 1
        chosen = f"{name}_v{given[name]}"
    given[chosen] = 1
    return chosen


def _is_table(group: Group) -> bool:
    """Whether it writes integers that no equation defines."""
    return all(statement.dtype == "int32" for statement in group.statements)


def _extents(group: Group) -> list[int]:
    """The constant extents of the main statement's loops."""
    main = max(group.statements, key=lambda s: (s.contraction is not None, len(s.loops)))
    found = reduction(main.value)
    loops = (*group.shared, *main.loops, *(found.loops if found else ()))
    return [loop.extent for loop in loops if isinstance(loop.extent, int)]
