"""The pairings of needs and seeds and their states, written down: one line a step, none ever changed."""

from __future__ import annotations

import datetime
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from rag.errors import LedgerError
from rag.matching.kpi import Pairing

_LINE = TypeAdapter(Pairing)
FILE = "matches.jsonl"  # in HANDSON_HOME


class Ledger:
    """``home`` holds the file. Two who write at once wait for each other."""

    def __init__(self, home: Path) -> None:
        self._file = home / FILE

    def pairings(self) -> dict[tuple[str, str], Pairing]:
        """Need and seed -> the state that they have reached. Raises LedgerError with the line."""
        if not self._file.exists():
            return {}
        with self._file.open(encoding="utf-8", errors="replace") as file:
            return self._read(file)

    def of_need(self, need_id: str) -> dict[str, Pairing]:
        """What is written down of one need, by the seed."""
        return {seed: pairing for (need, seed), pairing in self.pairings().items() if need == need_id}

    def of_seed(self, seed_id: str) -> dict[str, Pairing]:
        """What is written down of one seed, by the need."""
        return {need: pairing for (need, seed), pairing in self.pairings().items() if seed == seed_id}

    def record(self, pairing: Pairing, when: datetime.date) -> Pairing:
        """Write a pairing down, at its state. Raises StateError where it has come further already."""
        with self._locked() as file:
            known = self._read(file).get((pairing.need_id, pairing.seed_id))
            reached = known.advanced(pairing.state) if known else pairing
            file.write(json.dumps(asdict(reached) | {"when": f"{when}"}, ensure_ascii=False) + "\n")
        return reached

    def _read(self, file: IO[str]) -> dict[tuple[str, str], Pairing]:
        file.seek(0)
        found: dict[tuple[str, str], Pairing] = {}
        for number, line in enumerate(file, 1):
            try:
                pairing = _LINE.validate_json(line)
            except ValidationError as error:
                raise LedgerError(
                    f"{self._file} の{number}行目を読めません。その行を直すか、控えから戻してください。"
                ) from error
            found[pairing.need_id, pairing.seed_id] = pairing
        return found

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+", encoding="utf-8", errors="replace") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
