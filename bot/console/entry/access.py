"""Who comes through which door (入室): every route of the console names its role through one of DOORS.

A visit is let in when its cookie names a session, the session a person, and the person's role is high enough; a form
besides must come from our own pages, with the token of the session.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from bot.console.entry.roles import ROLES, Role, may
from bot.console.entry.sessions import Session
from bot.console.offices import Offices, offices_of
from bot.console.posted import CSRF, Filled, Posted, read
from rag.errors import StaffOnly, UserFacingError

COOKIE = "handson_console"
SAFE = ("GET", "HEAD")


class LoginNeeded(UserFacingError):
    """Nobody is logged in, or no longer. ``posted`` is the form they sent, if it came from our own pages."""

    def __init__(self, posted: Posted | None = None) -> None:
        super().__init__("ログインしてください。")
        self.posted = posted


class FormTooOld(UserFacingError):
    """The form was not made for this session."""


@dataclass(frozen=True)
class Visit:
    """One request of one person, or of nobody where the door is open to all."""

    request: Request
    offices: Offices
    session: Session | None
    posted: Posted

    @property
    def who(self) -> Session:
        """The session, at a door that lets nobody in without."""
        assert self.session is not None  # noqa: S101
        return self.session

    @property
    def by(self) -> str:
        """Who it is, as the logs call them."""
        return self.who.user.name

    def may(self, role: Role) -> bool:
        return self.session is not None and may(self.session.user.role, role)

    def filled(self, faults: dict[str, str] | None = None) -> Filled:
        """The form of this request, to show it again."""
        return Filled(self.request.url.path, self.posted.words, faults or {})


Door = Callable[[Request], Coroutine[Any, Any, Visit]]


def _door(role: Role | None) -> Door:
    async def admitted(request: Request) -> Visit:
        return await _admit(request, role)

    return admitted


DOORS: dict[Role | None, Door] = {role: _door(role) for role in (None, *ROLES)}
Anybody = Annotated[Visit, Depends(DOORS[None])]
Viewer = Annotated[Visit, Depends(DOORS["閲覧"])]
Evaluator = Annotated[Visit, Depends(DOORS["評価者"])]
Staff = Annotated[Visit, Depends(DOORS["事務局"])]
Administrator = Annotated[Visit, Depends(DOORS["管理者"])]


async def _admit(request: Request, role: Role | None) -> Visit:
    """Raises LoginNeeded, StaffOnly, FormTooOld."""
    offices = offices_of(request)
    secret = request.cookies.get(COOKIE, "")
    session = await run_in_threadpool(offices.sessions.find, secret) if secret else None
    sends = request.method not in SAFE
    if role is None:
        return Visit(request, offices, session, await read(request) if sends else Posted())
    ours = not sends or from_our_pages(request)
    if session is None:
        raise LoginNeeded(await read(request) if sends and ours and _is_short(request) else None)
    if not may(session.user.role, role):
        raise StaffOnly(
            f"この操作には「{role}」の役割が要ります（あなたは「{session.user.role}」です）。"
            "必要なときは、管理者に頼んでください。"
        )
    if not sends:
        return Visit(request, offices, session, Posted())
    if not ours:
        raise StaffOnly("ほかのサイトから送られたので、受け付けません。事務局の画面から行ってください。")
    visit = Visit(request, offices, session, await read(request))
    if not same(visit.posted.get(CSRF), session.csrf):
        await run_in_threadpool(_keep, visit)
        raise FormTooOld(
            "この画面は、前にログインしたときのものです。何も変えていません。"
            "入力した内容は残してあるので、画面を開き直して、もう一度送ってください。"
        )
    return visit


def same(given: str, wanted: str) -> bool:
    """Whether a secret is the right one; the time it takes says nothing of how much of it was."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def from_our_pages(request: Request) -> bool:
    """Whether a browser says that the form stands on our own pages. Who tells nothing needs the token all the same."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _is_short(request: Request) -> bool:
    """A form without files: what nobody is logged in for is not received at length."""
    kind = request.headers.get("content-type", "")
    length = request.headers.get("content-length", "")
    return kind.startswith("application/x-www-form-urlencoded") and length.isdigit() and int(length) < 65_536


def _keep(visit: Visit) -> None:
    form = {"page": visit.posted.page, **visit.filled().kept}
    visit.offices.sessions.keep(visit.who, {"form": form})
