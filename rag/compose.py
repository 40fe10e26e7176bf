"""An answer without a language model: is the evidence there, and if so, quote it to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.choose import choose, share, words_of
from rag.fold import squeeze
from rag.sentences import Span
from rag.tokens import analyse
from rag.types import Claim, Context, Draft, Hit, Term

# Set on eval/sets/starter.jsonl and eval/sets/colloquial.jsonl; a third set measures them.
NEAR_IN_MEANING = 0.87  # cosine of the nearest passage: below it nothing here is about the question
ENOUGH = 0.60  # share of the question's weight a chunk must hold to be called an answer
PLENTY = 0.80  # from here on neither a far meaning nor a word found nowhere speaks against it
TOO_COMMON = 2.4  # idf of a word that one chunk in ten has: alone it asks for everything
TELLING = 0.15  # share of the question's weight that makes a word one the answer must have

# What is asked for, or of whom: an answer may give it without the word (頻度 by 年1回).
ATTRIBUTES = frozenset(
    "お金 自治体 市町村 団体 自分 手 人 頻度 周期 費用 金額 価格 値段 期間 時期 期限 理由 目的 効果 課題 手順 流れ 条件 対象 名前 "
    "仕組み 事例 数 状態 制度 資格 窓口 違い 種類 注意 相談 版".split()
)

NOT_EXACT = "ご質問にぴったり合う記述は見つかりませんでしたが、近い内容の記述があります。"
NOT_FOUND = "この資料の中には、ご質問に答えられる記述が見つかりませんでした。"
TOO_BROAD = (
    "「{word}」だけでは範囲が広すぎます。「{word}の費用」「{word}の事例」「{word}の点検の決まり」のように、"
    "知りたいことを添えてお聞きください。"
)
NO_SUBJECT = (
    "何についてのご質問か読み取れませんでした。施設（橋梁、舗装、下水道など）や知りたいこと（費用、事例、手順など）を"
    "入れて、もう一度お聞きください。"
)

_AMOUNT = re.compile("円|割|[%％]")


def compose(context: Context) -> Draft:
    """Propose sentences for a context, ask back, or say that the evidence is not there."""
    query = context.query
    unclear = _ask_back(query.terms)
    if unclear:
        return Draft("clarify", lead=unclear)
    held = max((share(query.terms, words_of(hit)) for hit in context.hits), default=0.0)
    near = max((hit.similarity for hit in context.hits), default=0.0)
    absent = _absent(context)
    if held < PLENTY and (near < NEAR_IN_MEANING or absent):
        return Draft("refused", lead=_naming(absent, NOT_FOUND, "にふれた箇所は見つかりませんでした。"))
    chosen = choose(query, context.hits)
    claims = tuple(claim for hit, spans in chosen for claim in _claims(hit, spans))
    if not claims:
        return Draft("refused", lead=NOT_FOUND)
    missing = _missing(query.terms, (hit for hit, _ in chosen))
    unpaid = query.wants_money and not any(_AMOUNT.search(claim.text) for claim in claims)
    if missing or unpaid or held < ENOUGH:
        return Draft("partial", claims, _naming(missing, NOT_EXACT, "に直接ふれた文ではありません。"))
    return Draft("answered", claims)


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
        or (query.wants_figure and term.asked and _is_compound(term) and squeeze(term.surface) not in texts)
    ]


def _is_compound(term: Term) -> bool:
    return term.surface not in ATTRIBUTES and len(analyse(term.surface)) > 1


def _ask_back(terms: tuple[Term, ...]) -> str | None:
    """What to say when the question has no subject to look for."""
    if not any(term.kind not in ("verb", "adverb") for term in terms):
        return NO_SUBJECT
    if len(terms) == 1 and terms[0].known and terms[0].rarity < TOO_COMMON:
        return TOO_BROAD.format(word=terms[0].surface)
    return None


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
