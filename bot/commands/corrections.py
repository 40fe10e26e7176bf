"""handson corrections: what the secretariat put right in the reading of a document (読み取りの直し)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import say
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.corrections import Correction
    from ingest.cutting import Cut

KINDS = {"text": "文", "heading": "見出し", "page": "紙面のページ番号", "off": "検索しない"}
DROPPED = "（本文から除く）"


def register(commands: Commands) -> None:
    parser = commands.add("corrections", listed, "読み取りの直しの一覧（直すのは事務局の画面で）")
    parser.add_argument("id", metavar="ID")


def listed(options: argparse.Namespace, settings: Settings) -> int:
    """Every correction beside what was read; first those that fit nothing any more."""
    from ingest.inspection import inspect_item
    from ingest.library import Library

    library = Library(settings)
    item = library.item(options.id)
    kept = library.corrections(item)
    cut = inspect_item(item, library.reading(item), kept).cut
    why = {one.correction.id: f"　当てはまる箇所がなくなりました: {one.why}" for one in cut.unfitting}
    if not kept:
        say(f"{item.title}（{item.id}）の読み取りの直しはありません。")
    for one in sorted(kept, key=lambda one: (one.id not in why, one.page or 0)):
        page = f"{one.page}ページ " if one.page else ""
        say(f"{page}{KINDS[one.fix.kind]}（{one.by}、{one.at[:10]}）{why.get(one.id, '')}")
        say(f"  読み取り: {before_of(one, cut)}\n  直し: {after_of(one)}")
    return 0


def before_of(one: Correction, cut: Cut) -> str:
    """What was read, in words."""
    from ingest.corrections import PageFix

    if isinstance(one.fix, PageFix):
        return cut.printed_read.get(one.fix.page, "（番号は見つからないか、ファイルと同じ）")
    return one.fix.spot.text


def after_of(one: Correction) -> str:
    """What it was put right to, in words."""
    from ingest.corrections import HeadingFix, PageFix, TextFix

    if isinstance(one.fix, TextFix):
        return one.fix.now or DROPPED
    if isinstance(one.fix, HeadingFix):
        return depth_name(one.fix.level)
    return (one.fix.printed or "（なし）") if isinstance(one.fix, PageFix) else "検索しない"


def depth_name(depth: int) -> str:
    """What a line is, in words."""
    return f"第{depth}段の見出し" if depth else "本文（見出しではない）"
