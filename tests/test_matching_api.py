"""Matching over HTTP: the same answers as the command line, every error in Japanese, the shelves as they are now."""

from __future__ import annotations

import datetime
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.cli import main
from bot.routes import matching
from rag.matching.kpi import Pairing
from rag.matching.ledger import Ledger
from rag.matching.live import LiveMatchmaker
from rag.settings import Settings

ADVICE = {
    "need": "橋梁点検にドローンを使いたい",
    "municipality": "埼玉県熊谷市",
    "stage": "技術選定",
    "mode": "現地",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def live(settings: Settings) -> LiveMatchmaker:
    return LiveMatchmaker(settings)


@pytest.fixture(scope="module")
def client(settings: Settings, live: LiveMatchmaker) -> Iterator[TestClient]:
    """No release is needed: matching reads the shelves."""
    app = create_app(settings)
    app.state.matching = live
    yield TestClient(app)


@pytest.fixture
def told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """What a command tells with --json."""
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))

    def run(*arguments: str) -> Any:
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.slow
def test_advice_is_that_of_the_command(client: TestClient, told: Callable[..., Any]) -> None:
    answer = client.post("/api/advise", json=ADVICE)
    assert answer.status_code == 200
    fields = [part for name in ("municipality", "stage", "mode") for part in (f"--{name}", ADVICE[name])]
    assert answer.json() == told("advise", "--need", ADVICE["need"], *fields)
    first = answer.json()["recommendations"][0]
    assert (first["advisor_id"], first["stage"]) == ("advisor-hashi-03", "技術選定")


def test_nobody_is_an_answer_with_whom_to_ask(client: TestClient) -> None:
    answer = client.post("/api/advise", json={"need": "給与計算のシステム", "municipality": "三次市"}).json()
    assert answer["recommendations"] == []
    assert answer["message"].startswith("条件に合う専門家は見つかりませんでした。")
    assert answer["message"].endswith("に相談できます。")


def test_one_thing_is_asked_back_and_what_was_overruled_is_told(client: TestClient) -> None:
    asked = {"need": "府中市の橋をドローンで見たい", "facility": "橋梁"}
    answer = client.post("/api/advise", json=asked).json()
    assert answer["question"] == "「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。"
    assert answer["missing"][0] == "municipality"
    asked = {
        "need": "三次市の橋を見たい",
        "municipality": "府中市",
        "prefecture": "広島県",
        "facility": "水道",
    }
    assert client.post("/api/advise", json=asked).json()["notes"] == [
        "文からは橋梁の相談と読めますが、指定された水道で探します。",
        "文からは広島県三次市の相談と読めますが、指定された広島県府中市で探します。",
    ]
    like = client.post("/api/cases/like", json={"need": "府中市の橋をドローンで見たい"}).json()
    assert like["notes"] == ["「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。"]


@pytest.mark.slow
def test_the_neighbours_are_those_of_the_commands(
    client: TestClient, settings: Settings, told: Callable[..., Any]
) -> None:
    pairing = Pairing("need-michi-01", "tech-road-ai", "愛媛県サンプル市", "成立", sample=True)
    Ledger(settings.home).record(pairing, datetime.date(2026, 12, 1))
    like = client.post("/api/cases/like", json={"need": "case-br-01", "k": 2}).json()
    assert "case-br-01" not in {case["case_id"] for case in like["cases"]}
    need = client.post("/api/match/need", json={"need": "need-michi-01"}).json()
    assert [(match["id"], match["state"]) for match in need["matches"]][:1] == [("tech-road-ai", "成立")]
    seed = client.post("/api/match/seed", json={"seed": "tech-road-ai"}).json()
    assert [(match["id"], match["state"]) for match in seed["matches"]] == [("need-michi-01", "成立")]
    place = {"municipality": "岐阜市", "topic": "橋の点検"}
    contacts = client.get("/api/contacts", params=place).json()
    assert contacts["contacts"][0]["contact_id"] == "contact-gifu-centre"
    assert like == told("cases", "like", "case-br-01", "-k", "2")
    assert need == told("match", "need", "need-michi-01")
    assert seed == told("match", "seed", "tech-road-ai")
    assert contacts == told("contacts", "--municipality", "岐阜市", "--topic", "橋の点検")


def test_contacts_without_a_place_are_those_of_the_nation(client: TestClient) -> None:
    found = client.get("/api/contacts", params={"topic": "橋の点検"}).json()["contacts"]
    assert {office["level"] for office in found} == {"全国"}


