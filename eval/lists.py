"""Test sets as people keep them: a row a question in a CSV or Excel list; and an empty one to begin with."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.beir import SetError
from eval.cases import ANYWHERE, Row

# column, field, what to write
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("番号", "id", "質問の番号（例 q001）。同じ番号は2度使えません。"),
    (
        "質問",
        "question",
        "聞きたいこと。会話の続きなら、前の質問から順に1行ずつ（セルの中で Alt+Enter）書きます。",
    ),
    (
        "種類",
        "slice",
        "質問の種類（例 数値、手順、くだけた聞き方）。結果を種類ごとに出します。空でもかまいません。",
    ),
    (
        "期待",
        "expect",
        "答える（資料に答えがある）、ない（資料のどこにもない）、聞き返す（あいまい）のどれか。",
    ),
    (
        "正解の箇所",
        "gold",
        "答えが書かれている所。1行に1つ、「文書」「文書＞見出し」「文書 p.3」のどれか。文書は題名・id・ファイル名。どれか1つが見つかれば合格です。",
    ),
    (
        "含むべきことば",
        "must_include",
        "正しい答えに必ず入ることば。1行に1つ。言い方がいくつかあれば「／」で並べます（例 5年に1回／5年ごと）。",
    ),
    ("含んではいけないことば", "must_not_include", "答えに入っていたら誤りになることば。1行に1つ。"),
    ("言い換えの元", "paraphrase_of", "同じことを別の言い方で聞く質問なら、元の質問の番号。"),
    ("組", "half", "調整（しきい値を決めるのに使う）か、確認（使わない）。空でもかまいません。"),
)
EXAMPLE = (
    "q001",
    "道路橋の定期点検は何年に1回ですか",
    "数値",
    "答える",
    "道路橋などの定期点検のきまり",
    "5年に1回／5年ごと",
    "",
    "",
    "確認",
)
_EXPECT = {"答える": "answered", "ない": "refused", "聞き返す": "clarify"}
_HALF = {"調整": "dev", "確認": "heldout"}
_PAGE = re.compile(r"^(?P<document>.+?)\s+p\.?\s*(?P<page>[0-9]+)$", re.I)
SHEET, GUIDE = "質問", "書き方"
MOST_ROWS = 20_000


def rows(path: Path) -> Iterator[Row]:
    """Each row of the list with the cell of every field. Raises SetError."""
    readers = {".csv": _csv_rows, ".xlsx": _xlsx_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SetError(f"{path.name}: テストセットは .jsonl、.csv、.xlsx のどれかです。")
    lines = iter(reader(path))
    places = _header(next(lines, []), path)
    for number, line in enumerate(lines, start=2):
        cells = {field: (line[column] if column < len(line) else "") for field, column in places.items()}
        if any(cells.values()):
            where = {field: f"{path.name} {_letter(column)}{number}" for field, column in places.items()}
            if "question" in where:
                where["turns"] = where["question"]
            yield Row(_raw(cells), {**where, "": f"{path.name} {number}行目"})


def _header(line: Sequence[str], path: Path) -> dict[str, int]:
    """Which field stands in which column; columns of other names are the writer's own notes."""
    known = {name: field for name, field, _ in COLUMNS}
    found = {known[cell]: column for column, cell in enumerate(line) if cell in known}
    missing = [
        name for name, field, _ in COLUMNS[:4] if field in ("id", "question", "expect") and field not in found
    ]
    if missing:
        raise SetError(
            f"{path.name} 1行目: 「{'」「'.join(missing)}」の列がありません。"
            "見出しの行は handson eval template で作った表と同じにしてください。"
        )
    return found


def _raw(cells: dict[str, str]) -> dict[str, Any]:
    """The fields as JSON would have them; an empty cell says nothing."""
    raw: dict[str, Any] = {name: text for name, text in cells.items() if text}
    turns = _lines(raw.pop("question", ""))
    raw |= {"turns": turns} if len(turns) > 1 else {"question": turns[0]} if turns else {}
    raw |= {"expect": _EXPECT.get(raw["expect"], raw["expect"])} if "expect" in raw else {}
    raw |= {"half": _HALF.get(raw["half"], raw["half"])} if "half" in raw else {}
    raw["gold"] = [_place(line) for line in _lines(raw.get("gold", ""))]
    raw["must_include"] = [
        [text.strip() for text in re.split("[／|]", line) if text.strip()]
        for line in _lines(raw.get("must_include", ""))
    ]
    raw["must_not_include"] = _lines(raw.get("must_not_include", ""))
    return raw


def _place(line: str) -> dict[str, Any]:
    if page := _PAGE.match(line):
        return {"document": page["document"], "section": ANYWHERE, "page": int(page["page"])}
    document, _, heading = (part.strip() for part in re.sub("[>]", "＞", line).partition("＞"))
    return {"document": document, "section": heading or ANYWHERE, "page": None}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _letter(column: int) -> str:
    """A, B, … Z, AA as a spreadsheet names its columns."""
    return (_letter(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def _csv_rows(path: Path) -> list[list[str]]:
    """UTF-8, with or without a mark, or what Excel writes in Japan."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
    raise SetError(f"{path.name} の文字の種類が分かりません。UTF-8 か Shift_JIS で保存してください。")


def _xlsx_rows(path: Path) -> list[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        found = [
            ["" if cell is None else _whole(cell) for cell in line]
            for line in sheet.iter_rows(values_only=True, max_row=MOST_ROWS)
        ]
        book.close()
    except (BadZipFile, KeyError, OSError, ValueError) as error:
        raise SetError(f"{path.name} を Excel のファイルとして読めません（{error}）。") from error
    return found


def _whole(cell: object) -> str:
    """A number typed into a cell is 12, not 12.0."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def write_template(path: Path) -> None:
    """An empty set with one example and how to fill it in. Raises SetError where a file stands already."""
    if path.exists():
        raise SetError(f"{path} はもうあります。上書きしません。別の名前を書いてください。")
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([[name for name, _, _ in COLUMNS], EXAMPLE])
    elif path.suffix.lower() == ".xlsx":
        _write_workbook(path)
    else:
        raise SetError(f"{path.name}: 空のテストセットは .xlsx か .csv で作ります。")


def _write_workbook(path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet.append([name for name, _, _ in COLUMNS])
    sheet.append(EXAMPLE)
    sheet.freeze_panes = "C2"
    for column in range(1, len(COLUMNS) + 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[_letter(column - 1)].width = 44 if column in (2, 5, 6) else 16
        for row in range(2, 300):
            sheet.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
    for field, choices in (("expect", _EXPECT), ("half", _HALF)):
        letter = _letter([its for _, its, _ in COLUMNS].index(field))
        choice = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
        sheet.add_data_validation(choice)
        choice.add(f"{letter}2:{letter}{MOST_ROWS}")
    guide = book.create_sheet(GUIDE)
    guide.append(["列", "書くこと"])
    for name, _, told in COLUMNS:
        guide.append([name, told])
    guide.append(["", "2行目は見本です。消すか書き換えてください。見出しの行はそのままにします。"])
    guide.append(["", "質問は、資料の文を写さずに、困っている人のことばで書きます。"])
    guide.append(
        [
            "",
            "答えのない質問（ない）も3割ほど入れます。似ているが書かれていないことを聞くと、よい試験になります。",
        ]
    )
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 24, 110
    book.save(path)
