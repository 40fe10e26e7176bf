"""What the secretariat put right in a reading (直し), and where it is kept: corrections.json beside the original.

The original and the reading are never changed. Each correction says what it is about by the page and the words as
read, so it still fits after the document was read anew. How they are put into the lines: :mod:`ingest.correcting`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from ingest.items import write_json
from ingest.readers.marks import plain
from ingest.types import Line
from rag.errors import UnreadableFile
from rag.fold import squeeze

FILE = "corrections.json"
LONGEST = 5_000  # letters of a passage
LONGEST_PRINTED = 10  # letters of a printed page number
DEEPEST = 6  # levels of headings
MOST = 2_000  # corrections of one document


@dataclass(frozen=True)
class Spot:
    """Words on a page, whatever the blanks between them; ``nth`` of those that read the same there."""

    page: int | None
    text: str
    nth: int = 0

    @property
    def key(self) -> str:
        return _hash(str(self.page), squeeze(self.text), str(self.nth))


@dataclass(frozen=True)
class TextFix:
    """A passage that was misread. ``now``: its lines as they should be; none: it is left out."""

    spot: Spot
    now: str
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class HeadingFix:
    """A line that is a heading so deep (1 is outermost), or no heading at all (0)."""

    spot: Spot
    level: int
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class PageFix:
    """The number printed on a page of the file; empty where there is none."""

    page: int
    printed: str
    kind: ClassVar[str] = "page"


@dataclass(frozen=True)
class Off:
    """A passage that is neither found nor cited (the text of a chunk)."""

    spot: Spot
    kind: ClassVar[str] = "off"


Fix = TextFix | HeadingFix | PageFix | Off
_KINDS: dict[str, type[Fix]] = {fix.kind: fix for fix in (TextFix, HeadingFix, PageFix, Off)}


@dataclass(frozen=True)
class Correction:
    """One correction, who made it and when (ISO 8601). ``id`` says what it is about, not what it says."""

    fix: Fix
    by: str
    at: str

    @property
    def id(self) -> str:
        about = str(self.fix.page) if isinstance(self.fix, PageFix) else self.fix.spot.key
        return _hash(self.fix.kind, about)

    @property
    def page(self) -> int | None:
        return self.fix.page if isinstance(self.fix, PageFix) else self.fix.spot.page


@dataclass(frozen=True)
class Unfitting:
    """A correction that fits nothing any more (当てはまる箇所がなくなった直し), and why."""

    correction: Correction
    why: str


def spots(lines: Iterable[Line]) -> list[Spot]:
    """What each line is called by."""
    seen: Counter[tuple[int | None, str]] = Counter()
    called = []
    for line in lines:
        text = plain(line.text)
        place = line.page, squeeze(text)
        called.append(Spot(line.page, text, seen[place]))
        seen[place] += 1
    return called


def put(corrections: Sequence[Correction], *new: Correction) -> tuple[Correction, ...]:
    """With new ones, each in the place of the one about the same."""
    return tuple({one.id: one for one in (*corrections, *new)}.values())


def without(corrections: Sequence[Correction], *ids: str) -> tuple[Correction, ...]:
    return tuple(one for one in corrections if one.id not in ids)


def write_corrections(folder: Path, corrections: Iterable[Correction]) -> None:
    """Replace those of the document in ``folder``, in one step."""
    told = [{"kind": one.fix.kind, **asdict(one)} for one in corrections]
    write_json(folder / FILE, {"format": 1, "corrections": told})


def read_corrections(folder: Path) -> tuple[Correction, ...]:
    """Those of the document in ``folder``. Raises UnreadableFile where their file is damaged."""
    try:
        raw = json.loads((folder / FILE).read_text("utf-8"))
        return tuple(map(_correction_of, raw["corrections"]))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableFile(
            f"文書 {folder.name} の直しの記録 {FILE} が壊れています（{error}）。控えから戻してください。"
            "控えがなければ、このファイルを取り除くと、直しのない読み取りに戻ります。"
        ) from error


def _correction_of(raw: dict[str, Any]) -> Correction:
    fix = raw["fix"]
    if "spot" in fix:
        fix["spot"] = Spot(**fix["spot"])
    return Correction(_KINDS[raw["kind"]](**fix), raw["by"], raw["at"])


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
