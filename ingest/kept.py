"""What builds made before, kept in one SQLite file: key (sha256) -> two blobs and their checksum.

It can be deleted at any time and never stops a build: a damaged file is put aside and made anew, one that
cannot be written (a full disk) is done without. It knows bytes, nothing of what they mean.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

KEPT_BUILDS = 5  # what so many builds did not use is dropped

_TABLES = """
CREATE TABLE IF NOT EXISTS cache (identity TEXT NOT NULL, builds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB NOT NULL, more BLOB, crc INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS uses (key BLOB PRIMARY KEY, build INTEGER NOT NULL) WITHOUT ROWID;
"""

# a table of its own: to mark a row among the values would write them all again
_USED = "INSERT OR REPLACE INTO uses SELECT ?, builds + 1 FROM cache"

log = logging.getLogger(__name__)
T = TypeVar("T")
Row = tuple[bytes, bytes | None]  # the value, and more of it where there is


class _Damaged(sqlite3.DatabaseError):
    """The file can be read, but what it says is not what was written."""


class Kept:
    """The file at ``path``, called ``name`` (Japanese) where a fault is told.

    ``identity`` is what all values depend on besides their keys: with another one, none is known.
    """

    def __init__(self, path: Path, identity: str, name: str) -> None:
        self._path = path
        self._name = name
        self._identity = identity
        self._usable = True
        self._use(_check, None)

    def read(self, keys: Iterable[bytes]) -> dict[bytes, Row]:
        """The values that are there."""
        return self._use(lambda database: dict(_rows(database, keys)), {})

    def keys(self) -> set[bytes]:
        """What has a value."""
        return self._use(lambda database: {key for (key,) in database.execute("SELECT key FROM kept")}, set())

    def write(self, made: dict[bytes, Row]) -> None:
        """Keep values, in one transaction."""
        rows = [(key, value, more, _checksum(value, more)) for key, (value, more) in made.items()]
        keep = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)"
        marks = [(key,) for key in made]
        self._use(lambda database: _change(database, (keep, rows), (_USED, marks)), None)

    def finish(self, used: Iterable[bytes]) -> None:
        """A build has used these; what the last KEPT_BUILDS have not used goes."""
        marks = [(key,) for key in used]
        self._use(
            lambda database: _change(
                database,
                (_USED, marks),
                ("UPDATE cache SET builds = builds + 1", [()]),
                ("DELETE FROM uses WHERE build <= (SELECT builds FROM cache) - ?", [(KEPT_BUILDS,)]),
                ("DELETE FROM kept WHERE key NOT IN (SELECT key FROM uses)", [()]),
            ),
            None,
        )

    def _use(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do it, or do without: no fault of the file gets past here."""
        if not self._usable:
            return otherwise
        try:
            with closing(self._open()) as database:
                return action(database)
        except (sqlite3.OperationalError, OSError) as error:  # full, locked, read-only: not damaged
            log.warning("%s %s を使えません（%s）。控えなしで続けます。", self._name, self._path, error)
            self._usable = False
        except sqlite3.DatabaseError as error:
            self._put_aside(error)
        return otherwise

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, isolation_level=None)
        try:
            database.executescript(_TABLES)
            if database.execute("SELECT identity FROM cache").fetchall() != [(self._identity,)]:
                # other code may have laid out other columns
                database.executescript("DROP TABLE kept; DROP TABLE uses; DROP TABLE cache;" + _TABLES)
                _change(database, ("INSERT INTO cache VALUES (?, 0)", [(self._identity,)]))
        except BaseException:
            database.close()
            raise
        return database

    def _put_aside(self, error: Exception) -> None:
        aside = self._path.with_name(self._path.name + ".damaged")
        log.warning(
            "%s %s が壊れています（%s）。%s に移し、作り直します。", self._name, self._path, error, aside.name
        )
        try:
            self._path.with_name(self._path.name + "-journal").unlink(missing_ok=True)
            os.replace(self._path, aside)
        except OSError as again:
            log.warning("%sを移せません（%s）。控えなしで続けます。", self._name, again)
            self._usable = False


def _check(database: sqlite3.Connection) -> None:
    ((found,),) = database.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise _Damaged(found)


def _rows(database: sqlite3.Connection, keys: Iterable[bytes]) -> Iterator[tuple[bytes, Row]]:
    for key in keys:
        row = database.execute("SELECT value, more, crc FROM kept WHERE key = ?", (key,)).fetchone()
        if row is None:
            continue
        value, more, crc = row
        if not isinstance(value, bytes) or _checksum(value, more) != crc:
            raise _Damaged(f"row {key.hex()[:12]}")
        yield key, (value, more)


def _checksum(value: bytes, more: bytes | None) -> int:
    return zlib.crc32(more or b"", zlib.crc32(value))


def _change(database: sqlite3.Connection, *statements: tuple[str, Sequence[tuple[object, ...]]]) -> None:
    """All statements, each for all its rows, in one transaction."""
    with database:
        database.execute("BEGIN")
        for sql, rows in statements:
            database.executemany(sql, rows)
