"""Who is in the bank of experts (人材バンク): the ids a request may name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from corpus.shelves import ROOT
from ingest.lists.files import ids
from rag.errors import DeskError
from rag.settings import Settings


def advisor_ids(settings: Settings) -> frozenset[str]:
    """Advisors of corpus/ and of one's own shelves."""
    return frozenset(ids(ROOT, "advisors")) | frozenset(ids(settings.shelves, "advisors"))


def check_known(advisors: Iterable[str], known: Collection[str]) -> None:
    """Raise DeskError for the first who is not in the bank, with the ids that are nearest."""
    for advisor in advisors:
        if advisor not in known:
            names = get_close_matches(advisor, sorted(known), n=3)
            near = f"近いIDは「{'」「'.join(names)}」です。" if names else ""
            raise DeskError(f"アドバイザー「{advisor}」は人材バンクにいません。{near}IDを確かめてください。")
