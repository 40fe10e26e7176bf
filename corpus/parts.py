"""What the records on the shelves are made of (記録の部品): their bases, and the words they share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

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
Size = Literal["5千人未満", "5千～1万人", "1～3万人", "3～10万人", "10～50万人", "50万人以上"]
Organisation = Literal[
    "大学", "高専", "建設技術センター", "学会・協会", "民間企業", "国・都道府県OB", "市区町村OB"
]


def _a_day(text: str) -> str:
    try:
        written_so = date.fromisoformat(text).isoformat() == text
    except ValueError:
        written_so = False
    if not written_so:
        raise ValueError("日付は 2027-03-31 の形で書きます")
    return text


Day = Annotated[str, AfterValidator(_a_day)]


class Part(BaseModel):
    """Strict and immutable: what every record and every part of one is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Part):
    """Where a fact comes from (出典). ``url`` is ``None`` only for papers without an address."""

    title: Text
    url: HttpUrl | None
    year: Text | None = None


Sources = Annotated[tuple[Source, ...], Field(min_length=1)]
Facilities = Annotated[tuple[Facility, ...], Field(min_length=1)]


class Record(Part):
    """Base of every record. ``related`` names other records; a link written on one side holds on both."""

    id: RecordId
    title: Text
    related: tuple[RecordId, ...] = ()


class Sampled(Record):
    """A record that may be made up to show how the shelf is used (サンプル): its title says so first."""

    sample: bool

    @model_validator(mode="after")
    def _sample_says_so(self) -> Self:
        if self.sample != self.title.startswith("サンプル"):
            raise ValueError("sample が true の記録だけ、title を「サンプル」で始めます")
        return self
