"""What can be done with an answer and beside it: feedback, the municipality, an application, copies and prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = ["browsing"]
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

RULE = "道路橋の定期点検は何年に1回ですか"


@pytest.fixture
def page(window: Callable[..., Any], site: str) -> Any:
    return window(site)


def test_feedback_is_taken_with_a_reason(page: Any, ask: Any, shoot: Any, check: Any) -> None:
    turn = ask(page, RULE)
    turn.get_by_role("button", name="役に立たなかった").click()
    dialog = page.get_by_role("dialog", name="役に立たなかった理由")
    dialog.get_by_label("足りない").check()
    dialog.get_by_label("詳しく").fill("歩道橋のことが知りたかった。")
    check(page)
    shoot(page, "feedback")
    with page.expect_response("**/api/feedback") as sent:
        dialog.get_by_role("button", name="送る").click()
    assert sent.value.status == 204, sent.value.text()
    expect(turn).to_contain_text("ありがとうございます。")
    expect(turn.get_by_role("button", name="役に立たなかった")).to_have_attribute("aria-pressed", "true")
    expect(turn.get_by_role("button", name="役に立たなかった")).to_be_focused()
    turn.get_by_role("button", name="役に立った", exact=True).click()
    expect(turn.get_by_role("button", name="役に立った", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_municipality_is_found_by_reading_and_used(page: Any, ask: Any, shoot: Any, check: Any) -> None:
    page.get_by_role("button", name="自治体を選ぶ").click()
    search = page.get_by_label("自治体の名前か読み")
    expect(search).to_be_focused()
    search.fill("きみつ")
    found = page.get_by_role("button", name="千葉県君津市")
    expect(found).to_be_visible()
    check(page)
    shoot(page, "municipality")
    search.fill("きみずし")
    expect(page.get_by_role("dialog")).to_contain_text(
        "「きみずし」という自治体はありません。名前の近い自治体を示します。"
    )
    page.get_by_role("button", name="千葉県君津市").click()
    chosen = page.get_by_role("button", name="自治体：千葉県君津市")
    expect(chosen).to_be_focused()
    with page.expect_request("**/api/chat") as sent:
        ask(page, "相談先を教えて")
    assert sent.value.post_data_json["municipality"] == "千葉県君津市"
    page.reload()
    chosen.click()
    page.get_by_role("button", name="選ばない").click()
    expect(page.get_by_role("button", name="自治体を選ぶ")).to_be_visible()


def test_applying_to_the_secretariat_ties_errors_to_fields(
    page: Any, ask: Any, shoot: Any, check: Any
) -> None:
    turn = ask(page, RULE)
    turn.get_by_role("button", name="人に相談する").click()
    dialog = page.get_by_role("dialog", name="人に相談する")
    expect(dialog.get_by_label("相談したいこと")).to_have_value(RULE)
    dialog.get_by_role("button", name="申し込む").click()
    town = dialog.get_by_label("自治体の名前")
    expect(town).to_be_focused()
    expect(town).to_have_accessible_description("自治体の名前を書いてください。")
    check(page)
    shoot(page, "consult")
    town.fill("府中市")
    dialog.get_by_label("お名前").fill("サンプル太郎")
    dialog.get_by_label("メールアドレス").fill("sample@example.jp")
    dialog.get_by_label("同意します").check()
    dialog.get_by_role("button", name="申し込む").click()
    expect(dialog.get_by_role("alert")).to_contain_text("「府中市」は東京都府中市、広島県府中市があります。")
    town.fill("広島県府中市")
    dialog.get_by_role("button", name="申し込む").click()
    expect(dialog).to_contain_text(re.compile(r"受け付けました（受付番号\d+）。事務局から連絡します。"))
    dialog.get_by_role("button", name="閉じる").click()
    expect(turn.get_by_role("button", name="人に相談する")).to_be_focused()


def test_an_answer_is_copied_with_its_sources(page: Any, ask: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = ask(page, RULE)
    turn.get_by_role("button", name="出典つきでコピー").click()
    expect(turn).to_contain_text("コピーしました。")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"質問：{RULE}\n\n道路橋やトンネルなどの定期点検は、5年に1回")
    assert (
        "\n出典\n[1] ハンズオンナビ手引き「道路橋などの定期点検のきまり」\n　「道路橋やトンネルなど" in copied
    )


def test_only_the_answer_is_printed(page: Any, ask: Any) -> None:
    turn = ask(page, RULE)
    page.evaluate(  # a printer that keeps the text
        """() => {
          const frame = HTMLIFrameElement.prototype;
          const { get } = Object.getOwnPropertyDescriptor(frame, "contentWindow");
          Object.defineProperty(frame, "contentWindow", { get() {
            const opened = get.call(this);
            opened.print = () => { window.printed = opened.document.body.innerText; };
            return opened;
          } });
        }"""
    )
    turn.get_by_role("button", name="印刷").click()
    text = page.evaluate("window.printed")
    assert text.startswith(f"質問：{RULE}")
    assert "[1] ハンズオンナビ手引き「道路橋などの定期点検のきまり」" in text
    assert "人に相談する" not in text


MOVES_ON = """(widget) => {
  const inside = widget.shadowRoot;
  inside.querySelector(".head button").focus();
  widget.open("試し").close();
  const returned = inside.activeElement.textContent;
  inside.querySelector(".examples button").focus();
  return new Promise((told) => setTimeout(() => told([returned, inside.activeElement.parentElement.tagName]), 300));
}"""


def test_who_moves_on_from_a_closed_dialog_is_not_called_back(page: Any) -> None:
    """The browser returns the focus at once, and tells of the closing later."""
    assert page.locator("handson-navi").evaluate(MOVES_ON) == ["自治体を選ぶ", "LI"]
