"""Why a case went wrong, and what that means for those who mend it. Computed, not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.asked import Asked
from eval.cases import Case
from eval.measures import TOLD, forbidden, score, unmeasured

Stage = Literal[
    "資料にない", "読み取れていない", "見つからない", "見つけたが選ばない", "検査で落ちた", "断った",
    "聞き返した", "一部だけ", "誤り", "ないのに答えた", "近い記述を示した", "聞き返さない", "書いてはいけないことば", "エラー",
]  # fmt: skip
Cause = Literal["資料がない", "見つけられない", "読み取りが悪い", "答え方が悪い", "動かない"]

REMEDIES: dict[Cause, str] = {
    "資料がない": "正解の文書がこのリリースにありません。文書を追加してください（handson add）。",
    "読み取りが悪い": "文書はありますが、正解のことばが本文にありません。読み取りを確かめてください（handson inspect）。",
    "見つけられない": "本文にはありますが、質問から見つかりません。用語の別の名前（glossary.yaml の synonyms）を足してください。",
    "答え方が悪い": "見つけていますが、選ぶ文か、答えるか断るかの判断が違います。開発者に伝えてください。",
    "動かない": "途中でエラーになりました。results.jsonl の error を開発者に伝えてください。",
}


@dataclass(frozen=True)
class Failure:
    """How far a case came, and who can mend it. ``score``: as the case's (−1 is worse than 0)."""

    stage: Stage
    cause: Cause
    score: float


def failures(cases: Sequence[Case], results: Sequence[Asked]) -> dict[str, Failure]:
    """Every case that was not right, the worst first."""
    found = {
        case.id: Failure(*_why(case, asked), score(case, asked))
        for case, asked in zip(cases, results, strict=True)
        if not unmeasured(case, asked) and score(case, asked) < 1
    }
    return dict(sorted(found.items(), key=lambda item: item[1].score))


def _why(case: Case, asked: Asked) -> tuple[Stage, Cause]:
    if asked.status == "error":
        return "エラー", "動かない"
    if forbidden(case, asked):
        return "書いてはいけないことば", "答え方が悪い"
    if case.expect == "clarify":
        return "聞き返さない", "答え方が悪い"
    if case.expect == "refused":
        return ("ないのに答えた" if asked.status == "answered" else "近い記述を示した"), "答え方が悪い"
    return _on_the_way(case, asked)


def _on_the_way(case: Case, asked: Asked) -> tuple[Stage, Cause]:
    """Where the right sentence was lost: shelf, reading, search, choice, check, answer."""
    cited = any(spot.spot.gold is not None for spot in asked.cited)
    found = any(spot.gold is not None for spot in asked.stood_on)
    if case.gold and not asked.documents:
        return "資料にない", "資料がない"
    if case.gold and (not asked.at_hand or not asked.readable):
        return "読み取れていない", "読み取りが悪い"
    if case.gold and not found:
        return "見つからない", "見つけられない"
    if asked.kept < asked.claims and not cited:
        return "検査で落ちた", "答え方が悪い"
    if asked.status == "refused":
        return "断った", "答え方が悪い"
    if asked.status == "clarify":
        return "聞き返した", "答え方が悪い"
    if asked.status in TOLD and case.gold and not cited:
        return "見つけたが選ばない", "答え方が悪い"
    return ("一部だけ" if score(case, asked) == 0 else "誤り"), "答え方が悪い"
