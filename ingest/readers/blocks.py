"""The tables of a sheet: where one ends and the next begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.readers.grid import Row, texts_of, used_columns, without_blanks
from ingest.readers.rows import Table, header, looks_like_header, table

_DIGIT = re.compile(r"\d")


def tables(rows: Sequence[Row], *, listed: bool = False) -> Iterator[Table]:
    """The tables of a sheet, divided by blank rows and columns; one with a gap in it stays one.

    Every row must be as wide as the sheet: a square's place in its row is its column. ``listed``: see
    :func:`ingest.readers.rows.table`.
    """
    waiting: _Block | None = None
    for has_text, run in groupby(rows, key=lambda row: any(cell.text for cell in row)):
        part = list(run)
        if not has_text:
            continue
        if waiting and waiting.goes_on(part):
            waiting.rows.extend(part)
            continue
        if waiting:
            yield table(waiting.squares, listed=listed)
            waiting = None
        blocks = _side_by_side(part, listed)
        if len(blocks) == 1:
            waiting = blocks[0]
        else:
            for block in blocks:
                yield from tables(block.squares, listed=listed)
    if waiting:
        yield table(waiting.squares, listed=listed)


@dataclass(frozen=True)
class _Block:
    """Rows of a sheet and those of its columns that one table stands in. ``named``: it has a header."""

    rows: list[Row]
    columns: range
    named: bool

    @classmethod
    def of(cls, rows: Sequence[Row], columns: range, listed: bool) -> _Block:
        squares = without_blanks([row[columns.start : columns.stop] for row in rows])
        _, depth = header(squares, alone=True, listed=listed)
        return cls(list(rows), columns, named=depth > 0)

    @property
    def squares(self) -> list[Row]:
        return [row[self.columns.start : self.columns.stop] for row in self.rows]

    def goes_on(self, part: Sequence[Row]) -> bool:
        """Whether rows below a blank one are more of this table: within its columns, without a header."""
        columns = used_columns(part)
        if not self.named or columns[0] not in self.columns or columns[-1] not in self.columns:
            return False
        rows = [row for row in part if len(texts_of(row)) > 1]
        if not rows or looks_like_header(rows[0]):
            return False
        # below a heading of its own it is a group of this table only where it begins with figures
        return rows[0] is part[0] or any(map(_DIGIT.search, texts_of(rows[0])))


def _side_by_side(rows: Sequence[Row], listed: bool) -> list[_Block]:
    """Tables beside each other: parts apart by a blank column that begin or end on different rows."""
    used = used_columns(rows)
    edges = [column for column in used if column - 1 not in used]
    parts = [range(left, right) for left, right in zip(edges, [*edges[1:], used[-1] + 1], strict=True)]
    reaches = {_reach(rows, part) for part in parts}
    if len(reaches) == 1:
        parts = [range(used[0], used[-1] + 1)]
    return [_Block.of(rows, part, listed) for part in parts]


def _reach(rows: Sequence[Row], columns: range) -> tuple[int, int]:
    """The first and the last row with text in these columns."""
    rows_with_text = [number for number, row in enumerate(rows) if any(row[c].text for c in columns)]
    return rows_with_text[0], rows_with_text[-1]
