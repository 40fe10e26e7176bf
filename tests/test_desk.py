"""The dispatch desk, the same on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from databases import KINDS, new_database
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import URL, func, select

from bot.desk import erasure
from bot.desk.conflict import change_text
from bot.desk.dispatch import DispatchDesk
from bot.desk.figures import Figures, figures, fiscal_year
from bot.desk.places import municipality_named
from bot.desk.request import Application, Request
from bot.desk.states import CLOSED, ENGAGED, STATES, STEPS, State
from bot.desk.steps import Step
from bot.store.database import Store
from bot.store.schema import JST, erasures, request_events
from bot.store.unanswered import Unanswered
from corpus.records import Case
from rag.errors import DeskError, EditConflict, IllegalStep, NotFound, StoreError

ROOT = Path(__file__).parents[1]
ADVISORS = ("advisor-sample-1", "advisor-sample-2", "advisor-sample-3")
BY = "サンプル係"
START = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
WAY: tuple[Step, ...] = (
    Step("候補提示", candidates=ADVISORS[:2]),
    Step("打診", advisor=ADVISORS[0]),
    Step("決定"),
    Step("支援中"),
    Step("報告", note="2橋で試しました。"),
    Step("完了"),
)


class Clock:
    """A day later at every look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(days=1)
        return self.now


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    return new_database(request.param, tmp_path)


@pytest.fixture
def desk(url: URL, tmp_path: Path) -> Iterator[DispatchDesk]:
    with Store(url) as store:
        yield DispatchDesk(store, tmp_path / "drafts", lambda: ADVISORS, Clock())


def application(municipality: str = "君津市", **facts: Any) -> Application:
    return Application(facts.pop("need", "橋の点検を試したい"), municipality_named(municipality), **facts)


def go(desk: DispatchDesk, request: Request, steps: int) -> Request:
    for step in WAY[:steps]:
        request = desk.advance(request.id, step, version=request.version, by=BY)
    return request


def test_a_request_goes_its_way_and_everything_is_in_the_log(desk: DispatchDesk) -> None:
    opened = desk.open(application(facilities=("橋梁",), stage="現場試行"), BY)
    assert (opened.id, opened.version, opened.state) == (1, 1, "受付")
    assert (opened.prefecture, opened.block, opened.municipality_code) == ("千葉県", "関東", "122254")
    done = go(desk, opened, 6)
    assert (done.state, done.version, done.advisor) == ("完了", 7, ADVISORS[0])
    assert done.closed_at == START + timedelta(days=7)
    told, events = desk.told(1)
    assert told == done
    assert [event.version for event in events] == [1, 2, 3, 4, 5, 6, 7]
    assert events[0].after["need"] == "橋の点検を試したい"
    assert [change_text(event) for event in events] == [
        "2026-04-02 09:00 サンプル係 受付",
        "2026-04-03 09:00 サンプル係 状態「受付」→「候補提示」、候補「なし」→「advisor-sample-1、advisor-sample-2」",
        "2026-04-04 09:00 サンプル係 状態「候補提示」→「打診」、アドバイザー「なし」→「advisor-sample-1」",
        "2026-04-05 09:00 サンプル係 状態「打診」→「決定」",
        "2026-04-06 09:00 サンプル係 状態「決定」→「支援中」",
        "2026-04-07 09:00 サンプル係 状態「支援中」→「報告」（2橋で試しました。）",
        "2026-04-08 09:00 サンプル係 状態「報告」→「完了」",
    ]


def test_an_advisor_who_declines_is_no_longer_a_candidate(desk: DispatchDesk) -> None:
    asked = go(desk, desk.open(application(), BY), 2)
    back = desk.advance(1, Step("候補提示", note="都合がつかない"), version=asked.version, by=BY)
    assert (back.state, back.advisor, back.candidates) == ("候補提示", None, (ADVISORS[1],))
    again = desk.advance(1, Step("打診", advisor=ADVISORS[1]), version=back.version, by=BY)
    with pytest.raises(DeskError, match="候補のアドバイザーのIDを1人以上"):
        desk.advance(1, Step("候補提示"), version=again.version, by=BY)
    other = desk.advance(1, Step("候補提示", candidates=(ADVISORS[2],)), version=again.version, by=BY)
    assert other.candidates == (ADVISORS[2],)


