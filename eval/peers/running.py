"""A peer in a process of its own, spoken to line by line (:mod:`eval.peers.grown` is the other end)."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, cast

from eval.peers.peer import Entrant


class Failed(Exception):
    """A process ended before its work was done, or said why it cannot do it. The message is Japanese."""


class Running:
    """Ready to be asked. ``index_s``: seconds its indexing took; ``disk``: bytes of what it keeps."""

    def __init__(self, entrant: Entrant, folder: Path, stack: ExitStack) -> None:
        """Index what is in the folder and open it; the process ends with the ``stack``. Raises Failed."""
        self.entrant = entrant
        writer = _process(entrant, folder, "index", stack) if entrant.keeps else None
        written = _said(writer) if writer else {}
        if writer:
            writer.communicate()
        self._process = _process(entrant, folder, "serve", stack)
        self.index_s = float((_said(self._process) | written)["seconds"])
        self.disk = _bytes(folder / entrant.name) if entrant.keeps else None

    def ask(self, question: str) -> float:
        """The seconds it took. Raises Failed."""
        with suppress(BrokenPipeError):  # nobody reads any more: what it said last tells why
            self._input.write(json.dumps(question) + "\n")
            self._input.flush()
        return float(_said(self._process)["seconds"])

    def leave(self) -> float:
        """End it; the MB it held in memory. Raises Failed."""
        self._input.close()
        return float(_said(self._process)["resident_mb"])

    @property
    def _input(self) -> IO[str]:
        return cast("IO[str]", self._process.stdin)


def _process(entrant: Entrant, folder: Path, phase: str, stack: ExitStack) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "eval.peers.grown", entrant.name, str(folder), phase]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return stack.enter_context(process)


def _said(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = cast("IO[str]", process.stdout).readline()
    if not line:
        raise Failed(f"プロセスが途中で終わりました（終了コード {process.wait()}）")
    told: dict[str, Any] = json.loads(line)
    if "failed" in told:
        raise Failed(told["failed"])
    return told


def _bytes(folder: Path) -> int:
    """What its files hold; what lies elsewhere (a link) is not its own."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
