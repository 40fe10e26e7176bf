"""What a change of a term would do (効き目): the last questions, asked once with the names of now, once with the new ones.

Nothing is written and nobody who asks notices: both desks are copies that share the release and the models.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.console.faults import FormFault
from bot.console.stock.glossary import Glossary, made
from bot.console.versions.sides import Standing, standings
from corpus.records import Term
from rag.answer import Desk
from rag.beside import Settled, naming, read
from rag.errors import QuestionError
from rag.types import Hit, Query, Status

LAST = 100  # questions that are looked at
SHOWN = 20  # questions that are asked again
SECONDS = 10.0  # from then on no further one is asked
FIRST = 5  # hits that are compared
NAMES = ("title", "synonyms")  # all of a term that has an effect


@dataclass(frozen=True)
class Found:
    """How a question is read and answered. ``hits``: the first FIRST."""

    query: Query
    hits: tuple[Hit, ...]
    status: Status
    text: str

    @property
    def others(self) -> tuple[str, ...]:
        """Words that are looked for besides, because they are other names."""
        return tuple(term.text for term in self.query.synonyms)


@dataclass(frozen=True)
class Change:
    """A question that is read differently."""

    question: str
    before: Found
    after: Found

    @property
    def standings(self) -> tuple[tuple[Standing, ...], tuple[Standing, ...]]:
        before, after = self.before.hits, self.after.hits
        return standings(before, after), standings(after, before)

    @property
    def same_hits(self) -> bool:
        return [hit.chunk.id for hit in self.before.hits] == [hit.chunk.id for hit in self.after.hits]

    @property
    def same_answer(self) -> bool:
        return (self.before.status, self.before.text) == (self.after.status, self.after.text)

    @property
    def turns(self) -> bool:
        return self.before.status != self.after.status

    @property
    def tells(self) -> bool:
        """Whether the asker sees any of it, or who looks at the hits."""
        return not (self.same_hits and self.same_answer)


@dataclass(frozen=True)
class Effect:
    """Of ``asked`` questions ``read`` are read differently; ``changes`` are those that were asked again.

    ``late``: the time was over before all could be asked that should be. ``built``: the release holds the term too.
    """

    asked: int
    read: int
    changes: tuple[Change, ...]
    late: bool
    built: bool

    @property
    def telling(self) -> tuple[Change, ...]:
        """Those that show, the ones with another status first."""
        told = (change for change in self.changes if change.tells)
        return tuple(sorted(told, key=lambda change: not change.turns))

    @property
    def turned(self) -> int:
        return sum(change.turns for change in self.changes)

    @property
    def quiet(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not change.tells)


class Proposal(Glossary):
    """The terms of the home as they would be."""

    def added(self, said: dict[str, Any]) -> tuple[Term, ...]:
        """Raises FormFault for its names; of the rest nothing is said before it is saved."""
        return (*self.own, self._fitting(_named(said, "term-own-proposed")))

    def changed(self, term_id: str, said: dict[str, Any], *, version: str) -> tuple[Term, ...]:
        """Raises EditConflict, FormFault, NotFound."""
        self._seen(term_id, version)
        now = self._fitting(_named(said, term_id))
        return tuple(now if term.id == term_id else term for term in self.own)

    def removed(self, term_id: str, *, version: str) -> tuple[Term, ...]:
        """Raises EditConflict, NotFound."""
        self._seen(term_id, version)
        return tuple(term for term in self.own if term.id != term_id)


def effect(
    desk: Desk,
    questions: Sequence[str],
    was: Iterable[Term],
    now: Iterable[Term],
    term_id: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Effect:
    """What ``now`` would do where ``was`` is, once the term ``term_id`` is so in the release too."""
    documents = desk.release.documents
    before = naming(desk, Settled(documents.values(), _names(was)))
    others = [document for document in documents.values() if document.id != term_id]
    after = naming(desk, Settled(others, _names(now)))
    differing = [question for question in questions if _differs(question, before, after)]
    ends = clock() + SECONDS
    changes: list[Change] = []
    for question in differing[:SHOWN]:
        if clock() >= ends:
            break
        changes.append(Change(question, _found(before, question), _found(after, question)))
    late = len(changes) < min(len(differing), SHOWN)
    return Effect(len(questions), len(differing), tuple(changes), late, term_id in documents)


def _differs(question: str, before: Desk, after: Desk) -> bool:
    try:
        return read(before, question) != read(after, question)
    except QuestionError:  # nobody can read it, whatever things are called
        return False


def _found(desk: Desk, question: str) -> Found:
    context = desk.prepare(question)
    answer = desk.answer(context)
    return Found(context.query, context.hits[:FIRST], answer.status, answer.text)


def _names(terms: Iterable[Term]) -> list[tuple[str, ...]]:
    return [(term.title, *term.synonyms) for term in terms]


def _named(said: dict[str, Any], term_id: str) -> Term:
    """A term of which only the names need be right. Raises FormFault for these."""
    try:
        return made(said | {"id": term_id})
    except FormFault as fault:
        wrong = {name: told for name, told in fault.fields.items() if name in NAMES}
        if wrong:
            raise FormFault(wrong) from fault
        return Term.model_construct(
            id=term_id, title=said["title"], synonyms=said["synonyms"], reading="", meaning=""
        )
