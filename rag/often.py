"""How often something is done (何年に1回): asked for in many words, told in few.

何年おき, どれくらいの頻度 and 何年に一度 all want to hear 5年に1回, 年2回 or 毎年; a year or a number of years is no answer.
"""

from __future__ import annotations

import re

_SPAN = "(?:年|[かケヶカ箇個]月|週間?|日)"
HOW_OFTEN = re.compile(rf"何{_SPAN}(?:に(?:[一1１何]|つき)|ごと|毎|おき|置き)|頻度|周期|間隔")
SO_OFTEN = re.compile(  # 5年に1回, 年2回, 毎年, 4か月ごと, 5年で一回り
    rf"(?:[0-9]+|数){_SPAN}(?:度)?(?:間隔|ごと|おき|(?:以内)?に(?:[0-9]+|一)[回度]|で(?:1|一)[回巡])"
    r"|[年月週日]に?(?:[0-9]+|数)[回度]|毎[年月週日]"
)
_MATTER = "(点検|調査|見回り|巡視|清掃|更新)"
_SAID = (  # as people ask -> as documents say it
    (
        rf"(何{_SPAN})(?:ごと|毎|おき|置き|に(?:つき)?[一1１][度回])(?:に(?![1１]))?",
        r"\1に1回",
    ),
    (r"(?:どの|どれ)(?:くらい|ぐらい)の(?:頻度|間隔|周期|ペース)", "何年に1回"),
    (rf"{_MATTER}の(?:頻度|間隔|周期)(?:は|って)", r"\1は何年に1回"),
    (rf"{_MATTER}の(?:頻度|間隔|周期)を", r"\1は何年に1回か"),
)
_AS_TOLD = tuple((re.compile(asked), told) for asked, told in _SAID)


def as_told(question: str) -> str:
    """The question with 何年に1回 for whatever asks how often; any other as it is."""
    for asked, told in _AS_TOLD:
        question = asked.sub(told, question)
    return question
