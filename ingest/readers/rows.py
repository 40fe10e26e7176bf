"""Tables as lines: every row carries its header, so that a row can be quoted alone.

Knows cells and merged cells; knows no file format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.readers.grid import Cell, Row, cells_once, texts_of, width_of, without_blanks
from ingest.readers.marks import one_line, paragraph

HEADER_WITHIN = 15  # rows looked at for the header
LONGEST_NAME = 40  # letters of a column's name
SHORT_NAME = 15  # letters of one below another
COVER = 0.6  # share of the columns that a header fills
_NAMES_A_COLUMN = re.compile(
    r"(?:項目|区分|分類|種別|種類|名称?|番号|年度?|日|時期|期間|内容|概要|説明|意味|備考|値|金額|費用|単価|単位|周期|頻度"
    r"|件数|数|率|割合|回答|質問|効果|結果|実績|目標|対象|方法|技術|施設|理由|根拠|条件|自治体|市町村|都道府県|出典|事業"
    r"|予算|財源|人口|規模|構造|状況|状態|評価|段階|場所|箇所|所在地|住所|電話|担当|先|者|課題|長|幅|No\.?|URL)$"
)
_NOTE = re.compile(r"^[※＊*（(■□●◆【]|^注|。$")


@dataclass(frozen=True)
class Table:
    """``header`` names the columns (none in a form); ``captions`` stand above. Notes below are rows of one cell.

    ``sheet`` is the name of the sheet of a workbook that the table stands on.
    """

    captions: tuple[str, ...]
    header: tuple[str, ...]
    body: tuple[Row, ...]
    sheet: str = ""

    def lines(self) -> Iterator[str]:
        """Captions, then ``項目：値　項目：値`` for each row."""
        yield from map(paragraph, self.captions)
        for row in self.body:
            cells = self.named(row) if self.header else _pairs(row)
            if any(name != text for name, text in cells):  # else the header once more
                yield paragraph("　".join(f"{name}：{text}" if name else text for name, text in cells))

    def named(self, row: Row) -> list[tuple[str, str]]:
        """Name and text of each filled cell of a row; a note across the table has no name."""
        cells = [(name, one_line(cell.text)) for name, cell in self.columns(row) if cell.text]
        return [("", cells[0][1])] if self.is_note(row) else cells

    def is_note(self, row: Row) -> bool:
        """Whether a row is a remark (※…, merged across) and no entry."""
        cells = [cell for cell in cells_once(row) if cell.text]
        if len(cells) != 1 or len(self.header) < 3:
            return False
        across = sum(cell == cells[0] for cell in row) > 1
        return across or bool(_NOTE.search(cells[0].text))

    def columns(self, row: Row) -> list[tuple[str, Cell]]:
        """Each cell of a row once, behind the name of the first column it stands in."""
        names = (*self.header, *[""] * (len(row) - len(self.header)))
        found: dict[tuple[int, int], tuple[str, Cell]] = {}
        for name, cell in zip(names, row, strict=False):
            found.setdefault((cell.row, cell.column), (name, cell))
        return list(found.values())


def table(rows: Sequence[Row], *, listed: bool = False) -> Table:
    """Captions, header and body of one grid; blank rows and columns count for nothing.

    ``listed``: the rows are known to be entries of a list, so it is no form.
    """
    rows = without_blanks(rows)
    start, depth = (0, 0) if not listed and _is_form(rows) else header(rows, listed=listed)
    head = _spread(rows[start : start + depth])
    names = [_name([row[column] for row in head]) for column in range(width_of(head))]
    return Table(
        captions=tuple(" ".join(texts_of(row)) for row in rows[:start]),
        header=tuple(names) if depth else (),
        body=tuple(rows[start + depth :]),
    )


def header(rows: Sequence[Row], *, alone: bool = False, listed: bool = False) -> tuple[int, int]:
    """Where the header begins and how many rows it has; (0, 0) where there is none.

    It is the first row whose cells are short, all different and stand over most of the columns;
    with rows below it, unless it may be ``alone``.
    """
    near = rows[:HEADER_WITHIN]
    width = max((sum(bool(cell.text) for cell in row) for row in near), default=0)
    for start, row in enumerate(near):
        texts = texts_of(row)
        covered = sum(bool(cell.text) for cell in row)
        if covered < max(2, round(width * COVER)) or len(texts) < 2:
            continue
        if len(set(texts)) == len(texts) and max(map(len, texts)) <= LONGEST_NAME:
            depth = _depth(rows[start:])
            bare = not alone and len(rows) == start + depth
            form = width == 2 and not listed and not _names_columns(rows[start:])
            return (0, 0) if bare or form else (start, depth)
    return (0, 0)


def looks_like_header(row: Row) -> bool:
    """Whether a row below a blank one opens a new table: set apart, or most of its cells name columns."""
    cells = [cell for cell in cells_once(row) if cell.text]
    names = sum(bool(_NAMES_A_COLUMN.search(one_line(cell.text))) for cell in cells)
    return all(cell.strong for cell in cells) or names * 2 > len(cells)


def _depth(rows: Sequence[Row]) -> int:
    """Rows of a header: as far down as its cells reach, and where a merged one is divided below."""
    depth = 1
    while depth < min(4, len(rows)):
        above, below = rows[depth - 1], rows[depth]
        reaches = any(
            a.text and (a.row, a.column) == (b.row, b.column) for a, b in zip(above, below, strict=True)
        )
        if not reaches and not _divides(above, below) and not _completes(above, below):
            break
        depth += 1
    return depth


def _divides(above: Row, below: Row) -> bool:
    """A cell merged over several columns stands above several different short ones."""
    parts: dict[tuple[int, int], set[str]] = {}
    for top, cell in zip(above, below, strict=True):
        if top.text and cell.text and len(cell.text) <= LONGEST_NAME:
            parts.setdefault((top.row, top.column), set()).add(cell.text)
    return any(len(texts) > 1 for texts in parts.values())


def _completes(above: Row, below: Row) -> bool:
    """Without merged cells: the row below names just the columns whose name is missing, and their neighbours."""
    named = [column for column, cell in enumerate(below) if cell.text]
    missing = {column for column, cell in enumerate(above) if not cell.text}
    short = all(len(below[column].text) <= SHORT_NAME and "。" not in below[column].text for column in named)
    return short and bool(missing) and missing <= set(named) and len(named) < len(below) and named[0] > 0


def _spread(head: Sequence[Row]) -> list[Row]:
    """A name above several others holds for each of them, merged or not."""
    made = [list(row) for row in head]
    for row, below in pairwise(made):
        for column in range(1, len(row)):
            if not row[column].text and below[column].text:
                row[column] = row[column - 1]
    return [tuple(row) for row in made]


def _name(cells: Sequence[Cell]) -> str:
    """A column's name from the rows of its header, each merged cell once."""
    once = {(cell.row, cell.column): one_line(cell.text).strip("：: ") for cell in cells}
    return " ".join(text for text in once.values() if text)