@pytest.mark.parametrize(
    ("steps", "to", "message"),
    [
        (0, "決定", "受付番号1は「受付」なので、「決定」に進められません。いま進められるのは「候補提示」「取下げ」です。"),
        (2, "受付", "受付番号1は「打診」なので、「受付」に進められません。いま進められるのは「決定」「候補提示」「取下げ」です。"),
        (5, "取下げ", "受付番号1は「報告」なので、「取下げ」に進められません。いま進められるのは「完了」です。"),
        (6, "受付", "受付番号1は「完了」で終わっているので、「受付」に進められません。"),
    ],
)  # fmt: skip
def test_an_illegal_step_is_refused_with_what_is_possible(
    desk: DispatchDesk, steps: int, to: State, message: str
) -> None:
    request = go(desk, desk.open(application(), BY), steps)
    with pytest.raises(IllegalStep) as error:
        desk.advance(1, Step(to, note="理由"), version=request.version, by=BY)
    assert error.value.message == message
    assert desk.request(1) == request


@pytest.mark.parametrize(
    ("steps", "step", "message"),
    [
        (0, Step("候補提示"), "「候補提示」に進めるには、候補のアドバイザーのIDを1人以上書いてください（candidates）。"),
        (0, Step("候補提示", candidates=("advisor-sample-9",)), "アドバイザー「advisor-sample-9」は人材バンクにいません。近いIDは「advisor-sample-3」「advisor-sample-2」「advisor-sample-1」です。IDを確かめてください。"),
        (1, Step("打診"), "「打診」に進めるには、打診するアドバイザーを候補（advisor-sample-1、advisor-sample-2）から選んでください（advisor）。"),
        (1, Step("打診", advisor=ADVISORS[2]), "アドバイザー「advisor-sample-3」は候補（advisor-sample-1、advisor-sample-2）にいません。候補から選んでください。"),
        (2, Step("決定", advisor=ADVISORS[1]), "アドバイザー（advisor）は、「打診」に進めるときに書きます。"),
        (2, Step("決定", candidates=(ADVISORS[1],)), "候補（candidates）は、「候補提示」に進めるときに書きます。"),
        (0, Step("取下げ", note=" "), "「取下げ」に進めるには、取り下げる理由を書いてください（note）。"),
        (4, Step("報告"), "「報告」に進めるには、支援の報告を書いてください（note）。下書きの事例に使います。"),
    ],
)  # fmt: skip
def test_a_step_needs_what_belongs_to_it(desk: DispatchDesk, steps: int, step: Step, message: str) -> None:
    request = go(desk, desk.open(application(), BY), steps)
    with pytest.raises(DeskError) as error:
        desk.advance(1, step, version=request.version, by=BY)
    assert error.value.message == message
    assert desk.request(1) == request


def test_the_second_of_two_people_is_told_what_the_first_changed(desk: DispatchDesk) -> None:
    seen = go(desk, desk.open(application(), BY), 1)
    desk.advance(1, Step("打診", advisor=ADVISORS[1]), version=seen.version, by="サンプルさんA")
    desk.amend(1, {"technology": "ドローン"}, version=3, by="サンプルさんA", note="電話で確認")
    with pytest.raises(EditConflict) as error:
        desk.advance(1, Step("打診", advisor=ADVISORS[0]), version=seen.version, by="サンプルさんB")
    assert error.value.message == (
        "受付番号1は、版2のあとにほかの人が変えています（いまは版4）。"
        "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。\n"
        "2026-04-04 09:00 サンプルさんA 状態「候補提示」→「打診」、アドバイザー「なし」→「advisor-sample-2」\n"
        "2026-04-05 09:00 サンプルさんA 技術「なし」→「ドローン」（電話で確認）"
    )
    assert desk.request(1).advisor == ADVISORS[1]
    with pytest.raises(EditConflict, match="受付番号1の版9はまだありません（いまは版4）"):
        desk.amend(1, {"technology": None}, version=9, by=BY)


