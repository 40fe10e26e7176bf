"""The chat page as a person meets it, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import ANSWERED

pytest_plugins = ["browsing"]
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

CASES = "ドローンで橋を点検した自治体の事例を教えて"
RULE = "道路橋の定期点検は何年に1回ですか"


@pytest.fixture
def page(window: Callable[..., Any], site: str) -> Any:
    return window(site)


def test_the_greeting_tells_what_it_is_and_offers_questions(page: Any, shoot: Any, check: Any) -> None:
    expect(page.locator(".examples button")).to_have_count(4)
    expect(page.locator(".foot")).to_contain_text("AIによる自動回答です。")
    expect(page.locator(".foot")).to_contain_text(re.compile(r"資料の版：20\d\d年\d+月\d+日"))
    expect(page.get_by_label("質問（1,000文字まで。個人情報を入力しないでください）")).to_be_visible()
    check(page)
    shoot(page, "greeting")


def test_ask_read_and_open_the_source_at_the_marked_sentence(
    page: Any, ask: Any, shoot: Any, check: Any
) -> None:
    turn = ask(page, RULE)
    expect(turn).to_contain_text("5年に1回、近接目視で行うことが基本です。")
    mark = turn.locator(".cite").first
    expect(mark).to_have_text("[1]")
    turn.get_by_text("出典（").click()
    expect(turn.locator(".sources blockquote").first).to_contain_text("5年に1回")
    check(page)
    shoot(page, "chat", whole=True)
    with page.expect_popup() as opened:
        mark.click()
    source = opened.value
    expect(source.locator("#cited mark").first).to_contain_text("5年に1回、近接目視で行うことが基本です。")
    expect(source.locator("#cited")).to_be_in_viewport()
    check(source)
    shoot(source, "document")
    expect(page.locator(".turn.user")).to_contain_text(RULE)  # the conversation is still there


def test_a_follow_up_leans_on_what_was_asked(page: Any, ask: Any) -> None:
    first = ask(page, RULE)
    onward = first.locator(".follow button").first
    wording = onward.inner_text()
    onward.click()
    expect(page.locator(".turn.user").last).to_have_text(wording)
    page.locator(".turn.bot").nth(1).locator(".tools").wait_for(timeout=ANSWERED)
    ask(page, "トンネルはどうですか")
    expect(page.locator(".turn.bot").last).to_contain_text("トンネル")


def test_cases_stand_in_a_table_that_becomes_cards_on_a_phone(
    page: Any, ask: Any, shoot: Any, check: Any
) -> None:
    turn = ask(page, CASES)
    table = turn.get_by_role("table", name="見つかった記録の比較")
    expect(table.get_by_role("columnheader", name="効果")).to_be_visible()
    rows = table.get_by_role("row")
    shown = rows.count()
    assert shown >= 4
    shoot(page, "cases-table", whole=True)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(table.locator(".item").first).to_be_visible()
    folded = turn.get_by_role("button", name="続きを読む（あと")
    expect(rows.nth(shown - 1)).to_be_hidden()
    check(page)
    shoot(page, "phone", whole=True)
    folded.click()
    expect(rows.nth(shown - 1)).to_be_visible()
    expect(folded).to_be_hidden()
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.className") == "later"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_refusal_offers_the_nearest_sections(page: Any, ask: Any, shoot: Any, check: Any) -> None:
    turn = ask(page, "NETISの登録手数料はいくらですか")
    expect(turn).to_contain_text("見つかりませんでした")
    expect(turn.locator(".sources a").first).to_contain_text("NETIS")
    check(page)
    shoot(page, "refused")


def test_enter_sends_and_an_example_is_asked_by_a_click(page: Any) -> None:
    page.locator(".examples button").nth(2).click()
    expect(page.locator(".turn.bot").last).to_contain_text("君津市", timeout=ANSWERED)
    page.locator(".tools").wait_for()
    box = page.get_by_label("質問（")
    box.fill("ちばレポとは何ですか")
    box.press("Enter")
    expect(page.locator(".turn.bot").last).to_contain_text("2014年8月", timeout=ANSWERED)
    expect(box).to_have_value("")
    expect(box).to_be_focused()


def test_history_is_kept_by_the_browser_and_cleared_everywhere(
    page: Any, ask: Any, site: str, check: Any
) -> None:
    ask(page, RULE)
    page.reload()
    expect(page.locator(".turn.user")).to_have_text(RULE)
    expect(page.locator(".turn.bot .cite").first).to_be_visible()
    expect(page.locator(".foot")).to_contain_text("この会話の期限：")
    conversation = page.evaluate("JSON.parse(Object.values(localStorage)[0]).conversation")
    address = f"{site}/api/conversations/{conversation}"
    assert page.request.get(address).status == 200
    page.get_by_role("button", name="履歴を消す").click()
    check(page)
    page.get_by_role("button", name="消す", exact=True).click()
    expect(page.locator(".turn.user")).to_have_count(0)
    expect(page.locator(".status")).to_have_text("履歴を消しました。")
    assert page.request.get(address).status == 404
    page.reload()
    expect(page.locator(".turn.user")).to_have_count(0)


def test_a_conversation_that_ended_is_begun_anew_without_losing_the_question(page: Any, ask: Any) -> None:
    ask(page, RULE)
    page.evaluate(
        """() => {
          const name = Object.keys(localStorage)[0];
          const kept = { ...JSON.parse(localStorage[name]), conversation: "ended-long-ago" };
          localStorage.setItem(name, JSON.stringify(kept));
        }"""
    )
    page.reload()
    turn = ask(page, "ちばレポとは何ですか")
    expect(turn).to_contain_text("前の会話は期限が過ぎていたので、新しい会話で答えました。")
    expect(turn).to_contain_text("2014年8月")


def test_without_javascript_the_form_answers(window: Any, site: str, shoot: Any, check: Any) -> None:
    page = window(site, java_script_enabled=False)
    page.get_by_label("質問（").fill(RULE)
    page.get_by_role("button", name="質問する").click()
    expect(page.locator(".turn.answered")).to_contain_text("5年に1回、近接目視で行うことが基本です。")
    shoot(page, "no-javascript")
    page.locator(".sources a").first.click()
    expect(page.locator("#cited mark").first).to_contain_text("5年に1回")
    page.goto(site)
    page.get_by_role("link", name="事例マップ").click()
    page.get_by_role("link", name="千葉県 5件").first.click()
    expect(page.get_by_role("heading", name="千葉県の事例（5件）")).to_be_visible()


def test_the_whole_page_by_keyboard_alone(page: Any, shoot: Any) -> None:
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_role("button", name="自治体を選ぶ")).to_be_focused()
    keys.press("Enter")
    keys.type("かんなみ")
    expect(page.get_by_role("button", name="静岡県函南町")).to_be_visible()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("button", name="自治体：静岡県函南町")).to_be_focused()
    keys.press("Tab")
    shoot(page, "focus")
    keys.press("Enter")
    page.locator(".tools").wait_for(timeout=ANSWERED)
    for _ in range(30):
        keys.press("Tab")
        if page.locator(".turn.bot .cite").first.evaluate("(node) => node.matches(':focus')"):
            break
    expect(page.locator(".turn.bot .cite").first).to_be_focused()


def test_a_narrow_zoomed_window_needs_no_sideways_scrolling(
    window: Any, site: str, ask: Any, shoot: Any
) -> None:
    page = window(site, width=640, height=400)  # 1280 × 800 at 200 %
    ask(page, RULE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    box = page.get_by_label("質問（")
    box.scroll_into_view_if_needed()
    expect(box).to_be_in_viewport(ratio=1)
    shoot(page, "zoom-200")
