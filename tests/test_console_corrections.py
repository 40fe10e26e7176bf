"""The secretariat puts right what was misread: beside the original, one at a time, written down, taken back."""

from __future__ import annotations

import json
import re
import time
from html import unescape

import pytest
from consoles import House, Person, pdf, told
from doubles import WordEmbedder

from bot.console.audit import Wanted
from ingest.build import build
from ingest.collect import Corpus, collect
from ingest.corrections import LONGEST, read_corrections
from ingest.library import Library
from rag.release import current_id

pytest_plugins = ["console_fixtures"]

WRONG, RIGHT = "用水路の見回りは、S年に1回行います。", "用水路の見回りは、5年に1回行います。"
WAITS = "この文書は、公開中の版と違います。 公開の画面 で新しい版を作ると、検索と回答に反映されます。"
NOTE = "読み取りを事務局が直した箇所を含みます。"
CHANGED = (
    "は、あなたが開いたあとに、ほかの人が変えています。何も書き換えていません。"
    "いまの内容を確かめてから、もう一度行ってください。"
)


@pytest.fixture
def staff(house: House) -> Person:
    return house.person("事務局")


@pytest.fixture
def page(house: House, staff: Person) -> str:
    """The address of a document that was misread."""
    paper = pdf(f"第1章 目的\n{WRONG}\n記録は十年間残します。", "第2章 費用\n年に10万円かかります。")
    staff.send("/console/documents", "/console/documents", files=[("files", ("計画.pdf", paper))])
    (item,) = Library(house.settings).items()
    return f"/console/documents/{item.id}"


def form_of(person: Person, page: str, words: str) -> str:
    """The address of the form for a line of the first page, as its link 「直す」 says."""
    text = person.get(f"{page}/reading").text
    (found,) = re.findall(rf'<a class="fix" href="([^"#]*)#fix">(?:もう一度)?直す<span[^>]*>「{words}', text)
    return unescape(found)


def fix(person: Person, page: str, words: str, text: str, level: str = "", **more: str) -> str:
    """Put a line right; the words of the page that follows."""
    to = f"{page}/corrections/passage"
    return told(person.send(form_of(person, page, words), to, text=text, level=level, **more))


def texts(house: House) -> list[str]:
    """What the next build takes of the document."""
    return [chunk.text for chunk in collect(house.settings).chunks if chunk.document_id.startswith("lib-")]


def until_served(house: House) -> None:
    """The server takes a release up by itself."""
    for _ in range(200):
        if house.live.desk().release.id == current_id(house.settings.releases):
            return
        time.sleep(0.05)
    raise AssertionError("the new release is not served")


def last(house: House) -> tuple[str, str, dict[str, object], dict[str, object]]:
    entry = house.offices.audit.entries(Wanted())[0][0]
    return entry.action, entry.what, entry.before, entry.after


def test_a_passage_is_put_right_shown_beside_what_was_read_and_taken_back(
    house: House, staff: Person, page: str
) -> None:
    item_id = page.rpartition("/")[2]
    folder = house.settings.library / item_id
    originals = {p.name: p.read_bytes() for p in folder.iterdir()}
    shown = fix(staff, page, WRONG[:5], f" {RIGHT}\u200b\t\n\n")
    assert "直しました。" in shown
    assert WAITS in shown
    assert f"読み取り {WRONG} 直し {RIGHT} 文の直し 事務の人" in shown
    assert texts(house)[0] == f"{RIGHT}\n記録は十年間残します。"
    assert RIGHT in shown.split("検索と引用の単位")[1]  # the preview is the next release
    assert last(house) == (
        "読み取りを直す", f"計画（{item_id}） 1ページ", {"文": WRONG}, {"文": RIGHT},
    )  # fmt: skip
    assert {name: (folder / name).read_bytes() for name in originals} == originals
    everything = staff.get(f"{page}/corrections")
    assert f"文 1ページ 読み取り {WRONG} 直し {RIGHT} 事務の人" in told(everything)
    answer = staff.send(f"{page}/corrections", f"{page}/corrections/take-back")
    assert "直しを取り消し、読み取ったままに戻しました。" in told(answer)
    assert answer.url.path == f"{page}/corrections"
    assert last(house)[0::2] == ("直しを取り消す", {"文": RIGHT})
    assert texts(house)[0].startswith(WRONG)
    assert read_corrections(folder) == ()


