"""Answers that set records side by side: cases, technologies, programmes, contacts (事例・技術・制度・相談先の比較).

Each record is told by its best sentence for the question and by the fields that matter when one compares, each
quoted and cited like any sentence; what a technology cannot do (できないこと) is among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.choose import Candidate, tells_of_another
from rag.documents import Shelf
from rag.fold import fold
from rag.sentences import split_sentences
from rag.types import Claim, Hit, Query

OF_ONE = 3  # sentences of a record
CLOSE = 0.45  # of the best sentence's score: a record whose best one is worse is not shown


@dataclass(frozen=True)
class Form:
    """Records of one shelf side by side: ``fields`` (headings) of ``most`` records."""

    shelf: Shelf
    asks: re.Pattern[str]
    fields: tuple[str, ...]
    most: int


FORMS = (
    Form(
        "technologies",
        re.compile(
            r"(?:技術|方法|機器|工法|システム)(?:を|と|に|は)?.{0,6}(?:比べ|比較|違い|選択肢|一覧)|(?:どんな|どういう|使える|ほかの)(?:点検|調査|新)?(?:技術|方法|機器)"
            r"|(?:技術|方法)(?:は|が|には|を)?(?:何が|ありますか|あるか|教えて|知りたい)"
        ),
        ("概要", "できないこと・注意", "費用"),
        3,
    ),
    Form(
        "programmes",
        re.compile(
            r"(?:どんな|使える|ほかの)(?:補助|制度|支援|交付金|助成)|(?:補助|制度|支援|交付金|助成)[^。]{0,4}(?:何が|ありますか|あるか|一覧)"
        ),
        ("受けられる支援", "対象・条件", "補助率・金額"),
        3,
    ),
    Form(
        "contacts",
        re.compile(
            r"(?:どこ|だれ|誰)に?(?:相談|聞|問い?合わせ|頼)|(?:相談|問い?合わせ)(?:先|窓口|できる(?:ところ|所|相手))"
        ),
        ("概要", "相談のしかた"),
        3,
    ),
)
CASES = Form("cases", re.compile(""), ("技術・仕組み", "効果", "費用"), 4)


def form_of(query: Query) -> Form | None:
    """The form that fits a question; none where it asks for one fact."""
    if query.wanted:
        return None
    plain = fold(query.asked)
    return CASES if query.wants_cases else next((form for form in FORMS if form.asks.search(plain)), None)


def side_by_side(
    form: Form, query: Query, candidates: Iterable[Candidate], companions: Mapping[str, tuple[Hit, ...]]
) -> list[Claim]:
    """The claims of the best records of the form's shelf, record by record.

    ``companions``: for each document id the chunks of it that may be quoted.
    """
    best: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        document = candidate.hit.document
        if document.shelf == form.shelf and not tells_of_another(query, candidate.hit):
            best.setdefault(document.id, []).append(candidate)
    if not best:
        return []
    highest = next(iter(best.values()))[0].score
    kept = [its for its in best.values() if its[0].score >= CLOSE * highest][: form.most]
    return [claim for its in kept for claim in _record(form, its, companions.get(its[0].hit.document.id, ()))]


def _record(form: Form, its: list[Candidate], chunks: tuple[Hit, ...]) -> list[Claim]:
    """The best sentence, then one of each field that is not told yet."""
    claims = {its[0].span.text: _claim(its[0].hit, its[0].span.text)}
    for field in form.fields:
        told = next((hit for hit in chunks if hit.chunk.section[-1:] == (field,)), None)
        if told is not None and field not in {claim.label for claim in claims.values()}:
            sentence = next(iter(split_sentences(told.chunk.text))).text
            claims.setdefault(sentence, _claim(told, sentence))
    return list(claims.values())[:OF_ONE]


def _claim(hit: Hit, sentence: str) -> Claim:
    return Claim(
        sentence, hit.chunk.id, sentence, label=hit.chunk.section[-1] if hit.chunk.section else "本文"
    )
