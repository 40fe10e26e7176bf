"""How fast it is: ``make bench``. Prints figures and their aims, judges none; the machine may be busy.

Ratios are of one run. Everything happens in a temporary home (see :mod:`eval.builds`).
"""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from eval.builds import CHUNKS, PAGES, Measured
from eval.questions import load, starter_set
from eval.reading import measure_reading
from rag.answer import open_desk
from rag.models import open_embedder
from rag.settings import Settings

QUESTIONS = 50
COLD_RUNS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        _print("machine", f"{os.cpu_count()} cores, Python {platform.python_version()}")
        for name, value in measure_reading(settings):
            _print(name, value)
        open_embedder(settings.model, settings.models)  # its weights are turned into a folder once
        _measure_builds(settings)
        _measure_answers(settings)
        _measure_cold(settings)
        large = _built("large", settings)
        _print(
            f"peak memory, {CHUNKS:,} chunks ({large.vectors:,} vectors)",
            f"{large.megabytes / 1024:.2f} GB (aim < 1.5)",
        )


def _measure_builds(settings: Settings) -> None:
    full = _built("full", settings)
    size = f"{full.chunks:,} chunks, {full.vectors:,} vectors"
    _print(f"build, {PAGES} pages", f"{size}, {full.whole:.0f} s, peak {full.megabytes / 1024:.2f} GB")
    _print("  encoder alone / embedding, same texts", f"{full.bare / full.embedding:.2f} (aim >= 0.90)")
    rest = (full.whole - full.embedding) / full.whole
    loading = full.loading / full.whole
    _print(
        "  everything but embedding", f"{rest:.1%} of the build (aim < 15 %), {loading:.1%} loads the model"
    )
    changed = _built("changed", settings)
    _print(
        f"  one page of {PAGES} changed ({changed.embedded} texts embedded)",
        f"{changed.whole:.1f} s, {changed.whole / full.whole:.1%} of the build (aim < 5 %)",
    )


def _built(kind: str, settings: Settings) -> Measured:
    """A build in a process of its own, as cold as ``handson build`` is."""
    command = [sys.executable, "-m", "eval.builds", kind, str(settings.home)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Measured(**json.loads(done.stdout))


def _measure_answers(settings: Settings) -> None:
    desk = open_desk(settings)
    questions = [case.question for case in load(starter_set())][:QUESTIONS]
    desk.ask(questions[0])
    seconds = []
    for question in questions:
        with _clock() as took:
            desk.ask(question)
        seconds.append(took[0])
    seconds.sort()
    slow = seconds[int(0.95 * len(seconds))]
    _print(
        f"answer, warm, {len(seconds)} questions",
        f"median {median(seconds) * 1e3:.0f} ms, p95 {slow * 1e3:.0f} ms",
    )


def _measure_cold(settings: Settings) -> None:
    environment = os.environ | {"HANDSON_HOME": str(settings.home)}
    seconds = []
    for _ in range(COLD_RUNS):
        with _clock() as took:
            subprocess.run(
                [sys.executable, "-m", "bot", "ask", "道路橋の定期点検は何年に1回ですか"],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        seconds.append(took[0])
    _print("handson ask, cold", f"median {median(seconds):.1f} s of {COLD_RUNS}")
    port = _free_port()
    with _clock() as took:
        server = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            env=environment | {"HANDSON_PORT": str(port)},
            stdout=subprocess.DEVNULL,
        )
        _wait_for(f"http://127.0.0.1:{port}/healthz")
    server.terminate()
    server.wait()
    _print("server ready", f"{took[0]:.1f} s")


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(address)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _clock() -> Iterator[list[float]]:
    took: list[float] = []
    start = time.perf_counter()
    yield took
    took.append(time.perf_counter() - start)


def _print(name: str, value: str) -> None:
    sys.stdout.write(f"{name}: {value}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
