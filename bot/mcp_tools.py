"""The tools of the bot for agents (MCP): search, ask, cases like mine, advisors. The only file that imports mcp.

``handson mcp`` serves them on standard input and output, the server at /mcp. What is wrong is told in Japanese.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import Field
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.api_models import AnswerModel, HitModel, SearchModel
from bot.keys import Keyed
from bot.limits import complaint
from bot.matching_models import AdviceModel, CasesModel
from bot.rooms import Rooms
from rag.errors import UserFacingError
from rag.matching.live import LiveMatchmaker
from rag.matching.reading import Given

ABOUT = (
    "日本の自治体のインフラ維持管理と新技術導入の資料から、出典つきで答えます。"
    "回答の文は資料の引用で、番号は citations の出典です。資料にないことには答えません。"
)

Load = Callable[[], Mapping[str, int]]  # how many supports each advisor has had this year
P = ParamSpec("P")
T = TypeVar("T")

Question = Annotated[str, Field(description="日本語の質問（1,000文字まで）")]
Need = Annotated[str, Field(description="困っていること、使いたい技術を書いた日本語の文（1,000文字まで）")]
Town = Annotated[str | None, Field(description="自治体（千葉県君津市 など。都道府県だけでもよい）")]
Facility = Annotated[str | None, Field(description="施設（橋梁、下水道 など）")]
Stage = Annotated[str | None, Field(description="段階（課題整理、技術選定 など）")]
Few = Annotated[int, Field(ge=1, le=20, description="件数")]


def told(tool: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """What a person can read, as an error of the tool: the agent sees the same sentence."""

    @wraps(tool)
    async def telling(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await tool(*args, **kwargs)
        except UserFacingError as error:
            raise ToolError(error.message) from error

    return telling


@dataclass(frozen=True)
class Tools:
    """What an agent may call. It only reads."""

    rooms: Rooms
    matching: LiveMatchmaker
    load: Load

    async def search_guidance(self, query: Question, k: Few = 5) -> SearchModel:
        """手引き・事例・技術・制度・文書から、質問に近い箇所を探す。"""
        desk = await self.rooms.desk()
        hits = await self.rooms.threads.run(lambda: desk.search(query, k))
        return SearchModel(hits=[HitModel.of(hit) for hit in hits])

    async def ask(
        self,
        question: Question,
        municipality: Town = None,
        before: Annotated[list[str], Field(max_length=10, description="前に聞いた質問。古いものから")] = [],  # noqa: B006
    ) -> AnswerModel:
        """質問に、出典つきで答える。資料になければ、ないと答える。"""
        counter = self.rooms.counter
        asked = await self.rooms.aside.run(counter.take, question, None, municipality, tuple(before))
        return AnswerModel.told(await self.rooms.ask(await self.rooms.desk(), asked))

    async def find_cases(
        self, need: Need, facility: Facility = None, municipality: Town = None, k: Few = 5
    ) -> CasesModel:
        """似た事例を、同じところと違うところを付けて探す。"""

        def find() -> CasesModel:
            matchmaker = self.matching.current()
            reading = matchmaker.read(need, Given(facility=facility, municipality=municipality))
            return CasesModel.of(matchmaker.similar_cases(reading.need, k), reading)

        return await self.rooms.threads.run(find)

    async def recommend_advisors(
        self,
        need: Need,
        facility: Facility = None,
        municipality: Town = None,
        stage: Stage = None,
        k: Few = 3,
    ) -> AdviceModel:
        """相談に合う専門家を、理由と根拠の事例を付けてすすめる。連絡は事務局を通す。sample が真の人はサンプル。"""

        def advise() -> AdviceModel:
            matchmaker = self.matching.current()
            reading = matchmaker.read(need, Given(facility=facility, municipality=municipality, stage=stage))
            return AdviceModel.of(matchmaker.advise(reading, self.load(), k), reading)

        return await self.rooms.threads.run(advise)


def server(rooms: Rooms, matching: LiveMatchmaker, load: Load) -> MCPServer[object]:
    """The tools as one MCP server."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    made: MCPServer[object] = MCPServer(
        "handson-navi", title="ハンズオンナビ", instructions=ABOUT, log_level="WARNING"
    )
    root.handlers[:], root.level = before, level  # the SDK dresses everybody's log; ours stays as it was
    tools = Tools(rooms, matching, load)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    for title, tool in (
        ("資料を探す", tools.search_guidance),
        ("質問に答える", tools.ask),
        ("似た事例を探す", tools.find_cases),
        ("専門家をすすめる", tools.recommend_advisors),
    ):
        made.tool(title=title, annotations=reads)(told(tool))
    return made


class Door:
    """The same over streamable HTTP, each request by itself, behind the key; open while the server runs."""

    def __init__(self, rooms: Rooms, matching: LiveMatchmaker, load: Load, path: str = "/mcp") -> None:
        self._rooms = rooms
        self._matching = matching
        self._load = load
        self._path = path
        self._endpoint: ASGIApp = complaint(
            path, 503, "サーバーを準備しています。少し待って、もう一度お試しください。"
        )

    @property
    def route(self) -> Route:
        return Route(self._path, Keyed(self), include_in_schema=False)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        made = server(self._rooms, self._matching, self._load)
        app = made.streamable_http_app(
            json_response=True,
            stateless_http=True,
            max_request_body_size=self._rooms.live.settings.max_body_kb * 1024,
            # the key guards it, not the name of the host
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        self._endpoint = next(route.endpoint for route in app.routes if isinstance(route, Route))
        async with made.session_manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoint(scope, receive, send)
