"""The pages as they come from the server: marked sentences, pages of originals, the map of cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browsing import app_of
from conftest import open_small
from doubles import WordEmbedder
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.live import LiveDesk
from bot.pages.marking import marked
from bot.routes.cases_map import grid
from corpus.places import municipalities
from ingest.build import build
from ingest.chunks import chunks
from ingest.collect import Corpus
from ingest.items import Details
from ingest.library import Library
from ingest.types import Line, Section
from rag.answer import Desk
from rag.documents import Document
from rag.settings import Settings


class Inside(HTMLParser):
    """The text inside the elements of one name, in order."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag, self.depth, self.found = tag, 0, []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == self.tag:
            self.depth += 1
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == self.tag

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.found[-1] += data


def inside(tag: str, page: str) -> list[str]:
    reader = Inside(tag)
    reader.feed(page)
    return reader.found


@pytest.fixture(scope="module")
def client(starter: Settings) -> Iterator[TestClient]:
    with TestClient(app_of(starter)) as client:
        yield client


TEXT = "橋の点検は、5年に1回です。\n点検は近接目視で 行います。"


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("点検は近接目視で 行います。", ["点検は近接目視で 行います。"]),
        ("点検は近接目視で行います。", ["点検は近接目視で 行います。"]),  # blanks apart
        ("５年に１回です。点検は", ["5年に1回です。", "点検は"]),  # NFKC, across lines
        ("3-7", ["検は、5"]),
        ("2-4", ["点検"]),
        ("99-120", []),
        ("8-4", []),
        ("トンネル", []),
        ("", []),
        ("　", []),
    ],
)
def test_the_cited_words_are_marked_in_their_lines(sentence: str, found: list[str]) -> None:
    lines = marked(TEXT, sentence)
    assert ["".join(text for text, _ in line) for line in lines] == TEXT.split("\n")
    assert [text for line in lines for text, is_marked in line if is_marked] == found


def test_every_citation_of_an_answer_is_marked_where_it_leads(client: TestClient, desk: Desk) -> None:
    answer = desk.ask("ドローンで橋を点検した自治体の事例を教えて")
    assert len(answer.citations) > 3
    for citation in answer.citations:
        path = citation.url.partition("#")[0]
        page = client.get(f"{path}&{urlencode({'sentence': citation.quote})}").text
        assert "".join(inside("mark", page)) == citation.quote.replace("\n", "")


def test_without_a_script_the_form_answers_and_its_sources_are_marked(client: TestClient) -> None:
    page = client.get("/", params={"q": "道路橋の定期点検は何年に1回ですか"}).text
    assert "5年に1回、近接目視で行うことが基本です。" in page
    assert "&amp;sentence=%E9%81%93%E8%B7%AF%E6%A9%8B" in page
    assert "#cited" in page


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
def test_markup_in_an_address_is_text(client: TestClient, value: str) -> None:
    for path in ("/", "/cases", "/documents/guide-start"):
        names = {
            "q": value,
            "facility": value,
            "technology": value,
            "prefecture": value,
            "chunk": value,
            "sentence": value,
        }
        page = client.get(path, params=names).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in inside("title", page)[0]


def test_a_document_that_is_not_there(client: TestClient) -> None:
    page = client.get("/documents/nothing")
    assert page.status_code == 404
    assert "この文書は、いまの版の資料にはありません。質問の画面からお探しください。" in page.text


def test_without_a_release_every_page_says_so_in_words(settings: Settings) -> None:
    app = create_app(settings, LiveDesk(settings, open_small))
    for path in ("/", "/cases", "/documents/guide-start", "/documents/guide-start/pages/1"):
        page = TestClient(app).get(path)
        assert page.status_code == 503
        assert "公開中のリリースがありません。handson build を実行すると" in page.text
        assert "<!doctype html>" in page.text


def test_a_prefecture_that_is_none_is_not_repeated(client: TestClient) -> None:
    assert "全国の事例" in client.get("/cases", params={"prefecture": "偽のお知らせ"}).text
    assert "偽のお知らせ" not in client.get("/cases", params={"prefecture": "偽のお知らせ"}).text


def test_the_grid_has_every_prefecture_once_and_no_two_in_one_place() -> None:
    names = [place.prefecture for place in grid()]
    assert sorted(names) == sorted(place.name for place in municipalities() if place.is_prefecture)
    assert len({(place.column, place.row) for place in grid()}) == 47


