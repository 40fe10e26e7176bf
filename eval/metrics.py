"""How good a ranking is: recall, reciprocal rank, nDCG. Pure functions of ids and grades.

``ranked`` holds ids, best first, each once. ``relevant`` maps ids to grades (1, 2, …); a grade of zero or
less says that a document was judged and is not relevant. A ranking that found nothing scores 0 and is
thereby part of every mean: left out, it would make the worse retriever look better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log2, sqrt


def recall_at(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents that are among the first ``k``."""
    wanted = {name for name, grade in relevant.items() if grade > 0}
    return len(wanted.intersection(ranked[:k])) / len(wanted) if wanted else 0.0


def mrr_at(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """One over the rank of the first relevant document, 0 where the first ``k`` hold none.

    The mean of it is MRR (Voorhees 1999, The TREC-8 Question Answering Track Report).
    """
    ranks = (rank for rank, name in enumerate(ranked[:k], start=1) if relevant.get(name, 0) > 0)
    return 1 / next(ranks, float("inf"))


def ndcg_at(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Gain of the first ``k``, discounted by rank, over that of the best possible first ``k``.

    Järvelin & Kekäläinen 2002, Cumulated gain-based evaluation of IR techniques (ACM TOIS 20-4): the grade
    itself is the gain. Discounted by log2(1 + rank) as trec_eval and BEIR do, so that figures compare with
    theirs. The ideal is made of all relevant documents, found or not.
    """
    ideal = _discounted(sorted(relevant.values(), reverse=True)[:k])
    return _discounted(relevant.get(name, 0) for name in ranked[:k]) / ideal if ideal else 0.0


def _discounted(grades: Iterable[int]) -> float:
    return sum(max(grade, 0) / log2(1 + rank) for rank, grade in enumerate(grades, start=1))


def wilson(count: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not total:
        return 0.0, 1.0
    share = count / total
    middle = share + z * z / (2 * total)
    reach = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    whole = 1 + z * z / total
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)
