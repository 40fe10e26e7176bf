"""The numbers that Word puts before paragraphs: 第1章, (1), ①, ア. They stand nowhere in the text itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ingest.readers.ooxml import W, value

_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
_KANJI = "〇一二三四五六七八九"
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class _Level:
    """One level of a list: where it starts, how a number is written, and the text around it (``第%1章``)."""

    start: int = 1
    style: str = "decimal"
    text: str = "%1."


@dataclass
class Numbering:
    """Counts as Word counts: a paragraph of a level starts all deeper levels anew."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _lists: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, part: Any) -> Numbering:
        """From the root of ``numbering.xml``; ``None`` where a document has no lists."""
        made = cls()
        if part is None:
            return made
        for abstract in part.iter(f"{W}abstractNum"):
            levels = {int(level.get(f"{W}ilvl")): _level(level) for level in abstract.iter(f"{W}lvl")}
            made._levels[abstract.get(f"{W}abstractNumId")] = levels
        for number in part.iter(f"{W}num"):
            name = number.get(f"{W}numId")
            made._lists[name] = value(number, "abstractNumId") or ""
            if number.find(f".//{W}startOverride") is not None:  # a list of its own
                made._lists[name] = f"{name}."
                made._levels[f"{name}."] = made._levels.get(value(number, "abstractNumId") or "", {})
        return made

    def mark(self, list_id: str, depth: int) -> str:
        """What stands before the next paragraph of a list: ``・`` for a bullet, else its number and a blank."""
        name = self._lists.get(list_id)
        if name is None:
            return ""
        levels = self._levels.get(name, {})
        level = levels.get(depth, _Level())
        if level.style in ("bullet", "none"):
            return "・" if level.style == "bullet" else ""
        counts = self._counts.setdefault(name, {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]

        def write(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            told = levels.get(place, _Level())
            return written(counts.get(place, told.start), told.style)

        label = re.sub(r"%([1-9])", write, level.text).strip()
        return f"{label} " if label else ""


def written(number: int, style: str) -> str:
    """A number as a style of Word writes it; plain digits for a style that is not known."""
    if style.startswith("decimalFullWidth"):
        return str(number).translate(_FULL_WIDTH)
    if style.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if style.startswith(("aiueo", "iroha")):
        letters = _AIUEO if style.startswith("aiueo") else _IROHA
        return letters[(number - 1) % len(letters)]
    if style in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26)
        return letter if style == "upperLetter" else letter.lower()
    if style in ("upperRoman", "lowerRoman") and 1 <= number < 40:
        return _roman(number) if style == "upperRoman" else _roman(number).lower()
    if style in ("japaneseCounting", "chineseCounting", "ideographDigital") and 1 <= number < 100:
        return _kanji(number)
    return str(number)


def _roman(number: int) -> str:
    text = ""
    for worth, letters in _ROMAN:
        text += letters * (number // worth)
        number %= worth
    return text


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _KANJI[tens]) + ("十" if tens else "") + (_KANJI[ones] if ones else "")


def _level(element: Any) -> _Level:
    return _Level(
        start=int(value(element, "start") or "1"),
        style=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText") or "",
    )
