"""What a release directory is: written aside, checked, manifest last. What is published: rag.published.

::

    20261121T101200-ab12cd34/
      manifest.json            written LAST: where it exists the release is complete and was checked
      documents.jsonl  chunks.jsonl
      vectors/main/            space.json vectors.npy titles.npy windows.npy tokens/ chroma/
      vectors/second/          the same of a second model, without tokens/ and chroma/
      lexical/                 groups.npy and a BM25 index a field
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.dense import DenseIndex, Space
from rag.documents import Chunk, Document, Facets, SourceLink
from rag.errors import ModelMismatch, NoRelease, ReleaseError
from rag.lexical import LexicalIndex
from rag.works import Works

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 3
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
UNSAID = ("approver", "corrected")  # left out where there is none: most releases have neither
DRAFT = "manifest.json.part"  # the manifest of a release that is not checked yet


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself. ``files`` maps each data file to its sha256."""

    format: int
    id: str
    created_at: str
    documents: int
    chunks: int
    spaces: tuple[Space, ...]
    files: dict[str, str]


class Release:
    """A release open for searching, by exact search at first (see :mod:`rag.dense`).

    Immutable and shared between threads. Its files may be removed once it is open, but not written to: the
    large ones are mapped, so that several processes share them.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        _verify_files(folder, manifest)
        try:
            self.documents = {d.id: d for d in _read_documents(folder / "documents.jsonl")}
            self.chunks = tuple(_read_chunks(folder / "chunks.jsonl"))
            self.dense = tuple(DenseIndex(folder / "vectors" / space.name) for space in manifest.spaces)
            self.lexical = LexicalIndex(folder / "lexical", len(self.chunks))
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, error) from error
        rows = {name: row for row, name in enumerate(self.documents)}
        self.document_rows = np.array([rows[chunk.document_id] for chunk in self.chunks], np.int64)
        lengths = np.bincount(self.document_rows, minlength=len(rows))
        self.works = Works(self.documents.values(), lengths.tolist())
        self._holding: tuple[date, NDArray[np.bool_]] | None = None
        if (len(self.documents), len(self.chunks)) != (manifest.documents, manifest.chunks):
            raise _damaged(folder, "文書かチャンクの数が manifest.json と合いません")

    def holding(self, today: date) -> NDArray[np.bool_]:
        """Which chunks are of documents that hold on a day, shape (chunks,)."""
        if self._holding is None or self._holding[0] != today:
            documents = np.array([not document.past(today) for document in self.documents.values()], bool)
            self._holding = today, documents[self.document_rows]
        return self._holding[1]

    @property
    def id(self) -> str:
        return self.manifest.id

    def chunks_of(self, document_id: str) -> tuple[Chunk, ...]:
        """The chunks of one document in reading order."""
        return tuple(chunk for chunk in self.chunks if chunk.document_id == document_id)


def open_current(releases: Path, model: str) -> Release:
    """Open the published release and refuse one that another model was used for.

    Raises NoRelease, ModelMismatch, ReleaseError.
    """
    current = current_id(releases)
    if current is None:
        raise NoRelease(
            "公開中のリリースがありません。handson build を実行すると、棚と文書からリリースを作ります。"
        )
    return open_release(releases, current, model)


def open_release(releases: Path, release_id: str, model: str) -> Release:
    """Open a release and check it whole. Raises ModelMismatch, ReleaseError."""
    manifest = read_manifest(releases / release_id)
    built_with = manifest.spaces[0].model
    if built_with != model:
        raise ModelMismatch(
            f"リリース {release_id} は埋め込みモデル「{built_with}」で作られていますが、設定は「{model}」です。"
            f"HANDSON_MODEL={built_with} に戻すか、handson build で作り直してください。"
        )
    return Release(releases / release_id, manifest)


def current_id(releases: Path) -> str | None:
    """The id in CURRENT, or ``None`` where nothing has been published."""
    try:
        return (releases / CURRENT).read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None


def write_texts(folder: Path, documents: Iterable[Document], chunks: Iterable[Chunk]) -> None:
    """Write documents.jsonl and chunks.jsonl; the same corpus gives the same bytes."""
    for name, items in (("documents.jsonl", documents), ("chunks.jsonl", chunks)):
        with (folder / name).open("w", encoding="utf-8") as file:
            for item in items:
                told = {name: value for name, value in asdict(item).items() if value or name not in UNSAID}
                file.write(json.dumps(told, ensure_ascii=False) + "\n")


def draft(folder: Path, manifest: Manifest) -> None:
    """Write the manifest under another name: the release can be checked, and is not complete yet."""
    with (folder / DRAFT).open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, ensure_ascii=False, indent=1)


def seal(folder: Path) -> None:
    """Give the manifest its name, once everything is on the disk: from now on the release is complete."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    os.replace(folder / DRAFT, folder / MANIFEST)


def read_manifest(folder: Path, name: str = MANIFEST) -> Manifest:
    """Raises ReleaseError where the manifest is missing, garbled or of another format."""
    try:
        raw: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
        spaces = tuple(Space(**space) for space in raw.pop("spaces"))
        manifest = Manifest(spaces=spaces, **raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, error) from error
    if manifest.format != FORMAT or not spaces:
        raise ReleaseError(
            f"リリース {folder.name} の形式（{manifest.format}）はこの版では読めません。"
            "handson build で作り直してください。"
        )
    return manifest


def checksum(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify_files(folder: Path, manifest: Manifest) -> None:
    """Every file must be as it was written; Chroma's change while open and are not in the list."""
    for name, expected in manifest.files.items():
        try:
            found = checksum(folder / name)
        except OSError as error:
            raise _damaged(folder, error) from error
        if found != expected:
            raise _damaged(folder, f"{name} が書き換わっています")


def discard(folder: Path) -> None:
    """Remove a release; one that is only half removed does not look complete."""
    with suppress(OSError):
        (folder / MANIFEST).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _damaged(folder: Path, reason: object) -> ReleaseError:
    return ReleaseError(
        f"リリース {folder.name} が壊れています（{reason}）。"
        "handson rollback で前のリリースに戻すか、handson build で作り直してください。"
    )


def _read_documents(path: Path) -> Iterator[Document]:
    for raw in _read_lines(path):
        raw["sources"] = tuple(SourceLink(**source) for source in raw["sources"])
        raw["related"] = tuple(raw.get("related", ()))
        raw["synonyms"] = tuple(raw.get("synonyms", ()))
        raw["facets"] = Facets(**{name: tuple(values) for name, values in raw["facets"].items()})
        yield Document(**raw)


def _read_chunks(path: Path) -> Iterator[Chunk]:
    for raw in _read_lines(path):
        raw["section"] = tuple(raw["section"])
        yield Chunk(**raw)


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
