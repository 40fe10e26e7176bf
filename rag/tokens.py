"""Japanese words: fugashi with unidic-lite, on bounded input. The only file that imports fugashi.

The analyser crashes on about a million characters, is quadratic on long runs of digits or katakana
and stops silently at NUL; so text is folded first and analysed piece by piece.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any, Literal

from rag.fold import fold, squeeze
from rag.numbers import numbers

Kind = Literal["name", "noun", "verb", "adjective", "adverb", "number", "other"]

_NO_LETTER = re.compile(r"\W")
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


def noun_pairs(tokens: Sequence[Token]) -> list[str]:
    """Nouns, names and numbers that stand side by side: 定期+点検."""
    nouns = ("name", "noun", "number")
    return [
        f"{left.lemma}+{right.lemma}"
        for left, right in pairwise(tokens)
        if left.kind in nouns and right.kind in nouns
    ]


def compounds(text: str) -> list[str]:
    """Whole runs of nouns, blanks between them: 道路法 and 占用料 of 道路法 占用料の額."""
    found = []
    for part in text.split():
        for is_noun, run in groupby(analyse(part), lambda token: token.kind in ("name", "noun")):
            words = [token.surface for token in run]
            if is_noun and len(words) > 1:
                found.append("".join(words))
    return found


def one_writing(text: str) -> str:
    """The text, folded, with every number, year and date in one writing: 令和七年度 as 2025年度."""
    folded, place, made = fold(text), 0, []
    for start, end, written in numbers(folded):
        made += [folded[place:start], written]
        place = end
    return "".join([*made, folded[place:]])


def letter_pairs(text: str) -> list[str]:
    """Every two letters that stand side by side, whatever the dictionary says."""
    letters = _NO_LETTER.sub("", squeeze(one_writing(text)))
    return [letters[place : place + 2] for place in range(len(letters) - 1)]


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


def reading(text: str) -> str:
    """How a text is read, in katakana (読み): キョウリョウ of 橋梁; what the dictionary does not know stays."""
    return "".join(word.feature.kana or word.surface for word in _tagger()(fold(text)))


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


@lru_cache(maxsize=4_000)  # the sentences of what is found are read several times for one question
def _analyse_piece(piece: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    position = 0
    for start, end, written in numbers(piece):
        tokens += _words(piece[position:start])
        tokens.append(Token(piece[start:end], written, "number"))
        position = end
    return (*tokens, *_words(piece[position:]))


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
