"""What may be asked of matching over HTTP: the fields are those of the command line."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rag.matching.reading import Given

NEED = "橋梁点検にドローンを使いたい。どの橋から使えるか知りたい"


class PlaceFields(BaseModel):
    """どの施設の、どこの相談か。"""

    model_config = ConfigDict(extra="forbid")

    facility: Annotated[
        str | None, Field(description="施設。いくつかあれば「、」で区切る", examples=["橋梁"])
    ] = None
    municipality: Annotated[
        str | None,
        Field(
            description="自治体。同じ名前の自治体があるものは、都道府県から書く",
            examples=["埼玉県熊谷市"],
        ),
    ] = None
    prefecture: Annotated[str | None, Field(description="都道府県", examples=["埼玉県"])] = None


class NeedFields(PlaceFields):
    """わかっている項目。書かない項目は、相談の文から読みます。"""

    technology: Annotated[
        str | None, Field(description="技術の名前か id", examples=["ドローンによる橋の点検撮影"])
    ] = None
    stage: Annotated[
        str | None, Field(description="段階（課題整理、技術選定など）", examples=["技術選定"])
    ] = None
    size: Annotated[str | None, Field(description="人口（12000、1～3万人など）", examples=["10～50万人"])] = (
        None
    )


class AskAdvice(NeedFields):
    """専門家を探す相談。"""

    need: Annotated[str, Field(description="困っていること、使いたい技術（1,000文字まで）", examples=[NEED])]
    mode: Annotated[str | None, Field(description="現地 か オンライン", examples=["現地"])] = None
    period: Annotated[
        str | None, Field(description="時期（来年度、2027年1月～3月など）", examples=["来年度"])
    ] = None
    k: Annotated[int, Field(ge=1, le=100, description="出す専門家の数")] = 3


class AskCases(NeedFields):
    """似た事例を探す相談。"""

    need: Annotated[str, Field(description="課題を書いた文（1,000文字まで）か、事例の id", examples=[NEED])]
    k: Annotated[int, Field(ge=1, le=100, description="出す事例の数")] = 5


class AskSeeds(PlaceFields):
    """技術・シーズを探すニーズ。"""

    need: Annotated[
        str,
        Field(
            description="求める内容と条件を書いた文（1,000文字まで）か、ニーズの id",
            examples=["need-michi-01"],
        ),
    ]
    k: Annotated[int, Field(ge=1, le=100, description="出す技術の数")] = 5


class AskNeeds(BaseModel):
    """ニーズを探すシーズ。"""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[
        str,
        Field(
            description="技術の id か題名、または技術の概要を書いた文（1,000文字まで）",
            examples=["tech-road-ai"],
        ),
    ]
    k: Annotated[int, Field(ge=1, le=100, description="出すニーズの数")] = 5


class AskContacts(PlaceFields):
    """相談先の探し方。"""

    topic: Annotated[str, Field(description="相談したいこと", examples=["橋の点検"])] = ""
    k: Annotated[int, Field(ge=1, le=100, description="出す相談先の数")] = 5


class ListTechnologies(BaseModel):
    """技術の絞り込み。書いたものすべてに合う記録を、棚の順に出します。"""

    model_config = ConfigDict(extra="forbid")

    facility: Annotated[
        str | None, Field(description="施設。いくつかあれば「、」で区切る", examples=["橋梁"])
    ] = None
    q: Annotated[
        str,
        Field(
            description="このことばをすべて含む記録だけ（空白で区切る）",
            examples=["ドローン"],
        ),
    ] = ""
    k: Annotated[int, Field(ge=1, le=100, description="出す件数")] = 20
    offset: Annotated[int, Field(ge=0, description="先頭から飛ばす件数")] = 0


class ListCases(ListTechnologies):
    """事例の絞り込み。書いたものすべてに合う記録を、棚の順に出します。"""

    technology: Annotated[
        str | None, Field(description="技術の名前か id", examples=["tech-drone-bridge"])
    ] = None
    prefecture: Annotated[str | None, Field(description="都道府県", examples=["千葉県"])] = None


def given(asked: BaseModel) -> Given:
    """The fields of a need that were asked with; the others are not known."""
    known = {field.name for field in fields(Given)}
    return Given(**{name: value for name, value in asked.model_dump().items() if name in known})
