"""Whether a single value is of an option's kind and in its range."""

from __future__ import annotations

import math
from typing import Any

from bpgen.library.options import Option

LARGEST = 2**31 - 1  # extents and element counts are 32-bit integers in the generated code


def has_kind(option: Option, value: Any) -> bool:
    match option.kind:
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return isinstance(value, str) or (isinstance(value, bool) and value in option.choices)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return is_number(value)
        case "numbers":
            return isinstance(value, list | tuple) and len(value) == option.length and all(map(is_number, value))
    return isinstance(value, str)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_range(option: Option, number: float) -> bool:
    try:
        if not math.isfinite(number):
            return False
    except OverflowError:  # an integer beyond every float
        return False
    low, high = option.minimum, option.maximum
    if low is not None and (number < low or (option.open and high is None and number == low)):
        return False
    return high is None or number < high or (number == high and not option.open)


def sample(option: Option) -> str:
    samples = {"size": "10", "integer": "1", "number": "0.1", "boolean": "true", "equation": '"..."', "text": '"..."'}
    return samples.get(option.kind, "...")
