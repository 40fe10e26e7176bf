"""Excel and CSV: which rows belong to which header, and values as a person sees them."""

from __future__ import annotations

import zipfile
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest

from ingest.readers.blocks import tables
from ingest.readers.grid import Cell, Row, Span, grid
from ingest.readers.limits import Limits
from ingest.readers.parent import read
from ingest.readers.rows import table
from ingest.readers.shown import Value, shown
from ingest.types import Reading, Removed

LIMITS = Limits()


def lines(reading: Reading, page: int = 0) -> list[str]:
    return reading.pages[page].text.split("\n\n")


def make_book(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "事例"
    sheet["B3"] = "新技術導入事例一覧"
    sheet.merge_cells("B3:H3")
    sheet["H4"] = "令和6年3月現在"
    for column, name in enumerate(["自治体名", "施設", "費用", None, "効果", "実施日", "備考"], 2):
        sheet.cell(5, column, name)
    sheet["D6"], sheet["E6"] = "初年度", "2年目"
    sheet.merge_cells("D5:E5")
    for letter in "BCFGH":
        sheet.merge_cells(f"{letter}5:{letter}6")
    rows = [
        ["君津市", "橋梁", 1200000, 50, 0.57, datetime(2024, 3, 1), "職員が\n操縦"],
        ["木更津市", None, 800000, 40.0, 0.4, datetime(2024, 4, 1), None],
        ["秘密市", "橋梁", 1, 1, 0.1, None, None],
        ["市原市", "舗装", None, None, None, None, "検討中"],
    ]
    for row, values in enumerate(rows, 7):
        for column, value in enumerate(values, 2):
            sheet.cell(row, column, value)
        sheet.cell(row, 4).number_format = '#,##0"円"'
        sheet.cell(row, 5).number_format = '0"万円"'
        sheet.cell(row, 6).number_format = "0%"
    sheet.merge_cells("C7:C8")
    sheet.row_dimensions[9].hidden = True
    sheet["B11"] = "※効果は点検費の減少率"
    for row, (name, count) in enumerate([("区分", "件数"), ("橋梁", 2), ("舗装", 1)], 13):
        sheet.cell(row, 2, name)
        sheet.cell(row, 3, count)
    book.create_sheet("白紙")
    sums = book.create_sheet("計算")
    for row in (["年度", "合計", "備考"], [2024, "=1+2", "#N/A"], [2025, 5, "済"]):
        sums.append(row)
    drafts = book.create_sheet("下書き")
    drafts["A1"] = "内緒"
    drafts.sheet_state = "hidden"
    book.save(path)
    return path


def test_an_excel_list(tmp_path: Path) -> None:
    reading = read(make_book(tmp_path / "一覧.xlsx"), LIMITS)
    assert [page.number for page in reading.pages] == [1, 3]
    assert lines(reading) == [
        "# 事例",
        "新技術導入事例一覧",
        "令和6年3月現在",
        "自治体名：君津市　施設：橋梁　費用 初年度：1,200,000円　費用 2年目：50万円　効果：57%"
        "　実施日：2024年3月1日　備考：職員が 操縦",
        "自治体名：木更津市　施設：橋梁　費用 初年度：800,000円　費用 2年目：40万円　効果：40%"
        "　実施日：2024年4月1日",
        "自治体名：市原市　施設：舗装　備考：検討中",
        "※効果は点検費の減少率",
        "区分：橋梁　件数：2",
        "区分：舗装　件数：1",
    ]
    assert lines(reading, 1) == ["# 計算", "年度：2024", "年度：2025　合計：5　備考：済"]
    assert reading.removed == (
        *(Removed(1, text, "非表示の行") for text in ("秘密市", "橋梁", "1円", "1万円", "10%")),
        Removed(3, "#N/A", "計算の誤り"),
        Removed(None, "下書き", "非表示のシート"),
        Removed(None, "B2 =1+2", "計算されていない数式"),
    )


def test_words_in_drawings_are_told(tmp_path: Path) -> None:
    path = make_book(tmp_path / "一覧.xlsx")
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/drawings/drawing1.xml", "<x><a:t>図の注意</a:t><a:t>です</a:t></x>".encode())
    assert read(path, LIMITS).removed[-1] == Removed(None, "図の注意です", "図形の中の文字")


def test_a_stray_cell_at_the_end_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "橋の一覧です。", "端のセルです。"
    book.save(tmp_path / "a.xlsx")
    assert lines(read(tmp_path / "a.xlsx", LIMITS)) == ["# Sheet", "橋の一覧です。", "端のセルです。"]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.573, "0%", "57%"),
        (0.5735, "0.0%", "57.4%"),
        (-0.5, "0.0%", "-50.0%"),
        (1200, "#,##0", "1,200"),
        (1234567, '#,##0,"千円"', "1,235千円"),
        (3, '"第"0"回"', "第3回"),
        (12.0, "General", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (12345678901, "General", "12345678901"),
        (1e30, "0.00", "1000000000000000019884624838656"),
        (-5, "0;▲0", "▲5"),
        (0, '0;-0;"－"', "－"),
        (5, ";;;", ""),
        (5, "@", "5"),
        (True, "General", "TRUE"),
        (datetime(2024, 3, 1), "yyyy/m/d", "2024年3月1日"),
        (datetime(2024, 3, 1), 'yyyy"年"m"月"', "2024年3月"),
        (datetime(2024, 3, 1), '[$-411]ggge"年"m"月"d"日"', "2024年3月1日"),
        (datetime(2024, 3, 1, 9, 30), "yyyy/m/d h:mm", "2024年3月1日 09:30"),
        (time(9, 5), "h:mm", "09:05"),
        (None, "General", ""),
    ],
)
def test_values_are_read_as_they_are_shown(value: Value, number_format: str, text: str) -> None:
    assert shown(value, number_format) == text


