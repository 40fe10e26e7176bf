"""report.html: one file, nothing to load, for people who do not program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from eval import plots
from eval.asked import Asked
from eval.cases import ANYWHERE, Case, Section
from eval.comparing import Comparison, Difference, compare
from eval.failures import REMEDIES, Failure
from eval.figures import HALVES, WHOLE, Figure, figures, groups, latency, slices
from eval.gate import Verdict
from eval.measures import METRICS, TOLD
from eval.opening import SYSTEMS
from eval.runs import Run

WORST = 20
HEADLINE = (
    "right",
    "answered_when_unanswerable",
    "refused_when_answerable",
    "page_hit@5",
    "must_include",
    "quote_verbatim",
)
EXPECT = {"answered": "答える", "refused": "断る（資料にない）", "clarify": "聞き返す"}
STATUS = {
    "answered": "答えた",
    "partial": "近い記述を示した",
    "refused": "断った",
    "clarify": "聞き返した",
    "error": "エラー",
}
SLICES = {
    "fact": "事実", "number": "数値・日付", "condition": "条件", "procedure": "手順", "definition": "用語の意味",
    "comparison": "比べる", "multihop": "2か所を合わせる", "table": "表", "case": "事例を探す",
    "technology": "技術を選ぶ", "programme": "制度・財源", "contact": "相談先", "advisor": "専門家",
    "forum": "フォーラム", "paraphrase": "言い換え", "colloquial": "くだけた聞き方・誤字", "followup": "会話の続き",
    "ambiguous": "あいまい", "false_premise": "前提が誤り", "superseded": "古い版", "injection": "指示の混入",
    "near_miss": "似ているが資料にない", "out_of_scope": "対象外", "all": "すべて",
}  # fmt: skip


@dataclass(frozen=True)
class Headline:
    """A figure with the same of each half."""

    label: str
    means: str
    more: bool
    whole: Figure
    halves: Mapping[str, Figure]


@dataclass(frozen=True)
class Bad:
    """A case that went wrong, with all that is needed to see why."""

    case: Case
    asked: Asked
    failure: Failure
    slice: str
    expected: str
    status: str
    gold: tuple[str, ...]


def write_report(
    path: Path, run: Run, before: Run | None = None, verdict: Verdict | None = None, **parts: Any
) -> None:
    """``before``: the run it is compared with. ``parts``: what else is known of the run (labels, judge, probes)."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(files("eval").joinpath("report.html").read_text("utf-8"))
    extra = {"labels": None, "judge": None, "probes": None} | extras(path.parent, run) | parts
    path.write_text(template.render(**_page(run, before, verdict), **extra), "utf-8")


def extras(folder: Path, run: Run) -> dict[str, Any]:
    """What people, a judging model and the probes have said of a run, where they have."""
    from eval import judge, labels, probes

    found = {
        "labels": labels.read_agreement(folder, run),
        "judge": judge.read_judged(folder, run),
        "probes": probes.read_probed(folder),
    }
    return {name: told for name, told in found.items() if told}


def _page(run: Run, before: Run | None, verdict: Verdict | None) -> dict[str, Any]:
    values, failures = run.values, run.failures
    whole = figures(run.cases, values)
    comparison = compare(before.values, values) if before else None
    return {
        "run": run,
        "system": SYSTEMS[run.identity.system],
        "verdict": verdict,
        "headlines": _headlines(run),
        "matrix": _matrix(run),
        "expects": EXPECT,
        "statuses": {
            name: label for name, label in STATUS.items() if name in {a.status for a in run.results}
        },
        "causes": Counter(failure.cause for failure in failures.values()),
        "stages": Counter((failure.cause, failure.stage) for failure in failures.values()),
        "remedies": REMEDIES,
        "slice_plot": plots.slices(_by_slice(run)),
        "calibration_plot": _calibration(run),
        "latency": latency(run.results),
        "latency_plot": _latency_plot(run),
        "before": before,
        "before_system": SYSTEMS[before.identity.system] if before else "",
        "comparison": comparison,
        "difference_plot": plots.differences(_shown(comparison)) if comparison else "",
        "questions": {case.id: case.question for case in run.cases},
        "bad": _bad(run, failures),
        "failed": len(failures),
        "metrics": [(metric, whole[metric.name]) for metric in METRICS if metric.name in whole],
        "figures_of": {
            name: figures(cases, values)
            for name, cases in groups(run.cases).items()
            if name in HALVES.values()
        },
    }


def _headlines(run: Run) -> list[Headline]:
    values = run.values
    found = {
        name: figures(cases, values)
        for name, cases in groups(run.cases).items()
        if name in (WHOLE, *HALVES.values())
    }
    return [
        Headline(
            metric.label,
            metric.means,
            metric.more,
            found[WHOLE][metric.name],
            {name: its[metric.name] for name, its in found.items() if name != WHOLE and metric.name in its},
        )
        for name in HEADLINE
        for metric in METRICS
        if metric.name == name and name in found[WHOLE]
    ]


def _matrix(run: Run) -> dict[str, Counter[str]]:
    """How each kind of question was answered."""
    found: dict[str, Counter[str]] = {}
    for case, asked in zip(run.cases, run.results, strict=True):
        found.setdefault(case.expect, Counter())[asked.status] += 1
    return {expect: found[expect] for expect in EXPECT if expect in found}


def _by_slice(run: Run) -> dict[str, Figure]:
    values = run.values
    return {
        SLICES.get(name, name): figures(cases, values)["right"]
        for name, cases in slices(run.cases).items()
        if "right" in figures(cases, values)
    }


def _calibration(run: Run) -> str:
    pairs = [
        (asked.probability, case.expect == "answered")
        for case, asked in zip(run.cases, run.results, strict=True)
        if asked.probability is not None and case.expect != "clarify"
    ]
    return plots.calibration([p for p, _ in pairs], [there for _, there in pairs]) if len(pairs) > 1 else ""


def _latency_plot(run: Run) -> str:
    took = [asked.milliseconds for asked in run.results if asked.milliseconds]
    return plots.latency(took) if took else ""


def _shown(comparison: Comparison) -> list[Difference]:
    """Those with something to see."""
    return [its for its in comparison.differences if its.change or its.significant] or list(
        comparison.differences[:1]
    )


def _bad(run: Run, failures: Mapping[str, Failure]) -> list[Bad]:
    """The worst, as many as a person reads: wrong before silent, told before refused."""
    by_id = {case.id: (case, asked) for case, asked in zip(run.cases, run.results, strict=True)}
    order = sorted(failures, key=lambda name: (failures[name].score, by_id[name][1].status not in TOLD))
    return [
        Bad(
            case,
            asked,
            failures[name],
            SLICES.get(case.slice, case.slice),
            EXPECT[case.expect],
            STATUS[asked.status],
            tuple(map(_place, case.gold)),
        )
        for name in order[:WORST]
        for case, asked in [by_id[name]]
    ]


def _place(place: Section) -> str:
    heading = "" if place.heading in (ANYWHERE, None) else f" ＞ {place.heading}"
    return f"{place.document}{heading}" + (f" p.{place.page}" if place.page else "")
