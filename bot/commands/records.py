"""handson add --as: a list becomes records."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.terminal import complain, say
from rag.documents import SHELF_NAMES
from rag.errors import LibraryError, UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.lists.plan import Matched, Plan, Request

SHELVES = ("cases", "technologies", "programmes", "contacts", "needs", "advisors", "faq", "glossary")
_ALSO = {"シーズ": "technologies"}  # what is offered stands in the catalogue of technologies
_ONLY_HERE = ("map", "set", "source_title", "source_url", "source_year", "dry_run")
_MADE = {"prefecture": "は自治体名から補う", "confidence": "は medium とする"}  # where no column tells it
_ONLY_FOR_DOCUMENTS = (
    "title", "issuer", "edition", "date", "url", "licence", "added_by", "valid_until",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how a list becomes records."""
    group = parser.add_argument_group("一覧（.xlsx .csv）を1行1件の記録にする")
    group.add_argument(
        "--as",
        dest="shelf",
        type=_shelf,
        choices=SHELVES,
        metavar="棚",
        help=f"{' '.join(SHELVES)} のどれか（日本語の名前でもよい。シーズは技術カタログに入る）",
    )
    group.add_argument(
        "--map", action="append", metavar="列名=項目", help="この列を、この項目として読む（何度でも）"
    )
    group.add_argument(
        "--set",
        action="append",
        metavar="項目=値",
        help="空の欄や列のない項目に、すべての行で使う（何度でも）",
    )
    group.add_argument("--source-title", metavar="題名", help="すべての行の出典")
    group.add_argument("--source-url", metavar="アドレス", help="その出典のアドレス")
    group.add_argument("--source-year", metavar="年", help="その出典の年")
    group.add_argument("--dry-run", action="store_true", help="読み方と誤りを見るだけで、書き込まない")


def refuse_mixed(options: argparse.Namespace) -> None:
    """Raise LibraryError for options of the other way to add."""
    with_list = options.shelf is not None
    for name in _ONLY_FOR_DOCUMENTS if with_list else _ONLY_HERE:
        if getattr(options, name):
            option = f"--{name.replace('_', '-')}"
            told = "一覧の記録には使えません" if with_list else "--as と一緒に使います"
            raise LibraryError(f"{option} は、{told}。handson add --help で使い方を見られます。")


def add_records(options: argparse.Namespace, settings: Settings) -> int:
    """Show how each list is understood, then put its good rows on the shelf."""
    from ingest.lists.plan import plan, write

    failed = changed = False
    for path in options.paths:
        try:
            planned = plan(_request(options, path), settings)
        except UserFacingError as error:
            complain(error.message)
            failed = True
            continue
        say(_mapping_text(planned))
        for place, fault in planned.faults:
            complain(place.told(fault, options.shelf))
        failed = failed or bool(planned.faults)
        if not options.dry_run:
            write(planned, settings)
            changed = changed or any(row.state != "known" for row in planned.rows)
        say(_outcome_text(planned, settings, dry_run=options.dry_run))
    if changed:
        say("handson build を実行すると、検索と回答に使われます。")
    return 2 if failed else 0


def _request(options: argparse.Namespace, path: Path) -> Request:
    from ingest.lists.columns import field_called, wish
    from ingest.lists.plan import Request, source_of
    from ingest.lists.rows import Given

    values: dict[str, str] = {}
    for text in options.set or ():
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise LibraryError(
                f"--set「{text}」は 項目=値 の形で書いてください（例 --set 都道府県=群馬県）。"
            )
        values[field_called(name, options.shelf)] = value
    source = source_of(options.source_title, options.source_url, options.source_year)
    wishes = tuple(wish(text, options.shelf) for text in options.map or ())
    return Request(path, options.shelf, wishes, Given(values, source))


def _mapping_text(planned: Plan) -> str:
    request = planned.request
    lines = []
    for matched in planned.lists:
        sheet = f"「{matched.table.sheet}」" if matched.table.sheet else ""
        lines.append(f"{request.path.name}{sheet} → {SHELF_NAMES[request.shelf]}")  # type: ignore[index]
        lines += _column_lines(request.shelf, matched)
    lines += [f"  --set により: {name}={value}" for name, value in request.given.values.items()]
    lines += [f"一覧ではないので読まない表: {columns}" for columns in planned.others]
    if planned.notes:
        lines.append(f"記録ではないので読まない行: {'、'.join(planned.notes)}")
    if planned.removed:
        told = "、".join(f"{why} {count}か所" for why, count in planned.removed.items())
        lines.append(f"見えないので読まないもの: {told}")
    return "\n".join(lines)


def _column_lines(shelf: str, matched: Matched) -> list[str]:
    from ingest.lists.columns import label
    from ingest.lists.plan import left_blank

    columns = matched.mapping.columns
    lines = [f"  {'、'.join(names)} → {label(shelf, field)}" for field, names in columns.items()]
    if matched.mapping.unused:
        lines.append(f"  使わない列: {'、'.join(matched.mapping.unused)}（使うなら --map 列名=項目）")
    blank = [f"{label(shelf, field)}{_MADE.get(field, '')}" for field in left_blank(shelf, matched.mapping)]
    if blank:
        lines.append(f"  列がない項目: {'、'.join(blank)}")
    return lines


def _outcome_text(planned: Plan, settings: Settings, *, dry_run: bool) -> str:
    states = {"added": "追加", "updated": "更新", "known": "変更なし"}
    counts = [
        f"{name} {sum(row.state == state for row in planned.rows):,}件" for state, name in states.items()
    ]
    counts.append(f"誤りのため入らない行 {planned.failed:,}件")
    if dry_run:
        return f"{'、'.join(counts)}（--dry-run なので書き込んでいません）"
    return f"{'、'.join(counts)}（{settings.shelves}）"


def _shelf(text: str) -> str:
    """A shelf by its name or a Japanese name."""
    called = {name: shelf for shelf, name in SHELF_NAMES.items()} | _ALSO
    return called.get(text, text)
