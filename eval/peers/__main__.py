"""``python -m eval.peers FOLDER…``: our retrieval beside other people's (docs/peers.md)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.arguments import Parser
from bot.terminal import complain, say
from eval.beir import read
from eval.peers.entrants import PEERS
from eval.peers.peer import Entrant
from eval.peers.race import Remembering, race
from eval.peers.report import Report, as_json, as_text, report
from rag.embed import Embedder
from rag.errors import UserFacingError
from rag.models import open_embedder
from rag.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Race on every folder; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _grow(options) if options.growth else _race(options)
    except UserFacingError as error:
        complain(error.message)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        complain(
            f"ファイルを扱えません{where}（{error.strerror or error}）。場所・空き容量・権限を確かめてください。"
        )
    except KeyboardInterrupt:
        complain("中断しました。")
        return 130
    return 2


def _race(options: argparse.Namespace) -> int:
    settings = Settings()

    @cache
    def open_model(name: str) -> Embedder:
        return Remembering(open_embedder(name, settings.models))

    sets = [(folder, read(folder, options.limit)) for folder in options.folders]  # a fault is told at once
    reports: list[Report] = []
    for folder, asked in sets:
        complain(f"{folder.resolve().name}:")
        ran = race(asked, options.only, settings, open_model, lambda step: complain(f"{step}…"))
        reports.append(report(folder.resolve().name, len(asked.entries), asked.questions, ran))
        say(as_text(reports[-1]))
        _keep(options.json, {"sets": {told.name: as_json(told) for told in reports}})
    return 0


def _grow(options: argparse.Namespace) -> int:
    from eval.peers import growth

    sets = [read(folder) for folder in options.folders]
    told = growth.grow(sets, growth.one_lucene(options.only), options.sizes, Settings(), complain)
    say(growth.as_text(told))
    _keep(options.json, {"growth": growth.as_json(told)})
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m eval.peers",
        description="検索のテストセット（BEIR形式）で、ハンズオンナビとほかの検索を同じ質問で比べる",
    )
    parser.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="フォルダ",
        help="corpus.jsonl、queries.jsonl、qrels.tsv（または qrels/test.tsv）のあるフォルダ",
    )
    parser.add_argument(
        "--limit", type=count, metavar="件数", help="各セットのはじめの何問かだけで測る（文書は全部）"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        type=named,
        default=PEERS,
        metavar="名前",
        help="比べる相手（" + "、".join(entrant.name for entrant in PEERS) + "）。なければ全員",
    )
    parser.add_argument("--json", type=Path, metavar="ファイル", help="値をJSONでも書く")
    parser.add_argument(
        "--growth", action="store_true", help="チャンクが増えたときの時間・ディスク・メモリを測る"
    )
    parser.add_argument(
        "--sizes",
        type=count,
        nargs="+",
        default=(10_000, 200_000),
        metavar="件数",
        help="--growth のチャンク数",
    )
    return parser


def named(name: str) -> Entrant:
    """One of those that can be compared with."""
    for entrant in PEERS:
        if entrant.name == name:
            return entrant
    raise ValueError


def count(text: str) -> int:
    """A number above zero."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _keep(file: Path | None, told: dict[str, object]) -> None:
    if file:
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
