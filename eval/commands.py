"""handson eval: retrieval here, the others in their own modules."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import Bar, complain, say
from eval import answering, gating, marking, matching
from eval.tables import aligned
from rag.settings import Settings
from rag.types import PART_NAMES

if TYPE_CHECKING:
    from eval.retrieval import Report
    from rag.embed import Embedder

NAMES = {"dense": "意味", "lexical": "語", "fused": "意味と語", "reranked": "並べ替え"}
MILLISECONDS = {"ms_median": "中央値ms", "ms_p95": "p95ms"}


def register(commands: Commands) -> None:
    measuring = commands.group("eval", "検索・推薦・回答の良さを測る")
    parser = measuring.add("retrieval", retrieval, "検索のテストセット（BEIR形式）で、検索の良さを測る")
    parser.add_argument(
        "folder",
        type=Path,
        metavar="フォルダ",
        help="corpus.jsonl、queries.jsonl、qrels.tsv（または qrels/test.tsv）のあるフォルダ",
    )
    parser.add_argument("--limit", type=_count, metavar="件数", help="はじめの何問かだけで測る（文書は全部）")
    parser.add_argument("--ablation", action="store_true", help="最終の方式から部品を1つずつ外した値も出す")
    parser.add_argument("--json", action="store_true", help="JSONで出す")
    matching.register(measuring)
    for module in (answering, gating, marking):
        module.register(measuring)


def retrieval(options: argparse.Namespace, settings: Settings) -> int:
    """Measure how well the questions of a set find their documents."""
    from eval.beir import read
    from eval.retrieval import evaluate
    from rag.answer import open_desk
    from rag.models import open_embedder

    def first() -> Embedder:
        return open_embedder(settings.model, settings.models)

    def second() -> Embedder:
        return open_embedder(settings.second_model, settings.models)

    report = evaluate(
        read(options.folder, options.limit),
        settings,
        (first, second) if settings.second_model else (first,),
        open_desk,
        Bar(),
        ablation=options.ablation,
    )
    if report.refused:
        complain(f"受け付けられない質問が{report.refused:,}件ありました（日本語でないなど）。0点と数えます。")
    say(json.dumps(as_json(report), ensure_ascii=False, indent=1) if options.json else as_text(report))
    return 0


def as_json(report: Report) -> dict[str, object]:
    """The contract of ``--json``."""
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "queries": report.queries,
        "systems": {
            name: {figure: round(value, _digits(figure)) for figure, value in figures.items()}
            for name, figures in report.systems.items()
        },
        "final": report.final,
    }


def as_text(report: Report) -> str:
    """A table with a row for each system."""
    figures = list(report.systems[report.final])
    rows = [["方式", *(MILLISECONDS.get(figure, figure) for figure in figures)]]
    for name, values in report.systems.items():
        rows.append([_label(name), *(_cell(figure, values.get(figure)) for figure in figures)])
    size = f"文書{report.documents:,}件、チャンク{report.chunks:,}件、質問{report.queries:,}件"
    about = f"回答に使うのは {report.final} です。時間は1問の検索にかかったミリ秒です。"
    return "\n".join([size, *aligned(rows), about])


def _label(name: str) -> str:
    """The system in Japanese, and by its name in ``--json``."""
    names = NAMES | {f"without {part}": f"{said}を外す" for part, said in PART_NAMES.items()}
    return f"{names[name]}（{name}）" if name in names else name


def _cell(figure: str, value: float | None) -> str:
    return "-" if value is None else f"{value:.{_digits(figure)}f}"


def _digits(figure: str) -> int:
    return 1 if figure in MILLISECONDS else 4


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
