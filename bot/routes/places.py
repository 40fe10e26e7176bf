"""Municipalities by name or reading, for whoever chooses theirs (自治体を選ぶ)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from corpus.places import Municipality, municipalities
from rag.gazetteer import key
from rag.places import nearest

router = APIRouter()


class MunicipalityModel(BaseModel):
    """1つの自治体。whole は都道府県から書いた名前で、質問に添える municipality に使えます。"""

    code: str
    name: str
    reading: str
    prefecture: str
    whole: str

    @classmethod
    def of(cls, place: Municipality) -> MunicipalityModel:
        return cls(
            code=place.code,
            name=place.name,
            reading=place.reading,
            prefecture=place.prefecture,
            whole=whole_name(place),
        )


class MunicipalitiesModel(BaseModel):
    """見つかった自治体。total が 0 なら、municipalities は名前の近い自治体です。"""

    total: int
    municipalities: list[MunicipalityModel]


@router.get(
    "/api/municipalities",
    summary="自治体を名前か読みで探す",
    response_model=MunicipalitiesModel,
    tags=["自治体"],
)
def search(
    q: Annotated[
        str, Query(description="名前か読み（途中まででもよい）", max_length=40, examples=["きみつ"])
    ],
    k: Annotated[int, Query(description="件数", ge=1, le=100)] = 20,
) -> MunicipalitiesModel:
    found = named_like(q)
    shown = found[:k] or list(nearest(q))
    return MunicipalitiesModel(total=len(found), municipalities=[MunicipalityModel.of(one) for one in shown])


def whole_name(place: Municipality) -> str:
    """千葉県君津市; a prefecture is only itself."""
    return place.name if place.is_prefecture else place.prefecture + place.name


def named_like(text: str) -> list[Municipality]:
    """Who has the text in its name or reading: first those that are called so, then those that begin so."""
    wanted = key(text.strip())
    if not wanted:
        return []
    ranked = [(rank, place) for place in municipalities() if (rank := _rank(place, wanted)) is not None]
    return [place for _, place in sorted(ranked, key=lambda found: found[0])]


def _rank(place: Municipality, wanted: str) -> int | None:
    names = key(place.name), key(place.reading), key(whole_name(place))
    if any(name in (wanted, wanted + name[-1:]) for name in names):
        return 0
    if any(name.startswith(wanted) for name in names[:2]):
        return 1
    return 2 if any(wanted in name for name in names) else None
