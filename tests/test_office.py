"""Word and PowerPoint as people make them: what is shown comes out in order, what is hidden is told."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.styles import Font
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm
from test_sheets import lines, make_book

from ingest.normalize import normalize
from ingest.readers.limits import Limits
from ingest.readers.numbering import written
from ingest.readers.parent import read
from ingest.sections import sections
from ingest.types import Page, Removed
from rag.errors import UnreadableFile

LIMITS = Limits()
W = nsdecls("w")
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


# Word

TEXT_BOX = f"""
<w:r {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
  xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml">
  <mc:AlternateContent>
    <mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent><w:p><w:r><w:t>箱の中の注意です。</w:t></w:r></w:p>
      </w:txbxContent></wps:txbx></w:drawing></mc:Choice>
    <mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>箱の中の注意です。</w:t></w:r></w:p>
      </w:txbxContent></v:textbox></w:pict></mc:Fallback>
  </mc:AlternateContent>
</w:r>"""
RUBY = f"""<w:r {W}><w:ruby><w:rubyPr/><w:rt><w:r><w:t>きょうりょう</w:t></w:r></w:rt>
<w:rubyBase><w:r><w:t>橋梁</w:t></w:r></w:rubyBase></w:ruby></w:r>"""
DELETED = f'<w:del {W} w:id="1"><w:r><w:delText>危ないです。</w:delText></w:r></w:del>'
INSERTED = f'<w:ins {W} w:id="2"><w:r><w:t>を点検します。</w:t></w:r></w:ins>'


def fill(made: Any, cells: list[list[str]]) -> Any:
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            made.cell(row, column).text = text
    return made


def make_word(path: Path) -> Path:
    document = docx.Document()
    document.add_heading("橋梁点検の手引き", 0)
    document.add_heading("目的", 1)
    document.add_paragraph("この手引きは、市が管理する橋の点検の進め方を示します。")
    for text in ("近接目視で行う", "5年に1回行う"):
        document.add_paragraph(text, style="List Bullet")
    for text in ("一番目の手順です", "二番目の手順です"):
        document.add_paragraph(text, style="List Number")
    told = document.add_paragraph("市は")
    told.add_run("（内部の覚え）").font.hidden = True
    for part in (RUBY, DELETED, INSERTED):
        told._p.append(parse_xml(part))
    document.add_heading("費用", 2)
    costs = fill(
        document.add_table(rows=4, cols=4), [["施設", "費用", "", "効果"], ["", "初年度", "2年目", ""]]
    )
    costs.cell(0, 0).merge(costs.cell(1, 0))
    costs.cell(0, 1).merge(costs.cell(0, 2))
    costs.cell(0, 3).merge(costs.cell(1, 3))
    for row, texts in enumerate(
        [["橋梁", "100万円", "50万円", "半分になりました。"], ["", "80万円", "40万円", ""]], 2
    ):
        for column, text in enumerate(texts):
            costs.cell(row, column).text = text
    costs.cell(2, 0).merge(costs.cell(3, 0))
    document.add_paragraph("# これは見出しではありません")
    document.add_paragraph("箱のある段落です。")._p.append(parse_xml(TEXT_BOX))
    document.add_heading("様式", 1)
    fill(document.add_table(rows=2, cols=2), [["担当", "建設課"], ["周期", "5年"]])
    fill(document.add_table(rows=1, cols=1), [["枠で囲んだ文章です。"]])
    outer = fill(document.add_table(rows=2, cols=2), [["区分", "内容"], ["外", "内の表"]])
    fill(outer.cell(1, 1).add_table(rows=2, cols=3), [["年度", "件数", "割合"], ["令和5年度", "3", "57%"]])
    document.save(str(path))
    return path


def test_a_word_file(tmp_path: Path) -> None:
    reading = read(make_word(tmp_path / "手引き.docx"), LIMITS)
    assert lines(reading) == [
        "# 橋梁点検の手引き",
        "# 目的",
        "この手引きは、市が管理する橋の点検の進め方を示します。",
        "・近接目視で行う",
        "・5年に1回行う",
        "1. 一番目の手順です",
        "2. 二番目の手順です",
        "市は橋梁を点検します。",
        "## 費用",
        "施設：橋梁　費用 初年度：100万円　費用 2年目：50万円　効果：半分になりました。",
        "施設：橋梁　費用 初年度：80万円　費用 2年目：40万円",
        r"\# これは見出しではありません",
        "箱のある段落です。",
        "箱の中の注意です。",
        "# 様式",
        "担当：建設課",
        "周期：5年",
        "枠で囲んだ文章です。",
        "区分：外　内容：内の表",
        "年度：令和5年度　件数：3　割合：57%",
    ]
    assert (reading.title, reading.laid_out) == ("橋梁点検の手引き", False)
    assert reading.removed == (
        Removed(None, "危ないです。", "変更履歴で削除された文字"),
        Removed(None, "（内部の覚え）", "隠し文字"),
        Removed(None, "きょうりょう", "ふりがな"),
    )


def test_the_headings_of_a_word_file_are_its_sections(tmp_path: Path) -> None:
    kept, _ = normalize(read(make_word(tmp_path / "手引き.docx"), LIMITS))
    made = sections(kept)
    assert [(section.path, section.lines[0].text) for section in made] == [
        ((), "橋梁点検の手引き"),
        (("目的",), "この手引きは、市が管理する橋の点検の進め方を示します。"),
        (("目的", "費用"), "施設：橋梁　費用 初年度：100万円　費用 2年目：50万円　効果：半分になりました。"),
        (("様式",), "担当：建設課"),
    ]
    assert "# これは見出しではありません" in [line.text for line in made[2].lines]


NUMBERING = f"""<w:abstractNum {W} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="第%1章"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="aiueoFullWidth"/><w:lvlText w:val="（%3）"/></w:lvl>
</w:abstractNum>"""


def test_numbers_that_word_writes_itself_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    root = document.part.numbering_part.element
    root.insert(0, parse_xml(NUMBERING))
    root.append(parse_xml(f'<w:num {W} w:numId="91"><w:abstractNumId w:val="90"/></w:num>'))
    for depth, text in [
        (0, "総則"),
        (1, "目的"),
        (2, "安全"),
        (2, "安心"),
        (1, "範囲"),
        (0, "点検"),
        (1, "周期"),
    ]:
        paragraph = document.add_paragraph(text, style="Heading 1" if depth == 0 else None)
        properties = paragraph._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {W}><w:ilvl w:val="{depth}"/><w:numId w:val="91"/></w:numPr>'))
    document.save(str(tmp_path / "a.docx"))
    assert lines(read(tmp_path / "a.docx", LIMITS)) == [
        "# 第1章 総則",
        "1.1 目的",
        "（ア） 安全",
        "（イ） 安心",
        "1.2 範囲",
        "# 第2章 点検",
        "2.1 周期",
    ]


@pytest.mark.parametrize(
    ("number", "style", "text"),
    [
        (3, "decimal", "3"),
        (12, "decimalFullWidth", "１２"),
        (3, "decimalEnclosedCircle", "③"),
        (21, "decimalEnclosedCircle", "21"),
        (2, "iroha", "ロ"),
        (4, "lowerLetter", "d"),
        (14, "upperRoman", "XIV"),
        (23, "japaneseCounting", "二十三"),
        (10, "japaneseCounting", "十"),
        (5, "somethingNew", "5"),
    ],
)
def test_styles_of_numbers(number: int, style: str, text: str) -> None:
    assert written(number, style) == text


def test_styles_can_hide_and_can_be_headings(tmp_path: Path) -> None:
    document = docx.Document()
    own = document.styles.add_style("章の題", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = document.styles["Heading 2"]
    secret = document.styles.add_style("下書き", docx.enum.style.WD_STYLE_TYPE.CHARACTER)
    secret.font.hidden = True
    contents = document.styles.add_style("toc 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("はじめに 1", style=contents)
    document.add_paragraph("はじめに", style=own)
    document.add_paragraph("見える。").add_run("見えない。", style=secret)
    document.save(str(tmp_path / "a.docx"))
    reading = read(tmp_path / "a.docx", LIMITS)
    assert lines(reading) == ["## はじめに", "見える。"]
    assert reading.removed == (
        Removed(None, "はじめに 1", "目次"),
        Removed(None, "見えない。", "隠し文字"),
    )


FOOTNOTES = f"""<w:footnotes {W}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:t xml:space="preserve"> 令和5年の値です。</w:t></w:r></w:p></w:footnote></w:footnotes>"""


def test_a_footnote_stands_below_its_paragraph(tmp_path: Path) -> None:
    document = docx.Document()
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    notes = docx.opc.part.Part(docx.opc.packuri.PackURI("/word/footnotes.xml"), kind, FOOTNOTES.encode())
    document.part.relate_to(notes, f"{RELATIONSHIPS}/footnotes")
    paragraph = document.add_paragraph("橋は229橋あります。")
    paragraph._p.append(parse_xml(f'<w:r {W}><w:footnoteReference w:id="2"/></w:r>'))
    document.add_paragraph("次の段落です。")
    document.save(str(tmp_path / "a.docx"))
    assert lines(read(tmp_path / "a.docx", LIMITS)) == [
        "橋は229橋あります。",
        "注：令和5年の値です。",
        "次の段落です。",
    ]


# PowerPoint


def box(slide: Any, left: float, top: float, width: float, height: float, text: str) -> None:
    slide.shapes.add_textbox(Cm(left), Cm(top), Cm(width), Cm(height)).text_frame.text = text


def make_slides(path: Path) -> Path:
    show = pptx.Presentation()
    layouts = show.slide_layouts
    show.core_properties.title = "新技術の説明資料"
    columns = show.slides.add_slide(layouts[5])
    columns.shapes.title.text = "方法の比較"
    box(columns, 13, 5, 10, 2, "新しい方法")
    box(columns, 1, 5, 10, 2, "従来の方法")
    box(columns, 13, 7.2, 10, 8, "足場が要りません。")
    box(columns, 1, 7.2, 10, 4, "足場の費用がかかります。")
    box(columns, 1, 11.5, 10, 4, "交通規制が要ります。")
    box(columns, 1, 3, 22, 1.5, "どちらも近接目視を助けます。")
    columns.notes_slide.notes_text_frame.text = "ここは口で説明する"
    steps = show.slides.add_slide(layouts[1])
    steps.shapes.title.text = "進め方"
    steps.placeholders[1].text_frame.text = "課題を整理する"
    steps.placeholders[1].text_frame.add_paragraph().text = "技術を選ぶ"
    untitled = show.slides.add_slide(layouts[6])
    cells = untitled.shapes.add_table(3, 3, Cm(1), Cm(5), Cm(20), Cm(5)).table
    fill(cells, [["施設", "周期", "方法"], ["橋梁", "5年", "近接目視"], ["トンネル", "", "打音"]])
    cells.cell(1, 1).merge(cells.cell(2, 1))
    box(untitled, 1, 1, 20, 1.5, "点検の周期")
    rates = CategoryChartData(number_format="0%")
    rates.categories = ["令和5年度", "令和6年度"]
    rates.add_series("橋梁", (0.57, 0.8))
    rates.add_series("舗装", (0.1, 0.25))
    drawn = show.slides.add_slide(layouts[5])
    drawn.shapes.title.text = "実施率"
    drawn.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(5), Cm(10), Cm(10), rates)
    show.slides.add_slide(layouts[6])
    spare = show.slides.add_slide(layouts[5])
    spare.shapes.title.text = "予備の資料"
    spare._element.set("show", "0")
    show.save(str(path))
    return path


def test_a_presentation(tmp_path: Path) -> None:
    reading = read(make_slides(tmp_path / "説明.pptx"), LIMITS)
    assert [page.number for page in reading.pages] == [1, 2, 3, 4, 5]
    assert [lines(reading, page) for page in range(4)] == [
        [
            "# 方法の比較",
            "どちらも近接目視を助けます。",
            "従来の方法",
            "足場の費用がかかります。",
            "交通規制が要ります。",
            "新しい方法",
            "足場が要りません。",
        ],
        ["# 進め方", "・課題を整理する", "・技術を選ぶ"],
        ["# 点検の周期", "施設：橋梁　周期：5年　方法：近接目視", "施設：トンネル　周期：5年　方法：打音"],
        ["# 実施率", "令和5年度　橋梁：57%　舗装：10%", "令和6年度　橋梁：80%　舗装：25%"],
    ]
    assert reading.pages[4] == Page(5, "", "unread", "文字がありません（画像だけのスライドです）")
    assert reading.title == "新技術の説明資料"
    assert reading.removed == (
        Removed(1, "ここは口で説明する", "発表者ノート"),
        Removed(6, "予備の資料", "非表示のスライド"),
    )


DIAGRAM = """<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
  xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst>
  <dgm:pt><dgm:t><a:p><a:r><a:t>課題を</a:t></a:r><a:r><a:t>整理する</a:t></a:r></a:p></dgm:t></dgm:pt>
  <dgm:pt><dgm:t><a:p><a:r><a:t>技術を選ぶ</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"""
FRAME = """<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
  xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
  <p:nvGraphicFramePr><p:cNvPr id="9" name="図"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>
  <p:xfrm><a:off x="0" y="2000000"/><a:ext cx="3000000" cy="3000000"/></p:xfrm><a:graphic>
  <a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds
    xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
    xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:dm="{id}"/>
  </a:graphicData></a:graphic></p:graphicFrame>"""


def test_groups_drawings_and_hidden_shapes(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "流れ"
    data = pptx.opc.package.Part(
        pptx.opc.packuri.PackURI("/ppt/diagrams/data1.xml"),
        "application/xml",
        show.part.package,
        DIAGRAM.encode(),
    )
    link = slide.part.relate_to(data, f"{RELATIONSHIPS}/diagramData")
    slide.shapes._spTree.append(pptx.oxml.parse_xml(FRAME.format(id=link)))
    group = slide.shapes.add_group_shape()
    for top, text in ((14, "下の箱"), (12, "上の箱")):
        group.shapes.add_textbox(Cm(1), Cm(top), Cm(5), Cm(1)).text_frame.text = text
    box(slide, 1, 16, 5, 1, "消し忘れ")
    slide.shapes[-1]._element.nvSpPr.cNvPr.set("hidden", "1")
    show.save(str(tmp_path / "a.pptx"))
    reading = read(tmp_path / "a.pptx", LIMITS)
    assert lines(reading) == ["# 流れ", "・課題を整理する", "・技術を選ぶ", "上の箱", "下の箱"]
    assert reading.removed == (Removed(1, "消し忘れ", "非表示の図形"),)


def test_too_many_slides_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(make_slides(tmp_path / "説明.pptx"), Limits(pages=3))
    assert caught.value.message == "説明.pptx は6枚あり、上限の3枚を超えています。分割してください。"


def swapped(source: Path, path: Path, part: str, content: Callable[[bytes], Iterator[bytes]]) -> None:
    """A copy of a package with another content of one part."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != part:
                new.writestr(info, old.read(info))
                continue
            with new.open(part, "w", force_zip64=True) as file:
                for piece in content(old.read(part)):
                    file.write(piece)


def _bomb(path: Path) -> None:
    def content(_: bytes) -> Iterator[bytes]:
        yield from [b" " * 2**20] * 299

    swapped(make_word(path.with_name("a.docx")), path, "word/document.xml", content)


def _entities(path: Path) -> None:
    """Ten entities, each ten times the one before."""

    def content(old: bytes) -> Iterator[bytes]:
        names = "abcdefghij"
        made = '<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
        )
        text = old.split(b"?>", 1)[1].replace(b"<w:body>", b"<w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p>")
        yield f"<!DOCTYPE x [{made}]>".encode() + text

    swapped(make_word(path.with_name("a.docx")), path, "word/document.xml", content)


