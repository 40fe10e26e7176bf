"""What comes of a match: the small types that the command line, the API and the chat show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corpus.parts import Stage
from rag.matching.need import Need, Question

PART_NAMES: dict[str, str] = {
    "facility": "施設",
    "technology": "技術",
    "stage": "段階",
    "size": "自治体の規模",
    "region": "地域",
    "similar": "相談との近さ",
    "qualifications": "資格",
}


@dataclass(frozen=True)
class PartScore:
    """One respect in which something suits a need, 0..1, and why, in a sentence."""

    name: str
    score: float
    reason: str


@dataclass(frozen=True)
class Evidence:
    """A case that a recommendation stands on."""

    case_id: str
    title: str


@dataclass(frozen=True)
class Recommendation:
    """An advisor for a need. ``stage`` is the one of the need."""

    advisor_id: str
    name: str
    sample: bool
    score: float
    parts: tuple[PartScore, ...]
    evidence: tuple[Evidence, ...]
    stage: Stage | None


@dataclass(frozen=True)
class Rejected:
    """An advisor who would have been near, and the condition that failed, in a sentence."""

    advisor_id: str
    name: str
    sample: bool
    failed: str


@dataclass(frozen=True)
class Advice:
    """``recommendations`` best first; none of them is an answer too: then ``message`` says so."""

    need: Need
    recommendations: tuple[Recommendation, ...] = ()
    team: Mapping[Stage, str] = field(default_factory=dict)
    missing: tuple[Question, ...] = ()
    rejected_nearest: tuple[Rejected, ...] = ()
    message: str = ""

    @property
    def question(self) -> Question | None:
        """The one thing to ask back now."""
        return self.missing[0] if self.missing else None


@dataclass(frozen=True)
class Similar:
    """A case like mine: what is alike in it and what is not, in sentences."""

    case_id: str
    title: str
    score: float
    parts: tuple[PartScore, ...]
    alike: tuple[str, ...]
    different: tuple[str, ...]
