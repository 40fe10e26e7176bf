"""The ledger of questions that were not answered well (未回答), worked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Path
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Evaluator, Viewer, Visit
from bot.console.faults import FormFault
from bot.console.offices import live_of
from bot.store.unanswered import Entry, Unanswered, WorkState
from rag.errors import EditConflict, NotFound, UserFacingError

STATES: tuple[WorkState, ...] = get_args(WorkState)
REASONS = {"refused": "答えがなかった", "partial": "近い答えだけ", "disliked": "役に立たなかった"}
LONGEST_NOTE = 2000
MOST_GROUPED = 1000  # the newest questions, which are put together

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=10**9)]


@router.get("/console/unanswered")
def listing(visit: Viewer, state: str = "") -> Response:
    entries = Unanswered(visit.offices.store).entries()
    counts = {name: sum(entry.state == name for entry in entries) for name in STATES}
    chosen = state if state in STATES else ""
    shown = grouped(visit, [entry for entry in entries if not chosen or entry.state == chosen])
    told = {"groups": shown, "state": chosen, "states": STATES, "counts": counts, "reasons": REASONS}
    return looks.page(visit, "unanswered.html", told)


@router.get("/console/unanswered/{number}")
def show(visit: Viewer, number: Number) -> Response:
    return _entry(visit, number)


@router.post("/console/unanswered/{number}")
def work(visit: Evaluator, number: Number) -> Response:
    ledger = Unanswered(visit.offices.store)
    was = entry_of(visit, number)
    note = visit.posted.get("note")
    try:
        if len(note) > LONGEST_NOTE:
            raise FormFault({"note": f"メモは{LONGEST_NOTE:,}文字以内で書いてください。"})
        now = ledger.work(number, _state(visit), note, version=visit.posted.number("version"))
    except FormFault as fault:
        return _entry(visit, number, 422, fault.fields)
    except EditConflict as conflict:
        return _entry(visit, number, 409, conflict=conflict.message)
    before, after = ({"状態": one.state, "メモ": one.note} for one in (was, now))
    visit.offices.audit.write(visit.by, "未回答の質問に対応", f"{number}番", before, after)
    return looks.onward(visit, "/console/unanswered", f"{number}番を「{now.state}」にしました。")


def _entry(
    visit: Visit, number: int, status: int = 200, faults: dict[str, str] | None = None, conflict: str = ""
) -> Response:
    entry = entry_of(visit, number)
    filled = visit.filled(faults) if status != 200 else None
    shown = {"entry": entry, "states": STATES, "reasons": REASONS, "conflict": conflict}
    return looks.page(visit, "unanswered_one.html", shown, status=status, filled=filled)


def grouped(visit: Visit, entries: Sequence[Entry]) -> list[tuple[Entry, ...]]:
    """Questions that ask much the same together; each by itself where there is no model to tell."""
    try:
        embedder = live_of(visit.request).desk().embedder
    except UserFacingError:
        return [(entry,) for entry in entries]
    near, far = entries[:MOST_GROUPED], entries[MOST_GROUPED:]
    found = visit.offices.alike.groups([entry.question for entry in near], embedder)
    return [*(tuple(near[place] for place in group) for group in found), *((entry,) for entry in far)]


def entry_of(visit: Visit, number: int) -> Entry:
    """A question of the ledger. Raises NotFound."""
    for entry in Unanswered(visit.offices.store).entries():
        if entry.id == number:
            return entry
    raise NotFound(f"台帳に{number}番の質問はありません。一覧から選んでください。")


def _state(visit: Visit) -> WorkState:
    state = visit.posted.get("state")
    for known in STATES:
        if known == state:
            return known
    raise FormFault({"state": "状態を選んでください。"})
