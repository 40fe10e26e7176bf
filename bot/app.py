"""The server as one object."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from bot import faults
from bot.answering import taking_turns
from bot.busy import start_of_the_year
from bot.console import mounting as console
from bot.desk.dispatch import open_dispatch
from bot.gennai import Jobs
from bot.limits import BodyLimit, SecurityHeaders
from bot.live import LiveDesk
from bot.mcp_tools import Door
from bot.metrics import Counted
from bot.origins import WidgetOrigins
from bot.rooms import Rooms
from bot.routes import api, cases_map, chat, desk, gennai, health, matching, openai, pages, places
from bot.store.database import open_store
from bot.talk.counter import Counter
from rag.answer import Advising, open_desk
from rag.errors import StoreError
from rag.matching.live import LiveMatchmaker
from rag.settings import Settings

SWEEP_SECONDS = 600.0  # between two looks for what is kept no longer

DESCRIPTION = """自治体のインフラ維持管理と新技術導入の質問に、出典つきで答えます。

エラーは `{"message": "…"}` で、何が起きたか、どうすればよいかを日本語で返します。"""

log = logging.getLogger(__name__)


def create_app(settings: Settings, live: LiveDesk | None = None) -> FastAPI:
    """The API and the pages over the current release in ``settings.home``."""
    store = open_store(settings)
    dispatch = open_dispatch(settings, store)
    matchmaker = LiveMatchmaker(settings, lambda: served.desk().embedder)
    advising = Advising(matchmaker.current, lambda: dispatch.load(start_of_the_year()))
    served = live or LiveDesk(settings, partial(open_desk, advising=advising))
    rooms = Rooms(served, store, Counter(settings, store))
    app = FastAPI(
        title="ハンズオンナビ",
        description=DESCRIPTION,
        version="0.1.0",
        lifespan=_open,
        responses=faults.errors(),
        docs_url=None,
        redoc_url=None,
    )
    app.state.live = served
    app.state.rooms = rooms
    app.state.dispatch = dispatch
    app.state.matching = matchmaker
    app.state.jobs = Jobs()
    for module in (chat, api, matching, desk, openai, gennai, health, pages, cases_map, places):
        app.include_router(module.router)
    console.mount(app, settings, store)
    app.state.agents = Door(rooms, matchmaker, advising.load)
    app.router.routes.append(app.state.agents.route)
    faults.register(app)
    app.add_middleware(faults.Receipts)
    app.add_middleware(BodyLimit, limit=settings.max_body_kb * 1024, larger=console.uploads(settings))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(WidgetOrigins, allowed=settings.widget_origins)
    app.add_middleware(Counted, metrics=rooms.metrics)
    return app


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    """Everything is warm before the first question; what is kept no longer goes while the server runs."""
    rooms: Rooms = app.state.rooms
    with taking_turns():
        first = await rooms.desk()
        await rooms.threads.run(first.ask, "準備")  # the first question should not wait for the model
        warming = asyncio.create_task(_warm(app.state.matching, rooms))
        sweeper = asyncio.create_task(_sweep(rooms))
        try:
            async with app.state.agents.opened():
                yield
        finally:
            sweeper.cancel()
            warming.cancel()
            app.state.jobs.close()
            await rooms.aside.run(rooms.live.close)
            rooms.store.close()


async def _warm(matching: LiveMatchmaker, rooms: Rooms) -> None:
    """The first who asks for an expert should not wait for the shelves to be read."""
    try:
        await rooms.aside.run(lambda: matching.current().prepare())
    except Exception:  # whoever asks for an expert is told what is wrong
        log.exception("専門家・相談先の棚を開けません。")


async def _sweep(rooms: Rooms) -> None:
    while True:
        try:
            await rooms.aside.run(rooms.counter.sweep)
        except StoreError as error:  # told again, and tried again
            log.error("期限の過ぎた会話と質問を消せません。%s", error.message)
        except Exception:
            log.exception("期限の過ぎた会話と質問を消せません。")
        await asyncio.sleep(SWEEP_SECONDS)
