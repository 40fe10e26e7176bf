"""What a change of a term would do to the last questions: told before it is saved, and nothing is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path

import pytest
from consoles import NAMES, PASSWORD, House, told
from httpx import Response
from sqlalchemy import text

from bot.app import create_app
from bot.console.entry.roles import ROLES
from bot.console.stock.effect import LAST, SECONDS, SHOWN, effect
from bot.live import LiveDesk
from bot.store.asked import About, Asked
from bot.store.schema import JST
from corpus.records import Term
from rag.answer import Desk
from rag.settings import Settings

PAGE = "/console/terms"
QUESTIONS = (
    "とびものとは何ですか",
    "とびもので橋を点検した自治体の事例はありますか",
    "道路橋の定期点検は何年に1回ですか",
)
DRONE = {
    "title": "無人の点検機",
    "reading": "むじんのてんけんき",
    "meaning": "人が乗らない機械",
    "synonyms": "とびもの",
}
CHECK = {"effect": "change"}


def term(*names: str, term_id: str = "term-own-sample") -> Term:
    return Term(id=term_id, title=names[0], reading="よみ", meaning="サンプル", synonyms=names[1:])


class Furnished(House):
    """A console over the real release, whose desk it shares with others, and an empty home of its own."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self.settings = settings
        self.live = LiveDesk(settings, lambda _: desk, look_seconds=60)
        self.app = create_app(settings, self.live)

    def ask(self, *questions: str) -> None:
        asked, now = Asked(self.offices.store), datetime.now(JST)
        for number, question in enumerate(questions):
            at = now - timedelta(minutes=number)
            asked.add(f"a{number}", question, at=at, status="answered", release="r", about=About())


@pytest.fixture
def house(desk: Desk, tmp_path: Path) -> Iterator[Furnished]:
    made = Furnished(Settings(home=tmp_path), desk)
    for role in ROLES:
        made.offices.users.add(NAMES[role], role, PASSWORD, by="試験")
    yield made
    made.close()


def box(response: Response) -> str:
    """The words of the box with the effect."""
    found = re.search(
        r'<section class="card" id="effect".*?</section>\s*(?=<h2>|<form|</main>)', response.text, re.S
    )
    assert found, told(response)
    return told(Response(200, text=found[0]))


def test_what_would_change_is_told_question_by_question(desk: Desk) -> None:
    found = effect(desk, (*QUESTIONS, "Hello there, my good friend"), (), (term("ドローン", "とびもの"),))
    assert (found.asked, found.read, found.late, found.built) == (4, 2, False, False)
    what, case = found.changes
    assert [one.question for one in found.changes] == list(QUESTIONS[:2])
    assert (what.before.query.meant, what.after.query.meant) == (
        "とびものとは何ですか",
        "ドローンとは何ですか",
    )
    assert (what.before.status, what.turns) == ("refused", True)
    assert what.after.status in ("answered", "partial")
    assert what.after.hits[0].document.title == "ドローン"
    assert "ドローン" not in {hit.document.title for hit in what.before.hits}
    assert not case.same_hits
    assert found.telling[0] is what
    assert found.turned == sum(one.before.status != one.after.status for one in found.changes)
    before, after = case.standings
    shared = {hit.chunk.id for hit in case.before.hits} & {hit.chunk.id for hit in case.after.hits}
    assert [one.rank is not None for one in after] == [hit.chunk.id in shared for hit in case.after.hits]
    assert sum(one.rank is not None for one in before) == len(shared)


def test_the_desk_that_answers_is_as_it_was(desk: Desk) -> None:
    names, was = desk._names, desk.explain(QUESTIONS[0], 5)
    found = effect(desk, QUESTIONS, (), (term("ドローン", "とびもの"),))
    assert found.read == 2
    assert desk._names is names
    now = desk.explain(QUESTIONS[0], 5)
    assert now.query == was.query
    assert [one.hit.chunk.id for one in now.reasons] == [one.hit.chunk.id for one in was.reasons]


