"""Records on the shelves -> documents and their sections: one function a shelf says what a reader sees."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, get_args

from corpus.parts import Record, Stage
from corpus.places import Block, Prefecture
from corpus.records import (
    Advisor,
    Case,
    Contact,
    Faq,
    Figure,
    Forum,
    GuidePage,
    Need,
    Programme,
    Technology,
    Term,
)
from corpus.shelves import Shelves
from ingest import experts
from ingest.normalize import normalize
from ingest.readers.text import markdown_lines
from ingest.sections import sections
from ingest.types import Line, Page, Reading, Section
from rag.documents import Document, Facets, Shelf, SourceLink
from rag.facets import recognise, years_of

Sections = tuple[Section, ...]

_PREFECTURES = get_args(Prefecture)


def shelf_documents(shelves: Shelves) -> list[tuple[Document, Sections]]:
    """Every record as a document with its sections, in the order of the shelves.

    An advisor who does not consent to be shown (掲載の同意) is no document, and no other one names it.
    """
    links = shelves.links()
    shown = {record.id: record for record in shelves.records() if getattr(record, "consent", True)}
    return [
        _made(record, tuple(other for other in links[record.id] if other in shown))
        for record in shown.values()
    ]


def _made(record: Record, related: tuple[str, ...]) -> tuple[Document, Sections]:
    shelf, issuer, about, read = _SHELVES[type(record)]
    municipality = getattr(record, "municipality", None)
    url = getattr(record, "url", None)
    document = Document(
        id=record.id,
        title=f"{municipality}：{record.title}" if municipality else record.title,
        shelf=shelf,
        summary=about(record) or None,
        issuer=issuer,
        date=getattr(record, "year", None) or getattr(record, "approved_on", None),
        url=str(url) if url else None,
        sources=tuple(
            SourceLink(source.title, str(source.url) if source.url else None, source.year)
            for source in getattr(record, "sources", ())
        ),
        related=related,
        synonyms=_several(record, "synonyms", "alike"),
        approver=getattr(record, "approver", None),
        valid_until=getattr(record, "valid_until", None),
        sample=getattr(record, "sample", False),
        facets=_facets(record, related),
    )
    return document, read(record)


def _facets(record: Record, related: tuple[str, ...]) -> Facets:
    """What the record's own fields say of facility, technology, place, stage and year."""
    prefectures = tuple(
        name for name in _several(record, "prefecture", "prefectures") if name in _PREFECTURES
    )
    towns = recognise("".join(_several(record, "prefecture")) + getattr(record, "municipality", ""))
    blocks = _several(record, "block", "blocks") or recognise("、".join(prefectures)).blocks
    if not blocks:  # a case of several prefectures names its block in the place of one
        blocks = tuple(name for name in _several(record, "prefecture") if name in get_args(Block))
    told = _several(record, "stage", "stages")  # a case tells more behind it: 本格導入（2018年に試験飛行…）
    stages = [stage for stage in get_args(Stage) if any(text.startswith(stage) for text in told)]
    return Facets(
        facilities=_several(record, "facilities"),
        technologies=tuple(name for name in (record.id, *related) if name.startswith("tech-")),
        prefectures=prefectures,
        municipalities=towns.municipalities if hasattr(record, "municipality") else (),
        blocks=blocks,
        stages=tuple(stages),
        years=years_of(getattr(record, "year", None)),
    )


def _several(record: Record, *names: str) -> tuple[str, ...]:
    """The values of the first of the fields that the record has, of one or of many."""
    value = next((found for name in names if (found := getattr(record, name, None))), ())
    return (value,) if isinstance(value, str) else tuple(value)


# What a record is about is searched and shown above it, but never quoted: a list makes no answer.


def _about_case(case: Case) -> str:
    return _told(
        f"{_place(case)}の事例",
        _listed("施設", case.facilities),
        f"段階: {case.stage}",
        f"時期: {case.year}" if case.year else "",
        f"人口: {case.population}" if case.population else "",
    )


def _about_technology(technology: Technology) -> str:
    return _told(
        f"{technology.provider}が提案する技術" if technology.provider else "",
        _listed("施設", technology.facilities),
        _listed("対象の損傷・作業", technology.targets),
    )


def _about_programme(programme: Programme) -> str:
    return _told(
        programme.kind,
        f"実施者: {programme.provider}",
        _listed("施設", programme.facilities),
        _listed("役に立つ段階", programme.stages),
    )


def _about_contact(contact: Contact) -> str:
    return _told(
        contact.kind,
        f"地域: {'・'.join(contact.blocks) or '全国'}",
        _listed("都道府県", contact.prefectures),
        _listed("施設", contact.facilities),
        _listed("相談できること", contact.topics),
    )


def _about_need(need: Need) -> str:
    return _told(
        "サンプルデータです。実在の自治体のニーズではありません" if need.sample else "",
        f"{_place(need)}のニーズ",
        _listed("施設", need.facilities),
        f"段階: {need.stage}" if need.stage else "",
        f"状況: {need.status}" if need.status else "",
    )


def _about_advisor(advisor: Advisor) -> str:
    return _told(
        "サンプルデータです。実在の専門家ではありません" if advisor.sample else "",
        advisor.organisation,
        f"所在地: {advisor.prefecture}",
        _listed("施設", advisor.facilities),
    )


