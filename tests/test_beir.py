"""A retrieval set in BEIR's layout, read strictly: every fault is named by file, line and field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.beir import Question, SetError, read

CORPUS = (
    {
        "_id": "d1",
        "title": "橋の点検",
        "text": "道路橋は5年に一度、近くで見て点検します。\n結果は記録します。",
    },
    {"id": "d2", "title": "下水道", "text": "下水道の管はカメラで調べます。"},
    {"id": 3, "title": "", "text": "公園の遊具は毎年、職員が見て回ります。"},
    {"id": "d4", "title": "舗装の修繕", "text": ""},
)
QUERIES = (
    {"_id": "q1", "text": "道路橋の点検は何年に一度ですか"},
    {"id": "q2", "text": "遊具は誰が見ますか"},
    {"id": "q3", "text": "誰も判定していない質問"},
    {"id": "q4", "text": "舗装の修繕について"},
)
QRELS = "query_id\tdoc_id\trelevance\nq1\td1\t2\nq1\td2\t0\nq2\t3\t1\nq4\td4\t1\n"


def lines(rows: tuple[dict[str, Any], ...]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_set(folder: Path) -> Path:
    """Four documents and three questions with a relevant one; the fourth was not judged."""
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(lines(CORPUS), "utf-8")
    (folder / "queries.jsonl").write_text(lines(QUERIES), "utf-8")
    (folder / "qrels.tsv").write_text(QRELS, "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set")


def test_a_folder_is_read(folder: Path) -> None:
    found = read(folder)
    assert [(entry.id, entry.title) for entry in found.entries] == [
        ("d1", "橋の点検"),
        ("d2", "下水道"),
        ("3", ""),
        ("d4", "舗装の修繕"),
    ]
    assert found.questions == (
        Question("q1", "道路橋の点検は何年に一度ですか", {"d1": 2}),
        Question("q2", "遊具は誰が見ますか", {"3": 1}),
        Question("q4", "舗装の修繕について", {"d4": 1}),
    )
    limited = read(folder, 1)
    assert [question.id for question in limited.questions] == ["q1"]
    assert limited.entries == found.entries


def test_the_files_of_beir_itself_are_read(folder: Path) -> None:
    (folder / "qrels.tsv").unlink()
    (folder / "qrels").mkdir()
    written = QRELS.replace("query_id\tdoc_id\trelevance", "query-id\tcorpus-id\tscore").replace("\n", "\r\n")
    (folder / "qrels/test.tsv").write_bytes(b"\xef\xbb\xbf" + written.encode() + b"\r\n")
    assert [question.id for question in read(folder).questions] == ["q1", "q2", "q4"]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "corpus.jsonl",
            '{"id": "a", "text": "橋"}\n{"id": "b", ',
            "corpus.jsonl 2行目: JSONとして読めません。",
        ),
        ("corpus.jsonl", "[]", "corpus.jsonl 1行目: JSONのオブジェクト {…} ではありません。"),
        ("corpus.jsonl", '{"text": "橋"}', "corpus.jsonl 1行目 項目「id」: 項目がありません。"),
        (
            "corpus.jsonl",
            '{"_id": "a", "text": "橋"}\n\n{"id": "a", "text": "道"}',
            "corpus.jsonl 3行目 項目「id」 値「a」: 1行目と同じです。片方を変えてください。",
        ),
        ("corpus.jsonl", '{"id": " ", "text": "橋"}', "corpus.jsonl 1行目 項目「id」: 空です。"),
        ("corpus.jsonl", '{"id": "a"}', "corpus.jsonl 1行目 項目「text」: 項目がありません。"),
        (
            "corpus.jsonl",
            '{"id": "a", "title": 1, "text": ""}',
            "corpus.jsonl 1行目 項目「title」 値「1」: 文字ではありません（引用符で囲んでください）。",
        ),
        (
            "corpus.jsonl",
            '{"id": "a", "text": "\\ud800"}',
            "corpus.jsonl 1行目 項目「text」: 文字として読めないデータがあります。",
        ),
        ("queries.jsonl", '{"id": "q", "text": " "}', "queries.jsonl 1行目 項目「text」: 空です。"),
        (
            "qrels.tsv",
            QRELS + "q9\td1\t1\n",
            "qrels.tsv 6行目 項目「query_id」 値「q9」: queries.jsonl にありません。",
        ),
        (
            "qrels.tsv",
            QRELS + "q1\td9\t1\n",
            "qrels.tsv 6行目 項目「doc_id」 値「d9」: corpus.jsonl にありません。",
        ),
        (
            "qrels.tsv",
            QRELS + "q3\td1\tたぶん\n",
            "qrels.tsv 6行目 項目「relevance」 値「たぶん」: 整数で書きます。",
        ),
        (
            "qrels.tsv",
            QRELS + "q1\td1\t1\n",
            "qrels.tsv 6行目 項目「relevance」 値「1」: 同じ組に 2 と書いた行もあります。",
        ),
        (
            "qrels.tsv",
            QRELS + "q1 d1 1\n",
            "qrels.tsv 6行目 項目「doc_id」: 値がありません（3つの値をタブで区切って書きます）。",
        ),
        (
            "qrels.tsv",
            "q1\td1\t1\n",
            "qrels.tsv 1行目 項目「query_id」: 見出しの行にありません（query_id、doc_id、relevance をタブで区切って書きます）。",
        ),
    ],
)
def test_a_fault_is_named_by_file_line_and_field(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(SetError) as caught:
        read(folder)
    assert caught.value.message == f"{folder}/{message}"


def test_bytes_that_are_no_utf8_are_named(folder: Path) -> None:
    (folder / "queries.jsonl").write_bytes(lines(QUERIES).encode() + "橋".encode("cp932"))
    with pytest.raises(SetError, match=r"queries\.jsonl 5行目: UTF-8として読めません。"):
        read(folder)


def test_a_set_without_a_relevant_document_is_refused(folder: Path) -> None:
    (folder / "qrels.tsv").write_text("query_id\tdoc_id\trelevance\nq1\td1\t0\n", "utf-8")
    with pytest.raises(SetError, match="適合する文書のある質問が1つもありません。"):
        read(folder)
