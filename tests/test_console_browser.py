"""The console as the secretariat uses it: a real server, the real model, Debian's Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import embedded_home
from consoles import NAMES, PASSWORD, pdf
from fastapi import FastAPI
from servers import serving
from sqlalchemy import text

from bot.app import create_app
from bot.console.entry.roles import ROLES
from bot.console.offices import Offices
from bot.console.stock.registry import Registry
from bot.desk.places import municipality_named
from bot.desk.request import Application
from bot.desk.steps import Step
from bot.store.unanswered import Unanswered
from eval.written import own
from ingest.build import build
from rag.models import open_embedder
from rag.settings import Settings

pytest_plugins = ["browsing"]
pytestmark = pytest.mark.slow

QUESTION = "ねむのき町では、樋門ゲートの点検は何か月ごとですか"
SENTENCE = "ねむのき町では、樋門ゲートの点検を4か月ごとに行います。"
MISREAD = "ねむのき町では、樋門ゲートの点検を千か月ごとに行います。"
BUILD_MS = 180_000
FEW = ("g001", "g002")  # questions that a new release is measured with


@dataclass(frozen=True)
class Site:
    """A running server and what is behind it."""

    address: str
    app: FastAPI

    @property
    def offices(self) -> Offices:
        offices: Offices = self.app.state.console
        return offices


@pytest.fixture(scope="module")
def site(starter: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = embedded_home(tmp_path_factory.mktemp("console") / "home", starter)
    settings = starter.model_copy(update={"home": home})
    build(
        settings,
        lambda: open_embedder(settings.model, settings.models),
        second=lambda: open_embedder(settings.second_model, settings.models),
    )
    few = home / "few.jsonl"
    lines = own("golden").read_text("utf-8").splitlines()
    few.write_text("\n".join(line for line in lines if json.loads(line)["id"] in FEW), "utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HANDSON_CONSOLE_TEST_SET", str(few))
        app = create_app(settings)
    for role in ROLES:
        app.state.console.users.add(NAMES[role], role, PASSWORD, by="試験")
    with serving(app) as address:
        yield Site(address, app)


@pytest.fixture
def enter(site: Site, window: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a browser and logs in, as the keyboard would: fields by their labels."""

    def entered(role: str = "管理者", path: str = "/console", **options: Any) -> Any:
        page = window(f"{site.address}{path}", width=1280, **options)
        log_in(page, role)
        return page

    return entered


def log_in(page: Any, role: str) -> None:
    page.get_by_label("名前").fill(NAMES[role])  # type: ignore[index]
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    page.get_by_role("button", name="ログアウト").wait_for()


def notice(page: Any) -> str:
    return str(page.locator(".notice").inner_text())


def until_it_serves(page: Any, site: Site, release: str) -> None:
    """The server takes a release up by itself."""
    for _ in range(150):
        if page.request.get(f"{site.address}/healthz").json()["release"] == release:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{release} is not served")


