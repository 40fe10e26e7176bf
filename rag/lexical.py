"""BM25 over several fields (bm25s; Robertson & Zaragoza 2009).

::

    words    dictionary forms of the content words       of a group of chunks (an article, a section)
    pairs    nouns that stand side by side (定期+点検)     of a group
    titles   words of the title, and its whole compounds  of a group
    letters  pairs of letters; numbers in one writing     of a chunk

A group gathers what is told in one breath, so that a question whose words stand in two neighbouring
chunks finds both; letters tell the chunks apart and find what the dictionary cuts otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rag.types import Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

Field = Literal["words", "pairs", "titles", "letters"]


@dataclass(frozen=True)
class Parameters:
    """How much a field counts, and BM25's two numbers; ``b`` is how much long texts pay."""

    weight: float
    k1: float = 1.2
    b: float = 0.75


FIELDS: dict[Field, Parameters] = {
    "words": Parameters(1.0, k1=0.9),
    "pairs": Parameters(0.3),
    "titles": Parameters(0.7),
    "letters": Parameters(0.3),
}


class LexicalIndex:
    """Scores every chunk for the words of a question. Rows are the rows of chunks.jsonl.

    The files are mapped: several processes share them.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self._groups: NDArray[np.int32] = np.load(folder / "groups.npy", allow_pickle=False)
        if len(self._groups) != rows:
            raise ValueError("groups and chunks do not agree")
        groups = int(self._groups[-1]) + 1 if rows else 0
        self._fields = {
            field: _Field(folder / field, rows if field == "letters" else groups) for field in FIELDS
        }

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Weighted BM25 of every chunk, shape (rows,). A chunk without anything of the question scores 0."""
        words = {term.text: term.weight for term in (*query.synonyms, *query.sought)}
        grouped = FIELDS["words"].weight * self._fields["words"].scores(words)
        named = dict.fromkeys(query.compounds, 1.0) | words
        grouped += FIELDS["titles"].weight * self._fields["titles"].scores(named)
        grouped += FIELDS["pairs"].weight * self._fields["pairs"].scores(dict.fromkeys(query.pairs, 1.0))
        letters = self._fields["letters"].scores(dict.fromkeys(query.letters, 1.0))
        total: NDArray[np.float32] = grouped[self._groups] + FIELDS["letters"].weight * letters
        return total

    def cover(self, query: Query) -> float:
        """How much of the question the best group's words make up, 0 to 1: its share of the highest BM25."""
        words = {term.text: term.weight for term in query.sought}
        best = self._fields["words"].scores(words).max(initial=0.0)
        highest = sum(weight * self.rarity(word) for word, weight in words.items())
        return float(best) / highest if highest else 0.0

    def rarity(self, term: str) -> float:
        """How rare a word is: idf = ln(1 + groups / groups that have it); an unknown one is rarest."""
        words = self._fields["words"]
        return float(np.log(1 + words.rows / max(words.having(term), 0.5)))

    def vocabulary(self) -> dict[str, int]:
        """Every word and pair of nouns (定期+点検), and how many groups have it."""
        fields = (self._fields["words"], self._fields["pairs"])
        return {term: field.having(term) for field in fields for term in field.terms}

    def knows(self, term: str) -> bool:
        """Whether any chunk has the word."""
        return self._fields["words"].having(term) > 0


class _Field:
    """One BM25 index: term -> rows and their scores."""

    def __init__(self, folder: Path, rows: int) -> None:
        import bm25s

        self.rows = rows
        self._columns: Mapping[str, int] = {}
        if not (folder / EMPTY).exists():
            engine: Any = bm25s.BM25.load(str(folder), mmap=True, show_progress=False)
            self._columns = engine.vocab_dict
            self._scores: NDArray[np.float32] = engine.scores["data"]
            self._places: NDArray[np.int32] = engine.scores["indices"]
            self._starts: NDArray[np.int64] = np.asarray(engine.scores["indptr"])

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float32]:
        total = np.zeros(self.rows, np.float32)
        for term, weight in terms.items():
            column = self._column(term)
            if column.stop > column.start:
                total[self._places[column]] += weight * self._scores[column]
        return total

    @property
    def terms(self) -> Iterable[str]:
        return filter(None, self._columns)  # bm25s adds an empty word

    def having(self, term: str) -> int:
        """How many rows have the term."""
        column = self._column(term)
        return int(column.stop - column.start)

    def _column(self, term: str) -> slice:
        number = self._columns.get(term)
        if number is None:
            return slice(0, 0)
        return slice(int(self._starts[number]), int(self._starts[number + 1]))


EMPTY = "empty"  # a field in which nothing stands: no title, no nouns side by side


def write(folder: Path, groups: Sequence[int], fields: Mapping[Field, Iterable[list[str]]]) -> None:
    """Index each field's terms, one list a group (``letters``: a chunk); ``groups`` are those of the chunks."""
    folder.mkdir()
    np.save(folder / "groups.npy", np.array(groups, np.int32), allow_pickle=False)
    for field, terms in fields.items():
        _write(folder / field, list(terms), FIELDS[field])


def _write(folder: Path, terms: list[list[str]], parameters: Parameters) -> None:
    import bm25s

    if not any(terms):
        folder.mkdir()
        (folder / EMPTY).touch()
        return
    engine = bm25s.BM25(k1=parameters.k1, b=parameters.b, method="lucene")
    engine.index(terms, show_progress=False)
    engine.save(str(folder), show_progress=False)
