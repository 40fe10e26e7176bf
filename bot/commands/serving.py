"""handson serve"""

from __future__ import annotations

import argparse
import socket

from bot.arguments import Commands
from bot.commands.releases import build_release
from bot.terminal import say
from rag.errors import UserFacingError
from rag.settings import Settings


def register(commands: Commands) -> None:
    commands.add("serve", serve, "サーバーを動かす")


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Build the first release if there is none, then serve."""
    from rag.release import current_id

    if current_id(settings.releases) is None:
        say("公開中のリリースがないので、最初のリリースを作ります。")
        build_release(settings, publish=True)
    import uvicorn

    from bot.app import create_app
    from bot.live import LiveDesk

    live = LiveDesk(settings)
    live.desk()  # what is wrong with the release or the model is told before anything listens
    with _listening(settings) as listener:
        say(f"ハンズオンナビ: http://{settings.host}:{settings.port}/ （終了は Ctrl+C）")
        # no access log: addresses carry questions
        config = uvicorn.Config(create_app(settings, live), access_log=False, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listening(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise UserFacingError(
            f"{settings.host}:{settings.port} で待ち受けられません（{error.strerror}）。"
            "HANDSON_PORT で別のポートを指定するか、使っているプログラムを終わらせてください。"
        ) from error
