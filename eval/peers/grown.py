"""One peer over many chunks, in a process of its own: its memory is its own, its index may have stayed on disk.

``python -m eval.peers.grown NAME FOLDER index`` takes in ``FOLDER/corpus.jsonl``. With ``serve`` it also answers:
each line of standard input is a question, each line of standard output the seconds it took; the first line says
that it is ready, the last what it holds.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from time import perf_counter

from eval.beir import Entry
from eval.peers.entrants import OURS, PEERS
from eval.peers.peer import Peer, Place
from eval.peers.race import K, opened, why
from eval.peers.synthetic import Drawn, read_base
from rag.embed import Embedder
from rag.models import open_embedder
from rag.settings import Settings

CORPUS = "corpus.jsonl"
STATUS = Path("/proc/self/status")


def main(name: str, folder: str, phase: str) -> None:
    say = _own_output()
    started = perf_counter()
    try:
        peer = _peer(name, Path(folder))
    except Exception as error:  # whatever a library does is told
        say({"failed": why(error)})
        return
    say({"seconds": perf_counter() - started})
    if phase == "serve":
        for line in sys.stdin:
            say({"seconds": _asked(peer, json.loads(line))})
        say({"resident_mb": resident_mb()})


def base_file(folder: Path, model: str) -> Path:
    """Where the real vectors of a model lie."""
    return folder / f"base-{Path(model).name}.npz"


def resident_mb() -> float:
    """Memory that this process holds now (where the system does not tell: the most it ever held)."""
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _peer(name: str, folder: Path) -> Peer:
    entrant = next(each for each in (OURS, *PEERS) if each.name == name)
    settings = Settings()

    @cache
    def open_model(model: str) -> Embedder:
        return Drawn(open_embedder(model, settings.models), partial(read_base, base_file(folder, model)))

    own = folder / name
    own.mkdir(exist_ok=True)
    # a home aside: vectors drawn by lot must never get into a cache that anybody else reads
    aside = settings.model_copy(update={"home": folder / "home"})
    rows = map(json.loads, (folder / CORPUS).open(encoding="utf-8"))
    return opened(entrant, Place(aside, own, open_model), [Entry(**row) for row in rows])


def _asked(peer: Peer, question: str) -> float:
    started = perf_counter()
    peer.search(question, K)
    return perf_counter() - started


def _own_output() -> Callable[[object], None]:
    """Standard output for us alone: what libraries print there goes to standard error."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(told: object) -> None:
        output.write(json.dumps(told) + "\n")
        output.flush()

    return say


if __name__ == "__main__":
    main(*sys.argv[1:])
