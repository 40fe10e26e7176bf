"""Vectors of a release: some are proposed, the exact ones score.

A space is one model's vectors. A chunk may have many vectors (short windows of its text; the best
one counts), a document one more (its title, where it says something), a release many spaces. The first
space proposes chunks; the others only score. Comparing with every vector is exact, and faster than a
graph up to some ten thousand vectors; a larger space is ``indexed`` by Chroma too (:mod:`rag.chroma`), and
where that cannot be opened, or gives too few, exact search over ``vectors.npy`` takes its place.

A damaged Chroma directory can abort the process that opens it. So an index opens with exact search,
and a process that must live on lets Chroma in only after a child has examined the directory and lived:
``python -m rag.dense FOLDER``.
"""

from __future__ import annotations

import json
import logging
import sys
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import chroma, late
from rag.errors import ReleaseError
from rag.late import LateIndex
from rag.types import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHROMA = "chroma"  # its folder in a space
CANDIDATES = 200  # windows asked of Chroma; about fifty chunks
ENOUGH = 0.9  # share of them it may give: a graph does not reach every one of many like vectors
SMALL = 20_000  # windows that may be held as exact as they are compared, too (30 MB)
SAMPLE = 2000  # windows whose scores stand for all when scores are standardised

EXAMINED = 100  # windows that are looked for before Chroma is trusted
LOST_ALLOWED = 0.02  # share of them that an approximate graph may miss
TOP = 10  # nearest windows in which Chroma is compared with exact search
AGREEMENT = 0.95  # share of them that must be as near as the exact ones

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Space:
    """What the vectors of one space are."""

    name: str
    model: str
    dimensions: int
    vectors: int


@dataclass(frozen=True)
class Windows:
    """Which part of which chunk each vector stands for: int32 of shape (vectors, 3).

    Columns: row of the chunk in chunks.jsonl (ascending), start and end of the window in its text.
    """

    rows: NDArray[np.int32]

    @property
    def chunk(self) -> NDArray[np.int32]:
        return self.rows[:, 0]


@dataclass(frozen=True)
class Vectors:
    """What one model makes of the windows, and of the titles (shape (documents, dimensions)).

    A title that says nothing of its own is a zero vector. ``tokens`` are those of the windows, for late
    interaction; empty where the model gives none.
    """

    windows: NDArray[np.float32]
    titles: NDArray[np.float32]
    tokens: tuple[NDArray[Any], ...] = ()


