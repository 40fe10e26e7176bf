"""Opens who is asked: the desk of any release, as the server opens it, or a plain baseline over the same documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.asked import Answerer, DeskAnswerer
from rag.answer import Desk, open_desk
from rag.published import resolve
from rag.release import CURRENT
from rag.settings import Settings

SYSTEMS = {
    "handson": "ハンズオンナビ",
    "bm25": "BM25だけ（1位のチャンクを引用）",
    "langchain": "LangChainの基本のRAG（1位のチャンクを引用）",
}


@contextmanager
def desk_of(settings: Settings, release: str = "current") -> Iterator[Desk]:
    """The desk of a release, published or not. Raises what :func:`rag.answer.open_desk` raises.

    It stands in a home aside, whose CURRENT names it; everything else is the user's own.
    """
    release_id = resolve(settings.releases, release)
    with TemporaryDirectory(prefix="handson-eval-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        (home / "releases").mkdir()
        (home / "releases" / release_id).symlink_to((settings.releases / release_id).resolve())
        (home / "releases" / CURRENT).write_text(f"{release_id}\n", "utf-8")
        for own in ("models", "cache", "shelves"):
            if (settings.home / own).exists():
                (home / own).symlink_to((settings.home / own).resolve())
        yield open_desk(settings.model_copy(update={"home": home}))


@contextmanager
def answerer_of(system: str, settings: Settings, release: str = "current") -> Iterator[tuple[Answerer, Desk]]:
    """Who is asked, by name, and the desk whose release holds the documents."""
    plain = settings if system == "handson" else settings.model_copy(update={"llm": ""})
    with desk_of(plain, release) as desk:
        if system == "handson":
            yield DeskAnswerer(desk), desk
            return
        from eval.plain import BM25, PlainLangChain

        if system == "bm25":
            yield BM25(desk.release), desk
            return
        with TemporaryDirectory(prefix="handson-plain-", ignore_cleanup_errors=True) as folder:
            yield PlainLangChain(desk.release, settings, Path(folder)), desk
