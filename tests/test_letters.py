"""Letters to the advisor and to the municipality, opened as Word opens them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from doubles import WordEmbedder

from bot.cli import main
from bot.desk import letters, paper
from bot.desk.dispatch import DispatchDesk, japanese_now, open_dispatch
from bot.desk.letters import KINDS, To
from bot.desk.places import municipality_named
from bot.desk.request import Application
from bot.desk.states import STATES, State
from bot.desk.steps import Step
from bot.desk.templates import LARGEST, LARGEST_TEXT, filled
from bot.store.database import open_store
from rag.errors import DeskError
from rag.matching.matchmaker import Matchmaker, open_matchmaker
from rag.settings import Settings

BY = "サンプル係"
FITS, BUSY = "advisor-hashi-03", "advisor-gun-02"  # for a bridge; with room for nobody
WAY: dict[State, Step] = {
    "打診": Step("打診", advisor=FITS),
    "決定": Step("決定"),
    "支援中": Step("支援中"),
    "報告": Step("報告", note="2橋で試しました。"),
    "完了": Step("完了"),
}
BRIDGES: dict[str, Any] = {
    "facilities": ("橋梁", "道路"), "technology": "ドローン", "stage": "技術選定", "form": "どちらでも",
    "period": "来年度の前半", "contact_name": "サンプル花子", "contact_mail": "sample@example.jp",
    "contact_phone": "00-0000-1234", "consent": True,
}  # fmt: skip
ADVISORS_LETTER = """\
「　　」第「　　」号
{today}

サンプル専門家 橋-03　様

「　　」
「　　」

自治体への技術的な助言について（依頼）

拝啓　時下ますますご清祥のこととお慶び申し上げます。平素は格別のご高配を賜り、厚く御礼申し上げます。
　このたび、千葉県君津市から、インフラの維持管理や新技術の導入について、下記の相談を受け付けました。
　つきましては、ご多忙のところ誠に恐縮ですが、助言をお引き受けくださいますよう、お願い申し上げます。
敬具

記
１　受付番号\t1
２　自治体\t千葉県君津市
３　課題\tどの橋から始めるか。
連絡は〔氏名〕（〔電話番号〕）へ。
４　施設\t橋梁、道路
５　使いたい技術\tドローン
６　段階\t技術選定
７　支援の形\t現地・オンラインのどちらでも
８　時期\t来年度の前半
９　期限\t令和8年12月10日
10　お願いすること\t上の課題について、助言をお願いします。自治体との連絡は、事務局が取り次ぎます。
お引き受けくださるかどうかを、事務局にお知らせください。
支援が終わりましたら、内容と結果を事務局にお知らせください。
11　謝金・旅費\t「　　」
以上

（担当）「　　」　電話「　　」　メール「　　」"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path / "home"))
    return Settings(home=tmp_path / "home")


@pytest.fixture
def desk(home: Settings) -> Iterator[DispatchDesk]:
    with open_store(home) as store:
        yield open_dispatch(home, store)


@pytest.fixture(scope="module")
def matchmaker(tmp_path_factory: pytest.TempPathFactory) -> Matchmaker:
    return open_matchmaker(Settings(home=tmp_path_factory.mktemp("matching")), WordEmbedder())


def nobody() -> Matchmaker:
    raise AssertionError("the letter to the advisor gives no reasons")


def come_to(
    desk: DispatchDesk, state: State, need: str = "橋の点検", advisor: str = FITS, **facts: Any
) -> int:
    """A request of 君津市 that has come to ``state``; a due day where one is given."""
    due = facts.pop("due", None)
    request = desk.open(Application(need, municipality_named("君津市"), **facts), BY)
    steps = [Step("候補提示", candidates=(advisor,)), Step("打診", advisor=advisor), *list(WAY.values())[1:]]
    if state == "取下げ":
        steps = [*steps[:2], Step("取下げ", note="やめる")]
    for step in steps:
        if request.state == state:
            break
        request = desk.advance(request.id, step, version=request.version, by=BY)
    if due:
        desk.amend(request.id, {"due": due}, version=request.version, by=BY)
    return request.id