RACE = """
import sys
from pathlib import Path
from sqlalchemy import make_url
from bot.desk.dispatch import DispatchDesk
from bot.desk.steps import Step
from bot.store.database import Store
from rag.errors import EditConflict
me, numbers = sys.argv[2], range(1, int(sys.argv[3]) + 1)
desk = DispatchDesk(Store(make_url(sys.argv[1])), Path("unused"), lambda: (me,))
desk.request(1)
print("ready", flush=True)
sys.stdin.readline()
for number in numbers:
    try:
        desk.advance(number, Step("候補提示", candidates=(me,)), version=1, by=me)
        print("advanced", flush=True)
    except EditConflict as error:
        print(error.message.replace("\\n", " "), flush=True)
"""


@pytest.mark.slow
def test_of_processes_that_advance_at_once_one_wins(desk: DispatchDesk) -> None:
    rounds = 25
    for _ in range(rounds):
        desk.open(application(), BY)
    address = desk.store.url.render_as_string(hide_password=False)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, address, advisor, str(rounds)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for advisor in ADVISORS
    ]  # fmt: skip
    for process in children:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in children:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in children]
    assert [errors for _, errors in told] == ["", "", ""]
    lines = zip(*(out.splitlines() for out, _ in told), strict=True)
    for number, answers in enumerate(lines, 1):
        winner = ADVISORS[answers.index("advanced")]
        request, events = desk.told(number)
        assert (request.version, request.candidates) == (2, (winner,))
        assert [event.by for event in events] == [BY, winner]
        losers = [answer for answer in answers if answer != "advanced"]
        assert len(losers) == 2
        assert all(
            "版1のあとにほかの人が変えています（いまは版2）" in text and winner in text for text in losers
        )


def test_facts_can_be_mended_and_the_log_tells_how(desk: DispatchDesk) -> None:
    desk.open(application(contact_name="サンプル太郎", contact_mail="a@example.jp"), BY)
    mended = desk.amend(
        1,
        {"need": " 橋を2橋点検したい\x00", "contact_mail": "", "due": date(2026, 6, 1)},
        version=1,
        by=BY,
    )
    assert (mended.need, mended.contact_mail, mended.due) == ("橋を2橋点検したい", None, date(2026, 6, 1))
    event = desk.told(1)[1][1]
    assert event.before == {"need": "橋の点検を試したい", "contact_mail": "a@example.jp", "due": None}
    assert event.after == {"need": "橋を2橋点検したい", "contact_mail": None, "due": "2026-06-01"}
    with pytest.raises(DeskError, match="受付番号1に、変わるところがありません"):
        desk.amend(1, {"due": date(2026, 6, 1)}, version=2, by=BY)
    with pytest.raises(DeskError, match="相談したい内容がありません"):
        desk.amend(1, {"need": "　"}, version=2, by=BY)
    assert desk.request(1) == mended


CONTACT = {"contact_name": "サンプル太郎", "contact_mail": "sample@example.jp"}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({}, "相談の内容と連絡先を事務局に渡すことへの同意（consent）が必要です。同意できるときだけ申し込んでください。"),
        ({"consent": True}, "連絡先の名前がありません。事務局から連絡できるように書いてください。"),
        ({"consent": True, "contact_name": "サンプル太郎", "contact_mail": " "}, "連絡先がありません。メールアドレスか電話番号のどちらかを書いてください。"),
        ({"consent": True, **CONTACT, "contact_mail": "sample"}, "メールアドレス「sample」の形が正しくありません。名前@example.jp の形で書いてください。"),
        ({"consent": True, **CONTACT, "contact_phone": "00-1"}, "電話番号「00-1」の形が正しくありません。市外局番から数字とハイフンで書いてください。"),
        ({"consent": True, **CONTACT, "need": "　"}, "相談したい内容がありません。困っていることを文章で書いてください。"),
        ({"consent": True, **CONTACT, "need": "橋" * 2001}, "相談の内容が長すぎます（2,001文字）。2,000文字以内にまとめてください。"),
        ({"consent": True, **CONTACT, "technology": "ド\nローン"}, "技術は、改行せずに200文字以内で書いてください。"),
    ],
)  # fmt: skip
def test_who_asks_in_chat_agrees_and_can_be_called_back(
    tmp_path: Path, facts: dict[str, Any], message: str
) -> None:
    with Store(new_database("sqlite", tmp_path)) as store:
        desk = DispatchDesk(store, tmp_path, lambda: ADVISORS)
        with pytest.raises(DeskError) as error:
            desk.open(application(origin="chat", **facts), BY)
        assert error.value.message == message
        assert desk.requests() == ()
        made = desk.open(application(origin="chat", consent=True, **CONTACT), BY)
        assert (made.consented_at, made.contact_mail) == (made.created_at, "sample@example.jp")


