"""Documents, releases, terms, the ledger and the search tester, as the secretariat works on them."""

from __future__ import annotations

import json
import re
import time

import yaml
from consoles import House, Person, pdf, told

from bot.console.audit import Wanted
from bot.store.unanswered import Unanswered
from ingest.library import Library
from rag import published
from rag.release import current_id, read_manifest

pytest_plugins = ["console_fixtures"]

DOCUMENTS = "/console/documents"
NEXT = "公開の画面で新しい版を作ると、検索と回答に反映されます。"
TERM = {
    "title": "空撮機",
    "reading": "くうさつき",
    "meaning": "空から撮る機械",
    "synonyms": "とぶやつ\n空カメラ",
}


def upload(person: Person, *files: tuple[str, bytes]) -> str:
    """Send files; the words of the page that tells what became of them."""
    return told(person.send(DOCUMENTS, DOCUMENTS, files=[("files", file) for file in files]))


def added(
    house: House, person: Person, name: str = "計画.txt", text: str = "第1章 目的\n用水路を直します。"
) -> str:
    upload(person, (name, text.encode()))
    return next(item.id for item in Library(house.settings).items() if item.file_name == name)


def test_several_files_at_once_and_each_is_told_by_itself(house: House) -> None:
    person = house.person("事務局")
    answer = upload(
        person,
        ("../../計画.pdf", pdf("第1章 目的\n用水路の見回りは毎月行います。")),
        ("空.txt", b""),
        ("写真.exe", b"MZ"),
        ("壊れた.pdf", b"%PDF-1.4 broken"),
    )
    assert "計画.pdf 追加しました: " in answer
    assert (
        "空.txt 追加できませんでした。空.txt は空のファイルです。中身のあるファイルを選んでください。"
        in answer
    )
    assert (
        "写真.exe は追加できない形式です。.pdf .docx .pptx .xlsx .html .htm .csv .txt .md のどれかにしてください。"
        in answer
    )
    assert "壊れた.pdf 追加できませんでした。" in answer
    (item,) = Library(house.settings).items()
    assert (item.file_name, item.details.added_by) == ("計画.pdf", "事務の人")
    assert house.log() == [("事務の人", "文書を追加", f"{item.title}（{item.id}）")]
    again = upload(person, ("別の名前.pdf", Library(house.settings).original(item).read_bytes()))
    assert "すでに入っています（中身が同じファイルです）" in again
    assert tuple(Library(house.settings).items()) == (item,)
    assert len(house.log()) == 1


def test_what_is_too_large_is_refused_in_words(house: House) -> None:
    object.__setattr__(house.offices, "settings", house.settings.model_copy(update={"max_file_mb": 1}))
    person = house.person("事務局")
    answer = upload(person, ("大.txt", "あ".encode() * 400_000), ("小.txt", "用水路を直します。".encode()))
    assert (
        "大.txt は大きすぎます（1.1MB、上限 1MB）。分けるか、画像を小さくして保存し直してください。" in answer
    )
    assert "小.txt 追加しました" in answer
    answer = upload(person, *[(f"{n}.txt", b"x") for n in range(21)])
    assert "一度に選べるのは20個までです（21個あります）。" in answer
    # other addresses take no more than a form
    big = person.client.post("/console/terms", data={"title": "あ" * 100_000})
    assert big.status_code == 413
    assert (
        told(big) == "できませんでした 送られた内容が大きすぎます（上限 64 KB）。短くして送り直してください。"
    )


def test_a_document_is_described_and_the_second_who_does_so_is_told(house: House) -> None:
    one, other = house.person("事務局"), house.person("管理者")
    page = f"{DOCUMENTS}/{added(house, one)}"
    late = other.hidden(page, f"{page}/details")
    details = {
        "title": " 用水路 の計画 ", "issuer": "サンプル町", "edition": "第2版", "date": "令和8年4月",
        "valid_until": "2030-03-31", "licence": "CC BY 4.0", "url": "https://www.example.jp/a.pdf",
    }  # fmt: skip
    answer = one.send(page, f"{page}/details", **details)
    assert f"情報を保存しました。{NEXT}" in told(answer)
    (item,) = Library(house.settings).items()
    assert item.details.given == {**details, "title": "用水路 の計画", "added_by": "事務の人"}
    answer = other.client.post(f"{page}/details", data=late | {"title": "別の題名"})
    assert answer.status_code == 409
    assert (
        "「用水路 の計画」は、あなたが開いたあとに、ほかの人が変えています。何も書き換えていません。"
        "いまの内容を確かめてから、もう一度行ってください。"
    ) in told(answer)
    assert 'value="別の題名"' in answer.text
    assert tuple(Library(house.settings).items()) == (item,)
    entry = house.offices.audit.entries(Wanted(action="情報"))[0][0]
    assert entry.before == {"題名": "計画"} | dict.fromkeys(entry.before.keys() - {"題名"})
    assert entry.after["有効期限"] == "2030-03-31"
    one.send(page, f"{page}/details", **details | {"url": "", "valid_until": ""})
    (item,) = Library(house.settings).items()
    assert (item.details.url, item.details.valid_until) == (None, None)


