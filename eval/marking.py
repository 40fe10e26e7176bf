"""handson eval label | judge | probe: what people, a model and tricks say of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.arguments import Commands
from bot.terminal import Bar, complain, say
from eval.performing import bar
from rag.settings import Settings


def register(measuring: Commands) -> None:
    labelling = measuring.add(
        "label", label, "人が回答を評価する（正・部分・誤）。ほかの人の評価と、どの版の回答かは見えない"
    )
    labelling.add_argument(
        "folders", type=Path, nargs="+", metavar="フォルダ", help="測定のフォルダ。いくつか書くと混ぜて見せる"
    )
    labelling.add_argument("--by", required=True, metavar="名前", help="評価する人の名前（人ごとに分ける）")
    labelling.add_argument(
        "--only", type=int, metavar="件数", help="はじめの何件かだけ（順番は人ごとに違う）"
    )
    labelling.add_argument("--show", action="store_true", help="評価せず、これまでの一致を見る")
    judging = measuring.add("judge", judge, "言語モデル（HANDSON_LLM）に採点させる（参考。合否には使わない）")
    judging.add_argument("folder", type=Path, metavar="フォルダ", help="測定のフォルダ")
    judging.add_argument(
        "--repeats", type=int, default=3, metavar="回数", help="1つの回答を採点する回数（初期値 3）"
    )
    probing = measuring.add("probe", probe, "仕掛けをして、回答が引用に立っているかを確かめる")
    probing.add_argument("folder", type=Path, metavar="フォルダ", help="測定のフォルダ（結果もここに置く）")
    probing.add_argument("--sample", type=int, default=20, metavar="件数", help="試す質問の数（初期値 20）")


def label(options: argparse.Namespace, _: Settings) -> int:
    """Ask a person for marks, answer by answer."""
    from eval import labels
    from eval.runs import read_run

    runs = [(folder, read_run(folder)) for folder in options.folders]
    if not options.show:
        marked = labels.label(labels.to_label(runs, options.by, options.only), options.by, _line, say)
        say(f"{marked}件の評価を残しました。")
    for folder, run in runs:
        if found := labels.read_agreement(folder, run):
            say(f"{folder}: {len(found.people)}人、{found.answers}件の回答")
            for its in found.rubric:
                counts = "、".join(f"{mark}{n}" for mark, n in zip(labels.MARKS, its.counts, strict=True))
                say(f"  {its.name}: {counts}。一致 κ {its.kappa_told}、α {its.alpha_told}")
            say(f"  意見が分かれた回答: {'、'.join(d.id for d in found.disputed) or 'なし'}")
        _report(folder)
    return 0


def judge(options: argparse.Namespace, settings: Settings) -> int:
    """Let a language model mark every answer, several times."""
    from eval import judge as judging
    from eval.runs import read_run

    run = read_run(options.folder)
    model = judging.open_judge(settings)
    with bar(len(run.cases), "採点しています") as advance:
        told = judging.judge(model, run, settings.llm_timeout_s, advance, options.repeats)
    judging.keep(options.folder, settings.llm, told)
    found = judging.read_judged(options.folder, run)
    for its in found.rubric if found else ():
        say(
            f"{its.name}: 平均 {its.mean_told}、ゆれ {its.spread_told}、採点できた {its.n}/{len(run.cases)}、人との一致 κ {its.kappa_told}"
        )
    _report(options.folder)
    return 0


def probe(options: argparse.Namespace, settings: Settings) -> int:
    """Try the tricks on some cases of a run, against its release."""
    from eval import probes
    from eval.opening import desk_of
    from eval.runs import read_run

    run = read_run(options.folder)
    with desk_of(settings, run.identity.release) as desk:
        found = probes.probe(
            run.cases, desk, probes.editions(settings, desk.release.documents.values(), Bar()), options.sample
        )
    probes.keep(options.folder, found)
    for its in found:
        say(f"{its.means}: {its.held}/{its.n}（{its.told}）")
    _report(options.folder)
    return 0


def _report(folder: Path) -> None:
    from eval.report import write_report
    from eval.runs import REPORT, read_run

    write_report(folder / REPORT, read_run(folder))


def _line(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        complain("")
        return "q"
