"""Works by their names: which documents a question means that says 道路法 or 橋梁点検要領."""

from __future__ import annotations

import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder

from ingest.build import build
from rag.documents import Document
from rag.settings import Settings
from rag.understand import understand
from rag.works import SMALLEST, Works

TITLES = (
    "河川法 第26条",
    "河川法 第27条の2",
    "河川法施行令 第16条",
    "橋梁点検要領(案) 令和6年3月",
    "NETIS活用の手引き 第2版",
    "道路",
    "児童手当",
)
WORKS = Works([Document(title, title, "library") for title in TITLES], [SMALLEST] * 6 + [SMALLEST - 1])


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("河川法では許可がいりますか", {0, 1}),
        ("河川法第26条の許可", {0, 1}),
        ("河川法施行令 樹林帯区域の許可", {2}),
        ("河川法と河川法施行令の違い", {0, 1, 2}),
        ("橋梁点検要領によれば、どこを見ますか", {3}),
        ("ＮＥＴＩＳ活用の手引きを読みたい", {4}),
        ("新河川法の経過措置", set()),  # a longer word
        ("河川法施行規則の様式", set()),  # another work, which is not here
        ("道路の占用", set()),  # too short for a name
        ("児童手当の申請", set()),  # an entry of a few lines is no work
        ("河川の点検", set()),
    ],
)
def test_a_name_as_a_word_of_its_own_names_a_work(question: str, named: set[int]) -> None:
    assert set(WORKS.named(question).tolist()) == named


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("河川法施行令では、許可がいりますか", "では、許可がいりますか"),
        ("河川の許可はＡとＢの どちらですか", "河川の許可はＡとＢの どちらですか"),
        ("橋梁点検要領", ""),
    ],
)
def test_what_is_asked_of_a_work_is_told_from_its_name(question: str, asked: str) -> None:
    assert WORKS.besides(question) == asked


def test_the_title_of_a_record_names_no_work() -> None:
    works = Works([Document("t", "ドローン", "glossary"), Document("c", "ある市の例", "cases")], [9, 9])
    assert not len(works.named("ドローンの事例、ある市の例"))


def test_the_law_that_is_named_comes_first(settings: Settings) -> None:
    """The words stand in the law; who names the cabinet order wants the article of the order."""
    law = {f"河川法 第{n}条": f"河川区域の土地の掘削は、許可を受ける。その{n}。" for n in range(1, 7)}
    order = {f"河川法施行令 第{n}条": f"法第{n}条の深さは、{n}メートルとする。" for n in range(1, 7)}
    build(settings, WordEmbedder, corpus=corpus_of(**law, **order))
    desk = open_small(settings)

    (unnamed,) = desk.search("河川区域の土地の掘削の許可と深さ", 1)
    assert unnamed.document.title.startswith("河川法 ")
    assert "named" not in unnamed.parts
    (named,) = desk.search("河川法施行令 河川区域の土地の掘削の許可と深さ", 1)
    assert named.document.title.startswith("河川法施行令 ")
    assert named.parts["named"] > 0


def test_sentences_are_chosen_by_what_is_asked_of_the_work() -> None:
    """The whole question is looked for; the words of the name tell none of its sentences from another."""
    query = understand("橋梁点検要領では、記録の期間は何年ですか", 100, None, WORKS)
    assert {term.text for term in query.terms} == {"記録", "期間"}
    assert {"橋梁", "点検", "要領", "記録", "期間"} <= {term.text for term in query.sought}
    alone = understand("橋梁点検要領とは", 100, None, WORKS)
    assert {"橋梁", "点検", "要領"} <= {term.text for term in alone.terms}
