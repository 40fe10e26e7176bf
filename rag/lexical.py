"""BM25 over our tokens (bm25s; Robertson & Zaragoza 2009, k1 1.2, b .75)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.types import Term

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LexicalIndex:
    """Scores every chunk for weighted terms. Rows are the rows of chunks.jsonl."""

    def __init__(self, engine: Any, rows: int) -> None:
        self._vocabulary: dict[str, int] = engine.vocab_dict
        self._data: NDArray[np.float32] = engine.scores["data"]
        self._rows: NDArray[np.int32] = engine.scores["indices"]
        self._starts: NDArray[np.int64] = engine.scores["indptr"]
        self.rows = rows

    @classmethod
    def open(cls, folder: Path, rows: int) -> LexicalIndex:
        """Open the index written by :func:`write`, all of it: its files are not needed any more."""
        import bm25s

        return cls(bm25s.BM25.load(str(folder), mmap=False, show_progress=False), rows)

    def scores(self, terms: Sequence[Term]) -> NDArray[np.float32]:
        """Weighted BM25 of every chunk, shape (rows,). A chunk without any term scores 0."""
        total = np.zeros(self.rows, np.float32)
        for term in terms:
            column = self._column(term.text)
            if column is not None:
                total[self._rows[column]] += term.weight * self._data[column]
        return total

    def rarity(self, term: str) -> float:
        """How rare a term is: idf = ln(1 + rows / chunks that have it); an unknown one is rarest."""
        column = self._column(term)
        having = column.stop - column.start if column is not None else 0
        return float(np.log(1 + self.rows / max(having, 0.5)))

    def knows(self, term: str) -> bool:
        """Whether any chunk has the term."""
        return self._column(term) is not None

    def _column(self, term: str) -> slice | None:
        number = self._vocabulary.get(term)
        if number is None:
            return None
        start, stop = int(self._starts[number]), int(self._starts[number + 1])
        return slice(start, stop) if stop > start else None


def write(folder: Path, tokens: list[list[str]]) -> None:
    """Index one list of tokens per chunk into ``folder``."""
    import bm25s

    engine = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    engine.index(tokens, show_progress=False)
    engine.save(str(folder), show_progress=False)
