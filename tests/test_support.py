"""What a passage says of a sentence: each rule by the sentences that made it necessary, then the labelled set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval import claims
from eval.metrics import wilson
from rag.quantities import absent, plain, quantities
from rag.support import judge

BRIDGES = (
    "道路橋（約73万橋）の50年以上の割合は、2020年の約30%から、2030年に約55%、2040年に約75%になる見込みです。"
)
RULE = (
    "道路管理者は、5年に1回、近接目視で点検を行わなければなりません。ドローンなどの技術で補うことができます。"
)
GRANT = "補助は費用の2分の1以内で、上限は500万円です。人口5万人未満の市町村に限られます。施設の更新は対象になりません。"
TOWN = "町が23%、村が57%でした。"
TAMANA = "熊本県玉名市では、職員による補修の品質が業者の施工と同等でした。"
KASHIMA = "鹿嶋市では、道路の維持費が増える一方で技術職員が減り、巡回できない地域が生じました。"
TRIAL = "静岡市の清水港の2021年の実証では、水中ロボットを使った一部の作業で時間が増えました。"


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        (BRIDGES, BRIDGES),
        ("道路橋の50年以上の割合は、令和12年におよそ55％になる見込みです。", BRIDGES),
        ("点検は道路管理者が5年に一度、近接目視で行わなければなりません。", RULE),
        ("ドローンなどの技術によって補うことができます。", RULE),
        ("補助の上限は五百万円です。", GRANT),
        ("施設の更新は対象外です。", GRANT),
        ("村では57%、町では23%でした。", TOWN),
        ("玉名市では、職員による補修の品質は業者の施工と同等でした。", TAMANA),
        ("鹿嶋市では技術職員が減少しました。", KASHIMA),
    ],
)
def test_said_in_other_words(sentence: str, passage: str) -> None:
    verdict = judge(sentence, passage)
    assert verdict.supported, verdict.reason
    assert verdict.reason == ""


@pytest.mark.parametrize(
    ("sentence", "passage", "reason"),
    [
        ("道路橋の50年以上の割合は、2040年に約85%になる見込みです。", BRIDGES, "資料にない数字: 85%"),
        ("道路橋の50年以上の割合は、2040年に75%になる見込みです。", BRIDGES, "資料にない数字: 75%"),
        ("道路橋の50年未満の割合は、2040年に約75%になる見込みです。", BRIDGES, "資料にない数字: 50年"),
        ("道路橋の50年以上の割合は、2030年に約75%になる見込みです。", BRIDGES, "数字の取り違え: 2030年"),
        ("道路橋の50年以上の割合は、2040年に約75%になりました。", BRIDGES, "抜けた言い方: 見込み"),
        ("町が57%、村が23%でした。", TOWN, "数字の取り違え: 57%"),
        ("道路管理者は、5年に1回、近接目視で点検を行うことが望ましいです。", RULE, "抜けた言い方: しなければならない"),
        ("ドローンなどの技術で補わなければなりません。", RULE, "抜けた言い方: できる"),
        ("国は、5年に1回、近接目視で点検を行わなければなりません。", RULE, "役割の取り違え: 国"),
        ("施設の更新も対象になります。", GRANT, "打ち消しが違います"),
        ("すべての市町村が対象になります。", GRANT, "抜けた言い方: だけ"),
        ("玉名市では、業者による補修の品質が職員の施工と同等でした。", TAMANA, "役割の取り違え: 業者"),
        ("玉東町では、職員による補修の品質が業者の施工と同等でした。", TAMANA, "資料にない名前: 玉東、玉東町"),
        ("鹿嶋市では技術職員が増えました。", KASHIMA, "反対の語: 増"),
        ("清水港の2021年の実証では、水中ロボットを使ったすべての作業で時間が増えました。", TRIAL, "抜けた言い方: 一部"),
        ("清水港では毎日水中ロボットを使います。", TRIAL, "抜けた言い方: 試行、一部"),
        ("職員には手当が支払われます。", KASHIMA, "資料にない語: 手当て"),
        ("", KASHIMA, "比べる語がありません"),
    ],
)  # fmt: skip
def test_said_otherwise_or_not_at_all(sentence: str, passage: str, reason: str) -> None:
    assert judge(sentence, passage).reason == reason


def test_the_title_may_name_the_subject() -> None:
    passage = "職員が市販のドローンで橋を点検しています。"
    assert not judge("君津市では職員が市販のドローンで橋を点検しています。", passage).supported
    assert judge(
        "君津市では職員が市販のドローンで橋を点検しています。", passage, "君津市：橋の点検"
    ).supported


def test_other_names_of_a_thing_are_the_same_thing() -> None:
    assert judge("UAVで橋を点検しています。", "ドローンで橋を点検しています。").supported


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("令和5～7年度", "2023～2025年度"),
        ("平成31年4月", "２０１９年４月"),
        ("二十七の自治体", "27自治体"),
        ("約1億3,000万円", "およそ1.3億円"),
        ("2,000m", "2キロメートル"),
        ("3割", "30％"),
        ("1年に2回", "年2回"),
        ("5.8兆円から6.4兆円", "5.8～6.4兆円"),
    ],
)
def test_one_quantity_in_two_writings(one: str, other: str) -> None:
    assert quantities(plain(one))
    assert absent(plain(one), plain(other)) == []
    assert absent(plain(other), plain(one)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5年以上", "5年"),
        ("約5年", "5年"),
        ("月2万円", "年2万円"),
        ("5cm", "5mm"),
        ("2022年5月", "2021年5月と2022年4月"),
        ("4月から", "4月まで"),
        ("七分野", "12分野"),
        ("٧年", "7年"),
    ],
)
def test_two_quantities(one: str, other: str) -> None:
    assert absent(plain(one), plain(other))


def test_the_labelled_set_holds_what_it_should() -> None:
    lines = claims.load()
    assert len(lines) == 260
    passages = {half: {line.passage for line in lines if line.half == half} for half in claims.HALVES}
    assert not passages["dev"] & passages["heldout"]


def test_the_check_is_as_good_as_told() -> None:
    """On the half that the rules were made with; the other measures them and holds nothing up."""
    lines = [line for line in claims.load() if line.half == "dev"]
    precision, recall, distorted, invented = claims.rates(claims.run(lines))
    assert recall.count / recall.total >= 0.8
    assert distorted.count / distorted.total <= 0.1
    assert invented.count / invented.total <= 0.02
    low, high = wilson(precision.count, precision.total)
    assert str(precision) == f"precision: {precision.count}/{precision.total} = 100.0% ({low:.1%}–{high:.1%})"


def test_a_set_of_ones_own_is_read(tmp_path: Path) -> None:
    raw = {"id": "a", "sentence": "橋です。", "passage": "橋です。", "title": "", "label": "supported"}
    (tmp_path / "own.jsonl").write_text(json.dumps({**raw, "half": "dev", "why": ""}) + "\n", "utf-8")
    (outcome,) = claims.run(claims.load(tmp_path / "own.jsonl"))
    assert outcome.right
