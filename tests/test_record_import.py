"""Lists become records: how columns are understood, what is written, and which cells are wrong."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from bot.cli import main
from corpus.shelves import ROOT, ShelfError, load
from ingest.collect import collect
from ingest.lists.columns import SHELVES, match, names
from ingest.lists.rows import KEYS
from rag.errors import RecordError
from rag.settings import Settings

HEADER = [
    "No",
    "自治体名",
    "取組名",
    "対象施設",
    "新技術",
    "導入段階",
    "費用（千円）",
    "効果",
    "出典",
    "出典URL",
]
BRIDGE = [
    1,
    "君津市",
    "ドローンで試す橋の点検",
    "橋梁・トンネル",
    "市販のドローンです。",
    "本格導入",
    300,
    0.57,
    "市の資料",
    "https://example.jp/a",
]
ROAD = [
    2,
    "千葉県木更津市",
    "AIで見る舗装",
    "道路、橋りょう",
    "画像をAIで診断しました。",
    "試行",
    None,
    "見回りが\n半分に",
    "市HP https://example.jp/b",
    "－",
]


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))
    return settings.home


def make_list(path: Path, *rows: list[object], header: list[str] = HEADER) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "事例"
    sheet["A1"] = "新技術の導入事例"
    sheet.merge_cells("A1:J1")
    for number, row in enumerate([header, *rows], 3):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)
    for row_cells in sheet.iter_rows(min_row=4, min_col=8, max_col=8):
        row_cells[0].number_format = "0%"
    book.save(path)
    return path


def make_csv(path: Path, *lines: str) -> Path:
    path.write_bytes("\r\n".join(lines).encode("cp932"))
    return path


MAPPING = """\
事例.xlsx「事例」 → 事例
  取組名 → 題名（title）
  自治体名 → 自治体名（municipality）
  対象施設 → 施設（facilities）
  新技術 → 技術（technology）
  導入段階 → 段階（stage）
  費用（千円） → 費用（cost）
  効果 → 効果（effect）
  出典 → 出典（source.title）
  出典URL → 出典URL（source.url）
  使わない列: No（使うなら --map 列名=項目）
  列がない項目: 都道府県（prefecture）は自治体名から補う、人口（population）、課題（need）、体制（partners）、教訓（lessons）、年度（year）、確度（confidence）は medium とする
"""
NEXT = "handson build を実行すると、検索と回答に使われます。\n"


def outcome(home: Path, added: int = 0, updated: int = 0, known: int = 0, failed: int = 0) -> str:
    return f"追加 {added}件、更新 {updated}件、変更なし {known}件、誤りのため入らない行 {failed}件（{home / 'shelves'}）\n"


def test_a_list_becomes_files_that_a_person_can_read(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_list(tmp_path / "事例.xlsx", BRIDGE, ROAD)
    assert (
        main(["add", str(path), "--as", "cases", "--source-title", "県の一覧", "--source-year", "2024年"])
        == 0
    )
    shown = capsys.readouterr()
    assert shown.out == MAPPING + outcome(home, added=2) + NEXT
    assert shown.err == ""
    bridge, road = sorted((home / "shelves" / "cases").iterdir(), key=lambda p: "AI" in p.read_text("utf-8"))
    assert (
        bridge.read_text("utf-8")
        == f"""\
# handson add --as cases で作りました。直して handson build を実行すると、次の版に入ります。
id: {bridge.stem}
title: ドローンで試す橋の点検
municipality: 君津市
prefecture: 千葉県
population: null
facilities: [橋梁, トンネル]
need: null
technology: 市販のドローンです。
stage: 本格導入
partners: null
cost: 300千円
effect: 57%
lessons: null
year: null
confidence: medium
sources:
  - title: 市の資料
    url: https://example.jp/a
  - title: 県の一覧
    url: null
    year: 2024年
"""
    )
    assert (
        road.read_text("utf-8")
        == f"""\
# handson add --as cases で作りました。直して handson build を実行すると、次の版に入ります。
id: {road.stem}
title: AIで見る舗装
municipality: 木更津市
prefecture: 千葉県
population: null
facilities: [道路, 橋梁]
need: null
technology: 画像をAIで診断しました。
stage: 試行
partners: null
cost: null
effect: |-
  見回りが
  半分に
lessons: null
year: null
confidence: medium
sources:
  - title: 市HP
    url: https://example.jp/b
  - title: 県の一覧
    url: null
    year: 2024年