class DenseIndex:
    """One space of a release, open for searching."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.space = Space(**json.loads((folder / "space.json").read_text("utf-8")))
        # in memory, not mapped: whatever happens to the file, a release that is open answers on; and half as
        # exact as they were made, which takes half the room and changes no cosine by more than a thousandth
        self.vectors: NDArray[np.float16] = np.load(folder / "vectors.npy", allow_pickle=False)
        titles = np.load(folder / "titles.npy", allow_pickle=False).astype(np.float32)
        self._documents = len(titles)
        self._titled = np.flatnonzero(titles.any(axis=1))
        self._titles = titles[self._titled]
        self.windows = Windows(np.load(folder / "windows.npy", allow_pickle=False))
        # of the type of the rows that are looked for, and in one piece: searching would copy it each time
        self._chunks = self.windows.chunk.astype(np.int64)
        self.late = LateIndex(folder / "tokens") if (folder / "tokens").exists() else None
        step = max(1, len(self.vectors) // SAMPLE)
        sample = self.vectors[::step].astype(np.float32)
        # mean and deviation of the cosines of a question q are centre·q and sqrt(q·spread·q)
        self._centre: NDArray[np.float32] = sample.mean(axis=0)
        self._spread: NDArray[np.float32] = np.cov(sample, rowvar=False, bias=True).astype(np.float32)
        if not len(self.windows.rows) == len(self.vectors) == self.space.vectors:
            raise ValueError("vectors and windows do not agree")
        if self.late is not None and self.late.windows != len(self.vectors):
            raise ValueError("vectors and tokens do not agree")
        self._whole = self.vectors.astype(np.float32) if len(self.vectors) <= SMALL else None
        self._collection: Any | None = None

    def open_chroma(self) -> None:
        """Let Chroma propose from now on; where it cannot be opened, exact search stays.

        May abort the process, unless :func:`examine` has just gone well in a child.
        """
        client, self._collection = chroma.open_collection(self.folder / CHROMA, len(self.vectors))
        if client is not None:  # files and threads go with the index, not with the process
            weakref.finalize(self, client.close)

    @property
    def indexed(self) -> bool:
        """Whether it was written with a Chroma index."""
        return (self.folder / CHROMA).is_dir()

    @property
    def engine(self) -> str:
        """Which search proposes: ``chroma`` or ``exact``."""
        return "chroma" if self._collection is not None else "exact"

    @property
    def fallback(self) -> bool:
        """Whether exact search stands in for an index that is not open (yet, or any more)."""
        return self.indexed and self.engine == "exact"

    def near(self, question: NDArray[np.float32]) -> NDArray[np.int64]:
        """Rows of the chunks with the windows nearest to ``question`` (shape (dimensions,), length 1)."""
        return np.unique(self._chunks[self.propose(question)])

    def nearest(self, question: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """How near the nearest window of each chunk is, in standard deviations of all windows, shape (rows,).

        ``question`` has the shape (dimensions,) and length 1.
        """
        best = np.full(len(rows), -1.0, np.float32)
        first, last = np.array(self.ranges(rows), np.int64).reshape(-1, 2).T
        lengths = last - first
        some = lengths > 0
        if some.any():
            # the windows of all chunks, one chunk after the other
            starts = np.cumsum(lengths) - lengths
            numbers = np.arange(lengths.sum()) + np.repeat(first - starts, lengths)
            best[some] = np.maximum.reduceat(self._cosines(numbers, question), starts[some])
        deviation = max(float(question @ self._spread @ question), 0.0) ** 0.5
        standard: NDArray[np.float32] = (best - float(self._centre @ question)) / (deviation or 1.0)
        return standard

    def titled(self, question: NDArray[np.float32]) -> NDArray[np.float32]:
        """How near each document's title is, in standard deviations, shape (documents,); 0 without a title."""
        standard = np.zeros(self._documents, np.float32)
        if len(self._titled) > 1:
            cosines = self._titles @ question
            standard[self._titled] = (cosines - cosines.mean()) / (float(cosines.std()) or 1.0)
        return standard

    def ranges(self, rows: NDArray[np.int64]) -> list[tuple[int, int]]:
        """First and last (excluded) window of each chunk."""
        first = np.searchsorted(self._chunks, rows)
        last = np.searchsorted(self._chunks, rows + 1)
        return list(zip(first.tolist(), last.tolist(), strict=True))

    def propose(self, question: NDArray[np.float32]) -> NDArray[np.int64]:
        """Numbers of the windows nearest to ``question``, nearest first."""
        count = min(CANDIDATES, len(self.vectors))
        collection = self._collection
        if collection is not None:
            try:
                found = collection.query(query_embeddings=[question.tolist()], n_results=count, include=[])
                numbers = np.array([int(name) for name in found["ids"][0]], np.int64)
                if len(numbers) >= ENOUGH * count:
                    return numbers
                log.warning("Chroma gives %d of %d; exact search", len(numbers), count)
            except Exception:  # any fault of the cache: the exact vectors are still there
                log.exception("Chroma cannot be searched; exact search takes over")
            self._collection = None
        return self.exact(question, count)

    def compare(self, question: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines of all windows, shape (vectors,)."""
        if self._whole is None:  # of large spaces, only the one that proposes is compared whole
            self._whole = self.vectors.astype(np.float32)
        cosines: NDArray[np.float32] = self._whole @ question
        return cosines

    def _cosines(
        self, numbers: NDArray[np.int64] | slice, question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        vectors = self.vectors if self._whole is None else self._whole
        cosines: NDArray[np.float32] = vectors[numbers].astype(np.float32, copy=False) @ question
        return cosines

    def exact(self, question: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """The same by comparing with every vector; ties go to the lower number."""
        cosines = self.compare(question)
        if count < len(cosines):  # sort only those that may be among them
            least = np.partition(cosines, -count)[-count]
            numbers = np.flatnonzero(cosines >= least)
        else:
            numbers = np.arange(len(cosines))
        return numbers[np.argsort(-cosines[numbers], kind="stable")][:count]

    def passages(
        self, question: NDArray[np.float32], row: int, late: NDArray[np.float32] | None
    ) -> tuple[Passage, ...]:
        """The windows of the chunk in ``row``, how near the question is to each, and their scores ``late``, if any.

        ``late`` has the shape (windows of the chunk,); a window without a token counts 0.
        """
        ((first, last),) = self.ranges(np.array([row]))
        cosines = self._cosines(slice(first, last), question)
        scores = np.zeros(last - first) if late is None else np.where(np.isfinite(late), late, 0.0)
        return tuple(
            Passage(int(start), int(end), float(cosine), float(its))
            for (_, start, end), cosine, its in zip(
                self.windows.rows[first:last], cosines, scores, strict=True
            )
        )


def write(folder: Path, space: Space, vectors: Vectors, windows: Windows, *, index: bool) -> None:
    """Write one space: the exact vectors, their windows, and, with ``index``, the Chroma cache of them.

    Raises OSError, and ReleaseError where Chroma cannot write its own.
    """
    folder.mkdir(parents=True)
    np.save(folder / "vectors.npy", vectors.windows.astype(np.float16), allow_pickle=False)
    np.save(folder / "titles.npy", vectors.titles.astype(np.float16), allow_pickle=False)
    np.save(folder / "windows.npy", windows.rows, allow_pickle=False)
    if vectors.tokens:
        late.write(folder / "tokens", vectors.tokens)
    (folder / "space.json").write_text(json.dumps(asdict(space), indent=1), "utf-8")
    if not index:
        return
    try:
        chroma.write(folder / CHROMA, vectors.windows)
    except Exception as error:  # Chroma tells a full disk by errors of its own
        log.warning("Chroma cannot be written", exc_info=True)
        raise ReleaseError(
            f"検索の索引（Chroma）を書けません（{type(error).__name__}）。"
            "空き容量と権限を確かめ、もう一度 handson build を実行してください。"
        ) from error


@dataclass(frozen=True)
class Examination:
    """How what is proposed compares with exact search on ``asked`` windows.

    ``lost`` of them it did not find themselves; ``agreement`` is the share of its TOP that are as near
    as the exact ones.
    """

    asked: int
    lost: int
    agreement: float

    @property
    def sound(self) -> bool:
        return self.lost <= LOST_ALLOWED * self.asked and self.agreement >= AGREEMENT

    def __str__(self) -> str:
        return (
            f"Chromaの索引が正確な計算と合いません（{self.asked}件中{self.lost}件が自分を見つけられず、"
            f"近い順の上位は{self.agreement:.0%}が一致します）。"
        )


def examine(index: DenseIndex) -> Examination:
    """Open Chroma, where there is one, and look for windows.

    Raises ReleaseError where it cannot be opened or searched; may abort the process.
    """
    if index.indexed:
        index.open_chroma()
    asked = lost = agreed = compared = 0
    for number in range(0, len(index.vectors), max(1, len(index.vectors) // EXAMINED)):
        vector = index.vectors[number].astype(np.float32)
        cosines = index.compare(vector)
        proposed = cosines[index.propose(vector)[:TOP]]
        exact = np.sort(cosines)[::-1][: len(proposed)]
        asked += 1
        lost += int(proposed[0] < 0.999)
        compared += len(exact)
        agreed += int((proposed >= exact[-1] - 1e-5).sum())
    if index.indexed and index.engine != "chroma":  # not opened, or given up while searching
        raise ReleaseError("検索の索引（Chroma）を開いて検索できません。")
    return Examination(asked, lost, agreed / max(1, compared))


def main(folder: str) -> None:
    """Examine the space in ``folder``; what is wrong goes to standard output."""
    try:
        found = examine(DenseIndex(Path(folder)))
        if not found.sound:
            raise ReleaseError(str(found))
    except (ReleaseError, OSError, ValueError, KeyError, TypeError) as error:
        sys.stdout.write(str(error))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(*sys.argv[1:])
