"""Any release of the home, opened to be tried (ほかの版を試す): one at a time, closed again after each question.

The release that answers is never touched: the other one borrows its models and leaves nothing behind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.live import LiveDesk
from bot.store.schema import JST
from rag import published
from rag.answer import Desk
from rag.beside import over
from rag.errors import Crowded, ModelMismatch, NotFound, ReleaseError
from rag.release import MANIFEST, Manifest, Release, open_release
from rag.settings import Settings

WAIT_SECONDS = 20.0  # for who is trying another release
GONE = "版 {id} はもうありません（新しい版を公開すると、古い版は消えます）。一覧から選び直してください。"
UNREADABLE = "版 {id} は開けません（壊れているか、形式が違います）。ほかの版を選んでください。公開中の版はそのまま使えます。"
BUSY = "ほかの人が別の版を確かめています。少し待って、もう一度「確かめる」を押してください。"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """A release to choose, by its id, and what it is called."""

    id: str
    name: str


class OtherReleases:
    """Opens releases beside the one that answers."""

    def __init__(self, settings: Settings, live: LiveDesk, wait_seconds: float = WAIT_SECONDS) -> None:
        self._settings = settings
        self._live = live
        self._wait_seconds = wait_seconds
        self._turn = threading.Lock()

    def choices(self) -> tuple[Choice, ...]:
        """The release that answers now, then the others that can be read, the newest first."""
        served = self._live.desk().release
        others = [
            Choice(one.id, f"{_made(one.manifest)} の版（{one.id}）")
            for one in published.listed(self._settings.releases)
            if one.manifest is not None and one.id != served.id
        ]
        return Choice(served.id, f"公開中の版（{served.id}）"), *others

    def trying(self, release_id: str, look: Callable[[Desk], T]) -> T:
        """What is seen at the desk of a release; an empty id is the one that answers.

        Raises NotFound for one that is gone, ReleaseError for one that cannot be opened, Crowded where somebody else
        keeps another one open for too long.
        """
        served = self._live.desk()
        if release_id in ("", served.release.id):
            return look(served)
        if not self._turn.acquire(timeout=self._wait_seconds):
            raise Crowded(BUSY)
        try:
            return look(over(served, self._opened(release_id)))
        finally:
            self._turn.release()

    def _opened(self, release_id: str) -> Release:
        releases = self._settings.releases
        if release_id not in {one.id for one in published.listed(releases)}:
            raise NotFound(GONE.format(id=release_id))
        try:
            return open_release(releases, release_id, self._settings.model)
        except ModelMismatch:
            raise
        except ReleaseError as error:
            if not (releases / release_id / MANIFEST).exists():
                raise NotFound(GONE.format(id=release_id)) from error
            log.warning("試すリリースを開けません: %s", error.message)
            raise ReleaseError(UNREADABLE.format(id=release_id)) from error


def _made(manifest: Manifest) -> str:
    return datetime.fromisoformat(manifest.created_at).astimezone(JST).strftime("%Y-%m-%d %H:%M")
