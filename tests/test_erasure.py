"""What was said in the chat of one municipality or one person: found, given out, erased; the counts stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from databases import KINDS, new_database
from sqlalchemy import select

from bot.desk import erasure
from bot.desk.places import municipality_named
from bot.store.database import Store
from bot.store.replies import Replies
from bot.store.schema import JST, answers, asked, conversations, feedback, unanswered
from bot.talk.counter import Counter
from bot.talk.kept import Asked, Opinion
from rag.errors import DeskError
from rag.settings import Settings
from rag.types import Answer

ANSWER = Answer("answered", "君津市は橋の点検にドローンを使いました。", (), (), "r1")
REFUSED = Answer("refused", "見つかりませんでした。", (), (), "r1")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store(new_database(request.param, tmp_path)) as store:
        yield store


@pytest.fixture
def counter(store: Store) -> Counter:
    """君津市 asks in a conversation, somebody asks of it, somebody of 富山市 asks for himself."""
    counter = Counter(Settings(), store)
    opened = counter.conversations.open("千葉県君津市")
    told = counter.keep(Asked("橋の点検の費用はいくらですか", opened.id, "千葉県君津市"), ANSWER)
    assert told.id
    counter.opinions.take(Opinion(told.id, True, None, "助かりました"))
    counter.keep(Asked("君津市の橋の数は"), REFUSED)
    other = counter.keep(Asked("富山市の橋をポン太にまかせたい"), ANSWER)
    assert other.id
    counter.opinions.take(Opinion(other.id, False, "古い", "ポン太の橋のことです"))
    return counter


def of(name: str, prefecture: str | None = None) -> erasure.Subject:
    return erasure.municipality(municipality_named(name, prefecture))


def forget(store: Store, subject: erasure.Subject, folder: Path) -> erasure.Concerned:
    return erasure.forget(store, subject, folder, by="サンプル係", reason="申し出")


def words(store: Store, *columns: object) -> list[object]:
    with store.reading() as connection:
        return [value for column in columns for value in connection.scalars(select(column))]  # type: ignore[call-overload]


def test_what_concerns_a_municipality_is_its_conversations_and_what_names_it(counter: Counter) -> None:
    found = erasure.concerning(counter.conversations.store, of("君津市"))
    assert found.counts == {
        "案件": 0, "未回答の質問": 1, "会話": 1, "回答": 2, "質問の文": 2, "評価の意見": 1,
    }  # fmt: skip
    given = found.as_json()
    assert json.loads(json.dumps(given)) == given
    assert [one["municipality"] for one in given["conversations"]] == ["千葉県君津市"]
    asked_of = ["橋の点検の費用はいくらですか", "君津市の橋の数は"]
    assert [one["question"] for one in given["answers"]] == asked_of
    assert [one["question"] for one in given["asked"]] == asked_of
    assert [one["comment"] for one in given["comments"]] == ["助かりました"]
    assert not any(
        "id" in one for name in ("conversations", "answers", "asked", "comments") for one in given[name]
    )


def test_of_a_person_the_answers_count_too(counter: Counter) -> None:
    store = counter.conversations.store
    found = erasure.concerning(store, erasure.person("ポン太"))
    assert {name: count for name, count in found.counts.items() if count} == {
        "回答": 1, "質問の文": 1, "未回答の質問": 1, "評価の意見": 1,
    }  # fmt: skip
    assert erasure.concerning(store, erasure.person("ドローン")).counts["回答"] == 2


def test_what_is_forgotten_leaves_numbers_only(counter: Counter, tmp_path: Path) -> None:
    store = counter.conversations.store
    subject = of("君津市")
    assert forget(store, subject, tmp_path).counts["質問の文"] == 2
    assert not erasure.concerning(store, subject)
    theirs = "富山市の橋をポン太にまかせたい"
    assert words(store, conversations.c.municipality) == []
    assert words(store, answers.c.question, unanswered.c.question) == [theirs, theirs]
    assert sorted(map(str, words(store, asked.c.question))) == ["", "", theirs]
    assert sorted(map(str, words(store, feedback.c.comment))) == ["", "ポン太の橋のことです"]
    assert sorted(map(str, words(store, asked.c.prefecture))) == ["千葉県", "千葉県", "富山県"]
    assert sorted(map(str, words(store, asked.c.helpful))) == ["False", "None", "True"]
    if store.url.get_backend_name() == "sqlite":
        assert all("助かりました".encode() not in path.read_bytes() for path in tmp_path.glob("test-*"))


def test_of_two_places_of_one_name_the_other_stays(store: Store, tmp_path: Path) -> None:
    counter = Counter(Settings(), store)
    for question in ("東京都府中市の橋の数は", "広島県府中市の橋の数は", "府中市の橋の数は"):
        counter.keep(Asked(question), ANSWER)
    forget(store, of("府中市", "広島県"), tmp_path)
    assert counter.questions.last(5) == ("東京都府中市の橋の数は",)


def test_an_answer_drafted_for_a_question_goes_with_it(counter: Counter, tmp_path: Path) -> None:
    store = counter.conversations.store
    (last, *_) = counter.ledger.entries()
    Replies(store).keep(last.id, {"answer": "サンプル花子に聞く"}, by="サンプル係", version=0)
    subject = erasure.person("サンプル花子")
    found = erasure.concerning(store, subject)
    assert [one["draft"] for one in found.as_json()["unanswered"]] == [{"answer": "サンプル花子に聞く"}]
    forget(store, subject, tmp_path)
    assert Replies(store).get(last.id).row is None
    assert last.id not in {entry.id for entry in counter.ledger.entries()}


def test_the_reason_does_not_say_whom(counter: Counter, tmp_path: Path) -> None:
    store = counter.conversations.store
    with pytest.raises(DeskError) as told:
        erasure.forget(store, of("君津市"), tmp_path, by="サンプル係", reason="君津市の申し出")
    assert told.value.message == (
        "理由に、消す相手の名前や連絡先を書かないでください。理由は、消したあとも記録として残ります。"
    )
    assert erasure.concerning(store, of("君津市")).counts["会話"] == 1


def test_very_many_are_forgotten_at_once(store: Store, tmp_path: Path) -> None:
    at = datetime(2026, 4, 1, tzinfo=JST)
    row = {"status": "answered", "release": "r", "block": "", "prefecture": "", "intent": "その他"}
    many = [
        {
            **row,
            "id": f"a{n}",
            "at": at + timedelta(seconds=n),
            "question": "君津市の橋",
            "facilities": [],
            "stages": [],
        }
        for n in range(1_201)
    ]
    with store.writing() as connection:
        connection.execute(asked.insert(), many)
    assert forget(store, of("君津市"), tmp_path).counts["質問の文"] == 1_201
    assert set(words(store, asked.c.question)) == {""}