def test_what_is_wrong_with_the_details_is_told_at_its_field(house: House) -> None:
    person = house.person("事務局")
    page = f"{DOCUMENTS}/{added(house, person)}"
    answer = person.send(
        page, f"{page}/details", title=" ", url="example.jp", valid_until="令和8年", date="<b>"
    )
    assert answer.status_code == 422
    for name, fault in {
        "title": "題名が空です。文書の題名を書いてください。",
        "url": "アドレスの形ではありません。https:// から始まる形で書いてください。",
        "valid_until": "日付の形ではありません。2027-03-31 の形で書いてください。",
    }.items():
        assert f'<a href="#{name}">{fault}</a>' in answer.text
        assert re.search(rf'id="{name}"[^>]* aria-invalid="true"', answer.text)
    assert 'value="令和8年"' in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert next(Library(house.settings).items()).title == "計画"


def test_a_newer_edition_shows_what_it_changes_before_it_takes_the_place(house: House) -> None:
    person = house.person("事務局")
    old = added(house, person, text="第1章 目的\n用水路を直します。\n第2章 時期\n毎年春に見回ります。")
    page = f"{DOCUMENTS}/{old}"
    new = "第1章 目的\n用水路を直します。\n第2章 時期\n毎月見回ります。\n第3章 費用\n年に10万円です。"
    shown = person.send(page, f"{page}/replace", files=[("file", ("計画2.txt", new.encode()))])
    assert "追加 1 か所、削除 0 か所、変更 1 か所、同じ 1 か所" in told(shown)
    assert "毎年春に見回ります。" in told(shown)
    assert [item.state for item in Library(house.settings).items()] == ["current"]
    given = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', shown.text))
    answer = person.client.post(f"{page}/replace/confirm", data=given | {"edition": "第2版", "date": ""})
    assert f"新しい版に差し替えました。前の版は残してあります。{NEXT}" in told(answer)
    was, now = sorted(Library(house.settings).items(), key=lambda item: item.state == "current")
    assert (was.id, was.state, was.replaced_by) == (old, "superseded", now.id)
    assert (now.state, now.title, now.details.edition) == ("current", "計画", "第2版")
    assert not list((house.settings.home / "incoming").iterdir())
    assert house.log()[-1] == ("事務の人", "新しい版に差し替え", f"計画（{old}）")
    again = person.client.post(f"{page}/replace/confirm", data=given)
    assert again.status_code == 404
    assert "送られたファイルは、もう残っていません。ファイルを選び直してください。" in told(again)


def test_the_same_file_is_no_newer_edition(house: House) -> None:
    person = house.person("事務局")
    page = f"{DOCUMENTS}/{added(house, person, text='用水路を直します。')}"
    same = ("同じ.txt", "用水路を直します。".encode())
    answer = person.send(page, f"{page}/replace", files=[("file", same)])
    assert answer.status_code == 422
    assert "同じ.txt は、いまの版と同じ中身です。新しい版のファイルを選んでください。" in told(answer)


def test_withdrawn_and_restored(house: House) -> None:
    person = house.person("事務局")
    page = f"{DOCUMENTS}/{added(house, person)}"
    answer = told(person.send(page, f"{page}/withdraw", reason="誤りがあるため"))
    assert "取り下げました。" in answer
    assert "理由: 誤りがあるため" in answer
    assert "計画" in told(person.get(f"{DOCUMENTS}?state=withdrawn"))
    assert "あてはまる文書はありません。" in told(person.get(f"{DOCUMENTS}?state=current"))
    assert "元に戻しました。" in told(person.send(page, f"{page}/restore"))
    assert [action for _, action, _ in house.log()] == ["文書を追加", "文書を取り下げ", "文書を元に戻す"]
    (item,) = Library(house.settings).items()
    assert item.state == "current"


