"""The golden set: questions with what a right answer says and where it stands.

``python -m eval.golden`` counts it by slice and half, and says how many of a question's words its gold has.
Where that is much, a search for words wins by construction, and a good figure says little.

What a line of sets/golden.jsonl says stands in :mod:`eval.cases`. Its gold has a page too, which is null:
records have none, and the seeds are at hand as text alone.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, quantiles
from typing import get_args

from corpus import shelves
from eval.cases import Case, Half, Section
from eval.written import own, read
from ingest.records import shelf_documents
from rag.tokens import search_terms

HEADER = ("種類", "dev", "heldout", "計", "答えなし", "重なり平均", "25%", "50%", "75%", "測った数")


@dataclass(frozen=True)
class Row:
    """A slice: its questions, and for those whose gold is at hand the share of words in common."""

    name: str
    questions: tuple[Case, ...]
    overlaps: tuple[float, ...]

    def cells(self) -> list[str]:
        halves = [sum(q.half == half for q in self.questions) for half in get_args(Half)]
        refused = sum(not q.answerable for q in self.questions)
        return [
            self.name,
            *map(str, (*halves, len(self.questions), refused)),
            *self._spread(),
            str(len(self.overlaps)),
        ]

    def _spread(self) -> list[str]:
        """Mean and quartiles; of fewer than two there are none."""
        if len(self.overlaps) < 2:
            return ["-"] * 4
        spread = (fmean(self.overlaps), *quantiles(self.overlaps, n=4, method="inclusive"))
        return [f"{share:.2f}" for share in spread]


def load(path: Path | None = None) -> tuple[Case, ...]:
    """The set, in the order of the file; by default the project's own."""
    return read(path or own("golden"))


def shelf_sections(shelved: shelves.Shelves) -> dict[Section, str]:
    """Every section on the shelves with its text."""
    return {
        Section(document.id, section.path[-1] if section.path else None): "\n".join(
            line.text for line in section.lines
        )
        for document, sections in shelf_documents(shelved)
        for section in sections
    }


def overlap(question: Case, texts: Mapping[Section, str]) -> float | None:
    """Share of the question's content words in the gold section that has most of them.

    ``None`` where nothing is to be found or its text is not at hand.
    """
    asked = set(search_terms(question.question))
    known = [set(search_terms(texts[section])) for section in question.gold if section in texts]
    if not asked or not known:
        return None
    return max(len(asked & words) for words in known) / len(asked)


def rows(questions: Iterable[Case], texts: Mapping[Section, str]) -> Iterator[Row]:
    """One row a slice, then all together."""
    slices: dict[str, list[Case]] = {}
    for question in questions:
        slices.setdefault(question.slice, []).append(question)
    for name, members in [*slices.items(), ("全体", [q for part in slices.values() for q in part])]:
        shares = [share for q in members if (share := overlap(q, texts)) is not None]
        yield Row(name, tuple(members), tuple(shares))


def as_text(table: Iterable[Row]) -> str:
    """The rows under their header, figures to the right."""
    cells = [list(HEADER), *(row.cells() for row in table)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(_padded(line, widths)) for line in cells)


def _padded(line: list[str], widths: list[int]) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(line, widths, strict=True)):
        blanks = " " * (width - _width(cell))
        yield blanks + cell if place else cell + blanks


def _width(text: str) -> int:
    """Columns on a terminal: a Japanese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "FWA" else 1 for letter in text)


def main() -> None:
    sys.stdout.write(f"{as_text(rows(load(), shelf_sections(shelves.load())))}\n")
    sys.stdout.write("重なり: 質問の語のうち、正解の箇所にもある語の割合（いちばん重なる箇所）。\n")


if __name__ == "__main__":
    main()
