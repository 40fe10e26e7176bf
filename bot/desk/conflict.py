"""Two people at one request (編集の重なり): the second is told what the first changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.desk.request import Event, Request
from rag.errors import EditConflict

FIELD_NAMES = {
    "state": "状態",
    "closed_at": "終了日時",
    "need": "相談内容",
    "facilities": "施設",
    "technology": "技術",
    "stage": "段階",
    "form": "希望する形",
    "period": "希望する時期",
    "contact_name": "連絡先の名前",
    "contact_mail": "連絡先のメール",
    "contact_phone": "連絡先の電話",
    "candidates": "候補",
    "advisor": "アドバイザー",
    "due": "期限",
    "tried_on": "現場試行の日",
    "adopted_on": "社会実装の日",
}
_SHOWN = 40  # letters of a value


def refuse_stale(request: Request, version: int, history: Callable[[], Iterable[Event]]) -> None:
    """Raise EditConflict, with what changed since, unless ``version`` is the current one."""
    if version == request.version:
        return
    if version > request.version:
        raise EditConflict(
            f"受付番号{request.id}の版{version}はまだありません（いまは版{request.version}）。"
            "いまの内容を確かめてから、もう一度行ってください。"
        )
    since = "\n".join(change_text(event) for event in history() if event.version > version)
    raise EditConflict(
        f"受付番号{request.id}は、版{version}のあとにほかの人が変えています（いまは版{request.version}）。"
        f"何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。\n{since}"
    )


def change_text(event: Event) -> str:
    """One event on one line: 2026-11-22 14:03 サンプル係 状態「打診」→「決定」."""
    when = event.at.strftime("%Y-%m-%d %H:%M")
    if event.action == "opened":
        return f"{when} {event.by} 受付"
    changes = [
        f"{FIELD_NAMES[name]}「{_shown(event.before[name])}」→「{_shown(value)}」"
        for name, value in event.after.items()
        if name in FIELD_NAMES and name != "closed_at"
    ]
    note = f"（{event.note}）" if event.note else ""
    return f"{when} {event.by} {'、'.join(changes)}{note}"


def _shown(value: Any) -> str:
    text = "、".join(value) if isinstance(value, list) else str(value or "なし")
    text = text.replace("\n", " ") or "なし"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
