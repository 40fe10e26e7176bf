"""One PDF page -> lines in reading order, tables as rows with their header, hidden text left out.

pdfminer's layout analysis puts columns and vertical lines in order; pdfplumber finds the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from statistics import median
from typing import Any

from ingest.readers.order import in_reading_order

WIDE = 1.6  # times the usual distance of two lines: room for a new paragraph
TINY = 2.0  # points; nobody reads smaller letters
RUBY = 0.62  # times the size of the line below: reading aids beside kanji
TITLE = 1.2  # times the usual size of letters: the title of a slide
LINE_MARGIN = 1.0  # times the height of a line: nearer lines stand in one box
_KANA = re.compile(r"[ぁ-ヿ\s]+")


@dataclass(frozen=True)
class PageText:
    """What a page says, what was hidden or dropped (text, why), and its last table for the next page."""

    text: str
    dropped: tuple[tuple[str, str], ...]
    last_table: Grid | None = None


@dataclass(frozen=True)
class Grid:
    """A table: its cells row by row, the left edges of its columns, where it stands on the page."""

    rows: tuple[tuple[str, ...], ...]
    edges: tuple[float, ...]
    top: float
    bottom: float
    header: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Each row with the header before its cells."""
        for row in self.rows:
            cells = [
                f"{name}：{cell}" if name and name != cell else cell
                for name, cell in zip(self.header, row, strict=False)
                if cell
            ]
            if cells:
                yield "　".join(cells)


