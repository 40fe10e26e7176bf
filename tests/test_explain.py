"""Why a hit was found, told in whole lines; and our search inside LangChain."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from conftest import open_small
from doubles import WordEmbedder
from langchain_core.documents import Document as LangChainDocument
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough

from bot.api_models import ExplanationModel
from bot.commands.explaining import LEGEND, explained
from ingest.build import build
from ingest.chunks import chunks
from ingest.collect import Corpus
from ingest.types import Line, Section
from rag.adapter import HandsonRetriever
from rag.answer import Desk
from rag.documents import Document
from rag.errors import QuestionError
from rag.explain import SHOWN
from rag.settings import Settings
from rag.types import PART_NAMES

QUESTION = "橋梁の定期点検でドローンを飛ばしますか"


@pytest.fixture
def three(small_desk: Callable[..., Desk]) -> Desk:
    return small_desk(
        橋梁="職員が橋梁の定期点検をします。", 水道="衛星で漏水を探します。", 公園="遊具を直します。"
    )


@pytest.fixture
def sectioned(settings: Settings) -> Desk:
    """A document with a summary, whose one section fills two chunks."""
    document = Document("plan", "町の計画", "library", summary="トンネルの照明を取り替える計画")
    lines = (Line("漏水を衛星で探します。" * 29, None), Line("道路の舗装を直します。" * 24, None))
    made = chunks(document, [Section(("老朽化対策",), lines)])
    build(settings, WordEmbedder, corpus=Corpus((document,), made))
    return open_small(settings)


def _lines(desk: Desk, question: str, k: int = 10) -> list[str]:
    return explained(desk.explain(question, k)).split("\n")


def test_how_a_question_was_read_is_told_first(three: Desk) -> None:
    assert _lines(three, QUESTION)[:6] == [
        "質問の読み方: 橋梁の定期点検でドローンを飛ばしますか",
        "   探すことば: 橋梁（名詞、重み1.0、珍しさ1.39）、定期（名詞、重み1.0、珍しさ1.39）、点検（名詞、重み1.0、珍しさ1.39）",
        "   資料にないことば: ドローン（名詞、重み1.0、珍しさ1.95）、飛ばす（動詞、重み0.5、珍しさ1.95）",
        "   並んだ名詞: 定期+点検",
        "   旧版や期限の過ぎた文書: 含めない",
        LEGEND,
    ]


def test_the_asking_for_older_editions_is_told(three: Desk) -> None:
    line = "   旧版や期限の過ぎた文書: 含める"
    assert line in _lines(three, "旧版では橋梁の点検は")
    assert line in explained(three.explain(QUESTION, 1, past=True)).split("\n")


def test_a_hit_tells_its_points_its_words_and_its_nearest_passage(three: Desk) -> None:
    reason = three.explain(QUESTION, 1).reasons[0]
    points = "、".join(f"{PART_NAMES[part]} {points:+.2f}" for part, points in reason.parts)
    shares = {found.text: f"{found.share:.0%}" for found in (*reason.words, *reason.pairs)}
    assert _lines(three, QUESTION, 1)[7:] == [
        f"1. 橋梁  （合計 {reason.hit.score:.2f}）",
        f"   内訳: {points}",
        f"   あることば: 橋梁（題名・本文、{shares['橋梁']}）、定期（本文、{shares['定期']}）、点検（本文、{shares['点検']}）",
        "   ないことば: ドローン、飛ばす",
        f"   並んだ名詞: 定期+点検（本文、{shares['定期+点検']}）",
        f"   つづりの一致: {reason.spelling:.0%}",
        f"   近い部分: 「職員が橋梁の定期点検をします。」（コサイン {reason.nearest.similarity:.2f}）",
    ]


def test_a_part_that_speaks_against_a_hit_has_a_minus(three: Desk) -> None:
    worst = three.explain(QUESTION, 3).reasons[-1]
    points = dict(worst.parts)
    assert points["lexical"] < 0
    told = "、".join(f"{PART_NAMES[part]} {each:+.2f}" for part, each in worst.parts)
    assert f"語 -{abs(points['lexical']):.2f}" in told
    assert _lines(three, QUESTION)[-5:] == [
        f"3. 水道  （合計 {worst.hit.score:.2f}）",
        f"   内訳: {told}",
        "   ないことば: ドローン、橋梁、定期、点検、飛ばす",
        "   つづりの一致: 100%",  # します
        f"   近い部分: 「衛星で漏水を探します。」（コサイン {worst.nearest.similarity:.2f}）",
    ]


def test_the_points_sum_to_the_score_and_the_shares_to_one(three: Desk, sectioned: Desk) -> None:
    for desk, question in ((three, QUESTION), (sectioned, "老朽化対策で道路舗装と漏水を")):
        for reason in desk.explain(question, 10).reasons:
            points = [points for _, points in reason.parts]
            assert points == sorted(points, reverse=True)
            assert math.isclose(sum(points), reason.hit.score, rel_tol=1e-5)
            shares = [found.share for found in (*reason.words, *reason.pairs)]
            assert min(shares) >= 0
            total = sum(shares) + reason.spelling
            assert total == 0 or math.isclose(total, 1, rel_tol=1e-5)


def test_the_explained_hits_are_those_of_the_search(three: Desk) -> None:
    explanation = three.explain(QUESTION, 2)
    assert tuple(reason.hit for reason in explanation.reasons) == three.search(QUESTION, 2)


def test_a_word_may_stand_in_the_heading_or_with_a_neighbour(sectioned: Desk) -> None:
    reasons = sectioned.explain("対策として漏水と照明と舗装を", 10).reasons
    places = [{word.text: word.places for word in reason.words} for reason in reasons]
    assert len(places) == 2
    assert {
        "対策": ("heading",),
        "漏水": ("text",),
        "照明": ("nearby",),
        "舗装": ("nearby",),
    } in places
    assert any("照明（要約かとなりの箇所、" in line for line in _lines(sectioned, "照明の取り替え"))


def test_a_long_passage_is_cut_and_a_summary_is_called_one(sectioned: Desk) -> None:
    long = sectioned.explain("漏水を衛星で探す", 1).reasons[0].nearest
    assert long.text == ("漏水を衛星で探します。" * 29)[:SHOWN] + "…"
    near = sectioned.explain("トンネルの照明", 1).reasons[0].nearest
    assert (near.text, near.summary) == ("トンネルの照明を取り替える計画", True)
    line = f"   近い要約: 「トンネルの照明を取り替える計画」（コサイン {near.similarity:.2f}）"
    assert line in _lines(sectioned, "トンネルの照明")


def test_a_question_of_asking_words_only_says_so(three: Desk) -> None:
    assert "   探すことば: なし" in _lines(three, "教えてください")


def test_the_same_as_data(three: Desk) -> None:
    told = ExplanationModel.of(three.explain(QUESTION, 1)).model_dump()
    (hit,) = told.pop("hits")
    terms = told.pop("terms")
    assert told == {"asked": QUESTION, "past": False, "pairs": ["定期+点検"]}
    assert terms[1] == {"text": "橋梁", "kind": "noun", "weight": 1.0, "rarity": 1.3863, "known": True}
    assert [term["text"] for term in terms if not term["known"]] == ["ドローン", "飛ばす"]
    assert (hit["rank"], hit["title"], hit["text"]) == (1, "橋梁", "職員が橋梁の定期点検をします。")
    assert [word["places"] for word in hit["words"]] == [[], ["title", "text"], ["text"], ["text"], []]
    assert [pair["places"] for pair in hit["pairs"]] == [["text"]]
    assert math.isclose(sum(part["points"] for part in hit["parts"]), hit["score"], abs_tol=1e-3)
    assert hit["nearest"]["text"] == "職員が橋梁の定期点検をします。"


def test_the_retriever_gives_langchain_documents(three: Desk) -> None:
    (found,) = HandsonRetriever(desk=three, k=1).invoke("橋梁の点検")
    (hit,) = three.search("橋梁の点検", 1)
    assert (found.id, found.page_content) == (hit.chunk.id, "職員が橋梁の定期点検をします。")
    assert found.metadata == {
        "id": hit.chunk.id,
        "document_id": "doc-1",
        "title": "橋梁",
        "section": [],
        "page": None,
        "printed": None,
        "url": f"/documents/doc-1?chunk={hit.chunk.id}#cited",
        "score": hit.score,
        "shelf": "library",
    }


def test_the_retriever_takes_several_questions_at_once(three: Desk) -> None:
    found = HandsonRetriever(desk=three, k=1).batch(["橋梁の点検", "漏水を探す", "遊具"])
    assert [[document.metadata["title"] for document in each] for each in found] == [
        ["橋梁"],
        ["水道"],
        ["公園"],
    ]


def test_the_errors_of_the_search_come_through(three: Desk) -> None:
    with pytest.raises(QuestionError, match="質問が空です。"):
        HandsonRetriever(desk=three).invoke("  ")


def test_the_retriever_stands_in_a_chain(three: Desk) -> None:
    def told(documents: list[LangChainDocument]) -> str:
        return "\n".join(document.page_content for document in documents)

    seen: list[str] = []
    chain = (
        {"sources": HandsonRetriever(desk=three, k=1) | told, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{sources}\n質問: {question}")
        | (lambda prompt: seen.append(prompt.to_string()) or prompt)
        | GenericFakeChatModel(messages=iter([AIMessage("職員がします。")]))
        | StrOutputParser()
    )
    assert chain.invoke("橋梁の点検は誰がしますか") == "職員がします。"
    assert seen == ["Human: 職員が橋梁の定期点検をします。\n質問: 橋梁の点検は誰がしますか"]
