"""What a question and a document are about, and filters that a person sets."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.cli import main
from rag.answer import Desk
from rag.documents import Document, Facets
from rag.errors import QuestionError
from rag.facets import agreement, filters, recognise
from rag.settings import Settings


@pytest.mark.parametrize(
    ("text", "facets"),
    [
        ("橋の点検に何から手を付ければよいか", Facets(facilities=("橋梁",), stages=("課題整理",))),
        (
            "令和5年度に新潟県長岡市で行われた下水道の調査",
            Facets(
                facilities=("下水道",),
                prefectures=("新潟県",),
                municipalities=("新潟県長岡市",),
                blocks=("北陸",),
                years=(2023,),
            ),
        ),
        ("水管橋の仕様書", Facets(facilities=("水道",), stages=("発注・契約",))),
        ("東北の事例", Facets(blocks=("東北",))),
        ("道路橋の点検", Facets(facilities=("橋梁",))),
        ("路面下の空洞", Facets(facilities=("道路",))),
        ("命がけで川を渡る水漏れの調査", Facets(facilities=("水道",))),
        ("群マネとは", Facets(facilities=("複数分野",))),
        ("府中市の取組", Facets()),  # two of them: nobody knows which
    ],
)
def test_a_text_names_its_facets(text: str, facets: Facets) -> None:
    assert recognise(text) == facets


@pytest.mark.parametrize(
    ("asked", "told", "fits"),
    [
        ("橋", Facets(facilities=("橋梁", "トンネル")), 1.0),
        ("橋", Facets(facilities=("水道",)), -1.0),
        ("橋", Facets(facilities=("複数分野",)), 0.0),
        ("群マネ", Facets(facilities=("橋梁",)), 0.0),
        ("豊橋市", Facets(facilities=("橋梁",)), 0.0),  # a town, no bridge
        ("橋", Facets(), 0.0),
        ("長岡市", recognise("新潟県長岡市"), 1.0),
        ("長岡市", recognise("新潟県新潟市"), 0.5),
        ("長岡市", recognise("石川県七尾市"), 0.5),
        ("長岡市", recognise("千葉県千葉市"), -1.0),
        ("新潟県", recognise("長岡市"), 1.0),
        ("東北", recognise("青森県"), 1.0),
        ("長岡市の橋", recognise("千葉市の橋"), 0.0),
    ],
)
def test_agreement_is_between_what_both_name(asked: str, told: Facets, fits: float) -> None:
    assert agreement(recognise(asked), told) == fits


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"shelf": "事件"}, "棚「事件」はありません。手引き、事例、技術カタログ、"),
        ({"facility": "塔"}, "施設「塔」はありません。橋梁、トンネル、"),
        (
            {"municipality": "府中市"},
            "市区町村「府中市」は複数あります。東京都府中市、広島県府中市 のどれかで指定してください。",
        ),
        ({"municipality": "長丘市"}, "市区町村「長丘市」は見つかりません。近い名前は "),
        ({"prefecture": "長岡市"}, "都道府県「長岡市」は見つかりません。名前を確かめてください。"),
        ({"stage": "導入前"}, "段階「導入前」はありません。課題整理、"),
        ({"on": "今日"}, "日付「今日」を読めません。2026-03-31 の形で書いてください。"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_told(wanted: dict[str, str], told: str) -> None:
    with pytest.raises(QuestionError) as caught:
        filters(**wanted)  # type: ignore[arg-type]
    assert caught.value.message.startswith(told)


def test_filters_admit_what_has_one_of_each() -> None:
    old = Document("a", "橋", "cases", facets=Facets(facilities=("橋梁",)), valid_until="2020-03-31")
    assert filters(facility="橋", shelf="事例").admits(old)
    assert not filters(facility="橋", shelf="手引き").admits(old)
    assert not filters(facility="橋", year=2020).admits(old)
    assert filters(on="2020-03-31").admits(old)
    assert not filters(on="2020-04-01").admits(old)
    assert filters(on="2020-04-01").on == date(2020, 4, 1)


def test_only_what_is_admitted_is_found_and_all_of_it(desk: Desk) -> None:
    found = desk.search("費用", 100, filters(shelf="cases", prefecture="千葉県", facility="道路"))
    assert found
    for hit in found:
        assert hit.document.shelf == "cases"
        assert hit.document.facets.prefectures == ("千葉県",)
        assert "道路" in hit.document.facets.facilities
    assert desk.search("費用", 100, filters(shelf="cases", prefecture="千葉県", facility="水道")) == ()
    admitted = [
        document.id
        for document in desk.release.documents.values()
        if filters(shelf="cases", prefecture="千葉県").admits(document)
    ]
    every = desk.search("費用", 100, filters(shelf="cases", prefecture="千葉県"))
    assert {hit.document.id for hit in every} == set(admitted)


@pytest.fixture
def home(starter: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(starter.home))


@pytest.mark.slow
@pytest.mark.usefixtures("home")
def test_the_command_line_and_the_api_filter_alike(
    starter: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "点検", "-k", "3", "--facility", "橋", "--shelf", "事例", "--json"]) == 0
    by_word: dict[str, Any] = json.loads(capsys.readouterr().out)
    with TestClient(create_app(starter)) as client:
        asked = {"q": "点検", "k": "3", "facility": "橋", "shelf": "事例"}
        assert client.get("/api/search", params=asked).json() == by_word
        refused = client.get("/api/search", params={"q": "点検", "municipality": "府中市"})
        assert refused.status_code == 400
        assert refused.json()["message"].startswith("市区町村「府中市」は複数あります。")
    assert len(by_word["hits"]) == 3
    assert main(["search", "点検", "--municipality", "府中市"]) == 2
    assert "市区町村「府中市」は複数あります。" in capsys.readouterr().err
