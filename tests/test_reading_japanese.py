"""Words, sentences, folding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fold import fold, squeeze, strip_invisible
from rag.sentences import split_sentences
from rag.tokens import analyse, crosses_a_word, search_terms

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("令和7年度", "R7年度"),
        ("令和７年度", "2025年度"),
        ("平成元年", "1989年"),
        ("ＮＥＴＩＳ", "netis"),
        ("1,240橋", "１２４０橋"),
        ("健全性Ⅲ", "健全性III"),
        ("平成 28 年", "平成28年"),
        ("ﾄﾞﾛｰﾝ", "ドローン"),
        ("幅0.2㎜", "幅0.2mm"),
        ("100㎡", "100m2"),
        ("五年に一回", "5年に1回"),
        ("令和七年度", "R7年度"),
        ("二〇二五年", "2025年"),
        ("第十二条第一項", "第12条第1項"),
        ("3か月", "3ヶ月"),
        ("3ヵ月", "三箇月"),
        ("一か所", "1ヶ所"),
        ("霞ヶ関", "霞が関"),
        ("霞ヵ関", "霞ケ関"),
        ("茅ヶ崎市", "茅ケ崎市"),
        ("1万2千人", "12,000人"),
        ("百二十件", "120件"),
        ("1億2,000万円", "120,000,000円"),
    ],
)
def test_two_writings_of_one_thing_are_one_term(one: str, other: str) -> None:
    assert search_terms(one) == search_terms(other)


def test_numbers_stay_whole_with_their_unit() -> None:
    numbers = [token.lemma for token in analyse("第3条は2024年に1,240橋へ") if token.kind == "number"]
    assert numbers == ["第3条", "2024年", "1240橋"]


@pytest.mark.parametrize(
    "text", ["四日市市", "三条市", "千歳市", "十日町市", "一般", "一部", "統一回線", "二次点検"]
)
def test_a_word_with_a_number_in_it_is_none(text: str) -> None:
    assert all(token.kind != "number" for token in analyse(text))


def test_units_are_whole() -> None:
    assert search_terms("0.2mm") != search_terms("0.2m")
    assert search_terms("3か月") == ["3か月"]


def test_names_are_told_from_nouns() -> None:
    kinds = {token.surface: token.kind for token in analyse("君津市の橋梁")}
    assert kinds["君津"] == "name"
    assert kinds["橋梁"] == "noun"
    assert kinds["の"] == "other"


@pytest.mark.parametrize(
    "text", ["ア" * 100_000, "9" * 100_000, "あ" * 200_000, "前\x00後ろ", "", "。\n。\n", "a" * 50_000]
)
def test_the_analyser_survives_what_kills_it(text: str) -> None:
    analyse(text)


def test_nothing_is_lost_at_a_nul() -> None:
    assert "".join(token.surface for token in analyse("橋梁は\x00舗装")) == "橋梁は舗装"


@given(anything)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_hidden_letters_are_dropped() -> None:
    assert strip_invisible("橋\u200b梁\ufeff点\U000e0041検\ud800") == "橋梁点検"


@given(anything)
def test_sentences_lose_no_letter_and_keep_their_place(text: str) -> None:
    spans = split_sentences(text)
    assert all(text[span.start : span.end] == span.text for span in spans)
    kept = "".join("".join(span.text for span in spans).split())
    assert kept == "".join(text.split())


def test_a_full_stop_in_brackets_ends_no_sentence() -> None:
    spans = split_sentences(
        "市は「困っている。」と答えました。次の年（試行の年。）に始めました。見出し\n・項目"
    )
    assert [span.text for span in spans] == [
        "市は「困っている。」と答えました。",
        "次の年（試行の年。）に始めました。",
        "見出し",
        "・項目",
    ]


def test_a_seam_inside_a_word_is_seen() -> None:
    assert crosses_a_word("老朽化の維持管", "理の課題を")
    assert not crosses_a_word("点検の方法", "費用の内訳")


def test_squeeze_finds_a_text_whatever_its_blanks() -> None:
    assert squeeze("平成 28 年 11 月\n28 日") == squeeze("平成２８年１１月２８日")