"""
    )


def test_a_dry_run_writes_nothing(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_list(tmp_path / "事例.xlsx", BRIDGE)
    assert main(["add", str(path), "--as", "事例", "--dry-run"]) == 0
    told = (
        "追加 1件、更新 0件、変更なし 0件、誤りのため入らない行 0件（--dry-run なので書き込んでいません）\n"
    )
    assert capsys.readouterr().out == MAPPING + told
    assert not home.exists()


def test_the_same_row_again_updates_its_record(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_list(tmp_path / "事例.xlsx", BRIDGE, ROAD)
    main(["add", str(path), "--as", "cases"])
    (file,) = [p for p in (home / "shelves" / "cases").iterdir() if "ドローン" in p.read_text("utf-8")]
    moved = file.rename(file.with_name("君津.yaml"))  # a person may call it as he likes
    capsys.readouterr()
    wider = [1, "君津市 ", "ドローンで試す橋の点検", *BRIDGE[3:5], "効果検証", *BRIDGE[6:]]
    assert main(["add", str(make_list(path, wider, ROAD)), "--as", "cases"]) == 0
    assert capsys.readouterr().out.endswith(outcome(home, updated=1, known=1) + NEXT)
    assert "stage: 効果検証\n" in moved.read_text("utf-8")
    assert len(list((home / "shelves" / "cases").iterdir())) == 2
    assert main(["add", str(path), "--as", "cases"]) == 0
    assert capsys.readouterr().out.endswith(outcome(home, known=2))


def test_wrong_cells_are_named_and_the_good_rows_go_in(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_list(
        tmp_path / "事例.xlsx",
        BRIDGE,
        [2, "府中市", "センサー", "橋", "傾斜計", "試行", None, None, "資料", None],
        [3, "市原市", "下水の点検", "道路・げすい", "ロボット", "試行", None, None, None, "ここ"],
        [4, "君津市", "ドローンで試す橋の点検", "橋", "別", "試行", None, None, "資料", None],
        [5, "袖ケ浦市", None, "橋", "x", "試行", None, None, None, None],
        [6, "ある村", "村の橋", "橋", "x", "試行", None, None, "資料", None],
        [None, "※府中市は予定", *[None] * 8],
    )
    assert main(["add", str(path), "--as", "cases"]) == 2
    shown = capsys.readouterr()
    assert (
        shown.err
        == """\
