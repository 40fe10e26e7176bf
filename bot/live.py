"""The desk of the release that is current now: a new one is taken up between two questions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from rag.answer import Desk, open_desk
from rag.errors import UserFacingError
from rag.release import current_id
from rag.settings import Settings

log = logging.getLogger(__name__)


class LiveDesk:
    """Opens the current release and follows ``CURRENT``. Whoever holds a desk keeps its release."""

    def __init__(self, settings: Settings, opener: Callable[[Settings], Desk] = open_desk) -> None:
        self.settings = settings
        self._open = opener
        self._desk: Desk | None = None
        self._refused: str | None = None
        self._lock = threading.Lock()

    def desk(self) -> Desk:
        """The desk for the current release.

        Raises ReleaseError or ModelError when none can be opened; a new release that cannot be
        opened leaves the one before serving.
        """
        with self._lock:
            current = current_id(self.settings.releases)
            if self._desk is not None and current in (self._desk.release.id, self._refused):
                return self._desk
            try:
                self._desk = self._open(self.settings)
            except UserFacingError as error:
                if self._desk is None:
                    raise
                self._refused = current
                log.error("%s いまのリリース %s で答え続けます。", error.message, self._desk.release.id)
            return self._desk
