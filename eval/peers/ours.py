"""Ours: a release built through the normal pipeline, asked through the desk that answers use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eval.beir import Entry
from eval.peers.peer import Place
from eval.retrieval import corpus_of
from ingest.build import build
from rag.answer import Desk
from rag.errors import NoRelease, QuestionError
from rag.models import open_reranker
from rag.release import Release, open_current


class Ours:
    """As it is configured, without a language model; the home is the peer's folder."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._settings = place.settings.model_copy(update={"home": place.folder, "llm": ""})

    def index(self, entries: Sequence[Entry]) -> None:
        try:
            release = self._release()
        except NoRelease:
            self._build(entries)
            release = self._release()
        if release.dense[0].indexed:  # as a server does once a child has examined it
            release.dense[0].open_chroma()
        embedders = [self._place.open_model(space.model) for space in release.manifest.spaces]
        reranker = open_reranker(self._settings.reranker)
        self._desk = Desk(release, embedders, self._settings, reranker=reranker)

    def search(self, question: str, k: int) -> list[str]:
        try:
            *_, final = self._desk.rankings(question, k).values()
        except QuestionError:  # refused (not Japanese, say): nothing is found
            return []
        return list(final)

    def _release(self) -> Release:
        return open_current(self._settings.releases, self._settings.model)

    def _build(self, entries: Sequence[Entry]) -> None:
        settings, open_model = self._settings, self._place.open_model
        second = partial(open_model, settings.second_model) if settings.second_model else None
        _link(settings.cache, self._place.settings.cache / "evaluation")  # as handson eval retrieval
        build(settings, partial(open_model, settings.model), second=second, corpus=corpus_of(entries))


def _link(path: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target.resolve())
