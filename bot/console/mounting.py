"""Puts the console into the server: its offices, its routes, and what its uploads may weigh."""

from __future__ import annotations

from fastapi import FastAPI

from bot.console.choices import Choices
from bot.console.offices import Offices
from bot.console.routes import (
    corrections,
    coverage,
    documents,
    drafts,
    figures,
    letters,
    log,
    people,
    privacy,
    publishing,
    reading,
    records,
    replying,
    requests,
    terms,
    tester,
    unanswered,
)
from bot.console.versions.releases import OtherReleases
from bot.store.database import Store
from rag.settings import Settings

AT_ONCE = 4  # files of the largest size in one upload


def mount(app: FastAPI, settings: Settings, store: Store, choices: Choices | None = None) -> None:
    """Everything under /console."""
    app.state.console = Offices.over(settings, store, choices or Choices.read())
    app.state.other_releases = OtherReleases(settings, app.state.live)
    for module in (
        documents,
        reading,
        corrections,
        publishing,
        terms,
        unanswered,
        replying,
        tester,
        drafts,  # before the requests: what has a name is no number
        letters,
        requests,
        records,
        figures,
        coverage,
        log,
        privacy,
        people,
    ):
        app.include_router(module.router)


def uploads(settings: Settings) -> dict[str, int]:
    """Addresses that receive files -> how many bytes they may bring."""
    most = AT_ONCE * settings.max_file_mb * 2**20 + 2**20
    addresses = (
        r"/console/documents",
        r"/console/documents/[^/]+/replace",
        r"/console/records/[^/]+/import",
        r"/console/requests/letters/[^/]+",
    )
    return dict.fromkeys(addresses, most)
