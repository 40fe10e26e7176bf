"""A question, its answer, and what is kept of them in a conversation (会話)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from rag.types import Answer, Status

Complaint = Literal["内容が違う", "質問と合っていない", "古い", "分かりにくい", "足りない", "その他"]
COMPLAINTS: tuple[Complaint, ...] = get_args(Complaint)


@dataclass(frozen=True)
class Conversation:
    """An open conversation. ``municipality``: the asker's, with its prefecture in front; empty: not told."""

    id: str
    created_at: datetime
    expires_at: datetime
    municipality: str


@dataclass(frozen=True)
class Turn:
    """A question, masked, and its answer. ``nearest`` are ids of chunks."""

    id: str
    at: datetime
    expires_at: datetime
    question: str
    status: Status
    release: str
    text: str
    citations: tuple[dict[str, Any], ...]
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Opinion:
    """What somebody says of an answer (役に立ったか)."""

    answer: str
    helpful: bool
    reason: Complaint | None = None
    comment: str = ""


@dataclass(frozen=True)
class Asked:
    """A question and what it is asked with. ``home``: the asker's municipality, its prefecture in front."""

    question: str
    conversation: str | None = None
    home: str = ""
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """An answer and the id under which it is kept; nothing where the store failed."""

    answer: Answer
    id: str | None = None
    conversation: str | None = None
    expires_at: datetime | None = None
