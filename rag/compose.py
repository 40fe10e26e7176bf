"""An answer without a language model: sentences chosen from the hits, quoted to the letter.

A sentence is good when it holds the question's telling words (rare ones count more; a word in the
title or heading counts in part), lies in the passage nearest in meaning, and stands in a good hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.sentences import Span, split_sentences
from rag.tokens import search_terms
from rag.types import Claim, Context, Draft, Hit, Query, Term

MOST_SENTENCES = 5
MOST_LISTED = 8
LOOKED_AT_FOR_A_LIST = 4  # best sentences, one of which must stand in a list to quote it whole
MOST_OF_ONE_DOCUMENT = 3
CLOSE = 0.84  # a further sentence must come so near to the best one
SHORTEST = 8  # letters: less is a label, not a sentence

# How much of the question's weight a chunk must hold; set on eval/sets/starter.jsonl, where an
# answerable question's chunk holds .46 to 1 and a far-off one's under .4.
ENOUGH = 0.60
SOME = 0.42
PLENTY = 0.80  # from here on neither a far meaning nor a word found nowhere speaks against it
NEAR_IN_MEANING = 0.885  # cosine of the nearest passage; far-off questions stay under .87
TELLING = 0.15  # share of the question's weight that makes a word one the answer must have

# What is asked for, or of whom: an answer may give it without the word (頻度 by 年1回).
ATTRIBUTES = frozenset(
    "自治体 市町村 団体 自分 手 人 頻度 周期 費用 金額 価格 値段 期間 時期 期限 理由 目的 効果 課題 手順 流れ 条件 対象 名前 "
    "仕組み 事例 数 状態 制度 資格 窓口 違い 種類 注意 相談 版".split()
)

CASE_SUBJECT = "技術・仕組み"  # the heading under which a case says what it is

NOT_EXACT = "ご質問にぴったり合う記述は見つかりませんでしたが、近い内容の記述があります。"
NOT_FOUND = "この資料の中には、ご質問に答えられる記述が見つかりませんでした。"
NOT_JAPANESE = "日本語の質問に対応しています。知りたいことを日本語の文章でお聞きください。"
NO_SUBJECT = (
    "何についてのご質問か読み取れませんでした。施設（橋梁、舗装、下水道など）や知りたいこと（費用、事例、手順など）を"
    "入れて、もう一度お聞きください。"
)

_JAPANESE = re.compile("[ぁ-ヿ㐀-鿿]")


@dataclass(frozen=True)
class _Candidate:
    hit: Hit
    span: Span
    score: float
    words: frozenset[str]


def compose(context: Context) -> Draft:
    """Propose sentences for a context, or say that the evidence is not there."""
    query = context.query
    if not _JAPANESE.search(query.asked) and not any(term.known for term in query.terms):
        return Draft("clarify", lead=NOT_JAPANESE)
    if not any(term.kind not in ("verb", "adverb") for term in query.terms):
        return Draft("clarify", lead=NO_SUBJECT)
    held = max((_share(query.terms, _words_of(hit)) for hit in context.hits), default=0.0)
    near = max((hit.similarity for hit in context.hits), default=0.0)
    unknown = [t for t in query.terms if not t.known and t.kind in ("name", "noun")]
    doubtful = near < NEAR_IN_MEANING or unknown
    chosen = _choose(context) if held >= SOME else []
    if not chosen or (doubtful and held < PLENTY):
        return Draft("refused", lead=_without(unknown, NOT_FOUND))
    claims = tuple(claim for hit, spans in chosen for claim in _claims(hit, spans))
    missing = _missing(query.terms, (hit for hit, _ in chosen))
    if missing or held < ENOUGH:
        return Draft("partial", claims, _without(missing, NOT_EXACT))
    return Draft("answered", claims)


def _without(terms: Iterable[Term], lead: str) -> str:
    """The lead, naming the words that could not be found."""
    words = "」「".join(dict.fromkeys(term.surface for term in terms))
    return f"{lead}（「{words}」に直接ふれた記述がありません。）" if words else lead


def _missing(terms: Iterable[Term], hits: Iterable[Hit]) -> list[Term]:
    """Telling names, things and figures of the question that no chosen chunk has."""
    terms = tuple(terms)
    present = frozenset[str]().union(*(_words_of(hit) for hit in hits))
    total = sum(term.importance for term in terms)
    return [
        term
        for term in terms
        if term.text not in present
        and term.kind in ("name", "noun", "number")
        and term.text not in ATTRIBUTES
        and term.surface not in ATTRIBUTES
        and term.importance >= TELLING * total
    ]


def _choose(context: Context) -> list[tuple[Hit, list[Span]]]:
    """Sentences grouped by chunk: the best chunk first, sentences in reading order."""
    candidates = sorted(_candidates(context), key=lambda c: -c.score)
    if not candidates:
        return []
    best = candidates[0]
    if context.query.wants_list:
        lists = [c.hit for c in candidates[:LOOKED_AT_FOR_A_LIST] if _is_list(c.hit)]
        if lists:
            spans = [s for s in split_sentences(lists[0].chunk.text) if len(s.text) >= SHORTEST]
            return [(lists[0], spans[:MOST_LISTED])]
    picked: list[_Candidate] = []
    for candidate in candidates:
        if len(picked) == MOST_SENTENCES or candidate.score < CLOSE * best.score:
            break
        same = sum(c.hit.document.id == candidate.hit.document.id for c in picked)
        if same < MOST_OF_ONE_DOCUMENT and not any(_alike(candidate, c) for c in picked):
            picked.append(candidate)
    if len(picked) == 1:
        picked += _sentence_after(best)
    return _by_chunk(picked)


def _candidates(context: Context) -> Iterable[_Candidate]:
    top, low = context.hits[0].score, context.hits[-1].score
    cosines = [passage.similarity for hit in context.hits for passage in hit.passages]
    nearest, farthest = max(cosines), min(cosines)
    for hit in context.hits:
        standing = _between(hit.score, low, top)
        around = frozenset(search_terms("\n".join([hit.document.title, *hit.chunk.section])))
        for span in split_sentences(hit.chunk.text):
            if len(span.text) < SHORTEST:
                continue
            words = frozenset(search_terms(span.text))
            meaning = _between(_similarity(hit, span), farthest, nearest)
            score = (
                _merit(context.query, span, words, around, hit.chunk.section)
                + 0.25 * standing
                + 0.4 * meaning
            )
            yield _Candidate(hit, span, score, words)


def _merit(
    query: Query,
    span: Span,
    words: frozenset[str],
    around: frozenset[str],
    section: tuple[str, ...],
) -> float:
    merit = _share(query.terms, words) + 0.6 * _share(query.terms, around - words)
    if query.wants_figure:
        merit += 0.2 * any(letter.isdigit() for letter in span.text)
        merit += 0.2 * _counts_what_is_asked(query, words)
    if query.wants_meaning:
        merit += 0.3 * ("とは、" in span.text or not section)
        merit += 0.15 * (section[-1:] == (CASE_SUBJECT,))
    return merit


def _counts_what_is_asked(query: Query, words: frozenset[str]) -> bool:
    """Whether a number of the sentence counts a thing of the question (239技術 for いくつの技術)."""
    things = tuple(term.text for term in query.terms if term.kind == "noun")
    return any(word[0].isdigit() and word.endswith(things) for word in words)


def _similarity(hit: Hit, span: Span) -> float:
    """Cosine of the passage that the sentence begins in."""
    inside = [p for p in hit.passages if p.start <= span.start < p.end]
    return inside[0].similarity if inside else hit.similarity


def _between(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 1.0


def _share(terms: Iterable[Term], words: frozenset[str]) -> float:
    """Share of the question's weight that ``words`` hold, 0 to 1."""
    total = held = 0.0
    for term in terms:
        total += term.importance
        held += term.importance if term.text in words else 0.0
    return held / total if total else 0.0


