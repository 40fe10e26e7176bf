"""The tools for agents, by a real MCP client: over HTTP, and on standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr
from servers import PATIENCE, serving

from bot.app import create_app
from bot.keys import WRONG
from rag.settings import Settings

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"
NEED = "橋梁点検にドローンを使いたい"
KEY = "a-key-for-tests"
NAMES = ["search_guidance", "ask", "find_cases", "recommend_advisors"]


@pytest.fixture(scope="module")
def address(starter: Settings) -> Iterator[str]:
    with serving(create_app(starter.model_copy(update={"api_key": SecretStr(KEY)}))) as address:
        yield address


@asynccontextmanager
async def over_http(address: str, mode: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def called(client: Client, tool: str, **arguments: object) -> dict[str, object]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    assert result.structured_content
    return result.structured_content


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_over_http_has_every_tool(address: str, mode: str) -> None:
    async def go() -> None:
        async with over_http(address, mode) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == NAMES
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            found = await called(client, "search_guidance", query="衛星 漏水", k=2)
            assert len(found["hits"]) == 2  # type: ignore[arg-type]
            answer = await called(client, "ask", question=QUESTION)
            assert "5年に1回" in str(answer["text"])
            assert answer["id"]
            follow = await called(client, "ask", question="それはだれが行いますか", before=[QUESTION])
            assert "橋" in str(follow["citations"])
            cases = await called(client, "find_cases", need=NEED, facility="橋梁", k=3)
            assert len(cases["cases"]) == 3  # type: ignore[arg-type]
            advice = await called(client, "recommend_advisors", need=NEED, municipality="千葉県君津市")
            assert {"recommendations", "missing"} <= set(advice)

    anyio.run(go)


def test_what_is_wrong_is_told_to_the_agent_in_japanese(address: str) -> None:
    async def go() -> None:
        async with over_http(address, "auto") as client:
            for tool, arguments, message in (
                ("ask", {"question": ""}, "質問が空です。知りたいことを文章で入力してください。"),
                ("ask", {"question": QUESTION, "municipality": "府中市"}, "都道府県も書いてください。"),
                ("recommend_advisors", {"need": NEED, "stage": "いつか"}, "いつか"),
            ):
                result = await client.call_tool(tool, arguments)
                assert result.is_error
                assert message in str(result.content)

    anyio.run(go)


def test_without_the_key_the_door_stays_shut(address: str) -> None:
    response = httpx.post(f"{address}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert (response.status_code, response.json()) == (401, {"message": WRONG})


@pytest.mark.slow
def test_an_agent_on_standard_input_and_output(starter: Settings, tmp_path: Path) -> None:
    environment = os.environ | {
        "HANDSON_HOME": str(starter.home),
        "HANDSON_DATABASE": f"sqlite:///{tmp_path}/db",
    }
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "bot", "mcp"], env=environment, cwd=Path(__file__).parents[1]
    )

    async def go() -> None:
        async with Client(command) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == NAMES
            answer = await called(client, "ask", question=QUESTION)
            assert "5年に1回" in str(answer["text"])

    anyio.run(go)
