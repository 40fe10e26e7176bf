"""What a database complains of, as a person can read it."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from rag.errors import StoreError

_BUSY = "データベースをほかの処理が使い続けているため、待っても順番が来ませんでした。少し待って、もう一度行ってください。"
_FULL = (
    "データベース{where}のディスクがいっぱいで、書き込めません。空きを作ってから、もう一度行ってください。"
)
_READ_ONLY = "データベース{where}に書き込めません。ファイルとフォルダ（PostgreSQLでは利用者）に、書き込みの権限を付けてください。"
_BROKEN = "データベース{where}が壊れているか、データベースのファイルではありません。控えから戻すか、HANDSON_DATABASE を確かめてください。"
_CLOSED = "データベース{where}を開けません。場所と権限、HANDSON_DATABASE を確かめてください。"
_AWAY = "データベース{where}につながりません（{why}）。動いているか、HANDSON_DATABASE が正しいかを確かめてください。"
_DISK = "データベース{where}のディスクを読み書きできません（{why}）。ディスクの空きと状態を確かめて、もう一度行ってください。"

_SQLITE = {  # by the beginning of the name of the error
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": _CLOSED,
    "SQLITE_NOTADB": _BROKEN,
    "SQLITE_CORRUPT": _BROKEN,
    "SQLITE_IOERR": _DISK,
}
_POSTGRESQL = {  # by the beginning of SQLSTATE
    "53100": _FULL,
    "53": _BUSY,  # too many connections, out of memory
    "55P03": _BUSY,  # waited too long for a lock
    "40": _BUSY,  # deadlock
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,  # this user may not
    "XX001": _BROKEN,
    "58": _DISK,
    "57P": _AWAY,  # shutting down
    "08": _AWAY,
    "28": _AWAY,  # no such user, wrong password
    "3D": _AWAY,  # no such database
}


def told(error: DBAPIError, url: URL) -> StoreError | None:
    """The same for a person, or ``None`` for what is a fault of the program."""
    message = _message(error)
    if message is None:
        return None
    where = f"（{url.database if url.get_backend_name() == 'sqlite' else url.render_as_string()}）"
    lines = str(error.orig).strip().splitlines()
    return StoreError(message.format(where=where, why=lines[0] if lines else type(error.orig).__name__))


def is_busy(error: DBAPIError) -> bool:
    """Whether another process has the database just now."""
    return _message(error) is _BUSY


def _message(error: DBAPIError) -> str | None:
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _by_beginning(_SQLITE, name)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _by_beginning(_POSTGRESQL, state)
    # psycopg could not connect, or lost the connection: the server had no chance to name a state
    return _AWAY if type(error.orig).__name__ == "OperationalError" else None


def _by_beginning(table: dict[str, str], name: str) -> str | None:
    return next((message for beginning, message in table.items() if name.startswith(beginning)), None)
