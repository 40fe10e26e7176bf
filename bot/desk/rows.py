"""Requests and their log in the database: every change of a row is written with its event, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, false, insert, select, update

from bot.desk.conflict import refuse_stale
from bot.desk.request import Event, Request
from bot.store.schema import request_events, requests
from rag.errors import NotFound

_PLAIN = TypeAdapter(Request)
_NOT_LOGGED = {"id", "version", "created_at", "updated_at"}  # the event says when, and which version


def plain(request: Request) -> dict[str, Any]:
    """The request as JSON can hold it."""
    made: dict[str, Any] = _PLAIN.dump_python(request, mode="json")
    return made


def fetch(connection: Connection, number: int) -> Request:
    """Raises NotFound."""
    return _fetch(connection, number, lock=False)


def fetch_seen(connection: Connection, number: int, version: int) -> Request:
    """The request, nobody else changing it until the transaction ends.

    Raises EditConflict when it is no longer the ``version`` that somebody saw.
    """
    request = _fetch(connection, number, lock=True)
    refuse_stale(request, version, lambda: history(connection, number))
    return request


def history(connection: Connection, number: int) -> tuple[Event, ...]:
    """The log of one request, oldest first."""
    wanted = (
        select(request_events).where(request_events.c.request_id == number).order_by(request_events.c.version)
    )
    return tuple(_event(row) for row in connection.execute(wanted))


def open_request(connection: Connection, values: Mapping[str, Any], by: str) -> Request:
    """Put a new request down, with the first line of its log."""
    made = connection.execute(insert(requests).values(version=1, **values).returning(requests)).one()
    request = request_of(made)
    after = {name: value for name, value in plain(request).items() if name not in _NOT_LOGGED}
    _log(connection, request, by, "opened", ({}, after), "")
    return request


def save(
    connection: Connection,
    seen: Request,
    changes: Mapping[str, Any],
    *,
    at: datetime,
    by: str,
    action: Literal["advanced", "amended"],
    note: str,
) -> Request:
    """Change a request that was fetched to be changed. The log tells the fields that differ."""
    changed = replace(seen, **changes, version=seen.version + 1, updated_at=at)
    connection.execute(
        update(requests)
        .where(requests.c.id == seen.id)
        .values(**changes, version=changed.version, updated_at=at)
    )
    old, new = plain(seen), plain(changed)
    fields = [name for name in old if old[name] != new[name] and name not in _NOT_LOGGED]
    difference = {name: old[name] for name in fields}, {name: new[name] for name in fields}
    _log(connection, changed, by, action, difference, note)
    return changed


def request_of(row: Row[Any]) -> Request:
    fields = dict(row._mapping)
    return Request(**fields | {name: tuple(fields[name]) for name in ("facilities", "candidates")})


def _fetch(connection: Connection, number: int, *, lock: bool) -> Request:
    wanted = select(requests).where(requests.c.id == number if number < 2**31 else false())
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound(f"受付番号{number}の案件はありません。番号を確かめてください。")
    return request_of(row)


def _event(row: Row[Any]) -> Event:
    fields = dict(row._mapping)
    del fields["id"]
    return Event(**fields)


def _log(
    connection: Connection,
    request: Request,
    by: str,
    action: str,
    difference: tuple[dict[str, Any], dict[str, Any]],
    note: str,
) -> None:
    before, after = difference
    connection.execute(
        insert(request_events).values(
            request_id=request.id,
            version=request.version,
            at=request.updated_at,
            by=by,
            action=action,
            before=before,
            after=after,
            note=note,
        )
    )
