"""The JSON shapes, the same for the API and for ``--json`` on the command line.

A contract: fields are added, never renamed.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.matching_models import RecommendationModel
from bot.talk.kept import Told
from rag.explain import Explanation, Found, Place, Reason
from rag.types import Answer, Hit, Part, Sentence, Status, Term


class Question(BaseModel):
    """質問と、だれが、どの会話で聞くか。"""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        str, Field(description="質問（1,000文字まで）", examples=["橋の定期点検は何年に1回ですか"])
    ]
    conversation: Annotated[
        str | None,
        Field(max_length=64, description="会話の id（POST /api/conversations で得る）", examples=[None]),
    ] = None
    municipality: Annotated[
        str | None,
        Field(
            max_length=60,
            description="聞く人の自治体。会話では、一度送れば続けて使う。同じ名前があるときは都道府県を付ける",
            examples=["千葉県君津市"],
        ),
    ] = None


class StepModel(BaseModel):
    """答えるまでの1つの段階とかかった時間。"""

    name: str
    milliseconds: float
    detail: str


class SentenceModel(BaseModel):
    """回答の1文と、その根拠の番号。

    label は、記録を並べた回答での項目（効果、費用など）です。more が真の文は、答えの先の「くわしく」です。
    """

    text: str
    citations: list[int]
    label: str
    more: bool = False

    @classmethod
    def of(cls, sentence: Sentence) -> SentenceModel:
        return cls.model_validate(asdict(sentence))


class CitationModel(BaseModel):
    """出典。quote は資料の原文のまま、source は公文書に書ける形の出典、printed は紙面に刷られたページ番号（page と違うとき）です。"""

    number: int
    chunk_id: str
    document_id: str
    title: str
    page: int | None
    printed: str | None
    section: list[str]
    quote: str
    url: str
    shelf: str
    source: str


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
    """質問への回答。

    id は POST /api/feedback に使う番号で、保存できなかったときはありません。会話は expires_at まで続けられます。
    """

    status: Status
    text: str
    sentences: list[SentenceModel]
    citations: list[CitationModel]
    release: str
    trace: list[StepModel]
    nearest: list[NearestModel]
    follow_ups: list[str]
    advisors: list[RecommendationModel] = []
    id: str | None = None
    conversation: str | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, answer: Answer) -> AnswerModel:
        return cls.model_validate(asdict(answer))

    @classmethod
    def told(cls, told: Told) -> AnswerModel:
        """The answer with the id under which it is kept."""
        kept = {"id": told.id, "conversation": told.conversation, "expires_at": told.expires_at}
        return cls.of(told.answer).model_copy(update=kept)


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


class TermModel(BaseModel):
    """質問から取り出したことば。known が偽なら、資料のどこにもありません。"""

    text: str
    kind: str
    weight: float
    rarity: float
    known: bool

    @classmethod
    def of(cls, term: Term) -> TermModel:
        return cls(
            text=term.text, kind=term.kind, weight=term.weight, rarity=round(term.rarity, 4), known=term.known
        )


class PartModel(BaseModel):
    """探し方の1つが足した点。すべて足すと score になります。"""

    part: Part
    points: float


class FoundModel(BaseModel):
    """質問のことばがある場所。share は、語の点のもとになった割合です。"""

    text: str
    places: list[Place]
    share: float

    @classmethod
    def of(cls, found: Found) -> FoundModel:
        return cls(text=found.text, places=list(found.places), share=round(found.share, 4))


class NearestPassageModel(BaseModel):
    """質問にいちばん近い部分。summary が真なら、文書の要約です。"""

    text: str
    similarity: float
    summary: bool


class ExplainedHitModel(HitModel):
    """見つかった1か所と、見つかったわけ。spelling は、語の点のうち、つづりの一致による割合です。"""

    parts: list[PartModel]
    words: list[FoundModel]
    pairs: list[FoundModel]
    spelling: float
    nearest: NearestPassageModel

    @classmethod
    def because(cls, reason: Reason) -> ExplainedHitModel:
        near = reason.nearest
        return cls(
            **dict(HitModel.of(reason.hit)),
            parts=[PartModel(part=part, points=round(points, 4)) for part, points in reason.parts],
            words=[FoundModel.of(word) for word in reason.words],
            pairs=[FoundModel.of(pair) for pair in reason.pairs],
            spelling=round(reason.spelling, 4),
            nearest=NearestPassageModel(
                text=near.text, similarity=round(near.similarity, 4), summary=near.summary
            ),
        )


class ExplanationModel(BaseModel):
    """質問の読み方と、見つかったわけ。"""

    asked: str
    past: bool
    terms: list[TermModel]
    pairs: list[str]
    hits: list[ExplainedHitModel]

    @classmethod
    def of(cls, explanation: Explanation) -> ExplanationModel:
        query = explanation.query
        return cls(
            asked=query.asked,
            past=query.past,
            terms=[TermModel.of(term) for term in query.terms],
            pairs=list(query.pairs),
            hits=[ExplainedHitModel.because(reason) for reason in explanation.reasons],
        )


class SearchQuery(BaseModel):
    """探したいことばと、絞り込み。絞り込みは、書いたものすべてに合う文書だけを探します。"""

    q: str = Field(description="探したいことば")
    k: int = Field(10, ge=1, le=100, description="件数")
    shelf: str | None = Field(None, description="棚（手引き、事例、技術カタログなど）")
    facility: str | None = Field(None, description="施設（橋梁、下水道など）")
    technology: str | None = Field(None, description="技術の番号（tech-drone-bridge など）")
    prefecture: str | None = Field(None, description="都道府県")
    municipality: str | None = Field(None, description="市区町村")
    stage: str | None = Field(None, description="段階（課題整理、技術選定など）")
    year: int | None = Field(None, ge=1900, le=2100, description="西暦の年")
    on: str | None = Field(None, description="有効な日（2026-03-31 の形）")
    past: bool = Field(False, description="旧版や期限の過ぎた文書も探す")


class HealthModel(BaseModel):
    """サーバーの状態。search は窓の探し方で、exact（全件を比べる）か chroma です。

    fallback が true なら、Chroma の索引がまだ、またはもう使えず、全件を比べて答えています。
    """

    status: str
    release: str
    created_at: str
    documents: int
    chunks: int
    model: str
    search: str
    fallback: bool


class ReadyModel(HealthModel):
    """答えられるか。database は ok か、使えないわけです（使えなくても答えますが、会話と評価を保存しません）。"""

    database: str
    language_model: bool


class ErrorModel(BaseModel):
    """できなかったときの説明。"""

    message: str
