"""Need -> advisors: hard conditions first, then the score of named parts; a team by stage; fair to all.

Equal candidates take turns: of those whose scores lie close together, who has had least this year (その年度の
支援の数) for its capacity comes first. How much each has had is told by who asks; nothing is kept here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import floor

import numpy as np
from numpy.typing import NDArray

from corpus.parts import Stage
from rag.matching import reasons
from rag.matching.advice import Advice, Evidence, Recommendation, Rejected
from rag.matching.bank import Array, Bank, Part, weighted
from rag.matching.heard import Heard
from rag.matching.need import STAGES, Need
from rag.matching.roster import Condition, Flags, Roster
from rag.matching.weights import Weights

Rows = NDArray[np.int64]
_SUBJECT: tuple[Part, ...] = ("facility", "technology", "similar")  # what a need is about
_NEAR_CASE = 0.2  # a past support less near than this is no evidence
_SHOWN_REJECTED = 3
_NEAR_SUBJECT = 0.25  # who is about something else is not named as near
_POOL = 300  # the best of all, among whom equal ones take turns


@dataclass(frozen=True)
class Judged:
    """All advisors for one need. ``good``: no condition failed, and near enough."""

    parts: dict[Part, Array | None]
    score: Array
    subject: Array
    fails: dict[Condition, Flags]
    good: Flags

    @property
    def allowed(self) -> Flags:
        """Who fails no hard condition."""
        return np.asarray(~np.logical_or.reduce(list(self.fails.values())))


@dataclass(frozen=True)
class Advisors:
    """The bank of experts, opened once. ``titles``: of all technologies and cases."""

    bank: Bank
    roster: Roster
    weights: Weights
    technologies: tuple[str, ...]
    titles: Mapping[str, str]

    def judge(self, heard: Heard, load: Array, today: datetime.date) -> Judged:
        need, weights = heard.need, self.weights
        parts = self.bank.parts(need, heard.relevance, heard.nearness)
        parts["region"] = self.roster.region(need, self.bank)
        score = weighted(parts, weights.advisors.of)
        subject = weighted({name: parts[name] for name in _SUBJECT}, weights.advisors.of)
        fails = self.roster.fails(need, self.bank, load, today)
        good = ~np.logical_or.reduce(list(fails.values()))
        good &= (score >= weights.least_score) & (subject >= weights.least_subject)
        return Judged(parts, score, subject, fails, good)

    def at(self, rows: Rows) -> Advisors:
        """Some of the advisors, for trying many needs on."""
        return Advisors(
            self.bank.at(rows), self.roster.at(rows), self.weights, self.technologies, self.titles
        )

    def had(self, load: Mapping[str, int]) -> Array:
        """How many supports each has had this year, from a count by id."""
        had = np.zeros(len(self.bank), np.float32)
        for advisor, count in load.items():
            if advisor in self._rows:
                had[self._rows[advisor]] = count
        return had

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {advisor.id: row for row, advisor in enumerate(self.roster.advisors)}

    def advise(self, heard: Heard, judged: Judged, had: Array, k: int) -> Advice:
        """The best ``k`` advisors of those judged."""
        chosen = self.in_turn(judged, had, k)
        return Advice(
            heard.need,
            tuple(self._recommended(heard, judged, row) for row in chosen),
            self._team(heard.need, judged, had) if chosen else {},
            rejected_nearest=tuple(self._rejected(heard.need, judged, chosen)),
        )

    def in_turn(self, judged: Judged, had: Array, k: int) -> list[int]:
        """The best ``k`` rows; of equal ones, who has had least of its capacity first."""
        rows = np.flatnonzero(judged.good)
        rows = rows[best(judged.score[rows], _POOL)]
        share = had / np.maximum(self.roster.capacity, 1)
        chosen: list[int] = []
        while len(rows) and len(chosen) < k:
            equal = judged.score[rows] >= judged.score[rows[0]] - self.weights.equal_within
            chosen.append(int(min(rows[equal], key=lambda row: (share[row], -judged.score[row]))))
            rows = rows[rows != chosen[-1]]
        return chosen

    def _team(self, need: Need, judged: Judged, had: Array) -> dict[Stage, str]:
        """The best for each stage from the one of the need on; whoever does not work at a stage is left out."""
        first = STAGES.index(need.stage) if need.stage else 0
        able = np.flatnonzero(judged.allowed & (judged.subject >= self.weights.least_subject))
        able = able[best(judged.subject[able], _POOL)]
        few, team = self.at(able), dict[Stage, str]()
        parts = {name: values if values is None else values[able] for name, values in judged.parts.items()}
        for column, stage in enumerate(STAGES[first:], first):
            works = few.bank.stages[:, column]
            score = weighted(parts | {"stage": works}, self.weights.advisors.of)
            good = (works == 1) & (score >= self.weights.least_score)
            for row in few.in_turn(replace(judged, score=score, good=good), had[able], 1):
                team[stage] = few.bank.profiles[row].id
        return team

    def _recommended(self, heard: Heard, judged: Judged, row: int) -> Recommendation:
        profile, advisor = self.bank.profiles[row], self.roster.advisors[row]
        scores = {name: float(values[row]) for name, values in judged.parts.items() if values is not None}
        start, end = self.bank.texts.starts[row : row + 2]
        order = sorted(range(int(start), int(end)), key=lambda at: -heard.rows[at])
        texts = [(profile.texts[at - int(start)], float(heard.rows[at])) for at in order]
        own = heard.relevance[self.bank.columns[row]] * self.bank.levels[row] if len(heard.relevance) else []
        nearest = self.technologies[self.bank.columns[row][int(np.argmax(own))]] if len(own) else None
        cases = [told.case for told, near in texts if told.case in self.titles and near >= _NEAR_CASE]
        quoted = texts[0][0].text.removesuffix(self.titles.get(texts[0][0].case or "", "")).rstrip("。")
        return Recommendation(
            profile.id,
            profile.title,
            profile.sample,
            round(float(judged.score[row]), 3),
            reasons.of_advisor(
                advisor, scores, heard.need, nearest and f"{nearest} {self.titles[nearest]}", quoted
            ),
            tuple(Evidence(case, self.titles[case]) for case in cases if case),
            heard.need.stage,
        )

    def _rejected(self, need: Need, judged: Judged, chosen: list[int]) -> list[Rejected]:
        """The nearest who would have come before the last one chosen, or before nobody."""
        least = judged.score[chosen[-1]] if chosen else 0.0
        about = judged.subject >= _NEAR_SUBJECT
        rows = np.flatnonzero(~judged.good & ~judged.fails["consent"] & about & (judged.score > least))
        rows = rows[best(judged.score[rows], _SHOWN_REJECTED)]
        return [self._told(need, judged, int(row)) for row in rows]

    def _told(self, need: Need, judged: Judged, row: int) -> Rejected:
        profile = self.bank.profiles[row]
        failed = next((name for name, flags in judged.fails.items() if flags[row]), None)
        if failed:
            titles = "".join(f"「{self.titles[record]}」" for record in self._sold(need, row))
            reason = self.roster.told(failed, row, need, titles)
        elif judged.subject[row] < self.weights.least_subject:
            reason = _short("相談の中身との近さ", judged.subject[row], self.weights.least_subject)
        else:
            reason = _short("合う度合い", judged.score[row], self.weights.least_score)
        return Rejected(profile.id, profile.title, profile.sample, reason)

    def _sold(self, need: Need, row: int) -> list[str]:
        return [
            record
            for record in need.in_question
            if record in self.roster.interests and self.roster.interests[record][row]
        ]


def _short(what: str, value: float, least: float) -> str:
    """Rounded down: what falls short never looks as if it did not."""
    return f"条件は満たしますが、{what}{floor(value * 100) / 100:.2f}が、基準の{least:.2f}に届きません。"


def best(values: Array, count: int) -> Rows:
    """The places of the highest values, the highest first, equal ones in their order."""
    places = np.arange(len(values))
    if len(values) > count:
        places = np.sort(np.argpartition(-values, count)[:count])
    return places[np.argsort(-values[places], kind="stable")]
