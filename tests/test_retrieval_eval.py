"""handson eval retrieval: a set is built aside, asked, and told as a table or JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import open_small
from doubles import WordEmbedder
from test_beir import write_set

from bot.cli import main
from eval.beir import Question, SetError, read
from eval.commands import as_json, as_text
from eval.retrieval import LONGEST, Findings, Report, ask, corpus_of, evaluate, scores
from ingest.build import Silent
from rag.answer import Desk
from rag.errors import QuestionError
from rag.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set")


class TwoSystems:
    """A desk whose ``backwards`` system says the worst first; ``final`` is what search gives."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def search(self, question: str, k: int) -> object:
        return self._desk.search(question, k)

    def rankings(self, question: str, k: int, *, ablation: bool = False) -> dict[str, tuple[str, ...]]:
        hits = self._desk.search(question, 1000)
        found = tuple(dict.fromkeys(hit.document.id for hit in hits))
        return {"backwards": found[::-1][:k], "final": found[:k]}


class Remembering:
    """Notes the questions it ranks for; refuses what is English."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, question: str, k: int) -> object:
        if question.isascii():
            raise QuestionError("日本語の質問に対応しています。")
        return ()

    def rankings(self, question: str, k: int, *, ablation: bool = False) -> dict[str, tuple[str, ...]]:
        assert k == 100
        self.asked.append(question)
        return {"dense": ("d1",), "final": ("x", "d1")}


def measured(folder: Path, settings: Settings, limit: int | None = None) -> Report:
    return evaluate(
        read(folder, limit), settings, (WordEmbedder,), lambda aside: TwoSystems(open_small(aside)), Silent()
    )


def test_the_documents_go_the_way_of_any_document(folder: Path) -> None:
    corpus = corpus_of(read(folder).entries)
    assert {document.shelf for document in corpus.documents} == {"library"}
    assert [(chunk.document_id, chunk.text) for chunk in corpus.chunks] == [
        ("d1", "道路橋は5年に一度、近くで見て点検します。\n結果は記録します。"),
        ("d2", "下水道の管はカメラで調べます。"),
        ("3", "公園の遊具は毎年、職員が見て回ります。"),
        ("d4", "舗装の修繕"),
    ]


def test_a_set_is_built_and_asked(folder: Path, settings: Settings) -> None:
    report = measured(folder, settings)
    assert (report.documents, report.chunks, report.queries, report.final) == (4, 4, 3, "final")
    assert list(report.systems) == ["backwards", "final"]
    assert report.systems["final"]["recall@1"] == 1
    assert report.systems["final"]["ndcg@10"] == 1
    assert report.systems["backwards"]["recall@1"] == 0
    assert report.systems["backwards"]["recall@100"] == 1
    assert 0 < report.systems["final"]["ms_median"] <= report.systems["final"]["ms_p95"]
    assert "ms_median" not in report.systems["backwards"]


def test_nothing_stays_but_the_vectors_and_those_apart_from_the_users_own(
    folder: Path, settings: Settings
) -> None:
    measured(folder, settings)
    kept = {path.parent for path in settings.home.rglob("*") if path.is_file()}
    assert kept == {settings.cache / "evaluation"}
    never = iter(())  # the second time every vector is remembered
    report = evaluate(
        read(folder), settings, (lambda: next(never),), lambda aside: TwoSystems(open_small(aside)), Silent()
    )
    assert report.systems["final"]["recall@1"] == 1


def test_long_questions_are_cut_and_refused_ones_count_as_zero() -> None:
    desk = Remembering()
    texts = ("橋" * (LONGEST + 5), "English only", "橋の点検")
    questions = [Question(str(n), text, {"d1": 1}) for n, text in enumerate(texts)]
    findings = ask(desk, questions)
    assert desk.asked == ["橋" * LONGEST, "橋の点検"]
    assert findings.refused == 1
    assert len(findings.seconds) == 2
    systems = scores(questions, findings)
    assert list(systems) == ["dense", "final"]
    assert systems["dense"]["recall@1"] == pytest.approx(2 / 3)
    assert systems["final"]["mrr@10"] == pytest.approx(1 / 3)


def test_where_every_question_is_refused_there_is_nothing_to_tell() -> None:
    questions = [Question("q", "English only", {"d1": 1})]
    with pytest.raises(SetError, match="どの質問も受け付けられませんでした"):
        scores(questions, ask(Remembering(), questions))


def test_the_slowest_of_twenty_is_their_p95() -> None:
    questions = [Question(str(n), "橋", {"d1": 1}) for n in range(20)]
    findings = Findings(({"final": ("d1",)},) * 20, tuple(n / 1000 for n in range(20, 0, -1)), 0)
    figures = scores(questions, findings)["final"]
    assert figures["ms_median"] == pytest.approx(10.5)
    assert figures["ms_p95"] == pytest.approx(20)


REPORT = Report(
    documents=1200,
    chunks=3400,
    queries=2,
    systems={
        "dense": {"recall@1": 0.5, "ndcg@10": 0.66666},
        "reranked": {"recall@1": 1.0, "ndcg@10": 1.0, "ms_median": 12.345, "ms_p95": 120.0},
    },
    final="reranked",
    refused=0,
)


def test_the_json_is_the_contract() -> None:
    assert as_json(REPORT) == {
        "documents": 1200,
        "chunks": 3400,
        "queries": 2,
        "systems": {
            "dense": {"recall@1": 0.5, "ndcg@10": 0.6667},
            "reranked": {"recall@1": 1.0, "ndcg@10": 1.0, "ms_median": 12.3, "ms_p95": 120.0},
        },
        "final": "reranked",
    }


def test_the_table_stands_in_columns() -> None:
    assert as_text(REPORT) == (
        "文書1,200件、チャンク3,400件、質問2件\n"
        "方式                  recall@1  ndcg@10  中央値ms  p95ms\n"
        "意味（dense）           0.5000   0.6667         -      -\n"
        "並べ替え（reranked）    1.0000   1.0000      12.3  120.0\n"
        "回答に使うのは reranked です。時間は1問の検索にかかったミリ秒です。"
    )


def test_a_set_without_any_text_is_refused(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text('{"id": "a", "text": "\\n"}\n', "utf-8")
    (folder / "qrels.tsv").write_text("query_id\tdoc_id\trelevance\nq1\ta\t1\n", "utf-8")
    with pytest.raises(SetError, match="文書に本文が1つもありません。"):
        corpus_of(read(folder).entries)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("corpus.jsonl", "に corpus.jsonl がありません。"),
        ("qrels.tsv", "に qrels.tsv も qrels/test.tsv もありません。"),
    ],
)
def test_a_missing_file_is_told_by_the_command(
    folder: Path,
    missing: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(folder / "home"))
    (folder / missing).unlink()
    assert main(["eval", "retrieval", str(folder), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.err == (
        f"{folder} {message}corpus.jsonl、queries.jsonl、qrels.tsv（または qrels/test.tsv）を置いてください。\n"
    )
    assert shown.out == ""
    assert not (folder / "home").exists()


@pytest.mark.slow
def test_the_command_measures_with_the_real_model(
    folder: Path,
    starter: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = folder / "home"
    home.mkdir()
    (home / "models").symlink_to(starter.models)
    monkeypatch.setenv("HANDSON_HOME", str(home))
    assert main(["eval", "retrieval", str(folder), "--limit", "2", "--json"]) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert (told["documents"], told["queries"]) == (4, 2)
    assert told["final"] == list(told["systems"])[-1]
    assert told["systems"][told["final"]]["recall@5"] == 1
    assert "ベクトルを作っています" in shown.err
    assert main(["eval", "retrieval", str(folder)]) == 0
    shown = capsys.readouterr()
    assert "うち再利用" in shown.err
    assert shown.out.startswith("文書4件、チャンク4件、質問3件\n方式 ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval"], "コマンド を書いてください。使い方は handson eval --help で見られます。\n"),
        (["eval", "dance"], "「dance」は使えません（"),
        (["eval", "retrieval"], "フォルダ を書いてください。使い方は handson eval retrieval --help"),
        (["eval", "retrieval", ".", "--limit", "0"], "--limit に「0」は使えません。"),
    ],
)
def test_what_is_typed_wrong_is_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith(message)


def test_a_folder_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "retrieval", "どこにもない"]) == 2
    assert (
        capsys.readouterr().err == "どこにもない というフォルダが見つかりません。場所を確かめてください。\n"
    )
