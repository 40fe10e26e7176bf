"""The JSON shapes, the same for the API and for ``--json`` on the command line.

A contract: fields are added, never renamed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rag.types import Answer, Hit, Status


class Question(BaseModel):
    """The body of ``POST /api/chat``."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        str, Field(description="質問（1,000文字まで）", examples=["橋の定期点検は何年に1回ですか"])
    ]


class StepModel(BaseModel):
    """答えるまでの1つの段階とかかった時間。"""

    name: str
    milliseconds: float
    detail: str


class SentenceModel(BaseModel):
    """回答の1文と、その根拠の番号。"""

    text: str
    citations: list[int]


class CitationModel(BaseModel):
    """出典。quote は資料の原文のまま、printed は紙面に刷られたページ番号（page と違うとき）です。"""

    number: int
    chunk_id: str
    document_id: str
    title: str
    page: int | None
    printed: str | None
    section: list[str]
    quote: str
    url: str


class NearestModel(BaseModel):
    """答えがないときに近い箇所。"""

    chunk_id: str
    document_id: str
    title: str
    page: int | None
    printed: str | None
    section: list[str]
    url: str


class AnswerModel(BaseModel):
    """質問への回答。"""

    status: Status
    text: str
    sentences: list[SentenceModel]
    citations: list[CitationModel]
    release: str
    trace: list[StepModel]
    nearest: list[NearestModel]

    @classmethod
    def of(cls, answer: Answer) -> AnswerModel:
        return cls.model_validate(asdict(answer))


class HitModel(BaseModel):
    """見つかった1か所。"""

    rank: int
    chunk_id: str
    document_id: str
    title: str
    page: int | None
    printed: str | None
    section: list[str]
    score: float
    found_by: list[str]
    text: str

    @classmethod
    def of(cls, hit: Hit) -> HitModel:
        return cls(
            rank=hit.rank,
            chunk_id=hit.chunk.id,
            document_id=hit.document.id,
            title=hit.document.title,
            page=hit.chunk.page,
            printed=hit.chunk.printed,
            section=list(hit.chunk.section),
            score=round(hit.score, 4),
            found_by=list(hit.found_by),
            text=hit.chunk.text,
        )


class SearchModel(BaseModel):
    """検索の結果。"""

    hits: list[HitModel]


class HealthModel(BaseModel):
    """サーバーの状態。search が exact のときは、Chroma を使わずに全件を比べています。"""

    status: str
    release: str
    created_at: str
    documents: int
    chunks: int
    model: str
    search: str


class ErrorModel(BaseModel):
    """できなかったときの説明。"""

    message: str
