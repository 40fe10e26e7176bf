"""handson eval template | check | run: test sets of answers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import say
from eval.performing import add_choices, performed
from eval.tables import aligned
from rag.settings import Settings

if TYPE_CHECKING:
    from eval.runs import Run

SET_HELP = ".jsonl、.csv、.xlsx のファイルか、付属のセットの名前（golden）"


def register(measuring: Commands) -> None:
    template_ = measuring.add("template", template, "空のテストセットを作る（書き方つき）")
    template_.add_argument(
        "file",
        type=Path,
        nargs="?",
        default=Path("質問.xlsx"),
        metavar="ファイル",
        help=".xlsx か .csv（初期値 質問.xlsx）",
    )
    checking = measuring.add("check", check, "テストセットに誤りがないか調べる")
    checking.add_argument("set", type=Path, metavar="セット", help=SET_HELP)
    running = measuring.add("run", run, "テストセットで回答の良さを測る")
    running.add_argument(
        "set",
        type=Path,
        metavar="セット",
        help=SET_HELP,
    )
    add_choices(running)
    running.add_argument("--json", action="store_true", help="JSONで出す")
    running.add_argument("--no-report", action="store_true", help="report.html を作らない")
    running.add_argument("--before", type=Path, metavar="フォルダ", help="報告書で比べる、前の測定のフォルダ")


def template(options: argparse.Namespace, _: Settings) -> int:
    """Write an empty set."""
    from eval.lists import write_template

    write_template(options.file)
    say(f"{options.file} を作りました。質問を書いたら handson eval run {options.file} で測ります。")
    return 0


def check(options: argparse.Namespace, _: Settings) -> int:
    """Say what is wrong with a set, or what is in it."""
    from eval.figures import slices
    from eval.written import read

    cases = read(options.set)
    counts = "、".join(f"{name} {len(its)}問" for name, its in slices(cases).items())
    say(f"{options.set} に誤りはありません。{len(cases):,}問（{counts}）。")
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Ask every question, measure, and write the report."""
    from eval.runs import REPORT, read_run, summary

    folder, done = performed(options, settings)
    if not options.no_report:
        from eval.report import write_report

        write_report(folder / REPORT, done, read_run(options.before) if options.before else None)
    if options.json:
        say(json.dumps(summary(done), ensure_ascii=False, indent=1))
        return 0
    say(as_text(done))
    say(f"結果: {folder}" + ("" if options.no_report else f"（{folder / REPORT} をブラウザで開けます）"))
    return 0


def as_text(done: Run) -> str:
    """The figures of all and of each half, one metric a line, with their intervals."""
    from eval.figures import HALVES, WHOLE, figures, groups, latency, told
    from eval.measures import METRICS

    values = done.values
    own = {name: cases for name, cases in groups(done.cases).items() if name in (WHOLE, *HALVES.values())}
    found = {name: figures(cases, values) for name, cases in own.items()}
    rows = [["", *found]]
    for metric in METRICS:
        if metric.name in found[WHOLE]:
            cells = [told(its[metric.name]) if metric.name in its else "-" for its in found.values()]
            rows.append([f"{metric.label}{'' if metric.more else '（少ないほどよい）'}", *cells])
    took = latency(done.results)
    told_ms = (
        f"1問の時間: 中央値 {took.median:.0f} ms、p95 {took.p95:.0f} ms（{done.workers}問ずつ同時に）"
        if took
        else ""
    )
    size = f"{done.identity.set}: {len(done.cases):,}問、リリース {done.identity.release}、方式 {done.identity.system}"
    return "\n".join([size, *aligned(rows), told_ms, "[ ] は95%の区間、n は測った質問の数です。"])
