"""The guarantees hold for whatever a language model writes: property tests over arbitrary text.

What may be shown is reckoned here by other means than in rag/: a list of all numbers as they may be written.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag import cite
from rag.documents import Chunk, Document
from rag.fold import squeeze
from rag.marked import MarkedText
from rag.types import Citation, Claim, Hit, Passage, Sentence

PASSAGES = {
    "c1": "道路橋の定期点検は、5年に1回、近接目視で行わなければなりません。点検の費用は1,240万円でした。",
    "c2": "君津市は令和3年度から、約100橋をドローンで点検しています。町が23%、村が57%でした。",
}
WRITINGS = {  # every way in which the numbers of a passage may be written with ASCII digits
    "c1": {"5", "1", "1240", "12400000"},
    "c2": {"3", "2021", "100", "23", "57"},
}
HITS = tuple(
    Hit(
        n,
        Chunk(name, f"d{n}", ("点検",), n, text),
        Document(f"d{n}", "手引き", "library"),
        1.0,
        {},
        (Passage(0, 9, 0.9),),
    )
    for n, (name, text) in enumerate(PASSAGES.items(), start=1)
)
FRAGMENTS = (
    "道路橋の", "定期点検は、", "5年に1回、", "七年に一度、", "7年に1回、", "近接目視で", "行わなければなりません。", "行います。", "点検の費用は", "1,240万円",
    "12,400,000円", "１，２５０万円", "でした。", "君津市は", "千葉市は", "令和3年度から、", "2021年度から、", "2022年度から、", "約100橋を", "百橋を", "橋を", "ドローンで",
    "点検しています。", "町が", "村が", "23%", "57%", "二十三%", "、", "。", "\n", "[1]", "[2]", "［2］", "[1][2]", "[99]", "[0]", "[", "]", "[1", "- ", "**", "1. ",
    "https://evil.example/", "http://", "www.evil.example", "evil.example", "[点検](https://evil.example)", "](", "![x](", "<a href=x>", "<script>", "</b>", "javascript:alert(1)",
    "ｈｔｔｐｓ：／／evil", "٧年", "²", "Ⅶ", "①", "\u200b", "\u202e", "\x00",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=25).map("".join)
FOLLOWED = re.compile(r"https?:|://|www\.|\]\(|[<>]|javascript:|evil", re.I)


def _shown(text: str) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    checked = cite.Checker(HITS, _claims(text))
    return tuple(checked.sentences), checked.citations


def _claims(*pieces: str) -> list[Claim]:
    text = MarkedText(HITS)
    return [claim for piece in pieces for claim in text.feed(piece)] + [*text.close()]


def test_the_test_can_fail() -> None:
    """True sentences get through, so the properties below are not of nothing."""
    sentences, citations = _shown(
        "定期点検は、5年に1回、近接目視で行わなければなりません。[1]\n君津市は2021年度から、約100橋をドローンで点検しています。[2]"
    )
    assert [citation.chunk_id for citation in citations] == ["c1", "c2"]
    assert len(sentences) == 2


@given(texts)
def test_a_cited_passage_is_a_hit_and_its_quotation_verbatim(text: str) -> None:
    sentences, citations = _shown(text)
    assert {number for sentence in sentences for number in sentence.citations} == {
        c.number for c in citations
    }
    for citation in citations:
        assert citation.chunk_id in PASSAGES
        assert squeeze(citation.quote) in squeeze(PASSAGES[citation.chunk_id])


@given(texts)
def test_every_number_stands_in_the_cited_passage(text: str) -> None:
    sentences, citations = _shown(text)
    for sentence in sentences:
        chunk = citations[sentence.citations[0] - 1].chunk_id
        plain = unicodedata.normalize("NFKC", sentence.text).replace(",", "")
        assert set(re.findall(r"\d+", plain)) <= WRITINGS[chunk], sentence.text
        assert not re.search("[二四五六七八九]", plain) or "二十三%" in plain, sentence.text


@given(texts)
def test_no_link_of_the_models_survives(text: str) -> None:
    sentences, _ = _shown(text)
    for sentence in sentences:
        assert not FOLLOWED.search(unicodedata.normalize("NFKC", sentence.text)), sentence.text


@given(texts, st.lists(st.integers(0, 200), max_size=8))
def test_it_does_not_matter_how_a_reply_is_cut(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert _claims(*pieces) == _claims(text)


@given(texts, texts, st.sampled_from(["c1", "c2", "c3", ""]))
def test_no_draft_whatever_passes_with_a_foreign_quotation(text: str, quote: str, chunk: str) -> None:
    citations = cite.Checker(HITS, [Claim(text, chunk, quote)]).citations
    for citation in citations:
        assert squeeze(citation.quote) in squeeze(PASSAGES[chunk])
