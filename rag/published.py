"""The folder of releases: which is published, which were before it, who writes, what may go.

::

    releases/
      CURRENT                    one line: the id of the published release; replaced in one step
      HISTORY                    the ids published before it, newest last; replaced in one step
      .lock  .switch             one builder at a time; one change of CURRENT at a time (flock)
      20261121T101200-ab12cd34/  a release (see rag.release)

HISTORY is written before CURRENT when a release is published and after it when one is taken back, so
whatever is cut short, the worst is that HISTORY ends with the release that is current.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import BuildInProgress, NoRelease, ReleaseError
from rag.release import CURRENT, MANIFEST, Manifest, current_id, discard, open_release, read_manifest

if TYPE_CHECKING:
    from typing import TextIO

HISTORY = "HISTORY"
KEPT = 5  # releases that stay when newer ones are published
REMEMBERED = 50  # lines of HISTORY
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Listed:
    """One release in the list. ``manifest`` is ``None`` where it cannot be read."""

    id: str
    manifest: Manifest | None
    current: bool
    previous: bool


def listed(releases: Path) -> tuple[Listed, ...]:
    """Every complete release, newest first."""
    current, previous = current_id(releases), previous_id(releases)
    return tuple(
        Listed(folder.name, _manifest_or_none(folder), folder.name == current, folder.name == previous)
        for folder in reversed(_complete(releases))
    )


def resolve(releases: Path, name: str) -> str:
    """The id that ``name`` stands for: ``current``, ``previous``, or the beginning of one id.

    Raises NoRelease, ReleaseError.
    """
    words = {"current": current_id, "previous": previous_id}
    if name in words:
        found = words[name](releases)
        if found is None:
            raise NoRelease(
                "公開中のリリースがありません。handson build で作ってください。"
                if name == "current"
                else "ひとつ前に公開したリリースがありません。handson releases で一覧を確かめてください。"
            )
        return found
    matching = [folder.name for folder in _complete(releases) if folder.name.startswith(name)]
    if len(matching) != 1 or not name:
        told = "ありません" if not matching else f"{len(matching)}件あります。もっと長く書いてください"
        raise ReleaseError(f"「{name}」で始まるリリースは{told}。一覧は handson releases で見られます。")
    return matching[0]


def previous_id(releases: Path) -> str | None:
    """The release that was published before the current one and is still there."""
    current = current_id(releases)
    for release_id in reversed(_history(releases)):
        if release_id != current and (releases / release_id / MANIFEST).exists():
            return release_id
    return None


def publish(releases: Path, release_id: str, model: str) -> Manifest:
    """Check a release whole, then switch to it in one step. Raises ReleaseError; CURRENT then stays."""
    with _switching(releases):
        manifest = open_release(releases, release_id, model).manifest
        current = current_id(releases)
        if current is not None and current != release_id:
            _write(releases, HISTORY, [*_history(releases), current])
        _write(releases, CURRENT, [release_id])
    return manifest


def rollback(releases: Path, model: str) -> Manifest:
    """Switch back to the release published before. Raises NoRelease, ReleaseError; CURRENT then stays."""
    with _switching(releases):
        release_id = resolve(releases, "previous")
        manifest = open_release(releases, release_id, model).manifest
        _write(releases, CURRENT, [release_id])
        history = _history(releases)
        while history.pop() != release_id:
            pass
        _write(releases, HISTORY, history)
    return manifest


def prune(releases: Path) -> None:
    """Remove all releases but the newest, the current one, and the one before it."""
    with _switching(releases):
        kept = {current_id(releases), previous_id(releases)}
        for folder in _complete(releases)[:-KEPT]:
            if folder.name not in kept:
                discard(folder)


def sweep(releases: Path) -> None:
    """Remove what a build that was killed has left. Only the one builder may call this."""
    for folder in _folders(releases):
        if not (folder / MANIFEST).exists():
            discard(folder)
    with _switching(releases):
        for part in releases.glob("*.part"):
            part.unlink()


def new_id(now: datetime) -> str:
    """An id for a release made now. Ids sort in the order in which they were made."""
    part_of_second = now.microsecond * 2**16 // 1_000_000
    return f"{now:%Y%m%dT%H%M%S}-{part_of_second:04x}{secrets.token_hex(2)}"


@contextmanager
def building(releases: Path) -> Iterator[None]:
    """Hold the one builder's lock. Raises BuildInProgress; the kernel frees it after a crash."""
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


@contextmanager
def _switching(releases: Path) -> Iterator[None]:
    """Hold the lock on CURRENT for a moment: a rollback need not wait for a build."""
    releases.mkdir(parents=True, exist_ok=True)
    with (releases / ".switch").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read().strip() or "不明"


def _history(releases: Path) -> list[str]:
    try:
        lines = (releases / HISTORY).read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line for line in lines if _ID.fullmatch(line)]


def _write(releases: Path, name: str, lines: list[str]) -> None:
    aside = releases / f"{name}.part"
    with aside.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines[-REMEMBERED:])
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, releases / name)


def _folders(releases: Path) -> list[Path]:
    """Folders that are named like a release, oldest first."""
    return sorted(path for path in releases.glob("*") if path.is_dir() and _ID.fullmatch(path.name))


def _complete(releases: Path) -> list[Path]:
    return [folder for folder in _folders(releases) if (folder / MANIFEST).exists()]


def _manifest_or_none(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except ReleaseError:
        return None
