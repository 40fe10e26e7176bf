"""A question that could mean several things -> one short question back, with choices (聞き返し).

The choices are made of what was found for it, so that each of them can be answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.types import Context, Draft, Hit, Query, Term

TOO_COMMON = 2.7  # idf of a word that stands in so many chunks that alone it asks for everything
CHOICES = 4
MOST_WORDS = 2  # of a question that is open although it has several
_FILLER = re.compile("^(?:それって|これって|えっと|あの)[、,]?")

# words that say little without a facility, a place or a name: 点検は何年に1回ですか
_OPEN = frozenset(
    "点検 診断 判定 補助 補助金 交付金 支援 期限 締切 締め切り 効果 費用 予算 金額 期間 事例 修繕 補修 契約 委託 発注 更新 対策 調査 計画 基準 技術 導入".split()
)
_OF_FACILITY = frozenset(
    "点検 診断 判定 補助 補助金 費用 効果 事例 修繕 補修 更新 対策 調査 計画 技術".split()
)

NO_SUBJECT = (
    "何についてのご質問か読み取れませんでした。施設（橋梁、舗装、下水道など）や知りたいこと（費用、事例、手順など）を"
    "入れて、もう一度お聞きください。"
)
TOO_BROAD = "「{word}」の何をお知りになりたいですか。次のように、知りたいことを添えてお聞きください。"
WHICH = "何の「{word}」についてでしょうか。次のように、施設や制度の名前を添えてお聞きください。"
ASPECTS = (
    "{word}とは何ですか",
    "{word}の事例を教えてください",
    "{word}の費用はいくらですか",
    "{word}の注意点は何ですか",
)


def ask_back(context: Context) -> Draft | None:
    """What to ask, or nothing where the question is clear enough."""
    query = context.query
    subjects = [term for term in query.terms if term.kind not in ("verb", "adverb")]
    if not subjects:
        return Draft("clarify", lead=NO_SUBJECT)
    nouns = [term for term in subjects if term.kind in ("noun", "name")]
    words = list(dict.fromkeys(term.surface for term in nouns))
    if 1 < len(words) <= MOST_WORDS and _OPEN.issuperset(words) and not query.facets:
        return _with_choices(WHICH.format(word="の".join(words)), _which(query, words[-1], context.hits))
    if len(nouns) != 1 or not nouns[0].known or query.wants_meaning:
        return None
    word = nouns[0].surface
    if word in _OPEN and not query.facets:
        return _with_choices(WHICH.format(word=word), _which(query, word, context.hits))
    wish = query.asked.rstrip("。").endswith("たい")
    if (len(query.terms) == 1 or (wish and len(subjects) == 1)) and _is_common(nouns[0]):
        return _with_choices(TOO_BROAD.format(word=word), [aspect.format(word=word) for aspect in ASPECTS])
    return None


def _is_common(term: Term) -> bool:
    return term.rarity < TOO_COMMON


def _which(query: Query, word: str, hits: Iterable[Hit]) -> list[str]:
    """The question with a facility, or with the title of what was found, in front of its word."""
    asked = _FILLER.sub("", query.asked.strip())
    hits = list(hits)
    if word in _OF_FACILITY:
        facilities = dict.fromkeys(
            f for hit in hits for f in hit.document.facets.facilities if f != "複数分野"
        )
        return [f"{facility}の{asked}" for facility in facilities]
    titles = dict.fromkeys(hit.document.title for hit in hits)
    return [f"{title}の{asked}" for title in titles]


def _with_choices(lead: str, choices: list[str]) -> Draft:
    return Draft("clarify", lead=lead, follow_ups=tuple(choices[:CHOICES]))
