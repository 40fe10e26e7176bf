"""What a release directory is: written aside, manifest last, switched to in one step.

::

    releases/
      CURRENT                    one line: a release id; replaced by os.replace
      .lock                      one writer (flock)
      20261121T101200-ab12cd34/
        manifest.json            written LAST: where it exists the release is complete
        documents.jsonl  chunks.jsonl
        vectors/<space>/         space.json vectors.npy windows.npy chroma/   (one or more spaces)
        lexical/                 the BM25 index
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.dense import DenseIndex, Space
from rag.errors import BuildInProgress, ModelMismatch, NoRelease, ReleaseError
from rag.lexical import LexicalIndex
from rag.types import Chunk, Document, SourceLink

if TYPE_CHECKING:
    from typing import TextIO

FORMAT = 1
CURRENT = "CURRENT"
MANIFEST = "manifest.json"


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
    """A release open for searching; immutable, shared between threads."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        _verify_files(folder, manifest)
        try:
            self.documents = {d.id: d for d in _read_documents(folder / "documents.jsonl")}
            self.chunks = tuple(_read_chunks(folder / "chunks.jsonl"))
            self.dense = tuple(DenseIndex(folder / "vectors" / space.name) for space in manifest.spaces)
            self.lexical = LexicalIndex.open(folder / "lexical", len(self.chunks))
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, error) from error
        if (len(self.documents), len(self.chunks)) != (manifest.documents, manifest.chunks):
            raise _damaged(folder, "文書かチャンクの数が manifest.json と合いません")

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
    manifest = read_manifest(releases / current)
    built_with = manifest.spaces[0].model
    if built_with != model:
        raise ModelMismatch(
            f"リリース {current} は埋め込みモデル「{built_with}」で作られていますが、設定は「{model}」です。"
            f"HANDSON_MODEL={built_with} に戻すか、handson build で作り直してください。"
        )
    return Release(releases / current, manifest)


def current_id(releases: Path) -> str | None:
    """The id in CURRENT, or ``None`` where nothing has been published."""
    try:
        return (releases / CURRENT).read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None


def publish(releases: Path, release_id: str) -> None:
    """Switch to a complete release in one step."""
    read_manifest(releases / release_id)
    aside = releases / f"{CURRENT}.{os.getpid()}"
    with aside.open("w", encoding="utf-8") as file:
        file.write(release_id + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, releases / CURRENT)


@contextmanager
def writing(releases: Path) -> Iterator[None]:
    """Hold the one writer's lock. Raises BuildInProgress; the kernel frees it after a crash."""
    releases.mkdir(parents=True, exist_ok=True)
    with (releases / ".lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildInProgress(
                f"別の handson build が動いています（プロセス {_holder(lock)}）。終わってから実行してください。"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read().strip() or "不明"


def write_texts(folder: Path, documents: Iterable[Document], chunks: Iterable[Chunk]) -> None:
    """Write documents.jsonl and chunks.jsonl; the same corpus gives the same bytes."""
    for name, items in (("documents.jsonl", documents), ("chunks.jsonl", chunks)):
        with (folder / name).open("w", encoding="utf-8") as file:
            for item in items:
                file.write(json.dumps(asdict(item), ensure_ascii=False) + "\n")


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, once everything else is on the disk: from now on the release is complete."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as written:
                os.fsync(written.fileno())
    aside = folder / f"{MANIFEST}.part"
    with aside.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """Raises ReleaseError where the manifest is missing, garbled or of another format."""
    try:
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
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
    """Remove an unfinished release."""
    shutil.rmtree(folder, ignore_errors=True)


def _damaged(folder: Path, reason: object) -> ReleaseError:
    return ReleaseError(
        f"リリース {folder.name} が壊れています（{reason}）。handson build で作り直してください。"
    )


def _read_documents(path: Path) -> Iterator[Document]:
    for raw in _read_lines(path):
        raw["sources"] = tuple(SourceLink(**source) for source in raw["sources"])
        raw["related"] = tuple(raw.get("related", ()))
        yield Document(**raw)


def _read_chunks(path: Path) -> Iterator[Chunk]:
    for raw in _read_lines(path):
        raw["section"] = tuple(raw["section"])
        yield Chunk(**raw)


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
