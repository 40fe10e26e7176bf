"""PowerPoint -> a page a slide, headed by its title. What stands on no slide stays out and is told.

Boxes are read as eyes do: down a column, then the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingest.readers import package, rows
from ingest.readers.grid import Span, grid
from ingest.readers.limits import Limits
from ingest.readers.marks import (
    ITEM,
    heading,
    one_line,
    page_text,
    paragraphs,
    plain,
    refuse_empty,
    told_title,
)
from ingest.readers.ooxml import A, one_version
from ingest.readers.shown import shown
from ingest.types import Page, Reading, Removed
from rag.errors import UnreadableFile

MARGIN = 0.05  # share of a box's side
MANY = 400  # boxes on a slide; more are a picture made of letters
LONGEST_TITLE = 60  # letters of a box that heads a slide without a title
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BULLETS = {f"{A}buChar": True, f"{A}buAutoNum": True, f"{A}buBlip": True, f"{A}buNone": False}


def read(path: Path, limits: Limits) -> Reading:
    """Read a presentation. Raises UnreadableFile: locked, far too large, too many slides, empty."""
    import pptx

    package.check(path, limits)
    show = pptx.Presentation(str(path))
    count = len(show.slides)
    if count > limits.pages:
        raise UnreadableFile(
            f"{path.name} は{count:,}枚あり、上限の{limits.pages:,}枚を超えています。分割してください。"
        )
    pages: list[Page] = []
    removed: list[Removed] = []
    for number, slide in enumerate(show.slides, start=1):
        one_version(slide.shapes._spTree)
        reader = _Slide(number, slide)
        lines = list(reader.lines())
        removed += reader.removed
        if slide._element.get("show") == "0":
            removed.append(Removed(number, " ".join(map(plain, lines)), "非表示のスライド"))
        elif lines:
            pages.append(Page(number, page_text(lines)))
        else:
            pages.append(Page(number, "", "unread", "文字がありません（画像だけのスライドです）"))
    refuse_empty(path.name, pages)
    title = told_title(show.core_properties.title)
    return Reading(tuple(pages), laid_out=False, title=title, removed=tuple(removed))


@dataclass
class _Slide:
    """One slide and what is left out of it."""

    number: int
    slide: Any
    removed: list[Removed] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The title as a heading, then the boxes. A slide with no letters has no lines."""
        title = self.slide.shapes.title
        shapes = [shape for shape in self.slide.shapes if title is None or shape.shape_id != title.shape_id]
        body = self._inside(shapes)
        head = heading(1, title.text_frame.text.replace("\v", "\n")) if title is not None else ""
        if not head and body and len(body[0]) <= LONGEST_TITLE and not body[0].startswith(ITEM):
            head = heading(1, plain(body.pop(0)))
        if self.slide.has_notes_slide and self.slide.notes_slide.notes_text_frame is not None:
            note = one_line(self.slide.notes_slide.notes_text_frame.text)
            self.removed += [Removed(self.number, note, "発表者ノート")] if note else []
        if head or body:
            yield head or heading(1, f"スライド{self.number}")
        yield from body

    def _inside(self, shapes: Iterable[Any]) -> list[str]:
        """The lines of shapes in reading order; one without words does not count for the order."""
        boxes = [_Box.of(shape, lines) for shape in shapes if (lines := self._shape(shape))]
        return [line for box in in_order(boxes) for line in box.lines]

    def _shape(self, shape: Any) -> list[str]:
        lines = list(self._words(shape))
        if shape._element.xpath("./*/p:cNvPr[@hidden='1']"):
            self.removed += [Removed(self.number, " ".join(lines), "非表示の図形")] if lines else []
            return []
        return lines

    def _words(self, shape: Any) -> Iterator[str]:
        if shape.is_placeholder and shape.placeholder_format.type in _furniture():
            return
        if hasattr(shape, "shapes"):
            yield from self._inside(shape.shapes)
        elif getattr(shape, "has_table", False):
            yield from rows.table(grid(_spans(shape.table))).lines()
        elif getattr(shape, "has_chart", False):
            yield from _chart(shape.chart)
        elif shape.has_text_frame:
            listed = shape.is_placeholder and shape.placeholder_format.type in _lists()
            for paragraph in shape.text_frame.paragraphs:
                mark = ITEM if _is_item(paragraph, listed) else ""
                yield from paragraphs(paragraph.text.replace("\v", "\n"), mark)
        else:
            yield from _diagram(shape)


