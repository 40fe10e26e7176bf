"""Who asks for an expert gets advisors; who asks whom to ask gets the nearest offices."""

from __future__ import annotations

import pytest

from rag.answer import Desk
from rag.recommend import asks_for_advisor

NEED = "橋梁点検にドローンを使いたい。相談できる専門家は?"


@pytest.mark.parametrize(
    "question",
    [
        NEED,
        "発注のまとめ方まで相談できる専門家を紹介してください。",
        "だれに助言を頼めますか",
        "庁内の説明から手伝ってくれる人はいますか",
        "オンラインで相談できる専門家を探しています",
        "橋に詳しい人に来てほしい",
    ],
)
def test_these_ask_for_an_advisor(question: str) -> None:
    assert asks_for_advisor(question)


@pytest.mark.parametrize(
    "question",
    [
        "人材バンクの専門家には、入札や契約の進め方も教えてもらえるのですか",
        "専門家を国が募ったのはいつですか",
        "ハンズオン支援のアドバイザーには何人が応募しましたか",
        "橋の点検は何年に1回ですか",
        "どこに相談すればいいですか",
    ],
)
def test_these_ask_the_documents(question: str) -> None:
    assert not asks_for_advisor(question)


def test_advisors_come_with_reasons_and_one_question(desk: Desk) -> None:
    answer = desk.ask(NEED)
    assert answer.status == "answered"
    assert len(answer.advisors) == 3
    assert all(advisor.sample and "サンプル" in advisor.name for advisor in answer.advisors)
    assert "連絡は事務局を通します。" in answer.text
    assert answer.text.count("さらに絞り込めます。") == 1
    cited = {citation.document_id for citation in answer.citations}
    assert cited == {advisor.advisor_id for advisor in answer.advisors}


def test_the_municipality_told_afterwards_counts(desk: Desk) -> None:
    answer = desk.ask("うちは高知県の須崎市です", before=[NEED])
    assert answer.advisors
    assert "どちらの自治体のご相談ですか" not in answer.text


def test_offices_are_near_where_one_asks_from(desk: Desk) -> None:
    question = "橋の点検で困っています。どこに相談すればいいですか"
    near = desk.ask(question, home="高知県須崎市")
    assert near.text.startswith("お近くから順に、相談先を挙げます。")
    assert "四国" in near.citations[0].title
    nobody = desk.ask(question)
    assert nobody.text.startswith(
        "全国の相談先です。都道府県か市区町村の名前を添えると、お近くの相談先を挙げます。"
    )
    assert "四国" not in nobody.text


def test_nobody_is_an_answer_too(desk: Desk) -> None:
    answer = desk.ask("宇宙エレベーターの設計に詳しい専門家を紹介してください")
    assert answer.advisors == ()
    assert answer.text.startswith("条件に合う専門家は見つかりませんでした。")


def test_what_is_told_besides_asks_for_nobody() -> None:
    assert asks_for_advisor("（至急）橋に詳しい専門家を紹介してください")
    assert not asks_for_advisor("橋の点検は何年に1回ですか（専門家を探しています）")
