"""A reading -> its chunks, with the corrections of the secretariat in them: for a build and for a look alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.chunks import every_chunk
from ingest.correcting import correct
from ingest.corrections import Correction, PageFix, Unfitting
from ingest.normalize import normalize, printed_numbers
from ingest.sections import sections
from ingest.switching import switch_off
from ingest.types import Line, Reading, Removed, Section
from rag.documents import Chunk, Document

NO_PAGE = "このページは、いまの読み取りにありません。"


@dataclass(frozen=True)
class Cut:
    """``read``: the lines as read; ``printed_read``: the page numbers so; all else is corrected.

    ``every``: the chunks in order, each with the correction that switched it off.
    """

    read: tuple[Line, ...]
    removed: tuple[Removed, ...]
    printed_read: dict[int, str]
    printed: dict[int, str]
    sections: tuple[Section, ...]
    every: tuple[tuple[Chunk, str | None], ...]
    unfitting: tuple[Unfitting, ...]

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """What is found and cited."""
        return tuple(chunk for chunk, off in self.every if off is None)


def cut(document: Document, reading: Reading, corrections: Sequence[Correction] = ()) -> Cut:
    """Cut the pages that may be searched (see Reading.trusted)."""
    lines, removed = normalize(reading)
    corrected = correct(lines, corrections)
    parts, not_off = switch_off(sections(corrected.lines), corrections)
    read = printed_numbers(removed)
    printed, no_page = _printed(read, reading, corrections)
    every = tuple(every_chunk(document, parts, printed))
    return Cut(lines, removed, read, printed, parts, every, (*corrected.unfitting, *not_off, *no_page))


def _printed(
    read: dict[int, str], reading: Reading, corrections: Sequence[Correction]
) -> tuple[dict[int, str], list[Unfitting]]:
    """The numbers printed on the pages where they differ from those of the file."""
    pages = {page.number for page in reading.pages}
    printed = dict(read)
    unfitting = []
    for one in corrections:
        if not isinstance(one.fix, PageFix):
            continue
        if one.fix.page not in pages:
            unfitting.append(Unfitting(one, NO_PAGE))
        elif one.fix.printed in ("", str(one.fix.page)):
            printed.pop(one.fix.page, None)
        else:
            printed[one.fix.page] = one.fix.printed
    return printed, unfitting