def _names_columns(rows: Sequence[Row]) -> bool:
    """Of two columns only: is the first row a header, or the first line of a form?"""
    first = rows[0]
    if all(cell.strong for cell in first) and not all(row[0].strong for row in rows):
        return True
    if all(cell.strong for row in rows for cell in row[:1]):
        return all(cell.strong for cell in first) and not all(c.strong for row in rows for c in row)
    return all(_NAMES_A_COLUMN.search(one_line(cell.text)) for cell in first)


def _is_form(rows: Sequence[Row]) -> bool:
    """Names and values side by side: every row goes strong, plain, strong, plain."""
    marks = [[cell.strong for cell in cells_once(row)] for row in rows]
    wide = [row for row in marks if len(row) > 1]
    return bool(wide) and all(row == [n % 2 == 0 for n in range(len(row))] for row in wide)


def _pairs(row: Row) -> list[tuple[str, str]]:
    """The cells of a row without header: name and value where they are told apart, or a pair."""
    cells = [(one_line(cell.text), cell.strong) for cell in cells_once(row)]
    if len(cells) == 2 and all(text for text, _ in cells):
        return [(cells[0][0].strip("：: "), cells[1][0])]
    pairs: list[tuple[str, str]] = []
    name = ""
    for text, strong in cells:
        if strong and text:
            pairs += [("", name)] if name else []
            name = text.strip("：: ")
        elif text:
            pairs.append((name, text))
            name = ""
    return [*pairs, ("", name)] if name else pairs
