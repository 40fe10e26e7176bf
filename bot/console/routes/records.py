"""Records (記録): list, form, Excel out and in again, with a preview of what an import would change."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Viewer, Visit
from bot.console.faults import FormFault
from bot.console.stock import drafted, incoming
from bot.console.stock.registry import NAMES, Registry, counts, version_of
from bot.console.stock.rows import fields_of, is_required, row_of, survives, survives_a_list, widget_of
from bot.console.stock.workbook import CONTENT_TYPE, workbook
from ingest.lists import plan as lists
from ingest.lists.columns import label
from ingest.lists.plan import Plan, Request, plan, source_of
from ingest.lists.rows import Given
from ingest.readers.parent import TABLE_SUFFIXES
from rag.errors import EditConflict, LibraryError, UserFacingError

NEXT = "公開の画面で新しい版を作ると、検索と回答に反映されます。"
STATES = {"added": "追加", "updated": "更新", "known": "変更なし"}
SOURCE = ("source_title", "source_url", "source_year")

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Said = Annotated[str, Query(max_length=100)]


@router.get("/console/records")
def overview(visit: Viewer) -> Response:
    return looks.page(visit, "records.html", {"names": NAMES, "counts": counts(visit.offices.settings)})


@router.get("/console/records/{shelf}")
def listing(visit: Viewer, shelf: str, q: Said = "") -> Response:
    return _listing(visit, shelf, q)


@router.get("/console/records/{shelf}/export.xlsx")
def export(visit: Viewer, shelf: str) -> Response:
    """The records of the home, for a list that comes back unchanged."""
    own = [kept.record for kept in Registry(visit.offices.settings, shelf).all() if kept.own]
    headers = {**looks.HEADERS, "Content-Disposition": f'attachment; filename="{shelf}.xlsx"'}
    return Response(workbook(shelf, NAMES[shelf], own), media_type=CONTENT_TYPE, headers=headers)


@router.post("/console/records/{shelf}/import")
def preview(visit: Staff, shelf: str) -> Response:
    """Show what a list would put on the shelf; nothing is written yet."""
    Registry(visit.offices.settings, shelf)
    if not visit.posted.files:
        return _listing(
            visit, shelf, status=422, faults={"file": "Excel か CSV のファイルを選んでください。"}
        )
    try:
        token = incoming.put_aside(visit.posted.files[0], visit.offices.settings)
        planned = _plan(visit, shelf, token)
    except UserFacingError as error:
        return _listing(visit, shelf, status=422, faults={"file": for_the_screen(error.message)})
    return _preview(visit, shelf, token, planned)


@router.post("/console/records/{shelf}/import/confirm")
def take(visit: Staff, shelf: str) -> Response:
    settings, token = visit.offices.settings, visit.posted.get("token")
    Registry(settings, shelf)
    planned = _plan(visit, shelf, token)
    if _mark(planned) != visit.posted.get("version"):
        told = "確かめたあとに、棚が変わっています。何も書き込んでいません。もう一度確かめてください。"
        return _preview(visit, shelf, token, planned, 409, told)
    lists.write(planned, settings)
    incoming.let_go(token, settings)
    numbers = _counts(planned)
    changed = [row.record.title for row in planned.rows if row.state != "known"]
    after: dict[str, object] = {**numbers, "入らない行": planned.failed, "記録": changed}
    visit.offices.audit.write(
        visit.by, "一覧を取り込む", f"{NAMES[shelf]} {planned.request.path.name}", after=after
    )
    told = "、".join(f"{name} {count}件" for name, count in numbers.items())
    return looks.onward(visit, f"/console/records/{shelf}", f"取り込みました（{told}）。{NEXT}")


@router.get("/console/records/{shelf}/new")
def form(visit: Staff, shelf: str) -> Response:
    return _form(visit, shelf)


@router.post("/console/records/{shelf}/new")
def add(visit: Staff, shelf: str) -> Response:
    return _save(visit, shelf, "")


@router.get("/console/records/{shelf}/{record_id}")
def show(visit: Viewer, shelf: str, record_id: str) -> Response:
    return _form(visit, shelf, record_id)


@router.post("/console/records/{shelf}/{record_id}")
def change(visit: Staff, shelf: str, record_id: str) -> Response:
    kept = Registry(visit.offices.settings, shelf).get(record_id)
    if not (kept.own and survives(shelf, kept.record)):
        raise LibraryError("この記録は画面では直せません。記録の画面で理由を確かめてください。")
    return _save(visit, shelf, record_id)


def _save(visit: Visit, shelf: str, record_id: str) -> Response:
    row = _row(visit, shelf)
    row["id"] = record_id
    version = visit.posted.get("version") or ("none" if record_id else "")
    draft = 0 if record_id else drafted.number_of(visit, shelf)
    try:
        drafted.check(visit, draft)
        was, now = Registry(visit.offices.settings, shelf).save(row, version=version)
    except FormFault as fault:
        return _form(visit, shelf, record_id, 422, fault.fields)
    except EditConflict as conflict:
        return _form(visit, shelf, record_id, 409, conflict=conflict.message)
    action = "記録を変更" if was else "記録を追加"
    before, after = (_told(shelf, row_of(shelf, one)) if one else {} for one in (was, now))
    visit.offices.audit.write(visit.by, action, f"{now.title}（{now.id}）", before, after)
    if draft:
        drafted.done(visit, draft, now)
    return looks.onward(visit, f"/console/records/{shelf}", f"「{now.title}」を保存しました。{NEXT}")


def _row(visit: Visit, shelf: str) -> dict[str, str]:
    """What was written in the form; what was ticked stands one on a line."""
    if shelf not in NAMES:
        return {}
    return {name: "\n".join(visit.posted.all(name)).strip() for name in fields_of(shelf)}


def _told(shelf: str, row: dict[str, str]) -> dict[str, str]:
    names = fields_of(shelf)
    return {names[name]: text for name, text in row.items() if text}


def _listing(
    visit: Visit, shelf: str, q: str = "", status: int = 200, faults: dict[str, str] | None = None
) -> Response:
    found = Registry(visit.offices.settings, shelf).all()
    words = q.casefold().split()
    kept = [
        one
        for one in found
        if all(word in "\n".join(row_of(shelf, one.record).values()).casefold() for word in words)
    ]
    shown = {
        "shelf": shelf,
        "name": NAMES[shelf],
        "kept": kept,
        "own": sum(one.own for one in found),
        "loose": [o.record for o in found if o.own and not survives_a_list(shelf, o.record)],
        "q": q,
        "suffixes": TABLE_SUFFIXES,
        "most_mb": visit.offices.settings.max_file_mb,
    }
    filled = visit.filled(faults) if faults else None
    return looks.page(visit, "records_shelf.html", shown, status=status, filled=filled)


def _form(
    visit: Visit,
    shelf: str,
    record_id: str = "",
    status: int = 200,
    faults: dict[str, str] | None = None,
    conflict: str = "",
) -> Response:
    registry = Registry(visit.offices.settings, shelf)
    kept = registry.get(record_id) if record_id else None
    draft = 0 if kept else drafted.number_of(visit, shelf)
    row, reports = drafted.row(visit, draft) if draft and status == 200 else ({}, ())
    if kept:
        row = row_of(shelf, kept.record)
    fields = {name: told for name, told in fields_of(shelf).items() if name != "id"}
    shown = {
        "shelf": shelf,
        "name": NAMES[shelf],
        "kept": kept,
        "row": row,
        "draft": drafted.is_there(visit, draft) and draft,
        "reports": reports,
        "fields": fields,
        "widgets": {name: widget_of(shelf, name) for name in fields},
        "required": {name for name in fields if is_required(shelf, name)},
        "editable": visit.may("事務局") and (kept is None or (kept.own and survives(shelf, kept.record))),
        "version": version_of(shelf, kept.record) if kept else "",
        "conflict": conflict,
    }
    filled = visit.filled(faults) if status != 200 else None
    return looks.page(visit, "record.html", shown, status=status, filled=filled)


def _plan(visit: Visit, shelf: str, token: str) -> Plan:
    path = incoming.put_aside_as(token, visit.offices.settings)
    title, url, year = (visit.posted.get(name) or None for name in SOURCE)
    return plan(Request(path, shelf, given=Given(source=source_of(title, url, year))), visit.offices.settings)


def _preview(
    visit: Visit, shelf: str, token: str, planned: Plan, status: int = 200, conflict: str = ""
) -> Response:
    columns = {
        label(shelf, field): "、".join(said)
        for matched in planned.lists
        for field, said in matched.mapping.columns.items()
    }
    shown = {
        "shelf": shelf,
        "name": NAMES[shelf],
        "planned": planned,
        "token": token,
        "version": _mark(planned),
        "columns": columns,
        "unused": [name for matched in planned.lists for name in matched.mapping.unused],
        "wrong": [for_the_screen(place.told(fault, shelf)) for place, fault in planned.faults],
        "states": STATES,
        "counts": _counts(planned),
        "source": {name: visit.posted.get(name) for name in SOURCE},
        "conflict": conflict,
    }
    return looks.page(visit, "import.html", shown, status=status)


def _counts(planned: Plan) -> dict[str, int]:
    return {name: sum(row.state == state for row in planned.rows) for state, name in STATES.items()}


def _mark(planned: Plan) -> str:
    """Another one when another outcome was planned."""
    rows = [(row.state, row.record.id, repr(row.record)) for row in planned.rows]
    return hashlib.sha256(repr((rows, planned.failed)).encode("utf-8", "replace")).hexdigest()[:16]


def for_the_screen(message: str) -> str:
    """A message without the options of the command line."""
    without = re.sub(r"(?:列を足すか、)?[^。、]*--[^。]*。", "列を足してください。", message)
    return without.replace("。列を足してください。列を足してください。", "。列を足してください。")
