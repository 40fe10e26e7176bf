"""One build in a process of its own (ビルドの子プロセス): the server answers on, whatever the build costs.

``python -m bot.console.versions.building JOB SETTINGS``: both are files. It holds a lock beside the job for as long as it
lives, so that whoever reads the job knows whether it is still at it.
"""

from __future__ import annotations

import fcntl
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.measuring import gating, measuring
from ingest.items import write_json
from rag.errors import UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.embed import Embedder

TELL_EVERY = 0.3  # seconds


class Told:
    """A progress (see :class:`ingest.build.Progress`) that is written into the file of the job."""

    def __init__(self, job: Path) -> None:
        self._job = job
        self._about: dict[str, Any] = json.loads(job.read_text("utf-8"))
        self._last = 0.0

    @property
    def measure(self) -> str:
        return str(self._about["measure"])

    def step(self, name: str) -> None:
        self.tell(step=name)

    def start(self, total: int, known: int) -> None:
        self.tell(step="ベクトルを作っています", total=total, done=known)

    def advance(self, done: int) -> None:
        self._about["done"] += done
        if time.monotonic() - self._last > TELL_EVERY:
            self.tell()

    def finish(self) -> None:
        self.tell(done=self._about["total"])

    def tell(self, **news: object) -> None:
        self._last = time.monotonic()
        self._about |= news
        write_json(self._job, self._about)


def build(job: Path, settings: Settings) -> None:
    """Build, measure where that is wished, publish nothing, and tell how it went."""
    from ingest.build import build as build_aside
    from rag.models import open_embedder

    def second() -> Embedder:
        return open_embedder(settings.second_model, settings.models)

    told = Told(job)
    told.tell(state="running")
    try:
        manifest = build_aside(
            settings,
            lambda: open_embedder(settings.model, settings.models),
            told,
            second=second if settings.second_model else None,
            publish=False,
        )
    except UserFacingError as error:
        told.tell(state="failed", message=error.message)
    else:
        if told.measure:
            told.tell(step="質問して確かめています")
            told.tell(**_measured(settings, told.measure, manifest.id))
        told.tell(state="done", release=manifest.id)


def _measured(settings: Settings, test_set: str, built: str) -> dict[str, object]:
    """Whether the release is no worse than the current one, and what was said of it."""
    done = measuring(settings, *gating(test_set, built, settings), quiet=True)
    if done.returncode not in (0, 1):
        cause = done.stderr.strip().rpartition("\n")[2] or f"終了コード{done.returncode}"
        return {"passed": None, "verdict": f"確かめられませんでした（{cause}）。"}
    return {"passed": done.returncode == 0, "verdict": done.stdout.partition("報告書:")[0].strip()}


def main(job: str, settings: str) -> None:
    with Path(job).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(Path(job), Settings.model_validate_json(Path(settings).read_text("utf-8")))


if __name__ == "__main__":
    main(*sys.argv[1:])
