"""What travels between a file and its chunks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

PageState = Literal["read", "unread", "doubtful"]


@dataclass(frozen=True)
class Page:
    """One page as a reader gives it. ``number`` is ``None`` where the file has no pages.

    ``unread``: there are no letters to read. ``doubtful`` (要確認): there are, but they are no Japanese;
    the page is not searched until a person has looked. ``note`` tells either, or how it was read;
    ``picture`` shows such a page (PNG in base64).
    """

    number: int | None
    text: str
    state: PageState = "read"
    note: str | None = None
    picture: str | None = None


@dataclass(frozen=True)
class Removed:
    """Something left out on purpose, for the report."""

    page: int | None
    text: str
    why: str


@dataclass(frozen=True)
class Reading:
    """A file as read. ``laid_out``: line ends are layout and may have to be rejoined.

    ``removed`` is what the reader left out: hidden text, reading aids, speaker's notes.
    """

    pages: tuple[Page, ...]
    laid_out: bool
    title: str | None = None
    removed: tuple[Removed, ...] = ()

    def trusted(self, accepted: Collection[int] = ()) -> Reading:
        """Without the text of doubtful pages, but for those a person has ``accepted``."""
        pages = (
            replace(page, text="") if page.state == "doubtful" and page.number not in accepted else page
            for page in self.pages
        )
        return replace(self, pages=tuple(pages))


@dataclass(frozen=True)
class Line:
    """One line of meaning and the page it begins on.

    ``gap``: how many blank lines stood before it. ``indented``: it began with a blank (what is left
    of a bullet, a page's first line). ``level`` is what a person says of it: a heading so deep (1 is
    outermost), or none (0). ``corrected``: a person put the text right.
    """

    text: str
    page: int | None
    gap: int = 0
    indented: bool = False
    level: int | None = None
    corrected: bool = False


@dataclass(frozen=True)
class Section:
    """Lines under one heading path, outermost heading first. ``off``: the correction that keeps them from search."""

    path: tuple[str, ...]
    lines: tuple[Line, ...]
    off: str | None = None
