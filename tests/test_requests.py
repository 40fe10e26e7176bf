"""The dispatch desk as people meet it: handson requests, and /api/requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from databases import KINDS, new_database
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.cli import main
from bot.store.database import open_store
from bot.store.unanswered import Unanswered
from rag.settings import Settings

KEY = "サンプルの鍵-sample-key"
STAFF = {"Authorization": f"Bearer {KEY}".encode()}
APPLICATION = {
    "need": "橋の点検にドローンを使いたい",
    "municipality": "君津市",
    "facilities": ["橋梁"],
    "stage": "現場試行",
    "contact_name": "サンプル太郎",
    "contact_phone": "00-0000-1234",
    "consent": True,
}
WAY: tuple[dict[str, Any], ...] = (
    {"to": "候補提示", "candidates": ["advisor-hashi-01"]},
    {"to": "打診", "advisor": "advisor-hashi-01"},
    {"to": "決定"},
    {"to": "支援中"},
    {"to": "報告", "note": "2橋で試しました。"},
    {"to": "完了"},
)


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """The API over a database of its own; it needs no release."""
    address = new_database(request.param, tmp_path).render_as_string(hide_password=False)
    with serving(Settings(home=tmp_path, database=address, staff_key=KEY)) as client:
        yield client


@contextmanager
def serving(settings: Settings) -> Iterator[TestClient]:
    """A client of a server that has not opened a release."""
    app = create_app(settings)
    yield TestClient(app, raise_server_exceptions=False)
    app.state.dispatch.store.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["requests", *arguments]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_anybody_may_apply_and_only_the_secretariat_sees_it(client: TestClient) -> None:
    receipt = client.post("/api/requests", json=APPLICATION)
    assert (receipt.status_code, receipt.json()) == (
        201,
        {"id": 1, "state": "受付", "message": "受け付けました（受付番号1）。事務局から連絡します。"},
    )
    told = client.get("/api/requests/1", headers=STAFF).json()
    assert {name: told[name] for name in APPLICATION if name != "consent"} == {
        name: value for name, value in APPLICATION.items() if name != "consent"
    }
    assert (told["version"], told["next"], told["origin"]) == (1, ["候補提示", "取下げ"], "chat")
    assert [event["by"] for event in told["events"]] == ["相談画面"]
    for version, step in enumerate(WAY, 1):
        body = {"version": version, "by": "サンプル係", **step}
        response = client.post("/api/requests/1/advance", json=body, headers=STAFF)
        assert response.status_code == 200, response.json()
    done = response.json()
    assert (done["state"], done["version"], len(done["events"])) == ("完了", 7, 7)
    assert [one["id"] for one in client.get("/api/requests", headers=STAFF).json()["requests"]] == [1]


def test_the_list_can_be_narrowed(client: TestClient) -> None:
    for place in ("君津市", "富山市"):
        client.post("/api/requests", json=APPLICATION | {"municipality": place})

    def ids(**query: str) -> list[int]:
        found = client.get("/api/requests", params=query, headers=STAFF).json()
        return [one["id"] for one in found["requests"]]

    assert ids() == [2, 1]
    assert ids(state="受付", municipality="君津市") == [1]
    assert ids(state="完了") == []


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        *(("GET", "", header) for header in ("", "Bearer", "Bearer x", f"Basic {KEY}", f"Bearer {KEY}x")),
        ("GET", "", None),
        ("GET", "/1", None),
        ("GET", "/99", None),
        ("POST", "/1/advance", None),
    ],
)
def test_without_the_key_nothing_is_told(
    client: TestClient, method: str, path: str, header: str | None
) -> None:
    client.post("/api/requests", json=APPLICATION)
    headers = {} if header is None else {"Authorization": header.encode()}
    body = {"to": "取下げ", "version": 1, "by": "x", "note": "x"}
    response = client.request(method, f"/api/requests{path}", headers=headers, json=body)
    assert (response.status_code, response.json()) == (
        403,
        {
            "message": "事務局の鍵が正しくありません。Authorization: Bearer のあとに、事務局用の鍵を付けて送ってください。"
        },
    )
    assert client.get("/api/requests/1", headers=STAFF).json()["state"] == "受付"


def test_without_a_key_in_the_settings_the_secretariat_has_no_api(tmp_path: Path) -> None:
    message = "事務局用のAPIは使えない設定です。サーバーの設定 HANDSON_STAFF_KEY に鍵を入れると使えます。"
    with serving(Settings(home=tmp_path)) as client:
        for header in ("", "Bearer ", "Bearer"):
            response = client.get("/api/requests", headers={"Authorization": header})
            assert (response.status_code, response.json()) == (403, {"message": message})
        assert client.post("/api/requests", json=APPLICATION).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"consent": False}, 400, "相談の内容と連絡先を事務局に渡すことへの同意（consent）が必要です。同意できるときだけ申し込んでください。"),
        ({"contact_phone": ""}, 400, "連絡先がありません。メールアドレスか電話番号のどちらかを書いてください。"),
        ({"municipality": "府中市"}, 400, "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。"),
        ({"need": "\x00\ud800 "}, 400, "相談したい内容がありません。困っていることを文章で書いてください。"),
        ({"facilities": ["橋"]}, 422, "「facilities.0」の書き方が正しくありません。"),
        ({"x": 1}, 422, "「x」という項目は使えません。"),
    ],
)  # fmt: skip
def test_an_application_that_cannot_be_taken_is_told(
    client: TestClient, change: dict[str, Any], status: int, message: str
) -> None:
    body = json.dumps(APPLICATION | change)
    response = client.post("/api/requests", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()) == (status, {"message": message})
    assert client.get("/api/requests", headers=STAFF).json() == {"requests": []}


def test_what_the_desk_refuses_has_its_status(client: TestClient) -> None:
    client.post("/api/requests", json=APPLICATION)

    def advance(number: int, **step: Any) -> tuple[int, str]:
        body = {"version": 1, "by": "サンプル係", **step}
        response = client.post(f"/api/requests/{number}/advance", json=body, headers=STAFF)
        return response.status_code, response.json()["message"].split("\n")[0]

    assert advance(1, to="完了") == (
        409,
        "受付番号1は「受付」なので、「完了」に進められません。いま進められるのは「候補提示」「取下げ」です。",
    )
    assert advance(1, to="取下げ") == (
        400,
        "「取下げ」に進めるには、取り下げる理由を書いてください（note）。",
    )
    assert advance(1, to="取下げ", note="x", by=" ") == (
        400,
        "だれが行ったか（by）を書いてください。",
    )
    assert advance(2**40, to="取下げ", note="x") == (
        404,
        f"受付番号{2**40}の案件はありません。番号を確かめてください。",
    )
    assert advance(1, to="候補提示", candidates=["advisor-hashi-99"])[0] == 400
    assert client.post("/api/requests/1/advance", json={}, headers=STAFF).status_code == 422
    assert client.post(
        "/api/requests/1/advance", json={"to": "取下げ", "note": "x", "by": "x", "version": 1}, headers=STAFF
    ).is_success
    assert advance(1, to="候補提示")[0] == 409


def test_a_database_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "handson.db").write_bytes(b"sample" * 1000)
    with serving(Settings(home=tmp_path)) as client:
        response = client.post("/api/requests", json=APPLICATION)
    assert response.status_code == 503
    assert "壊れているか、データベースのファイルではありません" in response.json()["message"]


@pytest.mark.usefixtures("home")
def test_a_request_from_the_command_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list") == "案件はありません。\n"
    made = run(
        capsys, "new", "--need", "橋の点検にドローンを使いたい", "--municipality", "君津市", "--facility", "橋梁",
        "--stage", "現場試行", "--contact-name", "サンプル太郎", "--consent", "--by", "サンプル係", "--json",
    )  # fmt: skip
    told = json.loads(made)
    assert (told["id"], told["state"], told["origin"], told["facilities"]) == (1, "受付", "staff", ["橋梁"])
    for step in WAY:
        arguments = ["advance", "1", step["to"], "--by", "サンプル係"]
        arguments += ["--candidate", *step["candidates"]] if "candidates" in step else []
        arguments += ["--advisor", step["advisor"]] if "advisor" in step else []
        out = run(capsys, *arguments, *(["--note", step["note"]] if "note" in step else []))
    draft = home / "drafts" / "case-request-1.yaml"
    assert out.endswith(f"事例の下書きを作りました: {draft}\n")
    assert draft.exists()
    assert " サンプル係 状態「支援中」→「報告」（2橋で試しました。）\n" in out
    run(capsys, "amend", "1", "--tried-on", "2026-10-01", "--technology", "", "--by", "サンプル係")
    shown = run(capsys, "show", "1").splitlines()
    assert shown[1] == "版: 8　次に進められる状態: なし"
    assert "現場試行の日: 2026-10-01" in shown
    assert shown[-1].endswith("サンプル係 現場試行の日「なし」→「2026-10-01」")
    assert [one["id"] for one in json.loads(run(capsys, "list", "--json"))["requests"]] == [1]
    assert run(capsys, "list", "--state", "受付") == "案件はありません。\n"
    rows = json.loads(run(capsys, "figures", "--json"))["figures"]
    assert [(row["block"], row["tried"]) for row in rows if row["year"] == 2026] == [("全国", 1), ("関東", 1)]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "5"], "受付番号5の案件はありません。番号を確かめてください。\n"),
        (["new", "--municipality", "君津市"], "相談したい内容がありません。困っていることを文章で書いてください。\n"),
        (["amend", "1", "--due", "来週"], "日付「来週」を読めません。2026-11-22 の形で書いてください。\n"),
        (["amend", "1"], "直す項目を書いてください。handson requests amend --help で使い方を見られます。\n"),
        (["export"], "--municipality か --person の、どちらか1つを書いてください。\n"),
        (["forget", "--person", "x", "--reason", "申し出"], "名前・メールアドレス・電話番号は、2文字以上で書いてください。\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(capsys, *arguments, code=2) == message


@pytest.mark.usefixtures("home")
def test_the_version_somebody_saw_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "--need", "橋", "--municipality", "君津市")
    run(capsys, "amend", "1", "--period", "秋", "--version", "1", "--by", "サンプル係")
    told = run(capsys, "amend", "1", "--period", "冬", "--version", "1", code=2).splitlines()
    assert told[0] == (
        "受付番号1は、版1のあとにほかの人が変えています（いまは版2）。"
        "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。"
    )
    assert told[1].endswith(" サンプル係 希望する時期「なし」→「秋」")


OTHERS = "会話 0件、回答 0件、質問の文 0件、評価の意見 0件"


def test_export_and_forget(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("サンプル太郎", "サンプル花子"):
        run(capsys, "new", "--need", "橋", "--municipality", "君津市", "--contact-name", name)
    with open_store(Settings(home=home)) as store:
        Unanswered(store).add("君津市の橋は", status="refused", reason="refused", release="r")
    path = home / "export.json"
    told = run(capsys, "export", "--municipality", "君津市", "-o", str(path))
    assert told == f"書き出しました: {path}（案件 2件、未回答の質問 1件、{OTHERS}）\n"
    assert [one["id"] for one in json.loads(path.read_text("utf-8"))["requests"]] == [1, 2]
    assert len(json.loads(run(capsys, "export", "--person", "サンプル花子"))["requests"]) == 1
    asked = ("forget", "--person", "サンプル花子", "--reason", "本人の申し出")
    assert run(capsys, *asked) == (
        "  受付番号2 君津市 受付（履歴1件）\n"
        f"まだ消していません: 案件 1件、未回答の質問 0件、{OTHERS}が消えます。消すには --yes を付けてください。\n"
    )
    assert run(capsys, *asked, "--yes") == (
        f"消しました: 案件 1件、未回答の質問 0件、{OTHERS}。控え（バックアップ）や書き出したファイルにあるものは、別に消してください。\n"
    )
    assert json.loads(run(capsys, *asked, "--yes", "--json")) == {
        "erased": True,
        "requests": [],
        "unanswered": [],
        "conversations": 0,
        "answers": 0,
        "asked": 0,
        "comments": 0,
    }
    assert [one["id"] for one in json.loads(run(capsys, "list", "--json"))["requests"]] == [1]
