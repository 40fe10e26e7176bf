"""The database of the house, the same on SQLite and on a real PostgreSQL: it grows, it keeps, it says what is wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import KINDS, new_database
from sqlalchemy import URL, create_engine, event, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from bot.desk.dispatch import DispatchDesk
from bot.desk.places import municipality_named
from bot.desk.request import Application
from bot.store.database import Store, address
from bot.store.migrate import configuration, upgrade
from bot.store.schema import HEAD, metadata, request_events, requests
from bot.store.unanswered import Unanswered
from rag.errors import EditConflict, NotFound, StoreError
from rag.settings import Settings

ROOT = Path(__file__).parents[1]
OPEN = """
import sys
from pathlib import Path
from sqlalchemy import make_url
from bot.desk.dispatch import DispatchDesk
from bot.desk.places import municipality_named
from bot.desk.request import Application
from bot.store.database import Store
store = Store(make_url(sys.argv[1]))
desk = DispatchDesk(store, Path("unused"), lambda: ())
application = Application("サンプルの相談", municipality_named("君津市"))
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    return new_database(request.param, tmp_path)


@pytest.fixture
def store(url: URL) -> Iterator[Store]:
    with Store(url, wait_seconds=0.5) as store:
        yield store


def open_one(store: Store) -> int:
    desk = DispatchDesk(store, Path("unused"), lambda: ())
    return desk.open(Application("サンプルの相談", municipality_named("君津市")), "サンプル係").id


def child(url: URL, code: str) -> subprocess.Popen[str]:
    """A process that has imported everything and waits for a line."""
    arguments = [sys.executable, "-c", OPEN + code, url.render_as_string(hide_password=False)]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_new_database_is_at_the_newest_revision_and_has_the_tables_of_the_program(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with store.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_a_database_of_the_first_revision_grows_and_keeps_what_it_holds(url: URL) -> None:
    old = Store(url)._engine
    upgrade(old, "0001")
    with old.begin() as connection:
        connection.execute(text(
            "INSERT INTO requests (version, state, origin, created_at, updated_at, municipality_code, municipality,"
            " prefecture, block, need, facilities, candidates) VALUES (1, '受付', 'staff', '2026-04-01 00:00:00',"
            " '2026-04-01 00:00:00', '122254', '君津市', '千葉県', '関東', 'サンプルの相談', '[\"橋梁\"]', '[]')"
        ))  # fmt: skip
        assert not inspect(connection).has_table("unanswered")
    old.dispose()
    with Store(url) as store:
        desk = DispatchDesk(store, Path("unused"), lambda: ())
        assert [(one.id, one.need, one.facilities) for one in desk.requests()] == [
            (1, "サンプルの相談", ("橋梁",))
        ]
        entry = Unanswered(store).add("質問", status="refused", reason="refused", release="r")
        assert entry.id == 1


@pytest.mark.slow
def test_processes_that_start_at_once_bring_an_empty_database_up_once(url: URL) -> None:
    code = "print(desk.open(application, 'サンプル係').id, flush=True)"
    children = [child(url, code) for _ in range(5)]
    for process in children:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in children]
    assert [error for _, error in told] == [""] * 5
    assert sorted(int(out) for out, _ in told) == [1, 2, 3, 4, 5]


def test_sqlite_is_brought_up_when_the_one_who_holds_it_lets_go(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    other = sqlite3.connect(str(url.database), check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.5, other.rollback)
    release.start()
    with Store(url, wait_seconds=0.1) as store:
        assert open_one(store) == 1
    release.join()
    other.close()


def test_what_was_committed_survives_kill_9(url: URL) -> None:
    code = "while True: print(desk.open(application, 'サンプル係').id, flush=True)"
    told: list[int] = []
    for pause in (0.0, 0.01, 0.05):
        process = child(url, code)
        assert process.stdin
        assert process.stdout
        process.stdin.write("go\n")
        process.stdin.flush()
        told.append(int(process.stdout.readline()))  # it is in the middle of writing now
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        told += [int(line) for line in rest.splitlines()]
    with Store(url) as store, store.reading() as connection:
        kept = set(connection.scalars(select(requests.c.id)))
        logged = set(connection.scalars(select(request_events.c.request_id)))
        if url.get_backend_name() == "sqlite":
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    assert set(told) <= kept
    assert kept == logged  # no request without its first line, no line without its request
    assert len(kept) - len(told) <= 3  # at most the one that was just being told


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE request_events SET note = 'x'",
        "DELETE FROM request_events",
        "UPDATE erasures SET reason = 'x'",
        "DELETE FROM erasures",
    ],
)
def test_the_log_is_append_only_whoever_writes(store: Store, change: str) -> None:
    number = open_one(store)
    with store.writing() as connection:
        connection.execute(
            text("INSERT INTO erasures VALUES (99, '2026-04-01 00:00:00', 'サンプル係', '申し出')")
        )
    raw = create_engine(store.url)  # not by our own connections and their settings
    with pytest.raises(DBAPIError, match="append-only"), raw.begin() as connection:
        connection.execute(text(change))
    raw.dispose()
    with store.reading() as connection:
        assert list(connection.execute(select(request_events.c.request_id, request_events.c.note))) == [
            (number, "")
        ]
        assert connection.scalar(text("SELECT reason FROM erasures")) == "申し出"


