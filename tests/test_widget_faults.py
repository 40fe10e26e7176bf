"""The widget when things go wrong: slow, stopped, cut off, hostile; nothing typed is lost and nothing is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = ["browsing"]
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect


@pytest.fixture
def page(window: Callable[..., Any], staged: Any) -> Any:
    return window(staged.address)


def _send(page: Any, question: str) -> Any:
    page.get_by_label("質問（").fill(question)
    page.get_by_role("button", name="質問する", exact=True).click()
    return page.locator(".turn.bot").last


def test_on_a_slow_network_what_is_being_done_is_seen(page: Any, staged: Any, shoot: Any, check: Any) -> None:
    turn = _send(page, "遅い")
    expect(page.locator(".status")).to_have_text("資料を検索しています…")
    expect(page.get_by_role("button", name="止める")).to_be_visible()
    check(page)
    shoot(page, "searching")
    staged.go_on()
    expect(page.locator(".status")).to_have_text("根拠を確認しています…")
    expect(turn).to_have_text("橋の点検は5年に1回です。")  # before its sources have come
    expect(page.locator("[aria-live=polite]").first).to_have_text("橋の点検は5年に1回です。")
    staged.go_on()
    expect(turn.locator(".cite")).to_have_text("[1]")
    expect(page.locator(".status")).to_have_text("")


def test_stop_ends_the_work_on_the_server_and_keeps_the_question(
    page: Any, staged: Any, shoot: Any, check: Any
) -> None:
    before = staged.seen().count("stopped")
    turn = _send(page, "黙る")
    stop = page.get_by_role("button", name="止める")
    expect(stop).to_be_focused()
    stop.click()
    expect(turn).to_contain_text("止めました。")
    box = page.get_by_label("質問（")
    expect(box).to_have_value("黙る")
    expect(box).to_be_focused()
    for _ in range(50):
        if staged.seen().count("stopped") > before:
            break
        page.wait_for_timeout(100)
    assert staged.seen().count("stopped") == before + 1
    check(page)
    shoot(page, "stopped")


def test_what_came_before_the_stop_stays(page: Any) -> None:
    turn = _send(page, "待つ")
    expect(turn).to_contain_text("橋の点検は5年に1回です。")
    page.get_by_role("button", name="止める").click()
    expect(turn).to_contain_text("橋の点検は5年に1回です。")
    expect(turn).to_contain_text("ここまでの文は出典を確かめたものですが、回答の途中です。")
    assert page.evaluate(
        "Object.keys(localStorage).map((name) => JSON.parse(localStorage[name]).turns.length)"
    ) == [0]


def test_a_server_killed_in_mid_answer_and_started_again(
    page: Any, staged: Any, shoot: Any, check: Any
) -> None:
    turn = _send(page, "待つ")
    expect(turn).to_contain_text("橋の点検は5年に1回です。")
    staged.kill()
    expect(turn).to_contain_text("回答の途中で通信が切れました。")
    expect(page.get_by_label("質問（")).to_have_value("待つ")
    check(page)
    shoot(page, "cut-off")
    page.get_by_label("質問（").fill("もういちど")
    page.get_by_role("button", name="質問する", exact=True).click()
    gone = page.locator(".turn.bot").last
    expect(gone).to_contain_text("サーバーにつながりません。")
    staged.start()
    gone.get_by_role("button", name="もう一度送る").click()
    expect(page.locator(".turn.bot").last.locator(".cite")).to_have_text("[1]")
    expect(page.get_by_label("質問（")).to_have_value("")
    expect(page.locator("#fault")).to_be_empty()


def test_what_was_typed_meanwhile_is_kept_when_it_fails(page: Any, staged: Any) -> None:
    turn = _send(page, "遅い 誤り")
    page.get_by_label("質問（").fill("次の質問の下書き")
    staged.go_on()
    staged.go_on()
    expect(turn).to_contain_text("受付番号 0a1b2c3d")
    expect(page.get_by_label("質問（")).to_have_value("次の質問の下書き")


def test_markup_is_shown_as_text_everywhere(page: Any, shoot: Any) -> None:
    turn = _send(page, "印 <b>太い</b> <script>document.title='broken'</script>")
    turn.locator(".tools").wait_for()
    turn.get_by_text("出典（").click()
    expect(page.locator(".turn.user")).to_have_text("印 <b>太い</b> <script>document.title='broken'</script>")
    expect(turn.locator(".body")).to_contain_text("<img src=x onerror=")
    expect(turn.locator(".body")).to_contain_text("**太字** [印](javascript:alert(1))")
    expect(turn.locator("blockquote")).to_contain_text("<script>document.title='broken'</script>")
    expect(turn.locator(".follow button")).to_contain_text("<img src=x")
    assert turn.locator("img, script, b").count() == 0
    assert turn.locator(".body a, .sources a").count() == 0  # javascript: makes no link
    page.reload()  # from the history, too
    expect(page.locator(".turn.bot .body")).to_contain_text("<img src=x onerror=")
    assert page.locator(".turn.bot img, .turn.bot script").count() == 0
    assert page.title() == "置いたページ"
    shoot(page, "markup")


def test_advisors_come_as_cards_and_lead_to_the_secretariat(page: Any, shoot: Any, check: Any) -> None:
    turn = _send(page, "専門家を紹介してください")
    card = turn.locator(".card")
    expect(card.get_by_role("heading")).to_have_text("サンプル 専門家サンプルデータ")
    expect(card).to_contain_text("橋梁の支援ができます。")
    expect(card.get_by_role("link")).to_have_attribute("href", page.url + "documents/case-br-01")
    check(page)
    shoot(page, "advisors")
    card.get_by_role("button", name="この専門家のことを事務局に相談する").click()
    expect(page.get_by_label("相談したいこと")).to_have_value(
        "専門家を紹介してください\n（希望する専門家：サンプル 専門家）"
    )
    page.keyboard.press("Escape")
    expect(card.get_by_role("button")).to_be_focused()


def test_feedback_that_cannot_be_taken_says_so(page: Any) -> None:
    turn = _send(page, "橋の点検")
    turn.get_by_role("button", name="役に立った", exact=True).click()
    expect(turn.locator(".told")).to_have_text(
        "送れませんでした。データベースを使えません。少し待ってもう一度お試しください。"
    )
    expect(turn.get_by_role("button", name="役に立った", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )


def test_an_empty_question_is_asked_for(page: Any) -> None:
    page.get_by_role("button", name="質問する", exact=True).click()
    box = page.get_by_label("質問（")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("質問を書いてください。")
    expect(box).to_have_attribute("aria-invalid", "true")


def test_a_browser_that_forbids_storage_is_answered_too(window: Callable[..., Any], staged: Any) -> None:
    page = window("about:blank")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page.goto(staged.address)
    expect(_send(page, "橋の点検").locator(".cite")).to_have_text("[1]")
