"""Reads a file in a child process: a 14 KB PDF can keep a parser busy for over a minute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.readers.formats import READERS, TABLE_READERS
from ingest.readers.grid import Cell
from ingest.readers.limits import Limits
from ingest.readers.rows import Table
from ingest.readers.sheets import Tables
from ingest.types import Page, Reading, Removed
from rag.errors import UnreadableFile

SUFFIXES = tuple(READERS)  # endings of the files that can be read
TABLE_SUFFIXES = tuple(TABLE_READERS)  # of those whose tables can


def read(path: Path, limits: Limits) -> Reading:
    """Read a document. Raises UnreadableFile with what is wrong, which file and what to do."""
    return reading_of(_answer(path, limits, "reading", SUFFIXES))


def read_tables(path: Path, limits: Limits) -> Tables:
    """Read the tables of a list. Raises UnreadableFile as ``read`` does."""
    raw = _answer(path, limits, "tables", TABLE_SUFFIXES)
    return Tables(
        tables=tuple(_table_of(table) for table in raw["tables"]),
        removed=tuple(Removed(**part) for part in raw["removed"]),
    )


def _table_of(raw: dict[str, Any]) -> Table:
    body = tuple(tuple(Cell(**cell) for cell in row) for row in raw["body"])
    return Table(tuple(raw["captions"]), tuple(raw["header"]), body, raw["sheet"])


def _answer(path: Path, limits: Limits, what: str, suffixes: tuple[str, ...]) -> dict[str, Any]:
    """What the child process read, as it told it."""
    _refuse_at_the_door(path, limits, suffixes)
    # -P: the folder the user stands in holds documents, not code
    command = [
        sys.executable,
        "-P",
        "-m",
        "ingest.readers.child",
        json.dumps(asdict(limits)),
        str(path),
        what,
    ]
    try:
        child = subprocess.run(
            command,
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFile(
            f"{path.name} の読み取りが{limits.seconds:.0f}秒で終わりませんでした。"
            "ページを分けるか、別の方法で保存し直してから追加してください。"
        ) from None
    if child.returncode != 0:
        raise UnreadableFile(
            f"{path.name} を読み取れません（メモリなどの上限を超えたか、壊れています）。"
            "ページを分けるか、保存し直してから追加してください。"
        )
    answer: dict[str, Any] = json.loads(child.stdout)
    if "error" in answer:
        raise UnreadableFile(answer["error"])
    return answer


def reading_of(raw: dict[str, Any]) -> Reading:
    """A reading from its JSON."""
    return Reading(
        pages=tuple(Page(**page) for page in raw["pages"]),
        laid_out=raw["laid_out"],
        title=raw["title"],
        removed=tuple(Removed(**part) for part in raw.get("removed", ())),
    )


def _refuse_at_the_door(path: Path, limits: Limits, suffixes: tuple[str, ...]) -> None:
    if not path.is_file():
        raise UnreadableFile(f"{path} が見つかりません。ファイル名と場所を確かめてください。")
    if path.suffix.lower() not in suffixes:
        raise UnreadableFile(
            f"{path.name} の形式には対応していません。追加できるのは {' '.join(suffixes)} です。"
        )
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile(f"{path.name} は空のファイルです。中身を確かめてください。")
    if size > limits.file_bytes:
        raise UnreadableFile(
            f"{path.name} は{size / 2**20:.0f} MBあり、上限の{limits.file_bytes / 2**20:.0f} MBを超えています。"
            "分割するか、画像を軽くしてから追加してください。"
        )


def _environment() -> dict[str, str]:
    """Enough to find this code and read file names; no secrets for a parser to lose."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}
