"""The pipeline in order: shelves and library -> chunks -> vectors and words -> release."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ingest import verify, words
from ingest.cache import CachedEmbedder
from ingest.chunks import Window
from ingest.collect import Corpus, collect
from rag import dense, published, release
from rag.embed import Embedded, Embedder
from rag.errors import ReleaseError
from rag.release import Manifest
from rag.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Progress(Protocol):
    """Told how far a build is."""

    def step(self, name: str) -> None:
        """A step begins; ``name`` is Japanese, such as 資料を読んでいます."""

    def start(self, total: int, known: int) -> None:
        """``total`` windows get a vector; ``known`` of them have one already."""

    def advance(self, done: int) -> None:
        """``done`` more of the others are embedded."""

    def finish(self) -> None:
        """All are."""


class Silent:
    """A progress that nobody watches."""

    def step(self, name: str) -> None: ...

    def start(self, total: int, known: int) -> None: ...

    def advance(self, done: int) -> None: ...

    def finish(self) -> None: ...


def build(
    settings: Settings,
    embedder: Callable[[], Embedder],
    progress: Progress | None = None,
    *,
    second: Callable[[], Embedder] | None = None,
    publish: bool = True,
    corpus: Corpus | None = None,
    check: Callable[[Path], object] = verify.check,
) -> Manifest:
    """Build a release aside, verify it, write its manifest, switch to it.

    ``embedder``, and ``second`` for a model that gives a second opinion, are called only for windows
    without a cached vector, and only once the corpus is known to be good; ``check`` gets the folder before
    it is complete and raises ReleaseError.
    Raises RecordError, ReleaseError, BuildInProgress; the current release serves on.
    """
    progress = progress or Silent()
    with published.building(settings.releases):
        _sweep(settings)
        progress.step("資料を読んでいます")
        corpus = corpus or collect(settings)
        if not corpus.windows():
            raise ReleaseError("棚にも文書にも内容がありません。handson add で文書を追加してください。")
        models = [CachedEmbedder(settings.model, embedder, settings.cache)]
        if second:
            models.append(CachedEmbedder(settings.second_model, second, settings.cache))
        manifest = _make(settings, corpus, models, progress, check)
        if publish:
            published.publish(settings.releases, manifest.id, settings.model)
            published.prune(settings.releases)
        return manifest


def _sweep(settings: Settings) -> None:
    """Remove what builds that were killed have left."""
    published.sweep(settings.releases)
    for part in settings.models.glob("*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _make(
    settings: Settings,
    corpus: Corpus,
    models: list[CachedEmbedder],
    progress: Progress,
    check: Callable[[Path], object],
) -> Manifest:
    """A complete release beside the others; of one that fails nothing is left."""
    now = datetime.now(UTC)
    folder = settings.releases / published.new_id(now)
    folder.mkdir()
    try:
        manifest = _write(folder, settings, corpus, models, now, progress)
        release.draft(folder, manifest)
        progress.step("検査しています")
        check(folder)
        release.seal(folder)
    except OSError as error:
        release.discard(folder)
        raise ReleaseError(
            f"リリースを書けません（{_why(error)}）。公開中のリリースはそのままです。"
            f"{settings.releases} の空き容量と権限を確かめ、もう一度 handson build を実行してください。"
        ) from error
    except BaseException:
        release.discard(folder)
        raise
    return manifest


def _why(error: OSError) -> str:
    """What the system says; numpy tells a full disk without a number."""
    if error.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "ディスクの空きが足りません"
    return error.strerror or str(error)


def _write(
    folder: Path,
    settings: Settings,
    corpus: Corpus,
    models: list[CachedEmbedder],
    now: datetime,
    progress: Progress,
) -> Manifest:
    release.write_texts(folder, corpus.documents, corpus.chunks)
    progress.step("語の索引を作っています")
    words.write(folder / "lexical", corpus, settings.cache)
    spaces = _write_spaces(folder / "vectors", settings.chroma_from, corpus, models, progress)
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return Manifest(
        format=release.FORMAT,
        id=folder.name,
        created_at=now.isoformat(timespec="seconds"),
        documents=len(corpus.documents),
        chunks=len(corpus.chunks),
        spaces=spaces,
        # Chroma's files change whenever it is opened
        files={n: release.checksum(p) for n, p in files.items() if "chroma" not in Path(n).parts},
    )


def _write_spaces(
    folder: Path, chroma_from: int, corpus: Corpus, models: list[CachedEmbedder], progress: Progress
) -> tuple[dense.Space, ...]:
    embedded, titles = corpus.windows(), corpus.titles()
    texts = [window.text for _, window in embedded] + [title for _, title in titles]
    progress.start(len(texts) * len(models), sum(model.known(texts, "passage") for model in models))
    made = [model.embed(texts, "passage", progress.advance) for model in models]
    progress.finish()
    progress.step("ベクトルの索引を作っています")
    places = _places(embedded)
    spaces = []
    for number, (model, its) in enumerate(zip(models, made, strict=True)):
        name = "main" if number == 0 else "second"
        space = dense.Space(name, model.model, its.vectors.shape[1], len(embedded))
        vectors = _arranged(its, len(embedded), [row for row, _ in titles], len(corpus.documents))
        index = number == 0 and len(embedded) >= chroma_from
        dense.write(folder / name, space, vectors, places, index=index)
        spaces.append(space)
    return tuple(spaces)


def _arranged(its: Embedded, windows: int, rows: list[int], documents: int) -> dense.Vectors:
    """The windows, and the titles in the rows of their documents."""
    titles = np.zeros((documents, its.vectors.shape[1]), np.float32)
    titles[rows] = its.vectors[windows:]
    return dense.Vectors(its.vectors[:windows], titles, its.tokens[:windows])


def _places(windows: list[tuple[int, Window]]) -> dense.Windows:
    rows: NDArray[np.int32] = np.array([(r, w.start, w.end) for r, w in windows], np.int32)
    return dense.Windows(rows)
