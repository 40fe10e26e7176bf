"""One set, everybody on it: each question is asked of all in turn, so that a busy machine is busy for all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from eval.beir import Entry, Question, RetrievalSet
from eval.peers.entrants import OURS
from eval.peers.peer import Entrant, Peer, Place
from eval.retrieval import LONGEST
from rag.embed import Embedded, Embedder, Kind
from rag.settings import Settings

K = 10  # documents asked for: all figures are at ten


@dataclass(frozen=True)
class Run:
    """What one of them found, and how long it took, question by question."""

    entrant: Entrant
    versions: dict[str, str]
    found: tuple[tuple[str, ...], ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Absent:
    """One that could not run, and why."""

    entrant: Entrant
    reason: str


@dataclass(frozen=True)
class Race:
    """``runs`` begins with ours."""

    runs: tuple[Run, ...]
    absent: tuple[Absent, ...]


class Remembering:
    """An embedder that embeds a passage once, whoever asks for it; a question each time."""

    def __init__(self, embedder: Embedder) -> None:
        self.model = embedder.model
        self._embedder = embedder
        self._rows: dict[str, tuple[Any, Any]] = {}

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        if kind == "query":
            return self._embedder.embed(texts, kind, progress)
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            made = self._embedder.embed(new, kind, progress)
            tokens = made.tokens or (None,) * len(new)
            self._rows |= dict(zip(new, zip(made.vectors, tokens, strict=True), strict=True))
        vectors, tokens = zip(*(self._rows[text] for text in texts), strict=True)
        return Embedded(np.stack(vectors), () if tokens[0] is None else tokens)


def race(
    asked: RetrievalSet,
    peers: Sequence[Entrant],
    settings: Settings,
    open_model: Callable[[str], Embedder],
    tell: Callable[[str], object],
) -> Race:
    """Index and ask. A peer that fails is told as absent, with its reason; ours has to run."""
    with TemporaryDirectory(prefix="handson-peers-", ignore_cleanup_errors=True) as home:

        def enter(entrant: Entrant) -> Peer:
            tell(f"{entrant.label}の索引を作っています")
            folder = Path(home, entrant.name)
            folder.mkdir()
            return opened(entrant, Place(settings, folder, open_model), asked.entries)

        ready = {OURS: enter(OURS)}
        absent: list[Absent] = []
        for entrant in peers:
            try:
                ready[entrant] = enter(entrant)
            except Exception as error:  # whatever a library does, the others run
                absent.append(Absent(entrant, why(error)))
        tell(f"{len(asked.questions):,}件の質問を{len(ready)}つに順に聞いています")
        runs = _ask(asked.questions, ready, absent)
        return Race(runs, tuple(absent))


def opened(entrant: Entrant, place: Place, entries: Sequence[Entry]) -> Peer:
    """A peer that has taken in all the documents."""
    peer = entrant.open(place)
    peer.index(entries)
    return peer


def why(error: Exception) -> str:
    """Why a peer could not run, in Japanese."""
    if isinstance(error, ImportError):
        return f"{error.name or error} がありません（make bench-peers が入れます）"
    return f"動きません（{type(error).__name__}: {error}）"


def _ask(questions: Sequence[Question], ready: dict[Entrant, Peer], absent: list[Absent]) -> tuple[Run, ...]:
    """Everybody in turn; who fails at a question is out, but ours must not."""
    found: dict[Entrant, list[tuple[str, ...]]] = {entrant: [] for entrant in ready}
    seconds: dict[Entrant, list[float]] = {entrant: [] for entrant in ready}
    order = deque(ready)
    for number, question in enumerate(
        (questions[0], *questions)
    ):  # what loads with the first is not its time
        for entrant in tuple(order):
            started = perf_counter()
            try:
                ids = ready[entrant].search(question.text[:LONGEST], K)
            except Exception as error:
                if entrant is OURS:
                    raise
                absent.append(Absent(entrant, why(error)))
                order.remove(entrant)
                continue
            if number:
                seconds[entrant].append(perf_counter() - started)
                found[entrant].append(tuple(ids))
        order.rotate()  # nobody always stands behind the same
    return tuple(
        Run(entrant, _versions(entrant), tuple(found[entrant]), tuple(seconds[entrant]))
        for entrant in ready
        if entrant in order
    )


def _versions(entrant: Entrant) -> dict[str, str]:
    return {package: version(package) for package in entrant.packages}
