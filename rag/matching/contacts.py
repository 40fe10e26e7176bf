"""相談先: whom to ask about what, the nearest first: the own prefecture, the block, the nation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.parts import Facility
from corpus.records import Contact
from rag.fold import squeeze
from rag.matching.need import Need
from rag.matching.texts import Space, Texts, Vector

Level = Literal["都道府県", "ブロック", "全国"]
_LEVELS: tuple[Level, ...] = ("都道府県", "ブロック", "全国")
ANY_TOPIC = "相談先を知りたい"  # what is asked where no topic is given
_GENERAL = 0.5  # an office for every facility
_FEW_PREFECTURES = 2  # an office of so few prefectures at most is one of the prefecture
_LEAST = 0.25  # an office about something else


@dataclass(frozen=True)
class Office:
    """A contact, how near it is, and why it is named."""

    contact: Contact
    level: Level
    score: float
    reason: str


@dataclass(frozen=True)
class Contacts:
    """The shelf of contacts, opened once."""

    contacts: tuple[Contact, ...]
    texts: Texts

    @classmethod
    def of(cls, contacts: Sequence[Contact], space: Space) -> Contacts:
        told = ([f"{contact.title}。{'、'.join(contact.topics)}", contact.summary] for contact in contacts)
        return cls(tuple(contacts), space.texts(told, "contacts"))

    def nearest(self, need: Need, vector: Vector, k: int) -> tuple[Office, ...]:
        """The ``k`` nearest offices for a need; of equally near ones, the one that is most about it."""
        nearness, _ = self.texts.nearness(vector)
        found = [
            Office(contact, level, score, _reason(contact, level, need))
            for contact, near in zip(self.contacts, nearness, strict=True)
            if (level := _level(contact, need)) and (score := _about(contact, need, float(near))) >= _LEAST
        ]
        found.sort(key=lambda office: (_LEVELS.index(office.level), -office.score, office.contact.id))
        return tuple(found[:k])


def _level(contact: Contact, need: Need) -> Level | None:
    """How near an office is to who asks; an office of other prefectures or of another block is none."""
    if not contact.blocks:
        return "全国"
    if contact.prefectures and len(contact.prefectures) <= _FEW_PREFECTURES and len(contact.blocks) == 1:
        whole = contact.kind in ("国の機関", "道路メンテナンス会議", "国民会議")  # a block of one prefecture
        if need.prefecture in contact.prefectures:
            return "ブロック" if whole else "都道府県"
        return None if need.prefecture or need.block not in contact.blocks else "ブロック"
    if need.prefecture and contact.prefectures and need.prefecture not in contact.prefectures:
        return None
    return "ブロック" if need.block in contact.blocks else None


def _about(contact: Contact, need: Need, near: float) -> float:
    """How much an office is about a need: its facility and its topics, half each."""
    topic = max(near, 1.0 if any(squeeze(t) in squeeze(need.text) for t in contact.topics) else 0.0)
    return round((_facility(contact.facilities, need.facilities) + topic) / 2, 3)


def _facility(has: Sequence[Facility], wanted: Sequence[Facility]) -> float:
    general = not has or "複数分野" in has
    if not wanted:  # it may be about anything
        return 1.0 if general else _GENERAL
    if set(has) & set(wanted):
        return 1.0
    return _GENERAL if general or "複数分野" in wanted else 0.0


def _reason(contact: Contact, level: Level, need: Need) -> str:
    where = {"都道府県": need.prefecture, "ブロック": need.block, "全国": "全国"}[level]
    return f"{where}の相談先で、{'、'.join(contact.topics[:3])}を相談できます。"
