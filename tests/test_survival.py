"""What a build and a server must survive: kill -9, a full disk, each other, and damaged releases.

Real processes, real signals, real errors of the system; only the embedder is a double.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from conftest import corpus_of
from doubles import WordEmbedder

from ingest import build as building
from ingest import verify
from rag.published import publish
from rag.release import MANIFEST, current_id
from rag.settings import Settings

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent
PATIENCE = 30.0  # seconds
build = partial(building.build, check=verify.verify)

BEGIN = f"""
import json, os, random, resource, signal, sys, time
sys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent)!r}]
from functools import partial
from pathlib import Path
from conftest import corpus_of, open_small
from doubles import WordEmbedder
from ingest import build as building, verify
from rag.published import current_id
from rag.settings import Settings

settings = Settings(home=Path(sys.argv[1]), model="words", chroma_from=0)

def corpus(number, size=120):
    return corpus_of(**{{f"橋{{n}}": f"{{n}}番の橋の点検は第{{number}}号の決まりで行います。" for n in range(size)}})

def answers():
    desk = open_small(settings)
    answer = desk.ask("17番の橋の点検の決まりは")
    return answer.status == "answered" and answer.release == desk.release.id == current_id(settings.releases)

def build(number, check=verify.verify, **options):
    building.build(settings, WordEmbedder, corpus=corpus(number, **options), check=check)
"""

KILLS = """
import rag.dense, chromadb  # imported once, used only in the forks

def forked(number, check):
    child = os.fork()
    if child == 0:
        try:
            build(number, check)
            os._exit(0)
        finally:
            os._exit(1)
    return child

def took(number, check):
    started = time.monotonic()
    assert os.waitpid(forked(number, check), 0)[1] == 0
    return time.monotonic() - started

took(0, verify.verify)
assert answers()  # imports what the forks need, too
ways = [(check, took(number, check)) for number, check in ((1, verify.verify), (2, verify.check))]
seed = random.randrange(10**6)
moments = random.Random(seed)
killed = 0
for number in range(3, 23):
    check, whole = ways[number % 10 == 0]
    child = forked(number, check)
    time.sleep(moments.uniform(0, whole))
    os.kill(child, signal.SIGKILL)
    killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert answers(), (seed, number)
assert os.waitpid(forked(99, verify.check), 0)[1] == 0
assert answers()
print(json.dumps({"killed": killed, "seed": seed}))
"""


def run(home: Path, program: str, *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", BEGIN + program, str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def rubbish(home: Path) -> list[str]:
    """What should not be there after a build that went well."""
    folders = [path for path in (home / "releases").iterdir() if path.is_dir()]
    unfinished = [folder for folder in folders if not (folder / MANIFEST).exists()]
    parts = [p for p in home.rglob("*") if p.name.endswith((".part", "-journal", ".damaged"))]
    return [str(path) for path in (*unfinished, *parts)]


def test_kill_9_at_twenty_moments_of_a_build(tmp_path: Path) -> None:
    outcome = told(run(tmp_path, KILLS))
    assert outcome["killed"] >= 10, outcome
    assert rubbish(tmp_path) == []
    time.sleep(0.5)  # a child of a build that was killed ends by itself
    processes = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if os.access(p, os.R_OK)]
    assert [line for line in processes if str(tmp_path).encode() in line] == []


FILE_LIMIT = """
build(1)
outcomes = []
for limit in (10, 3_000, 30_000, 60_000, 150_000, 3_000_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        build(2 + limit)
        outcomes.append("built")
    except Exception as error:
        outcomes.append(f"{type(error).__name__} {error}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert answers()
build(3)
assert answers()
print(json.dumps(outcomes))
"""


def test_files_that_cannot_grow_fail_the_build_and_nothing_else(tmp_path: Path) -> None:
    outcomes = told(run(tmp_path, FILE_LIMIT))
    assert outcomes[0] == (
        "ReleaseError リリースを書けません（ディスクの空きが足りません）。公開中のリリースはそのままです。"
        f"{tmp_path / 'releases'} の空き容量と権限を確かめ、もう一度 handson build を実行してください。"
    )
    assert {outcome.split()[0] for outcome in outcomes} == {"ReleaseError", "built"}, outcomes
    assert outcomes[-1] == "built"
    assert any("（Chroma）を書けません" in outcome for outcome in outcomes), outcomes
    assert rubbish(tmp_path) == []


FULL_DISK = """
import subprocess
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(settings.home)], check=True)
build(1)
first = current_id(settings.releases)
try:
    build(2, size=3000)
except Exception as error:
    outcome = f"{type(error).__name__} {error}"
assert current_id(settings.releases) == first and answers()
assert [path.name for path in settings.releases.iterdir() if path.is_dir()] == [first]
for path in settings.cache.iterdir():
    path.unlink()
build(3)
assert answers() and current_id(settings.releases) != first
print(json.dumps(outcome))
"""


def test_a_full_disk_fails_the_build_and_nothing_else(tmp_path: Path) -> None:
    apart = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = [*apart, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this system does not let us mount a small disk; the limit on files stands for it")
    outcome = told(run(tmp_path, FULL_DISK, *apart))
    assert "ディスクの空きが足りません" in outcome or "（Chroma）を書けません" in outcome, outcome


WAITING = """
class Waiting(WordEmbedder):
    def embed(self, *arguments):
        print("embedding", flush=True)
        sys.stdin.read()
        return super().embed(*arguments)

