"""Search over the shelves and documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from bot.api_models import HitModel, SearchModel, SearchQuery
from bot.faults import errors
from bot.rooms import rooms_of
from rag.facets import filters

router = APIRouter()


@router.get(
    "/api/search",
    summary="資料を検索する",
    tags=["検索"],
    response_model=SearchModel,
    responses=errors(e503="公開中のリリースがありません"),
)
async def search(request: Request, asked: Annotated[SearchQuery, Query()]) -> SearchModel:
    """手引き・事例・技術・制度・追加した文書から、質問に近い箇所を近い順に返します。"""
    rooms = rooms_of(request)
    only = filters(**asked.model_dump(exclude={"q", "k", "past"}))
    desk = await rooms.desk()
    hits = await rooms.threads.run(lambda: desk.search(asked.q, asked.k, only, past=asked.past))
    return SearchModel(hits=[HitModel.of(hit) for hit in hits])
