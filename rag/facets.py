"""What a question and a document are about: facility, technology, place, stage, year (絞り込みの項目).

A question's facets are soft: a document that agrees gains a little, one that says otherwise loses a little,
one that says nothing does neither. What the user sets is a :class:`Filters`, and hard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar, get_args

from corpus.parts import Facility, Stage
from rag.documents import SHELF_NAMES, Document, Facets
from rag.errors import QuestionError
from rag.fold import fold
from rag.matching.words import facilities_in
from rag.places import lookup, mentioned, nearest
from rag.tokens import one_writing

_STAGE_WORDS: dict[str, str] = {
    "課題整理": "課題整理|課題の整理|何から|どこから(?:手|始|着手)|手を(?:付|つ)け",
    "技術選定": "技術選定|技術の選定|選び方|比較|見比べ",
    "現場試行": "試行|試験施工|実証|お試し",
    "庁内調整・予算": "庁内|予算|財政課|議会|上司",
    "発注・契約": "発注|契約|入札|仕様書|積算|プロポーザル",
    "本格導入": "本格導入|実装|横展開",
    "効果検証": "効果検証|効果の検証|検証|評価",
}
_STAGES = {stage: re.compile(words) for stage, words in _STAGE_WORDS.items()}
_YEAR = re.compile(r"(20\d\d|19\d\d)年")
_NAMED = re.compile(r"(20\d\d|19\d\d)")
T = TypeVar("T")


NOTHING = Facets()


@dataclass(frozen=True)
class Filters:
    """What the user wants to see alone; empty: everything. ``on``: documents that hold on that day."""

    shelves: tuple[str, ...] = ()
    facets: Facets = NOTHING
    on: date | None = None

    def admits(self, document: Document) -> bool:
        """Whether the document has one of the wanted values in every field that is set."""
        if self.shelves and document.shelf not in self.shelves:
            return False
        if self.on is not None and document.past(self.on):
            return False
        return all(
            not wanted or set(wanted) & set(getattr(document.facets, name))
            for name, wanted in _named(self.facets)
        )

    def __bool__(self) -> bool:
        return bool(self.shelves or self.on or self.facets)


EVERYTHING = Filters()


def filters(
    *,
    shelf: str | None = None,
    facility: str | None = None,
    technology: str | None = None,
    prefecture: str | None = None,
    municipality: str | None = None,
    stage: str | None = None,
    year: int | None = None,
    on: str | None = None,
) -> Filters:
    """Filters from what a person wrote. Raises QuestionError, which names the value and what is possible."""
    shelves = {name: shelf for shelf, name in SHELF_NAMES.items()} | {s: s for s in SHELF_NAMES}
    places = _place("市区町村", municipality) if municipality else ()
    within = _place("都道府県", prefecture) if prefecture else ()
    return Filters(
        shelves=(shelves[_one_of("棚", shelf, shelves)],) if shelf else (),
        facets=Facets(
            facilities=_facility(facility) if facility else (),
            technologies=(technology,) if technology else (),
            prefectures=tuple(dict.fromkeys(place for place, _ in within)),
            municipalities=tuple(f"{prefecture}{name}" for prefecture, name in places),
            stages=(_one_of("段階", stage, get_args(Stage)),) if stage else (),
            years=(year,) if year else (),
        ),
        on=_day(on) if on else None,
    )


def recognise(text: str, technologies: Mapping[str, str] | None = None) -> Facets:
    """What a text names. ``technologies``: title (folded) -> id."""
    plain = fold(text)
    mentions = mentioned(text)
    towns = [mention.candidates[0] for mention in mentions if mention.place]
    written = one_writing(text)
    return Facets(
        facilities=facilities_in(text),
        technologies=tuple(name for title, name in (technologies or {}).items() if title in plain),
        prefectures=_once(town.prefecture for town in towns),
        municipalities=_once(f"{t.prefecture}{t.name}" for t in towns if not t.is_prefecture),
        blocks=_once([*(m.block for m in mentions if m.block), *(town.block for town in towns)]),
        stages=tuple(stage for stage, words in _STAGES.items() if words.search(plain)),
        years=_once(int(year) for year in _YEAR.findall(written)),
    )


def years_of(text: str | None) -> tuple[int, ...]:
    """The years that a record's own words for its time name (2023年度, 令和5年)."""
    return _once(int(year) for year in _NAMED.findall(one_writing(text or "")))


def agreement(asked: Facets, told: Facets) -> float:
    """How well a document's facets fit a question's, -1 to 1: the mean over what both of them name.

    What only one of them names says nothing.
    """
    marks = [
        1.0 if set(wanted) & set(its) else 0.0 if "複数分野" in (*wanted, *its) else -1.0
        for name in ("facilities", "technologies", "stages", "years")
        if (wanted := getattr(asked, name)) and (its := getattr(told, name))
    ]
    if asked.blocks and told.blocks:
        marks.append(_nearness(asked, told))
    return sum(marks) / len(marks) if marks else 0.0


def _nearness(asked: Facets, told: Facets) -> float:
    """1 for the place itself or one that it lies in, less for a neighbour, -1 for another block."""
    levels = ((asked.municipalities, told.municipalities), (asked.prefectures, told.prefectures))
    for (wanted, its), neighbour in zip(levels, (0.5, 0.25), strict=True):
        if set(wanted) & set(its):
            return 1.0
        if wanted and its:
            within = set(asked.prefectures) & set(told.prefectures) or set(asked.blocks) & set(told.blocks)
            return neighbour if within else -1.0
    return 1.0 if set(asked.blocks) & set(told.blocks) else -1.0


def _named(facets: Facets) -> list[tuple[str, tuple[object, ...]]]:
    return [(field.name, getattr(facets, field.name)) for field in fields(facets)]


def _one_of(field: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise QuestionError(f"{field}「{value}」はありません。{'、'.join(known)} から選んでください。")
    return value


def _facility(value: str) -> tuple[str, ...]:
    """The facility by its name or by a word people have for it."""
    if value in get_args(Facility):
        return (value,)
    return facilities_in(value) or (_one_of("施設", value, get_args(Facility)),)


def _place(field: str, value: str) -> tuple[tuple[str, str], ...]:
    wants_prefecture = field == "都道府県"
    found = tuple(place for place in lookup(value) if place.is_prefecture == wants_prefecture)
    if not found:
        near = "、".join(
            f"{place.prefecture}{place.name}" for place in nearest(value) if not place.is_prefecture
        )
        hint = f"近い名前は {near} です。" if near and not wants_prefecture else "名前を確かめてください。"
        raise QuestionError(f"{field}「{value}」は見つかりません。{hint}")
    if len(found) > 1:
        names = "、".join(f"{place.prefecture}{place.name}" for place in found)
        raise QuestionError(f"{field}「{value}」は複数あります。{names} のどれかで指定してください。")
    return tuple((place.prefecture, place.name) for place in found)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QuestionError(f"日付「{text}」を読めません。2026-03-31 の形で書いてください。") from None


def _once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
