"""A question that leans on the one before it -> one that stands alone (続きの質問).

それ, ほかには, うちは人口8千人の町です: what is meant is the matter of the question before. The resolved question
names it, and the trace shows it; nothing else of the conversation is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.facets import recognise
from rag.fold import fold
from rag.sentences import split_sentences
from rag.tokens import Token, analyse
from rag.understand import ASKING

SHORTEST = 10  # letters of a sentence that may be the whole question
REMEMBERED = 6  # questions of a conversation that are looked at, newest first

_POINTING = re.compile(
    r"それ|その|そちら|そこ(?!ら)|これ(?!から|まで)|この(?!度)|ここ(?!数)|同じ|ほかに|他に|ほかの|他の|もっと|じゃあ|では[、,]|だと(?:どこ|どう|いくら)"
)
_OURS = re.compile(r"^(?:うち|わたしたち|私たち|当市|当町|当村|本市|本町|本村|こちら)(?:は|の)")
_TOWNS = frozenset("市町村県都府道区")
_ASKS = re.compile(
    r"[?？]|か[。]?$|教えて|知りたい|ください|下さい|どう|何|なに|いくら|いつ|どこ|だれ|誰|の$"
)
# what a question asks of a matter, not the matter: without another noun it leans on what was said before
_ASPECTS = frozenset(
    "費用 金額 予算 期間 時期 期限 理由 目的 効果 課題 手順 流れ 条件 対象 事例 体制 人数 件数 面 相手 会社 業者 結果 注意 窓口 相談 先 職員 住民 "
    "試験 講習 規模 年 月 数 率 補助 契約 申込 申込み 手続 手続き 連絡 準備 導入 点検 工事 調査 毎年 最初 次 今後 以上 以下 頻度 仕組み つもり 予定 自治体".split()
)


def readings(question: str, before: Sequence[str]) -> list[str]:
    """The ways a question may be meant, the likeliest first.

    It may lean on what was asked before; of several sentences the one that asks may be all that matters.
    """
    leaning = leans(question) if before else False
    resolved = resolve(question, before) if leaning is not False else question
    found = [resolved] if leaning else [question, resolved]
    return list(dict.fromkeys([*found, *_asking(found[0])]))


def _asking(question: str) -> list[str]:
    """The last sentence that asks, of several; what stands around it may lead astray.

    Not without a place or a facility that only the others name: what is asked is asked of that.
    """
    told = [span.text for span in split_sentences(question)]
    asking = [text for text in told if _ASKS.search(text) and len(text) >= SHORTEST][-1:]
    return [text for text in asking if len(told) > 1 and _about(text) >= _about(question)]


def _about(question: str) -> frozenset[str]:
    facets = recognise(question)
    return frozenset((*facets.facilities, *facets.prefectures, *facets.municipalities, *facets.blocks))


def resolve(question: str, before: Sequence[str]) -> str:
    """The question with the matter of those ``before`` it (oldest first) named."""
    if not before:
        return question
    matter = _matter(before)
    if not matter:
        return question
    if _OURS.match(question) and not _ASKS.search(question):
        return f"{before[-1].rstrip('。?？')}（{question.rstrip('。')}）"
    return f"{matter}について、{question}"


def leans(question: str) -> bool | None:
    """Whether it cannot stand alone; ``None`` where its words do not tell."""
    plain = fold(question)
    if _POINTING.search(plain) or _OURS.match(plain):
        return True
    nouns = [
        token for token in analyse(question) if token.kind in ("name", "noun") and not _says_nothing(token)
    ]
    if all(token.lemma in _ASPECTS or token.surface in _ASPECTS for token in nouns):
        return True
    return False if any(token.kind == "name" for token in nouns) else None


def _matter(before: Sequence[str]) -> str:
    """The nouns of the last question that names something of its own."""
    for question in list(before)[-REMEMBERED:][::-1]:
        told = _nouns(question)
        if told and not leans(question):
            return "、".join(told)
    return "、".join(_nouns(before[0]))


def _nouns(question: str) -> list[str]:
    """Runs of nouns as written, those that ask apart."""
    runs: list[str] = []
    run = ""
    for token in (*analyse(question), Token("", "", "other")):
        town = bool(run) and token.surface in _TOWNS
        if town or (token.kind in ("name", "noun") and not _says_nothing(token)):
            run += token.surface
        elif run:
            runs.append(run)
            run = ""
    return [run for run in dict.fromkeys(runs) if run not in _ASPECTS]


def _says_nothing(token: Token) -> bool:
    return token.lemma in ASKING or token.surface in ASKING
