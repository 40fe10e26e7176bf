"""A real provider of identities on the loopback (oidc-provider-mock, in a process of its own), and a crooked one.

The crooked one stands before the real one under an address of its own and passes everything on, but for what a test
has it bend: what it says of itself, its keys, the ID tokens. It signs bent tokens with a key of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import httpx
from browsing import free_port
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey
from servers import serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATIENCE = 30.0  # seconds
Bend = Callable[[Any], Any]


@dataclass(frozen=True)
class RealProvider:
    """Whoever comes to it says who they are, and is believed."""

    address: str

    def register(self, back: str, how: str = "client_secret_basic") -> tuple[str, str]:
        """The id and the secret of a client that may send people back to ``back``."""
        wanted = {"redirect_uris": [back], "token_endpoint_auth_method": how}
        made = httpx.post(f"{self.address}/oauth2/clients", json=wanted).raise_for_status().json()
        return made["client_id"], made["client_secret"]

    def knows(self, sub: str, **claims: object) -> None:
        httpx.put(f"{self.address}/users/{sub}", json=claims).raise_for_status()


@contextmanager
def real_provider() -> Iterator[RealProvider]:
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-registration"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address, ends = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
    try:
        while True:
            try:
                httpx.get(address)
                break
            except httpx.TransportError:
                assert process.poll() is None, "the provider did not start"
                assert time.monotonic() < ends, "the provider takes too long to start"
                time.sleep(0.05)
        yield RealProvider(address)
    finally:
        process.kill()
        process.wait()


@cache
def own_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "crooked"})


@dataclass
class Crooked:
    """Passes on what ``real`` says, bent; ``asked`` holds the forms that came to the token endpoint."""

    real: RealProvider
    address: str = ""
    bends: dict[str, Bend] = field(default_factory=dict)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    pause: float = 0.0
    key: RSAKey = field(default_factory=own_key)

    async def answer(self, request: Request) -> Response:
        await asyncio.sleep(self.pause)
        body = await request.body()
        if request.url.path == "/oauth2/token":
            self.asked.append(parse_qs(body.decode()))
        host = request.headers["host"]  # the real one names itself by it
        passed = {"host": host} | {
            name: value
            for name, value in request.headers.items()
            if name in ("authorization", "content-type")
        }
        async with httpx.AsyncClient() as client:
            address = f"{self.real.address}{request.url.path}?{request.url.query}"
            said = await client.request(request.method, address, content=body, headers=passed)
        kept = {name: said.headers[name] for name in ("content-type", "location") if name in said.headers}
        bend = self.bends.get(request.url.path)
        if bend is None:
            return Response(said.content, said.status_code, kept)
        told = bend(said.json())
        return told if isinstance(told, Response) else Response(json.dumps(told), said.status_code, kept)

    def says(self, **discovery: object) -> None:
        self.bends["/.well-known/openid-configuration"] = lambda told: told | discovery

    def shows_its_key(self) -> None:
        self.bends["/jwks"] = lambda told: {"keys": [*told["keys"], self.key.as_dict(private=False)]}

    def bends_tokens(self, bend: Bend, algorithm: str = "RS256", key: Any = None) -> None:
        """``bend``: the claims of an ID token -> what is signed instead of them, or not signed (none)."""

        def bent(told: dict[str, Any]) -> dict[str, Any]:
            claims = bend(json.loads(_decoded(told["id_token"].split(".")[1])))
            header = {"alg": algorithm} | ({"kid": "crooked"} if algorithm == "RS256" else {})
            if algorithm == "none":
                parts = (json.dumps(header).encode(), json.dumps(claims).encode(), b"")
                return told | {"id_token": ".".join(map(_encoded, parts))}
            payload = json.dumps(claims).encode()
            made = jws.serialize_compact(header, payload, key or self.key, algorithms=[algorithm])
            return told | {"id_token": made}

        self.bends["/oauth2/token"] = bent


@contextmanager
def crooked_provider(real: RealProvider) -> Iterator[Crooked]:
    crooked = Crooked(real)
    with serving(
        Starlette(routes=[Route("/{path:path}", crooked.answer, methods=["GET", "POST"])])
    ) as address:
        crooked.address = address
        yield crooked


def secret_key(secret: str) -> OctKey:
    """A client's secret, where it is misused as a key."""
    return OctKey.import_key(secret)


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
