"""Two ways of answering a question, side by side (見比べる): what only one finds, and what stands elsewhere."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from rag.answer import Desk
from rag.explain import Explanation
from rag.types import Answer, Hit, Status

STATUSES: dict[Status, str] = {
    "answered": "答えた",
    "partial": "ぴったりではないが近い",
    "refused": "根拠がない",
    "clarify": "聞き返した",
}


@dataclass(frozen=True)
class Standing:
    """Where a hit stands among those of the other side: its ``rank`` there, ``None`` where it is not among them.

    ``held``: whether the other side has it at all.
    """

    here: int
    rank: int | None
    held: bool = True

    @property
    def same(self) -> bool:
        return self.rank == self.here


@dataclass(frozen=True)
class Side:
    """What one release makes of a question. ``chunks``: the ids of all it holds."""

    release: str
    why: Explanation
    answer: Answer
    chunks: frozenset[str]

    @property
    def hits(self) -> tuple[Hit, ...]:
        return tuple(reason.hit for reason in self.why.reasons)


@dataclass(frozen=True)
class Compared:
    """Two sides. The standings follow the hits of each."""

    first: tuple[Standing, ...]
    second: tuple[Standing, ...]
    same_answer: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many hits both have, how many of these stand elsewhere, how many only one has."""
        shared = [one for one in self.first if one.rank is not None]
        return {
            "both": len(shared),
            "moved": sum(not one.same for one in shared),
            "first": len(self.first) - len(shared),
            "second": sum(one.rank is None for one in self.second),
        }


def side(desk: Desk, question: str, count: int, *, past: bool) -> Side:
    """Ask at a desk. Raises QuestionError."""
    why, answer = desk.explain(question, count, past=past), desk.ask(question, past=past)
    return Side(desk.release.id, why, answer, frozenset(chunk.id for chunk in desk.release.chunks))


def compared(one: Side, other: Side) -> Compared:
    return Compared(
        standings(one.hits, other.hits, other.chunks),
        standings(other.hits, one.hits, one.chunks),
        _told(one.answer) == _told(other.answer),
    )


def standings(
    hits: Sequence[Hit], others: Sequence[Hit], held: Container[str] | None = None
) -> tuple[Standing, ...]:
    """Where each hit stands among the others; a chunk is the same where its text and its headings are."""
    ranks = {hit.chunk.id: rank for rank, hit in enumerate(others, start=1)}
    return tuple(
        Standing(rank, ranks.get(hit.chunk.id), held is None or hit.chunk.id in held)
        for rank, hit in enumerate(hits, start=1)
    )


def _told(answer: Answer) -> object:
    """What the asker sees of an answer."""
    return answer.status, answer.text, [(one.title, one.page, one.quote) for one in answer.citations]
