"""Records on the shelves -> documents and their sections."""

from __future__ import annotations

from corpus.records import Case, GuidePage, Source
from corpus.shelves import Shelves
from ingest.normalize import normalize
from ingest.readers.text import markdown_lines
from ingest.sections import sections
from ingest.types import Line, Page, Reading, Section
from rag.types import Document, SourceLink

GUIDE_ISSUER = "ハンズオンナビ手引き"
CASE_ISSUER = "ハンズオンナビ事例集"

# a case's fields in reading order, under the headings its readers use
_CASE_FIELDS = (
    ("need", "課題"),
    ("technology", "技術・仕組み"),
    ("partners", "体制"),
    ("cost", "費用"),
    ("effect", "効果"),
    ("lessons", "教訓"),
)


def shelf_documents(shelves: Shelves) -> list[tuple[Document, tuple[Section, ...]]]:
    """Every record as a document with its sections, in the order of the shelves."""
    return [
        *[(_guide_document(page), _guide_sections(page)) for page in shelves.guide],
        *[(_case_document(case), _case_sections(case)) for case in shelves.cases],
    ]


def _guide_document(page: GuidePage) -> Document:
    return Document(
        id=page.id,
        title=page.title,
        shelf="guide",
        summary=page.summary,
        issuer=GUIDE_ISSUER,
        sources=_links(page.sources),
    )


def _guide_sections(page: GuidePage) -> tuple[Section, ...]:
    reading = Reading((Page(None, markdown_lines(page.body)),), laid_out=False)
    lines, _ = normalize(reading)
    return sections(lines)


def _case_document(case: Case) -> Document:
    return Document(
        id=case.id,
        title=f"{case.municipality}：{case.title}",
        shelf="cases",
        issuer=CASE_ISSUER,
        date=case.year,
        sources=_links(case.sources),
    )


def _case_sections(case: Case) -> tuple[Section, ...]:
    place = (
        case.municipality if case.prefecture in case.municipality else f"{case.prefecture}{case.municipality}"
    )
    facts = [
        f"{place}の事例です。",
        f"対象の施設は{'・'.join(case.facilities)}です。",
        f"取組の段階は「{case.stage}」です。",
        f"時期は{case.year}年です。" if case.year and case.year[-1].isdigit() else "",
        f"人口は{case.population}です。" if case.population else "",
    ]
    made = [Section(("概要",), (Line("".join(facts), None),))]
    for field, heading in _CASE_FIELDS:
        text = getattr(case, field)
        if text:
            made.append(Section((heading,), tuple(Line(line, None) for line in text.split("\n"))))
    return tuple(made)


def _links(sources: tuple[Source, ...]) -> tuple[SourceLink, ...]:
    return tuple(
        SourceLink(source.title, str(source.url) if source.url else None, source.year) for source in sources
    )
