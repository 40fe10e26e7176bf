"""The words' index is made of what was analysed before and of what is new, and both give the same."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import corpus_of

from ingest import words
from ingest.collect import Corpus

CORPUS = corpus_of(橋="橋の定期点検は5年に1回です。", 水道="水道管の漏水を人工衛星で調べます。")
CHANGED = corpus_of(橋="橋の定期点検は5年に1回です。", 水道="水道管の漏水を音で調べます。")


def files(folder: Path, corpus: Corpus, cache: Path) -> dict[str, bytes]:
    words.write(folder, corpus, cache)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_was_analysed_before_gives_the_same_index(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = files(tmp_path / "1", CORPUS, cache)
    assert files(tmp_path / "2", CORPUS, cache) == first
    assert files(tmp_path / "3", CORPUS, tmp_path / "none") == first
    assert files(tmp_path / "4", CHANGED, cache) == files(tmp_path / "5", CHANGED, tmp_path / "no")


def test_only_new_groups_are_analysed(tmp_path: Path) -> None:
    def known(cache: Path) -> int:
        with closing(sqlite3.connect(cache / "words.sqlite")) as database:
            (count,) = database.execute("SELECT count(*) FROM kept").fetchone()
        return int(count)

    cache = tmp_path / "cache"
    words.write(tmp_path / "1", CORPUS, cache)
    assert known(cache) == 2
    words.write(tmp_path / "2", CHANGED, cache)
    assert known(cache) == 3


def test_a_damaged_cache_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = tmp_path / "cache"
    first = files(tmp_path / "1", CORPUS, cache)
    (cache / "words.sqlite").write_bytes(b"garbage" * 999)
    assert files(tmp_path / "2", CORPUS, cache) == first
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith(f"語の控え {cache / 'words.sqlite'} が壊れています（")
