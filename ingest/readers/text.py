"""Plain text and Markdown -> one page without a number (a form feed starts a new page)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.readers.limits import Limits
from ingest.types import Page, Reading
from rag.errors import UnreadableFile

_ENCODINGS = ("utf-8-sig", "euc_jp", "cp932")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")


def read(path: Path, _: Limits) -> Reading:
    """Read plain text in UTF-8, EUC-JP or Shift_JIS."""
    parts = decode(path).split("\f")
    numbered = len(parts) > 1
    pages = tuple(Page(number if numbered else None, part) for number, part in enumerate(parts, start=1))
    _refuse_empty(path, pages)
    return Reading(pages, laid_out=True)


def read_markdown(path: Path, _: Limits) -> Reading:
    """Read Markdown: headings keep their ``#``, a paragraph becomes a line, marks are dropped."""
    text = markdown_lines(decode(path))
    pages = (Page(None, text),)
    _refuse_empty(path, pages)
    title = re.search(r"^# +(.+)$", text, re.M)
    return Reading(pages, laid_out=False, title=title[1].strip() if title else None)


def decode(path: Path) -> str:
    """The text of a file. Raises UnreadableFile where no Japanese encoding fits."""
    data = path.read_bytes()
    if b"\x00" not in data:
        fitting: list[str] = []
        for encoding in _ENCODINGS:
            try:
                fitting.append(data.decode(encoding))
            except UnicodeDecodeError:
                continue
            if encoding == "utf-8-sig":
                break
        if fitting:  # EUC-JP read as Shift_JIS shows as half-width kana, which hardly anyone writes
            return min(fitting, key=lambda text: len(_HALF_WIDTH_KANA.findall(text)))
    raise UnreadableFile(
        f"{path.name} は文字のファイルとして読めません。UTF-8で保存し直すか、PDFで追加してください。"
    )


def markdown_lines(text: str) -> str:
    """Markdown as lines of meaning, blank lines between: a paragraph, an item, a row of a table each."""
    from markdown_it import MarkdownIt

    text = _FRONT_MATTER.sub("", text)
    lines: list[str] = []
    cells: list[str] | None = None
    mark = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "heading_open":
            mark = "#" * int(token.tag[1]) + " "
        elif token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else "・"
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            lines.append("　".join(cells))
            cells = None
        elif token.type == "inline":
            content = _inline(token.children or [])
            if cells is not None:
                cells.append(content)
            else:
                lines.append(mark + content)
            mark = ""
        elif token.type in ("fence", "code_block", "html_block"):
            lines.append(_TAG.sub("", token.content).strip())
    return "\n\n".join(line for line in lines if line)


def _inline(tokens: Sequence[Any]) -> str:
    """The words of a run of text; a line end between Latin words is a blank, else nothing."""
    text = ""
    for token in tokens:
        if token.type in ("text", "code_inline"):
            text += token.content
        elif token.type in ("softbreak", "hardbreak") or _BREAK.match(token.content):
            text += "\n"
    return re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", text).replace("\n", "")


def _refuse_empty(path: Path, pages: tuple[Page, ...]) -> None:
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(f"{path.name} には文字がありません。中身を確かめてください。")
