"""Looks at an answer from outside: do its citations stand? Written anew, on purpose: rag/cite.py is what is examined."""

from __future__ import annotations

import re
import unicodedata

from eval.asked import Asked

_DIGITS = {letter: value for value, letter in enumerate("〇一二三四五六七八九")}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_ERA_YEAR = re.compile("(令和|平成|昭和)(元|[0-9]+)年")
_KANJI = re.compile("[〇一二三四五六七八九十百千]+(?=[年月日回件人者橋割円万億兆倍%条項号か箇ヶ])")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def citation_valid(asked: Asked) -> bool:
    """Every number leads to a chunk of the release that this very question has found."""
    known = {cited.number for cited in asked.cited if cited.text is not None and cited.found}
    return all(set(said.citations) <= known for said in asked.sentences)


def quote_verbatim(asked: Asked) -> bool:
    """Every quotation occurs in its chunk, after NFKC and without blanks."""
    return all(_bare(cited.quote) and _bare(cited.quote) in _bare(cited.text or "") for cited in asked.cited)


def number_supported(asked: Asked) -> bool:
    """Every figure, date and amount of a sentence stands in a chunk that it cites, or in its title or headings."""
    chunks = {
        cited.number: numbers("\n".join([cited.text or "", cited.title, *cited.spot.section]))
        for cited in asked.cited
    }
    return all(
        numbers(said.text) <= frozenset[str]().union(*(chunks.get(n, frozenset()) for n in said.citations))
        for said in asked.sentences
    )


def sentence_cited(asked: Asked) -> float:
    """Share of the sentences with at least one citation that is there."""
    known = {cited.number for cited in asked.cited}
    return sum(bool(known & set(said.citations)) for said in asked.sentences) / len(asked.sentences)


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text in western digits; years of an era are western years, too."""
    told = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", _bare(text, " "))
    told = _KANJI.sub(lambda found: str(_value(found.group())), told)
    years = {str(_ERAS[era] + (1 if year == "元" else int(year))) for era, year in _ERA_YEAR.findall(told)}
    return frozenset(_NUMBER.findall(_ERA_YEAR.sub("", told))) | years


def _value(kanji: str) -> int:
    """二十五 and 二五 are 25."""
    if not set(kanji) & set(_PLACES):
        return int("".join(str(_DIGITS[letter]) for letter in kanji))
    total = current = 0
    for letter in kanji:
        if letter in _PLACES:
            total += (current or 1) * _PLACES[letter]
            current = 0
        else:
            current = _DIGITS[letter]
    return total + current


def _bare(text: str, blank: str = "") -> str:
    return re.sub(r"\s+", blank, unicodedata.normalize("NFKC", text))