def test_before_and_after_are_what_the_desk_says_with_such_a_glossary(house: Furnished, desk: Desk) -> None:
    """What is foretold is what comes, once it is saved: a second desk, that reads the file, says the same."""
    (change,) = effect(desk, QUESTIONS[:1], (), (term("無人の点検機", "とびもの"),)).changes
    person = house.person("事務局")
    person.send(PAGE, PAGE, **DRONE)
    saved = Desk(desk.release, desk._retriever.embedders, house.settings)
    context = saved.prepare(QUESTIONS[0])
    assert context.query == change.after.query
    assert [hit.chunk.id for hit in context.hits[:5]] == [hit.chunk.id for hit in change.after.hits]
    assert saved.answer(context).text == change.after.text
    assert desk.ask(QUESTIONS[0]).text == change.before.text


def test_a_term_of_the_release_goes_with_its_names(desk: Desk) -> None:
    (uav,) = [one for one in desk.release.documents.values() if "UAV" in one.synonyms]
    found = effect(desk, ["UAVで橋を点検できますか", QUESTIONS[2]], (), (), uav.id)
    assert (found.read, found.built) == (1, True)
    (change,) = found.changes
    assert uav.title in change.before.query.meant
    assert "uav" in change.after.query.meant


def test_so_many_are_asked_again_and_no_longer_than_there_is_time(desk: Desk) -> None:
    many = [f"とびもので{number}番の橋を点検できますか" for number in range(SHOWN + 3)]
    now = (term("ドローン", "とびもの"),)
    found = effect(desk, many, (), now)
    assert (found.read, len(found.changes), found.late) == (SHOWN + 3, SHOWN, False)
    ticks = count(0.0, SECONDS / 2)  # half the time goes by at each look
    found = effect(desk, many, (), now, clock=lambda: next(ticks))
    assert (found.read, len(found.changes), found.late) == (SHOWN + 3, 1, True)


def test_the_box_stands_below_the_form_and_nothing_is_written(house: Furnished) -> None:
    house.ask(*QUESTIONS)
    person = house.person("事務局")
    answer = person.send(PAGE, PAGE, **DRONE, **CHECK)
    assert answer.status_code == 200
    said = box(answer)
    assert said.startswith(
        "効き目（まだ何も変えていません） 最近の3問のうち、 2問 の読み方が変わります。その2問を聞き直すと、"
    )
    assert "「とびものとは何ですか」" in said
    assert "「無人の点検機とは何ですか」" in said
    assert "いま 根拠がない" in said
    assert "新しく入る" in said
    for written in DRONE.values():
        assert f'value="{written}"' in answer.text or f"{written}</textarea>" in answer.text
    assert not (house.settings.shelves / "glossary.yaml").exists()
    assert house.log() == []


def test_a_term_that_is_not_whole_yet_can_be_tried(house: Furnished) -> None:
    house.ask(*QUESTIONS)
    person = house.person("事務局")
    answer = person.send(
        PAGE, PAGE, **DRONE | {"reading": "カナ", "meaning": "高さ30m", "source_url": "x"}, **CHECK
    )
    assert answer.status_code == 200
    assert "2問 の読み方が変わります。" in box(answer)
    assert "高さ30m</textarea>" in answer.text
    answer = person.send(PAGE, PAGE, **DRONE | {"synonyms": "とびもの、UAV", "title": ""}, **CHECK)
    assert answer.status_code == 422
    assert '<a href="#title">空です。</a>' in answer.text
    assert "とびもの、UAV</textarea>" in answer.text
    assert 'id="effect"' not in answer.text
    answer = person.send(PAGE, PAGE, **DRONE | {"synonyms": "UAV", "reading": ""}, **CHECK)
    assert answer.status_code == 422
    assert "「UAV」は、「ドローン」の見出しか同義語と同じです。片方から外してください。" in told(answer)
    assert not (house.settings.shelves / "glossary.yaml").exists()


