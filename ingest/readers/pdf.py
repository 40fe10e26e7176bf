"""PDF -> pages: two readers and a judge, because either alone is sometimes fluently wrong.

pdfminer (through :mod:`ingest.readers.layout`) orders columns and finds tables, pypdf is the second
opinion. A page whose text neither reads plausibly is doubtful (要確認): it is kept, shown with its
picture, and not searched until a person has looked. A page without letters goes to OCR where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ingest.readers import ocr
from ingest.readers.layout import Grid, PageText, page_text
from ingest.readers.limits import Limits
from ingest.readers.plausible import plausibility
from ingest.types import Page, Reading, Removed
from rag.errors import UnreadableFile

GOOD = 0.55  # plausibility of a page that may be searched; garbled ones measure under 0.2
Read = TypeVar("Read")
MOST_PICTURES = 20  # of pages that could not be read, kept for a person to look at
BETTER = 0.1  # by so much must the second opinion be more plausible to be preferred


def read(path: Path, limits: Limits) -> Reading:
    """Read every page. Raises UnreadableFile: broken, encrypted, too long, pictures only."""
    import pdfplumber
    from pypdf import PdfReader

    second = PdfReader(path)
    if second.is_encrypted and not second.decrypt(""):
        raise UnreadableFile(
            f"{path.name} はパスワードで保護されています。保護を外したファイルを追加してください。"
        )
    count = len(second.pages)
    if count > limits.pages:
        raise UnreadableFile(
            f"{path.name} は{count:,}ページあり、上限の{limits.pages:,}ページを超えています。分割してください。"
        )
    removed: list[Removed] = []
    with pdfplumber.open(path) as first:
        pages = tuple(_pages(path, first, second, removed))
    if all(page.state == "unread" for page in pages):
        raise UnreadableFile(
            f"{path.name} には文字の情報がありません（画像だけの{count:,}ページ）。"
            "文字認識（OCR）をかけたPDFか、元の文書ファイルを追加してください。"
        )
    return Reading(pages, laid_out=True, title=_title(second.metadata), removed=tuple(removed))


def _pages(path: Path, first: Any, second: Any, removed: list[Removed]) -> Iterator[Page]:
    last_table: Grid | None = None
    pictures = MOST_PICTURES
    for number, page in enumerate(second.pages, start=1):
        ordered = _attempt(partial(_ordered, first, number, last_table))
        last_table = ordered.last_table if ordered else None
        plain = _attempt(page.extract_text) or ""
        text = ordered.text if ordered else ""
        chosen = _page(number, text, plain)
        if chosen.state == "unread":
            chosen = ocr.page(path, number) or chosen
        elif ordered:
            removed += [Removed(number, what, why) for what, why in ordered.dropped]
        if chosen.state != "read" and pictures:
            pictures -= 1
            chosen = replace(chosen, picture=_attempt(partial(ocr.small_picture, path, number)))
        yield chosen
        if number <= len(first.pages):
            first.pages[number - 1].close()


def _ordered(first: Any, number: int, last_table: Grid | None) -> PageText:
    return page_text(first.pages[number - 1], last_table)


def _attempt(read_page: Callable[[], Read]) -> Read | None:
    """What a page gives; parsers raise anything on a broken one, and the other pages still count."""
    try:
        return read_page()
    except MemoryError:
        raise
    except Exception:
        return None


def _page(number: int, ordered: str, plain: str) -> Page:
    """The better of two readings, or the doubt."""
    if not ordered.strip() and not plain.strip():
        return Page(number, "", "unread", f"文字がありません（画像だけのページ{ocr.advice()}）")
    good, other = plausibility(ordered), plausibility(plain)
    text, best = (plain, other) if other > good + BETTER else (ordered, good)
    if best < GOOD:
        return Page(number, text, "doubtful", f"日本語として読めません（もっともらしさ {best:.2f}）")
    return Page(number, text)


def _title(metadata: Any) -> str | None:
    """The title in the file's properties, where a person seems to have written it."""
    title = re.sub(r"^Microsoft \w+ - ", "", str(metadata.title or "") if metadata else "").strip()
    title = re.sub(r"\.\w{2,5}$", "", title)
    return title if re.search("[ぁ-ヿ㐀-鿿]", title) else None
