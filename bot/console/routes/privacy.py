"""Personal data (個人情報): all that concerns one municipality or one person, looked up, given out, or erased.

Whom it is about stands neither in an address nor in the log of changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Administrator, Visit
from bot.console.faults import FormFault
from bot.console.stock.editing import fingerprint
from bot.desk import erasure
from bot.desk.erasure import Concerned, Subject
from bot.desk.places import full_name, municipality_named
from bot.masking import mask
from rag.errors import DeskError

PAGE = "/console/privacy"
SHOWN = 100  # lines of each kind
ELSEWHERE = "控え（バックアップ）や書き出したファイルにあるものは、別に消してください。"
CHANGED = "確かめたあとに、記録が増えたか、変わりました。まだ何も消していません。もう一度確かめてください。"

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@dataclass(frozen=True)
class Whom:
    """As it was written, for the next form; ``name`` is for the eye, ``kind`` for the log."""

    subject: Subject
    name: str
    kind: str
    fields: dict[str, str]


@router.get("/console/privacy")
def form(visit: Administrator) -> Response:
    return looks.page(visit, "privacy.html", {"whom": None})


@router.post("/console/privacy")
def look_up(visit: Administrator) -> Response:
    try:
        return _found(visit, _whom(visit))
    except FormFault as fault:
        return looks.page(
            visit, "privacy.html", {"whom": None}, status=422, filled=visit.filled(fault.fields)
        )


@router.post("/console/privacy/export")
def export(visit: Administrator) -> Response:
    whom = _whom(visit)
    found = _concerned(visit, whom)
    visit.offices.audit.write(visit.by, "個人情報を書き出し", whom.kind, after=_some(found))
    headers = {**looks.HEADERS, "Content-Disposition": 'attachment; filename="privacy.json"'}
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    return Response(text + "\n", media_type="application/json; charset=utf-8", headers=headers)


@router.post("/console/privacy/erase")
def ask_again(visit: Administrator) -> Response:
    """Nothing is erased yet: what would go is shown once more."""
    whom = _whom(visit)
    if fault := _wrong(visit, whom):
        return _found(visit, whom, {"reason": fault})
    return _sure(visit, whom)


@router.post("/console/privacy/erase/confirm")
def erase(visit: Administrator) -> Response:
    whom, reason, offices = _whom(visit), visit.posted.get("reason"), visit.offices
    if fault := _wrong(visit, whom):
        return _found(visit, whom, {"reason": fault})
    if fingerprint(_concerned(visit, whom)) != visit.posted.get("version"):
        return _found(visit, whom, conflict=CHANGED)
    if not visit.posted.get("sure"):
        return _sure(visit, whom, {"sure": "元に戻せないことを確かめて、印を付けてください。"})
    gone = erasure.forget(offices.store, whom.subject, offices.settings.drafts, by=visit.by, reason=reason)
    after = {**_some(gone), "理由": mask(reason)}
    offices.audit.write(visit.by, "個人情報を消去", whom.kind, after=after)
    counts = "、".join(f"{name} {count:,}件" for name, count in _some(gone).items())
    return looks.onward(visit, PAGE, f"消しました（{counts}）。{ELSEWHERE}")


def _found(visit: Visit, whom: Whom, faults: dict[str, str] | None = None, conflict: str = "") -> Response:
    status = 422 if faults else 409 if conflict else 200
    shown = {"whom": whom, "found": _concerned(visit, whom), "most": SHOWN, "conflict": conflict}
    return looks.page(visit, "privacy.html", shown, status=status, filled=visit.filled(faults))


def _sure(visit: Visit, whom: Whom, faults: dict[str, str] | None = None) -> Response:
    found = _concerned(visit, whom)
    shown = {
        "whom": whom,
        "found": found,
        "version": fingerprint(found),
        "reason": visit.posted.get("reason"),
    }
    status = 422 if faults else 200
    return looks.page(visit, "privacy_erase.html", shown, status=status, filled=visit.filled(faults))


def _whom(visit: Visit) -> Whom:
    """Raises FormFault."""
    posted = visit.posted
    town, prefecture, person = (posted.get(name) for name in ("municipality", "prefecture", "person"))
    if bool(town) == bool(person):
        raise FormFault(
            {"municipality": "自治体か、名前・メールアドレス・電話番号の、どちらか1つを書いてください。"}
        )
    try:
        if person:
            return Whom(erasure.person(person), person, "1人分", {"person": person})
        place = municipality_named(town, prefecture or None)
    except DeskError as error:
        raise FormFault({"person" if person else "municipality": error.message}) from error
    fields = {"municipality": place.name, "prefecture": place.prefecture}
    return Whom(erasure.municipality(place), full_name(place), "1自治体分", fields)


def _wrong(visit: Visit, whom: Whom) -> str:
    """What is wrong with the reason."""
    reason = visit.posted.get("reason")
    if not reason:
        return "なぜ消すのかを書いてください。消した記録として残ります。"
    return erasure.NAMED_IN_THE_REASON if whom.subject.named(reason) else ""


def _concerned(visit: Visit, whom: Whom) -> Concerned:
    return erasure.concerning(visit.offices.store, whom.subject)


def _some(found: Concerned) -> dict[str, int]:
    """What there is any of."""
    return {name: count for name, count in found.counts.items() if count}
