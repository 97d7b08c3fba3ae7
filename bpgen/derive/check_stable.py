"""The check of the stable forms: outputs, loss and gradients have the values that they had."""

from __future__ import annotations

import numpy as np

from bpgen.algebra.errors import RewriteError
from bpgen.algebra.recurrence import components, upstream
from bpgen.algebra.system import REAL, System
from bpgen.derive.check import agree
from bpgen.derive.rounding import ROUNDING
from bpgen.derive.sample import compute
from bpgen.derive.settled import is_settled
from bpgen.derive.smaller import require_free
from bpgen.derive.values import Values

# So many rewritten equations are printed.
SHOWN = 4


def check_stable(stable: System, complete: System, values: Values) -> Values:
    """The values of the stable system.  Raises RewriteError, with equations before and after, where a result differs.

    values: of the complete system's tensors.  What neither changed nor reads what changed is not computed again.
    """
    require_free((equation.rhs for equation in stable.equations), values.smaller)
    again = values.alike({n: a for n, a in values.tensors.items() if n not in stable.defining})
    changed: set[str] = set()
    together = {name: component.names for component in components(stable.equations) for name in component.names}
    for equation in stable.equations:
        names = together.get(equation.tensor.name, (equation.tensor.name,))
        if names[0] in again:
            continue
        group = [other for other in stable.equations if other.tensor.name in names]
        same = all(_is_as_before(e.tensor.name, stable, complete) and not changed.intersection(e.reads) for e in group)
        if same and all(name in values for name in names):
            for name in names:
                again.adopt(name, values)
            continue
        compute(group, again)
        alike = [name for name in names if _agrees(name, values, again)]
        changed.update(name for name in names if name not in alike)
        # What reads it then has the values it had, which `derive_shifts` does not compute again.
        again.tensors |= {name: values.tensors[name] for name in alike if _as_defined(name, values, again)}
    for name in _results(stable):
        # Which of several equal elements is the greatest may be a matter of rounding, and what follows from it as well.
        comparable = name in values and complete.tensors[name].dtype == REAL
        if name in changed and comparable and is_settled(name, complete, values):
            raise RewriteError(_message(name, stable, complete, values, again))
    return again


def _is_as_before(name: str, stable: System, complete: System) -> bool:
    return name in complete.defining and complete.defining[name].rhs == stable.defining[name].rhs


def _agrees(name: str, values: Values, again: Values) -> bool:
    # What cancels to nothing leaves the rounding of values of size 1, as sampled.
    before = values.of(name)
    return before is not None and agree(np.ravel(before), np.ravel(again.tensors[name]), ROUNDING)


def _as_defined(name: str, values: Values, again: Values) -> bool:
    """Whether it is infinite, or undefined, in the same places as before."""
    before, after = values.tensors[name], again.tensors[name]
    return np.array_equal(before[~np.isfinite(before)], after[~np.isfinite(after)], equal_nan=True)


def _results(system: System) -> list[str]:
    named = [*(name for _, name in system.inference), *(adjoint for _, adjoint in system.gradients)]
    return [*system.outputs, *named, *([system.loss] if system.loss else [])]


def _message(name: str, stable: System, complete: System, values: Values, again: Values) -> str:
    reached = upstream(stable.equations, [name])
    rewritten = [e.tensor.name for e in stable.equations if e.tensor.name in reached]
    rewritten = [tensor for tensor in rewritten if not _is_as_before(tensor, stable, complete)][:SHOWN]
    lines = [f"stabilisation changed the value of {name}; this is a bug in bpgen, and no gradient is returned"]
    for label, system, found in (("before", complete, values), ("after", stable, again)):
        lines += [f"  {label}: {system.defining[tensor]}" for tensor in rewritten if tensor in system.defining]
        lines.append(f"       {name} = {np.ravel(np.asarray(found.of(name)))[:5]}")
    return "\n".join(lines)
