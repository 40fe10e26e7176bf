"""Works by their names (道路法, 道路橋定期点検要領): who says a name wants what stands in that work.

The part of a title before 第3条, 第2章, a bracket or a date names the work; several documents may be of one.
Where one name holds another (河川法施行令, 河川法), the longer one is meant. No work is a record, nor an entry of
a few lines: its title names the thing it tells of (ドローン, 児童手当), of which others tell as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.documents import Document

SHORTEST = 3  # letters of a name: shorter ones are words (道路, 点検)
SMALLEST = 5  # chunks of a work
_PART = re.compile(
    r"\s*(?:第[0-9〇一二三四五六七八九十百千]+[条章節編版回]|[(\[【〔]|(?:令和|平成|昭和)(?:元|\d)|(?:19|20)\d\d年).*",
    re.DOTALL,
)
_SCRIPTS = re.compile("([㐀-鿿々])|([ァ-ヺー])|([a-z0-9])")


class Works:
    """The works among the documents of a release; ``chunks`` is how many each of them has, in the same order."""

    def __init__(self, documents: Iterable[Document], chunks: Sequence[int]) -> None:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, document in enumerate(documents):
            name = _PART.sub("", _plain(document.title)).strip()
            if document.shelf == "library" and len(name) >= SHORTEST:
                rows[name].append(row)
        self._rows = {
            name: np.array(its, np.int64)
            for name, its in rows.items()
            if sum(chunks[row] for row in its) >= SMALLEST
        }
        self._lengths = sorted({len(name) for name in self._rows}, reverse=True)

    def named(self, question: str) -> NDArray[np.int64]:
        """Rows of the documents whose work the question names, shape (documents,); a name inside a longer word is none."""
        found = [self._rows[name] for name in self._parts(_plain(question)) if name in self._rows]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def besides(self, question: str) -> str:
        """What is asked of the works that are named: the question without their names, as it is without any."""
        parts = list(self._parts(_plain(question)))
        if not any(part in self._rows for part in parts):
            return question
        return "".join(part for part in parts if part not in self._rows)

    def _parts(self, text: str) -> Iterator[str]:
        """The text in parts: each name whole, all between them letter by letter."""
        place = 0
        while place < len(text):
            part = self._name_at(text, place) or text[place]
            yield part
            place += len(part)

    def _name_at(self, text: str, start: int) -> str:
        """The longest name that begins there as a word of its own; empty without one."""
        if start and _same_script(text[start - 1], text[start]):
            return ""
        for length in self._lengths:
            name, behind = text[start : start + length], text[start + length : start + length + 1]
            if name in self._rows and (behind == "第" or not _same_script(name[-1], behind)):
                return name
        return ""


def _plain(text: str) -> str:
    """One writing that keeps its blanks, unlike rag.fold: they part a name from the word behind it."""
    return unicodedata.normalize("NFKC", text).lower()


def _same_script(one: str, other: str) -> bool:
    """Whether two letters can be of one word: both kanji, both katakana, or both Latin letters or digits."""
    first, second = _SCRIPTS.match(one), _SCRIPTS.match(other)
    return bool(first and second and first.lastindex == second.lastindex)
