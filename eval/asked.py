"""Asks the questions of a set and writes down all that is needed to judge the answers.

The desk is asked by the same public functions as the API's. A record holds facts, no figures: those are
computed from it afterwards (:mod:`eval.measures`), so that a run can be judged again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from time import perf_counter
from typing import Literal, Protocol

from eval.cases import ANYWHERE, Case, Section
from rag.answer import Desk
from rag.compose import weighed
from rag.documents import Chunk
from rag.errors import QuestionError
from rag.fold import squeeze
from rag.release import Release
from rag.types import Answer, Context

DEPTH = 30  # chunks looked at for a ranking of sections
Status = Literal["answered", "partial", "refused", "clarify", "error"]


@dataclass(frozen=True)
class Spot:
    """A chunk that was found or cited. ``gold``: the place of the case's gold that it is of, if any."""

    chunk_id: str
    document_id: str
    section: tuple[str, ...]
    page: int | None
    gold: int | None

    @property
    def where(self) -> str:
        """One writing for all chunks of a section, or of a page where there are pages."""
        return f"{self.document_id}#{self.page or '/'.join(self.section)}"


@dataclass(frozen=True)
class Cited:
    """A citation as shown, the text of its chunk in the release, and whether the question had found it."""

    number: int
    title: str
    quote: str
    text: str | None
    found: bool
    spot: Spot


@dataclass(frozen=True)
class Said:
    """A sentence and the numbers of its citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """What became of one case.

    ``at_hand``: the gold places that the release holds; ``documents``: the ids of their documents;
    ``readable``: every key fact stands in one of them. ``claims``, ``kept``: sentences before and after the check.
    ``rankings``: documents by each way of finding. ``probability``: of the evidence being there.
    """

    id: str
    status: Status
    text: str = ""
    sentences: tuple[Said, ...] = ()
    cited: tuple[Cited, ...] = ()
    found: tuple[Spot, ...] = ()
    stood_on: tuple[Spot, ...] = ()
    rankings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_hand: tuple[int, ...] = ()
    documents: tuple[str, ...] = ()
    gold_texts: tuple[str, ...] = ()
    readable: bool = True
    probability: float | None = None
    claims: int = 0
    kept: int = 0
    milliseconds: float = 0.0
    error: str = ""


class Answerer(Protocol):
    """Who is asked: ours, or one of those it is compared with. Safe to share between threads."""

    def ask(self, case: Case) -> Asked: ...


class Gold:
    """Finds the gold of a case in a release: by id, title or file name, and by heading or page."""

    def __init__(self, release: Release) -> None:
        self._names: dict[str, str] = {}
        for document in reversed(release.documents.values()):
            names = [document.title, document.file_name, PurePath(document.file_name or "").stem]
            self._names |= {squeeze(name): document.id for name in names if name}
        self._names |= {squeeze(name): name for name in release.documents}
        self._chunks: dict[str, list[Chunk]] = {}
        for chunk in release.chunks:
            self._chunks.setdefault(chunk.document_id, []).append(chunk)

    def document(self, place: Section) -> str | None:
        """The id of a gold place's document."""
        return self._names.get(squeeze(place.document))

    def chunks(self, place: Section) -> list[Chunk]:
        """The chunks of a gold place."""
        document = self.document(place)
        return [chunk for chunk in self._chunks.get(document or "", ()) if _in(place, chunk)]

    def of(self, case: Case, chunk: Chunk) -> int | None:
        """Which gold place a chunk is of."""
        for number, place in enumerate(case.gold):
            if self.document(place) == chunk.document_id and _in(place, chunk):
                return number
        return None

    def spot(self, case: Case, chunk: Chunk) -> Spot:
        return Spot(chunk.id, chunk.document_id, chunk.section, chunk.page, self.of(case, chunk))

    def facts(self, case: Case) -> dict[str, object]:
        """What the release has of a case's gold, as fields of Asked."""
        texts = ["\n".join(chunk.text for chunk in self.chunks(place)) for place in case.gold]
        told = [plain(text) for text in texts]
        return {
            "at_hand": tuple(number for number, text in enumerate(texts) if text),
            "documents": tuple(dict.fromkeys(d for place in case.gold if (d := self.document(place)))),
            "gold_texts": tuple(text for text in texts if text),
            "readable": all(
                any(plain(fact) in text for fact in group for text in told) for group in case.must_include
            ),
        }


def plain(text: str) -> str:
    """For asking whether a fact is in a text: 1,240 and 1240 are the same."""
    return re.sub(r"(?<=[0-9]),(?=[0-9])", "", squeeze(text))


def _in(place: Section, chunk: Chunk) -> bool:
    if place.page is not None and chunk.page != place.page:
        return False
    if place.heading == ANYWHERE:
        return True
    if place.heading is None:
        return not chunk.section
    return bool(chunk.section) and any(squeeze(place.heading) == squeeze(part) for part in chunk.section[-2:])


class DeskAnswerer:
    """Ours, asked as a person would ask it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._gold = Gold(desk.release)
        self._chunks = {chunk.id: chunk for chunk in desk.release.chunks}

    def ask(self, case: Case) -> Asked:
        facts = self._gold.facts(case)
        started = perf_counter()
        try:
            context = self._desk.prepare(case.question, before=case.turns[:-1])
            answer = self._desk.answer(context)
        except QuestionError as error:
            return Asked(case.id, "refused", text=error.message, **facts)  # type: ignore[arg-type]
        except Exception as error:  # whatever it is, the other questions are asked and this one is told
            return Asked(case.id, "error", error=f"{type(error).__name__}: {error}", **facts)  # type: ignore[arg-type]
        took = (perf_counter() - started) * 1000
        signs = weighed(context)
        claims, kept = _checked(answer)
        asked = context.query.asked
        return Asked(
            case.id,
            answer.status,
            text=answer.text,
            sentences=tuple(Said(s.text, s.citations) for s in answer.sentences),
            cited=tuple(self._cited(case, answer, context)),
            found=tuple(self._gold.spot(case, hit.chunk) for hit in self._desk.search(asked, DEPTH)),
            stood_on=tuple(self._gold.spot(case, hit.chunk) for hit in context.citable),
            rankings=self._desk.rankings(asked, 10),
            probability=signs.probability if signs else None,
            claims=claims,
            kept=kept,
            milliseconds=round(took, 1),
            **facts,  # type: ignore[arg-type]
        )

    def _cited(self, case: Case, answer: Answer, context: Context) -> Iterator[Cited]:
        found = {hit.chunk.id for hit in context.citable}
        for citation in answer.citations:
            chunk = self._chunks.get(citation.chunk_id)
            spot = (
                self._gold.spot(case, chunk)
                if chunk
                else Spot(citation.chunk_id, citation.document_id, citation.section, citation.page, None)
            )
            yield Cited(
                citation.number,
                citation.title,
                citation.quote,
                chunk.text if chunk else None,
                citation.chunk_id in found,
                spot,
            )


def _checked(answer: Answer) -> tuple[int, int]:
    """Sentences before and after the check; the trace names those that it dropped."""
    kept = len(answer.sentences)
    return kept + sum(step.detail.count("を落としました") for step in answer.trace), kept


def sections(spots: Sequence[Spot]) -> list[str]:
    """The places found, each once and in order; a gold place stands under its number."""
    return list(dict.fromkeys(spot.where if spot.gold is None else f"gold{spot.gold}" for spot in spots))
