"""Checks, measures, figures and failure classes, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eval import checks
from eval.asked import Asked, Cited, Said, Spot
from eval.cases import Case, Section
from eval.failures import failures
from eval.figures import figure, figures
from eval.measures import METRICS, measure, score

TEXT = "道路橋の定期点検は、5年に1回、近接目視で行います。費用は１，２４０万円、令和6年度の実績です。"
SPOT = Spot("c1", "guide-a", ("点検",), None, 0)
GOOD = Asked(
    "q1",
    "answered",
    text="道路橋の定期点検は、5年に1回、近接目視で行います。[1]",
    sentences=(Said("道路橋の定期点検は、5年に1回、近接目視で行います。", (1,)),),
    cited=(Cited(1, "点検のきまり", "5年に1回、近接目視で行います。", TEXT, found=True, spot=SPOT),),
    found=(SPOT,),
    stood_on=(SPOT,),
    at_hand=(0,),
    documents=("guide-a",),
    claims=1,
    kept=1,
)


def _case(expect: Any = "answered", **changes: Any) -> Case:
    known = expect == "answered"
    case = Case(
        id="q1", turns=("橋の点検は？",), slice="fact", answerable=expect != "refused", expect=expect,
        gold=(Section("guide-a", "点検"),) if known else (), must_include=(("5年に1回",),) if known else (),
        must_not_include=(), paraphrase_of=None, half="dev", source="corpus",
    )  # fmt: skip
    return replace(case, **changes)


def _said(sentence: str, /, quote: str = "費用", **changes: Any) -> Asked:
    cited = replace(GOOD.cited[0], quote=quote, **changes)
    return replace(GOOD, sentences=(Said(sentence, (1,)),), cited=(cited,))


def test_an_answer_that_stands_passes_every_check() -> None:
    assert checks.citation_valid(GOOD)
    assert checks.quote_verbatim(GOOD)
    assert checks.number_supported(GOOD)
    assert checks.sentence_cited(GOOD) == 1


@pytest.mark.parametrize(
    "broken",
    [
        replace(GOOD, sentences=(Said("文", (1, 2)),)),  # a number that leads nowhere
        _said("文", text=None),  # to a chunk that the release does not have
        _said("文", found=False),  # to one that this question did not find
    ],
)
def test_a_citation_must_lead_to_what_this_question_found(broken: Asked) -> None:
    assert not checks.citation_valid(broken)


@pytest.mark.parametrize(
    ("quote", "verbatim"),
    [
        ("費用は1,240万円", True),
        ("５年に１回、 近接目視", True),
        ("5年に1度", False),
        ("", False),
        ("回。費用", False),
    ],
)
def test_a_quotation_must_stand_in_its_chunk_to_the_letter(quote: str, verbatim: bool) -> None:
    assert checks.quote_verbatim(_said("文", quote)) == verbatim


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("費用は1240万円です。", True),
        ("五年に一回です。", True),
        ("2024年度の実績です。", True),
        ("令和六年度の実績です。", True),
        ("費用は1,250万円です。", False),
        ("3年に1回です。", False),
        ("令和5年度の実績です。", False),
        ("一般に、第一に行います。", True),
    ],
)
def test_every_number_of_a_sentence_must_stand_in_what_it_cites(text: str, supported: bool) -> None:
    assert checks.number_supported(_said(text)) == supported


def test_a_sentence_without_a_citation_counts_as_such() -> None:
    asked = replace(GOOD, sentences=(*GOOD.sentences, Said("出典のない文。", ())))
    assert checks.sentence_cited(asked) == 0.5


@pytest.mark.parametrize(
    ("expect", "status", "text", "worth"),
    [
        ("answered", "answered", "5年に1回", 1),
        ("answered", "partial", "5年に1回", 1),
        ("answered", "answered", "毎年です", -1),
        ("answered", "partial", "毎年です", 0),
        ("answered", "refused", "5年に1回という箇所はありません", 0),
        ("answered", "clarify", "どの施設ですか", 0),
        ("answered", "error", "", 0),
        ("refused", "refused", "", 1),
        ("refused", "clarify", "", 1),
        ("refused", "partial", "近い", 0),
        ("refused", "answered", "答え", -1),
        ("clarify", "clarify", "", 1),
        ("clarify", "refused", "", 0),
        ("clarify", "answered", "答え", -1),
    ],
)
def test_a_wrong_answer_is_worse_than_none(expect: str, status: Any, text: str, worth: float) -> None:
    assert score(_case(expect), replace(GOOD, status=status, text=text)) == worth


def test_half_of_the_facts_is_neither_right_nor_wrong_and_a_forbidden_word_is_wrong() -> None:
    case = _case(must_include=(("5年に1回", "5年ごと"), ("橋長2m",)))
    values = measure([case], [GOOD])["q1"]
    assert (values["must_include"], values["must_include_share"], values["score"]) == (0, 0.5, 0)
    canary = _case(must_not_include=("近接目視",))
    assert (
        measure([canary], [GOOD])["q1"] | {"must_not_include": 0, "score": -1, "right": 0}
        == (measure([canary], [GOOD])["q1"])
    )


def test_rankings_count_a_gold_place_once_and_nothing_found_as_zero() -> None:
    other = Spot("x", "guide-b", ("別",), None, None)
    second = Spot("c2", "guide-a", ("点検",), None, 0)
    case = _case(gold=(Section("guide-a", "点検"), Section("guide-c", "費用")))
    asked = replace(GOOD, found=(other, replace(other, chunk_id="y"), SPOT, second), at_hand=(0, 1))
    values = measure([case], [asked])["q1"]
    assert values["mrr@10"] == 0.5  # both chunks of guide-b are one place
    assert values["page_hit@5"] == 1
    assert values["page_recall@5"] == 0.5
    assert values["ndcg@10"] == pytest.approx((1 / 1.5849625) / (1 + 1 / 1.5849625))
    nothing = measure([case], [replace(GOOD, found=(), cited=(), sentences=(), status="refused")])["q1"]
    assert [nothing[name] for name in ("mrr@10", "page_hit@5", "page_recall@10", "document_hit@5")] == [0] * 4


def test_what_the_release_was_never_meant_to_hold_is_unmeasured_and_counted() -> None:
    seed = _case(source="seeds")
    absent = replace(GOOD, documents=(), at_hand=(), status="refused", cited=(), sentences=(), found=())
    found = figures([seed], measure([seed], [absent]))
    assert (found["right"].n, found["right"].value, found["right"].unmeasured) == (0, None, 1)
    shelved = figures([_case()], measure([_case()], [absent]))  # this one should be there: a failure
    assert (shelved["right"].value, shelved["page_hit@5"].value) == (0, 0)


def test_paraphrases_agree_by_status_and_first_citation() -> None:
    cases = [_case(), _case(id="q2", paraphrase_of="q1"), _case(id="q3", paraphrase_of="q1")]
    same = [replace(GOOD, id=case.id) for case in cases]
    assert measure(cases, same)["q1"]["consistency"] == 1
    elsewhere = replace(same[2], cited=(replace(GOOD.cited[0], spot=replace(SPOT, document_id="guide-b")),))
    assert measure(cases, [*same[:2], elsewhere])["q1"]["consistency"] == 0
    assert "consistency" not in measure(cases, same)["q2"]


@pytest.mark.parametrize(
    ("case", "changes", "stage", "cause"),
    [
        (_case(), {"documents": (), "at_hand": ()}, "資料にない", "資料がない"),
        (_case(), {"at_hand": ()}, "読み取れていない", "読み取りが悪い"),
        (_case(), {"readable": False}, "読み取れていない", "読み取りが悪い"),
        (_case(), {"stood_on": ()}, "見つからない", "見つけられない"),
        (_case(), {"kept": 0, "claims": 2, "cited": (), "status": "refused"}, "検査で落ちた", "答え方が悪い"),
        (_case(), {"status": "refused", "cited": ()}, "断った", "答え方が悪い"),
        (_case(), {"status": "clarify", "cited": ()}, "聞き返した", "答え方が悪い"),
        (_case(), {"cited": ()}, "見つけたが選ばない", "答え方が悪い"),
        (_case(), {}, "誤り", "答え方が悪い"),
        (_case(), {"status": "partial"}, "一部だけ", "答え方が悪い"),
        (_case("refused"), {}, "ないのに答えた", "答え方が悪い"),
        (_case("refused"), {"status": "partial"}, "近い記述を示した", "答え方が悪い"),
        (_case("clarify"), {}, "聞き返さない", "答え方が悪い"),
        (_case(must_not_include=("毎年",)), {}, "書いてはいけないことば", "答え方が悪い"),
        (_case(), {"status": "error"}, "エラー", "動かない"),
    ],
)
def test_where_the_right_sentence_was_lost(case: Case, changes: Any, stage: str, cause: str) -> None:
    found = failures([case], [replace(GOOD, text="毎年です", **changes)])["q1"]
    assert (found.stage, found.cause) == (stage, cause)


def test_what_is_right_is_no_failure() -> None:
    assert failures([_case()], [GOOD]) == {}


def test_intervals_are_wilsons_for_yes_and_no_and_the_bootstraps_else() -> None:
    perfect = figure("right", [1.0] * 100)
    assert [perfect.value, perfect.low, perfect.high] == pytest.approx([1, 0.963, 1], abs=5e-4)
    shares = [0.0, 0.25, 0.5, 0.75, 1.0] * 10
    mean = figure("page_recall@5", [*shares, None])
    assert (mean.n, mean.value, mean.unmeasured) == (50, 0.5, 1)
    assert mean == figure("page_recall@5", [*shares, None])  # the same resamples every time
    assert 0.38 < (mean.low or 0) < 0.42 < 0.58 < (mean.high or 0) < 0.62


def test_every_metric_is_told_in_japanese_and_stands_once() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.label and metric.means for metric in METRICS)
