"""The XML inside Word and PowerPoint files: its names, and what both write in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
OFF = {"0", "false", "off"}


def one_version(root: Any) -> None:
    """Of what a file holds in two versions (for new and for old programs) keep the first."""
    for both in list(root.iter(f"{MC}AlternateContent")):
        parent = both.getparent()
        chosen = both.find(f"{MC}Choice")
        place = parent.index(both)
        parent[place : place + 1] = list(both if chosen is None else chosen)


def outermost(element: Any, tag: str) -> Iterator[Any]:
    """Elements of a kind below ``element``, without those inside them."""
    for child in element:
        if child.tag == tag:
            yield child
        else:
            yield from outermost(child, tag)


def value(element: Any, path: str) -> str | None:
    """The ``w:val`` at a path of Word's names."""
    found = element.find("/".join(f"{W}{name}" for name in path.split("/")))
    return None if found is None else found.get(f"{W}val")


def is_on(element: Any, default: bool) -> bool:
    """Whether a switch of Word's (bold, hidden) is on; ``default`` where it is not there."""
    return default if element is None else element.get(f"{W}val") not in OFF
