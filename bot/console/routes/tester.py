"""The search tester (検索の確認): what is found for a question and why, and the answer with its steps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.commands.explaining import KIND_NAMES, LEGEND, PLACE_NAMES, where
from bot.console import looks
from bot.console.access import Evaluator
from bot.console.door import ConsoleRoute
from bot.console.offices import live_of
from bot.console.posted import Filled
from rag.errors import UserFacingError
from rag.types import PART_NAMES

COUNTS = (5, 10, 20)
STATUSES = {
    "answered": "答えた",
    "partial": "ぴったりではないが近い",
    "refused": "根拠がない",
    "clarify": "聞き返した",
}

STEPS = {
    "understand": "質問を読む", "retrieve": "探す", "clarify": "聞き返す", "compose": "答えを組み立てる",
    "generate": "言語モデルに聞く", "cite": "出典を確かめる", "advise": "専門家を探す",
}  # fmt: skip

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/tester")
def tester(
    visit: Evaluator,
    q: Annotated[str, Query(max_length=2000)] = "",
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    past: bool = False,
) -> Response:
    shown: dict[str, object] = {
        "q": q, "k": k, "past": past, "counts": COUNTS, "parts_names": PART_NAMES, "kinds": KIND_NAMES,
        "places": PLACE_NAMES, "legend": LEGEND, "where": where, "steps": STEPS, "statuses": STATUSES,
    }  # fmt: skip
    status, filled = 200, Filled()
    if q.strip():
        try:
            desk = live_of(visit.request).desk()
            shown["why"] = desk.explain(q, k, past=past)
            shown["answer"] = desk.ask(q, past=past)
            shown["release"] = desk.release.id
        except UserFacingError as error:
            status, filled = 422, Filled("/console/tester", {"q": (q,)}, {"q": error.message})
    return looks.page(visit, "tester.html", shown, status=status, filled=filled)
