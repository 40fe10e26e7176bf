"""handson build"""

from __future__ import annotations

import argparse

from bot.arguments import Commands
from bot.terminal import Bar, say
from rag.settings import Settings


def register(commands: Commands) -> None:
    parser = commands.add("build", build, "棚と文書からリリースを作って公開する")
    parser.add_argument("--no-publish", action="store_true", help="作るだけで公開しない")


def build(options: argparse.Namespace, settings: Settings) -> int:
    """Make a new release from the shelves and the library."""
    build_release(settings, publish=not options.no_publish)
    return 0


def build_release(settings: Settings, *, publish: bool) -> None:
    """Build with the real model and a progress bar, and say what came out."""
    from ingest.build import build as build_aside
    from rag.embed import passage_embedder

    manifest = build_aside(
        settings,
        lambda: passage_embedder(settings.model, settings.models),
        Bar(),
        publish=publish,
    )
    state = "公開しました" if publish else "作りました（公開していません）"
    say(
        f"リリース {manifest.id} を{state}: 文書{manifest.documents:,}件、"
        f"チャンク{manifest.chunks:,}件、ベクトル{manifest.spaces[0].vectors:,}件"
    )
