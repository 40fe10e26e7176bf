"""A race as figures: a table for people, a dictionary for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import fmean, median

from eval.beir import Question
from eval.metrics import mrr_at, ndcg_at, recall_at
from eval.peers.bootstrap import Interval, paired
from eval.peers.race import Absent, Race, Run

MAIN = "ndcg@10"
METRICS: Mapping[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    MAIN: partial(ndcg_at, k=10),
    "recall@10": partial(recall_at, k=10),
    "mrr@10": partial(mrr_at, k=10),
}


@dataclass(frozen=True)
class Line:
    """One of them: its figures, and ours minus its own in nDCG@10 (ours itself has none)."""

    run: Run
    figures: dict[str, float]
    ahead: Interval | None


@dataclass(frozen=True)
class Report:
    """One set."""

    name: str
    documents: int
    questions: int
    lines: tuple[Line, ...]
    absent: tuple[Absent, ...]


def report(name: str, documents: int, questions: Sequence[Question], race: Race) -> Report:
    """Means over all questions; who found nothing has 0 for it."""
    scored = [_scored(run, questions) for run in race.runs]
    lines = tuple(
        Line(
            run,
            {metric: fmean(values) for metric, values in scores.items()}
            | {"ms_median": median(run.seconds) * 1000},
            paired(scored[0][MAIN], scores[MAIN]) if number else None,
        )
        for number, (run, scores) in enumerate(zip(race.runs, scored, strict=True))
    )
    return Report(name, documents, len(questions), lines, race.absent)


def as_text(told: Report) -> str:
    """A Markdown table."""
    rows = [
        f"## {told.name}（文書{told.documents:,}件、質問{told.questions:,}件）",
        "",
        "| 方式 | nDCG@10 | Recall@10 | MRR@10 | 中央値ms | nDCG@10 の差（ハンズオンナビ − 相手）と95%区間 |",
        "|---|---|---|---|---|---|",
        *(_row(line) for line in told.lines),
        *(f"| {gone.entrant.label} | 測っていません: {gone.reason} | | | | |" for gone in told.absent),
    ]
    versions = {package: number for line in told.lines for package, number in line.run.versions.items()}
    used = "、".join(f"{package} {number}" for package, number in versions.items())
    return "\n".join([*rows, *(["", f"版: {used}"] if used else [])]) + "\n"


def as_json(told: Report) -> dict[str, object]:
    """The contract of ``--json`` for one set."""
    return {
        "documents": told.documents,
        "questions": told.questions,
        "systems": {
            line.run.entrant.name: {
                **_rounded(line.figures),
                "versions": line.run.versions,
                "ours_minus": _rounded(asdict(line.ahead)) if line.ahead else None,
            }
            for line in told.lines
        },
        "not_measured": {gone.entrant.name: gone.reason for gone in told.absent},
    }


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def _scored(run: Run, questions: Sequence[Question]) -> dict[str, list[float]]:
    return {
        metric: [score(ids, q.relevant) for ids, q in zip(run.found, questions, strict=True)]
        for metric, score in METRICS.items()
    }


def _row(line: Line) -> str:
    figures = [f"{line.figures[metric]:.4f}" for metric in METRICS]
    ahead = line.ahead
    told = f"{ahead.mean:+.4f}（{ahead.low:+.4f} 〜 {ahead.high:+.4f}）" if ahead else ""
    cells = [line.run.entrant.label, *figures, f"{line.figures['ms_median']:.1f}", told]
    return f"| {' | '.join(cells)} |"