def test_a_heading_is_set_put_in_other_words_and_said_to_be_none(
    house: House, staff: Person, page: str
) -> None:
    shown = fix(staff, page, "記録は", "第1節 記録\n記録は十年間残します。", level="2")
    assert "第2段の見出し" in shown
    chunks = [chunk for chunk in collect(house.settings).chunks if chunk.document_id.startswith("lib-")]
    assert [(chunk.section, chunk.text) for chunk in chunks[:2]] == [
        (("第1章 目的",), WRONG),
        (("第1章 目的", "第1節 記録"), "記録は十年間残します。"),
    ]
    assert last(house)[2:] == (
        {"文": "記録は十年間残します。", "見出し": "本文（見出しではない）"},
        {"文": "第1節 記録\n記録は十年間残します。", "見出し": "第2段の見出し"},
    )
    fix(staff, page, "記録は", "記録は十年間残します。")  # as read once more
    fix(staff, page, "第1章", "第1章 目的", level="0")
    assert texts(house)[0] == f"第1章 目的\n{WRONG}\n記録は十年間残します。"
    assert len(Library(house.settings).corrections(next(Library(house.settings).items()))) == 1


def test_a_line_is_left_out(house: House, staff: Person, page: str) -> None:
    assert "（本文から除く）" in fix(staff, page, "記録は", "", dropped="1")
    assert texts(house)[0] == WRONG
    assert last(house)[3] == {"文": "（本文から除く）"}


def test_the_number_printed_on_a_page_is_put_right(house: House, staff: Person, page: str) -> None:
    to = f"{page}/corrections/printed"
    answer = staff.send(f"{page}/reading?page=2", to, printed="iv")
    assert "ページ番号を直しました。" in told(answer)
    assert "（紙面ではivページ）" in told(answer)
    assert collect(house.settings).chunks[-1].printed == "iv"
    assert last(house)[2:] == ({"紙面のページ番号": "2"}, {"紙面のページ番号": "iv"})
    for wrong, fault in (
        ("1" * 11, "ページ番号は10文字以内で書いてください。"),
        ("iv", "いまのページ番号と同じです。直すところがあれば書いてください。"),
    ):
        answer = staff.send(f"{page}/reading?page=2", to, printed=wrong)
        assert (answer.status_code, fault in told(answer)) == (422, True)
        assert f'value="{wrong}"' in answer.text


@pytest.mark.slow
def test_a_chunk_is_switched_off_and_on_again(house: House, staff: Person, page: str) -> None:
    before = texts(house)
    answer = staff.send(f"{page}/reading?page=2", f"{page}/corrections/off")
    assert "検索しないことにしました。" in told(answer)
    assert texts(house) == before[:1]
    assert last(house) == (
        "検索しない", f"計画（{page.rpartition('/')[2]}） 2ページ",
        {"検索する文": before[1]}, {"検索しない文": before[1]},
    )  # fmt: skip
    build(house.settings, WordEmbedder)
    desk = house.live._open(house.settings)
    assert before[1] not in [hit.chunk.text for hit in desk.prepare("年に10万円かかりますか").hits]
    answer = staff.send(f"{page}/reading?page=2", f"{page}/corrections/take-back")
    assert texts(house) == before
    assert "検索に戻す" not in told(answer)


@pytest.mark.slow
def test_the_page_says_until_a_build_that_the_release_has_it_otherwise(
    house: House, staff: Person, page: str
) -> None:
    assert WAITS in told(staff.get(f"{page}/reading"))
    fix(staff, page, WRONG[:5], RIGHT)
    build(house.settings, WordEmbedder)
    until_served(house)
    assert WAITS not in told(staff.get(f"{page}/reading"))
    staff.send(f"{page}/corrections", f"{page}/corrections/take-back")
    assert WAITS in told(staff.get(f"{page}/corrections"))


def test_corrections_survive_a_new_reader_and_what_fits_no_more_is_listed(
    house: House, staff: Person, page: str
) -> None:
    fix(staff, page, WRONG[:5], RIGHT)
    fix(staff, page, "記録は", "記録は五年間残します。")
    folder = house.settings.library / page.rpartition("/")[2]
    (folder / "reading.json").unlink()
    assert texts(house)[0] == f"{RIGHT}\n記録は五年間残します。"
    read = json.loads((folder / "reading.json").read_text("utf-8"))
    read["pages"][0]["text"] = f"第1章 目的\n{WRONG[:9]}\n{WRONG[9:]}\n控えは十年残します。"
    (folder / "reading.json").write_text(json.dumps(read), "utf-8")
    assert texts(house)[0] == f"{RIGHT}\n控えは十年残します。"
    assert "当てはまる箇所がなくなった直しが1件あります。" in told(staff.get(f"{page}/reading"))
    shown = told(staff.get(f"{page}/corrections"))
    gone = shown.split("使っている直し（1）")[0]
    assert "当てはまる箇所がなくなった直し（1）" in gone
    assert (
        "文 1ページ この文は、いまの読み取りにありません。"
        " 読み取り 記録は十年間残します。 直し 記録は五年間残します。 事務の人"
    ) in gone
    answer = told(staff.send(f"{page}/corrections", f"{page}/corrections/reread"))
    assert "原本を読み直しました。直しはすべて当てはまります。" in answer
    assert texts(house)[0] == f"{RIGHT}\n記録は五年間残します。"
    action, _, before, after = last(house)
    assert action == "原本を読み直す"
    assert (before["当てはまる箇所がなくなった直し"], after["当てはまる箇所がなくなった直し"]) == (1, 0)