@dataclass(frozen=True)
class _Block:
    """A line of text or a table with its place: top and bottom count downwards from the page's top."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float


def page_text(page: Any, before: Grid | None = None) -> PageText:
    """Read a pdfplumber page (opened without ``laparams``). ``before``: a table the page before ended in."""
    dropped: list[tuple[str, str]] = []
    grids = _grids(page, before)
    layout = page.layout
    hidden: list[Any] = []
    kept: list[Any] = []
    for item in list(layout):
        (hidden if _is_hidden(item, page) else kept).append(item)
    if hidden:
        dropped.append(("".join(item.get_text() for item in hidden), "見えない文字"))
    layout._objs = [item for item in kept if not _inside_grid(item, grids, float(page.height))]
    blocks = _without_ruby(_blocks(layout, float(page.height)), dropped)
    if page.width > page.height:
        blocks = _with_slide_title(blocks)
    last = grids[-1] if grids and grids[-1].bottom > 0.8 * float(page.height) else None
    return PageText("\n".join(_lines(blocks, grids)), tuple(dropped), last)


def _is_hidden(item: Any, page: Any) -> bool:
    """Letters too small to read, or white on white."""
    from pdfminer.layout import LTChar

    if not isinstance(item, LTChar) or not item.get_text().strip():
        return False
    return item.size < TINY or (_is_white(item.graphicstate.ncolor) and not _on_colour(item, page))


def _is_white(colour: Any) -> bool:
    if isinstance(colour, int | float):
        return bool(colour >= 0.98)
    if not isinstance(colour, tuple | list) or not all(isinstance(part, int | float) for part in colour):
        return False
    return all(part <= 0.02 for part in colour) if len(colour) == 4 else all(part >= 0.98 for part in colour)


def _on_colour(item: Any, page: Any) -> bool:
    x, y = (item.x0 + item.x1) / 2, float(page.height) - (item.y0 + item.y1) / 2
    grounds = [*page.rects, *page.curves, *page.images]
    return any(
        ground["x0"] <= x <= ground["x1"]
        and ground["top"] <= y <= ground["bottom"]
        and not (ground.get("fill") and _is_white(ground.get("non_stroking_color")))
        for ground in grounds
    )


def _grids(page: Any, before: Grid | None) -> list[Grid]:
    """The ruled tables of at least two columns and two rows, from the top down."""
    if len(page.lines) + len(page.rects) + len(page.curves) < 4:
        return []
    grids: list[Grid] = []
    for table in sorted(page.find_tables(), key=lambda table: table.bbox[1]):
        rows = tuple(tuple(_cell(cell) for cell in row) for row in table.extract())
        width = max((len(row) for row in rows), default=0)
        if width < 2 or sum(any(row) for row in rows) < (1 if before else 2):
            continue
        edges = tuple(sorted({round(cell[0]) for cell in table.cells}))
        continued = before if not grids and before and _same(edges, before.edges) else None
        header = continued.header if continued else rows[0]
        body = rows if continued or not all(rows[0]) else rows[1:]
        if not continued and not all(rows[0]):
            header = ("",) * width
        grids.append(Grid(_filled(body), edges, table.bbox[1], table.bbox[3], header))
        before = None
    return grids


def _cell(text: str | None) -> str:
    return re.sub(r"(?<![!-~])\s*\n\s*|\s*\n\s*(?![!-~])", "", (text or "").strip()).replace("\n", " ")


def _same(edges: Sequence[float], others: Sequence[float]) -> bool:
    return len(edges) == len(others) and all(abs(a - b) < 4 for a, b in zip(edges, others, strict=True))


def _filled(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """A first cell that spans several rows is told in each of them."""
    made: list[tuple[str, ...]] = []
    for row in rows:
        if made and row and not row[0] and any(row[1:]) and made[-1][0]:
            row = (made[-1][0], *row[1:])
        made.append(row)
    return tuple(made)


def _inside_grid(item: Any, grids: Sequence[Grid], height: float) -> bool:
    middle = height - (item.y0 + item.y1) / 2
    return any(grid.top <= middle <= grid.bottom for grid in grids) and hasattr(item, "get_text")


def _blocks(layout: Any, height: float) -> list[_Block]:
    """The lines of the page in reading order."""
    from pdfminer.layout import LAParams, LTTextBox, LTTextLine

    vertical = _runs_down(layout)
    # a wide line margin keeps a column in one box; the gaps inside it are found from its lines
    layout.analyze(
        LAParams(line_margin=LINE_MARGIN, detect_vertical=vertical, boxes_flow=0.5 if vertical else None)
    )
    boxes = [box for box in layout if isinstance(box, LTTextBox)]
    blocks: list[_Block] = []
    for box in boxes if vertical else in_reading_order(boxes):
        for line in box:
            text = line.get_text().strip("\n") if isinstance(line, LTTextLine) else ""
            if text.strip():
                sizes = [letter.size for letter in line if hasattr(letter, "size")]
                place = (line.x0, line.x1, height - line.y1, height - line.y0)
                blocks.append(_Block(text, *place, size=median(sizes) if sizes else 0.0))
    return blocks


def _runs_down(layout: Any) -> bool:
    """Whether letters follow each other downwards (縦書き)."""
    from pdfminer.layout import LTChar

    letters = [item for item in layout if isinstance(item, LTChar)]
    steps = [(abs(b.x0 - a.x0), abs(b.y0 - a.y0)) for a, b in pairwise(letters)]
    return bool(sum(down > across for across, down in steps) > len(steps) / 2)


def _without_ruby(blocks: Sequence[_Block], dropped: list[tuple[str, str]]) -> list[_Block]:
    """Small kana right above (or right of) a line tell how its kanji are read."""
    kept = []
    for block in blocks:
        if _KANA.fullmatch(block.text) and any(_reads(block, other) for other in blocks):
            dropped.append((block.text.strip(), "ふりがな"))
        else:
            kept.append(block)
    return kept


def _reads(small: _Block, line: _Block) -> bool:
    if small is line or not 0 < small.size <= RUBY * line.size:
        return False
    above = -0.5 * line.size <= line.top - small.bottom <= 0.4 * line.size
    across = small.x0 >= line.x0 - line.size and small.x1 <= line.x1 + line.size
    beside = -0.5 * line.size <= small.x0 - line.x1 <= 0.4 * line.size
    along = small.top >= line.top - line.size and small.bottom <= line.bottom + line.size
    return (above and across) or (beside and along)


def _with_slide_title(blocks: list[_Block]) -> list[_Block]:
    """The large first line (or lines) of a slide heads it, marked as a heading."""
    usual = median([block.size for block in blocks]) if blocks else 0.0
    title = list(takewhile(lambda block: block.size >= TITLE * usual, blocks))
    if not title or len(title) == len(blocks):
        return blocks
    text = "".join(block.text.strip() for block in title)
    return [replace(title[0], text=f"# {text}"), *blocks[len(title) :]]


def _lines(blocks: Sequence[_Block], grids: Sequence[Grid]) -> Iterator[str]:
    """Lines with a blank line wherever the page leaves more room than between lines; tables in place."""
    steps = [b.top - a.top for a, b in pairwise(blocks) if b.top > a.top]
    usual = sorted(steps)[len(steps) // 4] if steps else 0.0  # many lines may stand wide apart
    waiting = list(grids)
    before: _Block | None = None
    for block in blocks:
        while waiting and (waiting[0].bottom <= block.top + 1) and _passed(waiting[0], before, block):
            yield ""
            yield from waiting.pop(0).lines()
            yield ""
            before = None
        if before is not None:
            step = block.top - before.top
            if step <= 0 or step > WIDE * max(usual, block.size):
                yield ""
        yield block.text
        before = block
    for grid in waiting:
        yield ""
        yield from grid.lines()


def _passed(grid: Grid, before: _Block | None, block: _Block) -> bool:
    return before is None or before.top <= grid.top or block.top >= grid.bottom
