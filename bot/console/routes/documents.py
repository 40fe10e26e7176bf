"""The documents of the library (文書): list, add, describe, replace, withdraw, restore."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Viewer, Visit
from bot.console.faults import FormFault
from bot.console.stock import incoming, shelf
from bot.console.stock.editing import fingerprint
from bot.console.stock.editions import compare
from bot.console.stock.shelf import DETAILS, Shelf
from ingest.items import STATE_NAMES, Details, Item
from ingest.library import Added, limits_of
from ingest.readers import parent
from ingest.types import Reading
from rag.errors import EditConflict, LibraryError, UserFacingError

NEXT = "公開の画面で新しい版を作ると、検索と回答に反映されます。"
MOST_AT_ONCE = 20

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@dataclass(frozen=True)
class Taken:
    """What became of one upload: ``added``, or the ``fault`` that kept it out."""

    name: str
    added: Added | None = None
    fault: str = ""


@dataclass(frozen=True)
class Row:
    """One document in the list, and how many of its pages nobody has looked at yet."""

    item: Item
    doubtful: int


@router.get("/console/documents")
def listing(visit: Viewer, q: Annotated[str, Query(max_length=100)] = "", state: str = "") -> Response:
    return _listing(visit, q, state)


@router.post("/console/documents")
def add(visit: Staff) -> Response:
    """Each file by itself: one that cannot be read does not keep the others out."""
    files = visit.posted.files
    if not files or len(files) > MOST_AT_ONCE:
        told = (
            f"一度に選べるのは{MOST_AT_ONCE}個までです（{len(files)}個あります）。"
            if files
            else "ファイルを選んでください。"
        )
        return _listing(visit, status=422, faults={"files": told})
    taken = [_take(visit, number) for number in range(len(files))]
    status = 200 if any(one.added for one in taken) else 422
    return looks.page(visit, "taken.html", {"taken": taken, "next": NEXT}, status=status)


@router.get("/console/documents/{item_id}")
def document(visit: Viewer, item_id: str) -> Response:
    return _document(visit, item_id)


@router.post("/console/documents/{item_id}/details")
def describe(visit: Staff, item_id: str) -> Response:
    keeper = Shelf(visit.offices.settings)
    keeper.item(item_id)
    try:
        details = shelf.details_from({name: visit.posted.get(name) for name in DETAILS})
        was, now = keeper.describe(item_id, details, version=visit.posted.get("version"))
    except FormFault as fault:
        return _document(visit, item_id, 422, fault.fields)
    except EditConflict as conflict:
        return _document(visit, item_id, 409, conflict=conflict.message)
    return _done(visit, "文書の情報を変更", was, now, f"情報を保存しました。{NEXT}")


@router.post("/console/documents/{item_id}/withdraw")
def withdraw(visit: Staff, item_id: str) -> Response:
    version, reason = visit.posted.get("version"), visit.posted.get("reason")[:500]
    was, now = Shelf(visit.offices.settings).withdraw(item_id, reason, version=version)
    return _done(visit, "文書を取り下げ", was, now, f"取り下げました。{NEXT}")


@router.post("/console/documents/{item_id}/restore")
def restore(visit: Staff, item_id: str) -> Response:
    was, now = Shelf(visit.offices.settings).restore(item_id, version=visit.posted.get("version"))
    return _done(visit, "文書を元に戻す", was, now, f"元に戻しました。{NEXT}")


@router.post("/console/documents/{item_id}/accept")
def accept(visit: Staff, item_id: str) -> Response:
    pages = tuple(int(page) for page in visit.posted.all("page") if page.isascii() and page.isdigit())
    if not pages:
        return _document(visit, item_id, 422, {"page": "確かめたページを選んでください。"})
    was, now = Shelf(visit.offices.settings).accept(item_id, pages, version=visit.posted.get("version"))
    return _done(visit, "要確認のページを確認", was, now, f"{len(pages)}ページを検索に入れます。{NEXT}")


@router.post("/console/documents/{item_id}/replace")
def preview(visit: Staff, item_id: str) -> Response:
    """Show what a newer edition would change; nothing is replaced yet."""
    settings = visit.offices.settings
    keeper = Shelf(settings)
    item = keeper.item(item_id)
    if not visit.posted.files:
        return _document(visit, item_id, 422, {"file": "新しい版のファイルを選んでください。"})
    try:
        token = incoming.put_aside(visit.posted.files[0], settings)
        path = incoming.put_aside_as(token, settings)
        _refuse_the_same(item, path)
        after = parent.read(path, limits_of(settings))
    except UserFacingError as error:
        return _document(visit, item_id, 422, {"file": error.message})
    changed = compare(item.title, keeper.library.reading(item), after)
    shown = {"item": item, "version": fingerprint(item), "name": path.name, "token": token}
    doubtful = [page for page in after.pages if page.state != "read"]
    return looks.page(visit, "replace.html", shown | {"changed": changed, "doubtful": doubtful})


@router.post("/console/documents/{item_id}/replace/confirm")
def replace(visit: Staff, item_id: str) -> Response:
    settings, token = visit.offices.settings, visit.posted.get("token")
    path = incoming.put_aside_as(token, settings)
    said = {name: visit.posted.get(name) or None for name in ("edition", "date")}
    details = Details(**said, added_by=visit.by)
    was, now = Shelf(settings).renew(item_id, path, details, version=visit.posted.get("version"))
    incoming.let_go(token, settings)
    visit.offices.audit.write(
        visit.by,
        "新しい版に差し替え",
        f"{was.title}（{was.id}）",
        {"文書": was.id},
        {"文書": now.id, "ファイル": now.file_name},
    )
    told = f"新しい版に差し替えました。前の版は残してあります。{NEXT}"
    return looks.onward(visit, f"/console/documents/{now.id}", told)


def _refuse_the_same(item: Item, path: Path) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() == item.sha256:
        raise LibraryError(f"{path.name} は、いまの版と同じ中身です。新しい版のファイルを選んでください。")


def _take(visit: Visit, number: int) -> Taken:
    upload = visit.posted.files[number]
    name = incoming.file_name(upload)
    try:
        with incoming.held(upload, visit.offices.settings) as path:
            added = Shelf(visit.offices.settings).take(path, visit.by)
    except UserFacingError as error:
        return Taken(name, fault=error.message)
    if added.state == "added":
        what = f"{added.item.title}（{added.item.id}）"
        visit.offices.audit.write(
            visit.by, "文書を追加", what, after={"ファイル": name, "ページ": added.pages}
        )
    return Taken(name, added)


def _listing(
    visit: Visit, q: str = "", state: str = "", status: int = 200, faults: dict[str, str] | None = None
) -> Response:
    library = Shelf(visit.offices.settings).library
    items = [item for item in library.items() if not state or item.state == state]
    items = [item for item in items if q.casefold() in f"{item.title} {item.file_name} {item.id}".casefold()]
    rows = [Row(item, _doubtful(library.reading(item), item)) for item in reversed(items)]
    shown: dict[str, object] = {
        "rows": rows,
        "q": q,
        "state": state,
        "state_names": STATE_NAMES,
        "suffixes": parent.SUFFIXES,
    }
    limits = {"most": MOST_AT_ONCE, "most_mb": visit.offices.settings.max_file_mb}
    filled = visit.filled(faults) if faults else None
    return looks.page(visit, "documents.html", shown | limits, status=status, filled=filled)


def _document(
    visit: Visit, item_id: str, status: int = 200, faults: dict[str, str] | None = None, conflict: str = ""
) -> Response:
    keeper = Shelf(visit.offices.settings)
    item = keeper.item(item_id)
    reading = keeper.library.reading(item)
    shown = {
        "item": item,
        "reading": reading,
        "version": fingerprint(item),
        "state_names": STATE_NAMES,
        "fields": DETAILS,
        "most_mb": visit.offices.settings.max_file_mb,
        "doubtful": _doubtful(reading, item),
        "conflict": conflict,
        "suffixes": parent.SUFFIXES,
    }
    filled = visit.filled(faults) if status != 200 else None
    return looks.page(visit, "document.html", shown, status=status, filled=filled)


def _doubtful(reading: Reading, item: Item) -> int:
    return sum(page.state == "doubtful" and page.number not in item.accepted for page in reading.pages)


def _done(visit: Visit, action: str, was: Item, now: Item, notice: str) -> Response:
    before, after = shelf.told(was), shelf.told(now)
    visit.offices.audit.write(visit.by, action, f"{now.title}（{now.id}）", before, after)
    return looks.onward(visit, f"/console/documents/{now.id}", notice)