事例.xlsx「事例」 B5 項目「自治体名（municipality）」 値「府中市」: 東京都と広島県にあります。都道府県の列を足してください。
事例.xlsx「事例」 D6 項目「施設（facilities）」 値「げすい」: 決められた値ではありません（橋梁、トンネル、道路、舗装、道路附属物・斜面、河川、砂防・海岸、下水道、水道、港湾、公園、公共建築、複数分野）。
事例.xlsx「事例」 J6 項目「出典URL（source.url）」 値「ここ」: アドレス（URL）の形ではありません。
事例.xlsx「事例」 7行目: 4行目と同じ記録です（自治体名と題名が同じです）。
事例.xlsx「事例」 C8 項目「題名（title）」: 空です。この項目は必ず書きます。
事例.xlsx「事例」 I8 項目「出典（source.title）」: 空です。この項目は必ず書きます。
事例.xlsx「事例」 9行目 項目「都道府県（prefecture）」: 列がありません。列を足すか、すべての行に同じ値なら --set prefecture=値 を付けてください。
"""
    )
    assert (
        shown.out
        == MAPPING + "記録ではないので読まない行: B10「※府中市は予定」\n" + outcome(home, 1, failed=5) + NEXT
    )
    assert len(list((home / "shelves" / "cases").iterdir())) == 1


def test_what_excel_hides_is_no_record(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_list(tmp_path / "事例.xlsx", BRIDGE, ROAD)
    book = openpyxl.load_workbook(path)
    book["事例"].row_dimensions[5].hidden = True
    book.create_sheet("凡例").append(["記号", "意味", "備考"])
    book["凡例"].append(["A", "良い", "最上"])
    book.save(path)
    assert main(["add", str(path), "--as", "cases"]) == 0
    told = "一覧ではないので読まない表: 記号、意味、備考\n見えないので読まないもの: 非表示の行 9か所\n"
    assert capsys.readouterr().out == MAPPING + told + outcome(home, added=1) + NEXT


def test_terms_go_into_one_file(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_csv(
        tmp_path / "用語.csv",
        "用語,読み,意味,同義語,出典",
        "架空点検,カクウテンケン,架空の点検です。,かくう、仮の点検,ある資料",
        "ドローン,どろーん,無人の機体です。,,",
        "打音試験,だおん試験,たたいて調べます。,,",
    )
    assert main(["add", str(path), "--as", "glossary"]) == 2
    shown = capsys.readouterr()
    assert shown.err == (
        "用語.csv A3 項目「用語（title）」 値「ドローン」: 「ドローン」の見出しか同義語と同じです。片方から外してください。\n"
        "用語.csv B4 項目「読み（reading）」 値「だおん試験」: ひらがなで書きます。\n"
    )
    make_csv(path, "語,よみ,説明", "別の語,べつのご,別の語です。")
    assert main(["add", str(path), "--as", "用語"]) == 0
    (first, second) = load(ROOT, home / "shelves").glossary[-2:]
    assert (first.title, first.reading, first.synonyms) == (
        "架空点検",
        "かくうてんけん",
        ("かくう", "仮の点検"),
    )
    assert (second.title, second.meaning) == ("別の語", "別の語です。")
    assert [path.name for path in (home / "shelves").iterdir()] == ["glossary.yaml"]


def test_advisors_are_read_by_their_types(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_csv(
        tmp_path / "専門家.csv",
        "氏名,所属の種類,所在地,対応地域,施設,段階,自治体規模,受入数,オンライン,専門",
        "架空 太郎,大学,群馬,関東地方、北陸,橋梁・砂防・海岸,課題整理、試行,1～3万人,3自治体,○,橋を見ます。",
        "架空 花子,高専,京都,近畿,下水,現場試行,5千人未満,21,たぶん,下水を見ます。",
    )
    assert main(["add", str(path), "--as", "advisors"]) == 2
    assert capsys.readouterr().err == (
        "専門家.csv H3 項目「受入数（capacity）」 値「21」: 20以下にします。\n"
        "専門家.csv I3 項目「オンライン（remote）」 値「たぶん」: ○ か × で書きます。\n"
    )
    advisor = load(ROOT, home / "shelves").advisors[-1]
    assert advisor.model_dump(exclude={"id"}) == {
        "title": "架空 太郎",
        "related": (),
        "sample": False,
        "organisation": "大学",
        "prefecture": "群馬県",
        "blocks": ("関東", "北陸"),
        "travel": "対応地域",
        "facilities": ("橋梁", "砂防・海岸"),
        "levels": (),
        "stages": ("課題整理", "現場試行"),
        "sizes": ("1～3万人",),
        "capacity": 3,
        "period": None,
        "remote": True,
        "languages": ("日本語",),
        "qualifications": (),
        "supports": (),
        "vendor": None,
        "sells": (),
        "consent": False,
        "summary": "橋を見ます。",
    }


LONG = (
    "氏名,所属の種類,所在地,対応地域,施設,段階,自治体規模,受入数,オンライン,専門,得意な技術,得意度,資格,支援実績,"
    "対応期間,出張範囲,対応言語,所属企業,扱う技術,掲載の同意,電話番号"
)


def test_a_long_list_of_advisors_is_read_whole(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_csv(
        tmp_path / "専門家.csv",
        LONG,
        "架空 太郎,民間企業,群馬,関東,橋,試行,1～3万人,3,○,橋を見ます。,tech-tablet、case-br-01,"
        "橋梁=高、tech-tablet（基礎）,技術士、道守,君津市のドローン点検を助言（case-br-01）（2024年度）;別の町の橋を見た,"
        "令和8年4月～2028年3月,全国,日本語、英語,架空点検社,tech-tablet,○,0470-00-0000",
    )
    assert main(["add", str(path), "--as", "advisors"]) == 0
    assert "使わない列: 電話番号（使うなら --map 列名=項目）" in capsys.readouterr().out
    advisor = load(ROOT, home / "shelves").advisors[-1]
    assert [(level.of, level.level) for level in advisor.levels] == [
        ("橋梁", "専門"),
        ("tech-tablet", "基礎"),
    ]
    assert [(past.summary, past.case, past.year) for past in advisor.supports] == [
        ("君津市のドローン点検を助言", "case-br-01", "2024年度"),
        ("別の町の橋を見た", None, None),
    ]
    assert advisor.period and (advisor.period.start, advisor.period.end) == ("2026-04", "2028-03")
    assert (advisor.travel, advisor.languages) == ("全国", ("日本語", "英語"))
    assert (advisor.vendor, advisor.sells, advisor.consent) == ("架空点検社", ("tech-tablet",), True)
    assert "0470" not in "".join(path.read_text("utf-8") for path in (home / "shelves").rglob("*.yaml"))


def test_what_an_advisor_s_cells_do_not_say_is_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "大学,群馬,関東,橋,試行,1～3万人,3,○"
    path = make_csv(
        tmp_path / "専門家.csv",
        LONG,
        f"甲,{row},橋です。,,橋がとくい,,,,,,,,,",
        f"乙,{row},橋です。,,,,,10月まで,,,,,,",
        f"丙,{row},電話は 03-0000-0000 です。,,,,,,,,,,,",
        f"丁,{row},橋です。,,トンネル=高,,,,,,,,,",
        f"戊,{row},橋です。,,,,見た（case-br-01）,,,,,,,",
        f"己,{row.replace('○', '×')},橋です。,,,,,,現地不可,,,,,",
    )
    assert main(["add", str(path), "--as", "advisors"]) == 2
    assert (
        capsys.readouterr().err
        == """\
