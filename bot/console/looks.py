"""What a page is made of (見せ方): the template, who looks, what they may, what is to be told first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from bot.console.entry.access import Visit
from bot.console.entry.roles import Role, may
from bot.console.posted import CSRF, PAGE, Filled

HERE = Path(__file__).parent
HEADERS = {
    "Cache-Control": "no-store",  # a page of the secretariat is not kept by the browser
    "Referrer-Policy": "same-origin",  # without it a browser does not tell where a form stands
}


@dataclass(frozen=True)
class Place:
    """One entry of the menu."""

    address: str
    name: str
    role: Role
    about: str


MENU = (
    Place("/console/documents", "文書", "閲覧", "PDFなどを入れ、読み取りを確かめ、差し替える"),
    Place("/console/records", "記録", "閲覧", "事例・技術・制度・相談先などの一覧"),
    Place("/console/terms", "用語", "閲覧", "同じものの別の名前を教える"),
    Place("/console/publish", "公開", "閲覧", "新しい版を作り、公開し、元に戻す"),
    Place("/console/unanswered", "未回答", "閲覧", "答えられなかった質問に対応する"),
    Place("/console/tester", "検索の確認", "評価者", "見つかった理由と、答え方を確かめる"),
    Place("/console/requests", "案件", "事務局", "専門家の派遣などの受付を進める"),
    Place("/console/figures", "数字", "閲覧", "質問の数、答えられた割合、KPI"),
    Place("/console/coverage", "資料の地図", "閲覧", "資料がある分野と、聞かれている分野をくらべる"),
    Place("/console/users", "利用者", "管理者", "事務局の画面を使う人"),
    Place("/console/privacy", "個人情報", "管理者", "1つの自治体・1人分の記録を書き出し、消す"),
    Place("/console/audit", "変更の記録", "管理者", "だれが、いつ、何を変えたか"),
)

templates = Jinja2Templates(HERE / "templates")
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def page(
    visit: Visit,
    template: str,
    shown: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    filled: Filled | None = None,
) -> Response:
    """A page for who is in; what the session kept for it is shown once."""
    kept: Mapping[str, Any] = visit.session.kept if visit.session else {}
    form = kept.get("form")
    if form and form["page"].split("?")[0] != visit.request.url.path:
        form = None
    if visit.session and (kept.get("notice") or form):
        visit.offices.sessions.keep(visit.session, {})
    at = visit.posted.page if visit.posted.fields else address_of(visit.request)
    about: dict[str, object] = {
        "visit": visit,
        "me": visit.session.user if visit.session else None,
        "csrf": visit.session.csrf if visit.session else "",
        "menu": [place for place in MENU if visit.may(place.role)],
        "here": at,
        "notice": kept.get("notice"),
        "filled": filled or Filled.again(form),
        "restored": bool(form) and not filled,
    }
    return templates.TemplateResponse(
        visit.request, template, about | dict(shown or {}), status_code=status, headers=HEADERS
    )


def bare(request: Request, template: str, status: int, **shown: Any) -> HTMLResponse:
    """A page for nobody in particular."""
    about: dict[str, Any] = {
        "me": None,
        "menu": [],
        "csrf": "",
        "here": address_of(request),
        "filled": Filled(),
    }
    return templates.TemplateResponse(request, template, about | shown, status_code=status, headers=HEADERS)


def onward(visit: Visit, address: str, notice: str = "") -> RedirectResponse:
    """To another page after something was done; ``notice`` is told there."""
    if notice and visit.session:
        visit.offices.sessions.keep(visit.session, {"notice": notice})
    return RedirectResponse(address, status_code=303, headers=HEADERS)


def address_of(request: Request) -> str:
    """Where a request went, with what stood behind the question mark."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


templates.env.globals |= {"CSRF": CSRF, "PAGE": PAGE, "may": may}
