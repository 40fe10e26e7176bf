"""The JSON shapes of the lists of cases and of technologies. A contract: fields are added, never renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from corpus.records import Case, Technology


class SourceModel(BaseModel):
    """出典。"""

    title: str
    url: str | None
    year: str | None


class CaseModel(BaseModel):
    """1つの事例。technologies は、つながる技術の id です。"""

    case_id: str
    title: str
    municipality: str
    prefecture: str
    population: str | None
    facilities: list[str]
    technologies: list[str]
    need: str | None
    technology: str
    stage: str
    partners: str | None
    cost: str | None
    effect: str | None
    lessons: str | None
    year: str | None
    sources: list[SourceModel]


class CaseListModel(BaseModel):
    """事例の一覧。total は絞り込みに合う全部の件数です。"""

    total: int
    cases: list[CaseModel]

    @classmethod
    def of(cls, found: Sequence[Case], total: int, links: Mapping[str, Iterable[str]]) -> CaseListModel:
        """``links``: the technologies of each case, by its id."""
        return cls.model_validate(
            {
                "total": total,
                "cases": [
                    case.model_dump(mode="json") | {"case_id": case.id, "technologies": links[case.id]}
                    for case in found
                ],
            }
        )


class TechnologyModel(BaseModel):
    """1つの技術。provider があるものは、企業などの提案（シーズ）です。"""

    technology_id: str
    title: str
    kind: str | None
    provider: str | None
    summary: str
    facilities: list[str]
    targets: list[str]
    does: str | None
    cannot: str | None
    needs: str | None
    cost: str | None
    track_record: str | None
    lookup: str | None
    sources: list[SourceModel]


class TechnologyListModel(BaseModel):
    """技術の一覧。total は絞り込みに合う全部の件数です。"""

    total: int
    technologies: list[TechnologyModel]

    @classmethod
    def of(cls, found: Sequence[Technology], total: int) -> TechnologyListModel:
        told = [record.model_dump(mode="json") | {"technology_id": record.id} for record in found]
        return cls.model_validate({"total": total, "technologies": told})
