"""Builds that run in the background (ビルドの仕事): one file each under HANDSON_HOME/builds.

The file tells how far it is, to every server process and after a restart. A build ends with the server that began it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from bot.store.schema import JST
from ingest.items import write_json
from rag.child import Child
from rag.errors import BuildInProgress
from rag.settings import Settings

KEPT = 20  # jobs that are remembered
STARTING = timedelta(seconds=60)  # it may take so long until a job tells that it runs
SECONDS = 12 * 3600.0  # and so long in all
NEEDED = {  # what of the settings a build depends on; no secret is written down
    "home", "model", "second_model", "chroma_from", "max_file_mb", "max_pages", "max_chars",
    "read_timeout_s", "read_memory_mb",
}  # fmt: skip

State = Literal["starting", "running", "done", "failed", "stopped"]
STATE_NAMES: dict[State, str] = {
    "starting": "始めています",
    "running": "作っています",
    "done": "できました",
    "failed": "できませんでした",
    "stopped": "途中で止まりました",
}
Launch = Callable[[Path, Path], object]


@dataclass(frozen=True)
class Job:
    """One build. ``done`` of ``total`` vectors are made, ``release`` is what came of it.

    ``measure``: the test set it is then asked, if any; ``passed`` and ``verdict`` tell how that went.
    """

    id: str
    by: str
    at: datetime
    state: State
    step: str = ""
    done: int = 0
    total: int = 0
    release: str | None = None
    message: str = ""
    measure: str = ""
    passed: bool | None = None
    verdict: str = ""

    @property
    def test_set(self) -> str:
        """What it was measured with, by its name."""
        return Path(self.measure).stem

    @property
    def under_way(self) -> bool:
        return self.state in ("starting", "running")

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class Builds:
    """Starts builds, and tells of them."""

    def __init__(self, settings: Settings, launch: Launch | None = None) -> None:
        self.folder = settings.home / "builds"
        self._settings = settings
        self._launch = launch or self._in_a_child
        self._children: list[Child] = []

    def start(self, by: str, *, measure: str = "") -> Job:
        """Begin one. Raises BuildInProgress where one is under way."""
        last = self.last()
        if last is not None and last.under_way:
            raise BuildInProgress(f"{last.by} さんが始めたビルドが動いています。終わってから始めてください。")
        self.folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC)
        path = self.folder / f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}.json"
        about = {
            "by": by,
            "at": now.isoformat(timespec="seconds"),
            "state": "starting",
            "done": 0,
            "total": 0,
            "measure": measure,
        }
        write_json(path, about)
        settings = path.with_suffix(".settings")
        settings.write_text(self._settings.model_dump_json(include=NEEDED), "utf-8")
        self._launch(path, settings)
        self._forget_old()
        return _job(path)

    def last(self) -> Job | None:
        """The newest, if there is any."""
        paths = self._paths()
        return _job(paths[-1]) if paths else None

    def all(self) -> tuple[Job, ...]:
        """The newest first."""
        return tuple(_job(path) for path in reversed(self._paths()))

    def _in_a_child(self, job: Path, settings: Path) -> None:
        self._children = [child for child in self._children if child.poll() is None]
        arguments = (str(job.absolute()), str(settings.absolute()))
        self._children.append(Child("bot.console.versions.building", *arguments, seconds=SECONDS))

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))

    def _forget_old(self) -> None:
        for path in self._paths()[:-KEPT]:
            for part in self.folder.glob(f"{path.stem}.*"):
                part.unlink(missing_ok=True)


def _job(path: Path) -> Job:
    raw = json.loads(path.read_text("utf-8"))
    raw["at"] = datetime.fromisoformat(raw["at"]).astimezone(JST)
    job = Job(id=path.stem, **raw)
    if job.under_way and not _alive(path, job):
        # it may have told its end since it was read
        raw |= json.loads(path.read_text("utf-8")) | {"at": job.at}
        ended = Job(id=path.stem, **raw)
        return ended if not ended.under_way else Job(**vars(ended) | {"state": "stopped"})
    return job


def _alive(path: Path, job: Job) -> bool:
    """Whether its process holds the lock, or may still come to it."""
    if job.state == "starting":
        return datetime.now(UTC) - job.at < STARTING
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
