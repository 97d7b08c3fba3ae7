"""The one piece of notation that library texts add to the language: parts that an option chooses.

`{option: part}` stands where the option is set (true, or a number that is not 0), `{option=value: part}`
where it has this value, and `{option: part | other}` stands for `other` where it is not.  Parts may nest.
An option that is 0 thus takes its term, and the state that the term needs, out of the text: a structural
zero costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PART = re.compile(r"\{(\w+)(?:=(\w+))?:([^{}|]*)(?:\|([^{}|]*))?\}")


def choose(text: str, options: Mapping[str, Any]) -> str:
    """The text with every part decided, without empty lines.  Raises KeyError for an unknown option."""

    def decide(match: re.Match[str]) -> str:
        name, value, part, other = match.groups()
        chosen = options[name] == value if value else bool(options[name])
        return " ".join((part if chosen else other or "").split())

    decided, changes = text, 1
    while changes:
        decided, changes = _PART.subn(decide, decided)
    return "\n".join(line.strip() for line in decided.splitlines() if line.strip())
