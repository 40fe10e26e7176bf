"""Places in Japanese text: which municipality, prefecture or block is meant."""

from __future__ import annotations

import time
from collections import defaultdict

import pytest

from corpus.places import Municipality, municipalities
from rag.places import lookup, mentioned, nearest


def _told(text: str) -> list[str]:
    """What is mentioned, with who it may be."""
    return [f"{m.text}={m.block or '/'.join(map(_whole, m.candidates))}" for m in mentioned(text)]


def _whole(place: Municipality) -> str:
    return place.name if place.is_prefecture else place.prefecture + place.name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("山口県の橋を見たい", "山口県=山口県"),
        ("千葉市の下水道", "千葉市=千葉県千葉市"),
        ("東京都府中市の橋", "東京都府中市=東京都府中市"),
        ("府中市（広島県）の橋", "府中市（広島県）=広島県府中市"),
        ("広島県の府中市です", "広島県の府中市=広島県府中市"),
        ("北海道茅部郡森町です", "北海道茅部郡森町=北海道森町"),
        ("中標津町の橋", "中標津町=北海道中標津町"),  # not 標津町
        ("東広島市の橋", "東広島市=広島県東広島市"),
        ("北広島市役所", "北広島市=北海道北広島市"),
        ("四日市市、野々市市", "四日市市=三重県四日市市 野々市市=石川県野々市市"),
        ("横浜市中区の橋", "横浜市中区=神奈川県横浜市"),  # not 東京都中央区 and the like
        ("府中市の東地区の道路", "府中市=東京都府中市/広島県府中市"),
        ("千葉市栄町の道路", "千葉市=千葉県千葉市"),
        ("津市の道路", "津市=三重県津市"),
        ("茅ケ崎市と鎌ヶ谷市", "茅ケ崎市=神奈川県茅ヶ崎市 鎌ヶ谷市=千葉県鎌ケ谷市"),
        ("龍ヶ崎市、竜ケ崎市", "龍ヶ崎市=茨城県龍ケ崎市 竜ケ崎市=茨城県龍ケ崎市"),
        ("鹿嶋市と鹿島市", "鹿嶋市=茨城県鹿嶋市 鹿島市=佐賀県鹿島市"),
        ("山口の橋、東京では", "山口=山口県 東京=東京都"),
        ("広島・岡山の市町村", "広島=広島県 岡山=岡山県"),
        ("東北・近畿地方の市町村", "東北=東北 近畿地方=近畿"),
        ("中国・四国地方", "中国=中国 四国地方=四国"),
        ("中国地方整備局に聞く", "中国地方=中国"),
        ("関西の自治体、東海市", "関西=近畿 東海市=愛知県東海市"),
        ("東京都福山市", "東京都=東京都 福山市=広島県福山市"),  # they contradict each other: both are told
        ("", ""),
    ],
)  # fmt: skip
def test_the_longest_name_is_found_in_its_place(text: str, told: str) -> None:
    assert _told(text) == told.split()
    assert all(text[m.start : m.end] == m.text for m in mentioned(text))


@pytest.mark.parametrize(
    "text",
    ["市内の都市と町村", "全国の市町村", "都道府県", "会津市街", "観光市場", "東京都市計画", "東京都市大学",
     "熊本市町村会", "山口さんの意見", "石川様", "大分よくなった", "三重に巻く", "中国の企業", "橋の中部",
     "東北大学", "九州大学", "国土交通省"],
)  # fmt: skip
def test_what_is_no_place_is_none(text: str) -> None:
    assert _told(text) == []


def test_equal_names_stay_open_unless_the_text_decides() -> None:
    (open_one,) = mentioned("府中市の橋です")
    assert open_one.ambiguous and open_one.place is None
    assert [place.prefecture for place in open_one.candidates] == ["東京都", "広島県"]
    assert _told("広島県です。府中市の橋") == ["広島県=広島県", "府中市=広島県府中市"]
    assert _told("府中市の橋です。福山市とも話します") == ["府中市=広島県府中市", "福山市=広島県福山市"]
    assert _told("中国地方の府中市") == ["中国地方=中国", "府中市=広島県府中市"]
    assert _told("九州の府中市") == ["九州=九州", "府中市=東京都府中市/広島県府中市"]


@pytest.mark.parametrize(
    "name",
    ["府中市（広島県）", "広島県府中市", "広島県 府中市", "広島県の府中市", "ひろしまけんふちゅうし", "府中市(広島県)"],
)  # fmt: skip
def test_one_place_by_many_writings(name: str) -> None:
    assert [place.code for place in lookup(name)] == ["342084"]


def test_a_name_is_looked_up_exactly() -> None:
    assert [place.prefecture for place in lookup("府中市")] == ["東京都", "広島県"]
    assert lookup("フチュウシ") == lookup("ふちゅうし") == lookup("府中市")
    assert [place.name for place in lookup("ﾁﾊﾞｼ")] == ["千葉市"]
    assert [place.name for place in lookup("茅ケ崎市")] == ["茅ヶ崎市"]
    assert [place.prefecture for place in lookup("周智郡森町")] == ["北海道", "静岡県"]
    assert [place.is_prefecture for place in lookup("山口県")] == [True]
    assert lookup("横浜") == lookup("東京都福山市") == lookup("") == lookup("架空市") == ()


def test_every_place_is_found_by_its_own_name() -> None:
    named = defaultdict(set)
    for place in municipalities():
        named[place.name].add(place)
    for place in municipalities():
        assert set(lookup(place.name)) == named[place.name], place
        assert [m.candidates for m in mentioned(f"私は{place.name}の職員です")] == [
            tuple(p for p in municipalities() if p.name == place.name)
        ], place
        whole = _whole(place)
        assert lookup(whole) == (place,)
        assert [m.place for m in mentioned(f"{whole}です")] == [place]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("直片市", "直方市"), ("横浜", "横浜市"), ("ヨコハマ", "横浜市"), ("広島県福川市", "福山市"), ("倶知安市", "倶知安町")],
)  # fmt: skip
def test_the_nearest_names_are_offered(typed: str, meant: str) -> None:
    assert meant in [place.name for place in nearest(typed, 3)]


def test_nothing_is_offered_for_what_is_no_name() -> None:
    assert nearest("", 3) == nearest("あああ", 3) == ()


def test_a_long_text_takes_no_time() -> None:
    text = "山口県の橋と千葉市のあれこれ、府中市の話です。" * 40
    mentioned("津市")  # reads the list
    begun = time.perf_counter()
    assert len(mentioned(text)) == 120
    assert time.perf_counter() - begun < 1
