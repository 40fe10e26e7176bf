"""Conversations on SQLite and on a real PostgreSQL: they last a while, are masked, and go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from databases import KINDS, new_database
from sqlalchemy import func, select

from bot.store.database import Store
from bot.store.schema import JST, answers, conversations, feedback
from bot.store.unanswered import Unanswered
from bot.talk.conversations import GONE, MOST, UNUSED, Conversations
from bot.talk.counter import Counter
from bot.talk.kept import Asked, Opinion
from bot.talk.opinions import UNKNOWN, Opinions
from rag.errors import DeskError, NotFound
from rag.settings import Settings
from rag.types import Answer, Citation, Nearest

CITATION = Citation(1, "c1", "d1", "橋の手引き", 3, ("点検",), "5年に1回点検する。", "/documents/d1")
ANSWER = Answer("answered", "5年に1回です。[1]", (), (CITATION,), "r1")
REFUSED = Answer(
    "refused",
    "「山田太郎」は見つかりませんでした。",
    (),
    (),
    "r1",
    (Nearest("c9", "d9", "近い文書", None, (), "/documents/d9"),),
)


class Clock:
    """A day that goes on when it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 1, 9, 0, tzinfo=JST)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store(new_database(request.param, tmp_path)) as store:
        yield store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(store: Store, clock: Clock) -> Conversations:
    return Conversations(store, 24, clock)


def count(store: Store, table: object) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[call-overload]


def test_a_conversation_remembers_what_was_asked_and_answered(kept: Conversations, clock: Clock) -> None:
    opened = kept.open("広島県府中市")
    assert len(opened.id) == 32
    clock.pass_by(minutes=5)
    first = kept.keep("橋の点検は", ANSWER, opened.id, "広島県府中市")
    kept.keep("費用は", ANSWER, opened.id, "広島県府中市")
    assert kept.asked_before(opened.id) == ("橋の点検は", "費用は")
    turns = kept.turns(opened.id)
    assert [turn.question for turn in turns] == ["橋の点検は", "費用は"]
    assert (turns[0].id, turns[0].text, turns[0].status) == (first.id, "5年に1回です。[1]", "answered")
    assert turns[0].citations[0]["quote"] == "5年に1回点検する。"
    assert kept.get(opened.id).municipality == "広島県府中市"
    assert kept.get(opened.id).expires_at == clock.now + timedelta(hours=24)


def test_ids_are_never_alike(kept: Conversations) -> None:
    ids = {kept.open().id for _ in range(50)} | {kept.keep("橋", ANSWER, None).id for _ in range(50)}
    assert len(ids) == 100


def test_personal_data_are_masked_in_the_question_and_where_the_answer_repeats_it(
    kept: Conversations, store: Store
) -> None:
    opened = kept.open()
    kept.keep("電話は090-1234-5678です。山田太郎です。橋は\u200bどう見ますか", REFUSED, opened.id)
    (turn,) = kept.turns(opened.id)
    assert turn.question == "電話は〔電話番号〕です。〔氏名〕です。橋はどう見ますか"
    assert "山田太郎" not in turn.text
    kept.keep("相談先の電話は", Answer("answered", "03-1234-5678です。", (), (), "r1"), opened.id)
    assert kept.turns(opened.id)[-1].text == "03-1234-5678です。"  # an office's, out of a document


def test_a_conversation_ends_and_is_swept_with_all_that_was_said(
    kept: Conversations, clock: Clock, store: Store
) -> None:
    used, unused = kept.open(), kept.open()
    kept.keep("橋の点検は", ANSWER, used.id)
    alone = kept.keep("会話なしの質問", ANSWER, None)
    clock.pass_by(minutes=61)
    with pytest.raises(NotFound, match=GONE):
        kept.get(unused.id)
    assert kept.get(used.id).id == used.id
    clock.pass_by(hours=20)
    kept.keep("続きの質問", ANSWER, used.id)  # lasts on from here
    clock.pass_by(hours=23)
    kept.sweep()
    assert len(kept.turns(used.id)) == 2
    assert count(store, answers) == 2  # the one without a conversation has gone
    assert alone.expires_at < clock.now
    clock.pass_by(hours=2)
    kept.sweep()
    assert (count(store, conversations), count(store, answers)) == (0, 0)


