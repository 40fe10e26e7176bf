"""The shelves: every record is right, has its sources and is written by us; a wrong one is told exactly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from conftest import SHARED

from corpus.parts import Record
from corpus.places import Block, Prefecture, municipalities
from corpus.shelves import ROOT, ShelfError, Shelves, load
from rag.sentences import split_sentences

AT_LEAST = {
    "guide": 60,
    "cases": 120,
    "technologies": 40,
    "programmes": 25,
    "contacts": 40,
    "forums": 15,
    "needs": 4,
    "advisors": 60,
    "glossary": 200,
}
NOT_PROSE = {"id", "sources", "related", "url"}


@pytest.fixture(scope="module")
def shelves() -> Shelves:
    return load()


def _texts(record: Record) -> list[str]:
    """Everything a reader sees of a record that we wrote."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for key, part in value.items():
                if key not in NOT_PROSE:
                    walk(part)
        elif isinstance(value, list | tuple):
            for part in value:
                walk(part)

    walk(record.model_dump())
    return found


@pytest.mark.parametrize(("shelf", "least"), AT_LEAST.items())
def test_every_shelf_is_filled(shelves: Shelves, shelf: str, least: int) -> None:
    assert len(getattr(shelves, shelf)) >= least


def test_every_fact_has_a_source(shelves: Shelves) -> None:
    for record in shelves.records():
        if getattr(record, "sample", False) or record in shelves.glossary:
            continue  # samples state nothing; a term with a figure must have one (see Term)
        sources = record.model_dump()["sources"]
        assert sources, record.id
        papers = [source["title"] for source in sources if not source["url"]]
        seeds = [title for title in papers if re.search("インフラメンテナンス|新技術導入", title)]
        assert seeds or len(papers) < len(sources), record.id


def test_every_sentence_of_a_record_ends_as_a_sentence(shelves: Shelves) -> None:
    fields = ("need", "technology", "partners", "cost", "effect", "lessons", "does", "cannot", "needs")
    fields += ("lookup", "support", "conditions", "amount", "apply", "cautions", "how", "aims", "meaning")
    fields += ("problem", "wish", "form")
    for record in shelves.records():
        for field in fields:
            for span in split_sentences(getattr(record, field, None) or ""):
                assert span.text.endswith(("。", "」", "）")), (record.id, field, span.text)


def test_guide_pages_have_the_length_of_a_page(shelves: Shelves) -> None:
    for page in shelves.guide:
        assert 300 <= len(re.sub(r"\s", "", page.body)) <= 1500, page.id
        assert page.body.count("\n## ") >= 2, page.id


def test_the_guide_has_a_page_for_every_step_and_every_facility(shelves: Shelves) -> None:
    assert {page.stage for page in shelves.guide if page.kind == "進め方"} >= {
        "課題整理", "技術選定", "現場試行", "庁内調整・予算", "発注・契約", "本格導入", "効果検証",
    }  # fmt: skip
    told = {facility for page in shelves.guide if page.kind == "施設" for facility in page.facilities}
    assert told >= {
        "橋梁", "トンネル", "舗装", "道路附属物・斜面", "河川", "砂防・海岸", "下水道", "水道", "港湾",
        "公園", "公共建築",
    }  # fmt: skip


def test_no_case_stands_alone(shelves: Shelves) -> None:
    links = shelves.links()
    for case in shelves.cases:
        assert links[case.id], case.id


def test_links_hold_on_both_sides(shelves: Shelves) -> None:
    links = shelves.links()
    for record in shelves.records():
        for other in record.related:
            assert record.id in links[other]
            assert other in links[record.id]


def test_advisors_and_needs_are_samples_and_say_so(shelves: Shelves) -> None:
    for record in (*shelves.advisors, *shelves.needs):
        assert record.sample, record.id
        assert record.title.startswith("サンプル"), record.id


def test_a_sample_need_is_no_real_municipality_s(shelves: Shelves) -> None:
    assert all(need.municipality.startswith("サンプル") for need in shelves.needs)
    assert all(shelves.links()[need.id] for need in shelves.needs)


def test_the_catalogue_names_kinds_and_no_products(shelves: Shelves) -> None:
    for technology in shelves.technologies:
        assert technology.kind and technology.targets and technology.does, technology.id
        assert technology.provider is None, technology.id


