"""The dispatch desk over HTTP: anybody may apply with their consent, the secretariat alone may look and go on."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request

from bot.api_models import ErrorModel
from bot.desk.dispatch import DispatchDesk
from bot.desk.models import (
    AdvanceModel,
    ApplicationModel,
    ReceiptModel,
    RequestModel,
    RequestsModel,
    RequestWithHistoryModel,
)
from bot.desk.places import municipality_named
from bot.desk.states import State
from bot.live import LiveDesk
from rag.errors import StaffOnly

BY_CHAT = "相談画面"  # who opened a request that nobody of the secretariat took down


def _errors(**told: str) -> dict[int | str, dict[str, Any]]:
    common = {
        "e400": "内容を受け取れません",
        "e413": "内容が大きすぎます",
        "e422": "送り方が正しくありません",
        "e503": "データベースを使えません",
    }
    return {
        int(name[1:]): {"model": ErrorModel, "description": text} for name, text in (common | told).items()
    }


STAFF_ERRORS = _errors(
    e403="事務局の鍵が要ります",
    e404="その受付番号はありません",
    e409="その状態には進められません。または、ほかの人が先に変えています",
)

router = APIRouter(prefix="/api/requests")


def staff_only(request: Request, authorization: Annotated[str, Header()] = "") -> None:
    """Raise StaffOnly unless ``Authorization: Bearer`` gives the key of the secretariat."""
    live: LiveDesk = request.app.state.live
    key = live.settings.staff_key.get_secret_value()
    if not key:
        raise StaffOnly(
            "事務局用のAPIは使えない設定です。サーバーの設定 HANDSON_STAFF_KEY に鍵を入れると使えます。"
        )
    scheme, _, given = authorization.partition(" ")
    # headers come as Latin-1; the time this takes says nothing of how much of the key was right
    if scheme.lower() != "bearer" or not secrets.compare_digest(
        given.strip().encode("latin-1"), key.encode()
    ):
        raise StaffOnly(
            "事務局の鍵が正しくありません。Authorization: Bearer のあとに、事務局用の鍵を付けて送ってください。"
        )


Number = Annotated[int, Path(ge=1, description="受付番号")]


@router.post(
    "",
    summary="専門家の派遣などを申し込む",
    status_code=201,
    response_model=ReceiptModel,
    responses=_errors(),
)
def apply(request: Request, application: ApplicationModel) -> ReceiptModel:
    return ReceiptModel.of(_desk(request).open(application.application("chat"), BY_CHAT))


@router.get(
    "",
    summary="案件の一覧（事務局）",
    response_model=RequestsModel,
    responses=STAFF_ERRORS,
    dependencies=[Depends(staff_only)],
)
def listing(
    request: Request,
    state: Annotated[State | None, Query(description="この状態の案件だけ")] = None,
    municipality: Annotated[str | None, Query(description="この自治体の案件だけ")] = None,
    prefecture: Annotated[str | None, Query(description="同じ名前の自治体があるときの都道府県")] = None,
) -> RequestsModel:
    code = municipality_named(municipality, prefecture).code if municipality else None
    found = _desk(request).requests(state, code)
    return RequestsModel(requests=[RequestModel.of(one) for one in found])


@router.get(
    "/{number}",
    summary="1つの案件と履歴（事務局）",
    response_model=RequestWithHistoryModel,
    responses=STAFF_ERRORS,
    dependencies=[Depends(staff_only)],
)
def show(request: Request, number: Number) -> RequestWithHistoryModel:
    return RequestWithHistoryModel.told(*_desk(request).told(number))


@router.post(
    "/{number}/advance",
    summary="案件を進める（事務局）",
    response_model=RequestWithHistoryModel,
    responses=STAFF_ERRORS,
    dependencies=[Depends(staff_only)],
)
def advance(request: Request, number: Number, step: AdvanceModel) -> RequestWithHistoryModel:
    desk = _desk(request)
    desk.advance(number, step.step(), version=step.version, by=step.by)
    return RequestWithHistoryModel.told(*desk.told(number))


def _desk(request: Request) -> DispatchDesk:
    desk: DispatchDesk = request.app.state.dispatch
    return desk
