"""Pages -> lines of meaning: what layout broke is rejoined, what layout added is dropped.

Stored text stays exact to the letter but for what only a font or a typesetter wanted: invisible
characters, half-width kana, radicals standing for kanji. (For search everything is folded, see
:mod:`rag.fold`.)
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.types import Line, Page, Reading, Removed
from rag.fold import fold, strip_invisible
from rag.tokens import crosses_a_word

_FONT_FORMS = re.compile("[\u2e80-\u2fdf\uff61-\uff9f\ufb00-\ufb06]+")
_PAGE_NUMBER = re.compile(
    r"[-–—‐(（]?\s*(?:p\.?\s*)?\d{1,4}\s*(?:[/／]\s*\d{1,4}|ページ|頁)?\s*[-–—‐)）]?", re.I
)
_APART = re.compile(r"^\d{1,4}[\s|–—-]+|[\s|–—-]+\d{1,4}(?:\s?/\s?\d{1,4})?$")
PAGE_NUMBER = "ページ番号"
PAGE_GAP = 2  # blank lines that a new page counts for
_CIRCLED = re.compile("[①-⑳]")
_ITEM = re.compile(
    r"[・･●○◯〇■□◆◇▪▫⚫•◎☆★➢✓✔※►▶\-–*]|[①-⑳㉑-㉟]|[(（][0-9０-９ア-ンa-zA-Zａ-ｚ一二三四五六七八九十]{1,3}[)）]"
    r"|第[0-9０-９一二三四五六七八九十]+[編章節款条項]|[0-9０-９]{1,2}(?:[.．\-－][0-9０-９]{1,2})*[.．)）]"
    r"|[0-9０-９]{1,2}[-－][0-9０-９]{1,2}[\s　]|【|[＜<][^＞>]{1,20}[＞>]$|（[^）]{1,15}）$"
    r"|[図表写真]{1,2}\s?[-－‐ー―]?\s?[0-9０-９]|#{1,6} "
)
# words that open a sentence although they are written in hiragana
_OPENERS = re.compile(
    r"なお|また|さら|しか|そし|そこ|そう|その|それ|ここ|この|これ|こう|ただ|よって|したが|まず|もし|いずれ|すべて|どの"
    r"|ところ|おお|あわせ|あらかじめ|いわゆる|かつ|ぜひ|ほか|まちづくり|わが|たとえば|つまり|ひび|ため池|みなさ|おも"
)
_CHAPTER = re.compile("第[0-9０-９一二三四五六七八九十]+[編章節]")
_TERMINAL = "。．！？!?"
_NEVER_FIRST = "、。，．）」』】〕］)ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々"
_PAIRS = (("「", "」"), ("（", "）"), ("『", "』"), ("(", ")"))


def normalize(reading: Reading) -> tuple[tuple[Line, ...], tuple[Removed, ...]]:
    """The lines of a document in order, and what was dropped."""
    pages = [(page.number, _lines(page)) for page in reading.pages]
    removed: list[Removed] = []
    if reading.laid_out:
        pages, removed = _without_page_furniture(pages)
    lines: list[Line] = []
    for number, texts in pages:
        gap, first = 0, True
        for text in texts:
            if not text.strip():
                gap += 1
                continue
            if first and lines:
                gap = PAGE_GAP
            lines.append(Line(text.strip(), number, gap, text[0] in " 　"))
            gap, first = 0, False
    return tuple(_rejoin(lines) if reading.laid_out else lines), tuple(removed)


def printed_numbers(removed: Iterable[Removed]) -> dict[int, str]:
    """Page of the file -> the number printed on it, where the two differ."""
    printed: dict[int, str] = {}
    for part in removed:
        digits = re.search(r"[0-9]+", fold(part.text))
        if part.why == PAGE_NUMBER and part.page and digits and int(digits.group()) != part.page:
            printed[part.page] = digits.group()
    return printed


def repair(text: str) -> str:
    """Letters instead of a font's stand-ins for them; no invisible characters."""
    text = unicodedata.normalize("NFC", strip_invisible(text.replace("\u2003", " ")))
    return _FONT_FORMS.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)


def _lines(page: Page) -> list[str]:
    text = page.text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return [repair(line).rstrip() for line in text.split("\n")]


