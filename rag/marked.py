"""Claims out of what a language model writes: sentences with the numbers of the passages that they cite.

A claim is handed on as soon as its marks are complete, so that each sentence can be checked and sent before the next is
written. What bears no mark, cites nothing that was given or holds a link is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.cite import has_link, stands
from rag.sentences import split_sentences
from rag.tokens import search_terms
from rag.types import Claim, Hit

MOST = 8  # sentences of an answer; further ones are a model that does not find an end

_CITED = re.compile(r"(?P<text>[^\n\[［【]+)(?P<marks>(?:[\[［【][\d,、 　]+[\]］】][ 　]*)+)")
_PERHAPS_MORE = re.compile(r"[\[［【][\d,、 　]*$")
_BULLET = re.compile(r"^(?:[-*・•●○◯▪#>＞]+|[(（]?\d{1,2}[.)）．](?=[^\d]))\s*")


class MarkedText:
    """Text that grows; :meth:`feed` it, then :meth:`close` it."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._hits = hits
        self._text = ""
        self._found = 0

    @property
    def is_enough(self) -> bool:
        """Whether further text is not read any more."""
        return self._found == MOST

    def feed(self, piece: str) -> Iterator[Claim]:
        """The claims that are complete now."""
        self._text += piece
        yield from self._claims(closing=False)

    def close(self) -> Iterator[Claim]:
        """Those that only the end of the text completes."""
        yield from self._claims(closing=True)

    def _claims(self, *, closing: bool) -> Iterator[Claim]:
        while (match := _CITED.search(self._text)) and (closing or self._is_complete(match)):
            self._text = self._text[match.end() :]
            for claim in self._read(match["text"], match["marks"]):
                if not self.is_enough:
                    self._found += 1
                    yield claim

    def _is_complete(self, match: re.Match[str]) -> bool:
        """Whether no further mark can follow: something else has."""
        rest = self._text[match.end() :]
        return bool(rest) and not _PERHAPS_MORE.fullmatch(rest)

    def _read(self, text: str, marks: str) -> Iterator[Claim]:
        numbers = [int(digits) for digits in re.findall(r"\d{1,4}", marks)]
        cited = [self._hits[number - 1] for number in numbers if 1 <= number <= len(self._hits)]
        for span in split_sentences(text) if cited else ():
            sentence = _BULLET.sub("", span.text.replace("**", "")).strip("。． 　")
            if sentence and not has_link(sentence):
                yield _best([_claim(f"{sentence}。", hit) for hit in cited], cited)


def _best(claims: list[Claim], cited: list[Hit]) -> Claim:
    """Of the passages that a sentence cites the first it stands on, else the one whose words it shares most."""
    for claim, hit in zip(claims, cited, strict=True):
        if stands(claim, hit):
            return claim
    return max(claims, key=lambda claim: _common(claim.text, claim.quote))


def _claim(text: str, hit: Hit) -> Claim:
    """With the sentence of the chunk that shares most words with the text: what the reader is shown."""
    quotes = [span.text for span in split_sentences(hit.chunk.text)]
    return Claim(text, hit.chunk.id, max(quotes, key=lambda quote: _common(text, quote), default=""))


def _common(one: str, other: str) -> int:
    return len(set(search_terms(one)) & set(search_terms(other)))
