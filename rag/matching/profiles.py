"""What a record says in the terms of a need: advisors and cases become one shape."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from corpus.expertise import Grade
from corpus.parts import Facility, Size, Stage
from corpus.places import Block, Prefecture
from corpus.records import Advisor, Case, Need, Technology
from rag.matching.need import STAGES
from rag.matching.words import size_in, size_of
from rag.places import mentioned
from rag.tokens import one_writing

_PEOPLE = re.compile(r"([0-9]+(?:\.[0-9]+)?)人")
_STAGE_WORDS = {"導入": "本格導入"}  # how a case may call a stage


@dataclass(frozen=True)
class Told:
    """A text that a record can be found by, and the case that stands behind it."""

    text: str
    case: str | None = None


@dataclass(frozen=True)
class Profile:
    """A record as matching sees it. ``facilities`` and ``technologies``: how well it knows each, 0..1."""

    id: str
    title: str
    texts: tuple[Told, ...]
    facilities: Mapping[Facility, float] = field(default_factory=dict)
    technologies: Mapping[str, float] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    sizes: tuple[Size, ...] = ()
    prefectures: tuple[Prefecture, ...] = ()
    blocks: tuple[Block, ...] = ()
    qualifications: tuple[str, ...] = ()
    sample: bool = False


def of_advisor(
    advisor: Advisor, cases: Mapping[str, Case], technologies: Collection[str], levels: Mapping[Grade, float]
) -> Profile:
    """``technologies`` are the ids of all there are; ``levels``: what each level counts (専門, 経験, 基礎)."""
    known = {level.of: levels[level.level] for level in advisor.levels}
    usual = levels["経験"]
    supports = (
        Told(
            support.summary + (cases[support.case].title if support.case and support.case in cases else ""),
            support.case,
        )
        for support in advisor.supports
    )
    return Profile(
        advisor.id,
        advisor.title,
        texts=(Told(advisor.summary), *supports),
        facilities={facility: known.get(facility, usual) for facility in advisor.facilities},
        technologies={t: known.get(t, usual) for t in advisor.related if t in technologies},
        stages=advisor.stages,
        sizes=advisor.sizes,
        prefectures=(advisor.prefecture,),
        blocks=advisor.blocks,
        qualifications=advisor.qualifications,
        sample=advisor.sample,
    )


def of_case(case: Case, technologies: Iterable[str]) -> Profile:
    """``technologies`` are those that the case is linked to."""
    texts = (case.title, case.need, case.technology)
    prefectures, blocks = _where(f"{case.prefecture}、{case.municipality}")
    size = _size(case.population)
    return Profile(
        case.id,
        f"{case.municipality}：{case.title}",
        texts=tuple(Told(text) for text in texts if text),
        facilities=dict.fromkeys(case.facilities, 1.0),
        technologies=dict.fromkeys(technologies, 1.0),
        stages=stages_of(case.stage),
        sizes=(size,) if size else (),
        prefectures=prefectures,
        blocks=blocks,
    )


def told_technology(technology: Technology) -> str:
    """What a technology is and for what, in one text."""
    return f"{technology.title}。{technology.summary}{'、'.join(technology.targets)}"


def texts_of(technology: Technology) -> list[str]:
    """All that a technology is found by: what it is, what it is for, what it does."""
    also = ("、".join(technology.targets), technology.does)
    return [told_technology(technology), *(text for text in also if text)]


def told_need(need: Need) -> str:
    """What a need on the shelf asks for, in one text."""
    return "".join(text for text in (need.problem, need.wish) if text)


def stages_of(text: str) -> tuple[Stage, ...]:
    """The stages a case names, the one it stands at first: 現場試行～導入（2018年）."""
    before = text.split("（")[0]
    named = (stage for stage in STAGES if stage in before)
    also = (stage for word, stage in _STAGE_WORDS.items() if word in before.replace(stage, ""))
    return tuple(dict.fromkeys((*named, *also)))  # type: ignore[arg-type]


def _size(population: str | None) -> Size | None:
    if not population:
        return None
    told = _PEOPLE.search(one_writing(population))
    return size_of(float(told[1])) if told else size_in(population)


def _where(text: str) -> tuple[tuple[Prefecture, ...], tuple[Block, ...]]:
    """The prefectures and blocks that a text names."""
    found = mentioned(text)
    places = [mention.place for mention in found if mention.place]
    blocks = [place.block for place in places] + [mention.block for mention in found if mention.block]
    return tuple(dict.fromkeys(place.prefecture for place in places)), tuple(dict.fromkeys(blocks))
