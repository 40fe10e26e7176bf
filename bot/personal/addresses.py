"""Postal codes, and of an address the part behind the municipality (町名・番地)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.personal.found import Found
from corpus.places import municipalities

_N = r"[\d一二三四五六七八九十百]{1,5}"
_YEAR = r"(?!(?:19|20)\d\d-)"
_LOT = rf"{_N}番地(?:の?{_N})?(?:-?\d{{1,4}})?|{_N}番{_N}号?"
_CERTAIN = rf"{_N}丁目 ?(?:{_LOT}|{_N}番|\d{{1,4}}-\d{{1,4}})|{_LOT}|{_YEAR}\d{{1,4}}-\d{{1,4}}-\d{{1,4}}"
_LIKELY = (
    rf"(?:{_CERTAIN}|{_YEAR}\d{{1,4}}-\d{{1,4}})(?![\d-])"  # where the text says that an address follows
)
_ROOM = (
    r"(?: ?[一-龠ァ-ヶーA-Za-z]{0,12}(?:コーポ|ハイツ|マンション|アパート|メゾン|ビル|荘|団地|棟) ?\d{1,4}(?:号室?)?"
    r"|(?: ?[一-龠ァ-ヶーA-Za-z]{2,15})? ?\d{1,4}号室?)?"
)
_LONGEST_NAME = 7  # かすみがうら市
_RUN = r"[一-龠々〆ァ-ヶーぁ-ん ]"
_PARTICLE = re.compile("[をはがへでとにも]")
_ADDRESS = re.compile(rf"({_RUN}{{0,40}}?)(?:{_CERTAIN})(?![\d-]){_ROOM}")
_CALLED = re.compile(
    rf"(?:住所|所在地|自宅|実家|送り先|届け先|宛先|〒 ?\d{{3}}-?\d{{4}}|(?<![\d-])\d{{3}}-\d{{4}})"
    rf"[はが:(]? ?({_RUN}{{0,40}}?){_LIKELY}{_ROOM}"
)
_PARCEL = re.compile(rf"(大?字{_RUN}{{1,12}}?){_LIKELY}{_ROOM}")
_CODE = re.compile(r"〒 ?\d{3}-?\d{4}(?!\d)|(?<=郵便番号[はが: ])\d{3}-?\d{4}(?!\d)")
_BARE_CODE = re.compile(rf"(?<![\d-])\d{{3}}-\d{{4}}(?= ?({_RUN}{{2,7}}))")


def postal_codes(text: str) -> Iterator[Found]:
    """Seven digits behind 〒 or 郵便番号, or before a prefecture or a municipality."""
    for match in _CODE.finditer(text):
        yield Found(match.start(), match.end(), "郵便番号")
    for match in _BARE_CODE.finditer(text):
        if any(match[1][:length] in _names() for length in range(2, len(match[1]) + 1)):
            yield Found(match.start(), match.end(), "郵便番号")


def streets(text: str) -> Iterator[Found]:
    """What stands between the name of a municipality, or a word such as 住所, and the number of the house."""
    for match in _ADDRESS.finditer(text):
        place = _behind_a_place(match[1])
        town = match[1][place:]
        if place and len(town) <= 12 and not _PARTICLE.search(town):
            yield _street(match, place)
        elif "丁目" in match.group():
            yield _street(match, _behind_the_words(match[1]))
    for match in _CALLED.finditer(text):
        yield _street(match, _behind_a_place(match[1]))
    for match in _PARCEL.finditer(text):
        yield _street(match, 0)


def _street(match: re.Match[str], skipped: int) -> Found:
    start = match.start(1) + skipped
    start += match.end() - start - len(match.string[start : match.end()].lstrip())
    return Found(start, match.end(), "住所")


def _behind_a_place(run: str) -> int:
    """Where the last name of a municipality or a prefecture ends; 0 where there is none."""
    for end in range(len(run), 1, -1):
        if run[end - 1] in "市区町村都道府県" and any(
            run[end - length : end] in _names() for length in range(2, min(end, _LONGEST_NAME) + 1)
        ):
            return end
    return 0


def _behind_the_words(run: str) -> int:
    """Where the last kanji or katakana begin that stand together."""
    tail = re.search(r"[一-龠々ァ-ヶー]*$", run)
    return tail.start() if tail else 0


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(place.name for place in municipalities())
