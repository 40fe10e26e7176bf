"""Who asks: the municipality of a need, from its field or from its text; one that has its name from several is asked back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.places import Block, Municipality, Prefecture
from rag.matching.need import NeedError, Question
from rag.places import lookup, mentioned, nearest

# 君津市のように: another one is spoken of
_LIKE = re.compile(
    r"(?:の?よう[なに]|みたい|と同じ|の事例|の例|を参考|では?すで|[がは][^。、]{0,12}した|に続)"
)


@dataclass(frozen=True)
class Where:
    """What is known of the place; ``open`` asks which of several it is."""

    municipality: Municipality | None = None
    prefecture: Prefecture | None = None
    block: Block | None = None
    open: tuple[Question, ...] = ()


def asked_from(text: str, field: str | None) -> Where:
    """The field decides; else the one place that the text tells of. Raises NeedError for an unknown field."""
    if field:
        return _at(_municipality(field))
    found = [mention for mention in mentioned(text) if not _LIKE.match(text, mention.end)]
    places = {mention.place: mention.text for mention in found if mention.place}
    towns = [place for place in places if not place.is_prefecture] or list(places)
    if len(towns) == 1:
        return _at(towns[0])
    if towns:
        return _between(towns, [places[town] for town in towns])
    for mention in found:
        if mention.ambiguous:
            return Where(open=(Question("municipality", _which(mention.text, mention.candidates)),))
    blocks = {mention.block for mention in found}
    return Where(block=blocks.pop()) if len(blocks) == 1 else Where()


def _at(place: Municipality) -> Where:
    return Where(place, place.prefecture, place.block)


def _between(towns: Sequence[Municipality], texts: Sequence[str]) -> Where:
    """Several places: what they have in common, and the question which one asks."""
    prefectures, blocks = {town.prefecture for town in towns}, {town.block for town in towns}
    question = Question("municipality", f"どちらの自治体のご相談ですか（{'、'.join(texts)}）。")
    return Where(
        prefecture=prefectures.pop() if len(prefectures) == 1 else None,
        block=blocks.pop() if len(blocks) == 1 else None,
        open=(question,),
    )


def _municipality(name: str) -> Municipality:
    found = lookup(name)
    if len(found) == 1:
        return found[0]
    if found:
        raise NeedError(_which(name, found))
    told = "、".join(map(_whole, nearest(name)))
    hint = f"近い名前は {told} です。" if told else ""
    raise NeedError(
        f"「{name}」という自治体は見つかりません。{hint}"
        "都道府県から正しい名前を書いてください（例 広島県府中市）。"
    )


def _which(name: str, candidates: Sequence[Municipality]) -> str:
    told = "、".join(map(_whole, candidates))
    return f"「{name}」は{len(candidates)}つあります。どちらですか（{told}）。"


def _whole(place: Municipality) -> str:
    return place.name if place.is_prefecture else f"{place.prefecture}{place.name}"
