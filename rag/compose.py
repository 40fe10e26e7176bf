"""An answer without a language model: is the evidence there, and if so, quote it to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from rag.choose import Candidate, candidates_of, choose, differ, further, listed, steps_of, words_of
from rag.clarify import ask_back
from rag.confidence import ANSWERED_FROM, REFUSED_BELOW, Signs, signs
from rag.fold import fold, squeeze
from rag.forms import form_of, side_by_side
from rag.sentences import Span
from rag.tokens import analyse
from rag.types import Claim, Context, Draft, Hit, Term

# everyday matters of a town hall, and beyond, that no shelf here is about
_OUTSIDE = re.compile(
    "天気予報|の天気|気温は|住民票|戸籍|マイナンバーカード|国民健康保険|年金|確定申告|ごみの(?:日|出し方|分別)|婚姻届|出生届|レシピ|株価|占い"
)

# judgements that nobody may leave to a chat: of one legal case, of a person or a firm
_JUDGEMENTS = {
    re.compile(
        "法的な?責任|違法(?:です|でしょう|か)|訴えられ|訴訟|損害賠償|賠償(?:責任|しな|する必要)|弁償|過失割合|裁判"
    ): "個別の事案の法的な判断はお答えできません。資料にある一般的な決まりはお尋ねいただけます。判断は、法務の担当や顧問弁護士にご相談ください。",
    re.compile(
        "(?:会社|業者|企業|建設|さん|氏|課長|部長|市長|町長|村長|議員)[^。]{0,12}(?:信用でき|信頼でき|評判|どう思|優秀|無能|やり方に納得)"
        "|指名から外|(?:おすすめ|お薦め|一番いい|いちばんいい)の?(?:会社|業者|企業|メーカー)|(?:どこ|どの(?:会社|業者|メーカー))が(?:一番|いちばん)(?:いい|良い|優れ)"
    ): "個人や企業の評価はお答えできません。資料にある取組や役割はお尋ねいただけます。業者の選び方は、契約の担当や都道府県の建設技術センターにご相談ください。",
}

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
OUTSIDE = (
    "このチャットは、インフラの維持管理と新技術の導入の資料だけをもとに答えます。"
    "お尋ねの件は資料の対象外ですので、担当の窓口にお問い合わせください。"
)
NOT_FOUND = "この資料の中には、ご質問に答えられる記述が見つかりませんでした。"


def compose(context: Context) -> Draft:
    """Propose sentences for a context, ask back, or say that the evidence is not there."""
    query = context.query
    if unclear := ask_back(context):
        return unclear
    if _OUTSIDE.search(query.asked):
        return Draft("refused", lead=OUTSIDE)
    if declined := next((lead for asks, lead in _JUDGEMENTS.items() if asks.search(fold(query.asked))), ""):
        return Draft("refused", lead=declined)
    candidates, chosen, absent, found = _looked_at(context)
    claims = _told(context, candidates, chosen)
    if found.probability < REFUSED_BELOW or not claims:
        return Draft("refused", lead=_naming(absent, NOT_FOUND, "にふれた箇所は見つかりませんでした。"))
    steps = steps_of(context.citable) if query.wants_steps else None
    numbered = steps.chunk.id if steps else ""
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


def _told(context: Context, candidates: list[Candidate], chosen: Quoted) -> tuple[Claim, ...]:
    """Records side by side where that is asked for; else the chosen sentences, each authority on its own."""
    form = form_of(context.query)
    if form is not None:
        by_document: dict[str, tuple[Hit, ...]] = {}
        for hit in context.citable:
            by_document[hit.document.id] = (*by_document.get(hit.document.id, ()), hit)
        if claims := side_by_side(form, context.query, candidates, by_document):
            return tuple(claims)
    if context.query.wants_steps and (steps := steps_of(context.citable)):
        lead = [its for its in chosen if its[0].chunk.id != steps.chunk.id][:1]
        told = [*lead, (steps, listed(steps))]
        return tuple(claim for hit, spans in told for claim in _claims(hit, spans))
    cases_last = sorted(chosen, key=lambda its: is_case(its[0]) != is_case(chosen[0][0]))
    return tuple(claim for hit, spans in cases_last for claim in _claims(hit, spans))


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