def test_the_text_is_our_own(shelves: Shelves) -> None:
    seeds = list((SHARED / "seeds").glob("*.txt"))
    if not seeds:
        pytest.skip("../shared/seeds is not at hand")
    theirs = re.sub(r"\s+", "", "\n".join(path.read_text("utf-8") for path in seeds))
    runs = {theirs[start : start + 40] for start in range(len(theirs) - 39)}
    for record in shelves.records():
        for text in _texts(record):
            ours = re.sub(r"\s+", "", text)
            for start in range(len(ours) - 39):
                assert ours[start : start + 40] not in runs, (record.id, ours[start : start + 40])


def test_the_examples_in_the_readme_are_records_of_the_shelves() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    files = [*ROOT.glob("*/*.yaml"), *ROOT.glob("guide/*.md")]
    records = [path.read_text("utf-8").rstrip() for path in files]
    glossary = (ROOT / "glossary.yaml").read_text("utf-8")
    examples = re.findall(r"```(?:yaml|markdown)\n(.*?)\n```", readme, re.S)
    assert len(examples) == 9
    for example in examples:
        assert example in records or f"{example}\n" in glossary, example[:80]


def test_all_municipalities_of_japan_are_there() -> None:
    """1,718 cities, towns and villages and 23 wards of Tokyo: the official total since 2018."""
    prefectures = [place for place in municipalities() if place.is_prefecture]
    others = [place for place in municipalities() if not place.is_prefecture]
    wards = [place for place in others if place.name.endswith("区")]
    assert (len(prefectures), len(others) - len(wards), len(wards)) == (47, 1718, 23)
    assert {place.prefecture for place in others} == set(get_args(Prefecture))
    assert {place.block for place in others} == set(get_args(Block))


def test_municipality_codes_are_right() -> None:
    codes = [place.code for place in municipalities()]
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    for place in municipalities():
        total = sum(int(digit) * weight for digit, weight in zip(place.code, (6, 5, 4, 3, 2), strict=False))
        assert int(place.code[5]) == (11 - total % 11) % 10, place
        assert re.fullmatch(r"[ぁ-ゖー]+", place.reading), place


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with one good case, and what it is linked to, to spoil."""
    for name in ("cases", "guide"):
        (tmp_path / name).mkdir()
    (tmp_path / "cases" / "br-01.yaml").write_text(_unlinked("cases/br-01.yaml"), "utf-8")
    return tmp_path


def _unlinked(name: str) -> str:
    return re.sub(r"^related: .*\n", "", (ROOT / name).read_text("utf-8"), flags=re.M)


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^municipality: .*$", "", "br-01.yaml 1行目 項目「municipality」: 項目がありません。"),
        (
            r"^title: .*$",
            "title: 5",
            "br-01.yaml 2行目 項目「title」 値「5」: 文字ではありません（引用符で囲んでください）。",
        ),
        (
            r"^confidence: .*$",
            "confidence: low",
            "br-01.yaml 15行目 項目「confidence」 値「low」: 決められた値ではありません（high、medium）。",
        ),
        (
            r"^need:",
            "neeed: あ\nneed:",
            "br-01.yaml 7行目 項目「neeed」 値「あ」: この名前の項目はありません。",
        ),
        (
            r"url: .*$",
            "url: ここ",
            "br-01.yaml 18行目 項目「sources.0.url」 値「ここ」: アドレス（URL）の形ではありません。",
        ),
        (
            r"^facilities: .*$",
            "facilities: 橋梁",
            "br-01.yaml 6行目 項目「facilities」 値「橋梁」: 一覧で書きます（例 [橋梁, 舗装]）。",
        ),
        (
            r"^facilities: .*$",
            "facilities: [橋梁",
            "br-01.yaml 7行目: YAMLとして読めません（expected ',' or ']', but got ':'）。コロンや引用符の書き方を確かめてください。",
        ),
        (
            r"^need:",
            "title: もう1つ\nneed:",
            "br-01.yaml 7行目: YAMLとして読めません（項目「title」が2回あります）。コロンや引用符の書き方を確かめてください。",
        ),
        (
            r"^sources:(.|\n)*\Z",
            "sources: []",
            "br-01.yaml 16行目 項目「sources」 値「[]」: 1つも書かれていません。",
        ),
        (
            r"^municipality",
            "related: [tech-x]\nmunicipality",
            "br-01.yaml 3行目 項目「related.0」 値「tech-x」: この id の記録はありません。",
        ),
    ],
)
def test_a_wrong_record_names_file_line_field_and_value(
    shelf: Path, pattern: str, replacement: str, message: str
) -> None:
    path = shelf / "cases" / "br-01.yaml"
    path.write_text(re.sub(pattern, replacement, path.read_text("utf-8"), count=1, flags=re.M), "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    assert str(caught.value) == message


def test_one_run_tells_every_fault(shelf: Path) -> None:
    good = (shelf / "cases" / "br-01.yaml").read_text("utf-8")
    spoiled = good.replace("confidence: high", "confidence: low").replace("title: ", "titel: ", 1)
    (shelf / "cases" / "br-02.yaml").write_text(spoiled, "utf-8")
    (shelf / "guide" / "a.md").write_text("本文だけです。", "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    places = [fault.split(" 項目")[0].split(":")[0] for fault in caught.value.faults]
    assert places == ["a.md 1行目", "br-02.yaml 1行目", "br-02.yaml 15行目", "br-02.yaml 2行目"]


TERMS = """\
- id: term-drone
  title: ドローン
  reading: どろーん
  meaning: 無人で飛ぶ小型の機体です。
  synonyms: [UAV]
