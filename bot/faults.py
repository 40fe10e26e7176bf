"""Errors as people see them: a status, a Japanese sentence, nothing of the body echoed."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api_models import ErrorModel
from bot.limits import BodyTooLarge, complaint
from rag.errors import (
    DeskError,
    EditConflict,
    IllegalStep,
    KeyRequired,
    NotFound,
    QuestionError,
    StaffOnly,
    UserFacingError,
)

log = logging.getLogger(__name__)

_HTTP = {
    400: "送られた内容を読み取れません。UTF-8のJSONで送ってください。",
    404: "このアドレスには何もありません。アドレスを確かめてください。",
    405: "このアドレスでは、その方法（メソッド）は使えません。使い方は /openapi.json にあります。",
}
_STATUSES = (  # the first that fits
    (IllegalStep, 409),
    (EditConflict, 409),
    (KeyRequired, 401),
    (StaffOnly, 403),
    (NotFound, 404),
    (QuestionError, 400),
    (DeskError, 400),
)
_REASONS = {
    "missing": "がありません",
    "string_type": "は文字で書いてください",
    "json_invalid": "がJSONとして読めません。書き方を確かめてください",
    "model_attributes_type": "はJSONのオブジェクトで送ってください",
    "extra_forbidden": "という項目は使えません",
    "int_parsing": "は整数で書いてください",
    "less_than_equal": "が大きすぎます",
    "greater_than_equal": "が小さすぎます",
}


def status_of(error: UserFacingError) -> int:
    """The HTTP status of an error a person can read."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 503)


def errors(**told: str) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for /openapi.json: ``errors(e404="…")``, besides those any body may meet."""
    common = {
        "e400": "内容を受け取れません",
        "e413": "内容が大きすぎます",
        "e422": "送り方が正しくありません",
        "e500": "内部の問題です（受付番号を返します）",
    }
    return {
        int(name[1:]): {"model": ErrorModel, "description": text} for name, text in (common | told).items()
    }


def register(app: FastAPI) -> None:
    """Let ``app`` answer every kind of error in Japanese."""

    async def user_facing(request: Request, error: Exception) -> Response:
        assert isinstance(error, UserFacingError)  # noqa: S101
        return complaint(request.url.path, status_of(error), error.message)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return complaint(request.url.path, 422, _explain(error.errors()[0]))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        if isinstance(error.__cause__, BodyTooLarge):
            raise error.__cause__
        default = f"リクエストを処理できません（{error.status_code}）。"
        return complaint(request.url.path, error.status_code, _HTTP.get(error.status_code, default))

    app.add_exception_handler(UserFacingError, user_facing)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


class Receipts:
    """Turns an error nobody foresaw into a receipt number, inside the other middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except BodyTooLarge:
            raise
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await complaint(scope["path"], 500, receipt(error))(scope, receive, send)


def receipt(error: Exception) -> str:
    """Log an unexpected error under a number and give the sentence that names the number."""
    number = secrets.token_hex(4)
    log.error("受付番号 %s", number, exc_info=error)
    return f"内部の問題で処理できませんでした。少し待ってもう一度お試しください（受付番号 {number}）。"


def _explain(fault: Any) -> str:
    names = [str(part)[:40] for part in fault["loc"] if part not in ("body", "query")]
    what = f"「{'.'.join(names)}」" if names and fault["type"] != "json_invalid" else "本文"
    return f"{what}{_REASONS.get(fault['type'], 'の書き方が正しくありません')}。"