def lines(content: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)


def template(*texts: str) -> bytes:
    document = Document()
    for text in texts:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_the_letter_to_the_advisor_asks_and_hides_who_asks(desk: DispatchDesk, home: Settings) -> None:
    need = "どの橋から始めるか。\n連絡は山田太郎（03-1234-5678）へ。"
    number = come_to(desk, "打診", need, due=date(2026, 12, 10), **BRIDGES)
    letter = letters.write(number, "advisor", desk, home, nobody)
    assert letter.name == "依頼文_受付番号1.docx"
    today = letters.reiwa(japanese_now().date())
    assert lines(letter.content) == ADVISORS_LETTER.format(today=today)


def test_an_advisor_who_has_agreed_is_thanked(desk: DispatchDesk, home: Settings) -> None:
    text = lines(letters.write(come_to(desk, "決定"), "advisor", desk, home, nobody).content)
    assert "助言をお引き受けくださり、誠にありがとうございます。" in text
    assert "ご都合のよい日を、事務局にお知らせください。" in text
    assert "お引き受けくださるかどうか" not in text
    for unknown in ("使いたい技術", "段階", "支援の形", "時期", "期限"):
        assert f"{unknown}\t「　　」" in text


def test_the_letter_to_the_municipality_says_who_and_why_and_what_next(
    desk: DispatchDesk, home: Settings, matchmaker: Matchmaker
) -> None:
    number = come_to(desk, "決定", "橋の点検にドローンを使いたい", **BRIDGES)
    letter = letters.write(number, "municipality", desk, home, lambda: matchmaker)
    text = lines(letter.content)
    assert letter.name == "通知文_受付番号1.docx"
    assert "千葉県君津市\nサンプル花子　様\n" in text
    assert f"　{letters.reiwa(japanese_now().date())}に受け付けたご相談について、" in text
    assert "５　アドバイザー\tサンプル専門家 橋-03（建設技術センター）\n" in text
    assert "９　今後の進め方\t事務局が、アドバイザーと日程を調整し、ご連絡します。\n" in text
    reasons = text.partition("10　推薦の理由\t")[2].partition("\n以上")[0].split("\n")
    assert reasons[0] == "人材バンクの記録とご相談を照らし合わせて、推薦しました。"
    assert reasons[1] == "・橋梁は専門です。"
    assert "・関わりのある事例に「職員が操縦する市販ドローンで橋を直営点検」があります。" in reasons
    assert "sample@example.jp" not in text
    assert "{" not in text


def test_a_period_that_has_passed_takes_no_reason_away(
    desk: DispatchDesk, home: Settings, matchmaker: Matchmaker
) -> None:
    number = come_to(desk, "支援中", **BRIDGES | {"period": "2025年度"})
    text = lines(letters.write(number, "municipality", desk, home, lambda: matchmaker).content)
    assert "７　時期\t2025年度\n" in text
    assert "・橋梁は専門です。\n" in text


def test_nobody_is_named_without_consent_and_no_reason_is_made_up(
    desk: DispatchDesk, home: Settings, matchmaker: Matchmaker
) -> None:
    number = come_to(desk, "支援中", advisor=BUSY, **BRIDGES | {"consent": False})
    letter = letters.write(number, "municipality", desk, home, lambda: matchmaker)
    text = lines(letter.content)
    assert "千葉県君津市\nご担当者　様\n" in text
    assert "花子" not in text
    assert "推薦" not in text
    assert "９　今後の進め方\t支援を始めています。" in text


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_a_letter_is_written_only_where_it_makes_sense(
    desk: DispatchDesk, home: Settings, to: To, state: State
) -> None:
    number = come_to(desk, state)
    now = {"advisor": ("打診", "決定", "支援中"), "municipality": ("決定", "支援中")}[to]
    assert (to in letters.possible(desk.request(number))) == (state in now)
    if state not in now:
        name = {"advisor": "アドバイザーへの依頼文", "municipality": "自治体への通知文"}[to]
        with pytest.raises(DeskError) as error:
            letters.write(number, to, desk, home, nobody)
        assert error.value.message == (
            f"受付番号1は「{state}」なので、{name}は作れません。作れるのは「{'」「'.join(now)}」のときです。"
        )