def test_the_map_counts_filters_and_lists(client: TestClient, desk: Desk) -> None:
    cases = [document for document in desk.release.documents.values() if document.shelf == "cases"]
    page = client.get("/cases").text
    assert f"全国の事例（{len(cases)}件）" in page
    bridges = [case for case in cases if "橋梁" in case.facets.facilities]
    at_home = [case for case in bridges if "千葉県" in case.facets.prefectures]
    page = client.get("/cases", params={"facility": "橋梁", "prefecture": "千葉県"}).text
    assert f"千葉県の事例（{len(at_home)}件）" in page
    assert f'aria-label="千葉県 {len(at_home)}件" aria-current="true"' in page
    assert all(f'href="/documents/{case.id}"' in page for case in at_home)


def test_a_case_of_several_prefectures_is_on_each_of_them(client: TestClient) -> None:
    for prefecture in ("愛知県", "静岡県"):
        page = client.get("/cases", params={"prefecture": prefecture}).text
        assert "豊橋市・田原市・湖西市" in page


def test_a_filter_that_fits_nothing_says_so(client: TestClient) -> None:
    page = client.get("/cases", params={"facility": "宇宙"}).text
    assert "この条件に合う事例はありません。条件を減らしてください。" in page


PDF_PAGES = (
    "サンプル町の橋梁長寿命化計画です。点検は5年に1回行います。",
    "二ページ目には、修繕の順番を書きます。",
)


@pytest.fixture(scope="module")
def with_pdf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A server whose library holds a PDF of two pages."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    folder = tmp_path_factory.mktemp("pdf")
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(str(folder / "計画書.pdf"))
    for text in PDF_PAGES:
        canvas.setFont("HeiseiMin-W3", 14)
        canvas.drawString(60, 700, text)
        canvas.showPage()
    canvas.save()
    settings = Settings(home=folder / "home", model="words", chroma_from=0)
    document = Library(settings).add(folder / "計画書.pdf", Details(title="サンプル町橋梁計画")).item.document
    lines = tuple(Line(text, page) for page, text in enumerate(PDF_PAGES, start=1))
    guide = Document("guide-start", "はじめに", "guide")
    made = (
        *chunks(document, [Section((), lines)]),
        *chunks(guide, [Section((), (Line("手引きです。", None),))]),
    )
    build(settings, WordEmbedder, corpus=Corpus((document, guide), made))
    with TestClient(create_app(settings, LiveDesk(settings, open_small))) as client:
        yield client, document.id


def test_the_page_of_an_original_is_shown_as_a_picture(with_pdf: tuple[TestClient, str]) -> None:
    client, document = with_pdf
    assert f'href="/documents/{document}/pages/2"' in client.get(f"/documents/{document}").text
    page = client.get(f"/documents/{document}/pages/2").text
    assert "2 / 2" in page
    assert "二ページ目には、修繕の順番を書きます。" in page
    picture = client.get(f"/documents/{document}/pages/2/picture")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert client.get(f"/documents/{document}/pages/2/picture").content == picture.content


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{pdf}/pages/3", "3ページはありません（2ページまでです）。文書の画面からお選びください。"),
        ("{pdf}/pages/0", "0ページはありません（2ページまでです）。文書の画面からお選びください。"),
        (
            "guide-start/pages/1",
            "1ページはありません（ページの画像がない文書です）。文書の画面からお選びください。",
        ),
        (
            "lib-000000000000/pages/1",
            "この文書は、いまの版の資料にはありません。質問の画面からお探しください。",
        ),
        ("..%2f..%2fetc/pages/1", "このアドレスには何もありません。アドレスを確かめてください。"),
    ],
)
def test_a_page_that_is_not_there(with_pdf: tuple[TestClient, str], path: str, message: str) -> None:
    client, pdf = with_pdf
    for end in ("", "/picture"):
        answer = client.get(f"/documents/{path.format(pdf=pdf)}{end}")
        assert answer.status_code == 404
        assert message in answer.text


def test_a_picture_that_cannot_be_drawn(with_pdf: tuple[TestClient, str]) -> None:
    client, pdf = with_pdf
    home = Path(client.app.state.live.settings.home)  # type: ignore[attr-defined]
    original = home / "library" / pdf / "original.pdf"
    kept = original.read_bytes()
    original.write_bytes(b"%PDF-1.7 broken")
    shutil.rmtree(home / "cache" / "pages", ignore_errors=True)
    answer = client.get(f"/documents/{pdf}/pages/1/picture")
    original.write_bytes(kept)
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "このページの画像は作れませんでした。文書の画面で本文をお読みください。"
    }
