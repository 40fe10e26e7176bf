"""A run of a set: a folder that can be continued, judged again, compared and kept.

::

    run.json        what was asked of whom; another set, release or code begins anew
    results.jsonl   one line a case (eval.asked), appended as each is answered
    summary.json    the figures
    report.html     to be read by people
    labels/         what people said of the answers (eval.labels)
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event

from pydantic import TypeAdapter, ValidationError

import rag
from eval.asked import Answerer, Asked
from eval.beir import SetError
from eval.cases import Case
from eval.failures import Failure, failures
from eval.figures import Figure, figures, groups, latency
from eval.measures import Values, measure

RUN, RESULTS, SUMMARY, REPORT = "run.json", "results.jsonl", "summary.json", "report.html"
_CASES: TypeAdapter[tuple[Case, ...]] = TypeAdapter(tuple[Case, ...])
_ASKED = TypeAdapter(Asked)


@dataclass(frozen=True)
class Identity:
    """What a run is of. Two runs with the same identity have the same results."""

    set: str
    cases_sha256: str
    release: str
    system: str
    model: str
    llm: str
    code: str


@dataclass(frozen=True)
class Run:
    """A finished run, with what is computed from it."""

    identity: Identity
    asked_at: str
    workers: int
    cases: tuple[Case, ...]
    results: tuple[Asked, ...]

    @cached_property
    def values(self) -> dict[str, Values]:
        return measure(self.cases, self.results)

    @cached_property
    def failures(self) -> dict[str, Failure]:
        return failures(self.cases, self.results)


def perform(
    folder: Path,
    identity: Identity,
    cases: Sequence[Case],
    answerer: Answerer,
    workers: int,
    tell: Callable[[str], object] = lambda _: None,
    advance: Callable[[int], object] = lambda _: None,
) -> Run:
    """Ask every case that has no result yet, several at a time, and keep each result as it comes."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _continued(folder, identity, cases, workers, tell)
    left = [case for case in cases if case.id not in known]
    advance(len(cases) - len(left))
    stop = Event()
    with (folder / RESULTS).open("a", encoding="utf-8") as file, ThreadPoolExecutor(workers) as pool:
        try:
            asked = [pool.submit(_unless(stop, answerer), case) for case in left]
            for done in as_completed(asked):
                result = done.result()
                known[result.id] = result
                file.write(_line(result))
                file.flush()
                advance(1)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    _write(folder / RESULTS, "".join(_line(known[case.id]) for case in cases))
    run = read_run(folder)
    _write(folder / SUMMARY, json.dumps(summary(run), ensure_ascii=False, indent=1) + "\n")
    return run


def _unless(stop: Event, answerer: Answerer) -> Callable[[Case], Asked]:
    def ask(case: Case) -> Asked:
        if stop.is_set():
            raise InterruptedError
        return answerer.ask(case)

    return ask


def read_run(folder: Path) -> Run:
    """A finished run. Raises SetError."""
    try:
        raw = json.loads((folder / RUN).read_text("utf-8"))
        cases = _CASES.validate_python(raw["cases"])
        lines = (folder / RESULTS).read_text("utf-8").splitlines()
        results = {asked.id: asked for asked in map(_ASKED.validate_json, lines)}
        run = Run(
            Identity(**raw["identity"]),
            raw["asked_at"],
            raw["workers"],
            cases,
            tuple(results[case.id] for case in cases),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetError(
            f"{folder} は終わった測定のフォルダではありません。handson eval run の --out に書いたフォルダを指定してください。"
        ) from error
    return run


def summary(run: Run) -> dict[str, object]:
    """All figures, by group of cases. The contract of ``--json``."""
    values = run.values
    took = latency(run.results)
    return {
        "run": asdict(run.identity) | {"asked_at": run.asked_at, "workers": run.workers},
        "groups": {
            name: {its.name: as_json(its) for its in figures(cases, values).values()}
            for name, cases in groups(run.cases).items()
        },
        "latency_ms": asdict(took) if took else None,
        "failures": {name: asdict(failure) for name, failure in run.failures.items()},
    }


def as_json(figure: Figure) -> dict[str, float | int | None]:
    """Rounded, so that the same run gives the same file everywhere."""
    whole = asdict(figure)
    return {
        key: round(value, 4) if isinstance(value, float) else value
        for key, value in whole.items()
        if key != "name"
    }


def code_hash() -> str:
    """What decides the answers besides the release: the files of rag/ and prompts/."""
    root = Path(rag.__file__).parent
    told = hashlib.sha256()
    folders: Iterable[Path] = (root, root.parent / "prompts")
    for path in sorted(
        p for folder in folders for p in folder.rglob("*") if p.suffix in (".py", ".yaml", ".md")
    ):
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()[:16]


def cases_hash(cases: Sequence[Case]) -> str:
    return hashlib.sha256(_CASES.dump_json(tuple(cases))).hexdigest()[:16]


def _continued(
    folder: Path, identity: Identity, cases: Sequence[Case], workers: int, tell: Callable[[str], object]
) -> dict[str, Asked]:
    """The results that are there already, of the same run; else a new beginning."""
    started = {
        "identity": asdict(identity),
        "asked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "workers": workers,
        "cases": json.loads(_CASES.dump_json(tuple(cases))),
    }
    before = _before(folder)
    if before is None or before["identity"] != started["identity"]:
        if before is not None:
            names = {"set": "セット", "cases_sha256": "質問", "release": "リリース", "system": "方式"}
            names |= {"model": "埋め込みモデル", "llm": "言語モデル", "code": "プログラム"}
            was = before["identity"]
            changed = [names[key] for key, value in asdict(identity).items() if was.get(key) != value]
            tell(f"{'・'.join(changed)}が前の測定と違うので、はじめから測ります。")
        (folder / RESULTS).unlink(missing_ok=True)
        (folder / SUMMARY).unlink(missing_ok=True)
        _write(folder / RUN, json.dumps(started, ensure_ascii=False, indent=1) + "\n")
        return {}
    known = {asked.id: asked for asked in _whole_lines(folder / RESULTS)}
    if known:
        tell(f"前の測定の続きから測ります（{len(known):,}問は済んでいます）。")
    _write(folder / RESULTS, "".join(map(_line, known.values())))
    return known


def _before(folder: Path) -> dict[str, dict[str, str]] | None:
    try:
        told: dict[str, dict[str, str]] = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if "identity" in told else None


def _whole_lines(path: Path) -> Iterable[Asked]:
    """What was written whole; a process that was killed may have left half a line."""
    for line in path.read_text("utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            yield _ASKED.validate_json(line)
        except ValidationError:
            continue


def _line(asked: Asked) -> str:
    return _ASKED.dump_json(asked).decode() + "\n"


def _write(path: Path, text: str) -> None:
    """In one step: a file is the old one or the new one."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    os.replace(part, path)
