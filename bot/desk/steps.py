"""What a step needs and what it changes (進めるときに決めること): candidates, the advisor, a reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.request import Request
from bot.desk.roster import check_known
from bot.desk.states import CLOSED, State, check_step
from rag.errors import DeskError

_NOTES = {
    "取下げ": "取り下げる理由を書いてください（note）。",
    "報告": "支援の報告を書いてください（note）。下書きの事例に使います。",
}


@dataclass(frozen=True)
class Step:
    """Where to, and what comes with it."""

    to: State
    note: str = ""
    candidates: tuple[str, ...] = ()
    advisor: str | None = None


def changes_of(request: Request, step: Step, at: datetime, known: Collection[str]) -> dict[str, Any]:
    """The fields that the step sets. Raises IllegalStep, or DeskError for what is missing or out of place."""
    check_step(request.id, request.state, step.to)
    if step.to in _NOTES and not step.note.strip():
        raise DeskError(f"「{step.to}」に進めるには、{_NOTES[step.to]}")
    if step.candidates and step.to != "候補提示":
        raise DeskError("候補（candidates）は、「候補提示」に進めるときに書きます。")
    if step.advisor and step.to != "打診":
        raise DeskError("アドバイザー（advisor）は、「打診」に進めるときに書きます。")
    check_known((*step.candidates, *filter(None, [step.advisor])), known)
    changes: dict[str, Any] = {"state": step.to}
    if step.to == "候補提示":
        changes |= {"candidates": _candidates(request, step), "advisor": None}
    elif step.to == "打診":
        changes["advisor"] = _advisor(request, step)
    elif step.to in CLOSED:
        changes["closed_at"] = at
    return changes


def _candidates(request: Request, step: Step) -> tuple[str, ...]:
    """Those who are named now, else those who were and did not decline."""
    left = tuple(candidate for candidate in request.candidates if candidate != request.advisor)
    candidates = tuple(dict.fromkeys(step.candidates)) or left
    if not candidates:
        raise DeskError(
            "「候補提示」に進めるには、候補のアドバイザーのIDを1人以上書いてください（candidates）。"
        )
    return candidates


def _advisor(request: Request, step: Step) -> str:
    candidates = "、".join(request.candidates)
    if not step.advisor:
        raise DeskError(
            f"「打診」に進めるには、打診するアドバイザーを候補（{candidates}）から選んでください（advisor）。"
        )
    if step.advisor not in request.candidates:
        raise DeskError(
            f"アドバイザー「{step.advisor}」は候補（{candidates}）にいません。候補から選んでください。"
        )
    return step.advisor
