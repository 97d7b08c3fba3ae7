"""Blocks of a document compared up to the numbers in them, and several of them written as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from bpgen.emit.document import Block, Origin, Reason
from bpgen.emit.latex_layout import Formula, Part, measure
from bpgen.emit.latex_marks import replace_marks
from bpgen.emit.latex_rows import Member, Row
from bpgen.emit.prose import Inline, Math, Prose, Reference

Text = Callable[[str], str]
MOST_LISTED = 4


def shape(block: Block) -> Hashable:
    """All that must be equal: everything but the marked numbers, the equations' numbers and the heading."""
    plain = map_block(block, lambda text: replace_marks(text, lambda kind, number: kind))
    return (tuple(map(_row_shape, plain.rows)), _prose_shape(plain.remark), _origin_shape(plain.origin))


def _row_shape(row: Row | None) -> Hashable:
    if row is None:
        return None
    sides = tuple((relation, _pieces(formula)) for relation, formula in row.sides)
    return row.left, sides, re.sub(r"\d+", "#", row.tag)


def _pieces(formula: Formula) -> Hashable:
    return tuple(part.text if isinstance(part, Part) else part for part in formula.parts)


def _prose_shape(prose: Prose) -> Hashable:
    return tuple(Reference("") if isinstance(item, Reference) else item for item in prose)


def _origin_shape(origin: Origin | None) -> Hashable:
    if origin is None:
        return None
    return tuple((reason.rule, _prose_shape(reason.text), _row_shape(reason.row)) for reason in origin.reasons)


def marked_numbers(block: Block) -> list[tuple[str, int]]:
    """(kind, number) of every mark, in the order in which `map_block` meets them."""
    found: list[tuple[str, int]] = []

    def collect(kind: str, number: int) -> str:
        found.append((kind, number))
        return kind

    map_block(block, lambda text: replace_marks(text, collect))
    return found


def equation_numbers(block: Block) -> tuple[int, ...]:
    return tuple(int(number) for row in block.rows for number in re.findall(r"\d+", row.tag))


# --- writing


def map_block(block: Block, text: Text) -> Block:
    return merge_blocks([block], (), text)


def merge_blocks(blocks: Sequence[Block], layers: Sequence[int], text: Text) -> Block:
    """The first block with its texts changed; its equations have the numbers of all, and its references lead to all.

    layers: what l is in each block
    """
    first = blocks[0]
    return replace(
        first,
        rows=tuple(_merge_rows(rows, layers, text) for rows in zip(*(block.rows for block in blocks), strict=True)),
        remark=_merge_prose([block.remark for block in blocks], text),
        origin=_merge_origins([block.origin for block in blocks if block.origin is not None], layers, text),
    )


def _merge_rows(rows: Sequence[Row], layers: Sequence[int], text: Text) -> Row:
    first = rows[0]
    left, sides = text(first.left), tuple((relation, _map_formula(side, text)) for relation, side in first.sides)
    if len(rows) == 1:
        return replace(first, left=left, sides=sides)
    members = tuple(Member(row.label, row.tag, row.equation, n) for row, n in zip(rows, layers, strict=True))
    tags = [member.tag for member in members if member.tag]
    return replace(first, left=left, sides=sides, tag=listed(tags), members=members)


def _map_formula(formula: Formula, text: Text) -> Formula:
    parts = tuple(_map_part(part, text) if isinstance(part, Part) else part for part in formula.parts)
    return replace(formula, parts=parts)


def _map_part(part: Part, text: Text) -> Part:
    changed = text(part.text)
    return Part(changed, part.width + measure(changed) - measure(part.text))


def _merge_prose(proses: Sequence[Prose], text: Text) -> Prose:
    return tuple(_merge_inline(items, text) for items in zip(*proses, strict=True))


def _merge_inline(items: Sequence[Inline], text: Text) -> Inline:
    first = items[0]
    if isinstance(first, Reference):
        return Reference(_labels([item.label for item in items if isinstance(item, Reference)]))
    return Math(text(first.text)) if isinstance(first, Math) else first


def _merge_origins(origins: Sequence[Origin], layers: Sequence[int], text: Text) -> Origin | None:
    if not origins:
        return None
    reasons = tuple(
        _merge_reasons(reasons, layers, text) for reasons in zip(*(origin.reasons for origin in origins), strict=True)
    )
    start, label = ([getattr(origin, name) for origin in origins] for name in ("start", "label"))
    return Origin(_labels(start), reasons, _labels(label))


def _merge_reasons(reasons: Sequence[Reason], layers: Sequence[int], text: Text) -> Reason:
    rows = [reason.row for reason in reasons if reason.row is not None]
    merged = _merge_prose([reason.text for reason in reasons], text)
    return Reason(reasons[0].rule, merged, _merge_rows(rows, layers, text) if rows else None)


def _labels(labels: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(labels))


def shortened(items: Sequence[str], more: str) -> list[str]:
    """All of a few; of more, which stand at equal distances, the first two and the last."""
    return list(items) if len(items) <= MOST_LISTED else [*items[:2], more, items[-1]]


def listed(items: Sequence[str]) -> str:
    """1, 3, 5; or 1, 3, \\dots, 23."""
    return ", ".join(shortened(items, r"\dots"))
