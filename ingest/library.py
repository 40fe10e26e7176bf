"""The originals: each document kept as it came, beside what was read from it.

::

    library/<id>/   original.<ending>   reading.json (pages as read)   item.json (title, issuer, …)

An id comes from the bytes of the file, so the same file is the same document.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from ingest.normalize import normalize
from ingest.readers import parent
from ingest.readers.limits import Limits
from ingest.types import Reading
from rag.errors import LibraryError, UnreadableFile
from rag.fold import strip_invisible
from rag.settings import Settings
from rag.types import Document


@dataclass(frozen=True)
class Details:
    """What the person who adds a document says of it; ``None`` is unsaid."""

    title: str | None = None
    issuer: str | None = None
    date: str | None = None
    url: str | None = None

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Item:
    """One document of the library."""

    id: str
    file_name: str
    sha256: str
    added_at: str
    title: str
    issuer: str | None
    date: str | None
    url: str | None

    @property
    def document(self) -> Document:
        return Document(
            id=self.id,
            title=self.title,
            shelf="library",
            issuer=self.issuer,
            date=self.date,
            url=self.url,
            file_name=self.file_name,
        )


@dataclass(frozen=True)
class Added:
    """The outcome for one file.

    ``unread`` are numbers of pages without text, ``removed`` counts dropped lines by reason.
    """

    item: Item
    state: Literal["added", "updated", "known"]
    pages: int
    unread: tuple[int, ...]
    removed: dict[str, int]


class Library:
    """The folder of originals."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.library
        self.limits = Limits(
            file_bytes=settings.max_file_mb * 2**20,
            pages=settings.max_pages,
            chars=settings.max_chars,
            seconds=settings.read_timeout_s,
            memory_bytes=settings.read_memory_mb * 2**20,
        )

    def add(self, path: Path, details: Details) -> Added:
        """Read a file and keep it. Nothing is kept when it cannot be read (UnreadableFile)."""
        details = _checked(details)
        reading = parent.read(path, self.limits)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        folder = self.folder / f"lib-{sha256[:12]}"
        unread = tuple(p.number for p in reading.pages if p.number and not p.text.strip())
        removed = Counter(line.why for line in normalize(reading)[1])
        outcome = partial(Added, pages=len(reading.pages), unread=unread, removed=dict(removed))
        if (folder / "item.json").exists():
            known = _read_item(folder)
            item = replace(known, **details.given)
            if item == known:
                return outcome(item, "known")
            _write(folder / "item.json", asdict(item))
            return outcome(item, "updated")
        item = Item(
            id=folder.name,
            file_name=_one_line(path.name),
            sha256=sha256,
            added_at=datetime.now(UTC).isoformat(timespec="seconds"),
            title=details.title or reading.title or _one_line(path.stem),
            issuer=details.issuer,
            date=details.date,
            url=details.url,
        )
        self._keep(folder, path, reading, item)
        return outcome(item, "added")

    def items(self) -> Iterator[Item]:
        """Every document, oldest first."""
        folders = [path.parent for path in self.folder.glob("lib-*/item.json")]
        yield from sorted(map(_read_item, folders), key=lambda item: (item.added_at, item.id))

    def reading(self, item: Item) -> Reading:
        """What was read from a document when it was added."""
        return parent.reading_of(json.loads((self.folder / item.id / "reading.json").read_text("utf-8")))

    def _keep(self, folder: Path, path: Path, reading: Reading, item: Item) -> None:
        aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        shutil.copyfile(path, aside / f"original{path.suffix.lower()}")
        _write(aside / "reading.json", asdict(reading))
        _write(aside / "item.json", asdict(item))
        os.replace(aside, folder)


def documents_in(path: Path) -> tuple[list[Path], list[Path]]:
    """The files a path stands for (itself, or all below a folder), and those of other types.

    Raises LibraryError for a folder without any document.
    """
    if not path.is_dir():
        return [path], []
    files = sorted(file for file in path.rglob("*") if file.is_file())
    documents = [file for file in files if file.suffix.lower() in parent.SUFFIXES]
    if not documents:
        raise LibraryError(
            f"フォルダ {path} に追加できる文書がありません。"
            f"{' '.join(parent.SUFFIXES)} のファイルを入れてください。"
        )
    return documents, [file for file in files if file not in documents]


def _checked(details: Details) -> Details:
    if details.url and not re.match(r"https?://\S+$", details.url):
        raise LibraryError(
            f"--url「{details.url}」はアドレスの形ではありません。https:// から始まる形で書いてください。"
        )
    if details.title is not None and not _one_line(details.title):
        raise LibraryError("--title が空です。文書の題名を書くか、指定を外してください。")
    return Details(**{name: _one_line(value) for name, value in details.given.items()})


def _one_line(text: str) -> str:
    return " ".join(strip_invisible(text).split())


def _write(path: Path, content: object) -> None:
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    os.replace(aside, path)


def _read_item(folder: Path) -> Item:
    try:
        return Item(**json.loads((folder / "item.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UnreadableFile(
            f"文書 {folder.name} の記録 item.json が壊れています（{error}）。"
            "フォルダを取り除き、元のファイルを handson add で追加し直してください。"
        ) from error
