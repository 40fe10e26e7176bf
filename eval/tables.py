"""Tables for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, figures to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        blanks = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(
            [row[0] + blanks[0], *(b + cell for b, cell in zip(blanks[1:], row[1:], strict=True))]
        )


def _width(text: str) -> int:
    """Columns on a terminal: a Japanese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "FWA" else 1 for letter in text)
