"""The golden set and the labelled sentences are what they say they are: every fact stands in its gold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED

from corpus.shelves import load as load_shelves
from eval.cases import Case, Section
from eval.golden import as_text, load, main, overlap, rows, shelf_sections
from ingest.records import shelf_documents
from rag.fold import squeeze

SETS = Path(__file__).parents[1] / "eval" / "sets"
SLICES = (
    "fact number condition procedure definition comparison multihop table case technology programme contact "
    "advisor forum paraphrase colloquial followup ambiguous false_premise superseded injection near_miss "
    "out_of_scope"
).split()
AT_LEAST = 12
SEEDS = {"seed-003": "000_*.txt", "seed-004": "004_*.txt"}  # kept beside the project, as text without pages
COPIED = 40  # letters in a row that would be a copy of a seed
# after id and the question
KEYS = "slice answerable expect gold must_include must_not_include paraphrase_of half source".split()
CLAIM_KEYS = "id passage title sentence label half why".split()


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SETS / name).read_text("utf-8").splitlines()]


def _plain(text: str) -> str:
    return squeeze(text).replace(",", "")


@pytest.fixture(scope="module")
def golden() -> tuple[Case, ...]:
    return load()


@pytest.fixture(scope="module")
def texts() -> dict[Section, str]:
    return shelf_sections(load_shelves())


@pytest.fixture(scope="module")
def seeds() -> dict[str, str]:
    found = {name: sorted((SHARED / "seeds").glob(pattern)) for name, pattern in SEEDS.items()}
    if not all(found.values()):
        pytest.skip("the seeds are not at hand")
    return {name: _plain(paths[0].read_text("utf-8")) for name, paths in found.items()}


def _unsaid(question: Case, told: Iterable[str]) -> list[tuple[str, ...]]:
    """The groups of must_include of which no text is in ``told``."""
    said = [_plain(text) for text in told]
    return [
        group for group in question.must_include if not any(_plain(t) in text for t in group for text in said)
    ]


def test_every_line_has_the_same_keys_in_the_same_order() -> None:
    for raw in _lines("golden.jsonl"):
        asked = "turns" if raw["slice"] == "followup" else "question"
        assert list(raw) == ["id", asked, *KEYS], raw["id"]
        assert [list(place) for place in raw["gold"]] == [["document", "section", "page"]] * len(raw["gold"])
        assert all(place["page"] is None for place in raw["gold"]), raw["id"]
        choices = (("dev", "heldout"), ("corpus", "seeds"), ("answered", "refused", "clarify"))
        assert all(raw[k] in c for k, c in zip(("half", "source", "expect"), choices, strict=True))


def test_there_are_300_questions_and_enough_in_every_slice(golden: tuple[Case, ...]) -> None:
    assert [q.id for q in golden] == [f"g{number:03d}" for number in range(1, 301)]
    counts = Counter(q.slice for q in golden)
    assert set(counts) == set(SLICES)
    assert min(counts.values()) >= AT_LEAST
    assert all(len(q.turns) > 1 for q in golden if q.slice == "followup")
    assert len({q.turns for q in golden}) == len(golden)


def test_more_than_a_quarter_cannot_be_answered_and_most_of_those_are_near_misses(
    golden: tuple[Case, ...],
) -> None:
    refused = [q for q in golden if not q.answerable]
    assert 0.26 <= len(refused) / len(golden) <= 0.30
    assert sum(q.slice not in ("out_of_scope", "injection") for q in refused) >= 0.8 * len(refused)
    assert sum(q.slice == "near_miss" for q in refused) >= 0.4 * len(refused)


def test_what_is_expected_goes_with_what_is_given(golden: tuple[Case, ...]) -> None:
    for question in golden:
        assert question.answerable == (question.expect != "refused"), question.id
        assert (question.slice == "ambiguous") == (question.expect == "clarify"), question.id
        known = question.expect == "answered"
        assert bool(question.gold) == known, question.id
        assert bool(question.must_include) == known, question.id
        assert len(question.must_include) <= 3, question.id
        assert all(group and all(0 < len(t) <= 30 for t in group) for group in question.must_include)
        if question.slice in ("near_miss", "out_of_scope"):
            assert not question.answerable


def test_every_key_fact_stands_in_a_gold_section_to_the_letter(
    golden: tuple[Case, ...], texts: dict[Section, str]
) -> None:
    for question in (q for q in golden if q.expect == "answered" and q.source == "corpus"):
        shelved = [section for section in question.gold if section.document not in SEEDS]
        assert shelved, question.id
        assert not [section for section in shelved if section not in texts], question.id
        assert not _unsaid(question, (texts[section] for section in shelved)), question.id


def test_every_gold_section_says_a_key_fact(golden: tuple[Case, ...], texts: dict[Section, str]) -> None:
    """But one on the way to the answer of a multihop question, which may say none."""
    for question in (q for q in golden if q.slice != "multihop"):
        for section in question.gold:
            if section.document not in SEEDS:
                told = _unsaid(question, [texts[section]])
                assert len(told) < len(question.must_include), (question.id, section)


def test_the_facts_of_the_seeds_stand_in_the_seeds(golden: tuple[Case, ...], seeds: dict[str, str]) -> None:
    asked = [q for q in golden if q.source == "seeds" and q.answerable]
    assert len(asked) >= 6
    assert all(q.gold[0].document in SEEDS for q in asked)
    for question in golden:
        for document, heading, _ in (s for s in question.gold if s.document in SEEDS):
            assert heading and _plain(heading) in seeds[document], question.id
            assert not _unsaid(question, [seeds[document], *question.turns]), question.id


def test_no_text_of_the_seeds_is_copied(seeds: dict[str, str]) -> None:
    for name in ("golden.jsonl", "claims.jsonl"):
        for line in map(_plain, (SETS / name).read_text("utf-8").splitlines()):
            runs = (line[start : start + COPIED] for start in range(len(line) - COPIED + 1))
            assert not [run for run in runs if any(run in seed for seed in seeds.values())], line[:80]


def test_the_halves_are_halves_and_share_no_section(golden: tuple[Case, ...]) -> None:
    halves = Counter(q.half for q in golden)
    assert min(halves.values()) >= 0.47 * len(golden)
    parts = {half: {s for q in golden if q.half == half for s in q.gold} for half in halves}
    assert not parts["dev"] & parts["heldout"]
    for name in SLICES:
        assert len({q.half for q in golden if q.slice == name}) == 2, name


def test_a_paraphrase_asks_for_what_its_original_asks_for(golden: tuple[Case, ...]) -> None:
    known = {q.id: q for q in golden}
    said_again = [q for q in golden if q.paraphrase_of]
    assert {q.slice for q in said_again} == {"paraphrase"}
    assert all(q.paraphrase_of for q in golden if q.slice == "paraphrase")
    for question in said_again:
        original = known[question.paraphrase_of or ""]
        assert original.paraphrase_of is None
        for field in ("gold", "must_include", "expect", "answerable", "half", "source"):
            assert getattr(question, field) == getattr(original, field), question.id
    assert min(Counter(q.paraphrase_of for q in said_again).values()) >= 2


def test_no_question_stands_in_another_set(golden: tuple[Case, ...]) -> None:
    others = {
        squeeze(raw["question"])
        for path in SETS.glob("*.jsonl")
        if path.name not in ("golden.jsonl", "claims.jsonl")
        for raw in _lines(path.name)
        if "question" in raw
    }
    assert len(others) > 200
    assert not [q.id for q in golden if squeeze(q.question) in others]


def _question(text: str, *gold: Section, answerable: bool = True) -> Case:
    expect = "answered" if answerable else "refused"
    return Case("g1", (text,), "fact", answerable, expect, gold, (), (), None, "dev", "corpus")


def test_overlap_is_the_share_of_the_words_asked_that_the_nearest_section_has() -> None:
    near, far = Section("doc", "点検"), Section("doc", None)
    told = {near: "道路橋の定期点検は5年に1回行います。", far: "公園の遊具です。"}
    assert overlap(_question("道路橋の定期点検", near, far), told) == 1
    assert overlap(_question("道路橋の塗装", far, near), told) == pytest.approx(2 / 3)
    assert overlap(_question("道路橋", Section("seed-004", "図表")), told) is None
    assert overlap(_question("道路橋", answerable=False), told) is None


def test_the_table_counts_slices_and_halves() -> None:
    section = Section("doc", "点検")
    asked = [
        _question("道路橋", section),
        _question("道路橋の塗装", section),
        _question("鉄", answerable=False),
    ]
    assert as_text(rows(asked, {section: "道路橋の定期点検"})) == (
        "種類  dev  heldout  計  答えなし  重なり平均   25%   50%   75%  測った数\n"
        "fact    3        0   3         1        0.83  0.75  0.83  0.92         2\n"
        "全体    3        0   3         1        0.83  0.75  0.83  0.92         2"
    )


def test_the_command_prints_every_slice(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    told = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in told[1:-2]} == set(SLICES)
    assert told[-2].split()[3] == "300"
    assert told[-1] == "重なり: 質問の語のうち、正解の箇所にもある語の割合（いちばん重なる箇所）。"


# labelled sentences


def test_there_are_260_labelled_sentences() -> None:
    claims = _lines("claims.jsonl")
    assert [list(claim) for claim in claims] == [CLAIM_KEYS] * len(claims)
    assert [claim["id"] for claim in claims] == [f"k{number:03d}" for number in range(1, 261)]
    assert Counter(claim["label"] for claim in claims) == {"supported": 110, "distorted": 100, "invented": 50}
    assert len({(claim["passage"], claim["sentence"]) for claim in claims}) == len(claims)
    assert all(claim["why"] and claim["sentence"].endswith("。") for claim in claims)


def test_both_halves_have_as_many_of_every_label_and_no_document_in_common() -> None:
    claims = _lines("claims.jsonl")
    for label in ("supported", "distorted", "invented"):
        counts = Counter(claim["half"] for claim in claims if claim["label"] == label)
        assert abs(counts["dev"] - counts["heldout"]) <= 4, label
    titles = {
        half: {claim["title"] for claim in claims if claim["half"] == half} for half in ("dev", "heldout")
    }
    assert not titles["dev"] & titles["heldout"]


def test_every_passage_stands_on_the_shelves_under_its_title() -> None:
    told: dict[str, str] = {}  # a term and a guide page may have one title
    for document, sections in shelf_documents(load_shelves()):
        for section in sections:
            told[document.title] = "\n".join([told.get(document.title, ""), *(x.text for x in section.lines)])
    for claim in _lines("claims.jsonl"):
        assert claim["passage"] in told[claim["title"]], claim["id"]


def test_only_supported_sentences_may_stand_in_their_passage() -> None:
    claims = _lines("claims.jsonl")
    verbatim = [claim for claim in claims if claim["sentence"] in claim["passage"]]
    assert {claim["label"] for claim in verbatim} == {"supported"}
    assert 3 <= len(verbatim) <= 12  # else the set would say nothing of rewriting
