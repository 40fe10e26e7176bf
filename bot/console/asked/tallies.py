"""What was asked, counted (質問を数える): by day, region, facility and intent, and how it went.

A question of two facilities counts for both of them; how helpful an answer was counts where its question does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

from bot.store.asked import Count, DayCount
from bot.store.schema import JST
from bot.talk.about import INTENTS
from corpus.parts import Facility, Stage
from corpus.places import Block, Prefecture

PERIODS = (30, 90, 365)  # days
UNKNOWN, NO_FACILITY, NO_STAGE = "わからない", "施設の名前なし", "段階の話なし"
STATUSES = ("answered", "partial", "refused", "clarify")
HEADS = ("質問", "答えた", "近い答え", "答えがない", "聞き返した", "役に立った", "役に立たなかった")


@dataclass(frozen=True)
class Tally:
    """Questions of one kind. ``row`` is a line of the table."""

    name: str
    asked: int = 0
    answered: int = 0
    partial: int = 0
    refused: int = 0
    clarify: int = 0
    helpful: int = 0
    unhelpful: int = 0

    @property
    def row(self) -> tuple[str | int, ...]:
        return tuple(vars(self).values())

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(vars(self).values())[1:]


@dataclass(frozen=True)
class View:
    """One way to look at the questions. ``names_of``: what a question counts for; ``all_of`` is told even if 0."""

    key: str
    title: str
    head: str
    names_of: Callable[[Count], Iterable[str]]
    order: tuple[str, ...]
    all_of: bool = True

    def tallies(self, counts: Iterable[Count]) -> tuple[Tally, ...]:
        found = _added((name, count) for count in counts for name in self.names_of(count))
        told = [name for name in self.order if self.all_of or name in found]
        return tuple(Tally(name, **found.get(name, Counter())) for name in told)


def tallies_of(days: Iterable[DayCount]) -> tuple[Tally, ...]:
    """Day by day, the newest first; only those on which something was asked."""
    found = _added((count.day, count) for count in days)
    return tuple(Tally(day, **counts) for day, counts in sorted(found.items(), reverse=True))


def _added(counts: Iterable[tuple[str, Count | DayCount]]) -> dict[str, Counter[str]]:
    """Name -> column of a tally -> how many."""
    found: dict[str, Counter[str]] = {}
    for name, count in counts:
        columns = ["asked", count.status] if count.status in STATUSES else ["asked"]
        if count.helpful is not None:
            columns.append("helpful" if count.helpful else "unhelpful")
        found.setdefault(name, Counter()).update(dict.fromkeys(columns, count.n))
    return found


REGIONS = (
    View("blocks", "地域（ブロック）ごと", "ブロック", lambda one: (one.block or UNKNOWN,), (*get_args(Block), UNKNOWN)),
    View("prefectures", "都道府県ごと", "都道府県", lambda one: (one.prefecture or UNKNOWN,), (*get_args(Prefecture), UNKNOWN), False),
)  # fmt: skip
MATTERS = (
    View("facilities", "施設ごと", "施設", lambda one: one.facilities or (NO_FACILITY,), (*get_args(Facility), NO_FACILITY)),
    View("intents", "知りたいことごと", "知りたいこと", lambda one: (one.intent,), INTENTS),
    View("stages", "段階ごと", "段階", lambda one: one.stages or (NO_STAGE,), (*get_args(Stage), NO_STAGE)),
)  # fmt: skip
VIEWS = {view.key: view for view in (*REGIONS, *MATTERS)}


def start_of(days: int, now: datetime) -> datetime:
    """The first moment of the period of ``days`` that ends today."""
    first = now.astimezone(JST).date() - timedelta(days=days - 1)
    return datetime(first.year, first.month, first.day, tzinfo=JST)


def every_day(tallies: Iterable[Tally], start: date, days: int) -> tuple[Tally, ...]:
    """The days of the period, the oldest first, those without questions too."""
    found = {tally.name: tally for tally in tallies}
    names = ((start + timedelta(days=day)).isoformat() for day in range(days))
    return tuple(found.get(name, Tally(name)) for name in names)