def test_cases_are_listed_by_what_they_are(client: TestClient) -> None:
    every = client.get("/api/cases", params={"k": 100}).json()
    assert every["total"] > len(every["cases"]) == 100
    rest = client.get("/api/cases", params={"k": 100, "offset": 100}).json()["cases"]
    assert not {case["case_id"] for case in rest} & {case["case_id"] for case in every["cases"]}
    wanted = {"facility": "橋", "technology": "ドローンによる橋の点検撮影", "prefecture": "千葉"}
    found = client.get("/api/cases", params=wanted).json()
    assert [case["case_id"] for case in found["cases"]] == ["case-br-01"] and found["total"] == 1
    case = found["cases"][0]
    assert (case["municipality"], case["facilities"]) == ("君津市", ["橋梁"])
    assert "tech-drone-bridge" in case["technologies"] and case["sources"][0]["url"].startswith("https://")
    named = client.get("/api/cases", params={"q": "ドローン　君津", "k": 3}).json()["cases"]
    assert named[0]["case_id"] == "case-br-01"
    assert client.get("/api/cases", params={"q": "ぬぬぬ"}).json() == {"total": 0, "cases": []}


def test_technologies_are_listed(client: TestClient) -> None:
    found = client.get("/api/technologies", params={"facility": "橋梁", "q": "ﾄﾞﾛｰﾝ", "k": 100}).json()
    first = found["technologies"][0]  # the word stands in its title
    assert (first["technology_id"], first["title"]) == ("tech-drone-bridge", "ドローンによる橋の点検撮影")
    assert found["total"] == len(found["technologies"]) > 1
    assert all("橋梁" in technology["facilities"] for technology in found["technologies"])


FACILITIES = "橋梁、トンネル、道路、舗装、道路附属物・斜面、河川、砂防・海岸、下水道、水道、港湾、公園、公共建築、複数分野"
AGAIN = "都道府県から正しい名前を書いてください（例 広島県府中市）。"


