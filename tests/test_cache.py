"""Vectors made before: nothing is embedded twice, and no fault of the file costs more than time."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import corpus_of
from doubles import WordEmbedder

from ingest import build as building
from ingest import verify
from ingest.cache import SLICE, CachedEmbedder
from ingest.kept import KEPT_BUILDS
from rag.embed import Embedded, Embedder, Kind
from rag.settings import Settings

TEXTS = ["橋の点検です", "水道の漏水です", "公園の遊具です"]


class Watched(WordEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        self.asked += texts
        return super().embed(texts, kind, progress)


def never() -> Embedder:
    raise AssertionError("the model was loaded")


def run(folder: Path, texts: Sequence[str], model: str = "words") -> list[str]:
    """What one build with a cache in ``folder`` had to embed; the vectors must be the embedder's own."""
    watched = Watched()
    vectors = CachedEmbedder(model, lambda: watched, folder).embed(texts, "passage").vectors
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, WordEmbedder().embed(texts, "passage").vectors)
    return watched.asked


def file_of(folder: Path) -> Path:
    return folder / "embeddings-words.sqlite"


def test_what_is_known_is_not_embedded_and_the_model_not_loaded(tmp_path: Path) -> None:
    assert sorted(run(tmp_path, TEXTS)) == sorted(TEXTS)
    cached = CachedEmbedder("words", never, tmp_path)
    assert cached.known(TEXTS, "passage") == 3
    np.testing.assert_array_equal(
        cached.embed(TEXTS, "passage").vectors, WordEmbedder().embed(TEXTS, "passage").vectors
    )


def test_only_new_and_changed_texts_are_embedded(tmp_path: Path) -> None:
    run(tmp_path, TEXTS)
    assert run(tmp_path, [*TEXTS[:2], "公園の遊具を直します", "河川です"]) == [
        "公園の遊具を直します",
        "河川です",
    ]
    assert run(tmp_path, TEXTS[::-1]) == []


def test_the_kind_matters(tmp_path: Path) -> None:
    run(tmp_path, TEXTS)
    assert CachedEmbedder("words", never, tmp_path).known(TEXTS, "query") == 0


def test_equal_texts_are_embedded_once_and_progress_adds_up(tmp_path: Path) -> None:
    run(tmp_path, TEXTS[:1])
    watched, done = Watched(), list[int]()
    texts = [*TEXTS, *TEXTS]
    cached = CachedEmbedder("words", lambda: watched, tmp_path)
    known = cached.known(texts, "passage")
    vectors = cached.embed(texts, "passage", done.append).vectors
    assert sorted(watched.asked) == sorted(TEXTS[1:])
    assert known + sum(done) == len(texts) == len(vectors)
    np.testing.assert_array_equal(vectors[:3], vectors[3:])


def test_no_texts_give_no_vectors(tmp_path: Path) -> None:
    assert len(CachedEmbedder("words", never, tmp_path).embed([], "passage").vectors) == 0


def test_what_five_builds_did_not_use_is_dropped(tmp_path: Path) -> None:
    run(tmp_path, TEXTS)
    for _ in range(KEPT_BUILDS - 1):
        run(tmp_path, TEXTS[:1])
    assert run(tmp_path, TEXTS[1:2]) == []  # used again just in time
    assert run(tmp_path, TEXTS[:2]) == []
    assert run(tmp_path, TEXTS) == TEXTS[2:]


def test_another_model_has_a_file_of_its_own(tmp_path: Path) -> None:
    run(tmp_path, TEXTS)
    assert len(run(tmp_path, TEXTS, "cl-nagoya/ruri-v3-30m")) == 3
    assert (tmp_path / "embeddings-cl-nagoya-ruri-v3-30m.sqlite").exists()
    assert run(tmp_path, TEXTS) == []


def test_a_model_folder_that_changes_is_another_model(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_bytes(b"1")
    assert len(run(tmp_path / "cache", TEXTS, str(model))) == 3
    assert run(tmp_path / "cache", TEXTS, str(model)) == []
    (model / "weights").write_bytes(b"22")
    assert len(run(tmp_path / "cache", TEXTS, str(model))) == 3


def turn_a_bit(path: Path) -> None:
    with sqlite3.connect(path) as database:
        (vector,) = database.execute("SELECT value FROM kept").fetchone()
    database.close()
    data = path.read_bytes()
    place = data.index(vector) + 7
    path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"garbage" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:-1000]),
        lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 20000),
        turn_a_bit,
    ],
)
def test_a_damaged_file_is_put_aside_and_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], object]
) -> None:
    run(tmp_path, TEXTS)
    spoil(file_of(tmp_path))
    assert sorted(run(tmp_path, TEXTS)) == sorted(TEXTS)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith(f"ベクトルの控え {file_of(tmp_path)} が壊れています（")
    assert (tmp_path / "embeddings-words.sqlite.damaged").exists()
    assert run(tmp_path, TEXTS) == []


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    file_of(tmp_path).write_bytes(b"")
    assert len(run(tmp_path, TEXTS)) == 3
    assert run(tmp_path, TEXTS) == []


def test_a_cache_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("not a folder", "utf-8")
    assert len(run(tmp_path / "cache", TEXTS)) == 3
    (line,) = [record.getMessage() for record in caplog.records]
    assert "を使えません" in line
    assert line.endswith("控えなしで続けます。")


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from doubles import WordEmbedder
from ingest.cache import CachedEmbedder

class Dying(WordEmbedder):
    calls = 0
    def embed(self, *arguments):
        self.calls += 1
        if self.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(*arguments)

CachedEmbedder("words", Dying, Path(sys.argv[2])).embed([f"橋{n}" for n in range(int(sys.argv[3]))], "passage")
"""


def test_a_build_that_is_killed_while_embedding_goes_on_where_it_was(tmp_path: Path) -> None:
    texts = [f"橋{n}" for n in range(2 * SLICE + 10)]
    here = Path(__file__).parent
    command = [sys.executable, "-c", KILLED, str(here), str(tmp_path), str(len(texts))]
    assert subprocess.run(command, cwd=here.parent, check=False).returncode == -9
    assert len(run(tmp_path, texts)) == 10


def test_a_second_build_of_the_same_needs_no_model_and_gives_the_same_bytes(settings: Settings) -> None:
    corpus = corpus_of(**{f"橋{n}": f"{n}番の橋です。" for n in range(50)})
    first = building.build(settings, WordEmbedder, corpus=corpus, check=verify.verify)
    second = building.build(settings, never, corpus=corpus, check=verify.verify)
    assert first.files == second.files
