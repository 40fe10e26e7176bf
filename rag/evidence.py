"""Lays each clause of a sentence beside the part of a passage that speaks of the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.clauses import Clause, Statement
from rag.wording import alike

SAME_STEM = 0.7  # what 望む counts where the passage has 希望
SAME_MATTER = (
    0.3  # share of what a further statement gives to a sentence that must be common with the nearest one
)


@dataclass(frozen=True, eq=False)
class Evidence:
    """A clause that is ``said``, the clause of the passage ``told`` beside it, and the ``statements`` on that matter, nearest first.

    ``around``: the title and headings, in one writing.
    """

    said: Clause
    told: Clause
    statements: tuple[Statement, ...]
    around: str

    @property
    def text(self) -> str:
        return "\n".join(statement.text for statement in self.statements)

    @property
    def predicate(self) -> str:
        """The last word that states something."""
        words = list(self.said.words)
        return next((word for word in reversed(words) if len(word) > 1), words[-1])

    @property
    def counterpart(self) -> Clause:
        """The clause of the passage with the same predicate, else the one with most of the same words."""
        same = alike(self.predicate)
        clauses = [clause for clause in self.statements[0].clauses if same & clause.words.keys()]
        return max(clauses, key=lambda clause: common(self.said, clause), default=self.told)

    @property
    def told_of_its_numbers(self) -> str:
        """The clause beside and the others of its sentence that have a number of the clause said."""
        figures = {word for word in self.said.words if word[0].isdigit()}
        clauses = self.statements[0].clauses
        return "。".join(c.text for c in clauses if c is self.told or figures & c.words.keys())

    @property
    def share(self) -> float:
        """Weighted share of the words said that are there."""
        return share([self])

    def has(self, word: str) -> float:
        """1 where the passage or the title has the word, less where only its kanji is in another word, 0 where nothing is."""
        clauses = [clause for statement in self.statements for clause in statement.clauses]
        same = alike(word)
        if any(same & clause.words.keys() for clause in clauses) or any(_counts(word, c) for c in clauses):
            return 1.0
        if len(word) > 1 and (word in self.around or word in self.text):
            return 1.0
        if word[0] in self.said.stems and word[0] in self.text:
            return SAME_STEM
        return SAME_STEM if any(letter in clause.stems for clause in clauses for letter in word) else 0.0


def beside(clause: Clause, told: Sequence[Statement], around: str) -> Evidence:
    """The evidence for one clause; ``told`` must not be empty."""
    ranked = sorted(told, key=lambda s: -max(_nearness(clause, other) for other in s.clauses))
    best = ranked[0]
    near = max(best.clauses, key=lambda other: _nearness(clause, other, best.topic))
    return Evidence(clause, near, (best, *(s for s in ranked[1:] if _same_matter(best, s))), around)


def share(evidence: Sequence[Evidence]) -> float:
    """Weighted share of the words of a whole sentence that its evidence has, 0 to 1."""
    total = sum(weight for one in evidence for weight in one.said.words.values())
    held = sum(weight * one.has(word) for one in evidence for word, weight in one.said.words.items())
    return held / total if total else 0.0


def common(one: Clause, other: Clause, but: frozenset[str] = frozenset()) -> float:
    """Weight of the words that both have, ``but`` those."""
    return sum(w for word, w in one.words.items() if alike(word) & other.words.keys() and word not in but)


def _nearness(clause: Clause, other: Clause, topic: frozenset[str] = frozenset()) -> float:
    """Of equal ones the shortest is the nearest; the topic of a sentence belongs to all its clauses."""
    further = sum(w for word, w in other.words.items() if word not in clause.words and word not in topic)
    return common(clause, other, topic) - 0.1 * further


def _same_matter(one: Statement, other: Statement) -> bool:
    """Whether one speaks of the topic of the other."""
    return any(a.topic and a.topic <= b.words.keys() for a, b in ((one, other), (other, one)))


def _counts(word: str, clause: Clause) -> bool:
    """Whether a number of the clause counts such things: 橋 of 1400橋."""
    return any(other[0].isdigit() and other.endswith(tuple(alike(word))) for other in clause.words)
