"""How the server stands up to many at once: ``python -m eval.load``. Prints figures and their aims, judges none.

A real server in a process of its own on the current release of HANDSON_HOME (its conversations go into a database
that is thrown away), real questions over the loopback. The machine may be busy: the load is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import httpx

from eval.questions import load, starter_set

ALONE = 20  # questions asked one after the other
STREAM = {"Accept": "text/event-stream"}
PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Asked:
    """One question: whether it was answered, when its first sentence came, when all of it had come."""

    well: bool
    first: float | None
    whole: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50, help="who ask at once")
    parser.add_argument("--rounds", type=int, default=3, help="how often they do")
    options = parser.parse_args(arguments)
    questions = [case.question for case in load(starter_set())]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"HANDSON_DATABASE": f"sqlite:///{folder}/load.db"}
        command = [sys.executable, "-m", "eval.served"]
        with (
            subprocess.Popen(
                [*command, "--idle"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as idle,
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server,
        ):
            assert server.stdout  # noqa: S101
            try:
                address = server.stdout.readline().strip()
                asyncio.run(_measure(address, questions, options.users, options.rounds))
            finally:
                server.terminate()
                told = server.stdout.read() + idle.communicate()[0]
    sys.stdout.write(told)


async def _measure(address: str, questions: Sequence[str], users: int, rounds: int) -> None:
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=limits) as client:
        _print("machine", f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
        await _ask(client, questions[0])
        alone = [await _ask(client, question) for question in questions[:ALONE]]
        firsts = [one.first for one in alone if one.first is not None]
        _print("first checked sentence, one user", f"median {median(firsts) * 1e3:.0f} ms (aim <= 300)")
        for number in range(rounds):
            crowd = (_ask(client, questions[(number * users + n) % len(questions)]) for n in range(users))
            asked = await asyncio.gather(*crowd)
            _print(f"{users} users at once, round {number + 1}", _told(asked))
        _print("load", f"{os.getloadavg()[0]:.1f} after")


def _told(asked: Sequence[Asked]) -> str:
    seconds = sorted(one.whole for one in asked)
    late = seconds[max(0, int(0.95 * len(seconds)) - 1)]
    errors = sum(not one.well for one in asked)
    return f"{errors} errors (aim 0), median {median(seconds):.2f} s, p95 {late:.2f} s (aim <= 3)"


async def _ask(client: httpx.AsyncClient, question: str) -> Asked:
    began, first, ended = time.perf_counter(), None, ""
    try:
        async with client.stream(
            "POST", "/api/chat", json={"question": question}, headers=STREAM
        ) as response:
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    ended = line.removeprefix("event: ")
                    if first is None and ended == "sentence":
                        first = time.perf_counter() - began
    except httpx.HTTPError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return Asked(ended == "done", first, time.perf_counter() - began)


def _print(name: str, value: str) -> None:
    sys.stdout.write(f"{name}: {value}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
