"""The widget as a file, who may use it from where, and the municipalities it offers; without a browser."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.origins import WidgetOrigins
from bot.routes import places
from bot.talk.kept import COMPLAINTS
from bot.widget.assemble import EXAMPLES, FOLDER, PARTS, script

ELSEWHERE = {"Origin": "https://city.example.jp"}


def test_the_script_is_all_of_its_parts_and_small() -> None:
    assert {path.name for path in FOLDER.glob("*.js")} == set(PARTS)
    whole = script()
    assert all((FOLDER / part).read_text("utf-8") in whole for part in PARTS)
    assert all(complaint in whole for complaint in COMPLAINTS)
    assert all(question in whole for _, question in EXAMPLES)
    assert len(gzip.compress(whole.encode())) <= 40_000


def test_text_never_becomes_markup_and_nothing_is_fetched_from_elsewhere() -> None:
    code = "".join((FOLDER / part).read_text("utf-8") for part in PARTS)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "cookie",
        'setAttribute("style"',
    ):
        assert word not in code.replace("No cookies are sent", ""), word
    assert re.findall(r"https?://[^\s\"'`]+", script()) == []
    assert "url(" not in script()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(places.router)
    yield TestClient(app)


def _names(client: TestClient, q: str) -> list[str]:
    answer = client.get("/api/municipalities", params={"q": q})
    assert answer.status_code == 200
    return [one["whole"] for one in answer.json()["municipalities"]]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("君津", "千葉県君津市"),
        ("きみつ", "千葉県君津市"),
        ("キミツシ", "千葉県君津市"),
        ("千葉県君津市", "千葉県君津市"),
        ("  函南町 ", "静岡県函南町"),
        ("なは", "沖縄県那覇市"),
        ("龍ケ崎", "茨城県龍ケ崎市"),
        ("竜ヶ崎市", "茨城県龍ケ崎市"),
        ("長野県", "長野県"),
    ],
)
def test_a_municipality_is_found_by_name_or_reading(client: TestClient, typed: str, first: str) -> None:
    assert _names(client, typed)[0] == first


def test_equal_names_are_told_apart_by_their_prefecture(client: TestClient) -> None:
    assert _names(client, "府中市")[:2] == ["東京都府中市", "広島県府中市"]


def test_many_are_counted_and_none_offers_near_names(client: TestClient) -> None:
    many = client.get("/api/municipalities", params={"q": "市", "k": 5}).json()
    assert many["total"] > 700
    assert len(many["municipalities"]) == 5
    none = client.get("/api/municipalities", params={"q": "君律市"}).json()
    assert none["total"] == 0
    assert none["municipalities"][0]["whole"] == "千葉県君津市"


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "<script>", "\U0001f309", "%", "あ" * 40])
def test_odd_input_finds_nothing_and_breaks_nothing(client: TestClient, typed: str) -> None:
    assert client.get("/api/municipalities", params={"q": typed}).json()["total"] == 0
    assert client.get("/api/municipalities", params={"q": "あ" * 41}).status_code == 422


async def _plain(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


def _preflight(client: TestClient, path: str, method: str) -> dict[str, str]:
    asked = ELSEWHERE | {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }
    return dict(client.options(path, headers=asked).headers)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/chat", "POST"),
        ("/api/conversations/abc", "DELETE"),
        ("/api/feedback", "POST"),
        ("/api/requests", "POST"),
    ],
)
def test_every_origin_may_use_what_the_widget_needs(path: str, method: str) -> None:
    client = TestClient(WidgetOrigins(_plain))
    told = _preflight(client, path, method)
    assert told["access-control-allow-origin"] == "*"
    assert method in told["access-control-allow-methods"]
    assert told["access-control-allow-headers"] == "Content-Type"
    assert "access-control-allow-credentials" not in told
    assert client.post(path, headers=ELSEWHERE).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    ["/", "/api/requests/1", "/api/requests/1/advance", "/v1/chat/completions", "/metrics", "/documents/x"],
)
def test_nothing_else_is_open(path: str) -> None:
    client = TestClient(WidgetOrigins(_plain))
    assert "access-control-allow-origin" not in client.get(path, headers=ELSEWHERE).headers
    assert "access-control-allow-origin" not in _preflight(client, path, "POST")


def test_only_named_origins_may_where_some_are_named() -> None:
    client = TestClient(WidgetOrigins(_plain, "https://city.example.jp/, https://town.example.jp"))
    answer = client.post("/api/chat", headers=ELSEWHERE)
    assert answer.headers["access-control-allow-origin"] == "https://city.example.jp"
    assert answer.headers["vary"] == "Origin"
    other = {"Origin": "https://evil.example.com"}
    assert "access-control-allow-origin" not in client.post("/api/chat", headers=other).headers
    refused = client.options("/api/chat", headers=other | {"Access-Control-Request-Method": "POST"})
    assert "access-control-allow-methods" not in refused.headers


def test_documents_of_the_project_name_every_attribute() -> None:
    page = (Path(__file__).parents[1] / "docs/widget.md").read_text("utf-8")
    mount = (FOLDER / "mount.js").read_text("utf-8")
    names = re.search(r"ATTRIBUTES = \[(.+)\]", mount)
    assert names
    for name in re.findall(r'"(\w+)"', names[1]):
        assert f"`data-{name}`" in page
