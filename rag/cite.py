"""The guarantees: what does not stand on a hit of this very question is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote as url_quote

from rag.documents import Chunk
from rag.fold import fold, squeeze
from rag.numbers import value
from rag.support import is_whole, judge
from rag.types import Citation, Claim, Hit, Nearest, Sentence

_KANJI_NUMBER = re.compile(
    "[〇一二三四五六七八九十百千]+(?=年|回|度|つ|件|橋|割|人|者|日|月|か|ヶ|箇|円|万|億|倍|分の|%|m)"
)
# an address, a link of Markdown or HTML; also without its scheme (example.jp), for a browser needs none
_LINK = re.compile(
    r"://|\bwww\.|\]\s*[(\[:]|[<>]|(?:javascript|data|mailto|tel):|(?<![a-z0-9])[a-z0-9-]+\.[a-z]{2,}(?![a-z])"
)
_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


class Checker:
    """Checks the claims of a draft one by one, and numbers what they cite in the order they come.

    Kept is a claim whose chunk is one of the hits and which :func:`stands` on it; ``dropped`` says of each other why not.
    """

    def __init__(self, hits: Sequence[Hit], claims: Iterable[Claim] = ()) -> None:
        self._hits = {hit.chunk.id: hit for hit in hits}
        self._citations: dict[tuple[str, str], Citation] = {}
        self.sentences: list[Sentence] = []
        self.dropped: list[str] = []
        for claim in claims:
            self.add(claim)

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def add(self, claim: Claim) -> Sentence | None:
        """The sentence of a claim, or nothing where it may not be shown."""
        hit = self._hits.get(claim.chunk_id)
        if reason := fault(claim, hit):
            self.dropped.append(f"「{claim.text}」を落としました（{reason}）")
            return None
        assert hit is not None  # noqa: S101  - that is a fault
        number = len(self._citations) + 1
        cited = self._citations.setdefault((claim.chunk_id, claim.quote), _citation(number, hit, claim.quote))
        self.sentences.append(Sentence(claim.text, (cited.number,), claim.label, claim.more))
        return self.sentences[-1]


def stands(claim: Claim, hit: Hit) -> bool:
    """Whether a claim may be shown."""
    return not fault(claim, hit)


def fault(claim: Claim, hit: Hit | None) -> str:
    """Why a claim may not be shown; empty where it may.

    Its quotation occurs in the chunk (after NFKC, blanks apart) and has no other figures. Its text is a sentence of the
    chunk to the letter, or it has no link and :mod:`rag.support` finds that the chunk says it.
    """
    if hit is None:
        return "根拠の番号が検索結果にありません"
    quote, chunk = squeeze(claim.quote), hit.chunk.text
    if not quote or quote not in squeeze(chunk) or not figures(claim.quote) <= figures(chunk):
        return "引用が原文と違います"
    if is_whole(claim.text, chunk):
        return ""
    if has_link(claim.text):
        return "リンクがあります"
    return judge(claim.text, chunk, "\n".join([hit.document.title, *hit.chunk.section])).reason


def has_link(text: str) -> bool:
    """Whether a text holds what somebody could follow."""
    return bool(_LINK.search(squeeze(text)) or _LINK.search(fold(text)))


def figures(text: str) -> frozenset[str]:
    """The numbers of a text in one writing: 1,240 = １２４０, 五年 = 5年. Lines stay apart."""
    return frozenset(
        number.replace(",", "")
        for line in text.split("\n")
        for number in _FIGURE.findall(
            _KANJI_NUMBER.sub(lambda number: str(value(number.group())), squeeze(line))
        )
    )


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


def reference(hit: Hit) -> str:
    """The source as an official paper names it: issuer, title, edition, section, pages, official address."""
    document, chunk = hit.document, hit.chunk
    date = f"（{document.date}）" if document.date else ""
    page = f"p.{chunk.page}" if chunk.page else ""
    page += f"（紙面ではp.{chunk.printed}）" if chunk.printed else ""
    told = (
        f"{document.issuer or ''}「{document.label}」{document.edition or ''}{date}",
        " ＞ ".join(chunk.section),
        page,
        document.url or "",
        "読み取りを事務局が直した箇所を含む" if chunk.corrected else "",
    )
    return "、".join(part for part in told if part)


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
        shelf=hit.document.shelf,
        source=reference(hit),
    )
