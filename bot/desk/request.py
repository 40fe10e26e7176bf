"""What a request is (案件): what a municipality asked for, who asked, and how far it has come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from bot.desk.states import State
from corpus.parts import Facility, Stage
from corpus.places import Municipality
from rag.errors import DeskError
from rag.fold import strip_invisible

Origin = Literal["chat", "staff"]  # made by the municipality itself, or taken down by the secretariat
Form = Literal["現地", "オンライン", "どちらでも"]
MAX_NEED = 2000  # letters
MAX_LINE = 200

_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+?\d[\d\-－ー‐−() （）]{8,18}")


@dataclass(frozen=True)
class Application:
    """What is asked for, and who can be called back (申込み). ``None`` is what is not known."""

    need: str
    municipality: Municipality
    facilities: tuple[Facility, ...] = ()
    technology: str | None = None
    stage: Stage | None = None
    form: Form | None = None
    period: str | None = None
    contact_name: str | None = None
    contact_mail: str | None = None
    contact_phone: str | None = None
    consent: bool = False
    origin: Origin = "staff"


@dataclass(frozen=True)
class Request:
    """One request as it stands, with its ``version``: whoever changes it says which one they saw."""

    id: int
    version: int
    state: State
    origin: Origin
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    municipality_code: str
    municipality: str
    prefecture: str
    block: str
    need: str
    facilities: tuple[Facility, ...]
    technology: str | None
    stage: Stage | None
    form: Form | None
    period: str | None
    contact_name: str | None
    contact_mail: str | None
    contact_phone: str | None
    consented_at: datetime | None
    candidates: tuple[str, ...]
    advisor: str | None
    due: date | None
    tried_on: date | None
    adopted_on: date | None


@dataclass(frozen=True)
class Event:
    """One line of the log (履歴): who did what when, and the fields as they were before and after."""

    request_id: int
    version: int
    at: datetime
    by: str
    action: Literal["opened", "advanced", "amended"]
    before: dict[str, Any]
    after: dict[str, Any]
    note: str


FACTS = (
    "need", "facilities", "technology", "stage", "form", "period",
    "contact_name", "contact_mail", "contact_phone",
)  # fmt: skip


def cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts without blanks around and without what has no shape (no database takes it); an empty one is ``None``."""
    return {
        name: strip_invisible(value).strip() or None if isinstance(value, str) else value
        for name, value in values.items()
    }


def check_consent(application: Application) -> None:
    """Raise DeskError unless whoever asks in chat agrees, and can be called back."""
    if application.origin != "chat":
        return
    if not application.consent:
        raise DeskError(
            "相談の内容と連絡先を事務局に渡すことへの同意（consent）が必要です。同意できるときだけ申し込んでください。"
        )
    if not application.contact_name:
        raise DeskError("連絡先の名前がありません。事務局から連絡できるように書いてください。")
    if not (application.contact_mail or application.contact_phone):
        raise DeskError("連絡先がありません。メールアドレスか電話番号のどちらかを書いてください。")


def check_facts(facts: Application | Request) -> None:
    """Raise DeskError for a text that is missing, too long or not of its form."""
    if not facts.need:
        raise DeskError("相談したい内容がありません。困っていることを文章で書いてください。")
    if len(facts.need) > MAX_NEED:
        raise DeskError(
            f"相談の内容が長すぎます（{len(facts.need):,}文字）。{MAX_NEED:,}文字以内にまとめてください。"
        )
    check_line("技術", facts.technology)
    check_line("希望する時期", facts.period)
    for told in (facts.contact_name, facts.contact_mail, facts.contact_phone):
        check_line("連絡先", told)
    if facts.contact_mail and not _MAIL.fullmatch(facts.contact_mail):
        raise DeskError(
            f"メールアドレス「{facts.contact_mail}」の形が正しくありません。名前@example.jp の形で書いてください。"
        )
    if facts.contact_phone and not _PHONE.fullmatch(facts.contact_phone):
        raise DeskError(
            f"電話番号「{facts.contact_phone}」の形が正しくありません。市外局番から数字とハイフンで書いてください。"
        )


def check_line(name: str, text: str | None) -> None:
    """Raise DeskError for a text of several lines, or longer than a line."""
    if text and (len(text) > MAX_LINE or "\n" in text):
        raise DeskError(f"{name}は、改行せずに{MAX_LINE}文字以内で書いてください。")
