"""The dispatch desk as one object: open a request, look, advance it, mend it, and how busy each advisor is.

Knows the rules of the desk (bot/desk/states.py, steps.py); knows nothing of HTTP or of the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict

from sqlalchemy import and_, func, or_, select

from bot.desk import drafts, rows
from bot.desk.request import (
    FACTS,
    Application,
    Event,
    Form,
    Request,
    check_consent,
    check_facts,
    check_line,
    cleaned,
)
from bot.desk.roster import advisor_ids
from bot.desk.states import ENGAGED, FIRST, State
from bot.desk.steps import Step, changes_of
from bot.store.database import Store
from bot.store.schema import JST, requests
from corpus.parts import Facility, Stage
from rag.errors import DeskError
from rag.fold import strip_invisible
from rag.settings import Settings


class Changes(TypedDict, total=False):
    """What may be mended in a request, whatever its state."""

    need: str
    facilities: tuple[Facility, ...]
    technology: str | None
    stage: Stage | None
    form: Form | None
    period: str | None
    contact_name: str | None
    contact_mail: str | None
    contact_phone: str | None
    due: date | None
    tried_on: date | None
    adopted_on: date | None


def japanese_now() -> datetime:
    return datetime.now(JST).replace(microsecond=0)


class DispatchDesk:
    """``roster`` tells the ids of the advisors; finished supports leave their draft in ``drafts``."""

    def __init__(
        self,
        store: Store,
        drafts: Path,
        roster: Callable[[], Collection[str]],
        now: Callable[[], datetime] = japanese_now,
    ) -> None:
        self.store = store
        self.drafts = drafts
        self._roster = roster
        self._now = now

    def open(self, application: Application, by: str) -> Request:
        """Take a request in (受付). Raises DeskError for what is missing."""
        facts = cleaned({name: getattr(application, name) for name in FACTS})
        application = replace(application, **facts)
        check_consent(application)
        check_facts(application)
        at, place = self._now(), application.municipality
        values = {
            "state": FIRST,
            "origin": application.origin,
            "created_at": at,
            "updated_at": at,
            "consented_at": at if application.consent else None,
            "municipality_code": place.code,
            "municipality": place.name,
            "prefecture": place.prefecture,
            "block": place.block,
            "candidates": (),
        }
        with self.store.writing() as connection:
            return rows.open_request(connection, facts | values, _person(by))

    def request(self, number: int) -> Request:
        """Raises NotFound."""
        with self.store.reading() as connection:
            return rows.fetch(connection, number)

    def requests(
        self, state: State | None = None, municipality_code: str | None = None
    ) -> tuple[Request, ...]:
        """All of them, or those of one state or one municipality; the newest first."""
        wanted = select(requests).order_by(requests.c.id.desc())
        if state:
            wanted = wanted.where(requests.c.state == state)
        if municipality_code:
            wanted = wanted.where(requests.c.municipality_code == municipality_code)
        with self.store.reading() as connection:
            return tuple(rows.request_of(row) for row in connection.execute(wanted))

    def told(self, number: int) -> tuple[Request, tuple[Event, ...]]:
        """One request and its log, oldest first, as they stood at one moment. Raises NotFound."""
        with self.store.reading() as connection:
            return rows.fetch(connection, number), rows.history(connection, number)

    def advance(self, number: int, step: Step, *, version: int, by: str) -> Request:
        """Go one step; at 完了 the draft of a case is written too.

        Raises IllegalStep, EditConflict when ``version`` is no longer the current one, DeskError, NotFound.
        """
        by, step = _person(by), replace(step, note=strip_invisible(step.note).strip())
        known = self._roster() if step.candidates or step.advisor else ()
        with self.store.writing() as connection:
            seen = rows.fetch_seen(connection, number, version)
            at = self._now()
            changes = changes_of(seen, step, at, known)
            changed = rows.save(connection, seen, changes, at=at, by=by, action="advanced", note=step.note)
            if changed.state == "完了":
                # before the commit: a draft that cannot be written leaves the request where it was
                drafts.write(self.drafts, changed, rows.history(connection, number))
            return changed

    def amend(self, number: int, changes: Changes, *, version: int, by: str, note: str = "") -> Request:
        """Mend fields. Raises EditConflict, DeskError where nothing or nothing possible changes, NotFound."""
        by, note, values = _person(by), strip_invisible(note).strip(), cleaned(changes)
        with self.store.writing() as connection:
            seen = rows.fetch_seen(connection, number, version)
            if all(getattr(seen, name) == value for name, value in values.items()):
                raise DeskError(f"受付番号{number}に、変わるところがありません。直す項目を書いてください。")
            check_facts(replace(seen, **values))
            return rows.save(connection, seen, values, at=self._now(), by=by, action="amended", note=note)

    def load(self, since: datetime) -> Mapping[str, int]:
        """Advisor -> supports they are at now, or finished since ``since``. Who has none is not in it."""
        recent = and_(requests.c.state == "完了", requests.c.closed_at >= since)
        wanted = (
            select(requests.c.advisor, func.count())
            .where(requests.c.advisor.is_not(None), or_(requests.c.state.in_(ENGAGED), recent))
            .group_by(requests.c.advisor)
        )
        with self.store.reading() as connection:
            return {str(advisor): int(count) for advisor, count in connection.execute(wanted)}


def open_dispatch(settings: Settings, store: Store) -> DispatchDesk:
    """The desk over ``store``, with the advisors and the drafts of ``settings``."""
    return DispatchDesk(store, settings.drafts, lambda: advisor_ids(settings))


def _person(by: str) -> str:
    by = strip_invisible(by).strip()
    if not by:
        raise DeskError("だれが行ったか（by）を書いてください。")
    check_line("だれが行ったか（by）", by)
    return by
