"""Lines -> sections: Japanese heading patterns give the heading path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.types import Line, Section
from rag.fold import fold

LONGEST_HEADING = 60
LOOK_AHEAD = 3  # a bare line is a heading when text begins within so many lines
SHORTEST_TEXT = 12

_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")


@dataclass(frozen=True)
class _Pattern:
    """A kind of heading. ``rank`` orders kinds from the outermost; ``number`` is its counter."""

    rank: int
    regex: re.Pattern[str]
    counted: bool = True


_PATTERNS = (
    _Pattern(10, re.compile(r"第([0-9一二三四五六七八九十]+)編")),
    _Pattern(11, re.compile(r"第([0-9一二三四五六七八九十]+)章")),
    _Pattern(12, re.compile(r"第([0-9一二三四五六七八九十]+)節")),
    _Pattern(13, re.compile(r"(?:別紙|別添|参考(?:資料)?)\s?[0-9]*(?:[\s:：]|$)"), counted=False),
    _Pattern(22, re.compile(r"[0-9]{1,2}[.-][0-9]{1,2}[.-]([0-9]{1,2})[.\s]?\D")),
    _Pattern(21, re.compile(r"[0-9]{1,2}[.-]([0-9]{1,2})[.\s]?\D")),
    _Pattern(20, re.compile(r"([0-9]{1,2})[.．]\s?\D")),
    _Pattern(25, re.compile(r"【[^】]+】$|[■◆◎]\s?\S"), counted=False),
    _Pattern(30, re.compile(r"[(]([0-9]{1,2})[)]")),
    _Pattern(45, re.compile(r"<[^>]+>$|[(][^)]{2,15}[)]$"), counted=False),
)
_MARKDOWN = re.compile(r"(#{1,6}) +(.+)")
_ESCAPED = re.compile(r"^\\(?=#{1,6} |\\+#{1,6} )")  # see ingest.readers.marks
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_RANK_CIRCLED = 35
_RANK_STRONG = 24  # a bare line at the top of a page or after a wide gap
_RANK_WEAK = 40  # a bare line after one blank line
_BARE = re.compile(r"[^\s・･①-⑳※✓⚫●○〇➢\-–*0-9０-９（(【].*[一-鿿ァ-ヶー）)]")
_BESIDE_LATIN = re.compile(r"(?<=[0-9A-Za-z０-９])\s|\s(?=[0-9A-Za-z０-９])")
_NEVER_BARE = re.compile(r"[：:]|\s.*\s|[図表][-－]|[0-9０-９](?![0-9０-９]*\s?年度)")


@dataclass(frozen=True)
class _Heading:
    rank: int
    text: str
    number: int | None = None


def sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    """Group lines under their heading paths; what comes before the first heading has an empty path."""
    return _built(lines).sections


def outline(lines: Sequence[Line]) -> dict[int, int]:
    """Row -> how deep the heading on it stands (1 is outermost)."""
    return {row: depth for row, (depth, _) in _built(lines).outline.items()}


def _built(lines: Sequence[Line]) -> _Builder:
    builder = _Builder(_usual_ranks(lines) if any(line.level for line in lines) else {})
    for row, line in enumerate(lines):
        heading = _heading(lines, row) if line.level is None else None
        if line.level:
            builder.place(line, row)
        elif heading is None or not builder.open(heading, line, row):
            builder.add(line)
    builder.close()
    return builder


def _usual_ranks(lines: Sequence[Line]) -> dict[int, int]:
    """Depth -> the rank that most headings found so deep have."""
    found = _built([replace(line, level=None) for line in lines]).outline.values()
    return dict(place for place, _ in reversed(Counter(found).most_common()))


@dataclass
class _Open:
    """A heading on the stack. ``heads``: lines or headings have come under it."""

    heading: _Heading
    line: Line
    row: int
    heads: bool = False


class _Builder:
    """The stack of open headings and the sections closed so far. No line is ever lost.

    ``outline``: row -> depth and rank of the heading on it.
    """

    def __init__(self, usual: Mapping[int, int]) -> None:
        self._usual = usual
        self._stack: list[_Open] = []
        self._sections: list[tuple[tuple[str, ...], list[Line]]] = []
        self.outline: dict[int, tuple[int, int]] = {}

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(Section(path, tuple(lines)) for path, lines in self._sections)

    def open(self, heading: _Heading, line: Line, row: int) -> bool:
        """Start a section. A counted heading out of turn (a list in the text) is refused."""
        if heading.number is not None:
            before = [o.heading.number for o in self._stack if o.heading.rank == heading.rank]
            if heading.number != (before[0] or 0) + 1 if before else heading.number != 1:
                return False
        self._push(heading, line, row)
        return True

    def place(self, line: Line, row: int) -> None:
        """Start a section where a person says: beside the heading that stood so deep, and counted on from it."""
        above = self._stack[: (line.level or 1) - 1]
        outer = above[-1].heading.rank if above else 0
        beside = self._stack[len(above)].heading if len(self._stack) > len(above) else None
        usual = self._usual.get(len(above) + 1, 0)
        rank = beside.rank if beside else usual if usual > outer else outer + 1
        marked = _marked(line.text)
        counted = marked if marked and marked.rank == rank else beside
        self._push(_Heading(rank, line.text, counted.number if counted else None), line, row)

    def _push(self, heading: _Heading, line: Line, row: int) -> None:
        self.close(heading.rank)
        if self._stack:
            self._stack[-1].heads = True
        self._stack.append(_Open(heading, line, row))

    def add(self, line: Line) -> None:
        if self._stack:
            self._stack[-1].heads = True
        path = tuple(o.heading.text for o in self._stack)
        if not self._sections or self._sections[-1][0] != path:
            self._sections.append((path, []))
        self._sections[-1][1].append(replace(line, text=_ESCAPED.sub("", line.text)))

    def close(self, rank: int = 0) -> None:
        """Take headings of ``rank`` and inner ones off; one that headed nothing was a line."""
        while self._stack and self._stack[-1].heading.rank >= rank:
            last = self._stack.pop()
            if last.heads:
                self.outline[last.row] = len(self._stack) + 1, last.heading.rank
            else:
                self.add(replace(last.line, text=last.heading.text))


def _heading(lines: Sequence[Line], row: int) -> _Heading | None:
    text = lines[row].text
    markdown = _MARKDOWN.match(text)
    if markdown:
        return _Heading(len(markdown[1]), markdown[2].strip())
    if len(text) > LONGEST_HEADING or text[-1] in "。、，：:；" or row + 1 == len(lines):
        return None
    marked = _marked(text)
    if marked is None:
        return _bare_heading(lines, row)
    neighbours = [lines[i] for i in (row - 1, row + 1) if 0 <= i < len(lines)]
    in_a_list = any(_follow(marked, _marked(line.text)) for line in neighbours)
    return None if in_a_list else marked


def _marked(text: str) -> _Heading | None:
    """The heading a line would be by the mark it begins with."""
    if text[0] in _CIRCLED and len(text) > 2:
        return _Heading(_RANK_CIRCLED, text, _CIRCLED.index(text[0]) + 1)
    folded = fold(text)
    for pattern in _PATTERNS:
        match = pattern.regex.match(folded)
        if match:
            return _Heading(pattern.rank, text, _number(match[1]) if pattern.counted else None)
    return None


def _follow(one: _Heading, other: _Heading | None) -> bool:
    """Whether two lines count on from one another: (1) (2) without text between is a list."""
    if other is None or one.rank != other.rank:
        return False
    if one.number is None or other.number is None:
        return one.number == other.number  # ■ under ■ is a list as well
    return abs(one.number - other.number) == 1


def _bare_heading(lines: Sequence[Line], row: int) -> _Heading | None:
    """A short noun phrase standing alone above text."""
    line = lines[row]
    strong = row == 0 or line.indented or line.gap > 1 or line.page != lines[row - 1].page
    if not (strong or line.gap) or not _is_bare(line.text):
        return None
    for following in lines[row + 1 : row + 1 + LOOK_AHEAD]:
        if not _is_bare(following.text) and len(following.text) >= SHORTEST_TEXT:
            return _Heading(_RANK_STRONG if strong else _RANK_WEAK, line.text)
    return None


def _is_bare(text: str) -> bool:
    close = _BESIDE_LATIN.sub("", text)
    return 3 <= len(text) <= 30 and bool(_BARE.fullmatch(text)) and not _NEVER_BARE.search(close)


def _number(text: str) -> int:
    """Arabic or kanji numerals up to 99."""
    if text.isdecimal() and text.isascii():
        return int(text)
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return int(text.translate(_DIGITS))
    return (int(tens.translate(_DIGITS)) if tens else 1) * 10 + (int(ones.translate(_DIGITS)) if ones else 0)
