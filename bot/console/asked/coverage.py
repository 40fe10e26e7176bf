"""What is on the shelf against what is asked (資料の地図): facility by topic, from the current release and the questions.

A topic is an intent of questions and the records that answer it. Sample data are on no shelf.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from bot.store.asked import Count
from bot.talk import about
from corpus.parts import Facility, Stage
from rag.documents import Shelf
from rag.release import Release

ANY = "複数分野・施設なし"
FACILITIES = (*(name for name in get_args(Facility) if name != "複数分野"), ANY)
STAGES = get_args(Stage)
OFTEN = 3  # one in so many questions refused is often
EMPTY, WEAK = "資料なし", "答えられず"
_MONEY = re.compile("費用|金額|補助率")


@dataclass(frozen=True)
class Topic:
    """Questions with this ``intent`` and the ``shelves`` that answer them; of ``headed`` ones what has such a heading."""

    intent: str
    told: str
    shelves: tuple[Shelf, ...]
    headed: bool = False


TOPICS = (
    Topic(about.STEPS, "手引き・文書・質問と回答", ("guide", "library", "faq")),
    Topic(about.CASES, "事例", ("cases",)),
    Topic(about.TECHNOLOGIES, "技術カタログ", ("technologies",)),
    Topic(about.PROGRAMMES, "支援カタログ", ("programmes",)),
    Topic(about.FIGURES, "費用・金額の見出しがある資料", ("guide", "library", "faq", "cases", "technologies", "programmes"), True),
    Topic(about.CONTACTS, "相談先", ("contacts",)),
    Topic(about.EXPERT, "人材バンク", ("advisors",)),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """``shelved``: documents and records; ``asked``: questions, ``refused`` of them without an answer."""

    shelved: int = 0
    asked: int = 0
    refused: int = 0

    @property
    def level(self) -> int:
        """How dark it is drawn: nothing, a few, some, many on the shelf."""
        return sum(self.shelved >= least for least in (1, 5, 15))

    @property
    def mark(self) -> str:
        """What is missing, in a word; nothing where nothing seems to be."""
        if self.asked and not self.shelved:
            return EMPTY
        return WEAK if self.refused and self.refused * OFTEN >= self.asked else ""


@dataclass(frozen=True)
class Coverage:
    """``cells[facility][intent]`` and ``stages[stage]``; ``besides``: questions of an intent that has no shelf."""

    cells: dict[str, dict[str, Cell]]
    stages: dict[str, Cell]
    besides: int

    def missing(self, most: int = 10) -> list[tuple[str, str, Cell]]:
        """Where to begin: what is asked most and missing."""
        marked = [(f, i, cell) for f, row in self.cells.items() for i, cell in row.items() if cell.mark]
        return sorted(marked, key=lambda one: (-one[2].refused, -one[2].asked))[:most]


def coverage(release: Release | None, counts: Iterable[Count]) -> Coverage:
    """Without a release only what is asked is known."""
    shelved, stages = _on_the_shelf(release) if release else (Counter(), Counter())
    asked: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    intents = {topic.intent for topic in TOPICS}
    besides = 0
    for one in counts:
        besides += one.n * (one.intent not in intents)
        places = [(name, one.intent) for name in _rows(one.facilities)] + [("", name) for name in one.stages]
        asked.update(dict.fromkeys(places, one.n))
        if one.status == "refused":
            refused.update(dict.fromkeys(places, one.n))

    def cell(amount: int, place: tuple[str, str]) -> Cell:
        return Cell(amount, asked[place], refused[place])

    cells = {
        name: {topic.intent: cell(shelved[name, topic.intent], (name, topic.intent)) for topic in TOPICS}
        for name in FACILITIES
    }
    return Coverage(cells, {name: cell(stages[name], ("", name)) for name in STAGES}, besides)


def _on_the_shelf(release: Release) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    priced = {chunk.document_id for chunk in release.chunks if any(map(_MONEY.search, chunk.section))}
    found: Counter[tuple[str, str]] = Counter()
    stages: Counter[str] = Counter()
    for document in release.documents.values():
        if document.sample or document.superseded:
            continue
        stages.update(document.facets.stages)
        for topic in TOPICS:
            if document.shelf in topic.shelves and (document.id in priced or not topic.headed):
                found.update((name, topic.intent) for name in _rows(document.facets.facilities))
    return found, stages


def _rows(facilities: Iterable[str]) -> tuple[str, ...]:
    """The rows of the map that it belongs to."""
    return tuple(dict.fromkeys(name if name in FACILITIES else ANY for name in facilities)) or (ANY,)
