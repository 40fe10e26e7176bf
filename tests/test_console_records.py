"""Records in the console: a form with the checks of an import, Excel out and in again, the desk and the figures."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
import yaml
from consoles import House, Person, told

from bot.console.stock.registry import NAMES, Registry
from bot.console.stock.rows import survives
from bot.desk.places import municipality_named
from bot.desk.request import Application
from corpus import shelves
from corpus.records import Case
from ingest.lists import files

pytest_plugins = ["console_fixtures"]

CASES = "/console/records/cases"
CASE = {
    "municipality": "君津市", "prefecture": "千葉県", "title": "=サンプル町の点検", "facilities": "橋梁\n水道",
    "technology": "ドローンで撮る", "stage": "試行した", "population": "8万人", "source.title": "サンプル集",
    "source.url": "https://www.example.jp/a", "source.year": "2025",
}  # fmt: skip


def form(person: Person, **fields: str) -> str:
    page = f"{CASES}/new"
    return told(person.send(page, page, **CASE | fields))


def own_cases(house: House) -> list[dict[str, object]]:
    paths = sorted((house.settings.shelves / "cases").glob("*.yaml"))
    return [yaml.safe_load(path.read_text("utf-8")) for path in paths]


def sheet(data: bytes) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def changed(data: bytes, row: int, column: int, value: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.worksheets[0].cell(row, column, value)
    paper = io.BytesIO()
    book.save(paper)
    return paper.getvalue()


def send_list(person: Person, data: bytes, name: str = "一覧.xlsx") -> tuple[str, dict[str, str]]:
    """The words of the preview and its form."""
    answer = person.send(CASES, f"{CASES}/import", files=[("file", (name, data))])
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text)
    return told(answer), dict(fields)


def test_one_record_is_written_and_changed_in_a_form(house: House) -> None:
    person = house.person("事務局")
    assert "「=サンプル町の点検」を保存しました。" in form(person)
    (case,) = own_cases(house)
    assert case["facilities"] == ["橋梁", "水道"]
    assert case["sources"] == [{"title": "サンプル集", "url": "https://www.example.jp/a", "year": "2025"}]
    page = f"{CASES}/{case['id']}"
    late = house.person("管理者")
    old = late.hidden(page, page)
    person.send(page, page, **CASE | {"stage": "本格導入した"})
    (case,) = own_cases(house)
    assert case["stage"] == "本格導入した"
    answer = late.client.post(page, data=old | CASE | {"stage": "やめた"})
    assert answer.status_code == 409
    assert "ほかの人が変えています。何も書き換えていません。" in told(answer)
    assert "やめた</textarea>" in answer.text
    assert own_cases(house) == [case]
    assert [(by, action) for by, action, _ in house.log()] == [
        ("事務の人", "記録を追加"),
        ("事務の人", "記録を変更"),
    ]
    assert "同じ記録がもうあります。一覧から探して、それを直してください。" in form(person)


def test_what_is_wrong_with_a_record_is_told_at_its_field(house: House) -> None:
    person = house.person("事務局")
    page = f"{CASES}/new"
    wrong = CASE | {"title": "", "facilities": "鉄塔", "source.url": "example.jp", "related": "case-nowhere"}
    answer = person.send(page, page, **wrong)
    assert answer.status_code == 422
    for name, fault in {
        "facilities": "決められた値ではありません（",
        "source.url": "アドレス（URL）の形ではありません。",
        "title": "空です。この項目は必ず書きます。",
    }.items():
        assert f'<a href="#{name}">{fault}' in answer.text, name
    answer = person.send(page, page, **CASE | {"related": "case-nowhere"})
    assert '<a href="#related">case-nowhere この id の記録はありません。</a>' in answer.text
    assert own_cases(house) == []
    assert house.log() == []


def test_what_is_written_to_excel_comes_back_unchanged(house: House) -> None:
    person = house.person("事務局")
    form(person)
    form(
        person,
        title="2件目\n（改行）",
        municipality="府中市",
        prefecture="広島県",
        effect="費用が1/2、\n時間が3割減",
    )
    data = person.get(f"{CASES}/export.xlsx").content
    rows = sheet(data)
    assert rows[0][:3] == ["id", "題名", "関連"]
    assert {str(row[1]) for row in rows[1:]} == {"=サンプル町の点検", "2件目\n（改行）"}
    words, _ = send_list(person, data)
    assert "追加 0 件、更新 0 件、変更なし 2 件、誤りのため入らない行 0 件" in words
    assert "取り込むものはありません。" in words


def test_a_list_shows_what_it_changes_before_it_does(house: House) -> None:
    person = house.person("事務局")
    form(person)
    data = person.get(f"{CASES}/export.xlsx").content
    header = sheet(data)[0]
    column = header.index("段階") + 1
    data = changed(changed(data, 2, column, "本格導入した"), 3, 2, "題名だけの行")
    before = own_cases(house)
    words, fields = send_list(person, data)
    assert "追加 0 件、更新 1 件、変更なし 0 件、誤りのため入らない行 1 件" in words
    assert "一覧.xlsx「事例」" in words
    assert own_cases(house) == before
    answer = told(person.client.post(f"{CASES}/import/confirm", data=fields))
    assert "取り込みました（追加 0件、更新 1件、変更なし 0件）。" in answer
    assert own_cases(house) == [before[0] | {"stage": "本格導入した"}]
    assert house.log()[-1] == ("事務の人", "一覧を取り込む", "事例 一覧.xlsx")


def test_a_preview_that_no_longer_holds_is_shown_again(house: House) -> None:
    person = house.person("事務局")
    form(person)
    data = person.get(f"{CASES}/export.xlsx").content
    column = sheet(data)[0].index("段階") + 1
    _, fields = send_list(person, changed(data, 2, column, "本格導入した"))
    (case,) = own_cases(house)
    files.write(house.settings.shelves, "cases", [Case.model_validate(case | {"stage": "本格導入した"})])
    answer = person.client.post(f"{CASES}/import/confirm", data=fields)
    assert answer.status_code == 409
    assert "確かめたあとに、棚が変わっています。何も書き込んでいません。もう一度確かめてください。" in told(
        answer
    )


def test_a_file_that_is_no_list_is_told_in_words(house: House) -> None:
    person = house.person("事務局")
    words, _ = send_list(person, "列A,列B\n1,2\n".encode(), "別の表.csv")
    assert "別の表.csv に、この棚の一覧が見つかりません（" in words
    assert "--" not in words
    words, _ = send_list(person, b"not a workbook")
    assert "一覧.xlsx" in words
    assert person.get("/console/records/nowhere").status_code == 404


def test_almost_every_record_of_the_shelves_survives_its_form() -> None:
    """What does not is shown, and not changed, in the console."""
    loaded = shelves.load()
    lost = {
        name: [record.id for record in getattr(loaded, name) if not survives(name, record)] for name in NAMES
    }
    total = sum(len(getattr(loaded, name)) for name in NAMES)
    assert total > 300
    assert sum(map(len, lost.values())) / total < 0.05, lost


def test_a_record_that_its_row_cannot_hold_is_not_changed_by_it(house: House) -> None:
    person = house.person("事務局")
    form(person)
    (case,) = own_cases(house)
    record = Case.model_validate(case | {"title": "二行の\n\n  題名"})
    assert not survives("cases", record)
    files.write(house.settings.shelves, "cases", [record])
    page = f"{CASES}/{record.id}"
    assert "この記録は1行の一覧では表せないところがあるので、画面では直せません。" in told(person.get(page))
    token = person.hidden("/console", "/console/logout")["_csrf"]
    assert person.client.post(page, data=CASE | {"_csrf": token}).status_code == 422
    assert Registry(house.settings, "cases").get(record.id).record == record


def test_what_an_import_would_read_otherwise_is_told_beforehand(house: House) -> None:
    person = house.person("事務局")
    form(person)
    (case,) = own_cases(house)
    record = Case.model_validate(case | {"sources": [{"title": "集：", "url": None}]})
    files.write(house.settings.shelves, "cases", [record])
    assert "書き出して取り込み直すと、出典などの書き方が変わります: =サンプル町の点検" in told(
        person.get(CASES)
    )


def test_brackets_of_a_source_survive_the_way_out_and_in(house: House) -> None:
    person = house.person("事務局")
    form(person, **{"source.title": "集（2025）", "source.url": "", "source.year": ""})
    (case,) = own_cases(house)
    assert case["sources"] == [{"title": "集（2025）", "url": None}]
    assert "書き方が変わります" not in told(person.get(CASES))


def test_a_request_goes_its_way_on_the_board(house: House) -> None:
    person, page = house.person("事務局"), "/console/requests"
    fields = {"municipality": "君津市", "need": "橋を見たい", "facilities": "橋梁", "contact_mail": "x"}
    answer = person.send(f"{page}/new", page, **fields)
    assert answer.status_code == 422
    assert '<a href="#contact_mail">メールアドレス「x」の形が正しくありません。' in answer.text
    assert "橋を見たい</textarea>" in answer.text
    answer = person.send(f"{page}/new", page, **fields | {"contact_mail": ""})
    assert "受け付けました（受付番号1）。" in told(answer)
    one = f"{page}/1"
    step = f"{one}/advance"
    late = house.person("管理者")
    old = late.hidden(one, step)
    assert "候補のアドバイザーのIDを1人以上" in told(person.send(one, step, to="候補提示"))
    advisor = next(kept.record.id for kept in Registry(house.settings, "advisors").all())
    assert "「候補提示」に進めました。" in told(person.send(one, step, to="候補提示", candidates=advisor))
    answer = late.client.post(step, data=old | {"to": "取下げ", "note": "やめる"})
    assert answer.status_code == 409
    assert "受付番号1は、版1のあとにほかの人が変えています（いまは版2）。何も書き換えていません。" in told(
        answer
    )
    assert "やめる</textarea>" in answer.text
    assert "「打診」に進めました。" in told(person.send(one, step, to="打診", advisor=advisor))
    assert "「決定」に進めました。" in told(person.send(one, step, to="決定"))
    answer = told(person.send(one, f"{one}/amend", **fields | {"contact_mail": "", "due": "2020-01-01"}))
    assert "内容を保存しました。" in answer
    assert "期限 2020-01-01 過ぎています" in told(person.get(page))
    assert "を読めません。2026-11-22 の形で書いてください。" in told(
        person.send(one, f"{one}/amend", **fields | {"contact_mail": "", "due": "あした"})
    )
    assert [action for _, action, _ in house.log()] == [
        "案件を受付", *["案件を進める"] * 3, "案件の内容を変更",
    ]  # fmt: skip
    figures = told(house.person("閲覧").get("/console/figures"))
    assert re.search(r"\d{4} 全国 1 0 1 0 0 1", figures)
    kpi = person.get("/console/figures/kpi.csv").content.decode("utf-8-sig")
    assert (
        kpi.splitlines()[0] == "年度,ブロック,支援自治体数,マッチング検討,成立,現場試行,社会実装,実施数の計"
    )
    assert kpi.splitlines()[1].endswith(",全国,1,0,1,0,0,1")


def test_contact_data_stay_out_of_the_audit_log(house: House) -> None:
    desk = house.app.state.dispatch
    desk.open(Application("橋を見たい", municipality_named("君津市")), "試験")
    person, one = house.person("事務局"), "/console/requests/1"
    person.send(
        one, f"{one}/amend", need="橋を見たい", contact_name="サンプル花子", contact_phone="00-0000-0000"
    )
    assert "サンプル花子" in told(person.get(one))
    assert "花子" not in told(house.person("管理者").get("/console/audit"))


def test_the_days_of_the_figures_count_what_was_asked(house: House) -> None:
    from bot.talk.counter import Counter
    from bot.talk.kept import Asked, Opinion

    counter = Counter(house.settings, house.offices.store)
    desk = house.live.desk()
    for question in ("用水路の見回りは", "月面基地の家賃は"):
        kept = counter.keep(Asked(question), desk.ask(question))
    counter.opinions.take(Opinion(str(kept.id), False, "足りない"))
    lines = house.person("閲覧").get("/console/figures/days.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "日,質問,答えた,近い答え,答えがない,聞き返した,役に立った,役に立たなかった"
    counts = [int(count) for count in lines[1].split(",")[1:]]
    assert counts[0] == 2 == sum(counts[1:5])
    assert counts[5:] == [0, 1]


@pytest.mark.parametrize("shelf", [name for name in NAMES if name != "faq"])  # which begins empty
def test_every_shelf_can_be_looked_at(house: House, shelf: str) -> None:
    person = house.person("閲覧")
    page = person.get(f"/console/records/{shelf}")
    first = re.search(rf'href="(/console/records/{shelf}/[^"]+)"', page.text)
    assert first
    words = told(person.get(first[1]))
    assert "はじめから入っている記録なので、画面では直せません。" in words
