"""The chat: a question is answered in JSON or as server-sent events; conversations; feedback."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event

from bot.api_models import AnswerModel, Question, SentenceModel
from bot.faults import errors, receipt
from bot.rooms import Rooms, rooms_of
from bot.talk.counter import prepared, told_home
from bot.talk.kept import Asked
from bot.talk.models import (
    ConversationModel,
    ConversationWithTurnsModel,
    FeedbackModel,
    NewConversationModel,
)
from rag.answer import Desk
from rag.errors import UserFacingError
from rag.types import Answer, Context, Sentence

NO_RELEASE = "公開中のリリースがありません"
NO_STORE = "データベースを使えません"
NO_CONVERSATION = "その会話はありません（期限が過ぎたか、削除されています）"

Ident = Annotated[str, Path(max_length=64, description="会話の id")]

router = APIRouter()


@router.post(
    "/api/chat",
    summary="質問に答える",
    tags=["チャット"],
    response_model=AnswerModel,
    responses={
        200: {"description": "回答", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **errors(e400="質問または自治体の名前を受け取れません", e404=NO_CONVERSATION, e503=NO_RELEASE),
    },
)
async def chat(
    request: Request,
    question: Question,
    accept: Annotated[
        str,
        Header(description="text/event-stream にすると、できた順に届きます", examples=["text/event-stream"]),
    ] = "",
) -> Response | AnswerModel:
    """出典つきで答えます。conversation に会話の id を入れると、前の質問を踏まえます。

    `Accept: text/event-stream` を付けると、step（いま何をしているか）・sentence（検査を通った1文）・citations（出典）・
    advisors（合う専門家）・follow_ups（次に聞けること）・done（回答の全体）の順に届きます。失敗は error です。
    """
    rooms = rooms_of(request)
    desk = await rooms.desk()
    # refused before a stream begins
    asked = await rooms.aside.run(
        rooms.counter.take, question.question, question.conversation, question.municipality
    )
    if "text/event-stream" in accept:
        events = _events(rooms, desk, asked)
        return StreamingResponse(
            events,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    return AnswerModel.told(await rooms.ask(desk, asked))


@router.post(
    "/api/conversations",
    summary="会話を始める",
    tags=["会話"],
    status_code=201,
    response_model=ConversationModel,
    responses=errors(e400="自治体の名前を受け取れません", e503=NO_STORE),
)
def begin(request: Request, new: NewConversationModel | None = None) -> ConversationModel:
    """返ってくる id を `POST /api/chat` の conversation に入れると、前の質問を踏まえて答えます。"""
    home = told_home(new.municipality if new else None)
    return ConversationModel.of(rooms_of(request).counter.conversations.open(home))


@router.get(
    "/api/conversations/{conversation}",
    summary="会話を読む",
    tags=["会話"],
    response_model=ConversationWithTurnsModel,
    responses=errors(e404=NO_CONVERSATION, e503=NO_STORE),
)
def read(request: Request, conversation: Ident) -> ConversationWithTurnsModel:
    """質問は、個人情報を伏せて保存したものです。"""
    kept = rooms_of(request).counter.conversations
    return ConversationWithTurnsModel.told(kept.get(conversation), kept.turns(conversation))


@router.delete(
    "/api/conversations/{conversation}",
    summary="会話を消す",
    tags=["会話"],
    status_code=204,
    responses=errors(e404=NO_CONVERSATION, e503=NO_STORE),
)
def forget(request: Request, conversation: Ident) -> Response:
    """会話と、その中の質問と回答を、すぐに消します。"""
    rooms_of(request).counter.conversations.delete(conversation)
    return Response(status_code=204)


@router.post(
    "/api/feedback",
    summary="回答が役に立ったかを送る",
    tags=["チャット"],
    status_code=204,
    responses=errors(e404="その回答はありません（保存期限が過ぎています）", e503=NO_STORE),
)
def feedback(request: Request, opinion: FeedbackModel) -> Response:
    """同じ回答にもう一度送ると、あとのものが残ります。"""
    rooms_of(request).counter.opinions.take(opinion.opinion())
    rooms_of(request).metrics.opinion(opinion.helpful)
    return Response(status_code=204)


async def _events(rooms: Rooms, desk: Desk, asked: Asked) -> AsyncIterator[bytes]:
    """Only checked sentences are sent; what is being done is told before each step.

    Whoever goes away stops it: what waits for a thread waits no longer, and no further step begins.
    """
    try:
        with rooms.metrics.answering() as watch:
            yield _event("step", {"name": "retrieve", "label": "資料を検索しています…"})
            context = await rooms.threads.run(prepared, desk, asked)
            yield _event("step", {"name": "compose", "label": "根拠を確認しています…"})
            async with aclosing(_answering(rooms, desk, context)) as told:
                async for given in told:
                    if isinstance(given, Sentence):
                        yield _event("sentence", SentenceModel.of(given).model_dump())
            assert isinstance(given, Answer)  # noqa: S101  - it comes last
            kept = await rooms.aside.run(rooms.counter.keep, asked, given)
            watch.done(given.status)
        answer = AnswerModel.told(kept).model_dump(mode="json")
        yield _event("citations", answer["citations"])
        for name in ("advisors", "follow_ups"):
            if answer.get(name):
                yield _event(name, answer[name])
        yield _event("done", answer)
    except UserFacingError as error:
        yield _event("error", {"message": error.message})
    except Exception as error:  # the stream has begun: the fault can only be told inside it
        yield _event("error", {"message": receipt(error)})


async def _answering(rooms: Rooms, desk: Desk, context: Context) -> AsyncGenerator[Sentence | Answer]:
    """Each sentence, as it is written where a language model writes, and last the answer."""
    if not desk.writes:
        answer = await rooms.threads.run(desk.answer, context)
        for sentence in answer.sentences:
            yield sentence
        yield answer
        return
    written = desk.stream(context)
    try:
        while isinstance(given := await rooms.writing.run(next, written), Sentence):
            yield given
        yield given
    finally:
        written.close()  # stops the model


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
