"""Which other origins may use the widget's addresses (CORS). No cookies are involved, so none is allowed.

Pure ASGI, so that streamed answers stay streams.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN = {  # what the widget asks for, and how
    r"/widget\.js": "GET",
    r"/healthz": "GET",
    r"/api/municipalities": "GET",
    r"/api/chat": "POST",
    r"/api/conversations": "POST",
    r"/api/conversations/[^/]+": "GET, DELETE",
    r"/api/feedback": "POST",
    r"/api/requests": "POST",
}
REMEMBER_SECONDS = "600"


class WidgetOrigins:
    """Lets pages of ``allowed`` origins (by blanks or commas; none named: of every origin) use what is OPEN."""

    def __init__(self, app: ASGIApp, allowed: str = "") -> None:
        self.app = app
        self.allowed = frozenset(origin.rstrip("/") for origin in re.split(r"[\s,]+", allowed) if origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = self._methods(scope)
        if not methods:
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            await Response(status_code=204, headers=self._preflight(asked, methods))(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers(asked))
            await send(message)

        await self.app(scope, receive, with_headers)

    def _methods(self, scope: Scope) -> str:
        """The methods that other origins may use at an address; empty where none may."""
        if scope["type"] != "http":
            return ""
        return next((how for path, how in OPEN.items() if re.fullmatch(path, scope["path"])), "")

    def _headers(self, asked: Headers) -> dict[str, str]:
        origin = asked.get("origin", "")
        if not self.allowed:
            return {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        told = {"Vary": "Origin", "Cross-Origin-Resource-Policy": "cross-origin"}
        return told | ({"Access-Control-Allow-Origin": origin} if origin in self.allowed else {})

    def _preflight(self, asked: Headers, methods: str) -> dict[str, str]:
        headers = self._headers(asked)
        if "Access-Control-Allow-Origin" not in headers:
            return headers
        return headers | {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": REMEMBER_SECONDS,
        }
