"""Sections -> chunks: whole sentences, never across a section or a page, with stable ids."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.types import Line, Section
from rag.documents import Chunk, Document
from rag.sentences import split_sentences
from rag.tokens import analyse

CHUNK_CHARS = 320  # letters; a chunk is what a person reads as one source
SHORTEST_CHUNK = 80  # a shorter rest goes to the chunk before it
LONGEST_SENTENCE = 400  # a longer one is cut at a comma
GROUP_CHUNKS = 6  # chunks that are told in one breath, at most
WINDOW_CHARS = 110  # letters one vector stands for: one to three sentences


@dataclass(frozen=True)
class Piece:
    """A sentence, or the part of one that is too long."""

    text: str
    page: int | None
    starts_line: bool
    corrected: bool


@dataclass(frozen=True)
class Window:
    """The part ``chunk.text[start:end]`` that gets a vector, and the text that is embedded."""

    start: int
    end: int
    text: str


def chunks(
    document: Document, sections: Iterable[Section], printed: Mapping[int, str] | None = None
) -> tuple[Chunk, ...]:
    """The chunks of a document in reading order, but for those that are switched off.

    ``printed``: page of the file -> number printed on it. An id depends on the document, the heading path
    and the text alone, so one changed page changes only its own chunks.
    """
    return tuple(chunk for chunk, off in every_chunk(document, sections, printed) if off is None)


def every_chunk(
    document: Document, sections: Iterable[Section], printed: Mapping[int, str] | None = None
) -> Iterator[tuple[Chunk, str | None]]:
    """All of them, each with the correction that switched it off."""
    seen: Counter[str] = Counter()
    for section in sections:
        for pieces in _group(pieces_of(section.lines)):
            text = _join(pieces)
            digest = hashlib.sha256("\n".join([*section.path, text]).encode()).hexdigest()[:10]
            seen[digest] += 1
            suffix = f"-{seen[digest]}" if seen[digest] > 1 else ""
            chunk = Chunk(
                id=f"{document.id}.{digest}{suffix}",
                document_id=document.id,
                section=section.path,
                page=pieces[0].page,
                text=text,
                printed=(printed or {}).get(pieces[0].page or 0),
                corrected=any(piece.corrected for piece in pieces),
            )
            yield chunk, section.off


def windows(document: Document, chunk: Chunk, *, first: bool = False) -> tuple[Window, ...]:
    """Runs of sentences of about WINDOW_CHARS, each with the title and the nearest heading in front.

    The ``first`` chunk of a document also stands for what the document is about.
    """
    head = "　".join([document.title, *chunk.section[-1:]])
    made: list[Window] = []
    if first and document.summary:
        made.append(Window(0, len(chunk.text), f"{document.title}\n{document.summary}"))
    start = end = 0
    for span in split_sentences(chunk.text):
        if end > start and span.end - start > WINDOW_CHARS:
            made.append(_window(head, chunk, start, end))
            start = span.start
        end = span.end
    made.append(_window(head, chunk, start, end))
    return tuple(made)


def grouped(chunks: Iterable[Chunk]) -> list[int]:
    """The number of each chunk's group: neighbours of one section, GROUP_CHUNKS at most."""
    numbers: list[int] = []
    before, size = None, 0
    for chunk in chunks:
        place = (chunk.document_id, chunk.section)
        size = size + 1 if place == before and size < GROUP_CHUNKS else 1
        numbers.append((numbers[-1] if numbers else -1) + (size == 1))
        before = place
    return numbers


def telling(titles: Sequence[str]) -> list[bool]:
    """Which titles say what no other does, numbers aside: a question does, 道路法 第3条 does not."""
    words = [
        frozenset(t.lemma for t in analyse(title) if t.kind not in ("other", "number")) for title in titles
    ]
    times = Counter(words)
    return [bool(said) and times[said] == 1 for said in words]


def _window(head: str, chunk: Chunk, start: int, end: int) -> Window:
    return Window(start, end, f"{head}\n{chunk.text[start:end]}")


def pieces_of(lines: Iterable[Line]) -> Iterator[Piece]:
    """The lines sentence by sentence."""
    for line in lines:
        starts_line = True
        for span in split_sentences(line.text):
            for part in _cut(span.text):
                yield Piece(part, line.page, starts_line, line.corrected)
                starts_line = False


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_SENTENCE:
        comma = max(sentence.rfind(mark, 1, LONGEST_SENTENCE) for mark in "、，；;,")
        end = comma + 1 if comma > 0 else LONGEST_SENTENCE
        yield sentence[:end]
        sentence = sentence[end:]
    if sentence:
        yield sentence


def _group(pieces: Iterable[Piece]) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    size = 0
    for piece in pieces:
        if groups and groups[-1][0].page == piece.page and size + len(piece.text) <= CHUNK_CHARS:
            groups[-1].append(piece)
            size += len(piece.text)
        else:
            groups.append([piece])
            size = len(piece.text)
    if len(groups) > 1 and _size(groups[-1]) < SHORTEST_CHUNK:
        before = groups[-2]
        if before[0].page == groups[-1][0].page:
            before.extend(groups.pop())
    return groups


def _size(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _join(pieces: list[Piece]) -> str:
    text = ""
    for piece in pieces:
        text += ("\n" if text and piece.starts_line else "") + piece.text
    return re.sub(r"\n{2,}", "\n", text)