def test_who_did_it_is_always_told(desk: DispatchDesk) -> None:
    with pytest.raises(DeskError, match="だれが行ったか（by）を書いてください"):
        desk.open(application(), " ")
    assert desk.requests() == ()


@pytest.mark.parametrize("number", [1, 0, -1, 2**31, 2**70])
def test_a_number_that_was_never_given_is_not_found(desk: DispatchDesk, number: int) -> None:
    with pytest.raises(NotFound) as error:
        desk.told(number)
    assert error.value.message == f"受付番号{number}の案件はありません。番号を確かめてください。"


@pytest.mark.parametrize(
    ("name", "prefecture", "message"),
    [
        ("府中市", None, "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。"),
        ("きみ津市", None, "自治体「きみ津市」はありません。近い名前は"),
        ("君津市", "北海道", "北海道の自治体「君津市」はありません。近い名前は"),
    ],
)
def test_a_municipality_is_never_guessed(name: str, prefecture: str | None, message: str) -> None:
    with pytest.raises(DeskError) as error:
        municipality_named(name, prefecture)
    assert error.value.message.startswith(message)
    assert error.value.message.endswith("書いてください。")
    assert municipality_named("府中市", "広島県").code == "342084"
    assert municipality_named("広島県府中市").code == "342084"


def test_the_load_counts_who_is_at_work_and_who_was_lately(desk: DispatchDesk) -> None:
    go(desk, desk.open(application(), BY), 1)  # only a candidate
    go(desk, desk.open(application(), BY), 2)
    go(desk, desk.open(application(), BY), 6)
    withdrawn = go(desk, desk.open(application(), BY), 3)
    desk.advance(withdrawn.id, Step("取下げ", note="取りやめ"), version=withdrawn.version, by=BY)
    finished = desk.request(3).closed_at
    assert finished
    assert desk.load(finished) == {ADVISORS[0]: 2}
    assert desk.load(finished + timedelta(seconds=1)) == {ADVISORS[0]: 1}


def test_a_finished_support_leaves_a_draft_that_the_secretariat_completes(
    desk: DispatchDesk, tmp_path: Path
) -> None:
    need = "担当の田中です。橋の点検にドローンを使いたい。電話は00-0000-1234です。"
    request = go(desk, desk.open(application(need=need, facilities=("橋梁",), stage="現場試行"), BY), 5)
    assert not (tmp_path / "drafts").exists()
    desk.advance(1, Step("完了", note="2行の\n田中さんの\u2028メモ"), version=request.version, by=BY)
    text = (tmp_path / "drafts" / "case-request-1.yaml").read_text("utf-8")
    assert text.startswith("# 下書きです。まだ公開されません（受付番号1の支援から作りました）。\n")
    assert (
        "# 報告（2026-04-07）: 2橋で試しました。\n# 完了（2026-04-08）: 2行の 〔氏名〕さんの メモ\n" in text
    )
    draft = yaml.safe_load(text)
    assert list(draft) == list(Case.model_fields)
    assert {name: value for name, value in draft.items() if value not in (None, [])} == {
        "id": "case-request-1",
        "title": "下書き: 君津市への支援（受付番号1）",
        "municipality": "君津市",
        "prefecture": "千葉県",
        "facilities": ["橋梁"],
        "need": "担当の〔氏名〕です。橋の点検にドローンを使いたい。電話は〔電話番号〕です。",
        "stage": "現場試行",
        "year": "2026",
    }
    source = {"title": "サンプル報告書", "url": None}
    Case.model_validate(draft | {"technology": "ドローン", "confidence": "medium", "sources": [source]})