def _without_page_furniture(
    pages: list[tuple[int | None, list[str]]],
) -> tuple[list[tuple[int | None, list[str]]], list[Removed]]:
    """Drop page numbers and running heads (the same edge line on many pages)."""
    removed: list[Removed] = []
    heads = _running_heads([lines for _, lines in pages])
    kept: list[tuple[int | None, list[str]]] = []
    for number, lines in pages:
        edges = _edges(lines)
        rest: list[str] = []
        for row, line in enumerate(lines):
            if _is_page_number(lines, row, row in edges, paged=number is not None):
                removed.append(Removed(number, line.strip(), PAGE_NUMBER))
            elif row in edges and _head(line) in heads:
                removed.append(Removed(number, line.strip(), "柱"))
            else:
                rest.append(line)
        kept.append((number, rest))
    return kept, removed


def _is_page_number(lines: Sequence[str], row: int, at_edge: bool, *, paged: bool) -> bool:
    """A number alone at a page's edge; where pages are unknown, one alone between blank lines."""
    if not _PAGE_NUMBER.fullmatch(fold(lines[row])) or _CIRCLED.search(lines[row]):
        return False
    if paged:
        return at_edge
    before = lines[row - 1] if row else ""
    after = lines[row + 1] if row + 1 < len(lines) else ""
    return not (before.strip() or after.strip())


def _edges(lines: Sequence[str]) -> set[int]:
    """Rows of the first and the last two lines with text; a whole sentence is no furniture."""
    filled = [row for row, line in enumerate(lines) if line.strip()]
    return {row for row in (*filled[:2], *filled[-2:]) if lines[row].rstrip()[-1] not in _TERMINAL}


def _running_heads(pages: Sequence[Sequence[str]]) -> set[str]:
    seen = Counter(head for lines in pages for head in {_head(lines[row]) for row in _edges(lines)})
    enough = max(3, round(len(pages) * 0.4))
    return {head for head, count in seen.items() if count >= enough and len(head) >= 4}


def _head(line: str) -> str:
    """An edge line without the page number that may stand apart at its end or beginning."""
    return _APART.sub("", unicodedata.normalize("NFKC", line).strip()).strip(" -–—|")


def _rejoin(lines: Sequence[Line]) -> list[Line]:
    widths = [_width(line.text) for line in lines]
    joined: list[Line] = []
    for row, line in enumerate(lines):
        if joined and line.gap <= 2 and _continues(joined[-1].text, lines, widths, row):
            last = joined[-1]
            joined[-1] = replace(last, text=_seam(last.text, line.text))
        else:
            joined.append(line)
    return joined


def _continues(paragraph: str, lines: Sequence[Line], widths: Sequence[int], row: int) -> bool:
    """Whether ``lines[row]`` carries on the paragraph that ``lines[row - 1]`` ended."""
    text, gap = lines[row].text, lines[row].gap
    if paragraph.startswith("# "):  # a slide's title, found by its size
        return False
    new_page = lines[row].page != lines[row - 1].page
    if text[0] in _NEVER_FIRST:
        return True
    if paragraph[-1].isdigit() and text[0].isdigit():
        return False  # two cells of a table, most likely; joined they would be a third number
    if paragraph[-1] in _TERMINAL or _ITEM.match(text):
        return False
    if paragraph[-1] in "、，・" or _open_bracket(paragraph):
        return True
    if gap > 1 and not new_page:
        return False
    nearby = max(widths[max(0, row - 6) : row + 6])
    full = widths[row - 1] >= max(40, nearby - 6)
    if _CHAPTER.match(paragraph) and not full:  # a sentence below it may well begin in hiragana
        return False
    if _is_particle_start(text) or ("a" <= text[0] <= "z" and paragraph[-1].isascii()):
        return True
    return full or crosses_a_word(paragraph, text)


def _is_particle_start(text: str) -> bool:
    return "ぁ" <= text[0] <= "ん" and not _OPENERS.match(text)


def _open_bracket(text: str) -> bool:
    return any(text.count(left) > text.count(right) for left, right in _PAIRS)


def _seam(left: str, right: str) -> str:
    """Japanese is joined without a blank, Latin words with one."""
    latin = left[-1].isascii() and right[0].isascii() and left[-1].isalnum() and right[0].isalpha()
    return f"{left} {right}" if latin else left + right


def _width(text: str) -> int:
    """Columns: a Japanese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "FWA" else 1 for letter in text)
