"""The metrics, against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import mrr_at, ndcg_at, recall_at

RANKED = ("a", "b", "c", "d")
RELEVANT = {"b": 3, "d": 1, "x": 2, "a": 0}  # x is not found, a was judged and is not relevant


@pytest.mark.parametrize(("k", "value"), [(1, 0), (2, 1 / 3), (3, 1 / 3), (4, 2 / 3), (100, 2 / 3)])
def test_recall_is_the_share_of_the_relevant_that_is_found(k: int, value: float) -> None:
    assert recall_at(RANKED, RELEVANT, k) == pytest.approx(value)


@pytest.mark.parametrize(("k", "value"), [(1, 0), (2, 1 / 2), (10, 1 / 2)])
def test_mrr_counts_the_first_relevant_one(k: int, value: float) -> None:
    assert mrr_at(RANKED, RELEVANT, k) == value


@pytest.mark.parametrize(
    ("k", "value"),
    [
        (1, 0),
        # 3/log2(3) = 1.89279 over 3 + 2/log2(3) = 4.26186
        (2, 0.444123),
        # 3/log2(3) + 1/log2(5) = 2.32347 over 3 + 2/log2(3) + 1/log2(4) = 4.76186
        (4, 0.487932),
        (10, 0.487932),
    ],
)
def test_ndcg_discounts_grades_by_rank_against_the_best_order_of_all(k: int, value: float) -> None:
    assert ndcg_at(RANKED, RELEVANT, k) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("metric", [recall_at, mrr_at, ndcg_at])
def test_the_ends(metric: object) -> None:
    assert callable(metric)
    assert metric(("b", "x", "d"), RELEVANT, 3) == 1
    assert metric((), RELEVANT, 10) == 0
    assert metric(("c", "a"), RELEVANT, 10) == 0
    assert metric(RANKED, {}, 10) == 0
    assert metric(RANKED, {"a": 0, "b": -1}, 10) == 0


def test_more_relevant_documents_than_places_can_still_be_perfect() -> None:
    relevant = dict.fromkeys("abcdefghijkl", 1)
    assert ndcg_at(tuple("abcdefghij"), relevant, 10) == pytest.approx(1)
    assert recall_at(tuple("abcdefghij"), relevant, 10) == pytest.approx(10 / 12)


@given(
    st.permutations("abcdefgh"),
    st.dictionaries(st.sampled_from("abcdefghxyz"), st.integers(-1, 3)),
    st.integers(1, 12),
)
def test_every_value_is_a_share_and_recall_never_falls(
    ranked: list[str], relevant: dict[str, int], k: int
) -> None:
    for metric in (recall_at, mrr_at, ndcg_at):
        assert 0 <= metric(ranked, relevant, k) <= 1 + 1e-9
    assert recall_at(ranked, relevant, k) <= recall_at(ranked, relevant, k + 1)
