"""What the tests in a browser share (a pytest plugin): a real server, Debian's Chromium, axe, pictures of what was seen.

Skipped, with a message, where there is no Chromium or no Playwright.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot.app import create_app
from rag.settings import Settings

CHROMIUM = shutil.which("chromium") or ""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SHOTS = os.environ.get("HANDSON_SCREENSHOTS")
ROOT = Path(__file__).parents[1]
ANSWERED = 60_000  # milliseconds for an answer: the very first one may open the matchmaker
EXPECTED = ("net::ERR_", "Failed to load resource")  # what the tests themselves bring about
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def app_of(settings: Settings) -> FastAPI:
    """The server as it is served."""
    return create_app(settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application on the loopback, for as long as the block lasts."""
    config = uvicorn.Config(app, host="127.0.0.1", port=free_port(), log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{config.port}"
    server.should_exit = True
    thread.join()


class Staged:
    """tests/staged_server.py in a process of its own, which can be killed and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "tests/staged_server.py"), str(self.port)]
        self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.seen()
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the staged server did not start")

    def seen(self) -> str:
        return httpx.get(f"{self.address}/seen").text

    def go_on(self) -> None:
        """Let a slow answer take its next step."""
        httpx.get(f"{self.address}/go-on")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def site(starter: Settings) -> Iterator[str]:
    """The real server over the starter corpus."""
    with served(app_of(starter)) as address:
        yield address


@pytest.fixture(scope="session")
def staged() -> Iterator[Staged]:
    server = Staged()
    yield server
    server.kill()


@pytest.fixture(
    scope="module"
)  # its driver keeps an event loop running, which tests of other files must not meet
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def window(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of a browser that knows nothing yet; nothing may go wrong in it unseen."""
    faults: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1000, height: int = 900, **options: Any) -> Any:
        given = {
            "viewport": {"width": width, "height": height},
            "locale": "ja-JP",
            "timezone_id": "Asia/Tokyo",
        }
        context = browser.new_context(**given | options)
        contexts.append(context)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not any(one in fault for one in EXPECTED)] == []


@pytest.fixture
def ask() -> Callable[[Any, str], Any]:
    """Asks in the widget and gives the turn of the answer, whole."""

    def asked(page: Any, question: str) -> Any:
        page.get_by_label("質問（").fill(question)
        page.get_by_role("button", name="質問する", exact=True).click()
        turn = page.locator(".turn.bot").last
        turn.locator(".tools, .again").wait_for(timeout=ANSWERED)
        assert turn.locator(".again").count() == 0, turn.inner_text()
        return turn

    return asked


@pytest.fixture
def shoot() -> Callable[..., None]:
    """Keeps a picture under a name, where HANDSON_SCREENSHOTS names a folder; ``whole``: as tall as the page is."""

    def taken(page: Any, name: str, whole: bool = False) -> None:
        if not SHOTS:
            return
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        if whole:  # not full_page: what sticks to the window would hide the middle
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": size["width"], "height": min(tall, 2400)})
        page.wait_for_timeout(100)
        page.screenshot(path=f"{SHOTS}/{name}.png")
        page.set_viewport_size(size)

    return taken


@pytest.fixture
def check() -> Callable[[Any], None]:
    """axe-core finds nothing on the page as it is now, shadow roots included."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

    def checked(page: Any) -> None:
        found = axe.Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
        told = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert told == []

    return checked
