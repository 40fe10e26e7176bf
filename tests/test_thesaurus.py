"""Several names for one thing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder

from ingest.build import build
from rag.answer import Desk
from rag.settings import Settings
from rag.thesaurus import Thesaurus
from rag.understand import understand

THESAURUS = Thesaurus([("ドローン", "無人航空機", "UAV"), ("包括的民間委託", "包括委託"), ("委託", "外注")])
SAME_OF_100 = 95  # pairs of names whose questions must find the same first three
FOUND_OF_100 = 55  # paraphrases that must find their document among the first five


def test_a_question_means_the_same_whichever_name_was_typed() -> None:
    questions = ("無人航空機で橋を見られますか", "UAVで橋を見られますか", "ドローンで橋を見られますか")
    meant = [understand(question, 100, THESAURUS) for question in questions]
    assert {query.meant for query in meant} == {"ドローンで橋を見られますか"}
    assert len({query.sought for query in meant}) == 1
    assert {query.letters for query in meant} == {meant[0].letters}


def test_another_name_counts_less_than_the_chief_one() -> None:
    query = understand("包括委託を始めた市", 100, THESAURUS)
    weights = {term.text: term.weight for term in query.synonyms}
    assert "外注" not in weights  # the longest name wins: 委託 stands within another
    assert all(weight < 1 for weight in weights.values())
    assert {term.text for term in query.terms} >= {"包括", "委託"}  # what was typed stays as it was


@pytest.mark.parametrize("typed", ["令和７年度の計画", "R7年度の計画", "令和七年度の計画", "2025年度の計画"])
def test_a_year_means_the_same_in_every_writing(typed: str) -> None:
    assert understand(typed, 100).meant == "2025年度の計画"


def _entry(title: str, *synonyms: str) -> str:
    return f"- id: term-x\n  title: {title}\n  reading: ほげ\n  meaning: 橋を調べる道具です。\n  synonyms: [{', '.join(synonyms)}]\n"


def test_a_pair_works_at_the_next_question(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    build(settings, WordEmbedder, corpus=corpus_of(車="点検車を使います。", 水="漏水を探します。"))
    desk = open_small(settings)

    def lexical(question: str) -> float:
        hits = {hit.document.title: hit for hit in desk.search(question, 2)}
        return hits["車"].parts["lexical"]

    assert lexical("モービルくん") <= 0
    settings.shelves.mkdir(parents=True)
    glossary = settings.shelves / "glossary.yaml"
    glossary.write_text(_entry("点検車", "モービルくん"), "utf-8")
    assert lexical("モービルくん") > 0
    glossary.write_text("- id: term-x\n  title: 点検車と\n", "utf-8")
    with caplog.at_level(logging.ERROR):
        assert lexical("モービルくん") > 0  # the last good glossary stays
    assert "用語の変更を読めません。前の用語で答え続けます。" in caplog.text


def _lines(name: str) -> Iterator[dict[str, object]]:
    text = Path(str(files("eval").joinpath(f"sets/{name}.jsonl"))).read_text("utf-8")
    yield from map(json.loads, text.splitlines())


@pytest.mark.slow
def test_two_names_find_the_same(desk: Desk) -> None:
    def first_three(question: object) -> list[str]:
        return [hit.chunk.id for hit in desk.search(str(question), 3)]

    same = [first_three(pair["one"]) == first_three(pair["other"]) for pair in _lines("aliases")]
    assert len(same) == 100
    assert sum(same) >= SAME_OF_100


@pytest.mark.slow
def test_who_asks_in_other_words_is_understood(desk: Desk) -> None:
    """Words alone find far fewer: meaning earns its place."""
    found = {"lexical": 0, "reranked": 0}
    for line in _lines("paraphrases"):
        rankings = desk.rankings(str(line["question"]), 5)
        for system in found:
            found[system] += bool(set(rankings[system]) & set(line["gold"]))  # type: ignore[call-overload]
    assert found["reranked"] >= FOUND_OF_100
    assert found["reranked"] >= found["lexical"] + 15
