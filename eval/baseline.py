"""The figures that later releases are held against, and that the README shows: eval/baseline/golden.json.

``python -m eval.baseline --out FOLDER [--langchain PYTHON]`` asks the golden set of the current release and of the plain
baselines, writes the file, and writes the README's table anew (:mod:`eval.table`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.arguments import Parser
from eval.figures import HALVES, WHOLE
from eval.measures import METRICS, Values
from eval.runs import Run, read_run, summary

NAMES = [metric.name for metric in METRICS]


def baseline_file() -> Path:
    return Path(str(files("eval").joinpath("baseline/golden.json")))


def baseline_of(run: Run, path: Path | None = None) -> dict[str, Values] | None:
    """The baseline's values for the cases that a run measured; ``None`` where it is of other questions."""
    path = path or baseline_file()
    if not path.exists():
        return None
    told = json.loads(path.read_text("utf-8"))
    known = {name: dict(zip(told["metrics"], row, strict=True)) for name, row in told["cases"].items()}
    same = {
        case.id: {name: value for name, value in known[case.id].items() if value is not None}
        for case in run.cases
        if case.id in known
        and told["questions"].get(case.id) == list(case.turns)
        and run.values[case.id].get("right") is not None  # of a document that this home need not have
    }
    return same or None


def as_baseline(runs: dict[str, Run]) -> dict[str, Any]:
    """One line a case of ours; of the others only the figures."""
    ours = runs["handson"]
    values = ours.values
    return {
        "run": {name: value for name, value in asdict(ours.identity).items() if name != "release"},
        "systems": {
            name: {"groups": dict(_groups(run)), "latency_ms": summary(run)["latency_ms"]}
            for name, run in runs.items()
        },
        "metrics": NAMES,
        "questions": {case.id: list(case.turns) for case in ours.cases},
        "cases": {
            case.id: [None if (v := values[case.id].get(name)) is None else round(v, 4) for name in NAMES]
            for case in ours.cases
        },
    }


def _groups(run: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    """All figures of the whole and of the halves, and of a slice how often it was right."""
    groups: Any = summary(run)["groups"]
    for name, its in groups.items():
        yield name, its if name in (WHOLE, *HALVES.values()) else {"right": its["right"]}


def write(path: Path, told: dict[str, Any]) -> None:
    """Readable in a diff: a line for each figure and each case."""
    whole = json.dumps({**told, "questions": {}, "cases": {}}, ensure_ascii=False, indent=1)
    whole = re.sub(r"\{[^{}]+\}", lambda inner: re.sub(r"\s+", " ", inner.group()), whole)
    for key in ("questions", "cases"):
        lines = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in told[key].items()
        )
        whole = whole.replace(f'"{key}": {{}}', f'"{key}": {{\n{lines}\n }}')
    path.parent.mkdir(exist_ok=True)
    path.write_text(whole + "\n", "utf-8")


def main() -> None:
    parser = Parser(prog="python -m eval.baseline", description="基準値を測り直し、READMEの表を書き直す")
    parser.add_argument("--out", type=Path, required=True, metavar="フォルダ", help="測定のフォルダを置く所")
    parser.add_argument(
        "--langchain",
        metavar="PYTHON",
        help="LangChainのある環境の python（make bench-answers が渡す）。なければ測らない",
    )
    options = parser.parse_args()
    pythons = {"handson": sys.executable, "bm25": sys.executable, "langchain": options.langchain}
    runs: dict[str, Run] = {}
    for system, python in pythons.items():
        if python is None:
            continue
        out = options.out / system
        command = [python, "-m", "bot", "eval", "run", "golden", "--system", system, "--out", str(out)]
        subprocess.run(command, check=True)
        runs[system] = read_run(out)
    write(baseline_file(), as_baseline(runs))
    subprocess.run([sys.executable, "-m", "eval.table"], check=True)


if __name__ == "__main__":
    main()
