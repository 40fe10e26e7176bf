"""Terms (用語): several names for one thing, understood at the next question."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.commands.explaining import where
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Viewer, Visit
from bot.console.faults import FormFault
from bot.console.offices import live_of
from bot.console.stock import glossary
from bot.console.stock.editing import fingerprint
from bot.console.stock.effect import FIRST, LAST, Proposal, effect
from bot.console.stock.glossary import Glossary
from bot.console.versions.sides import STATUSES
from bot.store.asked import Asked
from corpus.records import Term
from rag.errors import EditConflict, UserFacingError

WORKS = "次の質問から使われます。"
EFFECT = "effect"  # the field of the buttons that only ask what a change would do
REMOVAL = "removal"  # and what it says where the change is to remove the term

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/terms")
def listing(visit: Viewer, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    return _listing(visit, q)


@router.post("/console/terms")
def add(visit: Staff) -> Response:
    if visit.posted.get(EFFECT):
        return _tried_adding(visit)
    try:
        term = Glossary(visit.offices.settings).add(_said(visit))
    except FormFault as fault:
        return _listing(visit, status=422, faults=fault.fields)
    visit.offices.audit.write(visit.by, "用語を追加", term.title, after=glossary.told(term))
    return looks.onward(visit, "/console/terms", f"用語「{term.title}」を加えました。{WORKS}")


@router.get("/console/terms/{term_id}")
def show(visit: Staff, term_id: str) -> Response:
    return _term(visit, term_id)


@router.post("/console/terms/{term_id}")
def change(visit: Staff, term_id: str) -> Response:
    if visit.posted.get(EFFECT):
        return _tried_changing(visit, term_id)
    try:
        was, now = Glossary(visit.offices.settings).change(
            term_id, _said(visit), version=visit.posted.get("version")
        )
    except FormFault as fault:
        return _term(visit, term_id, 422, fault.fields)
    except EditConflict as conflict:
        return _term(visit, term_id, 409, conflict=conflict.message)
    visit.offices.audit.write(visit.by, "用語を変更", now.title, glossary.told(was), glossary.told(now))
    return looks.onward(visit, "/console/terms", f"用語「{now.title}」を保存しました。{WORKS}")


@router.post("/console/terms/{term_id}/remove")
def remove(visit: Staff, term_id: str) -> Response:
    try:
        term = Glossary(visit.offices.settings).remove(term_id, version=visit.posted.get("version"))
    except EditConflict as conflict:
        return _term(visit, term_id, 409, conflict=conflict.message)
    visit.offices.audit.write(visit.by, "用語を削除", term.title, glossary.told(term))
    return looks.onward(visit, "/console/terms", f"用語「{term.title}」を消しました。{WORKS}")


def _listing(
    visit: Visit,
    q: str = "",
    status: int = 200,
    faults: dict[str, str] | None = None,
    tried: dict[str, object] | None = None,
) -> Response:
    words = Glossary(visit.offices.settings)
    own, given = (
        [term for term in terms if not q or q.casefold() in _searched(term)]
        for terms in (words.own, words.given)
    )
    filled = visit.filled(faults) if visit.posted.fields else None
    shown = {"own": own, "given": given, "q": q} | (tried or {})
    return looks.page(visit, "terms.html", shown, status=status, filled=filled)


def _term(
    visit: Visit,
    term_id: str,
    status: int = 200,
    faults: dict[str, str] | None = None,
    conflict: str = "",
    tried: dict[str, object] | None = None,
) -> Response:
    term = Glossary(visit.offices.settings).term(term_id)
    filled = visit.filled(faults) if visit.posted.fields else None
    shown = {"term": term, "version": fingerprint(term), "conflict": conflict} | (tried or {})
    return looks.page(visit, "term.html", shown, status=status, filled=filled)


def _tried_adding(visit: Visit) -> Response:
    words = Proposal(visit.offices.settings)
    try:
        now = words.added(_said(visit))
    except FormFault as fault:
        return _listing(visit, status=422, faults=fault.fields)
    return _listing(visit, tried=_tried(visit, words.own, now))


def _tried_changing(visit: Visit, term_id: str) -> Response:
    words, version = Proposal(visit.offices.settings), visit.posted.get("version")
    removal = visit.posted.get(EFFECT) == REMOVAL
    try:
        if removal:
            now = words.removed(term_id, version=version)
        else:
            now = words.changed(term_id, _said(visit), version=version)
    except FormFault as fault:
        return _term(visit, term_id, 422, fault.fields)
    except EditConflict as conflict:
        return _term(visit, term_id, 409, conflict=conflict.message)
    tried = _tried(visit, words.own, now, term_id)
    # the version that the person saw: what somebody saves in between is told when this is saved
    return _term(visit, term_id, tried=tried | {"version": version, "removal": removal})


def _tried(
    visit: Visit, was: tuple[Term, ...], now: tuple[Term, ...], term_id: str = ""
) -> dict[str, object]:
    """The effect, or why it cannot be told, for the page: what was written stays on it either way."""
    about = {"statuses": STATUSES, "where": where, "first": FIRST, "writes": bool(visit.offices.settings.llm)}
    try:
        questions = Asked(visit.offices.store).last(LAST)
        return about | {"effect": effect(live_of(visit.request).desk(), questions, was, now, term_id)}
    except UserFacingError as error:
        return about | {"untold": error.message}


def _said(visit: Visit) -> dict[str, Any]:
    """What was written of a term; synonyms stand one on a line, or between commas."""
    posted = visit.posted
    lines = posted.get("synonyms").replace("、", "\n").replace(",", "\n").splitlines()
    source = {name: posted.get(f"source_{name}") or None for name in ("title", "url", "year")}
    return {
        "title": posted.get("title"),
        "reading": posted.get("reading"),
        "meaning": posted.get("meaning"),
        "synonyms": tuple(dict.fromkeys(word.strip() for word in lines if word.strip())),
        "sources": (source,) if any(source.values()) else (),
    }


def _searched(term: Term) -> str:
    return " ".join((term.title, term.reading, term.meaning, *term.synonyms)).casefold()