def sheet_of(text: str) -> list[Row]:
    """A sheet drawn with ``|`` between the cells, ``*`` before a bold one."""
    rows = [line.split("|") for line in text.strip("\n").split("\n")]
    width = max(map(len, rows))
    return [
        tuple(
            Cell(value.strip(" *"), r, c, strong=value.strip().startswith("*"))
            for c, value in enumerate([*row, *[""] * (width - len(row))], 1)
        )
        for r, row in enumerate(rows, 1)
    ]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        pytest.param(
            "市|施設|効果\nA市|橋|1\n\nB市|道|2",
            ["市：A市　施設：橋　効果：1", "市：B市　施設：道　効果：2"],
            id="a gap in a list",
        ),
        pytest.param(
            "市|施設|効果\nA市|橋|1\n\n区分|件数|割合\n橋|2|3",
            ["市：A市　施設：橋　効果：1", "区分：橋　件数：2　割合：3"],
            id="two tables",
        ),
        pytest.param(
            "市|施設|効果\nA市|橋|1\n\n■B県\nB市|道|2",
            ["市：A市　施設：橋　効果：1", "■B県", "市：B市　施設：道　効果：2"],
            id="groups",
        ),
        pytest.param(
            "自治体|施設||区分|件数\nA市|橋||橋|2\nB市|道||道|3\nC市|川",
            [
                "自治体：A市　施設：橋",
                "自治体：B市　施設：道",
                "自治体：C市　施設：川",
                "区分：橋　件数：2",
                "区分：道　件数：3",
            ],
            id="side by side",
        ),
        pytest.param(
            "市|費用||効果\n|初年度|2年目|\nA市|1|2|3",
            ["市：A市　費用 初年度：1　費用 2年目：2　効果：3"],
            id="a header of two rows without merged cells",
        ),
        pytest.param(
            "*担当|建設課|*電話|12\n*周期|5年|*方法|目視",
            ["担当：建設課　電話：12", "周期：5年　方法：目視"],
            id="a form",
        ),
        pytest.param("*施設|*周期\n橋|5年", ["施設：橋　周期：5年"], id="two columns with a bold header"),
        pytest.param(
            "担当|建設課\n周期|5年", ["担当：建設課", "周期：5年"], id="two columns without a header"
        ),
        pytest.param("|令和5年|令和6年\n橋|10|12", ["橋　令和5年：10　令和6年：12"], id="an empty corner"),
        pytest.param(
            "市|施設|効果\nA市|橋|1\n市|施設|効果\nB市|道|2",
            ["市：A市　施設：橋　効果：1", "市：B市　施設：道　効果：2"],
            id="the header again",
        ),
    ],
)
def test_where_tables_begin_and_what_heads_them(drawn: str, expected: list[str]) -> None:
    assert [line for table in tables(sheet_of(drawn)) for line in table.lines()] == expected


def test_logical_columns_of_a_squared_paper_sheet() -> None:
    """Every cell merged over three squares (方眼紙), in the header and below alike."""
    rows = [[Span("市", 3), Span("施設", 3), Span("効果", 3)], [Span("A市", 3), Span("橋", 3), Span("1", 3)]]
    assert list(table(grid(rows)).lines()) == ["市：A市　施設：橋　効果：1"]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("cp932", ","), ("utf-8-sig", ","), ("utf-16", "\t"), ("euc_jp", ",")]
)
def test_a_csv_list(tmp_path: Path, encoding: str, mark: str) -> None:
    path = tmp_path / "一覧.csv"
    rows = [["自治体名", "施設", "効果"], ["君津市", "橋梁", '"点検費が\n57%減"'], ["市原市", "舗装", ""]]
    path.write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    assert lines(read(path, LIMITS)) == [
        "自治体名：君津市　施設：橋梁　効果：点検費が 57%減",
        "自治体名：市原市　施設：舗装",
    ]
