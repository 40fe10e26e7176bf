"""The API: chat (JSON or server-sent events), search, health."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from bot.api_models import (
    AnswerModel,
    ErrorModel,
    HealthModel,
    HitModel,
    Question,
    SearchModel,
    SearchQuery,
)
from bot.faults import receipt
from bot.live import LiveDesk
from rag.answer import Desk
from rag.errors import UserFacingError
from rag.facets import filters
from rag.understand import understand

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorModel, "description": "質問を受け取れません"},
    413: {"model": ErrorModel, "description": "内容が大きすぎます"},
    422: {"model": ErrorModel, "description": "送り方が正しくありません"},
    503: {"model": ErrorModel, "description": "公開中のリリースがありません"},
}

router = APIRouter(responses=ERRORS)


@router.post(
    "/api/chat",
    summary="質問に答える",
    response_model=AnswerModel,
    description="Accept: text/event-stream を付けると、step・sentence・citations・done（失敗は error）の順に届きます。",
)
async def chat(
    request: Request, question: Question, accept: Annotated[str, Header()] = ""
) -> Response | AnswerModel:
    live: LiveDesk = request.app.state.live
    desk = await run_in_threadpool(live.desk)
    understand(question.question, desk.settings.max_question_chars)  # refused before a stream begins
    if "text/event-stream" in accept:
        return StreamingResponse(
            _events(desk, question.question),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )
    return AnswerModel.of(await run_in_threadpool(desk.ask, question.question))


@router.get("/api/search", summary="資料を検索する", response_model=SearchModel)
def search(
    request: Request,
    asked: Annotated[SearchQuery, Query()],
) -> SearchModel:
    live: LiveDesk = request.app.state.live
    only = filters(**asked.model_dump(exclude={"q", "k", "past"}))
    hits = live.desk().search(asked.q, asked.k, only, past=asked.past)
    return SearchModel(hits=[HitModel.of(hit) for hit in hits])


@router.get("/healthz", summary="サーバーの状態", response_model=HealthModel)
def health(request: Request) -> HealthModel:
    live: LiveDesk = request.app.state.live
    release = live.desk().release
    return HealthModel(
        status="ok",
        release=release.id,
        created_at=release.manifest.created_at,
        documents=release.manifest.documents,
        chunks=release.manifest.chunks,
        model=release.manifest.spaces[0].model,
        search=release.dense[0].engine,
        fallback=release.dense[0].fallback,
    )


async def _events(desk: Desk, question: str) -> AsyncIterator[bytes]:
    """Only checked sentences are sent; what is being done is told before each step."""
    try:
        yield _event("step", {"name": "retrieve", "label": "資料を検索しています…"})
        context = await run_in_threadpool(desk.prepare, question)
        yield _event("step", {"name": "compose", "label": "根拠を確認しています…"})
        answer = AnswerModel.of(await run_in_threadpool(desk.answer, context))
        for sentence in answer.sentences:
            yield _event("sentence", sentence.model_dump())
        yield _event("citations", [citation.model_dump() for citation in answer.citations])
        yield _event("done", answer.model_dump())
    except UserFacingError as error:
        yield _event("error", {"message": error.message})
    except Exception as error:  # the stream has begun: the fault can only be told inside it
        yield _event("error", {"message": receipt(error)})


def _event(name: str, data: object) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
