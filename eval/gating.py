"""handson eval diff | gate"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.terminal import complain, say
from eval.performing import add_choices, performed
from eval.tables import aligned
from rag.settings import Settings

if TYPE_CHECKING:
    from eval.comparing import Comparison
    from eval.measures import Values
    from eval.runs import Run

SHOWN = 20  # cases won or lost that are listed


def register(measuring: Commands) -> None:
    comparing = measuring.add("diff", diff, "2つの測定を比べる（勝った質問・負けた質問）")
    comparing.add_argument("before", type=Path, metavar="前", help="測定のフォルダ")
    comparing.add_argument("after", type=Path, metavar="後", help="測定のフォルダ")
    comparing.add_argument("--json", action="store_true", help="JSONで出す")
    gating = measuring.add("gate", gate, "公開してよいかを判定する（終了コード 0 よい、1 だめ）")
    gating.add_argument(
        "set",
        type=Path,
        metavar="セット",
        help="テストセット（これから測る）か、測定のフォルダ（もう測った）",
    )
    add_choices(gating)
    gating.add_argument(
        "--against", metavar="リリース", help="比べるリリース（current など）。同じセットで測って比べる"
    )
    gating.add_argument(
        "--baseline",
        type=Path,
        metavar="ファイル",
        help="比べる基準値のファイルか測定のフォルダ（初期値 付属の基準値）",
    )


def diff(options: argparse.Namespace, _: Settings) -> int:
    """What the second run does better or worse than the first."""
    from eval.comparing import compare
    from eval.runs import read_run

    before, after = read_run(options.before), read_run(options.after)
    comparison = compare(before.values, after.values)
    if options.json:
        say(json.dumps(asdict(comparison), ensure_ascii=False, indent=1))
    else:
        say("\n".join(_told(comparison, before, after)))
    return 0


def gate(options: argparse.Namespace, settings: Settings) -> int:
    """Judge a run, made now or before; 1 where it must not be published."""
    from eval.gate import judge
    from eval.report import write_report
    from eval.runs import REPORT

    folder, done = _run(options, settings)
    before, compared = _before(options, settings, done)
    verdict = judge(done.cases, done.values, before)
    write_report(folder / REPORT, done, compared, verdict)
    for note in verdict.notes:
        complain(note)
    if verdict.holds:
        say(
            f"合格です。{len(done.cases):,}問で、下限・上限・前との差のすべてを満たしました。報告書: {folder / REPORT}"
        )
        return 0
    say(
        "\n".join(
            ["不合格です。", *(f"・{breach}" for breach in verdict.breaches), f"報告書: {folder / REPORT}"]
        )
    )
    return 1


def _run(options: argparse.Namespace, settings: Settings) -> tuple[Path, Run]:
    from eval.runs import read_run

    if options.set.is_dir():
        return options.set, read_run(options.set)
    return performed(options, settings)


def _before(
    options: argparse.Namespace, settings: Settings, done: Run
) -> tuple[dict[str, Values] | None, Run | None]:
    """What the run is compared with: another release, another run, or the baseline that comes with the project."""
    from eval.baseline import baseline_of
    from eval.runs import read_run

    if options.against:
        aside = None if options.out is None else options.out / "against"
        again = {**vars(options), "release": options.against, "out": aside}
        _, other = performed(argparse.Namespace(**again), settings)
        return other.values, other
    if options.baseline and options.baseline.is_dir():
        other = read_run(options.baseline)
        return other.values, other
    return baseline_of(done, options.baseline), None


def _told(comparison: Comparison, before: Run, after: Run) -> Iterator[str]:
    from eval.measures import BY_NAME

    yield f"前 {before.identity.release}（{before.identity.system}）→ 後 {after.identity.release}（{after.identity.system}）、どちらにもある{comparison.shared}問"
    rows = [["", "前", "後", "差", "95%の区間", "良くなった", "悪くなった", "p", ""]]
    for its in comparison.differences:
        mark = ("悪くなった" if its.worse else "良くなった") if its.significant else ""
        rows.append([
            BY_NAME[its.name].label, f"{its.before:.3f}", f"{its.after:.3f}", f"{its.change:+.3f}",
            f"[{its.low:+.3f}, {its.high:+.3f}]", str(its.won), str(its.lost),
            "-" if its.p is None else f"{its.p:.3f}", mark,
        ])  # fmt: skip
    yield from aligned(rows)
    yield "p は McNemar の正確検定（はい・いいえの値だけ）、区間は対応のあるブートストラップ。印は偶然とは言えない差（5%）です。"
    questions = {case.id: case.question for case in (*before.cases, *after.cases)}
    for name, ids in (("正しくなった質問", comparison.won), ("正しくなくなった質問", comparison.lost)):
        yield f"{name}: {len(ids)}問"
        yield from (f"  {one} {questions[one]}" for one in ids[:SHOWN])
        if len(ids) > SHOWN:
            yield f"  ほかに{len(ids) - SHOWN}問"
