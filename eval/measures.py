"""From a case and what became of it to values between 0 and 1 (the score: −1 to 1). All computed, none judged.

A value is missing where the metric has nothing to say of a case, and ``None`` where it should and cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval import checks
from eval.asked import Asked, plain, sections
from eval.cases import Case

Values = dict[str, float | None]
Group = Literal["探す", "引用", "答え", "断り方", "全体"]


@dataclass(frozen=True)
class Metric:
    """``more``: more is better. ``means``: for people who do not program."""

    name: str
    label: str
    group: Group
    means: str
    more: bool = True


METRICS: tuple[Metric, ...] = (
    Metric("document_hit@5", "正解の文書が上位5件", "探す", "正解の文書が、見つけた文書の上位5件に入った割合"),
    Metric("page_hit@5", "正解の箇所が上位5件", "探す", "正解の箇所（見出しかページ）のどれかが、上位5か所に入った割合"),
    Metric("page_recall@5", "箇所の再現率@5", "探す", "正解の箇所のうち、上位5か所に入ったものの割合の平均"),
    Metric("page_recall@10", "箇所の再現率@10", "探す", "正解の箇所のうち、上位10か所に入ったものの割合の平均"),
    Metric("mrr@10", "MRR@10", "探す", "最初の正解の箇所の順位の逆数（1位なら1、2位なら0.5）の平均"),
    Metric("ndcg@10", "nDCG@10", "探す", "正解の箇所が上にあるほど高い点"),
    Metric("ndcg@10 lexical", "nDCG@10（語だけ）", "探す", "語（BM25）だけで文書を並べたとき"),
    Metric("ndcg@10 dense", "nDCG@10（意味だけ）", "探す", "意味（ベクトル）だけで文書を並べたとき"),
    Metric("ndcg@10 fused", "nDCG@10（合わせた）", "探す", "語と意味を合わせて文書を並べたとき"),
    Metric("ndcg@10 reranked", "nDCG@10（並べ替え）", "探す", "回答に使う並べ方で文書を並べたとき"),
    Metric("citation_valid", "引用の番号が正しい", "引用", "引用の番号がすべて、この質問で見つけた箇所を指している回答の割合"),
    Metric("quote_verbatim", "引用が原文のまま", "引用", "引用がすべて、原文に一字一句ある回答の割合"),
    Metric("number_supported", "数が引用にある", "引用", "文の数・日付・金額がすべて、引用した箇所にある回答の割合"),
    Metric("sentence_cited", "出典のある文", "引用", "出典のついた文の割合の平均"),
    Metric("gold_cited", "正解の箇所を引用", "引用", "正解の箇所を1つでも引用した回答の割合（再現率）"),
    Metric("gold_cited_precision", "引用が正解の箇所", "引用", "引用のうち正解の箇所であるものの割合の平均（適合率）"),
    Metric("must_include", "必要なことばがすべてある", "答え", "含むべきことばがすべて回答にある割合（断ったものは0）"),
    Metric("must_include_share", "必要なことばの割合", "答え", "含むべきことばのうち回答にあるものの割合の平均"),
    Metric("must_not_include", "書いてはいけないことばがない", "答え", "含んではいけないことばが回答にない割合"),
    Metric("score", "総合点（CRAG）", "全体", "正しい +1、答えない・一部 0、誤り −1 の平均。黙るより誤るほうが悪い"),
    Metric("right", "正しく応じた", "全体", "答えるべきは正しく答え、ないものは断り、あいまいなら聞き返した割合"),
    Metric("answered_when_unanswerable", "ないのに答えた", "断り方", "資料にないのに答えた割合（害）", more=False),
    Metric("partial_when_unanswerable", "ないが近い記述を示した", "断り方", "資料にない質問に、「ぴったりではないが近い」と断って記述を示した割合", more=False),
    Metric("refused_when_answerable", "あるのに断った", "断り方", "資料にあるのに断った割合（役に立たない）", more=False),
    Metric("asked_back_when_answerable", "あるのに聞き返した", "断り方", "資料にあるのに聞き返した割合", more=False),
    Metric("clarify_when_due", "聞き返すべき時に聞き返した", "断り方", "あいまいな質問に聞き返した割合"),
    Metric("consistency", "言い換えても同じ", "全体", "同じことを聞く質問の組のうち、状態と最初の引用の箇所がすべて同じ組の割合"),
    Metric("failed", "エラー", "全体", "答える途中で動かなくなった割合", more=False),
)  # fmt: skip
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
TOLD = ("answered", "partial")
SYSTEMS = ("lexical", "dense", "fused", "reranked")


def measure(cases: Sequence[Case], results: Sequence[Asked]) -> dict[str, Values]:
    """The values of every case by its id. A paraphrase's group has its value at the original."""
    ranks = _ranked(cases, results)
    values = {
        case.id: _values(case, asked) | ranks.get(case.id, {})
        for case, asked in zip(cases, results, strict=True)
    }
    for name, agree in _consistent(cases, results).items():
        values[name]["consistency"] = agree
    return values


def _values(case: Case, asked: Asked) -> Values:
    values: Values = {"failed": float(asked.status == "error")}
    if asked.sentences:
        values |= {
            "citation_valid": float(checks.citation_valid(asked)),
            "quote_verbatim": float(checks.quote_verbatim(asked)),
            "number_supported": float(checks.number_supported(asked)),
            "sentence_cited": checks.sentence_cited(asked),
        }
    if case.must_not_include:
        values["must_not_include"] = float(not forbidden(case, asked))
    if unmeasured(case, asked):
        names = ("score", "right", "refused_when_answerable", "must_include", "must_include_share")
        return values | dict.fromkeys((*names, "gold_cited", "document_hit@5", "page_hit@5"))
    values |= _behaviour(case, asked)
    if case.expect == "answered":
        values |= _facts(case, asked)
    values["score"] = score(case, asked)
    values["right"] = float(values["score"] == 1)
    return values


