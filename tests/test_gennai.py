"""The door for 源内: at once, and meanwhile with an address to ask."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr
from servers import PATIENCE, serving

from bot.app import create_app
from bot.gennai import NO_JOB, NO_QUESTION, GennaiRequest
from bot.keys import WRONG
from bot.routes.gennai import ACCEPTED
from rag.settings import Settings

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"
KEY = "a-key-for-tests"


@pytest.fixture(scope="module")
def client(starter: Settings) -> Iterator[httpx.Client]:
    app = create_app(starter.model_copy(update={"api_key": SecretStr(KEY)}))
    with (
        serving(app) as address,
        httpx.Client(base_url=address, headers={"x-api-key": KEY}, timeout=PATIENCE) as client,
    ):
        yield client


def finished(client: httpx.Client, address: str) -> dict[str, object]:
    ends = time.monotonic() + PATIENCE
    while True:
        told: dict[str, object] = client.get(address).json()
        if told["status"] in ("COMPLETED", "ERROR"):
            return told
        assert told["status"] in ("PENDING", "IN_PROGRESS")
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_an_answer_comes_at_once_as_markdown(client: httpx.Client) -> None:
    response = client.post("/gennai", json={"inputs": {"question": QUESTION, "unknown": 5}})
    assert response.status_code == 200
    (outputs,) = response.json().values()
    assert "5年に1回、近接目視で行うことが基本です。[1]" in outputs
    assert f"[道路橋などの定期点検のきまり]({client.base_url.copy_with(path='/documents/')}" in outputs


def test_an_answer_comes_meanwhile(client: httpx.Client) -> None:
    response = client.post("/gennai/requests", json={"inputs": {"question": QUESTION}})
    assert response.status_code == 202
    accepted = response.json()
    assert (accepted["outputs"], accepted["status"]) == (ACCEPTED, "PENDING")
    assert accepted["status_url"].endswith(f"/gennai/status/{accepted['request_id']}")
    told = finished(client, accepted["status_url"])
    assert told["status"] == "COMPLETED"
    assert "5年に1回" in str(told["outputs"])
    assert told["artifacts"] == []
    assert "error" not in told


def test_the_turns_before_are_read_as_gennai_sends_them(client: httpx.Client) -> None:
    first = {"question": QUESTION}
    second = {"question": "費用は", "conversation_histories": [{"input": json.dumps(first), "output": "…"}]}
    turns = [
        {"input": json.dumps(first), "output": "…", "createdDate": "1"},
        {"input": "no json", "output": "…", "createdDate": "2"},
        {"input": json.dumps(second), "output": "…", "createdDate": "3"},
    ]
    sent = {"inputs": {"question": "それはだれが行いますか", "conversation_histories": turns}}
    assert GennaiRequest.model_validate(sent).before == (QUESTION, "費用は")
    assert "橋" in client.post("/gennai", json=sent).json()["outputs"]


@pytest.mark.parametrize("path", ["/gennai", "/gennai/requests"])
@pytest.mark.parametrize(
    ("inputs", "status", "message"),
    [
        ({}, 400, NO_QUESTION),
        ({"question": "橋" * 1001}, 400, "質問が長すぎます（1,001文字）。1,000文字以内にまとめてください。"),
        (
            {"question": QUESTION, "municipality": "府中市"},
            400,
            "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。",
        ),
        ("x", 422, "「inputs」はJSONのオブジェクトで送ってください。"),
    ],
)
def test_what_cannot_be_asked_is_shown_to_whoever_asked(
    client: httpx.Client, path: str, inputs: object, status: int, message: str
) -> None:
    response = client.post(path, json={"inputs": inputs})
    assert response.status_code == status
    assert response.json() == {"message": message, "outputs": message}


def test_a_number_that_is_not_known_is_told(client: httpx.Client) -> None:
    response = client.get("/gennai/status/none")
    assert (response.status_code, response.json()["outputs"]) == (404, NO_JOB)


def test_without_the_key_the_door_stays_shut(client: httpx.Client) -> None:
    for key in ("", "wrong"):
        response = client.post("/gennai", json={"inputs": {"question": QUESTION}}, headers={"x-api-key": key})
        assert (response.status_code, response.json()["outputs"]) == (401, WRONG)
