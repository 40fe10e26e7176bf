"""Numbers, years and article numbers, whole and in one writing.

令和3年度, R3年度, 令和三年度 and 2021年度 are one word to the search; so are 五年 and 5年, 1万2千人 and
12,000人, 3か月 and 3ヶ月. A number in kanji counts as one only with a unit behind it (一般 is none).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_DIGITS = {letter: value for value, letter in enumerate("〇一二三四五六七八九")}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_ERAS = {
    "令和": 2018,
    "r": 2018,
    "平成": 1988,
    "h": 1988,
    "昭和": 1925,
    "s": 1925,
}  # the year before the first

_TURN = "[かケヶカヵヵ箇個]"  # as in 3か月, 3ヶ月
_UNITS = (
    f"年度|{_TURN}年|年間|年|{_TURN}月|月|日間|日|条|項|号|章|節|回|件|橋|者|人|団体|市町村|自治体|{_TURN}所"
    "|段階|施設|割|%|km|m2|m3|mm|cm|ha|m|円|歳|世帯|技術"
)
# units a number in kanji may have, and what may not follow: 四日市, 一回り and 八千代 are words
_KANJI_UNITS = (
    f"年度|{_TURN}年|年間|年(?!生)|{_TURN}月|月|日間|日(?![市町場])|回(?![りる線収答復転路避帰])|件|者|人(?!前|称)"
    f"|団体|市町村|自治体|{_TURN}所|段階|施設|割|円(?![滑形周筒])|億|歳(?![市町])|世帯"
)
_KANJI = "[〇一二三四五六七八九十百千]"
_ARABIC = r"[0-9]+(?:[.,][0-9]+)*[百千]?"
_NUMBER = re.compile(
    rf"(?P<era>令和|平成|昭和|[rhs])(?P<year>[0-9]{{1,2}}|元|[一二三四五六七八九十]{{1,3}})(?P<kind>年度|年)"
    rf"|第(?P<ordinal>[0-9]+|{_KANJI}{{1,9}})(?P<part>条|項|号|章|節|次|回|期)"
    rf"|(?P<arabic>第?{_ARABIC}(?:[万億兆](?:{_ARABIC})?){{0,3}})(?P<unit>(?:{_UNITS})(?![a-z]))?"
    rf"|(?<![統同唯均単画随択専])(?P<kanji>{_KANJI}{{1,9}}(?:[万億兆]{_KANJI}{{0,9}}){{0,2}})(?P<counted>{_KANJI_UNITS})"
)
_LONGEST = 24  # letters of a number that is reckoned; a longer one is no quantity


def numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and one writing of each number in folded text."""
    for match in _NUMBER.finditer(text):
        yield match.start(), match.end(), _written(match)


def value(number: str) -> Decimal:
    """What a number is worth: 1万2千, 二十五, 二〇二五, 1,240, 0.2."""
    total = Decimal(0)
    rest = number
    for mark, worth in reversed(_LARGE.items()):
        before, found, after = rest.partition(mark)
        if found:
            total += _below(before) * worth
            rest = after
    return total + (_below(rest) if rest or not total else 0)


def _written(match: re.Match[str]) -> str:
    if match["era"]:
        year = 1 if match["year"] == "元" else value(match["year"])
        return f"{_ERAS[match['era']] + int(year)}{match['kind']}"
    if match["ordinal"]:
        return f"第{value(match['ordinal'])}{match['part']}"
    unit = re.sub(f"^{_TURN}", "か", match["unit"] or match["counted"] or "")
    number = match["arabic"] or match["kanji"]
    if len(number) > _LONGEST or number.count(".") > 1:
        return number + unit
    if number.startswith("第"):
        return f"第{value(number[1:])}{unit}"
    if number.startswith("0") and not number.startswith("0."):  # 03 of a telephone number
        return number + unit
    return f"{value(number)}{unit}"


def _below(number: str) -> Decimal:
    """A number below 10,000, or one written digit by digit."""
    digits = "".join(str(_DIGITS.get(letter, letter)) for letter in number.replace(",", ""))
    total, current = Decimal(0), ""
    for letter in digits:
        if letter in _SMALL:
            total += Decimal(current or 1) * _SMALL[letter]
            current = ""
        else:
            current += letter
    return total + Decimal(current or 0)
