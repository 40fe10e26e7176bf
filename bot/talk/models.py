"""The JSON shapes of conversations and feedback. A contract: fields are added, never renamed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.api_models import CitationModel
from bot.talk.kept import Complaint, Conversation, Opinion, Turn
from rag.types import Status

Municipality = Annotated[
    str,
    Field(
        max_length=60,
        description="聞く人の自治体。名前だけでも、都道府県を付けてもよい。同じ名前があるときは都道府県が要る",
        examples=["広島県府中市"],
    ),
]


class NewConversationModel(BaseModel):
    """会話の始め方。"""

    model_config = ConfigDict(extra="forbid")

    municipality: Municipality = ""


class ConversationModel(BaseModel):
    """会話。id を知っている人だけが、続け、読み、消せます。expires_at を過ぎると消えます。"""

    id: Annotated[str, Field(examples=["pD3q9nqv0c2nXn1r7mZ0b5tUe6yYHk1s"])]
    created_at: datetime
    expires_at: datetime
    municipality: Annotated[str, Field(description="聞く人の自治体。空なら、まだ聞いていない")]

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationModel:
        return cls.model_validate(conversation, from_attributes=True)


class TurnModel(BaseModel):
    """1つの質問と回答。質問の個人情報は伏せてあります。"""

    id: str
    at: datetime
    question: str
    status: Status
    text: str
    citations: list[CitationModel]
    release: str

    @classmethod
    def of(cls, turn: Turn) -> TurnModel:
        fields: dict[str, Any] = {name: getattr(turn, name) for name in cls.model_fields}
        return cls.model_validate(fields)


class ConversationWithTurnsModel(ConversationModel):
    """会話と、その中の質問と回答。古いものから、最新の100件まで。"""

    turns: list[TurnModel]

    @classmethod
    def told(cls, conversation: Conversation, turns: tuple[Turn, ...]) -> ConversationWithTurnsModel:
        of = ConversationModel.of(conversation)
        return cls(**dict(of), turns=[TurnModel.of(turn) for turn in turns])


class FeedbackModel(BaseModel):
    """回答が役に立ったか。役に立たなかった質問は、事務局が見る台帳に入ります。"""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[
        str,
        Field(max_length=64, description="回答の id", examples=["f4Tt0v9GQm2b1zJr8kWc6yXe3hLs5uNa"]),
    ]
    helpful: Annotated[bool, Field(strict=True, description="役に立ったら true", examples=[False])]
    reason: Annotated[
        Complaint | None, Field(description="役に立たなかった理由", examples=["質問と合っていない"])
    ] = None
    comment: Annotated[
        str,
        Field(
            max_length=1000,
            description="気づいたこと。個人情報は伏せて保存します",
            examples=["町道の話が知りたかった"],
        ),
    ] = ""

    def opinion(self) -> Opinion:
        return Opinion(self.answer, self.helpful, self.reason, self.comment)
