"""docs/answers.md says what is answered now; a change in an answer is seen in a diff."""

from __future__ import annotations

from pathlib import Path

from eval.answers import page
from rag.answer import Desk

PAGE = Path(__file__).parents[1] / "docs" / "answers.md"


def test_the_page_of_answers_is_true(desk: Desk) -> None:
    assert PAGE.read_text("utf-8") == page(desk), "python -m eval.answers docs/answers.md"
