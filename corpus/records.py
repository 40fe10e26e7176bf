"""What a record on the shelves is (棚の記録).

Knows the fields and their rules; knows nothing of files, chunks or questions.
A field nobody declared is an error, and what is not known is ``None``, never a guess.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    HttpUrl,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from corpus.expertise import Level, Period, Support, Travel, contact_in
from corpus.parts import (
    Day,
    Facilities,
    Facility,
    Organisation,
    Part,
    Record,
    RecordId,
    Sampled,
    Size,
    Source,
    Sources,
    Stage,
    Text,
)
from corpus.places import Block, Prefecture


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


class Activity(Part):
    """One planned event of a forum; ``when`` as the plan words it."""

    name: Text
    when: Text | None
    what: Text | None


class Figure(Part):
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


class Faq(Record):
    """A question and the answer that the secretariat approved (質問と回答). ``title`` is the question, ``alike`` its other wordings.

    ``approver`` is who approved it on ``approved_on``; after ``valid_until`` it holds no more.
    """

    alike: tuple[Text, ...] = ()
    answer: Text
    facilities: tuple[Facility, ...] = ()
    approver: Text
    approved_on: Day
    valid_until: Day | None = None
    sources: Sources


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
