"""事例マップ: cases by prefecture as tiles, filtered by facility and technology. Links only, so no script is needed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from bot.live import LiveDesk
from bot.routes.pages import PAGES, fault_page, templates
from corpus.parts import Facility
from corpus.places import Block
from rag.documents import Document
from rag.errors import UserFacingError
from rag.gazetteer import prefectures
from rag.places import mentioned
from rag.release import Release

TILE = 60  # units of the drawing
SHADES = (1, 3, 6)  # from so many cases on, a darker tile

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Place:
    """Where a tile lies on the grid."""

    prefecture: str
    column: int
    row: int


@dataclass(frozen=True)
class Tile:
    """One prefecture of the map: where it is drawn, its cases, and the address that lists them."""

    prefecture: str
    brief: str
    x: int
    y: int
    count: int
    shade: int
    chosen: bool
    address: str


@lru_cache(maxsize=1)
def grid() -> tuple[Place, ...]:
    """The layout of the map (bot/pages/tiles.csv)."""
    with (PAGES / "tiles.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Place(row["prefecture"], int(row["column"]), int(row["row"])) for row in csv.DictReader(file)
        )


@router.get("/cases")
def cases_page(
    request: Request, facility: str = "", technology: str = "", prefecture: str = ""
) -> HTMLResponse:
    """The map, the table beside it, and the cases that are meant."""
    live: LiveDesk = request.app.state.live
    try:
        release = live.desk().release
    except UserFacingError as error:
        return fault_page(request, error)
    cases = [document for document in release.documents.values() if document.shelf == "cases"]
    fitting = [case for case in cases if _fits(case, facility, technology)]
    chosen = next((place.prefecture for place in grid() if place.prefecture == prefecture), "")
    kept = {"facility": facility, "technology": technology}
    tiles = _tiles(fitting, chosen, kept)
    shown = {
        "tiles": tiles,
        "size": (TILE * (1 + max(p.column for p in grid())), TILE * (1 + max(p.row for p in grid()))),
        "inner": TILE - 4,
        "blocks": _by_block(tiles),
        **kept,
        "prefecture": chosen,
        "facilities": _counted(get_args(Facility), cases, "facilities"),
        "technologies": _technologies(release, cases),
        "cases": [case for case in fitting if not chosen or chosen in where(case)],
        "everywhere": "/cases?" + _query(kept),
        "release": release.manifest,
    }
    return templates.TemplateResponse(request, "cases.html", shown)


def where(case: Document) -> frozenset[str]:
    """The prefectures of a case; those of several towns name them in their title."""
    if case.facets.prefectures:
        return frozenset(case.facets.prefectures)
    return frozenset(mention.place.prefecture for mention in mentioned(case.title) if mention.place)


def _fits(case: Document, facility: str, technology: str) -> bool:
    return (not facility or facility in case.facets.facilities) and (
        not technology or technology in case.facets.technologies
    )


def _tiles(cases: Iterable[Document], chosen: str, kept: dict[str, str]) -> list[Tile]:
    counts = Counter(prefecture for case in cases for prefecture in where(case))
    return [
        Tile(
            prefecture=place.prefecture,
            brief=place.prefecture if place.prefecture == "北海道" else place.prefecture[:-1],
            x=place.column * TILE,
            y=place.row * TILE,
            count=(count := counts[place.prefecture]),
            shade=sum(count >= least for least in SHADES),
            chosen=place.prefecture == chosen,
            address="/cases?" + _query(kept | {"prefecture": place.prefecture}) + "#list",
        )
        for place in grid()
    ]


def _by_block(tiles: list[Tile]) -> dict[str, list[Tile]]:
    """The ten blocks from north to south, each with its prefectures in the order of their codes."""
    of = {tile.prefecture: tile for tile in tiles}
    blocks: dict[str, list[Tile]] = {block: [] for block in get_args(Block)}
    for place in prefectures():
        blocks[place.block].append(of[place.name])
    return blocks


def _counted(names: Iterable[str], cases: list[Document], facet: str) -> list[tuple[str, int]]:
    counts = Counter(name for case in cases for name in getattr(case.facets, facet))
    return [(name, counts[name]) for name in names if counts[name]]


def _technologies(release: Release, cases: list[Document]) -> list[tuple[str, str, int]]:
    """Id, title and number of cases, the most used first."""
    counts = Counter(name for case in cases for name in case.facets.technologies if name in release.documents)
    return [(name, release.documents[name].title, count) for name, count in counts.most_common()]


def _query(values: dict[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value})
