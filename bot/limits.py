"""What every request passes through: a bound on the body, and headers that keep pages harmless.

Pure ASGI, so that streamed answers stay streams.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


_CODES = {401: "invalid_api_key", 404: "not_found", 413: "request_too_large", 503: "service_unavailable"}


class BodyTooLarge(Exception):
    """The body outgrew its bound while it was being received."""


class BodyLimit:
    """Refuses a request body over ``limit`` bytes, announced or not, with 413.

    ``larger``: addresses (regular expressions) that may be sent more, such as those that receive files.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            await self._refuse(scope, receive, send, limit)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except BodyTooLarge:
            await self._refuse(scope, receive, send, limit)

    def _limit(self, path: str) -> int:
        return next((most for which, most in self.larger.items() if re.fullmatch(which, path)), self.limit)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        message = f"送られた内容が大きすぎます（上限 {limit // 1024} KB）。短くして送り直してください。"
        await complaint(scope["path"], 413, message)(scope, receive, send)


def complaint(path: str, status: int, message: str) -> Response:
    """What a person may read, in the shape that callers of that address know: OpenAI's, 源内's, a page or our own."""
    if path.startswith("/console"):
        return HTMLResponse(
            f"<!doctype html><html lang='ja'><title>できませんでした</title><p>{escape(message)}", status
        )
    body: dict[str, object] = {"message": message}
    if path.startswith("/v1/"):
        kind = "server_error" if status >= 500 else "invalid_request_error"
        code = _CODES.get(status)
        body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    elif path.startswith("/gennai"):
        body["outputs"] = message  # 源内 shows this to whoever asked
    return JSONResponse(body, status_code=status)


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)
