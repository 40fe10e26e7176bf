"""Terms (用語): several names for one thing, understood at the next question."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.console import glossary, looks
from bot.console.access import Staff, Viewer, Visit
from bot.console.door import ConsoleRoute
from bot.console.editing import fingerprint
from bot.console.faults import FormFault
from bot.console.glossary import Glossary
from corpus.records import Term
from rag.errors import EditConflict

WORKS = "次の質問から使われます。"

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/terms")
def listing(visit: Viewer, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    return _listing(visit, q)


@router.post("/console/terms")
def add(visit: Staff) -> Response:
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


def _listing(visit: Visit, q: str = "", status: int = 200, faults: dict[str, str] | None = None) -> Response:
    words = Glossary(visit.offices.settings)
    own, given = (
        [term for term in terms if not q or q.casefold() in _searched(term)]
        for terms in (words.own, words.given)
    )
    filled = visit.filled(faults) if faults else None
    return looks.page(visit, "terms.html", {"own": own, "given": given, "q": q}, status=status, filled=filled)


def _term(
    visit: Visit, term_id: str, status: int = 200, faults: dict[str, str] | None = None, conflict: str = ""
) -> Response:
    term = Glossary(visit.offices.settings).term(term_id)
    filled = visit.filled(faults) if status != 200 else None
    shown = {"term": term, "version": fingerprint(term), "conflict": conflict}
    return looks.page(visit, "term.html", shown, status=status, filled=filled)


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
