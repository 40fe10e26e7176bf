"""What travels between a file and its chunks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page as a reader gives it. ``number`` is ``None`` where the file has no pages."""

    number: int | None
    text: str


@dataclass(frozen=True)
class Reading:
    """A file as read. ``laid_out``: line ends are layout and may have to be rejoined."""

    pages: tuple[Page, ...]
    laid_out: bool
    title: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of meaning and the page it begins on.

    ``gap``: how many blank lines stood before it. ``indented``: it began with a blank (what is left
    of a bullet, a page's first line).
    """

    text: str
    page: int | None
    gap: int = 0
    indented: bool = False


@dataclass(frozen=True)
class Removed:
    """Something dropped on purpose, for the report."""

    page: int | None
    text: str
    why: str


@dataclass(frozen=True)
class Section:
    """Lines under one heading path, outermost heading first."""

    path: tuple[str, ...]
    lines: tuple[Line, ...]
