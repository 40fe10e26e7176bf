"""PDF -> pages, by pypdf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingest.readers.limits import Limits
from ingest.types import Page, Reading
from rag.errors import UnreadableFile

WIDE = 1.5  # times the usual distance of two lines: room for a new paragraph


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
    pages = tuple(Page(number, _text(page)) for number, page in enumerate(reader.pages, start=1))
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(
            f"{path.name} には文字の情報がありません（画像だけの{count:,}ページ）。"
            "文字認識（OCR）をかけたPDFか、元の文書ファイルを追加してください。"
        )
    return Reading(pages, laid_out=True, title=_title(reader.metadata))


def _text(page: Any) -> str:
    """The page's lines, with a blank line wherever the page leaves more room than between lines."""
    placed: list[tuple[str, float]] = []

    def place(text: str, matrix: list[float], line: list[float], *_: object) -> None:
        height = line[4] * matrix[1] + line[5] * matrix[3] + matrix[5]
        placed.extend((part, height) for part in re.split("(\n)", text) if part)

    page.extract_text(visitor_text=place)
    lines: list[tuple[str, float]] = [("", 0.0)]
    for part, height in placed:
        if part == "\n":
            lines.append(("", 0.0))
        else:
            text, first = lines[-1]
            lines[-1] = (text + part, first if text.strip() else height)
    return "\n".join(_with_gaps([(text, height) for text, height in lines if text.strip()]))


def _with_gaps(lines: list[tuple[str, float]]) -> Iterator[str]:
    steps = [abs(b[1] - a[1]) for a, b in pairwise(lines)]
    apart = sorted(step for step in steps if step > 0) or [0.0]
    usual = apart[len(apart) // 4]  # the lower quartile: many lines may stand wide apart
    for (text, _), step in zip(lines, [0.0, *steps], strict=False):
        if step > WIDE * usual:
            yield ""
        yield text


def _title(metadata: Any) -> str | None:
    """The title in the file's properties, where a person seems to have written it."""
    title = re.sub(r"^Microsoft \w+ - ", "", str(metadata.title or "") if metadata else "").strip()
    title = re.sub(r"\.\w{2,5}$", "", title)
    return title if re.search("[ぁ-ヿ㐀-鿿]", title) else None
