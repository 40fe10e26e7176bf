"""Why a part of a match is high or low, in a sentence of plain Japanese. Says only what stands in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.parts import Facility
from corpus.records import Advisor
from rag.matching.advice import PartScore
from rag.matching.need import Need

_LEVELS = {"専門": "専門です", "経験": "携わった経験があります", "基礎": "基礎を知っています"}


def of_advisor(
    advisor: Advisor, scores: Mapping[str, float], need: Need, technology: str | None, nearest: str
) -> tuple[PartScore, ...]:
    """``technology`` is the one of the advisor's that is nearest to the need, ``nearest`` its nearest text.

    ``technology`` comes as its id and title: ``tech-tablet タブレット点検アプリ``.
    """
    told = {
        "facility": lambda: _facility(advisor, need),
        "technology": lambda: _technology(advisor, technology, scores["technology"]),
        "stage": lambda: _stage(advisor, need, scores["stage"]),
        "size": lambda: _size(advisor, need, scores["size"]),
        "region": lambda: _region(advisor, need, scores["region"]),
        "similar": lambda: _similar(nearest, scores["similar"]),
        "qualifications": lambda: _qualified(advisor, scores["qualifications"]),
    }
    return tuple(PartScore(name, round(value, 3), told[name]()) for name, value in scores.items())


def _level(advisor: Advisor, of: str) -> str:
    level = next((level.level for level in advisor.levels if level.of == of), "経験")
    return _LEVELS[level]


def _facility(advisor: Advisor, need: Need) -> str:
    own = [facility for facility in need.facilities if facility in advisor.facilities]
    if own:
        return "、".join(f"{facility}は{_level(advisor, facility)}" for facility in own) + "。"
    if "複数分野" in (*advisor.facilities, *need.facilities):
        return f"分野をまたいで、{_joined(advisor.facilities)}を扱います。"
    return f"{_joined(need.facilities)}の記録はなく、{_joined(advisor.facilities)}を扱います。"


def _technology(advisor: Advisor, technology: str | None, score: float) -> str:
    if not technology or score < 0.2:
        return "相談の技術に近いものは、得意な技術にありません。"
    record, _, title = technology.partition(" ")
    told = (
        f"「{title}」に{_level(advisor, record)}"
        if _level(advisor, record) != _LEVELS["専門"]
        else f"「{title}」が専門です"
    )
    sells = "。ただし、この技術を扱う企業に属しています" if record in advisor.sells else ""
    return f"{told}{sells}。"


def _stage(advisor: Advisor, need: Need, score: float) -> str:
    if score == 1:
        return f"{need.stage}の段階に対応します。"
    near = "近い段階に対応します" if score else "近い段階にも対応していません"
    return f"{need.stage}の段階の記録はなく、{near}（対応: {_joined(advisor.stages)}）。"


def _size(advisor: Advisor, need: Need, score: float) -> str:
    if score == 1:
        return f"{need.size}の自治体に対応してきました。"
    near = "近い規模に対応してきました" if score else "離れた規模に対応してきました"
    return f"{need.size}の自治体の記録はなく、{near}（{_joined(advisor.sizes)}）。"


def _region(advisor: Advisor, need: Need, score: float) -> str:
    if advisor.prefecture == need.prefecture and score == 1:
        return f"同じ{advisor.prefecture}にいます。"
    if need.block in advisor.blocks and score >= 0.9:
        return f"{need.block}に対応します（所在地は{advisor.prefecture}）。"
    if advisor.travel == "全国" and score >= 0.7:
        return f"{advisor.prefecture}から、全国の現地に行けます。"
    return f"所在地は{advisor.prefecture}で、オンラインで対応します。"


def _similar(nearest: str, score: float) -> str:
    if score < 0.2:
        return "相談に近い専門や支援実績の記録はありません。"
    near = "よく似ています" if score >= 0.8 else "似ています" if score >= 0.5 else "少し似ています"
    return f"「{nearest}」という記録が、相談の内容に{near}。"


def _qualified(advisor: Advisor, score: float) -> str:
    if not advisor.qualifications:
        return "資格の記録はありません。"
    of = "相談の施設に関わる資格" if score == 1 else "資格"
    return f"{of}があります（{_joined(advisor.qualifications)}）。"


def _joined(items: Sequence[str] | Sequence[Facility]) -> str:
    return "・".join(items)
