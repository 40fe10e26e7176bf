"""Asks a set of questions and says how many were answered as they should be.

``python -m eval.questions [SET]`` runs a set (eval/sets/starter.jsonl) against the current release. The
thresholds of rag/compose.py were set on the starter and colloquial sets: their figures show that
nothing broke. Those of eval/sets/heldout.jsonl say how good answers are: it was written from the
corpus alone and nothing was set on it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rag.answer import Desk, open_desk
from rag.fold import squeeze
from rag.settings import Settings
from rag.types import Answer

HIT_DEPTH = 5


@dataclass(frozen=True)
class Case:
    """One question and what a right answer has.

    ``gold``: documents one of which must be found. ``must_include``: for each inner list one of its
    texts must be in the answer.
    """

    id: str
    question: str
    answerable: bool
    gold: tuple[str, ...]
    must_include: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one case. ``hit``: a gold document is among the first HIT_DEPTH documents."""

    case: Case
    answer: Answer
    hit: bool
    key_facts: bool


@dataclass(frozen=True)
class Share:
    """``count`` of ``total``; a set without such cases has no share."""

    name: str
    count: int
    total: int

    def __str__(self) -> str:
        return f"{self.name}: {self.count}/{self.total} ({self.value:.3f})"

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else float("nan")


def load(path: Path) -> tuple[Case, ...]:
    """Read a set, one JSON object a line."""
    return tuple(
        Case(
            id=raw["id"],
            question=raw["question"],
            answerable=raw["answerable"],
            gold=tuple(raw["gold"]),
            must_include=tuple(tuple(texts) for texts in raw["must_include"]),
        )
        for raw in map(json.loads, path.read_text("utf-8").splitlines())
    )


def run(desk: Desk, cases: Iterable[Case]) -> Iterator[Outcome]:
    """Ask the same public function as the API."""
    for case in cases:
        context = desk.prepare(case.question)
        answer = desk.answer(context)
        found = list(dict.fromkeys(hit.document.id for hit in context.hits))[:HIT_DEPTH]
        text = squeeze(answer.text)
        yield Outcome(
            case=case,
            answer=answer,
            hit=any(gold in found for gold in case.gold),
            key_facts=all(any(squeeze(t) in text for t in texts) for texts in case.must_include),
        )


def shares(outcomes: Iterable[Outcome]) -> tuple[Share, ...]:
    """The figures: what was found, what was said, what should have been refused."""
    outcomes = list(outcomes)
    can = [o for o in outcomes if o.case.answerable]
    cannot = [o for o in outcomes if not o.case.answerable]
    return (
        Share(f"document_hit@{HIT_DEPTH}", sum(o.hit for o in can), len(can)),
        Share("key_facts", sum(o.key_facts and o.answer.status != "refused" for o in can), len(can)),
        Share("refused_when_answerable", sum(o.answer.status == "refused" for o in can), len(can)),
        Share("answered_when_unanswerable", sum(o.answer.status == "answered" for o in cannot), len(cannot)),
        Share("partial_when_unanswerable", sum(o.answer.status == "partial" for o in cannot), len(cannot)),
    )


def starter_set() -> Path:
    return Path(str(files("eval").joinpath("sets/starter.jsonl")))


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else starter_set()
    outcomes = list(run(open_desk(Settings()), load(path)))
    for share in shares(outcomes):
        sys.stdout.write(f"{share}\n")
    for outcome in outcomes:
        if outcome.case.answerable and not (outcome.hit and outcome.key_facts):
            sys.stdout.write(f"  {outcome.case.id} {outcome.answer.status} {outcome.case.question}\n")


if __name__ == "__main__":
    main()
