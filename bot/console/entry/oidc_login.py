"""The way in through a provider of identities (認証基盤でのログイン).

The provider says who somebody is. Whether they may come in, and as what, the accounts say: a name that nobody has
given an account stays outside. Whatever goes wrong ends at the login page, with all that was carried.
"""

from __future__ import annotations

import logging
import secrets

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from bot.console import looks
from bot.console.entry import entrance
from bot.console.entry.access import Visit, same
from bot.console.entry.oidc import Guest, Proof, Provider, ProviderFault
from bot.console.entry.oidc_pending import MOST_TIME, Pending
from bot.console.entry.users import folded
from rag.errors import NotFound

COOKIE = "handson_console_oidc"  # the secret of a login that is under way
NOBODY = "（名前なし）"

LOST = (
    "このログインは続けられません（10分以上たったか、同じ画面がもう一度開かれました）。"
    "もう一度、はじめからログインしてください。"
)
NAMELESS = "{provider}から「{claim}」が届かなかったので、だれかを確かめられません。管理者に知らせてください。"
UNVERIFIED = (
    "{provider}では、あなたのメールアドレス「{name}」が確認済みになっていません。ログインしていません。"
    "{provider}でメールアドレスを確認してから、もう一度ログインしてください。"
)
UNKNOWN = (
    "{provider}は、あなたを「{name}」と伝えてきました。この名前の利用者は、事務局の画面にいません。"
    "使うときは、管理者に、この名前で利用者に加えるよう頼んでください。"
    "別の人として入るときは、先に{provider}からログアウトしてください。"
)
DISABLED = "「{name}」の利用は止められています。使うときは、管理者に頼んでください。"

log = logging.getLogger(__name__)


async def start(visit: Visit) -> Response:
    """Send somebody to the provider; what they wrote before waits here."""
    request, offices, provider = visit.request, visit.offices, _provider(visit)
    arrival = entrance.arrival_of(visit)
    if not entrance.is_from_our_form(visit):
        return entrance.refused(request, 403, arrival, entrance.STALE)
    secret = secrets.token_urlsafe(32)
    if not await run_in_threadpool(offices.throttle.admit, _try(secret), entrance.address_of(request)):
        await run_in_threadpool(_note, visit, NOBODY, "ログインを拒否", "失敗が続いたため")
        return entrance.refused(request, 429, arrival, entrance.TOO_OFTEN)
    try:
        address = await provider.address(_back(request), Proof.of(secret))
    except ProviderFault as fault:
        log.warning("OIDC: %s", fault.reason)
        await run_in_threadpool(offices.throttle.forget, _try(secret))  # nobody tried anything
        return entrance.refused(request, 503, arrival, fault.message)
    await run_in_threadpool(offices.pending.begin, secret, arrival)
    response = looks.bare(request, "oidc.html", 200, address=address, provider=provider.name)
    entrance.set_cookie(request, response, COOKIE, secret, int(MOST_TIME.total_seconds()))
    return response


async def back(visit: Visit) -> Response:
    """Somebody comes back from the provider: once, with what belongs to their browser."""
    request, offices, provider = visit.request, visit.offices, _provider(visit)
    secret = request.cookies.get(COOKIE, "")
    proof = Proof.of(secret)
    arrival = None
    if secret and same(request.query_params.get("state", ""), proof.state):
        arrival = await run_in_threadpool(offices.pending.take, secret)
    if arrival is None:
        return entrance.refused(request, 403, Pending("/console", {}), LOST)
    try:
        guest = await provider.guest(_back(request), request.query_params, proof)
    except ProviderFault as fault:
        log.warning("OIDC: %s", fault.reason)
        await run_in_threadpool(_note, visit, NOBODY, "ログインに失敗", fault.reason)
        return _over(entrance.refused(request, 503, arrival, fault.message))
    return _over(await run_in_threadpool(_receive, visit, arrival, guest, secret))


def _receive(visit: Visit, arrival: Pending, guest: Guest, secret: str) -> Response:
    """Let them in, if they have an account that is in use."""
    provider, name = _provider(visit), folded(guest.name)[:100]
    user = visit.offices.users.known(name) if guest.vouched else None
    if user and not user.disabled_at:
        visit.offices.throttle.forget(_try(secret))
        return entrance.let_in(
            visit, user, arrival, f"{provider.name}（{entrance.address_of(visit.request)}）"
        )
    if not name:
        why, told = f"{provider.claim} が届かない", NAMELESS
    elif not guest.vouched:
        why, told = "メールアドレスが確認済みでない", UNVERIFIED
    else:
        why, told = ("停止中", DISABLED) if user else ("利用者にない名前", UNKNOWN)
    _note(visit, name or NOBODY, "ログインを拒否", why)
    message = told.format(provider=provider.name, claim=provider.claim, name=name)
    return entrance.refused(visit.request, 403, arrival, message)


def _note(visit: Visit, name: str, action: str, why: str) -> None:
    address = entrance.address_of(visit.request)
    visit.offices.audit.write(name, action, f"{_provider(visit).name}: {why}（{address}）")


def _provider(visit: Visit) -> Provider:
    """Raises NotFound."""
    if visit.offices.provider is None:
        raise NotFound("この画面では、名前とパスワードでログインします。/console/login を開いてください。")
    return visit.offices.provider


def _back(request: Request) -> str:
    """Our address that is registered with the provider, by the name that the browser knows us under."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}/console/oidc/back"


def _try(secret: str) -> str:
    """What the throttle counts it as: each by itself, so that only the address has a limit."""
    return f"OIDC {Proof.of(secret).state[:16]}"


def _over(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/console")
    return response