def test_from_a_pdf_to_an_answer_and_back(
    site: Site,
    enter: Callable[..., Any],
    ask: Callable[[Any, str], Any],
    tmp_path: Path,
    check: Callable[[Any], None],
    shoot: Callable[..., None],
) -> None:
    page = enter()
    shoot(page, "console-home", whole=True)
    old = page.request.get(f"{site.address}/healthz").json()["release"]
    page.goto(f"{site.address}/")
    assert SENTENCE not in ask(page, QUESTION).inner_text()
    paper = tmp_path / "点検計画.pdf"
    paper.write_bytes(
        pdf(
            f"ねむのき町 樋門の点検計画\n第1章 点検の時期\n{MISREAD}",
            "第2章 記録\n点検の記録は5年間残します。",
        )
    )
    page.goto(f"{site.address}/console/documents")
    page.get_by_label("ファイル（いくつか選べます）").set_input_files(paper)
    page.get_by_role("button", name="追加する").click()
    page.get_by_text("追加しました").wait_for()
    check(page)
    shoot(page, "console-taken", whole=True)
    page.locator(".outcomes a").first.click()
    page.get_by_label("題名").fill("ねむのき町 樋門の点検計画（サンプル）")
    page.get_by_label("版", exact=True).fill("第2版")
    page.get_by_role("button", name="保存する").click()
    assert notice(page).startswith("情報を保存しました。")
    check(page)
    shoot(page, "console-document", whole=True)
    page.get_by_role("link", name="どう読まれたかをページごとに見る").click()
    page.locator("img.original").evaluate("image => image.decode()")
    page.locator("li", has_text=MISREAD).get_by_role("link", name="直す").click()
    page.get_by_label("正しい文").fill(SENTENCE)
    check(page)
    shoot(page, "console-correction", whole=True)
    page.get_by_role("button", name="保存する").first.click()
    assert notice(page).startswith("直しました。")
    assert SENTENCE in page.locator(".piece").all_inner_texts()[-1]
    check(page)
    shoot(page, "console-reading", whole=True)
    page.goto(f"{site.address}/console/terms")
    write_term(page)
    page.get_by_role("button", name="効き目を確かめる").click()
    check(page)
    shoot(page, "console-effect", whole=True)
    page.get_by_role("button", name="加える").click()
    assert notice(page).startswith("用語「空撮機」を加えました。")
    page.get_by_role("link", name="公開", exact=True).click()
    page.get_by_role("button", name="新しい版を作る").click()
    page.get_by_text("作っています").wait_for()
    shoot(page, "console-building")
    page.get_by_text("ができました。").wait_for(timeout=BUILD_MS)  # the page turns by itself
    assert "の質問: 合格です。2問で、" in page.locator(".job").inner_text()
    page.get_by_role("link", name="測定の結果 gate-").click()
    assert page.get_by_role("heading", level=1).inner_text() == "few（2問）"
    page.go_back()
    page.get_by_role("link", name="公開中との違い").click()
    page.get_by_text("ねむのき町 樋門の点検計画（サンプル）").click()
    assert SENTENCE in page.locator("main").inner_text()
    check(page)
    shoot(page, "console-difference", whole=True)
    page.goto(f"{site.address}/console/publish")
    page.get_by_role("button", name="公開する（").click()
    assert "を公開しました。次の質問から使われます。" in notice(page)
    check(page)
    shoot(page, "console-publish", whole=True)
    new = page.locator(".job").inner_text().split("リリース ")[1].split()[0]
    until_it_serves(page, site, new)
    page.goto(f"{site.address}/")
    assert SENTENCE in ask(page, QUESTION).inner_text()
    page.goto(f"{site.address}/console/publish")
    page.get_by_role("button", name="この版に戻す（").click()
    assert notice(page) == f"リリース {old} に戻しました。"
    until_it_serves(page, site, old)
    page.goto(f"{site.address}/")
    assert SENTENCE not in ask(page, QUESTION).inner_text()
    page.goto(f"{site.address}/console/terms")
    page.get_by_role("link", name="空撮機").click()
    page.get_by_role("button", name="この用語を消す").click()
    page.goto(f"{site.address}/console/audit")
    done = page.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert done[:9] == [
        "用語を削除", "前の版に戻す", "公開", "ビルドを開始", "用語を追加", "読み取りを直す", "文書の情報を変更", "文書を追加", "ログイン",
    ]  # fmt: skip
    check(page)
    shoot(page, "console-audit", whole=True)


def test_a_list_goes_out_to_excel_and_in_again(
    site: Site,
    enter: Callable[..., Any],
    check: Callable[[Any], None],
    shoot: Callable[..., None],
    tmp_path: Path,
) -> None:
    row = {
        "title": "サンプルの相談窓口", "kind": "都道府県・センター", "blocks": "関東", "topics": "橋の点検",
        "summary": "サンプルの窓口です。", "source.title": "サンプル資料", "source.url": "－",
    }  # fmt: skip
    Registry(site.offices.settings, "contacts").save(row)
    page = enter("事務局", "/console/records/contacts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excelに書き出す").click()
    paper = tmp_path / "相談先.xlsx"
    download.value.save_as(paper)

    def take() -> None:
        page.get_by_text("Excel・CSVの一覧を取り込む").click()
        page.get_by_label("一覧のファイル").set_input_files(paper)
        page.get_by_role("button", name="取り込む前に確かめる").click()
        page.get_by_role("heading", name="取り込む前の確認").wait_for()

    take()
    assert "変更なし 1件" in page.locator("main").inner_text()
    book = openpyxl.load_workbook(paper)
    for cell in book.worksheets[0][2]:
        if cell.value == "サンプルの窓口です。":
            cell.value = "サンプルの、橋の窓口です。"
    book.save(paper)
    page.goto(f"{site.address}/console/records/contacts")
    take()
    assert "更新 1件" in page.locator("main").inner_text()
    check(page)
    shoot(page, "console-import", whole=True)
    page.get_by_role("button", name="正しい行を取り込む").click()
    assert notice(page).startswith("取り込みました（追加 0件、更新 1件、変更なし 0件）。")


