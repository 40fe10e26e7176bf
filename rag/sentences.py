"""Japanese sentences with their places in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = "「『（(【〔［["
_CLOSING = "」』）)】〕］]"
_END = re.compile("[。！？]+")  # ASCII marks stay out: they live in addresses


@dataclass(frozen=True)
class Span:
    """``text == source[start:end]``."""

    start: int
    end: int
    text: str


def split_sentences(text: str) -> tuple[Span, ...]:
    """Cut ``text`` at line ends and after 。！？ outside brackets.

    Every character but the blanks at a sentence's edges is in exactly one span.
    """
    spans: list[Span] = []
    offset = 0
    for line in text.split("\n"):
        spans.extend(_split_line(line, offset))
        offset += len(line) + 1
    return tuple(spans)


def _split_line(line: str, offset: int) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(line):
        if _depth(line[start : match.end()]) == 0:
            spans.extend(_trim(line, start, match.end(), offset))
            start = match.end()
    spans.extend(_trim(line, start, len(line), offset))
    return spans


def _depth(part: str) -> int:
    """How many brackets are still open; a closing one without its opening counts for nothing."""
    depth = 0
    for letter in part:
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING and depth:
            depth -= 1
    return depth


def _trim(line: str, start: int, end: int, offset: int) -> list[Span]:
    part = line[start:end]
    left = len(part) - len(part.lstrip())
    right = len(part.rstrip())
    if right <= left:
        return []
    return [Span(offset + start + left, offset + start + right, part[left:right])]
