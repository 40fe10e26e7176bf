"""Municipalities, prefectures and blocks in Japanese text: where they are named, and which ones are meant.

Knows the list of all municipalities; knows nothing of questions or of who asks. Of two readings the longer
wins (東京都府中市, not 東京都; 中標津町, not 標津町). Several candidates are 同名自治体 that the text does not tell
apart. A prefecture without 県 or 府 counts only where no surname and no other word is likely (山口の橋, not 山口さん).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import get_args

from corpus.places import Block, Municipality, municipalities
from rag.gazetteer import key, names, plain_of, prefectures

_ENDS = frozenset("都道府県市区町村")
_NOT_AFTER = {  # what turns an ending into another word: 東京都市計画, 熊本市町村会, 府中市場, 北区間
    "都": "市", "道": "路", "県": "", "府": "", "市": "場町", "区": "間域画切", "町": "村", "村": "落",
}  # fmt: skip
_KANJI = re.compile(r"[\u3005\u3400-\u9fff]")
_COUNTY = re.compile(r"[\u3005-\u30fe\u3400-\u9fff]{1,4}郡")
_WARD = re.compile(r"[\u3005\u3400-\u9fff]{1,4}?(?<!地)区(?![間域画切])")  # 横浜市中区: the city is meant
WITH_WARDS = frozenset(  # 政令指定都市
    "札幌市 仙台市 さいたま市 千葉市 横浜市 川崎市 相模原市 新潟市 静岡市 浜松市 名古屋市 京都市 大阪市 堺市 神戸市"
    " 岡山市 広島市 北九州市 福岡市 熊本市".split()
)
_NAME_LIKE = frozenset(
    ("北海道", "大分県", "三重県")
)  # has no ending to leave out; 大分良くなった, 三重に巻く
_IN_WORD = re.compile(r"[\u3005\u30a1-\u30fa\u30fc-\u30fe\u3400-\u9fffa-zA-Z]")
_BARE_AFTER = re.compile(
    r"の(?!さん|姓|と申)|では|でも|にある|から|まで|内の|周辺|地域|地方|支部|[・、，,/（(）)」』\s]|$"
)
_ALSO: dict[str, Block] = {
    "関西": "近畿",
    "東海": "中部",
    "首都圏": "関東",
    "山陰": "中国",
    "山陽": "中国",
}
_REGION = r"(?:地方|ブロック|地区|地域|管内|エリア|圏|地整|フォーラム)"
_BLOCK_AFTER = re.compile(rf"{_REGION}|(?!{_IN_WORD.pattern})|[内全各]")
_BLOCKS = {**{name: name for name in get_args(Block) if name not in ("北海道", "沖縄")}, **_ALSO}
_BLOCK = re.compile("|".join(sorted(_BLOCKS, key=len, reverse=True)))
_UNSURE = {  # a country, a middle part: only beside its kind
    "中国": re.compile(rf"{_REGION}|[・、や]?四国"),
    "中部": re.compile(rf"{_REGION}|[・、や](?:{'|'.join(_BLOCKS)})"),
}
_BESIDE = re.compile(rf"(?:{'|'.join(_BLOCKS)})(?:地方)?[・、や]$")

_ALIKE = 0.5  # half of the letters: less is no misspelling
_AT_HOME = 0.2  # what the right prefecture adds


@dataclass(frozen=True)
class Mention:
    """``text[start:end]`` names a place: ``candidates`` it may be (several: 同名自治体), or a whole ``block``."""

    text: str
    start: int
    end: int
    candidates: tuple[Municipality, ...]
    block: Block | None = None

    @property
    def place(self) -> Municipality | None:
        """The only candidate; nothing for a block or where the text does not decide."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def ambiguous(self) -> bool:
        return len(self.candidates) > 1


def mentioned(text: str) -> tuple[Mention, ...]:
    """Every place the text names, in reading order; a prefecture in the text decides among equal names."""
    plain = plain_of(text)
    found: list[Mention] = []
    taken = bytearray(len(plain))
    for mention in sorted(_spans(plain), key=lambda m: (m.start - m.end, m.start)):
        if not any(taken[mention.start : mention.end]):
            taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
            found.append(replace(mention, text=text[mention.start : mention.end]))
    found.sort(key=lambda mention: mention.start)
    found = [mention for n, mention in enumerate(found) if not _within_a_town(found[n - 1 : n], mention)]
    return tuple(_decided(mention, found) for mention in found)


def lookup(name: str) -> tuple[Municipality, ...]:
    """The places with exactly this name or reading, the prefecture before or behind it or left out."""
    wanted = key(name)
    if found := names().get(wanted):
        return found
    if behind := re.fullmatch(r"(.+)[(（](.+)[)）]", wanted):
        wanted = behind[2] + behind[1]
    for end in range(len(wanted) - 1, 1, -1):
        prefecture = [place for place in names().get(wanted[:end], ()) if place.is_prefecture]
        towns = _in_county(wanted[end:].removeprefix("の")) if prefecture else ()
        if found := tuple(town for town in towns if town.prefecture == prefecture[0].prefecture):
            return found
    return _in_county(wanted)


