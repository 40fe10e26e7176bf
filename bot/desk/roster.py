"""Who is in the bank of experts (人材バンク): the ids a request may name, and the records behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches

from corpus import marked
from corpus.records import Advisor
from corpus.shelves import ROOT
from ingest.lists.files import ids
from rag.errors import DeskError
from rag.settings import Settings


def advisor_ids(settings: Settings) -> frozenset[str]:
    """Advisors of corpus/ and of one's own shelves."""
    return frozenset(ids(ROOT, "advisors")) | frozenset(ids(settings.shelves, "advisors"))


def bank(settings: Settings) -> Mapping[str, Advisor]:
    """Everybody in it, by id; without whose record is wrong as it stands, which ``handson check`` tells."""
    found = {}
    for folder in (ROOT / "advisors", settings.shelves / "advisors"):
        for path in sorted(folder.glob("*.yaml")):
            with suppress(ValueError):
                advisor = Advisor.model_validate(marked.read(path.read_text("utf-8-sig")))
                found[advisor.id] = advisor
    return found


def check_known(advisors: Iterable[str], known: Collection[str]) -> None:
    """Raise DeskError for the first who is not in the bank, with the ids that are nearest."""
    for advisor in advisors:
        if advisor not in known:
            names = get_close_matches(advisor, sorted(known), n=3)
            near = f"近いIDは「{'」「'.join(names)}」です。" if names else ""
            raise DeskError(f"アドバイザー「{advisor}」は人材バンクにいません。{near}IDを確かめてください。")
