"""The server that :mod:`eval.load` asks: prints its address, and at its end the longest that its event loop was kept.

The loop is asked every few milliseconds whether it comes to its turn; how late it is, is how long it was kept.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from bot.app import create_app
from rag.settings import Settings

EVERY = 0.005  # seconds


class Pulse:
    """How late the loop was, each time."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def beat(self) -> None:
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self.late.append(time.perf_counter() - due)

    @property
    def longest(self) -> float:
        return max(self.late)

    def told(self) -> str:
        late = sorted(self.late)
        figures = [late[int(share * (len(late) - 1))] * 1e3 for share in (0.5, 0.99, 1)]
        return "median {:.1f} ms, p99 {:.0f} ms, longest {:.0f} ms (aim <= 100)".format(*figures)


def watched(app: FastAPI, pulse: Pulse) -> FastAPI:
    """The app with a pulse, from when it has opened until it closes."""
    opened = app.router.lifespan_context

    @asynccontextmanager
    async def opening(app: FastAPI) -> AsyncIterator[None]:
        async with opened(app):
            beating = asyncio.create_task(pulse.beat())
            yield
            beating.cancel()
        # a signal ends the process as soon as the server has closed
        sys.stdout.write(f"the event loop of the server was late: {pulse.told()}\n")
        sys.stdout.write(f"processor time of the server: {time.process_time():.1f} s\n")
        sys.stdout.flush()

    app.router.lifespan_context = opening
    return app


def idle() -> None:
    """A loop that has nothing to do, until standard input ends: what is late here, the machine is to blame for."""

    async def beat(pulse: Pulse) -> None:
        beating = asyncio.create_task(pulse.beat())
        await asyncio.to_thread(sys.stdin.read)
        beating.cancel()

    pulse = Pulse()
    asyncio.run(beat(pulse))
    sys.stdout.write(f"a loop with nothing to do was late: {pulse.told()}\n")


def main() -> None:
    pulse = Pulse()
    app = watched(create_app(Settings()), pulse)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    idle() if "--idle" in sys.argv else main()
