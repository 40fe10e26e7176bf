"""One change at a time, whichever process makes it (同時の編集)."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from rag.settings import Settings


@contextmanager
def editing(settings: Settings) -> Iterator[None]:
    """Hold the lock of the home's shelves: what is read inside stays so until what is written inside is written."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / ".console.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(seen: object) -> str:
    """Another one after every change of what is seen."""
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:16]
