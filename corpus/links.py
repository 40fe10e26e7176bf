"""What must hold between records: no id twice, no link to nothing, no word that belongs to two terms.

``Place`` is wherever a record stands: a file of the shelves, a row of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from corpus.faults import Fault
from corpus.parts import Record
from corpus.records import Term


class Place(Protocol):
    """Where a record stands, for the message about its twin."""

    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=Place)


def twins(read: Sequence[tuple[P, Record]]) -> Iterator[tuple[P, Fault]]:
    """Records whose id another one had before."""
    seen: dict[str, P] = {}
    for place, record in read:
        twin = seen.setdefault(record.id, place)
        if twin is not place:
            yield place, Fault(("id",), f"{twin.name} と同じです。片方を変えてください", record.id)


def dangling(read: Sequence[tuple[P, Record]]) -> Iterator[tuple[P, Fault]]:
    """Links that lead nowhere, or to the record itself."""
    known = {record.id for _, record in read}
    for place, record in read:
        for row, other in enumerate(record.related):
            if other not in known or other == record.id:
                reason = "自分自身です" if other == record.id else "この id の記録はありません"
                yield place, Fault(("related", row), reason, other)


def shared_words(read: Sequence[tuple[P, Record]]) -> Iterator[tuple[P, Fault]]:
    """Terms with a word that another term had before."""
    owners: dict[str, Term] = {}
    for place, term in read:
        if not isinstance(term, Term):
            continue
        for loc, word in (
            (("title",), term.title),
            *((("synonyms", row), word) for row, word in enumerate(term.synonyms)),
        ):
            owner = owners.setdefault(word.casefold(), term)
            if owner is not term:
                reason = f"「{owner.title}」の見出しか同義語と同じです。片方から外してください"
                yield place, Fault(loc, reason, word)
