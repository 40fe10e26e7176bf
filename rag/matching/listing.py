"""The cases and the technologies as lists (一覧): every record that has all that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from corpus.parts import Facility
from corpus.places import Prefecture
from corpus.records import Case, Technology
from rag.fold import squeeze
from rag.matching.catalogue import Catalogue
from rag.matching.profiles import Profile
from rag.matching.reading import Given, cleaned, cleaned_field, facilities_given
from rag.matching.where import given_place

R = TypeVar("R", Case, Technology)

_SILENT = {"sources", "confidence"}  # what nobody looks for


@dataclass(frozen=True)
class Wanted:
    """What a record must have. ``words`` must all occur in it, one writing for all."""

    facilities: frozenset[Facility] = frozenset()
    technologies: frozenset[str] = frozenset()
    prefecture: Prefecture | None = None
    words: tuple[str, ...] = ()

    def admits(self, record: Case | Technology, profile: Profile | None = None) -> bool:
        """``profile``: what matching knows of a case."""
        if self.facilities and not self.facilities & set(record.facilities):
            return False
        if profile and self.technologies and not self.technologies & set(profile.technologies):
            return False
        if profile and self.prefecture and self.prefecture not in profile.prefectures:
            return False
        return not self.words or self._in("\n".join(_texts(record.model_dump(exclude=_SILENT).values())))

    def in_order(self, records: Iterable[R]) -> tuple[R, ...]:
        """Those whose title has the words first, else as on the shelf."""
        return tuple(sorted(records, key=lambda record: not self._in(record.title)))

    def _in(self, text: str) -> bool:
        plain = squeeze(text)
        return all(word in plain for word in self.words)


def wanted(given: Given, words: str, catalogue: Catalogue) -> Wanted:
    """Raises NeedError for a name that cannot be meant."""
    given = cleaned(given)
    place = given_place(None, given.prefecture)
    return Wanted(
        frozenset(facilities_given(given.facility) if given.facility else ()),
        frozenset(catalogue.called(given.technology) if given.technology else ()),
        place.prefecture if place else None,
        tuple(filter(None, map(squeeze, (cleaned_field(words, "探すことば") or "").split()))),
    )


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _texts(value)
