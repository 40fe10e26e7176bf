"""Several names for one thing: UAV and 無人航空機 are ドローン, 群マネ is 地域インフラ群再生戦略マネジメント.

The names are those of the glossary (用語) of the release, and those that the secretariat has written since:
``glossary.yaml`` in the home is read again when it changes, so a pair works at the next question.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import shelves
from rag.documents import Document
from rag.tokens import Token, analyse

GLOSSARY = "glossary.yaml"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Name:
    """A name in the question, its tokens from ``start`` to ``end``, and all names of the thing, chief first."""

    start: int
    end: int
    names: tuple[str, ...]


class Thesaurus:
    """Finds names in questions. ``groups``: the names of one thing each, the chief one first."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
        for names in groups:
            for name in names:
                if lemmas := tuple(token.lemma for token in analyse(name)):
                    self._by_first.setdefault(lemmas[0], []).append((lemmas, tuple(names)))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))  # the longest name wins

    def names(self, tokens: Sequence[Token]) -> Iterator[Name]:
        """The names among the tokens of a question, from left to right, none within another."""
        lemmas = tuple(token.lemma for token in tokens)
        place = 0
        while place < len(lemmas):
            for sequence, names in self._by_first.get(lemmas[place], ()):
                end = place + len(sequence)
                if lemmas[place:end] == sequence:
                    yield Name(place, end, names)
                    place = end - 1
                    break
            place += 1


class LiveThesaurus:
    """The thesaurus of a release and of a glossary in ``folder`` that may change at any time."""

    def __init__(self, documents: Iterable[Document], folder: Path) -> None:
        self._released = [(d.title, *d.synonyms) for d in documents if d.shelf == "glossary" and d.synonyms]
        self._file = folder / GLOSSARY
        self._seen: object = None
        self._thesaurus = Thesaurus(self._released)

    def current(self) -> Thesaurus:
        """As the file is now; a faulty one is told in the log, and the last good one stays."""
        try:
            status = self._file.stat()
        except OSError:
            return self._thesaurus
        seen = (status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            self._seen = seen
            self._read()
        return self._thesaurus

    def _read(self) -> None:
        try:
            terms = shelves.glossary(self._file.parent)
        except (shelves.ShelfError, OSError) as error:
            log.error("用語の変更を読めません。前の用語で答え続けます。\n%s", error)
            return
        written = [(term.title, *term.synonyms) for term in terms]
        self._thesaurus = Thesaurus([*self._released, *written])