def test_where_nobody_has_asked_or_nothing_changes_it_says_so(house: Furnished) -> None:
    person = house.person("事務局")
    assert box(person.send(PAGE, PAGE, **DRONE, **CHECK)) == (
        "効き目（まだ何も変えていません） まだ質問がないので、確かめられません。質問が来てから、もう一度確かめてください。"
    )
    house.ask(QUESTIONS[2])
    assert box(person.send(PAGE, PAGE, **DRONE, **CHECK)) == (
        "効き目（まだ何も変えていません） 最近の1問のうち、 0問 の読み方が変わります。どの質問の答えも変わりません。 入力に戻る"
    )


def test_the_last_hundred_are_looked_at(house: Furnished) -> None:
    house.ask(*(f"{number}番の橋の点検は" for number in range(LAST)), QUESTIONS[0])
    answer = house.person("事務局").send(PAGE, PAGE, **DRONE, **CHECK)
    assert f"最近の{LAST}問のうち、 0問 の読み方が変わります。" in box(answer)


def test_a_change_and_a_removal_are_tried_with_what_is_written_kept(house: Furnished) -> None:
    house.ask(*QUESTIONS)
    person, other = house.person("事務局"), house.person("管理者")
    person.send(PAGE, PAGE, **DRONE)
    path = house.settings.shelves / "glossary.yaml"
    before = path.read_bytes()
    (page,) = re.findall(rf'href="({PAGE}/term-own-[^"]*)"', person.get(PAGE).text)
    answer = person.send(page, page, **DRONE | {"synonyms": "空カメラ"}, **CHECK)
    assert box(answer).startswith(
        "効き目（まだ何も変えていません） 最近の3問のうち、 2問 の読み方が変わります。"
    )
    assert "空カメラ</textarea>" in answer.text
    answer = person.send(page, page, **DRONE | {"title": "", "synonyms": "空カメラ"}, effect="removal")
    assert box(answer).startswith("消したときの効き目（まだ何も変えていません） 最近の3問のうち、 2問 の")
    assert "空カメラ</textarea>" in answer.text
    assert path.read_bytes() == before
    assert [action for _, action, _ in house.log()] == ["用語を追加"]
    # the page of the effect holds the version that was seen: who saved in between is not overwritten
    tried = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
    other.send(page, page, **DRONE | {"synonyms": "とびもの\n飛ぶ機械"})
    for more in ({}, CHECK):
        answer = person.client.post(page, data=tried | DRONE | {"synonyms": "空カメラ"} | more)
        assert answer.status_code == 409
        assert "（いまの同義語は「とびもの、飛ぶ機械」" in told(answer)
        assert "空カメラ</textarea>" in answer.text


def test_a_session_that_ended_before_it_was_tried_keeps_the_text(house: Furnished) -> None:
    house.ask(*QUESTIONS)
    person = house.person("事務局")
    given = person.hidden(PAGE, PAGE)
    with house.offices.store.writing() as connection:
        connection.execute(text("UPDATE sessions SET expires_at = '2026-01-01 00:00:00'"))
    login = person.client.post(PAGE, data=given | DRONE | CHECK)
    assert login.status_code == 401
    kept = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', login.text)
    }
    answer = person.client.post("/console/login", data=kept | {"name": NAMES["事務局"], "password": PASSWORD})
    assert answer.url.path == PAGE
    assert 'value="無人の点検機"' in answer.text
    assert "とびもの</textarea>" in answer.text


def test_who_may_not_change_terms_may_not_try_them(house: Furnished) -> None:
    person = house.person("評価者")
    assert "効き目を確かめる" not in person.get(PAGE).text
    token = str(person.hidden("/console", "/console/logout")["_csrf"])
    assert person.client.post(PAGE, data={"_csrf": token} | DRONE | CHECK).status_code == 403
