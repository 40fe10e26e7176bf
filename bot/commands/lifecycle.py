"""handson list | show | replace | withdraw | restore | accept: the documents of the library."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.commands.library import add_details, added_text, details_of
from bot.terminal import say
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.items import Item

NEXT = "handson build を実行すると、検索と回答に反映されます。"


def register(commands: Commands) -> None:
    listing = commands.add("list", list_items, "追加した文書の一覧")
    listing.add_argument("--json", action="store_true", help="JSONで出す")
    showing = commands.add("show", show, "1つの文書について、読み取りと状態を見る")
    showing.add_argument("id", metavar="ID")
    replacing = commands.add(
        "replace", replace, "新しい版に差し替える（旧版は残し、求められたときだけ検索する）"
    )
    replacing.add_argument("id", metavar="旧版のID")
    replacing.add_argument("path", type=Path, metavar="新しい版のファイル")
    add_details(replacing)
    withdrawing = commands.add("withdraw", withdraw, "文書を取り下げる（残し、検索しない）")
    withdrawing.add_argument("id", metavar="ID")
    withdrawing.add_argument("--reason", metavar="理由")
    restoring = commands.add("restore", restore, "取り下げた文書や旧版を元に戻す")
    restoring.add_argument("id", metavar="ID")
    accepting = commands.add("accept", accept, "要確認のページを、目で確かめたものとして検索に入れる")
    accepting.add_argument("id", metavar="ID")
    accepting.add_argument("pages", nargs="+", type=int, metavar="ページ")


def list_items(options: argparse.Namespace, settings: Settings) -> int:
    """Every document with its state."""
    from ingest.library import Library

    items = list(Library(settings).items())
    if options.json:
        say(json.dumps([asdict(item) for item in items], ensure_ascii=False, indent=1))
    elif not items:
        say("文書はまだありません。handson add で追加してください。")
    else:
        say("\n".join(_line(item) for item in items))
    return 0


def show(options: argparse.Namespace, settings: Settings) -> int:
    """One document: what is known of it, how it was read, which pages want a look."""
    from ingest.items import STATE_NAMES
    from ingest.library import Library

    library = Library(settings)
    item = library.item(options.id)
    reading = library.reading(item)
    names = {
        "issuer": "発行", "edition": "版", "date": "発行日", "url": "アドレス", "licence": "利用条件",
        "added_by": "追加した人", "valid_until": "有効期限",
    }  # fmt: skip
    lines = [item.title, f"ID: {item.id}", f"状態: {STATE_NAMES[item.state]}"]
    lines += [f"次の版: {item.replaced_by}"] if item.replaced_by else []
    lines += [f"理由: {item.reason}"] if item.reason else []
    lines += [f"{names[name]}: {value}" for name, value in item.details.given.items() if name in names]
    lines += [f"ファイル: {item.file_name}（{library.original(item)}）", f"sha256: {item.sha256}"]
    lines += [f"追加: {item.added_at}", f"ページ: {len(reading.pages)}"]
    for page in reading.pages:
        if page.state != "read":
            looked = "（確認済み）" if page.number in item.accepted else ""
            state = "要確認" if page.state == "doubtful" else "読めない"
            lines.append(f"  {page.number}ページ {state}{looked}: {page.note}")
    say("\n".join(lines))
    return 0


def replace(options: argparse.Namespace, settings: Settings) -> int:
    """Put a newer edition in the place of an older one."""
    from ingest.library import Library

    added = Library(settings).replace(options.id, options.path, details_of(options))
    say(added_text(options.path, added))
    say(f"旧版 {options.id} は残し、「旧版」と求められたときだけ検索します。{NEXT}")
    return 0


def withdraw(options: argparse.Namespace, settings: Settings) -> int:
    """Take a document out of the next release."""
    from ingest.library import Library

    item = Library(settings).withdraw(options.id, options.reason)
    say(f"取り下げました: {item.title}（{item.id}）。{NEXT} 戻すには handson restore {item.id}")
    return 0


def restore(options: argparse.Namespace, settings: Settings) -> int:
    """Put a document back."""
    from ingest.library import Library

    item = Library(settings).restore(options.id)
    say(f"元に戻しました: {item.title}（{item.id}）。{NEXT}")
    return 0


def accept(options: argparse.Namespace, settings: Settings) -> int:
    """Trust doubtful pages after a look."""
    from ingest.library import Library

    item = Library(settings).accept(options.id, tuple(options.pages))
    pages = "、".join(map(str, options.pages))
    say(f"{item.title}（{item.id}）の{pages}ページを検索に入れます。{NEXT}")
    return 0


def _line(item: Item) -> str:
    from ingest.items import STATE_NAMES

    said = "、".join(filter(None, (item.details.issuer, item.details.edition, item.details.date)))
    until = f"、{item.details.valid_until}まで" if item.details.valid_until else ""
    return (
        f"{item.id}  {STATE_NAMES[item.state]}  {item.title}{f'（{said}{until}）' if said or until else ''}"
    )
