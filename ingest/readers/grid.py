"""A table as squares: every square knows what stands in it, merged cells included.

Knows no file format and no meaning: which squares are names and which values is told in
:mod:`ingest.readers.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.readers.marks import one_line

WIDEST = 300  # columns; a web page may claim any number


@dataclass(frozen=True)
class Span:
    """A cell as a document writes it: ``width`` columns and ``height`` rows from where it stands.

    ``strong``: set apart as headings are (bold, shaded, ``th``).
    """

    text: str
    width: int = 1
    height: int = 1
    strong: bool = False


@dataclass(frozen=True)
class Cell:
    """One square of a grid. ``row`` and ``column`` say where the (merged) cell begins that it is part of."""

    text: str
    row: int
    column: int
    strong: bool = False


Row = tuple[Cell, ...]


def grid(rows: Iterable[Sequence[Span]]) -> list[Row]:
    """Merged cells unfolded: every square of a table knows what stands in it."""
    spans = list(rows)
    squares: dict[tuple[int, int], Cell] = {}
    for top, row in enumerate(spans):
        left = 0
        for span in row:
            while (top, left) in squares:
                left += 1
            cell = Cell(span.text, top, left, span.strong)
            right = min(left + max(1, span.width), WIDEST)
            for across in range(left, right):
                for down in range(top, min(top + max(1, span.height), len(spans))):
                    squares.setdefault((down, across), cell)
            left = max(right, left + 1)
    columns = range(max((column for _, column in squares), default=-1) + 1)
    return [tuple(squares.get((r, c)) or Cell("", r, c) for c in columns) for r in range(len(spans))]


def without_blanks(rows: Sequence[Row]) -> list[Row]:
    """The rows and columns that have text."""
    kept = [row for row in rows if any(cell.text for cell in row)]
    columns = used_columns(kept)
    return [tuple(row[column] for column in columns) for row in kept]


def used_columns(rows: Sequence[Row]) -> list[int]:
    """Places of the columns that have text."""
    return [column for column in range(width_of(rows)) if any(row[column].text for row in rows)]


def cells_once(row: Row) -> list[Cell]:
    """The cells of a row, a merged one once."""
    return list({(cell.row, cell.column): cell for cell in row}.values())


def texts_of(row: Row) -> list[str]:
    """What the filled cells of a row say."""
    return [one_line(cell.text) for cell in cells_once(row) if cell.text]


def width_of(rows: Sequence[Row]) -> int:
    return max(map(len, rows), default=0)
