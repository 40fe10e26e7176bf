"""handson search --explain: why each hit was found, in the words of the people who keep the shelves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.types import PART_NAMES

if TYPE_CHECKING:
    from rag.explain import Explanation, Found, Place, Reason
    from rag.types import Hit, Query, Term

KIND_NAMES = {
    "name": "固有名詞",
    "noun": "名詞",
    "verb": "動詞",
    "adjective": "形容詞",
    "adverb": "副詞",
    "number": "数",
}
PLACE_NAMES: dict[Place, str] = {
    "title": "題名",
    "heading": "見出し",
    "text": "本文",
    "nearby": "要約かとなりの箇所",
}
LEGEND = (
    "点は、この質問でほかの箇所よりどれだけ良いかです。足したものが合計で、大きい順に並びます。"
    "％は、「語」の点のもとになった割合です。"
)


def explained(explanation: Explanation) -> str:
    """The whole explanation: how the question was read, then every hit."""
    hits = [_reason_text(reason) for reason in explanation.reasons]
    return "\n\n".join([_question_text(explanation.query), *(hits or ["見つかりませんでした。"])])


def where(hit: Hit) -> str:
    """The title, the headings and the page of a hit."""
    page = f" p.{hit.chunk.page}" if hit.chunk.page else ""
    return " > ".join([hit.document.label, *hit.chunk.section]) + page


def _question_text(query: Query) -> str:
    known = [_term_text(term) for term in query.terms if term.known]
    unknown = [_term_text(term) for term in query.terms if not term.known]
    lines = {
        "探すときの言い方": [query.meant] if query.meant != query.asked else [],
        "探すことば": known or ["なし"],
        "資料にないことば": unknown,
        "並んだ名詞": list(query.pairs),
        "旧版や期限の過ぎた文書": ["含める" if query.past else "含めない"],
    }
    return "\n".join([f"質問の読み方: {query.asked}", *_told(lines), LEGEND])


def _term_text(term: Term) -> str:
    return f"{term.text}（{KIND_NAMES[term.kind]}、重み{term.weight:.1f}、珍しさ{term.rarity:.2f}）"


def _reason_text(reason: Reason) -> str:
    hit, near = reason.hit, reason.nearest
    lines = {
        "内訳": [f"{PART_NAMES[part]} {points:+z.2f}" for part, points in reason.parts],
        "あることば": [_found_text(word) for word in reason.words if word.places],
        "ないことば": [word.text for word in reason.words if not word.places],
        "並んだ名詞": [_found_text(pair) for pair in reason.pairs],
        "つづりの一致": [f"{reason.spelling:.0%}"] if reason.spelling >= 0.005 else [],
        "近い要約" if near.summary else "近い部分": [f"「{near.text}」（コサイン {near.similarity:.2f}）"],
    }
    return "\n".join([f"{hit.rank}. {where(hit)}  （合計 {hit.score:.2f}）", *_told(lines)])


def _found_text(found: Found) -> str:
    places = "・".join(PLACE_NAMES[place] for place in found.places)
    return f"{found.text}（{places}、{found.share:.0%}）"


def _told(lines: dict[str, list[str]]) -> list[str]:
    """A line for each that has something to say."""
    return [f"   {name}: {'、'.join(said)}" for name, said in lines.items() if said]
