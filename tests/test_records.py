"""Records as documents: everything a reader sees, nothing that was not written; samples never found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import open_small
from doubles import WordEmbedder
from fastapi.testclient import TestClient

from bot.app import create_app
from bot.cli import main
from corpus.shelves import Shelves, load
from ingest.build import build
from ingest.chunks import chunks
from ingest.collect import Corpus
from ingest.records import shelf_documents
from rag.settings import Settings


@pytest.fixture(scope="module")
def shelves() -> Shelves:
    return load()


@pytest.fixture(scope="module")
def corpus(shelves: Shelves) -> Corpus:
    made = shelf_documents(shelves)
    return Corpus(
        tuple(document for document, _ in made),
        tuple(chunk for document, parts in made for chunk in chunks(document, parts)),
    )


@pytest.fixture(scope="module")
def client(starter: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(starter)) as client:
        yield client


def test_every_record_is_a_document_with_something_to_read(shelves: Shelves, corpus: Corpus) -> None:
    shown = [record.id for record in shelves.records() if getattr(record, "consent", True)]
    assert [document.id for document in corpus.documents] == shown
    assert {chunk.document_id for chunk in corpus.chunks} == {document.id for document in corpus.documents}
    assert all(chunk.text.strip() for chunk in corpus.chunks)


def test_what_a_record_is_about_is_searched_but_never_quoted(corpus: Corpus) -> None:
    drone = next(document for document in corpus.documents if document.id == "term-drone")
    assert drone.summary
    assert "UAV" in drone.summary
    assert all("UAV" not in chunk.text for chunk in corpus.chunks if chunk.document_id == drone.id)


def test_figures_of_a_forum_are_sentences(corpus: Corpus) -> None:
    lines = "\n".join(chunk.text for chunk in corpus.chunks if chunk.document_id == "forum-all")
    assert "は、目標が100自治体、実績が83自治体です。" in lines


def test_a_need_tells_whose_it_is_and_that_it_is_made_up(corpus: Corpus) -> None:
    need = next(document for document in corpus.documents if document.id == "need-sha-01")
    assert (need.shelf, need.sample) == ("needs", True)
    assert need.title == "サンプル村：サンプルニーズ 斜-01 崩れそうな斜面を離れて見守る"
    assert need.summary == (
        "サンプルデータです。実在の自治体のニーズではありません。長野県サンプル村のニーズ。"
        "施設: 道路附属物・斜面。段階: 現場試行。状況: 募集中。"
    )
    headings = [chunk.section for chunk in corpus.chunks if chunk.document_id == need.id]
    assert headings == [("課題",), ("求める技術・支援",), ("条件",), ("希望する進め方",)]


def test_an_advisor_tells_all_but_how_to_reach_it(corpus: Corpus) -> None:
    advisor = next(document for document in corpus.documents if document.id == "advisor-hashi-05")
    assert advisor.related[-2:] == ("case-br-10", "case-br-03")
    assert [chunk.text for chunk in corpus.chunks if chunk.document_id == advisor.id] == [
        "橋のドローン撮影から3Dモデル作成までの試行の組み立てを助言する想定の、サンプルの専門家です。"
        "対応できる地域は中部・近畿です。現地には全国どこへでも行けます。"
        "対応できる段階は技術選定・現場試行・本格導入です。"
        "対応してきた自治体の規模は1～3万人・3～10万人・10～50万人・50万人以上です。"
        "1年度に受けられるのは5自治体です。オンラインの相談に対応します。"
        "資格はRCCM（鋼構造及びコンクリート）です。サンプル企業Aに属し、扱う技術の利害があります。",
        "熊谷市の事例を題材に、写真から3Dモデルを作る試行の組み立てを助言した想定です。\n"
        "各務原市の事例を題材に、ドローンで先に調べる橋の範囲の決め方を助言した想定です。",
    ]


def test_who_does_not_consent_is_not_shown(shelves: Shelves, corpus: Corpus) -> None:
    hidden = {advisor.id for advisor in shelves.advisors if not advisor.consent}
    assert hidden == {"advisor-gun-04"}
    assert not hidden & {other for document in corpus.documents for other in document.related}


def test_sample_data_is_never_found(corpus: Corpus, settings: Settings) -> None:
    wanted = {"advisor-hashi-03", "need-hashi-01", "tech-drone-bridge"}
    few = Corpus(
        tuple(document for document in corpus.documents if document.id in wanted),
        tuple(chunk for chunk in corpus.chunks if chunk.document_id in wanted),
    )
    build(settings, WordEmbedder, corpus=few)
    desk = open_small(settings)
    assert desk.release.documents.keys() == wanted
    for question in (
        "ドローンを使う橋の選び方とまとめ発注を助言する専門家",
        "小さな橋の点検を職員が行う方法",
    ):
        assert {hit.document.id for hit in desk.search(question, 50)} == {"tech-drone-bridge"}


def test_a_record_is_a_page_with_its_sources_and_its_relatives(client: TestClient) -> None:
    page = client.get("/documents/case-br-01").text
    assert "君津市：職員が操縦する市販ドローンで橋を直営点検" in page
    assert "千葉県君津市の事例。施設: 橋梁。" in page
    assert 'href="https://www.city.kimitsu.lg.jp/soshiki/30/20584.html"' in page
    assert '<a href="/documents/tech-drone-bridge">ドローンによる橋の点検撮影</a>' in page


def test_a_sample_says_so_on_its_page_and_wherever_it_is_named(client: TestClient) -> None:
    assert "サンプルデータ</strong>" in client.get("/documents/advisor-hashi-03").text
    listed = client.get("/documents/tech-drone-bridge").text
    assert 'サンプル専門家 橋-03</a> <strong class="sample">サンプルデータ</strong>' in listed
    assert "<dt>ニーズ</dt>" in listed
    assert '小さな橋の点検を職員で行う</a> <strong class="sample">サンプルデータ</strong>' in listed


def test_check_counts_the_shelves(capsys: pytest.CaptureFixture[str], shelves: Shelves) -> None:
    assert main(["check"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert f"事例: {len(shelves.cases)}件" in told
    assert told[-1] == "誤りはありません。"


def test_check_tells_every_fault_and_fails(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path_factory.mktemp("shelves")
    (root / "cases").mkdir()
    (root / "cases" / "a.yaml").write_text("id: case-a\ntitle: 題\n", "utf-8")
    assert main(["check", str(root)]) == 2
    complaint = capsys.readouterr().err.splitlines()
    assert complaint[0] == "a.yaml 1行目 項目「municipality」: 項目がありません。"
    assert complaint[-1].startswith("誤りが14件あります。")
