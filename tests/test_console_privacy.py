"""Personal data in the console: looked up, given out, erased after a second look, and what the log says of it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from consoles import House, Person, told
from httpx import Response

from bot.desk.dispatch import DispatchDesk
from bot.desk.places import municipality_named
from bot.desk.request import Application
from bot.talk.counter import Counter
from bot.talk.kept import Asked
from rag.types import Answer

pytest_plugins = ["console_fixtures"]

PAGE = "/console/privacy"
REFUSED = Answer("refused", "見つかりませんでした。", (), (), "r1")
NOBODY = "見つかりませんでした。名前の書き方を変えて、もう一度さがしてください。"


@pytest.fixture
def boss(house: House) -> Person:
    """The administrator of a house in which サンプル太郎 of 君津市 has asked and applied."""
    desk: DispatchDesk = house.app.state.dispatch
    contact = {"contact_name": "サンプル太郎", "contact_mail": "taro@example.jp", "consent": True}
    desk.open(Application("橋の相談", municipality_named("君津市"), **contact), "サンプル係")
    counter: Counter = house.app.state.rooms.counter
    counter.keep(Asked("君津市の橋の数は", home="千葉県君津市"), REFUSED)
    counter.keep(Asked("富山市の橋の数は"), REFUSED)
    return house.person("管理者")


def send(person: Person, action: str, /, **fields: object) -> Response:
    given = {"_csrf": person.hidden(PAGE, PAGE)["_csrf"]} | fields
    return person.client.post(action, data=given)


def hidden(page: Response) -> dict[str, str]:
    """What the last question before the erasure carries."""
    _, form = page.text.split(f'action="{PAGE}/erase/confirm">')
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found}


def test_what_is_found_is_shown_given_out_and_erased_after_a_second_look(house: House, boss: Person) -> None:
    page = boss.send(PAGE, PAGE, municipality="君津市")
    words = told(page)
    assert "「千葉県君津市」についての記録" in words
    assert "案件（1件）" in words
    assert "未回答の質問（1件）" in words
    assert "回答（1件）" in words
    assert "質問の文（1件）" in words
    assert "君津市の橋の数は" in words
    assert "富山市" not in words
    whom = {"municipality": "君津市", "prefecture": "千葉県"}
    file = send(boss, f"{PAGE}/export", **whom)
    assert file.headers["content-disposition"] == 'attachment; filename="privacy.json"'
    given = json.loads(file.text)
    assert [one["contact_name"] for one in given["requests"]] == ["サンプル太郎"]
    assert [one["question"] for one in given["asked"]] == ["君津市の橋の数は"]
    sure = send(boss, f"{PAGE}/erase", reason="市からの申し出", **whom)
    assert "本当に消しますか" in told(sure)
    assert "まだ何も消していません。" in told(sure)
    assert house.app.state.dispatch.request(1).contact_name == "サンプル太郎"
    final = hidden(sure)
    unsure = boss.client.post(f"{PAGE}/erase/confirm", data=final)
    assert unsure.status_code == 422
    assert "元に戻せないことを確かめて、印を付けてください。" in told(unsure)
    done = boss.client.post(f"{PAGE}/erase/confirm", data=final | {"sure": "1"})
    assert (
        "消しました（案件 1件、未回答の質問 1件、回答 1件、質問の文 1件）。"
        "控え（バックアップ）や書き出したファイルにあるものは、別に消してください。"
    ) in told(done)
    assert NOBODY in told(boss.send(PAGE, PAGE, municipality="君津市"))
    assert house.app.state.rooms.counter.questions.last(5) == ("富山市の橋の数は",)


def test_the_log_says_who_and_why_and_not_of_whom(house: House, boss: Person) -> None:
    from bot.console.audit import Wanted

    send(boss, f"{PAGE}/export", person="サンプル太郎")
    sure = send(boss, f"{PAGE}/erase", person="サンプル太郎", reason="090-1234-5678の人の申し出")
    final = hidden(sure)
    boss.client.post(f"{PAGE}/erase/confirm", data=final | {"sure": "1"})
    entries, _ = house.offices.audit.entries(Wanted(action="個人情報"))
    assert [(one.by, one.action, one.what, one.before, one.after) for one in entries] == [
        ("管理の人", "個人情報を消去", "1人分", {}, {"案件": 1, "理由": "〔電話番号〕の人の申し出"}),
        ("管理の人", "個人情報を書き出し", "1人分", {}, {"案件": 1}),
    ]
    assert "サンプル太郎" not in str(house.offices.audit.entries(Wanted()))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "自治体か、名前・メールアドレス・電話番号の、どちらか1つを書いてください。"),
        ({"municipality": "君津市", "person": "太郎"}, "自治体か、名前・メールアドレス・電話番号の、どちらか1つを書いてください。"),
        ({"municipality": "府中市"}, "「府中市」は東京都府中市、広島県府中市があります。都道府県も書いてください。"),
        ({"person": "林"}, "名前・メールアドレス・電話番号は、2文字以上で書いてください。"),
    ],
)  # fmt: skip
def test_whom_must_be_clear(boss: Person, fields: dict[str, str], fault: str) -> None:
    for action in (PAGE, f"{PAGE}/export", f"{PAGE}/erase", f"{PAGE}/erase/confirm"):
        page = send(boss, action, **fields)
        assert page.status_code == 422
        assert fault in told(page)


def test_without_a_reason_or_with_the_name_in_it_nothing_is_erased(house: House, boss: Person) -> None:
    for reason, fault in (
        ("", "なぜ消すのかを書いてください。消した記録として残ります。"),
        ("サンプル太郎さんの申し出", "理由に、消す相手の名前や連絡先を書かないでください。"),
    ):
        for action in ("erase", "erase/confirm"):
            page = send(boss, f"{PAGE}/{action}", person="サンプル太郎", reason=reason, sure="1")
            assert page.status_code == 422
            assert fault in told(page)
    assert house.app.state.dispatch.request(1).contact_name == "サンプル太郎"


def test_what_came_after_the_look_is_not_erased_unseen(house: House, boss: Person) -> None:
    sure = send(boss, f"{PAGE}/erase", municipality="君津市", reason="市からの申し出")
    final = hidden(sure) | {"sure": "1"}
    house.app.state.rooms.counter.keep(Asked("君津市のトンネルの数は"), REFUSED)
    page = boss.client.post(f"{PAGE}/erase/confirm", data=final)
    assert page.status_code == 409
    assert (
        "確かめたあとに、記録が増えたか、変わりました。まだ何も消していません。もう一度確かめてください。"
    ) in told(page)
    assert "君津市のトンネルの数は" in told(page)
    assert house.app.state.dispatch.request(1).municipality == "君津市"


def test_only_the_administrator_finds_the_way_in(house: House, boss: Person) -> None:
    assert 'href="/console/privacy"' in boss.get("/console").text
    assert 'href="/console/privacy"' not in house.person("事務局").get("/console").text