def test_how_a_document_was_read_page_by_page(house: House) -> None:
    person = house.person("事務局")
    upload(
        person,
        ("計画.pdf", pdf("第1章 目的\n用水路の見回りは毎月行います。", "第2章 費用\n年に10万円かかります。")),
    )
    (item,) = Library(house.settings).items()
    first = person.get(f"{DOCUMENTS}/{item.id}/reading")
    assert "用水路の見回りは毎月行います。" in told(first)
    assert "年に10万円" not in told(first).split("文書全体の見出し")[0]
    second = told(person.get(f"{DOCUMENTS}/{item.id}/reading?page=2"))
    assert "年に10万円かかります。" in second
    assert "第1章 目的" in second  # in the tree of headings
    picture = person.get(f"{DOCUMENTS}/{item.id}/pages/2")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert "3ページはありません（2ページまでです）。" in told(
        person.get(f"{DOCUMENTS}/{item.id}/reading?page=3")
    )
    assert person.get(f"{DOCUMENTS}/{item.id}/pages/3").status_code == 404


def test_a_doubtful_page_is_searched_only_after_somebody_has_looked(house: House) -> None:
    person = house.person("事務局")
    item_id = added(house, person)
    path = house.settings.library / item_id / "reading.json"
    reading = json.loads(path.read_text("utf-8"))
    reading["pages"] = [
        {"number": 1, "text": "用水路", "state": "doubtful", "note": "文字が読めません", "picture": None}
    ]
    path.write_text(json.dumps(reading), "utf-8")
    page = f"{DOCUMENTS}/{item_id}"
    assert "要確認 1ページ" in told(person.get(DOCUMENTS))
    assert "確かめたページを選んでください。" in told(person.send(page, f"{page}/accept"))
    assert "1ページを検索に入れます。" in told(person.send(page, f"{page}/accept", page="1"))
    (item,) = Library(house.settings).items()
    assert item.accepted == (1,)
    assert "要確認" not in told(person.get(DOCUMENTS))


def wait_for_build(person: Person) -> dict[str, object]:
    for _ in range(600):
        job: dict[str, object] = person.get("/console/publish/progress").json()
        if not job.get("under_way"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def test_a_build_that_fails_says_why_and_the_current_release_stays(house: House) -> None:
    """In its real child process: the shelves are wrong before any model is needed."""
    person, page = house.person("事務局"), "/console/publish"
    house.settings.shelves.mkdir()
    (house.settings.shelves / "glossary.yaml").write_text("- id: term-x\n  title: 語\n", "utf-8")
    current = current_id(house.settings.releases)
    answer = person.send(page, f"{page}/build")
    assert "新しい版を作り始めました。公開中の版はそのままです。" in told(answer)
    assert wait_for_build(person)["state"] == "failed"
    answer = told(person.get(page))
    assert "できませんでした" in answer
    assert "glossary.yaml 1行目 項目「reading」: 項目がありません。" in answer
    assert current_id(house.settings.releases) == current
    assert [action for _, action, _ in house.log()] == ["ビルドを開始"]


def test_one_build_at_a_time_whoever_runs_it(house: House) -> None:
    person, page = house.person("事務局"), "/console/publish"
    with published.building(house.settings.releases):  # handson build, in another window
        person.send(page, f"{page}/build")
        assert wait_for_build(person)["state"] == "failed"
    assert "別の handson build が動いています" in told(person.get(page))
    house.offices.builds._launch = lambda *_: None
    form = person.hidden(page, f"{page}/build")
    assert person.client.post(f"{page}/build", data=form).status_code == 200
    answer = person.client.post(f"{page}/build", data=form)
    assert answer.status_code == 409
    assert "事務の人 さんが始めたビルドが動いています。終わってから始めてください。" in told(answer)


def test_a_build_whose_process_died_is_told_as_such(house: House) -> None:
    house.offices.builds._launch = lambda *_: None
    job = house.offices.builds.start("事務の人")
    assert job.under_way
    path = house.offices.builds.folder / f"{job.id}.json"
    about = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(about | {"state": "running"}), "utf-8")
    person = house.person("事務局")
    assert "途中で止まりました。公開中の版はそのままです。もう一度始めてください。" in told(
        person.get("/console/publish")
    )
    path.write_text(json.dumps(about | {"at": "2026-01-01T00:00:00+00:00"}), "utf-8")
    last = house.offices.builds.last()
    assert last is not None
    assert last.state == "stopped"


