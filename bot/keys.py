"""The key of the doors for other systems (鍵): OpenAI-compatible, 源内, MCP. Without one in the settings they are open."""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.limits import complaint
from rag.errors import KeyRequired
from rag.settings import Settings

WRONG = "鍵が正しくありません。Authorization: Bearer のあとか x-api-key に、このサーバーの鍵（HANDSON_API_KEY）を付けて送ってください。"


def admit(connection: HTTPConnection) -> None:
    """Raise KeyRequired unless the request brings the key."""
    settings: Settings = connection.app.state.live.settings
    key = settings.api_key.get_secret_value()
    # headers come as Latin-1; the time this takes says nothing of how much of the key was right
    if key and not any(
        secrets.compare_digest(one.encode("latin-1"), key.encode()) for one in _given(connection.headers)
    ):
        raise KeyRequired(WRONG)


def _given(headers: Headers) -> list[str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return [headers.get("x-api-key", ""), token.strip() if scheme.lower() == "bearer" else ""]


class Keyed:
    """Lets nobody into ``app`` without the key."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            admit(HTTPConnection(scope))
        except KeyRequired as error:
            await complaint(scope["path"], 401, error.message)(scope, receive, send)
            return
        await self.app(scope, receive, send)
