"""Answers that the secretariat approved (質問と回答): told whole where the same question is asked again.

Two questions are the same when they share most of their words by weight and all names and numbers, ask for the same
kind of thing, and both deny or both do not. What only resembles an approved question is answered as any other: its
record is one source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from rag.documents import Document
from rag.errors import QuestionError
from rag.fold import fold, squeeze
from rag.sentences import split_sentences
from rag.types import Claim, Context, Draft, Hit, Query

SAME = 0.8  # share of the weight of all their words that two questions have in common
_DENIES = re.compile(r"ない|ません|なし|なく|以外|不要|不可|だめ|禁止")

_ASKS = [
    re.compile(words)
    for words in (
        "いつ",
        "いくら|幾ら|なんぼ",
        "どこ|何処",
        "だれ|誰|どなた",
        "なぜ|なんで|どうして",
        "どう(?!して)|どのよう",
    )
]


def likeness(one: Query, other: Query) -> float:
    """How much of their words two questions share, 0 to 1; 0 where they cannot mean the same."""
    if squeeze(one.asked) == squeeze(other.asked):
        return 1.0
    if one.wanted != other.wanted or _denies(one) != _denies(other) or _exact(one) != _exact(other):
        return 0.0
    if (asks := _asks(one)) and (others := _asks(other)) and asks != others:
        return 0.0
    weights = {term.text: term.weight for term in (*one.sought, *other.sought)}
    shared = {term.text for term in one.sought} & {term.text for term in other.sought}
    return sum(weights[word] for word in shared) / (sum(weights.values()) or 1.0)


def approved(query: Query, hits: Iterable[Hit], read: Callable[[str], Query]) -> str:
    """The id of the record that answers the question; empty where none of the hits does."""
    found = {hit.document.id: hit.document for hit in hits if hit.document.approver}
    likest = {name: _likest(query, document, read) for name, document in found.items()}
    best = max(likest, key=lambda name: likest[name], default="")
    return best if best and likest[best] >= SAME else ""


def as_approved(context: Context) -> Draft:
    """The whole answer of the record ``context.approved``, who approved it and what it rests on."""
    own = [hit for hit in context.companions if hit.document.id == context.approved]
    document = own[0].document
    sources = "、".join(
        f"{source.title}{f'（{source.year}）' if source.year else ''}" for source in document.sources
    )
    lead = f"事務局が確かめた回答です（承認: {document.approver}、{document.date}）。もとの資料: {sources}。"
    claims = tuple(
        Claim(span.text, hit.chunk.id, hit.chunk.text)
        for hit in own
        for span in split_sentences(hit.chunk.text)
    )
    return Draft("answered", claims, lead)


def _likest(query: Query, document: Document, read: Callable[[str], Query]) -> float:
    """By the wording of the record that is nearest; one that nobody can read is passed over."""
    found = 0.0
    for asked in (document.title, *document.synonyms):
        with suppress(QuestionError):
            found = max(found, likeness(query, read(asked)))
    return found


def _denies(query: Query) -> bool:
    return bool(_DENIES.search(fold(query.asked)))


def _asks(query: Query) -> frozenset[int]:
    """Which of when, how much, where, who, why and how are asked; none where something is only to be told."""
    plain = fold(query.asked)
    return frozenset(number for number, words in enumerate(_ASKS) if words.search(plain))


def _exact(query: Query) -> frozenset[str]:
    """The words that must all be the same."""
    return frozenset(term.text for term in query.sought if term.kind in ("name", "number"))
