"""Files as they come: PDFs made here, texts in three encodings, and everything that is wrong with files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.items import Details
from ingest.library import Library, documents_in
from ingest.readers.limits import Limits
from ingest.readers.parent import read
from rag.errors import LibraryError, UnreadableFile
from rag.settings import Settings

LIMITS = Limits()


def make_pdf(path: Path, *pages: list[str], title: str | None = None) -> Path:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(str(path), pagesize=A4)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        canvas.setFont("HeiseiMin-W3", 11)
        for row, line in enumerate(lines):
            canvas.drawString(60, 780 - 16 * row, line)
        canvas.showPage()
    canvas.save()
    return path


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    path = make_pdf(
        tmp_path / "手引き.pdf",
        ["橋の点検", "五年に一度、点検します。"],
        ["二ページ目です。"],
        title="橋の手引き",
    )
    reading = read(path, LIMITS)
    assert [(page.number, page.text.split()) for page in reading.pages] == [
        (1, ["橋の点検", "五年に一度、点検します。"]),
        (2, ["二ページ目です。"]),
    ]
    assert reading.title == "橋の手引き"


def test_room_between_lines_shows_as_a_blank_line(tmp_path: Path) -> None:
    path = make_pdf(
        tmp_path / "a.pdf", ["一行目です。", "二行目です。", "三行目です。", "", "離れた行です。"]
    )
    assert read(path, LIMITS).pages[0].text == "一行目です。\n二行目です。\n三行目です。\n\n離れた行です。"


def test_a_title_that_is_a_file_name_is_no_title(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["本文です。"], title="Microsoft Word - plan_v3.docx")
    assert read(path, LIMITS).title is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp"])
def test_a_text_is_read_in_its_own_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "議事録.txt"
    path.write_bytes("令和７年度の橋梁点検について、カタログを確認した。".encode(encoding))
    assert read(path, LIMITS).pages[0].text == "令和７年度の橋梁点検について、カタログを確認した。"


def test_a_form_feed_starts_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("一枚目\f二枚目", "utf-8")
    assert [page.number for page in read(path, LIMITS).pages] == [1, 2]


def test_markdown_keeps_headings_and_drops_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# 橋の手引き\n\n橋は**五年に一度**、\n`近接目視`で見ます。\n\n- 一つ目\n- [二つ目](https://example.jp)\n",
        "utf-8",
    )
    reading = read(path, LIMITS)
    assert reading.title == "橋の手引き"
    assert reading.pages[0].text.split("\n\n") == [
        "# 橋の手引き",
        "橋は五年に一度、近接目視で見ます。",
        "・一つ目",
        "・二つ目",
    ]


def test_markdown_keeps_rows_and_hidden_corners(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: 計画\n---\n<div>重要なお知らせ</div>\n\n| 施設 | 周期 |\n|---|---|\n| 橋 | 5年 |\n\nopen\ndata と<br>書く。\n",
        "utf-8",
    )
    assert read(path, LIMITS).pages[0].text.split("\n\n") == [
        "重要なお知らせ",
        "施設：橋　周期：5年",
        "open data と書く。",
    ]


def _encrypted(path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(make_pdf(path.with_name("plain.pdf"), ["本文"])))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(path)


def _pictures_only(path: Path) -> None:
    canvas = Canvas(str(path), pagesize=A4)
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.showPage()
    canvas.save()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "壊れた.pdf",
            b"%PDF-1.7 broken",
            "壊れた.pdf を読み取れません。壊れているか、名前と中身の形式が違います（PdfStreamError）。"
            "元のファイルを開けるか確かめ、保存し直してから追加してください。",
        ),
        (
            "守られた.pdf",
            _encrypted,
            "守られた.pdf はパスワードで保護されています。保護を外したファイルを追加してください。",
        ),
        (
            "絵だけ.pdf",
            _pictures_only,
            "絵だけ.pdf には文字の情報がありません（画像だけの1ページ）。"
            "文字認識（OCR）をかけたPDFか、元の文書ファイルを追加してください。",
        ),
        (
            "絵.png",
            b"PNG",
            "絵.png の形式には対応していません。"
            "追加できるのは .pdf .docx .pptx .xlsx .html .htm .csv .txt .md です。",
        ),
        ("空.txt", b"", "空.txt は空のファイルです。中身を確かめてください。"),
        ("白.txt", b" \n ", "白.txt には文字がありません。中身を確かめてください。"),
        (
            "絵.txt",
            b"\x00\xff\xfe\x01",
            "絵.txt は文字のファイルとして読めません。UTF-8で保存し直すか、PDFで追加してください。",
        ),
    ],
)
def test_what_cannot_be_read_is_told_and_not_kept(
    tmp_path: Path, settings: Settings, name: str, content: object, message: str
) -> None:
    path = tmp_path / name
    content(path) if callable(content) else path.write_bytes(content)  # type: ignore[arg-type]
    library = Library(settings)
    with pytest.raises(UnreadableFile) as caught:
        library.add(path, Details())
    assert caught.value.message == message
    assert list(library.items()) == []
    assert not list(settings.library.glob("*"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"無い\.pdf が見つかりません"):
        read(tmp_path / "無い.pdf", LIMITS)


def test_a_file_over_the_limits_is_refused(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["一"], ["二"], ["三"])
    with pytest.raises(UnreadableFile, match="3ページあり、上限の2ページ"):
        read(path, Limits(pages=2))
    with pytest.raises(UnreadableFile, match="3文字あり、上限の2文字を超えています"):
        read(path, Limits(chars=2))
    with pytest.raises(UnreadableFile, match="上限の0 MB"):
        read(path, Limits(file_bytes=10))


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["本文"])
    with pytest.raises(UnreadableFile, match="終わりませんでした"):
        read(path, Limits(seconds=0.01))


def test_a_reader_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("あ" * 20_000_000, "utf-8")
    with pytest.raises(UnreadableFile, match="上限を超えたか、壊れています"):
        read(path, Limits(file_bytes=2**30, memory_bytes=100 * 2**20))


def test_code_in_the_users_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resource.py").write_text("raise SystemExit('run')", "utf-8")
    (tmp_path / "a.txt").write_text("橋です。", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert read(Path("a.txt"), LIMITS).pages[0].text == "橋です。"


def test_a_folder_stands_for_its_documents(tmp_path: Path) -> None:
    (tmp_path / "中").mkdir()
    (tmp_path / "中" / "b.md").write_text("b", "utf-8")
    (tmp_path / "a.txt").write_text("a", "utf-8")
    (tmp_path / "c.png").write_bytes(b"c")
    documents, others = documents_in(tmp_path)
    assert [path.name for path in documents] == ["a.txt", "b.md"]
    assert [path.name for path in others] == ["c.png"]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="追加できる文書がありません"):
        documents_in(tmp_path)
