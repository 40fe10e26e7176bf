"""How fast it is: ``make bench``. Prints figures, judges none; the machine may be busy.

A release of the starter corpus is built in a temporary home; the encoder alone, on the same texts in
the same run, is the measure of the build.
"""

from __future__ import annotations

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

from eval.questions import load, starter_set
from ingest.build import build, collect
from rag.answer import open_desk
from rag.embed import passage_embedder
from rag.settings import Settings

QUESTIONS = 50
COLD_RUNS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        _print("machine", f"{os.cpu_count()} cores, Python {platform.python_version()}")
        _measure_build(settings)
        _measure_answers(settings)
        _measure_cold(settings)


def _measure_build(settings: Settings) -> None:
    embedder = passage_embedder(settings.model, settings.models)
    corpus = collect(settings)
    texts = [window.text for _, window in corpus.windows()]
    with _clock() as alone:
        embedder.embed(texts, "passage")
    with _clock() as whole:
        build(settings, lambda: embedder)
    _print("build", f"{len(corpus.chunks)} chunks, {len(texts)} vectors in {whole[0]:.1f} s")
    _print("  encoder alone, same texts", f"{alone[0]:.1f} s; build / encoder = {whole[0] / alone[0]:.2f}")


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
