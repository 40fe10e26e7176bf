"""Cells that hold more than a word: levels (橋梁=専門), past supports, a period (対応できる期間).

What does not fit is given on so that the record refuses it and shows it as it was written.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from rag.fold import squeeze
from rag.matching.periods import period_in

_GRADES = {
    squeeze(word): grade
    for grade, words in {
        "専門": "専門 高 高い 得意 ◎ a",
        "経験": "経験 経験あり 中 ふつう ○ ◯ 〇 b",
        "基礎": "基礎 低 低い 知識 △ c",
    }.items()
    for word in words.split()
}
_LEVEL = re.compile(r"(.+?)\s*(?:[=＝:：]\s*(.+)|[(（]\s*(.+?)\s*[)）])")
_CASE = re.compile(r"[(（\[]?\s*(case-[a-z0-9-]+)\s*[)）\]]?")
_YEAR = re.compile(r"[(（]([^()（）]*\d[^()（）]*年度?)[)）]")

_LONG_AGO = datetime.date(2000, 1, 1)

Choose = Callable[[str], str]


def level(text: str, facility: Choose) -> dict[str, str]:
    """``橋梁=専門``, ``橋（高）``, ``tech-tablet: 基礎``; ``facility`` knows other names of facilities."""
    match = _LEVEL.fullmatch(text.strip())
    if not match:
        return {"of": text, "level": text}
    grade = match[2] or match[3]
    return {"of": facility(match[1]), "level": _GRADES.get(squeeze(grade), grade)}


def support(text: str) -> dict[str, str | None]:
    """``君津市のドローン点検を助言（case-br-01）（2024年度）``: what was done, its case, its year."""
    case, year = _CASE.search(text), _YEAR.search(text)
    for found in (case, year):
        text = text.replace(found[0], "") if found else text
    return {"summary": text.strip(), "case": case[1] if case else None, "year": year[1] if year else None}


def period(text: str) -> dict[str, str | None]:
    """``2026年4月～2027年3月``, ``令和8年度``; a month without its year says nothing here."""
    read = period_in(text, _LONG_AGO)
    without_year = read and any(
        (month or "").startswith(f"{_LONG_AGO:%Y}") for month in (read.start, read.end)
    )
    return read.model_dump() if read and not without_year else {"start": text}
