"""handson requests export | forget: all that concerns one municipality or one person."""

from __future__ import annotations

import argparse
import json
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands, Parser
from bot.terminal import say
from rag.errors import DeskError
from rag.settings import Settings

if TYPE_CHECKING:
    from bot.desk.erasure import Concerned, Subject


def register(commands: Commands) -> None:
    exporting = commands.add("export", export, "1つの自治体、または1人についての記録をすべて書き出す（JSON）")
    _add_subject(exporting)
    exporting.add_argument("-o", "--output", type=Path, metavar="ファイル", help="書き出す先（初期値は画面）")
    forgetting = commands.add("forget", forget, "1つの自治体、または1人についての記録をすべて消す")
    _add_subject(forgetting)
    forgetting.add_argument(
        "--reason", required=True, metavar="理由", help="消す理由（消した記録として残る）"
    )
    forgetting.add_argument(
        "--yes", action="store_true", help="本当に消す（付けないと、消えるものを見せるだけ）"
    )
    add_by(forgetting)
    forgetting.add_argument("--json", action="store_true", help="JSONで出す")


def add_by(parser: Parser) -> None:
    """Who does it."""
    try:
        user = getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        user = "事務局"
    parser.add_argument("--by", default=user, metavar="名前", help=f"だれが行ったか（初期値は {user}）")


def export(options: argparse.Namespace, settings: Settings) -> int:
    """Give out all that concerns a municipality or a person."""
    from bot.desk.erasure import concerning
    from bot.store.database import open_store

    with open_store(settings) as store:
        found = concerning(store, _subject(options))
    text = json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    if options.output is None:
        say(text)
    else:
        options.output.write_text(text + "\n", "utf-8")
        say(f"書き出しました: {options.output}（{_counts(found)}）")
    return 0


def forget(options: argparse.Namespace, settings: Settings) -> int:
    """Erase it for good; without --yes only say what would go."""
    from bot.desk import erasure
    from bot.store.database import open_store

    with open_store(settings) as store:
        subject = _subject(options)
        if options.yes:
            found = erasure.forget(store, subject, settings.drafts, by=options.by, reason=options.reason)
        else:
            found = erasure.concerning(store, subject)
    if options.json:
        numbers = [request.id for request, _ in found.requests]
        questions = [entry.id for entry in found.questions]
        told = {"erased": options.yes, "requests": numbers, "unanswered": questions}
        say(json.dumps(told | {name: len(rows) for name, rows in found.spoken.as_json().items()}))
    elif options.yes:
        say(
            f"消しました: {_counts(found)}。控え（バックアップ）や書き出したファイルにあるものは、別に消してください。"
        )
    else:
        for request, events in found.requests:
            say(f"  受付番号{request.id} {request.municipality} {request.state}（履歴{len(events)}件）")
        say(f"まだ消していません: {_counts(found)}が消えます。消すには --yes を付けてください。")
    return 0


def _subject(options: argparse.Namespace) -> Subject:
    from bot.desk import erasure
    from bot.desk.places import municipality_named

    if bool(options.municipality) == bool(options.person):
        raise DeskError("--municipality か --person の、どちらか1つを書いてください。")
    if options.person:
        return erasure.person(options.person)
    return erasure.municipality(municipality_named(options.municipality, options.prefecture))


def _counts(found: Concerned) -> str:
    return "、".join(f"{name} {count:,}件" for name, count in found.counts.items())


def _add_subject(parser: Parser) -> None:
    parser.add_argument(
        "--municipality", metavar="自治体", help="この自治体の案件と会話、この自治体の名前がある質問"
    )
    parser.add_argument("--prefecture", metavar="都道府県", help="同じ名前の自治体があるとき")
    parser.add_argument(
        "--person", metavar="名前など", help="この名前・メールアドレス・電話番号がある案件・質問・回答"
    )
