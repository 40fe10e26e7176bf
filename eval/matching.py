"""handson eval advisors: the matching of advisors, how good, how fair, how fast."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.arguments import Commands
from bot.terminal import complain, say
from eval.tables import aligned
from rag.settings import Settings

if TYPE_CHECKING:
    from eval.advisors import Outcome
    from eval.bulk import Bulk
    from eval.fairness import Fairness

_SYSTEMS = {
    "match": "推薦",
    "text": "文の近さだけ",
    "facets": "項目の重なりだけ",
    "text+conditions": "文の近さだけ（条件は守る）",
    "facets+conditions": "項目の重なりだけ（条件は守る）",
}
_SPLITS = {"dev": "調整に使った組", "heldout": "使わなかった組", "second": "後から書いた組"}
_YEARS = {"in turn": "同じくらいなら順番に", "score alone": "点の順だけ"}


def register(measuring: Commands) -> None:
    parser = measuring.add("advisors", advisors, "専門家の推薦の良さ・公平さ・速さを測る")
    parser.add_argument("--quick", action="store_true", help="良さだけを測る（公平さと速さは数分かかる）")
    parser.add_argument(
        "--needs", type=int, default=1000, metavar="件数", help="公平さを測る1年の相談の数（初期値 1000）"
    )
    parser.add_argument(
        "--misses", action="store_true", help="最良の専門家が3位までに入らなかった相談を並べる"
    )
    parser.add_argument("--json", action="store_true", help="JSONで出す")


def advisors(options: argparse.Namespace, settings: Settings) -> int:
    """Measure on the labelled needs, over a simulated year, and among very many advisors."""
    from eval import advisors as labelled
    from eval import bulk, fairness
    from rag.matching.matchmaker import open_matchmaker

    matchmaker = open_matchmaker(settings)
    matchmaker.today = lambda: labelled.TODAY
    outcomes = labelled.evaluate(matchmaker, labelled.labelled())
    year = fast = None
    if not options.quick:
        complain(f"{options.needs:,}件の相談の1年を試しています…")
        year = fairness.simulate(matchmaker, options.needs)
        complain(f"{bulk.ADVISORS:,}人の専門家で{bulk.NEEDS:,}件の相談の時間を測っています…")
        fast = bulk.measure(matchmaker)
    told = as_json(outcomes, year, fast)
    say(json.dumps(told, ensure_ascii=False, indent=1) if options.json else as_text(told))
    if options.misses:
        say("\n".join(_misses(outcomes["match"])) or "ありません。")
    return 0


def as_json(
    outcomes: dict[str, tuple[Outcome, ...]], year: Fairness | None, fast: Bulk | None
) -> dict[str, Any]:
    """The contract of ``--json``."""
    from eval.advisors import SPLITS, figures

    return {
        "needs": {
            name: {split: _rounded(asdict(figures(found, split))) for split in SPLITS}
            for name, found in outcomes.items()
        },
        "year": _rounded(asdict(year)) if year else None,
        "bulk": _rounded(asdict(fast)) if fast else None,
    }


def as_text(told: dict[str, Any]) -> str:
    """One table a question: how good, how fair, how fast."""
    lines: list[str] = []
    for split, name in _SPLITS.items():
        first = told["needs"]["match"][split]
        lines.append(f"{name}（{split}）: 相談{first['needs']}件、合う専門家がいない相談{first['nobody']}件")
        rows = [["方式", "nDCG@3", "最良が3位まで", "破った条件", "いないと答えた"]]
        for system, label in _SYSTEMS.items():
            found = told["needs"][system][split]
            rows.append(
                [
                    label,
                    f"{found['ndcg']:.3f}",
                    f"{found['hit']:.1%}",
                    f"{found['broken']}件",
                    f"{found['refused']}/{found['nobody']}",
                ]
            )
        lines += [*aligned(rows), ""]
    if told["year"]:
        lines += [*_year_lines(told["year"]), ""]
    if told["bulk"]:
        lines += _bulk_lines(told["bulk"])
    return "\n".join(lines).rstrip()


def _year_lines(year: dict[str, Any]) -> list[str]:
    rows = [
        ["順番", "推薦した相談", "ジニ係数", "上位10%の人の割合", "上限を超えた人", "一度も推薦されない人"]
    ]
    for system, found in year["systems"].items():
        rows.append([
            _YEARS[system], f"{found['served']:,}/{found['needs']:,}", f"{found['gini']:.3f}",
            f"{found['top_tenth']:.1%}", f"{found['over']}人", f"{found['idle']}人",
        ])  # fmt: skip
    about = (
        f"1年の試行: 専門家{year['advisors']}人（作り物）、受けられる数の合計{year['capacity']:,}。"
        f"受けられる数そのもののジニ係数は{year['capacity_gini']:.3f}です。"
    )
    return [about, *aligned(rows)]


def _bulk_lines(fast: dict[str, Any]) -> list[str]:
    return [
        f"速さ: 専門家{fast['advisors']:,}人（作り物）、相談{fast['needs']:,}件。開くのに{fast['open_s']:.1f}秒。",
        f"1件の時間 中央値 {fast['ms_median']:.1f} ms、p95 {fast['ms_p95']:.1f} ms、"
        f"プロセッサの仕事の中央値 {fast['cpu_ms_median']:.1f} ms",
    ]


def _misses(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [
        f"{found.need.id}（{found.need.split}）「{found.need.text}」 "
        f"推薦: {'、'.join(found.found) or 'なし'} 期待: {found.need.why}"
        for found in outcomes
        if (found.need.grades and not found.hit) or (not found.need.grades and found.found) or found.broken
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return round(value, 4) if isinstance(value, float) else value
