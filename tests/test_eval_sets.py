"""Test sets as people write them: three formats, one meaning, and every mistake by its line or cell."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.cli import main
from eval.beir import SetError
from eval.cases import ANYWHERE, Case, Section
from eval.lists import COLUMNS, EXAMPLE, write_template
from eval.written import read

HEADER = [name for name, _, _ in COLUMNS]
ROW = ["q1", "前の質問\n続きの質問", "数値", "答える", "guide-a＞見出し\n計画書 p.3\n手引き", "5年に1回／5年ごと\n近接目視", "毎年", "", "調整"]  # fmt: skip
CASE = Case(
    id="q1",
    turns=("前の質問", "続きの質問"),
    slice="数値",
    answerable=True,
    expect="answered",
    gold=(
        Section("guide-a", "見出し"),
        Section("計画書", ANYWHERE, 3),
        Section("手引き", ANYWHERE),
    ),
    must_include=(("5年に1回", "5年ごと"), ("近接目視",)),
    must_not_include=("毎年",),
    paraphrase_of=None,
    half="dev",
    source="corpus",
)
LINE = {
    "id": "q1",
    "turns": ["前の質問", "続きの質問"],
    "slice": "数値",
    "expect": "answered",
    "gold": [{"document": "guide-a", "section": "見出し"}, {"document": "計画書", "page": 3}, "手引き"],
    "must_include": [["5年に1回", "5年ごと"], ["近接目視"]],
    "must_not_include": ["毎年"],
    "half": "dev",
}


def _csv(path: Path, *rows: list[str], encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def _jsonl(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def _xlsx(path: Path, *rows: list[str]) -> Path:
    book = Workbook()
    book.active.title = "メモ"
    sheet = book.create_sheet("質問")
    for row in ([*HEADER, "担当者のメモ"], *rows):
        sheet.append([cell or None for cell in row])
    book.save(path)
    return path


def test_a_question_means_the_same_in_every_format(tmp_path: Path) -> None:
    assert read(_jsonl(tmp_path / "a.jsonl", LINE)) == (CASE,)
    assert read(_csv(tmp_path / "a.csv", ROW)) == (CASE,)
    assert read(_csv(tmp_path / "b.csv", ROW, encoding="cp932")) == (CASE,)
    assert read(_xlsx(tmp_path / "a.xlsx", ROW)) == (CASE,)


@pytest.mark.parametrize(
    ("name", "count"), [("golden", 300), ("starter", 70), ("colloquial", 60), ("heldout", 50)]
)
def test_our_own_sets_are_read_by_name(name: str, count: int) -> None:
    cases = read(Path(name))
    assert len(cases) == count
    assert all(case.gold for case in cases if case.expect == "answered")


@pytest.mark.parametrize("name", ["質問.xlsx", "質問.csv"])
def test_the_template_is_a_set_with_one_example(tmp_path: Path, name: str) -> None:
    assert main(["eval", "template", str(tmp_path / name)]) == 0
    (case,) = read(tmp_path / name)
    assert (case.id, case.question, case.half) == ("q001", EXAMPLE[1], "heldout")
    assert case.must_include == (("5年に1回", "5年ごと"),)


def test_the_template_says_in_japanese_what_to_write(tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["質問", "書き方"]
    guide = {row[0]: row[1] for row in book["書き方"].iter_rows(values_only=True)}
    assert (
        guide["期待"]
        == "答える（資料に答えがある）、ない（資料のどこにもない）、聞き返す（あいまい）のどれか。"
    )
    assert set(HEADER) <= set(guide)
    choices = [its.formula1 for its in book["質問"].data_validations.dataValidation]
    assert choices == ['"答える,ない,聞き返す"', '"調整,確認"']


def test_a_template_overwrites_nothing(tmp_path: Path) -> None:
    _csv(tmp_path / "a.csv", ROW)
    with pytest.raises(SetError) as caught:
        write_template(tmp_path / "a.csv")
    assert (
        caught.value.message
        == f"{tmp_path / 'a.csv'} はもうあります。上書きしません。別の名前を書いてください。"
    )
    assert read(tmp_path / "a.csv") == (CASE,)


def test_each_mistake_of_a_list_is_named_by_its_cell(tmp_path: Path) -> None:
    wrong = [
        ["q1", "質問1", "", "答える", "文書", "", "", "", ""],
        ["q2", "質問2", "", "たぶん", "", "", "", "", "まえ"],
        ["q3", "質問3", "", "ない", "文書", "", "", "", ""],
        ["q1", "質問4", "", "ない", "", "", "", "q9", ""],
        ["q5", "", "", "答える", "", "", "", "", ""],
    ]
    message = """a.xlsx に誤りが6件あります。