専門家.csv L2 項目「得意度（levels）」 値「橋がとくい」: 決められた値ではありません（専門、経験、基礎）。
専門家.csv O3 項目「対応できる期間（period）」 値「10月まで」: 2026-04 のように年と月で書きます。
専門家.csv 4行目: 「03-0000-0000」のような連絡先は書きません。連絡は事務局を通します。
専門家.csv 5行目: levels の「トンネル」が、facilities にも related にもありません。
専門家.csv 6行目: supports の「case-br-01」を、related にも書きます。
専門家.csv 7行目: travel が「オンラインのみ」なら、remote を true にします。
"""
    )


def test_columns_and_values_can_be_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_csv(
        tmp_path / "窓口.csv",
        "係,仕事,備考,URL",
        "架空係,橋の相談、費用の相談,橋の窓口です。,https://example.jp/",
    )
    said = ["--map", "係=名称", "--map", "仕事=topics", "--map", "備考=summary", "--map", "備考=how"]
    said += ["--set", "種類=学会・協会", "--set", "blocks=全国", "--source-title", "係の資料"]
    assert main(["add", str(path), "--as", "contacts", *said]) == 0
    assert (
        capsys.readouterr().out
        == """\
窓口.csv → 相談先
  係 → 名称（title）
  仕事 → 相談できること（topics）
  備考 → 概要（summary）
  備考 → 相談のしかた（how）
  URL → URL（url）
  列がない項目: 種類（kind）、地域（blocks）、都道府県（prefectures）、施設（facilities）、年度（year）
  --set により: kind=学会・協会
  --set により: blocks=全国
