"""Login, the first page, the users, one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry import entrance, oidc_login
from bot.console.entry.access import Administrator, Anybody, Viewer, Visit
from bot.console.entry.roles import DUTIES, ROLES, Role
from bot.console.faults import FormFault
from rag.errors import EditConflict, NotFound

CHANGED = "パスワードを変えました。新しいパスワードで、もう一度ログインしてください。"
STATIC = {"console.css": "text/css", "console.js": "text/javascript"}

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=10**9)]


@router.get("/console/static/{name}")
def static(_: Anybody, name: str) -> Response:
    if name not in STATIC:
        raise NotFound("このファイルはありません。")
    return FileResponse(looks.HERE / name, media_type=STATIC[name])


@router.get("/console/login")
def login_form(_: Anybody, request: Request, onward: Annotated[str, Query(alias="next")] = "") -> Response:
    return entrance.form(request, onward)


@router.post("/console/login")
def login(visit: Anybody) -> Response:
    return entrance.come_in(visit)


@router.post("/console/oidc")
async def to_provider(visit: Anybody) -> Response:
    return await oidc_login.start(visit)


@router.get("/console/oidc/back")
async def from_provider(visit: Anybody) -> Response:
    return await oidc_login.back(visit)


@router.post("/console/logout")
def logout(visit: Viewer) -> Response:
    return entrance.go_out(visit)


@router.get("/console")
def home(visit: Viewer) -> Response:
    return looks.page(visit, "home.html")


@router.get("/console/users")
def people(visit: Administrator) -> Response:
    return _people(visit)


@router.post("/console/users")
def add(visit: Administrator) -> Response:
    try:
        user = visit.offices.users.add(
            visit.posted.get("name"), _role(visit), _first_password(visit), by=visit.by
        )
    except FormFault as fault:
        return _people(visit, 422, fault.fields)
    return looks.onward(visit, "/console/users", f"利用者「{user.name}」（{user.role}）を加えました。")


@router.post("/console/users/{number}")
def change(visit: Administrator, number: Number) -> Response:
    enabled = visit.posted.get("state") != "停止"
    version = visit.posted.number("version")
    try:
        user = visit.offices.users.change(number, _role(visit), enabled=enabled, version=version, by=visit.by)
    except FormFault as fault:
        return _people(visit, 422, fault.fields)
    except EditConflict as conflict:
        return _people(visit, 409, {"role": conflict.message})
    return looks.onward(
        visit, "/console/users", f"利用者「{user.name}」を{user.role}・{user.told['状態']}にしました。"
    )


@router.post("/console/users/{number}/password")
def reset(visit: Administrator, number: Number) -> Response:
    user = visit.offices.users.by_id(number)
    try:
        visit.offices.users.set_password(user, _password(visit, "password"), by=visit.by)
    except FormFault as fault:
        return _people(visit, 422, fault.fields)
    told = f"利用者「{user.name}」のパスワードを変えました。本人に伝えてください。"
    if user.id == visit.who.user.id:
        return entrance.form(visit.request, "/console/users", CHANGED)
    return looks.onward(visit, "/console/users", told)


@router.get("/console/password")
def own_password(visit: Viewer) -> Response:
    return looks.page(visit, "password.html")


@router.post("/console/password")
def set_own_password(visit: Viewer) -> Response:
    users, me = visit.offices.users, visit.who.user
    faults = {}
    if not visit.offices.throttle.admit(me.name, "password"):
        faults = {"old": entrance.TOO_OFTEN}
    elif users.checked(me.name, _password(visit, "old")) is None:
        faults = {"old": "いまのパスワードが違います。"}
    elif _password(visit, "password") != _password(visit, "again"):
        faults = {"again": "2つの欄が同じではありません。"}
    else:
        visit.offices.throttle.forget(me.name)
        try:
            users.set_password(me, _password(visit, "password"), by=me.name)
        except FormFault as fault:
            faults = fault.fields
    if faults:
        return looks.page(visit, "password.html", status=422, filled=visit.filled(faults))
    return entrance.form(visit.request, "/console", CHANGED)


@router.get("/console/{path:path}")
def nowhere(visit: Viewer, path: str) -> Response:  # noqa: ARG001
    """Registered last: for who is in, what there is not."""
    raise NotFound("このアドレスには何もありません。上のメニューから選んでください。")


def _people(visit: Visit, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    filled = visit.filled(faults) if faults else None
    shown: dict[str, object] = {"users": visit.offices.users.all(), "roles": ROLES, "duties": DUTIES}
    shown["provider"] = visit.offices.provider
    return looks.page(visit, "users.html", shown, status=status, filled=filled)


def _role(visit: Visit) -> Role:
    """Raises FormFault."""
    role = visit.posted.get("role")
    for known in ROLES:
        if known == role:
            return known
    raise FormFault({"role": "役割を選んでください。"})


def _first_password(visit: Visit) -> str | None:
    """``None`` for who is to come in by the provider only. Raises FormFault."""
    password, provider = _password(visit, "password"), visit.offices.provider
    if provider is None or not visit.posted.get("oidc"):
        return password
    if password:
        raise FormFault(
            {
                "password": f"{provider.name}だけでログインする人には、パスワードを付けません。空にしてください。"
            }
        )
    return None


def _password(visit: Visit, name: str) -> str:
    """As it was typed, blanks included."""
    return (visit.posted.all(name) or ("",))[-1]