building.build(settings, Waiting, corpus=corpus(2))
"""


def test_a_second_build_is_told_who_builds_and_exits_with_3(tmp_path: Path) -> None:
    first = [sys.executable, "-c", BEGIN + WAITING, str(tmp_path)]
    second = [sys.executable, "-m", "bot", "build"]
    environment = os.environ | {"HANDSON_HOME": str(tmp_path)}
    with subprocess.Popen(first, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as builder:
        assert builder.stdout
        assert builder.stdout.readline() == b"embedding\n"
        done = subprocess.run(
            second, capture_output=True, text=True, cwd=TESTS.parent, env=environment, check=False
        )
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == (
            f"別の handson build が動いています（プロセス {builder.pid}）。終わってから実行してください。\n"
        )
        builder.kill()
    with building.published.building(tmp_path / "releases"):  # the kernel has freed the lock
        pass


SERVER = """
import uvicorn
from bot.app import create_app
from bot.live import LiveDesk
live = LiveDesk(settings, open_small, look_seconds=0.02)
uvicorn.run(create_app(settings, live), port=int(sys.argv[2]), log_level="warning", access_log=False)
"""


class Server:
    """A server in a process of its own."""

    def __init__(self, address: str) -> None:
        self.address = address

    def health(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.address}/healthz", timeout=10).raise_for_status().json())

    def answer(self) -> dict[str, Any]:
        asked = {"question": "17番の橋の点検の決まりは"}
        return dict(httpx.post(f"{self.address}/api/chat", json=asked, timeout=10).raise_for_status().json())


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[Server, Path]]:
    """A running server, and the file it logs to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = settings.home / "log"
    command = [sys.executable, "-c", BEGIN + SERVER, str(settings.home), str(port)]
    with log.open("wb") as file, subprocess.Popen(command, stderr=file) as process:
        server = Server(f"http://127.0.0.1:{port}")
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and process.poll() is None:
            try:
                server.health()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield server, log
        assert process.poll() is None, log.read_text("utf-8")
        process.terminate()


def make(settings: Settings, number: int, size: int = 40) -> str:
    texts = {f"橋{n}": f"{n}番の橋の点検は第{number}号の決まりで行います。" for n in range(size)}
    return build(settings, WordEmbedder, corpus=corpus_of(**texts)).id


def wait_for_line(log: Path, part: str) -> str:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        found = [line for line in log.read_text("utf-8").splitlines() if part in line]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"{part!r} is not in the log: {log.read_text('utf-8')}")


def test_a_chroma_directory_that_kills_its_opener_is_not_opened(settings: Settings) -> None:
    release = make(settings, 1, size=1100)
    space = settings.releases / release / "vectors" / "main"
    (graph,) = (space / "chroma").glob("*/data_level0.bin")
    graph.write_bytes(np.random.default_rng(1).bytes(graph.stat().st_size))
    opener = [sys.executable, "-m", "rag.dense", str(space)]
    assert subprocess.run(opener, cwd=TESTS.parent, capture_output=True, check=False).returncode < 0
    with serving(settings) as (server, log):
        line = wait_for_line(log, "シグナル")
        assert line.startswith(f"リリース {release} のChromaは使わず、正確な計算で探します（")
        health = server.health()
        assert (health["search"], health["fallback"]) == ("exact", True)
        assert server.answer()["release"] == release


def test_a_server_outlives_bad_releases_and_the_loss_of_its_own(settings: Settings) -> None:
    first = make(settings, 1)
    with serving(settings) as (server, log):
        for name, content in ((MANIFEST, b"garbage"), ("vectors/main/vectors.npy", b"\x93NUMPY\x01")):
            bad = make_unseen(settings, name, content)
            assert f"いまのリリース {first} で答え続けます。" in wait_for_line(log, bad)
            assert server.answer()["release"] == first
        shutil.rmtree(settings.releases)
        assert server.answer()["release"] == first
        assert server.health()["release"] == first


def make_unseen(settings: Settings, name: str, content: bytes) -> str:
    """A release that is damaged before it is published."""
    current = current_id(settings.releases)
    texts = {"橋": "17番の橋の点検の決まりは、別の号です。"}
    bad = build(settings, WordEmbedder, corpus=corpus_of(**texts), publish=False).id
    assert current is not None
    (settings.releases / bad / name).write_bytes(content)
    (settings.releases / "CURRENT.new").write_text(bad, "utf-8")
    os.replace(settings.releases / "CURRENT.new", settings.releases / "CURRENT")
    return bad


def test_a_release_is_not_served_before_it_opens(settings: Settings) -> None:
    first, second = make(settings, 1), make(settings, 2)
    (settings.releases / second / "chunks.jsonl").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        env=os.environ | {"HANDSON_HOME": str(settings.home), "HANDSON_MODEL": "words"},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"リリース {second} が壊れています（chunks.jsonl が書き換わっています）。")
    publish(settings.releases, first, "words")