def test_a_deleted_conversation_is_gone_at_once(kept: Conversations, store: Store) -> None:
    opened = kept.open()
    kept.keep("橋の点検は", ANSWER, opened.id)
    kept.delete(opened.id)
    assert (count(store, conversations), count(store, answers)) == (0, 0)
    for again in (kept.get, kept.delete):
        with pytest.raises(NotFound, match=GONE):
            again(opened.id)
    with pytest.raises(NotFound, match=GONE):
        kept.keep("まだ答えている間に消した", ANSWER, opened.id)
    assert count(store, answers) == 0


def test_a_deleted_question_leaves_nothing_in_the_files(tmp_path: Path) -> None:
    url = new_database("sqlite", tmp_path)
    with Store(url) as store:
        kept = Conversations(store, 24)
        opened = kept.open()
        kept.keep("とくべつな橋のはなし", ANSWER, opened.id)
        kept.delete(opened.id)
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "とくべつな橋".encode() not in written


def test_ten_thousand_open_conversations_do_no_harm(tmp_path: Path, clock: Clock) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        kept = Conversations(store, 24, clock)
        used = kept.open()
        kept.keep("橋の点検は", ANSWER, used.id)
        row = {"created_at": clock.now, "expires_at": clock.now + UNUSED, "municipality": ""}
        with store.writing() as connection:
            connection.execute(conversations.insert(), [row | {"id": f"id-{n}"} for n in range(MOST)])
        started = time.perf_counter()
        opened = [kept.open() for _ in range(20)]
        assert (time.perf_counter() - started) / 20 < 0.1
        assert count(store, conversations) == MOST
        assert kept.get(used.id).id == used.id  # the ones in which nothing was asked made room
        assert kept.get(opened[-1].id) == opened[-1]


def test_an_opinion_is_kept_masked_and_a_bad_one_goes_into_the_ledger_once(
    kept: Conversations, store: Store
) -> None:
    ledger = Unanswered(store)
    opinions = Opinions(store, ledger)
    turn = kept.keep("橋の点検は", REFUSED, None)
    opinions.take(Opinion(turn.id, helpful=True))
    assert ledger.entries() == ()
    for _ in range(2):
        opinions.take(Opinion(turn.id, False, "質問と合っていない", "090-1234-5678に電話をください"))
    (entry,) = ledger.entries()
    assert (entry.question, entry.reason, entry.nearest) == ("橋の点検は", "disliked", ("c9",))
    with store.reading() as connection:
        (row,) = connection.execute(select(feedback))
    assert (row.helpful, row.reason, row.comment) == (
        False,
        "質問と合っていない",
        "〔電話番号〕に電話をください",
    )
    with pytest.raises(NotFound, match=UNKNOWN):
        opinions.take(Opinion("unknown", helpful=True))


def test_what_was_not_answered_well_goes_into_the_ledger(store: Store) -> None:
    counter = Counter(Settings(), store)
    for status in ("answered", "clarify", "partial", "refused"):
        told = counter.keep(Asked(f"{status}の質問"), Answer(status, "文", (), (), "r1"))  # type: ignore[arg-type]
        assert told.id
    assert [(entry.question, entry.reason) for entry in counter.ledger.entries()] == [
        ("refusedの質問", "refused"),
        ("partialの質問", "partial"),
    ]


def test_the_municipality_told_once_stays_with_the_conversation(store: Store) -> None:
    counter = Counter(Settings(), store)
    opened = counter.conversations.open()
    asked = counter.take("橋の点検は何年に1回ですか", opened.id, "広島県府中市")
    assert (asked.home, asked.before) == ("広島県府中市", ())
    counter.keep(asked, ANSWER)
    later = counter.take("費用はいくらですか", opened.id)
    assert (later.home, later.before) == ("広島県府中市", ("橋の点検は何年に1回ですか",))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("府中市", "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。"),
        ("きみつ氏", "自治体「きみつ氏」はありません。"),
    ],
)
def test_a_municipality_that_is_not_clear_is_asked_back(tmp_path: Path, name: str, message: str) -> None:
    with Store(new_database("sqlite", tmp_path)) as store, pytest.raises(DeskError, match=message):
        Counter(Settings(), store).take("橋の点検は何年に1回ですか", municipality=name)
