"""An answer for a question of the ledger (回答案): drafted from what is found, kept, approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from bot.console import looks
from bot.console.asked import replying
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Evaluator, Visit
from bot.console.faults import FormFault
from bot.console.offices import live_of
from bot.console.posted import Filled
from bot.console.routes.unanswered import entry_of, grouped
from bot.store.replies import Replies, Reply
from bot.store.unanswered import Entry, Unanswered
from rag.errors import EditConflict, QuestionError, StaffOnly
from rag.types import Hit

OPEN = ("未対応", "対応中")
NEXT = "公開の画面で新しい版を作ると、この質問にはこの回答が出ます。golden の測定でも、毎回確かめます。"

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=10**9)]


@router.get("/console/unanswered/{number}/reply")
def form(visit: Evaluator, number: Number) -> Response:
    return _form(visit, number)


@router.post("/console/unanswered/{number}/reply")
def write(visit: Evaluator, number: Number) -> Response:
    """Draft from the sections that were ticked, keep the draft, or approve it."""
    doing = visit.posted.get("do")
    row = {name: "\n".join(visit.posted.all(name)).strip() for name in replying.FIELDS}
    if doing == "quote":
        return _form(visit, number, row=replying.quoting(row, _ticked(visit, number)))
    try:
        if doing == "approve":
            return _approve(visit, number, row)
        was, now = Replies(visit.offices.store).keep(
            number, row, by=visit.by, version=visit.posted.number("version")
        )
    except FormFault as fault:
        return _form(visit, number, 422, row, fault.fields)
    except EditConflict as conflict:
        return _form(visit, number, 409, row, conflict=conflict.message)
    visit.offices.audit.write(visit.by, "回答案を保存", f"{number}番", _told(was), _told(now))
    return looks.onward(
        visit, f"/console/unanswered/{number}/reply", "回答案を保存しました。まだ公開されません。"
    )


def _approve(visit: Visit, number: int, row: replying.Row) -> Response:
    if not visit.may("事務局"):
        raise StaffOnly(
            "回答の承認には「事務局」の役割が要ります。回答案を保存して、事務局の人に頼んでください。"
        )
    store, settings = visit.offices.store, visit.offices.settings
    entry = entry_of(visit, number)
    also = [one for one in _alike(visit, entry) if str(one.id) in visit.posted.all("also")]
    reply = replace(Replies(store).get(number), version=visit.posted.number("version"))
    record = replying.approve(settings, store, reply, row, [entry, *also], visit.by)
    closed = "、".join(f"{one.id}番" for one in (entry, *also))
    visit.offices.audit.write(
        visit.by,
        "回答を承認",
        f"{record.title}（{record.id}）",
        after={**_named(row), "片づけた質問": closed},
    )
    return looks.onward(visit, "/console/unanswered", f"{closed}の回答を承認しました。{NEXT}")


def _form(
    visit: Visit,
    number: int,
    status: int = 200,
    row: replying.Row | None = None,
    faults: dict[str, str] | None = None,
    conflict: str = "",
) -> Response:
    """The draft as it was kept, or as it was just written."""
    entry = entry_of(visit, number)
    reply = Replies(visit.offices.store).get(number)
    alike = _alike(visit, entry)
    hits, fault = _found(visit, entry)
    shown = {
        "entry": entry,
        "reply": reply,
        "version": visit.posted.get("version") if row is not None and not faults else reply.version,
        "row": row or reply.row or replying.begun(entry, alike),
        "fields": replying.FIELDS,
        "facilities": replying.FACILITIES,
        "alike": alike,
        "hits": hits,
        "fault": fault,
        "conflict": conflict,
        "ticked": visit.posted.all("chunk"),
        "also": visit.posted.all("also") if row is not None else [str(one.id) for one in alike],
    }
    filled = Filled(visit.request.url.path, _cells(row), faults or {}) if row is not None else None
    return looks.page(visit, "unanswered_reply.html", shown, status=status, filled=filled)


def _cells(row: replying.Row) -> dict[str, tuple[str, ...]]:
    return {name: tuple(text.split("\n")) if name == "facilities" else (text,) for name, text in row.items()}


def _found(visit: Visit, entry: Entry) -> tuple[tuple[Hit, ...], str]:
    try:
        return replying.found(live_of(visit.request).desk(), entry.question), ""
    except QuestionError as error:
        return (), error.message


def _ticked(visit: Visit, number: int) -> list[Hit]:
    hits, _ = _found(visit, entry_of(visit, number))
    return [hit for hit in hits if hit.chunk.id in visit.posted.all("chunk")]


def _alike(visit: Visit, entry: Entry) -> list[Entry]:
    """Open questions of the ledger that ask much the same."""
    others = [one for one in Unanswered(visit.offices.store).entries() if one.state in OPEN]
    together = grouped(visit, [entry, *(one for one in others if one.id != entry.id)])
    return [one for group in together if entry in group for one in group if one != entry]


def _told(reply: Reply) -> dict[str, str]:
    return _named(dict(reply.row or {}))


def _named(row: replying.Row) -> dict[str, str]:
    return {replying.FIELDS[name]: text for name, text in row.items() if text and name in replying.FIELDS}
