"""The states of a request (案件の状態) and which steps between them are legal, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from rag.errors import IllegalStep

State = Literal["受付", "候補提示", "打診", "決定", "支援中", "報告", "完了", "取下げ"]
STATES: tuple[State, ...] = get_args(State)

STEPS: Mapping[State, tuple[State, ...]] = {
    "受付": ("候補提示", "取下げ"),
    "候補提示": ("打診", "取下げ"),
    "打診": ("決定", "候補提示", "取下げ"),  # back when the advisor declines
    "決定": ("支援中", "候補提示", "取下げ"),  # back when the advisor cannot come after all
    "支援中": ("報告", "取下げ"),
    "報告": ("完了",),
    "完了": (),
    "取下げ": (),
}
FIRST: State = "受付"
CLOSED = frozenset(state for state, steps in STEPS.items() if not steps)
ENGAGED: frozenset[State] = frozenset({"打診", "決定", "支援中", "報告"})  # an advisor is at it


def check_step(number: int, state: State, to: State) -> None:
    """Raise IllegalStep, with the steps that are possible, unless a request may go from ``state`` to ``to``."""
    if to in STEPS[state]:
        return
    if not STEPS[state]:
        raise IllegalStep(f"受付番号{number}は「{state}」で終わっているので、「{to}」に進められません。")
    possible = "」「".join(STEPS[state])
    raise IllegalStep(
        f"受付番号{number}は「{state}」なので、「{to}」に進められません。いま進められるのは「{possible}」です。"
    )
