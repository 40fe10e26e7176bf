"""Every page in light, dark and high contrast, without a single finding of axe-core; pictures for a person to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = ["browsing"]
pytestmark = pytest.mark.slow
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

RULE = "道路橋の定期点検は何年に1回ですか"
PAGES = {
    "chat": "/",
    "cases": "/cases?prefecture=千葉県",
    "document": "/documents/guide-inspection-bridge?chunk={chunk}&sentence=道路橋やトンネルなどの定期点検は、5年に1回、近接目視で行うことが基本です。",
    "nowhere": "/documents/nothing",
}
LOOKS: dict[str, dict[str, str]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "contrast": {"color_scheme": "light", "contrast": "more"},
    "forced": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_look(
    window: Callable[..., Any], site: str, ask: Any, shoot: Any, check: Any, look: str
) -> None:
    page = window(site, **LOOKS[look])
    turn = ask(page, RULE)
    turn.get_by_text("出典（").click()
    check(page)
    keep = shoot if look != "light" else lambda *_, **__: None  # the other tests take these
    keep(page, f"look-{look}-chat", whole=True)
    with page.expect_response("**/api/municipalities*"):
        page.get_by_role("button", name="自治体を選ぶ").click()
        page.get_by_label("自治体の名前か読み").fill("ふちゅう")
    check(page)
    page.keyboard.press("Escape")
    turn.get_by_role("button", name="人に相談する").click()
    page.get_by_role("button", name="申し込む").click()
    check(page)
    keep(page, f"look-{look}-consult")
    chunk = turn.locator(".cite").first.get_attribute("href").split("chunk=")[1].split("&")[0]
    for name in ("cases", "document", "nowhere"):
        page.goto(site + PAGES[name].format(chunk=chunk))
        check(page)
        keep(page, f"look-{look}-{name}")


def test_axe_is_really_looking(window: Callable[..., Any], site: str, check: Any) -> None:
    page = window(site)
    page.evaluate(
        """() => {
          const grey = document.createElement("p");
          grey.textContent = "読めない";
          grey.className = "unreadable";
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(".unreadable { color: #aaa; background: #bbb; }");
          const root = document.querySelector("handson-navi").shadowRoot;
          root.adoptedStyleSheets.push(sheet);
          root.querySelector(".log").append(grey);
        }"""
    )
    with pytest.raises(AssertionError, match="color-contrast"):
        check(page)


def test_the_map_by_keyboard_and_on_a_phone(
    window: Callable[..., Any], site: str, shoot: Any, check: Any
) -> None:
    page = window(f"{site}/cases?facility=橋梁")
    tile = page.get_by_role("group", name="都道府県ごとの事例の数").get_by_role("link", name="兵庫県")
    tile.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="兵庫県の事例")).to_be_in_viewport()
    assert "facility=%E6%A9%8B%E6%A2%81" in page.url  # the filter is kept
    expect(page.get_by_label("施設")).to_have_value("橋梁")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{site}/cases")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    check(page)
    shoot(page, "cases-phone", whole=True)
    page.set_viewport_size({"width": 1200, "height": 1000})
    shoot(page, "cases")
