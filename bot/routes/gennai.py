"""The chat as an app of 源内: answered at once, or meanwhile with an address to ask."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.security import APIKeyHeader

from bot.faults import errors
from bot.gennai import AcceptedModel, GennaiRequest, JobModel, Jobs, OutputsModel
from bot.keys import admit
from bot.markdown import written
from bot.rooms import Rooms, rooms_of
from bot.talk.kept import Asked
from rag.answer import Desk

ACCEPTED = "リクエストを受け付けました"

_KEY = APIKeyHeader(
    name="x-api-key", auto_error=False, description="HANDSON_API_KEY の鍵（設定してあるとき）"
)
_ERRORS: dict[int | str, dict[str, Any]] = errors(
    e400="質問または自治体の名前を受け取れません",
    e401="鍵が正しくありません",
    e503="公開中のリリースがありません",
)

router = APIRouter(prefix="/gennai", tags=["源内"], dependencies=[Depends(_KEY), Depends(admit)])


@router.post("", summary="質問に答える（源内）", response_model=OutputsModel, responses=_ERRORS)
async def answer(request: Request, sent: GennaiRequest) -> OutputsModel:
    """源内の行政実務用AIアプリとして登録するアドレス（同期）です。outputs は Markdown で、終わりに出典が並びます。"""
    rooms, desk, asked = await _taken(request, sent)
    return OutputsModel(outputs=await _answered(rooms, desk, asked, _base(request)))


@router.post(
    "/requests",
    summary="質問を受け付ける（源内、非同期）",
    status_code=202,
    response_model=AcceptedModel,
    responses=_ERRORS,
)
async def accept(request: Request, sent: GennaiRequest) -> AcceptedModel:
    """源内に非同期のアプリとして登録するアドレスです。すぐに status_url を返し、回答はその間に作ります。"""
    rooms, desk, asked = await _taken(request, sent)
    base = _base(request)
    job = _jobs(request).begin(lambda: _answered(rooms, desk, asked, base))
    return AcceptedModel(
        outputs=ACCEPTED, request_id=job.id, status=job.status, status_url=f"{base}/gennai/status/{job.id}"
    )


@router.get(
    "/status/{request_id}",
    summary="受け付けた質問の進み方（源内、非同期）",
    response_model=JobModel,
    response_model_exclude_none=True,
    responses=errors(e401="鍵が正しくありません", e404="その受付番号の回答はありません"),
)
async def status(
    request: Request,
    request_id: Annotated[str, Path(max_length=64, description="受け付けたときの request_id")],
) -> JobModel:
    """回答は、できてから1時間受け取れます。"""
    return _jobs(request).get(request_id).model()


async def _taken(request: Request, sent: GennaiRequest) -> tuple[Rooms, Desk, Asked]:
    """What cannot be asked is refused before anything begins."""
    rooms = rooms_of(request)
    desk = await rooms.desk()
    municipality = sent.inputs.municipality
    asked = await rooms.aside.run(rooms.counter.take, sent.question, None, municipality, sent.before)
    return rooms, desk, asked


async def _answered(rooms: Rooms, desk: Desk, asked: Asked, base: str) -> str:
    return written((await rooms.ask(desk, asked)).answer, base).text


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs
