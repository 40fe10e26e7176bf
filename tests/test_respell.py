"""Questions in kana, and with slips of the keyboard, in the words of the release."""

from __future__ import annotations

import pytest

from rag.answer import Desk
from rag.often import as_told
from rag.respell import Speller

WORDS = {
    "橋梁": 9,
    "点検": 20,
    "橋梁+点検": 7,
    "運用": 3,
    "運用+費": 2,
    "衛星": 4,
    "ドローン": 8,
    "コンクリート": 5,
    "性能": 4,
    "規定": 3,
    "性能+規定": 2,
    "普通": 1,
    "除雪": 3,
    "除雪+車": 2,
    "車": 5,
}


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(WORDS, ["ちばレポ"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("きょうりょうてんけんのうんようひは", "橋梁点検の運用費は"),
        ("えいせいで見る", "衛星で見る"),
        ("きょうりょうてんけんは なんねんに いっかい", "橋梁点検は何年に1回"),
        ("ぎふけんはどこですか", "岐阜県はどこですか"),
        ("ドロン空撮でコンクリを見る", "ドローン空撮でコンクリートを見る"),
        ("「性能既定」とは", "「性能規定」とは"),
        ("除雪者のGPS", "除雪車のgps"),
    ],
)
def test_what_the_release_knows_is_read_by_its_sound(speller: Speller, typed: str, meant: str) -> None:
    assert speller.respelled(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "橋の点検はどうすればよいですか",
        "応募しようか迷っています",  # しよう is no 仕様
        "書きたいのですが",
        "いつ取り壊したのでしょうか",  # nor is しょうか 消火
        "許されるかどうか知りたい",
        "氏名を教えてください",  # another word of the same sound is no mistake
        "",
    ],
)
def test_what_is_no_mistake_stays(speller: Speller, question: str) -> None:
    assert speller.respelled(question) == question


@pytest.mark.parametrize(
    "question",
    [
        "橋の点検は何年に一度ですか",
        "橋の点検は何年に１度ですか",
        "トンネルの点検は何年おきですか",
        "橋の点検の頻度を教えて",
        "橋の点検はどれくらいの頻度でやるんですか",
        "道路橋の点検って何年ごと？",
    ],
)
def test_how_often_is_told_in_whatever_words_it_is_asked(desk: Desk, question: str) -> None:
    answer = desk.ask(question)
    assert answer.status == "answered"
    assert "5年に1回" in answer.sentences[0].text


def test_a_year_is_no_answer_to_how_often(desk: Desk) -> None:
    assert as_told("そのあと何年に直されましたか") == "そのあと何年に直されましたか"
    assert desk.ask("舗装の点検は何年おき").status == "refused"  # years stand in the guide, but no interval


def test_a_question_in_kana_is_answered(desk: Desk) -> None:
    for question in (
        "きょうりょうてんけんは なんねんに いっかい",
        "どうろきょうの ていきてんけんは なんねんに いっかい",
    ):
        answer = desk.ask(question)
        assert "5年に1回" in answer.text.partition("【くわしく】")[0]
        assert "点検は何年に1回" in " ".join(step.detail for step in answer.trace)
