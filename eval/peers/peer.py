"""The seam: what stands in the race, and what it is given. Knows no library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eval.beir import Entry
from rag.embed import Embedder
from rag.models import DEFAULT_MODEL
from rag.settings import Settings

os.environ |= {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False"}  # nobody phones home
CHUNKS_PER_DOCUMENT = 3  # asked for by those that split: several of their best may be of one document


class Peer(Protocol):
    """A way of finding documents, set up as its own documentation does it."""

    def index(self, entries: Sequence[Entry]) -> None:
        """Take in every document, once. What an earlier process left in the folder may be used again."""

    def search(self, question: str, k: int) -> list[str]:
        """The ids of the best ``k`` documents, best first, each once; the question is embedded here."""


@dataclass(frozen=True)
class Place:
    """Where a peer works: its ``folder``, and the models that all share, by their names."""

    settings: Settings
    folder: Path
    open_model: Callable[[str], Embedder]

    def embed_passages(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of the default model, with the prefix for passages."""
        vectors: list[list[float]] = self._model().embed(texts, "passage").vectors.tolist()
        return vectors

    def embed_question(self, text: str) -> list[float]:
        """The vector of the default model, with the prefix for questions."""
        vector: list[float] = self._model().embed([text], "query").vectors[0].tolist()
        return vector

    def _model(self) -> Embedder:
        return self.open_model(DEFAULT_MODEL)


@dataclass(frozen=True)
class Entrant:
    """A line of the list. ``packages``: what its files import, told with their versions.

    ``keeps``: what it has indexed lies in its folder, and another process can open it.
    """

    name: str
    label: str
    open: Callable[[Place], Peer]
    packages: tuple[str, ...] = ()
    keeps: bool = False


def told(entry: Entry) -> str:
    """The text of a document as everyone gets it: the title on a line of its own."""
    return "\n".join(part for part in (entry.title, entry.text) if part.strip())


def once(ids: Iterable[str], k: int) -> list[str]:
    """The first ``k`` different ones, in order."""
    return list(dict.fromkeys(ids))[:k]