def test_sqlite_lets_nobody_replace_a_line_of_the_log(tmp_path: Path) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        open_one(store)
        raw = sqlite3.connect(str(store.url.database))
        for key in ("id = 1, request_id = 9", "id = 9, request_id = 1"):
            first, second = (part.split(" = ")[1] for part in key.split(", "))
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(
                    "INSERT OR REPLACE INTO request_events VALUES (?, ?, 1, '2026-04-01', 'x', 'opened', '{}', '{}', 'x')",
                    (int(first), int(second)),
                )
        assert raw.execute("SELECT id, by FROM request_events").fetchall() == [(1, "サンプル係")]
        raw.close()


def test_postgresql_lets_nobody_empty_the_log(tmp_path: Path) -> None:
    with Store(new_database("postgresql", tmp_path)) as store:
        open_one(store)
        for table in ("request_events", "requests CASCADE", "erasures"):
            with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
                connection.execute(text(f"TRUNCATE {table}"))


def test_what_is_read_together_is_of_one_moment(store: Store) -> None:
    open_one(store)
    with store.reading() as connection:
        before = connection.scalar(select(func.count()).select_from(requests))
        open_one(store)
        assert connection.scalar(select(func.count()).select_from(requests)) == before == 1
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(requests)) == 2


def test_a_writer_who_waits_too_long_is_told(store: Store) -> None:
    open_one(store)
    with Store(store.url) as other, other.writing() as connection:
        if store.url.get_backend_name() == "postgresql":
            connection.execute(text("LOCK TABLE requests"))
        with pytest.raises(StoreError) as error:
            open_one(store)
    assert (
        error.value.message
        == "データベースをほかの処理が使い続けているため、待っても順番が来ませんでした。少し待って、もう一度行ってください。"
    )
    assert open_one(store) >= 2  # and goes on afterwards


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        number = open_one(store)

        def small(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA max_page_count = 14")

        store.close()
        event.listen(store._engine, "connect", small)
        with pytest.raises(StoreError) as error:
            for _ in range(100):
                number = open_one(store)
        assert error.value.message == (
            f"データベース（{store.url.database}）のディスクがいっぱいで、書き込めません。"
            "空きを作ってから、もう一度行ってください。"
        )
        with store.reading() as connection:
            assert connection.scalar(select(func.max(requests.c.id))) == number
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            "53100",
            "データベース（{url}）のディスクがいっぱいで、書き込めません。空きを作ってから、もう一度行ってください。",
        ),
        (
            "57P01",
            "データベース（{url}）につながりません（x）。動いているか、HANDSON_DATABASE が正しいかを確かめてください。",
        ),
    ],
)
def test_what_postgresql_cannot_do_is_told(tmp_path: Path, state: str, message: str) -> None:
    with Store(new_database("postgresql", tmp_path)) as store:
        with pytest.raises(StoreError) as error, store.writing() as connection:
            raised = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
            connection.execute(text(raised))
        assert error.value.message.splitlines()[0] == message.format(url=store.url.render_as_string())


def test_a_database_that_may_only_be_read_is_told(store: Store) -> None:
    open_one(store)
    if store.url.get_backend_name() == "sqlite":
        where = store.url.database
        event.listen(
            store._engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA query_only = ON"),
        )
    else:
        where = store.url.render_as_string()
        with store.writing() as connection:
            name = store.url.database
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    store.close()
    with pytest.raises(StoreError) as error:
        open_one(store)
    assert error.value.message == (
        f"データベース（{where}）に書き込めません。ファイルとフォルダ（PostgreSQLでは利用者）に、書き込みの権限を付けてください。"
    )


