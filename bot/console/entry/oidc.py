"""The provider of identities (認証基盤, OIDC): where to send somebody, and who it says came back.

Authlib speaks the protocol: the code with PKCE, and the ID token by its signature, iss, aud, exp and nonce. What it
leaves open is closed here: the discovery must be the issuer's own, only keys that are public count, five seconds are
enough, and whatever goes wrong is a ProviderFault. No token and no secret is kept or logged. Knows nothing of pages,
nor of accounts: whether somebody may come in is not the provider's to say.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.console.choices import Choices, is_safe
from rag.errors import UserFacingError

SECONDS = 5.0  # for one step, however many requests it takes
LEEWAY = 60  # seconds that two clocks may differ
FRESH = 3600.0  # seconds; then the provider is asked anew what it offers
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

SILENT = "{name}から、正しい応答がありません。"
WRONG = "{name}との接続の設定が合っていません。"
DOUBTFUL = "{name}から届いた内容を確かめられません（署名や宛先が合いません）。ログインしていません。"
DENIED = "{name}で、ログインが取りやめられたか、断られました。"
ODD = "{name}から届いた内容を読み取れません。ログインしていません。"
OTHERWISE = "名前とパスワードでのログインは使えます。続くときは、管理者に知らせてください。"


class ProviderFault(UserFacingError):
    """The provider cannot be used now, or not like this. ``reason`` is for the server's log; it holds no secret."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Proof:
    """What a login must come back with. All of it is drawn from the one secret in the browser's cookie."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def of(cls, secret: str) -> Proof:
        return cls(*(_drawn(part, secret) for part in ("state", "nonce", "verifier")))


@dataclass(frozen=True)
class Guest:
    """Somebody whom the provider knows; ``vouched``: it says that the name is really theirs."""

    name: str
    vouched: bool


class Provider:
    """The one that ``choices`` name. ``back`` is our address that people come back to."""

    def __init__(self, choices: Choices) -> None:
        import httpx2
        from authlib.integrations.starlette_client import StarletteOAuth2App

        self._choices = choices
        self.name = choices.oidc_name
        self.claim = choices.oidc_claim
        self._make = StarletteOAuth2App
        self._trusted = httpx2.create_ssl_context()  # reads many files: not while somebody waits
        self._app: Any = None
        self._since = 0.0

    async def address(self, back: str, proof: Proof) -> str:
        """Where to send somebody who wants to come in. Raises ProviderFault."""
        async with self._told():
            app = await self._opened()
            made = await app.create_authorization_url(
                back, state=proof.state, nonce=proof.nonce, code_verifier=proof.verifier
            )
            return str(made["url"])

    async def guest(self, back: str, answer: Mapping[str, str], proof: Proof) -> Guest:
        """Who came back with this answer in their address. Raises ProviderFault."""
        if answer.get("error") or not answer.get("code"):
            raise self._fault(DENIED, f"error {_plain(answer.get('error'))}")
        async with self._told():
            app = await self._opened()
            code, verifier = answer["code"], proof.verifier
            token = await app.fetch_access_token(redirect_uri=back, code=code, code_verifier=verifier)
            claims = await self._claims(app, token, proof)
        return guest_of(claims, self.claim)

    async def _claims(self, app: Any, token: Any, proof: Proof) -> Mapping[str, Any]:
        """Of the ID token; where it does not tell the name, of the page about the user."""
        expected = {
            "iss": {"essential": True, "value": app.server_metadata["issuer"]},
            "aud": {"essential": True, "value": self._choices.oidc_client_id},
        }
        found = await app.parse_id_token(token, proof.nonce, claims_options=expected, leeway=LEEWAY)
        if found is None:
            raise self._fault(ODD, "no id_token")
        claims: Mapping[str, Any] = found
        wanted = {"email", "email_verified"} if self.claim == "email" else {self.claim}
        if wanted <= claims.keys() or "userinfo_endpoint" not in app.server_metadata:
            return claims
        told: Mapping[str, Any] = await app.userinfo(token=token)
        if told.get("sub") != claims["sub"]:
            raise self._fault(DOUBTFUL, "the sub of userinfo is another")
        return told

    async def _opened(self) -> Any:
        """Authlib's client, made of what the provider says of itself."""
        if self._app is None or time.monotonic() - self._since > FRESH:
            self._app, self._since = self._client(await self._discovered()), time.monotonic()
        return self._app

    async def _discovered(self) -> dict[str, Any]:
        import httpx2

        issuer = self._choices.oidc_issuer.rstrip("/")
        async with httpx2.AsyncClient(timeout=SECONDS, verify=self._trusted) as client:
            answer = await client.get(f"{issuer}/.well-known/openid-configuration")
        if answer.status_code >= 500:
            raise self._fault(SILENT, f"discovery answers {answer.status_code}")
        if answer.status_code != 200:
            raise self._fault(WRONG, f"discovery answers {answer.status_code}")
        told = answer.json()
        if str(told["issuer"]).rstrip("/") != issuer:
            raise self._fault(WRONG, f"discovery is of another issuer: {str(told['issuer'])[:100]!r}")
        unsafe = [name for name in ENDPOINTS if not is_safe(str(told.get(name, "")).partition("?")[0])]
        if unsafe:
            raise self._fault(WRONG, f"discovery gives no usable {', '.join(unsafe)}")
        return dict(told)

    def _client(self, told: dict[str, Any]) -> Any:
        """Only what is needed of ``told`` goes into the client: its words name settings of it, too."""
        offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata = {name: told[name] for name in ("issuer", *ENDPOINTS)}
        if is_safe(told.get("userinfo_endpoint")):
            metadata["userinfo_endpoint"] = told["userinfo_endpoint"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in ALGORITHMS if one in offered]
        methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        posts = "client_secret_basic" not in methods and "client_secret_post" in methods
        how = {
            "scope": "openid email" if self.claim == "email" else "openid email profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_post" if posts else "client_secret_basic",
            "timeout": SECONDS,
            "verify": self._trusted,
        }
        secret = self._choices.oidc_client_secret.get_secret_value()
        own = {"client_id": self._choices.oidc_client_id, "client_secret": secret, "client_kwargs": how}
        return self._make(None, "oidc", **own, **metadata)

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Whatever goes wrong inside is the provider's fault, told without what it sent."""
        import httpx2
        from authlib.integrations.base_client.errors import OAuthError
        from joserfc.errors import JoseError

        try:
            async with asyncio.timeout(SECONDS):
                yield
        except ProviderFault:
            self._app = None  # next time everything is asked anew
            raise
        except Exception as error:
            self._app = None
            reason = f"{type(error).__name__} {_plain(getattr(error, 'error', ''))}".strip()
            if isinstance(error, (TimeoutError, httpx2.HTTPError)):
                raise self._fault(SILENT, reason) from None
            if isinstance(error, OAuthError):
                raise self._fault(DENIED if error.error == "invalid_grant" else WRONG, reason) from None
            raise self._fault(DOUBTFUL if isinstance(error, JoseError) else ODD, reason) from None

    def _fault(self, message: str, reason: str) -> ProviderFault:
        return ProviderFault(message.format(name=self.name) + OTHERWISE, reason)


def guest_of(claims: Mapping[str, Any], claim: str) -> Guest:
    """An address of mail is somebody's only where the provider has verified it; ``"true"`` is not ``True``."""
    name = claims.get(claim)
    vouched = claim != "email" or claims.get("email_verified") is True
    return Guest(_plain(name, 200) if isinstance(name, str) else "", vouched)


def _plain(said: object, most: int = 60) -> str:
    """What somebody else wrote, as it may stand in a line of a log or in a database."""
    text = str(said or "").encode("utf-8", "replace").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most]


def _drawn(part: str, secret: str) -> str:
    """43 letters, which is what PKCE asks for at least."""
    drawn = hashlib.sha256(f"{part} {secret}".encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()
