"""The few marks by which a reader tells what a line is, where line ends are not layout.

``# `` to ``###### `` begin a heading, ``・`` an item. Every other line is text: one that only looks like
a heading is escaped by ``\\``, which :mod:`ingest.sections` takes off again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.types import Page
from rag.errors import UnreadableFile

DEEPEST = 6
ITEM = "・"
LONG_LINE = 25  # letters; a shorter line was ended on purpose
_LOOKS_LIKE_HEADING = re.compile(r"\\*#{1,6} ")
_BLANKS = re.compile(r"[^\S\n]+")
_ENDS = re.compile(r"[。．！？!?：:]$")
_BEGINS = re.compile(r"[・･●○◎■□◆◇※＊*★☆▶→①-⑳(（\[【「]|[0-9０-９]+[.．)）、]|[-–—]\s")
_JAPANESE_TITLE = re.compile("[ぁ-ヿ㐀-鿿]")


def heading(level: int, text: str) -> str:
    """A heading of level 1 (outermost) to 6; without letters it is nothing."""
    title = one_line(text)
    return f"{'#' * min(DEEPEST, max(1, level))} {title}" if title else ""


def paragraph(text: str) -> str:
    """A line of text that is no heading, whatever it looks like."""
    return f"\\{text}" if _LOOKS_LIKE_HEADING.match(text) else text


def paragraphs(text: str, mark: str = "") -> list[str]:
    """The lines of a paragraph with line breaks in it, ``mark`` before the first.

    A break in the middle of a sentence is layout and goes; one after a short or finished line stays.
    """
    lines: list[str] = []
    for part in map(_squeezed, text.split("\n")):
        if part and lines and not _ends_here(lines[-1], part):
            lines[-1] = seam(lines[-1], part)
        elif part:
            lines.append(part)
    return [paragraph((mark if row == 0 else "") + line) for row, line in enumerate(lines)]


def one_line(text: str) -> str:
    """Several lines as one: a blank between them, none after a full stop."""
    return re.sub(r"(?<=[。、]) ", "", " ".join(map(_squeezed, text.split("\n")))).strip()


def seam(left: str, right: str) -> str:
    """Two parts of a sentence: a blank between Latin words, none beside Japanese."""
    return f"{left} {right}" if left[-1:].isascii() and right[:1].isascii() else left + right


def plain(line: str) -> str:
    """A line without the mark of a heading or the escape: for the cell of a table."""
    return re.sub(r"^(?:#{1,6} |\\(?=#))", "", line)


def page_text(lines: Iterable[str]) -> str:
    """The text of a page: a blank line between its lines of meaning."""
    return "\n\n".join(line for line in lines if line.strip())


def told_title(text: str | None) -> str | None:
    """The title in a file's properties, where a person seems to have written it."""
    title = re.sub(r"^Microsoft \w+ - ", "", one_line(text or ""))
    title = re.sub(r"\.\w{2,5}$", "", title)
    return title if _JAPANESE_TITLE.search(title) else None


def refuse_empty(name: str, pages: Iterable[Page]) -> None:
    """Raise UnreadableFile where no page has a letter."""
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(f"{name} には文字がありません。中身を確かめてください。")


def _squeezed(line: str) -> str:
    """Runs of blanks as one; a full-width blank stays one."""
    return _BLANKS.sub(lambda run: "　" if set(run[0]) == {"　"} else " ", line).strip()


def _ends_here(line: str, following: str) -> bool:
    if line[-1] in "、，":
        return False
    return len(line) < LONG_LINE or bool(_ENDS.search(line)) or bool(_BEGINS.match(following))