def nearest(name: str, n: int = 3) -> tuple[Municipality, ...]:
    """The ``n`` places whose names or readings look most like a name that none has; none if none does."""
    wanted = key(name)
    prefecture = next((p for p in prefectures() if wanted.startswith(key(p.name))), None)
    rest = wanted.removeprefix(key(prefecture.name)) if prefecture else wanted
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(rest or wanted)

    def likeness(place: Municipality) -> float:
        best = 0.0
        for other in (place.name, place.name[:-1], place.reading):
            matcher.set_seq1(key(other))
            best = max(best, matcher.ratio())
        at_home = prefecture and place.prefecture == prefecture.prefecture
        return best + _AT_HOME if at_home else best

    likely = {place: alike for place in municipalities() if (alike := likeness(place)) >= _ALIKE}
    return tuple(sorted(likely, key=likely.__getitem__, reverse=True)[:n])


def _in_county(name: str) -> tuple[Municipality, ...]:
    """Towns by name, a county (周智郡) before it or not."""
    return names().get(name) or names().get(re.sub(rf"^{_COUNTY.pattern}(?=.+[町村]$)", "", name), ())


def _spans(plain: str) -> Iterator[Mention]:
    """All that may be the name of a place, overlaps included."""
    towns = [*_ending(plain)]
    yield from towns
    yield from (joined for town in towns if (joined := _joined(plain, town)))
    yield from _bare(plain)
    yield from _block(plain)


def _ending(plain: str) -> Iterator[Mention]:
    """Names with their ending (都道府県市区町村), a ward of a city taken into it."""
    longest = max(map(len, names()))
    for place, letter in enumerate(plain):
        if letter not in _ENDS or plain[place + 1 : place + 2] in tuple(_NOT_AFTER[letter]):
            continue
        end = place + 1
        for start in range(max(0, end - longest), end - 1):
            found = names().get(plain[start:end], ())
            if found and _begins(plain, start, end):
                ward = _WARD.match(plain, end) if found[0].name in WITH_WARDS else None
                yield Mention(plain, start, ward.end() if ward else end, found)


def _begins(plain: str, start: int, end: int) -> bool:
    """A name of two letters must not be the tail of a longer word (観光市場, 会津市), another hardly can."""
    if start == 0 or not _KANJI.match(plain, start - 1):
        return True
    if end - start > 2:
        return plain[start - 1 : end] != "東京都市"
    return plain[:start].endswith(("郡", *(place.name for place in prefectures())))


def _joined(plain: str, town: Mention) -> Mention | None:
    """The mention with its prefecture, before (東京都府中市, 周智郡 between) or behind (府中市（広島県）)."""
    start, end, left = town.start, town.end, town.candidates
    for place in left:
        if place.is_prefecture:
            continue
        ahead, after = _beside(key(place.prefecture))
        before, behind = ahead.search(plain[:start]), after.match(plain[end:])
        if before or behind:
            first = before.start() if before else start
            return Mention(plain, first, end + (behind.end() if behind else 0), (place,))
    return None


@lru_cache
def _beside(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How the name of a prefecture ends what stands before a town, and begins what stands behind it."""
    return re.compile(rf"{name}の?(?:{_COUNTY.pattern})?$"), re.compile(rf"[(（]{name}[)）]")


def _bare(plain: str) -> Iterator[Mention]:
    """A prefecture without its ending, where it can hardly be anything else."""
    for match in _bare_names().finditer(plain):
        before = match.start() > 0 and _IN_WORD.match(plain, match.start() - 1)
        if not before and _BARE_AFTER.match(plain, match.end()):
            place = next(p for p in prefectures() if key(p.name)[:-1] == match[0])
            yield Mention(plain, match.start(), match.end(), (place,))


@lru_cache(maxsize=1)
def _bare_names() -> re.Pattern[str]:
    bare = (key(place.name)[:-1] for place in prefectures() if place.name not in _NAME_LIKE)
    return re.compile("|".join(map(re.escape, bare)))


def _block(plain: str) -> Iterator[Mention]:
    """Blocks (東北, 近畿地方) and what people call them (関西); 東北大学 is none."""
    for match in _BLOCK.finditer(plain):
        name, start, end = match[0], match.start(), match.end()
        if start and _IN_WORD.match(plain, start - 1):
            continue
        if name in _UNSURE and not (
            _UNSURE[name].match(plain, end) or _BESIDE.search(plain[max(0, start - 6) : start])
        ):
            continue
        if _BLOCK_AFTER.match(plain, end):
            region = re.match(_REGION, plain[end:])
            yield Mention(plain, start, end + (region.end() if region else 0), (), _BLOCKS[name])


def _within_a_town(before: list[Mention], mention: Mention) -> bool:
    """千葉市栄町 names a part of 千葉市."""
    return bool(
        before
        and before[0].end == mention.start
        and mention.text[-1:] in "町村区"
        and before[0].text[-1:] in "市区町村"
    )


def _decided(mention: Mention, found: list[Mention]) -> Mention:
    """The mention with only the candidates of prefectures and blocks that the text names elsewhere."""
    if not mention.ambiguous:
        return mention
    sure = [other.place for other in found if other.place]
    for told in (
        {place.prefecture for place in sure if place.is_prefecture},
        {place.prefecture for place in sure},
    ):
        if left := tuple(place for place in mention.candidates if place.prefecture in told):
            return replace(mention, candidates=left)
    blocks = {other.block for other in found if other.block}
    left = tuple(place for place in mention.candidates if place.block in blocks)
    return replace(mention, candidates=left or mention.candidates)
