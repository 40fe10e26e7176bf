"""From question to checked answer, over the real starter corpus with the real model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.questions import load, run, shares, starter_set
from rag import cite
from rag.answer import Desk
from rag.documents import Chunk, Document
from rag.errors import QuestionError
from rag.fold import squeeze
from rag.types import Answer, Claim, Hit, Passage

FOREIGN = "日本語の質問に対応しています。知りたいことを日本語の文章でお聞きください。"


def _assert_guaranteed(answer: Answer, desk: Desk) -> None:
    """What every answer promises."""
    chunks = {chunk.id: chunk for chunk in desk.release.chunks}
    numbers = {citation.number for citation in answer.citations}
    assert numbers == set(range(1, len(numbers) + 1))
    for citation in answer.citations:
        assert squeeze(citation.quote) in squeeze(chunks[citation.chunk_id].text)
        assert citation.url.startswith(f"/documents/{citation.document_id}?")
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= numbers
    assert (answer.status in ("answered", "partial")) == bool(answer.sentences)


def test_the_development_set_is_answered_and_refused_as_it_should_be(desk: Desk) -> None:
    outcomes = list(run(desk, load(starter_set())))
    for outcome in outcomes:
        _assert_guaranteed(outcome.answer, desk)
    figures = {share.name: share for share in shares(outcomes)}
    assert figures["document_hit@5"].value >= 0.95
    assert figures["key_facts"].value >= 0.90
    assert figures["refused_when_answerable"].value <= 0.05
    assert figures["answered_when_unanswerable"].value <= 0.08


def test_the_set_and_the_corpus_agree(desk: Desk) -> None:
    cases = load(starter_set())
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        assert set(case.gold) <= set(desk.release.documents), case.id
        assert bool(case.gold) == case.answerable, case.id


def test_an_answer_is_quoted_with_title_section_and_sentence(desk: Desk) -> None:
    answer = desk.ask("道路橋の定期点検は何年に1回行う必要がありますか")
    assert answer.status == "answered"
    first = answer.citations[0]
    assert first.title == "道路橋などの定期点検のきまり"
    assert "5年に1回、近接目視で行うことが基本です。" in first.quote
    assert answer.text.startswith(answer.sentences[0].text + "[1]")
    assert [step.name for step in answer.trace] == ["understand", "retrieve", "compose", "cite"]


def test_items_of_a_list_are_paragraphs(desk: Desk) -> None:
    lines = desk.ask("健全性の診断区分Ⅲはどういう状態ですか").text.split("\n")
    assert [line[:4] for line in lines[:4]] == ["・区分Ⅰ", "・区分Ⅱ", "・区分Ⅲ", "・区分Ⅳ"]
    assert all(line.endswith("[1]") for line in lines[:4])


def test_the_same_question_gets_the_same_answer(desk: Desk) -> None:
    def told(answer: Answer) -> tuple[object, ...]:
        return answer.status, answer.text, answer.sentences, answer.citations, answer.nearest

    question = "職員がドローンで橋を点検している自治体はありますか"
    assert told(desk.ask(question)) == told(desk.ask(question))


def test_many_may_ask_at_once(desk: Desk) -> None:
    questions = [case.question for case in load(starter_set())][:24]
    alone = [desk.ask(question).text for question in questions]
    with ThreadPoolExecutor(8) as pool:
        together = [answer.text for answer in pool.map(desk.ask, questions)]
    assert together == alone


def test_what_is_not_there_is_refused_with_the_nearest_sections(desk: Desk) -> None:
    answer = desk.ask("ハンズオン支援事業のアドバイザーの日当はいくらですか")
    assert answer.status == "refused"
    assert answer.text == (
        "この資料の中には、ご質問に答えられる記述が見つかりませんでした。（「日当」にふれた箇所は見つかりませんでした。）"
    )
    assert answer.sentences == answer.citations == ()
    assert any(near.document_id in ("guide-handson", "prog-handson") for near in answer.nearest)


def test_a_missing_half_is_named(desk: Desk) -> None:
    answer = desk.ask("君津市のドローン点検で使う機体の色は何ですか")
    assert answer.status == "partial"
    assert "（「色」に直接ふれた文ではありません。）" in answer.text


def test_the_cost_of_another_facility_is_no_answer(desk: Desk) -> None:
    assert desk.ask("君津市のトンネル点検の費用はいくらですか").status == "refused"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("それはいくらですか", "何についてのご質問か読み取れませんでした。"),
        ("橋", "「橋」の何をお知りになりたいですか。"),
        ("点検は何年に1回ですか", "何の「点検」についてでしょうか。"),
    ],
)
def test_a_question_without_a_subject_is_asked_back(desk: Desk, question: str, told: str) -> None:
    answer = desk.ask(question)
    assert answer.status == "clarify"
    assert answer.text.startswith(told)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "質問が空です。知りたいことを文章で入力してください。"),
        (" \u3000\n\u200b", "質問が空です。知りたいことを文章で入力してください。"),
        ("\x00\x07", "質問が空です。知りたいことを文章で入力してください。"),
        ("橋" * 1001, "質問が長すぎます（1,001文字）。1,000文字以内にまとめてください。"),
        ("How often are bridges inspected?", FOREIGN),
        ("桥梁多久检查一次", FOREIGN),
        ("교량 점검은 몇 년마다 합니까", FOREIGN),
        ("😀😀", FOREIGN),
        ("？？？", FOREIGN),
        ("橋\ud800", "質問に文字として読めないデータが含まれています。入力し直してください。"),
    ],
)
def test_a_question_nobody_can_read_is_refused(desk: Desk, question: str, message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        desk.ask(question)
    assert caught.value.message == message


@pytest.mark.parametrize("question", ["NETIS", "KOSEN-REIM", "橋梁点検費用", "ME 資格"])
def test_a_name_or_bare_kanji_is_a_question(desk: Desk, question: str) -> None:
    assert desk.ask(question).status in ("answered", "partial", "clarify")


def test_two_writings_of_a_question_find_the_same(desk: Desk) -> None:
    one = desk.ask("健全性の診断区分Ⅲはどういう状態ですか")
    other = desk.ask("健全性の診断区分ＩＩＩはどういう状態ですか")
    assert one.citations == other.citations


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300))
def test_any_text_is_answered_or_refused_in_words(desk: Desk, question: str) -> None:
    try:
        answer = desk.ask(question)
    except QuestionError as error:
        assert error.message
    else:
        _assert_guaranteed(answer, desk)
        assert answer.text


def test_a_hit_shares_a_word_or_a_meaning(small_desk: Callable[..., Desk]) -> None:
    desk = small_desk(
        橋="橋の点検は五年に一度です。", 公園="公園の遊具を直します。", 水道="水道の漏水を調べます。"
    )
    hits = desk.search("漏水", 3)
    assert hits[0].document.title == "水道"
    assert "lexical" in hits[0].found_by
    assert all("lexical" not in hit.found_by for hit in hits[1:])
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


CHUNK = Chunk("c1", "d1", ("費用",), 3, "点検の費用は1,240万円でした。翌年は減りました。")
HIT = Hit(1, CHUNK, Document("d1", "橋の手引き 2025", "library"), 1.0, {"dense": 1.0}, (Passage(0, 20, 0.9),))
words = st.text("点検の費用は1240万円でした。翌年5減ド[]() ", max_size=60)


def test_kanji_numerals_are_figures_and_lines_stay_apart() -> None:
    assert cite.figures("五年に一度、二十五橋と三百人") == {"5", "1", "25", "300"}
    assert cite.figures("計画 2025\n12橋") == {"2025", "12"}


def test_when_no_sentence_stands_it_says_so(small_desk: Callable[..., Desk]) -> None:
    desk = small_desk(橋="橋の点検は五年に一度です。")
    context = desk.prepare("橋の点検の間隔")
    nobody = replace(context, hits=())
    assert desk.answer(nobody).status == "refused"
    assert desk.answer(nobody).text


@given(words, words, st.sampled_from(["c1", "c2", ""]))
def test_nothing_unsupported_passes_the_check(text: str, quote: str, chunk_id: str) -> None:
    checked = cite.Checker([HIT], [Claim(text, chunk_id, quote)])
    sentences, citations = checked.sentences, checked.citations
    assert len(sentences) == len(citations) <= 1
    for citation in citations:
        assert chunk_id == "c1"
        assert squeeze(quote) in squeeze(CHUNK.text)
        assert cite.figures(text) | cite.figures(quote) <= {"1240"}
        assert citation.page == 3


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("点検の費用は１２４０万円でした。", True),
        ("点検の費用は1,250万円でした。", False),
        ("2025年の点検の費用は1,240万円でした。", False),
        ("点検の費用は1,240万円ではありませんでした。", False),
        ("市長は宇宙旅行を約束し、費用は1,240万円です。", False),
    ],
)
def test_figures_and_words_must_be_the_chunks(text: str, stands: bool) -> None:
    assert cite.stands(Claim(text, "c1", "点検の費用は1,240万円でした。"), HIT) is stands


def test_figures_that_differ_stand_side_by_side_with_their_years(small_desk: Callable[..., Desk]) -> None:
    asked = small_desk(
        一覧="橋梁の点検に使える新技術の登録数は、全国で120件でした（2019年の資料）。",
        便覧="橋梁の点検に使える新技術の登録数は、全国で239件でした（2025年の資料）。",
        公園="公園の遊具の点検は、毎年行うことが望ましいとされています。",
    )
    text = asked.ask("橋梁の点検に使える新技術の登録数は全国で何件ですか").text
    assert "資料によって数字が違います。それぞれの年と出典をお確かめください。" in text
    assert "120件" in text
    assert "239件" in text


@pytest.mark.parametrize(
    ("question", "where"),
    [
        (
            "市道の穴で車が壊れました。今回うちの市に法的な責任はありますか",
            "法務の担当や顧問弁護士にご相談ください。",
        ),
        ("○○建設という会社は信用できますか", "契約の担当や都道府県の建設技術センターにご相談ください。"),
    ],
)
def test_judgements_are_declined_with_where_to_turn(desk: Desk, question: str, where: str) -> None:
    answer = desk.ask(question)
    assert answer.status == "refused"
    assert answer.text.endswith(where)


def test_what_goes_further_stands_apart_and_is_cited_too(desk: Desk) -> None:
    answer = desk.ask("歩掛りがない新技術はどう積算すればよいですか")
    further = [sentence for sentence in answer.sentences if sentence.more]
    assert further
    assert all(sentence.citations for sentence in further)
    first, _, rest = answer.text.partition("【くわしく】関係する記述です。\n")
    assert "1. 条件を書いた同じ紙を" in first
    assert further[0].text in rest
