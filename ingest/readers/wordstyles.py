"""What the styles of a Word document say of its paragraphs: heading, list item, hidden."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from ingest.readers.ooxml import W, is_on, value


@dataclass(frozen=True)
class Style:
    """What a paragraph's style says: level of its heading, list it belongs to, whether it hides."""

    name: str = ""
    level: int | None = None
    item: tuple[str, int] | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Styles:
    """The styles of a document by id; what one does not say, the one it is based on says."""

    known: dict[str, Style]

    @classmethod
    def of(cls, root: Any) -> Styles:
        elements = {style.get(f"{W}styleId"): style for style in root.iter(f"{W}style")}
        return cls({name: cls._resolved(elements, name, 0) for name in elements})

    @classmethod
    def _resolved(cls, elements: dict[str, Any], name: str, depth: int) -> Style:
        element = elements.get(name)
        if element is None or depth > 10:
            return Style()
        base = cls._resolved(elements, value(element, "basedOn") or "", depth + 1)
        title = value(element, "name") or ""
        level = _heading_level(title)
        return Style(
            name=title,
            level=outline_level(element, base.level) if level is None else level,
            item=list_item(element, base.item),
            hidden=is_on(element.find(f"{W}rPr/{W}vanish"), base.hidden),
        )

    def get(self, name: str | None) -> Style:
        return self.known.get(name or "", Style())


def _heading_level(style_name: str) -> int | None:
    match = re.fullmatch(r"(?:heading|見出し) ?([1-9])", unicodedata.normalize("NFKC", style_name).lower())
    return int(match[1]) if match else None


def outline_level(element: Any, default: int | None) -> int | None:
    """The level that a paragraph or style gives itself in the outline, from 1; 9 there means text."""
    told = value(element, "pPr/outlineLvl")
    if told is None or not told.isdigit():
        return default
    return int(told) + 1 if int(told) < 9 else None


def list_item(element: Any, default: tuple[str, int] | None) -> tuple[str, int] | None:
    """The list and the depth in it; list 0 takes a paragraph out of its style's list."""
    name, depth = value(element, "pPr/numPr/numId"), value(element, "pPr/numPr/ilvl")
    if name is None and depth is None:
        return default
    if name is None:
        return (default[0], int(depth or 0)) if default else None
    return None if name == "0" else (name, int(depth or 0))
