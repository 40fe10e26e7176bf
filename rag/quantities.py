"""Quantities as a sentence uses them: 約2万5,000円以上 is an amount, about, a lower bound; 年2回 is a rate.

Knows one text at a time and compares two; knows nothing of words beyond those beside a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.fold import fold
from rag.numbers import numbers, value

_COUNTED = "つ|名|橋|社|台|基|灯|本(?!化)|校|戸|棟|施設|自治体|団体|技術|種類|項目|倍|割|巡目|の(?:市町村|市|町|村|自治体|団体|施設|橋|県|技術)"
_KANJI = re.compile(
    rf"(?<![0-9〇一二三四五六七八九十百千万億統同唯均単画随択専])[〇一二三四五六七八九十百千]+(?={_COUNTED})|(?<=[年月日週]に)[一二三四五六七八九]+(?=度)"
)
_RANGE = re.compile(  # 5.8~6.4兆円 is 5.8兆円~6.4兆円
    r"(?P<low>[0-9][0-9,.]*)(?P<to>~|から|-)(?P<high>[0-9][0-9,.]*)(?P<unit>[万億兆]?(?:円|年度|年|月|日|%|割|人|件|橋|k?m|cm|mm|(?:キロ)?メートル|キロ|時間|分|台|基|度|団体|自治体|市町村|者|社|[かヶカケ箇][所月年])?)"
)
_UNIT = re.compile(  # those that rag.numbers does not read
    r"時間|分の|分|秒|週間|度|台|基|灯|本|枚|戸|棟|倍|名|社|校|頁|点|位|巡目|種類|項目|地区|市|町|村|区|県|都市"
    r"|トン|パーセント|(?:平方キロ|平方|キロ|センチ|ミリ)?メートル|キロ|センチ|ミリ|ヘクタール|リットル|ワット|つ|個|校|の?(?:自治体|団体|施設|橋|技術|市町村)|[a-z]{1,3}[23]?(?![a-z])"
)
_ONE_UNIT = {"名": "人", "パーセント": "%", "トン": "t", "リットル": "l", "ワット": "w", "本の橋": "橋"}
_BASE = {  # units of one measure, in the smallest
    **dict.fromkeys(("m", "メートル"), ("mm", "1000")),
    **dict.fromkeys(("km", "キロ", "キロメートル"), ("mm", "1000000")),
    **dict.fromkeys(("cm", "センチ", "センチメートル"), ("mm", "10")),
    **dict.fromkeys(("ミリ", "ミリメートル"), ("mm", "1")),
    "ha": ("m2", "10000"),
    "ヘクタール": ("m2", "10000"),
    "km2": ("m2", "1000000"),
    "平方キロメートル": ("m2", "1000000"),
    "平方メートル": ("m2", "1"),
    "t": ("kg", "1000"),
    "割": ("%", "10"),
    "週間": ("日", "7"),
}
_COUNTERS = frozenset(  # what is counted by one may be counted by another, where the passage has that word, too
    "つ 件 者 人 社 校 橋 本 台 基 灯 枚 戸 棟 団体 自治体 市町村 施設 技術 種類 項目 か所 地区 市 町 村 区 県 都市 点".split()
)
_BOUNDS = (
    (re.compile("以上"), "以上"),
    (re.compile("以下|以内"), "以下"),
    (re.compile("未満|を?(?:下回|割り込|切[るっり])|に満たな"), "未満"),
    (re.compile("を?(?:超|こえ|上回)|余り|あまり|強(?![化靱い])"), "超"),
)
_AT_LEAST = re.compile(r"(?:少なくとも|最低でも?)(?:約|およそ)?$")
_ABOUT_BEFORE = re.compile("(?:約|およそ|おおよそ|ほぼ|概ね|おおむね)$")
_ABOUT_AFTER = re.compile("程度|前後|ほど|くらい|ぐらい|弱(?![い点])")
_EACH = re.compile(
    "(?<![0-9和成])1(?:[かヶカケ箇])?(?=[年月日週](?:間)?(?:に|当たり|あたり|につき)(?:約|およそ)?[0-9])"
)  # 1年に2回 is 年に2回
_ERA_RANGE = re.compile(
    r"(令和|平成|昭和)([0-9]{1,2}|元)(年度?)?([~・、と]|から)(?=[0-9]{1,2}年(?![後間目以]))"
)  # 令和7~9年度
_TIMES = re.compile("(?<=[年月日週]に)([0-9]+)度")  # 5年に1度 is 5年に1回
_PER = re.compile(r"(?<![0-9])(年|月|日|週)(?:間|額|に|当たり|あたり|につき)*(?:約|およそ)?$")
_FROM = re.compile("から|以降|~|より")
_UNTIL = re.compile("末?まで|以前")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})年(?:\([0-9]{4}年\))?(?P<month>[0-9]{1,2})月(?:(?P<day>[0-9]{1,2})日)?"
)
_OTHER_KANJI = re.compile(r"((?:[一十百千]?[二三四五六七八九][十百千]?|[一十百千万]{2,})+)[一-鿿々ァ-ヺa-z]")
_GRADE = re.compile(r"(?<![a-z])(?:i{1,3}|iv|v)(?![a-z])")  # 判定Ⅲ


@dataclass(frozen=True)
class Quantity:
    """A number of a text. ``bound``: 以上, 以下, 未満 or 超; ``per``: 年, 月, 日 or 週 of a rate; ``edge``: から or まで; places are in ``plain``."""

    value: str
    unit: str
    bound: str
    about: bool
    per: str
    edge: str
    start: int
    end: int

    def agrees(self, other: Quantity) -> bool:
        """Whether a sentence that says this says what ``other`` says, the rate apart. A unit may be left out, nothing else."""
        return (
            self.value == other.value
            and (self.unit in ("", "つ", other.unit) or {self.unit, other.unit} <= _COUNTERS)
            and (self.bound, self.about) == (other.bound, other.about)
            and (not self.edge or not other.edge or self.edge == other.edge)
        )

    def like(self, other: Quantity) -> bool:
        """Whether both count the same kind of thing, so that one could be taken for the other."""
        return self.kind == other.kind and self.value != other.value

    @property
    def kind(self) -> str:
        """The unit, a year of the calendar apart from so many years."""
        return "暦" if self.unit in ("年", "年度") and len(self.value) == 4 else self.unit


def plain(text: str) -> str:
    """The text, folded, with every number in one writing and both ends of a range with their unit."""
    folded = _KANJI.sub(lambda match: str(value(match[0])), fold(text))
    folded = _TIMES.sub(r"\1回", folded)
    folded = _EACH.sub("", folded)
    folded = _ERA_RANGE.sub(lambda m: f"{m[1]}{m[2]}{m[3] or '年度'}{m[4]}{m[1]}", folded)
    folded = _RANGE.sub(lambda m: f"{m['low']}{m['unit']}{m['to']}{m['high']}{m['unit']}", folded)
    made, place = [], 0
    for start, end, written in numbers(folded):
        made += [folded[place:start], _shortest(written)]
        place = end
    return "".join([*made, folded[place:]])


def quantities(text: str) -> tuple[Quantity, ...]:
    """Those of a text that is :func:`plain`, in reading order."""
    return tuple(sorted((*_numbers(text), *_grades(text)), key=lambda quantity: quantity.start))


def misdated(sentence: str, passage: str) -> list[str]:
    """Months and days of the sentence that the passage has in other years or months alone (9月 of 2022年9~10月 is of none)."""
    wrong = []
    for year, month, day in _DATE.findall(sentence):
        years = {told[0] for told in _DATE.findall(passage) if told[1] == month}
        alone = re.search(rf"(?<![0-9年)]){month}月", passage)
        days = {told[2] for told in _DATE.findall(passage) if told[:2] == (year, month)}
        if (years and year not in years and not alone) or (day and days and day not in days):
            wrong.append(f"{year}年{month}月{day and day + '日'}")
    return wrong


def absent(sentence: str, passage: str) -> list[str]:
    """Quantities and dates of a sentence that the passage does not have so, as the sentence writes them."""
    told = quantities(passage)
    missing = [
        sentence[quantity.start : quantity.end]
        for quantity in quantities(sentence)
        if not any(
            quantity.agrees(other)
            and _same_thing(quantity, other, passage)
            and _same_rate(quantity, other, sentence, passage)
            for other in told
        )
        and (quantity.value, quantity.unit) != ("1", "つ")
    ]
    return missing + misdated(sentence, passage) + _unread(sentence, passage)


def _unread(sentence: str, passage: str) -> list[str]:
    """Numbers that are no quantity (七分野, ٧年, ⅶ) and do not stand so in the passage."""
    values = {quantity.value for quantity in quantities(passage)}
    kanji = (
        m for m in _OTHER_KANJI.finditer(sentence) if m[0] not in passage and str(value(m[1])) not in values
    )
    others = (letter for letter in sentence if _is_odd_number(letter) and letter not in passage)
    return [*(match[0] for match in kanji), *others]


def _is_odd_number(letter: str) -> bool:
    return letter.isnumeric() and not letter.isascii() and unicodedata.category(letter) != "Lo"


def _same_rate(quantity: Quantity, other: Quantity, sentence: str, passage: str) -> bool:
    """Whether both are of a year, a month, a day; one may say it in another place (1日の通報は平均38件)."""
    if quantity.per == other.per or not quantity.unit:
        return True
    per, silent = (quantity.per, passage) if quantity.per else (other.per, sentence)
    return not (quantity.per and other.per) and bool(
        re.search(rf"毎{per}|(?<![0-9]){per}(?:間|額|平均|当たり|あたり|に|の)|(?<![0-9])1{per}", silent)
    )


def _same_thing(quantity: Quantity, other: Quantity, passage: str) -> bool:
    """Whether one counter may stand for the other: 13の自治体 for 13団体, where no other number counts 自治体."""
    if quantity.unit in ("", "つ", other.unit):
        return True
    return quantity.unit in passage and all(told.unit != quantity.unit for told in quantities(passage))


def _numbers(text: str) -> Iterator[Quantity]:
    for start, end, written in numbers(text):
        match = re.fullmatch(r"(第?[0-9.,]+)(.*)", written)
        if match is None:
            continue
        number, unit = match[1], match[2]
        if not unit and (further := _UNIT.match(text, end)):
            unit, end = further[0].removeprefix("の"), further.end()
        yield _quantity(text, start, end, number, _ONE_UNIT.get(unit, unit))


def _quantity(text: str, start: int, end: int, number: str, unit: str) -> Quantity:
    before, after = text[:start], text[end : end + 6]
    bound = next((name for pattern, name in _BOUNDS if pattern.match(after)), "")
    per = _PER.search(before) if unit not in ("年", "年度", "月", "日") else None
    if unit in _BASE and not number.startswith("第"):
        unit, times = _BASE[unit]
        number = f"{(Decimal(number) * Decimal(times)).normalize():f}"
    return Quantity(
        value=number,
        unit=unit,
        bound=bound or ("以上" if _AT_LEAST.search(before) else ""),
        about=bool(_ABOUT_BEFORE.search(before) or _ABOUT_AFTER.match(after)),
        per=per[1] if per else "",
        edge="から" if _FROM.match(after) else "まで" if _UNTIL.match(after) or before.endswith("~") else "",
        start=start,
        end=end,
    )


def _grades(text: str) -> Iterator[Quantity]:
    for match in _GRADE.finditer(text):
        yield Quantity(match[0], "区分", "", False, "", "", match.start(), match.end())


def _shortest(written: str) -> str:
    """130000000.0円 as 130000000円, 10年間 as 10年."""
    written = re.sub("(?<=[0-9][年日])間$", "", written)
    return re.sub(r"(?<=[0-9])(\.[0-9]*?)0+(?=[^0-9]|$)", lambda m: m[1] if len(m[1]) > 1 else "", written)
