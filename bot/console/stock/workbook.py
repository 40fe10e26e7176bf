"""Records as an Excel list (書き出し) whose columns are called as the import calls them. The only file of bot/ that writes Excel."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.console.stock.rows import fields_of, row_of
from corpus.parts import Record

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 28  # letters of a column


def workbook(shelf: str, title: str, records: Sequence[Record]) -> bytes:
    """One sheet with a row for each record; every cell is a text, never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    fields = fields_of(shelf)
    for column in range(1, len(fields) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name, bold=True) for name in fields.values()])
    for record in records:
        row = row_of(shelf, record)
        sheet.append([_cell(sheet, row.get(field, "")) for field in fields])
    paper = io.BytesIO()
    book.save(paper)
    return paper.getvalue()


def _cell(sheet: object, text: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # what begins with = is a text too
    cell.number_format = "@"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
