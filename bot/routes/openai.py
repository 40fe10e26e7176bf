"""The chat as an OpenAI-compatible server, for clients that people have already (Open WebUI, LibreChat, the SDK)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.security import HTTPBearer

from bot.keys import admit
from bot.markdown import Written, written
from bot.openai_models import (
    MODEL,
    Annotation,
    AssistantMessage,
    Choice,
    Completion,
    CompletionRequest,
    FaultModel,
    ModelEntry,
    ModelList,
    UrlCitation,
    Usage,
)
from bot.rooms import rooms_of
from bot.talk.kept import Told
from rag.errors import NotFound, QuestionError

NO_QUESTION = "質問がありません。messages に role が user のメッセージを入れてください。"
NO_MODEL = "「{name}」というモデルはありません。{model} を指定してください。"
LEANS_ON = 10  # earlier questions

_BEARER = HTTPBearer(auto_error=False, description="HANDSON_API_KEY の鍵（設定してあるとき）")


def _errors(**told: str) -> dict[int | str, dict[str, Any]]:
    common = {
        "e401": "鍵が正しくありません",
        "e422": "送り方が正しくありません",
        "e503": "公開中のリリースがありません",
    }
    return {
        int(name[1:]): {"model": FaultModel, "description": text} for name, text in (common | told).items()
    }


router = APIRouter(prefix="/v1", tags=["OpenAI互換"], dependencies=[Depends(_BEARER), Depends(admit)])


@router.get("/models", summary="使えるモデル", response_model=ModelList, responses=_errors())
async def models(request: Request) -> ModelList:
    """いつも1つだけで、公開中のリリースで答えます。"""
    manifest = (await rooms_of(request).desk()).release.manifest
    return ModelList(data=[ModelEntry(created=_seconds(manifest.created_at))])


@router.post(
    "/chat/completions",
    summary="質問に答える（OpenAI互換）",
    response_model=Completion,
    responses={
        200: {"description": "回答", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **_errors(e400="質問を受け取れません", e404="そのモデルはありません", e413="内容が大きすぎます"),
    },
)
async def complete(request: Request, asked: CompletionRequest) -> Response | Completion:
    """`openai` の SDK や Open WebUI から、そのまま使えます。答えは出典つきで、出典は annotations にも入ります。"""
    if asked.model != MODEL:
        raise NotFound(NO_MODEL.format(name=asked.model, model=MODEL))
    *before, question = _questions(asked)
    rooms = rooms_of(request)
    desk = await rooms.desk()
    taken = await rooms.aside.run(rooms.counter.take, question, None, None, tuple(before[-LEANS_ON:]))
    told = await rooms.ask(desk, taken)
    said = written(told.answer, str(request.base_url).rstrip("/"))
    if asked.stream:
        counted = bool(asked.stream_options and asked.stream_options.include_usage)
        return StreamingResponse(_chunks(told, said, counted), media_type="text/event-stream")
    message = AssistantMessage(content=said.text, annotations=_annotations(said))
    return Completion(id=_name(told), created=int(time.time()), choices=[Choice(message=message)])


def _questions(asked: CompletionRequest) -> list[str]:
    """What the user said, the question last. Raises QuestionError."""
    said = [message.text for message in asked.messages if message.role == "user"]
    if not said:
        raise QuestionError(NO_QUESTION)
    return [text for text in said[:-1] if text.strip()] + said[-1:]


async def _chunks(told: Told, said: Written, counted: bool) -> AsyncIterator[str]:
    common = {
        "id": _name(told),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
    }

    def chunk(delta: dict[str, Any], ending: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ending}
        return _data(common | {"choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in said.pieces:
        yield chunk({"content": piece})
    yield chunk({"annotations": [annotation.model_dump() for annotation in _annotations(said)]}, "stop")
    if counted:
        yield _data(common | {"choices": [], "usage": Usage().model_dump()})
    yield "data: [DONE]\n\n"


def _data(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


def _annotations(said: Written) -> list[Annotation]:
    return [
        Annotation(
            url_citation=UrlCitation(
                start_index=link.start, end_index=link.end, title=link.title, url=link.url
            )
        )
        for link in said.links
    ]


def _name(told: Told) -> str:
    return f"chatcmpl-{told.id or 'unkept'}"


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