def unmeasured(case: Case, asked: Asked) -> bool:
    """Whether the answer stands in a document that this release was never meant to hold."""
    return case.source == "seeds" and case.expect == "answered" and not asked.documents


def _behaviour(case: Case, asked: Asked) -> Values:
    if case.expect == "clarify":
        return {"clarify_when_due": float(asked.status == "clarify")}
    if case.expect == "refused":
        return {
            "answered_when_unanswerable": float(asked.status == "answered"),
            "partial_when_unanswerable": float(asked.status == "partial"),
        }
    return {
        "refused_when_answerable": float(asked.status == "refused"),
        "asked_back_when_answerable": float(asked.status == "clarify"),
    }


def _facts(case: Case, asked: Asked) -> Values:
    values: Values = {}
    if case.must_include:
        share = key_facts(case, asked)
        values |= {"must_include": float(share == 1), "must_include_share": share}
    if case.gold and asked.sentences:
        gold = [cited.spot.gold is not None for cited in asked.cited]
        values |= {"gold_cited": float(any(gold)), "gold_cited_precision": sum(gold) / len(gold)}
    if case.gold:
        first = list(dict.fromkeys(spot.document_id for spot in asked.found))[:5]
        values["document_hit@5"] = float(bool(set(first) & set(asked.documents)))
    return values


def key_facts(case: Case, asked: Asked) -> float:
    """Share of the groups of must_include of which one text is in the answer; 0 where nothing was told."""
    if asked.status not in TOLD:
        return 0.0
    if not case.must_include:
        return 1.0
    text = plain(asked.text)
    said = [any(plain(fact) in text for fact in group) for group in case.must_include]
    return sum(said) / len(said)


def forbidden(case: Case, asked: Asked) -> list[str]:
    """What the answer says and must not."""
    return [text for text in case.must_not_include if plain(text) in plain(asked.text)]


def score(case: Case, asked: Asked) -> float:
    """CRAG (Yang et al. 2024): right +1, nothing or only a part 0, wrong −1; a wrong answer is worse than none.

    A near passage that is shown as such (partial) is never −1; one with all the key facts is right.
    """
    if asked.status == "error":
        return 0.0
    if forbidden(case, asked):
        return -1.0
    if case.expect != "answered":
        due = {"refused": ("refused", "clarify"), "clarify": ("clarify",)}[case.expect]
        return 1.0 if asked.status in due else -1.0 if asked.status == "answered" else 0.0
    if asked.status not in TOLD:
        return 0.0
    share = key_facts(case, asked)
    if not case.must_include:
        share = float(any(cited.spot.gold is not None for cited in asked.cited))
    return 1.0 if share == 1 else -1.0 if share == 0 and asked.status == "answered" else 0.0


def _ranked(cases: Sequence[Case], results: Sequence[Asked]) -> dict[str, Values]:
    """What ir-measures makes of the rankings. Who found nothing has 0, and is part of every mean."""
    from ir_measures import RR, R, Success, nDCG

    with_gold = [
        (case, asked)
        for case, asked in zip(cases, results, strict=True)
        if case.gold and not unmeasured(case, asked)
    ]
    named = {
        "page_hit@5": Success @ 5,
        "page_recall@5": R @ 5,
        "page_recall@10": R @ 10,
        "mrr@10": RR @ 10,
        "ndcg@10": nDCG @ 10,
    }
    places = {
        case.id: [f"gold{n}" for n in asked.at_hand or range(len(case.gold))] for case, asked in with_gold
    }
    values = _calculated(named, places, {case.id: sections(asked.found) for case, asked in with_gold})
    ranking = [(case, asked) for case, asked in with_gold if asked.rankings]
    documents = {case.id: asked.documents or ("?",) for case, asked in ranking}
    for system in SYSTEMS:
        ranked = {case.id: asked.rankings.get(system, ()) for case, asked in ranking}
        for name, told in _calculated({f"ndcg@10 {system}": nDCG @ 10}, documents, ranked).items():
            values[name] |= told
    return values


def _calculated(
    named: Mapping[str, Any], gold: Mapping[str, Sequence[str]], ranked: Mapping[str, Sequence[str]]
) -> dict[str, Values]:
    """Of each case by its id. Scores fall strictly, else equal ones are ordered by name."""
    import ir_measures

    qrels = {case: dict.fromkeys(names, 1) for case, names in gold.items()}
    run = {
        case: {name: -float(rank) for rank, name in enumerate(names)} or {"-": 0.0}
        for case, names in ranked.items()
    }
    values: dict[str, Values] = {case: {} for case in gold}
    names = {measure: name for name, measure in named.items()}
    for told in ir_measures.iter_calc(named.values(), qrels, run) if gold else ():
        values[told.query_id][names[told.measure]] = float(told.value)
    return values


def _consistent(cases: Sequence[Case], results: Sequence[Asked]) -> dict[str, float]:
    """For each original with paraphrases: whether all have its status and its first citation's place."""
    groups: dict[str, list[Asked]] = {}
    by_id = {asked.id: asked for asked in results}
    for case in cases:
        if case.paraphrase_of in by_id:
            groups.setdefault(case.paraphrase_of, [by_id[case.paraphrase_of]]).append(by_id[case.id])
    return {name: float(len({_gist(asked) for asked in group}) == 1) for name, group in groups.items()}


def _gist(asked: Asked) -> tuple[str, str]:
    return asked.status, asked.cited[0].spot.where if asked.cited else ""
