"""What was asked, on SQLite and on a real PostgreSQL: every door counts, texts are masked and go, counts stay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from consoles import House
from databases import KINDS, new_database
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from servers import PATIENCE, serving
from sqlalchemy import select, text

from bot.app import create_app
from bot.store.asked import About, Asked
from bot.store.database import Store
from bot.store.retention import Retention
from bot.store.schema import JST, asked, feedback
from bot.store.unanswered import Unanswered
from bot.talk.about import about
from bot.talk.counter import Counter
from bot.talk.kept import Asked as Question
from bot.talk.kept import Opinion
from rag.settings import Settings
from rag.types import Answer

pytest_plugins = ["console_fixtures"]

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
ANSWER = Answer("answered", "5年に1回です。", (), (), "r1")
REFUSED = Answer("refused", "見つかりませんでした。", (), (), "r1")
QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store(new_database(request.param, tmp_path)) as store:
        yield store


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(Settings(), store)


def add(store: Store, answer: str, question: str, at: datetime = NOW, about: About = About()) -> None:  # noqa: B008
    Asked(store).add(answer, question, at=at, status="answered", release="r1", about=about)


def rows(store: Store) -> list[dict[str, object]]:
    with store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(asked).order_by(asked.c.at))]


def test_a_question_is_counted_with_where_and_what_it_is_about(counter: Counter) -> None:
    told = counter.keep(
        Question("電話は090-1234-5678です。下水道管の点検の事例はありますか", home="広島県府中市"), REFUSED
    )
    (row,) = rows(counter.conversations.store)
    assert row | {"at": None} == {
        "id": told.id,
        "at": None,
        "question": "電話は〔電話番号〕です。下水道管の点検の事例はありますか",
        "status": "refused",
        "release": "r1",
        "block": "中国",
        "prefecture": "広島県",
        "facilities": ["下水道"],
        "stages": [],
        "intent": "事例",
        "helpful": None,
    }


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("橋の点検を頼める専門家を紹介してほしい", "専門家"),
        ("ドローンで橋を点検した自治体の事例はありますか", "事例"),
        ("橋の点検に使える技術を教えてください。どんな技術がありますか", "技術"),
        ("橋の修繕に使える補助金はありますか", "制度"),
        ("橋の点検のことは、誰に相談すればよいですか", "相談先"),
        ("橋の点検を始めるには、何から手を付ければよいですか", "手順"),
        ("衛星で漏水を調べる費用はいくらですか", "費用・数字"),
        (QUESTION, "費用・数字"),
        ("群マネとは何ですか", "意味"),
        ("橋の健全性の区分を挙げてください", "一覧"),
        ("橋の点検は市の職員でもできますか", "その他"),
    ],
)
def test_what_is_wanted_in_one_word(question: str, intent: str) -> None:
    assert about(Question(question), 1000).intent == intent


@pytest.mark.parametrize(
    ("question", "home", "where"),
    [
        ("君津市の橋の事例はありますか", "", ("関東", "千葉県")),
        ("君津市の橋の事例はありますか", "広島県府中市", ("中国", "広島県")),
        ("東北地方のフォーラムは何をしましたか", "", ("東北", "")),
        ("府中市の橋の事例はありますか", "", ("", "")),  # which of the two is not told
        ("橋の事例はありますか", "北海道", ("北海道", "北海道")),
    ],
)
def test_where_it_is_asked_from_or_of(question: str, home: str, where: tuple[str, str]) -> None:
    found = about(Question(question, home=home), 1000)
    assert (found.block, found.prefecture) == where


def test_a_question_that_leans_on_another_is_about_the_same() -> None:
    leaning = about(Question("費用はいくらですか", before=("下水道管の点検はどうしますか",)), 1000)
    assert (leaning.facilities, leaning.intent) == (("下水道",), "費用・数字")
    too_long = about(Question("それは" + "い" * 997, before=("下水道管の点検はどうしますか",)), 1000)
    assert too_long.facilities == ()


def test_the_last_questions_each_once_the_newest_first(store: Store) -> None:
    for n, question in enumerate(("橋", "水道", "橋", "", "道路")):
        add(store, f"a{n}", question, NOW + timedelta(minutes=n))
    assert Asked(store).last(100) == ("道路", "橋", "水道")
    assert Asked(store).last(2) == ("道路", "橋")


def test_what_is_said_of_the_answer_stands_beside_it_and_the_last_word_counts(counter: Counter) -> None:
    told = counter.keep(Question(QUESTION), ANSWER)
    assert told.id
    for helpful in (False, True):
        counter.opinions.take(Opinion(told.id, helpful=helpful))
        (one,) = counter.questions.since(NOW - timedelta(days=36500))
        assert one.helpful is helpful


def test_a_deleted_conversation_leaves_the_count_without_words(counter: Counter) -> None:
    opened = counter.conversations.open()
    counter.keep(Question(QUESTION, opened.id), ANSWER)
    counter.keep(Question("ほかの人の質問です"), ANSWER)
    counter.conversations.delete(opened.id)
    assert sorted(str(row["question"]) for row in rows(counter.conversations.store)) == [
        "",
        "ほかの人の質問です",
    ]
    assert counter.questions.last(10) == ("ほかの人の質問です",)


def test_after_its_time_a_question_is_only_a_count(store: Store) -> None:
    add(store, "old", "古い質問", NOW - timedelta(days=91))
    add(store, "new", "新しい質問", NOW - timedelta(days=89))
    ledger = Unanswered(store)
    entries = [
        ledger.add(words, status="refused", reason="refused", release="r1") for words in ("古い", "新しい")
    ]
    with store.writing() as connection:
        opinion = {"helpful": False, "status": "answered", "release": "r1", "at": NOW - timedelta(days=91)}
        connection.execute(feedback.insert().values(answer_id="old", comment="山の橋のことです", **opinion))
        connection.execute(
            text("UPDATE unanswered SET at = :at WHERE id = :id"),
            {"at": (NOW - timedelta(days=91)).replace(tzinfo=None), "id": entries[0].id},
        )
    retention = Retention(store, 90, lambda: NOW)
    assert retention.sweep() == 3
    assert retention.sweep() == 0
    assert [(row["id"], row["question"]) for row in rows(store)] == [("old", ""), ("new", "新しい質問")]
    assert [entry.question for entry in ledger.entries()] == ["新しい"]
    with store.reading() as connection:
        assert list(connection.execute(select(feedback.c.helpful, feedback.c.comment))) == [(False, "")]


def test_what_is_over_leaves_nothing_in_the_files(tmp_path: Path) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        add(store, "old", "とくべつな橋のはなし", NOW - timedelta(days=91))
        Retention(store, 90, lambda: NOW).sweep()
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "とくべつな橋".encode() not in written


def test_a_count_that_fails_keeps_nobody_from_the_answer_and_its_id(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    with counter.conversations.store.writing() as connection:
        connection.execute(text("DROP TABLE asked"))
    assert counter.keep(Question(QUESTION), REFUSED).id
    assert [entry.question for entry in counter.ledger.entries()] == [QUESTION]
    assert "質問を数えられません。" in caplog.text


def test_every_door_counts_once(starter: Settings, tmp_path: Path) -> None:
    settings = starter.model_copy(update={"database": f"sqlite:///{tmp_path}/doors.db"})
    app = create_app(settings)
    counter: Counter = app.state.rooms.counter
    told = {"model": "handson-navi", "messages": [{"role": "user", "content": "橋の点検は何年に1回ですか"}]}
    with serving(app) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        client.post("/api/chat", json={"question": "1問目の橋の点検は何年に1回ですか"})
        streamed = {"Accept": "text/event-stream"}
        client.post("/api/chat", json={"question": "2問目の橋の点検は何年に1回ですか"}, headers=streamed)
        client.post("/v1/chat/completions", json=told)
        client.post("/gennai", json={"inputs": {"question": "4問目の橋の点検は何年に1回ですか"}})
        client.get("/", params={"q": "5問目の橋の点検は何年に1回ですか"})
        anyio.run(ask_as_an_agent, address, "6問目の橋の点検は何年に1回ですか")
        # the widget of that page asks again: this one is not counted twice
        client.get("/", params={"q": "よそから来た質問です"}, headers={"Sec-Fetch-Site": "cross-site"})
        client.get("/api/search", params={"q": "橋の点検"})
    assert counter.questions.last(10) == (
        "6問目の橋の点検は何年に1回ですか",
        "5問目の橋の点検は何年に1回ですか",
        "4問目の橋の点検は何年に1回ですか",
        "橋の点検は何年に1回ですか",
        "2問目の橋の点検は何年に1回ですか",
        "1問目の橋の点検は何年に1回ですか",
    )
    assert sum(count.n for count in counter.questions.since(NOW - timedelta(days=36500))) == 6


async def ask_as_an_agent(address: str, question: str) -> None:
    async with (
        httpx2.AsyncClient(timeout=PATIENCE) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        assert not (await client.call_tool("ask", {"question": question})).is_error


def test_the_tester_of_the_secretariat_does_not_count(house: House) -> None:
    shown = house.person("評価者").get("/console/tester?q=用水路の見回りは")
    assert "用水路の見回りは毎年行います。" in shown.text
    counter: Counter = house.app.state.rooms.counter
    assert counter.questions.since(NOW - timedelta(days=36500)) == ()


def test_what_is_over_goes_when_the_server_starts(house: House) -> None:
    add(house.offices.store, "old", "古い質問", NOW - timedelta(days=36500))
    counter: Counter = house.app.state.rooms.counter
    with serving(house.app):
        ends = time.monotonic() + PATIENCE
        while counter.questions.last(1) and time.monotonic() < ends:
            time.sleep(0.02)
    assert [row["question"] for row in rows(house.offices.store)] == [""]