def second_release(house: House) -> str:
    """Another release beside the current one, a title changed."""
    releases = house.settings.releases
    current = current_id(releases)
    assert current is not None
    from conftest import corpus_of
    from doubles import WordEmbedder

    from ingest.build import build

    corpus = corpus_of(橋の点検="橋の点検は5年に1回行います。", 用水路="用水路の見回りは毎月行います。")
    return build(house.settings, WordEmbedder, corpus=corpus, publish=False).id


def test_published_and_rolled_back_and_nobody_publishes_over_another(house: House) -> None:
    person, other, page = house.person("事務局"), house.person("管理者"), "/console/publish"
    old = current_id(house.settings.releases)
    new = second_release(house)
    difference = told(person.get(f"{page}/difference/{new}"))
    assert "文書 0 0 1 チャンク 0 0 1" in difference
    assert "用水路の見回りは毎月行います。" in difference
    late = other.hidden(page, f"{page}/{new}")
    answer = person.send(page, f"{page}/{new}")
    assert f"リリース {new} を公開しました。次の質問から使われます。" in told(answer)
    assert current_id(house.settings.releases) == new
    answer = other.client.post(f"{page}/{new}", data=late)
    assert answer.status_code == 409
    assert (
        f"公開中の版は、あなたが画面を開いたあとに変わっています（いまは {new}）。"
        "何も変えていません。いまの一覧を確かめてから、もう一度行ってください。"
    ) in told(answer)
    assert other.client.post(f"{page}/rollback", data=late).status_code == 409
    answer = other.send(page, f"{page}/rollback")
    assert f"リリース {old} に戻しました。" in told(answer)
    assert current_id(house.settings.releases) == old
    assert house.log() == [("事務の人", "公開", new), ("管理の人", "前の版に戻す", old)]
    entry = house.offices.audit.entries(Wanted(action="公開"))[0][0]
    assert (entry.before, entry.after) == ({"公開中": old}, {"公開中": new})
    assert person.client.post(f"{page}/nothing", data=late).status_code == 403  # another's token
    assert person.get(f"{page}/difference/..%2f..").status_code == 404


def test_the_report_of_an_evaluation_stands_beside_its_release_and_does_no_harm(house: House) -> None:
    release = current_id(house.settings.releases)
    folder = house.settings.home / "evaluations" / f"gate-{release}"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>測定</h1><script>alert(1)</script>", "utf-8")
    person = house.person("評価者")
    assert f"測定の結果 gate-{release}" in told(person.get("/console/publish"))
    answer = person.get(f"/console/publish/report/gate-{release}")
    assert "測定" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert person.get("/console/publish/report/%2e%2e").status_code == 404


def test_a_term_works_at_the_next_question(house: House) -> None:
    person = house.person("事務局")
    understood = house.live.desk()
    assert "用水路" not in understood.explain("みずみち", 3).query.meant
    words = {
        "title": "用水路",
        "reading": "ようすいろ",
        "meaning": "水を運ぶ水路",
        "synonyms": "みずみち、水の道",
    }
    answer = person.send("/console/terms", "/console/terms", **words)
    assert "用語「用水路」を加えました。次の質問から使われます。" in told(answer)
    assert "用水路" in understood.explain("みずみち", 3).query.meant
    (term,) = yaml.safe_load((house.settings.shelves / "glossary.yaml").read_text("utf-8"))
    assert (term["title"], term["synonyms"]) == ("用水路", ["みずみち", "水の道"])
    page = f"/console/terms/{term['id']}"
    assert "用語「用水路」を消しました。" in told(person.send(page, f"{page}/remove"))
    assert "用水路" not in understood.explain("みずみち", 3).query.meant
    assert [action for _, action, _ in house.log()] == ["用語を追加", "用語を削除"]