def test_two_people_at_one_term(
    site: Site, enter: Callable[..., Any], check: Callable[[Any], None], shoot: Callable[..., None]
) -> None:
    one, other = enter("事務局", "/console/terms"), enter("管理者", "/console/terms")
    write_term(one)
    one.get_by_role("button", name="加える").click()
    assert notice(one) == "用語「空撮機」を加えました。次の質問から使われます。"
    shoot(one, "console-terms")
    for page in (one, other):
        page.goto(f"{site.address}/console/terms")
        page.get_by_role("link", name="空撮機").click()
    one.get_by_label("別の名前（同義語）").fill("とぶやつ")
    one.get_by_role("button", name="保存する").click()
    assert notice(one) == "用語「空撮機」を保存しました。次の質問から使われます。"
    other.get_by_label("別の名前（同義語）").fill("スカイカメラ")
    other.get_by_role("button", name="保存する").click()
    assert "いまの同義語は「とぶやつ」" in other.get_by_role("alert").inner_text()
    assert other.get_by_label("別の名前（同義語）").input_value() == "スカイカメラ"
    check(other)
    shoot(other, "console-conflict", whole=True)
    other.get_by_label("別の名前（同義語）").fill("とぶやつ\nスカイカメラ")
    other.get_by_role("button", name="保存する").click()
    other.get_by_role("link", name="空撮機").click()
    other.get_by_role("button", name="この用語を消す").click()
    assert notice(other) == "用語「空撮機」を消しました。次の質問から使われます。"


def write_term(page: Any) -> None:
    page.get_by_label("用語 必須").fill("空撮機")
    page.get_by_label("読み 必須").fill("くうさつき")
    page.get_by_label("意味 必須").fill("空から撮る機械")


@pytest.mark.parametrize("script", [True, False])
def test_a_session_that_ends_keeps_the_text(
    site: Site,
    enter: Callable[..., Any],
    check: Callable[[Any], None],
    shoot: Callable[..., None],
    script: bool,
) -> None:
    page = enter("事務局", "/console/terms", java_script_enabled=script)
    write_term(page)
    with site.offices.store.writing() as connection:
        connection.execute(text("UPDATE sessions SET expires_at = '2026-01-01 00:00:00'"))
    page.get_by_role("button", name="加える").click()
    assert notice(page).startswith("しばらく操作がなかったので、ログインが切れました。")
    if script:
        check(page)
        shoot(page, "console-login", whole=True)
    log_in(page, "事務局")
    assert page.url == f"{site.address}/console/terms"
    assert notice(page).startswith("ログインが切れる前に入力した内容を、元の欄に戻しました。")
    assert page.get_by_label("読み 必須").input_value() == "くうさつき"
    page.get_by_role("button", name="加える").click()
    page.get_by_role("link", name="空撮機").click()
    page.get_by_role("button", name="この用語を消す").click()
    assert notice(page) == "用語「空撮機」を消しました。次の質問から使われます。"


def test_with_the_keyboard_alone(site: Site, window: Callable[..., Any]) -> None:
    page = window(f"{site.address}/console/terms")
    tab_to(page, "名前")
    page.keyboard.type(NAMES["事務局"])
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="ログアウト").wait_for()
    page.keyboard.press("Tab")
    assert focused(page) == "本文へ移動"
    page.keyboard.press("Enter")
    for name, word in {"用語": "空撮機", "読み": "くうさつき", "意味": "空から撮る機械"}.items():
        tab_to(page, name)
        page.keyboard.type(word)
    tab_to(page, "加える")
    page.keyboard.press("Enter")
    page.locator(".notice").wait_for()
    tab_to(page, "空撮機")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="用語「空撮機」").wait_for()
    tab_to(page, "この用語を消す")
    page.keyboard.press("Enter")
    page.locator(".notice").wait_for()
    assert notice(page) == "用語「空撮機」を消しました。次の質問から使われます。"


