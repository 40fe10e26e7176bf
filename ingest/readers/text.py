"""Plain text and Markdown -> one page without a number (a form feed starts a new page)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.readers import rows
from ingest.readers.grid import Span, grid
from ingest.readers.limits import Limits
from ingest.readers.marks import ITEM, page_text, paragraph, refuse_empty
from ingest.types import Page, Reading
from rag.errors import UnreadableFile

A_FEW_WORDS = 40  # bytes
_UTF_8 = ("utf-8-sig",)
_FAR_OFF = re.compile(r"[\u0100-\u1fff]")
_JAPANESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CALLED = {  # what a web page may call its encoding; cp932 is Shift_JIS with the letters that Windows added
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    **dict.fromkeys(["shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932"], "cp932"),
    **dict.fromkeys(["euc-jp", "x-euc-jp", "eucjp"], "euc_jp"),
}
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")


def read(path: Path, _: Limits) -> Reading:
    """Read plain text in UTF-8, UTF-16, EUC-JP, Shift_JIS or ISO-2022-JP."""
    parts = decode(path).split("\f")
    numbered = len(parts) > 1
    pages = tuple(Page(number if numbered else None, part) for number, part in enumerate(parts, start=1))
    refuse_empty(path.name, pages)
    return Reading(pages, laid_out=True)


def read_markdown(path: Path, _: Limits) -> Reading:
    """Read Markdown: headings keep their ``#``, a paragraph becomes a line, marks are dropped."""
    text = markdown_lines(decode(path))
    pages = (Page(None, text),)
    refuse_empty(path.name, pages)
    title = re.search(r"^# +(.+)$", text, re.M)
    return Reading(pages, laid_out=False, title=title[1].strip() if title else None)


def decode(path: Path, declared: str | None = None) -> str:
    """The text of a file; ``declared`` is what the file calls its own encoding, where it does.

    Raises UnreadableFile where no Japanese encoding fits.
    """
    data = path.read_bytes()
    own = _CALLED.get((declared or "").lower())
    for encodings in _candidates(data, own):
        text = _fitting(data, encodings)
        if text is not None:
            return text
    if own and b"\x00" not in data:  # a page with a few broken letters
        return data.decode(own, "replace")
    raise UnreadableFile(
        f"{path.name} は文字のファイルとして読めません。UTF-8で保存し直すか、PDFで追加してください。"
    )


def _candidates(data: bytes, own: str | None) -> list[tuple[str, ...]]:
    """Encodings to try, group after group."""
    if data.startswith(_UTF_16):
        return [("utf-16",)]
    if b"\x00" in data:
        return []
    if b"\x1b$" in data:
        return [("iso2022_jp",)]
    told = [(own,)] if own else []
    return [*told, *([] if _by_chance(data) else [_UTF_8]), ("euc_jp", "cp932"), _UTF_8]


def _by_chance(data: bytes) -> bool:
    """A word or two of EUC-JP may be valid UTF-8: 5年 then shows as 5ǯ, in letters nobody wrote."""
    text = _fitting(data, _UTF_8) if len(data) < A_FEW_WORDS else None
    return text is not None and bool(_FAR_OFF.search(text)) and not _JAPANESE.search(text)


def _fitting(data: bytes, encodings: Iterable[str]) -> str | None:
    """The text by the encoding that fits best. EUC-JP and Shift_JIS often both do.

    Read by the wrong one it shows as half-width kana, which hardly anyone writes.
    """
    texts = []
    for encoding in encodings:
        try:
            texts.append(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return min(texts, key=lambda text: len(_HALF_WIDTH_KANA.findall(text)), default=None)


def markdown_lines(text: str) -> str:
    """Markdown as lines of meaning, blank lines between: a paragraph, an item, a row of a table each."""
    from markdown_it import MarkdownIt

    lines: list[str] = []
    cells: list[list[Span]] | None = None
    mark = ""
    for token in MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text)):
        if token.type == "heading_open":
            mark = "#" * int(token.tag[1]) + " "
        elif token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else ITEM
        elif token.type == "table_open":
            cells = []
        elif token.type == "tr_open" and cells is not None:
            cells.append([])
        elif token.type in ("th_open", "td_open") and cells:
            cells[-1].append(Span("", strong=token.type == "th_open"))
        elif token.type == "table_close" and cells is not None:
            lines += rows.table(grid(cells)).lines()
            cells = None
        elif token.type == "inline":
            content = _inline(token.children or [])
            if cells:
                cells[-1][-1] = replace(cells[-1][-1], text=content)
            else:
                lines.append(mark + content if mark else paragraph(content))
            mark = ""
        elif token.type in ("fence", "code_block", "html_block"):
            code = _TAG.sub("", token.content).strip()
            lines.append("\n".join(map(paragraph, code.split("\n"))))
    return page_text(lines)


def _inline(tokens: Sequence[Any]) -> str:
    """The words of a run of text; a line end between Latin words is a blank, else nothing."""
    text = ""
    for token in tokens:
        if token.type in ("text", "code_inline"):
            text += token.content
        elif token.type in ("softbreak", "hardbreak") or _BREAK.match(token.content):
            text += "\n"
    return re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", text).replace("\n", "")
