"""handson add"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import complain, say
from rag.errors import LibraryError, UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.library import Added


def register(commands: Commands) -> None:
    parser = commands.add("add", add, "文書（.pdf .txt .md、またはフォルダ）を追加する")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="ファイルかフォルダ")
    parser.add_argument("--title", metavar="題名", help="指定しなければファイルの題名か名前")
    parser.add_argument("--issuer", metavar="発行者", help="発行した組織")
    parser.add_argument("--date", metavar="日付", help="発行日（例 2021-06-01、令和3年6月）")
    parser.add_argument("--url", metavar="アドレス", help="公式のアドレス")


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Take documents into the library; one that cannot be read does not stop the others."""
    from ingest.library import Details, Library, documents_in

    files: list[Path] = []
    failed = 0
    for path in options.paths:
        try:
            documents, others = documents_in(path)
        except LibraryError as error:
            complain(error.message)
            failed += 1
            continue
        files += documents
        for other in others:
            say(f"対象外の形式なので追加しません: {other}")
    if options.title and len(files) > 1:
        raise LibraryError(
            f"--title は1つのファイルにだけ使えます（{len(files)}個のファイルがあります）。1つずつ追加してください。"
        )
    library = Library(settings)
    details = Details(options.title, options.issuer, options.date, options.url)
    changed = False
    for file in files:
        try:
            added = library.add(file, details)
        except UserFacingError as error:
            complain(error.message)
            failed += 1
            continue
        changed = changed or added.state != "known"
        say(_added_text(file, added))
    if changed:
        say("handson build を実行すると、検索と回答に使われます。")
    return 2 if failed else 0


def _added_text(file: Path, added: Added) -> str:
    states = {"added": "追加しました", "updated": "題名などを直しました", "known": "すでに入っています"}
    item = added.item
    lines = [f"{states[added.state]}: {item.title}（{file.name}、{added.pages}ページ、{item.id}）"]
    if added.removed:
        dropped = "、".join(f"{why} {count}行" for why, count in added.removed.items())
        lines.append(f"  本文から除いた行: {dropped}")
    if added.unread:
        numbers = "、".join(map(str, added.unread))
        lines.append(f"  文字が読めなかったページ: {numbers}（画像だけのページは検索されません）")
    return "\n".join(lines)
