"""The JSON shapes of matching, the same for the API and for ``--json``. A contract: fields are added, never renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pydantic import BaseModel

from corpus.records import Need, Technology
from rag.matching.advice import Advice, Similar
from rag.matching.contacts import Office
from rag.matching.exchange import Match
from rag.matching.kpi import Pairing
from rag.matching.need import Reading


class PartModel(BaseModel):
    """合い方の1つ。score は 0 から 1、reason はその理由の文。"""

    name: str
    score: float
    reason: str


class EvidenceModel(BaseModel):
    """根拠になる事例。"""

    case_id: str
    title: str


class RecommendationModel(BaseModel):
    """すすめる専門家。連絡先は持たず、連絡は事務局を通します。"""

    advisor_id: str
    name: str
    sample: bool
    score: float
    parts: list[PartModel]
    evidence: list[EvidenceModel]
    stage: str | None


class RejectedModel(BaseModel):
    """近いが、条件に合わなかった専門家とその理由。"""

    advisor_id: str
    failed: str


class AdviceModel(BaseModel):
    """専門家の推薦。team は段階ごとの専門家、missing は答えると結果が変わる項目（先のものから聞く）。

    question はいま聞くこと1つ、message は推薦できる人がいないときの説明と相談先、notes は相談の読み方で知らせることです。
    """

    recommendations: list[RecommendationModel]
    team: dict[str, str]
    missing: list[str]
    rejected_nearest: list[RejectedModel]
    question: str | None
    message: str
    notes: list[str]

    @classmethod
    def of(cls, advice: Advice, reading: Reading) -> AdviceModel:
        return cls.model_validate(
            {
                "recommendations": [asdict(found) for found in advice.recommendations],
                "team": {str(stage): advisor for stage, advisor in advice.team.items()},
                "missing": [question.field for question in advice.missing],
                "rejected_nearest": [asdict(found) for found in advice.rejected_nearest],
                "question": advice.question and advice.question.text,
                "message": advice.message,
                "notes": reading.notes,
            }
        )


class SimilarModel(BaseModel):
    """似た事例。alike は同じところ、different は違うところ。"""

    case_id: str
    title: str
    score: float
    parts: list[PartModel]
    alike: list[str]
    different: list[str]


class CasesModel(BaseModel):
    """似た事例の一覧。notes は相談の読み方で知らせることです。"""

    cases: list[SimilarModel]
    notes: list[str]

    @classmethod
    def of(cls, found: tuple[Similar, ...], reading: Reading) -> CasesModel:
        return cls.model_validate({"cases": [asdict(case) for case in found], "notes": reading.told})


class MatchModel(BaseModel):
    """ニーズとシーズの組。state は 検討・成立・現場試行・実装、recorded は台帳に記録があるか。"""

    id: str
    title: str
    sample: bool
    municipality: str | None
    wanted: str | None
    provider: str | None
    summary: str | None
    state: str
    recorded: bool
    score: float
    parts: list[PartModel]


class MatchesModel(BaseModel):
    """ニーズに合う技術、またはシーズに合うニーズの一覧。notes はニーズの読み方で知らせることです。"""

    matches: list[MatchModel]
    notes: list[str]

    @classmethod
    def of(
        cls, found: tuple[Match, ...], recorded: Mapping[str, Pairing], notes: Sequence[str] = ()
    ) -> MatchesModel:
        """``recorded``: what is written down of each record that was found, by its id."""
        matches = [_match(match, recorded.get(match.record.id)) for match in found]
        return cls(matches=matches, notes=list(notes))


class OfficeModel(BaseModel):
    """相談先。level は 都道府県・ブロック・全国。"""

    contact_id: str
    title: str
    level: str
    kind: str
    topics: list[str]
    summary: str
    how: str | None
    url: str | None
    score: float
    reason: str


class OfficesModel(BaseModel):
    """相談先の一覧。近い順。notes は相談の読み方で知らせることです。"""

    contacts: list[OfficeModel]
    notes: list[str]

    @classmethod
    def of(cls, found: tuple[Office, ...], reading: Reading) -> OfficesModel:
        return cls(contacts=[_office(office) for office in found], notes=list(reading.told))


def _match(match: Match, pairing: Pairing | None) -> MatchModel:
    record = match.record
    need = record if isinstance(record, Need) else None
    seed = record if isinstance(record, Technology) else None
    wanted = "".join(part for part in (need.wish or need.problem, need.conditions) if part) if need else None
    return MatchModel(
        id=record.id,
        title=record.title,
        sample=bool(need and need.sample),
        municipality=f"{need.prefecture}{need.municipality}" if need else None,
        wanted=wanted,
        provider=seed.provider if seed else None,
        summary=seed.summary if seed else None,
        state=pairing.state if pairing else match.state,
        recorded=pairing is not None,
        score=match.score,
        parts=[PartModel(**asdict(part)) for part in match.parts],
    )


def _office(office: Office) -> OfficeModel:
    contact = office.contact
    return OfficeModel(
        contact_id=contact.id,
        title=contact.title,
        level=office.level,
        kind=contact.kind,
        topics=list(contact.topics),
        summary=contact.summary,
        how=contact.how,
        url=str(contact.url) if contact.url else None,
        score=office.score,
        reason=office.reason,
    )
