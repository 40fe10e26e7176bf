"""Brings a database to the newest revision, all or nothing, however many processes start at once.

The only file that imports Alembic, besides the migrations themselves. It takes half a second to import, so
Store looks at the revision first and comes here only when there is something to do.
"""

from __future__ import annotations

import threading
import time
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from bot.store.faults import is_busy
from rag.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it runs on in the module
LOCK = 5_210_118_230_641  # ours among the advisory locks of a PostgreSQL server
WAIT_SECONDS = 60.0  # for another process that is at it


def upgrade(engine: Engine, to: str = "head") -> None:
    """Raises StoreError for a database that a newer program has written."""
    if engine.dialect.name == "sqlite":
        _write_ahead(engine)
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS:.0f}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _upgrade(connection, to)


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if not set(found) <= known:
        raise StoreError(
            f"データベースは、このプログラムより新しい版で使われています（データベースの版 {'、'.join(found)}）。"
            "ハンズオンナビを新しい版にしてから使ってください。データベースには触れていません。"
        )
    with _ONE_AT_A_TIME:
        command.upgrade(config, to)


def configuration(connection: Connection | None = None) -> Config:
    """Where the migrations are, and what they run on."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("bot.store") / "migrations"))
    config.attributes["connection"] = connection
    return config


def _write_ahead(engine: Engine) -> None:
    """Readers and a writer at once from now on. SQLite does not wait its turn for this switch: we do."""
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with engine.execution_options(begin="").connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            if not is_busy(error) or time.monotonic() > ends:
                raise
            time.sleep(0.02)
