"""Pages read per second, by our readers and by plain LangChain loaders, from the same files.

Of the loaders for Excel and PowerPoint LangChain has only those on top of unstructured, which brings some
forty packages more (spaCy, pandas and numba among them); there our readers stand alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from eval.builds import page_of, sentences_of
from eval.samples import MAKERS
from ingest.collect import collect
from ingest.library import limits_of
from ingest.readers.formats import READERS
from ingest.readers.limits import Limits
from ingest.readers.parent import read
from rag.settings import Settings

PAGES = 40
ROUNDS = 3  # each way reads a file so often, in turns; the median counts

LOADERS = {".pdf": "PyPDFLoader", ".docx": "Docx2txtLoader", ".html": "BSHTMLLoader", ".csv": "CSVLoader"}


@dataclass(frozen=True)
class Pace:
    """Seconds for one file: ours in its child process, ours without it, the plain loader's if there is one."""

    ours: float
    bare: float
    plain: float | None


def measure_reading(settings: Settings) -> Iterator[tuple[str, str]]:
    """What to print, names and values. The files are made in the home of the settings."""
    yield f"pages read per second, files of {PAGES} pages", f"median of {ROUNDS}"
    paces = {}
    for suffix, path in _files(settings):
        paces[suffix] = _pace(path, limits_of(settings))
        yield f"  {suffix[1:]}", _against(LOADERS.get(suffix), [paces[suffix]])
    yield "  all that both read", _against("LangChain", [pace for pace in paces.values() if pace.plain])
    bare = [f"{suffix[1:]} {_speed([pace.bare])}" for suffix, pace in paces.items()]
    yield "  ours without the child process", ", ".join(bare)


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The same pages in every format, from the sentences of the shelves."""
    sentences = sentences_of(collect(settings))
    pages = [tuple(page_of(sentences, seed)) for seed in range(PAGES)]
    folder = settings.home / "reading"
    folder.mkdir()
    for suffix, make in MAKERS.items():
        path = folder / f"pages{suffix}"
        make(path, pages)
        yield suffix, path


def _pace(path: Path, limits: Limits) -> Pace:
    """In turns: the machine may be busier in one minute than in the next."""
    ways: list[Callable[[], object]] = [
        lambda: read(path, limits),
        lambda: READERS[path.suffix](path, limits),
    ]
    if path.suffix in LOADERS:
        ways.append(lambda: _load(path))
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, took in zip(ways, seconds, strict=True):
            started = time.perf_counter()
            way()
            took.append(time.perf_counter() - started)
    ours, bare, *plain = map(median, seconds)
    return Pace(ours, bare, plain[0] if plain else None)


def _load(path: Path) -> None:
    """As LangChain's own examples do, in this process."""
    from langchain_community import document_loaders

    loader = getattr(document_loaders, LOADERS[path.suffix])
    loader(str(path)).load()


def _against(loader: str | None, paces: Sequence[Pace]) -> str:
    """Ours (in the child process), the plain loader's, ours by the loader's."""
    ours = [pace.ours for pace in paces]
    plain = [pace.plain for pace in paces if pace.plain]
    if not plain:
        return f"{_speed(ours)}, no loader without unstructured"
    return f"{_speed(ours)}, {loader} {_speed(plain)}, ratio {sum(plain) / sum(ours):.2g}"


def _speed(seconds: Sequence[float]) -> str:
    return f"{PAGES * len(seconds) / sum(seconds):,.0f}"
