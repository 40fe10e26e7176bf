"""Who asks for an expert gets advisors of the bank (人材バンク), who asks whom to ask gets the nearest offices (相談先).

The need is read from the conversation. What is told of an advisor or an office is quoted from its record; who fits, and
why, is said by :mod:`rag.matching`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.fold import fold
from rag.matching.advice import Advice, Recommendation
from rag.sentences import split_sentences
from rag.types import Claim, Context, Draft, Hit

REASONS = 3  # told in the text; the card has all of them
TOLD = 2  # sentences of a record
FIELDS = ("相談できること", "相談のしかた")  # what is told of an office

ADVISORS = "人材バンクから、ご相談に合う専門家の候補です。連絡は事務局を通します。"
NEAREST = "お近くから順に、相談先を挙げます。"
NATIONAL = "全国の相談先です。都道府県か市区町村の名前を添えると、お近くの相談先を挙げます。"

_EXPERT = r"(?:専門家|アドバイザー|助言者|有識者|詳しい(?:人|方)|先生|指導者)"
_ASKS = re.compile(
    rf"{_EXPERT}(?:の方)?[はをがに]?(?:[^。]{{0,8}}(?:紹介|探し|さがし|推薦|派遣して|お願いしたい|来てほしい|来てもらいたい|いますか|いませんか|いないか|頼みたい|相談したい|ほしい|欲しい)|[?？。]?$)"
    rf"|(?:相談|助言|指導|アドバイス)[^。]{{0,6}}(?:できる|してくれる|くれる|もらえる|頼める)[^。]{{0,4}}(?:{_EXPERT}|人|方|相手)"
    r"|(?:だれ|誰|どなた)に[^。]{0,6}(?:助言|アドバイス|指導|手伝)"
    r"|(?:手伝|助言し|教え|指導し)(?:って|て)?(?:くれる|もらえる|いただける)[^。]{0,4}(?:専門家|人|方)(?:は|を|が)"
)
# what the scheme does with its experts is asked of the documents
_OF_THE_SCHEME = re.compile(
    r"(?:専門家|アドバイザー)(?:の(?:募集|公募|応募|人数|任期|謝金|日当|報酬|役割)|を国が|が入る|に(?:は|なる|なれ|登録))|人材バンクと|とは(?:何|$|[?？])|何人|いくら|言われて"
)
_BESIDES = re.compile(r"\([^()]*\)")  # what is told besides, as rag.conversation writes it


def asks_for_advisor(question: str) -> bool:
    """Whether somebody to advise is asked for, not what documents say of experts."""
    plain = _BESIDES.sub("", fold(question))
    return bool(_ASKS.search(plain)) and not _OF_THE_SCHEME.search(plain)


def recommended(context: Context, advice: Advice) -> Draft:
    """The advisors, why they fit, and what to tell so that they fit better; none of them is an answer too."""
    if not advice.recommendations:
        return Draft("partial", lead="\n".join([advice.message, *_asked(advice)]))
    lead = [ADVISORS, *map(_reasons, advice.recommendations), *_asked(advice)]
    hits = {hit.document.id: hit for hit in reversed(context.citable) if hit.document.shelf == "advisors"}
    found = (hits.get(one.advisor_id) for one in advice.recommendations)
    return Draft("answered", tuple(_claims(hit for hit in found if hit)), "\n".join(lead))


def whom_to_ask(context: Context) -> Draft | None:
    """The offices of the context, nearest first, and what each can be asked; nothing where none is in the release."""
    lead = NEAREST if any(office.level != "全国" for office in context.offices) else NATIONAL
    claims: list[Claim] = []
    for office in context.offices:
        hits = [hit for hit in context.citable if hit.document.id == office.contact.id]
        for field in FIELDS:
            told = next((hit for hit in hits if hit.chunk.section[-1:] == (field,)), None)
            if told is not None:
                sentence = next(iter(split_sentences(told.chunk.text))).text
                claims.append(Claim(sentence, told.chunk.id, sentence, label=field))
    return Draft("answered", tuple(claims), lead) if claims else None


def _reasons(one: Recommendation) -> str:
    best = sorted(one.parts, key=lambda part: -part.score)[:REASONS]
    return f"・{one.name}：{''.join(part.reason for part in best)}"


def _asked(advice: Advice) -> list[str]:
    return [f"さらに絞り込めます。{advice.question.text}"] if advice.question else []


def _claims(hits: Iterable[Hit]) -> Iterator[Claim]:
    for hit in hits:
        for span in list(split_sentences(hit.chunk.text))[:TOLD]:
            yield Claim(span.text, hit.chunk.id, span.text, label="".join(hit.chunk.section[-1:]) or "本文")
