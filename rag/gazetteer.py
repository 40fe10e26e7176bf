"""Names of places in one writing: ヶ is ケ, 龍 is 竜, full width is half; a name or a reading leads to who has it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from corpus.places import Municipality, municipalities
from rag.fold import squeeze

_SAME = str.maketrans(  # letters that are written one for the other; each is one letter, so places stay
    "ヶヵがガ龍檜鰺鯵竈﨑髙濵濱澤邉邊壺", "ケケケケ竜桧鯵鯵釜崎高浜浜沢辺辺壷"
)


def plain_of(text: str) -> str:
    """One writing of every letter, each in its place."""
    letters = (unicodedata.normalize("NFKC", letter) for letter in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(letters, text, strict=True)).translate(
        _SAME
    )


def key(name: str) -> str:
    """The writing under which a name is kept and looked up; readings in hiragana."""
    return "".join(
        chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヴ" and _is_kana(name) else letter
        for letter in squeeze(name)
    ).translate(_SAME)


def _is_kana(name: str) -> bool:
    return bool(re.fullmatch(r"[ぁ-ゖァ-ヺー\sｦ-ﾟ]+", name))


@lru_cache(maxsize=1)
def prefectures() -> tuple[Municipality, ...]:
    return tuple(place for place in municipalities() if place.is_prefecture)


@lru_cache(maxsize=1)
def names() -> dict[str, tuple[Municipality, ...]]:
    """Name or reading -> who has it."""
    found: dict[str, dict[Municipality, None]] = defaultdict(dict)
    for place in municipalities():
        found[key(place.name)][place] = None
        found[key(place.reading)][place] = None
    return {name: tuple(places) for name, places in found.items()}
