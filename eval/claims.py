"""How well rag/support tells what a passage says from what it does not: ``python -m eval.claims``.

eval/sets/claims.jsonl holds 260 sentences, each with the passage it claims to stand on: said by it (supported), said
otherwise by it (distorted) or not said at all (invented). The rules of rag/support were made with the dev half in sight;
nobody read the held-out half while they were.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from eval.metrics import wilson
from rag.support import Verdict, judge

Label = Literal["supported", "distorted", "invented"]
HALVES = ("dev", "heldout")


@dataclass(frozen=True)
class Line:
    """A sentence, the passage it cites and what a person says of it; ``why`` tells how it was made."""

    id: str
    sentence: str
    passage: str
    title: str
    label: Label
    half: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What the check says of one line."""

    line: Line
    verdict: Verdict

    @property
    def right(self) -> bool:
        return self.verdict.supported == (self.line.label == "supported")


@dataclass(frozen=True)
class Rate:
    """``count`` of ``total``, with its 95 % interval."""

    name: str
    count: int
    total: int

    def __str__(self) -> str:
        low, high = wilson(self.count, self.total)
        share = self.count / self.total if self.total else 0.0
        return f"{self.name}: {self.count}/{self.total} = {share:.1%} ({low:.1%}–{high:.1%})"


def load(path: Path | None = None) -> tuple[Line, ...]:
    """Read the set, one JSON object a line."""
    path = path or Path(str(files("eval").joinpath("sets/claims.jsonl")))
    return tuple(Line(**json.loads(line)) for line in path.read_text("utf-8").splitlines())


def run(lines: Iterable[Line]) -> tuple[Outcome, ...]:
    return tuple(Outcome(line, judge(line.sentence, line.passage, line.title)) for line in lines)


def rates(outcomes: Iterable[Outcome]) -> tuple[Rate, ...]:
    """Precision and recall of "supported", and how many of the others are let through."""
    outcomes = tuple(outcomes)
    shown = [outcome for outcome in outcomes if outcome.verdict.supported]

    def of(name: str, label: Label, among: Iterable[Outcome], total: int) -> Rate:
        return Rate(name, sum(outcome.line.label == label for outcome in among), total)

    def labelled(label: Label) -> int:
        return sum(outcome.line.label == label for outcome in outcomes)

    return (
        of("precision", "supported", shown, len(shown)),
        of("recall (supported, kept)", "supported", shown, labelled("supported")),
        of("distorted, let through", "distorted", shown, labelled("distorted")),
        of("invented, let through", "invented", shown, labelled("invented")),
    )


def main() -> None:
    """Figures of both halves; of the dev half also what went wrong. The held-out sentences stay unread."""
    outcomes = run(load())
    for half in HALVES:
        part = [outcome for outcome in outcomes if outcome.line.half == half]
        sys.stdout.write(f"{half} ({len(part)} sentences)\n")
        sys.stdout.writelines(f"  {rate}\n" for rate in rates(part))
        if half == "dev":
            for outcome in part:
                if not outcome.right:
                    line, reason = outcome.line, outcome.verdict.reason or "supported"
                    sys.stdout.write(f"    {line.id} {line.label}, judged {reason}: {line.sentence}\n")


if __name__ == "__main__":
    main()
