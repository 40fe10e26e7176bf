"""A need and what was found out of its text, once."""

from __future__ import annotations

from dataclasses import dataclass

from rag.matching.need import Need
from rag.matching.texts import Vector


@dataclass(frozen=True)
class Heard:
    """``relevance``: how far the need is about each technology; ``nearness``: how near each record of a bank is.

    ``rows``: how near each of the texts of the bank is.
    """

    need: Need
    vector: Vector
    relevance: Vector
    nearness: Vector
    rows: Vector