def focused(page: Any) -> str:
    """What has the focus: the first words of its label, or its own."""
    return str(
        page.evaluate(
            """() => { const on = document.activeElement;
            return ((on.labels && on.labels[0] || on).textContent || "").trim().split(/\\s/)[0]; }"""
        )
    )


def tab_to(page: Any, name: str) -> None:
    """Go on with the tab key until something of that name has the focus, and can be seen to have it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused(page) == name:
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", name
            return
    raise AssertionError(f"the tab key does not lead to {name}")


def furnish(site: Site) -> None:
    """Something to see on every page: all of it samples."""
    ledger = Unanswered(site.offices.store)
    for question in ("サンプル: 月面の道路の点検は", "サンプル: 樋門の色は何色がよいですか"):
        ledger.add(question, status="refused", reason="refused", release="sample")
    place = municipality_named("君津市")
    need = "サンプルの相談です。橋の点検にドローンを使いたい。どの橋から使えるか知りたい。"
    dispatch = site.app.state.dispatch
    dispatch.open(Application(need, place, ("橋梁",), stage="技術選定"), "サンプル係")
    advisor = "advisor-hashi-03"
    way = [Step("候補提示", candidates=(advisor,)), Step("打診", advisor=advisor), Step("決定")]
    for steps in (way, [*way, Step("支援中"), Step("報告", note="サンプルの報告です。"), Step("完了")]):
        one = dispatch.open(Application(need, place, ("橋梁",), "ドローン", "技術選定"), "サンプル係")
        one = dispatch.amend(one.id, {"due": date(2026, 4, 1)}, version=1, by="サンプル係")
        for step in steps:
            one = dispatch.advance(one.id, step, version=one.version, by="サンプル係")


def test_every_page_is_whole_and_has_no_barriers(
    site: Site, enter: Callable[..., Any], check: Callable[[Any], None], shoot: Callable[..., None]
) -> None:
    furnish(site)
    page = enter()
    for path, name in {
        "/console": "home-again",
        "/console/users": "users",
        "/console/password": "password",
        "/console/documents": "documents",
        "/console/unanswered": "unanswered",
        "/console/unanswered/1": "unanswered-one",
        "/console/unanswered/1/reply": "unanswered-reply",
        "/console/tester?q=橋の定期点検は何年に1回ですか&k=5": "tester",
        "/console/privacy": "privacy",
        "/console/coverage": "coverage",
        "/console/requests": "requests",
        "/console/requests?view=list": "requests-list",
        "/console/requests?view=advisors": "requests-advisors",
        "/console/requests/new": "request-new",
        "/console/requests/2": "request-letters",
        "/console/requests/letters": "letters",
        "/console/requests/drafts": "drafts",
        "/console/records/cases/new?draft=3": "record-draft",
        "/console/requests/1?suggest=true": "request",
        "/console/figures": "figures",
        "/console/records": "records",
        "/console/records/cases": "records-cases",
        "/console/records/needs/new": "record-new",
        "/console/nothing-here": "fault",
    }.items():
        page.goto(f"{site.address}{path}")
        page.get_by_role("heading", level=1).wait_for()
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{path} is wider than the window"
        )
        shoot(page, f"console-{name}", whole=True)


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"width": 360, "height": 740}])
def test_in_the_dark_and_on_a_phone(
    site: Site,
    window: Callable[..., Any],
    check: Callable[[Any], None],
    shoot: Callable[..., None],
    look: dict[str, Any],
) -> None:
    page = window(f"{site.address}/console/documents", **look)
    log_in(page, "管理者")
    for path in ("documents", "terms", "publish", "users", "audit"):
        page.goto(f"{site.address}/console/{path}")
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        shoot(page, f"console-{'dark' if 'color_scheme' in look else 'phone'}-{path}")
