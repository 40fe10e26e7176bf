"""argparse that helps and complains in Japanese."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn


class Formatter(argparse.HelpFormatter):
    """Says 使い方 for usage."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "使い方: " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """Helps and complains in Japanese."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=Formatter, add_help=False)
        self._positionals.title, self._optionals.title = "引数", "オプション"
        self.add_argument("-h", "--help", action="help", help="この説明を出す")

    _TRANSLATIONS = (
        (r"the following arguments are required: (.+)", r"\1 を書いてください"),
        (r"unrecognized arguments: (.+)", r"\1 という指定は使えません"),
        (
            r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.+)\)",
            r"「\2」は使えません（\3 から選びます）",
        ),
        (r"argument (\S+): invalid (?:\w+) value: '?(.*?)'?", r"\1 に「\2」は使えません"),
        (r"argument (\S+): expected (?:one|at least one) argument", r"\1 の値を書いてください"),
    )

    def error(self, message: str) -> NoReturn:
        for pattern, japanese in self._TRANSLATIONS:
            match = re.fullmatch(pattern, message)
            if match:
                message = match.expand(japanese)
                break
        text = f"{message}。使い方は {self.prog} --help で見られます。\n"
        sys.stderr.write(text.encode("utf-8", "replace").decode())
        raise SystemExit(2)


class Commands:
    """The commands of a parser; ``add`` gives each its own parser for arguments."""

    def __init__(self, parser: Parser) -> None:
        self._parsers = parser.add_subparsers(
            required=True, metavar="コマンド", dest="コマンド", title="コマンド"
        )

    def group(self, name: str, summary: str) -> Commands:
        """Commands under a name of their own: ``handson NAME COMMAND``."""
        made: Parser = self._parsers.add_parser(name, help=summary, description=summary)
        return Commands(made)

    def add(self, name: str, run: Callable[..., int], summary: str) -> Parser:
        """``run(options, settings)`` does it and returns the exit code."""
        made: Parser = self._parsers.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        return made
