"""Word -> one page. What Word hides or has deleted stays out and is told.

Headings keep their level, a paragraph is a line, a table its rows, a text box stands below the paragraph it
is anchored to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.readers import package, rows
from ingest.readers.grid import Span, grid
from ingest.readers.limits import Limits
from ingest.readers.marks import heading, page_text, paragraphs, plain, refuse_empty, told_title
from ingest.readers.numbering import Numbering
from ingest.readers.ooxml import M, W, is_on, one_version, outermost, value
from ingest.readers.wordstyles import Style, Styles, list_item, outline_level
from ingest.types import Page, Reading, Removed

_TITLES = {"title", "表題", "標題"}
_WRAPPERS = {
    f"{W}{n}" for n in "ins moveTo hyperlink smartTag customXml sdt sdtContent fldSimple bdo dir".split()
}
_LETTERS = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_NOTES = {f"{W}footnoteReference": "footnotes", f"{W}endnoteReference": "endnotes"}


def read(path: Path, limits: Limits) -> Reading:
    """Read a Word document. Raises UnreadableFile: locked, far too large, empty."""
    import docx

    package.check(path, limits)
    document = docx.Document(str(path))
    body = document.element.body
    one_version(body)
    story = _Story(Styles.of(document.styles.element), _numbering(document.part), _notes(document.part))
    page = Page(None, page_text(story.blocks(body)))
    refuse_empty(path.name, [page])
    title = story.title or told_title(document.core_properties.title)
    return Reading((page,), laid_out=False, title=title, removed=tuple(story.removed))


@dataclass
class _Story:
    """Walks through the body and keeps what it leaves out."""

    styles: Styles
    numbering: Numbering
    notes: dict[str, dict[str, str]]
    title: str | None = None
    removed: list[Removed] = field(default_factory=list)

    def blocks(self, parent: Any) -> Iterator[str]:
        """The lines of a body, a cell or a text box."""
        for element in parent:
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag in _WRAPPERS:
                yield from self.blocks(element)

    def _paragraph(self, element: Any) -> Iterator[str]:
        style = self.styles.get(value(element, "pPr/pStyle"))
        run = _Words(self.styles, style.hidden)
        text = run.text(element)
        self.removed += [Removed(None, what.strip(), why) for what, why in run.left_out() if what.strip()]
        if re.match(r"(?:toc|目次) ?\d", style.name.lower()):
            self.removed += [Removed(None, text, "目次")] if text.strip() else []
            return
        if text.strip():
            yield from self._marked(element, style, text)
        for box in run.boxes:
            yield from self.blocks(box)
        for kind, number in run.notes:
            yield from paragraphs(self.notes.get(kind, {}).get(number, ""), mark="注：")

    def _marked(self, element: Any, style: Style, text: str) -> list[str]:
        item = list_item(element, style.item)
        mark = self.numbering.mark(*item) if item else ""
        level = outline_level(element, style.level)
        if style.name.lower() in _TITLES:
            self.title = self.title or told_title(text)
            level = 1
        if level is not None:
            return [heading(level, mark.removeprefix("・") + text)]
        return paragraphs(text, mark)

    def _table(self, element: Any) -> Iterator[str]:
        """Rows as lines; a table of one cell is a frame around its text."""
        cells = []
        for row in _inside(element, "tr"):
            if _is_deleted(row):
                self.removed.append(Removed(None, _all_text(row), "変更履歴で削除された文字"))
            else:
                cells.append(list(_inside(row, "tc")))
        if sum(map(len, cells)) == 1:
            yield from self.blocks(next(filter(None, cells))[0])
            return
        inner: list[str] = []
        spans = [[self._span(cell, below, inner) for cell, below in row] for row in _with_heights(cells)]
        yield from rows.table(grid(spans)).lines()
        yield from inner

    def _span(self, cell: Any, height: int, inner: list[str]) -> Span:
        lines: list[str] = []
        for part in cell:
            if part.tag == f"{W}tbl":
                inner += self._table(part)
            else:
                lines += map(plain, self.blocks([part]))
        width = int(value(cell, "tcPr/gridSpan") or 1)
        return Span("\n".join(lines), width, height, strong=_is_strong(cell))


@dataclass
class _Words:
    """The visible text of a paragraph, its boxes and notes, and what does not show."""

    styles: Styles
    hidden: bool
    boxes: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    _deleted: str = ""
    _hidden: str = ""
    _ruby: str = ""

    def left_out(self) -> tuple[tuple[str, str], ...]:
        return (
            (self._deleted, "変更履歴で削除された文字"),
            (self._hidden, "隠し文字"),
            (self._ruby, "ふりがな"),
        )

    def text(self, parent: Any) -> str:
        return "".join(map(self._part, parent))

    def _part(self, element: Any) -> str:
        if element.tag == f"{W}r":
            return self._run(element)
        if element.tag in _WRAPPERS:
            return self.text(element)
        if element.tag == f"{W}del":
            self._deleted += _all_text(element)
        if element.tag in (f"{M}oMath", f"{M}oMathPara"):
            return "".join(e.text or "" for e in element.iter(f"{M}t"))
        return ""

    def _run(self, run: Any) -> str:
        style = self.styles.get(value(run, "rPr/rStyle"))
        text = "".join(map(self._piece, run))
        if is_on(run.find(f"{W}rPr/{W}vanish"), self.hidden or style.hidden):
            self._hidden += text
            return ""
        return text

    def _piece(self, element: Any) -> str:
        if element.tag == f"{W}t":
            return element.text or ""
        if element.tag == f"{W}ruby":
            self._ruby += "".join(t.text or "" for t in element.iterfind(f"{W}rt//{W}t"))
            base = element.find(f"{W}rubyBase")
            return "" if base is None else self.text(base)
        if element.tag in _NOTES:
            self.notes.append((_NOTES[element.tag], element.get(f"{W}id")))
        if element.tag in (f"{W}drawing", f"{W}pict", f"{W}object"):
            self.boxes += outermost(element, f"{W}txbxContent")
        return _LETTERS.get(element.tag, "")


def _inside(element: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, through what may be wrapped around them."""
    for child in element:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, name)