def _about_faq(faq: Faq) -> str:
    return _told(_listed("別の聞き方", faq.alike), _listed("施設", faq.facilities))


def _about_term(term: Term) -> str:
    return _told(f"読み: {term.reading}", _listed("同じ意味のことば", term.synonyms))


def _guide(page: GuidePage) -> Sections:
    reading = Reading((Page(None, markdown_lines(page.body)),), laid_out=False)
    lines, _ = normalize(reading)
    return sections(lines)


def _case(case: Case) -> Sections:
    return _fields(
        case,
        need="課題",
        technology="技術・仕組み",
        partners="体制",
        cost="費用",
        effect="効果",
        lessons="教訓",
    )


def _technology(technology: Technology) -> Sections:
    return _fields(
        technology,
        summary="概要",
        does="できること",
        cannot="できないこと・注意",
        needs="必要なもの",
        cost="費用",
        track_record="導入実績",
        lookup="調べる先",
    )


def _programme(programme: Programme) -> Sections:
    return _fields(
        programme,
        summary="概要",
        support="受けられる支援",
        conditions="対象・条件",
        amount="補助率・金額",
        period="期間・募集時期",
        apply="申込み・問い合わせ先",
        cautions="注意・要確認",
    )


def _contact(contact: Contact) -> Sections:
    topics = f"{contact.title}に相談できることは、{'、'.join(contact.topics)}です。"
    return (
        _section("概要", contact.summary),
        _section("相談できること", topics),
        *_fields(contact, how="相談のしかた"),
    )


def _forum(forum: Forum) -> Sections:
    name = forum.title.split("（")[0].removesuffix(" 全体")
    plans = [
        f"{name}の「{plan.name}」の予定は「{plan.when or '未記載'}」です（{forum.year}）。{plan.what or ''}"
        for plan in forum.activities
    ]
    figures = [_figure(figure) for figure in forum.figures]
    return (
        *_fields(forum, aims="活動の目的"),
        *([_section("活動の計画", *plans, apart=True)] if plans else ()),
        *([_section("目標と実績", *figures, apart=True)] if figures else ()),
        *_fields(forum, partners="体制・連携", notes="注意"),
    )


def _figure(figure: Figure) -> str:
    told = (
        f"目標が{figure.target}" if figure.target else "",
        f"実績が{figure.result}" if figure.result else "",
    )
    return f"{figure.item}は、{'、'.join(part for part in told if part)}です。{figure.note or ''}"


def _need(need: Need) -> Sections:
    return _fields(
        need,
        problem="課題",
        wish="求める技術・支援",
        conditions="条件",
        form="希望する進め方",
        period="希望する時期",
    )


def _advisor(advisor: Advisor) -> Sections:
    supports = experts.supported(advisor)
    return (
        _section("概要", *experts.introduced(advisor)),
        *([_section("支援実績", *supports, apart=True)] if supports else ()),
    )


def _faq(faq: Faq) -> Sections:
    return _fields(faq, answer="回答")


def _term(term: Term) -> Sections:
    return _fields(term, meaning="意味")


_SHELVES: dict[type[Record], tuple[Shelf, str, Callable[[Any], str], Callable[[Any], Sections]]] = {
    GuidePage: ("guide", "ハンズオンナビ手引き", attrgetter("summary"), _guide),
    Case: ("cases", "ハンズオンナビ事例集", _about_case, _case),
    Technology: ("technologies", "ハンズオンナビ技術カタログ", _about_technology, _technology),
    Programme: ("programmes", "ハンズオンナビ支援カタログ", _about_programme, _programme),
    Contact: ("contacts", "ハンズオンナビ相談先一覧", _about_contact, _contact),
    Forum: ("forums", "ハンズオンナビ フォーラム一覧", attrgetter("summary"), _forum),
    Need: ("needs", "ハンズオンナビ ニーズ一覧", _about_need, _need),
    Advisor: ("advisors", "ハンズオンナビ人材バンク", _about_advisor, _advisor),
    Faq: ("faq", "ハンズオンナビ 質問と回答", _about_faq, _faq),
    Term: ("glossary", "ハンズオンナビ用語集", _about_term, _term),
}


def _section(heading: str, *sentences: str, apart: bool = False) -> Section:
    """One section; ``apart`` gives each of the sentences a line of its own."""
    texts = [text for text in sentences if text]
    lines = texts if apart else ["".join(texts)]
    return Section((heading,), tuple(Line(line, None) for line in lines))


def _fields(record: Record, **headings: str) -> Sections:
    """The fields that are known, in reading order, under the headings their readers use."""
    return tuple(
        _section(heading, *text.strip().split("\n"), apart=True)
        for name, heading in headings.items()
        if (text := getattr(record, name))
    )


def _place(record: Case | Need) -> str:
    """The municipality with its prefecture, which may be one itself."""
    known = record.prefecture in record.municipality
    return record.municipality if known else f"{record.prefecture}{record.municipality}"


def _listed(what: str, items: tuple[str, ...]) -> str:
    return f"{what}: {'、'.join(items)}" if items else ""


def _told(*parts: str) -> str:
    return "".join(f"{part}。" for part in parts if part)
