"""An answer without a language model: is the evidence there, and if so, quote it to the letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from rag.choose import Candidate, candidates_of, choose, differ, further, listed, steps_of, words_of
from rag.clarify import ask_back
from rag.confidence import ANSWERED_FROM, REFUSED_BELOW, Signs, signs
from rag.declined import declined
from rag.fold import squeeze
from rag.forms import form_of, side_by_side
from rag.sentences import Span
from rag.tokens import analyse
from rag.types import Claim, Context, Draft, Hit, Term

Quoted = list[tuple[Hit, list[Span]]]

TELLING = 0.15  # share of the question's weight that makes a word one the answer must have

# What is asked for, or of whom: an answer may give it without the word (頻度 by 年1回).
ATTRIBUTES = frozenset(
    "お金 自治体 市町村 団体 自分 手 人 頻度 周期 費用 金額 価格 値段 期間 時期 期限 理由 目的 効果 課題 手順 流れ 条件 対象 名前 "
    "仕組み 事例 数 状態 制度 資格 窓口 違い 種類 注意 相談 版".split()
)

NOT_EXACT = "ご質問にぴったり合う記述は見つかりませんでしたが、近い内容の記述があります。"
DIFFERING = "資料によって数字が違います。それぞれの年と出典をお確かめください。"
LIKELY = "ご質問に関係する記述です。お知りになりたいことに合うか、出典でお確かめください。"
LIKELY_FROM = 0.75  # of the probability that the evidence is there
NOT_FOUND = "この資料の中には、ご質問に答えられる記述が見つかりませんでした。"


def compose(context: Context) -> Draft:
    """Propose sentences for a context, ask back, or say that the evidence is not there."""
    query = context.query
    if unclear := ask_back(context):
        return unclear
    if told := declined(query.asked):
        return Draft("refused", lead=told)
    candidates, chosen, absent, found = _looked_at(context)
    claims, numbered = _told(context, candidates, chosen)
    if found.probability < REFUSED_BELOW or not claims:
        return Draft("refused", lead=_naming(absent, NOT_FOUND, "にふれた箇所は見つかりませんでした。"))
    claims += _further(candidates, claims)
    differing = DIFFERING if _disagree(candidates, chosen) else ""
    if found.probability < ANSWERED_FROM:
        typed = [term for term in query.terms if term.surface in squeeze(query.asked)]
        missing = _missing(tuple(typed), (hit for hit, _ in chosen))
        likely = found.probability >= LIKELY_FROM and not missing
        lead = LIKELY if likely else _naming(missing, NOT_EXACT, "に直接ふれた文ではありません。")
        return Draft("partial", claims, f"{lead}{differing}", numbered=numbered)
    return Draft("answered", claims, differing, numbered=numbered)


def weighed(context: Context) -> Signs | None:
    """What speaks for an answer; ``None`` where the question must be asked back."""
    return None if ask_back(context) else _looked_at(context)[3]


def _told(context: Context, candidates: list[Candidate], chosen: Quoted) -> tuple[tuple[Claim, ...], str]:
    """Records side by side where that is asked for; else the chosen sentences, each authority on its own.

    With the id of the chunk whose list is one of steps, where there is one.
    """
    form = form_of(context.query)
    if form is not None:
        by_document: dict[str, tuple[Hit, ...]] = {}
        for hit in context.citable:
            by_document[hit.document.id] = (*by_document.get(hit.document.id, ()), hit)
        if claims := side_by_side(form, context.query, candidates, by_document):
            return tuple(claims), ""
    if context.query.wants_steps and (steps := steps_of(context.citable)):
        lead = [its for its in chosen if its[0].chunk.id != steps.chunk.id][:1]
        told = [*lead, (steps, listed(steps))]
        return tuple(claim for hit, spans in told for claim in _claims(hit, spans)), steps.chunk.id
    cases_last = sorted(chosen, key=lambda its: is_case(its[0]) != is_case(chosen[0][0]))
    return tuple(claim for hit, spans in cases_last for claim in _claims(hit, spans)), ""


def _disagree(candidates: list[Candidate], chosen: Quoted) -> bool:
    """Whether two of the chosen sentences give different figures for the same thing."""
    quoted = {(hit.chunk.id, span.start) for hit, spans in chosen for span in spans}
    told = [c for c in candidates if (c.hit.chunk.id, c.span.start) in quoted]
    return any(differ(one, other) for one, other in combinations(told, 2))


def _further(candidates: list[Candidate], claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """What the best hits tell besides (くわしく); nothing beside a comparison of records."""
    if any(claim.label for claim in claims):
        return ()
    found = sorted(further(candidates, [claim.text for claim in claims]), key=lambda its: is_case(its[0]))
    return tuple(replace(claim, more=True) for hit, spans in found for claim in _claims(hit, spans))


def is_case(hit: Hit) -> bool:
    """Whether it tells what one municipality did (事例), which is no rule."""
    return hit.document.shelf == "cases"


def _looked_at(context: Context) -> tuple[list[Candidate], Quoted, list[Term], Signs]:
    """All sentences, those to quote, what stands nowhere, and what speaks for an answer."""
    candidates = candidates_of(context.query, context.hits)
    chosen = choose(context.query, candidates)
    absent = _absent(context)
    quoted = [hit for hit, _ in chosen]
    return candidates, chosen, absent, signs(context.query, context.hits, candidates, quoted, bool(absent))


def _absent(context: Context) -> list[Term]:
    """Words without which there is no answer, found nowhere: names, and what is asked for.

    A fee or a rate (受講料はいくら) must be there as a whole; its parts stand in many words.
    """
    query = context.query
    texts = squeeze("。".join(f"{hit.document.title}。{hit.chunk.text}" for hit in context.hits))
    return [
        term
        for term in query.terms
        if (not term.known and (term.kind == "name" or (term.asked and term.kind == "noun")))
        or (query.wants_figure and term.asked and _is_fee(term) and squeeze(term.surface) not in texts)
    ]


def _is_fee(term: Term) -> bool:
    """受講料, 有収率: what it is the 料 or the 率 of stands in many words."""
    parts = analyse(term.surface)
    return term.surface not in ATTRIBUTES and len(parts) > 1 and len(parts[-1].surface) == 1


def _naming(terms: Iterable[Term], lead: str, ending: str) -> str:
    """The lead, with the words it is about."""
    words = "」「".join(dict.fromkeys(term.surface for term in terms))
    return f"{lead}（「{words}」{ending}）" if words else lead


def _missing(terms: tuple[Term, ...], hits: Iterable[Hit]) -> list[Term]:
    """Telling names, things and figures of the question that no chosen chunk has.

    An everyday word that stands nowhere in the release (コツ, 面倒) is not held against an answer.
    """
    present = frozenset[str]().union(*(words_of(hit) for hit in hits))
    total = sum(term.importance for term in terms)
    return [
        term
        for term in terms
        if (term.kind == "name" or _is_date(term) or (term.kind == "noun" and (term.known or term.asked)))
        and term.text not in present
        and not {term.text, term.surface} & ATTRIBUTES
        and term.importance >= TELLING * total
    ]


def _is_date(term: Term) -> bool:
    return term.kind == "number" and "年" in term.text


def _claims(hit: Hit, spans: list[Span]) -> Iterable[Claim]:
    """Neighbouring sentences share one quotation."""
    text = hit.chunk.text
    run: list[Span] = []
    for span in [*spans, None]:
        if run and (span is None or text[run[-1].end : span.start].strip()):
            quote = text[run[0].start : run[-1].end]
            yield from (Claim(one.text, hit.chunk.id, quote) for one in run)
            run = []
        if span is not None:
            run.append(span)
