"""Japanese words: fugashi with unidic-lite, on bounded input. The only file that imports fugashi.

The analyser crashes on about a million characters, is quadratic on long runs of digits or katakana
and stops silently at NUL; so text is folded first and analysed piece by piece.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from rag.fold import fold, squeeze

Kind = Literal["name", "noun", "verb", "adjective", "adverb", "number", "other"]

_UNITS = "|".join(
    sorted(
        "年度 か年 ヶ年 年間 年 か月 ヶ月 箇月 カ月 月 日間 日 条 項 号 章 節 回 件 橋 者 人 団体 市町村 自治体 か所 箇所 カ所 施設 割 % "
        "km m m2 m3 mm cm ha 円 万円 億円 兆円 万 億 歳 世帯 技術".split(),
        key=len,
        reverse=True,
    )
)
_NUMBER = re.compile(
    rf"(?P<era>令和|平成|昭和|[rhs])(?P<year>[0-9]{{1,2}}|元)(?P<kind>年度|年)"
    rf"|第?[0-9]+(?:[.,][0-9]+)*[百千]?(?:(?:{_UNITS})(?![a-z]))?"
)
_ERA_BEFORE_FIRST = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_PIECE = re.compile(r"[^。\n]{1,400}[。\n]?|[。\n]")
_LONG_RUN = re.compile(r"([ァ-ヶー]{60})(?=[ァ-ヶー])")
_KATAKANA = re.compile("[ァ-ヺ][ァ-ヺー]+")
# a compatibility lemma such as カタログ-catalog carries the foreign word after the dash
_FOREIGN = re.compile(r"-[^-]+$")


@dataclass(frozen=True)
class Token:
    """A word as written (folded), its dictionary form and its kind."""

    surface: str
    lemma: str
    kind: Kind


def analyse(text: str) -> tuple[Token, ...]:
    """The words of ``text``. Numbers stay whole, with their unit: 2025年度, 第3条, 1,240橋."""
    return tuple(token for piece in _pieces(fold(text)) for token in _analyse_piece(piece))


def search_terms(text: str) -> list[str]:
    """Dictionary forms of the content words, for the lexical index."""
    return [token.lemma for token in analyse(text) if token.kind != "other"]


def crosses_a_word(left: str, right: str) -> bool:
    """Whether a word of the dictionary spans the seam between ``left`` and ``right``."""
    # without blanks: the analyser skips them, and places would no longer agree
    tail, head = squeeze(left)[-12:], squeeze(right)[:12]
    position = 0
    for word in _tagger()(tail + head):
        end = position + len(word.surface)
        if position < len(tail) < end:
            return not word.is_unk and len(word.surface) > 1
        position = end
    return False


def known_share(text: str) -> float:
    """Share of the letters (0 to 1) in words of the dictionary; a lone kanji does not count as one."""
    letters = known = 0
    for piece in _pieces(fold(text)):
        for word in _tagger()(piece):
            letters += len(word.surface)
            kana_or_long = len(word.surface) > 1 or not "㐀" <= word.surface <= "鿿"
            if word.surface.isascii() or (kana_or_long and not word.is_unk):
                known += len(word.surface)
    return known / letters if letters else 0.0


def _pieces(text: str) -> Iterator[str]:
    for match in _PIECE.finditer(text):
        yield _LONG_RUN.sub(r"\1 ", match.group())


def _analyse_piece(piece: str) -> Iterator[Token]:
    position = 0
    for match in _NUMBER.finditer(piece):
        yield from _words(piece[position : match.start()])
        yield Token(match.group(), _number(match), "number")
        position = match.end()
    yield from _words(piece[position:])


def _number(match: re.Match[str]) -> str:
    """One writing of a number: 1,240橋 as 1240橋, 令和3年度 and R3年度 as 2021年度."""
    if match["era"]:
        year = 1 if match["year"] == "元" else int(match["year"])
        return f"{_ERA_BEFORE_FIRST[match['era']] + year}{match['kind']}"
    return match.group().replace(",", "")


def _words(text: str) -> Iterator[Token]:
    for word in _tagger()(text):
        surface: str = word.surface
        yield Token(surface, _lemma(surface, word.feature.lemma or ""), _kind(word))


@lru_cache(maxsize=100_000)  # a corpus has few words, many times
def _lemma(surface: str, lemma: str) -> str:
    """The dictionary form; of katakana the letters, whose form hangs on the words around (マネ of 群マネ)."""
    if _KATAKANA.fullmatch(surface):
        return surface.rstrip("ー")
    return fold(_FOREIGN.sub("", lemma) or surface) or surface


def _kind(word: Any) -> Kind:
    pos, detail = word.feature.pos1, word.feature.pos2
    if pos == "名詞" and detail == "固有名詞":
        return "name"
    if pos == "名詞" and word.feature.pos3 == "副詞可能":  # 現在, 今日, 場合
        return "adverb"
    if pos in ("名詞", "接尾辞", "接頭辞") and detail != "助動詞語幹":
        return "noun" if any(letter.isalnum() for letter in word.surface) else "other"
    if pos == "記号" and word.surface.isalnum():
        return "noun"
    if pos == "動詞" and detail == "一般":
        return "verb"
    if pos in ("形容詞", "形状詞"):
        return "adjective"
    return "other"


def _tagger() -> Any:
    """One analyser a thread: its words are views into its last analysis."""
    if not hasattr(_threads, "tagger"):
        import fugashi

        _threads.tagger = fugashi.Tagger()  # type: ignore[no-untyped-call, unused-ignore]
    return _threads.tagger


_threads = threading.local()
