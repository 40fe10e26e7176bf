"""What kind of thing a question wants to hear, and whether a sentence gives it."""

from __future__ import annotations

import pytest

from rag.wanted import wanted


@pytest.mark.parametrize(
    ("question", "gives", "does_not"),
    [
        (
            "岩見沢市は除雪車の何台にGPSを載せましたか",
            "山形県は640台で運用します。",
            "事業費は435万円でした。",
        ),
        ("豊橋市の水道の有収率は何％ですか", "有収率は83.3%です。", "2,263kmの管路があります。"),
        ("かかった費用を教えて", "約270万円です。", "約270mです。"),
        ("講座を受けた人は何人くらいですか", "約４００名が受けました。", "4年で受けました。"),
        ("点検はいつですか", "毎年四月に点検します。", "職員が点検します。"),
        ("橋の点検は何年に1回ですか", "5年に1回行います。", "近くで見ます。"),
        ("誤差は何mmですか", "約5mmです。", "約5mです。"),
        ("どの会社が受けていますか", "株式会社サンプルが受けています。", "委託しています。"),
        ("委託の期間は何か月ですか", "6カ月です。", "6橋です。"),
    ],
)
def test_a_sentence_gives_what_is_wanted_or_does_not(question: str, gives: str, does_not: str) -> None:
    assert wanted(question).given(gives) == 1.0
    assert wanted(question).given(does_not) == 0.0


def test_of_two_things_wanted_one_is_half() -> None:
    both = wanted("画像を何枚使い、いくらかかったのですか")
    assert both.given("12枚を使いました。") == 0.5
    assert both.given("12枚を使い、30万円でした。") == 1.0


@pytest.mark.parametrize(
    "question", ["群マネとは何ですか", "事例を教えて", "何から始めればよいですか", "橋の点検の方法"]
)
def test_not_every_question_wants_a_figure(question: str) -> None:
    assert not wanted(question)
