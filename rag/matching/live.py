"""The matchmaker of a home that goes on: opened when it is first asked for, shared by all, opened anew when a shelf changes.

Only the very first opening makes anybody wait. A change that cannot be opened is told in the log, and the last good
matchmaker goes on. Releases do not matter here: matching reads the shelves themselves, as ``handson advise`` does.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from corpus.shelves import ROOT
from rag.embed import Embedder
from rag.errors import UserFacingError
from rag.matching.matchmaker import Matchmaker, open_matchmaker
from rag.matching.weights import OWN
from rag.settings import Settings

LOOK_SECONDS = 1.0  # between two looks at the shelves
_RECORDS = (".yaml", ".md")

log = logging.getLogger(__name__)


class LiveMatchmaker:
    """Safe to share between threads. ``embedder`` gives one that is open already, so that no second one is."""

    def __init__(
        self,
        settings: Settings,
        embedder: Callable[[], Embedder] | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._settings = settings
        self._embedder = embedder
        self._look_seconds = look_seconds
        self._matchmaker: Matchmaker | None = None
        self._seen: object = None  # the shelves as they were when they were last read
        self._looked = 0.0
        self._lock = threading.Lock()
        self._renewal = threading.Lock()  # one after the other: the last one reads the latest

    def current(self) -> Matchmaker:
        """The matchmaker that answers now.

        Raises RecordError, WeightsError or ModelError when the first one cannot be opened.
        """
        with self._lock:
            if self._matchmaker is None:
                self._seen, self._looked = self._state(), monotonic()
                self._matchmaker = self._opened()
            elif self._changed():
                threading.Thread(target=self._renew, name="open the shelves", daemon=True).start()
            return self._matchmaker

    def _changed(self) -> bool:
        if monotonic() - self._looked < self._look_seconds:
            return False
        seen, self._seen, self._looked = self._seen, self._state(), monotonic()
        return seen != self._seen

    def _renew(self) -> None:
        """Whoever asks meanwhile is answered by the old one."""
        with self._renewal:
            try:
                new = self._opened()
                new.prepare()
            except Exception as error:  # whatever it is, the old one can still answer
                named = error.message if isinstance(error, UserFacingError) else repr(error)
                log.error("棚の変更を読めません。前の棚で答え続けます。\n%s", named)
                return
            self._matchmaker = new
            log.info("変わった棚で、専門家・事例・相談先を選びます。")

    def _opened(self) -> Matchmaker:
        return open_matchmaker(self._settings, self._embedder() if self._embedder else None)

    def _state(self) -> object:
        """Tells the shelves as they are from those of another time."""
        return tuple(_writings(ROOT, self._settings.shelves, self._settings.home / OWN))


def _writings(*places: Path) -> Iterator[tuple[str, int, int]]:
    for place in places:
        for file in sorted(path for path in (place, *place.rglob("*")) if path.suffix in _RECORDS):
            try:
                status = file.stat()
            except OSError:  # gone since it was listed, or never there
                continue
            yield f"{file}", status.st_mtime_ns, status.st_size
