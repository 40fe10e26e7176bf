"""How many municipalities each advisor has been given this fiscal year (年度), as the dispatch desk knows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rag.settings import Settings


def load_of_the_year(settings: Settings) -> Mapping[str, int]:
    """Advisor id -> count; nothing where no desk has ever been opened. Raises StoreError."""
    from bot.desk.dispatch import open_dispatch
    from bot.store.database import address, open_store

    url = address(settings)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return {}
    with open_store(settings) as store:
        return open_dispatch(settings, store).load(start_of_the_year())


def start_of_the_year() -> datetime:
    """The beginning of this fiscal year."""
    from bot.desk.dispatch import japanese_now
    from bot.desk.figures import fiscal_year

    now = japanese_now()
    return datetime(fiscal_year(now.date()), 4, 1, tzinfo=now.tzinfo)