def _cut(path: Path) -> None:
    data = make_word(path.with_name("a.docx")).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _renamed(path: Path) -> None:
    path.write_bytes(make_book(path.with_name("a.xlsx")).read_bytes())


def _bold_nothing(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"].font = Font(bold=True)
    book.save(path)


BROKEN = "壊れているか、名前と中身の形式が違います"
AGAIN = "元のファイルを開けるか確かめ、保存し直してから追加してください。"


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        (
            "爆弾.docx",
            _bomb,
            "爆弾.docx は中身が300 MBに広がり、上限の256 MBを超えています。"
            "分割するか、要らないシートや図を除いて保存し直してから追加してください。",
        ),
        ("増殖.docx", _entities, f"増殖.docx を読み取れません。{BROKEN}（XMLSyntaxError）。{AGAIN}"),
        ("途中.docx", _cut, f"途中.docx を読み取れません。{BROKEN}。{AGAIN}"),
        ("別名.docx", _renamed, f"別名.docx を読み取れません。{BROKEN}（ValueError）。{AGAIN}"),
        (
            "旧式.xlsx",
            lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
            "旧式.xlsx はパスワードで保護されているか、古い形式（.doc .xls .ppt）です。"
            "保護を外し、いまの形式（.docx .xlsx .pptx）で保存し直してから追加してください。",
        ),
        ("白紙.xlsx", _bold_nothing, "白紙.xlsx には文字がありません。中身を確かめてください。"),
        (
            "枠だけ.html",
            lambda path: path.write_text("<nav>メニュー</nav>", "utf-8"),
            "枠だけ.html には文字がありません。中身を確かめてください。",
        ),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, name: str, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path / name, LIMITS)
    assert caught.value.message == message


def test_the_memory_of_a_reader_is_bounded(tmp_path: Path) -> None:
    """A merged cell over the whole sheet: few bytes, 17,000,000,000 squares."""
    path = tmp_path / "巨大.xlsx"

    def content(old: bytes) -> Iterator[bytes]:
        merged = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        yield old.replace(b"</sheetData>", b"</sheetData>" + merged)

    swapped(make_book(tmp_path / "a.xlsx"), path, "xl/worksheets/sheet3.xml", content)
    with pytest.raises(UnreadableFile) as caught:
        read(path, Limits(memory_bytes=256 * 2**20))
    assert caught.value.message == (
        "巨大.xlsx を読み取れません（メモリなどの上限を超えたか、壊れています）。"
        "ページを分けるか、保存し直してから追加してください。"
    )
