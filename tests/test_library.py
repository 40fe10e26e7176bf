"""The library: originals kept, replaced, withdrawn, put back; what the next release takes of them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from test_pdf import garbled_pdf
from test_readers import make_pdf

from bot.cli import main
from ingest.collect import collect
from ingest.items import Details
from ingest.library import Library
from rag.errors import LibraryError
from rag.settings import Settings


@pytest.fixture
def library(settings: Settings) -> Library:
    return Library(settings)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return make_pdf(tmp_path / "計画.pdf", ["ある町の橋は、240橋あります。"])


def test_an_original_is_kept_with_what_is_known_of_it(
    tmp_path: Path, library: Library, settings: Settings
) -> None:
    path = make_pdf(tmp_path / "計画🌉.pdf", ["橋の計画です。"], [])
    said = Details(
        title="橋の計画",
        issuer="ある町",
        date="令和7年",
        url="https://example.jp/plan.pdf",
        added_by="土木係",
    )
    added = library.add(path, said)
    assert (added.state, added.pages, [page.number for page in added.unread]) == ("added", 2, [2])
    (item,) = library.items()
    assert (item.details, item.file_name, item.state) == (said, "計画🌉.pdf", "current")
    assert (settings.library / item.id / "original.pdf").read_bytes() == path.read_bytes()
    assert library.add(path, Details()).state == "known"


def test_what_is_said_of_a_document_can_be_said_again(library: Library, plan: Path) -> None:
    library.add(plan, Details("まちがい", issuer="ある町"))
    added = library.add(plan, Details("正しい\n題名"))
    assert added.state == "updated"
    (item,) = library.items()
    assert (item.title, item.details.issuer) == ("正しい 題名", "ある町")


def test_what_was_dropped_is_counted(tmp_path: Path, library: Library) -> None:
    pages = [["橋の手引き（ある町）", "", f"{n}枚目の文です。", "", f"- {n} -"] for n in range(1, 5)]
    added = library.add(make_pdf(tmp_path / "a.pdf", *pages), Details())
    assert added.removed == {"柱": 4, "ページ番号": 4}


def test_the_cover_tells_edition_and_date(tmp_path: Path, library: Library) -> None:
    path = make_pdf(
        tmp_path / "a.pdf", ["橋の手引き（案）Ver0.1", "", "令和3年3月"], ["2020年に橋を調べました。"]
    )
    added = library.add(path, Details())
    assert added.found == {"edition": "Ver0.1", "date": "令和3年3月"}
    assert library.add(path, Details(date="2021-03-24")).item.details.date == "2021-03-24"


def test_a_date_within_the_text_is_not_the_documents(tmp_path: Path, library: Library) -> None:
    path = make_pdf(tmp_path / "a.pdf", ["令和3年3月に橋を調べた結果を、この報告書にまとめました。"])
    assert library.add(path, Details()).found == {}


def test_a_newer_edition_takes_the_place_of_the_older(
    tmp_path: Path, library: Library, plan: Path, settings: Settings
) -> None:
    old = library.add(plan, Details("橋の計画", issuer="ある町", edition="初版")).item
    newer = make_pdf(tmp_path / "計画2.pdf", ["ある町の橋は、238橋あります。"])
    added = library.replace(old.id, newer, Details(edition="第2版"))
    assert added.item.details == Details("橋の計画", issuer="ある町", edition="第2版")
    kept = library.item(old.id)
    assert (kept.state, kept.replaced_by) == ("superseded", added.item.id)
    documents = [document for document in collect(settings).documents if document.shelf == "library"]
    assert {d.id: d.label for d in documents} == {old.id: "橋の計画（旧版）", added.item.id: "橋の計画"}
    assert library.original(kept).exists()


def test_the_same_file_is_no_newer_edition(library: Library, plan: Path) -> None:
    old = library.add(plan, Details()).item
    with pytest.raises(LibraryError, match="と同じ中身です"):
        library.replace(old.id, plan, Details())
    assert library.item(old.id).state == "current"


def test_a_withdrawn_document_is_not_searched_until_it_is_restored(library: Library, plan: Path) -> None:
    item = library.add(plan, Details()).item
    library.withdraw(item.id, "誤りがあったため")
    assert list(library.searchable()) == []
    assert library.item(item.id).reason == "誤りがあったため"
    library.restore(item.id)
    assert [found.id for found, _ in library.searchable()] == [item.id]


def test_a_document_holds_until_its_last_day(library: Library, plan: Path) -> None:
    document = library.add(plan, Details(valid_until="2026-03-31")).item.document
    assert not document.past(date(2026, 3, 31))
    assert document.past(date(2026, 4, 1))


def test_a_doubtful_page_is_searched_once_a_person_has_looked(tmp_path: Path, library: Library) -> None:
    item = library.add(garbled_pdf(tmp_path / "a.pdf"), Details()).item
    ((_, reading),) = library.searchable()
    assert reading.pages[0].text == ""
    library.accept(item.id, (1,))
    ((_, reading),) = library.searchable()
    assert reading.pages[0].text
    with pytest.raises(LibraryError, match="2ページは要確認ではありません"):
        library.accept(item.id, (2,))


def test_an_id_that_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(LibraryError) as caught:
        library.withdraw("lib-0", None)
    assert (
        caught.value.message == "「lib-0」にあたる文書がありません。handson list で id を確かめてください。"
    )


def test_printed_page_numbers_are_kept_beside_the_pages_of_the_file(
    tmp_path: Path, library: Library, settings: Settings
) -> None:
    pages = [[f"{n}枚目の文には、橋の点検のことが書かれています。", "", f"- {n + 10} -"] for n in range(1, 5)]
    library.add(make_pdf(tmp_path / "a.pdf", *pages), Details())
    chunks = [chunk for chunk in collect(settings).chunks if chunk.document_id.startswith("lib-")]
    assert [(chunk.page, chunk.printed) for chunk in chunks] == [(1, "11"), (2, "12"), (3, "13"), (4, "14")]


def test_a_file_name_that_is_not_utf8_is_kept_readable(tmp_path: Path, library: Library) -> None:
    path = tmp_path / os.fsdecode(b"\x8b\xb4.txt")
    path.write_text("橋です。", "utf-8")
    added = library.add(path, Details())
    assert added.item.file_name.endswith(".txt")
    added.item.file_name.encode()


@pytest.mark.parametrize("name", ["橋🌉.txt", "改行\nつき.txt", "..txt", "点..点.txt"])
def test_odd_file_names_are_taken(tmp_path: Path, library: Library, name: str) -> None:
    path = tmp_path / name
    path.write_text("橋の点検の記録です。", "utf-8")
    item = library.add(path, Details()).item
    assert "\n" not in item.title
    assert library.original(item).parent.parent == library.folder


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (Details(url="javascript:alert"), "--url「javascript:alert」はアドレスの形ではありません。"),
        (Details(valid_until="来年"), "--valid-until「来年」は日付の形ではありません。"),
        (Details(title=" "), "--title が空です。"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    library: Library, plan: Path, details: Details, message: str
) -> None:
    with pytest.raises(LibraryError) as caught:
        library.add(plan, details)
    assert caught.value.message.startswith(message)
    assert list(library.items()) == []


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))
    return settings.home


@pytest.mark.usefixtures("home")
def test_the_commands_of_a_documents_life(
    tmp_path: Path, plan: Path, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(plan), "--title", "橋の計画", "--edition", "初版"]) == 0
    (item,) = library.items()
    assert main(["list"]) == 0
    assert f"{item.id}  公開対象  橋の計画（初版）" in capsys.readouterr().out
    newer = make_pdf(tmp_path / "b.pdf", ["ある町の橋は、238橋あります。"])
    assert main(["replace", item.id, str(newer), "--edition", "第2版"]) == 0
    assert main(["show", item.id]) == 0
    told = capsys.readouterr().out
    assert "状態: 旧版" in told
    assert main(["restore", item.id]) == 0
    assert main(["withdraw", item.id, "--reason", "古いため"]) == 0
    assert main(["show", item.id]) == 0
    assert "理由: 古いため" in capsys.readouterr().out
    assert main(["show", "lib-x"]) == 2


@pytest.mark.usefixtures("home")
def test_inspect_shows_what_was_read_and_adds_nothing(
    tmp_path: Path, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    path = garbled_pdf(tmp_path / "点検.pdf")
    page = tmp_path / "点検.html"
    assert main(["inspect", str(path), "--html", str(page), "--chunks"]) == 0
    told = capsys.readouterr().out
    assert "1ページ 要確認: 日本語として読めません" in told
    assert "― 1 p.2 \n二ページ目は読めます。点検は大切です。" in told
    assert 'alt="1ページの画像"' in page.read_text("utf-8")
    assert list(library.items()) == []
