"""What a release holds: documents, their facets, and the chunks they are cut into."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

Shelf = Literal[
    "guide",
    "cases",
    "technologies",
    "programmes",
    "contacts",
    "forums",
    "needs",
    "advisors",
    "faq",
    "glossary",
    "library",
]

SHELF_NAMES: dict[Shelf, str] = {
    "guide": "手引き",
    "cases": "事例",
    "technologies": "技術カタログ",
    "programmes": "支援カタログ",
    "contacts": "相談先",
    "forums": "フォーラム",
    "needs": "ニーズ",
    "advisors": "人材バンク",
    "faq": "質問と回答",
    "glossary": "用語",
    "library": "文書",
}


@dataclass(frozen=True)
class SourceLink:
    """Where a document's facts come from (出典)."""

    title: str
    url: str | None
    year: str | None = None


@dataclass(frozen=True)
class Facets:
    """What a document or a question is about (施設, 技術, 地域, 段階, 年); empty: it does not say.

    ``technologies`` are ids of records; ``municipalities`` have their prefecture in front.
    """

    facilities: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    prefectures: tuple[str, ...] = ()
    municipalities: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    years: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self != NO_FACETS


NO_FACETS = Facets()


@dataclass(frozen=True)
class Document:
    """One document or record as the reader knows it.

    ``related`` names the documents it belongs with; ``sample`` marks sample data (サンプルデータ).
    ``synonyms`` are other names of a term, or other wordings of a question; ``approver``: who approved the answer to it; ``superseded`` marks an older edition (旧版); ``valid_until`` is the last day (YYYY-MM-DD) on which it holds.
    """

    id: str
    title: str
    shelf: Shelf
    summary: str | None = None
    issuer: str | None = None
    edition: str | None = None
    date: str | None = None
    url: str | None = None
    file_name: str | None = None
    sources: tuple[SourceLink, ...] = ()
    related: tuple[str, ...] = ()
    sample: bool = False
    synonyms: tuple[str, ...] = ()
    approver: str | None = None
    superseded: bool = False
    valid_until: str | None = None
    facets: Facets = NO_FACETS

    def past(self, today: datetime.date) -> bool:
        """Whether it holds no more on a day."""
        return self.superseded or (self.valid_until is not None and self.valid_until < today.isoformat())

    @property
    def label(self) -> str:
        """The title, and that it is no more the newest."""
        return f"{self.title}（旧版）" if self.superseded else self.title


@dataclass(frozen=True)
class Chunk:
    """A run of whole sentences from one section of one page.

    ``text`` is exact to the letter; its lines are separated by ``\\n``. ``section`` is the heading
    path, outermost first. ``page`` is the page of the file, ``None`` where it has no pages; ``printed``
    the number printed on it (頁番号) where that is another. ``corrected``: the secretariat put right what
    was misread in it, so it need not stand in the original to the letter.
    """

    id: str
    document_id: str
    section: tuple[str, ...]
    page: int | None
    text: str
    printed: str | None = None
    corrected: bool = False
