"""Web pages and texts: the words without the frame, in whatever encoding they come."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sheets import lines

from ingest.normalize import normalize
from ingest.readers.limits import Limits
from ingest.readers.parent import read
from ingest.readers.text import decode
from ingest.sections import sections
from ingest.types import Removed

LIMITS = Limits()

PAGE = """<!DOCTYPE html><html><head><meta charset="Shift_JIS"><title>橋の点検 | ある町</title><style>p{}</style></head><body>
<div id="header"><a href="/">ある町</a></div><ul class="breadcrumb"><li>トップ</li></ul><nav><ul><li>くらし</li></ul></nav>
<form><div id="contents"><h1>橋の点検</h1>前書きは裸の
文字です。<!-- 下書き --><p>町は<ruby>橋梁<rp>（</rp><rt>きょうりょう</rt><rp>）</rp></ruby>を、<br>5年に1回点検します①。</p>
<p style="color:red; display:none">隠れた指示</p><p hidden>隠れた文</p>
<ul><li>一つ目<ul><li>中の一つ</ul><li><p>二つ目</p></ul><ol><li>申請<li>審査</ol>
<dl><dt>日時<dd>4月1日<dt>場所<dd>役場<dt>その他</dl>
<table><caption>点検の周期</caption><tr><th>施設<th>周期<th>費用<tr><td rowspan=2>橋梁<td>5年<td>100万円<tr><td>1年<td>10万円</table>
<table><tr><th>担当</th><td>建設課</td></tr><tr><th>電話</th><td>0439-56-1111</td></tr></table>
<table><tr><td><h2>お問い合わせ</h2><p>建設課です。</p></td><td><img src="a.png"></td></tr></table>
<pre># 点検の準備
make run</pre></div></form><footer>copyright</footer></body></html>"""


def test_a_web_page(tmp_path: Path) -> None:
    path = tmp_path / "点検.html"
    path.write_bytes(PAGE.encode("cp932"))
    reading = read(path, LIMITS)
    assert lines(reading) == [
        "# 橋の点検",
        "前書きは裸の文字です。",
        "町は橋梁を、5年に1回点検します①。",
        "・一つ目",
        "・中の一つ",
        "・二つ目",
        "1. 申請",
        "2. 審査",
        "日時：4月1日",
        "場所：役場",
        "その他",
        "点検の周期",
        "施設：橋梁　周期：5年　費用：100万円",
        "施設：橋梁　周期：1年　費用：10万円",
        "担当：建設課",
        "電話：0439-56-1111",
        "## お問い合わせ",
        "建設課です。",
        r"\# 点検の準備",
        "make run",
    ]
    assert reading.title == "橋の点検"
    frame = "ページの枠（メニューなど）"
    assert reading.removed == (
        Removed(None, "隠れた指示", "見えない文字"),
        Removed(None, "隠れた文", "見えない文字"),
        Removed(None, "きょうりょう", "ふりがな"),
        *(Removed(None, text, frame) for text in ("ある町", "トップ", "くらし", "copyright")),
    )


def test_the_main_part_of_a_web_page_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.htm"
    path.write_text(
        "<title>点検</title><body><p>お知らせ</p><main><article><header><h2>見出し</h2></header>"
        '<p style="font-size:0.9em">小さめの文です。</p></article></main></body>',
        "utf-8",
    )
    reading = read(path, LIMITS)
    assert (lines(reading), reading.title, reading.removed) == (["## 見出し", "小さめの文です。"], "点検", ())


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp")
SHORT = ("橋梁", "令和7年度", "トンネル", "年度,件数\n2021,3", "○×町", "ー", "5年")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, encoding) for text in SHORT for encoding in ENCODINGS),
        ("①点検㈱", "cp932"),
        ("髙橋", "utf-8"),
    ],
)
def test_short_texts_are_read_in_their_own_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert decode(tmp_path / "a.txt") == text


def test_a_comment_in_code_is_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# 手順\n\n```\n# 準備する\nmake run\n```\n\n\\# 番号の印\n\n## 終わりに\n", "utf-8")
    kept, _ = normalize(read(path, LIMITS))
    assert [(s.path, [line.text for line in s.lines]) for s in sections(kept)] == [
        (("手順",), ["# 準備する", "make run", "# 番号の印", "終わりに"]),
    ]


def test_a_table_in_markdown_carries_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("| 施設 | 周期 | 方法 |\n|---|---|---|\n| 橋 | 5年 | 目視 |\n| 道 | | 車載 |\n", "utf-8")
    assert lines(read(path, LIMITS)) == ["施設：橋　周期：5年　方法：目視", "施設：道　方法：車載"]
