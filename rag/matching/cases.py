"""Cases like mine (類似事例): facility, problem, technology, size, region, stage; what is alike in each and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.records import Case, Technology
from rag.matching.advice import PART_NAMES, PartScore, Similar
from rag.matching.bank import Array, Bank, Part, weighted
from rag.matching.heard import Heard
from rag.matching.need import Need
from rag.matching.weights import CaseWeights

_NOT_TOLD = 0.5  # what the record does not tell is neither alike nor different
_LEAST_SUBJECT = 0.3  # a case about something else is no similar one
_SUBJECT: tuple[Part, ...] = ("facility", "technology", "similar")
_TOLD_IN = {"stage": "stages", "size": "sizes", "region": "blocks"}


@dataclass(frozen=True)
class Cases:
    """The shelf of cases, opened once."""

    bank: Bank
    technologies: tuple[Technology, ...]
    weights: CaseWeights

    def like(self, heard: Heard, k: int) -> tuple[Similar, ...]:
        """The ``k`` cases most like a need, best first."""
        parts = self.bank.parts(heard.need, heard.relevance, heard.nearness)
        parts |= {name: self._where_told(name, parts[name]) for name in _TOLD_IN}
        score = weighted(parts, self.weights.of)
        about = weighted({name: parts[name] for name in _SUBJECT}, self.weights.of)
        rows = np.flatnonzero(about >= _LEAST_SUBJECT)
        rows = rows[np.argsort(-score[rows], kind="stable")][:k]
        return tuple(self._similar(heard.need, parts, score, int(row)) for row in rows)

    def technologies_of(self, cases: Iterable[Case]) -> dict[str, tuple[str, ...]]:
        """The technologies of each case, by its id."""
        wanted = {case.id for case in cases}
        return {p.id: tuple(p.technologies) for p in self.bank.profiles if p.id in wanted}

    def _where_told(self, name: Part, values: Array | None) -> Array | None:
        """A part, with a middle value where the record does not tell."""
        if values is None:
            return None
        told = np.array([bool(getattr(profile, _TOLD_IN[name])) for profile in self.bank.profiles])
        return np.asarray(np.where(told, values, _NOT_TOLD), np.float32)

    def _similar(self, need: Need, parts: dict[Part, Array | None], score: Array, row: int) -> Similar:
        told = {
            name: PartScore(
                name,
                round(float(values[row]), 3),
                self._reason(name, need, row, float(values[row])),
            )
            for name, values in parts.items()
            if values is not None and self.weights.of(name)
        }
        reasons = [part.reason for part in told.values()]
        return Similar(
            self.bank.profiles[row].id,
            self.bank.profiles[row].title,
            round(float(score[row]), 3),
            tuple(told.values()),
            tuple(reason for reason in reasons if "が同じです" in reason or "似ています" in reason),
            tuple(reason for reason in reasons if "違います" in reason),
        )

    def _reason(self, name: Part, need: Need, row: int, score: float) -> str:
        profile = self.bank.profiles[row]
        if name == "technology":
            return self._technology(need, tuple(profile.technologies))
        if name == "similar":
            near = (
                "よく似ています" if score >= 0.7 else "似ています" if score >= 0.4 else "あまり重なりません"
            )
            return f"課題や取組の文が{near}。"
        wanted: dict[Part, Sequence[str | None]] = {
            "facility": need.facilities,
            "stage": (need.stage,),
            "size": (need.size,),
            "region": (need.prefecture, need.block),
        }
        has: dict[Part, Sequence[str]] = {
            "facility": tuple(profile.facilities),
            "stage": profile.stages,
            "size": profile.sizes,
            "region": (*profile.prefectures, *profile.blocks),
        }
        return _compared(PART_NAMES[name], wanted[name], has[name])

    def _technology(self, need: Need, has: Sequence[str]) -> str:
        titles = {technology.id: technology.title for technology in self.technologies}
        both = [titles[record] for record in has if record in need.in_question]
        if both:
            return f"技術が同じです（{both[0]}）。"
        told = "・".join(titles[record] for record in has)
        return (
            f"技術が違います（事例は{told}）。"
            if need.in_question and told
            else f"事例の技術: {told or '記録にありません'}。"
        )


def _compared(what: str, wanted: Sequence[str | None], has: Sequence[str]) -> str:
    if not has:
        return f"{what}は記録にありません。"
    both = [item for item in has if item in wanted]
    return f"{what}が同じです（{both[0]}）。" if both else f"{what}が違います（事例は{'・'.join(has)}）。"
