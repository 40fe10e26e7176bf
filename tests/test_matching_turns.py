"""A need told over several turns of a conversation."""

from __future__ import annotations

import datetime

import pytest
from doubles import WordEmbedder
from needs import known_of

from corpus.shelves import load
from rag.errors import NeedError
from rag.matching.matchmaker import Matchmaker
from rag.matching.weights import load_weights

TODAY = datetime.date(2026, 12, 1)
DRONE = "橋梁点検にドローンを使いたい"
WHO = "相談できる専門家は?"


@pytest.fixture(scope="module")
def matchmaker() -> Matchmaker:
    return Matchmaker(load(), WordEmbedder(), load_weights(), today=lambda: TODAY)


@pytest.mark.parametrize(
    ("turns", "known"),
    [
        ([DRONE, WHO], {"施設": "橋梁", "技術": "tech-drone-bridge"}),
        ([DRONE, "埼玉県熊谷市です", "人口は19万人です", "技術選定です", "来てほしい", "来年度に", WHO],
         {"施設": "橋梁", "技術": "tech-drone-bridge", "段階": "技術選定", "自治体": "埼玉県熊谷市",
          "規模": "10～50万人", "形": "現地", "時期": "2027-04~2028-03"}),
        ([DRONE, "5千～1万人"], {"施設": "橋梁", "技術": "tech-drone-bridge", "規模": "5千～1万人"}),
        (["府中市の橋です", "広島県です"], {"施設": "橋梁", "自治体": "広島県府中市"}),
        (["福山市と三次市の職員です", "三次市のほうです"], {"自治体": "広島県三次市"}),
        (["三次市です", "広島県の橋を見たい"], {"施設": "橋梁", "自治体": "広島県三次市"}),
        (["三次市です", "東北地方の橋は?"], {"施設": "橋梁", "自治体": "広島県三次市"}),
        (["札幌市の橋", "三次市の間違いです"], {"施設": "橋梁", "自治体": "広島県三次市"}),  # and no longer so large
        (["道路の穴を直したい", "舗装のことです"], {"施設": "道路・舗装"}),
        (["橋を見たい", "トンネルも一緒に見たい"], {"施設": "橋梁・トンネル"}),
    ],
)  # fmt: skip
def test_the_need_is_gathered(matchmaker: Matchmaker, turns: list[str], known: dict[str, object]) -> None:
    reading = matchmaker.heard_in(turns)
    assert {name: value for name, value in known_of(reading.need).items() if name in known} == known
    assert set(known_of(reading.need)) <= {*known, "技術", "段階"}


@pytest.mark.parametrize(
    ("turns", "known", "notes"),
    [
        (
            ["橋を試したい", "予算の話です"],
            {"段階": "庁内調整・予算"},
            ("段階は、はじめの現場試行ではなく、あとの庁内調整・予算で探します。",),
        ),
        (
            ["橋です。オンラインで", "やはり来てほしい"],
            {"形": "現地"},
            ("希望の形は、はじめのオンラインではなく、あとの現地で探します。",),
        ),
        (
            ["三次市の橋です", "福山市の間違いでした"],
            {"自治体": "広島県福山市"},
            ("はじめの広島県三次市ではなく、あとの広島県福山市の相談として探します。",),
        ),
        (
            ["人口2万人の町の橋です", "人口5万人の間違いです"],
            {"規模": "3～10万人"},
            ("規模は、はじめの1～3万人ではなく、あとの3～10万人で探します。",),
        ),
    ],
)
def test_the_later_word_wins_and_what_it_overrules_is_named(
    matchmaker: Matchmaker, turns: list[str], known: dict[str, object], notes: tuple[str, ...]
) -> None:
    reading = matchmaker.heard_in(turns)
    assert known_of(reading.need).items() >= known.items()
    assert reading.notes == notes


def test_another_facility_is_another_matter(matchmaker: Matchmaker) -> None:
    """The place stays; the words, the technology and the stage of the bridge are left behind."""
    turns = [f"三次市です。{DRONE}。現場で試したい", "下水道の管の中を見たい", WHO]
    reading = matchmaker.heard_in(turns)
    assert reading.need.text == "下水道の管の中を見たい"
    assert (reading.need.facilities, reading.need.stage) == (("下水道",), None)
    assert "tech-drone-bridge" not in reading.need.in_question
    assert reading.need.municipality and reading.need.municipality.name == "三次市"
    assert reading.notes == ("はじめの橋梁ではなく、あとの下水道の相談として探します。",)


def test_what_only_answers_or_asks_for_people_is_no_part_of_the_text(matchmaker: Matchmaker) -> None:
    turns = [DRONE, "三次市です", "5万人くらいです", "オンラインで", WHO]
    assert matchmaker.heard_in(turns).need.text == DRONE
    assert matchmaker.heard_in(["三次市です"]).need.text == "三次市です"


def test_the_newest_words_are_kept_of_a_long_conversation(matchmaker: Matchmaker) -> None:
    turns = [f"橋の話を{n}つ目。{'長い話です。' * 60}" for n in range(5)]
    text = matchmaker.heard_in(turns).need.text
    assert len(text) <= 1000 and text.endswith(turns[-1]) and "橋の話を0つ目" not in text
    assert len(matchmaker.heard_in(["橋" * 3000]).need.text) == 1000


def test_who_asks_is_known_already(matchmaker: Matchmaker) -> None:
    """Other towns may be spoken of."""
    reading = matchmaker.heard_in(["三次市ではドローンを橋に使っていますか", WHO], "広島県府中市")
    assert known_of(reading.need)["自治体"] == "広島県府中市"
    assert (reading.open, reading.notes) == ((), ())
    with pytest.raises(NeedError, match="「府中市」は2つあります"):
        matchmaker.heard_in([DRONE], "府中市")


def test_one_question_is_asked_at_a_time(matchmaker: Matchmaker) -> None:
    reading = matchmaker.heard_in(["府中市の橋です", WHO])
    assert [question.field for question in reading.open] == ["municipality"]
    advice = matchmaker.advise(reading)
    assert advice.question == reading.open[0]
    assert [question.field for question in advice.missing].count("municipality") == 1
    assert (
        matchmaker.advise(matchmaker.heard_in(["府中市の橋です", WHO, "東京都です"])).question
        not in reading.open
    )


@pytest.mark.parametrize("turns", [[], [" ", "\u200b"]])
def test_nothing_said_is_no_need(matchmaker: Matchmaker, turns: list[str]) -> None:
    with pytest.raises(NeedError, match="相談の内容が空です"):
        matchmaker.heard_in(turns)
