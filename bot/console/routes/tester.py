"""The search tester (検索の確認): what is found for a question and why, and the answer with its steps."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.commands.explaining import KIND_NAMES, LEGEND, PLACE_NAMES, where
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Evaluator
from bot.console.posted import Filled
from bot.console.versions.releases import OtherReleases
from bot.console.versions.sides import STATUSES, Side, compared, side
from rag.errors import QuestionError, UserFacingError
from rag.types import PART_NAMES

COUNTS = (5, 10, 20)
STEPS = {
    "understand": "質問を読む", "retrieve": "探す", "match": "合う人や窓口を探す", "compose": "答えを組み立てる",
    "generate": "言語モデルに聞く", "cite": "出典を確かめる",
}  # fmt: skip
SAME = "上と同じ版です。違う版を選ぶか、「並べない」にしてください。"

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/tester")
def tester(
    visit: Evaluator,
    q: Annotated[str, Query(max_length=2000)] = "",
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    past: bool = False,
    release: Annotated[str, Query(max_length=80)] = "",
    other: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    releases: OtherReleases = visit.request.app.state.other_releases
    choices = releases.choices()
    release = release or choices[0].id
    asked: dict[str, object] = {"q": q, "k": k, "past": past, "release": release, "other": other}
    shown = asked | {
        "choices": choices, "names": {one.id: one.name for one in choices}, "counts": COUNTS,
        "parts_names": PART_NAMES, "kinds": KIND_NAMES, "places": PLACE_NAMES, "legend": LEGEND,
        "where": where, "steps": STEPS, "statuses": STATUSES,
    }  # fmt: skip
    sides, faults = _asked(releases, q, k, past, release, other) if q.strip() else ([], {})
    shown["sides"] = sides
    if len(sides) == 2:
        shown["compared"] = compared(*sides)
    if not faults:
        return looks.page(visit, "tester.html", shown)
    written = {name: (str(value),) for name, value in asked.items()}
    return looks.page(
        visit, "tester.html", shown, status=422, filled=Filled("/console/tester", written, faults)
    )


def _asked(
    releases: OtherReleases, question: str, count: int, past: bool, release: str, other: str
) -> tuple[list[Side], dict[str, str]]:
    """The sides that could be seen, and what is wrong with a field."""
    if other == release:
        return [], {"other": SAME}
    sides: list[Side] = []
    faults: dict[str, str] = {}
    for field, name in {"release": release, "other": other}.items():
        try:
            if name:
                sides.append(releases.trying(name, lambda desk: side(desk, question, count, past=past)))
        except QuestionError as error:
            return [], {"q": error.message}
        except UserFacingError as error:
            faults[field] = error.message
    return sides, faults
