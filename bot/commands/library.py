"""handson add"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.commands import records
from bot.terminal import complain, say
from rag.errors import LibraryError, UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.items import Details
    from ingest.library import Added


def register(commands: Commands) -> None:
    parser = commands.add(
        "add",
        add,
        "文書（PDF、Word、PowerPoint、Excel、ウェブページ、文字のファイル、またはフォルダ）を追加する",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="ファイルかフォルダ")
    add_details(parser)
    records.add_options(parser)


def add_details(parser: argparse.ArgumentParser) -> None:
    """The options that say what a document is."""
    parser.add_argument("--title", metavar="題名", help="指定しなければファイルの題名か名前")
    parser.add_argument("--issuer", metavar="発行者", help="発行した組織")
    parser.add_argument("--edition", metavar="版", help="第2版、Ver0.1 など。指定しなければ表紙から")
    parser.add_argument(
        "--date", metavar="日付", help="発行日（例 2021-06-01、令和3年6月）。指定しなければ表紙から"
    )
    parser.add_argument("--url", metavar="アドレス", help="公式のアドレス")
    parser.add_argument("--licence", metavar="利用条件", help="利用条件（例 政府標準利用規約）")
    parser.add_argument("--added-by", metavar="名前", help="追加した人や係")
    parser.add_argument("--valid-until", metavar="日付", help="この日まで検索する（例 2026-03-31）")


def details_of(options: argparse.Namespace) -> Details:
    """What those options say."""
    from ingest.items import Details

    names = ("title", "issuer", "edition", "date", "url", "licence", "added_by", "valid_until")
    return Details(**{name: getattr(options, name) for name in names})


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Take documents into the library; one that cannot be read does not stop the others."""
    from ingest.library import Library, documents_in

    records.refuse_mixed(options)
    if options.shelf:
        return records.add_records(options, settings)
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
    details = details_of(options)
    changed = False
    for file in files:
        try:
            added = library.add(file, details)
        except UserFacingError as error:
            complain(error.message)
            failed += 1
            continue
        changed = changed or added.state != "known"
        say(added_text(file, added))
    if changed:
        say("handson build を実行すると、検索と回答に使われます。")
    return 2 if failed else 0


def added_text(file: Path, added: Added) -> str:
    """What became of a file, what was left out of it, and which pages want a look."""
    states = {"added": "追加しました", "updated": "題名などを直しました", "known": "すでに入っています"}
    item = added.item
    lines = [f"{states[added.state]}: {item.title}（{file.name}、{added.pages}ページ、{item.id}）"]
    if added.removed:
        dropped = "、".join(f"{why} {count}行" for why, count in added.removed.items())
        lines.append(f"  本文から除いた行: {dropped}")
    if added.found:
        names = {"date": "発行日", "edition": "版"}
        told = "、".join(f"{names[name]} {value}" for name, value in added.found.items())
        lines.append(f"  表紙から: {told}（違うときは --date --edition で指定して追加し直します）")
    if added.unread:
        numbers = "、".join(str(page.number) for page in added.unread)
        lines.append(f"  文字が読めなかったページ: {numbers}（画像だけのページは検索されません）")
    if added.doubtful:
        numbers = " ".join(str(page.number) for page in added.doubtful)
        lines.append(
            f"  要確認のページ: {numbers}（日本語として読めないので検索されません。handson inspect で見て、"
            f"正しければ handson accept {item.id} {numbers}）"
        )
    return "\n".join(lines)
