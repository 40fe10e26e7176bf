"""The server as one object."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bot import faults
from bot.desk.dispatch import open_dispatch
from bot.limits import BodyLimit, SecurityHeaders
from bot.live import LiveDesk
from bot.routes import api, desk, pages
from bot.store.database import open_store
from rag.settings import Settings


def create_app(settings: Settings, live: LiveDesk | None = None) -> FastAPI:
    """The API and the pages over the current release in ``settings.home``."""
    live = live or LiveDesk(settings)
    store = open_store(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        first = await run_in_threadpool(live.desk)
        await run_in_threadpool(first.ask, "準備")  # the first question should not wait for the model
        yield
        await run_in_threadpool(live.close)
        store.close()

    app = FastAPI(
        title="ハンズオンナビ",
        description="自治体のインフラ維持管理と新技術導入の質問に、出典つきで答えます。",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.live = live
    app.state.dispatch = open_dispatch(settings, store)
    app.include_router(api.router)
    app.include_router(desk.router)
    app.include_router(pages.router)
    faults.register(app)
    app.add_middleware(faults.Receipts)
    app.add_middleware(BodyLimit, limit=settings.max_body_kb * 1024)
    app.add_middleware(SecurityHeaders)
    return app
