"""handson mcp"""

from __future__ import annotations

import argparse

from bot.arguments import Commands
from rag.settings import Settings


def register(commands: Commands) -> None:
    commands.add("mcp", mcp, "AIエージェントに道具を貸す（MCP、標準入出力）")


def mcp(_: argparse.Namespace, settings: Settings) -> int:
    """Serve the tools until standard input ends; what is wrong with the release is told before."""
    from bot.busy import load_of_the_year
    from bot.live import LiveDesk
    from bot.mcp_tools import server
    from bot.rooms import Rooms
    from bot.store.database import open_store
    from bot.talk.counter import Counter
    from rag.matching.live import LiveMatchmaker

    live = LiveDesk(settings)
    live.desk()
    with open_store(settings) as store:
        rooms = Rooms(live, store, Counter(settings, store))
        matching = LiveMatchmaker(settings, lambda: live.desk().embedder)
        server(rooms, matching, lambda: load_of_the_year(settings)).run("stdio")
    live.close()
    return 0
