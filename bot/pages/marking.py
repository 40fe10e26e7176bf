"""Where a cited sentence stands in its chunk, so that the page can mark it."""

from __future__ import annotations

import re

from rag.fold import squeeze

Line = list[tuple[str, bool]]  # runs of text, and whether they are marked


def marked(text: str, sentence: str) -> list[Line]:
    """The lines of ``text`` with what ``sentence`` names marked: ``start-end`` or the words themselves.

    Words are found as rag.cite checks them (after NFKC, blanks apart). Nothing is marked where they are not found.
    """
    start, end = _span(text, sentence)
    lines: list[Line] = []
    at = 0
    for line in text.split("\n"):
        cut = [min(max(bound - at, 0), len(line)) for bound in (start, end)]
        runs = [(line[: cut[0]], False), (line[cut[0] : cut[1]], True), (line[cut[1] :], False)]
        lines.append([run for run in runs if run[0]])
        at += len(line) + 1
    return lines


def _span(text: str, sentence: str) -> tuple[int, int]:
    if bounds := re.fullmatch(r"([0-9]{1,7})-([0-9]{1,7})", sentence):
        start, end = int(bounds[1]), int(bounds[2])
        return (start, end) if start < end else (0, 0)
    if not sentence:
        return 0, 0
    if (start := text.find(sentence)) >= 0:
        return start, start + len(sentence)
    places = [place for place, letter in enumerate(text) for _ in squeeze(letter)]
    wanted = squeeze(sentence)
    start = "".join(map(squeeze, text)).find(wanted)
    if not wanted or start < 0:
        return 0, 0
    return places[start], places[start + len(wanted) - 1] + 1
