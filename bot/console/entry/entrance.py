"""The way in and out (ログイン・ログアウト). What somebody wrote when their session ended comes through it unharmed."""

from __future__ import annotations

import secrets

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from bot.console import looks
from bot.console.entry.access import COOKIE, Visit, from_our_pages, same
from bot.console.entry.oidc_pending import Carried, Pending
from bot.console.entry.users import User, folded
from bot.console.offices import offices_of
from bot.console.posted import CSRF, PAGE, Filled, Posted, safe_path

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
    return _form(request, 401, Pending(onward, carried), notice=INTERRUPTED if carried else "")


def form(request: Request, onward: str, notice: str = "") -> Response:
    """The login page itself."""
    return _form(request, 200, Pending(safe_path(onward), {}), notice=notice)


def refused(request: Request, status: int, arrival: Pending, fault: str, name: str = "") -> Response:
    """The login page once more, with all that it carried."""
    return _form(request, status, arrival, name, fault)


def arrival_of(visit: Visit) -> Pending:
    """What the login form carries."""
    carried = {name: said for name, said in visit.posted.fields.items() if name.startswith(KEPT)}
    return Pending(safe_path(visit.posted.get("next")), carried)


def is_from_our_form(visit: Visit) -> bool:
    """Whether the login form stood on our own page, in this very browser."""
    token = visit.request.cookies.get(FORM_COOKIE) or "none"
    return from_our_pages(visit.request) and same(visit.posted.get(CSRF), token)


def come_in(visit: Visit) -> Response:
    """Check the name and the password, and open a session. Wrong ones are told alike."""
    request, posted, offices = visit.request, visit.posted, visit.offices
    arrival, name, address = arrival_of(visit), folded(posted.get("name"))[:64], address_of(request)
    if not is_from_our_form(visit):
        return refused(request, 403, arrival, STALE, name)
    if not offices.throttle.admit(name, address):
        offices.audit.write(name or "（名前なし）", "ログインを拒否", f"失敗が続いたため（{address}）")
        return refused(request, 429, arrival, TOO_OFTEN, name)
    user = offices.users.checked(name, (posted.all("password") or ("",))[-1])
    if user is None:
        offices.audit.write(name or "（名前なし）", "ログインに失敗", address)
        return refused(request, 401, arrival, WRONG, name)
    offices.throttle.forget(name)
    return let_in(visit, user, arrival, address)


def let_in(visit: Visit, user: User, arrival: Pending, where: str) -> Response:
    """Open a session for ``user``, in place of the one there may be."""
    request, offices = visit.request, visit.offices
    if visit.session:
        offices.sessions.close(visit.session)
    secret = offices.sessions.open(user, _kept(arrival.carried))
    offices.audit.write(user.name, "ログイン", where)
    response = RedirectResponse(arrival.onward, status_code=303, headers=looks.HEADERS)
    set_cookie(request, response, COOKIE, secret)
    response.delete_cookie(FORM_COOKIE, path="/console")
    return response


def go_out(visit: Visit) -> Response:
    """End the session; the one at a provider of identities is not ours to end."""
    visit.offices.sessions.close(visit.who)
    visit.offices.audit.write(visit.by, "ログアウト", "")
    response = RedirectResponse("/console/login", status_code=303, headers=looks.HEADERS)
    response.delete_cookie(COOKIE, path="/console")
    return response


def _form(
    request: Request, status: int, arrival: Pending, name: str = "", fault: str = "", notice: str = ""
) -> Response:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    provider = offices_of(request).provider
    shown = {"token": token, "next": arrival.onward, "carried": arrival.carried, "name": name, "fault": fault}
    shown["provider"] = provider.name if provider else ""
    response = looks.bare(request, "login.html", status, notice=notice, **shown)
    set_cookie(request, response, FORM_COOKIE, token)
    return response


def _kept(carried: Carried) -> dict[str, object]:
    """The interrupted form, for the session."""
    fields = {name.removeprefix(KEPT): said for name, said in carried.items()}
    action = safe_path(fields.pop("action", ("",))[-1])
    page = safe_path(fields.pop(PAGE, ("",))[-1])
    return {"form": {"page": page, **Filled(action, fields).kept}} if fields else {}


def set_cookie(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None
) -> None:
    """For the console only; it ends with the browser, or after ``seconds``."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/console",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def address_of(request: Request) -> str:
    """Who asks, as far as the server can see."""
    return request.client.host if request.client else "不明"
