"""A second desk beside one that answers (もうひとつの机): over another release, or with other names for things.

It shares the models of the first, so that none is loaded twice, and changes nothing of it. It knows nothing of who
asks for it, or how long it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path

from rag.answer import Desk
from rag.documents import Document
from rag.errors import ModelMismatch
from rag.release import Release
from rag.thesaurus import LiveThesaurus, Thesaurus
from rag.types import Query


class Settled(LiveThesaurus):
    """The thesaurus of documents and of terms, each by its names: it stays so, whatever is written meanwhile."""

    def __init__(self, documents: Iterable[Document], terms: Iterable[Sequence[str]]) -> None:
        super().__init__(documents, Path())
        self._thesaurus = Thesaurus([*self._released, *terms])

    def current(self) -> Thesaurus:
        return self._thesaurus


def over(desk: Desk, release: Release) -> Desk:
    """A desk of another release. Raises ModelMismatch where it was built with a model that is not open."""
    retriever = desk._retriever
    loaded = {embedder.model: embedder for embedder in retriever.embedders}
    needed = [space.model for space in release.manifest.spaces]
    if missing := [model for model in needed if model not in loaded]:
        raise ModelMismatch(
            f"版 {release.id} は、公開中の版では使っていない埋め込みモデル「{'、'.join(missing)}」でも作られているので、"
            "ここでは開けません。ほかの版を選んでください。"
        )
    embedders = [loaded[model] for model in needed]
    return Desk(release, embedders, desk.settings, desk._generator, retriever.reranker, desk._advising)


def naming(desk: Desk, names: LiveThesaurus) -> Desk:
    """A desk of the same release that calls things by other names. It answers without a language model."""
    other = copy(desk)
    other._names = names
    other._generator = None
    return other


def read(desk: Desk, question: str) -> tuple[Query, ...]:
    """The ways in which a desk reads a question, the first as it was typed. Raises QuestionError."""
    return tuple(desk._understand(one) for one in desk._readings(question, ()))
