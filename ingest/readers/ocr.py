"""A page that is only a picture -> text, by tesseract where it is installed."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
from pathlib import Path

from ingest.types import Page

DPI = 300
SECONDS = 60  # for one page
ABSENT = "。tesseract-ocr と tesseract-ocr-jpn を入れると読めます"


def advice() -> str:
    """What would make pictures readable here; nothing where it is there already."""
    return "" if shutil.which("tesseract") else ABSENT


def page(path: Path, number: int) -> Page | None:
    """Read page ``number`` of a PDF from its picture; ``None`` without tesseract or without a letter."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    answer = subprocess.run(
        [program, "stdin", "stdout", "-l", "jpn", "--psm", "3"],
        input=picture(path, number, DPI),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    text = _closed_up(answer.stdout.decode("utf-8", "replace"))
    return Page(number, text, "read", "画像から文字認識（OCR）で読みました") if text.strip() else None


def picture(path: Path, number: int, dpi: int) -> bytes:
    """Page ``number`` as PNG."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        image = document[number - 1].render(scale=dpi / 72).to_pil()
    finally:
        document.close()
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "PNG")
    return buffer.getvalue()


def small_picture(path: Path, number: int) -> str:
    """Page ``number`` as a small PNG in base64, for a person to look at."""
    return base64.b64encode(picture(path, number, 60)).decode()


def _closed_up(text: str) -> str:
    """Tesseract puts blanks between Japanese letters."""
    return re.sub(r"(?<=[ぁ-ヿ㐀-鿿、。，．])[ 　](?=[ぁ-ヿ㐀-鿿、。，．0-9])", "", text)