def test_a_newer_database_is_left_alone(store: Store) -> None:
    open_one(store)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with Store(store.url) as again, pytest.raises(StoreError) as error:
        open_one(again)
    assert error.value.message == (
        "データベースは、このプログラムより新しい版で使われています（データベースの版 9999）。"
        "ハンズオンナビを新しい版にしてから使ってください。データベースには触れていません。"
    )
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(requests)) == 1


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "handson.db"
    path.write_bytes(b"sample" * 1000)
    with Store(URL.create("sqlite", database=str(path))) as store, pytest.raises(StoreError) as error:
        open_one(store)
    assert error.value.message == (
        f"データベース（{path}）が壊れているか、データベースのファイルではありません。"
        "控えから戻すか、HANDSON_DATABASE を確かめてください。"
    )
    assert path.read_bytes() == b"sample" * 1000


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    url = URL.create("postgresql+psycopg", "user", "secret", "127.0.0.1", 1, "sample")
    with Store(url) as store, pytest.raises(StoreError) as error:
        open_one(store)
    assert error.value.message.startswith(
        "データベース（postgresql+psycopg://user:***@127.0.0.1:1/sample）につながりません（"
    )
    assert error.value.message.endswith("）。動いているか、HANDSON_DATABASE が正しいかを確かめてください。")
    assert "secret" not in error.value.message


def test_a_place_where_no_file_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        Store(URL.create("sqlite", database=str(tmp_path / "file" / "handson.db"))) as store,
        pytest.raises(StoreError) as error,
    ):
        open_one(store)
    assert error.value.message == (
        f"データベース（{tmp_path}/file/handson.db）を作れません（File exists）。場所と権限を確かめてください。"
    )


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        open_one(store)
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert {path.suffix for path in tmp_path.iterdir()} == {".db", ".db-wal", ".db-shm"}


@pytest.mark.parametrize(
    ("told", "made"),
    [
        ("", "sqlite:///{home}/handson.db"),
        ("sqlite:////tmp/sample.db", "sqlite:////tmp/sample.db"),
        ("postgresql://u:p@db.example.jp/sample", "postgresql+psycopg://u:***@db.example.jp/sample"),
        ("postgres://u@db.example.jp:5433/sample", "postgresql+psycopg://u@db.example.jp:5433/sample"),
    ],
)
def test_the_address_of_the_database(tmp_path: Path, told: str, made: str) -> None:
    settings = Settings(home=tmp_path, database=told)
    assert address(settings).render_as_string() == made.format(home=tmp_path)


@pytest.mark.parametrize("told", ["mysql://u@h/d", "sqlite://", "ここ", "sqlite:///:memory:"])
def test_an_address_that_cannot_be_meant_is_refused(told: str) -> None:
    with pytest.raises(StoreError) as error:
        address(Settings(database=told))
    assert error.value.message == (
        "設定 HANDSON_DATABASE は、postgresql://利用者:パスワード@サーバー/データベース名 か sqlite:///ファイル の形で"
        "書いてください。空にすると、HANDSON_HOME の handson.db を使います。"
    )


def test_a_question_is_masked_before_it_is_written_down(store: Store) -> None:
    ledger = Unanswered(store)
    entry = ledger.add(
        "担当の田中です。00-0000-1234に\ud800電話を", status="refused", reason="refused", release="r1",
        nearest=["chunk-1"],
    )  # fmt: skip
    assert entry.question == "担当の〔氏名〕です。〔電話番号〕に電話を"
    assert (entry.state, entry.note, entry.nearest) == ("未対応", "", ("chunk-1",))
    assert ledger.entries() == (entry,)
    with store.reading() as connection:
        assert "1234" not in str(connection.execute(text("SELECT * FROM unanswered")).all())


def test_two_people_do_not_work_over_each_other(store: Store) -> None:
    ledger = Unanswered(store)
    entry = ledger.add("質問", status="partial", reason="partial", release="r1")
    changed = ledger.work(entry.id, "対応中", "調べています", version=1)
    assert (changed.state, changed.note, changed.version) == ("対応中", "調べています", 2)
    with pytest.raises(EditConflict) as error:
        ledger.work(entry.id, "対象外", "", version=1)
    assert error.value.message == (
        "台帳の1番は、ほかの人が「対応中」に変えています（メモ「調べています」）。"
        "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。"
    )
    assert ledger.entries("対応中") == (changed,)
    assert ledger.entries("未対応") == ()
    with pytest.raises(NotFound, match="台帳に7番の質問はありません"):
        ledger.work(7, "対象外", "", version=1)


def test_who_may_write_nothing_is_no_reason_to_fail_early() -> None:
    """A Store says nothing before it is used: a server starts, and answers, without its database."""
    with Store(URL.create("sqlite", database=os.devnull + "/x.db")):
        pass
