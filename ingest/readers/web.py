"""A saved web page -> one page: what its reader reads, without the frame around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.readers import rows
from ingest.readers.grid import Span, grid
from ingest.readers.limits import Limits
from ingest.readers.marks import (
    ITEM,
    heading,
    one_line,
    page_text,
    paragraph,
    paragraphs,
    plain,
    refuse_empty,
)
from ingest.readers.text import decode
from ingest.types import Page, Reading, Removed

_SILENT = (
    "script style noscript template button select textarea iframe svg canvas object audio video head".split()
)
_FRAME = "nav aside header footer".split()
_FRAME_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary"}
_FRAME_NAMES = re.compile(
    r"(?:(?:g|global|local|site|side|foot|footer|head|header|main|sub|page|bread)[-_]?)?"
    r"(?:nav|navi|navigation|menu|header|footer|crumbs?|breadcrumbs?|pankuzu|topicpath|sidebar|sns|pagetop)",
    re.I,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)"
    r"|font-size\s*:\s*(?:0(?:\.0+)?\s*(?:px|pt|r?em|%)?|1\s*p[xt])\s*(?:;|$)",
    re.I,
)
_BLOCKS = set(
    "address article blockquote body center dd details dialog dir div dl dt fieldset figcaption figure form frameset "
    "h1 h2 h3 h4 h5 h6 header footer hr html legend li main menu ol p pre section summary table ul".split()
)
_SPACES = re.compile(r"[ \t\r\f\n]+")
_BESIDE_JAPANESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) ?\n ?|\n ?(?=[\u3000-\u9fff\uff00-\uffef])")


def read(path: Path, _: Limits) -> Reading:
    """Read HTML in the encoding it declares or shows. Raises UnreadableFile where it has no words."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(decode(path, declared=_declared(path)), "lxml")
    told = soup.title.get_text() if soup.title else ""
    removed = list(_without_what_is_not_read(soup))
    body = soup.find("main") or soup.find(role="main") or soup.body or soup
    first = body.find("h1")
    title = one_line(first.get_text() if first else told)
    page = Page(None, page_text(_Walk().lines(body)))
    refuse_empty(path.name, [page])
    return Reading((page,), laid_out=False, title=title or None, removed=tuple(removed))


def _declared(path: Path) -> str | None:
    """The encoding that a page names in its first lines."""
    with path.open("rb") as file:
        match = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", file.read(4096), re.I)
    return match[1].decode("ascii") if match else None


def _without_what_is_not_read(soup: Any) -> Iterator[Removed]:
    """Take out what no reader sees, and the frame that stands around every page of a site."""
    for tag in soup(_SILENT):
        tag.decompose()
    for tag, why in [
        *((tag, "見えない文字") for tag in soup.find_all(_is_hidden)),
        *((tag, "ふりがな") for tag in soup(["rt", "rtc"])),
        *((tag, "") for tag in soup("rp")),
        *((tag, "ページの枠（メニューなど）") for tag in soup.find_all(_is_frame)),
    ]:
        if tag.decomposed:
            continue
        text = one_line(tag.get_text(" ", strip=True))
        if text and why:
            yield Removed(None, text, why)
        tag.decompose()


def _is_hidden(tag: Any) -> bool:
    return tag.has_attr("hidden") or bool(_HIDDEN.search(str(tag.get("style") or "")))


def _is_frame(tag: Any) -> bool:
    """Menus, head and foot. The head of an article is its own."""
    if tag.name in ("html", "body", "main", "h1") or tag.find("main"):
        return False
    within = tag.find_parent(["main", "article", "section"]) is not None
    if tag.name in _FRAME or tag.get("role") in _FRAME_ROLES:
        return not (within and tag.name in ("header", "footer"))
    names = [str(tag.get("id") or ""), *(tag.get("class") or [])]
    return not within and tag.name in _BLOCKS and any(map(_FRAME_NAMES.fullmatch, names))


