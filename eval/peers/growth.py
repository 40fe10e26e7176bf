"""What more chunks cost: time of a question, memory, disk; ours and everybody's in the same minutes.

At each size every peer stands ready in a process of its own and the questions go to all in turn. What lies
on disk was written by a process before, as it is in real life.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from eval.beir import Entry, RetrievalSet
from eval.peers.entrants import LUCENE, OURS, PEERS
from eval.peers.grown import CORPUS, base_file
from eval.peers.peer import Entrant
from eval.peers.running import Failed, Running
from eval.peers.synthetic import base_texts, passages, write_base
from rag.models import open_embedder
from rag.settings import Settings

QUESTIONS = 40  # asked at each size
WARM_UP = 5  # asked before: what is loaded with the first questions is not their time


@dataclass(frozen=True)
class Point:
    """One of them at one size. ``disk``: bytes a chunk, where it keeps anything there."""

    name: str
    chunks: int
    ms_median: float
    ms_p95: float
    index_s: float
    resident_mb: float
    disk: float | None


@dataclass(frozen=True)
class Growth:
    """Every size for every one that ran; ``absent``: name -> why not."""

    points: tuple[Point, ...]
    absent: dict[str, str]


def one_lucene(peers: Sequence[Entrant]) -> list[Entrant]:
    """The same without the second Lucene and all after it: how it fuses takes none of its time."""
    lucene = [entrant for entrant in peers if entrant.packages == LUCENE]
    return [entrant for entrant in peers if entrant not in lucene[1:]]


def grow(
    sets: Sequence[RetrievalSet],
    peers: Sequence[Entrant],
    sizes: Sequence[int],
    settings: Settings,
    tell: Callable[[str], object],
) -> Growth:
    """Measure at each size. One that fails is told with its reason and not tried at a larger size."""
    entries = [entry for each in sets for entry in each.entries]
    questions = [q.text for several in zip(*(each.questions for each in sets), strict=False) for q in several]
    points: list[Point] = []
    absent: dict[str, str] = {}
    with TemporaryDirectory(prefix="handson-growth-", ignore_cleanup_errors=True) as home:
        tell("ベクトルのもとを作っています…")
        _write_bases(Path(home), entries, settings)
        for size in sizes:
            folder = Path(home, str(size))
            folder.mkdir()
            _write_corpus(folder, entries, size)
            entrants = [entrant for entrant in (OURS, *peers) if entrant.name not in absent]
            with ExitStack() as stack:
                running, failed = _start(entrants, folder, stack, tell)
                tell(f"{size:,}チャンクで質問しています…")
                points += _ask(running, questions, size, failed)
            absent |= {name: f"{size:,}チャンクで、{reason}" for name, reason in failed.items()}
            shutil.rmtree(folder, ignore_errors=True)
    return Growth(tuple(points), absent)


def as_text(growth: Growth) -> str:
    """A Markdown table; the last column compares with the smallest size of the same."""
    rows = [
        "| 方式 | チャンク | 中央値ms | p95ms | 索引を作る秒 | メモリMB | ディスクのバイト/チャンク | 中央値の伸び |",
        "|---|---|---|---|---|---|---|---|",
    ]
    labels = {entrant.name: entrant.label for entrant in (OURS, *PEERS)}
    for point in sorted(growth.points, key=lambda point: list(labels).index(point.name)):
        first = next(each for each in growth.points if each.name == point.name)
        grown = "" if point is first else f"{point.ms_median / first.ms_median:.1f} 倍"
        cells = (
            labels[point.name],
            f"{point.chunks:,}",
            f"{point.ms_median:.1f}",
            f"{point.ms_p95:.1f}",
            f"{point.index_s:.0f}",
            f"{point.resident_mb:,.0f}",
            "メモリだけ" if point.disk is None else f"{point.disk:,.0f}",
            grown,
        )
        rows.append(f"| {' | '.join(cells)} |")
    rows += [
        f"| {labels[name]} | 測っていません: {reason} | | | | | | |" for name, reason in growth.absent.items()
    ]
    return "\n".join(rows) + "\n"


def as_json(growth: Growth) -> dict[str, object]:
    """The contract of ``--growth --json``."""
    points = [
        {key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(point).items()}
        for point in growth.points
    ]
    return {"points": points, "not_measured": growth.absent}


def _write_bases(home: Path, entries: Sequence[Entry], settings: Settings) -> None:
    texts = base_texts(entries)
    for model in filter(None, (settings.model, settings.second_model)):
        write_base(base_file(home, model), open_embedder(model, settings.models).embed(texts, "passage"))


def _write_corpus(folder: Path, entries: Sequence[Entry], size: int) -> None:
    for base in folder.parent.glob("base-*"):
        (folder / base.name).symlink_to(base)
    with (folder / CORPUS).open("w", encoding="utf-8") as file:
        for entry in passages(entries, size):
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")


def _start(
    entrants: Sequence[Entrant], folder: Path, stack: ExitStack, tell: Callable[[str], object]
) -> tuple[list[Running], dict[str, str]]:
    """Those that are ready, and why the others are not."""
    running: list[Running] = []
    failed: dict[str, str] = {}
    for entrant in entrants:
        tell(f"{entrant.label}に{int(folder.name):,}チャンクを入れています…")
        try:
            running.append(Running(entrant, folder, stack))
        except Failed as failure:
            failed[entrant.name] = str(failure)
    return running, failed


def _ask(
    running: Sequence[Running], questions: Sequence[str], size: int, failed: dict[str, str]
) -> Iterator[Point]:
    """Everyone in turn, then everyone leaves; who dies on the way is told."""
    seconds: dict[Running, list[float]] = {each: [] for each in running}
    for question in islice(cycle(questions), WARM_UP + QUESTIONS):
        for each in tuple(seconds):
            try:
                seconds[each].append(each.ask(question))
            except Failed as failure:
                failed[each.entrant.name] = str(failure)
                del seconds[each]
    for each, took in seconds.items():
        try:
            yield _point(each, size, sorted(took[WARM_UP:]))
        except Failed as failure:
            failed[each.entrant.name] = str(failure)


def _point(running: Running, size: int, took: Sequence[float]) -> Point:
    return Point(
        name=running.entrant.name,
        chunks=size,
        ms_median=median(took) * 1000,
        ms_p95=took[int(0.95 * len(took))] * 1000,
        index_s=running.index_s,
        resident_mb=running.leave(),
        disk=None if running.disk is None else running.disk / size,
    )