def test_a_draft_that_cannot_be_written_leaves_the_request_where_it_was(url: URL, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Store(url) as store:
        desk = DispatchDesk(store, tmp_path / "file" / "drafts", lambda: ADVISORS, Clock())
        request = go(desk, desk.open(application(), BY), 5)
        with pytest.raises(StoreError) as told:
            desk.advance(1, WAY[5], version=request.version, by=BY)
        assert told.value.message == (
            f"事例の下書き {tmp_path}/file/drafts/case-request-1.yaml を書けません（Not a directory）。"
            "受付番号1は「完了」に進めていません。フォルダの場所・空き容量・権限を確かめてから、もう一度行ってください。"
        )
        assert desk.request(1) == request


def test_the_figures_are_counted_by_block_and_fiscal_year(desk: DispatchDesk) -> None:
    go(desk, desk.open(application("君津市"), BY), 1)
    go(desk, desk.open(application("君津市"), BY), 6)
    go(desk, desk.open(application("仙台市"), BY), 3)
    desk.open(application("富山市"), BY)  # nothing was done yet
    back = go(desk, desk.open(application("高松市"), BY), 2)
    back = desk.advance(back.id, Step("候補提示"), version=back.version, by=BY)  # counts once
    desk.amend(2, {"tried_on": date(2027, 3, 31)}, version=7, by=BY)
    desk.amend(2, {"adopted_on": date(2027, 4, 1)}, version=8, by=BY)
    assert figures(desk.store) == (
        Figures(2027, "全国", 1, 0, 0, 0, 1),
        Figures(2027, "関東", 1, 0, 0, 0, 1),
        Figures(2026, "全国", 3, 2, 1, 1, 0),
        Figures(2026, "東北", 1, 0, 1, 0, 0),
        Figures(2026, "関東", 1, 1, 0, 1, 0),
        Figures(2026, "四国", 1, 1, 0, 0, 0),
    )
    assert figures(desk.store)[2].total == 4  # each request once
    assert (fiscal_year(date(2027, 3, 31)), fiscal_year(date(2027, 4, 1))) == (2026, 2027)


@pytest.fixture
def told_of(desk: DispatchDesk) -> erasure.Concerned:
    """Two requests and two questions; one of each is of 君津市 and of サンプル太郎."""
    desk.open(application("君津市", contact_name="サンプル太郎", contact_phone="00-0000-1234"), BY)
    go(desk, desk.open(application("富山市", contact_name="サンプル花子"), BY), 6)
    ledger = Unanswered(desk.store)
    ledger.add("君津市の橋の数は", status="refused", reason="refused", release="r")
    ledger.add("富山市の橋の数は", status="refused", reason="refused", release="r")
    return erasure.concerning(desk.store, erasure.municipality(municipality_named("君津市")))


def test_all_that_concerns_a_municipality_or_a_person_is_given_out(
    desk: DispatchDesk, told_of: erasure.Concerned
) -> None:
    given = told_of.as_json()
    assert [(one["id"], one["contact_phone"]) for one in given["requests"]] == [(1, "00-0000-1234")]
    assert [event["action"] for event in given["requests"][0]["events"]] == ["opened"]
    assert [entry["question"] for entry in given["unanswered"]] == ["君津市の橋の数は"]
    assert json.loads(json.dumps(given)) == given
    for told in ("サンプル太郎", "サンプル　太郎", "００－００００－１２３４", "(00)0000-1234", "0000001234"):
        found = erasure.concerning(desk.store, erasure.person(told))
        assert [request.id for request, _ in found.requests] == [1], told
    assert not erasure.concerning(desk.store, erasure.person("サンプル次郎"))
    with pytest.raises(DeskError, match="2文字以上で書いてください"):
        erasure.person("　林 ")


@pytest.mark.parametrize("whom", ["municipality", "person"])
def test_what_is_forgotten_is_gone_and_only_that(
    desk: DispatchDesk, told_of: erasure.Concerned, tmp_path: Path, whom: str
) -> None:
    subject = {
        "municipality": erasure.municipality(municipality_named("富山市")),
        "person": erasure.person("サンプル花子"),
    }[whom]
    assert [path.name for path in desk.drafts.iterdir()] == ["case-request-2.yaml"]
    gone = erasure.forget(desk.store, subject, desk.drafts, by=BY, reason="田中さんの申し出")
    assert [request.id for request, _ in gone.requests] == [2]
    assert list(desk.drafts.iterdir()) == []
    assert [request.id for request in desk.requests()] == [1]
    left = [entry.question for entry in Unanswered(desk.store).entries()]
    both = ["富山市の橋の数は", "君津市の橋の数は"]
    assert left == (both[1:] if whom == "municipality" else both)
    with desk.store.reading() as connection:
        assert set(connection.scalars(select(request_events.c.request_id))) == {1}
        kept = connection.execute(select(erasures.c.request_id, erasures.c.by, erasures.c.reason)).all()
    assert kept == [(2, BY, "〔氏名〕さんの申し出")]
    assert desk.open(application(), BY).id == 3  # its number is never given again
    if desk.store.url.get_backend_name() == "sqlite":
        for path in tmp_path.glob("test-*"):  # not a letter of it in the files, the write-ahead one included
            assert "サンプル花子".encode() not in path.read_bytes(), path
            assert path.suffix != ".db" or "サンプル太郎".encode() in path.read_bytes()


def test_nothing_is_forgotten_without_a_reason(desk: DispatchDesk, told_of: erasure.Concerned) -> None:
    with pytest.raises(DeskError, match="だれが、なぜ消すのかを書いてください"):
        erasure.forget(desk.store, erasure.person("サンプル花子"), desk.drafts, by=BY, reason=" ")
    assert len(desk.requests()) == 2


class Walk(RuleBasedStateMachine):
    """Any order of opening, legal and illegal steps and stale edits, against a model of a few lines."""

    kind = "sqlite"

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.desk = DispatchDesk(
            Store(new_database(self.kind, folder)), folder / "drafts", lambda: ADVISORS, Clock()
        )
        self.model: dict[int, tuple[State, int, str | None]] = {}

    @rule()
    def opens(self) -> None:
        request = self.desk.open(application(), BY)
        self.model[request.id] = ("受付", 1, None)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), to=st.sampled_from(STATES), stale=st.sampled_from((False, False, False, True)))
    def advances(self, data: st.DataObject, to: State, stale: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.model)))
        state, version, advisor = self.model[number]
        known = self.desk.request(number)
        chosen = data.draw(st.sampled_from(known.candidates)) if to == "打診" and known.candidates else None
        step = Step(to, note="メモ", candidates=ADVISORS if to == "候補提示" else (), advisor=chosen)
        if stale:
            with pytest.raises(EditConflict):
                self.desk.advance(number, step, version=version + (-1 if version > 1 else 1), by=BY)
        elif to not in STEPS[state]:
            with pytest.raises(IllegalStep):
                self.desk.advance(number, step, version=version, by=BY)
        else:
            self.desk.advance(number, step, version=version, by=BY)
            kept = None if to == "候補提示" else chosen or advisor
            self.model[number] = (to, version + 1, kept)

    @invariant()
    def the_desk_is_as_the_model_and_its_log_tells_a_legal_way(self) -> None:
        for request in self.desk.requests():
            assert (request.state, request.version, request.advisor) == self.model[request.id]
            assert (request.closed_at is not None) == (request.state in CLOSED)
            _, events = self.desk.told(request.id)
            way = [event.after["state"] for event in events]
            assert way[0] == "受付"
            assert way[-1] == request.state
            assert all(to in STEPS[state] for state, to in pairwise(way))
            assert [event.version for event in events] == list(range(1, request.version + 1))
        engaged = Counter(
            advisor for state, _, advisor in self.model.values() if state in ENGAGED or state == "完了"
        )
        assert self.desk.load(START) == engaged

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.store.close()
            self.folder.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_order_of_steps_breaks_the_desk(kind: str) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    new_database(kind, Path(tempfile.gettempdir()))  # skips where there is no server
    machine = type("Walk", (Walk,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_table_of_steps_is_whole() -> None:
    assert set(STEPS) == set(STATES)
    assert all(to in STATES for steps in STEPS.values() for to in steps)
    assert {"完了", "取下げ"} == CLOSED
    assert "候補提示" in STEPS["打診"]


def test_every_change_is_one_line_of_the_log(desk: DispatchDesk) -> None:
    go(desk, desk.open(application(), BY), 3)
    with desk.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(request_events)) == 4
