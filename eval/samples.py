"""Files to read, for :mod:`eval.reading`: the same pages in every format, a page a list of sentences."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from textwrap import wrap

Pages = Sequence[Sequence[str]]

FONT = "HeiseiMin-W3"
LINE = 42  # letters on a line of a PDF


def title(number: int) -> str:
    return f"{number}. {number}ページ目の見出し"


def make_pdf(path: Path, pages: Pages) -> None:
    """Plain text, a line under the other."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    for number, sentences in enumerate(pages, start=1):
        canvas.setFont(FONT, 11)
        for row, line in enumerate([title(number), *wrap("".join(sentences), LINE)]):
            canvas.drawString(60, 780 - 16 * row, line)
        canvas.showPage()
    canvas.save()


def make_word(path: Path, pages: Pages) -> None:
    """A heading and a paragraph a page."""
    import docx

    document = docx.Document()
    for number, sentences in enumerate(pages, start=1):
        document.add_heading(title(number), 1)
        document.add_paragraph("".join(sentences))
    document.save(str(path))


def make_slides(path: Path, pages: Pages) -> None:
    """A slide a page, a paragraph a sentence."""
    import pptx

    show = pptx.Presentation()
    for number, sentences in enumerate(pages, start=1):
        slide = show.slides.add_slide(show.slide_layouts[1])
        heading, body = slide.placeholders
        heading.text_frame.text = title(number)
        body.text_frame.text = "\n".join(sentences)
    show.save(str(path))


def make_web(path: Path, pages: Pages) -> None:
    """A heading and a paragraph a page."""
    parts = (
        f"<h2>{escape(title(number))}</h2>\n<p>{escape(''.join(sentences))}</p>\n"
        for number, sentences in enumerate(pages, start=1)
    )
    head = '<!doctype html><html lang="ja"><meta charset="utf-8"><title>手引き</title>\n<h1>手引き</h1>\n'
    path.write_text(head + "".join(parts), "utf-8")


def make_book(path: Path, pages: Pages) -> None:
    """One sheet, a row a sentence."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("一覧")
    for row in _rows(pages):
        sheet.append(row)
    book.save(path)


def make_csv(path: Path, pages: Pages) -> None:
    """A row a sentence."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_rows(pages))


def _rows(pages: Pages) -> list[list[str]]:
    body = [
        [title(number), str(row), sentence]
        for number, sentences in enumerate(pages, start=1)
        for row, sentence in enumerate(sentences, start=1)
    ]
    return [["見出し", "番号", "本文"], *body]


MAKERS: dict[str, Callable[[Path, Pages], None]] = {
    ".pdf": make_pdf,
    ".docx": make_word,
    ".html": make_web,
    ".csv": make_csv,
    ".xlsx": make_book,
    ".pptx": make_slides,
}