def _all_text(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t", f"{W}delText")).strip()


def _with_heights(rows: list[list[Any]]) -> Iterator[list[tuple[Any, int]]]:
    """Each cell with the rows it reaches down; what stands merged below another cell is left out."""
    placed = [_placed(row) for row in rows]
    for number, row in enumerate(placed):
        yield [
            (cell, 1 + _reach(placed[number + 1 :], column))
            for column, cell in row.items()
            if not _is_below(cell) or number == 0 or column not in placed[number - 1]
        ]


def _placed(row: list[Any]) -> dict[int, Any]:
    """The cells of a row by the column of the grid they begin in."""
    placed: dict[int, Any] = {}
    column = int(value(row[0].getparent(), "trPr/gridBefore") or 0) if row else 0
    for cell in row:
        placed[column] = cell
        column += int(value(cell, "tcPr/gridSpan") or 1)
    return placed


def _reach(rows: list[dict[int, Any]], column: int) -> int:
    below = 0
    for row in rows:
        if column not in row or not _is_below(row[column]):
            break
        below += 1
    return below


def _is_below(cell: Any) -> bool:
    merged = cell.find(f"{W}tcPr/{W}vMerge")
    return merged is not None and merged.get(f"{W}val") in (None, "continue")


def _is_strong(cell: Any) -> bool:
    """A cell set apart as a heading is: in a header row, shaded, or all bold."""
    if cell.getparent().find(f"{W}trPr/{W}tblHeader") is not None:
        return True
    shade = cell.find(f"{W}tcPr/{W}shd")
    if shade is not None and (shade.get(f"{W}fill") or "auto").upper() not in ("AUTO", "FFFFFF"):
        return True
    runs = [run for run in cell.iter(f"{W}r") if run.find(f"{W}t") is not None]
    return bool(runs) and all(is_on(run.find(f"{W}rPr/{W}b"), default=False) for run in runs)


def _is_deleted(row: Any) -> bool:
    return row.find(f"{W}trPr/{W}del") is not None


def _numbering(part: Any) -> Numbering:
    return Numbering.of(next(iter(_related(part, "numbering")), None))


def _notes(part: Any) -> dict[str, dict[str, str]]:
    """Footnotes and endnotes by kind and id."""
    return {
        kind: {
            note.get(f"{W}id"): "".join(text.text or "" for text in note.iter(f"{W}t"))
            for root in _related(part, kind)
            for note in root
            if note.get(f"{W}type") is None
        }
        for kind in _NOTES.values()
    }


def _related(part: Any, kind: str) -> Iterator[Any]:
    """The roots of the parts of a package that belong to the document as ``kind``."""
    from docx.oxml import parse_xml

    for relation in part.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            yield parse_xml(relation.target_part.blob)
