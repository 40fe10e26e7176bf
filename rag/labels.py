"""What a number is a number of: 町が23%、村が57% is not 町が57%、村が23%.

A quantity's label is made of the words beside it, between two commas, and behind those of its whole clause and sentence.
Where the label that a sentence gives to a quantity fits another quantity of the same kind in the passage better than its
own, they have been exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.clauses import Clause, Statement, weighted
from rag.quantities import Quantity, quantities
from rag.tokens import analyse
from rag.wording import alike

STRANGE = 0.3  # what a word beside the passage's quantity counts against it, where the sentence has it not
MARGIN = 0.5  # less than a word of the sentence decides nothing

_PART = re.compile(r"[^、()「」]+")
_RUN = re.compile("[~()・年月日度半ば頃時から末]*")  # between the numbers of one date or range


@dataclass(frozen=True, eq=False)
class Label:
    """``beside``: the words between its commas; ``near``: these and the topic; ``part``: its clause, and where there."""

    quantity: Quantity
    written: str
    part: tuple[Clause, int]
    beside: Mapping[str, float]
    near: Mapping[str, float]
    statement: Statement


def exchanged(said: Sequence[Statement], told: Sequence[Statement]) -> str:
    """The first quantity of a sentence that stands where another of the passage should; none: empty."""
    mine, theirs = [*_labels(said)], [*_labels(told)]
    for label in mine:
        own = [other for other in theirs if label.quantity.agrees(other.quantity)]
        with_it = [o.quantity for o in mine if o.part == label.part and label.quantity.like(o.quantity)]
        taken = {other.part for other in theirs if any(q.agrees(other.quantity) for q in with_it)}
        rivals = [o for o in theirs if label.quantity.like(o.quantity) and o.part not in taken]
        if own and any(_in_the_place_of(rival, label, own, mine) for rival in rivals):
            return label.written
    return ""


def _in_the_place_of(rival: Label, label: Label, own: Sequence[Label], said: Sequence[Label]) -> bool:
    best = max(own, key=lambda other: (_around(label, other), _near(label, other)))
    if best.statement is not rival.statement:
        elsewhere = _around(label, rival) - _around(label, best)
        nearer = _in(label.beside, rival.beside) - _in(label.beside, best.beside)
        return nearer >= 0 and (elsewhere > MARGIN or (elsewhere == 0 and nearer > MARGIN))
    if best.near and best.near.keys() <= label.near.keys():
        return False
    gain = _near(label, rival) - _near(label, best)
    beside = [other for other in said if other.quantity.value == rival.quantity.value]
    if gain > MARGIN and beside:  # both are in the sentence: does it fit better when they change over?
        gain += max(_near(other, best) for other in beside) - max(_near(other, rival) for other in beside)
    return gain > MARGIN


def _near(label: Label, other: Label) -> float:
    """How much of the words beside one quantity is beside the other."""
    strange = sum(weight for word, weight in other.near.items() if not alike(word) & label.near.keys())
    return _in(label.near, other.near) - STRANGE * strange


def _around(label: Label, other: Label) -> float:
    """How much of the clause of one quantity is in the sentence of the other."""
    around = {word: weight for word, weight in label.part[0].words.items() if word != label.written}
    return _in(around, other.statement.words)


def _in(words: Mapping[str, float], others: Mapping[str, float]) -> float:
    return sum(weight for word, weight in words.items() if alike(word) & others.keys())


def _labels(statements: Sequence[Statement]) -> Iterator[Label]:
    for statement in statements:
        for clause in statement.clauses:
            for quantity in quantities(clause.text):
                yield _label(quantity, clause, statement)


def _label(quantity: Quantity, clause: Clause, statement: Statement) -> Label:
    part = next(part for part in _PART.finditer(clause.text) if part.end() > quantity.start)
    text = _without_its_run(part[0], quantity.start - part.start())
    beside = _words(text)
    if "は" not in text:
        before = (
            clause.text[: part.start()] if "は" in clause.text[: part.start()] else _before(clause, statement)
        )
        text = f"{before[: before.find('は') + 1]}{text}"
    written = clause.text[quantity.start : quantity.end]
    return Label(quantity, written, (clause, part.start()), beside, _words(text), statement)


def _words(text: str) -> dict[str, float]:
    return {
        word: weight * (1 + any(map(str.isdigit, word))) for word, weight in weighted(analyse(text)).items()
    }


def _before(clause: Clause, statement: Statement) -> str:
    return statement.text.partition(clause.text)[0]


def _without_its_run(text: str, start: int) -> str:
    """The text without the number that begins there and those of the same date or range."""
    found = quantities(text)
    place = next((n for n, quantity in enumerate(found) if quantity.end > start), None)
    if place is None:
        return text
    first = last = place
    while first and _RUN.fullmatch(text[found[first - 1].end : found[first].start]):
        first -= 1
    while last + 1 < len(found) and _RUN.fullmatch(text[found[last].end : found[last + 1].start]):
        last += 1
    return f"{text[: found[first].start]}、{text[found[last].end :]}"
