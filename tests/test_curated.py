"""An approved answer is given to the same question alone, in whatever words it is asked."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from eval.cases import Case
from eval.golden import load
from rag.answer import Desk
from rag.curated import SAME, likeness

SETS = Path(__file__).parents[1] / "eval" / "sets"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("橋の点検は何年に1回ですか", "橋の点検は何年に１回でしょうか？", True),
        ("橋の点検は何年に1回ですか", "橋の点検は何年に2回ですか", False),
        ("点検に資格は要りますか", "点検に資格は要らないのですか", False),
        ("富山市の橋の数を教えて", "岐阜県の橋の数を教えて", False),
        ("ドローンの費用はいくらですか", "ドローンの費用はいつ払いますか", False),
        ("UAVで橋を点検できますか", "ドローンで橋を点検できますか", True),  # one thing by two names
    ],
)
def test_the_same_question(desk: Desk, one: str, other: str, same: bool) -> None:
    assert (likeness(desk._understand(one), desk._understand(other)) >= SAME) is same


def test_other_names_are_the_same_question_and_other_questions_are_not(desk: Desk) -> None:
    pairs = [json.loads(line) for line in (SETS / "aliases.jsonl").read_text("utf-8").splitlines()]
    read = desk._understand
    alike = [likeness(read(pair["one"]), read(pair["other"])) >= SAME for pair in pairs]
    assert sum(alike) >= 0.95 * len(pairs)
    cases = [(case, read(case.question)) for case in load() if len(case.turns) == 1]
    confused = [
        (one.id, other.id)
        for (one, first), (other, second) in combinations(cases, 2)
        if likeness(first, second) >= SAME and _family(one) != _family(other)
    ]
    assert confused == []


def _family(case: Case) -> str:
    return case.paraphrase_of or case.id
