"""The database of the house (データベース): SQLite in HANDSON_HOME, or PostgreSQL by its address.

A Store connects when it is first used, and brings the database up to date then. SQLite writes ahead (WAL) and to the
disk at every commit, so what was committed survives ``kill -9``; a writer takes its turn at the beginning, so it
never fails halfway through. What a person can mend is told as StoreError.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.store import faults
from bot.store.schema import HEAD
from rag.errors import StoreError
from rag.settings import Settings

WAIT_SECONDS = 5.0  # for a turn to write
_REVISION = text("SELECT version_num FROM alembic_version")


class Store:
    """``reading`` and ``writing`` give a connection in a transaction; what is not finished is undone."""

    def __init__(self, url: URL, wait_seconds: float = WAIT_SECONDS) -> None:
        self.url = url
        self._engine = _engine(url, wait_seconds)
        self._reader, self._writer = _sides(self._engine)
        self._ready = False
        self._opening = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of the database from beginning to end."""
        with self._told():
            self._open()
            with self._reader.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All of it is written, or nothing."""
        with self._told():
            self._open()
            with self._writer.begin() as connection:
                yield connection

    def scrub(self) -> None:
        """After an erasure: leave nothing of it in the write-ahead file. PostgreSQL's vacuum does it by itself."""
        if self.url.get_backend_name() == "sqlite":
            bare = self._engine.execution_options(begin="")
            with self._told(), bare.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        with self._opening:
            if self._ready:
                return
            if self.url.get_backend_name() == "sqlite":
                _make_private(Path(str(self.url.database)))
            if _revision(self._engine) != HEAD:
                from bot.store.migrate import upgrade

                upgrade(self._engine)
            self._ready = True

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            readable = faults.told(error, self.url)
            if readable is None:
                raise
            raise readable from error


def open_store(settings: Settings) -> Store:
    """The database that ``settings`` name. Raises StoreError for an address that cannot be meant."""
    return Store(address(settings))


def address(settings: Settings) -> URL:
    """SQLite in ``settings.home`` unless HANDSON_DATABASE says otherwise."""
    if not settings.database:
        return URL.create("sqlite", database=str(settings.home.absolute() / "handson.db"))
    try:
        url = make_url(settings.database)
    except ArgumentError:
        url = None
    backend = url.get_backend_name() if url else None
    if url and backend == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    if url and backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(
        "設定 HANDSON_DATABASE は、postgresql://利用者:パスワード@サーバー/データベース名 か sqlite:///ファイル の形で書いてください。"
        "空にすると、HANDSON_HOME の handson.db を使います。"
    )


def _engine(url: URL, wait_seconds: float) -> Engine:
    as_json = partial(json.dumps, ensure_ascii=False)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": wait_seconds}, json_serializer=as_json)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # a server may have been restarted since the last question
        engine = create_engine(
            url, connect_args={"connect_timeout": 5}, json_serializer=as_json, pool_pre_ping=True
        )
        event.listen(engine, "begin", partial(_begin_postgresql, wait_seconds=wait_seconds))
    return engine


def _sides(engine: Engine) -> tuple[Engine, Engine]:
    """To read as of one moment, and to write from the first word on."""
    if engine.dialect.name == "sqlite":
        return engine, engine.execution_options(begin="BEGIN IMMEDIATE")
    return engine.execution_options(isolation_level="REPEATABLE READ"), engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin_sqlite does
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


def _begin_postgresql(connection: Connection, wait_seconds: float) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{wait_seconds}s'")


def _revision(engine: Engine) -> str | None:
    """What the database says it is; ``None`` for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(_REVISION)
        return found


def _make_private(path: Path) -> None:
    """A new file is for its owner's eyes: it will hold names and telephone numbers."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"データベース（{path}）を作れません（{error.strerror}）。場所と権限を確かめてください。"
        ) from error
