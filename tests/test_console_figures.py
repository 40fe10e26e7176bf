"""The figures and the map of the corpus: what was asked is counted, beside what is on the shelf; read, drawn, saved."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from consoles import NAMES, PASSWORD, House, Person, told
from databases import KINDS, new_database
from servers import serving

from bot.console.asked.coverage import ANY, EMPTY, FACILITIES, TOPICS, WEAK, Cell, coverage
from bot.console.asked.tallies import MATTERS, REGIONS, Tally, every_day, start_of, tallies_of
from bot.store.asked import About, Asked, Count
from bot.store.database import Store
from bot.store.schema import JST
from bot.talk.about import INTENTS
from rag.documents import Chunk, Document, Facets
from rag.release import Release

pytest_plugins = ["console_fixtures", "browsing"]

NOW = datetime(2026, 4, 10, 9, 0, tzinfo=JST)
HEADS = "質問,答えた,近い答え,答えがない,聞き返した,役に立った,役に立たなかった"


def asked(**told: Any) -> Count:
    about = {"block": "", "prefecture": "", "facilities": (), "stages": (), "intent": "その他"}
    return Count(**{"n": 1, "status": "answered", "helpful": None} | about | told)


def add(house: House, number: int, status: str, days_ago: int = 0, **about: Any) -> None:
    at = datetime.now(JST) - timedelta(days=days_ago)
    Asked(house.offices.store).add(
        f"a{number}", f"質問{number}", at=at, status=status, release="r1", about=About(**about)
    )


@pytest.fixture
def busy(house: House) -> House:
    """Of the last weeks: two of bridges in 千葉県, one of sewers, one long ago, all of samples."""
    add(house, 1, "answered", 0, block="関東", prefecture="千葉県", facilities=("橋梁",), intent="事例")
    add(
        house,
        2,
        "refused",
        1,
        block="関東",
        prefecture="千葉県",
        facilities=("橋梁", "下水道"),
        intent="費用・数字",
    )
    add(house, 3, "clarify", 1, intent="意味")
    add(house, 4, "partial", 40, block="東北", prefecture="宮城県", facilities=("水道",), intent="手順")
    return house


def lines(person: Person, address: str) -> list[str]:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig").splitlines()


def test_questions_are_counted_by_what_they_are_about() -> None:
    bridges = {"block": "関東", "facilities": ("橋梁", "トンネル"), "intent": "事例"}
    counts = (
        asked(n=3, prefecture="千葉県", helpful=True, **bridges),
        asked(status="refused", helpful=False, **bridges | {"facilities": ("橋梁",)}),
        asked(status="clarify", stages=("技術選定",)),
    )
    blocks, prefectures = (view.tallies(counts) for view in REGIONS)
    assert len(blocks) == 11
    assert blocks[2] == Tally("関東", asked=4, answered=3, refused=1, helpful=3, unhelpful=1)
    assert blocks[-1] == Tally("わからない", asked=1, clarify=1)
    assert [one.name for one in prefectures] == ["千葉県", "わからない"]
    facilities, intents, stages = (view.tallies(counts) for view in MATTERS)
    assert [(one.name, one.asked) for one in facilities if one.asked] == [
        ("橋梁", 4), ("トンネル", 3), ("施設の名前なし", 1),
    ]  # fmt: skip
    assert tuple(one.name for one in intents) == INTENTS
    assert intents[0] == Tally("事例", 4, 3, 0, 1, 0, 3, 1)
    assert [(one.name, one.asked) for one in stages if one.asked] == [("技術選定", 1), ("段階の話なし", 4)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_begins_and_ends_in_japan(kind: str, tmp_path: Path) -> None:
    late = datetime(2026, 4, 9, 23, 59, tzinfo=JST)
    with Store(new_database(kind, tmp_path)) as store:
        questions = Asked(store)
        for n, at in enumerate((late, late, late + timedelta(minutes=2), NOW - timedelta(days=31))):
            what = {"status": "refused" if n else "answered", "about": About(facilities=("橋梁",))}
            questions.add(f"a{n}", "質問", at=at, release="r", **what)
        start = start_of(30, NOW)
        assert start == datetime(2026, 3, 12, tzinfo=JST)
        days = tallies_of(questions.days(start))
        counts = questions.since(start)
    assert days == (Tally("2026-04-10", 1, refused=1), Tally("2026-04-09", 2, answered=1, refused=1))
    drawn = every_day(days, start.date(), 30)
    assert len(drawn) == 30
    assert (drawn[0].name, drawn[-1].name) == ("2026-03-12", "2026-04-10")
    assert [day.asked for day in drawn] == [0] * 28 + [2, 1]
    assert sorted((count.n, count.status, count.facilities) for count in counts) == [
        (1, "answered", ("橋梁",)), (2, "refused", ("橋梁",)),
    ]  # fmt: skip


def test_the_page_and_its_files_tell_the_same_for_the_period(busy: House) -> None:
    person = busy.person("閲覧")
    assert "今日までの30日間に、3問の質問がありました。" in told(person.get("/console/figures"))
    page = told(person.get("/console/figures?days=90"))
    assert "今日までの90日間に、4問の質問がありました。" in page
    assert "関東 2 1 0 1 0 0 0" in page
    assert lines(person, "/console/figures/blocks.csv")[0] == f"ブロック,{HEADS}"
    assert "関東,2,1,0,1,0,0,0" in lines(person, "/console/figures/blocks.csv")
    assert "東北,0,0,0,0,0,0,0" in lines(person, "/console/figures/blocks.csv")
    assert "東北,1,0,1,0,0,0,0" in lines(person, "/console/figures/blocks.csv?days=365")
    assert lines(person, "/console/figures/prefectures.csv?days=90")[1:] == [
        "宮城県,1,0,1,0,0,0,0", "千葉県,2,1,0,1,0,0,0", "わからない,1,0,0,0,1,0,0",
    ]  # fmt: skip
    assert "下水道,1,0,0,1,0,0,0" in lines(person, "/console/figures/facilities.csv")
    assert "意味,1,0,0,0,1,0,0" in lines(person, "/console/figures/intents.csv")
    assert len(lines(person, "/console/figures/days.csv?days=90")) == 1 + 3
    assert lines(person, "/console/figures/stages.csv")[-1] == "段階の話なし,3,1,0,1,1,0,0"


@pytest.mark.parametrize("path", ["/console/figures", "/console/coverage"])
def test_without_a_question_and_with_a_period_there_is_not_the_page_stands(house: House, path: str) -> None:
    person = house.person("閲覧")
    assert "この期間に質問はありません。" in told(person.get(f"{path}?days=7"))
    assert person.get(f"{path}?days=x").status_code == 404
    assert person.get("/console/figures/else.csv").status_code == 404


def document(name: str, shelf: str, *facilities: str, **more: Any) -> Document:
    return Document(
        name, name, shelf, facets=Facets(facilities=facilities, stages=more.pop("stages", ())), **more
    )  # type: ignore[arg-type]


class Shelves:
    """What the map looks at of a release."""

    def __init__(self, *documents: Document, priced: str = "") -> None:
        self.documents = {one.id: one for one in documents}
        self.chunks = [Chunk("c", priced, ("費用",), None, "100万円です。")] if priced else []


def test_the_map_sets_the_shelf_beside_the_questions() -> None:
    release: Release = Shelves(  # type: ignore[assignment]
        document("c1", "cases", "橋梁", "道路", stages=("本格導入",)),
        document("c2", "cases", "橋梁"),
        document("t1", "technologies", "複数分野"),
        document("a1", "advisors", "橋梁", sample=True),
        document("old", "cases", "橋梁", superseded=True),
        document("g1", "glossary"),
        priced="c1",
    )
    counts = (
        asked(n=5, facilities=("橋梁",), intent="事例"),
        asked(facilities=("橋梁",), intent="専門家", stages=("本格導入",)),
        asked(facilities=("水道", "橋梁"), intent="費用・数字", status="refused"),
        asked(facilities=("複数分野",), intent="技術"),
        asked(intent="意味", facilities=("橋梁",)),
    )
    found = coverage(release, counts)
    assert found.cells["橋梁"]["事例"] == Cell(shelved=2, asked=5)
    assert found.cells["道路"]["事例"] == Cell(shelved=1)
    assert found.cells["橋梁"]["費用・数字"] == Cell(shelved=1, asked=1, refused=1)
    assert found.cells["橋梁"]["専門家"] == Cell(shelved=0, asked=1)  # a sample is nobody
    assert found.cells[ANY]["技術"] == Cell(shelved=1, asked=1)
    assert found.stages["本格導入"] == Cell(shelved=1, asked=1)
    assert found.besides == 1
    assert [(facility, intent, cell.mark) for facility, intent, cell in found.missing()] == [
        ("橋梁", "費用・数字", WEAK), ("水道", "費用・数字", EMPTY), ("橋梁", "専門家", EMPTY),
    ]  # fmt: skip


def test_what_is_marked_and_how_dark_it_is() -> None:
    assert [Cell(n).level for n in (0, 1, 4, 5, 14, 15)] == [0, 1, 1, 2, 2, 3]
    assert Cell(0, 0).mark == ""  # nobody asks
    assert Cell(0, 1).mark == EMPTY
    assert Cell(9, 3, 1).mark == WEAK
    assert Cell(9, 4, 1).mark == ""


def test_the_page_of_the_map_and_its_file(busy: House) -> None:
    person = busy.person("閲覧")
    page = told(person.get("/console/coverage"))
    assert "今日までの90日間の質問（4問）です。" in page
    assert "橋梁の費用・数字 資料なし 資料 0件、質問 1問、うち答えがない 1問" in page
    assert "「意味」「一覧」「その他」を聞いた質問（1問）はこの表にありません。" in page
    rows = list(csv.reader(lines(person, "/console/coverage.csv?days=30")))
    assert rows[0] == ["施設", "知りたいこと", "棚", "資料", "質問", "答えがない", "印"]
    assert len(rows) == 1 + len(FACILITIES) * len(TOPICS)
    assert ["橋梁", "事例", "事例", "0", "1", "0", "資料なし"] in rows
    assert [ANY, "手順", "手引き・文書・質問と回答", "2", "0", "0", ""] in rows


def test_without_a_release_the_map_tells_what_is_asked(busy: House) -> None:
    (busy.settings.releases / "CURRENT").unlink()
    fresh = House(busy.settings)
    page = told(fresh.person("閲覧").get("/console/coverage"))
    fresh.close()
    assert "資料の数は数えられません。質問の数だけを示します。" in page
    assert "0件 質問 1" in page


@pytest.mark.slow
@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 390}, {"color_scheme": "dark"}])
def test_the_pages_are_whole_and_have_no_barriers(
    busy: House,
    window: Callable[..., Any],
    check: Callable[[Any], None],
    shoot: Callable[..., None],
    look: dict[str, Any],
) -> None:
    with serving(busy.app) as address:
        page = window(f"{address}/console/login", **look)
        page.get_by_label("名前").fill(NAMES["管理者"])
        page.get_by_label("パスワード").fill(PASSWORD)
        page.get_by_role("button", name="ログイン").click()
        page.get_by_role("button", name="ログアウト").wait_for()
        for name in ("figures?days=90", "coverage", "privacy"):
            page.goto(f"{address}/console/{name}")
            check(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            if look == {"width": 1280} and name == "coverage":
                shoot(page, "console-coverage", whole=True)
        page.get_by_label("名前・メールアドレス・電話番号のどれか").fill("質問")
        page.get_by_role("button", name="さがす").last.click()
        page.get_by_role("heading", name="「質問」についての記録").wait_for()
        check(page)
        if look == {"width": 1280}:
            shoot(page, "console-privacy", whole=True)
        page.get_by_label("消す理由").fill("申し出")
        page.get_by_role("button", name="消す前の確認へ").click()
        page.get_by_role("heading", name="本当に消しますか").wait_for()
        check(page)
        page.get_by_role("button", name="すべて消す").click()  # the browser asks for the mark first
        assert page.get_by_role("heading", name="本当に消しますか").is_visible()
        page.get_by_label("元に戻せないことを確かめました").check()
        page.get_by_role("button", name="すべて消す").click()
        page.get_by_text("消しました（質問の文 4件）。").wait_for()
        assert Asked(busy.offices.store).last(10) == ()
