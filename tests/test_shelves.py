"""The shelves: every record is right, has its sources and is written by us; a wrong one is told exactly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import SHARED

from corpus.records import Case, GuidePage
from corpus.shelves import ROOT, ShelfError, Shelves, load
from rag.sentences import split_sentences

FIELDS = ("need", "technology", "partners", "cost", "effect", "lessons")


@pytest.fixture(scope="module")
def shelves() -> Shelves:
    return load()


def _texts(record: Case | GuidePage) -> list[str]:
    if isinstance(record, GuidePage):
        return [record.summary, record.body]
    return [text for field in FIELDS if (text := getattr(record, field))]


def test_the_first_shelf_is_filled(shelves: Shelves) -> None:
    assert len(shelves.guide) >= 20
    assert len(shelves.cases) >= 20


def test_every_record_has_a_source_with_an_address(shelves: Shelves) -> None:
    for record in (*shelves.guide, *shelves.cases):
        assert any(source.url for source in record.sources), record.id


def test_every_sentence_of_a_case_ends_as_a_sentence(shelves: Shelves) -> None:
    for case in shelves.cases:
        for text in _texts(case):
            assert all(span.text.endswith("。") for span in split_sentences(text)), (case.id, text)


def test_guide_pages_have_the_length_of_a_page(shelves: Shelves) -> None:
    for page in shelves.guide:
        assert 300 <= len(page.body) <= 1500, page.id
        assert page.body.count("\n## ") >= 2, page.id


def test_the_text_is_our_own(shelves: Shelves) -> None:
    seeds = list((SHARED / "seeds").glob("*.txt"))
    if not seeds:
        pytest.skip("../shared/seeds is not at hand")
    theirs = re.sub(r"\s+", "", "\n".join(path.read_text("utf-8") for path in seeds))
    for record in (*shelves.guide, *shelves.cases):
        ours = re.sub(r"\s+", "", "".join(_texts(record)))
        for start in range(len(ours) - 40):
            assert ours[start : start + 40] not in theirs, (record.id, ours[start : start + 40])


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with one good case to spoil."""
    (tmp_path / "guide").mkdir()
    (tmp_path / "cases").mkdir()
    good = (ROOT / "cases" / "br-01.yaml").read_text("utf-8")
    (tmp_path / "cases" / "br-01.yaml").write_text(good, "utf-8")
    return tmp_path


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
            "br-01.yaml 15行目 項目「confidence」 値「low」: 決められた値ではありません（'high' or 'medium'）。",
        ),
        (
            r"^need:",
            "neeed: あ\nneed:",
            "br-01.yaml 7行目 項目「neeed」 値「あ」: この名前の項目はありません。",
        ),
        (
            r"url: .*$",
            "url: ここ",
            "br-01.yaml 16行目 項目「sources.0.url」 値「ここ」: アドレス（URL）の形ではありません。",
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


def test_two_records_cannot_share_an_id(shelf: Path) -> None:
    path = shelf / "cases" / "br-01.yaml"
    (shelf / "cases" / "br-99.yaml").write_text(path.read_text("utf-8"), "utf-8")
    with pytest.raises(ShelfError, match=r"br-99\.yaml 項目「id」値「case-br-01」: br-01\.yaml と同じです"):
        load(shelf)


def test_a_file_of_another_encoding_is_told(shelf: Path) -> None:
    (shelf / "cases" / "sjis.yaml").write_bytes("title: 橋".encode("cp932"))
    with pytest.raises(ShelfError, match=r"sjis\.yaml: UTF-8で書かれていません"):
        load(shelf)


def test_a_file_with_a_byte_order_mark_is_read(shelf: Path) -> None:
    page = (ROOT / "guide" / "park.md").read_text("utf-8")
    (shelf / "guide" / "park.md").write_text(page, "utf-8-sig")
    assert load(shelf).guide[0].id == "guide-park"


def test_a_guide_page_without_front_matter_is_told(shelf: Path) -> None:
    (shelf / "guide" / "a.md").write_text("本文だけです。", "utf-8")
    with pytest.raises(ShelfError, match=r"a\.md 1行目: 先頭に --- で囲んだ見出し情報がありません"):
        load(shelf)
