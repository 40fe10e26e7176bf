"""Keeps passages from being found or cited (検索しない): the text of a chunk, wherever it stands after a re-reading.

The sections are parted where such a passage begins and ends, so the other chunks stay as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from ingest.chunks import pieces_of
from ingest.corrections import Correction, Off, Spot, Unfitting
from ingest.types import Line, Section
from rag.fold import squeeze
from rag.sentences import split_sentences

ALIKE = 0.85  # two readings of one sentence
ENOUGH = 0.6  # of a passage, in letters, must be there still
LONGEST_GAP = 1  # sentences between, that are not
GONE = "検索しないとした文は、いまの読み取りにありません。"


@dataclass(frozen=True)
class _Place:
    """A sentence: the row of its section, of its line and its own."""

    section: int
    line: int
    piece: int
    page: int | None
    text: str


def switch_off(
    sections: Sequence[Section], corrections: Sequence[Correction]
) -> tuple[tuple[Section, ...], tuple[Unfitting, ...]]:
    """The sections with the passages marked that are switched off, and what fits nowhere any more."""
    offs = [(one, one.fix.spot) for one in corrections if isinstance(one.fix, Off)]
    if not offs:
        return tuple(sections), ()
    places = list(_places(sections))
    taken: dict[_Place, str] = {}
    unfitting = []
    for correction, spot in offs:
        free = [place for place in places if place not in taken]
        found = _exactly(places, spot) or _nearly(free, spot)
        if not found:
            unfitting.append(Unfitting(correction, GONE))
        taken |= dict.fromkeys(found, correction.id)
    marked = {(place.section, place.line, place.piece): off for place, off in taken.items()}
    parted = (part for row, section in enumerate(sections) for part in _parted(section, row, marked))
    return tuple(parted), tuple(unfitting)


def _places(sections: Sequence[Section]) -> Iterator[_Place]:
    for row, section in enumerate(sections):
        for number, line in enumerate(section.lines):
            for piece, said in enumerate(pieces_of([line])):
                yield _Place(row, number, piece, line.page, squeeze(said.text))


def _exactly(places: Sequence[_Place], spot: Spot) -> Sequence[_Place]:
    """The sentences on its page that make up the passage, letter for letter."""
    wanted = squeeze(spot.text)
    found = [run for start in range(len(places)) if (run := _run(places, start, spot.page, wanted))]
    return found[spot.nth] if len(found) > spot.nth else ()


def _run(places: Sequence[_Place], start: int, page: int | None, wanted: str) -> Sequence[_Place]:
    if places[start].page != page:
        return ()
    text = ""
    for end in range(start, len(places)):
        text += places[end].text
        if places[end].section != places[start].section or not wanted.startswith(text):
            return ()
        if text == wanted:
            return places[start : end + 1]
    return ()


def _nearly(places: Sequence[_Place], spot: Spot) -> Sequence[_Place]:
    """The run of sentences on its page, or a neighbour, that is most of the passage: some may read otherwise now."""
    sentences = [squeeze(span.text) for span in split_sentences(spot.text)]
    near = [place for place in places if _is_near(place.page, spot.page)]
    best: Sequence[_Place] = ()
    most = ENOUGH * sum(map(len, sentences))
    for _, group in groupby(near, key=lambda place: place.section):
        run = list(group)
        for start, end in _stretches(run, sentences):
            still = sum(len(place.text) for place in run[start : end + 1] if place.text in sentences)
            if still >= most:
                best, most = _widened(run, start, end, sentences), still
    return best


def _stretches(run: Sequence[_Place], sentences: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From one of the sentences to another, without long gaps between."""
    hits = [row for row, place in enumerate(run) if place.text in sentences]
    breaks = [n for n, (one, other) in enumerate(pairwise(hits), 1) if other - one > LONGEST_GAP + 1]
    for start, end in pairwise([0, *breaks, len(hits)] if hits else []):
        yield hits[start], hits[end - 1]


def _widened(run: Sequence[_Place], start: int, end: int, sentences: Sequence[str]) -> Sequence[_Place]:
    """With what stands beside it and is another reading of a sentence that is not there any more."""
    there = {place.text for place in run[start : end + 1]}
    missing = [one for one in sentences if one not in there]
    while start > 0 and any(_is_alike(run[start - 1].text, one) for one in missing):
        start -= 1
    while end + 1 < len(run) and any(_is_alike(run[end + 1].text, one) for one in missing):
        end += 1
    return run[start : end + 1]


def _is_near(page: int | None, other: int | None) -> bool:
    return page == other or (page is not None and other is not None and abs(page - other) <= 1)


def _is_alike(text: str, other: str) -> bool:
    """Whether both are readings of one sentence; with other figures they are not."""
    if re.findall("[0-9]+", text) != re.findall("[0-9]+", other):
        return False
    matcher = SequenceMatcher(None, text, other, autojunk=False)
    return all(ratio() >= ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def _parted(section: Section, row: int, marked: Mapping[tuple[int, int, int], str]) -> Iterator[Section]:
    """The section in parts that are switched off, or not, as a whole."""
    if not any(place[0] == row for place in marked):
        yield section
        return
    lines = [part for number, line in enumerate(section.lines) for part in _cut(line, row, number, marked)]
    for off, part in groupby(lines, key=lambda pair: pair[0]):
        yield replace(section, lines=tuple(line for _, line in part), off=off)


def _cut(
    line: Line, row: int, number: int, marked: Mapping[tuple[int, int, int], str]
) -> Iterator[tuple[str | None, Line]]:
    pieces = [(marked.get((row, number, n)), piece.text) for n, piece in enumerate(pieces_of([line]))]
    for off, part in groupby(pieces, key=lambda pair: pair[0]):
        yield off, replace(line, text="".join(text for _, text in part))
