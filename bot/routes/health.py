"""Whether the server is alive, whether it can answer, and its figures for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.api_models import HealthModel, ReadyModel
from bot.faults import errors
from bot.metrics import CONTENT_TYPE
from bot.rooms import Rooms, rooms_of
from rag.errors import StoreError, UserFacingError

router = APIRouter(tags=["状態"])
NO_RELEASE = errors(e503="公開中のリリースがありません")


@router.get("/healthz", summary="サーバーの状態", response_model=HealthModel, responses=NO_RELEASE)
async def health(request: Request) -> HealthModel:
    """サーバーが動いていて、公開中のリリースがあること。"""
    return await _health(rooms_of(request))


@router.get("/readyz", summary="答えられるか", response_model=ReadyModel, responses=NO_RELEASE)
async def ready(request: Request) -> ReadyModel:
    """公開中のリリース、モデル、検索の方式、データベースの様子。"""
    rooms = rooms_of(request)
    told = await _health(rooms)
    database = await rooms.aside.run(_database, rooms)
    return ReadyModel(**dict(told), database=database, language_model=bool(rooms.live.settings.llm))


@router.get(
    "/metrics",
    summary="計測値（Prometheus）",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "計測値"}},
)
async def metrics(request: Request) -> Response:
    """質問の文は含みません。"""
    rooms = rooms_of(request)
    try:
        told = await _health(rooms)
        text = rooms.metrics.text(told.release, told.model, told.search)
    except UserFacingError:
        text = rooms.metrics.text("", "", "")
    return Response(text, media_type=CONTENT_TYPE)


async def _health(rooms: Rooms) -> HealthModel:
    release = (await rooms.desk()).release
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


def _database(rooms: Rooms) -> str:
    try:
        with rooms.store.reading():
            return "ok"
    except StoreError as error:
        return error.message
