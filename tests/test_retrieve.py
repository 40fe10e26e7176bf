"""Finding: every way of it alone, and all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder
from numpy.typing import NDArray

from ingest.build import build
from ingest.chunks import chunks, grouped, telling
from ingest.collect import Corpus
from ingest.types import Line, Section
from rag import late
from rag.answer import Desk
from rag.documents import Chunk, Document
from rag.late import LateIndex
from rag.release import open_current
from rag.retrieve import FINAL
from rag.settings import Settings
from rag.types import Part

EDITIONS = (
    Document("old", "橋の計画", "library", superseded=True),
    Document("new", "橋の計画", "library"),
    Document("ended", "橋の補助", "library", valid_until="2020-03-31"),
)


def _editions() -> Corpus:
    texts = {
        "old": "ある町の橋は240橋あります。",
        "new": "ある町の橋は238橋あります。",
        "ended": "ある町の橋の補助は50万円です。",
    }
    made = [
        chunk
        for document in EDITIONS
        for chunk in chunks(document, [Section((), (Line(texts[document.id], None),))])
    ]
    return Corpus(EDITIONS, tuple(made))


@pytest.mark.parametrize(
    ("question", "past", "found"),
    [
        ("ある町の橋はいくつありますか", False, {"new"}),
        ("ある町の橋はいくつありますか", True, {"new", "old", "ended"}),
        ("旧版では、ある町の橋はいくつでしたか", False, {"new", "old", "ended"}),
        ("改定前の計画では、ある町の橋はいくつでしたか", False, {"new", "old", "ended"}),
    ],
)
def test_older_editions_are_found_by_who_asks_for_them(
    settings: Settings, question: str, past: bool, found: set[str]
) -> None:
    build(settings, WordEmbedder, corpus=_editions())
    hits = open_small(settings).search(question, 10, past=past)
    assert {hit.document.id for hit in hits} == found


def test_an_older_edition_is_cited_as_one(settings: Settings) -> None:
    build(settings, WordEmbedder, corpus=_editions())
    answer = open_small(settings).ask("旧版では、ある町の橋は240橋でしたか")
    assert "橋の計画（旧版）" in {citation.title for citation in answer.citations}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("橋梁点検車", "車"),  # a compound and its parts
        ("R7年度の計画", "計画"),
        ("五年に一回の点検", "点検"),
        ("ﾄﾞﾛｰﾝ", "ドローン"),
        ("健全性Ⅲ", "健全性"),
    ],
)
def test_a_question_finds_its_text_in_another_writing(
    small_desk: Callable[..., Desk], question: str, found: str
) -> None:
    desk = small_desk(
        車="橋梁の点検に車を使います。",
        計画="令和七年度の計画を作ります。",
        点検="5年に1回、点検します。",
        ドローン="ドローンで撮ります。",
        健全性="健全性IIIと診断しました。",
        公園="遊具を直します。",
    )
    assert desk.search(question, 1)[0].document.title == found


def test_a_word_cut_otherwise_is_found_by_its_letters(small_desk: Callable[..., Desk]) -> None:
    desk = small_desk(橋="橋りょうの床版を調べます。", 道="舗装の状態を調べます。")
    found = desk.search("橋りよう床ばん", 2)
    assert found[0].document.title == "橋"
    assert found[0].parts["lexical"] > 0


def test_what_shares_nothing_with_the_question_has_no_lexical_score(small_desk: Callable[..., Desk]) -> None:
    desk = small_desk(橋="橋を点検します。", 水="漏水を探します。")
    hits = {hit.document.title: hit for hit in desk.search("橋の点検", 2)}
    assert hits["橋"].found_by == ("dense", "lexical")
    assert "lexical" not in hits["水"].found_by


def test_every_system_ranks_documents_once_and_the_last_is_the_one_in_use(
    small_desk: Callable[..., Desk],
) -> None:
    desk = small_desk(橋="橋を点検します。", 水="漏水を探します。")
    rankings = desk.rankings("橋の点検", 10)
    assert list(rankings)[-1] == FINAL
    for ids in rankings.values():
        assert len(ids) == len(set(ids))
    first = desk.search("橋の点検", 1)[0].document.id
    assert rankings[FINAL][0] == first


def test_neighbours_of_one_section_are_told_in_one_breath() -> None:
    def chunk(number: int, section: tuple[str, ...], document: str = "d") -> Chunk:
        return Chunk(f"{document}.{number}", document, section, None, "橋")

    first, second = ("一",), ("二",)
    made = [*(chunk(n, first) for n in range(8)), chunk(8, second), chunk(9, second, "e")]
    assert grouped(made) == [0, 0, 0, 0, 0, 0, 1, 1, 2, 3]


def test_a_title_tells_what_no_other_does() -> None:
    titles = ["道路法 第1条", "道路法 第2条", "ごみはいつ出せますか", "橋", "橋", "", "第3条"]
    assert telling(titles) == [False, False, True, False, False, False, False]


def test_nothing_to_compare_is_no_fault(tmp_path: Path) -> None:
    late.write(tmp_path / "tokens", [np.zeros((2, 2), np.uint8)])
    assert len(LateIndex(tmp_path / "tokens").scores(np.ones((1, 16), np.float32), [])) == 0


def test_late_interaction_is_the_mean_of_the_best_products(tmp_path: Path) -> None:
    """Against the definition, spelled out."""
    draw = np.random.default_rng(3)
    windows = [draw.normal(size=(n, 16)).astype(np.float32) for n in (5, 3, 0, 4)]
    late.write(tmp_path / "tokens", [np.packbits(w > 0, axis=1).reshape(len(w), 2) for w in windows])
    question = draw.normal(size=(6, 16)).astype(np.float32)
    ranges = [(0, 2), (2, 3), (3, 4), (1, 4)]
    found = [its.max() for its in LateIndex(tmp_path / "tokens").scores(question, ranges)]

    def score(window: int) -> float:
        signs = np.where(windows[window] > 0, 1.0, -1.0)
        return float((question @ signs.T).max(axis=1).mean())

    expected = [max(score(0), score(1)), -np.inf, score(3), max(score(1), score(3))]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.fixture(scope="module")
def words_apart(desk: Desk) -> dict[Part, float]:
    """What each way of finding makes of a question that shares hardly a word with its answer."""
    (first, *_) = desk.search("空飛ぶカメラで橋の裏を見た町", 1)
    return dict(first.parts)


def test_the_real_models_take_part(words_apart: dict[Part, float]) -> None:
    assert set(words_apart) == {"lexical", "dense", "second", "title", "second title", "late", "facets"}


class Backwards:
    """A reranker that likes what says least."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        assert question
        return np.array([-len(text) for text in texts], np.float32)


