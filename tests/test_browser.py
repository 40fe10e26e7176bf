"""The chat page as a person meets it, in Chromium. Skipped, with a message, where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from bot.app import create_app
from rag.settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (Debian: chromium)")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SHOTS = os.environ.get("HANDSON_SCREENSHOTS")


@pytest.fixture(scope="module")
def address(starter: Settings) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(create_app(starter), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(address: str) -> Iterator[playwright.Page]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1000, "height": 900}, locale="ja-JP")
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(address)
        yield page
        browser.close()
        assert [fault for fault in faults if "net::ERR_FAILED" not in fault] == []


def _shoot(page: playwright.Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=name == "chat")


def _ask(page: playwright.Page, question: str) -> playwright.Locator:
    page.get_by_label("質問（").fill(question)
    page.get_by_role("button", name="質問する").click()
    turn = page.locator(".turn.bot").last
    playwright.expect(turn.locator("h2").first).to_be_visible(timeout=20_000)
    return turn


def test_ask_read_open_the_source(page: playwright.Page) -> None:
    turn = _ask(page, "道路橋の定期点検は何年に1回ですか")
    playwright.expect(turn).to_contain_text("5年に1回、近接目視で行うことが基本です。")
    playwright.expect(turn.locator("sup a").first).to_have_text("[1]")
    _shoot(page, "chat")
    turn.locator(".sources a").first.click()
    playwright.expect(page.locator("#cited")).to_contain_text("5年に1回")
    playwright.expect(page.locator("#cited")).to_be_in_viewport()
    _shoot(page, "document")


def test_a_refusal_offers_the_nearest_sections(page: playwright.Page) -> None:
    turn = _ask(page, "NETISの登録手数料はいくらですか")
    playwright.expect(turn).to_contain_text("見つかりませんでした")
    playwright.expect(turn.locator(".sources a").first).to_contain_text("NETIS")
    _shoot(page, "refused")


def test_an_example_is_asked_by_a_click_and_enter_sends(page: playwright.Page) -> None:
    page.locator(".examples a").nth(2).click()
    playwright.expect(page.locator(".turn.bot").last).to_contain_text("君津市", timeout=20_000)
    box = page.get_by_label("質問（")
    box.fill("ちばレポとは何ですか")
    box.press("Enter")
    playwright.expect(page.locator(".turn.bot").last).to_contain_text("2014年8月", timeout=20_000)
    playwright.expect(box).to_have_value("")
    playwright.expect(box).to_be_focused()


def test_a_fault_keeps_what_was_typed(page: playwright.Page) -> None:
    page.route("**/api/chat", lambda route: route.abort())
    box = page.get_by_label("質問（")
    box.fill("橋の点検について")
    page.get_by_role("button", name="質問する").click()
    playwright.expect(page.locator("#fault")).to_contain_text("サーバーにつながりません")
    playwright.expect(box).to_have_value("橋の点検について")


def test_a_phone_is_wide_enough(page: playwright.Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    _ask(page, "職員がドローンで橋を点検している自治体はありますか")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    _shoot(page, "phone")
