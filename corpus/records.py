"""What a record on the shelves is (棚の記録).

Knows the fields and their rules; knows nothing of files, chunks or questions.
A field nobody declared is an error, and what is not known is ``None``, never a guess.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from corpus.expertise import Level, Period, Support, Travel, contact_in
from corpus.places import Block, Prefecture

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


class _Part(BaseModel):
    """Strict and immutable: what every record and every part of one is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where a fact comes from (出典). ``url`` is ``None`` only for papers without an address."""

    title: Text
    url: HttpUrl | None
    year: Text | None = None


Sources = Annotated[tuple[Source, ...], Field(min_length=1)]
Facilities = Annotated[tuple[Facility, ...], Field(min_length=1)]


class Record(_Part):
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


class GuidePage(Record):
    """One page of the guidebook (手引き): front matter of a Markdown file plus its body."""

    kind: Literal["進め方", "施設", "制度", "体制", "基礎知識"]
    summary: Text
    facilities: tuple[Facility, ...] = ()
    stage: Stage | None = None
    sources: Sources
    body: Text


class Case(Record):
    """What one municipality did (事例). Text fields are whole sentences in plain Japanese."""

    municipality: Text
    prefecture: Text
    population: Text | None
    facilities: Facilities
    need: Text | None
    technology: Text
    stage: Text
    partners: Text | None
    cost: Text | None
    effect: Text | None
    lessons: Text | None
    year: Text | None
    confidence: Literal["high", "medium"]
    sources: Sources


class Technology(Record):
    """A kind of technology or of arrangement (技術カタログ); with a ``provider``, one that someone offers (シーズ).

    Lists of offers tell less than the catalogue: what they leave out is ``None``.
    """

    kind: (
        Literal["点検・撮影", "診断・解析", "計測・監視", "補修・作業", "記録・台帳", "通報・連絡", "仕組み"]
        | None
    )
    provider: Text | None = None
    summary: Text
    facilities: Facilities
    targets: tuple[Text, ...] = ()
    does: Text | None
    cannot: Text | None
    needs: Text | None
    cost: Text | None
    track_record: Text | None = None
    lookup: Text | None
    sources: Sources


class Programme(Record):
    """Support that a municipality can ask for (支援カタログ), as it stood in ``year``."""

    kind: Literal[
        "派遣・助言", "連携・委託", "補助・交付金", "起債・財政措置", "研修・資格", "表彰", "情報・データ"
    ]
    provider: Text
    summary: Text
    facilities: tuple[Facility, ...] = ()
    stages: tuple[Stage, ...] = ()
    support: Text
    conditions: Text | None
    amount: Text | None
    period: Text | None
    apply: Text | None
    cautions: Text | None
    year: Text
    sources: Sources


class Contact(Record):
    """Whom to ask (相談先): an office, never a person. No ``blocks`` means the whole country."""

    kind: Literal[
        "国の機関", "道路メンテナンス会議", "都道府県・センター", "大学・高専", "学会・協会", "国民会議"
    ]
    blocks: tuple[Block, ...]
    prefectures: tuple[Prefecture, ...] = ()
    facilities: tuple[Facility, ...] = ()
    topics: Annotated[tuple[Text, ...], Field(min_length=1)]
    summary: Text
    how: Text | None
    url: HttpUrl | None
    year: Text | None
    sources: Sources


class Activity(_Part):
    """One planned event of a forum; ``when`` as the plan words it."""

    name: Text
    when: Text | None
    what: Text | None


class Figure(_Part):
    """One line of a table of aims and results; numbers with their unit."""

    item: Text
    target: Text | None
    result: Text | None
    note: Text | None = None


class Forum(Record):
    """A forum of the national council (インフラメンテナンス国民会議), as planned or counted in ``year``."""

    level: Literal["国民会議", "全国", "地方"]
    block: Block | None
    summary: Text
    aims: Text
    activities: tuple[Activity, ...] = ()
    figures: tuple[Figure, ...] = ()
    partners: Text | None
    notes: Text | None
    year: Text
    sources: Sources


class Need(Sampled):
    """What a municipality or a prefecture looks for (ニーズ). ``related`` names what may answer it.

    ``form`` is how it wishes to go about it (現場での試行, 相談 …). A sample states nothing, so it has no source.
    """

    municipality: Text
    prefecture: Prefecture
    facilities: Facilities
    stage: Stage | None
    problem: Text
    wish: Text | None
    conditions: Text | None
    form: Text | None
    period: Text | None
    status: Literal["募集中", "終了"] | None
    year: Text | None
    sources: tuple[Source, ...]

    @field_validator("sources")
    @classmethod
    def _real_ones_have_a_source(
        cls, sources: tuple[Source, ...], others: ValidationInfo
    ) -> tuple[Source, ...]:
        if not sources and others.data.get("sample") is False:
            raise PydanticKnownError(
                "too_short", {"field_type": "Tuple", "min_length": 1, "actual_length": 0}
            )
        return sources


class Advisor(Sampled):
    """An expert of the bank (人材バンク). ``related`` names the technologies and the cases; ``capacity`` is towns a year.

    Nobody is shown or recommended without ``consent``. ``sells`` are technologies it has an interest in, as
    has all that its ``vendor`` provides. It is reached through the secretariat: no field holds contact data.
    """

    organisation: Organisation
    prefecture: Prefecture
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]
    travel: Travel = "対応地域"
    facilities: Facilities
    levels: tuple[Level, ...] = ()
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    sizes: Annotated[tuple[Size, ...], Field(min_length=1)]
    capacity: Annotated[int, Field(ge=0, le=20)]
    period: Period | None = None
    remote: bool
    languages: tuple[Text, ...] = ("日本語",)
    qualifications: tuple[Text, ...] = ()
    supports: tuple[Support, ...] = ()
    vendor: Text | None = None
    sells: tuple[RecordId, ...] = ()
    consent: bool = False
    summary: Text

    @model_validator(mode="after")
    def _names_only_what_it_is_linked_to(self) -> Self:
        cases = tuple(support.case for support in self.supports if support.case)
        for field, named in (("supports", cases), ("sells", self.sells)):
            for record in named:
                if record not in self.related:
                    raise ValueError(f"{field} の「{record}」を、related にも書きます")
        for level in self.levels:
            if level.of not in (*self.facilities, *self.related):
                raise ValueError(f"levels の「{level.of}」が、facilities にも related にもありません")
        return self

    @model_validator(mode="after")
    def _keeps_contact_data_out(self) -> Self:
        supports = (support.summary for support in self.supports)
        for text in (self.title, self.summary, self.vendor or "", *self.qualifications, *supports):
            if found := contact_in(text):
                raise ValueError(f"「{found}」のような連絡先は書きません。連絡は事務局を通します")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.travel == "オンラインのみ" and not self.remote:
            raise ValueError("travel が「オンラインのみ」なら、remote を true にします")
        return self


class Term(Record):
    """A word of the field (用語). Without a source it may explain a word, never state a figure."""

    reading: Annotated[str, StringConstraints(pattern=r"^[ぁ-ゖー・]+$")]
    meaning: Text
    synonyms: tuple[Text, ...] = ()
    sources: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _figures_need_a_source(self) -> Term:
        if not self.sources and re.search(r"\d", self.meaning):
            raise ValueError("数字のある説明には sources に出典を書きます")
        return self
