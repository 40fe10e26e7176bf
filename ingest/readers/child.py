"""The child process that reads one file under limits and prints what it read as JSON.

``main(limits, name, "reading" | "tables")``: a document's pages, or the tables of a list.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from ingest.readers.formats import READERS, TABLE_READERS
from ingest.readers.limits import Limits
from ingest.readers.sheets import Tables
from ingest.types import Reading
from rag.errors import UnreadableFile


def main(limits_json: str, name: str, what: str) -> None:
    limits = Limits(**json.loads(limits_json))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for library in ("pypdf", "pdfminer"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    path = Path(name)
    try:
        answer = asdict(_read(path, limits) if what == "reading" else _read_tables(path, limits))
    except UnreadableFile as error:
        answer = {"error": error.message}
    except MemoryError:
        raise SystemExit(1) from None
    except Exception as error:  # parsers raise anything on a broken file; it is one story to a reader
        answer = {
            "error": f"{path.name} を読み取れません。壊れているか、名前と中身の形式が違います"
            f"（{type(error).__name__}）。元のファイルを開けるか確かめ、保存し直してから追加してください。"
        }
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _read(path: Path, limits: Limits) -> Reading:
    reading = READERS[path.suffix.lower()](path, limits)
    _refuse_long(path, limits, sum(len(page.text) for page in reading.pages))
    return reading


def _read_tables(path: Path, limits: Limits) -> Tables:
    read = TABLE_READERS[path.suffix.lower()](path, limits)
    _refuse_long(path, limits, sum(len(c.text) for t in read.tables for row in t.body for c in row))
    return read


def _refuse_long(path: Path, limits: Limits, letters: int) -> None:
    if letters > limits.chars:
        raise UnreadableFile(
            f"{path.name} は{letters:,}文字あり、上限の{limits.chars:,}文字を超えています。分割して追加してください。"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
