"""Words to a person at a terminal: results to standard output, complaints and progress to standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stderr.write(text.encode("utf-8", "replace").decode() + "\n")


class Bar:
    """A progress bar on standard error (see :class:`ingest.build.Progress`)."""

    def start(self, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, desc="ベクトルを作成", unit="件", file=sys.stderr)

    def advance(self, done: int) -> None:
        self._bar.update(done)

    def finish(self) -> None:
        self._bar.close()
