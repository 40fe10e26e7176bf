"""PDF -> pages, by pypdf."""

from __future__ import annotations

from pathlib import Path

from ingest.readers.limits import Limits
from ingest.types import Page, Reading
from rag.errors import UnreadableFile


def read(path: Path, limits: Limits) -> Reading:
    """Read the text layer. Raises UnreadableFile: broken, encrypted, too long, pictures only."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFile(
            f"{path.name} はパスワードで保護されています。保護を外したファイルを追加してください。"
        )
    count = len(reader.pages)
    if count > limits.pages:
        raise UnreadableFile(
            f"{path.name} は{count:,}ページあり、上限の{limits.pages:,}ページを超えています。分割してください。"
        )
    pages = tuple(
        Page(number, page.extract_text()[: limits.page_chars])
        for number, page in enumerate(reader.pages, start=1)
    )
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(
            f"{path.name} には文字の情報がありません（画像だけの{count:,}ページ）。"
            "文字認識（OCR）をかけたPDFか、元の文書ファイルを追加してください。"
        )
    title = (reader.metadata.title or "").strip() if reader.metadata else ""
    return Reading(pages, laid_out=True, title=title or None)
