"""What the secretariat puts right in a reading: kept beside the original, used by the next build, never lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import WordEmbedder
from test_readers import make_pdf

from bot.cli import main
from ingest import correcting, cutting, switching
from ingest.build import build
from ingest.collect import collect
from ingest.corrections import (
    FILE,
    Correction,
    Fix,
    HeadingFix,
    Off,
    PageFix,
    Spot,
    TextFix,
    put,
    read_corrections,
    spots,
    without,
    write_corrections,
)
from ingest.cutting import Cut, cut
from ingest.inspection import inspect_item
from ingest.items import Details, Item
from ingest.library import Library
from ingest.normalize import normalize
from ingest.types import Page, Reading
from rag.documents import Document
from rag.errors import UnreadableFile
from rag.settings import Settings

PAGES = (
    ["第1章 目的", "", "この計画は、町の橋を長く使うために定めます。", "", "- 11 -"],
    ["第2章 点検", "", "橋の点検は、S年に1回行います。", "", "記録は十年間残します。", "", "- 12 -"],
    ["第3章 費用", "", "補修の費用は、年に1,240万円を見込みます。", "", "- 13 -"],
)
WRONG, RIGHT = "橋の点検は、S年に1回行います。", "橋の点検は、5年に1回行います。"
DOCUMENT = Document("lib-0", "橋の計画", "library")


def said(fix: Fix) -> Correction:
    return Correction(fix, "花子", "2026-04-01T09:00:00+09:00")


def pages(*texts: str) -> Reading:
    return Reading(tuple(Page(number, text) for number, text in enumerate(texts, 1)), laid_out=False)


def texts(made: Cut) -> list[str]:
    return [chunk.text for chunk in made.chunks]


def paths(made: Cut) -> list[tuple[str, ...]]:
    return [chunk.section for chunk in made.chunks]


@pytest.fixture
def library(settings: Settings) -> Library:
    return Library(settings)


@pytest.fixture
def plan(tmp_path: Path, library: Library) -> Item:
    return library.add(make_pdf(tmp_path / "計画.pdf", *PAGES), Details("橋の計画")).item


def keep(library: Library, item: Item, *fixes: Fix) -> None:
    write_corrections(library.folder / item.id, [said(fix) for fix in fixes])


def chunks_of(settings: Settings, item: Item) -> list[str]:
    return [chunk.text for chunk in collect(settings).chunks if chunk.document_id == item.id]


FIXES: tuple[Fix, ...] = (
    TextFix(Spot(2, WRONG), RIGHT),
    HeadingFix(Spot(2, "記録は十年間残します。"), 2),
    PageFix(3, "iii"),
    Off(Spot(1, "この計画は、町の橋を長く使うために定めます。")),
)


def test_corrections_are_used_by_the_build_and_shown_alike(
    library: Library, plan: Item, settings: Settings
) -> None:
    original, read = library.original(plan), library.folder / plan.id / "reading.json"
    before = original.read_bytes(), read.read_bytes()
    keep(library, plan, *FIXES)
    seen = inspect_item(plan, library.reading(plan), library.corrections(plan))
    built = tuple(chunk for chunk in collect(settings).chunks if chunk.document_id == plan.id)
    assert seen.chunks == built
    assert [(c.section, c.page, c.text, c.printed, c.corrected) for c in built] == [
        (("第2章 点検",), 2, f"{RIGHT}\n記録は十年間残します。", "12", True),
        (("第3章 費用",), 3, "補修の費用は、年に1,240万円を見込みます。", "iii", False),
    ]
    assert [(chunk.text, off) for chunk, off in seen.cut.every if off] == [
        ("この計画は、町の橋を長く使うために定めます。", said(FIXES[3]).id)
    ]
    assert seen.cut.unfitting == ()
    assert (original.read_bytes(), read.read_bytes()) == before


def test_corrections_survive_a_reading_that_is_lost_and_a_document_that_is_added_again(
    tmp_path: Path, library: Library, plan: Item, settings: Settings
) -> None:
    keep(library, plan, *FIXES)
    before = chunks_of(settings, plan)
    (library.folder / plan.id / "reading.json").unlink()
    assert chunks_of(settings, plan) == before
    assert (library.folder / plan.id / "reading.json").exists()
    assert library.add(library.original(plan), Details("別の題名")).state == "updated"
    library.reread(plan)
    assert chunks_of(settings, plan) == before


@pytest.mark.slow
def test_without_corrections_a_release_is_the_same_to_the_byte(
    library: Library, plan: Item, settings: Settings
) -> None:
    """The lines as they were always written: no field more."""
    build(settings, WordEmbedder)
    lines = next(settings.releases.glob("*/chunks.jsonl")).read_text("utf-8").splitlines()
    mine = [line for line in lines if f'"{plan.id}"' in line]
    first = (
        f'{{"id": "{plan.id}.9d542a478c", "document_id": "{plan.id}", "section": ["第1章 目的"], "page": 1, '
        '"text": "この計画は、町の橋を長く使うために定めます。", "printed": "11"}'
    )
    assert mine[0] == first
    assert all(set(json.loads(line)) == set(json.loads(first)) for line in lines)
    keep(library, plan)
    build(settings, WordEmbedder)
    made = {path.read_bytes() for path in settings.releases.glob("*/chunks.jsonl")}
    assert made == {"".join(f"{line}\n" for line in lines).encode()}
    keep(library, plan, FIXES[0])
    build(settings, WordEmbedder)
    told = {path.read_text("utf-8") for path in settings.releases.glob("*/chunks.jsonl")}
    assert sum('"corrected": true' in text for text in told) == 1


def test_the_words_are_found_however_a_new_reader_breaks_the_lines() -> None:
    fix = said(
        TextFix(
            Spot(1, "橋の点検は、S年に1回、近接目視で行います。"),
            "橋の点検は、5年に1回、近接目視で行います。",
        )
    )
    for text in (
        "橋の点検は、S年に1回、近接目視で行います。",
        "橋の点検は、S年に1回、\n\n\n近接目視で行います。",  # a run of lines
        "はじめに述べます。橋の点検は、 S年に 1回、近接目視で行います。結果は残します。",  # within a line
    ):
        made = cut(DOCUMENT, pages(text), [fix])
        assert made.unfitting == ()
        assert "橋の点検は、5年に1回、近接目視で行います。" in texts(made)[0]
        assert "S年" not in texts(made)[0]
        assert ("結果は残します。" in text) == ("結果は残します。" in texts(made)[0])
    over = cut(DOCUMENT, pages("前の文です。", "橋の点検は、S年に1回、近接目視で行います。"), [fix])
    assert (over.unfitting, over.chunks[1].corrected) == ((), True)  # the next page, where it is the only one


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("橋の点検は、毎年行います。", correcting.GONE),
        ("橋の点検は、5年に1回、近接目視で行います。", correcting.RIGHT),
        (
            "橋の点検は、S年に1回、近接目視で行います。と、橋の点検は、S年に1回、近接目視で行います。",
            correcting.GONE,
        ),
    ],
)
def test_what_fits_no_more_is_told_and_not_guessed(text: str, why: str) -> None:
    fix = said(
        TextFix(
            Spot(1, "橋の点検は、S年に1回、近接目視で行います。"),
            "橋の点検は、5年に1回、近接目視で行います。",
        )
    )
    made = cut(DOCUMENT, pages(text), [fix])
    assert [(one.correction, one.why) for one in made.unfitting] == [(fix, why)]
    assert texts(made) == texts(cut(DOCUMENT, pages(text)))


def test_of_lines_that_read_the_same_each_is_called_by_its_place() -> None:
    reading = pages("場所\n\nなし。\n\n時期\n\nなし。")
    lines, _ = normalize(reading)
    nones = [spot for spot in spots(lines) if spot.text == "なし。"]
    assert [spot.nth for spot in nones] == [0, 1]
    assert len({spot.key for spot in nones}) == 2
    made = cut(DOCUMENT, reading, [said(TextFix(nones[1], "未定。"))])
    assert "".join(texts(made)).replace("\n", "").endswith("なし。時期未定。")
    gone = cut(DOCUMENT, pages("なし。"), [said(TextFix(nones[1], "未定。"))])
    assert ([one.why for one in gone.unfitting], texts(gone)) == ([correcting.GONE], ["なし。"])


def test_a_passage_can_be_split_and_left_out() -> None:
    reading = pages("第2章点検橋の点検は5年に1回行います。\n\n図の中の文字です。\n\n記録は残します。")
    whole = Spot(1, "第2章点検橋の点検は5年に1回行います。")
    fixes: tuple[Fix, ...] = (
        TextFix(whole, "第2章 点検\n橋の点検は5年に1回行います。\n# 印ではありません。"),
        HeadingFix(whole, 1),
        TextFix(Spot(1, "図の中の文字です。"), ""),
    )
    made = cut(DOCUMENT, reading, [said(fix) for fix in fixes])
    assert paths(made) == [("第2章 点検",)]
    assert texts(made) == ["橋の点検は5年に1回行います。\n# 印ではありません。\n記録は残します。"]


CHAPTERS = (
    "第1章 点検の進め方\n\nはじめに計画を立てることが大切です。\n\n1. 準備\n\n人と道具をそろえておきます。\n\n"
    "実施の手順：現地\n\n橋を近くから目で見て調べます。\n\n2. 記録\n\n結果を様式に書いて残します。\n\n"
    "第2章 修繕の進め方\n\n損傷の大きい橋から直していきます。"
)


def test_a_heading_is_set_beside_the_one_that_stood_so_deep_and_the_others_count_on() -> None:
    one = ("第1章 点検の進め方",)
    reading = pages(CHAPTERS)
    assert paths(cut(DOCUMENT, reading)) == [
        one, (*one, "1. 準備"), (*one, "2. 記録"), ("第2章 修繕の進め方",),
    ]  # fmt: skip
    spot = Spot(1, "実施の手順：現地")
    beside = cut(DOCUMENT, reading, [said(HeadingFix(spot, 2))])
    assert paths(beside) == [
        one, (*one, "1. 準備"), (*one, "実施の手順：現地"), (*one, "2. 記録"), ("第2章 修繕の進め方",),
    ]  # fmt: skip
    within = cut(DOCUMENT, reading, [said(HeadingFix(spot, 3))])
    assert paths(within)[2] == (*one, "1. 準備", "実施の手順：現地")
    outermost = cut(DOCUMENT, reading, [said(HeadingFix(spot, 1))])
    assert paths(outermost)[2:] == [("実施の手順：現地",), ("第2章 修繕の進め方",)]
    assert "2. 記録" in texts(outermost)[2]  # there is no 1. before it now: no heading, but not lost
    first = cut(DOCUMENT, pages("表紙の題\n\n" + CHAPTERS), [said(HeadingFix(Spot(1, "表紙の題"), 1))])
    assert paths(first)[-1] == ("第2章 修繕の進め方",)  # what comes after it does not sink below it


def test_a_heading_that_is_none_becomes_text() -> None:
    spot = Spot(1, "第2章 修繕の進め方")
    made = cut(DOCUMENT, pages(CHAPTERS), [said(HeadingFix(spot, 0))])
    assert paths(made)[-1] == ("第1章 点検の進め方", "2. 記録")
    assert "第2章 修繕の進め方\n損傷の大きい橋から直していきます。" in texts(made)[-1]


def test_the_mark_of_a_heading_is_no_part_of_its_words() -> None:
    reading = Reading((Page(1, "# 現状と課題\n\n技術職員が足りません。\n\n\\# 番号です。"),), laid_out=False)
    fix = said(TextFix(Spot(1, "現状と課題"), "現状と対策"))
    made = cut(DOCUMENT, reading, [fix])
    assert (paths(made), made.unfitting) == ([("現状と対策",)], ())
    assert texts(made) == ["技術職員が足りません。\n# 番号です。"]
    none = cut(DOCUMENT, reading, [fix, said(HeadingFix(Spot(1, "現状と課題"), 0))])
    assert texts(none) == ["現状と対策\n技術職員が足りません。\n# 番号です。"]


SENTENCES = [f"{name}の点検は、{n}か月ごとに行い、結果を台帳に書いて残し、次の年の計画を立てるときに、必ず見直すことにします。" for n, name in enumerate(
    ("樋門", "水門", "橋", "トンネル", "道路の照明", "標識", "側溝", "ため池", "公園の遊具", "街路樹", "下水道の管", "排水機場"), 1
)]  # fmt: skip


def test_a_chunk_is_switched_off_and_the_others_stay_as_they_were() -> None:
    reading = pages("".join(SENTENCES))
    before = cut(DOCUMENT, reading).chunks
    assert len(before) > 1
    for number, chunk in enumerate(before):
        made = cut(DOCUMENT, reading, [said(Off(Spot(1, chunk.text)))])
        assert made.chunks == (*before[:number], *before[number + 1 :])
        assert made.unfitting == ()


def test_a_passage_stays_off_when_the_words_around_it_change_and_some_of_its_own() -> None:
    reading = pages("".join(SENTENCES))
    chunk = cut(DOCUMENT, reading).chunks[1]
    off = said(Off(Spot(1, chunk.text)))
    inside = next(sentence for sentence in SENTENCES if sentence in chunk.text)
    for text in (
        "".join(SENTENCES[1:]),  # other chunks now
        "まえがきが加わりました。\n\n" + "\n\n".join(SENTENCES),  # other lines
        "".join(SENTENCES).replace(inside, inside.replace("台帳に書いて", "台帳へ書いて")),
        "".join(SENTENCES).replace(inside, ""),
    ):
        made = cut(DOCUMENT, pages(text), [off])
        assert made.unfitting == ()
        for sentence in SENTENCES:
            assert (sentence in chunk.text) != (sentence in "".join(texts(made))) or sentence not in text
    gone = cut(DOCUMENT, pages(SENTENCES[0] + SENTENCES[-1]), [off])
    assert [(one.correction, one.why) for one in gone.unfitting] == [(off, switching.GONE)]
    figures = cut(
        DOCUMENT, pages("".join(SENTENCES).translate(str.maketrans("123456789", "234567891"))), [off]
    )
    assert len(figures.unfitting) == 1  # another year's figures are another passage


def test_a_page_that_is_gone_is_told() -> None:
    fix = said(PageFix(7, "5"))
    made = cut(DOCUMENT, pages("橋です。"), [fix])
    assert [(one.correction, one.why) for one in made.unfitting] == [(fix, cutting.NO_PAGE)]
    same = cut(DOCUMENT, replace(pages("橋です。\n\n- 9 -"), laid_out=True), [said(PageFix(1, "1"))])
    assert (same.printed_read, same.printed) == ({1: "9"}, {})


def test_the_command_lists_them_and_first_what_fits_no_more(
    library: Library,
    plan: Item,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))
    assert main(["corrections", plan.id]) == 0
    keep(library, plan, *FIXES[:3], TextFix(Spot(3, "そこにない文です。"), ""))
    assert main(["corrections", plan.id]) == 0
    assert capsys.readouterr().out == (
        f"橋の計画（{plan.id}）の読み取りの直しはありません。\n"
        "3ページ 文（花子、2026-04-01）　当てはまる箇所がなくなりました: この文は、いまの読み取りにありません。\n"
        "  読み取り: そこにない文です。\n  直し: （本文から除く）\n"
        f"2ページ 文（花子、2026-04-01）\n  読み取り: {WRONG}\n  直し: {RIGHT}\n"
        "2ページ 見出し（花子、2026-04-01）\n  読み取り: 記録は十年間残します。\n  直し: 第2段の見出し\n"
        "3ページ 紙面のページ番号（花子、2026-04-01）\n  読み取り: 13\n  直し: iii\n"
    )


def test_corrections_are_written_whole_and_the_same_thing_once(tmp_path: Path) -> None:
    kept = [said(fix) for fix in FIXES]
    write_corrections(tmp_path, kept)
    assert read_corrections(tmp_path) == tuple(kept)
    again = replace(kept[0], by="太郎", fix=TextFix(Spot(2, WRONG.replace("S", " S ")), "別の文。"))
    assert put(kept, again) == (again, *kept[1:])
    assert without(put(kept, again), again.id) == tuple(kept[1:])
    assert list(tmp_path.iterdir()) == [tmp_path / FILE]
    (tmp_path / FILE).write_text('{"corrections": [{"kind": "text"}]}', "utf-8")
    with pytest.raises(UnreadableFile) as fault:
        read_corrections(tmp_path)
    assert fault.value.message == (
        f"文書 {tmp_path.name} の直しの記録 corrections.json が壊れています（'fix'）。控えから戻してください。"
        "控えがなければ、このファイルを取り除くと、直しのない読み取りに戻ります。"
    )
