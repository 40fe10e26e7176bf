"""A question that had no answer becomes an approved one: drafted, approved, built, asked again, measured."""

from __future__ import annotations

import re

import pytest
from conftest import open_small
from consoles import House, Person, told
from doubles import WordEmbedder
from httpx import Response

from bot.console.asked.alike import Alike
from bot.store.replies import Replies
from bot.store.unanswered import Unanswered
from corpus import shelves
from eval.approved import approved
from ingest.build import build

pytest_plugins = ["console_fixtures"]

ASKED = "用水路の見回りは、だれがしますか"
LIKEWISE = "用水路の見回りはだれがやりますか"
OTHER = "トンネルの照明の色を知りたい"
DRAFT = {
    "title": "用水路の見回りはだれがしますか",
    "alike": "",
    "answer": "用水路の見回りは、毎年、管理する課が行います。\n班の数は決まっていません。",
    "facilities": ["河川"],
    "source.title": "用水路",
    "source.url": "－",
    "source.year": "",
    "valid_until": "",
}


def asked(house: House, *questions: str) -> None:
    for question in questions:
        Unanswered(house.offices.store).add(question, status="refused", reason="refused", release="r")


def reply(person: Person, number: int, do: str, /, **fields: object) -> Response:
    page = f"/console/unanswered/{number}/reply"
    return person.send(page, page, do=do, **fields)


def test_what_is_asked_alike_stands_together(house: House) -> None:
    asked(house, ASKED, OTHER, LIKEWISE)
    page = told(house.person("閲覧").get("/console/unanswered"))
    assert "似た質問 2件" in page
    assert page.index(LIKEWISE) < page.index(ASKED) < page.index(OTHER)  # the larger group first
    grouped = Alike().groups([ASKED, OTHER, LIKEWISE], WordEmbedder())
    assert grouped == ((0, 2), (1,))
    assert Alike().groups([], WordEmbedder()) == ()


def test_sections_that_are_ticked_go_into_the_draft(house: House) -> None:
    asked(house, ASKED)
    person = house.person("評価者")
    page = "/console/unanswered/1/reply"
    chunk = re.findall(r'name="chunk" value="([^"]*)"', person.get(page).text)[0]
    quoted = reply(person, 1, "quote", **DRAFT | {"chunk": chunk})
    text = quoted.text
    assert "班の数は決まっていません。\n用水路の見回りは毎年行います。</textarea>" in text
    assert text.count(">\n用水路</textarea>") == 1  # the same source is named once
    assert Replies(house.offices.store).get(1).version == 0  # nothing is kept by looking
    kept = reply(person, 1, "keep", **DRAFT)
    assert "回答案を保存しました。まだ公開されません。" in told(kept)
    assert "班の数は決まっていません。" in person.get(page).text
    assert house.log()[-1] == ("測る人", "回答案を保存", "1番")


@pytest.mark.slow
def test_an_approved_answer_is_given_and_stays_measured(house: House) -> None:
    asked(house, ASKED, LIKEWISE, OTHER)
    person = house.person("事務局")
    done = reply(person, 1, "approve", **DRAFT | {"alike": LIKEWISE, "also": "2"})
    assert "1番、2番の回答を承認しました。" in told(done)
    (record,) = shelves.load(shelves.ROOT, house.settings.shelves).faq
    assert (record.approver, record.alike, record.facilities) == (
        "事務の人",
        (LIKEWISE,),
        ("河川",),
    )
    states = {entry.id: entry.state for entry in Unanswered(house.offices.store).entries()}
    assert states == {1: "対応済み", 2: "対応済み", 3: "未対応"}
    assert house.log()[-1][:2] == ("事務の人", "回答を承認")
    assert "承認しました。 質問と回答の記録" in told(person.get("/console/unanswered/1/reply"))
    again = reply(person, 2, "approve", **DRAFT)
    assert again.status_code == 422
    assert "同じ記録がもうあります。" in told(again)
    assert Replies(house.offices.store).get(2).row is not None  # what was written is kept

    build(house.settings, WordEmbedder)
    desk = open_small(house.settings)
    for question in (ASKED, LIKEWISE, f"{ASKED}？　教えてください。"):
        answer = desk.ask(question)
        assert answer.status == "answered"
        assert answer.text.startswith(
            f"事務局が確かめた回答です（承認: 事務の人、{record.approved_on}）。もとの資料: 用水路。\n"
        )
        assert [sentence.text for sentence in answer.sentences] == str(DRAFT["answer"]).splitlines()
    other = desk.ask("用水路の見回りをしないのはだれですか")
    assert "事務局が確かめた回答です" not in other.text

    cases = approved(house.settings)
    assert [(case.question, case.must_include) for case in cases] == [
        (DRAFT["title"], (("用水路の見回りは、毎年、管理する課が行います。",),)),
        (LIKEWISE, (("用水路の見回りは、毎年、管理する課が行います。",),)),
    ]


def test_only_the_secretariat_approves_and_nothing_is_lost(house: House) -> None:
    asked(house, ASKED)
    evaluator, staff = house.person("評価者"), house.person("事務局")
    assert "承認して" not in told(evaluator.get("/console/unanswered/1/reply"))
    refused = reply(evaluator, 1, "approve", **DRAFT)
    assert refused.status_code == 403
    page = "/console/unanswered/1/reply"
    seen = staff.hidden(page, page)
    assert reply(evaluator, 1, "keep", **DRAFT).status_code == 200
    late = staff.client.post(page, data=seen | DRAFT | {"do": "approve", "answer": "別の答え"})
    assert late.status_code == 409
    assert "この質問の回答案は、測る人さんが先に保存しています。" in told(late)
    assert "別の答え</textarea>" in late.text
    foreign = reply(staff, 1, "approve", **DRAFT | {"alike": f"{LIKEWISE}\nWho looks after the old canal?"})
    assert "「Who looks after the old canal?」は質問として読めません。" in told(foreign)
    faulty = reply(staff, 1, "approve", **DRAFT | {"source.title": "", "valid_until": "来年"})
    assert faulty.status_code == 422
    assert "日付は 2027-03-31 の形で書きます。" in told(faulty)
    assert not shelves.load(shelves.ROOT, house.settings.shelves).faq
    sent = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', faulty.text))
    assert (
        staff.client.post(page, data=sent | DRAFT | {"do": "approve"}).status_code == 200
    )  # nobody came between
    assert len(shelves.load(shelves.ROOT, house.settings.shelves).faq) == 1
