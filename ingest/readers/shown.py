"""A value of a spreadsheet as a person sees it: 57%, 1,200万円, 2024年3月1日, 12 rather than 12.0."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

Value = str | bool | int | float | datetime | date | time | timedelta | None

LARGE = 1e15  # beyond the digits that Excel keeps
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.([0#?]+))?")


def shown(value: Value, number_format: str = "General") -> str:
    """The text of a cell; ``number_format`` is Excel's. Line breaks in a text stay."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, number_format)
    if isinstance(value, int | float):
        return _number(value, number_format)
    return value.replace("_x000D_", "").replace("\r", "").strip()


def _number(value: float, number_format: str) -> str:
    sections = number_format.split(";")  # for positive numbers; negative ones; zero
    row = 1 if value < 0 else 2 if value == 0 else 0
    chosen = sections[row] if row < len(sections) else sections[0]
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        """A private letter for each literal, so that a 0 in quotes is no digit."""
        literals.append(match[1] or match[2] or "")
        return chr(0xE000 + len(literals) - 1)

    pattern = _LITERAL.sub(keep, chosen)
    digits = _DIGITS.search(pattern)
    if digits is None and not re.search("[a-zA-Z@]", pattern):
        return "".join(literals)  # a dash for zero, or nothing to hide a number
    if digits is None or abs(value) >= LARGE or re.search("E[+]|/", pattern):
        return _plain(value)
    number = Decimal(repr(value)) if len(sections) == 1 or value >= 0 else -Decimal(repr(value))
    number = number * 100 if "%" in pattern else number.scaleb(-3 * _scale(digits[0]))
    places = number.quantize(Decimal(1).scaleb(-len(digits[1] or "")), ROUND_HALF_UP)
    text = f"{places:,f}" if "," in digits[0].rstrip(",") else f"{places:f}"
    around = pattern[: digits.start()] + text + pattern[digits.end() :]
    return re.sub("[\ue000-\uf8ff]", lambda m: literals[ord(m[0]) - 0xE000], around).strip()


def _scale(digits: str) -> int:
    """Commas at the end: each shows thousands instead of ones."""
    return len(digits) - len(digits.rstrip(","))


def _plain(value: float) -> str:
    """Up to 15 digits, as Excel keeps them."""
    return str(int(value)) if float(value).is_integer() else f"{Decimal(f'{value:.15g}').normalize():f}"


def _moment(value: datetime | date | time | timedelta, number_format: str) -> str:
    """The parts of a date that its format shows, in Japanese."""
    if isinstance(value, timedelta):
        return str(value)
    parts = _LITERAL.sub("", number_format).lower()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    timed = isinstance(value, datetime) and value.time() != time() and "h" in parts
    clock = f"{value:%H:%M}" if timed else ""  # midnight only tells that nobody said when
    told = (
        ("y" in parts or "g" in parts or "e" in parts, f"{value.year}年"),
        ("m" in re.sub(r"h+:m+|m+:s+", "", parts), f"{value.month}月"),
        ("d" in parts, f"{value.day}日"),
    )
    text = "".join(part for is_shown, part in told if is_shown)
    return " ".join(filter(None, [text or f"{value.year}年{value.month}月{value.day}日", clock]))
