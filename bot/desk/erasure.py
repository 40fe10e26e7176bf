"""All that concerns one municipality or one person (個人情報の取り扱い): given out, or erased for good.

A municipality is found by its code, a person by name, mail address or telephone number anywhere in a request, its
log, a question of the ledger with its draft, or the chat. The log of a request can go only after ``erasures`` says who
erased it and why; that line stays, and says nothing of whom it was about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from bot.desk import drafts, rows
from bot.desk.places import full_name
from bot.desk.request import Event, Request
from bot.desk.spoken import Spoken, erase, spoken
from bot.masking import mask
from bot.store.database import Store
from bot.store.schema import JST, erasures, replies, request_events, requests, unanswered
from bot.store.unanswered import Entry, entry_of
from corpus.places import Municipality
from rag.errors import DeskError
from rag.fold import squeeze
from rag.places import mentioned

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-ー()]+(?=\d)")
NAMED_IN_THE_REASON = (
    "理由に、消す相手の名前や連絡先を書かないでください。理由は、消したあとも記録として残ります。"
)
_EVENTS, _ENTRIES = TypeAdapter(tuple[Event, ...]), TypeAdapter(tuple[Entry, ...])


@dataclass(frozen=True)
class Concerned:
    """What was found: requests with their logs, questions of the ledger with their drafts, and the chat."""

    requests: tuple[tuple[Request, tuple[Event, ...]], ...]
    questions: tuple[Entry, ...]
    drafts: dict[int, dict[str, str]]
    spoken: Spoken

    def __bool__(self) -> bool:
        return any(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        """How much of each, by its Japanese name."""
        said = self.spoken
        return {
            "案件": len(self.requests),
            "未回答の質問": len(self.questions),
            "会話": len(said.conversations),
            "回答": len(said.answers),
            "質問の文": len(said.asked),
            "評価の意見": len(said.comments),
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": [
                rows.plain(request) | {"events": _EVENTS.dump_python(events, mode="json")}
                for request, events in self.requests
            ],
            "unanswered": [
                entry | {"draft": self.drafts.get(entry["id"])}
                for entry in _ENTRIES.dump_python(self.questions, mode="json")
            ],
            **self.spoken.as_json(),
        }


@dataclass(frozen=True)
class Subject:
    """Whom it concerns. ``named`` tells whether a text speaks of them; ``home`` is a municipality's whole name."""

    municipality_code: str | None
    named: Callable[[str], bool]
    home: str = ""


def municipality(place: Municipality) -> Subject:
    """Another of the same name is not meant where the text tells which."""

    name = squeeze(place.name)

    def named(text: str) -> bool:
        if name not in squeeze(text):
            return False
        namesakes = [
            one.candidates for one in mentioned(text) if place.name in {c.name for c in one.candidates}
        ]
        return not namesakes or any(place in candidates for candidates in namesakes)

    return Subject(place.code, named, full_name(place))


def person(told: str) -> Subject:
    """By a name, a mail address or a telephone number. Raises DeskError for what would fit nearly everybody."""
    wanted = _joined(told)
    if len(wanted) < 2:
        raise DeskError("名前・メールアドレス・電話番号は、2文字以上で書いてください。")
    return Subject(None, lambda text: wanted in _joined(text))


def concerning(store: Store, subject: Subject) -> Concerned:
    """All of it, as it stands."""
    with store.reading() as connection:
        return _concerning(connection, subject)


def forget(store: Store, subject: Subject, folder: Path, *, by: str, reason: str) -> Concerned:
    """Erase all of it, drafts in ``folder`` too, and give what was erased. Copies made elsewhere are not touched."""
    if not (by.strip() and reason.strip()):
        raise DeskError("だれが、なぜ消すのかを書いてください。消した記録として残ります。")
    if subject.named(reason):
        raise DeskError(NAMED_IN_THE_REASON)
    with store.writing() as connection:
        found = _concerning(connection, subject)
        for request, _ in found.requests:
            _erase(connection, request.id, by, mask(reason))
        numbers = [entry.id for entry in found.questions]
        connection.execute(delete(unanswered).where(unanswered.c.id.in_(numbers)))
        erase(connection, found.spoken)
        for request, _ in found.requests:
            drafts.path_of(folder, request.id).unlink(missing_ok=True)
    store.scrub()
    return found


def _concerning(connection: Connection, subject: Subject) -> Concerned:
    found = []
    for row in connection.execute(select(requests).order_by(requests.c.id)).all():
        request = rows.request_of(row)
        events = rows.history(connection, request.id)
        if subject.municipality_code is not None:
            if request.municipality_code == subject.municipality_code:
                found.append((request, events))
        elif subject.named(_text(request, events)):
            found.append((request, events))
    drafted = {row.number: row.row for row in connection.execute(select(replies))}
    ledger = [entry_of(row) for row in connection.execute(select(unanswered).order_by(unanswered.c.id))]
    theirs = tuple(entry for entry in ledger if subject.named(_words(entry, drafted)))
    person = subject.municipality_code is None  # an answer tells of municipalities what everybody may read
    said = spoken(connection, subject.home, subject.named, subject.named if person else lambda _: False)
    return Concerned(
        tuple(found), theirs, {one.id: drafted[one.id] for one in theirs if one.id in drafted}, said
    )


def _words(entry: Entry, drafted: dict[int, dict[str, str]]) -> str:
    """Of a question of the ledger, of what was noted of it, and of the answer drafted for it."""
    return "\n".join((entry.question, entry.note, *drafted.get(entry.id, {}).values()))


def _text(request: Request, events: tuple[Event, ...]) -> str:
    """Every value of a request and of its log."""
    return json.dumps([rows.plain(request), _EVENTS.dump_python(events, mode="json")], ensure_ascii=False)


def _erase(connection: Connection, number: int, by: str, reason: str) -> None:
    values = {"request_id": number, "at": datetime.now(JST), "by": by, "reason": reason}
    connection.execute(insert(erasures).values(**values))  # first: the triggers ask for it
    connection.execute(delete(request_events).where(request_events.c.request_id == number))
    connection.execute(delete(requests).where(requests.c.id == number))


def _joined(text: str) -> str:
    """Without blanks, and numbers in one piece however they are cut up."""
    return _BETWEEN_DIGITS.sub("", squeeze(text)).removeprefix("(")