@dataclass
class _Walk:
    """Goes through a page in order; words gather until a block ends."""

    _words: str = ""
    _mark: str = ""
    _level: int = 0
    _made: list[str] = field(default_factory=list)

    def lines(self, body: Any) -> list[str]:
        """The lines of ``body`` with the marks of readers."""
        self._children(body)
        self._flush()
        return self._made

    def _children(self, tag: Any) -> None:
        for child in tag.children:
            if child.name is None:
                if type(child).__name__ == "NavigableString":  # no comment, no declaration
                    self._words += _flowing(str(child))
            elif child.name == "br":
                self._words += "\v"
            elif child.name in _BLOCKS:
                self._flush()
                self._block(child)
                self._flush()
            else:
                self._children(child)

    def _block(self, tag: Any) -> None:
        if tag.name == "table":
            self._table(tag)
        elif tag.name == "pre":
            self._made += [paragraph(line) for line in tag.get_text().split("\n") if line.strip()]
        elif tag.name == "dt":
            self._put_mark(f"{one_line(_flowing(tag.get_text()))}：")
        else:
            if re.fullmatch("h[1-6]", tag.name):
                self._level = int(tag.name[1])
            elif tag.name == "li":
                self._put_mark(_number(tag) or ITEM)
            self._children(tag)
            self._flush()
            self._level = 0
            if tag.name in ("li", "dd", "dl"):
                self._put_mark("")

    def _put_mark(self, mark: str) -> None:
        """What the next words begin with. A term that got no words of its own is a line."""
        if self._mark.endswith("："):
            self._made.append(paragraph(self._mark[:-1]))
        self._mark = mark

    def _flush(self) -> None:
        """End a paragraph; an item's mark waits for its first words."""
        words, self._words = self._words, ""
        text = words.replace("\n", " ").replace("\v", "\n")
        if not text.strip():
            return
        if self._level:
            self._made.append(heading(self._level, text))
        else:
            self._made += paragraphs(text, self._mark)
            self._mark = ""

    def _table(self, table: Any) -> None:
        """Rows as lines; a table that only lays the page out is read as if it were none."""
        trs = [row for row in table.find_all("tr") if row.find_parent("table") is table]
        own = [
            [cell for cell in row.find_all(["td", "th"]) if cell.find_parent("table") is table] for row in trs
        ]
        cells = [cell for row in own for cell in row]
        lays_out = any(cell.find(["table", "h1", "h2", "h3", "h4"]) for cell in cells)
        if len(cells) == 1 or (lays_out and all(cell.name == "td" for cell in cells)):
            for cell in cells:
                self._children(cell)
                self._flush()
            return
        caption = table.find("caption")
        if caption:
            self._made.append(paragraph(one_line(_flowing(caption.get_text()))))
        self._made += rows.table(grid([_span(cell) for cell in row] for row in own)).lines()


def _span(cell: Any) -> Span:
    lines = [plain(line) for line in _Walk().lines(cell)]
    return Span("\n".join(lines), _count(cell, "colspan"), _count(cell, "rowspan"), strong=cell.name == "th")


def _count(cell: Any, name: str) -> int:
    told = str(cell.get(name) or "1").strip()
    return int(told) if told.isdecimal() and len(told) < 6 else 1


def _number(item: Any) -> str:
    """``2. `` for the second item of a numbered list."""
    if item.parent is None or item.parent.name != "ol":
        return ""
    start = str(item.parent.get("start") or "1")
    before = len(item.find_previous_siblings("li"))
    return f"{before + (int(start) if start.isdecimal() else 1)}. "


def _flowing(text: str) -> str:
    """Words as a browser flows them: a line end in the source is a blank, and nothing beside Japanese."""
    text = re.sub(r"[ \t\r\f]*\n\s*", "\n", text)
    return _SPACES.sub(" ", _BESIDE_JAPANESE.sub("", text))
