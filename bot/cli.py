"""The command line: ``handson COMMAND``, see :mod:`bot.commands`.

The only file of bot/ that knows eval/: people type one command, but what measures the bot stays outside
it. ``eval.commands`` registers itself like the modules of bot.commands and imports what it needs when it runs.

Exit codes: 0 done, 2 the input or the state does not allow it (the message says what to do), 3 another
build is running, 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from bot.arguments import Commands, Parser
from bot.commands import (
    advising,
    agents,
    asking,
    corrections,
    inspecting,
    library,
    lifecycle,
    releases,
    requests,
    serving,
    shelves,
    users,
)
from bot.terminal import complain
from eval import commands as measuring
from rag.errors import BuildInProgress, UserFacingError
from rag.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options, _settings())
    except BuildInProgress as error:
        complain(error.message)
        return 3
    except UserFacingError as error:
        complain(error.message)
        return 2
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        complain(
            f"ファイルを扱えません{where}（{error.strerror or error}）。場所・空き容量・権限を確かめてください。"
        )
        return 2
    except KeyboardInterrupt:
        complain("中断しました。公開中のリリースはそのままです。")
        return 130
    return code


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        fault: Any = error.errors()[0]
        name = f"HANDSON_{str(fault['loc'][0]).upper()}"
        limits = fault.get("ctx", {})
        reason = {
            "int_parsing": "整数で書きます",
            "float_parsing": "数で書きます",
            "less_than_equal": f"{limits.get('le')}以下にします",
            "greater_than_equal": f"{limits.get('ge')}以上にします",
            "greater_than": f"{limits.get('gt')}より大きくします",
        }.get(fault["type"], fault["msg"])
        raise UserFacingError(
            f"設定 {name} の値「{fault['input']}」は使えません（{reason}）。値を直すか、設定を外してください。"
        ) from error


def _parser() -> Parser:
    parser = Parser(prog="handson", description="ハンズオンナビ: 出典つきで答える自治体インフラ相談")
    commands = Commands(parser)
    for module in (
        serving,
        shelves,
        inspecting,
        library,
        lifecycle,
        corrections,
        releases,
        asking,
        advising,
        requests,
        agents,
        users,
        measuring,
    ):
        module.register(commands)
    return parser
