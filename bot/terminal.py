"""Words to a person at a terminal: results to standard output, complaints and progress to standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stderr.write(text.encode("utf-8", "replace").decode() + "\n")


class Bar:
    """How far a build is, on standard error (see :class:`ingest.build.Progress`)."""

    def step(self, name: str) -> None:
        complain(f"{name}…")

    def start(self, total: int, known: int) -> None:
        from tqdm import tqdm

        again = f"（うち再利用{known:,}件）" if known else ""
        self._bar = tqdm(
            total=total,
            initial=known,  # neither the rate nor the time left counts what needs no work
            unit="件",
            file=sys.stderr,
            mininterval=0.5,
            bar_format="ベクトルを作っています {n_fmt}/{total_fmt}件"
            + again
            + " |{bar:20}| {rate_fmt} 残り{remaining}",
        )

    def advance(self, done: int) -> None:
        self._bar.update(done)

    def finish(self) -> None:
        self._bar.close()
