"""One of our modules in a process of its own, which may crash, hang or abort without taking us along.

A native library can end its whole process on a damaged file; no ``except`` helps against that. This
module knows how such a process is started, timed and buried, and nothing of what it does::

    ending = Child("ingest.verify", "folder", seconds=300).wait()

The child outlives its parent by a fraction of a second at most, however the parent dies.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
ORPHAN_CHECK_SECONDS = 0.2
POLL_SECONDS = 0.02
CAUSE_CHARS = 200  # letters of a complaint that a person is shown


@dataclass(frozen=True)
class Ending:
    """How a child ended. ``code`` is its exit status, negative for a signal, ``None`` past its time."""

    code: int | None
    said: str  # to standard output: what it has to tell a person
    complained: str  # to standard error: for the log

    @property
    def well(self) -> bool:
        return self.code == 0

    @property
    def cause(self) -> str:
        """Why it did not end well, in Japanese, short."""
        if self.code is None:
            return "時間内に終わりませんでした"
        if self.code < 0:
            return f"プロセスがシグナル{-self.code}で異常終了しました"
        last = self.complained.strip().rpartition("\n")[2]
        return (self.said or last or f"終了コード{self.code}")[:CAUSE_CHARS].rstrip("。")


class Child:
    """``python -m module arguments`` with ``seconds`` to live, and no secrets in its environment."""

    def __init__(self, module: str, *arguments: str, seconds: float) -> None:
        # files, not pipes: a child that says much must not wait for a reader
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _bury
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        self._ends_at = time.monotonic() + seconds
        self._late = False
        self._process = subprocess.Popen(
            # -P: the folder the user stands in holds documents, not code
            [sys.executable, "-P", "-m", "rag.child", str(os.getpid()), module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._complaints,
            env=_environment(),
        )
        self._bury = weakref.finalize(self, _bury, self._process, (self._output, self._complaints))

    def poll(self) -> Ending | None:
        """How it ended, or ``None`` while it runs; past its time it is killed."""
        code = self._process.poll()
        if code is None and time.monotonic() > self._ends_at:
            self._process.kill()
            self._process.wait()
            self._late = True
        elif code is None:
            return None
        return Ending(None if self._late else code, _text(self._output), _text(self._complaints))

    def wait(self) -> Ending:
        """Wait for its end, or for its time to run out."""
        while (ending := self.poll()) is None:
            time.sleep(POLL_SECONDS)
        return ending

    def kill(self) -> None:
        """End it now."""
        self._bury()


def _bury(process: subprocess.Popen[bytes], files: tuple[IO[bytes], ...]) -> None:
    process.kill()
    process.wait()
    for file in files:
        file.close()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").strip()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os._exit(1)


def main(parent: str, module: str, *arguments: str) -> None:
    """In the child: become ``module``."""
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
