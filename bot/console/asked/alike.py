"""Questions that ask much the same, put together (似た質問のまとまり), so that one answer closes them all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering

from rag.embed import Embedder

APART = 0.09  # mean cosine distance up to which questions are one group; of 1,000 pairs of other questions one is nearer


class Alike:
    """Groups questions; the vectors of the last ones are kept, for pages ask again and again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], NDArray[np.float32]] = {}

    def groups(self, questions: Sequence[str], embedder: Embedder) -> tuple[tuple[int, ...], ...]:
        """The places of the questions, group by group: the largest first, then as they stand.

        Average linkage over the cosine distances of their vectors.
        """
        if len(questions) < 2:
            return tuple((place,) for place in range(len(questions)))
        joined = AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage="average", distance_threshold=APART
        )
        found: dict[int, list[int]] = {}
        for place, label in enumerate(joined.fit_predict(self._vectors(questions, embedder))):
            found.setdefault(int(label), []).append(place)
        return tuple(sorted(map(tuple, found.values()), key=lambda group: (-len(group), group)))

    def _vectors(self, questions: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
        """Shape (questions, dimensions)."""
        wanted = [(embedder.model, question) for question in questions]
        known = self._known  # another thread may put another in its place
        new = [question for model, question in dict.fromkeys(wanted) if (model, question) not in known]
        made = embedder.embed(new, "query").vectors if new else ()
        known = known | {(embedder.model, said): vector for said, vector in zip(new, made, strict=True)}
        self._known = {key: known[key] for key in wanted}
        return np.stack([known[key] for key in wanted])
