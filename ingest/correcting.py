"""Puts corrections into the lines of a reading (直しを当てる): by the words as read, wherever they stand now.

A new reader may break lines elsewhere. So a passage is looked for as a line of its own first, then as a run of
lines, then within a longer one; what is found nowhere, or in several places, is told and never guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate

from ingest.corrections import Correction, HeadingFix, Spot, TextFix, Unfitting, spots
from ingest.readers.marks import heading, paragraph, plain, seam
from ingest.types import Line
from rag.fold import squeeze

SHORTEST_WITHIN = 12  # letters; a shorter passage is not looked for within a longer line
GONE = "この文は、いまの読み取りにありません。"
RIGHT = "いまの読み取りは、すでに直したとおりです。取り消しても変わりません。"
JOINED = "この行は、いまの読み取りでは前後の文とひと続きです。"
OVERLAPS = "同じ箇所に、別の直しが当てはまります。"

_HEADING = re.compile("(#{1,6}) ")


@dataclass(frozen=True)
class Corrected:
    """The lines with the corrections in them, and those that fit nowhere."""

    lines: tuple[Line, ...]
    unfitting: tuple[Unfitting, ...]


@dataclass(frozen=True)
class _Range:
    """From a letter of one row to a letter of another or the same one. ``whole``: from line end to line end."""

    first: int
    start: int
    last: int
    end: int
    whole: bool

    def meets(self, other: _Range) -> bool:
        return (self.first, self.start) < (other.last, other.end) and (other.first, other.start) < (
            self.last,
            self.end,
        )


@dataclass(frozen=True)
class _Wanted:
    """What is to become of one spot."""

    spot: Spot
    text: Correction | None
    heading: Correction | None

    @property
    def level(self) -> int | None:
        return self.heading.fix.level if self.heading and isinstance(self.heading.fix, HeadingFix) else None

    @property
    def corrections(self) -> tuple[Correction, ...]:
        return tuple(one for one in (self.text, self.heading) if one)


def correct(lines: Sequence[Line], corrections: Sequence[Correction]) -> Corrected:
    """The lines with passages and headings put right, and the corrections that fit nowhere."""
    wanted = _wanted(corrections)
    if not wanted:
        return Corrected(tuple(lines), ())
    finder = _Finder(lines)
    taken: list[tuple[_Range, _Wanted]] = []
    unfitting: list[Unfitting] = []
    for one in wanted:
        found = finder.find(one.spot)
        if found is None:
            why = RIGHT if one.text and finder.reads(one.spot.page, one.text) else GONE
            unfitting += [Unfitting(correction, why) for correction in one.corrections]
        elif any(found.meets(other) for other, _ in taken):
            unfitting += [Unfitting(correction, OVERLAPS) for correction in one.corrections]
        else:
            if one.heading and not found.whole:
                unfitting.append(Unfitting(one.heading, JOINED))
            taken.append((found, one))
    made = list(lines)
    for found, one in sorted(taken, key=lambda pair: (pair[0].first, pair[0].start), reverse=True):
        made[found.first : found.last + 1] = _replaced(made, found, one)
    return Corrected(tuple(made), tuple(unfitting))


def _wanted(corrections: Sequence[Correction]) -> list[_Wanted]:
    """Text and heading of one spot belong together."""
    found: dict[str, _Wanted] = {}
    for one in corrections:
        if isinstance(one.fix, TextFix | HeadingFix):
            before = found.get(one.fix.spot.key, _Wanted(one.fix.spot, None, None))
            is_text = isinstance(one.fix, TextFix)
            found[one.fix.spot.key] = replace(before, text=one) if is_text else replace(before, heading=one)
    return list(found.values())


def _replaced(lines: Sequence[Line], found: _Range, wanted: _Wanted) -> Iterator[Line]:
    """The lines that take the place of those in the range."""
    fix = wanted.text.fix if wanted.text else None
    level = wanted.level if found.whole else None
    if isinstance(fix, TextFix):
        yield from _rewritten(lines[found.first], _around(lines, found, fix.now), level)
        return
    old = lines[found.first : found.last + 1]
    if level:  # a heading that is broken into lines now is one all the same
        yield replace(old[0], text=reduce(seam, (plain(line.text) for line in old)), level=level)
    else:
        yield from old if level is None else (replace(line, text=plain(line.text), level=0) for line in old)


def _around(lines: Sequence[Line], found: _Range, now: str) -> str:
    """What is written in the range now, with what stands before and after it in its lines."""
    before = lines[found.first].text[: found.start]
    return plain(before) + now + lines[found.last].text[found.end :]


def _rewritten(first: Line, text: str, level: int | None) -> Iterator[Line]:
    """The lines of ``text`` in the place of the ``first``; what that was by its mark, they begin with."""
    mark = _HEADING.match(first.text) if level is None else None
    for row, said in enumerate(filter(None, text.split("\n"))):
        if row:
            yield Line(paragraph(said), first.page, level=0 if level == 0 else None, corrected=True)
        elif level:
            yield replace(first, text=said, level=level, corrected=True)
        else:
            marked = heading(len(mark[1]), said) if mark else paragraph(said)
            yield replace(first, text=marked, level=level, corrected=True)


class _Finder:
    """Where words stand in the lines as read."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._rows = {spot.key: row for row, spot in enumerate(spots(lines))}
        self._squeezed = [squeeze(plain(line.text)) for line in lines]

    def find(self, spot: Spot) -> _Range | None:
        row = self._rows.get(spot.key)
        if row is not None:
            return self._whole(row, row)
        text = squeeze(spot.text)
        if not text or spot.nth:  # of several alike, which one it was cannot be told any more
            return None
        ranges = list(self._ranges(self._near(spot.page), text))
        whole = [one for one in ranges if one.whole]
        here = [one for one in whole if self._lines[one.first].page == spot.page]
        for those in (here, whole, ranges if len(text) >= SHORTEST_WITHIN else []):
            if those:
                return those[0] if len(those) == 1 else None
        return None

    def reads(self, page: int | None, correction: Correction) -> bool:
        """Whether a page reads as it was put right."""
        text = squeeze(correction.fix.now) if isinstance(correction.fix, TextFix) else ""
        return bool(text) and text in "".join(self._squeezed[row] for row in self._near(page))

    def _near(self, page: int | None) -> range:
        """The rows of a page and of its neighbours, over whose ends a passage may run."""
        if page is None:
            return range(len(self._lines))
        rows = [row for row, line in enumerate(self._lines) if abs((line.page or page) - page) <= 1]
        return range(rows[0], rows[-1] + 1) if rows else range(0)

    def _ranges(self, rows: range, text: str) -> Iterator[_Range]:
        """Every place of ``text`` in those rows."""
        joined = "".join(self._squeezed[row] for row in rows)
        ends = list(accumulate(len(self._squeezed[row]) for row in rows))
        at = joined.find(text)
        while at >= 0:
            first, last = bisect_right(ends, at), bisect_right(ends, at + len(text) - 1)
            start = at - (ends[first - 1] if first else 0)
            end = at + len(text) - (ends[last - 1] if last else 0)
            if start == 0 and end == len(self._squeezed[rows[last]]):
                yield self._whole(rows[first], rows[last])
            else:
                starts, ends_at = self._letters(rows[first]), self._letters(rows[last])
                if starts and ends_at:
                    yield _Range(rows[first], starts[start], rows[last], ends_at[end - 1] + 1, whole=False)
            at = joined.find(text, at + 1)

    def _whole(self, first: int, last: int) -> _Range:
        return _Range(first, 0, last, len(self._lines[last].text), whole=True)

    def _letters(self, row: int) -> list[int]:
        """Where each letter of the line without its blanks stands in the line; nothing where that cannot be told."""
        text = self._lines[row].text
        mark = len(text) - len(plain(text))
        places = [number for number, letter in enumerate(text[mark:], mark) for _ in squeeze(letter)]
        return places if len(places) == len(self._squeezed[row]) else []
