"""What a page holds, read back with the standard library's parser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring

VOID = {"meta", "br", "wbr"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str | None]
    within: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """tags: every element in order; text: by element, its own alone.  Elements that do not nest fail."""

    source: str
    tags: list[Tag] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.open: list[Tag] = []
        self.feed(self.source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        found = Tag(tag, dict(attrs), tuple(outer.name for outer in self.open))
        assert len(found.attributes) == len(attrs)
        self.tags.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_endtag(self, tag):
        assert self.open.pop().name == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1].text += data

    def values(self, attribute: str) -> list[str]:
        return [str(tag.attributes[attribute]) for tag in self.tags if attribute in tag.attributes]

    def named(self, name: str) -> list[Tag]:
        return [tag for tag in self.tags if tag.name == name]

    def formulas(self) -> list[Element]:
        """Every formula, as the XML that it must be."""
        return [fromstring(text) for text in re.findall(r"<math.*?</math>", self.source, re.DOTALL)]