- id: term-uav
  title: 無人航空機
  reading: むじんこうくうき
  meaning: 人が乗らない航空機です。
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "title: 無人航空機",
            "title: uav",
            "glossary.yaml 7行目 項目「title」 値「uav」: 「ドローン」の見出しか同義語と同じです。片方から外してください。",
        ),
        (
            "reading: むじん",
            "reading: 無人",
            "glossary.yaml 8行目 項目「reading」 値「無人こうくうき」: ひらがなで書きます。",
        ),
        (
            "人が乗らない",
            "2015年からの",
            "glossary.yaml 6行目: 数字のある説明には sources に出典を書きます。",
        ),
        (
            "- id: term-uav\n  title",
            "- [橋]\n- title",
            "glossary.yaml 6行目: 「項目: 値」の形になっていません。",
        ),
    ],
)
def test_a_wrong_term_names_its_line(shelf: Path, old: str, new: str, message: str) -> None:
    (shelf / "glossary.yaml").write_text(TERMS.replace(old, new), "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    assert caught.value.faults[0] == message


def test_two_records_cannot_share_an_id(shelf: Path) -> None:
    (shelf / "cases" / "br-99.yaml").write_text(_unlinked("cases/br-01.yaml"), "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    assert str(caught.value) == (
        "br-99.yaml 1行目 項目「id」 値「case-br-01」: br-01.yaml と同じです。片方を変えてください。"
    )


def test_a_file_of_another_encoding_is_told(shelf: Path) -> None:
    (shelf / "cases" / "sjis.yaml").write_bytes("title: 橋".encode("cp932"))
    with pytest.raises(ShelfError, match=r"sjis\.yaml: UTF-8で書かれていません"):
        load(shelf)


def test_a_file_with_a_byte_order_mark_is_read(shelf: Path) -> None:
    (shelf / "guide" / "park.md").write_text(_unlinked("guide/park.md"), "utf-8-sig")
    assert load(shelf).guide[0].id == "guide-park"


def test_a_guide_page_without_front_matter_is_told(shelf: Path) -> None:
    (shelf / "guide" / "a.md").write_text("本文だけです。", "utf-8")
    with pytest.raises(ShelfError, match=r"a\.md 1行目: 先頭に --- で囲んだ見出し情報がありません"):
        load(shelf)


@pytest.mark.parametrize("folder", ["advisors", "needs"])
@pytest.mark.parametrize(("old", "new"), [("title: サンプル", "title: "), ("sample: true", "sample: false")])
def test_a_sample_must_call_itself_one(shelf: Path, folder: str, old: str, new: str) -> None:
    (shelf / folder).mkdir()
    text = _unlinked(f"{folder}/hashi-01.yaml").replace(old, new)
    text = text.replace("sources: []", "sources: [{title: 調査, url: null}]")
    (shelf / folder / "hashi-01.yaml").write_text(text, "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    assert str(caught.value) == (
        "hashi-01.yaml 1行目: sample が true の記録だけ、title を「サンプル」で始めます。"
    )


def test_a_real_need_has_a_source(shelf: Path) -> None:
    (shelf / "needs").mkdir()
    text = (
        _unlinked("needs/hashi-01.yaml").replace("サンプル", "見本").replace("sample: true", "sample: false")
    )
    (shelf / "needs" / "hashi-01.yaml").write_text(text, "utf-8")
    with pytest.raises(ShelfError) as caught:
        load(shelf)
    assert str(caught.value) == "hashi-01.yaml 15行目 項目「sources」 値「[]」: 1つも書かれていません。"
