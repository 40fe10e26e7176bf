"""What several tests ask of a need that was read."""

from __future__ import annotations

from rag.matching.need import Need


def known_of(need: Need) -> dict[str, object]:
    """What is known besides the text."""
    place = need.municipality
    told = {
        "施設": "・".join(need.facilities),
        "技術": " ".join(need.technologies),
        "段階": need.stage,
        "自治体": place and f"{place.prefecture}{place.name}",
        "規模": need.size,
        "形": need.mode,
        "時期": need.period and f"{need.period.start or ''}~{need.period.end or ''}",
    }
    return {name: value for name, value in told.items() if value}
