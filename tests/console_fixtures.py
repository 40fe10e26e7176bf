"""What the tests of the console share (a pytest plugin): a house with people of every role."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import corpus_of
from consoles import NAMES, PASSWORD, House
from doubles import WordEmbedder

from bot.console.entry.roles import ROLES
from bot.console.entry.users import Users
from bot.store.database import open_store
from ingest.build import build
from rag.settings import Settings


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with a release of two sentences and four people."""
    settings = Settings(home=tmp_path_factory.mktemp("console"), model="words", second_model="")
    corpus = corpus_of(橋の点検="橋の点検は5年に1回行います。", 用水路="用水路の見回りは毎年行います。")
    build(settings, WordEmbedder, corpus=corpus)
    with open_store(settings) as store:
        for role in ROLES:
            Users(store).add(NAMES[role], role, PASSWORD, by="試験")
    return settings


@pytest.fixture
def house(furnished: Settings, tmp_path: Path) -> Iterator[House]:
    """A server over a copy of it."""
    home = shutil.copytree(furnished.home, tmp_path / "home")
    made = House(furnished.model_copy(update={"home": home}))
    yield made
    made.close()