def test_what_a_field_says_is_text_whatever_stands_in_it(desk: DispatchDesk, home: Settings) -> None:
    hostile = "{{ 7*7 }} {% for x in y %} {{ 受付番号 }} <w:p/>&amp; ]]> \"'\ufffe\x0c。"
    number = come_to(desk, "打診", hostile, period="}} {{ 自治体.__class__ }}")
    text = lines(letters.write(number, "advisor", desk, home, nobody).content)
    assert "３　課題\t{{ 7*7 }} {% for x in y %} {{ 受付番号 }} <w:p/>&amp; ]]> \"'。\n" in text
    assert "８　時期\t}} {{ 自治体.__class__ }}\n" in text


def test_a_template_of_the_secretariat_wins(desk: DispatchDesk, home: Settings) -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "第{{ 受付番号 }}号"
    split = document.add_paragraph("{{ 自")  # as Word cuts up what is typed
    split.add_run("治体 }}").bold = True
    document.add_table(1, 1).rows[0].cells[0].text = "{% if 期限 %}{{ 期限 }}{% endif %}"
    own = home.home / "letters" / "advisor.docx"
    own.parent.mkdir(parents=True)
    document.save(str(own))
    letter = letters.write(come_to(desk, "打診"), "advisor", desk, home, nobody)
    made = Document(io.BytesIO(letter.content))
    assert made.sections[0].header.paragraphs[0].text == "第1号"
    assert [one.text for one in made.paragraphs] == ["千葉県君津市"]
    assert made.tables[0].rows[0].cells[0].text == "「　　」"


