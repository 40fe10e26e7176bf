"""A language model marks the answers by the rubric that people use. For information; never part of the gate.

Asked several times, for one reply says little: the spread is shown, and how far it agrees with people where
people have marked (notes: a judge agrees with people on little more than half). A reply that gives no marks is
unmeasured. DIR/judge.json keeps what was said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import fmean, pstdev

from eval.agreement import kappa
from eval.asked import Asked
from eval.cases import Case
from eval.labels import RUBRIC, marks_of, number
from eval.runs import Run
from rag.errors import GenerationError, ModelError
from rag.generate import open_generator
from rag.reply import ChatModel, Reply
from rag.settings import Settings

FILE = "judge.json"
REPEATS = 3
_MARK = re.compile(rf"({'|'.join(RUBRIC)})\s*[=＝:：]\s*([0-2０-２])")
Told = dict[str, list[dict[str, float] | None]]


@dataclass(frozen=True)
class Judged:
    """One criterion over all answers. ``spread``: the mean deviation between the repeats of an answer."""

    name: str
    n: int
    mean: float | None
    spread: float | None
    kappa: float | None

    @property
    def mean_told(self) -> str:
        return number(self.mean)

    @property
    def spread_told(self) -> str:
        return number(self.spread)

    @property
    def kappa_told(self) -> str:
        return number(self.kappa)


@dataclass(frozen=True)
class Judgement:
    """What a model said of a run."""

    model: str
    repeats: int
    answers: int
    rubric: tuple[Judged, ...]


def open_judge(settings: Settings) -> ChatModel:
    """The model of HANDSON_LLM. Raises ModelError."""
    if not settings.llm:
        raise ModelError(
            "採点に使う言語モデルがありません。HANDSON_LLM を設定してください（READMEの「言語モデルを使う」）。"
        )
    key = settings.llm_api_key.get_secret_value()
    # the same way of opening a model as answering has
    return open_generator(settings.llm, settings.llm_timeout_s, settings.llm_base_url, key)._model


def judge(
    model: ChatModel, run: Run, seconds: float, advance: Callable[[int], object], repeats: int = REPEATS
) -> Told:
    """The marks of every answer, as often as it was asked; ``None`` for a reply without them."""
    told: Told = {}
    for case, asked in zip(run.cases, run.results, strict=True):
        told[case.id] = [_asked(model, case, asked, seconds) for _ in range(repeats)]
        advance(1)
    return told


def keep(folder: Path, model: str, told: Told) -> None:
    (folder / FILE).write_text(
        json.dumps({"model": model, "marks": told}, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


def read_judged(folder: Path, run: Run) -> Judgement | None:
    """What a model said of a run; ``None`` where none was asked."""
    try:
        raw = json.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    told: Told = raw["marks"]
    people = [{case: dict(marks) for case, marks in its.items()} for its in marks_of(folder).values()]
    known = {case.id for case in run.cases}
    repeats = max((len(its) for its in told.values()), default=0)
    return Judgement(
        raw["model"],
        repeats,
        len(told),
        tuple(_criterion(name, {c: its for c, its in told.items() if c in known}, people) for name in RUBRIC),
    )


def _criterion(name: str, told: Told, people: list[dict[str, dict[str, float]]]) -> Judged:
    marks = {case: found for case, its in told.items() if (found := [m[name] for m in its if m])}
    spreads = [pstdev(found) for found in marks.values() if len(found) > 1]
    rounded = {case: round(2 * fmean(found)) / 2 for case, found in marks.items()}
    pairs = [kappa([rounded, {case: its[name] for case, its in one.items()}]) for one in people]
    known = [value for value in pairs if value is not None]
    return Judged(
        name,
        len(marks),
        fmean(map(fmean, marks.values())) if marks else None,
        fmean(spreads) if spreads else None,
        fmean(known) if known else None,
    )


def _asked(model: ChatModel, case: Case, asked: Asked, seconds: float) -> dict[str, float] | None:
    cited = "\n".join(
        f"> [{its.number}] {its.title}「{its.text}」".replace("\n", "\n> ") for its in asked.cited
    )
    quoted = asked.text.replace("\n", "\n> ")
    user = f"質問:\n> {case.question}\n\n回答:\n> {quoted}\n\n引用された箇所:\n{cited or '> なし'}"
    system = files("prompts").joinpath("judge.md").read_text("utf-8")
    reply = Reply(model, [("system", system), ("human", user)], seconds)
    try:
        with closing(reply):
            return marks_in("".join(reply))
    except GenerationError:
        return None


def marks_in(text: str) -> dict[str, float] | None:
    """The marks of a reply; ``None`` where one is missing."""
    found: Mapping[str, float] = {name: int(mark) / 2 for name, mark in _MARK.findall(text)}
    return dict(found) if set(found) == set(RUBRIC) else None
