"""The way in and out (ログイン・ログアウト). What somebody wrote when their session ended comes through it unharmed."""

from __future__ import annotations

import secrets

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from bot.console import looks
from bot.console.access import COOKIE, Visit, from_our_pages, same
from bot.console.posted import CSRF, PAGE, Filled, Posted, safe_path
from bot.console.users import folded

FORM_COOKIE = "handson_console_form"  # proves that the login form is ours, before there is a session
KEPT = "kept:"  # before the names of fields that are carried through the login form

WRONG = "名前かパスワードが違います。確かめて、もう一度入力してください。"
TOO_OFTEN = "ログインの失敗が続いたので、しばらく受け付けません。15分ほど待って、もう一度お試しください。"
STALE = "この画面は古くなっています。もう一度入力してください。"
INTERRUPTED = (
    "しばらく操作がなかったので、ログインが切れました。入力した内容は残してあります。"
    "もう一度ログインすると、続きから行えます。"
)


def again(request: Request, posted: Posted | None) -> Response:
    """The login page where another page was asked for, or a form was sent."""
    carried: dict[str, tuple[str, ...]] = {}
    onward = looks.address_of(request)
    if posted is not None:
        carried = {f"{KEPT}{name}": said for name, said in posted.words.items()}
        carried[f"{KEPT}action"] = (request.url.path,)
        onward = posted.page
    elif request.method != "GET":
        onward = "/console"
    return _form(request, 401, onward, carried, notice=INTERRUPTED if carried else "")


def form(request: Request, onward: str, notice: str = "") -> Response:
    """The login page itself."""
    return _form(request, 200, safe_path(onward), {}, notice=notice)


def come_in(visit: Visit) -> Response:
    """Check the name and the password, and open a session. Wrong ones are told alike."""
    request, posted, offices = visit.request, visit.posted, visit.offices
    onward = safe_path(posted.get("next"))
    carried = {name: said for name, said in posted.fields.items() if name.startswith(KEPT)}
    name, address = folded(posted.get("name"))[:64], _address(request)
    if not (from_our_pages(request) and same(posted.get(CSRF), request.cookies.get(FORM_COOKIE) or "none")):
        return _form(request, 403, onward, carried, name, STALE)
    if not offices.throttle.admit(name, address):
        offices.audit.write(name or "（名前なし）", "ログインを拒否", f"失敗が続いたため（{address}）")
        return _form(request, 429, onward, carried, name, TOO_OFTEN)
    user = offices.users.checked(name, (posted.all("password") or ("",))[-1])
    if user is None:
        offices.audit.write(name or "（名前なし）", "ログインに失敗", address)
        return _form(request, 401, onward, carried, name, WRONG)
    offices.throttle.forget(name)
    if visit.session:
        offices.sessions.close(visit.session)
    secret = offices.sessions.open(user, _kept(carried))
    offices.audit.write(user.name, "ログイン", address)
    response = RedirectResponse(onward, status_code=303, headers=looks.HEADERS)
    _set(request, response, COOKIE, secret)
    response.delete_cookie(FORM_COOKIE, path="/console")
    return response


def go_out(visit: Visit) -> Response:
    """End the session."""
    visit.offices.sessions.close(visit.who)
    visit.offices.audit.write(visit.by, "ログアウト", "")
    response = RedirectResponse("/console/login", status_code=303, headers=looks.HEADERS)
    response.delete_cookie(COOKIE, path="/console")
    return response


def _form(
    request: Request,
    status: int,
    onward: str,
    carried: dict[str, tuple[str, ...]],
    name: str = "",
    fault: str = "",
    notice: str = "",
) -> Response:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    shown = {"token": token, "next": onward, "carried": carried, "name": name, "fault": fault}
    response = looks.bare(request, "login.html", status, notice=notice, **shown)
    _set(request, response, FORM_COOKIE, token)
    return response


def _kept(carried: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """The interrupted form, for the session."""
    fields = {name.removeprefix(KEPT): said for name, said in carried.items()}
    action = safe_path(fields.pop("action", ("",))[-1])
    page = safe_path(fields.pop(PAGE, ("",))[-1])
    return {"form": {"page": page, **Filled(action, fields).kept}} if fields else {}


def _set(request: Request, response: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, path="/console", httponly=True, samesite="lax", secure=secure)


def _address(request: Request) -> str:
    return request.client.host if request.client else "不明"
