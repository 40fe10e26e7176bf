"""The desk of the release that is current now: a new one is opened in the background, while the old answers.

Only the very first opening makes anybody wait. Whoever holds a desk keeps its release to the end of
the question, so no answer mixes two. Every release serves by exact search at once; Chroma is let in
after a child process has examined its directory and lived.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from rag.answer import Desk, open_desk
from rag.child import Child
from rag.errors import UserFacingError
from rag.release import CURRENT, current_id
from rag.settings import Settings

LOOK_SECONDS = 0.5  # between two looks at CURRENT
EXAMINE_SECONDS = 120.0  # a child may take so long to examine Chroma

log = logging.getLogger(__name__)


class LiveDesk:
    """Opens the current release and follows ``CURRENT``."""

    def __init__(
        self,
        settings: Settings,
        opener: Callable[[Settings], Desk] = open_desk,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self.settings = settings
        self._open = opener
        self._look_seconds = look_seconds
        self._desk: Desk | None = None
        self._seen: object = None  # the writing of CURRENT that was acted on; none is tried twice
        self._unexamined = False  # whether the Chroma of the desk waits for its examination
        self._examiner: Child | None = None
        self._follower: threading.Thread | None = None
        self._opening = threading.Lock()
        self._closed = threading.Event()

    def desk(self) -> Desk:
        """The desk that answers now; waits only where there is none yet.

        Raises ReleaseError or ModelError when the first one cannot be opened.
        """
        return self._desk or self._first()

    def close(self) -> None:
        """Follow no longer; the desk answers on."""
        self._closed.set()
        if self._follower is not None:
            self._follower.join()
        if self._examiner is not None:
            self._examiner.kill()

    def look(self) -> None:
        """Take up a new release, and Chroma when it is known to be sound. Only the follower calls this."""
        seen = _writing_of(self.settings.releases / CURRENT)
        if seen != self._seen:
            self._seen = seen
            self._take_up()
        if self._examiner is not None:
            self._let_chroma_in(self._examiner)
        elif self._unexamined:
            self._unexamined = False
            folder = self.desk().release.dense[0].folder.resolve()
            self._examiner = Child("rag.dense", str(folder), seconds=EXAMINE_SECONDS)

    def _first(self) -> Desk:
        with self._opening:
            if self._desk is None:
                self._seen = _writing_of(self.settings.releases / CURRENT)
                self._desk = self._open(self.settings)
                self._unexamined = self._desk.release.dense[0].indexed
                self._follower = self._start_following()
            return self._desk

    def _start_following(self) -> threading.Thread:
        arguments = (weakref.ref(self), self._closed, self._look_seconds)
        follower = threading.Thread(target=_follow, args=arguments, name="follow CURRENT", daemon=True)
        follower.start()
        return follower

    def _take_up(self) -> None:
        served = self.desk().release.id
        if current_id(self.settings.releases) == served:
            return
        try:
            desk = self._open(self.settings)
            desk.prepare("準備")  # the first question should not wait for the model
        except Exception as error:  # whatever it is, the old release can still answer
            told = error.message if isinstance(error, UserFacingError) else f"{type(error).__name__}: {error}"
            log.error("新しいリリースを開けません: %s いまのリリース %s で答え続けます。", told, served)
            return
        self._desk = desk
        log.info("リリース %s から %s に切り替えました。", served, desk.release.id)
        self._unexamined = desk.release.dense[0].indexed
        if self._examiner is not None:
            self._examiner.kill()
            self._examiner = None

    def _let_chroma_in(self, examiner: Child) -> None:
        ending = examiner.poll()
        if ending is None:
            return
        self._examiner = None
        release = self.desk().release
        if ending.well:
            release.dense[0].open_chroma()
        else:
            log.warning(
                "リリース %s のChromaは使わず、正確な計算で探します（%s）。", release.id, ending.cause
            )


def _follow(live: weakref.ref[LiveDesk], closed: threading.Event, look_seconds: float) -> None:
    """Look again and again, until closed or nobody needs it any more."""
    while not closed.wait(look_seconds):
        followed = live()
        if followed is None:
            return
        try:
            followed.look()
        except Exception:  # a follower that dies would leave the server with an old release for good
            log.exception("公開中のリリースを確かめられません。次の機会にもう一度試します。")
        del followed


def _writing_of(path: Path) -> object:
    """Tells one writing of a file from the next, even of the same content."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
