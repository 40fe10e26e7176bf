"""Months in Japanese text (時期): 来年度, 令和9年1月から3月, 10月まで -> a Period."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from corpus.expertise import Period
from rag.tokens import one_writing

_YEARS = {"今年度": 0, "本年度": 0, "来年度": 1, "次年度": 1, "翌年度": 1, "再来年度": 2}
_WORDS = "|".join(sorted(_YEARS, key=len, reverse=True))
_WITH_YEAR = r"(?P<y>20\d\d)[-/.](?P<m>1[0-2]|0?[1-9])(?!\d)|(?:(?P<year>20\d\d)年|(?P<word>再来年|今年|来年)の?)?(?<!\d)(?P<month>1[0-2]|0?[1-9])月"
_POINT = re.compile(
    rf"(?P<fiscal>20\d\d)年度|(?P<relative>{_WORDS})|(?P<within>年度内)|(?P<now>今月|今すぐ|すぐに|至急|早急)|(?P<next>来月)|{_WITH_YEAR}"
)
_BETWEEN = re.compile(r"\s*(?:から|より|~|-|〜|～|ー)\s*")
_UNTIL = re.compile(r"\s*(?:まで|中に|末まで|以前)")
_SINCE = re.compile(r"\s*(?:から|以降|より後|~|〜|～|-)")


def period_in(text: str, today: datetime.date) -> Period | None:
    """The first period that a text names; a month without a year is the next one after ``today``."""
    plain = one_writing(text)
    points = list(_points(plain, today))
    if not points:
        return None
    _, end, (first, last) = points[0]
    if len(points) > 1 and _BETWEEN.fullmatch(plain[end : points[1][0]]):
        until = points[1][2][1]
        return Period(start=first, end=until if until >= first else _later(until))
    if _UNTIL.match(plain, end):
        return Period(start=_month(today), end=last) if last >= _month(today) else Period(end=last)
    if _SINCE.match(plain, end):
        return Period(start=first)
    return Period(start=first, end=last)


def _points(plain: str, today: datetime.date) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """Where a month or a fiscal year (年度) is named, and its first and last month."""
    fiscal = today.year - (today.month < 4)
    for match in _POINT.finditer(plain):
        if match["fiscal"] or match["relative"]:
            year = int(match["fiscal"]) if match["fiscal"] else fiscal + _YEARS[match["relative"]]
            span = (f"{year}-04", f"{year + 1}-03")
        elif match["within"]:
            span = (_month(today), f"{fiscal + 1}-03")
        elif match["now"] or match["next"]:
            month = _month(today) if match["now"] else _following(today)
            span = (month, month)
        else:
            month = _named(match, today)
            span = (month, month)
        yield match.start(), match.end(), span


def _named(match: re.Match[str], today: datetime.date) -> str:
    number = int(match["m"] or match["month"])
    year = match["y"] or match["year"]
    if year:
        return f"{year}-{number:02}"
    ahead = {"今年": 0, "来年": 1, "再来年": 2}.get(match["word"] or "")
    return f"{today.year + (number < today.month if ahead is None else ahead)}-{number:02}"


def _later(month: str) -> str:
    """The same month a year on: 11月から3月 ends in the next year."""
    return f"{int(month[:4]) + 1}{month[4:]}"


def _following(today: datetime.date) -> str:
    return _month(today.replace(day=1) + datetime.timedelta(days=31))


def _month(day: datetime.date) -> str:
    return f"{day:%Y-%m}"