@dataclass(frozen=True)
class _Box:
    """Where lines stand on a slide, in EMU from its upper left corner."""

    left: int
    right: int
    top: int
    bottom: int
    lines: tuple[str, ...]

    @classmethod
    def of(cls, shape: Any, lines: Sequence[str]) -> _Box:
        """A little smaller than drawn: neighbours often overlap by a hair."""
        left, top, width, height = (n or 0 for n in (shape.left, shape.top, shape.width, shape.height))
        x, y = round(width * MARGIN), round(height * MARGIN)
        return cls(left + x, left + width - x, top + y, top + height - y, tuple(lines))


def in_order(boxes: Sequence[_Box]) -> list[_Box]:
    """Cut at the widest gap that goes through, between columns or rows, then each part again."""
    across = _widest_gap([(box.left, box.right) for box in boxes])
    down = _widest_gap([(box.top, box.bottom) for box in boxes])
    if max(across.width, down.width) < 0 or len(boxes) > MANY:
        return sorted(boxes, key=lambda box: (box.top, box.left))
    if across.width >= down.width:
        first = [box for box in boxes if box.left < across.end]
        rest = [box for box in boxes if box.left >= across.end]
    else:
        first = [box for box in boxes if box.top < down.end]
        rest = [box for box in boxes if box.top >= down.end]
    return in_order(first) + in_order(rest)


@dataclass(frozen=True)
class _Gap:
    width: int
    end: int


def _widest_gap(spans: Sequence[tuple[int, int]]) -> _Gap:
    """The widest gap between spans; one of negative width where they overlap all along."""
    best = _Gap(-1, 0)
    ordered = sorted(spans)
    reach = 0
    for (_, end), (start, _) in pairwise(ordered):
        reach = max(reach, end)
        if start > ordered[0][0] and start - reach > best.width:
            best = _Gap(start - reach, start)
    return best


def _spans(table: Any) -> Iterator[list[Span]]:
    for row in table.rows:
        yield [
            Span(
                cell.text.replace("\v", "\n"),
                cell.span_width if cell.is_merge_origin else 1,
                cell.span_height if cell.is_merge_origin else 1,
                strong=bool(table.first_row) and row is table.rows[0],
            )
            for cell in row.cells
            if not cell.is_spanned
        ]


def _chart(chart: Any) -> Iterator[str]:
    """The figures a chart is drawn from, as a table."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield from paragraphs(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        series = [_Series(entry) for entry in plot.series]
        names = [Span("", strong=True), *(Span(entry.name, strong=True) for entry in series)]
        body = [
            [Span(str(label)), *(Span(entry.figure(row)) for entry in series)]
            for row, label in enumerate(plot.categories)
        ]
        yield from rows.table(grid([names, *body])).lines()


class _Series:
    """One line or set of bars of a chart: its name and its figures as they are shown."""

    def __init__(self, entry: Any) -> None:
        self.name = entry.name
        self._values = list(entry.values)
        self._format = next(iter(entry._element.xpath("./c:val//c:formatCode/text()")), "General")

    def figure(self, row: int) -> str:
        return shown(self._values[row], self._format) if row < len(self._values) else ""


def _diagram(shape: Any) -> Iterator[str]:
    """The words of a SmartArt drawing, which stand in a part of their own."""
    from pptx.oxml import parse_xml

    for ids in shape._element.iter(f"{_DIAGRAM}relIds"):
        data = parse_xml(shape.part.related_part(ids.get(f"{_RELATIONSHIP}dm")).blob)
        for paragraph in data.iter(f"{A}p"):
            yield from paragraphs("".join(text.text or "" for text in paragraph.iter(f"{A}t")), ITEM)


def _is_item(paragraph: Any, listed: bool) -> bool:
    """By its own bullet, else by being in a list or further in."""
    marks = paragraph._p.xpath("./a:pPr/*")
    told = [_BULLETS[mark.tag] for mark in marks if mark.tag in _BULLETS]
    return told[0] if told else listed or paragraph.level > 0


def _lists() -> set[Any]:
    """Placeholders whose paragraphs have bullets unless they say otherwise."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    return {PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY}


def _furniture() -> set[Any]:
    """Placeholders that stand on every slide: number, date, foot."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    return {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER}
