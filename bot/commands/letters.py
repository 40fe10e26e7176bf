"""handson requests letter: a letter to the advisor or to the municipality of a request, as a Word file."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.arguments import Commands
from bot.terminal import say
from rag.errors import DeskError
from rag.settings import Settings


def register(commands: Commands) -> None:
    writing = commands.add("letter", letter, "アドバイザーへの依頼文か、自治体への通知文を作る（Word）")
    writing.add_argument("number", type=int, metavar="受付番号")
    writing.add_argument(
        "--to",
        required=True,
        choices=("advisor", "municipality"),
        metavar="あて先",
        help="advisor（アドバイザー） municipality（自治体）",
    )
    writing.add_argument(
        "--out",
        type=Path,
        metavar="ファイル",
        help="書き出す先（初期値は、いまのフォルダの 依頼文_受付番号1.docx など）",
    )


def letter(options: argparse.Namespace, settings: Settings) -> int:
    """Write it; a file that is there already may have been filled in by hand, so it stays."""
    from bot.desk import letters
    from bot.desk.dispatch import open_dispatch
    from bot.store.database import open_store
    from rag.matching.matchmaker import open_matchmaker

    with open_store(settings) as store:
        desk = open_dispatch(settings, store)
        made = letters.write(options.number, options.to, desk, settings, lambda: open_matchmaker(settings))
    path = options.out or Path(made.name)
    try:
        with path.open("xb") as file:
            file.write(made.content)
    except FileExistsError:
        raise DeskError(
            f"{path} はもうあります。書き換えていません。--out で別の名前を指定してください。"
        ) from None
    except OSError as error:
        raise DeskError(
            f"{path} に書き出せません（{error.strerror or error}）。--out で別の場所を指定してください。"
        ) from error
    say(f"手紙を作りました: {path}")
    return 0
