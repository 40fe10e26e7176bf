"""A need told over the turns of a conversation: the later word wins, and what it overrules is named.

Who names another facility goes over to another matter (別の話): the words, the technologies and the stage of the former
one are left behind. Where they are, how large, when and how they wish to be met stays. What only answers a question
(「5万人くらいです」) or asks for people (「相談できる専門家は?」) is read, but is no part of the text that is matched.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from corpus.parts import Facility, Size
from corpus.places import Municipality
from rag.fold import strip_invisible
from rag.matching.bank import kin
from rag.matching.catalogue import Catalogue
from rag.matching.need import Need, Reading
from rag.matching.reading import LONGEST, Given, checked, read_need, size_by_law
from rag.matching.where import Where, asked_from, at, differ, whole_name
from rag.matching.words import size_in

V = TypeVar("V")

_ALSO = re.compile(r"(?<!で)も(?![っうのしちらとよ])|加え|あわせて|合わせて|一緒に|さらに")
_SAME_MATTER = 0.5  # 道路 and 舗装 are one, 橋梁 and 下水道 are two
_SHORT = 25  # letters of an answer to a question
_WHO = re.compile(r"専門家|アドバイザー|相談(?:できる|相手|先)|(?:誰|だれ)[にか]")


@dataclass(frozen=True)
class _Turn:
    need: Need
    size: Size | None
    where: Where

    @property
    def aside(self) -> bool:
        """Whether it tells where or how, or asks for people, and nothing of the matter."""
        need = self.need
        told = need.stage or need.mode or need.period or self.size or self.where or _WHO.search(need.text)
        return bool(told) and not (need.facilities or need.technologies) and len(need.text) <= _SHORT


def read_turns(
    turns: Sequence[str], home: Municipality | None, catalogue: Catalogue, today: datetime.date
) -> Reading:
    """``home``: the municipality that is known to ask. Raises NeedError where nothing was said."""
    told = [_turn(text, catalogue, today) for text in turns if strip_invisible(text).strip()]
    since, notes = _matter(told)
    matter = told[since:]
    text = _text(matter)
    facilities = _once(facility for turn in matter for facility in turn.need.facilities)
    where = at(home) if home else _where(told, notes)
    need = Need(
        text,
        facilities,
        catalogue.named(text, facilities),
        stage=_last("段階", [turn.need.stage for turn in matter], notes),
        municipality=where.municipality,
        prefecture=where.prefecture,
        block=where.block,
        size=_last("規模", [turn.size for turn in told], notes) or size_by_law(where.municipality),
        mode=_last("希望の形", [turn.need.mode for turn in told], notes),
        period=next((turn.need.period for turn in reversed(told) if turn.need.period), None),
    )
    return Reading(need, where.open, tuple(notes))


def _turn(text: str, catalogue: Catalogue, today: datetime.date) -> _Turn:
    need = read_need(text[:LONGEST], Given(), catalogue, today).need
    return _Turn(need, size_in(text), asked_from(text))


def _matter(told: Sequence[_Turn]) -> tuple[int, list[str]]:
    """The turn with which the present matter began, and that it is another one than before."""
    since, before, notes = 0, tuple[Facility, ...](), list[str]()
    for at_turn, turn in enumerate(told):
        named = turn.need.facilities
        if named and before and not _ALSO.search(turn.need.text) and not _akin(before, named):
            notes = [f"はじめの{'・'.join(before)}ではなく、あとの{'・'.join(named)}の相談として探します。"]
            since, before = at_turn, ()
        before = _once((*before, *named))
    return since, notes


def _akin(some: Sequence[Facility], others: Sequence[Facility]) -> bool:
    return any(kin(one, other) >= _SAME_MATTER for one in some for other in others)


def _text(matter: Sequence[_Turn]) -> str:
    """What was said of the matter, as much of it as a need may be long; the newest is kept."""
    said = [turn.need.text for turn in matter if not turn.aside] or [turn.need.text for turn in matter]
    while len(said) > 1 and len("。".join(said)) > LONGEST:
        del said[0]
    return checked("。".join(said))


def _where(told: Sequence[_Turn], notes: list[str]) -> Where:
    """The place that was told last."""
    found = Where()
    for turn in told:
        later = found.then(turn.where)
        before, now = found.municipality, later.municipality
        if before and now and differ(before, now):
            notes.append(
                f"はじめの{whole_name(before)}ではなく、あとの{whole_name(now)}の相談として探します。"
            )
        found = later
    return found


def _last(name: str, values: Sequence[V | None], notes: list[str]) -> V | None:
    """The value that was said last; the one before it is named."""
    said = _once(value for value in reversed(values) if value)
    if len(said) > 1:
        notes.append(f"{name}は、はじめの{said[1]}ではなく、あとの{said[0]}で探します。")
    return said[0] if said else None


def _once(items: Iterable[V]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(items))