@pytest.mark.parametrize(
    ("method", "path", "asked", "status", "message"),
    [
        ("post", "advise", {"need": " "}, 400, "相談の内容が空です。困っていることや、使いたい技術を書いてください。"),
        ("post", "advise", {"need": "橋" * 1001}, 400, "相談の内容が長すぎます（1,001文字）。1,000文字以内にまとめてください。"),
        ("post", "advise", {"need": "橋", "municipality": "府中市"}, 400, "「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。"),
        ("post", "advise", {"need": "橋", "municipality": "直片市"}, 400, f"「直片市」という自治体は見つかりません。近い名前は 福岡県直方市 です。{AGAIN}"),
        ("post", "advise", {"need": "橋", "municipality": "府中市", "prefecture": "埼玉県"}, 400, "都道府県「埼玉県」と自治体「府中市」が合いません（東京都府中市、広島県府中市）。どちらかを直してください。"),
        ("post", "advise", {"need": "橋", "prefecture": "武蔵国"}, 400, "「武蔵国」という都道府県はありません。広島県 のように書いてください。"),
        ("post", "advise", {"need": "橋", "facility": "塔\ud800"}, 400, f"「塔」という施設はありません。{FACILITIES} から選んでください。"),
        ("post", "advise", {"need": "橋", "facility": "、"}, 400, f"「、」という施設はありません。{FACILITIES} から選んでください。"),
        ("post", "advise", {"need": "橋", "municipality": "市" * 101}, 400, "自治体が長すぎます（101文字）。100文字以内で書いてください。"),
        ("post", "advise", {"need": "橋", "mode": "手紙"}, 400, "「手紙」という希望の形はありません。現地、オンライン から選んでください。"),
        ("post", "advise", {"need": "橋", "facility": "トンネル", "technology": "tech-satellite-leak"}, 400, "施設「トンネル」と技術「人工衛星の漏水調査」が合いません（この技術の施設は水道です）。どちらかを直すか、片方を外してください。"),
        ("post", "advise", {}, 422, "「need」がありません。"),
        ("post", "advise", {"need": "橋", "town": "x"}, 422, "「town」という項目は使えません。"),
        ("post", "advise", {"need": "橋", "k": 101}, 422, "「k」が大きすぎます。"),
        ("post", "match/seed", {"seed": ""}, 400, "相談の内容が空です。困っていることや、使いたい技術を書いてください。"),
        ("get", "cases", {"technology": "魔法のつえ"}, 400, "「魔法のつえ」という技術は、技術カタログに見つかりません。handson search で技術の名前を確かめるか、技術を指定せずに相談の文に書いてください。"),
        ("get", "contacts", {"municipality": "ぬぬぬ"}, 400, f"「ぬぬぬ」という自治体は見つかりません。{AGAIN}"),
        ("get", "cases", {"q": "橋" * 101}, 400, "探すことばが長すぎます（101文字）。100文字以内で書いてください。"),
        ("get", "technologies", {"offset": -1}, 422, "「offset」が小さすぎます。"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(
    client: TestClient, method: str, path: str, asked: dict[str, Any], status: int, message: str
) -> None:
    if method == "post":
        body = json.dumps(asked)  # as text: a lone surrogate too
        answer = client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    else:
        answer = client.get(f"/api/{path}", params=asked)
    assert (answer.status_code, answer.json()) == (status, {"message": message})


def test_a_damaged_ledger_is_not_the_fault_of_who_asks(client: TestClient, settings: Settings) -> None:
    file = settings.home / "matches.jsonl"
    kept = file.read_text("utf-8") if file.exists() else ""
    file.write_text("{}\n", "utf-8")
    answer = client.post("/api/match/need", json={"need": "need-michi-01"})
    file.write_text(kept, "utf-8")
    assert answer.status_code == 503
    assert answer.json()["message"].startswith(f"{file} の1行目を読めません。")


def test_the_definition_is_whole_and_in_japanese(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    for route in matching.router.routes:
        path, method = route.path, next(iter(route.methods)).lower()  # type: ignore[attr-defined]
        operation = told["paths"][path][method]
        assert operation["summary"] and {"200", "400", "422", "503"} <= set(operation["responses"])
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
    for name in ("AskAdvice", "AskCases", "AskSeeds", "AskNeeds"):
        for field, schema in told["components"]["schemas"][name]["properties"].items():
            assert schema["description"], (name, field)
            assert field == "k" or schema["examples"], (name, field)


def test_a_shelf_that_changes_is_taken_up(
    settings: Settings, live: LiveMatchmaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rag.matching.live")
    own = LiveMatchmaker(settings, lambda: live.current().embedder, look_seconds=0.0)
    first = own.current()
    assert own.current() is first
    shelf = settings.shelves / "technologies" / "own.yaml"
    shelf.parent.mkdir(parents=True)
    shelf.write_text(SEED, "utf-8")
    assert _until(lambda: own.current() is not first)
    second = own.current()
    assert second.seed_called("tech-own") and second.embedder is first.embedder
    shelf.write_text(SEED.replace("facilities: [橋梁]", "facilities: [塔]"), "utf-8")
    assert _until(lambda: "前の棚で答え続けます" in (own.current(), caplog.text)[1])
    assert "「塔」" in caplog.text and own.current() is second
    shelf.unlink()
    assert _until(lambda: own.current() is not second)
    assert own.current().seed_called("tech-own") is None


def test_a_file_of_weights_that_is_wrong_at_first_is_told_and_can_be_mended(
    tmp_path: Path, live: LiveMatchmaker, settings: Settings
) -> None:
    home, settings = settings.home, Settings(home=tmp_path)
    (tmp_path / "cache").symlink_to(home / "cache")  # its vectors need not be made again
    (tmp_path / "matching.yaml").write_text("least_score: 2", "utf-8")
    app = create_app(settings)
    app.state.matching = LiveMatchmaker(settings, lambda: live.current().embedder)
    client = TestClient(app)
    refused = client.post("/api/advise", json=ADVICE)
    assert refused.status_code == 503
    assert refused.json()["message"].endswith(
        "の「least_score」の値「2」は使えません（1以下の数にします）。直してください。"
    )
    (tmp_path / "matching.yaml").unlink()
    assert client.post("/api/advise", json=ADVICE).status_code == 200
    assert Ledger(tmp_path).pairings() == {}


SEED = """\
id: tech-own
title: サンプル橋見守り
kind: 計測・監視
provider: サンプル社
summary: サンプル橋見守りは、橋のたわみを見守る、作ったサンプルです。
facilities: [橋梁]
does: null
cannot: null
needs: null
cost: null
lookup: null
sources: [{title: サンプル資料, url: null}]
"""


def _until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
