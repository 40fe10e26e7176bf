"""A console to try: the real server over a small release, people of every role, and clients that are logged in as them."""

from __future__ import annotations

import io
import re
from html import unescape

from conftest import open_small
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from bot.app import create_app
from bot.console.entry.roles import Role
from bot.console.offices import Offices
from bot.live import LiveDesk
from rag.settings import Settings

PASSWORD = "correct-horse-7"  # noqa: S105
NAMES: dict[Role, str] = {
    "閲覧": "見る人", "評価者": "測る人", "事務局": "事務の人", "管理者": "管理の人",
}  # fmt: skip


class Person:
    """A browser without JavaScript: it sends the forms of the pages it has seen."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, address: str) -> Response:
        return self.client.get(address)

    def send(self, page: str, action: str, /, files: object = None, **fields: object) -> Response:
        """The form of ``page`` that goes to ``action``, its hidden fields and what is written now."""
        given = self.hidden(page, action) | fields
        return self.client.post(action, data=given, files=files)

    def hidden(self, page: str, action: str) -> dict[str, object]:
        text = self.client.get(page).text
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', text, re.S)
        inner = next((inner for to, inner in forms if unescape(to) == action), None)
        assert inner is not None, f"{page} has no form to {action}"
        found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inner)
        return {unescape(name): unescape(value) for name, value in found}

    def log_in(self, name: str, password: str = PASSWORD) -> Response:
        return self.send("/console/login", "/console/login", name=name, password=password)


class House:
    """The server, and a way to come in as anybody."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.live = LiveDesk(settings, lambda _: open_small(settings), look_seconds=0.05)
        self.app: FastAPI = create_app(settings, self.live)

    def close(self) -> None:
        self.live.close()
        self.offices.store.close()

    @property
    def offices(self) -> Offices:
        offices: Offices = self.app.state.console
        return offices

    def nobody(self) -> Person:
        return Person(TestClient(self.app, base_url="http://console.test"))

    def person(self, role: Role) -> Person:
        someone = self.nobody()
        assert someone.log_in(NAMES[role]).status_code == 200
        return someone

    def log(self) -> list[tuple[str, str, str]]:
        """Who did what to what, the oldest first, but for coming and going."""
        from bot.console.audit import Wanted

        entries, _ = self.offices.audit.entries(Wanted())
        told = [(one.by, one.action, one.what) for one in reversed(entries)]
        return [one for one in told if "ログ" not in one[1] and one[0] != "試験"]


def told(response: Response) -> str:
    """The words of a page, without its marks."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", response.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def pdf(*pages: str) -> bytes:
    """A small PDF with Japanese letters, a page for each text."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    paper = io.BytesIO()
    drawn = canvas.Canvas(paper)
    for text in pages:
        for row, line in enumerate(text.split("\n")):
            drawn.setFont("HeiseiMin-W3", 18 if line.startswith("第") else 12)
            drawn.drawString(72, 760 - 40 * row, line)
        drawn.showPage()
    drawn.save()
    return paper.getvalue()
