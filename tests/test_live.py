"""A server follows what is published: nobody waits, no answer mixes two releases, nothing is kept too long."""

from __future__ import annotations

import gc
import logging
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from conftest import corpus_of, open_small
from doubles import WordEmbedder

from bot.live import LiveDesk
from ingest import build as building
from ingest import verify
from rag.answer import Desk
from rag.errors import NoRelease
from rag.published import publish, rollback
from rag.release import CURRENT
from rag.settings import Settings

build = partial(building.build, check=verify.verify)
PATIENCE = 30.0  # seconds
LOOK_SECONDS = 0.02


def make(settings: Settings, number: int) -> str:
    """A release whose every sentence says its number."""
    texts = {f"橋{n}": f"橋の点検は第{number}号の決まりで行います。" for n in range(20)}
    return build(settings, WordEmbedder, corpus=corpus_of(**texts)).id


def until(true: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.02)


@contextmanager
def following(settings: Settings, opener: Callable[[Settings], Desk] = open_small) -> Iterator[LiveDesk]:
    live = LiveDesk(settings, opener, LOOK_SECONDS)
    yield live
    live.close()


def serves(live: LiveDesk, release_id: str) -> Callable[[], bool]:
    return lambda: live.desk().release.id == release_id


def has_chroma(live: LiveDesk) -> bool:
    return live.desk().release.dense[0].engine == "chroma"


def test_publish_and_rollback_are_followed(settings: Settings) -> None:
    first = make(settings, 1)
    with following(settings) as live:
        assert live.desk().release.id == first
        second = make(settings, 2)
        until(serves(live, second))
        rollback(settings.releases, "words")
        until(serves(live, first))


def test_nobody_waits_while_a_new_release_opens(settings: Settings) -> None:
    first = make(settings, 1)
    opening, allowed = threading.Event(), threading.Event()

    def slow(settings: Settings) -> Desk:
        if live._desk is not None:
            opening.set()
            assert allowed.wait(PATIENCE)
        return open_small(settings)

    with following(settings, slow) as live:
        live.desk()
        second = make(settings, 2)
        assert opening.wait(PATIENCE)
        started = time.monotonic()
        assert live.desk().ask("橋の点検の決まりは").release == first
        assert time.monotonic() - started < 1.0
        allowed.set()
        until(serves(live, second))


def test_no_answer_mixes_two_releases(settings: Settings) -> None:
    ids = {make(settings, 1): "第1号"}
    answers = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            answers.append(live.desk().ask("橋の点検の決まりは"))

    with following(settings) as live:
        live.desk()
        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for number in (2, 3):
            ids[make(settings, number)] = f"第{number}号"
            until(lambda: any(answer.release == list(ids)[-1] for answer in answers))
        enough.set()
        for asker in askers:
            asker.join()
    assert {answer.release for answer in answers} == set(ids)
    for answer in answers:
        assert answer.citations
        assert all(ids[answer.release] in citation.quote for citation in answer.citations)


@pytest.mark.slow
def test_the_old_release_is_freed_with_its_files_and_threads(settings: Settings) -> None:
    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir())) + len(list(Path("/proc/self/task").iterdir()))

    make(settings, 1)
    with following(settings) as live:
        until(lambda: has_chroma(live))
        gc.collect()
        before = held()
        for number in range(2, 6):
            old = weakref.ref(live.desk().release)
            until(serves(live, make(settings, number)))
            until(lambda old=old: old() is None)
            until(lambda: has_chroma(live))
        # a library may start a thread late; four releases that stayed open would hold far more
        until(lambda: held() <= before + 8)


def test_a_release_that_cannot_be_opened_is_told_once_and_tried_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    first = make(settings, 1)
    tried: list[str] = []

    def watched(settings: Settings) -> Desk:
        tried.append((settings.releases / CURRENT).read_text("utf-8").strip())
        return open_small(settings)

    with following(settings, watched) as live:
        live.desk()
        second = make(settings, 2)
        until(serves(live, second))
        (settings.releases / first / "chunks.jsonl").unlink()
        (settings.releases / CURRENT).write_text(first, "utf-8")
        until(lambda: len(tried) == 3)
        time.sleep(10 * LOOK_SECONDS)
        assert live.desk().ask("橋の点検の決まりは").release == second
        assert tried == [first, second, first]
        (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
        assert line.startswith(f"新しいリリースを開けません: リリース {first} が壊れています（")
        assert line.endswith(f"いまのリリース {second} で答え続けます。")
        publish(settings.releases, second, "words")
        third = make(settings, 3)
        until(serves(live, third))


def test_a_fault_of_ours_while_opening_leaves_the_old_serving(settings: Settings) -> None:
    first = make(settings, 1)

    def failing(settings: Settings) -> Desk:
        if live._desk is not None:
            raise RuntimeError("nobody foresaw this")
        return open_small(settings)

    with following(settings, failing) as live:
        live.desk()
        make(settings, 2)
        time.sleep(10 * LOOK_SECONDS)
        assert live.desk().ask("橋の点検の決まりは").release == first


def test_without_any_release_every_question_is_told_and_the_first_one_is_taken_up(settings: Settings) -> None:
    with following(settings) as live:
        for _ in range(2):
            with pytest.raises(NoRelease):
                live.desk()
        first = make(settings, 1)
        assert live.desk().release.id == first


@pytest.mark.parametrize("engine", ["exact", "chroma"])
def test_a_release_that_is_deleted_while_it_serves_answers_on(settings: Settings, engine: str) -> None:
    first = make(settings, 1)
    with following(settings) as live:
        assert live.desk().release.dense[0].engine == "exact"
        if engine == "chroma":
            until(lambda: has_chroma(live))
        before = live.desk().search("橋の点検の決まりは", 5)
        shutil.rmtree(settings.releases)
        time.sleep(10 * LOOK_SECONDS)
        assert live.desk().search("橋の点検の決まりは", 5) == before
        assert live.desk().ask("橋の点検の決まりは").release == first


def test_a_desk_that_nobody_needs_follows_no_longer(settings: Settings) -> None:
    make(settings, 1)
    live = LiveDesk(settings, open_small, LOOK_SECONDS)
    live.desk()
    follower = live._follower
    assert follower is not None
    del live
    follower.join(PATIENCE)
    assert not follower.is_alive()
