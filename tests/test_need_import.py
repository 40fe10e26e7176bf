"""Lists of what municipalities look for (ニーズ) and of what others offer (シーズ) become records."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from bot.cli import main
from corpus.records import Need, Technology
from corpus.shelves import ROOT, load
from ingest.collect import collect
from ingest.lists.columns import match
from rag.settings import Settings


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))
    return settings.home


def make_book(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "一覧"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def outcome(home: Path, added: int, failed: int = 0) -> str:
    return (
        f"追加 {added}件、更新 0件、変更なし 0件、誤りのため入らない行 {failed}件（{home / 'shelves'}）\n"
        "handson build を実行すると、検索と回答に使われます。\n"
    )


def added_needs(home: Path) -> dict[str, Need]:
    return {need.title: need for need in load(ROOT, home / "shelves").needs}


def offered(home: Path) -> dict[tuple[str, str | None], Technology]:
    return {(made.title, made.provider): made for made in load(home / "shelves").technologies}


NEEDS = (
    ("令和8年度 自治体ニーズ一覧",),
    (
        "No", "要望自治体", "テーマ", "対象施設", "現状と課題", "求める技術・支援", "検討段階",
        "希望時期", "募集状況", "担当課", "出典",
    ),
    (
        1, "千葉県君津市", "橋の点検", "橋りょう、トンネル", "点検車を置けません。", "空から見る技術です。",
        "予算要求", "令和9年度", "受付中", "道路課", "市の資料",
    ),
    (2, "群馬県", "斜面の見守り", "法面", "夜の見回りが危険です。", "－", None, None, None, None, "県の資料"),
)  # fmt: skip


def test_a_list_of_needs_becomes_records(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_book(tmp_path / "ニーズ.xlsx", *NEEDS)
    assert main(["add", str(path), "--as", "ニーズ", "--set", "年度=令和8年度"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out == (
        """\
ニーズ.xlsx「一覧」 → ニーズ
  テーマ → 題名（title）
  要望自治体 → 自治体名（municipality）
  対象施設 → 施設（facilities）
  検討段階 → 段階（stage）
  現状と課題 → 課題（problem）
  求める技術・支援 → 求める技術・支援（wish）
  希望時期 → 希望する時期（period）
  募集状況 → 状況（status）
  出典 → 出典（source.title）
  使わない列: No、担当課（使うなら --map 列名=項目）
  列がない項目: 都道府県（prefecture）は自治体名から補う、条件（conditions）、希望する進め方（form）、年度（year）
  --set により: year=令和8年度
"""
        + outcome(home, added=2)
    )
    (file,) = [p for p in (home / "shelves" / "needs").iterdir() if "橋の点検" in p.read_text("utf-8")]
    assert (
        file.read_text("utf-8")
        == f"""\
# handson add --as needs で作りました。直して handson build を実行すると、次の版に入ります。
id: {file.stem}
title: 橋の点検
sample: false
municipality: 君津市
prefecture: 千葉県
facilities: [橋梁, トンネル]
stage: 庁内調整・予算
problem: 点検車を置けません。
wish: 空から見る技術です。
conditions: null
form: null
period: 令和9年度
status: 募集中
year: 令和8年度
sources:
  - title: 市の資料
    url: null
"""
    )
    slope = added_needs(home)["斜面の見守り"]
    assert (slope.municipality, slope.prefecture, slope.stage, slope.status) == (
        "群馬県",
        "群馬県",
        None,
        None,
    )


def test_a_need_and_what_answers_it_name_each_other(home: Path, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "ニーズ.csv"
    path.write_text(
        "県名,自治体,件名,施設,困りごと,関連\n群馬県,ある町,斜面,斜面,危険です。,tech-tilt\n", "utf-8"
    )
    assert main(["add", str(path), "--as", "needs", "--source-title", "県の調査"]) == 0
    documents = {document.id: document for document in collect(settings).documents}
    need = added_needs(home)["斜面"]
    assert need.id in documents["tech-tilt"].related
    assert documents[need.id].related == ("tech-tilt",)
    assert documents[need.id].summary == "群馬県ある町のニーズ。施設: 道路附属物・斜面。"


def test_a_sample_row_needs_no_source(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "ニーズ.csv"
    path.write_text(
        "都道府県,自治体名,テーマ,施設,課題\n群馬県,サンプル町,サンプル 橋,橋,橋を見ます。\n", "utf-8"
    )
    assert main(["add", str(path), "--as", "needs"]) == 0
    assert added_needs(home)["サンプル 橋"].sample


def test_wrong_cells_of_needs_are_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_book(
        tmp_path / "ニーズ.xlsx",
        *NEEDS,
        (3, "府中市", "舗装", "舗装", "穴です。", None, None, None, None, None, "資料"),
        (4, "市原市", "管", "げすい", None, None, "構想", None, "未定", None, None),
        (5, "君津市", "橋の点検", "橋", "同じです。", None, None, None, None, None, "資料"),
    )
    assert main(["add", str(path), "--as", "needs"]) == 2
    shown = capsys.readouterr()
    assert (
        shown.err
        == """\
