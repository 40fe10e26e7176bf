"""Plain text and Markdown -> one page without a number (a form feed starts a new page)."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.readers.limits import Limits
from ingest.types import Page, Reading
from rag.errors import UnreadableFile

_ENCODINGS = ("utf-8-sig", "euc_jp", "cp932")
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")


def read(path: Path, limits: Limits) -> Reading:
    """Read plain text in UTF-8, EUC-JP or Shift_JIS."""
    parts = decode(path).split("\f")
    numbered = len(parts) > 1
    pages = tuple(
        Page(number if numbered else None, part[: limits.page_chars])
        for number, part in enumerate(parts, start=1)
    )
    _refuse_empty(path, pages)
    return Reading(pages, laid_out=True)


def read_markdown(path: Path, limits: Limits) -> Reading:
    """Read Markdown: headings keep their ``#``, a paragraph becomes a line, marks are dropped."""
    text = markdown_lines(decode(path))
    pages = (Page(None, text[: limits.page_chars]),)
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
    """Markdown as lines of meaning, one paragraph or list item each, blank lines between."""
    from markdown_it import MarkdownIt

    lines: list[str] = []
    mark = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "heading_open":
            mark = "#" * int(token.tag[1]) + " "
        elif token.type == "list_item_open":
            mark = f"{token.info}. " if token.info else "・"
        elif token.type == "inline":
            lines.append(mark + "".join(_inline(child) for child in token.children or []))
            mark = ""
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.strip())
    return "\n\n".join(lines)


def _inline(token: object) -> str:
    kind, content = getattr(token, "type", ""), getattr(token, "content", "")
    if kind in ("text", "code_inline"):
        return str(content)
    return "\n" if kind == "hardbreak" else ""


def _refuse_empty(path: Path, pages: tuple[Page, ...]) -> None:
    if not any(page.text.strip() for page in pages):
        raise UnreadableFile(f"{path.name} には文字がありません。中身を確かめてください。")
