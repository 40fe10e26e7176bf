"""The originals: each document kept as it came, beside what was read from it.

::

    library/<id>/   original.<ending>   reading.json (pages as read)   item.json (title, state, …)
                    corrections.json (what was put right in the reading)

An id comes from the bytes of the file, so the same file is the same document. Nothing is ever thrown
away: a newer edition replaces an older one, which is kept, and searched only by who asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ingest.corrections import Correction, read_corrections
from ingest.cover import from_cover
from ingest.items import Details, Item, checked, one_line, read_item, write_item, write_json
from ingest.normalize import normalize
from ingest.readers import parent
from ingest.readers.limits import Limits
from ingest.types import Page, Reading
from rag.errors import LibraryError
from rag.settings import Settings

STAYS = ("title", "issuer", "url", "licence")  # what a newer edition takes over from the older one


@dataclass(frozen=True)
class Added:
    """The outcome for one file.

    ``unread`` and ``doubtful`` are the pages that are not searched, ``removed`` counts what was left
    out by reason, ``found`` is what the cover says (taken where the person said nothing).
    """

    item: Item
    state: Literal["added", "updated", "known"]
    pages: int
    unread: tuple[Page, ...]
    doubtful: tuple[Page, ...]
    removed: dict[str, int]
    found: dict[str, str]


class Library:
    """The folder of originals."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.library
        self.limits = limits_of(settings)

    def add(self, path: Path, details: Details) -> Added:
        """Read a file and keep it. Nothing is kept when it cannot be read (UnreadableFile)."""
        details = checked(details)
        reading = parent.read(path, self.limits)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        folder = self.folder / f"lib-{sha256[:12]}"
        if (folder / "item.json").exists():
            known = read_item(folder)
            item = replace(known, details=replace(known.details, **details.given))
            if item == known:
                return _outcome(item, "known", reading, {})
            return _outcome(self._write(item), "updated", reading, {})
        found = {name: said for name, said in from_cover(reading).items() if name not in details.given}
        guessed = Details(title=reading.title or one_line(path.stem))
        item = Item(
            id=folder.name,
            file_name=one_line(path.name),
            sha256=sha256,
            added_at=datetime.now(UTC).isoformat(timespec="seconds"),
            details=replace(guessed, **found, **details.given),
        )
        self._keep(folder, path, reading, item)
        return _outcome(item, "added", reading, found)

    def replace(self, old_id: str, path: Path, details: Details) -> Added:
        """Add a newer edition; the older one is kept, marked, and searched only by who asks for it."""
        old = self.item(old_id)
        kept = {name: said for name, said in old.details.given.items() if name in STAYS}
        added = self.add(path, Details(**kept | details.given))
        if added.item.id == old.id:
            raise LibraryError(
                f"{path.name} は {old.id} と同じ中身です。新しい版のファイルを選んでください。"
            )
        self._write(replace(old, state="superseded", replaced_by=added.item.id))
        return added

    def withdraw(self, item_id: str, reason: str | None) -> Item:
        """Take a document out of the next release without throwing it away."""
        return self._write(replace(self.item(item_id), state="withdrawn", reason=reason))

    def restore(self, item_id: str) -> Item:
        """Put a withdrawn or superseded document back into the next release."""
        return self._write(replace(self.item(item_id), state="current", reason=None, replaced_by=None))

    def accept(self, item_id: str, pages: tuple[int, ...]) -> Item:
        """A person has looked at doubtful pages and found them right. Raises LibraryError for others."""
        item = self.item(item_id)
        doubtful = {page.number for page in self.reading(item).pages if page.state == "doubtful"}
        for number in pages:
            if number not in doubtful:
                raise LibraryError(
                    f"{item.id} の{number}ページは要確認ではありません。handson show {item.id} で確かめてください。"
                )
        return self._write(replace(item, accepted=tuple(sorted({*item.accepted, *pages}))))

    def items(self) -> Iterator[Item]:
        """Every document, oldest first."""
        folders = [path.parent for path in self.folder.glob("lib-*/item.json")]
        yield from sorted(map(read_item, folders), key=lambda item: (item.added_at, item.id))

    def searchable(self) -> Iterator[tuple[Item, Reading]]:
        """The documents of the next release, with the pages that may be searched; older editions too."""
        for item in self.items():
            if item.state != "withdrawn":
                yield item, self.reading(item).trusted(item.accepted)

    def item(self, item_id: str) -> Item:
        """One document by its id or the unique beginning of it. Raises LibraryError."""
        found = [item for item in self.items() if item.id.startswith(item_id)]
        if len(found) != 1:
            what = "ありません" if not found else f"{len(found)}件あります"
            raise LibraryError(f"「{item_id}」にあたる文書が{what}。handson list で id を確かめてください。")
        return found[0]

    def reading(self, item: Item) -> Reading:
        """What was read from a document; where that is gone, it is read again."""
        path = self.folder / item.id / "reading.json"
        return parent.reading_of(json.loads(path.read_text("utf-8"))) if path.exists() else self.reread(item)

    def reread(self, item: Item) -> Reading:
        """Read the original again, as today's readers do; the corrections stay. Raises UnreadableFile."""
        reading = parent.read(self.original(item), self.limits)
        write_json(self.folder / item.id / "reading.json", asdict(reading))
        return reading

    def corrections(self, item: Item) -> tuple[Correction, ...]:
        """What was put right in its reading. Raises UnreadableFile."""
        return read_corrections(self.folder / item.id)

    def original(self, item: Item) -> Path:
        """The file as it came."""
        return next((self.folder / item.id).glob("original.*"))

    def _write(self, item: Item) -> Item:
        write_item(self.folder / item.id, item)
        return item

    def _keep(self, folder: Path, path: Path, reading: Reading, item: Item) -> None:
        aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        shutil.copyfile(path, aside / f"original{path.suffix.lower()}")
        write_json(aside / "reading.json", asdict(reading))
        write_item(aside, item)
        os.replace(aside, folder)


def limits_of(settings: Settings) -> Limits:
    """What one file may cost."""
    return Limits(
        file_bytes=settings.max_file_mb * 2**20,
        pages=settings.max_pages,
        chars=settings.max_chars,
        seconds=settings.read_timeout_s,
        memory_bytes=settings.read_memory_mb * 2**20,
    )


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


def _outcome(
    item: Item, state: Literal["added", "updated", "known"], reading: Reading, found: dict[str, str]
) -> Added:
    left_out = [*reading.removed, *normalize(reading)[1]]
    return Added(
        item=item,
        state=state,
        pages=len(reading.pages),
        unread=tuple(page for page in reading.pages if page.state == "unread"),
        doubtful=tuple(page for page in reading.pages if page.state == "doubtful"),
        removed=dict(Counter(part.why for part in left_out)),
        found=found,
    )
