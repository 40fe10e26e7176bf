"""Who stands before what: 職員による補修と業者の施工 is not 業者による補修と職員の施工.

A noun leads another word by a particle between them. Where two nouns of the passage have changed over before a word that
both texts have, their roles have been exchanged.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rag.tokens import Token, analyse

_LEADS = frozenset("の が は を に へ から で と".split())
_SKIPPED = frozenset("、 ・ など 等 約".split())
_BY = re.compile("によ(?:る|って|り)")
_HERE = frozenset("本市 当市 本町 当町 本村 本県 当県".split())
_WHO = re.compile(
    "(?:[省庁国県市町村者]|自治体|企業|会社|センター|事務局|[会校]|大学|高専|団体|職員|住民|市民|事務所|地方整備局|協会)$"
)
_Led = Mapping[str, frozenset[str]]
_NOUNS = ("name", "noun")


def changed_over(sentence: str, passage: str) -> str:
    """The first noun of the sentence that stands in another's role; none: empty."""
    said, told = _led(sentence), _led(passage)
    for word, nouns in said.items():
        theirs = _without(told.get(word, frozenset()), nouns)
        for noun in _without(nouns, told.get(word, frozenset())):
            if theirs and (_both_moved(noun, theirs, said, told) or _acts(noun, theirs)):
                return noun
    return ""


def _both_moved(noun: str, theirs: frozenset[str], said: _Led, told: _Led) -> bool:
    """Whether one of those that led the word in the passage leads in the sentence what this noun led."""
    led = (word for word, leaders in told.items() if noun in leaders and noun not in said.get(word, ()))
    return any(theirs & said.get(word, frozenset()) for word in led)


def _acts(noun: str, theirs: frozenset[str]) -> bool:
    """国の負担 where the passage has 企業の負担: somebody acts, and in the passage it is somebody else."""
    return bool(_WHO.search(noun)) and all(_WHO.search(other) and other not in _HERE for other in theirs)


def _without(nouns: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Those that are none of the others: 埼玉県秩父市 is 秩父市."""
    return frozenset(n for n in nouns if not any(n.endswith(other) or other.endswith(n) for other in others))


@lru_cache(maxsize=512)
def _led(text: str) -> _Led:
    """Word -> the nouns that lead it."""
    found: dict[str, set[str]] = defaultdict(set)
    runs = list(_runs(analyse(_BY.sub("の", text))))
    for (noun, is_noun), (lead, _), (word, _) in zip(runs, runs[1:], runs[2:], strict=False):
        if is_noun and lead in _LEADS and word not in _LEADS:
            found[word].add(noun)
    return {word: frozenset(nouns) for word, nouns in found.items()}


def _runs(tokens: tuple[Token, ...]) -> Iterator[tuple[str, bool]]:
    """Nouns side by side as one, other words alone; 、 and など left out."""
    run = ""
    for token in tokens:
        if token.kind in _NOUNS and token.surface not in _SKIPPED:
            run += token.surface
            continue
        if run:
            yield run, True
            run = ""
        if token.surface not in _SKIPPED:
            yield (token.lemma if token.kind in ("verb", "adjective") else token.surface), False
    if run:
        yield run, True
