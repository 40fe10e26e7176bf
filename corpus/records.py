"""What a record on the shelves is (棚の記録).

Knows the fields and their rules; knows nothing of files, chunks or questions.
A field nobody declared is an error, and what is not known is ``None``, never a guess.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
RecordId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]

Stage = Literal["課題整理", "技術選定", "現場試行", "庁内調整・予算", "発注・契約", "本格導入", "効果検証"]
Facility = Literal[
    "橋梁",
    "トンネル",
    "道路",
    "舗装",
    "道路附属物・斜面",
    "河川",
    "砂防・海岸",
    "下水道",
    "水道",
    "港湾",
    "公園",
    "公共建築",
    "複数分野",
]


class Record(BaseModel):
    """Base of every record: strict, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: RecordId


class Source(BaseModel):
    """Where a fact comes from (出典). ``url`` is ``None`` only for papers without an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    url: HttpUrl | None
    year: Text | None = None


class GuidePage(Record):
    """One page of the guidebook (手引き): front matter of a Markdown file plus its body."""

    title: Text
    kind: Literal["進め方", "施設", "制度", "体制", "基礎知識"]
    summary: Text
    facilities: tuple[Facility, ...] = ()
    stage: Stage | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    body: Text


class Case(Record):
    """What one municipality did (事例). Text fields are whole sentences in plain Japanese."""

    title: Text
    municipality: Text
    prefecture: Text
    population: Text | None
    facilities: Annotated[tuple[Facility, ...], Field(min_length=1)]
    need: Text | None
    technology: Text
    stage: Text
    partners: Text | None
    cost: Text | None
    effect: Text | None
    lessons: Text | None
    year: Text | None
    confidence: Literal["high", "medium"]
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
