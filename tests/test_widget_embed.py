"""The widget on a page of another origin, under a policy that allows nothing inline, by mouse, keyboard and thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import ANSWERED
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

pytest_plugins = ["browsing"]
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

RULE = "道路橋の定期点検は何年に1回ですか"
HOST = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>サンプル市</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/host.css">
<script src="{site}/widget.js" data-municipality="千葉県君津市" data-label="AIに聞く" defer></script></head>
<body><main><h1>サンプル市の道路のページ</h1><p>道路の穴を見つけたときは、お知らせください。</p>
<button>市のボタン</button></main></body></html>"""
STYLE = "html { font-size: 10px; } * { color: #700; text-transform: uppercase; } button { display: none !important; } main button { display: block !important; background: #eee; }"


@pytest.fixture
def host(site: str) -> Iterator[str]:
    """A municipality's own page with a strict policy; it names the widget's origin and nothing else."""
    policy = f"default-src 'none'; style-src 'self'; script-src {site}; connect-src {site}; require-trusted-types-for 'script'"

    async def page(_: Request) -> Response:
        return HTMLResponse(HOST.format(site=site), headers={"Content-Security-Policy": policy})

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    from browsing import served

    with served(Starlette(routes=[Route("/", page), Route("/host.css", style)])) as address:
        yield address.replace("127.0.0.1", "localhost")  # another site, not only another port


def test_one_line_gives_a_button_and_a_panel(
    window: Callable[..., Any], host: str, ask: Any, shoot: Any, check: Any
) -> None:
    page = window(host)
    launcher = page.get_by_role("button", name="AIに聞く")
    expect(launcher).to_be_visible()
    shoot(page, "embedded-button")
    launcher.click()
    panel = page.get_by_role("dialog", name="ハンズオンナビ")
    expect(panel.get_by_role("button", name="自治体：千葉県君津市")).to_be_visible()
    expect(panel.get_by_label("質問（")).to_be_focused()
    turn = ask(page, RULE)
    expect(turn).to_contain_text("5年に1回、近接目視で行うことが基本です。")
    check(page)
    shoot(page, "embedded")
    with page.expect_popup() as opened:
        turn.locator(".cite").first.click()
    expect(opened.value.locator("#cited mark").first).to_contain_text("5年に1回")
    with page.expect_response("**/api/feedback") as sent:
        turn.get_by_role("button", name="役に立った", exact=True).click()
    assert sent.value.status == 204
    assert page.context.cookies() == []


def test_nothing_leaks_in_or_out(window: Callable[..., Any], host: str) -> None:
    page = window(host)
    names = page.evaluate(
        """() => {
          const frame = document.createElement("iframe");
          document.body.append(frame);
          const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow));
          frame.remove();
          return Object.getOwnPropertyNames(window).filter((name) => !usual.has(name) && !/^\\d+$|playwright/i.test(name));
        }"""
    )
    assert names == []
    launcher = page.get_by_role("button", name="AIに聞く")
    style = launcher.evaluate(
        "(node) => [getComputedStyle(node).textTransform, getComputedStyle(node).fontSize]"
    )
    assert style == ["none", "16px"]
    launcher.click()
    said = page.locator(".greeting p").first
    assert said.evaluate("(node) => getComputedStyle(node).color") == "rgb(26, 26, 26)"
    assert (
        page.get_by_role("button", name="市のボタン").evaluate(
            "(node) => getComputedStyle(node).backgroundColor"
        )
        == "rgb(238, 238, 238)"
    )


def test_the_panel_by_keyboard_alone(window: Callable[..., Any], host: str) -> None:
    page = window(host)
    keys = page.keyboard
    keys.press("Tab")  # 市のボタン
    keys.press("Tab")
    expect(page.get_by_role("button", name="AIに聞く")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_label("質問（")).to_be_focused()
    keys.type(RULE)
    keys.press("Enter")
    page.locator(".tools").wait_for(timeout=ANSWERED)
    expect(page.get_by_label("質問（")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("button", name="AIに聞く")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()
    keys.press("Enter")
    expect(page.locator(".turn.user")).to_have_text(RULE)  # still there
    page.get_by_role("button", name="人に相談する").press("Enter")
    expect(page.get_by_role("dialog", name="人に相談する")).to_be_visible()
    keys.press("Escape")  # closes the dialog, not the panel
    expect(page.get_by_role("dialog", name="人に相談する")).to_be_hidden()
    expect(page.get_by_role("button", name="人に相談する")).to_be_focused()


def test_on_a_phone_the_panel_is_the_whole_screen(
    window: Callable[..., Any], host: str, ask: Any, shoot: Any, check: Any
) -> None:
    page = window(host, width=320, height=568, is_mobile=True, has_touch=True)
    page.get_by_role("button", name="AIに聞く").tap()
    panel = page.get_by_role("dialog", name="ハンズオンナビ")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 568}
    ask(page, "ドローンで橋を点検した自治体の事例を教えて")
    assert panel.evaluate("(node) => node.scrollTop") == 0
    expect(page.get_by_role("button", name="閉じる")).to_be_in_viewport(ratio=1)
    expect(page.locator(".turn.user")).to_be_in_viewport(ratio=1)
    assert panel.evaluate("(node) => node.querySelector('.log').scrollWidth <= node.clientWidth")
    check(page)
    shoot(page, "embedded-phone")
    page.get_by_role("button", name="閉じる").tap()
    expect(panel).to_be_hidden()
