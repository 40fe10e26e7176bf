"""A question of a test set and what a right answer to it says: one type for every set, whoever wrote it.

One JSON object a line (eval/sets/*.jsonl, :mod:`eval.written`), or a row of a list (:mod:`eval.lists`)::

    question, or turns   what is asked; of a conversation the last turn is asked
    expect               answered, refused (no document says it), or clarify (it has to be asked back)
    gold                 where the answer stands: {"document", "section", "page"}, or a document alone. One is
                         enough, but for multihop and comparison all may be needed
    must_include         of each group one text must be in the answer; must_not_include: none of these
    half                 thresholds are set on dev alone. A section's questions are all in one half
    source               seeds: the answer stands in a document that is not on the shelves
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Half = Literal["dev", "heldout"]
Expect = Literal["answered", "refused", "clarify"]
ANYWHERE = "*"  # as a heading: any section will do


class Section(NamedTuple):
    """A section of a document; ``heading`` is ``None`` for what stands before the first heading.

    ``document`` is an id, a title or the name of a file: who writes a question knows one of them.
    """

    document: str
    heading: str | None
    page: int | None = None


@dataclass(frozen=True)
class Case:
    """One question; ``turns`` has only it, or the conversation that leads to it."""

    id: str
    turns: tuple[str, ...]
    slice: str
    answerable: bool
    expect: Expect
    gold: tuple[Section, ...]
    must_include: tuple[tuple[str, ...], ...]
    must_not_include: tuple[str, ...]
    paraphrase_of: str | None
    half: Half | None
    source: Literal["corpus", "seeds"]

    @property
    def question(self) -> str:
        return self.turns[-1]


class Row(NamedTuple):
    """What stands in one line or row. ``place``: says where, of a field or of the whole row."""

    raw: Mapping[str, Any]
    place: Mapping[str, str]