ニーズ.xlsx「一覧」 B5 項目「自治体名（municipality）」 値「府中市」: 東京都と広島県にあります。都道府県の列を足してください。
ニーズ.xlsx「一覧」 D6 項目「施設（facilities）」 値「げすい」: 決められた値ではありません（橋梁、トンネル、道路、舗装、道路附属物・斜面、河川、砂防・海岸、下水道、水道、港湾、公園、公共建築、複数分野）。
ニーズ.xlsx「一覧」 G6 項目「段階（stage）」 値「構想」: 決められた値ではありません（課題整理、技術選定、現場試行、庁内調整・予算、発注・契約、本格導入、効果検証）。
ニーズ.xlsx「一覧」 E6 項目「課題（problem）」: 空です。この項目は必ず書きます。
ニーズ.xlsx「一覧」 I6 項目「状況（status）」 値「未定」: 決められた値ではありません（募集中、終了）。
ニーズ.xlsx「一覧」 K6 項目「出典（source.title）」: 空です。この項目は必ず書きます。
ニーズ.xlsx「一覧」 7行目: 3行目と同じ記録です（自治体名と題名が同じです）。
"""
    )
    assert shown.out.endswith(outcome(home, added=2, failed=3))


SEEDS = (
    ("提案技術名", "提案者", "企業名", "対象施設", "概要", "導入実績（件）", "区分", "URL"),
    ("路面のAI診断", "架空大学", "（株）架空", "道路・舗装", "路面の穴を見つけます。", 3, "診断", "https://example.jp/a"),
    ("路面のAI診断", "別の会社", None, "橋", "橋の穴を見つけます。", None, None, "https://example.jp/b"),
)  # fmt: skip


def test_a_list_of_offers_goes_to_the_catalogue(
    home: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_book(tmp_path / "シーズ.xlsx", *SEEDS)
    assert main(["add", str(path), "--as", "シーズ"]) == 0
    assert capsys.readouterr().out == (
        """\
シーズ.xlsx「一覧」 → 技術カタログ
  提案技術名 → 技術名（title）
  区分 → 種類（kind）
  提案者 → 提案者（provider）
  概要 → 概要（summary）
  対象施設 → 施設（facilities）
  導入実績（件） → 導入実績（track_record）
  URL → 出典URL（source.url）
  使わない列: 企業名（使うなら --map 列名=項目）
  列がない項目: 対象の損傷・作業（targets）、できること（does）、できないこと（cannot）、必要なもの（needs）、費用（cost）、調べる先（lookup）
"""
        + outcome(home, added=2)
    )
    first = offered(home)["路面のAI診断", "架空大学"]
    assert (first.kind, first.facilities, first.track_record) == ("診断・解析", ("道路", "舗装"), "3件")
    assert offered(home)["路面のAI診断", "別の会社"].kind is None
    corpus = collect(settings)
    (document,) = [document for document in corpus.documents if document.id == first.id]
    assert document.summary == "架空大学が提案する技術。施設: 道路、舗装。"
    read = [(chunk.section, chunk.text) for chunk in corpus.chunks if chunk.document_id == first.id]
    assert read == [(("概要",), "路面の穴を見つけます。"), (("導入実績",), "3件")]


def test_wrong_cells_of_offers_are_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "シーズ.csv"
    lines = (
        "シーズ名,会社名,分野,提案概要,技術分類,掲載先",
        "路面のAI診断,別の会社,ほそう,,AI,https://example.jp/a",
        "路面のAI診断,別の会社,道路,路面を見ます。,撮影,ここ",
        ",別の会社,道路,路面を見ます。,撮影,https://example.jp/c",
    )
    path.write_bytes("\r\n".join(lines).encode("cp932"))
    assert main(["add", str(path), "--as", "シーズ", "--map", "掲載先=source.url"]) == 2
    assert (
        capsys.readouterr().err
        == """\
シーズ.csv E2 項目「種類（kind）」 値「AI」: 決められた値ではありません（点検・撮影、診断・解析、計測・監視、補修・作業、記録・台帳、通報・連絡、仕組み）。
シーズ.csv D2 項目「概要（summary）」: 空です。この項目は必ず書きます。
シーズ.csv C2 項目「施設（facilities）」 値「ほそう」: 決められた値ではありません（橋梁、トンネル、道路、舗装、道路附属物・斜面、河川、砂防・海岸、下水道、水道、港湾、公園、公共建築、複数分野）。
シーズ.csv F3 項目「出典URL（source.url）」 値「ここ」: アドレス（URL）の形ではありません。
シーズ.csv A4 項目「技術名（title）」: 空です。この項目は必ず書きます。
"""
    )
    assert not (home / "shelves").exists()


def test_the_same_offer_is_told_by_its_name_and_who_offers_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_book(tmp_path / "シーズ.xlsx", *SEEDS, SEEDS[1])
    assert main(["add", str(path), "--as", "シーズ"]) == 2
    told = "シーズ.xlsx「一覧」 4行目: 2行目と同じ記録です（技術名と提案者が同じです）。\n"
    assert capsys.readouterr().err == told


def test_a_kind_of_technology_cannot_stand_twice(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = load(ROOT).technologies[0]
    path = make_book(tmp_path / "技術.xlsx", ("技術名", "施設", "概要"), (taken.title, "橋", "橋を見ます。"))
    assert main(["add", str(path), "--as", "technologies", "--source-title", "資料"]) == 2
    assert capsys.readouterr().err == (
        f"技術.xlsx「一覧」 2行目: 棚にある「{taken.title}」（{taken.id}）と同じ記録です（技術名と提案者が同じです）。\n"
    )


@pytest.mark.parametrize(
    ("shelf", "header", "fields"),
    [
        ("needs", ["自治体名", "分野", "課題", "ニーズ"], ["title", "municipality", "facilities", "problem"]),
        (
            "needs",
            ["市町村名", "件名", "ニーズ", "要求性能"],
            ["title", "municipality", "problem", "conditions"],
        ),
        ("technologies", ["シーズ", "企業", "特長", "実績"], ["title", "provider", "does", "track_record"]),
    ],
)
def test_columns_are_known_by_their_usual_names(shelf: str, header: list[str], fields: list[str]) -> None:
    assert list(match(header, shelf).columns) == fields
