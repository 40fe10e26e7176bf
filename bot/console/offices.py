"""What the routes of the console share (事務局の部屋): the settings, the people, the log, the builds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from bot.console.asked.alike import Alike
from bot.console.audit import Audit
from bot.console.choices import Choices
from bot.console.entry.oidc import Provider
from bot.console.entry.oidc_pending import PendingLogins
from bot.console.entry.sessions import Sessions
from bot.console.entry.throttle import Throttle
from bot.console.entry.users import Users
from bot.console.versions.builds import Builds
from bot.live import LiveDesk
from bot.store.database import Store
from rag.settings import Settings


@dataclass(frozen=True)
class Offices:
    """One per server."""

    settings: Settings
    store: Store
    users: Users
    sessions: Sessions
    throttle: Throttle
    audit: Audit
    builds: Builds
    test_set: str
    alike: Alike
    pending: PendingLogins
    provider: Provider | None

    @classmethod
    def over(cls, settings: Settings, store: Store, choices: Choices) -> Offices:
        return cls(
            settings,
            store,
            Users(store),
            Sessions(store, timedelta(minutes=choices.idle_minutes)),
            Throttle(store),
            Audit(store),
            Builds(settings),
            choices.test_set,
            Alike(),
            PendingLogins(store),
            Provider(choices) if choices.oidc else None,
        )


def offices_of(request: Request) -> Offices:
    offices: Offices = request.app.state.console
    return offices


def live_of(request: Request) -> LiveDesk:
    live: LiveDesk = request.app.state.live
    return live
