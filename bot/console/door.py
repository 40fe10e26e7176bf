"""Errors of the console as pages (困ったとき): what happened and what to do now, never a bare number."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from bot import faults
from bot.console import looks
from bot.console.entry import entrance
from bot.console.entry.access import FormTooOld, LoginNeeded
from bot.console.faults import FormFault
from bot.limits import BodyTooLarge
from rag.errors import BuildInProgress, LibraryError, UnreadableFile, UserFacingError

TOO_LARGE = "送られたものが大きすぎます（1回に送れるのは合わせて{mb}MBまで）。ファイルを分けて、少しずつ送ってください。"
_NO_SUCH = "このアドレスには何もありません。上のメニューから選んでください。"


class ConsoleRoute(APIRoute):
    """Answers whatever goes wrong with a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except LoginNeeded as needed:
                return entrance.again(request, needed.posted)
            except UserFacingError as error:
                return fault(request, status_of(error), error.message)
            except BodyTooLarge:
                return fault(
                    request, 413, "送られたものが大きすぎます。小さく分けて、もう一度送ってください。"
                )
            except RequestValidationError:
                return fault(request, 404, _NO_SUCH)
            except HTTPException as error:
                if isinstance(error.__cause__, BodyTooLarge):
                    return fault(
                        request, 413, "送られたものが大きすぎます。小さく分けて、もう一度送ってください。"
                    )
                return fault(
                    request, error.status_code, "送られた内容を読み取れません。画面からやり直してください。"
                )
            except Exception as error:
                return fault(request, 500, faults.receipt(error))
            finally:
                await request.close()  # the files that came with a form

        return answered


def status_of(error: UserFacingError) -> int:
    """As the API answers it; the console knows a few more."""
    if isinstance(error, FormTooOld):
        return 403
    if isinstance(error, (FormFault, LibraryError, UnreadableFile)):
        return 422
    if isinstance(error, BuildInProgress):
        return 409
    return faults.status_of(error)


def fault(request: Request, status: int, message: str) -> Response:
    """A page that tells it; the way back is the page the form stood on."""
    back = request.headers.get("referer", "")
    path = back.partition(request.headers.get("host", "\n"))[2]
    return looks.bare(
        request, "fault.html", status, fault=message, back=path if path.startswith("/console") else ""
    )
