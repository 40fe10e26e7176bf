"""handson check"""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.arguments import Commands
from bot.terminal import complain, say
from rag.documents import SHELF_NAMES
from rag.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add("check", check, "棚の記録に誤りがないか調べる")
    parser.add_argument(
        "path", nargs="?", type=Path, metavar="フォルダ", help="指定しなければ corpus/ と、追加した記録"
    )


def check(options: argparse.Namespace, settings: Settings) -> int:
    """Validate every record on the shelves and tell all faults at once."""
    from corpus.shelves import ROOT, ShelfError, load

    try:
        shelves = load(options.path) if options.path else load(ROOT, settings.shelves)
    except ShelfError as error:
        complain(str(error))
        complain(
            f"誤りが{len(error.faults)}件あります。直してから、もう一度 handson check を実行してください。"
        )
        return 2
    for shelf, name in SHELF_NAMES.items():
        if shelf != "library":
            say(f"{name}: {len(getattr(shelves, shelf)):,}件")
    say("誤りはありません。")
    return 0
