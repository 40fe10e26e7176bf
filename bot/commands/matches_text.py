"""What matching finds, as a person reads it at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.matching_models import MatchesModel
    from rag.matching.advice import Advice, PartScore, Recommendation, Similar
    from rag.matching.contacts import Office
    from rag.matching.matchmaker import Matchmaker
    from rag.matching.need import Need

NOTHING = "見つかりませんでした。ことばを変えるか、項目を減らして、もう一度探してください。"
_SAMPLE = "【サンプルデータ】"
_REACHED = "専門家への連絡は事務局を通します。"


def advice(found: Advice, matchmaker: Matchmaker) -> str:
    lines = [_need(found.need, matchmaker)]
    lines += [found.message] if found.message else []
    for number, recommendation in enumerate(found.recommendations, 1):
        lines += ["", *_recommendation(number, recommendation)]
    names = {advisor.id: advisor.title for advisor in matchmaker.shelves.advisors}
    if found.team:
        lines += ["", "段階ごとの専門家", *(f"  {stage}: {names[who]}" for stage, who in found.team.items())]
    if found.rejected_nearest:
        lines += ["", "近いが、条件に合わない専門家"]
        lines += [
            f"  {_named(other.name, sample=other.sample)}: {other.failed}" for other in found.rejected_nearest
        ]
    if found.missing:
        lines += ["", f"もう1つ教えてください: {found.missing[0].text}"]
    return "\n".join([*lines, "", _REACHED] if found.recommendations else lines)


def cases(found: tuple[Similar, ...]) -> str:
    return (
        "\n\n".join(
            "\n".join(
                [
                    f"{number}. {case.title}（{case.case_id}）  {case.score:.2f}",
                    *(f"  ○ {reason}" for reason in case.alike),
                    *(f"  × {reason}" for reason in case.different),
                ]
            )
            for number, case in enumerate(found, 1)
        )
        or NOTHING
    )


def matches(found: MatchesModel) -> str:
    lines: list[str] = []
    for number, match in enumerate(found.matches, 1):
        state = f"{match.state}{'' if match.recorded else '（記録なし）'}"
        lines += [
            f"{number}. {_named(match.title, sample=match.sample)}（{match.id}）  {match.score:.2f}  {state}"
        ]
        fields = {
            "自治体名称": match.municipality,
            "求める内容／条件": match.wanted,
            "企業等名称": match.provider,
            "技術の概要": match.summary,
        }
        lines += [f"  {name}: {text}" for name, text in fields.items() if text]
        lines += [f"  {part.score:.2f} {part.reason}" for part in match.parts]
    return "\n".join(lines) or NOTHING


def offices(found: tuple[Office, ...]) -> str:
    lines: list[str] = []
    for number, office in enumerate(found, 1):
        lines += [f"{number}. {office.contact.title}（{office.level}）", f"  {office.reason}"]
        lines += [f"  {office.contact.how}"] if office.contact.how else []
        lines += [f"  {office.contact.url}"] if office.contact.url else []
    return "\n".join(lines) or NOTHING


def _recommendation(number: int, found: Recommendation) -> list[str]:
    return [
        f"{number}. {_named(found.name, sample=found.sample)}  {found.score:.2f}",
        *(f"  {_part(part)}" for part in found.parts),
        *(f"  事例: {case.title}（{case.case_id}）" for case in found.evidence),
    ]


def _part(part: PartScore) -> str:
    from rag.matching.advice import PART_NAMES

    return f"{PART_NAMES[part.name]} {part.score:.2f}: {part.reason}"


def _need(need: Need, matchmaker: Matchmaker) -> str:
    """How the need was understood."""
    place = need.municipality
    where = (place.name if place.is_prefecture else f"{place.prefecture}{place.name}") if place else ""
    known = {
        "施設": "・".join(need.facilities),
        "技術": matchmaker.catalogue.titles(need.in_question),
        "段階": need.stage or "",
        "自治体": where or need.prefecture or need.block or "",
        "規模": need.size or "",
        "形": need.mode or "",
        "時期": f"{need.period.start or ''}～{need.period.end or ''}" if need.period else "",
    }
    return "相談の読み取り: " + "、".join(f"{name}={text}" for name, text in known.items() if text)


def _named(name: str, *, sample: bool) -> str:
    return f"{name}{_SAMPLE}" if sample else name
