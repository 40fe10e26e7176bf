"""How good the matching of advisors is: eval/sets/needs.jsonl, 66 needs with graded advisors and 12 that no one fits.

The needs and the sample advisors were written by the same hand, the grades from the records' facts before any
weight was set; weights and thresholds were then set on the split ``dev``, and ``heldout`` says how good it is.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from corpus.records import Advisor
from eval.metrics import ndcg_at
from rag.matching.advisors import Advisors, Judged
from rag.matching.bank import Array
from rag.matching.heard import Heard
from rag.matching.matchmaker import Matchmaker
from rag.matching.periods import period_in
from rag.matching.reading import Given
from rag.places import lookup

TODAY = datetime.date(2026, 12, 1)  # the day on which the needs are asked
K = 3
SPLITS = ("dev", "heldout", "second")
_FACETS = ("facility", "stage", "size", "region")
_FIELDS = ("facility", "technology", "stage", "municipality", "size", "mode", "period")


@dataclass(frozen=True)
class Labelled:
    """A need of the set. ``grades``: advisor id -> 1, 2, 3 (best); none: no one fits.

    For the check of the conditions: ``asker`` is the place, ``wishes`` the mode, ``about`` the technologies in question.
    """

    id: str
    split: str
    text: str
    given: Given
    asker: str
    wishes: str | None
    about: tuple[str, ...]
    grades: Mapping[str, int]
    why: str


@dataclass(frozen=True)
class Outcome:
    """What a system made of a need: the ids of its first advisors."""

    need: Labelled
    found: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def hit(self) -> bool:
        """An advisor of the best grade is among them."""
        best = max(self.need.grades.values(), default=0)
        return any(self.need.grades.get(name, 0) == best for name in self.found)


@dataclass(frozen=True)
class Figures:
    """Means over the needs that someone fits; ``refused`` of the ``nobody`` needs were rightly answered with no one."""

    needs: int
    ndcg: float
    hit: float
    broken: int
    refused: int
    nobody: int


Choose = Callable[[Heard, Judged], Sequence[int]]


def labelled() -> tuple[Labelled, ...]:
    lines = (files("eval") / "sets" / "needs.jsonl").read_text("utf-8").splitlines()
    return tuple(_labelled(json.loads(line)) for line in lines)


def evaluate(matchmaker: Matchmaker, needs: Sequence[Labelled]) -> dict[str, tuple[Outcome, ...]]:
    """Every system's outcomes, the one that is used first."""
    advisors = matchmaker.advisors
    systems = _systems(advisors)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in systems}
    nobody_yet = np.zeros(len(advisors.bank), np.float32)
    for need in needs:
        reading = matchmaker.read(need.text, need.given)
        heard = matchmaker.heard(reading.need, advisors.bank.texts)
        judged = advisors.judge(heard, nobody_yet, TODAY)
        for name, choose in systems.items():
            found = [advisors.roster.advisors[row] for row in choose(heard, judged)]
            broken = tuple(advisor.id for advisor in found if breaks(advisor, need))
            outcomes[name].append(Outcome(need, tuple(advisor.id for advisor in found), broken))
    return {name: tuple(found) for name, found in outcomes.items()}


def figures(outcomes: Sequence[Outcome], split: str) -> Figures:
    own = [outcome for outcome in outcomes if outcome.need.split == split]
    graded = [outcome for outcome in own if outcome.need.grades]
    nobody = [outcome for outcome in own if not outcome.need.grades]
    return Figures(
        len(graded),
        float(np.mean([ndcg_at(outcome.found, outcome.need.grades, K) for outcome in graded])),
        float(np.mean([outcome.hit for outcome in graded])),
        sum(len(outcome.broken) for outcome in own),
        sum(not outcome.found for outcome in nobody),
        len(nobody),
    )


def breaks(advisor: Advisor, need: Labelled) -> bool:
    """Whether a recommendation breaks a hard condition, told from the record and the label alone."""
    (place,) = lookup(need.asker)
    on_site = {
        "県内": advisor.prefecture == place.prefecture,
        "対応地域": place.block in advisor.blocks or advisor.prefecture == place.prefecture,
        "全国": True,
        "オンラインのみ": False,
    }[advisor.travel]
    reached = {"現地": on_site, "オンライン": advisor.remote}.get(
        need.wishes or "", on_site or advisor.remote
    )
    wished = period_in(need.given.period or "今月から年度内", TODAY)
    in_time = advisor.period is None or (wished is not None and advisor.period.meets(wished))
    sells = bool(set(advisor.sells) & set(need.about))
    return not (advisor.consent and advisor.capacity > 0 and reached and in_time) or sells


def _systems(advisors: Advisors) -> dict[str, Choose]:
    """The matching, and what its halves do alone; whoever keeps the conditions leaves out who fails one."""
    fresh = np.zeros(len(advisors.bank), np.float32)
    return {
        "match": lambda _, judged: advisors.in_turn(judged, fresh, K),
        "text": lambda heard, _: _first(heard.nearness),
        "facets": lambda _, judged: _first(_facets(judged)),
        "text+conditions": lambda heard, judged: _first(heard.nearness, judged.allowed),
        "facets+conditions": lambda _, judged: _first(_facets(judged), judged.allowed),
    }


def _facets(judged: Judged) -> Array:
    """The mean of what is told by choices alone: no text, no technology."""
    known = [values for name in _FACETS if (values := judged.parts[name]) is not None]
    return np.asarray(np.mean(known, axis=0)) if known else np.zeros_like(judged.score)


def _first(score: Array, allowed: Any = True) -> list[int]:
    order = np.argsort(-np.where(allowed, score, -1.0), kind="stable")[:K]
    return [int(row) for row in order if np.broadcast_to(allowed, score.shape)[row]]


def _labelled(row: dict[str, Any]) -> Labelled:
    return Labelled(
        row["id"],
        row["split"],
        row["text"],
        Given(**{name: row.get(name) for name in _FIELDS}),
        row.get("asker") or row["municipality"],
        row.get("wishes") or row.get("mode"),
        tuple(row["about"]),
        row["grades"],
        row["why"],
    )
