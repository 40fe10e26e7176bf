"""May this release be published? Bounds that must hold, and no loss against what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.cases import Case
from eval.comparing import compare
from eval.figures import Figure, figures
from eval.measures import BY_NAME, Values

WHOLE = {  # hard: one breach is one too many
    "citation_valid": 1.0,
    "quote_verbatim": 1.0,
    "number_supported": 1.0,
    "sentence_cited": 1.0,
    "failed": 0.0,
}
BOUNDS = {  # floors where more is better, ceilings where less is; wide enough for another set than ours
    "document_hit@5": 0.80,
    "page_hit@5": 0.70,
    "must_include": 0.55,
    "answered_when_unanswerable": 0.15,
    "refused_when_answerable": 0.20,
}
GUARDED = (  # no significant loss in any of these
    "document_hit@5",
    "page_hit@5",
    "gold_cited",
    "must_include",
    "must_not_include",
    "score",
    "right",
    "answered_when_unanswerable",
    "refused_when_answerable",
    "clarify_when_due",
)


@dataclass(frozen=True)
class Verdict:
    """Why not, a sentence each (none: it may), and what was not looked at."""

    breaches: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.breaches


def judge(
    cases: Sequence[Case], values: Mapping[str, Values], before: Mapping[str, Values] | None
) -> Verdict:
    """``before``: the values of what it is compared with, case by case; ``None`` where there is nothing."""
    found = figures(cases, values)
    breaches = [*_hard(found), *_bounds(found)]
    notes = []
    if before is None:
        notes.append("比べる相手がないので、下限と上限だけを調べました。")
    else:
        comparison = compare(before, {case.id: values[case.id] for case in cases})
        if comparison.shared < len(cases):
            notes.append(f"比べたのは、どちらにもある{comparison.shared}問です。")
        breaches += [
            f"{BY_NAME[its.name].label}が、前より偶然とは言えないほど悪くなりました（{its.before:.3f} → {its.after:.3f}"
            + (
                f"、良くなった{its.won}問・悪くなった{its.lost}問、p={its.p:.3f}）。"
                if its.p is not None
                else "）。"
            )
            for its in comparison.differences
            if its.name in GUARDED and its.worse and its.significant
        ]
        breaches += _vanished(cases, values, before)
    return Verdict(tuple(breaches), tuple(notes))


def _hard(found: Mapping[str, Figure]) -> list[str]:
    return [
        f"{BY_NAME[name].label}が{whole:.3f}でなければならないのに、{its.value:.3f} です。"
        for name, whole in WHOLE.items()
        if (its := found.get(name)) and its.value is not None and abs(its.value - whole) > 1e-12
    ]


def _bounds(found: Mapping[str, Figure]) -> list[str]:
    told = []
    for name, bound in BOUNDS.items():
        its = found.get(name)
        if its is None or its.value is None:
            continue
        more = BY_NAME[name].more
        if its.value < bound if more else its.value > bound:
            side = "下限" if more else "上限"
            told.append(
                f"{BY_NAME[name].label}が{side} {bound:.2f} に届きません（{its.value:.3f}、{its.n}問）。"
                if more
                else f"{BY_NAME[name].label}が{side} {bound:.2f} を超えています（{its.value:.3f}、{its.n}問）。"
            )
    return told


def _vanished(cases: Sequence[Case], values: Mapping[str, Values], before: Mapping[str, Values]) -> list[str]:
    """Cases that were measured and are not any more: their documents went away."""
    gone = [
        case.id
        for case in cases
        if before.get(case.id, {}).get("right") is not None and values[case.id].get("right") is None
    ]
    return (
        [
            f"前は測れた{len(gone)}問が測れません（{'、'.join(gone[:5])}）。正解の文書があるか確かめてください。"
        ]
        if gone
        else []
    )
