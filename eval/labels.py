"""What people say of answers: 正・部分・誤 by a rubric, kept with the run, blind to each other and to the edition.

DIR/labels/NAME.jsonl has a line an answer: {"id", "marks": {観点: 1, 0.5 or 0}, "note", "at"}.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.agreement import alpha, kappa
from eval.asked import Asked
from eval.beir import SetError
from eval.cases import Case
from eval.runs import Run

FOLDER = "labels"
RUBRIC = {
    "正確性": "書かれていることは正しいか（断ったときは、断るのが正しいか）",
    "根拠": "引用した箇所が、その文を支えているか（引用がないときは、なくてよいか）",
    "網羅": "聞かれたことに、必要なことがそろっているか",
    "表現": "自治体の職員が読んで分かる、使える書き方か",
}
MARKS = {"正": 1.0, "部分": 0.5, "誤": 0.0}
KEYS = {"1": 1.0, "2": 0.5, "3": 0.0, "正": 1.0, "部分": 0.5, "誤": 0.0}
STOP, SKIP = "q", "s"
Marks = Mapping[str, float]


@dataclass(frozen=True)
class Shown:
    """An answer to be marked: what a person is shown, and nothing of who answered."""

    folder: Path
    case: Case
    asked: Asked


@dataclass(frozen=True)
class Criterion:
    """How one criterion was marked: 正, 部分, 誤; and how far people agree."""

    name: str
    counts: tuple[int, int, int]
    kappa: float | None
    alpha: float | None

    @property
    def kappa_told(self) -> str:
        return number(self.kappa)

    @property
    def alpha_told(self) -> str:
        return number(self.alpha)


@dataclass(frozen=True)
class Disputed:
    """An answer that people marked differently, and what each said."""

    id: str
    question: str
    text: str
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Agreement:
    """What the people said of one run."""

    people: tuple[str, ...]
    answers: int
    rubric: tuple[Criterion, ...]
    disputed: tuple[Disputed, ...]


def number(value: float | None) -> str:
    return "測れません" if value is None else f"{value:.2f}"


def to_label(runs: Sequence[tuple[Path, Run]], name: str, only: int | None = None) -> list[Shown]:
    """The answers that a person has not marked yet, mixed: in an order of his own, whichever run they are of."""
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise SetError(f"名前「{name}」は使えません。文字・数字・ハイフンで40字以内にしてください。")
    every = [
        Shown(folder, case, asked)
        for folder, run in runs
        for case, asked in zip(run.cases, run.results, strict=True)
    ]
    random.Random(name).shuffle(every)  # noqa: S311  an order, no secret
    done = {(folder, its) for folder, _ in runs for its in _of(folder / FOLDER / f"{name}.jsonl")}
    return [shown for shown in every[: only or len(every)] if (shown.folder, shown.case.id) not in done]


def label(shown: Sequence[Shown], name: str, ask: Callable[[str], str], say: Callable[[str], object]) -> int:
    """Show each answer, ask for its marks, keep them at once; how many were marked. q stops, s skips."""
    say("1=正、2=部分、3=誤。s=この回答をとばす、q=終わる（つづきから再開できます）。")
    marked = 0
    for place, one in enumerate(shown, start=1):
        say(f"\n―― {place}/{len(shown)} ――\n{as_text(one)}")
        marks = _marks(ask, say)
        if marks == STOP:
            break
        if isinstance(marks, dict):
            note = ask("ひとこと（なければそのまま Enter）: ").strip()
            keep(one.folder, name, one.case.id, marks, note)
            marked += 1
    return marked


def _marks(ask: Callable[[str], str], say: Callable[[str], object]) -> dict[str, float] | str:
    marks: dict[str, float] = {}
    for criterion, means in RUBRIC.items():
        while True:
            told = ask(f"{criterion}（{means}）[1/2/3/s/q]: ").strip().lower()
            if told in (STOP, SKIP):
                return told
            if told in KEYS:
                marks[criterion] = KEYS[told]
                break
            say("1、2、3 のどれかを入れてください。")
    return marks


def as_text(one: Shown) -> str:
    """Question, answer, and what it cites."""
    turns = "\n".join(f"質問: {turn}" for turn in one.case.turns)
    cited = "\n".join(f"[{its.number}] {its.title}「{its.quote}」" for its in one.asked.cited)
    return f"{turns}\n\n{one.asked.text}\n\n{cited or '（引用なし）'}"


def keep(folder: Path, name: str, case: str, marks: Marks, note: str) -> None:
    """One more line; the last one for an answer counts."""
    path = folder / FOLDER / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    told = {"id": case, "marks": marks, "note": note, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, ensure_ascii=False) + "\n")


def marks_of(folder: Path) -> dict[str, dict[str, Marks]]:
    """Each person's marks by the ids of the cases."""
    return {
        path.stem: {case: raw["marks"] for case, raw in _of(path).items()}
        for path in sorted((folder / FOLDER).glob("*.jsonl"))
    }


def read_agreement(folder: Path, run: Run) -> Agreement | None:
    """What the people said of a run; ``None`` where nobody said anything."""
    people = marks_of(folder)
    if not people:
        return None
    rubric = []
    for name in RUBRIC:
        told = [{case: marks[name] for case, marks in its.items()} for its in people.values()]
        every = [mark for its in told for mark in its.values()]
        counts = tuple(every.count(mark) for mark in MARKS.values())
        rubric.append(Criterion(name, counts, kappa(told), alpha(told)))  # type: ignore[arg-type]
    answers = {case for its in people.values() for case in its}
    return Agreement(tuple(people), len(answers), tuple(rubric), tuple(_disputed(folder, run, people)))


def _disputed(folder: Path, run: Run, people: Mapping[str, Mapping[str, Marks]]) -> Iterator[Disputed]:
    """One says right where another says wrong, on any criterion."""
    words = {value: word for word, value in MARKS.items()}
    for case, asked in zip(run.cases, run.results, strict=True):
        told = {who: its[case.id] for who, its in people.items() if case.id in its}
        if any(
            max(m[c] for m in told.values()) - min(m[c] for m in told.values()) == 1 for c in RUBRIC if told
        ):
            notes = {who: _of(folder / FOLDER / f"{who}.jsonl")[case.id]["note"] for who in told}
            yield Disputed(
                case.id,
                case.question,
                asked.text,
                tuple(
                    (
                        f"評価者{place}",
                        "、".join(f"{name} {words[mark]}" for name, mark in marks.items())
                        + (f"（{notes[who]}）" if notes[who] else ""),
                    )
                    for place, (who, marks) in enumerate(told.items(), start=1)
                ),
            )


def _of(path: Path) -> dict[str, dict[str, Any]]:
    """The lines of one person; the last one for an answer counts."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return {raw["id"]: raw for raw in map(json.loads, lines)}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError) as error:
        raise SetError(f"{path} を読めません（{error}）。壊れた行を消してください。") from error
