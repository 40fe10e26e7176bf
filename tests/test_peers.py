"""The race between ours and other people's retrieval, without any of their libraries."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from doubles import DIMENSIONS, WordEmbedder
from test_beir import write_set

from eval.beir import Entry, Question, RetrievalSet, read
from eval.peers.__main__ import main
from eval.peers.bootstrap import Interval, paired
from eval.peers.entrants import OURS, PEERS
from eval.peers.fusion import min_max, reciprocal_ranks
from eval.peers.growth import Growth, Point, grow, one_lucene
from eval.peers.growth import as_json as growth_as_json
from eval.peers.growth import as_text as growth_as_text
from eval.peers.peer import Entrant, Peer, Place, once, told
from eval.peers.race import Absent, Race, Remembering, Run, race
from eval.peers.report import as_json, as_text, report
from eval.peers.synthetic import CHARS, Drawn, passages, read_base, write_base
from eval.retrieval import corpus_of
from rag.embed import Embedded, Embedder, Kind
from rag.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture
def asked(tmp_path: Path) -> RetrievalSet:
    return read(write_set(tmp_path / "set"))


@pytest.fixture
def words(settings: Settings) -> Settings:
    """A model without weights, and no second one."""
    return settings.model_copy(update={"second_model": ""})


def open_words(model: str) -> Embedder:
    return WordEmbedder(model)


class FirstOnes:
    """Finds the first documents, whatever is asked; notes what it hears."""

    def __init__(self, heard: list[tuple[str, str]], name: str, fails_at: str = "") -> None:
        self._heard, self._name, self._fails_at = heard, name, fails_at

    def index(self, entries: Sequence[Entry]) -> None:
        self._ids = [entry.id for entry in entries]

    def search(self, question: str, k: int) -> list[str]:
        self._heard.append((self._name, question))
        if question == self._fails_at:
            raise ValueError("a library stumbles")
        return self._ids[:k]


def entrant(name: str, heard: list[tuple[str, str]], fails_at: str = "") -> Entrant:
    return Entrant(name, name.upper(), lambda place: FirstOnes(heard, name, fails_at))


def _missing(place: Place) -> Peer:
    raise ImportError("No module named 'haystack'", name="haystack")


MISSING = Entrant("haystack", "Haystack", _missing, ("haystack-ai",))


def test_ours_is_the_release_that_answers(asked: RetrievalSet, words: Settings) -> None:
    ran = race(asked, [], words, open_words, lambda step: None)
    assert [run.entrant for run in ran.runs] == [OURS]
    assert [ids[0] for ids in ran.runs[0].found] == ["d1", "3", "d4"]
    assert len(ran.runs[0].seconds) == 3
    assert not words.releases.exists()


def test_a_question_nobody_can_read_finds_nothing(asked: RetrievalSet, words: Settings) -> None:
    blank = RetrievalSet(asked.entries, (Question("q", "\u200b", {"d1": 1}),))  # refused by the desk
    ran = race(blank, [], words, open_words, lambda step: None)
    assert ran.runs[0].found == ((),)


def test_every_question_is_asked_of_all_in_turn(asked: RetrievalSet, words: Settings) -> None:
    heard: list[tuple[str, str]] = []
    ran = race(asked, [entrant("a", heard), entrant("b", heard)], words, open_words, lambda step: None)
    first, second, third = (question.text for question in asked.questions)
    assert heard == [
        ("a", first),  # once more than is timed
        ("b", first),
        ("b", first),
        ("a", first),
        ("a", second),
        ("b", second),
        ("a", third),
        ("b", third),
    ]
    assert [run.entrant.name for run in ran.runs] == ["ours", "a", "b"]
    assert all(len(run.seconds) == len(run.found) == 3 for run in ran.runs)


def test_one_that_is_missing_and_one_that_stumbles_are_told(asked: RetrievalSet, words: Settings) -> None:
    second = asked.questions[1].text
    ran = race(
        asked, [MISSING, entrant("a", [], second), entrant("b", [])], words, open_words, lambda step: None
    )
    assert [run.entrant.name for run in ran.runs] == ["ours", "b"]
    assert [(gone.entrant.name, gone.reason) for gone in ran.absent] == [
        ("haystack", "haystack がありません（make bench-peers が入れます）"),
        ("a", "動きません（ValueError: a library stumbles）"),
    ]


def test_ours_may_not_stumble(asked: RetrievalSet, words: Settings) -> None:
    class Broken(WordEmbedder):
        def embed(
            self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
        ) -> Embedded:
            if kind == "query":
                raise ValueError("no query")
            return super().embed(texts, kind, progress)

    with pytest.raises(ValueError, match="no query"):
        race(asked, [], words, Broken, lambda step: None)


def test_a_passage_is_embedded_once_and_a_question_each_time() -> None:
    texts: list[str] = []

    class Counting(WordEmbedder):
        def embed(
            self, some: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
        ) -> Embedded:
            texts.extend(some)
            return super().embed(some, kind, progress)

    embedder = Remembering(Counting())
    one = embedder.embed(["橋", "道", "橋"], "passage")
    two = embedder.embed(["道", "川"], "passage")
    embedder.embed(["橋"], "query")
    embedder.embed(["橋"], "query")
    assert texts == ["橋", "道", "川", "橋", "橋"]
    assert (one.vectors[1] == two.vectors[0]).all()
    assert one.vectors.shape == (3, DIMENSIONS)
    assert one.tokens == ()


def test_a_document_is_told_with_its_title_and_counts_once() -> None:
    assert told(Entry("a", "橋", "点検する。")) == "橋\n点検する。"
    assert told(Entry("a", "", "点検する。")) == "点検する。"
    assert told(Entry("a", "橋", " ")) == "橋"
    assert once(["a", "b", "a", "c", "d"], 3) == ["a", "b", "c"]


def test_rankings_are_fused() -> None:
    words, meaning = {1: 9.0, 2: 8.0, 3: 1.0}, {3: 0.9, 4: 0.88, 2: 0.8}
    # 2: 1/62 + 1/63, 3: 1/63 + 1/61, 1: 1/61, 4: 1/62
    assert reciprocal_ranks(words, meaning) == [3, 2, 1, 4]
    # stretched words: 1, .875, 0; meaning: 1, .8, 0
    assert min_max(0.5)(words, meaning) == [1, 3, 2, 4]
    assert min_max(0.0)(words, meaning) == [3, 4, 1, 2]
    assert min_max(0.7)({}, meaning) == [3, 4, 2]
    assert min_max(0.3)({5: 2.0}, {}) == [5]


def test_the_interval_of_a_difference_is_that_of_the_normal_distribution() -> None:
    draw = np.random.default_rng(7)
    theirs = draw.normal(0.5, 0.2, 900)
    ours = theirs + draw.normal(0.03, 0.3, 900)
    found = paired(ours.tolist(), theirs.tolist())
    mean, error = float((ours - theirs).mean()), float((ours - theirs).std()) / 30
    assert found.mean == pytest.approx(mean)
    assert found.low == pytest.approx(mean - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(mean + 1.96 * error, abs=0.1 * error)
    assert paired(ours.tolist(), theirs.tolist()) == found


def test_equal_results_differ_by_nothing() -> None:
    assert paired([0.2, 1.0], [0.2, 1.0]) == Interval(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="no question"):
        paired([], [])


QUESTIONS = tuple(Question(str(n), "橋", {"d1": 1}) for n in range(4))
RACE = Race(
    runs=(
        Run(OURS, {}, (("d1",),) * 4, (0.02, 0.01, 0.03, 0.04)),
        Run(MISSING, {"haystack-ai": "3.4.0"}, (("x", "d1"),) * 4, (0.1,) * 4),
    ),
    absent=(Absent(PEERS[0], "langchain_chroma がありません（make bench-peers が入れます）"),),
)


def test_the_table_tells_all_of_them() -> None:
    assert as_text(report("市のFAQ", 1200, QUESTIONS, RACE)) == (
        "## 市のFAQ（文書1,200件、質問4件）\n"
        "\n"
        "| 方式 | nDCG@10 | Recall@10 | MRR@10 | 中央値ms | nDCG@10 の差（ハンズオンナビ − 相手）と95%区間 |\n"
        "|---|---|---|---|---|---|\n"
        "| ハンズオンナビ | 1.0000 | 1.0000 | 1.0000 | 25.0 |  |\n"
        "| Haystack | 0.6309 | 1.0000 | 0.5000 | 100.0 | +0.3691（+0.3691 〜 +0.3691） |\n"
        "| LangChain（意味だけ） | 測っていません: langchain_chroma がありません（make bench-peers が入れます） | | | | |\n"
        "\n"
        "版: haystack-ai 3.4.0\n"
    )


def test_the_json_is_the_contract() -> None:
    made = as_json(report("市のFAQ", 1200, QUESTIONS, RACE))
    assert made["not_measured"] == {
        "langchain": "langchain_chroma がありません（make bench-peers が入れます）"
    }
    assert made["systems"] == {
        "ours": {
            "ndcg@10": 1.0,
            "recall@10": 1.0,
            "mrr@10": 1.0,
            "ms_median": 25.0,
            "versions": {},
            "ours_minus": None,
        },
        "haystack": {
            "ndcg@10": 0.6309,
            "recall@10": 1.0,
            "mrr@10": 0.5,
            "ms_median": 100.0,
            "versions": {"haystack-ai": "3.4.0"},
            "ours_minus": {"mean": 0.3691, "low": 0.3691, "high": 0.3691},
        },
    }


def test_names_are_given_once() -> None:
    names = [each.name for each in (OURS, *PEERS)]
    assert len(set(names)) == len(names)


def test_copies_are_the_same_sentences_in_another_order() -> None:
    entries = [
        Entry("a", "橋", "橋を点検する。\n結果を記録する。写真も残す。"),
        Entry("b", "", " "),
        Entry("c", "道", "道を直す。" * 100),
    ]
    made = list(passages(entries, 9))
    assert [entry.id for entry in made] == [str(n) for n in range(9)]
    assert made == list(passages(entries, 9))
    assert {entry.title for entry in made} == {"橋", "道"}
    assert made[0].text == "橋を点検する。結果を記録する。写真も残す。"
    copies = [entry.text for entry in made[2::2]]
    assert all(sorted(text) == sorted(made[0].text) for text in copies)
    assert set(copies) - {made[0].text}
    assert max(len(entry.text) for entry in made) == CHARS
    assert len(corpus_of(made).chunks) == 9


def test_vectors_are_drawn_near_real_ones_and_questions_are_embedded(tmp_path: Path) -> None:
    real = WordEmbedder().embed(["橋", "道"], "passage").vectors
    base = Embedded(real, (np.ones((3, 48), np.uint8), np.zeros((2, 48), np.uint8)))
    write_base(tmp_path / "base.npz", base)
    drawn = Drawn(WordEmbedder(), lambda: read_base(tmp_path / "base.npz"))
    made = drawn.embed([f"{n}" for n in range(50)], "passage")
    nearest = (made.vectors @ real.T).argmax(axis=1)
    assert (made.vectors @ real.T).max(axis=1).min() > 0.95
    assert set(nearest) == {0, 1}
    assert [len(tokens) for tokens in made.tokens] == [(3, 2)[row] for row in nearest]
    assert np.linalg.norm(made.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert (drawn.embed(["橋"], "query").vectors == real[:1]).all()


POINTS = (
    Point("ours", 10_000, 20.04, 30.0, 600.4, 1234.5, 9000.0),
    Point("haystack", 10_000, 300.0, 400.0, 12.0, 900.0, None),
    Point("ours", 200_000, 50.1, 70.0, 9000.0, 4321.0, 9000.4),
)


def test_growth_is_told_beside_the_smallest_size() -> None:
    growth = Growth(POINTS, {"haystack": "200,000チャンクで、プロセスが途中で終わりました（終了コード -9）"})
    assert growth_as_text(growth) == (
        "| 方式 | チャンク | 中央値ms | p95ms | 索引を作る秒 | メモリMB | ディスクのバイト/チャンク | 中央値の伸び |\n"
        "|---|---|---|---|---|---|---|---|\n"
        "| ハンズオンナビ | 10,000 | 20.0 | 30.0 | 600 | 1,234 | 9,000 |  |\n"
        "| ハンズオンナビ | 200,000 | 50.1 | 70.0 | 9000 | 4,321 | 9,000 | 2.5 倍 |\n"
        "| Haystack（BM25と意味） | 10,000 | 300.0 | 400.0 | 12 | 900 | メモリだけ |  |\n"
        "| Haystack（BM25と意味） | 測っていません: 200,000チャンクで、プロセスが途中で終わりました（終了コード -9）"
        " | | | | | | |\n"
    )
    assert growth_as_json(growth)["points"][0] == {
        "name": "ours",
        "chunks": 10_000,
        "ms_median": 20.04,
        "ms_p95": 30.0,
        "index_s": 600.4,
        "resident_mb": 1234.5,
        "disk": 9000.0,
    }


@pytest.mark.slow
def test_ours_grows_with_the_real_models_in_a_process_of_its_own(
    asked: RetrievalSet, starter: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(starter.models)
    monkeypatch.setenv("HANDSON_HOME", str(home))
    steps: list[str] = []
    growth = grow([asked], one_lucene(PEERS), [30], Settings(), steps.append)
    (ours,) = (point for point in growth.points if point.name == "ours")
    assert ours.chunks == 30
    assert 0 < ours.ms_median <= ours.ms_p95
    assert ours.resident_mb > 50
    assert ours.disk is not None
    assert ours.disk > 384 * 4
    assert steps[:2] == ["ベクトルのもとを作っています…", "ハンズオンナビに30チャンクを入れています…"]
    measured = {point.name for point in growth.points} | growth.absent.keys()
    assert measured == {"ours", "langchain", "langchain-hybrid", "llamaindex", "haystack", "lucene-rrf"}
    assert not (home / "cache").exists()


def test_the_command_tells_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["どこにもない"]) == 2
    assert (
        capsys.readouterr().err == "どこにもない というフォルダが見つかりません。場所を確かめてください。\n"
    )


@pytest.mark.slow
def test_the_command_races_and_keeps_the_figures(
    asked: RetrievalSet,
    starter: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(starter.models)
    monkeypatch.setenv("HANDSON_HOME", str(home))
    arguments = [str(tmp_path / "set"), "--limit", "2", "--json", str(tmp_path / "kept.json")]
    assert main([*arguments, "--only", "haystack", "lucene-rrf"]) == 0
    shown = capsys.readouterr().out
    assert "| Haystack（BM25と意味） |" in shown
    assert "LangChain" not in shown
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("## set（文書4件、質問2件）\n")
    kept = json.loads((tmp_path / "kept.json").read_text("utf-8"))["sets"]["set"]
    assert (kept["documents"], kept["questions"]) == (4, 2)
    assert kept["systems"]["ours"]["recall@10"] == 1
    assert kept["systems"].keys() | kept["not_measured"].keys() == {each.name for each in (OURS, *PEERS)}
    assert all(label in shown for label in (each.label for each in PEERS))


def test_a_name_that_nobody_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["set", "--only", "solr"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "--only に「solr」は使えません。使い方は python -m eval.peers --help で見られます。\n"
    )


def test_make_says_how_where_no_folder_is_given() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "bench-peers", "BENCH="], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == (
        "比べるフォルダを BENCH に書いてください。"
        '例: make bench-peers BENCH="../sets/a ../sets/b" OPTIONS="--limit 200"\n'
        "フォルダには BEIR 形式の corpus.jsonl、queries.jsonl、qrels.tsv を置きます。説明は docs/peers.md にあります。\n"
    )
