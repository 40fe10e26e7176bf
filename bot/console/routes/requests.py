"""The dispatch desk (案件): a board and a list, one request with its history, its next steps and who may fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Path
from fastapi.responses import Response

from bot.busy import start_of_the_year
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Visit
from bot.console.faults import FormFault
from bot.desk import drafts
from bot.desk.conflict import FIELD_NAMES, change_text
from bot.desk.dispatch import Changes, DispatchDesk, japanese_now
from bot.desk.letters import KINDS, possible
from bot.desk.places import municipality_named
from bot.desk.request import Application, Form, Request
from bot.desk.roster import bank
from bot.desk.states import CLOSED, STATES, STEPS
from bot.desk.steps import Step
from bot.desk.suggestions import advice_for
from bot.desk.workload import workloads
from corpus.parts import Facility, Stage
from rag.errors import DeskError, EditConflict, UserFacingError
from rag.matching.advice import Advice
from rag.matching.live import LiveMatchmaker

FACILITIES, STAGES, FORMS = get_args(Facility), get_args(Stage), get_args(Form)
DAYS = ("due", "tried_on", "adopted_on")
TEXTS = ("need", "technology", "period", "contact_name", "contact_mail", "contact_phone")
SUGGESTED = 5

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=10**9)]


@dataclass(frozen=True)
class Suggestions:
    """Advisors for a request, or the ``fault`` that kept them from being found."""

    advice: Advice | None = None
    fault: str = ""


@router.get("/console/requests")
def board(
    visit: Staff, view: Literal["board", "list", "advisors"] = "board", state: str = "", late: bool = False
) -> Response:
    """What is overdue stands first, wherever it stands."""
    desk = _desk(visit)
    found = sorted(desk.requests(), key=lambda one: not is_late(one))
    overdue = {one.id for one in found if is_late(one)}
    advisors = bank(visit.offices.settings)
    shown = {
        "requests": [one for one in found if state in ("", one.state) and (one.id in overdue or not late)],
        "columns": {name: [one for one in found if one.state == name] for name in STATES},
        "workloads": workloads(found, advisors, desk.load(start_of_the_year())),
        "advisors": advisors,
        "view": "late" if late else view,
        "state": state,
        "states": STATES,
        "late": overdue,
        "drafts": len(drafts.numbers(desk.drafts)),
    }
    return looks.page(visit, "requests.html", shown)


@router.get("/console/requests/new")
def form(visit: Staff) -> Response:
    return _form(visit)


@router.post("/console/requests")
def take_down(visit: Staff) -> Response:
    posted = visit.posted
    try:
        place = municipality_named(posted.get("municipality"), posted.get("prefecture") or None)
        facts = _facts(visit)
        application = Application(municipality=place, consent=bool(posted.get("consent")), **facts)
        request = _desk(visit).open(application, visit.by)
    except FormFault as fault:
        return _form(visit, 422, fault.fields)
    except DeskError as error:
        return _form(visit, 422, {_field_of(error.message): error.message})
    visit.offices.audit.write(visit.by, "案件を受付", f"受付番号{request.id}", after={"状態": request.state})
    return looks.onward(visit, f"/console/requests/{request.id}", f"受け付けました（受付番号{request.id}）。")


@router.get("/console/requests/{number}")
def show(visit: Staff, number: Number, suggest: bool = False) -> Response:
    return _request(visit, number, suggest=suggest)


@router.post("/console/requests/{number}/advance")
def advance(visit: Staff, number: Number) -> Response:
    posted = visit.posted
    to = next((state for state in STATES if state == posted.get("to")), None)
    if to is None:
        return _request(visit, number, 422, {"to": "進める先を選んでください。"})
    lines = "\n".join(posted.all("candidates")).replace("、", "\n").replace(",", "\n").splitlines()
    candidates = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    step = Step(to, posted.get("note"), candidates, posted.get("advisor") or None)
    desk = _desk(visit)
    was = desk.request(number)
    try:
        now = desk.advance(number, step, version=posted.number("version"), by=visit.by)
    except EditConflict as conflict:
        return _request(visit, number, 409, conflict=conflict.message)
    except UserFacingError as error:
        return _request(visit, number, 422, {_field_of(error.message): error.message})
    visit.offices.audit.write(
        visit.by, "案件を進める", f"受付番号{number}", {"状態": was.state}, {"状態": now.state}
    )
    notice = f"「{now.state}」に進めました。"
    if now.state == "完了":
        notice += "事例の下書きができました（公開されません）。"
    return looks.onward(visit, f"/console/requests/{number}", notice)


@router.post("/console/requests/{number}/amend")
def amend(visit: Staff, number: Number) -> Response:
    desk = _desk(visit)
    try:
        changes = Changes(**_facts(visit), **_days(visit))  # type: ignore[typeddict-item]
        desk.amend(number, changes, version=visit.posted.number("version"), by=visit.by)
    except FormFault as fault:
        return _request(visit, number, 422, fault.fields)
    except EditConflict as conflict:
        return _request(visit, number, 409, conflict=conflict.message)
    except DeskError as error:
        return _request(visit, number, 422, {_field_of(error.message): error.message})
    # what was changed stands in the history of the request, which can be erased; names and numbers stay out of here
    visit.offices.audit.write(visit.by, "案件の内容を変更", f"受付番号{number}")
    return looks.onward(visit, f"/console/requests/{number}", "内容を保存しました。")


def is_late(request: Request) -> bool:
    """Whether its day is over and it is not."""
    return request.due is not None and request.state not in CLOSED and request.due < japanese_now().date()


def _form(visit: Visit, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    shown = {"facilities": FACILITIES, "stages": STAGES, "forms": FORMS}
    filled = visit.filled(faults) if faults else None
    return looks.page(visit, "request_new.html", shown, status=status, filled=filled)


def _request(
    visit: Visit,
    number: int,
    status: int = 200,
    faults: dict[str, str] | None = None,
    conflict: str = "",
    suggest: bool = False,
) -> Response:
    request, events = _desk(visit).told(number)
    shown = {
        "matter": request,  # a template has a request already
        "events": [change_text(event) for event in reversed(events)],
        "next": STEPS[request.state],
        "suggestions": _suggestions(visit, request) if suggest else None,
        "names": FIELD_NAMES,
        "facilities": FACILITIES,
        "stages": STAGES,
        "forms": FORMS,
        "late": is_late(request),
        "conflict": conflict,
        "load": _desk(visit).load(start_of_the_year()),
        "advisors": bank(visit.offices.settings),
        "letters": {to: KINDS[to] for to in possible(request)},
        "draft": number in drafts.numbers(_desk(visit).drafts),
    }
    filled = visit.filled(faults) if status != 200 else None
    return looks.page(visit, "request.html", shown, status=status, filled=filled)


def _suggestions(visit: Visit, request: Request) -> Suggestions:
    matching: LiveMatchmaker = visit.request.app.state.matching
    try:
        load = _desk(visit).load(start_of_the_year())
        return Suggestions(advice_for(request, matching.current(), load, SUGGESTED))
    except UserFacingError as error:
        return Suggestions(fault=error.message)


def _facts(visit: Visit) -> dict[str, Any]:
    """What was written of a request. Raises FormFault."""
    posted = visit.posted
    facts: dict[str, Any] = {name: posted.get(name) or None for name in TEXTS}
    facts["need"] = facts["need"] or ""
    facts["facilities"] = tuple(name for name in FACILITIES if name in posted.all("facilities"))
    facts["stage"] = next((name for name in STAGES if name == posted.get("stage")), None)
    facts["form"] = next((name for name in FORMS if name == posted.get("form")), None)
    return facts


def _days(visit: Visit) -> dict[str, date | None]:
    """Raises FormFault."""
    days: dict[str, date | None] = {}
    faults = {}
    for name in DAYS:
        text = visit.posted.get(name)
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            faults[name] = (
                f"{FIELD_NAMES[name]}「{text[:20]}」を読めません。2026-11-22 の形で書いてください。"
            )
    if faults:
        raise FormFault(faults)
    return days


_WORDS = {  # a word of a message of the desk -> the field it is about
    "メールアドレス": "contact_mail", "電話番号": "contact_phone", "自治体": "municipality", "都道府県も": "municipality",
    "相談": "need", "技術": "technology", "時期": "period", "連絡先": "contact_name", "候補": "candidates",
    "アドバイザー": "advisor", "理由": "note", "報告": "note",
}  # fmt: skip


def _field_of(message: str) -> str:
    return next((name for word, name in _WORDS.items() if word in message), "to")


def _desk(visit: Visit) -> DispatchDesk:
    desk: DispatchDesk = visit.request.app.state.dispatch
    return desk