def _words_of(hit: Hit) -> frozenset[str]:
    text = "\n".join([hit.document.title, *hit.chunk.section, hit.chunk.text])
    return frozenset(search_terms(text))


def _alike(one: _Candidate, other: _Candidate) -> bool:
    """Nearly the same words: said twice in the shelves, said once in the answer."""
    either = one.words | other.words
    return bool(either) and len(one.words & other.words) / len(either) > 0.8


def _is_list(hit: Hit) -> bool:
    return sum(line.startswith("・") for line in hit.chunk.text.split("\n")) >= 2


def _sentence_after(best: _Candidate) -> list[_Candidate]:
    """The next sentence of the chunk, as context for a lone one."""
    following = [s for s in split_sentences(best.hit.chunk.text) if s.start >= best.span.end]
    return [
        _Candidate(best.hit, span, 0.0, frozenset()) for span in following[:1] if len(span.text) >= SHORTEST
    ]


def _by_chunk(picked: list[_Candidate]) -> list[tuple[Hit, list[Span]]]:
    groups: dict[str, tuple[Hit, list[Span]]] = {}
    for candidate in picked:
        groups.setdefault(candidate.hit.chunk.id, (candidate.hit, []))[1].append(candidate.span)
    return [(hit, sorted(spans, key=lambda s: s.start)) for hit, spans in groups.values()]


def _claims(hit: Hit, spans: list[Span]) -> Iterable[Claim]:
    """Neighbouring sentences share one quotation."""
    text = hit.chunk.text
    run: list[Span] = []
    for span in [*spans, None]:
        if run and (span is None or text[run[-1].end : span.start].strip()):
            quote = text[run[0].start : run[-1].end]
            yield from (Claim(s.text, hit.chunk.id, quote) for s in run)
            run = []
        if span is not None:
            run.append(span)
