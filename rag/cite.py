"""The guarantees: what does not stand on a hit of this very question is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote as url_quote

from rag.fold import squeeze
from rag.numbers import value
from rag.tokens import search_terms
from rag.types import Chunk, Citation, Claim, Draft, Hit, Nearest, Sentence

# Share of a sentence's words its chunk must have; a quotation has all of them.
SUPPORTED = 0.7

_KANJI_NUMBER = re.compile(
    "[〇一二三四五六七八九十百千]+(?=年|回|度|つ|件|橋|割|人|者|日|月|か|ヶ|箇|円|万|億|倍|分の|%|m)"
)
_NEGATION = re.compile("ない|なく|なかっ|ません|ずに|ず[、。]")
_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


def check(draft: Draft, hits: Sequence[Hit]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Sentences with numbered citations, in the order of the draft.

    Kept is a claim whose chunk is a hit and which :func:`stands` on it.
    """
    by_chunk = {hit.chunk.id: hit for hit in hits}
    sentences: list[Sentence] = []
    citations: dict[tuple[str, str], Citation] = {}
    for claim in draft.claims:
        hit = by_chunk.get(claim.chunk_id)
        if hit is None or not stands(claim, hit):
            continue
        key = (claim.chunk_id, claim.quote)
        if key not in citations:
            citations[key] = _citation(len(citations) + 1, hit, claim.quote)
        sentences.append(Sentence(claim.text, (citations[key].number,)))
    return tuple(sentences), tuple(citations.values())


def stands(claim: Claim, hit: Hit) -> bool:
    """Whether a claim may be shown.

    Its quotation occurs in the chunk (after NFKC, blanks apart); every figure of its text and its
    quotation is a figure of the chunk; enough of its words are in the chunk, title or headings; and
    it denies what its quotation denies, no more and no less.
    """
    quote = squeeze(claim.quote)
    if not quote or quote not in squeeze(hit.chunk.text):
        return False
    whole = "\n".join([hit.document.title, *hit.chunk.section, hit.chunk.text])
    said, there = set(search_terms(claim.text)), set(search_terms(whole))
    return (
        len(said & there) >= SUPPORTED * len(said)
        and figures(claim.text) | figures(claim.quote) <= figures(hit.chunk.text)
        and (squeeze(claim.text) in quote or denies(claim.text) == denies(claim.quote))
    )


def figures(text: str) -> frozenset[str]:
    """The numbers of a text in one writing: 1,240 = １２４０, 五年 = 5年. Lines stay apart."""
    return frozenset(
        number.replace(",", "")
        for line in text.split("\n")
        for number in _FIGURE.findall(
            _KANJI_NUMBER.sub(lambda number: str(value(number.group())), squeeze(line))
        )
    )


def denies(text: str) -> bool:
    """Whether a sentence says no somewhere."""
    return bool(_NEGATION.search(squeeze(text)))


def nearest(hits: Sequence[Hit], most: int = 3) -> tuple[Nearest, ...]:
    """The best sections to look at instead, one a section."""
    found: dict[tuple[str, tuple[str, ...]], Nearest] = {}
    for hit in hits:
        chunk = hit.chunk
        found.setdefault(
            (chunk.document_id, chunk.section),
            Nearest(
                chunk_id=chunk.id,
                document_id=chunk.document_id,
                title=hit.document.label,
                page=chunk.page,
                printed=chunk.printed,
                section=chunk.section,
                url=address(chunk),
            ),
        )
    return tuple(found.values())[:most]


def address(chunk: Chunk) -> str:
    """Where the chunk can be read, marked: a path on this server, never one from a document."""
    return f"/documents/{url_quote(chunk.document_id)}?chunk={url_quote(chunk.id)}#cited"


def _citation(number: int, hit: Hit, quote: str) -> Citation:
    return Citation(
        number=number,
        chunk_id=hit.chunk.id,
        document_id=hit.document.id,
        title=hit.document.label,
        page=hit.chunk.page,
        printed=hit.chunk.printed,
        section=hit.chunk.section,
        quote=quote,
        url=address(hit.chunk),
    )
