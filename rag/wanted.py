"""What kind of thing a question wants to hear (何を答えればよいか): an amount, a share, a date, so many of something.

何台 is answered by a number of 台 and by nothing else; a sentence about the same matter without one is near,
and no answer. Knows questions and sentences as text; knows nothing of hits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.fold import fold
from rag.often import HOW_OFTEN, SO_OFTEN
from rag.tokens import one_writing

_COUNTERS = (  # how a unit is asked for -> how a number of it is written
    (r"%|パーセント|割(?!り)", r"%|割|分の\d|倍|半数|半分"),
    (r"人|名(?!前)", r"人|名"),
    (r"円", r"円|無料|無償"),
    (r"キロ|km", r"km|キロ"),
    (r"ミリ|mm", r"mm|ミリ"),
    (r"平米|m2|ヘクタール|ha", r"m2|km2|ha|平方"),
    (r"メートル|m", r"m|メートル"),
    (r"[かケヶカ箇個]月", r"[かケヶカ箇個]月|年"),
    (r"[かケヶカ箇個]所", r"[かケヶカ箇個]所"),
    (r"年間", r"年|[かケヶカ箇個]月"),
    (r"年度?(?!に|ごと|おき|で)", r"年度?"),
    (r"団体|自治体|市町村|都市", r"団体|自治体|市|町|村|区|都道府県"),
    (r"社|者", r"社|者"),
    (r"日間?|週間", r"日|週|時間"),
    (r"時間", r"時間|分|日"),
    (r"倍", r"倍"),
    (r"件", r"件|団体|自治体|市町村"),
    (r"回", r"回"),
    (r"橋", r"橋"),
)
_COUNTER = re.compile(r"(?:何|いく|幾)(" + "|".join(f"(?:{asked})" for asked, _ in _COUNTERS) + ")")
_OTHER_COUNTER = re.compile(r"何([台分秒時基本枚施設校戸機川点段階種類項目世帯部冊面号色隻杯湾河])")
_KINDS = (  # words for a kind of figure -> the units it comes in
    (
        r"いくら|費用|金額|事業費|予算額|契約額|料金|単価|値段|経費|報酬|日当",
        r"円|無料|無償|%|割|分の\d|分の[一二三]",
    ),
    (r"割合|(?:率|比率)(?:は|が|を|って|の[^方仕]|$|[?。])", r"%|割|分の\d|半数|倍"),
    (r"人数|受講者数|認定者数|職員数", r"人|名"),
    (r"件数", r"件"),
    (r"いつ(?!でも)|何月何日|日程|時期は|期限は|期限はいつ|開始時期", r"年|月|日"),
    (r"延長は|総延長|長さは", r"km|m|キロ"),
    (r"面積", r"m2|km2|ha|平方"),
    (r"いくつ|(?<![複多少半件人])数は", r"\D?"),
)
# of whether something may be done, or of what is said of it: a figure in it is no figure asked for
_NO_FIGURE = re.compile(
    r"[てで]も?(?:よい|いい|良い|大丈夫|構わ|差し支え)|どう(?:言|い[わっう]|考え|扱|評価|見て)"
)
_DIRECTLY = (  # how to reach somebody -> how that is written
    (re.compile(r"メールアドレス|メアド|メールの宛先"), re.compile("@")),
    (
        re.compile(r"電話番号|電話は何番|FAX番号|ファクス番号", re.IGNORECASE),
        re.compile(r"\d{2,4}[-(]\d{2,4}"),
    ),
    (re.compile(r"住所|所在地|何番地"), re.compile(r"丁目|番地|番\d+号|市|区|町|村")),
)
_FIRM = re.compile(
    r"(?:どこ|どの|なんという|何という)(?:の)?(?:会社|企業|業者|メーカー)|(?:会社|業者|企業)名|受託者はど|どこが受"
)
_FIRM_NAMED = re.compile(
    r"株式会社|\(株\)|㈱|有限会社|共同企業体|JV|協同組合|(?:「[^」]+」|[ァ-ヶー]{3,}|[A-Z][A-Za-z]{3,})社"
)


@dataclass(frozen=True)
class Wanted:
    """Patterns of what must stand in an answer, one for each thing asked; none: anything may answer."""

    patterns: tuple[re.Pattern[str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def given(self, text: str) -> float:
        """Share of the things wanted that ``text`` gives, 0 to 1."""
        if not self.patterns:
            return 0.0
        plain = one_writing(text)
        return sum(bool(pattern.search(plain)) for pattern in self.patterns) / len(self.patterns)


ANYTHING = Wanted()


def wanted(question: str) -> Wanted:
    """What ``question`` wants to hear."""
    plain = fold(question)
    units: dict[str, None] = {}
    for match in _COUNTER.finditer(plain):
        units[next(told for asked, told in _COUNTERS if re.fullmatch(asked, match[1]))] = None
    for match in _OTHER_COUNTER.finditer(plain):
        units[re.escape(match[1])] = None
    asks_figure = not _NO_FIGURE.search(plain)
    for words, told in _KINDS:
        if (
            asks_figure
            and re.search("いくら|幾ら" if units else words, plain)
            and (not units or "円" in told)
        ):
            units.setdefault(told)
    patterns = [_number_of(told) for told in units]
    if asks_figure and HOW_OFTEN.search(plain):
        patterns.append(SO_OFTEN)
    patterns += [told for asked, told in _DIRECTLY if asked.search(plain)]
    return Wanted(tuple(patterns + ([_FIRM_NAMED] if _FIRM.search(plain) else [])))


def _number_of(units: str) -> re.Pattern[str]:
    """A number of one of the units, or a word that says as much (無料, 半数, 毎年)."""
    words = "|".join(unit for unit in ("無料", "無償", "半数", "半分", "毎年", "毎月") if unit in units)
    number = r"[0-9](?:[0-9,.]*[0-9])?[百千万億兆]*[0-9千百万]*(?:余り|以上|数)?"
    alone = f"|{words}" if words else ""
    return re.compile(f"(?:{number}|数[十百千万]*)(?:{units}){alone}")
