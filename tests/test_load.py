"""Many at once: nobody is refused, nobody gets another's answer, and what is measured is what happened."""

from __future__ import annotations

import asyncio
import re
import time

import httpx
import pytest
from servers import PATIENCE, serving

from bot.app import create_app
from eval import load
from eval.questions import load as questions_of
from eval.questions import starter_set
from eval.served import Pulse
from rag.answer import Desk
from rag.settings import Settings

pytestmark = pytest.mark.slow

USERS = 50


def test_fifty_at_once_get_the_answers_that_each_gets_alone(starter: Settings, desk: Desk) -> None:
    questions = [case.question for case in questions_of(starter_set())][:USERS]

    async def all_at_once(address: str) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            asking = (client.post("/api/chat", json={"question": question}) for question in questions)
            return await asyncio.gather(*asking)

    with serving(create_app(starter)) as address:
        answers = asyncio.run(all_at_once(address))
    assert [answer.status_code for answer in answers] == [200] * USERS
    assert [answer.json()["text"] for answer in answers] == [
        desk.ask(question).text for question in questions
    ]
    assert len({answer.json()["id"] for answer in answers}) == USERS


def test_a_loop_that_is_kept_is_seen() -> None:
    async def kept() -> Pulse:
        pulse = Pulse()
        beating = asyncio.create_task(pulse.beat())
        await asyncio.sleep(0.05)
        time.sleep(0.3)  # what must not happen in a server
        await asyncio.sleep(0.05)
        beating.cancel()
        return pulse

    assert 0.25 < asyncio.run(kept()).longest < 5.0


def test_the_command_prints_its_figures(
    starter: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(starter.home))
    load.main(["--users", "5", "--rounds", "1"])
    told = capsys.readouterr().out
    assert re.search(r"first checked sentence, one user: median \d+ ms", told)
    assert "5 users at once, round 1: 0 errors" in told
    assert re.search(
        r"the event loop of the server was late: median [\d.]+ ms, p99 \d+ ms, longest \d+ ms", told
    )