def test_two_people_do_not_overwrite_each_other(house: House, staff: Person, page: str) -> None:
    other, to = house.person("管理者"), f"{page}/corrections/passage"
    late = other.hidden(form_of(other, page, WRONG[:5]), to)
    elsewhere = other.hidden(form_of(other, page, "記録は"), to)
    off = other.hidden(f"{page}/reading", f"{page}/corrections/off")
    number = other.hidden(f"{page}/reading", f"{page}/corrections/printed")
    fix(staff, page, WRONG[:5], RIGHT)
    answer = other.client.post(to, data=late | {"text": "別の文です。", "level": ""})
    assert answer.status_code == 409
    assert f"この文{CHANGED}" in told(answer)
    assert "別の文です。" in answer.text
    assert other.client.post(to, data=elsewhere | {"text": "別の文です。", "level": ""}).status_code == 200
    assert texts(house)[0] == f"{RIGHT}\n別の文です。"
    answer = other.client.post(f"{page}/corrections/off", data=off)  # not the words that were seen
    assert (answer.status_code, f"この箇所{CHANGED}" in told(answer)) == (409, True)
    staff.send(f"{page}/reading", f"{page}/corrections/printed", printed="5")
    answer = other.client.post(f"{page}/corrections/printed", data=number | {"printed": "6"})
    assert (answer.status_code, f"1ページの番号{CHANGED}" in told(answer)) == (409, True)
    old = other.hidden(f"{page}/corrections", f"{page}/corrections/take-back")
    staff.send(f"{page}/corrections", f"{page}/corrections/take-back")
    assert other.client.post(f"{page}/corrections/take-back", data=old).status_code == 409


def test_what_cannot_be_taken_is_told_at_its_field_and_the_words_stay(
    house: House, staff: Person, page: str
) -> None:
    form, to = form_of(staff, page, "記録は"), f"{page}/corrections/passage"
    for text, level, fault in (
        (" \u200b\n", "", "文が空です。本文から除くときは「この文を本文から除く」を選んでください。"),
        ("あ" * (LONGEST + 1), "", "5,000文字以内で書いてください（いま5,001文字です）。"),
        ("記録は十年間残します。", "", "読み取ったままです。直すところがあれば直してください。"),
        ("長い" * 31, "1", "見出しは60文字以内です。見出しのあとの文は、改行して次の行に書いてください。"),
    ):
        answer = staff.send(form, to, text=text, level=level)
        assert answer.status_code == 422
        assert fault in told(answer)
        assert re.search(r'id="text"[^>]* aria-invalid="true"', answer.text)
        assert text.strip() in answer.text
    assert Library(house.settings).corrections(next(Library(house.settings).items())) == ()


def test_who_may_only_look_sees_the_corrections_and_no_form(house: House, staff: Person, page: str) -> None:
    fix(staff, page, WRONG[:5], RIGHT)
    viewer = house.person("閲覧")
    for path in ("reading", "corrections"):
        answer = viewer.get(f"{page}/{path}")
        assert f"読み取り {WRONG} 直し {RIGHT}" in told(answer)
        assert "事務の人" in told(answer)
        assert "/corrections/" not in answer.text


def test_an_answer_says_that_what_it_quotes_was_put_right(house: House, staff: Person, page: str) -> None:
    """In the words an official paper takes over; the page of the document marks the sentence all the same."""
    fix(staff, page, WRONG[:5], RIGHT)
    whole = collect(house.settings)
    item_id = page.rpartition("/")[2]
    mine = Corpus(
        tuple(document for document in whole.documents if document.id == item_id),
        tuple(chunk for chunk in whole.chunks if chunk.document_id == item_id),
    )
    build(house.settings, WordEmbedder, corpus=mine)
    until_served(house)
    citations = house.live.desk().ask("用水路の見回りは、5年に1回行いますか").citations
    citation = next(one for one in citations if RIGHT in one.quote)
    assert citation.source == "「計画」、第1章 目的、p.1、読み取りを事務局が直した箇所を含む"
    read = told(house.nobody().get(f"/documents/{item_id}?chunk={citation.chunk_id}&sentence={RIGHT}"))
    assert f"{NOTE} {RIGHT}" in read
    assert read.count(NOTE) == 1
    first, second = (told(house.nobody().get(f"/documents/{item_id}/pages/{n}")) for n in (1, 2))
    assert (NOTE in first, NOTE in second) == (True, False)
