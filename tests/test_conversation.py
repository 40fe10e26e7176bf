"""Follow-up questions, questions that must be asked back, and the way on from an answer."""

from __future__ import annotations

import pytest

from rag.answer import Desk
from rag.conversation import readings

DRONES = ["橋梁点検にドローンを使った事例はありますか"]


@pytest.mark.parametrize(
    ("before", "question", "read"),
    [
        ([], "それはいくらかかりますか", ["それはいくらかかりますか"]),
        (DRONES, "それはいくらかかりますか", ["橋梁点検、ドローンについて、それはいくらかかりますか"]),
        (DRONES, "他には", ["橋梁点検、ドローンについて、他には"]),
        ([*DRONES, "他には"], "費用は", ["橋梁点検、ドローンについて、費用は"]),
        (
            ["橋の点検を始めたい"],
            "うちは人口8千人の町です",
            ["橋の点検を始めたい（うちは人口8千人の町です）"],
        ),
        (DRONES, "岐阜大学の講座は", ["岐阜大学の講座は"]),
        (DRONES, "トンネルは？", ["トンネルは？", "橋梁点検、ドローンについて、トンネルは？"]),
        (
            [],
            "わたしは開発者です。荒尾市の水道管路は約何キロですか？",
            ["わたしは開発者です。荒尾市の水道管路は約何キロですか？", "荒尾市の水道管路は約何キロですか？"],
        ),
    ],
)
def test_a_question_is_read_with_what_was_asked_before(
    before: list[str], question: str, read: list[str]
) -> None:
    assert readings(question, before) == read


def test_a_follow_up_is_answered_and_shown_in_the_trace(desk: Desk) -> None:
    answer = desk.ask("全部で何技術ありますか", before=["国の点検支援技術性能カタログとは何ですか"])
    assert "点検支援技術性能カタログ" in answer.trace[0].detail
    assert answer.status == "answered"
    assert any("技術" in sentence.text for sentence in answer.sentences)


def test_a_new_matter_is_not_mixed_with_the_old_one(desk: Desk) -> None:
    alone = desk.ask("NETISとは何ですか")
    assert desk.ask("NETISとは何ですか", before=["橋の点検は何年に1回ですか"]).text == alone.text


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("補助はありますか", "何の「補助」についてでしょうか。"),
        ("ドローン", "「ドローン」の何をお知りになりたいですか。"),
        ("効果はどれくらいでしたか", "何の「効果」についてでしょうか。"),
    ],
)
def test_an_ambiguous_question_is_asked_back_with_choices_that_are_answered(
    desk: Desk, question: str, told: str
) -> None:
    answer = desk.ask(question)
    assert answer.status == "clarify"
    assert answer.text.startswith(told)
    assert 2 <= len(answer.follow_ups) <= 4
    assert all(f"・{choice}" in answer.text for choice in answer.follow_ups)
    assert all(desk.ask(choice).status != "clarify" for choice in answer.follow_ups)


def test_an_answer_says_what_can_be_asked_next_and_answers_it(desk: Desk) -> None:
    answer = desk.ask("人工衛星の漏水調査とはどんな技術ですか")
    assert answer.follow_ups
    assert all(desk.ask(question).status in ("answered", "partial") for question in answer.follow_ups)


def test_cases_are_set_side_by_side(desk: Desk) -> None:
    answer = desk.ask("人工衛星で水道の漏水を調べた自治体の事例を教えてください")
    titles = [line for line in answer.text.split("\n") if line.startswith("■ ")]
    assert 2 <= len(titles) <= 4
    assert {citation.shelf for citation in answer.citations} == {"cases"}
    assert {"技術・仕組み", "効果"} <= {sentence.label for sentence in answer.sentences}
    for citation in answer.citations:  # each field is quoted to the letter
        chunk = next(c for c in desk.release.chunks if c.id == citation.chunk_id)
        assert citation.quote in chunk.text


def test_technologies_are_compared_with_what_they_cannot_do(desk: Desk) -> None:
    answer = desk.ask("橋の点検に使える技術を比べたい")
    assert [citation.shelf for citation in answer.citations] == ["technologies"] * len(answer.citations)
    assert "できないこと・注意" in {sentence.label for sentence in answer.sentences}


def test_a_procedure_is_told_in_steps(desk: Desk) -> None:
    lines = desk.ask("橋の点検にドローンを使いたい。何から始めればいいですか").text.split("\n")
    steps = [line for line in lines if line[:2].rstrip(".").isdigit()]
    assert [line.split(".")[0] for line in steps] == [str(n) for n in range(1, len(steps) + 1)]
    assert len(steps) >= 3


def test_what_one_municipality_did_stands_apart_from_rules(desk: Desk) -> None:
    answer = desk.ask("橋の点検にドローンを使うとき、費用はどれくらい減りますか")
    shelves = [
        answer.citations[sentence.citations[0] - 1].shelf == "cases"
        for sentence in answer.sentences
        if not sentence.more
    ]
    if len(set(shelves)) == 2:
        assert "【手引き・制度などの記述】" in answer.text
        assert "【事例】ほかの自治体の取組です。決まりではありません。" in answer.text
    assert shelves == sorted(shelves, key=lambda case: case != shelves[0])


def test_a_citation_is_good_enough_for_an_official_paper(desk: Desk) -> None:
    (citation, *_) = desk.ask("人工衛星の漏水調査とはどんな技術ですか").citations
    assert citation.source.startswith("ハンズオンナビ")
    assert f"「{citation.title}」" in citation.source
    assert citation.section[-1] in citation.source


def test_a_long_question_is_not_too_long_for_what_it_leans_on(desk: Desk) -> None:
    before = ["君津市が橋の点検に使うドローンはどのような機体ですか"]
    question = "それはいくらですか。" + "よろしくお願いします。" * 89
    assert 980 < len(question) <= 1000
    assert desk.ask(question, before=before).status in ("answered", "partial", "refused", "clarify")