a.xlsx D3 項目「expect」 値「たぶん」: 決められた値ではありません（answered、refused、clarify）。
a.xlsx I3 項目「half」 値「まえ」: 決められた値ではありません（dev、heldout）。
a.xlsx 4行目: 答えのない質問と聞き返す質問には、gold も must_include も書きません。
a.xlsx A5 項目「id」 値「q1」: a.xlsx A2と同じ id です。
a.xlsx 6行目: question（質問）か turns（会話）のどちらか1つを書きます。
a.xlsx H5 項目「paraphrase_of」 値「q9」: この id の質問がありません。"""
    with pytest.raises(SetError) as caught:
        read(_xlsx(tmp_path / "a.xlsx", *wrong))
    assert caught.value.message == message
    with pytest.raises(SetError) as caught:
        read(_csv(tmp_path / "a.csv", *wrong))
    assert caught.value.message == message.replace("a.xlsx", "a.csv")


def test_each_mistake_of_a_jsonl_is_named_by_its_line(tmp_path: Path) -> None:
    lines = (
        LINE,
        {**LINE, "id": "q2", "golds": []},
        {"id": "q3", "question": "質問", "answerable": True, "expect": "refused"},
        {"id": "q4", "question": "質問", "expect": "answered"},
        {"question": "質問", "expect": "refused"},
        {**LINE, "id": "q6", "gold": [{"document": 3}]},
    )
    with pytest.raises(SetError) as caught:
        read(_jsonl(tmp_path / "a.jsonl", *lines))
    told = caught.value.message.splitlines()
    assert told[:5] == [
        "a.jsonl に誤りが6件あります。",
        "a.jsonl 2行目 項目「golds」 値「[]」: この名前の項目はありません。",
        "a.jsonl 3行目: answerable と expect「refused」が合いません。",
        "a.jsonl 4行目: 答えのある質問には gold（正解の箇所）か must_include（含むべきことば）を書きます。",
        "a.jsonl 5行目 項目「id」: 項目がありません。",
    ]
    assert told[5].startswith("a.jsonl 6行目 項目「gold」 値「3」")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"id": "q1",', "a.jsonl 1行目: JSONとして読めません（13文字目）。"),
        ("a.jsonl", "[1]", "a.jsonl 1行目: 1行に1つのオブジェクト {…} を書きます。"),
        ("a.jsonl", "", "a.jsonl に質問が1つもありません。1行に1問を書いてください。"),
        ("a.txt", "x", "a.txt: テストセットは .jsonl、.csv、.xlsx のどれかです。"),
        (
            "a.csv",
            "番号,問\nq1,x\n",
            "a.csv 1行目: 「質問」「期待」の列がありません。見出しの行は handson eval template で作った表と同じにしてください。",
        ),
        ("a.xlsx", "zip ではない", "a.xlsx を Excel のファイルとして読めません（File is not a zip file）。"),
    ],
)
def test_a_file_that_is_no_set_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SetError) as caught:
        read(tmp_path / name)
    assert caught.value.message == message


def test_a_missing_file_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "run", str(tmp_path / "none.xlsx")]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path / 'none.xlsx'} というテストセットが見つかりません。場所を確かめてください。"
        "空のセットは handson eval template 質問.xlsx で作れます。\n"
    )
