"""Excel and CSV -> pages or tables. What Excel hides stays out and is told.

A sheet is a page headed by its name, a row a line that carries its header.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.readers import blocks, package
from ingest.readers.grid import Cell, Row
from ingest.readers.limits import Limits
from ingest.readers.marks import heading, page_text, refuse_empty, told_title
from ingest.readers.rows import Table
from ingest.readers.shown import shown
from ingest.readers.text import decode
from ingest.types import Page, Reading, Removed
from rag.errors import UnreadableFile

_DRAWN = re.compile(rb"<a:t>([^<]+)</a:t>")
_WHITE = {"FFFFFFFF", "00FFFFFF", "00000000"}


@dataclass(frozen=True)
class Tables:
    """Every table of a file, sheet by sheet, and what was left out."""

    tables: tuple[Table, ...]
    removed: tuple[Removed, ...] = ()


def read(path: Path, limits: Limits) -> Reading:
    """Read an Excel workbook. Raises UnreadableFile: locked, no workbook, far too large, empty."""
    book = _Book(path, limits)
    pages = []
    for number, (name, rows) in enumerate(book.sheets(), start=1):
        lines = [line for table in blocks.tables(rows) for line in table.lines()]
        if lines:
            pages.append(Page(number, page_text([heading(1, name), *lines])))
    refuse_empty(path.name, pages)
    return Reading(tuple(pages), laid_out=False, title=book.title, removed=tuple(book.removed))


def read_tables(path: Path, limits: Limits) -> Tables:
    """The tables of an Excel workbook; each cell knows its row and column on the sheet."""
    book = _Book(path, limits)
    found = ((name, blocks.tables(rows, listed=True)) for name, rows in book.sheets())
    tables = [replace(table, sheet=name) for name, tables in found for table in tables]
    return Tables(tuple(tables), tuple(book.removed))


def read_csv(path: Path, _: Limits) -> Reading:
    """Read comma- or tab-separated values in any encoding that texts come in."""
    lines = [line for table in blocks.tables(_csv_rows(path), listed=True) for line in table.lines()]
    pages = (Page(None, page_text(lines)),)
    refuse_empty(path.name, pages)
    return Reading(pages, laid_out=False)


def read_csv_tables(path: Path, _: Limits) -> Tables:
    """The tables of a CSV file."""
    return Tables(tuple(blocks.tables(_csv_rows(path), listed=True)))


def _csv_rows(path: Path) -> list[Row]:
    text = decode(path)
    first = text.lstrip("\n").split("\n", 1)[0]
    mark = max(",\t;", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    width = max(map(len, rows), default=0)
    return [
        tuple(
            Cell(value.strip(), r, c) for c, value in enumerate([*row, *[""] * (width - len(row))], start=1)
        )
        for r, row in enumerate(rows, start=1)
    ]


@dataclass
class _Book:
    """A workbook and what is left out of it."""

    path: Path
    limits: Limits
    removed: list[Removed] = field(default_factory=list)
    title: str | None = None

    def sheets(self) -> Iterator[tuple[str, list[Row]]]:
        """Name and squares of every visible sheet."""
        import openpyxl

        package.check(self.path, self.limits)
        book = openpyxl.load_workbook(self.path, data_only=True)
        self.title = told_title(book.properties.title)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if len(visible) > self.limits.pages:
            raise UnreadableFile(
                f"{self.path.name} はシートが{len(visible):,}枚あり、上限の{self.limits.pages:,}枚を超えています。"
                "分割してください。"
            )
        for number, sheet in enumerate(visible, start=1):
            yield sheet.title, self._squares(number, sheet)
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        self.removed += [Removed(None, name, "非表示のシート") for name in hidden]
        self._tell_unread({sheet.title: sheet for sheet in visible})

    def _squares(self, number: int, sheet: Any) -> list[Row]:
        found: dict[tuple[int, int], Cell] = {}
        dropped: list[tuple[str, str]] = []
        hidden_rows, hidden_columns = _hidden_rows(sheet), _hidden_columns(sheet)
        strong = _Strong()
        # the cells that are there: rows() would make one for every square up to a stray last cell
        for (row, column), cell in sorted(sheet._cells.items()):
            text = shown(cell.value, cell.number_format) if cell.value is not None else ""
            if not text:
                continue
            if row in hidden_rows or column in hidden_columns:
                dropped.append((text, "非表示の行" if row in hidden_rows else "非表示の列"))
            elif cell.data_type == "e":
                dropped.append((text, "計算の誤り"))
            else:
                found[row, column] = Cell(text, row, column, strong.of(cell))
        self.removed += [Removed(number, text, why) for text, why in dropped]
        return _with_gaps(sheet, found)

    def _tell_unread(self, sheets: dict[str, Any]) -> None:
        """Formulas that nobody computed yet, and words in drawings."""
        import openpyxl

        with zipfile.ZipFile(self.path) as parts:
            names = parts.namelist()
            if any(b"<f" in parts.read(name) for name in names if name.startswith("xl/worksheets/sheet")):
                formulas = openpyxl.load_workbook(self.path, read_only=True)
                for name, sheet in sheets.items():
                    self.removed += _uncomputed(formulas[name], sheet)
            for name in names:
                if name.startswith("xl/drawings/drawing"):
                    drawn = b"".join(_DRAWN.findall(parts.read(name))).decode("utf-8", "replace")
                    self.removed += [Removed(None, drawn, "図形の中の文字")] if drawn else []


def _uncomputed(formulas: Any, sheet: Any) -> Iterator[Removed]:
    formulas.reset_dimensions()  # a declared size may be the whole sheet
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and sheet[cell.coordinate].value is None:
                yield Removed(None, f"{cell.coordinate} {cell.value}", "計算されていない数式")


def _with_gaps(sheet: Any, found: dict[tuple[int, int], Cell]) -> list[Row]:
    """The rows and columns with text, a blank one wherever some are missing between; merged cells unfolded."""
    rows = _stepped(row for row, _ in found)
    columns = _stepped(column for _, column in found)
    filled = {row for row, _ in found}
    squares = dict(found)
    for merged in sheet.merged_cells.ranges:
        cell = found.get((merged.min_row, merged.min_col))
        for row in filled.intersection(range(merged.min_row, merged.max_row + 1)) if cell else ():
            for column in columns:
                if cell and merged.min_col <= column <= merged.max_col:
                    squares[row, column] = cell
    return [tuple(squares.get((r, c)) or Cell("", r, c) for c in columns) for r in rows]


def _stepped(numbers: Iterable[int]) -> list[int]:
    stepped: list[int] = []
    for number in sorted(set(numbers)):
        if stepped and number > stepped[-1] + 1:
            stepped.append(stepped[-1] + 1)
        stepped.append(number)
    return stepped


def _hidden_rows(sheet: Any) -> set[int]:
    return {number for number, row in sheet.row_dimensions.items() if row.hidden or row.height == 0}


def _hidden_columns(sheet: Any) -> set[int]:
    hidden = [column for column in sheet.column_dimensions.values() if column.hidden]
    return {number for column in hidden for number in range(column.min, column.max + 1)}


class _Strong:
    """Whether a cell is set apart as a heading: bold, or on a colour. Styles repeat, so each is asked once."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def of(self, cell: Any) -> bool:
        if cell.style_id not in self._known:
            fill = cell.fill
            coloured = fill.fill_type == "solid" and fill.fgColor.rgb not in _WHITE
            self._known[cell.style_id] = bool(cell.font.b or coloured)
        return self._known[cell.style_id]
