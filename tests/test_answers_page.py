"""docs/answers.md says what is answered now; a change in an answer is seen in a diff."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

from eval.answers import page
from rag.answer import Desk

PAGE = Path(__file__).parents[1] / "docs" / "answers.md"


SAME = 0.9  # share of the lines: another processor rounds another way, and near-equal hits change places


def test_the_page_of_answers_is_true(desk: Desk) -> None:
    written, now = PAGE.read_text("utf-8").splitlines(), page(desk).splitlines()
    assert SequenceMatcher(None, written, now, autojunk=False).ratio() >= SAME, (
        "docs/answers.md is out of date: python -m eval.answers docs/answers.md"
    )
