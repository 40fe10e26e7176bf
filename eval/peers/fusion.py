"""Two rankings into one, as search engines do it. Pure functions of scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Scores = Mapping[int, float]  # document -> score; what was not found is not in it
Fusion = Callable[[Scores, Scores], list[int]]  # of words, of meaning -> documents, best first

RANK_CONSTANT = 60  # of Cormack, Clarke & Büttcher 2009 and of every engine since


def reciprocal_ranks(words: Scores, meaning: Scores) -> list[int]:
    """RRF: the sum of 1 / (60 + rank)."""
    return _best(_reciprocal(words), _reciprocal(meaning))


def min_max(weight: float) -> Fusion:
    """Each side stretched to 0..1, then ``weight`` of the words and the rest of the meaning."""

    def fuse(words: Scores, meaning: Scores) -> list[int]:
        return _best(_stretched(words, weight), _stretched(meaning, 1 - weight))

    return fuse


def _best(words: Scores, meaning: Scores) -> list[int]:
    total = {name: words.get(name, 0.0) + meaning.get(name, 0.0) for name in (*words, *meaning)}
    return sorted(total, key=lambda name: -total[name])


def _reciprocal(scores: Scores) -> Scores:
    ranked = sorted(scores, key=lambda name: -scores[name])
    return {name: 1 / (RANK_CONSTANT + rank) for rank, name in enumerate(ranked, start=1)}


def _stretched(scores: Scores, weight: float) -> Scores:
    least, most = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    width = most - least
    return {name: weight * ((score - least) / width if width else 1.0) for name, score in scores.items()}