def test_a_reranker_has_the_last_word(settings: Settings) -> None:
    texts = {
        "橋の点検の手引き": "橋の定期点検は5年に1回行います。近くで目視します。",
        "点検": "橋の点検です。",
    }
    build(settings, WordEmbedder, corpus=corpus_of(**texts))
    release = open_current(settings.releases, settings.model)
    desk = Desk(release, [WordEmbedder()], settings, reranker=Backwards())
    found = desk.search("橋の定期点検は何年に1回か", 2)
    assert [hit.document.title for hit in found] == ["点検", "橋の点検の手引き"]
    assert found[0].parts["reranker"] > 0 > found[1].parts["reranker"]
    assert open_small(settings).search("橋の定期点検は何年に1回か", 1)[0].document.title == "橋の点検の手引き"


def test_one_page_does_not_fill_the_first_five(settings: Settings) -> None:
    """Chunks of one page follow once each other page that was found has had its turn among the first."""
    page = [f"橋の点検の記録、その{n}です。{'橋の点検を行います。' * 30}" for n in range(6)]
    build(
        settings,
        WordEmbedder,
        corpus=corpus_of(
            橋の点検="\n".join(page), 橋の台帳="橋の点検の記録は台帳に書きます。", 橋="橋の点検。"
        ),
    )
    found = [hit.document.title for hit in open_small(settings).search("橋の点検の記録", 10)]
    assert len(found) > 5
    assert found[:5].count("橋の点検") == 3
    assert set(found[:5]) == {"橋の点検", "橋の台帳", "橋"}
    assert set(found[5:]) == {"橋の点検"}
