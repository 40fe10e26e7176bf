"""A question in kana or with a slip of the keyboard -> the same in the words of the release (かな書き・書き間違い).

きょうりょうてんけん is 橋梁点検, ドロン is ドローン, 性能既定 is 性能規定: only into words that the release has, of several with one
reading the commonest. Whether that was meant, the evidence for it tells (:meth:`rag.answer.Desk.prepare`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise

from corpus.places import municipalities
from rag.fold import fold
from rag.tokens import Token, analyse, compounds, reading

SHORTEST, LONGEST = 3, 14  # kana of a word that is looked for
CERTAIN = 4  # kana of one that may stand before anything; a shorter one stands before a particle
SHORTEST_SLIP = 4  # letters of a foreign word that may be cut off or have one letter wrong

_AS_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_HIRAGANA = re.compile("(?<![ぁ-ゖー])[ぁ-ゖー]{3,}")
_FOREIGN = re.compile("[ァ-ヺー]{3,}")
_THING = re.compile("[㐀-鿿々ァ-ヺ]")
_PARTICLE = re.compile("$|[をはがのにでともや]|って|から|まで|とか")
_SHORT = frozenset("をはがにのでとも")  # particles of one letter
_BEFORE = frozenset("を は が の に で て と も や って から まで とか な".split())
_ASKED = {  # what questions ask in kana
    "ナンネン": "何年", "ナンカゲツ": "何か月", "ナンカイ": "何回", "イッカイ": "1回", "ナンニン": "何人", "ナンケン": "何件",
    "ナンキョウ": "何橋", "ナンキロ": "何キロ", "ナンパーセント": "何%", "ナンワリ": "何割", "ナンダイ": "何台", "ナンニチ": "何日",
    "ナンガツ": "何月", "ナンジカン": "何時間",
}  # fmt: skip


class Speller:
    """``words``: words and pairs (性能+規定) of the release and how many chunks have each.

    ``names``: whole names of things; they and the names of places win over words.
    """

    def __init__(self, words: Mapping[str, int], names: Iterable[str] = ()) -> None:
        commonest = sorted(words, key=lambda word: -words[word])
        self._known = frozenset(words)
        self._things = _ASKED | _places()
        for word in (*filter(_THING.search, names), *map(_plain, filter(_is_thing, commonest))):
            self._things.setdefault(reading(word), word)
        self._foreign = [word for word in commonest if _FOREIGN.fullmatch(word)]

    def respelled(self, question: str) -> str:
        """The question with what is mended; the same where there is nothing to mend."""
        plain = fold(question)
        mended = self._slips(_HIRAGANA.sub(self._kana, plain))
        return question if mended == plain else mended

    def _kana(self, run: re.Match[str]) -> str:
        """A run of hiragana with the things in it: at its beginning, behind a particle or another thing."""
        text, made, place = run.group(), "", 0
        tokens = analyse(text)
        ends = list(accumulate(len(token.surface) for token in tokens))
        free = {end for token, end in zip(tokens, ends, strict=True) if token.surface in _BEFORE}
        if not _THING.match(run.string[run.start() - 1 : run.start()]):
            free.add(0)  # behind a kanji stands its ending
        behind = -1  # a thing that was just found
        while place < len(text):
            length = self._length(text, place) if place in free else 0
            made += self._things[_katakana(text[place : place + length])] if length else text[place]
            if length or (place == behind and text[place] in _SHORT):
                free.add(place + (length or 1))
            place += length or 1
            behind = place if length else -1
        return made

    def _length(self, text: str, place: int) -> int:
        """How many kana of the text from ``place`` on are a thing; the longest wins."""
        for length in range(min(LONGEST, len(text) - place), SHORTEST - 1, -1):
            end = place + length
            certain = length >= CERTAIN or _PARTICLE.match(text, end)
            if certain and _katakana(text[place:end]) in self._things:
                return length
        return 0

    def _slips(self, text: str) -> str:
        for word in _unknown(text, self._known):
            if _FOREIGN.fullmatch(word):
                meant = next((known for known in self._foreign if _is_slip(word, known)), word)
                text = text.replace(word, meant)
        for word in compounds(text):
            if any(part not in self._known for part in _pairs(word)):
                text = text.replace(word, self._things.get(reading(word), word))
        return text


def _places() -> dict[str, str]:
    """Municipalities and prefectures by their reading, where only one has it."""
    found = Counter(place.reading for place in municipalities())
    return {_katakana(place.reading): place.name for place in municipalities() if found[place.reading] == 1}


def _plain(word: str) -> str:
    return word.replace("+", "")


def _is_thing(word: str) -> bool:
    """Whether a word, or both of a pair, is a noun that is not written in hiragana."""
    tokens = [token for part in word.split("+") for token in analyse(part)]
    return bool(_THING.search(word)) and all(token.kind in ("noun", "name") for token in tokens)


def _unknown(text: str, known: frozenset[str]) -> Iterable[str]:
    return [t.surface for t in analyse(text) if t.kind in ("noun", "name") and t.lemma not in known]


def _pairs(word: str) -> list[str]:
    lemmas: list[Token] = list(analyse(word))
    return [f"{left.lemma}+{right.lemma}" for left, right in pairwise(lemmas)]


def _katakana(kana: str) -> str:
    return kana.translate(_AS_KATAKANA)


def _is_slip(word: str, known: str) -> bool:
    """Whether ``word`` is ``known`` without its long vowels, cut off, or with one letter wrong."""
    if word.replace("ー", "") == known.replace("ー", ""):
        return True
    if min(len(word), len(known)) < SHORTEST_SLIP:
        return False
    return known.startswith(word) or _one_apart(word, known)


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter changed, added or left out turns one into the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    shorter = min(len(one), len(other))
    same = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    return any(one[same + a :] == other[same + b :] for a, b in ((1, 1), (1, 0), (0, 1)))
