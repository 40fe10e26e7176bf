"""How much one file may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one reading: bytes, pages, letters, seconds, bytes of memory."""

    file_bytes: int = 50 * 2**20
    pages: int = 2000
    chars: int = 2_000_000
    seconds: float = 120.0
    memory_bytes: int = 2048 * 2**20
