"""A need as typed becomes what is known of it; what cannot be meant is told in whole sentences."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from doubles import WordEmbedder
from needs import known_of

from corpus.expertise import Period
from corpus.shelves import load
from rag.embed import Embedded, Kind
from rag.errors import NeedError
from rag.matching.catalogue import Catalogue
from rag.matching.need import Reading
from rag.matching.periods import period_in
from rag.matching.profiles import told_technology
from rag.matching.reading import Given, read_need
from rag.matching.texts import Space

TODAY = datetime.date(2026, 12, 1)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    shelves = load()
    examples = [(technology.title, told_technology(technology)) for technology in shelves.technologies]
    return Catalogue.of(shelves.technologies, shelves.glossary, Space(WordEmbedder(), examples))


def _read(catalogue: Catalogue, text: str, **given: str) -> Reading:
    return read_need(text, Given(**given), catalogue, TODAY)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("橋梁点検にドローンを使いたい", {"施設": "橋梁", "技術": "tech-drone-bridge"}),
        ("水管橋をUAVで見たい", {"施設": "水道", "技術": "tech-drone-pipe-bridge"}),  # another name, no bridge
        ("川崎市の下水管", {"施設": "下水道", "自治体": "神奈川県川崎市", "規模": "50万人以上"}),  # no river
        ("橋ではなくトンネルです", {"施設": "トンネル"}),
        ("下水道の話じゃなくて橋だけではなく道路も", {"施設": "橋梁・道路"}),
        ("空港の桟橋と踏切", {"施設": "港湾"}),
        ("人口1万2千人の村です", {"規模": "1～3万人"}),
        ("人口は約八千人、来てもらえますか", {"規模": "5千～1万人", "形": "現地"}),
        ("どの方法がよいか見比べたい。オンラインで", {"段階": "技術選定", "形": "オンライン"}),
        ("予算要求の資料と議会の説明", {"段階": "庁内調整・予算"}),
        ("広島県府中市の道路の下の空洞調査", {"施設": "道路", "技術": "tech-void-survey", "自治体": "広島県府中市"}),
        ("君津市のように橋を直営で点検したい。栃木県日光市です", {"施設": "橋梁", "自治体": "栃木県日光市"}),
        ("2021年7月に陥没しました。来年度に調べたい", {"施設": "道路", "時期": "2027-04~2028-03"}),
        ("10月から3月までに試したい", {"段階": "現場試行", "時期": "2027-10~2028-03"}),
        ("困っています", {}),
    ],
)  # fmt: skip
def test_what_is_said_is_read(catalogue: Catalogue, text: str, known: dict[str, object]) -> None:
    reading = _read(catalogue, text)
    assert {k: v for k, v in known_of(reading.need).items() if k != "段階" or "段階" in known} == known
    assert reading.open == reading.notes == ()


def test_what_is_given_wins_and_what_it_overrules_is_told(catalogue: Catalogue) -> None:
    reading = _read(
        catalogue, "橋の点検を現地で試したい", facility="下水", stage="導入", mode="リモート", size="12000"
    )
    assert known_of(reading.need) == {
        "施設": "下水道",
        "段階": "本格導入",
        "規模": "1～3万人",
        "形": "オンライン",
    }
    assert reading.notes == (
        "文からは橋梁の相談と読めますが、指定された下水道で探します。",
        "文からは現場試行の段階と読めますが、指定された本格導入で探します。",
        "文からは現地の希望と読めますが、指定されたオンラインで探します。",
    )


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("府中市の橋です", "「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。"),
        ("福山市と三次市の職員です", "どちらの自治体のご相談ですか（福山市、三次市）。"),
    ],
)
def test_a_place_that_the_text_leaves_open_is_asked_back(
    catalogue: Catalogue, text: str, question: str
) -> None:
    reading = _read(catalogue, text)
    assert [(asked.field, asked.text) for asked in reading.open] == [("municipality", question)]
    assert reading.need.municipality is None
    assert reading.need.block == (None if "府中" in text else "中国")


FACILITIES = "橋梁、トンネル、道路、舗装、道路附属物・斜面、河川、砂防・海岸、下水道、水道、港湾、公園、公共建築、複数分野"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"municipality": "直片市"}, "「直片市」という自治体は見つかりません。近い名前は 福岡県直方市 です。都道府県から正しい名前を書いてください（例 広島県府中市）。"),
        ({"municipality": "ぬぬぬ"}, "「ぬぬぬ」という自治体は見つかりません。都道府県から正しい名前を書いてください（例 広島県府中市）。"),
        ({"municipality": "府中市"}, "「府中市」は2つあります。どちらですか（東京都府中市、広島県府中市）。"),
        ({"facility": "飛行場"}, f"「飛行場」という施設はありません。{FACILITIES} から選んでください。"),
        ({"stage": "ねむい"}, "「ねむい」という段階はありません。課題整理、技術選定、現場試行、庁内調整・予算、発注・契約、本格導入、効果検証 から選んでください。"),
        ({"mode": "手紙"}, "「手紙」という希望の形はありません。現地、オンライン から選んでください。"),
        ({"size": "小さい"}, "「小さい」という規模は読めません。人口（例 12000）か、5千人未満、5千～1万人、1～3万人、3～10万人、10～50万人、50万人以上 から選んでください。"),
        ({"period": "そのうち"}, "「そのうち」という時期は読めません。2027年1月～3月、来年度 のように書いてください。"),
        ({"period": "2025年度"}, "「2025年度」は過ぎています。これからの時期を書いてください。"),
        ({"technology": "魔法のつえ"}, "「魔法のつえ」という技術は、技術カタログに見つかりません。handson search で技術の名前を確かめるか、技術を指定せずに相談の文に書いてください。"),
        ({"facility": "トンネル", "technology": "tech-satellite-leak"}, "施設「トンネル」と技術「人工衛星の漏水調査」が合いません（この技術の施設は水道です）。どちらかを直すか、片方を外してください。"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_meant_is_refused(
    catalogue: Catalogue, given: dict[str, str], message: str
) -> None:
    with pytest.raises(NeedError, match=f"^{re.escape(message)}$"):
        _read(catalogue, "相談です", **given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \u200b ", "相談の内容が空です。困っていることや、使いたい技術を書いてください。"),
        ("橋" * 1001, "相談の内容が長すぎます（1,001文字）。1,000文字以内にまとめてください。"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(catalogue: Catalogue, text: str, message: str) -> None:
    with pytest.raises(NeedError, match=f"^{re.escape(message)}$"):
        _read(catalogue, text)


def test_a_technology_gives_its_facilities(catalogue: Catalogue) -> None:
    need = _read(catalogue, "相談です", technology="点群計測").need
    assert (need.technologies, need.facilities) == (("tech-lidar",), ("河川", "道路"))


def test_every_technology_is_found_by_its_title(catalogue: Catalogue) -> None:
    for technology in catalogue.technologies:
        assert catalogue.called(technology.title) == (technology.id,)
        assert technology.id in catalogue.named(f"{technology.title}を使いたい", technology.facilities)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("令和9年1月から3月", "2027-01", "2027-03"),
        ("2027年1月～3月", "2027-01", "2027-03"),
        ("2026-04〜2027-03", "2026-04", "2027-03"),
        ("令和8年度～令和9年度", "2026-04", "2028-03"),
        ("来年度", "2027-04", "2028-03"),
        ("再来年度", "2028-04", "2029-03"),
        ("年度内に", "2026-12", "2027-03"),
        ("来年の7月ごろ", "2027-07", "2027-07"),
        ("2月まで", "2026-12", "2027-02"),
        ("2027年4月から", "2027-04", None),
        ("来月", "2027-01", "2027-01"),
    ],
)
def test_periods_are_read(text: str, start: str, end: str | None) -> None:
    assert period_in(text, TODAY) == Period(start=start, end=end)


@pytest.mark.parametrize("text", ["3か月ほど", "橋が12あり", "5年に1回", ""])
def test_what_is_no_period_is_none(text: str) -> None:
    assert period_in(text, TODAY) is None


def test_vectors_are_kept_between_processes(tmp_path: Path) -> None:
    class Counting(WordEmbedder):
        texts = 0

        def embed(
            self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
        ) -> Embedded:
            self.texts += len(texts)
            return super().embed(texts, kind, progress)

    examples = [("橋を見たい", "橋の点検"), ("水を探したい", "漏水の調査")]
    records = [["橋の点検", "橋の補修"], ["漏水の調査"]]
    first, second, third = Counting(), Counting(), Counting()
    made = Space(first, examples, tmp_path).texts(records, "records")
    again = Space(second, examples, tmp_path).texts(records, "records")
    assert (first.texts, second.texts) == (7, 0)
    assert (made.rows == again.rows).all()
    (tmp_path / "records.npz").write_bytes(b"broken")
    rebuilt = Space(third, examples, tmp_path).texts([*records, ["橋の塗装"]], "records")
    assert third.texts == 4
    assert rebuilt.rows.shape[0] == 4
