"""The desk in the console: letters and their templates, drafts that become records, what is overdue, who has how much."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import date, timedelta
from urllib.parse import unquote

import pytest
import yaml
from consoles import House, Person, told
from docx import Document
from httpx import Response

from bot.desk.dispatch import DispatchDesk, japanese_now
from bot.desk.places import municipality_named
from bot.desk.request import Application, Request
from bot.desk.steps import Step

pytest_plugins = ["console_fixtures"]

BOARD = "/console/requests"
TEMPLATES = f"{BOARD}/letters"
DRAFTS = f"{BOARD}/drafts"
NEW = "/console/records/cases/new"
ADVISOR = "advisor-hashi-03"
WAY = (
    Step("候補提示", candidates=(ADVISOR,)),
    Step("打診", advisor=ADVISOR),
    Step("決定"),
    Step("支援中"),
    Step("報告", note="2橋で試しました。"),
    Step("完了"),
)
LETTERS = {"advisor": "依頼文", "municipality": "通知文"}
REST = {
    "title": "サンプルの支援で、橋をドローンで見た", "municipality": "君津市", "prefecture": "千葉県", "facilities": "橋梁",
    "need": "橋の点検", "technology": "ドローン", "stage": "試行した", "effect": "2橋で試した。", "confidence": "medium",
    "source.title": "サンプル集",
}  # fmt: skip


def come(house: House, steps: int, need: str = "橋の点検", due: date | None = None) -> Request:
    """A request of 君津市 that has gone so many steps."""
    desk: DispatchDesk = house.app.state.dispatch
    application = Application(need, municipality_named("君津市"), ("橋梁",), "ドローン", "技術選定")
    request = desk.open(application, "試験")
    for step in WAY[:steps]:
        request = desk.advance(request.id, step, version=request.version, by="試験")
    if due:
        request = desk.amend(request.id, {"due": due}, version=request.version, by="試験")
    return request


def write(person: Person, number: int, to: str) -> Response:
    return person.send(f"{BOARD}/{number}", f"{BOARD}/{number}/letters/{to}")


def words(answer: Response) -> str:
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)


def word_file(text: str, logo: int = 0) -> bytes:
    """A Word document that says ``text``, with so many bytes of a picture."""
    document = Document()
    document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/media/logo.png", os.urandom(logo))
    return out.getvalue()


def put(person: Person, to: str, *files: tuple[str, bytes]) -> Response:
    return person.send(TEMPLATES, f"{TEMPLATES}/{to}", files=[(f"file-{to}", file) for file in files])


def test_a_letter_is_saved_from_the_page_of_its_request(house: House) -> None:
    person, number = house.person("事務局"), come(house, 3).id
    for to, name in LETTERS.items():
        answer = write(person, number, to)
        assert answer.status_code == 200
        assert unquote(answer.headers["content-disposition"]) == (
            f"attachment; filename*=UTF-8''{name}_受付番号{number}.docx"
        )
        assert "サンプル専門家 橋-03" in words(answer)
        assert "{" not in words(answer)
    assert [one for one in house.log() if one[1] == "手紙を作成"] == [
        ("事務の人", "手紙を作成", f"受付番号{number}")
    ] * 2


@pytest.mark.parametrize(
    ("steps", "offered"),
    [
        (0, []),
        (1, []),
        (2, ["依頼文"]),
        (3, ["依頼文", "通知文"]),
        (4, ["依頼文", "通知文"]),
        (5, []),
        (6, []),
    ],
)
def test_a_letter_is_offered_only_where_it_makes_sense(house: House, steps: int, offered: list[str]) -> None:
    person, number = house.person("事務局"), come(house, steps).id
    page = person.get(f"{BOARD}/{number}").text
    assert re.findall(r"への(..文)を作る</button>", page) == offered
    token = person.hidden("/console", "/console/logout")["_csrf"]
    for to, name in LETTERS.items():
        if name not in offered:
            answer = person.client.post(f"{BOARD}/{number}/letters/{to}", data={"_csrf": token})
            assert answer.status_code == 400
            assert f"{name}は作れません。" in told(answer)
    assert person.client.post(f"{BOARD}/{number}/letters/mayor", data={"_csrf": token}).status_code == 404
    assert "手紙を作成" not in str(house.log())


def test_the_secretariat_puts_its_own_template_in_place(house: House) -> None:
    person, number = house.person("事務局"), come(house, 2).id
    ours = person.get(f"{TEMPLATES}/advisor.docx")
    assert "{{ 受付番号 }}" in words(ours)
    assert "Wordのファイル（.docx）を選んでください。" in told(put(person, "advisor"))
    answer = put(person, "advisor", ("うち.docx", word_file("○○県からのお願い（{{ 電話 }}）")))
    assert answer.status_code == 422
    assert "ひな形 うち.docx の項目「電話」はありません。使える項目は「日付」" in told(answer)
    assert "担当者" not in told(answer).partition("使える項目は")[2].partition("です。")[0]
    assert not (house.settings.home / "letters").exists()
    mine = word_file("○○県からのお願い（{{ 受付番号 }}）", logo=100_000)
    assert len(mine) > house.settings.max_body_kb * 1024  # which is all that a form without files may bring
    answer = put(person, "advisor", ("うち.docx", mine))
    assert "依頼文のひな形を変えました。次の手紙から使います。" in told(answer)
    assert "いま使うひな形: 事務局のもの" in told(answer)
    assert words(write(person, number, "advisor")) == f"○○県からのお願い（{number}）"
    answer = person.send(TEMPLATES, f"{TEMPLATES}/advisor/remove")
    assert "依頼文は、はじめのひな形に戻しました。" in told(answer)
    assert person.get(f"{TEMPLATES}/advisor.docx").content == ours.content
    assert [action for _, action, _ in house.log()] == [
        "手紙のひな形を変更", "手紙を作成", "手紙のひな形を元に戻す",
    ]  # fmt: skip


def test_a_template_that_was_spoilt_on_the_server_is_told_on_its_page_and_with_a_letter(house: House) -> None:
    own = house.settings.home / "letters" / "advisor.docx"
    own.parent.mkdir()
    own.write_bytes(b"not a document")
    person, number = house.person("事務局"), come(house, 2).id
    fault = f"ひな形 {own} をWordの文書（.docx）として読めません。"
    assert f"このままでは手紙を作れません。 {fault}" in told(person.get(TEMPLATES)).replace(
        "。ひな形", "。 ひな形"
    )
    answer = write(person, number, "advisor")
    assert answer.status_code == 400
    assert fault in told(answer)


def test_a_draft_becomes_a_record(house: House) -> None:
    person, number = house.person("事務局"), come(house, 6, "山田太郎（03-1234-5678）です。橋の点検").id
    page = f"{NEW}?draft={number}"
    assert f'href="{page}"' in person.get(DRAFTS).text
    assert f'href="{DRAFTS}#draft-{number}"' in person.get(f"{BOARD}/{number}").text
    assert f"事例の下書き（{1}）" in told(person.get(BOARD))
    form = person.get(page).text
    assert f"君津市への支援（受付番号{number}）" in form
    assert "下書き:" not in form
    assert "〔氏名〕（〔電話番号〕）です。橋の点検</textarea>" in form
    assert 'value="橋梁" checked' in form
    today = japanese_now().date()
    assert f"支援の記録 報告（{today}）: 2橋で試しました。" in told(person.get(page))
    answer = person.send(page, NEW, **REST | {"source.title": "", "effect": "書きかけの効果"})
    assert answer.status_code == 422
    assert "書きかけの効果</textarea>" in answer.text
    assert f'name="draft" value="{number}"' in answer.text
    assert (house.settings.drafts / f"case-request-{number}.yaml").exists()
    late = house.person("管理者")
    old = late.hidden(page, NEW)
    assert "を保存しました。" in told(person.send(page, NEW, **REST))
    (path,) = (house.settings.shelves / "cases").glob("*.yaml")
    case = yaml.safe_load(path.read_text("utf-8"))
    assert (case["title"], case["effect"], case["facilities"]) == (REST["title"], REST["effect"], ["橋梁"])
    assert list(house.settings.drafts.iterdir()) == []
    assert "下書きはありません。" in told(person.get(DRAFTS))
    assert house.log() == [
        ("事務の人", "記録を追加", f"{REST['title']}（{case['id']}）"),
        ("事務の人", "下書きを記録に", f"受付番号{number}"),
    ]
    answer = late.client.post(NEW, data=old | REST | {"title": "別の題名", "effect": "別の人の効果"})
    assert answer.status_code == 409
    assert (
        f"受付番号{number}の下書きは、ほかの人が先に記録にしたか、消しています。何も書き込んでいません。"
        in told(answer)
    )
    assert "別の人の効果</textarea>" in answer.text
    assert 'name="draft"' not in answer.text
    assert len(list((house.settings.shelves / "cases").glob("*.yaml"))) == 1
    assert person.get(page).status_code == 404


def test_a_draft_survives_the_end_of_a_session(house: House) -> None:
    person, number = house.person("事務局"), come(house, 6).id
    page = f"{NEW}?draft={number}"
    hidden = person.hidden(page, NEW)
    person.client.cookies.clear()
    answer = person.client.post(NEW, data=hidden | REST | {"effect": "切れる前の効果"})
    assert answer.status_code == 401
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
    answer = person.client.post(
        "/console/login", data=fields | {"name": "事務の人", "password": "correct-horse-7"}
    )
    assert "切れる前の効果</textarea>" in answer.text
    assert f'name="draft" value="{number}"' in answer.text


def test_a_draft_that_was_written_on_by_hand_is_taken_as_it_is(house: House) -> None:
    person, number = house.person("事務局"), come(house, 6).id
    path = house.settings.drafts / f"case-request-{number}.yaml"
    text = path.read_text("utf-8")
    fields = yaml.safe_load(text)
    fields |= {"lessons": "晴れた日に飛ばす。", "year": 2026, "facilities": ["橋梁", "道路"]}
    fields["sources"] = [{"title": "サンプル集", "url": None, "year": 2026}, {"title": "二つ目"}]
    path.write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
    form = person.get(f"{NEW}?draft={number}").text
    assert "晴れた日に飛ばす。</textarea>" in form
    assert form.count(" checked") == 2
    assert "サンプル集\n二つ目</textarea>" in form
    path.write_text(text + "\n  : [", "utf-8")
    for answer in (person.get(DRAFTS), person.get(f"{NEW}?draft={number}")):
        assert re.search(rf"事例の下書き {re.escape(str(path))} は、\d+行目を読めません。", told(answer))
    assert yaml.safe_load(text)["title"].startswith("下書き: ")
    for odd in ("x", "0", "99", "1" * 30, "../1"):
        assert person.get(f"{NEW}?draft={odd}").status_code in (200, 404)


def test_what_is_overdue_is_seen_at_a_glance(house: House) -> None:
    person, today = house.person("事務局"), japanese_now().date()
    late = come(house, 2, due=today - timedelta(days=1)).id
    come(house, 6, "終わった案件", today - timedelta(days=9))
    come(house, 0, "今日が期限", today)
    board = person.get(BOARD)
    assert "期限が過ぎた案件が1件あります。" in told(board)
    assert board.text.count('class="overdue"') == 1
    listed = told(person.get(f"{BOARD}?view=list"))
    assert listed.index(f"{late} 千葉県君津市") < listed.index("今日が期限")
    only = told(person.get(f"{BOARD}?view=list&late=true"))
    assert f"{today - timedelta(days=1)} 過ぎています" in only
    assert "今日が期限" not in only
    assert "終わった案件" not in only


def test_how_much_each_advisor_has_on_their_hands(house: House) -> None:
    person, page = house.person("事務局"), f"{BOARD}?view=advisors"
    assert "今年度に案件を受け持つアドバイザーはいません。" in told(person.get(page))
    come(house, 1)
    for steps in (2, 5, 6):
        come(house, steps)
    assert "サンプル専門家 橋-03 advisor-hashi-03 2 3 4 3 千葉県君津市 報告 2 千葉県君津市 打診" in told(
        person.get(page)
    )
    come(house, 3)
    assert "サンプル専門家 橋-03 advisor-hashi-03 3 4 4 いっぱいです" in told(person.get(page))