def test_what_is_wrong_with_a_term_is_told_at_its_field(house: House) -> None:
    person = house.person("事務局")
    wrong = {
        "title": "",
        "reading": "クウサツ",
        "meaning": "高さ30mまで",
        "source_url": "example.jp",
        "source_title": "x",
    }
    answer = person.send("/console/terms", "/console/terms", **wrong)
    assert answer.status_code == 422
    for name, fault in {
        "title": "空です。",
        "reading": "ひらがなで書きます。",
        "source_url": "アドレス（URL）の形ではありません。",
    }.items():
        assert f'<a href="#{name}">{fault}</a>' in answer.text
    assert "高さ30mまで" in answer.text
    answer = person.send("/console/terms", "/console/terms", **TERM | {"meaning": "高さ30mまで飛ぶ機械"})
    assert "数字のある説明には sources に出典を書きます。" in told(answer)
    person.send("/console/terms", "/console/terms", **TERM)
    answer = person.send("/console/terms", "/console/terms", **TERM | {"title": "無人の機械"})
    assert "「とぶやつ」は、「空撮機」の見出しか同義語と同じです。片方から外してください。" in told(answer)
    assert len(house.log()) == 1


def test_two_people_at_one_term(house: House) -> None:
    one, other = house.person("事務局"), house.person("管理者")
    one.send("/console/terms", "/console/terms", **TERM)
    (term,) = yaml.safe_load((house.settings.shelves / "glossary.yaml").read_text("utf-8"))
    page = f"/console/terms/{term['id']}"
    late = other.hidden(page, page)
    one.send(page, page, **TERM | {"synonyms": "とぶやつ"})
    answer = other.client.post(page, data=late | TERM | {"synonyms": "スカイカメラ"})
    assert answer.status_code == 409
    assert "（いまの同義語は「とぶやつ」、意味は「空から撮る機械」）。何も書き換えていません。" in told(
        answer
    )
    assert "スカイカメラ</textarea>" in answer.text
    (term,) = yaml.safe_load((house.settings.shelves / "glossary.yaml").read_text("utf-8"))
    assert term["synonyms"] == ["とぶやつ"]
    # the page that told of it holds the version of now: sent again, it is taken
    again = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
    assert (
        other.client.post(page, data=again | TERM | {"synonyms": "とぶやつ\nスカイカメラ"}).status_code == 200
    )
    entry = house.offices.audit.entries(Wanted(action="用語を変更"))[0][0]
    assert (entry.by, entry.before, entry.after) == (
        "管理の人", {"同義語": ["とぶやつ"]}, {"同義語": ["とぶやつ", "スカイカメラ"]},
    )  # fmt: skip


def test_the_ledger_is_worked(house: House) -> None:
    ledger = Unanswered(house.offices.store)
    for question in ("<b>用水路</b>の色は", "橋の色は"):
        ledger.add(question, status="refused", reason="refused", release="r1")
    one, other = house.person("評価者"), house.person("事務局")
    page = "/console/unanswered/1"
    assert "&lt;b&gt;用水路&lt;/b&gt;の色は" in one.get("/console/unanswered").text
    late = other.hidden(page, page)
    answer = one.send(page, page, state="対応中", note="調べています")
    assert "1番を「対応中」にしました。" in told(answer)
    answer = other.client.post(page, data=late | {"state": "対象外", "note": "色は扱わない"})
    assert answer.status_code == 409
    assert "ほかの人が「対応中」に変えています（メモ「調べています」）。何も書き換えていません。" in told(
        answer
    )
    assert "色は扱わない</textarea>" in answer.text
    assert "橋の色は" not in told(one.get("/console/unanswered?state=対応中"))
    assert "状態を選んでください。" in told(one.send(page, page, state="なにか"))
    assert house.log() == [("測る人", "未回答の質問に対応", "1番")]
    assert "form class=" not in house.person("閲覧").get(page).text


def test_the_search_tester_tells_why(house: House) -> None:
    person = house.person("評価者")
    answer = person.get("/console/tester?q=用水路の見回りは")
    words = told(answer)
    assert "用水路の見回りは毎年行います。" in words
    assert "あることば 用水（" in words
    assert "答えるまで" in words
    assert read_manifest(house.settings.releases / str(current_id(house.settings.releases))).id in words
    answer = person.get("/console/tester?q=" + "あ" * 1001)
    assert answer.status_code == 422
    assert "1,000文字" in told(answer)
