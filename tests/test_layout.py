"""Pages to lines, lines to sections, sections to chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunks import CHUNK_CHARS, LONGEST_SENTENCE, SHORTEST_CHUNK, chunks, windows
from ingest.normalize import normalize
from ingest.sections import sections
from ingest.types import Line, Page, Reading, Section
from rag.documents import Document

DOCUMENT = Document("doc", "橋の手引き", "library")


def _lines(*pages: str) -> list[str]:
    reading = Reading(tuple(Page(n, text) for n, text in enumerate(pages, 1)), laid_out=True)
    return [line.text for line in normalize(reading)[0]]


def _paths(text: str) -> list[tuple[tuple[str, ...], str]]:
    lines, _ = normalize(Reading((Page(None, text),), laid_out=True))
    return [(section.path, "".join(line.text for line in section.lines)) for section in sections(lines)]


def test_wrapped_lines_are_rejoined_without_a_blank() -> None:
    text = (
        "この町では橋の点検を委託してきましたが、費用が年々増えており、修繕に回す予算が足りま\n"
        "せん。そこで職員が小さな橋を点検する方法を試しました。"
    )
    assert _lines(text) == [text.replace("\n", "")]


def test_one_blank_line_between_wrapped_lines_is_layout_too() -> None:
    text = (
        "この町では橋の点検を委託してきましたが、費用が年々増えており、修繕に回す予算が足りなく\n"
        "\n"
        "なる見通しになりました。維持管理を続けるため、職員が小さな橋を点検する方法を試すこと\n"
        "\n"
        "にしました。"
    )
    assert _lines(text) == ["".join(text.split("\n"))]


def test_items_and_paragraphs_stay_apart() -> None:
    assert _lines("・ニーズの整理\n・技術の選定\n① 目的\n（１）対象\n終わりです。\n次の段落です。") == [
        "・ニーズの整理",
        "・技術の選定",
        "① 目的",
        "（１）対象",
        "終わりです。",
        "次の段落です。",
    ]


def test_a_chapter_ends_before_a_sentence_in_hiragana_but_not_within_itself() -> None:
    assert _lines("第1章 点検の時期\nねむのき町では、毎年点検します。") == [
        "第1章 点検の時期",
        "ねむのき町では、毎年点検します。",
    ]
    wrapped = "第3節 橋とトンネルの点検の記録を残すときに、職員と委託した会社とが気をつけ"
    assert _lines(f"{wrapped}\nるべきこと") == [f"{wrapped}るべきこと"]


def test_latin_words_are_joined_with_a_blank() -> None:
    assert _lines("点検には次の資料、AI\nguide を使います。")[0] == "点検には次の資料、AI guide を使います。"


def test_a_sentence_across_two_pages_is_one_and_keeps_its_first_page() -> None:
    first = "この町では橋の点検を委託してきましたが、費用が年々増えており、修繕に回す予算が足りな"
    lines, _ = normalize(Reading((Page(1, first), Page(2, "くなる見通しです。\n次です。")), laid_out=True))
    assert [(line.text, line.page) for line in lines] == [
        (first + "くなる見通しです。", 1),
        ("次です。", 2),
    ]


def test_running_heads_and_page_numbers_are_dropped_and_reported() -> None:
    pages = tuple(Page(n, f"橋の手引き {n}\n\n{n}つ目の話です。\n- {n + 3} -") for n in range(1, 6))
    lines, removed = normalize(Reading(pages, laid_out=True))
    assert [line.text for line in lines] == [f"{n}つ目の話です。" for n in range(1, 6)]
    assert {(r.page, r.why) for r in removed} == {
        (n, why) for n in range(1, 6) for why in ("ページ番号", "柱")
    }


def test_headings_that_differ_by_a_figure_are_no_running_heads() -> None:
    pages = tuple(
        Page(n, f"令和{n}年度の実績\n橋の数\n120\nを点検しました。\n以上です。") for n in range(1, 6)
    )
    lines, removed = normalize(Reading(pages, laid_out=True))
    assert removed == ()
    assert sum("年度の実績" in line.text for line in lines) == 5


def test_a_running_head_does_not_part_a_sentence() -> None:
    cut = "この町では橋の点検を委託してきましたが、費用が年々増えており、修繕に回す予算が足りな"
    head = "橋の手引き（令和七年）\n\n"
    pages = (Page(1, head + cut), Page(2, head + "くなる見通しです。"), Page(3, head + "終わりです。"))
    lines, _ = normalize(Reading(pages, laid_out=True))
    assert [line.text for line in lines] == [cut + "くなる見通しです。", "終わりです。"]


def test_two_figures_are_never_joined_into_a_third() -> None:
    text = "この町が令和五年度から令和七年度までに委託して点検した橋の数は次のとおりで、合わせて 12\n35橋は修繕しました。"
    assert _lines(text)[0].endswith("合わせて 12")


def test_fonts_stand_ins_become_letters_and_the_rest_stays_exact() -> None:
    assert _lines("⽔道のﾄﾞﾛｰﾝ点検は①令和３年度（試行）です。") == [
        "水道のドローン点検は①令和３年度（試行）です。"
    ]


def test_headings_make_a_path() -> None:
    text = (
        "第1章 点検\n橋の点検は五年に一度です。\n1. 対象\n長さが二メートル以上の橋です。\n"
        "(1) 例外\n歩道橋は別に定めます。\n2. 方法\n近くで目で見ます。\n第2章 修繕\n計画に沿って直します。"
    )
    assert _paths(text) == [
        (("第1章 点検",), "橋の点検は五年に一度です。"),
        (("第1章 点検", "1. 対象"), "長さが二メートル以上の橋です。"),
        (("第1章 点検", "1. 対象", "(1) 例外"), "歩道橋は別に定めます。"),
        (("第1章 点検", "2. 方法"), "近くで目で見ます。"),
        (("第2章 修繕",), "計画に沿って直します。"),
    ]


def test_a_list_of_numbers_is_no_row_of_headings() -> None:
    text = "検討会は次を検討します。\n（１） 事業の実施\n（２） 公募の要件\n（３） その他の事項\n以上の三つです。"
    assert len(_paths(text)) == 1


def test_a_bare_line_above_text_is_a_heading() -> None:
    text = "まえがきの文章をここに書いておきます。\n\n広報の活動\n\n会員に向けて、月に一度、便りを出します。"
    assert _paths(text)[1] == (("広報の活動",), "会員に向けて、月に一度、便りを出します。")


def test_no_line_is_lost_under_empty_headings() -> None:
    text = "■ 対象は橋です\n■ 点検は五年に一度\n■ 費用は国が補助\n\n1. 空の見出し\n2. 中身のある見出し\n橋を直します。\n【最後の行】"
    lines, _ = normalize(Reading((Page(None, text),), laid_out=True))
    kept = "".join(
        "".join(section.path) + "".join(line.text for line in section.lines) for section in sections(lines)
    )
    for line in text.split("\n"):
        assert line in kept


any_lines = st.lists(
    st.sampled_from(
        [
            "1. 目的",
            "2. 方法",
            "(1) 例",
            "■ 印",
            "第1章 橋",
            "第2章 道",
            "広報の活動",
            "橋を直します。",
            "① 一",
            "【注】",
        ]
    ),
    max_size=12,
)


@given(any_lines)
def test_every_line_is_in_a_section_or_a_path(texts: list[str]) -> None:
    lines = [Line(text, None, gap=1) for text in texts]
    made = sections(lines)
    kept = {line.text for section in made for line in section.lines} | {
        heading for section in made for heading in section.path
    }
    assert set(texts) <= kept


def _sections(texts: list[list[str]]) -> list[Section]:
    return [
        Section((f"{n}節",), tuple(Line(text, None) for text in texts)) for n, texts in enumerate(texts, 1)
    ]


sentences = st.text("橋梁点検の費用は、百円です。", min_size=1, max_size=500)


@given(st.lists(st.lists(sentences, min_size=1, max_size=6), min_size=1, max_size=4))
def test_chunks_lose_nothing_and_never_cross_a_section(texts: list[list[str]]) -> None:
    made = chunks(DOCUMENT, _sections(texts))
    for section in _sections(texts):
        own = "".join(chunk.text for chunk in made if chunk.section == section.path)
        whole = "".join(line.text for line in section.lines)
        assert "".join(own.split()) == "".join(whole.split())
    longest = max(CHUNK_CHARS, LONGEST_SENTENCE) + SHORTEST_CHUNK
    assert all(len(chunk.text.replace("\n", "")) <= longest for chunk in made)
    assert len({chunk.id for chunk in made}) == len(made)


@given(st.lists(sentences, min_size=1, max_size=6))
def test_windows_cover_their_chunk(texts: list[str]) -> None:
    for chunk in chunks(DOCUMENT, _sections([texts])):
        made = windows(DOCUMENT, chunk)
        covered = {i for window in made for i in range(window.start, window.end)}
        assert covered >= {i for i, letter in enumerate(chunk.text) if not letter.isspace()}
        assert all(window.text.startswith("橋の手引き　1節\n") for window in made)


def test_a_chunk_stays_on_one_page() -> None:
    lines = (Line("一ページ目の文です。", 1), Line("二ページ目の文です。", 2))
    assert [chunk.page for chunk in chunks(DOCUMENT, [Section((), lines)])] == [1, 2]


def test_a_changed_section_changes_only_its_own_chunks() -> None:
    before = {c.id for c in chunks(DOCUMENT, _sections([["一つ目です。"], ["二つ目です。"]]))}
    after = {c.id for c in chunks(DOCUMENT, _sections([["一つ目です。"], ["変わりました。"]]))}
    assert len(before & after) == 1
