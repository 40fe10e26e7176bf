"""Which municipality is meant (自治体の名前): near names are offered, never assumed."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.places import Municipality
from rag.errors import DeskError
from rag.places import lookup, nearest


def municipality_named(name: str, prefecture: str | None = None) -> Municipality:
    """The one of that name. Raises DeskError for none, and for several unless the prefecture tells them apart."""
    found = [place for place in lookup(name) if prefecture in (None, "", place.prefecture)]
    if len(found) == 1:
        return found[0]
    if found:
        raise DeskError(f"「{name}」は{_told(found)}があります。都道府県も書いてください。")
    near = nearest((prefecture or "") + name)
    offered = f"近い名前は{_told(near)}です。" if near else ""
    where = f"{prefecture}の" if prefecture else ""
    raise DeskError(f"{where}自治体「{name}」はありません。{offered}正式な名前で書いてください。")


def _told(places: Iterable[Municipality]) -> str:
    return "、".join(map(full_name, places))


def full_name(place: Municipality) -> str:
    """With its prefecture in front."""
    return place.name if place.is_prefecture else f"{place.prefecture}{place.name}"
