"""Who asks: the municipality of a need, from its field or from its text; one that has its name from several is asked back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.places import Block, Municipality, Prefecture
from rag.errors import NeedError
from rag.matching.need import Question
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
    candidates: tuple[Municipality, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.block or self.candidates)

    def then(self, later: Where) -> Where:
        """With what is said later: that counts, unless it tells less, or only which of these it is.

        府中市 … 広島県です: it is 広島県府中市.
        """
        if later.municipality is None and not later.candidates:
            return self or later
        whole = later.municipality is not None and later.municipality.is_prefecture
        places = (*self.candidates, *filter(None, [self.municipality]))
        within = [place for place in places if whole and place.prefecture == later.prefecture]
        return at(within[0]) if len(within) == 1 else later


def whole_name(place: Municipality) -> str:
    """With the prefecture in front: 広島県府中市."""
    return place.name if place.is_prefecture else f"{place.prefecture}{place.name}"


def given_place(name: str | None, prefecture: str | None) -> Municipality | None:
    """The municipality that was given, or the prefecture alone. Raises NeedError for what cannot be meant."""
    within = _prefecture(prefecture) if prefecture else None
    return _municipality(name, within) if name else within


def differ(one: Municipality, other: Municipality) -> bool:
    """Whether neither place lies within the other."""
    whole = one.is_prefecture or other.is_prefecture
    return one.prefecture != other.prefecture or not (whole or one == other)


def asked_from(text: str) -> Where:
    """The one place that a text tells of."""
    found = [mention for mention in mentioned(text) if not _LIKE.match(text, mention.end)]
    places = {mention.place: mention.text for mention in found if mention.place}
    towns = [place for place in places if not place.is_prefecture] or list(places)
    if len(towns) == 1:
        return at(towns[0])
    if towns:
        return _between(towns, [places[town] for town in towns])
    for mention in found:
        if mention.ambiguous:
            question = Question("municipality", _which(mention.text, mention.candidates))
            return Where(open=(question,), candidates=mention.candidates)
    blocks = {mention.block for mention in found}
    return Where(block=blocks.pop()) if len(blocks) == 1 else Where()


def at(place: Municipality) -> Where:
    return Where(place, place.prefecture, place.block)


def _between(towns: Sequence[Municipality], texts: Sequence[str]) -> Where:
    """Several places: what they have in common, and the question which one asks."""
    prefectures, blocks = {town.prefecture for town in towns}, {town.block for town in towns}
    question = Question("municipality", f"どちらの自治体のご相談ですか（{'、'.join(texts)}）。")
    return Where(
        prefecture=prefectures.pop() if len(prefectures) == 1 else None,
        block=blocks.pop() if len(blocks) == 1 else None,
        open=(question,),
        candidates=tuple(towns),
    )


def _prefecture(name: str) -> Municipality:
    named = (place for ending in ("", "県", "府", "都") for place in lookup(name + ending))
    found = next((place for place in named if place.is_prefecture), None)
    if found is None:
        raise NeedError(f"「{name}」という都道府県はありません。広島県 のように書いてください。")
    return found


def _municipality(name: str, within: Municipality | None) -> Municipality:
    found = lookup(name)
    here = [place for place in found if within is None or place.prefecture == within.prefecture]
    if len(here) == 1:
        return here[0]
    if here:
        raise NeedError(_which(name, here))
    if found and within:
        told = "、".join(map(whole_name, found))
        raise NeedError(
            f"都道府県「{within.name}」と自治体「{name}」が合いません（{told}）。どちらかを直してください。"
        )
    told = "、".join(map(whole_name, nearest(f"{within.name if within else ''}{name}")))
    hint = f"近い名前は {told} です。" if told else ""
    raise NeedError(
        f"「{name}」という自治体は見つかりません。{hint}"
        "都道府県から正しい名前を書いてください（例 広島県府中市）。"
    )


def _which(name: str, candidates: Sequence[Municipality]) -> str:
    told = "、".join(map(whole_name, candidates))
    return f"「{name}」は{len(candidates)}つあります。どちらですか（{told}）。"