"""
        + outcome(home, added=1)
        + NEXT
    )
    contact = load(ROOT, home / "shelves").contacts[-1]
    assert (contact.topics, contact.blocks, str(contact.url)) == (
        ("橋の相談", "費用の相談"),
        (),
        "https://example.jp/",
    )
    assert contact.how == "橋の窓口です。"


FOUND = "見つかった列: 係、仕事。"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--as", "contacts"],
            "a.csv に、この棚の一覧が見つかりません（名称（title） などの列名で探しました）。"
            f"--map 列名=項目 で、どの列がどの項目かを書いてください。{FOUND}",
        ),
        (
            ["--as", "contacts", "--map", "係=title", "--map", "仕事=topics", "--set", "地域=全国"],
            "a.csv には、必ず要る項目の列がありません: 種類（kind）、概要（summary）。"
            "--map 列名=kind で列を決めるか、すべての行に同じ値なら --set kind=値 を付けてください。" + FOUND,
        ),
        (["--as", "contacts", "--map", "人=title"], f"--map の列「人」は a.csv にありません。{FOUND}"),
        (
            ["--as", "glossary", "--map", "係=なまえ"],
            "「なまえ」という項目はありません。使えるのは id、用語（title）、関連（related）、読み（reading）、"
            "意味（meaning）、同義語（synonyms）、出典（source.title）、出典URL（source.url）、出典年（source.year） です。",
        ),
        (
            ["--as", "cases", "--map", "係"],
            "--map「係」は 列名=項目 の形で書いてください（例 --map 取組=title）。",
        ),
        (
            ["--as", "cases", "--set", "県="],
            "--set「県=」は 項目=値 の形で書いてください（例 --set 都道府県=群馬県）。",
        ),
        (
            ["--as", "cases", "--source-title", "資料", "--source-url", "ここ"],
            "--source-url「ここ」は使えません: アドレス（URL）の形ではありません。",
        ),
        (["--as", "cases", "--source-year", "2024年"], "--source-title は使えません: 書かれていません。"),
        (
            ["--as", "cases", "--title", "題"],
            "--title は、一覧の記録には使えません。handson add --help で使い方を見られます。",
        ),
        (["--dry-run"], "--dry-run は、--as と一緒に使います。handson add --help で使い方を見られます。"),
    ],
)
def test_what_cannot_be_meant_is_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    path = make_csv(tmp_path / "a.csv", "係,仕事", "架空係,橋")
    assert main(["add", str(path), *arguments]) == 2
    assert capsys.readouterr().err == message + "\n"
    assert not home.exists()


def test_other_files_are_no_lists(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK")
    assert main(["add", str(tmp_path / "a.docx"), "--as", "cases"]) == 2
    assert capsys.readouterr().err == "a.docx の形式には対応していません。追加できるのは .xlsx .csv です。\n"


def test_records_of_ones_own_are_built_and_checked_with_the_others(
    home: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_list(tmp_path / "事例.xlsx", [*BRIDGE, "case-br-01"], header=[*HEADER, "関連"])
    assert main(["add", str(path), "--as", "cases"]) == 0
    assert main(["check"]) == 0
    assert f"事例: {len(load().cases) + 1}件\n" in capsys.readouterr().out
    (file,) = (home / "shelves" / "cases").iterdir()
    (document,) = [made for made in collect(settings).documents if made.id == file.stem]
    assert (document.title, document.related) == ("君津市：ドローンで試す橋の点検", ("case-br-01",))
    file.write_text(file.read_text("utf-8").replace("stage: 本格導入\n", ""), "utf-8")
    with pytest.raises(RecordError) as caught:
        collect(settings)
    assert str(caught.value) == f"{file} 1行目 項目「stage」: 項目がありません。"
    assert main(["add", str(path), "--as", "cases"]) == 2
    assert capsys.readouterr().err == (
        f"{file} 1行目 項目「stage」: 項目がありません。\n"
        "棚の記録に誤りがあるので、追加しませんでした。上の箇所を直してください。\n"
    )


def test_a_row_must_fit_with_the_records_there_are(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = next(case for case in load().cases if case.id == "case-br-01")
    path = make_list(
        tmp_path / "事例.xlsx",
        [1, taken.municipality, taken.title, *BRIDGE[3:], None, None],
        [2, "市原市", "同じ番号", *BRIDGE[3:], "case-br-01", None],
        [3, "市原市", "つながる相手がない", *BRIDGE[3:], "my-one", "my-two"],
        [4, "市原市", "つながる相手が入らない", *BRIDGE[3:], "my-two", "case-no"],
        header=[*HEADER, "id", "関連"],
    )
    assert main(["add", str(path), "--as", "cases"]) == 2
    assert capsys.readouterr().err == (
        f"事例.xlsx「事例」 4行目: 棚にある「{taken.title}」（case-br-01）と同じ記録です（自治体名と題名が同じです）。\n"
        f"事例.xlsx「事例」 K5 項目「id」 値「case-br-01」: 棚にある「{taken.title}」 と同じです。片方を変えてください。\n"
        "事例.xlsx「事例」 L6 項目「関連（related）」 値「my-two」: この id の記録はありません。\n"
        "事例.xlsx「事例」 L7 項目「関連（related）」 値「case-no」: この id の記録はありません。\n"
    )
    assert not (home / "shelves").exists()


def test_two_roots_are_one_set_of_shelves(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    text = (ROOT / "cases" / "br-01.yaml").read_text("utf-8")
    (tmp_path / "cases" / "mine.yaml").write_text(text, "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(ROOT, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/cases/mine.yaml 1行目 項目「id」 値「case-br-01」: br-01.yaml と同じです。片方を変えてください。"
    )
    assert len(load(ROOT, tmp_path / "nowhere").cases) == len(load().cases)


@pytest.mark.parametrize("shelf", SHELVES)
def test_every_field_has_a_column_name(shelf: str) -> None:
    fields = set(SHELVES[shelf].model_fields) - {"sources"}
    assert fields <= set(names(shelf))
    assert set(KEYS[shelf][1]) <= fields
    for name, called in names(shelf).items():
        assert match([called[0]], shelf).columns == {name: (called[0],)}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("対象施設※", "facilities"),
        ("人口（人）", "population"),
        ("基本情報 自治体名", "municipality"),
        ("出典 ＵＲＬ", "source.url"),
    ],
)
def test_columns_are_known_by_what_people_add_to_them(header: str, field: str) -> None:
    assert list(match([header], "cases").columns) == [field]