MAY = "使えるのは {{ 項目 }} と、{% if %}、{% for %}（1重まで）です。計算や関数は使えません。"
FORM = "項目は {{ 自治体 }}、条件は {% if 期限 %} と {% endif %} の形で、半角の記号で書いてください。"
ODD = "には、使えない書き方があります。" + MAY


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["{{ 自治休 }}{{ 電話 }}"], "の項目「自治休」「電話」はありません。使える項目は「自治体」「理由」です。"),
        (["{{ range(9) }}"], "の「{{ range(9) }}」" + ODD),
        (["{%p for 文 in 理由 %}", "{{ 文 }}", "{%p endfor %}", "{{ 文 }}"], "の項目「文」はありません。使える項目は「自治体」「理由」です。"),
        (["{{ 自治体.__class__ }}"], "の「{{ 自治体.__class__ }}」" + ODD),
        (["{{ 自治体 | upper }}"], "の「{{ 自治体 | upper }}」" + ODD),
        (["{{ 'a' * 10**9 }}"], "の「{{ 'a' * 10**9 }}」" + ODD),
        (["{% include '/etc/passwd' %}"], "の「{% include '/etc/passwd' %}」" + ODD),
        (["{% for 字 in 自治体 %}x{% endfor %}"], "の「{% for 字 in 自治体 %}x{% endfor %}」" + ODD),
        (["{% for a in 理由 %}{% for b in 理由 %}x{% endfor %}{% endfor %}"], "の「{% for a in 理由 %}{% for b in 理由 %}x{% en…」" + ODD),
        (["{{r 自治体 }}"], "の「{{r … }}」は使えません。" + MAY),
        (["宛先", "{{ 自治体"], "の「{{ 自治体」のあたりを読めません。" + FORM),
        (["{% if 自治体 %}x"], "の「{% if 自治体 %}x」のあたりを読めません。" + FORM),
        (["宛先", "｛｛ 自治体 ｝｝"], "の「｛｛ 自治体 ｝｝」の記号が全角です。項目は半角の {{ }} で囲んでください。"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_used_is_told_with_its_field(texts: list[str], told: str) -> None:
    with pytest.raises(DeskError) as error:
        filled(template(*texts), "advisor.docx", {"自治体": "君津市", "理由": ("近い。",)})
    assert error.value.message == f"ひな形 advisor.docx {told}"


def test_a_condition_that_is_torn_by_a_table_is_refused() -> None:
    document = Document()
    document.add_table(1, 1).rows[0].cells[0].text = "{% if 状態 == '打診' %}ア"
    document.add_paragraph("イ{% endif %}")
    out = io.BytesIO()
    document.save(out)
    assert filled(out.getvalue(), "x.docx", {"状態": "打診"})
    with pytest.raises(DeskError, match=r"^ひな形 x.docx は、条件や繰り返しが表や段落の途中で切れています。"):
        filled(out.getvalue(), "x.docx", {"状態": "決定"})


@pytest.mark.parametrize("spoil", ["nothing", "text", "cut", "zeros"])
def test_what_is_no_word_document_is_told_by_its_name(desk: DispatchDesk, home: Settings, spoil: str) -> None:
    good = paper.drawn(paper.ADVISOR)
    bad = {
        "nothing": b"",
        "text": "依頼文".encode(),
        "cut": good[: len(good) // 2],
        "zeros": good[:2000] + b"\0" * 3000 + good[5000:],
    }[spoil]
    own = home.home / "letters" / "advisor.docx"
    own.parent.mkdir(parents=True)
    own.write_bytes(bad)
    with pytest.raises(DeskError) as error:
        letters.write(come_to(desk, "打診"), "advisor", desk, home, nobody)
    assert error.value.message == (
        f"ひな形 {own} をWordの文書（.docx）として読めません。"
        "Wordで開けるか確かめ、.docx で保存し直してください。"
    )


def test_a_template_that_unfolds_without_end_is_not_unfolded() -> None:
    for large in (template("あ" * (LARGEST_TEXT // 3)), b"x" * (LARGEST + 1)):
        with pytest.raises(DeskError) as error:
            filled(large, "x.docx", {})
        assert error.value.message == (
            "ひな形 x.docx が大きすぎます（文と書式は2MB、画像も合わせて10MBまで）。小さくしてください。"
        )


@pytest.mark.parametrize("to", KINDS)
def test_our_own_templates_can_be_changed_and_put_back(to: To) -> None:
    ours = paper.drawn(KINDS[to].text)
    letters.check_template(ours, "ours.docx", to)
    again = io.BytesIO()
    Document(io.BytesIO(ours)).save(again)
    letters.check_template(again.getvalue(), "again.docx", to)
    assert "{{ 受付番号 }}" in lines(ours)


def test_days_are_told_in_the_era() -> None:
    days = [date(2019, 4, 30), date(2019, 5, 1), date(2020, 1, 1), date(2026, 11, 22)]
    assert [letters.reiwa(day) for day in days] == [
        "2019年4月30日", "令和元年5月1日", "令和2年1月1日", "令和8年11月22日",
    ]  # fmt: skip


def test_a_letter_on_the_command_line(
    desk: DispatchDesk,
    home: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["requests", "letter", str(come_to(desk, "打診")), "--to", "advisor"]
    assert main(command) == 0
    assert capsys.readouterr().out == "手紙を作りました: 依頼文_受付番号1.docx\n"
    assert "サンプル専門家 橋-03　様" in lines(Path("依頼文_受付番号1.docx").read_bytes())
    Path("依頼文_受付番号1.docx").write_bytes(b"filled in by hand")
    assert main(command) == 2
    assert capsys.readouterr().err == (
        "依頼文_受付番号1.docx はもうあります。書き換えていません。--out で別の名前を指定してください。\n"
    )
    assert Path("依頼文_受付番号1.docx").read_bytes() == b"filled in by hand"
    assert main([*command, "--out", "b.docx"]) == 0
    assert main([*command, "--out", "nowhere/b.docx"]) == 2
    assert capsys.readouterr().err.startswith("nowhere/b.docx に書き出せません（")
    assert main(["requests", "letter", "1", "--to", "municipality"]) == 2
    assert "通知文は作れません" in capsys.readouterr().err
