"""Putting right what was misread (読み取りの直し): a passage, a heading, a page number; a chunk that is not to be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from bot.commands.corrections import DROPPED, KINDS, after_of, before_of, depth_name
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Viewer, Visit
from bot.console.faults import FormFault
from bot.console.routes import reading
from bot.console.stock.corrections import Corrections, Passage, Proof, Said
from bot.console.stock.editing import fingerprint
from ingest.corrections import Correction
from ingest.items import Item
from rag.errors import EditConflict

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """One correction side by side with what was read. ``place``: its page; ``why`` it fits nothing any more."""

    id: str
    kind: str
    page: int | None
    place: int | None
    before: str
    after: str
    by: str
    at: str
    version: str
    why: str


@router.get("/console/documents/{item_id}/corrections")
def listing(visit: Viewer, item_id: str) -> Response:
    proof = Corrections(visit.offices.settings).proof(item_id)
    why = {one.correction.id: one.why for one in proof.cut.unfitting}
    rows = [_row(proof, one, why.get(one.id, "")) for one in proof.corrections]
    rows.sort(key=lambda row: row.place or 0)
    shown = {
        "item": proof.item,
        "gone": [row for row in rows if row.why],
        "rows": [row for row in rows if not row.why],
        "waiting": reading.waiting(visit, proof),
    }
    return looks.page(visit, "corrections.html", shown)


@router.post("/console/documents/{item_id}/corrections/passage")
def passage(visit: Staff, item_id: str) -> Response:
    posted = visit.posted
    page, key = posted.number("page"), posted.get("key")
    said = Said(posted.get("text"), posted.get("level"), bool(posted.get("dropped")))
    try:
        was, now = Corrections(visit.offices.settings).passage(
            item_id, key, said, posted.get("version"), visit.by
        )
    except FormFault as fault:
        return reading.show(visit, item_id, page, key, status=422, faults=fault.fields)
    except EditConflict as conflict:
        return reading.show(visit, item_id, page, key, status=409, conflict=conflict.message)
    _note(visit, item_id, "読み取りを直す", now.spot.page, _told(was), _told(now))
    return _onward(visit, item_id, f"reading?page={page}#p-{key}", "直しました。")


@router.post("/console/documents/{item_id}/corrections/printed")
def printed(visit: Staff, item_id: str) -> Response:
    posted = visit.posted
    place, page = posted.number("page"), posted.number("number")
    try:
        was, now = Corrections(visit.offices.settings).printed(
            item_id, page, posted.get("printed"), posted.get("version"), visit.by
        )
    except FormFault as fault:
        return reading.show(visit, item_id, place, status=422, faults=fault.fields)
    except EditConflict as conflict:
        return reading.show(visit, item_id, place, status=409, conflict=conflict.message)
    before, after = ({"紙面のページ番号": number or "（なし）"} for number in (was, now))
    _note(visit, item_id, "紙面のページ番号を直す", page, before, after)
    return _onward(visit, item_id, f"reading?page={place}", "ページ番号を直しました。")


@router.post("/console/documents/{item_id}/corrections/off")
def switch_off(visit: Staff, item_id: str) -> Response:
    page = visit.posted.number("page")
    try:
        chunk = Corrections(visit.offices.settings).switch_off(item_id, visit.posted.get("chunk"), visit.by)
    except EditConflict as conflict:
        return reading.show(visit, item_id, page, status=409, conflict=conflict.message)
    _note(visit, item_id, "検索しない", chunk.page, {"検索する文": chunk.text}, {"検索しない文": chunk.text})
    return _onward(visit, item_id, f"reading?page={page}#chunks", "検索しないことにしました。")


@router.post("/console/documents/{item_id}/corrections/take-back")
def take_back(visit: Staff, item_id: str) -> Response:
    corrections = Corrections(visit.offices.settings)
    was = corrections.proof(item_id)
    old = corrections.take_back(item_id, visit.posted.get("id"), visit.posted.get("version"))
    row = _row(was, old, "")
    _note(visit, item_id, "直しを取り消す", old.page, {row.kind: row.after}, {row.kind: row.before})
    back = visit.posted.page.partition(f"/documents/{item_id}/")[2].partition("&")[0]
    return _onward(visit, item_id, back or "corrections", "直しを取り消し、読み取ったままに戻しました。")


@router.post("/console/documents/{item_id}/corrections/reread")
def reread(visit: Staff, item_id: str) -> Response:
    was, now = Corrections(visit.offices.settings).reread(item_id)
    before, after = (
        {
            "読み取った文字": sum(len(page.text) for page in proof.reading.pages),
            "当てはまる箇所がなくなった直し": len(proof.cut.unfitting),
        }
        for proof in (was, now)
    )
    _note(visit, item_id, "原本を読み直す", None, before, after)
    gone = len(now.cut.unfitting)
    told = f"当てはまる箇所がなくなった直しが{gone}件あります。" if gone else "直しはすべて当てはまります。"
    return _onward(visit, item_id, "corrections", f"原本を読み直しました。{told}")


def _row(proof: Proof, one: Correction, why: str) -> Row:
    places = (place for place, page in enumerate(proof.reading.pages, 1) if page.number == one.page)
    return Row(
        id=one.id,
        kind=KINDS[one.fix.kind],
        page=one.page,
        place=next(places, None),
        before=before_of(one, proof.cut),
        after=after_of(one),
        by=one.by,
        at=one.at[:16].replace("T", " "),
        version=fingerprint(one),
        why=why,
    )


def _told(one: Passage) -> dict[str, str]:
    """What the audit log tells of a passage."""
    return {"文": one.now or DROPPED, "見出し": depth_name(int(one.level or one.depth))}


def _note(
    visit: Visit,
    item_id: str,
    action: str,
    page: int | None,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    item: Item = Corrections(visit.offices.settings).item(item_id)
    where = f" {page}ページ" if page else ""
    visit.offices.audit.write(visit.by, action, f"{item.title}（{item.id}）{where}", before, after)


def _onward(visit: Visit, item_id: str, page: str, notice: str) -> Response:
    return looks.onward(visit, f"/console/documents/{item_id}/{page}", notice)
