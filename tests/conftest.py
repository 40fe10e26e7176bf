"""Shared fixtures. ``starter`` is the real thing: the whole starter corpus, the real model, built once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from ingest.build import build
from ingest.chunks import chunks
from ingest.collect import Corpus
from ingest.types import Line, Section
from rag.answer import Desk, open_desk
from rag.documents import Document
from rag.models import open_embedder
from rag.release import current_id, open_current
from rag.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))

from doubles import WordEmbedder

pytest.register_assert_rewrite("browsing")  # some test files import from it what others use as a plugin

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose home holds a published release of the starter corpus; its own for each worker, built once."""
    run = tmp_path_factory.getbasetemp()
    shared = Settings(home=(run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "starter")
    with FileLock(f"{shared.home}.lock"):
        if current_id(shared.releases) is None:
            build(
                shared,
                lambda: open_embedder(shared.model, shared.models),
                second=lambda: open_embedder(shared.second_model, shared.models),
            )
    home = tmp_path_factory.mktemp("home") / "var"
    shutil.copytree(shared.home, home, ignore=shutil.ignore_patterns("models"))
    (home / "models").symlink_to(shared.models)
    return Settings(home=home)


def embedded_home(home: Path, starter: Settings) -> Path:
    """An empty home that need not embed the starter corpus again: what is new to it, it must."""
    home.mkdir(exist_ok=True)
    (home / "models").symlink_to(starter.models)
    shutil.copytree(starter.home / "cache", home / "cache")
    return home


@pytest.fixture(scope="session")
def desk(starter: Settings) -> Desk:
    return open_desk(starter)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home, a model that needs no weights, and Chroma however few the windows."""
    return Settings(home=tmp_path / "home", model="words", chroma_from=0)


@pytest.fixture
def small_desk(settings: Settings) -> Callable[..., Desk]:
    """A desk over a few texts given as title=text, without a model."""

    def make(**texts: str) -> Desk:
        build(settings, WordEmbedder, corpus=corpus_of(**texts))
        return open_small(settings)

    return make


def open_small(settings: Settings) -> Desk:
    """The desk of a release that was built with WordEmbedder."""
    return Desk(open_current(settings.releases, settings.model), [WordEmbedder()], settings)


def corpus_of(**texts: str) -> Corpus:
    documents = tuple(Document(f"doc-{n}", title, "library") for n, title in enumerate(texts, 1))
    made = [
        chunk
        for document, text in zip(documents, texts.values(), strict=True)
        for chunk in chunks(document, [Section((), tuple(Line(t, None) for t in text.split("\n")))])
    ]
    return Corpus(documents, tuple(made))
