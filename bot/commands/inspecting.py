"""handson inspect: what would be made of a file, as text and as a page to look at."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import say
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.inspection import Inspection

SHOWN_OF_REMOVED = 30  # letters
STATES = {"read": "読めた", "unread": "読めない", "doubtful": "要確認"}


def register(commands: Commands) -> None:
    parser = commands.add("inspect", inspect, "ファイルがどう読まれるかを見る（追加はしない）")
    parser.add_argument("path", type=Path, metavar="ファイル")
    parser.add_argument("--html", type=Path, metavar="保存先", help="ブラウザで見る画面として保存する")
    parser.add_argument("--chunks", action="store_true", help="チャンクの本文も出す")


def inspect(options: argparse.Namespace, settings: Settings) -> int:
    """Show pages, headings, chunks and what was left out. Exit code 0 even where pages need a look."""
    from ingest.inspection import inspect_file
    from ingest.library import limits_of

    seen = inspect_file(options.path, limits_of(settings))
    say(as_text(seen, with_chunks=options.chunks))
    if options.html:
        options.html.write_text(as_html(seen), "utf-8")
        say(f"画面を {options.html} に保存しました。ブラウザで開いてください。")
    return 0


def as_text(seen: Inspection, *, with_chunks: bool) -> str:
    """The inspection for a terminal."""
    letters = sum(len(chunk.text) for chunk in seen.chunks)
    parts = [
        f"{seen.title}（{seen.name}）",
        f"ページ {len(seen.pages):,}、見出し {len(seen.headings):,}、チャンク {len(seen.chunks):,}、文字 {letters:,}",
    ]
    for page in seen.pages:
        if page.note:
            parts.append(f"  {page.number}ページ {STATES[page.state]}: {page.note}")
    if seen.headings:
        parts.append("見出し")
        parts += [f"  {'　' * heading.depth}{heading.text}" for heading in seen.headings]
    if with_chunks:
        parts.append("チャンク")
        parts += [f"― {_where(seen, number)}\n{c.text}" for number, c in enumerate(seen.chunks, start=1)]
    if seen.removed:
        counts = "、".join(f"{why} {count}" for why, count in seen.left_out.items())
        parts.append(f"除いたもの（{counts}）")
        shown = dict.fromkeys((part.why, _short(part.text)) for part in seen.removed)
        parts += [f"  {why}: {text}" for why, text in shown]
    return "\n".join(parts)


def as_html(seen: Inspection) -> str:
    """The inspection as one page that needs nothing else."""
    from jinja2 import Environment, FileSystemLoader

    pages = Path(__file__).parent.parent / "pages"
    environment = Environment(loader=FileSystemLoader(pages), autoescape=True)
    style = (pages / "style.css").read_text("utf-8")
    return environment.get_template("inspect.html").render(seen=seen, states=STATES, style=style)


def _where(seen: Inspection, number: int) -> str:
    chunk = seen.chunks[number - 1]
    page = f" p.{chunk.page}" if chunk.page else ""
    printed = f"（紙面では{chunk.printed}）" if chunk.printed else ""
    return f"{number}{page}{printed} {' > '.join(chunk.section)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_OF_REMOVED else line[:SHOWN_OF_REMOVED] + "…"
